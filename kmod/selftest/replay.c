// SPDX-License-Identifier: GPL-2.0-only
/*
 * Self-test of the replay window: the cases of RFC 4303 appendix A2 and a plain model.
 */
#include <linux/bits.h>
#include <linux/bottom_half.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "../replay.h"
#include "selftest.h"

#define SECTUN_TEST_LAP BIT_ULL(32)
#define SECTUN_TEST_HALF BIT_ULL(31)

/* What sectun_replay_check() says, of a window in which nothing is missing. */
static const struct {
	const char *name;
	u32 window;
	bool esn;
	u64 top;
	u32 seq_low;
	enum sectun_reason reason;
	u64 seq; /* where the packet may go on */
} sectun_test_inferences[] __initconst = {
	/* 32-bit numbers */
	{ "first packet", 64, false, 0, 1, SECTUN_REASON_NONE, 1 },
	{ "number 0 first", 64, false, 0, 0, SECTUN_REASON_REPLAY_ZERO },
	{ "number 0 later", 64, false, 1000, 0, SECTUN_REASON_REPLAY_ZERO },
	{ "next", 64, false, 1000, 1001, SECTUN_REASON_NONE, 1001 },
	{ "far ahead", 64, false, 1000, U32_MAX, SECTUN_REASON_NONE, U32_MAX },
	{ "the top itself", 64, false, 1000, 1000, SECTUN_REASON_REPLAY },
	{ "left edge", 64, false, 1000, 937, SECTUN_REASON_REPLAY },
	{ "left of the left edge", 64, false, 1000, 936, SECTUN_REASON_REPLAY_OLD },
	{ "left edge of 32", 32, false, 1000, 969, SECTUN_REASON_REPLAY },
	{ "left of 32", 32, false, 1000, 968, SECTUN_REASON_REPLAY_OLD },
	{ "no wrap without ESN", 64, false, U32_MAX, 1, SECTUN_REASON_REPLAY_OLD },

	/* Case A: the window lies in one subspace, Tl >= W - 1 */
	{ "A: at or right of the bottom: this half", 64, true, 5 * SECTUN_TEST_LAP + 63, 64,
	  SECTUN_REASON_NONE, 5 * SECTUN_TEST_LAP + 64 },
	{ "A: the bottom is 0", 64, true, 5 * SECTUN_TEST_LAP + 63, 0, SECTUN_REASON_REPLAY },
	{ "A: the bottom is 1", 64, true, 5 * SECTUN_TEST_LAP + 64, 1, SECTUN_REASON_REPLAY },
	{ "A: left of the bottom: next half", 64, true, 5 * SECTUN_TEST_LAP + 64, 0,
	  SECTUN_REASON_NONE, 6 * SECTUN_TEST_LAP },
	{ "A: the last of the subspace", 64, true, 5 * SECTUN_TEST_LAP + 64, U32_MAX,
	  SECTUN_REASON_NONE, 5 * SECTUN_TEST_LAP + U32_MAX },
	{ "A: wraps", 64, true, 6 * SECTUN_TEST_LAP - 1, 0, SECTUN_REASON_NONE,
	  6 * SECTUN_TEST_LAP },
	{ "A: wraps, low numbers", 64, true, SECTUN_TEST_LAP - 10, 5, SECTUN_REASON_NONE,
	  SECTUN_TEST_LAP + 5 },
	{ "A: just left of the window", 4096, true, 10000, 5904, SECTUN_REASON_NONE,
	  SECTUN_TEST_LAP + 5904 },
	{ "A: left edge", 4096, true, 10000, 5905, SECTUN_REASON_REPLAY },

	/* Case B: the window spans two subspaces, Tl < W - 1 */
	{ "B: right of the bottom: the half before", 64, true, 5 * SECTUN_TEST_LAP + 62, U32_MAX,
	  SECTUN_REASON_REPLAY },
	{ "B: the bottom", 64, true, 5 * SECTUN_TEST_LAP, U32_MAX - 62, SECTUN_REASON_REPLAY },
	{ "B: left of the bottom: this half", 64, true, 5 * SECTUN_TEST_LAP, U32_MAX - 63,
	  SECTUN_REASON_NONE, 6 * SECTUN_TEST_LAP - 64 },
	{ "B: in the window, this half", 64, true, 5 * SECTUN_TEST_LAP + 10, 3,
	  SECTUN_REASON_REPLAY },
	{ "B: number 0 of a later half is good", 64, true, 5 * SECTUN_TEST_LAP - 1, 0,
	  SECTUN_REASON_NONE, 5 * SECTUN_TEST_LAP },
	{ "B: next", 64, true, 5 * SECTUN_TEST_LAP + 10, 11, SECTUN_REASON_NONE,
	  5 * SECTUN_TEST_LAP + 11 },
	{ "B: biggest window", 65536, true, 5 * SECTUN_TEST_LAP, 0xffff0001U,
	  SECTUN_REASON_REPLAY },
	{ "B: left of the biggest window", 65536, true, 5 * SECTUN_TEST_LAP, 0xffff0000U,
	  SECTUN_REASON_NONE, 5 * SECTUN_TEST_LAP + 0xffff0000U },

	/* The beginning: there is no half before 0 */
	{ "start: first packet", 64, true, 0, 1, SECTUN_REASON_NONE, 1 },
	{ "start: number 0", 64, true, 0, 0, SECTUN_REASON_REPLAY_ZERO },
	{ "start: number 0, some received", 64, true, 62, 0, SECTUN_REASON_REPLAY_ZERO },
	{ "start: number 0 at the bottom", 64, true, 63, 0, SECTUN_REASON_REPLAY_ZERO },
	{ "start: never a half of -1", 64, true, 0, U32_MAX, SECTUN_REASON_NONE, U32_MAX },
	{ "start: never a half of -1, some received", 4096, true, 4094, U32_MAX - 1,
	  SECTUN_REASON_NONE, U32_MAX - 1 },

	/* The end: there is no half after the last */
	{ "end: the last number", 64, true, U64_MAX - 1, U32_MAX, SECTUN_REASON_NONE, U64_MAX },
	{ "end: again", 64, true, U64_MAX, U32_MAX, SECTUN_REASON_REPLAY },
	{ "end: in the window", 64, true, U64_MAX, U32_MAX - 63, SECTUN_REASON_REPLAY },
	{ "end: left of the window", 64, true, U64_MAX, U32_MAX - 64, SECTUN_REASON_REPLAY_OLD },
	{ "end: no wrap to 0", 64, true, U64_MAX, 0, SECTUN_REASON_REPLAY_OLD },
	{ "end: no wrap to 1", 64, true, U64_MAX - 5, 1, SECTUN_REASON_REPLAY_OLD },

	/* Anti-replay off: the number nearest to the top, and nothing is refused */
	{ "off: number 0", 0, false, 1000, 0, SECTUN_REASON_NONE, 0 },
	{ "off: duplicate", 0, false, 1000, 1000, SECTUN_REASON_NONE, 1000 },
	{ "off: old", 0, false, U32_MAX, 1, SECTUN_REASON_NONE, 1 },
	{ "off: ESN, next", 0, true, 3 * SECTUN_TEST_LAP + 7, 8, SECTUN_REASON_NONE,
	  3 * SECTUN_TEST_LAP + 8 },
	{ "off: ESN, duplicate", 0, true, 3 * SECTUN_TEST_LAP + 7, 7, SECTUN_REASON_NONE,
	  3 * SECTUN_TEST_LAP + 7 },
	{ "off: ESN, wraps", 0, true, 3 * SECTUN_TEST_LAP - 7, 7, SECTUN_REASON_NONE,
	  3 * SECTUN_TEST_LAP + 7 },
	{ "off: ESN, late across the wrap", 0, true, 3 * SECTUN_TEST_LAP + 7, U32_MAX - 7,
	  SECTUN_REASON_NONE, 3 * SECTUN_TEST_LAP - 8 },
	{ "off: ESN, late", 0, true, 3 * SECTUN_TEST_LAP + 1000000, 7, SECTUN_REASON_NONE,
	  3 * SECTUN_TEST_LAP + 7 },
	{ "off: ESN, start", 0, true, 0, U32_MAX, SECTUN_REASON_NONE, U32_MAX },
};

