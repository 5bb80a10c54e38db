// SPDX-License-Identifier: GPL-2.0-only
/*
 * Self-test of traffic selectors: tables, and a comparison with a linear search while tunnels come
 * and go.
 */
#include <linux/errno.h>
#include <linux/in.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/string.h>
#include "../selector.h"
#include "selftest.h"

#define SECTUN_TEST_IP4(a, b, c, d) \
	{ .ip4 = cpu_to_be32((u32)(a) << 24 | (b) << 16 | (c) << 8 | (d)) }
/* 2001:db8:A:B::C */
#define SECTUN_TEST_IP6(a, b, c)                                                                 \
	{ .ip6.s6_addr = { 0x20, 0x01, 0x0d, 0xb8, (a) >> 8, (a) & 0xff, (b) >> 8, (b) & 0xff,   \
			   [14] = (c) >> 8, (c) & 0xff } }
#define SECTUN_TEST_TS(_family, len, _protocol, first, last, ...)                                \
	{ .family = (_family), .prefixlen = (len), .protocol = (_protocol),                      \
	  .port_first = (first), .port_last = (last), .addr = __VA_ARGS__ }
#define SECTUN_TEST_NET4(a, b, c, d, len) \
	SECTUN_TEST_TS(AF_INET, len, 0, 0, 65535, SECTUN_TEST_IP4(a, b, c, d))
#define SECTUN_TEST_NET6(a, b, c, len) \
	SECTUN_TEST_TS(AF_INET6, len, 0, 0, 65535, SECTUN_TEST_IP6(a, b, c))

/* Which selectors make sense. */
static const struct {
	const char *name;
	bool valid;
	struct sectun_ts ts;
} sectun_test_ts[] __initconst = {
	{ "everything", true, SECTUN_TEST_NET4(0, 0, 0, 0, 0) },
	{ "10/8", true, SECTUN_TEST_NET4(10, 0, 0, 0, 8) },
	{ "a host", true, SECTUN_TEST_NET4(10, 1, 2, 3, 32) },
	{ "10.1/8", false, SECTUN_TEST_NET4(10, 1, 0, 0, 8) },
	{ "last bit", false, SECTUN_TEST_NET4(10, 1, 2, 3, 31) },
	{ "too long", false, SECTUN_TEST_NET4(10, 1, 2, 3, 33) },
	{ "IPv6 everything", true, SECTUN_TEST_TS(AF_INET6, 0, 0, 0, 65535, { }) },
	{ "IPv6 /48", true, SECTUN_TEST_NET6(1, 0, 0, 48) },
	{ "IPv6 /47", false, SECTUN_TEST_NET6(1, 0, 0, 47) },
	{ "IPv6 /64", true, SECTUN_TEST_NET6(1, 1, 0, 64) },
	{ "IPv6 /64 with an interface identifier", false, SECTUN_TEST_NET6(1, 1, 1, 64) },
	{ "IPv6 /63", false, SECTUN_TEST_NET6(1, 1, 0, 63) },
	{ "IPv6 /127", false, SECTUN_TEST_NET6(1, 1, 1, 127) },
	{ "IPv6 host", true, SECTUN_TEST_NET6(1, 1, 1, 128) },
	{ "IPv6 too long", false, SECTUN_TEST_NET6(1, 1, 1, 129) },
	{ "no family", false, SECTUN_TEST_TS(AF_UNSPEC, 0, 0, 0, 65535, { }) },
	{ "one port", true, SECTUN_TEST_TS(AF_INET, 0, IPPROTO_TCP, 80, 80, { }) },
	{ "port 0", true, SECTUN_TEST_TS(AF_INET, 0, IPPROTO_TCP, 0, 0, { }) },
	{ "ports backwards", false, SECTUN_TEST_TS(AF_INET, 0, IPPROTO_TCP, 81, 80, { }) },
	{ "OPAQUE", true, SECTUN_TEST_TS(AF_INET, 0, IPPROTO_TCP, 65535, 0, { }) },
	{ "ports of no protocol", false, SECTUN_TEST_TS(AF_INET, 0, 0, 80, 80, { }) },
};

