/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One source for every kernel from 6.1 on: the code is written for the newest kernel, and what
 * older ones lack is filled in here. No file outside this directory asks for a kernel's version or
 * for SECTUN_HAVE_anything.
 *
 * Distributions backport, so a version number says little. The build asks the compiler instead:
 * each probes/NAME.c is compiled against the target kernel, with that kernel's own flags, and
 * becomes SECTUN_HAVE_NAME in probes.result (probe.mk, probe.sh). To add one:
 *
 * 1. Write probes/NAME.c: the construct of the new kernel where SECTUN_PROBE_NEW is defined, else
 *    what the fallback uses. One construct per file, and no call of a function that an #include
 *    above does not declare. The first comment says since when and why. The file need not be listed
 *    anywhere.
 *
 *	#include <linux/netdevice.h>
 *
 *	static inline void probe(struct net_device *dev)
 *	{
 *	#ifdef SECTUN_PROBE_NEW
 *		dev->lltx = true;
 *	#else
 *		dev->features |= NETIF_F_LLTX;
 *	#endif
 *	}
 *
 * 2. Write the fallback in the header of its subject in this directory, under the name that the
 *    newest kernel uses where that can be done, so that the day support for old kernels ends the
 *    fallback is deleted and nothing else changes. Where a signature differs, wrap it as
 *    sectun_compat_<name>.
 *
 *	#ifndef SECTUN_HAVE_NAME
 *	...
 *	#endif
 *
 * 3. Build for the oldest and the newest kernel and look at probes.result of both: `make check`
 *    does both.
 *
 * What is a macro on the new kernel needs no probe: #ifndef asks the same.
 *
 * A probe is right only for the right reason: where neither form compiles, the build stops, names
 * the probe and tells where the compiler's messages are. Only types decide, warnings never do.
 */
#ifndef _SECTUN_COMPAT_H
#define _SECTUN_COMPAT_H

#include "compat/probes.result"
#include "compat/netdevice.h"
#include "compat/timer.h"
#include "compat/udp.h"

#endif
