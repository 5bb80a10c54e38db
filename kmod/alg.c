// SPDX-License-Identifier: GPL-2.0-only
/*
 * The algorithm table. An algorithm is one row of it; nothing else in the module knows algorithms.
 */
#include <crypto/aead.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include "alg.h"

/* IANA, "Internet Key Exchange Version 2 (IKEv2) Parameters", Transform Type 1 */
enum {
	ENCR_AES_GCM_16 = 20,		/* RFC 4106 */
	ENCR_CHACHA20_POLY1305 = 28,	/* RFC 7634 */
};

static const struct sectun_alg sectun_algs[] = {
	{
		.name = "aes128gcm16",
		.crypto_name = "rfc4106(gcm(aes))",
		.id = ENCR_AES_GCM_16,
		.key_len = 16,
		.salt_len = 4,
		.iv_len = 8,
		.icv_len = 16,
		.block_len = 4,
		.flags = SECTUN_ALG_FRESH_KEY,
	}, {
		.name = "aes192gcm16",
		.crypto_name = "rfc4106(gcm(aes))",
		.id = ENCR_AES_GCM_16,
		.key_len = 24,
		.salt_len = 4,
		.iv_len = 8,
		.icv_len = 16,
		.block_len = 4,
		.flags = SECTUN_ALG_FRESH_KEY,
	}, {
		.name = "aes256gcm16",
		.crypto_name = "rfc4106(gcm(aes))",
		.id = ENCR_AES_GCM_16,
		.key_len = 32,
		.salt_len = 4,
		.iv_len = 8,
		.icv_len = 16,
		.block_len = 4,
		.flags = SECTUN_ALG_FRESH_KEY,
	}, {
		.name = "chacha20poly1305",
		.crypto_name = "rfc7539esp(chacha20,poly1305)",
		.id = ENCR_CHACHA20_POLY1305,
		.key_len = 32,
		.salt_len = 4,
		.iv_len = 8,
		.icv_len = 16,
		.block_len = 4,
		.flags = SECTUN_ALG_FRESH_KEY,
	},
};

/**
 * sectun_alg_find - the row of a keyword
 * @name: keyword
 *
 * Context: any.
 * Return: the row, or NULL if there is none.
 */
const struct sectun_alg *sectun_alg_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sectun_algs); i++)
		if (!strcmp(sectun_algs[i].name, name))
			return &sectun_algs[i];

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
	return alg->key_len + alg->salt_len;
}

static struct crypto_aead *alg_alloc_transform(const struct sectun_alg *alg)
{
	char name[CRYPTO_MAX_ALG_NAME];

	if (snprintf(name, sizeof(name), "esp(%s)", alg->crypto_name) >= sizeof(name))
		return ERR_PTR(-ENAMETOOLONG);

	/* Type and mask 0: asynchronous drivers are as welcome as others. */
	return crypto_alloc_aead(name, 0, 0);
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
	struct crypto_aead *aead = alg_alloc_transform(alg);

	if (IS_ERR(aead))
		return PTR_ERR(aead);

	strscpy(driver, sectun_alg_driver(aead), len);
	crypto_free_aead(aead);

	return 0;
}

/**
 * sectun_alg_alloc_aead - makes the transform of an SA
 * @alg: row
 * @keymat: key, then salt; stays the caller's, who wipes it
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
struct crypto_aead *sectun_alg_alloc_aead(const struct sectun_alg *alg, const u8 *keymat,
					  size_t len, const char **missing)
{
	struct crypto_aead *aead;
	int err;

	*missing = NULL;

	if (len != sectun_alg_keymat_len(alg))
		return ERR_PTR(-EINVAL);

	aead = alg_alloc_transform(alg);
	if (IS_ERR(aead)) {
		if (PTR_ERR(aead) == -ENOENT || PTR_ERR(aead) == -ELIBBAD)
			*missing = alg->crypto_name;
		return aead;
	}

	err = crypto_aead_setauthsize(aead, alg->icv_len);
	if (err)
		goto err_free;

	err = crypto_aead_setkey(aead, keymat, len);
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
