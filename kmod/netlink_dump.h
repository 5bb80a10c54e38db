/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dumps. A dump takes many messages, and between two of them nothing is locked and nothing held: a
 * reader that never comes back must not keep a device from going away. Where to go on is remembered
 * by identifiers, which only grow in the order in which objects stand in their lists: an object
 * that is there all the time is told exactly once, whatever comes and goes around it. So a dump
 * never calls itself interrupted. Tunnels that come while their device is told are left out, or
 * whoever adds faster than the reader reads would keep him reading for ever.
 */
#ifndef _SECTUN_NETLINK_DUMP_H
#define _SECTUN_NETLINK_DUMP_H

#include <net/genetlink.h>
#include "uapi/sectun.h"

struct sectun_device;
struct sectun_tunnel;

/**
 * struct sectun_nl_dump - where a dump is
 * @only: index of the one device that was asked for, or 0
 * @refused: the request is refused as soon as there is a way to say why
 * @ifindex: index from which on a device is looked for
 * @name: of the tunnel at which the last message ended: it is found again at once
 * @tunnel_id: tunnels of the device with a lower identifier have been told
 * @tunnel_last: the last identifier that the device had given when its turn came
 * @sa_id: SAs of that tunnel with a lower identifier have been told
 */
struct sectun_nl_dump {
	u32 only;
	bool refused;
	unsigned long ifindex;
	char name[SECTUN_NAME_SIZE];
	u64 tunnel_id;
	u64 tunnel_last;
	u64 sa_id;
};

/**
 * typedef sectun_nl_fill_t - tells the objects of one device
 * @skb: the message
 * @cb: the dump, whose position moves on with every object that is told
 * @device: the device, its lock held
 *
 * Return: 0 at the end of the device, -EMSGSIZE when the message is full.
 */
typedef int (*sectun_nl_fill_t)(struct sk_buff *skb, struct netlink_callback *cb,
				struct sectun_device *device);

/**
 * sectun_nl_dump_of - where a dump is
 * @cb: the dump
 *
 * Return: what sectun_nl_dump_start() made.
 */
static inline struct sectun_nl_dump *sectun_nl_dump_of(struct netlink_callback *cb)
{
	return (struct sectun_nl_dump *)cb->args[0];
}

int sectun_nl_dump_start(struct netlink_callback *cb);
int sectun_nl_dump_done(struct netlink_callback *cb);
int sectun_nl_dump_devices(struct sk_buff *skb, struct netlink_callback *cb, sectun_nl_fill_t fill);
void *sectun_nl_dump_put(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd);

struct sectun_tunnel *sectun_nl_dump_tunnel(struct netlink_callback *cb,
					    struct sectun_device *device);
bool sectun_nl_dump_ends(struct netlink_callback *cb, const struct sectun_tunnel *tunnel);
void sectun_nl_dump_at(struct netlink_callback *cb, const struct sectun_tunnel *tunnel, u64 sa_id);
void sectun_nl_dump_past(struct netlink_callback *cb, const struct sectun_tunnel *tunnel);

#endif
