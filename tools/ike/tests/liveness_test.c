// SPDX-License-Identifier: MIT
/* A peer that is not heard: gone, restarted, or only cut off for a while. */
#include "sim.h"

static void a_peer_that_is_gone_is_noticed_and_comes_back(void **state)
{
	struct sim *sim = sim_new(26);

	(void)state;
	sim->hosts[0].children[0].start = IKE_START_ALWAYS;
	sim->hosts[0].conf.liveness_seconds = 10;
	sim_start(sim);
	sim_bring_up(sim);
	sim->cut = true;
	for (int i = 0; i < 160 && !sim->hosts[0].last.code[0]; i++)
		sim_run(sim, 1000);
	assert_string_equal(sim->hosts[0].last.code, "peer-dead");
	assert_int_equal(sim_sa_count(&sim->hosts[0], "net", false), 0);
	/* The other host has restarted: it knows nothing any more. */
	sim_restart(sim, 1);
	sim->cut = false;
	sim_run(sim, 9500);
	sim_assert_settled(sim, 1, 1, 0);
	sim_delete(sim);
}

static void a_peer_that_comes_back_first_replaces_what_was(void **state)
{
	struct sim *sim = sim_new(27);

	(void)state;
	for (int i = 0; i < 2; i++)
		sim->hosts[i].children[0].start = IKE_START_ALWAYS;
	sim_start(sim);
	sim_run(sim, 5000);
	sim_assert_settled(sim, 1, 1, 0);
	sim_restart(sim, 1);
	/* Well within the 10 seconds after its return. */
	sim_run(sim, 1000);
	sim_assert_settled(sim, 1, 1, 0);
	sim_delete(sim);
}

/* The far end restarts and waits: what was begun here is begun anew, whenever the far end returns. */
static void forgets(unsigned int absence_ms, bool known)
{
	struct sim *sim = sim_new(44 + absence_ms);

	sim->hosts[0].children[0].start = IKE_START_ALWAYS;
	sim->hosts[0].conf.liveness_seconds = 30;
	/* Who may call from anywhere is not told that its IKE SA is unknown. */
	if (!known)
		sim->hosts[1].conf.remote.len = 0;
	sim_start(sim);
	sim_run(sim, 1000);
	sim->traffic = true;
	sim_run(sim, 40000);
	sim->cut = true;
	sim_run(sim, absence_ms);
	sim_restart(sim, 1);
	sim->cut = false;
	sim_run(sim, 9500);
	sim_assert_settled(sim, 1, 1, 0);
	/* While an IKE SA is doubtful, that the peer does not answer is told once, when it is given up. */
	assert_int_equal(sim->hosts[0].events[IKE_EVENT_FAILED], absence_ms > 120000);
	sim->packets = 0;
	sim->lost[0] = 0;
	sim_run(sim, 60000);
	assert_int_equal(sim->lost[0], 0);
	assert_true(sim->packets > 10);
	sim_assert_settled(sim, 1, 1, 0);
	sim_delete(sim);
}

static void a_peer_that_has_forgotten_is_back_within_ten_seconds(void **state)
{
	(void)state;
	for (unsigned int absence_ms = 0; absence_ms <= 100000; absence_ms += 1730) {
		forgets(absence_ms, false);
		forgets(absence_ms, true);
	}
}

static void a_peer_that_has_forgotten_nothing_is_back_within_ten_seconds(void **state)
{
	(void)state;
	for (unsigned int absence_ms = 0; absence_ms <= 100000; absence_ms += 1730) {
		struct sim *sim = sim_new(45 + absence_ms);
		uint64_t spi;

		for (int i = 0; i < 2; i++) {
			sim->hosts[i].children[0].start = IKE_START_ALWAYS;
			sim->hosts[i].conf.liveness_seconds = 30;
		}
		sim_start(sim);
		sim_run(sim, 1000);
		sim->traffic = true;
		sim_run(sim, 40000);
		spi = sim_ike(&sim->hosts[0])->spi_local;
		sim->cut = true;
		sim_run(sim, absence_ms);
		sim->cut = false;
		sim->lost[0] = 0;
		sim_run(sim, 9500);
		/* A short absence costs nothing. */
		if (absence_ms < 5000) {
			assert_true(sim_ike(&sim->hosts[0])->spi_local == spi);
			assert_int_equal(sim->lost[0], 0);
		}
		sim->lost[0] = 0;
		sim->packets = 0;
		sim_run(sim, 60000);
		assert_int_equal(sim->lost[0], 0);
		assert_true(sim->packets > 10);
		sim_assert_settled(sim, 1, 1, 0);
		sim_delete(sim);
	}
}

