/* SPDX-License-Identifier: MIT */
/*
 * Encrypted payloads: SK (RFC 7296 section 3.14, RFC 5282 for AEADs) and SKF (RFC 7383).
 *
 *	IKE header | SK header (4)  or  SKF header (8) | IV | text, padding, pad length | ICV
 *	'------------- authenticated ----------------'
 *	'------ CBC + HMAC: all but the ICV is authenticated ------------------------'
 */
#ifndef IKE_SK_H
#define IKE_SK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "crypt.h"
#include "wire.h"

/** IKE_FRAGMENTS_MAX - fragments of one message; one with more is refused */
#define IKE_FRAGMENTS_MAX 128

/**
 * struct ike_seal - protects the messages of one direction
 * @key: the key
 * @random: where IVs of CBC come from, or NULL
 * @counter: messages sealed so far, the IV of the next AEAD message
 */
struct ike_seal {
	const struct ike_crypt_key *key;
	const struct ike_random *random;
	uint64_t counter;
};

/**
 * ike_sk_size - octets of the message that ike_sk_protect() makes
 * @key: the key
 * @len: octets of the payloads inside
 *
 * Return: octets, without a non-ESP marker.
 */
size_t ike_sk_size(const struct ike_crypt_key *key, size_t len);

/**
 * ike_sk_protect - builds a message with an SK payload
 * @seal: the key; its counter moves on
 * @header: what the IKE header says; next payload, version and length are filled in
 * @first: type of the first payload inside; 0: none
 * @payloads: the payloads inside
 * @to: gets the message
 * @size: octets that fit
 *
 * Return: octets of the message; -EMSGSIZE; or a negative errno of crypt.h.
 */
ptrdiff_t ike_sk_protect(struct ike_seal *seal, const struct ike_header *header, uint8_t first,
			 struct ike_span payloads, uint8_t *to, size_t size);

/**
 * ike_skf_count - how many messages are needed
 * @key: the key
 * @len: octets of the payloads inside
 * @max: octets of the longest message, without a non-ESP marker
 *
 * Return: 1: an SK payload does; from 2: so many fragments; -EMSGSIZE: more than
 * IKE_FRAGMENTS_MAX, or @max has no room for anything.
 */
int ike_skf_count(const struct ike_crypt_key *key, size_t len, size_t max);

/**
 * ike_skf_protect - builds one fragment
 * @seal: the key; its counter moves on
 * @header: as for ike_sk_protect()
 * @first: type of the first payload inside
 * @payloads: all the payloads inside, of the whole message
 * @number: which fragment, from 1
 * @max: as for ike_skf_count(), which says how many there are
 * @to: gets the message
 * @size: octets that fit
 *
 * Return: as ike_sk_protect(); -EINVAL: there is no such fragment.
 */
ptrdiff_t ike_skf_protect(struct ike_seal *seal, const struct ike_header *header, uint8_t first,
			  struct ike_span payloads, unsigned int number, size_t max, uint8_t *to,
			  size_t size);

/**
 * struct ike_opened - what was in an encrypted payload
 * @first: type of the first payload inside; of a fragment but the first: 0
 * @number: fragment number, from 1; 0: it was an SK payload
 * @total: number of fragments; 0: it was an SK payload
 * @text: the payloads, or a part of them; points into the caller's buffer
 */
struct ike_opened {
	uint8_t first;
	uint16_t number;
	uint16_t total;
	struct ike_span text;
};

/**
 * ike_sk_open - checks and decrypts a message whose last payload is SK or SKF
 * @key: the key
 * @view: the message
 * @to: gets the text
 * @size: octets that fit; view->octets.len is always enough
 * @opened: is filled in
 *
 * Return: 0; -EBADMSG: not authentic, or too short, or no such payload; -EPROTO: authentic, yet
 * padded wrongly or numbered wrongly; or a negative errno of crypt.h.
 */
int ike_sk_open(const struct ike_crypt_key *key, const struct ike_view *view, uint8_t *to,
		size_t size, struct ike_opened *opened);

/**
 * struct ike_reassembly - fragments of one message; all 0 when there are none
 * @message_id: its message ID
 * @first: type of the first payload inside, once fragment 1 is there
 * @total: number of fragments
 * @received: number of those that are there
 * @len: octets of those that are there
 * @fragments: the fragments; owned
 *
 * It holds at most IKE_MESSAGE_MAX octets, all of them from the authenticated peer.
 */
struct ike_reassembly {
	uint32_t message_id;
	uint8_t first;
	uint16_t total;
	uint16_t received;
	size_t len;
	struct {
		uint8_t *octets;
		size_t len;
	} fragments[IKE_FRAGMENTS_MAX];
};

/**
 * ike_reassembly_add - adds a fragment (RFC 7383 section 2.6)
 * @reassembly: where
 * @message_id: message ID; of another one than before: what was there is dropped
 * @opened: an authentic fragment. A greater total than before: the peer fragmented anew, what
 *       was there is dropped; a smaller one, or one that is there already: it is ignored.
 *
 * Return: 1: the message is complete; 0: not yet; -EMSGSIZE: too many or too long, all was
 * dropped; -ENOMEM.
 */
int ike_reassembly_add(struct ike_reassembly *reassembly, uint32_t message_id,
		       const struct ike_opened *opened);

/**
 * ike_reassembly_finish - joins the fragments of a complete message
 * @reassembly: the fragments; is emptied
 * @to: gets the payloads
 * @size: octets that fit; IKE_MESSAGE_MAX is always enough
 * @opened: is filled in as for an SK payload
 *
 * Return: 0; -EAGAIN: not complete; -EMSGSIZE.
 */
int ike_reassembly_finish(struct ike_reassembly *reassembly, uint8_t *to, size_t size,
			  struct ike_opened *opened);

/** ike_reassembly_drop - wipes and releases all fragments */
void ike_reassembly_drop(struct ike_reassembly *reassembly);

#endif
