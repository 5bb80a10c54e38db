// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "child.h"

/*
 * Seconds after which a child that the peer should have deleted is deleted by us: for about as long
 * it may be sending the request that comes before.
 */
#define LEFT_OVER_SECONDS 140
/* Milliseconds for which a child that was replaced receives after it has been deleted. */
#define LINGER_MS 1000

bool ike_child_active(const struct ike_child *child)
{
	return child->state == IKE_CHILD_MAKING || child->state == IKE_CHILD_UP;
}

/* Several hosts at a time may be children of one configuration: each gets a tunnel of its own. */
static void name_tunnel(struct ike_engine *engine, struct ike_child *child)
{
	struct ike_peer *peer = child->sa->peer;
	bool taken = false;

	snprintf(child->tunnel, sizeof(child->tunnel), "%s", child->conf->name);
	if (peer->conf->remote.len)
		return;
	for (const struct ike_sa *sa = engine->sas; sa; sa = sa->next) {
		if (sa == child->sa || !sa->remote_id || !child->sa->remote_id ||
		    ike_id_equal(sa->remote_id, child->sa->remote_id))
			continue;
		for (const struct ike_child *other = sa->children; other; other = other->next)
			taken |= !strcmp(other->tunnel, child->tunnel);
	}
	if (taken)
		snprintf(child->tunnel, sizeof(child->tunnel), "%.20s-%" PRIu32, child->conf->name,
			 ++peer->last_instance);
}

struct ike_child *ike_child_new(struct ike_engine *engine, struct ike_sa *sa,
				const struct ike_child_conf *conf, const struct ike_child *like,
				bool initiator)
{
	struct ike_child *child = calloc(1, sizeof(*child));
	struct ike_child **end = &sa->children;

	if (!child)
		return NULL;
	child->sa = sa;
	child->conf = conf;
	child->initiator = initiator;
	child->mode = conf->mode;
	child->rekey_at = IKE_NEVER;
	child->expire_at = IKE_NEVER;
	ike_child_set_state(engine, child, IKE_CHILD_MAKING);
	if (like)
		memcpy(child->tunnel, like->tunnel, sizeof(child->tunnel));
	else
		name_tunnel(engine, child);
	while (*end)
		end = &(*end)->next;
	*end = child;
	return child;
}

void ike_child_free(struct ike_child *child)
{
	ike_wipe(child->in_key, sizeof(child->in_key));
	ike_wipe(child->out_key, sizeof(child->out_key));
	free(child);
}

struct ike_child *ike_child_by_spi_out(const struct ike_sa *sa, uint32_t spi)
{
	for (struct ike_child *child = sa->children; child; child = child->next)
		if (child->spi_out == spi && child->state < IKE_CHILD_LINGERING &&
		    child->state != IKE_CHILD_MAKING)
			return child;
	return NULL;
}

struct ike_child *ike_child_by_tunnel(struct ike_engine *engine, const char *tunnel, uint32_t spi)
{
	for (struct ike_sa *sa = engine->sas; sa; sa = sa->next)
		for (struct ike_child *child = sa->children; child; child = child->next)
			if (!strcmp(child->tunnel, tunnel) &&
			    (spi ? child->spi_in == spi : child->state == IKE_CHILD_UP))
				return child;
	return NULL;
}

/* Another child of the same configuration that the kernel has, or will have in a moment. */
static struct ike_child *twin_of(const struct ike_child *child)
{
	if (!child->sa->peer)
		return NULL;
	for (const struct ike_sa *sa = child->sa->peer->sas; sa; sa = sa->next_of_peer) {
		if (sa->state > IKE_STATE_UP)
			continue;
		for (struct ike_child *other = sa->children; other; other = other->next)
			if (other != child && other->conf == child->conf &&
			    !strcmp(other->tunnel, child->tunnel) && other->successor != child &&
			    (other->state == IKE_CHILD_UP ||
			     (other->state == IKE_CHILD_MAKING && other->installed)))
				return other;
	}
	return NULL;
}

bool ike_child_beats_twin(const struct ike_engine *engine, const struct ike_child *child)
{
	const struct ike_child *twin = twin_of(child);
	bool old;

	if (!twin || twin->doomed)
		return true;
	if (child->doomed)
		return false;
	if (twin->sa == child->sa)
		old = twin->since + IKE_RACE_MS < engine->now;
	else
		old = twin->sa->state == IKE_STATE_UP && twin->sa->since < child->sa->born;
	return child->initiator == twin->initiator || old ||
	       ike_nonce_compare(&child->low, &twin->low) > 0;
}

