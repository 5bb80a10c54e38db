/* SPDX-License-Identifier: MIT */
/*
 * The keys of all peers, and what is done with them: what the key process is, without its messages.
 */
#ifndef IKE_KEYSTORE_H
#define IKE_KEYSTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "auth.h"
#include "cert.h"
#include "engine.h"

/** IKE_KEYFILE_MAX - octets of the largest file with keys, certificates or revocation lists */
#define IKE_KEYFILE_MAX (1U << 20)
/** IKE_PSK_MAX - octets of the longest pre-shared key */
#define IKE_PSK_MAX 256

/**
 * enum ike_keyfile - what is in a file
 * @IKE_KEYFILE_PSK: pre-shared key: text up to the end of the first line, or 0x and hexadecimal
 *	digits, or 0s and base64
 * @IKE_KEYFILE_CERT: certificates of this side, its own first
 * @IKE_KEYFILE_KEY: private key of the first of them
 * @IKE_KEYFILE_CA: authorities
 * @IKE_KEYFILE_CRL: revocation lists
 *
 * Files of a peer come in this order.
 */
enum ike_keyfile {
	IKE_KEYFILE_PSK,
	IKE_KEYFILE_CERT,
	IKE_KEYFILE_KEY,
	IKE_KEYFILE_CA,
	IKE_KEYFILE_CRL,
	IKE_KEYFILE_LAST = IKE_KEYFILE_CRL,
};

/**
 * struct ike_keys - what a peer's configuration says of keys
 * @name: name of the peer
 * @local_auth: enum ike_auth_kind of this side
 * @remote_auth: enum ike_auth_kind of the peer
 * @legacy: RSA signatures with SHA-1 are accepted from it
 * @psk: pre-shared key
 * @psk_len: octets of it
 * @own: certificate and private key of this side
 * @trusted: who may vouch for the peer
 */
struct ike_keys {
	char name[IKE_NAME_SIZE];
	unsigned int local_auth;
	unsigned int remote_auth;
	bool legacy;
	uint8_t psk[IKE_PSK_MAX];
	size_t psk_len;
	struct ike_cert_own own;
	struct ike_cert_store *trusted;
};

/**
 * ike_keys_new - makes a peer without keys
 * @name: its name, shorter than IKE_NAME_SIZE
 *
 * Return: the peer, released with ike_keys_free(), or NULL.
 */
struct ike_keys *ike_keys_new(const char *name);

/**
 * ike_keys_free - wipes and releases a peer
 * @keys: the peer, or NULL
 */
void ike_keys_free(struct ike_keys *keys);

/**
 * ike_keys_add - takes the content of a file in
 * @keys: the peer
 * @kind: what the file is to be
 * @text: its content
 * @len: octets of it
 *
 * Return: NULL, or in a sentence what is wrong with the file.
 */
const char *ike_keys_add(struct ike_keys *keys, enum ike_keyfile kind, const uint8_t *text,
			 size_t len);

/**
 * struct ike_keys_answer - what came of a request
 * @reply: the answer; points to the rest and to the keys
 * @auth: AUTH data
 * @text: sentence
 */
struct ike_keys_answer {
	struct ike_key_reply reply;
	uint8_t auth[IKE_AUTH_MAX];
	char text[IKE_CERT_TEXT_SIZE];
};

/**
 * ike_keys_answer - signs or verifies
 * @keys: the peer's; NULL: there is no such peer
 * @request: what the protocol process wants; hostile
 * @now: seconds since 1970
 * @answer: is filled in
 */
void ike_keys_answer(const struct ike_keys *keys, const struct ike_key_request *request,
		     int64_t now, struct ike_keys_answer *answer);

#endif
