// SPDX-License-Identifier: MIT
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel.h"
#include "sectun.h"

/* Longer than a request is sent again and again: seconds. */
#define LARVAL_TIMEOUT 240
/* Older receive SAs are removed by the engine; this is for when it is gone: milliseconds. */
#define RETIRE_AFTER 300000

/**
 * struct live - an SA that the engine has
 * @next: another
 * @dir: enum sectun_dir
 * @spi: its SPI
 * @tunnel: its tunnel
 */
struct live {
	struct live *next;
	uint8_t dir;
	uint32_t spi;
	char tunnel[SECTUN_NAME_SIZE];
};

/**
 * struct ike_kernel - a connection
 * @handle: libsectun's
 * @events: descriptor of its events
 * @live: SAs that the engine has; when another goes, that is what was wanted
 * @error: what the kernel said
 */
struct ike_kernel {
	struct sectun *handle;
	int events;
	struct live *live;
	char error[256];
};

/**
 * struct shape - a tunnel as the kernel is to have it, with room for its selectors
 * @tunnel: the tunnel
 * @local_ts: selectors of this side
 * @remote_ts: selectors of the peer
 */
struct shape {
	struct sectun_tunnel tunnel;
	struct sectun_ts local_ts[SECTUN_TS_MAX];
	struct sectun_ts remote_ts[SECTUN_TS_MAX];
};

int ike_kernel_open(struct ike_kernel **kernel, char *why, size_t size)
{
	struct ike_kernel *made = calloc(1, sizeof(*made));
	int err;

	if (!made)
		return -ENOMEM;
	err = sectun_open(&made->handle);
	if (!err) {
		made->events = sectun_events_open(made->handle);
		err = made->events < 0 ? made->events : 0;
	}
	if (!err) {
		*kernel = made;
		return 0;
	}
	snprintf(why, size, "%s", made->handle ? sectun_error(made->handle) : strerror(-err));
	ike_kernel_close(made);
	return err;
}

void ike_kernel_close(struct ike_kernel *kernel)
{
	struct live *live;

	if (!kernel)
		return;
	while ((live = kernel->live)) {
		kernel->live = live->next;
		free(live);
	}
	sectun_close(kernel->handle);
	free(kernel);
}

int ike_kernel_fd(const struct ike_kernel *kernel)
{
	return kernel->events;
}

const char *ike_kernel_error(const struct ike_kernel *kernel)
{
	return kernel->error;
}

/* Keeps the kernel's sentence, since the connection goes on being used. */
static int note(struct ike_kernel *kernel, int err)
{
	const char *attribute = sectun_error_attribute(kernel->handle);

	if (err && attribute)
		snprintf(kernel->error, sizeof(kernel->error), "%s (%s)",
			 sectun_error(kernel->handle), attribute);
	else if (err)
		snprintf(kernel->error, sizeof(kernel->error), "%s", sectun_error(kernel->handle));
	return err;
}

static int no_device(struct ike_kernel *kernel, const char *dev)
{
	snprintf(kernel->error, sizeof(kernel->error), "there is no device %s", dev);
	return -ENODEV;
}

static void live_add(struct ike_kernel *kernel, uint8_t dir, uint32_t spi, const char *tunnel)
{
	struct live *live = calloc(1, sizeof(*live));

	/* Without it, the end of the SA is not told; nothing worse. */
	if (!live)
		return;
	live->dir = dir;
	live->spi = spi;
	snprintf(live->tunnel, sizeof(live->tunnel), "%s", tunnel);
	live->next = kernel->live;
	kernel->live = live;
}

/* Forgets an SA of a tunnel; @spi 0: whichever of that direction. Whether there was one. */
static bool live_del(struct ike_kernel *kernel, uint8_t dir, uint32_t spi, const char *tunnel)
{
	struct live **at = &kernel->live, *live;
	bool found = false;

	while ((live = *at)) {
		if (live->dir != dir || (spi && live->spi != spi) ||
		    strcmp(live->tunnel, tunnel)) {
			at = &live->next;
			continue;
		}
		*at = live->next;
		free(live);
		found = true;
	}
	return found;
}

