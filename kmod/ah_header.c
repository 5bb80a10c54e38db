// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the ICV of AH covers of the headers in front of it: RFC 4302 section 3.3.3.1 and appendix A.
 *
 * A field that routers may change counts as zero, one that they change predictably counts as the
 * receiver sees it. The result is thus the same wherever on its way a packet is looked at. The
 * functions here are safe on any octets.
 */
#include <linux/errno.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/string.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "ah_header.h"

#define AH_IPV4_WORDS_MIN 5 /* 32-bit words of an IPv4 header without options */

/* IPv4 options that linux/ip.h does not name */
#define AH_IPOPT_EXTENDED_SEC (IPOPT_CONTROL | 5 | IPOPT_COPY) /* RFC 1108 */
#define AH_IPOPT_SDMDD (IPOPT_CONTROL | 21 | IPOPT_COPY) /* RFC 1770 */

/* Where a source route begins, and where its pointer points at least (RFC 791 section 3.1). */
#define AH_SOURCE_ROUTE_OFFSET 3
#define AH_SOURCE_ROUTE_POINTER_MIN 4

/* The bit of an IPv6 option type: the data may change en route (RFC 8200 section 4.2). */
#define AH_TLV_MUTABLE 0x20

/*
 * The options of appendix A1 that count as they are. Whatever is not known counts as zero, the
 * whole of it (section 3.3.3.1.1.2).
 */
static bool ah_ip4_option_immutable(u8 type)
{
	switch (type) {
	case IPOPT_SEC:
	case AH_IPOPT_EXTENDED_SEC:
	case IPOPT_CIPSO:
	case IPOPT_RA:
	case AH_IPOPT_SDMDD:
		return true;
	}
	return false;
}

/*
 * A source route that is not used up yet gives the final destination: its last address.
 *
 *	| type | length | pointer | address | ... | address |
 */
static bool ah_ip4_follow_source_route(struct iphdr *iph, const u8 *option, u8 len)
{
	u8 pointer;

	if (len < AH_SOURCE_ROUTE_OFFSET)
		return false;
	pointer = option[2];
	if (pointer > len)
		return true;
	if (pointer < AH_SOURCE_ROUTE_POINTER_MIN ||
	    len < AH_SOURCE_ROUTE_OFFSET + sizeof(iph->daddr))
		return false;
	memcpy(&iph->daddr, option + len - sizeof(iph->daddr), sizeof(iph->daddr));
	return true;
}

static bool ah_ip4_mute_options(struct iphdr *iph, u8 *option, const u8 *end)
{
	u8 len;

	while (option < end && *option != IPOPT_END) {
		if (*option == IPOPT_NOOP) {
			option++;
			continue;
		}
		if (end - option < 2)
			return false;
		len = option[1];
		if (len < 2 || len > end - option)
			return false;
		if ((*option == IPOPT_LSRR || *option == IPOPT_SSRR) &&
		    !ah_ip4_follow_source_route(iph, option, len))
			return false;
		if (!ah_ip4_option_immutable(*option))
			memset(option, 0, len);
		option += len;
	}
	return true;
}

static int ah_ip4_mute(u8 *packet, unsigned int len)
{
	struct iphdr *iph = (struct iphdr *)packet;
	unsigned int header_len;

	if (len < sizeof(*iph) || iph->ihl < AH_IPV4_WORDS_MIN)
		return -EINVAL;
	header_len = iph->ihl * 4;
	if (len < header_len || iph->protocol != IPPROTO_AH)
		return -EINVAL;

	iph->tos = 0;
	iph->frag_off = 0;
	iph->ttl = 0;
	iph->check = 0;
	if (!ah_ip4_mute_options(iph, packet + sizeof(*iph), packet + header_len))
		return -EINVAL;
	return header_len;
}

/* Options keep type and length (section 3.3.3.1.2.2). */
static bool ah_ip6_mute_options(u8 *option, const u8 *end)
{
	while (option < end) {
		if (*option == IPV6_TLV_PAD1) {
			option++;
			continue;
		}
		if (end - option < 2 || option[1] > end - option - 2)
			return false;
		if (*option & AH_TLV_MUTABLE)
			memset(option + 2, 0, option[1]);
		option += 2 + option[1];
	}
	return true;
}

