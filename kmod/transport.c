// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transport mode, outbound:
 *
 *	| IP header, extension headers | payload				what the packet is
 *	|<-------- clear_len --------->|
 *	| the same, changed in length and protocol | UDP | ESP ... payload	what is sent
 *
 * and inbound the same backwards, into memory of our own.
 */
#include <linux/icmpv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include "header.h"
#include "inner.h"
#include "op.h"
#include "transport.h"
#include "tunnel.h"

#define SECTUN_EXTENSIONS_MAX 16 /* IPv6 extension headers to walk over before giving up */

/**
 * sectun_transport_between - is a packet between the two ends of a tunnel?
 * @conf: the tunnel's configuration
 * @family: AF_INET or AF_INET6, of the packet
 * @here: its address on this side
 * @there: its address on the peer's side
 *
 * Nothing else goes in transport mode, whatever the selectors say: not an ICMP error of a third
 * host, and not what was chosen by addresses that have just been changed.
 *
 * Return: true if so.
 */
bool sectun_transport_between(const struct sectun_conf *conf, u8 family,
			      const union sectun_addr *here, const union sectun_addr *there)
{
	return conf->family == family && sectun_addr_equal(family, &conf->local, here) &&
	       sectun_addr_equal(family, &conf->remote, there);
}

/*
 * Hop-by-hop options, destination options for every router of a routing header, and that header
 * itself stand in front of ESP or AH; destination options for the last host behind it (RFC 8200
 * section 4.1). Which of the two destination options are is known when a routing header follows.
 */
static enum sectun_reason sectun_transport_split_ip6(const struct sk_buff *skb,
						     struct sectun_split *split)
{
	unsigned int offset = split->clear_len, at, i;
	u8 next = split->next_header, this;
	u8 buffer[2];
	const u8 *p;

	for (i = 0; i < SECTUN_EXTENSIONS_MAX; i++) {
		this = next;
		if (this != NEXTHDR_ROUTING && this != NEXTHDR_DEST && (this != NEXTHDR_HOP || i))
			return this == NEXTHDR_FRAGMENT ? SECTUN_REASON_FRAGMENT :
							  SECTUN_REASON_NONE;
		p = skb_header_pointer(skb, offset, sizeof(buffer), buffer);
		if (!p)
			return SECTUN_REASON_INNER_MALFORMED;
		next = p[0];
		at = offset;
		offset += (p[1] + 1) * 8;
		if (offset > skb->len)
			return SECTUN_REASON_INNER_MALFORMED;
		if (this != NEXTHDR_DEST)
			*split = (struct sectun_split){ offset, at, next };
	}
	return SECTUN_REASON_INNER_MALFORMED;
}

/**
 * sectun_transport_split - finds what of a packet stays in the clear
 * @skb: the packet, its data beginning with the IP header, whole; a GSO batch counts as one
 * @inner: its header
 * @split: filled in
 *
 * Context: any.
 * Return: SECTUN_REASON_NONE; INNER_MALFORMED where the extension headers do not end inside of the
 * packet, FRAGMENT where it is one (RFC 4301 section 7); @split is not meant then.
 */
enum sectun_reason sectun_transport_split(const struct sk_buff *skb,
					  const struct sectun_inner *inner,
					  struct sectun_split *split)
{
	u8 buffer;
	const u8 *protocol;

	split->clear_len = inner->header_len;
	split->protocol_at = inner->family == AF_INET ? offsetof(struct iphdr, protocol) :
							offsetof(struct ipv6hdr, nexthdr);
	protocol = skb_header_pointer(skb, split->protocol_at, sizeof(buffer), &buffer);
	if (unlikely(!protocol || split->clear_len > skb->len))
		return SECTUN_REASON_INNER_MALFORMED;
	split->next_header = *protocol;
	if (inner->family == AF_INET6)
		return sectun_transport_split_ip6(skb, split);
	return inner->fragment ? SECTUN_REASON_FRAGMENT : SECTUN_REASON_NONE;
}

static void sectun_transport_push_ip4(struct sk_buff *to, struct net *net, bool df)
{
	struct iphdr *iph = ip_hdr(to);
	bool was_df = iph->frag_off & htons(IP_DF);

	to->protocol = htons(ETH_P_IP);
	iph->tot_len = htons(to->len);
	iph->frag_off = df ? htons(IP_DF) : 0;
	/* The sender of a packet with DF need not have given it an ID of its own (RFC 6864). */
	if (was_df && !df)
		ip_select_ident(net, to, NULL);
	/* Tells ip_fragment() which options are for every fragment. */
	IPCB(to)->opt.optlen = iph->ihl * 4 - sizeof(*iph);
}

static void sectun_transport_push_ip6(struct sk_buff *to)
{
	to->protocol = htons(ETH_P_IPV6);
	ipv6_hdr(to)->payload_len = htons(to->len - sizeof(struct ipv6hdr));
}

/**
 * sectun_transport_push - puts a packet's own headers in front of what protects it
 * @to: a packet from sectun_header_push_encap()
 * @from: the packet that is protected
 * @conf: the tunnel's configuration
 * @net: namespace of outer packets
 * @protocol: what that function told
 * @split: from sectun_transport_split() for @from, or for the batch that it is a segment of
 * @df: from sectun_header_df()
 *
 * The IPv4 header checksum is left to ip_local_out(), the UDP checksum to
 * sectun_header_checksum().
 */