/* The tunnels of a device; none given means everything. */
static const struct {
	unsigned int n_local;
	unsigned int n_remote;
	struct sectun_ts local[2];
	struct sectun_ts remote[2];
} sectun_test_tunnels[] __initconst = {
	/* 0: a branch */
	{ 1, 1, { SECTUN_TEST_NET4(10, 1, 0, 0, 16) }, { SECTUN_TEST_NET4(10, 2, 0, 0, 16) } },
	/* 1: a part of its remote side is elsewhere */
	{ 1, 1, { SECTUN_TEST_NET4(10, 1, 0, 0, 16) }, { SECTUN_TEST_NET4(10, 2, 3, 0, 24) } },
	/* 2: and for one local network elsewhere again */
	{ 1, 1, { SECTUN_TEST_NET4(10, 1, 7, 0, 24) }, { SECTUN_TEST_NET4(10, 2, 3, 0, 24) } },
	/* 3: a host, but only from a host */
	{ 1, 1, { SECTUN_TEST_NET4(10, 1, 7, 7, 32) }, { SECTUN_TEST_NET4(10, 2, 3, 4, 32) } },
	/* 4: two networks on either side */
	{ 2, 2, { SECTUN_TEST_NET4(10, 10, 0, 0, 16), SECTUN_TEST_NET4(10, 11, 0, 0, 16) },
	  { SECTUN_TEST_NET4(10, 20, 0, 0, 16), SECTUN_TEST_NET4(10, 21, 0, 0, 16) } },
	/* 5: web servers, between the same networks as 0 */
	{ 1, 1, { SECTUN_TEST_NET4(10, 1, 0, 0, 16) },
	  { SECTUN_TEST_TS(AF_INET, 16, IPPROTO_TCP, 80, 443, SECTUN_TEST_IP4(10, 2, 0, 0)) } },
	/* 6: one of these ports */
	{ 1, 1, { SECTUN_TEST_NET4(10, 1, 0, 0, 16) },
	  { SECTUN_TEST_TS(AF_INET, 16, IPPROTO_TCP, 81, 81, SECTUN_TEST_IP4(10, 2, 0, 0)) } },
	/* 7: later fragments of TCP */
	{ 1, 1, { SECTUN_TEST_NET4(10, 1, 0, 0, 16) },
	  { SECTUN_TEST_TS(AF_INET, 16, IPPROTO_TCP, 65535, 0, SECTUN_TEST_IP4(10, 2, 0, 0)) } },
	/* 8: both families */
	{ 2, 2, { SECTUN_TEST_NET4(172, 16, 0, 0, 12), SECTUN_TEST_NET6(1, 0, 0, 48) },
	  { SECTUN_TEST_NET4(172, 32, 0, 0, 12), SECTUN_TEST_NET6(2, 0, 0, 48) } },
	/* 9: a network of the other's */
	{ 1, 1, { SECTUN_TEST_NET6(1, 0, 0, 48) }, { SECTUN_TEST_NET6(2, 5, 0, 64) } },
	/* 10: a host there */
	{ 1, 1, { SECTUN_TEST_NET6(1, 1, 0, 64) }, { SECTUN_TEST_NET6(2, 5, 6, 128) } },
	/* 11: everything else from a host */
	{ 1, 0, { SECTUN_TEST_NET4(192, 168, 1, 1, 32) } },
	/* 12: all ICMP echo requests from a network, type 8, any code */
	{ 1, 1, { SECTUN_TEST_NET4(192, 168, 2, 0, 24) },
	  { SECTUN_TEST_TS(AF_INET, 0, IPPROTO_ICMP, 0x0800, 0x08ff, { }) } },
};

#define SECTUN_TEST_INNER(_family, _src, _dst, _protocol, _sport, _dport, known)                 \
	{ .family = (_family), .src = _src, .dst = _dst, .protocol = (_protocol),                \
	  .sport = (_sport), .dport = (_dport), .ports_known = (known) }
