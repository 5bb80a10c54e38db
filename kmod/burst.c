// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/ip.h>
#include "burst.h"
#include "cell.h"
#include "device.h"
#include "header.h"
#include "sa.h"
#include "stats.h"
#include "tunnel.h"

static unsigned int sectun_burst_outer_len(u8 family, bool encap)
{
	return (family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr)) +
	       (encap ? sizeof(struct udphdr) : 0);
}

/**
 * sectun_burst_is - is this a list of packets?
 * @skb: data begins with the ESP header
 * @family: AF_INET or AF_INET6
 * @encap: a UDP header stands in front of the ESP header
 *
 * Whoever makes such lists makes them of packets without options or extension headers.
 *
 * Return: true if so.
 */
bool sectun_burst_is(const struct sk_buff *skb, u8 family, bool encap)
{
	return unlikely(skb_has_frag_list(skb)) &&
	       skb_shinfo(skb)->gso_type & SKB_GSO_FRAGLIST &&
	       -skb_network_offset(skb) == sectun_burst_outer_len(family, encap);
}

/* Octets of a packet that begins with the IP header; 0 where it is none that we know. */
static unsigned int sectun_burst_len_ip4(const struct iphdr *iph, u8 protocol)
{
	if (iph->version != 4 || iph->ihl != sizeof(*iph) / 4 || iph->protocol != protocol ||
	    iph->frag_off & htons(IP_MF | IP_OFFSET))
		return 0;
	return ntohs(iph->tot_len);
}

static unsigned int sectun_burst_len_ip6(const struct ipv6hdr *ip6h, u8 protocol)
{
	if (ip6h->version != 6 || ip6h->nexthdr != protocol)
		return 0;
	return sizeof(*ip6h) + ntohs(ip6h->payload_len);
}

/*
 * Makes a packet of a list as it would have arrived alone. Its data begins wherever it was when the
 * list was made, its network header is the outer one.
 */
static bool sectun_burst_prepare(struct sk_buff *skb, struct net_device *dev, u8 family, bool encap)
{
	const unsigned int outer_len = sectun_burst_outer_len(family, encap);
	const u8 protocol = encap ? IPPROTO_UDP : IPPROTO_ESP;
	const int offset = skb_network_offset(skb);
	unsigned int len;

	if (unlikely(offset > 0 || -offset > (int)skb_headroom(skb)))
		return false;
	__skb_push(skb, -offset);
	if (unlikely(!pskb_may_pull(skb, outer_len + SECTUN_ESP_HEADER_LEN)))
		return false;
	len = family == AF_INET ? sectun_burst_len_ip4(ip_hdr(skb), protocol) :
				  sectun_burst_len_ip6(ipv6_hdr(skb), protocol);
	if (unlikely(len < outer_len || len > skb->len || pskb_trim(skb, len)))
		return false;
	skb->dev = dev;
	if (family == AF_INET6)
		IP6CB(skb)->nhoff = offsetof(struct ipv6hdr, nexthdr);
	__skb_pull(skb, outer_len);
	skb_reset_transport_header(skb);
	return true;
}

/* A packet of a list that somebody else has as well is not ours to change. */
static struct sk_buff *sectun_burst_own(struct sk_buff *skb)
{
	struct sk_buff *clone;

	if (likely(!skb_shared(skb)))
		return skb;
	clone = skb_clone(skb, GFP_ATOMIC);
	kfree_skb(skb);
	return clone;
}

/**
 * sectun_burst_split - takes a list apart
 * @skb: a packet for which sectun_burst_is() holds; taken over
 * @family: AF_INET or AF_INET6
 * @encap: a UDP header stands in front of the ESP header
 * @lost: set to the number of packets that there was no memory for
 *
 * Return: the same packets in the same order, linked by their next; the data of each begins with
 * the ESP header. What is no ESP packet is not among them, nor is what there is no memory for.
 */
struct sk_buff *sectun_burst_split(struct sk_buff *skb, u8 family, bool encap, unsigned int *lost)
{
	struct sk_buff *listed, *next, *last = skb;

