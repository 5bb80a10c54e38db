// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "child.h"
#include "ike_sa.h"

/* Seconds after which what failed is tried again, if the configuration does not say. */
#define RETRY_SECONDS 5

struct ike_peer *ike_peer_find(struct ike_engine *engine, const char *name)
{
	for (struct ike_peer *peer = engine->peers; peer; peer = peer->next)
		if (!strcmp(peer->conf->name, name))
			return peer;
	return NULL;
}

const struct ike_child_conf *ike_peer_child_conf(struct ike_engine *engine, const char *name,
						 struct ike_peer **peer)
{
	for (*peer = engine->peers; *peer; *peer = (*peer)->next)
		for (size_t i = 0; i < (*peer)->conf->child_count; i++)
			if (!strcmp((*peer)->conf->children[i].name, name))
				return &(*peer)->conf->children[i];
	return NULL;
}

void ike_peer_touch(struct ike_engine *engine, struct ike_peer *peer)
{
	if (peer->touched)
		return;
	peer->touched = true;
	peer->next_touched = engine->touched_peers;
	engine->touched_peers = peer;
}

struct ike_want *ike_peer_want(struct ike_peer *peer, const struct ike_child_conf *conf)
{
	return &peer->wants[conf - peer->conf->children];
}

bool ike_peer_at(const struct ike_peer *peer, const struct ike_path *path)
{
	const struct ike_peer_conf *conf = peer->conf;

	if (conf->remote.len && !ike_endpoint_same_address(&conf->remote, &path->remote))
		return false;
	return !conf->local.len || ike_endpoint_same_address(&conf->local, &path->local);
}

static struct ike_want *wants_new(const struct ike_peer_conf *conf)
{
	struct ike_want *wants = calloc(conf->child_count + 1, sizeof(*wants));

	for (size_t i = 0; wants && i < conf->child_count; i++)
		wants[i].wanted = conf->children[i].start == IKE_START_ALWAYS;
	return wants;
}

static bool same_ts(const struct ike_ts *a, size_t a_count, const struct ike_ts *b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		if (!ike_ts_equal(&a[i], &b[i]))
			return false;
	return true;
}

static const struct ike_child_conf *child_like(const struct ike_peer_conf *conf,
					       const struct ike_child_conf *old)
{
	for (size_t i = 0; i < conf->child_count; i++) {
		const struct ike_child_conf *new = &conf->children[i];

		if (strcmp(new->name, old->name) || strcmp(new->dev, old->dev) ||
		    new->mode != old->mode)
			continue;
		if (same_ts(new->local_ts, new->local_ts_count, old->local_ts,
			    old->local_ts_count) &&
		    same_ts(new->remote_ts, new->remote_ts_count, old->remote_ts,
			    old->remote_ts_count))
			return new;
	}
	return NULL;
}

static bool same_id(const struct ike_id *a, const struct ike_id *b)
{
	return a && b ? ike_id_equal(a, b) : a == b;
}

/* What is up under one configuration is right under the other as well. */
static bool same_peer(const struct ike_peer_conf *a, const struct ike_peer_conf *b)
{
	return ike_endpoint_equal(&a->local, &b->local) &&
	       ike_endpoint_equal(&a->remote, &b->remote) && same_id(a->local_id, b->local_id) &&
	       same_id(a->remote_id, b->remote_id) && a->local_auth == b->local_auth &&
	       a->remote_auth == b->remote_auth;
}

static void pending_follow(struct ike_engine *engine, const struct ike_peer_conf *old,
			   const struct ike_peer_conf *new)
{
	for (struct ike_pending *pending = engine->pending; pending; pending = pending->next) {
		if (pending->peer_conf != old)
			continue;
		pending->peer_conf = new;
		if (pending->child_conf)
			pending->child_conf = new ? child_like(new, pending->child_conf) : NULL;
	}
}

/* An IKE SA without its peer only tells the other end that it is over. */
static void part(struct ike_engine *engine, struct ike_sa *sa)
{
	if (sa->state == IKE_STATE_UP) {
		ike_sa_close_children(engine, sa, "the peer is not configured any more");
		ike_task_add(engine, sa, IKE_TASK_IKE_DELETE, NULL);
	} else if (sa->state != IKE_STATE_GONE && sa->state != IKE_STATE_CLOSING) {
		ike_sa_close(engine, sa, false);
	}
	for (struct ike_child *child = sa->children; child; child = child->next)
		child->conf = NULL;
	ike_sa_set_peer(sa, NULL);
}

