// SPDX-License-Identifier: GPL-2.0-only
/* 6.15: rtnl_link_ops.newlink takes one structure instead of four arguments. */
#include <net/rtnetlink.h>

#ifdef SECTUN_PROBE_NEW
static int probe(struct net_device *dev, struct rtnl_newlink_params *params,
		 struct netlink_ext_ack *extack)
{
	return rtnl_newlink_link_net(params) ? 0 : -ENODEV;
}
#else
static int probe(struct net *src_net, struct net_device *dev, struct nlattr *tb[],
		 struct nlattr *data[], struct netlink_ext_ack *extack)
{
	return 0;
}
#endif

struct rtnl_link_ops ops = { .newlink = probe };
