// SPDX-License-Identifier: GPL-2.0-only
/*
 * The path to the peer: its route, its MTU, and telling an inner sender what fits.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <net/icmp.h>
#include <net/ip6_route.h>
#include <net/ip_fib.h>
#include <net/l3mdev.h>
#include <net/route.h>
#include "header.h"
#include "inner.h"
#include "path.h"
#include "sa.h"
#include "tunnel.h"

static u8 sectun_path_protocol(const struct sectun_conf *conf)
{
	return conf->encap == SECTUN_ENCAP_UDP ? IPPROTO_UDP : IPPROTO_ESP;
}

/*
 * The way around: where the best route to the peer leads into the device itself, as one to the peer
 * does in transport mode and a default route may in tunnel mode, outer packets take the best of
 * those that lead elsewhere. It is found by asking for a route through each other device: then the
 * stack passes over the routes into ours. The answer is cached, so this is done when routes change.
 *
 * Devices of a VRF have tables of their own, which nobody asked for; `link` does.
 */
static bool sectun_path_elsewhere(const struct sectun_tunnel *tunnel, const struct net_device *dev)
{
	return dev != tunnel->device->dev && dev->flags & IFF_UP && !(dev->flags & IFF_LOOPBACK) &&
	       !l3mdev_master_ifindex_rcu(dev);
}

/**
 * struct sectun_path_best - the best route of those looked at
 * @ifindex: device that it leads through; 0: none yet
 * @prefixlen: bits of its destination; more are better
 * @metric: among equals less is better
 */
struct sectun_path_best {
	int ifindex;
	unsigned int prefixlen;
	u32 metric;
};

static void sectun_path_compare(struct sectun_path_best *best, int ifindex, unsigned int prefixlen,
				u32 metric)
{
	if (best->ifindex && (prefixlen < best->prefixlen ||
			      (prefixlen == best->prefixlen && metric >= best->metric)))
		return;
	*best = (struct sectun_path_best){ ifindex, prefixlen, metric };
}

/* Whether a route leads into the device, and none was asked for. */
static bool sectun_path_loops(const struct sectun_tunnel *tunnel, const struct sectun_conf *conf,
			      const struct dst_entry *dst)
{
	return dst->dev == tunnel->device->dev && !conf->link;
}

static struct flowi4 sectun_path_flow4(const struct sectun_conf *conf, int link)
{
	struct flowi4 flow = {
		.flowi4_oif = link,
		.flowi4_mark = conf->mark,
		.flowi4_proto = sectun_path_protocol(conf),
		.saddr = conf->local.ip4,
		.daddr = conf->remote.ip4,
	};

	if (conf->encap == SECTUN_ENCAP_UDP) {
		flow.fl4_sport = conf->sport;
		flow.fl4_dport = conf->dport;
	}
	return flow;
}

/* The index of the device around ours, or 0. */
static int sectun_path_around4(const struct sectun_tunnel *tunnel, const struct sectun_conf *conf)
{
	struct net *net = tunnel->device->net;
	struct sectun_path_best best = {};
	struct net_device *dev;
	struct fib_result res;
	struct flowi4 flow;

	for_each_netdev_rcu(net, dev) {
		if (!sectun_path_elsewhere(tunnel, dev))
			continue;
		flow = sectun_path_flow4(conf, dev->ifindex);
		if (!fib_lookup(net, &flow, &res, 0) && res.type == RTN_UNICAST)
			sectun_path_compare(&best, dev->ifindex, res.prefixlen,
					    res.fi->fib_priority);
	}
	return best.ifindex;
}

static struct dst_entry *sectun_path_lookup4(struct net *net, const struct sectun_conf *conf,
					     int link)
{
	struct flowi4 flow = sectun_path_flow4(conf, link);
	struct rtable *rt = ip_route_output_key(net, &flow);

	return IS_ERR(rt) ? NULL : &rt->dst;
}

static struct dst_entry *sectun_path_route4(const struct sectun_tunnel *tunnel,
					    struct sectun_conf *conf)
{
	struct net *net = tunnel->device->net;
	struct dst_entry *dst;
	struct rtable *rt;
	__be32 saddr;
	int link;

