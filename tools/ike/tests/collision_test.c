// SPDX-License-Identifier: MIT
/*
 * Collisions: what both ends begin at the same time, in every order in which the messages can
 * arrive, with and without one of them being lost (RFC 7296 sections 2.8.1, 2.8.2 and 2.25).
 */
#include "sim.h"

/** struct order - what an end is told to do */
struct order {
	enum ike_command command;
	const char *name;
};

/**
 * struct scene - two orders given at the same time
 * @title: what it is called
 * @first: what host 0 is told
 * @second: what host 1 is told
 * @ikes: IKE SAs at the end
 * @nets: children of the first tunnel at the end; SIZE_MAX: none or one, depending on the order
 * @labs: of the second one
 * @fresh: nothing is up before
 *
 * Where the first tunnel is up before and after, it loses no packet.
 */
struct scene {
	const char *title;
	struct order first;
	struct order second;
	size_t ikes;
	size_t nets;
	size_t labs;
	bool fresh;
};

#define PEER(host) ((host) ? "a" : "b")

static const struct scene scenes[] = {
	{ "child rekey, child rekey",
	  { IKE_COMMAND_REKEY_CHILD, "net" },
	  { IKE_COMMAND_REKEY_CHILD, "net" },
	  1,
	  1,
	  0,
	  false },
	{ "child rekey, child delete",
	  { IKE_COMMAND_REKEY_CHILD, "net" },
	  { IKE_COMMAND_DOWN, "net" },
	  1,
	  0,
	  0,
	  false },
	{ "child delete, child delete",
	  { IKE_COMMAND_DOWN, "net" },
	  { IKE_COMMAND_DOWN, "net" },
	  1,
	  0,
	  0,
	  false },
	{ "IKE rekey, IKE rekey",
	  { IKE_COMMAND_REKEY_IKE, "b" },
	  { IKE_COMMAND_REKEY_IKE, "a" },
	  1,
	  1,
	  0,
	  false },
	{ "IKE rekey, child rekey",
	  { IKE_COMMAND_REKEY_IKE, "b" },
	  { IKE_COMMAND_REKEY_CHILD, "net" },
	  1,
	  1,
	  0,
	  false },
	{ "IKE rekey, child delete",
	  { IKE_COMMAND_REKEY_IKE, "b" },
	  { IKE_COMMAND_DOWN, "net" },
	  1,
	  0,
	  0,
	  false },
	{ "IKE rekey, new child",
	  { IKE_COMMAND_REKEY_IKE, "b" },
	  { IKE_COMMAND_UP, "lab" },
	  1,
	  1,
	  1,
	  false },
	{ "IKE rekey, IKE delete",
	  { IKE_COMMAND_REKEY_IKE, "b" },
	  { IKE_COMMAND_DOWN, "a" },
	  0,
	  0,
	  0,
	  false },
	{ "IKE delete, IKE delete",
	  { IKE_COMMAND_DOWN, "b" },
	  { IKE_COMMAND_DOWN, "a" },
	  0,
	  0,
	  0,
	  false },
	{ "child rekey, IKE delete",
	  { IKE_COMMAND_REKEY_CHILD, "net" },
	  { IKE_COMMAND_DOWN, "a" },
	  0,
	  0,
	  0,
	  false },
	{ "child delete, IKE delete",
	  { IKE_COMMAND_DOWN, "net" },
	  { IKE_COMMAND_DOWN, "a" },
	  0,
	  0,
	  0,
	  false },
	{ "new child, new child",
	  { IKE_COMMAND_UP, "lab" },
	  { IKE_COMMAND_UP, "lab" },
	  1,
	  1,
	  1,
	  false },
	{ "new child, child rekey",
	  { IKE_COMMAND_UP, "lab" },
	  { IKE_COMMAND_REKEY_CHILD, "net" },
	  1,
	  1,
	  1,
	  false },
	{ "new child, child delete",
	  { IKE_COMMAND_UP, "lab" },
	  { IKE_COMMAND_DOWN, "net" },
	  1,
	  0,
	  1,
	  false },
	{ "liveness, IKE rekey",
	  { IKE_COMMAND_LIVENESS, "b" },
	  { IKE_COMMAND_REKEY_IKE, "a" },
	  1,
	  1,
	  0,
	  false },
	{ "liveness, IKE delete",
	  { IKE_COMMAND_LIVENESS, "b" },
	  { IKE_COMMAND_DOWN, "a" },
	  0,
	  0,
	  0,
	  false },
	{ "both begin", { IKE_COMMAND_UP, "net" }, { IKE_COMMAND_UP, "net" }, 1, 1, 0, true },
};

