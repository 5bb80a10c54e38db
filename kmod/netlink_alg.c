// SPDX-License-Identifier: GPL-2.0-only
#include <linux/crypto.h>
#include "alg.h"
#include "netlink_common.h"

static int sectun_nl_alg_put_ids(struct sk_buff *skb, const struct sectun_alg *alg)
{
	if (alg->id && nla_put_u16(skb, SECTUN_A_ALG_ID, alg->id))
		return -EMSGSIZE;
	if (alg->integ_id && nla_put_u16(skb, SECTUN_A_ALG_INTEG_ID, alg->integ_id))
		return -EMSGSIZE;
	return 0;
}

static int sectun_nl_alg_put(struct sk_buff *skb, const struct sectun_alg *alg, const char *driver)
{
	if (nla_put_string(skb, SECTUN_A_ALG_NAME, alg->name) ||
	    nla_put_u8(skb, SECTUN_A_ALG_PROTO, alg->proto) ||
	    sectun_nl_alg_put_ids(skb, alg) ||
	    nla_put_string(skb, SECTUN_A_ALG_CRYPTO_NAME, alg->crypto_name) ||
	    nla_put_u16(skb, SECTUN_A_ALG_KEYMAT, sectun_alg_keymat_len(alg)) ||
	    nla_put_u16(skb, SECTUN_A_ALG_IV, alg->iv_len) ||
	    nla_put_u16(skb, SECTUN_A_ALG_ICV, alg->icv_len) ||
	    nla_put_u16(skb, SECTUN_A_ALG_BLOCK, alg->block_len) ||
	    nla_put_u16(skb, SECTUN_A_ALG_KEY, alg->key_len) ||
	    nla_put_u16(skb, SECTUN_A_ALG_SALT, alg->salt_len))
		return -EMSGSIZE;
	if (alg->flags & SECTUN_ALG_LEGACY && nla_put_flag(skb, SECTUN_A_ALG_LEGACY))
		return -EMSGSIZE;
	return driver ? nla_put_string(skb, SECTUN_A_ALG_DRIVER, driver) : 0;
}

/* @ask for the driver? */
static int sectun_nl_alg_fill(struct sk_buff *skb, struct netlink_callback *cb,
			      const struct sectun_alg *alg, bool ask)
{
	char driver[CRYPTO_MAX_ALG_NAME];
	bool available;
	void *header;

	available = ask && !sectun_alg_available(alg, driver, sizeof(driver));
	header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			     &sectun_nl_family, NLM_F_MULTI, SECTUN_CMD_ALG_GET);
	if (!header)
		return -EMSGSIZE;
	if (sectun_nl_alg_put(skb, alg, available ? driver : NULL)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

/**
 * sectun_nl_alg_get_dumpit - tells the algorithm table
 * @skb: the message
 * @cb: the dump; its first argument is the row at which to go on
 *
 * Context: may sleep; unless the request has no-driver, modules that have algorithms may get
 * loaded.
 * Return: octets in the message, 0 at the end.
 */
int sectun_nl_alg_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	const bool ask = !sectun_compat_dump_attrs(cb)[SECTUN_A_ALG_NO_DRIVER];
	const struct sectun_alg *alg;

	while ((alg = sectun_alg_at(cb->args[0]))) {
		if (sectun_nl_alg_fill(skb, cb, alg, ask))
			break;
		cb->args[0]++;
	}
	return skb->len;
}
