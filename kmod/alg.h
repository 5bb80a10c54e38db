/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_ALG_H
#define _SECTUN_ALG_H

#include <linux/bits.h>
#include <linux/types.h>

struct crypto_aead;

/* sectun_alg.flags */
/*
 * A repeated IV under one key gives the key stream away: the key must be fresh with every SA.
 * RFC 4106 section 2, RFC 7634 section 2.
 */
#define SECTUN_ALG_FRESH_KEY	BIT(0)

/**
 * struct sectun_alg - one row of the algorithm table
 * @name: keyword for users, as in aes256gcm16
 * @crypto_name: X of the transform esp(X), a name in the kernel crypto API
 * @id: IANA "IKEv2 Transform Type 1 - Encryption Algorithm Transform IDs" number
 * @key_len: octets of the encryption key, without its salt
 * @salt_len: octets of the salt that follows it in the KEYMAT
 * @iv_len: octets of IV in each packet
 * @icv_len: octets of ICV in each packet
 * @block_len: octets to a multiple of which the ciphertext is padded; RFC 4303 section 2.4 makes
 *	it 4 at least
 * @flags: SECTUN_ALG_*
 */
struct sectun_alg {
	const char *name;
	const char *crypto_name;
	u16 id;
	u8 key_len;
	u8 salt_len;
	u8 iv_len;
	u8 icv_len;
	u8 block_len;
	u8 flags;
};

const struct sectun_alg *sectun_alg_find(const char *name);
const struct sectun_alg *sectun_alg_at(unsigned int index);
unsigned int sectun_alg_keymat_len(const struct sectun_alg *alg);
int sectun_alg_available(const struct sectun_alg *alg, char *driver, size_t len);
struct crypto_aead *sectun_alg_alloc_aead(const struct sectun_alg *alg, const u8 *keymat,
					  size_t len, const char **missing);
void sectun_alg_free_aead(struct crypto_aead *aead);
const char *sectun_alg_driver(struct crypto_aead *aead);

#endif
