// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of a device's traffic selectors: tries of tries.
 *
 *   table->ip4 ---> node 10.0.0.0/8          remote prefixes
 *                    |  \ child[]
 *                    |   node 10.2.0.0/16
 *                    |    | locals
 *              locals|    +--> node 0.0.0.0/0 --links--> link (TCP), link (any protocol)
 *                    +--> node 192.168.0.0/16            local prefixes
 *                          | child[]
 *                         ...
 *
 * A trie is binary and path-compressed: a node is there because something hangs on it, or because
 * two subtrees part below it. So n prefixes take at most 2n - 1 nodes, and removing one needs no
 * memory.
 *
 * Readers use RCU and go down only. What a reader still sees of a node that has been taken out
 * leads on to what the node led to; a link that stays in the table all the time is never missed.
 */
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/string.h>
#include "selector.h"

#define SECTUN_IP4_BITS 32
#define SECTUN_IP6_BITS 128
#define SECTUN_ANY_LENGTH (SECTUN_IP6_BITS + 1) /* bits: more than any prefix has */

/**
 * struct sectun_selector_key - an address in which bits are easily counted
 * @high: bits 0 to 63, the first bit of the address being the most significant; all of IPv4
 * @low: bits 64 to 127
 */
struct sectun_selector_key {
	u64 high;
	u64 low;
};

/**
 * struct sectun_selector_node - a prefix in a trie
 * @child: longer prefixes, by the first bit after this one
 * @locals: in a trie of remote prefixes: the trie of the local prefixes that go with this one
 * @links: in a trie of local prefixes: the selectors that name this pair, the most specific first
 * @load: @locals or @links, to see whether there are any
 * @key: the prefix; bits after @prefixlen have no meaning
 * @rcu: frees the node
 * @prefixlen: bits
 */
struct sectun_selector_node {
	struct sectun_selector_node __rcu *child[2];
	union {
		struct sectun_selector_node __rcu *locals;
		struct sectun_selector_link __rcu *links;
		void __rcu *load;
	};
	struct sectun_selector_key key;
	struct rcu_head rcu;
	u8 prefixlen;
};

/**
 * struct sectun_selector_link - a pair of one local and one remote selector of a tunnel
 * @next: the next at the same pair of prefixes
 * @sel: whose it is
 * @local: index into @sel's local selectors
 * @remote: index into @sel's remote selectors
 * @narrowness: how little is left of all protocols and ports: those who name less come first
 */
struct sectun_selector_link {
	struct sectun_selector_link __rcu *next;
	struct sectun_selectors *sel;
	u8 local;
	u8 remote;
	u32 narrowness;
};

/* 100,000 tunnels: up to three nodes and a link each. */
static_assert(sizeof(struct sectun_selector_node) <= 64);
static_assert(sizeof(struct sectun_selector_link) <= 24);
static_assert(SECTUN_TS_MAX <= U8_MAX);

static const struct sectun_ts sectun_ts_any[] = {
	{ .family = AF_INET, .port_last = SECTUN_TS_PORT_MAX },
	{ .family = AF_INET6, .port_last = SECTUN_TS_PORT_MAX },
};

/* Addresses and bits */

static void sectun_selector_key_set(struct sectun_selector_key *key, u8 family,
				    const union sectun_addr *addr)
{
	const __be32 *word = addr->ip6.s6_addr32;

	if (family == AF_INET) {
		key->high = (u64)be32_to_cpu(addr->ip4) << 32;
		key->low = 0;
	} else {
		key->high = (u64)be32_to_cpu(word[0]) << 32 | be32_to_cpu(word[1]);
		key->low = (u64)be32_to_cpu(word[2]) << 32 | be32_to_cpu(word[3]);
	}
}

/* How many bits from the first on are the same in both. */
static unsigned int sectun_selector_key_common(const struct sectun_selector_key *a,
					       const struct sectun_selector_key *b)
{
	if (a->high != b->high)
		return 64 - fls64(a->high ^ b->high);
	return 128 - fls64(a->low ^ b->low);
}

/* Bit number @i, 0 to 127. */
static unsigned int sectun_selector_key_bit(const struct sectun_selector_key *key, unsigned int i)
{
	return (i < 64 ? key->high >> (63 - i) : key->low >> (127 - i)) & 1;
}

/* One traffic selector */

static bool sectun_ts_any_port(const struct sectun_ts *ts)
{
	return ts->port_first == 0 && ts->port_last == SECTUN_TS_PORT_MAX;
}

