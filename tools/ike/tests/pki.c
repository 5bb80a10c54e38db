// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include "pki.h"

EVP_PKEY *pki_key(const char *kind)
{
	EVP_PKEY *key = NULL;

	if (!strcmp(kind, "rsa"))
		key = EVP_RSA_gen(2048);
	else if (!strcmp(kind, "rsa1024"))
		key = EVP_RSA_gen(1024);
	else if (!strcmp(kind, "p256"))
		key = EVP_EC_gen("P-256");
	else if (!strcmp(kind, "p384"))
		key = EVP_EC_gen("P-384");
	else if (!strcmp(kind, "p521"))
		key = EVP_EC_gen("P-521");
	else if (!strcmp(kind, "ed25519"))
		key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	assert_non_null(key);
	return key;
}

static void extend(X509 *cert, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, ctx, nid, value);

	assert_non_null(extension);
	assert_true(X509_add_ext(cert, extension, -1));
	X509_EXTENSION_free(extension);
}

static const EVP_MD *digest(const EVP_PKEY *key)
{
	return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
}

X509 *pki_cert(EVP_PKEY *key, const struct pki_wish *wish, X509 *issuer, EVP_PKEY *issuer_key)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_NAME_new();
	X509V3_CTX ctx;

	assert_non_null(cert);
	assert_non_null(name);
	if (!issuer) {
		issuer = cert;
		issuer_key = key;
	}
	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), wish->serial ? wish->serial : 1);
	X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const uint8_t *)"Example", -1, -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)wish->subject, -1,
				   -1, 0);
	X509_set_subject_name(cert, name);
	X509_NAME_free(name);
	X509_set_issuer_name(cert, X509_get_subject_name(issuer));
	ASN1_TIME_set(X509_getm_notBefore(cert), wish->from ? wish->from : PKI_NOW - 365 * PKI_DAY);
	ASN1_TIME_set(X509_getm_notAfter(cert), wish->to ? wish->to : PKI_NOW + 365 * PKI_DAY);
	X509_set_pubkey(cert, key);
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	extend(cert, &ctx, NID_basic_constraints, wish->ca ? "critical,CA:TRUE" : "CA:FALSE");
	extend(cert, &ctx, NID_subject_key_identifier, "hash");
	if (wish->usage)
		extend(cert, &ctx, NID_key_usage, wish->usage);
	if (wish->san)
		extend(cert, &ctx, NID_subject_alt_name, wish->san);
	assert_true(X509_sign(cert, issuer_key, digest(issuer_key)));
	return cert;
}

X509_CRL *pki_crl(X509 *issuer, EVP_PKEY *issuer_key, long serial, int64_t to)
{
	ASN1_TIME *time = ASN1_TIME_set(NULL, PKI_NOW - PKI_DAY);
	X509_CRL *crl = X509_CRL_new();
	X509_REVOKED *revoked;
	ASN1_INTEGER *number;

	assert_non_null(crl);
	assert_non_null(time);
	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer));
	X509_CRL_set1_lastUpdate(crl, time);
	if (serial) {
		revoked = X509_REVOKED_new();
		number = ASN1_INTEGER_new();
		ASN1_INTEGER_set(number, serial);
		X509_REVOKED_set_serialNumber(revoked, number);
		X509_REVOKED_set_revocationDate(revoked, time);
		assert_true(X509_CRL_add0_revoked(crl, revoked));
		ASN1_INTEGER_free(number);
	}
	ASN1_TIME_set(time, to);
	X509_CRL_set1_nextUpdate(crl, time);
	ASN1_TIME_free(time);
	assert_true(X509_CRL_sign(crl, issuer_key, digest(issuer_key)));
	return crl;
}

static struct pki_text drain(BIO *bio)
{
	struct pki_text text;
	char *data;

	text.len = BIO_get_mem_data(bio, &data);
	text.octets = malloc(text.len);
	assert_non_null(text.octets);
	memcpy(text.octets, data, text.len);
	BIO_free(bio);
	return text;
}

struct pki_text pki_cert_pem(X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_true(PEM_write_bio_X509(bio, cert));
	return drain(bio);
}

struct pki_text pki_cert_der(X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_true(i2d_X509_bio(bio, cert));
	return drain(bio);
}

struct pki_text pki_crl_pem(X509_CRL *crl)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_true(PEM_write_bio_X509_CRL(bio, crl));
	return drain(bio);
}

struct pki_text pki_key_pem(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_true(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
	return drain(bio);
}

/* Both are released. */
struct pki_text pki_join(struct pki_text one, struct pki_text other)
{
	struct pki_text both = { malloc(one.len + other.len), one.len + other.len };

	assert_non_null(both.octets);
	memcpy(both.octets, one.octets, one.len);
	memcpy(both.octets + one.len, other.octets, other.len);
	pki_text_free(&one);
	pki_text_free(&other);
	return both;
}

void pki_text_free(struct pki_text *text)
{
	free(text->octets);
	text->octets = NULL;
	text->len = 0;
}
