// SPDX-License-Identifier: GPL-2.0-only
/*
 * The path to the peer: its route, its MTU, and telling an inner sender what fits.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <net/icmp.h>
#include <net/ip6_route.h>
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

static struct dst_entry *sectun_path_route4(struct net *net, struct sectun_conf *conf)
{
	struct flowi4 flow = {
		.flowi4_oif = conf->link,
		.flowi4_mark = conf->mark,
		.flowi4_proto = sectun_path_protocol(conf),
		.saddr = conf->local.ip4,
		.daddr = conf->remote.ip4,
	};
	struct rtable *rt;
	__be32 saddr;

	rt = dst_cache_get_ip4(&conf->routes, &saddr);
	if (likely(rt))
		return &rt->dst;
	if (conf->encap == SECTUN_ENCAP_UDP) {
		flow.fl4_sport = conf->sport;
		flow.fl4_dport = conf->dport;
	}
	rt = ip_route_output_key(net, &flow);
	if (IS_ERR(rt))
		return NULL;
	dst_cache_set_ip4(&conf->routes, &rt->dst, flow.saddr);
	return &rt->dst;
}

static struct dst_entry *sectun_path_route6(struct net *net, struct sectun_conf *conf)
{
#if IS_ENABLED(CONFIG_IPV6)
	struct flowi6 flow = {
		.flowi6_oif = conf->link,
		.flowi6_mark = conf->mark,
		.flowi6_proto = sectun_path_protocol(conf),
		.saddr = conf->local.ip6,
		.daddr = conf->remote.ip6,
	};
	struct dst_entry *dst;
	struct in6_addr saddr;

	dst = dst_cache_get_ip6(&conf->routes, &saddr);
	if (likely(dst))
		return dst;
	if (conf->encap == SECTUN_ENCAP_UDP) {
		flow.fl6_sport = conf->sport;
		flow.fl6_dport = conf->dport;
	}
	dst = ip6_route_output(net, NULL, &flow);
	if (dst->error) {
		dst_release(dst);
		return NULL;
	}
	dst_cache_set_ip6(&conf->routes, dst, &flow.saddr);
	return dst;
#else
	return NULL;
#endif
}

/**
 * sectun_path_route - the route of outer packets
 * @tunnel: the tunnel
 * @conf: its configuration
 * @reason: set where there is none
 *
 * Context: bottom halves off, RCU.
 * Return: a route with a reference, or NULL: NO_ROUTE, or ROUTE_LOOP where it leads into the
 * device.
 */
struct dst_entry *sectun_path_route(const struct sectun_tunnel *tunnel, struct sectun_conf *conf,
				    enum sectun_reason *reason)
{
	struct net *net = tunnel->device->net;
	struct dst_entry *dst;

	dst = conf->family == AF_INET ? sectun_path_route4(net, conf) :
					sectun_path_route6(net, conf);
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
 * sectun_path_mtu - octets of the longest inner packet that fits the path now
 * @tunnel: the tunnel
 *
 * Context: bottom halves off, RCU.
 * Return: 0 where there is no route or no transmit SA.
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
	mtu = sectun_header_inner_mtu(conf, sa->alg, dst_mtu(dst));
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
