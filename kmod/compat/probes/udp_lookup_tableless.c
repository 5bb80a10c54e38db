// SPDX-License-Identifier: GPL-2.0-only
/* 7.1: there is one kind of UDP left, so that the lookup of a socket is not told in which table. */
#include <net/udp.h>

static inline struct sock *probe(struct net *net)
{
#ifdef SECTUN_PROBE_NEW
	return __udp4_lib_lookup(net, 0, 0, 0, 0, 0, 0, NULL);
#else
	return __udp4_lib_lookup(net, 0, 0, 0, 0, 0, 0, NULL, NULL);
#endif
}