static bool sectun_ts_opaque_port(const struct sectun_ts *ts)
{
	return ts->port_first == SECTUN_TS_PORT_MAX && ts->port_last == 0;
}

static bool sectun_ts_any_transport(const struct sectun_ts *ts)
{
	return !ts->protocol && sectun_ts_any_port(ts);
}

/**
 * sectun_ts_valid() - whether a traffic selector makes sense
 * @ts: the selector
 *
 * Context: any.
 * Return: false where the family is neither IPv4 nor IPv6, the prefix is longer than an address or
 * has bits set behind its end, the ports are in the wrong order (and not OPAQUE), or there are
 * ports without a protocol.
 */
bool sectun_ts_valid(const struct sectun_ts *ts)
{
	unsigned int bits = ts->family == AF_INET ? SECTUN_IP4_BITS : SECTUN_IP6_BITS;
	struct sectun_selector_key key;

	if ((ts->family != AF_INET && ts->family != AF_INET6) || ts->prefixlen > bits)
		return false;
	sectun_selector_key_set(&key, ts->family, &ts->addr);
	if (ts->prefixlen < 64 && key.high << ts->prefixlen)
		return false;
	if (ts->prefixlen < 64 ? key.low : ts->prefixlen < 128 && key.low << (ts->prefixlen - 64))
		return false;
	if (ts->port_first > ts->port_last && !sectun_ts_opaque_port(ts))
		return false;
	return ts->protocol || sectun_ts_any_port(ts);
}

static bool sectun_ts_takes_addr(const struct sectun_ts *ts, const struct sectun_selector_key *addr)
{
	struct sectun_selector_key key;

	sectun_selector_key_set(&key, ts->family, &ts->addr);
	return sectun_selector_key_common(&key, addr) >= ts->prefixlen;
}

static bool sectun_ts_takes_transport(const struct sectun_ts *ts, const struct sectun_inner *inner,
				      u16 port)
{
	if (ts->protocol && ts->protocol != inner->protocol)
		return false;
	if (sectun_ts_any_port(ts))
		return true;
	if (!inner->ports_known)
		return sectun_ts_opaque_port(ts);
	return port >= ts->port_first && port <= ts->port_last;
}

/* The selectors of a tunnel */

static bool sectun_ts_array_valid(const struct sectun_ts *ts, unsigned int n)
{
	unsigned int i;

	if (n > SECTUN_TS_MAX)
		return false;
	for (i = 0; i < n; i++)
		if (!sectun_ts_valid(&ts[i]))
			return false;
	return true;
}

static bool sectun_ts_array_has_any(const struct sectun_ts *ts, unsigned int n, u8 family)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (ts[i].family == family && !ts[i].prefixlen && sectun_ts_any_transport(&ts[i]))
			return true;
	return false;
}

static bool sectun_ts_array_needs_transport(const struct sectun_ts *ts, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (!sectun_ts_any_transport(&ts[i]))
			return true;
	return false;
}

static bool sectun_ts_array_match(const struct sectun_ts *ts, unsigned int n,
				  const struct sectun_inner *inner, const union sectun_addr *addr,
				  u16 port)
{
	struct sectun_selector_key key;
	unsigned int i;

	sectun_selector_key_set(&key, inner->family, addr);
	for (i = 0; i < n; i++)
		if (ts[i].family == inner->family && sectun_ts_takes_addr(&ts[i], &key) &&
		    sectun_ts_takes_transport(&ts[i], inner, port))
			return true;
	return false;
}

/* Of how many protocols and ports a selector says "not these". */
static u32 sectun_ts_narrowness(const struct sectun_ts *ts)
{
	u32 n_ports = sectun_ts_opaque_port(ts) ? 0 : ts->port_last - ts->port_first;

	return (ts->protocol ? SECTUN_TS_PORT_MAX + 1 : 0) + SECTUN_TS_PORT_MAX - n_ports;
}

/* Pair each local selector with each remote one of its family. Only count where @links is NULL. */
static u32 sectun_selectors_pair(struct sectun_selectors *sel, struct sectun_selector_link *links)
{
	unsigned int local, remote;
	u32 n = 0;

	for (remote = 0; remote < sel->n_remote; remote++)
		for (local = 0; local < sel->n_local; local++) {
			if (sel->local[local].family != sel->remote[remote].family)
				continue;
			if (links) {
				links[n].sel = sel;
				links[n].local = local;
				links[n].remote = remote;
				links[n].narrowness = sectun_ts_narrowness(&sel->local[local]) +
						      sectun_ts_narrowness(&sel->remote[remote]);
			}
			n++;
		}
	return n;
}

