// SPDX-License-Identifier: MIT
/*
 * Whether the other end lives (RFC 7296 section 2.4), and what is done when that is in doubt.
 *
 *	heard, or silence that nobody minds ---> looked at again
 *	silence while we send, or for long  ---> asked, with retransmissions
 *	three requests without an answer, or the peer says that it knows no such IKE SA, and nothing
 *	else is heard			    ---> doubtful: another one is begun beside it
 *	the peer is heard, or the other one is authenticated, or it is given up
 *
 * Nothing that is not protected ends an IKE SA (section 2.21.4): a doubtful one goes on as it is
 * until the peer has proved, in another one, that it has forgotten it.
 */
#include "child.h"
#include "ike_sa.h"

/* Milliseconds of silence that are suspicious while we are sending. */
#define SUSPECT_MS (3 * IKE_SECOND)
/* Milliseconds of silence that are suspicious otherwise, when a request is not answered. */
#define QUIET_MS (10 * IKE_SECOND)
/* Times a request has been sent when its IKE SA becomes doubtful. */
#define DOUBT_TRIES 3
/* Milliseconds that the last of them may take to be answered. */
#define PATIENCE_MS 500

void ike_liveness_heard(struct ike_engine *engine, struct ike_sa *sa)
{
	sa->heard_at = engine->now;
	sa->look_at = engine->now + SUSPECT_MS;
	sa->disowned = false;
	if (!sa->doubtful)
		return;
	sa->doubtful = false;
	for (struct ike_sa *other = sa->peer ? sa->peer->sas : NULL; other;
	     other = other->next_of_peer)
		if (other->state == IKE_STATE_STARTING)
			ike_sa_close(engine, other, false);
}

static void ask(struct ike_engine *engine, struct ike_sa *sa)
{
	if (!sa->window.waiting && !ike_task_find(sa, IKE_TASK_LIVENESS, NULL))
		ike_task_add(engine, sa, IKE_TASK_LIVENESS, NULL);
}

/* @silence: milliseconds since the peer was heard; @sent: something was sent since */
static void judge(struct ike_engine *engine, struct ike_sa *sa, uint64_t silence, bool sent)
{
	uint64_t limit = sa->peer->conf->liveness_seconds * IKE_SECOND;
	uint64_t pause = silence < SUSPECT_MS ? SUSPECT_MS - silence : SUSPECT_MS;

	if (silence >= limit || (silence >= SUSPECT_MS && sent)) {
		ask(engine, sa);
		return;
	}
	if (pause > limit - silence)
		pause = limit - silence;
	sa->heard_at = engine->now - silence;
	sa->look_at = engine->now + pause;
}

static void doubt(struct ike_engine *engine, struct ike_sa *sa)
{
	sa->doubtful = true;
	ike_sa_touch(engine, sa);
	for (const struct ike_child *child = sa->children; child; child = child->next) {
		struct ike_want *want;

		if (child->state != IKE_CHILD_UP || !child->conf)
			continue;
		want = ike_peer_want(sa->peer, child->conf);
		/* What the peer began is ours to begin now, unless it is left to the peer. */
		want->wanted |= child->conf->start != IKE_START_NONE;
		want->retry_at = engine->now + (sa->disowned ? 0 : PATIENCE_MS);
	}
	ike_engine_tell(engine, IKE_EVENT_WARNING, sa, NULL,
			"the peer %s: beginning anew, while the IKE SA stays",
			sa->disowned ? "says that it knows no such IKE SA" : "does not answer");
}

static void decide(struct ike_engine *engine, struct ike_sa *sa)
{
	uint64_t silence = engine->now - sa->heard_at;
	bool sent;

	if (sa->state != IKE_STATE_UP || !sa->peer)
		return;
	/* Traffic of a child is a sign of life too. */
	if (sa->rx_idle < silence / IKE_SECOND)
		silence = sa->rx_idle * IKE_SECOND;
	sent = sa->tx_idle < silence / IKE_SECOND;
	if (!sa->window.waiting && sa->peer->conf->liveness_seconds)
		judge(engine, sa, silence, sent);
	else if (sa->window.waiting && !sa->doubtful && silence >= (sent ? SUSPECT_MS : QUIET_MS))
		doubt(engine, sa);
}

