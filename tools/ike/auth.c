// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include "auth.h"
#include "crypt.h"

/* RFC 7296 section 2.15, without a NUL. */
static const uint8_t key_pad[] = { 'K', 'e', 'y', ' ', 'P', 'a', 'd', ' ', 'f',
				   'o', 'r', ' ', 'I', 'K', 'E', 'v', '2' };

/* The longest signature without its algorithm: RSA of 8192 bits. */
#define SIGNATURE_MAX 1024
/* P-521: two numbers of 66 octets. */
#define ECDSA_NUMBER_MAX 66

static const char *const fault_texts[] = {
	[IKE_AUTH_OK] = "the proof holds",
	[IKE_AUTH_METHOD] = "the authentication method or its algorithm is not known here",
	[IKE_AUTH_POLICY] = "the authentication method or its hash is not accepted from this peer",
	[IKE_AUTH_KEY] = "the authentication method does not go with the key in the certificate",
	[IKE_AUTH_MALFORMED] = "the authentication data cannot be read",
	[IKE_AUTH_MISMATCH] = "the authentication data was made with another key",
};

const char *ike_auth_fault_text(enum ike_auth_fault fault)
{
	return fault_texts[fault];
}

/**
 * struct scheme - a way to sign
 * @method: AUTH method of its own, or IKE_METHOD_SIGNATURE
 * @base: kind of key, EVP_PKEY_...
 * @bits: bits of the key that it goes with; 0: any
 * @hash: enum ike_auth_hash
 * @pss: RSASSA-PSS
 * @nid: signature algorithm in an AlgorithmIdentifier; of RSASSA-PSS the hash is a parameter
 * @digest: hash as libcrypto calls it; NULL: none
 *
 * Signing takes the first that fits, so a curve stands with the hash of its own strength first.
 */
struct scheme {
	uint8_t method;
	int base;
	int bits;
	uint8_t hash;
	bool pss;
	int nid;
	const char *digest;
};

#define SCHEME_RSA(hash_, nid_, digest_)                                                       \
	{ IKE_METHOD_SIGNATURE, EVP_PKEY_RSA, 0, hash_, false, nid_, digest_ }
#define SCHEME_PSS(hash_, digest_)                                                             \
	{ IKE_METHOD_SIGNATURE, EVP_PKEY_RSA, 0, hash_, true, NID_rsassaPss, digest_ }
#define SCHEME_ECDSA(bits_, hash_, nid_, digest_)                                              \
	{ IKE_METHOD_SIGNATURE, EVP_PKEY_EC, bits_, hash_, false, nid_, digest_ }

static const struct scheme schemes[] = {
	SCHEME_PSS(IKE_AUTH_HASH_SHA256, "SHA256"),
	SCHEME_PSS(IKE_AUTH_HASH_SHA384, "SHA384"),
	SCHEME_PSS(IKE_AUTH_HASH_SHA512, "SHA512"),
	SCHEME_RSA(IKE_AUTH_HASH_SHA256, NID_sha256WithRSAEncryption, "SHA256"),
	SCHEME_RSA(IKE_AUTH_HASH_SHA384, NID_sha384WithRSAEncryption, "SHA384"),
	SCHEME_RSA(IKE_AUTH_HASH_SHA512, NID_sha512WithRSAEncryption, "SHA512"),
	SCHEME_RSA(IKE_AUTH_HASH_SHA1, NID_sha1WithRSAEncryption, "SHA1"),
	SCHEME_ECDSA(256, IKE_AUTH_HASH_SHA256, NID_ecdsa_with_SHA256, "SHA256"),
	SCHEME_ECDSA(384, IKE_AUTH_HASH_SHA384, NID_ecdsa_with_SHA384, "SHA384"),
	SCHEME_ECDSA(521, IKE_AUTH_HASH_SHA512, NID_ecdsa_with_SHA512, "SHA512"),
	SCHEME_ECDSA(0, IKE_AUTH_HASH_SHA256, NID_ecdsa_with_SHA256, "SHA256"),
	SCHEME_ECDSA(0, IKE_AUTH_HASH_SHA384, NID_ecdsa_with_SHA384, "SHA384"),
	SCHEME_ECDSA(0, IKE_AUTH_HASH_SHA512, NID_ecdsa_with_SHA512, "SHA512"),
	{ IKE_METHOD_SIGNATURE, EVP_PKEY_ED25519, 0, IKE_AUTH_HASH_IDENTITY, false, NID_ED25519,
	  NULL },
	/* RFC 4754, and RFC 7296 for RSA */
	{ IKE_METHOD_ECDSA_256, EVP_PKEY_EC, 256, IKE_AUTH_HASH_SHA256, false, 0, "SHA256" },
	{ IKE_METHOD_ECDSA_384, EVP_PKEY_EC, 384, IKE_AUTH_HASH_SHA384, false, 0, "SHA384" },
	{ IKE_METHOD_ECDSA_521, EVP_PKEY_EC, 521, IKE_AUTH_HASH_SHA512, false, 0, "SHA512" },
	{ IKE_METHOD_RSA, EVP_PKEY_RSA, 0, IKE_AUTH_HASH_SHA1, false, 0, "SHA1" },
};

