// SPDX-License-Identifier: GPL-2.0-only
/*
 * ESP in UDP (RFC 3948). Where a process, a key-management daemon, holds the port with UDP_ENCAP
 * set, the stack brings its ESP packets to the handlers of input.c and nothing is needed here. Else
 * the module opens a socket of its own, one per namespace, family and port, and tunnels share it.
 *
 * What comes in on such a socket: a keepalive (one octet 0xFF), IKE (four octets 0, for which
 * nobody is there) or ESP.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <net/udp.h>
#include <net/udp_tunnel.h>
#include "compat/compat.h"
#include "device.h"
#include "header.h"
#include "inner.h"
#include "input.h"
#include "net.h"
#include "offload.h"
#include "output.h"
#include "path.h"
#include "sa.h"
#include "tunnel.h"
#include "udp.h"

#define SECTUN_KEEPALIVE_OCTET 0xff /* RFC 3948 section 2.3 */

/**
 * struct sectun_socket - a UDP socket of the module
 * @sock: the socket
 * @family: AF_INET or AF_INET6
 * @port: local port
 * @users: tunnels that need it; under sectun_net.sockets_lock
 * @node: in sectun_net.sockets
 */
struct sectun_socket {
	struct socket *sock;
	u8 family;
	__be16 port;
	unsigned int users;
	struct list_head node;
};

/* Softirq. Takes every packet: 0 tells the stack so. */
static int sectun_socket_rcv(struct sock *sk, struct sk_buff *skb)
{
	const __be32 *spi;

	if (!pskb_may_pull(skb, sizeof(struct udphdr) + SECTUN_ESP_HEADER_LEN))
		goto drop;
	__skb_pull(skb, sizeof(struct udphdr));
	skb_reset_transport_header(skb);
	spi = (const __be32 *)skb->data;
	if (*spi && !sectun_input(skb, sk->sk_family, IPPROTO_ESP, true))
		return 0;
drop:
	kfree_skb(skb);
	return 0;
}

static void sectun_socket_err4(struct sk_buff *skb, __be32 spi)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct icmphdr *icmph = (const struct icmphdr *)skb->data - 1;
	const union sectun_addr local = { .ip4 = iph->saddr }, remote = { .ip4 = iph->daddr };
	const struct sectun_sa *sa;

	if (icmph->type != ICMP_DEST_UNREACH || icmph->code != ICMP_FRAG_NEEDED)
		return;
	sa = sectun_sa_quoted(sectun_net(dev_net(skb->dev)), AF_INET, IPPROTO_ESP, spi, &local,
			      &remote);
	if (sa)
		sectun_path_too_big4(sa->tunnel, skb, ntohs(icmph->un.frag.mtu));
}

static void sectun_socket_err6(struct sk_buff *skb, __be32 spi)
{
#if IS_ENABLED(CONFIG_IPV6)
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;
	const struct icmp6hdr *icmp6h = (const struct icmp6hdr *)skb->data - 1;
	const union sectun_addr local = { .ip6 = ip6h->saddr }, remote = { .ip6 = ip6h->daddr };
	const struct sectun_sa *sa;

	if (icmp6h->icmp6_type != ICMPV6_PKT_TOOBIG)
		return;
	sa = sectun_sa_quoted(sectun_net(dev_net(skb->dev)), AF_INET6, IPPROTO_ESP, spi, &local,
			      &remote);
	if (sa)
		sectun_path_too_big6(sa->tunnel, skb, ntohl(icmp6h->icmp6_mtu));
#endif
}

/*
 * Softirq. An ICMP error about a packet that was sent from the port, which the data begins with.
 * The stack would note a path MTU for the route that the socket would take, perhaps one into the
 * device (path.c), and believe any error with the right ports. It is told not to (see
 * sectun_socket_open()), and what quotes a packet of an SA is noted here.
 */
static int sectun_socket_err(struct sock *sk, struct sk_buff *skb)
{
	const int offset = skb_transport_offset(skb) + sizeof(struct udphdr);
	__be32 buffer;
	const __be32 *spi;

	spi = skb_header_pointer(skb, offset, sizeof(buffer), &buffer);
	if (!spi)
		return 0;
	if (sk->sk_family == AF_INET)
		sectun_socket_err4(skb, *spi);
	else
		sectun_socket_err6(skb, *spi);
	return 0;
}

