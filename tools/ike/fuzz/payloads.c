// SPDX-License-Identifier: MIT
#include <string.h>
#include "fuzz.h"
#include "id.h"
#include "payloads.h"
#include "profile.h"
#include "proposal.h"
#include "ts.h"

static void inside(struct ike_span inner, struct ike_span outer)
{
	must(inner.len <= outer.len);
	must(!inner.len || (inner.at >= outer.at && inner.at + inner.len <= outer.at + outer.len));
}

/* What was read is written, and read again. */
static bool again(struct ike_writer *writer, struct ike_chain *chain)
{
	ptrdiff_t len = ike_message_end(writer);

	must(len > 0);
	must(!ike_chain_parse(writer->first, (struct ike_span){ writer->octets, (size_t)len },
			      true, chain));
	must(chain->count == 1);
	return true;
}

/** PROFILES_MAX - profiles that there are, at most */
#define PROFILES_MAX 8

/* Compares an offer with one list of ours, in every way. */
static void match(const struct ike_proposal_list *ours, const struct ike_proposal_list *theirs)
{
	char edit[IKE_EDIT_TEXT_SIZE], text[IKE_PROPOSAL_TEXT_SIZE];
	struct ike_match found;
	unsigned int flags;

	for (flags = 0; flags < 4; flags++) {
		if (ike_match(ours, theirs, IKE_GROUP_X25519, flags, &found)) {
			must(found.suite.encr && found.suite.integ && found.suite.ke);
			must(ike_alg_is_aead(found.suite.encr) || found.suite.integ->key_len);
			if (found.suite.protocol == IKE_PROTOCOL_IKE)
				must(found.suite.prf && found.suite.ke->openssl);
			ike_suite_format(&found.suite, text);
		}
		ike_match_edit(&found, true, edit);
		ike_match_edit(&found, false, edit);
	}
}

static void match_profiles(const struct ike_proposal_list *theirs)
{
	static struct ike_proposal_list ours[PROFILES_MAX][2];
	const struct ike_profile *profile;
	size_t i;

	for (i = 0; (profile = ike_profile_at(i)); i++) {
		if (!ours[i][0].count)
			ike_profile_proposals(profile, &ours[i][0], &ours[i][1]);
		match(&ours[i][0], theirs);
		match(&ours[i][1], theirs);
	}
}

static void try_sa(const struct ike_payload *payload)
{
	static uint8_t octets[IKE_MESSAGE_MAX];
	static struct ike_proposal_list list, read;
	char text[IKE_PROPOSAL_TEXT_SIZE];
	struct ike_writer writer;
	struct ike_chain chain;
	size_t i;

	if (ike_proposals_read(payload, &list))
		return;
	must(list.count > 0 && list.count <= IKE_PROPOSALS_MAX);
	for (i = 0; i < list.count; i++) {
		must(list.items[i].count <= IKE_TRANSFORMS_MAX);
		ike_proposal_format(&list.items[i], text);
		must(strlen(text) < sizeof(text));
	}
	ike_proposals_level(&list);
	match_profiles(&list);
	ike_chain_begin(&writer, octets, sizeof(octets));
	ike_put_proposals(&writer, &list,
			  (struct ike_span){ list.items[0].spi, list.items[0].spi_len }, 0);
	/* one SPI is written for all of them, which may not fit the others */
	for (i = 1; i < list.count; i++) {
		if (list.items[i].protocol != list.items[0].protocol)
			return;
	}
	again(&writer, &chain);
	must(!ike_proposals_read(&chain.payloads[0], &read));
	must(read.count == list.count);
}