/**
 * sectun_selectors_init() - prepare the selectors of a tunnel
 * @sel: filled in; not in a table yet
 * @tunnel: whose they are
 * @local: what is on this side; copied
 * @n_local: how many; 0 means everything, of both families
 * @remote: what is on the peer's side; copied
 * @n_remote: how many; 0 means everything, of both families
 *
 * Context: process, may sleep.
 * Return: 0; -EINVAL where there are more than SECTUN_TS_MAX on a side, one is not
 * sectun_ts_valid(), or the sides have no family in common; -ENOMEM. After an error there is
 * nothing to undo.
 */
int sectun_selectors_init(struct sectun_selectors *sel, struct sectun_tunnel *tunnel,
			  const struct sectun_ts *local, unsigned int n_local,
			  const struct sectun_ts *remote, unsigned int n_remote)
{
	struct sectun_ts *copy;
	size_t links_size;

	if (!sectun_ts_array_valid(local, n_local) || !sectun_ts_array_valid(remote, n_remote))
		return -EINVAL;

	sel->tunnel = tunnel;
	sel->local = n_local ? local : sectun_ts_any;
	sel->remote = n_remote ? remote : sectun_ts_any;
	sel->n_local = n_local ?: ARRAY_SIZE(sectun_ts_any);
	sel->n_remote = n_remote ?: ARRAY_SIZE(sectun_ts_any);
	sel->n_links = sectun_selectors_pair(sel, NULL);
	if (!sel->n_links)
		return -EINVAL;

	/* One piece of memory: the links, then those selectors that are not the default. */
	links_size = sel->n_links * sizeof(*sel->links);
	sel->links = kvzalloc(links_size + (n_local + n_remote) * sizeof(*copy),
			      GFP_KERNEL_ACCOUNT);
	if (!sel->links)
		return -ENOMEM;
	copy = (void *)sel->links + links_size;
	if (n_local)
		sel->local = memcpy(copy, local, n_local * sizeof(*copy));
	if (n_remote)
		sel->remote = memcpy(copy + n_local, remote, n_remote * sizeof(*copy));
	sectun_selectors_pair(sel, sel->links);

	sel->needs_transport = sectun_ts_array_needs_transport(sel->local, sel->n_local) ||
			       sectun_ts_array_needs_transport(sel->remote, sel->n_remote);
	sel->any = sectun_ts_array_has_any(sel->local, sel->n_local, AF_INET) &&
		   sectun_ts_array_has_any(sel->local, sel->n_local, AF_INET6) &&
		   sectun_ts_array_has_any(sel->remote, sel->n_remote, AF_INET) &&
		   sectun_ts_array_has_any(sel->remote, sel->n_remote, AF_INET6);
	return 0;
}

/**
 * sectun_selectors_uninit() - free what sectun_selectors_init() allocated
 * @sel: the selectors; if they were in a table, an RCU grace period has passed since they left it
 *
 * Context: any but NMI.
 */
void sectun_selectors_uninit(struct sectun_selectors *sel)
{
	kvfree(sel->links);
	sel->links = NULL;
}

/**
 * sectun_selectors_match_outbound() - whether a tunnel carries a packet
 * @sel: the tunnel's selectors
 * @inner: the packet; its transport has been looked for where @sel needs it
 *
 * For a device with one tunnel; with more, sectun_selector_table_lookup() finds the best.
 *
 * Context: any. @sel is kept alive by the caller.
 * Return: true where the destination is within the remote side and the source within the local
 * side.
 */
bool sectun_selectors_match_outbound(const struct sectun_selectors *sel,
				     const struct sectun_inner *inner)
{
	return sel->any || (sectun_ts_array_match(sel->remote, sel->n_remote, inner, &inner->dst,
						  inner->dport) &&
			    sectun_ts_array_match(sel->local, sel->n_local, inner, &inner->src,
						  inner->sport));
}

/**
 * sectun_selectors_match_inbound() - whether a tunnel may bring a packet, RFC 4301 section 5.2
 * @sel: the selectors of the tunnel through which it came
 * @inner: the decrypted packet; its transport has been looked for where @sel needs it
 *
 * Context: any. @sel is kept alive by the caller.
 * Return: true where the source is within the remote side and the destination within the local
 * side.
 */
