// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "child.h"
#include "ike_sa.h"

/* Seconds for which the last response of an IKE SA that is over can be sent again. */
#define LINGER_SECONDS 30
/* Seconds after which an IKE SA that the peer should have deleted is forgotten. */
#define REPLACED_SECONDS 120
/* Seconds that it takes to begin, at most, whoever does not answer. */
#define START_SECONDS 240
/* Times a request is sent, if the configuration does not say. */
#define RETRANSMIT_TRIES 7
/* Likewise, of the first one: in short intervals, since the peer may be about to return. */
#define START_TRIES 11

static struct ike_sa **bucket(struct ike_engine *engine, uint64_t spi)
{
	return &engine->buckets[spi % IKE_BUCKETS];
}

struct ike_sa *ike_sa_find(struct ike_engine *engine, uint64_t spi_local)
{
	for (struct ike_sa *sa = *bucket(engine, spi_local); sa; sa = sa->same_bucket)
		if (sa->spi_local == spi_local && sa->state != IKE_STATE_DEAD)
			return sa;
	return NULL;
}

void ike_sa_touch(struct ike_engine *engine, struct ike_sa *sa)
{
	if (sa->peer)
		ike_peer_touch(engine, sa->peer);
	if (sa->touched)
		return;
	sa->touched = true;
	sa->next_touched = engine->touched;
	engine->touched = sa;
}

void ike_sa_set_state(struct ike_engine *engine, struct ike_sa *sa, enum ike_state state)
{
	ike_sa_touch(engine, sa);
	engine->dead |= state == IKE_STATE_DEAD;
	if (sa->state == IKE_STATE_HALF_OPEN)
		engine->half_open--;
	if (state == IKE_STATE_HALF_OPEN)
		engine->half_open++;
	sa->state = state;
	sa->since = engine->now;
}

void ike_sa_set_peer(struct ike_sa *sa, struct ike_peer *peer)
{
	struct ike_sa **at;

	if (sa->peer) {
		for (at = &sa->peer->sas; *at != sa; at = &(*at)->next_of_peer)
			;
		*at = sa->next_of_peer;
	}
	sa->peer = peer;
	sa->next_of_peer = NULL;
	if (peer) {
		sa->next_of_peer = peer->sas;
		peer->sas = sa;
	}
}

struct ike_sa *ike_sa_new(struct ike_engine *engine, struct ike_peer *peer,
			  const struct ike_path *path, bool initiator, enum ike_state state)
{
	struct ike_sa *sa;

	if (engine->sa_count >= engine->limits.ike_max)
		return NULL;
	sa = calloc(1, sizeof(*sa));
	if (!sa)
		return NULL;
	do
		engine->ops->random(engine->arg, &sa->spi_local, sizeof(sa->spi_local));
	while (!sa->spi_local || ike_sa_find(engine, sa->spi_local));
	ike_sa_set_peer(sa, peer);
	sa->path = *path;
	sa->initiator = initiator;
	sa->rekey_at = IKE_NEVER;
	sa->expire_at = IKE_NEVER;
	sa->born = engine->now;
	ike_sa_set_state(engine, sa, state);
	if (state <= IKE_STATE_AUTHENTICATING)
		sa->expire_at = engine->now + START_SECONDS * IKE_SECOND;
	else if (state == IKE_STATE_HALF_OPEN)
		sa->expire_at = engine->now + engine->limits.half_open_seconds * IKE_SECOND;
	sa->next = engine->sas;
	engine->sas = sa;
	sa->same_bucket = *bucket(engine, sa->spi_local);
	*bucket(engine, sa->spi_local) = sa;
	engine->sa_count++;
	return sa;
}

void ike_sa_init_free(struct ike_sa *sa)
{
	if (!sa->init)
		return;
	free(sa->init->ours);
	free(sa->init->theirs);
	ike_dh_free(sa->init->dh);
	free(sa->init->auth);
	free(sa->init->certs);
	free(sa->init);
	sa->init = NULL;
}

