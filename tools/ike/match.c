// SPDX-License-Identifier: MIT
/*
 * Matching of proposals (RFC 7296 sections 2.7 and 3.3), and why they do not match.
 */
#include <stdio.h>
#include <string.h>
#include "proposal.h"

/** UNKNOWN_TYPE_COST - a proposal that cannot be chosen at all is farther than any other */
#define UNKNOWN_TYPE_COST 16

/**
 * struct types - the transform types that a protocol needs
 * @types: the types, in the order in which they are chosen
 * @count: number of them
 */
struct types {
	uint8_t types[IKE_TRANSFORM_TYPES];
	uint8_t count;
};

static struct types types_of(uint8_t protocol, unsigned int flags)
{
	struct types types = { .count = 0 };

	if (protocol != IKE_PROTOCOL_AH)
		types.types[types.count++] = IKE_ENCR;
	if (protocol == IKE_PROTOCOL_IKE)
		types.types[types.count++] = IKE_PRF;
	types.types[types.count++] = IKE_INTEG;
	if (protocol == IKE_PROTOCOL_IKE || !(flags & IKE_MATCH_NO_KE))
		types.types[types.count++] = IKE_KE;
	if (protocol != IKE_PROTOCOL_IKE)
		types.types[types.count++] = IKE_ESN;
	return types;
}

/*
 * The transforms of a type, in order. Where the type does not occur at all, NONE is meant if it has
 * one; ESN counts as 32-bit numbers then, as old peers leave it out.
 */
static size_t transforms_of(const struct ike_proposal *proposal, uint8_t type,
			    struct ike_transform to[IKE_TRANSFORMS_MAX])
{
	size_t i, count = 0;

	for (i = 0; i < proposal->count; i++) {
		if (proposal->transforms[i].type == type)
			to[count++] = proposal->transforms[i];
	}
	if (!count && !(proposal->types & 1U << type) && type != IKE_ENCR && type != IKE_PRF)
		to[count++] = (struct ike_transform){ type, IKE_TRANSFORM_NONE, 0 };
	return count;
}

static bool usable(const struct ike_transform *transform, uint8_t protocol)
{
	/* Neither AH nor an IKE SA can be without these (RFC 7296 section 3.3.3). */
	if (transform->id != IKE_TRANSFORM_NONE)
		return ike_alg_find(transform);
	return transform->type == IKE_ESN ||
	       (transform->type == IKE_INTEG && protocol != IKE_PROTOCOL_AH) ||
	       (transform->type == IKE_KE && protocol != IKE_PROTOCOL_IKE);
}

static bool among(const struct ike_transform *list, size_t count,
		  const struct ike_transform *transform)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (ike_transform_equal(&list[i], transform))
			return true;
	}
	return false;
}

/* Our order decides, but that a group is taken for which there is a public value already. */
static void match_type(const struct ike_proposal *ours, const struct ike_proposal *theirs,
		       uint8_t type, uint16_t ke, struct ike_match_type *to)
{
	struct ike_transform a[IKE_TRANSFORMS_MAX + 1], b[IKE_TRANSFORMS_MAX + 1];
	size_t a_count = transforms_of(ours, type, a), b_count = transforms_of(theirs, type, b);
	size_t i;

	memset(to, 0, sizeof(*to));
	to->type = type;
	for (i = 0; i < a_count; i++) {
		if (!usable(&a[i], ours->protocol))
			continue;
		if (!to->theirs.type)
			to->theirs = a[i];
		if (!among(b, b_count, &a[i]))
			continue;
		if (!to->agreed || (type == IKE_KE && ke && a[i].id == ke))
			to->chosen = a[i];
		to->agreed = true;
	}
	for (i = 0; i < b_count && !to->ours.type; i++) {
		if (usable(&b[i], ours->protocol))
			to->ours = b[i];
	}
}

/* An answer has one transform of each type. */
static bool single(const struct ike_proposal *proposal)
{
	unsigned int seen = 0;
	size_t i;

	for (i = 0; i < proposal->count; i++) {
		if (seen & 1U << proposal->transforms[i].type)
			return false;
		seen |= 1U << proposal->transforms[i].type;
	}
	return true;
}

static void match_pair(const struct ike_proposal *ours, const struct ike_proposal *theirs,
		       uint16_t ke, unsigned int flags, struct ike_match *to)
{
	struct types types = types_of(ours->protocol, flags);
	size_t i;

	to->type_count = types.count;
	to->missing = 0;
	for (i = 0; i < types.count; i++) {
		match_type(ours, theirs, types.types[i], ke, &to->types[i]);
		to->missing += !to->types[i].agreed;
	}
	if (theirs->unknown)
		to->missing += UNKNOWN_TYPE_COST;
}

