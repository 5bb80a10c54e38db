// SPDX-License-Identifier: MIT
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <json-c/json.h>
#include "crypt.h"
#include "ipcmsg.h"
#include "notify.h"
#include "parent.h"
#include "udp.h"

/* How long the peers may take to be told that this host stops, in milliseconds. */
#define STOP_WAIT 3000

void ike_parent_log(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "%s\n", text);
}

/* Requests of the control socket. */

static const char *string_of(struct json_object *json, const char *key)
{
	struct json_object *value = json_object_object_get(json, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

static void answer_changes(struct ike_parent *parent, uint32_t client, struct json_object *changes)
{
	struct json_object *json = json_object_new_object();
	const char *line;

	json_object_object_add(json, "changes", json_object_get(changes));
	line = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN);
	ike_control_answer(parent->control, client, line, strlen(line), false);
	ike_control_answer(parent->control, client, "\n", 1, false);
	json_object_put(json);
	ike_control_done(parent->control, client, NULL);
}

static void answer_fault(struct ike_parent *parent, uint32_t client,
			 const struct ike_config_fault *fault)
{
	char text[640];

	ike_config_fault_text(fault, text, sizeof(text));
	ike_control_done(parent->control, client, text);
}

static int reload(struct ike_parent *parent, const char *only, bool dry_run,
		  struct json_object *changes, struct ike_config_fault *fault)
{
	struct ike_config next;
	int err = ike_config_load(parent->options->directory, &next, fault);

	if (err)
		return err;
	ike_notify("RELOADING=1");
	/* What fails here is a channel, and the loop notices. */
	ike_parent_change(parent, &next, only, dry_run, changes);
	ike_config_uninit(&next);
	ike_notify("READY=1");
	return 0;
}

static void on_reload(struct ike_parent *parent, uint32_t client, struct json_object *json)
{
	struct json_object *changes = json_object_new_array();
	const char *name = string_of(json, "name");
	struct ike_config_fault fault;
	bool dry_run = json_object_get_boolean(json_object_object_get(json, "dry-run"));

	if (reload(parent, *name ? name : NULL, dry_run, changes, &fault))
		answer_fault(parent, client, &fault);
	else
		answer_changes(parent, client, changes);
	json_object_put(changes);
}

/* One file, sent by the command: its peer is to run as it says, and nothing else is touched. */
static void on_apply(struct ike_parent *parent, uint32_t client, struct json_object *json)
{
	struct json_object *changes = json_object_new_array();
	const char *text = string_of(json, "text"), *file = string_of(json, "file");
	bool dry_run = json_object_get_boolean(json_object_object_get(json, "dry-run"));
	struct ike_config_peer *peer = NULL;
	struct ike_config_fault fault;
	struct ike_config next = { 0 };
	char name[IKE_NAME_SIZE];

	if (ike_config_parse(file, text, strlen(text), &peer, &fault)) {
		answer_fault(parent, client, &fault);
	} else if (ike_config_add(&next, peer, &fault)) {
		ike_config_peer_free(peer);
		answer_fault(parent, client, &fault);
	} else {
		snprintf(name, sizeof(name), "%s", peer->name);
		ike_parent_change(parent, &next, name, dry_run, changes);
		answer_changes(parent, client, changes);
	}
	ike_config_uninit(&next);
	json_object_put(changes);
}

static void on_request(void *arg, uint32_t client, struct json_object *json)
{
	const char *verb = string_of(json, "verb");
	struct ike_parent *parent = arg;
	int64_t wait = json_object_get_int64(json_object_object_get(json, "wait-ms"));

	if (!strcmp(verb, "reload")) {
		on_reload(parent, client, json);
		return;
	}
	if (!strcmp(verb, "apply")) {
		on_apply(parent, client, json);
		return;
	}
	ike_ipc_begin(&parent->out, IKE_IPC_CONTROL, client);
	ike_ipc_put_string(&parent->out, verb);
	ike_ipc_put_string(&parent->out, string_of(json, "name"));
	ike_ipc_put_u32(&parent->out, wait < 0 ? 0 : wait > UINT32_MAX ? UINT32_MAX : wait);
	if (ike_ipc_send(&parent->ends->protocol, &parent->out))
		ike_control_done(parent->control, client, "the protocol process is gone");
}

/* Messages of the protocol process, which may have been taken over. */

static int on_kernel_request(struct ike_parent *parent)
{
	struct ike_kernel_reply reply = { .error = -ENOENT };
	const struct ike_child_conf *child = NULL;
	struct ike_ipc_kernel_request wanted;
	const struct ike_config_tunnel *tunnel;
	const struct ike_config_peer *peer;
	int err = ike_ipc_get_kernel_request(&parent->in, &wanted);

	if (err)
		return err;
	tunnel = ike_config_find_tunnel(parent->config, wanted.child, &peer);
	if (tunnel)
		child = &peer->children[tunnel - peer->tunnels];
	if (child)
		ike_kernel_request(parent->kernel, peer, child, &wanted.request, &reply);
	else
		reply.message = "the tunnel is not configured any more";
	/* Nobody waits for this one. */
	if (wanted.request.verb == IKE_KERNEL_SPI_FREE)
		return 0;
	ike_ipc_put_kernel_reply(&parent->out, wanted.request.id, &reply);
	return ike_ipc_send(&parent->ends->protocol, &parent->out);
}

static int on_control_reply(struct ike_parent *parent)
{
	uint32_t client = parent->in.id;
	bool last = ike_ipc_get_u8(&parent->in);
	const uint8_t *octets;
	size_t len;

	octets = ike_ipc_get_octets(&parent->in, &len, IKE_IPC_MAX);
	if (ike_ipc_end(&parent->in))
		return -EBADMSG;
	ike_control_answer(parent->control, client, (const char *)octets, len, last);
	return 0;
}

/* What a peer sends may come this far: a line stays one line. */
static void printable(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
	}
}

