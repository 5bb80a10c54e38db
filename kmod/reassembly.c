// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fragments on their way out. Tunnel mode carries them as they are; transport mode protects whole
 * packets only (RFC 4301 section 7), so there they are put together first. What is sent then is
 * fragmented again, if it must be, with ESP inside.
 *
 * The work is the stack's. Fragments whose others never come end with its timeout, in its counters.
 */
#include <linux/netdevice.h>
#include <net/ip.h>
#include <net/ipv6.h>
#if IS_ENABLED(CONFIG_NF_DEFRAG_IPV6)
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>
#endif
#include "device.h"
#include "inner.h"
#include "reassembly.h"
#include "stats.h"
#include "transport.h"
#include "tunnel.h"

/*
 * Keeps our fragments apart from those of other users of the stack's queues (enum ip_defrag_users
 * and ip6_defrag_users, far below), and with the device's index added those of our devices.
 */
#define SECTUN_REASSEMBLY_USER 0x5ec00000

/* Would a whole packet between these addresses go in transport mode? */
static bool sectun_reassembly_wanted(const struct sectun_device *device,
				     const struct sectun_inner *inner)
{
	const struct sectun_tunnel *tunnel;
	const struct sectun_conf *conf;

	list_for_each_entry_rcu(tunnel, &device->tunnels, node) {
		conf = rcu_dereference(tunnel->conf);
		if (conf->mode == SECTUN_MODE_TRANSPORT &&
		    sectun_transport_between(conf, inner->family, &inner->src, &inner->dst))
			return true;
	}
	return false;
}

/* Takes the packet over unless it answers 0. */
static int sectun_reassembly_gather4(struct sectun_device *device, struct sk_buff *skb)
{
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	return ip_defrag(dev_net(device->dev), skb,
			 SECTUN_REASSEMBLY_USER + device->dev->ifindex);
}

/* Likewise. */
static int sectun_reassembly_gather6(struct sectun_device *device, struct sk_buff *skb)
{
	int err = -EOPNOTSUPP;

#if IS_ENABLED(CONFIG_NF_DEFRAG_IPV6)
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	err = nf_ct_frag6_gather(dev_net(device->dev), skb,
				 SECTUN_REASSEMBLY_USER + device->dev->ifindex);
#endif
	if (err && err != -EINPROGRESS)
		kfree_skb(skb);
	return err;
}

/**
 * sectun_reassembly_whole - sees to it that transport mode gets whole packets
 * @device: a device with tunnels in transport mode
 * @skb: a packet that was routed into it
 * @inner: its header, transport looked for; changed where the packet is
 *
 * Context: bottom halves off, RCU.
 * Return: true: go on with @skb, which is whole now or was not meant. False: it was taken over,
 * to wait for the others, or dropped.
 */
bool sectun_reassembly_whole(struct sectun_device *device, struct sk_buff *skb,
			     struct sectun_inner *inner)
{
	enum sectun_reason reason = SECTUN_REASON_FRAGMENT;
	int err;

	if (likely(!inner->fragment) || !sectun_reassembly_wanted(device, inner))
		return true;
	err = inner->family == AF_INET ? sectun_reassembly_gather4(device, skb) :
					 sectun_reassembly_gather6(device, skb);
	if (err == -EINPROGRESS)
		return false;
	if (err) {
		reason = err == -ENOMEM ? SECTUN_REASON_NO_MEMORY : SECTUN_REASON_FRAGMENT;
		sectun_count_drop(device, NULL, NULL, SECTUN_DIR_OUT, reason, NULL);
		return false;
	}
	if (!sectun_inner_parse_outbound(skb, 0, inner)) {
		sectun_inner_transport_outbound(skb, 0, inner);
		skb->ignore_df = 1; /* whoever fragmented a packet lets it be fragmented */
		if (!inner->fragment)
			return true;
	}
	sectun_drop(device, NULL, NULL, SECTUN_DIR_OUT, reason, skb);
	return false;
}
