// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include "inner.h"
#include "segment.h"

static bool sectun_segment_type(const struct sk_buff *skb, const struct sectun_inner *inner)
{
	const unsigned int type = skb_shinfo(skb)->gso_type;

	if (type == SKB_GSO_UDP_L4)
		return inner->protocol == IPPROTO_UDP;
	if (inner->protocol != IPPROTO_TCP)
		return false;
	if (inner->family == AF_INET)
		return (type & ~(SKB_GSO_TCP_ECN | SKB_GSO_TCP_FIXEDID)) == SKB_GSO_TCPV4;
	return (type & ~SKB_GSO_TCP_ECN) == SKB_GSO_TCPV6;
}

/**
 * sectun_segment_plan - can a GSO packet be cut here?
 * @cut: filled in where it can
 * @skb: the packet, its data beginning with the IP header
 * @inner: that header
 *
 * TCP and UDP right behind an IP header without options or extension headers, of a source that
 * counts its segments itself. Whatever else there may be is for the stack to cut.
 *
 * Return: true if so.
 */
bool sectun_segment_plan(struct sectun_cut *cut, const struct sk_buff *skb,
			 const struct sectun_inner *inner)
{
	const unsigned int ip_len =
		inner->family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	const struct skb_shared_info *shared = skb_shinfo(skb);
	unsigned int payload_len, header_len;

	if (!sectun_segment_type(skb, inner) || skb_has_frag_list(skb) || skb->encapsulation ||
	    skb->ip_summed != CHECKSUM_PARTIAL || skb_checksum_start_offset(skb) != ip_len ||
	    inner->header_len != ip_len || inner->fragment || inner->len != skb->len)
		return false;
	header_len = ip_len + sizeof(struct udphdr);
	if (inner->protocol == IPPROTO_TCP) {
		header_len = ip_len + sizeof(struct tcphdr);
		if (skb_headlen(skb) < header_len)
			return false;
		header_len = ip_len + ((const struct tcphdr *)(skb->data + ip_len))->doff * 4;
		if (header_len < ip_len + sizeof(struct tcphdr))
			return false;
	}
	if (skb_headlen(skb) < header_len || skb->len <= header_len || !shared->gso_size)
		return false;
	payload_len = skb->len - header_len;
	*cut = (struct sectun_cut){
		.skb = skb,
		.transport_at = ip_len,
		.header_len = header_len,
		.size = shared->gso_size,
		.count = DIV_ROUND_UP(payload_len, shared->gso_size),
		.fixed_id = shared->gso_type & SKB_GSO_TCP_FIXEDID,
	};
	return true;
}

static unsigned int sectun_segment_payload_len(const struct sectun_cut *cut, unsigned int i)
{
	return min(cut->size, cut->skb->len - cut->header_len - i * cut->size);
}

/**
 * sectun_segment_len - octets of a segment
 * @cut: from sectun_segment_plan()
 * @i: its index
 *
 * Return: headers included.
 */
unsigned int sectun_segment_len(const struct sectun_cut *cut, unsigned int i)
{
	return cut->header_len + sectun_segment_payload_len(cut, i);
}

static void sectun_segment_tcp(const struct sectun_cut *cut, unsigned int i, struct tcphdr *th)
{
	th->seq = htonl(ntohl(th->seq) + i * cut->size);
	th->check = 0;
	if (i)
		th->cwr = 0;
	if (i + 1 < cut->count) {
		th->fin = 0;
		th->psh = 0;
	}
}

static void sectun_segment_udp(struct udphdr *uh, unsigned int len)
{
	uh->len = htons(len);
	uh->check = 0;
}

/*
 * Writes the IP header of a segment. Return: its transport checksum, made of the copy while that is
 * in the cache.
 */
static __sum16 sectun_segment_ip(const struct sectun_cut *cut, unsigned int i, u8 *to,
				 unsigned int transport_len, u8 protocol)
{
	const __wsum sum = csum_partial(to + cut->transport_at, transport_len, 0);
	struct ipv6hdr *ip6h = (struct ipv6hdr *)to;
	struct iphdr *iph = (struct iphdr *)to;

	if (cut->transport_at == sizeof(*iph)) {
		iph->tot_len = htons(sizeof(*iph) + transport_len);
		if (!cut->fixed_id)
			iph->id = htons(ntohs(iph->id) + i);
		ip_send_check(iph);
		return csum_tcpudp_magic(iph->saddr, iph->daddr, transport_len, protocol, sum);
	}
	ip6h->payload_len = htons(transport_len);
	return csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, transport_len, protocol, sum);
}

/**
 * sectun_segment_write - writes a segment
 * @cut: from sectun_segment_plan()
 * @i: its index
 * @to: where; takes sectun_segment_len() octets
 *
 * As TCP and UDP themselves cut: FIN and PSH are the last one's, CWR is the first one's (RFC 3168
 * section 6.1.2).
 *
 * Return: false where the packet cannot be read.
 */
bool sectun_segment_write(const struct sectun_cut *cut, unsigned int i, u8 *to)
{
	const unsigned int payload_len = sectun_segment_payload_len(cut, i);
	const unsigned int transport_header_len = cut->header_len - cut->transport_at;
	const unsigned int transport_len = transport_header_len + payload_len;
	u8 *transport = to + cut->transport_at;

	skb_copy_from_linear_data(cut->skb, to, cut->header_len);
	if (unlikely(skb_copy_bits(cut->skb, cut->header_len + i * cut->size, to + cut->header_len,
				   payload_len)))
		return false;
	if (transport_header_len == sizeof(struct udphdr)) {
		struct udphdr *uh = (struct udphdr *)transport;

		sectun_segment_udp(uh, transport_len);
		uh->check = sectun_segment_ip(cut, i, to, transport_len, IPPROTO_UDP) ?:
			    CSUM_MANGLED_0;
	} else {
		struct tcphdr *th = (struct tcphdr *)transport;

		sectun_segment_tcp(cut, i, th);
		th->check = sectun_segment_ip(cut, i, to, transport_len, IPPROTO_TCP);
	}
	return true;
}
