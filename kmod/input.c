// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way of a packet in, asynchronous from the transform on:
 *
 *	SA by SPI -> lengths -> replay pre-check -> decrypt -> replay commit
 *	-> padding, next header -> inner header -> selectors -> ECN -> the stack, or GRO
 *
 * A packet in memory that is nobody else's (packet.h) is decrypted where it is, any other into
 * fresh memory.
 *
 * What is received (RFC 4303 section 2), and what of it the fresh memory gets:
 *
 *	SPI, sequence number | IV | inner packet | TFC padding | padding, trailer | ICV
 *	|<- associated data, IV ->|<------------ decrypted -------------------->|
 *
 * Of AH (ah_packet.h) the fresh memory gets all of the packet before it is verified, so that what
 * is delivered is what was verified, whoever may still write to the memory that it came in:
 *
 *	outer headers | AH | inner packet
 *
 * In transport mode (transport.c) the payload of a packet stands for the inner packet, and what is
 * delivered is the outer header with that payload behind it.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/udp.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "ah_packet.h"
#include "burst.h"
#include "cell.h"
#include "device.h"
#include "endpoint.h"
#include "event.h"
#include "header.h"
#include "inner.h"
#include "input.h"
#include "mss.h"
#include "net.h"
#include "op.h"
#include "packet.h"
#include "protocol.h"
#include "sa.h"
#include "stats.h"
#include "transport.h"
#include "tunnel.h"

static void sectun_input_drop(struct sectun_sa *sa, enum sectun_reason reason, struct sk_buff *skb)
{
	sectun_drop(sa->tunnel->device, sa->tunnel, sa, SECTUN_DIR_IN, reason, skb);
}

static void sectun_input_failed(const struct sectun_op *op, int err, struct sk_buff *skb)
{
	struct sectun_sa *sa = op->sa;
	unsigned long last = READ_ONCE(sa->last_failure);
	enum sectun_reason reason = sectun_op_reason(op, err);
	unsigned long failures;

	if (reason == SECTUN_REASON_BAD_ICV)
		reason = sectun_replay_blame(&sa->replay, op->seq);
	sectun_input_drop(sa, reason, skb);
	if (reason != SECTUN_REASON_BAD_ICV)
		return;
	if (last && time_before(jiffies, last + HZ))
		return;
	if (cmpxchg(&sa->last_failure, last, jiffies ?: 1) != last)
		return;
	failures = sectun_drops_read(READ_ONCE(sa->drops), SECTUN_REASON_BAD_ICV);
	sectun_event_auth_failures(sa, failures);
}

static enum sectun_reason sectun_input_ecn(struct sk_buff *skb, u8 outer_tos, u8 inner_tos)
{
	/* RFC 6040 section 4.2; 2 stands for the pairs that must be dropped. */
	return INET_ECN_decapsulate(skb, outer_tos, inner_tos) > 1 ? SECTUN_REASON_ECN_INVALID :
								     SECTUN_REASON_NONE;
}

/*
 * May a packet go to the stack at once? That spares the way through a queue, but no batch is made
 * of what goes so; only TCP is worth one, unless the device was told to make some of UDP
 * (ethtool -K DEV rx-udp-gro-forwarding on, or rx-gro-list). What is queued already is not
 * overtaken.
 */
static bool sectun_input_is_direct(const struct sectun_device *device,
				   const struct sectun_inner *inner)
{
	return inner->protocol != IPPROTO_TCP && sectun_cell_is_idle(device->cells) &&
	       !(device->dev->features & (NETIF_F_GRO_UDP_FWD | NETIF_F_GRO_FRAGLIST));
}

/* Delivers a packet that came alone. False: too many packets wait. */
static bool sectun_input_single(struct sectun_sa *sa, struct sk_buff *skb,
				const struct sectun_inner *inner, bool late)
{
	struct sectun_device *device = sa->tunnel->device;
	const unsigned int len = skb->len;

	if (likely(!late) && sectun_input_is_direct(device, inner) && sectun_cell_enter()) {
		netif_receive_skb(skb);
		sectun_cell_leave();
	} else if (unlikely(!sectun_cell_queue(device->cells, skb))) {
		return false;
	}
	sectun_count(sa, 1, len);
	return true;
}

/*
 * Hands a decrypted packet to the device's namespace, and ends the operation, whose memory may be
 * needed again on the way. Nothing of the outer packet clings to the inner one.
 */
