// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way of a packet out, asynchronous from the transform on:
 *
 *	find tunnel -> transmit SA, or hold -> route -> size -> segments
 *	-> sequence numbers of the batch -> copy each into fresh memory, encrypt -> out, gathered
 *
 * A packet in memory that is nobody else's (packet.h), with room around it, is encrypted where it
 * is. A TCP or UDP batch is cut by segment.c, any other by the stack.
 *
 * What is built (RFC 4303 section 2), | between what the packet brings and what is made here:
 *
 *	outer headers | SPI, seq. number, IV | inner packet | TFC padding | padding, trailer | ICV
 *
 * AH (ah_packet.h) has no trailer, and is computed of the finished packet.
 *
 * In transport mode (transport.c) the packet's own header is the outer one, and its payload stands
 * for the inner packet. A packet's struct sectun_split says where it is divided: what precedes the
 * transform, and what the transform takes.
 */
#include <linux/netdevice.h>
#include <linux/random.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "compat/compat.h"
#include "ah_packet.h"
#include "device.h"
#include "dummy.h"
#include "event.h"
#include "gather.h"
#include "header.h"
#include "hold.h"
#include "inner.h"
#include "mss.h"
#include "op.h"
#include "output.h"
#include "packet.h"
#include "path.h"
#include "reassembly.h"
#include "sa.h"
#include "segment.h"
#include "stats.h"
#include "transport.h"
#include "tunnel.h"

/**
 * struct sectun_batch - what the packets of one batch share
 * @tunnel: the tunnel
 * @sa: its transmit SA
 * @conf: its configuration
 * @dst: route of the outer packets, held
 * @inner: header of the inner packets, that of the first
 * @df: from sectun_header_df()
 * @flow_label: of the outer packets
 * @split: where each of the packets is divided
 * @tfc: octets to which shorter payloads are padded
 * @headroom: octets in front of the ESP or AH header: the outer headers, and what the route's
 *	device wants
 * @gather: where finished packets are gathered; NULL where each is sent by itself
 */
struct sectun_batch {
	struct sectun_tunnel *tunnel;
	struct sectun_sa *sa;
	struct sectun_conf *conf;
	struct dst_entry *dst;
	struct sectun_inner *inner;
	bool df;
	__be32 flow_label;
	struct sectun_split split;
	unsigned int tfc;
	unsigned int headroom;
	struct sectun_gather *gather;
};

static void sectun_output_drop(struct sectun_tunnel *tunnel, struct sectun_sa *sa,
			       enum sectun_reason reason, struct sk_buff *skb)
{
	sectun_drop(tunnel->device, tunnel, sa, SECTUN_DIR_OUT, reason, skb);
}

/**
 * sectun_output_send - sends an outer packet
 * @net: namespace of outer packets
 * @skb: a packet with headers and route
 *
 * Return: as ip_local_out().
 */
int sectun_output_send(struct net *net, struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (skb->protocol == htons(ETH_P_IPV6))
		return ip6_local_out(net, NULL, skb);
#endif
	return ip_local_out(net, NULL, skb);
}

/**
 * sectun_output_pass - sends what is finished, and counts it
 * @sa: the transmit SA, held
 * @skb: a packet with headers and route, or a list of such; taken over
 * @packets: packets in it
 * @bytes: octets of the inner packets
 *
 * Context: bottom halves off, RCU.
 */
void sectun_output_pass(struct sectun_sa *sa, struct sk_buff *skb, unsigned int packets,
			unsigned int bytes)
{
	struct sectun_tunnel *tunnel = sa->tunnel;
	int err;

	WRITE_ONCE(tunnel->last_tx, jiffies);
	err = sectun_output_send(tunnel->device->net, skb);
	if (likely(!net_xmit_eval(err))) { /* a macro that looks twice */
		sectun_count(sa, packets, bytes);
		return;
	}
	for (; packets; packets--)
		sectun_count_drop(tunnel->device, tunnel, sa, SECTUN_DIR_OUT,
				  SECTUN_REASON_XMIT_ERROR, NULL);
}

