// SPDX-License-Identifier: GPL-2.0-only
/*
 * The algorithm table. An algorithm is one row of it; nothing else in the module knows algorithms.
 */
#include <crypto/aead.h>
#include <crypto/authenc.h>
#include <linux/err.h>
#include <linux/in.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "alg.h"

/* IANA, "Internet Key Exchange Version 2 (IKEv2) Parameters", Transform Type 1 */
enum {
	ENCR_3DES = 3,			/* RFC 2451 */
	ENCR_NULL = 11,			/* RFC 2410 */
	ENCR_AES_CBC = 12,		/* RFC 3602 */
	ENCR_AES_CTR = 13,		/* RFC 3686 */
	ENCR_AES_CCM_8 = 14,		/* RFC 4309 */
	ENCR_AES_CCM_12 = 15,
	ENCR_AES_CCM_16 = 16,
	ENCR_AES_GCM_8 = 18,		/* RFC 4106 */
	ENCR_AES_GCM_12 = 19,
	ENCR_AES_GCM_16 = 20,
	ENCR_NULL_AUTH_AES_GMAC = 21,	/* RFC 4543 */
	ENCR_CHACHA20_POLY1305 = 28,	/* RFC 7634 */
	ENCR_AES_CCM_8_IIV = 29,	/* RFC 8750 */
	ENCR_AES_GCM_16_IIV = 30,
	ENCR_CHACHA20_POLY1305_IIV = 31,
};

/* Transform Type 3 */
enum {
	AUTH_HMAC_SHA1_96 = 2,		/* RFC 2404 */
	AUTH_AES_XCBC_96 = 5,		/* RFC 3566 */
	AUTH_AES_CMAC_96 = 8,		/* RFC 4494 */
	AUTH_AES_128_GMAC = 9,		/* RFC 4543 */
	AUTH_AES_192_GMAC = 10,
	AUTH_AES_256_GMAC = 11,
	AUTH_HMAC_SHA2_256_128 = 12,	/* RFC 4868 */
	AUTH_HMAC_SHA2_384_192 = 13,
	AUTH_HMAC_SHA2_512_256 = 14,
};

/* Ciphers with integrity of their own: keyword, X, ID, octets of key, salt and ICV. */
#define AEAD_OF(template, octets_of_iv, keyword, x, number, key, salt, icv) {	\
	.name = keyword,							\
	.crypto_name = x,							\
	.transform = { template "(" x ")", template "(" x ")" },		\
	.id = number,								\
	.proto = IPPROTO_ESP,							\
	.key_len = key,								\
	.salt_len = salt,							\
	.iv_len = octets_of_iv,							\
	.icv_len = icv,								\
	.block_len = 4,								\
	.flags = SECTUN_ALG_FRESH_KEY,						\
}

#define AEAD(...)		AEAD_OF("esp", 8, __VA_ARGS__)
#define AEAD_IMPLICIT_IV(...)	AEAD_OF("esp-iiv", 0, __VA_ARGS__)

/*
 * Integrity algorithms, for a row each: keyword, X, ID, octets of key and ICV, flags. Further
 * arguments are handed on to the row in front of these.
 */
#define WITH_EACH_INTEGRITY(ROW, ...)							\
	ROW(__VA_ARGS__, "sha1", "hmac(sha1)", AUTH_HMAC_SHA1_96, 20, 12,		\
	    SECTUN_ALG_LEGACY),								\
	ROW(__VA_ARGS__, "sha256", "hmac(sha256)", AUTH_HMAC_SHA2_256_128, 32, 16, 0),	\
	ROW(__VA_ARGS__, "sha384", "hmac(sha384)", AUTH_HMAC_SHA2_384_192, 48, 24, 0),	\
	ROW(__VA_ARGS__, "sha512", "hmac(sha512)", AUTH_HMAC_SHA2_512_256, 64, 32, 0),	\
	ROW(__VA_ARGS__, "aesxcbc", "xcbc(aes)", AUTH_AES_XCBC_96, 16, 12, 0),		\
	ROW(__VA_ARGS__, "aescmac", "cmac(aes)", AUTH_AES_CMAC_96, 16, 12, 0)

