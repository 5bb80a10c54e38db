/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_OFFLOAD_H
#define _SECTUN_OFFLOAD_H

#include <linux/types.h>

struct list_head;
struct sk_buff;
struct sock;

void sectun_offload_get(void);
void sectun_offload_put(void);
bool sectun_offload_has(u8 family);

struct sk_buff *sectun_offload_udp_receive(struct sock *sk, struct list_head *head,
					   struct sk_buff *skb);
int sectun_offload_udp_complete(struct sock *sk, struct sk_buff *skb, int offset);

#endif
