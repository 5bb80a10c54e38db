// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>
#include "crypt.h"
#include "keystore.h"
#include "wire.h"

/* Shorter ones are guessed from a recorded exchange (RFC 7296 section 2.15). */
#define PSK_MIN 8

struct ike_keys *ike_keys_new(const char *name)
{
	struct ike_keys *keys = calloc(1, sizeof(*keys));

	if (!keys)
		return NULL;
	keys->trusted = ike_cert_store_new();
	if (!keys->trusted) {
		free(keys);
		return NULL;
	}
	snprintf(keys->name, sizeof(keys->name), "%s", name);
	return keys;
}

void ike_keys_free(struct ike_keys *keys)
{
	if (!keys)
		return;
	ike_cert_own_uninit(&keys->own);
	ike_cert_store_free(keys->trusted);
	ike_wipe(keys, sizeof(*keys));
	free(keys);
}

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *psk_hex(struct ike_keys *keys, const uint8_t *text, size_t len)
{
	size_t i;

	if (len % 2)
		return "an odd number of hexadecimal digits";
	if (len / 2 > sizeof(keys->psk))
		return "longer than 256 octets";
	for (i = 0; i < len; i += 2) {
		if (digit(text[i]) < 0 || digit(text[i + 1]) < 0)
			return "begins with 0x, and what follows is not hexadecimal";
		keys->psk[i / 2] = digit(text[i]) << 4 | digit(text[i + 1]);
	}
	keys->psk_len = len / 2;
	return NULL;
}

static const char *psk_base64(struct ike_keys *keys, const uint8_t *text, size_t len)
{
	uint8_t octets[IKE_PSK_MAX + 4];
	int got;

	if (len % 4 || len / 4 * 3 > sizeof(octets))
		return "begins with 0s, and what follows is not base64 of up to 256 octets";
	got = EVP_DecodeBlock(octets, text, len);
	if (got < 0)
		return "begins with 0s, and what follows is not base64";
	/* The function counts the octets that the padding stands for. */
	if (len && text[len - 1] == '=')
		got--;
	if (len > 1 && text[len - 2] == '=')
		got--;
	keys->psk_len = got > IKE_PSK_MAX ? IKE_PSK_MAX : got;
	memcpy(keys->psk, octets, keys->psk_len);
	ike_wipe(octets, sizeof(octets));
	return NULL;
}

