// SPDX-License-Identifier: GPL-2.0-only
/*
 * Self-test of the inner packet parser: good headers, hostile headers, and every way to cut them
 * short.
 */
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/kernel.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/string.h>
#include "../inner.h"
#include "selftest.h"

#define SECTUN_TEST_PACKET_MAX 96 /* octets */

/* The first two words and a bit: what a test wants to be different comes in as octets. */
#define SECTUN_TEST_IP4(ihl, len, frag, protocol)                                                \
	0x40 | (ihl), 0xb9, (len) >> 8, (len) & 0xff, 0, 1, (frag) >> 8, (frag) & 0xff, 17,      \
	protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2
#define SECTUN_TEST_ADDR6(last) 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last
#define SECTUN_TEST_IP6(len, next)                                                               \
	0x6b, 0x91, 0x23, 0x45, (len) >> 8, (len) & 0xff, next, 17, SECTUN_TEST_ADDR6(1),        \
	SECTUN_TEST_ADDR6(2)
#define SECTUN_TEST_PORTS 0x12, 0x34, 0x56, 0x78, 0, 0, 0, 0

#define SECTUN_TEST_DF 0x4000
#define SECTUN_TEST_MF 0x2000

static const struct {
	const char *name;
	unsigned int total; /* octets given to the parser */
	u8 octets[SECTUN_TEST_PACKET_MAX];
	bool good;
	/* where good */
	u8 family;
	unsigned int len;
	unsigned int header_len;
	bool df;
	/* after the transport has been looked for */
	u8 protocol;
	unsigned int transport_offset;
	bool fragment;
	bool ports_known;
	u16 sport;
	u16 dport;
} sectun_test_packets[] __initconst = {
	{ "nothing", 0, { 0 }, false },
	{ "one octet", 1, { 0x45 }, false },
	{ "version 0", 40, { 0x05 }, false },
	{ "version 5", 40, { 0x55 }, false },
	{ "version 15", 40, { 0xf5 }, false },

	/* IPv4 */
	{ "IPv4 UDP", 28, { SECTUN_TEST_IP4(5, 28, 0, IPPROTO_UDP), SECTUN_TEST_PORTS }, true,
	  AF_INET, 28, 20, false, IPPROTO_UDP, 20, false, true, 0x1234, 0x5678 },
	{ "IPv4 DF", 28, { SECTUN_TEST_IP4(5, 28, SECTUN_TEST_DF, IPPROTO_UDP), SECTUN_TEST_PORTS },
	  true, AF_INET, 28, 20, true, IPPROTO_UDP, 20, false, true, 0x1234, 0x5678 },
	{ "IPv4 header alone", 20, { SECTUN_TEST_IP4(5, 20, 0, IPPROTO_UDP) }, true, AF_INET, 20,
	  20, false, IPPROTO_UDP, 20, false, false },
	{ "IPv4 with TFC padding", 60,
	  { SECTUN_TEST_IP4(5, 28, 0, IPPROTO_TCP), SECTUN_TEST_PORTS }, true, AF_INET, 28, 20,
	  false, IPPROTO_TCP, 20, false, true, 0x1234, 0x5678 },
	{ "IPv4, ports only in the TFC padding", 60,
	  { SECTUN_TEST_IP4(5, 23, 0, IPPROTO_TCP), SECTUN_TEST_PORTS }, true, AF_INET, 23, 20,
	  false, IPPROTO_TCP, 20, false, false },
	{ "IPv4 with options", 36, { SECTUN_TEST_IP4(7, 36, 0, IPPROTO_TCP), 1, 1, 1, 1, 1, 1, 1, 0,
	  SECTUN_TEST_PORTS }, true, AF_INET, 36, 28, false, IPPROTO_TCP, 28, false, true, 0x1234,
	  0x5678 },
	{ "IPv4 with all options", 60, { SECTUN_TEST_IP4(15, 60, 0, IPPROTO_TCP) }, true, AF_INET,
	  60, 60, false, IPPROTO_TCP, 60, false, false },
	{ "IPv4 header one octet short", 19, { SECTUN_TEST_IP4(5, 20, 0, IPPROTO_UDP) }, false },
	{ "IPv4 header of 4 words", 28, { SECTUN_TEST_IP4(4, 28, 0, IPPROTO_UDP) }, false },
	{ "IPv4 header of no words", 28, { SECTUN_TEST_IP4(0, 28, 0, IPPROTO_UDP) }, false },
	{ "IPv4 length shorter than the header", 28, { SECTUN_TEST_IP4(5, 19, 0, IPPROTO_UDP) },
	  false },
	{ "IPv4 length 0", 28, { SECTUN_TEST_IP4(5, 0, 0, IPPROTO_UDP) }, false },
	{ "IPv4 options longer than the length", 60, { SECTUN_TEST_IP4(15, 59, 0, IPPROTO_UDP) },
	  false },
	{ "IPv4 options longer than the packet", 28, { SECTUN_TEST_IP4(15, 60, 0, IPPROTO_UDP) },
	  false },
	{ "IPv4 length one longer than the packet", 28, { SECTUN_TEST_IP4(5, 29, 0, IPPROTO_UDP) },
	  false },
	{ "IPv4 length 65535", 28, { SECTUN_TEST_IP4(5, 65535, 0, IPPROTO_UDP) }, false },
	{ "IPv4 first fragment", 28,
	  { SECTUN_TEST_IP4(5, 28, SECTUN_TEST_MF, IPPROTO_UDP), SECTUN_TEST_PORTS }, true,
	  AF_INET, 28, 20, false, IPPROTO_UDP, 20, true, true, 0x1234, 0x5678 },
	{ "IPv4 later fragment", 28,
	  { SECTUN_TEST_IP4(5, 28, SECTUN_TEST_MF | 1, IPPROTO_UDP), SECTUN_TEST_PORTS }, true,
	  AF_INET, 28, 20, false, IPPROTO_UDP, 20, true, false },
	{ "IPv4 last fragment", 28,
	  { SECTUN_TEST_IP4(5, 28, 0x1fff, IPPROTO_UDP), SECTUN_TEST_PORTS }, true, AF_INET, 28, 20,
	  false, IPPROTO_UDP, 20, true, false },
	{ "IPv4 ICMP", 28, { SECTUN_TEST_IP4(5, 28, 0, IPPROTO_ICMP), 8, 3 }, true, AF_INET, 28, 20,
	  false, IPPROTO_ICMP, 20, false, true, 0x0803, 0x0803 },
	{ "IPv4 GRE has no ports", 28,
	  { SECTUN_TEST_IP4(5, 28, 0, IPPROTO_GRE), SECTUN_TEST_PORTS }, true, AF_INET, 28, 20,
	  false, IPPROTO_GRE, 20, false, false },
	{ "IPv4 SCTP", 28, { SECTUN_TEST_IP4(5, 28, 0, IPPROTO_SCTP), SECTUN_TEST_PORTS }, true,
	  AF_INET, 28, 20, false, IPPROTO_SCTP, 20, false, true, 0x1234, 0x5678 },

	/* IPv6 */
	{ "IPv6 UDP", 48, { SECTUN_TEST_IP6(8, IPPROTO_UDP), SECTUN_TEST_PORTS }, true, AF_INET6,
	  48, 40, true, IPPROTO_UDP, 40, false, true, 0x1234, 0x5678 },
	{ "IPv6 header one octet short", 39, { SECTUN_TEST_IP6(0, IPPROTO_UDP) }, false },
	{ "IPv6 no next header", 40, { SECTUN_TEST_IP6(0, IPPROTO_NONE) }, true, AF_INET6, 40, 40,
	  true, IPPROTO_NONE, 40, false, false },
	{ "IPv6 with TFC padding", 90, { SECTUN_TEST_IP6(8, IPPROTO_UDP), SECTUN_TEST_PORTS }, true,
	  AF_INET6, 48, 40, true, IPPROTO_UDP, 40, false, true, 0x1234, 0x5678 },
	{ "IPv6 payload one longer than the packet", 48,
	  { SECTUN_TEST_IP6(9, IPPROTO_UDP), SECTUN_TEST_PORTS }, false },
	{ "IPv6 payload 65535", 48, { SECTUN_TEST_IP6(65535, IPPROTO_UDP) }, false },
	{ "IPv6 jumbogram", 48, { SECTUN_TEST_IP6(0, 0), IPPROTO_UDP, 0, 0xc2, 4, 0, 1, 0, 0 },
	  false },
	{ "IPv6 ICMPv6", 48, { SECTUN_TEST_IP6(8, IPPROTO_ICMPV6), 128, 1 }, true, AF_INET6, 48, 40,
	  true, IPPROTO_ICMPV6, 40, false, true, 0x8001, 0x8001 },
	{ "IPv6 hop-by-hop, destination, routing", 88,
	  { SECTUN_TEST_IP6(48, 0), 60, 0, 1, 4, 0, 0, 0, 0, 43, 1, 1, 4, 0, 0, 0, 0, 1, 4, 0, 0, 0,
	    0, 0, 0, IPPROTO_TCP, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, SECTUN_TEST_PORTS },
	  true, AF_INET6, 88, 40, true, IPPROTO_TCP, 80, false, true, 0x1234, 0x5678 },
	{ "IPv6 extension that ends behind the packet", 48,
	  { SECTUN_TEST_IP6(8, 60), IPPROTO_TCP, 255, 1, 4 }, true, AF_INET6, 48, 40, true,
	  IPPROTO_TCP, 40 + 2048, false, false },
	{ "IPv6 extension that is cut", 43, { SECTUN_TEST_IP6(3, 60), IPPROTO_TCP, 0, 1 }, true,
	  AF_INET6, 43, 40, true, 60, 40, false, false },
	{ "IPv6 first fragment", 56,
	  { SECTUN_TEST_IP6(16, 44), IPPROTO_UDP, 0, 0, 1, 0, 0, 0, 9, SECTUN_TEST_PORTS }, true,
	  AF_INET6, 56, 40, true, IPPROTO_UDP, 48, true, true, 0x1234, 0x5678 },
	{ "IPv6 later fragment", 56,
	  { SECTUN_TEST_IP6(16, 44), IPPROTO_UDP, 0, 0, 8, 0, 0, 0, 9, SECTUN_TEST_PORTS }, true,
	  AF_INET6, 56, 40, true, IPPROTO_UDP, 48, true, false },
	{ "IPv6 AH is a next layer protocol", 64,
	  { SECTUN_TEST_IP6(24, IPPROTO_AH), IPPROTO_UDP, 2 }, true, AF_INET6, 64, 40, true,
	  IPPROTO_AH, 40, false, false },
	{ "IPv6 mobility", 48, { SECTUN_TEST_IP6(8, IPPROTO_MH), 59, 0, 5, 0 }, true, AF_INET6, 48,
	  40, true, IPPROTO_MH, 40, false, true, 0x0500, 0x0500 },
};

