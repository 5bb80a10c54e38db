// SPDX-License-Identifier: GPL-2.0-only
/*
 * Self-test of what AH covers of the headers in front of it, RFC 4302 appendix A: every bit of
 * every kind of header, packets on the way and as received, hostile headers.
 */
#include <linux/errno.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "../ah_header.h"
#include "selftest.h"

#define SECTUN_TEST_AH_MAX 128 /* octets of a packet here */
#define SECTUN_TEST_ANY 0xff /* as a mask: the whole octet */

#define SECTUN_TEST_IP4(ihl, dst)                                                                \
	0x40 | (ihl), 0xb9, 0, 100, 0x12, 0x34, 0x40, 0, 17, IPPROTO_AH, 0xca, 0xfe, 192, 0, 2,  \
	1, 192, 0, 2, dst
/* DSCP and ECN; flags and fragment offset; TTL; checksum */
#define SECTUN_TEST_IP4_MUTABLE                                                                  \
	[1] = SECTUN_TEST_ANY, [6 ... 8] = SECTUN_TEST_ANY, [10 ... 11] = SECTUN_TEST_ANY

#define SECTUN_TEST_ADDR6(last) 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last
#define SECTUN_TEST_IP6(next, dst)                                                               \
	0x6b, 0x91, 0x23, 0x45, 0, 100, next, 17, SECTUN_TEST_ADDR6(1), SECTUN_TEST_ADDR6(dst)
/* traffic class, flow label; hop limit */
#define SECTUN_TEST_IP6_MUTABLE                                                                  \
	[0] = 0x0f, [1 ... 3] = SECTUN_TEST_ANY, [7] = SECTUN_TEST_ANY

/*
 * Headers, and the mask of the bits that may change without being noticed. A change of any other
 * bit is noticed, or makes the headers malformed. Of an IPv4 option that counts as zero, type and
 * length do as well: whether a change of them is noticed depends on what it makes of them.
 */
