/* SPDX-License-Identifier: GPL-2.0-only */
/* Timers: the new names. */
#ifndef _SECTUN_COMPAT_TIMER_H
#define _SECTUN_COMPAT_TIMER_H

#include <linux/timer.h>
#include "compat/probes.result"

#ifndef SECTUN_HAVE_TIMER_DELETE
#define timer_delete(timer) del_timer(timer)
#define timer_delete_sync(timer) del_timer_sync(timer)
#endif

/* The old kernel cannot keep a timer from being started again: its callback must see for itself. */
#ifndef SECTUN_HAVE_TIMER_SHUTDOWN
#define timer_shutdown_sync(timer) timer_delete_sync(timer)
#endif

#ifndef SECTUN_HAVE_TIMER_CONTAINER_OF
#define timer_container_of(owner, timer, member) from_timer(owner, timer, member)
#endif

#endif
