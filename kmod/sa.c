// SPDX-License-Identifier: GPL-2.0-only
/*
 * Security associations: making, finding, replacing, removing.
 *
 * Life of an SA: created whole, with its transform, in memory nobody sees; linked, in steps that
 * cannot fail halfway; unlinked under the device's lock; freed by a work item when the last packet
 * that uses it is done and no RCU reader is left.
 */
#include <linux/jhash.h>
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/xfrm.h>
#include "compat/netlink.h"
#include "device.h"
#include "event.h"
#include "hold.h"
#include "net.h"
#include "sa.h"
#include "trace.h"
#include "tunnel.h"

#define SECTUN_SPI_TRIES 64 /* random SPIs tried before spi-alloc gives up */

static struct workqueue_struct *sectun_sa_wq;
static struct kmem_cache *sectun_sa_caches[SECTUN_DIRS]; /* of what an SA in that direction needs */

static u32 sectun_sa_hash_of(__be32 spi, u8 proto, u8 dir, u32 seed)
{
	return jhash_2words((__force u32)spi, proto << 8 | dir, seed);
}

static u32 sectun_sa_hash_key(const void *data, u32 len, u32 seed)
{
	const struct sectun_sa_key *key = data;

	return sectun_sa_hash_of(key->spi, key->proto, key->dir, seed);
}

static u32 sectun_sa_hash_obj(const void *data, u32 len, u32 seed)
{
	const struct sectun_sa *sa = data;

	return sectun_sa_hash_of(sa->spi, sa->proto, sa->dir, seed);
}

static int sectun_sa_hash_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct sectun_sa_key *key = arg->key;
	const struct sectun_sa *sa = obj;
	const struct sectun_conf *conf;

	if (sa->spi != key->spi || sa->proto != key->proto || sa->dir != key->dir)
		return 1;
	conf = rcu_dereference_raw(sa->tunnel->conf); /* under RCU or sas_lock */
	return conf->family != key->family ||
	       !sectun_addr_equal(key->family, &key->addr,
				  sa->dir == SECTUN_DIR_IN ? &conf->local : &conf->remote);
}

const struct rhashtable_params sectun_sa_hash = {
	.key_len = sizeof(struct sectun_sa_key),
	.head_offset = offsetof(struct sectun_sa, hash_node),
	.hashfn = sectun_sa_hash_key,
	.obj_hashfn = sectun_sa_hash_obj,
	.obj_cmpfn = sectun_sa_hash_cmp,
	.automatic_shrinking = true,
};

/**
 * sectun_sa_lookup - finds the SA of a packet
 * @sn: the namespace in which the packet, or an ICMP error about it, arrived
 * @key: what the packet says
 *
 * Context: RCU.
 * Return: the SA, which may be larval, or NULL.
 */
struct sectun_sa *sectun_sa_lookup(struct sectun_net *sn, const struct sectun_sa_key *key)
{
	return rhashtable_lookup(&sn->sas, key, sectun_sa_hash);
}

static struct sectun_net *sectun_sa_net(const struct sectun_sa *sa)
{
	return sectun_net(sa->tunnel->device->net);
}

/**
 * sectun_sa_quoted - the transmit SA of a packet that an ICMP error quotes
 * @sn: namespace of outer packets
 * @family: AF_INET or AF_INET6
 * @proto: IPPROTO_ESP or IPPROTO_AH
 * @spi: of the packet
 * @local: its source
 * @remote: its destination
 *
 * Only errors about such packets count (RFC 4301 section 8.2).
 *
 * Context: RCU.
 * Return: the SA, or NULL where this host cannot have sent the packet.
 */
const struct sectun_sa *sectun_sa_quoted(struct sectun_net *sn, u8 family, u8 proto, __be32 spi,
					 const union sectun_addr *local,
					 const union sectun_addr *remote)
{
	const struct sectun_sa_key key = {
		.spi = spi,
		.proto = proto,
		.dir = SECTUN_DIR_OUT,
		.family = family,
		.addr = *remote,
	};
	const struct sectun_sa *sa = sectun_sa_lookup(sn, &key);

	if (!sa || !sectun_addr_equal(family, local, &rcu_dereference(sa->tunnel->conf)->local))
		return NULL;
	return sa;
}

