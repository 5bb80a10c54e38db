// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading the headers of inner packets: from the stack's skbs, or from what has just been
 * decrypted.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/minmax.h>
#include <linux/socket.h>
#include <linux/string.h>
#include <net/checksum.h>
#include <net/dsfield.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "inner.h"

#define SECTUN_IPV4_WORDS_MIN 5 /* 32-bit words of an IPv4 header without options */
#define SECTUN_EXTENSIONS_MAX 16 /* IPv6 extension headers to walk over before giving up */

static bool sectun_inner_parse_ip4(const struct iphdr *iph, unsigned int linear,
				   unsigned int total, bool verify_checksum,
				   struct sectun_inner *inner)
{
	unsigned int header_len, len;

	if (linear < sizeof(*iph) || iph->ihl < SECTUN_IPV4_WORDS_MIN)
		return false;
	header_len = iph->ihl * 4;
	len = ntohs(iph->tot_len);
	if (len < header_len || len > total)
		return false;
	if (verify_checksum && (linear < header_len || ip_fast_csum(iph, iph->ihl)))
		return false;

	inner->family = AF_INET;
	inner->protocol = iph->protocol;
	inner->tos = iph->tos;
	inner->ttl = iph->ttl;
	inner->df = iph->frag_off & htons(IP_DF);
	inner->fragment = iph->frag_off & htons(IP_MF | IP_OFFSET);
	/* as much of the addresses as the family does not use stays defined */
	inner->src = (union sectun_addr){ .ip6 = {} };
	inner->dst = (union sectun_addr){ .ip6 = {} };
	inner->src.ip4 = iph->saddr;
	inner->dst.ip4 = iph->daddr;
	inner->flow_label = 0;
	inner->len = len;
	inner->header_len = header_len;
	return true;
}

static bool sectun_inner_parse_ip6(const struct ipv6hdr *ip6h, unsigned int linear,
				   unsigned int total, struct sectun_inner *inner)
{
	unsigned int payload_len;

	if (linear < sizeof(*ip6h))
		return false;
	payload_len = ntohs(ip6h->payload_len);
	if (payload_len > total - sizeof(*ip6h))
		return false;
	/* A jumbogram (RFC 2675) does not say its length here; no link below us carries one. */
	if (!payload_len && ip6h->nexthdr == NEXTHDR_HOP)
		return false;

	inner->family = AF_INET6;
	inner->protocol = ip6h->nexthdr;
	inner->tos = ipv6_get_dsfield(ip6h);
	inner->ttl = ip6h->hop_limit;
	inner->df = true;
	inner->fragment = false;
	inner->src.ip6 = ip6h->saddr;
	inner->dst.ip6 = ip6h->daddr;
	inner->flow_label = ip6_flowlabel(ip6h);
	inner->len = sizeof(*ip6h) + payload_len;
	inner->header_len = sizeof(*ip6h);
	return true;
}

/*
 * Read an IP header of which @linear octets are at @data, in a packet of @total octets.
 * The lengths that end in @inner are then known to be inside of @total.
 */
static bool sectun_inner_parse(const void *data, unsigned int linear, unsigned int total,
			       bool verify_checksum, struct sectun_inner *inner)
{
	bool good = false;

	if (linear < 1)
		return false;
	inner->ports_known = false;
	inner->sport = 0;
	inner->dport = 0;
	switch (*(const u8 *)data >> 4) {
	case 4:
		good = sectun_inner_parse_ip4(data, linear, total, verify_checksum, inner);
		break;
	case 6:
		good = sectun_inner_parse_ip6(data, linear, total, inner);
		break;
	}
	if (unlikely(!good))
		return false;
	inner->transport_offset = inner->header_len;
	return true;
}

/**
 * sectun_inner_parse_outbound() - read the IP header of a packet that is to be protected
 * @skb: the packet, linear or not, GSO or not; its protocol field must agree with what is in it
 * @offset: octets from skb->data to the IP header
 * @inner: filled in
 *
 * A GSO packet gives the length and the header of the whole batch. One that is longer than its
 * length field can say is refused; the stack segments such before a device that did not ask for
 * them.
 *
 * Context: any. Keeps no pointer into @skb.
 * Return: SECTUN_REASON_NONE or SECTUN_REASON_INNER_MALFORMED; @inner is not meant then.
 */
enum sectun_reason sectun_inner_parse_outbound(const struct sk_buff *skb, unsigned int offset,
					       struct sectun_inner *inner)
{
	union {
		struct iphdr ip4;
		struct ipv6hdr ip6;
	} buffer;
	unsigned int total, linear;
	__be16 protocol;
	const void *data;

	if (offset > skb->len)
		return SECTUN_REASON_INNER_MALFORMED;
	total = skb->len - offset;
	linear = min_t(unsigned int, total, sizeof(buffer));
	data = skb_header_pointer(skb, offset, linear, &buffer);
	if (!data || !sectun_inner_parse(data, linear, total, false, inner))
		return SECTUN_REASON_INNER_MALFORMED;

