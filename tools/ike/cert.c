// SPDX-License-Identifier: MIT
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include "cert.h"
#include "certname.h"

/* Security level of libcrypto: 112 bits, so RSA from 2048 bits on and no SHA-1 in signatures. */
#define AUTH_LEVEL 2

/**
 * struct ike_cert_store - who is trusted
 * @x509: libcrypto's store
 * @trusted: the authorities, for their key identifiers
 * @crls: number of revocation lists
 */
struct ike_cert_store {
	X509_STORE *x509;
	STACK_OF(X509) *trusted;
	unsigned int crls;
};

struct ike_cert_store *ike_cert_store_new(void)
{
	struct ike_cert_store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	store->x509 = X509_STORE_new();
	store->trusted = sk_X509_new_null();
	if (store->x509 && store->trusted)
		return store;
	ike_cert_store_free(store);
	return NULL;
}

void ike_cert_store_free(struct ike_cert_store *store)
{
	if (!store)
		return;
	X509_STORE_free(store->x509);
	sk_X509_pop_free(store->trusted, X509_free);
	free(store);
}

/* What is left to read is white space, or the text between two PEM objects. */
static bool pem_ended(void)
{
	bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;

	ERR_clear_error();
	return ended;
}

static bool is_pem(const uint8_t *text, size_t len)
{
	return memmem(text, len, "-----BEGIN", strlen("-----BEGIN"));
}

/**
 * for_each_cert - parses the certificates of a file
 * @text: certificates in PEM, or one in DER
 * @len: octets of it
 * @take: takes a reference to a certificate that it keeps; 0 or a negative errno
 * @arg: for it
 *
 * Return: number of certificates; -EINVAL: none, or one is malformed; or what @take returned.
 */
static int for_each_cert(const uint8_t *text, size_t len, int (*take)(void *arg, X509 *cert),
			 void *arg)
{
	const uint8_t *at = text;
	int count = 0, err = 0;
	X509 *cert;
	BIO *bio;

	if (len > INT_MAX)
		return -EINVAL;
	if (!is_pem(text, len)) {
		cert = d2i_X509(NULL, &at, len);
		ERR_clear_error();
		if (cert)
			err = at == text + len ? take(arg, cert) : -EINVAL;
		X509_free(cert);
		return cert && !err ? 1 : err ? err : -EINVAL;
	}
	bio = BIO_new_mem_buf(text, len);
	if (!bio)
		return -ENOMEM;
	while (!err && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
		err = take(arg, cert);
		count++;
		X509_free(cert);
	}
	BIO_free(bio);
	if (!err && (!pem_ended() || !count))
		err = -EINVAL;
	return err ? err : count;
}

static int trust(void *arg, X509 *cert)
{
	struct ike_cert_store *store = arg;

	if (!X509_STORE_add_cert(store->x509, cert))
		return -ENOMEM;
	if (!sk_X509_push(store->trusted, cert))
		return -ENOMEM;
	X509_up_ref(cert);
	return 0;
}

int ike_cert_store_trust(struct ike_cert_store *store, const uint8_t *text, size_t len)
{
	return for_each_cert(text, len, trust, store);
}

int ike_cert_store_revoke(struct ike_cert_store *store, const uint8_t *text, size_t len)
{
	bool pem = is_pem(text, len), added = true;
	const uint8_t *at = text;
	int count = 0;
	X509_CRL *crl;
	BIO *bio;

	if (len > INT_MAX)
		return -EINVAL;
	bio = BIO_new_mem_buf(text, len);
	if (!bio)
		return -ENOMEM;
	do {
		crl = pem ? PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL) :
			    d2i_X509_CRL(NULL, &at, len);
		if (!crl)
			break;
		added = X509_STORE_add_crl(store->x509, crl);
		X509_CRL_free(crl);
		count++;
	} while (pem && added);
	BIO_free(bio);
	if (!added)
		return -ENOMEM;
	if (!count || (pem ? !pem_ended() : at != text + len)) {
		ERR_clear_error();
		return -EINVAL;
	}
	store->crls += count;
	return count;
}

size_t ike_cert_store_keyids(const struct ike_cert_store *store, uint8_t *to, size_t size)
{
	size_t used = 0;
	uint8_t *spki;
	int i, len;

	for (i = 0; i < sk_X509_num(store->trusted) && size - used >= IKE_CERT_KEYID_SIZE; i++) {
		spki = NULL;
		len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(sk_X509_value(store->trusted, i)),
				      &spki);
		if (len <= 0)
			continue;
		SHA1(spki, len, to + used);
		OPENSSL_free(spki);
		used += IKE_CERT_KEYID_SIZE;
	}
	return used;
}

