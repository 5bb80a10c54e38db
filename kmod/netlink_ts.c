// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traffic selectors in the netlink API.
 */
#include <linux/in.h>
#include <linux/slab.h>
#include "netlink_common.h"
#include "selector.h"
#include "tunnel.h"

#define SECTUN_IP4_PREFIX_MAX 32 /* bits */
#define SECTUN_IP6_PREFIX_MAX 128

/*
 * One side, as a request gives it or as a tunnel has it; none: every address, or in transport mode
 * every packet of the tunnel's own end.
 */
struct sectun_nl_side {
	const struct sectun_ts *ts;
	unsigned int n;
};

static bool sectun_nl_any_port(const struct sectun_ts *ts)
{
	return ts->port_first == 0 && ts->port_last == SECTUN_TS_PORT_MAX;
}

static bool sectun_nl_any(const struct sectun_ts *ts)
{
	return !ts->prefixlen && !ts->protocol && sectun_nl_any_port(ts);
}

/* In transport mode a side is one address: @end, the tunnel's own. */
static bool sectun_nl_ts_is_end(const struct sectun_ts *ts, u8 family, const union sectun_addr *end)
{
	return ts->family == family && sectun_addr_equal(family, &ts->addr, end) &&
	       ts->prefixlen == (family == AF_INET ? SECTUN_IP4_PREFIX_MAX : SECTUN_IP6_PREFIX_MAX);
}

static void sectun_nl_ts_set_end(struct sectun_ts *ts, u8 family, const union sectun_addr *end)
{
	ts->family = family;
	ts->prefixlen = family == AF_INET ? SECTUN_IP4_PREFIX_MAX : SECTUN_IP6_PREFIX_MAX;
	ts->addr = *end;
}

/* What a side without selectors becomes: it is told as it was given, with none. */
static bool sectun_nl_side_default(const struct sectun_conf *conf, const union sectun_addr *end,
				   const struct sectun_ts *ts, unsigned int n)
{
	if (conf->mode == SECTUN_MODE_TRANSPORT)
		return n == 1 && sectun_nl_ts_is_end(ts, conf->family, end) && !ts->protocol &&
		       sectun_nl_any_port(ts);
	return n == 2 && sectun_nl_any(&ts[0]) && sectun_nl_any(&ts[1]) &&
	       ts[0].family != ts[1].family;
}

/**
 * sectun_nl_ts_put - writes a traffic selector
 * @skb: the message; what was written is left in it on error
 * @type: the attribute that holds it
 * @ts: the selector
 *
 * Return: 0 or -EMSGSIZE.
 */
