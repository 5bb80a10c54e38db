// SPDX-License-Identifier: GPL-2.0-only
/* 6.2: the new name of prandom_u32_max(). */
#include <linux/prandom.h>
#include <linux/random.h>

static inline u32 probe(u32 ceil)
{
#ifdef SECTUN_PROBE_NEW
	return get_random_u32_below(ceil) + get_random_u32_inclusive(1, ceil);
#else
	return prandom_u32_max(ceil);
#endif
}
