// SPDX-License-Identifier: GPL-2.0-only
/*
 * One packet on its way through the transform. Most transforms complete at once: then the same
 * memory serves packet after packet on a CPU. A transform that answers -EINPROGRESS keeps the
 * memory, and the CPU takes new.
 */
#include <linux/percpu.h>
#include <linux/slab.h>
#include "compat/crypto.h"
#include "op.h"

static DEFINE_PER_CPU(struct sectun_op *, sectun_op_spare);

/**
 * sectun_op_alloc - memory for the work on one packet
 * @sa: the SA, held; the operation takes the reference over
 *
 * Context: any. May take the CPU's spare.
 * Return: the operation, its @sa set, or NULL (@sa is then still the caller's).
 */
struct sectun_op *sectun_op_alloc(struct sectun_sa *sa)
{
	size_t size = sizeof(struct sectun_op) + crypto_aead_reqsize(sa->aead);
	struct sectun_op *op = this_cpu_xchg(sectun_op_spare, NULL);

	if (unlikely(!op || op->room < size)) {
		kfree(op);
		op = kmalloc(size, GFP_ATOMIC);
		if (!op)
			return NULL;
		op->room = size;
	}
	op->sa = sa;
	op->from = NULL;
	op->to = NULL;
	op->in_place = false;
	op->late = false;
	return op;
}

/**
 * sectun_op_retire - ends an operation: frees the packets that are still in it
 * @op: the operation; a packet that was passed on has been taken out by setting its pointer to NULL
 *
 * The SA is the caller's again.
 *
 * Context: any.
 */
void sectun_op_retire(struct sectun_op *op)
{
	if (op->from)
		consume_skb(op->from);
	if (unlikely(op->to))
		kfree_skb(op->to);
	kfree(this_cpu_xchg(sectun_op_spare, op));
}

/**
 * sectun_op_free - ends an operation as sectun_op_retire() does, and lets go of the SA
 * @op: the operation
 *
 * Context: any.
 */
void sectun_op_free(struct sectun_op *op)
{
	struct sectun_sa *sa = op->sa;

	sectun_op_retire(op);
	sectun_sa_put(sa);
}

/**
 * sectun_op_aad_write - writes the associated data that ends where the sequence number field ends
 * @op: @seq, @sa; sets @aad_len and, with ESN, @saved
 * @esp_header: the ESP header; with ESN the four octets before it are used for a while
 *
 *	without ESN		 SPI | sequence number
 *	with ESN	SPI | high half | low half
 *			^	  ^ @esp_header
 *			` saved
 *
 * Return: where the associated data begins.
 */
u8 *sectun_op_aad_write(struct sectun_op *op, u8 *esp_header)
{
	__be32 low = cpu_to_be32(lower_32_bits(op->seq));
	__be32 high = cpu_to_be32(upper_32_bits(op->seq));
	u8 *aad = esp_header;

	op->aad_len = sectun_op_aad_len(op->sa);
	if (op->sa->esn) {
		aad -= sizeof(op->saved);
		memcpy(op->saved, aad, sizeof(op->saved));
		memcpy(esp_header, &high, sizeof(high));
	}
	memcpy(aad, &op->sa->spi, sizeof(op->sa->spi));
	memcpy(esp_header + 4, &low, sizeof(low));
	return aad;
}

/**
 * sectun_op_reason - why a packet is dropped whose transform failed
 * @op: the operation
 * @err: what the transform said
 *
 * Return: BAD_ICV is meant only inbound. ah(X) has looked at headers: -EINVAL is about them.
 */
enum sectun_reason sectun_op_reason(const struct sectun_op *op, int err)
{
	switch (err) {
	case -EBADMSG:
		return SECTUN_REASON_BAD_ICV;
	case -ENOMEM:
		return SECTUN_REASON_NO_MEMORY;
	case -EINVAL:
		return op->sa->proto == IPPROTO_AH ? SECTUN_REASON_AH_HEADER :
						     SECTUN_REASON_CRYPTO_ERROR;
	default:
		return SECTUN_REASON_CRYPTO_ERROR;
	}
}

static void sectun_op_completed(sectun_completion_arg_t arg, int err)
{
	struct sectun_op *op = sectun_completion_data(arg);

	if (err == -EINPROGRESS) /* taken from a backlog: the result comes in another call */
		return;
	op->late = true;
	local_bh_disable();
	rcu_read_lock();
	op->done(op, err);
	rcu_read_unlock();
	local_bh_enable();
}

static void sectun_op_prepare(struct sectun_op *op, unsigned int cryptlen)
{
	struct aead_request *req = &op->req;
	struct scatterlist *from = op->in_place ? op->to_sg : op->from_sg;

	op->counter = cpu_to_be64(op->seq);
	aead_request_set_tfm(req, op->sa->aead);
	aead_request_set_callback(req, 0, sectun_op_completed, op);
	aead_request_set_crypt(req, from, op->to_sg, cryptlen, (u8 *)&op->counter);
	aead_request_set_ad(req, op->aad_len);
}

/**
 * sectun_op_encrypt - starts encryption
 * @op: everything up to @to_sg set; op->done() is called, perhaps before this returns
 * @cryptlen: octets of IV and plaintext
 *
 * Context: bottom halves off, RCU.
 * Return: true where it completed at once, and op->done() has been called.
 */
bool sectun_op_encrypt(struct sectun_op *op, unsigned int cryptlen)
{
	int err;

	sectun_op_prepare(op, cryptlen);
	err = crypto_aead_encrypt(&op->req);
	if (unlikely(err == -EINPROGRESS))
		return false;
	op->done(op, err);
	return true;
}

/**
 * sectun_op_decrypt - starts decryption
 * @op: everything up to @to_sg set; op->done() is called, perhaps before this returns
 * @cryptlen: octets of IV, ciphertext and ICV
 *
 * Context: bottom halves off, RCU.
 */
void sectun_op_decrypt(struct sectun_op *op, unsigned int cryptlen)
{
	int err;

	sectun_op_prepare(op, cryptlen);
	err = crypto_aead_decrypt(&op->req);
	if (likely(err != -EINPROGRESS))
		op->done(op, err);
}

/**
 * sectun_op_uninit - frees the spares
 *
 * Context: no operation is under way.
 */
void sectun_op_uninit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kfree(per_cpu(sectun_op_spare, cpu));
}
