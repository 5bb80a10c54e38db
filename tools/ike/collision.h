/* SPDX-License-Identifier: MIT */
/*
 * Collisions: both ends rekey, delete or create at the same time (RFC 7296 sections 2.8 and 2.25).
 *
 * What is here is pure: states in, verdicts out. The exchanges act on them.
 */
#ifndef IKE_COLLISION_H
#define IKE_COLLISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "wire.h"

/**
 * struct ike_nonce - a nonce
 * @len: octets of it; 0: none
 * @octets: the nonce
 */
struct ike_nonce {
	uint16_t len;
	uint8_t octets[IKE_NONCE_MAX];
};

/**
 * ike_nonce_compare - compares two nonces octet by octet; where one is the beginning of the other,
 * the shorter is lower (RFC 7296 section 2.8.1)
 * @a: a nonce
 * @b: another
 *
 * Return: less than, equal to or greater than 0.
 */
int ike_nonce_compare(const struct ike_nonce *a, const struct ike_nonce *b);

/** ike_nonce_lower - the lower of two nonces */
const struct ike_nonce *ike_nonce_lower(const struct ike_nonce *a, const struct ike_nonce *b);

/**
 * ike_collision_we_win - which of two SAs that replace the same one stays?
 * @ours: the lower nonce of the exchange that we began
 * @theirs: the lower nonce of the exchange that the peer began
 *
 * The SA with the lowest of the four nonces is closed by the end that created it (section 2.8.1).
 *
 * Return: ours stays, and the peer closes its own.
 */
bool ike_collision_we_win(const struct ike_nonce *ours, const struct ike_nonce *theirs);

/** enum ike_wish - what a request of the peer wants */
enum ike_wish {
	IKE_WISH_CHILD_NEW,
	IKE_WISH_CHILD_REKEY,
	IKE_WISH_CHILD_DELETE,
	IKE_WISH_IKE_REKEY,
	IKE_WISH_IKE_DELETE,
	IKE_WISH_COUNT,
};

/** enum ike_busy - what this end is doing with the SA that the request is about */
enum ike_busy {
	/** nothing that matters */
	IKE_BUSY_NOT,
	/** the SA is not there (any more) */
	IKE_BUSY_GONE,
	/** a child: we are rekeying it; the IKE SA: we are rekeying it */
	IKE_BUSY_REKEYING,
	/** it has been replaced or is being deleted */
	IKE_BUSY_CLOSING,
	/** the IKE SA: we are creating, rekeying or closing a child of it */
	IKE_BUSY_CHILD,
	IKE_BUSY_COUNT,
};

/** enum ike_answer_kind - how to answer */
enum ike_answer_kind {
	/** as if nothing were going on */
	IKE_ANSWER_USUAL,
	/** as usual, and one of the two SAs will be redundant */
	IKE_ANSWER_BOTH,
	/** TEMPORARY_FAILURE */
	IKE_ANSWER_LATER,
	/** CHILD_SA_NOT_FOUND */
	IKE_ANSWER_NOT_FOUND,
	/** a response without a Delete payload for it */
	IKE_ANSWER_EMPTY,
	/** as usual, and what we were doing with it is forgotten */
	IKE_ANSWER_FORGET,
};

/**
 * ike_collision_answer - how a request is answered (RFC 7296 sections 2.25.1 and 2.25.2)
 * @wish: what it wants
 * @child: what this end is doing with the child that it is about; IKE_BUSY_NOT if it is about none
 * @ike: what it is doing with the IKE SA
 */
enum ike_answer_kind ike_collision_answer(enum ike_wish wish, enum ike_busy child,
					  enum ike_busy ike);

#endif
