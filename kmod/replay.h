/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The replay window of a receive SA: RFC 4303 section 3.4.3 and appendix A2.
 *
 * A packet is judged twice. sectun_replay_check() takes no lock, runs before decryption and spares
 * the cipher what is a replay already; with extended sequence numbers it also infers the half that
 * is not sent. sectun_replay_commit() runs after the ICV has been verified, never before, and
 * decides.
 */
#ifndef _SECTUN_REPLAY_H
#define _SECTUN_REPLAY_H

#include <linux/atomic.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include "reason.h"

#define SECTUN_REPLAY_WINDOW_DEFAULT 4096U /* packets */
#define SECTUN_REPLAY_WINDOW_MAX 65536U /* packets */
#define SECTUN_REPLAY_LATE_STEPS 16 /* powers of two below the largest window */

/**
 * struct sectun_replay_loss - what the window tells of the path
 * @lost: numbers that left the window without having been received
 * @late: packets accepted behind a newer one
 * @late_max: numbers by which the latest of them was behind
 * @late_by: the same packets: [n] were behind by 2^n numbers or more, and by less than 2^(n + 1)
 */
struct sectun_replay_loss {
	u64 lost;
	u64 late;
	u32 late_max;
	u64 late_by[SECTUN_REPLAY_LATE_STEPS];
};

/**
 * struct sectun_replay - which sequence numbers have been received
 * @lock: serialises the writers of @top and of what @ring points to; protects @loss
 * @window: packets; 0: anti-replay is off, only @top is kept. Constant
 * @top: highest number received. Written with release after the ring has been made ready for it,
 *	read with acquire by sectun_replay_check(). atomic64_t because a 32-bit machine would read
 *	a plain u64 in two halves. Read it with sectun_replay_top()
 * @ring: one bit per number, set where it was received; NULL where @window is 0. Bits of numbers
 *	beyond @top hold the past lap and are cleared as @top passes over them
 * @ring_mask: number of bits in the ring, a power of two not below @window, less one. Constant
 * @esn: numbers have 64 bits of which 32 are sent (RFC 4303 section 2.2.1). Constant
 * @loss: since the SA was installed; without a window nothing is known of it
 */
struct sectun_replay {
	spinlock_t lock;
	u32 window;
	atomic64_t top;
	unsigned long *ring;
	u32 ring_mask;
	bool esn;
	struct sectun_replay_loss loss;
};

int sectun_replay_init(struct sectun_replay *replay, u32 window, bool esn, u64 top);
void sectun_replay_uninit(struct sectun_replay *replay);
enum sectun_reason sectun_replay_check(const struct sectun_replay *replay, u32 seq_low, u64 *seq);
enum sectun_reason sectun_replay_commit(struct sectun_replay *replay, u64 seq);
enum sectun_reason sectun_replay_blame(const struct sectun_replay *replay, u64 seq);
int sectun_replay_seek(struct sectun_replay *replay, u64 top);
void sectun_replay_loss_read(struct sectun_replay *replay, struct sectun_replay_loss *loss);

/**
 * sectun_replay_top() - the highest sequence number received
 * @replay: the window
 *
 * Context: any. No lock.
 * Return: the right edge of the window, as last seen; it may move at any time.
 */
static inline u64 sectun_replay_top(const struct sectun_replay *replay)
{
	return atomic64_read(&replay->top);
}

#endif
