// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traffic selectors in the netlink API.
 */
#include <linux/in.h>
#include <linux/slab.h>
#include "netlink_common.h"
#include "selector.h"

#define SECTUN_IP4_PREFIX_MAX 32 /* bits */

/* One side, as a request gives it or as a tunnel has it; none: every address. */
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

/* What a side without selectors becomes: it is told as it was given, with none. */
static bool sectun_nl_side_default(const struct sectun_ts *ts, unsigned int n)
{
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

	if (sectun_nl_side_default(ts, n))
		return 0;
	for (i = 0; i < n; i++)
		if (sectun_nl_ts_put(skb, type, &ts[i]))
			return -EMSGSIZE;
	return 0;
}

/**
 * sectun_nl_selectors_put - writes the selectors of a tunnel
 * @skb: the message; what was written is left in it on error
 * @selectors: the selectors
 *
 * Return: 0 or -EMSGSIZE.
 */
int sectun_nl_selectors_put(struct sk_buff *skb, const struct sectun_selectors *selectors)
{
	if (sectun_nl_side_put(skb, SECTUN_A_TUNNEL_LOCAL_TS, selectors->local,
			       selectors->n_local))
		return -EMSGSIZE;
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

/* Reads all selectors of one side; @ts has room for SECTUN_TS_MAX. */
static int sectun_nl_side_parse(const struct genl_info *info, int type, struct sectun_ts *ts,
				struct sectun_nl_side *side)
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
		if (err)
			return err;
		n++;
	}
	*side = (struct sectun_nl_side){ .ts = ts, .n = n };
	return 0;
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

/**
 * sectun_nl_selectors_parse - reads the traffic selectors of a request
 * @info: the request, on a tunnel
 * @old: what the tunnel has now: the side that is not given stays as it is; NULL for a new tunnel
 *
 * Context: may sleep. The lock of the device is held where @old is given.
 * Return: selectors, to be freed with sectun_nl_selectors_free() unless somebody takes them over;
 * NULL where none are given and there are some already; ERR_PTR: -EINVAL, -E2BIG, -ENOMEM.
 */
struct sectun_selectors *sectun_nl_selectors_parse(const struct genl_info *info,
						   const struct sectun_selectors *old)
{
	struct nlattr **attrs = info->attrs;
	struct sectun_nl_side local = {}, remote = {};
	struct sectun_selectors *selectors;
	struct sectun_ts *given;
	int err;

	if (!attrs[SECTUN_A_TUNNEL_LOCAL_TS] && !attrs[SECTUN_A_TUNNEL_REMOTE_TS])
		return old ? NULL : sectun_nl_selectors_make(info, &local, &remote);

	given = kcalloc(2 * SECTUN_TS_MAX, sizeof(*given), GFP_KERNEL);
	if (!given)
		return ERR_PTR(-ENOMEM);
	err = sectun_nl_side_parse(info, SECTUN_A_TUNNEL_LOCAL_TS, given, &local);
	if (!err)
		err = sectun_nl_side_parse(info, SECTUN_A_TUNNEL_REMOTE_TS, given + SECTUN_TS_MAX,
					   &remote);
	if (err) {
		selectors = ERR_PTR(err);
		goto out_free;
	}
	if (old && !local.n)
		local = (struct sectun_nl_side){ old->local, old->n_local };
	if (old && !remote.n)
		remote = (struct sectun_nl_side){ old->remote, old->n_remote };
	selectors = sectun_nl_selectors_make(info, &local, &remote);

out_free:
	kfree(given);
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
