// SPDX-License-Identifier: MIT
/* Two engines that get along, and two that do not: what becomes of it, and what the record says. */
#include <malloc.h>
#include "nat.h"
#include "sim.h"

/* What sectun-ike(8) says that a half-open IKE SA holds, at most. */
#define HALF_OPEN_OCTETS 4096

static void up(struct sim *sim)
{
	sim_start(sim);
	assert_int_equal(sim_command(sim, 0, IKE_COMMAND_UP, "net"), 0);
}

static void four_messages_make_a_tunnel(void **state)
{
	struct sim *sim = sim_new(1);

	(void)state;
	up(sim);
	sim_run(sim, 1000);
	sim_assert_settled(sim, 1, 1, 0);
	assert_int_equal(sim->hosts[0].sent, 2);
	assert_int_equal(sim->hosts[1].sent, 2);
	assert_int_equal(sim->hosts[0].events[IKE_EVENT_FAILED], 0);
	assert_int_equal(sim->hosts[1].events[IKE_EVENT_FAILED], 0);
	assert_int_equal(sim->hosts[0].conf.remote.len, 4);
	assert_int_equal(sim_ike(&sim->hosts[0])->path.remote.port, 500);
	assert_false(sim_ike(&sim->hosts[0])->encap);
	sim_delete(sim);
}

static void a_second_child_takes_one_more_exchange(void **state)
{
	struct sim *sim = sim_new(2);

	(void)state;
	up(sim);
	sim_run(sim, 1000);
	assert_int_equal(sim_command(sim, 1, IKE_COMMAND_UP, "lab"), 0);
	sim_run(sim, 1000);
	sim_assert_settled(sim, 1, 1, 1);
	assert_int_equal(sim->hosts[0].sent, 3);
	assert_int_equal(sim->hosts[1].sent, 3);
	sim_delete(sim);
}

static void it_comes_up_over_any_network(void **state)
{
	uint64_t seeds = getenv("SIM_SEEDS") ? strtoull(getenv("SIM_SEEDS"), NULL, 0) : 60;
	uint64_t from = getenv("SIM_SEED") ? strtoull(getenv("SIM_SEED"), NULL, 0) : 1;

	(void)state;
	for (uint64_t seed = from; seed < from + seeds; seed++) {
		struct sim *sim = sim_new(seed);

		sim->loss = 30;
		sim->twice = 30;
		sim->delay_max = 900;
		sim->reply_max = 100;
		sim->hosts[0].children[0].start = IKE_START_ALWAYS;
		sim->hosts[1].children[0].start = seed % 2 ? IKE_START_ALWAYS : IKE_START_NONE;
		sim_start(sim);
		sim_run(sim, 200000);
		sim->loss = 0;
		sim_run(sim, 400000);
		sim_assert_settled(sim, 1, 1, 0);
		sim_delete(sim);
	}
}

static void half_open_ones_beyond_a_limit_bring_a_cookie(void **state)
{
	struct sim *sim = sim_new(3);

	(void)state;
	sim_start(sim);
	sim->hosts[1].engine->limits.half_open_cookie = 0;
	sim_command(sim, 0, IKE_COMMAND_UP, "net");
	sim_run(sim, 1000);
	sim_assert_settled(sim, 1, 1, 0);
	assert_int_equal(sim->hosts[0].sent, 3);
	assert_int_equal(sim->hosts[1].engine->cookies, 1);
	sim_delete(sim);
}

static void another_group_is_asked_for(void **state)
{
	struct sim *sim = sim_new(4);

	(void)state;
	sim_proposals(&sim->hosts[0], "aes256gcm16-prfsha256-ecp256-x25519", "aes256gcm16");
	sim->hosts[1].conf.ike = &sim->hosts[1].ike;
	up(sim);
	sim_run(sim, 1000);
	sim_assert_settled(sim, 1, 1, 0);
	assert_int_equal(sim->hosts[0].sent, 3);
	sim_delete(sim);
}

static void cookie_and_group_together(void **state)
{
	struct sim *sim = sim_new(5);

	(void)state;
	sim_proposals(&sim->hosts[0], "aes256gcm16-prfsha256-ecp256-x25519", "aes256gcm16");
	sim_start(sim);
	sim->hosts[1].engine->limits.half_open_cookie = 0;
	sim_command(sim, 0, IKE_COMMAND_UP, "net");
	sim_run(sim, 1000);
	sim_assert_settled(sim, 1, 1, 0);
	sim_delete(sim);
}

