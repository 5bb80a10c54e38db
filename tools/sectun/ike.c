// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <json-c/json.h>
#include "format.h"
#include "ike.h"
#include "ike_show.h"
#include "option.h"
#include "verb.h"

/* How long "up" waits, in milliseconds: longer than a peer that does not answer is tried. */
#define UP_WAIT 180000

static const char *socket_path(void)
{
	const char *path = getenv(IKE_SOCKET_VARIABLE);

	return path && *path ? path : IKE_SOCKET;
}

/* A descriptor, or a negative errno. */
static int connect_helper(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = socket_path();
	int fd, err;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int send_line(int fd, struct json_object *request)
{
	const char *line = json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN);
	size_t len = strlen(line), done = 0;
	ssize_t sent;

	while (done < len) {
		sent = send(fd, line + done, len - done, MSG_NOSIGNAL);
		if (sent < 0 && errno != EINTR)
			return -errno;
		done += sent > 0 ? sent : 0;
	}
	return send(fd, "\n", 1, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

/* Every line is an object; the last one has "done". */
static void take_line(const char *line, struct json_object **answer, struct json_object **end)
{
	struct json_object *object = json_tokener_parse(line);
	struct json_object **to;

	if (!json_object_is_type(object, json_type_object)) {
		json_object_put(object);
		return;
	}
	to = json_object_object_get(object, "done") ? end : answer;
	json_object_put(*to);
	*to = object;
}

static int read_answer(int fd, struct json_object **answer, struct json_object **end)
{
	FILE *in = fdopen(fd, "r");
	char *line = NULL;
	size_t size = 0;

	if (!in) {
		close(fd);
		return -errno;
	}
	while (getline(&line, &size, in) > 0)
		take_line(line, answer, end);
	free(line);
	fclose(in);
	return *end ? 0 : -EPIPE;
}

static int exchange(struct json_object *request, struct json_object **answer,
		    struct json_object **end)
{
	int fd = connect_helper(), err;

	if (fd < 0)
		return fd;
	err = send_line(fd, request);
	if (!err)
		return read_answer(fd, answer, end);
	close(fd);
	return err;
}

/**
 * ike_ask - asks the helper
 * @ctx: the run
 * @request: what; its reference is dropped
 * @answer: is set to what it says, or NULL; the caller drops the reference
 * @end: is set to how it ended, or NULL; likewise
 *
 * Return: EXIT_OK, or EXIT_REFUSED if it was not asked or refused, which has been told.
 */
int ike_ask(struct context *ctx, struct json_object *request, struct json_object **answer,
	    struct json_object **end)
{
	struct json_object *error, *failure;
	int err;

	*answer = NULL;
	*end = NULL;
	err = exchange(request, answer, end);
	json_object_put(request);
	if (err == -ENOENT || err == -ECONNREFUSED)
		return complain(ctx, EXIT_REFUSED, NULL, "sectun-ike is not running");
	if (err == -EPIPE)
		return complain(ctx, EXIT_REFUSED, NULL, "sectun-ike has ended");
	if (err)
		return complain(ctx, EXIT_REFUSED, NULL, "%s: %s", socket_path(), strerror(-err));
	if (json_object_get_boolean(json_object_object_get(*end, "done")))
		return EXIT_OK;
	error = json_object_object_get(*end, "error");
	complain(ctx, EXIT_REFUSED, NULL, "%s", error ? json_object_get_string(error) : "refused");
	failure = json_object_object_get(*end, "failure");
	if (failure)
		ike_record_print(ctx->err, failure, "    ");
	return EXIT_REFUSED;
}

static struct json_object *request_new(const char *verb, const char *name)
{
	struct json_object *request = json_object_new_object();

	json_object_object_add(request, "verb", json_object_new_string(verb));
	if (name)
		json_object_object_add(request, "name", json_object_new_string(name));
	return request;
}

/**
 * struct behind - what stands behind a verb
 * @name: the first word that is no option, or NULL
 * @dry_run: --dry-run
 * @against: what follows --against, or NULL
 * @ike: the word ike
 */
struct behind {
	const char *name;
	bool dry_run;
	const char *against;
	const char *pace;
	bool ike;
};

static int behind_parse(struct context *ctx, char **words, struct behind *behind)
{
	bool dry_run_known = !strcmp(ctx->verb->object, "apply") ||
			     !strcmp(ctx->verb->object, "reload");
	int err;

	for (; *words; words++) {
		if (dry_run_known && !strcmp(*words, "--dry-run")) {
			behind->dry_run = true;
		} else if (!strcmp(ctx->verb->object, "check") && !strcmp(*words, "--against")) {
			if (!words[1])
				return complain(ctx, EXIT_USAGE, *words, "a kind of peer has to "
						"follow: windows, azure, aws, apple or android");
			behind->against = *++words;
		} else if (!strcmp(ctx->verb->object, "probe") && !strcmp(*words, "--pace")) {
			if (!words[1])
				return complain(ctx, EXIT_USAGE, *words, "milliseconds between two "
						"questions have to follow");
			behind->pace = *++words;
		} else if (**words == '-') {
			err = option_parse(ctx, *words);
			if (err)
				return err;
		} else if (!behind->name) {
			behind->name = *words;
		} else if (!strcmp(ctx->verb->object, "rekey") && !strcmp(*words, "ike")) {
			behind->ike = true;
		} else {
			return complain(ctx, EXIT_USAGE, *words, "not expected here; sectun %s help "
					"tells what is", ctx->verb->object);
		}
	}
	if (!behind->name && ctx->verb->positional == POSITIONAL_PEER)
		return complain(ctx, EXIT_USAGE, NULL,
				"NAME is missing: a peer or a tunnel of the configuration");
	if (!behind->name && ctx->verb->positional == POSITIONAL_FILE)
		return complain(ctx, EXIT_USAGE, NULL, "FILE is missing: a configuration file");
	if (!behind->name && ctx->verb->positional == POSITIONAL_ADDRESS)
		return complain(ctx, EXIT_USAGE, NULL, "ADDRESS is missing: of the gateway, or its name");
	return EXIT_OK;
}

/* Asks, and writes the answer with @print or as JSON. */
static int ask_and_print(struct context *ctx, struct json_object *request,
			 void (*print)(struct context *ctx, struct json_object *answer))
{
	struct json_object *answer, *end;
	int code = ike_ask(ctx, request, &answer, &end);

	if (ctx->json && (answer || end))
		json_print(ctx, json_object_get(answer ? answer : end));
	else if (answer && print)
		print(ctx, answer);
	json_object_put(answer);
	json_object_put(end);
	return code;
}

static int order(struct context *ctx, char **words, const char *verb)
{
	struct behind behind = { 0 };
	struct json_object *request;
	int err = behind_parse(ctx, words, &behind);

	if (err)
		return err;
	request = request_new(behind.ike ? "rekey-ike" : verb, behind.name);
	if (!strcmp(verb, "up"))
		json_object_object_add(request, "wait-ms", json_object_new_int64(UP_WAIT));
	return ask_and_print(ctx, request, NULL);
}

int ike_up_run(struct context *ctx, char **words)
{
	return order(ctx, words, "up");
}

int ike_down_run(struct context *ctx, char **words)
{
	return order(ctx, words, "down");
}

int ike_rekey_run(struct context *ctx, char **words)
{
	return order(ctx, words, "rekey");
}

int ike_reload_run(struct context *ctx, char **words)
{
	struct behind behind = { 0 };
	struct json_object *request;
	int err = behind_parse(ctx, words, &behind);

	if (err)
		return err;
	request = request_new("reload", behind.name);
	if (behind.dry_run)
		json_object_object_add(request, "dry-run", json_object_new_boolean(true));
	return ask_and_print(ctx, request, ike_changes_print);
}

static int read_file(struct context *ctx, const char *path, char *to, size_t size)
{
	FILE *in = fopen(path, "re");
	size_t len;

	if (!in)
		return complain(ctx, EXIT_REFUSED, path, "%s", strerror(errno));
	len = fread(to, 1, size, in);
	fclose(in);
	if (len == size)
		return complain(ctx, EXIT_REFUSED, path, "too long for a configuration file");
	to[len] = '\0';
	return EXIT_OK;
}

int ike_apply_run(struct context *ctx, char **words)
{
	char text[IKE_FILE_MAX + 1], path[PATH_MAX];
	struct behind behind = { 0 };
	struct json_object *request;
	int err = behind_parse(ctx, words, &behind);

	if (!err)
		err = read_file(ctx, behind.name, text, sizeof(text));
	if (err)
		return err;
	request = request_new("apply", NULL);
	/* Names of keys are relative to where the file lies. */
	json_object_object_add(request, "file", json_object_new_string(
					realpath(behind.name, path) ? path : behind.name));
	json_object_object_add(request, "text", json_object_new_string(text));
	if (behind.dry_run)
		json_object_object_add(request, "dry-run", json_object_new_boolean(true));
	return ask_and_print(ctx, request, ike_changes_print);
}

int ike_check_run(struct context *ctx, char **words)
{
	const char *argv[8] = { "sectun-ike", "--check" };
	struct behind behind = { 0 };
	int argc = 2, err = behind_parse(ctx, words, &behind);

	if (err)
		return err;
	if (ctx->json)
		argv[argc++] = "--json";
	if (behind.against) {
		argv[argc++] = "--against";
		argv[argc++] = behind.against;
	}
	if (behind.name)
		argv[argc++] = behind.name;
	fflush(ctx->out);
	/* It has the parser and the algorithms; this program stays without libcrypto. */
	execvp(argv[0], (char **)argv);
	return complain(ctx, EXIT_REFUSED, NULL, "sectun-ike: %s", strerror(errno));
}

int ike_probe_run(struct context *ctx, char **words)
{
	const char *argv[8] = { "sectun-ike", "--probe" };
	struct behind behind = { 0 };
	int argc = 2, err = behind_parse(ctx, words, &behind);

	if (err)
		return err;
	argv[argc++] = behind.name;
	if (ctx->json)
		argv[argc++] = "--json";
	if (behind.pace) {
		argv[argc++] = "--pace";
		argv[argc++] = behind.pace;
	}
	fflush(ctx->out);
	execvp(argv[0], (char **)argv);
	return complain(ctx, EXIT_REFUSED, NULL, "sectun-ike: %s", strerror(errno));
}

int ike_why_run(struct context *ctx, char **words)
{
	struct behind behind = { 0 };
	int err = behind_parse(ctx, words, &behind);

	return err ? err : ask_and_print(ctx, request_new("why", behind.name), ike_records_print);
}

int ike_peer_show_run(struct context *ctx, char **words)
{
	struct behind behind = { 0 };
	int err = behind_parse(ctx, words, &behind);

	return err ? err : ask_and_print(ctx, request_new("status", behind.name), ike_peers_print);
}

/**
 * ike_peers_append - writes the peers behind what else is shown, if there is a helper
 * @ctx: the run
 */
void ike_peers_append(struct context *ctx)
{
	struct json_object *request = request_new("status", NULL), *answer = NULL, *end = NULL;

	if (!exchange(request, &answer, &end) && answer)
		ike_peers_print(ctx, answer);
	json_object_put(request);
	json_object_put(answer);
	json_object_put(end);
}

/**
 * ike_peers_complete - prints names of peers
 * @ctx: the run
 */
void ike_peers_complete(struct context *ctx)
{
	struct json_object *request = request_new("status", NULL), *answer = NULL, *end = NULL;
	struct json_object *peers, *name;
	size_t i;

	if (!exchange(request, &answer, &end) && answer &&
	    json_object_object_get_ex(answer, "peers", &peers)) {
		for (i = 0; i < json_object_array_length(peers); i++) {
			name = json_object_object_get(json_object_array_get_idx(peers, i), "name");
			fprintf(ctx->out, "%s\n", json_object_get_string(name));
		}
	}
	json_object_put(request);
	json_object_put(answer);
	json_object_put(end);
}