void ike_child_settle_twin(struct ike_engine *engine, struct ike_child *child)
{
	struct ike_child *twin = twin_of(child);
	struct ike_child *loser = twin;

	if (child->state != IKE_CHILD_UP)
		return;
	/* What it lost against when it was installed may have gone in the meantime, or come. */
	if (ike_child_beats_twin(engine, child))
		ike_child_use(engine, child);
	else
		loser = child;
	if (!loser)
		return;
	if (twin->sa == child->sa)
		loser->successor = loser == child ? twin : child;
	if (loser->initiator)
		ike_child_delete(engine, loser);
	else
		ike_child_set_state(engine, loser, IKE_CHILD_REDUNDANT);
}

void ike_child_set_state(struct ike_engine *engine, struct ike_child *child,
			 enum ike_child_state state)
{
	ike_sa_touch(engine, child->sa);
	engine->dead |= state == IKE_CHILD_DEAD;
	child->state = state;
	child->since = engine->now;
	if (state == IKE_CHILD_REPLACED || state == IKE_CHILD_REDUNDANT) {
		child->rekey_at = IKE_NEVER;
		child->expire_at = engine->now + LEFT_OVER_SECONDS * IKE_SECOND;
	}
}

int ike_child_alloc_spi(struct ike_engine *engine, struct ike_child *child, ike_kernel_done *done)
{
	struct ike_kernel_request request = { .verb = IKE_KERNEL_SPI_ALLOC };

	/* A tunnel has room for four receive SAs. */
	for (struct ike_child *other = child->sa->children; other; other = other->next)
		if (other->state == IKE_CHILD_LINGERING && !strcmp(other->tunnel, child->tunnel))
			ike_child_close(engine, other, "replaced");
	return ike_engine_ask_kernel(engine, child->sa, child, &request, done);
}

int ike_child_install(struct ike_engine *engine, struct ike_child *child, unsigned int directions,
		      ike_kernel_done *done)
{
	struct ike_kernel_request request = {
		.verb = IKE_KERNEL_INSTALL,
		.esn = child->suite.esn,
		.local_ts = child->local_ts.items,
		.local_ts_count = child->local_ts.count,
		.remote_ts = child->remote_ts.items,
		.remote_ts_count = child->remote_ts.count,
	};
	char alg[2 * IKE_ALG_TEXT_SIZE];
	int error;

	directions &= ~child->installed;
	request.alg = ike_suite_alg(&child->suite, alg);
	if (directions & IKE_DIRECTION_IN)
		request.in = (struct ike_kernel_sa){ child->spi_in, child->in_key, child->key_len };
	if (directions & IKE_DIRECTION_OUT)
		request.out =
			(struct ike_kernel_sa){ child->spi_out, child->out_key, child->key_len };
	error = ike_engine_ask_kernel(engine, child->sa, child, &request, done);
	if (error)
		return error;
	child->installed |= directions;
	if (directions & IKE_DIRECTION_IN)
		ike_wipe(child->in_key, sizeof(child->in_key));
	if (directions & IKE_DIRECTION_OUT)
		ike_wipe(child->out_key, sizeof(child->out_key));
	return 0;
}

static void used(struct ike_engine *engine, struct ike_sa *sa, struct ike_child *child,
		 const struct ike_kernel_reply *reply)
{
	if (!reply->error)
		return;
	ike_report_simple(engine, sa, IKE_STAGE_KERNEL, IKE_REFUSER_KERNEL, "install",
			  "the kernel does not take the transmit SA of tunnel %s: %s",
			  child->tunnel, reply->message ? reply->message : strerror(-reply->error));
	ike_child_delete(engine, child);
}

void ike_child_use(struct ike_engine *engine, struct ike_child *child)
{
	if (!(child->installed & IKE_DIRECTION_IN) || (child->installed & IKE_DIRECTION_OUT))
		return;
	if (ike_child_install(engine, child, IKE_DIRECTION_OUT, used))
		ike_child_delete(engine, child);
}

static void tell_up(struct ike_engine *engine, const struct ike_child *child)
{
	char alg[2 * IKE_ALG_TEXT_SIZE];
	char local[320];
	char remote[320];

	ike_engine_tell(engine, child->replaces ? IKE_EVENT_CHILD_REKEYED : IKE_EVENT_CHILD_UP,
			child->sa, child->conf ? child->conf->name : child->tunnel,
			"%s spi-in 0x%08" PRIx32 " spi-out 0x%08" PRIx32 " %s%s %s to %s",
			ike_suite_alg(&child->suite, alg), child->spi_in, child->spi_out,
			child->mode == IKE_MODE_TRANSPORT ? "transport" : "tunnel",
			child->sa->encap ? " in udp" : "",
			ike_ts_list_format(child->local_ts.items, child->local_ts.count, local,
					   sizeof(local)),
			ike_ts_list_format(child->remote_ts.items, child->remote_ts.count, remote,
					   sizeof(remote)));
}

