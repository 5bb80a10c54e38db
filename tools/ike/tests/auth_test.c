// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include "auth.h"
#include "crypt.h"
#include "pki.h"

#define PRF_HMAC_SHA256 5

static const uint8_t octets[] = "first message | nonce | maced id";
static const char *const kinds[] = { "rsa", "p256", "p384", "p521", "ed25519" };
static EVP_PKEY *keys[5];
static uint8_t auth[IKE_AUTH_MAX];
static size_t auth_len;
static uint8_t method;

enum { RSA_KEY, P256, P384, P521, ED25519_KEY };

static int make_keys(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 5; i++)
		keys[i] = pki_key(kinds[i]);
	return ike_crypt_init();
}

static int forget_keys(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 5; i++)
		EVP_PKEY_free(keys[i]);
	ike_crypt_exit();
	return 0;
}

static enum ike_auth_fault sign(int key, unsigned int hashes)
{
	return ike_auth_sign(keys[key], hashes, octets, sizeof(octets), &method, auth, &auth_len);
}

static enum ike_auth_fault verify(int key, bool legacy)
{
	return ike_auth_verify(keys[key], method, legacy, octets, sizeof(octets), auth, auth_len);
}

/* RFC 7296 section 2.15 spelled out with another function of libcrypto. */
static void a_pre_shared_key_signs_as_the_rfc_says(void **state)
{
	uint8_t padded[32], right[32];
	unsigned int len = 32;

	(void)state;
	HMAC(EVP_sha256(), "secret", 6, (const uint8_t *)"Key Pad for IKEv2", 17, padded, &len);
	HMAC(EVP_sha256(), padded, 32, octets, sizeof(octets), right, &len);
	assert_int_equal(ike_auth_psk(PRF_HMAC_SHA256, (const uint8_t *)"secret", 6, octets,
				      sizeof(octets), auth, &auth_len), 0);
	assert_int_equal(auth_len, 32);
	assert_memory_equal(auth, right, 32);
	assert_int_equal(ike_auth_psk_verify(PRF_HMAC_SHA256, (const uint8_t *)"secret", 6, octets,
					     sizeof(octets), right, 32), IKE_AUTH_OK);
}

static void another_pre_shared_key_does_not(void **state)
{
	const uint8_t *secret = (const uint8_t *)"secret";

	(void)state;
	ike_auth_psk(PRF_HMAC_SHA256, secret, 6, octets, sizeof(octets), auth, &auth_len);
	assert_int_equal(ike_auth_psk_verify(PRF_HMAC_SHA256, secret, 5, octets, sizeof(octets),
					     auth, auth_len), IKE_AUTH_MISMATCH);
	assert_int_equal(ike_auth_psk_verify(PRF_HMAC_SHA256, secret, 6, octets,
					     sizeof(octets) - 1, auth, auth_len),
			 IKE_AUTH_MISMATCH);
	assert_int_equal(ike_auth_psk_verify(PRF_HMAC_SHA256, secret, 6, octets, sizeof(octets),
					     auth, auth_len - 1), IKE_AUTH_MISMATCH);
	assert_int_equal(ike_auth_psk_verify(PRF_HMAC_SHA256, secret, 6, octets, sizeof(octets),
					     auth, 0), IKE_AUTH_MISMATCH);
	assert_int_equal(ike_auth_psk_verify(4711, secret, 6, octets, sizeof(octets), auth,
					     auth_len), IKE_AUTH_METHOD);
}

static void every_key_signs_what_it_verifies(void **state)
{
	int i, j;

	(void)state;
	for (i = 0; i < 5; i++) {
		assert_int_equal(sign(i, IKE_AUTH_HASHES), IKE_AUTH_OK);
		assert_int_equal(method, IKE_METHOD_SIGNATURE);
		assert_int_equal(verify(i, false), IKE_AUTH_OK);
		for (j = 0; j < 5; j++) {
			if (i != j)
				assert_int_not_equal(verify(j, false), IKE_AUTH_OK);
		}
	}
}