/* After the transform. What did not complete at once is not waited for by its batch. */
static void sectun_output_done(struct sectun_op *op, int err)
{
	struct sectun_gather *gather = op->late ? NULL : op->gather;
	const unsigned int inner_len = op->inner_len;
	struct sectun_sa *sa = op->sa;
	struct sk_buff *skb = op->to;
	const bool udp = op->udp;
	u8 *esp_header;

	op->to = NULL;
	if (unlikely(err)) {
		sectun_output_drop(sa->tunnel, sa, sectun_op_reason(op, err), skb);
		sectun_op_free(op);
		return;
	}
	if (sa->esn && sa->proto == IPPROTO_ESP) {
		esp_header = sg_virt(op->to_sg) + sizeof(op->saved);
		memcpy(esp_header - sizeof(op->saved), op->saved, sizeof(op->saved));
		memcpy(esp_header, &sa->spi, sizeof(sa->spi));
	}
	sectun_op_retire(op); /* its memory may be needed again on the way */
	if (udp)
		sectun_header_checksum(skb);
	if (gather)
		sectun_gather_add(gather, skb, inner_len);
	else
		sectun_output_pass(sa, skb, 1, inner_len);
	sectun_sa_put(sa);
}

/*
 * Finds where the packets of a batch are divided. In transport mode the sender of an IPv6 packet
 * may be whom the outer packet comes from, and may have no objection to fragments; or it has made
 * some, which were put together.
 */
static enum sectun_reason sectun_output_split(struct sectun_batch *batch, const struct sk_buff *skb)
{
	if (batch->conf->mode == SECTUN_MODE_TRANSPORT) {
		if (unlikely(!sectun_transport_between(batch->conf, batch->inner->family,
						       &batch->inner->src, &batch->inner->dst)))
			return SECTUN_REASON_NO_TUNNEL;
		if (batch->inner->family == AF_INET6)
			batch->inner->df = !skb->ignore_df;
		return sectun_transport_split(skb, batch->inner, &batch->split);
	}
	batch->split = (struct sectun_split){
		.next_header = batch->inner->family == AF_INET ? IPPROTO_IPIP : IPPROTO_IPV6,
	};
	return SECTUN_REASON_NONE;
}

/* TFC padding never makes a packet too large for the path: it would be fragmented, or lost. */
static unsigned int sectun_output_tfc_len(const struct sectun_batch *batch,
					  unsigned int payload_len)
{
	unsigned int tfc = batch->tfc;

	if (likely(payload_len >= tfc))
		return 0;
	tfc = min(tfc,
		  sectun_header_inner_mtu(batch->conf, 0, batch->sa->alg, dst_mtu(batch->dst)));
	return sectun_padding_tfc_len(payload_len, tfc);
}

/**
 * struct sectun_look - what a packet in the stack is known by, apart from its octets
 * @hash: of the inner flow
 * @l4_hash: whether it is of ports, too
 * @priority: for queueing
 */
struct sectun_look {
	u32 hash;
	bool l4_hash;
	u32 priority;
};

static struct sectun_look sectun_output_look(const struct sk_buff *skb)
{
	return (struct sectun_look){ skb->hash, skb->l4_hash, skb->priority };
}

/*
 * Writes the outer headers of a packet that begins with the ESP or AH header, and makes it ready
 * for the stack. Transport mode takes the header from @from.
 */
static void sectun_output_dress(const struct sectun_batch *batch, struct sk_buff *to,
				const struct sk_buff *from, struct sectun_look look)
{
	struct net *net = batch->tunnel->device->net;
	const struct sectun_conf *conf = batch->conf;
	u8 protocol = sectun_header_push_encap(to, conf, batch->sa->proto);

	if (batch->split.clear_len)
		sectun_transport_push(to, from, conf, net, protocol, &batch->split, batch->df);
	else
		sectun_header_push(to, conf, net, protocol, batch->inner, batch->df,
				   batch->flow_label);
	skb_dst_set(to, dst_clone(batch->dst));
	__skb_set_hash(to, look.hash, false, look.l4_hash);
	to->mark = conf->mark;
	to->priority = look.priority;
}

