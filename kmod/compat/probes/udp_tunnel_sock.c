// SPDX-License-Identifier: GPL-2.0-only
/* 6.17: the functions for kernel UDP sockets take the struct sock. */
#include <net/udp_tunnel.h>

#ifdef SECTUN_PROBE_NEW
static inline void probe(struct net *net, struct sock *sock, struct udp_tunnel_sock_cfg *cfg)
#else
static inline void probe(struct net *net, struct socket *sock, struct udp_tunnel_sock_cfg *cfg)
#endif
{
	setup_udp_tunnel_sock(net, sock, cfg);
	udp_tunnel_sock_release(sock);
}