/* Every suite that both ends may speak. */
static void suites_work(void **state)
{
	static const char *const suites[][2] = {
		{ "aes128gcm16-prfsha384-ecp384", "aes128gcm16-ecp384" },
		{ "aes256-sha256-modp2048", "aes256-sha256-modp2048" },
		{ "chacha20poly1305-prfsha512-ecp521", "chacha20poly1305" },
		{ "aes128-sha512-modp3072", "aes128-sha512-esn" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		struct sim *sim = sim_new(6 + i);

		for (int j = 0; j < 2; j++)
			sim_proposals(&sim->hosts[j], suites[i][0], suites[i][1]);
		up(sim);
		sim_run(sim, 2000);
		sim_assert_settled(sim, 1, 1, 0);
		sim->traffic = true;
		sim_command(sim, 1, IKE_COMMAND_REKEY_CHILD, "net");
		sim_run(sim, 2000);
		sim_command(sim, 1, IKE_COMMAND_REKEY_IKE, "a");
		sim_run(sim, 2000);
		sim_command(sim, 0, IKE_COMMAND_REKEY_CHILD, "net");
		sim_run(sim, 2000);
		sim_assert_settled(sim, 1, 1, 0);
		assert_int_equal(sim->lost[0], 0);
		assert_int_equal(sim->hosts[0].events[IKE_EVENT_CHILD_REKEYED], 2);
		assert_int_equal(sim->hosts[1].events[IKE_EVENT_IKE_REKEYED], 1);
		sim_delete(sim);
	}
}

static void pfs_with_another_group_is_agreed_on(void **state)
{
	struct sim *sim = sim_new(11);

	(void)state;
	sim_proposals(&sim->hosts[0], "aes256gcm16-prfsha256-ecp384", "aes256gcm16-ecp256-x25519");
	sim_proposals(&sim->hosts[1], "aes256gcm16-prfsha256-ecp384", "aes256gcm16-x25519");
	sim_start(sim);
	sim_bring_up(sim);
	sim_command(sim, 0, IKE_COMMAND_REKEY_CHILD, "net");
	sim_run(sim, 2000);
	sim_assert_settled(sim, 1, 1, 0);
	assert_int_equal(sim->hosts[0].events[IKE_EVENT_CHILD_REKEYED], 1);
	assert_int_equal(sim->lost[0], 0);
	sim_delete(sim);
}

/*
 * The peer has chosen the group of the IKE SA: it is likely to choose it again. Libreswan 4.10 does
 * not ask for another group, as RFC 7296 section 1.3 has it, but answers INVALID_SYNTAX.
 */
static void pfs_begins_with_the_group_of_the_ike_sa(void **state)
{
	struct sim *sim = sim_new(11);
	unsigned int before;

	(void)state;
	sim_proposals(&sim->hosts[0], "aes256gcm16-prfsha256-x25519-ecp256",
		      "aes256gcm16-x25519-ecp256");
	sim_proposals(&sim->hosts[1], "aes256gcm16-prfsha256-ecp256", "aes256gcm16-ecp256");
	sim_start(sim);
	sim_bring_up(sim);
	before = sim->hosts[0].sent;
	sim_command(sim, 0, IKE_COMMAND_REKEY_CHILD, "net");
	sim_run(sim, 2000);
	sim_assert_settled(sim, 1, 1, 0);
	assert_int_equal(sim->hosts[0].events[IKE_EVENT_CHILD_REKEYED], 1);
	assert_int_equal(sim->hosts[0].sent, before + 2); /* the rekey, and that the old one goes */
	sim_delete(sim);
}

static void a_wrong_key_is_named_where_it_is_known(void **state)
{
	struct sim *sim = sim_new(12);

	(void)state;
	sim->hosts[1].psk = "another";
	up(sim);
	sim_run(sim, 1000);
	sim_assert_settled(sim, 0, 0, 0);
	sim_assert_why(sim, 1, "wrong-psk", IKE_REFUSER_US);
	sim_assert_why(sim, 0, "authentication-failed", IKE_REFUSER_PEER);
	sim_delete(sim);
}

static void a_wrong_name_is_named_with_both(void **state)
{
	struct sim *sim = sim_new(13);
	struct ike_fault fault;

	(void)state;
	ike_id_parse("c.example", &sim->hosts[1].remote_id, &fault);
	up(sim);
	sim_run(sim, 1000);
	sim_assert_settled(sim, 0, 0, 0);
	sim_assert_why(sim, 1, "identity", IKE_REFUSER_US);
	assert_non_null(strstr(sim->hosts[1].last.ours, "c.example"));
	assert_non_null(strstr(sim->hosts[1].last.theirs, "a.example"));
	assert_string_equal(sim->hosts[1].last.edit, "here: remote-id = a.example");
	sim_delete(sim);
}

static void the_responder_may_be_somebody_else(void **state)
{
	struct sim *sim = sim_new(14);
	struct ike_fault fault;

	(void)state;
	ike_id_parse("x.example", &sim->hosts[1].local_id, &fault);
	up(sim);
	sim_run(sim, 1000);
	sim_assert_settled(sim, 0, 0, 0);
	sim_assert_why(sim, 1, "identity", IKE_REFUSER_US);
	assert_string_equal(sim->hosts[1].last.edit, "here: local-id = b.example");
	sim_delete(sim);
}

static void proposals_that_do_not_meet_come_with_an_edit(void **state)
{
	struct sim *sim = sim_new(15);

	(void)state;
	sim_proposals(&sim->hosts[0], "aes256gcm16-prfsha256-ecp256", "aes256gcm16");
	up(sim);
	sim_run(sim, 1000);
	sim_assert_settled(sim, 0, 0, 0);
	sim_assert_why(sim, 1, "no-proposal-chosen", IKE_REFUSER_US);
	assert_int_equal(sim->hosts[1].last.stage, IKE_STAGE_INIT);
	assert_string_equal(sim->hosts[1].last.edit, "here: add ecp256");
	sim_assert_why(sim, 0, "no-proposal-chosen", IKE_REFUSER_PEER);
	sim_delete(sim);
}

static void esp_proposals_that_do_not_meet_leave_the_ike_sa(void **state)
{
	struct sim *sim = sim_new(16);

	(void)state;
	sim_proposals(&sim->hosts[0], "aes256gcm16-prfsha256-x25519", "aes128gcm16");
	up(sim);
	sim_run(sim, 3000);
	sim_assert_settled(sim, 1, 0, 0);
	sim_assert_why(sim, 1, "no-proposal-chosen", IKE_REFUSER_US);
	assert_int_equal(sim->hosts[1].last.stage, IKE_STAGE_AUTH);
	assert_string_equal(sim->hosts[1].last.child, "net");
	assert_string_equal(sim->hosts[1].last.text,
			    "the peer offers no ESP proposal that is accepted here");
	assert_string_equal(sim->hosts[1].last.edit, "here: add aes128gcm16");
	sim_assert_why(sim, 0, "no-proposal-chosen", IKE_REFUSER_PEER);
	assert_string_equal(sim->hosts[0].last.child, "net");
	sim_delete(sim);
}

static void selectors_are_narrowed(void **state)
{
	struct sim *sim = sim_new(17);
	const struct ike_child *child;
	char text[200];

	(void)state;
	sim_selectors(&sim->hosts[0], 0, "10.0.0.0/8", "0.0.0.0/0");
	up(sim);
	sim_run(sim, 1000);
	sim_assert_settled(sim, 1, 1, 0);
	child = sim_ike(&sim->hosts[0])->children;
	assert_string_equal(ike_ts_list_format(child->local_ts.items, child->local_ts.count, text,
					       sizeof(text)),
			    "10.1.0.0/16");
	assert_string_equal(ike_ts_list_format(child->remote_ts.items, child->remote_ts.count, text,
					       sizeof(text)),
			    "10.2.0.0/16");
	sim_delete(sim);
}

static void selectors_that_do_not_meet_are_shown(void **state)
{
	struct sim *sim = sim_new(18);

	(void)state;
	sim_selectors(&sim->hosts[0], 0, "172.16.0.0/16", "10.2.0.0/16");
	up(sim);
	sim_run(sim, 3000);
	sim_assert_settled(sim, 1, 0, 0);
	sim_assert_why(sim, 1, "ts-unacceptable", IKE_REFUSER_US);
	assert_non_null(strstr(sim->hosts[1].last.theirs, "172.16.0.0/16"));
	assert_non_null(strstr(sim->hosts[1].last.ours, "10.1.0.0/16"));
	sim_assert_why(sim, 0, "ts-unacceptable", IKE_REFUSER_PEER);
	sim_delete(sim);
}

static void transport_mode_is_the_wish_of_both(void **state)
{
	(void)state;
	for (int both = 0; both < 2; both++) {
		struct sim *sim = sim_new(19);

		sim->hosts[0].children[0].mode = IKE_MODE_TRANSPORT;
		if (both)
			sim->hosts[1].children[0].mode = IKE_MODE_TRANSPORT;
		up(sim);
		sim_run(sim, 1000);
		sim_assert_settled(sim, 1, 1, 0);
		for (int i = 0; i < 2; i++)
			assert_int_equal(sim_ike(&sim->hosts[i])->children->mode,
					 both ? IKE_MODE_TRANSPORT : IKE_MODE_TUNNEL);
		sim_delete(sim);
	}
}

static void behind_a_nat_it_goes_on_at_4500_in_udp(void **state)
{
	struct sim *sim = sim_new(20);
	const struct ike_endpoint outside = { .len = 4, .octets = { 198, 51, 100, 9 } };
	const struct ike_endpoint moved = { .len = 4,
					    .octets = { 198, 51, 100, 77 },
					    .port = 40001 };

	(void)state;
	sim->hosts[0].address = outside;
	sim->hosts[1].conf.remote.len = 0;
	up(sim);
	sim_run(sim, 1000);
	sim_assert_settled(sim, 1, 1, 0);
	assert_true(sim_ike(&sim->hosts[0])->nat_local);
	assert_true(sim_ike(&sim->hosts[1])->nat_remote);
	for (int i = 0; i < 2; i++) {
		assert_true(sim_ike(&sim->hosts[i])->encap);
		assert_int_equal(sim_ike(&sim->hosts[i])->path.local.port, 4500);
	}
	/* The NAT gives another address: the responder follows an authentic message. */
	sim->hosts[0].address = moved;
	sim_command(sim, 0, IKE_COMMAND_LIVENESS, "b");
	sim_run(sim, 1000);
	assert_int_equal(sim->hosts[1].events[IKE_EVENT_MOVED], 1);
	assert_true(ike_endpoint_equal(&sim_ike(&sim->hosts[1])->path.remote, &moved));
	sim_assert_settled(sim, 1, 1, 0);
	sim_delete(sim);
}

/* One configuration serves whoever has the key: each gets a tunnel of its own. */
static void several_may_call_from_anywhere(void **state)
{
	struct sim *sim = sim_new(37);
	struct sim_host *host = &sim->hosts[0];
	struct ike_peer_conf conf;
	struct ike_child_conf child;
	struct ike_fault fault;
	struct ike_id id;

	(void)state;
	host->address.len = 0;
	sim->hosts[1].conf.remote.len = 0;
	sim->hosts[1].conf.remote_id = NULL;
	up(sim);
	sim_run(sim, 1000);
	sim_assert_settled(sim, 1, 1, 0);
	/* Another host, which is the same one with another name and address. */
	ike_id_parse("c.example", &id, &fault);
	conf = host->conf;
	child = host->children[0];
	conf.name = "b-as-c";
	conf.local.octets[3] = 77;
	conf.local_id = &id;
	conf.children = &child;
	conf.child_count = 1;
	child.name = "net-as-c";
	assert_int_equal(ike_engine_peer_set(host->engine, &conf, sim->now), 0);
	assert_int_equal(sim_command(sim, 0, IKE_COMMAND_UP, "net-as-c"), 0);
	sim_run(sim, 1000);
	assert_int_equal(sim_ike_count(&sim->hosts[1]), 2);
	assert_int_equal(sim_child_count(&sim->hosts[1], "net"), 1);
	assert_int_equal(sim_child_count(&sim->hosts[1], "net-1"), 1);
	assert_int_equal(sim_sa_count(&sim->hosts[1], "net", false), 1);
	assert_int_equal(sim_sa_count(&sim->hosts[1], "net-1", false), 1);
	/* One goes, and the other one is left alone. */
	ike_engine_peer_del(host->engine, "b-as-c", sim->now);
	sim_run(sim, 1000);
	assert_int_equal(sim_child_count(&sim->hosts[1], "net-1"), 0);
	assert_int_equal(sim_child_count(&sim->hosts[1], "net"), 1);
	sim_delete(sim);
}

static void udp_encapsulation_can_be_forced(void **state)
{
	struct sim *sim = sim_new(21);

	(void)state;
	sim->hosts[0].conf.force_encap = true;
	up(sim);
	sim_run(sim, 1000);
	sim_assert_settled(sim, 1, 1, 0);
	for (int i = 0; i < 2; i++) {
		assert_true(sim_ike(&sim->hosts[i])->encap);
		assert_int_equal(sim_ike(&sim->hosts[i])->path.remote.port, 4500);
	}
	sim_delete(sim);
}

static void a_filter_on_4500_is_suspected(void **state)
{
	struct sim *sim = sim_new(22);

	(void)state;
	sim->hosts[0].conf.force_encap = true;
	sim->blocked = 4500;
	up(sim);
	sim_run(sim, 140000);
	sim_assert_why(sim, 0, "no-answer-4500", IKE_REFUSER_NOBODY);
	sim_assert_why(sim, 1, "half-open-4500", IKE_REFUSER_NOBODY);
	sim_delete(sim);
}

static void silence_is_told(void **state)
{
	struct sim *sim = sim_new(23);

	(void)state;
	sim->blocked = 500;
	up(sim);
	sim_run(sim, 45000);
	sim_assert_why(sim, 0, "no-answer", IKE_REFUSER_NOBODY);
	assert_int_equal(sim->hosts[0].last.stage, IKE_STAGE_INIT);
	sim_delete(sim);
}

static void large_messages_are_fragmented(void **state)
{
	struct sim *sim = sim_new(24);

	(void)state;
	for (int i = 0; i < 2; i++)
		sim->hosts[i].conf.fragment_size = 160;
	sim->mtu = 320;
	up(sim);
	sim_run(sim, 1000);
	sim_assert_settled(sim, 1, 1, 0);
	assert_true(sim_ike(&sim->hosts[0])->fragments);
	assert_true(sim->hosts[0].sent > 2);
	sim_delete(sim);
}

static void fragments_survive_a_bad_network(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct sim *sim = sim_new(seed);

		for (int i = 0; i < 2; i++)
			sim->hosts[i].conf.fragment_size = 200;
		sim->loss = 20;
		sim->twice = 30;
		sim->delay_max = 300;
		sim->hosts[0].children[0].start = IKE_START_ALWAYS;
		sim_start(sim);
		sim_run(sim, 100000);
		sim->loss = 0;
		sim_run(sim, 300000);
		sim_assert_settled(sim, 1, 1, 0);
		sim_delete(sim);
	}
}