/*
 * The socket that waits until its packet is sent waits for the outer packet, too, and so can not
 * run over a slow device: what it was charged with goes over to what is made of it. Only where all
 * that the destructor looks at is the packet's size and socket.
 */
static bool sectun_output_is_charged(const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	return unlikely(sk) && sk_fullsock(sk) &&
	       (sk->sk_family == AF_INET || sk->sk_family == AF_INET6) &&
	       (skb->destructor == sock_wfree || sk_is_tcp(sk));
}

static void sectun_output_charge(struct sk_buff *to, struct sk_buff *from)
{
	if (!sectun_output_is_charged(from))
		return;
	swap(to->truesize, from->truesize);
	swap(to->destructor, from->destructor);
	swap(to->sk, from->sk);
}

/* As new, but for the octets and what a socket was charged with. */
static void sectun_output_reset(struct sk_buff *skb)
{
	void (*destructor)(struct sk_buff *skb) = skb->destructor;
	struct sock *sk = skb->sk;

	if (!sectun_output_is_charged(skb)) {
		sectun_packet_reset(skb);
		return;
	}
	skb->destructor = NULL;
	skb->sk = NULL;
	sectun_packet_reset(skb);
	skb->destructor = destructor;
	skb->sk = sk;
}

/* An operation that holds the SA. NULL: no memory. */
static struct sectun_op *sectun_output_op(const struct sectun_batch *batch, struct sk_buff *to,
					  u64 seq, unsigned int inner_len)
{
	struct sectun_op *op = sectun_op_alloc(batch->sa);

	if (unlikely(!op))
		return NULL;
	/* The last reference to an SA goes a grace period after it has been unlinked. */
	percpu_ref_get(&batch->sa->inflight);
	op->to = to;
	op->in_place = true;
	op->seq = seq;
	op->done = sectun_output_done;
	op->gather = batch->gather;
	op->udp = batch->conf->encap == SECTUN_ENCAP_UDP;
	op->inner_len = inner_len;
	return op;
}

/*
 * A fresh packet of @len octets, to be written, with room for what stands before. A slice of a page
 * that is used again and again costs less than the general allocator, but KASAN does not see where
 * it ends.
 */
static struct sk_buff *sectun_output_alloc(const struct sectun_batch *batch, unsigned int len)
{
	const unsigned int size = SKB_DATA_ALIGN(batch->headroom + len) +
				  SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	struct sk_buff *to;
	void *data;

	if (likely(size <= PAGE_SIZE && !IS_ENABLED(CONFIG_KASAN))) {
		data = napi_alloc_frag(size);
		if (unlikely(!data))
			return NULL;
		to = napi_build_skb(data, size);
		if (unlikely(!to)) {
			skb_free_frag(data);
			return NULL;
		}
	} else {
		to = alloc_skb(batch->headroom + len, GFP_ATOMIC);
		if (unlikely(!to))
			return NULL;
	}
	skb_reserve(to, batch->headroom);
	skb_put(to, len);
	return to;
}

/* The lengths of one ESP packet, RFC 4303 section 2. */
struct sectun_esp_lens {
	unsigned int payload; /* without TFC padding */
	unsigned int tfc;
	unsigned int plain; /* payload, TFC padding, padding, trailer */
	unsigned int pad;
	unsigned int total; /* from the ESP header to the ICV */
};

static struct sectun_esp_lens sectun_output_lens(const struct sectun_batch *batch,
						 unsigned int payload_len)
{
	const struct sectun_alg *alg = batch->sa->alg;
	const unsigned int block = sectun_padding_block(alg->block_len);
	struct sectun_esp_lens lens = {
		.payload = payload_len,
		.tfc = sectun_output_tfc_len(batch, payload_len),
	};

	lens.plain = sectun_padding_padded_len(payload_len + lens.tfc, block);
	lens.pad = sectun_padding_len(payload_len + lens.tfc, block);
	lens.total = SECTUN_ESP_HEADER_LEN + alg->iv_len + lens.plain + alg->icv_len;
	return lens;
}

