/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transport mode (RFC 4303 section 3.1.1, RFC 4302 section 3.1.1): the packet's own IP header, and
 * what of IPv6 extension headers belongs in front, goes in the clear and names the protocol that
 * follows; the rest is the payload.
 */
#ifndef _SECTUN_TRANSPORT_H
#define _SECTUN_TRANSPORT_H

#include <linux/skbuff.h>
#include "inner.h"

struct net;
struct sectun_conf;
struct sectun_op;

/**
 * struct sectun_split - where a packet to protect is divided
 * @clear_len: octets at its front that become the outer header; 0 in tunnel mode, where the outer
 *	header is made
 * @next_header: protocol number of the rest, which is the payload
 * @protocol_at: octets from the packet's start to the octet that says so now, and will say what
 *	stands in front of the payload; not meant in tunnel mode
 */
struct sectun_split {
	u16 clear_len;
	u16 protocol_at;
	u8 next_header;
};

bool sectun_transport_between(const struct sectun_conf *conf, u8 family,
			      const union sectun_addr *here, const union sectun_addr *there);

/* outbound */
enum sectun_reason sectun_transport_split(const struct sk_buff *skb,
					  const struct sectun_inner *inner,
					  struct sectun_split *split);
void sectun_transport_push(struct sk_buff *to, const struct sk_buff *from,
			   const struct sectun_conf *conf, struct net *net, u8 protocol,
			   const struct sectun_split *split, bool df);

/* inbound */
void sectun_transport_remember(struct sectun_op *op, const struct sk_buff *skb);
enum sectun_reason sectun_transport_restore(const struct sectun_op *op, struct sk_buff *skb,
					    u8 next_header);
void sectun_transport_checksum(struct sk_buff *skb, const struct sectun_inner *inner);

#endif
