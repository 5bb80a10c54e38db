// SPDX-License-Identifier: MIT
/* What a peer has encrypted: the type of the first payload, and the payloads. */
#include "fuzz.h"
#include "payloads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ike_chain chain;

	if (size && !ike_chain_parse(data[0], (struct ike_span){ data + 1, size - 1 }, true,
				     &chain))
		payloads_try(&chain);
	return 0;
}
