// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>
#include "transform.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Rows are grouped by type, those of a type in the order in which they would be chosen. */
#define ENCR(id, bits, word, name, key, salt, iv, icv, block, how_good, use)                    \
	{                                                                                       \
		.transform = { IKE_ENCR, (id), (bits) }, .keyword = (word), .openssl = (name),  \
		.key_len = (key), .salt_len = (salt), .iv_len = (iv), .icv_len = (icv),         \
		.block_len = (block), .level = (how_good), .uses = (use)                        \
	}
/* Counter modes: a salt of 4 octets and an IV of 8 (RFC 4106, RFC 5282) */
#define AES_GCM(id, bits, word, icv, how_good)                                                  \
	ENCR(id, bits, word, "AES-" #bits "-GCM", (bits) / 8, 4, 8, icv, 1, how_good,           \
	     IKE_USE_IKE | IKE_USE_ESP)
#define AES_CBC(bits, word)                                                                     \
	ENCR(IKE_ENCR_AES_CBC, bits, word, "AES-" #bits "-CBC", (bits) / 8, 0, 16, 0, 16,       \
	     IKE_LEVEL_COMPAT, IKE_USE_IKE | IKE_USE_ESP)
#define ESP_ONLY(id, bits, word, salt, icv, how_good)                                           \
	ENCR(id, bits, word, NULL, (bits) / 8, salt, 8, icv, 4, how_good, IKE_USE_ESP)
#define PRF(number, word, digest, out, how_good)                                                \
	{                                                                                       \
		.transform = { IKE_PRF, (number), 0 }, .keyword = (word), .openssl = (digest),  \
		.key_len = (out), .level = (how_good), .uses = IKE_USE_IKE                      \
	}
#define INTEG(number, word, digest, key, icv, how_good, use)                                    \
	{                                                                                       \
		.transform = { IKE_INTEG, (number), 0 }, .keyword = (word), .openssl = (digest), \
		.key_len = (key), .icv_len = (icv), .level = (how_good), .uses = (use)          \
	}
#define KE(number, word, other, name, public, shared, how_good)                                 \
	{                                                                                       \
		.transform = { IKE_KE, (number), 0 }, .keyword = (word), .alias = (other),      \
		.openssl = (name), .public_len = (public), .shared_len = (shared),              \
		.level = (how_good), .uses = IKE_USE_IKE | IKE_USE_ESP | IKE_USE_AH             \
	}
#define ESN(number, word)                                                                       \
	{                                                                                       \
		.transform = { IKE_ESN, (number), 0 }, .keyword = (word),                       \
		.uses = IKE_USE_ESP | IKE_USE_AH                                                \
	}
#define EVERYWHERE (IKE_USE_IKE | IKE_USE_ESP | IKE_USE_AH)