static void sa_follow(struct ike_engine *engine, struct ike_sa *sa,
		      const struct ike_peer_conf *conf)
{
	struct ike_task *task;

	for (struct ike_child *child = sa->children; child; child = child->next) {
		const struct ike_child_conf *new =
			child->conf ? child_like(conf, child->conf) : NULL;

		/* The old configuration is good for the length of this call. */
		if (!new) {
			ike_child_delete(engine, child);
			ike_child_uninstall(engine, child);
		}
		child->conf = new;
	}
	for (task = sa->tasks; task; task = task->next)
		if (task->conf)
			task->conf = child_like(conf, task->conf);
	if (sa->task && sa->task->conf)
		sa->task->conf = child_like(conf, sa->task->conf);
	if (sa->init && sa->init->conf)
		sa->init->conf = child_like(conf, sa->init->conf);
}

int ike_engine_peer_set(struct ike_engine *engine, const struct ike_peer_conf *conf, uint64_t now)
{
	struct ike_peer *peer = ike_peer_find(engine, conf->name);
	struct ike_want *wants = wants_new(conf);
	const struct ike_peer_conf *old;
	struct ike_sa *next;

	if (!wants)
		return -ENOMEM;
	engine->now = now;
	if (!peer) {
		peer = calloc(1, sizeof(*peer));
		if (!peer) {
			free(wants);
			return -ENOMEM;
		}
		peer->conf = conf;
		peer->wants = wants;
		ike_peer_touch(engine, peer);
		peer->next = engine->peers;
		engine->peers = peer;
		ike_engine_settle(engine);
		return 0;
	}
	old = peer->conf;
	for (size_t i = 0; i < old->child_count; i++) {
		const struct ike_child_conf *new = child_like(conf, &old->children[i]);

		if (new)
			wants[new - conf->children].wanted |= peer->wants[i].wanted;
	}
	for (struct ike_sa *sa = peer->sas; sa; sa = next) {
		next = sa->next_of_peer;
		/* What is being negotiated was begun under the old configuration. */
		if (same_peer(old, conf) && sa->state >= IKE_STATE_UP)
			sa_follow(engine, sa, conf);
		else
			part(engine, sa);
	}
	pending_follow(engine, old, conf);
	free(peer->wants);
	peer->wants = wants;
	peer->conf = conf;
	ike_peer_touch(engine, peer);
	ike_engine_settle(engine);
	return 0;
}

static void untouch(struct ike_engine *engine, const struct ike_peer *peer)
{
	struct ike_peer **at = &engine->touched_peers;

	if (!peer->touched)
		return;
	while (*at != peer)
		at = &(*at)->next_touched;
	*at = peer->next_touched;
}

int ike_engine_peer_del(struct ike_engine *engine, const char *name, uint64_t now)
{
	struct ike_peer *peer = ike_peer_find(engine, name);
	struct ike_peer **at;

	if (!peer)
		return -ENOENT;
	engine->now = now;
	while (peer->sas)
		part(engine, peer->sas);
	pending_follow(engine, peer->conf, NULL);
	for (at = &engine->peers; *at != peer; at = &(*at)->next)
		;
	*at = peer->next;
	untouch(engine, peer);
	ike_record_log_free(&peer->log);
	free(peer->wants);
	free(peer);
	ike_engine_settle(engine);
	return 0;
}

void ike_peer_failed(struct ike_engine *engine, struct ike_peer *peer,
		     const struct ike_child_conf *conf)
{
	uint64_t pause = peer->conf->retry_seconds ? peer->conf->retry_seconds : RETRY_SECONDS;
	uint64_t retry_at = engine->now + ike_engine_jitter(engine, pause);

	ike_peer_touch(engine, peer);
	if (conf) {
		ike_peer_want(peer, conf)->retry_at = retry_at;
		return;
	}
	peer->alone.retry_at = retry_at;
	for (size_t i = 0; i < peer->conf->child_count; i++)
		peer->wants[i].retry_at = retry_at;
}

