// SPDX-License-Identifier: MIT
/*
 * The library against a kernel that answers what the test says. Linked with --wrap=nlmsg_free: a
 * request that is released must have been wiped.
 */
#include <errno.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include "mock.h"
#include "test.h"

#define T(name) SECTUN_HAS(SECTUN_A_TUNNEL_##name)
#define SA(name) SECTUN_HAS(SECTUN_A_SA_##name)

static unsigned int wiped, unwiped;

void __real_nlmsg_free(struct nl_msg *msg);
void __wrap_nlmsg_free(struct nl_msg *msg);

void __wrap_nlmsg_free(struct nl_msg *msg)
{
	const uint8_t *octets = (const uint8_t *)nlmsg_hdr(msg);
	size_t i, size = nlmsg_get_max_size(msg);

	for (i = 0; i < size && !octets[i]; i++)
		;
	if (i == size)
		wiped++;
	else
		unwiped++;
	__real_nlmsg_free(msg);
}

static const struct sectun_tunnel hq = {
	.has = T(IFINDEX) | T(NAME) | T(LOCAL) | T(REMOTE), .ifindex = 7, .name = "hq",
	.local = { 4, { 192, 0, 2, 1 } }, .remote = { 4, { 192, 0, 2, 2 } },
};

static void a_request_is_sent_as_it_was_filled_in(void **state)
{
	struct sectun *handle = mock_open();
	struct sectun_tunnel sent;

	(void)state;
	mock_ack();
	assert_int_equal(sectun_tunnel_new(handle, &hq), 0);
	assert_string_equal(sectun_error(handle), "");
	assert_null(sectun_error_attribute(handle));
	assert_null(sectun_warning(handle));
	assert_int_equal(mock_requests(), 1);
	assert_int_equal(mock_request_command(0), SECTUN_CMD_TUNNEL_NEW);
	assert_int_equal(mock_request_flags(0), NLM_F_REQUEST | NLM_F_ACK);
	mock_request_decode(0, &sectun_tunnel_object, &sent);
	assert_int_equal(sent.has, hq.has);
	assert_string_equal(sent.name, "hq");
	mock_close(handle);
}

static void a_refusal_brings_sentence_and_attribute(void **state)
{
	struct sectun *handle = mock_open();

	(void)state;
	mock_refusal(-EINVAL, "the device has no such address", SECTUN_A_TUNNEL_LOCAL, 0);
	assert_int_equal(sectun_tunnel_new(handle, &hq), -EINVAL);
	assert_string_equal(sectun_error(handle), "the device has no such address");
	assert_string_equal(sectun_error_attribute(handle), "local");

	mock_ack();
	assert_int_equal(sectun_tunnel_new(handle, &hq), 0);
	assert_string_equal(sectun_error(handle), "");
	assert_null(sectun_error_attribute(handle));
	mock_close(handle);
}

static void a_nested_attribute_has_the_name_of_its_nest(void **state)
{
	struct sectun_ts ts[] = { { .has = SECTUN_HAS(SECTUN_A_TS_PREFIXLEN) },
				  { .has = SECTUN_HAS(SECTUN_A_TS_PREFIXLEN), .prefixlen = 200 } };
	struct sectun_tunnel tunnel = { .has = T(NAME) | T(REMOTE_TS), .remote_ts = { ts, 2 } };
	struct sectun *handle = mock_open();

	(void)state;
	mock_refusal(-ERANGE, "integer out of range", SECTUN_A_TUNNEL_REMOTE_TS,
		     SECTUN_A_TS_PREFIXLEN);
	assert_int_equal(sectun_tunnel_new(handle, &tunnel), -ERANGE);
	assert_string_equal(sectun_error_attribute(handle), "remote-ts.prefixlen");
	mock_close(handle);
}

static void a_missing_attribute_is_named(void **state)
{
	struct sectun *handle = mock_open();

	(void)state;
	mock_refusal_missing(-EINVAL, "mode is missing", SECTUN_A_TUNNEL_MODE);
	assert_int_equal(sectun_tunnel_new(handle, &hq), -EINVAL);
	assert_string_equal(sectun_error_attribute(handle), "mode");
	mock_close(handle);
}