int sectun_nl_ts_put(struct sk_buff *skb, int type, const struct sectun_ts *ts)
{
	struct nlattr *nest = nla_nest_start(skb, type);
	int err;

	if (!nest)
		return -EMSGSIZE;
	if (ts->family == AF_INET)
		err = nla_put_in_addr(skb, SECTUN_A_TS_ADDRESS, ts->addr.ip4);
	else
		err = nla_put_in6_addr(skb, SECTUN_A_TS_ADDRESS, &ts->addr.ip6);
	if (err || nla_put_u8(skb, SECTUN_A_TS_PREFIXLEN, ts->prefixlen))
		return -EMSGSIZE;
	if (ts->protocol && nla_put_u8(skb, SECTUN_A_TS_PROTOCOL, ts->protocol))
		return -EMSGSIZE;
	if (!sectun_nl_any_port(ts) &&
	    (nla_put_u16(skb, SECTUN_A_TS_PORT_FIRST, ts->port_first) ||
	     nla_put_u16(skb, SECTUN_A_TS_PORT_LAST, ts->port_last)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * sectun_nl_selectors_size - room that the selectors of a tunnel take at most
 * @selectors: the selectors
 *
 * Return: octets.
 */
size_t sectun_nl_selectors_size(const struct sectun_selectors *selectors)
{
	size_t one = nla_total_size(0) + nla_total_size(sizeof(struct in6_addr)) +
		     2 * nla_total_size(sizeof(u8)) + 2 * nla_total_size(sizeof(u16));

	return (selectors->n_local + selectors->n_remote) * one;
}

static int sectun_nl_side_put(struct sk_buff *skb, int type, const struct sectun_ts *ts,
			      unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (sectun_nl_ts_put(skb, type, &ts[i]))
			return -EMSGSIZE;
	return 0;
}

/**
 * sectun_nl_selectors_put - writes the selectors of a tunnel
 * @skb: the message; what was written is left in it on error
 * @conf: the tunnel's configuration
 * @selectors: the selectors
 *
 * Return: 0 or -EMSGSIZE.
 */
int sectun_nl_selectors_put(struct sk_buff *skb, const struct sectun_conf *conf,
			    const struct sectun_selectors *selectors)
{
	if (!sectun_nl_side_default(conf, &conf->local, selectors->local, selectors->n_local) &&
	    sectun_nl_side_put(skb, SECTUN_A_TUNNEL_LOCAL_TS, selectors->local,
			       selectors->n_local))
		return -EMSGSIZE;
	if (sectun_nl_side_default(conf, &conf->remote, selectors->remote, selectors->n_remote))
		return 0;
	return sectun_nl_side_put(skb, SECTUN_A_TUNNEL_REMOTE_TS, selectors->remote,
				  selectors->n_remote);
}

static int sectun_nl_ts_parse_address(struct nlattr **tb, const struct nlattr *nest,
				      struct sectun_ts *ts, struct netlink_ext_ack *extack)
{
	const struct nlattr *address = tb[SECTUN_A_TS_ADDRESS];
	const struct nlattr *prefixlen = tb[SECTUN_A_TS_PREFIXLEN];

	if (!address)
		return SECTUN_NL_MISSING(extack, nest, SECTUN_A_TS_ADDRESS,
					 "a traffic selector needs an address");
	if (!prefixlen)
		return SECTUN_NL_MISSING(extack, nest, SECTUN_A_TS_PREFIXLEN,
					 "a traffic selector needs a prefixlen");
	ts->prefixlen = nla_get_u8(prefixlen);

	switch (nla_len(address)) {
	case sizeof(ts->addr.ip4):
		ts->family = AF_INET;
		ts->addr.ip4 = nla_get_in_addr(address);
		break;
	case sizeof(ts->addr.ip6):
		ts->family = AF_INET6;
		ts->addr.ip6 = nla_get_in6_addr(address);
		break;
	default:
		NL_SET_ERR_MSG_ATTR(extack, address, "an address has 4 (IPv4) or 16 (IPv6) octets");
		return -EINVAL;
	}
	if (ts->family == AF_INET && ts->prefixlen > SECTUN_IP4_PREFIX_MAX) {
		NL_SET_ERR_MSG_ATTR(extack, prefixlen, "an IPv4 prefix has at most 32 bits");
		return -EINVAL;
	}
	if (!sectun_ts_valid(ts)) {
		NL_SET_ERR_MSG_ATTR(extack, address, "bits are set after the prefix: clear them");
		return -EINVAL;
	}
	return 0;
}

/* The protocols for which inner packets are parsed for ports, or for what takes their place. */
static bool sectun_nl_protocol_has_ports(u8 protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
	case IPPROTO_MH:
		return true;
	}
	return false;
}

static int sectun_nl_ts_parse_ports(struct nlattr **tb, const struct nlattr *nest,
				    struct sectun_ts *ts, struct netlink_ext_ack *extack)
{
	const struct nlattr *first = tb[SECTUN_A_TS_PORT_FIRST];
	const struct nlattr *last = tb[SECTUN_A_TS_PORT_LAST];

	if (tb[SECTUN_A_TS_PROTOCOL])
		ts->protocol = nla_get_u8(tb[SECTUN_A_TS_PROTOCOL]);
	if (!first && !last)
		return 0;
	if (!first)
		return SECTUN_NL_MISSING(extack, nest, SECTUN_A_TS_PORT_FIRST,
					 "port-last needs port-first");

	ts->port_first = nla_get_u16(first);
	ts->port_last = last ? nla_get_u16(last) : ts->port_first;
	if (!sectun_nl_any_port(ts) && !sectun_nl_protocol_has_ports(ts->protocol)) {
		NL_SET_ERR_MSG_ATTR(extack, first,
				    "ports need a protocol that has ports, such as 6 (TCP) or 17 (UDP)");
		return -EINVAL;
	}
	if (!sectun_ts_valid(ts)) {
		NL_SET_ERR_MSG_ATTR(extack, last ?: first, "port-last is at least port-first");
		return -EINVAL;
	}
	return 0;
}

static int sectun_nl_ts_parse(const struct nlattr *nest, struct sectun_ts *ts,
			      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[SECTUN_A_TS_MAX + 1];
	int err;

	err = nla_parse_nested(tb, SECTUN_A_TS_MAX, nest, sectun_ts_policy, extack);
	if (err)
		return err;
	*ts = (struct sectun_ts){ .port_last = SECTUN_TS_PORT_MAX };
	err = sectun_nl_ts_parse_address(tb, nest, ts, extack);
	if (err)
		return err;
	return sectun_nl_ts_parse_ports(tb, nest, ts, extack);
}

/* Transport mode carries what is between the two ends; protocol and ports may narrow it. */
static int sectun_nl_ts_check_end(const struct nlattr *attr, const struct sectun_ts *ts,
				  const struct sectun_conf *conf, const union sectun_addr *end,
				  struct netlink_ext_ack *extack)
{
	if (conf->mode != SECTUN_MODE_TRANSPORT || sectun_nl_ts_is_end(ts, conf->family, end))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "in transport mode a selector is the tunnel's own end, as /32 or /128");
	return -EINVAL;
}

/* Reads all selectors of one side, that of @end; @ts has room for SECTUN_TS_MAX. */
static int sectun_nl_side_parse(const struct genl_info *info, int type,
				const struct sectun_conf *conf, const union sectun_addr *end,
				struct sectun_ts *ts, struct sectun_nl_side *side)
{
	const struct nlattr *attr;
	unsigned int n = 0;
	int err, rest;

	nla_for_each_attr(attr, genlmsg_data(info->genlhdr), genlmsg_len(info->genlhdr), rest) {
		if (nla_type(attr) != type)
			continue;
		if (n == SECTUN_TS_MAX) {
			NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr,
						"a side takes at most %u traffic selectors",
						SECTUN_TS_MAX);
			return -E2BIG;
		}
		err = sectun_nl_ts_parse(attr, &ts[n], info->extack);
		if (!err)
			err = sectun_nl_ts_check_end(attr, &ts[n], conf, end, info->extack);
		if (err)
			return err;
		n++;
	}
	*side = (struct sectun_nl_side){ .ts = ts, .n = n };
	return 0;
}

