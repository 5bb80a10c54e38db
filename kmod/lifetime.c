// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an SA may still carry. Packets of a transmit SA are counted by their sequence numbers, which
 * are handed out in one atomic step: the limit is the last number that is. Octets, and the packets
 * of a receive SA, are counted only where there is a limit.
 */
#include <linux/limits.h>
#include <linux/minmax.h>
#include "compat/timer.h"
#include "event.h"
#include "lifetime.h"
#include "sa.h"
#include "trace.h"

/*
 * Where no limit says when to rekey, it is time when seven eighths of the sequence numbers are
 * used: at ten million packets a second, 53 seconds before the end.
 */
#define SECTUN_LIFETIME_SEQ_REST_SHIFT 3

/* Tells of a limit, once. */
static void sectun_lifetime_reach(struct sectun_sa *sa, enum sectun_limit limit)
{
	if (test_and_set_bit(limit, &sa->lifetime.reached))
		return;
	if (limit == SECTUN_LIMIT_HARD)
		trace_rekey(sa, "expired");
	sectun_event_expire(sa, limit == SECTUN_LIMIT_HARD);
}

/**
 * sectun_lifetime_numbered - heeds the sequence numbers that were just taken
 * @sa: a transmit SA
 * @seq: the last of them, not less than seq_watch
 *
 * Context: any but hard interrupts.
 */
void sectun_lifetime_numbered(struct sectun_sa *sa, u64 seq)
{
	if (seq >= sa->lifetime.seq_soft)
		sectun_lifetime_reach(sa, SECTUN_LIMIT_SOFT);
	if (seq >= sa->lifetime.seq_last)
		sectun_lifetime_reach(sa, SECTUN_LIMIT_HARD);
}

/* Takes @n of what is limited, all or none: no two CPUs together take more than the hard limit. */
static bool sectun_lifetime_take(struct sectun_sa *sa, atomic64_t *used, unsigned int n,
				 const u64 limit[SECTUN_LIMITS])
{
	s64 before = atomic64_read(used);
	u64 after;

	do {
		after = (u64)before + n;
		if (after > limit[SECTUN_LIMIT_HARD]) {
			sectun_lifetime_reach(sa, SECTUN_LIMIT_HARD);
			return false;
		}
	} while (!atomic64_try_cmpxchg(used, &before, after));

	if (after >= limit[SECTUN_LIMIT_SOFT])
		sectun_lifetime_reach(sa, SECTUN_LIMIT_SOFT);
	if (after == limit[SECTUN_LIMIT_HARD])
		sectun_lifetime_reach(sa, SECTUN_LIMIT_HARD);
	return true;
}

/**
 * sectun_lifetime_meter - takes what one packet needs of an SA's lifetime
 * @sa: the SA
 * @bytes: octets to which the cipher is applied
 *
 * Context: any but hard interrupts.
 * Return: false where the packet would be past a hard limit, and must go no further.
 */
bool sectun_lifetime_meter(struct sectun_sa *sa, unsigned int bytes)
{
	struct sectun_lifetime *lifetime = &sa->lifetime;

	if (sectun_lifetime_over(lifetime))
		return false;
	if (sa->dir == SECTUN_DIR_IN &&
	    !sectun_lifetime_take(sa, &lifetime->packets, 1, lifetime->limits.packets))
		return false;
	return sectun_lifetime_take(sa, &lifetime->bytes, bytes, lifetime->limits.bytes);
}

/**
 * sectun_lifetime_reason - why an SA carries nothing more
 * @sa: an SA that is over
 *
 * Return: SECTUN_REASON_SEQ_EXHAUSTED after the very last sequence number, else
 * SECTUN_REASON_EXPIRED.
 */
enum sectun_reason sectun_lifetime_reason(const struct sectun_sa *sa)
{
	if (sa->dir == SECTUN_DIR_OUT &&
	    (u64)atomic64_read(&sa->seq) == sectun_sa_seq_max(sa->esn))
		return SECTUN_REASON_SEQ_EXHAUSTED;
	return SECTUN_REASON_EXPIRED;
}

/**
 * sectun_lifetime_packets - packets that count against an SA's limit
 * @sa: an SA with a limit of packets
 *
 * Return: of a transmit SA, the sequence numbers used since it was installed, those that were
 * skipped included.
 */
u64 sectun_lifetime_packets(const struct sectun_sa *sa)
{
	if (sa->dir == SECTUN_DIR_IN)
		return atomic64_read(&sa->lifetime.packets);
	return (u64)atomic64_read(&sa->seq) - sa->lifetime.seq_first;
}

