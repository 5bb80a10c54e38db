// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <string.h>
#include <cmocka.h>
#include "crypt.h"
#include "keystore.h"
#include "pki.h"

#define PRF_HMAC_SHA256 5

static const uint8_t octets[] = "what is signed";
static const uint16_t hashes[] = { IKE_AUTH_HASH_SHA256, IKE_AUTH_HASH_SHA384,
				   IKE_AUTH_HASH_SHA512, IKE_AUTH_HASH_IDENTITY };
static struct ike_keys_answer answer, second;
static EVP_PKEY *ca_key, *peer_key;
static X509 *ca;

static int prepare(void **state)
{
	const struct pki_wish wish = { .subject = "ca", .ca = true };

	(void)state;
	ca_key = pki_key("p256");
	peer_key = pki_key("p256");
	ca = pki_cert(ca_key, &wish, NULL, NULL);
	return ike_crypt_init();
}

static int forget(void **state)
{
	(void)state;
	X509_free(ca);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(peer_key);
	ike_crypt_exit();
	return 0;
}

static struct ike_keys *keys_new(unsigned int local, unsigned int remote)
{
	struct ike_keys *keys = ike_keys_new("hq");

	assert_non_null(keys);
	keys->local_auth = local;
	keys->remote_auth = remote;
	return keys;
}

static const char *add_psk(struct ike_keys *keys, const char *text)
{
	return ike_keys_add(keys, IKE_KEYFILE_PSK, (const uint8_t *)text, strlen(text));
}

static void add(struct ike_keys *keys, enum ike_keyfile kind, struct pki_text text)
{
	assert_null(ike_keys_add(keys, kind, text.octets, text.len));
	pki_text_free(&text);
}

/* Keys of a peer with a certificate that names me.example and is expired if so wanted. */
static struct ike_keys *cert_keys(int64_t to)
{
	const struct pki_wish wish = { .subject = "me", .san = "DNS:me.example", .to = to };
	struct ike_keys *keys = keys_new(IKE_AUTH_CERT, IKE_AUTH_CERT);
	X509 *cert = pki_cert(peer_key, &wish, ca, ca_key);

	add(keys, IKE_KEYFILE_CERT, pki_cert_pem(cert));
	add(keys, IKE_KEYFILE_KEY, pki_key_pem(peer_key));
	add(keys, IKE_KEYFILE_CA, pki_cert_pem(ca));
	X509_free(cert);
	return keys;
}

static struct ike_key_request to_sign(void)
{
	return (struct ike_key_request){ .verb = IKE_KEY_SIGN, .prf = PRF_HMAC_SHA256,
					 .octets = octets, .octets_len = sizeof(octets),
					 .hashes = hashes, .hash_count = 4 };
}

/* The request that the other side makes of what this side signed. */
static struct ike_key_request to_verify(const struct ike_key_reply *reply, const char *id)
{
	struct ike_key_request request = {
		.verb = IKE_KEY_VERIFY, .prf = PRF_HMAC_SHA256, .octets = octets,
		.octets_len = sizeof(octets), .method = reply->method, .auth = reply->auth,
		.auth_len = reply->auth_len, .id_type = IKE_ID_FQDN, .id_data = (const uint8_t *)id,
		.id_len = strlen(id), .cert_count = reply->cert_count,
	};

	memcpy(request.certs, reply->certs, sizeof(request.certs));
	return request;
}

static void pre_shared_keys_have_three_forms(void **state)
{
	struct ike_keys *keys = keys_new(IKE_AUTH_PSK, IKE_AUTH_PSK);

	(void)state;
	assert_null(add_psk(keys, "correct horse\r\nsecond line\n"));
	assert_int_equal(keys->psk_len, 13);
	assert_memory_equal(keys->psk, "correct horse", 13);
	assert_null(add_psk(keys, "0x636f7272656374206870\n"));
	assert_int_equal(keys->psk_len, 10);
	assert_memory_equal(keys->psk, "correct hp", 10);
	assert_null(add_psk(keys, "0sY29ycmVjdCBocA==\n"));
	assert_int_equal(keys->psk_len, 10);
	assert_memory_equal(keys->psk, "correct hp", 10);
	assert_string_equal(add_psk(keys, "0x123"), "an odd number of hexadecimal digits");
	assert_non_null(add_psk(keys, "0x12345678901234567x"));
	assert_non_null(add_psk(keys, "0s!!!!!!!!!!!!!!!!"));
	assert_string_equal(add_psk(keys, "short\n"),
			    "the pre-shared key is shorter than 8 octets, which is soon guessed");
	assert_non_null(add_psk(keys, ""));
	ike_keys_free(keys);
}

static void one_pre_shared_key_proves_both_sides(void **state)
{
	struct ike_keys *here = keys_new(IKE_AUTH_PSK, IKE_AUTH_PSK);
	struct ike_keys *there = keys_new(IKE_AUTH_PSK, IKE_AUTH_PSK);
	struct ike_key_request request = to_sign();

	(void)state;
	assert_null(add_psk(here, "correct horse"));
	assert_null(add_psk(there, "correct horse"));
	ike_keys_answer(here, &request, PKI_NOW, &answer);
	assert_int_equal(answer.reply.error, 0);
	assert_int_equal(answer.reply.method, IKE_METHOD_PSK);
	request = to_verify(&answer.reply, "me.example");
	ike_keys_answer(there, &request, PKI_NOW, &second);
	assert_int_equal(second.reply.error, 0);

	assert_null(add_psk(there, "another horse"));
	ike_keys_answer(there, &request, PKI_NOW, &second);
	assert_int_equal(second.reply.error, -EACCES);
	assert_string_equal(second.reply.fault, "wrong-psk");
	ike_keys_free(here);
	ike_keys_free(there);
}