/*
 * A side that is not given stays as it was, and in transport mode goes where the end goes. @was and
 * @old_end are the configuration that @old belongs to, and its end.
 */
static int sectun_nl_side_keep(const struct genl_info *info, const struct sectun_conf *conf,
			       const union sectun_addr *end, const struct sectun_conf *was,
			       const union sectun_addr *old_end, const struct sectun_nl_side *old,
			       struct sectun_ts *ts, struct sectun_nl_side *side)
{
	unsigned int i;
	int err;

	if (sectun_nl_side_default(was, old_end, old->ts, old->n))
		return 0;
	for (i = 0; i < old->n; i++) {
		ts[i] = old->ts[i];
		if (was->mode == SECTUN_MODE_TRANSPORT && conf->mode == SECTUN_MODE_TRANSPORT)
			sectun_nl_ts_set_end(&ts[i], conf->family, end);
		err = sectun_nl_ts_check_end(info->attrs[SECTUN_A_TUNNEL_MODE], &ts[i], conf, end,
					     info->extack);
		if (err)
			return err;
	}
	*side = (struct sectun_nl_side){ .ts = ts, .n = old->n };
	return 0;
}

/* What a side that nobody ever gave is in transport mode. */
static void sectun_nl_side_fill(const struct sectun_conf *conf, const union sectun_addr *end,
				struct sectun_ts *ts, struct sectun_nl_side *side)
{
	if (conf->mode != SECTUN_MODE_TRANSPORT || side->n)
		return;
	*ts = (struct sectun_ts){ .port_last = SECTUN_TS_PORT_MAX };
	sectun_nl_ts_set_end(ts, conf->family, end);
	*side = (struct sectun_nl_side){ .ts = ts, .n = 1 };
}

/* Could a change from @was to @conf change selectors that the request does not give? */
static bool sectun_nl_ends_moved(const struct sectun_conf *conf, const struct sectun_conf *was)
{
	if (conf->mode != was->mode)
		return true;
	return conf->mode == SECTUN_MODE_TRANSPORT &&
	       (conf->family != was->family ||
		!sectun_addr_equal(conf->family, &conf->local, &was->local) ||
		!sectun_addr_equal(conf->family, &conf->remote, &was->remote));
}

/* IPv4 on one side and IPv6 on the other carry nothing. */
static bool sectun_nl_sides_meet(const struct sectun_nl_side *local,
				 const struct sectun_nl_side *remote)
{
	unsigned int i, j;

	if (!local->n || !remote->n)
		return true;
	for (i = 0; i < local->n; i++)
		for (j = 0; j < remote->n; j++)
			if (local->ts[i].family == remote->ts[j].family)
				return true;
	return false;
}