/**
 * sectun_sa_seq_reserve - takes sequence numbers for a batch
 * @sa: a transmit SA
 * @n: how many are wanted
 * @first: the first of those granted; the others follow it
 *
 * No number is granted twice, and none past the last one that the SA's lifetime allows, nor past
 * the last one that there is (RFC 4303 section 3.3.3).
 *
 * Context: any but hard interrupts, several CPUs at a time.
 * Return: how many are granted: @n, or fewer when the end is reached.
 */
unsigned int sectun_sa_seq_reserve(struct sectun_sa *sa, unsigned int n, u64 *first)
{
	const struct sectun_lifetime *lifetime = &sa->lifetime;
	s64 used = atomic64_read(&sa->seq);
	u64 granted;

	do {
		if (unlikely((u64)used >= lifetime->seq_last || sectun_lifetime_over(lifetime))) {
			sectun_lifetime_numbered(sa, used);
			return 0;
		}
		granted = min_t(u64, n, lifetime->seq_last - (u64)used);
	} while (!atomic64_try_cmpxchg(&sa->seq, &used, used + granted));
	*first = (u64)used + 1;
	if (unlikely((u64)used + granted >= lifetime->seq_watch))
		sectun_lifetime_numbered(sa, (u64)used + granted);
	return granted;
}

/* Process context, after the last user and a grace period. */
static void sectun_sa_free(struct work_struct *work)
{
	struct sectun_sa *sa = container_of(work, struct sectun_sa, release);
	struct net_device *dev = sa->tunnel->device->dev;

	if (sa->aead)
		sectun_alg_free_aead(sa->aead);
	if (sa->dir == SECTUN_DIR_IN)
		sectun_replay_uninit(&sa->replay);
	percpu_ref_exit(&sa->inflight);
	sectun_count_past(sa);
	free_percpu(sa->traffic);
	kfree(sa->drops);
	sectun_tunnel_put(sa->tunnel);
	netdev_put(dev, &sa->tracker);
	kmem_cache_free(sectun_sa_caches[sa->dir], sa);
}

static void sectun_sa_idle(struct percpu_ref *ref)
{
	struct sectun_sa *sa = container_of(ref, struct sectun_sa, inflight);

	queue_work(sectun_sa_wq, &sa->release);
}

/**
 * sectun_sa_queue - has something done in process context
 * @sa: an SA that the caller holds
 * @work: a work item in the SA, whose function ends with sectun_sa_put()
 *
 * Context: any.
 */
void sectun_sa_queue(struct sectun_sa *sa, struct work_struct *work)
{
	percpu_ref_get(&sa->inflight);
	if (!queue_work(sectun_sa_wq, work))
		sectun_sa_put(sa);
}

static void sectun_sa_remove_late(struct work_struct *work)
{
	struct sectun_sa *sa = container_of(to_delayed_work(work), struct sectun_sa, removal);
	struct sectun_device *device = sa->tunnel->device;

	mutex_lock(&device->lock);
	if (sa->linked)
		sectun_sa_del(sa);
	mutex_unlock(&device->lock);
	sectun_sa_put(sa);
}

static void sectun_sa_remove_after(struct sectun_sa *sa, unsigned int ms)
{
	if (cancel_delayed_work(&sa->removal))
		sectun_sa_put(sa);
	percpu_ref_get(&sa->inflight);
	queue_delayed_work(sectun_sa_wq, &sa->removal, msecs_to_jiffies(ms));
}

/* An SA without a transform, unlinked. */
static struct sectun_sa *sectun_sa_alloc(struct sectun_tunnel *tunnel, enum sectun_dir dir,
					 u8 proto, __be32 spi)
{
	struct sectun_sa *sa = kmem_cache_zalloc(sectun_sa_caches[dir], GFP_KERNEL);

	if (!sa)
		return NULL;
	sa->traffic = sectun_traffic_alloc();
	if (!sa->traffic)
		goto err_traffic;
	if (percpu_ref_init(&sa->inflight, sectun_sa_idle, 0, GFP_KERNEL))
		goto err_ref;
	sa->dir = dir;
	sa->proto = proto;
	sa->spi = spi;
	sa->state = SECTUN_SA_STATE_LARVAL;
	sa->tunnel = tunnel;
	refcount_inc(&tunnel->refs);
	netdev_hold(tunnel->device->dev, &sa->tracker, GFP_KERNEL);
	INIT_DELAYED_WORK(&sa->removal, sectun_sa_remove_late);
	INIT_WORK(&sa->release, sectun_sa_free);
	sectun_lifetime_init(&sa->lifetime);
	if (dir == SECTUN_DIR_IN)
		sectun_endpoint_init(&sa->endpoint);
	return sa;

err_ref:
	free_percpu(sa->traffic);
err_traffic:
	kmem_cache_free(sectun_sa_caches[dir], sa);
	return NULL;
}

