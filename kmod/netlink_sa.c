// SPDX-License-Identifier: GPL-2.0-only
#include <linux/crypto.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include "alg.h"
#include "netlink_common.h"
#include "netlink_dump.h"
#include "sa.h"
#include "tunnel.h"

#define SECTUN_SPI_FIRST 256 /* RFC 4303 section 2.1 reserves those below */
#define SECTUN_LARVAL_TIMEOUT_DEFAULT 30 /* seconds */
#define SECTUN_LARVAL_TIMEOUT_MAX 86400 /* seconds */
#define SECTUN_RETIRE_AFTER_DEFAULT 10000 /* milliseconds */

/* What a request says of an SA. @nest is the nest that the attributes are in, or NULL. */

static u8 sectun_nl_proto_parse(struct nlattr **attrs)
{
	const struct nlattr *attr = attrs[SECTUN_A_SA_PROTO];

	return attr ? nla_get_u8(attr) : SECTUN_PROTO_ESP;
}

/* Can an SA of this protocol be in the tunnel? */
static int sectun_nl_proto_check(struct nlattr **attrs, u8 proto, struct sectun_tunnel *tunnel,
				 struct netlink_ext_ack *extack)
{
	const struct sectun_conf *conf =
		rcu_dereference_protected(tunnel->conf, lockdep_is_held(&tunnel->device->lock));

	if (proto == SECTUN_PROTO_AH && conf->encap == SECTUN_ENCAP_UDP) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[SECTUN_A_SA_PROTO],
				    "UDP carries ESP only (RFC 3948): set encap none on the tunnel, or give proto 50 (ESP)");
		return -EINVAL;
	}
	return 0;
}

static int sectun_nl_spi_parse(struct nlattr **attrs, const struct nlattr *nest, __be32 *spi,
			       struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = attrs[SECTUN_A_SA_SPI];

	if (!attr)
		return SECTUN_NL_MISSING(extack, nest, SECTUN_A_SA_SPI,
					 "spi is missing: 256 to 4294967295");
	if (nla_get_u32(attr) < SECTUN_SPI_FIRST) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "SPIs 0 to 255 are reserved: give 256 to 4294967295");
		return -EINVAL;
	}
	*spi = htonl(nla_get_u32(attr));
	return 0;
}

static int sectun_nl_dir_parse(struct nlattr **attrs, enum sectun_dir *dir,
			       struct netlink_ext_ack *extack)
{
	if (!attrs[SECTUN_A_SA_DIR])
		return SECTUN_NL_MISSING(extack, NULL, SECTUN_A_SA_DIR,
					 "dir is missing: 0 (in) or 1 (out)");
	*dir = nla_get_u8(attrs[SECTUN_A_SA_DIR]);
	return 0;
}

/* No row has the keyword: says why. */
static int sectun_nl_alg_unknown(const struct nlattr *attr, u8 proto,
				 struct netlink_ext_ack *extack)
{
	const u8 other = proto == SECTUN_PROTO_ESP ? SECTUN_PROTO_AH : SECTUN_PROTO_ESP;
	const char *forbidden = sectun_alg_forbidden(nla_data(attr));

	NL_SET_BAD_ATTR(extack, attr);
	if (sectun_alg_find(other, nla_data(attr))) {
		NL_SET_ERR_MSG_FMT(extack, "an algorithm of %s only: give proto %u",
				   other == SECTUN_PROTO_ESP ? "ESP" : "AH", other);
		return -EINVAL;
	}
	if (forbidden) {
		NL_SET_ERR_MSG_FMT(extack, "%s", forbidden);
		return -EINVAL;
	}
	NL_SET_ERR_MSG(extack, "unknown algorithm: alg-get lists them");
	return -ENOENT;
}

static int sectun_nl_alg_parse(struct nlattr **attrs, const struct nlattr *nest,
			       struct sectun_sa_spec *spec, struct netlink_ext_ack *extack)
{
	const struct nlattr *attr = attrs[SECTUN_A_SA_ALG];

