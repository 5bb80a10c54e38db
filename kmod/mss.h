/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_MSS_H
#define _SECTUN_MSS_H

struct sectun_conf;
struct sectun_inner;
struct sectun_tunnel;
struct sk_buff;

void sectun_mss_clamp(struct sectun_tunnel *tunnel, const struct sectun_conf *conf,
		      struct sk_buff *skb, const struct sectun_inner *inner);

#endif
