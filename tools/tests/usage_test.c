// SPDX-License-Identifier: MIT
/*
 * Wrong words, and what is said about them. Nothing here gets as far as the kernel.
 */
#include "test.h"
#include "verb.h"

#define USAGE(line, err) { line, err "\n" }

static const struct {
	const char *line;
	const char *err;
} cases[] = {
	USAGE("foo", "sectun: word 'foo': not an object; sectun help lists them"),
	USAGE("tunel add", "sectun: word 'tunel': not an object; did you mean 'tunnel'?"),
	USAGE("tun show", "sectun: word 'tun': not an object; sectun help lists them"),
	USAGE("tunnel ad hq", "sectun: word 'ad': not a verb of tunnel; did you mean 'add'?"),
	USAGE("sa list", "sectun: word 'list': not a verb of sa; sectun sa help lists them"),
	USAGE("help foo", "sectun: word 'foo': not an object; sectun help lists them"),
	USAGE("help tunnel foo",
	      "sectun: word 'foo': not a verb of tunnel; sectun tunnel help lists them"),
	USAGE("help tunnel add hq", "sectun: word 'hq': help is about an object and a verb"),
	USAGE("--jsn", "sectun: word '--jsn': not an option; did you mean '--json'?"),
	USAGE("-x", "sectun: word '-x': not an option; sectun help lists them"),
	USAGE("-n", "sectun: word '-n': NETNS has to follow, before the object"),
	USAGE("show -n blue", "sectun: show: word '-n': NETNS has to follow, before the object"),
	USAGE("show nosuchdevice",
	      "sectun: show: word 'nosuchdevice': there is no device of this name"),
	USAGE("show lo lo", "sectun: show: word 'lo': nothing may follow show"),
	USAGE("alg list all", "sectun: alg list: word 'all': nothing may follow alg list"),

	USAGE("tunnel add", "sectun: tunnel add: NAME is missing: the name of the tunnel"),
	USAGE("tunnel add a/b",
	      "sectun: tunnel add: word 'a/b': a tunnel's name is made of letters, digits and . _ - : @ +"),
	USAGE("tunnel add hq", "sectun: tunnel add: 'dev DEV' is missing: the sectun device"),
	USAGE("tunnel add hq dev lo local 192.0.2.1",
	      "sectun: tunnel add: 'remote ADDRESS' is missing: outer address of the peer"),
	USAGE("tunnel add hq dev",
	      "sectun: tunnel add: word 'dev': a value has to follow: the name of a network device"),
	USAGE("tunnel add hq dev lo dev lo", "sectun: tunnel add: word 'dev': given twice"),
	USAGE("tunnel add hq locl 192.0.2.1",
	      "sectun: tunnel add: word 'locl': not a keyword of tunnel add; did you mean 'local'?"),
	USAGE("tunnel add hq rem 192.0.2.1",
	      "sectun: tunnel add: word 'rem': not a keyword of tunnel add, which takes dev local remote mode encap sport dport local-ts remote-ts df dscp ecn ttl flow-label tfc dummy mss link mark keepalive"),
	USAGE("tunnel add hq local 192.0.2",
	      "sectun: tunnel add: word '192.0.2': not an IPv4 or IPv6 address, such as 192.0.2.1 or 2001:db8::1"),
	USAGE("tunnel add hq local 224.0.0.1",
	      "sectun: tunnel add: word '224.0.0.1': not the address of one host"),
	USAGE("tunnel add hq dev lo local 192.0.2.1 remote 2001:db8::1",
	      "sectun: tunnel add: word '2001:db8::1': local is an IPv4 address, so remote has to be one"),
	USAGE("tunnel add hq local-ts 10.1.0.0/24,10.2.0.5/24",
	      "sectun: tunnel add: word '10.2.0.5/24': bits after the prefix are set; the network is 10.2.0.0/24, the host is 10.2.0.5/32"),
	USAGE("tunnel add hq mode tunel",
	      "sectun: tunnel add: word 'tunel': mode takes tunnel or transport"),
	USAGE("tunnel add hq df on", "sectun: tunnel add: word 'on': df takes copy, set or clear"),
	USAGE("tunnel add hq ecn yes", "sectun: tunnel add: word 'yes': ecn takes on or off"),
	USAGE("tunnel add hq dscp 64",
	      "sectun: tunnel add: word '64': dscp takes copy, 0 to 63, or a map FROM:TO,..."),
	USAGE("tunnel add hq dscp 46:34,0:64",
	      "sectun: tunnel add: word '0:64': a map is FROM:TO,... of DSCPs from 0 to 63, as in 46:34,0:8"),
	USAGE("tunnel add hq dscp 46:34,10:0,46:0",
	      "sectun: tunnel add: word '46:0': DSCP 46 is mapped twice"),
	USAGE("tunnel add hq ttl 0", "sectun: tunnel add: word '0': ttl takes copy or 1 to 255"),
	USAGE("tunnel add hq flow-label on",
	      "sectun: tunnel add: word 'on': flow-label takes off, copy or hash"),
	USAGE("tunnel add hq mss 65535",
	      "sectun: tunnel add: word '65535': mss takes auto, off or 1 to 65534 octets"),
	USAGE("tunnel add hq sport 0", "sectun: tunnel add: word '0': sport takes 1 to 65535"),
	USAGE("tunnel add hq mark 0x100000000",
	      "sectun: tunnel add: word '0x100000000': mark takes 0x0 to 0xffffffff"),
	USAGE("tunnel add hq dev lo local 192.0.2.1 remote 192.0.2.2 sport 4500",
	      "sectun: tunnel add: word 'sport': a port needs 'encap udp'"),
	USAGE("tunnel set hq dev lo",
	      "sectun: tunnel set: nothing to change; sectun tunnel set help lists what can be"),
	USAGE("tunnel del hq", "sectun: tunnel del: 'dev DEV' is missing: the sectun device"),
	USAGE("tunnel del hq dev lo ttl 3",
	      "sectun: tunnel del: word 'ttl': not a keyword of tunnel del, which takes dev"),

	USAGE("sa add dev lo spi 255",
	      "sectun: sa add: word '255': spi takes 0x100 to 0xffffffff (0 to 255 are reserved)"),
	USAGE("sa add spi 0x100000000",
	      "sectun: sa add: word '0x100000000': spi takes 0x100 to 0xffffffff (0 to 255 are reserved)"),
	USAGE("sa add dir both", "sectun: sa add: word 'both': dir takes in or out"),
	USAGE("sa add proto 50", "sectun: sa add: word '50': proto takes esp or ah"),
	USAGE("sa add replay 65537",
	      "sectun: sa add: word '65537': replay takes 0 to 65536 packets, 0 being off"),
	USAGE("sa add dev lo tunnel hq dir out spi 256 alg aes256gcm16 key-file /dev/null replay 64",
	      "sectun: sa add: word 'replay': only dir in has a replay window"),
	USAGE("sa add key 00112233",
	      "sectun: sa add: word 'key': every user of the machine can read a command line; write key-file FILE, or key-file - for standard input"),
	USAGE("sa add dev lo dir in",
	      "sectun: sa add: 'tunnel NAME' is missing: the tunnel that the SA belongs to"),
	USAGE("sa set dev lo dir in spi 256",
	      "sectun: sa set: 'seq NUMBER' is missing: dir out: the last number used; dir in: the top of the replay window"),
	USAGE("sa del dev lo spi 256",
	      "sectun: sa del: 'dir in|out' is missing: in receives, out transmits"),
	USAGE("sa flush", "sectun: sa flush: 'dev DEV' is missing: the sectun device"),
	USAGE("sa flush dev lo spi 256",
	      "sectun: sa flush: word 'spi': not a keyword of sa flush, which takes dev tunnel"),
};