	if (!attr)
		return SECTUN_NL_MISSING(extack, nest, SECTUN_A_SA_ALG,
					 "alg is missing: a keyword that alg-get tells");
	spec->alg = sectun_alg_find(spec->proto, nla_data(attr));
	if (!spec->alg)
		return sectun_nl_alg_unknown(attr, spec->proto, extack);
	if (spec->alg->flags & SECTUN_ALG_LEGACY && !nla_get_flag(attrs[SECTUN_A_SA_LEGACY]))
		return SECTUN_NL_MISSING(extack, nest, SECTUN_A_SA_LEGACY,
					 "3DES and SHA-1 are on their way out (RFC 8221): give legacy if the peer has nothing better");
	return 0;
}

static int sectun_nl_key_parse(struct nlattr **attrs, const struct nlattr *nest,
			       struct sectun_sa_spec *spec, struct netlink_ext_ack *extack)
{
	const unsigned int expected = sectun_alg_keymat_len(spec->alg);
	const struct nlattr *key = attrs[SECTUN_A_SA_KEY];
	char text[SECTUN_ALG_KEYMAT_TEXT];

	if (!key) {
		NL_SET_ERR_ATTR_MISS(extack, nest, SECTUN_A_SA_KEY);
		NL_SET_ERR_MSG_FMT(extack, "the key is missing: %s",
				   sectun_alg_keymat_describe(spec->alg, text));
		return -EINVAL;
	}
	if (nla_len(key) != expected) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, key, "%s takes %s, not %u", spec->alg->name,
					sectun_alg_keymat_describe(spec->alg, text), nla_len(key));
		return -EINVAL;
	}
	spec->keymat = nla_data(key);
	spec->keymat_len = expected;
	return 0;
}

static int sectun_nl_seq_parse(struct nlattr **attrs, struct sectun_sa_spec *spec,
			       struct netlink_ext_ack *extack)
{
	const struct nlattr *replay = attrs[SECTUN_A_SA_REPLAY], *seq = attrs[SECTUN_A_SA_SEQ];

	if (attrs[SECTUN_A_SA_ESN])
		spec->esn = nla_get_u8(attrs[SECTUN_A_SA_ESN]);
	if (seq) {
		spec->seq = nla_get_u64(seq);
		if (!spec->esn && spec->seq > U32_MAX) {
			NL_SET_ERR_MSG_ATTR(extack, seq, "without esn, seq is at most 4294967295");
			return -ERANGE;
		}
	}
	if (replay && spec->dir == SECTUN_DIR_OUT) {
		NL_SET_ERR_MSG_ATTR(extack, replay, "replay is for dir in only");
		return -EINVAL;
	}
	spec->replay = replay ? nla_get_u32(replay) : SECTUN_REPLAY_WINDOW_DEFAULT;
	return 0;
}

static int sectun_nl_follow_parse(struct nlattr **attrs, struct sectun_sa_spec *spec,
				  struct netlink_ext_ack *extack)
{
	const struct nlattr *follow = attrs[SECTUN_A_SA_FOLLOW];

	if (follow && spec->dir == SECTUN_DIR_OUT) {
		NL_SET_ERR_MSG_ATTR(extack, follow, "follow is for dir in only");
		return -EINVAL;
	}
	spec->follow = follow && nla_get_u8(follow);
	return 0;
}

static int sectun_nl_spec_parse(struct nlattr **attrs, const struct nlattr *nest,
				struct sectun_tunnel *tunnel, enum sectun_dir dir,
				struct sectun_sa_spec *spec, struct netlink_ext_ack *extack)
{
	int err;

	*spec = (struct sectun_sa_spec){
		.dir = dir,
		.proto = sectun_nl_proto_parse(attrs),
		.allow_static = nla_get_flag(attrs[SECTUN_A_SA_ALLOW_STATIC]),
		.spi_attr = attrs[SECTUN_A_SA_SPI],
		.alg_attr = attrs[SECTUN_A_SA_ALG],
	};
	err = sectun_nl_proto_check(attrs, spec->proto, tunnel, extack);
	if (err)
		return err;
	err = sectun_nl_spi_parse(attrs, nest, &spec->spi, extack);
	if (err)
		return err;
	err = sectun_nl_alg_parse(attrs, nest, spec, extack);
	if (err)
		return err;
	err = sectun_nl_key_parse(attrs, nest, spec, extack);
	if (err)
		return err;
	err = sectun_nl_seq_parse(attrs, spec, extack);
	if (err)
		return err;
	err = sectun_nl_follow_parse(attrs, spec, extack);
	if (err)
		return err;
	return sectun_nl_limits_parse(attrs, &spec->limits, extack);
}

