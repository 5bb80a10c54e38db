/* SPDX-License-Identifier: MIT */
/* The protocol process, for its own files. */
#ifndef IKE_PROTOCOL_H
#define IKE_PROTOCOL_H

#include "config.h"
#include "engine.h"
#include "ipc.h"
#include "process.h"
#include "udp.h"

/**
 * struct ike_protocol_peer - a peer
 * @next: another
 * @name: its name
 * @config: its configuration as the engine has it, or NULL
 * @pending: the one that waits for its keys, or NULL
 * @generation: number of @pending
 * @keys_generation: number of the configuration whose keys are there
 * @keys_good: they could be read
 * @subject: subject of this side's certificate
 * @certreq: whom CERTREQ names
 */
struct ike_protocol_peer {
	struct ike_protocol_peer *next;
	char name[IKE_NAME_SIZE];
	struct ike_config_peer *config;
	struct ike_config_peer *pending;
	uint32_t generation;
	uint32_t keys_generation;
	bool keys_good;
	struct ike_id subject;
	uint8_t *certreq;
	size_t certreq_len;
};

/**
 * struct ike_waiter - a control connection that waits for a peer or a tunnel to come up
 * @next: another
 * @client: number of the connection
 * @name: what it waits for
 * @peer: the peer of it
 * @deadline: when it has waited long enough
 * @failure: what went wrong meanwhile, JSON text, or NULL
 * @look: something happened that may end the waiting
 */
struct ike_waiter {
	struct ike_waiter *next;
	uint32_t client;
	char name[IKE_NAME_SIZE];
	char peer[IKE_NAME_SIZE];
	uint64_t deadline;
	char *failure;
	bool look;
};

/**
 * struct ike_process - the process
 * @ends: channels
 * @engine: what decides
 * @sockets: UDP sockets
 * @socket_count: number of them
 * @peers: peers
 * @waiters: control connections that wait
 * @now: the time, in milliseconds
 * @failed: a channel has failed: the process ends
 * @in: a message that came
 * @out: a message to send
 * @packet: room for what a socket received
 */
struct ike_process {
	struct ike_process_ends *ends;
	struct ike_engine *engine;
	struct ike_udp sockets[IKE_UDP_SOCKETS];
	size_t socket_count;
	struct ike_protocol_peer *peers;
	struct ike_waiter *waiters;
	uint64_t now;
	int failed;
	struct ike_ipc_message in;
	struct ike_ipc_message out;
	uint8_t packet[IKE_PACKET_MAX];
};

/**
 * ike_protocol_log - a line for the log
 * @protocol: the process
 * @text: the line
 */
void ike_protocol_log(struct ike_process *protocol, const char *text);

/**
 * ike_protocol_control - a request of the control socket has come, in @protocol->in
 * @protocol: the process
 *
 * Return: 0 or -EBADMSG.
 */
int ike_protocol_control(struct ike_process *protocol);

/**
 * ike_protocol_notice - an event that a waiter may wait for; does not call the engine
 * @protocol: the process
 * @event: the event
 */
void ike_protocol_notice(struct ike_process *protocol, const struct ike_event *event);

/**
 * ike_protocol_wake - answers the waiters that have waited enough
 * @protocol: the process
 */
void ike_protocol_wake(struct ike_process *protocol);

/**
 * ike_protocol_wake_at - when ike_protocol_wake() is wanted
 * @protocol: the process
 *
 * Return: the time; UINT64_MAX: nobody waits.
 */
uint64_t ike_protocol_wake_at(const struct ike_process *protocol);

#endif