/* What anybody could have sent says nothing; who sees our messages can make us begin, and no more. */
static void an_unprotected_message_ends_nothing(void **state)
{
	struct sim *sim = sim_new(46);
	struct ike_engine *engine;
	struct ike_sa *sa;
	uint8_t octets[64];

	(void)state;
	sim_start(sim);
	sim_bring_up(sim);
	sim->traffic = false;
	sim->cut = true;
	engine = sim->hosts[0].engine;
	sa = sim_ike(&sim->hosts[0]);
	assert_int_equal(sim_command(sim, 0, IKE_COMMAND_LIVENESS, "b"), 0);
	assert_true(sa->window.waiting);
	/* Just now it knew it: the hint may be about one that is being made. */
	sim->now += 10000;
	for (uint32_t id = sa->window.next - 2; id <= sa->window.next; id++) {
		const struct ike_header header = {
			.spi_i = sa->spi_local,
			.spi_r = sa->spi_remote,
			.exchange = IKE_INFORMATIONAL,
			.flags = IKE_FLAG_RESPONSE,
			.message_id = id,
		};
		struct ike_writer writer;
		ptrdiff_t len;

		sa->doubtful = false;
		ike_message_begin(&writer, octets, sizeof(octets), &header);
		ike_put_notify(&writer, IKE_INVALID_IKE_SPI, NULL, 0);
		len = ike_message_end(&writer);
		assert_true(len > 0);
		ike_engine_receive(engine, &sa->path, octets, (size_t)len, sim->now);
		sim_drain(sim);
		assert_int_equal(sa->state, IKE_STATE_UP);
		assert_int_equal(sa->doubtful, id == sa->window.next - 1);
	}
	assert_int_equal(sim_sa_count(&sim->hosts[0], "net", false), 1);
	/* The peer lives: what was begun is not gone on with. */
	sim->cut = false;
	sim_run(sim, 60000);
	sim_assert_settled(sim, 1, 1, 0);
	assert_true(sim_ike(&sim->hosts[0]) == sa);
	sim_delete(sim);
}

/* One answer in a second, and none to whom is no peer. */
static void an_unknown_ike_sa_is_told_sparingly(void **state)
{
	struct sim *sim = sim_new(47);
	struct ike_path path;
	uint8_t octets[64];
	struct ike_header header = {
		.spi_i = 1,
		.spi_r = 2,
		.exchange = IKE_INFORMATIONAL,
		.flags = IKE_FLAG_INITIATOR,
		.message_id = 7,
	};
	struct ike_writer writer;
	struct ike_view view;
	struct sim_host *host = &sim->hosts[0];
	ptrdiff_t len;

	(void)state;
	sim_start(sim);
	path = (struct ike_path){ host->conf.local, host->conf.remote };
	ike_message_begin(&writer, octets, sizeof(octets), &header);
	len = ike_message_end(&writer);
	assert_true(len > 0);
	for (int i = 0; i < 100; i++)
		ike_engine_receive(host->engine, &path, octets, (size_t)len, sim->now);
	assert_int_equal(host->sent, 1);
	assert_int_equal(ike_message_parse((struct ike_span){ sim->queue->data, sim->queue->len }, &view), 0);
	assert_int_equal(view.header.flags, IKE_FLAG_RESPONSE);
	assert_int_equal(view.header.message_id, 7);
	assert_true(view.header.spi_i == 1 && view.header.spi_r == 2);
	ike_engine_receive(host->engine, &path, octets, (size_t)len, sim->now + IKE_QUIET_MS);
	assert_int_equal(host->sent, 2);
	path.remote.octets[3]++;
	ike_engine_receive(host->engine, &path, octets, (size_t)len, sim->now + 5 * IKE_QUIET_MS);
	assert_int_equal(host->sent, 2);
	sim_delete(sim);
}

static void an_answer_that_does_not_arrive_is_told(void **state)
{
	struct sim *sim = sim_new(48);

	(void)state;
	sim_start(sim);
	sim_bring_up(sim);
	sim->mute = true;
	assert_int_equal(sim_command(sim, 0, IKE_COMMAND_LIVENESS, "b"), 0);
	sim_run(sim, 2000);
	assert_int_equal(sim->hosts[1].events[IKE_EVENT_FAILED], 0);
	sim_run(sim, 20000);
	sim_assert_why(sim, 1, "response-lost", IKE_REFUSER_NOBODY);
	assert_int_equal(sim->hosts[1].events[IKE_EVENT_FAILED], 1);
	sim_delete(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_peer_that_is_gone_is_noticed_and_comes_back),
		cmocka_unit_test(a_peer_that_comes_back_first_replaces_what_was),
		cmocka_unit_test(a_peer_that_has_forgotten_is_back_within_ten_seconds),
		cmocka_unit_test(a_peer_that_has_forgotten_nothing_is_back_within_ten_seconds),
		cmocka_unit_test(an_unprotected_message_ends_nothing),
		cmocka_unit_test(an_unknown_ike_sa_is_told_sparingly),
		cmocka_unit_test(an_answer_that_does_not_arrive_is_told),
	};

	return cmocka_run_group_tests_name("liveness", tests, NULL, NULL);
}