bool sectun_selectors_match_inbound(const struct sectun_selectors *sel,
				    const struct sectun_inner *inner)
{
	return sel->any || (sectun_ts_array_match(sel->remote, sel->n_remote, inner, &inner->src,
						  inner->sport) &&
			    sectun_ts_array_match(sel->local, sel->n_local, inner, &inner->dst,
						  inner->dport));
}

/* Tries: writers */

#define sectun_selector_deref(table, pointer) \
	rcu_dereference_protected(pointer, lockdep_is_held((table)->lock))

static struct sectun_selector_node *
sectun_selector_node_alloc(const struct sectun_selector_key *key, unsigned int prefixlen)
{
	struct sectun_selector_node *node = kzalloc(sizeof(*node), GFP_KERNEL_ACCOUNT);

	if (node) {
		node->key = *key;
		node->prefixlen = prefixlen;
	}
	return node;
}

/* The node of exactly this prefix, or NULL. */
static struct sectun_selector_node *
sectun_selector_node_find(const struct sectun_selector_table *table,
			  struct sectun_selector_node __rcu **root,
			  const struct sectun_selector_key *key, unsigned int prefixlen)
{
	struct sectun_selector_node *node = sectun_selector_deref(table, *root);
	unsigned int bit;

	while (node && node->prefixlen < prefixlen) {
		bit = sectun_selector_key_bit(key, node->prefixlen);
		node = sectun_selector_deref(table, node->child[bit]);
	}
	if (node && node->prefixlen == prefixlen &&
	    sectun_selector_key_common(&node->key, key) >= prefixlen)
		return node;
	return NULL;
}

/* The node of exactly this prefix, which is made where there is none; NULL: no memory. */
static struct sectun_selector_node *
sectun_selector_node_make(const struct sectun_selector_table *table,
			  struct sectun_selector_node __rcu **root,
			  const struct sectun_selector_key *key, unsigned int prefixlen)
{
	struct sectun_selector_node __rcu **slot = root;
	struct sectun_selector_node *node, *new, *fork;
	unsigned int shared = 0, bit;

	while ((node = sectun_selector_deref(table, *slot))) {
		shared = min3(sectun_selector_key_common(&node->key, key), prefixlen,
			      (unsigned int)node->prefixlen);
		if (shared < node->prefixlen)
			break;
		if (node->prefixlen == prefixlen)
			return node;
		slot = &node->child[sectun_selector_key_bit(key, shared)];
	}

	new = sectun_selector_node_alloc(key, prefixlen);
	if (!new)
		return NULL;
	if (!node) {
		rcu_assign_pointer(*slot, new);
		return new;
	}

	/* @new and @node share @shared bits: @new contains @node, or a fork goes above both. */
	bit = sectun_selector_key_bit(&node->key, shared);
	if (shared == prefixlen) {
		RCU_INIT_POINTER(new->child[bit], node);
		rcu_assign_pointer(*slot, new);
		return new;
	}
	fork = sectun_selector_node_alloc(key, shared);
	if (!fork) {
		kfree(new);
		return NULL;
	}
	RCU_INIT_POINTER(fork->child[bit], node);
	RCU_INIT_POINTER(fork->child[!bit], new);
	rcu_assign_pointer(*slot, fork);
	return new;
}

/*
 * Take the node of this prefix out, if it is there, nothing hangs on it, and no two subtrees part
 * there. A fork above it may have lost its reason with it.
 */
static void sectun_selector_node_prune(const struct sectun_selector_table *table,
				       struct sectun_selector_node __rcu **root,
				       const struct sectun_selector_key *key,
				       unsigned int prefixlen)
{
	struct sectun_selector_node __rcu **slot = root, **fork_slot = NULL;
	struct sectun_selector_node *node, *child, *fork;

	while ((node = sectun_selector_deref(table, *slot)) && node->prefixlen < prefixlen) {
		fork_slot = slot;
		slot = &node->child[sectun_selector_key_bit(key, node->prefixlen)];
	}
	if (!node || node->prefixlen != prefixlen ||
	    sectun_selector_key_common(&node->key, key) < prefixlen)
		return;
	if (rcu_access_pointer(node->load) ||
	    (rcu_access_pointer(node->child[0]) && rcu_access_pointer(node->child[1])))
		return;

	/* A removed node keeps its pointers: a reader who is on it goes on. */
	child = sectun_selector_deref(table, node->child[0]) ?:
		sectun_selector_deref(table, node->child[1]);
	rcu_assign_pointer(*slot, child);
	kfree_rcu(node, rcu);
	if (child || !fork_slot)
		return;

	fork = sectun_selector_deref(table, *fork_slot);
	if (rcu_access_pointer(fork->load))
		return;
	child = sectun_selector_deref(table, fork->child[0]) ?:
		sectun_selector_deref(table, fork->child[1]);
	rcu_assign_pointer(*fork_slot, child);
	kfree_rcu(fork, rcu);
}