/* Writes what surrounds the payload, and encrypts. @esp_header is in op->to. */
static void sectun_output_seal(const struct sectun_batch *batch, struct sectun_op *op,
			       u8 *esp_header, const struct sectun_esp_lens *lens)
{
	const struct sectun_alg *alg = batch->sa->alg;
	u8 *payload = esp_header + SECTUN_ESP_HEADER_LEN + alg->iv_len;
	u8 *aad = sectun_op_aad_write(op, esp_header);

	if (unlikely(lens->tfc))
		memset(payload + lens->payload, 0, lens->tfc);
	sectun_padding_write(payload + lens->payload + lens->tfc, lens->pad,
			     batch->split.next_header);
	sectun_op_sg_one(op->to_sg, aad, op->aad_len + alg->iv_len + lens->plain + alg->icv_len);
	if (unlikely(!sectun_op_encrypt(op, alg->iv_len + lens->plain)) && batch->gather)
		sectun_gather_send(batch->gather); /* what comes later must not wait before it */
}

/*
 * Copies a payload, and completes its checksum where that was left to the device: in the copy,
 * while it is in the cache. To copy and sum up in one go costs more instructions.
 */
static enum sectun_reason sectun_output_copy(struct sk_buff *skb, unsigned int offset, u8 *to)
{
	const unsigned int len = skb->len - offset;
	unsigned int start, at;
	__sum16 sum;

	if (unlikely(skb_copy_bits(skb, offset, to, len)))
		return SECTUN_REASON_INNER_MALFORMED;
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return SECTUN_REASON_NONE;
	if (unlikely(skb_checksum_start_offset(skb) < (int)offset))
		return SECTUN_REASON_INNER_MALFORMED;
	start = skb_checksum_start_offset(skb) - offset;
	at = start + skb->csum_offset;
	if (unlikely(at + sizeof(sum) > len))
		return SECTUN_REASON_INNER_MALFORMED;
	sum = csum_fold(csum_partial(to + start, len - start, 0)) ?: CSUM_MANGLED_0;
	memcpy(to + at, &sum, sizeof(sum));
	return SECTUN_REASON_NONE;
}

/* Builds and encrypts a packet in fresh memory. */
static enum sectun_reason sectun_output_fresh(const struct sectun_batch *batch, struct sk_buff *skb,
					      u64 seq, const struct sectun_esp_lens *lens)
{
	const unsigned int at = SECTUN_ESP_HEADER_LEN + batch->sa->alg->iv_len;
	enum sectun_reason reason = SECTUN_REASON_NO_MEMORY;
	struct sectun_op *op;
	struct sk_buff *to;
	u8 *esp_header;

	to = sectun_output_alloc(batch, lens->total);
	if (unlikely(!to))
		return reason;
	esp_header = to->data;
	op = sectun_output_op(batch, to, seq, skb->len);
	if (unlikely(!op))
		goto err_to;
	reason = sectun_output_copy(skb, batch->split.clear_len, esp_header + at);
	if (unlikely(reason))
		goto err_op;
	sectun_output_dress(batch, to, skb, sectun_output_look(skb));
	sectun_output_charge(to, skb);
	consume_skb(skb);
	sectun_output_seal(batch, op, esp_header, lens);
	return SECTUN_REASON_NONE;

err_op:
	op->to = NULL;
	sectun_op_free(op);
err_to:
	kfree_skb(to);
	return reason;
}

/*
 * May a packet be encrypted where it is? In tunnel mode, in memory that is all ours, with room
 * around it.
 */
static bool sectun_output_may_reuse(const struct sectun_batch *batch, const struct sk_buff *skb,
				    const struct sectun_esp_lens *lens)
{
	const unsigned int before = SECTUN_ESP_HEADER_LEN + batch->sa->alg->iv_len;

	return sectun_packet_is_ours(skb) && !batch->split.clear_len &&
	       skb_headroom(skb) >= batch->headroom + before &&
	       skb_tailroom(skb) >= lens->total - before - lens->payload;
}