	*lost = 0;
	/* who captures the packet sees the same list */
	if (unlikely(skb_unclone(skb, GFP_ATOMIC))) {
		*lost = skb_shinfo(skb)->gso_segs;
		kfree_skb(skb);
		return NULL;
	}
	skb_orphan(skb); /* before its size changes, which it was charged with */
	listed = skb_shinfo(skb)->frag_list;
	skb_shinfo(skb)->frag_list = NULL;
	skb_gso_reset(skb);
	skb_mark_not_on_list(skb);
	skb_list_walk_safe(listed, listed, next) {
		skb->len -= listed->len;
		skb->data_len -= listed->len;
		skb->truesize -= listed->truesize;
		listed = sectun_burst_own(listed);
		if (unlikely(!listed)) {
			++*lost;
			continue;
		}
		skb_mark_not_on_list(listed);
		if (unlikely(!sectun_burst_prepare(listed, skb->dev, family, encap))) {
			kfree_skb(listed);
			continue;
		}
		last->next = listed;
		last = listed;
	}
	return skb;
}

static void sectun_burst_count(struct sectun_burst *burst)
{
	if (burst->packets)
		sectun_count(burst->sa, burst->packets, burst->bytes);
	burst->packets = 0;
	burst->bytes = 0;
}

/**
 * sectun_burst_sa - goes on with another SA
 * @burst: the burst
 * @sa: the SA, held; the burst takes the reference over. Or NULL
 */
void sectun_burst_sa(struct sectun_burst *burst, struct sectun_sa *sa)
{
	sectun_burst_count(burst);
	if (burst->sa)
		sectun_sa_put(burst->sa);
	burst->sa = sa;
}

static void sectun_burst_give(struct sectun_burst *burst, struct sk_buff *skb)
{
	burst->given++;
	sectun_cell_receive(burst->cell, skb);
}

/* Merges a packet with those before it, or gives it to GRO; no packet overtakes another. */
static void sectun_burst_merge(struct sectun_burst *burst, struct sk_buff *skb)
{
	struct sk_buff *merged;

	if (likely(sectun_merge_append(&burst->merge, skb)))
		return;
	merged = sectun_merge_end(&burst->merge);
	if (merged)
		sectun_burst_give(burst, merged);
	if (netif_elide_gro(skb->dev) || !sectun_merge_begin(&burst->merge, skb))
		sectun_burst_give(burst, skb);
}

/* Gives what was collected for a device to the stack. */
static void sectun_burst_flush(struct sectun_burst *burst)
{
	struct sk_buff *merged = sectun_merge_end(&burst->merge);

	if (merged)
		sectun_burst_give(burst, merged);
	if (burst->cell) {
		sectun_cell_end(burst->cell, burst->given);
		sectun_cell_leave();
	}
	burst->cell = NULL;
	burst->given = 0;
}

static void sectun_burst_device(struct sectun_burst *burst, struct sectun_device *device)
{
	sectun_burst_flush(burst);
	burst->device = device;
	if (!sectun_cell_enter())
		return;
	burst->cell = sectun_cell_begin(device->cells);
	if (!burst->cell)
		sectun_cell_leave();
}

/**
 * sectun_burst_receive - delivers a packet
 * @burst: the burst
 * @sa: its SA, that of sectun_burst_sa()
 * @skb: the packet, its dev set; taken over if there is room
 *
 * Context: softirq, RCU, one CPU from the first packet to sectun_burst_end().
 * Return: false where too many packets wait.
 */
bool sectun_burst_receive(struct sectun_burst *burst, struct sectun_sa *sa, struct sk_buff *skb)
{
	struct sectun_device *device = sa->tunnel->device;
	const unsigned int len = skb->len;

	if (device != burst->device)
		sectun_burst_device(burst, device);
	if (likely(burst->cell))
		sectun_burst_merge(burst, skb);
	else if (!sectun_cell_queue(device->cells, skb))
		return false;
	burst->packets++;
	burst->bytes += len;
	return true;
}

/**
 * sectun_burst_end - ends a burst
 * @burst: the burst
 *
 * Context: as sectun_burst_receive().
 */
void sectun_burst_end(struct sectun_burst *burst)
{
	sectun_burst_flush(burst);
	sectun_burst_sa(burst, NULL);
}