/*
 * A routing header at the final destination: nothing is left, the addresses on the way have moved
 * into the header one after the other, and the last one is the destination.
 *
 *	destination	addresses		left
 *	A		B  C  D			3	as sent
 *	B		A  C  D			2	behind A
 *	D		A  B  C			0	as received
 *
 * That holds for type 0 (RFC 2460 section 4.4) and type 2 (RFC 6275 section 6.4). What a header of
 * another type becomes cannot be told, so it must be used up.
 */
static bool ah_ip6_follow_route(struct ipv6hdr *ip6h, u8 *header, unsigned int header_len)
{
	struct ipv6_rt_hdr *route = (struct ipv6_rt_hdr *)header;
	struct in6_addr *addrs = (struct in6_addr *)(header + sizeof(struct rt0_hdr));
	unsigned int left = route->segments_left, addrs_len = header_len - sizeof(struct rt0_hdr);
	unsigned int n = addrs_len / sizeof(*addrs);
	struct in6_addr last;

	if (!left)
		return true;
	if (route->type != IPV6_SRCRT_TYPE_0 && route->type != IPV6_SRCRT_TYPE_2)
		return false;
	if (addrs_len % sizeof(*addrs) || left > n)
		return false;

	memcpy(&last, addrs + n - 1, sizeof(last));
	memmove(addrs + n - left + 1, addrs + n - left, (left - 1) * sizeof(*addrs));
	memcpy(addrs + n - left, &ip6h->daddr, sizeof(*addrs));
	memcpy(&ip6h->daddr, &last, sizeof(last));
	route->segments_left = 0;
	return true;
}

/*
 *	| next header | octets / 8 - 1 | ...				any extension header
 *	| next header | octets / 8 - 1 | type | left | 4 reserved | addresses	routing
 */
static int ah_ip6_mute(u8 *packet, unsigned int len)
{
	struct ipv6hdr *ip6h = (struct ipv6hdr *)packet;
	unsigned int offset = sizeof(*ip6h), header_len;
	u8 next, *header;

	if (len < sizeof(*ip6h))
		return -EINVAL;
	for (next = ip6h->nexthdr; next != IPPROTO_AH; next = header[0]) {
		header = packet + offset;
		if (len - offset < 2)
			return -EINVAL;
		header_len = (header[1] + 1) * 8;
		if (header_len > len - offset)
			return -EINVAL;
		switch (next) {
		case NEXTHDR_HOP:
		case NEXTHDR_DEST:
			if (!ah_ip6_mute_options(header + 2, header + header_len))
				return -EINVAL;
			break;
		case NEXTHDR_ROUTING:
			if (!ah_ip6_follow_route(ip6h, header, header_len))
				return -EINVAL;
			break;
		default: /* fragments are put together before (section 3.4.1) */
			return -EINVAL;
		}
		offset += header_len;
	}
	/* Of the first word all but the version, and the hop limit. */
	packet[0] &= 0xf0;
	packet[1] = 0;
	packet[2] = 0;
	packet[3] = 0;
	ip6h->hop_limit = 0;
	return offset;
}

/**
 * sectun_ah_header_mute - makes the headers in front of AH what its ICV covers
 * @packet: a copy of a packet's first octets, from the IP header on, aligned to 4; written
 * @len: octets of it
 *
 * Context: any.
 * Return: octets in front of AH, at most @len; or -EINVAL where no AH is found or the headers are
 * malformed: then @packet may be half done. Whether AH itself is there is not looked at.
 */
int sectun_ah_header_mute(u8 *packet, unsigned int len)
{
	if (len < 1)
		return -EINVAL;
	switch (packet[0] >> 4) {
	case 4:
		return ah_ip4_mute(packet, len);
	case 6:
		return ah_ip6_mute(packet, len);
	}
	return -EINVAL;
}
