// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "ike_sa.h"
#include "ts.h"

/*
 * Whoever has not proved who it is cannot fill a log: its failures are recorded, and one in a while
 * is told. What we began ourselves is always told.
 */
static bool quiet(struct ike_engine *engine, const struct ike_sa *sa)
{
	if (sa->initiator || sa->state >= IKE_STATE_RIVAL)
		return false;
	if (engine->now < engine->quiet_until)
		return true;
	engine->quiet_until = engine->now + IKE_QUIET_MS;
	return false;
}

static void keep(struct ike_engine *engine, const struct ike_sa *sa, struct ike_record *record)
{
	struct ike_record_log *log = sa->peer ? &sa->peer->log : &engine->strangers;
	const struct ike_record *kept;
	struct ike_event event = { .kind = IKE_EVENT_FAILED };

	record->at = engine->now;
	record->path = sa->path;
	kept = ike_record_add(log, record);
	if (quiet(engine, sa))
		return;
	event.peer = sa->peer ? sa->peer->conf->name : NULL;
	event.child = record->child[0] ? record->child : NULL;
	event.path = sa->path;
	event.text = record->text;
	event.record = kept ? kept : record;
	engine->ops->event(engine->arg, &event);
}

void ike_report(struct ike_engine *engine, const struct ike_sa *sa, struct ike_record *record,
		const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(record->text, sizeof(record->text), format, args);
	va_end(args);
	keep(engine, sa, record);
}

void ike_report_simple(struct ike_engine *engine, const struct ike_sa *sa, enum ike_stage stage,
		       enum ike_refuser refuser, const char *code, const char *format, ...)
{
	struct ike_record record = { .stage = stage, .refuser = refuser };
	va_list args;

	snprintf(record.code, sizeof(record.code), "%s", code);
	va_start(args, format);
	vsnprintf(record.text, sizeof(record.text), format, args);
	va_end(args);
	keep(engine, sa, &record);
}

void ike_report_proposals(const struct ike_proposal_list *list, char *to, size_t size)
{
	char text[IKE_PROPOSAL_TEXT_SIZE];
	size_t len = 0;

	to[0] = '\0';
	for (size_t i = 0; i < list->count && len < size; i++)
		len += (size_t)snprintf(to + len, size - len, "%s%s", i ? ", " : "",
					ike_proposal_format(&list->items[i], text));
	if (len >= size)
		memcpy(to + size - 4, "...", 4);
}

void ike_report_mismatch(struct ike_engine *engine, const struct ike_sa *sa, enum ike_stage stage,
			 const char *child, const struct ike_proposal_list *ours,
			 const struct ike_proposal_list *theirs, unsigned int flags)
{
	struct ike_record record = { .stage = stage, .refuser = IKE_REFUSER_US };
	char text[IKE_PROPOSAL_TEXT_SIZE];
	char edit[IKE_EDIT_TEXT_SIZE];
	struct ike_match match;
	const char *what =
		stage == IKE_STAGE_INIT || stage == IKE_STAGE_REKEY_IKE ? "IKE" : "ESP";

	ike_match(ours, theirs, 0, flags, &match);
	strcpy(record.code, "no-proposal-chosen");
	if (child)
		snprintf(record.child, sizeof(record.child), "%s", child);
	ike_report_proposals(ours, record.ours, sizeof(record.ours));
	ike_report_proposals(theirs, record.theirs, sizeof(record.theirs));
	if (!match.ok && match.theirs >= 0) {
		snprintf(record.nearest, sizeof(record.nearest), "%s",
			 ike_proposal_format(&theirs->items[match.theirs], text));
		snprintf(record.edit, sizeof(record.edit), "here: %s",
			 ike_match_edit(&match, true, edit));
	}
	ike_report(engine, sa, &record, "the peer offers no %s proposal that is accepted here",
		   what);
}

