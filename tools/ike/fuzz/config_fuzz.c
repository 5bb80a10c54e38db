// SPDX-License-Identifier: MIT
/* The text of a configuration file. */
#include <string.h>
#include "config.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ike_config_fault fault = { .line = 0 };
	struct ike_config_peer *peer = NULL;
	char text[1024];

	if (ike_config_parse("fuzz.conf", (const char *)data, size, &peer, &fault)) {
		must(!peer);
		ike_config_fault_text(&fault, text, sizeof(text));
		must(strlen(text) < sizeof(text));
		return 0;
	}
	must(peer && peer->name[0] && peer->conf.ike && peer->conf.local_id);
	must(ike_config_compare(peer, peer) == IKE_CONFIG_SAME);
	ike_config_peer_free(peer);
	return 0;
}
