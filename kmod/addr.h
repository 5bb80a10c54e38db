/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An address of either family, without the family: whatever holds one has the family beside it.
 */
#ifndef _SECTUN_ADDR_H
#define _SECTUN_ADDR_H

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/socket.h>
#include <linux/types.h>
#include <net/ipv6.h>

/**
 * union sectun_addr - an IPv4 or IPv6 address, in network byte order
 * @ip4: the address where the family is AF_INET; the other octets are then not looked at
 * @ip6: the address where the family is AF_INET6
 */
union sectun_addr {
	__be32 ip4;
	struct in6_addr ip6;
};

/**
 * sectun_addr_equal - are two addresses the same?
 * @family: AF_INET or AF_INET6, of both
 * @a: one address
 * @b: the other
 *
 * Return: true if so.
 */
static inline bool sectun_addr_equal(u8 family, const union sectun_addr *a,
				     const union sectun_addr *b)
{
	return family == AF_INET ? a->ip4 == b->ip4 : ipv6_addr_equal(&a->ip6, &b->ip6);
}

/**
 * sectun_addr_is_unicast - is it the address of one host?
 * @family: AF_INET or AF_INET6
 * @addr: the address
 *
 * Return: true if so.
 */
static inline bool sectun_addr_is_unicast(u8 family, const union sectun_addr *addr)
{
	if (family == AF_INET)
		return !ipv4_is_zeronet(addr->ip4) && !ipv4_is_multicast(addr->ip4) &&
		       !ipv4_is_lbcast(addr->ip4);
	return !ipv6_addr_any(&addr->ip6) && !ipv6_addr_is_multicast(&addr->ip6) &&
	       !ipv6_addr_v4mapped(&addr->ip6);
}

#endif
