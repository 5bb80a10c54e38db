// SPDX-License-Identifier: MIT
/* What people are told: who is up, and what failed. */
#include <json-c/json.h>
#include "sim.h"

static void up(struct sim *sim)
{
	sim_start(sim);
	assert_int_equal(sim_command(sim, 0, IKE_COMMAND_UP, "net"), 0);
	sim_run(sim, 1000);
}

static void assert_state(struct sim *sim, int host, const char *expected)
{
	struct json_object *object = ike_engine_status(sim->hosts[host].engine, NULL, sim->now);
	struct json_object *value;

	assert_true(json_object_object_get_ex(object, "peers", &value));
	value = json_object_array_get_idx(value, 0);
	assert_true(json_object_object_get_ex(value, "state", &value));
	assert_string_equal(json_object_get_string(value), expected);
	json_object_put(object);
}

static void a_peer_that_was_told_to_go_is_down(void **state)
{
	struct sim sim;

	(void)state;
	sim_init(&sim, 1);
	up(&sim);
	assert_state(&sim, 0, "up");
	sim.loss = 100; /* it is not told whether the peer has heard of it */
	assert_int_equal(sim_command(&sim, 0, IKE_COMMAND_DOWN, "b"), 0);
	sim_run(&sim, 1000);
	assert_int_equal(sim.hosts[0].engine->sas->state, IKE_STATE_CLOSING);
	assert_state(&sim, 0, "down");
	sim_free(&sim);
}

static void what_is_up_and_why_it_is_not_is_json(void **state)
{
	struct sim sim;
	struct json_object *object;
	struct json_object *peers;
	struct json_object *value;
	struct json_object *peer;

	(void)state;
	sim_init(&sim, 36);
	sim.hosts[1].psk = "another";
	up(&sim);
	object = ike_engine_why(sim.hosts[1].engine, "a", sim.now);
	assert_true(json_object_object_get_ex(object, "records", &value));
	assert_int_equal(json_object_array_length(value), 1);
	value = json_object_array_get_idx(value, 0);
	assert_true(json_object_object_get_ex(value, "code", &peer));
	assert_string_equal(json_object_get_string(peer), "wrong-psk");
	assert_true(json_object_object_get_ex(value, "stage", &peer));
	assert_string_equal(json_object_get_string(peer), "ike-auth");
	assert_true(json_object_object_get_ex(value, "refused-by", &peer));
	assert_string_equal(json_object_get_string(peer), "us");
	json_object_put(object);
	assert_null(ike_engine_why(sim.hosts[1].engine, "nobody", sim.now));

	sim.hosts[1].psk = sim.hosts[0].psk;
	sim_run(&sim, 10000);
	sim_assert_settled(&sim, 1, 1, 0);
	object = ike_engine_status(sim.hosts[0].engine, NULL, sim.now);
	assert_true(json_object_object_get_ex(object, "peers", &peers));
	peer = json_object_array_get_idx(peers, 0);
	assert_true(json_object_object_get_ex(peer, "state", &value));
	assert_string_equal(json_object_get_string(value), "up");
	assert_true(json_object_object_get_ex(peer, "last-failure", &value));
	json_object_put(object);
	sim_free(&sim);
}

static void the_same_failure_is_counted(void **state)
{
	struct ike_record_log log = { 0 };
	struct ike_record record = { .stage = IKE_STAGE_AUTH, .code = "wrong-psk" };

	(void)state;
	for (int i = 0; i < 5; i++)
		ike_record_add(&log, &record);
	assert_int_equal(log.count, 1);
	assert_int_equal(ike_record_get(&log, 0)->times, 5);
	for (int i = 0; i < 2 * IKE_RECORD_COUNT; i++) {
		snprintf(record.code, sizeof(record.code), "code-%d", i);
		ike_record_add(&log, &record);
	}
	assert_int_equal(log.count, IKE_RECORD_COUNT);
	assert_string_equal(ike_record_get(&log, 0)->code, "code-15");
	assert_string_equal(ike_record_get(&log, IKE_RECORD_COUNT - 1)->code, "code-8");
	assert_null(ike_record_get(&log, IKE_RECORD_COUNT));
	ike_record_log_free(&log);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_peer_that_was_told_to_go_is_down),
		cmocka_unit_test(what_is_up_and_why_it_is_not_is_json),
		cmocka_unit_test(the_same_failure_is_counted),
	};

	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