static int on_log(struct ike_parent *parent)
{
	char text[2048];

	ike_ipc_get_string(&parent->in, text, sizeof(text));
	if (ike_ipc_end(&parent->in))
		return -EBADMSG;
	printable(text);
	ike_parent_log(parent, text);
	return 0;
}

static int on_protocol(struct ike_parent *parent)
{
	switch (parent->in.kind) {
	case IKE_IPC_KERNEL:
		return on_kernel_request(parent);
	case IKE_IPC_CONTROL_REPLY:
		return on_control_reply(parent);
	case IKE_IPC_LOG:
		return on_log(parent);
	case IKE_IPC_STOP:
		parent->stopped = true;
		return ike_ipc_end(&parent->in);
	default:
		return -EBADMSG;
	}
}

static int on_key(struct ike_parent *parent)
{
	char name[IKE_NAME_SIZE], why[512], text[640];

	if (parent->in.kind != IKE_IPC_KEYS_FAULT)
		return -EBADMSG;
	ike_ipc_get_string(&parent->in, name, sizeof(name));
	ike_ipc_get_string(&parent->in, why, sizeof(why));
	if (ike_ipc_end(&parent->in))
		return -EBADMSG;
	snprintf(text, sizeof(text), "peer %s: %s", name, why);
	printable(text);
	ike_parent_log(parent, text);
	return 0;
}

static int drain(struct ike_parent *parent, struct ike_ipc_channel *channel,
		 int (*on_message)(struct ike_parent *parent))
{
	int err;

	while ((err = ike_ipc_receive(channel, &parent->in)) == 1) {
		err = on_message(parent);
		ike_ipc_wipe(&parent->in);
		if (err)
			return err;
	}
	return err;
}

static void on_kernel_event(void *arg, const struct ike_kernel_event *event)
{
	struct ike_parent *parent = arg;

	ike_ipc_put_kernel_event(&parent->out, event);
	/* The loop notices when the channel has failed. */
	ike_ipc_send(&parent->ends->protocol, &parent->out);
}

/* Signals. */

static int stop(struct ike_parent *parent)
{
	if (parent->stopping)
		return 0;
	parent->stopping = true;
	ike_notify("STOPPING=1");
	ike_ipc_begin(&parent->out, IKE_IPC_STOP, 0);
	return ike_ipc_send(&parent->ends->protocol, &parent->out);
}

static void on_hangup(struct ike_parent *parent)
{
	struct json_object *changes = json_object_new_array();
	struct ike_config_fault fault;
	char text[640];

	if (reload(parent, NULL, false, changes, &fault))
		ike_parent_log(parent, ike_config_fault_text(&fault, text, sizeof(text)));
	json_object_put(changes);
}

