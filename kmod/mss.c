// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clamps the MSS option of TCP SYNs, in both directions, so that TCP never depends on path MTU
 * discovery.
 */
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/ipv6.h>
#include <net/tcp.h>
#include "inner.h"
#include "mss.h"
#include "path.h"
#include "tunnel.h"

/*
 * The offset of the MSS option's value in @th, or 0. Options are @len octets in all, header
 * included.
 */
static unsigned int sectun_mss_find(const u8 *th, unsigned int len)
{
	unsigned int i = sizeof(struct tcphdr);

	while (i < len) {
		if (th[i] == TCPOPT_EOL)
			return 0;
		if (th[i] == TCPOPT_NOP) {
			i++;
			continue;
		}
		if (i + 1 >= len || th[i + 1] < 2 || i + th[i + 1] > len)
			return 0;
		if (th[i] == TCPOPT_MSS && th[i + 1] == TCPOLEN_MSS)
			return i + 2;
		i += th[i + 1];
	}
	return 0;
}

static unsigned int sectun_mss_limit(struct sectun_tunnel *tunnel, const struct sectun_conf *conf,
				     const struct sectun_inner *inner)
{
	unsigned int headers = inner->transport_offset + sizeof(struct tcphdr);
	unsigned int mtu;

	if (conf->mss != SECTUN_MSS_AUTO)
		return conf->mss;
	mtu = sectun_path_mtu(tunnel);
	return mtu > headers ? mtu - headers : 0;
}

/* Puts a value of two octets in place of another; the checksum is made of pairs of octets. */
static void sectun_mss_replace(struct sk_buff *skb, struct tcphdr *th, unsigned int at, __be16 old,
			       __be16 new)
{
	memcpy((u8 *)th + at, &new, sizeof(new));
	if (at % 2) {
		old = (__force __be16)swab16((__force u16)old);
		new = (__force __be16)swab16((__force u16)new);
	}
	inet_proto_csum_replace2(&th->check, skb, old, new, false);
}

/**
 * sectun_mss_clamp_tcp - makes the MSS of a TCP SYN fit the tunnel
 * @tunnel: the tunnel
 * @conf: its configuration
 * @skb: a packet whose data begins with the inner IP header
 * @inner: that header
 *
 * For sectun_mss_clamp(). What is not a SYN with an MSS option that is too large stays as it is,
 * and so does what there is no memory for.
 *
 * Context: bottom halves off, RCU.
 */
void sectun_mss_clamp_tcp(struct sectun_tunnel *tunnel, const struct sectun_conf *conf,
			  struct sk_buff *skb, const struct sectun_inner *inner)
{
	const struct tcphdr *peek;
	struct tcphdr buffer, *th;
	unsigned int offset, limit, at;
	struct sectun_inner deeper;
	__be16 old;

	if (unlikely(inner->family == AF_INET6 && ipv6_ext_hdr(inner->protocol))) {
		deeper = *inner;
		sectun_inner_transport_outbound(skb, 0, &deeper);
		inner = &deeper;
	}
	offset = inner->transport_offset;
	if (inner->protocol != IPPROTO_TCP || inner->fragment || skb_is_gso(skb))
		return;
	peek = skb_header_pointer(skb, offset, sizeof(buffer), &buffer);
	if (likely(!peek || !peek->syn) || peek->doff * 4 <= sizeof(*peek))
		return;
	limit = sectun_mss_limit(tunnel, conf, inner);
	if (!limit || skb_ensure_writable(skb, offset + peek->doff * 4))
		return;

	th = (struct tcphdr *)(skb->data + offset);
	at = sectun_mss_find((const u8 *)th, th->doff * 4);
	if (!at)
		return;
	memcpy(&old, (u8 *)th + at, sizeof(old));
	if (ntohs(old) <= limit)
		return;
	sectun_mss_replace(skb, th, at, old, htons(limit));
}