static void a_certificate_proves_who_it_names(void **state)
{
	struct ike_keys *keys = cert_keys(0);
	struct ike_key_request request = to_sign();

	(void)state;
	ike_keys_answer(keys, &request, PKI_NOW, &answer);
	assert_int_equal(answer.reply.error, 0);
	assert_int_equal(answer.reply.method, IKE_METHOD_SIGNATURE);
	assert_int_equal(answer.reply.cert_count, 1);
	request = to_verify(&answer.reply, "me.example");
	ike_keys_answer(keys, &request, PKI_NOW, &second);
	assert_int_equal(second.reply.error, 0);

	request = to_verify(&answer.reply, "you.example");
	ike_keys_answer(keys, &request, PKI_NOW, &second);
	assert_int_equal(second.reply.error, -EACCES);
	assert_string_equal(second.reply.fault, "identity");

	request = to_verify(&answer.reply, "me.example");
	request.octets_len--;
	ike_keys_answer(keys, &request, PKI_NOW, &second);
	assert_string_equal(second.reply.fault, "signature");

	request = to_verify(&answer.reply, "me.example");
	request.cert_count = 0;
	ike_keys_answer(keys, &request, PKI_NOW, &second);
	assert_string_equal(second.reply.fault, "no-certificate");
	ike_keys_free(keys);
}

static void an_expired_certificate_proves_nothing(void **state)
{
	struct ike_keys *keys = cert_keys(PKI_NOW - PKI_DAY);
	struct ike_key_request request = to_sign();

	(void)state;
	ike_keys_answer(keys, &request, PKI_NOW, &answer);
	request = to_verify(&answer.reply, "me.example");
	ike_keys_answer(keys, &request, PKI_NOW, &second);
	assert_int_equal(second.reply.error, -EACCES);
	assert_string_equal(second.reply.fault, "expired");
	ike_keys_free(keys);
}

static void only_the_configured_method_counts(void **state)
{
	struct ike_keys *psk = keys_new(IKE_AUTH_PSK, IKE_AUTH_PSK), *cert = cert_keys(0);
	struct ike_key_request request = to_sign();

	(void)state;
	assert_null(add_psk(psk, "correct horse"));
	ike_keys_answer(psk, &request, PKI_NOW, &answer);
	request = to_verify(&answer.reply, "me.example");
	ike_keys_answer(cert, &request, PKI_NOW, &second);
	assert_string_equal(second.reply.fault, "method");
	request = to_sign();
	ike_keys_answer(cert, &request, PKI_NOW, &answer);
	request = to_verify(&answer.reply, "me.example");
	ike_keys_answer(psk, &request, PKI_NOW, &second);
	assert_string_equal(second.reply.fault, "method");
	assert_string_equal(second.reply.text,
			    "the peer authenticates by digital signature, remote-auth is psk");
	ike_keys_free(psk);
	ike_keys_free(cert);
}

static void without_keys_there_is_no_answer(void **state)
{
	struct ike_key_request request = to_sign();
	struct ike_keys *keys = keys_new(IKE_AUTH_CERT, IKE_AUTH_CERT);

	(void)state;
	ike_keys_answer(NULL, &request, PKI_NOW, &answer);
	assert_int_equal(answer.reply.error, -ENOKEY);
	ike_keys_answer(keys, &request, PKI_NOW, &answer);
	assert_int_equal(answer.reply.error, -ENOKEY);
	assert_int_equal(answer.reply.auth_len, 0);
	ike_keys_free(keys);
}

static void wrong_files_are_named(void **state)
{
	struct ike_keys *keys = keys_new(IKE_AUTH_CERT, IKE_AUTH_CERT);
	const struct pki_wish wish = { .subject = "me" };
	X509 *cert = pki_cert(peer_key, &wish, ca, ca_key);
	struct pki_text other = pki_key_pem(ca_key);

	(void)state;
	add(keys, IKE_KEYFILE_CERT, pki_cert_pem(cert));
	assert_string_equal(ike_keys_add(keys, IKE_KEYFILE_KEY, other.octets, other.len),
			    "is not the private key of the certificate in cert");
	assert_string_equal(ike_keys_add(keys, IKE_KEYFILE_CA, other.octets, other.len),
			    "not certificates in PEM, nor one in DER");
	assert_string_equal(ike_keys_add(keys, IKE_KEYFILE_CRL, other.octets, other.len),
			    "not revocation lists in PEM, nor one in DER");
	assert_non_null(ike_keys_add(keys, IKE_KEYFILE_CA, (const uint8_t *)"", 0));
	pki_text_free(&other);
	X509_free(cert);
	ike_keys_free(keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pre_shared_keys_have_three_forms),
		cmocka_unit_test(one_pre_shared_key_proves_both_sides),
		cmocka_unit_test(a_certificate_proves_who_it_names),
		cmocka_unit_test(an_expired_certificate_proves_nothing),
		cmocka_unit_test(only_the_configured_method_counts),
		cmocka_unit_test(without_keys_there_is_no_answer),
		cmocka_unit_test(wrong_files_are_named),
	};

	return cmocka_run_group_tests_name("keystore", tests, prepare, forget);
}