static enum sectun_reason __init sectun_test_commit(struct sectun_replay *replay, u64 seq)
{
	enum sectun_reason reason;

	local_bh_disable();
	reason = sectun_replay_commit(replay, seq);
	local_bh_enable();
	return reason;
}

static void __init sectun_test_inference(struct sectun_selftest *test)
{
	enum sectun_reason reason;
	struct sectun_replay replay;
	unsigned int i;
	u64 seq;

	for (i = 0; i < ARRAY_SIZE(sectun_test_inferences); i++) {
		const char *name = sectun_test_inferences[i].name;

		if (sectun_replay_init(&replay, sectun_test_inferences[i].window,
				       sectun_test_inferences[i].esn,
				       sectun_test_inferences[i].top)) {
			SECTUN_EXPECT(test, false, true, "%s: init", name);
			continue;
		}
		reason = sectun_replay_check(&replay, sectun_test_inferences[i].seq_low, &seq);
		SECTUN_EXPECT(test, reason, sectun_test_inferences[i].reason, "%s: check", name);
		if (!reason) {
			SECTUN_EXPECT(test, seq, sectun_test_inferences[i].seq, "%s: number", name);
			SECTUN_EXPECT(test, sectun_test_commit(&replay, seq), SECTUN_REASON_NONE,
				      "%s: commit", name);
			SECTUN_EXPECT(test, sectun_replay_top(&replay),
				      max(seq, sectun_test_inferences[i].top), "%s: top", name);
		}
		sectun_replay_uninit(&replay);
	}
}

