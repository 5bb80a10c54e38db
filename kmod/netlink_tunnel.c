// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ctype.h>
#include <linux/in.h>
#include <linux/inetdevice.h>
#include <linux/ipv6.h>
#include <net/ipv6.h>
#include "header.h"
#include "netlink_common.h"
#include "netlink_dump.h"
#include "path.h"
#include "sa.h"
#include "tunnel.h"

#define SECTUN_NATT_PORT 4500 /* RFC 3948 section 4 */
#define SECTUN_KEEPALIVE_DEFAULT 20 /* seconds: RFC 3948 section 4 */

static struct sectun_conf *sectun_nl_conf(const struct sectun_tunnel *tunnel)
{
	return rcu_dereference_protected(tunnel->conf, lockdep_is_held(&tunnel->device->lock));
}

static struct sectun_selectors *sectun_nl_selectors(const struct sectun_tunnel *tunnel)
{
	return rcu_dereference_protected(tunnel->selectors,
					 lockdep_is_held(&tunnel->device->lock));
}

/* What a request says of a tunnel. */

static int sectun_nl_name_check(struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[SECTUN_A_TUNNEL_NAME];
	const char *c;

	if (!attr)
		return SECTUN_NL_MISSING(info->extack, NULL, SECTUN_A_TUNNEL_NAME,
					 "the tunnel needs a name");
	c = nla_data(attr);
	if (!*c) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "a tunnel's name has 1 to 31 characters");
		return -EINVAL;
	}
	for (; *c; c++) {
		if (isascii(*c) && (isalnum(*c) || strchr("._-:@+", *c)))
			continue;
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    "a tunnel's name is made of letters, digits and . _ - : @ +");
		return -EINVAL;
	}
	return 0;
}

/* Reads an outer address. One that no host can have is refused. */
static int sectun_nl_addr_parse(const struct nlattr *attr, u8 *family, union sectun_addr *addr,
				struct netlink_ext_ack *extack)
{
	*addr = (union sectun_addr){};
	switch (nla_len(attr)) {
	case sizeof(addr->ip4):
		*family = AF_INET;
		addr->ip4 = nla_get_in_addr(attr);
		break;
	case sizeof(addr->ip6):
		if (!ipv6_mod_enabled()) {
			NL_SET_ERR_MSG_ATTR(extack, attr,
					    "IPv6 is switched off in this kernel: give an IPv4 address");
			return -EAFNOSUPPORT;
		}
		*family = AF_INET6;
		addr->ip6 = nla_get_in6_addr(attr);
		break;
	default:
		NL_SET_ERR_MSG_ATTR(extack, attr, "an address has 4 (IPv4) or 16 (IPv6) octets");
		return -EINVAL;
	}
	if (!sectun_addr_is_unicast(*family, addr)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "not a unicast address: give that of one host");
		return -EINVAL;
	}
	return 0;
}

static int sectun_nl_conf_parse_addrs(struct sectun_conf *conf, struct genl_info *info)
{
	const struct nlattr *local = info->attrs[SECTUN_A_TUNNEL_LOCAL];
	const struct nlattr *remote = info->attrs[SECTUN_A_TUNNEL_REMOTE];
	u8 local_family = conf->family, remote_family = conf->family;
	int err;

	if (local) {
		err = sectun_nl_addr_parse(local, &local_family, &conf->local, info->extack);
		if (err)
			return err;
	}
	if (remote) {
		err = sectun_nl_addr_parse(remote, &remote_family, &conf->remote, info->extack);
		if (err)
			return err;
	}
	if (local_family != remote_family) {
		NL_SET_ERR_MSG_ATTR(info->extack, remote ?: local,
				    "local and remote are both IPv4 or both IPv6");
		return -EINVAL;
	}
	conf->family = local_family;
	return 0;
}

static int sectun_nl_port_parse(const struct nlattr *attr, __be16 *port,
				struct netlink_ext_ack *extack)
{
	if (!attr)
		return 0;
	if (!nla_get_u16(attr)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "a UDP port is 1 to 65535");
		return -EINVAL;
	}
	*port = htons(nla_get_u16(attr));
	return 0;
}

