// SPDX-License-Identifier: MIT
/*
 * CREATE_CHILD_SA for a child (RFC 7296 sections 1.3.1 and 1.3.3): a new one, or one instead of
 * another.
 *
 *	request		SK { [N(REKEY_SA)], SA, Ni, [KEi], TSi, TSr }
 *	response	SK { SA, Nr, [KEr], TSi, TSr }
 *
 * The initiator of a rekey receives and sends under the new child at once, and deletes the old one.
 * The responder receives under it at once, and sends under it when the peer uses it or deletes the
 * old one (section 2.8): until then the peer may not be able to receive.
 */
#include <errno.h>
#include <string.h>
#include "child.h"

/* Milliseconds after which a peer that was busy is asked again: from one to two such. */
#define BUSY_MS 1000
/* Seconds after which a rekey that was refused is tried again. */
#define REFUSED_SECONDS 15
/* Times that an exchange is begun again because the peer is busy, or wants another group. */
#define TRIES_MAX 20

static uint32_t busy_delay(struct ike_engine *engine)
{
	return BUSY_MS + ike_engine_random(engine, BUSY_MS);
}

static const char *reason(const struct ike_kernel_reply *reply)
{
	return reply->message ? reply->message : strerror(-reply->error);
}

static enum ike_stage stage_of(const struct ike_task *task)
{
	return task->kind == IKE_TASK_CHILD_REKEY ? IKE_STAGE_REKEY_CHILD : IKE_STAGE_CHILD;
}

/* The peer's child is the one that stays. */
static void yield_to(struct ike_engine *engine, struct ike_child *old, struct ike_child *rival)
{
	if (old) {
		old->successor = rival;
		if (old->state == IKE_CHILD_UP)
			ike_child_set_state(engine, old, IKE_CHILD_REPLACED);
	} else {
		ike_child_use(engine, rival);
	}
}

/* Our exchange came to nothing: what becomes of what it was about? */
static void gave_up(struct ike_engine *engine, struct ike_sa *sa)
{
	struct ike_task *task = sa->task;

	if (task->made) {
		ike_child_close(engine, task->made, "it was not made");
		if (task->kind == IKE_TASK_CHILD_REKEY)
			ike_child_unwanted(task->made);
	}
	if (task->rival && ike_child_active(task->rival))
		yield_to(engine, task->child, task->rival);
	else if (task->kind == IKE_TASK_CHILD_NEW && task->conf && sa->peer)
		ike_peer_failed(engine, sa->peer, task->conf);
	else if (task->child && task->child->state == IKE_CHILD_UP)
		task->child->rekey_at = engine->now + REFUSED_SECONDS * IKE_SECOND;
	ike_task_done(engine, sa);
}

/* The peer has chosen the IKE SA's group: where there is PFS, it is likely to choose it again. */
static uint16_t likely_group(const struct ike_sa *sa, const struct ike_child_conf *conf)
{
	uint16_t group = sa->suite.ke->transform.id;

	return ike_has_group(conf->esp, group) ? group : ike_first_group(conf->esp);
}

static bool choose_group(const struct ike_sa *sa, struct ike_task *task,
			 const struct ike_child_conf *conf)
{
	struct ike_transform transform = {
		.type = IKE_KE,
		.id = task->group ? task->group : likely_group(sa, conf),
	};
	const struct ike_alg *alg = ike_alg_find(&transform);

	if (!transform.id)
		return true;
	return alg && !ike_dh_new(alg, &task->dh);
}

