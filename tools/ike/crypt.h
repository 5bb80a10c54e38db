/* SPDX-License-Identifier: MIT */
/*
 * Cryptography of the IKE SA, by libcrypto: prf, prf+, key exchange, protection of messages,
 * random numbers. Algorithms are rows of transform.h.
 *
 * Everything is fetched by ike_crypt_init(), so that later no file is opened: the process may be
 * confined after it. Not thread-safe; nothing here blocks.
 *
 * Functions return 0 or a negative errno: -EBADMSG: the peer's octets are not authentic or not
 * valid; -EIO: libcrypto failed; -ENOMEM; -EOPNOTSUPP: libcrypto has no such algorithm.
 */
#ifndef IKE_CRYPT_H
#define IKE_CRYPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "span.h"
#include "transform.h"

/** IKE_PRF_MAX - octets of the longest output of a prf, or key of one (HMAC-SHA-512) */
#define IKE_PRF_MAX 64
/** IKE_KEY_MAX - octets of the longest encryption key with its salt */
#define IKE_KEY_MAX 36
/** IKE_INTEG_MAX - octets of the longest integrity key */
#define IKE_INTEG_MAX 64
/** IKE_IV_MAX, IKE_ICV_MAX - octets of the longest IV and ICV */
#define IKE_IV_MAX 16
#define IKE_ICV_MAX 32
/** IKE_DH_MAX - octets of the longest public value and shared secret (modp4096) */
#define IKE_DH_MAX 512

struct ike_dh;

/**
 * struct ike_random - where random octets come from
 * @fill: fills @to with @len octets; does not fail (as ->random of struct ike_ops)
 * @arg: passed to it
 *
 * NULL instead of one, everywhere, is libcrypto's generator.
 */
struct ike_random {
	void (*fill)(void *arg, void *to, size_t len);
	void *arg;
};

/**
 * ike_crypt_init - fetches every algorithm of the table, and seeds the generator
 *
 * Algorithms that this libcrypto lacks are left out, and are -EOPNOTSUPP later. A second call does
 * nothing.
 *
 * Return: 0, -ENOMEM or -EIO.
 */
int ike_crypt_init(void);

/** ike_crypt_exit - releases what ike_crypt_init() fetched */
void ike_crypt_exit(void);

/**
 * ike_crypt_has - whether libcrypto has an algorithm
 * @alg: the row
 *
 * Return: whether it has.
 */
bool ike_crypt_has(const struct ike_alg *alg);

/**
 * ike_random - random octets that may become secrets
 * @random: where from, or NULL
 * @to: where to
 * @len: number of them
 *
 * Return: 0 or a negative errno.
 */
int ike_random(const struct ike_random *random, uint8_t *to, size_t len);

/** ike_wipe - overwrites what was secret; the compiler does not leave it out */
void ike_wipe(void *at, size_t len);

/** ike_same - compares secrets in constant time */
bool ike_same(const void *a, const void *b, size_t len);

/**
 * ike_prf - prf(key, parts joined) (RFC 7296 section 2.13)
 * @prf: the row
 * @key: key
 * @parts: the data, in parts
 * @count: number of parts
 * @to: gets @prf->key_len octets
 *
 * Return: 0 or a negative errno.
 */
int ike_prf(const struct ike_alg *prf, struct ike_span key, const struct ike_span *parts,
	    size_t count, uint8_t *to);

/**
 * ike_prf_plus - prf+(key, parts joined) (section 2.13)
 * @prf: the row
 * @key: key
 * @parts: the seed, in parts; at most 6
 * @count: number of parts
 * @to: gets the stream
 * @len: octets of it; at most 255 times @prf->key_len
 *
 * Return: 0; -EINVAL if @len or @count is too large; or a negative errno.
 */
int ike_prf_plus(const struct ike_alg *prf, struct ike_span key, const struct ike_span *parts,
		 size_t count, uint8_t *to, size_t len);

/**
 * ike_sha1 - SHA-1, where the RFCs prescribe it: NAT detection, hashes of authorities
 * @parts: the data, in parts
 * @count: number of parts
 * @to: gets 20 octets
 *
 * Return: 0 or a negative errno.
 */
