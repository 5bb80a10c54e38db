// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way of a packet out, asynchronous from the transform on:
 *
 *	find tunnel -> transmit SA, or hold -> route -> size -> segments
 *	-> sequence numbers of the batch -> build and encrypt each into fresh memory -> out
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
#include "header.h"
#include "hold.h"
#include "inner.h"
#include "mss.h"
#include "op.h"
#include "output.h"
#include "path.h"
#include "reassembly.h"
#include "sa.h"
#include "stats.h"
#include "transport.h"
#include "tunnel.h"

/**
 * struct sectun_batch - what the packets of one batch share
 * @tunnel: the tunnel
 * @sa: its transmit SA, held
 * @conf: its configuration
 * @dst: route of the outer packets, held
 * @inner: header of the inner packets, that of the first; its length is not meant beyond
 *	sectun_header_df()
 * @flow_label: of the outer packets
 * @split: where each of the packets is divided
 * @tfc: octets to which shorter payloads are padded
 */
struct sectun_batch {
	struct sectun_tunnel *tunnel;
	struct sectun_sa *sa;
	struct sectun_conf *conf;
	struct dst_entry *dst;
	struct sectun_inner inner;
	__be32 flow_label;
	struct sectun_split split;
	unsigned int tfc;
};

static void sectun_output_drop(struct sectun_tunnel *tunnel, struct sectun_sa *sa,
			       enum sectun_reason reason, struct sk_buff *skb)
{
	sectun_drop(tunnel->device, tunnel, sa, SECTUN_DIR_OUT, reason, skb);
}

/*
 * The transmit SA, held. One that is just being replaced cannot be had: its successor is there
 * already.
 */
static struct sectun_sa *sectun_output_sa(struct sectun_tunnel *tunnel)
{
	struct sectun_sa *sa;

