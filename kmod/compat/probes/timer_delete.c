// SPDX-License-Identifier: GPL-2.0-only
/* 6.2: the new name of del_timer_sync(), which 6.15 took away. */
#include <linux/timer.h>

static inline int probe(struct timer_list *timer)
{
#ifdef SECTUN_PROBE_NEW
	return timer_delete(timer) + timer_delete_sync(timer);
#else
	return del_timer(timer) + del_timer_sync(timer);
#endif
}
