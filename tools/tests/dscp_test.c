// SPDX-License-Identifier: MIT
#include <string.h>
#include "dscp.h"
#include "test.h"

static void maps_survive_reading_and_writing(void **state)
{
	static const char *const cases[][2] = {
		{ "46:34", "46:34" },
		{ "46:34,0:8", "0:8,46:34" },
		{ "0x2e:0x22", "46:34" },
		{ "5:5", "" },
		{ "5:5,63:0", "63:0" },
	};
	uint8_t map[SECTUN_DSCP_COUNT], again[SECTUN_DSCP_COUNT];
	char text[DSCP_MAP_TEXT_SIZE];
	struct fault fault;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(dscp_map_parse(cases[i][0], map, &fault), 0);
		assert_string_equal(dscp_map_format(map, text), cases[i][1]);
		if (!*text)
			continue;
		assert_int_equal(dscp_map_parse(text, again, &fault), 0);
		assert_memory_equal(map, again, sizeof(map));
	}
}

static void wrong_maps_are_explained(void **state)
{
	static const char *const cases[][2] = {
		{ "46:64", "46:64" }, { "64:46", "64:46" },	{ "46:", "46:" },
		{ ":46", ":46" },     { "1:2,", "" },		{ "1:2,3", "3" },
		{ "1:2:3", "1:2:3" }, { "1:2 ,3:4", "1:2 " },	{ "1:2,1:2", "1:2" },
		{ "-1:2", "-1:2" },   { "1:2,0x00000000:2", "0x00000000:2" },
	};
	uint8_t map[SECTUN_DSCP_COUNT];
	struct fault fault;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(dscp_map_parse(cases[i][0], map, &fault), -1);
		assert_string_equal(fault.word, cases[i][1]);
	}
}

static void the_longest_map_has_room(void **state)
{
	uint8_t map[SECTUN_DSCP_COUNT], again[SECTUN_DSCP_COUNT];
	char text[DSCP_MAP_TEXT_SIZE];
	struct fault fault;
	unsigned int i;

	(void)state;
	for (i = 0; i < SECTUN_DSCP_COUNT; i++)
		map[i] = i < 10 ? 10 + i : 63 - i % 2 - (i == 63);
	dscp_map_format(map, text);
	assert_int_equal(dscp_map_parse(text, again, &fault), 0);
	assert_memory_equal(map, again, sizeof(map));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_survive_reading_and_writing),
		cmocka_unit_test(wrong_maps_are_explained),
		cmocka_unit_test(the_longest_map_has_room),
	};

	return cmocka_run_group_tests_name("dscp", tests, NULL, NULL);
}
