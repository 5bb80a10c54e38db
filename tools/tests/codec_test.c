// SPDX-License-Identifier: MIT
#include <errno.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include "codec.h"
#include "test.h"

static struct nl_msg *message(void)
{
	struct nl_msg *msg = nlmsg_alloc_size(16384);

	assert_non_null(msg);
	nlmsg_put(msg, 0, 0, 0, 0, 0);
	return msg;
}

static int decode(struct nl_msg *msg, const struct sectun_object *object, void *to)
{
	memset(to, 0, object->size);
	return sectun_decode(nlmsg_attrdata(nlmsg_hdr(msg), 0), nlmsg_attrlen(nlmsg_hdr(msg), 0),
			     object, to);
}

#define T(name) SECTUN_HAS(SECTUN_A_TUNNEL_##name)
#define TS(name) SECTUN_HAS(SECTUN_A_TS_##name)

static void a_tunnel_survives_the_way_through_a_message(void **state)
{
	struct sectun_ts ts[] = {
		{ .has = TS(ADDRESS) | TS(PREFIXLEN),
		  .address = { 4, { 10, 1 } },
		  .prefixlen = 16 },
		{ .has = TS(ADDRESS) | TS(PREFIXLEN) | TS(PROTOCOL) | TS(PORT_FIRST) |
			 TS(PORT_LAST),
		  .address = { 16, { 0x20, 1 } },
		  .prefixlen = 64,
		  .protocol = 6,
		  .port_first = 1,
		  .port_last = 65535 },
	};
	struct sectun_tunnel in = {
		.has = T(IFINDEX) | T(NAME) | T(LOCAL) | T(MODE) | T(SPORT) | T(REMOTE_TS) |
		       T(MARK) | T(DSCP_MAP),
		.ifindex = 7,
		.name = "hq",
		.local = { 4, { 192, 0, 2, 1 } },
		.mode = 1,
		.sport = 4500,
		.remote_ts = { ts, 2 },
		.mark = 0x80000001,
		.ttl = 9,
		.dscp_map = { 1, 2, [63] = 3 },
	};
	struct sectun_tunnel out;
	struct nl_msg *msg = message();

	(void)state;
	assert_int_equal(sectun_encode(msg, &sectun_tunnel_object, &in), 0);
	assert_int_equal(decode(msg, &sectun_tunnel_object, &out), 0);
	assert_int_equal(out.has, in.has);
	assert_int_equal(out.ifindex, 7);
	assert_string_equal(out.name, "hq");
	assert_memory_equal(&out.local, &in.local, sizeof(in.local));
	assert_int_equal(out.mode, 1);
	assert_int_equal(out.sport, 4500);
	assert_int_equal(out.mark, 0x80000001);
	assert_memory_equal(out.dscp_map, in.dscp_map, sizeof(in.dscp_map));
	assert_int_equal(out.ttl, 0);
	assert_int_equal(out.local_ts.count, 0);
	assert_int_equal(out.remote_ts.count, 2);
	assert_memory_equal(&out.remote_ts.items[0], &ts[0], sizeof(ts[0]));
	assert_memory_equal(&out.remote_ts.items[1], &ts[1], sizeof(ts[1]));
	sectun_object_uninit(&sectun_tunnel_object, &out);
	nlmsg_free(msg);
}

static void counters_nest_two_deep(void **state)
{
	struct sectun_drop drop = {
		.has = SECTUN_HAS(SECTUN_A_DROP_REASON) | SECTUN_HAS(SECTUN_A_DROP_PACKETS),
		.reason = "bad-icv", .packets = UINT64_MAX,
	};
	struct sectun_device out, in = {
		.has = SECTUN_HAS(SECTUN_A_DEVICE_STATS) | SECTUN_HAS(SECTUN_A_DEVICE_NAME),
		.name = "sec0",
		.stats = { .has = SECTUN_HAS(SECTUN_A_STATS_RX_BYTES) |
				  SECTUN_HAS(SECTUN_A_STATS_DROP),
			   .rx_bytes = 1ULL << 40,
			   .drops = &drop,
			   .drop_count = 1 },
	};
	struct nl_msg *msg = message();

	(void)state;
	assert_int_equal(sectun_encode(msg, &sectun_device_object, &in), 0);
	assert_int_equal(decode(msg, &sectun_device_object, &out), 0);
	assert_int_equal(out.stats.has, in.stats.has);
	assert_int_equal(out.stats.rx_bytes, 1ULL << 40);
	assert_int_equal(out.stats.drop_count, 1);
	assert_memory_equal(out.stats.drops, &drop, sizeof(drop));
	sectun_object_uninit(&sectun_device_object, &out);
	assert_null(out.stats.drops);
	nlmsg_free(msg);
}

