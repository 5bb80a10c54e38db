// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family. Commands, policies and groups are generated from the specification
 * (policy.c); what a dump needs beside its handler is added here.
 */
#include <linux/module.h>
#include "netlink.h"
#include "netlink_common.h"
#include "netlink_dump.h"

static struct genl_ops sectun_nl_family_ops[SECTUN_NL_OPS_COUNT];

/* No resv_start_op: all commands are validated strictly. */
struct genl_family sectun_nl_family = {
	.name = SECTUN_FAMILY_NAME,
	.version = SECTUN_FAMILY_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = sectun_nl_family_ops,
	.n_ops = ARRAY_SIZE(sectun_nl_family_ops),
	.mcgrps = sectun_nl_mcgrps,
	.n_mcgrps = ARRAY_SIZE(sectun_nl_mcgrps),
};

/**
 * sectun_netlink_register - offers the netlink API to user space
 *
 * Everything that requests use is ready by then.
 *
 * Context: may sleep.
 * Return: 0 or an error of genl_register_family().
 */
int sectun_netlink_register(void)
{
	struct genl_ops *op;

	memcpy(sectun_nl_family_ops, sectun_nl_ops, sizeof(sectun_nl_family_ops));
	for (op = sectun_nl_family_ops; op < &sectun_nl_family_ops[SECTUN_NL_OPS_COUNT]; op++) {
		/* One command has a table of its own to walk, and no devices. */
		if (!op->dumpit || op->cmd == SECTUN_CMD_ALG_GET)
			continue;
		op->start = sectun_nl_dump_start;
		op->done = sectun_nl_dump_done;
	}
	return genl_register_family(&sectun_nl_family);
}

/**
 * sectun_netlink_unregister - withdraws the netlink API
 *
 * Context: may sleep. When it returns no handler runs.
 */
void sectun_netlink_unregister(void)
{
	genl_unregister_family(&sectun_nl_family);
}

MODULE_ALIAS_GENL_FAMILY(SECTUN_FAMILY_NAME);