static void tasks_free(struct ike_sa *sa)
{
	while (sa->tasks) {
		struct ike_task *task = sa->tasks;

		sa->tasks = task->next;
		ike_task_free(task);
	}
	if (sa->task)
		ike_task_free(sa->task);
	sa->task = NULL;
}

void ike_sa_free(struct ike_sa *sa)
{
	while (sa->children) {
		struct ike_child *child = sa->children;

		sa->children = child->next;
		ike_child_free(child);
	}
	tasks_free(sa);
	ike_sa_init_free(sa);
	ike_inbound_free(&sa->asked);
	ike_inbound_free(&sa->told);
	for (int i = 0; i < 2; i++) {
		if (sa->parts[i])
			ike_reassembly_drop(sa->parts[i]);
		free(sa->parts[i]);
	}
	ike_window_clear(&sa->window);
	free(sa->remote_id);
	ike_wipe(&sa->keys, sizeof(sa->keys));
	free(sa);
}

void ike_sa_keyed(struct ike_engine *engine, struct ike_sa *sa)
{
	sa->seal.key = sa->initiator ? &sa->keys.i : &sa->keys.r;
	sa->seal.random = &engine->random;
	sa->seal.counter = 0;
}

bool ike_sa_alive(const struct ike_sa *sa)
{
	return sa->state <= IKE_STATE_UP;
}

static void start_timers(struct ike_engine *engine, struct ike_sa *sa)
{
	const struct ike_peer_conf *conf = sa->peer ? sa->peer->conf : NULL;

	sa->rekey_at = IKE_NEVER;
	sa->expire_at = IKE_NEVER;
	if (conf && conf->rekey_seconds)
		sa->rekey_at = engine->now + ike_engine_jitter(engine, conf->rekey_seconds);
	if (conf && conf->life_seconds)
		sa->expire_at = engine->now + conf->life_seconds * IKE_SECOND;
	ike_liveness_heard(engine, sa);
}

void ike_sa_established(struct ike_engine *engine, struct ike_sa *sa)
{
	ike_sa_set_state(engine, sa, IKE_STATE_UP);
	start_timers(engine, sa);
	ike_sa_init_free(sa);
}

void ike_sa_close_children(struct ike_engine *engine, struct ike_sa *sa, const char *why)
{
	/* What was being made first: it does not stand for what was up. */
	for (struct ike_child *child = sa->children; child; child = child->next)
		if (child->state == IKE_CHILD_MAKING)
			ike_child_close(engine, child, why);
	for (struct ike_child *child = sa->children; child; child = child->next)
		ike_child_close(engine, child, why);
	for (struct ike_child *child = sa->children; child; child = child->next)
		if (child->state == IKE_CHILD_LINGERING)
			ike_child_close(engine, child, why);
}

void ike_sa_close(struct ike_engine *engine, struct ike_sa *sa, bool linger)
{
	bool told = sa->state == IKE_STATE_UP || sa->state == IKE_STATE_CLOSING;

	if (sa->state == IKE_STATE_GONE || sa->state == IKE_STATE_DEAD)
		return;
	ike_sa_close_children(engine, sa, "its IKE SA is over");
	if (sa->task && sa->task->made_sa)
		ike_sa_close(engine, sa->task->made_sa, false);
	if (sa->task && sa->task->rival_sa && sa->task->rival_sa->state == IKE_STATE_RIVAL)
		ike_sa_close(engine, sa->task->rival_sa, false);
	tasks_free(sa);
	ike_sa_init_free(sa);
	ike_inbound_free(&sa->told);
	ike_flight_clear(&sa->window.request);
	sa->window.waiting = false;
	sa->rekey_at = IKE_NEVER;
	sa->expire_at = engine->now + LINGER_SECONDS * IKE_SECOND;
	ike_sa_set_state(engine, sa, linger ? IKE_STATE_GONE : IKE_STATE_DEAD);
	if (told)
		ike_engine_tell(engine, IKE_EVENT_IKE_DOWN, sa, NULL, "spi %016" PRIx64,
				sa->spi_local);
}

