// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "child.h"
#include "ike_sa.h"

const struct ike_limits ike_limits_default = {
	.half_open_cookie = 32,
	.half_open_max = 1024,
	.half_open_address = 16,
	.half_open_seconds = 30,
	.ike_max = 65536,
};

static const char *const event_names[] = {
	[IKE_EVENT_IKE_UP] = "ike-up",
	[IKE_EVENT_IKE_REKEYED] = "ike-rekeyed",
	[IKE_EVENT_IKE_DOWN] = "ike-down",
	[IKE_EVENT_CHILD_UP] = "child-up",
	[IKE_EVENT_CHILD_REKEYED] = "child-rekeyed",
	[IKE_EVENT_CHILD_DOWN] = "child-down",
	[IKE_EVENT_MOVED] = "moved",
	[IKE_EVENT_FAILED] = "failed",
	[IKE_EVENT_WARNING] = "warning",
};

const char *ike_event_name(enum ike_event_kind kind)
{
	return event_names[kind];
}

struct ike_engine *ike_engine_new(const struct ike_ops *ops, void *arg,
				  const struct ike_limits *limits, uint64_t now)
{
	struct ike_engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return NULL;
	engine->ops = ops;
	engine->arg = arg;
	engine->limits = *limits;
	engine->now = now;
	engine->deadline = IKE_NEVER;
	engine->random = (struct ike_random){ ops->random, arg };
	engine->jar.random = &engine->random;
	return engine;
}

void ike_engine_free(struct ike_engine *engine)
{
	if (!engine)
		return;
	while (engine->sas) {
		struct ike_sa *sa = engine->sas;

		engine->sas = sa->next;
		ike_sa_free(sa);
	}
	while (engine->pending) {
		struct ike_pending *pending = engine->pending;

		engine->pending = pending->next;
		free(pending);
	}
	while (engine->peers) {
		struct ike_peer *peer = engine->peers;

		engine->peers = peer->next;
		ike_record_log_free(&peer->log);
		free(peer->wants);
		free(peer);
	}
	ike_record_log_free(&engine->strangers);
	ike_cookie_exit(&engine->jar);
	ike_wipe(engine->build, sizeof(engine->build));
	ike_wipe(engine->plain, sizeof(engine->plain));
	free(engine);
}

uint32_t ike_engine_random(struct ike_engine *engine, uint32_t limit)
{
	uint32_t value;

	engine->ops->random(engine->arg, &value, sizeof(value));
	return value % limit;
}

uint64_t ike_engine_jitter(struct ike_engine *engine, uint64_t seconds)
{
	uint64_t tenth = seconds * IKE_SECOND / 10;

	if (!tenth)
		return 0;
	if (tenth > UINT32_MAX)
		tenth = UINT32_MAX;
	return seconds * IKE_SECOND - ike_engine_random(engine, (uint32_t)tenth);
}

void ike_engine_tell(struct ike_engine *engine, enum ike_event_kind kind, const struct ike_sa *sa,
		     const char *child, const char *format, ...)
{
	struct ike_event event = { .kind = kind, .child = child };
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	event.text = text;
	event.path = sa->path;
	if (sa->peer)
		event.peer = sa->peer->conf->name;
	engine->ops->event(engine->arg, &event);
}

static void sooner(struct ike_engine *engine, uint64_t deadline)
{
	if (deadline < engine->deadline)
		engine->deadline = deadline;
}

void ike_engine_settle(struct ike_engine *engine)
{
	struct ike_peer *peer;
	struct ike_sa *sa;

	while (engine->touched_peers || engine->touched) {
		ike_sa_sweep(engine);
		while ((peer = engine->touched_peers)) {
			engine->touched_peers = peer->next_touched;
			peer->touched = false;
			ike_peer_settle(engine, peer);
			sooner(engine, ike_peer_deadline(engine, peer));
		}
		/* Sweeping frees what is dead: the list has none. */
		ike_sa_sweep(engine);
		if (!(sa = engine->touched))
			break;
		engine->touched = sa->next_touched;
		sa->touched = false;
		ike_task_next(engine, sa);
		sooner(engine, ike_sa_deadline(engine, sa));
	}
	ike_sa_sweep(engine);
}