#define SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

const char *ike_auth_method_name(unsigned int method)
{
	switch (method) {
	case IKE_METHOD_RSA:
		return "RSA with SHA-1";
	case IKE_METHOD_PSK:
		return "pre-shared key";
	case IKE_METHOD_ECDSA_256:
		return "ECDSA with SHA-256 on P-256";
	case IKE_METHOD_ECDSA_384:
		return "ECDSA with SHA-384 on P-384";
	case IKE_METHOD_ECDSA_521:
		return "ECDSA with SHA-512 on P-521";
	case IKE_METHOD_SIGNATURE:
		return "digital signature";
	default:
		return "an unknown method";
	}
}

int ike_auth_psk(uint16_t prf, const uint8_t *psk, size_t psk_len, const uint8_t *octets,
		 size_t octets_len, uint8_t *to, size_t *len)
{
	const struct ike_transform transform = { .type = IKE_PRF, .id = prf };
	const struct ike_alg *alg = ike_alg_find(&transform);
	const struct ike_span secret = { psk, psk_len }, signed_octets = { octets, octets_len };
	const struct ike_span pad = IKE_SPAN(key_pad);
	uint8_t key[IKE_PRF_MAX];
	int err;

	if (!alg)
		return -EINVAL;
	err = ike_prf(alg, secret, &pad, 1, key);
	if (!err)
		err = ike_prf(alg, (struct ike_span){ key, alg->key_len }, &signed_octets, 1, to);
	ike_wipe(key, sizeof(key));
	*len = err ? 0 : alg->key_len;
	return err;
}

enum ike_auth_fault ike_auth_psk_verify(uint16_t prf, const uint8_t *psk, size_t psk_len,
					const uint8_t *octets, size_t octets_len,
					const uint8_t *auth, size_t len)
{
	uint8_t right[IKE_AUTH_MAX];
	enum ike_auth_fault fault;
	size_t right_len;

	if (ike_auth_psk(prf, psk, psk_len, octets, octets_len, right, &right_len))
		return IKE_AUTH_METHOD;
	fault = len == right_len && ike_same(right, auth, len) ? IKE_AUTH_OK : IKE_AUTH_MISMATCH;
	ike_wipe(right, sizeof(right));
	return fault;
}

/* RSA keys may be bound to RSASSA-PSS. */
static int base_of(const EVP_PKEY *key)
{
	int base = EVP_PKEY_get_base_id(key);

	return base == EVP_PKEY_RSA_PSS ? EVP_PKEY_RSA : base;
}

static bool scheme_fits(const struct scheme *scheme, const EVP_PKEY *key)
{
	if (scheme->base != base_of(key))
		return false;
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA_PSS && !scheme->pss)
		return false;
	return !scheme->bits || scheme->bits == EVP_PKEY_get_bits(key);
}

static const struct scheme *scheme_to_sign(const EVP_PKEY *key, unsigned int hashes)
{
	const struct scheme *scheme;

	for (scheme = schemes; scheme < schemes + SCHEMES; scheme++) {
		if (!scheme_fits(scheme, key))
			continue;
		if (hashes ? scheme->method == IKE_METHOD_SIGNATURE &&
				     hashes & IKE_AUTH_HASHES & IKE_AUTH_HASH(scheme->hash) :
			     scheme->method != IKE_METHOD_SIGNATURE)
			return scheme;
	}
	return NULL;
}

static bool use_padding(EVP_PKEY_CTX *ctx, const struct scheme *scheme, int salt)
{
	if (scheme->base != EVP_PKEY_RSA)
		return true;
	if (!scheme->pss)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt) > 0;
}

