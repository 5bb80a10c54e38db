/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inner GSO packets, cut while they are copied to where they are encrypted: each segment is written
 * once, checksum included, and no packet is made of it that would be taken apart again.
 */
#ifndef _SECTUN_SEGMENT_H
#define _SECTUN_SEGMENT_H

#include <linux/types.h>

struct sectun_inner;
struct sk_buff;

/**
 * struct sectun_cut - how a GSO packet is cut
 * @skb: the packet; only read
 * @transport_at: octets of its IP header
 * @header_len: octets of its headers, which each segment gets
 * @size: octets of payload in every segment but the last
 * @count: segments
 * @fixed_id: all segments have the same IPv4 ID
 */
struct sectun_cut {
	const struct sk_buff *skb;
	unsigned int transport_at;
	unsigned int header_len;
	unsigned int size;
	unsigned int count;
	bool fixed_id;
};

bool sectun_segment_plan(struct sectun_cut *cut, const struct sk_buff *skb,
			 const struct sectun_inner *inner);
unsigned int sectun_segment_len(const struct sectun_cut *cut, unsigned int i);
bool sectun_segment_write(const struct sectun_cut *cut, unsigned int i, u8 *to);

#endif
