/* SPDX-License-Identifier: GPL-2.0-only */
/* Network devices. */
#ifndef _SECTUN_COMPAT_NETDEVICE_H
#define _SECTUN_COMPAT_NETDEVICE_H

#include <linux/netdevice.h>
#include <net/rtnetlink.h>
#include "compat/probes.result"

#ifdef SECTUN_HAVE_GSO_HEADER
#include <net/gso.h>
#endif

/**
 * sectun_compat_set_lltx - the device needs no transmit lock
 * @dev: a device that is being set up
 */
static inline void sectun_compat_set_lltx(struct net_device *dev)
{
#ifdef SECTUN_HAVE_LLTX
	dev->lltx = true;
#else
	dev->features |= NETIF_F_LLTX;
#endif
}

/*
 * A newlink function is written with the new arguments and goes into the operations through a
 * macro:
 *
 *	static int sectun_device_newlink(struct net_device *dev, struct rtnl_newlink_params *params,
 *					 struct netlink_ext_ack *extack)
 *	...
 *	SECTUN_COMPAT_NEWLINK(sectun_device_newlink)
 *	...
 *		.newlink = sectun_compat_newlink(sectun_device_newlink),
 */
#ifdef SECTUN_HAVE_NEWLINK_PARAMS
#define SECTUN_COMPAT_NEWLINK(newlink)
#define sectun_compat_newlink(newlink) newlink
#else
struct rtnl_newlink_params {
	struct net *src_net;
	struct nlattr **tb;
	struct nlattr **data;
};

static inline struct net *rtnl_newlink_link_net(struct rtnl_newlink_params *params)
{
	return params->src_net; /* the old caller has looked at IFLA_LINK_NETNSID */
}

#define SECTUN_COMPAT_NEWLINK(newlink)                                                            \
	static int newlink##_compat(struct net *src_net, struct net_device *dev,                  \
				    struct nlattr *tb[], struct nlattr *data[],                   \
				    struct netlink_ext_ack *extack)                               \
	{                                                                                         \
		struct rtnl_newlink_params params = {                                             \
			.src_net = src_net,                                                       \
			.tb = tb,                                                                 \
			.data = data,                                                             \
		};                                                                                \
												  \
		return newlink(dev, &params, extack);                                             \
	}
#define sectun_compat_newlink(newlink) newlink##_compat
#endif

#endif
