/* SPDX-License-Identifier: MIT */
/* A UDP endpoint. */
#ifndef IKE_ENDPOINT_H
#define IKE_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** IKE_PORT - where IKE begins (RFC 7296 section 2) */
#define IKE_PORT 500
/** IKE_PORT_NAT - where IKE goes on when there is a NAT (RFC 7296 section 2.23) */
#define IKE_PORT_NAT 4500
/** IKE_ENDPOINT_TEXT_SIZE - octets of the longest endpoint as text, its NUL included */
#define IKE_ENDPOINT_TEXT_SIZE 56

/**
 * struct ike_endpoint - an IPv4 or IPv6 address with a UDP port
 * @len: octets of the address: 4, 16, or 0 for any
 * @octets: the address in network order
 * @port: the port in host order; 0: any
 */
struct ike_endpoint {
	uint8_t len;
	uint8_t octets[16];
	uint16_t port;
};

/**
 * struct ike_path - the two ends of an IKE message as this host sees them
 * @local: this end
 * @remote: the other end
 */
struct ike_path {
	struct ike_endpoint local;
	struct ike_endpoint remote;
};

bool ike_endpoint_same_address(const struct ike_endpoint *a, const struct ike_endpoint *b);
bool ike_endpoint_equal(const struct ike_endpoint *a, const struct ike_endpoint *b);
bool ike_path_equal(const struct ike_path *a, const struct ike_path *b);

/**
 * ike_endpoint_format - an endpoint as text, such as 192.0.2.1:500 or [2001:db8::1]:500
 * @endpoint: what to write; port 0 is left out; no address is "any"
 * @text: where to; at least IKE_ENDPOINT_TEXT_SIZE octets
 *
 * Return: @text.
 */
const char *ike_endpoint_format(const struct ike_endpoint *endpoint, char *text);

#endif