/* The table: writers */

/**
 * struct sectun_selector_place - where in the table a link belongs
 * @root: the trie of remote prefixes
 * @local: the local selector
 * @remote: the remote selector
 * @local_key: its prefix
 * @remote_key: its prefix
 */
struct sectun_selector_place {
	struct sectun_selector_node __rcu **root;
	const struct sectun_ts *local;
	const struct sectun_ts *remote;
	struct sectun_selector_key local_key;
	struct sectun_selector_key remote_key;
};

static void sectun_selector_place_set(struct sectun_selector_place *place,
				      struct sectun_selector_table *table,
				      const struct sectun_selector_link *link)
{
	place->local = &link->sel->local[link->local];
	place->remote = &link->sel->remote[link->remote];
	place->root = place->remote->family == AF_INET ? &table->ip4 : &table->ip6;
	sectun_selector_key_set(&place->local_key, place->local->family, &place->local->addr);
	sectun_selector_key_set(&place->remote_key, place->remote->family, &place->remote->addr);
}

/* The node of the local prefix at the remote one, or NULL. */
static struct sectun_selector_node *
sectun_selector_place_find(const struct sectun_selector_table *table,
			   const struct sectun_selector_place *place)
{
	struct sectun_selector_node *remote =
		sectun_selector_node_find(table, place->root, &place->remote_key,
					  place->remote->prefixlen);

	return remote ? sectun_selector_node_find(table, &remote->locals, &place->local_key,
						  place->local->prefixlen) : NULL;
}

/* The same, made where there is none; NULL: no memory, and a part may have been made. */
static struct sectun_selector_node *
sectun_selector_place_make(const struct sectun_selector_table *table,
			   const struct sectun_selector_place *place)
{
	struct sectun_selector_node *remote =
		sectun_selector_node_make(table, place->root, &place->remote_key,
					  place->remote->prefixlen);

	return remote ? sectun_selector_node_make(table, &remote->locals, &place->local_key,
						  place->local->prefixlen) : NULL;
}

static void sectun_selector_place_prune(const struct sectun_selector_table *table,
					const struct sectun_selector_place *place)
{
	struct sectun_selector_node *remote =
		sectun_selector_node_find(table, place->root, &place->remote_key,
					  place->remote->prefixlen);

	if (!remote)
		return;
	sectun_selector_node_prune(table, &remote->locals, &place->local_key,
				   place->local->prefixlen);
	sectun_selector_node_prune(table, place->root, &place->remote_key,
				   place->remote->prefixlen);
}

static bool sectun_ts_same_transport(const struct sectun_ts *a, const struct sectun_ts *b)
{
	return a->protocol == b->protocol && a->port_first == b->port_first &&
	       a->port_last == b->port_last;
}

/* Who of another tunnel has the very pair of selectors that @place stands for; or NULL. */
static struct sectun_selectors *
sectun_selector_place_taken(const struct sectun_selector_table *table,
			    const struct sectun_selector_place *place,
			    const struct sectun_selectors *sel)
{
	struct sectun_selector_node *node = sectun_selector_place_find(table, place);
	struct sectun_selector_link *link;

	if (!node)
		return NULL;
	for (link = sectun_selector_deref(table, node->links); link;
	     link = sectun_selector_deref(table, link->next))
		if (link->sel->tunnel != sel->tunnel &&
		    sectun_ts_same_transport(&link->sel->local[link->local], place->local) &&
		    sectun_ts_same_transport(&link->sel->remote[link->remote], place->remote))
			return link->sel;
	return NULL;
}

/* Hang @link on the node of its place, before those that are as narrow as it is. */
static void sectun_selector_link_insert(const struct sectun_selector_table *table,
					struct sectun_selector_node *node,
					struct sectun_selector_link *link)
{
	struct sectun_selector_link __rcu **slot = &node->links;
	struct sectun_selector_link *next;

