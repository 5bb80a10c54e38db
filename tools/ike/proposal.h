/* SPDX-License-Identifier: MIT */
/*
 * Proposals (RFC 7296 sections 2.7 and 3.3): read from keywords and from the wire, written to both,
 * and matched with an explanation. Pure functions.
 *
 * A proposal in keywords is a list of algorithms with - between them, several of a type being
 * alternatives, the first the most wanted: aes256gcm16-aes128gcm16-prfsha256-x25519-ecp256. For IKE
 * a prf that is not named goes with the integrity algorithm. For ESP, esn and noesn say what
 * sequence numbers are wanted (noesn if neither). Proposals have commas between them.
 */
#ifndef IKE_PROPOSAL_H
#define IKE_PROPOSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "fault.h"
#include "transform.h"
#include "wire.h"

/** IKE_PROPOSALS_MAX - proposals that are kept of an SA payload; what follows is not considered */
#define IKE_PROPOSALS_MAX 32
/** IKE_TRANSFORMS_MAX - transforms that are kept of a proposal; what follows is not considered */
#define IKE_TRANSFORMS_MAX 40
/** IKE_PROPOSAL_TEXT_SIZE - octets of the longest text of a proposal, its NUL included */
#define IKE_PROPOSAL_TEXT_SIZE (IKE_TRANSFORMS_MAX * 20)
/** IKE_EDIT_TEXT_SIZE - octets of the longest advice, its NUL included */
#define IKE_EDIT_TEXT_SIZE 200

/**
 * struct ike_proposal - one proposal
 * @number: number on the wire; 0 in configuration: by its place in the list
 * @protocol: enum ike_protocol
 * @unknown: it has a transform type that nobody here knows, so it cannot be chosen (section 3.3.6)
 * @spi_len: octets of @spi: 0, 4 or 8
 * @spi: SPI of the sender
 * @types: bit N: there is a transform of type N, be it one that was left out
 * @count: number of transforms
 * @transforms: the transforms, those of one type in order of preference. A transform with an
 *       attribute that nobody here knows is left out (section 3.3.6).
 */
struct ike_proposal {
	uint8_t number;
	uint8_t protocol;
	bool unknown;
	uint8_t spi_len;
	uint8_t spi[IKE_SPI_MAX];
	uint8_t types;
	uint8_t count;
	struct ike_transform transforms[IKE_TRANSFORMS_MAX];
};

/**
 * struct ike_proposal_list - a list of proposals, the first the most wanted
 * @count: number of them
 * @left_out: number of those on the wire behind IKE_PROPOSALS_MAX
 * @items: the proposals
 */
struct ike_proposal_list {
	uint8_t count;
	uint8_t left_out;
	struct ike_proposal items[IKE_PROPOSALS_MAX];
};

/**
 * struct ike_suite - what was agreed: one algorithm of each type
 * @protocol: enum ike_protocol
 * @number: number of the proposal in the offer
 * @spi_len: octets of @spi
 * @spi: SPI that the peer's payload had
 * @encr: encryption; NULL for AH only
 * @prf: prf; IKE only
 * @integ: integrity; the row of NONE with an AEAD
 * @ke: group; the row of NONE if there is no key exchange
 * @esn: 64-bit sequence numbers
 */
struct ike_suite {
	uint8_t protocol;
	uint8_t number;
	uint8_t spi_len;
	uint8_t spi[IKE_SPI_MAX];
	const struct ike_alg *encr;
	const struct ike_alg *prf;
	const struct ike_alg *integ;
	const struct ike_alg *ke;
	bool esn;
};

/* How to match */
enum {
	IKE_MATCH_NO_KE = 1 << 0,  /* first child, in IKE_AUTH: groups do not count (section 1.2) */
	IKE_MATCH_RESPONSE = 1 << 1, /* theirs is an answer: one proposal with one of each type */
};

/**
 * struct ike_match_type - one transform type of the pair of proposals that came nearest
 * @type: enum ike_transform_type
 * @agreed: there is one that both have
 * @chosen: with @agreed, that one
 * @ours: what our side would have to add: the peer's most wanted that we know; type 0: none
 * @theirs: what the peer would have to add: our most wanted; NONE may be meant by either
 */
struct ike_match_type {
	uint8_t type;
	bool agreed;
	struct ike_transform chosen;
	struct ike_transform ours;
	struct ike_transform theirs;
};