static int sectun_nl_conf_parse_encap(struct sectun_conf *conf, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	u8 before = conf->encap;
	int err;

	if (attrs[SECTUN_A_TUNNEL_MODE])
		conf->mode = nla_get_u8(attrs[SECTUN_A_TUNNEL_MODE]);
	if (attrs[SECTUN_A_TUNNEL_ENCAP])
		conf->encap = nla_get_u8(attrs[SECTUN_A_TUNNEL_ENCAP]);
	err = sectun_nl_port_parse(attrs[SECTUN_A_TUNNEL_SPORT], &conf->sport, info->extack);
	if (err)
		return err;
	err = sectun_nl_port_parse(attrs[SECTUN_A_TUNNEL_DPORT], &conf->dport, info->extack);
	if (err)
		return err;

	/* A tunnel that turns out to be behind a NAT gets the default of UDP. */
	if (attrs[SECTUN_A_TUNNEL_KEEPALIVE])
		conf->keepalive = nla_get_u16(attrs[SECTUN_A_TUNNEL_KEEPALIVE]);
	else if (conf->encap == SECTUN_ENCAP_UDP && before != SECTUN_ENCAP_UDP && !conf->keepalive)
		conf->keepalive = SECTUN_KEEPALIVE_DEFAULT;
	return 0;
}

static int sectun_nl_conf_parse_dscp(struct sectun_conf *conf, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[SECTUN_A_TUNNEL_DSCP];
	const struct nlattr *map = info->attrs[SECTUN_A_TUNNEL_DSCP_MAP];
	u8 dscp = attr ? nla_get_u8(attr) : SECTUN_DSCP_MAP;
	unsigned int i;

	if (!attr && !map)
		return 0;
	if (dscp != SECTUN_DSCP_MAP && map) {
		NL_SET_ERR_MSG_ATTR(info->extack, map, "dscp-map needs dscp to be dscp-map, or absent");
		return -EINVAL;
	}
	if (dscp == SECTUN_DSCP_MAP && !map)
		return SECTUN_NL_MISSING(info->extack, NULL, SECTUN_A_TUNNEL_DSCP_MAP,
					 "dscp-map is missing: the outer DSCP for each inner one");
	for (i = 0; i < SECTUN_DSCP_COUNT; i++) {
		u8 outer = dscp == SECTUN_DSCP_COPY ? i : dscp;

		if (map)
			outer = ((const u8 *)nla_data(map))[i];
		if (outer >= SECTUN_DSCP_COUNT) {
			NL_SET_ERR_MSG_ATTR(info->extack, map, "a DSCP is 0 to 63");
			return -ERANGE;
		}
		conf->dscp[i] = outer;
	}
	return 0;
}

/* The policy has checked the ranges. */
static void sectun_nl_conf_parse_header(struct sectun_conf *conf, struct nlattr **attrs)
{
	if (attrs[SECTUN_A_TUNNEL_DF])
		conf->df = nla_get_u8(attrs[SECTUN_A_TUNNEL_DF]);
	if (attrs[SECTUN_A_TUNNEL_ECN])
		conf->ecn = nla_get_u8(attrs[SECTUN_A_TUNNEL_ECN]);
	if (attrs[SECTUN_A_TUNNEL_TTL])
		conf->ttl = nla_get_u8(attrs[SECTUN_A_TUNNEL_TTL]);
	if (attrs[SECTUN_A_TUNNEL_TFC])
		conf->tfc = nla_get_u16(attrs[SECTUN_A_TUNNEL_TFC]);
	if (attrs[SECTUN_A_TUNNEL_DUMMY])
		conf->dummy = nla_get_u16(attrs[SECTUN_A_TUNNEL_DUMMY]);
	if (attrs[SECTUN_A_TUNNEL_MSS])
		conf->mss = nla_get_u16(attrs[SECTUN_A_TUNNEL_MSS]);
	if (attrs[SECTUN_A_TUNNEL_MARK])
		conf->mark = nla_get_u32(attrs[SECTUN_A_TUNNEL_MARK]);
	if (attrs[SECTUN_A_TUNNEL_FLOW_LABEL])
		conf->flow_label = nla_get_u8(attrs[SECTUN_A_TUNNEL_FLOW_LABEL]);
}

