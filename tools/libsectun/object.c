// SPDX-License-Identifier: MIT
/*
 * The requests that sectun.h describes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "handle.h"

static void set_name(char to[SECTUN_NAME_SIZE], const char *name)
{
	snprintf(to, SECTUN_NAME_SIZE, "%s", name);
}

/* A name that would not fit is not cut off: it might become another tunnel's. */
static int check_name(struct sectun *handle, const char *name)
{
	if (strnlen(name, SECTUN_NAME_SIZE) < SECTUN_NAME_SIZE)
		return 0;
	sectun_succeed(handle);
	return sectun_fail_because(handle, -EINVAL, "the tunnel's name is too long");
}

int sectun_device_get(struct sectun *handle, uint32_t ifindex, struct sectun_device *device)
{
	struct sectun_device key = { .has = SECTUN_HAS(SECTUN_A_DEVICE_IFINDEX),
				     .ifindex = ifindex };

	return sectun_ask(handle, SECTUN_CMD_DEVICE_GET, &sectun_device_object, &key,
			  &sectun_device_object, device);
}

int sectun_device_list(struct sectun *handle, struct sectun_device **list, size_t *count)
{
	void *items;
	int err = sectun_list(handle, SECTUN_CMD_DEVICE_GET, NULL, NULL, &sectun_device_object,
			      &items, count);

	*list = items;
	return err;
}

/*
 * On older kernels the refusal to begin a dump carries no message. What is wrong with the device
 * that was named is what is wrong with a request about it.
 */
static int list_refused(struct sectun *handle, uint32_t ifindex, int err)
{
	struct sectun_device device;
	int why;

	if (!ifindex || (err != -EINVAL && err != -ENODEV))
		return err;
	why = sectun_device_get(handle, ifindex, &device);
	if (why)
		return why;
	sectun_device_uninit(&device);
	return sectun_fail(handle, err);
}

void sectun_device_uninit(struct sectun_device *device)
{
	sectun_object_uninit(&sectun_device_object, device);
}

void sectun_device_list_free(struct sectun_device *list, size_t count)
{
	sectun_object_list_free(&sectun_device_object, list, count);
}

int sectun_tunnel_new(struct sectun *handle, const struct sectun_tunnel *tunnel)
{
	return sectun_do(handle, SECTUN_CMD_TUNNEL_NEW, &sectun_tunnel_object, tunnel);
}

int sectun_tunnel_set(struct sectun *handle, const struct sectun_tunnel *tunnel)
{
	return sectun_do(handle, SECTUN_CMD_TUNNEL_SET, &sectun_tunnel_object, tunnel);
}

static void tunnel_key(struct sectun_tunnel *key, uint32_t ifindex, const char *name)
{
	*key = (struct sectun_tunnel){
		.has = SECTUN_HAS(SECTUN_A_TUNNEL_IFINDEX) | SECTUN_HAS(SECTUN_A_TUNNEL_NAME),
		.ifindex = ifindex,
	};
	set_name(key->name, name);
}

int sectun_tunnel_del(struct sectun *handle, uint32_t ifindex, const char *name)
{
	struct sectun_tunnel key;
	int err = check_name(handle, name);

	if (err)
		return err;
	tunnel_key(&key, ifindex, name);
	return sectun_do(handle, SECTUN_CMD_TUNNEL_DEL, &sectun_tunnel_object, &key);
}

int sectun_tunnel_get(struct sectun *handle, uint32_t ifindex, const char *name,
		      struct sectun_tunnel *tunnel)
{
	struct sectun_tunnel key;
	int err = check_name(handle, name);

	if (err)
		return err;
	tunnel_key(&key, ifindex, name);
	return sectun_ask(handle, SECTUN_CMD_TUNNEL_GET, &sectun_tunnel_object, &key,
			  &sectun_tunnel_object, tunnel);
}

int sectun_tunnel_list(struct sectun *handle, uint32_t ifindex, struct sectun_tunnel **list,
		       size_t *count)
{
	struct sectun_tunnel key = { .has = SECTUN_HAS(SECTUN_A_TUNNEL_IFINDEX),
				     .ifindex = ifindex };
	void *items;
	int err = sectun_list(handle, SECTUN_CMD_TUNNEL_GET, ifindex ? &sectun_tunnel_object : NULL,
			      &key, &sectun_tunnel_object, &items, count);

	*list = items;
	return err ? list_refused(handle, ifindex, err) : 0;
}

