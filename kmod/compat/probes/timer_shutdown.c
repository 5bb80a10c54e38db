// SPDX-License-Identifier: GPL-2.0-only
/* 6.2: deletes a timer so that it cannot be started again. */
#include <linux/timer.h>

static inline int probe(struct timer_list *timer)
{
#ifdef SECTUN_PROBE_NEW
	return timer_shutdown_sync(timer);
#else
	return del_timer_sync(timer);
#endif
}
