// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "child.h"

void ike_nonce_make(struct ike_engine *engine, struct ike_nonce *nonce)
{
	nonce->len = IKE_NONCE_SIZE;
	engine->ops->random(engine->arg, nonce->octets, nonce->len);
}

bool ike_nonce_read(const struct ike_chain *chain, struct ike_nonce *nonce)
{
	const struct ike_payload *payload = ike_chain_find(chain, IKE_PAYLOAD_NONCE);
	struct ike_span span;

	if (!payload || ike_nonce_parse(payload, &span) || span.len > sizeof(nonce->octets))
		return false;
	nonce->len = (uint16_t)span.len;
	memcpy(nonce->octets, span.at, span.len);
	return true;
}

uint16_t ike_first_group(const struct ike_proposal_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		for (size_t j = 0; j < list->items[i].count; j++)
			if (list->items[i].transforms[j].type == IKE_KE)
				return list->items[i].transforms[j].id;
	return 0;
}

bool ike_has_group(const struct ike_proposal_list *list, uint16_t group)
{
	for (size_t i = 0; i < list->count; i++)
		for (size_t j = 0; j < list->items[i].count; j++)
			if (list->items[i].transforms[j].type == IKE_KE &&
			    list->items[i].transforms[j].id == group)
				return true;
	return false;
}

static void spi_octets(uint32_t spi, uint8_t to[4])
{
	to[0] = (uint8_t)(spi >> 24);
	to[1] = (uint8_t)(spi >> 16);
	to[2] = (uint8_t)(spi >> 8);
	to[3] = (uint8_t)spi;
}

void ike_negotiate_offer(struct ike_writer *writer, const struct ike_child *child,
			 const struct ike_child *like, const struct ike_task *task)
{
	const struct ike_child_conf *conf = child->conf;
	uint8_t spi[4];

	spi_octets(child->spi_in, spi);
	if (like)
		ike_put_notify_child(writer, IKE_REKEY_SA, IKE_PROTOCOL_ESP, like->spi_in);
	if (conf->mode == IKE_MODE_TRANSPORT)
		ike_put_notify(writer, IKE_USE_TRANSPORT_MODE, NULL, 0);
	ike_put_proposals(writer, conf->esp, IKE_SPAN(spi), task ? 0 : IKE_MATCH_NO_KE);
	if (task)
		ike_put_nonce(writer, task->nonce.octets, task->nonce.len);
	if (task && task->dh) {
		struct ike_span public = ike_dh_public(task->dh);

		ike_put_ke(writer, ike_dh_group(task->dh)->transform.id, public.at, public.len);
	}
	ike_put_ts(writer, IKE_PAYLOAD_TSI, conf->local_ts, conf->local_ts_count);
	ike_put_ts(writer, IKE_PAYLOAD_TSR, conf->remote_ts, conf->remote_ts_count);
}

void ike_negotiate_agree(struct ike_writer *writer, const struct ike_child *child,
			 unsigned int flags)
{
	uint8_t spi[4];

	spi_octets(child->spi_in, spi);
	if (child->mode == IKE_MODE_TRANSPORT)
		ike_put_notify(writer, IKE_USE_TRANSPORT_MODE, NULL, 0);
	ike_put_suite(writer, &child->suite, IKE_SPAN(spi));
	if (!(flags & IKE_NEGOTIATE_AUTH))
		ike_put_nonce(writer, child->nonce.octets, child->nonce.len);
	if (child->public_len)
		ike_put_ke(writer, child->suite.ke->transform.id, child->public, child->public_len);
	ike_put_ts(writer, IKE_PAYLOAD_TSI, child->remote_ts.items, child->remote_ts.count);
	ike_put_ts(writer, IKE_PAYLOAD_TSR, child->local_ts.items, child->local_ts.count);
}

static enum ike_stage stage_of(unsigned int flags)
{
	if (flags & IKE_NEGOTIATE_REKEY)
		return IKE_STAGE_REKEY_CHILD;
	return flags & IKE_NEGOTIATE_AUTH ? IKE_STAGE_AUTH : IKE_STAGE_CHILD;
}

static bool ts_read(const struct ike_chain *chain, uint8_t type, struct ike_ts_list *list)
{
	const struct ike_payload *payload = ike_chain_find(chain, type);

	return payload && !ike_ts_read(payload, list);
}

static uint16_t odd(struct ike_engine *engine, const struct ike_child *child, unsigned int flags,
		    const char *code, const char *text)
{
	struct ike_record record = { .stage = stage_of(flags), .refuser = IKE_REFUSER_US };

	snprintf(record.code, sizeof(record.code), "%s", code);
	snprintf(record.child, sizeof(record.child), "%s", child->conf->name);
	ike_report(engine, child->sa, &record, "%s", text);
	return IKE_INVALID_SYNTAX;
}

