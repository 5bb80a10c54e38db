/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_NETLINK_H
#define _SECTUN_NETLINK_H

int sectun_netlink_register(void);
void sectun_netlink_unregister(void);

#endif
