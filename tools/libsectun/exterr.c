// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/genl/genl.h>
#include "exterr.h"
#include "names.h"

/*
 * Where the attributes of an extended ack lie:
 *
 * NLMSG_ERROR: nlmsghdr | int error | nlmsghdr of the request | its rest, unless capped | attributes
 * NLMSG_DONE:  nlmsghdr | int error | attributes
 */
static const struct nlattr *find(const struct nlmsghdr *answer, unsigned int type)
{
	size_t skipped = sizeof(int);
	const struct nlmsgerr *error = nlmsg_data(answer);

	if (!(answer->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (answer->nlmsg_type == NLMSG_ERROR) {
		if ((size_t)nlmsg_datalen(answer) < sizeof(*error))
			return NULL;
		skipped = sizeof(*error);
		if (!(answer->nlmsg_flags & NLM_F_CAPPED))
			skipped += NLMSG_ALIGN(error->msg.nlmsg_len) - sizeof(error->msg);
	}
	if ((size_t)nlmsg_datalen(answer) <= skipped)
		return NULL;
	return nla_find((struct nlattr *)((char *)nlmsg_data(answer) + skipped),
			nlmsg_datalen(answer) - skipped, type);
}

/**
 * sectun_exterr_done - how a dump ended
 * @done: its last message
 *
 * Return: 0 or a negative errno.
 */
int sectun_exterr_done(const struct nlmsghdr *done)
{
	int err = 0;

	if ((size_t)nlmsg_datalen(done) >= sizeof(err))
		memcpy(&err, nlmsg_data(done), sizeof(err));
	return err < 0 ? err : 0;
}

/* The range that the kernel's policy allows, where a number or a length is outside of it. */
static void append_range(const struct nlmsghdr *answer, char *to, size_t size)
{
	struct nlattr *policy = (struct nlattr *)find(answer, NLMSGERR_ATTR_POLICY);
	struct nlattr *attrs[NL_POLICY_TYPE_ATTR_MAX + 1];
	unsigned int min = NL_POLICY_TYPE_ATTR_MIN_VALUE_U, max = NL_POLICY_TYPE_ATTR_MAX_VALUE_U;
	size_t used = strlen(to);

	if (!policy || nla_parse_nested(attrs, NL_POLICY_TYPE_ATTR_MAX, policy, NULL))
		return;
	if (attrs[min] && attrs[max] && nla_len(attrs[min]) == sizeof(uint64_t) &&
	    nla_len(attrs[max]) == sizeof(uint64_t))
		snprintf(to + used, size - used, ": %" PRIu64 " to %" PRIu64,
			 nla_get_u64(attrs[min]), nla_get_u64(attrs[max]));
}

/**
 * sectun_exterr_message - the kernel's sentence
 * @answer: NLMSG_ERROR or NLMSG_DONE
 * @to: is set to it, or to "" if there is none
 * @size: octets of @to
 */
void sectun_exterr_message(const struct nlmsghdr *answer, char *to, size_t size)
{
	const struct nlattr *attr = find(answer, NLMSGERR_ATTR_MSG);

	to[0] = '\0';
	if (!attr)
		return;
	snprintf(to, size, "%.*s", nla_len(attr), (const char *)nla_data(attr));
	append_range(answer, to, size);
}

static const char *name_of(const struct sectun_set *set, unsigned int type)
{
	return type <= set->max && set->attributes[type].name ? set->attributes[type].name : "?";
}

static void append(char *to, size_t size, const char *name)
{
	size_t used = strlen(to);

	snprintf(to + used, size - used, "%s%s", used ? "." : "", name);
}

/* Follows an offset into the request down the nests that it lies in. */
static void name_at(struct nlmsghdr *request, uint32_t offset, const struct sectun_set *set,
		    char *to, size_t size)
{
	struct nlattr *head = genlmsg_attrdata(genlmsg_hdr(request), 0);
	int len = genlmsg_attrlen(genlmsg_hdr(request), 0);
	const char *at = (const char *)request + offset;
	struct nlattr *attr;
	int left;

	while (set) {
		nla_for_each_attr(attr, head, len, left) {
			if (at < (const char *)attr + NLA_ALIGN(attr->nla_len))
				break;
		}
		if (!nla_ok(attr, left) || at < (const char *)attr)
			return;
		append(to, size, name_of(set, nla_type(attr)));
		if (at == (const char *)attr || (unsigned int)nla_type(attr) > set->max)
			return;
		set = set->attributes[nla_type(attr)].nest;
		head = nla_data(attr);
		len = nla_len(attr);
	}
}

/**
 * sectun_exterr_attribute - the attribute that the kernel objects to or misses
 * @answer: NLMSG_ERROR or NLMSG_DONE
 * @request: the request that it answers
 * @to: is set to the attribute's name, nests joined by a dot, or to "" if the kernel named none
 * @size: octets of @to
 */
void sectun_exterr_attribute(const struct nlmsghdr *answer, struct nlmsghdr *request, char *to,
			     size_t size)
{
	unsigned int command = genlmsg_hdr(request)->cmd;
	const struct sectun_set *set =
		command <= SECTUN_CMD_MAX ? sectun_commands[command].set : NULL;
	const struct nlattr *attr;

	to[0] = '\0';
	attr = find(answer, NLMSGERR_ATTR_OFFS);
	if (attr && nla_len(attr) == sizeof(uint32_t))
		name_at(request, nla_get_u32(attr), set, to, size);

	/* A missing attribute is missed in the request itself, or in the nest at an offset. */
	attr = find(answer, NLMSGERR_ATTR_MISS_NEST);
	if (attr && nla_len(attr) == sizeof(uint32_t))
		name_at(request, nla_get_u32(attr), set, to, size);
	else if (set && !to[0]) {
		attr = find(answer, NLMSGERR_ATTR_MISS_TYPE);
		if (attr && nla_len(attr) == sizeof(uint32_t))
			append(to, size, name_of(set, nla_get_u32(attr)));
	}
}
