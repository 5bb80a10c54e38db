// SPDX-License-Identifier: GPL-2.0-only
/*
 * The crypto API template esp(X). esp.h tells what callers see of it.
 *
 * A request becomes one request to X with the caller's own completion callback, so an asynchronous
 * X finishes straight into the caller. What has to survive until then is in the request context:
 *
 *	| struct esp_request, ends with X's request | X's request context | pad | IV |
 *
 * X is of the family of rfc4106: its associated data is ours with the IV behind it, it wants the IV
 * in its req->iv as well, and the two must not differ (include/crypto/aead.h, "Memory Structure").
 */
#include <crypto/aead.h>
#include <crypto/internal/aead.h>
#include <crypto/scatterwalk.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "esp.h"

/* Octets of IV that a packet carries. */
#define ESP_IV_LEN	8

/**
 * enum sectun_iv_kind - how the IV of a packet is made from its counter
 * @SECTUN_IV_COUNTER: it is the counter. For modes that ask for uniqueness only: AES-GCM (RFC 4106
 *	section 3.1), ChaCha20-Poly1305 (RFC 7634 section 2).
 *
 * A kind is known in esp_iv_kind(), which says what it serves, and in esp_iv_make().
 */
enum sectun_iv_kind {
	SECTUN_IV_COUNTER,
};

/**
 * struct esp_instance - esp(X) for one X
 * @spawn: X
 * @iv_kind: how the IV is made
 */
struct esp_instance {
	struct crypto_aead_spawn spawn;
	enum sectun_iv_kind iv_kind;
};

/**
 * struct esp_ctx - a transform: esp(X) with a key
 * @child: X with that key
 * @iv_kind: copy of the instance's
 */
struct esp_ctx {
	struct crypto_aead *child;
	enum sectun_iv_kind iv_kind;
};

/**
 * struct esp_request - request context
 * @header: associated data and IV in our own memory; see esp_source()
 * @src: a list of @header and the caller's plaintext
 * @subreq: the request to X; X's request context follows
 */
struct esp_request {
	u8 header[SECTUN_ESP_AAD_ESN_LEN + ESP_IV_LEN];
	struct scatterlist src[3];
	struct aead_request subreq CRYPTO_MINALIGN_ATTR;
};

/* The kind of IV that an X needs, or -EINVAL if esp(X) makes no sense. */
static int esp_iv_kind(struct aead_alg *x)
{
	/*
	 * Block size 1 is a stream mode. A block mode with an 8-octet IV (CBC with a 64-bit block)
	 * needs an IV that cannot be foretold.
	 */
	if (crypto_aead_alg_ivsize(x) == ESP_IV_LEN && x->base.cra_blocksize == 1)
		return SECTUN_IV_COUNTER;

	return -EINVAL;
}

static void esp_iv_make(const struct esp_ctx *ctx, u8 iv[ESP_IV_LEN],
			const u8 counter[SECTUN_ESP_COUNTER_LEN])
{
	switch (ctx->iv_kind) {
	case SECTUN_IV_COUNTER:
		memcpy(iv, counter, ESP_IV_LEN);
		break;
	}
}

/* Where the request keeps the IV for X, aligned as X wants it. */
static u8 *esp_request_iv(struct crypto_aead *child, struct esp_request *rctx)
{
	return PTR_ALIGN((u8 *)(&rctx->subreq + 1) + crypto_aead_reqsize(child),
			 crypto_aead_alignmask(child) + 1);
}

/* Associated data and IV, if they are mapped and in one piece at the head of the list, or NULL. */
static u8 *esp_linear_header(struct scatterlist *sg, unsigned int assoclen)
{
	if (sg->length < assoclen + ESP_IV_LEN || PageHighMem(sg_page(sg)))
		return NULL;

	return sg_virt(sg);
}

/*
 * Writes the IV into dst, and returns the list that X shall read: one where the IV stands behind
 * the associated data.
 *
 * That is the caller's src if it shares these octets with dst. If not, its octets there are
 * anything, and they must stay: the memory may be read-only for us, such as page cache that was
 * spliced into an AF_ALG socket. X then gets a copy, followed by the caller's plaintext.
 */
static struct scatterlist *esp_source(struct aead_request *req, u8 iv[ESP_IV_LEN])
{
	struct esp_request *rctx = aead_request_ctx(req);
	unsigned int assoclen = req->assoclen;
	u8 *to = esp_linear_header(req->dst, assoclen);
	struct scatterlist *plaintext;