/* A cipher and an integrity algorithm, encrypt then authenticate. */
#define PAIR(keyword, x, number, key, salt, iv, block, flags_of_cipher,			\
	     integ_keyword, integ_x, integ_number, integ_key, icv, flags_of_integ) {	\
	.name = keyword "-" integ_keyword,						\
	.crypto_name = "authenc(" integ_x "," x ")",					\
	.transform = {									\
		"esp(authenc(" integ_x "," x "))",					\
		"esp(authencesn(" integ_x "," x "))",					\
	},										\
	.id = number,									\
	.integ_id = integ_number,							\
	.proto = IPPROTO_ESP,								\
	.key_len = key,									\
	.salt_len = salt,								\
	.integ_key_len = integ_key,							\
	.iv_len = iv,									\
	.icv_len = icv,									\
	.block_len = block,								\
	.flags = (flags_of_cipher) | (flags_of_integ),					\
}

/* Ciphers without: keyword, X, ID, octets of key, salt, IV and block, flags. */
#define PAIRS(...)		WITH_EACH_INTEGRITY(PAIR, __VA_ARGS__)

#define AH(number, salt, iv, all_flags, keyword, x, integ_number, key, integ_key, icv) {	\
	.name = keyword,								\
	.crypto_name = x,								\
	.transform = { "ah(" x ")", "ah(" x ")" },					\
	.id = number,									\
	.integ_id = integ_number,							\
	.proto = IPPROTO_AH,								\
	.key_len = key,									\
	.salt_len = salt,								\
	.integ_key_len = integ_key,							\
	.iv_len = iv,									\
	.icv_len = icv,									\
	.block_len = 4,									\
	.flags = all_flags,								\
}

#define AH_MAC(no_cipher, keyword, x, number, key, icv, flags)	\
	AH(no_cipher, 0, 0, flags, keyword, x, number, 0, key, icv)
#define AH_GMAC(keyword, number, key)				\
	AH(0, 4, 8, SECTUN_ALG_FRESH_KEY, keyword, "gcm(aes)", number, key, 0, 16)

