/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_SA_H
#define _SECTUN_SA_H

#include <linux/netdevice.h>
#include <linux/percpu-refcount.h>
#include <linux/rhashtable.h>
#include <linux/workqueue.h>
#include "addr.h"
#include "alg.h"
#include "endpoint.h"
#include "lifetime.h"
#include "replay.h"
#include "stats.h"
#include "uapi/sectun.h"

struct crypto_aead;
struct sectun_net;
struct sectun_tunnel;
struct netlink_ext_ack;
struct nlattr;

/**
 * struct sectun_sa_key - by what a packet finds its SA (RFC 4301 section 4.1)
 * @spi: SPI
 * @proto: IPPROTO_ESP or IPPROTO_AH
 * @dir: enum sectun_dir: SA of an arriving packet, or of one of ours that an ICMP error quotes
 * @family: AF_INET or AF_INET6
 * @addr: outer destination of the packet
 *
 * The address is not hashed, and is compared with the tunnel's of the moment: a tunnel that moves
 * to another address takes its SAs along in one step.
 */
struct sectun_sa_key {
	__be32 spi;
	u8 proto;
	u8 dir;
	u8 family;
	union sectun_addr addr;
};

/**
 * struct sectun_sa - one direction of one SPI
 * @aead: the transform: esp(...) with its key; NULL while larval
 * @tunnel: the tunnel; the SA holds a reference to it and to the network device
 * @alg: row of the algorithm table; NULL while larval
 * @inflight: held while a packet is worked on; its end frees the SA
 * @traffic: per CPU
 * @folded: how much of @traffic the tunnel's past has; under the device's lock, and at the end
 * @spi: SPI
 * @proto: IPPROTO_ESP or IPPROTO_AH
 * @dir: enum sectun_dir
 * @state: enum sectun_sa_state, but for expiry: sectun_sa_state() tells it all; changed under the
 *	device's lock, read anywhere
 * @esn: 64-bit sequence numbers
 * @allow_static: installed with allow-static
 * @received: a packet has been received: first-receive was told
 * @linked: in the tunnel; under the device's lock
 * @lifetime: its limits and how much of them is used
 * @drops: by reason; NULL before the first
 * @installed: ktime in seconds, boot time, when the key came
 * @last_used: jiffies of the last packet; 0: none yet
 * @last_failure: jiffies of the last auth-failures event
 * @id: grows with every tunnel and SA of the device: where a dump goes on
 * @node: in sectun_tunnel.sas
 * @hash_node: in sectun_net.sas
 * @removal: removes a larval or retiring SA when its time is over; holds @inflight while pending
 * @release: frees the SA from process context
 * @tracker: of the reference to the network device
 * @seq: transmit: the last sequence number used
 * @replay: receive: the window
 * @endpoint: receive: where the peer is
 */
struct sectun_sa {
	struct crypto_aead *aead;
	struct sectun_tunnel *tunnel;
	const struct sectun_alg *alg;
	struct percpu_ref inflight;
	struct sectun_traffic __percpu *traffic;
	__be32 spi;
	u8 proto;
	u8 dir;
	u8 state;
	bool esn;
	bool allow_static;
	bool received;
	bool linked;
	struct sectun_lifetime lifetime;
	struct sectun_drops *drops;
	struct sectun_total folded;
	time64_t installed;
	u64 last_used;
	unsigned long last_failure;
	u64 id;
	struct list_head node;
	struct rhash_head hash_node;
	struct delayed_work removal;
	struct work_struct release;
	netdevice_tracker tracker;
	/* last, since a transmit SA ends with its number; away from what is only read */
	union {
		atomic64_t seq;
		struct {
			struct sectun_replay replay;
			struct sectun_endpoint endpoint;
		};
	};
};

/**
 * struct sectun_sa_spec - what a request says of an SA to be made
 * @dir: enum sectun_dir
 * @proto: IPPROTO_ESP or IPPROTO_AH
 * @spi: SPI
 * @alg: row of the algorithm table
 * @keymat: KEYMAT, in the request's memory
 * @keymat_len: octets of it
 * @esn: 64-bit sequence numbers
 * @allow_static: see the command's documentation
 * @replay: packets of the window (receive)
 * @follow: the tunnel goes where the peer is seen (receive)
 * @seq: last number used (transmit) or top of the window (receive)
 * @limits: of its lifetime
 * @spi_attr: where the request says the SPI, to be blamed in a refusal
 * @alg_attr: where it says the algorithm, likewise
 */
