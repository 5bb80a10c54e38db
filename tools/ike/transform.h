/* SPDX-License-Identifier: MIT */
/*
 * The transforms that are known: one table. An algorithm is a row of it; what uses it takes names
 * and sizes from the row. Keywords are those that strongSwan users know.
 */
#ifndef IKE_TRANSFORM_H
#define IKE_TRANSFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Transform types (RFC 7296 section 3.3.2) */
enum ike_transform_type {
	IKE_ENCR = 1,
	IKE_PRF = 2,
	IKE_INTEG = 3,
	IKE_KE = 4, /* the Diffie-Hellman group; "key exchange method" since RFC 9370 */
	IKE_ESN = 5,
	IKE_TRANSFORM_TYPES = IKE_ESN,
};

/** IKE_TRANSFORM_NONE - transform ID of no integrity, no key exchange, 32-bit sequence numbers */
#define IKE_TRANSFORM_NONE 0

/* Transform IDs that code names; the rest are in the table only */
enum {
	IKE_ENCR_NULL = 11,
	IKE_ENCR_AES_CBC = 12,
	IKE_ENCR_AES_GCM_16 = 20,
	IKE_ENCR_CHACHA20_POLY1305 = 28,
	IKE_GROUP_MODP1024 = 2,
	IKE_GROUP_MODP2048 = 14,
	IKE_GROUP_ECP256 = 19,
	IKE_GROUP_X25519 = 31,
};

/**
 * enum ike_level - how good an algorithm is today (RFC 8247, RFC 8221, RFC 9395)
 * @IKE_LEVEL_MODERN: without reserve
 * @IKE_LEVEL_COMPAT: sound; for peers that have nothing newer
 * @IKE_LEVEL_LEGACY: not sound any more; profiles name it with a warning
 */
enum ike_level {
	IKE_LEVEL_MODERN,
	IKE_LEVEL_COMPAT,
	IKE_LEVEL_LEGACY,
};

/* Where an algorithm may be used */
enum {
	IKE_USE_IKE = 1 << 0,
	IKE_USE_ESP = 1 << 1,
	IKE_USE_AH = 1 << 2,
};

/**
 * struct ike_transform - a transform as the wire has it
 * @type: enum ike_transform_type
 * @id: transform ID
 * @key_bits: key length attribute, in bits; 0: none
 */
struct ike_transform {
	uint8_t type;
	uint16_t id;
	uint16_t key_bits;
};

/**
 * struct ike_alg - a row of the table
 * @transform: what the wire has
 * @keyword: name in proposals
 * @alias: another name that is read, or NULL
 * @openssl: what libcrypto calls it: cipher, digest (of an HMAC) or group; NULL: not usable in IKE
 * @key_len: octets of the key, without salt; of a prf: its preferred key, which is its output
 * @salt_len: ENCR: octets of salt that follow the key in KEYMAT
 * @iv_len: ENCR: octets of IV in a message
 * @icv_len: ENCR: octets of ICV of an AEAD, 0 for other ciphers; INTEG: octets of ICV
 * @block_len: ENCR: octets to a multiple of which is padded
 * @public_len: KE: octets of the public value
 * @shared_len: KE: octets of the shared secret
 * @level: how good it is
 * @uses: IKE_USE_...
 */
struct ike_alg {
	struct ike_transform transform;
	const char *keyword;
	const char *alias;
	const char *openssl;
	uint16_t key_len;
	uint8_t salt_len;
	uint8_t iv_len;
	uint8_t icv_len;
	uint8_t block_len;
	uint16_t public_len;
	uint16_t shared_len;
	uint8_t level;
	uint8_t uses;
};

/** IKE_ALG_TEXT_SIZE - octets of the longest name that ike_transform_format() writes */
#define IKE_ALG_TEXT_SIZE 32

/** ike_alg_at - goes through the table; NULL behind the last row */
const struct ike_alg *ike_alg_at(size_t index);

/**
 * ike_alg_find - the row of a transform
 * @transform: as the wire has it; NONE of INTEG, KE and ESN are rows too
 *
 * Return: the row, or NULL if it is not known.
 */
const struct ike_alg *ike_alg_find(const struct ike_transform *transform);

/**
 * ike_alg_named - the row of a keyword
 * @word: the word, in lower case
 * @len: octets of it
 * @type: enum ike_transform_type, or 0: any. "sha256" is INTEG, "prfsha256" is PRF.
 *
 * Return: the row, or NULL.
 */
const struct ike_alg *ike_alg_named(const char *word, size_t len, uint8_t type);

/** ike_alg_prf_of - the prf that goes with an integrity algorithm (HMAC of the same digest) */
const struct ike_alg *ike_alg_prf_of(const struct ike_alg *integ);

/** ike_alg_is_aead - whether an encryption algorithm needs no integrity algorithm */
bool ike_alg_is_aead(const struct ike_alg *encr);

/**
 * ike_transform_format - names a transform, known or not
 * @transform: the transform
 * @to: where; such as "aes256gcm16", "encr/77", "encr/12/512"
 *
 * Return: @to.
 */
const char *ike_transform_format(const struct ike_transform *transform, char to[IKE_ALG_TEXT_SIZE]);

bool ike_transform_equal(const struct ike_transform *a, const struct ike_transform *b);

/** ike_transform_type_name - "encryption", "prf", "integrity", "group", "esn" */
const char *ike_transform_type_name(uint8_t type);

/** ike_level_name - "modern", "compat", "legacy" */
const char *ike_level_name(uint8_t level);

#endif