static struct sectun_addr address(const struct ike_endpoint *endpoint)
{
	struct sectun_addr addr = { .len = endpoint->len };

	memcpy(addr.octets, endpoint->octets, sizeof(addr.octets));
	return addr;
}

static int prefixes(const struct ike_ts *items, size_t count, struct sectun_ts *to)
{
	struct ike_ts_prefix cut[SECTUN_TS_MAX];
	int used = 0, got, i;
	size_t n;

	for (n = 0; n < count; n++) {
		got = ike_ts_prefixes(&items[n], cut, SECTUN_TS_MAX - used);
		if (got < 0)
			return got;
		for (i = 0; i < got; i++, used++) {
			to[used] = (struct sectun_ts){
				.has = SECTUN_HAS(SECTUN_A_TS_ADDRESS) |
				       SECTUN_HAS(SECTUN_A_TS_PREFIXLEN),
				.address.len = cut[i].len,
				.prefixlen = cut[i].prefixlen,
				.protocol = cut[i].protocol,
				.port_first = cut[i].port_first,
				.port_last = cut[i].port_last,
			};
			memcpy(to[used].address.octets, cut[i].octets, cut[i].len);
			if (cut[i].protocol)
				to[used].has |= SECTUN_HAS(SECTUN_A_TS_PROTOCOL);
			if (cut[i].protocol && (cut[i].port_first || cut[i].port_last != 65535))
				to[used].has |= SECTUN_HAS(SECTUN_A_TS_PORT_FIRST) |
						SECTUN_HAS(SECTUN_A_TS_PORT_LAST);
		}
	}
	return used;
}

static int shape_selectors(struct shape *shape, const struct ike_ts *local, size_t local_count,
			   const struct ike_ts *remote, size_t remote_count)
{
	int locals = prefixes(local, local_count, shape->local_ts);
	int remotes = prefixes(remote, remote_count, shape->remote_ts);

	if (locals < 0 || remotes < 0)
		return -ENOSPC;
	shape->tunnel.local_ts = (struct sectun_ts_list){ shape->local_ts, locals };
	shape->tunnel.remote_ts = (struct sectun_ts_list){ shape->remote_ts, remotes };
	shape->tunnel.has |= SECTUN_HAS(SECTUN_A_TUNNEL_LOCAL_TS) |
			     SECTUN_HAS(SECTUN_A_TUNNEL_REMOTE_TS);
	return 0;
}

static void shape_name(struct shape *shape, uint32_t ifindex, const char *name)
{
	shape->tunnel.ifindex = ifindex;
	snprintf(shape->tunnel.name, sizeof(shape->tunnel.name), "%s", name);
	shape->tunnel.has |= SECTUN_HAS(SECTUN_A_TUNNEL_IFINDEX) |
			     SECTUN_HAS(SECTUN_A_TUNNEL_NAME);
}

static void shape_path(struct shape *shape, const struct ike_config_peer *peer,
		       const struct ike_path *path, bool encap)
{
	struct sectun_tunnel *tunnel = &shape->tunnel;

	tunnel->local = address(&path->local);
	tunnel->remote = address(&path->remote);
	tunnel->encap = encap ? SECTUN_ENCAP_UDP : SECTUN_ENCAP_NONE;
	tunnel->has |= SECTUN_HAS(SECTUN_A_TUNNEL_LOCAL) | SECTUN_HAS(SECTUN_A_TUNNEL_REMOTE) |
		       SECTUN_HAS(SECTUN_A_TUNNEL_ENCAP);
	if (!encap)
		return;
	tunnel->sport = path->local.port;
	tunnel->dport = path->remote.port;
	tunnel->keepalive = peer->keepalive;
	tunnel->has |= SECTUN_HAS(SECTUN_A_TUNNEL_SPORT) | SECTUN_HAS(SECTUN_A_TUNNEL_DPORT) |
		       SECTUN_HAS(SECTUN_A_TUNNEL_KEEPALIVE);
}