static int on_signal(struct ike_parent *parent)
{
	struct signalfd_siginfo info;
	int err = 0;

	while (!err && read(parent->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			on_hangup(parent);
		else if (info.ssi_signo == SIGCHLD)
			err = parent->stopping ? 0 : -ECHILD;
		else
			err = stop(parent);
	}
	return err;
}

static int signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* The loop. */

static int send_sockets(struct ike_parent *parent)
{
	struct ike_udp sockets[IKE_UDP_SOCKETS];
	size_t i, count;
	uint16_t port;
	char text[128];
	int err = ike_udp_open(sockets, &count, &port);

	if (err) {
		snprintf(text, sizeof(text), "UDP port %u: %s", port, strerror(-err));
		ike_parent_log(parent, text);
		return err;
	}
	ike_ipc_begin(&parent->out, IKE_IPC_SOCKETS, 0);
	ike_ipc_put_u8(&parent->out, count);
	for (i = 0; i < count; i++) {
		ike_ipc_put_u8(&parent->out, sockets[i].len);
		ike_ipc_put_u16(&parent->out, sockets[i].port);
		ike_ipc_put_fd(&parent->out, sockets[i].fd);
	}
	err = ike_ipc_send(&parent->ends->protocol, &parent->out);
	for (i = 0; i < count; i++)
		close(sockets[i].fd);
	return err;
}

enum { POLL_PROTOCOL, POLL_KEY, POLL_SIGNALS, POLL_KERNEL, POLL_CONTROL };

static int turn(struct ike_parent *parent)
{
	struct pollfd polls[POLL_CONTROL + IKE_CONTROL_CLIENTS_MAX + 1] = {
		[POLL_PROTOCOL] = { parent->ends->protocol.fd, POLLIN, 0 },
		[POLL_KEY] = { parent->ends->key.fd, POLLIN, 0 },
		[POLL_SIGNALS] = { parent->signals, POLLIN, 0 },
		[POLL_KERNEL] = { ike_kernel_fd(parent->kernel), POLLIN, 0 },
	};
	size_t count = POLL_CONTROL + ike_control_poll(parent->control, polls + POLL_CONTROL);
	int err;

	if (parent->ends->protocol.first)
		polls[POLL_PROTOCOL].events |= POLLOUT;
	if (parent->ends->key.first)
		polls[POLL_KEY].events |= POLLOUT;
	err = poll(polls, count, parent->stopping ? STOP_WAIT : -1);
	if (err < 0 && errno != EINTR)
		return -errno;
	/* The protocol process does not answer any more. */
	if (!err && parent->stopping)
		parent->stopped = true;
	err = ike_ipc_flush(&parent->ends->protocol);
	if (!err)
		err = ike_ipc_flush(&parent->ends->key);
	if (!err)
		err = on_signal(parent);
	if (!err)
		err = drain(parent, &parent->ends->protocol, on_protocol);
	if (!err)
		err = drain(parent, &parent->ends->key, on_key);
	if (err)
		return err;
	if (ike_kernel_events(parent->kernel, on_kernel_event, parent) == -ENOBUFS)
		ike_parent_log(parent, "warning: the kernel told more than was read; some is lost");
	ike_control_dispatch(parent->control);
	return 0;
}

static void take_down(struct ike_parent *parent)
{
	size_t i, j;

	for (i = 0; i < parent->config->peer_count; i++) {
		for (j = 0; j < parent->config->peers[i]->tunnel_count; j++)
			ike_site_tunnel_del(&parent->site, parent->config->peers[i], j);
	}
	ike_site_uninit(&parent->site);
}

static int open_all(struct ike_parent *parent)
{
	char why[256], text[384];
	int err = ike_kernel_open(&parent->kernel, why, sizeof(why));

	if (err) {
		snprintf(text, sizeof(text), "the sectun module: %s", why);
		ike_parent_log(parent, text);
		return err;
	}
	err = ike_link_open(&parent->link);
	if (!err) {
		parent->site.kernel = parent->kernel;
		parent->site.link = parent->link;
		parent->site.log = ike_parent_log;
		parent->site.arg = parent;
		parent->signals = signals_open();
		err = parent->signals < 0 ? parent->signals : 0;
	}
	if (!err)
		err = send_sockets(parent);
	if (err)
		return err;
	err = ike_control_open(&parent->control, parent->options->socket, on_request, parent);
	if (err) {
		snprintf(text, sizeof(text), "control socket %s: %s", parent->options->socket,
			 err == -EADDRINUSE ? "another sectun-ike answers there" : strerror(-err));
		ike_parent_log(parent, text);
	}
	return err;
}

static void explain(struct ike_parent *parent, int err)
{
	char text[128];

	if (err == -EPIPE || err == -ECHILD)
		snprintf(text, sizeof(text), "ends, because another of its processes has ended");
	else if (err == -EBADMSG)
		snprintf(text, sizeof(text), "ends, because of a message that must not be");
	else
		snprintf(text, sizeof(text), "ends: %s", strerror(-err));
	ike_parent_log(parent, text);
}

int ike_parent_run(struct ike_process_ends *ends, const struct ike_options *options,
		   struct ike_config *config)
{
	struct ike_parent *parent = calloc(1, sizeof(*parent));
	int err;

	if (!parent)
		return EXIT_FAILURE;
	parent->ends = ends;
	parent->options = options;
	parent->config = config;
	parent->signals = -1;
	err = open_all(parent);
	if (!err)
		err = ike_parent_start(parent);
	if (!err)
		ike_notify("READY=1");
	while (!err && !parent->stopped)
		err = turn(parent);
	if (err)
		explain(parent, err);
	if (parent->kernel && parent->link)
		take_down(parent);
	ike_control_close(parent->control);
	ike_kernel_close(parent->kernel);
	ike_link_close(parent->link);
	if (parent->signals >= 0)
		close(parent->signals);
	free(parent);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
