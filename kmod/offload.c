// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our GRO for ESP: packets that a network card hands over in one round, for one of our SAs, come as
 * one list (burst.h), so that the stack is passed through once for all of them.
 *
 * For plain ESP the stack has one place, which in-tree esp4_offload, esp6_offload take where they
 * are loaded first: then every packet comes alone. We have the place only while there is a sectun
 * device.
 */
#include <linux/mutex.h>
#include <linux/udp.h>
#include <net/gro.h>
#include <net/ip.h>
#include <net/protocol.h>
#include "header.h"
#include "net.h"
#include "offload.h"
#include "sa.h"

/* Whether a packet that GRO looks at is for one of our SAs. */
static bool sectun_offload_ours(struct sk_buff *skb, __be32 spi)
{
	struct sectun_sa_key key = {
		.spi = spi,
		.proto = IPPROTO_ESP,
		.dir = SECTUN_DIR_IN,
	};
	const void *header = skb_gro_network_header(skb);

	if (skb->protocol == htons(ETH_P_IP)) {
		key.family = AF_INET;
		key.addr.ip4 = ((const struct iphdr *)header)->daddr;
	} else {
		key.family = AF_INET6;
		key.addr.ip6 = ((const struct ipv6hdr *)header)->daddr;
	}
	return sectun_sa_lookup(sectun_net(dev_net(skb->dev)), &key);
}

/* Hangs a packet onto the list of @first. Its data begins with the ESP header then. */
static void sectun_offload_append(struct sk_buff *first, struct sk_buff *skb)
{
	if (NAPI_GRO_CB(first)->last == first)
		skb_shinfo(first)->frag_list = skb;
	else
		NAPI_GRO_CB(first)->last->next = skb;
	NAPI_GRO_CB(first)->last = skb;
	NAPI_GRO_CB(first)->count++;

	skb_pull(skb, skb_gro_offset(skb));
	/* a sender on this machine was charged with it: from now on the first one is, with both */
	skb->destructor = NULL;
	skb->sk = NULL;
	first->data_len += skb->len;
	first->len += skb->len;
	first->truesize += skb->truesize;
	NAPI_GRO_CB(skb)->same_flow = 1;
}

/* The list that a packet may belong to: another SA of the same peer makes a list of its own. */
static struct sk_buff *sectun_offload_find(struct list_head *head, const struct sk_buff *skb,
					   unsigned int offset, __be32 spi)
{
	const struct ip_esp_hdr *esp;
	struct sk_buff *first;

	list_for_each_entry(first, head, list) {
		if (!NAPI_GRO_CB(first)->same_flow)
			continue;
		esp = (const struct ip_esp_hdr *)(first->data + offset);
		if (esp->spi == spi && first->sk == skb->sk)
			return first;
		NAPI_GRO_CB(first)->same_flow = 0;
	}
	return NULL;
}

/*
 * Return: a list that is full, and has to go to the stack. The stack keeps a packet that has not
 * been told to be flushed, for others to come.
 */
static struct sk_buff *sectun_offload_gro(struct list_head *head, struct sk_buff *skb)
{
	const unsigned int offset = skb_gro_offset(skb);
	const struct ip_esp_hdr *esp;
	struct sk_buff *first;
	__be32 spi;

	esp = skb_gro_header(skb, offset + sizeof(*esp), offset);
	if (unlikely(!esp) || NAPI_GRO_CB(skb)->flush)
		goto flush;
	spi = esp->spi;
	first = sectun_offload_find(head, skb, offset, spi);
	if (!first && !sectun_offload_ours(skb, spi))
		goto flush;
	/* whoever comes next reads the header in the linear part */
	if (unlikely(!pskb_may_pull(skb, offset + sizeof(*esp))))
		goto flush;
	if (first && unlikely(first->len + skb->len > IP_MAX_MTU))
		return first;
	if (first)
		sectun_offload_append(first, skb);
	return NULL;

flush:
	NAPI_GRO_CB(skb)->flush = 1;
	return NULL;
}

static struct sk_buff *sectun_offload_receive(struct list_head *head, struct sk_buff *skb)
{
	if (NAPI_GRO_CB(skb)->encap_mark) { /* in a tunnel of another kind */
		NAPI_GRO_CB(skb)->flush = 1;
		return NULL;
	}
	return sectun_offload_gro(head, skb);
}