static void shape_policy(struct shape *shape, const struct ike_config_tunnel *tunnel,
			 enum ike_mode mode)
{
	shape->tunnel.mode = mode == IKE_MODE_TRANSPORT ? SECTUN_MODE_TRANSPORT :
							  SECTUN_MODE_TUNNEL;
	shape->tunnel.mss = tunnel->mss;
	shape->tunnel.tfc = tunnel->tfc;
	shape->tunnel.has |= SECTUN_HAS(SECTUN_A_TUNNEL_MODE) | SECTUN_HAS(SECTUN_A_TUNNEL_MSS) |
			     SECTUN_HAS(SECTUN_A_TUNNEL_TFC);
}

/* Makes a tunnel, or changes the one of that name. */
static int shape_apply(struct ike_kernel *kernel, const struct shape *shape)
{
	int err = sectun_tunnel_new(kernel->handle, &shape->tunnel);

	if (err == -EEXIST)
		err = sectun_tunnel_set(kernel->handle, &shape->tunnel);
	return note(kernel, err);
}

int ike_kernel_tunnel_add(struct ike_kernel *kernel, const struct ike_config_peer *peer,
			  const struct ike_config_tunnel *tunnel,
			  const struct ike_child_conf *child)
{
	const struct ike_path path = { peer->conf.local, peer->conf.remote };
	uint32_t ifindex = if_nametoindex(tunnel->dev);
	struct shape shape = { 0 };
	int err;

	if (!ifindex)
		return no_device(kernel, tunnel->dev);
	shape_name(&shape, ifindex, tunnel->name);
	shape_path(&shape, peer, &path, false);
	shape_policy(&shape, tunnel, child->mode);
	err = shape_selectors(&shape, child->local_ts, child->local_ts_count, child->remote_ts,
			      child->remote_ts_count);
	if (err) {
		snprintf(kernel->error, sizeof(kernel->error),
			 "the selectors take more prefixes than a tunnel has");
		return err;
	}
	err = shape_apply(kernel, &shape);
	return err ? err : note(kernel, sectun_flush(kernel->handle, ifindex, tunnel->name));
}

int ike_kernel_tunnel_change(struct ike_kernel *kernel, const struct ike_config_tunnel *tunnel)
{
	uint32_t ifindex = if_nametoindex(tunnel->dev);
	struct shape shape = { 0 };
	int err;

	if (!ifindex)
		return no_device(kernel, tunnel->dev);
	shape_name(&shape, ifindex, tunnel->name);
	shape_policy(&shape, tunnel, IKE_MODE_TUNNEL);
	shape.tunnel.has &= ~SECTUN_HAS(SECTUN_A_TUNNEL_MODE);
	err = sectun_tunnel_set(kernel->handle, &shape.tunnel);
	return err == -ENOENT ? 0 : note(kernel, err);
}

int ike_kernel_tunnel_del(struct ike_kernel *kernel, const char *dev, const char *name)
{
	uint32_t ifindex = if_nametoindex(dev);
	int err;

	live_del(kernel, SECTUN_DIR_IN, 0, name);
	live_del(kernel, SECTUN_DIR_OUT, 0, name);
	if (!ifindex)
		return 0;
	err = sectun_tunnel_del(kernel->handle, ifindex, name);
	return err == -ENOENT ? 0 : note(kernel, err);
}

/**
 * struct job - a request that is carried out
 * @kernel: the connection
 * @peer: the peer
 * @tunnel: configuration of the tunnel
 * @request: the request
 * @ifindex: device of the tunnel
 * @reply: the answer
 */
struct job {
	struct ike_kernel *kernel;
	const struct ike_config_peer *peer;
	const struct ike_config_tunnel *tunnel;
	const struct ike_child_conf *child;
	const struct ike_kernel_request *request;
	uint32_t ifindex;
	struct ike_kernel_reply *reply;
};

static struct sectun_sa sa_of(const struct job *job, uint8_t dir, uint32_t spi)
{
	struct sectun_sa sa = {
		.has = SECTUN_HAS(SECTUN_A_SA_IFINDEX) | SECTUN_HAS(SECTUN_A_SA_TUNNEL) |
		       SECTUN_HAS(SECTUN_A_SA_DIR) | SECTUN_HAS(SECTUN_A_SA_SPI),
		.ifindex = job->ifindex,
		.dir = dir,
		.spi = spi,
	};