/* Encrypts a packet where it is. */
static enum sectun_reason sectun_output_reuse(const struct sectun_batch *batch, struct sk_buff *skb,
					      u64 seq, const struct sectun_esp_lens *lens)
{
	const unsigned int before = SECTUN_ESP_HEADER_LEN + batch->sa->alg->iv_len;
	const struct sectun_look look = sectun_output_look(skb);
	struct sectun_op *op;
	u8 *esp_header;

	if (skb->ip_summed == CHECKSUM_PARTIAL && unlikely(skb_checksum_help(skb)))
		return SECTUN_REASON_INNER_MALFORMED;
	op = sectun_output_op(batch, skb, seq, skb->len);
	if (unlikely(!op))
		return SECTUN_REASON_NO_MEMORY;
	sectun_output_reset(skb);
	esp_header = skb_push(skb, before);
	skb_put(skb, lens->total - before - lens->payload);
	sectun_output_dress(batch, skb, NULL, look);
	sectun_output_seal(batch, op, esp_header, lens);
	return SECTUN_REASON_NONE;
}

/* Builds and encrypts one packet; it is taken over where that succeeds. */
static enum sectun_reason sectun_output_esp(const struct sectun_batch *batch, struct sk_buff *skb,
					    u64 seq)
{
	const struct sectun_esp_lens lens =
		sectun_output_lens(batch, skb->len - batch->split.clear_len);

	if (unlikely(!sectun_sa_spend(batch->sa, lens.plain)))
		return SECTUN_REASON_EXPIRED;
	return sectun_output_may_reuse(batch, skb, &lens) ?
		       sectun_output_reuse(batch, skb, seq, &lens) :
		       sectun_output_fresh(batch, skb, seq, &lens);
}

/* Builds and authenticates one packet; it is taken over where that succeeds. */
static enum sectun_reason sectun_output_ah(const struct sectun_batch *batch, struct sk_buff *skb,
					   u64 seq)
{
	const struct sectun_split *split = &batch->split;
	const unsigned int payload_len = skb->len - split->clear_len;
	const unsigned int ah_len = sectun_ah_len(batch->sa->alg, batch->conf->family);
	const unsigned int outer_len = sectun_header_outer_len(batch->conf, split->clear_len);
	enum sectun_reason reason = SECTUN_REASON_NO_MEMORY;
	struct sectun_op *op;
	struct sk_buff *to;

	if (unlikely(!sectun_sa_spend(batch->sa, outer_len + ah_len + payload_len)))
		return SECTUN_REASON_EXPIRED;
	to = sectun_output_alloc(batch, ah_len + payload_len);
	if (unlikely(!to))
		return reason;
	op = sectun_output_op(batch, to, seq, skb->len);
	if (unlikely(!op))
		goto err_to;
	reason = sectun_output_copy(skb, split->clear_len, to->data + ah_len);
	if (unlikely(reason))
		goto err_op;
	sectun_output_dress(batch, to, skb, sectun_output_look(skb));
	sectun_output_charge(to, skb);
	consume_skb(skb);
	sectun_ah_seal(op, split->next_header);
	return SECTUN_REASON_NONE;

err_op:
	op->to = NULL;
	sectun_op_free(op);
err_to:
	kfree_skb(to);
	return reason;
}

/* Protects and sends one packet. */
static void sectun_output_one(const struct sectun_batch *batch, struct sk_buff *skb, u64 seq)
{
	enum sectun_reason reason;

	reason = batch->sa->proto == IPPROTO_AH ? sectun_output_ah(batch, skb, seq) :
						  sectun_output_esp(batch, skb, seq);
	if (unlikely(reason))
		sectun_output_drop(batch->tunnel, batch->sa, reason, skb);
}

