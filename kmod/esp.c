// SPDX-License-Identifier: GPL-2.0-only
/*
 * The crypto API templates esp(X) and esp-iiv(X). esp.h tells what callers see of them.
 *
 * A request becomes one request to X with the caller's own completion callback, so an asynchronous
 * X finishes straight into the caller. What has to survive until then is in the request context:
 *
 *	| struct esp_request, ends with X's request | X's request context | pad | IV |
 *
 * X is of the family of rfc4106 or an authenc: its associated data is ours with the IV behind it,
 * it wants the IV in its req->iv as well, and the two must not differ (include/crypto/aead.h,
 * "Memory Structure").
 */
#include <crypto/aead.h>
#include <crypto/internal/aead.h>
#include <crypto/scatterwalk.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/rtnetlink.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "esp.h"

/* Octets of the longest IV that X takes: a block of AES. */
#define ESP_IV_MAX	16
/* Octets of the IV of modes that ask for uniqueness only. */
#define ESP_COUNTER_IV_LEN	SECTUN_ESP_COUNTER_LEN

/* esp_kind.aad: lengths of associated data that X can authenticate. */
#define ESP_AAD_SHORT	BIT(0)		/* SECTUN_ESP_AAD_LEN */
#define ESP_AAD_LONG	BIT(1)		/* SECTUN_ESP_AAD_ESN_LEN */

/**
 * enum sectun_iv_kind - how the IV of a packet is made
 * @SECTUN_IV_COUNTER: it is the counter. For modes that ask for uniqueness only: AES-GCM (RFC 4106
 *	section 3.1), AES-CCM (RFC 4309), GMAC (RFC 4543), ChaCha20-Poly1305 (RFC 7634 section 2),
 *	AES-CTR (RFC 3686 section 3.1).
 * @SECTUN_IV_RANDOM: random, for CBC modes: nobody may foretell it (RFC 3602 section 3, RFC 2451).
 * @SECTUN_IV_NONE: X takes none: NULL (RFC 2410)
 * @SECTUN_IV_IMPLICIT: the sequence number of the associated data; it is not in the packet (RFC
 *	8750 section 4). This is what esp-iiv(X) is.
 *
 * A kind is known in esp_kind_of(), which says what it serves, and in esp_iv_make().
 */
enum sectun_iv_kind {
	SECTUN_IV_COUNTER,
	SECTUN_IV_RANDOM,
	SECTUN_IV_NONE,
	SECTUN_IV_IMPLICIT,
};

/**
 * struct esp_kind - what is peculiar to one X
 * @iv_kind: how the IV is made
 * @iv_len: octets of IV that X takes
 * @packet_iv_len: octets of IV in the packet: the same, or 0
 * @aad: ESP_AAD_*
 * @moves_aad: where dst is not src, decryption rearranges the associated data in dst and goes on to
 *	read it from src: authencesn
 */
struct esp_kind {
	enum sectun_iv_kind iv_kind;
	u8 iv_len;
	u8 packet_iv_len;
	u8 aad;
	bool moves_aad;
};

/**
 * struct esp_instance - esp(X) for one X
 * @spawn: X
 * @kind: what is peculiar to it
 */
struct esp_instance {
	struct crypto_aead_spawn spawn;
	struct esp_kind kind;
};

/**
 * struct esp_ctx - a transform: esp(X) with a key
 * @child: X with that key
 * @kind: copy of the instance's
 */
struct esp_ctx {
	struct crypto_aead *child;
	struct esp_kind kind;
};

/**
 * struct esp_request - request context
 * @header: associated data and IV in our own memory, where X cannot have the caller's
 * @src: a list of @header and the caller's text
 * @dst: likewise
 * @subreq: the request to X; X's request context follows
 */
struct esp_request {
	u8 header[SECTUN_ESP_AAD_ESN_LEN + ESP_IV_MAX];
	struct scatterlist src[3];
	struct scatterlist dst[3];
	struct aead_request subreq CRYPTO_MINALIGN_ATTR;
};

static bool esp_is_made_by(const struct aead_alg *x, const char *template)
{
	return !strncmp(x->base.cra_name, template, strlen(template));
}