/* One thing after the other on one window. */
enum sectun_test_verb {
	SECTUN_TEST_INIT, /* number: top */
	SECTUN_TEST_CHECK,
	SECTUN_TEST_COMMIT,
	SECTUN_TEST_RECEIVE, /* both */
	SECTUN_TEST_SEEK,
	SECTUN_TEST_TOP,
	SECTUN_TEST_BLAME,
};

static const struct {
	enum sectun_test_verb verb;
	u64 number;
	int result; /* a reason; SEEK: an error number */
	u32 window; /* INIT only */
	bool esn; /* INIT only */
} sectun_test_steps[] __initconst = {
	/* a number is good once */
	{ SECTUN_TEST_INIT, 0, 0, 64 },
	{ SECTUN_TEST_RECEIVE, 1, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, 1, SECTUN_REASON_REPLAY },
	{ SECTUN_TEST_RECEIVE, 100, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, 99, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, 99, SECTUN_REASON_REPLAY },
	{ SECTUN_TEST_RECEIVE, 37, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, 37, SECTUN_REASON_REPLAY },
	{ SECTUN_TEST_RECEIVE, 36, SECTUN_REASON_REPLAY_OLD },
	{ SECTUN_TEST_TOP, 100 },

	/* places are free again on the next lap, and only those passed over */
	{ SECTUN_TEST_RECEIVE, 164, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, 163, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, 101, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, 100, SECTUN_REASON_REPLAY_OLD },
	{ SECTUN_TEST_RECEIVE, 1000000, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, 1000000 - 63, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, 1000000 - 64, SECTUN_REASON_REPLAY_OLD },

	/* a batch of four: all pass the check, then the first moves the window past the second */
	{ SECTUN_TEST_INIT, 1000, 0, 32 },
	{ SECTUN_TEST_CHECK, 1100, SECTUN_REASON_NONE },
	{ SECTUN_TEST_CHECK, 1002, SECTUN_REASON_NONE },
	{ SECTUN_TEST_CHECK, 1101, SECTUN_REASON_NONE },
	{ SECTUN_TEST_CHECK, 1100, SECTUN_REASON_NONE },
	{ SECTUN_TEST_COMMIT, 1100, SECTUN_REASON_NONE },
	{ SECTUN_TEST_COMMIT, 1002, SECTUN_REASON_REPLAY_OLD },
	{ SECTUN_TEST_COMMIT, 1101, SECTUN_REASON_NONE },
	{ SECTUN_TEST_COMMIT, 1100, SECTUN_REASON_REPLAY },
	{ SECTUN_TEST_TOP, 1101 },

	/* a window of 32 in a word of 64 does not remember more than 32 */
	{ SECTUN_TEST_INIT, 0, 0, 32 },
	{ SECTUN_TEST_RECEIVE, 40, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, 9, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, 8, SECTUN_REASON_REPLAY_OLD },

	/* a window that is no power of two */
	{ SECTUN_TEST_INIT, 0, 0, 1000 },
	{ SECTUN_TEST_RECEIVE, 5000, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, 4001, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, 4000, SECTUN_REASON_REPLAY_OLD },

	/* a window of one takes each packet that is newer than all others */
	{ SECTUN_TEST_INIT, 0, 0, 1 },
	{ SECTUN_TEST_RECEIVE, 2, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, 1, SECTUN_REASON_REPLAY_OLD },
	{ SECTUN_TEST_RECEIVE, 2, SECTUN_REASON_REPLAY },
	{ SECTUN_TEST_RECEIVE, 3, SECTUN_REASON_NONE },

	/* seek closes what is behind it and never goes back */
	{ SECTUN_TEST_INIT, 0, 0, 4096 },
	{ SECTUN_TEST_RECEIVE, 10, SECTUN_REASON_NONE },
	{ SECTUN_TEST_SEEK, 9, -ERANGE },
	{ SECTUN_TEST_RECEIVE, 9, SECTUN_REASON_NONE },
	{ SECTUN_TEST_SEEK, 2000, 0 },
	{ SECTUN_TEST_TOP, 2000 },
	{ SECTUN_TEST_RECEIVE, 2000, SECTUN_REASON_REPLAY },
	{ SECTUN_TEST_RECEIVE, 1999, SECTUN_REASON_REPLAY },
	{ SECTUN_TEST_RECEIVE, 11, SECTUN_REASON_REPLAY },
	{ SECTUN_TEST_RECEIVE, 2002, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, 2001, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, 2003 + 4096, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, 2004, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, 2003, SECTUN_REASON_REPLAY_OLD },
	{ SECTUN_TEST_SEEK, 2003 + 4096, 0 },
	{ SECTUN_TEST_RECEIVE, 2005, SECTUN_REASON_REPLAY },
	{ SECTUN_TEST_SEEK, SECTUN_TEST_LAP, -ERANGE },
	{ SECTUN_TEST_SEEK, U32_MAX, 0 },
	{ SECTUN_TEST_RECEIVE, U32_MAX, SECTUN_REASON_REPLAY },

	/* seek with ESN, across a wrap */
	{ SECTUN_TEST_INIT, 0, 0, 64, true },
	{ SECTUN_TEST_SEEK, 7 * SECTUN_TEST_LAP + 3, 0 },
	{ SECTUN_TEST_CHECK, 7 * SECTUN_TEST_LAP - 1, SECTUN_REASON_REPLAY },
	{ SECTUN_TEST_RECEIVE, 7 * SECTUN_TEST_LAP + 4, SECTUN_REASON_NONE },
	{ SECTUN_TEST_SEEK, 7 * SECTUN_TEST_LAP, -ERANGE },
	{ SECTUN_TEST_SEEK, U64_MAX, 0 },
	{ SECTUN_TEST_CHECK, U64_MAX, SECTUN_REASON_REPLAY },
	{ SECTUN_TEST_SEEK, U64_MAX - 1, -ERANGE },

	/* the low half wraps while packets are late */
	{ SECTUN_TEST_INIT, SECTUN_TEST_LAP - 3, 0, 64, true },
	{ SECTUN_TEST_RECEIVE, SECTUN_TEST_LAP + 1, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, SECTUN_TEST_LAP - 1, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, SECTUN_TEST_LAP, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, SECTUN_TEST_LAP - 2, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, SECTUN_TEST_LAP - 2, SECTUN_REASON_REPLAY },
	{ SECTUN_TEST_RECEIVE, SECTUN_TEST_LAP, SECTUN_REASON_REPLAY },
	{ SECTUN_TEST_RECEIVE, SECTUN_TEST_LAP - 3, SECTUN_REASON_REPLAY },

	/* the window may move a whole subspace while a packet is being decrypted */
	{ SECTUN_TEST_INIT, 1000, 0, 64, true },
	{ SECTUN_TEST_CHECK, 1001, SECTUN_REASON_NONE },
	{ SECTUN_TEST_COMMIT, 1000 + SECTUN_TEST_LAP, SECTUN_REASON_NONE },
	{ SECTUN_TEST_COMMIT, 1001, SECTUN_REASON_REPLAY_OLD },

	/* a bad ICV: forged, or rather left of the window */
	{ SECTUN_TEST_INIT, 3 * SECTUN_TEST_LAP + 1000, 0, 64, true },
	{ SECTUN_TEST_BLAME, 3 * SECTUN_TEST_LAP + 999, SECTUN_REASON_BAD_ICV },
	{ SECTUN_TEST_BLAME, 3 * SECTUN_TEST_LAP + 1001, SECTUN_REASON_BAD_ICV },
	{ SECTUN_TEST_BLAME, 3 * SECTUN_TEST_LAP + 1000 + SECTUN_TEST_HALF, SECTUN_REASON_BAD_ICV },
	{ SECTUN_TEST_BLAME, 3 * SECTUN_TEST_LAP + 1001 + SECTUN_TEST_HALF,
	  SECTUN_REASON_REPLAY_ESN },
	{ SECTUN_TEST_BLAME, 4 * SECTUN_TEST_LAP + 1000 - 64, SECTUN_REASON_REPLAY_ESN },
	{ SECTUN_TEST_INIT, 0, 0, 64, true },
	{ SECTUN_TEST_BLAME, U32_MAX, SECTUN_REASON_BAD_ICV },
	{ SECTUN_TEST_INIT, 0, 0, 64, false },
	{ SECTUN_TEST_BLAME, U32_MAX, SECTUN_REASON_BAD_ICV },

	/* anti-replay off: everything passes, the top goes on, never back */
	{ SECTUN_TEST_INIT, 0, 0, 0, true },
	{ SECTUN_TEST_RECEIVE, 500, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, 500, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, 20, SECTUN_REASON_NONE },
	{ SECTUN_TEST_TOP, 500 },
	{ SECTUN_TEST_RECEIVE, SECTUN_TEST_HALF, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, SECTUN_TEST_LAP - 1, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, SECTUN_TEST_LAP + 5, SECTUN_REASON_NONE },
	{ SECTUN_TEST_RECEIVE, SECTUN_TEST_LAP - 1, SECTUN_REASON_NONE },
	{ SECTUN_TEST_TOP, SECTUN_TEST_LAP + 5 },
	{ SECTUN_TEST_SEEK, 5, -ERANGE },
	{ SECTUN_TEST_SEEK, 9 * SECTUN_TEST_LAP, 0 },
	{ SECTUN_TEST_RECEIVE, 9 * SECTUN_TEST_LAP + 1, SECTUN_REASON_NONE },
};

