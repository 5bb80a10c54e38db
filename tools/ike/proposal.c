// SPDX-License-Identifier: MIT
/* Proposals as text and on the wire. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "proposal.h"
#include "suggest.h"

/** SUGGESTIONS_MAX - keywords among which the nearest is looked for */
#define SUGGESTIONS_MAX 80
/** SPI_FIRST - smallest SPI of ESP and AH that is not reserved (RFC 4303 section 2.1) */
#define SPI_FIRST 256

static uint8_t use_of(uint8_t protocol)
{
	switch (protocol) {
	case IKE_PROTOCOL_IKE:
		return IKE_USE_IKE;
	case IKE_PROTOCOL_AH:
		return IKE_USE_AH;
	default:
		return IKE_USE_ESP;
	}
}

static bool proposal_add(struct ike_proposal *proposal, const struct ike_transform *transform)
{
	proposal->types |= 1U << transform->type;
	if (proposal->count == IKE_TRANSFORMS_MAX)
		return false;
	proposal->transforms[proposal->count++] = *transform;
	return true;
}

static bool proposal_has(const struct ike_proposal *proposal, uint8_t type)
{
	return proposal->types & 1U << type;
}

static int unknown_word(const char *word, size_t len, uint8_t protocol, struct ike_fault *fault)
{
	const char *names[SUGGESTIONS_MAX], *nearest;
	const struct ike_alg *alg;
	size_t i, count = 0;
	char copy[64];

	for (i = 0; (alg = ike_alg_at(i)) && count < SUGGESTIONS_MAX; i++) {
		if (alg->uses & use_of(protocol))
			names[count++] = alg->keyword;
	}
	snprintf(copy, sizeof(copy), "%.*s", (int)(len < sizeof(copy) ? len : sizeof(copy) - 1),
		 word);
	nearest = suggest(copy, names, count);
	if (nearest)
		return ike_fault_set(fault, word, len, "not an algorithm; did you mean '%s'?",
				     nearest);
	return ike_fault_set(fault, word, len,
			     "not an algorithm; a proposal reads like aes256gcm16-prfsha256-x25519");
}

static int parse_word(const char *word, size_t len, struct ike_proposal *to,
		      struct ike_fault *fault)
{
	const struct ike_alg *alg = ike_alg_named(word, len, 0);
	size_t i;

	if (!alg)
		return unknown_word(word, len, to->protocol, fault);
	if (!(alg->uses & use_of(to->protocol)))
		return ike_fault_set(fault, word, len, "%s algorithm that %s does not have here",
				     alg->transform.type == IKE_PRF ? "a prf, an" : "an",
				     ike_protocol_name(to->protocol));
	if (to->protocol == IKE_PROTOCOL_IKE && alg->transform.type == IKE_KE &&
	    alg->transform.id == IKE_TRANSFORM_NONE)
		return ike_fault_set(fault, word, len, "an IKE SA needs a key exchange");
	for (i = 0; i < to->count; i++) {
		if (ike_transform_equal(&to->transforms[i], &alg->transform))
			return ike_fault_set(fault, word, len, "it is named twice");
	}
	if (!proposal_add(to, &alg->transform))
		return ike_fault_set(fault, word, len, "a proposal has at most %d algorithms",
				     IKE_TRANSFORMS_MAX);
	return 0;
}

/* The prf that is not named goes with the integrity algorithm. */
static void imply_prf(struct ike_proposal *proposal)
{
	size_t i, count = proposal->count;

	for (i = 0; i < count; i++) {
		const struct ike_alg *alg = ike_alg_find(&proposal->transforms[i]);

		if (alg->transform.type == IKE_INTEG && ike_alg_prf_of(alg))
			proposal_add(proposal, &ike_alg_prf_of(alg)->transform);
	}
}

