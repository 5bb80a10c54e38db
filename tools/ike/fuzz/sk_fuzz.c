// SPDX-License-Identifier: MIT
/*
 * Encrypted payloads: as they come from a stranger; and, sealed here as an authentic peer would,
 * with whatever text, padding and fragment numbers.
 *
 *	suite (1), then
 *	with bit 7 of it clear: a message
 *	with it set: pieces of fragment number (1), total (1), message ID (1), length (1), text
 */
#include <string.h>
#include "fuzz.h"
#include "sk.h"

static const char *const suites[][2] = {
	{ "aes256gcm16", NULL }, { "aes128gcm8", NULL }, { "chacha20poly1305", NULL },
	{ "aes256", "sha256" },	 { "3des", "sha1" },
};

static struct ike_crypt_key key_of(size_t suite)
{
	static const struct ike_transform none = { IKE_INTEG, IKE_TRANSFORM_NONE, 0 };
	const char *encr = suites[suite][0], *integ = suites[suite][1];
	struct ike_crypt_key key = { .encr = ike_alg_named(encr, strlen(encr), IKE_ENCR) };

	key.integ = integ ? ike_alg_named(integ, strlen(integ), IKE_INTEG) : ike_alg_find(&none);
	return key;
}

static void zeros(void *arg, void *to, size_t len)
{
	(void)arg;
	memset(to, 0, len);
}

/* A text that is too long for libFuzzer to come upon its ICV by itself: no key opens it. */
static void try_stranger(const struct ike_crypt_key *key, const uint8_t *data, size_t size)
{
	static uint8_t to[IKE_MESSAGE_MAX];
	struct ike_opened opened;
	struct ike_view view;

	if (!ike_message_parse((struct ike_span){ data, size }, &view))
		must(ike_sk_open(key, &view, to, sizeof(to), &opened) < 0);
}

/* Seals a text as it is, its last octet being the pad length, and opens it. */
static int seal_and_open(const struct ike_crypt_key *key, uint16_t number, uint16_t total,
			 struct ike_span text, uint8_t *to, size_t size, struct ike_opened *opened)
{
	static const struct ike_header header = { .spi_i = 1, .exchange = IKE_AUTH };
	static const struct ike_random none = { zeros, NULL };
	size_t icv_len = ike_crypt_icv_len(key), head;
	uint8_t message[512], iv[IKE_IV_MAX];
	struct ike_writer writer;
	struct ike_view view;
	ptrdiff_t len;

	must(!ike_random(&none, iv, sizeof(iv)));
	ike_message_begin(&writer, message, sizeof(message), &header);
	ike_payload_begin(&writer, total ? IKE_PAYLOAD_SKF : IKE_PAYLOAD_SK);
	if (total) {
		ike_put16(&writer, number);
		ike_put16(&writer, total);
	}
	head = writer.len;
	ike_put(&writer, iv, key->encr->iv_len);
	ike_put(&writer, text.at, text.len);
	ike_put(&writer, message, icv_len);
	ike_payload_end(&writer);
	len = ike_message_end(&writer);
	must(len > 0);
	must(!ike_crypt_seal(key, (struct ike_span){ message, head }, message + head,
			     message + head + key->encr->iv_len, text.len,
			     message + (size_t)len - icv_len));
	must(!ike_message_parse((struct ike_span){ message, (size_t)len }, &view));
	return ike_sk_open(key, &view, to, size, opened);
}

static void try_peer(const struct ike_crypt_key *key, const uint8_t *data, size_t size)
{
	static uint8_t whole[IKE_MESSAGE_MAX];
	struct ike_reassembly reassembly = { 0 };
	struct ike_opened opened;
	uint8_t to[256];
	size_t len;
	int err;

	while (size > 4) {
		len = data[3] < size - 4 ? data[3] : size - 4;
		len -= len % key->encr->block_len;
		if (!len)
			break;
		err = seal_and_open(key, data[0], data[1], (struct ike_span){ data + 4, len }, to,
				    sizeof(to), &opened);
		if (!err) {
			must(opened.text.len < len);
			must(!memcmp(opened.text.at, data + 4, opened.text.len));
		}
		if (!err && opened.total &&
		    ike_reassembly_add(&reassembly, data[2], &opened) == 1) {
			must(!ike_reassembly_finish(&reassembly, whole, sizeof(whole), &opened));
			must(!reassembly.total);
		}
		data += 4 + len;
		size -= 4 + len;
	}
	ike_reassembly_drop(&reassembly);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ike_crypt_key key;

	if (!size)
		return 0;
	key = key_of((data[0] & 0x7f) % (sizeof(suites) / sizeof(suites[0])));
	if (data[0] & 0x80)
		try_peer(&key, data + 1, size - 1);
	else
		try_stranger(&key, data + 1, size - 1);
	return 0;
}
