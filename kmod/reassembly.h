/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_REASSEMBLY_H
#define _SECTUN_REASSEMBLY_H

#include <linux/types.h>

struct sectun_device;
struct sectun_inner;
struct sk_buff;

bool sectun_reassembly_whole(struct sectun_device *device, struct sk_buff *skb,
			     struct sectun_inner *inner);

#endif