static const struct {
	const char *name;
	unsigned int len; /* octets in front of AH */
	u8 octets[SECTUN_TEST_AH_MAX];
	u8 mutable[SECTUN_TEST_AH_MAX];
	u8 depends[SECTUN_TEST_AH_MAX];
} sectun_test_ah_headers[] __initconst = {
	{ "IPv4", 20, { SECTUN_TEST_IP4(5, 2) }, { SECTUN_TEST_IP4_MUTABLE } },
	{ "IPv4, no operation", 24, { SECTUN_TEST_IP4(6, 2), 1, 1, 1, 1 },
	  { SECTUN_TEST_IP4_MUTABLE } },
	{ "IPv4, end of options, octets behind it", 28,
	  { SECTUN_TEST_IP4(7, 2), 0, 0x68, 0xff, 7, 0x44, 9, 9, 9 },
	  { SECTUN_TEST_IP4_MUTABLE } },
	{ "IPv4, security", 32,
	  { SECTUN_TEST_IP4(8, 2), 130, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0 },
	  { SECTUN_TEST_IP4_MUTABLE } },
	{ "IPv4, extended security", 24, { SECTUN_TEST_IP4(6, 2), 133, 4, 1, 2 },
	  { SECTUN_TEST_IP4_MUTABLE } },
	{ "IPv4, commercial security", 28, { SECTUN_TEST_IP4(7, 2), 134, 8, 1, 2, 3, 4, 5, 6 },
	  { SECTUN_TEST_IP4_MUTABLE } },
	{ "IPv4, router alert", 24, { SECTUN_TEST_IP4(6, 2), 148, 4, 0, 0 },
	  { SECTUN_TEST_IP4_MUTABLE } },
	{ "IPv4, sender directed delivery", 28,
	  { SECTUN_TEST_IP4(7, 2), 149, 6, 192, 0, 2, 9, 1, 0 },
	  { SECTUN_TEST_IP4_MUTABLE } },

	{ "IPv4, record route", 28, { SECTUN_TEST_IP4(7, 2), 7, 7, 4, 0, 0, 0, 0, 1 },
	  { SECTUN_TEST_IP4_MUTABLE, [22 ... 26] = SECTUN_TEST_ANY },
	  { [20 ... 21] = SECTUN_TEST_ANY } },
	{ "IPv4, time stamp", 28, { SECTUN_TEST_IP4(7, 2), 68, 8, 5, 0, 0, 0, 0, 0 },
	  { SECTUN_TEST_IP4_MUTABLE, [22 ... 27] = SECTUN_TEST_ANY },
	  { [20 ... 21] = SECTUN_TEST_ANY } },
	{ "IPv4, traceroute", 32,
	  { SECTUN_TEST_IP4(8, 2), 82, 12, 1, 2, 0, 3, 0, 0, 192, 0, 2, 9 },
	  { SECTUN_TEST_IP4_MUTABLE, [22 ... 31] = SECTUN_TEST_ANY },
	  { [20 ... 21] = SECTUN_TEST_ANY } },
	{ "IPv4, stream identifier", 24, { SECTUN_TEST_IP4(6, 2), 136, 4, 1, 2 },
	  { SECTUN_TEST_IP4_MUTABLE, [22 ... 23] = SECTUN_TEST_ANY },
	  { [20 ... 21] = SECTUN_TEST_ANY } },
	{ "IPv4, MTU probe", 24, { SECTUN_TEST_IP4(6, 2), 11, 4, 5, 220 },
	  { SECTUN_TEST_IP4_MUTABLE, [22 ... 23] = SECTUN_TEST_ANY },
	  { [20 ... 21] = SECTUN_TEST_ANY } },
	{ "IPv4, an option of tomorrow", 24, { SECTUN_TEST_IP4(6, 2), 0xdb, 4, 1, 2 },
	  { SECTUN_TEST_IP4_MUTABLE, [22 ... 23] = SECTUN_TEST_ANY },
	  { [20 ... 21] = SECTUN_TEST_ANY } },
	{ "IPv4, loose source route, used up", 32,
	  { SECTUN_TEST_IP4(8, 2), 131, 11, 12, 192, 0, 2, 8, 192, 0, 2, 9, 1 },
	  { SECTUN_TEST_IP4_MUTABLE, [23 ... 30] = SECTUN_TEST_ANY },
	  { [20 ... 22] = SECTUN_TEST_ANY } },
	{ "IPv4, immutable between mutable", 40,
	  { SECTUN_TEST_IP4(10, 2), 7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0, 68, 8, 5, 0, 0, 0, 0, 0, 0 },
	  { SECTUN_TEST_IP4_MUTABLE, [22 ... 26] = SECTUN_TEST_ANY,
	    [33 ... 38] = SECTUN_TEST_ANY },
	  { [20 ... 21] = SECTUN_TEST_ANY, [31 ... 32] = SECTUN_TEST_ANY } },
	{ "IPv4, all forty octets", 60, { SECTUN_TEST_IP4(15, 2), 7, 39, 4, [59] = 1 },
	  { SECTUN_TEST_IP4_MUTABLE, [22 ... 58] = SECTUN_TEST_ANY },
	  { [20 ... 21] = SECTUN_TEST_ANY } },

	{ "IPv6", 40, { SECTUN_TEST_IP6(IPPROTO_AH, 2) }, { SECTUN_TEST_IP6_MUTABLE } },
	{ "IPv6, hop-by-hop: router alert", 48,
	  { SECTUN_TEST_IP6(0, 2), IPPROTO_AH, 0, 5, 2, 0, 0, 1, 0 },
	  { SECTUN_TEST_IP6_MUTABLE } },
	{ "IPv6, hop-by-hop: data may change", 48,
	  { SECTUN_TEST_IP6(0, 2), IPPROTO_AH, 0, 0x3e, 4, 1, 2, 3, 4 },
	  { SECTUN_TEST_IP6_MUTABLE, [44 ... 47] = SECTUN_TEST_ANY } },
	{ "IPv6, hop-by-hop: one of each", 56,
	  { SECTUN_TEST_IP6(0, 2), IPPROTO_AH, 1, 0x1e, 4, 1, 2, 3, 4, 0x3e, 2, 1, 2, 0, 1, 1, 9 },
	  { SECTUN_TEST_IP6_MUTABLE, [50 ... 51] = SECTUN_TEST_ANY } },
	{ "IPv6, destination options", 56,
	  { SECTUN_TEST_IP6(60, 2), IPPROTO_AH, 1, 0x3e, 4, 1, 2, 3, 4, 0, 0x5e, 5, 1, 2, 3, 4, 5 },
	  { SECTUN_TEST_IP6_MUTABLE, [44 ... 47] = SECTUN_TEST_ANY } },
	{ "IPv6, routing header, used up", 64,
	  { SECTUN_TEST_IP6(43, 2), IPPROTO_AH, 2, 0, 0, 0, 0, 0, 0, SECTUN_TEST_ADDR6(3) },
	  { SECTUN_TEST_IP6_MUTABLE } },
	{ "IPv6, routing header of another type, used up", 56,
	  { SECTUN_TEST_IP6(43, 2), IPPROTO_AH, 1, 4, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 },
	  { SECTUN_TEST_IP6_MUTABLE } },
	{ "IPv6, hop-by-hop, destination, routing, destination", 88,
	  { SECTUN_TEST_IP6(0, 2), 60, 0, 0x3e, 4, 1, 2, 3, 4, 43, 0, 0x1e, 4, 1, 2, 3, 4,
	    60, 2, 0, 0, 0, 0, 0, 0, SECTUN_TEST_ADDR6(3), IPPROTO_AH, 0, 0x3e, 4, 1, 2, 3, 4 },
	  { SECTUN_TEST_IP6_MUTABLE, [44 ... 47] = SECTUN_TEST_ANY,
	    [84 ... 87] = SECTUN_TEST_ANY } },
};