/* Runs of one scene at most; what is beyond is told. */
#define RUNS_MAX 6000

static void play(struct sim *sim, const struct scene *scene)
{
	if (!scene->fresh)
		sim_bring_up(sim);
	sim_command(sim, 0, scene->first.command, scene->first.name);
	sim_command(sim, 1, scene->second.command, scene->second.name);
	sim_run(sim, 300000);
	if (scene->nets && sim->lost[0])
		fail_msg("%s: %u packets lost", scene->title, sim->lost[0]);
	sim_assert_settled(sim, scene->ikes, scene->nets, scene->labs);
}

static unsigned int every_order(const struct scene *scene, uint64_t seed, unsigned int drops)
{
	struct sim *sim = malloc(sizeof(*sim));
	struct sim choices = { 0 };
	unsigned int runs = 0;

	assert_non_null(sim);
	do {
		sim_init(sim, seed);
		memcpy(sim->choices, choices.choices, sizeof(sim->choices));
		sim->chosen = choices.chosen;
		sim->choosing = true;
		sim->drops = drops;
		sim_start(sim);
		play(sim, scene);
		choices = *sim;
		sim_free(sim);
		runs++;
	} while (runs < RUNS_MAX && sim_choices_next(&choices));
	if (runs == RUNS_MAX)
		fail_msg("%s: more than %u orders", scene->title, runs);
	free(sim);
	return runs;
}

/* The nonces decide who wins: with two seeds, each end wins once. */
static void every_order_of(const struct scene *scene)
{
	unsigned int runs = 0;

	for (uint64_t seed = 1; seed <= 4; seed++)
		for (unsigned int drops = 0; drops <= 1; drops++)
			runs += every_order(scene, seed, drops);
	print_message("# %s: %u orders\n", scene->title, runs);
}

static void every_order_of_every_collision(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++) {
		if (getenv("SIM_SCENE") && !strstr(scenes[i].title, getenv("SIM_SCENE")))
			continue;
		every_order_of(&scenes[i]);
	}
}

/* Anything at any time, over a bad network. */
static void orders_at_random(struct sim *sim)
{
	static const struct order orders[] = {
		{ IKE_COMMAND_REKEY_CHILD, "net" }, { IKE_COMMAND_REKEY_CHILD, "lab" },
		{ IKE_COMMAND_REKEY_IKE, NULL },    { IKE_COMMAND_UP, "lab" },
		{ IKE_COMMAND_DOWN, "lab" },	    { IKE_COMMAND_LIVENESS, NULL },
		{ IKE_COMMAND_UP, "net" },
	};

	for (int i = 0; i < 20; i++) {
		int host = (int)sim_random(sim, 2);
		const struct order *order = &orders[sim_random(sim, ARRAY_SIZE(orders))];

		sim_command(sim, host, order->command, order->name ? order->name : PEER(host));
		sim_run(sim, sim_random(sim, 4) ? sim_random(sim, 50) : sim_random(sim, 5000));
	}
}

