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

/* The new functions take a struct sock, the old ones a struct socket. */
#ifndef SECTUN_HAVE_UDP_TUNNEL_SOCK
#define setup_udp_tunnel_sock(net, sk, cfg) setup_udp_tunnel_sock(net, (sk)->sk_socket, cfg)
#define udp_tunnel_sock_release(sk) udp_tunnel_sock_release((sk)->sk_socket)
#endif

#endif
