// SPDX-License-Identifier: MIT
#include <string.h>
#include "profile.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define HOUR 3600U
#define GIB (UINT64_C(1) << 30)

/*
 * modern: what RFC 8247 and RFC 8221 want for the years to come. PFS is wanted, not insisted on:
 *	that a peer has none, as strongSwan by default, would show at the first rekeying only.
 * compat: what a router or a phone of the last ten years has as well.
 * windows: RAS and Always On VPN as installed, with NegotiateDH2048 set or not.
 * azure: VPN gateway and virtual WAN with their default policies; rekeying there is without PFS.
 * aws: site-to-site VPN; its lifetimes may not be longer than 8 hours and 1 hour.
 */
static const struct ike_profile profiles[] = {
	{
		.name = "modern",
		.ike = "aes256gcm16-aes128gcm16-chacha20poly1305-prfsha256-prfsha384-prfsha512-"
		       "x25519-ecp256-ecp384-ecp521-modp3072-modp4096",
		.esp = "aes256gcm16-aes128gcm16-chacha20poly1305-"
		       "x25519-ecp256-ecp384-ecp521-modp3072-modp4096-none-esn-noesn",
		.ike_lifetime = 8 * HOUR,
		.child_lifetime = HOUR,
		.child_bytes = 512 * GIB,
	}, {
		.name = "compat",
		.ike = "aes256gcm16-aes128gcm16-chacha20poly1305-prfsha256-prfsha384-prfsha512-"
		       "x25519-ecp256-ecp384-ecp521-modp3072-modp4096-modp2048,"
		       "aes256-aes128-sha256-sha384-sha512-"
		       "x25519-ecp256-ecp384-ecp521-modp3072-modp4096-modp2048",
		.esp = "aes256gcm16-aes128gcm16-chacha20poly1305-"
		       "x25519-ecp256-ecp384-ecp521-modp3072-modp4096-modp2048-none-esn-noesn,"
		       "aes256-aes128-sha256-sha384-sha512-"
		       "x25519-ecp256-ecp384-ecp521-modp3072-modp4096-modp2048-none-esn-noesn",
		.ike_lifetime = 8 * HOUR,
		.child_lifetime = HOUR,
		.child_bytes = 512 * GIB,
		.sha1_signatures = true,
	}, {
		.name = "windows",
		.ike = "aes256-aes128-sha256-sha384-modp2048,"
		       "aes256-aes128-sha1-modp2048,"
		       "aes256-aes128-sha256-sha384-sha1-modp1024",
		.esp = "aes256gcm16-aes128gcm16-none,"
		       "aes256-aes128-sha256-none,"
		       "aes256-aes128-sha1-none",
		.ike_lifetime = 8 * HOUR,
		.child_lifetime = HOUR,
		.child_bytes = 200 * GIB,
		.sha1_signatures = true,
		.warning = "profile windows accepts SHA-1 and the 1024-bit group; NegotiateDH2048 "
			   "in the registry of the peer spares the group",
	}, {
		.name = "azure",
		.ike = "aes256gcm16-aes128gcm16-prfsha384-prfsha256-ecp384-ecp256-modp2048-modp1024,"
		       "aes256-aes128-sha384-sha256-ecp384-ecp256-modp2048-modp1024,"
		       "aes256-aes128-sha1-modp2048-modp1024",
		.esp = "aes256gcm16-aes128gcm16-none,"
		       "aes256-aes128-sha256-none,"
		       "aes256-aes128-sha1-none",
		.ike_lifetime = 8 * HOUR - 600,
		.child_lifetime = 27000 - 600,
		.child_bytes = 95 * GIB,
		.sha1_signatures = true,
		.warning = "profile azure accepts SHA-1 and the 1024-bit group, the gateway's default; "
			   "a custom policy of the connection spares both",
	}, {
		.name = "aws",
		.ike = "aes256gcm16-aes128gcm16-prfsha256-prfsha384-prfsha512-"
		       "ecp256-ecp384-ecp521-modp3072-modp4096-modp2048,"
		       "aes256-aes128-sha256-sha384-sha512-"
		       "ecp256-ecp384-ecp521-modp3072-modp4096-modp2048",
		.esp = "aes256gcm16-aes128gcm16-"
		       "ecp256-ecp384-ecp521-modp3072-modp4096-modp2048,"
		       "aes256-aes128-sha256-sha384-sha512-"
		       "ecp256-ecp384-ecp521-modp3072-modp4096-modp2048",
		.ike_lifetime = 8 * HOUR - 600,
		.child_lifetime = HOUR - 300,
		.child_bytes = 512 * GIB,
	},
};

const struct ike_profile *ike_profile_at(size_t index)
{
	return index < ARRAY_SIZE(profiles) ? &profiles[index] : NULL;
}

const struct ike_profile *ike_profile_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(profiles); i++) {
		if (!strcmp(profiles[i].name, name))
			return &profiles[i];
	}
	return NULL;
}

void ike_profile_proposals(const struct ike_profile *profile, struct ike_proposal_list *ike,
			   struct ike_proposal_list *esp)
{
	struct ike_fault fault;

	ike_proposals_parse(profile->ike, IKE_PROTOCOL_IKE, ike, &fault);
	ike_proposals_parse(profile->esp, IKE_PROTOCOL_ESP, esp, &fault);
}