/* Ends the life of an SA that is not, or no longer, linked. */
static void sectun_sa_discard(struct sectun_sa *sa)
{
	percpu_ref_kill(&sa->inflight);
}

static int sectun_sa_seq_check(bool esn, u64 seq, struct netlink_ext_ack *extack)
{
	if (seq <= sectun_sa_seq_max(esn))
		return 0;
	NL_SET_ERR_MSG(extack, "without extended sequence numbers seq is at most 4294967295");
	return -ERANGE;
}

/* A whole SA, ready to be linked. */
static struct sectun_sa *sectun_sa_create(struct sectun_tunnel *tunnel,
					  const struct sectun_sa_spec *spec,
					  struct netlink_ext_ack *extack)
{
	const char *missing = NULL;
	struct crypto_aead *aead;
	struct sectun_sa *sa;
	int err;

	/* To create is the first step: where a later one fails, it is for the SPI. */
	NL_SET_BAD_ATTR(extack, spec->spi_attr);
	err = sectun_sa_seq_check(spec->esn, spec->seq, extack);
	if (err)
		return ERR_PTR(err);
	sa = sectun_sa_alloc(tunnel, spec->dir, spec->proto, spec->spi);
	if (!sa)
		return ERR_PTR(-ENOMEM);

	sa->alg = spec->alg;
	sa->esn = spec->esn;
	sa->allow_static = spec->allow_static;
	sa->installed = ktime_get_boottime_seconds();
	sectun_lifetime_set(sa, &spec->limits, spec->seq);
	if (spec->dir == SECTUN_DIR_OUT) {
		atomic64_set(&sa->seq, spec->seq);
	} else {
		sa->endpoint.follow = spec->follow;
		err = sectun_replay_init(&sa->replay, spec->replay, spec->esn, spec->seq);
		if (err)
			goto err_discard;
	}

	aead = sectun_alg_alloc_aead(spec->alg, spec->esn, spec->keymat, spec->keymat_len,
				     &missing);
	if (IS_ERR(aead)) {
		err = PTR_ERR(aead);
		if (missing)
			NL_SET_ERR_MSG_ATTR_FMT(extack, spec->alg_attr,
						"the kernel has no %s: load the module that provides it",
						missing);
		goto err_discard;
	}
	sa->aead = aead;
	sa->state = SECTUN_SA_STATE_ACTIVE;
	return sa;

err_discard:
	sectun_sa_discard(sa);
	return ERR_PTR(err);
}

/* Is the SPI one of in-tree IPsec's at this address? Then it is not ours to take. */
static bool sectun_sa_xfrm_has(struct net *net, const struct sectun_sa_key *key)
{
	struct xfrm_state *x;

	x = xfrm_state_lookup(net, 0, (const xfrm_address_t *)&key->addr, key->spi, key->proto,
			      key->family);
	if (!x)
		return false;
	xfrm_state_put(x);
	return true;
}

/* By what a receive SA will be found. */
static void sectun_sa_key_of(const struct sectun_sa *sa, const struct sectun_conf *conf,
			     struct sectun_sa_key *key)
{
	*key = (struct sectun_sa_key){
		.spi = sa->spi,
		.proto = sa->proto,
		.dir = SECTUN_DIR_IN,
		.family = conf->family,
		.addr = conf->local,
	};
}

static struct sectun_conf *sectun_sa_conf(const struct sectun_sa *sa)
{
	return rcu_dereference_protected(sa->tunnel->conf,
					 lockdep_is_held(&sa->tunnel->device->lock));
}

/**
 * sectun_sa_find - looks an SA of a tunnel up
 * @tunnel: the tunnel, its device's lock held
 * @dir: direction
 * @proto: IPPROTO_ESP or IPPROTO_AH
 * @spi: SPI
 *
 * Return: the SA or NULL.
 */
