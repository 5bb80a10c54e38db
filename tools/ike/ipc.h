/* SPDX-License-Identifier: MIT */
/*
 * Messages between the three processes, over SOCK_SEQPACKET pairs.
 *
 *	parent <-> protocol	sockets, configuration, kernel requests and events, control
 *	parent  -> key		descriptors of key files, configuration
 *	protocol <-> key	signatures to make and to verify
 *
 * A message is a header and fields in the order of its kind, integers in network order, octet
 * strings after their length. Whoever reads one treats it as hostile: the protocol process parses
 * what the network sends and may have been taken over. A reader that runs past the end reads zeros,
 * remembers it, and the message is refused as a whole by ike_ipc_end().
 */
#ifndef IKE_IPC_H
#define IKE_IPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** IKE_IPC_MAX - octets of the longest message, its header included: what a peer signed, and its
 * certificates, each as long as an IKE message at most */
#define IKE_IPC_MAX 147456
/** IKE_IPC_QUEUE_MAX - octets that wait for the other process at most; it is given up then */
#define IKE_IPC_QUEUE_MAX (64U << 20)
/** IKE_IPC_FDS_MAX - descriptors that a message carries at most */
#define IKE_IPC_FDS_MAX 4

/**
 * struct ike_ipc_message - a message that is written or read
 * @kind: what it is, enum ike_ipc_kind
 * @id: number by which an answer finds its question; 0: none is expected
 * @octets: header and fields
 * @len: octets of them
 * @at: where the next field is
 * @broken: a field did not fit, or was not there
 * @fds: descriptors; of a received message they belong to the reader
 * @fd_count: number of them
 */
struct ike_ipc_message {
	uint16_t kind;
	uint32_t id;
	uint8_t octets[IKE_IPC_MAX];
	size_t len;
	size_t at;
	bool broken;
	int fds[IKE_IPC_FDS_MAX];
	size_t fd_count;
};

/**
 * enum ike_ipc_kind - what a message is; who sends it to whom
 * @IKE_IPC_SOCKETS: parent to protocol: the UDP sockets: port 500 and 4500, IPv4 and IPv6
 * @IKE_IPC_STOP: parent to protocol: say farewell to every peer, and then so to the parent
 * @IKE_IPC_CONFIG: parent to protocol: text of a configuration file that is new or changed
 * @IKE_IPC_CONFIG_GONE: parent to both: a peer that is no longer configured
 * @IKE_IPC_KEYS: parent to key: a peer and the descriptors of one of its files
 * @IKE_IPC_KEYS_DONE: parent to key: the last file of a peer
 * @IKE_IPC_KEYS_READY: key to protocol: own certificates and trusted authorities of a peer
 * @IKE_IPC_KEYS_FAULT: key to parent: what is wrong with a file of a peer
 * @IKE_IPC_SIGN: protocol to key: make AUTH data
 * @IKE_IPC_VERIFY: protocol to key: check the peer's AUTH data
 * @IKE_IPC_KEY_REPLY: key to protocol: answer to both
 * @IKE_IPC_KERNEL: protocol to parent: a kernel request
 * @IKE_IPC_KERNEL_REPLY: parent to protocol: its answer
 * @IKE_IPC_KERNEL_EVENT: parent to protocol: what the kernel says
 * @IKE_IPC_CONTROL: parent to protocol: a line of the control socket
 * @IKE_IPC_CONTROL_REPLY: protocol to parent: a line for it, and whether it is the last
 * @IKE_IPC_LOG: protocol and key to parent: a line for the log
 */
enum ike_ipc_kind {
	IKE_IPC_SOCKETS = 1,
	IKE_IPC_CONFIG,
	IKE_IPC_CONFIG_GONE,
	IKE_IPC_KEYS,
	IKE_IPC_KEYS_DONE,
	IKE_IPC_KEYS_READY,
	IKE_IPC_KEYS_FAULT,
	IKE_IPC_SIGN,
	IKE_IPC_VERIFY,
	IKE_IPC_KEY_REPLY,
	IKE_IPC_KERNEL,
	IKE_IPC_KERNEL_REPLY,
	IKE_IPC_KERNEL_EVENT,
	IKE_IPC_CONTROL,
	IKE_IPC_CONTROL_REPLY,
	IKE_IPC_LOG,
	IKE_IPC_STOP,
};

/**
 * ike_ipc_begin - begins a message
 * @message: the message
 * @kind: what it is
 * @id: its number
 */
