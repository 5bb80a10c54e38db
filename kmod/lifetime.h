/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lifetime of an SA (RFC 4301 section 4.4.2.1): at a soft limit a key-management daemon is told
 * to rekey, past a hard one the SA carries nothing more. Limits are in octets to which the cipher
 * is applied, padding included, in packets and in seconds; and the sequence numbers of a transmit
 * SA come to an end by themselves.
 *
 * Each event is told once for an SA, whichever limit was first. An SA that is over stays, so that
 * it can be seen why nothing passes: a daemon removes or replaces it.
 */
#ifndef _SECTUN_LIFETIME_H
#define _SECTUN_LIFETIME_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/hrtimer.h>
#include <linux/types.h>
#include "reason.h"

struct sectun_sa;

#define SECTUN_LIMIT_NONE U64_MAX

/**
 * enum sectun_limit - the two of each kind
 * @SECTUN_LIMIT_SOFT: time to rekey
 * @SECTUN_LIMIT_HARD: the end
 * @SECTUN_LIMITS: length of an array that this indexes
 */
enum sectun_limit {
	SECTUN_LIMIT_SOFT,
	SECTUN_LIMIT_HARD,
	SECTUN_LIMITS,
};

/**
 * struct sectun_limits - what was asked for, by enum sectun_limit; SECTUN_LIMIT_NONE where nothing
 * was
 * @bytes: octets to which the cipher is applied
 * @packets: packets
 * @seconds: seconds since the SA was installed, the time asleep included; 32 bits
 */
struct sectun_limits {
	u64 bytes[SECTUN_LIMITS];
	u64 packets[SECTUN_LIMITS];
	u64 seconds[SECTUN_LIMITS];
};

/**
 * struct sectun_lifetime - how far an SA is in its life
 * @seq_watch: transmit: from this number on there is something to tell. Constant
 * @seq_soft: transmit: the number with which the soft limit of packets, or the one of numbers, is
 *	reached. Constant
 * @seq_last: transmit: the last number that may be used. Constant
 * @seq_first: transmit: the number before the first. Constant
 * @metered: @bytes, or receive: @packets too, are to be counted. Constant
 * @soft_due: the next that @timer tells is the soft limit; its callback's
 * @reached: bits by enum sectun_limit: told
 * @packets: receive, with a limit of packets: used so far
 * @bytes: with a limit of octets: used so far
 * @limits: what was asked for. Constant
 * @timer: the limits of time; runs while the SA is linked, and only where there is such a limit
 */
struct sectun_lifetime {
	u64 seq_watch;
	u64 seq_soft;
	u64 seq_last;
	u64 seq_first;
	bool metered;
	bool soft_due;
	unsigned long reached;
	atomic64_t packets;
	atomic64_t bytes;
	struct sectun_limits limits;
	struct hrtimer timer;
};

void sectun_limits_init(struct sectun_limits *limits);

void sectun_lifetime_init(struct sectun_lifetime *lifetime);
void sectun_lifetime_set(struct sectun_sa *sa, const struct sectun_limits *limits, u64 seq);
void sectun_lifetime_start(struct sectun_lifetime *lifetime);
void sectun_lifetime_stop(struct sectun_lifetime *lifetime);

void sectun_lifetime_numbered(struct sectun_sa *sa, u64 seq);
bool sectun_lifetime_meter(struct sectun_sa *sa, unsigned int bytes);
enum sectun_reason sectun_lifetime_reason(const struct sectun_sa *sa);
u64 sectun_lifetime_packets(const struct sectun_sa *sa);

/**
 * sectun_lifetime_over - is an SA past a hard limit?
 * @lifetime: its lifetime
 *
 * Context: any.
 * Return: true if so.
 */
static inline bool sectun_lifetime_over(const struct sectun_lifetime *lifetime)
{
	return test_bit(SECTUN_LIMIT_HARD, &lifetime->reached);
}

#endif
