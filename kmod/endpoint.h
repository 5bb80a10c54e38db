/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the peer of a receive SA is (RFC 7296 section 2.23): behind a NAT that has given it another
 * address or port, an authenticated packet in UDP is what tells it.
 */
#ifndef _SECTUN_ENDPOINT_H
#define _SECTUN_ENDPOINT_H

#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include "addr.h"

struct sectun_sa;

/**
 * struct sectun_endpoint - where the peer was last seen when it was not the tunnel's remote
 * @lock: protects @family, @port and @addr
 * @family: AF_INET or AF_INET6; 0: it was always there
 * @port: UDP port
 * @addr: address
 * @follow: the tunnel goes there. Constant
 * @move: makes it so; holds the SA while pending
 */
struct sectun_endpoint {
	spinlock_t lock;
	u8 family;
	__be16 port;
	union sectun_addr addr;
	bool follow;
	struct work_struct move;
};

void sectun_endpoint_init(struct sectun_endpoint *endpoint);
void sectun_endpoint_check(struct sectun_sa *sa, u64 seq, u8 family,
			   const union sectun_addr *source, __be16 port);

#endif