static void reserved(struct ike_engine *engine, struct ike_sa *sa, struct ike_child *child,
		     const struct ike_kernel_reply *reply)
{
	struct ike_task *task = sa->task;
	struct ike_writer writer;

	if (reply->error) {
		ike_report_simple(engine, sa, IKE_STAGE_KERNEL, IKE_REFUSER_KERNEL, "spi",
				  "no SPI in tunnel %s: %s", child->tunnel, reason(reply));
		gave_up(engine, sa);
		return;
	}
	child->spi_in = reply->spi;
	/* The peer may have rekeyed or deleted it, or the configuration be another. */
	if (!child->conf || (task->kind == IKE_TASK_CHILD_REKEY &&
			     (task->rival || !task->child || task->child->state != IKE_CHILD_UP))) {
		gave_up(engine, sa);
		return;
	}
	ike_nonce_make(engine, &task->nonce);
	if (!choose_group(sa, task, child->conf)) {
		gave_up(engine, sa);
		return;
	}
	ike_chain_begin(&writer, engine->build, sizeof(engine->build));
	ike_negotiate_offer(&writer, child, task->child, task);
	task->sent = true;
	if (ike_message_ask(engine, sa, IKE_CREATE_CHILD_SA, &writer))
		gave_up(engine, sa);
}

void ike_create_start(struct ike_engine *engine, struct ike_sa *sa)
{
	struct ike_task *task = sa->task;
	const struct ike_child_conf *conf = task->child ? task->child->conf : task->conf;

	task->made = ike_child_new(engine, sa, conf, task->child, true);
	if (task->made)
		task->made->replaces = task->child;
	if (!task->made || ike_child_alloc_spi(engine, task->made, reserved))
		gave_up(engine, sa);
}

/* What the peer says instead of a child. */
static void refused(struct ike_engine *engine, struct ike_sa *sa, const struct ike_notify *notify)
{
	struct ike_task *task = sa->task;
	struct ike_child *old = task->child;
	const struct ike_child_conf *conf = task->made ? task->made->conf : NULL;
	bool moot = task->kind == IKE_TASK_CHILD_REKEY &&
		    (!old || old->state != IKE_CHILD_UP || task->rival);
	uint16_t group;

	if (moot) {
		gave_up(engine, sa);
		return;
	}
	switch (notify->type) {
	case IKE_TEMPORARY_FAILURE:
		if (task->tries >= TRIES_MAX)
			break;
		ike_child_close(engine, task->made, "it was not made");
		ike_task_again(engine, sa, busy_delay(engine));
		return;
	case IKE_INVALID_KE_PAYLOAD:
		group = ike_get16(notify->data.at);
		if (task->tries >= TRIES_MAX || !task->dh || !conf ||
		    group == ike_dh_group(task->dh)->transform.id ||
		    !ike_has_group(conf->esp, group))
			break;
		task->group = group;
		ike_child_close(engine, task->made, "it was not made");
		ike_task_again(engine, sa, 0);
		return;
	case IKE_CHILD_SA_NOT_FOUND:
		if (!old)
			break;
		/* Section 2.25.1: the peer has lost it. It is made anew. */
		ike_child_close(engine, old, "the peer does not have it any more");
		gave_up(engine, sa);
		if (old->conf && sa->peer)
			ike_peer_want(sa->peer, old->conf)->wanted = true;
		return;
	default:
		break;
	}
	ike_report_refused(engine, sa, stage_of(task), conf, notify->type);
	gave_up(engine, sa);
}

/* It is made at the peer's end, and cannot be used at ours. */
static void withdraw(struct ike_engine *engine, struct ike_sa *sa)
{
	struct ike_child *made = sa->task->made;

	sa->task->made = NULL;
	gave_up(engine, sa);
	ike_child_delete(engine, made);
}

static void installed(struct ike_engine *engine, struct ike_sa *sa, struct ike_child *child,
		      const struct ike_kernel_reply *reply)
{
	struct ike_task *task = sa->task;
	struct ike_child *old = task->child;
	struct ike_child *rival = task->rival;

	if (reply->error) {
		ike_report_simple(engine, sa, IKE_STAGE_KERNEL, IKE_REFUSER_KERNEL, "install",
				  "the kernel does not take the SAs of tunnel %s: %s",
				  child->tunnel, reason(reply));
		withdraw(engine, sa);
		return;
	}
	ike_child_up(engine, child);
	if (task->kind == IKE_TASK_CHILD_NEW) {
		ike_child_settle_twin(engine, child);
	} else if (child->installed & IKE_DIRECTION_OUT) {
		if (rival && ike_child_active(rival)) {
			rival->successor = child;
			ike_child_set_state(engine, rival, IKE_CHILD_REDUNDANT);
		}
		if (old && old->state == IKE_CHILD_UP) {
			old->successor = child;
			ike_child_delete(engine, old);
		}
	} else {
		/* It lost: ours is closed by us, the old one by the peer. */
		child->successor = rival;
		if (rival && ike_child_active(rival))
			yield_to(engine, old, rival);
		ike_child_delete(engine, child);
	}
	ike_task_done(engine, sa);
}

