// SPDX-License-Identifier: MIT
/* Pseudo-random functions, protection of messages, random numbers. Key exchange is in dh.c. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include "crypt.h"

/** FETCHED_MAX - rows of the table that libcrypto does something for, at most */
#define FETCHED_MAX 64
/** PARTS_MAX - parts of the seed of ike_prf_plus(), and what is put around them */
#define PARTS_MAX 6

/**
 * struct fetched - what libcrypto gave for a name
 * @name: the name, of the table
 * @cipher: a cipher, or
 * @digest: a digest
 */
struct fetched {
	const char *name;
	EVP_CIPHER *cipher;
	EVP_MD *digest;
};

/* All that is fetched, by ike_crypt_init(); later it is only read. */
static struct {
	bool ready;
	EVP_MAC *hmac;
	EVP_MD *sha1;
	struct fetched rows[FETCHED_MAX];
	size_t count;
} crypt;

static const struct fetched *fetched(const struct ike_alg *alg)
{
	size_t i;

	for (i = 0; alg->openssl && i < crypt.count; i++) {
		if (!strcmp(crypt.rows[i].name, alg->openssl))
			return &crypt.rows[i];
	}
	return NULL;
}

static void fetch(const struct ike_alg *alg)
{
	struct fetched row = { .name = alg->openssl };

	if (!alg->openssl || fetched(alg) || crypt.count == FETCHED_MAX)
		return;
	if (alg->transform.type == IKE_ENCR)
		row.cipher = EVP_CIPHER_fetch(NULL, alg->openssl, NULL);
	else if (alg->transform.type == IKE_PRF || alg->transform.type == IKE_INTEG)
		row.digest = EVP_MD_fetch(NULL, alg->openssl, NULL);
	if (row.cipher || row.digest)
		crypt.rows[crypt.count++] = row;
}

int ike_crypt_init(void)
{
	const struct ike_alg *alg;
	uint8_t seed[16];
	size_t i;

	if (crypt.ready)
		return 0;
	crypt.hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	crypt.sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	/* What opens the system's source of randomness does it now. */
	if (!crypt.hmac || !crypt.sha1 || RAND_priv_bytes(seed, sizeof(seed)) != 1 ||
	    RAND_bytes(seed, sizeof(seed)) != 1) {
		ike_crypt_exit();
		return -EIO;
	}
	for (i = 0; (alg = ike_alg_at(i)); i++)
		fetch(alg);
	crypt.ready = true;
	return 0;
}

void ike_crypt_exit(void)
{
	size_t i;

	for (i = 0; i < crypt.count; i++) {
		EVP_CIPHER_free(crypt.rows[i].cipher);
		EVP_MD_free(crypt.rows[i].digest);
	}
	EVP_MAC_free(crypt.hmac);
	EVP_MD_free(crypt.sha1);
	memset(&crypt, 0, sizeof(crypt));
}

bool ike_crypt_has(const struct ike_alg *alg)
{
	if (ike_crypt_init())
		return false;
	/* Groups are no objects that are fetched; dh.c has all of the table. */
	if (alg->transform.type == IKE_KE)
		return alg->openssl;
	return fetched(alg);
}

int ike_random(const struct ike_random *random, uint8_t *to, size_t len)
{
	if (random) {
		random->fill(random->arg, to, len);
		return 0;
	}
	return len <= INT_MAX && RAND_priv_bytes(to, (int)len) == 1 ? 0 : -EIO;
}

void ike_wipe(void *at, size_t len)
{
	OPENSSL_cleanse(at, len);
}

bool ike_same(const void *a, const void *b, size_t len)
{
	return !CRYPTO_memcmp(a, b, len);
}