	if (likely(to))
		memcpy(to + assoclen, iv, ESP_IV_LEN);
	else
		scatterwalk_map_and_copy(iv, req->dst, assoclen, ESP_IV_LEN, 1);

	if (req->src == req->dst || (to && to == esp_linear_header(req->src, assoclen)))
		return req->src;

	scatterwalk_map_and_copy(rctx->header, req->src, 0, assoclen, 0);
	memcpy(rctx->header + assoclen, iv, ESP_IV_LEN);

	sg_init_table(rctx->src, ARRAY_SIZE(rctx->src));
	sg_set_buf(rctx->src, rctx->header, assoclen + ESP_IV_LEN);
	plaintext = scatterwalk_ffwd(rctx->src + 1, req->src, assoclen + ESP_IV_LEN);
	if (!plaintext)
		sg_mark_end(rctx->src);
	else if (plaintext != rctx->src + 1)
		sg_chain(rctx->src, 2, plaintext);

	return rctx->src;
}

/* The request to X, for as many octets of text as the caller's request has behind the IV. */
static struct aead_request *esp_subrequest(struct aead_request *req, struct crypto_aead *child,
					   struct scatterlist *src, u8 *iv)
{
	struct esp_request *rctx = aead_request_ctx(req);
	struct aead_request *subreq = &rctx->subreq;

	aead_request_set_tfm(subreq, child);
	aead_request_set_callback(subreq, req->base.flags, req->base.complete, req->base.data);
	aead_request_set_crypt(subreq, src, req->dst, req->cryptlen - ESP_IV_LEN, iv);
	aead_request_set_ad(subreq, req->assoclen + ESP_IV_LEN);

	return subreq;
}

static bool esp_assoclen_valid(unsigned int assoclen)
{
	return assoclen == SECTUN_ESP_AAD_LEN || assoclen == SECTUN_ESP_AAD_ESN_LEN;
}

static int esp_encrypt(struct aead_request *req)
{
	struct esp_ctx *ctx = crypto_aead_ctx(crypto_aead_reqtfm(req));
	u8 *iv = esp_request_iv(ctx->child, aead_request_ctx(req));

	if (!esp_assoclen_valid(req->assoclen) || req->cryptlen < ESP_IV_LEN)
		return -EINVAL;

	esp_iv_make(ctx, iv, req->iv);

	return crypto_aead_encrypt(esp_subrequest(req, ctx->child, esp_source(req, iv), iv));
}

static int esp_decrypt(struct aead_request *req)
{
	struct crypto_aead *tfm = crypto_aead_reqtfm(req);
	struct esp_ctx *ctx = crypto_aead_ctx(tfm);
	u8 *iv = esp_request_iv(ctx->child, aead_request_ctx(req));
	const u8 *header;

	if (!esp_assoclen_valid(req->assoclen) ||
	    req->cryptlen < ESP_IV_LEN + crypto_aead_authsize(tfm))
		return -EINVAL;

	header = esp_linear_header(req->src, req->assoclen);
	if (likely(header))
		memcpy(iv, header + req->assoclen, ESP_IV_LEN);
	else
		scatterwalk_map_and_copy(iv, req->src, req->assoclen, ESP_IV_LEN, 0);

	return crypto_aead_decrypt(esp_subrequest(req, ctx->child, req->src, iv));
}

static int esp_setkey(struct crypto_aead *tfm, const u8 *key, unsigned int keylen)
{
	struct esp_ctx *ctx = crypto_aead_ctx(tfm);

	crypto_aead_clear_flags(ctx->child, CRYPTO_TFM_REQ_MASK);
	crypto_aead_set_flags(ctx->child, crypto_aead_get_flags(tfm) & CRYPTO_TFM_REQ_MASK);

	return crypto_aead_setkey(ctx->child, key, keylen);
}

static int esp_setauthsize(struct crypto_aead *tfm, unsigned int authsize)
{
	struct esp_ctx *ctx = crypto_aead_ctx(tfm);

	return crypto_aead_setauthsize(ctx->child, authsize);
}

