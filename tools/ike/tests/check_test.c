// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "check.h"

static char directory[] = "/tmp/sectun-check-XXXXXX", path[64];
static char *out, *err;

static int make_directory(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/hq.conf", directory);
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	free(out);
	free(err);
	unlink(path);
	return rmdir(directory);
}

static void configure(const char *profile)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file, "[peer hq]\nlocal = 192.0.2.1\nremote = 192.0.2.2\nauth = psk\n"
		      "psk-file = hq.psk\nprofile = %s\n[tunnel lan]\ndev = sec0\n", profile);
	fclose(file);
}

static int check(const char *name, const char *against, bool json)
{
	const struct ike_check what = { directory, name, against, json };
	size_t out_len, err_len;
	FILE *outs, *errs;
	int code;

	free(out);
	free(err);
	outs = open_memstream(&out, &out_len);
	errs = open_memstream(&err, &err_len);
	assert_non_null(outs);
	assert_non_null(errs);
	code = ike_check_run(&what, outs, errs);
	fclose(outs);
	fclose(errs);
	return code;
}

static void what_is_right_is_listed(void **state)
{
	char line[128];

	(void)state;
	configure("modern");
	snprintf(line, sizeof(line), "%s: hq, 1 tunnel\n", path);
	assert_int_equal(check(NULL, NULL, false), 0);
	assert_string_equal(out, line);
	assert_int_equal(check("lan", NULL, false), 0);
	assert_string_equal(out, line);
	assert_int_equal(check(path, NULL, false), 0);
	assert_string_equal(out, line);
	assert_string_equal(err, "");
}

static void what_is_wrong_is_named(void **state)
{
	char line[192];

	(void)state;
	configure("fast");
	assert_int_equal(check(NULL, NULL, false), 1);
	snprintf(line, sizeof(line), "sectun-ike: %s:6: word 'fast': not a profile; modern, compat, "
		 "windows, azure and aws are\n", path);
	assert_string_equal(err, line);
	configure("modern");
	assert_int_equal(check("two", NULL, false), 1);
	assert_non_null(strstr(err, "word 'two': no peer and no tunnel of"));
	assert_int_equal(check(NULL, "widows", false), 2);
	assert_string_equal(err, "sectun-ike: word 'widows': did you mean 'windows'?\n");
}

/* A profile has to agree with the peers that it is named after. */
static void profiles_agree_with_what_they_are_for(void **state)
{
	static const char *const kinds[] = { "windows", "azure", "aws" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		configure(kinds[i]);
		assert_int_equal(check(NULL, kinds[i], false), 0);
		assert_non_null(strstr(out, "hq: ike: "));
		assert_non_null(strstr(out, "hq: lan: "));
	}
}

static void what_would_not_agree_has_the_smallest_edit(void **state)
{
	(void)state;
	configure("modern");
	assert_int_equal(check(NULL, "windows", false), 1);
	assert_non_null(strstr(out, "hq: ike: nothing that windows offers is accepted; nearest is "));
	assert_non_null(strstr(out, "; here: add "));
	assert_non_null(strstr(out, "; there: add "));
	assert_int_equal(check(NULL, "windows", true), 1);
	assert_non_null(strstr(out, "\"agrees\":false"));
	assert_non_null(strstr(out, "\"edit-here\":"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_right_is_listed),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(profiles_agree_with_what_they_are_for),
		cmocka_unit_test(what_would_not_agree_has_the_smallest_edit),
	};

	return cmocka_run_group_tests_name("check", tests, make_directory, remove_directory);
}