static bool sectun_nl_dscp_is_copy(const struct sectun_conf *conf)
{
	unsigned int i;

	for (i = 0; i < SECTUN_DSCP_COUNT; i++)
		if (conf->dscp[i] != i)
			return false;
	return true;
}

/*
 * In transport mode a packet keeps its own header, so what would make another has no meaning. (TTL
 * says nothing: it has a default that cannot be told from a wish.)
 */
static int sectun_nl_conf_check_mode(const struct sectun_conf *conf, struct genl_info *info)
{
	const struct {
		bool wrong;
		int type;
		const char *msg;
	} rules[] = {
		{ !sectun_nl_dscp_is_copy(conf), SECTUN_A_TUNNEL_DSCP,
		  "in transport mode a packet keeps its DSCP: give dscp copy" },
		{ !conf->ecn, SECTUN_A_TUNNEL_ECN,
		  "in transport mode a packet keeps its ECN: give ecn on" },
		{ conf->flow_label != SECTUN_FLOW_LABEL_OFF, SECTUN_A_TUNNEL_FLOW_LABEL,
		  "in transport mode a packet keeps its flow label: give flow-label off" },
		/* RFC 4303 section 2.7: a payload need not say how long it is */
		{ conf->tfc, SECTUN_A_TUNNEL_TFC,
		  "tfc pads whole packets, which takes tunnel mode: give tfc 0" },
	};
	struct nlattr **attrs = info->attrs;
	unsigned int i;

	if (conf->mode != SECTUN_MODE_TRANSPORT)
		return 0;
	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		if (!rules[i].wrong)
			continue;
		NL_SET_BAD_ATTR(info->extack, attrs[rules[i].type] ?: attrs[SECTUN_A_TUNNEL_MODE]);
		NL_SET_ERR_MSG_FMT(info->extack, "%s", rules[i].msg);
		return -EINVAL;
	}
	return 0;
}

static bool sectun_nl_conf_needs_link(const struct sectun_conf *conf)
{
	return conf->family == AF_INET6 && !conf->link &&
	       ((ipv6_addr_type(&conf->local.ip6) | ipv6_addr_type(&conf->remote.ip6)) &
		IPV6_ADDR_LINKLOCAL);
}

static int sectun_nl_conf_parse_link(struct sectun_conf *conf, struct genl_info *info,
				     const struct sectun_device *device)
{
	const struct nlattr *attr = info->attrs[SECTUN_A_TUNNEL_LINK];
	const struct net_device *dev;

	if (attr && nla_get_u32(attr)) {
		rcu_read_lock();
		dev = dev_get_by_index_rcu(device->net, nla_get_u32(attr));
		rcu_read_unlock();
		if (!dev) {
			NL_SET_ERR_MSG_ATTR(info->extack, attr,
					    "no such device in the namespace where outer packets go");
			return -ENODEV;
		}
		if (dev == device->dev) {
			NL_SET_ERR_MSG_ATTR(info->extack, attr,
					    "outer packets cannot go through the tunnel's own device");
			return -EINVAL;
		}
	}
	if (attr)
		conf->link = nla_get_u32(attr);
	if (sectun_nl_conf_needs_link(conf)) {
		if (!attr)
			return SECTUN_NL_MISSING(info->extack, NULL, SECTUN_A_TUNNEL_LINK,
						 "link-local addresses need link");
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "link-local addresses need link");
		return -EINVAL;
	}
	return 0;
}

/* Changes what the request gives, and leaves the rest. */
static int sectun_nl_conf_parse(struct sectun_conf *conf, struct genl_info *info,
				const struct sectun_device *device)
{
	int err;

	err = sectun_nl_conf_parse_addrs(conf, info);
	if (err)
		return err;
	err = sectun_nl_conf_parse_encap(conf, info);
	if (err)
		return err;
	err = sectun_nl_conf_parse_dscp(conf, info);
	if (err)
		return err;
	sectun_nl_conf_parse_header(conf, info->attrs);
	err = sectun_nl_conf_check_mode(conf, info);
	if (err)
		return err;
	return sectun_nl_conf_parse_link(conf, info, device);
}