	rt = dst_cache_get_ip4(&conf->routes, &saddr);
	if (likely(rt))
		return &rt->dst;
	dst = sectun_path_lookup4(net, conf, conf->link);
	if (dst && sectun_path_loops(tunnel, conf, dst)) {
		link = sectun_path_around4(tunnel, conf);
		if (!link)
			return dst;
		dst_release(dst);
		dst = sectun_path_lookup4(net, conf, link);
	}
	if (dst)
		dst_cache_set_ip4(&conf->routes, dst, conf->local.ip4);
	return dst;
}

#if IS_ENABLED(CONFIG_IPV6)
/* Where @link is given, the route is through it: to the stack alone it would be a preference. */
static struct dst_entry *sectun_path_lookup6(struct net *net, const struct sectun_conf *conf,
					     int link)
{
	struct flowi6 flow = {
		.flowi6_oif = link,
		.flowi6_mark = conf->mark,
		.flowi6_proto = sectun_path_protocol(conf),
		.saddr = conf->local.ip6,
		.daddr = conf->remote.ip6,
	};
	struct dst_entry *dst;

	if (conf->encap == SECTUN_ENCAP_UDP) {
		flow.fl6_sport = conf->sport;
		flow.fl6_dport = conf->dport;
	}
	dst = ip6_route_output_flags(net, NULL, &flow, link ? RT6_LOOKUP_F_IFACE : 0);
	if (dst->error) {
		dst_release(dst);
		return NULL;
	}
	return dst;
}

static int sectun_path_around6(const struct sectun_tunnel *tunnel, const struct sectun_conf *conf)
{
	struct net *net = tunnel->device->net;
	struct sectun_path_best best = {};
	const struct fib6_info *from;
	struct net_device *dev;
	struct dst_entry *dst;

	for_each_netdev_rcu(net, dev) {
		if (!sectun_path_elsewhere(tunnel, dev))
			continue;
		dst = sectun_path_lookup6(net, conf, dev->ifindex);
		if (!dst)
			continue;
		from = rcu_dereference(container_of(dst, struct rt6_info, dst)->from);
		if (from)
			sectun_path_compare(&best, dev->ifindex, from->fib6_dst.plen,
					    from->fib6_metric);
		dst_release(dst);
	}
	return best.ifindex;
}

static struct dst_entry *sectun_path_route6(const struct sectun_tunnel *tunnel,
					    struct sectun_conf *conf)
{
	struct net *net = tunnel->device->net;
	struct dst_entry *dst;
	struct in6_addr saddr;
	int link;

	dst = dst_cache_get_ip6(&conf->routes, &saddr);
	if (likely(dst))
		return dst;
	dst = sectun_path_lookup6(net, conf, conf->link);
	if (dst && sectun_path_loops(tunnel, conf, dst)) {
		link = sectun_path_around6(tunnel, conf);
		if (!link)
			return dst;
		dst_release(dst);
		dst = sectun_path_lookup6(net, conf, link);
	}
	if (dst)
		dst_cache_set_ip6(&conf->routes, dst, &conf->local.ip6);
	return dst;
}
#else
static struct dst_entry *sectun_path_route6(const struct sectun_tunnel *tunnel,
					    struct sectun_conf *conf)
{
	return NULL;
}
#endif

/**
 * sectun_path_route - the route of outer packets
 * @tunnel: the tunnel
 * @conf: its configuration
 * @reason: set where there is none
 *
 * Context: bottom halves off, RCU.
 * Return: a route with a reference, or NULL: NO_ROUTE, or ROUTE_LOOP where every route leads into
 * the device.
 */
struct dst_entry *sectun_path_route(const struct sectun_tunnel *tunnel, struct sectun_conf *conf,
				    enum sectun_reason *reason)
{
	struct dst_entry *dst;

	dst = conf->family == AF_INET ? sectun_path_route4(tunnel, conf) :
					sectun_path_route6(tunnel, conf);
	if (unlikely(!dst)) {
		*reason = SECTUN_REASON_NO_ROUTE;
		return NULL;
	}
	if (unlikely(dst->dev == tunnel->device->dev)) {
		dst_release(dst);
		dst_cache_reset(&conf->routes);
		*reason = SECTUN_REASON_ROUTE_LOOP;
		return NULL;
	}
	return dst;
}

/**
 * sectun_path_link - through which device outer packets go
 * @tunnel: the tunnel
 *
 * What the stack is told of the path (RFC 4301 section 8.2) has to be told of the route that is
 * used, which a look-up without the device might not find.
 *
 * Context: bottom halves off, RCU.
 * Return: an index; 0 where any device will do.
 */