/**
 * struct ike_match - the outcome of a comparison, and why
 * @ok: there is an agreement, @suite
 * @suite: what was agreed
 * @ours: index of our proposal that was chosen or came nearest; -1: there was none to compare
 * @theirs: index of theirs
 * @types: the types that matter for the protocol, in order
 * @type_count: number of them
 * @missing: number of types not agreed: the size of the smallest edit
 */
struct ike_match {
	bool ok;
	struct ike_suite suite;
	int ours;
	int theirs;
	struct ike_match_type types[IKE_TRANSFORM_TYPES];
	uint8_t type_count;
	uint8_t missing;
};

/**
 * ike_proposals_parse - reads a list in keywords
 * @text: the text; spaces around commas are skipped
 * @protocol: enum ike_protocol
 * @to: is set to the list
 * @fault: is set on failure: the word, and the nearest keyword or what a proposal needs
 *
 * Return: 0, or -EINVAL.
 */
int ike_proposals_parse(const char *text, uint8_t protocol, struct ike_proposal_list *to,
			struct ike_fault *fault);

/**
 * ike_proposal_format - writes a proposal in keywords
 * @proposal: the proposal, of us or of a peer; unknown transforms get numbers
 * @to: where; the longest fits
 *
 * Return: @to.
 */
const char *ike_proposal_format(const struct ike_proposal *proposal,
				char to[IKE_PROPOSAL_TEXT_SIZE]);

/** ike_suite_format - writes what was agreed, such as "aes256gcm16-prfsha256-x25519" */
const char *ike_suite_format(const struct ike_suite *suite, char to[IKE_PROPOSAL_TEXT_SIZE]);

/**
 * ike_suite_alg - the name of a child's algorithm in the module's table
 * @suite: ESP or AH
 * @to: where; such as "aes256gcm16", "aes256-sha256", for AH "sha256"
 *
 * Return: @to.
 */
const char *ike_suite_alg(const struct ike_suite *suite, char to[2 * IKE_ALG_TEXT_SIZE]);

/**
 * ike_proposals_level - the worst algorithm of a list
 * @list: the list
 *
 * Return: enum ike_level; what is not known counts as legacy.
 */
enum ike_level ike_proposals_level(const struct ike_proposal_list *list);

/**
 * ike_proposals_read - reads an SA payload
 * @payload: the payload
 * @to: is filled in
 *
 * Return: IKE_WIRE_OK, or what is wrong.
 */
enum ike_wire_status ike_proposals_read(const struct ike_payload *payload,
					struct ike_proposal_list *to);

/**
 * ike_put_proposals - writes an SA payload that offers a list
 * @writer: the writer
 * @list: the list
 * @spi: SPI of the sender in each proposal: 8 octets for a new IKE SA when rekeying, none in
 *       IKE_SA_INIT, 4 for ESP and AH
 * @flags: IKE_MATCH_NO_KE: leave groups out
 */
void ike_put_proposals(struct ike_writer *writer, const struct ike_proposal_list *list,
		       struct ike_span spi, unsigned int flags);

/**
 * ike_put_suite - writes an SA payload that answers with what was agreed
 * @writer: the writer
 * @suite: the agreement; its number is kept, its SPI is the peer's and is not written
 * @spi: SPI of the sender, as for ike_put_proposals()
 */
void ike_put_suite(struct ike_writer *writer, const struct ike_suite *suite, struct ike_span spi);

/**
 * ike_match - compares an offer with what we want
 * @ours: our list; its order decides
 * @theirs: what the peer offered or, with IKE_MATCH_RESPONSE, chose
 * @ke: group for which there is a public value already; it is taken among those that both have, so
 *       that no second attempt is needed (section 1.3). 0: none.
 * @flags: IKE_MATCH_...
 * @match: is filled in
 *
 * With IKE_MATCH_RESPONSE an answer that we did not offer, or that has two transforms of a type,
 * does not match.
 *
 * Return: @match->ok.
 */
bool ike_match(const struct ike_proposal_list *ours, const struct ike_proposal_list *theirs,
	       uint16_t ke, unsigned int flags, struct ike_match *match);

/**
 * ike_match_edit - the smallest edit that would make an agreement
 * @match: an outcome that is not ok
 * @ours: write the edit on our side; else on the peer's
 * @to: where; such as "add x25519", "add aes256 and sha256", "add the proposal
 *       aes256gcm16-prfsha256-x25519"; "" if there is none
 *
 * Return: @to.
 */
const char *ike_match_edit(const struct ike_match *match, bool ours, char to[IKE_EDIT_TEXT_SIZE]);

#endif
