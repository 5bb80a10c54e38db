/* SPDX-License-Identifier: GPL-2.0-only */
/* Random numbers: the new names. */
#ifndef _SECTUN_COMPAT_RANDOM_H
#define _SECTUN_COMPAT_RANDOM_H

#include <linux/prandom.h>
#include <linux/random.h>
#include "compat/probes.result"

#ifndef SECTUN_HAVE_GET_RANDOM_U32_BELOW
static inline u32 get_random_u32_below(u32 ceil)
{
	return prandom_u32_max(ceil);
}

static inline u32 get_random_u32_inclusive(u32 floor, u32 ceil)
{
	return floor + prandom_u32_max(ceil - floor + 1);
}
#endif

#endif
