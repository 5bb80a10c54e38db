// SPDX-License-Identifier: MIT
/*
 * From the words of a line to the message that the kernel gets, and from its answer to the line
 * that people get.
 */
#include <errno.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <sys/stat.h>
#include <unistd.h>
#include "mock.h"
#include "test.h"
#include "verb.h"

#define T(name) SECTUN_HAS(SECTUN_A_TUNNEL_##name)
#define SA(name) SECTUN_HAS(SECTUN_A_SA_##name)
#define ALG(name) SECTUN_HAS(SECTUN_A_ALG_##name)

static char key_path[] = "/tmp/sectun-key-XXXXXX";

static const struct sectun_alg algorithms[] = {
	{ .has = ALG(NAME) | ALG(PROTO) | ALG(KEYMAT) | ALG(KEY) | ALG(SALT),
	  .name = "aes256gcm16",
	  .proto = SECTUN_PROTO_ESP,
	  .keymat = 36,
	  .key = 32,
	  .salt = 4 },
	{ .has = ALG(NAME) | ALG(PROTO) | ALG(KEYMAT) | ALG(KEY) | ALG(SALT),
	  .name = "aes256-sha256",
	  .proto = SECTUN_PROTO_ESP,
	  .keymat = 64,
	  .key = 32 },
	{ .has = ALG(NAME) | ALG(PROTO) | ALG(KEYMAT) | ALG(LEGACY),
	  .name = "3des-sha1",
	  .proto = SECTUN_PROTO_ESP,
	  .keymat = 44,
	  .legacy = true },
	{ .has = ALG(NAME) | ALG(PROTO) | ALG(KEYMAT),
	  .name = "sha256",
	  .proto = SECTUN_PROTO_AH,
	  .keymat = 32 },
};

static void key_file(unsigned int octets)
{
	FILE *file = fopen(key_path, "w");

	assert_non_null(file);
	while (octets--)
		fputs("a5", file);
	fclose(file);
}

/* Writes the name of the key file where a text has KEY. */
static const char *with_key(const char *text, char to[512])
{
	const char *key = strstr(text, "KEY");

	assert_non_null(key);
	snprintf(to, 512, "%.*s%s%s", (int)(key - text), text, key_path, key + 3);
	return to;
}

static void begin(struct run *run)
{
	run_begin(run);
	run->ctx.handle = mock_open();
}

static void end(struct run *run)
{
	assert_true(mock_exhausted());
	sectun_alg_list_free(run->ctx.algs, run->ctx.alg_count);
	mock_close(run->ctx.handle);
	run_end(run);
}

/* Runs a line of sa add, after the kernel told its algorithms; KEY stands for the key file. */
static void sa_add(struct run *run, const char *line)
{
	char words[512];

	begin(run);
	mock_list(SECTUN_CMD_ALG_GET, &sectun_alg_object, algorithms,
		  sizeof(algorithms) / sizeof(algorithms[0]));
	mock_ack();
	run_words(run, with_key(line, words));
}

static void the_tunnel_line_of_the_manual_is_sent(void **state)
{
	struct sectun_tunnel sent;
	struct run run;

	(void)state;
	begin(&run);
	mock_ack();
	run_words(&run, "tunnel add hq dev lo local 192.0.2.1 remote 192.0.2.2");
	assert_int_equal(run.code, EXIT_OK);
	assert_string_equal(run.err, "");
	assert_string_equal(run.out, "");
	assert_int_equal(mock_request_command(0), SECTUN_CMD_TUNNEL_NEW);
	mock_request_decode(0, &sectun_tunnel_object, &sent);
	assert_int_equal(sent.has, T(IFINDEX) | T(NAME) | T(LOCAL) | T(REMOTE));
	assert_int_equal(sent.ifindex, if_nametoindex("lo"));
	assert_string_equal(sent.name, "hq");
	assert_int_equal(sent.local.octets[3], 1);
	assert_int_equal(sent.remote.octets[3], 2);
	end(&run);
}

