// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include "endpoint.h"

bool ike_endpoint_same_address(const struct ike_endpoint *a, const struct ike_endpoint *b)
{
	return a->len == b->len && !memcmp(a->octets, b->octets, a->len);
}

bool ike_endpoint_equal(const struct ike_endpoint *a, const struct ike_endpoint *b)
{
	return a->port == b->port && ike_endpoint_same_address(a, b);
}

bool ike_path_equal(const struct ike_path *a, const struct ike_path *b)
{
	return ike_endpoint_equal(&a->local, &b->local) &&
	       ike_endpoint_equal(&a->remote, &b->remote);
}

const char *ike_endpoint_format(const struct ike_endpoint *endpoint, char *text)
{
	char address[INET6_ADDRSTRLEN] = "any";
	bool bracket = endpoint->len == 16 && endpoint->port;

	if (endpoint->len)
		inet_ntop(endpoint->len == 16 ? AF_INET6 : AF_INET, endpoint->octets, address,
			  sizeof(address));
	if (endpoint->port)
		snprintf(text, IKE_ENDPOINT_TEXT_SIZE, "%s%s%s:%u", bracket ? "[" : "", address,
			 bracket ? "]" : "", endpoint->port);
	else
		snprintf(text, IKE_ENDPOINT_TEXT_SIZE, "%s", address);
	return text;
}