/* IKE_SA_INIT is not protected: a request has no SPI of ours, a response that of a waiting SA. */
static void receive_init(struct ike_engine *engine, const struct ike_path *path,
			 const struct ike_view *view)
{
	const struct ike_header *header = &view->header;
	struct ike_sa *sa;

	if (header->message_id)
		return;
	if (!(header->flags & IKE_FLAG_RESPONSE)) {
		if ((header->flags & IKE_FLAG_INITIATOR) && !header->spi_r)
			ike_init_request(engine, path, view);
		return;
	}
	sa = ike_sa_find(engine, header->spi_i);
	if (sa && sa->state == IKE_STATE_STARTING && !(header->flags & IKE_FLAG_INITIATOR))
		ike_init_response(engine, sa, path, view);
}

void ike_engine_receive(struct ike_engine *engine, const struct ike_path *path, const uint8_t *data,
			size_t len, uint64_t now)
{
	enum ike_wire_status status;
	struct ike_view view;
	struct ike_sa *sa;

	engine->now = now;
	status = ike_message_parse((struct ike_span){ data, len }, &view);
	if (status == IKE_WIRE_MAJOR && view.header.version > IKE_VERSION)
		ike_init_refuse_version(engine, path, &view);
	if (status)
		return;
	if (view.header.exchange == IKE_SA_INIT) {
		receive_init(engine, path, &view);
		ike_engine_settle(engine);
		return;
	}
	/* The sender that is the original initiator knows us as the responder. */
	if (view.header.flags & IKE_FLAG_INITIATOR)
		sa = ike_sa_find(engine, view.header.spi_r);
	else
		sa = ike_sa_find(engine, view.header.spi_i);
	if (!sa || sa->initiator == !!(view.header.flags & IKE_FLAG_INITIATOR) ||
	    (sa->initiator ? view.header.spi_r : view.header.spi_i) != sa->spi_remote) {
		ike_liveness_unknown(engine, path, &view);
		return;
	}
	ike_liveness_told(engine, sa, path, &view);
	ike_message_receive(engine, sa, path, &view);
	ike_engine_settle(engine);
}

void ike_engine_tick(struct ike_engine *engine, uint64_t now)
{
	engine->now = now;
	engine->deadline = IKE_NEVER;
	for (struct ike_sa *sa = engine->sas; sa; sa = sa->next) {
		ike_sa_tick(engine, sa);
		ike_sa_touch(engine, sa);
	}
	for (struct ike_peer *peer = engine->peers; peer; peer = peer->next)
		ike_peer_touch(engine, peer);
	ike_engine_settle(engine);
}

uint64_t ike_engine_deadline(const struct ike_engine *engine)
{
	return engine->deadline;
}

static struct ike_pending *pending_new(struct ike_engine *engine, struct ike_sa *sa)
{
	struct ike_pending *pending = calloc(1, sizeof(*pending));

	if (!pending)
		return NULL;
	pending->id = ++engine->last_request;
	pending->sa = sa;
	pending->next = engine->pending;
	engine->pending = pending;
	return pending;
}

int ike_engine_ask_kernel(struct ike_engine *engine, struct ike_sa *sa, struct ike_child *child,
			  struct ike_kernel_request *request, ike_kernel_done *done)
{
	struct ike_pending *pending;

	request->peer = sa->peer ? sa->peer->conf : NULL;
	request->child = child->conf;
	request->tunnel = child->tunnel;
	request->path = sa->path;
	request->encap = sa->encap;
	request->mode = child->mode;
	request->id = 0;
	if (request->verb != IKE_KERNEL_SPI_FREE) {
		pending = pending_new(engine, sa);
		if (!pending)
			return -ENOMEM;
		pending->verb = request->verb;
		pending->child = child;
		pending->peer_conf = request->peer;
		pending->child_conf = child->conf;
		snprintf(pending->tunnel, sizeof(pending->tunnel), "%s", child->tunnel);
		pending->kernel_done = done;
		request->id = pending->id;
	}
	engine->ops->kernel(engine->arg, request);
	return 0;
}

int ike_engine_ask_key(struct ike_engine *engine, struct ike_sa *sa,
		       struct ike_key_request *request, ike_key_done *done)
{
	struct ike_pending *pending = pending_new(engine, sa);

	if (!pending)
		return -ENOMEM;
	pending->key_done = done;
	request->id = pending->id;
	engine->ops->key(engine->arg, request);
	return 0;
}

static struct ike_pending *pending_take(struct ike_engine *engine, uint32_t id, bool key)
{
	for (struct ike_pending **at = &engine->pending; *at; at = &(*at)->next) {
		struct ike_pending *pending = *at;

		if (pending->id != id || !pending->key_done == key)
			continue;
		*at = pending->next;
		return pending;
	}
	return NULL;
}