static const struct ike_alg *chosen(const struct ike_match *match, uint8_t type)
{
	static const struct ike_transform none[] = { { IKE_INTEG, IKE_TRANSFORM_NONE, 0 },
						     { IKE_KE, IKE_TRANSFORM_NONE, 0 } };
	size_t i;

	for (i = 0; i < match->type_count; i++) {
		if (match->types[i].type == type)
			return ike_alg_find(&match->types[i].chosen);
	}
	if (type == IKE_INTEG || type == IKE_KE)
		return ike_alg_find(&none[type == IKE_KE]);
	return NULL;
}

static void suite_of(const struct ike_match *match, const struct ike_proposal *theirs,
		     struct ike_suite *suite)
{
	const struct ike_alg *esn = chosen(match, IKE_ESN);

	suite->protocol = theirs->protocol;
	suite->number = theirs->number;
	suite->spi_len = theirs->spi_len;
	memcpy(suite->spi, theirs->spi, sizeof(suite->spi));
	suite->encr = chosen(match, IKE_ENCR);
	suite->prf = chosen(match, IKE_PRF);
	suite->integ = chosen(match, IKE_INTEG);
	suite->ke = chosen(match, IKE_KE);
	suite->esn = esn && esn->transform.id;
}

bool ike_match(const struct ike_proposal_list *ours, const struct ike_proposal_list *theirs,
	       uint16_t ke, unsigned int flags, struct ike_match *match)
{
	struct ike_match pair;
	size_t i, j;

	memset(match, 0, sizeof(*match));
	memset(&pair, 0, sizeof(pair));
	match->ours = match->theirs = -1;
	for (i = 0; i < ours->count; i++) {
		for (j = 0; j < theirs->count; j++) {
			if (theirs->items[j].protocol != ours->items[i].protocol)
				continue;
			if (flags & IKE_MATCH_RESPONSE &&
			    (theirs->count != 1 || theirs->left_out || !single(&theirs->items[j])))
				continue;
			match_pair(&ours->items[i], &theirs->items[j], ke, flags, &pair);
			pair.ours = (int)i;
			pair.theirs = (int)j;
			if (match->ours < 0 || pair.missing < match->missing)
				*match = pair;
			if (!match->missing)
				goto found;
		}
	}
	return false;

found:
	match->ok = true;
	suite_of(match, &theirs->items[match->theirs], &match->suite);
	return true;
}

static const struct ike_transform *wanted(const struct ike_match_type *type, bool ours)
{
	if (type->agreed)
		return &type->chosen;
	return ours ? &type->ours : &type->theirs;
}

/*
 * An AEAD on one side and another cipher on the other cannot be put into one proposal, so what is
 * missing then is a proposal.
 */
static bool needs_proposal(const struct ike_match *match)
{
	size_t i;

	for (i = 0; i < match->type_count; i++) {
		if (match->types[i].type == IKE_INTEG && !match->types[i].agreed)
			return match->types[i].ours.id == IKE_TRANSFORM_NONE ||
			       match->types[i].theirs.id == IKE_TRANSFORM_NONE;
	}
	return false;
}

static void append(char to[IKE_EDIT_TEXT_SIZE], const char *separator, const char *word)
{
	size_t used = strlen(to);

	snprintf(to + used, IKE_EDIT_TEXT_SIZE - used, "%s%s", separator, word);
}

static void edit_proposal(const struct ike_match *match, bool ours, char to[IKE_EDIT_TEXT_SIZE])
{
	struct ike_proposal proposal = { .count = 0 };
	char text[IKE_PROPOSAL_TEXT_SIZE];
	size_t i;

	for (i = 0; i < match->type_count; i++) {
		const struct ike_transform *transform = wanted(&match->types[i], ours);

		if (transform->id != IKE_TRANSFORM_NONE)
			proposal.transforms[proposal.count++] = *transform;
	}
	append(to, "add the proposal ", ike_proposal_format(&proposal, text));
}

const char *ike_match_edit(const struct ike_match *match, bool ours, char to[IKE_EDIT_TEXT_SIZE])
{
	char name[IKE_ALG_TEXT_SIZE];
	size_t i, missing = 0, left;

	to[0] = '\0';
	if (match->ok || match->ours < 0 || match->missing >= UNKNOWN_TYPE_COST)
		return to;
	for (i = 0; i < match->type_count; i++) {
		if (!wanted(&match->types[i], ours)->type)
			return to;
		missing += !match->types[i].agreed;
	}
	if (needs_proposal(match)) {
		edit_proposal(match, ours, to);
		return to;
	}
	for (i = 0, left = missing; i < match->type_count; i++) {
		if (match->types[i].agreed)
			continue;
		append(to, left == missing ? "add " : left == 1 ? " and " : ", ",
		       ike_transform_format(wanted(&match->types[i], ours), name));
		left--;
	}
	return to;
}