	snprintf(sa.tunnel, sizeof(sa.tunnel), "%s", job->request->tunnel);
	return sa;
}

/* Makes the tunnel of a peer whose address was not known. */
static int tunnel_ensure(const struct job *job)
{
	struct sectun_tunnel there = { 0 };
	struct shape shape = { 0 };
	int err;

	err = sectun_tunnel_get(job->kernel->handle, job->ifindex, job->request->tunnel, &there);
	sectun_tunnel_uninit(&there);
	if (err != -ENOENT)
		return note(job->kernel, err);
	shape_name(&shape, job->ifindex, job->request->tunnel);
	shape_path(&shape, job->peer, &job->request->path, job->request->encap);
	shape_policy(&shape, job->tunnel, job->child->mode);
	err = shape_selectors(&shape, job->child->local_ts, job->child->local_ts_count,
			      job->child->remote_ts, job->child->remote_ts_count);
	return err ? err : shape_apply(job->kernel, &shape);
}

static int spi_alloc(const struct job *job)
{
	struct sectun_sa sa = sa_of(job, SECTUN_DIR_IN, 0);
	int err = tunnel_ensure(job);

	if (err)
		return err;
	sa.has = SECTUN_HAS(SECTUN_A_SA_IFINDEX) | SECTUN_HAS(SECTUN_A_SA_TUNNEL) |
		 SECTUN_HAS(SECTUN_A_SA_LARVAL_TIMEOUT);
	sa.larval_timeout = LARVAL_TIMEOUT;
	return note(job->kernel, sectun_spi_alloc(job->kernel->handle, &sa, &job->reply->spi));
}

/* Limits in octets are the kernel's to watch; those in time are the engine's. */
static void limit(const struct job *job, struct sectun_sa *sa)
{
	if (!job->child->rekey_bytes)
		return;
	sa->soft_bytes = job->child->rekey_bytes;
	sa->has |= SECTUN_HAS(SECTUN_A_SA_SOFT_BYTES);
	if (job->child->life_bytes <= job->child->rekey_bytes)
		return;
	sa->hard_bytes = job->child->life_bytes;
	sa->has |= SECTUN_HAS(SECTUN_A_SA_HARD_BYTES);
}

static struct sectun_sa sa_to_install(const struct job *job, uint8_t dir,
				      const struct ike_kernel_sa *from)
{
	struct sectun_sa sa = sa_of(job, dir, from->spi);

	snprintf(sa.alg, sizeof(sa.alg), "%s", job->request->alg);
	sa.key = from->key;
	sa.key_len = from->key_len;
	sa.esn = job->request->esn;
	sa.has |= SECTUN_HAS(SECTUN_A_SA_ALG) | SECTUN_HAS(SECTUN_A_SA_KEY) |
		  SECTUN_HAS(SECTUN_A_SA_ESN);
	limit(job, &sa);
	return sa;
}

static int install_pair(const struct job *job)
{
	const uint64_t around = SECTUN_HAS(SECTUN_A_SA_IFINDEX) | SECTUN_HAS(SECTUN_A_SA_TUNNEL) |
				SECTUN_HAS(SECTUN_A_SA_DIR);
	struct sectun_rekey rekey = {
		.has = SECTUN_HAS(SECTUN_A_REKEY_IFINDEX) | SECTUN_HAS(SECTUN_A_REKEY_TUNNEL) |
		       SECTUN_HAS(SECTUN_A_REKEY_IN) | SECTUN_HAS(SECTUN_A_REKEY_OUT) |
		       SECTUN_HAS(SECTUN_A_REKEY_RETIRE_AFTER),
		.ifindex = job->ifindex,
		.in = sa_to_install(job, SECTUN_DIR_IN, &job->request->in),
		.out = sa_to_install(job, SECTUN_DIR_OUT, &job->request->out),
		.retire_after = RETIRE_AFTER,
	};

	snprintf(rekey.tunnel, sizeof(rekey.tunnel), "%s", job->request->tunnel);
	rekey.in.has &= ~around;
	rekey.out.has &= ~around;
	return sectun_rekey(job->kernel->handle, &rekey);
}