/* The same packet where it is sent, on the way, and where it is received. */
static const struct {
	const char *name;
	unsigned int len;
	u8 sent[SECTUN_TEST_AH_MAX];
	u8 on_the_way[SECTUN_TEST_AH_MAX];
	u8 received[SECTUN_TEST_AH_MAX];
} sectun_test_ah_ways[] __initconst = {
	{ "loose source route", 32,
	  { SECTUN_TEST_IP4(8, 7), 131, 11, 4, 192, 0, 2, 8, 192, 0, 2, 2, 1 },
	  { SECTUN_TEST_IP4(8, 8), 131, 11, 8, 192, 0, 2, 77, 192, 0, 2, 2, 1 },
	  { SECTUN_TEST_IP4(8, 2), 131, 11, 12, 192, 0, 2, 77, 192, 0, 2, 88, 1 } },
	{ "strict source route", 32,
	  { SECTUN_TEST_IP4(8, 7), 137, 11, 4, 192, 0, 2, 8, 192, 0, 2, 2, 0 },
	  { SECTUN_TEST_IP4(8, 8), 137, 11, 8, 192, 0, 2, 77, 192, 0, 2, 2, 0 },
	  { SECTUN_TEST_IP4(8, 2), 137, 11, 12, 192, 0, 2, 77, 192, 0, 2, 88, 0 } },
	{ "source route and record route", 36,
	  { SECTUN_TEST_IP4(9, 8), 131, 7, 4, 192, 0, 2, 2, 7, 7, 4, 0, 0, 0, 0, 0, 0 },
	  { SECTUN_TEST_IP4(9, 8), 131, 7, 4, 192, 0, 2, 2, 7, 7, 8, 192, 0, 2, 99, 0, 0 },
	  { SECTUN_TEST_IP4(9, 2), 131, 7, 8, 192, 0, 2, 88, 7, 7, 8, 192, 0, 2, 99, 0, 0 } },
	{ "routing header, type 0", 80,
	  { SECTUN_TEST_IP6(43, 7), IPPROTO_AH, 4, 0, 2, 0, 0, 0, 0, SECTUN_TEST_ADDR6(8),
	    SECTUN_TEST_ADDR6(2) },
	  { SECTUN_TEST_IP6(43, 8), IPPROTO_AH, 4, 0, 1, 0, 0, 0, 0, SECTUN_TEST_ADDR6(7),
	    SECTUN_TEST_ADDR6(2) },
	  { SECTUN_TEST_IP6(43, 2), IPPROTO_AH, 4, 0, 0, 0, 0, 0, 0, SECTUN_TEST_ADDR6(7),
	    SECTUN_TEST_ADDR6(8) } },
	{ "routing header, type 0, three on the way", 96,
	  { SECTUN_TEST_IP6(43, 6), IPPROTO_AH, 6, 0, 3, 0, 0, 0, 0, SECTUN_TEST_ADDR6(7),
	    SECTUN_TEST_ADDR6(8), SECTUN_TEST_ADDR6(2) },
	  { SECTUN_TEST_IP6(43, 8), IPPROTO_AH, 6, 0, 1, 0, 0, 0, 0, SECTUN_TEST_ADDR6(6),
	    SECTUN_TEST_ADDR6(7), SECTUN_TEST_ADDR6(2) },
	  { SECTUN_TEST_IP6(43, 2), IPPROTO_AH, 6, 0, 0, 0, 0, 0, 0, SECTUN_TEST_ADDR6(6),
	    SECTUN_TEST_ADDR6(7), SECTUN_TEST_ADDR6(8) } },
	{ "routing header, type 2", 64,
	  { SECTUN_TEST_IP6(43, 7), IPPROTO_AH, 2, 2, 1, 0, 0, 0, 0, SECTUN_TEST_ADDR6(2) },
	  { SECTUN_TEST_IP6(43, 7), IPPROTO_AH, 2, 2, 1, 0, 0, 0, 0, SECTUN_TEST_ADDR6(2) },
	  { SECTUN_TEST_IP6(43, 2), IPPROTO_AH, 2, 2, 0, 0, 0, 0, 0, SECTUN_TEST_ADDR6(7) } },
	{ "routing header behind what routers write to", 72,
	  { SECTUN_TEST_IP6(0, 7), 43, 0, 0x3e, 4, 1, 2, 3, 4, IPPROTO_AH, 2, 0, 1, 0, 0, 0, 0,
	    SECTUN_TEST_ADDR6(2) },
	  { SECTUN_TEST_IP6(0, 7), 43, 0, 0x3e, 4, 5, 6, 7, 8, IPPROTO_AH, 2, 0, 1, 0, 0, 0, 0,
	    SECTUN_TEST_ADDR6(2) },
	  { SECTUN_TEST_IP6(0, 2), 43, 0, 0x3e, 4, 9, 9, 9, 9, IPPROTO_AH, 2, 0, 0, 0, 0, 0, 0,
	    SECTUN_TEST_ADDR6(7) } },
};

