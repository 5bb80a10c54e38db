/* SPDX-License-Identifier: MIT */
/*
 * Proof of identity: what the AUTH payload holds (RFC 7296 section 2.15, RFC 7427).
 *
 * What is signed are three pieces in a row, which only the protocol process can put together:
 *
 *	first message of the side | nonce of the other side | prf(SK_p of the side, its ID body)
 *
 * What signs is a long-term secret that only the key process has. The functions here need the
 * secret and run there.
 */
#ifndef IKE_AUTH_H
#define IKE_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/evp.h>

/** IKE_AUTH_MAX - octets of the longest AUTH data: RSA of 8192 bits, and its algorithm */
#define IKE_AUTH_MAX 1152
/** IKE_AUTH_OCTETS_MAX - octets of the longest message that is signed, with nonce and identity */
#define IKE_AUTH_OCTETS_MAX 66048

/**
 * enum ike_method - IKEv2 authentication methods (IANA), those that are implemented
 * @IKE_METHOD_RSA: RSASSA-PKCS1-v1_5 with SHA-1, of peers older than RFC 7427
 * @IKE_METHOD_PSK: pre-shared key
 * @IKE_METHOD_ECDSA_256: ECDSA with SHA-256 on P-256 (RFC 4754)
 * @IKE_METHOD_ECDSA_384: ECDSA with SHA-384 on P-384
 * @IKE_METHOD_ECDSA_521: ECDSA with SHA-512 on P-521
 * @IKE_METHOD_SIGNATURE: a signature that names its algorithm (RFC 7427)
 */
enum ike_method {
	IKE_METHOD_RSA = 1,
	IKE_METHOD_PSK = 2,
	IKE_METHOD_ECDSA_256 = 9,
	IKE_METHOD_ECDSA_384 = 10,
	IKE_METHOD_ECDSA_521 = 11,
	IKE_METHOD_SIGNATURE = 14,
};

/**
 * enum ike_auth_hash - IKEv2 hash algorithms (IANA), of SIGNATURE_HASH_ALGORITHMS (RFC 7427
 * section 4); a set of them is an OR of IKE_AUTH_HASH(x)
 * @IKE_AUTH_HASH_SHA1: accepted where the peer's profile allows it, never announced
 * @IKE_AUTH_HASH_SHA256: SHA-256
 * @IKE_AUTH_HASH_SHA384: SHA-384
 * @IKE_AUTH_HASH_SHA512: SHA-512
 * @IKE_AUTH_HASH_IDENTITY: what Ed25519 signs: the octets themselves (RFC 8420)
 */
enum ike_auth_hash {
	IKE_AUTH_HASH_SHA1 = 1,
	IKE_AUTH_HASH_SHA256 = 2,
	IKE_AUTH_HASH_SHA384 = 3,
	IKE_AUTH_HASH_SHA512 = 4,
	IKE_AUTH_HASH_IDENTITY = 5,
};

/** IKE_AUTH_HASH - the bit of a hash algorithm in a set */
#define IKE_AUTH_HASH(number) (1U << (number))

/** IKE_AUTH_HASHES - the hash algorithms that are announced to a peer */
#define IKE_AUTH_HASHES                                                                \
	(IKE_AUTH_HASH(IKE_AUTH_HASH_SHA256) | IKE_AUTH_HASH(IKE_AUTH_HASH_SHA384) |    \
	 IKE_AUTH_HASH(IKE_AUTH_HASH_SHA512) | IKE_AUTH_HASH(IKE_AUTH_HASH_IDENTITY))

/**
 * enum ike_auth_fault - why a proof is no proof
 * @IKE_AUTH_OK: it is one
 * @IKE_AUTH_METHOD: the method or its algorithm is not implemented
 * @IKE_AUTH_POLICY: the method or its hash is not accepted from this peer
 * @IKE_AUTH_KEY: the method does not go with the kind of key that the certificate holds
 * @IKE_AUTH_MALFORMED: the AUTH data cannot be read
 * @IKE_AUTH_MISMATCH: it was read and is wrong: another key, or another message
 */