static const struct sectun_alg sectun_algs[] = {
	AEAD("aes128gcm8", "rfc4106(gcm(aes))", ENCR_AES_GCM_8, 16, 4, 8),
	AEAD("aes192gcm8", "rfc4106(gcm(aes))", ENCR_AES_GCM_8, 24, 4, 8),
	AEAD("aes256gcm8", "rfc4106(gcm(aes))", ENCR_AES_GCM_8, 32, 4, 8),
	AEAD("aes128gcm12", "rfc4106(gcm(aes))", ENCR_AES_GCM_12, 16, 4, 12),
	AEAD("aes192gcm12", "rfc4106(gcm(aes))", ENCR_AES_GCM_12, 24, 4, 12),
	AEAD("aes256gcm12", "rfc4106(gcm(aes))", ENCR_AES_GCM_12, 32, 4, 12),
	AEAD("aes128gcm16", "rfc4106(gcm(aes))", ENCR_AES_GCM_16, 16, 4, 16),
	AEAD("aes192gcm16", "rfc4106(gcm(aes))", ENCR_AES_GCM_16, 24, 4, 16),
	AEAD("aes256gcm16", "rfc4106(gcm(aes))", ENCR_AES_GCM_16, 32, 4, 16),
	AEAD("aes128ccm8", "rfc4309(ccm(aes))", ENCR_AES_CCM_8, 16, 3, 8),
	AEAD("aes192ccm8", "rfc4309(ccm(aes))", ENCR_AES_CCM_8, 24, 3, 8),
	AEAD("aes256ccm8", "rfc4309(ccm(aes))", ENCR_AES_CCM_8, 32, 3, 8),
	AEAD("aes128ccm12", "rfc4309(ccm(aes))", ENCR_AES_CCM_12, 16, 3, 12),
	AEAD("aes192ccm12", "rfc4309(ccm(aes))", ENCR_AES_CCM_12, 24, 3, 12),
	AEAD("aes256ccm12", "rfc4309(ccm(aes))", ENCR_AES_CCM_12, 32, 3, 12),
	AEAD("aes128ccm16", "rfc4309(ccm(aes))", ENCR_AES_CCM_16, 16, 3, 16),
	AEAD("aes192ccm16", "rfc4309(ccm(aes))", ENCR_AES_CCM_16, 24, 3, 16),
	AEAD("aes256ccm16", "rfc4309(ccm(aes))", ENCR_AES_CCM_16, 32, 3, 16),
	AEAD("chacha20poly1305", "rfc7539esp(chacha20,poly1305)", ENCR_CHACHA20_POLY1305, 32, 4,
	     16),
	AEAD("aes128gmac", "rfc4543(gcm(aes))", ENCR_NULL_AUTH_AES_GMAC, 16, 4, 16),
	AEAD("aes192gmac", "rfc4543(gcm(aes))", ENCR_NULL_AUTH_AES_GMAC, 24, 4, 16),
	AEAD("aes256gmac", "rfc4543(gcm(aes))", ENCR_NULL_AUTH_AES_GMAC, 32, 4, 16),

	AEAD_IMPLICIT_IV("aes128gcm16-iiv", "rfc4106(gcm(aes))", ENCR_AES_GCM_16_IIV, 16, 4, 16),
	AEAD_IMPLICIT_IV("aes192gcm16-iiv", "rfc4106(gcm(aes))", ENCR_AES_GCM_16_IIV, 24, 4, 16),
	AEAD_IMPLICIT_IV("aes256gcm16-iiv", "rfc4106(gcm(aes))", ENCR_AES_GCM_16_IIV, 32, 4, 16),
	AEAD_IMPLICIT_IV("aes128ccm8-iiv", "rfc4309(ccm(aes))", ENCR_AES_CCM_8_IIV, 16, 3, 8),
	AEAD_IMPLICIT_IV("aes192ccm8-iiv", "rfc4309(ccm(aes))", ENCR_AES_CCM_8_IIV, 24, 3, 8),
	AEAD_IMPLICIT_IV("aes256ccm8-iiv", "rfc4309(ccm(aes))", ENCR_AES_CCM_8_IIV, 32, 3, 8),
	AEAD_IMPLICIT_IV("chacha20poly1305-iiv", "rfc7539esp(chacha20,poly1305)",
			 ENCR_CHACHA20_POLY1305_IIV, 32, 4, 16),

	PAIRS("aes128", "cbc(aes)", ENCR_AES_CBC, 16, 0, 16, 16, 0),
	PAIRS("aes192", "cbc(aes)", ENCR_AES_CBC, 24, 0, 16, 16, 0),
	PAIRS("aes256", "cbc(aes)", ENCR_AES_CBC, 32, 0, 16, 16, 0),
	PAIRS("aes128ctr", "rfc3686(ctr(aes))", ENCR_AES_CTR, 16, 4, 8, 4, SECTUN_ALG_FRESH_KEY),
	PAIRS("aes192ctr", "rfc3686(ctr(aes))", ENCR_AES_CTR, 24, 4, 8, 4, SECTUN_ALG_FRESH_KEY),
	PAIRS("aes256ctr", "rfc3686(ctr(aes))", ENCR_AES_CTR, 32, 4, 8, 4, SECTUN_ALG_FRESH_KEY),
	PAIRS("3des", "cbc(des3_ede)", ENCR_3DES, 24, 0, 8, 8, SECTUN_ALG_LEGACY),
	PAIRS("null", "ecb(cipher_null)", ENCR_NULL, 0, 0, 0, 4, 0),

	WITH_EACH_INTEGRITY(AH_MAC, 0),
	AH_GMAC("aes128gmac", AUTH_AES_128_GMAC, 16),
	AH_GMAC("aes192gmac", AUTH_AES_192_GMAC, 24),
	AH_GMAC("aes256gmac", AUTH_AES_256_GMAC, 32),
};

/*
 * What no peer may get us to use. A keyword is made of such parts; "" stands for an integrity
 * algorithm that is missing behind a cipher that needs one.
 */
static const struct {
	const char *part;
	const char *text;
} sectun_alg_refusals[] = {
	{ "des", "RFC 8221 section 5 forbids DES: take aes256gcm16 or aes128-sha256" },
	{ "md5", "RFC 8221 section 6 forbids HMAC-MD5: take sha256 for it" },
	{ "none", "RFC 8221 section 6 forbids to go without integrity: take sha256 for none" },
	{ "", "RFC 8221 section 4 forbids a cipher without integrity: append -sha256" },
};

/**
 * sectun_alg_find - the row of a keyword
 * @proto: IPPROTO_ESP or IPPROTO_AH
 * @name: keyword
 *
 * Context: any.
 * Return: the row, or NULL if there is none.
 */
const struct sectun_alg *sectun_alg_find(u8 proto, const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sectun_algs); i++)
		if (sectun_algs[i].proto == proto && !strcmp(sectun_algs[i].name, name))
			return &sectun_algs[i];

	return NULL;
}

