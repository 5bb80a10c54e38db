/* SPDX-License-Identifier: GPL-2.0-only */
/* Routes and UDP sockets. */
#ifndef _SECTUN_COMPAT_INET_H
#define _SECTUN_COMPAT_INET_H

#include <net/flow.h>
#include <net/inet_dscp.h>
#include <net/udp_tunnel.h>
#include "compat/probes.result"

/**
 * sectun_compat_set_dscp - sets what a route lookup is to know of the DSCP
 * @fl4: the lookup
 * @tos: the octet of the IP header; its ECN bits are not looked at
 */
static inline void sectun_compat_set_dscp(struct flowi4 *fl4, u8 tos)
{
#ifdef SECTUN_HAVE_FLOWI4_DSCP
	fl4->flowi4_dscp = inet_dsfield_to_dscp(tos);
#else
	fl4->flowi4_tos = tos & INET_DSCP_MASK;
#endif
}

/*
 * Who holds a UDP port: the arguments are a namespace, remote address and port, local address and
 * port, and the index of a device, or 0. To be called under RCU; no reference is taken.
 * (udp4_lib_lookup(), which takes one, is exported only by kernels with some of netfilter.)
 */
#ifdef SECTUN_HAVE_UDP_LOOKUP_TABLELESS
#define sectun_compat_udp4_lookup(net, raddr, rport, laddr, lport, dif) \
	__udp4_lib_lookup(net, raddr, rport, laddr, lport, dif, 0, NULL)
#define sectun_compat_udp6_lookup(net, raddr, rport, laddr, lport, dif) \
	__udp6_lib_lookup(net, raddr, rport, laddr, lport, dif, 0, NULL)
#else
#ifdef SECTUN_HAVE_UDP_TABLE_NETNS
#define sectun_compat_udp_table(net) ((net)->ipv4.udp_table)
#else
#define sectun_compat_udp_table(net) (&udp_table)
#endif
#define sectun_compat_udp4_lookup(net, raddr, rport, laddr, lport, dif) \
	__udp4_lib_lookup(net, raddr, rport, laddr, lport, dif, 0,      \
			  sectun_compat_udp_table(net), NULL)
#define sectun_compat_udp6_lookup(net, raddr, rport, laddr, lport, dif) \
	__udp6_lib_lookup(net, raddr, rport, laddr, lport, dif, 0,      \
			  sectun_compat_udp_table(net), NULL)
#endif

/* The new functions take a struct sock, the old ones a struct socket. */
#ifndef SECTUN_HAVE_UDP_TUNNEL_SOCK
#define setup_udp_tunnel_sock(net, sk, cfg) setup_udp_tunnel_sock(net, (sk)->sk_socket, cfg)
#define udp_tunnel_sock_release(sk) udp_tunnel_sock_release((sk)->sk_socket)
#endif

#endif
