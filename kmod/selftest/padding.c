// SPDX-License-Identifier: GPL-2.0-only
/*
 * Self-test of the ESP trailer, RFC 4303 sections 2.4 to 2.7.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include "../padding.h"
#include "selftest.h"

#define SECTUN_TEST_PAYLOAD_MAX 300 /* octets */
#define SECTUN_TEST_NEXT_HEADER 41
#define SECTUN_TEST_UNTOUCHED 0xa5

static const unsigned int sectun_test_blocks[] __initconst = { 4, 8, 16 };

static u8 sectun_test_octets[SECTUN_TEST_PAYLOAD_MAX + 260] __initdata;

/* What is written is read back, is aligned, and is no longer than needed. */
static void __init sectun_test_round_trip(struct sectun_selftest *test, unsigned int len,
					  unsigned int block)
{
	unsigned int padded = sectun_padding_padded_len(len, block);
	unsigned int pad_len = sectun_padding_len(len, block);
	unsigned int payload_len = ~0U;
	u8 next_header = 0;

	SECTUN_EXPECT(test, padded % block, 0, "padded length of %u, block %u, remainder", len,
		      block);
	SECTUN_EXPECT(test, padded, len + pad_len + SECTUN_ESP_TRAILER_LEN,
		      "padded length of %u, block %u", len, block);
	SECTUN_EXPECT(test, pad_len < block, true, "padding of %u, block %u, is the shortest", len,
		      block);

	memset(sectun_test_octets, SECTUN_TEST_UNTOUCHED, sizeof(sectun_test_octets));
	sectun_padding_write(sectun_test_octets + len, pad_len, SECTUN_TEST_NEXT_HEADER);
	SECTUN_EXPECT(test, sectun_test_octets[padded], SECTUN_TEST_UNTOUCHED,
		      "octet behind the trailer of %u, block %u", len, block);
	if (len)
		SECTUN_EXPECT(test, sectun_test_octets[len - 1], SECTUN_TEST_UNTOUCHED,
			      "octet before the trailer of %u, block %u", len, block);

	SECTUN_EXPECT(test,
		      sectun_padding_check(sectun_test_octets, padded, &payload_len, &next_header),
		      SECTUN_REASON_NONE, "trailer of %u, block %u", len, block);
	SECTUN_EXPECT(test, payload_len, len, "payload length, block %u", block);
	SECTUN_EXPECT(test, next_header, SECTUN_TEST_NEXT_HEADER, "next header behind %u octets",
		      len);
}

/* sectun_padding_max_payload() gives the longest that fits: one octet more does not. */
static void __init sectun_test_inverse(struct sectun_selftest *test, unsigned int budget,
				       unsigned int block)
{
	unsigned int len = sectun_padding_max_payload(budget, block);

	if (budget < block) {
		SECTUN_EXPECT(test, len, 0, "payload in %u, block %u", budget, block);
		SECTUN_EXPECT(test, sectun_padding_padded_len(0, block) > budget, true,
			      "nothing fits in %u, block %u", budget, block);
		return;
	}
	SECTUN_EXPECT(test, sectun_padding_padded_len(len, block) <= budget, true,
		      "payload of %u fits in %u, block %u", len, budget, block);
	SECTUN_EXPECT(test, sectun_padding_padded_len(len + 1, block) > budget, true,
		      "payload of %u does not fit in %u, block %u", len + 1, budget, block);
}

static const struct {
	const char *name;
	unsigned int len;
	u8 octets[12];
	enum sectun_reason reason;
	unsigned int payload_len;
} sectun_test_trailers[] __initconst = {
	{ "nothing", 0, { 0 }, SECTUN_REASON_BAD_PADDING, 0 },
	{ "one octet", 1, { 0 }, SECTUN_REASON_BAD_PADDING, 0 },
	{ "trailer alone", 2, { 0, 4 }, SECTUN_REASON_NONE, 0 },
	{ "trailer claims an octet that is not there", 2, { 1, 4 }, SECTUN_REASON_BAD_PADDING, 0 },
	{ "padding and no payload", 4, { 1, 2, 2, 4 }, SECTUN_REASON_NONE, 0 },
	{ "padding one too long", 4, { 1, 2, 3, 4 }, SECTUN_REASON_BAD_PADDING, 0 },
	{ "padding of 255 in 12 octets", 12, { [10] = 255, 4 }, SECTUN_REASON_BAD_PADDING, 0 },
	{ "padding of zeroes", 8, { 9, 9, 9, 0, 0, 0, 3, 4 }, SECTUN_REASON_BAD_PADDING, 0 },
	{ "padding from 0", 8, { 9, 9, 9, 0, 1, 2, 3, 4 }, SECTUN_REASON_BAD_PADDING, 0 },
	{ "last octet wrong", 8, { 9, 9, 9, 1, 2, 4, 3, 4 }, SECTUN_REASON_BAD_PADDING, 0 },
	{ "first octet wrong", 8, { 9, 9, 9, 2, 2, 3, 3, 4 }, SECTUN_REASON_BAD_PADDING, 0 },
	{ "padding longer than a block", 12, { 9, 9, 9, 9, 1, 2, 3, 4, 5, 6, 6, 4 },
	  SECTUN_REASON_NONE, 4 },
	{ "more of 1, 2, 3 before the padding", 8, { 9, 1, 2, 3, 4, 1, 1, 4 },
	  SECTUN_REASON_NONE, 5 },
};

/**
 * sectun_selftest_padding() - padding arithmetic, writer and checker
 * @test: counts the checks
 *
 * Context: module loading.
 */
void __init sectun_selftest_padding(struct sectun_selftest *test)
{
	unsigned int i, len, payload_len;
	u8 next_header;

	for (i = 0; i < ARRAY_SIZE(sectun_test_blocks); i++)
		for (len = 0; len <= SECTUN_TEST_PAYLOAD_MAX; len++) {
			sectun_test_round_trip(test, len, sectun_test_blocks[i]);
			sectun_test_inverse(test, len, sectun_test_blocks[i]);
		}

	for (i = 0; i < ARRAY_SIZE(sectun_test_trailers); i++) {
		payload_len = 0;
		SECTUN_EXPECT(test,
			      sectun_padding_check(sectun_test_trailers[i].octets,
						   sectun_test_trailers[i].len, &payload_len,
						   &next_header),
			      sectun_test_trailers[i].reason, "%s", sectun_test_trailers[i].name);
		SECTUN_EXPECT(test, payload_len, sectun_test_trailers[i].payload_len,
			      "%s: payload", sectun_test_trailers[i].name);
	}

	/* The longest padding that the field can say. */
	sectun_padding_write(sectun_test_octets, 255, 4);
	SECTUN_EXPECT(test, sectun_padding_check(sectun_test_octets, 257, &payload_len,
						 &next_header),
		      SECTUN_REASON_NONE, "255 octets of padding");
	SECTUN_EXPECT(test, payload_len, 0, "255 octets of padding: payload");

	SECTUN_EXPECT(test, sectun_padding_block(1), 4, "block of a stream cipher");
	SECTUN_EXPECT(test, sectun_padding_block(8), 8, "block of 3DES");
	SECTUN_EXPECT(test, sectun_padding_block(16), 16, "block of AES-CBC");
	SECTUN_EXPECT(test, sectun_padding_tfc_len(100, 0), 0, "TFC padding, off");
	SECTUN_EXPECT(test, sectun_padding_tfc_len(100, 100), 0, "TFC padding, long enough");
	SECTUN_EXPECT(test, sectun_padding_tfc_len(100, 1000), 900, "TFC padding, short");
}
