// SPDX-License-Identifier: GPL-2.0-only
/* 6.13: the callback is given where a timer is made. */
#include <linux/hrtimer.h>

static inline void probe(struct hrtimer *timer, enum hrtimer_restart (*function)(struct hrtimer *))
{
#ifdef SECTUN_PROBE_NEW
	hrtimer_setup(timer, function, CLOCK_BOOTTIME, HRTIMER_MODE_REL_SOFT);
#else
	hrtimer_init(timer, CLOCK_BOOTTIME, HRTIMER_MODE_REL_SOFT);
	timer->function = function;
#endif
}
