// SPDX-License-Identifier: GPL-2.0-only
/* 6.3: an extended ack can hold a formatted message; before, only a string that stays. */
#include <linux/netlink.h>

static inline void probe(struct netlink_ext_ack *extack, int n)
{
#ifdef SECTUN_PROBE_NEW
	NL_SET_ERR_MSG_FMT(extack, "%d", n);
#else
	NL_SET_ERR_MSG(extack, "n");
#endif
}
