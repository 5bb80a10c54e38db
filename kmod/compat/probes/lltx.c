// SPDX-License-Identifier: GPL-2.0-only
/*
 * 6.12: a device without a transmit lock says so in a bit of its own, no longer in a feature flag.
 */
#include <linux/netdevice.h>

static inline void probe(struct net_device *dev)
{
#ifdef SECTUN_PROBE_NEW
	dev->lltx = true;
#else
	dev->features |= NETIF_F_LLTX;
#endif
}