static void sectun_input_deliver(struct sectun_op *op, struct sk_buff *skb,
				 const struct sectun_inner *inner)
{
	struct sectun_sa *sa = op->sa;
	struct sectun_burst *burst = op->late ? NULL : op->burst;
	struct net_device *dev = sa->tunnel->device->dev;
	enum sectun_reason reason = SECTUN_REASON_DEVICE_DOWN;
	const bool late = op->late;

	sectun_op_retire(op);
	if (unlikely(!(dev->flags & IFF_UP)))
		goto err_drop;
	skb_reset_mac_header(skb);
	skb->dev = dev;
	skb->pkt_type = PACKET_HOST;
	reason = SECTUN_REASON_BACKLOG_FULL;
	if (burst ? unlikely(!sectun_burst_receive(burst, sa, skb)) :
		    unlikely(!sectun_input_single(sa, skb, inner, late)))
		goto err_drop;
	sectun_sa_put(sa);
	return;

err_drop:
	sectun_input_drop(sa, reason, skb);
	sectun_sa_put(sa);
}

/*
 * Do the selectors let a packet in? An ICMP error comes from wherever something went wrong: what
 * counts then is the traffic that it is about (RFC 4301 section 6.2).
 */
static noinline bool sectun_input_selected(const struct sectun_selectors *selectors,
					   const void *data, const struct sectun_inner *inner)
{
	struct sectun_inner back;

	if (likely(sectun_selectors_match_inbound(selectors, inner)))
		return true;
	return sectun_inner_quoted_inbound(data, inner, &back) &&
	       sectun_selectors_match_inbound(selectors, &back);
}

/*
 * An authenticated inner packet, padding gone, TFC padding perhaps still there; or in transport
 * mode the payload of one.
 */
static enum sectun_reason sectun_input_inner(struct sectun_op *op, struct sk_buff *skb,
					     u8 next_header, struct sectun_inner *inner)
{
	struct sectun_tunnel *tunnel = op->sa->tunnel;
	const struct sectun_conf *conf = rcu_dereference(tunnel->conf);
	const struct sectun_selectors *selectors = rcu_dereference(tunnel->selectors);
	enum sectun_reason reason;
	const bool transport = op->clear_len;

	if (transport) {
		reason = sectun_transport_restore(op, skb, next_header);
		if (unlikely(reason))
			return reason;
	}
	reason = sectun_inner_parse_inbound(skb->data, skb->len, !transport, inner);
	if (unlikely(reason))
		return reason;
	if (!transport && unlikely((inner->family == AF_INET) != (next_header == IPPROTO_IPIP)))
		return SECTUN_REASON_BAD_INNER_HEADER;
	__skb_trim(skb, inner->len);
	skb->protocol = inner->family == AF_INET ? htons(ETH_P_IP) : htons(ETH_P_IPV6);
	skb_reset_network_header(skb);

	if (transport || selectors->needs_transport)
		sectun_inner_transport_inbound(skb->data, inner);
	if (!selectors->any && unlikely(!sectun_input_selected(selectors, skb->data, inner)))
		return SECTUN_REASON_SELECTOR_MISMATCH;
	if (transport) {
		if (unlikely(!sectun_transport_between(conf, inner->family, &inner->dst,
						       &inner->src)))
			return SECTUN_REASON_SELECTOR_MISMATCH;
		if (op->source_port)
			sectun_transport_checksum(skb, inner);
	} else if (conf->ecn) {
		reason = sectun_input_ecn(skb, op->outer_tos, inner->tos);
		if (unlikely(reason))
			return reason;
	}
	sectun_mss_clamp(tunnel, conf, skb, inner);
	return SECTUN_REASON_NONE;
}

/* What tunnel mode carries, and transport mode: every payload of a whole packet. */
static bool sectun_input_carries(const struct sectun_op *op, u8 next_header)
{
	return op->clear_len || next_header == IPPROTO_IPIP || next_header == IPPROTO_IPV6;
}

/*
 * Takes off what was protection, and finds the next header. The memory of AH holds the whole
 * packet, that of ESP begins with the associated data.
 */