void ike_ipc_begin(struct ike_ipc_message *message, enum ike_ipc_kind kind, uint32_t id);

/* Each appends a field. One that does not fit breaks the message. */
void ike_ipc_put_u8(struct ike_ipc_message *message, uint8_t value);
void ike_ipc_put_u16(struct ike_ipc_message *message, uint16_t value);
void ike_ipc_put_u32(struct ike_ipc_message *message, uint32_t value);
void ike_ipc_put_u64(struct ike_ipc_message *message, uint64_t value);
void ike_ipc_put_octets(struct ike_ipc_message *message, const void *octets, size_t len);
void ike_ipc_put_string(struct ike_ipc_message *message, const char *string);
void ike_ipc_put_fd(struct ike_ipc_message *message, int fd);

/* Each reads the next field; past the end it is 0 and the message is broken. */
uint8_t ike_ipc_get_u8(struct ike_ipc_message *message);
uint16_t ike_ipc_get_u16(struct ike_ipc_message *message);
uint32_t ike_ipc_get_u32(struct ike_ipc_message *message);
uint64_t ike_ipc_get_u64(struct ike_ipc_message *message);

/**
 * ike_ipc_get_octets - reads an octet string
 * @message: the message
 * @len: is set to its length
 * @max: octets that are accepted; more break the message
 *
 * Return: the octets, in the message; never NULL.
 */
const uint8_t *ike_ipc_get_octets(struct ike_ipc_message *message, size_t *len, size_t max);

/**
 * ike_ipc_get_string - reads a string, without NUL in it
 * @message: the message
 * @to: where
 * @size: octets of @to; a string that does not fit breaks the message, and @to is ""
 */
void ike_ipc_get_string(struct ike_ipc_message *message, char *to, size_t size);

/**
 * ike_ipc_get_fd - takes a descriptor out of a message
 * @message: the message
 *
 * Return: the descriptor, which is the caller's; -1, and the message is broken, if there is none.
 */
int ike_ipc_get_fd(struct ike_ipc_message *message);

/**
 * ike_ipc_end - whether a message was read to its end and nothing was amiss
 * @message: the message
 *
 * Descriptors that nobody took are closed.
 *
 * Return: 0 or -EBADMSG.
 */
int ike_ipc_end(struct ike_ipc_message *message);

/**
 * struct ike_ipc_channel - this end of a pair, with what could not be sent yet
 * @fd: the socket; belongs to the channel
 * @first: what waits the longest
 * @last: what waits the shortest
 * @queued: octets that wait
 *
 * Two processes that both wait for the other to read would wait for ever; so nobody waits.
 */
struct ike_ipc_channel {
	int fd;
	struct ike_ipc_waiting *first;
	struct ike_ipc_waiting *last;
	size_t queued;
};

/**
 * ike_ipc_send - sends a message, or keeps it until the other side reads; wipes it
 * @channel: the channel
 * @message: the message; descriptors in it stay the caller's
 *
 * Return: 0; -EMSGSIZE: it is broken; -EPIPE: the other process is gone; -ENOBUFS: it does not
 * read; another errno.
 */
int ike_ipc_send(struct ike_ipc_channel *channel, struct ike_ipc_message *message);

/**
 * ike_ipc_flush - sends what was kept, as far as the other side reads
 * @channel: the channel; while its @first is set, poll(2) for writing
 *
 * Return: 0; -EPIPE; another errno.
 */
int ike_ipc_flush(struct ike_ipc_channel *channel);

/**
 * ike_ipc_receive - receives a message; does not wait
 * @channel: the channel
 * @message: the message
 *
 * Return: 1; 0: none is there; -EPIPE: the other process is gone; -EBADMSG: not a message; another
 * errno.
 */
int ike_ipc_receive(struct ike_ipc_channel *channel, struct ike_ipc_message *message);

/**
 * ike_ipc_pair - makes two ends that are connected
 * @one: is set to one
 * @other: is set to the other
 *
 * Return: 0 or a negative errno.
 */
int ike_ipc_pair(struct ike_ipc_channel *one, struct ike_ipc_channel *other);

/**
 * ike_ipc_close - closes an end and forgets what waits
 * @channel: the channel
 */
void ike_ipc_close(struct ike_ipc_channel *channel);

/**
 * ike_ipc_wipe - forgets what a message held, and closes descriptors that nobody took
 * @message: the message
 */
void ike_ipc_wipe(struct ike_ipc_message *message);

#endif