/* Builds and encrypts a segment of a batch. */
static enum sectun_reason sectun_output_cut(const struct sectun_batch *batch,
					    const struct sectun_cut *cut, struct sk_buff *skb,
					    unsigned int i, u64 seq)
{
	const unsigned int at = SECTUN_ESP_HEADER_LEN + batch->sa->alg->iv_len;
	const unsigned int len = sectun_segment_len(cut, i);
	const struct sectun_esp_lens lens = sectun_output_lens(batch, len);
	struct sectun_op *op;
	struct sk_buff *to;
	u8 *esp_header;

	if (unlikely(!sectun_sa_spend(batch->sa, lens.plain)))
		return SECTUN_REASON_EXPIRED;
	to = sectun_output_alloc(batch, lens.total);
	if (unlikely(!to))
		return SECTUN_REASON_NO_MEMORY;
	esp_header = to->data;
	if (unlikely(!sectun_segment_write(cut, i, esp_header + at))) {
		kfree_skb(to);
		return SECTUN_REASON_INNER_MALFORMED;
	}
	op = sectun_output_op(batch, to, seq, len);
	if (unlikely(!op)) {
		kfree_skb(to);
		return SECTUN_REASON_NO_MEMORY;
	}
	sectun_output_dress(batch, to, NULL, sectun_output_look(skb));
	if (i + 1 == cut->count)
		sectun_output_charge(to, skb);
	sectun_output_seal(batch, op, esp_header, &lens);
	return SECTUN_REASON_NONE;
}

/* A batch that is cut here. */
static void sectun_output_cuts(struct sectun_batch *batch, const struct sectun_cut *cut,
			       struct sk_buff *skb)
{
	enum sectun_reason reason;
	unsigned int i, granted;
	u64 seq = 0;

	granted = sectun_sa_seq_reserve(batch->sa, cut->count, &seq);
	for (i = 0; i < cut->count; i++) {
		reason = likely(i < granted) ? sectun_output_cut(batch, cut, skb, i, seq + i) :
					       sectun_lifetime_reason(batch->sa);
		if (unlikely(reason))
			sectun_count_drop(batch->tunnel->device, batch->tunnel, batch->sa,
					  SECTUN_DIR_OUT, reason, skb);
	}
	consume_skb(skb);
}

/* A batch that the stack cuts. On failure the packet is untouched. */
static struct sk_buff *sectun_output_segment(struct sk_buff *skb, unsigned int *n)
{
	struct sk_buff *segments, *segment;

	segments = skb_gso_segment(skb, NETIF_F_SG);
	if (IS_ERR_OR_NULL(segments))
		return NULL;
	consume_skb(skb);
	*n = 1;
	for (segment = segments->next; segment; segment = segment->next)
		++*n;
	return segments;
}

static void sectun_output_segments(struct sectun_batch *batch, struct sk_buff *skb)
{
	struct sk_buff *segments, *next;
	unsigned int n, granted;
	u64 seq = 0;

	segments = sectun_output_segment(skb, &n);
	if (unlikely(!segments)) {
		sectun_output_drop(batch->tunnel, batch->sa, SECTUN_REASON_NO_MEMORY, skb);
		return;
	}
	granted = sectun_sa_seq_reserve(batch->sa, n, &seq);
	skb_list_walk_safe(segments, skb, next) {
		skb_mark_not_on_list(skb);
		if (likely(granted)) {
			granted--;
			sectun_output_one(batch, skb, seq++);
			continue;
		}
		sectun_output_drop(batch->tunnel, batch->sa, sectun_lifetime_reason(batch->sa),
				   skb);
	}
}

static void sectun_output_single(struct sectun_batch *batch, struct sk_buff *skb)
{
	u64 seq;

	skb_mark_not_on_list(skb);
	if (likely(sectun_sa_seq_reserve(batch->sa, 1, &seq)))
		sectun_output_one(batch, skb, seq);
	else
		sectun_output_drop(batch->tunnel, batch->sa, sectun_lifetime_reason(batch->sa),
				   skb);
}

