// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <json-c/json.h>
#include <cmocka.h>
#include "control.h"

static char path[] = "/tmp/sectun-control-XXXXXX";
static struct ike_control *control;
static char asked[64];
static uint32_t asker;
static bool answer_at_once;

static void on_request(void *arg, uint32_t client, struct json_object *json)
{
	assert_ptr_equal(arg, asked);
	snprintf(asked, sizeof(asked), "%s",
		 json_object_get_string(json_object_object_get(json, "verb")));
	asker = client;
	if (answer_at_once)
		ike_control_done(control, client, NULL);
}

static int open_control(void **state)
{
	int fd;

	(void)state;
	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	fd = mkstemp(path);
	if (fd < 0)
		return -1;
	close(fd);
	asked[0] = '\0';
	answer_at_once = true;
	return ike_control_open(&control, path, on_request, asked);
}

static int close_control(void **state)
{
	(void)state;
	ike_control_close(control);
	return access(path, F_OK) ? 0 : -1;
}

static int client(const char *line)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(write(fd, line, strlen(line)), strlen(line));
	ike_control_dispatch(control);
	return fd;
}

/* All that was answered, and nothing after it. */
static const char *answer(int fd)
{
	static char text[256];
	size_t used = 0;
	ssize_t got;

	while ((got = recv(fd, text + used, sizeof(text) - 1 - used, MSG_DONTWAIT)) > 0)
		used += got;
	text[used] = '\0';
	return text;
}

static bool ended(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT) == 0;
}

static void a_request_is_answered_and_the_connection_ends(void **state)
{
	int fd = client("{\"verb\":\"up\"}\n");

	(void)state;
	assert_string_equal(asked, "up");
	assert_string_equal(answer(fd), "{\"done\":true}\n");
	assert_true(ended(fd));
	close(fd);
}

static void an_answer_may_come_later_and_in_pieces(void **state)
{
	int fd;

	(void)state;
	answer_at_once = false;
	fd = client("{\"verb\":\"status\"}\n");
	assert_string_equal(answer(fd), "");
	ike_control_answer(control, asker, "{\"a\":", 5, false);
	ike_control_answer(control, asker, "1}\n", 3, false);
	assert_string_equal(answer(fd), "{\"a\":1}\n");
	assert_false(ended(fd));
	ike_control_done(control, asker, "why not");
	assert_string_equal(answer(fd), "{\"done\":false,\"error\":\"why not\"}\n");
	assert_true(ended(fd));
	close(fd);
}

static void who_has_gone_is_not_answered(void **state)
{
	(void)state;
	answer_at_once = false;
	close(client("{\"verb\":\"status\"}\n"));
	ike_control_dispatch(control);
	ike_control_answer(control, asker, "{}\n", 3, false);
	ike_control_done(control, asker, NULL);
}

static void what_is_no_object_is_refused(void **state)
{
	static const char *const lines[] = { "\n", "up\n", "[1]\n", "{\"verb\":\n" };
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		fd = client(lines[i]);
		assert_string_equal(asked, "");
		assert_non_null(strstr(answer(fd), "\"done\":false"));
		assert_true(ended(fd));
		close(fd);
	}
}

static void a_request_has_an_end(void **state)
{
	static char text[IKE_CONTROL_REQUEST_MAX + 1];
	int fd;

	(void)state;
	memset(text, 'x', IKE_CONTROL_REQUEST_MAX);
	fd = client(text);
	assert_string_equal(asked, "");
	assert_int_not_equal(recv(fd, text, 1, MSG_DONTWAIT), 1);
	close(fd);
}

static void only_root_may_connect(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_second_helper_is_refused(void **state)
{
	struct ike_control *second = NULL;

	(void)state;
	assert_int_equal(ike_control_open(&second, path, on_request, asked), -EADDRINUSE);
	assert_null(second);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_control, close_control)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_is_answered_and_the_connection_ends),
		TEST(an_answer_may_come_later_and_in_pieces),
		TEST(who_has_gone_is_not_answered),
		TEST(what_is_no_object_is_refused),
		TEST(a_request_has_an_end),
		TEST(only_root_may_connect),
		TEST(a_second_helper_is_refused),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
