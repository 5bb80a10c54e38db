// SPDX-License-Identifier: MIT
#include "sk.h"
#include "test.h"

static const struct ike_alg *alg(const char *word)
{
	const struct ike_alg *row = ike_alg_named(word, strlen(word), 0);

	assert_non_null(row);
	return row;
}

static const struct ike_header header = {
	.spi_i = UINT64_C(0xc0c1c2c3c4c5c6c7),
	.spi_r = UINT64_C(0xd0d1d2d3d4d5d6d7),
	.exchange = IKE_INFORMATIONAL,
	.message_id = 9,
};

static struct ike_crypt_key key_of(const char *encr, const char *integ)
{
	struct ike_crypt_key key = { .encr = alg(encr) };

	memset(key.key, 0x11, sizeof(key.key));
	memset(key.integ_key, 0x22, sizeof(key.integ_key));
	key.integ = integ ? alg(integ) : ike_alg_find(&(struct ike_transform){ IKE_INTEG, 0, 0 });
	return key;
}

/* Keys of every shape: AEADs of two tag sizes, stream cipher, block ciphers of two block sizes */
static const char *const suites[][2] = {
	{ "aes256gcm16", NULL },      { "aes128gcm8", NULL },	{ "chacha20poly1305", NULL },
	{ "aes256", "sha256" },	      { "aes128", "sha512" },	{ "3des", "sha1" },
};

/* RFC 7634 appendix B: an INFORMATIONAL with SET_WINDOW_SIZE of 10 */
static void a_message_is_that_of_the_rfc(void **state)
{
	static const char message[] =
		"c0c1c2c3c4c5c6c7 d0d1d2d3d4d5d6d7 2e202500 00000009 00000045"
		"29000029 1011121314151617"
		"610394701f8d017f7c12924889 6b71bfe25236efd7cdc67066906315b2";
	struct ike_crypt_key key = key_of("chacha20poly1305", NULL);
	struct ike_seal seal = { .key = &key, .counter = UINT64_C(0x1011121314151617) };
	uint8_t inner[64], to[128], octets[128];
	struct ike_opened opened;
	struct ike_writer writer;
	struct ike_chain chain;
	struct ike_view view;
	ptrdiff_t len;

	(void)state;
	unhex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f a0a1a2a3", key.key,
	      sizeof(key.key));
	ike_chain_begin(&writer, inner, sizeof(inner));
	ike_put_notify(&writer, IKE_SET_WINDOW_SIZE, "\0\0\0\12", 4);
	len = ike_message_end(&writer);
	assert_int_equal(len, 12);
	assert_int_equal(ike_sk_size(&key, (size_t)len), 69);
	len = ike_sk_protect(&seal, &header, writer.first, (struct ike_span){ inner, (size_t)len },
			     to, sizeof(to));
	assert_hex(to, (size_t)len, message);
	assert_int_equal(seal.counter, UINT64_C(0x1011121314151618));

	assert_int_equal(ike_message_parse(unhex(message, octets, sizeof(octets)), &view),
			 IKE_WIRE_OK);
	assert_int_equal(ike_sk_open(&key, &view, to, sizeof(to), &opened), 0);
	assert_int_equal(opened.first, IKE_PAYLOAD_NOTIFY);
	assert_int_equal(opened.total, 0);
	assert_hex(opened.text.at, opened.text.len, "0000000c 0000 4001 0000000a");
	assert_int_equal(ike_chain_parse(opened.first, opened.text, true, &chain), IKE_WIRE_OK);
}

static void what_is_protected_is_opened(void **state)
{
	uint8_t inner[80], message[256], to[256];
	struct ike_opened opened;
	struct ike_view view;
	ptrdiff_t len;
	size_t i, n;

	(void)state;
	memset(inner, 0xab, sizeof(inner));
	for (i = 0; i < ARRAY_SIZE(suites); i++) {
		struct ike_crypt_key key = key_of(suites[i][0], suites[i][1]);
		struct ike_seal seal = { .key = &key };

		for (n = 0; n <= sizeof(inner); n++) {
			uint8_t *exact = malloc(ike_sk_size(&key, n));

			len = ike_sk_protect(&seal, &header, n ? IKE_PAYLOAD_VENDOR : 0,
					     (struct ike_span){ inner, n }, message,
					     sizeof(message));
			assert_int_equal(len, ike_sk_size(&key, n));
			memcpy(exact, message, (size_t)len);
			assert_int_equal(ike_message_parse((struct ike_span){ exact, (size_t)len },
							   &view), IKE_WIRE_OK);
			assert_int_equal(ike_sk_open(&key, &view, to, sizeof(to), &opened), 0);
			assert_int_equal(opened.first, n ? IKE_PAYLOAD_VENDOR : 0);
			assert_int_equal(opened.text.len, n);
			assert_memory_equal(opened.text.at, inner, n);
			/* a buffer that is one octet too small for text and padding */
			assert_int_equal(ike_sk_open(&key, &view, to, n, &opened), -EMSGSIZE);
			free(exact);
		}
	}
}

