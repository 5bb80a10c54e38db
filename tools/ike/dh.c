// SPDX-License-Identifier: MIT
/*
 * Key exchange: MODP groups (RFC 3526), elliptic curves (RFC 5903), X25519 and X448 (RFC 8031).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include "crypt.h"

/** POINT_UNCOMPRESSED - what libcrypto has before the coordinates of a point, and IKE has not */
#define POINT_UNCOMPRESSED 4

/* The kinds of groups differ in how values are written. */
enum kind {
	MODP,
	CURVE,
	MONTGOMERY,
};

struct ike_dh {
	const struct ike_alg *group;
	EVP_PKEY *key;
	uint8_t public[IKE_DH_MAX];
};

static enum kind kind_of(const struct ike_alg *group)
{
	if (group->openssl[0] == 'm')
		return MODP;
	return group->openssl[0] == 'X' ? MONTGOMERY : CURVE;
}

static const char *type_of(const struct ike_alg *group)
{
	switch (kind_of(group)) {
	case MODP:
		return "DH";
	case CURVE:
		return "EC";
	default:
		return group->openssl;
	}
}

/* The parameters of a group: its name or, for modp1024, which libcrypto does not name, numbers. */
static bool push_group(OSSL_PARAM_BLD *params, const struct ike_alg *group, BIGNUM **prime,
		       BIGNUM **generator)
{
	if (kind_of(group) == MONTGOMERY)
		return true;
	if (group->transform.id != IKE_GROUP_MODP1024)
		return OSSL_PARAM_BLD_push_utf8_string(params, OSSL_PKEY_PARAM_GROUP_NAME,
						       group->openssl, 0) == 1;
	*prime = BN_get_rfc2409_prime_1024(NULL);
	*generator = BN_new();
	return *prime && *generator && BN_set_word(*generator, 2) == 1 &&
	       OSSL_PARAM_BLD_push_BN(params, OSSL_PKEY_PARAM_FFC_P, *prime) == 1 &&
	       OSSL_PARAM_BLD_push_BN(params, OSSL_PKEY_PARAM_FFC_G, *generator) == 1;
}

/*
 * Makes a key of what is given: parameters alone, with a public value in libcrypto's form, or with
 * a private one.
 */
static EVP_PKEY *make(const struct ike_alg *group, int selection, struct ike_span public,
		      struct ike_span private)
{
	BIGNUM *prime = NULL, *generator = NULL, *number = NULL, *secret = NULL;
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type_of(group), NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;
	bool right = build && ctx && push_group(build, group, &prime, &generator);

	if (right && public.len && kind_of(group) == MODP) {
		number = BN_bin2bn(public.at, (int)public.len, NULL);
		right = number &&
			OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PUB_KEY, number) == 1;
	} else if (right && public.len) {
		right = OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, public.at,
							 public.len) == 1;
	}
	if (right && private.len && kind_of(group) == MONTGOMERY) {
		right = OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PRIV_KEY,
							 private.at, private.len) == 1;
	} else if (right && private.len) {
		secret = BN_secure_new();
		right = secret && BN_bin2bn(private.at, (int)private.len, secret) &&
			OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, secret) == 1;
	}
	if (right)
		params = OSSL_PARAM_BLD_to_param(build);
	if (params && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &key, selection, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	BN_free(prime);
	BN_free(generator);
	BN_free(number);
	BN_clear_free(secret);
	return key;
}

