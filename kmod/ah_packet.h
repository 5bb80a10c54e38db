/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AH of one packet (RFC 4302 section 2), which is whole and in memory of our own:
 *
 *	  0		  1		  2		  3
 *	| next header	| octets / 4 - 2 | reserved			|
 *	| SPI								|
 *	| sequence number						|
 *	| ICV field: IV (GMAC only), ICV, padding ...			|
 */
#ifndef _SECTUN_AH_PACKET_H
#define _SECTUN_AH_PACKET_H

#include "ah_header.h"
#include "alg.h"

struct sectun_op;

/**
 * sectun_ah_len - octets of AH
 * @alg: row of the algorithm table
 * @family: AF_INET or AF_INET6, of the header in front of it
 *
 * Return: padding included.
 */
static inline unsigned int sectun_ah_len(const struct sectun_alg *alg, u8 family)
{
	return sectun_ah_header_len(family, alg->iv_len + alg->icv_len);
}

void sectun_ah_seal(struct sectun_op *op, u8 next_header);
void sectun_ah_open(struct sectun_op *op);

#endif
