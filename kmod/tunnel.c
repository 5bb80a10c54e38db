// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tunnels: adding, changing, removing. The data path reads a tunnel under RCU; what it must see
 * whole (the configuration, the selectors, the transmit SA) hangs on a pointer each and is
 * replaced, never changed.
 */
#include <linux/netlink.h>
#include <linux/slab.h>
#include "device.h"
#include "hold.h"
#include "net.h"
#include "sa.h"
#include "tunnel.h"
#include "udp.h"

const struct rhashtable_params sectun_tunnel_by_name = {
	.key_offset = offsetof(struct sectun_tunnel, name),
	.key_len = SECTUN_NAME_SIZE,
	.head_offset = offsetof(struct sectun_tunnel, name_node),
	.automatic_shrinking = true,
};

/* There may be very many: none takes more than its size. */
static struct kmem_cache *sectun_tunnel_cache;
static struct kmem_cache *sectun_conf_cache;

/**
 * sectun_conf_alloc - makes a configuration, all zero but for its route cache
 *
 * Context: may sleep.
 * Return: the configuration or NULL.
 */
struct sectun_conf *sectun_conf_alloc(void)
{
	struct sectun_conf *conf = kmem_cache_zalloc(sectun_conf_cache, GFP_KERNEL);

	if (conf && dst_cache_init(&conf->routes, GFP_KERNEL)) {
		kmem_cache_free(sectun_conf_cache, conf);
		return NULL;
	}
	return conf;
}

/**
 * sectun_conf_copy - makes a configuration that begins as another one is
 * @old: the other one
 *
 * Context: may sleep.
 * Return: the configuration, which remembers no routes yet, or NULL.
 */
struct sectun_conf *sectun_conf_copy(const struct sectun_conf *old)
{
	struct sectun_conf *conf = sectun_conf_alloc();

	if (conf)
		memcpy(conf, old, offsetof(struct sectun_conf, routes));
	return conf;
}

/**
 * sectun_conf_free - frees a configuration that no reader can see
 * @conf: the configuration, or NULL
 */
void sectun_conf_free(struct sectun_conf *conf)
{
	if (!conf)
		return;
	dst_cache_destroy(&conf->routes);
	kmem_cache_free(sectun_conf_cache, conf);
}

static void sectun_conf_free_rcu(struct rcu_head *rcu)
{
	sectun_conf_free(container_of(rcu, struct sectun_conf, rcu));
}

static void sectun_selectors_free(struct sectun_selectors *selectors)
{
	sectun_selectors_uninit(selectors);
	kfree(selectors);
}

/**
 * sectun_tunnel_find - looks a tunnel up by its name
 * @device: the device, its lock held
 * @name: NUL-terminated
 *
 * Return: the tunnel or NULL.
 */
struct sectun_tunnel *sectun_tunnel_find(struct sectun_device *device, const char *name)
{
	char key[SECTUN_NAME_SIZE] = {};

	lockdep_assert_held(&device->lock);
	if (strscpy(key, name, sizeof(key)) < 0)
		return NULL;
	return rhashtable_lookup_fast(&device->by_name, key, sectun_tunnel_by_name);
}

/* One tunnel that takes every packet needs no lookup. */
static void sectun_tunnel_update_wildcard(struct sectun_device *device)
{
	struct sectun_tunnel *only = NULL;
	const struct sectun_selectors *selectors;

	if (device->n_tunnels == 1) {
		only = list_first_entry(&device->tunnels, struct sectun_tunnel, node);
		selectors = rcu_dereference_protected(only->selectors,
						      lockdep_is_held(&device->lock));
		if (!selectors->any)
			only = NULL;
	}
	rcu_assign_pointer(device->wildcard, only);
}

/* Counts the tunnels in transport mode: @by is 1 for one that comes, -1 for one that goes. */
static void sectun_tunnel_count_mode(struct sectun_device *device, const struct sectun_conf *conf,
				     int by)
{
	if (conf->mode == SECTUN_MODE_TRANSPORT)
		WRITE_ONCE(device->n_transport, device->n_transport + by);
}

/* NULL where no socket of ours is needed: no UDP, or a process serves the port. */
static struct sectun_socket *sectun_tunnel_socket_get(struct sectun_device *device,
						      const struct sectun_conf *conf,
						      struct netlink_ext_ack *extack)
{
	if (conf->encap != SECTUN_ENCAP_UDP)
		return NULL;
	return sectun_socket_get(device->net, conf, extack);
}

static void sectun_tunnel_free(struct sectun_tunnel *tunnel)
{
	kfree(tunnel->dummy);
	kfree(tunnel->drops);
	kmem_cache_free(sectun_tunnel_cache, tunnel);
}