static void every_word_of_a_tunnel_is_sent_in_any_order(void **state)
{
	struct sectun_tunnel sent;
	struct run run;

	(void)state;
	begin(&run);
	mock_ack();
	run_words(
		&run,
		"tunnel add hq keepalive off mark 0x10 link lo mss 1400 tfc 128 ttl 255 ecn off dscp 46 df set "
		"remote-ts 10.2.0.0/24,2001:db8::/48 local-ts 10.1.0.0/24 dport 4501 sport 4500 encap udp "
		"mode transport remote 2001:db8::2 local 2001:db8::1 dev lo");
	assert_int_equal(run.code, EXIT_OK);
	mock_request_decode(0, &sectun_tunnel_object, &sent);
	assert_int_equal(sent.has, (T(KEEPALIVE) << 1) - T(IFINDEX));
	assert_int_equal(sent.keepalive, 0);
	assert_int_equal(sent.mark, 16);
	assert_int_equal(sent.link, if_nametoindex("lo"));
	assert_int_equal(sent.mss, 1400);
	assert_int_equal(sent.tfc, 128);
	assert_int_equal(sent.ttl, 255);
	assert_int_equal(sent.ecn, 0);
	assert_int_equal(sent.dscp, 46);
	assert_int_equal(sent.df, SECTUN_DF_SET);
	assert_int_equal(sent.remote_ts.count, 2);
	assert_int_equal(sent.local_ts.count, 1);
	assert_int_equal(sent.dport, 4501);
	assert_int_equal(sent.sport, 4500);
	assert_int_equal(sent.encap, SECTUN_ENCAP_UDP);
	assert_int_equal(sent.mode, SECTUN_MODE_TRANSPORT);
	assert_int_equal(sent.remote.len, 16);
	sectun_tunnel_uninit(&sent);
	end(&run);
}

static void words_stand_for_numbers(void **state)
{
	struct sectun_tunnel sent;
	struct run run;

	(void)state;
	begin(&run);
	mock_ack();
	run_words(&run,
		  "tunnel set hq dev lo dscp copy mss auto keepalive 25 encap none df clear ttl copy "
		  "flow-label hash");
	assert_int_equal(run.code, EXIT_OK);
	assert_int_equal(mock_request_command(0), SECTUN_CMD_TUNNEL_SET);
	mock_request_decode(0, &sectun_tunnel_object, &sent);
	assert_int_equal(sent.dscp, SECTUN_DSCP_COPY);
	assert_int_equal(sent.mss, SECTUN_MSS_AUTO);
	assert_int_equal(sent.keepalive, 25);
	assert_int_equal(sent.df, SECTUN_DF_CLEAR);
	assert_int_equal(sent.ttl, SECTUN_TTL_COPY);
	assert_int_equal(sent.flow_label, SECTUN_FLOW_LABEL_HASH);
	assert_false(sent.has & T(DSCP_MAP));
	end(&run);
}

static void a_map_of_dscp_is_sent_whole(void **state)
{
	struct sectun_tunnel sent;
	struct run run;
	unsigned int i;

	(void)state;
	begin(&run);
	mock_ack();
	run_words(&run, "tunnel set hq dev lo dscp 46:34,0x0:8");
	assert_int_equal(run.code, EXIT_OK);
	mock_request_decode(0, &sectun_tunnel_object, &sent);
	assert_int_equal(sent.has, T(IFINDEX) | T(NAME) | T(DSCP) | T(DSCP_MAP));
	assert_int_equal(sent.dscp, SECTUN_DSCP_MAP);
	for (i = 0; i < SECTUN_DSCP_COUNT; i++)
		assert_int_equal(sent.dscp_map[i], i == 46 ? 34 : i == 0 ? 8 : i);
	end(&run);
}