/* The key exchange of the child, if there is one, and its keys. */
static bool derive(struct ike_task *task, const struct ike_chain *chain, const struct ike_nonce *nr)
{
	const struct ike_payload *payload = ike_chain_find(chain, IKE_PAYLOAD_KE);
	struct ike_span shared = { 0 };
	uint8_t secret[IKE_DH_MAX];
	struct ike_ke ke;
	bool ok;

	if (task->made->suite.ke && task->made->suite.ke->transform.id != IKE_TRANSFORM_NONE) {
		if (!task->dh || task->made->suite.ke != ike_dh_group(task->dh) || !payload ||
		    ike_ke_parse(payload, &ke) || ke.group != task->made->suite.ke->transform.id ||
		    ike_dh_shared(task->dh, ke.data, secret))
			return false;
		shared = (struct ike_span){ secret, task->made->suite.ke->shared_len };
	}
	ok = !ike_negotiate_keys(task->made, &task->nonce, nr, shared);
	ike_wipe(secret, sizeof(secret));
	return ok;
}

void ike_create_response(struct ike_engine *engine, struct ike_sa *sa)
{
	const struct ike_chain *chain = &sa->told->chain;
	struct ike_task *task = sa->task;
	unsigned int directions = IKE_DIRECTION_BOTH;
	struct ike_notify notify;
	struct ike_nonce nr;

	/* The configuration went while the peer agreed: so does the IKE SA. */
	if (!task->made || !task->made->conf) {
		gave_up(engine, sa);
		return;
	}
	if (!ike_chain_find(chain, IKE_PAYLOAD_SA) && ike_chain_error(chain, &notify)) {
		refused(engine, sa, &notify);
		return;
	}
	if (ike_negotiate_accept(engine, task->made, chain,
				 task->kind == IKE_TASK_CHILD_REKEY ? IKE_NEGOTIATE_REKEY : 0) ||
	    !ike_nonce_read(chain, &nr) || !derive(task, chain, &nr)) {
		withdraw(engine, sa);
		return;
	}
	for (size_t i = 0; i < task->gone_count; i++) {
		if (task->gone[i] != task->made->spi_out)
			continue;
		/* The peer has deleted it already. */
		gave_up(engine, sa);
		return;
	}
	if (task->kind == IKE_TASK_CHILD_NEW ?
		    !ike_child_beats_twin(engine, task->made) :
		    task->rival_low.len &&
			    !ike_collision_we_win(&task->made->low, &task->rival_low))
		directions = IKE_DIRECTION_IN;
	if (ike_child_install(engine, task->made, directions, installed))
		withdraw(engine, sa);
}

/* The responder. */

static enum ike_busy ike_busy(const struct ike_sa *sa)
{
	if (sa->state != IKE_STATE_UP || ike_task_find(sa, IKE_TASK_IKE_DELETE, NULL))
		return IKE_BUSY_CLOSING;
	return sa->task && sa->task->kind == IKE_TASK_IKE_REKEY ? IKE_BUSY_REKEYING : IKE_BUSY_NOT;
}

