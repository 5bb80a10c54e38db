// SPDX-License-Identifier: GPL-2.0-only
/* 6.16: the new name of from_timer(). */
#include <linux/timer.h>

struct owner {
	struct timer_list timer;
};

static inline struct owner *probe(struct timer_list *t)
{
#ifdef SECTUN_PROBE_NEW
	struct owner *owner = timer_container_of(owner, t, timer);
#else
	struct owner *owner = from_timer(owner, t, timer);
#endif

	return owner;
}
