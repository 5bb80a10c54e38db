// SPDX-License-Identifier: GPL-2.0-only
/* What requests and answers say of an SA's lifetime. */
#include "lifetime.h"
#include "netlink_common.h"
#include "sa.h"

/**
 * struct sectun_nl_limit - one kind of limit
 * @attrs: attributes by enum sectun_limit
 * @used: the attribute that tells how much is used, or 0
 * @offset: of the pair in struct sectun_limits
 */
struct sectun_nl_limit {
	int attrs[SECTUN_LIMITS];
	int used;
	size_t offset;
};

/* The age of an SA is told of all. */
static const struct sectun_nl_limit sectun_nl_limits[] = {
	{ { SECTUN_A_SA_SOFT_BYTES, SECTUN_A_SA_HARD_BYTES }, SECTUN_A_SA_USED_BYTES,
	  offsetof(struct sectun_limits, bytes) },
	{ { SECTUN_A_SA_SOFT_PACKETS, SECTUN_A_SA_HARD_PACKETS }, SECTUN_A_SA_USED_PACKETS,
	  offsetof(struct sectun_limits, packets) },
	{ { SECTUN_A_SA_SOFT_TIME, SECTUN_A_SA_HARD_TIME }, 0,
	  offsetof(struct sectun_limits, seconds) },
};

/**
 * sectun_nl_limits_parse - reads what a request says of the limits
 * @attrs: attributes of an SA; the policy has seen to it that none of them is 0
 * @limits: filled in
 * @extack: says why not
 *
 * Return: 0, or -EINVAL for a soft limit that is not below its hard one.
 */
int sectun_nl_limits_parse(struct nlattr **attrs, struct sectun_limits *limits,
			   struct netlink_ext_ack *extack)
{
	const struct sectun_nl_limit *kind;
	const struct nlattr *soft, *hard;
	u64 *pair;

	for (kind = sectun_nl_limits; kind < sectun_nl_limits + ARRAY_SIZE(sectun_nl_limits);
	     kind++) {
		pair = (void *)limits + kind->offset;
		soft = attrs[kind->attrs[SECTUN_LIMIT_SOFT]];
		hard = attrs[kind->attrs[SECTUN_LIMIT_HARD]];
		pair[SECTUN_LIMIT_SOFT] = soft ? nla_get_u64(soft) : SECTUN_LIMIT_NONE;
		pair[SECTUN_LIMIT_HARD] = hard ? nla_get_u64(hard) : SECTUN_LIMIT_NONE;
		if (soft && hard && pair[SECTUN_LIMIT_SOFT] >= pair[SECTUN_LIMIT_HARD]) {
			NL_SET_ERR_MSG_ATTR(extack, soft, "a soft limit is below the hard one");
			return -EINVAL;
		}
	}
	return 0;
}

static u64 sectun_nl_used(const struct sectun_sa *sa, int attr)
{
	return attr == SECTUN_A_SA_USED_BYTES ? atomic64_read(&sa->lifetime.bytes) :
						sectun_lifetime_packets(sa);
}

static int sectun_nl_limit_put(struct sk_buff *skb, int attr, u64 limit)
{
	return limit == SECTUN_LIMIT_NONE ? 0 :
	       nla_put_u64_64bit(skb, attr, limit, SECTUN_A_SA_PAD);
}

/**
 * sectun_nl_lifetime_put - writes the limits of an SA, and how much of them is used
 * @skb: the message; what was written is left in it on error
 * @sa: an SA that has a key
 *
 * Return: 0 or -EMSGSIZE.
 */
int sectun_nl_lifetime_put(struct sk_buff *skb, const struct sectun_sa *sa)
{
	const struct sectun_nl_limit *kind;
	const u64 *pair;

	for (kind = sectun_nl_limits; kind < sectun_nl_limits + ARRAY_SIZE(sectun_nl_limits);
	     kind++) {
		pair = (const void *)&sa->lifetime.limits + kind->offset;
		if (pair[SECTUN_LIMIT_SOFT] == SECTUN_LIMIT_NONE &&
		    pair[SECTUN_LIMIT_HARD] == SECTUN_LIMIT_NONE)
			continue;
		if (sectun_nl_limit_put(skb, kind->attrs[SECTUN_LIMIT_SOFT],
					pair[SECTUN_LIMIT_SOFT]) ||
		    sectun_nl_limit_put(skb, kind->attrs[SECTUN_LIMIT_HARD],
					pair[SECTUN_LIMIT_HARD]))
			return -EMSGSIZE;
		if (kind->used && nla_put_u64_64bit(skb, kind->used, sectun_nl_used(sa, kind->used),
						    SECTUN_A_SA_PAD))
			return -EMSGSIZE;
	}
	return 0;
}
