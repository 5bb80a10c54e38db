/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose memory a packet is in. The transforms write only into memory that the module allocated, or
 * that nobody else can see.
 */
#ifndef _SECTUN_PACKET_H
#define _SECTUN_PACKET_H

#include <linux/netdevice.h>
#include <linux/skbuff.h>

/**
 * sectun_packet_is_ours - may a packet be changed where it is?
 * @skb: a packet that was handed to us
 *
 * Only the linear part of a packet can be: the kernel allocated it for this packet, and as long as
 * there is no clone, no second reference and no sender who waits for it, it belongs to whoever has
 * the packet. Pages never: they may be anybody's, such as page cache that was spliced into a
 * socket, and what says so gets lost on the way (CVE-2026-43284). Who captures a packet has a
 * clone.
 *
 * Return: true where all of it is in such memory.
 */
static inline bool sectun_packet_is_ours(const struct sk_buff *skb)
{
	return !skb_is_nonlinear(skb) && !skb_cloned(skb) && !skb_shared(skb) &&
	       !(skb_shinfo(skb)->flags & SKBFL_ZEROCOPY_ENABLE);
}

/**
 * sectun_packet_reset - makes a packet as new, but for its octets
 * @skb: a packet that is ours, sectun_packet_is_ours()
 *
 * Nothing of the way that it came clings to it: it is as one from alloc_skb() into which the octets
 * have been copied. The offsets of its headers are gone, too.
 *
 * Context: any but hard interrupts.
 */
static inline void sectun_packet_reset(struct sk_buff *skb)
{
	const u16 alloc_cpu = skb->alloc_cpu;

	skb_orphan(skb);
	skb_dst_drop(skb);
	skb_ext_reset(skb);
	nf_reset_ct(skb);
	memset(&skb->headers, 0, sizeof(skb->headers));
	memset(skb->cb, 0, sizeof(skb->cb));
	memset(skb_shinfo(skb), 0, offsetof(struct skb_shared_info, dataref));
	skb->alloc_cpu = alloc_cpu;
	skb->tstamp = 0;
	skb->dev = NULL;
	skb->mac_len = 0;
	skb->hdr_len = 0;
	skb->queue_mapping = 0;
	skb->nohdr = 0;
	skb->peeked = 0;
	skb->mac_header = (typeof(skb->mac_header))~0U;
	skb->transport_header = (typeof(skb->transport_header))~0U;
}

#endif