static EVP_PKEY *generate(const struct ike_alg *group)
{
	static const struct ike_span none;
	EVP_PKEY *params = NULL, *key = NULL;
	EVP_PKEY_CTX *ctx;

	if (kind_of(group) == MONTGOMERY) {
		ctx = EVP_PKEY_CTX_new_from_name(NULL, type_of(group), NULL);
	} else {
		params = make(group, EVP_PKEY_KEY_PARAMETERS, none, none);
		ctx = params ? EVP_PKEY_CTX_new_from_pkey(NULL, params, NULL) : NULL;
	}
	if (ctx && EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_generate(ctx, &key) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(params);
	return key;
}

/* Fills in @dh->public from the key. */
static bool export_public(struct ike_dh *dh)
{
	size_t want = dh->group->public_len, len = 0;
	uint8_t point[IKE_DH_MAX + 1];
	BIGNUM *number = NULL;
	bool right;

	switch (kind_of(dh->group)) {
	case MODP:
		right = EVP_PKEY_get_bn_param(dh->key, OSSL_PKEY_PARAM_PUB_KEY, &number) == 1 &&
			BN_bn2binpad(number, dh->public, (int)want) == (int)want;
		BN_free(number);
		return right;
	case CURVE:
		right = EVP_PKEY_get_octet_string_param(dh->key, OSSL_PKEY_PARAM_PUB_KEY, point,
							sizeof(point), &len) == 1;
		if (!right || len != want + 1 || point[0] != POINT_UNCOMPRESSED)
			return false;
		memcpy(dh->public, point + 1, want);
		return true;
	default:
		return EVP_PKEY_get_octet_string_param(dh->key, OSSL_PKEY_PARAM_PUB_KEY, dh->public,
						       sizeof(dh->public), &len) == 1 &&
		       len == want;
	}
}

static int finish(const struct ike_alg *group, EVP_PKEY *key, struct ike_dh **to)
{
	struct ike_dh *dh;

	if (!key)
		return -EIO;
	dh = calloc(1, sizeof(*dh));
	if (!dh) {
		EVP_PKEY_free(key);
		return -ENOMEM;
	}
	dh->group = group;
	dh->key = key;
	if (!export_public(dh)) {
		ike_dh_free(dh);
		return -EIO;
	}
	*to = dh;
	return 0;
}

int ike_dh_new(const struct ike_alg *group, struct ike_dh **dh)
{
	if (!group->openssl)
		return -EOPNOTSUPP;
	return finish(group, generate(group), dh);
}

/* A public value in libcrypto's form; @to has room for IKE_DH_MAX + 1 octets. */
static struct ike_span native(const struct ike_alg *group, struct ike_span public, uint8_t *to)
{
	if (kind_of(group) != CURVE)
		return public;
	to[0] = POINT_UNCOMPRESSED;
	memcpy(to + 1, public.at, public.len);
	return (struct ike_span){ to, public.len + 1 };
}

int ike_dh_from_keys(const struct ike_alg *group, struct ike_span private_key,
		     struct ike_span public_value, struct ike_dh **dh)
{
	uint8_t point[IKE_DH_MAX + 1];

	if (public_value.len != group->public_len)
		return -EINVAL;
	return finish(group, make(group, EVP_PKEY_KEYPAIR, native(group, public_value, point),
				  private_key), dh);
}

void ike_dh_free(struct ike_dh *dh)
{
	if (!dh)
		return;
	EVP_PKEY_free(dh->key);
	free(dh);
}

const struct ike_alg *ike_dh_group(const struct ike_dh *dh)
{
	return dh->group;
}

struct ike_span ike_dh_public(const struct ike_dh *dh)
{
	return (struct ike_span){ dh->public, dh->group->public_len };
}

/*
 * A number of a MODP group has to lie between 1 and p - 1 (RFC 6989 section 2.1). That is all there
 * is to check with safe primes; libcrypto would do a second exponentiation.
 */
static bool number_right(const struct ike_dh *dh, struct ike_span peer)
{
	BIGNUM *prime = NULL, *number = BN_bin2bn(peer.at, (int)peer.len, NULL);
	bool right = number &&
		     EVP_PKEY_get_bn_param(dh->key, OSSL_PKEY_PARAM_FFC_P, &prime) == 1 &&
		     BN_sub_word(prime, 1) == 1 && BN_cmp(number, BN_value_one()) > 0 &&
		     BN_cmp(number, prime) < 0;

	BN_free(prime);
	BN_free(number);
	return right;
}

/* Points are checked to be on the curve where they are read; the curves have cofactor 1. */
int ike_dh_shared(const struct ike_dh *dh, struct ike_span peer, uint8_t to[IKE_DH_MAX])
{
	static const struct ike_span none;
	const struct ike_alg *group = dh->group;
	uint8_t point[IKE_DH_MAX + 1];
	EVP_PKEY_CTX *ctx = NULL;
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	unsigned int pad = 1;
	size_t len = group->shared_len;
	int err = -EBADMSG;
	EVP_PKEY *key;

	if (peer.len != group->public_len || (kind_of(group) == MODP && !number_right(dh, peer)))
		return -EBADMSG;
	key = make(group, EVP_PKEY_PUBLIC_KEY, native(group, peer, point), none);
	if (!key)
		return -EBADMSG;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, dh->key, NULL);
	if (!ctx || EVP_PKEY_derive_init(ctx) != 1) {
		err = -EIO;
		goto out;
	}
	/* Leading zeros count (RFC 7296 section 2.14). */
	params[0] = OSSL_PARAM_construct_uint(OSSL_EXCHANGE_PARAM_PAD, &pad);
	if (kind_of(group) == MODP && EVP_PKEY_CTX_set_params(ctx, params) != 1) {
		err = -EIO;
		goto out;
	}
	if (EVP_PKEY_derive_set_peer_ex(ctx, key, 0) == 1 &&
	    EVP_PKEY_derive(ctx, to, &len) == 1 && len == group->shared_len)
		err = 0;
	else
		ike_wipe(to, group->shared_len);
out:
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return err;
}