/**
 * struct reason - what an error of libcrypto means here
 * @error: its number
 * @fault: ours
 */
struct reason {
	int error;
	enum ike_cert_fault fault;
};

static const struct reason reasons[] = {
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, IKE_CERT_NO_ISSUER },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, IKE_CERT_NO_ISSUER },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, IKE_CERT_NO_ISSUER },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, IKE_CERT_NO_ISSUER },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, IKE_CERT_NO_ISSUER },
	{ X509_V_ERR_CERT_UNTRUSTED, IKE_CERT_NO_ISSUER },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, IKE_CERT_SIGNATURE },
	{ X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, IKE_CERT_SIGNATURE },
	{ X509_V_ERR_CERT_NOT_YET_VALID, IKE_CERT_NOT_YET_VALID },
	{ X509_V_ERR_CERT_HAS_EXPIRED, IKE_CERT_EXPIRED },
	{ X509_V_ERR_CERT_REVOKED, IKE_CERT_REVOKED },
	{ X509_V_ERR_UNABLE_TO_GET_CRL, IKE_CERT_CRL_MISSING },
	{ X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, IKE_CERT_CRL_MISSING },
	{ X509_V_ERR_CRL_HAS_EXPIRED, IKE_CERT_CRL_EXPIRED },
	{ X509_V_ERR_CRL_NOT_YET_VALID, IKE_CERT_CRL_EXPIRED },
	{ X509_V_ERR_INVALID_CA, IKE_CERT_USAGE },
	{ X509_V_ERR_INVALID_PURPOSE, IKE_CERT_USAGE },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED, IKE_CERT_USAGE },
	{ X509_V_ERR_KEYUSAGE_NO_CERTSIGN, IKE_CERT_USAGE },
	{ X509_V_ERR_EE_KEY_TOO_SMALL, IKE_CERT_WEAK },
	{ X509_V_ERR_CA_KEY_TOO_SMALL, IKE_CERT_WEAK },
	{ X509_V_ERR_CA_MD_TOO_WEAK, IKE_CERT_WEAK },
};

static const struct ike_cert_word {
	const char *word;
	const char *text;
} words[] = {
	[IKE_CERT_OK] = { "ok", "is valid" },
	[IKE_CERT_MISSING] = { "no-certificate", "was not sent" },
	[IKE_CERT_MALFORMED] = { "malformed-certificate", "cannot be parsed" },
	[IKE_CERT_NO_ISSUER] = { "no-ca", "was issued by nobody that a ca file names" },
	[IKE_CERT_SIGNATURE] = { "certificate-signature", "was not signed by its issuer" },
	[IKE_CERT_NOT_YET_VALID] = { "not-yet-valid", "is not valid before" },
	[IKE_CERT_EXPIRED] = { "expired", "expired" },
	[IKE_CERT_REVOKED] = { "revoked", "was revoked" },
	[IKE_CERT_CRL_MISSING] = { "no-crl", "has an issuer without a CRL among the crl files" },
	[IKE_CERT_CRL_EXPIRED] = { "crl-expired", "has an issuer whose CRL is out of date" },
	[IKE_CERT_USAGE] = { "certificate-usage", "may not be used for this" },
	[IKE_CERT_WEAK] = { "weak-certificate", "has a key or a signature that is too weak" },
	[IKE_CERT_IDENTITY] = { "identity", "does not name" },
	[IKE_CERT_OTHER] = { "certificate", "is refused" },
};

const char *ike_cert_fault_word(enum ike_cert_fault fault)
{
	return words[fault].word;
}

static enum ike_cert_fault fault_of(int error)
{
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].error == error)
			return reasons[i].fault;
	}
	return IKE_CERT_OTHER;
}

static void date_format(const ASN1_TIME *date, char *to, size_t size)
{
	struct tm tm;

	if (!ASN1_TIME_to_tm(date, &tm) || !strftime(to, size, "%Y-%m-%d %H:%M:%S UTC", &tm))
		snprintf(to, size, "a date that cannot be read");
}

static void clock_format(int64_t now, char *to, size_t size)
{
	time_t seconds = now;
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(to, size, "%Y-%m-%d %H:%M:%S UTC", &tm))
		snprintf(to, size, "?");
}

