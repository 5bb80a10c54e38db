// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "sk.h"

/** SK_HEAD, SKF_HEAD - octets before the IV: generic header; with fragment number and total */
#define SK_HEAD IKE_PAYLOAD_HEADER_SIZE
#define SKF_HEAD (IKE_PAYLOAD_HEADER_SIZE + 4)

/* Octets of text with padding and pad length: as few as the block allows. */
static size_t padded(const struct ike_crypt_key *key, size_t len)
{
	size_t block = key->encr->block_len;

	return (len + 1 + block - 1) / block * block;
}

static size_t size_of(const struct ike_crypt_key *key, size_t head, size_t len)
{
	return IKE_HEADER_SIZE + head + key->encr->iv_len + padded(key, len) +
	       ike_crypt_icv_len(key);
}

size_t ike_sk_size(const struct ike_crypt_key *key, size_t len)
{
	return size_of(key, SK_HEAD, len);
}

/* Octets of payloads that a fragment of at most @max octets holds; 0: none. */
static size_t fragment_room(const struct ike_crypt_key *key, size_t max)
{
	size_t fixed = size_of(key, SKF_HEAD, 0) - padded(key, 0);
	size_t block = key->encr->block_len, room;

	if (max > IKE_MESSAGE_MAX)
		max = IKE_MESSAGE_MAX;
	if (max <= fixed)
		return 0;
	room = (max - fixed) / block * block;
	return room ? room - 1 : 0;
}

int ike_skf_count(const struct ike_crypt_key *key, size_t len, size_t max)
{
	size_t room = fragment_room(key, max), count;

	if (max > IKE_MESSAGE_MAX)
		max = IKE_MESSAGE_MAX;
	if (ike_sk_size(key, len) <= max)
		return 1;
	if (!room)
		return -EMSGSIZE;
	count = (len + room - 1) / room;
	return count <= IKE_FRAGMENTS_MAX ? (int)count : -EMSGSIZE;
}

/* The IV of an AEAD is a counter (RFC 5282 section 3.1), of CBC random (RFC 7296 section 3.14). */
static int put_iv(struct ike_seal *seal, struct ike_writer *writer)
{
	uint8_t iv[IKE_IV_MAX];
	int err;

	if (ike_alg_is_aead(seal->key->encr)) {
		if (seal->counter == UINT64_MAX)
			return -EOVERFLOW;
		ike_put64(writer, seal->counter++);
		return 0;
	}
	err = ike_random(seal->random, iv, seal->key->encr->iv_len);
	if (!err)
		ike_put(writer, iv, seal->key->encr->iv_len);
	return err;
}

/*
 * Builds a message whose only payload is SK or, with a @number, SKF:
 *
 *	first payload inside (1) | 0 (1) | length (2) | [number (2) | total (2)]
 *	IV | payloads | padding | pad length (1) | ICV
 */
static ptrdiff_t build(struct ike_seal *seal, const struct ike_header *header, uint8_t first,
		       struct ike_span payloads, unsigned int number, unsigned int total,
		       uint8_t *to, size_t size)
{
	const struct ike_crypt_key *key = seal->key;
	size_t text_len = padded(key, payloads.len), pad = text_len - payloads.len - 1;
	static const uint8_t zeros[IKE_ICV_MAX];
	size_t payload_at, iv_at, text_at;
	struct ike_writer writer;
	ptrdiff_t len;
	int err;

	ike_message_begin(&writer, to, size, header);
	payload_at = writer.len;
	ike_payload_begin(&writer, number ? IKE_PAYLOAD_SKF : IKE_PAYLOAD_SK);
	if (number) {
		ike_put16(&writer, (uint16_t)number);
		ike_put16(&writer, (uint16_t)total);
	}
	iv_at = writer.len;
	/* Nothing is spent on a message that will not fit. */
	if (writer.failed || size - iv_at < key->encr->iv_len + text_len + ike_crypt_icv_len(key))
		return -EMSGSIZE;
	err = put_iv(seal, &writer);
	if (err)
		return err;
	text_at = writer.len;
	ike_put(&writer, payloads.at, payloads.len);
	ike_put(&writer, zeros, pad);
	ike_put8(&writer, (uint8_t)pad);
	ike_put(&writer, zeros, ike_crypt_icv_len(key));
	ike_payload_end(&writer);
	len = ike_message_end(&writer);
	if (len < 0)
		return len;
	to[payload_at] = number > 1 ? IKE_PAYLOAD_NONE : first;
	err = ike_crypt_seal(key, (struct ike_span){ to, iv_at }, to + iv_at, to + text_at,
			     text_len, to + text_at + text_len);
	return err ? err : len;
}

ptrdiff_t ike_sk_protect(struct ike_seal *seal, const struct ike_header *header, uint8_t first,
			 struct ike_span payloads, uint8_t *to, size_t size)
{
	return build(seal, header, first, payloads, 0, 0, to, size);
}

