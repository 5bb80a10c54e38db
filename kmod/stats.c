// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters. Traffic is counted per CPU at the SA and at the device (rtnl stats); of a tunnel it is
 * the sum of its SAs', those that are gone included. A drop is counted once at each of the levels
 * (device, tunnel, SA) that the packet had reached. Most SAs and tunnels never see one: they get
 * their counters with the first; where there is no memory for them, that drop is counted at the
 * device alone.
 */
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include "device.h"
#include "sa.h"
#include "stats.h"
#include "trace.h"
#include "tunnel.h"

/**
 * sectun_traffic_alloc - makes the per-CPU counters of one direction
 *
 * Context: may sleep.
 * Return: zeroed counters, to be freed with free_percpu(), or NULL.
 */
struct sectun_traffic __percpu *sectun_traffic_alloc(void)
{
	struct sectun_traffic __percpu *traffic = alloc_percpu(struct sectun_traffic);
	int cpu;

	if (!traffic)
		return NULL;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(traffic, cpu)->syncp);
	return traffic;
}

/**
 * sectun_traffic_read - sums up the CPUs
 * @traffic: counters of one direction
 * @total: filled in
 */
void sectun_traffic_read(const struct sectun_traffic __percpu *traffic, struct sectun_total *total)
{
	int cpu;

	*total = (struct sectun_total){};
	for_each_possible_cpu(cpu) {
		const struct sectun_traffic *t = per_cpu_ptr(traffic, cpu);
		unsigned int start;
		u64 packets, bytes;

		do {
			start = u64_stats_fetch_begin(&t->syncp);
			packets = u64_stats_read(&t->packets);
			bytes = u64_stats_read(&t->bytes);
		} while (u64_stats_fetch_retry(&t->syncp, start));
		total->packets += packets;
		total->bytes += bytes;
	}
}

/**
 * sectun_tunnel_traffic_read - sums up the SAs of a tunnel, those of the past too
 * @tunnel: the tunnel, its device's lock held
 * @dir: direction
 * @total: filled in
 */
void sectun_tunnel_traffic_read(const struct sectun_tunnel *tunnel, enum sectun_dir dir,
				struct sectun_total *total)
{
	const struct sectun_past *past = &tunnel->past[dir];
	const struct sectun_sa *sa;
	struct sectun_total part;

	lockdep_assert_held(&tunnel->device->lock);
	total->packets = atomic64_read(&past->packets);
	total->bytes = atomic64_read(&past->bytes);
	list_for_each_entry(sa, &tunnel->sas, node) {
		if (sa->dir != dir)
			continue;
		sectun_traffic_read(sa->traffic, &part);
		total->packets += part.packets;
		total->bytes += part.bytes;
	}
}

/**
 * sectun_count_past - leaves with the tunnel what an SA has carried
 * @sa: an SA that has just been unlinked; or that is freed, for what it carried after that
 *
 * Context: process; the device's lock is held, or nobody else has the SA.
 */
void sectun_count_past(struct sectun_sa *sa)
{
	struct sectun_past *past = &sa->tunnel->past[sa->dir];
	struct sectun_total total;

	sectun_traffic_read(sa->traffic, &total);
	atomic64_add(total.packets - sa->folded.packets, &past->packets);
	atomic64_add(total.bytes - sa->folded.bytes, &past->bytes);
	sa->folded = total;
}

/**
 * sectun_drops_sum - drops for any reason
 * @drops: counters
 *
 * Return: their sum.
 */
u64 sectun_drops_sum(const struct sectun_drops *drops)
{
	u64 sum = 0;
	int i;

	for (i = 0; i < SECTUN_REASON_COUNT; i++)
		sum += sectun_drops_read(drops, i);
	return sum;
}

static void sectun_traffic_add(struct sectun_traffic __percpu *traffic, unsigned int packets,
			       unsigned int bytes)
{
	struct sectun_traffic *t = this_cpu_ptr(traffic);

	u64_stats_update_begin(&t->syncp);
	u64_stats_add(&t->packets, packets);
	u64_stats_add(&t->bytes, bytes);
	u64_stats_update_end(&t->syncp);
}

static void sectun_count_device_rx(struct net_device *dev, unsigned int packets, unsigned int bytes)
{
	struct pcpu_sw_netstats *t = this_cpu_ptr(dev->tstats);

	u64_stats_update_begin(&t->syncp);
	u64_stats_add(&t->rx_packets, packets);
	u64_stats_add(&t->rx_bytes, bytes);
	u64_stats_update_end(&t->syncp);
}

/**
 * sectun_count - counts packets that went through an SA, at all levels
 * @sa: the SA; its direction says which counters
 * @packets: packets
 * @bytes: octets of the inner packets
 *
 * Context: softirq, or bottom halves off.
 */
void sectun_count(struct sectun_sa *sa, unsigned int packets, unsigned int bytes)
{
	struct net_device *dev = sa->tunnel->device->dev;

	sectun_traffic_add(sa->traffic, packets, bytes);
	if (sa->dir == SECTUN_DIR_OUT)
		dev_sw_netstats_tx_add(dev, packets, bytes);
	else
		sectun_count_device_rx(dev, packets, bytes);
	WRITE_ONCE(sa->last_used, get_jiffies_64()); /* which is never 0 */
}

static void sectun_drops_count(struct sectun_drops **drops, enum sectun_reason reason)
{
	struct sectun_drops *counts = READ_ONCE(*drops), *other;

	if (unlikely(!counts)) {
		counts = kzalloc(sizeof(*counts), GFP_ATOMIC | __GFP_NOWARN);
		if (!counts)
			return;
		other = cmpxchg(drops, NULL, counts);
		if (other) { /* another CPU was first */
			kfree(counts);
			counts = other;
		}
	}
	atomic_long_inc(&counts->count[reason]);
}

/**
 * sectun_count_drop - counts and traces one drop
 * @device: the device
 * @tunnel: the tunnel, or NULL if the packet did not reach one
 * @sa: the SA, or NULL likewise
 * @dir: direction of the packet
 * @reason: why
 * @skb: the packet, for the trace, or NULL
 *
 * Context: any.
 */
void sectun_count_drop(struct sectun_device *device, struct sectun_tunnel *tunnel,
		       struct sectun_sa *sa, enum sectun_dir dir, enum sectun_reason reason,
		       const struct sk_buff *skb)
{
	atomic_long_inc(&device->drops[dir].count[reason]);
	if (tunnel)
		sectun_drops_count(&tunnel->drops, reason);
	if (sa)
		sectun_drops_count(&sa->drops, reason);
	trace_drop(device, tunnel, sa, dir, reason, skb);
}

/**
 * sectun_drop - drops one packet: counts, traces and frees it
 * @device: see sectun_count_drop()
 * @tunnel: see sectun_count_drop()
 * @sa: see sectun_count_drop()
 * @dir: see sectun_count_drop()
 * @reason: see sectun_count_drop()
 * @skb: the packet
 *
 * Context: any.
 */
void sectun_drop(struct sectun_device *device, struct sectun_tunnel *tunnel, struct sectun_sa *sa,
		 enum sectun_dir dir, enum sectun_reason reason, struct sk_buff *skb)
{
	sectun_count_drop(device, tunnel, sa, dir, reason, skb);
	kfree_skb(skb);
}
