// SPDX-License-Identifier: GPL-2.0-only
#include "netlink_common.h"
#include "netlink_dump.h"

/* The device's lock is held. What was written is left in the message on error. */
static int sectun_nl_device_put(struct sk_buff *skb, const struct sectun_device *device)
{
	struct rtnl_link_stats64 stats;
	struct sectun_total rx, tx;

	dev_get_stats(device->dev, &stats);
	rx = (struct sectun_total){ stats.rx_packets, stats.rx_bytes };
	tx = (struct sectun_total){ stats.tx_packets, stats.tx_bytes };

	if (nla_put_u32(skb, SECTUN_A_DEVICE_IFINDEX, device->dev->ifindex) ||
	    nla_put_string(skb, SECTUN_A_DEVICE_NAME, device->dev->name) ||
	    nla_put_u32(skb, SECTUN_A_DEVICE_TUNNELS, device->n_tunnels))
		return -EMSGSIZE;
	return sectun_nl_stats_put(skb, SECTUN_A_DEVICE_STATS, &rx, &tx, device->drops,
				   SECTUN_DIRS);
}

static size_t sectun_nl_device_size(void)
{
	return 2 * nla_total_size(sizeof(u32)) + nla_total_size(IFNAMSIZ) + sectun_nl_stats_size();
}

/**
 * sectun_nl_device_get_doit - answers what one device is
 * @skb: the request
 * @info: its attributes
 *
 * Context: may sleep.
 * Return: 0 or an error, which the extended ack explains.
 */
int sectun_nl_device_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sectun_nl_hold hold;
	struct sk_buff *reply;
	void *header;
	int err;

	reply = genlmsg_new(sectun_nl_device_size(), GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	err = sectun_nl_device_lock(&hold, skb, info->attrs, SECTUN_A_DEVICE_IFINDEX, info->extack);
	if (err)
		goto err_free;

	header = genlmsg_put_reply(reply, info, &sectun_nl_family, 0, SECTUN_CMD_DEVICE_GET);
	err = header ? sectun_nl_device_put(reply, hold.device) : -EMSGSIZE;
	sectun_nl_device_unlock(&hold);
	if (err)
		goto err_free;
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);

err_free:
	nlmsg_free(reply);
	return err;
}

static int sectun_nl_device_fill(struct sk_buff *skb, struct netlink_callback *cb,
				 struct sectun_device *device)
{
	void *header = sectun_nl_dump_put(skb, cb, SECTUN_CMD_DEVICE_GET);

	if (!header)
		return -EMSGSIZE;
	if (sectun_nl_device_put(skb, device)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

/**
 * sectun_nl_device_get_dumpit - tells all devices of the namespace, or one
 * @skb: the message
 * @cb: the dump
 *
 * Context: may sleep.
 * Return: octets in the message, 0 at the end, or an error.
 */
int sectun_nl_device_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return sectun_nl_dump_devices(skb, cb, sectun_nl_device_fill);
}