static const struct {
	const char *name;
	unsigned int len;
	u8 octets[SECTUN_TEST_AH_MAX];
} sectun_test_ah_malformed[] __initconst = {
	{ "nothing", 0, { 0 } },
	{ "version 0", 60, { 0 } },
	{ "version 5", 60, { 0x55 } },
	{ "IPv4 header of 4 words", 60, { SECTUN_TEST_IP4(4, 2) } },
	{ "IPv4 without AH", 60, { 0x45, 0, 0, 60, 0, 0, 0, 0, 64, IPPROTO_ESP } },
	{ "IPv4 option without a length", 24, { SECTUN_TEST_IP4(6, 2), 1, 1, 1, 7 } },
	{ "IPv4 option of no octets", 24, { SECTUN_TEST_IP4(6, 2), 7, 0, 0, 0 } },
	{ "IPv4 option of one octet", 24, { SECTUN_TEST_IP4(6, 2), 148, 1, 0, 0 } },
	{ "IPv4 option longer than the header", 60, { SECTUN_TEST_IP4(6, 2), 7, 5, 4, 0 } },
	{ "IPv4 source route without a pointer", 24, { SECTUN_TEST_IP4(6, 2), 131, 2, 4, 0 } },
	{ "IPv4 source route with pointer 0", 28,
	  { SECTUN_TEST_IP4(7, 2), 131, 7, 0, 192, 0, 2, 9 } },
	{ "IPv4 source route of half an address", 28,
	  { SECTUN_TEST_IP4(7, 2), 137, 5, 4, 192, 0, 1, 1 } },
	{ "IPv6 without AH", 60, { SECTUN_TEST_IP6(IPPROTO_UDP, 2) } },
	{ "IPv6 no next header", 60, { SECTUN_TEST_IP6(IPPROTO_NONE, 2) } },
	{ "IPv6 fragment", 60, { SECTUN_TEST_IP6(44, 2), IPPROTO_AH, 0, 0, 1 } },
	{ "IPv6 ESP in front of AH", 60, { SECTUN_TEST_IP6(IPPROTO_ESP, 2), IPPROTO_AH } },
	{ "IPv6 extension longer than the packet", 64,
	  { SECTUN_TEST_IP6(60, 2), IPPROTO_AH, 255, 1, 4 } },
	{ "IPv6 option longer than its header", 64,
	  { SECTUN_TEST_IP6(60, 2), IPPROTO_AH, 0, 0x3e, 5, 1, 2, 3, 4 } },
	{ "IPv6 option without a length", 64,
	  { SECTUN_TEST_IP6(0, 2), IPPROTO_AH, 0, 1, 3, 0, 0, 0, 0x3e } },
	{ "IPv6 routing header with more left than there are", 64,
	  { SECTUN_TEST_IP6(43, 2), IPPROTO_AH, 2, 0, 2, 0, 0, 0, 0, SECTUN_TEST_ADDR6(3) } },
	{ "IPv6 routing header with one left and none there", 64,
	  { SECTUN_TEST_IP6(43, 2), IPPROTO_AH, 0, 0, 1 } },
	{ "IPv6 routing header of one and a half addresses", 72,
	  { SECTUN_TEST_IP6(43, 2), IPPROTO_AH, 3, 0, 1, 0, 0, 0, 0, SECTUN_TEST_ADDR6(3) } },
	{ "IPv6 routing header of another type, not used up", 64,
	  { SECTUN_TEST_IP6(43, 2), IPPROTO_AH, 2, 4, 1, 0, 0, 0, 0, SECTUN_TEST_ADDR6(3) } },
};

