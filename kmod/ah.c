// SPDX-License-Identifier: GPL-2.0-only
/*
 * The crypto API template ah(X). ah.h tells what callers see of it.
 *
 * X reads a list of two parts: the head of the packet, copied into the request and with its mutable
 * fields set to what the receiver can know, and the rest of the packet where it is. The request
 * context:
 *
 *	| struct ah_request, ends with X's request | X's request context | pad | nonce (GMAC) |
 *
 * A hash is compared or written by us when it is there, be it later. An AEAD X does that itself,
 * so its request has the caller's own completion callback.
 */
#include <crypto/aead.h>
#include <crypto/algapi.h>
#include <crypto/hash.h>
#include <crypto/internal/aead.h>
#include <crypto/internal/hash.h>
#include <crypto/scatterwalk.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "ah.h"
#include "ah_header.h"
#include "compat/crypto.h"

/* The shortest ICV, 96 bits (RFC 2404), and the unit of its length (RFC 4302 section 2.6). */
#define AH_ICV_LEN_MIN	12
#define AH_ICV_UNIT	4

/* GMAC, RFC 4543 section 3.2: the nonce is the salt, which ends the key, and the IV. */
#define AH_SALT_LEN	4
#define AH_NONCE_LEN	(AH_SALT_LEN + SECTUN_AH_IV_LEN)
#define AH_GMAC_ICV_LEN	16

/**
 * struct ah_instance - ah(X) for one X
 * @hash: X, if it is a hash
 * @aead: X, if it is an AEAD
 */
struct ah_instance {
	union {
		struct crypto_ahash_spawn hash;
		struct crypto_aead_spawn aead;
	};
};

/**
 * struct ah_ctx - a transform: ah(X) with a key
 * @hash: X with that key, if it is a hash
 * @aead: X with that key, if it is an AEAD
 * @salt: the rest of the key of an AEAD
 */
struct ah_ctx {
	union {
		struct crypto_ahash *hash;
		struct crypto_aead *aead;
	};
	u8 salt[AH_SALT_LEN];
};

/**
 * struct ah_request - request context
 * @head: the first octets of the packet, as the ICV covers them
 * @icv: what a hash is
 * @src: a list of @head and the rest of the caller's src
 * @dst: likewise of dst
 * @sub: the request to X; X's request context follows
 * @sub.hash: X is a hash
 * @sub.aead: X is an AEAD
 */
struct ah_request {
	u8 head[SECTUN_AH_HEAD_MAX];
	u8 icv[HASH_MAX_DIGESTSIZE];
	struct scatterlist src[3];
	struct scatterlist dst[3];
	union {
		struct ahash_request hash;
		struct aead_request aead;
	} sub CRYPTO_MINALIGN_ATTR;
};

/*
 * Fills in the head, except that the ICV field is as in the packet. Returns the offset of that
 * field, for which @icv_field_len octets are there, or -EINVAL.
 */
static int ah_head_read(struct aead_request *req, unsigned int icv_field_len)
{
	struct ah_request *rctx = aead_request_ctx(req);
	unsigned int len = min_t(unsigned int, req->assoclen, SECTUN_AH_HEAD_MAX);
	int offset;

	scatterwalk_map_and_copy(rctx->head, req->src, 0, len, 0);
	offset = sectun_ah_header_mute(rctx->head, len);
	if (offset < 0)
		return offset;
	if (len - offset < SECTUN_AH_FIXED_LEN + icv_field_len)
		return -EINVAL;
	return offset + SECTUN_AH_FIXED_LEN;
}

/* A list of the head and of what the caller's list @sg has behind it. */
static struct scatterlist *ah_list(struct aead_request *req, struct scatterlist list[3],
				   struct scatterlist *sg)
{
	struct ah_request *rctx = aead_request_ctx(req);
	unsigned int len = min_t(unsigned int, req->assoclen, SECTUN_AH_HEAD_MAX);
	struct scatterlist *rest;

	sg_init_table(list, 3);
	sg_set_buf(list, rctx->head, len);
	rest = scatterwalk_ffwd(list + 1, sg, len);
	if (!rest)
		sg_mark_end(list);
	else if (rest != list + 1)
		sg_chain(list, 2, rest);
	return list;
}

/* X is a hash. */

static int ah_hash_write(struct aead_request *req)
{
	struct ah_request *rctx = aead_request_ctx(req);
	unsigned int len = crypto_aead_authsize(crypto_aead_reqtfm(req));

	scatterwalk_map_and_copy(rctx->icv, req->dst, req->assoclen, len, 1);
	return 0;
}

static int ah_hash_compare(struct aead_request *req)
{
	struct ah_request *rctx = aead_request_ctx(req);
	unsigned int len = crypto_aead_authsize(crypto_aead_reqtfm(req));
	u8 received[HASH_MAX_DIGESTSIZE];

	scatterwalk_map_and_copy(received, req->src, req->assoclen, len, 0);
	return crypto_memneq(rctx->icv, received, len) ? -EBADMSG : 0;
}

