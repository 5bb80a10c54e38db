/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_ALG_H
#define _SECTUN_ALG_H

#include <linux/bits.h>
#include <linux/types.h>

struct crypto_aead;

/* sectun_alg.flags */
/*
 * A repeated IV under one key gives the key stream away, or the key that authenticates: the key
 * must be fresh with every SA. RFC 3686 section 2.1, RFC 4106 section 2, RFC 7634 section 2.
 */
#define SECTUN_ALG_FRESH_KEY	BIT(0)
/*
 * Works, for peers that have nothing better: 3DES, which RFC 8221 section 5 says should not be
 * used, and HMAC-SHA-1, of which its section 6 says that it will go.
 */
#define SECTUN_ALG_LEGACY	BIT(1)

/**
 * struct sectun_alg - one row of the algorithm table
 * @name: keyword for users, as in aes256gcm16
 * @crypto_name: X of the transforms, a name in the kernel crypto API
 * @transform: what is asked of the crypto API: X in a template of ours, by whether sequence numbers
 *	are extended
 * @id: IANA "IKEv2 Transform Type 1 - Encryption Algorithm Transform IDs" number; 0 in AH
 * @integ_id: likewise Type 3, "Integrity Algorithm Transform IDs"; 0 where the cipher has integrity
 *	of its own
 * @proto: IPPROTO_ESP or IPPROTO_AH
 * @key_len: octets of the encryption key (GMAC: its key), without its salt
 * @salt_len: octets of the salt, or nonce, that follows it in the KEYMAT
 * @integ_key_len: octets of the integrity key, the last part of the KEYMAT
 * @iv_len: octets of IV in each packet: 0 for NULL, and for an implicit IV (RFC 8750)
 * @icv_len: octets of ICV in each packet, without an IV in the same field (RFC 4543 section 4)
 * @block_len: octets to a multiple of which the ciphertext is padded; RFC 4303 section 2.4 makes
 *	it 4 at least
 * @flags: SECTUN_ALG_*
 */
struct sectun_alg {
	const char *name;
	const char *crypto_name;
	const char *transform[2];
	u16 id;
	u16 integ_id;
	u8 proto;
	u8 key_len;
	u8 salt_len;
	u8 integ_key_len;
	u8 iv_len;
	u8 icv_len;
	u8 block_len;
	u8 flags;
};

/* Octets of what sectun_alg_keymat_describe() writes, its NUL included. */
#define SECTUN_ALG_KEYMAT_TEXT	64

const struct sectun_alg *sectun_alg_find(u8 proto, const char *name);
const struct sectun_alg *sectun_alg_at(unsigned int index);
const char *sectun_alg_forbidden(const char *name);
unsigned int sectun_alg_keymat_len(const struct sectun_alg *alg);
const char *sectun_alg_keymat_describe(const struct sectun_alg *alg,
				       char text[SECTUN_ALG_KEYMAT_TEXT]);
int sectun_alg_available(const struct sectun_alg *alg, char *driver, size_t len);
struct crypto_aead *sectun_alg_alloc_aead(const struct sectun_alg *alg, bool esn, const u8 *keymat,
					  size_t len, const char **missing);
void sectun_alg_free_aead(struct crypto_aead *aead);
const char *sectun_alg_driver(struct crypto_aead *aead);

#endif