static void a_day_of_rekeys_loses_nothing(void **state)
{
	struct sim *sim = sim_new(25);

	(void)state;
	for (int i = 0; i < 2; i++) {
		sim->hosts[i].conf.rekey_seconds = 3 * 3600;
		sim->hosts[i].children[0].rekey_seconds = 1200;
		sim->hosts[i].children[0].life_seconds = 1500;
		sim->hosts[i].conf.life_seconds = 4 * 3600;
		sim->hosts[i].conf.liveness_seconds = 30;
	}
	sim->delay_max = 60;
	sim_start(sim);
	sim_bring_up(sim);
	for (int hour = 0; hour < 24; hour++)
		sim_run(sim, 3600 * 1000);
	sim_run(sim, 60000);
	sim_assert_settled(sim, 1, 1, 0);
	assert_int_equal(sim->lost[0], 0);
	assert_true(sim->hosts[0].events[IKE_EVENT_CHILD_REKEYED] >= 70);
	assert_true(sim->hosts[0].events[IKE_EVENT_IKE_REKEYED] >= 8);
	assert_int_equal(sim->hosts[0].events[IKE_EVENT_FAILED], 0);
	assert_int_equal(sim->hosts[1].events[IKE_EVENT_FAILED], 0);
	sim_delete(sim);
}