static const char *psk_parse(struct ike_keys *keys, const uint8_t *text, size_t len)
{
	const uint8_t *newline = memchr(text, '\n', len);
	const char *wrong = NULL;

	if (newline)
		len = newline - text;
	if (len && text[len - 1] == '\r')
		len--;
	if (len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		wrong = psk_hex(keys, text + 2, len - 2);
	else if (len > 2 && text[0] == '0' && text[1] == 's')
		wrong = psk_base64(keys, text + 2, len - 2);
	else if (len > sizeof(keys->psk))
		wrong = "longer than 256 octets";
	else
		memcpy(keys->psk, text, keys->psk_len = len);
	if (!wrong && keys->psk_len < PSK_MIN)
		wrong = "the pre-shared key is shorter than 8 octets, which is soon guessed";
	return wrong;
}

static const char *key_parse(struct ike_keys *keys, const uint8_t *text, size_t len)
{
	switch (ike_cert_own_key(&keys->own, text, len)) {
	case 0:
		return NULL;
	case -EKEYREJECTED:
		return "is not the private key of the certificate in cert";
	case -EOPNOTSUPP:
		return "is of a kind that nothing is signed with: RSA, ECDSA, Ed25519 are";
	default:
		return "not a private key in PEM or DER without a passphrase";
	}
}

const char *ike_keys_add(struct ike_keys *keys, enum ike_keyfile kind, const uint8_t *text,
			 size_t len)
{
	int count;

	switch (kind) {
	case IKE_KEYFILE_PSK:
		return psk_parse(keys, text, len);
	case IKE_KEYFILE_CERT:
		count = ike_cert_own_add(&keys->own, text, len);
		if (count == -E2BIG)
			return "more than 8 certificates in all";
		return count < 0 ? "not certificates in PEM, nor one in DER" : NULL;
	case IKE_KEYFILE_KEY:
		return key_parse(keys, text, len);
	case IKE_KEYFILE_CA:
		count = ike_cert_store_trust(keys->trusted, text, len);
		return count < 0 ? "not certificates in PEM, nor one in DER" : NULL;
	case IKE_KEYFILE_CRL:
		count = ike_cert_store_revoke(keys->trusted, text, len);
		return count < 0 ? "not revocation lists in PEM, nor one in DER" : NULL;
	}
	return "not a kind of file";
}

static void fail(struct ike_keys_answer *answer, int error, const char *fault, const char *text)
{
	answer->reply.error = error;
	answer->reply.fault = fault;
	snprintf(answer->text, sizeof(answer->text), "%s", text);
}

static unsigned int hash_set(const struct ike_key_request *request)
{
	unsigned int set = 0;
	size_t i;

	for (i = 0; i < request->hash_count; i++) {
		if (request->hashes[i] < 32)
			set |= 1U << request->hashes[i];
	}
	return set;
}

static void sign_with_psk(const struct ike_keys *keys, const struct ike_key_request *request,
			  struct ike_keys_answer *answer)
{
	answer->reply.method = IKE_METHOD_PSK;
	if (ike_auth_psk(request->prf, keys->psk, keys->psk_len, request->octets,
			 request->octets_len, answer->auth, &answer->reply.auth_len))
		fail(answer, -EIO, "crypto", "libcrypto refuses the prf");
}

static void sign_with_key(const struct ike_keys *keys, const struct ike_key_request *request,
			  struct ike_keys_answer *answer)
{
	struct ike_key_reply *reply = &answer->reply;
	unsigned int hashes = hash_set(request);
	enum ike_auth_fault fault;
	size_t i;

	if (!keys->own.key) {
		fail(answer, -ENOKEY, "no-key", "there is no private key of this side");
		return;
	}
	fault = ike_auth_sign(keys->own.key, hashes, request->octets, request->octets_len,
			      &reply->method, answer->auth, &reply->auth_len);
	if (fault == IKE_AUTH_KEY) {
		fail(answer, -EOPNOTSUPP, "method",
		     hashes ? "the peer announces no hash that goes with the key of this side" :
			      "the key of this side cannot sign for a peer without RFC 7427");
		return;
	}
	if (fault != IKE_AUTH_OK) {
		fail(answer, -EIO, "crypto", "libcrypto cannot sign with the private key");
		return;
	}
	for (i = 0; i < keys->own.count; i++) {
		reply->certs[i].encoding = IKE_ENCODING_X509;
		reply->certs[i].data = keys->own.chain[i].octets;
		reply->certs[i].len = keys->own.chain[i].len;
	}
	reply->cert_count = keys->own.count;
}

static void verify_psk(const struct ike_keys *keys, const struct ike_key_request *request,
		       struct ike_keys_answer *answer)
{
	char text[128];

	if (request->method != IKE_METHOD_PSK) {
		snprintf(text, sizeof(text), "the peer authenticates by %s, remote-auth is psk",
			 ike_auth_method_name(request->method));
		fail(answer, -EACCES, "method", text);
		return;
	}
	if (ike_auth_psk_verify(request->prf, keys->psk, keys->psk_len, request->octets,
				request->octets_len, request->auth,
				request->auth_len) != IKE_AUTH_OK)
		fail(answer, -EACCES, "wrong-psk",
		     "the peer has another pre-shared key than psk-file");
}

static const char *auth_fault_word(enum ike_auth_fault fault)
{
	return fault == IKE_AUTH_MISMATCH || fault == IKE_AUTH_MALFORMED ? "signature" : "method";
}

static void verify_signature(const struct ike_keys *keys, const struct ike_key_request *request,
			     int64_t now, struct ike_keys_answer *answer)
{
	struct ike_cert_der chain[IKE_CERT_CHAIN_MAX];
	struct ike_cert_verdict verdict;
	enum ike_auth_fault fault;
	char text[160];
	struct ike_id id = { .type = request->id_type, .len = request->id_len };
	size_t i, count = 0;
	EVP_PKEY *key;

	if (request->method == IKE_METHOD_PSK) {
		fail(answer, -EACCES, "method",
		     "the peer authenticates by a pre-shared key, remote-auth is cert");
		return;
	}
	if (request->id_len > sizeof(id.data)) {
		fail(answer, -EACCES, "identity", "the identity is too long");
		return;
	}
	memcpy(id.data, request->id_data, request->id_len);
	for (i = 0; i < request->cert_count && count < IKE_CERT_CHAIN_MAX; i++) {
		if (request->certs[i].encoding == IKE_ENCODING_X509)
			chain[count++] = (struct ike_cert_der){ request->certs[i].data,
								request->certs[i].len };
	}
	key = ike_cert_verify(keys->trusted, chain, count, &id, now, &verdict);
	if (!key) {
		fail(answer, -EACCES, ike_cert_fault_word(verdict.fault), verdict.text);
		return;
	}
	fault = ike_auth_verify(key, request->method, keys->legacy, request->octets,
				request->octets_len, request->auth, request->auth_len);
	EVP_PKEY_free(key);
	if (fault == IKE_AUTH_OK)
		return;
	snprintf(text, sizeof(text), "%s (%s)", ike_auth_fault_text(fault),
		 ike_auth_method_name(request->method));
	fail(answer, -EACCES, auth_fault_word(fault), text);
}

void ike_keys_answer(const struct ike_keys *keys, const struct ike_key_request *request,
		     int64_t now, struct ike_keys_answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	answer->reply.fault = "";
	answer->reply.text = answer->text;
	answer->reply.auth = answer->auth;
	if (!keys)
		fail(answer, -ENOKEY, "no-key", "the keys of the peer could not be read");
	else if (request->verb == IKE_KEY_SIGN && keys->local_auth == IKE_AUTH_PSK)
		sign_with_psk(keys, request, answer);
	else if (request->verb == IKE_KEY_SIGN)
		sign_with_key(keys, request, answer);
	else if (keys->remote_auth == IKE_AUTH_PSK)
		verify_psk(keys, request, answer);
	else
		verify_signature(keys, request, now, answer);
	if (answer->reply.error) {
		answer->reply.auth_len = 0;
		answer->reply.cert_count = 0;
	}
}