void sectun_tunnel_uninit(struct sectun_tunnel *tunnel)
{
	sectun_object_uninit(&sectun_tunnel_object, tunnel);
}

void sectun_tunnel_list_free(struct sectun_tunnel *list, size_t count)
{
	sectun_object_list_free(&sectun_tunnel_object, list, count);
}

int sectun_sa_new(struct sectun *handle, const struct sectun_sa *sa)
{
	return sectun_do(handle, SECTUN_CMD_SA_NEW, &sectun_sa_object, sa);
}

int sectun_sa_set(struct sectun *handle, const struct sectun_sa *sa)
{
	return sectun_do(handle, SECTUN_CMD_SA_SET, &sectun_sa_object, sa);
}

int sectun_sa_del(struct sectun *handle, const struct sectun_sa *sa)
{
	return sectun_do(handle, SECTUN_CMD_SA_DEL, &sectun_sa_object, sa);
}

int sectun_sa_get(struct sectun *handle, const struct sectun_sa *key, struct sectun_sa *sa)
{
	return sectun_ask(handle, SECTUN_CMD_SA_GET, &sectun_sa_object, key, &sectun_sa_object, sa);
}

int sectun_sa_list(struct sectun *handle, uint32_t ifindex, struct sectun_sa **list, size_t *count)
{
	struct sectun_sa key = { .has = SECTUN_HAS(SECTUN_A_SA_IFINDEX), .ifindex = ifindex };
	void *items;
	int err = sectun_list(handle, SECTUN_CMD_SA_GET, ifindex ? &sectun_sa_object : NULL, &key,
			      &sectun_sa_object, &items, count);

	*list = items;
	return err ? list_refused(handle, ifindex, err) : 0;
}

void sectun_sa_uninit(struct sectun_sa *sa)
{
	sectun_object_uninit(&sectun_sa_object, sa);
}

void sectun_sa_list_free(struct sectun_sa *list, size_t count)
{
	sectun_object_list_free(&sectun_sa_object, list, count);
}

int sectun_spi_alloc(struct sectun *handle, const struct sectun_sa *request, uint32_t *spi)
{
	struct sectun_sa larval;
	int err = sectun_ask(handle, SECTUN_CMD_SPI_ALLOC, &sectun_sa_object, request,
			     &sectun_sa_object, &larval);

	if (err)
		return err;
	*spi = larval.spi;
	sectun_sa_uninit(&larval);
	return 0;
}

int sectun_rekey(struct sectun *handle, const struct sectun_rekey *rekey)
{
	return sectun_do(handle, SECTUN_CMD_REKEY, &sectun_rekey_object, rekey);
}

int sectun_flush(struct sectun *handle, uint32_t ifindex, const char *tunnel)
{
	struct sectun_sa key = { .has = SECTUN_HAS(SECTUN_A_SA_IFINDEX), .ifindex = ifindex };
	int err;

	if (tunnel) {
		err = check_name(handle, tunnel);
		if (err)
			return err;
		key.has |= SECTUN_HAS(SECTUN_A_SA_TUNNEL);
		set_name(key.tunnel, tunnel);
	}
	return sectun_do(handle, SECTUN_CMD_FLUSH, &sectun_sa_object, &key);
}

int sectun_alg_list(struct sectun *handle, struct sectun_alg **list, size_t *count)
{
	void *items;
	int err = sectun_list(handle, SECTUN_CMD_ALG_GET, NULL, NULL, &sectun_alg_object, &items,
			      count);

	*list = items;
	return err;
}

int sectun_alg_table(struct sectun *handle, struct sectun_alg **list, size_t *count)
{
	const struct sectun_alg request = {
		.has = SECTUN_HAS(SECTUN_A_ALG_NO_DRIVER),
		.no_driver = true,
	};
	void *items;
	int err = sectun_list(handle, SECTUN_CMD_ALG_GET, &sectun_alg_object, &request,
			      &sectun_alg_object, &items, count);

	*list = items;
	return err;
}

void sectun_alg_list_free(struct sectun_alg *list, size_t count)
{
	sectun_object_list_free(&sectun_alg_object, list, count);
}
