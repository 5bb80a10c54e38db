/* SPDX-License-Identifier: GPL-2.0-only */
/* UDP sockets. */
#ifndef _SECTUN_COMPAT_UDP_H
#define _SECTUN_COMPAT_UDP_H

#include <net/udp_tunnel.h>
#include "compat/probes.result"

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

/* Has a socket take packets with others on their frag_list as they are. */
#ifdef udp_set_bit
#define sectun_compat_udp_accept_lists(sk) udp_set_bit(ACCEPT_FRAGLIST, sk)
#else
#define sectun_compat_udp_accept_lists(sk) (udp_sk(sk)->accept_udp_fraglist = 1)
#endif

#endif