static void sectun_nl_conf_default(struct sectun_conf *conf)
{
	unsigned int i;

	for (i = 0; i < SECTUN_DSCP_COUNT; i++)
		conf->dscp[i] = i;
	conf->mode = SECTUN_MODE_TUNNEL;
	conf->encap = SECTUN_ENCAP_NONE;
	conf->df = SECTUN_DF_COPY;
	conf->ecn = true;
	conf->ttl = SECTUN_TTL_DEFAULT;
	conf->sport = htons(SECTUN_NATT_PORT);
	conf->dport = htons(SECTUN_NATT_PORT);
	conf->mss = SECTUN_MSS_AUTO;
	conf->flow_label = SECTUN_FLOW_LABEL_OFF;
}

/*
 * The attribute of what tunnel.c refused and explained. @local: the local address may be the
 * reason.
 */
static void sectun_nl_tunnel_blame(struct genl_info *info, int err, const struct nlattr *local)
{
	struct nlattr **attrs = info->attrs;
	const struct nlattr *ts = attrs[SECTUN_A_TUNNEL_REMOTE_TS] ?:
				  attrs[SECTUN_A_TUNNEL_LOCAL_TS];

	switch (err) {
	case -EADDRINUSE:
		NL_SET_BAD_ATTR(info->extack, attrs[SECTUN_A_TUNNEL_SPORT] ?:
					      attrs[SECTUN_A_TUNNEL_ENCAP]);
		break;
	case -EEXIST:
		if (!ts || !local)
			NL_SET_BAD_ATTR(info->extack, ts ?: local);
		break;
	}
}

/* The request wants what the new or changed tunnel has; the device's lock is held. */
static int sectun_nl_tunnel_add(struct genl_info *info, struct sectun_device *device)
{
	const struct nlattr *name = info->attrs[SECTUN_A_TUNNEL_NAME];
	struct sectun_selectors *selectors;
	struct sectun_conf *conf;
	int err;

	if (sectun_tunnel_find(device, nla_data(name))) {
		NL_SET_ERR_MSG_ATTR(info->extack, name, "the device has a tunnel of this name");
		return -EEXIST;
	}
	if (!info->attrs[SECTUN_A_TUNNEL_LOCAL])
		return SECTUN_NL_MISSING(info->extack, NULL, SECTUN_A_TUNNEL_LOCAL,
					 "local is missing: the outer address of this end");
	if (!info->attrs[SECTUN_A_TUNNEL_REMOTE])
		return SECTUN_NL_MISSING(info->extack, NULL, SECTUN_A_TUNNEL_REMOTE,
					 "remote is missing: the outer address of the peer");
	conf = sectun_conf_alloc();
	if (!conf)
		return -ENOMEM;
	sectun_nl_conf_default(conf);
	err = sectun_nl_conf_parse(conf, info, device);
	if (err)
		goto err_conf;
	selectors = sectun_nl_selectors_parse(info, conf, NULL);
	if (IS_ERR(selectors)) {
		err = PTR_ERR(selectors);
		goto err_conf;
	}
	err = sectun_tunnel_add(device, nla_data(name), conf, selectors, info->extack);
	if (err)
		goto err_selectors;
	return 0;

err_selectors:
	sectun_nl_tunnel_blame(info, err, NULL);
	sectun_nl_selectors_free(selectors);
err_conf:
	sectun_conf_free(conf);
	return err;
}

/**
 * sectun_nl_tunnel_new_doit - adds a tunnel
 * @skb: the request
 * @info: its attributes
 *
 * Context: may sleep.
 * Return: 0 or an error, which the extended ack explains; nothing has changed then.
 */
int sectun_nl_tunnel_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sectun_nl_hold hold;
	int err;

	err = sectun_nl_name_check(info);
	if (err)
		return err;
	err = sectun_nl_device_lock(&hold, skb, info->attrs, SECTUN_A_TUNNEL_IFINDEX, info->extack);
	if (err)
		return err;
	err = sectun_nl_tunnel_add(info, hold.device);
	sectun_nl_device_unlock(&hold);
	return err;
}

/* Can the SAs of a tunnel be in it with what it will be? */
static int sectun_nl_conf_check_sas(const struct sectun_conf *conf, struct sectun_tunnel *tunnel,
				    struct genl_info *info)
{
	const struct sectun_sa *sa;

