// SPDX-License-Identifier: GPL-2.0-only
/*
 * The replay window: a ring of bits, one for each of the last sequence numbers.
 *
 *              bottom = top - window + 1            top
 *   ...--------+------------------------------------+--------...  sequence numbers
 *     left: old |  in the window: bit set = replay  | right: new, moves the window
 *
 * As in RFC 6479 nothing is ever shifted: a number has its place at (number & ring_mask). Where
 * the window moves on, the places of the numbers passed over are cleared; for packets in order
 * that is none.
 */
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "replay.h"

/*
 * Packets: without a window the number that was sent is taken to be the one nearest to the top,
 * which allows for as much reordering as can be told from a lap.
 */
#define SECTUN_REPLAY_NOMINAL_WINDOW BIT_ULL(31)

#define SECTUN_REPLAY_LAP BIT_ULL(32) /* numbers with one high half: an RFC 4303 subspace */

static unsigned long *sectun_replay_word(const struct sectun_replay *replay, u64 seq)
{
	return &replay->ring[((u32)seq & replay->ring_mask) / BITS_PER_LONG];
}

static unsigned long sectun_replay_bit(u64 seq)
{
	return BIT((u32)seq % BITS_PER_LONG);
}

static size_t sectun_replay_ring_size(const struct sectun_replay *replay)
{
	return ((size_t)replay->ring_mask + 1) / BITS_PER_BYTE;
}

/* The bits, in one word, of the @n first of @count numbers from @first on: those that share it. */
static unsigned long sectun_replay_span(u64 first, u64 count, unsigned int *n)
{
	unsigned int shift = (u32)first % BITS_PER_LONG;

	*n = min_t(u64, count, BITS_PER_LONG - shift);
	return (~0UL >> (BITS_PER_LONG - *n)) << shift;
}

/* Clear the places of @count numbers from @first on. WRITE_ONCE: sectun_replay_check() looks on. */
static void sectun_replay_clear(struct sectun_replay *replay, u64 first, u64 count)
{
	unsigned long *word, bits;
	unsigned int n;

	count = min_t(u64, count, (u64)replay->ring_mask + 1);
	for (; count; first += n, count -= n) {
		word = sectun_replay_word(replay, first);
		bits = sectun_replay_span(first, count, &n);
		WRITE_ONCE(*word, *word & ~bits);
	}
}

/* How many of @count numbers from @first on, all in the window, have not been received. */
static unsigned int sectun_replay_gaps(const struct sectun_replay *replay, u64 first, u64 count)
{
	unsigned int n, gaps = 0;
	unsigned long bits;

	for (; count; first += n, count -= n) {
		bits = sectun_replay_span(first, count, &n);
		gaps += hweight_long(~*sectun_replay_word(replay, first) & bits);
	}
	return gaps;
}

/*
 * Count what leaves the window as its right edge goes from @top to @seq: the oldest numbers in it,
 * and, where the leap is longer than the window, those that never were in it. Before their places
 * are taken. What is left of number 1, or of where the SA began, has its bit set.
 */
static void sectun_replay_count_lost(struct sectun_replay *replay, u64 top, u64 seq)
{
	u64 leap = seq - top;
	u64 leaving = min_t(u64, leap, replay->window);

	replay->loss.lost += sectun_replay_gaps(replay, top - replay->window + 1, leaving) +
			     (leap - leaving);
}

static void sectun_replay_count_late(struct sectun_replay *replay, u32 behind)
{
	replay->loss.late++;
	replay->loss.late_max = max(replay->loss.late_max, behind);
	replay->loss.late_by[ilog2(behind)]++;
}

/* Judge @seq by a window whose right edge is @top. */
static enum sectun_reason sectun_replay_judge(const struct sectun_replay *replay, u64 top, u64 seq)
{
	if (!replay->window)
		return SECTUN_REASON_NONE;
	if (!seq)
		return SECTUN_REASON_REPLAY_ZERO;
	if (seq > top)
		return SECTUN_REASON_NONE;
	if (top - seq >= replay->window)
		return SECTUN_REASON_REPLAY_OLD;
	if (READ_ONCE(*sectun_replay_word(replay, seq)) & sectun_replay_bit(seq))
		return SECTUN_REASON_REPLAY;
	return SECTUN_REASON_NONE;
}