/*
 * A request loses its keys, whether it succeeds or not: neither the memory nor an answer that
 * quotes the request shall hold them. Only the last one of repeated attributes was parsed; all are
 * wiped.
 */
static void sectun_nl_keys_wipe(struct nlattr *head, int len)
{
	struct nlattr *attr;
	int rest;

	nla_for_each_attr(attr, head, len, rest)
		if (nla_type(attr) == SECTUN_A_SA_KEY)
			memzero_explicit(nla_data(attr), nla_len(attr));
}

/* The commands. */

static int sectun_nl_sa_add(struct genl_info *info, struct sectun_device *device)
{
	struct netlink_ext_ack *extack = info->extack;
	struct sectun_tunnel *tunnel;
	struct sectun_sa_spec spec;
	enum sectun_dir dir;
	int err;

	tunnel = sectun_nl_tunnel_find(device, info->attrs, SECTUN_A_SA_TUNNEL, extack);
	if (IS_ERR(tunnel))
		return PTR_ERR(tunnel);
	err = sectun_nl_dir_parse(info->attrs, &dir, extack);
	if (err)
		return err;
	err = sectun_nl_spec_parse(info->attrs, NULL, tunnel, dir, &spec, extack);
	if (err)
		return err;
	if (dir == SECTUN_DIR_OUT && spec.alg->flags & SECTUN_ALG_FRESH_KEY && !spec.allow_static) {
		NL_SET_ERR_ATTR_MISS(extack, NULL, SECTUN_A_SA_ALLOW_STATIC);
		NL_SET_ERR_MSG(extack,
			       "a fixed key repeats nonces after a restart: give allow-static if it is never used again");
		return -EINVAL;
	}
	return sectun_sa_add(tunnel, &spec, extack);
}

/**
 * sectun_nl_sa_new_doit - installs an SA
 * @skb: the request; keys in it are wiped
 * @info: its attributes
 *
 * Context: may sleep.
 * Return: 0 or an error, which the extended ack explains; nothing has changed then.
 */
int sectun_nl_sa_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sectun_nl_hold hold;
	int err;

	err = sectun_nl_device_lock(&hold, skb, info->attrs, SECTUN_A_SA_IFINDEX, info->extack);
	if (!err) {
		err = sectun_nl_sa_add(info, hold.device);
		sectun_nl_device_unlock(&hold);
	}
	sectun_nl_keys_wipe(genlmsg_data(info->genlhdr), genlmsg_len(info->genlhdr));
	return err;
}

/* The SA in one tunnel, or else in all of them, where it must be the only one. */
static struct sectun_sa *sectun_nl_sa_search(struct genl_info *info, struct sectun_device *device,
					     enum sectun_dir dir, u8 proto, __be32 spi)
{
	struct sectun_sa *sa, *found = NULL;
	struct sectun_tunnel *tunnel;

	if (info->attrs[SECTUN_A_SA_TUNNEL]) {
		tunnel = sectun_nl_tunnel_find(device, info->attrs, SECTUN_A_SA_TUNNEL,
					       info->extack);
		return IS_ERR(tunnel) ? ERR_CAST(tunnel) : sectun_sa_find(tunnel, dir, proto, spi);
	}
	list_for_each_entry(tunnel, &device->tunnels, node) {
		sa = sectun_sa_find(tunnel, dir, proto, spi);
		if (sa && found) {
			NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[SECTUN_A_SA_SPI],
					    "several tunnels have an SA with this SPI: name the tunnel");
			return ERR_PTR(-ENOTUNIQ);
		}
		if (sa)
			found = sa;
	}
	return found;
}