enum ike_auth_fault {
	IKE_AUTH_OK,
	IKE_AUTH_METHOD,
	IKE_AUTH_POLICY,
	IKE_AUTH_KEY,
	IKE_AUTH_MALFORMED,
	IKE_AUTH_MISMATCH,
};

/**
 * ike_auth_fault_text - a fault in a sentence
 * @fault: the fault
 *
 * Return: the sentence.
 */
const char *ike_auth_fault_text(enum ike_auth_fault fault);

/**
 * ike_auth_method_name - the name of a method, such as "ECDSA with SHA-256 on P-256"
 * @method: its number
 *
 * Return: the name; "an unknown method" for one that is not known.
 */
const char *ike_auth_method_name(unsigned int method);

/**
 * ike_auth_psk - the AUTH data that a pre-shared key makes:
 * prf(prf(PSK, "Key Pad for IKEv2"), octets)
 * @prf: IANA number of the negotiated PRF
 * @psk: the key
 * @psk_len: octets of it
 * @octets: what is signed
 * @octets_len: octets of it
 * @to: the AUTH data, IKE_AUTH_MAX octets
 * @len: is set to octets of it
 *
 * Return: 0; -EINVAL: not a PRF; -EIO: libcrypto refuses.
 */
int ike_auth_psk(uint16_t prf, const uint8_t *psk, size_t psk_len,
		 const uint8_t *octets, size_t octets_len, uint8_t *to, size_t *len);

/**
 * ike_auth_psk_verify - compares AUTH data with what a pre-shared key makes, in constant time
 * @prf: IANA number of the negotiated PRF
 * @psk: the key
 * @psk_len: octets of it
 * @octets: what is signed
 * @octets_len: octets of it
 * @auth: the AUTH data
 * @len: octets of it
 *
 * Return: IKE_AUTH_OK or IKE_AUTH_MISMATCH.
 */
enum ike_auth_fault ike_auth_psk_verify(uint16_t prf, const uint8_t *psk,
					size_t psk_len, const uint8_t *octets, size_t octets_len,
					const uint8_t *auth, size_t len);

/**
 * ike_auth_sign - signs with a private key
 * @key: the key: RSA, ECDSA on P-256, P-384 or P-521, Ed25519
 * @hashes: hash algorithms that the peer announced, a set; 0: it knows nothing of RFC 7427, and the
 *          method of its time is used
 * @octets: what is signed
 * @octets_len: octets of it
 * @method: is set to the method, enum ike_method
 * @to: the AUTH data, IKE_AUTH_MAX octets
 * @len: is set to octets of it
 *
 * RSA signs with RSASSA-PSS where there is RFC 7427, in line with RFC 8247 section 3.
 *
 * Return: IKE_AUTH_OK; IKE_AUTH_KEY: this kind of key cannot sign so that the peer understands it;
 * IKE_AUTH_METHOD: libcrypto refuses.
 */
enum ike_auth_fault ike_auth_sign(EVP_PKEY *key, unsigned int hashes,
				  const uint8_t *octets, size_t octets_len, uint8_t *method,
				  uint8_t *to, size_t *len);

/**
 * ike_auth_verify - verifies a signature
 * @key: the public key of the peer's certificate
 * @method: method of the AUTH payload
 * @legacy: RSASSA-PKCS1-v1_5 with SHA-1 is accepted as well, for peers older than RFC 7427
 * @octets: what is signed
 * @octets_len: octets of it
 * @auth: the AUTH data, hostile
 * @len: octets of it
 *
 * Return: the fault.
 */
enum ike_auth_fault ike_auth_verify(EVP_PKEY *key, uint8_t method, bool legacy,
				    const uint8_t *octets, size_t octets_len, const uint8_t *auth,
				    size_t len);

#endif
