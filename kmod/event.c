// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events are built where they happen, in softirq for the most part, so none of them waits for
 * anything. Who raises one holds the tunnel and the SA.
 */
#include <net/genetlink.h>
#include "event.h"
#include "netlink_common.h"
#include "sa.h"
#include "tunnel.h"

/*
 * Octets of the longest event: a tunnel's identity with IPv6 addresses, an SA's identity, two
 * traffic selectors of one host, and the rest.
 */
#define SECTUN_EVENT_SIZE 640

/**
 * struct sectun_event - an event that is being built
 * @skb: the message
 * @header: what genlmsg_end() takes
 * @net: where it is told
 * @err: something did not fit
 */
struct sectun_event {
	struct sk_buff *skb;
	void *header;
	struct net *net;
	bool err;
};

static int sectun_event_put_tunnel(struct sk_buff *skb, const struct sectun_tunnel *tunnel)
{
	struct nlattr *nest = nla_nest_start(skb, SECTUN_A_EVENT_TUNNEL);
	int err;

	if (!nest)
		return -EMSGSIZE;
	rcu_read_lock();
	err = sectun_nl_tunnel_put_identity(skb, tunnel);
	rcu_read_unlock();
	if (err)
		return err;
	nla_nest_end(skb, nest);
	return 0;
}

static int sectun_event_put_sa(struct sk_buff *skb, const struct sectun_sa *sa)
{
	struct nlattr *nest = nla_nest_start(skb, SECTUN_A_EVENT_SA);

	if (!nest || sectun_nl_sa_put_identity(skb, sa))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* False where nobody listens, or there is no memory: netlink events get lost. */
static bool sectun_event_begin(struct sectun_event *event, u8 cmd,
			       const struct sectun_tunnel *tunnel, const struct sectun_sa *sa)
{
	const struct net_device *dev = tunnel->device->dev;
	struct sk_buff *skb;

	event->net = dev_net(dev);
	if (!genl_has_listeners(&sectun_nl_family, event->net, SECTUN_NL_MCGRP_EVENTS))
		return false;
	skb = genlmsg_new(SECTUN_EVENT_SIZE, GFP_ATOMIC);
	if (!skb)
		return false;
	event->skb = skb;
	event->header = genlmsg_put(skb, 0, 0, &sectun_nl_family, 0, cmd);
	event->err = !event->header || nla_put_u32(skb, SECTUN_A_EVENT_IFINDEX, dev->ifindex) ||
		     sectun_event_put_tunnel(skb, tunnel) || (sa && sectun_event_put_sa(skb, sa));
	return true;
}

static void sectun_event_end(struct sectun_event *event)
{
	if (WARN_ON_ONCE(event->err)) {
		nlmsg_free(event->skb);
		return;
	}
	genlmsg_end(event->skb, event->header);
	genlmsg_multicast_netns(&sectun_nl_family, event->net, event->skb, 0,
				SECTUN_NL_MCGRP_EVENTS, GFP_ATOMIC);
}

/* One end of a packet as the traffic selector that takes just it (RFC 7296 section 2.9). */
static int sectun_event_put_end(struct sk_buff *skb, int type, const struct sectun_inner *inner,
				const union sectun_addr *addr, u16 port)
{
	struct sectun_ts ts = {
		.family = inner->family,
		.prefixlen = inner->family == AF_INET ? 32 : 128,
		.protocol = inner->protocol,
		.port_first = inner->ports_known ? port : 0,
		.port_last = inner->ports_known ? port : SECTUN_TS_PORT_MAX,
		.addr = *addr,
	};

	return sectun_nl_ts_put(skb, type, &ts);
}

/**
 * sectun_event_acquire - a packet waits in a tunnel that has no transmit SA
 * @tunnel: the tunnel
 * @inner: the packet
 *
 * Context: any but hard interrupts.
 */
void sectun_event_acquire(struct sectun_tunnel *tunnel, const struct sectun_inner *inner)
{
	struct sectun_event event;

	if (!sectun_event_begin(&event, SECTUN_CMD_ACQUIRE_NTF, tunnel, NULL))
		return;
	event.err = event.err ||
		    sectun_event_put_end(event.skb, SECTUN_A_EVENT_TS_SRC, inner, &inner->src,
					 inner->sport) ||
		    sectun_event_put_end(event.skb, SECTUN_A_EVENT_TS_DST, inner, &inner->dst,
					 inner->dport);
	sectun_event_end(&event);
}

/**
 * sectun_event_expire - an SA reached a limit
 * @sa: the SA
 * @hard: it carries nothing more; else it is time to rekey
 *
 * Context: any but hard interrupts.
 */
void sectun_event_expire(struct sectun_sa *sa, bool hard)
{
	struct sectun_event event;

	if (!sectun_event_begin(&event, SECTUN_CMD_EXPIRE_NTF, sa->tunnel, sa))
		return;
	event.err = event.err || (hard && nla_put_flag(event.skb, SECTUN_A_EVENT_HARD));
	sectun_event_end(&event);
}

/**
 * sectun_event_endpoint_change - an authenticated packet did not come from the tunnel's remote
 * @sa: the receive SA
 * @family: AF_INET or AF_INET6
 * @address: outer source of the packet
 * @port: its UDP source port, or 0 where it had none
 *
 * Context: any but hard interrupts.
 */
void sectun_event_endpoint_change(struct sectun_sa *sa, u8 family, const union sectun_addr *address,
				  __be16 port)
{
	struct sectun_event event;

	if (!sectun_event_begin(&event, SECTUN_CMD_ENDPOINT_CHANGE_NTF, sa->tunnel, sa))
		return;
	if (family == AF_INET)
		event.err |= !!nla_put_in_addr(event.skb, SECTUN_A_EVENT_ADDRESS, address->ip4);
	else
		event.err |= !!nla_put_in6_addr(event.skb, SECTUN_A_EVENT_ADDRESS, &address->ip6);
	event.err |= port && nla_put_u16(event.skb, SECTUN_A_EVENT_PORT, ntohs(port));
	sectun_event_end(&event);
}

/**
 * sectun_event_first_receive - the peer uses a receive SA for the first time
 * @sa: the SA
 *
 * Context: any but hard interrupts.
 */
void sectun_event_first_receive(struct sectun_sa *sa)
{
	struct sectun_event event;

	if (sectun_event_begin(&event, SECTUN_CMD_FIRST_RECEIVE_NTF, sa->tunnel, sa))
		sectun_event_end(&event);
}

/**
 * sectun_event_auth_failures - packets of an SA fail the integrity check
 * @sa: the SA
 * @failures: how many did so far
 *
 * Context: any but hard interrupts.
 */
void sectun_event_auth_failures(struct sectun_sa *sa, u64 failures)
{
	struct sectun_event event;

	if (!sectun_event_begin(&event, SECTUN_CMD_AUTH_FAILURES_NTF, sa->tunnel, sa))
		return;
	event.err = event.err || nla_put_u64_64bit(event.skb, SECTUN_A_EVENT_FAILURES, failures,
						   SECTUN_A_EVENT_PAD);
	sectun_event_end(&event);
}

/**
 * sectun_event_sa_deleted - an SA was removed
 * @sa: the SA, which nobody finds any more
 *
 * Context: any but hard interrupts.
 */
void sectun_event_sa_deleted(struct sectun_sa *sa)
{
	struct sectun_event event;

	if (sectun_event_begin(&event, SECTUN_CMD_SA_DELETED_NTF, sa->tunnel, sa))
		sectun_event_end(&event);
}