/* Nobody waits for this SPI any more. */
static void give_back(struct ike_engine *engine, const struct ike_pending *pending, uint32_t spi)
{
	struct ike_kernel_request request = { .verb = IKE_KERNEL_SPI_FREE };

	if (!pending->peer_conf || !pending->child_conf)
		return;
	request.peer = pending->peer_conf;
	request.child = pending->child_conf;
	request.tunnel = pending->tunnel;
	request.in.spi = spi;
	engine->ops->kernel(engine->arg, &request);
}

void ike_engine_kernel_reply(struct ike_engine *engine, uint32_t id,
			     const struct ike_kernel_reply *reply, uint64_t now)
{
	struct ike_pending *pending = pending_take(engine, id, false);

	if (!pending)
		return;
	engine->now = now;
	if (pending->sa)
		ike_sa_touch(engine, pending->sa);
	/* That a child is gone is an answer to a question. */
	if (pending->sa && (pending->child || pending->verb == IKE_KERNEL_QUERY)) {
		if (pending->kernel_done)
			pending->kernel_done(engine, pending->sa, pending->child, reply);
	} else if (pending->verb == IKE_KERNEL_SPI_ALLOC && !reply->error) {
		give_back(engine, pending, reply->spi);
	}
	free(pending);
	ike_engine_settle(engine);
}

void ike_engine_key_reply(struct ike_engine *engine, uint32_t id, const struct ike_key_reply *reply,
			  uint64_t now)
{
	struct ike_pending *pending = pending_take(engine, id, true);

	if (!pending)
		return;
	engine->now = now;
	if (pending->sa) {
		ike_sa_touch(engine, pending->sa);
		pending->key_done(engine, pending->sa, reply);
	}
	free(pending);
	ike_engine_settle(engine);
}

static void child_down(struct ike_engine *engine, struct ike_peer *peer,
		       const struct ike_child_conf *conf)
{
	ike_peer_want(peer, conf)->wanted = false;
	ike_peer_touch(engine, peer);
	for (struct ike_sa *sa = engine->sas; sa; sa = sa->next) {
		if (sa->peer != peer)
			continue;
		for (struct ike_child *child = sa->children; child; child = child->next) {
			if (child->conf != conf)
				continue;
			/* The peer is making it as well: it can be deleted, not taken back. */
			if (child->state == IKE_CHILD_MAKING)
				child->doomed = true;
			else
				ike_child_delete(engine, child);
		}
		for (struct ike_task *task = sa->tasks; task; task = task->next)
			if (task->conf == conf)
				task->conf = NULL;
	}
}

static void peer_down(struct ike_engine *engine, struct ike_peer *peer)
{
	peer->alone.wanted = false;
	for (size_t i = 0; i < peer->conf->child_count; i++)
		peer->wants[i].wanted = false;
	for (struct ike_sa *sa = engine->sas; sa; sa = sa->next) {
		if (sa->peer != peer)
			continue;
		if (sa->state == IKE_STATE_UP)
			ike_task_add(engine, sa, IKE_TASK_IKE_DELETE, NULL);
		else if (sa->state < IKE_STATE_RIVAL)
			ike_sa_close(engine, sa, false);
	}
}

static int order_up(struct ike_engine *engine, struct ike_peer *peer,
		    const struct ike_child_conf *conf)
{
	if (!peer->conf->remote.len) {
		bool up = false;

		for (struct ike_sa *sa = engine->sas; sa; sa = sa->next)
			up |= sa->peer == peer && sa->state == IKE_STATE_UP;
		if (!up)
			return -EDESTADDRREQ;
	}
	for (size_t i = 0; i < peer->conf->child_count; i++)
		if (!conf || conf == &peer->conf->children[i])
			peer->wants[i] = (struct ike_want){ .wanted = true };
	if (!peer->conf->child_count)
		peer->alone = (struct ike_want){ .wanted = true };
	ike_peer_touch(engine, peer);
	ike_engine_settle(engine);
	return 0;
}

