// SPDX-License-Identifier: MIT
/*
 * What people and programs are shown. The device is lo, because that one is everywhere.
 */
#include <errno.h>
#include <json-c/json.h>
#include "mock.h"
#include "monitor.h"
#include "test.h"

#define D(name) SECTUN_HAS(SECTUN_A_DEVICE_##name)
#define T(name) SECTUN_HAS(SECTUN_A_TUNNEL_##name)
#define SA(name) SECTUN_HAS(SECTUN_A_SA_##name)
#define S(name) SECTUN_HAS(SECTUN_A_STATS_##name)
#define TS(name) SECTUN_HAS(SECTUN_A_TS_##name)
#define E(name) SECTUN_HAS(SECTUN_A_EVENT_##name)

#define TUNNEL_ALL                                                                                \
	(T(IFINDEX) | T(NAME) | T(LOCAL) | T(REMOTE) | T(MODE) | T(ENCAP) | T(SPORT) | T(DPORT) | \
	 T(DF) | T(DSCP) | T(ECN) | T(TTL) | T(TFC) | T(DUMMY) | T(MSS) | T(LINK) | T(MARK) | T(KEEPALIVE) | \
	 T(HELD) | T(STATS) | T(FLOW_LABEL))
#define SA_ALL                                                                                    \
	(SA(IFINDEX) | SA(TUNNEL) | SA(DIR) | SA(PROTO) | SA(SPI) | SA(ALG) | SA(ESN) | SA(SEQ) | \
	 SA(STATE) | SA(DRIVER) | SA(AGE) | SA(STATS))

static struct sectun_drop drop = {
	.has = SECTUN_HAS(SECTUN_A_DROP_REASON) | SECTUN_HAS(SECTUN_A_DROP_PACKETS) |
	       SECTUN_HAS(SECTUN_A_DROP_TEXT),
	.packets = 2,
	.reason = "bad-icv",
	.text = "the integrity check failed",
};

static struct sectun_ts networks[] = {
	{ .has = TS(ADDRESS) | TS(PREFIXLEN), .address = { 4, { 10, 2 } }, .prefixlen = 24 },
	{ .has = TS(ADDRESS) | TS(PREFIXLEN) | TS(PROTOCOL) | TS(PORT_FIRST),
	  .address = { 4, { 10, 3 } },
	  .prefixlen = 24,
	  .protocol = 6,
	  .port_first = 443 },
};

static struct sectun_device device;
static struct sectun_tunnel tunnels[2];
#define LATE_ALL (SECTUN_HAS(SECTUN_A_LATE_BEHIND) | SECTUN_HAS(SECTUN_A_LATE_PACKETS))
static struct sectun_sa sas[3];
static struct sectun_late late_by[] = {
	{ .has = LATE_ALL, .behind = 1, .packets = 2 },
	{ .has = LATE_ALL, .behind = 16, .packets = 1 },
};

