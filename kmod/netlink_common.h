/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the handlers of the netlink API share. The handlers themselves are declared in policy.h,
 * which is generated; each noun of the API has its file netlink_<noun>.c.
 */
#ifndef _SECTUN_NETLINK_COMMON_H
#define _SECTUN_NETLINK_COMMON_H

#include <linux/netdevice.h>
#include <net/genetlink.h>
#include "compat/netlink.h"
#include "policy.h"
#include "stats.h"
#include "tunnel.h"

struct sectun_limits;
struct sectun_sa;
struct sectun_selectors;
struct sectun_ts;

extern struct genl_family sectun_nl_family;

/**
 * struct sectun_nl_hold - a device that a request works on
 * @device: the device, its lock held
 * @tracker: of the reference to the network device
 */
struct sectun_nl_hold {
	struct sectun_device *device;
	netdevice_tracker tracker;
};

/**
 * SECTUN_NL_MISSING - refuses a request for an attribute that it lacks
 * @extack: where the refusal is told
 * @nest: the nest that lacks it, or NULL
 * @type: the attribute's type
 * @msg: what to give, a string literal
 *
 * Return: -EINVAL.
 */
#define SECTUN_NL_MISSING(extack, nest, type, msg) ({		\
	NL_SET_ERR_MSG(extack, msg);				\
	NL_SET_ERR_ATTR_MISS(extack, nest, type);		\
	-EINVAL;						\
})

/* netlink_common.c */
int sectun_nl_device_lock(struct sectun_nl_hold *hold, const struct sk_buff *skb,
			  struct nlattr **attrs, int type, struct netlink_ext_ack *extack);
int sectun_nl_device_lock_held(struct sectun_nl_hold *hold, const struct sk_buff *skb,
			       const struct nlattr *ifindex, struct netlink_ext_ack *extack);
void sectun_nl_device_unlock(struct sectun_nl_hold *hold);
struct sectun_tunnel *sectun_nl_tunnel_find(struct sectun_device *device, struct nlattr **attrs,
					    int type, struct netlink_ext_ack *extack);
size_t sectun_nl_stats_size(void);
int sectun_nl_stats_put(struct sk_buff *skb, int type, const struct sectun_total *rx,
			const struct sectun_total *tx, const struct sectun_drops *drops,
			unsigned int n_drops);

/* netlink_ts.c */
size_t sectun_nl_selectors_size(const struct sectun_selectors *selectors);
int sectun_nl_selectors_put(struct sk_buff *skb, const struct sectun_conf *conf,
			    const struct sectun_selectors *selectors);
int sectun_nl_ts_put(struct sk_buff *skb, int type, const struct sectun_ts *ts);
struct sectun_selectors *sectun_nl_selectors_parse(const struct genl_info *info,
						   const struct sectun_conf *conf,
						   const struct sectun_tunnel *tunnel);
void sectun_nl_selectors_free(struct sectun_selectors *selectors);

/* netlink_lifetime.c */
int sectun_nl_limits_parse(struct nlattr **attrs, struct sectun_limits *limits,
			   struct netlink_ext_ack *extack);
int sectun_nl_lifetime_put(struct sk_buff *skb, const struct sectun_sa *sa);

/* netlink_tunnel.c, netlink_sa.c: what events tell too */
int sectun_nl_tunnel_put_identity(struct sk_buff *skb, const struct sectun_tunnel *tunnel);
int sectun_nl_sa_put_identity(struct sk_buff *skb, const struct sectun_sa *sa);

#endif
