/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_OUTPUT_H
#define _SECTUN_OUTPUT_H

struct net;
struct sectun_device;
struct sectun_sa;
struct sectun_tunnel;
struct sk_buff;

void sectun_output(struct sectun_device *device, struct sk_buff *skb);
int sectun_output_send(struct net *net, struct sk_buff *skb);
void sectun_output_pass(struct sectun_sa *sa, struct sk_buff *skb, unsigned int packets,
			unsigned int bytes);
void sectun_output_dummy(struct sectun_tunnel *tunnel);
void sectun_output_tunnel(struct sectun_tunnel *tunnel, struct sk_buff *skb);

#endif