/* IANA, "Internet Key Exchange Version 2 (IKEv2) Parameters" */
static const struct ike_alg algs[] = {
	AES_GCM(20, 256, "aes256gcm16", 16, IKE_LEVEL_MODERN),
	AES_GCM(20, 192, "aes192gcm16", 16, IKE_LEVEL_MODERN),
	AES_GCM(20, 128, "aes128gcm16", 16, IKE_LEVEL_MODERN),
	ENCR(28, 0, "chacha20poly1305", "ChaCha20-Poly1305", 32, 4, 8, 16, 1, IKE_LEVEL_MODERN,
	     IKE_USE_IKE | IKE_USE_ESP), /* RFC 7634 */
	AES_GCM(19, 256, "aes256gcm12", 12, IKE_LEVEL_COMPAT),
	AES_GCM(19, 192, "aes192gcm12", 12, IKE_LEVEL_COMPAT),
	AES_GCM(19, 128, "aes128gcm12", 12, IKE_LEVEL_COMPAT),
	AES_GCM(18, 256, "aes256gcm8", 8, IKE_LEVEL_COMPAT),
	AES_GCM(18, 192, "aes192gcm8", 8, IKE_LEVEL_COMPAT),
	AES_GCM(18, 128, "aes128gcm8", 8, IKE_LEVEL_COMPAT),
	ESP_ONLY(16, 256, "aes256ccm16", 3, 16, IKE_LEVEL_MODERN), /* RFC 4309 */
	ESP_ONLY(16, 192, "aes192ccm16", 3, 16, IKE_LEVEL_MODERN),
	ESP_ONLY(16, 128, "aes128ccm16", 3, 16, IKE_LEVEL_MODERN),
	ESP_ONLY(15, 256, "aes256ccm12", 3, 12, IKE_LEVEL_COMPAT),
	ESP_ONLY(15, 192, "aes192ccm12", 3, 12, IKE_LEVEL_COMPAT),
	ESP_ONLY(15, 128, "aes128ccm12", 3, 12, IKE_LEVEL_COMPAT),
	ESP_ONLY(14, 256, "aes256ccm8", 3, 8, IKE_LEVEL_COMPAT),
	ESP_ONLY(14, 192, "aes192ccm8", 3, 8, IKE_LEVEL_COMPAT),
	ESP_ONLY(14, 128, "aes128ccm8", 3, 8, IKE_LEVEL_COMPAT),
	AES_CBC(256, "aes256"),
	AES_CBC(192, "aes192"),
	AES_CBC(128, "aes128"),
	ESP_ONLY(13, 256, "aes256ctr", 4, 0, IKE_LEVEL_COMPAT), /* RFC 3686 */
	ESP_ONLY(13, 192, "aes192ctr", 4, 0, IKE_LEVEL_COMPAT),
	ESP_ONLY(13, 128, "aes128ctr", 4, 0, IKE_LEVEL_COMPAT),
	ESP_ONLY(21, 256, "aes256gmac", 4, 16, IKE_LEVEL_COMPAT), /* RFC 4543: not encrypted */
	ESP_ONLY(21, 192, "aes192gmac", 4, 16, IKE_LEVEL_COMPAT),
	ESP_ONLY(21, 128, "aes128gmac", 4, 16, IKE_LEVEL_COMPAT),
	ENCR(11, 0, "null", NULL, 0, 0, 0, 0, 4, IKE_LEVEL_COMPAT, IKE_USE_ESP),
	ENCR(3, 0, "3des", "DES-EDE3-CBC", 24, 0, 8, 0, 8, IKE_LEVEL_LEGACY,
	     IKE_USE_IKE | IKE_USE_ESP),

	PRF(5, "prfsha256", "SHA256", 32, IKE_LEVEL_MODERN),
	PRF(6, "prfsha384", "SHA384", 48, IKE_LEVEL_MODERN),
	PRF(7, "prfsha512", "SHA512", 64, IKE_LEVEL_MODERN),
	PRF(2, "prfsha1", "SHA1", 20, IKE_LEVEL_LEGACY),

	INTEG(12, "sha256", "SHA256", 32, 16, IKE_LEVEL_COMPAT, EVERYWHERE), /* RFC 4868 */
	INTEG(13, "sha384", "SHA384", 48, 24, IKE_LEVEL_COMPAT, EVERYWHERE),
	INTEG(14, "sha512", "SHA512", 64, 32, IKE_LEVEL_COMPAT, EVERYWHERE),
	INTEG(8, "aescmac", NULL, 16, 12, IKE_LEVEL_COMPAT, IKE_USE_ESP | IKE_USE_AH),
	INTEG(5, "aesxcbc", NULL, 16, 12, IKE_LEVEL_COMPAT, IKE_USE_ESP | IKE_USE_AH),
	INTEG(2, "sha1", "SHA1", 20, 12, IKE_LEVEL_LEGACY, EVERYWHERE),
	INTEG(IKE_TRANSFORM_NONE, "nointeg", NULL, 0, 0, IKE_LEVEL_MODERN, 0),

	KE(31, "x25519", "curve25519", "X25519", 32, 32, IKE_LEVEL_MODERN), /* RFC 8031 */
	KE(19, "ecp256", NULL, "P-256", 64, 32, IKE_LEVEL_MODERN), /* RFC 5903 */
	KE(20, "ecp384", NULL, "P-384", 96, 48, IKE_LEVEL_MODERN),
	KE(21, "ecp521", NULL, "P-521", 132, 66, IKE_LEVEL_MODERN),
	KE(32, "x448", "curve448", "X448", 56, 56, IKE_LEVEL_MODERN),
	KE(15, "modp3072", NULL, "modp_3072", 384, 384, IKE_LEVEL_MODERN), /* RFC 3526 */
	KE(16, "modp4096", NULL, "modp_4096", 512, 512, IKE_LEVEL_MODERN),
	KE(14, "modp2048", NULL, "modp_2048", 256, 256, IKE_LEVEL_COMPAT),
	KE(5, "modp1536", NULL, "modp_1536", 192, 192, IKE_LEVEL_LEGACY),
	KE(2, "modp1024", NULL, "modp_1024", 128, 128, IKE_LEVEL_LEGACY),
	/* A child without a key exchange of its own, as an alternative */
	KE(IKE_TRANSFORM_NONE, "none", "modpnone", NULL, 0, 0, IKE_LEVEL_MODERN),

	ESN(0, "noesn"),
	ESN(1, "esn"),
};