/**
 * judge - writes a verdict
 * @verdict: where
 * @fault: the fault
 * @depth: which certificate
 * @cert: that certificate, or NULL
 * @more: what follows the sentence; "" if nothing
 */
static void judge(struct ike_cert_verdict *verdict, enum ike_cert_fault fault, unsigned int depth,
		  X509 *cert, const char *more)
{
	verdict->fault = fault;
	verdict->depth = depth;
	if (cert) {
		ike_cert_name_format(X509_get_subject_name(cert), verdict->subject,
				     sizeof(verdict->subject));
		ike_cert_name_format(X509_get_issuer_name(cert), verdict->issuer,
				     sizeof(verdict->issuer));
	}
	if (!cert)
		snprintf(verdict->text, sizeof(verdict->text), "certificate %u of the peer %s",
			 depth + 1, words[fault].text);
	else if (fault == IKE_CERT_NO_ISSUER)
		snprintf(verdict->text, sizeof(verdict->text),
			 "the certificate of %s %s; its issuer is %s", verdict->subject,
			 words[fault].text, verdict->issuer);
	else
		snprintf(verdict->text, sizeof(verdict->text), "the certificate of %s %s%s%s",
			 verdict->subject, words[fault].text, *more ? " " : "", more);
}

static void judge_by_libcrypto(struct ike_cert_verdict *verdict, X509_STORE_CTX *ctx, int64_t now)
{
	int error = X509_STORE_CTX_get_error(ctx);
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
	enum ike_cert_fault fault = fault_of(error);
	char more[160] = "", date[64], clock[64];

	if (cert && (fault == IKE_CERT_EXPIRED || fault == IKE_CERT_NOT_YET_VALID)) {
		date_format(fault == IKE_CERT_EXPIRED ? X509_get0_notAfter(cert) :
							X509_get0_notBefore(cert),
			    date, sizeof(date));
		clock_format(now, clock, sizeof(clock));
		snprintf(more, sizeof(more), "%s%s; the clock here says %s",
			 fault == IKE_CERT_EXPIRED ? "on " : "", date, clock);
	} else if (fault == IKE_CERT_OTHER || fault == IKE_CERT_USAGE || fault == IKE_CERT_WEAK) {
		snprintf(more, sizeof(more), "(%s)", X509_verify_cert_error_string(error));
	}
	judge(verdict, fault, X509_STORE_CTX_get_error_depth(ctx), cert, more);
}

static bool chain_holds(const struct ike_cert_store *store, X509 *cert, STACK_OF(X509) *rest,
			int64_t now, struct ike_cert_verdict *verdict)
{
	unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	bool holds = false;

	if (!ctx || !X509_STORE_CTX_init(ctx, store->x509, cert, rest)) {
		judge(verdict, IKE_CERT_OTHER, 0, cert, "(no memory)");
		goto out;
	}
	/* An authority that a ca file names is trusted whether it is a root or not. */
	if (store->crls)
		flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_flags(param, flags);
	X509_VERIFY_PARAM_set_time(param, now);
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	X509_VERIFY_PARAM_set_depth(param, IKE_CERT_CHAIN_MAX);
	holds = X509_verify_cert(ctx) == 1;
	if (!holds)
		judge_by_libcrypto(verdict, ctx, now);
out:
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return holds;
}

/* RFC 4945 section 5.1.3.2: a key usage, if there is one, has to allow signatures. */
static bool may_sign(X509 *cert)
{
	return X509_get_key_usage(cert) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION);
}

static X509 *parse(const struct ike_cert_der *der)
{
	const uint8_t *at = der->octets;
	X509 *cert = NULL;

	if (der->len && der->len <= IKE_CERT_DER_MAX)
		cert = d2i_X509(NULL, &at, der->len);
	ERR_clear_error();
	if (cert && at != der->octets + der->len) {
		X509_free(cert);
		return NULL;
	}
	return cert;
}

static X509 *parse_chain(const struct ike_cert_der *chain, size_t count, STACK_OF(X509) *rest,
			 struct ike_cert_verdict *verdict)
{
	X509 *cert, *first = NULL;
	size_t i;

	for (i = 0; i < count && i < IKE_CERT_CHAIN_MAX; i++) {
		cert = parse(&chain[i]);
		if (!cert) {
			judge(verdict, IKE_CERT_MALFORMED, i, NULL, "");
			X509_free(first);
			return NULL;
		}
		if (!i) {
			first = cert;
		} else if (!sk_X509_push(rest, cert)) {
			X509_free(cert);
		}
	}
	return first;
}