void ike_sa_adopt(struct ike_engine *engine, struct ike_sa *sa, struct ike_sa *heir)
{
	struct ike_child **end = &heir->children;
	struct ike_task **last = &heir->tasks;

	while (*end)
		end = &(*end)->next;
	*end = sa->children;
	sa->children = NULL;
	for (struct ike_child *child = *end; child; child = child->next)
		child->sa = heir;
	while (*last)
		last = &(*last)->next;
	*last = sa->tasks;
	sa->tasks = NULL;
	for (struct ike_pending *pending = engine->pending; pending; pending = pending->next)
		if (pending->sa == sa && pending->child)
			pending->sa = heir;
	ike_sa_set_state(engine, heir, IKE_STATE_UP);
	start_timers(engine, heir);
	ike_sa_set_state(engine, sa, IKE_STATE_REPLACED);
	sa->rekey_at = IKE_NEVER;
	sa->expire_at = engine->now + REPLACED_SECONDS * IKE_SECOND;
	ike_engine_tell(engine, IKE_EVENT_IKE_REKEYED, heir, NULL,
			"spi %016" PRIx64 " replaces %016" PRIx64, heir->spi_local, sa->spi_local);
}

void ike_sa_moved(struct ike_engine *engine, struct ike_sa *sa, const struct ike_path *path)
{
	char from[IKE_ENDPOINT_TEXT_SIZE];
	char to[IKE_ENDPOINT_TEXT_SIZE];

	if (ike_path_equal(&sa->path, path))
		return;
	ike_engine_tell(engine, IKE_EVENT_MOVED, sa, NULL, "from %s to %s",
			ike_endpoint_format(&sa->path.remote, from),
			ike_endpoint_format(&path->remote, to));
	sa->path = *path;
	for (struct ike_child *child = sa->children; child; child = child->next)
		ike_child_move(engine, child);
}

static void child_forget(struct ike_engine *engine, struct ike_sa *sa,
			 const struct ike_child *child)
{
	ike_task_forget(sa, child);
	for (struct ike_child *other = sa->children; other; other = other->next) {
		if (other->successor == child)
			other->successor = NULL;
		if (other->replaces == child)
			other->replaces = NULL;
	}
	if (sa->answer == child)
		sa->answer = NULL;
	if (sa->init && sa->init->child == child)
		sa->init->child = NULL;
	for (struct ike_pending *pending = engine->pending; pending; pending = pending->next)
		if (pending->child == child)
			pending->child = NULL;
}

static void sa_forget(struct ike_engine *engine, const struct ike_sa *sa)
{
	for (struct ike_sa *other = engine->sas; other; other = other->next) {
		if (!other->task)
			continue;
		if (other->task->made_sa == sa)
			other->task->made_sa = NULL;
		if (other->task->rival_sa == sa)
			other->task->rival_sa = NULL;
	}
	for (struct ike_pending *pending = engine->pending; pending; pending = pending->next)
		if (pending->sa == sa)
			pending->sa = NULL;
}

static void untouch(struct ike_engine *engine, const struct ike_sa *sa)
{
	struct ike_sa **at = &engine->touched;

	if (!sa->touched)
		return;
	while (*at != sa)
		at = &(*at)->next_touched;
	*at = sa->next_touched;
}

static void sweep_children(struct ike_engine *engine, struct ike_sa *sa)
{
	struct ike_child **at = &sa->children;

	while (*at) {
		struct ike_child *child = *at;

		if (child->state != IKE_CHILD_DEAD) {
			at = &child->next;
			continue;
		}
		child_forget(engine, sa, child);
		*at = child->next;
		ike_child_free(child);
	}
}