	while ((next = sectun_selector_deref(table, *slot)) && next->narrowness > link->narrowness)
		slot = &next->next;
	RCU_INIT_POINTER(link->next, next);
	rcu_assign_pointer(*slot, link);
}

static void sectun_selector_link_remove(const struct sectun_selector_table *table,
					struct sectun_selector_node *node,
					struct sectun_selector_link *link)
{
	struct sectun_selector_link __rcu **slot = &node->links;
	struct sectun_selector_link *here;

	while ((here = sectun_selector_deref(table, *slot)) && here != link)
		slot = &here->next;
	/* @link keeps its own pointer: a reader who is on it goes on. */
	if (!WARN_ON_ONCE(!here))
		rcu_assign_pointer(*slot, sectun_selector_deref(table, link->next));
}

/**
 * sectun_selector_table_init() - prepare the table of a new device
 * @table: the table
 * @lock: the mutex under which it will be written
 */
void sectun_selector_table_init(struct sectun_selector_table *table, struct mutex *lock)
{
	RCU_INIT_POINTER(table->ip4, NULL);
	RCU_INIT_POINTER(table->ip6, NULL);
	table->lock = lock;
	table->n_transport = 0;
}

/**
 * sectun_selector_table_uninit() - assert that all selectors have left the table
 * @table: the table of a device that goes away
 *
 * Context: any. Nothing is freed here: the table has no memory of its own.
 */
void sectun_selector_table_uninit(struct sectun_selector_table *table)
{
	WARN_ON_ONCE(rcu_access_pointer(table->ip4) || rcu_access_pointer(table->ip6) ||
		     table->n_transport);
}

/**
 * sectun_selector_table_conflict() - which selectors stand in the way of others
 * @table: the device's table
 * @sel: the selectors that are to be added
 *
 * Context: process. The caller holds the table's mutex.
 * Return: selectors of another tunnel that have one of the pairs that @sel has, or NULL.
 */
struct sectun_selectors *
sectun_selector_table_conflict(struct sectun_selector_table *table,
			       const struct sectun_selectors *sel)
{
	struct sectun_selector_place place;
	struct sectun_selectors *other;
	u32 i;

	for (i = 0; i < sel->n_links; i++) {
		sectun_selector_place_set(&place, table, &sel->links[i]);
		other = sectun_selector_place_taken(table, &place, sel);
		if (other)
			return other;
	}
	return NULL;
}

/**
 * sectun_selector_table_add() - let packets find a tunnel
 * @table: the device's table
 * @sel: the tunnel's selectors, in no table; an RCU grace period has passed since they left one
 *
 * All or nothing: no packet finds the tunnel unless this succeeds. To replace the selectors of a
 * tunnel without a gap, add the new ones, synchronize_net(), and then delete the old ones: a
 * lookup that began before the new ones were there may still rely on the old ones. What is there
 * for the same tunnel is no conflict, and the newer one is found first.
 *
 * Context: process, may sleep. The caller holds the table's mutex.
 * Return: 0; -EEXIST where another tunnel has the same remote and local prefix with the same
 * protocols and ports (sectun_selector_table_conflict() tells whose it is); -ENOMEM.
 */
int sectun_selector_table_add(struct sectun_selector_table *table, struct sectun_selectors *sel)
{
	struct sectun_selector_node *node;
	struct sectun_selector_place place;
	u32 n_made, i;

	if (sectun_selector_table_conflict(table, sel))
		return -EEXIST;

	/* First all nodes, which mean nothing while empty; then nothing can fail any more. */
	for (n_made = 0; n_made < sel->n_links; n_made++) {
		sectun_selector_place_set(&place, table, &sel->links[n_made]);
		if (!sectun_selector_place_make(table, &place))
			goto no_memory;
	}
	/* First, so that who finds a link has looked for the transport, but for a moment. */
	if (sel->needs_transport)
		WRITE_ONCE(table->n_transport, table->n_transport + 1);
	for (i = 0; i < sel->n_links; i++) {
		sectun_selector_place_set(&place, table, &sel->links[i]);
		node = sectun_selector_place_find(table, &place);
		if (!WARN_ON_ONCE(!node))
			sectun_selector_link_insert(table, node, &sel->links[i]);
	}
	return 0;

no_memory:
	for (i = 0; i <= n_made; i++) {
		sectun_selector_place_set(&place, table, &sel->links[i]);
		sectun_selector_place_prune(table, &place);
	}
	return -ENOMEM;
}

