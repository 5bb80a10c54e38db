// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ip.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include "gather.h"
#include "header.h"
#include "offload.h"
#include "output.h"
#include "sa.h"
#include "tunnel.h"

/**
 * sectun_gather_may - may packets go to the stack as one?
 * @sa: the transmit SA
 * @conf: the tunnel's configuration
 * @df: from sectun_header_df()
 *
 * Not where the ESP offload is another module's, who knows no such lists. Over IPv6 each UDP packet
 * has a checksum of its own, which may be left to the hardware. Where IPv4 packets may be
 * fragmented each has an ID of its own.
 *
 * Context: any.
 * Return: true if so.
 */
bool sectun_gather_may(const struct sectun_sa *sa, const struct sectun_conf *conf, bool df)
{
	if (sa->proto != IPPROTO_ESP || conf->mode != SECTUN_MODE_TUNNEL)
		return false;
	if (conf->family == AF_INET && !df)
		return false;
	if (conf->encap == SECTUN_ENCAP_UDP)
		return conf->family == AF_INET;
	return sectun_offload_has(conf->family);
}

static bool sectun_gather_is_udp(const struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_IP) && ip_hdr(skb)->protocol == IPPROTO_UDP;
}

/* Octets before the ESP header. */
static unsigned int sectun_gather_header_len(const struct sk_buff *skb)
{
	return skb_transport_offset(skb) + (sectun_gather_is_udp(skb) ? sizeof(struct udphdr) : 0);
}

/**
 * sectun_gather_add - takes a finished packet
 * @gather: packets of the same SA and route that came before
 * @skb: the packet, linear, ready to be sent; taken over
 * @inner_len: octets of its inner packet
 *
 * Context: bottom halves off, RCU.
 */
void sectun_gather_add(struct sectun_gather *gather, struct sk_buff *skb, unsigned int inner_len)
{
	const unsigned int header_len = sectun_gather_header_len(skb);
	const unsigned int size = skb->len - header_len;
	struct sk_buff *first = gather->first;

	if (first && (gather->full || size > gather->size || first->len + size > IP_MAX_MTU)) {
		sectun_gather_send(gather);
		first = NULL;
	}
	gather->packets++;
	gather->bytes += inner_len;
	if (!first) {
		gather->first = skb;
		gather->size = size;
		return;
	}
	gather->full = size < gather->size;
	/* As GRO makes lists: they begin behind the headers, which stay in front of the data. */
	__skb_pull(skb, header_len);
	skb_dst_drop(skb); /* the first one's is for all */
	if (gather->last)
		gather->last->next = skb;
	else
		skb_shinfo(first)->frag_list = skb;
	gather->last = skb;
	first->len += skb->len;
	first->data_len += skb->len;
	first->truesize += skb->truesize;
}

/* Makes a list of the packets. The headers of the first tell the length of all. */
static void sectun_gather_seal(const struct sectun_gather *gather)
{
	struct sk_buff *skb = gather->first;
	struct skb_shared_info *shared = skb_shinfo(skb);

	shared->gso_type = SKB_GSO_FRAGLIST;
	shared->gso_size = gather->size;
	shared->gso_segs = gather->packets;
	/* there is none to be made; else the stack would take the list apart at once */
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	if (sectun_gather_is_udp(skb)) {
		shared->gso_type |= SKB_GSO_UDP_L4;
		udp_hdr(skb)->len = htons(skb->len - skb_transport_offset(skb));
	}
}

/**
 * sectun_gather_send - sends what has been gathered, if anything
 * @gather: the packets; empty afterwards
 *
 * Context: bottom halves off, RCU.
 */
void sectun_gather_send(struct sectun_gather *gather)
{
	struct sectun_sa *sa = gather->sa;
	struct sk_buff *skb = gather->first;
	unsigned int packets = gather->packets;
	unsigned int bytes = gather->bytes;

	if (!skb)
		return;
	if (packets > 1)
		sectun_gather_seal(gather);
	*gather = (struct sectun_gather){ .sa = sa };
	sectun_output_pass(sa, skb, packets, bytes);
}
