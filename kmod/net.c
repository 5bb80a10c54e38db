// SPDX-License-Identifier: GPL-2.0-only
/*
 * A network namespace in which outer packets travel: the receive SAs that packets are looked up in,
 * and the devices that were created there. When it goes, they go, wherever they have been moved to.
 */
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/netns/generic.h>
#include "device.h"
#include "net.h"
#include "sa.h"

static unsigned int sectun_net_id __read_mostly;

/**
 * sectun_net - what a namespace holds of sectun
 * @net: the namespace
 *
 * Context: any.
 * Return: it; every namespace has one while the module is loaded.
 */
struct sectun_net *sectun_net(const struct net *net)
{
	return net_generic(net, sectun_net_id);
}

static int __net_init sectun_net_init(struct net *net)
{
	struct sectun_net *sn = sectun_net(net);

	sn->net = net;
	INIT_LIST_HEAD(&sn->devices);
	INIT_LIST_HEAD(&sn->sockets);
	mutex_init(&sn->sockets_lock);
	mutex_init(&sn->sas_lock);
	return rhashtable_init(&sn->sas, &sectun_sa_hash);
}

static void __net_exit sectun_net_exit_devices(struct list_head *nets)
{
	struct sectun_device *device;
	struct net *net;
	LIST_HEAD(dying);

	rtnl_lock();
	list_for_each_entry(net, nets, exit_list)
		list_for_each_entry(device, &sectun_net(net)->devices, node)
			unregister_netdevice_queue(device->dev, &dying);
	unregister_netdevice_many(&dying);
	rtnl_unlock(); /* and waits until the last SA is freed: each holds the device */

	list_for_each_entry(net, nets, exit_list) {
		struct sectun_net *sn = sectun_net(net);

		WARN_ON(!list_empty(&sn->sockets));
		rhashtable_destroy(&sn->sas);
		mutex_destroy(&sn->sas_lock);
		mutex_destroy(&sn->sockets_lock);
	}
}

static struct pernet_operations sectun_net_ops = {
	.init = sectun_net_init,
	.exit_batch = sectun_net_exit_devices,
	.id = &sectun_net_id,
	.size = sizeof(struct sectun_net),
};

/**
 * sectun_net_register - prepares every namespace, present and to come
 *
 * Return: 0 or a negative errno.
 */
int sectun_net_register(void)
{
	return register_pernet_device(&sectun_net_ops);
}

/**
 * sectun_net_unregister - undoes sectun_net_register(); removes every device
 */
void sectun_net_unregister(void)
{
	unregister_pernet_device(&sectun_net_ops);
}