	if (conf->encap != SECTUN_ENCAP_UDP)
		return 0;
	list_for_each_entry(sa, &tunnel->sas, node) {
		if (sa->proto != IPPROTO_AH)
			continue;
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[SECTUN_A_TUNNEL_ENCAP],
				    "UDP carries ESP only (RFC 3948), and the tunnel has an SA of AH: remove it first");
		return -EINVAL;
	}
	return 0;
}

static int sectun_nl_tunnel_change(struct genl_info *info, struct sectun_tunnel *tunnel)
{
	struct sectun_selectors *selectors;
	struct sectun_conf *conf;
	int err;

	conf = sectun_conf_copy(sectun_nl_conf(tunnel));
	if (!conf)
		return -ENOMEM;
	err = sectun_nl_conf_parse(conf, info, tunnel->device);
	if (err)
		goto err_conf;
	err = sectun_nl_conf_check_sas(conf, tunnel, info);
	if (err)
		goto err_conf;
	selectors = sectun_nl_selectors_parse(info, conf, tunnel);
	if (IS_ERR(selectors)) {
		err = PTR_ERR(selectors);
		goto err_conf;
	}
	err = sectun_tunnel_set(tunnel, conf, selectors, info->extack);
	if (err)
		goto err_selectors;
	return 0;

err_selectors:
	sectun_nl_tunnel_blame(info, err, info->attrs[SECTUN_A_TUNNEL_LOCAL]);
	sectun_nl_selectors_free(selectors);
err_conf:
	sectun_conf_free(conf);
	return err;
}

/**
 * sectun_nl_tunnel_set_doit - changes a tunnel
 * @skb: the request
 * @info: its attributes
 *
 * Context: may sleep.
 * Return: 0 or an error, which the extended ack explains; nothing has changed then.
 */
int sectun_nl_tunnel_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sectun_tunnel *tunnel;
	struct sectun_nl_hold hold;
	int err;

	err = sectun_nl_device_lock(&hold, skb, info->attrs, SECTUN_A_TUNNEL_IFINDEX, info->extack);
	if (err)
		return err;
	tunnel = sectun_nl_tunnel_find(hold.device, info->attrs, SECTUN_A_TUNNEL_NAME,
				       info->extack);
	err = IS_ERR(tunnel) ? PTR_ERR(tunnel) : sectun_nl_tunnel_change(info, tunnel);
	sectun_nl_device_unlock(&hold);
	return err;
}

/**
 * sectun_nl_tunnel_del_doit - removes a tunnel with its SAs
 * @skb: the request
 * @info: its attributes
 *
 * Context: may sleep.
 * Return: 0 or an error, which the extended ack explains.
 */
int sectun_nl_tunnel_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sectun_tunnel *tunnel;
	struct sectun_nl_hold hold;
	int err;

	err = sectun_nl_device_lock(&hold, skb, info->attrs, SECTUN_A_TUNNEL_IFINDEX, info->extack);
	if (err)
		return err;
	tunnel = sectun_nl_tunnel_find(hold.device, info->attrs, SECTUN_A_TUNNEL_NAME,
				       info->extack);
	if (IS_ERR(tunnel))
		err = PTR_ERR(tunnel);
	else
		sectun_tunnel_del(tunnel);
	sectun_nl_device_unlock(&hold);
	return err;
}

/* What is told of a tunnel. */

static int sectun_nl_addr_put(struct sk_buff *skb, int type, u8 family,
			      const union sectun_addr *addr)
{
	return family == AF_INET ? nla_put_in_addr(skb, type, addr->ip4) :
				   nla_put_in6_addr(skb, type, &addr->ip6);
}

/**
 * sectun_nl_tunnel_put_identity - writes which tunnel it is, and between which ends
 * @skb: the message; what was written is left in it on error
 * @tunnel: the tunnel
 *
 * Context: RCU or the device's lock.
 * Return: 0 or -EMSGSIZE.
 */