void ike_child_up(struct ike_engine *engine, struct ike_child *child)
{
	const struct ike_child_conf *conf = child->conf;

	/* It may have lost already, while the kernel was at work. */
	if (child->state != IKE_CHILD_MAKING)
		return;
	ike_child_set_state(engine, child, IKE_CHILD_UP);
	child->was_up = true;
	if (conf && conf->rekey_seconds)
		child->rekey_at = engine->now + ike_engine_jitter(engine, conf->rekey_seconds);
	if (conf && conf->life_seconds)
		child->expire_at = engine->now + conf->life_seconds * IKE_SECOND;
	tell_up(engine, child);
	if (child->doomed)
		ike_child_delete(engine, child);
}

void ike_child_unwanted(const struct ike_child *child)
{
	const struct ike_child_conf *conf = child->conf;
	struct ike_peer *peer = child->sa->peer;

	if (!conf || !peer || conf->start == IKE_START_ALWAYS)
		return;
	for (const struct ike_sa *sa = peer->sas; sa; sa = sa->next_of_peer)
		for (const struct ike_child *other = sa->children; other; other = other->next)
			if (other != child && other->conf == conf && ike_child_active(other))
				return;
	ike_peer_want(peer, conf)->wanted = false;
}

void ike_child_uninstall(struct ike_engine *engine, struct ike_child *child)
{
	struct ike_kernel_request request = { .verb = IKE_KERNEL_REMOVE };

	if (!child->spi_in || !child->conf)
		return;
	if (child->installed & IKE_DIRECTION_OUT)
		request.out.spi = child->spi_out;
	request.in.spi = child->spi_in;
	if (!child->installed)
		request.verb = IKE_KERNEL_SPI_FREE;
	child->installed = 0;
	ike_engine_ask_kernel(engine, child->sa, child, &request, NULL);
}

/* Its transmit SA goes; the receive SA stays for a moment. True: it can. */
static bool linger(struct ike_engine *engine, struct ike_child *child)
{
	struct ike_kernel_request request = { .verb = IKE_KERNEL_REMOVE };

	if (!child->successor || !child->was_up || !(child->installed & IKE_DIRECTION_IN) ||
	    child->state == IKE_CHILD_LINGERING || !child->conf || !ike_sa_alive(child->sa))
		return false;
	if (child->installed & IKE_DIRECTION_OUT) {
		request.out.spi = child->spi_out;
		child->installed &= ~IKE_DIRECTION_OUT;
		ike_engine_ask_kernel(engine, child->sa, child, &request, NULL);
	}
	ike_child_set_state(engine, child, IKE_CHILD_LINGERING);
	child->rekey_at = IKE_NEVER;
	child->expire_at = engine->now + LINGER_MS;
	return true;
}

void ike_child_close(struct ike_engine *engine, struct ike_child *child, const char *why)
{
	if (child->state == IKE_CHILD_DEAD || linger(engine, child))
		return;
	ike_child_uninstall(engine, child);
	if (child->was_up && !child->successor) {
		ike_child_unwanted(child);
		ike_engine_tell(engine, IKE_EVENT_CHILD_DOWN, child->sa,
				child->conf ? child->conf->name : child->tunnel,
				"spi-in 0x%08" PRIx32 ": %s", child->spi_in, why);
	}
	ike_child_set_state(engine, child, IKE_CHILD_DEAD);
}

void ike_child_delete(struct ike_engine *engine, struct ike_child *child)
{
	if (child->state >= IKE_CHILD_CLOSING)
		return;
	if (!child->spi_out || !ike_task_add(engine, child->sa, IKE_TASK_CHILD_DELETE, child)) {
		ike_child_close(engine, child, "it was not made");
		return;
	}
	child->rekey_at = IKE_NEVER;
	child->expire_at = IKE_NEVER;
	ike_child_set_state(engine, child, IKE_CHILD_CLOSING);
}

void ike_child_move(struct ike_engine *engine, struct ike_child *child)
{
	struct ike_kernel_request request = { .verb = IKE_KERNEL_MOVE };

	if (child->state == IKE_CHILD_UP && child->conf)
		ike_engine_ask_kernel(engine, child->sa, child, &request, NULL);
}