static void traffic_brings_it_up(void **state)
{
	struct sim *sim = sim_new(28);
	const struct ike_kernel_event acquire = { .kind = IKE_KERNEL_ACQUIRE, .tunnel = "net" };

	(void)state;
	sim->hosts[0].children[0].start = IKE_START_ON_TRAFFIC;
	sim_start(sim);
	sim_run(sim, 10000);
	sim_assert_settled(sim, 0, 0, 0);
	ike_engine_kernel_event(sim->hosts[0].engine, &acquire, sim->now);
	sim_run(sim, 1000);
	sim_assert_settled(sim, 1, 1, 0);
	/* Taken down there, it stays down until there is traffic again. */
	sim_command(sim, 1, IKE_COMMAND_DOWN, "net");
	sim_run(sim, 60000);
	sim_assert_settled(sim, 1, 0, 0);
	ike_engine_kernel_event(sim->hosts[0].engine, &acquire, sim->now);
	sim_run(sim, 1000);
	sim_assert_settled(sim, 1, 1, 0);
	sim_delete(sim);
}

static void octets_bring_a_rekey(void **state)
{
	struct sim *sim = sim_new(29);
	struct ike_kernel_event expire = { .kind = IKE_KERNEL_EXPIRE, .tunnel = "net" };

	(void)state;
	sim_start(sim);
	sim_bring_up(sim);
	expire.spi = sim_ike(&sim->hosts[1])->children->spi_out;
	ike_engine_kernel_event(sim->hosts[1].engine, &expire, sim->now);
	sim_run(sim, 2000);
	sim_assert_settled(sim, 1, 1, 0);
	assert_int_equal(sim->hosts[1].events[IKE_EVENT_CHILD_REKEYED], 1);
	assert_int_equal(sim->lost[0], 0);
	sim_delete(sim);
}

