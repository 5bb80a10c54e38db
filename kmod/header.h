/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_HEADER_H
#define _SECTUN_HEADER_H

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include "ah_packet.h"
#include "alg.h"
#include "padding.h"
#include "tunnel.h"

struct sectun_inner;
struct sk_buff;

#define SECTUN_ESP_HEADER_LEN 8 /* octets: SPI and sequence number */
#define SECTUN_TTL_DEFAULT 64
#define SECTUN_IPV6_MIN_MTU 1280 /* RFC 8200 section 5: such an inner packet always passes */

/**
 * sectun_header_ip_len - octets of the shortest IP header
 * @conf: the tunnel's configuration
 *
 * Return: without options or extension headers.
 */
static inline unsigned int sectun_header_ip_len(const struct sectun_conf *conf)
{
	return conf->family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
}

/**
 * sectun_header_outer_len - octets before the ESP header
 * @conf: the tunnel's configuration
 * @clear_len: transport mode: octets of the packet's own header; 0 where one is made
 *
 * Return: octets of the IP header, and of the UDP header if there is one.
 */
static inline unsigned int sectun_header_outer_len(const struct sectun_conf *conf,
						   unsigned int clear_len)
{
	return (clear_len ?: sectun_header_ip_len(conf)) +
	       (conf->encap == SECTUN_ENCAP_UDP ? sizeof(struct udphdr) : 0);
}

/**
 * sectun_header_inner_mtu - octets of the longest inner packet that fits
 * @conf: the tunnel's configuration
 * @clear_len: transport mode: octets of the packet's own header, which is not there twice; else 0
 * @alg: the transmit SA's algorithm
 * @mtu: octets of the longest outer packet
 *
 * Return: exact, padding included; 0 if not even an empty one fits.
 */
static inline unsigned int sectun_header_inner_mtu(const struct sectun_conf *conf,
						   unsigned int clear_len,
						   const struct sectun_alg *alg, unsigned int mtu)
{
	unsigned int overhead = sectun_header_outer_len(conf, clear_len);
	unsigned int payload_len;

	if (alg->proto == IPPROTO_AH) {
		overhead += sectun_ah_len(alg, conf->family);
		return mtu <= overhead ? 0 : clear_len + mtu - overhead;
	}
	overhead += SECTUN_ESP_HEADER_LEN + alg->iv_len + alg->icv_len;
	if (mtu <= overhead)
		return 0;
	payload_len = sectun_padding_max_payload(mtu - overhead,
						 sectun_padding_block(alg->block_len));
	return payload_len ? clear_len + payload_len : 0;
}

bool sectun_header_df(const struct sectun_conf *conf, const struct sectun_inner *inner,
		      unsigned int len);
__be32 sectun_header_flow_label(const struct sectun_conf *conf, struct sk_buff *skb,
				const struct sectun_inner *inner);
u8 sectun_header_push_encap(struct sk_buff *skb, const struct sectun_conf *conf, u8 proto);
void sectun_header_push(struct sk_buff *skb, const struct sectun_conf *conf, struct net *net,
			u8 protocol, const struct sectun_inner *inner, bool df, __be32 flow_label);
void sectun_header_checksum(struct sk_buff *skb);

#endif
