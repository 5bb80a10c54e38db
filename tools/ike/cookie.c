// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>
#include "cookie.h"
#include "wire.h"

/** MAC_SIZE - octets of the HMAC-SHA-256 in a cookie */
#define MAC_SIZE 32

/*
 * Replaces the secret when it is due: the present one becomes the one before. At the beginning, and
 * after two lives, both are new: what a cookie is checked with is never a secret that was not made.
 */
static int refresh(struct ike_cookie_jar *jar, uint64_t now)
{
	uint64_t age = now - jar->made;
	int err;

	if (jar->version && age < IKE_COOKIE_LIFE)
		return 0;
	if (!jar->version || age >= 2 * IKE_COOKIE_LIFE) {
		err = ike_random(jar->random, jar->secrets[(jar->version + 1) & 1], MAC_SIZE);
		if (err)
			return err;
		jar->version++;
	}
	err = ike_random(jar->random, jar->secrets[(jar->version + 1) & 1], MAC_SIZE);
	if (err)
		return err;
	jar->version++;
	jar->made = now;
	return 0;
}

static int compute(const struct ike_cookie_jar *jar, uint32_t version,
		   const struct ike_endpoint *from, uint64_t spi_i, struct ike_span ni,
		   uint8_t to[IKE_COOKIE_SIZE])
{
	static const struct ike_transform hmac = { IKE_PRF, 5, 0 };
	uint8_t rest[4 + 1 + 2 + 8], *at = rest;
	const struct ike_span parts[] = { ni, { from->octets, from->len }, IKE_SPAN(rest) };
	size_t i;

	for (i = 0; i < 4; i++)
		*at++ = to[i] = (uint8_t)(version >> (24 - 8 * i));
	/* With the length of the address nothing can move from one part into the next. */
	*at++ = from->len;
	*at++ = (uint8_t)(from->port >> 8);
	*at++ = (uint8_t)from->port;
	for (i = 0; i < 8; i++)
		*at++ = (uint8_t)(spi_i >> (56 - 8 * i));
	return ike_prf(ike_alg_find(&hmac), IKE_SPAN(jar->secrets[version & 1]), parts, 3, to + 4);
}

int ike_cookie_make(struct ike_cookie_jar *jar, uint64_t now, const struct ike_endpoint *from,
		    uint64_t spi_i, struct ike_span ni, uint8_t to[IKE_COOKIE_SIZE])
{
	int err = refresh(jar, now);

	return err ? err : compute(jar, jar->version, from, spi_i, ni, to);
}

bool ike_cookie_check(struct ike_cookie_jar *jar, uint64_t now, const struct ike_endpoint *from,
		      uint64_t spi_i, struct ike_span ni, struct ike_span cookie)
{
	uint8_t right[IKE_COOKIE_SIZE];
	uint32_t version;

	if (cookie.len != IKE_COOKIE_SIZE || refresh(jar, now))
		return false;
	version = ike_get32(cookie.at);
	if (version != jar->version && version != jar->version - 1)
		return false;
	if (compute(jar, version, from, spi_i, ni, right))
		return false;
	return ike_same(right, cookie.at, IKE_COOKIE_SIZE);
}

void ike_cookie_exit(struct ike_cookie_jar *jar)
{
	ike_wipe(jar, sizeof(*jar));
}
