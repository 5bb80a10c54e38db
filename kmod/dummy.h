/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dummy packets (RFC 4303 section 2.6): as many a second as a tunnel is told to send, so that who
 * watches the path cannot tell whether there is traffic.
 */
#ifndef _SECTUN_DUMMY_H
#define _SECTUN_DUMMY_H

#include <linux/workqueue.h>

struct sectun_conf;
struct sectun_tunnel;

#define SECTUN_DUMMY_LEN 64 /* octets of payload, unless tfc says more */

/**
 * struct sectun_dummy - the dummy packets of a tunnel
 * @tunnel: the tunnel
 * @work: sends them; all else is its function's
 * @rate: packets a second
 * @since: jiffies, the beginning of the second that is counted
 * @sent: packets sent since then
 */
struct sectun_dummy {
	struct sectun_tunnel *tunnel;
	struct delayed_work work;
	unsigned int rate;
	unsigned long since;
	unsigned int sent;
};

int sectun_dummy_prepare(struct sectun_tunnel *tunnel, const struct sectun_conf *conf);
void sectun_dummy_start(struct sectun_tunnel *tunnel);
void sectun_dummy_stop(struct sectun_tunnel *tunnel);

int sectun_dummy_init(void);
void sectun_dummy_uninit(void);

#endif
