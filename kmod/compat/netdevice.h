/* SPDX-License-Identifier: GPL-2.0-only */
/* Network devices and namespaces. */
#ifndef _SECTUN_COMPAT_NETDEVICE_H
#define _SECTUN_COMPAT_NETDEVICE_H

#include <linux/netdevice.h>
#include "compat/generated.h"

/**
 * sectun_compat_set_lltx - the device needs no transmit lock
 * @dev: a device that is being set up
 */
static inline void sectun_compat_set_lltx(struct net_device *dev)
{
#ifdef SECTUN_HAVE_LLTX
	dev->lltx = true;
#else
	dev->features |= NETIF_F_LLTX;
#endif
}

#endif
