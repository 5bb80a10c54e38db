/* SPDX-License-Identifier: MIT */
/* Certificates for tests, made when they are needed. Everything asserts. */
#ifndef IKE_PKI_H
#define IKE_PKI_H

#include <stdbool.h>
#include <stdint.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

/** PKI_NOW - what the clock of a test says: 2026-01-01 00:00:00 UTC */
#define PKI_NOW 1767225600
#define PKI_DAY 86400

/**
 * struct pki_wish - what a certificate is to be like
 * @subject: common name
 * @san: subjectAltName as OpenSSL writes it, such as "DNS:hq.example,IP:192.0.2.1"; NULL: none
 * @usage: keyUsage as OpenSSL writes it; NULL: none
 * @ca: may issue others
 * @from: seconds since 1970; 0: a year before PKI_NOW
 * @to: likewise; 0: a year after it
 * @serial: serial number; 0: 1
 */
struct pki_wish {
	const char *subject;
	const char *san;
	const char *usage;
	bool ca;
	int64_t from;
	int64_t to;
	long serial;
};

/**
 * struct pki_text - what a file would hold
 * @octets: the octets
 * @len: number of them
 */
struct pki_text {
	uint8_t *octets;
	size_t len;
};

/* @kind: "rsa", "rsa1024", "p256", "p384", "p521", "ed25519" */
EVP_PKEY *pki_key(const char *kind);
/* Without @issuer it is signed with its own key. */
X509 *pki_cert(EVP_PKEY *key, const struct pki_wish *wish, X509 *issuer, EVP_PKEY *issuer_key);
/* A CRL of @issuer that lists @serial, unless that is 0, and is current until @to. */
X509_CRL *pki_crl(X509 *issuer, EVP_PKEY *issuer_key, long serial, int64_t to);

struct pki_text pki_cert_pem(X509 *cert);
struct pki_text pki_cert_der(X509 *cert);
struct pki_text pki_crl_pem(X509_CRL *crl);
struct pki_text pki_key_pem(EVP_PKEY *key);
struct pki_text pki_join(struct pki_text one, struct pki_text other);
void pki_text_free(struct pki_text *text);

#endif
