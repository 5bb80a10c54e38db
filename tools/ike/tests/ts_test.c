// SPDX-License-Identifier: MIT
#include "test.h"
#include "ts.h"

static struct ike_ts ts_of(const char *text)
{
	struct ike_fault fault;
	struct ike_ts ts;

	if (ike_ts_parse(text, strlen(text), &ts, &fault))
		fail_msg("%s: %s", text, fault.why);
	return ts;
}

static struct ike_ts_list list_of(const char *text)
{
	struct ike_fault fault;
	struct ike_ts_list list = { 0 };

	if (*text && ike_ts_list_parse(text, &list, &fault))
		fail_msg("%s: %s", text, fault.why);
	return list;
}

/* What is written is what was read, in the shortest form. */
static void selectors_survive_reading_and_writing(void **state)
{
	static const char *const cases[][2] = {
		{ "10.1.0.0/24", "10.1.0.0/24" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "::/0", "::/0" },
		{ "10.1.0.5", "10.1.0.5/32" },
		{ "2001:DB8::1", "2001:db8::1/128" },
		{ "10.1.0.0-10.1.0.255", "10.1.0.0/24" },
		{ "10.1.0.1-10.1.0.255", "10.1.0.1-10.1.0.255" },
		{ "2001:db8::-2001:db8::5", "2001:db8::-2001:db8::5" },
		{ "10.1.0.0/24[tcp]", "10.1.0.0/24[tcp]" },
		{ "10.1.0.0/24[6/443]", "10.1.0.0/24[tcp/443]" },
		{ "10.1.0.1-10.1.0.9[udp/5000-5010]", "10.1.0.1-10.1.0.9[udp/5000-5010]" },
		{ "10.1.0.0/24[udp/0-65535]", "10.1.0.0/24[udp]" },
		{ "2001:db8::/64[253]", "2001:db8::/64[253]" },
		{ "10.128.0.0/9", "10.128.0.0/9" },
	};
	char text[IKE_TS_TEXT_SIZE];
	struct ike_ts ts, again;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ts = ts_of(cases[i][0]);
		assert_string_equal(ike_ts_format(&ts, text), cases[i][1]);
		again = ts_of(text);
		assert_true(ike_ts_equal(&ts, &again));
	}
}

static void wrong_selectors_are_explained(void **state)
{
	static const char *const cases[][2] = {
		{ "10.1.0.5/24", "bits after the prefix are set; the network is 10.1.0.0/24, the "
				 "host is 10.1.0.5/32" },
		{ "2001:db8::1/32", "bits after the prefix are set; the network is 2001:db8::/32, "
				    "the host is 2001:db8::1/128" },
		{ "10.1.0.0/33", "the prefix length is 0 to 32" },
		{ "10.1.0.0/", "the prefix length is 0 to 32" },
		{ "::/129", "the prefix length is 0 to 128" },
		{ "10.1.0/24",
		  "not an IPv4 or IPv6 prefix, such as 10.1.0.0/24 or 2001:db8::/48" },
		{ "", "not an IPv4 or IPv6 prefix, such as 10.1.0.0/24 or 2001:db8::/48" },
		{ "10.1.0.1-10.1.0", "not a range of addresses, such as 10.1.0.10-10.1.0.20" },
		{ "10.1.0.1-::1", "not a range of addresses, such as 10.1.0.10-10.1.0.20" },
		{ "10.1.0.2-10.1.0.1", "the range ends before it begins" },
		{ "10.1.0.0/24[tcp", "after the prefix may come [PROTOCOL], [PROTOCOL/PORT] or "
				     "[PROTOCOL/FIRST-LAST], as in [tcp/443]" },
		{ "10.1.0.0/24[0]", "after the prefix may come [PROTOCOL], [PROTOCOL/PORT] or "
				    "[PROTOCOL/FIRST-LAST], as in [tcp/443]" },
		{ "10.1.0.0/24[tcp/70000]", "after the prefix may come [PROTOCOL], [PROTOCOL/PORT] "
					    "or [PROTOCOL/FIRST-LAST], as in [tcp/443]" },
		{ "10.1.0.0/24[tcp/9-8]", "after the prefix may come [PROTOCOL], [PROTOCOL/PORT] or "
					  "[PROTOCOL/FIRST-LAST], as in [tcp/443]" },
	};
	struct ike_fault fault;
	struct ike_ts ts;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(ike_ts_parse(cases[i][0], strlen(cases[i][0]), &ts, &fault),
				 -EINVAL);
		assert_string_equal(fault.word, cases[i][0]);
		assert_string_equal(fault.why, cases[i][1]);
	}
}

