/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SECTUN_COMPAT_CRYPTO_H
#define _SECTUN_COMPAT_CRYPTO_H

#include <linux/crypto.h>

/*
 * A completion callback gets the pointer that was given to aead_request_set_callback(). Older
 * kernels hand it a struct crypto_async_request instead, in which that pointer is. The type of
 * crypto_completion_t tells which kernel this is. A callback reads:
 *
 *	static void packet_done(sectun_completion_arg_t arg, int err)
 *	{
 *		struct packet *packet = sectun_completion_data(arg);
 */
#define SECTUN_COMPLETION_GETS_DATA \
	__builtin_types_compatible_p(crypto_completion_t, void (*)(void *, int))

typedef typeof(__builtin_choose_expr(SECTUN_COMPLETION_GETS_DATA, (void *)NULL,
				     (struct crypto_async_request *)NULL)) sectun_completion_arg_t;

/**
 * sectun_completion_data - the pointer that was given to aead_request_set_callback()
 * @arg: what the callback got
 *
 * The request that the callback belongs to cannot be had from @arg: a transform may hand over a
 * request of its own.
 *
 * Return: the pointer.
 */
static inline void *sectun_completion_data(sectun_completion_arg_t arg)
{
	if (SECTUN_COMPLETION_GETS_DATA)
		return arg;

	return ((struct crypto_async_request *)arg)->data;
}

#endif