struct sectun_sa *sectun_sa_find(struct sectun_tunnel *tunnel, enum sectun_dir dir, u8 proto,
				 __be32 spi)
{
	struct sectun_sa *sa;

	lockdep_assert_held(&tunnel->device->lock);
	list_for_each_entry(sa, &tunnel->sas, node)
		if (sa->dir == dir && sa->proto == proto && sa->spi == spi)
			return sa;
	return NULL;
}

/* The oldest receive SA that a new one may take the place of. */
static struct sectun_sa *sectun_sa_oldest_spare(struct sectun_tunnel *tunnel)
{
	enum sectun_sa_state state;
	struct sectun_sa *sa;

	list_for_each_entry(sa, &tunnel->sas, node) {
		state = sectun_sa_state(sa);
		if (sa->dir == SECTUN_DIR_IN &&
		    (state == SECTUN_SA_STATE_RETIRING || state == SECTUN_SA_STATE_EXPIRED))
			return sa;
	}
	return NULL;
}

static void sectun_sa_enlist(struct sectun_sa *sa)
{
	struct sectun_tunnel *tunnel = sa->tunnel;

	sa->id = ++tunnel->device->next_id;
	sa->linked = true;
	list_add_tail_rcu(&sa->node, &tunnel->sas);
	if (sa->dir == SECTUN_DIR_IN)
		tunnel->n_in++;
	sectun_lifetime_start(&sa->lifetime);
}

static void sectun_sa_delist(struct sectun_sa *sa)
{
	sectun_lifetime_stop(&sa->lifetime);
	list_del_rcu(&sa->node);
	sa->linked = false;
	sectun_count_past(sa);
	if (sa->dir == SECTUN_DIR_IN)
		sa->tunnel->n_in--;
	if (cancel_delayed_work(&sa->removal))
		sectun_sa_put(sa);
}

/* Links a receive SA, in the place of the larval one that reserved its SPI if there is one. */
static int sectun_sa_link_in(struct sectun_sa *sa, struct netlink_ext_ack *extack)
{
	struct sectun_tunnel *tunnel = sa->tunnel;
	struct sectun_net *sn = sectun_sa_net(sa);
	struct sectun_sa *larval, *spare = NULL;
	struct sectun_sa_key key;
	int err;

	larval = sectun_sa_find(tunnel, SECTUN_DIR_IN, sa->proto, sa->spi);
	if (larval && larval->state != SECTUN_SA_STATE_LARVAL) {
		NL_SET_ERR_MSG(extack, "the tunnel has a receive SA with this SPI");
		return -EEXIST;
	}
	if (!larval && tunnel->n_in >= SECTUN_SA_IN_MAX) {
		spare = sectun_sa_oldest_spare(tunnel);
		if (!spare) {
			NL_SET_ERR_MSG(extack, "the tunnel has four receive SAs: remove one first");
			return -ENOSPC;
		}
	}

	mutex_lock(&sn->sas_lock);
	sectun_sa_key_of(sa, sectun_sa_conf(sa), &key);
	if (larval) {
		err = rhashtable_replace_fast(&sn->sas, &larval->hash_node, &sa->hash_node,
					      sectun_sa_hash);
	} else if (sectun_sa_xfrm_has(sn->net, &key)) {
		NL_SET_ERR_MSG(extack, "in-tree IPsec (ip xfrm state) has this SPI at this address");
		err = -EEXIST;
	} else {
		err = rhashtable_lookup_insert_key(&sn->sas, &key, &sa->hash_node, sectun_sa_hash);
		if (err == -EEXIST)
			NL_SET_ERR_MSG(extack, "another tunnel has this SPI at this local address");
	}
	mutex_unlock(&sn->sas_lock);
	if (err)
		return err;

	if (larval) {
		sectun_sa_delist(larval);
		sectun_sa_discard(larval);
	}
	if (spare)
		sectun_sa_del(spare);
	sectun_sa_enlist(sa);
	trace_rekey(sa, "installed");
	return 0;
}

/*
 * Makes a transmit SA known to ICMP errors. The peer chose the SPI, so another SA may have the
 * same.
 */
static int sectun_sa_hash_out(struct sectun_sa *sa)
{
	struct sectun_net *sn = sectun_sa_net(sa);
	int err;

	mutex_lock(&sn->sas_lock);
	err = rhashtable_insert_fast(&sn->sas, &sa->hash_node, sectun_sa_hash);
	mutex_unlock(&sn->sas_lock);
	return err;
}

