/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_HOLD_H
#define _SECTUN_HOLD_H

struct sectun_inner;
struct sectun_tunnel;
struct sk_buff;

#define SECTUN_HOLD_PACKETS 64 /* packets that one tunnel holds at most */

void sectun_hold(struct sectun_tunnel *tunnel, struct sk_buff *skb,
		 const struct sectun_inner *inner);
void sectun_hold_release(struct sectun_tunnel *tunnel);
void sectun_hold_stop(struct sectun_tunnel *tunnel);

#endif
