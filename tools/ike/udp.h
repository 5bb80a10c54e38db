/* SPDX-License-Identifier: MIT */
/*
 * The UDP sockets of IKE: ports 500 and 4500, IPv4 and IPv6, of every address of the host.
 *
 * On port 4500 an IKE message stands behind four zero octets, and ESP does not (RFC 7296 section
 * 2.23, RFC 3948); the kernel takes ESP out. A single octet 0xff is a NAT keepalive.
 */
#ifndef IKE_UDP_H
#define IKE_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "endpoint.h"

/** IKE_UDP_SOCKETS - sockets at most */
#define IKE_UDP_SOCKETS 4

/**
 * struct ike_udp - a socket
 * @fd: its descriptor
 * @len: octets of its addresses: 4 or 16
 * @port: its port
 */
struct ike_udp {
	int fd;
	uint8_t len;
	uint16_t port;
};

/**
 * ike_udp_open - opens the sockets; what needs privileges is done here
 * @sockets: are filled in
 * @count: is set to number of them; a host without IPv6 has two
 * @port: set on failure to the port that cannot be had
 *
 * Return: 0 or a negative errno.
 */
int ike_udp_open(struct ike_udp sockets[IKE_UDP_SOCKETS], size_t *count, uint16_t *port);

/**
 * ike_udp_receive - takes what came to a socket; does not wait
 * @udp: the socket
 * @path: is set to where to and where from
 * @data: is set to the IKE message, in @buffer
 * @len: is set to octets of it
 * @buffer: room
 * @size: octets of it
 *
 * Return: 1: a message; 0: something came that is none; -EAGAIN: nothing is there; another errno.
 */
int ike_udp_receive(const struct ike_udp *udp, struct ike_path *path, const uint8_t **data,
		    size_t *len, uint8_t *buffer, size_t size);

/**
 * ike_udp_send - sends an IKE message; what cannot be sent is lost
 * @sockets: the sockets
 * @count: number of them
 * @path: where from and where to
 * @data: the message
 * @len: octets of it
 *
 * Return: 0; -EADDRNOTAVAIL: no socket has that port and family; another errno.
 */
int ike_udp_send(const struct ike_udp *sockets, size_t count, const struct ike_path *path,
		 const uint8_t *data, size_t len);

#endif