	do {
		sa = rcu_dereference(tunnel->sa_out);
	} while (sa && unlikely(!sectun_sa_tryget(sa)));
	return sa;
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

/* After the transform. */
static void sectun_output_done(struct sectun_op *op, int err)
{
	struct sectun_sa *sa = op->sa;
	struct sectun_tunnel *tunnel = sa->tunnel;
	struct sk_buff *skb = op->to;
	u8 *esp_header;

	op->to = NULL;
	if (unlikely(err)) {
		sectun_output_drop(tunnel, sa, sectun_op_reason(op, err), skb);
		goto out;
	}
	if (sa->esn && sa->proto == IPPROTO_ESP) {
		esp_header = sg_virt(op->to_sg) + sizeof(op->saved);
		memcpy(esp_header - sizeof(op->saved), op->saved, sizeof(op->saved));
		memcpy(esp_header, &sa->spi, sizeof(sa->spi));
	}
	if (op->udp)
		sectun_header_checksum(skb);

	WRITE_ONCE(tunnel->last_tx, jiffies);
	err = sectun_output_send(tunnel->device->net, skb);
	if (likely(!net_xmit_eval(err))) /* a macro that looks twice */
		sectun_count(sa, 1, op->inner_len);
	else
		sectun_count_drop(tunnel->device, tunnel, sa, SECTUN_DIR_OUT,
				  SECTUN_REASON_XMIT_ERROR, op->from);
out:
	sectun_op_free(op);
}

/*
 * Describes what is encrypted: header and IV, the packet from @offset on, TFC padding, trailer.
 */
static int sectun_output_map(struct sectun_op *op, u8 *aad, unsigned int header_len,
			     unsigned int offset, unsigned int tfc_len, unsigned int trailer_len)
{
	const unsigned int payload_len = op->from->len - offset;
	struct scatterlist *sg = op->from_sg;
	int n = 0;

	sg_init_table(sg, sectun_op_sg_max(op->from, tfc_len));
	sg_set_buf(sg++, aad, header_len);
	if (likely(payload_len)) /* an entry of no octets would puzzle ciphers */
		n = skb_to_sgvec_nomark(op->from, sg, offset, payload_len);
	if (unlikely(n < 0))
		return n;
	for (sg += n; tfc_len; sg++) {
		unsigned int len = min_t(unsigned int, tfc_len, PAGE_SIZE);

		sg_set_page(sg, ZERO_PAGE(0), len, 0);
		tfc_len -= len;
	}
	sg_set_buf(sg, op->trailer, trailer_len);
	sg_mark_end(sg);
	return 0;
}

/*
 * Finds where the packets of a batch are divided. In transport mode the sender of an IPv6 packet
 * may be whom the outer packet comes from, and may have no objection to fragments; or it has made
 * some, which were put together.
 */
static enum sectun_reason sectun_output_split(struct sectun_batch *batch,
					      const struct sk_buff *skb)
{
	if (batch->conf->mode == SECTUN_MODE_TRANSPORT) {
		if (unlikely(!sectun_transport_between(batch->conf, batch->inner.family,
						       &batch->inner.src, &batch->inner.dst)))
			return SECTUN_REASON_NO_TUNNEL;
		if (batch->inner.family == AF_INET6)
			batch->inner.df = !skb->ignore_df;
		return sectun_transport_split(skb, &batch->inner, &batch->split);
	}
	batch->split = (struct sectun_split){
		.next_header = batch->inner.family == AF_INET ? IPPROTO_IPIP : IPPROTO_IPV6,
	};
	return SECTUN_REASON_NONE;
}

/* Writes the outer headers of a packet. */
static void sectun_output_header(const struct sectun_batch *batch, struct sk_buff *to,
				 const struct sk_buff *from)
{
	struct net *net = batch->tunnel->device->net;
	const struct sectun_conf *conf = batch->conf;
	bool df = sectun_header_df(conf, &batch->inner);
	u8 protocol = sectun_header_push_encap(to, conf, batch->sa->proto);

	if (batch->split.clear_len)
		sectun_transport_push(to, from, conf, net, protocol, &batch->split, df);
	else
		sectun_header_push(to, conf, net, protocol, &batch->inner, df, batch->flow_label);
}

/* TFC padding never makes a packet too large for the path: it would be fragmented, or lost. */
static unsigned int sectun_output_tfc_len(const struct sectun_batch *batch,
					  unsigned int payload_len)
{
	unsigned int tfc = batch->tfc;

	if (likely(payload_len >= tfc))
		return 0;
	tfc = min(tfc, sectun_header_inner_mtu(batch->conf, 0, batch->sa->alg,
					       dst_mtu(batch->dst)));
	return sectun_padding_tfc_len(payload_len, tfc);
}

/*
 * Makes an operation of a packet, and in it an outer packet with @len octets behind its headers,
 * all but written. NULL: no memory; the packet is still the caller's.
 */
static struct sectun_op *sectun_output_op(const struct sectun_batch *batch, struct sk_buff *skb,
					  u64 seq, unsigned int len)
{
	const struct sectun_conf *conf = batch->conf;
	const unsigned int headroom = LL_RESERVED_SPACE(batch->dst->dev) + batch->dst->header_len +
				      sectun_header_outer_len(conf, batch->split.clear_len);
	struct sectun_op *op;
	struct sk_buff *to;

	to = alloc_skb(headroom + len, GFP_ATOMIC);
	if (unlikely(!to))
		return NULL;
	percpu_ref_get(&batch->sa->inflight);
	op = sectun_op_alloc(batch->sa);
	if (unlikely(!op)) {
		sectun_sa_put(batch->sa);
		kfree_skb(to);
		return NULL;
	}

	skb_reserve(to, headroom);
	skb_put(to, len);
	sectun_output_header(batch, to, skb);
	skb_dst_set(to, dst_clone(batch->dst));
	skb_copy_hash(to, skb);
	to->mark = conf->mark;
	to->priority = skb->priority;

	op->from = skb;
	op->to = to;
	op->seq = seq;
	op->done = sectun_output_done;
	op->udp = conf->encap == SECTUN_ENCAP_UDP;
	op->inner_len = skb->len;
	return op;
}

/* Builds and encrypts one packet. */
static enum sectun_reason sectun_output_esp(const struct sectun_batch *batch, struct sk_buff *skb,
					    u64 seq)
{
	const struct sectun_alg *alg = batch->sa->alg;
	const struct sectun_split *split = &batch->split;
	const unsigned int block = sectun_padding_block(alg->block_len);
	const unsigned int payload_len = skb->len - split->clear_len;
	const unsigned int tfc_len = sectun_output_tfc_len(batch, payload_len);
	const unsigned int plain_len = sectun_padding_padded_len(payload_len + tfc_len, block);
	const unsigned int pad_len = sectun_padding_len(payload_len + tfc_len, block);
	const unsigned int esp_len = SECTUN_ESP_HEADER_LEN + alg->iv_len + plain_len + alg->icv_len;
	struct sectun_op *op;
	u8 *aad;

	if (unlikely(!sectun_sa_spend(batch->sa, plain_len)))
		return SECTUN_REASON_EXPIRED;
	if (unlikely(skb_has_frag_list(skb)) && skb_linearize(skb))
		return SECTUN_REASON_NO_MEMORY;
	op = sectun_output_op(batch, skb, seq, esp_len);
	if (unlikely(!op))
		return SECTUN_REASON_NO_MEMORY;
	aad = sectun_op_aad_write(op, skb_tail_pointer(op->to) - esp_len);
	sectun_padding_write(op->trailer, pad_len, split->next_header);
	if (unlikely(sectun_output_map(op, aad, op->aad_len + alg->iv_len, split->clear_len,
				       tfc_len, pad_len + SECTUN_ESP_TRAILER_LEN))) {
		op->from = NULL;
		sectun_op_free(op);
		return SECTUN_REASON_CRYPTO_ERROR;
	}
	sg_init_one(op->to_sg, aad, op->aad_len + alg->iv_len + plain_len + alg->icv_len);
	sectun_op_encrypt(op, alg->iv_len + plain_len);
	return SECTUN_REASON_NONE;
}

/* Builds and authenticates one packet. */
static enum sectun_reason sectun_output_ah(const struct sectun_batch *batch, struct sk_buff *skb,
					   u64 seq)
{
	const struct sectun_split *split = &batch->split;
	const unsigned int payload_len = skb->len - split->clear_len;
	const unsigned int ah_len = sectun_ah_len(batch->sa->alg, batch->conf->family);
	const unsigned int outer_len = sectun_header_outer_len(batch->conf, split->clear_len);
	struct sectun_op *op;

	if (unlikely(!sectun_sa_spend(batch->sa, outer_len + ah_len + payload_len)))
		return SECTUN_REASON_EXPIRED;
	op = sectun_output_op(batch, skb, seq, ah_len + payload_len);
	if (unlikely(!op))
		return SECTUN_REASON_NO_MEMORY;
	if (unlikely(skb_copy_bits(skb, split->clear_len, skb_tail_pointer(op->to) - payload_len,
				   payload_len))) {
		op->from = NULL;
		sectun_op_free(op);
		return SECTUN_REASON_INNER_MALFORMED;
	}
	sectun_ah_seal(op, split->next_header);
	return SECTUN_REASON_NONE;
}

/* Protects and sends one packet. */
static void sectun_output_one(const struct sectun_batch *batch, struct sk_buff *skb, u64 seq)
{
	enum sectun_reason reason = SECTUN_REASON_NO_MEMORY;

	if (skb->ip_summed != CHECKSUM_PARTIAL || !skb_checksum_help(skb))
		reason = batch->sa->proto == IPPROTO_AH ? sectun_output_ah(batch, skb, seq) :
							  sectun_output_esp(batch, skb, seq);
	if (unlikely(reason))
		sectun_output_drop(batch->tunnel, batch->sa, reason, skb);
}

/* Segments a batch, if it is one. On failure the packet is untouched. */
static struct sk_buff *sectun_output_segment(struct sk_buff *skb, unsigned int *n)
{
	struct sk_buff *segments, *segment;

