// SPDX-License-Identifier: GPL-2.0-only
#include "device.h"
#include "endpoint.h"
#include "event.h"
#include "sa.h"
#include "tunnel.h"

/*
 * A tunnel's packets may go elsewhere by themselves where its own header and port say where they
 * go; in transport mode that is the packet's header.
 */
static bool sectun_endpoint_is_movable(const struct sectun_conf *conf, u8 family,
				       const union sectun_addr *addr)
{
	return conf->family == family && conf->encap == SECTUN_ENCAP_UDP &&
	       conf->mode == SECTUN_MODE_TUNNEL && sectun_addr_is_unicast(family, addr);
}

static bool sectun_endpoint_is(const struct sectun_conf *conf, u8 family,
			       const union sectun_addr *addr, __be16 port)
{
	return conf->family == family && conf->dport == port &&
	       sectun_addr_equal(family, addr, &conf->remote);
}

/* Publishes a configuration with the peer's new place; the SA is linked, the device locked. */
static void sectun_endpoint_publish(struct sectun_sa *sa)
{
	struct sectun_endpoint *endpoint = &sa->endpoint;
	struct sectun_tunnel *tunnel = sa->tunnel;
	union sectun_addr addr;
	struct sectun_conf *conf;
	__be16 port;
	u8 family;

	spin_lock_bh(&endpoint->lock);
	family = endpoint->family;
	addr = endpoint->addr;
	port = endpoint->port;
	spin_unlock_bh(&endpoint->lock);

	conf = rcu_dereference_protected(tunnel->conf, lockdep_is_held(&tunnel->device->lock));
	if (!sectun_endpoint_is_movable(conf, family, &addr) ||
	    sectun_endpoint_is(conf, family, &addr, port))
		return;
	conf = sectun_conf_copy(conf);
	if (!conf)
		return; /* the next packet tries again */
	conf->remote = addr;
	conf->dport = port;
	if (sectun_tunnel_set(tunnel, conf, NULL, NULL))
		sectun_conf_free(conf);
}

static void sectun_endpoint_move(struct work_struct *work)
{
	struct sectun_sa *sa = container_of(work, struct sectun_sa, endpoint.move);
	struct sectun_device *device = sa->tunnel->device;

	mutex_lock(&device->lock);
	if (sa->linked)
		sectun_endpoint_publish(sa);
	mutex_unlock(&device->lock);
	sectun_sa_put(sa);
}

/* Remembers where the peer is. False where that is known already. */
static bool sectun_endpoint_remember(struct sectun_endpoint *endpoint, u8 family,
				     const union sectun_addr *addr, __be16 port)
{
	bool known;

	spin_lock(&endpoint->lock);
	known = endpoint->family == family && endpoint->port == port &&
		sectun_addr_equal(family, addr, &endpoint->addr);
	endpoint->family = family;
	endpoint->port = port;
	endpoint->addr = *addr;
	spin_unlock(&endpoint->lock);
	return !known;
}

/**
 * sectun_endpoint_check - looks whether a packet came from the tunnel's remote address and port
 * @sa: a receive SA, held
 * @seq: the packet's sequence number; it is authenticated and committed
 * @family: AF_INET or AF_INET6
 * @source: its outer source
 * @port: its UDP source port
 *
 * If not, a key-management daemon is told, once for each, and the tunnel goes there if the SA says
 * so. Only the newest packet counts: one that was overtaken on its way comes from where the peer
 * has been. For the same reason an SA that has been replaced moves nothing.
 *
 * Context: bottom halves off, RCU.
 */
void sectun_endpoint_check(struct sectun_sa *sa, u64 seq, u8 family,
			   const union sectun_addr *source, __be16 port)
{
	const struct sectun_conf *conf = rcu_dereference(sa->tunnel->conf);

	if (likely(sectun_endpoint_is(conf, family, source, port)) ||
	    seq != sectun_replay_top(&sa->replay))
		return;
	if (sectun_endpoint_remember(&sa->endpoint, family, source, port))
		sectun_event_endpoint_change(sa, family, source, port);
	if (sa->endpoint.follow && sectun_sa_state(sa) == SECTUN_SA_STATE_ACTIVE &&
	    sectun_endpoint_is_movable(conf, family, source))
		sectun_sa_queue(sa, &sa->endpoint.move);
}

/**
 * sectun_endpoint_init - begins with a peer that is where the tunnel says
 * @endpoint: of a new SA
 */
void sectun_endpoint_init(struct sectun_endpoint *endpoint)
{
	spin_lock_init(&endpoint->lock);
	INIT_WORK(&endpoint->move, sectun_endpoint_move);
}