static void without_children_there_is_still_an_ike_sa(void **state)
{
	struct sim *sim = sim_new(30);

	(void)state;
	sim->hosts[0].conf.child_count = 0;
	sim->hosts[1].conf.child_count = 0;
	sim_start(sim);
	assert_int_equal(sim_command(sim, 0, IKE_COMMAND_UP, "b"), 0);
	sim_run(sim, 1000);
	sim_assert_settled(sim, 1, 0, 0);
	sim_delete(sim);
}

static void a_kernel_that_refuses_is_named(void **state)
{
	(void)state;
	for (int host = 0; host < 2; host++) {
		struct sim *sim = sim_new(31);

		sim->hosts[host].fail_install = ENOENT;
		up(sim);
		sim_run(sim, 3000);
		sim_assert_settled(sim, 1, 0, 0);
		sim_assert_why(sim, host, "install", IKE_REFUSER_KERNEL);
		/* It is tried again. */
		sim_run(sim, 10000);
		sim_assert_settled(sim, 1, 1, 0);
		sim_delete(sim);
	}
}

static void an_unknown_critical_payload_is_refused(void **state)
{
	struct sim *sim = sim_new(32);
	struct ike_writer writer;
	struct ike_sa *sa;

	(void)state;
	sim_start(sim);
	sim_bring_up(sim);
	sa = sim_ike(&sim->hosts[0]);
	ike_chain_begin(&writer, sim->hosts[0].engine->build, IKE_MESSAGE_MAX);
	ike_payload_begin(&writer, 200);
	ike_put32(&writer, 1);
	ike_payload_end(&writer);
	sim->hosts[0].engine->build[1] = 0x80;
	/* As a liveness check, so that there is an exchange to end. */
	sa->task = calloc(1, sizeof(*sa->task));
	sa->task->kind = IKE_TASK_LIVENESS;
	sa->task->sent = true;
	assert_int_equal(ike_message_ask(sim->hosts[0].engine, sa, IKE_INFORMATIONAL, &writer), 0);
	sim_run(sim, 1000);
	sim_assert_settled(sim, 1, 1, 0);
	assert_true(sim_ike(&sim->hosts[1])->window.response.count);
	sim_delete(sim);
}

