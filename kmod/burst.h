/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets that arrive together: the stack hands over one packet that has the others on its
 * frag_list (SKB_GSO_FRAGLIST). Such lists are made by a sender on the same machine (gather.c) and
 * by GRO (offload.c). They are one flow, but each is judged by what it says itself.
 */
#ifndef _SECTUN_BURST_H
#define _SECTUN_BURST_H

#include <linux/skbuff.h>
#include "merge.h"

struct sectun_cell;
struct sectun_device;
struct sectun_sa;

/**
 * struct sectun_burst - what the packets of one list have in common, as far as they do
 * @sa: the SA of the last one, held; or NULL
 * @packets: packets that were delivered for @sa, and are yet to be counted
 * @bytes: octets of them
 * @device: where the last one was delivered; or NULL
 * @cell: of @device and this CPU; NULL where packets have to be queued
 * @given: packets that @cell was given
 * @merge: the packets of a TCP flow that come next
 */
struct sectun_burst {
	struct sectun_sa *sa;
	unsigned int packets;
	unsigned int bytes;
	struct sectun_device *device;
	struct sectun_cell *cell;
	unsigned int given;
	struct sectun_merge merge;
};

bool sectun_burst_is(const struct sk_buff *skb, u8 family, bool encap);
struct sk_buff *sectun_burst_split(struct sk_buff *skb, u8 family, bool encap, unsigned int *lost);
void sectun_burst_sa(struct sectun_burst *burst, struct sectun_sa *sa);
bool sectun_burst_receive(struct sectun_burst *burst, struct sectun_sa *sa, struct sk_buff *skb);
void sectun_burst_end(struct sectun_burst *burst);

#endif