static enum sectun_reason sectun_input_strip(const struct sectun_op *op, struct sk_buff *skb,
					     u8 *next_header)
{
	const struct sectun_alg *alg = op->sa->alg;
	enum sectun_reason reason;
	unsigned int payload_len;

	if (op->sa->proto == IPPROTO_AH) {
		*next_header = ((struct ip_auth_hdr *)skb_transport_header(skb))->nexthdr;
		__skb_pull(skb, skb_transport_offset(skb) + sectun_ah_len(alg, op->outer_family));
		return SECTUN_REASON_NONE;
	}
	__skb_pull(skb, op->aad_len + alg->iv_len);
	reason = sectun_padding_check(skb->data, skb->len, &payload_len, next_header);
	if (likely(!reason))
		__skb_trim(skb, payload_len);
	return reason;
}

/* Octets that count against the limits of an SA's life. */
static unsigned int sectun_input_covered(const struct sectun_op *op, const struct sk_buff *skb)
{
	return op->sa->proto == IPPROTO_AH ? skb->len :
					     skb->len - op->aad_len - op->sa->alg->iv_len;
}

/* After the transform. */
static void sectun_input_done(struct sectun_op *op, int err)
{
	struct sectun_sa *sa = op->sa;
	struct sk_buff *skb = op->to;
	enum sectun_reason reason;
	struct sectun_inner inner;
	u8 next_header;

	op->to = NULL;
	if (unlikely(err)) {
		sectun_input_failed(op, err, skb);
		goto out;
	}
	reason = sectun_replay_commit(&sa->replay, op->seq);
	if (unlikely(reason))
		goto err_drop;
	reason = SECTUN_REASON_EXPIRED;
	if (unlikely(!sectun_sa_spend(sa, sectun_input_covered(op, skb))))
		goto err_drop;
	if (unlikely(!READ_ONCE(sa->received)) && !xchg(&sa->received, true))
		sectun_event_first_receive(sa);
	if (op->source_port)
		sectun_endpoint_check(sa, op->seq, op->outer_family, &op->source, op->source_port);

	reason = sectun_input_strip(op, skb, &next_header);
	if (unlikely(reason))
		goto err_drop;
	/* a dummy packet, RFC 4303 section 2.6; AH has none */
	if (unlikely(next_header == IPPROTO_NONE) && sa->proto == IPPROTO_ESP) {
		sectun_count(sa, 1, 0);
		consume_skb(skb);
		goto out;
	}
	reason = SECTUN_REASON_BAD_NEXT_HEADER;
	if (unlikely(!sectun_input_carries(op, next_header)))
		goto err_drop;
	reason = sectun_input_inner(op, skb, next_header, &inner);
	if (unlikely(reason))
		goto err_drop;
	sectun_input_deliver(op, skb, &inner);
	return;
out:
	sectun_op_free(op);
	return;

err_drop:
	sectun_input_drop(sa, reason, skb);
	sectun_op_free(op);
}

/**
 * struct sectun_arrival - how a packet came, or the packets of a burst
 * @family: AF_INET or AF_INET6
 * @proto: IPPROTO_ESP or IPPROTO_AH
 * @encap: a UDP header stands in front of the ESP header
 * @burst: the burst, or NULL
 * @key: by what @burst's SA was found
 */
struct sectun_arrival {
	u8 family;
	u8 proto;
	bool encap;
	struct sectun_burst *burst;
	struct sectun_sa_key key;
};

/* What must be remembered of the outer header. */
static void sectun_input_outer(struct sectun_op *op, const struct sk_buff *skb,
			       const struct sectun_arrival *arrival)
{
	op->outer_family = arrival->family;
	if (arrival->family == AF_INET) {
		op->outer_tos = ip_hdr(skb)->tos;
		op->source.ip4 = ip_hdr(skb)->saddr;
	} else {
		op->outer_tos = ipv6_get_dsfield(ipv6_hdr(skb));
		op->source.ip6 = ipv6_hdr(skb)->saddr;
	}
	/* Whoever took the UDP header off left it in front of ESP. */
	op->source_port = arrival->encap ? ((const struct udphdr *)skb->data - 1)->source : 0;
	op->clear_len = 0;
	if (rcu_dereference(op->sa->tunnel->conf)->mode == SECTUN_MODE_TRANSPORT)
		sectun_transport_remember(op, skb);
}

/* What is judged before any work is done for a packet. */
static enum sectun_reason sectun_input_check(const struct sectun_sa *sa, __be32 seq_no, u64 *seq)
{
	enum sectun_reason reason = sectun_replay_check(&sa->replay, be32_to_cpu(seq_no), seq);