static int install_one(const struct job *job)
{
	bool in = job->request->in.spi;
	struct sectun_sa sa = sa_to_install(job, in ? SECTUN_DIR_IN : SECTUN_DIR_OUT,
					    in ? &job->request->in : &job->request->out);

	/* The word is for keys that come from a file; this one is used once. */
	if (!in) {
		sa.allow_static = true;
		sa.has |= SECTUN_HAS(SECTUN_A_SA_ALLOW_STATIC);
	}
	return sectun_sa_new(job->kernel->handle, &sa);
}

static int install(const struct job *job)
{
	const struct ike_kernel_request *request = job->request;
	struct shape shape = { 0 };
	int err;

	shape_name(&shape, job->ifindex, request->tunnel);
	shape_path(&shape, job->peer, &request->path, request->encap);
	shape_policy(&shape, job->tunnel, request->mode);
	err = shape_selectors(&shape, request->local_ts, request->local_ts_count,
			      request->remote_ts, request->remote_ts_count);
	if (!err)
		err = shape_apply(job->kernel, &shape);
	if (err)
		return err;
	if (request->in.spi && request->out.spi)
		err = install_pair(job);
	else if (request->in.spi || request->out.spi)
		err = install_one(job);
	if (err)
		return note(job->kernel, err);
	if (request->in.spi)
		live_add(job->kernel, SECTUN_DIR_IN, request->in.spi, request->tunnel);
	if (request->out.spi) {
		live_del(job->kernel, SECTUN_DIR_OUT, 0, request->tunnel);
		live_add(job->kernel, SECTUN_DIR_OUT, request->out.spi, request->tunnel);
	}
	return 0;
}

static int remove_one(const struct job *job, uint8_t dir, uint32_t spi)
{
	struct sectun_sa sa = sa_of(job, dir, spi);
	int err;

	if (!spi)
		return 0;
	live_del(job->kernel, dir, spi, job->request->tunnel);
	err = sectun_sa_del(job->kernel->handle, &sa);
	return err == -ENOENT ? 0 : note(job->kernel, err);
}

/* A tunnel that was made for one of several hosts goes with its last SA. */
static void tunnel_forget(const struct job *job)
{
	const struct live *live;

	if (!strcmp(job->request->tunnel, job->tunnel->name))
		return;
	for (live = job->kernel->live; live; live = live->next) {
		if (!strcmp(live->tunnel, job->request->tunnel))
			return;
	}
	sectun_tunnel_del(job->kernel->handle, job->ifindex, job->request->tunnel);
}

static int remove_both(const struct job *job)
{
	int out = remove_one(job, SECTUN_DIR_OUT, job->request->out.spi);
	int in = remove_one(job, SECTUN_DIR_IN, job->request->in.spi);

	if (job->request->verb == IKE_KERNEL_REMOVE)
		tunnel_forget(job);
	return out ? out : in;
}

static int move(const struct job *job)
{
	struct shape shape = { 0 };

	shape_name(&shape, job->ifindex, job->request->tunnel);
	shape_path(&shape, job->peer, &job->request->path, job->request->encap);
	return note(job->kernel, sectun_tunnel_set(job->kernel->handle, &shape.tunnel));
}

/* Seconds since an SA had a packet. */
static int idle(const struct job *job, enum sectun_dir dir, uint32_t spi, uint64_t *seconds)
{
	struct sectun_sa key = sa_of(job, dir, spi), sa = { 0 };
	int err = spi ? note(job->kernel, sectun_sa_get(job->kernel->handle, &key, &sa)) : 0;

	*seconds = sa.has & SECTUN_HAS(SECTUN_A_SA_IDLE) ? sa.idle : UINT64_MAX;
	sectun_sa_uninit(&sa);
	return err;
}

static int query(const struct job *job)
{
	int err = idle(job, SECTUN_DIR_IN, job->request->in.spi, &job->reply->rx_idle);

	return err ? err : idle(job, SECTUN_DIR_OUT, job->request->out.spi, &job->reply->tx_idle);
}