static void sectun_sa_unhash(struct sectun_sa *sa)
{
	struct sectun_net *sn = sectun_sa_net(sa);

	mutex_lock(&sn->sas_lock);
	rhashtable_remove_fast(&sn->sas, &sa->hash_node, sectun_sa_hash);
	mutex_unlock(&sn->sas_lock);
}

/* Makes a hashed SA the transmit SA; the one before it goes. Cannot fail. */
static void sectun_sa_link_out(struct sectun_sa *sa)
{
	struct sectun_tunnel *tunnel = sa->tunnel;
	struct sectun_sa *old;

	sectun_sa_enlist(sa);
	old = rcu_replace_pointer(tunnel->sa_out, sa, lockdep_is_held(&tunnel->device->lock));
	trace_rekey(sa, "installed");
	if (old)
		sectun_sa_del(old);
	sectun_hold_release(tunnel);
}

static int sectun_sa_out_check(struct sectun_tunnel *tunnel, const struct sectun_sa_spec *spec,
			       struct netlink_ext_ack *extack)
{
	if (!sectun_sa_find(tunnel, SECTUN_DIR_OUT, spec->proto, spec->spi))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, spec->spi_attr, "the tunnel has a transmit SA with this SPI");
	return -EEXIST;
}

/**
 * sectun_sa_add - installs an SA
 * @tunnel: the tunnel, its device's lock held
 * @spec: what the SA is
 * @extack: says why not
 *
 * Context: may sleep.
 * Return: 0, -EEXIST for an SPI that is taken, -ENOSPC for a fifth receive SA, -ENOENT for a
 * transform that the kernel lacks, -ERANGE, -ENOMEM. On error nothing has changed.
 */
int sectun_sa_add(struct sectun_tunnel *tunnel, const struct sectun_sa_spec *spec,
		  struct netlink_ext_ack *extack)
{
	struct sectun_sa *sa;
	int err;

	lockdep_assert_held(&tunnel->device->lock);
	if (spec->dir == SECTUN_DIR_OUT) {
		err = sectun_sa_out_check(tunnel, spec, extack);
		if (err)
			return err;
	}
	sa = sectun_sa_create(tunnel, spec, extack);
	if (IS_ERR(sa))
		return PTR_ERR(sa);
	err = spec->dir == SECTUN_DIR_IN ? sectun_sa_link_in(sa, extack) : sectun_sa_hash_out(sa);
	if (err)
		sectun_sa_discard(sa);
	else if (spec->dir == SECTUN_DIR_OUT)
		sectun_sa_link_out(sa);
	return err;
}

static void sectun_sa_retire_others(struct sectun_tunnel *tunnel, const struct sectun_sa *keep,
				    unsigned int retire_ms)
{
	struct sectun_sa *sa;

	list_for_each_entry(sa, &tunnel->sas, node) {
		if (sa->dir != SECTUN_DIR_IN || sa == keep || sa->state != SECTUN_SA_STATE_ACTIVE)
			continue;
		WRITE_ONCE(sa->state, SECTUN_SA_STATE_RETIRING);
		trace_rekey(sa, "retiring");
		sectun_sa_remove_after(sa, retire_ms);
	}
}

/**
 * sectun_sa_rekey - replaces the SAs of a tunnel in one step
 * @tunnel: the tunnel, its device's lock held
 * @in: the new receive SA, or NULL
 * @out: the new transmit SA, or NULL
 * @retire_ms: milliseconds for which the receive SAs before @in go on receiving
 * @extack: says why not
 *
 * Receiving is ready before transmission switches (RFC 7296 section 2.8).
 *
 * Context: may sleep.
 * Return: as sectun_sa_add(). On error nothing has changed.
 */
int sectun_sa_rekey(struct sectun_tunnel *tunnel, const struct sectun_sa_spec *in,
		    const struct sectun_sa_spec *out, unsigned int retire_ms,
		    struct netlink_ext_ack *extack)
{
	struct sectun_sa *sa_in = NULL, *sa_out = NULL;
	int err;

