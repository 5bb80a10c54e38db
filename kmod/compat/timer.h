/* SPDX-License-Identifier: GPL-2.0-only */
/* Timers. */
#ifndef _SECTUN_COMPAT_TIMER_H
#define _SECTUN_COMPAT_TIMER_H

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

#endif