void ike_sa_sweep(struct ike_engine *engine)
{
	struct ike_sa **at = &engine->sas;

	if (!engine->dead)
		return;
	engine->dead = false;
	while (*at) {
		struct ike_sa *sa = *at;
		struct ike_sa **same;

		sweep_children(engine, sa);
		if (sa->state != IKE_STATE_DEAD) {
			at = &sa->next;
			continue;
		}
		sa_forget(engine, sa);
		for (same = bucket(engine, sa->spi_local); *same != sa;
		     same = &(*same)->same_bucket)
			;
		*same = sa->same_bucket;
		untouch(engine, sa);
		ike_sa_set_peer(sa, NULL);
		*at = sa->next;
		engine->sa_count--;
		ike_sa_free(sa);
	}
}

/* What silence means depends on what was said last. */
static void report_silence(struct ike_engine *engine, const struct ike_sa *sa)
{
	if (sa->state == IKE_STATE_STARTING)
		ike_report_simple(
			engine, sa, IKE_STAGE_INIT, IKE_REFUSER_NOBODY, "no-answer",
			"the peer does not answer: it is down, its address is another, or UDP port %u is filtered",
			sa->path.remote.port);
	else if (sa->state == IKE_STATE_AUTHENTICATING &&
		 ike_flight_largest(&sa->window.request) > IKE_LARGE_MIN)
		ike_report_simple(
			engine, sa, IKE_STAGE_AUTH, IKE_REFUSER_NOBODY, "no-answer-large",
			"the peer answered before, but not to IKE_AUTH, which is %zu octets long: fragments of large packets may be dropped on the way; or UDP port %u is filtered",
			ike_flight_largest(&sa->window.request), sa->path.remote.port);
	else if (sa->state == IKE_STATE_AUTHENTICATING && sa->path.remote.port == IKE_PORT_NAT)
		ike_report_simple(
			engine, sa, IKE_STAGE_AUTH, IKE_REFUSER_NOBODY, "no-answer-4500",
			"the peer answered on UDP port 500, but not on port 4500, which is used since there is a NAT: it may be filtered");
	else if (sa->state == IKE_STATE_AUTHENTICATING)
		ike_report_simple(
			engine, sa, IKE_STAGE_AUTH, IKE_REFUSER_NOBODY, "no-answer",
			"the peer answered before, but not to IKE_AUTH: it may refuse in silence, or large packets may be dropped on the way");
	else if (sa->state == IKE_STATE_UP)
		ike_report_simple(engine, sa, IKE_STAGE_LIVENESS, IKE_REFUSER_NOBODY, "peer-dead",
				  "the peer does not answer any more");
}

/* The peer goes on at another port, if there is a NAT. */
static void report_half_open(struct ike_engine *engine, const struct ike_sa *sa)
{
	if (sa->encap)
		ike_report_simple(
			engine, sa, IKE_STAGE_AUTH, IKE_REFUSER_NOBODY, "half-open-4500",
			"the peer began on UDP port 500 and did not go on at port 4500, as it has to since there is a NAT: that port may be filtered, or the peer refuses our answer");
	else
		ike_report_simple(
			engine, sa, IKE_STAGE_AUTH, IKE_REFUSER_NOBODY, "half-open",
			"the peer began and did not go on: it may not have got our answer, or refuse it, or its IKE_AUTH is large and dropped on the way");
}

static void give_up(struct ike_engine *engine, struct ike_sa *sa)
{
	struct ike_peer *peer = sa->peer;
	bool starting = sa->state <= IKE_STATE_AUTHENTICATING;
	const struct ike_child_conf *conf = sa->init ? sa->init->conf : NULL;

	/* While another one is doubtful, silence says nothing new. */
	if (!starting || !peer || !ike_peer_doubted(peer))
		report_silence(engine, sa);
	ike_sa_close(engine, sa, false);
	if (starting && peer)
		ike_peer_failed(engine, peer, conf);
	else if (peer)
		ike_peer_unwant(engine, peer);
}