struct sectun_sa_spec {
	enum sectun_dir dir;
	u8 proto;
	__be32 spi;
	const struct sectun_alg *alg;
	const u8 *keymat;
	unsigned int keymat_len;
	bool esn;
	bool allow_static;
	u32 replay;
	bool follow;
	u64 seq;
	struct sectun_limits limits;
	const struct nlattr *spi_attr;
	const struct nlattr *alg_attr;
};

/* Data path, under RCU. */
struct sectun_sa *sectun_sa_lookup(struct sectun_net *sn, const struct sectun_sa_key *key);
const struct sectun_sa *sectun_sa_quoted(struct sectun_net *sn, u8 family, u8 proto, __be32 spi,
					 const union sectun_addr *local,
					 const union sectun_addr *remote);
unsigned int sectun_sa_seq_reserve(struct sectun_sa *sa, unsigned int n, u64 *first);

void sectun_sa_queue(struct sectun_sa *sa, struct work_struct *work);

/**
 * sectun_sa_tryget - keeps an SA while a packet is worked on
 * @sa: an SA found under RCU
 *
 * Return: false if the SA is being removed.
 */
static inline bool sectun_sa_tryget(struct sectun_sa *sa)
{
	return percpu_ref_tryget_live(&sa->inflight);
}

static inline void sectun_sa_put(struct sectun_sa *sa)
{
	percpu_ref_put(&sa->inflight);
}

/**
 * sectun_sa_seq_max - the last sequence number that there is
 * @esn: whether numbers are extended
 *
 * Return: 2^32 - 1, or 2^64 - 1 (RFC 4303 section 3.3.3).
 */
static inline u64 sectun_sa_seq_max(bool esn)
{
	return esn ? U64_MAX : U32_MAX;
}

/**
 * sectun_sa_state - where an SA is in its life
 * @sa: the SA
 *
 * Return: as users are told.
 */
static inline enum sectun_sa_state sectun_sa_state(const struct sectun_sa *sa)
{
	return sectun_lifetime_over(&sa->lifetime) ? SECTUN_SA_STATE_EXPIRED :
						     READ_ONCE(sa->state);
}

/**
 * sectun_sa_spend - takes what one packet needs of an SA's lifetime
 * @sa: the SA
 * @bytes: octets to which the cipher is applied
 *
 * Context: any but hard interrupts.
 * Return: false where the packet would be past a hard limit, and must go no further.
 */
static inline bool sectun_sa_spend(struct sectun_sa *sa, unsigned int bytes)
{
	return likely(!sa->lifetime.metered) || sectun_lifetime_meter(sa, bytes);
}

/* Configuration, under the device's lock. */
struct sectun_sa *sectun_sa_find(struct sectun_tunnel *tunnel, enum sectun_dir dir, u8 proto,
				 __be32 spi);
int sectun_sa_add(struct sectun_tunnel *tunnel, const struct sectun_sa_spec *spec,
		  struct netlink_ext_ack *extack);
int sectun_sa_rekey(struct sectun_tunnel *tunnel, const struct sectun_sa_spec *in,
		    const struct sectun_sa_spec *out, unsigned int retire_ms,
		    struct netlink_ext_ack *extack);
struct sectun_sa *sectun_sa_reserve(struct sectun_tunnel *tunnel, u8 proto, u32 spi_min,
				    u32 spi_max, unsigned int timeout,
				    struct netlink_ext_ack *extack);
int sectun_sa_seek(struct sectun_sa *sa, u64 seq, struct netlink_ext_ack *extack);
void sectun_sa_del(struct sectun_sa *sa);
void sectun_sa_del_all(struct sectun_tunnel *tunnel);
int sectun_sa_local_check(struct sectun_tunnel *tunnel, u8 family, const union sectun_addr *local,
			  struct netlink_ext_ack *extack);
const char *sectun_sa_driver(const struct sectun_sa *sa);

int sectun_sa_init(void);
void sectun_sa_uninit(void);

extern const struct rhashtable_params sectun_sa_hash;

#endif
