// SPDX-License-Identifier: MIT
#include <unistd.h>
#include <json-c/json.h>
#include "format.h"
#include "test.h"

static void times_have_two_units(void **state)
{
	static const struct {
		uint64_t seconds;
		const char *text;
	} cases[] = {
		{ 0, "now" },
		{ 1, "1 second ago" },
		{ 59, "59 seconds ago" },
		{ 60, "1 minute ago" },
		{ 61, "1 minute, 1 second ago" },
		{ 3600, "1 hour ago" },
		{ 3601, "1 hour ago" },
		{ 3660, "1 hour, 1 minute ago" },
		{ 86400, "1 day ago" },
		{ 86399, "23 hours, 59 minutes ago" },
		{ 90061, "1 day, 1 hour ago" },
		{ 8640000, "100 days ago" },
		{ UINT64_MAX, "213503982334601 days, 7 hours ago" },
	};
	char text[AGO_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(ago_format(cases[i].seconds, text), cases[i].text);
}

static void sizes_have_a_unit_that_leaves_them_above_one(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.00 KiB" },
		{ 1536, "1.50 KiB" },
		{ 1048575, "1.00 MiB" },
		{ 1048576, "1.00 MiB" },
		{ 5ULL << 30, "5.00 GiB" },
		{ 1ULL << 40, "1.00 TiB" },
		{ UINT64_MAX, "16.00 EiB" },
	};
	char text[BYTES_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(bytes_format(cases[i].bytes, text), cases[i].text);
}

static struct sectun_drop drops[] = {
	{ .packets = 3, .reason = "bad-icv", .text = "the integrity check failed" },
	{ .packets = 1, .reason = "replay", .text = "received before" },
};

static const struct sectun_stats stats = {
	.has = SECTUN_HAS(SECTUN_A_STATS_RX_PACKETS) | SECTUN_HAS(SECTUN_A_STATS_TX_PACKETS) |
	       SECTUN_HAS(SECTUN_A_STATS_DROP),
	.rx_packets = 2,
	.rx_bytes = 2048,
	.tx_packets = 1,
	.tx_bytes = 84,
	.drops = drops,
	.drop_count = 2,
};

static void counters_in_brief_leave_out_what_never_counted(void **state)
{
	struct sectun_stats quiet = { 0 };
	struct run run;

	(void)state;
	run_begin(&run);
	stats_print_brief(&run.ctx, &stats);
	fputc('\n', run.ctx.out);
	stats_print_brief(&run.ctx, &quiet);
	fputc('\n', run.ctx.out);
	quiet.drops = drops;
	quiet.drop_count = 1;
	stats_print_brief(&run.ctx, &quiet);
	run_flush(&run);
	assert_string_equal(run.out,
			    "2.00 KiB received, 84 B sent, 4 dropped\nno traffic\n3 dropped");
	run_end(&run);
}

static void counters_in_full_give_each_reason(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	stats_print(&run.ctx, &stats, "  ");
	run_flush(&run);
	assert_string_equal(run.out, "  received 2 packets, 2048 bytes (2.00 KiB)\n"
				     "  sent 1 packet, 84 bytes\n"
				     "  dropped 3 bad-icv: the integrity check failed\n"
				     "  dropped 1 replay: received before\n");
	run_end(&run);
}

static void counters_in_json_have_every_key(void **state)
{
	struct json_object *object = json_object_new_object();

	(void)state;
	stats_json(&stats, object);
	assert_string_equal(
		json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN),
		"{\"stats\":{\"rx_packets\":2,\"rx_bytes\":2048,\"tx_packets\":1,\"tx_bytes\":84,"
		"\"dropped\":4,\"drops\":{\"bad-icv\":3,\"replay\":1}}}");
	json_object_put(object);
}

static void colour_is_for_terminals_only(void **state)
{
	struct run run;

	(void)state;
	assert_false(colour_wanted(stdin) && !isatty(0));
	run_begin(&run);
	print_coloured(&run.ctx, COLOUR_BAD, "plain ");
	run.ctx.colour = true;
	print_coloured(&run.ctx, COLOUR_BAD, "yellow");
	print_coloured(&run.ctx, COLOUR_NONE, " plain");
	run_flush(&run);
	assert_string_equal(run.out, "plain \033[33myellow\033[0m plain");
	run_end(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_have_two_units),
		cmocka_unit_test(sizes_have_a_unit_that_leaves_them_above_one),
		cmocka_unit_test(counters_in_brief_leave_out_what_never_counted),
		cmocka_unit_test(counters_in_full_give_each_reason),
		cmocka_unit_test(counters_in_json_have_every_key),
		cmocka_unit_test(colour_is_for_terminals_only),
	};

	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
