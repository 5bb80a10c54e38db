/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events for key-management daemons and `sectun monitor`: multicast in the namespace where the
 * device is. All of them may be raised from softirq; an event that cannot be built for lack of
 * memory is lost, as netlink events are.
 */
#ifndef _SECTUN_EVENT_H
#define _SECTUN_EVENT_H

#include "addr.h"
#include "inner.h"

struct sectun_sa;
struct sectun_tunnel;

void sectun_event_acquire(struct sectun_tunnel *tunnel, const struct sectun_inner *inner);
void sectun_event_expire(struct sectun_sa *sa, bool hard);
void sectun_event_endpoint_change(struct sectun_sa *sa, u8 family, const union sectun_addr *address,
				  __be16 port);
void sectun_event_first_receive(struct sectun_sa *sa);
void sectun_event_auth_failures(struct sectun_sa *sa, u64 failures);
void sectun_event_sa_deleted(struct sectun_sa *sa);

#endif