/* Is this all of a keyword but for the integrity algorithm? */
static bool alg_lacks_integrity(const char *name)
{
	const size_t len = strlen(name);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sectun_algs); i++)
		if (sectun_algs[i].id && sectun_algs[i].integ_id &&
		    !strncmp(sectun_algs[i].name, name, len) && sectun_algs[i].name[len] == '-')
			return true;

	return false;
}

/* Is one of the parts that - separates in a keyword this one? */
static bool alg_has_part(const char *name, const char *part)
{
	const size_t len = strlen(part);
	const char *at = name;

	do {
		if (!strncmp(at, part, len) && (!at[len] || at[len] == '-'))
			return true;
		at = strchr(at, '-');
	} while (at++);

	return false;
}

/**
 * sectun_alg_forbidden - why there is no row of a keyword
 * @name: keyword of which sectun_alg_find() knows nothing
 *
 * Context: any.
 * Return: which RFC forbids the algorithm and what to take instead, or NULL if none does.
 */
const char *sectun_alg_forbidden(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sectun_alg_refusals); i++) {
		const char *part = sectun_alg_refusals[i].part;

		if (*part ? alg_has_part(name, part) : alg_lacks_integrity(name))
			return sectun_alg_refusals[i].text;
	}

	return NULL;
}

/**
 * sectun_alg_at - goes through the table
 * @index: 0 and upwards
 *
 * Context: any.
 * Return: the row, or NULL behind the last one.
 */
const struct sectun_alg *sectun_alg_at(unsigned int index)
{
	return index < ARRAY_SIZE(sectun_algs) ? &sectun_algs[index] : NULL;
}

/**
 * sectun_alg_keymat_len - octets of KEYMAT that an SA takes (RFC 7296 section 2.17)
 * @alg: row
 *
 * Context: any.
 * Return: octets, salt included.
 */
unsigned int sectun_alg_keymat_len(const struct sectun_alg *alg)
{
	return alg->key_len + alg->salt_len + alg->integ_key_len;
}

/**
 * sectun_alg_keymat_describe - tells of what the KEYMAT of an SA consists
 * @alg: row
 * @text: gets such as "36 octets (key 32, salt 4)"
 *
 * Context: any.
 * Return: @text.
 */
const char *sectun_alg_keymat_describe(const struct sectun_alg *alg,
				       char text[SECTUN_ALG_KEYMAT_TEXT])
{
	const struct {
		const char *name;
		unsigned int len;
	} parts[] = {
		{ "key", alg->key_len },
		{ "salt", alg->salt_len },
		{ "integrity key", alg->integ_key_len },
	};
	unsigned int i;
	size_t used;

	used = scnprintf(text, SECTUN_ALG_KEYMAT_TEXT, "%u octets", sectun_alg_keymat_len(alg));
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		if (parts[i].len)
			used += scnprintf(text + used, SECTUN_ALG_KEYMAT_TEXT - used, "%s%s %u",
					  strchr(text, '(') ? ", " : " (", parts[i].name,
					  parts[i].len);
	scnprintf(text + used, SECTUN_ALG_KEYMAT_TEXT - used, ")");

	return text;
}

static struct crypto_aead *alg_alloc_transform(const struct sectun_alg *alg, bool esn)
{
	/* Type and mask 0: asynchronous drivers are as welcome as others. */
	return crypto_alloc_aead(alg->transform[esn], 0, 0);
}

/*
 * A pair of a cipher and an integrity algorithm takes its keys in another order than KEYMAT has
 * them, behind an attribute that tells where one ends (crypto/authenc.h):
 *
 *	| struct rtattr | octets of the encryption key | integrity key | encryption key, salt |
 */
static int alg_set_pair_key(struct crypto_aead *aead, const struct sectun_alg *alg,
			    const u8 *keymat, unsigned int len)
{
	const unsigned int encr_len = alg->key_len + alg->salt_len;
	struct crypto_authenc_key_param *param;
	struct rtattr *rta;
	u8 *to;
	int err;

	rta = kmalloc(RTA_SPACE(sizeof(*param)) + len, GFP_KERNEL);
	if (!rta)
		return -ENOMEM;

	rta->rta_type = CRYPTO_AUTHENC_KEYA_PARAM;
	rta->rta_len = RTA_LENGTH(sizeof(*param));
	param = RTA_DATA(rta);
	param->enckeylen = cpu_to_be32(encr_len);
	to = (u8 *)rta + RTA_SPACE(sizeof(*param));
	memcpy(to, keymat + encr_len, alg->integ_key_len);
	memcpy(to + alg->integ_key_len, keymat, encr_len);

	err = crypto_aead_setkey(aead, (const u8 *)rta, RTA_SPACE(sizeof(*param)) + len);
	kfree_sensitive(rta);

	return err;
}

