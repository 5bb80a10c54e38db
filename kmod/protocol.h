/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_PROTOCOL_H
#define _SECTUN_PROTOCOL_H

#include <linux/in.h>
#include <linux/ip.h>

/**
 * sectun_protocol_spi - the SPI of ESP or AH
 * @header: its first eight octets
 * @proto: IPPROTO_ESP or IPPROTO_AH
 *
 * Return: the SPI.
 */
static inline __be32 sectun_protocol_spi(const void *header, u8 proto)
{
	return proto == IPPROTO_AH ? ((const struct ip_auth_hdr *)header)->spi :
				     ((const struct ip_esp_hdr *)header)->spi;
}

int sectun_protocol_register(void);
void sectun_protocol_unregister(void);

#endif
