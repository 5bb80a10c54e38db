/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finished packets of one batch, on their way to the stack as one: the first carries the others on
 * its frag_list (SKB_GSO_FRAGLIST), so that routing, netfilter and queueing are paid once for all
 * of them. A device that takes no such lists gets single packets: the stack cuts the list as late
 * as it can, by offload.c, or for ESP in UDP by its own means.
 */
#ifndef _SECTUN_GATHER_H
#define _SECTUN_GATHER_H

#include <linux/types.h>

struct dst_entry;
struct sectun_conf;
struct sectun_sa;
struct sk_buff;

/**
 * struct sectun_gather - packets that wait for the rest of their batch
 * @sa: their SA, held by whoever gathers
 * @first: the first of them, or NULL
 * @last: the last of them
 * @size: octets of ESP in every packet but the last, which may have fewer
 * @packets: how many
 * @bytes: octets of their inner packets
 * @full: nothing may follow the last
 */
struct sectun_gather {
	struct sectun_sa *sa;
	struct sk_buff *first;
	struct sk_buff *last;
	unsigned int size;
	unsigned int packets;
	unsigned int bytes;
	bool full;
};

bool sectun_gather_may(const struct sectun_sa *sa, const struct sectun_conf *conf, bool df);
void sectun_gather_add(struct sectun_gather *gather, struct sk_buff *skb, unsigned int inner_len);
void sectun_gather_send(struct sectun_gather *gather);

#endif
