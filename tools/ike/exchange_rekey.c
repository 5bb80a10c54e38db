// SPDX-License-Identifier: MIT
/*
 * CREATE_CHILD_SA for an IKE SA instead of this one (RFC 7296 sections 1.3.2, 2.8 and 2.18).
 *
 *	request		SK { SA, Ni, KEi }
 *	response	SK { SA, Nr, KEr }
 *
 * The new one inherits the children; the end that began deletes the old one. If both began, there
 * are two new ones: the one that loses is deleted by the end that made it.
 */
#include <stdlib.h>
#include <string.h>
#include "child.h"

/* Milliseconds after which a peer that was busy is asked again: from one to two such. */
#define BUSY_MS 1000
/* Seconds after which a rekey that was refused is tried again. */
#define REFUSED_SECONDS 30
#define TRIES_MAX 20

static void spi_octets(uint64_t spi, uint8_t to[8])
{
	for (int i = 0; i < 8; i++)
		to[i] = (uint8_t)(spi >> (56 - 8 * i));
}

/* What stays the same between two IKE SAs of the same two hosts. */
static bool inherit(const struct ike_sa *sa, struct ike_sa *heir)
{
	heir->nat_local = sa->nat_local;
	heir->nat_remote = sa->nat_remote;
	heir->encap = sa->encap;
	heir->fragments = sa->fragments;
	if (!sa->remote_id)
		return true;
	heir->remote_id = malloc(sizeof(*heir->remote_id));
	if (heir->remote_id)
		*heir->remote_id = *sa->remote_id;
	return heir->remote_id;
}

static bool derive(struct ike_engine *engine, const struct ike_sa *sa, struct ike_sa *heir,
		   const struct ike_dh *dh, struct ike_span public, const struct ike_nonce *ni,
		   const struct ike_nonce *nr)
{
	uint8_t shared[IKE_DH_MAX];
	struct ike_keymat keymat = {
		.shared = { shared, ike_dh_group(dh)->shared_len },
		.ni = { ni->octets, ni->len },
		.nr = { nr->octets, nr->len },
		.spi_i = heir->initiator ? heir->spi_local : heir->spi_remote,
		.spi_r = heir->initiator ? heir->spi_remote : heir->spi_local,
	};
	bool ok = !ike_dh_shared(dh, public, shared) &&
		  !ike_keymat_ike(&heir->suite, &keymat, &sa->keys, &heir->keys);

	ike_wipe(shared, sizeof(shared));
	heir->low = *ike_nonce_lower(ni, nr);
	if (ok)
		ike_sa_keyed(engine, heir);
	return ok;
}

static bool choose_group(struct ike_task *task, const struct ike_sa *sa)
{
	struct ike_transform transform = {
		.type = IKE_KE,
		.id = task->group ? task->group : sa->suite.ke->transform.id,
	};
	const struct ike_alg *alg;

	if (!ike_has_group(sa->peer->conf->ike, transform.id))
		transform.id = ike_first_group(sa->peer->conf->ike);
	alg = ike_alg_find(&transform);
	return alg && !ike_dh_new(alg, &task->dh);
}

static struct ike_sa *rival_of(const struct ike_task *task)
{
	return task->rival_sa && task->rival_sa->state == IKE_STATE_RIVAL ? task->rival_sa : NULL;
}

/* Our exchange came to nothing; the peer's may have come to something. */
static void gave_up(struct ike_engine *engine, struct ike_sa *sa)
{
	struct ike_task *task = sa->task;
	struct ike_sa *rival = rival_of(task);

	if (task->made_sa)
		ike_sa_close(engine, task->made_sa, false);
	ike_task_done(engine, sa);
	if (rival)
		ike_sa_adopt(engine, sa, rival);
	else if (sa->state == IKE_STATE_UP)
		sa->rekey_at = engine->now + REFUSED_SECONDS * IKE_SECOND;
}

void ike_rekey_start(struct ike_engine *engine, struct ike_sa *sa)
{
	struct ike_task *task = sa->task;
	struct ike_writer writer;
	struct ike_span public;
	uint8_t spi[8];

	if (!sa->peer) {
		ike_task_done(engine, sa);
		return;
	}
	task->made_sa = ike_sa_new(engine, sa->peer, &sa->path, true, IKE_STATE_RIVAL);
	if (!task->made_sa || !inherit(sa, task->made_sa) || !choose_group(task, sa)) {
		gave_up(engine, sa);
		return;
	}
	ike_nonce_make(engine, &task->nonce);
	spi_octets(task->made_sa->spi_local, spi);
	public = ike_dh_public(task->dh);
	ike_chain_begin(&writer, engine->build, sizeof(engine->build));
	ike_put_proposals(&writer, sa->peer->conf->ike, IKE_SPAN(spi), 0);
	ike_put_nonce(&writer, task->nonce.octets, task->nonce.len);
	ike_put_ke(&writer, ike_dh_group(task->dh)->transform.id, public.at, public.len);
	task->sent = true;
	if (ike_message_ask(engine, sa, IKE_CREATE_CHILD_SA, &writer))
		gave_up(engine, sa);
}