static void a_bad_network_never_loses_a_packet_or_leaves_anything(void **state)
{
	unsigned int seeds = getenv("SIM_SEEDS") ? (unsigned int)atoi(getenv("SIM_SEEDS")) : 300;
	unsigned int from = getenv("SIM_SEED") ? (unsigned int)atoi(getenv("SIM_SEED")) : 1;
	struct sim *sim = malloc(sizeof(*sim));

	(void)state;
	assert_non_null(sim);
	for (uint64_t seed = from; seed < from + seeds; seed++) {
		sim_init(sim, seed);
		for (int i = 0; i < 2; i++) {
			sim->hosts[i].conf.retransmit_ms = 300;
			sim->hosts[i].conf.retransmit_tries = 20;
		}
		sim_start(sim);
		sim_bring_up(sim);
		sim->loss = 20;
		sim->twice = 20;
		sim->delay_max = 200;
		sim->reply_max = 30;
		orders_at_random(sim);
		sim->loss = 0;
		sim->twice = 0;
		sim_run(sim, 300000);
		for (int i = 0; i < 2; i++) {
			sim_command(sim, i, IKE_COMMAND_DOWN, "lab");
			sim_command(sim, i, IKE_COMMAND_UP, "net");
		}
		sim_run(sim, 300000);
		if (sim->lost[0])
			fail_msg("seed %u: %u packets lost", (unsigned int)seed, sim->lost[0]);
		if (sim_ike_count(&sim->hosts[0]) != 1 ||
		    sim_child_count(&sim->hosts[0], "net") != 1)
			fail_msg("seed %u: %zu IKE SAs, %zu children", (unsigned int)seed,
				 sim_ike_count(&sim->hosts[0]),
				 sim_child_count(&sim->hosts[0], "net"));
		sim_assert_settled(sim, 1, 1, 0);
		sim_free(sim);
	}
	free(sim);
}

/* The same with ends that go down, restart, and have kernels that refuse. */
static void trouble_at_random(struct sim *sim)
{
	static const struct order orders[] = {
		{ IKE_COMMAND_REKEY_CHILD, "net" }, { IKE_COMMAND_REKEY_IKE, NULL },
		{ IKE_COMMAND_UP, "lab" },	    { IKE_COMMAND_DOWN, "lab" },
		{ IKE_COMMAND_UP, "net" },	    { IKE_COMMAND_DOWN, "net" },
		{ IKE_COMMAND_DOWN, NULL },
	};

	for (int i = 0; i < 30; i++) {
		int host = (int)sim_random(sim, 2);
		uint32_t what = sim_random(sim, ARRAY_SIZE(orders) + 2);

		if (what == ARRAY_SIZE(orders))
			sim_restart(sim, host);
		else if (what > ARRAY_SIZE(orders))
			sim->hosts[host].fail_install = ENOENT;
		else
			sim_command(sim, host, orders[what].command,
				    orders[what].name ? orders[what].name : PEER(host));
		sim_run(sim, sim_random(sim, 3) ? sim_random(sim, 100) : sim_random(sim, 20000));
	}
}

static void whatever_happens_it_comes_up_again(void **state)
{
	unsigned int seeds = getenv("SIM_SEEDS") ? (unsigned int)atoi(getenv("SIM_SEEDS")) : 150;
	unsigned int from = getenv("SIM_SEED") ? (unsigned int)atoi(getenv("SIM_SEED")) : 1;
	struct sim *sim = malloc(sizeof(*sim));

	(void)state;
	assert_non_null(sim);
	for (uint64_t seed = from; seed < from + seeds; seed++) {
		sim_init(sim, seed);
		for (int i = 0; i < 2; i++) {
			sim->hosts[i].conf.liveness_seconds = 20;
			sim->hosts[i].conf.retransmit_ms = 500;
			sim->hosts[i].children[0].start =
				seed % 3 ? IKE_START_ALWAYS : IKE_START_NONE;
		}
		sim_start(sim);
		sim->loss = 20;
		sim->twice = 20;
		sim->delay_max = 200;
		sim->reply_max = 30;
		trouble_at_random(sim);
		sim->loss = 0;
		sim->twice = 0;
		sim->hosts[0].fail_install = 0;
		sim->hosts[1].fail_install = 0;
		sim_run(sim, 600000);
		for (int i = 0; i < 2; i++) {
			sim_command(sim, i, IKE_COMMAND_DOWN, "lab");
			sim_command(sim, i, IKE_COMMAND_UP, "net");
		}
		sim_run(sim, 600000);
		while (sim_ike(&sim->hosts[0]) && sim_ike(&sim->hosts[0])->task)
			sim_run(sim, 100);
		if (sim_ike_count(&sim->hosts[0]) != 1 ||
		    sim_child_count(&sim->hosts[0], "net") != 1 ||
		    sim_ike_count(&sim->hosts[1]) != 1 ||
		    sim_child_count(&sim->hosts[1], "net") != 1)
			fail_msg("seed %u: %zu and %zu IKE SAs, %zu and %zu children",
				 (unsigned int)seed, sim_ike_count(&sim->hosts[0]),
				 sim_ike_count(&sim->hosts[1]),
				 sim_child_count(&sim->hosts[0], "net"),
				 sim_child_count(&sim->hosts[1], "net"));
		sim_drain(sim);
		sim_assert_settled(sim, 1, 1, 0);
		sim_free(sim);
	}
	free(sim);
}

