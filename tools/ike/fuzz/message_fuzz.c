// SPDX-License-Identifier: MIT
/* A message as a stranger sends it. */
#include "cookie.h"
#include "fuzz.h"
#include "nat.h"
#include "payloads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ike_endpoint here = { .len = 4, .octets = { 192, 0, 2, 1 } };
	static const struct ike_endpoint there = { .len = 4, .octets = { 192, 0, 2, 2 } };
	struct ike_cookie_jar jar = { 0 };
	struct ike_header header;
	struct ike_notify notify;
	struct ike_view view;
	struct ike_nat nat;

	ike_header_parse((struct ike_span){ data, size }, &header);
	if (ike_message_parse((struct ike_span){ data, size }, &view))
		return 0;
	must(view.header.length == size);
	payloads_try(&view.chain);
	ike_nat_detect(&view.chain, &view.header, &there, &here, &nat);
	if (ike_chain_notify(&view.chain, IKE_COOKIE, &notify))
		must(!ike_cookie_check(&jar, 0, &there, view.header.spi_i,
				       (struct ike_span){ data, size }, notify.data));
	return 0;
}