/* A sequence of the algorithm's OID and, for RSA, NULL (RFC 7427 appendix A). */
static X509_ALGOR *identifier_new(const struct scheme *scheme)
{
	X509_ALGOR *algor = X509_ALGOR_new();
	int type = scheme->base == EVP_PKEY_RSA ? V_ASN1_NULL : V_ASN1_UNDEF;

	if (algor && X509_ALGOR_set0(algor, OBJ_nid2obj(scheme->nid), type, NULL))
		return algor;
	X509_ALGOR_free(algor);
	return NULL;
}

static X509_ALGOR *pss_hash_new(const struct scheme *scheme)
{
	X509_ALGOR *hash = X509_ALGOR_new();

	if (hash && X509_ALGOR_set0(hash, OBJ_nid2obj(OBJ_txt2nid(scheme->digest)), V_ASN1_NULL,
				    NULL))
		return hash;
	X509_ALGOR_free(hash);
	return NULL;
}

/* RFC 7427 appendix A.4: the hash, MGF1 with the same hash, and a salt as long as it. */
static X509_ALGOR *pss_identifier_new(const struct scheme *scheme)
{
	int salt = EVP_MD_get_size(EVP_get_digestbyname(scheme->digest));
	X509_ALGOR *algor = X509_ALGOR_new(), *hash = pss_hash_new(scheme);
	RSA_PSS_PARAMS *params = RSA_PSS_PARAMS_new();
	ASN1_STRING *packed = NULL;
	bool made = false;

	if (!algor || !hash || !params)
		goto out;
	params->hashAlgorithm = pss_hash_new(scheme);
	params->maskGenAlgorithm = X509_ALGOR_new();
	params->saltLength = ASN1_INTEGER_new();
	if (!params->hashAlgorithm || !params->maskGenAlgorithm || !params->saltLength ||
	    !ASN1_INTEGER_set(params->saltLength, salt))
		goto out;
	if (!ASN1_item_pack(hash, ASN1_ITEM_rptr(X509_ALGOR), &packed))
		goto out;
	if (!X509_ALGOR_set0(params->maskGenAlgorithm, OBJ_nid2obj(NID_mgf1), V_ASN1_SEQUENCE,
			     packed))
		goto out;
	packed = NULL;
	if (!ASN1_item_pack(params, ASN1_ITEM_rptr(RSA_PSS_PARAMS), &packed))
		goto out;
	made = X509_ALGOR_set0(algor, OBJ_nid2obj(NID_rsassaPss), V_ASN1_SEQUENCE, packed);
	if (made)
		packed = NULL;
out:
	ASN1_STRING_free(packed);
	RSA_PSS_PARAMS_free(params);
	X509_ALGOR_free(hash);
	if (made)
		return algor;
	X509_ALGOR_free(algor);
	return NULL;
}

/*
 *	+---------------+----------------------------+-----------------+
 *	| ASN.1 length  | AlgorithmIdentifier in DER | signature       |	RFC 7427 section 3
 *	+---------------+----------------------------+-----------------+
 */
static size_t identifier_put(const struct scheme *scheme, uint8_t *to)
{
	X509_ALGOR *algor = scheme->pss ? pss_identifier_new(scheme) : identifier_new(scheme);
	uint8_t *at = to + 1;
	int len;

	if (!algor)
		return 0;
	len = i2d_X509_ALGOR(algor, NULL);
	if (len > 0 && len <= UINT8_MAX) {
		i2d_X509_ALGOR(algor, &at);
		to[0] = len;
	}
	X509_ALGOR_free(algor);
	return len > 0 && len <= UINT8_MAX ? 1 + len : 0;
}

/* ECDSA of RFC 4754: the two numbers, each as long as the order, instead of their DER. */
static size_t numbers_from_der(const struct scheme *scheme, uint8_t *signature, size_t len)
{
	const uint8_t *at = signature;
	ECDSA_SIG *numbers = d2i_ECDSA_SIG(NULL, &at, len);
	int size = (scheme->bits + 7) / 8;
	bool done;

	done = numbers && BN_bn2binpad(ECDSA_SIG_get0_r(numbers), signature, size) > 0 &&
	       BN_bn2binpad(ECDSA_SIG_get0_s(numbers), signature + size, size) > 0;
	ECDSA_SIG_free(numbers);
	return done ? 2 * size : 0;
}

