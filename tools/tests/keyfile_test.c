// SPDX-License-Identifier: MIT
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "keyfile.h"
#include "test.h"

static void hexadecimal_is_read_with_space_and_comments(void **state)
{
	static const char *const same[] = {
		"00112233445566778899aabbccddeeff",
		"0x00112233445566778899AABBCCDDEEFF\n",
		"# a key\n00 11 22 33\n44 55 66 77 # half\n\t8899aabb\r\nccddeeff\n#end",
		"0x00 0x11 0x22 0x33 0x44556677 0x8899aabbccddeeff",
		"0 0 1 1 2 2 3 3 4 4 5 5 6 6 7 7 8 8 9 9 a a b b c c d d e e f f",
		"0011#x\n22334455#\n#\n66778899aabbccddeeff",
	};
	static const uint8_t octets[] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
					  0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
	struct keyfile_fault fault;
	struct key key;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		assert_int_equal(keyfile_parse(same[i], strlen(same[i]), &key, &fault), 0);
		assert_int_equal(key.len, sizeof(octets));
		assert_memory_equal(key.octets, octets, sizeof(octets));
	}
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
	static const struct {
		const char *text;
		unsigned int line;
		const char *why;
	} cases[] = {
		{ "", 0, "no hexadecimal digits in it" },
		{ "# nothing\n", 0, "no hexadecimal digits in it" },
		{ "0x", 0, "no hexadecimal digits in it" },
		{ "00112", 1, "an odd number of hexadecimal digits" },
		{ "0011\n2\n\n", 2, "an odd number of hexadecimal digits" },
		{ "0011\nzz", 2, "neither a hexadecimal digit nor a # comment" },
		{ "00,11", 1, "neither a hexadecimal digit nor a # comment" },
		{ "00x11", 1, "neither a hexadecimal digit nor a # comment" },
		{ "-----BEGIN PRIVATE KEY-----", 1, "neither a hexadecimal digit nor a # comment" },
	};
	struct keyfile_fault fault;
	struct key key;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(keyfile_parse(cases[i].text, strlen(cases[i].text), &key, &fault),
				 -1);
		assert_int_equal(fault.line, cases[i].line);
		assert_string_equal(fault.why, cases[i].why);
	}
}

static void the_longest_key_fits_and_no_longer_one(void **state)
{
	char text[2 * SECTUN_KEY_MAX + 2];
	struct keyfile_fault fault;
	struct key key;

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(keyfile_parse(text, 2 * SECTUN_KEY_MAX, &key, &fault), 0);
	assert_int_equal(key.len, SECTUN_KEY_MAX);
	assert_int_equal(keyfile_parse(text, sizeof(text), &key, &fault), -1);
	assert_string_equal(fault.why, "longer than any key");
}

static void nul_and_high_octets_are_no_digits(void **state)
{
	struct keyfile_fault fault;
	struct key key;

	(void)state;
	assert_int_equal(keyfile_parse("00\0", 3, &key, &fault), -1);
	assert_int_equal(keyfile_parse("\xff\xfe", 2, &key, &fault), -1);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

static void a_file_that_others_can_read_is_warned_of(void **state)
{
	char path[] = "/tmp/sectun-key-XXXXXX", expected[200];
	struct run run;
	struct key key;

	(void)state;
	close(mkstemp(path));
	write_file(path, "0011\n", 0640);
	run_begin(&run);
	assert_int_equal(keyfile_read(&run.ctx, path, &key), EXIT_OK);
	run_flush(&run);
	snprintf(
		expected, sizeof(expected),
		"sectun: warning: key file %s can be read by others than its owner (mode 0640; chmod 600 is right)\n",
		path);
	assert_string_equal(run.err, expected);
	keyfile_wipe(&key);
	run_end(&run);

	write_file(path, "0011\n", 0600);
	run_begin(&run);
	assert_int_equal(keyfile_read(&run.ctx, path, &key), EXIT_OK);
	run_flush(&run);
	assert_string_equal(run.err, "");
	keyfile_wipe(&key);
	run_end(&run);
	unlink(path);
}

static void no_core_dump_while_a_key_is_in_memory(void **state)
{
	char path[] = "/tmp/sectun-key-XXXXXX";
	static const struct key nothing;
	struct run run;
	struct key key;

	(void)state;
	close(mkstemp(path));
	write_file(path, "0011\n", 0600);
	run_begin(&run);
	assert_int_equal(keyfile_read(&run.ctx, path, &key), EXIT_OK);
	assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
	keyfile_wipe(&key);
	assert_int_equal(prctl(PR_GET_DUMPABLE), 1);
	assert_memory_equal(&key, &nothing, sizeof(key));
	run_end(&run);
	unlink(path);
}

static void a_file_that_is_not_there_is_named(void **state)
{
	struct run run;
	struct key key;

	(void)state;
	run_begin(&run);
	assert_int_equal(keyfile_read(&run.ctx, "/nowhere/out.key", &key), EXIT_REFUSED);
	run_flush(&run);
	assert_string_equal(run.err,
			    "sectun: key file /nowhere/out.key: No such file or directory\n");
	keyfile_wipe(&key);
	run_end(&run);
}

static void what_never_ends_is_too_long(void **state)
{
	struct run run;
	struct key key;

	(void)state;
	run_begin(&run);
	assert_int_equal(keyfile_read(&run.ctx, "/dev/zero", &key), EXIT_REFUSED);
	run_flush(&run);
	assert_non_null(strstr(run.err, "too long for a key file"));
	keyfile_wipe(&key);
	run_end(&run);
}

static void random_files_are_survived(void **state)
{
	static const char alphabet[] = "0123456789abcdefABCDEFxX# \n\t\r\0z";
	struct keyfile_fault fault;
	unsigned int i;
	struct key key;
	size_t len, n;
	char *text;

	(void)state;
	srandom(1);
	for (i = 0; i < 20000; i++) {
		/* On the heap, to the octet: the sanitizer sees what is read behind the end. */
		len = random() % 700;
		text = malloc(len);
		for (n = 0; n < len; n++)
			text[n] = alphabet[random() % (i % 2 ? 22 : sizeof(alphabet))];
		if (!keyfile_parse(text, len, &key, &fault))
			assert_in_range(key.len, 1, SECTUN_KEY_MAX);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hexadecimal_is_read_with_space_and_comments),
		cmocka_unit_test(what_is_wrong_is_told_with_its_line),
		cmocka_unit_test(the_longest_key_fits_and_no_longer_one),
		cmocka_unit_test(nul_and_high_octets_are_no_digits),
		cmocka_unit_test(a_file_that_others_can_read_is_warned_of),
		cmocka_unit_test(no_core_dump_while_a_key_is_in_memory),
		cmocka_unit_test(a_file_that_is_not_there_is_named),
		cmocka_unit_test(what_never_ends_is_too_long),
		cmocka_unit_test(random_files_are_survived),
	};

	return cmocka_run_group_tests_name("keyfile", tests, NULL, NULL);
}
