/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_STATS_H
#define _SECTUN_STATS_H

#include <linux/atomic.h>
#include <linux/u64_stats_sync.h>
#include "reason.h"
#include "uapi/sectun.h"

struct sectun_device;
struct sectun_tunnel;
struct sectun_sa;
struct sk_buff;

#define SECTUN_DIRS 2 /* length of an array that enum sectun_dir indexes */

/**
 * struct sectun_traffic - packets carried in one direction, one instance per CPU
 * @packets: packets delivered or sent
 * @bytes: octets of the inner packets
 * @syncp: makes 64-bit reads whole on 32-bit machines
 */
struct sectun_traffic {
	u64_stats_t packets;
	u64_stats_t bytes;
	struct u64_stats_sync syncp;
};

/**
 * struct sectun_drops - packets dropped, by reason
 * @count: indexed by enum sectun_reason; shared by all CPUs, since drops are the exception
 */
struct sectun_drops {
	atomic_long_t count[SECTUN_REASON_COUNT];
};

/**
 * sectun_drops_read - drops for one reason
 * @drops: counters; NULL: there was no drop yet
 * @reason: the reason
 *
 * Return: packets.
 */
static inline u64 sectun_drops_read(const struct sectun_drops *drops, enum sectun_reason reason)
{
	return drops ? (unsigned long)atomic_long_read(&drops->count[reason]) : 0;
}

/**
 * struct sectun_total - a reading of traffic
 * @packets: packets
 * @bytes: octets of the inner packets
 */
struct sectun_total {
	u64 packets;
	u64 bytes;
};

/**
 * struct sectun_past - what the SAs of a tunnel carried that are gone
 * @packets: packets
 * @bytes: octets of the inner packets
 */
struct sectun_past {
	atomic64_t packets;
	atomic64_t bytes;
};

struct sectun_traffic __percpu *sectun_traffic_alloc(void);
void sectun_traffic_read(const struct sectun_traffic __percpu *traffic, struct sectun_total *total);
void sectun_tunnel_traffic_read(const struct sectun_tunnel *tunnel, enum sectun_dir dir,
				struct sectun_total *total);
u64 sectun_drops_sum(const struct sectun_drops *drops);

void sectun_count(struct sectun_sa *sa, unsigned int packets, unsigned int bytes);
void sectun_count_past(struct sectun_sa *sa);
void sectun_count_drop(struct sectun_device *device, struct sectun_tunnel *tunnel,
		       struct sectun_sa *sa, enum sectun_dir dir, enum sectun_reason reason,
		       const struct sk_buff *skb);
void sectun_drop(struct sectun_device *device, struct sectun_tunnel *tunnel, struct sectun_sa *sa,
		 enum sectun_dir dir, enum sectun_reason reason, struct sk_buff *skb);

#endif
