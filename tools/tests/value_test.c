// SPDX-License-Identifier: MIT
#include <net/if.h>
#include "test.h"
#include "value.h"

static void numbers_are_decimal_or_hexadecimal(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool right;
		uint64_t number;
	} cases[] = {
		{ "0", 255, true, 0 },
		{ "255", 255, true, 255 },
		{ "256", 255, false, 0 },
		{ "0x1001", UINT32_MAX, true, 0x1001 },
		{ "0XfF", UINT32_MAX, true, 255 },
		{ "0xffffffff", UINT32_MAX, true, UINT32_MAX },
		{ "0x100000000", UINT32_MAX, false, 0 },
		{ "4294967296", UINT32_MAX, false, 0 },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, false, 0 },
		{ "99999999999999999999999", UINT64_MAX, false, 0 },
		{ "010", UINT32_MAX, true, 10 },
		{ "", UINT32_MAX, false, 0 },
		{ "0x", UINT32_MAX, false, 0 },
		{ "-1", UINT32_MAX, false, 0 },
		{ "+1", UINT32_MAX, false, 0 },
		{ " 1", UINT32_MAX, false, 0 },
		{ "1 ", UINT32_MAX, false, 0 },
		{ "1a", UINT32_MAX, false, 0 },
		{ "9", 5, false, 0 },
		{ "7", 5, false, 0 },
	};
	uint64_t number;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		number = 0;
		assert_int_equal(number_parse(cases[i].text, cases[i].max, &number),
				 cases[i].right);
		assert_int_equal(number, cases[i].number);
	}
}

static void addresses_of_hosts_are_taken(void **state)
{
	static const char *const right[] = { "192.0.2.1", "2001:db8::1", "fe80::1", "127.0.0.1" };
	static const char *const wrong[] = {
		"",	     "192.0.2",		"192.0.2.1/24", "example.org", "0.0.0.0",    "::",
		"224.0.0.1", "255.255.255.255", "ff02::1",	"fe80::1%lo",  "192.0.2.256"
	};
	char text[ADDRESS_TEXT_SIZE];
	struct sectun_addr address;
	struct fault fault;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		assert_int_equal(address_parse(right[i], &address, &fault), 0);
		assert_string_equal(address_format(&address, text), right[i]);
	}
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(address_parse(wrong[i], &address, &fault), -1);
		assert_string_equal(fault.word, wrong[i]);
	}
}

/* What is written is what was read, in the shortest form. */
static void selectors_survive_reading_and_writing(void **state)
{
	static const char *const cases[][2] = {
		{ "10.1.0.0/24", "10.1.0.0/24" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "::/0", "::/0" },
		{ "10.1.0.5", "10.1.0.5/32" },
		{ "2001:db8::/48", "2001:db8::/48" },
		{ "2001:DB8::1", "2001:db8::1/128" },
		{ "10.1.0.0/24[tcp]", "10.1.0.0/24[tcp]" },
		{ "10.1.0.0/24[6/443]", "10.1.0.0/24[tcp/443]" },
		{ "10.1.0.0/24[udp/5000-5010]", "10.1.0.0/24[udp/5000-5010]" },
		{ "10.1.0.0/24[udp/0-65535]", "10.1.0.0/24[udp]" },
		{ "10.1.0.0/24[udp/7-7]", "10.1.0.0/24[udp/7]" },
		{ "2001:db8::/64[253]", "2001:db8::/64[253]" },
		{ "10.128.0.0/9", "10.128.0.0/9" },
	};
	char text[TS_TEXT_SIZE];
	struct fault fault;
	struct sectun_ts ts;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ts_parse(cases[i][0], strlen(cases[i][0]), &ts, &fault), 0);
		assert_string_equal(ts_format(&ts, text), cases[i][1]);
	}
}

static void wrong_selectors_are_explained(void **state)
{
	static const char *const cases[][2] = {
		{ "10.1.0.5/24",
		  "bits after the prefix are set; the network is 10.1.0.0/24, the host is 10.1.0.5/32" },
		{ "2001:db8::1/32",
		  "bits after the prefix are set; the network is 2001:db8::/32, the host is 2001:db8::1/128" },
		{ "1.2.3.4/0",
		  "bits after the prefix are set; the network is 0.0.0.0/0, the host is 1.2.3.4/32" },
		{ "10.1.0.0/33", "the prefix length is 0 to 32" },
		{ "::/129", "the prefix length is 0 to 128" },
		{ "10.1.0.0/", "the prefix length is 0 to 32" },
		{ "10.1.0.0/x", "the prefix length is 0 to 32" },
		{ "10.1.0/24", "not an IPv4 or IPv6 prefix, such as 10.1.0.0/24 or 2001:db8::/48" },
		{ "", "not an IPv4 or IPv6 prefix, such as 10.1.0.0/24 or 2001:db8::/48" },
		{ "10.1.0.0/24[tcp",
		  "after the prefix may come [PROTOCOL], [PROTOCOL/PORT] or [PROTOCOL/FIRST-LAST], as in [tcp/443]" },
		{ "10.1.0.0/24[0]",
		  "after the prefix may come [PROTOCOL], [PROTOCOL/PORT] or [PROTOCOL/FIRST-LAST], as in [tcp/443]" },
		{ "10.1.0.0/24[tcp/70000]",
		  "after the prefix may come [PROTOCOL], [PROTOCOL/PORT] or [PROTOCOL/FIRST-LAST], as in [tcp/443]" },
		{ "10.1.0.0/24[tcp/9-8]",
		  "after the prefix may come [PROTOCOL], [PROTOCOL/PORT] or [PROTOCOL/FIRST-LAST], as in [tcp/443]" },
	};
	struct fault fault;
	struct sectun_ts ts;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ts_parse(cases[i][0], strlen(cases[i][0]), &ts, &fault), -1);
		assert_string_equal(fault.word, cases[i][0]);
		assert_string_equal(fault.why, cases[i][1]);
	}
}