static int alg_set_key(struct crypto_aead *aead, const struct sectun_alg *alg, const u8 *keymat,
		       unsigned int len)
{
	if (alg->id && alg->integ_id)
		return alg_set_pair_key(aead, alg, keymat, len);

	return crypto_aead_setkey(aead, keymat, len);
}

/**
 * sectun_alg_driver - which implementation does the work
 * @aead: a transform
 *
 * Context: any.
 * Return: the driver's name as in /proc/crypto, such as esp(rfc4106-gcm-aesni). It lives as long as
 * the transform.
 */
const char *sectun_alg_driver(struct crypto_aead *aead)
{
	return crypto_tfm_alg_driver_name(crypto_aead_tfm(aead));
}

/**
 * sectun_alg_available - asks whether this kernel has an algorithm, and from which driver
 * @alg: row
 * @driver: gets the name, as sectun_alg_driver() tells it
 * @len: octets at @driver; CRYPTO_MAX_ALG_NAME holds every name
 *
 * Context: process context, sleeps; modules may get loaded.
 * Return: 0; -ENOENT if the kernel lacks it; other errors of crypto_alloc_aead().
 */
int sectun_alg_available(const struct sectun_alg *alg, char *driver, size_t len)
{
	struct crypto_aead *aead = alg_alloc_transform(alg, false);

	if (IS_ERR(aead))
		return PTR_ERR(aead);

	strscpy(driver, sectun_alg_driver(aead), len);
	crypto_free_aead(aead);

	return 0;
}

/**
 * sectun_alg_alloc_aead - makes the transform of an SA
 * @alg: row
 * @esn: 64-bit sequence numbers
 * @keymat: key, salt, integrity key; stays the caller's, who wipes it
 * @len: octets at @keymat, sectun_alg_keymat_len()
 * @missing: where the error is that the kernel has no such algorithm, or only one that failed its
 *	self-test, gets the name that was looked for; else NULL
 *
 * A transform holds a reference to the module that made it, which would be one of ours to
 * ourselves: no rmmod as long as there is an SA. It is given back here, and the caller answers for
 * the rest: all transforms go through sectun_alg_free_aead() before sectun_esp_unregister().
 *
 * Context: process context, sleeps; modules may get loaded.
 * Return: the transform, or ERR_PTR: -EINVAL for a wrong @len or a key that the algorithm refuses,
 * -ENOENT, -ELIBBAD, -ENOMEM and what else crypto_alloc_aead() returns.
 */
struct crypto_aead *sectun_alg_alloc_aead(const struct sectun_alg *alg, bool esn, const u8 *keymat,
					  size_t len, const char **missing)
{
	struct crypto_aead *aead;
	int err;

	*missing = NULL;

	if (len != sectun_alg_keymat_len(alg))
		return ERR_PTR(-EINVAL);

	aead = alg_alloc_transform(alg, esn);
	if (IS_ERR(aead)) {
		if (PTR_ERR(aead) == -ENOENT || PTR_ERR(aead) == -ELIBBAD)
			*missing = alg->crypto_name;
		return aead;
	}

	err = crypto_aead_setauthsize(aead, alg->icv_len);
	if (err)
		goto err_free;

	err = alg_set_key(aead, alg, keymat, len);
	if (err)
		goto err_free;

	module_put(THIS_MODULE);

	return aead;

err_free:
	crypto_free_aead(aead);
	return ERR_PTR(err);
}

/**
 * sectun_alg_free_aead - frees the transform of an SA; its key is wiped
 * @aead: from sectun_alg_alloc_aead(), or NULL; no request may be under way
 *
 * Context: process context, may sleep.
 */
void sectun_alg_free_aead(struct crypto_aead *aead)
{
	if (!aead)
		return;

	/* For the reference that crypto_free_aead() drops. The module may be on its way out. */
	__module_get(THIS_MODULE);
	crypto_free_aead(aead);
}