static void ah_hash_write_done(sectun_completion_arg_t arg, int err)
{
	struct aead_request *req = sectun_completion_data(arg);

	aead_request_complete(req, err ?: ah_hash_write(req));
}

static void ah_hash_compare_done(sectun_completion_arg_t arg, int err)
{
	struct aead_request *req = sectun_completion_data(arg);

	aead_request_complete(req, err ?: ah_hash_compare(req));
}

static int ah_hash_digest(struct aead_request *req, crypto_completion_t done)
{
	struct crypto_aead *tfm = crypto_aead_reqtfm(req);
	struct ah_request *rctx = aead_request_ctx(req);
	struct ah_ctx *ctx = crypto_aead_ctx(tfm);
	struct ahash_request *hreq = &rctx->sub.hash;
	int icv_field;

	icv_field = ah_head_read(req, crypto_aead_authsize(tfm));
	if (icv_field < 0)
		return icv_field;
	memset(rctx->head + icv_field, 0, crypto_aead_authsize(tfm));

	ahash_request_set_tfm(hreq, ctx->hash);
	ahash_request_set_callback(hreq, req->base.flags, done, req);
	ahash_request_set_crypt(hreq, ah_list(req, rctx->src, req->src), rctx->icv, req->assoclen);
	return crypto_ahash_digest(hreq);
}

static int ah_hash_encrypt(struct aead_request *req)
{
	if (req->cryptlen)
		return -EINVAL;
	return ah_hash_digest(req, ah_hash_write_done) ?: ah_hash_write(req);
}

static int ah_hash_decrypt(struct aead_request *req)
{
	if (req->cryptlen != crypto_aead_authsize(crypto_aead_reqtfm(req)))
		return -EINVAL;
	return ah_hash_digest(req, ah_hash_compare_done) ?: ah_hash_compare(req);
}

static int ah_hash_setkey(struct crypto_aead *tfm, const u8 *key, unsigned int keylen)
{
	struct ah_ctx *ctx = crypto_aead_ctx(tfm);

	crypto_ahash_clear_flags(ctx->hash, CRYPTO_TFM_REQ_MASK);
	crypto_ahash_set_flags(ctx->hash, crypto_aead_get_flags(tfm) & CRYPTO_TFM_REQ_MASK);
	return crypto_ahash_setkey(ctx->hash, key, keylen);
}

/* The crypto API has refused what is longer than the hash. */
static int ah_hash_setauthsize(struct crypto_aead *tfm, unsigned int authsize)
{
	return authsize < AH_ICV_LEN_MIN || authsize % AH_ICV_UNIT ? -EINVAL : 0;
}

static int ah_hash_init_tfm(struct crypto_aead *tfm)
{
	struct ah_instance *ictx = aead_instance_ctx(aead_alg_instance(tfm));
	struct ah_ctx *ctx = crypto_aead_ctx(tfm);

	ctx->hash = crypto_spawn_ahash(&ictx->hash);
	if (IS_ERR(ctx->hash))
		return PTR_ERR(ctx->hash);
	/* A hash that works without a key protects nothing. */
	if (!(crypto_ahash_get_flags(ctx->hash) & CRYPTO_TFM_NEED_KEY)) {
		crypto_free_ahash(ctx->hash);
		return -EINVAL;
	}
	crypto_aead_set_reqsize(tfm, sizeof(struct ah_request) + crypto_ahash_reqsize(ctx->hash));
	return 0;
}

static void ah_hash_exit_tfm(struct crypto_aead *tfm)
{
	struct ah_ctx *ctx = crypto_aead_ctx(tfm);

	crypto_free_ahash(ctx->hash);
}

static void ah_hash_free(struct aead_instance *inst)
{
	struct ah_instance *ictx = aead_instance_ctx(inst);

	crypto_drop_ahash(&ictx->hash);
	kfree(inst);
}

/* X is an AEAD: GMAC. */

/* Where the request keeps the nonce for X, aligned as X wants it. */
static u8 *ah_gmac_nonce(const struct ah_ctx *ctx, struct ah_request *rctx)
{
	return PTR_ALIGN((u8 *)(&rctx->sub.aead + 1) + crypto_aead_reqsize(ctx->aead),
			 crypto_aead_alignmask(ctx->aead) + 1);
}