static void a_key_goes_in_and_is_never_taken_out(void **state)
{
	static const uint8_t key[] = { 1, 2, 3 };
	struct sectun_sa out,
		in = { .has = SECTUN_HAS(SECTUN_A_SA_KEY), .key = key, .key_len = sizeof(key) };
	struct nl_msg *msg = message();
	struct nlattr *attr;

	(void)state;
	assert_int_equal(sectun_encode(msg, &sectun_sa_object, &in), 0);
	attr = nlmsg_find_attr(nlmsg_hdr(msg), 0, SECTUN_A_SA_KEY);
	assert_non_null(attr);
	assert_int_equal(nla_len(attr), sizeof(key));
	assert_memory_equal(nla_data(attr), key, sizeof(key));
	assert_int_equal(decode(msg, &sectun_sa_object, &out), -EBADMSG);
	nlmsg_free(msg);
}

static void nests_are_marked_as_nests(void **state)
{
	struct sectun_rekey rekey = { .has = SECTUN_HAS(SECTUN_A_REKEY_IN), .in.has = 0 };
	struct nl_msg *msg = message();
	struct nlattr *attr;

	(void)state;
	assert_int_equal(sectun_encode(msg, &sectun_rekey_object, &rekey), 0);
	attr = nlmsg_find_attr(nlmsg_hdr(msg), 0, SECTUN_A_REKEY_IN);
	assert_non_null(attr);
	assert_true(attr->nla_type & NLA_F_NESTED);
	assert_int_equal(nla_len(attr), 0);
	nlmsg_free(msg);
}

static void flags_are_sent_if_they_are_true(void **state)
{
	struct sectun_sa sa = { .has = SECTUN_HAS(SECTUN_A_SA_ALLOW_STATIC) }, out;
	struct nl_msg *msg = message();

	(void)state;
	assert_int_equal(sectun_encode(msg, &sectun_sa_object, &sa), 0);
	assert_null(nlmsg_find_attr(nlmsg_hdr(msg), 0, SECTUN_A_SA_ALLOW_STATIC));
	sa.allow_static = true;
	assert_int_equal(sectun_encode(msg, &sectun_sa_object, &sa), 0);
	assert_int_equal(decode(msg, &sectun_sa_object, &out), 0);
	assert_true(out.allow_static);
	nlmsg_free(msg);
}

static void a_message_that_is_full_says_so(void **state)
{
	struct sectun_tunnel tunnel = { .has = T(NAME) | T(LOCAL) | T(REMOTE),
					.name = "a name of some length",
					.local.len = 16,
					.remote.len = 16 };
	struct nl_msg *msg = nlmsg_alloc_size(64);

	(void)state;
	nlmsg_put(msg, 0, 0, 0, 0, 0);
	assert_int_equal(sectun_encode(msg, &sectun_tunnel_object, &tunnel), -EMSGSIZE);
	nlmsg_free(msg);
}

/* One attribute that is not as the specification says. */
static void assert_refused(int type, int len, const void *data)
{
	struct nl_msg *msg = message();
	struct sectun_tunnel tunnel;

	nla_put(msg, type, len, data);
	assert_int_equal(decode(msg, &sectun_tunnel_object, &tunnel), -EBADMSG);
	sectun_object_uninit(&sectun_tunnel_object, &tunnel);
	nlmsg_free(msg);
}

static void malformed_answers_are_refused(void **state)
{
	static const char data[64] = "0123456789012345678901234567890123456789";

	(void)state;
	assert_refused(SECTUN_A_TUNNEL_IFINDEX, 2, data);
	assert_refused(SECTUN_A_TUNNEL_IFINDEX, 8, data);
	assert_refused(SECTUN_A_TUNNEL_MODE, 0, data);
	assert_refused(SECTUN_A_TUNNEL_SPORT, 4, data);
	assert_refused(SECTUN_A_TUNNEL_LOCAL, 0, data);
	assert_refused(SECTUN_A_TUNNEL_LOCAL, 5, data);
	assert_refused(SECTUN_A_TUNNEL_LOCAL, 20, data);
	assert_refused(SECTUN_A_TUNNEL_NAME, 40, data);
	assert_refused(SECTUN_A_TUNNEL_DSCP_MAP, 63, data);
	assert_refused(SECTUN_A_TUNNEL_NAME, SECTUN_NAME_SIZE, data);
	assert_refused(SECTUN_A_TUNNEL_REMOTE_TS, 10, "\xff\xff\1\0abcdef");
}

