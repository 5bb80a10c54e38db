// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our places in the stack's chains of handlers for ESP and AH: what arrives, and what ICMP says of
 * packets that were sent.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/kernel.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/ndisc.h>
#include <net/route.h>
#include <net/xfrm.h>
#include "burst.h"
#include "input.h"
#include "net.h"
#include "path.h"
#include "protocol.h"
#include "sa.h"
#include "tunnel.h"

/* In-tree handlers are at 0, 10 and 100; the chain is asked from high to low. */
#define SECTUN_PROTOCOL_PRIORITY 200

static const u8 sectun_protocols[] = { IPPROTO_ESP, IPPROTO_AH };

/* In-tree IPsec asks every handler after its own packets: they are not ours. */
static int sectun_protocol_not_ours(struct sk_buff *skb, int err)
{
	return 1;
}

/*
 * A list of ESP packets (burst.h) for somebody else on this machine, who takes them one by one.
 *
 * Return: 0, the packet being taken over; -EINVAL where it is no list.
 */
static int sectun_protocol_cut(struct sk_buff *skb, u8 family,
			       int (*receive)(struct sk_buff *skb, int nexthdr, __be32 spi,
					      int encap_type))
{
	struct sk_buff *next;
	unsigned int lost;

	if (!sectun_burst_is(skb, family, false))
		return -EINVAL;
	skb = sectun_burst_split(skb, family, false, &lost);
	skb_list_walk_safe(skb, skb, next) {
		skb_mark_not_on_list(skb);
		receive(skb, IPPROTO_ESP, 0, 0);
	}
	return 0;
}

static int sectun_protocol_esp4(struct sk_buff *skb)
{
	return sectun_input(skb, AF_INET, IPPROTO_ESP, false) ?
		       sectun_protocol_cut(skb, AF_INET, xfrm4_rcv_encap) : 0;
}

static int sectun_protocol_ah4(struct sk_buff *skb)
{
	return sectun_input(skb, AF_INET, IPPROTO_AH, false);
}

/* ESP in UDP, from whichever socket has UDP_ENCAP_ESPINUDP set; or of a list that was cut. */
static int sectun_protocol_encap4(struct sk_buff *skb, int nexthdr, __be32 spi, int encap_type)
{
	if (nexthdr != IPPROTO_ESP)
		return -EINVAL;
	return sectun_input(skb, AF_INET, IPPROTO_ESP, encap_type);
}

/* An ICMP error; data begins with the header of the packet that it quotes. */
static int sectun_protocol_err4(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const union sectun_addr local = { .ip4 = iph->saddr }, remote = { .ip4 = iph->daddr };
	const u8 proto = iph->protocol;
	struct net *net = dev_net(skb->dev);
	const struct sectun_sa *sa;

	sa = sectun_sa_quoted(sectun_net(net), AF_INET, proto,
			      sectun_protocol_spi(skb->data + iph->ihl * 4, proto), &local,
			      &remote);
	if (!sa)
		return -ENOENT;
	if (icmp_hdr(skb)->type == ICMP_REDIRECT)
		ipv4_redirect(skb, net, sectun_path_link(sa->tunnel), proto);
	else if (icmp_hdr(skb)->type == ICMP_DEST_UNREACH &&
		 icmp_hdr(skb)->code == ICMP_FRAG_NEEDED)
		sectun_path_too_big4(sa->tunnel, skb, info);
	return 0;
}

/* In the order of sectun_protocols. */
static struct xfrm4_protocol sectun_protocols4[] = {
	{
		.handler = sectun_protocol_esp4,
		.input_handler = sectun_protocol_encap4,
		.cb_handler = sectun_protocol_not_ours,
		.err_handler = sectun_protocol_err4,
		.priority = SECTUN_PROTOCOL_PRIORITY,
	}, {
		.handler = sectun_protocol_ah4,
		.input_handler = sectun_protocol_encap4,
		.cb_handler = sectun_protocol_not_ours,
		.err_handler = sectun_protocol_err4,
		.priority = SECTUN_PROTOCOL_PRIORITY,
	},
};

#if IS_ENABLED(CONFIG_IPV6)
static int sectun_protocol_esp6(struct sk_buff *skb)
{
	return sectun_input(skb, AF_INET6, IPPROTO_ESP, false) ?
		       sectun_protocol_cut(skb, AF_INET6, xfrm6_rcv_encap) : 0;
}