/* What is true of every header that the tables hold. */
static void __init sectun_test_inner_common(struct sectun_selftest *test, const char *name,
					    const struct sectun_inner *inner)
{
	static const u8 src6[] __initconst = { SECTUN_TEST_ADDR6(1) };
	static const u8 dst6[] __initconst = { SECTUN_TEST_ADDR6(2) };

	SECTUN_EXPECT(test, inner->tos, 0xb9, "%s: DSCP and ECN", name);
	SECTUN_EXPECT(test, inner->ttl, 17, "%s: TTL", name);
	if (inner->family == AF_INET) {
		SECTUN_EXPECT(test, be32_to_cpu(inner->src.ip4), 0xc0000201U, "%s: source", name);
		SECTUN_EXPECT(test, be32_to_cpu(inner->dst.ip4), 0xc0000202U, "%s: destination",
			      name);
		SECTUN_EXPECT(test, be32_to_cpu(inner->flow_label), 0, "%s: flow label", name);
	} else {
		SECTUN_EXPECT(test, memcmp(&inner->src.ip6, src6, sizeof(src6)), 0, "%s: source",
			      name);
		SECTUN_EXPECT(test, memcmp(&inner->dst.ip6, dst6, sizeof(dst6)), 0,
			      "%s: destination", name);
		SECTUN_EXPECT(test, be32_to_cpu(inner->flow_label), 0x12345, "%s: flow label",
			      name);
	}
}

