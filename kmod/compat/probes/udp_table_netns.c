// SPDX-License-Identifier: GPL-2.0-only
/* 6.2: a namespace may have a table of UDP sockets of its own. */
#include <net/net_namespace.h>
#include <net/udp.h>

static inline struct udp_table *probe(struct net *net)
{
#ifdef SECTUN_PROBE_NEW
	return net->ipv4.udp_table;
#else
	return &udp_table;
#endif
}