static void fill(void)
{
	device = (struct sectun_device){
		.has = D(IFINDEX) | D(NAME) | D(TUNNELS) | D(STATS),
		.ifindex = 1,
		.tunnels = 2,
		.name = "lo",
		.stats = { .has = S(RX_PACKETS) | S(RX_BYTES) | S(TX_PACKETS) | S(TX_BYTES) |
				  S(DROP),
			   .rx_packets = 3,
			   .rx_bytes = 2048,
			   .drops = &drop,
			   .drop_count = 1 },
	};
	tunnels[0] = (struct sectun_tunnel){
		.has = TUNNEL_ALL,
		.ifindex = 1,
		.name = "hq",
		.local = { 4, { 192, 0, 2, 1 } },
		.remote = { 4, { 192, 0, 2, 2 } },
		.sport = 4500,
		.dport = 4500,
		.dscp = SECTUN_DSCP_COPY,
		.ecn = 1,
		.ttl = 64,
		.mss = SECTUN_MSS_AUTO,
	};
	tunnels[1] = tunnels[0];
	tunnels[1].name[0] = 'b';
	tunnels[1].encap = SECTUN_ENCAP_UDP;
	tunnels[1].keepalive = 20;
	tunnels[1].dport = 4501;
	tunnels[1].ttl = 9;
	tunnels[1].mark = 16;
	tunnels[1].has |= T(REMOTE_TS) | T(PATH_MTU);
	tunnels[1].remote_ts = (struct sectun_ts_list){ networks, 2 };
	tunnels[1].path_mtu = 1438;
	tunnels[1].stats = device.stats;
	sas[0] = (struct sectun_sa){
		.has = SA_ALL | SA(REPLAY),
		.ifindex = 1,
		.tunnel = "hq",
		.dir = SECTUN_DIR_IN,
		.proto = SECTUN_PROTO_ESP,
		.spi = 0x1002,
		.replay = 4096,
		.seq = 7,
		.alg = "aes256gcm16",
		.driver = "esp(x)",
		.age = 3661,
		.state = SECTUN_SA_STATE_ACTIVE,
	};
	sas[1] = sas[0];
	sas[1].dir = SECTUN_DIR_OUT;
	sas[1].spi = 0xf0001001;
	sas[1].has = SA_ALL | SA(ALLOW_STATIC) | SA(IDLE);
	sas[1].allow_static = true;
	sas[1].idle = 2;
	sas[2] = sas[0];
	sas[2].spi = 0x1003;
	sas[2].age = 5;
	sas[2].state = SECTUN_SA_STATE_RETIRING;
	sas[2].esn = 1;
	sas[2].replay = 64;
	sas[2].has |= SA(LOST) | SA(LATE) | SA(LATE_MAX) | SA(LATE_BY);
	sas[2].lost = 9;
	sas[2].late = 3;
	sas[2].late_max = 21;
	sas[2].has |= SA(SOFT_PACKETS) | SA(HARD_PACKETS) | SA(USED_PACKETS) | SA(HARD_TIME);
	sas[2].soft_packets = 1000;
	sas[2].hard_packets = UINT64_MAX;
	sas[2].used_packets = 17;
	sas[2].hard_time = 3600;
	sas[2].late_by = late_by;
	sas[2].late_by_count = 2;
}

static void show(struct run *run, const char *line, bool all)
{
	fill();
	run_begin(run);
	run->ctx.handle = mock_open();
	if (all || !strncmp(line, "device", 6))
		mock_list(SECTUN_CMD_DEVICE_GET, &sectun_device_object, &device, 1);
	if (all || !strncmp(line, "tunnel", 6))
		mock_list(SECTUN_CMD_TUNNEL_GET, &sectun_tunnel_object, tunnels, 2);
	if (all || !strncmp(line, "sa", 2))
		mock_list(SECTUN_CMD_SA_GET, &sectun_sa_object, sas, 3);
	run_words(run, line);
	assert_true(mock_exhausted());
}

static void hide(struct run *run)
{
	mock_close(run->ctx.handle);
	run_end(run);
}

static void bare_shows_everything(void **state)
{
	struct run run;

	(void)state;
	show(&run, "", true);
	assert_int_equal(run.code, EXIT_OK);
	assert_string_equal(run.err, "");
	assert_string_equal(
		run.out,
		"lo: 2 tunnels, 2.00 KiB received, 2 dropped\n"
		"  tunnel hq local 192.0.2.1 remote 192.0.2.2\n"
		"      no traffic\n"
		"    sa dir out proto esp spi 0xf0001001 alg aes256gcm16 allow-static\n"
		"        seq 7 driver esp(x)\n"
		"        installed 1 hour, 1 minute ago, last packet 2 seconds ago, no traffic\n"
		"    sa dir in proto esp spi 0x00001002 alg aes256gcm16\n"
		"        seq 7 driver esp(x)\n"
		"        installed 1 hour, 1 minute ago, no traffic\n"
		"    sa dir in proto esp spi 0x00001003 alg aes256gcm16 esn on replay 64 state retiring\n"
		"        seq 7 driver esp(x)\n"
		"        soft-packets 1000 hard-packets 18446744073709551615 hard-time 3600 used-packets 17\n"
		"        installed 5 seconds ago, no traffic\n"
		"  tunnel bq local 192.0.2.1 remote 192.0.2.2 encap udp sport 4500 dport 4501\n"
		"      remote-ts 10.2.0.0/24,10.3.0.0/24[tcp/443]\n"
		"      ttl 9 mark 0x10\n"
		"      path-mtu 1438\n"
		"      2.00 KiB received, 2 dropped\n");
	hide(&run);
}