#define SECTUN_TEST_ARG(...) __VA_ARGS__
/* a UDP packet between port 9 and port 9 */
#define SECTUN_TEST_INNER4(a, b, c, d, e, f, g, h)                                               \
	SECTUN_TEST_INNER(AF_INET, SECTUN_TEST_ARG(SECTUN_TEST_IP4(a, b, c, d)),                 \
			  SECTUN_TEST_ARG(SECTUN_TEST_IP4(e, f, g, h)), IPPROTO_UDP, 9, 9, true)
#define SECTUN_TEST_TCP4(dport, known)                                                           \
	SECTUN_TEST_INNER(AF_INET, SECTUN_TEST_IP4(10, 1, 1, 1), SECTUN_TEST_IP4(10, 2, 1, 1),   \
			  IPPROTO_TCP, 1024, dport, known)
#define SECTUN_TEST_ICMP4(port, known)                                                           \
	SECTUN_TEST_INNER(AF_INET, SECTUN_TEST_IP4(192, 168, 2, 9), SECTUN_TEST_IP4(8, 8, 8, 8), \
			  IPPROTO_ICMP, port, port, known)
#define SECTUN_TEST_INNER6(a, b, c, d, e, f)                                                     \
	SECTUN_TEST_INNER(AF_INET6, SECTUN_TEST_IP6(a, b, c), SECTUN_TEST_IP6(d, e, f),          \
			  IPPROTO_UDP, 9, 9, true)

static const struct {
	const char *name;
	int tunnel; /* index, -1: none */
	struct sectun_inner inner;
} sectun_test_lookups[] __initconst = {
	{ "plain", 0, SECTUN_TEST_INNER4(10, 1, 1, 1, 10, 2, 1, 1) },
	{ "no remote", -1, SECTUN_TEST_INNER4(10, 1, 1, 1, 10, 3, 1, 1) },
	{ "no local", -1, SECTUN_TEST_INNER4(10, 9, 1, 1, 10, 2, 1, 1) },
	{ "longer remote", 1, SECTUN_TEST_INNER4(10, 1, 1, 1, 10, 2, 3, 9) },
	{ "longer local at the longer remote", 2, SECTUN_TEST_INNER4(10, 1, 7, 1, 10, 2, 3, 9) },
	{ "host to host", 3, SECTUN_TEST_INNER4(10, 1, 7, 7, 10, 2, 3, 4) },
	{ "longest remote does not take the source", 2,
	  SECTUN_TEST_INNER4(10, 1, 7, 8, 10, 2, 3, 4) },
	{ "nor the next", 1, SECTUN_TEST_INNER4(10, 1, 8, 8, 10, 2, 3, 4) },
	{ "nor any", -1, SECTUN_TEST_INNER4(10, 8, 8, 8, 10, 2, 3, 4) },
	{ "first of two, first of two", 4, SECTUN_TEST_INNER4(10, 10, 0, 1, 10, 20, 0, 1) },
	{ "first of two, second of two", 4, SECTUN_TEST_INNER4(10, 10, 0, 1, 10, 21, 0, 1) },
	{ "second of two, first of two", 4, SECTUN_TEST_INNER4(10, 11, 0, 1, 10, 20, 0, 1) },
	{ "third of two", -1, SECTUN_TEST_INNER4(10, 12, 0, 1, 10, 20, 0, 1) },
	{ "port before the range", 0, SECTUN_TEST_TCP4(79, true) },
	{ "first port", 5, SECTUN_TEST_TCP4(80, true) },
	{ "last port", 5, SECTUN_TEST_TCP4(443, true) },
	{ "port behind the range", 0, SECTUN_TEST_TCP4(444, true) },
	{ "narrower range", 6, SECTUN_TEST_TCP4(81, true) },
	{ "no ports to be seen", 7, SECTUN_TEST_TCP4(0, false) },
	{ "protocol with this port", 0, SECTUN_TEST_INNER(AF_INET, SECTUN_TEST_IP4(10, 1, 1, 1),
	  SECTUN_TEST_IP4(10, 2, 1, 1), IPPROTO_UDP, 80, 80, true) },
	{ "second family", 8, SECTUN_TEST_INNER6(1, 9, 9, 2, 9, 9) },
	{ "first family", 8, SECTUN_TEST_INNER4(172, 17, 0, 1, 172, 33, 0, 1) },
	{ "IPv6, longer remote", 9, SECTUN_TEST_INNER6(1, 9, 9, 2, 5, 9) },
	{ "IPv6, host", 10, SECTUN_TEST_INNER6(1, 1, 9, 2, 5, 6) },
	{ "IPv6, host does not take the source", 9, SECTUN_TEST_INNER6(1, 2, 9, 2, 5, 6) },
	{ "IPv6, no remote", -1, SECTUN_TEST_INNER6(1, 2, 9, 3, 5, 6) },
	{ "default", 11, SECTUN_TEST_INNER4(192, 168, 1, 1, 8, 8, 8, 8) },
	{ "default does not take the source", -1, SECTUN_TEST_INNER4(192, 168, 1, 2, 8, 8, 8, 8) },
	{ "echo request", 12, SECTUN_TEST_ICMP4(0x0800, true) },
	{ "echo reply", -1, SECTUN_TEST_ICMP4(0x0000, true) },
	{ "ICMP, type unknown", -1, SECTUN_TEST_ICMP4(0, false) },
};