static void wrong_words_are_named_with_what_would_be_right(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_complaint(cases[i].line, EXIT_USAGE, cases[i].err);
}

static void a_key_on_the_command_line_is_not_repeated(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	run_words(&run, "sa add dev lo key 00112233445566778899aabbccddeeff");
	assert_null(strstr(run.err, "00112233"));
	run_end(&run);
}

static void a_key_file_that_is_wrong_is_refused(void **state)
{
	(void)state;
	assert_complaint("sa add dev lo tunnel hq dir in spi 256 alg x key-file /dev/null",
			 EXIT_REFUSED,
			 "sectun: sa add: key file /dev/null: no hexadecimal digits in it\n");
	assert_complaint(
		"-n nosuchnamespace show", EXIT_REFUSED,
		"sectun: word 'nosuchnamespace': cannot open the network namespace: No such file or directory\n");
}

static void help_is_everywhere(void **state)
{
	static const char *const lines[] = { "help",	  "-h",	       "--help",
					     "help show", "show help", "monitor help" };
	char line[64];
	struct run run;
	size_t i;

	(void)state;
	for (i = 0; i < verb_count + sizeof(lines) / sizeof(lines[0]); i++) {
		if (i < verb_count)
			snprintf(line, sizeof(line), "%s %s help", verbs[i].object,
				 verbs[i].name ? verbs[i].name : "");
		else
			snprintf(line, sizeof(line), "%s", lines[i - verb_count]);
		run_begin(&run);
		run_words(&run, line);
		assert_int_equal(run.code, EXIT_OK);
		assert_string_equal(run.err, "");
		assert_int_equal(strncmp(run.out, "sectun", 6), 0);
		run_end(&run);
	}
}

static void help_tells_every_keyword(void **state)
{
	const struct keyword *keyword;
	char line[64], words[64];
	struct run run;
	unsigned int i;

	(void)state;
	for (i = 0; i < verb_count; i++) {
		if (!verbs[i].table)
			continue;
		snprintf(line, sizeof(line), "%s %s help", verbs[i].object, verbs[i].name);
		run_begin(&run);
		run_words(&run, line);
		for (keyword = verbs[i].table->rows;
		     keyword < verbs[i].table->rows + verbs[i].table->count; keyword++) {
			snprintf(words, sizeof(words), "\n  %s ", keyword->word);
			assert_int_equal(strstr(run.out, words) != NULL,
					 keyword_public(keyword, verbs[i].bit));
		}
		run_end(&run);
	}
}

static void help_fits_the_terminal(void **state)
{
	const char *line, *end;
	char words[64];
	struct run run;
	unsigned int i;

	(void)state;
	for (i = 0; i < verb_count; i++) {
		snprintf(words, sizeof(words), "%s %s help", verbs[i].object,
			 verbs[i].name ? verbs[i].name : "");
		run_begin(&run);
		run_words(&run, words);
		for (line = run.out; (end = strchr(line, '\n')); line = end + 1)
			assert_true(end - line <= 100);
		run_end(&run);
	}
}

static void the_version_is_told(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	run_words(&run, "-V");
	assert_string_equal(run.out, "sectun " SECTUN_VERSION "\n");
	run_end(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_words_are_named_with_what_would_be_right),
		cmocka_unit_test(a_key_on_the_command_line_is_not_repeated),
		cmocka_unit_test(a_key_file_that_is_wrong_is_refused),
		cmocka_unit_test(help_is_everywhere),
		cmocka_unit_test(help_tells_every_keyword),
		cmocka_unit_test(help_fits_the_terminal),
		cmocka_unit_test(the_version_is_told),
	};

	return cmocka_run_group_tests_name("usage", tests, NULL, NULL);
}
