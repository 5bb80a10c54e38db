// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters. Traffic is counted per CPU at the SA, at the tunnel (where it survives rekeying) and at
 * the device (rtnl stats). A drop is counted once at each of these levels that the packet had
 * reached.
 */
#include <linux/netdevice.h>
#include <linux/percpu.h>
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
		sum += atomic_long_read(&drops->count[i]);
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
	struct sectun_tunnel *tunnel = sa->tunnel;
	struct net_device *dev = tunnel->device->dev;

	sectun_traffic_add(sa->traffic, packets, bytes);
	sectun_traffic_add(tunnel->traffic[sa->dir], packets, bytes);
	if (sa->dir == SECTUN_DIR_OUT)
		dev_sw_netstats_tx_add(dev, packets, bytes);
	else
		sectun_count_device_rx(dev, packets, bytes);
	WRITE_ONCE(sa->last_used, get_jiffies_64()); /* which is never 0 */
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
		atomic_long_inc(&tunnel->drops.count[reason]);
	if (sa)
		atomic_long_inc(&sa->drops.count[reason]);
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
