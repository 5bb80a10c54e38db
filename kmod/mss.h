/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_MSS_H
#define _SECTUN_MSS_H

#include <linux/tcp.h>
#include <net/ipv6.h>
#include "inner.h"
#include "tunnel.h"

void sectun_mss_clamp_tcp(struct sectun_tunnel *tunnel, const struct sectun_conf *conf,
			  struct sk_buff *skb, const struct sectun_inner *inner);

/* Sees most packets pass: what is TCP, and no SYN, has no MSS. */
static inline bool sectun_mss_is_due(const struct sk_buff *skb, const struct sectun_inner *inner)
{
	const unsigned int offset = inner->transport_offset;

	if (inner->protocol != IPPROTO_TCP)
		return inner->family == AF_INET6 && ipv6_ext_hdr(inner->protocol);
	return unlikely(offset + sizeof(struct tcphdr) > skb_headlen(skb)) ||
	       ((const struct tcphdr *)(skb->data + offset))->syn;
}

/**
 * sectun_mss_clamp - makes the MSS of a TCP SYN fit the tunnel
 * @tunnel: the tunnel
 * @conf: its configuration
 * @skb: a packet whose data begins with the inner IP header
 * @inner: that header
 *
 * Context: bottom halves off, RCU.
 */
static inline void sectun_mss_clamp(struct sectun_tunnel *tunnel, const struct sectun_conf *conf,
				    struct sk_buff *skb, const struct sectun_inner *inner)
{
	if (conf->mss && sectun_mss_is_due(skb, inner))
		sectun_mss_clamp_tcp(tunnel, conf, skb, inner);
}

#endif