static void a_message_that_does_not_fit_is_not_built(void **state)
{
	uint8_t inner[33] = { 0 }, message[256];
	size_t i, size, whole;
	ptrdiff_t len;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(suites); i++) {
		struct ike_crypt_key key = key_of(suites[i][0], suites[i][1]);
		struct ike_seal seal = { .key = &key };

		whole = ike_sk_size(&key, sizeof(inner));
		for (size = 0; size < whole; size++) {
			len = ike_sk_protect(&seal, &header, IKE_PAYLOAD_VENDOR, IKE_SPAN(inner),
					     message, size);
			assert_int_equal(len, -EMSGSIZE);
			assert_int_equal(seal.counter, 0);
		}
		len = ike_sk_protect(&seal, &header, IKE_PAYLOAD_VENDOR, IKE_SPAN(inner), message,
				     size);
		assert_int_equal(len, whole);
	}
}

static void an_iv_is_not_used_twice(void **state)
{
	struct ike_crypt_key key = key_of("aes256gcm16", NULL), cbc = key_of("aes256", "sha256");
	struct ike_seal seal = { .key = &key };
	uint8_t a[128], b[128];

	(void)state;
	assert_true(ike_sk_protect(&seal, &header, 0, (struct ike_span){ NULL, 0 }, a, sizeof(a)) >
		    0);
	assert_true(ike_sk_protect(&seal, &header, 0, (struct ike_span){ NULL, 0 }, b, sizeof(b)) >
		    0);
	assert_hex(a + 32, 8, "0000000000000000");
	assert_hex(b + 32, 8, "0000000000000001");
	seal.counter = UINT64_MAX;
	assert_int_equal(ike_sk_protect(&seal, &header, 0, (struct ike_span){ NULL, 0 }, a,
					sizeof(a)), -EOVERFLOW);
	seal.key = &cbc;
	assert_true(ike_sk_protect(&seal, &header, 0, (struct ike_span){ NULL, 0 }, a, sizeof(a)) >
		    0);
	assert_true(ike_sk_protect(&seal, &header, 0, (struct ike_span){ NULL, 0 }, b, sizeof(b)) >
		    0);
	assert_memory_not_equal(a + 32, b + 32, 16);
}

/* A change of any octet, the IKE header among them, or a cut anywhere */
static void what_was_changed_is_not_opened(void **state)
{
	uint8_t inner[20] = { 0 }, message[256], to[256];
	struct ike_opened opened;
	struct ike_view view;
	size_t i, at, len;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(suites); i++) {
		struct ike_crypt_key key = key_of(suites[i][0], suites[i][1]);
		struct ike_seal seal = { .key = &key };

		len = (size_t)ike_sk_protect(&seal, &header, IKE_PAYLOAD_VENDOR, IKE_SPAN(inner),
					     message, sizeof(message));
		for (at = 0; at < len; at++) {
			message[at] ^= 1;
			if (ike_message_parse((struct ike_span){ message, len }, &view) ==
			    IKE_WIRE_OK)
				assert_int_equal(ike_sk_open(&key, &view, to, sizeof(to), &opened),
						 -EBADMSG);
			message[at] ^= 1;
		}
		/* shorter, with lengths that agree */
		for (at = len - 1; at >= 32; at--) {
			message[27] = (uint8_t)at;
			message[31] = (uint8_t)(at - 28);
			assert_int_equal(ike_message_parse((struct ike_span){ message, at }, &view),
					 IKE_WIRE_OK);
			assert_int_equal(ike_sk_open(&key, &view, to, sizeof(to), &opened),
					 -EBADMSG);
		}
	}
}