/* Not called where nothing has been appended. */
static int sectun_offload_finish(struct sk_buff *skb, int offset)
{
	struct skb_shared_info *shared = skb_shinfo(skb);

	shared->gso_type |= SKB_GSO_FRAGLIST;
	shared->gso_size = skb_headlen(skb) - offset;
	shared->gso_segs = NAPI_GRO_CB(skb)->count;
	/* there is none to be looked at; else the stack would take the list apart */
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	return 0;
}

/* A list that is sent on, for instance because the packet's address has just been taken away. */
static struct sk_buff *sectun_offload_segment(struct sk_buff *skb, netdev_features_t features)
{
	if (!(skb_shinfo(skb)->gso_type & SKB_GSO_FRAGLIST))
		return ERR_PTR(-EINVAL);
	return skb_segment_list(skb, features, skb_mac_header_len(skb));
}

static int sectun_offload_complete(struct sk_buff *skb, int offset)
{
	skb_shinfo(skb)->gso_type = 0;
	return sectun_offload_finish(skb, offset);
}

static const struct net_offload sectun_offload = {
	.callbacks = {
		.gso_segment = sectun_offload_segment,
		.gro_receive = sectun_offload_receive,
		.gro_complete = sectun_offload_complete,
	},
};

static DEFINE_MUTEX(sectun_offload_lock);
static unsigned int sectun_offload_users; /* under sectun_offload_lock */
static bool sectun_offload_has4; /* likewise: the place is ours */
static bool sectun_offload_has6; /* likewise */

/**
 * sectun_offload_get - takes the stack's places for offloads of ESP, if they are free
 *
 * Context: may sleep.
 */
void sectun_offload_get(void)
{
	mutex_lock(&sectun_offload_lock);
	sectun_offload_users++;
	if (!sectun_offload_has4)
		sectun_offload_has4 = !inet_add_offload(&sectun_offload, IPPROTO_ESP);
	if (!sectun_offload_has6)
		sectun_offload_has6 = !inet6_add_offload(&sectun_offload, IPPROTO_ESP);
	mutex_unlock(&sectun_offload_lock);
}

/**
 * sectun_offload_put - gives the places back, if nobody needs them any more
 *
 * Context: may sleep.
 */
void sectun_offload_put(void)
{
	mutex_lock(&sectun_offload_lock);
	if (!--sectun_offload_users) {
		if (sectun_offload_has4)
			inet_del_offload(&sectun_offload, IPPROTO_ESP);
		if (sectun_offload_has6)
			inet6_del_offload(&sectun_offload, IPPROTO_ESP);
		sectun_offload_has4 = false;
		sectun_offload_has6 = false;
	}
	mutex_unlock(&sectun_offload_lock);
}

/**
 * sectun_offload_has - have we the stack's place for offloads of ESP?
 * @family: AF_INET or AF_INET6, of the packets
 *
 * Context: any, on behalf of a device.
 * Return: true if so; then it stays ours as long as there is the device.
 */
bool sectun_offload_has(u8 family)
{
	return READ_ONCE(*(family == AF_INET ? &sectun_offload_has4 : &sectun_offload_has6));
}

/**
 * sectun_offload_udp_receive - GRO for ESP in UDP
 * @sk: a socket of ours
 * @head: packets that GRO holds
 * @skb: the packet; GRO's offset is behind the UDP header
 *
 * Context: softirq, RCU.
 * Return: a packet that has to go to the stack, or NULL.
 */
struct sk_buff *sectun_offload_udp_receive(struct sock *sk, struct list_head *head,
					   struct sk_buff *skb)
{
	struct sk_buff *full;

	/* the mark says that headers are those of an inner packet, which GRO does not see here */
	NAPI_GRO_CB(skb)->encap_mark = 0;
	full = sectun_offload_gro(head, skb);
	NAPI_GRO_CB(skb)->encap_mark = 1;
	return full;
}

/**
 * sectun_offload_udp_complete - a list of ESP in UDP is complete
 * @sk: a socket of ours
 * @skb: the first packet, with the others
 * @offset: octets from its data to the ESP header
 *
 * Context: softirq, RCU.
 * Return: 0
 */
int sectun_offload_udp_complete(struct sock *sk, struct sk_buff *skb, int offset)
{
	/* what the stack has put down stays: by it UDP knows what is for a tunnel's socket */
	return sectun_offload_finish(skb, offset);
}
