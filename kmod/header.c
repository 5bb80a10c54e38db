// SPDX-License-Identifier: GPL-2.0-only
/*
 * The outer header: IPv4 or IPv6, and UDP if the tunnel says so. It is written before encryption,
 * so that nothing of the configuration is needed afterwards. In transport mode the IP header is the
 * packet's own (transport.c).
 *
 *	| IPv4 or IPv6 | UDP (RFC 3948) | ESP ...
 */
#include <net/dsfield.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include "header.h"
#include "inner.h"

#define SECTUN_DSCP_SHIFT 2 /* DSCP stands above the two bits of ECN */

/*
 * DSCP by the tunnel's policy, ECN by RFC 6040 section 4.1: copied in normal mode; Not-ECT in
 * compatibility mode, which is for a peer that loses a mark on the outer header.
 */
static u8 sectun_header_tos(const struct sectun_conf *conf, const struct sectun_inner *inner)
{
	u8 dscp = conf->dscp[inner->tos >> SECTUN_DSCP_SHIFT] << SECTUN_DSCP_SHIFT;

	return dscp | (conf->ecn ? inner->tos & INET_ECN_MASK : INET_ECN_NOT_ECT);
}

/* What has no TTL that could be copied gets the default. */
static u8 sectun_header_ttl(const struct sectun_conf *conf, const struct sectun_inner *inner)
{
	if (conf->ttl != SECTUN_TTL_COPY)
		return conf->ttl;
	return inner->ttl ?: SECTUN_TTL_DEFAULT;
}

/**
 * sectun_header_flow_label - the flow label of the outer packets of a batch
 * @conf: the tunnel's configuration
 * @skb: the inner packet
 * @inner: its header
 *
 * RFC 6438 lets routers spread the inner flows of one tunnel over equal paths by it. Off unless
 * asked for: the label tells an observer which packets belong to one flow, and packets of one SA
 * that take several paths come out of order, at the expense of the peer's replay window.
 *
 * Context: bottom halves off.
 * Return: 20 bits in their place in the first word; 0 for none, as for every outer IPv4 header.
 */
__be32 sectun_header_flow_label(const struct sectun_conf *conf, struct sk_buff *skb,
				const struct sectun_inner *inner)
{
	__be32 label;

	if (likely(conf->flow_label == SECTUN_FLOW_LABEL_OFF) || conf->family != AF_INET6)
		return 0;
	if (conf->flow_label == SECTUN_FLOW_LABEL_COPY)
		return inner->flow_label;
	label = (__force __be32)rol32(skb_get_hash(skb), 16) & IPV6_FLOWLABEL_MASK;
	return label ?: cpu_to_be32(1); /* 0 would say that there is none: RFC 6437 section 2 */
}

/**
 * sectun_header_df - may the outer packet not be fragmented?
 * @conf: the tunnel's configuration
 * @inner: the inner packet
 * @len: octets of it, or of the longest segment that it is cut into
 *
 * Over IPv6 only the sender fragments, so there it says whether this host may.
 *
 * Return: true if not.
 */
bool sectun_header_df(const struct sectun_conf *conf, const struct sectun_inner *inner,
		      unsigned int len)
{
	if (inner->family == AF_INET6 && len <= SECTUN_IPV6_MIN_MTU)
		return false;
	switch (conf->df) {
	case SECTUN_DF_SET:
		return true;
	case SECTUN_DF_CLEAR:
		return false;
	default:
		return inner->df;
	}
}

/**
 * sectun_header_push_encap - writes what stands between the IP header and ESP or AH
 * @skb: a fresh packet whose data begins with the ESP or AH header and has its final length
 * @conf: the tunnel's configuration
 * @proto: IPPROTO_ESP or IPPROTO_AH
 *
 * Return: the protocol number that the IP header names.
 */
u8 sectun_header_push_encap(struct sk_buff *skb, const struct sectun_conf *conf, u8 proto)
{
	struct udphdr *uh;

	if (conf->encap != SECTUN_ENCAP_UDP) {
		skb_reset_transport_header(skb);
		return proto;
	}
	uh = skb_push(skb, sizeof(*uh));
	skb_reset_transport_header(skb);
	uh->source = conf->sport;
	uh->dest = conf->dport;
	uh->len = htons(skb->len);
	uh->check = 0; /* RFC 3948 section 2.1: zero over IPv4 */
	return IPPROTO_UDP;
}

static void sectun_header_push_ip4(struct sk_buff *skb, const struct sectun_conf *conf,
				   struct net *net, const struct sectun_inner *inner, bool df,
				   u8 protocol)
{
	struct iphdr *iph = skb_push(skb, sizeof(*iph));

	skb_reset_network_header(skb);
	skb->protocol = htons(ETH_P_IP);
	skb->ignore_df = !df;
	iph->version = IPVERSION;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = sectun_header_tos(conf, inner);
	iph->tot_len = htons(skb->len);
	iph->frag_off = df ? htons(IP_DF) : 0;
	iph->ttl = sectun_header_ttl(conf, inner);
	iph->protocol = protocol;
	iph->check = 0;
	iph->saddr = conf->local.ip4;
	iph->daddr = conf->remote.ip4;
	ip_select_ident(net, skb, NULL);
}

static void sectun_header_push_ip6(struct sk_buff *skb, const struct sectun_conf *conf,
				   const struct sectun_inner *inner, bool df, __be32 flow_label,
				   u8 protocol)
{
	struct ipv6hdr *ip6h = skb_push(skb, sizeof(*ip6h));

	skb_reset_network_header(skb);
	skb->protocol = htons(ETH_P_IPV6);
	skb->ignore_df = !df;
	ip6_flow_hdr(ip6h, sectun_header_tos(conf, inner), flow_label);
	ip6h->payload_len = htons(skb->len - sizeof(*ip6h));
	ip6h->nexthdr = protocol;
	ip6h->hop_limit = sectun_header_ttl(conf, inner);
	ip6h->saddr = conf->local.ip6;
	ip6h->daddr = conf->remote.ip6;
}

/**
 * sectun_header_push - writes the IP header of an outer packet
 * @skb: a packet from sectun_header_push_encap()
 * @conf: the tunnel's configuration
 * @net: namespace of outer packets
 * @protocol: what that function told
 * @inner: the inner packet, for DSCP, ECN and TTL
 * @df: from sectun_header_df()
 * @flow_label: from sectun_header_flow_label()
 *
 * A UDP checksum over IPv6 is still to be made, by sectun_header_checksum(), once the payload is
 * there.
 */
void sectun_header_push(struct sk_buff *skb, const struct sectun_conf *conf, struct net *net,
			u8 protocol, const struct sectun_inner *inner, bool df, __be32 flow_label)
{
	if (conf->family == AF_INET)
		sectun_header_push_ip4(skb, conf, net, inner, df, protocol);
	else
		sectun_header_push_ip6(skb, conf, inner, df, flow_label, protocol);
}

/**
 * sectun_header_checksum - the UDP checksum, which IPv6 wants (RFC 8200 section 8.1)
 * @skb: a finished packet with a UDP header from sectun_header_push_encap()
 *
 * Left to the hardware where it can.
 */
void sectun_header_checksum(struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_IPV6)
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);

	if (skb->protocol == htons(ETH_P_IPV6))
		udp6_set_csum(false, skb, &ip6h->saddr, &ip6h->daddr,
			      skb->len - skb_transport_offset(skb));
#endif
}
