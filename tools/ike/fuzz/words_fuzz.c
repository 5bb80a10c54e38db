// SPDX-License-Identifier: MIT
/*
 * Words of the configuration: a letter for what they are, then the text. p, e, a: proposals, for IKE,
 * ESP, AH; t: traffic selectors; i: an identity. What is right is written, and reads the same.
 */
#include <string.h>
#include "fuzz.h"
#include "id.h"
#include "proposal.h"
#include "ts.h"

/** TEXT_MAX - octets of the longest text */
#define TEXT_MAX 2048

static void try_proposals(const char *text, uint8_t protocol)
{
	static struct ike_proposal_list list, again;
	char written[IKE_PROPOSAL_TEXT_SIZE], second[IKE_PROPOSAL_TEXT_SIZE];
	struct ike_fault fault;
	size_t i;

	if (ike_proposals_parse(text, protocol, &list, &fault))
		return;
	for (i = 0; i < list.count; i++) {
		ike_proposal_format(&list.items[i], written);
		must(!ike_proposals_parse(written, protocol, &again, &fault));
		must(again.count == 1);
		must(!strcmp(ike_proposal_format(&again.items[0], second), written));
	}
}

static void try_selectors(const char *text)
{
	struct ike_ts_list list, again;
	char written[IKE_TS_LIST_TEXT_SIZE];
	struct ike_fault fault;
	size_t i;

	if (ike_ts_list_parse(text, &list, &fault))
		return;
	ike_ts_list_format(list.items, list.count, written, sizeof(written));
	must(!ike_ts_list_parse(written, &again, &fault));
	must(again.count == list.count);
	for (i = 0; i < list.count; i++)
		must(ike_ts_equal(&list.items[i], &again.items[i]));
}

static void try_identity(const char *text)
{
	char written[IKE_ID_TEXT_SIZE];
	struct ike_fault fault;
	struct ike_id id;

	if (ike_id_parse(text, &id, &fault))
		return;
	ike_id_format(&id, written);
	must(ike_id_equal(&id, &id));
	must(ike_id_match(&id, &id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[TEXT_MAX];

	if (!size || size > sizeof(text))
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	switch (data[0]) {
	case 'p':
		try_proposals(text, IKE_PROTOCOL_IKE);
		break;
	case 'e':
		try_proposals(text, IKE_PROTOCOL_ESP);
		break;
	case 'a':
		try_proposals(text, IKE_PROTOCOL_AH);
		break;
	case 't':
		try_selectors(text);
		break;
	case 'i':
		try_identity(text);
		break;
	}
	return 0;
}