static void a_peer_without_rfc_7427_gets_the_method_of_its_time(void **state)
{
	(void)state;
	assert_int_equal(sign(RSA_KEY, 0), IKE_AUTH_OK);
	assert_int_equal(method, IKE_METHOD_RSA);
	assert_int_equal(auth_len, 256);
	assert_int_equal(verify(RSA_KEY, true), IKE_AUTH_OK);
	assert_int_equal(verify(RSA_KEY, false), IKE_AUTH_POLICY);
	assert_int_equal(sign(P256, 0), IKE_AUTH_OK);
	assert_int_equal(method, IKE_METHOD_ECDSA_256);
	assert_int_equal(auth_len, 64);
	assert_int_equal(verify(P256, false), IKE_AUTH_OK);
	assert_int_equal(verify(P384, false), IKE_AUTH_KEY);
	assert_int_equal(sign(P384, 0), IKE_AUTH_OK);
	assert_int_equal(method, IKE_METHOD_ECDSA_384);
	assert_int_equal(auth_len, 96);
	assert_int_equal(verify(P384, false), IKE_AUTH_OK);
	assert_int_equal(sign(P521, 0), IKE_AUTH_OK);
	assert_int_equal(method, IKE_METHOD_ECDSA_521);
	assert_int_equal(auth_len, 132);
	assert_int_equal(verify(P521, false), IKE_AUTH_OK);
	assert_int_equal(sign(ED25519_KEY, 0), IKE_AUTH_KEY);
}

/* The octets of RFC 7427 appendix A. */
static void algorithms_are_named_as_the_rfc_says(void **state)
{
	static const uint8_t pss_sha256[] = {
		0x43, 0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a,
		0x30, 0x34, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
		0x04, 0x02, 0x01, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48,
		0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
		0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, 0x20,
	};
	static const uint8_t ecdsa_sha384[] = { 0x0c, 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
						0x48, 0xce, 0x3d, 0x04, 0x03, 0x03 };
	static const uint8_t ed25519[] = { 0x07, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70 };

	(void)state;
	assert_int_equal(sign(RSA_KEY, IKE_AUTH_HASHES), IKE_AUTH_OK);
	assert_int_equal(auth_len, sizeof(pss_sha256) + 256);
	assert_memory_equal(auth, pss_sha256, sizeof(pss_sha256));
	assert_int_equal(sign(P384, IKE_AUTH_HASHES), IKE_AUTH_OK);
	assert_memory_equal(auth, ecdsa_sha384, sizeof(ecdsa_sha384));
	assert_int_equal(sign(ED25519_KEY, IKE_AUTH_HASHES), IKE_AUTH_OK);
	assert_int_equal(auth_len, sizeof(ed25519) + 64);
	assert_memory_equal(auth, ed25519, sizeof(ed25519));
}

static void only_announced_hashes_are_used(void **state)
{
	(void)state;
	assert_int_equal(sign(P256, IKE_AUTH_HASH(IKE_AUTH_HASH_SHA512)), IKE_AUTH_OK);
	assert_int_equal(auth[12], 4); /* ecdsa-with-SHA512 */
	assert_int_equal(verify(P256, false), IKE_AUTH_OK);
	assert_int_equal(sign(RSA_KEY, IKE_AUTH_HASH(IKE_AUTH_HASH_SHA384)), IKE_AUTH_OK);
	assert_int_equal(verify(RSA_KEY, false), IKE_AUTH_OK);
	assert_int_equal(sign(ED25519_KEY, IKE_AUTH_HASH(IKE_AUTH_HASH_SHA256)), IKE_AUTH_KEY);
	assert_int_equal(sign(RSA_KEY, IKE_AUTH_HASH(IKE_AUTH_HASH_IDENTITY)), IKE_AUTH_KEY);
	assert_int_equal(sign(RSA_KEY, IKE_AUTH_HASH(IKE_AUTH_HASH_SHA1)), IKE_AUTH_KEY);
}