static void the_sa_lines_of_the_manual_are_sent(void **state)
{
	struct sectun_sa sent;
	struct run run;
	const struct nlattr *key;

	(void)state;
	key_file(36);
	sa_add(&run,
	       "sa add dev lo tunnel hq dir out proto esp spi 0x1001 alg aes256gcm16 key-file KEY allow-static");
	assert_string_equal(run.err, "");
	assert_int_equal(run.code, EXIT_OK);
	assert_int_equal(mock_request_command(1), SECTUN_CMD_SA_NEW);
	key = mock_request_attribute(1, SECTUN_A_SA_KEY);
	assert_non_null(key);
	assert_int_equal(nla_len(key), 36);
	assert_int_equal(*(uint8_t *)nla_data(key), 0xa5);
	assert_non_null(mock_request_attribute(1, SECTUN_A_SA_ALLOW_STATIC));
	assert_int_equal(nla_get_u32((struct nlattr *)mock_request_attribute(1, SECTUN_A_SA_SPI)),
			 0x1001);
	assert_int_equal(nla_get_u8((struct nlattr *)mock_request_attribute(1, SECTUN_A_SA_DIR)),
			 SECTUN_DIR_OUT);
	assert_string_equal(nla_data(mock_request_attribute(1, SECTUN_A_SA_TUNNEL)), "hq");
	end(&run);

	sa_add(&run,
	       "sa add dev lo tunnel hq dir in  proto esp spi 4098 alg aes256gcm16 key-file KEY esn on replay 0 seq 5");
	assert_int_equal(run.code, EXIT_OK);
	assert_null(mock_request_attribute(1, SECTUN_A_SA_ALLOW_STATIC));
	assert_int_equal(nla_get_u64((struct nlattr *)mock_request_attribute(1, SECTUN_A_SA_SEQ)),
			 5);
	assert_int_equal(
		nla_get_u32((struct nlattr *)mock_request_attribute(1, SECTUN_A_SA_REPLAY)), 0);
	assert_int_equal(nla_get_u8((struct nlattr *)mock_request_attribute(1, SECTUN_A_SA_ESN)),
			 1);
	end(&run);

	begin(&run);
	mock_ack();
	run_words(&run, "sa del dev lo dir in spi 0x1002");
	assert_int_equal(run.code, EXIT_OK);
	mock_request_decode(0, &sectun_sa_object, &sent);
	assert_int_equal(sent.has, SA(IFINDEX) | SA(DIR) | SA(SPI));
	assert_int_equal(sent.spi, 0x1002);
	end(&run);
}

static void dir_in_takes_allow_static_and_does_not_send_it(void **state)
{
	struct run run;

	(void)state;
	key_file(36);
	sa_add(&run,
	       "sa add allow-static legacy dev lo tunnel hq dir in spi 0x1002 alg aes256gcm16 key-file KEY");
	assert_int_equal(run.code, EXIT_OK);
	assert_string_equal(run.err, "");
	assert_null(mock_request_attribute(1, SECTUN_A_SA_ALLOW_STATIC));
	end(&run);
}

static void a_fixed_key_for_a_counter_is_explained(void **state)
{
	struct run run;
	char line[512];

	(void)state;
	key_file(36);
	begin(&run);
	mock_list(SECTUN_CMD_ALG_GET, &sectun_alg_object, algorithms, 1);
	mock_refusal_missing(-EINVAL, "give allow-static", SECTUN_A_SA_ALLOW_STATIC);
	run_words(
		&run,
		with_key("sa add dev lo tunnel hq dir out spi 0x1001 alg aes256gcm16 key-file KEY",
			 line));
	assert_int_equal(run.code, EXIT_REFUSED);
	assert_string_equal(
		run.err,
		"sectun: sa add: dir out with aes256gcm16 needs 'allow-static': its nonces are "
		"counted, and a key from a file repeats them after a restart, which reveals what it "
		"protects; say allow-static if every start gets a fresh key\n");
	end(&run);
}

/* The SA is not sent: its acknowledgement stays in the queue. */
static void sa_add_refused(const char *line, unsigned int octets, const char *expected)
{
	char words[512], err[512];
	struct run run;

	key_file(octets);
	begin(&run);
	mock_list(SECTUN_CMD_ALG_GET, &sectun_alg_object, algorithms,
		  sizeof(algorithms) / sizeof(algorithms[0]));
	run_words(&run, with_key(line, words));
	assert_string_equal(run.err, strstr(expected, "KEY") ? with_key(expected, err) : expected);
	assert_int_equal(run.code, EXIT_REFUSED);
	assert_int_equal(mock_requests(), 1);
	end(&run);
}

static void the_size_of_a_key_is_checked(void **state)
{
	(void)state;
	sa_add_refused(
		"sa add dev lo tunnel hq dir in spi 256 alg aes256gcm16 key-file KEY", 32,
		"sectun: sa add: key file KEY: 32 octets, aes256gcm16 takes 36 (key 32 and salt 4)\n");
	sa_add_refused(
		"sa add dev lo tunnel hq dir in spi 256 alg aes256-sha256 key-file KEY", 32,
		"sectun: sa add: key file KEY: 32 octets, aes256-sha256 takes 64 (key 32 and integrity key 32)\n");
	sa_add_refused("sa add dev lo tunnel hq dir in spi 256 alg 3des-sha1 key-file KEY", 45,
		       "sectun: sa add: key file KEY: 45 octets, 3des-sha1 takes 44\n");
	sa_add_refused("sa add dev lo tunnel hq dir in proto ah spi 256 alg sha256 key-file KEY",
		       31, "sectun: sa add: key file KEY: 31 octets, sha256 takes 32\n");
}

