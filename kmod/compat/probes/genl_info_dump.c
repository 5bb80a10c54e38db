// SPDX-License-Identifier: GPL-2.0-only
/* 6.6: a dump has a struct genl_info too, with the attributes in it. */
#include <net/genetlink.h>

static inline struct nlattr *probe(struct netlink_callback *cb)
{
#ifdef SECTUN_PROBE_NEW
	return genl_info_dump(cb)->attrs[1];
#else
	return genl_dumpit_info(cb)->attrs[1];
#endif
}
