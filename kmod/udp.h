/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_UDP_H
#define _SECTUN_UDP_H

#include <linux/types.h>

struct net;
struct netlink_ext_ack;
struct sectun_conf;
struct sectun_socket;
struct sectun_tunnel;

struct sectun_socket *sectun_socket_get(struct net *net, const struct sectun_conf *conf,
					struct netlink_ext_ack *extack);
void sectun_socket_put(struct net *net, struct sectun_socket *socket);

void sectun_keepalive_init(struct sectun_tunnel *tunnel);
void sectun_keepalive_start(struct sectun_tunnel *tunnel);
void sectun_keepalive_stop(struct sectun_tunnel *tunnel);

#endif