static void __init sectun_test_inner_transport(struct sectun_selftest *test, unsigned int i,
					       const struct sectun_inner *inner)
{
	const char *name = sectun_test_packets[i].name;

	SECTUN_EXPECT(test, inner->protocol, sectun_test_packets[i].protocol, "%s: protocol", name);
	SECTUN_EXPECT(test, inner->fragment, sectun_test_packets[i].fragment, "%s: fragment", name);
	SECTUN_EXPECT(test, inner->ports_known, sectun_test_packets[i].ports_known,
		      "%s: ports known", name);
	SECTUN_EXPECT(test, inner->sport, sectun_test_packets[i].sport, "%s: source port", name);
	SECTUN_EXPECT(test, inner->dport, sectun_test_packets[i].dport, "%s: destination port",
		      name);
	SECTUN_EXPECT(test, inner->transport_offset, sectun_test_packets[i].transport_offset,
		      "%s: transport offset", name);
}

/* In memory that ends where the packet ends, so that a debug kernel sees who reads on. */
static void __init sectun_test_inbound(struct sectun_selftest *test, unsigned int i)
{
	unsigned int total = sectun_test_packets[i].total;
	const char *name = sectun_test_packets[i].name;
	struct sectun_inner inner;
	u8 *data;

	data = kmemdup(sectun_test_packets[i].octets, max(total, 1U), GFP_KERNEL);
	if (!data) {
		SECTUN_EXPECT(test, false, true, "%s: memory", name);
		return;
	}
	SECTUN_EXPECT(test, sectun_inner_parse_inbound(data, total, false, &inner),
		      sectun_test_packets[i].good ? SECTUN_REASON_NONE :
						    SECTUN_REASON_BAD_INNER_HEADER,
		      "%s: inbound", name);
	if (sectun_test_packets[i].good) {
		SECTUN_EXPECT(test, inner.family, sectun_test_packets[i].family, "%s: family",
			      name);
		SECTUN_EXPECT(test, inner.len, sectun_test_packets[i].len, "%s: length", name);
		SECTUN_EXPECT(test, inner.header_len, sectun_test_packets[i].header_len,
			      "%s: header length", name);
		SECTUN_EXPECT(test, inner.df, sectun_test_packets[i].df, "%s: DF", name);
		sectun_test_inner_common(test, name, &inner);
		sectun_inner_transport_inbound(data, &inner);
		sectun_test_inner_transport(test, i, &inner);
	}
	kfree(data);
}