static void lists_are_split_at_commas(void **state)
{
	struct ike_ts_list list = list_of("10.1.0.0/24 , 2001:db8::/48");
	char text[IKE_TS_LIST_TEXT_SIZE], small[36];
	char many[(IKE_TS_MAX + 1) * 10 + 1] = "10.0.0.1";
	struct ike_fault fault;
	size_t i;

	(void)state;
	assert_int_equal(list.count, 2);
	assert_string_equal(ike_ts_list_format(list.items, 2, text, sizeof(text)),
			    "10.1.0.0/24,2001:db8::/48");
	assert_string_equal(ike_ts_list_format(list.items, 0, text, sizeof(text)), "none");
	list = list_of("10.1.0.0/24,10.2.0.0/24,10.3.0.0/24,10.4.0.0/24");
	assert_string_equal(ike_ts_list_format(list.items, 4, small, sizeof(small)),
			    "10.1.0.0/24,10.2.0.0/24,...");
	list = list_of("any");
	assert_string_equal(ike_ts_list_format(list.items, list.count, text, sizeof(text)),
			    "0.0.0.0/0,::/0");
	for (i = 1; i < IKE_TS_MAX; i++)
		strcat(many, ",10.0.0.1");
	assert_int_equal(ike_ts_list_parse(many, &list, &fault), 0);
	strcat(many, ",10.0.0.1");
	assert_int_equal(ike_ts_list_parse(many, &list, &fault), -EINVAL);
	assert_int_equal(ike_ts_list_parse("10.0.0.0/8,", &list, &fault), -EINVAL);
}

static void a_payload_is_written_as_the_rfc_draws_it(void **state)
{
	struct ike_ts_list list = list_of("10.1.0.0/24[tcp/443],2001:db8::/32"), read;
	struct ike_writer writer;
	struct ike_chain chain;
	uint8_t to[128];
	ptrdiff_t len;

	(void)state;
	ike_chain_begin(&writer, to, sizeof(to));
	ike_put_ts(&writer, IKE_PAYLOAD_TSI, list.items, list.count);
	len = ike_message_end(&writer);
	assert_hex(to, (size_t)len,
		   "00 00 0040 02 000000"
		   "07 06 0010 01bb 01bb 0a010000 0a0100ff"
		   "08 00 0028 0000 ffff 20010db8000000000000000000000000"
		   "                    20010db8ffffffffffffffffffffffff");
	assert_int_equal(ike_chain_parse(writer.first, (struct ike_span){ to, (size_t)len }, true,
					 &chain), 0);
	assert_int_equal(ike_ts_read(&chain.payloads[0], &read), IKE_WIRE_OK);
	assert_int_equal(read.count, 2);
	assert_true(ike_ts_equal(&read.items[0], &list.items[0]));
	assert_true(ike_ts_equal(&read.items[1], &list.items[1]));

	ike_chain_begin(&writer, to, sizeof(to));
	ike_put_ts(&writer, IKE_PAYLOAD_TSI, NULL, 0);
	assert_int_equal(ike_message_end(&writer), -EMSGSIZE);
}

static void wrong_payloads_are_refused(void **state)
{
	static const struct {
		const char *body;
		enum ike_wire_status status;
		uint8_t count;
	} cases[] = {
		{ "010000", IKE_WIRE_SHORT, 0 },
		{ "00000000", IKE_WIRE_VALUE, 0 },
		{ "01000000", IKE_WIRE_SHORT, 0 },
		{ "01000000 07000010 0000ffff 0a000000 0a0000ff", IKE_WIRE_OK, 1 },
		{ "01000000 07000010 0000ffff 0a000000 0a0000ff 00", IKE_WIRE_TRAILING, 1 },
		{ "02000000 07000010 0000ffff 0a000000 0a0000ff", IKE_WIRE_SHORT, 1 },
		{ "01000000 0700000f 0000ffff 0a000000 0a0000", IKE_WIRE_LENGTH, 0 },
		{ "01000000 07000007 0000ffff 0a000000 0a0000ff", IKE_WIRE_LENGTH, 0 },
		{ "01000000 07000011 0000ffff 0a000000 0a0000ff", IKE_WIRE_LENGTH, 0 },
		{ "01000000 08000010 0000ffff 0a000000 0a0000ff", IKE_WIRE_LENGTH, 0 },
		{ "01000000 07000010 0000ffff 0a000001 0a000000", IKE_WIRE_VALUE, 0 },
		{ "01000000 07000010 00050004 0a000000 0a0000ff", IKE_WIRE_VALUE, 0 },
		{ "01000000 07000010 ffff0000 0a000000 0a0000ff", IKE_WIRE_OK, 1 },
		/* a type that nobody knows is skipped */
		{ "01000000 09000008 0000ffff", IKE_WIRE_OK, 0 },
		{ "02000000 09000008 0000ffff 07000010 0000ffff 0a000000 0a0000ff", IKE_WIRE_OK,
		  1 },
	};
	struct ike_payload payload = { .type = IKE_PAYLOAD_TSI };
	struct ike_ts_list list;
	uint8_t octets[64], *exact;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		payload.body = unhex(cases[i].body, octets, sizeof(octets));
		exact = malloc(payload.body.len);
		memcpy(exact, octets, payload.body.len);
		payload.body.at = exact;
		if (ike_ts_read(&payload, &list) != cases[i].status)
			fail_msg("case %zu: %s", i, cases[i].body);
		assert_int_equal(list.count, cases[i].count);
		free(exact);
	}
}