const struct ike_alg *ike_alg_at(size_t index)
{
	return index < ARRAY_SIZE(algs) ? &algs[index] : NULL;
}

bool ike_transform_equal(const struct ike_transform *a, const struct ike_transform *b)
{
	return a->type == b->type && a->id == b->id && a->key_bits == b->key_bits;
}

const struct ike_alg *ike_alg_find(const struct ike_transform *transform)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(algs); i++) {
		if (ike_transform_equal(&algs[i].transform, transform))
			return &algs[i];
	}
	return NULL;
}

static bool word_is(const char *name, const char *word, size_t len)
{
	return name && strlen(name) == len && !memcmp(name, word, len);
}

const struct ike_alg *ike_alg_named(const char *word, size_t len, uint8_t type)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(algs); i++) {
		if ((!type || algs[i].transform.type == type) && algs[i].uses &&
		    (word_is(algs[i].keyword, word, len) || word_is(algs[i].alias, word, len)))
			return &algs[i];
	}
	return NULL;
}

const struct ike_alg *ike_alg_prf_of(const struct ike_alg *integ)
{
	size_t i;

	for (i = 0; integ->openssl && i < ARRAY_SIZE(algs); i++) {
		if (algs[i].transform.type == IKE_PRF && !strcmp(algs[i].openssl, integ->openssl))
			return &algs[i];
	}
	return NULL;
}

bool ike_alg_is_aead(const struct ike_alg *encr)
{
	return encr->icv_len;
}

const char *ike_transform_type_name(uint8_t type)
{
	static const char *const names[] = {
		[IKE_ENCR] = "encryption",
		[IKE_PRF] = "prf",
		[IKE_INTEG] = "integrity",
		[IKE_KE] = "group",
		[IKE_ESN] = "esn",
	};

	return type && type < ARRAY_SIZE(names) ? names[type] : "?";
}

const char *ike_level_name(uint8_t level)
{
	static const char *const names[] = {
		[IKE_LEVEL_MODERN] = "modern",
		[IKE_LEVEL_COMPAT] = "compat",
		[IKE_LEVEL_LEGACY] = "legacy",
	};

	return level < ARRAY_SIZE(names) ? names[level] : "?";
}

const char *ike_transform_format(const struct ike_transform *transform, char to[IKE_ALG_TEXT_SIZE])
{
	static const char *const prefixes[] = {
		[IKE_ENCR] = "encr", [IKE_PRF] = "prf", [IKE_INTEG] = "integ",
		[IKE_KE] = "group",  [IKE_ESN] = "esn",
	};
	const struct ike_alg *alg = ike_alg_find(transform);
	char prefix[8];

	if (alg) {
		snprintf(to, IKE_ALG_TEXT_SIZE, "%s", alg->keyword);
		return to;
	}
	if (transform->type && transform->type < ARRAY_SIZE(prefixes))
		snprintf(prefix, sizeof(prefix), "%s", prefixes[transform->type]);
	else
		snprintf(prefix, sizeof(prefix), "type%u", transform->type);
	if (transform->key_bits)
		snprintf(to, IKE_ALG_TEXT_SIZE, "%s/%u/%u", prefix, transform->id,
			 transform->key_bits);
	else
		snprintf(to, IKE_ALG_TEXT_SIZE, "%s/%u", prefix, transform->id);
	return to;
}
