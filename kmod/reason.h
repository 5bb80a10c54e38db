/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a packet was dropped.
 *
 * One table gives everything a reason has: the enum constant, the name that netlink, the command
 * and ethtool show, the string of the tracepoint and the sentence for people. To add a reason, add
 * a row.
 * Rows may be appended, never renumbered or renamed: names are part of the user API.
 */
#ifndef _SECTUN_REASON_H
#define _SECTUN_REASON_H

#include <linux/types.h>

#define SECTUN_REASONS(X)                                                                         \
	/* outbound */                                                                            \
	X(NO_TUNNEL, "no-tunnel", "no tunnel of the device has selectors that cover the packet")  \
	X(NO_SA, "no-sa", "the tunnel has no transmit SA and its hold queue is gone")             \
	X(HOLD_FULL, "hold-full", "waiting for an SA, and the hold queue was full")               \
	X(TOO_BIG, "too-big",                                                                     \
	  "larger than the path takes; the sender was told the size that fits")                   \
	X(SEQ_EXHAUSTED, "seq-exhausted", "the SA has used its last sequence number; rekey")      \
	X(NO_ROUTE, "no-route", "no route to the tunnel's remote address")                        \
	X(ROUTE_LOOP, "route-loop", "the route to the remote address leads back into the device") \
	X(XMIT_ERROR, "xmit-error", "the network stack refused the outer packet")                 \
	X(INNER_MALFORMED, "inner-malformed",                                                     \
	  "the packet to protect is not well-formed IPv4 or IPv6")                                \
	X(FRAGMENT, "fragment",                                                                   \
	  "transport mode needs whole packets, and this part of one could not be made whole; "    \
	  "raise the device's MTU")                                                               \
	/* either way */                                                                          \
	X(NO_MEMORY, "no-memory", "no memory for the packet")                                     \
	X(CRYPTO_ERROR, "crypto-error", "the cipher driver failed")                               \
	X(SA_GONE, "sa-gone", "the SA was removed while the packet was on its way")               \
	/* inbound */                                                                             \
	X(TRUNCATED, "truncated", "shorter than the ESP header, IV, trailer and ICV, or than AH") \
	X(MISALIGNED, "misaligned", "the ciphertext is not a multiple of the cipher's block")     \
	X(REPLAY, "replay", "the sequence number was received before")                            \
	X(REPLAY_OLD, "replay-old", "the sequence number is left of the replay window")           \
	X(REPLAY_ZERO, "replay-zero", "sequence number 0 is never sent")                          \
	X(BAD_ICV, "bad-icv", "the integrity check failed: wrong key, or changed on the way")     \
	X(BAD_PADDING, "bad-padding",                                                             \
	  "the padding is longer than the payload or not 1, 2, 3, ...")                           \
	X(BAD_NEXT_HEADER, "bad-next-header",                                                     \
	  "the next header is not what the SA's mode carries")                                    \
	X(BAD_INNER_HEADER, "bad-inner-header", "the decrypted packet is not well-formed IP")     \
	X(SELECTOR_MISMATCH, "selector-mismatch",                                                 \
	  "the decrypted packet is outside the selectors")                                        \
	X(ECN_INVALID, "ecn-invalid", "RFC 6040 forbids this pair of inner and outer ECN")        \
	X(DEVICE_DOWN, "device-down", "the device is down")                                       \
	X(BACKLOG_FULL, "backlog-full", "the device's receive queue was full")                    \
	X(REPLAY_ESN, "replay-esn",                                                               \
	  "outside window (ESN guess): the ICV is wrong for the high half that was inferred")     \
	X(EXPIRED, "expired", "the SA is past a hard limit of its lifetime; rekey")               \
	X(AH_LENGTH, "ah-length", "AH is not as long as the algorithm of the SA makes it")        \
	X(AH_HEADER, "ah-header",                                                                 \
	  "a header in front of AH is malformed, or what becomes of it on the way is not known")

#define SECTUN_REASON_ENUM(constant, name, text) SECTUN_REASON_##constant,
/**
 * enum sectun_reason - why a packet was dropped
 * @SECTUN_REASON_NONE: it was not; functions that judge a packet return this for "go on"
 * @SECTUN_REASON_COUNT: number of reasons, NONE included: the length of a counter array
 */
enum sectun_reason {
	SECTUN_REASON_NONE,
	SECTUN_REASONS(SECTUN_REASON_ENUM)
	SECTUN_REASON_COUNT,
};

#undef SECTUN_REASON_ENUM

const char *sectun_reason_name(enum sectun_reason reason);
const char *sectun_reason_text(enum sectun_reason reason);

#endif
