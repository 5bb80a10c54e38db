/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_OP_H
#define _SECTUN_OP_H

#include <crypto/aead.h>
#include <linux/scatterlist.h>
#include <linux/skbuff.h>
#include "esp.h"
#include "sa.h"

/* The header, the linear part of a packet, its frags. */
#define SECTUN_OP_SG_MAX (1 + 1 + MAX_SKB_FRAGS)
/* AH: the packet, the high half of its sequence number, the ICV. */
#define SECTUN_OP_TO_SG_MAX 3

struct sectun_burst;
struct sectun_gather;
struct sectun_op;

/**
 * typedef sectun_op_done_t - goes on with a packet after its cryptography
 * @op: the operation; the callee ends it with sectun_op_free()
 * @err: 0, -EBADMSG for an ICV that does not match, or another negative errno
 *
 * Context: bottom halves off, RCU.
 */
typedef void (*sectun_op_done_t)(struct sectun_op *op, int err);

/**
 * struct sectun_op - one packet on its way through the transform
 * @sa: the SA, held
 * @from: the packet that came; read only. NULL where @to is that packet
 * @to: the packet that is made, linear and all ours: what the transform writes
 * @done: goes on afterwards, at once or later
 * @seq: 64-bit sequence number
 * @counter: the same as the transform wants it
 * @saved: outbound with ESN: the outer header's octets where the associated data begins
 * @aad_len: octets of associated data: SPI and sequence number; AH: the packet
 * @in_place: the transform reads @to as well; @from_sg is not meant
 * @late: the transform did not complete at once
 * @udp: outbound: a UDP header stands in front of ESP
 * @inner_len: outbound: octets of the inner packet
 * @clear_len: inbound: transport mode: octets of the outer header, which comes back; else 0
 * @protocol_at: inbound: with @clear_len, where in it the protocol is named
 * @burst: inbound: the packets that this one came with, or NULL; not to be touched if @late
 * @gather: outbound: where the packet is gathered, or NULL; not to be touched if @late
 * @outer_tos: inbound: DSCP and ECN of the outer header
 * @outer_family: inbound: AF_INET or AF_INET6
 * @source: inbound: outer source address
 * @source_port: inbound: UDP source port, or 0 without UDP
 * @from_sg: describes @from with header
 * @to_sg: describes @to, and with @in_place what is read
 * @room: octets of the whole allocation
 * @req: the request, with the transform's context behind it
 */
struct sectun_op {
	struct sectun_sa *sa;
	struct sk_buff *from;
	struct sk_buff *to;
	sectun_op_done_t done;
	u64 seq;
	__be64 counter;
	u8 saved[4];
	u8 outer_tos;
	u8 outer_family;
	__be16 source_port;
	union sectun_addr source;
	bool in_place;
	bool late;
	bool udp;
	unsigned int aad_len;
	unsigned int inner_len;
	union {
		struct sectun_burst *burst;
		struct sectun_gather *gather;
	};
	u16 clear_len;
	u16 protocol_at;
	struct scatterlist from_sg[SECTUN_OP_SG_MAX];
	struct scatterlist to_sg[SECTUN_OP_TO_SG_MAX];
	size_t room;
	struct aead_request req;
};

struct sectun_op *sectun_op_alloc(struct sectun_sa *sa);
void sectun_op_retire(struct sectun_op *op);
void sectun_op_free(struct sectun_op *op);
bool sectun_op_encrypt(struct sectun_op *op, unsigned int cryptlen);
void sectun_op_decrypt(struct sectun_op *op, unsigned int cryptlen);
u8 *sectun_op_aad_write(struct sectun_op *op, u8 *esp_header);
enum sectun_reason sectun_op_reason(const struct sectun_op *op, int err);
void sectun_op_uninit(void);

/**
 * sectun_op_aad_len - octets of associated data
 * @sa: the SA
 *
 * Return: 8, or 12 with extended sequence numbers (RFC 4303 section 2.2.1, RFC 4106 section 5).
 */
static inline unsigned int sectun_op_aad_len(const struct sectun_sa *sa)
{
	return sa->esn ? SECTUN_ESP_AAD_ESN_LEN : SECTUN_ESP_AAD_LEN;
}

/**
 * sectun_op_sg_one - makes a scatterlist of one entry, in memory that need not be initialised
 * @sg: the entry
 * @data: linear memory
 * @len: octets of it
 */
static inline void sectun_op_sg_one(struct scatterlist *sg, const void *data, unsigned int len)
{
	sg->page_link = SG_END;
	sg_set_buf(sg, data, len);
}

/**
 * sectun_op_sg_max - scatterlist entries that a packet may take
 * @skb: the packet, without a frag_list
 *
 * Return: at most SECTUN_OP_SG_MAX: header, linear part, frags.
 */
static inline unsigned int sectun_op_sg_max(const struct sk_buff *skb)
{
	return 1 + 1 + skb_shinfo(skb)->nr_frags;
}

#endif
