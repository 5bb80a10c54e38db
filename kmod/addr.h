/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An address of either family, without the family: whatever holds one has the family beside it.
 */
#ifndef _SECTUN_ADDR_H
#define _SECTUN_ADDR_H

#include <linux/in6.h>
#include <linux/types.h>

/**
 * union sectun_addr - an IPv4 or IPv6 address, in network byte order
 * @ip4: the address where the family is AF_INET; the other octets are then not looked at
 * @ip6: the address where the family is AF_INET6
 */
union sectun_addr {
	__be32 ip4;
	struct in6_addr ip6;
};

#endif