static int __init sectun_test_receive(struct sectun_selftest *test, struct sectun_replay *replay,
				      u64 number, unsigned int step)
{
	enum sectun_reason reason;
	u64 seq;

	reason = sectun_replay_check(replay, number, &seq);
	/* What is left of the window is not seen as such with ESN: the ICV would fail. */
	if (!reason && replay->esn && seq == number + SECTUN_TEST_LAP)
		return sectun_replay_blame(replay, seq);
	if (!reason) {
		SECTUN_EXPECT(test, seq, number, "step %u: number", step);
		reason = sectun_test_commit(replay, seq);
	}
	return reason;
}

/*
 * Cases A and B of appendix A2.2 for each window W, by the whole number that was sent: with ESN its
 * high half is inferred, and must be right. Numbers are windows * W + more from the top.
 */
static const struct sectun_test_edge {
	const char *name;
	int top_windows; /* the low half of the top, from the beginning of its subspace */
	int top_more;
	int windows;
	int more;
	enum sectun_reason reason; /* OLD stands for ESN too where left of the window is a guess */
} sectun_test_edges[] __initconst = {
	{ "A: next", 3, 0, 0, 1, SECTUN_REASON_NONE },
	{ "A: leaps past the window", 3, 0, 2, 5, SECTUN_REASON_NONE },
	{ "A: the top", 3, 0, 0, 0, SECTUN_REASON_REPLAY },
	{ "A: left edge", 3, 0, -1, 1, SECTUN_REASON_REPLAY },
	{ "A: left of the left edge", 3, 0, -1, 0, SECTUN_REASON_REPLAY_OLD },
	{ "A: far left", 3, 0, -2, -7, SECTUN_REASON_REPLAY_OLD },
	{ "A: the bottom is 0 (Tl = W - 1)", 1, -1, -1, 1, SECTUN_REASON_REPLAY },
	{ "A: left of bottom 0 is the half before", 1, -1, -1, 0, SECTUN_REASON_REPLAY_OLD },
	{ "A: the bottom is 1 (Tl = W)", 1, 0, -1, 1, SECTUN_REASON_REPLAY },
	{ "A: left of bottom 1 is 0", 1, 0, -1, 0, SECTUN_REASON_REPLAY_OLD },
	{ "B: the bottom is the last of the half before (Tl = W - 2)", 1, -2, -1, 1,
	  SECTUN_REASON_REPLAY },
	{ "B: left of it", 1, -2, -1, 0, SECTUN_REASON_REPLAY_OLD },
	{ "B: next (Tl = W - 2)", 1, -2, 0, 1, SECTUN_REASON_NONE },
	{ "B: the top (Tl = 0)", 0, 0, 0, 0, SECTUN_REASON_REPLAY },
	{ "B: next (Tl = 0)", 0, 0, 0, 1, SECTUN_REASON_NONE },
	{ "B: the half before, its last (Tl = 0)", 0, 0, 0, -1, SECTUN_REASON_REPLAY },
	{ "B: the half before, left edge (Tl = 0)", 0, 0, -1, 1, SECTUN_REASON_REPLAY },
	{ "B: the half before, left of the edge (Tl = 0)", 0, 0, -1, 0, SECTUN_REASON_REPLAY_OLD },
	{ "wraps: the first of the next half", 0, -1, 0, 1, SECTUN_REASON_NONE },
	{ "wraps: over it by a window", 0, -1, 1, 1, SECTUN_REASON_NONE },
	{ "before the wrap: left edge", 0, -1, -1, 1, SECTUN_REASON_REPLAY },
	{ "before the wrap: left of it", 0, -1, -1, 0, SECTUN_REASON_REPLAY_OLD },
};