/* What other implementations send under method 14: PKCS #1 v1.5 (RFC 7427 appendix A.1). */
static void rsa_without_pss_is_understood(void **state)
{
	static const uint8_t sha256_with_rsa[] = { 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x2a,
						   0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
						   0x01, 0x0b, 0x05, 0x00 };
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = IKE_AUTH_MAX - sizeof(sha256_with_rsa);

	(void)state;
	memcpy(auth, sha256_with_rsa, sizeof(sha256_with_rsa));
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, keys[RSA_KEY]), 1);
	assert_int_equal(EVP_DigestSign(ctx, auth + sizeof(sha256_with_rsa), &len, octets,
					sizeof(octets)), 1);
	EVP_MD_CTX_free(ctx);
	auth_len = sizeof(sha256_with_rsa) + len;
	method = IKE_METHOD_SIGNATURE;
	assert_int_equal(verify(RSA_KEY, false), IKE_AUTH_OK);
	auth[13] = 0x05; /* sha1WithRSAEncryption */
	assert_int_equal(verify(RSA_KEY, false), IKE_AUTH_POLICY);
	assert_int_equal(verify(RSA_KEY, true), IKE_AUTH_MISMATCH);
}

static void every_octet_counts(void **state)
{
	size_t i;
	int k;

	(void)state;
	for (k = 0; k < 5; k++) {
		assert_int_equal(sign(k, IKE_AUTH_HASHES), IKE_AUTH_OK);
		for (i = 0; i < auth_len; i++) {
			auth[i] ^= 0x01;
			assert_int_not_equal(verify(k, true), IKE_AUTH_OK);
			auth[i] ^= 0x01;
		}
		assert_int_equal(verify(k, true), IKE_AUTH_OK);
	}
}

static void every_octet_has_to_be_there(void **state)
{
	size_t len, whole;
	int k;

	(void)state;
	for (k = 0; k < 5; k++) {
		assert_int_equal(sign(k, IKE_AUTH_HASHES), IKE_AUTH_OK);
		whole = auth_len;
		for (len = 0; len < whole; len++) {
			auth_len = len;
			assert_int_not_equal(verify(k, true), IKE_AUTH_OK);
		}
		assert_int_equal(sign(k, k == ED25519_KEY ? IKE_AUTH_HASHES : 0), IKE_AUTH_OK);
		whole = auth_len;
		for (len = 0; len < whole; len++) {
			auth_len = len;
			assert_int_not_equal(verify(k, true), IKE_AUTH_OK);
		}
	}
}

static void unknown_methods_are_refused(void **state)
{
	int i;

	(void)state;
	assert_int_equal(sign(P256, IKE_AUTH_HASHES), IKE_AUTH_OK);
	for (i = 0; i < 256; i++) {
		method = i;
		if (i != IKE_METHOD_SIGNATURE)
			assert_int_not_equal(verify(P256, true), IKE_AUTH_OK);
	}
	method = 3;
	assert_int_equal(verify(P256, true), IKE_AUTH_METHOD);
	assert_string_equal(ike_auth_method_name(3), "an unknown method");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pre_shared_key_signs_as_the_rfc_says),
		cmocka_unit_test(another_pre_shared_key_does_not),
		cmocka_unit_test(every_key_signs_what_it_verifies),
		cmocka_unit_test(a_peer_without_rfc_7427_gets_the_method_of_its_time),
		cmocka_unit_test(algorithms_are_named_as_the_rfc_says),
		cmocka_unit_test(only_announced_hashes_are_used),
		cmocka_unit_test(rsa_without_pss_is_understood),
		cmocka_unit_test(every_octet_counts),
		cmocka_unit_test(every_octet_has_to_be_there),
		cmocka_unit_test(unknown_methods_are_refused),
	};

	return cmocka_run_group_tests_name("auth", tests, make_keys, forget_keys);
}