/* The request to X. @iv is NULL where the packet has it. Returns what ah_head_read() returns. */
static int ah_gmac_subrequest(struct aead_request *req, const u8 *iv)
{
	struct ah_request *rctx = aead_request_ctx(req);
	struct ah_ctx *ctx = crypto_aead_ctx(crypto_aead_reqtfm(req));
	struct aead_request *subreq = &rctx->sub.aead;
	u8 *nonce = ah_gmac_nonce(ctx, rctx);
	int icv_field;

	icv_field = ah_head_read(req, SECTUN_AH_IV_LEN + AH_GMAC_ICV_LEN);
	if (icv_field < 0)
		return icv_field;
	memcpy(nonce, ctx->salt, AH_SALT_LEN);
	memcpy(nonce + AH_SALT_LEN, iv ?: rctx->head + icv_field, SECTUN_AH_IV_LEN);
	memset(rctx->head + icv_field, 0, SECTUN_AH_IV_LEN + AH_GMAC_ICV_LEN);

	/* A driver that copies associated data to dst writes to the head, and to what is there. */
	aead_request_set_tfm(subreq, ctx->aead);
	aead_request_set_callback(subreq, req->base.flags, req->base.complete, req->base.data);
	aead_request_set_crypt(subreq, ah_list(req, rctx->src, req->src),
			       ah_list(req, rctx->dst, req->dst), req->cryptlen, nonce);
	aead_request_set_ad(subreq, req->assoclen);
	return icv_field;
}

static int ah_gmac_encrypt(struct aead_request *req)
{
	struct ah_request *rctx = aead_request_ctx(req);
	int icv_field;

	if (req->cryptlen)
		return -EINVAL;
	icv_field = ah_gmac_subrequest(req, req->iv);
	if (icv_field < 0)
		return icv_field;
	scatterwalk_map_and_copy(req->iv, req->dst, icv_field, SECTUN_AH_IV_LEN, 1);
	return crypto_aead_encrypt(&rctx->sub.aead);
}

static int ah_gmac_decrypt(struct aead_request *req)
{
	struct ah_request *rctx = aead_request_ctx(req);
	int icv_field;

	if (req->cryptlen != AH_GMAC_ICV_LEN)
		return -EINVAL;
	icv_field = ah_gmac_subrequest(req, NULL);
	if (icv_field < 0)
		return icv_field;
	return crypto_aead_decrypt(&rctx->sub.aead);
}

static int ah_gmac_setkey(struct crypto_aead *tfm, const u8 *key, unsigned int keylen)
{
	struct ah_ctx *ctx = crypto_aead_ctx(tfm);

	if (keylen < AH_SALT_LEN)
		return -EINVAL;
	keylen -= AH_SALT_LEN;
	memcpy(ctx->salt, key + keylen, AH_SALT_LEN);

	crypto_aead_clear_flags(ctx->aead, CRYPTO_TFM_REQ_MASK);
	crypto_aead_set_flags(ctx->aead, crypto_aead_get_flags(tfm) & CRYPTO_TFM_REQ_MASK);
	return crypto_aead_setkey(ctx->aead, key, keylen);
}

/* It is not truncated: RFC 4543 section 3.4. */
static int ah_gmac_setauthsize(struct crypto_aead *tfm, unsigned int authsize)
{
	struct ah_ctx *ctx = crypto_aead_ctx(tfm);

	if (authsize != AH_GMAC_ICV_LEN)
		return -EINVAL;
	return crypto_aead_setauthsize(ctx->aead, authsize);
}

static int ah_gmac_init_tfm(struct crypto_aead *tfm)
{
	struct ah_instance *ictx = aead_instance_ctx(aead_alg_instance(tfm));
	struct ah_ctx *ctx = crypto_aead_ctx(tfm);
	unsigned int pad;

	ctx->aead = crypto_spawn_aead(&ictx->aead);
	if (IS_ERR(ctx->aead))
		return PTR_ERR(ctx->aead);

	/* ah_gmac_nonce() rounds up from any address, which costs at most the alignment mask. */
	pad = crypto_aead_alignmask(ctx->aead);
	crypto_aead_set_reqsize(tfm, sizeof(struct ah_request) + crypto_aead_reqsize(ctx->aead) +
				     pad + AH_NONCE_LEN);
	return 0;
}

static void ah_gmac_exit_tfm(struct crypto_aead *tfm)
{
	struct ah_ctx *ctx = crypto_aead_ctx(tfm);

	crypto_free_aead(ctx->aead);
}

static void ah_gmac_free(struct aead_instance *inst)
{
	struct ah_instance *ictx = aead_instance_ctx(inst);

	crypto_drop_aead(&ictx->aead);
	kfree(inst);
}

/* Instances */

