// SPDX-License-Identifier: GPL-2.0-only
/* 6.9: a formatted message that names an attribute. */
#include <linux/netlink.h>

static inline void probe(struct netlink_ext_ack *extack, const struct nlattr *attr, int n)
{
#ifdef SECTUN_PROBE_NEW
	NL_SET_ERR_MSG_ATTR_FMT(extack, attr, "%d", n);
#else
	NL_SET_ERR_MSG_ATTR(extack, attr, "n");
#endif
}