/* Octets that an authentic, yet malicious, peer may send */
static void padding_is_checked(void **state)
{
	struct ike_crypt_key key = key_of("aes256gcm16", NULL);
	uint8_t message[128], to[128];
	struct ike_opened opened;
	struct ike_view view;
	size_t pad;

	(void)state;
	/* text of eight octets, the last of which is the pad length */
	for (pad = 0; pad < 256; pad++) {
		struct ike_writer writer;
		ptrdiff_t len;

		ike_message_begin(&writer, message, sizeof(message), &header);
		ike_payload_begin(&writer, IKE_PAYLOAD_SK);
		ike_put64(&writer, 1);
		ike_put(&writer, "\1\2\3\4\5\6\7", 7);
		ike_put8(&writer, (uint8_t)pad);
		ike_put64(&writer, 0);
		ike_put64(&writer, 0);
		ike_payload_end(&writer);
		len = ike_message_end(&writer);
		assert_int_equal(len, 64);
		assert_int_equal(ike_crypt_seal(&key, (struct ike_span){ message, 32 },
						message + 32, message + 40, 8, message + 48), 0);
		assert_int_equal(ike_message_parse((struct ike_span){ message, 64 }, &view), 0);
		assert_int_equal(ike_sk_open(&key, &view, to, sizeof(to), &opened),
				 pad > 7 ? -EPROTO : 0);
		if (pad <= 7)
			assert_int_equal(opened.text.len, 7 - pad);
	}
}

static void what_is_not_encrypted_is_not_opened(void **state)
{
	struct ike_crypt_key key = key_of("aes256gcm16", NULL);
	uint8_t message[64], to[64];
	struct ike_opened opened;
	struct ike_writer writer;
	struct ike_view view;
	ptrdiff_t len;

	(void)state;
	ike_message_begin(&writer, message, sizeof(message), &header);
	len = ike_message_end(&writer);
	assert_int_equal(ike_message_parse((struct ike_span){ message, (size_t)len }, &view), 0);
	assert_int_equal(ike_sk_open(&key, &view, to, sizeof(to), &opened), -EBADMSG);
	ike_message_begin(&writer, message, sizeof(message), &header);
	ike_put_vendor(&writer, "abc", 3);
	len = ike_message_end(&writer);
	assert_int_equal(ike_message_parse((struct ike_span){ message, (size_t)len }, &view), 0);
	assert_int_equal(ike_sk_open(&key, &view, to, sizeof(to), &opened), -EBADMSG);
}

#define MAX_PACKET 576

/* Fragments of a message, opened; they point into a buffer of their own. */
struct pieces {
	int count;
	struct ike_opened opened[IKE_FRAGMENTS_MAX];
	uint8_t text[IKE_FRAGMENTS_MAX][MAX_PACKET];
};

static void cut(const struct ike_crypt_key *key, const uint8_t *inner, size_t len, size_t max,
		struct pieces *to)
{
	struct ike_seal seal = { .key = key };
	uint8_t message[MAX_PACKET];
	struct ike_view view;
	ptrdiff_t got;
	int i;

	to->count = ike_skf_count(key, len, max);
	assert_true(to->count > 1);
	for (i = 0; i < to->count; i++) {
		got = ike_skf_protect(&seal, &header, IKE_PAYLOAD_CERT,
				      (struct ike_span){ inner, len }, (unsigned int)i + 1, max,
				      message, sizeof(message));
		assert_true(got > 0 && (size_t)got <= max);
		assert_int_equal(ike_message_parse((struct ike_span){ message, (size_t)got },
						   &view), IKE_WIRE_OK);
		assert_int_equal(view.chain.payloads[0].type, IKE_PAYLOAD_SKF);
		/* RFC 7383 section 2.5: next payload of all but the first is 0 */
		assert_int_equal(view.chain.payloads[0].next, i ? 0 : IKE_PAYLOAD_CERT);
		assert_int_equal(ike_sk_open(key, &view, to->text[i], MAX_PACKET, &to->opened[i]),
				 0);
		assert_int_equal(to->opened[i].number, i + 1);
		assert_int_equal(to->opened[i].total, to->count);
	}
	assert_int_equal(ike_skf_protect(&seal, &header, IKE_PAYLOAD_CERT,
					 (struct ike_span){ inner, len }, 0, max, message,
					 sizeof(message)), -EINVAL);
	assert_int_equal(ike_skf_protect(&seal, &header, IKE_PAYLOAD_CERT,
					 (struct ike_span){ inner, len },
					 (unsigned int)to->count + 1, max, message,
					 sizeof(message)), -EINVAL);
}

static struct pieces pieces;
static uint8_t inner[5000], whole[IKE_MESSAGE_MAX];

