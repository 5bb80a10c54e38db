/* SPDX-License-Identifier: MIT */
/*
 * X.509 certificates (RFC 5280, RFC 4945): whom a peer's certificate names and who vouches for it.
 *
 * Certificates of a peer are hostile octets. libcrypto parses them; what is here decides, and says
 * of which certificate it decided what.
 */
#ifndef IKE_CERT_H
#define IKE_CERT_H

#include <stddef.h>
#include <stdint.h>
#include <openssl/evp.h>
#include "id.h"

/** IKE_CERT_CHAIN_MAX - certificates that are accepted from a peer */
#define IKE_CERT_CHAIN_MAX 8
/** IKE_CERT_DER_MAX - octets of the longest certificate that is accepted from a peer */
#define IKE_CERT_DER_MAX 16384
/** IKE_CERT_KEYID_SIZE - octets by which a CERTREQ names an authority: SHA-1 of its public key
 * (RFC 7296 section 3.7) */
#define IKE_CERT_KEYID_SIZE 20
/** IKE_CERT_NAME_SIZE - octets of the longest name in a verdict, its NUL included */
#define IKE_CERT_NAME_SIZE 256

/** IKE_CERT_TEXT_SIZE - octets of the longest sentence of a verdict, its NUL included */
#define IKE_CERT_TEXT_SIZE (2 * IKE_CERT_NAME_SIZE + 256)

/**
 * enum ike_cert_fault - what is wrong with a chain
 * @IKE_CERT_OK: nothing
 * @IKE_CERT_MISSING: the peer sent no certificate
 * @IKE_CERT_MALFORMED: one cannot be parsed
 * @IKE_CERT_NO_ISSUER: nobody who is trusted has issued it
 * @IKE_CERT_SIGNATURE: its issuer's signature is wrong
 * @IKE_CERT_NOT_YET_VALID: its validity begins later; a clock may be wrong
 * @IKE_CERT_EXPIRED: its validity is over; a clock may be wrong
 * @IKE_CERT_REVOKED: a CRL lists it
 * @IKE_CERT_CRL_MISSING: there are CRLs, but none of its issuer
 * @IKE_CERT_CRL_EXPIRED: the CRL of its issuer is out of date
 * @IKE_CERT_USAGE: it may not be used for this: no authority, or not for signatures
 * @IKE_CERT_WEAK: its key or signature is weaker than is accepted
 * @IKE_CERT_IDENTITY: all is well but for the identity: it names somebody else
 * @IKE_CERT_OTHER: something else that libcrypto says
 */
enum ike_cert_fault {
	IKE_CERT_OK,
	IKE_CERT_MISSING,
	IKE_CERT_MALFORMED,
	IKE_CERT_NO_ISSUER,
	IKE_CERT_SIGNATURE,
	IKE_CERT_NOT_YET_VALID,
	IKE_CERT_EXPIRED,
	IKE_CERT_REVOKED,
	IKE_CERT_CRL_MISSING,
	IKE_CERT_CRL_EXPIRED,
	IKE_CERT_USAGE,
	IKE_CERT_WEAK,
	IKE_CERT_IDENTITY,
	IKE_CERT_OTHER,
};

/**
 * ike_cert_fault_word - the word for a fault, which stays the same between versions: "expired"
 * @fault: the fault
 *
 * Return: the word.
 */
const char *ike_cert_fault_word(enum ike_cert_fault fault);

/**
 * struct ike_cert_verdict - what a check found
 * @fault: the first fault
 * @depth: the certificate that has it; 0 is the peer's own
 * @subject: subject of that certificate
 * @issuer: its issuer
 * @text: the finding in a sentence, dates and names included
 */
struct ike_cert_verdict {
	enum ike_cert_fault fault;
	unsigned int depth;
	char subject[IKE_CERT_NAME_SIZE];
	char issuer[IKE_CERT_NAME_SIZE];
	char text[IKE_CERT_TEXT_SIZE];
};

/**
 * struct ike_cert_der - a certificate in DER
 * @octets: the certificate
 * @len: octets of it
 */
struct ike_cert_der {
	const uint8_t *octets;
	size_t len;
};