/* One window through a gap, a batch and the wrap; numbers as above, from the first top. */
static const struct sectun_test_stage {
	int windows;
	int more;
	enum sectun_reason reason;
} sectun_test_stages[] __initconst = {
	/* 4 packets in one batch: the first moves the window past the second */
	{ 1, 2, SECTUN_REASON_NONE },
	{ 0, 2, SECTUN_REASON_REPLAY_OLD },
	{ 1, 3, SECTUN_REASON_NONE },
	{ 1, 2, SECTUN_REASON_REPLAY },
	/* the edge, and what has just left it */
	{ 0, 4, SECTUN_REASON_NONE },
	{ 0, 4, SECTUN_REASON_REPLAY },
	{ 0, 3, SECTUN_REASON_REPLAY_OLD },
	/* places taken by an earlier lap are free again, and only those passed over */
	{ 2, 3, SECTUN_REASON_NONE },
	{ 1, 4, SECTUN_REASON_NONE },
	{ 1, 3, SECTUN_REASON_REPLAY_OLD },
	{ 2, 2, SECTUN_REASON_NONE },
	{ 9, 0, SECTUN_REASON_NONE },
	{ 8, 1, SECTUN_REASON_NONE },
	{ 8, 0, SECTUN_REASON_REPLAY_OLD },
	{ 9, -1, SECTUN_REASON_NONE },
	{ 9, -1, SECTUN_REASON_REPLAY },
};