/* What a proposal needs to be one; AEADs and other ciphers go apart (RFC 7296 section 3.3). */
static int check(struct ike_proposal *to, const char *text, size_t len, struct ike_fault *fault)
{
	static const struct ike_transform noesn = { IKE_ESN, IKE_TRANSFORM_NONE, 0 };
	bool aead = false, other = false;
	size_t i;

	for (i = 0; i < to->count; i++) {
		if (to->transforms[i].type == IKE_ENCR) {
			if (ike_alg_is_aead(ike_alg_find(&to->transforms[i])))
				aead = true;
			else
				other = true;
		}
	}
	if (to->protocol == IKE_PROTOCOL_AH) {
		if (!proposal_has(to, IKE_INTEG))
			return ike_fault_set(fault, text, len,
					     "an integrity algorithm is missing, such as sha256");
	} else if (!aead && !other) {
		return ike_fault_set(fault, text, len,
				     "an encryption algorithm is missing, such as aes256gcm16");
	}
	if (aead && other)
		return ike_fault_set(fault, text, len,
				     "ciphers with and without integrity of their own cannot be in "
				     "one proposal; write two, with a comma between them");
	if (aead && proposal_has(to, IKE_INTEG))
		return ike_fault_set(fault, text, len,
				     to->protocol == IKE_PROTOCOL_IKE ?
				     "this cipher takes no integrity algorithm; a prf is written "
				     "like prfsha256" :
				     "this cipher takes no integrity algorithm");
	if (other && !proposal_has(to, IKE_INTEG))
		return ike_fault_set(fault, text, len,
				     "an integrity algorithm is missing, such as sha256");
	if (to->protocol != IKE_PROTOCOL_IKE) {
		if (!proposal_has(to, IKE_ESN))
			proposal_add(to, &noesn);
		return 0;
	}
	if (!proposal_has(to, IKE_PRF))
		imply_prf(to);
	if (!proposal_has(to, IKE_PRF))
		return ike_fault_set(fault, text, len, "a prf is missing, such as prfsha256");
	if (!proposal_has(to, IKE_KE))
		return ike_fault_set(fault, text, len,
				     "a key exchange group is missing, such as x25519");
	return 0;
}

static int parse_proposal(const char *text, size_t len, struct ike_proposal *to,
			  struct ike_fault *fault)
{
	const char *word = text, *end = text + len;
	size_t word_len;
	int err;

	for (;;) {
		const char *dash = memchr(word, '-', (size_t)(end - word));

		word_len = (size_t)((dash ? dash : end) - word);
		err = parse_word(word, word_len, to, fault);
		if (err)
			return err;
		if (!dash)
			break;
		word = dash + 1;
	}
	return check(to, text, len, fault);
}

int ike_proposals_parse(const char *text, uint8_t protocol, struct ike_proposal_list *to,
			struct ike_fault *fault)
{
	struct ike_proposal *proposal;
	size_t len, trimmed;
	int err;

	memset(to, 0, sizeof(*to));
	for (;; text += len + 1) {
		text += strspn(text, " \t");
		len = strcspn(text, ",");
		for (trimmed = len; trimmed && strchr(" \t", text[trimmed - 1]); trimmed--)
			;
		if (to->count == IKE_PROPOSALS_MAX)
			return ike_fault_set(fault, text, trimmed, "there are more than %d "
					     "proposals", IKE_PROPOSALS_MAX);
		proposal = &to->items[to->count];
		proposal->protocol = protocol;
		err = parse_proposal(text, trimmed, proposal, fault);
		if (err)
			return err;
		to->count++;
		if (!text[len])
			return 0;
	}
}

const char *ike_proposal_format(const struct ike_proposal *proposal,
				char to[IKE_PROPOSAL_TEXT_SIZE])
{
	bool esn = false;
	char name[IKE_ALG_TEXT_SIZE];
	size_t i, used = 0;

	for (i = 0; i < proposal->count; i++)
		esn |= proposal->transforms[i].type == IKE_ESN && proposal->transforms[i].id;
	to[0] = '\0';
	for (i = 0; i < proposal->count; i++) {
		const struct ike_transform *transform = &proposal->transforms[i];

		/* What goes without saying */
		if (transform->id == IKE_TRANSFORM_NONE &&
		    (transform->type == IKE_INTEG || (transform->type == IKE_ESN && !esn)))
			continue;
		used += (size_t)snprintf(to + used, IKE_PROPOSAL_TEXT_SIZE - used, "%s%s",
					 used ? "-" : "", ike_transform_format(transform, name));
	}
	return to;
}

/* The rows of a suite that the wire has, in the order of types; returns their number. */
static size_t suite_transforms(const struct ike_suite *suite,
			       struct ike_transform to[IKE_TRANSFORM_TYPES])
{
	const struct ike_alg *const rows[] = { suite->encr, suite->prf, suite->integ, suite->ke };
	size_t i, count = 0;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i] && rows[i]->transform.id != IKE_TRANSFORM_NONE)
			to[count++] = rows[i]->transform;
	}
	if (suite->protocol != IKE_PROTOCOL_IKE)
		to[count++] = (struct ike_transform){ IKE_ESN, suite->esn, 0 };
	return count;
}

const char *ike_suite_format(const struct ike_suite *suite, char to[IKE_PROPOSAL_TEXT_SIZE])
{
	struct ike_proposal proposal = { .protocol = suite->protocol };

	proposal.count = (uint8_t)suite_transforms(suite, proposal.transforms);
	return ike_proposal_format(&proposal, to);
}

