// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>
#include "netlink_common.h"
#include "netlink_dump.h"

/* For what no message holds: a tunnel with all the selectors and drops that there may be. */
#define SECTUN_NL_DUMP_GROWTH 16384 /* octets */

static u8 sectun_nl_dump_cmd(struct netlink_callback *cb)
{
	const struct genlmsghdr *header = nlmsg_data(cb->nlh);

	return header->cmd;
}

/* What a dump takes: of each command the attribute that chooses the device, and the last one. */
static void sectun_nl_dump_takes(u8 cmd, int *ifindex, int *max)
{
	switch (cmd) {
	case SECTUN_CMD_TUNNEL_GET:
		*ifindex = SECTUN_A_TUNNEL_IFINDEX;
		*max = SECTUN_A_TUNNEL_MAX;
		break;
	case SECTUN_CMD_SA_GET:
		*ifindex = SECTUN_A_SA_IFINDEX;
		*max = SECTUN_A_SA_MAX;
		break;
	default:
		*ifindex = SECTUN_A_DEVICE_IFINDEX;
		*max = SECTUN_A_DEVICE_MAX;
		break;
	}
}

/* Whether the request is right; @only gets the index of the one device that it asks for. */
static int sectun_nl_dump_check(struct netlink_callback *cb, u32 *only)
{
	struct nlattr **attrs = sectun_compat_dump_attrs(cb);
	struct sectun_nl_hold hold;
	int ifindex, max, type, err;

	sectun_nl_dump_takes(sectun_nl_dump_cmd(cb), &ifindex, &max);
	for (type = 1; type <= max; type++) {
		if (!attrs[type] || type == ifindex)
			continue;
		NL_SET_ERR_MSG_ATTR(cb->extack, attrs[type],
				    "a dump takes ifindex only; without it all devices are told");
		return -EINVAL;
	}
	if (!attrs[ifindex])
		return 0;
	err = sectun_nl_device_lock(&hold, cb->skb, attrs, ifindex, cb->extack);
	if (err)
		return err;
	*only = hold.device->dev->ifindex;
	sectun_nl_device_unlock(&hold);
	return 0;
}

/**
 * sectun_nl_dump_start - begins a dump of devices, tunnels or SAs
 * @cb: the dump
 *
 * Older kernels have no extended ack here yet: there the request is refused with the first message.
 *
 * Context: may sleep.
 * Return: 0, -EINVAL, -ENODEV, -EPERM or -ENOMEM; sectun_nl_dump_done() is then not called.
 */
int sectun_nl_dump_start(struct netlink_callback *cb)
{
	struct sectun_nl_dump *dump;
	u32 only = 0;
	int err;

	err = sectun_nl_dump_check(cb, &only);
	if (err && cb->extack)
		return err;
	dump = kzalloc(sizeof(*dump), GFP_KERNEL);
	if (!dump)
		return -ENOMEM;
	dump->refused = err;
	dump->only = only;
	dump->ifindex = only;
	cb->args[0] = (long)dump;
	return 0;
}

/**
 * sectun_nl_dump_done - ends a dump
 * @cb: the dump
 *
 * Return: 0.
 */
int sectun_nl_dump_done(struct netlink_callback *cb)
{
	kfree(sectun_nl_dump_of(cb));
	return 0;
}

static void sectun_nl_dump_turn_to(struct sectun_nl_dump *dump, unsigned long ifindex)
{
	dump->ifindex = ifindex;
	dump->name[0] = '\0';
	dump->tunnel_id = 0;
	dump->sa_id = 0;
}

/* Locks the next device of the dump. What the reader may not see is passed over. */
static bool sectun_nl_dump_next_device(struct netlink_callback *cb, struct sectun_nl_hold *hold)
{
	struct sectun_nl_dump *dump = sectun_nl_dump_of(cb);
	unsigned long ifindex = dump->ifindex;
	struct net_device *dev;

	for (;; ifindex++) {
		rcu_read_lock();
		dev = sectun_compat_next_netdev(sock_net(cb->skb->sk), &ifindex);
		if (!dev || (dump->only && ifindex != dump->only)) {
			rcu_read_unlock();
			return false;
		}
		if (!sectun_device_is(dev)) {
			rcu_read_unlock();
			continue;
		}
		netdev_hold(dev, &hold->tracker, GFP_ATOMIC);
		rcu_read_unlock();

		hold->device = sectun_device_of(dev);
		if (!sectun_nl_device_lock_held(hold, cb->skb, NULL, NULL))
			break;
	}
	if (ifindex != dump->ifindex)
		sectun_nl_dump_turn_to(dump, ifindex);
	return true;
}