static const u32 sectun_test_windows[] __initconst = { 32, 64, 4096, 65536 };

/*
 * With ESN a number left of the window is taken for one of the next subspace, and fails its ICV. In
 * the last subspace, by a number that is near, there is none to take it for.
 */
static enum sectun_reason __init sectun_test_expected(enum sectun_reason reason, bool esn, u64 near)
{
	return esn && reason == SECTUN_REASON_REPLAY_OLD && near <= U64_MAX - SECTUN_TEST_LAP ?
	       SECTUN_REASON_REPLAY_ESN : reason;
}

static void __init sectun_test_edges_run(struct sectun_selftest *test, u32 window, bool esn)
{
	const u64 half = esn ? 5 * SECTUN_TEST_LAP : 0;
	const struct sectun_test_edge *edge;
	struct sectun_replay replay;
	u64 top, seq;
	s64 low;

	for (edge = sectun_test_edges;
	     edge < sectun_test_edges + ARRAY_SIZE(sectun_test_edges); edge++) {
		low = (s64)edge->top_windows * window + edge->top_more;
		/* Without ESN there is one subspace, and nothing before or after it. */
		if (!esn && (low <= 0 || low + (s64)edge->windows * window + edge->more <= 0))
			continue;
		top = half + low;
		seq = top + (s64)edge->windows * window + edge->more;
		if (sectun_replay_init(&replay, window, esn, top)) {
			SECTUN_EXPECT(test, false, true, "%s: init", edge->name);
			continue;
		}
		SECTUN_EXPECT(test, sectun_test_receive(test, &replay, seq, 0),
			      sectun_test_expected(edge->reason, esn, seq),
			      "%s, window %u, ESN %d", edge->name, window, esn);
		sectun_replay_uninit(&replay);
	}
}

static void __init sectun_test_stages_run(struct sectun_selftest *test, u32 window, bool esn,
					  u64 start)
{
	u64 seq[ARRAY_SIZE(sectun_test_stages)], inferred;
	const struct sectun_test_stage *stage;
	struct sectun_replay replay;
	unsigned int i;

	if (sectun_replay_init(&replay, window, esn, start)) {
		SECTUN_EXPECT(test, false, true, "stages: init");
		return;
	}
	for (i = 0; i < ARRAY_SIZE(seq); i++) {
		stage = &sectun_test_stages[i];
		seq[i] = start + (s64)stage->windows * window + stage->more;
	}
	/* All of a batch are judged before the first is committed. */
	for (i = 0; i < 4; i++) {
		SECTUN_EXPECT(test, sectun_replay_check(&replay, seq[i], &inferred),
			      SECTUN_REASON_NONE, "batch, window %u, ESN %d, packet %u: check",
			      window, esn, i);
		SECTUN_EXPECT(test, inferred, seq[i], "batch, window %u, ESN %d, packet %u",
			      window, esn, i);
	}
	for (i = 0; i < 4; i++)
		SECTUN_EXPECT(test, sectun_test_commit(&replay, seq[i]),
			      sectun_test_stages[i].reason,
			      "batch, window %u, ESN %d, packet %u: commit", window, esn, i);
	for (; i < ARRAY_SIZE(seq); i++)
		SECTUN_EXPECT(test, sectun_test_receive(test, &replay, seq[i], i),
			      sectun_test_expected(sectun_test_stages[i].reason, esn, seq[i]),
			      "stage %u, window %u, ESN %d, from %llu", i, window, esn, start);
	sectun_replay_uninit(&replay);
}

/* The last number is good, and there is none after it. */
static void __init sectun_test_end(struct sectun_selftest *test, u32 window, bool esn)
{
	const u64 last = esn ? U64_MAX : U32_MAX;
	struct sectun_replay replay;
	u64 seq;

	if (sectun_replay_init(&replay, window, esn, last - window)) {
		SECTUN_EXPECT(test, false, true, "end: init");
		return;
	}
	SECTUN_EXPECT(test, sectun_test_receive(test, &replay, last, 0), SECTUN_REASON_NONE,
		      "the last number, window %u, ESN %d", window, esn);
	SECTUN_EXPECT(test, sectun_replay_check(&replay, last, &seq), SECTUN_REASON_REPLAY,
		      "the last number again, window %u, ESN %d", window, esn);
	SECTUN_EXPECT(test, sectun_replay_check(&replay, 0, &seq),
		      esn ? SECTUN_REASON_REPLAY_OLD : SECTUN_REASON_REPLAY_ZERO,
		      "0 after the last, window %u, ESN %d", window, esn);
	SECTUN_EXPECT(test, sectun_replay_check(&replay, 1, &seq), SECTUN_REASON_REPLAY_OLD,
		      "1 after the last, window %u, ESN %d", window, esn);
	SECTUN_EXPECT(test, sectun_replay_top(&replay), last, "end: top, window %u, ESN %d",
		      window, esn);
	sectun_replay_uninit(&replay);
}