/* The SA that a request names; the device's lock is held. */
static struct sectun_sa *sectun_nl_sa_find(struct genl_info *info, struct sectun_device *device)
{
	enum sectun_dir dir;
	struct sectun_sa *sa;
	__be32 spi;
	u8 proto = sectun_nl_proto_parse(info->attrs);
	int err;

	err = sectun_nl_dir_parse(info->attrs, &dir, info->extack);
	if (err)
		return ERR_PTR(err);
	err = sectun_nl_spi_parse(info->attrs, NULL, &spi, info->extack);
	if (err)
		return ERR_PTR(err);
	sa = sectun_nl_sa_search(info, device, dir, proto, spi);
	if (!sa) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[SECTUN_A_SA_SPI],
				    "no SA of this direction has this SPI");
		return ERR_PTR(-ENOENT);
	}
	return sa;
}

static int sectun_nl_sa_change(struct genl_info *info, struct sectun_device *device)
{
	const struct nlattr *seq = info->attrs[SECTUN_A_SA_SEQ];
	struct sectun_sa *sa;

	if (!seq)
		return SECTUN_NL_MISSING(info->extack, NULL, SECTUN_A_SA_SEQ,
					 "seq is missing: it is what can be changed of an SA");
	sa = sectun_nl_sa_find(info, device);
	if (IS_ERR(sa))
		return PTR_ERR(sa);
	NL_SET_BAD_ATTR(info->extack, seq);
	if (sa->state == SECTUN_SA_STATE_LARVAL) {
		NL_SET_ERR_MSG(info->extack, "a reserved SPI has no sequence number yet");
		return -EINVAL;
	}
	return sectun_sa_seek(sa, nla_get_u64(seq), info->extack);
}

/**
 * sectun_nl_sa_set_doit - moves the sequence number of an SA forward
 * @skb: the request
 * @info: its attributes
 *
 * Context: may sleep.
 * Return: 0 or an error, which the extended ack explains; nothing has changed then.
 */
int sectun_nl_sa_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sectun_nl_hold hold;
	int err;

	err = sectun_nl_device_lock(&hold, skb, info->attrs, SECTUN_A_SA_IFINDEX, info->extack);
	if (err)
		return err;
	err = sectun_nl_sa_change(info, hold.device);
	sectun_nl_device_unlock(&hold);
	return err;
}

/**
 * sectun_nl_sa_del_doit - removes an SA
 * @skb: the request
 * @info: its attributes
 *
 * Context: may sleep.
 * Return: 0 or an error, which the extended ack explains.
 */
int sectun_nl_sa_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sectun_nl_hold hold;
	struct sectun_sa *sa;
	int err;

	err = sectun_nl_device_lock(&hold, skb, info->attrs, SECTUN_A_SA_IFINDEX, info->extack);
	if (err)
		return err;
	sa = sectun_nl_sa_find(info, hold.device);
	if (IS_ERR(sa))
		err = PTR_ERR(sa);
	else
		sectun_sa_del(sa);
	sectun_nl_device_unlock(&hold);
	return err;
}

/**
 * sectun_nl_flush_doit - removes all SAs of a tunnel, or of all tunnels of a device
 * @skb: the request
 * @info: its attributes
 *
 * Context: may sleep.
 * Return: 0 or an error, which the extended ack explains.
 */
int sectun_nl_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sectun_tunnel *tunnel;
	struct sectun_nl_hold hold;
	int err;

	err = sectun_nl_device_lock(&hold, skb, info->attrs, SECTUN_A_SA_IFINDEX, info->extack);
	if (err)
		return err;
	if (!info->attrs[SECTUN_A_SA_TUNNEL]) {
		list_for_each_entry(tunnel, &hold.device->tunnels, node)
			sectun_sa_del_all(tunnel);
		goto out_unlock;
	}
	tunnel = sectun_nl_tunnel_find(hold.device, info->attrs, SECTUN_A_SA_TUNNEL, info->extack);
	if (IS_ERR(tunnel))
		err = PTR_ERR(tunnel);
	else
		sectun_sa_del_all(tunnel);

out_unlock:
	sectun_nl_device_unlock(&hold);
	return err;
}

