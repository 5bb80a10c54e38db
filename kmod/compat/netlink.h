/* SPDX-License-Identifier: GPL-2.0-only */
/* Generic netlink, and the network devices of a namespace by index. */
#ifndef _SECTUN_COMPAT_NETLINK_H
#define _SECTUN_COMPAT_NETLINK_H

#include <linux/atomic.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <net/genetlink.h>
#include "compat/probes.result"

/**
 * sectun_compat_dump_attrs - the attributes of a dump's request
 * @cb: the dump
 *
 * Return: the parsed attributes, indexed by type.
 */
static inline struct nlattr **sectun_compat_dump_attrs(struct netlink_callback *cb)
{
#ifdef SECTUN_HAVE_GENL_INFO_DUMP
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

/**
 * sectun_compat_next_netdev - goes through the devices of a namespace in the order of their indexes
 * @net: the namespace
 * @ifindex: from which index on; becomes the index of the device that is found
 *
 * Where the kernel cannot look up the next index, every step costs a walk over all devices.
 *
 * Context: RCU.
 * Return: the device, or NULL if there is none any more.
 */
static inline struct net_device *sectun_compat_next_netdev(struct net *net, unsigned long *ifindex)
{
	struct net_device *dev, *next = NULL;

#ifdef for_each_netdev_dump
	unsigned long index = *ifindex;

	for_each_netdev_dump(net, dev, index) {
		next = dev;
		break;
	}
#else
	for_each_netdev_rcu(net, dev)
		if (dev->ifindex >= *ifindex && (!next || dev->ifindex < next->ifindex))
			next = dev;
#endif
	if (next)
		*ifindex = next->ifindex;
	return next;
}

/*
 * An extended ack with numbers in its text. Older kernels only point to a text, which must then
 * outlive the request, and give no place for it. A handful of texts, used in turn, will do: a text
 * is read before the request's system call ends, and it would take as many refusals in that moment
 * to mix two of them up.
 */
#ifndef NL_SET_ERR_MSG_FMT
#define SECTUN_COMPAT_TEXTS 32
#define SECTUN_COMPAT_TEXT_SIZE 80 /* octets, as NETLINK_MAX_FMTMSG_LEN of newer kernels */

static __maybe_unused __printf(1, 2) const char *sectun_compat_text(const char *format, ...)
{
	static char texts[SECTUN_COMPAT_TEXTS][SECTUN_COMPAT_TEXT_SIZE];
	static atomic_t turn;
	char *text = texts[(unsigned int)atomic_inc_return(&turn) % SECTUN_COMPAT_TEXTS];
	va_list args;

	va_start(args, format);
	vsnprintf(text, SECTUN_COMPAT_TEXT_SIZE, format, args);
	va_end(args);
	return text;
}

#define NL_SET_ERR_MSG_FMT(extack, fmt, args...) do {			\
	struct netlink_ext_ack *__extack = (extack);			\
									\
	if (!__extack)							\
		break;							\
	__extack->_msg = sectun_compat_text(fmt, ##args);		\
	do_trace_netlink_extack(__extack->_msg);			\
} while (0)
#endif

#ifndef NL_SET_ERR_MSG_ATTR_FMT
#define NL_SET_ERR_MSG_ATTR_FMT(extack, attr, fmt, args...) do {	\
	NL_SET_ERR_MSG_FMT(extack, fmt, ##args);			\
	NL_SET_BAD_ATTR(extack, attr);					\
} while (0)
#endif

#endif