static void nonsense_in_an_authentic_message_ends_the_ike_sa(void **state)
{
	struct sim *sim = sim_new(33);
	struct ike_writer writer;
	struct ike_sa *sa;

	(void)state;
	sim_start(sim);
	sim_bring_up(sim);
	sa = sim_ike(&sim->hosts[0]);
	ike_chain_begin(&writer, sim->hosts[0].engine->build, IKE_MESSAGE_MAX);
	ike_put_notify(&writer, IKE_INITIAL_CONTACT, NULL, 0);
	sim->hosts[0].engine->build[3] = 200;
	sa->task = calloc(1, sizeof(*sa->task));
	sa->task->kind = IKE_TASK_LIVENESS;
	sa->task->sent = true;
	ike_message_ask(sim->hosts[0].engine, sa, IKE_INFORMATIONAL, &writer);
	sim_run(sim, 100);
	assert_int_equal(sim_ike_count(&sim->hosts[1]), 0);
	sim_assert_why(sim, 1, "invalid-syntax", IKE_REFUSER_US);
	sim_delete(sim);
}

static void a_reload_keeps_what_fits(void **state)
{
	struct sim *sim = sim_new(34);
	struct ike_peer_conf conf;
	struct ike_child_conf children[2];

	(void)state;
	sim_start(sim);
	sim_bring_up(sim);
	sim_command(sim, 0, IKE_COMMAND_UP, "lab");
	sim_run(sim, 1000);
	sim_assert_settled(sim, 1, 1, 1);
	/* The same peer without the second tunnel. */
	conf = sim->hosts[0].conf;
	memcpy(children, sim->hosts[0].children, sizeof(children));
	children[0].rekey_seconds = 100;
	conf.children = children;
	conf.child_count = 1;
	assert_int_equal(ike_engine_peer_set(sim->hosts[0].engine, &conf, sim->now), 0);
	ike_engine_tick(sim->hosts[0].engine, sim->now);
	sim_run(sim, 1000);
	sim_assert_settled(sim, 1, 1, 0);
	assert_int_equal(sim->hosts[0].events[IKE_EVENT_IKE_UP], 1);
	assert_int_equal(sim->lost[0], 0);
	/* And gone. */
	assert_int_equal(ike_engine_peer_del(sim->hosts[0].engine, "b", sim->now), 0);
	sim_run(sim, 1000);
	sim_assert_settled(sim, 0, 0, 0);
	assert_int_equal(ike_engine_peer_del(sim->hosts[0].engine, "b", sim->now), -ENOENT);
	sim_delete(sim);
}

