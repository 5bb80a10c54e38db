// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include "ipc.h"

static struct ike_ipc_message message, answer;
static struct ike_ipc_channel one, other;

static int pair(void **state)
{
	(void)state;
	return ike_ipc_pair(&one, &other);
}

static int unpair(void **state)
{
	(void)state;
	ike_ipc_close(&one);
	ike_ipc_close(&other);
	return 0;
}

static void fields_arrive_as_they_were_put(void **state)
{
	const uint8_t octets[] = { 0, 1, 2 };
	const uint8_t *got;
	char text[8];
	size_t len;

	(void)state;
	ike_ipc_begin(&message, IKE_IPC_SIGN, 7);
	ike_ipc_put_u8(&message, 0x12);
	ike_ipc_put_u16(&message, 0x1234);
	ike_ipc_put_u32(&message, 0x12345678);
	ike_ipc_put_u64(&message, UINT64_C(0x123456789abcdef0));
	ike_ipc_put_octets(&message, octets, sizeof(octets));
	ike_ipc_put_string(&message, "hq");
	ike_ipc_put_string(&message, NULL);
	assert_int_equal(ike_ipc_send(&one, &message), 0);

	assert_int_equal(ike_ipc_receive(&other, &answer), 1);
	assert_int_equal(answer.kind, IKE_IPC_SIGN);
	assert_int_equal(answer.id, 7);
	assert_int_equal(ike_ipc_get_u8(&answer), 0x12);
	assert_int_equal(ike_ipc_get_u16(&answer), 0x1234);
	assert_int_equal(ike_ipc_get_u32(&answer), 0x12345678);
	assert_true(ike_ipc_get_u64(&answer) == UINT64_C(0x123456789abcdef0));
	got = ike_ipc_get_octets(&answer, &len, 3);
	assert_int_equal(len, 3);
	assert_memory_equal(got, octets, 3);
	ike_ipc_get_string(&answer, text, sizeof(text));
	assert_string_equal(text, "hq");
	ike_ipc_get_string(&answer, text, sizeof(text));
	assert_string_equal(text, "");
	assert_int_equal(ike_ipc_end(&answer), 0);
	assert_int_equal(ike_ipc_receive(&other, &answer), 0);
}