/* Does a process hold the port, and does it take ESP? */
static bool sectun_socket_foreign(struct net *net, const struct sectun_conf *conf)
{
	struct sock *sk = NULL;
	bool encap;

	rcu_read_lock();
	if (conf->family == AF_INET)
		sk = sectun_compat_udp4_lookup(net, conf->remote.ip4, conf->dport,
					       conf->local.ip4, conf->sport, conf->link);
#if IS_ENABLED(CONFIG_IPV6)
	else
		sk = sectun_compat_udp6_lookup(net, &conf->remote.ip6, conf->dport,
					       &conf->local.ip6, conf->sport, conf->link);
#endif
	encap = sk && READ_ONCE(udp_sk(sk)->encap_type) == UDP_ENCAP_ESPINUDP;
	rcu_read_unlock();
	return encap;
}

static struct socket *sectun_socket_open(struct net *net, const struct sectun_conf *conf)
{
	struct udp_port_cfg port = {
		.family = conf->family,
		.local_udp_port = conf->sport,
		.use_udp6_rx_checksums = false, /* RFC 6935: a peer may leave it out */
		.ipv6_v6only = conf->family == AF_INET6,
	};
	struct udp_tunnel_sock_cfg config = {
		.encap_type = UDP_ENCAP_ESPINUDP,
		.encap_rcv = sectun_socket_rcv,
		.encap_err_lookup = sectun_socket_err,
		.gro_receive = sectun_offload_udp_receive,
		.gro_complete = sectun_offload_udp_complete,
	};
	struct socket *sock;
	int err;

	err = udp_sock_create(net, &port, &sock);
	if (err)
		return ERR_PTR(err);
	inet_sk(sock->sk)->pmtudisc = IP_PMTUDISC_OMIT;
#if IS_ENABLED(CONFIG_IPV6)
	if (conf->family == AF_INET6)
		inet6_sk(sock->sk)->pmtudisc = IPV6_PMTUDISC_OMIT;
#endif
	setup_udp_tunnel_sock(net, sock->sk, &config);
	sectun_compat_udp_accept_lists(sock->sk);
	return sock;
}

static struct sectun_socket *sectun_socket_find(struct sectun_net *sn,
						const struct sectun_conf *conf)
{
	struct sectun_socket *socket;

	list_for_each_entry(socket, &sn->sockets, node)
		if (socket->family == conf->family && socket->port == conf->sport)
			return socket;
	return NULL;
}

static struct sectun_socket *sectun_socket_new(struct sectun_net *sn,
					       const struct sectun_conf *conf)
{
	struct sectun_socket *socket = kzalloc(sizeof(*socket), GFP_KERNEL);
	int err;

	if (!socket)
		return ERR_PTR(-ENOMEM);
	socket->sock = sectun_socket_open(sn->net, conf);
	if (IS_ERR(socket->sock)) {
		err = PTR_ERR(socket->sock);
		kfree(socket);
		return ERR_PTR(err);
	}
	socket->family = conf->family;
	socket->port = conf->sport;
	list_add(&socket->node, &sn->sockets);
	return socket;
}

/**
 * sectun_socket_get - sees to it that ESP in UDP is received on a tunnel's port
 * @net: namespace of outer packets
 * @conf: the tunnel's configuration
 * @extack: says why not
 *
 * Context: may sleep.
 * Return: a socket of the module; NULL where a process serves the port; ERR_PTR: -EADDRINUSE where
 * a process holds it for something else, -ENOMEM and what binding may answer.
 */
struct sectun_socket *sectun_socket_get(struct net *net, const struct sectun_conf *conf,
					struct netlink_ext_ack *extack)
{
	struct sectun_net *sn = sectun_net(net);
	struct sectun_socket *socket;

	mutex_lock(&sn->sockets_lock);
	socket = sectun_socket_find(sn, conf);
	if (!socket)
		socket = sectun_socket_new(sn, conf);
	if (!IS_ERR(socket))
		socket->users++;
	mutex_unlock(&sn->sockets_lock);

