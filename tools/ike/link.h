/* SPDX-License-Identifier: MIT */
/*
 * Devices, addresses and routes over rtnetlink.
 *
 * Functions return 0 or a negative errno. What is there already, or gone already, is no error.
 */
#ifndef IKE_LINK_H
#define IKE_LINK_H

#include <stdbool.h>
#include <stdint.h>
#include "config.h"

struct ike_link;

/**
 * ike_link_open - connects to the kernel
 * @link: is set to the connection
 *
 * Return: 0 or a negative errno.
 */
int ike_link_open(struct ike_link **link);

/**
 * ike_link_close - ends a connection
 * @link: the connection, or NULL
 */
void ike_link_close(struct ike_link *link);

/**
 * ike_link_add - adds a sectun device
 * @link: the connection
 * @name: its name
 *
 * Return: 0; -EEXIST: there is a device of that name; -EOPNOTSUPP: the module is not there; another
 * errno.
 */
int ike_link_add(struct ike_link *link, const char *name);

/**
 * ike_link_up - brings a device up
 * @link: the connection
 * @ifindex: its interface index
 * @mtu: its MTU in octets; 0: as it is
 *
 * Return: 0 or a negative errno.
 */
int ike_link_up(struct ike_link *link, uint32_t ifindex, uint32_t mtu);

/**
 * ike_link_del - removes a device with all that is on it
 * @link: the connection
 * @ifindex: its interface index
 *
 * Return: 0 or a negative errno.
 */
int ike_link_del(struct ike_link *link, uint32_t ifindex);

/**
 * ike_link_address - adds or removes an address
 * @link: the connection
 * @ifindex: interface index
 * @prefix: the address
 * @add: add, else remove
 *
 * Return: 0 or a negative errno.
 */
int ike_link_address(struct ike_link *link, uint32_t ifindex,
		     const struct ike_config_prefix *prefix, bool add);

/**
 * ike_link_route - adds or removes a route into a device
 * @link: the connection
 * @ifindex: interface index
 * @prefix: destination
 * @table: routing table; 0: main
 * @metric: metric; 0: the kernel's
 * @add: add, else remove
 *
 * Return: 0 or a negative errno.
 */
int ike_link_route(struct ike_link *link, uint32_t ifindex, const struct ike_config_prefix *prefix,
		   uint32_t table, uint32_t metric, bool add);

/**
 * ike_link_source - which address of this host a packet to a peer would have
 * @remote: the peer
 * @local: is set to it, port as it was
 *
 * Return: 0; -ENETUNREACH: there is no route; another errno.
 */
int ike_link_source(const struct ike_endpoint *remote, struct ike_endpoint *local);

#endif