/* All that the two kinds of X share. */
static int ah_register_instance(struct crypto_template *tmpl, struct aead_instance *inst,
				const struct crypto_alg *x)
{
	if (snprintf(inst->alg.base.cra_name, CRYPTO_MAX_ALG_NAME, "ah(%s)",
		     x->cra_name) >= CRYPTO_MAX_ALG_NAME ||
	    snprintf(inst->alg.base.cra_driver_name, CRYPTO_MAX_ALG_NAME, "ah(%s)",
		     x->cra_driver_name) >= CRYPTO_MAX_ALG_NAME)
		return -ENAMETOOLONG;

	/* Alignment mask 0: X's alignment of keys is cared for by its own setkey(). */
	inst->alg.base.cra_priority = x->cra_priority;
	inst->alg.base.cra_blocksize = 1;
	inst->alg.base.cra_ctxsize = sizeof(struct ah_ctx);
	inst->alg.ivsize = SECTUN_AH_COUNTER_LEN;
	inst->alg.chunksize = 1;
	return aead_register_instance(tmpl, inst);
}

static int ah_create_hash(struct crypto_template *tmpl, struct aead_instance *inst)
{
	struct ah_instance *ictx = aead_instance_ctx(inst);
	struct hash_alg_common *x = crypto_spawn_ahash_alg(&ictx->hash);

	if (x->digestsize < AH_ICV_LEN_MIN)
		return -EINVAL;

	inst->alg.maxauthsize = x->digestsize;
	inst->alg.init = ah_hash_init_tfm;
	inst->alg.exit = ah_hash_exit_tfm;
	inst->alg.setkey = ah_hash_setkey;
	inst->alg.setauthsize = ah_hash_setauthsize;
	inst->alg.encrypt = ah_hash_encrypt;
	inst->alg.decrypt = ah_hash_decrypt;
	inst->free = ah_hash_free;
	return ah_register_instance(tmpl, inst, &x->base);
}

static int ah_create_gmac(struct crypto_template *tmpl, struct aead_instance *inst)
{
	struct ah_instance *ictx = aead_instance_ctx(inst);
	struct aead_alg *x = crypto_spawn_aead_alg(&ictx->aead);

	/* A stream mode whose nonce is whole and whose ICV is. */
	if (crypto_aead_alg_ivsize(x) != AH_NONCE_LEN || x->base.cra_blocksize != 1 ||
	    crypto_aead_alg_maxauthsize(x) != AH_GMAC_ICV_LEN)
		return -EINVAL;

	inst->alg.maxauthsize = AH_GMAC_ICV_LEN;
	inst->alg.init = ah_gmac_init_tfm;
	inst->alg.exit = ah_gmac_exit_tfm;
	inst->alg.setkey = ah_gmac_setkey;
	inst->alg.setauthsize = ah_gmac_setauthsize;
	inst->alg.encrypt = ah_gmac_encrypt;
	inst->alg.decrypt = ah_gmac_decrypt;
	inst->free = ah_gmac_free;
	return ah_register_instance(tmpl, inst, &x->base);
}

/* ah(X) for the X that @tb names. May sleep; X's module may get loaded. */
static int ah_create(struct crypto_template *tmpl, struct rtattr **tb)
{
	struct ah_instance *ictx;
	struct aead_instance *inst;
	const char *name;
	u32 mask;
	int err;

	err = crypto_check_attr_type(tb, CRYPTO_ALG_TYPE_AEAD, &mask);
	if (err)
		return err;
	name = crypto_attr_alg_name(tb[1]);
	if (IS_ERR(name))
		return PTR_ERR(name);

	inst = kzalloc(sizeof(*inst) + sizeof(*ictx), GFP_KERNEL);
	if (!inst)
		return -ENOMEM;
	ictx = aead_instance_ctx(inst);

	/* A name does not tell what it is the name of. */
	err = crypto_grab_ahash(&ictx->hash, aead_crypto_instance(inst), name, 0, mask);
	if (!err) {
		err = ah_create_hash(tmpl, inst);
		if (err)
			ah_hash_free(inst);
		return err;
	}
	err = crypto_grab_aead(&ictx->aead, aead_crypto_instance(inst), name, 0, mask);
	if (!err)
		err = ah_create_gmac(tmpl, inst);
	if (err)
		ah_gmac_free(inst);
	return err;
}

static struct crypto_template ah_template = {
	.name = "ah",
	.create = ah_create,
	.module = THIS_MODULE,
};

/**
 * sectun_ah_register - makes ah(X) known to the crypto API
 *
 * Context: module initialisation, may sleep.
 * Return: 0 or -EEXIST if another module has a template of that name.
 */
int sectun_ah_register(void)
{
	return crypto_register_template(&ah_template);
}

/**
 * sectun_ah_unregister - takes ah(X) back, with all its instances
 *
 * Every transform must be gone, as for sectun_esp_unregister().
 *
 * Context: module exit, may sleep.
 */
void sectun_ah_unregister(void)
{
	crypto_unregister_template(&ah_template);
}

/* Asking for ah(X), through AF_ALG for instance, loads the module. */
MODULE_ALIAS_CRYPTO("ah");