static void fill(uint8_t *at, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		at[i] = (uint8_t)(i * 7 + i / 256);
}

static void fragments_are_put_together_in_whatever_order(void **state)
{
	struct ike_reassembly reassembly = { 0 };
	struct ike_opened opened;
	unsigned int step;
	size_t i;
	int n;

	(void)state;
	fill(inner, sizeof(inner));
	for (i = 0; i < ARRAY_SIZE(suites); i++) {
		struct ike_crypt_key key = key_of(suites[i][0], suites[i][1]);

		cut(&key, inner, sizeof(inner), MAX_PACKET, &pieces);
		/* forwards, backwards, and in leaps; each twice */
		for (step = 1; step < (unsigned int)pieces.count; step++) {
			int done = 0, at = 0, rounds;

			/* a step that leaves some out is none */
			for (n = 0, rounds = 0; rounds < pieces.count; rounds++)
				n = (n + (int)step) % pieces.count, done += !n;
			if (done != 1)
				continue;
			for (n = 0; n < pieces.count; n++) {
				int right = n == pieces.count - 1;

				assert_int_equal(ike_reassembly_add(&reassembly, 9,
								    &pieces.opened[at]), right);
				assert_int_equal(ike_reassembly_add(&reassembly, 9,
								    &pieces.opened[at]), right);
				if (!right)
					assert_int_equal(ike_reassembly_finish(&reassembly, whole,
									       sizeof(whole),
									       &opened), -EAGAIN);
				at = (at + (int)step) % pieces.count;
			}
			assert_int_equal(ike_reassembly_finish(&reassembly, whole,
							       sizeof(inner) - 1, &opened),
					 -EMSGSIZE);
			assert_int_equal(ike_reassembly_finish(&reassembly, whole, sizeof(whole),
							       &opened), 0);
			assert_int_equal(opened.first, IKE_PAYLOAD_CERT);
			assert_int_equal(opened.number, 0);
			assert_int_equal(opened.text.len, sizeof(inner));
			assert_memory_equal(opened.text.at, inner, sizeof(inner));
			assert_int_equal(reassembly.total, 0);
		}
	}
}

/* Every size of packet and of text: as few fragments as there can be, none over its size */
static void fragments_fit_and_are_few(void **state)
{
	uint8_t message[1400];
	size_t i, max, len;
	ptrdiff_t got;
	int count;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(suites); i++) {
		struct ike_crypt_key key = key_of(suites[i][0], suites[i][1]);
		struct ike_seal seal = { .key = &key };

		for (max = 0; max <= 300; max += 7) {
			for (len = 0; len <= 700; len += 13) {
				count = ike_skf_count(&key, len, max);
				if (count < 0) {
					assert_int_equal(count, -EMSGSIZE);
					continue;
				}
				if (count == 1) {
					assert_true(ike_sk_size(&key, len) <= max);
					continue;
				}
				assert_true(ike_sk_size(&key, len) > max);
				got = ike_skf_protect(&seal, &header, IKE_PAYLOAD_CERT,
						      (struct ike_span){ inner, len }, 1, max,
						      message, sizeof(message));
				assert_true(got > 0 && (size_t)got <= max);
				assert_true((size_t)got + key.encr->block_len > max);
				got = ike_skf_protect(&seal, &header, IKE_PAYLOAD_CERT,
						      (struct ike_span){ inner, len },
						      (unsigned int)count, max, message,
						      sizeof(message));
				assert_true(got > 0 && (size_t)got <= max);
			}
		}
	}
}

static struct ike_opened piece(uint16_t number, uint16_t total, const char *text)
{
	return (struct ike_opened){ .first = number == 1 ? IKE_PAYLOAD_CERT : 0,
				    .number = number, .total = total,
				    .text = { (const uint8_t *)text, strlen(text) } };
}