/*
 * What is peculiar to an X, or -EINVAL if our template makes no sense of it. Block size 1 is a
 * stream mode.
 *
 * A pair of a cipher and an integrity algorithm authenticates the high half of a sequence number
 * behind everything else (RFC 4303 section 2.2.1), which only authencesn() knows to do; others have
 * it where the associated data has it.
 */
static int esp_kind_of(struct aead_alg *x, bool implicit, struct esp_kind *kind)
{
	const unsigned int iv_len = crypto_aead_alg_ivsize(x), block = x->base.cra_blocksize;

	if (iv_len == ESP_COUNTER_IV_LEN && block == 1)
		kind->iv_kind = SECTUN_IV_COUNTER;
	else if (iv_len > 1 && iv_len <= ESP_IV_MAX && iv_len == block)
		kind->iv_kind = SECTUN_IV_RANDOM;
	else if (iv_len == 0 && block == 1)
		kind->iv_kind = SECTUN_IV_NONE;
	else
		return -EINVAL;

	kind->iv_len = iv_len;
	kind->packet_iv_len = iv_len;
	kind->moves_aad = esp_is_made_by(x, "authencesn(");
	if (kind->moves_aad)
		kind->aad = ESP_AAD_LONG;
	else if (esp_is_made_by(x, "authenc("))
		kind->aad = ESP_AAD_SHORT;
	else
		kind->aad = ESP_AAD_SHORT | ESP_AAD_LONG;

	if (implicit) {
		if (kind->iv_kind != SECTUN_IV_COUNTER ||
		    kind->aad != (ESP_AAD_SHORT | ESP_AAD_LONG))
			return -EINVAL;
		kind->iv_kind = SECTUN_IV_IMPLICIT;
		kind->packet_iv_len = 0;
	}

	return 0;
}

static bool esp_assoclen_valid(const struct esp_kind *kind, unsigned int assoclen)
{
	return (assoclen == SECTUN_ESP_AAD_LEN && kind->aad & ESP_AAD_SHORT) ||
	       (assoclen == SECTUN_ESP_AAD_ESN_LEN && kind->aad & ESP_AAD_LONG);
}

/* The IV of a packet to encrypt, unless it is implicit. */
static void esp_iv_make(const struct esp_kind *kind, u8 iv[ESP_IV_MAX],
			const u8 counter[SECTUN_ESP_COUNTER_LEN])
{
	switch (kind->iv_kind) {
	case SECTUN_IV_COUNTER:
		memcpy(iv, counter, ESP_COUNTER_IV_LEN);
		break;
	case SECTUN_IV_RANDOM:
		get_random_bytes(iv, kind->iv_len);
		break;
	case SECTUN_IV_NONE:
	case SECTUN_IV_IMPLICIT:
		break;
	}
}

/* Where the request keeps the IV for X, aligned as X wants it. */
static u8 *esp_request_iv(struct crypto_aead *child, struct esp_request *rctx)
{
	return PTR_ALIGN((u8 *)(&rctx->subreq + 1) + crypto_aead_reqsize(child),
			 crypto_aead_alignmask(child) + 1);
}

/* The first @len octets of a list, if they are mapped and in one piece, or NULL. */
static u8 *esp_linear_header(struct scatterlist *sg, unsigned int len)
{
	if (sg->length < len || PageHighMem(sg_page(sg)))
		return NULL;

	return sg_virt(sg);
}

/* The list @to: @len octets of the request's own header, then @sg without its first @skip ones. */
static struct scatterlist *esp_behind_header(struct scatterlist to[3], u8 *header, unsigned int len,
					     struct scatterlist *sg, unsigned int skip)
{
	struct scatterlist *text;

	sg_init_table(to, 3);
	sg_set_buf(to, header, len);
	text = scatterwalk_ffwd(to + 1, sg, skip);
	if (!text)
		sg_mark_end(to);
	else if (text != to + 1)
		sg_chain(to, 2, text);

	return to;
}