const char *ike_suite_alg(const struct ike_suite *suite, char to[2 * IKE_ALG_TEXT_SIZE])
{
	const char *integ = suite->integ && suite->integ->transform.id != IKE_TRANSFORM_NONE ?
				    suite->integ->keyword : "";

	snprintf(to, 2 * IKE_ALG_TEXT_SIZE, "%s%s%s", suite->encr ? suite->encr->keyword : "",
		 suite->encr && *integ ? "-" : "", integ);
	return to;
}

enum ike_level ike_proposals_level(const struct ike_proposal_list *list)
{
	enum ike_level worst = IKE_LEVEL_MODERN;
	size_t i, j;

	for (i = 0; i < list->count; i++) {
		for (j = 0; j < list->items[i].count; j++) {
			const struct ike_alg *alg = ike_alg_find(&list->items[i].transforms[j]);

			if (!alg)
				return IKE_LEVEL_LEGACY;
			if (alg->level > worst)
				worst = alg->level;
		}
	}
	return worst;
}

/** ATTRIBUTE_TV - the bit of a transform attribute of two octets (RFC 7296 section 3.3.5) */
#define ATTRIBUTE_TV 0x8000
/** ATTRIBUTE_KEY_LENGTH - the only attribute there is */
#define ATTRIBUTE_KEY_LENGTH 14
/** MORE_PROPOSALS, MORE_TRANSFORMS - first octet of a substructure that is not the last */
#define MORE_PROPOSALS 2
#define MORE_TRANSFORMS 3

/*
 *	short form (1 bit), type | value (2)  or  length (2), value
 *
 * An attribute that nobody here knows makes its transform one that cannot be chosen.
 */
static enum ike_wire_status read_attributes(struct ike_span octets, uint16_t *key_bits,
					    bool *usable)
{
	const uint8_t *at = octets.at;
	size_t left = octets.len, len;
	uint16_t type;

	*key_bits = 0;
	*usable = true;
	while (left) {
		if (left < 4)
			return IKE_WIRE_SHORT;
		type = ike_get16(at);
		len = 4;
		if (!(type & ATTRIBUTE_TV)) {
			len += ike_get16(at + 2);
			if (len > left)
				return IKE_WIRE_LENGTH;
		}
		if (type == (ATTRIBUTE_TV | ATTRIBUTE_KEY_LENGTH) && !*key_bits)
			*key_bits = ike_get16(at + 2);
		else
			*usable = false;
		at += len;
		left -= len;
	}
	return IKE_WIRE_OK;
}

/*
 *	more (1) | reserved (1) | length (2)
 *	type (1) | reserved (1) | transform ID (2)
 *	attributes
 */
static enum ike_wire_status read_transforms(struct ike_span octets, size_t count,
					    struct ike_proposal *to)
{
	struct ike_transform transform;
	enum ike_wire_status status;
	const uint8_t *at = octets.at;
	size_t left = octets.len, len;
	bool usable;

	for (; count; count--, at += len, left -= len) {
		if (left < 8)
			return IKE_WIRE_SHORT;
		if (at[0] != (count > 1 ? MORE_TRANSFORMS : 0))
			return IKE_WIRE_VALUE;
		len = ike_get16(at + 2);
		if (len < 8 || len > left)
			return IKE_WIRE_LENGTH;
		transform.type = at[4];
		transform.id = ike_get16(at + 6);
		status = read_attributes((struct ike_span){ at + 8, len - 8 }, &transform.key_bits,
					 &usable);
		if (status)
			return status;
		if (!transform.type || transform.type > IKE_TRANSFORM_TYPES)
			to->unknown = true;
		else if (usable)
			proposal_add(to, &transform);
		else
			to->types |= 1U << transform.type;
	}
	return left ? IKE_WIRE_TRAILING : IKE_WIRE_OK;
}

static bool spi_right(const struct ike_proposal *proposal)
{
	switch (proposal->protocol) {
	case IKE_PROTOCOL_IKE:
		return !proposal->spi_len || (proposal->spi_len == 8 && ike_get64(proposal->spi));
	case IKE_PROTOCOL_AH:
	case IKE_PROTOCOL_ESP:
		return proposal->spi_len == 4 && ike_get32(proposal->spi) >= SPI_FIRST;
	default:
		return false;
	}
}

/*
 *	more (1) | reserved (1) | length (2)
 *	number (1) | protocol (1) | octets of the SPI (1) | number of transforms (1)
 *	SPI, transforms
 */