static void statistics_give_each_reason(void **state)
{
	struct run run;

	(void)state;
	show(&run, "-s show lo", true);
	assert_int_equal(run.code, EXIT_OK);
	assert_non_null(strstr(run.out, "lo: 2 tunnels\n"
					"    received 3 packets, 2048 bytes (2.00 KiB)\n"
					"    sent 0 packets, 0 bytes\n"
					"    dropped 2 bad-icv: the integrity check failed\n"));
	assert_non_null(strstr(run.out, "        installed 5 seconds ago\n"));
	hide(&run);
}

static void details_give_defaults(void **state)
{
	struct run run;

	(void)state;
	show(&run, "tunnel show hq -d", false);
	assert_string_equal(
		run.out,
		"tunnel hq dev lo local 192.0.2.1 remote 192.0.2.2 mode tunnel encap none sport 4500 dport 4500\n"
		"    df copy dscp copy ecn on ttl 64 flow-label off tfc 0 dummy 0 mss auto mark 0x0 keepalive off\n"
		"    held 0\n"
		"    no traffic\n");
	hide(&run);
}

/* What is shown can be typed again. */
static void a_tunnel_is_shown_as_it_is_added(void **state)
{
	char line[256] = "tunnel add ";
	struct sectun_tunnel sent;
	struct run run, again;

	(void)state;
	show(&run, "tunnel show bq", false);
	sscanf(run.out, "tunnel %200[^\n]", line + strlen(line));
	hide(&run);

	run_begin(&again);
	again.ctx.handle = mock_open();
	mock_ack();
	run_words(&again, line);
	assert_string_equal(again.err, "");
	mock_request_decode(0, &sectun_tunnel_object, &sent);
	assert_string_equal(sent.name, "bq");
	assert_int_equal(sent.dport, 4501);
	hide(&again);
}

static void sas_are_chosen_by_words(void **state)
{
	struct run run;

	(void)state;
	show(&run, "sa show dir in spi 0x1003", false);
	assert_string_equal(
		run.out,
		"sa dev lo tunnel hq dir in proto esp spi 0x00001003 alg aes256gcm16 esn on replay 64 "
		"state retiring\n    seq 7 driver esp(x)\n    soft-packets 1000 hard-packets 18446744073709551615 hard-time 3600 used-packets 17\n"
		"    installed 5 seconds ago, no traffic\n");
	assert_int_equal(run.code, EXIT_OK);
	hide(&run);
	show(&run, "sa show tunnel nothq", false);
	assert_string_equal(run.out, "");
	assert_int_equal(run.code, EXIT_OK);
	hide(&run);
	show(&run, "sa show spi 0x9999", false);
	assert_string_equal(run.err,
			    "sectun: sa show: word '0x00009999': there is no SA of this SPI\n");
	assert_int_equal(run.code, EXIT_REFUSED);
	hide(&run);
	show(&run, "tunnel show nothq", false);
	assert_string_equal(run.err,
			    "sectun: tunnel show: word 'nothq': there is no tunnel of this name\n");
	assert_int_equal(run.code, EXIT_REFUSED);
	hide(&run);
}

