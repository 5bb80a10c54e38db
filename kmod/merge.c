// SPDX-License-Identifier: GPL-2.0-only
/*
 * GRO for the common case: a list brings the segments that a sender made of one TCP packet, one
 * behind the other. Nothing has to be looked for then. What comes out is what the stack's GRO would
 * make of them; what this is not sure of is left to it.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>
#include "merge.h"

/* What a segment in the middle of a flow may have set. */
#define SECTUN_MERGE_FLAGS (TCP_FLAG_ACK | TCP_FLAG_PSH)
/* The flags of the fourth word of a TCP header, with the bits that have none yet. */
#define SECTUN_MERGE_FLAG_MASK htonl(0x0fff0000)

static unsigned int sectun_merge_ip4_at(const struct sk_buff *skb)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;

	return iph->ihl == sizeof(*iph) / 4 && iph->protocol == IPPROTO_TCP &&
	       !(iph->frag_off & htons(IP_MF | IP_OFFSET)) ? sizeof(*iph) : 0;
}

static unsigned int sectun_merge_ip6_at(const struct sk_buff *skb)
{
	return ((const struct ipv6hdr *)skb->data)->nexthdr == IPPROTO_TCP ?
		       sizeof(struct ipv6hdr) : 0;
}

/* Is the checksum right? It is looked at here once for all, since the merged packet has none. */
static bool sectun_merge_checksum(struct sk_buff *skb, unsigned int tcp_at)
{
	const unsigned int len = skb->len - tcp_at;
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	__wsum sum;

	if (skb->ip_summed == CHECKSUM_UNNECESSARY)
		return true;
	sum = csum_partial(skb->data + tcp_at, len, 0);
	if (skb->protocol == htons(ETH_P_IP) ?
		    csum_tcpudp_magic(iph->saddr, iph->daddr, len, IPPROTO_TCP, sum) :
		    csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, len, IPPROTO_TCP, sum))
		return false;
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	return true;
}

/*
 * Is this a segment that can be merged with others? @tcp_at is set to the octets of its IP header.
 * Pages of a driver's pool have rules of their own, which the stack's GRO knows.
 */
static bool sectun_merge_fits(struct sk_buff *skb, unsigned int *tcp_at)
{
	const struct tcphdr *th;

	*tcp_at = skb->protocol == htons(ETH_P_IP) ? sectun_merge_ip4_at(skb) :
						     sectun_merge_ip6_at(skb);
	if (!*tcp_at || skb->len < *tcp_at + sizeof(*th) || skb->pp_recycle ||
	    skb_is_nonlinear(skb))
		return false;
	th = (const struct tcphdr *)(skb->data + *tcp_at);
	return th->doff * 4 >= sizeof(*th) && *tcp_at + th->doff * 4 < skb->len &&
	       !(tcp_flag_word(th) & SECTUN_MERGE_FLAG_MASK & ~SECTUN_MERGE_FLAGS) && th->ack &&
	       sectun_merge_checksum(skb, *tcp_at);
}

/* IPv4: TOS, TTL, DF and addresses are the same, and identifications follow each other. */
static bool sectun_merge_same_ip4(const struct iphdr *a, const struct iphdr *b, unsigned int n)
{
	return a->tos == b->tos && a->ttl == b->ttl && a->frag_off == b->frag_off &&
	       a->saddr == b->saddr && a->daddr == b->daddr &&
	       (u16)(ntohs(a->id) + n) == ntohs(b->id);
}

static bool sectun_merge_same_ip6(const struct ipv6hdr *a, const struct ipv6hdr *b)
{
	return *(const __be32 *)a == *(const __be32 *)b && a->hop_limit == b->hop_limit &&
	       ipv6_addr_equal(&a->saddr, &b->saddr) && ipv6_addr_equal(&a->daddr, &b->daddr);
}

/* Ports, acknowledged number, window, options. */
static bool sectun_merge_same_tcp(const struct tcphdr *a, const struct tcphdr *b)
{
	const unsigned int words = a->doff;
	unsigned int i;

	if (((const u32 *)a)[0] != ((const u32 *)b)[0] || a->ack_seq != b->ack_seq ||
	    a->window != b->window || words != b->doff)
		return false;
	for (i = sizeof(*a) / 4; i < words; i++)
		if (((const u32 *)a)[i] != ((const u32 *)b)[i])
			return false;
	return true;
}

static void sectun_merge_reckon(struct sectun_merge *merge, const struct tcphdr *th,
				unsigned int text_len)
{
	merge->n++;
	merge->next_seq = ntohl(th->seq) + text_len;
	merge->closed = text_len < merge->mss || th->psh;
}

/* Accounts for @len more octets of text. */
static void sectun_merge_grow(struct sk_buff *skb, unsigned int len, unsigned int truesize)
{
	skb->len += len;
	skb->data_len += len;
	skb->truesize += truesize;
}

/*
 * Takes the text of a segment over: where it is in a part of a page, that part, else the whole
 * packet, onto the frag_list.
 */