static int order_task(struct ike_engine *engine, struct ike_peer *peer,
		      const struct ike_child_conf *conf, enum ike_task_kind kind)
{
	int result = -ENOTCONN;

	for (struct ike_sa *sa = engine->sas; sa; sa = sa->next) {
		if (sa->peer != peer || sa->state != IKE_STATE_UP)
			continue;
		if (kind != IKE_TASK_CHILD_REKEY) {
			if (!ike_task_find(sa, kind, NULL))
				ike_task_add(engine, sa, kind, NULL);
			result = 0;
			continue;
		}
		for (struct ike_child *child = sa->children; child; child = child->next) {
			if (child->state != IKE_CHILD_UP || (conf && child->conf != conf))
				continue;
			if (!ike_task_find(sa, kind, child))
				ike_task_add(engine, sa, kind, child);
			result = 0;
		}
	}
	ike_engine_settle(engine);
	return result;
}

int ike_engine_command(struct ike_engine *engine, enum ike_command command, const char *name,
		       uint64_t now)
{
	const struct ike_child_conf *conf = NULL;
	struct ike_peer *peer = ike_peer_find(engine, name);

	if (!peer)
		conf = ike_peer_child_conf(engine, name, &peer);
	if (!peer)
		return -ENOENT;
	engine->now = now;
	switch (command) {
	case IKE_COMMAND_UP:
		return order_up(engine, peer, conf);
	case IKE_COMMAND_DOWN:
		if (conf)
			child_down(engine, peer, conf);
		else
			peer_down(engine, peer);
		ike_engine_settle(engine);
		return 0;
	case IKE_COMMAND_REKEY_CHILD:
		return order_task(engine, peer, conf, IKE_TASK_CHILD_REKEY);
	case IKE_COMMAND_REKEY_IKE:
		return order_task(engine, peer, NULL, IKE_TASK_IKE_REKEY);
	case IKE_COMMAND_LIVENESS:
		return order_task(engine, peer, NULL, IKE_TASK_LIVENESS);
	}
	return -EINVAL;
}

static void acquire(struct ike_engine *engine, const char *tunnel)
{
	struct ike_peer *peer;
	const struct ike_child_conf *conf = ike_peer_child_conf(engine, tunnel, &peer);

	if (!conf || conf->start == IKE_START_NONE)
		return;
	ike_peer_want(peer, conf)->wanted = true;
	ike_peer_touch(engine, peer);
}

static void expire(struct ike_engine *engine, const struct ike_kernel_event *event)
{
	for (struct ike_sa *sa = engine->sas; sa; sa = sa->next) {
		for (struct ike_child *child = sa->children; child; child = child->next) {
			if (child->state != IKE_CHILD_UP || strcmp(child->tunnel, event->tunnel) ||
			    (event->inbound ? child->spi_in : child->spi_out) != event->spi)
				continue;
			if (event->hard)
				ike_child_delete(engine, child);
			else if (!ike_task_find(sa, IKE_TASK_CHILD_REKEY, child))
				ike_task_add(engine, sa, IKE_TASK_CHILD_REKEY, child);
		}
	}
}

static void gone(struct ike_engine *engine, const struct ike_kernel_event *event)
{
	for (struct ike_sa *sa = engine->sas; sa; sa = sa->next) {
		for (struct ike_child *child = sa->children; child; child = child->next) {
			if (child->state != IKE_CHILD_UP || strcmp(child->tunnel, event->tunnel) ||
			    (event->inbound ? child->spi_in : child->spi_out) != event->spi)
				continue;
			if (!event->inbound && !(child->installed & IKE_DIRECTION_OUT))
				continue;
			ike_child_delete(engine, child);
		}
	}
}

void ike_engine_kernel_event(struct ike_engine *engine, const struct ike_kernel_event *event,
			     uint64_t now)
{
	struct ike_child *child;
	struct ike_path path;

	engine->now = now;
	switch (event->kind) {
	case IKE_KERNEL_ACQUIRE:
		acquire(engine, event->tunnel);
		break;
	case IKE_KERNEL_EXPIRE:
		expire(engine, event);
		break;
	case IKE_KERNEL_FIRST_RECEIVE:
		child = ike_child_by_tunnel(engine, event->tunnel, event->spi);
		if (child && child->state == IKE_CHILD_UP)
			ike_child_use(engine, child);
		break;
	case IKE_KERNEL_ENDPOINT:
		child = ike_child_by_tunnel(engine, event->tunnel, 0);
		if (!child || !child->sa->nat_remote)
			break;
		path = child->sa->path;
		path.remote = event->endpoint;
		ike_sa_moved(engine, child->sa, &path);
		break;
	case IKE_KERNEL_GONE:
		gone(engine, event);
		break;
	}
	ike_engine_settle(engine);
}