static bool covers(const struct ike_ts *offered, size_t count, const struct ike_ts_list *chosen)
{
	return chosen->count && ike_ts_covers(offered, count, chosen->items, chosen->count);
}

uint16_t ike_negotiate_accept(struct ike_engine *engine, struct ike_child *child,
			      const struct ike_chain *chain, unsigned int flags)
{
	const struct ike_child_conf *conf = child->conf;
	const struct ike_payload *payload = ike_chain_find(chain, IKE_PAYLOAD_SA);
	unsigned int match_flags = IKE_MATCH_RESPONSE;
	struct ike_proposal_list theirs;
	struct ike_notify notify;
	struct ike_match match;

	if (flags & IKE_NEGOTIATE_AUTH)
		match_flags |= IKE_MATCH_NO_KE;
	if (!payload || ike_proposals_read(payload, &theirs) ||
	    !ts_read(chain, IKE_PAYLOAD_TSI, &child->local_ts) ||
	    !ts_read(chain, IKE_PAYLOAD_TSR, &child->remote_ts))
		return odd(engine, child, flags, "invalid-syntax",
			   "the peer's answer lacks a payload, or has one that cannot be read");
	if (!ike_match(conf->esp, &theirs, 0, match_flags, &match) || match.suite.spi_len != 4 ||
	    !ike_get32(match.suite.spi))
		return odd(engine, child, flags, "not-offered",
			   "the peer chose what was not offered");
	child->suite = match.suite;
	child->spi_out = ike_get32(match.suite.spi);
	if (!covers(conf->local_ts, conf->local_ts_count, &child->local_ts))
		return odd(
			engine, child, flags, "not-offered",
			"the peer's selectors for this end are not among those that were offered");
	if (!covers(conf->remote_ts, conf->remote_ts_count, &child->remote_ts))
		return odd(
			engine, child, flags, "not-offered",
			"the peer's selectors for its end are not among those that were offered");
	if (!ike_chain_notify(chain, IKE_USE_TRANSPORT_MODE, &notify))
		child->mode = IKE_MODE_TUNNEL;
	return 0;
}

/* Whether a child of this configuration is there already: another one is looked for first. */
static bool occupied(const struct ike_sa *sa, const struct ike_child_conf *conf)
{
	for (const struct ike_child *child = sa->children; child; child = child->next)
		if (child->conf == conf && ike_child_active(child))
			return true;
	return false;
}

/**
 * struct offer - what the peer offers, read
 * @proposals: its proposals
 * @local: its selectors for our end
 * @remote: its selectors for its own
 * @group: group of its public value; 0: none
 * @flags: for ike_match()
 */
struct offer {
	struct ike_proposal_list proposals;
	struct ike_ts_list local;
	struct ike_ts_list remote;
	uint16_t group;
	unsigned int flags;
};

static bool offer_read(const struct ike_chain *chain, unsigned int flags, struct offer *offer)
{
	const struct ike_payload *payload = ike_chain_find(chain, IKE_PAYLOAD_SA);
	const struct ike_payload *ke_payload = ike_chain_find(chain, IKE_PAYLOAD_KE);
	struct ike_ke ke;

	offer->group = 0;
	offer->flags = flags & IKE_NEGOTIATE_AUTH ? IKE_MATCH_NO_KE : 0;
	if (!payload || ike_proposals_read(payload, &offer->proposals) ||
	    !ts_read(chain, IKE_PAYLOAD_TSI, &offer->remote) ||
	    !ts_read(chain, IKE_PAYLOAD_TSR, &offer->local))
		return false;
	if (ke_payload && ike_ke_parse(ke_payload, &ke))
		return false;
	if (ke_payload)
		offer->group = ke.group;
	return true;
}

static bool narrow(const struct ike_child_conf *conf, const struct offer *offer,
		   struct ike_ts_list *local, struct ike_ts_list *remote)
{
	return ike_ts_narrow(&offer->local, conf->local_ts, conf->local_ts_count, local) &&
	       ike_ts_narrow(&offer->remote, conf->remote_ts, conf->remote_ts_count, remote);
}