/* One half of a rekey; NULL where the request has none. */
static int sectun_nl_half_parse(struct genl_info *info, int type, struct sectun_tunnel *tunnel,
				enum sectun_dir dir, struct sectun_sa_spec *spec)
{
	const struct nlattr *nest = info->attrs[type];
	struct nlattr *tb[SECTUN_A_SA_MAX + 1];
	int err;

	if (!nest)
		return 0;
	err = nla_parse_nested(tb, SECTUN_A_SA_MAX, nest, sectun_rekey_sa_policy, info->extack);
	if (err)
		return err;
	return sectun_nl_spec_parse(tb, nest, tunnel, dir, spec, info->extack);
}

/*
 * Keys that come this way have been negotiated: whoever rekeys can do it again after a restart, so
 * allow-static is not asked for.
 */
static int sectun_nl_rekey(struct genl_info *info, struct sectun_device *device)
{
	struct nlattr **attrs = info->attrs;
	u32 retire_ms = SECTUN_RETIRE_AFTER_DEFAULT;
	struct sectun_sa_spec in, out;
	struct sectun_tunnel *tunnel;
	int err;

	tunnel = sectun_nl_tunnel_find(device, attrs, SECTUN_A_REKEY_TUNNEL, info->extack);
	if (IS_ERR(tunnel))
		return PTR_ERR(tunnel);
	if (!attrs[SECTUN_A_REKEY_IN] && !attrs[SECTUN_A_REKEY_OUT])
		return SECTUN_NL_MISSING(info->extack, NULL, SECTUN_A_REKEY_IN,
					 "rekey needs in, out or both");
	err = sectun_nl_half_parse(info, SECTUN_A_REKEY_IN, tunnel, SECTUN_DIR_IN, &in);
	if (err)
		return err;
	err = sectun_nl_half_parse(info, SECTUN_A_REKEY_OUT, tunnel, SECTUN_DIR_OUT, &out);
	if (err)
		return err;
	if (attrs[SECTUN_A_REKEY_RETIRE_AFTER])
		retire_ms = nla_get_u32(attrs[SECTUN_A_REKEY_RETIRE_AFTER]);
	return sectun_sa_rekey(tunnel, attrs[SECTUN_A_REKEY_IN] ? &in : NULL,
			       attrs[SECTUN_A_REKEY_OUT] ? &out : NULL, retire_ms, info->extack);
}

/**
 * sectun_nl_rekey_doit - replaces the SAs of a tunnel in one transaction
 * @skb: the request; keys in it are wiped
 * @info: its attributes
 *
 * Context: may sleep.
 * Return: 0 or an error, which the extended ack explains; nothing has changed then.
 */
int sectun_nl_rekey_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sectun_nl_hold hold;
	struct nlattr *attr;
	int err, rest;

	err = sectun_nl_device_lock(&hold, skb, info->attrs, SECTUN_A_REKEY_IFINDEX, info->extack);
	if (!err) {
		err = sectun_nl_rekey(info, hold.device);
		sectun_nl_device_unlock(&hold);
	}
	nla_for_each_attr(attr, genlmsg_data(info->genlhdr), genlmsg_len(info->genlhdr), rest)
		if (nla_type(attr) == SECTUN_A_REKEY_IN || nla_type(attr) == SECTUN_A_REKEY_OUT)
			sectun_nl_keys_wipe(nla_data(attr), nla_len(attr));
	return err;
}

/* What is told of an SA. */

static u64 sectun_nl_sa_seq(const struct sectun_sa *sa)
{
	return sa->dir == SECTUN_DIR_OUT ? atomic64_read(&sa->seq) :
					   sectun_replay_top(&sa->replay);
}

/**
 * sectun_nl_sa_put_identity - writes which SA it is, and how far it has come
 * @skb: the message; what was written is left in it on error
 * @sa: the SA
 *
 * Context: RCU or the device's lock.
 * Return: 0 or -EMSGSIZE.
 */