static DEFINE_MUTEX(sectun_test_lock);

/* No tunnel is looked into here: numbers do. */
static struct sectun_tunnel *__init sectun_test_tunnel(unsigned int i)
{
	return (struct sectun_tunnel *)(unsigned long)(i + 1);
}

static struct sectun_selectors *__init
sectun_test_lookup(struct sectun_selector_table *table, const struct sectun_inner *inner)
{
	struct sectun_selectors *sel;

	rcu_read_lock();
	sel = sectun_selector_table_lookup(table, inner);
	rcu_read_unlock();
	return sel;
}

/* A packet's way back: what is outbound for one end is inbound for the other. */
static void __init sectun_test_turn(const struct sectun_inner *inner, struct sectun_inner *back)
{
	*back = *inner;
	back->src = inner->dst;
	back->dst = inner->src;
	back->sport = inner->dport;
	back->dport = inner->sport;
}

static void __init sectun_test_table(struct sectun_selftest *test, bool backwards)
{
	static struct sectun_selectors sels[ARRAY_SIZE(sectun_test_tunnels)] __initdata;
	struct sectun_selector_table table;
	unsigned int i, k;

	sectun_selector_table_init(&table, &sectun_test_lock);
	mutex_lock(&sectun_test_lock);
	for (k = 0; k < ARRAY_SIZE(sels); k++) {
		i = backwards ? ARRAY_SIZE(sels) - 1 - k : k;
		SECTUN_EXPECT(test,
			      sectun_selectors_init(&sels[i], sectun_test_tunnel(i),
						    sectun_test_tunnels[i].local,
						    sectun_test_tunnels[i].n_local,
						    sectun_test_tunnels[i].remote,
						    sectun_test_tunnels[i].n_remote),
			      0, "tunnel %u: init", i);
		SECTUN_EXPECT(test, sectun_selector_table_add(&table, &sels[i]), 0,
			      "tunnel %u: add", i);
	}

	for (i = 0; i < ARRAY_SIZE(sectun_test_lookups); i++) {
		const struct sectun_inner *forth = &sectun_test_lookups[i].inner;
		const char *name = sectun_test_lookups[i].name;
		struct sectun_selectors *sel;
		struct sectun_inner back;

		sel = sectun_test_lookup(&table, forth);
		SECTUN_EXPECT(test, sel ? sel - sels : -1, sectun_test_lookups[i].tunnel,
			      "%s: tunnel", name);
		if (!sel)
			continue;
		sectun_test_turn(forth, &back);
		SECTUN_EXPECT(test, sectun_selectors_match_outbound(sel, forth), true,
			      "%s: outbound", name);
		SECTUN_EXPECT(test, sectun_selectors_match_inbound(sel, &back), true,
			      "%s: inbound", name);
		SECTUN_EXPECT(test, sectun_selectors_match_inbound(sel, forth), false,
			      "%s: inbound, the wrong way round", name);
	}
	SECTUN_EXPECT(test, sectun_selector_table_needs_transport(&table), true,
		      "ports in the table");

	for (i = 0; i < ARRAY_SIZE(sels); i++)
		sectun_selector_table_del(&table, &sels[i]);
	mutex_unlock(&sectun_test_lock);
	SECTUN_EXPECT(test, table.ip4 || table.ip6, false, "nodes in an empty table");
	SECTUN_EXPECT(test, sectun_selector_table_needs_transport(&table), false,
		      "ports in an empty table");
	sectun_selector_table_uninit(&table);
	synchronize_rcu();
	for (i = 0; i < ARRAY_SIZE(sels); i++)
		sectun_selectors_uninit(&sels[i]);
}

