// SPDX-License-Identifier: GPL-2.0-only
/* 6.18: the DSCP of a route lookup has a type of its own, so that ECN bits cannot get in. */
#include <net/flow.h>
#include <net/inet_dscp.h>

static inline void probe(struct flowi4 *fl4, u8 tos)
{
#ifdef SECTUN_PROBE_NEW
	fl4->flowi4_dscp = inet_dsfield_to_dscp(tos);
#else
	fl4->flowi4_tos = tos & INET_DSCP_MASK;
#endif
}
