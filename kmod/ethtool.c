// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ethtool shows of a device: its drops, by direction and reason, from the table of reasons.
 */
#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include "device.h"
#include "ethtool.h"

/* Everything but SECTUN_REASON_NONE, in each direction. */
#define SECTUN_ETHTOOL_STATS (SECTUN_DIRS * (SECTUN_REASON_COUNT - 1))

static const char *const sectun_ethtool_dir[SECTUN_DIRS] = {
	[SECTUN_DIR_IN] = "rx",
	[SECTUN_DIR_OUT] = "tx",
};

static void sectun_ethtool_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, SECTUN_KIND, sizeof(info->driver));
}

/* The speed of a tunnel is that of the path below it, which nobody knows. */
static int sectun_ethtool_get_link_ksettings(struct net_device *dev,
					     struct ethtool_link_ksettings *settings)
{
	settings->base.speed = SPEED_UNKNOWN;
	settings->base.duplex = DUPLEX_UNKNOWN;
	settings->base.port = PORT_OTHER;
	settings->base.autoneg = AUTONEG_DISABLE;
	return 0;
}

static int sectun_ethtool_get_sset_count(struct net_device *dev, int set)
{
	return set == ETH_SS_STATS ? SECTUN_ETHTOOL_STATS : -EOPNOTSUPP;
}

static void sectun_ethtool_get_strings(struct net_device *dev, u32 set, u8 *data)
{
	enum sectun_reason reason;
	enum sectun_dir dir;

	if (set != ETH_SS_STATS)
		return;
	for (dir = 0; dir < SECTUN_DIRS; dir++)
		for (reason = SECTUN_REASON_NONE + 1; reason < SECTUN_REASON_COUNT; reason++)
			ethtool_sprintf(&data, "%s_drop_%s", sectun_ethtool_dir[dir],
					sectun_reason_name(reason));
}

/* In the order of the strings. */
static void sectun_ethtool_get_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data)
{
	const struct sectun_device *device = sectun_device_of(dev);
	enum sectun_reason reason;
	enum sectun_dir dir;

	for (dir = 0; dir < SECTUN_DIRS; dir++)
		for (reason = SECTUN_REASON_NONE + 1; reason < SECTUN_REASON_COUNT; reason++)
			*data++ = atomic_long_read(&device->drops[dir].count[reason]);
}

const struct ethtool_ops sectun_ethtool_ops = {
	.get_drvinfo = sectun_ethtool_get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = sectun_ethtool_get_link_ksettings,
	.get_sset_count = sectun_ethtool_get_sset_count,
	.get_strings = sectun_ethtool_get_strings,
	.get_ethtool_stats = sectun_ethtool_get_stats,
};
