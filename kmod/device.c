// SPDX-License-Identifier: GPL-2.0-only
/*
 * The link kind `sectun`: network devices that protect what is routed into them.
 */
#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/addrconf.h>
#include <net/ip_tunnels.h>
#include "compat/compat.h"
#include "device.h"
#include "ethtool.h"
#include "net.h"
#include "offload.h"
#include "output.h"
#include "tunnel.h"

/*
 * Octets of an inner packet that fits an Ethernet path whatever the tunnel: IPv6, UDP, ESP header,
 * IV, ICV, trailer. Where the path takes more or less, the exact size is found per packet.
 */
#define SECTUN_DEVICE_MTU (ETH_DATA_LEN - 40 - 8 - 8 - 8 - 16 - 2)

static netdev_tx_t sectun_device_xmit(struct sk_buff *skb, struct net_device *dev)
{
	/* The stack is in rcu_read_lock_bh(), enough for the kernel, but not for its checker. */
	rcu_read_lock();
	sectun_output(sectun_device_of(dev), skb);
	rcu_read_unlock();
	return NETDEV_TX_OK;
}

static int sectun_device_open(struct net_device *dev)
{
	struct inet6_dev *in6_dev = __in6_dev_get(dev);

	/* Nothing is sent that nobody asked for. */
	if (in6_dev)
		in6_dev->cnf.addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
	netif_carrier_on(dev);
	return 0;
}

static int sectun_device_stop(struct net_device *dev)
{
	netif_carrier_off(dev);
	return 0;
}

static int sectun_device_init(struct net_device *dev)
{
	struct sectun_device *device = sectun_device_of(dev);
	int err;

	dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	if (!dev->tstats)
		return -ENOMEM;
	err = -ENOMEM;
	device->cells = sectun_cells_alloc(dev);
	if (!device->cells)
		goto err_cells;
	err = rhashtable_init(&device->by_name, &sectun_tunnel_by_name);
	if (err)
		goto err_by_name;
	mutex_init(&device->lock);
	INIT_LIST_HEAD(&device->tunnels);
	sectun_selector_table_init(&device->selectors, &device->lock);
	list_add(&device->node, &sectun_net(device->net)->devices);
	sectun_offload_get();
	return 0;

err_by_name:
	sectun_cells_free(device->cells);
err_cells:
	free_percpu(dev->tstats);
	dev->tstats = NULL;
	return err;
}

/*
 * RTNL. The device is down and no packet enters it any more; those inside finish before it is
 * freed.
 */
static void sectun_device_uninit(struct net_device *dev)
{
	struct sectun_device *device = sectun_device_of(dev);

	list_del(&device->node);
	mutex_lock(&device->lock);
	device->dying = true;
	sectun_tunnel_del_all(device);
	mutex_unlock(&device->lock);
}

/* The last reference is gone: each SA held one. */
static void sectun_device_destroy(struct net_device *dev)
{
	struct sectun_device *device = sectun_device_of(dev);

	sectun_offload_put();
	sectun_selector_table_uninit(&device->selectors);
	rhashtable_destroy(&device->by_name);
	sectun_cells_free(device->cells);
	free_percpu(dev->tstats);
	mutex_destroy(&device->lock);
}

static void sectun_device_get_stats(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	struct sectun_device *device = sectun_device_of(dev);

	dev_get_tstats64(dev, stats);
	stats->rx_dropped += sectun_drops_sum(&device->drops[SECTUN_DIR_IN]);
	stats->tx_dropped += sectun_drops_sum(&device->drops[SECTUN_DIR_OUT]);
}

static const struct net_device_ops sectun_device_netdev_ops = {
	.ndo_init = sectun_device_init,
	.ndo_uninit = sectun_device_uninit,
	.ndo_open = sectun_device_open,
	.ndo_stop = sectun_device_stop,
	.ndo_start_xmit = sectun_device_xmit,
	.ndo_get_stats64 = sectun_device_get_stats,
};

/**
 * sectun_device_is - is this a sectun device?
 * @dev: any network device
 *
 * Return: true if so.
 */
bool sectun_device_is(const struct net_device *dev)
{
	return dev->netdev_ops == &sectun_device_netdev_ops;
}

static void sectun_device_setup(struct net_device *dev)
{
	const netdev_features_t features = NETIF_F_HW_CSUM | NETIF_F_SG | NETIF_F_FRAGLIST |
					   NETIF_F_GSO_SOFTWARE | NETIF_F_HIGHDMA;

	dev->netdev_ops = &sectun_device_netdev_ops;
	dev->ethtool_ops = &sectun_ethtool_ops;
	dev->header_ops = &ip_tunnel_header_ops;
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP;
	/* a NAPI that netpoll has in its hands could not end a burst (cell.c) */
	dev->priv_flags |= IFF_NO_QUEUE | IFF_DISABLE_NETPOLL;
	netif_keep_dst(dev); /* to tell a local sender what fits */
	sectun_compat_set_lltx(dev);
	dev->features |= features;
	dev->hw_features |= features;
	dev->hw_enc_features |= features;
	dev->mtu = SECTUN_DEVICE_MTU;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = IP_MAX_MTU;
	dev->needs_free_netdev = true;
	dev->priv_destructor = sectun_device_destroy;
}

static int sectun_device_newlink(struct net_device *dev, struct rtnl_newlink_params *params,
				 struct netlink_ext_ack *extack)
{
	struct sectun_device *device = sectun_device_of(dev);

	device->dev = dev;
	device->net = rtnl_newlink_link_net(params);
	return register_netdevice(dev);
}

SECTUN_COMPAT_NEWLINK(sectun_device_newlink)

static struct net *sectun_device_link_net(const struct net_device *dev)
{
	return sectun_device_of(dev)->net;
}

static struct rtnl_link_ops sectun_device_link_ops __read_mostly = {
	.kind = SECTUN_KIND,
	.priv_size = sizeof(struct sectun_device),
	.setup = sectun_device_setup,
	.newlink = sectun_compat_newlink(sectun_device_newlink),
	.get_link_net = sectun_device_link_net,
};

/**
 * sectun_device_register - makes the link kind known
 *
 * Return: 0 or a negative errno.
 */
int sectun_device_register(void)
{
	return rtnl_link_register(&sectun_device_link_ops);
}

/**
 * sectun_device_unregister - removes the link kind and every device of it
 *
 * Context: may sleep. Returns when the last packet in the devices is done.
 */
void sectun_device_unregister(void)
{
	rtnl_link_unregister(&sectun_device_link_ops);
}