int sectun_nl_sa_put_identity(struct sk_buff *skb, const struct sectun_sa *sa)
{
	if (nla_put_u8(skb, SECTUN_A_SA_DIR, sa->dir) ||
	    nla_put_u8(skb, SECTUN_A_SA_PROTO, sa->proto) ||
	    nla_put_u32(skb, SECTUN_A_SA_SPI, ntohl(sa->spi)) ||
	    nla_put_u8(skb, SECTUN_A_SA_STATE, sectun_sa_state(sa)))
		return -EMSGSIZE;
	if (!sa->alg)
		return 0;
	if (nla_put_string(skb, SECTUN_A_SA_ALG, sa->alg->name) ||
	    nla_put_u64_64bit(skb, SECTUN_A_SA_SEQ, sectun_nl_sa_seq(sa), SECTUN_A_SA_PAD))
		return -EMSGSIZE;
	return 0;
}

/* What an SA has once it has a key. */
static int sectun_nl_sa_put_keyed(struct sk_buff *skb, const struct sectun_sa *sa)
{
	const char *driver = sectun_sa_driver(sa);
	const time64_t age = ktime_get_boottime_seconds() - sa->installed;
	const u64 last_used = READ_ONCE(sa->last_used);

	if (nla_put_u8(skb, SECTUN_A_SA_ESN, sa->esn))
		return -EMSGSIZE;
	if (sa->dir == SECTUN_DIR_IN &&
	    (nla_put_u32(skb, SECTUN_A_SA_REPLAY, sa->replay.window) ||
	     nla_put_u8(skb, SECTUN_A_SA_FOLLOW, sa->endpoint.follow)))
		return -EMSGSIZE;
	if (sa->allow_static && nla_put_flag(skb, SECTUN_A_SA_ALLOW_STATIC))
		return -EMSGSIZE;
	if (driver && nla_put_string(skb, SECTUN_A_SA_DRIVER, driver))
		return -EMSGSIZE;
	if (nla_put_u64_64bit(skb, SECTUN_A_SA_AGE, age, SECTUN_A_SA_PAD))
		return -EMSGSIZE;
	if (last_used && nla_put_u64_64bit(skb, SECTUN_A_SA_IDLE,
					   div_u64(get_jiffies_64() - last_used, HZ),
					   SECTUN_A_SA_PAD))
		return -EMSGSIZE;
	return sectun_nl_lifetime_put(skb, sa);
}

