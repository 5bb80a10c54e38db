/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_PATH_H
#define _SECTUN_PATH_H

#include <net/dst.h>
#include "reason.h"

struct sectun_conf;
struct sectun_inner;
struct sectun_tunnel;
struct sk_buff;

struct dst_entry *sectun_path_route(const struct sectun_tunnel *tunnel, struct sectun_conf *conf,
				    enum sectun_reason *reason);
unsigned int sectun_path_mtu(struct sectun_tunnel *tunnel);
int sectun_path_link(const struct sectun_tunnel *tunnel);
void sectun_path_too_big4(const struct sectun_tunnel *tunnel, struct sk_buff *skb, u32 mtu);
void sectun_path_too_big6(const struct sectun_tunnel *tunnel, struct sk_buff *skb, u32 mtu);
void sectun_path_tell(struct sk_buff *skb, const struct sectun_inner *inner, unsigned int mtu);
void sectun_path_unreachable(struct sk_buff *skb, const struct sectun_inner *inner);

#endif
