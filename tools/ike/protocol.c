// SPDX-License-Identifier: MIT
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "crypt.h"
#include "ipcmsg.h"
#include "protocol.h"
#include "record.h"

/* Packets that are taken from a socket before something else has its turn. */
#define BURST 64

static uint64_t clock_ms(void)
{
	struct timespec now;

	/* Time asleep counts: SAs age. */
	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void send_out(struct ike_process *protocol, struct ike_ipc_channel *channel)
{
	int err = ike_ipc_send(channel, &protocol->out);

	if (err && !protocol->failed)
		protocol->failed = err;
}

void ike_protocol_log(struct ike_process *protocol, const char *text)
{
	ike_ipc_begin(&protocol->out, IKE_IPC_LOG, 0);
	ike_ipc_put_string(&protocol->out, text);
	send_out(protocol, &protocol->ends->parent);
}

/* What the engine does. */

static void op_send(void *arg, const struct ike_path *path, const uint8_t *data, size_t len)
{
	struct ike_process *protocol = arg;

	/* What is lost here is sent again, as what the network loses. */
	ike_udp_send(protocol->sockets, protocol->socket_count, path, data, len);
}

static void op_kernel(void *arg, const struct ike_kernel_request *request)
{
	struct ike_process *protocol = arg;

	ike_ipc_put_kernel_request(&protocol->out, request);
	send_out(protocol, &protocol->ends->parent);
}

static void op_key(void *arg, const struct ike_key_request *request)
{
	struct ike_process *protocol = arg;

	ike_ipc_put_key_request(&protocol->out, request);
	send_out(protocol, &protocol->ends->key);
}

static void op_event(void *arg, const struct ike_event *event)
{
	struct ike_process *protocol = arg;
	char local[IKE_ENDPOINT_TEXT_SIZE], remote[IKE_ENDPOINT_TEXT_SIZE];
	const struct ike_record *record = event->record;
	char line[2048];
	int len;

	len = snprintf(line, sizeof(line), "%s peer=%s%s%s local=%s remote=%s",
		       ike_event_name(event->kind), event->peer ? event->peer : "-",
		       event->child ? " tunnel=" : "", event->child ? event->child : "",
		       ike_endpoint_format(&event->path.local, local),
		       ike_endpoint_format(&event->path.remote, remote));
	if (record && len < (int)sizeof(line))
		len += snprintf(line + len, sizeof(line) - len, " stage=%s refused-by=%s code=%s",
				ike_stage_name(record->stage), ike_refuser_name(record->refuser),
				record->code);
	if (event->text && event->text[0] && len < (int)sizeof(line))
		len += snprintf(line + len, sizeof(line) - len, ": %s", event->text);
	if (record && record->edit[0] && len < (int)sizeof(line))
		snprintf(line + len, sizeof(line) - len, "; %s", record->edit);
	ike_protocol_log(protocol, line);
	ike_protocol_notice(protocol, event);
}

static void op_random(void *arg, void *data, size_t len)
{
	(void)arg;
	/* Without randomness nothing must go on. */
	if (ike_random(NULL, data, len))
		abort();
}

static const struct ike_ops ops = {
	.send = op_send,
	.kernel = op_kernel,
	.key = op_key,
	.event = op_event,
	.random = op_random,
};

/* Peers. */

static struct ike_protocol_peer *peer_find(struct ike_process *protocol, const char *name)
{
	struct ike_protocol_peer *peer;

	for (peer = protocol->peers; peer; peer = peer->next) {
		if (!strcmp(peer->name, name))
			return peer;
	}
	return NULL;
}

static struct ike_protocol_peer *peer_get(struct ike_process *protocol, const char *name)
{
	struct ike_protocol_peer *peer = peer_find(protocol, name);

	if (peer)
		return peer;
	peer = calloc(1, sizeof(*peer));
	if (!peer)
		return NULL;
	snprintf(peer->name, sizeof(peer->name), "%s", name);
	peer->next = protocol->peers;
	protocol->peers = peer;
	return peer;
}

static void peer_free(struct ike_protocol_peer *peer)
{
	ike_config_peer_free(peer->config);
	ike_config_peer_free(peer->pending);
	free(peer->certreq);
	free(peer);
}

/* Gives the engine a configuration once its keys are there too. */
static void peer_settle(struct ike_process *protocol, struct ike_protocol_peer *peer)
{
	struct ike_config_peer *pending = peer->pending;
	char text[128];

	if (!pending || peer->generation != peer->keys_generation)
		return;
	peer->pending = NULL;
	if (!peer->keys_good) {
		snprintf(text, sizeof(text), "peer %s is left as it was: its keys cannot be read",
			 peer->name);
		ike_protocol_log(protocol, text);
		ike_config_peer_free(pending);
		return;
	}
	ike_config_peer_identify(pending, &peer->subject);
	pending->conf.certreq = peer->certreq;
	pending->conf.certreq_len = peer->certreq_len;
	if (ike_engine_peer_set(protocol->engine, &pending->conf, protocol->now)) {
		ike_config_peer_free(pending);
		return;
	}
	ike_config_peer_free(peer->config);
	peer->config = pending;
}

static int on_config(struct ike_process *protocol)
{
	struct ike_config_peer *config = NULL;
	struct ike_config_fault fault;
	struct ike_protocol_peer *peer;
	struct ike_endpoint local;
	uint32_t generation;
	const uint8_t *text;
	char file[256];
	size_t len;

	generation = ike_ipc_get_u32(&protocol->in);
	ike_ipc_get_string(&protocol->in, file, sizeof(file));
	text = ike_ipc_get_octets(&protocol->in, &len, IKE_CONFIG_FILE_MAX);
	ike_ipc_get_endpoint(&protocol->in, &local);
	if (ike_ipc_end(&protocol->in))
		return -EBADMSG;
	/* The parent has parsed the same text. */
	if (ike_config_parse(file, (const char *)text, len, &config, &fault))
		return -EBADMSG;
	config->conf.local = local;
	peer = peer_get(protocol, config->name);
	if (!peer) {
		ike_config_peer_free(config);
		return -ENOMEM;
	}
	ike_config_peer_free(peer->pending);
	peer->pending = config;
	peer->generation = generation;
	peer_settle(protocol, peer);
	return 0;
}

static int on_keys_ready(struct ike_process *protocol)
{
	struct ike_ipc_message *in = &protocol->in;
	struct ike_protocol_peer *peer;
	char name[IKE_NAME_SIZE];
	const uint8_t *subject, *ids;
	size_t subject_len, ids_len;
	uint32_t generation;
	uint8_t type;
	bool good;

	ike_ipc_get_string(in, name, sizeof(name));
	generation = ike_ipc_get_u32(in);
	good = ike_ipc_get_u8(in);
	type = ike_ipc_get_u8(in);
	subject = ike_ipc_get_octets(in, &subject_len, IKE_ID_MAX);
	ids = ike_ipc_get_octets(in, &ids_len, IKE_PACKET_MAX);
	if (ike_ipc_end(in))
		return -EBADMSG;
	peer = peer_get(protocol, name);
	if (!peer)
		return -ENOMEM;
	peer->keys_generation = generation;
	peer->keys_good = good;
	if (good) {
		/* The engine still reads the old one until it has the new configuration. */
		uint8_t *old = peer->certreq;

		peer->certreq = malloc(ids_len + 1);
		if (!peer->certreq)
			return -ENOMEM;
		memcpy(peer->certreq, ids, ids_len);
		peer->certreq_len = ids_len;
		peer->subject.type = type;
		peer->subject.len = subject_len;
		memcpy(peer->subject.data, subject, subject_len);
		if (peer->config) {
			peer->config->conf.certreq = peer->certreq;
			peer->config->conf.certreq_len = ids_len;
		}
		free(old);
	}
	peer_settle(protocol, peer);
	return 0;
}

static void peer_remove(struct ike_process *protocol, struct ike_protocol_peer **at)
{
	struct ike_protocol_peer *peer = *at;

	*at = peer->next;
	if (peer->config)
		ike_engine_peer_del(protocol->engine, peer->name, protocol->now);
	peer_free(peer);
}

static int on_config_gone(struct ike_process *protocol)
{
	struct ike_protocol_peer **at;
	char name[IKE_NAME_SIZE];

	ike_ipc_get_string(&protocol->in, name, sizeof(name));
	if (ike_ipc_end(&protocol->in))
		return -EBADMSG;
	for (at = &protocol->peers; *at; at = &(*at)->next) {
		if (strcmp((*at)->name, name))
			continue;
		peer_remove(protocol, at);
		break;
	}
	return 0;
}

static int on_stop(struct ike_process *protocol)
{
	if (ike_ipc_end(&protocol->in))
		return -EBADMSG;
	while (protocol->peers)
		peer_remove(protocol, &protocol->peers);
	ike_ipc_begin(&protocol->out, IKE_IPC_STOP, 0);
	send_out(protocol, &protocol->ends->parent);
	return 0;
}

static int on_sockets(struct ike_process *protocol)
{
	struct ike_ipc_message *in = &protocol->in;
	size_t i, count = ike_ipc_get_u8(in);

	if (count > IKE_UDP_SOCKETS || protocol->socket_count)
		return -EBADMSG;
	for (i = 0; i < count; i++) {
		protocol->sockets[i].len = ike_ipc_get_u8(in);
		protocol->sockets[i].port = ike_ipc_get_u16(in);
		protocol->sockets[i].fd = ike_ipc_get_fd(in);
	}
	if (ike_ipc_end(in))
		return -EBADMSG;
	protocol->socket_count = count;
	return 0;
}

/* What comes. */

static int on_kernel_reply(struct ike_process *protocol)
{
	struct ike_ipc_kernel_reply reply;
	uint32_t id = protocol->in.id;
	int err = ike_ipc_get_kernel_reply(&protocol->in, &reply);

	if (!err)
		ike_engine_kernel_reply(protocol->engine, id, &reply.reply, protocol->now);
	return err;
}

static int on_kernel_event(struct ike_process *protocol)
{
	struct ike_ipc_kernel_event event;
	int err = ike_ipc_get_kernel_event(&protocol->in, &event);

	if (!err)
		ike_engine_kernel_event(protocol->engine, &event.event, protocol->now);
	return err;
}

static int on_parent(struct ike_process *protocol)
{
	switch (protocol->in.kind) {
	case IKE_IPC_SOCKETS:
		return on_sockets(protocol);
	case IKE_IPC_CONFIG:
		return on_config(protocol);
	case IKE_IPC_CONFIG_GONE:
		return on_config_gone(protocol);
	case IKE_IPC_KERNEL_REPLY:
		return on_kernel_reply(protocol);
	case IKE_IPC_KERNEL_EVENT:
		return on_kernel_event(protocol);
	case IKE_IPC_CONTROL:
		return ike_protocol_control(protocol);
	case IKE_IPC_STOP:
		return on_stop(protocol);
	default:
		return -EBADMSG;
	}
}

static int on_key(struct ike_process *protocol)
{
	struct ike_ipc_key_reply reply;
	uint32_t id = protocol->in.id;
	int err;

	if (protocol->in.kind == IKE_IPC_KEYS_READY)
		return on_keys_ready(protocol);
	if (protocol->in.kind != IKE_IPC_KEY_REPLY)
		return -EBADMSG;
	err = ike_ipc_get_key_reply(&protocol->in, &reply);
	if (!err)
		ike_engine_key_reply(protocol->engine, id, &reply.reply, protocol->now);
	return err;
}

static int drain(struct ike_process *protocol, struct ike_ipc_channel *channel,
		 int (*on_message)(struct ike_process *protocol))
{
	int err;

	while ((err = ike_ipc_receive(channel, &protocol->in)) == 1) {
		err = on_message(protocol);
		ike_ipc_wipe(&protocol->in);
		if (err)
			return err;
	}
	return err;
}

static void receive(struct ike_process *protocol, const struct ike_udp *udp)
{
	struct ike_path path;
	const uint8_t *data;
	size_t len;
	int i, got;

	for (i = 0; i < BURST; i++) {
		got = ike_udp_receive(udp, &path, &data, &len, protocol->packet,
				      sizeof(protocol->packet));
		if (got < 0)
			return;
		if (got)
			ike_engine_receive(protocol->engine, &path, data, len, protocol->now);
	}
}

static int wait(struct ike_process *protocol, struct pollfd *polls)
{
	uint64_t until = ike_engine_deadline(protocol->engine);
	uint64_t wake = ike_protocol_wake_at(protocol);
	int timeout = -1;
	size_t i;

	polls[0] = (struct pollfd){ .fd = protocol->ends->parent.fd, .events = POLLIN };
	polls[1] = (struct pollfd){ .fd = protocol->ends->key.fd, .events = POLLIN };
	if (protocol->ends->parent.first)
		polls[0].events |= POLLOUT;
	if (protocol->ends->key.first)
		polls[1].events |= POLLOUT;
	for (i = 0; i < protocol->socket_count; i++)
		polls[2 + i] = (struct pollfd){ .fd = protocol->sockets[i].fd, .events = POLLIN };
	if (wake < until)
		until = wake;
	if (until != UINT64_MAX)
		timeout = until <= protocol->now ? 0 :
			  until - protocol->now > 60000 ? 60000 : (int)(until - protocol->now);
	if (poll(polls, 2 + protocol->socket_count, timeout) < 0 && errno != EINTR)
		return -errno;
	protocol->now = clock_ms();
	return 0;
}

static int turn(struct ike_process *protocol)
{
	struct pollfd polls[2 + IKE_UDP_SOCKETS];
	int err = wait(protocol, polls);
	size_t i;

	if (!err)
		err = ike_ipc_flush(&protocol->ends->parent);
	if (!err)
		err = ike_ipc_flush(&protocol->ends->key);
	if (!err)
		err = drain(protocol, &protocol->ends->parent, on_parent);
	if (!err)
		err = drain(protocol, &protocol->ends->key, on_key);
	if (err)
		return err;
	for (i = 0; i < protocol->socket_count; i++)
		receive(protocol, &protocol->sockets[i]);
	if (ike_engine_deadline(protocol->engine) <= protocol->now)
		ike_engine_tick(protocol->engine, protocol->now);
	ike_protocol_wake(protocol);
	return protocol->failed;
}

int ike_protocol_run(struct ike_process_ends *ends)
{
	struct ike_process *protocol = calloc(1, sizeof(*protocol));
	struct ike_protocol_peer *peer;
	int err;

	if (!protocol)
		return EXIT_FAILURE;
	protocol->ends = ends;
	protocol->now = clock_ms();
	protocol->engine = ike_engine_new(&ops, protocol, &ike_limits_default, protocol->now);
	err = protocol->engine ? 0 : -ENOMEM;
	while (!err)
		err = turn(protocol);
	ike_engine_free(protocol->engine);
	while ((peer = protocol->peers)) {
		protocol->peers = peer->next;
		peer_free(peer);
	}
	free(protocol);
	return err == -EPIPE ? EXIT_SUCCESS : EXIT_FAILURE;
}
