// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every request finds its device here: by index in the namespace of the request, permitted, alive,
 * locked.
 */
#include <linux/capability.h>
#include <linux/rcupdate.h>
#include "netlink_common.h"

/**
 * sectun_nl_device_lock_held - locks a device to which a reference is held
 * @hold: with @device and the reference; on error the reference is dropped
 * @skb: the request
 * @ifindex: the attribute that named the device, or NULL
 * @extack: says why not
 *
 * The namespace in which the device was created lives as long as the device, so it is looked at
 * only when the device is known not to be dying.
 *
 * Context: may sleep. sectun_nl_device_unlock() is the reverse.
 * Return: 0, -ENODEV or -EPERM.
 */
int sectun_nl_device_lock_held(struct sectun_nl_hold *hold, const struct sk_buff *skb,
			       const struct nlattr *ifindex, struct netlink_ext_ack *extack)
{
	struct sectun_device *device = hold->device;
	int err;

	mutex_lock(&device->lock);
	if (device->dying) {
		NL_SET_ERR_MSG_ATTR(extack, ifindex, "the device is being removed");
		err = -ENODEV;
		goto err_unlock;
	}
	if (!netlink_ns_capable(skb, device->net->user_ns, CAP_NET_ADMIN)) {
		NL_SET_ERR_MSG_ATTR(extack, ifindex,
				    "needs CAP_NET_ADMIN in the namespace in which the device was created");
		err = -EPERM;
		goto err_unlock;
	}
	return 0;

err_unlock:
	sectun_nl_device_unlock(hold);
	return err;
}

/**
 * sectun_nl_device_lock - finds and locks the device of a request
 * @hold: filled in
 * @skb: the request
 * @attrs: its attributes
 * @type: the attribute that names the device
 * @extack: says why not
 *
 * Context: may sleep. sectun_nl_device_unlock() is the reverse.
 * Return: 0, -EINVAL where no device or another kind of device is named, -ENODEV or -EPERM.
 */
int sectun_nl_device_lock(struct sectun_nl_hold *hold, const struct sk_buff *skb,
			  struct nlattr **attrs, int type, struct netlink_ext_ack *extack)
{
	const struct nlattr *ifindex = attrs[type];
	struct net_device *dev;

	if (!ifindex)
		return SECTUN_NL_MISSING(extack, NULL, type,
					 "ifindex is missing: the index of a sectun device");

	rcu_read_lock();
	dev = dev_get_by_index_rcu(sock_net(skb->sk), nla_get_u32(ifindex));
	if (!dev) {
		rcu_read_unlock();
		NL_SET_ERR_MSG_ATTR(extack, ifindex, "the namespace has no device of this index");
		return -ENODEV;
	}
	if (!sectun_device_is(dev)) {
		rcu_read_unlock();
		NL_SET_ERR_MSG_ATTR(extack, ifindex, "not a sectun device");
		return -EINVAL;
	}
	netdev_hold(dev, &hold->tracker, GFP_ATOMIC);
	rcu_read_unlock();

	hold->device = sectun_device_of(dev);
	return sectun_nl_device_lock_held(hold, skb, ifindex, extack);
}

/**
 * sectun_nl_device_unlock - unlocks a device and drops the reference to it
 * @hold: from sectun_nl_device_lock()
 */
void sectun_nl_device_unlock(struct sectun_nl_hold *hold)
{
	struct net_device *dev = hold->device->dev;

	mutex_unlock(&hold->device->lock);
	netdev_put(dev, &hold->tracker);
}

/**
 * sectun_nl_tunnel_find - finds the tunnel of a request
 * @device: the device, its lock held
 * @attrs: the attributes of the request
 * @type: the attribute that names the tunnel
 * @extack: says why not
 *
 * Return: the tunnel, or ERR_PTR: -EINVAL, -ENOENT.
 */
