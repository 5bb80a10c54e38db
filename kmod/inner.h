/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the data path must know about an inner packet. These functions are safe on any octets.
 *
 * Parsing has two depths. The IP header alone is enough for header building and for selectors that
 * name addresses only. Where a selector names a protocol or ports
 * (sectun_selector_table_needs_transport(), struct sectun_selectors::needs_transport), call the
 * ..._transport() function of the same direction too.
 */
#ifndef _SECTUN_INNER_H
#define _SECTUN_INNER_H

#include <linux/skbuff.h>
#include <linux/types.h>
#include "addr.h"
#include "reason.h"

/**
 * struct sectun_inner - the header of an inner packet, read once
 * @family: AF_INET or AF_INET6
 * @protocol: IPv4: the protocol. IPv6: the next header of the fixed header, until the transport
 *	has been looked for: then that of the last header that could be read
 * @tos: DSCP and ECN, as the octet that IPv4 has on the wire
 * @ttl: TTL or hop limit
 * @df: the IPv4 don't-fragment bit; always set for IPv6
 * @fragment: a part of a packet (IPv6: known after the transport has been looked for)
 * @ports_known: @sport and @dport are meant
 * @sport: source port, host order; for ICMP, ICMPv6: type << 8 | code (RFC 4301 section 4.4.1.1)
 * @dport: destination port, host order; for ICMP, ICMPv6: the same number as @sport
 * @src: source address
 * @dst: destination address
 * @flow_label: the IPv6 flow label in its place in the first word, network order; 0 for IPv4
 * @len: octets of the packet by its own header. What the caller has beyond this is TFC padding
 * @header_len: octets of the IPv4 header with options, or of the fixed IPv6 header
 * @transport_offset: octets from the IP header to the transport header; as @header_len until the
 *	transport has been looked for
 */
struct sectun_inner {
	u8 family;
	u8 protocol;
	u8 tos;
	u8 ttl;
	bool df;
	bool fragment;
	bool ports_known;
	u16 sport;
	u16 dport;
	union sectun_addr src;
	union sectun_addr dst;
	__be32 flow_label;
	unsigned int len;
	unsigned int header_len;
	unsigned int transport_offset;
};

/* outbound: an skb from the stack, linear or not */
enum sectun_reason sectun_inner_parse_outbound(const struct sk_buff *skb, unsigned int offset,
					       struct sectun_inner *inner);
void sectun_inner_transport_outbound(const struct sk_buff *skb, unsigned int offset,
				     struct sectun_inner *inner);
bool sectun_inner_quoted_outbound(const struct sk_buff *skb, unsigned int offset,
				  const struct sectun_inner *error, struct sectun_inner *back);

/* inbound: decrypted, in linear memory */
enum sectun_reason sectun_inner_parse_inbound(const void *data, unsigned int len,
					      bool verify_checksum, struct sectun_inner *inner);
void sectun_inner_transport_inbound(const void *data, struct sectun_inner *inner);
bool sectun_inner_quoted_inbound(const void *data, const struct sectun_inner *error,
				 struct sectun_inner *back);

#endif