/*
 * In memory that ends where the packet ends, so that a debug kernel sees who reads on. Leaves the
 * result in @out.
 */
static int __init sectun_test_mute(const u8 *octets, unsigned int len, u8 *out)
{
	u8 *packet = kmemdup(octets, max(len, 1U), GFP_KERNEL);
	int offset;

	if (!packet)
		return -ENOMEM;
	offset = sectun_ah_header_mute(packet, len);
	memset(out, 0, SECTUN_TEST_AH_MAX);
	memcpy(out, packet, len);
	kfree(packet);
	return offset;
}

static void __init sectun_test_ah_bits(struct sectun_selftest *test, unsigned int i)
{
	const char *name = sectun_test_ah_headers[i].name;
	const unsigned int len = sectun_test_ah_headers[i].len;
	u8 octets[SECTUN_TEST_AH_MAX], want[SECTUN_TEST_AH_MAX], got[SECTUN_TEST_AH_MAX];
	unsigned int bit, shorter;
	bool unnoticed;

	memcpy(octets, sectun_test_ah_headers[i].octets, sizeof(octets));
	SECTUN_EXPECT(test, sectun_test_mute(octets, len, want), len, "%s: octets in front of AH",
		      name);
	for (bit = 0; bit < 8 * len; bit++) {
		const u8 mask = 1 << bit % 8;

		if (sectun_test_ah_headers[i].depends[bit / 8] & mask)
			continue;
		octets[bit / 8] ^= mask;
		unnoticed = sectun_test_mute(octets, len, got) == len && !memcmp(got, want, len);
		octets[bit / 8] ^= mask;
		SECTUN_EXPECT(test, unnoticed,
			      !!(sectun_test_ah_headers[i].mutable[bit / 8] & mask),
			      "%s: octet %u, bit %u may change", name, bit / 8, bit % 8);
	}
	for (shorter = 0; shorter < len; shorter++)
		SECTUN_EXPECT(test, sectun_test_mute(octets, shorter, got), -EINVAL,
			      "%s: cut after %u octets", name, shorter);
}