static void a_refusal_without_a_sentence_says_what_errno_means(void **state)
{
	struct sectun *handle = mock_open();

	(void)state;
	mock_refusal(-EEXIST, NULL, 0, 0);
	assert_int_equal(sectun_tunnel_new(handle, &hq), -EEXIST);
	assert_string_equal(sectun_error(handle), "File exists");
	assert_null(sectun_error_attribute(handle));
	mock_refusal(-EPERM, NULL, 0, 0);
	assert_int_equal(sectun_tunnel_new(handle, &hq), -EPERM);
	assert_string_equal(sectun_error(handle), "not permitted: this needs CAP_NET_ADMIN");
	mock_close(handle);
}

static void a_remark_on_success_is_a_warning(void **state)
{
	struct sectun *handle = mock_open();

	(void)state;
	mock_warning("this algorithm is old");
	assert_int_equal(sectun_tunnel_new(handle, &hq), 0);
	assert_string_equal(sectun_error(handle), "");
	assert_string_equal(sectun_warning(handle), "this algorithm is old");
	mock_close(handle);
}

static void one_object_is_asked_for(void **state)
{
	struct sectun *handle = mock_open();
	struct sectun_tunnel tunnel;

	(void)state;
	mock_object(SECTUN_CMD_TUNNEL_GET, &sectun_tunnel_object, &hq, 0);
	mock_ack();
	assert_int_equal(sectun_tunnel_get(handle, 7, "hq", &tunnel), 0);
	assert_string_equal(tunnel.name, "hq");
	assert_int_equal(tunnel.has, hq.has);
	sectun_tunnel_uninit(&tunnel);

	mock_ack();
	assert_int_equal(sectun_tunnel_get(handle, 7, "hq", &tunnel), -EBADMSG);
	mock_close(handle);
}

static void a_name_too_long_is_not_cut_off(void **state)
{
	struct sectun *handle = mock_open();
	struct sectun_tunnel tunnel;

	(void)state;
	assert_int_equal(sectun_tunnel_get(handle, 7, "12345678901234567890123456789012", &tunnel),
			 -EINVAL);
	assert_string_equal(sectun_error(handle), "the tunnel's name is too long");
	assert_int_equal(sectun_tunnel_del(handle, 7, "12345678901234567890123456789012"), -EINVAL);
	assert_int_equal(sectun_flush(handle, 7, "12345678901234567890123456789012"), -EINVAL);
	assert_int_equal(mock_requests(), 0);
	mock_close(handle);
}

static void a_list_has_all_objects_in_order(void **state)
{
	struct sectun_tunnel items[5], *list;
	struct sectun *handle = mock_open();
	size_t i, count;

	(void)state;
	for (i = 0; i < 5; i++) {
		items[i] = hq;
		items[i].name[1] = '0' + i;
	}
	mock_list(SECTUN_CMD_TUNNEL_GET, &sectun_tunnel_object, items, 5);
	assert_int_equal(sectun_tunnel_list(handle, 7, &list, &count), 0);
	assert_int_equal(count, 5);
	for (i = 0; i < 5; i++)
		assert_string_equal(list[i].name, items[i].name);
	assert_int_equal(mock_request_flags(0) & NLM_F_DUMP, NLM_F_DUMP);
	assert_non_null(mock_request_attribute(0, SECTUN_A_TUNNEL_IFINDEX));
	sectun_tunnel_list_free(list, count);

	mock_list(SECTUN_CMD_TUNNEL_GET, &sectun_tunnel_object, NULL, 0);
	assert_int_equal(sectun_tunnel_list(handle, 0, &list, &count), 0);
	assert_int_equal(count, 0);
	assert_null(mock_request_attribute(1, SECTUN_A_TUNNEL_IFINDEX));
	sectun_tunnel_list_free(list, count);
	mock_close(handle);
}

