/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_ETHTOOL_H
#define _SECTUN_ETHTOOL_H

#include <linux/ethtool.h>

extern const struct ethtool_ops sectun_ethtool_ops;

#endif