static void __init sectun_test_appendix(struct sectun_selftest *test)
{
	unsigned int i;
	u32 window;

	for (i = 0; i < ARRAY_SIZE(sectun_test_windows); i++) {
		window = sectun_test_windows[i];
		sectun_test_edges_run(test, window, false);
		sectun_test_edges_run(test, window, true);
		sectun_test_stages_run(test, window, false, 100);
		sectun_test_stages_run(test, window, true, 100);
		/* the low half wraps within the batch, within the leap, and at its edge */
		sectun_test_stages_run(test, window, true, 5 * SECTUN_TEST_LAP - 1);
		sectun_test_stages_run(test, window, true, 5 * SECTUN_TEST_LAP - window - 2);
		sectun_test_stages_run(test, window, true, 5 * SECTUN_TEST_LAP - 5ULL * window);
		sectun_test_end(test, window, false);
		sectun_test_end(test, window, true);
	}
}

static void __init sectun_test_sequences(struct sectun_selftest *test)
{
	struct sectun_replay replay = { };
	unsigned int i;
	u64 number, seq;
	int result;

	for (i = 0; i < ARRAY_SIZE(sectun_test_steps); i++) {
		number = sectun_test_steps[i].number;
		result = 0;
		switch (sectun_test_steps[i].verb) {
		case SECTUN_TEST_INIT:
			sectun_replay_uninit(&replay);
			result = sectun_replay_init(&replay, sectun_test_steps[i].window,
						    sectun_test_steps[i].esn, number);
			break;
		case SECTUN_TEST_CHECK:
			result = sectun_replay_check(&replay, number, &seq);
			break;
		case SECTUN_TEST_COMMIT:
			result = sectun_test_commit(&replay, number);
			break;
		case SECTUN_TEST_RECEIVE:
			result = sectun_test_receive(test, &replay, number, i);
			break;
		case SECTUN_TEST_SEEK:
			result = sectun_replay_seek(&replay, number);
			break;
		case SECTUN_TEST_TOP:
			SECTUN_EXPECT(test, sectun_replay_top(&replay), number, "step %u: top", i);
			break;
		case SECTUN_TEST_BLAME:
			result = sectun_replay_blame(&replay, number);
			break;
		}
		SECTUN_EXPECT(test, result, sectun_test_steps[i].result,
			      "step %u: verb %d, number %llu", i, sectun_test_steps[i].verb,
			      number);
	}
	sectun_replay_uninit(&replay);
}

/* A model that forgets nothing: one octet per number from a base on. */
#define SECTUN_TEST_MODEL_NUMBERS 400000U
#define SECTUN_TEST_MODEL_PACKETS 30000U

/**
 * struct sectun_test_model - the window as the text of RFC 4303 has it
 * @seen: one octet per number, from @base on
 * @base: numbers up to this one count as received before
 * @top: highest number received
 * @window: packets
 * @esn: number 0 is only known as such while it is in the window
 * @loss: what was late; what was lost is counted at the end
 */
struct sectun_test_model {
	u8 *seen;
	u64 base;
	u64 top;
	u32 window;
	bool esn;
	struct sectun_replay_loss loss;
};

static enum sectun_reason __init sectun_test_model_receive(struct sectun_test_model *model, u64 seq)
{
	bool old = seq <= model->top && model->top - seq >= model->window;

	if (!seq && !(model->esn && old))
		return SECTUN_REASON_REPLAY_ZERO;
	if (old)
		return sectun_test_expected(SECTUN_REASON_REPLAY_OLD, model->esn, model->top);
	if (seq <= model->base || model->seen[seq - model->base])
		return SECTUN_REASON_REPLAY;
	model->seen[seq - model->base] = 1;
	if (seq < model->top) {
		model->loss.late++;
		model->loss.late_max = max_t(u32, model->loss.late_max, model->top - seq);
		model->loss.late_by[fls64(model->top - seq) - 1]++;
	}
	model->top = max(model->top, seq);
	return SECTUN_REASON_NONE;
}