static void sectun_output_batch(struct sectun_batch *batch, struct sk_buff *skb)
{
	struct sectun_gather gather = { .sa = batch->sa };
	struct sectun_cut cut;

	if (sectun_gather_may(batch->sa, batch->conf, batch->df))
		batch->gather = &gather;
	if (batch->sa->proto == IPPROTO_ESP && batch->conf->mode == SECTUN_MODE_TUNNEL &&
	    sectun_segment_plan(&cut, skb, batch->inner))
		sectun_output_cuts(batch, &cut, skb);
	else
		sectun_output_segments(batch, skb);
	sectun_gather_send(&gather);
	batch->gather = NULL;
}

/*
 * What follows from the route and the packet. Of a GSO batch, what counts for IPv6's least MTU is
 * the length of its segments, not its own.
 */
static void sectun_output_measure(struct sectun_batch *batch, const struct sk_buff *skb)
{
	unsigned int len = batch->inner->len;

	if (skb_is_gso(skb) && skb_gso_validate_network_len(skb, SECTUN_IPV6_MIN_MTU))
		len = min_t(unsigned int, len, SECTUN_IPV6_MIN_MTU);
	batch->df = sectun_header_df(batch->conf, batch->inner, len);
	batch->headroom = LL_RESERVED_SPACE(batch->dst->dev) + batch->dst->header_len +
			  sectun_header_outer_len(batch->conf, batch->split.clear_len);
}

/*
 * Octets of the longest inner packet that may go: what the path takes, or where the outer packet is
 * fragmented, what its length field can say.
 */
static unsigned int sectun_output_limit(const struct sectun_batch *batch)
{
	return sectun_header_inner_mtu(batch->conf, batch->split.clear_len, batch->sa->alg,
				       batch->df ? dst_mtu(batch->dst) : IP_MAX_MTU);
}

static bool sectun_output_fits(const struct sk_buff *skb, unsigned int limit)
{
	return skb_is_gso(skb) ? skb_gso_validate_network_len(skb, limit) : skb->len <= limit;
}

/* A packet whose tunnel is known. */
static void sectun_output_packet(struct sectun_tunnel *tunnel, struct sk_buff *skb,
				 struct sectun_inner *inner)
{
	struct sectun_batch batch = { .tunnel = tunnel, .inner = inner };
	enum sectun_reason reason;
	unsigned int limit;

	batch.sa = rcu_dereference(tunnel->sa_out);
	if (unlikely(!batch.sa)) {
		sectun_hold(tunnel, skb, inner);
		return;
	}
	batch.conf = rcu_dereference(tunnel->conf);
	batch.tfc = batch.conf->tfc;
	reason = sectun_output_split(&batch, skb);
	if (unlikely(reason)) {
		sectun_output_drop(tunnel, batch.sa, reason, skb);
		return;
	}
	batch.dst = sectun_path_route(tunnel, batch.conf, &reason);
	if (unlikely(!batch.dst)) {
		sectun_output_drop(tunnel, batch.sa, reason, skb);
		return;
	}
	sectun_output_measure(&batch, skb);
	limit = sectun_output_limit(&batch);
	if (unlikely(!sectun_output_fits(skb, limit))) {
		sectun_path_tell(skb, inner, limit);
		sectun_output_drop(tunnel, batch.sa, SECTUN_REASON_TOO_BIG, skb);
		goto out_dst;
	}
	sectun_mss_clamp(tunnel, batch.conf, skb, inner);
	batch.flow_label = sectun_header_flow_label(batch.conf, skb, inner);
	if (skb_is_gso(skb))
		sectun_output_batch(&batch, skb);
	else
		sectun_output_single(&batch, skb);
out_dst:
	dst_release(batch.dst);
}

/**
 * sectun_output_tunnel - sends a packet that waited for an SA
 * @tunnel: its tunnel
 * @skb: the packet; taken over
 *
 * Context: bottom halves off, RCU.
 */
void sectun_output_tunnel(struct sectun_tunnel *tunnel, struct sk_buff *skb)
{
	struct sectun_inner inner;
	enum sectun_reason reason = sectun_inner_parse_outbound(skb, 0, &inner);

	if (unlikely(reason))
		sectun_output_drop(tunnel, NULL, reason, skb);
	else
		sectun_output_packet(tunnel, skb, &inner);
}

