/* SPDX-License-Identifier: GPL-2.0-only */
/* Timers. */
#ifndef _SECTUN_COMPAT_TIMER_H
#define _SECTUN_COMPAT_TIMER_H

#include <linux/hrtimer.h>
#include <linux/timer.h>
#include "compat/probes.result"

/*
 * The old function does not keep a timer from being started again afterwards. One that its own
 * callback starts again is stopped all the same; nobody else may do it.
 */
#ifndef SECTUN_HAVE_TIMER_SHUTDOWN
#define timer_shutdown_sync(timer) del_timer_sync(timer)
#endif

#ifndef SECTUN_HAVE_TIMER_CONTAINER_OF
#define timer_container_of(owner, timer, member) from_timer(owner, timer, member)
#endif

#ifndef SECTUN_HAVE_HRTIMER_SETUP
static inline void sectun_compat_hrtimer_setup(struct hrtimer *timer,
					       enum hrtimer_restart (*function)(struct hrtimer *),
					       clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}

#define hrtimer_setup sectun_compat_hrtimer_setup
#endif

#endif