static void the_lower_nonce_loses(void **state)
{
	const struct ike_nonce low = { 2, { 1, 2 } };
	const struct ike_nonce longer = { 3, { 1, 2, 0 } };
	const struct ike_nonce high = { 1, { 2 } };

	(void)state;
	assert_true(ike_nonce_compare(&low, &longer) < 0);
	assert_true(ike_nonce_compare(&longer, &high) < 0);
	assert_int_equal(ike_nonce_compare(&high, &high), 0);
	assert_ptr_equal(ike_nonce_lower(&high, &low), &low);
	assert_true(ike_collision_we_win(&high, &longer));
	assert_false(ike_collision_we_win(&low, &longer));
}

static void answers_are_those_of_section_2_25(void **state)
{
	static const struct {
		enum ike_wish wish;
		enum ike_busy child;
		enum ike_busy ike;
		enum ike_answer_kind answer;
	} cases[] = {
		{ IKE_WISH_CHILD_REKEY, IKE_BUSY_CLOSING, IKE_BUSY_NOT, IKE_ANSWER_LATER },
		{ IKE_WISH_CHILD_REKEY, IKE_BUSY_REKEYING, IKE_BUSY_NOT, IKE_ANSWER_BOTH },
		{ IKE_WISH_CHILD_REKEY, IKE_BUSY_GONE, IKE_BUSY_NOT, IKE_ANSWER_NOT_FOUND },
		{ IKE_WISH_CHILD_DELETE, IKE_BUSY_CLOSING, IKE_BUSY_NOT, IKE_ANSWER_EMPTY },
		{ IKE_WISH_CHILD_DELETE, IKE_BUSY_REKEYING, IKE_BUSY_NOT, IKE_ANSWER_USUAL },
		{ IKE_WISH_CHILD_DELETE, IKE_BUSY_GONE, IKE_BUSY_NOT, IKE_ANSWER_EMPTY },
		{ IKE_WISH_IKE_REKEY, IKE_BUSY_NOT, IKE_BUSY_CHILD, IKE_ANSWER_LATER },
		{ IKE_WISH_IKE_REKEY, IKE_BUSY_NOT, IKE_BUSY_REKEYING, IKE_ANSWER_BOTH },
		{ IKE_WISH_IKE_REKEY, IKE_BUSY_NOT, IKE_BUSY_CLOSING, IKE_ANSWER_LATER },
		{ IKE_WISH_IKE_DELETE, IKE_BUSY_NOT, IKE_BUSY_REKEYING, IKE_ANSWER_FORGET },
		{ IKE_WISH_IKE_DELETE, IKE_BUSY_NOT, IKE_BUSY_CLOSING, IKE_ANSWER_FORGET },
		{ IKE_WISH_CHILD_NEW, IKE_BUSY_NOT, IKE_BUSY_REKEYING, IKE_ANSWER_LATER },
		{ IKE_WISH_CHILD_REKEY, IKE_BUSY_NOT, IKE_BUSY_REKEYING, IKE_ANSWER_LATER },
		{ IKE_WISH_CHILD_DELETE, IKE_BUSY_NOT, IKE_BUSY_REKEYING, IKE_ANSWER_USUAL },
		{ IKE_WISH_CHILD_NEW, IKE_BUSY_NOT, IKE_BUSY_NOT, IKE_ANSWER_USUAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(ike_collision_answer(cases[i].wish, cases[i].child, cases[i].ike),
				 cases[i].answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lower_nonce_loses),
		cmocka_unit_test(answers_are_those_of_section_2_25),
		cmocka_unit_test(every_order_of_every_collision),
		cmocka_unit_test(a_bad_network_never_loses_a_packet_or_leaves_anything),
		cmocka_unit_test(whatever_happens_it_comes_up_again),
	};

	return cmocka_run_group_tests_name("collision", tests, NULL, NULL);
}
