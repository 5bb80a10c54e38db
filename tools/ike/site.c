// SPDX-License-Identifier: MIT
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "site.h"

static void __attribute__((format(printf, 2, 3))) complain(struct ike_site *site,
							    const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	site->log(site->arg, text);
}

static struct ike_site_device *device_find(struct ike_site *site, const char *name)
{
	size_t i;

	for (i = 0; i < site->device_count; i++) {
		if (!strcmp(site->devices[i].name, name))
			return &site->devices[i];
	}
	return NULL;
}

static struct ike_site_device *device_get(struct ike_site *site, const char *name)
{
	struct ike_site_device *device = device_find(site, name), *devices;
	int err;

	if (device)
		return device;
	devices = reallocarray(site->devices, site->device_count + 1, sizeof(devices[0]));
	if (!devices)
		return NULL;
	site->devices = devices;
	device = &devices[site->device_count++];
	memset(device, 0, sizeof(*device));
	snprintf(device->name, sizeof(device->name), "%s", name);
	err = ike_link_add(site->link, name);
	device->made = !err;
	if (err && err != -EEXIST)
		complain(site, "cannot add device %s: %s", name, strerror(-err));
	return device;
}

static void device_put(struct ike_site *site, struct ike_site_device *device)
{
	uint32_t ifindex = if_nametoindex(device->name);

	if (--device->users)
		return;
	if (device->made && ifindex)
		ike_link_del(site->link, ifindex);
	*device = site->devices[--site->device_count];
}

static void addresses(struct ike_site *site, const struct ike_config_tunnel *tunnel,
		      uint32_t ifindex, bool add)
{
	size_t i;
	int err;

	for (i = 0; i < tunnel->address_count; i++) {
		err = ike_link_address(site->link, ifindex, &tunnel->addresses[i], add);
		if (err && add)
			complain(site, "tunnel %s: cannot add address %zu to %s: %s", tunnel->name,
				 i + 1, tunnel->dev, strerror(-err));
	}
}

/* Who wants everything through a tunnel decides himself how what must not go through it goes. */
static void route(struct ike_site *site, const struct ike_config_tunnel *tunnel,
		  uint32_t ifindex, const struct ike_ts_prefix *to, bool add)
{
	struct ike_config_prefix prefix = { .address.len = to->len, .prefixlen = to->prefixlen };
	char text[IKE_ENDPOINT_TEXT_SIZE];
	int err;

	if (!to->prefixlen)
		return;
	memcpy(prefix.address.octets, to->octets, to->len);
	err = ike_link_route(site->link, ifindex, &prefix, tunnel->table, tunnel->metric, add);
	if (err && add)
		complain(site, "tunnel %s: cannot route %s/%u into %s: %s", tunnel->name,
			 ike_endpoint_format(&prefix.address, text), to->prefixlen, tunnel->dev,
			 strerror(-err));
}

static void routes(struct ike_site *site, const struct ike_config_tunnel *tunnel,
		   uint32_t ifindex, bool add)
{
	struct ike_ts_prefix cut[IKE_TS_PREFIXES_MAX];
	int count, i;
	size_t n;

	if (!tunnel->route)
		return;
	for (n = 0; n < tunnel->remote_ts.count; n++) {
		count = ike_ts_prefixes(&tunnel->remote_ts.items[n], cut, IKE_TS_PREFIXES_MAX);
		for (i = 0; i < count; i++)
			route(site, tunnel, ifindex, &cut[i], add);
	}
}

void ike_site_tunnel_add(struct ike_site *site, const struct ike_config_peer *peer, size_t index)
{
	const struct ike_config_tunnel *tunnel = &peer->tunnels[index];
	struct ike_site_device *device = device_get(site, tunnel->dev);
	uint32_t ifindex = if_nametoindex(tunnel->dev);
	int err;

	if (!device)
		return;
	device->users++;
	if (!ifindex)
		return;
	/* Addresses first: as soon as the device is up, packets may want to go. */
	addresses(site, tunnel, ifindex, true);
	if (peer->conf.local.len && peer->conf.remote.len &&
	    ike_kernel_tunnel_add(site->kernel, peer, tunnel, &peer->children[index]))
		complain(site, "tunnel %s: %s", tunnel->name, ike_kernel_error(site->kernel));
	err = ike_link_up(site->link, ifindex, tunnel->mtu);
	if (err)
		complain(site, "cannot bring device %s up: %s", tunnel->dev, strerror(-err));
	routes(site, tunnel, ifindex, true);
}

void ike_site_tunnel_del(struct ike_site *site, const struct ike_config_peer *peer, size_t index)
{
	const struct ike_config_tunnel *tunnel = &peer->tunnels[index];
	struct ike_site_device *device = device_find(site, tunnel->dev);
	uint32_t ifindex = if_nametoindex(tunnel->dev);

	if (ifindex) {
		routes(site, tunnel, ifindex, false);
		addresses(site, tunnel, ifindex, false);
		if (ike_kernel_tunnel_del(site->kernel, tunnel->dev, tunnel->name))
			complain(site, "tunnel %s: %s", tunnel->name,
				 ike_kernel_error(site->kernel));
	}
	if (device)
		device_put(site, device);
}

void ike_site_tunnel_change(struct ike_site *site, const struct ike_config_peer *before,
			    size_t index, const struct ike_config_peer *after, size_t after_index)
{
	const struct ike_config_tunnel *old = &before->tunnels[index];
	const struct ike_config_tunnel *tunnel = &after->tunnels[after_index];
	uint32_t ifindex = if_nametoindex(tunnel->dev);
	int err;

	if (!ifindex)
		return;
	/* An address that is in both is replaced by itself, and was away for a moment at most. */
	routes(site, old, ifindex, false);
	addresses(site, old, ifindex, false);
	addresses(site, tunnel, ifindex, true);
	if (ike_kernel_tunnel_change(site->kernel, tunnel))
		complain(site, "tunnel %s: %s", tunnel->name, ike_kernel_error(site->kernel));
	err = ike_link_up(site->link, ifindex, tunnel->mtu);
	if (err)
		complain(site, "cannot bring device %s up: %s", tunnel->dev, strerror(-err));
	routes(site, tunnel, ifindex, true);
}

void ike_site_uninit(struct ike_site *site)
{
	free(site->devices);
	site->devices = NULL;
	site->device_count = 0;
}