/* Mostly in order; some late by up to two windows, some jumps of up to two windows. */
static u64 __init sectun_test_model_next(struct sectun_selftest *test,
					 const struct sectun_test_model *model)
{
	u32 dice = sectun_selftest_random(test) % 100, far = 2 * model->window;
	u64 seq = model->top + 1;

	if (dice < 30)
		seq = model->top - min_t(u64, model->top, sectun_selftest_random(test) % 16);
	else if (dice < 60)
		seq = model->top - min_t(u64, model->top, sectun_selftest_random(test) % far);
	else if (dice < 62)
		seq = model->top + sectun_selftest_random(test) % far;
	else if (dice < 80)
		seq = model->top + sectun_selftest_random(test) % 8;
	/* Not beyond what the model can hold, nor beyond the end of all numbers. */
	return min_t(u64, seq, model->base + min_t(u64, U64_MAX - model->base,
						   SECTUN_TEST_MODEL_NUMBERS - 1));
}

static void __init sectun_test_model_loss(struct sectun_selftest *test,
					  struct sectun_test_model *model,
					  struct sectun_replay *replay)
{
	struct sectun_replay_loss loss;
	unsigned int i;
	u64 seq;

	for (seq = model->base + 1; seq < model->top && model->top - seq >= model->window; seq++)
		model->loss.lost += !model->seen[seq - model->base];
	sectun_replay_loss_read(replay, &loss);
	SECTUN_EXPECT(test, loss.lost, model->loss.lost, "model: window %u, ESN %d, base %llu: lost",
		      model->window, model->esn, model->base);
	SECTUN_EXPECT(test, loss.late, model->loss.late, "model: window %u, ESN %d, base %llu: late",
		      model->window, model->esn, model->base);
	SECTUN_EXPECT(test, loss.late_max, model->loss.late_max,
		      "model: window %u, ESN %d, base %llu: late by at most", model->window,
		      model->esn, model->base);
	for (i = 0; i < SECTUN_REPLAY_LATE_STEPS; i++)
		SECTUN_EXPECT(test, loss.late_by[i], model->loss.late_by[i],
			      "model: window %u, ESN %d, base %llu: late by 2^%u", model->window,
			      model->esn, model->base, i);
}

static void __init sectun_test_model_run(struct sectun_selftest *test, u32 window, bool esn,
					 u64 base)
{
	struct sectun_test_model model = {
		.base = base, .top = base, .window = window, .esn = esn,
	};
	struct sectun_replay replay;
	unsigned int i;
	u64 seq;

	model.seen = kvzalloc(SECTUN_TEST_MODEL_NUMBERS, GFP_KERNEL);
	if (!model.seen || sectun_replay_init(&replay, window, esn, base)) {
		SECTUN_EXPECT(test, false, true, "memory for the model");
		goto out;
	}
	for (i = 0; i < SECTUN_TEST_MODEL_PACKETS; i++) {
		seq = sectun_test_model_next(test, &model);
		SECTUN_EXPECT(test, sectun_test_receive(test, &replay, seq, i),
			      sectun_test_model_receive(&model, seq),
			      "model: window %u, ESN %d, base %llu, packet %u, number %llu", window,
			      esn, base, i, seq);
		SECTUN_EXPECT(test, sectun_replay_top(&replay), model.top,
			      "model: window %u, ESN %d, base %llu, packet %u, top", window, esn,
			      base, i);
	}
	sectun_test_model_loss(test, &model, &replay);
	sectun_replay_uninit(&replay);
out:
	kvfree(model.seen);
}

static void __init sectun_test_models(struct sectun_selftest *test)
{
	static const u32 windows[] __initconst = { 32, 64, 100, 4096, 65536 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(windows); i++) {
		sectun_test_model_run(test, windows[i], false, 0);
		sectun_test_model_run(test, windows[i], false,
				      U32_MAX - SECTUN_TEST_MODEL_NUMBERS);
		sectun_test_model_run(test, windows[i], true, 0);
		sectun_test_model_run(test, windows[i], true, 9 * SECTUN_TEST_LAP - 3000);
		sectun_test_model_run(test, windows[i], true, U64_MAX - 5000);
	}
}

/**
 * sectun_selftest_replay() - the replay window
 * @test: counts the checks
 *
 * Context: module loading; may sleep.
 */
void __init sectun_selftest_replay(struct sectun_selftest *test)
{
	struct sectun_replay replay;

	SECTUN_EXPECT(test, sectun_replay_init(&replay, SECTUN_REPLAY_WINDOW_MAX + 1, false, 0),
		      -EINVAL, "window too big");
	SECTUN_EXPECT(test, sectun_replay_init(&replay, 64, false, SECTUN_TEST_LAP), -EINVAL,
		      "top too big without ESN");
	sectun_test_inference(test);
	sectun_test_sequences(test);
	sectun_test_appendix(test);
	sectun_test_models(test);
}