ptrdiff_t ike_skf_protect(struct ike_seal *seal, const struct ike_header *header, uint8_t first,
			  struct ike_span payloads, unsigned int number, size_t max, uint8_t *to,
			  size_t size)
{
	int total = ike_skf_count(seal->key, payloads.len, max);
	size_t room = fragment_room(seal->key, max), at;
	struct ike_span part;

	if (total < 0)
		return total;
	if (total == 1 || number < 1 || number > (unsigned int)total)
		return -EINVAL;
	at = (number - 1) * room;
	part.at = payloads.at + at;
	part.len = payloads.len - at < room ? payloads.len - at : room;
	return build(seal, header, first, part, number, (unsigned int)total, to, size);
}

static const struct ike_payload *encrypted(const struct ike_view *view)
{
	const struct ike_payload *last;

	if (!view->chain.count)
		return NULL;
	last = &view->chain.payloads[view->chain.count - 1];
	return last->type == IKE_PAYLOAD_SK || last->type == IKE_PAYLOAD_SKF ? last : NULL;
}

int ike_sk_open(const struct ike_crypt_key *key, const struct ike_view *view, uint8_t *to,
		size_t size, struct ike_opened *opened)
{
	const struct ike_payload *payload = encrypted(view);
	size_t icv_len = ike_crypt_icv_len(key), iv_len = key->encr->iv_len;
	const uint8_t *iv, *text;
	bool fragment;
	size_t len;
	int err;

	if (!payload)
		return -EBADMSG;
	fragment = payload->type == IKE_PAYLOAD_SKF;
	memset(opened, 0, sizeof(*opened));
	len = fragment ? SKF_HEAD - IKE_PAYLOAD_HEADER_SIZE : 0;
	/* At least the pad length is inside. */
	if (payload->body.len < len + iv_len + 1 + icv_len)
		return -EBADMSG;
	iv = payload->body.at + len;
	text = iv + iv_len;
	len = payload->body.len - len - iv_len - icv_len;
	if (len > size)
		return -EMSGSIZE;
	err = ike_crypt_open(key,
			     (struct ike_span){ view->octets.at, (size_t)(iv - view->octets.at) },
			     iv, text, len, text + len, to);
	if (err)
		return err;
	/* What the padding is, is the sender's affair (section 3.14). */
	if (to[len - 1] > len - 1)
		return -EPROTO;
	opened->first = payload->next;
	opened->text = (struct ike_span){ to, len - 1 - to[len - 1] };
	if (!fragment)
		return 0;
	opened->number = ike_get16(payload->body.at);
	opened->total = ike_get16(payload->body.at + 2);
	/* RFC 7383 section 2.5; a fragment without anything in it is of no use */
	if (!opened->number || opened->number > opened->total || !opened->text.len)
		return -EPROTO;
	if (opened->number > 1)
		opened->first = IKE_PAYLOAD_NONE;
	return 0;
}

void ike_reassembly_drop(struct ike_reassembly *reassembly)
{
	size_t i;

	for (i = 0; i < IKE_FRAGMENTS_MAX; i++) {
		if (!reassembly->fragments[i].octets)
			continue;
		ike_wipe(reassembly->fragments[i].octets, reassembly->fragments[i].len);
		free(reassembly->fragments[i].octets);
	}
	memset(reassembly, 0, sizeof(*reassembly));
}

int ike_reassembly_add(struct ike_reassembly *reassembly, uint32_t message_id,
		       const struct ike_opened *opened)
{
	size_t index = (size_t)opened->number - 1U;
	uint8_t *octets;

	if (!opened->number || opened->number > opened->total)
		return -EINVAL;
	if (reassembly->total &&
	    (reassembly->message_id != message_id || opened->total > reassembly->total))
		ike_reassembly_drop(reassembly);
	if (opened->total > IKE_FRAGMENTS_MAX ||
	    opened->text.len > IKE_MESSAGE_MAX - reassembly->len) {
		ike_reassembly_drop(reassembly);
		return -EMSGSIZE;
	}
	if (reassembly->total && (opened->total < reassembly->total ||
				  reassembly->fragments[index].octets))
		return reassembly->received == reassembly->total;
	octets = malloc(opened->text.len ? opened->text.len : 1);
	if (!octets)
		return -ENOMEM;
	memcpy(octets, opened->text.at, opened->text.len);
	reassembly->message_id = message_id;
	reassembly->total = opened->total;
	reassembly->fragments[index].octets = octets;
	reassembly->fragments[index].len = opened->text.len;
	reassembly->len += opened->text.len;
	reassembly->received++;
	if (opened->number == 1)
		reassembly->first = opened->first;
	return reassembly->received == reassembly->total;
}

int ike_reassembly_finish(struct ike_reassembly *reassembly, uint8_t *to, size_t size,
			  struct ike_opened *opened)
{
	size_t i, at = 0;

	if (!reassembly->total || reassembly->received != reassembly->total)
		return -EAGAIN;
	if (reassembly->len > size)
		return -EMSGSIZE;
	for (i = 0; i < reassembly->total; i++) {
		memcpy(to + at, reassembly->fragments[i].octets, reassembly->fragments[i].len);
		at += reassembly->fragments[i].len;
	}
	*opened = (struct ike_opened){ .first = reassembly->first, .text = { to, at } };
	ike_reassembly_drop(reassembly);
	return 0;
}