void sectun_transport_push(struct sk_buff *to, const struct sk_buff *from,
			   const struct sectun_conf *conf, struct net *net, u8 protocol,
			   const struct sectun_split *split, bool df)
{
	u8 *header = skb_push(to, split->clear_len);

	skb_copy_bits(from, 0, header, split->clear_len); /* the split was found by reading them */
	skb_reset_network_header(to);
	header[split->protocol_at] = protocol;
	to->ignore_df = !df;
	if (conf->family == AF_INET)
		sectun_transport_push_ip4(to, net, df);
	else
		sectun_transport_push_ip6(to);
}

/**
 * sectun_transport_remember - what must be known of the outer header of a packet that arrives
 * @op: the operation; @outer_family and @source_port set; sets @clear_len and @protocol_at
 * @skb: the packet; the octets stay in it
 */
void sectun_transport_remember(struct sectun_op *op, const struct sk_buff *skb)
{
	op->clear_len = -skb_network_offset(skb) - (op->source_port ? sizeof(struct udphdr) : 0);
	op->protocol_at = op->outer_family == AF_INET ? offsetof(struct iphdr, protocol) :
							IP6CB(skb)->nhoff;
}

/**
 * sectun_transport_restore - puts the outer header in front of a payload that has been decrypted
 * @op: the operation, the packet that came still in it
 * @skb: the payload, padding gone, with room in front
 * @next_header: from the trailer
 *
 * What the header said on arrival it says still, but for length, protocol and checksum.
 *
 * Context: any.
 * Return: SECTUN_REASON_NONE, or BAD_NEXT_HEADER for what may only stand in front of ESP: a packet
 * in transport mode is whole (RFC 4301 section 7), and hop-by-hop options are first (RFC 8200
 * section 4.1).
 */
enum sectun_reason sectun_transport_restore(const struct sectun_op *op, struct sk_buff *skb,
					    u8 next_header)
{
	u8 *header;

	if (op->outer_family == AF_INET6 &&
	    unlikely(next_header == NEXTHDR_HOP || next_header == NEXTHDR_FRAGMENT ||
		     op->protocol_at >= op->clear_len))
		return SECTUN_REASON_BAD_NEXT_HEADER;
	header = skb_push(skb, op->clear_len);
	memcpy(header, skb_network_header(op->from), op->clear_len);
	header[op->protocol_at] = next_header;
	if (op->outer_family == AF_INET) {
		struct iphdr *iph = (struct iphdr *)header;

		iph->tot_len = htons(skb->len);
		ip_send_check(iph);
	} else {
		struct ipv6hdr *ip6h = (struct ipv6hdr *)header;

		ip6h->payload_len = htons(skb->len - sizeof(*ip6h));
	}
	return SECTUN_REASON_NONE;
}

static __sum16 sectun_transport_sum(const struct sectun_inner *inner, const void *data,
				    unsigned int len)
{
	__wsum sum = csum_partial(data, len, 0);

	if (inner->family == AF_INET)
		return csum_tcpudp_magic(inner->src.ip4, inner->dst.ip4, len, inner->protocol, sum);
	return csum_ipv6_magic(&inner->src.ip6, &inner->dst.ip6, len, inner->protocol, sum);
}

/* The checksum that covers addresses, in a packet of *@len octets; NULL: there is none. */
static __sum16 *sectun_transport_find_sum(const struct sectun_inner *inner, u8 *data,
					  unsigned int *len)
{
	struct udphdr *uh = (struct udphdr *)data;
	struct tcphdr *th = (struct tcphdr *)data;

	switch (inner->protocol) {
	case IPPROTO_TCP:
		return *len < sizeof(*th) ? NULL : &th->check;
	case IPPROTO_UDP:
		if (*len < sizeof(*uh) || !uh->check || ntohs(uh->len) < sizeof(*uh) ||
		    ntohs(uh->len) > *len)
			return NULL;
		*len = ntohs(uh->len);
		return &uh->check;
	case IPPROTO_ICMPV6:
		if (*len < sizeof(struct icmp6hdr) || inner->family != AF_INET6)
			return NULL;
		return &((struct icmp6hdr *)data)->icmp6_cksum;
	}
	return NULL;
}

/**
 * sectun_transport_checksum - makes right a checksum over addresses that a NAT has changed
 * @skb: a packet that came in UDP, whole and authenticated; in memory of our own
 * @inner: its header, transport looked for
 *
 * RFC 3948 section 3.1.2: the sender computed it with other addresses. What is to be believed is
 * the ICV. It is made new rather than only marked as good, so that whoever forwards or captures the
 * packet sees a right one.
 *
 * Context: any.
 */
void sectun_transport_checksum(struct sk_buff *skb, const struct sectun_inner *inner)
{
	u8 *data = skb->data + inner->transport_offset;
	unsigned int len = inner->len - inner->transport_offset;
	__sum16 *check;

	if (!inner->ports_known) /* no transport header to see */
		return;
	check = sectun_transport_find_sum(inner, data, &len);
	if (!check)
		return;
	if (sectun_transport_sum(inner, data, len)) {
		*check = 0;
		*check = sectun_transport_sum(inner, data, len) ?: CSUM_MANGLED_0;
	}
	skb->ip_summed = CHECKSUM_UNNECESSARY;
}