static void a_descriptor_arrives_and_the_sender_keeps_its_own(void **state)
{
	int fds[2], fd;
	char c;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	ike_ipc_begin(&message, IKE_IPC_KEYS, 0);
	ike_ipc_put_fd(&message, fds[0]);
	assert_int_equal(ike_ipc_send(&one, &message), 0);
	assert_int_equal(ike_ipc_receive(&other, &answer), 1);
	fd = ike_ipc_get_fd(&answer);
	assert_int_equal(ike_ipc_end(&answer), 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(read(fd, &c, 1), 1);
	assert_int_equal(close(fd), 0);
	assert_int_equal(close(fds[0]), 0);
	assert_int_equal(close(fds[1]), 0);
}

static void a_descriptor_that_nobody_takes_is_closed_and_refused(void **state)
{
	int fd;

	(void)state;
	ike_ipc_begin(&message, IKE_IPC_KEYS, 0);
	ike_ipc_put_fd(&message, STDERR_FILENO);
	assert_int_equal(ike_ipc_send(&one, &message), 0);
	assert_int_equal(ike_ipc_receive(&other, &answer), 1);
	fd = answer.fds[0];
	assert_int_equal(ike_ipc_end(&answer), -EBADMSG);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void what_is_not_there_is_zero_and_the_message_is_refused(void **state)
{
	char text[4] = "abc";
	size_t len;

	(void)state;
	ike_ipc_begin(&message, IKE_IPC_SIGN, 0);
	ike_ipc_put_u16(&message, 5);
	assert_int_equal(ike_ipc_send(&one, &message), 0);
	assert_int_equal(ike_ipc_receive(&other, &answer), 1);
	assert_int_equal(ike_ipc_get_u32(&answer), 0);
	assert_int_equal(ike_ipc_get_u16(&answer), 0);
	assert_non_null(ike_ipc_get_octets(&answer, &len, 10));
	assert_int_equal(len, 0);
	ike_ipc_get_string(&answer, text, sizeof(text));
	assert_string_equal(text, "");
	assert_int_equal(ike_ipc_get_fd(&answer), -1);
	assert_int_equal(ike_ipc_end(&answer), -EBADMSG);
}

static void what_is_left_over_is_refused(void **state)
{
	(void)state;
	ike_ipc_begin(&message, IKE_IPC_SIGN, 0);
	ike_ipc_put_u16(&message, 5);
	assert_int_equal(ike_ipc_send(&one, &message), 0);
	assert_int_equal(ike_ipc_receive(&other, &answer), 1);
	assert_int_equal(ike_ipc_get_u8(&answer), 0);
	assert_int_equal(ike_ipc_end(&answer), -EBADMSG);
}

static void bounds_of_strings_hold(void **state)
{
	char text[4];
	size_t len;

	(void)state;
	ike_ipc_begin(&message, IKE_IPC_SIGN, 0);
	ike_ipc_put_octets(&message, "abcd", 4);
	ike_ipc_put_octets(&message, "a\0b", 3);
	assert_int_equal(ike_ipc_send(&one, &message), 0);
	assert_int_equal(ike_ipc_receive(&other, &answer), 1);
	ike_ipc_get_string(&answer, text, sizeof(text));
	assert_string_equal(text, "");
	assert_true(answer.broken);

	answer.broken = false;
	answer.at = 8;
	ike_ipc_get_octets(&answer, &len, 3);
	assert_true(answer.broken);

	answer.broken = false;
	answer.at = 8 + 8;
	ike_ipc_get_string(&answer, text, sizeof(text));
	assert_string_equal(text, "");
	assert_int_equal(ike_ipc_end(&answer), -EBADMSG);
}

static void a_length_beyond_the_message_is_refused(void **state)
{
	size_t len;

	(void)state;
	ike_ipc_begin(&message, IKE_IPC_SIGN, 0);
	ike_ipc_put_u32(&message, UINT32_MAX);
	assert_int_equal(ike_ipc_send(&one, &message), 0);
	assert_int_equal(ike_ipc_receive(&other, &answer), 1);
	assert_non_null(ike_ipc_get_octets(&answer, &len, SIZE_MAX));
	assert_int_equal(len, 0);
	assert_int_equal(ike_ipc_end(&answer), -EBADMSG);
}

static void what_is_no_message_is_refused(void **state)
{
	(void)state;
	assert_int_equal(send(one.fd, "short", 5, 0), 5);
	assert_int_equal(ike_ipc_receive(&other, &answer), -EBADMSG);
	/* It says that it has a descriptor. */
	assert_int_equal(send(one.fd, "\0\1\0\1\0\0\0\0", 8, 0), 8);
	assert_int_equal(ike_ipc_receive(&other, &answer), -EBADMSG);
}

static void one_that_does_not_fit_is_not_sent(void **state)
{
	static uint8_t octets[IKE_IPC_MAX];

	(void)state;
	ike_ipc_begin(&message, IKE_IPC_SIGN, 0);
	ike_ipc_put_octets(&message, octets, sizeof(octets));
	assert_int_equal(ike_ipc_send(&one, &message), -EMSGSIZE);
	assert_int_equal(ike_ipc_receive(&other, &answer), 0);
}

static void the_longest_fits_the_socket(void **state)
{
	static uint8_t octets[IKE_IPC_MAX - 12];
	size_t len;

	(void)state;
	ike_ipc_begin(&message, IKE_IPC_SIGN, 0);
	ike_ipc_put_octets(&message, octets, sizeof(octets));
	assert_int_equal(ike_ipc_send(&one, &message), 0);
	assert_int_equal(ike_ipc_receive(&other, &answer), 1);
	ike_ipc_get_octets(&answer, &len, sizeof(octets));
	assert_int_equal(len, sizeof(octets));
	assert_int_equal(ike_ipc_end(&answer), 0);
}

/* Nobody reads: what the socket does not take waits, and arrives in order. */
static void what_is_not_read_waits_in_order(void **state)
{
	static uint8_t octets[50000];
	uint32_t i, got = 0;
	size_t len;

	(void)state;
	for (i = 0; i < 100; i++) {
		ike_ipc_begin(&message, IKE_IPC_SIGN, i);
		ike_ipc_put_octets(&message, octets, sizeof(octets));
		ike_ipc_put_fd(&message, STDERR_FILENO);
		assert_int_equal(ike_ipc_send(&one, &message), 0);
		assert_int_equal(message.len, 0);
	}
	assert_non_null(one.first);
	while (got < 100) {
		assert_int_equal(ike_ipc_flush(&one), 0);
		while (ike_ipc_receive(&other, &answer) == 1) {
			assert_int_equal(answer.id, got++);
			ike_ipc_get_octets(&answer, &len, sizeof(octets));
			assert_int_equal(close(ike_ipc_get_fd(&answer)), 0);
			assert_int_equal(ike_ipc_end(&answer), 0);
		}
	}
	assert_null(one.first);
	assert_int_equal(one.queued, 0);
}

static void an_end_that_is_gone_is_noticed(void **state)
{
	(void)state;
	ike_ipc_close(&other);
	assert_int_equal(ike_ipc_receive(&one, &answer), -EPIPE);
	ike_ipc_begin(&message, IKE_IPC_SIGN, 0);
	assert_int_equal(ike_ipc_send(&one, &message), -EPIPE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pair, unpair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fields_arrive_as_they_were_put),
		TEST(a_descriptor_arrives_and_the_sender_keeps_its_own),
		TEST(a_descriptor_that_nobody_takes_is_closed_and_refused),
		TEST(what_is_not_there_is_zero_and_the_message_is_refused),
		TEST(what_is_left_over_is_refused),
		TEST(bounds_of_strings_hold),
		TEST(a_length_beyond_the_message_is_refused),
		TEST(what_is_no_message_is_refused),
		TEST(one_that_does_not_fit_is_not_sent),
		TEST(the_longest_fits_the_socket),
		TEST(what_is_not_read_waits_in_order),
		TEST(an_end_that_is_gone_is_noticed),
	};

	return cmocka_run_group_tests_name("ipc", tests, NULL, NULL);
}