static struct sectun_selectors *sectun_nl_selectors_make(const struct genl_info *info,
							 const struct sectun_nl_side *local,
							 const struct sectun_nl_side *remote)
{
	struct nlattr **attrs = info->attrs;
	struct sectun_selectors *selectors;
	int err;

	if (!sectun_nl_sides_meet(local, remote)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attrs[SECTUN_A_TUNNEL_REMOTE_TS] ?:
				    attrs[SECTUN_A_TUNNEL_LOCAL_TS],
				    "local-ts and remote-ts need an address family in common");
		return ERR_PTR(-EINVAL);
	}
	selectors = kzalloc(sizeof(*selectors), GFP_KERNEL);
	if (!selectors)
		return ERR_PTR(-ENOMEM);
	err = sectun_selectors_init(selectors, NULL, local->ts, local->n, remote->ts, remote->n);
	if (err) {
		kfree(selectors);
		return ERR_PTR(err);
	}
	return selectors;
}

/* Both sides: as given, else as they were, else as they are by default. @ts has room for both. */
static int sectun_nl_sides_parse(const struct genl_info *info, const struct sectun_conf *conf,
				 const struct sectun_conf *was, const struct sectun_selectors *old,
				 struct sectun_ts *ts, struct sectun_nl_side *local,
				 struct sectun_nl_side *remote)
{
	struct sectun_nl_side kept;
	int err;

	err = sectun_nl_side_parse(info, SECTUN_A_TUNNEL_LOCAL_TS, conf, &conf->local, ts, local);
	if (!err && old && !local->n) {
		kept = (struct sectun_nl_side){ old->local, old->n_local };
		err = sectun_nl_side_keep(info, conf, &conf->local, was, &was->local, &kept, ts,
					  local);
	}
	if (err)
		return err;
	sectun_nl_side_fill(conf, &conf->local, ts, local);

	ts += SECTUN_TS_MAX;
	err = sectun_nl_side_parse(info, SECTUN_A_TUNNEL_REMOTE_TS, conf, &conf->remote, ts,
				   remote);
	if (!err && old && !remote->n) {
		kept = (struct sectun_nl_side){ old->remote, old->n_remote };
		err = sectun_nl_side_keep(info, conf, &conf->remote, was, &was->remote, &kept, ts,
					  remote);
	}
	if (!err)
		sectun_nl_side_fill(conf, &conf->remote, ts, remote);
	return err;
}

/**
 * sectun_nl_selectors_parse - reads the traffic selectors of a request
 * @info: the request, on a tunnel
 * @conf: what the tunnel's configuration will be
 * @tunnel: the tunnel as it is: the side that is not given stays as it is; NULL for a new one
 *
 * Context: may sleep. The lock of the device is held where @tunnel is given.
 * Return: selectors, to be freed with sectun_nl_selectors_free() unless somebody takes them over;
 * NULL where those that there are need no change; ERR_PTR: -EINVAL, -E2BIG, -ENOMEM.
 */
struct sectun_selectors *sectun_nl_selectors_parse(const struct genl_info *info,
						   const struct sectun_conf *conf,
						   const struct sectun_tunnel *tunnel)
{
	struct nlattr **attrs = info->attrs;
	struct sectun_nl_side local = {}, remote = {};
	const struct sectun_selectors *old = NULL;
	const struct sectun_conf *was = NULL;
	struct sectun_selectors *selectors;
	struct sectun_ts *ts;
	int err;

	if (tunnel) {
		old = rcu_dereference_protected(tunnel->selectors,
						lockdep_is_held(&tunnel->device->lock));
		was = rcu_dereference_protected(tunnel->conf,
						lockdep_is_held(&tunnel->device->lock));
	}
	if (tunnel && !attrs[SECTUN_A_TUNNEL_LOCAL_TS] && !attrs[SECTUN_A_TUNNEL_REMOTE_TS] &&
	    !sectun_nl_ends_moved(conf, was))
		return NULL;

	ts = kcalloc(2 * SECTUN_TS_MAX, sizeof(*ts), GFP_KERNEL);
	if (!ts)
		return ERR_PTR(-ENOMEM);
	err = sectun_nl_sides_parse(info, conf, was, old, ts, &local, &remote);
	selectors = err ? ERR_PTR(err) : sectun_nl_selectors_make(info, &local, &remote);
	kfree(ts);
	return selectors;
}

/**
 * sectun_nl_selectors_free - frees selectors that nobody took over
 * @selectors: from sectun_nl_selectors_parse(), or NULL
 */
void sectun_nl_selectors_free(struct sectun_selectors *selectors)
{
	if (!selectors)
		return;
	sectun_selectors_uninit(selectors);
	kfree(selectors);
}