static void looked(struct ike_engine *engine, struct ike_sa *sa, struct ike_child *child,
		   const struct ike_kernel_reply *reply)
{
	(void)child;
	/* One that has just replaced another gets what that one asked for. */
	if (!sa->looks)
		return;
	if (!reply->error && reply->rx_idle < sa->rx_idle)
		sa->rx_idle = reply->rx_idle;
	if (!reply->error && reply->tx_idle < sa->tx_idle)
		sa->tx_idle = reply->tx_idle;
	if (!--sa->looks)
		decide(engine, sa);
}

void ike_liveness_look(struct ike_engine *engine, struct ike_sa *sa)
{
	if (sa->looks)
		return;
	sa->rx_idle = UINT64_MAX;
	sa->tx_idle = UINT64_MAX;
	/* While one is being replaced, either may be in use. */
	for (struct ike_child *child = sa->children; child; child = child->next) {
		struct ike_kernel_request request = {
			.verb = IKE_KERNEL_QUERY,
			.in.spi = child->spi_in,
			.out.spi = child->installed & IKE_DIRECTION_OUT ? child->spi_out : 0,
		};

		if (child->conf && (child->installed & IKE_DIRECTION_IN) &&
		    !ike_engine_ask_kernel(engine, sa, child, &request, looked))
			sa->looks++;
	}
	if (!sa->looks)
		decide(engine, sa);
}

uint64_t ike_liveness_at(const struct ike_sa *sa)
{
	if (sa->state != IKE_STATE_UP || !sa->peer || !sa->peer->conf->liveness_seconds ||
	    sa->window.waiting || sa->looks || sa->task ||
	    ike_task_find(sa, IKE_TASK_LIVENESS, NULL))
		return IKE_NEVER;
	return sa->look_at;
}

void ike_liveness_unanswered(struct ike_engine *engine, struct ike_sa *sa)
{
	if (sa->window.tries >= DOUBT_TRIES && sa->state == IKE_STATE_UP && sa->peer &&
	    !sa->doubtful)
		ike_liveness_look(engine, sa);
}

void ike_liveness_told(struct ike_engine *engine, struct ike_sa *sa, const struct ike_path *path,
		       const struct ike_view *view)
{
	struct ike_notify notify;

	if (!(view->header.flags & IKE_FLAG_RESPONSE) || sa->state != IKE_STATE_UP || !sa->peer ||
	    sa->doubtful)
		return;
	/* Who does not see what is sent does not know the message id. */
	if (!ike_window_response(&sa->window, view->header.message_id) ||
	    !ike_endpoint_same_address(&sa->path.remote, &path->remote) ||
	    !ike_chain_notify(&view->chain, IKE_INVALID_IKE_SPI, &notify))
		return;
	sa->disowned = true;
	ike_liveness_look(engine, sa);
}

void ike_liveness_unknown(struct ike_engine *engine, const struct ike_path *path,
			  const struct ike_view *view)
{
	struct ike_header header = view->header;
	struct ike_writer writer;
	struct ike_peer *peer;
	ptrdiff_t len;

	if ((header.flags & IKE_FLAG_RESPONSE) || engine->now < engine->unknown_until)
		return;
	for (peer = engine->peers; peer; peer = peer->next)
		if (peer->conf->remote.len && ike_peer_at(peer, path))
			break;
	if (!peer)
		return;
	engine->unknown_until = engine->now + IKE_QUIET_MS;
	/* SPIs, message id and exchange are those of the request (section 1.5). */
	header.flags = IKE_FLAG_RESPONSE | (~header.flags & IKE_FLAG_INITIATOR);
	ike_message_begin(&writer, engine->build, sizeof(engine->build), &header);
	ike_put_notify(&writer, IKE_INVALID_IKE_SPI, NULL, 0);
	len = ike_message_end(&writer);
	if (len > 0)
		engine->ops->send(engine->arg, path, engine->build, (size_t)len);
}
