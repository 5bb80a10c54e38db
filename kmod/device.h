/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_DEVICE_H
#define _SECTUN_DEVICE_H

#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/rhashtable.h>
#include "cell.h"
#include "selector.h"
#include "stats.h"

#define SECTUN_KIND "sectun"

/**
 * struct sectun_device - a sectun network device (netdev_priv)
 * @dev: the network device; it lives in the namespace where inner packets travel
 * @net: namespace of creation, where outer packets travel; the device dies with it, so no reference
 * @wildcard: the only tunnel, if it takes every packet: outbound then needs no lookup; RCU
 * @selectors: finds the tunnel of an outbound packet
 * @cells: hand received packets to GRO
 * @lock: serialises configuration: tunnels, SAs and everything below them
 * @tunnels: all tunnels in order of addition; writers under @lock, readers RCU
 * @by_name: the same tunnels by name; as @tunnels
 * @n_tunnels: their number; under @lock
 * @n_transport: those in transport mode; written under @lock
 * @next_id: the last identifier given to a tunnel or SA; under @lock
 * @dying: set under @lock when the device goes away; configuration is refused from then on
 * @drops: by direction; packets that never reached a tunnel included
 * @node: in sectun_net.devices
 */
struct sectun_device {
	struct net_device *dev;
	struct net *net;
	struct sectun_tunnel __rcu *wildcard;
	struct sectun_selector_table selectors;
	struct sectun_cells *cells;

	struct mutex lock;
	struct list_head tunnels;
	struct rhashtable by_name;
	unsigned int n_tunnels;
	unsigned int n_transport;
	u64 next_id;
	bool dying;
	struct sectun_drops drops[SECTUN_DIRS];
	struct list_head node;
};

/**
 * sectun_device_of - the sectun side of a network device
 * @dev: a device for which sectun_device_is() holds
 *
 * Return: it.
 */
static inline struct sectun_device *sectun_device_of(const struct net_device *dev)
{
	return netdev_priv(dev);
}

bool sectun_device_is(const struct net_device *dev);
int sectun_device_register(void);
void sectun_device_unregister(void);

#endif