static enum ike_busy child_busy(const struct ike_sa *sa, const struct ike_child *child)
{
	if (!child)
		/* It may be the one that we are making: the peer's response can be on its way. */
		return ike_task_making(sa) ? IKE_BUSY_CLOSING : IKE_BUSY_GONE;
	if (child->state != IKE_CHILD_UP)
		return IKE_BUSY_CLOSING;
	if (!sa->task || sa->task->kind != IKE_TASK_CHILD_REKEY || sa->task->child != child)
		return IKE_BUSY_NOT;
	/* With the peer's response the exchange is over, if the kernel has not caught up. */
	return sa->told ? IKE_BUSY_CLOSING : IKE_BUSY_REKEYING;
}

static void answer_failed(struct ike_engine *engine, struct ike_sa *sa, struct ike_child *child,
			  const struct ike_kernel_reply *reply)
{
	ike_report_simple(engine, sa, IKE_STAGE_KERNEL, IKE_REFUSER_KERNEL, "install",
			  "the kernel does not take the SAs of tunnel %s: %s", child->tunnel,
			  reason(reply));
	ike_child_close(engine, child, "the kernel refuses it");
	ike_message_refuse(engine, sa, IKE_NO_ADDITIONAL_SAS, NULL, 0);
}

static void answer_rekey(struct ike_engine *engine, struct ike_sa *sa, struct ike_child *child)
{
	struct ike_child *old = child->replaces;

	ike_child_up(engine, child);
	/* If we rekey it too, it shows which of the two stays when our own exchange is over. */
	if (child->state == IKE_CHILD_UP && !(sa->task && sa->task->rival == child))
		yield_to(engine, old, child);
}

static void answer_installed(struct ike_engine *engine, struct ike_sa *sa, struct ike_child *child,
			     const struct ike_kernel_reply *reply)
{
	struct ike_writer writer;
	struct ike_notify notify;
	bool rekey = ike_chain_notify(&sa->asked->chain, IKE_REKEY_SA, &notify);

	if (reply->error) {
		answer_failed(engine, sa, child, reply);
		return;
	}
	ike_chain_begin(&writer, engine->build, sizeof(engine->build));
	ike_negotiate_agree(&writer, child, 0);
	if (ike_message_answer(engine, sa, IKE_CREATE_CHILD_SA, &writer)) {
		ike_sa_close(engine, sa, false);
		return;
	}
	if (rekey) {
		answer_rekey(engine, sa, child);
		return;
	}
	ike_child_up(engine, child);
	ike_child_settle_twin(engine, child);
}

static void answer_reserved(struct ike_engine *engine, struct ike_sa *sa, struct ike_child *child,
			    const struct ike_kernel_reply *reply)
{
	const struct ike_kernel_reply trouble = { .error = -EIO };
	struct ike_notify notify;
	unsigned int directions = IKE_DIRECTION_BOTH;

	if (reply->error) {
		answer_failed(engine, sa, child, reply);
		return;
	}
	child->spi_in = reply->spi;
	if (ike_chain_notify(&sa->asked->chain, IKE_REKEY_SA, &notify) ||
	    !ike_child_beats_twin(engine, child))
		directions = IKE_DIRECTION_IN;
	if (ike_child_install(engine, child, directions, answer_installed))
		answer_failed(engine, sa, child, &trouble);
}

static bool answer_keys(struct ike_engine *engine, struct ike_child *child,
			const struct ike_chain *chain)
{
	const struct ike_payload *payload = ike_chain_find(chain, IKE_PAYLOAD_KE);
	struct ike_span shared = { 0 };
	uint8_t secret[IKE_DH_MAX];
	struct ike_dh *dh = NULL;
	struct ike_nonce ni;
	struct ike_ke ke;
	bool ok = ike_nonce_read(chain, &ni);

	ike_nonce_make(engine, &child->nonce);
	if (ok && child->suite.ke && child->suite.ke->transform.id != IKE_TRANSFORM_NONE) {
		ok = payload && !ike_ke_parse(payload, &ke) && !ike_dh_new(child->suite.ke, &dh) &&
		     !ike_dh_shared(dh, ke.data, secret);
		if (ok) {
			struct ike_span public = ike_dh_public(dh);

			memcpy(child->public, public.at, public.len);
			child->public_len = public.len;
			shared = (struct ike_span){ secret, child->suite.ke->shared_len };
		}
		ike_dh_free(dh);
	}
	ok = ok && !ike_negotiate_keys(child, &ni, &child->nonce, shared);
	ike_wipe(secret, sizeof(secret));
	return ok;
}