static void a_lifetime_is_shown_with_what_is_used_of_it(void **state)
{
	struct run run;

	(void)state;
	show(&run, "sa show spi 0x1003", false);
	assert_non_null(strstr(run.out, "\n    soft-packets 1000 hard-packets 18446744073709551615 "
					"hard-time 3600 used-packets 17\n"));
	hide(&run);
	show(&run, "sa show -j spi 0x1003", false);
	assert_non_null(strstr(run.out, "\"soft_packets\":1000,\"hard_packets\":18446744073709551615,"
					"\"hard_time\":3600,\"used_packets\":17,"));
	hide(&run);
}

static void what_the_window_tells_of_loss_is_a_statistic(void **state)
{
	struct run run;

	(void)state;
	show(&run, "sa show -s spi 0x1003", false);
	assert_string_equal(
		run.out,
		"sa dev lo tunnel hq dir in proto esp spi 0x00001003 alg aes256gcm16 esn on replay 64 "
		"state retiring\n    seq 7 driver esp(x)\n"
		"    soft-packets 1000 hard-packets 18446744073709551615 hard-time 3600 used-packets 17\n"
		"    installed 5 seconds ago\n"
		"    lost 9 packets on the way\n"
		"    late 3 packets, behind by 1+: 2, 16+: 1, at most 21\n");
	hide(&run);
	show(&run, "sa show -j spi 0x1003", false);
	assert_non_null(strstr(run.out, "\"lost\":9,\"late\":3,\"late_max\":21,"
					"\"late_by\":[{\"behind\":1,\"packets\":2},"
					"{\"behind\":16,\"packets\":1}],\"stats\""));
	hide(&run);
}

static void json_has_stable_keys(void **state)
{
	struct run run;

	(void)state;
	show(&run, "sa show -j spi 0xf0001001", false);
	assert_string_equal(
		run.out,
		"[{\"dev\":\"lo\",\"tunnel\":\"hq\",\"dir\":\"out\",\"proto\":\"esp\",\"spi\":4026535937,"
		"\"alg\":\"aes256gcm16\",\"allow_static\":true,\"esn\":false,\"state\":\"active\",\"seq\":7,"
		"\"driver\":\"esp(x)\",\"age\":3661,\"idle\":2,\"stats\":{\"rx_packets\":0,\"rx_bytes\":0,"
		"\"tx_packets\":0,\"tx_bytes\":0,\"dropped\":0,\"drops\":{}}}]\n");
	hide(&run);
	show(&run, "tunnel show bq -j", false);
	assert_string_equal(
		run.out,
		"[{\"dev\":\"lo\",\"name\":\"bq\",\"local\":\"192.0.2.1\",\"remote\":\"192.0.2.2\",\"mode\":\"tunnel\","
		"\"encap\":\"udp\",\"sport\":4500,\"dport\":4501,\"remote_ts\":[\"10.2.0.0/24\",\"10.3.0.0/24[tcp/443]\"],"
		"\"df\":\"copy\",\"dscp\":\"copy\",\"ecn\":true,\"ttl\":9,\"flow_label\":\"off\",\"tfc\":0,\"dummy\":0,\"mss\":\"auto\",\"mark\":16,"
		"\"keepalive\":20,\"path_mtu\":1438,\"held\":0,\"stats\":{\"rx_packets\":3,\"rx_bytes\":2048,"
		"\"tx_packets\":0,\"tx_bytes\":0,\"dropped\":2,\"drops\":{\"bad-icv\":2}}}]\n");
	hide(&run);
	show(&run, "device show -j", false);
	assert_string_equal(
		run.out,
		"[{\"dev\":\"lo\",\"ifindex\":1,\"up\":true,\"stats\":{\"rx_packets\":3,\"rx_bytes\":2048,\"tx_packets\":0,"
		"\"tx_bytes\":0,\"dropped\":2,\"drops\":{\"bad-icv\":2}}}]\n");
	hide(&run);
}