/* What an error notification means, and what may be behind it (facts differ from names). */
static const struct {
	uint16_t notify;
	const char *code;
	const char *init;
	const char *auth;
	const char *child;
} meanings[] = {
	{ IKE_NO_PROPOSAL_CHOSEN, "no-proposal-chosen",
	  "the peer accepts none of our IKE proposals, or does not know our address; it does not say which",
	  "the peer accepts none of our ESP proposals",
	  "the peer accepts none of our ESP proposals, or wants another group for PFS" },
	{ IKE_AUTHENTICATION_FAILED, "authentication-failed",
	  "the peer refuses us before it has seen who we are",
	  "the peer does not accept who we are: wrong key, wrong identity on either side, or a certificate it does not trust; it does not say which",
	  "the peer refuses us" },
	{ IKE_TS_UNACCEPTABLE, "ts-unacceptable", NULL,
	  "the peer accepts none of our networks with any of its own that we ask for",
	  "the peer accepts none of our networks with any of its own that we ask for" },
	{ IKE_INVALID_SYNTAX, "invalid-syntax",
	  "the peer cannot read our message; a pre-shared key of a wrong length has this effect with some",
	  "the peer cannot read our message", "the peer cannot read our message" },
	{ IKE_TEMPORARY_FAILURE, "temporary-failure", "the peer is busy", "the peer is busy",
	  "the peer is busy with the same SA" },
	{ IKE_NO_ADDITIONAL_SAS, "no-additional-sas", NULL, "the peer takes no child with IKE_AUTH",
	  "the peer takes no more children in this IKE SA" },
	{ IKE_CHILD_SA_NOT_FOUND, "child-sa-not-found", NULL, NULL,
	  "the peer does not have the child that is to be rekeyed" },
	{ IKE_INVALID_KE_PAYLOAD, "invalid-ke", "the peer wants a group that we do not offer", NULL,
	  "the peer wants a group that we do not offer" },
	{ IKE_INVALID_MAJOR_VERSION, "invalid-major-version", "the peer does not speak IKEv2", NULL,
	  NULL },
	{ IKE_SINGLE_PAIR_REQUIRED, "single-pair-required", NULL,
	  "the peer takes only a single pair of addresses",
	  "the peer takes only a single pair of addresses" },
	{ IKE_INTERNAL_ADDRESS_FAILURE, "internal-address", NULL,
	  "the peer could not assign an address, which we did not ask for", NULL },
	{ IKE_FAILED_CP_REQUIRED, "cp-required", NULL, "the peer insists on assigning an address",
	  NULL },
};

void ike_report_refused(struct ike_engine *engine, const struct ike_sa *sa, enum ike_stage stage,
			const struct ike_child_conf *child, uint16_t notify)
{
	struct ike_record record = { .stage = stage, .refuser = IKE_REFUSER_PEER };
	const char *text = NULL;
	const struct ike_proposal_list *ours = NULL;

	snprintf(record.code, sizeof(record.code), "notify-%u", notify);
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (meanings[i].notify != notify)
			continue;
		strcpy(record.code, meanings[i].code);
		if (stage == IKE_STAGE_INIT || stage == IKE_STAGE_REKEY_IKE)
			text = meanings[i].init;
		else
			text = stage == IKE_STAGE_AUTH ? meanings[i].auth : meanings[i].child;
	}
	if (child)
		snprintf(record.child, sizeof(record.child), "%s", child->name);
	if (notify == IKE_NO_PROPOSAL_CHOSEN || notify == IKE_INVALID_KE_PAYLOAD)
		ours = child ? child->esp : sa->peer ? sa->peer->conf->ike : NULL;
	if (ours)
		ike_report_proposals(ours, record.ours, sizeof(record.ours));
	if (child && notify == IKE_TS_UNACCEPTABLE) {
		char local[IKE_RECORD_LIST_SIZE / 2 - 8];
		char remote[IKE_RECORD_LIST_SIZE / 2 - 8];

		snprintf(record.ours, sizeof(record.ours), "%s to %s",
			 ike_ts_list_format(child->local_ts, child->local_ts_count, local,
					    sizeof(local)),
			 ike_ts_list_format(child->remote_ts, child->remote_ts_count, remote,
					    sizeof(remote)));
	}
	ike_report(engine, sa, &record, "%s (%s)", text ? text : "the peer refuses",
		   ike_notify_name(notify));
}