/* The list that X shall read, where it is not the caller's: a copy of associated data and IV. */
static struct scatterlist *esp_own_source(struct aead_request *req, const struct esp_kind *kind,
					  const u8 *iv)
{
	struct esp_request *rctx = aead_request_ctx(req);
	const unsigned int assoclen = req->assoclen;

	scatterwalk_map_and_copy(rctx->header, req->src, 0, assoclen, 0);
	memcpy(rctx->header + assoclen, iv, kind->iv_len);

	return esp_behind_header(rctx->src, rctx->header, assoclen + kind->iv_len, req->src,
				 assoclen + kind->packet_iv_len);
}

/*
 * Writes the IV into dst, and returns the list that X shall read: one where the IV stands behind
 * the associated data.
 *
 * That is the caller's src if it shares these octets with dst. If not, its octets there are
 * anything, and they must stay: the memory may be read-only for us, such as page cache that was
 * spliced into an AF_ALG socket. X then gets a copy, followed by the caller's plaintext.
 */
static struct scatterlist *esp_source(struct aead_request *req, const struct esp_kind *kind,
				      const u8 *iv)
{
	const unsigned int assoclen = req->assoclen, len = assoclen + kind->packet_iv_len;
	u8 *to = esp_linear_header(req->dst, len);

	if (!kind->packet_iv_len)
		return req->src;

	if (likely(to))
		memcpy(to + assoclen, iv, kind->iv_len);
	else
		scatterwalk_map_and_copy((void *)iv, req->dst, assoclen, kind->iv_len, 1);

	if (req->src == req->dst || (to && to == esp_linear_header(req->src, len)))
		return req->src;

	return esp_own_source(req, kind, iv);
}

/* The request to X, for as many octets of text as the caller's request has behind the IV. */
static struct aead_request *esp_subrequest(struct aead_request *req, const struct esp_ctx *ctx,
					   struct scatterlist *src, struct scatterlist *dst, u8 *iv)
{
	struct esp_request *rctx = aead_request_ctx(req);
	struct aead_request *subreq = &rctx->subreq;

	aead_request_set_tfm(subreq, ctx->child);
	aead_request_set_callback(subreq, req->base.flags, req->base.complete, req->base.data);
	aead_request_set_crypt(subreq, src, dst, req->cryptlen - ctx->kind.packet_iv_len, iv);
	aead_request_set_ad(subreq, req->assoclen + ctx->kind.iv_len);

	return subreq;
}

/*
 * The request to X where the IV is implicit: it is put behind the associated data in a copy of
 * that, which both lists of X begin with; X writes only what stands behind. The IV is the sequence
 * number in 64 bits (RFC 8750 section 4), which the associated data ends with.
 */
static struct aead_request *esp_implicit_subrequest(struct aead_request *req,
						    const struct esp_ctx *ctx, u8 *iv)
{
	struct esp_request *rctx = aead_request_ctx(req);
	const unsigned int assoclen = req->assoclen, len = assoclen + ESP_COUNTER_IV_LEN;
	const unsigned int seq_len = assoclen - sizeof(__be32); /* what is not the SPI */
	struct scatterlist *src, *dst;

	memset(iv, 0, ESP_COUNTER_IV_LEN);
	scatterwalk_map_and_copy(iv + ESP_COUNTER_IV_LEN - seq_len, req->src, sizeof(__be32),
				 seq_len, 0);
	src = esp_own_source(req, &ctx->kind, iv);
	dst = req->src == req->dst ? src : esp_behind_header(rctx->dst, rctx->header, len,
							     req->dst, assoclen);

	return esp_subrequest(req, ctx, src, dst, iv);
}

static int esp_encrypt(struct aead_request *req)
{
	struct esp_ctx *ctx = crypto_aead_ctx(crypto_aead_reqtfm(req));
	u8 *iv = esp_request_iv(ctx->child, aead_request_ctx(req));

	if (!esp_assoclen_valid(&ctx->kind, req->assoclen) ||
	    req->cryptlen < ctx->kind.packet_iv_len)
		return -EINVAL;

	if (ctx->kind.iv_kind == SECTUN_IV_IMPLICIT)
		return crypto_aead_encrypt(esp_implicit_subrequest(req, ctx, iv));

	esp_iv_make(&ctx->kind, iv, req->iv);

	return crypto_aead_encrypt(esp_subrequest(req, ctx, esp_source(req, &ctx->kind, iv),
						  req->dst, iv));
}