static int sectun_protocol_ah6(struct sk_buff *skb)
{
	return sectun_input(skb, AF_INET6, IPPROTO_AH, false);
}

static int sectun_protocol_encap6(struct sk_buff *skb, int nexthdr, __be32 spi, int encap_type)
{
	if (nexthdr != IPPROTO_ESP)
		return -EINVAL;
	return sectun_input(skb, AF_INET6, IPPROTO_ESP, encap_type);
}

static int sectun_protocol_err6(struct sk_buff *skb, u8 proto, u8 type, int offset, __be32 info)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)skb->data;
	const union sectun_addr local = { .ip6 = ip6h->saddr }, remote = { .ip6 = ip6h->daddr };
	struct net *net = dev_net(skb->dev);
	const struct sectun_sa *sa;

	sa = sectun_sa_quoted(sectun_net(net), AF_INET6, proto,
			      sectun_protocol_spi(skb->data + offset, proto), &local, &remote);
	if (!sa)
		return -ENOENT;
	if (type == NDISC_REDIRECT)
		ip6_redirect(skb, net, skb->dev->ifindex, rcu_dereference(sa->tunnel->conf)->mark,
			     sock_net_uid(net, NULL));
	else if (type == ICMPV6_PKT_TOOBIG)
		sectun_path_too_big6(sa->tunnel, skb, ntohl(info));
	return 0;
}

static int sectun_protocol_esp_err6(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type,
				    u8 code, int offset, __be32 info)
{
	return sectun_protocol_err6(skb, IPPROTO_ESP, type, offset, info);
}

static int sectun_protocol_ah_err6(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type,
				   u8 code, int offset, __be32 info)
{
	return sectun_protocol_err6(skb, IPPROTO_AH, type, offset, info);
}

static struct xfrm6_protocol sectun_protocols6[] = {
	{
		.handler = sectun_protocol_esp6,
		.input_handler = sectun_protocol_encap6,
		.cb_handler = sectun_protocol_not_ours,
		.err_handler = sectun_protocol_esp_err6,
		.priority = SECTUN_PROTOCOL_PRIORITY,
	}, {
		.handler = sectun_protocol_ah6,
		.input_handler = sectun_protocol_encap6,
		.cb_handler = sectun_protocol_not_ours,
		.err_handler = sectun_protocol_ah_err6,
		.priority = SECTUN_PROTOCOL_PRIORITY,
	},
};

static int sectun_protocol_register6(unsigned int i)
{
	return xfrm6_protocol_register(&sectun_protocols6[i], sectun_protocols[i]);
}

static void sectun_protocol_unregister6(unsigned int i)
{
	xfrm6_protocol_deregister(&sectun_protocols6[i], sectun_protocols[i]);
}
#else
static int sectun_protocol_register6(unsigned int i)
{
	return 0;
}

static void sectun_protocol_unregister6(unsigned int i)
{
}
#endif

static int sectun_protocol_register_one(unsigned int i)
{
	int err;

	err = xfrm4_protocol_register(&sectun_protocols4[i], sectun_protocols[i]);
	if (err)
		return err;
	err = sectun_protocol_register6(i);
	if (err)
		xfrm4_protocol_deregister(&sectun_protocols4[i], sectun_protocols[i]);
	return err;
}

static void sectun_protocol_unregister_one(unsigned int i)
{
	sectun_protocol_unregister6(i);
	xfrm4_protocol_deregister(&sectun_protocols4[i], sectun_protocols[i]);
}

/**
 * sectun_protocol_register - begins to receive
 *
 * Context: process; module initialisation.
 * Return: 0, or -EEXIST if another module has our place in a chain.
 */
int sectun_protocol_register(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(sectun_protocols); i++) {
		err = sectun_protocol_register_one(i);
		if (err)
			goto err_register;
	}
	return 0;

err_register:
	while (i--)
		sectun_protocol_unregister_one(i);
	return err;
}

/**
 * sectun_protocol_unregister - ends reception
 */
void sectun_protocol_unregister(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sectun_protocols); i++)
		sectun_protocol_unregister_one(i);
}