static void a_header_policy_is_shown_as_it_is_given(void **state)
{
	struct run run;
	unsigned int i;

	(void)state;
	fill();
	tunnels[0].dscp = SECTUN_DSCP_MAP;
	tunnels[0].has |= T(DSCP_MAP);
	for (i = 0; i < SECTUN_DSCP_COUNT; i++)
		tunnels[0].dscp_map[i] = i == 46 ? 34 : i == 0 ? 8 : i;
	tunnels[0].ttl = SECTUN_TTL_COPY;
	tunnels[0].flow_label = SECTUN_FLOW_LABEL_HASH;
	run_begin(&run);
	run.ctx.handle = mock_open();
	mock_list(SECTUN_CMD_TUNNEL_GET, &sectun_tunnel_object, tunnels, 1);
	mock_list(SECTUN_CMD_TUNNEL_GET, &sectun_tunnel_object, tunnels, 1);
	run_words(&run, "tunnel show hq");
	assert_non_null(strstr(run.out, "    dscp 0:8,46:34 ttl copy flow-label hash\n"));
	run_words(&run, "tunnel show hq -j");
	assert_non_null(strstr(run.out, "\"dscp\":{\"0\":8,\"46\":34},\"ecn\":true,\"ttl\":\"copy\","
					"\"flow_label\":\"hash\","));
	hide(&run);
}

static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	assert_true(json_object_object_get_ex(object, key, &value));
	return value;
}

static void json_nests_sas_in_tunnels_in_devices(void **state)
{
	struct json_object *whole, *found, *list;
	struct run run;

	(void)state;
	show(&run, "-j -p show", true);
	whole = json_tokener_parse(run.out);
	assert_non_null(whole);
	found = json_object_array_get_idx(whole, 0);
	assert_string_equal(json_object_get_string(member(found, "dev")), "lo");
	list = member(found, "tunnels");
	assert_int_equal(json_object_array_length(list), 2);
	found = json_object_array_get_idx(list, 0);
	assert_string_equal(json_object_get_string(member(found, "name")), "hq");
	assert_int_equal(json_object_array_length(member(found, "sas")), 3);
	found = json_object_array_get_idx(list, 1);
	assert_int_equal(json_object_array_length(member(found, "sas")), 0);
	json_object_put(whole);
	hide(&run);
}

static void nothing_is_an_empty_array(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	run.ctx.handle = mock_open();
	mock_done(0, 0);
	mock_done(0, 0);
	mock_done(0, 0);
	run_words(&run, "-j");
	assert_string_equal(run.out, "[]\n");
	assert_int_equal(run.code, EXIT_OK);
	hide(&run);
}

static void a_device_of_another_kind_is_refused(void **state)
{
	struct run run;

	(void)state;
	run_begin(&run);
	run.ctx.handle = mock_open();
	mock_done(0, 0);
	mock_refusal(-EINVAL, NULL, 0, 0);
	mock_refusal(-EINVAL, "not a sectun device", SECTUN_A_DEVICE_IFINDEX, 0);
	run_words(&run, "show lo");
	assert_string_equal(run.err, "sectun: show: word 'lo': not a sectun device\n");
	assert_int_equal(run.code, EXIT_REFUSED);
	hide(&run);
}

