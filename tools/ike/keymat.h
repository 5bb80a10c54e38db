/* SPDX-License-Identifier: MIT */
/* Key derivation (RFC 7296 sections 2.14 to 2.18). */
#ifndef IKE_KEYMAT_H
#define IKE_KEYMAT_H

#include <stddef.h>
#include <stdint.h>
#include "crypt.h"
#include "proposal.h"

/** IKE_CHILD_KEY_MAX - octets of KEYMAT of one child SA: key, salt, integrity key */
#define IKE_CHILD_KEY_MAX (IKE_KEY_MAX + IKE_INTEG_MAX)

/**
 * struct ike_keys - the keys of an IKE SA
 * @prf: its prf
 * @d: SK_d, prf->key_len octets
 * @pi: SK_pi, likewise
 * @pr: SK_pr, likewise
 * @i: SK_ei and SK_ai: what the original initiator's messages are protected with
 * @r: SK_er and SK_ar: what the responder's messages are protected with
 *
 * Whoever holds it wipes it, with ike_wipe().
 */
struct ike_keys {
	const struct ike_alg *prf;
	uint8_t d[IKE_PRF_MAX];
	uint8_t pi[IKE_PRF_MAX];
	uint8_t pr[IKE_PRF_MAX];
	struct ike_crypt_key i;
	struct ike_crypt_key r;
};

/**
 * struct ike_keymat - what keys are derived from
 * @shared: shared secret of the key exchange; g^ir
 * @ni: the initiator's nonce; of the exchange at hand
 * @nr: the responder's nonce
 * @spi_i: SPI of the IKE SA's initiator; of the new IKE SA when rekeying
 * @spi_r: SPI of its responder
 */
struct ike_keymat {
	struct ike_span shared;
	struct ike_span ni;
	struct ike_span nr;
	uint64_t spi_i;
	uint64_t spi_r;
};

/**
 * ike_keymat_ike - SKEYSEED and the keys of an IKE SA (section 2.14), or of its successor
 * (section 2.18)
 * @suite: what was agreed
 * @in: what they are derived from
 * @old: keys of the IKE SA that is rekeyed, whose prf makes SKEYSEED; NULL for IKE_SA_INIT
 * @to: is filled in
 *
 * Return: 0; -EINVAL: the suite is not one of IKE, or a nonce or the shared secret is missing; or
 * a negative errno of crypt.h. On failure nothing secret is left in @to.
 */
int ike_keymat_ike(const struct ike_suite *suite, const struct ike_keymat *in,
		   const struct ike_keys *old, struct ike_keys *to);

/**
 * struct ike_child_keys - the keys of a pair of child SAs, each in the order of KEYMAT
 * @len: octets of each
 * @i: for what the initiator of the exchange sends
 * @r: for what its responder sends
 */
struct ike_child_keys {
	size_t len;
	uint8_t i[IKE_CHILD_KEY_MAX];
	uint8_t r[IKE_CHILD_KEY_MAX];
};

/**
 * ike_keymat_child - the keys of a pair of child SAs (section 2.17)
 * @suite: what was agreed; ESP or AH
 * @keys: keys of the IKE SA
 * @in: nonces, and the shared secret if there was a key exchange for the child; SPIs do not count
 * @to: is filled in; the caller wipes it
 *
 * Return: as ike_keymat_ike().
 */
int ike_keymat_child(const struct ike_suite *suite, const struct ike_keys *keys,
		     const struct ike_keymat *in, struct ike_child_keys *to);

#endif