int sectun_path_link(const struct sectun_tunnel *tunnel)
{
	struct sectun_conf *conf = rcu_dereference(tunnel->conf);
	enum sectun_reason reason;
	struct dst_entry *dst;
	int link = 0;

	if (conf->link)
		return conf->link;
	dst = sectun_path_route(tunnel, conf, &reason);
	if (!dst)
		return 0;
	if (!l3mdev_master_ifindex_rcu(dst->dev))
		link = dst->dev->ifindex;
	dst_release(dst);
	return link;
}

/**
 * sectun_path_too_big4 - a router tells that an outer packet was too big
 * @tunnel: the tunnel that sent it
 * @skb: the ICMP error, its data beginning with the IPv4 header of the packet
 * @mtu: octets that would have passed
 *
 * Context: bottom halves off, RCU.
 */
void sectun_path_too_big4(const struct sectun_tunnel *tunnel, struct sk_buff *skb, u32 mtu)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;

	ipv4_update_pmtu(skb, tunnel->device->net, mtu, sectun_path_link(tunnel), iph->protocol);
}

#if IS_ENABLED(CONFIG_IPV6)
/**
 * sectun_path_too_big6 - a router tells that an outer packet was too big
 * @tunnel: the tunnel that sent it
 * @skb: the ICMPv6 error, its data beginning with the IPv6 header of the packet
 * @mtu: octets that would have passed
 *
 * ip6_update_pmtu() would look the route up itself, and perhaps find one into the device.
 *
 * Context: bottom halves off, RCU.
 */
void sectun_path_too_big6(const struct sectun_tunnel *tunnel, struct sk_buff *skb, u32 mtu)
{
	const int offset = skb_network_offset(skb);
	enum sectun_reason reason;
	struct dst_entry *dst;

	dst = sectun_path_route(tunnel, rcu_dereference(tunnel->conf), &reason);
	if (!dst)
		return;
	skb_reset_network_header(skb); /* whose addresses are meant */
	dst->ops->update_pmtu(dst, NULL, skb, mtu, false);
	skb_set_network_header(skb, offset);
	dst_release(dst);
}
#endif

/**
 * sectun_path_mtu - octets of the longest inner packet that fits the path now
 * @tunnel: the tunnel
 *
 * Context: bottom halves off, RCU.
 * Return: 0 where there is no route or no transmit SA. In transport mode, for a header without
 * options or extension headers.
 */
unsigned int sectun_path_mtu(struct sectun_tunnel *tunnel)
{
	struct sectun_conf *conf = rcu_dereference(tunnel->conf);
	const struct sectun_sa *sa = rcu_dereference(tunnel->sa_out);
	enum sectun_reason reason;
	struct dst_entry *dst;
	unsigned int mtu;

	if (!sa)
		return 0;
	dst = sectun_path_route(tunnel, conf, &reason);
	if (!dst)
		return 0;
	mtu = sectun_header_inner_mtu(conf, conf->mode == SECTUN_MODE_TRANSPORT ?
					    sectun_header_ip_len(conf) : 0, sa->alg, dst_mtu(dst));
	dst_release(dst);
	return mtu;
}

/**
 * sectun_path_tell - tells the sender of an inner packet what fits
 * @skb: the packet, as the stack handed it over
 * @inner: its header
 * @mtu: octets of the longest inner packet that fits
 *
 * Context: bottom halves off, RCU.
 */
void sectun_path_tell(struct sk_buff *skb, const struct sectun_inner *inner, unsigned int mtu)
{
	if (inner->family == AF_INET6)
		mtu = max_t(unsigned int, mtu, SECTUN_IPV6_MIN_MTU);
	skb_dst_update_pmtu_no_confirm(skb, mtu); /* the sender may be this host */
	if (inner->family == AF_INET)
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
	else
		icmpv6_ndo_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
}

/**
 * sectun_path_unreachable - tells the sender of an inner packet that no tunnel takes it
 * @skb: the packet, as the stack handed it over
 * @inner: its header
 *
 * Context: bottom halves off, RCU.
 */
void sectun_path_unreachable(struct sk_buff *skb, const struct sectun_inner *inner)
{
	if (inner->family == AF_INET)
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
	else
		icmpv6_ndo_send(skb, ICMPV6_DEST_UNREACH, ICMPV6_ADDR_UNREACH, 0);
}
