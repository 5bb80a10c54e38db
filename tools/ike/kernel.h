/* SPDX-License-Identifier: MIT */
/*
 * The engine's wishes carried out with libsectun, in the parent.
 *
 * A request comes from a process that parses what the network sends. It is carried out for tunnels
 * of the configuration only, on the device that the configuration names.
 */
#ifndef IKE_KERNEL_H
#define IKE_KERNEL_H

#include "config.h"
#include "engine.h"

struct ike_kernel;

/**
 * ike_kernel_open - connects to the kernel
 * @kernel: is set to the connection
 * @why: is set to a sentence on failure
 * @size: octets of @why
 *
 * Return: 0 or a negative errno.
 */
int ike_kernel_open(struct ike_kernel **kernel, char *why, size_t size);

/**
 * ike_kernel_close - ends a connection
 * @kernel: the connection, or NULL
 */
void ike_kernel_close(struct ike_kernel *kernel);

/**
 * ike_kernel_fd - what to poll(2) for events
 * @kernel: the connection
 *
 * Return: the descriptor.
 */
int ike_kernel_fd(const struct ike_kernel *kernel);

/**
 * ike_kernel_tunnel_add - makes a configured tunnel; one of its name that is left from before gets
 * its shape and loses its SAs
 * @kernel: the connection
 * @peer: its peer, with both addresses
 * @tunnel: the tunnel
 * @child: what the engine knows of it
 *
 * Return: 0 or a negative errno; ike_kernel_error() says why.
 */
int ike_kernel_tunnel_add(struct ike_kernel *kernel, const struct ike_config_peer *peer,
			  const struct ike_config_tunnel *tunnel,
			  const struct ike_child_conf *child);

/**
 * ike_kernel_tunnel_change - changes what the configuration says of packets, and nothing that the
 * engine has negotiated
 * @kernel: the connection
 * @tunnel: the new version; that there is no such tunnel yet is no error
 *
 * Return: 0 or a negative errno.
 */
int ike_kernel_tunnel_change(struct ike_kernel *kernel, const struct ike_config_tunnel *tunnel);

/**
 * ike_kernel_tunnel_del - removes a tunnel with its SAs
 * @kernel: the connection
 * @dev: device
 * @name: the tunnel; that it is not there is no error
 *
 * Return: 0 or a negative errno.
 */
int ike_kernel_tunnel_del(struct ike_kernel *kernel, const char *dev, const char *name);

/**
 * ike_kernel_error - what the kernel said of the last failure
 * @kernel: the connection
 *
 * Return: a sentence, valid until the next function.
 */
const char *ike_kernel_error(const struct ike_kernel *kernel);

/**
 * ike_kernel_request - does what the engine wants
 * @kernel: the connection
 * @peer: the peer that the tunnel belongs to
 * @child: configuration of the tunnel
 * @request: the request, checked as far as its message was; its peer and child are not looked at
 * @reply: is filled in; its message is valid until the next function
 */
void ike_kernel_request(struct ike_kernel *kernel, const struct ike_config_peer *peer,
			const struct ike_child_conf *child,
			const struct ike_kernel_request *request, struct ike_kernel_reply *reply);

/**
 * ike_kernel_events - calls back for every event that has arrived and is the engine's business
 * @kernel: the connection
 * @callback: what to call; the event is valid during the call
 * @arg: passed to it
 *
 * Return: 0; -ENOBUFS: some are lost; another errno.
 */
int ike_kernel_events(struct ike_kernel *kernel,
		      void (*callback)(void *arg, const struct ike_kernel_event *event), void *arg);

#endif