/* What may not stand beside what, and how a tunnel gets other selectors. */
static void __init sectun_test_conflicts(struct sectun_selftest *test)
{
	static const struct sectun_ts net1 __initconst = SECTUN_TEST_NET4(10, 1, 0, 0, 16);
	static const struct sectun_ts net2 __initconst = SECTUN_TEST_NET4(10, 2, 0, 0, 16);
	static const struct sectun_ts net6 __initconst = SECTUN_TEST_NET6(1, 0, 0, 48);
	static const struct sectun_ts pair[] __initconst = {
		SECTUN_TEST_NET4(10, 3, 0, 0, 16), SECTUN_TEST_NET4(10, 2, 0, 0, 16) };
	static const struct sectun_inner inner __initconst =
		SECTUN_TEST_INNER4(10, 1, 0, 1, 10, 2, 0, 1);
	static struct sectun_selectors first __initdata, second __initdata, third __initdata,
		newer __initdata, everything __initdata;
	struct sectun_selector_table table;
	struct sectun_ts *many;

	SECTUN_EXPECT(test, sectun_selectors_init(&first, sectun_test_tunnel(0), &net1, 1, &net6,
						  1),
		      -EINVAL, "no family in common");
	many = kcalloc(SECTUN_TS_MAX + 1, sizeof(*many), GFP_KERNEL);
	if (many) {
		unsigned int i;

		for (i = 0; i <= SECTUN_TS_MAX; i++)
			many[i] = net1;
		SECTUN_EXPECT(test, sectun_selectors_init(&first, sectun_test_tunnel(0), many,
							  SECTUN_TS_MAX + 1, NULL, 0),
			      -EINVAL, "too many selectors");
		kfree(many);
	}

	sectun_selector_table_init(&table, &sectun_test_lock);
	sectun_selectors_init(&first, sectun_test_tunnel(0), &net1, 1, &net2, 1);
	sectun_selectors_init(&second, sectun_test_tunnel(1), &net1, 1, pair, 2);
	sectun_selectors_init(&third, sectun_test_tunnel(2), &net1, 1, pair, 1);
	sectun_selectors_init(&newer, sectun_test_tunnel(0), &net1, 1, pair, 2);
	sectun_selectors_init(&everything, sectun_test_tunnel(3), NULL, 0, NULL, 0);
	SECTUN_EXPECT(test, everything.any, true, "none given takes everything");
	SECTUN_EXPECT(test, first.any, false, "a pair of networks takes everything");

	mutex_lock(&sectun_test_lock);
	SECTUN_EXPECT(test, sectun_selector_table_add(&table, &first), 0, "first");
	SECTUN_EXPECT(test, sectun_selector_table_add(&table, &everything), 0, "everything");
	SECTUN_EXPECT(test, sectun_selector_table_add(&table, &second), -EEXIST,
		      "second, of which one is the first's");
	SECTUN_EXPECT(test, sectun_selector_table_conflict(&table, &second) == &first, true,
		      "the first is in the way");
	/* Nothing of it is left: what is not the first's is free. */
	SECTUN_EXPECT(test, sectun_selector_table_add(&table, &third), 0, "third");
	SECTUN_EXPECT(test, sectun_selector_table_add(&table, &newer), -EEXIST,
		      "other selectors for the first, of which one is the third's");
	sectun_selector_table_del(&table, &third);

	SECTUN_EXPECT(test, sectun_selector_table_add(&table, &newer), 0,
		      "other selectors for the first");
	SECTUN_EXPECT(test, sectun_test_lookup(&table, &inner) == &newer, true,
		      "the newer ones are found");
	sectun_selector_table_del(&table, &first);
	SECTUN_EXPECT(test, sectun_test_lookup(&table, &inner) == &newer, true,
		      "and stay when the others go");
	sectun_selector_table_del(&table, &newer);
	SECTUN_EXPECT(test, sectun_test_lookup(&table, &inner) == &everything, true,
		      "everything else goes to who takes everything");
	sectun_selector_table_del(&table, &everything);
	mutex_unlock(&sectun_test_lock);

	SECTUN_EXPECT(test, table.ip4 || table.ip6, false, "nodes in an empty table");
	synchronize_rcu();
	sectun_selectors_uninit(&first);
	sectun_selectors_uninit(&second);
	sectun_selectors_uninit(&third);
	sectun_selectors_uninit(&newer);
	sectun_selectors_uninit(&everything);
}