/**
 * sectun_replay_init() - prepare the window of a new receive SA
 * @replay: the window, not in use yet
 * @window: packets, 0 (no anti-replay) to SECTUN_REPLAY_WINDOW_MAX
 * @esn: whether the SA has extended sequence numbers
 * @top: the right edge: this number and all below count as received; 0 for a fresh SA
 *
 * Context: process, may sleep.
 * Return: 0; -EINVAL where @window is too big or @top does not fit into 32 bits without @esn;
 * -ENOMEM.
 */
int sectun_replay_init(struct sectun_replay *replay, u32 window, bool esn, u64 top)
{
	if (window > SECTUN_REPLAY_WINDOW_MAX || (!esn && top > U32_MAX))
		return -EINVAL;

	spin_lock_init(&replay->lock);
	replay->window = window;
	replay->esn = esn;
	replay->ring = NULL;
	replay->ring_mask = 0;
	replay->loss = (struct sectun_replay_loss){ };
	atomic64_set(&replay->top, top);
	if (!window)
		return 0;

	replay->ring_mask = roundup_pow_of_two(max_t(u32, window, BITS_PER_LONG)) - 1;
	replay->ring = kmalloc(sectun_replay_ring_size(replay), GFP_KERNEL_ACCOUNT);
	if (!replay->ring)
		return -ENOMEM;
	memset(replay->ring, 0xff, sectun_replay_ring_size(replay));
	return 0;
}

/**
 * sectun_replay_uninit() - free what sectun_replay_init() allocated
 * @replay: the window; nobody may use it any more, RCU readers included
 *
 * Context: any.
 */
void sectun_replay_uninit(struct sectun_replay *replay)
{
	kfree(replay->ring);
	replay->ring = NULL;
}

/**
 * sectun_replay_check() - judge a packet before it is decrypted
 * @replay: the window
 * @seq_low: the sequence number in the packet, host order
 * @seq: set to the whole number, where the packet may go on: the high half that the ICV is
 *	computed with, and what sectun_replay_commit() wants. Without ESN it is @seq_low
 *
 * RFC 4303 appendix A2.2 tells two cases, by whether the window spans two subspaces. Both say:
 * take the only number with these low 32 bits of the 2^32 numbers that begin at the left edge of
 * the window. At the beginning of an SA the edge is 0, so no high half of -1 comes out.
 *
 * The answer may be out of date when it arrives: sectun_replay_commit() decides.
 *
 * Context: any. No lock.
 * Return: SECTUN_REASON_NONE to go on, else SECTUN_REASON_REPLAY, _REPLAY_OLD or _REPLAY_ZERO.
 */
enum sectun_reason sectun_replay_check(const struct sectun_replay *replay, u32 seq_low, u64 *seq)
{
	/* Pairs with the release in sectun_replay_advance(): the bits up to this top are ready. */
	u64 top = atomic64_read_acquire(&replay->top);
	u64 window, bottom;

	*seq = seq_low;
	if (replay->esn) {
		window = replay->window ?: SECTUN_REPLAY_NOMINAL_WINDOW;
		bottom = top >= window ? top - window + 1 : 0;
		*seq = bottom + (u32)(seq_low - (u32)bottom);
		/* After the last number there is none: what seems to be one is old. */
		if (*seq < bottom)
			return SECTUN_REASON_REPLAY_OLD;
	}
	return sectun_replay_judge(replay, top, *seq);
}

/* Publish a new right edge; what the ring says about numbers up to it has been written before. */
static void sectun_replay_advance(struct sectun_replay *replay, u64 top)
{
	/* Pairs with the acquire in sectun_replay_check(). */
	atomic64_set_release(&replay->top, top);
}

/* The next number, in order: what sectun_replay_accept() comes to then. */
static void sectun_replay_accept_next(struct sectun_replay *replay, u64 seq)
{
	const u64 leaving = seq - replay->window;
	unsigned long *word;

	if (unlikely(!(*sectun_replay_word(replay, leaving) & sectun_replay_bit(leaving))))
		replay->loss.lost++;
	word = sectun_replay_word(replay, seq);
	WRITE_ONCE(*word, *word | sectun_replay_bit(seq));
	sectun_replay_advance(replay, seq);
}