int sectun_nl_tunnel_put_identity(struct sk_buff *skb, const struct sectun_tunnel *tunnel)
{
	const struct sectun_conf *conf;

	conf = rcu_dereference_check(tunnel->conf, lockdep_is_held(&tunnel->device->lock));
	if (nla_put_u32(skb, SECTUN_A_TUNNEL_IFINDEX, tunnel->device->dev->ifindex) ||
	    nla_put_string(skb, SECTUN_A_TUNNEL_NAME, tunnel->name) ||
	    sectun_nl_addr_put(skb, SECTUN_A_TUNNEL_LOCAL, conf->family, &conf->local) ||
	    sectun_nl_addr_put(skb, SECTUN_A_TUNNEL_REMOTE, conf->family, &conf->remote) ||
	    nla_put_u8(skb, SECTUN_A_TUNNEL_ENCAP, conf->encap) ||
	    nla_put_u16(skb, SECTUN_A_TUNNEL_SPORT, ntohs(conf->sport)) ||
	    nla_put_u16(skb, SECTUN_A_TUNNEL_DPORT, ntohs(conf->dport)))
		return -EMSGSIZE;
	return 0;
}

/* A map that copies every DSCP, or gives all the same one, is told as what it does. */
static int sectun_nl_dscp_put(struct sk_buff *skb, const struct sectun_conf *conf)
{
	bool copy = sectun_nl_dscp_is_copy(conf), fixed = true;
	unsigned int i;

	for (i = 0; i < SECTUN_DSCP_COUNT; i++)
		fixed &= conf->dscp[i] == conf->dscp[0];
	if (copy || fixed)
		return nla_put_u8(skb, SECTUN_A_TUNNEL_DSCP,
				  copy ? SECTUN_DSCP_COPY : conf->dscp[0]);
	return nla_put_u8(skb, SECTUN_A_TUNNEL_DSCP, SECTUN_DSCP_MAP) ?:
	       nla_put(skb, SECTUN_A_TUNNEL_DSCP_MAP, sizeof(conf->dscp), conf->dscp);
}

static int sectun_nl_conf_put(struct sk_buff *skb, const struct sectun_conf *conf)
{
	if (nla_put_u8(skb, SECTUN_A_TUNNEL_MODE, conf->mode) ||
	    nla_put_u8(skb, SECTUN_A_TUNNEL_DF, conf->df) ||
	    sectun_nl_dscp_put(skb, conf) ||
	    nla_put_u8(skb, SECTUN_A_TUNNEL_ECN, conf->ecn) ||
	    nla_put_u8(skb, SECTUN_A_TUNNEL_TTL, conf->ttl) ||
	    nla_put_u16(skb, SECTUN_A_TUNNEL_TFC, conf->tfc) ||
	    nla_put_u16(skb, SECTUN_A_TUNNEL_DUMMY, conf->dummy) ||
	    nla_put_u16(skb, SECTUN_A_TUNNEL_MSS, conf->mss) ||
	    nla_put_u32(skb, SECTUN_A_TUNNEL_LINK, conf->link) ||
	    nla_put_u32(skb, SECTUN_A_TUNNEL_MARK, conf->mark) ||
	    nla_put_u16(skb, SECTUN_A_TUNNEL_KEEPALIVE, conf->keepalive) ||
	    nla_put_u8(skb, SECTUN_A_TUNNEL_FLOW_LABEL, conf->flow_label))
		return -EMSGSIZE;
	return 0;
}

static int sectun_nl_tunnel_put_state(struct sk_buff *skb, struct sectun_tunnel *tunnel)
{
	struct sectun_total rx, tx;
	unsigned int mtu;

	local_bh_disable();
	rcu_read_lock();
	mtu = sectun_path_mtu(tunnel);
	rcu_read_unlock();
	local_bh_enable();

	if (mtu && nla_put_u32(skb, SECTUN_A_TUNNEL_PATH_MTU, mtu))
		return -EMSGSIZE;
	if (nla_put_u32(skb, SECTUN_A_TUNNEL_HELD, skb_queue_len_lockless(&tunnel->held)))
		return -EMSGSIZE;
	sectun_tunnel_traffic_read(tunnel, SECTUN_DIR_IN, &rx);
	sectun_tunnel_traffic_read(tunnel, SECTUN_DIR_OUT, &tx);
	return sectun_nl_stats_put(skb, SECTUN_A_TUNNEL_STATS, &rx, &tx,
				   READ_ONCE(tunnel->drops), 1);
}