/* The last reference is gone and no reader is left. */
static void sectun_tunnel_free_rcu(struct rcu_head *rcu)
{
	struct sectun_tunnel *tunnel = container_of(rcu, struct sectun_tunnel, rcu);

	sectun_conf_free(rcu_dereference_protected(tunnel->conf, true));
	sectun_selectors_free(rcu_dereference_protected(tunnel->selectors, true));
	sectun_tunnel_free(tunnel);
}

/**
 * sectun_tunnel_put - drops a reference
 * @tunnel: the tunnel
 *
 * Context: any.
 */
void sectun_tunnel_put(struct sectun_tunnel *tunnel)
{
	if (refcount_dec_and_test(&tunnel->refs))
		call_rcu(&tunnel->rcu, sectun_tunnel_free_rcu);
}

static struct sectun_tunnel *sectun_tunnel_alloc(struct sectun_device *device, const char *name)
{
	struct sectun_tunnel *tunnel = kmem_cache_zalloc(sectun_tunnel_cache, GFP_KERNEL);

	if (!tunnel)
		return NULL;
	tunnel->device = device;
	strscpy(tunnel->name, name, sizeof(tunnel->name));
	skb_queue_head_init(&tunnel->held);
	INIT_LIST_HEAD(&tunnel->sas);
	refcount_set(&tunnel->refs, 1);
	sectun_keepalive_init(tunnel);
	return tunnel;
}

static int sectun_tunnel_selectors_error(int err, struct netlink_ext_ack *extack)
{
	if (err == -EEXIST)
		NL_SET_ERR_MSG(extack, "another tunnel of the device has the same traffic selectors");
	return err;
}

/**
 * sectun_tunnel_add - adds a tunnel to a device
 * @device: the device, its lock held
 * @name: valid and at most SECTUN_NAME_SIZE - 1 octets
 * @conf: what is configured; taken over on success only
 * @selectors: what is carried; taken over on success only
 * @extack: says why not
 *
 * Context: may sleep.
 * Return: 0, -EEXIST for a name or selectors that another tunnel has, -EADDRINUSE for a UDP port
 * that a process holds without ESP-in-UDP, -ENOMEM and what binding a UDP socket may answer.
 */
int sectun_tunnel_add(struct sectun_device *device, const char *name, struct sectun_conf *conf,
		      struct sectun_selectors *selectors, struct netlink_ext_ack *extack)
{
	struct sectun_tunnel *tunnel;
	struct sectun_socket *socket;
	int err;

	lockdep_assert_held(&device->lock);
	tunnel = sectun_tunnel_alloc(device, name);
	if (!tunnel)
		return -ENOMEM;
	err = sectun_dummy_prepare(tunnel, conf);
	if (err)
		goto err_socket;

	socket = sectun_tunnel_socket_get(device, conf, extack);
	if (IS_ERR(socket)) {
		err = PTR_ERR(socket);
		goto err_socket;
	}
	err = rhashtable_lookup_insert_fast(&device->by_name, &tunnel->name_node,
					    sectun_tunnel_by_name);
	if (err) {
		if (err == -EEXIST)
			NL_SET_ERR_MSG(extack, "the device has a tunnel of this name");
		goto err_name;
	}
	selectors->tunnel = tunnel;
	rcu_assign_pointer(tunnel->conf, conf);
	rcu_assign_pointer(tunnel->selectors, selectors);
	err = sectun_selector_table_add(&device->selectors, selectors);
	if (err) {
		sectun_tunnel_selectors_error(err, extack);
		goto err_selectors;
	}

	tunnel->socket = socket;
	tunnel->id = ++device->next_id;
	list_add_tail_rcu(&tunnel->node, &device->tunnels);
	device->n_tunnels++;
	sectun_tunnel_count_mode(device, conf, 1);
	sectun_tunnel_update_wildcard(device);
	sectun_keepalive_start(tunnel);
	sectun_dummy_start(tunnel);
	return 0;

err_selectors:
	rhashtable_remove_fast(&device->by_name, &tunnel->name_node, sectun_tunnel_by_name);
	synchronize_rcu(); /* lookups may have met the selectors on their way */
err_name:
	if (socket)
		sectun_socket_put(device->net, socket);
err_socket:
	sectun_tunnel_free(tunnel);
	return err;
}

/**
 * sectun_tunnel_set - changes a tunnel
 * @tunnel: the tunnel, its device's lock held
 * @conf: what replaces the configuration; taken over on success only
 * @selectors: what replaces the selectors, or NULL to leave them; taken over on success only
 * @extack: says why not
 *
 * Readers see the old or the new selectors, and the old or the new configuration; at no time none.
 *
 * Context: may sleep.
 * Return: 0 or an error of sectun_tunnel_add(), nothing being changed then.
 */