/* HMAC of parts. The context of a MAC is made per call: it holds the key, and goes with it. */
static int hmac(const struct ike_alg *alg, struct ike_span key, const struct ike_span *parts,
		size_t count, uint8_t *to, size_t size)
{
	static const uint8_t empty[1];
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	const struct fetched *row;
	uint8_t out[EVP_MAX_MD_SIZE];
	size_t i, len = 0;
	EVP_MAC_CTX *ctx;
	int err = -EIO;

	if (ike_crypt_init())
		return -EIO;
	row = fetched(alg);
	if (!row || !row->digest)
		return -EOPNOTSUPP;
	ctx = EVP_MAC_CTX_new(crypt.hmac);
	if (!ctx)
		return -ENOMEM;
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)row->name, 0);
	/* Without a key libcrypto would look for an older one. */
	if (EVP_MAC_init(ctx, key.len ? key.at : empty, key.len, params) != 1)
		goto out;
	for (i = 0; i < count; i++) {
		if (parts[i].len && EVP_MAC_update(ctx, parts[i].at, parts[i].len) != 1)
			goto out;
	}
	if (EVP_MAC_final(ctx, out, &len, sizeof(out)) != 1 || len < size)
		goto out;
	memcpy(to, out, size);
	err = 0;
out:
	ike_wipe(out, sizeof(out));
	EVP_MAC_CTX_free(ctx);
	return err;
}

int ike_prf(const struct ike_alg *prf, struct ike_span key, const struct ike_span *parts,
	    size_t count, uint8_t *to)
{
	return hmac(prf, key, parts, count, to, prf->key_len);
}

/*
 *	T1 = prf(K, S | 1), T2 = prf(K, T1 | S | 2), ...
 */
int ike_prf_plus(const struct ike_alg *prf, struct ike_span key, const struct ike_span *parts,
		 size_t count, uint8_t *to, size_t len)
{
	struct ike_span all[PARTS_MAX + 2];
	uint8_t block[IKE_PRF_MAX], number;
	size_t take;
	int err = 0;

	if (count > PARTS_MAX || len > 255U * prf->key_len)
		return -EINVAL;
	memcpy(all + 1, parts, count * sizeof(*parts));
	all[count + 1] = (struct ike_span){ &number, 1 };
	for (number = 1; len; number++) {
		all[0] = (struct ike_span){ block, number == 1 ? 0 : prf->key_len };
		err = ike_prf(prf, key, all, count + 2, block);
		if (err)
			break;
		take = len < prf->key_len ? len : prf->key_len;
		memcpy(to, block, take);
		to += take;
		len -= take;
	}
	ike_wipe(block, sizeof(block));
	return err;
}

int ike_sha1(const struct ike_span *parts, size_t count, uint8_t to[20])
{
	EVP_MD_CTX *ctx;
	int err = -EIO;
	size_t i;

	if (ike_crypt_init())
		return -EIO;
	ctx = EVP_MD_CTX_new();
	if (!ctx)
		return -ENOMEM;
	if (EVP_DigestInit_ex2(ctx, crypt.sha1, NULL) != 1)
		goto out;
	for (i = 0; i < count; i++) {
		if (parts[i].len && EVP_DigestUpdate(ctx, parts[i].at, parts[i].len) != 1)
			goto out;
	}
	if (EVP_DigestFinal_ex(ctx, to, NULL) == 1)
		err = 0;
out:
	EVP_MD_CTX_free(ctx);
	return err;
}

size_t ike_crypt_icv_len(const struct ike_crypt_key *key)
{
	return ike_alg_is_aead(key->encr) ? key->encr->icv_len : key->integ->icv_len;
}

/* Of an AEAD the nonce is the salt and the IV (RFC 5282 section 4); of others, the IV. */
static size_t nonce_of(const struct ike_crypt_key *key, const uint8_t *iv, uint8_t *nonce)
{
	memcpy(nonce, key->key + key->encr->key_len, key->encr->salt_len);
	memcpy(nonce + key->encr->salt_len, iv, key->encr->iv_len);
	return (size_t)key->encr->salt_len + key->encr->iv_len;
}

