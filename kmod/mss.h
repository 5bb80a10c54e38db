/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_MSS_H
#define _SECTUN_MSS_H

#include <net/ipv6.h>
#include "inner.h"
#include "tunnel.h"

void sectun_mss_clamp_tcp(struct sectun_tunnel *tunnel, const struct sectun_conf *conf,
			  struct sk_buff *skb, const struct sectun_inner *inner);

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
	if (conf->mss && (inner->protocol == IPPROTO_TCP ||
			  (inner->family == AF_INET6 && ipv6_ext_hdr(inner->protocol))))
		sectun_mss_clamp_tcp(tunnel, conf, skb, inner);
}

#endif