static void more_selectors_than_there_is_room_for_are_left_out(void **state)
{
	uint8_t body[4 + 255 * 16] = { 255 };
	struct ike_payload payload = { .type = IKE_PAYLOAD_TSI, .body = IKE_SPAN(body) };
	struct ike_ts_list list;
	size_t i;

	(void)state;
	for (i = 0; i < 255; i++) {
		memcpy(body + 4 + 16 * i, "\7\0\0\20\0\0\377\377\12\0\0\0\12\0\0\377", 16);
		body[4 + 16 * i + 9] = body[4 + 16 * i + 13] = (uint8_t)i;
	}
	assert_int_equal(ike_ts_read(&payload, &list), IKE_WIRE_OK);
	assert_int_equal(list.count, IKE_TS_MAX);
}

static void what_is_allowed_of_an_offer_is_left(void **state)
{
	static const struct {
		const char *offered, *allowed, *left;
	} cases[] = {
		{ "0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0" },
		{ "0.0.0.0/0,::/0", "10.1.0.0/16", "10.1.0.0/16" },
		{ "10.1.2.0/24", "10.1.0.0/16", "10.1.2.0/24" },
		{ "10.1.0.0/16", "10.1.2.0/24,10.1.3.0/24", "10.1.2.0/24,10.1.3.0/24" },
		{ "10.2.0.0/16", "10.1.0.0/16", "none" },
		{ "10.1.0.0/16", "2001:db8::/32", "none" },
		{ "10.0.0.1-10.0.0.20", "10.0.0.10-10.0.0.30", "10.0.0.10-10.0.0.20" },
		{ "10.0.0.1-10.0.0.9", "10.0.0.10-10.0.0.30", "none" },
		{ "10.0.0.1-10.0.0.10", "10.0.0.10-10.0.0.30", "10.0.0.10/32" },
		/* the packet's own addresses come first and are covered by what follows */
		{ "10.1.0.5[tcp/80],10.1.0.0/16", "10.0.0.0/8", "10.1.0.0/16" },
		{ "10.1.0.5[tcp/80],10.1.0.0/16", "10.1.0.0/24", "10.1.0.0/24" },
		{ "10.1.0.5,10.2.0.0/16", "10.1.0.0/16", "10.1.0.5/32" },
		{ "10.1.0.0/16,10.2.0.0/16", "10.0.0.0/8", "10.1.0.0/16,10.2.0.0/16" },
		/* protocols and ports */
		{ "10.1.0.0/16", "10.1.0.0/16[tcp]", "10.1.0.0/16[tcp]" },
		{ "10.1.0.0/16[tcp]", "10.1.0.0/16", "10.1.0.0/16[tcp]" },
		{ "10.1.0.0/16[udp]", "10.1.0.0/16[tcp]", "none" },
		{ "10.1.0.0/16[tcp/80-90]", "10.1.0.0/16[tcp/85-100]", "10.1.0.0/16[tcp/85-90]" },
		{ "10.1.0.0/16[tcp/80-90]", "10.1.0.0/16[tcp/91]", "none" },
		{ "10.1.0.0/16[tcp]", "10.1.0.0/16[tcp/91]", "10.1.0.0/16[tcp/91]" },
	};
	struct ike_ts_list offered, allowed, left;
	char text[IKE_TS_LIST_TEXT_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		offered = list_of(cases[i].offered);
		allowed = list_of(cases[i].allowed);
		assert_int_equal(ike_ts_narrow(&offered, allowed.items, allowed.count, &left),
				 strcmp(cases[i].left, "none") != 0);
		assert_string_equal(ike_ts_list_format(left.items, left.count, text, sizeof(text)),
				    cases[i].left);
		/* never more than was offered, never more than is allowed */
		assert_true(ike_ts_covers(offered.items, offered.count, left.items, left.count));
		assert_true(ike_ts_covers(allowed.items, allowed.count, left.items, left.count));
	}
}

static void opaque_ports_match_every_port_only(void **state)
{
	struct ike_ts_list offered = list_of("10.1.0.0/16[tcp]"), left;
	struct ike_ts every = ts_of("10.1.0.0/16[tcp]"), some = ts_of("10.1.0.0/16[tcp/80]");
	char text[IKE_TS_TEXT_SIZE];

	(void)state;
	offered.items[0].port_first = UINT16_MAX;
	offered.items[0].port_last = 0;
	assert_true(ike_ts_narrow(&offered, &every, 1, &left));
	assert_string_equal(ike_ts_format(&left.items[0], text), "10.1.0.0/16[tcp/opaque]");
	assert_false(ike_ts_narrow(&offered, &some, 1, &left));
}