static void lists_are_split_at_commas(void **state)
{
	struct sectun_ts_list list;
	char text[TS_TEXT_SIZE];
	struct fault fault;

	(void)state;
	assert_int_equal(ts_list_parse("10.1.0.0/24,2001:db8::/48", &list, &fault), 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(ts_format(&list.items[1], text), "2001:db8::/48");
	free(list.items);

	assert_int_equal(ts_list_parse("any", &list, &fault), 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(ts_format(&list.items[0], text), "0.0.0.0/0");
	free(list.items);

	assert_int_equal(ts_list_parse("10.1.0.0/24,,10.2.0.0/24", &list, &fault), -1);
	assert_string_equal(fault.word, "");
	assert_null(list.items);
	assert_int_equal(ts_list_parse("10.1.0.0/24,", &list, &fault), -1);
	assert_int_equal(ts_list_parse("", &list, &fault), -1);
}

static void a_list_has_a_longest_length(void **state)
{
	char text[(SECTUN_TS_MAX + 1) * 16] = "";
	struct sectun_ts_list list;
	struct fault fault;
	int i;

	(void)state;
	for (i = 0; i < SECTUN_TS_MAX; i++)
		sprintf(text + strlen(text), "%s10.1.%d.0/24", i ? "," : "", i);
	assert_int_equal(ts_list_parse(text, &list, &fault), 0);
	assert_int_equal(list.count, SECTUN_TS_MAX);
	free(list.items);
	strcat(text, ",10.2.0.0/24");
	assert_int_equal(ts_list_parse(text, &list, &fault), -1);
	assert_string_equal(fault.word, "10.2.0.0/24");
}

static void tunnel_names_are_checked(void **state)
{
	char name[SECTUN_NAME_SIZE];
	struct fault fault;

	(void)state;
	assert_int_equal(tunnel_name_parse("hq", name, &fault), 0);
	assert_int_equal(tunnel_name_parse("a.b_c-d:e@f+0", name, &fault), 0);
	assert_string_equal(name, "a.b_c-d:e@f+0");
	assert_int_equal(tunnel_name_parse("1234567890123456789012345678901", name, &fault), 0);
	assert_int_equal(tunnel_name_parse("12345678901234567890123456789012", name, &fault), -1);
	assert_int_equal(tunnel_name_parse("", name, &fault), -1);
	assert_int_equal(tunnel_name_parse("a b", name, &fault), -1);
	assert_int_equal(tunnel_name_parse("a/b", name, &fault), -1);
}

static void devices_are_found_by_name_or_index(void **state)
{
	char name[SECTUN_IFNAME_SIZE];
	struct fault fault;
	uint32_t ifindex;

	(void)state;
	assert_int_equal(ifindex_parse("lo", &ifindex, &fault), 0);
	assert_int_equal(ifindex, if_nametoindex("lo"));
	assert_string_equal(ifindex_format(ifindex, name), "lo");
	assert_int_equal(ifindex_parse("if123456", &ifindex, &fault), 0);
	assert_int_equal(ifindex, 123456);
	assert_string_equal(ifindex_format(123456, name), "if123456");
	assert_int_equal(ifindex_parse("if0", &ifindex, &fault), -1);
	assert_int_equal(ifindex_parse("nosuchdevice", &ifindex, &fault), -1);
	assert_string_equal(fault.why, "there is no device of this name");
}

/* Whatever is typed: no crash, and what was read can be written and read again. */
static void random_text_is_survived(void **state)
{
	static const char alphabet[] = "0123456789abcdef.:/[]-,xtcpudany%";
	char text[40], written[TS_TEXT_SIZE];
	struct sectun_ts_list list;
	struct sectun_ts again;
	struct fault fault;
	unsigned int i, n;

	(void)state;
	srandom(1);
	for (i = 0; i < 200000; i++) {
		for (n = 0; n < random() % (sizeof(text) - 1); n++)
			text[n] = alphabet[random() % (sizeof(alphabet) - 1)];
		text[n] = '\0';
		if (i % 2)
			memcpy(text, "10.0.0.0/", n < 9 ? n : 9);
		if (ts_list_parse(text, &list, &fault))
			continue;
		for (n = 0; n < list.count; n++) {
			ts_format(&list.items[n], written);
			assert_int_equal(ts_parse(written, strlen(written), &again, &fault), 0);
		}
		free(list.items);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_decimal_or_hexadecimal),
		cmocka_unit_test(addresses_of_hosts_are_taken),
		cmocka_unit_test(selectors_survive_reading_and_writing),
		cmocka_unit_test(wrong_selectors_are_explained),
		cmocka_unit_test(lists_are_split_at_commas),
		cmocka_unit_test(a_list_has_a_longest_length),
		cmocka_unit_test(tunnel_names_are_checked),
		cmocka_unit_test(devices_are_found_by_name_or_index),
		cmocka_unit_test(random_text_is_survived),
	};

	return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