static void a_string_may_lack_its_end(void **state)
{
	struct nl_msg *msg = message();
	struct sectun_tunnel tunnel;

	(void)state;
	nla_put(msg, SECTUN_A_TUNNEL_NAME, 2, "hq");
	assert_int_equal(decode(msg, &sectun_tunnel_object, &tunnel), 0);
	assert_string_equal(tunnel.name, "hq");
	nlmsg_free(msg);
}

static void what_may_come_once_does_not_come_twice(void **state)
{
	struct nl_msg *msg = message();
	struct sectun_tunnel tunnel;

	(void)state;
	nla_put_u32(msg, SECTUN_A_TUNNEL_IFINDEX, 1);
	nla_put_u32(msg, SECTUN_A_TUNNEL_IFINDEX, 2);
	assert_int_equal(decode(msg, &sectun_tunnel_object, &tunnel), -EBADMSG);
	nlmsg_free(msg);
}

static void attributes_of_a_later_version_are_left_out(void **state)
{
	struct nl_msg *msg = message();
	struct sectun_tunnel tunnel;

	(void)state;
	nla_put_u32(msg, SECTUN_A_TUNNEL_MAX + 1, 1);
	nla_put_u32(msg, 100, 1);
	nla_put_u32(msg, SECTUN_A_TUNNEL_IFINDEX, 2);
	assert_int_equal(decode(msg, &sectun_tunnel_object, &tunnel), 0);
	assert_int_equal(tunnel.has, T(IFINDEX));
	nlmsg_free(msg);
}

/* Whatever arrives: no crash, and what was decoded can be released. The sanitizers watch. */
static void random_damage_is_survived(void **state)
{
	struct sectun_ts ts = { .has = TS(ADDRESS) | TS(PREFIXLEN), .address.len = 4 };
	struct sectun_event out, in = {
		.has = SECTUN_HAS(SECTUN_A_EVENT_TUNNEL) | SECTUN_HAS(SECTUN_A_EVENT_SA) |
		       SECTUN_HAS(SECTUN_A_EVENT_TS_SRC) | SECTUN_HAS(SECTUN_A_EVENT_ADDRESS),
		.tunnel = { .has = T(NAME) | T(LOCAL_TS), .name = "hq", .local_ts = { &ts, 1 } },
		.sa = { .has = SECTUN_HAS(SECTUN_A_SA_ALG) | SECTUN_HAS(SECTUN_A_SA_SPI),
			.alg = "aes256gcm16" },
		.ts_src = { .has = TS(ADDRESS), .address.len = 16 },
		.address.len = 4,
	};
	struct nl_msg *msg = message();
	uint8_t *whole, *damaged;
	unsigned int i;
	int len;

	(void)state;
	assert_int_equal(sectun_encode(msg, &sectun_event_object, &in), 0);
	len = nlmsg_attrlen(nlmsg_hdr(msg), 0);
	whole = (uint8_t *)nlmsg_attrdata(nlmsg_hdr(msg), 0);
	damaged = malloc(len);
	srandom(1);
	for (i = 0; i < 200000; i++) {
		int cut = random() % (len + 1), n = random() % 4;

		memcpy(damaged, whole, len);
		while (n--)
			damaged[random() % len] = random();
		memset(&out, 0, sizeof(out));
		sectun_decode((struct nlattr *)damaged, i % 2 ? cut : len, &sectun_event_object,
			      &out);
		sectun_object_uninit(&sectun_event_object, &out);
	}
	free(damaged);
	nlmsg_free(msg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tunnel_survives_the_way_through_a_message),
		cmocka_unit_test(counters_nest_two_deep),
		cmocka_unit_test(a_key_goes_in_and_is_never_taken_out),
		cmocka_unit_test(nests_are_marked_as_nests),
		cmocka_unit_test(flags_are_sent_if_they_are_true),
		cmocka_unit_test(a_message_that_is_full_says_so),
		cmocka_unit_test(malformed_answers_are_refused),
		cmocka_unit_test(a_string_may_lack_its_end),
		cmocka_unit_test(what_may_come_once_does_not_come_twice),
		cmocka_unit_test(attributes_of_a_later_version_are_left_out),
		cmocka_unit_test(random_damage_is_survived),
	};

	return cmocka_run_group_tests_name("codec", tests, NULL, NULL);
}