static void try_ts(const struct ike_payload *payload)
{
	struct ike_ts_prefix prefixes[IKE_TS_PREFIXES_MAX];
	static char text[IKE_TS_LIST_TEXT_SIZE];
	struct ike_ts_list list, left, read;
	uint8_t octets[2048];
	struct ike_writer writer;
	struct ike_chain chain;
	size_t i;

	if (ike_ts_read(payload, &list) || !list.count)
		return;
	ike_ts_list_format(list.items, list.count, text, sizeof(text));
	must(ike_ts_covers(list.items, list.count, list.items, list.count));
	for (i = 0; i < list.count; i++)
		must(ike_ts_prefixes(&list.items[i], prefixes, IKE_TS_PREFIXES_MAX) > 0);
	/* of a list, by its first half */
	if (ike_ts_narrow(&list, list.items, (list.count + 1) / 2, &left)) {
		must(ike_ts_covers(list.items, list.count, left.items, left.count));
		must(ike_ts_covers(list.items, (list.count + 1) / 2, left.items, left.count));
	}
	ike_chain_begin(&writer, octets, sizeof(octets));
	ike_put_ts(&writer, payload->type, list.items, list.count);
	again(&writer, &chain);
	must(!ike_ts_read(&chain.payloads[0], &read));
	must(read.count == list.count);
	for (i = 0; i < list.count; i++)
		must(ike_ts_equal(&read.items[i], &list.items[i]));
}

static void try_id(const struct ike_payload *payload)
{
	uint8_t octets[IKE_ID_MAX + 16];
	char text[IKE_ID_TEXT_SIZE];
	struct ike_writer writer;
	struct ike_chain chain;
	struct ike_id id, read;
	size_t i;

	if (ike_id_read(payload, &id))
		return;
	ike_id_format(&id, text);
	/* fit for a terminal */
	for (i = 0; text[i]; i++)
		must(text[i] >= ' ' && text[i] < 0x7f);
	must(i < sizeof(text));
	must(ike_id_equal(&id, &id));
	ike_chain_begin(&writer, octets, sizeof(octets));
	ike_put_id(&writer, payload->type, &id);
	again(&writer, &chain);
	must(!ike_id_read(&chain.payloads[0], &read));
	must(ike_id_equal(&id, &read));
}

void payloads_try(const struct ike_chain *chain)
{
	const struct ike_payload *payload;
	struct ike_notify notify;
	struct ike_delete del;
	struct ike_coded coded;
	struct ike_span nonce;
	struct ike_ke ke;
	size_t i, j;

	must(chain->count <= IKE_PAYLOADS_MAX);
	for (i = 0; i < chain->count; i++) {
		payload = &chain->payloads[i];
		ike_payload_name(payload->type);
		switch (payload->type) {
		case IKE_PAYLOAD_SA:
			try_sa(payload);
			break;
		case IKE_PAYLOAD_KE:
			if (!ike_ke_parse(payload, &ke))
				inside(ke.data, payload->body);
			break;
		case IKE_PAYLOAD_NONCE:
			if (!ike_nonce_parse(payload, &nonce))
				inside(nonce, payload->body);
			break;
		case IKE_PAYLOAD_IDI:
		case IKE_PAYLOAD_IDR:
			try_id(payload);
			break;
		case IKE_PAYLOAD_CERT:
		case IKE_PAYLOAD_CERTREQ:
		case IKE_PAYLOAD_AUTH:
			if (!ike_coded_parse(payload, &coded))
				inside(coded.data, payload->body);
			break;
		case IKE_PAYLOAD_NOTIFY:
			if (!ike_notify_parse(payload, &notify)) {
				inside(notify.spi, payload->body);
				inside(notify.data, payload->body);
				ike_notify_name(notify.type);
				must(ike_chain_notify(chain, notify.type, &notify));
			}
			break;
		case IKE_PAYLOAD_DELETE:
			if (!ike_delete_parse(payload, &del)) {
				inside(del.spis, payload->body);
				for (j = 0; j < del.count; j++)
					ike_delete_spi(&del, j);
			}
			break;
		case IKE_PAYLOAD_TSI:
		case IKE_PAYLOAD_TSR:
			try_ts(payload);
			break;
		}
	}
	ike_chain_error(chain, &notify);
}