static void algorithms_are_listed_with_their_drivers(void **state)
{
	static const struct sectun_alg list[] = {
		{ .has = 0x7e,
		  .name = "aes256gcm16",
		  .proto = SECTUN_PROTO_ESP,
		  .id = 20,
		  .keymat = 36,
		  .crypto_name = "rfc4106(gcm(aes))",
		  .driver = "esp(gcm)" },
		{ .has = 0x5e | SECTUN_HAS(SECTUN_A_ALG_LEGACY) |
			 SECTUN_HAS(SECTUN_A_ALG_INTEG_ID),
		  .name = "3des-sha1",
		  .proto = SECTUN_PROTO_ESP,
		  .id = 3,
		  .integ_id = 2,
		  .keymat = 44,
		  .crypto_name = "authenc(hmac(sha1),cbc(des3_ede))",
		  .legacy = true },
	};
	struct run run;

	(void)state;
	run_begin(&run);
	run.ctx.handle = mock_open();
	mock_list(SECTUN_CMD_ALG_GET, &sectun_alg_object, list, 2);
	run_words(&run, "alg list");
	assert_string_equal(
		run.out,
		"aes256gcm16  esp  encr 20            iv 0   icv 0   keymat 36  esp(gcm)\n"
		"3des-sha1    esp  encr 3   integ 2   iv 0   icv 0   keymat 44  "
		"no driver for authenc(hmac(sha1),cbc(des3_ede)) legacy\n");
	mock_list(SECTUN_CMD_ALG_GET, &sectun_alg_object, list + 1, 1);
	run_words(&run, "-j alg list");
	assert_non_null(strstr(run.out,
		"[{\"name\":\"3des-sha1\",\"proto\":\"esp\",\"keymat\":44,\"id\":3,\"integ_id\":2,"
		"\"crypto_name\":\"authenc(hmac(sha1),cbc(des3_ede))\",\"legacy\":true}]\n"));
	hide(&run);
}

static void events_are_one_line_each(void **state)
{
	struct sectun_event event = {
		.has = E(IFINDEX) | E(TUNNEL) | E(TS_SRC) | E(TS_DST),
		.command = SECTUN_CMD_ACQUIRE_NTF,
		.ifindex = 1,
		.tunnel = { .has = T(IFINDEX) | T(NAME) | T(LOCAL) | T(REMOTE) | T(ENCAP),
			    .name = "hq",
			    .local = { 4, { 192, 0, 2, 1 } },
			    .remote = { 4, { 192, 0, 2, 2 } } },
		.ts_src = { .has = TS(ADDRESS),
			    .address = { 4, { 10, 1, 0, 1 } },
			    .prefixlen = 32 },
		.ts_dst = { .has = TS(ADDRESS),
			    .address = { 4, { 10, 2, 0, 1 } },
			    .prefixlen = 32,
			    .protocol = 1 },
	};
	struct run run;

	(void)state;
	fill();
	run_begin(&run);
	event_show(&event, &run.ctx);
	event.command = SECTUN_CMD_EXPIRE_NTF;
	event.has = E(IFINDEX) | E(TUNNEL) | E(SA);
	event.sa = (struct sectun_sa){ .has = SA(DIR) | SA(PROTO) | SA(SPI),
				       .proto = SECTUN_PROTO_ESP,
				       .spi = 0x1002 };
	event_show(&event, &run.ctx);
	event.hard = true;
	event_show(&event, &run.ctx);
	event.command = SECTUN_CMD_ENDPOINT_CHANGE_NTF;
	event.has = E(IFINDEX) | E(SA) | E(ADDRESS) | E(PORT);
	event.address = (struct sectun_addr){ 4, { 203, 0, 113, 9 } };
	event.port = 1024;
	event_show(&event, &run.ctx);
	event.command = SECTUN_CMD_AUTH_FAILURES_NTF;
	event.has = E(FAILURES);
	event.failures = 12;
	event_show(&event, &run.ctx);
	run_flush(&run);
	assert_string_equal(
		run.out,
		"acquire dev lo tunnel hq local 192.0.2.1 remote 192.0.2.2 src 10.1.0.1/32 dst 10.2.0.1/32[icmp]\n"
		"expire soft dev lo tunnel hq local 192.0.2.1 remote 192.0.2.2 sa dir in proto esp spi 0x00001002\n"
		"expire hard dev lo tunnel hq local 192.0.2.1 remote 192.0.2.2 sa dir in proto esp spi 0x00001002\n"
		"endpoint-change dev lo sa dir in proto esp spi 0x00001002 address 203.0.113.9 port 1024\n"
		"auth-failures failures 12\n");
	run_end(&run);
}