/* The model: a linear search over selectors with octets that are compared bit by bit. */
#define SECTUN_TEST_POOL 200U /* tunnels at a time */
#define SECTUN_TEST_ROUNDS 3000U
#define SECTUN_TEST_LOOKUPS 8U /* after each change */
#define SECTUN_TEST_SIDE_MAX 3U /* selectors a side */

static bool __init sectun_test_octets_match(const u8 *a, const u8 *b, unsigned int n_bits)
{
	unsigned int i;

	for (i = 0; i < n_bits; i++)
		if ((a[i / 8] ^ b[i / 8]) & (0x80 >> i % 8))
			return false;
	return true;
}

static bool __init sectun_test_ts_match(const struct sectun_ts *ts,
					const struct sectun_inner *inner,
					const union sectun_addr *addr, u16 port)
{
	if (ts->family != inner->family ||
	    !sectun_test_octets_match((const u8 *)&ts->addr, (const u8 *)addr, ts->prefixlen))
		return false;
	if (ts->protocol && ts->protocol != inner->protocol)
		return false;
	if (ts->port_first == 65535 && ts->port_last == 0)
		return !inner->ports_known;
	if (ts->port_first == 0 && ts->port_last == 65535)
		return true;
	return inner->ports_known && ts->port_first <= port && port <= ts->port_last;
}

static u32 __init sectun_test_ts_narrowness(const struct sectun_ts *ts)
{
	u32 n = ts->protocol ? 65536 : 0;

	if (ts->port_first > ts->port_last)
		return n + 65535;
	return n + 65535 - (ts->port_last - ts->port_first);
}

/* How good a tunnel is for a packet: the bigger the better, 0 for not at all. */
static u64 __init sectun_test_rank(const struct sectun_selectors *sel,
				   const struct sectun_inner *inner)
{
	unsigned int r, l;
	u64 rank, best = 0;

	for (r = 0; r < sel->n_remote; r++)
		for (l = 0; l < sel->n_local; l++) {
			if (!sectun_test_ts_match(&sel->remote[r], inner, &inner->dst,
						  inner->dport) ||
			    !sectun_test_ts_match(&sel->local[l], inner, &inner->src, inner->sport))
				continue;
			rank = (u64)sel->remote[r].prefixlen << 48 |
			       (u64)sel->local[l].prefixlen << 40;
			rank |= sectun_test_ts_narrowness(&sel->remote[r]) +
				sectun_test_ts_narrowness(&sel->local[l]) + 1;
			best = max(best, rank);
		}
	return best;
}

/* Whether two tunnels have a pair of selectors in common. */
static bool __init sectun_test_clash(const struct sectun_selectors *a,
				     const struct sectun_selectors *b)
{
	unsigned int ar, al, br, bl;

	for (ar = 0; ar < a->n_remote; ar++)
		for (br = 0; br < b->n_remote; br++) {
			if (memcmp(&a->remote[ar], &b->remote[br], sizeof(*a->remote)))
				continue;
			for (al = 0; al < a->n_local; al++)
				for (bl = 0; bl < b->n_local; bl++)
					if (a->local[al].family == a->remote[ar].family &&
					    !memcmp(&a->local[al], &b->local[bl],
						    sizeof(*a->local)))
						return true;
		}
	return false;
}