	*n = 1;
	if (!skb_is_gso(skb)) {
		skb_mark_not_on_list(skb);
		return skb;
	}
	segments = skb_gso_segment(skb, NETIF_F_SG);
	if (IS_ERR_OR_NULL(segments))
		return NULL;
	consume_skb(skb);
	for (segment = segments->next; segment; segment = segment->next)
		++*n;
	return segments;
}

static void sectun_output_batch(struct sectun_batch *batch, struct sk_buff *skb)
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

/* Of a GSO batch, what counts for IPv6's least MTU is the length of its segments, not its own. */
static void sectun_output_measure(struct sectun_batch *batch, const struct sk_buff *skb)
{
	if (skb_is_gso(skb) && skb_gso_validate_network_len(skb, SECTUN_IPV6_MIN_MTU))
		batch->inner.len = min_t(unsigned int, batch->inner.len, SECTUN_IPV6_MIN_MTU);
}

/*
 * Octets of the longest inner packet that may go: what the path takes, or where the outer packet is
 * fragmented, what its length field can say.
 */
static unsigned int sectun_output_limit(const struct sectun_batch *batch)
{
	bool df = sectun_header_df(batch->conf, &batch->inner);

	return sectun_header_inner_mtu(batch->conf, batch->split.clear_len, batch->sa->alg,
				       df ? dst_mtu(batch->dst) : IP_MAX_MTU);
}

static bool sectun_output_fits(const struct sk_buff *skb, unsigned int limit)
{
	return skb_is_gso(skb) ? skb_gso_validate_network_len(skb, limit) : skb->len <= limit;
}

/* A packet whose tunnel is known. */
static void sectun_output_packet(struct sectun_tunnel *tunnel, struct sk_buff *skb,
				 const struct sectun_inner *inner)
{
	struct sectun_batch batch = { .tunnel = tunnel, .inner = *inner };
	enum sectun_reason reason;
	unsigned int limit;

	batch.sa = sectun_output_sa(tunnel);
	if (unlikely(!batch.sa)) {
		sectun_hold(tunnel, skb, inner);
		return;
	}
	batch.conf = rcu_dereference(tunnel->conf);
	batch.tfc = batch.conf->tfc;
	reason = sectun_output_split(&batch, skb);
	if (unlikely(reason)) {
		sectun_output_drop(tunnel, batch.sa, reason, skb);
		goto out_sa;
	}
	batch.dst = sectun_path_route(tunnel, batch.conf, &reason);
	if (unlikely(!batch.dst)) {
		sectun_output_drop(tunnel, batch.sa, reason, skb);
		goto out_sa;
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
	sectun_output_batch(&batch, skb);
out_dst:
	dst_release(batch.dst);
out_sa:
	sectun_sa_put(batch.sa);
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
	struct sectun_batch batch = {
		.tunnel = tunnel,
		.inner = { .df = true },
		.split = { .next_header = IPPROTO_NONE },
	};
	enum sectun_reason reason;
	struct sk_buff *skb;
	u64 seq;

	batch.sa = sectun_output_sa(tunnel);
	if (!batch.sa)
		return;
	batch.conf = rcu_dereference(tunnel->conf);
	if (batch.sa->proto != IPPROTO_ESP)
		goto out_sa;
	batch.dst = sectun_path_route(tunnel, batch.conf, &reason);
	if (!batch.dst)
		goto out_sa;
	batch.tfc = batch.conf->tfc ?: SECTUN_DUMMY_LEN;
	skb = alloc_skb(0, GFP_ATOMIC);
	if (!skb)
		goto out_dst;
	skb_set_hash(skb, get_random_u32(), PKT_HASH_TYPE_L4);
	batch.flow_label = sectun_header_flow_label(batch.conf, skb, &batch.inner);
	if (sectun_sa_seq_reserve(batch.sa, 1, &seq))
		sectun_output_one(&batch, skb, seq);
	else
		consume_skb(skb);
out_dst:
	dst_release(batch.dst);
out_sa:
	sectun_sa_put(batch.sa);
}

static struct sectun_tunnel *sectun_output_find(struct sectun_device *device, struct sk_buff *skb,
						struct sectun_inner *inner)
{
	struct sectun_tunnel *tunnel = rcu_dereference(device->wildcard);
	const struct sectun_selectors *selectors;
	struct sectun_inner back;

	if (likely(tunnel))
		return tunnel;
	if (sectun_selector_table_needs_transport(&device->selectors))
		sectun_inner_transport_outbound(skb, 0, inner);
	selectors = sectun_selector_table_lookup(&device->selectors, inner);
	if (unlikely(!selectors) && sectun_inner_quoted_outbound(skb, 0, inner, &back))
		selectors = sectun_selector_table_lookup(&device->selectors, &back);
	return selectors ? selectors->tunnel : NULL;
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