static void narrowing_has_a_bound_and_keeps_the_first(void **state)
{
	struct ike_ts_list offered = list_of("10.31.0.0/32,10.30.0.0/32,0.0.0.0/0"), left;
	struct ike_ts allowed[64];
	char text[32];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(allowed); i++) {
		snprintf(text, sizeof(text), "10.%zu.0.0/32", i);
		allowed[i] = ts_of(text);
	}
	assert_true(ike_ts_narrow(&offered, allowed, ARRAY_SIZE(allowed), &left));
	assert_int_equal(left.count, IKE_TS_MAX);
	assert_true(ike_ts_equal(&left.items[0], &offered.items[0]));
	assert_true(ike_ts_equal(&left.items[1], &offered.items[1]));
}

static void answers_lie_inside_the_offer(void **state)
{
	struct ike_ts_list outer = list_of("10.1.0.0/16,10.2.0.0/16"), inner;

	(void)state;
	inner = list_of("10.1.5.0/24,10.2.0.0/16");
	assert_true(ike_ts_covers(outer.items, outer.count, inner.items, inner.count));
	inner = list_of("10.1.5.0/24,10.3.0.0/16");
	assert_false(ike_ts_covers(outer.items, outer.count, inner.items, inner.count));
	inner = list_of("10.0.0.0/8");
	assert_false(ike_ts_covers(outer.items, outer.count, inner.items, inner.count));
	assert_true(ike_ts_covers(outer.items, outer.count, inner.items, 0));
	assert_false(ike_ts_covers(outer.items, 0, inner.items, 1));
}

static void ranges_are_cut_into_prefixes(void **state)
{
	static const struct {
		const char *range;
		int count;
		const char *first, *last;
	} cases[] = {
		{ "10.1.0.0/16", 1, "10.1.0.0/16", "10.1.0.0/16" },
		{ "0.0.0.0/0", 1, "0.0.0.0/0", "0.0.0.0/0" },
		{ "::/0", 1, "::/0", "::/0" },
		{ "10.0.0.1-10.0.0.6", 4, "10.0.0.1/32", "10.0.0.6/32" },
		{ "0.0.0.1-255.255.255.254", 62, "0.0.0.1/32", "255.255.255.254/32" },
		{ "128.0.0.0-255.255.255.255", 1, "128.0.0.0/1", "128.0.0.0/1" },
		{ "::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", 254, "::1/128",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/128" },
	};
	struct ike_ts_prefix to[IKE_TS_PREFIXES_MAX];
	char text[IKE_TS_TEXT_SIZE];
	struct ike_ts ts, at;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ts = ts_of(cases[i].range);
		assert_int_equal(ike_ts_prefixes(&ts, to, IKE_TS_PREFIXES_MAX), cases[i].count);
		assert_int_equal(ike_ts_prefixes(&ts, to, (size_t)cases[i].count - 1), -ENOSPC);
		at = ts_of(cases[i].first);
		assert_memory_equal(to[0].octets, at.first, at.len);
		at = ts_of(cases[i].last);
		assert_memory_equal(to[cases[i].count - 1].octets, at.first, at.len);
		snprintf(text, sizeof(text), "/%u", to[cases[i].count - 1].prefixlen);
		assert_string_equal(strchr(cases[i].last, '/'), text);
	}
}

static void an_address_is_a_selector(void **state)
{
	struct ike_endpoint endpoint = { .len = 4, .octets = { 192, 0, 2, 1 }, .port = 500 };
	struct ike_ts ts = ike_ts_of_address(&endpoint);
	char text[IKE_TS_TEXT_SIZE];

	(void)state;
	assert_string_equal(ike_ts_format(&ts, text), "192.0.2.1/32");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selectors_survive_reading_and_writing),
		cmocka_unit_test(wrong_selectors_are_explained),
		cmocka_unit_test(lists_are_split_at_commas),
		cmocka_unit_test(a_payload_is_written_as_the_rfc_draws_it),
		cmocka_unit_test(wrong_payloads_are_refused),
		cmocka_unit_test(more_selectors_than_there_is_room_for_are_left_out),
		cmocka_unit_test(what_is_allowed_of_an_offer_is_left),
		cmocka_unit_test(opaque_ports_match_every_port_only),
		cmocka_unit_test(narrowing_has_a_bound_and_keeps_the_first),
		cmocka_unit_test(answers_lie_inside_the_offer),
		cmocka_unit_test(ranges_are_cut_into_prefixes),
		cmocka_unit_test(an_address_is_a_selector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