static enum sectun_reason sectun_replay_accept(struct sectun_replay *replay, u64 top, u64 seq)
{
	enum sectun_reason reason = sectun_replay_judge(replay, top, seq);
	unsigned long *word;

	if (reason)
		return reason;
	if (replay->window) {
		if (seq > top) {
			sectun_replay_count_lost(replay, top, seq);
			sectun_replay_clear(replay, top + 1, seq - top - 1);
		} else {
			sectun_replay_count_late(replay, top - seq);
		}
		word = sectun_replay_word(replay, seq);
		WRITE_ONCE(*word, *word | sectun_replay_bit(seq));
	}
	if (seq > top)
		sectun_replay_advance(replay, seq);
	return SECTUN_REASON_NONE;
}

/**
 * sectun_replay_commit() - count a packet as received
 * @replay: the window
 * @seq: the whole sequence number, from sectun_replay_check()
 *
 * Only for a packet whose ICV has been verified (RFC 4303 section 3.4.3). Packets of a batch are
 * committed one by one: an earlier one may move the window past a later one.
 *
 * Context: bottom halves off. Takes @replay's lock.
 * Return: SECTUN_REASON_NONE where the packet is accepted, else SECTUN_REASON_REPLAY, _REPLAY_OLD
 * or _REPLAY_ZERO.
 */
enum sectun_reason sectun_replay_commit(struct sectun_replay *replay, u64 seq)
{
	enum sectun_reason reason = SECTUN_REASON_NONE;
	u64 top;

	spin_lock(&replay->lock);
	top = atomic64_read(&replay->top);
	if (likely(seq == top + 1 && seq && replay->window))
		sectun_replay_accept_next(replay, seq);
	else
		reason = sectun_replay_accept(replay, top, seq);
	spin_unlock(&replay->lock);
	return reason;
}

/**
 * sectun_replay_blame() - name the fault of a packet whose ICV is wrong
 * @replay: the window
 * @seq: the whole sequence number that sectun_replay_check() inferred for it
 *
 * With ESN a packet from left of the window cannot be told from one of the next subspace: the high
 * half comes out one too high, and the ICV fails. A number that is more than half a lap ahead is
 * far more likely to be such a packet than a forged or damaged one.
 *
 * Context: any. No lock.
 * Return: SECTUN_REASON_REPLAY_ESN or SECTUN_REASON_BAD_ICV.
 */
enum sectun_reason sectun_replay_blame(const struct sectun_replay *replay, u64 seq)
{
	u64 top = sectun_replay_top(replay);

	if (replay->esn && seq >= SECTUN_REPLAY_LAP && seq > top &&
	    seq - top > SECTUN_REPLAY_LAP / 2)
		return SECTUN_REASON_REPLAY_ESN;
	return SECTUN_REASON_BAD_ICV;
}

/**
 * sectun_replay_seek() - move the window to the right
 * @replay: the window, which may be in use
 * @top: the new right edge: this number and all below count as received
 *
 * For an SA that comes from another machine. To seek to where the window is already is allowed,
 * and closes the gaps in it.
 *
 * Context: process or softirq. Takes @replay's lock.
 * Return: 0; -ERANGE where the window would go back, or where @top needs more than 32 bits without
 * ESN.
 */
int sectun_replay_seek(struct sectun_replay *replay, u64 top)
{
	int err = -ERANGE;

	spin_lock_bh(&replay->lock);
	if (top < atomic64_read(&replay->top) || (!replay->esn && top > U32_MAX))
		goto out;
	if (replay->window)
		memset(replay->ring, 0xff, sectun_replay_ring_size(replay));
	sectun_replay_advance(replay, top);
	err = 0;
out:
	spin_unlock_bh(&replay->lock);
	return err;
}

/**
 * sectun_replay_loss_read() - what the window tells of the path
 * @replay: the window, which may be in use
 * @loss: filled in
 *
 * Context: process or softirq. Takes @replay's lock.
 */
void sectun_replay_loss_read(struct sectun_replay *replay, struct sectun_replay_loss *loss)
{
	spin_lock_bh(&replay->lock);
	*loss = replay->loss;
	spin_unlock_bh(&replay->lock);
}