/* Requests of strangers, each from another address, until there is no end to them. */
static void a_flood_of_strangers_costs_cookies_only(void **state)
{
	struct sim *sim = sim_new(35);
	struct ike_engine *engine;
	uint8_t message[1024];
	uint8_t public[32];
	uint8_t nonce[32];
	struct ike_path path;
	unsigned int flood = 100000;
	size_t held;

	(void)state;
	sim->hosts[1].conf.remote.len = 0;
	sim_start(sim);
	engine = sim->hosts[1].engine;
	path.local = sim->hosts[1].conf.local;
	path.local.port = 500;
	memset(public, 9, sizeof(public));
	held = mallinfo2().uordblks;
	for (unsigned int i = 0; i < flood; i++) {
		struct ike_header header = {
			.spi_i = 1 + i,
			.exchange = IKE_SA_INIT,
			.flags = IKE_FLAG_INITIATOR,
		};
		struct ike_writer writer;

		path.remote = (struct ike_endpoint){ .len = 4, .port = 500 };
		memcpy(path.remote.octets, &i, 4);
		memcpy(nonce, &i, 4);
		ike_message_begin(&writer, message, sizeof(message), &header);
		ike_put_proposals(&writer, &sim->hosts[1].ike, (struct ike_span){ 0 }, 0);
		ike_put_ke(&writer, IKE_GROUP_X25519, public, sizeof(public));
		ike_put_nonce(&writer, nonce, sizeof(nonce));
		ike_engine_receive(engine, &path, message, (size_t)ike_message_end(&writer),
				   sim->now);
		/* What it answered would go to the other engine: it is not for it. */
		while (sim->queue) {
			struct sim_event *event = sim->queue;

			sim->queue = event->next;
			free(event->data);
			free(event);
		}
	}
	held = mallinfo2().uordblks - held;
	print_message("# %zu octets are held for each half-open IKE SA\n",
		      held / ike_limits_default.half_open_cookie);
	assert_true(held <= HALF_OPEN_OCTETS * ike_limits_default.half_open_cookie);
	assert_int_equal(engine->half_open, ike_limits_default.half_open_cookie);
	assert_int_equal(engine->sa_count, ike_limits_default.half_open_cookie);
	assert_int_equal(engine->cookies, flood - ike_limits_default.half_open_cookie);
	sim_command(sim, 0, IKE_COMMAND_UP, "net");
	sim_run(sim, 1000);
	assert_int_equal(sim_child_count(&sim->hosts[1], "net"), 1);
	sim_run(sim, 60000);
	assert_int_equal(engine->half_open, 0);
	assert_true(sim->hosts[1].events[IKE_EVENT_FAILED] <= 1);
	sim_assert_settled(sim, 1, 1, 0);
	sim_delete(sim);
}

