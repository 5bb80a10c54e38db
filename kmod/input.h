/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_INPUT_H
#define _SECTUN_INPUT_H

#include <linux/types.h>

struct sk_buff;

int sectun_input(struct sk_buff *skb, u8 family, u8 proto, bool encap);

#endif