static int carry_out(const struct job *job)
{
	switch (job->request->verb) {
	case IKE_KERNEL_SPI_ALLOC:
		return spi_alloc(job);
	case IKE_KERNEL_SPI_FREE:
	case IKE_KERNEL_REMOVE:
		return remove_both(job);
	case IKE_KERNEL_INSTALL:
		return install(job);
	case IKE_KERNEL_MOVE:
		return move(job);
	case IKE_KERNEL_QUERY:
		return query(job);
	}
	return -EINVAL;
}

/* The configured name, or it with - and a number after it. */
static bool is_tunnel_of(const char *name, const char *configured)
{
	size_t len = strlen(configured);

	if (strncmp(name, configured, len))
		return false;
	name += len;
	return !*name || (*name == '-' && name[1] && strspn(name + 1, "0123456789") ==
			  strlen(name + 1));
}

void ike_kernel_request(struct ike_kernel *kernel, const struct ike_config_peer *peer,
			const struct ike_child_conf *child,
			const struct ike_kernel_request *request, struct ike_kernel_reply *reply)
{
	struct job job = { .kernel = kernel, .peer = peer, .tunnel = child->user, .child = child,
			   .request = request, .reply = reply };

	memset(reply, 0, sizeof(*reply));
	kernel->error[0] = '\0';
	job.ifindex = if_nametoindex(child->dev);
	if (!is_tunnel_of(request->tunnel, child->name)) {
		snprintf(kernel->error, sizeof(kernel->error), "not a tunnel of %s", child->name);
		reply->error = -EPERM;
	} else if (!job.ifindex) {
		reply->error = no_device(kernel, child->dev);
	} else {
		reply->error = carry_out(&job);
	}
	reply->message = kernel->error[0] ? kernel->error : NULL;
}

/**
 * struct dispatch - one call of ike_kernel_events()
 * @kernel: the connection
 * @callback: whom to tell
 * @arg: for it
 */
struct dispatch {
	struct ike_kernel *kernel;
	void (*callback)(void *arg, const struct ike_kernel_event *event);
	void *arg;
};

static bool translate(struct ike_kernel *kernel, const struct sectun_event *from,
		      struct ike_kernel_event *to)
{
	*to = (struct ike_kernel_event){
		.tunnel = from->tunnel.name,
		.spi = from->sa.spi,
		.inbound = from->sa.dir == SECTUN_DIR_IN,
		.hard = from->hard,
	};
	switch (from->command) {
	case SECTUN_CMD_ACQUIRE_NTF:
		to->kind = IKE_KERNEL_ACQUIRE;
		return true;
	case SECTUN_CMD_EXPIRE_NTF:
		to->kind = IKE_KERNEL_EXPIRE;
		return true;
	case SECTUN_CMD_FIRST_RECEIVE_NTF:
		to->kind = IKE_KERNEL_FIRST_RECEIVE;
		return true;
	case SECTUN_CMD_ENDPOINT_CHANGE_NTF:
		to->kind = IKE_KERNEL_ENDPOINT;
		to->endpoint.len = from->address.len;
		memcpy(to->endpoint.octets, from->address.octets, sizeof(to->endpoint.octets));
		to->endpoint.port = from->port;
		return true;
	case SECTUN_CMD_SA_DELETED_NTF:
		to->kind = IKE_KERNEL_GONE;
		return live_del(kernel, from->sa.dir, from->sa.spi, from->tunnel.name);
	default:
		return false;
	}
}

static int on_event(const struct sectun_event *from, void *arg)
{
	struct dispatch *dispatch = arg;
	struct ike_kernel_event event;

	if (translate(dispatch->kernel, from, &event))
		dispatch->callback(dispatch->arg, &event);
	return 0;
}

int ike_kernel_events(struct ike_kernel *kernel,
		      void (*callback)(void *arg, const struct ike_kernel_event *event), void *arg)
{
	struct dispatch dispatch = { .kernel = kernel, .callback = callback, .arg = arg };

	return note(kernel, sectun_events_dispatch(kernel->handle, on_event, &dispatch));
}