int ike_sha1(const struct ike_span *parts, size_t count, uint8_t to[20]);

/**
 * ike_dh_new - makes a key pair
 * @group: the row, not that of NONE
 * @dh: is set to it; the caller releases it with ike_dh_free()
 *
 * Return: 0 or a negative errno.
 */
int ike_dh_new(const struct ike_alg *group, struct ike_dh **dh);

/**
 * ike_dh_from_keys - a key pair that is given, for tests with published vectors
 * @group: the row
 * @private_key: big-endian number; for X25519 and X448 the octets of the key
 * @public_value: what belongs to it, as ike_dh_public() tells it
 * @dh: is set to it
 *
 * Return: 0; -EINVAL: @public_value has a wrong length; or a negative errno.
 */
int ike_dh_from_keys(const struct ike_alg *group, struct ike_span private_key,
		     struct ike_span public_value, struct ike_dh **dh);

/** ike_dh_free - wipes and releases a key pair, or NULL */
void ike_dh_free(struct ike_dh *dh);

const struct ike_alg *ike_dh_group(const struct ike_dh *dh);

/**
 * ike_dh_public - the public value as KE payloads have it: padded (section 3.4), both
 * coordinates (RFC 5903), little-endian u (RFC 8031)
 * @dh: the key pair
 *
 * Return: a span of group->public_len octets that belongs to @dh.
 */
struct ike_span ike_dh_public(const struct ike_dh *dh);

/**
 * ike_dh_shared - the shared secret
 * @dh: our key pair; is left as it is
 * @peer: the peer's public value; checked as RFC 6989 says
 * @to: gets group->shared_len octets; the caller wipes them
 *
 * Return: 0; -EBADMSG: the value has a wrong length, or is none of the group; or a negative errno.
 */
int ike_dh_shared(const struct ike_dh *dh, struct ike_span peer, uint8_t to[IKE_DH_MAX]);

/**
 * struct ike_crypt_key - what protects messages in one direction
 * @encr: row of the cipher
 * @integ: row of the integrity algorithm; NONE with an AEAD
 * @key: encryption key, then salt, encr->key_len and encr->salt_len octets
 * @integ_key: integrity key, integ->key_len octets
 *
 * Whoever holds it wipes it.
 */
struct ike_crypt_key {
	const struct ike_alg *encr;
	const struct ike_alg *integ;
	uint8_t key[IKE_KEY_MAX];
	uint8_t integ_key[IKE_INTEG_MAX];
};

/** ike_crypt_icv_len - octets of ICV that a message under a key has */
size_t ike_crypt_icv_len(const struct ike_crypt_key *key);

/**
 * ike_crypt_seal - encrypts and authenticates in place
 * @key: the key
 * @head: what is authenticated and stays clear: from the IKE header to before the IV
 * @iv: encr->iv_len octets, which follow @head in memory; of an AEAD never the same twice
 * @text: text with its padding, which follows @iv in memory; becomes ciphertext
 * @len: octets of it; a multiple of encr->block_len
 * @icv: gets ike_crypt_icv_len() octets, which follow @text in memory
 *
 * Return: 0 or a negative errno.
 */
int ike_crypt_seal(const struct ike_crypt_key *key, struct ike_span head, const uint8_t *iv,
		   uint8_t *text, size_t len, uint8_t *icv);

/**
 * ike_crypt_open - checks and decrypts
 * @key: the key
 * @head: as in ike_crypt_seal()
 * @iv: IV, follows @head in memory
 * @text: ciphertext, follows @iv in memory
 * @len: octets of it
 * @icv: ICV, follows @text in memory
 * @to: gets @len octets of text; nothing of use on failure
 *
 * The ICV is checked before anything is decrypted.
 *
 * Return: 0; -EBADMSG if it is not authentic; or a negative errno.
 */
int ike_crypt_open(const struct ike_crypt_key *key, struct ike_span head, const uint8_t *iv,
		   const uint8_t *text, size_t len, const uint8_t *icv, uint8_t *to);

#endif