static void sectun_merge_take(struct sectun_merge *merge, struct sk_buff *skb)
{
	struct sk_buff *tail = merge->last ?: merge->first;
	unsigned int truesize = skb->truesize;
	const unsigned int len = skb->len;
	struct page *page;

	if (skb->head_frag && skb_shinfo(tail)->nr_frags < MAX_SKB_FRAGS) {
		page = virt_to_head_page(skb->head);
		skb_fill_page_desc(tail, skb_shinfo(tail)->nr_frags, page,
				   skb->data - (u8 *)page_address(page), len);
		truesize -= SKB_DATA_ALIGN(sizeof(struct sk_buff));
		if (tail != merge->first)
			sectun_merge_grow(tail, len, truesize);
		kfree_skb_partial(skb, true);
	} else {
		if (merge->last)
			merge->last->next = skb;
		else
			skb_shinfo(merge->first)->frag_list = skb;
		merge->last = skb;
	}
	sectun_merge_grow(merge->first, len, truesize);
}

/**
 * sectun_merge_begin - begins a packet
 * @merge: nothing is being merged
 * @skb: what may become the first segment of it, its data and its network header the IP header;
 *	taken over
 *
 * Return: false if it is no such segment, and still the caller's.
 */
bool sectun_merge_begin(struct sectun_merge *merge, struct sk_buff *skb)
{
	const struct tcphdr *th;
	unsigned int tcp_at;

	if (!sectun_merge_fits(skb, &tcp_at))
		return false;
	th = (const struct tcphdr *)(skb->data + tcp_at);
	merge->first = skb;
	merge->last = NULL;
	merge->n = 0;
	merge->tcp_at = tcp_at;
	merge->header_len = tcp_at + th->doff * 4;
	merge->mss = skb->len - merge->header_len;
	sectun_merge_reckon(merge, th, merge->mss);
	return true;
}

/**
 * sectun_merge_append - goes on with a packet
 * @merge: what has been merged so far, or nothing
 * @skb: what may be the next segment; taken over
 *
 * Return: false if it is not, and still the caller's.
 */
bool sectun_merge_append(struct sectun_merge *merge, struct sk_buff *skb)
{
	struct sk_buff *first = merge->first;
	const struct tcphdr *th;
	struct tcphdr *first_th;
	unsigned int tcp_at;

	if (!first || merge->closed || first->protocol != skb->protocol ||
	    !sectun_merge_fits(skb, &tcp_at) || tcp_at != merge->tcp_at)
		return false;
	th = (const struct tcphdr *)(skb->data + tcp_at);
	first_th = (struct tcphdr *)(first->data + tcp_at);
	if (ntohl(th->seq) != merge->next_seq || !sectun_merge_same_tcp(first_th, th) ||
	    skb->len > merge->header_len + merge->mss ||
	    first->len + skb->len - merge->header_len > IP_MAX_MTU)
		return false;
	if (tcp_at == sizeof(struct iphdr) ?
		    !sectun_merge_same_ip4((const struct iphdr *)first->data,
					   (const struct iphdr *)skb->data, merge->n) :
		    !sectun_merge_same_ip6((const struct ipv6hdr *)first->data,
					   (const struct ipv6hdr *)skb->data))
		return false;

	first_th->psh |= th->psh;
	__skb_pull(skb, merge->header_len);
	sectun_merge_reckon(merge, th, skb->len);
	sectun_merge_take(merge, skb);
	return true;
}

static void sectun_merge_finish(struct sectun_merge *merge)
{
	struct sk_buff *skb = merge->first;
	struct tcphdr *th = (struct tcphdr *)(skb->data + merge->tcp_at);
	const unsigned int len = skb->len - merge->tcp_at;
	struct skb_shared_info *shared = skb_shinfo(skb);

	skb_set_transport_header(skb, merge->tcp_at);
	if (skb->protocol == htons(ETH_P_IP)) {
		struct iphdr *iph = (struct iphdr *)skb->data;

		iph->tot_len = htons(skb->len);
		ip_send_check(iph);
		th->check = ~tcp_v4_check(len, iph->saddr, iph->daddr, 0);
		shared->gso_type = SKB_GSO_TCPV4;
	} else {
		struct ipv6hdr *ip6h = (struct ipv6hdr *)skb->data;

		ip6h->payload_len = htons(len);
		th->check = ~csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, len, IPPROTO_TCP, 0);
		shared->gso_type = SKB_GSO_TCPV6;
	}
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (u8 *)th - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	shared->gso_size = merge->mss;
	shared->gso_segs = merge->n;
}

/**
 * sectun_merge_end - ends a packet
 * @merge: what has been merged, or nothing
 *
 * Return: the packet, as it came where it is a single segment; or NULL.
 */
struct sk_buff *sectun_merge_end(struct sectun_merge *merge)
{
	struct sk_buff *skb = merge->first;

	if (skb && merge->n > 1)
		sectun_merge_finish(merge);
	merge->first = NULL;
	return skb;
}