static void refused(struct ike_engine *engine, struct ike_sa *sa, const struct ike_notify *notify)
{
	struct ike_task *task = sa->task;
	uint16_t group = 0;

	if (sa->state != IKE_STATE_UP || !task->made_sa || rival_of(task) ||
	    task->tries >= TRIES_MAX) {
		gave_up(engine, sa);
		return;
	}
	if (notify->type == IKE_INVALID_KE_PAYLOAD)
		group = ike_get16(notify->data.at);
	if (group && ike_has_group(sa->peer->conf->ike, group) &&
	    group != ike_dh_group(task->dh)->transform.id) {
		ike_sa_close(engine, task->made_sa, false);
		task->group = group;
		ike_task_again(engine, sa, 0);
		return;
	}
	if (notify->type == IKE_TEMPORARY_FAILURE) {
		ike_sa_close(engine, task->made_sa, false);
		ike_task_again(engine, sa, BUSY_MS + ike_engine_random(engine, BUSY_MS));
		return;
	}
	ike_report_refused(engine, sa, IKE_STAGE_REKEY_IKE, NULL, notify->type);
	gave_up(engine, sa);
}

/* True: the peer agreed, and the keys of the new IKE SA are there. */
static bool accept(struct ike_engine *engine, struct ike_sa *sa, const struct ike_chain *chain)
{
	const struct ike_payload *offer = ike_chain_find(chain, IKE_PAYLOAD_SA);
	const struct ike_payload *payload = ike_chain_find(chain, IKE_PAYLOAD_KE);
	struct ike_task *task = sa->task;
	struct ike_sa *heir = task->made_sa;
	struct ike_proposal_list theirs;
	struct ike_match match;
	struct ike_nonce nr;
	struct ike_ke ke;

	if (!offer || !payload || ike_proposals_read(offer, &theirs) ||
	    ike_ke_parse(payload, &ke) || !ike_nonce_read(chain, &nr))
		return false;
	if (!ike_match(sa->peer->conf->ike, &theirs, 0, IKE_MATCH_RESPONSE, &match) ||
	    match.suite.spi_len != 8 || match.suite.ke != ike_dh_group(task->dh) ||
	    ke.group != match.suite.ke->transform.id)
		return false;
	heir->suite = match.suite;
	heir->spi_remote = ike_get64(match.suite.spi);
	return heir->spi_remote && derive(engine, sa, heir, task->dh, ke.data, &task->nonce, &nr);
}

/* An IKE SA that is not needed is deleted by the end that made it. */
static void discard(struct ike_engine *engine, struct ike_sa *sa)
{
	ike_sa_set_state(engine, sa, IKE_STATE_REPLACED);
	sa->expire_at = engine->now + 2 * REFUSED_SECONDS * IKE_SECOND;
	if (sa->initiator)
		ike_task_add(engine, sa, IKE_TASK_IKE_DELETE, NULL);
}

void ike_rekey_response(struct ike_engine *engine, struct ike_sa *sa)
{
	const struct ike_chain *chain = &sa->told->chain;
	struct ike_sa *heir = sa->task->made_sa;
	struct ike_sa *rival = rival_of(sa->task);
	struct ike_notify notify;

	if (!sa->peer || !heir || heir->state != IKE_STATE_RIVAL) {
		gave_up(engine, sa);
		return;
	}
	if (!ike_chain_find(chain, IKE_PAYLOAD_SA) && ike_chain_error(chain, &notify)) {
		refused(engine, sa, &notify);
		return;
	}
	if (!accept(engine, sa, chain)) {
		ike_report_simple(
			engine, sa, IKE_STAGE_REKEY_IKE, IKE_REFUSER_US, "not-offered",
			"the peer's answer lacks a payload, or chose what was not offered");
		gave_up(engine, sa);
		return;
	}
	ike_task_done(engine, sa);
	if (sa->state != IKE_STATE_UP) {
		/* The peer uses its own already. */
		discard(engine, heir);
	} else if (rival && !ike_collision_we_win(&heir->low, &rival->low)) {
		ike_sa_adopt(engine, sa, rival);
		discard(engine, heir);
	} else {
		ike_sa_adopt(engine, sa, heir);
		if (rival)
			discard(engine, rival);
		ike_task_add(engine, sa, IKE_TASK_IKE_DELETE, NULL);
	}
}

/* The responder. */

