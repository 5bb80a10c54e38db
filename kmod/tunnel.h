/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_TUNNEL_H
#define _SECTUN_TUNNEL_H

#include <linux/refcount.h>
#include <linux/rhashtable.h>
#include <linux/skbuff.h>
#include <linux/timer.h>
#include <net/dst_cache.h>
#include "addr.h"
#include "device.h"
#include "dummy.h"
#include "stats.h"
#include "uapi/sectun.h"

struct sectun_sa;
struct sectun_socket;

/**
 * struct sectun_conf - what an administrator says of a tunnel, apart from its selectors
 * @family: AF_INET or AF_INET6, of both outer addresses
 * @mode: enum sectun_mode
 * @encap: enum sectun_encap; of sent packets
 * @df: enum sectun_df
 * @ecn: RFC 6040 if true, else Not-ECT
 * @ttl: outer TTL or hop limit, or SECTUN_TTL_COPY
 * @flow_label: enum sectun_flow_label
 * @sport: UDP port of this end
 * @dport: UDP port of the peer
 * @tfc: inner packets shorter than this many octets are padded to it
 * @dummy: dummy packets sent in a second
 * @mss: largest TCP MSS let through; 0: any; SECTUN_MSS_AUTO: what fits
 * @keepalive: seconds of silence before a NAT keepalive; 0: never
 * @link: interface index in the outer namespace for outer packets; 0: any
 * @mark: mark of outer packets
 * @local: outer address of this end
 * @remote: outer address of the peer
 * @dscp: outer DSCP by inner DSCP
 * @routes: cached routes to @remote
 * @rcu: for the old one when a new one is published
 *
 * Never changed once published: sectun_tunnel_set() publishes another one.
 */
struct sectun_conf {
	u8 family;
	u8 mode;
	u8 encap;
	u8 df;
	bool ecn;
	u8 ttl;
	u8 flow_label;
	__be16 sport;
	__be16 dport;
	u16 tfc;
	u16 dummy;
	u16 mss;
	u16 keepalive;
	int link;
	u32 mark;
	union sectun_addr local;
	union sectun_addr remote;
	u8 dscp[SECTUN_DSCP_COUNT];
	struct dst_cache routes;
	struct rcu_head rcu;
};

/**
 * struct sectun_tunnel - one peer relation inside a device
 * @device: the device; valid while the tunnel is in it, and for as long as an SA of the tunnel is
 *	held
 * @conf: what is configured; published under the device's lock, RCU
 * @selectors: what the tunnel carries; published under the device's lock, RCU
 * @sa_out: the transmit SA, or NULL; published under the device's lock, RCU
 * @past: by direction: what SAs carried that are no longer in @sas
 * @last_tx: jiffies of the last packet sent, for keepalives
 * @last_acquire: jiffies of the last acquire event
 * @held: packets that wait for a transmit SA; its own lock
 * @gone: set under @held's lock when the tunnel goes away: nothing is held any more
 * @keepalive: sends NAT keepalives
 * @dummy: sends dummy packets; NULL where it was never told to
 * @socket: UDP socket of the module that receives for the tunnel, or NULL; under the device's lock
 * @sas: SAs of both directions; writers under the device's lock, readers RCU
 * @n_in: receive SAs among them; under the device's lock
 * @id: grows with every tunnel and SA of the device: where a dump goes on
 * @node: in sectun_device.tunnels
 * @name_node: in sectun_device.by_name
 * @name: unique in the device
 * @drops: since the tunnel was added; NULL before the first
 * @refs: the device's list holds one, each SA and each reader that sleeps another
 * @rcu: readers may still walk past a removed tunnel
 */
struct sectun_tunnel {
	struct sectun_device *device;
	struct sectun_conf __rcu *conf;
	struct sectun_selectors __rcu *selectors;
	struct sectun_sa __rcu *sa_out;
	struct sectun_past past[SECTUN_DIRS];
	unsigned long last_tx;
	unsigned long last_acquire;

	struct sk_buff_head held;
	bool gone;
	struct timer_list keepalive;
	struct sectun_dummy *dummy;
	struct sectun_socket *socket;
	struct list_head sas;
	unsigned int n_in;
	u64 id;
	struct list_head node;
	struct rhash_head name_node;
	char name[SECTUN_NAME_SIZE];
	struct sectun_drops *drops;
	refcount_t refs;
	struct rcu_head rcu;
};

struct sectun_tunnel *sectun_tunnel_find(struct sectun_device *device, const char *name);

struct sectun_conf *sectun_conf_alloc(void);
struct sectun_conf *sectun_conf_copy(const struct sectun_conf *old);
void sectun_conf_free(struct sectun_conf *conf);

int sectun_tunnel_add(struct sectun_device *device, const char *name, struct sectun_conf *conf,
		      struct sectun_selectors *selectors, struct netlink_ext_ack *extack);
int sectun_tunnel_set(struct sectun_tunnel *tunnel, struct sectun_conf *conf,
		      struct sectun_selectors *selectors, struct netlink_ext_ack *extack);
void sectun_tunnel_del(struct sectun_tunnel *tunnel);
void sectun_tunnel_del_all(struct sectun_device *device);
void sectun_tunnel_put(struct sectun_tunnel *tunnel);

int sectun_tunnel_init(void);
void sectun_tunnel_uninit(void);

extern const struct rhashtable_params sectun_tunnel_by_name;

#endif