/**
 * sectun_selector_table_del() - let packets no longer find a tunnel
 * @table: the device's table
 * @sel: selectors in it
 *
 * Readers may have @sel in hands for a grace period more.
 *
 * Context: process. The caller holds the table's mutex. Cannot fail.
 */
void sectun_selector_table_del(struct sectun_selector_table *table, struct sectun_selectors *sel)
{
	struct sectun_selector_place place;
	struct sectun_selector_node *node;
	u32 i;

	for (i = 0; i < sel->n_links; i++) {
		sectun_selector_place_set(&place, table, &sel->links[i]);
		node = sectun_selector_place_find(table, &place);
		if (WARN_ON_ONCE(!node))
			continue;
		sectun_selector_link_remove(table, node, &sel->links[i]);
		sectun_selector_place_prune(table, &place);
	}
	if (sel->needs_transport)
		WRITE_ONCE(table->n_transport, table->n_transport - 1);
}

/* The table: readers. The stack transmits under rcu_read_lock_bh(). */

#define sectun_selector_rcu(pointer) rcu_dereference_check(pointer, rcu_read_lock_bh_held())

/* The longest prefix shorter than @limit that contains @key and on which something hangs. */
static const struct sectun_selector_node *
sectun_selector_node_longest(struct sectun_selector_node __rcu *const *root,
			     const struct sectun_selector_key *key, unsigned int limit)
{
	const struct sectun_selector_node *node = sectun_selector_rcu(*root), *best = NULL;
	unsigned int bit;

	while (node && node->prefixlen < limit &&
	       sectun_selector_key_common(&node->key, key) >= node->prefixlen) {
		if (rcu_access_pointer(node->load))
			best = node;
		if (node->prefixlen == SECTUN_IP6_BITS)
			break;
		bit = sectun_selector_key_bit(key, node->prefixlen);
		node = sectun_selector_rcu(node->child[bit]);
	}
	return best;
}

static struct sectun_selectors *
sectun_selector_links_lookup(const struct sectun_selector_node *node,
			     const struct sectun_inner *inner)
{
	const struct sectun_selector_link *link;

	for (link = sectun_selector_rcu(node->links); link; link = sectun_selector_rcu(link->next))
		if (sectun_ts_takes_transport(&link->sel->remote[link->remote], inner,
					      inner->dport) &&
		    sectun_ts_takes_transport(&link->sel->local[link->local], inner, inner->sport))
			return link->sel;
	return NULL;
}

/**
 * sectun_selector_table_lookup() - find the tunnel for a packet
 * @table: the device's table
 * @inner: the packet; its transport has been looked for where
 *	sectun_selector_table_needs_transport() said so
 *
 * The longest remote prefix that contains the destination and leads to selectors which take the
 * packet, then the longest local prefix that contains the source, then the narrowest protocol and
 * ports. A trie is gone through once more for each prefix that was no good; there seldom are two.
 *
 * Context: any, under rcu_read_lock() or rcu_read_lock_bh().
 * Return: the selectors, valid as long as the RCU read lock is held; NULL where none take the
 * packet.
 */
struct sectun_selectors *sectun_selector_table_lookup(const struct sectun_selector_table *table,
						      const struct sectun_inner *inner)
{
	struct sectun_selector_node __rcu *const *root =
		inner->family == AF_INET ? &table->ip4 : &table->ip6;
	const struct sectun_selector_node *remote, *local;
	struct sectun_selector_key source, destination;
	struct sectun_selectors *sel;
	unsigned int remote_limit, local_limit;

	sectun_selector_key_set(&source, inner->family, &inner->src);
	sectun_selector_key_set(&destination, inner->family, &inner->dst);

	remote_limit = SECTUN_ANY_LENGTH;
	while ((remote = sectun_selector_node_longest(root, &destination, remote_limit))) {
		local_limit = SECTUN_ANY_LENGTH;
		while ((local = sectun_selector_node_longest(&remote->locals, &source,
							     local_limit))) {
			sel = sectun_selector_links_lookup(local, inner);
			if (sel)
				return sel;
			local_limit = local->prefixlen;
		}
		remote_limit = remote->prefixlen;
	}
	return NULL;
}
