/* SPDX-License-Identifier: MIT */
/*
 * Cookies (RFC 7296 section 2.6): what a stranger has to bring back before it costs us anything.
 *
 *	version of the secret (4) | HMAC-SHA-256(secret, Ni | address | port | SPIi) (32)
 *
 * Nothing is kept per stranger. The secret before the present one is still taken, so that a
 * cookie lives for one to two lives of a secret.
 */
#ifndef IKE_COOKIE_H
#define IKE_COOKIE_H

#include <stdbool.h>
#include <stdint.h>
#include "endpoint.h"
#include "crypt.h"

/** IKE_COOKIE_SIZE - octets of our cookies */
#define IKE_COOKIE_SIZE 36
/** IKE_COOKIE_LIFE - milliseconds after which the secret is replaced */
#define IKE_COOKIE_LIFE 60000

/**
 * struct ike_cookie_jar - the secrets; all 0 to begin with
 * @random: where secrets come from, or NULL
 * @made: when the present secret was made, in milliseconds of the caller's clock
 * @version: its version; 0: there is none yet
 * @secrets: the present one and the one before, by the lowest bit of the version
 */
struct ike_cookie_jar {
	const struct ike_random *random;
	uint64_t made;
	uint32_t version;
	uint8_t secrets[2][32];
};

/**
 * ike_cookie_make - the cookie of a first request
 * @jar: secrets; the present one is replaced when it is due
 * @now: milliseconds of a clock that does not go back
 * @from: where the request came from
 * @spi_i: its initiator's SPI
 * @ni: its nonce
 * @to: gets the cookie
 *
 * Return: 0 or a negative errno of crypt.h.
 */
int ike_cookie_make(struct ike_cookie_jar *jar, uint64_t now, const struct ike_endpoint *from,
		    uint64_t spi_i, struct ike_span ni, uint8_t to[IKE_COOKIE_SIZE]);

/**
 * ike_cookie_check - whether a cookie is what this request was told to bring
 * @jar: secrets
 * @now: as above
 * @from: as above
 * @spi_i: as above
 * @ni: as above
 * @cookie: data of the COOKIE notification
 *
 * Return: whether it is, and is not too old.
 */
bool ike_cookie_check(struct ike_cookie_jar *jar, uint64_t now, const struct ike_endpoint *from,
		      uint64_t spi_i, struct ike_span ni, struct ike_span cookie);

/** ike_cookie_exit - wipes the secrets */
void ike_cookie_exit(struct ike_cookie_jar *jar);

#endif