/**
 * sectun_output_dummy - sends a dummy packet, RFC 4303 section 2.6
 * @tunnel: a tunnel
 *
 * A packet without any payload, and TFC padding behind it. To who sees only the outside it is as
 * any other; its flow is one of its own. Where it cannot be sent nobody misses it: no drop is
 * counted for want of a route or of a transmit SA with ESP.
 *
 * Context: bottom halves off, RCU.
 */
void sectun_output_dummy(struct sectun_tunnel *tunnel)
{
	struct sectun_inner inner = { .df = true };
	struct sectun_batch batch = {
		.tunnel = tunnel,
		.inner = &inner,
		.split = { .next_header = IPPROTO_NONE },
	};
	enum sectun_reason reason;
	struct sk_buff *skb;
	u64 seq;

	batch.sa = rcu_dereference(tunnel->sa_out);
	if (!batch.sa)
		return;
	batch.conf = rcu_dereference(tunnel->conf);
	if (batch.sa->proto != IPPROTO_ESP)
		return;
	batch.dst = sectun_path_route(tunnel, batch.conf, &reason);
	if (!batch.dst)
		return;
	batch.tfc = batch.conf->tfc ?: SECTUN_DUMMY_LEN;
	skb = alloc_skb(0, GFP_ATOMIC);
	if (!skb)
		goto out_dst;
	sectun_output_measure(&batch, skb);
	skb_set_hash(skb, get_random_u32(), PKT_HASH_TYPE_L4);
	batch.flow_label = sectun_header_flow_label(batch.conf, skb, &inner);
	if (sectun_sa_seq_reserve(batch.sa, 1, &seq))
		sectun_output_one(&batch, skb, seq);
	else
		consume_skb(skb);
out_dst:
	dst_release(batch.dst);
}

/* The tunnel of a packet where there is a choice. Its large variables cost nothing elsewhere. */
static noinline struct sectun_tunnel *sectun_output_choose(struct sectun_device *device,
							   struct sk_buff *skb,
							   struct sectun_inner *inner)
{
	const struct sectun_selectors *selectors;
	struct sectun_inner back;

	if (sectun_selector_table_needs_transport(&device->selectors))
		sectun_inner_transport_outbound(skb, 0, inner);
	selectors = sectun_selector_table_lookup(&device->selectors, inner);
	if (unlikely(!selectors) && sectun_inner_quoted_outbound(skb, 0, inner, &back))
		selectors = sectun_selector_table_lookup(&device->selectors, &back);
	return selectors ? selectors->tunnel : NULL;
}

static struct sectun_tunnel *sectun_output_find(struct sectun_device *device, struct sk_buff *skb,
						struct sectun_inner *inner)
{
	return rcu_dereference(device->wildcard) ?: sectun_output_choose(device, skb, inner);
}

/**
 * sectun_output - protects and sends a packet that was routed into a device
 * @device: the device
 * @skb: the packet, its data beginning with the inner IP header, possibly a GSO batch; taken over
 *
 * Context: bottom halves off, RCU.
 */
void sectun_output(struct sectun_device *device, struct sk_buff *skb)
{
	struct sectun_inner inner;
	struct sectun_tunnel *tunnel;
	enum sectun_reason reason;

	reason = sectun_inner_parse_outbound(skb, 0, &inner);
	if (unlikely(reason))
		goto err_drop;
	if (READ_ONCE(device->n_transport)) {
		sectun_inner_transport_outbound(skb, 0, &inner);
		if (!sectun_reassembly_whole(device, skb, &inner))
			return;
	}
	tunnel = sectun_output_find(device, skb, &inner);
	if (unlikely(!tunnel)) {
		reason = SECTUN_REASON_NO_TUNNEL;
		goto err_unreachable;
	}
	sectun_output_packet(tunnel, skb, &inner);
	return;

err_unreachable:
	sectun_path_unreachable(skb, &inner);
err_drop:
	sectun_drop(device, NULL, NULL, SECTUN_DIR_OUT, reason, skb);
}