	if (PTR_ERR_OR_ZERO(socket) == -EADDRINUSE) {
		if (sectun_socket_foreign(net, conf))
			return NULL;
		NL_SET_ERR_MSG(extack, "a process holds the local UDP port without UDP_ENCAP_ESPINUDP");
	}
	return socket;
}

/**
 * sectun_socket_put - a tunnel needs a socket no longer
 * @net: namespace of outer packets
 * @socket: from sectun_socket_get(), not NULL
 *
 * Context: may sleep.
 */
void sectun_socket_put(struct net *net, struct sectun_socket *socket)
{
	struct sectun_net *sn = sectun_net(net);

	/* Whoever wants the port next finds the socket in the list, or the port free. */
	mutex_lock(&sn->sockets_lock);
	if (!--socket->users) {
		list_del(&socket->node);
		udp_tunnel_sock_release(socket->sock->sk);
		kfree(socket);
	}
	mutex_unlock(&sn->sockets_lock);
}

/* Softirq, RCU. */
static void sectun_keepalive_send(struct sectun_tunnel *tunnel, struct sectun_conf *conf)
{
	static const struct sectun_inner none = {};
	struct net *net = tunnel->device->net;
	enum sectun_reason reason;
	struct dst_entry *dst;
	struct sk_buff *skb;
	unsigned int headroom;

	dst = sectun_path_route(tunnel, conf, &reason);
	if (!dst)
		return;
	headroom = LL_RESERVED_SPACE(dst->dev) + dst->header_len + sectun_header_outer_len(conf, 0);
	skb = alloc_skb(headroom + 1, GFP_ATOMIC);
	if (!skb) {
		dst_release(dst);
		return;
	}
	skb_reserve(skb, headroom);
	skb_put_u8(skb, SECTUN_KEEPALIVE_OCTET);
	sectun_header_push(skb, conf, net, sectun_header_push_encap(skb, conf, 0), &none, true, 0);
	sectun_header_checksum(skb);
	skb_dst_set(skb, dst);
	skb->mark = conf->mark;
	sectun_output_send(net, skb);
}

static void sectun_keepalive_timer(struct timer_list *timer)
{
	struct sectun_tunnel *tunnel = timer_container_of(tunnel, timer, keepalive);
	unsigned long interval, due;
	struct sectun_conf *conf;

	rcu_read_lock();
	conf = rcu_dereference(tunnel->conf);
	interval = conf->keepalive * HZ;
	if (conf->encap == SECTUN_ENCAP_UDP && interval) {
		due = READ_ONCE(tunnel->last_tx) + interval;
		if (time_after_eq(jiffies, due)) {
			if (rcu_access_pointer(tunnel->sa_out))
				sectun_keepalive_send(tunnel, conf);
			WRITE_ONCE(tunnel->last_tx, jiffies);
			due = jiffies + interval;
		}
		mod_timer(timer, due);
	}
	rcu_read_unlock();
}

/**
 * sectun_keepalive_init - prepares a tunnel's keepalives
 * @tunnel: a new tunnel
 */
void sectun_keepalive_init(struct sectun_tunnel *tunnel)
{
	timer_setup(&tunnel->keepalive, sectun_keepalive_timer, 0);
}

/**
 * sectun_keepalive_start - (re)starts them by the tunnel's present configuration
 * @tunnel: the tunnel, its device's lock held
 */
void sectun_keepalive_start(struct sectun_tunnel *tunnel)
{
	const struct sectun_conf *conf;

	conf = rcu_dereference_protected(tunnel->conf, lockdep_is_held(&tunnel->device->lock));
	if (conf->encap == SECTUN_ENCAP_UDP && conf->keepalive)
		mod_timer(&tunnel->keepalive, jiffies + conf->keepalive * HZ);
}

/**
 * sectun_keepalive_stop - ends them
 * @tunnel: a tunnel that goes away
 *
 * Context: may sleep.
 */
void sectun_keepalive_stop(struct sectun_tunnel *tunnel)
{
	timer_shutdown_sync(&tunnel->keepalive);
}