enum ike_wire_status ike_proposals_read(const struct ike_payload *payload,
					struct ike_proposal_list *to)
{
	const uint8_t *at = payload->body.at;
	size_t left = payload->body.len, len;
	struct ike_proposal proposal;
	enum ike_wire_status status;
	bool more;

	to->count = 0;
	to->left_out = 0;
	do {
		if (left < 8)
			return IKE_WIRE_SHORT;
		more = at[0] == MORE_PROPOSALS;
		if (!more && at[0])
			return IKE_WIRE_VALUE;
		len = ike_get16(at + 2);
		memset(&proposal, 0, sizeof(proposal));
		proposal.number = at[4];
		proposal.protocol = at[5];
		proposal.spi_len = at[6];
		if (len < 8U + proposal.spi_len || len > left)
			return IKE_WIRE_LENGTH;
		if (proposal.spi_len > IKE_SPI_MAX)
			return IKE_WIRE_VALUE;
		memcpy(proposal.spi, at + 8, proposal.spi_len);
		if (!spi_right(&proposal))
			return IKE_WIRE_VALUE;
		status = read_transforms((struct ike_span){ at + 8 + proposal.spi_len,
							    len - 8 - proposal.spi_len },
					 at[7], &proposal);
		if (status)
			return status;
		if (to->count < IKE_PROPOSALS_MAX)
			to->items[to->count++] = proposal;
		else if (to->left_out < UINT8_MAX)
			to->left_out++;
		at += len;
		left -= len;
	} while (more);
	return left ? IKE_WIRE_TRAILING : IKE_WIRE_OK;
}

static void put_proposal(struct ike_writer *writer, bool more, uint8_t number, uint8_t protocol,
			 struct ike_span spi, const struct ike_transform *transforms, size_t count)
{
	size_t i, at = writer->len, len;

	ike_put8(writer, more ? MORE_PROPOSALS : 0);
	ike_put8(writer, 0);
	ike_put16(writer, 0);
	ike_put8(writer, number);
	ike_put8(writer, protocol);
	ike_put8(writer, (uint8_t)spi.len);
	ike_put8(writer, (uint8_t)count);
	ike_put(writer, spi.at, spi.len);
	for (i = 0; i < count; i++) {
		ike_put8(writer, i + 1 < count ? MORE_TRANSFORMS : 0);
		ike_put8(writer, 0);
		ike_put16(writer, transforms[i].key_bits ? 12 : 8);
		ike_put8(writer, transforms[i].type);
		ike_put8(writer, 0);
		ike_put16(writer, transforms[i].id);
		if (transforms[i].key_bits) {
			ike_put16(writer, ATTRIBUTE_TV | ATTRIBUTE_KEY_LENGTH);
			ike_put16(writer, transforms[i].key_bits);
		}
	}
	if (writer->failed)
		return;
	len = writer->len - at;
	writer->octets[at + 2] = (uint8_t)(len >> 8);
	writer->octets[at + 3] = (uint8_t)len;
}

/* Without groups where they do not count; "none" among groups is written, alone it is not. */
static size_t transforms_to_put(const struct ike_proposal *proposal, unsigned int flags,
				struct ike_transform to[IKE_TRANSFORMS_MAX])
{
	bool groups = false;
	size_t i, count = 0;

	for (i = 0; i < proposal->count; i++)
		groups |= proposal->transforms[i].type == IKE_KE && proposal->transforms[i].id;
	for (i = 0; i < proposal->count; i++) {
		if (proposal->transforms[i].type == IKE_KE && (!groups || flags & IKE_MATCH_NO_KE))
			continue;
		to[count++] = proposal->transforms[i];
	}
	return count;
}

void ike_put_proposals(struct ike_writer *writer, const struct ike_proposal_list *list,
		       struct ike_span spi, unsigned int flags)
{
	struct ike_transform transforms[IKE_TRANSFORMS_MAX];
	size_t i, count;

	ike_payload_begin(writer, IKE_PAYLOAD_SA);
	for (i = 0; i < list->count; i++) {
		count = transforms_to_put(&list->items[i], flags, transforms);
		put_proposal(writer, i + 1 < list->count, (uint8_t)(i + 1),
			     list->items[i].protocol, spi, transforms, count);
	}
	ike_payload_end(writer);
}

void ike_put_suite(struct ike_writer *writer, const struct ike_suite *suite, struct ike_span spi)
{
	struct ike_transform transforms[IKE_TRANSFORM_TYPES];
	size_t count = suite_transforms(suite, transforms);

	ike_payload_begin(writer, IKE_PAYLOAD_SA);
	put_proposal(writer, false, suite->number, suite->protocol, spi, transforms, count);
	ike_payload_end(writer);
}