static int esp_init_tfm(struct crypto_aead *tfm)
{
	struct esp_instance *ictx = aead_instance_ctx(aead_alg_instance(tfm));
	struct esp_ctx *ctx = crypto_aead_ctx(tfm);
	struct crypto_aead *child;
	unsigned int pad;

	child = crypto_spawn_aead(&ictx->spawn);
	if (IS_ERR(child))
		return PTR_ERR(child);

	ctx->child = child;
	ctx->iv_kind = ictx->iv_kind;

	/* esp_request_iv() rounds up from any address, which costs at most the alignment mask. */
	pad = crypto_aead_alignmask(child);
	crypto_aead_set_reqsize(tfm, sizeof(struct esp_request) + crypto_aead_reqsize(child) +
				     pad + ESP_IV_LEN);

	return 0;
}

static void esp_exit_tfm(struct crypto_aead *tfm)
{
	struct esp_ctx *ctx = crypto_aead_ctx(tfm);

	crypto_free_aead(ctx->child);
}

static void esp_free(struct aead_instance *inst)
{
	struct esp_instance *ictx = aead_instance_ctx(inst);

	crypto_drop_aead(&ictx->spawn);
	kfree(inst);
}

/* esp(X) for the X that @tb names. May sleep; X's module may get loaded. */
static int esp_create(struct crypto_template *tmpl, struct rtattr **tb)
{
	struct esp_instance *ictx;
	struct aead_instance *inst;
	struct aead_alg *x;
	u32 mask;
	int err;

	err = crypto_check_attr_type(tb, CRYPTO_ALG_TYPE_AEAD, &mask);
	if (err)
		return err;

	inst = kzalloc(sizeof(*inst) + sizeof(*ictx), GFP_KERNEL);
	if (!inst)
		return -ENOMEM;
	ictx = aead_instance_ctx(inst);

	err = crypto_grab_aead(&ictx->spawn, aead_crypto_instance(inst),
			       crypto_attr_alg_name(tb[1]), 0, mask);
	if (err)
		goto err_free_inst;
	x = crypto_spawn_aead_alg(&ictx->spawn);

	err = esp_iv_kind(x);
	if (err < 0)
		goto err_free_inst;
	ictx->iv_kind = err;

	err = -ENAMETOOLONG;
	if (snprintf(inst->alg.base.cra_name, CRYPTO_MAX_ALG_NAME, "esp(%s)",
		     x->base.cra_name) >= CRYPTO_MAX_ALG_NAME ||
	    snprintf(inst->alg.base.cra_driver_name, CRYPTO_MAX_ALG_NAME, "esp(%s)",
		     x->base.cra_driver_name) >= CRYPTO_MAX_ALG_NAME)
		goto err_free_inst;

	/* Alignment mask 0: the key is aligned for X by crypto_aead_setkey(), the IV by us. */
	inst->alg.base.cra_priority = x->base.cra_priority;
	inst->alg.base.cra_blocksize = x->base.cra_blocksize;
	inst->alg.base.cra_ctxsize = sizeof(struct esp_ctx);
	inst->alg.ivsize = SECTUN_ESP_COUNTER_LEN;
	inst->alg.maxauthsize = crypto_aead_alg_maxauthsize(x);
	inst->alg.chunksize = crypto_aead_alg_chunksize(x);
	inst->alg.init = esp_init_tfm;
	inst->alg.exit = esp_exit_tfm;
	inst->alg.setkey = esp_setkey;
	inst->alg.setauthsize = esp_setauthsize;
	inst->alg.encrypt = esp_encrypt;
	inst->alg.decrypt = esp_decrypt;
	inst->free = esp_free;

	err = aead_register_instance(tmpl, inst);
	if (err)
		goto err_free_inst;

	return 0;

err_free_inst:
	esp_free(inst);
	return err;
}

static struct crypto_template esp_template = {
	.name = "esp",
	.create = esp_create,
	.module = THIS_MODULE,
};

/**
 * sectun_esp_register - makes esp(X) known to the crypto API
 *
 * Context: module initialisation, may sleep.
 * Return: 0 or -EEXIST if another module has a template of that name.
 */
int sectun_esp_register(void)
{
	return crypto_register_template(&esp_template);
}

/**
 * sectun_esp_unregister - takes esp(X) back, with all its instances
 *
 * Every transform must be gone. Those of other users (AF_ALG) hold a reference to the module until
 * then; for our own sectun_alg_free_aead() must have been called.
 *
 * Context: module exit, may sleep.
 */
void sectun_esp_unregister(void)
{
	crypto_unregister_template(&esp_template);
}

/* Asking for esp(X), through AF_ALG for instance, loads the module. */
MODULE_ALIAS_CRYPTO("esp");