static enum ike_busy busy(const struct ike_sa *sa)
{
	if (sa->state != IKE_STATE_UP || ike_task_find(sa, IKE_TASK_IKE_DELETE, NULL))
		return IKE_BUSY_CLOSING;
	if (!sa->task)
		return IKE_BUSY_NOT;
	switch (sa->task->kind) {
	case IKE_TASK_IKE_REKEY:
		return IKE_BUSY_REKEYING;
	case IKE_TASK_CHILD_NEW:
	case IKE_TASK_CHILD_REKEY:
	case IKE_TASK_CHILD_DELETE:
		return IKE_BUSY_CHILD;
	default:
		return IKE_BUSY_NOT;
	}
}

static bool send_response(struct ike_engine *engine, struct ike_sa *sa, const struct ike_sa *heir,
			  const struct ike_dh *dh, const struct ike_nonce *nr)
{
	struct ike_span public = ike_dh_public(dh);
	struct ike_writer writer;
	uint8_t spi[8];

	spi_octets(heir->spi_local, spi);
	ike_chain_begin(&writer, engine->build, sizeof(engine->build));
	ike_put_suite(&writer, &heir->suite, IKE_SPAN(spi));
	ike_put_nonce(&writer, nr->octets, nr->len);
	ike_put_ke(&writer, heir->suite.ke->transform.id, public.at, public.len);
	return !ike_message_answer(engine, sa, IKE_CREATE_CHILD_SA, &writer);
}

static void answer(struct ike_engine *engine, struct ike_sa *sa, const struct ike_suite *suite,
		   const struct ike_nonce *ni, struct ike_span public)
{
	struct ike_sa *heir = ike_sa_new(engine, sa->peer, &sa->path, false, IKE_STATE_RIVAL);
	struct ike_dh *dh = NULL;
	struct ike_nonce nr;

	ike_nonce_make(engine, &nr);
	if (heir) {
		heir->suite = *suite;
		heir->spi_remote = ike_get64(suite->spi);
	}
	if (!heir || !heir->spi_remote || !inherit(sa, heir) || ike_dh_new(suite->ke, &dh) ||
	    !derive(engine, sa, heir, dh, public, ni, &nr)) {
		ike_dh_free(dh);
		if (heir)
			ike_sa_close(engine, heir, false);
		ike_message_refuse(engine, sa, IKE_INVALID_SYNTAX, NULL, 0);
		return;
	}
	if (!send_response(engine, sa, heir, dh, &nr)) {
		ike_sa_close(engine, heir, false);
		ike_sa_close(engine, sa, false);
	} else if (sa->task && sa->task->kind == IKE_TASK_IKE_REKEY) {
		/* Which of the two stays shows when our own exchange is over. */
		sa->task->rival_sa = heir;
	} else {
		ike_sa_adopt(engine, sa, heir);
	}
	ike_dh_free(dh);
}

void ike_rekey_request(struct ike_engine *engine, struct ike_sa *sa)
{
	const struct ike_chain *chain = &sa->asked->chain;
	const struct ike_payload *offer = ike_chain_find(chain, IKE_PAYLOAD_SA);
	const struct ike_payload *payload = ike_chain_find(chain, IKE_PAYLOAD_KE);
	struct ike_proposal_list theirs;
	struct ike_match match;
	struct ike_nonce ni;
	struct ike_ke ke;

	if (!sa->peer ||
	    ike_collision_answer(IKE_WISH_IKE_REKEY, IKE_BUSY_NOT, busy(sa)) == IKE_ANSWER_LATER) {
		ike_message_refuse(engine, sa, IKE_TEMPORARY_FAILURE, NULL, 0);
		return;
	}
	if (!payload || ike_proposals_read(offer, &theirs) || ike_ke_parse(payload, &ke) ||
	    !ike_nonce_read(chain, &ni)) {
		ike_message_refuse(engine, sa, IKE_INVALID_SYNTAX, NULL, 0);
		return;
	}
	if (!ike_match(sa->peer->conf->ike, &theirs, ke.group, 0, &match) ||
	    match.suite.spi_len != 8) {
		ike_report_mismatch(engine, sa, IKE_STAGE_REKEY_IKE, NULL, sa->peer->conf->ike,
				    &theirs, 0);
		ike_message_refuse(engine, sa, IKE_NO_PROPOSAL_CHOSEN, NULL, 0);
		return;
	}
	if (match.suite.ke->transform.id != ke.group) {
		uint8_t group[2] = { (uint8_t)(match.suite.ke->transform.id >> 8),
				     (uint8_t)match.suite.ke->transform.id };

		ike_message_refuse(engine, sa, IKE_INVALID_KE_PAYLOAD, group, sizeof(group));
		return;
	}
	answer(engine, sa, &match.suite, &ni, ke.data);
}

void ike_rekey_rival_used(struct ike_engine *engine, struct ike_sa *rival)
{
	for (struct ike_sa *sa = engine->sas; sa; sa = sa->next) {
		if (!sa->task || sa->task->rival_sa != rival)
			continue;
		sa->task->rival_sa = NULL;
		if (sa->state == IKE_STATE_UP)
			ike_sa_adopt(engine, sa, rival);
		return;
	}
}