	if (unlikely(!reason && !(sa->tunnel->device->dev->flags & IFF_UP)))
		reason = SECTUN_REASON_DEVICE_DOWN;
	return reason;
}

/* The operation on a packet; @sa is taken over. NULL: no memory, nothing is taken. */
static struct sectun_op *sectun_input_op(struct sectun_sa *sa, const struct sk_buff *skb, u64 seq,
					 const struct sectun_arrival *arrival)
{
	struct sectun_op *op = sectun_op_alloc(sa);

	if (unlikely(!op))
		return NULL;
	op->seq = seq;
	op->done = sectun_input_done;
	op->burst = arrival->burst;
	sectun_input_outer(op, skb, arrival);
	return op;
}

/* A packet in transport mode needs its outer header again: it is not decrypted where it is. */
static bool sectun_input_may_open(const struct sectun_sa *sa, const struct sk_buff *skb)
{
	return sectun_packet_is_ours(skb) &&
	       rcu_dereference(sa->tunnel->conf)->mode == SECTUN_MODE_TUNNEL;
}

/* Decrypts a packet, which is ours, where it is. */
static enum sectun_reason sectun_input_open(struct sectun_sa *sa, struct sk_buff *skb, u64 seq,
					    const struct sectun_arrival *arrival)
{
	const struct sectun_alg *alg = sa->alg;
	struct sectun_op *op = sectun_input_op(sa, skb, seq, arrival);

	if (unlikely(!op))
		return SECTUN_REASON_NO_MEMORY;
	op->to = skb;
	op->in_place = true;
	op->clear_len = 0; /* even if the tunnel has just been changed to transport mode */
	sectun_packet_reset(skb);
	skb_push(skb, sectun_op_aad_len(sa) - SECTUN_ESP_HEADER_LEN);
	sectun_op_aad_write(op, skb->data + sectun_op_aad_len(sa) - SECTUN_ESP_HEADER_LEN);
	sectun_op_sg_one(op->to_sg, skb->data, skb->len);
	__skb_trim(skb, skb->len - alg->icv_len);
	sectun_op_decrypt(op, skb->len - op->aad_len + alg->icv_len);
	return SECTUN_REASON_NONE;
}

/* Decrypts a packet into fresh memory, in which associated data and IV stand in front. */
static enum sectun_reason sectun_input_copy(struct sectun_sa *sa, struct sk_buff *skb, u64 seq,
					    const struct sectun_arrival *arrival)
{
	const struct sectun_alg *alg = sa->alg;
	const unsigned int header_len = SECTUN_ESP_HEADER_LEN + alg->iv_len;
	const unsigned int aad_len = sectun_op_aad_len(sa);
	unsigned int cipher_len, headroom;
	struct sectun_op *op;
	struct sk_buff *to;
	int n;

	if (unlikely(skb_has_frag_list(skb)) && skb_linearize(skb))
		return SECTUN_REASON_NO_MEMORY;
	cipher_len = skb->len - header_len - alg->icv_len;
	/* what stands in front of ESP comes back in transport mode */
	headroom = -skb_network_offset(skb); /* and NET_SKB_PAD */
	/* a part of a page: such memory GRO merges without a frag_list, which few devices send */
	to = dev_alloc_skb(headroom + aad_len + alg->iv_len + cipher_len + SECTUN_ESP_ROOM);
	if (unlikely(!to))
		return SECTUN_REASON_NO_MEMORY;
	op = sectun_input_op(sa, skb, seq, arrival);
	if (unlikely(!op)) {
		kfree_skb(to);
		return SECTUN_REASON_NO_MEMORY;
	}
	op->from = skb;
	op->to = to;

	skb_reserve(to, headroom);
	skb_put(to, aad_len + alg->iv_len + cipher_len);
	sectun_op_aad_write(op, to->data + aad_len - SECTUN_ESP_HEADER_LEN);
	skb_copy_from_linear_data_offset(skb, SECTUN_ESP_HEADER_LEN, to->data + aad_len,
					 alg->iv_len);
	sectun_op_sg_one(op->to_sg, to->data, to->len + SECTUN_ESP_ROOM);
	sg_init_table(op->from_sg, sectun_op_sg_max(skb));
	sg_set_buf(op->from_sg, to->data, aad_len + alg->iv_len);
	n = skb_to_sgvec(skb, op->from_sg + 1, header_len, skb->len - header_len);
	if (unlikely(n < 0)) {
		op->from = NULL;
		sectun_op_retire(op);
		return SECTUN_REASON_CRYPTO_ERROR;
	}
	sectun_op_decrypt(op, alg->iv_len + cipher_len + alg->icv_len);
	return SECTUN_REASON_NONE;
}

