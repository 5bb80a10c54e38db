/* SPDX-License-Identifier: MIT */
/*
 * What a configured tunnel has on this host whether it is up or not: its device, the addresses of
 * the device, the routes into it, and the tunnel in the kernel, which holds packets until there are
 * SAs and asks for them.
 */
#ifndef IKE_SITE_H
#define IKE_SITE_H

#include <stddef.h>
#include "config.h"
#include "kernel.h"
#include "link.h"

/**
 * struct ike_site_device - a device with tunnels of the configuration
 * @name: its name
 * @made: it was not there before
 * @users: tunnels in it
 */
struct ike_site_device {
	char name[SECTUN_IFNAME_SIZE];
	bool made;
	size_t users;
};

/**
 * struct ike_site - all of them
 * @link: rtnetlink
 * @kernel: libsectun
 * @devices: the devices
 * @device_count: number of them
 * @log: is told what does not work, in a sentence; nothing stops for it
 * @arg: passed to it
 */
struct ike_site {
	struct ike_link *link;
	struct ike_kernel *kernel;
	struct ike_site_device *devices;
	size_t device_count;
	void (*log)(void *arg, const char *text);
	void *arg;
};

/**
 * ike_site_tunnel_add - sets up what a tunnel has
 * @site: the site
 * @peer: its peer
 * @index: which of its tunnels
 */
void ike_site_tunnel_add(struct ike_site *site, const struct ike_config_peer *peer, size_t index);

/**
 * ike_site_tunnel_del - takes it down; a device that was there before stays
 * @site: the site
 * @peer: its peer
 * @index: which of its tunnels
 */
void ike_site_tunnel_del(struct ike_site *site, const struct ike_config_peer *peer, size_t index);

/**
 * ike_site_tunnel_change - goes over to another version of a tunnel of the same device; its SAs and
 * endpoints stay, which are the engine's
 * @site: the site
 * @before: peer of the version that runs
 * @index: which of its tunnels
 * @after: peer of the new version
 * @after_index: which of its tunnels
 */
void ike_site_tunnel_change(struct ike_site *site, const struct ike_config_peer *before,
			    size_t index, const struct ike_config_peer *after, size_t after_index);

/**
 * ike_site_uninit - forgets the devices, which stay
 * @site: the site
 */
void ike_site_uninit(struct ike_site *site);

#endif