	protocol = inner->family == AF_INET ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
	return skb->protocol == protocol ? SECTUN_REASON_NONE : SECTUN_REASON_INNER_MALFORMED;
}

/**
 * sectun_inner_parse_inbound() - read the IP header of a packet that has been decrypted
 * @data: the packet, linear, aligned as the machine wants IP headers
 * @len: octets there, more than the packet has where there is TFC padding
 * @verify_checksum: whether a wrong IPv4 header checksum makes the packet bad
 * @inner: filled in; the caller compares its family with the next header of the ESP trailer, and
 *	trims the packet to its length
 *
 * Context: any.
 * Return: SECTUN_REASON_NONE or SECTUN_REASON_BAD_INNER_HEADER; @inner is not meant then.
 */
enum sectun_reason sectun_inner_parse_inbound(const void *data, unsigned int len,
					      bool verify_checksum, struct sectun_inner *inner)
{
	return sectun_inner_parse(data, len, len, verify_checksum, inner) ?
		       SECTUN_REASON_NONE : SECTUN_REASON_BAD_INNER_HEADER;
}

/**
 * struct sectun_inner_bytes - where the octets of a packet are
 * @skb: in an skb, the IP header at @offset; or NULL
 * @offset: octets from skb->data
 * @data: in linear memory, beginning with the IP header
 * @len: octets of the packet by its own header, which are known to be there
 */
struct sectun_inner_bytes {
	const struct sk_buff *skb;
	unsigned int offset;
	const u8 *data;
	unsigned int len;
};

/* Read @len octets @offset behind the IP header's start, maybe into @buffer. NULL: too short. */
static const u8 *sectun_inner_read(const struct sectun_inner_bytes *bytes, unsigned int offset,
				   unsigned int len, u8 *buffer)
{
	if (offset > bytes->len || len > bytes->len - offset)
		return NULL;
	if (bytes->skb)
		return skb_header_pointer(bytes->skb, bytes->offset + offset, len, buffer);
	return bytes->data + offset;
}

/*
 * Walk over the extension headers that RFC 4301 section 4.4.1.1 lists for the search of the next
 * layer protocol (AH is not one of them). False where there is no transport header behind them.
 *
 *   0             1             2             3
 *   | next header | length / 8 - 1 | ...                          hop-by-hop, routing, destination
 *   | next header | reserved       | offset (13) | reserved | M | fragment, 8 octets long
 */
static bool sectun_inner_skip_extensions(const struct sectun_inner_bytes *bytes,
					 struct sectun_inner *inner)
{
	unsigned int offset = inner->header_len, i;
	u8 buffer[4];
	const u8 *p;

	for (i = 0; i < SECTUN_EXTENSIONS_MAX; i++) {
		switch (inner->protocol) {
		case NEXTHDR_HOP:
		case NEXTHDR_ROUTING:
		case NEXTHDR_DEST:
			p = sectun_inner_read(bytes, offset, sizeof(buffer), buffer);
			if (!p)
				return false;
			offset += (p[1] + 1) * 8;
			inner->protocol = p[0];
			break;
		case NEXTHDR_FRAGMENT:
			p = sectun_inner_read(bytes, offset, sizeof(buffer), buffer);
			if (!p)
				return false;
			offset += sizeof(struct frag_hdr);
			inner->protocol = p[0];
			inner->fragment = true;
			if (p[2] || p[3] & ~(u8)7) {
				inner->transport_offset = offset;
				return false;
			}
			break;
		default:
			inner->transport_offset = offset;
			return true;
		}
	}
	return false;
}

/* Whether an IPv4 packet is a fragment without the transport header. */
static bool sectun_inner_ip4_later_fragment(const struct sectun_inner_bytes *bytes,
					    const struct sectun_inner *inner)
{
	u8 buffer[2];
	const u8 *p;

	if (!inner->fragment)
		return false;
	p = sectun_inner_read(bytes, offsetof(struct iphdr, frag_off), sizeof(buffer), buffer);
	return !p || (p[0] << 8 | p[1]) & IP_OFFSET;
}

static void sectun_inner_find_transport(const struct sectun_inner_bytes *bytes,
					struct sectun_inner *inner)
{
	u8 buffer[4];
	const u8 *p;

	if (inner->family == AF_INET ? sectun_inner_ip4_later_fragment(bytes, inner) :
				       !sectun_inner_skip_extensions(bytes, inner))
		return;

	p = sectun_inner_read(bytes, inner->transport_offset, sizeof(buffer), buffer);
	if (!p)
		return;
	switch (inner->protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		inner->sport = p[0] << 8 | p[1];
		inner->dport = p[2] << 8 | p[3];
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		inner->sport = p[0] << 8 | p[1];
		inner->dport = inner->sport;
		break;
	case IPPROTO_MH: /* the type is the third octet and takes the place of an ICMP type */
		inner->sport = p[2] << 8;
		inner->dport = inner->sport;
		break;
	default:
		return;
	}
	inner->ports_known = true;
}