/*
 * The same in an skb behind two octets of something else, with the first @linear octets of the
 * packet in the linear part and the rest in a page.
 */
static void __init sectun_test_outbound(struct sectun_selftest *test, unsigned int i,
					unsigned int linear)
{
	const unsigned int offset = 2;
	const char *name = sectun_test_packets[i].name;
	unsigned int rest = sectun_test_packets[i].total - linear;
	struct sectun_inner inner;
	struct sk_buff *skb;
	struct page *page;

	skb = alloc_skb(offset + linear, GFP_KERNEL);
	page = alloc_page(GFP_KERNEL);
	if (!skb || !page) {
		SECTUN_EXPECT(test, false, true, "%s: memory", name);
		if (page)
			__free_page(page);
		goto out;
	}
	memset(skb_put(skb, offset), 0xff, offset);
	skb_put_data(skb, sectun_test_packets[i].octets, linear);
	memcpy(page_address(page), sectun_test_packets[i].octets + linear, rest);
	skb_add_rx_frag(skb, 0, page, 0, rest, PAGE_SIZE);
	skb->protocol = htons(sectun_test_packets[i].octets[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP);

	SECTUN_EXPECT(test, sectun_inner_parse_outbound(skb, offset, &inner),
		      sectun_test_packets[i].good ? SECTUN_REASON_NONE :
						    SECTUN_REASON_INNER_MALFORMED,
		      "%s: outbound, %u octets linear", name, linear);
	if (sectun_test_packets[i].good) {
		SECTUN_EXPECT(test, inner.len, sectun_test_packets[i].len, "%s: length", name);
		sectun_test_inner_common(test, name, &inner);
		sectun_inner_transport_outbound(skb, offset, &inner);
		sectun_test_inner_transport(test, i, &inner);

		skb->protocol = htons(ETH_P_ARP);
		SECTUN_EXPECT(test, sectun_inner_parse_outbound(skb, offset, &inner),
			      SECTUN_REASON_INNER_MALFORMED, "%s: said to be ARP", name);
	}
out:
	kfree_skb(skb);
}

static void __init sectun_test_checksum(struct sectun_selftest *test)
{
	static const u8 good[] __initconst = {
		0x45, 0, 0, 20, 0, 1, 0, 0, 64, 17, 0xf6, 0xb9, 192, 0, 2, 10, 192, 0, 2, 20
	};
	u32 words[5]; /* as aligned as an IP header is */
	u8 *octets = (u8 *)words;
	struct sectun_inner inner;

	memcpy(octets, good, sizeof(good));
	SECTUN_EXPECT(test, sectun_inner_parse_inbound(octets, sizeof(good), true, &inner),
		      SECTUN_REASON_NONE, "good IPv4 checksum");
	octets[8]--;
	SECTUN_EXPECT(test, sectun_inner_parse_inbound(octets, sizeof(good), true, &inner),
		      SECTUN_REASON_BAD_INNER_HEADER, "bad IPv4 checksum");
	SECTUN_EXPECT(test, sectun_inner_parse_inbound(octets, sizeof(good), false, &inner),
		      SECTUN_REASON_NONE, "bad IPv4 checksum, not looked at");
}

/* ICMP errors that quote a UDP packet, from port 0x1234 to 0x5678, of the one they go to. */
static const u8 sectun_test_error4[] __initconst = {
	SECTUN_TEST_IP4(5, 56, 0, IPPROTO_ICMP), 3, 4, 0, 0, 0, 0, 5, 0,
	0x45, 0, 5, 0, 0, 1, 0, 0, 64, IPPROTO_UDP, 0, 0, 192, 0, 2, 2, 192, 0, 2, 9,
	SECTUN_TEST_PORTS
};

static const u8 sectun_test_error6[] __initconst = {
	SECTUN_TEST_IP6(56, IPPROTO_ICMPV6), 2, 0, 0, 0, 0, 0, 5, 0,
	0x60, 0, 0, 0, 4, 0xd8, IPPROTO_UDP, 64, SECTUN_TEST_ADDR6(2), SECTUN_TEST_ADDR6(9),
	SECTUN_TEST_PORTS
};

/* Cut after every octet behind its IP header of @header_len octets; the quoted one is as long. */
static void __init sectun_test_quoted(struct sectun_selftest *test, const u8 *octets,
				      unsigned int header_len, unsigned int total)
{
	const unsigned int transport = header_len + 8 + header_len; /* of what is quoted */
	struct sectun_inner error, back;
	unsigned int len;
	u8 *data;

	for (len = header_len; len <= total; len++) {
		data = kmemdup(octets, len, GFP_KERNEL);
		if (!data)
			return;
		data[header_len == sizeof(struct iphdr) ? 3 : 5] =
			header_len == sizeof(struct iphdr) ? len : len - header_len;
		SECTUN_EXPECT(test, sectun_inner_parse_inbound(data, len, false, &error),
			      SECTUN_REASON_NONE, "error of %u octets", len);
		SECTUN_EXPECT(test, sectun_inner_quoted_inbound(data, &error, &back),
			      len >= transport, "error of %u octets: quoted", len);
		if (len >= transport) {
			SECTUN_EXPECT(test, back.ports_known, len >= transport + 4,
				      "error of %u octets: ports known", len);
			SECTUN_EXPECT(test, back.sport, back.ports_known ? 0x5678 : 0,
				      "error of %u octets: turned round", len);
			SECTUN_EXPECT(test, sectun_addr_equal(error.family, &back.dst, &error.dst),
				      true, "error of %u octets: goes the same way", len);
		}
		kfree(data);
	}
}

/* Any octets: what comes out good has lengths that are inside of the packet. */
static void __init sectun_test_noise(struct sectun_selftest *test)
{
	unsigned int round, i, len;
	struct sectun_inner inner;
	u8 *data;

	for (round = 0; round < 20000; round++) {
		len = sectun_selftest_random(test) % SECTUN_TEST_PACKET_MAX + 1;
		data = kmalloc(len, GFP_KERNEL);
		if (!data)
			break;
		for (i = 0; i < len; i++)
			data[i] = sectun_selftest_random(test) % 4 ? sectun_selftest_random(test) :
								     "\0\0\x2b\x2c\x3c\x08\x01\x06"
								     [i % 8];
		data[0] = (round & 1 ? 0x60 : 0x45) | (data[0] & 0x0a);
		if (len > 5 && round & 2)
			data[round & 1 ? 4 : 2] = 0; /* a length that may be true */
		if (!sectun_inner_parse_inbound(data, len, false, &inner)) {
			SECTUN_EXPECT(test, inner.len <= len && inner.header_len <= inner.len, true,
				      "noise %u: lengths", round);
			sectun_inner_transport_inbound(data, &inner);
			SECTUN_EXPECT(test, inner.ports_known &&
				      inner.transport_offset + 4 > inner.len, false,
				      "noise %u: ports from behind the packet", round);
		}
		kfree(data);
	}
}

/**
 * sectun_selftest_inner() - parsing of inner packets
 * @test: counts the checks
 *
 * Context: module loading; may sleep.
 */
void __init sectun_selftest_inner(struct sectun_selftest *test)
{
	unsigned int i, linear;

	for (i = 0; i < ARRAY_SIZE(sectun_test_packets); i++) {
		sectun_test_inbound(test, i);
		for (linear = 0; linear <= sectun_test_packets[i].total; linear++)
			sectun_test_outbound(test, i, linear);
	}
	sectun_test_quoted(test, sectun_test_error4, sizeof(struct iphdr),
			   sizeof(sectun_test_error4));
	sectun_test_quoted(test, sectun_test_error6, sizeof(struct ipv6hdr),
			   sizeof(sectun_test_error6));
	sectun_test_checksum(test);
	sectun_test_noise(test);
}