static void mock_algorithms(void)
{
	mock_list(SECTUN_CMD_ALG_GET, &sectun_alg_object, algorithms,
		  sizeof(algorithms) / sizeof(algorithms[0]));
}

/* The kernel refuses an algorithm; what it says of it, and what people get to read. */
static void alg_refused(const char *line, unsigned int octets, int error, const char *message,
			const char *expected)
{
	char words[512];
	struct run run;

	key_file(octets);
	begin(&run);
	mock_algorithms();
	mock_refusal(error, message, SECTUN_A_SA_ALG, 0);
	run_words(&run, with_key(line, words));
	assert_string_equal(run.err, expected);
	assert_int_equal(run.code, EXIT_REFUSED);
	end(&run);
}

static void a_batch_asks_for_the_algorithms_once(void **state)
{
	char text[1100], line[512], path[] = "/tmp/sectun-batch.XXXXXX";
	char *words[] = { (char *)"batch", path, NULL };
	struct run run;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	key_file(36);
	with_key("sa add dev lo tunnel hq dir in spi 256 alg aes256gcm16 key-file KEY", line);
	snprintf(text, sizeof(text), "%s\n%s\n", line, line);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	begin(&run);
	mock_algorithms();
	mock_ack();
	mock_ack();
	run.code = command_run(&run.ctx, words);
	unlink(path);
	assert_int_equal(run.code, EXIT_OK);
	assert_int_equal(mock_requests(), 3);
	end(&run);
}

static void an_unknown_algorithm_is_refused(void **state)
{
	(void)state;
	alg_refused(
		"sa add dev lo tunnel hq dir in spi 256 alg aes256gcm61 key-file KEY", 36, -ENOENT,
		"unknown algorithm",
		"sectun: sa add: word 'aes256gcm61': no such algorithm; did you mean 'aes256gcm16'?\n");
	alg_refused(
		"sa add dev lo tunnel hq dir in spi 256 alg rot13 key-file KEY", 36, -ENOENT,
		"unknown algorithm",
		"sectun: sa add: word 'rot13': no such algorithm; sectun alg list shows all\n");
}

static void the_kernel_says_why_an_algorithm_is_forbidden_or_missing(void **state)
{
	(void)state;
	alg_refused("sa add dev lo tunnel hq dir in spi 256 alg des-md5 key-file KEY", 24, -EINVAL,
		    "RFC 8221 section 5 forbids DES",
		    "sectun: sa add: word 'alg': RFC 8221 section 5 forbids DES\n");
	alg_refused("sa add dev lo tunnel hq dir in spi 256 alg aes256-sha256 key-file KEY", 64,
		    -ENOENT, "the kernel has no authenc()",
		    "sectun: sa add: word 'alg': the kernel has no authenc()\n");
}

static void an_old_algorithm_needs_to_be_asked_for(void **state)
{
	char words[512];
	struct run run;

	(void)state;
	key_file(44);
	begin(&run);
	mock_algorithms();
	mock_refusal_missing(-EINVAL, "give legacy", SECTUN_A_SA_LEGACY);
	run_words(&run, with_key("sa add dev lo tunnel hq dir in spi 256 alg 3des-sha1 key-file KEY",
				 words));
	assert_int_equal(run.code, EXIT_REFUSED);
	assert_string_equal(
		run.err,
		"sectun: sa add: 3des-sha1 needs 'legacy': 3DES should not be used, and SHA-1 will go "
		"(RFC 8221 sections 5 and 6); say legacy if the peer has nothing better\n");
	end(&run);
	sa_add(&run, "sa add dev lo tunnel hq dir in spi 256 alg 3des-sha1 legacy key-file KEY");
	assert_int_equal(run.code, EXIT_OK);
	assert_string_equal(run.err, "");
	assert_non_null(mock_request_attribute(1, SECTUN_A_SA_LEGACY));
	end(&run);
}