	lockdep_assert_held(&tunnel->device->lock);
	if (out) {
		err = sectun_sa_out_check(tunnel, out, extack);
		if (err)
			return err;
		sa_out = sectun_sa_create(tunnel, out, extack);
		if (IS_ERR(sa_out))
			return PTR_ERR(sa_out);
	}
	if (sa_out) {
		err = sectun_sa_hash_out(sa_out);
		if (err)
			goto err_hash;
	}
	if (in) {
		sa_in = sectun_sa_create(tunnel, in, extack);
		if (IS_ERR(sa_in)) {
			err = PTR_ERR(sa_in);
			goto err_out;
		}
		err = sectun_sa_link_in(sa_in, extack);
		if (err)
			goto err_in;
		sectun_sa_retire_others(tunnel, sa_in, retire_ms);
	}
	if (sa_out)
		sectun_sa_link_out(sa_out);
	return 0;

err_in:
	sectun_sa_discard(sa_in);
err_out:
	if (sa_out)
		sectun_sa_unhash(sa_out);
err_hash:
	if (sa_out)
		sectun_sa_discard(sa_out);
	return err;
}

/**
 * sectun_sa_reserve - reserves a free SPI for a receive SA
 * @tunnel: the tunnel, its device's lock held
 * @proto: IPPROTO_ESP or IPPROTO_AH
 * @spi_min: smallest SPI wanted, host order
 * @spi_max: largest SPI wanted, host order
 * @timeout: seconds after which an unused reservation is dropped
 * @extack: says why not
 *
 * Context: may sleep.
 * Return: the larval SA, valid while the lock is held, or ERR_PTR: -ENOSPC, -ENOMEM.
 */
struct sectun_sa *sectun_sa_reserve(struct sectun_tunnel *tunnel, u8 proto, u32 spi_min,
				    u32 spi_max, unsigned int timeout,
				    struct netlink_ext_ack *extack)
{
	struct sectun_net *sn = sectun_net(tunnel->device->net);
	struct sectun_sa_key key;
	struct sectun_sa *sa;
	int err = -ENOSPC;
	u32 offset;
	int i;

	lockdep_assert_held(&tunnel->device->lock);
	if (tunnel->n_in >= SECTUN_SA_IN_MAX) {
		NL_SET_ERR_MSG(extack, "the tunnel has four receive SAs: remove one first");
		return ERR_PTR(-ENOSPC);
	}
	sa = sectun_sa_alloc(tunnel, SECTUN_DIR_IN, proto, 0);
	if (!sa)
		return ERR_PTR(-ENOMEM);

	for (i = 0; i < SECTUN_SPI_TRIES; i++) {
		offset = mul_u64_u32_shr((u64)spi_max - spi_min + 1, get_random_u32(), 32);
		sa->spi = htonl(spi_min + offset);
		mutex_lock(&sn->sas_lock);
		sectun_sa_key_of(sa, sectun_sa_conf(sa), &key);
		err = sectun_sa_xfrm_has(sn->net, &key) ? -EEXIST :
		      rhashtable_lookup_insert_key(&sn->sas, &key, &sa->hash_node, sectun_sa_hash);
		mutex_unlock(&sn->sas_lock);
		if (err != -EEXIST)
			break;
	}
	if (err) {
		sectun_sa_discard(sa);
		if (err != -EEXIST)
			return ERR_PTR(err);
		NL_SET_ERR_MSG(extack, "no free SPI found between spi-min and spi-max");
		return ERR_PTR(-ENOSPC);
	}
	sectun_sa_enlist(sa);
	sectun_sa_remove_after(sa, timeout * MSEC_PER_SEC);
	return sa;
}

/**
 * sectun_sa_seek - moves the sequence number of an SA forward
 * @sa: the SA, its device's lock held
 * @seq: transmit: the last number used; receive: the top of the window
 * @extack: says why not
 *
 * Return: 0 or -ERANGE.
 */
int sectun_sa_seek(struct sectun_sa *sa, u64 seq, struct netlink_ext_ack *extack)
{
	int err = sectun_sa_seq_check(sa->esn, seq, extack);
	s64 used;

	if (err)
		return err;
	if (sa->dir == SECTUN_DIR_IN) {
		err = sectun_replay_seek(&sa->replay, seq);
	} else {
		used = atomic64_read(&sa->seq);
		do {
			if ((u64)used > seq) {
				err = -ERANGE;
				break;
			}
		} while (!atomic64_try_cmpxchg(&sa->seq, &used, seq));
	}
	if (err)
		NL_SET_ERR_MSG(extack, "a sequence number cannot go back");
	return err;
}