/* A rival is known before the kernel has it: our own exchange may end in between. */
static void set_rival(struct ike_task *task, struct ike_child *child)
{
	task->rival = child;
	task->rival_low = child->low;
}

static void answer(struct ike_engine *engine, struct ike_sa *sa, struct ike_child *old)
{
	struct ike_child *child;
	uint16_t refusal = ike_negotiate_answer(engine, sa, &sa->asked->chain, old,
						old ? IKE_NEGOTIATE_REKEY : 0, &child);

	if (refusal == IKE_INVALID_KE_PAYLOAD) {
		uint8_t group[2] = { (uint8_t)(sa->wanted_group >> 8), (uint8_t)sa->wanted_group };

		ike_message_refuse(engine, sa, refusal, group, sizeof(group));
		return;
	}
	if (!refusal) {
		child->replaces = old;
		sa->answer = child;
		if (!answer_keys(engine, child, &sa->asked->chain))
			refusal = IKE_INVALID_SYNTAX;
		else if (ike_child_alloc_spi(engine, child, answer_reserved))
			refusal = IKE_NO_ADDITIONAL_SAS;
		if (refusal)
			ike_child_close(engine, child, "it was not made");
		else if (child_busy(sa, old) == IKE_BUSY_REKEYING)
			set_rival(sa->task, child);
	}
	if (refusal)
		ike_message_refuse(engine, sa, refusal, NULL, 0);
}

static bool about_ike(const struct ike_chain *chain)
{
	const struct ike_payload *payload = ike_chain_find(chain, IKE_PAYLOAD_SA);
	struct ike_proposal_list list;

	return payload && !ike_proposals_read(payload, &list) && list.count &&
	       list.items[0].protocol == IKE_PROTOCOL_IKE;
}

void ike_create_request(struct ike_engine *engine, struct ike_sa *sa)
{
	const struct ike_chain *chain = &sa->asked->chain;
	struct ike_child *old = NULL;
	struct ike_notify notify;
	struct ike_writer writer;
	enum ike_wish wish = IKE_WISH_CHILD_NEW;
	enum ike_busy busy = IKE_BUSY_NOT;
	uint32_t spi = 0;

	if (about_ike(chain)) {
		ike_rekey_request(engine, sa);
		return;
	}
	if (ike_chain_notify(chain, IKE_REKEY_SA, &notify)) {
		wish = IKE_WISH_CHILD_REKEY;
		spi = notify.spi.len == 4 ? ike_get32(notify.spi.at) : 0;
		if (spi && notify.protocol == IKE_PROTOCOL_ESP)
			old = ike_child_by_spi_out(sa, spi);
		busy = child_busy(sa, old);
	}
	switch (ike_collision_answer(wish, busy, ike_busy(sa))) {
	case IKE_ANSWER_LATER:
		ike_message_refuse(engine, sa, IKE_TEMPORARY_FAILURE, NULL, 0);
		return;
	case IKE_ANSWER_NOT_FOUND:
		ike_chain_begin(&writer, engine->build, sizeof(engine->build));
		ike_put_notify_child(&writer, IKE_CHILD_SA_NOT_FOUND, IKE_PROTOCOL_ESP, spi);
		if (ike_message_answer(engine, sa, IKE_CREATE_CHILD_SA, &writer))
			ike_sa_close(engine, sa, false);
		return;
	default:
		break;
	}
	/* A child whose configuration is gone, or an IKE SA without its peer, is not carried on. */
	if (!sa->peer || (old && !old->conf))
		ike_message_refuse(engine, sa, IKE_TEMPORARY_FAILURE, NULL, 0);
	else
		answer(engine, sa, old);
}
