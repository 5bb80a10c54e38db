/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_MERGE_H
#define _SECTUN_MERGE_H

#include <linux/skbuff.h>

/**
 * struct sectun_merge - segments of one TCP flow on their way to become one packet
 * @first: the first one, which has the text of the others; or NULL
 * @last: the last packet on its frag_list; or NULL
 * @n: how many there are
 * @tcp_at: octets of the IP header
 * @header_len: octets of IP and TCP header
 * @mss: octets of text of each but the last
 * @next_seq: sequence number of the text that goes on
 * @closed: nothing may follow the last one
 */
struct sectun_merge {
	struct sk_buff *first;
	struct sk_buff *last;
	unsigned int n;
	unsigned int tcp_at;
	unsigned int header_len;
	unsigned int mss;
	u32 next_seq;
	bool closed;
};

bool sectun_merge_begin(struct sectun_merge *merge, struct sk_buff *skb);
bool sectun_merge_append(struct sectun_merge *merge, struct sk_buff *skb);
struct sk_buff *sectun_merge_end(struct sectun_merge *merge);

#endif
