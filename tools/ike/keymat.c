// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>
#include "keymat.h"
#include "wire.h"

/** STREAM_MAX - octets of all the keys of an IKE SA */
#define STREAM_MAX (3 * IKE_PRF_MAX + 2 * (IKE_KEY_MAX + IKE_INTEG_MAX))

static size_t key_len(const struct ike_suite *suite)
{
	return suite->encr ? (size_t)suite->encr->key_len + suite->encr->salt_len : 0;
}

/* That they are long enough for the network, ike_nonce_parse() has seen to. */
static bool nonces_right(const struct ike_keymat *in)
{
	return in->ni.len && in->nr.len && in->ni.len <= IKE_NONCE_MAX &&
	       in->nr.len <= IKE_NONCE_MAX;
}

static void put64(uint8_t *to, uint64_t value)
{
	size_t i;

	for (i = 0; i < 8; i++)
		to[i] = (uint8_t)(value >> (56 - 8 * i));
}

/*
 *	SKEYSEED = prf(Ni | Nr, g^ir)
 *	SKEYSEED = prf(SK_d (old), g^ir (new) | Ni | Nr), with the old prf, when rekeying
 */
static int skeyseed(const struct ike_suite *suite, const struct ike_keymat *in,
		    const struct ike_keys *old, uint8_t *to)
{
	const struct ike_span parts[] = { in->shared, in->ni, in->nr };
	uint8_t key[2 * IKE_NONCE_MAX];

	if (old)
		return ike_prf(old->prf, (struct ike_span){ old->d, old->prf->key_len }, parts, 3,
			       to);
	/* No prf of ours has a key of fixed length, for which nonces would be cut. */
	memcpy(key, in->ni.at, in->ni.len);
	memcpy(key + in->ni.len, in->nr.at, in->nr.len);
	return ike_prf(suite->prf, (struct ike_span){ key, in->ni.len + in->nr.len }, parts, 1, to);
}

static const uint8_t *take(const uint8_t *from, void *to, size_t len)
{
	memcpy(to, from, len);
	return from + len;
}

/*
 *	{SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr} =
 *		prf+(SKEYSEED, Ni | Nr | SPIi | SPIr)
 */
int ike_keymat_ike(const struct ike_suite *suite, const struct ike_keymat *in,
		   const struct ike_keys *old, struct ike_keys *to)
{
	uint8_t seed[IKE_PRF_MAX], stream[STREAM_MAX], spis[16];
	struct ike_span parts[] = { in->ni, in->nr, IKE_SPAN(spis) };
	size_t prf_len, integ_len;
	const uint8_t *at = stream;
	int err;

	memset(to, 0, sizeof(*to));
	if (!suite->prf || !suite->encr || !suite->integ || !in->shared.len || !nonces_right(in))
		return -EINVAL;
	prf_len = suite->prf->key_len;
	integ_len = suite->integ->key_len;
	put64(spis, in->spi_i);
	put64(spis + 8, in->spi_r);
	err = skeyseed(suite, in, old, seed);
	if (!err)
		err = ike_prf_plus(suite->prf,
				   (struct ike_span){ seed, old ? old->prf->key_len : prf_len },
				   parts, 3, stream,
				   3 * prf_len + 2 * (integ_len + key_len(suite)));
	if (err)
		goto out;
	to->prf = suite->prf;
	to->i.encr = to->r.encr = suite->encr;
	to->i.integ = to->r.integ = suite->integ;
	at = take(at, to->d, prf_len);
	at = take(at, to->i.integ_key, integ_len);
	at = take(at, to->r.integ_key, integ_len);
	at = take(at, to->i.key, key_len(suite));
	at = take(at, to->r.key, key_len(suite));
	at = take(at, to->pi, prf_len);
	take(at, to->pr, prf_len);
out:
	ike_wipe(seed, sizeof(seed));
	ike_wipe(stream, sizeof(stream));
	return err;
}

/*
 *	KEYMAT = prf+(SK_d, [g^ir (new) |] Ni | Nr)
 *
 * Keys of what the initiator sends come first; of each SA, the encryption key is before the
 * integrity key.
 */
int ike_keymat_child(const struct ike_suite *suite, const struct ike_keys *keys,
		     const struct ike_keymat *in, struct ike_child_keys *to)
{
	struct ike_span parts[] = { in->shared, in->ni, in->nr };
	uint8_t stream[2 * IKE_CHILD_KEY_MAX];
	int err;

	memset(to, 0, sizeof(*to));
	if (suite->protocol == IKE_PROTOCOL_IKE || !suite->integ || !nonces_right(in))
		return -EINVAL;
	to->len = key_len(suite) + suite->integ->key_len;
	err = ike_prf_plus(keys->prf, (struct ike_span){ keys->d, keys->prf->key_len }, parts, 3,
			   stream, 2 * to->len);
	if (!err) {
		memcpy(to->i, stream, to->len);
		memcpy(to->r, stream + to->len, to->len);
	}
	ike_wipe(stream, sizeof(stream));
	return err;
}