/* Few different octets, so that prefixes are often in one another. */
static void __init sectun_test_random_addr(struct sectun_selftest *test, u8 family,
					   union sectun_addr *addr)
{
	static const u8 octets[] __initconst = { 0, 0, 0, 0, 0x80, 0xff, 1, 0xfe };
	unsigned int i, len = family == AF_INET ? 4 : 16;
	u8 *p = (u8 *)addr;

	memset(addr, 0, sizeof(*addr));
	for (i = 0; i < len; i++)
		p[i] = octets[sectun_selftest_random(test) % ARRAY_SIZE(octets)];
}

static u8 __init sectun_test_random_protocol(struct sectun_selftest *test)
{
	return sectun_selftest_random(test) % 2 ? IPPROTO_TCP : IPPROTO_UDP;
}

static void __init sectun_test_random_ts(struct sectun_selftest *test, struct sectun_ts *ts)
{
	static const u8 lengths4[] __initconst = { 0, 1, 7, 8, 9, 16, 23, 24, 31, 32 };
	static const u8 lengths6[] __initconst = { 0, 1, 8, 9, 63, 64, 65, 127, 128 };
	unsigned int i;
	u8 *p = (u8 *)&ts->addr;

	memset(ts, 0, sizeof(*ts));
	ts->port_last = 65535;
	if (sectun_selftest_random(test) % 2) {
		ts->family = AF_INET;
		ts->prefixlen = lengths4[sectun_selftest_random(test) % ARRAY_SIZE(lengths4)];
	} else {
		ts->family = AF_INET6;
		ts->prefixlen = lengths6[sectun_selftest_random(test) % ARRAY_SIZE(lengths6)];
	}
	sectun_test_random_addr(test, ts->family, &ts->addr);
	for (i = ts->prefixlen; i < 8 * sizeof(ts->addr); i++)
		p[i / 8] &= ~(0x80 >> i % 8);

	if (sectun_selftest_random(test) % 4)
		return;
	ts->protocol = sectun_test_random_protocol(test);
	switch (sectun_selftest_random(test) % 4) {
	case 0:
		ts->port_first = sectun_selftest_random(test) % 8;
		ts->port_last = ts->port_first + sectun_selftest_random(test) % 8;
		break;
	case 1:
		ts->port_first = 65535;
		ts->port_last = 0;
		break;
	}
}

static struct sectun_selectors *__init
sectun_test_random_selectors(struct sectun_selftest *test, unsigned int number)
{
	struct sectun_ts local[SECTUN_TEST_SIDE_MAX], remote[SECTUN_TEST_SIDE_MAX];
	unsigned int n_local = sectun_selftest_random(test) % (SECTUN_TEST_SIDE_MAX + 1);
	unsigned int n_remote = sectun_selftest_random(test) % (SECTUN_TEST_SIDE_MAX + 1);
	struct sectun_selectors *sel;
	unsigned int i;
	int err;

	for (i = 0; i < n_local; i++)
		sectun_test_random_ts(test, &local[i]);
	for (i = 0; i < n_remote; i++)
		sectun_test_random_ts(test, &remote[i]);
	sel = kzalloc(sizeof(*sel), GFP_KERNEL);
	if (!sel)
		return NULL;
	err = sectun_selectors_init(sel, sectun_test_tunnel(number), local, n_local, remote,
				    n_remote);
	if (!err)
		return sel;
	SECTUN_EXPECT(test, err, -EINVAL, "random selectors %u", number);
	kfree(sel);
	return NULL;
}

static void __init sectun_test_random_inner(struct sectun_selftest *test,
					    struct sectun_inner *inner)
{
	memset(inner, 0, sizeof(*inner));
	inner->family = sectun_selftest_random(test) % 2 ? AF_INET : AF_INET6;
	sectun_test_random_addr(test, inner->family, &inner->src);
	sectun_test_random_addr(test, inner->family, &inner->dst);
	inner->protocol = sectun_test_random_protocol(test);
	inner->ports_known = sectun_selftest_random(test) % 4;
	if (inner->ports_known) {
		inner->sport = sectun_selftest_random(test) % 16;
		inner->dport = sectun_selftest_random(test) % 16;
	}
}