static void the_table_is_asked_for_without_drivers(void **state)
{
	struct sectun_alg asked;
	struct run run;

	(void)state;
	key_file(36);
	sa_add(&run, "sa add dev lo tunnel hq dir in spi 256 alg aes256gcm16 key-file KEY");
	assert_int_equal(mock_request_command(0), SECTUN_CMD_ALG_GET);
	mock_request_decode(0, &sectun_alg_object, &asked);
	assert_int_equal(asked.has, ALG(NO_DRIVER));
	end(&run);
}

static void assert_refusal(const char *line, const char *message, unsigned int attribute,
			   const char *err)
{
	struct run run;

	begin(&run);
	mock_refusal(-EINVAL, message, attribute, 0);
	run_words(&run, line);
	assert_int_equal(run.code, EXIT_REFUSED);
	assert_string_equal(run.err, err);
	end(&run);
}

static void the_kernel_s_refusal_names_the_word(void **state)
{
	(void)state;
	assert_refusal("tunnel set hq dev lo mode transport", "not yet", SECTUN_A_TUNNEL_MODE,
		       "sectun: tunnel set: word 'mode': not yet\n");
	assert_refusal("tunnel set hq dev lo local-ts 10.0.0.0/8", "too wide",
		       SECTUN_A_TUNNEL_LOCAL_TS, "sectun: tunnel set: word 'local-ts': too wide\n");
	assert_refusal("tunnel set hq dev lo ttl 3", "no such tunnel", SECTUN_A_TUNNEL_NAME,
		       "sectun: tunnel set: word 'hq': no such tunnel\n");
	assert_refusal("tunnel del hq dev lo", "not a sectun device", SECTUN_A_TUNNEL_IFINDEX,
		       "sectun: tunnel del: word 'dev': not a sectun device\n");
	assert_refusal("sa flush dev lo tunnel hq", "no such tunnel", SECTUN_A_SA_TUNNEL,
		       "sectun: sa flush: word 'tunnel': no such tunnel\n");
	assert_refusal("sa flush dev lo", "busy", 0, "sectun: sa flush: busy\n");
}

static void the_other_verbs_of_an_sa_are_sent(void **state)
{
	struct sectun_sa sent;
	struct run run;

	(void)state;
	begin(&run);
	mock_ack();
	run_words(&run, "sa set dev lo dir out proto esp spi 256 seq 18446744073709551615");
	assert_int_equal(run.code, EXIT_OK);
	assert_int_equal(mock_request_command(0), SECTUN_CMD_SA_SET);
	mock_request_decode(0, &sectun_sa_object, &sent);
	assert_int_equal(sent.seq, UINT64_MAX);
	mock_ack();
	run_words(&run, "sa flush dev lo tunnel hq");
	assert_int_equal(run.code, EXIT_OK);
	assert_int_equal(mock_request_command(1), SECTUN_CMD_FLUSH);
	mock_ack();
	run_words(&run, "tunnel del hq dev lo");
	assert_int_equal(run.code, EXIT_OK);
	assert_int_equal(mock_request_command(2), SECTUN_CMD_TUNNEL_DEL);
	end(&run);
}

static int make_key_path(void **state)
{
	(void)state;
	return close(mkstemp(key_path));
}

static int remove_key_path(void **state)
{
	(void)state;
	return unlink(key_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tunnel_line_of_the_manual_is_sent),
		cmocka_unit_test(every_word_of_a_tunnel_is_sent_in_any_order),
		cmocka_unit_test(words_stand_for_numbers),
		cmocka_unit_test(a_map_of_dscp_is_sent_whole),
		cmocka_unit_test(the_sa_lines_of_the_manual_are_sent),
		cmocka_unit_test(dir_in_takes_allow_static_and_does_not_send_it),
		cmocka_unit_test(a_fixed_key_for_a_counter_is_explained),
		cmocka_unit_test(the_size_of_a_key_is_checked),
		cmocka_unit_test(a_batch_asks_for_the_algorithms_once),
		cmocka_unit_test(an_unknown_algorithm_is_refused),
		cmocka_unit_test(the_kernel_says_why_an_algorithm_is_forbidden_or_missing),
		cmocka_unit_test(an_old_algorithm_needs_to_be_asked_for),
		cmocka_unit_test(the_table_is_asked_for_without_drivers),
		cmocka_unit_test(the_kernel_s_refusal_names_the_word),
		cmocka_unit_test(the_other_verbs_of_an_sa_are_sent),
	};

	return cmocka_run_group_tests_name("command", tests, make_key_path, remove_key_path);
}
