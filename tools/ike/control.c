// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <json-c/json.h>
#include "control.h"

/* Nobody reads that much without reading. */
#define ANSWER_MAX (64U << 20)

/**
 * struct client - a connection
 * @fd: its socket; -1: none
 * @number: by which answers find it
 * @asked: its request has been taken
 * @ending: the whole answer is there
 * @in: the request as far as it has come
 * @in_len: octets of it
 * @out: the answer that has not been written
 * @out_len: octets of it
 */
struct client {
	int fd;
	uint32_t number;
	bool asked;
	bool ending;
	char *in;
	size_t in_len;
	char *out;
	size_t out_len;
};

/**
 * struct ike_control - the socket
 * @fd: its descriptor
 * @path: its name
 * @last: number of the last client
 * @request: what to call for a request
 * @arg: for it
 * @clients: connections
 */
struct ike_control {
	int fd;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	uint32_t last;
	void (*request)(void *arg, uint32_t client, struct json_object *json);
	void *arg;
	struct client clients[IKE_CONTROL_CLIENTS_MAX];
};

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd, err = 0;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* One that answers belongs to another helper. */
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -EADDRINUSE;
	}
	close(fd);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	unlink(path);
	mask = umask(0177);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 8))
		err = -errno;
	umask(mask);
	if (!err)
		return fd;
	close(fd);
	return err;
}

int ike_control_open(struct ike_control **control, const char *path,
		     void (*request)(void *arg, uint32_t client, struct json_object *json),
		     void *arg)
{
	struct ike_control *made = calloc(1, sizeof(*made));
	size_t i;

	if (!made)
		return -ENOMEM;
	made->fd = listen_at(path);
	if (made->fd < 0) {
		int err = made->fd;

		free(made);
		return err;
	}
	strcpy(made->path, path);
	made->request = request;
	made->arg = arg;
	for (i = 0; i < IKE_CONTROL_CLIENTS_MAX; i++)
		made->clients[i].fd = -1;
	*control = made;
	return 0;
}

static void hang_up(struct client *client)
{
	if (client->fd < 0)
		return;
	close(client->fd);
	free(client->in);
	free(client->out);
	*client = (struct client){ .fd = -1 };
}

void ike_control_close(struct ike_control *control)
{
	size_t i;

	if (!control)
		return;
	for (i = 0; i < IKE_CONTROL_CLIENTS_MAX; i++)
		hang_up(&control->clients[i]);
	unlink(control->path);
	close(control->fd);
	free(control);
}

size_t ike_control_poll(const struct ike_control *control, struct pollfd *polls)
{
	const struct client *client;
	size_t count = 0;

	polls[count++] = (struct pollfd){ .fd = control->fd, .events = POLLIN };
	for (client = control->clients; client < control->clients + IKE_CONTROL_CLIENTS_MAX;
	     client++) {
		if (client->fd >= 0)
			polls[count++] = (struct pollfd){
				.fd = client->fd,
				.events = POLLIN | (client->out_len ? POLLOUT : 0),
			};
	}
	return count;
}

static void greet(struct ike_control *control)
{
	struct client *client;
	int fd;

	for (client = control->clients; client < control->clients + IKE_CONTROL_CLIENTS_MAX;
	     client++) {
		if (client->fd >= 0)
			continue;
		fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0)
			return;
		client->fd = fd;
		client->number = ++control->last;
		client->in = malloc(IKE_CONTROL_REQUEST_MAX);
		if (!client->in)
			hang_up(client);
	}
}

static void take_request(struct ike_control *control, struct client *client)
{
	struct json_object *json;
	uint32_t number = client->number;

	client->asked = true;
	client->in[client->in_len - 1] = '\0';
	json = json_tokener_parse(client->in);
	if (json_object_is_type(json, json_type_object))
		control->request(control->arg, number, json);
	else
		ike_control_done(control, number, "not a request: a JSON object in one line is");
	json_object_put(json);
}

static void read_client(struct ike_control *control, struct client *client)
{
	char rest[256];
	ssize_t got;

	/* After its request a client has nothing to say, but may go. */
	if (client->asked) {
		got = read(client->fd, rest, sizeof(rest));
		if (!got || (got < 0 && errno != EAGAIN && errno != EINTR))
			hang_up(client);
		return;
	}
	got = read(client->fd, client->in + client->in_len,
		   IKE_CONTROL_REQUEST_MAX - client->in_len);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		hang_up(client);
		return;
	}
	client->in_len += got;
	if (client->in[client->in_len - 1] == '\n')
		take_request(control, client);
	else if (client->in_len == IKE_CONTROL_REQUEST_MAX)
		hang_up(client);
}

static void write_client(struct client *client)
{
	ssize_t sent;

	while (client->out_len) {
		sent = send(client->fd, client->out, client->out_len, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			return;
		if (sent < 0) {
			hang_up(client);
			return;
		}
		client->out_len -= sent;
		memmove(client->out, client->out + sent, client->out_len);
	}
	if (client->ending)
		hang_up(client);
}

void ike_control_dispatch(struct ike_control *control)
{
	struct client *client;

	greet(control);
	for (client = control->clients; client < control->clients + IKE_CONTROL_CLIENTS_MAX;
	     client++) {
		if (client->fd >= 0)
			read_client(control, client);
		if (client->fd >= 0)
			write_client(client);
	}
}

void ike_control_answer(struct ike_control *control, uint32_t number, const char *octets,
			size_t len, bool last)
{
	struct client *client;
	char *longer = NULL;

	for (client = control->clients; client < control->clients + IKE_CONTROL_CLIENTS_MAX;
	     client++) {
		if (client->fd >= 0 && client->number == number && !client->ending)
			break;
	}
	if (client == control->clients + IKE_CONTROL_CLIENTS_MAX)
		return;
	if (len <= ANSWER_MAX - client->out_len)
		longer = realloc(client->out, client->out_len + len + 1);
	if (!longer) {
		hang_up(client);
		return;
	}
	client->out = longer;
	memcpy(client->out + client->out_len, octets, len);
	client->out_len += len;
	client->ending = last;
	write_client(client);
}

void ike_control_done(struct ike_control *control, uint32_t client, const char *error)
{
	struct json_object *json = json_object_new_object();
	const char *line;

	json_object_object_add(json, "done", json_object_new_boolean(!error));
	if (error)
		json_object_object_add(json, "error", json_object_new_string(error));
	line = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN);
	ike_control_answer(control, client, line, strlen(line), false);
	ike_control_answer(control, client, "\n", 1, true);
	json_object_put(json);
}