struct ike_cert_store;

/**
 * ike_cert_store_new - makes a store that trusts nobody
 *
 * Return: the store, released with ike_cert_store_free(), or NULL.
 */
struct ike_cert_store *ike_cert_store_new(void);

/**
 * ike_cert_store_free - releases a store
 * @store: the store, or NULL
 */
void ike_cert_store_free(struct ike_cert_store *store);

/**
 * ike_cert_store_trust - trusts the authorities of a file
 * @store: the store
 * @text: certificates in PEM, or one in DER
 * @len: octets of it
 *
 * Return: number of certificates; -EINVAL: there is none, or one is malformed; -ENOMEM.
 */
int ike_cert_store_trust(struct ike_cert_store *store, const uint8_t *text, size_t len);

/**
 * ike_cert_store_revoke - takes revocation lists in; from then on every certificate needs one
 * @store: the store
 * @text: CRLs in PEM, or one in DER
 * @len: octets of it
 *
 * Return: as ike_cert_store_trust().
 */
int ike_cert_store_revoke(struct ike_cert_store *store, const uint8_t *text, size_t len);

/**
 * ike_cert_store_keyids - by what a CERTREQ names the authorities that are trusted
 * @store: the store
 * @to: key identifiers in a row
 * @size: octets of @to
 *
 * Return: octets written.
 */
size_t ike_cert_store_keyids(const struct ike_cert_store *store, uint8_t *to, size_t size);

/**
 * ike_cert_verify - checks what a peer sent: chain, validity, revocation, use, and at last identity
 * @store: who is trusted
 * @chain: the peer's certificates, its own first (RFC 7296 section 3.6)
 * @count: number of them
 * @id: the identity that it claims
 * @now: seconds since 1970
 * @verdict: is filled in
 *
 * Return: the public key of the first certificate, released with EVP_PKEY_free(), or NULL with
 * @verdict.
 */
EVP_PKEY *ike_cert_verify(const struct ike_cert_store *store, const struct ike_cert_der *chain,
			  size_t count, const struct ike_id *id, int64_t now,
			  struct ike_cert_verdict *verdict);

/**
 * struct ike_cert_own - what this side proves its identity with
 * @key: the private key
 * @chain: DER of the certificate, then of those between it and the authority
 * @count: number of them
 */
struct ike_cert_own {
	EVP_PKEY *key;
	struct ike_cert_der chain[IKE_CERT_CHAIN_MAX];
	size_t count;
};

/**
 * ike_cert_own_add - adds the certificates of a file to the chain
 * @own: the chain
 * @text: certificates in PEM, or one in DER
 * @len: octets of it
 *
 * Return: as ike_cert_store_trust(); -E2BIG: more than IKE_CERT_CHAIN_MAX.
 */
int ike_cert_own_add(struct ike_cert_own *own, const uint8_t *text, size_t len);

/**
 * ike_cert_own_key - takes the private key in
 * @own: the chain, with the certificate already there
 * @text: private key in PEM or DER, not encrypted
 * @len: octets of it
 *
 * Return: 0; -EINVAL: cannot be parsed; -EKEYREJECTED: it is not the certificate's key;
 * -EOPNOTSUPP: a kind of key that IKEv2 signs nothing with.
 */
int ike_cert_own_key(struct ike_cert_own *own, const uint8_t *text, size_t len);

/**
 * ike_cert_own_names - whether this side's certificate names an identity
 * @own: the chain
 * @id: the identity
 *
 * Return: whether it does.
 */
bool ike_cert_own_names(const struct ike_cert_own *own, const struct ike_id *id);

/**
 * ike_cert_own_subject - the subject of this side's certificate as an identity
 * @own: the chain
 * @id: is set to it, ID_DER_ASN1_DN
 *
 * Return: 0; -ENOENT: no certificate; -E2BIG: longer than an identity may be.
 */
int ike_cert_own_subject(const struct ike_cert_own *own, struct ike_id *id);

/**
 * ike_cert_own_uninit - releases chain and key
 * @own: the chain
 */
void ike_cert_own_uninit(struct ike_cert_own *own);

#endif