static void a_request_is_sent_again_until_there_is_an_answer(void **state)
{
	struct ike_window window = { 0 };
	struct ike_flight flight = { 0 };
	const uint8_t octets[4] = { 1, 2, 3, 4 };

	(void)state;
	assert_int_equal(ike_flight_add(&flight, octets, sizeof(octets)), 0);
	ike_window_sent(&window, &flight, 1000, 5000);
	assert_true(ike_window_response(&window, 0));
	assert_false(ike_window_response(&window, 1));
	assert_int_equal(ike_window_tick(&window, 3, 5999), IKE_WINDOW_WAIT);
	assert_int_equal(ike_window_tick(&window, 3, 6000), IKE_WINDOW_RESEND);
	assert_int_equal(ike_window_tick(&window, 3, 7999), IKE_WINDOW_WAIT);
	assert_int_equal(ike_window_tick(&window, 3, 8000), IKE_WINDOW_RESEND);
	assert_int_equal(ike_window_tick(&window, 3, 12000), IKE_WINDOW_GIVE_UP);
	ike_window_done(&window);
	assert_false(ike_window_response(&window, 0));

	assert_int_equal(ike_window_request(&window, 0), IKE_WINDOW_NEW);
	assert_int_equal(ike_window_request(&window, 1), IKE_WINDOW_IGNORE);
	window.answering = true;
	assert_int_equal(ike_window_request(&window, 0), IKE_WINDOW_IGNORE);
	assert_int_equal(ike_flight_add(&flight, octets, sizeof(octets)), 0);
	ike_window_answered(&window, &flight);
	assert_int_equal(ike_window_request(&window, 0), IKE_WINDOW_AGAIN);
	assert_int_equal(ike_window_request(&window, 1), IKE_WINDOW_NEW);
	assert_int_equal(ike_window_request(&window, UINT32_MAX), IKE_WINDOW_IGNORE);
	ike_window_clear(&window);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_sent_again_until_there_is_an_answer),
		cmocka_unit_test(four_messages_make_a_tunnel),
		cmocka_unit_test(a_second_child_takes_one_more_exchange),
		cmocka_unit_test(it_comes_up_over_any_network),
		cmocka_unit_test(half_open_ones_beyond_a_limit_bring_a_cookie),
		cmocka_unit_test(another_group_is_asked_for),
		cmocka_unit_test(cookie_and_group_together),
		cmocka_unit_test(suites_work),
		cmocka_unit_test(pfs_with_another_group_is_agreed_on),
		cmocka_unit_test(pfs_begins_with_the_group_of_the_ike_sa),
		cmocka_unit_test(a_wrong_key_is_named_where_it_is_known),
		cmocka_unit_test(a_wrong_name_is_named_with_both),
		cmocka_unit_test(the_responder_may_be_somebody_else),
		cmocka_unit_test(proposals_that_do_not_meet_come_with_an_edit),
		cmocka_unit_test(esp_proposals_that_do_not_meet_leave_the_ike_sa),
		cmocka_unit_test(selectors_are_narrowed),
		cmocka_unit_test(selectors_that_do_not_meet_are_shown),
		cmocka_unit_test(transport_mode_is_the_wish_of_both),
		cmocka_unit_test(behind_a_nat_it_goes_on_at_4500_in_udp),
		cmocka_unit_test(several_may_call_from_anywhere),
		cmocka_unit_test(udp_encapsulation_can_be_forced),
		cmocka_unit_test(a_filter_on_4500_is_suspected),
		cmocka_unit_test(silence_is_told),
		cmocka_unit_test(large_messages_are_fragmented),
		cmocka_unit_test(fragments_survive_a_bad_network),
		cmocka_unit_test(a_day_of_rekeys_loses_nothing),
		cmocka_unit_test(traffic_brings_it_up),
		cmocka_unit_test(octets_bring_a_rekey),
		cmocka_unit_test(without_children_there_is_still_an_ike_sa),
		cmocka_unit_test(a_kernel_that_refuses_is_named),
		cmocka_unit_test(an_unknown_critical_payload_is_refused),
		cmocka_unit_test(nonsense_in_an_authentic_message_ends_the_ike_sa),
		cmocka_unit_test(a_reload_keeps_what_fits),
		cmocka_unit_test(a_flood_of_strangers_costs_cookies_only),
	};

	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