/**
 * sectun_inner_transport_outbound() - find protocol and ports of a packet that is to be protected
 * @skb: the packet
 * @offset: octets from skb->data to the IP header
 * @inner: from sectun_inner_parse_outbound() for the same packet
 *
 * Sets the protocol, fragment, port and transport offset members. Where there are no ports, or
 * they cannot be seen, ports_known stays false; that is not an error (RFC 4301 section 4.4.1.1:
 * OPAQUE).
 *
 * Context: any.
 */
void sectun_inner_transport_outbound(const struct sk_buff *skb, unsigned int offset,
				     struct sectun_inner *inner)
{
	struct sectun_inner_bytes bytes = { .skb = skb, .offset = offset, .len = inner->len };

	sectun_inner_find_transport(&bytes, inner);
}

/**
 * sectun_inner_transport_inbound() - find protocol and ports of a packet that has been decrypted
 * @data: the packet, linear
 * @inner: from sectun_inner_parse_inbound() for the same packet
 *
 * As sectun_inner_transport_outbound().
 *
 * Context: any.
 */
void sectun_inner_transport_inbound(const void *data, struct sectun_inner *inner)
{
	struct sectun_inner_bytes bytes = { .data = data, .len = inner->len };

	sectun_inner_find_transport(&bytes, inner);
}

/* Whether a packet of which the transport has been looked for is an ICMP error (RFC 1122, 4443). */
static bool sectun_inner_is_error(const struct sectun_inner *inner)
{
	u8 type = inner->sport >> 8;

	if (!inner->ports_known)
		return false;
	if (inner->family == AF_INET6)
		return inner->protocol == IPPROTO_ICMPV6 && !(type & ICMPV6_INFOMSG_MASK);
	return inner->protocol == IPPROTO_ICMP &&
	       (type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED ||
		type == ICMP_PARAMETERPROB);
}

/*
 * Reads the packet that an ICMP error quotes, as far as it does, and turns it round. It must have
 * come from where the error goes to.
 *
 *	| IP header | type, code, checksum, 4 octets | IP header of the quoted packet, ...
 */
static bool sectun_inner_quoted(const struct sectun_inner_bytes *bytes,
				const struct sectun_inner *error, struct sectun_inner *back)
{
	struct sectun_inner_bytes quote = *bytes;
	struct sectun_inner found = *error;
	unsigned int offset, linear;
	u8 buffer[sizeof(struct ipv6hdr)];
	const u8 *p;

	if (!found.ports_known && !found.fragment)
		sectun_inner_find_transport(bytes, &found);
	if (found.fragment || !sectun_inner_is_error(&found))
		return false;
	offset = found.transport_offset + sizeof(struct icmphdr);
	if (offset >= bytes->len)
		return false;
	linear = min_t(unsigned int, bytes->len - offset, sizeof(buffer));
	p = sectun_inner_read(bytes, offset, linear, buffer);
	if (!p || !sectun_inner_parse(p, linear, UINT_MAX, false, back))
		return false;
	if (back->family != error->family ||
	    !sectun_addr_equal(back->family, &back->src, &error->dst))
		return false;

	quote.offset += offset;
	quote.data += bytes->skb ? 0 : offset;
	quote.len -= offset;
	sectun_inner_find_transport(&quote, back);
	swap(back->src, back->dst);
	swap(back->sport, back->dport);
	return true;
}

/**
 * sectun_inner_quoted_outbound() - turn round what an ICMP error that is to be protected quotes
 * @skb: the packet
 * @offset: octets from skb->data to the IP header
 * @error: from sectun_inner_parse_outbound() for the same packet
 * @back: filled in: header and ports of the traffic that goes the same way as the error; its
 *	lengths are not meant
 *
 * RFC 4301 section 6.2: an error that no SA would carry, because it comes from a gateway, belongs
 * to the SA of that traffic.
 *
 * Context: any.
 * Return: false where it is no error, or quotes nothing that came from where it goes to.
 */
bool sectun_inner_quoted_outbound(const struct sk_buff *skb, unsigned int offset,
				  const struct sectun_inner *error, struct sectun_inner *back)
{
	struct sectun_inner_bytes bytes = { .skb = skb, .offset = offset, .len = error->len };

	return sectun_inner_quoted(&bytes, error, back);
}

/**
 * sectun_inner_quoted_inbound() - turn round what a decrypted ICMP error quotes
 * @data: the packet, linear
 * @error: from sectun_inner_parse_inbound() for the same packet
 * @back: as for sectun_inner_quoted_outbound()
 *
 * Context: any.
 * Return: as sectun_inner_quoted_outbound().
 */
bool sectun_inner_quoted_inbound(const void *data, const struct sectun_inner *error,
				 struct sectun_inner *back)
{
	struct sectun_inner_bytes bytes = { .data = data, .len = error->len };

	return sectun_inner_quoted(&bytes, error, back);
}