static void expired(struct ike_engine *engine, struct ike_sa *sa)
{
	switch (sa->state) {
	case IKE_STATE_STARTING:
	case IKE_STATE_AUTHENTICATING:
		give_up(engine, sa);
		break;
	case IKE_STATE_HALF_OPEN:
		report_half_open(engine, sa);
		ike_sa_close(engine, sa, false);
		break;
	case IKE_STATE_UP:
		sa->expire_at = IKE_NEVER;
		ike_task_add(engine, sa, IKE_TASK_IKE_DELETE, NULL);
		break;
	default:
		ike_sa_set_state(engine, sa, IKE_STATE_UP);
		ike_sa_close(engine, sa, false);
		break;
	}
}

static void child_tick(struct ike_engine *engine, struct ike_child *child)
{
	struct ike_sa *sa = child->sa;

	if (engine->now >= child->expire_at && child->state != IKE_CHILD_DEAD) {
		child->expire_at = IKE_NEVER;
		if (child->state == IKE_CHILD_REPLACED && child->successor &&
		    ike_child_active(child->successor))
			ike_child_use(engine, child->successor);
		if (child->state == IKE_CHILD_LINGERING)
			ike_child_close(engine, child, "replaced");
		else
			ike_child_delete(engine, child);
	}
	if (engine->now >= child->rekey_at) {
		child->rekey_at = IKE_NEVER;
		if (child->state == IKE_CHILD_UP && !ike_task_find(sa, IKE_TASK_CHILD_REKEY, child))
			ike_task_add(engine, sa, IKE_TASK_CHILD_REKEY, child);
	}
}

void ike_sa_tick(struct ike_engine *engine, struct ike_sa *sa)
{
	uint32_t tries = sa->state == IKE_STATE_STARTING ? START_TRIES : RETRANSMIT_TRIES;

	if (sa->state == IKE_STATE_DEAD)
		return;
	if (sa->peer && sa->peer->conf->retransmit_tries)
		tries = sa->peer->conf->retransmit_tries;
	switch (ike_window_tick(&sa->window, tries, engine->now)) {
	case IKE_WINDOW_WAIT:
		break;
	case IKE_WINDOW_RESEND:
		ike_message_resend(engine, sa, &sa->window.request);
		ike_liveness_unanswered(engine, sa);
		break;
	case IKE_WINDOW_GIVE_UP:
		give_up(engine, sa);
		return;
	}
	if (engine->now >= sa->expire_at) {
		expired(engine, sa);
		return;
	}
	if (engine->now >= sa->rekey_at && sa->state == IKE_STATE_UP) {
		sa->rekey_at = IKE_NEVER;
		if (!ike_task_find(sa, IKE_TASK_IKE_REKEY, NULL))
			ike_task_add(engine, sa, IKE_TASK_IKE_REKEY, NULL);
	}
	if (engine->now >= ike_liveness_at(sa))
		ike_liveness_look(engine, sa);
	for (struct ike_child *child = sa->children; child; child = child->next)
		child_tick(engine, child);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t ike_sa_deadline(const struct ike_engine *engine, const struct ike_sa *sa)
{
	uint64_t deadline = earlier(sa->expire_at, ike_liveness_at(sa));

	if (sa->state == IKE_STATE_UP)
		deadline = earlier(deadline, sa->rekey_at);
	if (sa->window.waiting)
		deadline = earlier(deadline, sa->window.due);
	/* One whose time has come waits for something else. */
	for (const struct ike_task *task = sa->tasks; task; task = task->next)
		if (task->not_before > engine->now)
			deadline = earlier(deadline, task->not_before);
	for (const struct ike_child *child = sa->children; child; child = child->next)
		deadline = earlier(deadline, earlier(child->rekey_at, child->expire_at));
	return deadline;
}