static void report_selectors(struct ike_engine *engine, const struct ike_sa *sa, unsigned int flags,
			     const struct offer *offer)
{
	const struct ike_peer_conf *conf = sa->peer->conf;
	struct ike_record record = {
		.stage = stage_of(flags),
		.refuser = IKE_REFUSER_US,
		.code = "ts-unacceptable",
	};
	char local[121];
	char remote[121];
	size_t len = 0;

	for (size_t i = 0; i < conf->child_count && len < sizeof(record.ours); i++) {
		const struct ike_child_conf *child = &conf->children[i];

		ike_ts_list_format(child->local_ts, child->local_ts_count, local, sizeof(local));
		ike_ts_list_format(child->remote_ts, child->remote_ts_count, remote,
				   sizeof(remote));
		len += (size_t)snprintf(record.ours + len, sizeof(record.ours) - len,
					"%s%s: %s to %s", i ? "; " : "", child->name, local,
					remote);
	}
	ike_ts_list_format(offer->local.items, offer->local.count, local, sizeof(local));
	ike_ts_list_format(offer->remote.items, offer->remote.count, remote, sizeof(remote));
	snprintf(record.theirs, sizeof(record.theirs), "%s to %s", local, remote);
	if (conf->child_count == 1) {
		snprintf(record.child, sizeof(record.child), "%s", conf->children[0].name);
		snprintf(record.edit, sizeof(record.edit), "here: local-ts = %s, remote-ts = %s",
			 local, remote);
	}
	ike_report(engine, sa, &record, "%s",
		   conf->child_count ?
			   "no tunnel has selectors that meet those that the peer asks for" :
			   "no tunnel is configured for this peer");
}

/* The child that the offer is for, and what is agreed; or the notification to refuse with. */
static uint16_t choose(struct ike_engine *engine, struct ike_sa *sa, const struct offer *offer,
		       const struct ike_child *like, unsigned int flags, struct ike_child *draft)
{
	const struct ike_peer_conf *peer = sa->peer->conf;
	const struct ike_child_conf *mismatch = NULL;
	struct ike_match match;

	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < peer->child_count; i++) {
			const struct ike_child_conf *conf = &peer->children[i];

			if (like ? conf != like->conf || again : occupied(sa, conf) != again)
				continue;
			if (!narrow(conf, offer, &draft->local_ts, &draft->remote_ts))
				continue;
			if (ike_match(conf->esp, &offer->proposals, offer->group, offer->flags,
				      &match)) {
				draft->conf = conf;
				draft->suite = match.suite;
				return 0;
			}
			if (!mismatch)
				mismatch = conf;
		}
	}
	if (mismatch) {
		ike_report_mismatch(engine, sa, stage_of(flags), mismatch->name, mismatch->esp,
				    &offer->proposals, offer->flags);
		return IKE_NO_PROPOSAL_CHOSEN;
	}
	report_selectors(engine, sa, flags, offer);
	return IKE_TS_UNACCEPTABLE;
}

uint16_t ike_negotiate_answer(struct ike_engine *engine, struct ike_sa *sa,
			      const struct ike_chain *chain, const struct ike_child *like,
			      unsigned int flags, struct ike_child **made)
{
	struct ike_child *child;
	struct ike_child draft = { 0 };
	struct ike_notify notify;
	struct offer offer;
	uint16_t refusal;

	*made = NULL;
	if (!offer_read(chain, flags, &offer)) {
		ike_report_simple(
			engine, sa, stage_of(flags), IKE_REFUSER_US, "invalid-syntax",
			"the peer's offer lacks a payload, or has one that cannot be read");
		return IKE_INVALID_SYNTAX;
	}
	refusal = choose(engine, sa, &offer, like, flags, &draft);
	if (refusal)
		return refusal;
	if (!(flags & IKE_NEGOTIATE_AUTH) && draft.suite.ke &&
	    draft.suite.ke->transform.id != offer.group &&
	    draft.suite.ke->transform.id != IKE_TRANSFORM_NONE) {
		sa->wanted_group = draft.suite.ke->transform.id;
		return IKE_INVALID_KE_PAYLOAD;
	}
	if (draft.suite.spi_len != 4 || !ike_get32(draft.suite.spi))
		return IKE_INVALID_SYNTAX;
	child = ike_child_new(engine, sa, draft.conf, like, false);
	if (!child)
		return IKE_NO_ADDITIONAL_SAS;
	child->suite = draft.suite;
	child->local_ts = draft.local_ts;
	child->remote_ts = draft.remote_ts;
	child->spi_out = ike_get32(draft.suite.spi);
	/* Transport mode is the initiator's wish, and ours to grant. */
	if (!ike_chain_notify(chain, IKE_USE_TRANSPORT_MODE, &notify))
		child->mode = IKE_MODE_TUNNEL;
	*made = child;
	return 0;
}

int ike_negotiate_keys(struct ike_child *child, const struct ike_nonce *ni,
		       const struct ike_nonce *nr, struct ike_span shared)
{
	struct ike_keymat keymat = {
		.shared = shared,
		.ni = { ni->octets, ni->len },
		.nr = { nr->octets, nr->len },
	};
	struct ike_child_keys keys;
	int error = ike_keymat_child(&child->suite, &child->sa->keys, &keymat, &keys);

	if (!error) {
		memcpy(child->out_key, child->initiator ? keys.i : keys.r, keys.len);
		memcpy(child->in_key, child->initiator ? keys.r : keys.i, keys.len);
		child->key_len = keys.len;
		child->low = *ike_nonce_lower(ni, nr);
	}
	ike_wipe(&keys, sizeof(keys));
	return error;
}
