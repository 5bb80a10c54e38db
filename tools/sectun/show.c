// SPDX-License-Identifier: MIT
/*
 * Everything at once: devices, their tunnels, and the SAs of those.
 */
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <json-c/json.h>
#include "format.h"
#include "ike.h"
#include "keyword.h"
#include "sa.h"
#include "show.h"
#include "tunnel.h"

/**
 * struct picture - what there is
 * @devices: devices
 * @device_count: number of them
 * @tunnels: tunnels of all devices
 * @tunnel_count: number of them
 * @sas: SAs of all tunnels, sorted
 * @sa_count: number of them
 */
struct picture {
	struct sectun_device *devices;
	size_t device_count;
	struct sectun_tunnel *tunnels;
	size_t tunnel_count;
	struct sectun_sa *sas;
	size_t sa_count;
};

static bool is_up(const char *name)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up = true;

	if (fd < 0)
		return up;
	memcpy(request.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
	if (!ioctl(fd, SIOCGIFFLAGS, &request))
		up = request.ifr_flags & IFF_UP;
	close(fd);
	return up;
}

static int sa_place_compare(const struct sectun_sa *sa, uint32_t ifindex, const char *tunnel)
{
	if (sa->ifindex != ifindex)
		return sa->ifindex < ifindex ? -1 : 1;
	return strcmp(sa->tunnel, tunnel);
}

/* By tunnel; there the transmit SA, then receive SAs, the oldest first. */
static int sa_compare(const void *left, const void *right)
{
	const struct sectun_sa *a = left, *b = right;
	int order = sa_place_compare(a, b->ifindex, b->tunnel);

	if (order)
		return order;
	if (a->dir != b->dir)
		return a->dir == SECTUN_DIR_OUT ? -1 : 1;
	if (a->age != b->age)
		return a->age > b->age ? -1 : 1;
	return a->spi < b->spi ? -1 : 1;
}

/* The first SA of a tunnel in the sorted array, or where it would be. */
static const struct sectun_sa *sa_first(const struct picture *all,
					const struct sectun_tunnel *tunnel)
{
	size_t from = 0, to = all->sa_count, middle;

	while (from < to) {
		middle = from + (to - from) / 2;
		if (sa_place_compare(&all->sas[middle], tunnel->ifindex, tunnel->name) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return all->sas + from;
}

static bool belongs(const struct picture *all, const struct sectun_sa *sa,
		    const struct sectun_tunnel *tunnel)
{
	return sa < all->sas + all->sa_count &&
	       !sa_place_compare(sa, tunnel->ifindex, tunnel->name);
}

static void device_print(struct context *ctx, const struct sectun_device *device)
{
	print_coloured(ctx, COLOUR_NAME, device->name);
	if (!is_up(device->name))
		print_coloured(ctx, COLOUR_BAD, " (down)");
	fprintf(ctx->out, ": %u tunnel%s", device->tunnels, device->tunnels == 1 ? "" : "s");
	if (!ctx->statistics) {
		fputs(", ", ctx->out);
		stats_print_brief(ctx, &device->stats);
	}
	fputc('\n', ctx->out);
	if (ctx->statistics)
		stats_print(ctx, &device->stats, "    ");
}

static void picture_print(struct context *ctx, const struct picture *all,
			  const struct sectun_device *device)
{
	const struct sectun_tunnel *tunnel;
	const struct sectun_sa *sa;

	device_print(ctx, device);
	for (tunnel = all->tunnels; tunnel < all->tunnels + all->tunnel_count; tunnel++) {
		if (tunnel->ifindex != device->ifindex)
			continue;
		tunnel_print(ctx, tunnel, false, "  ");
		for (sa = sa_first(all, tunnel); belongs(all, sa, tunnel); sa++)
			sa_print(ctx, sa, SA_PLACE, "    ");
	}
}

static struct json_object *device_json(const struct sectun_device *device)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "dev", json_object_new_string(device->name));
	json_object_object_add(object, "ifindex", json_object_new_uint64(device->ifindex));
	json_object_object_add(object, "up", json_object_new_boolean(is_up(device->name)));
	stats_json(&device->stats, object);
	return object;
}