/* Decrypts a packet of an active SA, held; both are taken over. */
static void sectun_input_esp(struct sectun_sa *sa, struct sk_buff *skb,
			     const struct sectun_arrival *arrival)
{
	const struct sectun_alg *alg = sa->alg;
	const unsigned int block = sectun_padding_block(alg->block_len);
	const unsigned int header_len = SECTUN_ESP_HEADER_LEN + alg->iv_len;
	enum sectun_reason reason = SECTUN_REASON_EXPIRED;
	const struct ip_esp_hdr *esp;
	u64 seq;

	if (unlikely(sectun_lifetime_over(&sa->lifetime)))
		goto err_drop;
	reason = SECTUN_REASON_TRUNCATED;
	if (unlikely(skb->len < header_len + block + alg->icv_len ||
		     !pskb_may_pull(skb, header_len)))
		goto err_drop;
	esp = (const struct ip_esp_hdr *)skb->data;
	reason = SECTUN_REASON_MISALIGNED;
	if (unlikely((skb->len - header_len - alg->icv_len) & (block - 1)))
		goto err_drop;
	reason = sectun_input_check(sa, esp->seq_no, &seq);
	if (unlikely(reason))
		goto err_drop;

	if (likely(sectun_input_may_open(sa, skb)))
		reason = sectun_input_open(sa, skb, seq, arrival);
	else
		reason = sectun_input_copy(sa, skb, seq, arrival);
	if (likely(!reason))
		return;

err_drop:
	sectun_input_drop(sa, reason, skb);
	sectun_sa_put(sa);
}

/* Verifies a packet of an active SA, held; both are taken over. */
static void sectun_input_ah(struct sectun_sa *sa, struct sk_buff *skb,
			    const struct sectun_arrival *arrival)
{
	const unsigned int ah_len = sectun_ah_len(sa->alg, arrival->family);
	const unsigned int outer_len = -skb_network_offset(skb);
	enum sectun_reason reason = SECTUN_REASON_EXPIRED;
	const struct ip_auth_hdr *ah;
	struct sectun_op *op;
	struct sk_buff *to;
	u64 seq;

	if (unlikely(sectun_lifetime_over(&sa->lifetime)))
		goto err_drop;
	reason = SECTUN_REASON_TRUNCATED;
	if (unlikely(skb->len < ah_len || !pskb_may_pull(skb, sizeof(*ah))))
		goto err_drop;
	ah = (const struct ip_auth_hdr *)skb->data;
	reason = SECTUN_REASON_AH_LENGTH;
	if (unlikely((ah->hdrlen + 2) * 4 != ah_len))
		goto err_drop;
	reason = sectun_input_check(sa, ah->seq_no, &seq);
	if (unlikely(reason))
		goto err_drop;

	reason = SECTUN_REASON_NO_MEMORY;
	to = alloc_skb(NET_SKB_PAD + outer_len + skb->len, GFP_ATOMIC);
	if (unlikely(!to))
		goto err_drop;
	skb_reserve(to, NET_SKB_PAD);
	skb_set_transport_header(to, outer_len);
	if (unlikely(skb_copy_bits(skb, -outer_len, skb_put(to, outer_len + skb->len),
				   outer_len + skb->len)))
		goto err_to;
	op = sectun_input_op(sa, skb, seq, arrival);
	if (unlikely(!op))
		goto err_to;
	op->from = skb;
	op->to = to;
	sectun_ah_open(op);
	return;

err_to:
	kfree_skb(to);
err_drop:
	sectun_input_drop(sa, reason, skb);
	sectun_sa_put(sa);
}

static void sectun_input_key(const struct sk_buff *skb, const struct sectun_arrival *arrival,
			     struct sectun_sa_key *key)
{
	*key = (struct sectun_sa_key){
		.spi = sectun_protocol_spi(skb->data, arrival->proto),
		.proto = arrival->proto,
		.dir = SECTUN_DIR_IN,
		.family = arrival->family,
	};
	if (arrival->family == AF_INET)
		key->addr.ip4 = ip_hdr(skb)->daddr;
	else
		key->addr.ip6 = ipv6_hdr(skb)->daddr;
}