/* RFC 7383 section 2.6.1: the peer tries smaller fragments */
static void fragmented_anew_counts_from_the_start(void **state)
{
	struct ike_reassembly reassembly = { 0 };
	struct ike_opened old[] = { piece(1, 2, "ab"), piece(2, 2, "cd") };
	struct ike_opened new[] = { piece(1, 3, "a"), piece(2, 3, "bc"), piece(3, 3, "d") };
	struct ike_opened opened;

	(void)state;
	assert_int_equal(ike_reassembly_add(&reassembly, 1, &old[0]), 0);
	assert_int_equal(ike_reassembly_add(&reassembly, 1, &new[1]), 0);
	assert_int_equal(reassembly.received, 1);
	assert_int_equal(reassembly.len, 2);
	/* late ones of the first attempt do not count */
	assert_int_equal(ike_reassembly_add(&reassembly, 1, &old[1]), 0);
	assert_int_equal(ike_reassembly_add(&reassembly, 1, &new[2]), 0);
	assert_int_equal(ike_reassembly_add(&reassembly, 1, &new[0]), 1);
	assert_int_equal(ike_reassembly_finish(&reassembly, whole, sizeof(whole), &opened), 0);
	assert_memory_equal(opened.text.at, "abcd", 4);

	/* and another message drops what there was */
	assert_int_equal(ike_reassembly_add(&reassembly, 2, &new[0]), 0);
	assert_int_equal(ike_reassembly_add(&reassembly, 3, &old[1]), 0);
	assert_int_equal(reassembly.received, 1);
	assert_int_equal(reassembly.message_id, 3);
	ike_reassembly_drop(&reassembly);
	assert_int_equal(reassembly.total, 0);
}

static void reassembly_has_bounds(void **state)
{
	struct ike_reassembly reassembly = { 0 };
	struct ike_opened one = piece(1, IKE_FRAGMENTS_MAX + 1, "a");
	uint16_t i;

	(void)state;
	assert_int_equal(ike_reassembly_add(&reassembly, 1, &one), -EMSGSIZE);
	one.total = 0;
	assert_int_equal(ike_reassembly_add(&reassembly, 1, &one), -EINVAL);
	one.number = 0;
	assert_int_equal(ike_reassembly_add(&reassembly, 1, &one), -EINVAL);
	one.number = 2;
	one.total = 1;
	assert_int_equal(ike_reassembly_add(&reassembly, 1, &one), -EINVAL);

	one.total = 100;
	one.text = (struct ike_span){ inner, 1300 };
	for (i = 1; i <= 50; i++) {
		one.number = i;
		assert_int_equal(ike_reassembly_add(&reassembly, 1, &one), 0);
	}
	one.number = i;
	assert_int_equal(ike_reassembly_add(&reassembly, 1, &one), -EMSGSIZE);
	assert_int_equal(reassembly.total, 0);
	assert_int_equal(reassembly.len, 0);
}

/* An authentic fragment whose numbers are nonsense */
static void numbers_of_fragments_are_checked(void **state)
{
	static const struct {
		uint16_t number, total;
		int right;
	} cases[] = {
		{ 0, 0, -EPROTO }, { 0, 2, -EPROTO }, { 3, 2, -EPROTO }, { 2, 2, 0 }, { 1, 1, 0 },
		{ 1, UINT16_MAX, 0 },
	};
	struct ike_crypt_key key = key_of("aes256gcm16", NULL);
	uint8_t message[128], to[128];
	struct ike_opened opened;
	struct ike_writer writer;
	struct ike_view view;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ike_message_begin(&writer, message, sizeof(message), &header);
		ike_payload_begin(&writer, IKE_PAYLOAD_SKF);
		ike_put16(&writer, cases[i].number);
		ike_put16(&writer, cases[i].total);
		ike_put64(&writer, 1);
		ike_put16(&writer, 0x4100);
		ike_put64(&writer, 0);
		ike_put64(&writer, 0);
		ike_payload_end(&writer);
		assert_int_equal(ike_message_end(&writer), 62);
		assert_int_equal(ike_crypt_seal(&key, (struct ike_span){ message, 36 },
						message + 36, message + 44, 2, message + 46), 0);
		assert_int_equal(ike_message_parse((struct ike_span){ message, 62 }, &view), 0);
		assert_int_equal(ike_sk_open(&key, &view, to, sizeof(to), &opened),
				 cases[i].right);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_that_of_the_rfc),
		cmocka_unit_test(what_is_protected_is_opened),
		cmocka_unit_test(a_message_that_does_not_fit_is_not_built),
		cmocka_unit_test(an_iv_is_not_used_twice),
		cmocka_unit_test(what_was_changed_is_not_opened),
		cmocka_unit_test(padding_is_checked),
		cmocka_unit_test(what_is_not_encrypted_is_not_opened),
		cmocka_unit_test(fragments_are_put_together_in_whatever_order),
		cmocka_unit_test(fragments_fit_and_are_few),
		cmocka_unit_test(fragmented_anew_counts_from_the_start),
		cmocka_unit_test(reassembly_has_bounds),
		cmocka_unit_test(numbers_of_fragments_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