EVP_PKEY *ike_cert_verify(const struct ike_cert_store *store, const struct ike_cert_der *chain,
			  size_t count, const struct ike_id *id, int64_t now,
			  struct ike_cert_verdict *verdict)
{
	STACK_OF(X509) *rest = sk_X509_new_null();
	char name[IKE_ID_TEXT_SIZE];
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;

	memset(verdict, 0, sizeof(*verdict));
	if (!rest)
		goto no_memory;
	if (!count) {
		verdict->fault = IKE_CERT_MISSING;
		snprintf(verdict->text, sizeof(verdict->text),
			 "the peer sent no certificate that signs");
		goto out;
	}
	cert = parse_chain(chain, count, rest, verdict);
	if (!cert || !chain_holds(store, cert, rest, now, verdict))
		goto out;
	if (!may_sign(cert)) {
		judge(verdict, IKE_CERT_USAGE, 0, cert, "(its key usage has no digitalSignature)");
		goto out;
	}
	if (!ike_cert_names(cert, id)) {
		judge(verdict, IKE_CERT_IDENTITY, 0, cert, ike_id_format(id, name));
		goto out;
	}
	key = X509_get_pubkey(cert);
	ERR_clear_error();
	judge(verdict, key ? IKE_CERT_OK : IKE_CERT_MALFORMED, 0, cert, "");
	goto out;

no_memory:
	judge(verdict, IKE_CERT_OTHER, 0, NULL, "");
out:
	sk_X509_pop_free(rest, X509_free);
	X509_free(cert);
	return key;
}

static int own_add(void *arg, X509 *cert)
{
	struct ike_cert_own *own = arg;
	uint8_t *octets = NULL;
	int len;

	if (own->count == IKE_CERT_CHAIN_MAX)
		return -E2BIG;
	len = i2d_X509(cert, &octets);
	if (len <= 0)
		return -ENOMEM;
	own->chain[own->count++] = (struct ike_cert_der){ octets, len };
	return 0;
}

int ike_cert_own_add(struct ike_cert_own *own, const uint8_t *text, size_t len)
{
	return for_each_cert(text, len, own_add, own);
}

/* Nobody is there to type a passphrase. */
static int no_passphrase(char *to, int size, int writing, void *arg)
{
	(void)to;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static bool can_sign(const EVP_PKEY *key)
{
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
	case EVP_PKEY_EC:
	case EVP_PKEY_ED25519:
		return true;
	default:
		return false;
	}
}

int ike_cert_own_key(struct ike_cert_own *own, const uint8_t *text, size_t len)
{
	const uint8_t *at = text;
	EVP_PKEY *key = NULL;
	X509 *cert;
	BIO *bio;
	bool same;

	if (len > INT_MAX || !own->count)
		return -EINVAL;
	if (is_pem(text, len)) {
		bio = BIO_new_mem_buf(text, len);
		if (!bio)
			return -ENOMEM;
		key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
		BIO_free(bio);
	} else {
		key = d2i_AutoPrivateKey(NULL, &at, len);
	}
	ERR_clear_error();
	if (!key)
		return -EINVAL;
	cert = parse(&own->chain[0]);
	same = cert && X509_check_private_key(cert, key);
	ERR_clear_error();
	X509_free(cert);
	if (!same || !can_sign(key)) {
		EVP_PKEY_free(key);
		return same ? -EOPNOTSUPP : -EKEYREJECTED;
	}
	EVP_PKEY_free(own->key);
	own->key = key;
	return 0;
}

bool ike_cert_own_names(const struct ike_cert_own *own, const struct ike_id *id)
{
	X509 *cert = own->count ? parse(&own->chain[0]) : NULL;
	bool names = cert && ike_cert_names(cert, id);

	X509_free(cert);
	return names;
}

int ike_cert_own_subject(const struct ike_cert_own *own, struct ike_id *id)
{
	X509 *cert = own->count ? parse(&own->chain[0]) : NULL;
	int err = -ENOENT;

	if (cert)
		err = ike_cert_subject(cert, id) ? 0 : -E2BIG;
	X509_free(cert);
	return err;
}

void ike_cert_own_uninit(struct ike_cert_own *own)
{
	size_t i;

	for (i = 0; i < own->count; i++)
		OPENSSL_free((void *)own->chain[i].octets);
	EVP_PKEY_free(own->key);
	memset(own, 0, sizeof(*own));
}