static void __init sectun_test_compare(struct sectun_selftest *test,
				       struct sectun_selector_table *table,
				       struct sectun_selectors **pool, unsigned int round)
{
	struct sectun_selectors *sel;
	struct sectun_inner inner, back;
	u64 best = 0, rank;
	unsigned int i;

	sectun_test_random_inner(test, &inner);
	sectun_test_turn(&inner, &back);
	for (i = 0; i < SECTUN_TEST_POOL; i++) {
		if (!pool[i])
			continue;
		rank = sectun_test_rank(pool[i], &inner);
		best = max(best, rank);
		if (i % 16 == round % 16)
			SECTUN_EXPECT(test, sectun_selectors_match_inbound(pool[i], &back),
				      rank != 0, "round %u: inbound", round);
	}
	sel = sectun_test_lookup(table, &inner);
	SECTUN_EXPECT(test, sel ? sectun_test_rank(sel, &inner) : 0, best, "round %u: best tunnel",
		      round);
}

static void __init sectun_test_churn(struct sectun_selftest *test)
{
	struct sectun_selectors **pool, **gone, *sel;
	struct sectun_selector_table table;
	unsigned int round, i, k, n_gone = 0;
	int err, want;

	pool = kvcalloc(SECTUN_TEST_POOL, sizeof(*pool), GFP_KERNEL);
	gone = kvcalloc(SECTUN_TEST_ROUNDS + SECTUN_TEST_POOL, sizeof(*gone), GFP_KERNEL);
	if (!pool || !gone) {
		SECTUN_EXPECT(test, false, true, "memory for the model");
		goto out;
	}
	sectun_selector_table_init(&table, &sectun_test_lock);
	mutex_lock(&sectun_test_lock);
	for (round = 0; round < SECTUN_TEST_ROUNDS; round++) {
		i = sectun_selftest_random(test) % SECTUN_TEST_POOL;
		if (pool[i]) {
			sectun_selector_table_del(&table, pool[i]);
			gone[n_gone++] = pool[i];
			pool[i] = NULL;
		} else {
			sel = sectun_test_random_selectors(test, i);
			if (!sel)
				continue;
			want = 0;
			for (k = 0; k < SECTUN_TEST_POOL; k++)
				if (pool[k] && sectun_test_clash(sel, pool[k]))
					want = -EEXIST;
			err = sectun_selector_table_add(&table, sel);
			SECTUN_EXPECT(test, err, want, "round %u: add", round);
			if (err)
				gone[n_gone++] = sel;
			else
				pool[i] = sel;
		}
		for (k = 0; k < SECTUN_TEST_LOOKUPS; k++)
			sectun_test_compare(test, &table, pool, round);
	}
	for (i = 0; i < SECTUN_TEST_POOL; i++) {
		if (!pool[i])
			continue;
		sectun_selector_table_del(&table, pool[i]);
		gone[n_gone++] = pool[i];
	}
	mutex_unlock(&sectun_test_lock);
	SECTUN_EXPECT(test, table.ip4 || table.ip6, false, "nodes in an empty table");
	SECTUN_EXPECT(test, table.n_transport, 0, "ports in an empty table");
	synchronize_rcu();
	for (i = 0; i < n_gone; i++) {
		sectun_selectors_uninit(gone[i]);
		kfree(gone[i]);
	}
out:
	kvfree(gone);
	kvfree(pool);
}

/**
 * sectun_selftest_selector() - traffic selectors and the table that finds them
 * @test: counts the checks
 *
 * Context: module loading; may sleep.
 */
void __init sectun_selftest_selector(struct sectun_selftest *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sectun_test_ts); i++)
		SECTUN_EXPECT(test, sectun_ts_valid(&sectun_test_ts[i].ts), sectun_test_ts[i].valid,
			      "%s: valid", sectun_test_ts[i].name);
	sectun_test_table(test, false);
	sectun_test_table(test, true);
	sectun_test_conflicts(test);
	sectun_test_churn(test);
}