static size_t numbers_to_der(const struct scheme *scheme, const uint8_t *from, size_t len,
			     uint8_t *to)
{
	int size = (scheme->bits + 7) / 8, der_len = 0;
	ECDSA_SIG *numbers = ECDSA_SIG_new();
	BIGNUM *r = NULL, *s = NULL;

	if (numbers && len == 2 * (size_t)size) {
		r = BN_bin2bn(from, size, NULL);
		s = BN_bin2bn(from + size, size, NULL);
	}
	if (r && s && ECDSA_SIG_set0(numbers, r, s)) {
		r = s = NULL;
		der_len = i2d_ECDSA_SIG(numbers, &to);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(numbers);
	return der_len > 0 ? der_len : 0;
}

enum ike_auth_fault ike_auth_sign(EVP_PKEY *key, unsigned int hashes, const uint8_t *octets,
				  size_t octets_len, uint8_t *method, uint8_t *to, size_t *len)
{
	const struct scheme *scheme = scheme_to_sign(key, hashes);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key_ctx;
	size_t head = 0, room = SIGNATURE_MAX;
	enum ike_auth_fault fault = IKE_AUTH_METHOD;

	*len = 0;
	if (!scheme) {
		fault = IKE_AUTH_KEY;
		goto out;
	}
	if (scheme->method == IKE_METHOD_SIGNATURE) {
		head = identifier_put(scheme, to);
		if (!head)
			goto out;
	}
	if (!ctx || EVP_PKEY_get_size(key) > SIGNATURE_MAX ||
	    EVP_DigestSignInit_ex(ctx, &key_ctx, scheme->digest, NULL, NULL, key, NULL) <= 0 ||
	    !use_padding(key_ctx, scheme, RSA_PSS_SALTLEN_DIGEST) ||
	    EVP_DigestSign(ctx, to + head, &room, octets, octets_len) <= 0)
		goto out;
	if (scheme->base == EVP_PKEY_EC && scheme->method != IKE_METHOD_SIGNATURE)
		room = numbers_from_der(scheme, to, room);
	if (!room)
		goto out;
	*method = scheme->method;
	*len = head + room;
	fault = IKE_AUTH_OK;
out:
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return fault;
}

static int nid_of(const X509_ALGOR *algor)
{
	const ASN1_OBJECT *object;

	X509_ALGOR_get0(&object, NULL, NULL, algor);
	return OBJ_obj2nid(object);
}

/* Of an algorithm that has none: absent, or NULL. */
static bool no_parameters(const X509_ALGOR *algor)
{
	int type;

	X509_ALGOR_get0(NULL, &type, NULL, algor);
	return type == V_ASN1_UNDEF || type == V_ASN1_NULL;
}

/*
 * The hash of RSASSA-PSS parameters and their salt. What is absent is SHA-1, and 20 octets
 * (RFC 8017 appendix A.2.3). MGF1 has to use the same hash.
 */
static bool pss_parameters(const X509_ALGOR *algor, int *hash, int *salt)
{
	RSA_PSS_PARAMS *params = NULL;
	X509_ALGOR *mask_hash = NULL;
	const void *value;
	int64_t number = 20;
	bool good = false;
	int type;

	X509_ALGOR_get0(NULL, &type, &value, algor);
	if (type == V_ASN1_SEQUENCE)
		params = ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
	if (!params || !params->hashAlgorithm || !params->maskGenAlgorithm)
		goto out;
	if (nid_of(params->maskGenAlgorithm) != NID_mgf1)
		goto out;
	X509_ALGOR_get0(NULL, &type, &value, params->maskGenAlgorithm);
	if (type == V_ASN1_SEQUENCE)
		mask_hash = ASN1_item_unpack(value, ASN1_ITEM_rptr(X509_ALGOR));
	*hash = nid_of(params->hashAlgorithm);
	if (!mask_hash || nid_of(mask_hash) != *hash || !no_parameters(mask_hash) ||
	    !no_parameters(params->hashAlgorithm))
		goto out;
	if (params->saltLength && !ASN1_INTEGER_get_int64(&number, params->saltLength))
		goto out;
	if (number < 0 || number > EVP_MAX_MD_SIZE)
		goto out;
	if (params->trailerField && ASN1_INTEGER_get(params->trailerField) != 1)
		goto out;
	*salt = number;
	good = true;
out:
	X509_ALGOR_free(mask_hash);
	RSA_PSS_PARAMS_free(params);
	return good;
}

static enum ike_auth_fault scheme_named(const X509_ALGOR *algor, const struct scheme **scheme,
					int *salt)
{
	int nid = nid_of(algor), hash = NID_undef;
	const struct scheme *s;

	if (nid == NID_rsassaPss ? !pss_parameters(algor, &hash, salt) : !no_parameters(algor))
		return IKE_AUTH_METHOD;
	for (s = schemes; s < schemes + SCHEMES; s++) {
		if (s->method != IKE_METHOD_SIGNATURE || s->nid != nid)
			continue;
		if (s->pss && OBJ_txt2nid(s->digest) != hash)
			continue;
		/* The hash of an ECDSA key is the signer's choice. */
		if (s->bits)
			continue;
		*scheme = s;
		return IKE_AUTH_OK;
	}
	return IKE_AUTH_METHOD;
}

/* Takes the AlgorithmIdentifier off the front of AUTH data (RFC 7427 section 3). */
static enum ike_auth_fault identifier_get(const uint8_t **auth, size_t *len,
					  const struct scheme **scheme, int *salt)
{
	enum ike_auth_fault fault = IKE_AUTH_MALFORMED;
	const uint8_t *at = *auth + 1;
	X509_ALGOR *algor = NULL;

	if (*len && (*auth)[0] && (*auth)[0] < *len)
		algor = d2i_X509_ALGOR(NULL, &at, (*auth)[0]);
	if (algor && at == *auth + 1 + (*auth)[0])
		fault = scheme_named(algor, scheme, salt);
	X509_ALGOR_free(algor);
	if (fault == IKE_AUTH_OK) {
		*len -= 1 + (*auth)[0];
		*auth = at;
	}
	return fault;
}

static enum ike_auth_fault scheme_of_method(uint8_t method, const struct scheme **scheme)
{
	const struct scheme *s;

	for (s = schemes; s < schemes + SCHEMES; s++) {
		if (s->method == method) {
			*scheme = s;
			return IKE_AUTH_OK;
		}
	}
	return IKE_AUTH_METHOD;
}

static enum ike_auth_fault check(EVP_PKEY *key, const struct scheme *scheme, int salt,
				 const uint8_t *octets, size_t octets_len,
				 const uint8_t *signature, size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	enum ike_auth_fault fault = IKE_AUTH_METHOD;
	EVP_PKEY_CTX *key_ctx;

	if (ctx &&
	    EVP_DigestVerifyInit_ex(ctx, &key_ctx, scheme->digest, NULL, NULL, key, NULL) > 0 &&
	    use_padding(key_ctx, scheme, salt))
		fault = EVP_DigestVerify(ctx, signature, len, octets, octets_len) == 1 ?
				IKE_AUTH_OK :
				IKE_AUTH_MISMATCH;
	EVP_MD_CTX_free(ctx);
	return fault;
}

enum ike_auth_fault ike_auth_verify(EVP_PKEY *key, uint8_t method, bool legacy,
				    const uint8_t *octets, size_t octets_len, const uint8_t *auth,
				    size_t len)
{
	/* A SEQUENCE of two INTEGERs that may each begin with a zero octet. */
	uint8_t der[2 * ECDSA_NUMBER_MAX + 16];
	const struct scheme *scheme = NULL;
	enum ike_auth_fault fault;
	int salt = 0;

	if (method == IKE_METHOD_SIGNATURE)
		fault = identifier_get(&auth, &len, &scheme, &salt);
	else
		fault = scheme_of_method(method, &scheme);
	if (fault == IKE_AUTH_OK && scheme->hash == IKE_AUTH_HASH_SHA1 && !legacy)
		fault = IKE_AUTH_POLICY;
	if (fault == IKE_AUTH_OK && !scheme_fits(scheme, key))
		fault = IKE_AUTH_KEY;
	if (fault == IKE_AUTH_OK && scheme->base == EVP_PKEY_EC &&
	    method != IKE_METHOD_SIGNATURE) {
		len = numbers_to_der(scheme, auth, len, der);
		auth = der;
		if (!len)
			fault = IKE_AUTH_MALFORMED;
	}
	if (fault == IKE_AUTH_OK)
		fault = check(key, scheme, salt, octets, octets_len, auth, len);
	ERR_clear_error();
	return fault;
}
