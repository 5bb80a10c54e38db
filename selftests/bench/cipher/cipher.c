// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the bare cipher costs: one AEAD operation in softirq-like context, on linear memory, in place, of packets
 * as ESP makes them. Loading it prints a line for each row of the table below to the kernel log, and then fails on
 * purpose, so that nothing stays loaded:
 *
 *	sectun_cipher: ALGORITHM DRIVER OCTETS ENCRYPT DECRYPT		(nanoseconds per operation)
 *
 * With keys=N it stays loaded instead, and holds N transforms of the first row with a key each: for who looks at how
 * much memory they take.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <crypto/aead.h>
#include <linux/bottom_half.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#define CIPHER_AAD_LEN 16 /* SPI, sequence number, and the IV, which counts as such for this family */
#define CIPHER_ICV_LEN 16
#define CIPHER_LEN_MAX 2048
#define CIPHER_WARM_UP 20 /* operations before the clock starts */
#define CIPHER_ROUNDS 200 /* operations that are timed */

static const struct {
	const char *name;
	unsigned int key_len;
} cipher_algs[] = {
	{ "rfc4106(gcm(aes))", 20 },
	{ "rfc7539esp(chacha20,poly1305)", 36 },
};

static const unsigned int cipher_lens[] = { 68, 516, 1404 }; /* IP packets of 64, 512, 1400 with their trailers */

struct cipher_run {
	struct crypto_aead *aead;
	struct aead_request *request;
	struct scatterlist sg;
	u8 iv[8];
	u8 *octets;
	unsigned int len;
};

static int cipher_encrypt(struct cipher_run *run)
{
	aead_request_set_crypt(run->request, &run->sg, &run->sg, run->len, run->iv);
	return crypto_aead_encrypt(run->request);
}

static int cipher_decrypt(struct cipher_run *run)
{
	aead_request_set_crypt(run->request, &run->sg, &run->sg, run->len + CIPHER_ICV_LEN, run->iv);
	return crypto_aead_decrypt(run->request);
}

/* Nanoseconds that encrypting and decrypting take, or an error. */
static int cipher_time(struct cipher_run *run, u64 *encrypt, u64 *decrypt)
{
	u64 start, middle;
	int i, err = 0;

	*encrypt = 0;
	*decrypt = 0;
	local_bh_disable();
	for (i = 0; !err && i < CIPHER_WARM_UP + CIPHER_ROUNDS; i++) {
		start = ktime_get_ns();
		err = cipher_encrypt(run);
		middle = ktime_get_ns();
		if (!err)
			err = cipher_decrypt(run);
		if (i < CIPHER_WARM_UP)
			continue;
		*encrypt += middle - start;
		*decrypt += ktime_get_ns() - middle;
	}
	local_bh_enable();
	*encrypt /= CIPHER_ROUNDS;
	*decrypt /= CIPHER_ROUNDS;
	return err;
}

static int cipher_measure(struct cipher_run *run, const char *name)
{
	u64 encrypt, decrypt;
	unsigned int i;
	int err;

	run->request = aead_request_alloc(run->aead, GFP_KERNEL);
	if (!run->request)
		return -ENOMEM;
	aead_request_set_callback(run->request, 0, NULL, NULL);
	aead_request_set_ad(run->request, CIPHER_AAD_LEN);
	for (i = 0; i < ARRAY_SIZE(cipher_lens); i++) {
		run->len = cipher_lens[i];
		sg_init_one(&run->sg, run->octets, CIPHER_AAD_LEN + run->len + CIPHER_ICV_LEN);
		err = cipher_time(run, &encrypt, &decrypt);
		if (err)
			break;
		pr_info("%s %s %u %llu %llu\n", name,
			crypto_tfm_alg_driver_name(crypto_aead_tfm(run->aead)), run->len, encrypt, decrypt);
	}
	aead_request_free(run->request);
	return err;
}

static int cipher_run(const char *name, unsigned int key_len)
{
	struct cipher_run run = {};
	u8 key[64];
	int err;

	run.aead = crypto_alloc_aead(name, 0, 0);
	if (IS_ERR(run.aead))
		return PTR_ERR(run.aead);
	run.octets = kzalloc(CIPHER_LEN_MAX, GFP_KERNEL);
	err = -ENOMEM;
	if (!run.octets)
		goto out;
	get_random_bytes(key, sizeof(key));
	err = crypto_aead_setkey(run.aead, key, key_len) ?: crypto_aead_setauthsize(run.aead, CIPHER_ICV_LEN);
	if (!err)
		err = cipher_measure(&run, name);
out:
	kfree(run.octets);
	crypto_free_aead(run.aead);
	return err;
}

static unsigned int cipher_keys;
module_param_named(keys, cipher_keys, uint, 0);
MODULE_PARM_DESC(keys, "transforms to hold, instead of measuring time");

static struct crypto_aead **cipher_held;

static void cipher_release(void)
{
	while (cipher_keys--)
		crypto_free_aead(cipher_held[cipher_keys]);
	kvfree(cipher_held);
}

static int cipher_hold(const char *name, unsigned int key_len)
{
	const unsigned int count = cipher_keys;
	u8 key[64];
	int err = 0;

	cipher_keys = 0;
	cipher_held = kvcalloc(count, sizeof(*cipher_held), GFP_KERNEL);
	if (!cipher_held)
		return -ENOMEM;
	get_random_bytes(key, sizeof(key));
	while (!err && cipher_keys < count) {
		cipher_held[cipher_keys] = crypto_alloc_aead(name, 0, 0);
		if (IS_ERR(cipher_held[cipher_keys]))
			err = PTR_ERR(cipher_held[cipher_keys]);
		else
			err = crypto_aead_setkey(cipher_held[cipher_keys++], key, key_len);
	}
	if (err)
		cipher_release();
	return err;
}

static int __init cipher_init(void)
{
	unsigned int i;
	int err;

	if (cipher_keys)
		return cipher_hold(cipher_algs[0].name, cipher_algs[0].key_len);
	for (i = 0; i < ARRAY_SIZE(cipher_algs); i++) {
		err = cipher_run(cipher_algs[i].name, cipher_algs[i].key_len);
		if (err)
			return err;
	}
	return -ECANCELED; /* done: there is nothing to stay for */
}

module_init(cipher_init);
module_exit(cipher_release);

MODULE_DESCRIPTION("what the bare cipher costs");
MODULE_LICENSE("GPL");