static struct json_object *picture_json(const struct picture *all,
					const struct sectun_device *device)
{
	struct json_object *tunnels = json_object_new_array();
	struct json_object *object = device_json(device);
	struct json_object *inner, *sas;
	const struct sectun_tunnel *tunnel;
	const struct sectun_sa *sa;

	for (tunnel = all->tunnels; tunnel < all->tunnels + all->tunnel_count; tunnel++) {
		if (tunnel->ifindex != device->ifindex)
			continue;
		inner = tunnel_json(tunnel);
		sas = json_object_new_array();
		for (sa = sa_first(all, tunnel); belongs(all, sa, tunnel); sa++)
			json_object_array_add(sas, sa_json(sa, 0));
		json_object_object_add(inner, "sas", sas);
		json_object_array_add(tunnels, inner);
	}
	json_object_object_add(object, "tunnels", tunnels);
	return object;
}

static int device_word(struct context *ctx, char ***words, uint32_t *ifindex)
{
	struct fault fault;

	*ifindex = 0;
	if (!**words || (**words)[0] == '-')
		return EXIT_OK;
	if (ifindex_parse(**words, ifindex, &fault))
		return complain(ctx, EXIT_USAGE, fault.word, "%s", fault.why);
	ctx->name = *(*words)++;
	return EXIT_OK;
}

static int devices_ask(struct context *ctx, struct picture *all)
{
	if (sectun_device_list(ctx->handle, &all->devices, &all->device_count))
		return refused(ctx);
	return EXIT_OK;
}

static int picture_ask(struct context *ctx, uint32_t ifindex, struct picture *all)
{
	int err = devices_ask(ctx, all);

	if (!err && sectun_tunnel_list(ctx->handle, ifindex, &all->tunnels, &all->tunnel_count))
		err = refused(ctx);
	if (!err && sectun_sa_list(ctx->handle, ifindex, &all->sas, &all->sa_count))
		err = refused(ctx);
	if (all->sa_count)
		qsort(all->sas, all->sa_count, sizeof(*all->sas), sa_compare);
	return err;
}

static void picture_free(struct picture *all)
{
	sectun_device_list_free(all->devices, all->device_count);
	sectun_tunnel_list_free(all->tunnels, all->tunnel_count);
	sectun_sa_list_free(all->sas, all->sa_count);
}

static int picture_show(struct context *ctx, const struct picture *all, uint32_t ifindex,
			bool whole)
{
	struct json_object *array = ctx->json ? json_object_new_array() : NULL;
	const struct sectun_device *device;
	bool shown = !ifindex;

	for (device = all->devices; device < all->devices + all->device_count; device++) {
		if (ifindex && device->ifindex != ifindex)
			continue;
		shown = true;
		if (array)
			json_object_array_add(array, whole ? picture_json(all, device)
							     : device_json(device));
		else if (whole)
			picture_print(ctx, all, device);
		else
			device_print(ctx, device);
	}
	if (array)
		json_print(ctx, array);
	return shown ? EXIT_OK : complain(ctx, EXIT_REFUSED, ctx->name, "not a sectun device");
}

static int run(struct context *ctx, char **words, bool whole)
{
	struct picture all = { 0 };
	uint64_t nothing = 0;
	uint32_t ifindex;
	int err;

	err = device_word(ctx, &words, &ifindex);
	if (!err)
		err = keywords_parse(ctx, words, &nothing);
	if (!err)
		err = connect_kernel(ctx);
	if (!err)
		err = whole ? picture_ask(ctx, ifindex, &all) : devices_ask(ctx, &all);
	if (!err)
		err = picture_show(ctx, &all, ifindex, whole);
	if (!err && whole && !ifindex && !ctx->json)
		ike_peers_append(ctx);
	picture_free(&all);
	return err;
}

int show_run(struct context *ctx, char **words)
{
	return run(ctx, words, true);
}

int device_show_run(struct context *ctx, char **words)
{
	return run(ctx, words, false);
}