static int sectun_nl_tunnel_put(struct sk_buff *skb, struct sectun_tunnel *tunnel)
{
	int err;

	err = sectun_nl_tunnel_put_identity(skb, tunnel);
	if (err)
		return err;
	err = sectun_nl_conf_put(skb, sectun_nl_conf(tunnel));
	if (err)
		return err;
	err = sectun_nl_selectors_put(skb, sectun_nl_conf(tunnel), sectun_nl_selectors(tunnel));
	if (err)
		return err;
	return sectun_nl_tunnel_put_state(skb, tunnel);
}

static size_t sectun_nl_tunnel_size(const struct sectun_tunnel *tunnel)
{
	return nla_total_size(SECTUN_NAME_SIZE) + 2 * nla_total_size(sizeof(struct in6_addr)) +
	       SECTUN_A_TUNNEL_MAX * nla_total_size(sizeof(u32)) +
	       nla_total_size(SECTUN_DSCP_COUNT) +
	       sectun_nl_selectors_size(sectun_nl_selectors(tunnel)) + sectun_nl_stats_size();
}

static struct sk_buff *sectun_nl_tunnel_reply(struct genl_info *info, struct sectun_tunnel *tunnel)
{
	struct sk_buff *reply;
	void *header;

	reply = genlmsg_new(sectun_nl_tunnel_size(tunnel), GFP_KERNEL);
	if (!reply)
		return ERR_PTR(-ENOMEM);
	header = genlmsg_put_reply(reply, info, &sectun_nl_family, 0, SECTUN_CMD_TUNNEL_GET);
	if (!header || sectun_nl_tunnel_put(reply, tunnel)) {
		nlmsg_free(reply);
		return ERR_PTR(-EMSGSIZE);
	}
	genlmsg_end(reply, header);
	return reply;
}

/**
 * sectun_nl_tunnel_get_doit - answers what one tunnel is
 * @skb: the request
 * @info: its attributes
 *
 * Context: may sleep.
 * Return: 0 or an error, which the extended ack explains.
 */
int sectun_nl_tunnel_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sectun_tunnel *tunnel;
	struct sectun_nl_hold hold;
	struct sk_buff *reply;
	int err;

	err = sectun_nl_device_lock(&hold, skb, info->attrs, SECTUN_A_TUNNEL_IFINDEX, info->extack);
	if (err)
		return err;
	tunnel = sectun_nl_tunnel_find(hold.device, info->attrs, SECTUN_A_TUNNEL_NAME,
				       info->extack);
	reply = IS_ERR(tunnel) ? ERR_CAST(tunnel) : sectun_nl_tunnel_reply(info, tunnel);
	sectun_nl_device_unlock(&hold);
	return IS_ERR(reply) ? PTR_ERR(reply) : genlmsg_reply(reply, info);
}

static int sectun_nl_tunnel_fill(struct sk_buff *skb, struct netlink_callback *cb,
				 struct sectun_device *device)
{
	struct sectun_tunnel *tunnel = sectun_nl_dump_tunnel(cb, device);
	void *header;

	list_for_each_entry_from(tunnel, &device->tunnels, node) {
		if (sectun_nl_dump_ends(cb, tunnel))
			break;
		header = sectun_nl_dump_put(skb, cb, SECTUN_CMD_TUNNEL_GET);
		if (!header)
			return -EMSGSIZE;
		if (sectun_nl_tunnel_put(skb, tunnel)) {
			genlmsg_cancel(skb, header);
			return -EMSGSIZE;
		}
		genlmsg_end(skb, header);
		sectun_nl_dump_past(cb, tunnel);
	}
	return 0;
}

/**
 * sectun_nl_tunnel_get_dumpit - tells all tunnels of the namespace, or of one device
 * @skb: the message
 * @cb: the dump
 *
 * Context: may sleep.
 * Return: octets in the message, 0 at the end, or an error.
 */
int sectun_nl_tunnel_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return sectun_nl_dump_devices(skb, cb, sectun_nl_tunnel_fill);
}
