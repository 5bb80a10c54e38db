// SPDX-License-Identifier: GPL-2.0-only
/* 6.5: skb_gso_segment() moved to a header of its own. */
#include <linux/netdevice.h>
#ifdef SECTUN_PROBE_NEW
#include <net/gso.h>
#endif

static inline struct sk_buff *probe(struct sk_buff *skb)
{
	return skb_gso_segment(skb, 0);
}