static void a_list_that_changed_meanwhile_is_asked_for_again(void **state)
{
	struct sectun *handle = mock_open();
	struct sectun_tunnel *list;
	size_t count;

	(void)state;
	mock_object(SECTUN_CMD_TUNNEL_GET, &sectun_tunnel_object, &hq, NLM_F_MULTI);
	mock_object(SECTUN_CMD_TUNNEL_GET, &sectun_tunnel_object, &hq,
		    NLM_F_MULTI | NLM_F_DUMP_INTR);
	mock_done(0, NLM_F_DUMP_INTR);
	mock_list(SECTUN_CMD_TUNNEL_GET, &sectun_tunnel_object, &hq, 1);
	assert_int_equal(sectun_tunnel_list(handle, 0, &list, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(mock_requests(), 2);
	sectun_tunnel_list_free(list, count);
	mock_close(handle);
}

static void a_list_that_always_changes_is_given_up(void **state)
{
	struct sectun *handle = mock_open();
	struct sectun_tunnel *list;
	size_t count;
	int i;

	(void)state;
	for (i = 0; i < 10; i++)
		mock_done(0, NLM_F_DUMP_INTR);
	assert_int_equal(sectun_tunnel_list(handle, 0, &list, &count), -EAGAIN);
	assert_null(list);
	assert_int_equal(count, 0);
	assert_true(mock_exhausted());
	mock_close(handle);
}

static void a_list_that_ends_in_an_error_is_an_error(void **state)
{
	static const struct sectun_sa sa = { .has = SA(SPI), .spi = 256 };
	struct sectun *handle = mock_open();
	struct sectun_sa *list;
	size_t count;

	(void)state;
	mock_object(SECTUN_CMD_SA_GET, &sectun_sa_object, &sa, NLM_F_MULTI);
	mock_done(-ENOMEM, 0);
	assert_int_equal(sectun_sa_list(handle, 0, &list, &count), -ENOMEM);
	assert_null(list);
	mock_close(handle);
}

static void a_list_refused_in_silence_is_explained_by_its_device(void **state)
{
	struct sectun *handle = mock_open();
	struct sectun_tunnel *list;
	size_t count;

	(void)state;
	mock_refusal(-EINVAL, NULL, 0, 0);
	mock_refusal(-EINVAL, "not a sectun device", SECTUN_A_DEVICE_IFINDEX, 0);
	assert_int_equal(sectun_tunnel_list(handle, 1, &list, &count), -EINVAL);
	assert_string_equal(sectun_error(handle), "not a sectun device");
	assert_string_equal(sectun_error_attribute(handle), "ifindex");
	mock_close(handle);
}

static void a_malformed_answer_is_refused_and_the_next_is_read(void **state)
{
	static const struct sectun_sa nothing;
	struct sectun *handle = mock_open();
	struct sectun_device *list;
	size_t count;

	(void)state;
	/* The name of a tunnel, where a device has a number. */
	mock_object(SECTUN_CMD_DEVICE_GET, &sectun_tunnel_object, &hq, NLM_F_MULTI);
	mock_object(SECTUN_CMD_DEVICE_GET, &sectun_sa_object, &nothing, NLM_F_MULTI);
	mock_done(0, 0);
	assert_int_equal(sectun_device_list(handle, &list, &count), -EBADMSG);
	mock_list(SECTUN_CMD_DEVICE_GET, &sectun_device_object, NULL, 0);
	assert_int_equal(sectun_device_list(handle, &list, &count), 0);
	mock_close(handle);
}

static void the_message_with_the_key_is_wiped(void **state)
{
	static const uint8_t key[36] = { 0xde, 0xad };
	struct sectun_sa sa = {
		.has = SA(IFINDEX) | SA(KEY), .ifindex = 7, .key = key, .key_len = sizeof(key)
	};
	struct sectun_rekey rekey = { .has = SECTUN_HAS(SECTUN_A_REKEY_IN) |
					     SECTUN_HAS(SECTUN_A_REKEY_OUT),
				      .in = sa,
				      .out = sa };
	struct sectun *handle = mock_open();

	(void)state;
	wiped = unwiped = 0;
	mock_ack();
	assert_int_equal(sectun_sa_new(handle, &sa), 0);
	mock_refusal(-EINVAL, "no", 0, 0);
	assert_int_equal(sectun_sa_new(handle, &sa), -EINVAL);
	mock_ack();
	assert_int_equal(sectun_rekey(handle, &rekey), 0);
	assert_int_equal(wiped, 3);
	assert_non_null(mock_request_attribute(2, SECTUN_A_REKEY_OUT));
	mock_close(handle);
}

static void a_spi_is_reserved(void **state)
{
	struct sectun_sa request = { .has = SA(IFINDEX) | SA(TUNNEL) | SA(SPI_MIN),
				     .ifindex = 7,
				     .tunnel = "hq",
				     .spi_min = 0x1000 };
	struct sectun_sa larval = { .has = SA(SPI) | SA(STATE), .spi = 0x1234 };
	struct sectun *handle = mock_open();
	uint32_t spi = 0;

	(void)state;
	mock_object(SECTUN_CMD_SPI_ALLOC, &sectun_sa_object, &larval, 0);
	mock_ack();
	assert_int_equal(sectun_spi_alloc(handle, &request, &spi), 0);
	assert_int_equal(spi, 0x1234);
	mock_close(handle);
}

static void every_verb_sends_its_command(void **state)
{
	struct sectun_sa sa = { .has = SA(IFINDEX) | SA(DIR) | SA(SPI) };
	struct sectun *handle = mock_open();

	(void)state;
	mock_ack();
	assert_int_equal(sectun_tunnel_set(handle, &hq), 0);
	mock_ack();
	assert_int_equal(sectun_tunnel_del(handle, 7, "hq"), 0);
	mock_ack();
	assert_int_equal(sectun_sa_set(handle, &sa), 0);
	mock_ack();
	assert_int_equal(sectun_sa_del(handle, &sa), 0);
	mock_ack();
	assert_int_equal(sectun_flush(handle, 7, "hq"), 0);
	mock_ack();
	assert_int_equal(sectun_flush(handle, 7, NULL), 0);
	assert_int_equal(mock_request_command(0), SECTUN_CMD_TUNNEL_SET);
	assert_int_equal(mock_request_command(1), SECTUN_CMD_TUNNEL_DEL);
	assert_int_equal(mock_request_command(2), SECTUN_CMD_SA_SET);
	assert_int_equal(mock_request_command(3), SECTUN_CMD_SA_DEL);
	assert_int_equal(mock_request_command(4), SECTUN_CMD_FLUSH);
	assert_non_null(mock_request_attribute(4, SECTUN_A_SA_TUNNEL));
	assert_null(mock_request_attribute(5, SECTUN_A_SA_TUNNEL));
	mock_close(handle);
}

static void names_are_those_of_the_specification(void **state)
{
	(void)state;
	assert_string_equal(sectun_enum_name(&sectun_mode_enum, SECTUN_MODE_TRANSPORT),
			    "transport");
	assert_string_equal(sectun_enum_name(&sectun_proto_enum, SECTUN_PROTO_ESP), "esp");
	assert_string_equal(sectun_enum_name(&sectun_proto_enum, 49), "?");
	assert_string_equal(sectun_enum_name(&sectun_proto_enum, 52), "?");
	assert_string_equal(sectun_event_name(SECTUN_CMD_ACQUIRE_NTF), "acquire");
	assert_string_equal(sectun_event_name(SECTUN_CMD_SA_DELETED_NTF), "sa-deleted");
	assert_string_equal(sectun_event_name(SECTUN_CMD_SA_NEW), "?");
	assert_string_equal(sectun_event_name(1000), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_sent_as_it_was_filled_in),
		cmocka_unit_test(a_refusal_brings_sentence_and_attribute),
		cmocka_unit_test(a_nested_attribute_has_the_name_of_its_nest),
		cmocka_unit_test(a_missing_attribute_is_named),
		cmocka_unit_test(a_refusal_without_a_sentence_says_what_errno_means),
		cmocka_unit_test(a_remark_on_success_is_a_warning),
		cmocka_unit_test(one_object_is_asked_for),
		cmocka_unit_test(a_name_too_long_is_not_cut_off),
		cmocka_unit_test(a_list_has_all_objects_in_order),
		cmocka_unit_test(a_list_that_changed_meanwhile_is_asked_for_again),
		cmocka_unit_test(a_list_that_always_changes_is_given_up),
		cmocka_unit_test(a_list_that_ends_in_an_error_is_an_error),
		cmocka_unit_test(a_list_refused_in_silence_is_explained_by_its_device),
		cmocka_unit_test(a_malformed_answer_is_refused_and_the_next_is_read),
		cmocka_unit_test(the_message_with_the_key_is_wiped),
		cmocka_unit_test(a_spi_is_reserved),
		cmocka_unit_test(every_verb_sends_its_command),
		cmocka_unit_test(names_are_those_of_the_specification),
	};

	return cmocka_run_group_tests_name("handle", tests, NULL, NULL);
}