struct sectun_tunnel *sectun_nl_tunnel_find(struct sectun_device *device, struct nlattr **attrs,
					    int type, struct netlink_ext_ack *extack)
{
	struct sectun_tunnel *tunnel;

	if (!attrs[type])
		return ERR_PTR(SECTUN_NL_MISSING(extack, NULL, type,
						 "the name of a tunnel of the device is missing"));
	tunnel = sectun_tunnel_find(device, nla_data(attrs[type]));
	if (!tunnel) {
		NL_SET_ERR_MSG_ATTR(extack, attrs[type], "the device has no tunnel of this name");
		return ERR_PTR(-ENOENT);
	}
	return tunnel;
}

/**
 * sectun_nl_stats_size - room that counters may take at most
 *
 * Return: octets.
 */
size_t sectun_nl_stats_size(void)
{
	size_t size = nla_total_size(0) + 4 * nla_total_size_64bit(sizeof(u64));
	enum sectun_reason reason;

	for (reason = SECTUN_REASON_NONE + 1; reason < SECTUN_REASON_COUNT; reason++)
		size += nla_total_size(0) + nla_total_size_64bit(sizeof(u64)) +
			nla_total_size(strlen(sectun_reason_name(reason)) + 1) +
			nla_total_size(strlen(sectun_reason_text(reason)) + 1);
	return size;
}

static int sectun_nl_drop_put(struct sk_buff *skb, enum sectun_reason reason, u64 packets)
{
	struct nlattr *nest = nla_nest_start(skb, SECTUN_A_STATS_DROP);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(skb, SECTUN_A_DROP_REASON, sectun_reason_name(reason)) ||
	    nla_put_u64_64bit(skb, SECTUN_A_DROP_PACKETS, packets, SECTUN_A_DROP_PAD) ||
	    nla_put_string(skb, SECTUN_A_DROP_TEXT, sectun_reason_text(reason)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int sectun_nl_drops_put(struct sk_buff *skb, const struct sectun_drops *drops,
			       unsigned int n_drops)
{
	enum sectun_reason reason;
	unsigned int i;
	u64 packets;

	for (reason = SECTUN_REASON_NONE + 1; reason < SECTUN_REASON_COUNT; reason++) {
		packets = 0;
		for (i = 0; i < n_drops; i++)
			packets += sectun_drops_read(&drops[i], reason);
		if (packets && sectun_nl_drop_put(skb, reason, packets))
			return -EMSGSIZE;
	}
	return 0;
}

/**
 * sectun_nl_stats_put - writes counters
 * @skb: the message; what was written is left in it on error
 * @type: the attribute that holds them
 * @rx: traffic received, or NULL
 * @tx: traffic sent, or NULL
 * @drops: @n_drops counters of drops, which are added up; NULL for one that has none yet
 * @n_drops: their number
 *
 * Return: 0 or -EMSGSIZE.
 */
int sectun_nl_stats_put(struct sk_buff *skb, int type, const struct sectun_total *rx,
			const struct sectun_total *tx, const struct sectun_drops *drops,
			unsigned int n_drops)
{
	struct nlattr *nest = nla_nest_start(skb, type);

	if (!nest)
		return -EMSGSIZE;
	if (rx && (nla_put_u64_64bit(skb, SECTUN_A_STATS_RX_PACKETS, rx->packets,
				     SECTUN_A_STATS_PAD) ||
		   nla_put_u64_64bit(skb, SECTUN_A_STATS_RX_BYTES, rx->bytes, SECTUN_A_STATS_PAD)))
		return -EMSGSIZE;
	if (tx && (nla_put_u64_64bit(skb, SECTUN_A_STATS_TX_PACKETS, tx->packets,
				     SECTUN_A_STATS_PAD) ||
		   nla_put_u64_64bit(skb, SECTUN_A_STATS_TX_BYTES, tx->bytes, SECTUN_A_STATS_PAD)))
		return -EMSGSIZE;
	if (sectun_nl_drops_put(skb, drops, n_drops))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}
