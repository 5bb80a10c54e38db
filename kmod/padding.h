/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arithmetic of the ESP trailer, RFC 4303 sections 2.4 to 2.7.
 *
 *   | payload | TFC padding | 1, 2, 3, ..., n | n | next header |
 *   |<--- payload_len ----->|<-- pad_len -->|<--- 2 octets --->|
 *   |<------ padded_len: a multiple of the block size -------->|
 *
 * To these functions TFC padding is part of the payload: only the length in the inner IP header
 * tells the two apart.
 */
#ifndef _SECTUN_PADDING_H
#define _SECTUN_PADDING_H

#include <linux/align.h>
#include <linux/types.h>
#include "reason.h"

#define SECTUN_ESP_TRAILER_LEN 2 /* octets: pad length and next header */
#define SECTUN_ESP_ALIGN 4 /* octets: the trailer ends on such a boundary, always */

/**
 * sectun_padding_block() - the multiple to which payload and trailer are padded
 * @cipher_block: block size of the cipher in octets, 1 for a stream cipher
 *
 * Return: the @block that the other functions take: a power of two, at least 4 (RFC 4303 section
 * 2.4).
 */
static inline unsigned int sectun_padding_block(unsigned int cipher_block)
{
	return cipher_block > SECTUN_ESP_ALIGN ? cipher_block : SECTUN_ESP_ALIGN;
}

/**
 * sectun_padding_padded_len() - octets to encrypt for a payload
 * @payload_len: octets of payload, TFC padding included
 * @block: from sectun_padding_block()
 *
 * Return: octets of payload, padding, pad length and next header.
 */
static inline unsigned int sectun_padding_padded_len(unsigned int payload_len, unsigned int block)
{
	return ALIGN(payload_len + SECTUN_ESP_TRAILER_LEN, block);
}

/**
 * sectun_padding_len() - the value of the pad length field
 * @payload_len: octets of payload, TFC padding included
 * @block: from sectun_padding_block()
 *
 * Return: octets of padding, 0 to @block - 1.
 */
static inline unsigned int sectun_padding_len(unsigned int payload_len, unsigned int block)
{
	return sectun_padding_padded_len(payload_len, block) - payload_len - SECTUN_ESP_TRAILER_LEN;
}

/**
 * sectun_padding_max_payload() - the exact inverse of sectun_padding_padded_len()
 * @budget: octets that payload and trailer may take together
 * @block: from sectun_padding_block()
 *
 * The path MTU less headers, IV and ICV is the budget; what comes out is the inner MTU.
 *
 * Return: octets of the longest payload that fits, or 0 where not even an empty one does. (Where
 * an empty one fits, 2 octets do as well, so 0 has no second meaning.)
 */
static inline unsigned int sectun_padding_max_payload(unsigned int budget, unsigned int block)
{
	return budget < block ? 0 : ALIGN_DOWN(budget, block) - SECTUN_ESP_TRAILER_LEN;
}

/**
 * sectun_padding_tfc_len() - TFC padding that a packet needs, RFC 4303 section 2.7
 * @inner_len: octets of the inner packet
 * @tfc: octets below which no inner packet may seem to be, 0 for no TFC padding
 *
 * Return: octets to add (any value, zeroes are good) between the inner packet and the ESP padding.
 */
static inline unsigned int sectun_padding_tfc_len(unsigned int inner_len, unsigned int tfc)
{
	return tfc > inner_len ? tfc - inner_len : 0;
}

/**
 * sectun_padding_write() - write padding, pad length and next header
 * @tail: where the payload ends; takes @pad_len + SECTUN_ESP_TRAILER_LEN octets
 * @pad_len: from sectun_padding_len()
 * @next_header: IP protocol number of the payload
 */
static inline void sectun_padding_write(u8 *tail, unsigned int pad_len, u8 next_header)
{
	unsigned int i;

	for (i = 0; i < pad_len; i++)
		tail[i] = i + 1;
	tail[pad_len] = pad_len;
	tail[pad_len + 1] = next_header;
}

/**
 * sectun_padding_check() - read a trailer after decryption
 * @data: what was decrypted, linear
 * @len: octets of it: payload, padding and trailer
 * @payload_len: set to the octets of payload, TFC padding included
 * @next_header: set to the payload's IP protocol number
 *
 * Call it only after the ICV has been verified: an answer about the padding of a forged packet is
 * a padding oracle. The outputs are set only where the trailer is good.
 *
 * Return: SECTUN_REASON_NONE, or SECTUN_REASON_BAD_PADDING where the padding does not fit into
 * @len or is not 1, 2, 3, ... (RFC 4303 section 2.4).
 */
static inline enum sectun_reason sectun_padding_check(const u8 *data, unsigned int len,
						      unsigned int *payload_len, u8 *next_header)
{
	unsigned int pad_len, i;
	const u8 *pad;

	if (len < SECTUN_ESP_TRAILER_LEN)
		return SECTUN_REASON_BAD_PADDING;
	pad_len = data[len - 2];
	if (pad_len > len - SECTUN_ESP_TRAILER_LEN)
		return SECTUN_REASON_BAD_PADDING;

	pad = data + len - SECTUN_ESP_TRAILER_LEN - pad_len;
	for (i = 0; i < pad_len; i++)
		if (pad[i] != i + 1)
			return SECTUN_REASON_BAD_PADDING;

	*payload_len = len - SECTUN_ESP_TRAILER_LEN - pad_len;
	*next_header = data[len - 1];
	return SECTUN_REASON_NONE;
}

#endif
