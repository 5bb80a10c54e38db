// SPDX-License-Identifier: GPL-2.0-only
/*
 * AH of one packet, as ah(X) wants it (ah.h):
 *
 *	| IP header(s) | AH | payload | high half (ESN) | ICV |
 *	|<------- the packet -------->|		 points back ` into AH
 */
#include <linux/ip.h>
#include <linux/skbuff.h>
#include "ah_packet.h"
#include "op.h"

/* Describes the packet in op->to, whose AH is at the transport header. */
static void sectun_ah_map(struct sectun_op *op)
{
	const struct sectun_alg *alg = op->sa->alg;
	struct scatterlist *sg = op->to_sg;
	struct sk_buff *skb = op->to;

	op->in_place = true;
	op->aad_len = skb->len;
	sg_init_table(sg, op->sa->esn ? 3 : 2);
	sg_set_buf(sg++, skb->data, skb->len);
	if (op->sa->esn) {
		/* the counter is big-endian: the high half comes first */
		sg_set_buf(sg++, &op->counter, sizeof(__be32));
		op->aad_len += sizeof(__be32);
	}
	sg_set_buf(sg, skb_transport_header(skb) + SECTUN_AH_FIXED_LEN + alg->iv_len,
		   alg->icv_len);
}

/**
 * sectun_ah_seal - writes AH and starts to authenticate a packet
 * @op: @sa, @seq, @to and @done set; @to has all of the packet but AH, for which there is room at
 *	the transport header
 * @next_header: protocol number of the payload
 *
 * Context: bottom halves off, RCU. op->done() is called, perhaps before this returns.
 */
void sectun_ah_seal(struct sectun_op *op, u8 next_header)
{
	struct ip_auth_hdr *ah = (struct ip_auth_hdr *)skb_transport_header(op->to);
	const u8 family = op->to->protocol == htons(ETH_P_IP) ? AF_INET : AF_INET6;
	const unsigned int len = sectun_ah_len(op->sa->alg, family);

	memset(ah, 0, len);
	ah->nexthdr = next_header;
	ah->hdrlen = len / 4 - 2;
	ah->spi = op->sa->spi;
	ah->seq_no = cpu_to_be32(lower_32_bits(op->seq));
	sectun_ah_map(op);
	sectun_op_encrypt(op, 0);
}

/**
 * sectun_ah_open - starts to verify a packet
 * @op: @sa, @seq, @to and @done set; @to is the packet, with AH at the transport header
 *
 * Context: bottom halves off, RCU. op->done() is called, perhaps before this returns.
 */
void sectun_ah_open(struct sectun_op *op)
{
	sectun_ah_map(op);
	sectun_op_decrypt(op, op->sa->alg->icv_len);
}
