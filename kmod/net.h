/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_NET_H
#define _SECTUN_NET_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rhashtable.h>
#include <net/net_namespace.h>

/**
 * struct sectun_net - what one network namespace holds of outer traffic
 * @net: the namespace
 * @devices: devices created here, wherever they live now; under RTNL
 * @sas: SAs by direction, destination, protocol and SPI; writers under @sas_lock, readers RCU
 * @sas_lock: protects @sas and, with it, that no two receive SAs have the same SPI at the same
 *	address; taken inside a device's lock
 * @sockets: UDP sockets that the module opened; under @sockets_lock
 * @sockets_lock: protects @sockets; taken inside a device's lock
 */
struct sectun_net {
	struct net *net;
	struct list_head devices;
	struct rhashtable sas;
	struct mutex sas_lock;
	struct list_head sockets;
	struct mutex sockets_lock;
};

struct sectun_net *sectun_net(const struct net *net);
int sectun_net_register(void);
void sectun_net_unregister(void);

#endif
