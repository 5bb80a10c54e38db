// SPDX-License-Identifier: GPL-2.0-only
/*
 * sectun: IPsec as a network interface. Loading and unloading.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <net/genetlink.h>
#include "ah.h"
#include "device.h"
#include "dummy.h"
#include "esp.h"
#include "net.h"
#include "netlink.h"
#include "op.h"
#include "protocol.h"
#include "sa.h"
#include "selftest/selftest.h"
#include "tunnel.h"
#include "uapi/sectun.h"

static bool sectun_selftest;
module_param_named(selftest, sectun_selftest, bool, 0);
MODULE_PARM_DESC(selftest, "run the self-tests while loading; the module does not load if one fails");

/* What is registered first is needed by what follows. */
static int __init sectun_init(void)
{
	int err;

	if (sectun_selftest) {
		err = sectun_selftest_run();
		if (err)
			return err;
	}
	err = sectun_tunnel_init();
	if (err)
		return err;
	err = sectun_sa_init();
	if (err)
		goto err_sa;
	err = sectun_dummy_init();
	if (err)
		goto err_dummy;
	err = sectun_esp_register();
	if (err)
		goto err_esp;
	err = sectun_ah_register();
	if (err)
		goto err_ah;
	err = sectun_net_register();
	if (err)
		goto err_net;
	err = sectun_protocol_register();
	if (err)
		goto err_protocol;
	err = sectun_device_register();
	if (err)
		goto err_device;
	err = sectun_netlink_register();
	if (err)
		goto err_netlink;
	return 0;

err_netlink:
	sectun_device_unregister();
err_device:
	sectun_protocol_unregister();
err_protocol:
	sectun_net_unregister();
err_net:
	sectun_ah_unregister();
err_ah:
	sectun_esp_unregister();
err_esp:
	sectun_dummy_uninit();
err_dummy:
	sectun_sa_uninit();
err_sa:
	sectun_tunnel_uninit();
	return err;
}

static void __exit sectun_exit(void)
{
	sectun_netlink_unregister();
	sectun_device_unregister();
	sectun_protocol_unregister();
	sectun_net_unregister();
	sectun_dummy_uninit();
	sectun_sa_uninit();
	rcu_barrier(); /* tunnels and configurations are freed by RCU callbacks of this module */
	sectun_tunnel_uninit();
	sectun_op_uninit();
	sectun_ah_unregister();
	sectun_esp_unregister();
}

module_init(sectun_init);
module_exit(sectun_exit);

MODULE_DESCRIPTION("IPsec as a network interface");
MODULE_AUTHOR("sectun developers");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
MODULE_ALIAS_RTNL_LINK(SECTUN_KIND);
MODULE_ALIAS_GENL_FAMILY(SECTUN_FAMILY_NAME);