int sectun_tunnel_set(struct sectun_tunnel *tunnel, struct sectun_conf *conf,
		      struct sectun_selectors *selectors, struct netlink_ext_ack *extack)
{
	struct sectun_device *device = tunnel->device;
	struct sectun_net *sn = sectun_net(device->net);
	struct sectun_selectors *old_selectors;
	struct sectun_socket *socket;
	struct sectun_conf *old;
	int err;

	lockdep_assert_held(&device->lock);
	old = rcu_dereference_protected(tunnel->conf, lockdep_is_held(&device->lock));
	old_selectors = rcu_dereference_protected(tunnel->selectors,
						  lockdep_is_held(&device->lock));

	err = sectun_dummy_prepare(tunnel, conf);
	if (err)
		return err;
	socket = sectun_tunnel_socket_get(device, conf, extack);
	if (IS_ERR(socket))
		return PTR_ERR(socket);

	mutex_lock(&sn->sas_lock);
	err = sectun_sa_local_check(tunnel, conf->family, &conf->local, extack);
	if (err)
		goto err_sa;
	if (selectors) {
		selectors->tunnel = tunnel;
		err = sectun_selector_table_add(&device->selectors, selectors);
		if (err) {
			sectun_tunnel_selectors_error(err, extack);
			goto err_sa;
		}
		rcu_assign_pointer(tunnel->selectors, selectors);
	}
	rcu_assign_pointer(tunnel->conf, conf);
	mutex_unlock(&sn->sas_lock);

	sectun_tunnel_count_mode(device, conf, 1);
	sectun_tunnel_count_mode(device, old, -1);
	swap(tunnel->socket, socket);
	if (socket)
		sectun_socket_put(device->net, socket);
	sectun_tunnel_update_wildcard(device);
	sectun_keepalive_start(tunnel);
	sectun_dummy_start(tunnel);
	call_rcu(&old->rcu, sectun_conf_free_rcu);
	if (selectors) {
		synchronize_rcu(); /* lookups under way may rely on the old ones */
		sectun_selector_table_del(&device->selectors, old_selectors);
		synchronize_rcu();
		sectun_selectors_free(old_selectors);
	}
	return 0;

err_sa:
	mutex_unlock(&sn->sas_lock);
	if (socket)
		sectun_socket_put(device->net, socket);
	return err;
}

/**
 * sectun_tunnel_del - removes a tunnel and its SAs
 * @tunnel: the tunnel, its device's lock held; not to be touched afterwards without a reference
 *
 * Context: may sleep.
 */
void sectun_tunnel_del(struct sectun_tunnel *tunnel)
{
	struct sectun_device *device = tunnel->device;

	lockdep_assert_held(&device->lock);
	list_del_rcu(&tunnel->node);
	device->n_tunnels--;
	sectun_tunnel_count_mode(device, rcu_dereference_protected(tunnel->conf,
								   lockdep_is_held(&device->lock)),
				 -1);
	rhashtable_remove_fast(&device->by_name, &tunnel->name_node, sectun_tunnel_by_name);
	sectun_selector_table_del(&device->selectors,
				  rcu_dereference_protected(tunnel->selectors,
							    lockdep_is_held(&device->lock)));
	sectun_tunnel_update_wildcard(device);

	sectun_keepalive_stop(tunnel);
	sectun_dummy_stop(tunnel);
	sectun_sa_del_all(tunnel);
	sectun_hold_stop(tunnel);
	if (tunnel->socket)
		sectun_socket_put(device->net, tunnel->socket);
	tunnel->socket = NULL;
	sectun_tunnel_put(tunnel);
}

/**
 * sectun_tunnel_del_all - removes every tunnel of a device
 * @device: the device, its lock held
 *
 * Context: may sleep.
 */
void sectun_tunnel_del_all(struct sectun_device *device)
{
	struct sectun_tunnel *tunnel, *next;

	lockdep_assert_held(&device->lock);
	list_for_each_entry_safe(tunnel, next, &device->tunnels, node)
		sectun_tunnel_del(tunnel);
}

/**
 * sectun_tunnel_uninit - undoes sectun_tunnel_init(), after the last tunnel is freed
 */
void sectun_tunnel_uninit(void)
{
	kmem_cache_destroy(sectun_conf_cache);
	kmem_cache_destroy(sectun_tunnel_cache);
}

/**
 * sectun_tunnel_init - makes what all tunnels share
 *
 * Return: 0 or -ENOMEM.
 */
int sectun_tunnel_init(void)
{
	sectun_tunnel_cache = KMEM_CACHE(sectun_tunnel, 0);
	sectun_conf_cache = KMEM_CACHE(sectun_conf, 0);
	if (sectun_tunnel_cache && sectun_conf_cache)
		return 0;
	sectun_tunnel_uninit();
	return -ENOMEM;
}