static int esp_decrypt(struct aead_request *req)
{
	struct crypto_aead *tfm = crypto_aead_reqtfm(req);
	struct esp_ctx *ctx = crypto_aead_ctx(tfm);
	const struct esp_kind *kind = &ctx->kind;
	u8 *iv = esp_request_iv(ctx->child, aead_request_ctx(req));
	struct scatterlist *src = req->src;
	const u8 *header;

	if (!esp_assoclen_valid(kind, req->assoclen) ||
	    req->cryptlen < kind->packet_iv_len + crypto_aead_authsize(tfm))
		return -EINVAL;

	if (kind->iv_kind == SECTUN_IV_IMPLICIT)
		return crypto_aead_decrypt(esp_implicit_subrequest(req, ctx, iv));

	header = esp_linear_header(req->src, req->assoclen + kind->iv_len);
	if (likely(header))
		memcpy(iv, header + req->assoclen, kind->iv_len);
	else if (kind->iv_len)
		scatterwalk_map_and_copy(iv, req->src, req->assoclen, kind->iv_len, 0);
	if (kind->moves_aad && req->src != req->dst)
		src = esp_own_source(req, kind, iv);

	return crypto_aead_decrypt(esp_subrequest(req, ctx, src, req->dst, iv));
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
	ctx->kind = ictx->kind;

	/* esp_request_iv() rounds up from any address, which costs at most the alignment mask. */
	pad = crypto_aead_alignmask(child);
	crypto_aead_set_reqsize(tfm, sizeof(struct esp_request) + crypto_aead_reqsize(child) +
				     pad + ESP_IV_MAX);

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

/* @tmpl for the X that @tb names. May sleep; X's module may get loaded. */
static int esp_create(struct crypto_template *tmpl, struct rtattr **tb, bool implicit)
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

	err = esp_kind_of(x, implicit, &ictx->kind);
	if (err)
		goto err_free_inst;

	err = -ENAMETOOLONG;
	if (snprintf(inst->alg.base.cra_name, CRYPTO_MAX_ALG_NAME, "%s(%s)", tmpl->name,
		     x->base.cra_name) >= CRYPTO_MAX_ALG_NAME ||
	    snprintf(inst->alg.base.cra_driver_name, CRYPTO_MAX_ALG_NAME, "%s(%s)", tmpl->name,
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

static int esp_create_explicit(struct crypto_template *tmpl, struct rtattr **tb)
{
	return esp_create(tmpl, tb, false);
}

static int esp_create_implicit(struct crypto_template *tmpl, struct rtattr **tb)
{
	return esp_create(tmpl, tb, true);
}

static struct crypto_template esp_templates[] = {
	{
		.name = "esp",
		.create = esp_create_explicit,
		.module = THIS_MODULE,
	}, {
		.name = "esp-iiv",
		.create = esp_create_implicit,
		.module = THIS_MODULE,
	},
};

/**
 * sectun_esp_register - makes esp(X) and esp-iiv(X) known to the crypto API
 *
 * Context: module initialisation, may sleep.
 * Return: 0 or -EEXIST if another module has a template of that name.
 */
int sectun_esp_register(void)
{
	return crypto_register_templates(esp_templates, ARRAY_SIZE(esp_templates));
}

/**
 * sectun_esp_unregister - takes the templates back, with all their instances
 *
 * Every transform must be gone. Those of other users (AF_ALG) hold a reference to the module until
 * then; for our own sectun_alg_free_aead() must have been called.
 *
 * Context: module exit, may sleep.
 */
void sectun_esp_unregister(void)
{
	crypto_unregister_templates(esp_templates, ARRAY_SIZE(esp_templates));
}

/* Asking for esp(X), through AF_ALG for instance, loads the module. */
MODULE_ALIAS_CRYPTO("esp");
MODULE_ALIAS_CRYPTO("esp-iiv");