/* Softirq. Runs on while the machine sleeps. */
static enum hrtimer_restart sectun_lifetime_timer(struct hrtimer *timer)
{
	struct sectun_sa *sa = container_of(timer, struct sectun_sa, lifetime.timer);
	const u64 *seconds = sa->lifetime.limits.seconds;

	if (!sa->lifetime.soft_due) {
		sectun_lifetime_reach(sa, SECTUN_LIMIT_HARD);
		return HRTIMER_NORESTART;
	}
	sa->lifetime.soft_due = false;
	sectun_lifetime_reach(sa, SECTUN_LIMIT_SOFT);
	if (seconds[SECTUN_LIMIT_HARD] == SECTUN_LIMIT_NONE)
		return HRTIMER_NORESTART;
	hrtimer_add_expires(timer, ktime_set(seconds[SECTUN_LIMIT_HARD] -
					     seconds[SECTUN_LIMIT_SOFT], 0));
	return HRTIMER_RESTART;
}

/**
 * sectun_limits_init - no limit at all
 * @limits: filled in
 */
void sectun_limits_init(struct sectun_limits *limits)
{
	*limits = (struct sectun_limits){
		.bytes = { SECTUN_LIMIT_NONE, SECTUN_LIMIT_NONE },
		.packets = { SECTUN_LIMIT_NONE, SECTUN_LIMIT_NONE },
		.seconds = { SECTUN_LIMIT_NONE, SECTUN_LIMIT_NONE },
	};
}

/**
 * sectun_lifetime_init - a lifetime without any limit
 * @lifetime: of a new SA
 */
void sectun_lifetime_init(struct sectun_lifetime *lifetime)
{
	sectun_limits_init(&lifetime->limits);
	hrtimer_setup(&lifetime->timer, sectun_lifetime_timer, CLOCK_BOOTTIME,
		      HRTIMER_MODE_REL_SOFT);
}

static bool sectun_lifetime_is_limited(const u64 limit[SECTUN_LIMITS])
{
	return limit[SECTUN_LIMIT_SOFT] != SECTUN_LIMIT_NONE ||
	       limit[SECTUN_LIMIT_HARD] != SECTUN_LIMIT_NONE;
}

/* @first + @n, but no more than @last. */
static u64 sectun_lifetime_number(u64 first, u64 n, u64 last)
{
	return n < last - first ? first + n : last;
}

/**
 * sectun_lifetime_set - gives a new SA its limits
 * @sa: an SA that nobody sees yet; direction and ESN are set
 * @limits: what was asked for
 * @seq: transmit: the last number used
 */
void sectun_lifetime_set(struct sectun_sa *sa, const struct sectun_limits *limits, u64 seq)
{
	struct sectun_lifetime *lifetime = &sa->lifetime;
	const u64 last = sectun_sa_seq_max(sa->esn);
	const u64 watch = last - (last >> SECTUN_LIFETIME_SEQ_REST_SHIFT);

	lifetime->limits = *limits;
	lifetime->metered = sectun_lifetime_is_limited(limits->bytes) ||
			    (sa->dir == SECTUN_DIR_IN &&
			     sectun_lifetime_is_limited(limits->packets));
	if (sa->dir == SECTUN_DIR_IN)
		return;
	lifetime->seq_first = seq;
	lifetime->seq_last = sectun_lifetime_number(seq, limits->packets[SECTUN_LIMIT_HARD], last);
	lifetime->seq_soft = min(watch, sectun_lifetime_number(seq,
							       limits->packets[SECTUN_LIMIT_SOFT],
							       last));
	lifetime->seq_watch = min(lifetime->seq_soft, lifetime->seq_last);
}

/**
 * sectun_lifetime_start - begins to watch the time
 * @lifetime: of an SA that has just been linked
 */
void sectun_lifetime_start(struct sectun_lifetime *lifetime)
{
	const u64 *seconds = lifetime->limits.seconds;
	u64 first = min(seconds[SECTUN_LIMIT_SOFT], seconds[SECTUN_LIMIT_HARD]);

	lifetime->soft_due = seconds[SECTUN_LIMIT_SOFT] != SECTUN_LIMIT_NONE;
	if (first != SECTUN_LIMIT_NONE)
		hrtimer_start(&lifetime->timer, ktime_set(first, 0), HRTIMER_MODE_REL_SOFT);
}

/**
 * sectun_lifetime_stop - watches the time no more
 * @lifetime: of an SA that is being removed
 *
 * Context: process.
 */
void sectun_lifetime_stop(struct sectun_lifetime *lifetime)
{
	hrtimer_cancel(&lifetime->timer);
}