static int cipher_init(const struct ike_crypt_key *key, const uint8_t *iv, size_t len,
		       bool encrypt, EVP_CIPHER_CTX **to)
{
	const struct fetched *row;
	uint8_t nonce[IKE_IV_MAX];
	size_t nonce_len;
	EVP_CIPHER_CTX *ctx;
	int right;

	if (ike_crypt_init() || len > INT_MAX / 2)
		return -EIO;
	row = fetched(key->encr);
	if (!row || !row->cipher)
		return -EOPNOTSUPP;
	ctx = EVP_CIPHER_CTX_new();
	if (!ctx)
		return -ENOMEM;
	nonce_len = nonce_of(key, iv, nonce);
	right = EVP_CipherInit_ex2(ctx, row->cipher, NULL, NULL, encrypt, NULL) == 1;
	if (right && ike_alg_is_aead(key->encr))
		right = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)nonce_len,
					    NULL) == 1;
	right = right && EVP_CipherInit_ex2(ctx, NULL, key->key, nonce, encrypt, NULL) == 1 &&
		EVP_CIPHER_CTX_set_padding(ctx, 0) == 1;
	if (!right) {
		EVP_CIPHER_CTX_free(ctx);
		return -EIO;
	}
	*to = ctx;
	return 0;
}

/* Runs the cipher over the text; @aad of an AEAD goes before it. */
static bool cipher_run(EVP_CIPHER_CTX *ctx, struct ike_span aad, const uint8_t *from, size_t len,
		       uint8_t *to)
{
	int done = 0, rest = 0;

	if (aad.len && EVP_CipherUpdate(ctx, NULL, &done, aad.at, (int)aad.len) != 1)
		return false;
	done = 0;
	if (len && EVP_CipherUpdate(ctx, to, &done, from, (int)len) != 1)
		return false;
	return EVP_CipherFinal_ex(ctx, to + done, &rest) == 1 && (size_t)done + (size_t)rest == len;
}

/* The HMAC is over everything from the IKE header to the end of the ciphertext (section 3.14). */
static int integ_of(const struct ike_crypt_key *key, struct ike_span head, size_t len,
		    uint8_t *icv)
{
	struct ike_span key_span = { key->integ_key, key->integ->key_len };
	struct ike_span all = { head.at, head.len + key->encr->iv_len + len };

	return hmac(key->integ, key_span, &all, 1, icv, key->integ->icv_len);
}

int ike_crypt_seal(const struct ike_crypt_key *key, struct ike_span head, const uint8_t *iv,
		   uint8_t *text, size_t len, uint8_t *icv)
{
	bool aead = ike_alg_is_aead(key->encr);
	EVP_CIPHER_CTX *ctx;
	int err = cipher_init(key, iv, len, true, &ctx);

	if (err)
		return err;
	if (!cipher_run(ctx, aead ? head : (struct ike_span){ NULL, 0 }, text, len, text))
		err = -EIO;
	if (!err && aead &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, key->encr->icv_len, icv) != 1)
		err = -EIO;
	EVP_CIPHER_CTX_free(ctx);
	if (!err && !aead)
		err = integ_of(key, head, len, icv);
	return err;
}

int ike_crypt_open(const struct ike_crypt_key *key, struct ike_span head, const uint8_t *iv,
		   const uint8_t *text, size_t len, const uint8_t *icv, uint8_t *to)
{
	bool aead = ike_alg_is_aead(key->encr);
	uint8_t right[IKE_ICV_MAX], tag[IKE_ICV_MAX];
	EVP_CIPHER_CTX *ctx;
	int err;

	if (!aead) {
		err = integ_of(key, head, len, right);
		if (err)
			return err;
		if (!ike_same(right, icv, key->integ->icv_len))
			return -EBADMSG;
		if (len % key->encr->block_len)
			return -EBADMSG;
	}
	err = cipher_init(key, iv, len, false, &ctx);
	if (err)
		return err;
	if (aead) {
		memcpy(tag, icv, key->encr->icv_len);
		if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, key->encr->icv_len, tag) != 1)
			err = -EIO;
	}
	if (!err && !cipher_run(ctx, aead ? head : (struct ike_span){ NULL, 0 }, text, len, to))
		err = -EBADMSG;
	if (err)
		ike_wipe(to, len);
	EVP_CIPHER_CTX_free(ctx);
	return err;
}