static void __init sectun_test_ah_way(struct sectun_selftest *test, unsigned int i)
{
	const char *name = sectun_test_ah_ways[i].name;
	const unsigned int len = sectun_test_ah_ways[i].len;
	u8 want[SECTUN_TEST_AH_MAX], got[SECTUN_TEST_AH_MAX];

	SECTUN_EXPECT(test, sectun_test_mute(sectun_test_ah_ways[i].received, len, want), len,
		      "%s: received", name);
	SECTUN_EXPECT(test, sectun_test_mute(sectun_test_ah_ways[i].sent, len, got), len,
		      "%s: sent", name);
	SECTUN_EXPECT(test, memcmp(got, want, len), 0, "%s: sent as received", name);
	SECTUN_EXPECT(test, sectun_test_mute(sectun_test_ah_ways[i].on_the_way, len, got), len,
		      "%s: on the way", name);
	SECTUN_EXPECT(test, memcmp(got, want, len), 0, "%s: on the way as received", name);
}

/* Any octets: what comes out good ends inside of the packet. */
static void __init sectun_test_ah_noise(struct sectun_selftest *test)
{
	static const u8 likely[] __initconst = { 0, 1, 3, 7, 43, 51, 60, 131 };
	u8 octets[SECTUN_TEST_AH_MAX], out[SECTUN_TEST_AH_MAX];
	unsigned int round, i, len;
	int offset;

	for (round = 0; round < 20000; round++) {
		len = sectun_selftest_random(test) % SECTUN_TEST_AH_MAX + 1;
		for (i = 0; i < len; i++)
			octets[i] = sectun_selftest_random(test) % 2 ?
					    sectun_selftest_random(test) :
					    likely[sectun_selftest_random(test) %
						   ARRAY_SIZE(likely)];
		octets[0] = round & 1 ? 0x60 : 0x45 | (octets[0] & 0x0a);
		if (len > 9)
			octets[round & 1 ? 6 : 9] = round & 2 ? IPPROTO_AH : likely[round % 8];
		offset = sectun_test_mute(octets, len, out);
		SECTUN_EXPECT(test, offset == -EINVAL || (offset >= 20 && offset <= len), true,
			      "noise %u: result %d for %u octets", round, offset, len);
	}
}

/**
 * sectun_selftest_ah_header() - what AH covers of the headers in front of it
 * @test: counts the checks
 *
 * Context: module loading; may sleep.
 */
void __init sectun_selftest_ah_header(struct sectun_selftest *test)
{
	u8 out[SECTUN_TEST_AH_MAX];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sectun_test_ah_headers); i++)
		sectun_test_ah_bits(test, i);
	for (i = 0; i < ARRAY_SIZE(sectun_test_ah_ways); i++)
		sectun_test_ah_way(test, i);
	for (i = 0; i < ARRAY_SIZE(sectun_test_ah_malformed); i++)
		SECTUN_EXPECT(test,
			      sectun_test_mute(sectun_test_ah_malformed[i].octets,
					       sectun_test_ah_malformed[i].len, out),
			      -EINVAL, "%s", sectun_test_ah_malformed[i].name);
	sectun_test_ah_noise(test);

	SECTUN_EXPECT(test, sectun_ah_header_len(AF_INET, 12), 24, "AH of 96 bits over IPv4");
	SECTUN_EXPECT(test, sectun_ah_header_len(AF_INET, 16), 28, "AH of 128 bits over IPv4");
	SECTUN_EXPECT(test, sectun_ah_header_len(AF_INET6, 12), 24, "AH of 96 bits over IPv6");
	SECTUN_EXPECT(test, sectun_ah_header_len(AF_INET6, 16), 32, "AH of 128 bits over IPv6");
	SECTUN_EXPECT(test, sectun_ah_header_len(AF_INET6, 24), 40, "AH of GMAC over IPv6");
}
