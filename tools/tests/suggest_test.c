// SPDX-License-Identifier: MIT
#include "suggest.h"
#include "test.h"

static const char *const names[] = { "dev",	  "local", "remote", "local-ts",
				     "remote-ts", "df",	   "dscp",   "key-file" };

#define SUGGEST(word) suggest(word, names, sizeof(names) / sizeof(names[0]))

static void slips_are_understood(void **state)
{
	(void)state;
	assert_string_equal(SUGGEST("locl"), "local");
	assert_string_equal(SUGGEST("loacl"), "local");
	assert_string_equal(SUGGEST("local_ts"), "local-ts");
	assert_string_equal(SUGGEST("remotets"), "remote-ts");
	assert_string_equal(SUGGEST("dcsp"), "dscp");
	assert_string_equal(SUGGEST("keyfile"), "key-file");
}

static void what_is_far_from_everything_is_not_guessed(void **state)
{
	(void)state;
	assert_null(SUGGEST("zzz"));
	assert_null(SUGGEST("encapsulation"));
	assert_null(SUGGEST(""));
	assert_null(SUGGEST("a-word-that-is-longer-than-any-keyword-could-ever-be"));
	assert_null(suggest("dev", names, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slips_are_understood),
		cmocka_unit_test(what_is_far_from_everything_is_not_guessed),
	};

	return cmocka_run_group_tests_name("suggest", tests, NULL, NULL);
}