static int sectun_nl_late_put(struct sk_buff *skb, u32 behind, u64 packets)
{
	struct nlattr *nest = nla_nest_start(skb, SECTUN_A_SA_LATE_BY);

	if (!nest || nla_put_u32(skb, SECTUN_A_LATE_BEHIND, behind) ||
	    nla_put_u64_64bit(skb, SECTUN_A_LATE_PACKETS, packets, SECTUN_A_LATE_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* What the replay window of an SA tells of the path. */
static int sectun_nl_loss_put(struct sk_buff *skb, struct sectun_replay *replay)
{
	struct sectun_replay_loss loss;
	unsigned int i;

	sectun_replay_loss_read(replay, &loss);
	if (nla_put_u64_64bit(skb, SECTUN_A_SA_LOST, loss.lost, SECTUN_A_SA_PAD) ||
	    nla_put_u64_64bit(skb, SECTUN_A_SA_LATE, loss.late, SECTUN_A_SA_PAD))
		return -EMSGSIZE;
	if (!loss.late)
		return 0;
	if (nla_put_u32(skb, SECTUN_A_SA_LATE_MAX, loss.late_max))
		return -EMSGSIZE;
	for (i = 0; i < SECTUN_REPLAY_LATE_STEPS; i++)
		if (loss.late_by[i] && sectun_nl_late_put(skb, BIT(i), loss.late_by[i]))
			return -EMSGSIZE;
	return 0;
}

/* The device's lock is held. What was written is left in the message on error. */
static int sectun_nl_sa_put(struct sk_buff *skb, struct sectun_sa *sa)
{
	struct sectun_total total;
	bool out = sa->dir == SECTUN_DIR_OUT;

	if (nla_put_u32(skb, SECTUN_A_SA_IFINDEX, sa->tunnel->device->dev->ifindex) ||
	    nla_put_string(skb, SECTUN_A_SA_TUNNEL, sa->tunnel->name) ||
	    sectun_nl_sa_put_identity(skb, sa))
		return -EMSGSIZE;
	if (sa->alg && sectun_nl_sa_put_keyed(skb, sa))
		return -EMSGSIZE;
	if (sa->alg && !out && sa->replay.window && sectun_nl_loss_put(skb, &sa->replay))
		return -EMSGSIZE;
	sectun_traffic_read(sa->traffic, &total);
	return sectun_nl_stats_put(skb, SECTUN_A_SA_STATS, out ? NULL : &total,
				   out ? &total : NULL, READ_ONCE(sa->drops), 1);
}

static size_t sectun_nl_late_size(void)
{
	return nla_total_size(nla_total_size(sizeof(u32)) + nla_total_size_64bit(sizeof(u64)));
}

static size_t sectun_nl_sa_size(void)
{
	return 2 * nla_total_size(SECTUN_NAME_SIZE) + nla_total_size(CRYPTO_MAX_ALG_NAME) +
	       SECTUN_A_SA_MAX * nla_total_size_64bit(sizeof(u64)) +
	       SECTUN_REPLAY_LATE_STEPS * sectun_nl_late_size() + sectun_nl_stats_size();
}

/**
 * sectun_nl_sa_get_doit - answers what one SA is
 * @skb: the request
 * @info: its attributes
 *
 * Context: may sleep.
 * Return: 0 or an error, which the extended ack explains.
 */
int sectun_nl_sa_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sectun_nl_hold hold;
	struct sk_buff *reply;
	struct sectun_sa *sa;
	void *header;
	int err;

	reply = genlmsg_new(sectun_nl_sa_size(), GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	err = sectun_nl_device_lock(&hold, skb, info->attrs, SECTUN_A_SA_IFINDEX, info->extack);
	if (err)
		goto err_free;
	sa = sectun_nl_sa_find(info, hold.device);
	if (IS_ERR(sa)) {
		err = PTR_ERR(sa);
		goto err_unlock;
	}
	header = genlmsg_put_reply(reply, info, &sectun_nl_family, 0, SECTUN_CMD_SA_GET);
	err = header ? sectun_nl_sa_put(reply, sa) : -EMSGSIZE;
	if (err)
		goto err_unlock;
	sectun_nl_device_unlock(&hold);
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);

err_unlock:
	sectun_nl_device_unlock(&hold);
err_free:
	nlmsg_free(reply);
	return err;
}

static int sectun_nl_sa_fill_tunnel(struct sk_buff *skb, struct netlink_callback *cb,
				    const struct sectun_tunnel *tunnel)
{
	struct sectun_nl_dump *dump = sectun_nl_dump_of(cb);
	u64 from = tunnel->id == dump->tunnel_id ? dump->sa_id : 0;
	struct sectun_sa *sa;
	void *header;

	list_for_each_entry(sa, &tunnel->sas, node) {
		if (sa->id < from)
			continue;
		header = sectun_nl_dump_put(skb, cb, SECTUN_CMD_SA_GET);
		if (!header)
			return -EMSGSIZE;
		if (sectun_nl_sa_put(skb, sa)) {
			genlmsg_cancel(skb, header);
			return -EMSGSIZE;
		}
		genlmsg_end(skb, header);
		sectun_nl_dump_at(cb, tunnel, sa->id + 1);
	}
	return 0;
}

static int sectun_nl_sa_fill(struct sk_buff *skb, struct netlink_callback *cb,
			     struct sectun_device *device)
{
	struct sectun_tunnel *tunnel = sectun_nl_dump_tunnel(cb, device);

	list_for_each_entry_from(tunnel, &device->tunnels, node) {
		if (sectun_nl_dump_ends(cb, tunnel))
			break;
		if (sectun_nl_sa_fill_tunnel(skb, cb, tunnel))
			return -EMSGSIZE;
		sectun_nl_dump_past(cb, tunnel);
	}
	return 0;
}

/**
 * sectun_nl_sa_get_dumpit - tells all SAs of the namespace, or of one device
 * @skb: the message
 * @cb: the dump
 *
 * Context: may sleep.
 * Return: octets in the message, 0 at the end, or an error.
 */
int sectun_nl_sa_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return sectun_nl_dump_devices(skb, cb, sectun_nl_sa_fill);
}

/* Reserving an SPI. */

static int sectun_nl_range_parse(struct genl_info *info, u32 *spi_min, u32 *spi_max)
{
	const struct nlattr *min = info->attrs[SECTUN_A_SA_SPI_MIN];
	const struct nlattr *max = info->attrs[SECTUN_A_SA_SPI_MAX];

	*spi_min = min ? nla_get_u32(min) : SECTUN_SPI_FIRST;
	*spi_max = max ? nla_get_u32(max) : U32_MAX;
	if (*spi_min < SECTUN_SPI_FIRST) {
		NL_SET_ERR_MSG_ATTR(info->extack, min,
				    "SPIs 0 to 255 are reserved: give 256 to 4294967295");
		return -EINVAL;
	}
	if (*spi_max < *spi_min) {
		NL_SET_ERR_MSG_ATTR(info->extack, max, "spi-max is at least spi-min, and 256");
		return -EINVAL;
	}
	return 0;
}

static struct sectun_sa *sectun_nl_sa_reserve(struct genl_info *info, struct sectun_device *device)
{
	const struct nlattr *timeout = info->attrs[SECTUN_A_SA_LARVAL_TIMEOUT];
	u32 spi_min, spi_max, seconds = SECTUN_LARVAL_TIMEOUT_DEFAULT;
	u8 proto = sectun_nl_proto_parse(info->attrs);
	struct sectun_tunnel *tunnel;
	int err;

	tunnel = sectun_nl_tunnel_find(device, info->attrs, SECTUN_A_SA_TUNNEL, info->extack);
	if (IS_ERR(tunnel))
		return ERR_CAST(tunnel);
	err = sectun_nl_proto_check(info->attrs, proto, tunnel, info->extack);
	if (err)
		return ERR_PTR(err);
	err = sectun_nl_range_parse(info, &spi_min, &spi_max);
	if (err)
		return ERR_PTR(err);
	if (timeout)
		seconds = nla_get_u32(timeout);
	if (!seconds || seconds > SECTUN_LARVAL_TIMEOUT_MAX) {
		NL_SET_ERR_MSG_ATTR(info->extack, timeout, "larval-timeout is 1 to 86400 seconds");
		return ERR_PTR(-ERANGE);
	}
	return sectun_sa_reserve(tunnel, proto, spi_min, spi_max, seconds, info->extack);
}

/* Consumes the message. */
static int sectun_nl_reserved_reply(struct sk_buff *reply, struct genl_info *info,
				    const struct sectun_sa *sa)
{
	void *header;

	header = genlmsg_put_reply(reply, info, &sectun_nl_family, 0, SECTUN_CMD_SPI_ALLOC);
	if (!header || sectun_nl_sa_put_identity(reply, sa) ||
	    nla_put_u32(reply, SECTUN_A_SA_IFINDEX, sa->tunnel->device->dev->ifindex) ||
	    nla_put_string(reply, SECTUN_A_SA_TUNNEL, sa->tunnel->name)) {
		nlmsg_free(reply);
		return -EMSGSIZE;
	}
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);
}

/**
 * sectun_nl_spi_alloc_doit - reserves a free SPI and answers it
 * @skb: the request
 * @info: its attributes
 *
 * Context: may sleep.
 * Return: 0 or an error, which the extended ack explains; nothing has changed then.
 */
int sectun_nl_spi_alloc_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sectun_nl_hold hold;
	struct sk_buff *reply;
	struct sectun_sa *sa;
	int err;

	reply = genlmsg_new(sectun_nl_sa_size(), GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	err = sectun_nl_device_lock(&hold, skb, info->attrs, SECTUN_A_SA_IFINDEX, info->extack);
	if (err)
		goto err_free;
	sa = sectun_nl_sa_reserve(info, hold.device);
	if (IS_ERR(sa)) {
		err = PTR_ERR(sa);
		sectun_nl_device_unlock(&hold);
		goto err_free;
	}
	err = sectun_nl_reserved_reply(reply, info, sa);
	if (err)
		sectun_sa_del(sa);
	sectun_nl_device_unlock(&hold);
	return err;

err_free:
	nlmsg_free(reply);
	return err;
}