/**
 * sectun_sa_del - removes an SA
 * @sa: a linked SA, its device's lock held; not to be touched afterwards
 *
 * Context: may sleep.
 */
void sectun_sa_del(struct sectun_sa *sa)
{
	struct sectun_tunnel *tunnel = sa->tunnel;

	lockdep_assert_held(&tunnel->device->lock);
	if (rcu_access_pointer(tunnel->sa_out) == sa)
		RCU_INIT_POINTER(tunnel->sa_out, NULL);
	sectun_sa_unhash(sa);
	sectun_sa_delist(sa);
	sectun_event_sa_deleted(sa);
	trace_rekey(sa, "removed");
	sectun_sa_discard(sa);
}

/**
 * sectun_sa_del_all - removes the SAs of a tunnel
 * @tunnel: the tunnel, its device's lock held
 *
 * Context: may sleep.
 */
void sectun_sa_del_all(struct sectun_tunnel *tunnel)
{
	struct sectun_sa *sa, *next;

	list_for_each_entry_safe(sa, next, &tunnel->sas, node)
		sectun_sa_del(sa);
}

/**
 * sectun_sa_local_check - may a tunnel's receive SAs move to another local address?
 * @tunnel: the tunnel; its device's lock and sectun_net.sas_lock are held
 * @family: AF_INET or AF_INET6
 * @local: the address
 * @extack: says why not
 *
 * Return: 0, or -EEXIST where one of their SPIs is taken there.
 */
int sectun_sa_local_check(struct sectun_tunnel *tunnel, u8 family, const union sectun_addr *local,
			  struct netlink_ext_ack *extack)
{
	struct sectun_net *sn = sectun_net(tunnel->device->net);
	struct sectun_sa_key key = { .dir = SECTUN_DIR_IN, .family = family, .addr = *local };
	struct sectun_sa *sa, *other;

	lockdep_assert_held(&sn->sas_lock);
	list_for_each_entry(sa, &tunnel->sas, node) {
		if (sa->dir != SECTUN_DIR_IN)
			continue;
		key.spi = sa->spi;
		key.proto = sa->proto;
		other = rhashtable_lookup_fast(&sn->sas, &key, sectun_sa_hash);
		if ((other && other->tunnel != tunnel) || sectun_sa_xfrm_has(sn->net, &key)) {
			NL_SET_ERR_MSG(extack, "an SPI of the tunnel is taken at the new local address");
			return -EEXIST;
		}
	}
	return 0;
}

/**
 * sectun_sa_driver - the crypto driver of an SA
 * @sa: the SA
 *
 * Return: its name in /proc/crypto, or NULL while the SA is larval.
 */
const char *sectun_sa_driver(const struct sectun_sa *sa)
{
	return sa->aead ? sectun_alg_driver(sa->aead) : NULL;
}

/**
 * sectun_sa_uninit - waits until the last SA is freed, and undoes sectun_sa_init()
 */
void sectun_sa_uninit(void)
{
	if (sectun_sa_wq)
		destroy_workqueue(sectun_sa_wq);
	kmem_cache_destroy(sectun_sa_caches[SECTUN_DIR_OUT]);
	kmem_cache_destroy(sectun_sa_caches[SECTUN_DIR_IN]);
}

/**
 * sectun_sa_init - makes what all SAs share
 *
 * Return: 0 or -ENOMEM.
 */
int sectun_sa_init(void)
{
	sectun_sa_caches[SECTUN_DIR_IN] =
		kmem_cache_create("sectun_sa_in", sizeof(struct sectun_sa),
				  __alignof__(struct sectun_sa), 0, NULL);
	sectun_sa_caches[SECTUN_DIR_OUT] =
		kmem_cache_create("sectun_sa_out", offsetofend(struct sectun_sa, seq),
				  __alignof__(struct sectun_sa), 0, NULL);
	sectun_sa_wq = alloc_workqueue("sectun_sa", WQ_UNBOUND, 0);
	if (sectun_sa_caches[SECTUN_DIR_IN] && sectun_sa_caches[SECTUN_DIR_OUT] && sectun_sa_wq)
		return 0;
	sectun_sa_uninit();
	return -ENOMEM;
}