/**
 * sectun_nl_dump_devices - tells what devices have, as far as the message takes it
 * @skb: the message
 * @cb: the dump
 * @fill: tells one device
 *
 * Context: may sleep.
 * Return: what a dump handler returns: octets in the message, 0 at the end, or an error.
 */
int sectun_nl_dump_devices(struct sk_buff *skb, struct netlink_callback *cb, sectun_nl_fill_t fill)
{
	struct sectun_nl_dump *dump = sectun_nl_dump_of(cb);
	struct sectun_nl_hold hold;
	bool grown = false;
	int err = 0;

	if (dump->refused)
		return sectun_nl_dump_check(cb, &dump->only);

	while (sectun_nl_dump_next_device(cb, &hold)) {
		err = fill(skb, cb, hold.device);
		sectun_nl_device_unlock(&hold);
		if (err == -EMSGSIZE && !skb->len && !grown) {
			grown = true;
			err = pskb_expand_head(skb, 0, SECTUN_NL_DUMP_GROWTH, GFP_KERNEL);
			if (!err)
				continue;
		}
		if (err)
			break;
		sectun_nl_dump_turn_to(dump, dump->ifindex + 1);
	}
	return skb->len ?: err;
}

/**
 * sectun_nl_dump_put - begins one object in the message of a dump
 * @skb: the message
 * @cb: the dump
 * @cmd: what the object answers to
 *
 * Return: what genlmsg_end() and genlmsg_cancel() take, or NULL where the message is full.
 */
void *sectun_nl_dump_put(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &sectun_nl_family,
			   NLM_F_MULTI, cmd);
}

/**
 * sectun_nl_dump_tunnel - the tunnel at which a dump goes on
 * @cb: the dump
 * @device: the device, its lock held
 *
 * The walk starts at the tunnel where the last message ended. Only if that one is gone, or another
 * one has its name now, it starts at the first.
 *
 * Return: a tunnel; the list's head, as list_for_each_entry_from() knows it, if none is left.
 */
struct sectun_tunnel *sectun_nl_dump_tunnel(struct netlink_callback *cb,
					    struct sectun_device *device)
{
	struct sectun_nl_dump *dump = sectun_nl_dump_of(cb);
	struct sectun_tunnel *tunnel = NULL;

	if (!dump->tunnel_id)
		dump->tunnel_last = device->next_id;
	if (dump->name[0])
		tunnel = sectun_tunnel_find(device, dump->name);
	if (!tunnel || tunnel->id > dump->tunnel_id)
		tunnel = list_first_entry(&device->tunnels, struct sectun_tunnel, node);
	list_for_each_entry_from(tunnel, &device->tunnels, node)
		if (tunnel->id >= dump->tunnel_id)
			break;
	return tunnel;
}

/**
 * sectun_nl_dump_ends - whether a tunnel is no longer part of the dump
 * @cb: the dump
 * @tunnel: the tunnel
 *
 * Return: true for a tunnel that came after the dump had turned to its device.
 */
bool sectun_nl_dump_ends(struct netlink_callback *cb, const struct sectun_tunnel *tunnel)
{
	return tunnel->id > sectun_nl_dump_of(cb)->tunnel_last;
}

/**
 * sectun_nl_dump_at - remembers that a dump is within a tunnel
 * @cb: the dump
 * @tunnel: the tunnel
 * @sa_id: SAs of the tunnel with a lower identifier have been told
 */
void sectun_nl_dump_at(struct netlink_callback *cb, const struct sectun_tunnel *tunnel, u64 sa_id)
{
	struct sectun_nl_dump *dump = sectun_nl_dump_of(cb);

	strscpy(dump->name, tunnel->name, sizeof(dump->name));
	dump->tunnel_id = tunnel->id;
	dump->sa_id = sa_id;
}

/**
 * sectun_nl_dump_past - remembers that a tunnel has been told
 * @cb: the dump
 * @tunnel: the tunnel
 */
void sectun_nl_dump_past(struct netlink_callback *cb, const struct sectun_tunnel *tunnel)
{
	sectun_nl_dump_at(cb, tunnel, 0);
	sectun_nl_dump_of(cb)->tunnel_id++;
}