static void events_are_one_json_object_each(void **state)
{
	struct sectun_event event = {
		.has = E(IFINDEX) | E(TUNNEL) | E(SA),
		.command = SECTUN_CMD_EXPIRE_NTF,
		.ifindex = 1,
		.hard = true,
		.tunnel = { .has = T(IFINDEX) | T(NAME) | T(LOCAL),
			    .name = "hq",
			    .local = { 4, { 192, 0, 2, 1 } } },
		.sa = { .has = SA(DIR) | SA(SPI), .spi = 0x1002 },
	};
	struct run run;

	(void)state;
	run_begin(&run);
	run.ctx.json = true;
	event_show(&event, &run.ctx);
	run_flush(&run);
	assert_string_equal(run.out,
			    "{\"event\":\"expire\",\"hard\":true,\"dev\":\"lo\",\"tunnel\":\"hq\","
			    "\"local\":\"192.0.2.1\",\"sa\":{\"dir\":\"in\",\"spi\":4098}}\n");
	run_end(&run);
}

static void timestamps_come_first(void **state)
{
	struct sectun_event event = { .command = SECTUN_CMD_SA_DELETED_NTF };
	int year, month, day, hour, minute, second, micro, used = 0;
	struct run run;

	(void)state;
	run_begin(&run);
	run.ctx.timestamps = true;
	event_show(&event, &run.ctx);
	run_flush(&run);
	assert_int_equal(sscanf(run.out, "%4d-%2d-%2dT%2d:%2d:%2d.%6d%*[+-]%*d:%*d sa-deleted\n%n",
				&year, &month, &day, &hour, &minute, &second, &micro, &used),
			 7);
	assert_int_equal(used, run.out_len);
	run_end(&run);
}

static void completion_offers_what_may_come(void **state)
{
	static const struct {
		const char *line;
		const char *expected;
	} cases[] = {
		{ "__complete tunnel _", "add\nset\ndel\nshow\nhelp\n" },
		{ "__complete tunnel add hq dev lo df _", "copy\nset\nclear\n" },
		{ "__complete tunnel add hq dev lo mss _", "auto\noff\n" },
		{ "__complete tunnel add hq ecn _", "on\noff\n" },
		{ "__complete tunnel del hq _", "dev\n" },
		{ "__complete sa set dev lo dir in spi 256 _", "proto\nseq\n" },
		{ "__complete -j sa set dev lo dir _", "in\nout\n" },
		{ "__complete alg _", "list\nhelp\n" },
		{ "__complete tunnel add hq foo _", "" },
		{ "__complete foo _", "help\n" },
		{ "__complete foo bar _", "" },
	};
	struct run run;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		run_begin(&run);
		run_words(&run, cases[i].line);
		assert_string_equal(run.out, cases[i].expected);
		assert_string_equal(run.err, "");
		assert_int_equal(run.code, EXIT_OK);
		run_end(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bare_shows_everything),
		cmocka_unit_test(statistics_give_each_reason),
		cmocka_unit_test(details_give_defaults),
		cmocka_unit_test(a_tunnel_is_shown_as_it_is_added),
		cmocka_unit_test(sas_are_chosen_by_words),
		cmocka_unit_test(a_lifetime_is_shown_with_what_is_used_of_it),
		cmocka_unit_test(what_the_window_tells_of_loss_is_a_statistic),
		cmocka_unit_test(json_has_stable_keys),
		cmocka_unit_test(a_header_policy_is_shown_as_it_is_given),
		cmocka_unit_test(json_nests_sas_in_tunnels_in_devices),
		cmocka_unit_test(nothing_is_an_empty_array),
		cmocka_unit_test(a_device_of_another_kind_is_refused),
		cmocka_unit_test(algorithms_are_listed_with_their_drivers),
		cmocka_unit_test(events_are_one_line_each),
		cmocka_unit_test(events_are_one_json_object_each),
		cmocka_unit_test(timestamps_come_first),
		cmocka_unit_test(completion_offers_what_may_come),
	};

	return cmocka_run_group_tests_name("show", tests, NULL, NULL);
}