bool ike_peer_doubted(const struct ike_peer *peer)
{
	for (const struct ike_sa *sa = peer->sas; sa; sa = sa->next_of_peer)
		if (sa->doubtful && sa->state == IKE_STATE_UP)
			return true;
	return false;
}

void ike_peer_unwant(struct ike_engine *engine, struct ike_peer *peer)
{
	for (struct ike_sa *sa = peer->sas; sa; sa = sa->next_of_peer)
		if (sa->state == IKE_STATE_STARTING && sa->init->conf &&
		    !ike_peer_want(peer, sa->init->conf)->wanted)
			ike_sa_close(engine, sa, false);
}

/* The IKE SA that a new child would go into. */
static struct ike_sa *carrier(const struct ike_peer *peer)
{
	struct ike_sa *found = NULL;

	for (struct ike_sa *sa = peer->sas; sa; sa = sa->next_of_peer) {
		if (sa->state > IKE_STATE_UP || sa->state == IKE_STATE_RIVAL || sa->doubtful)
			continue;
		/* Who calls has not said yet who it is, and may be anybody. */
		if (sa->state == IKE_STATE_HALF_OPEN)
			continue;
		if (!found || sa->state > found->state)
			found = sa;
	}
	return found;
}

static bool under_way(const struct ike_peer *peer, const struct ike_child_conf *conf)
{
	for (const struct ike_sa *sa = peer->sas; sa; sa = sa->next_of_peer) {
		if (sa->state == IKE_STATE_DEAD || sa->doubtful)
			continue;
		if (sa->init && sa->init->conf == conf && sa->state < IKE_STATE_UP)
			return true;
		for (const struct ike_child *child = sa->children; child; child = child->next)
			if (child->conf == conf && ike_child_active(child))
				return true;
		if (sa->task && sa->task->kind == IKE_TASK_CHILD_NEW && sa->task->conf == conf)
			return true;
		for (const struct ike_task *task = sa->tasks; task; task = task->next)
			if (task->kind == IKE_TASK_CHILD_NEW && task->conf == conf)
				return true;
	}
	return false;
}

static void child_settle(struct ike_engine *engine, struct ike_peer *peer,
			 const struct ike_child_conf *conf)
{
	struct ike_want *want = ike_peer_want(peer, conf);
	struct ike_sa *sa;
	struct ike_task *task;

	if (!want->wanted || engine->now < want->retry_at || under_way(peer, conf))
		return;
	sa = carrier(peer);
	if (!sa) {
		if (!peer->conf->remote.len || !ike_init_start(engine, peer, conf))
			ike_peer_failed(engine, peer, conf);
		return;
	}
	/* It waits for the IKE SA to be up. */
	if (sa->state != IKE_STATE_UP || ike_task_find(sa, IKE_TASK_IKE_DELETE, NULL))
		return;
	task = ike_task_add(engine, sa, IKE_TASK_CHILD_NEW, NULL);
	if (task)
		task->conf = conf;
}

void ike_peer_settle(struct ike_engine *engine, struct ike_peer *peer)
{
	for (size_t i = 0; i < peer->conf->child_count; i++)
		child_settle(engine, peer, &peer->conf->children[i]);
	if (peer->alone.wanted && engine->now >= peer->alone.retry_at && !carrier(peer) &&
	    (!peer->conf->remote.len || !ike_init_start(engine, peer, NULL)))
		ike_peer_failed(engine, peer, NULL);
}

uint64_t ike_peer_deadline(const struct ike_engine *engine, const struct ike_peer *peer)
{
	uint64_t deadline = IKE_NEVER;

	for (size_t i = 0; i < peer->conf->child_count; i++) {
		const struct ike_want *want = &peer->wants[i];

		if (!want->wanted || want->retry_at >= deadline ||
		    under_way(peer, &peer->conf->children[i]))
			continue;
		/* One whose time has come waits for its IKE SA, not for the clock. */
		if (want->retry_at > engine->now || !carrier(peer))
			deadline = want->retry_at;
	}
	if (peer->alone.wanted && !carrier(peer) && peer->alone.retry_at < deadline)
		deadline = peer->alone.retry_at;
	return deadline;
}
