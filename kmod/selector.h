/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traffic selectors (RFC 7296 section 3.13.1): which packets belong to which tunnel of a device.
 *
 * Outbound a table of the device finds the tunnel: the longest remote prefix that contains the
 * destination wins, then the longest local prefix that contains the source. Where a prefix has no
 * selector that takes the packet, the next shorter one is asked. Inbound the selectors of the
 * tunnel are checked after decryption, the other way round.
 */
#ifndef _SECTUN_SELECTOR_H
#define _SECTUN_SELECTOR_H

#include <linux/mutex.h>
#include <linux/types.h>
#include "addr.h"
#include "inner.h"
#include "uapi/sectun.h"

#define SECTUN_TS_PORT_MAX 65535

struct sectun_tunnel;
struct sectun_selector_link;
struct sectun_selector_node;

/**
 * struct sectun_ts - one traffic selector of one side
 * @family: AF_INET or AF_INET6
 * @prefixlen: bits of @addr that count, 0 to 32 or 128; the others are zero
 * @protocol: IP protocol number, 0 for any
 * @port_first: first port, host order; ICMP: type << 8 | code
 * @port_last: last port, host order. 0 to 65535 is any port, and packets without ports too. 65535
 *	to 0 is OPAQUE: only packets whose ports are not known, such as later fragments
 * @addr: the prefix
 */
struct sectun_ts {
	u8 family;
	u8 prefixlen;
	u8 protocol;
	u16 port_first;
	u16 port_last;
	union sectun_addr addr;
};

/**
 * struct sectun_selectors - the traffic selectors of a tunnel, and their places in a table
 * @tunnel: whose they are, to tell them from those of others; not looked into here
 * @local: what is on this side, @n_local of them
 * @remote: what is on the peer's side, @n_remote of them
 * @links: a pair of one local and one remote selector of the same family each, @n_links of them
 * @n_local: at least 1
 * @n_remote: at least 1
 * @n_links: at least 1
 * @needs_transport: one of them names a protocol or ports: parse the transport header before
 *	matching
 * @any: they take every packet of both families
 *
 * Everything is constant between sectun_selectors_init() and _uninit(), but for what @links hold,
 * which belongs to the table.
 */
struct sectun_selectors {
	struct sectun_tunnel *tunnel;
	const struct sectun_ts *local;
	const struct sectun_ts *remote;
	struct sectun_selector_link *links;
	u16 n_local;
	u16 n_remote;
	u32 n_links;
	bool needs_transport;
	bool any;
};

/**
 * struct sectun_selector_table - finds the tunnel for a packet, among all of a device
 * @ip4: trie over the remote IPv4 prefixes; readers use RCU, writers hold @lock
 * @ip6: the same for IPv6
 * @lock: the device's configuration mutex, which serialises writers
 * @n_transport: selectors in the table that name a protocol or ports; written under @lock
 */
struct sectun_selector_table {
	struct sectun_selector_node __rcu *ip4;
	struct sectun_selector_node __rcu *ip6;
	struct mutex *lock;
	unsigned int n_transport;
};

bool sectun_ts_valid(const struct sectun_ts *ts);

int sectun_selectors_init(struct sectun_selectors *sel, struct sectun_tunnel *tunnel,
			  const struct sectun_ts *local, unsigned int n_local,
			  const struct sectun_ts *remote, unsigned int n_remote);
void sectun_selectors_uninit(struct sectun_selectors *sel);
bool sectun_selectors_match_outbound(const struct sectun_selectors *sel,
				     const struct sectun_inner *inner);
bool sectun_selectors_match_inbound(const struct sectun_selectors *sel,
				    const struct sectun_inner *inner);

void sectun_selector_table_init(struct sectun_selector_table *table, struct mutex *lock);
void sectun_selector_table_uninit(struct sectun_selector_table *table);
struct sectun_selectors *
sectun_selector_table_conflict(struct sectun_selector_table *table,
			       const struct sectun_selectors *sel);
int sectun_selector_table_add(struct sectun_selector_table *table, struct sectun_selectors *sel);
void sectun_selector_table_del(struct sectun_selector_table *table, struct sectun_selectors *sel);
struct sectun_selectors *sectun_selector_table_lookup(const struct sectun_selector_table *table,
						      const struct sectun_inner *inner);

/**
 * sectun_selector_table_needs_transport() - whether a lookup wants protocol and ports
 * @table: the table
 *
 * Context: any. No lock: a selector that is being added may be missed for a moment.
 * Return: true where the transport header must be parsed before sectun_selector_table_lookup().
 */
static inline bool sectun_selector_table_needs_transport(const struct sectun_selector_table *table)
{
	return READ_ONCE(table->n_transport);
}

#endif
