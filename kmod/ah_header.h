/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_AH_HEADER_H
#define _SECTUN_AH_HEADER_H

#include <linux/align.h>
#include <linux/socket.h>
#include <linux/types.h>

#define SECTUN_AH_FIXED_LEN 12 /* octets of AH in front of its ICV field (RFC 4302 section 2) */

/**
 * sectun_ah_header_len - octets of AH
 * @family: AF_INET or AF_INET6
 * @icv_len: octets that the ICV field must hold
 *
 * Return: padded to 32 bits behind an IPv4 header, to 64 bits behind an IPv6 header, and not more
 * (RFC 4302 section 3.3.3.2.1).
 */
static inline unsigned int sectun_ah_header_len(u8 family, unsigned int icv_len)
{
	return ALIGN(SECTUN_AH_FIXED_LEN + icv_len, family == AF_INET ? 4 : 8);
}

int sectun_ah_header_mute(u8 *packet, unsigned int len);

#endif