/* The receive SA of a packet. NULL: it is not ours. */
static struct sectun_sa *sectun_input_find(const struct sk_buff *skb,
					   const struct sectun_sa_key *key)
{
	struct sectun_sa *sa = sectun_sa_lookup(sectun_net(dev_net(skb->dev)), key);

	return sa && READ_ONCE(sa->state) != SECTUN_SA_STATE_LARVAL ? sa : NULL;
}

/* Takes a packet of an active SA, held; both are taken over. */
static void sectun_input_packet(struct sectun_sa *sa, struct sk_buff *skb,
				const struct sectun_arrival *arrival)
{
	if (arrival->proto == IPPROTO_AH)
		sectun_input_ah(sa, skb, arrival);
	else
		sectun_input_esp(sa, skb, arrival);
}

static bool sectun_input_key_equal(const struct sectun_sa_key *a, const struct sectun_sa_key *b)
{
	return a->spi == b->spi && sectun_addr_equal(a->family, &a->addr, &b->addr);
}

/* Takes a packet of a burst. What is not ours is nobody's: the first one was ours. */
static void sectun_input_listed(struct sk_buff *skb, struct sectun_arrival *arrival)
{
	struct sectun_burst *burst = arrival->burst;
	struct sectun_sa_key key;
	struct sectun_sa *sa;

	sectun_input_key(skb, arrival, &key);
	if (unlikely(!burst->sa || !sectun_input_key_equal(&key, &arrival->key))) {
		sa = sectun_input_find(skb, &key);
		if (unlikely(!sa)) {
			kfree_skb(skb);
			return;
		}
		if (unlikely(!sectun_sa_tryget(sa))) {
			sectun_input_drop(sa, SECTUN_REASON_SA_GONE, skb);
			return;
		}
		sectun_burst_sa(burst, sa);
		arrival->key = key;
	}
	percpu_ref_get(&burst->sa->inflight);
	sectun_input_packet(burst->sa, skb, arrival);
}

/* Takes a list whose first packet is ours. */
static noinline void sectun_input_list(struct sectun_sa *sa, struct sk_buff *skb,
				       struct sectun_arrival *arrival)
{
	struct sectun_burst burst = {};
	struct sk_buff *next;
	unsigned int lost;

	arrival->burst = &burst;
	skb = sectun_burst_split(skb, arrival->family, arrival->encap, &lost);
	for (; unlikely(lost); lost--)
		sectun_count_drop(sa->tunnel->device, sa->tunnel, sa, SECTUN_DIR_IN,
				  SECTUN_REASON_NO_MEMORY, NULL);
	skb_list_walk_safe(skb, skb, next) {
		skb_mark_not_on_list(skb);
		sectun_input_listed(skb, arrival);
	}
	sectun_burst_end(&burst);
}

/**
 * sectun_input - takes a packet with ESP or AH, or a list of packets with ESP, if it is ours
 * @skb: data begins with the ESP or AH header, the network header is the outer one, @dev is the
 *	receiving device
 * @family: AF_INET or AF_INET6
 * @proto: IPPROTO_ESP or IPPROTO_AH
 * @encap: a UDP header stands in front of the ESP header
 *
 * Context: bottom halves off, RCU.
 * Return: 0 if the packet was taken over, -EINVAL if it is for somebody else.
 */
int sectun_input(struct sk_buff *skb, u8 family, u8 proto, bool encap)
{
	struct sectun_arrival arrival;
	struct sectun_sa *sa;

	if (!pskb_may_pull(skb, SECTUN_ESP_HEADER_LEN)) /* the SPI of AH is in there as well */
		return -EINVAL;
	arrival.family = family;
	arrival.proto = proto;
	arrival.encap = encap;
	arrival.burst = NULL;
	sectun_input_key(skb, &arrival, &arrival.key);
	sa = sectun_input_find(skb, &arrival.key);
	if (!sa)
		return -EINVAL;
	if (proto == IPPROTO_ESP && sectun_burst_is(skb, family, encap))
		sectun_input_list(sa, skb, &arrival);
	else if (likely(sectun_sa_tryget(sa)))
		sectun_input_packet(sa, skb, &arrival);
	else
		sectun_input_drop(sa, SECTUN_REASON_SA_GONE, skb);
	return 0;
}
