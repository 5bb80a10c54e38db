/* SPDX-License-Identifier: MIT */
/* Named sets of proposals and lifetimes, after what the peers of the field accept. */
#ifndef IKE_PROFILE_H
#define IKE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "fault.h"
#include "proposal.h"

/**
 * struct ike_profile - a row of the table
 * @name: word in the configuration
 * @ike: proposals of the IKE SA, in keywords
 * @esp: proposals of child SAs, in keywords; a group in them is that of rekeying (PFS)
 * @ike_lifetime: seconds after which the IKE SA is rekeyed, before jitter
 * @child_lifetime: seconds after which a child is rekeyed, before jitter
 * @child_bytes: octets after which a child is rekeyed; 0: never
 * @sha1_signatures: RSA PKCS#1 v1.5 signatures with SHA-1 are accepted (old peers, RFC 7427)
 * @warning: what is weak about it, for the log, or NULL
 */
struct ike_profile {
	const char *name;
	const char *ike;
	const char *esp;
	uint32_t ike_lifetime;
	uint32_t child_lifetime;
	uint64_t child_bytes;
	bool sha1_signatures;
	const char *warning;
};

/** ike_profile_at - goes through the table; NULL behind the last row */
const struct ike_profile *ike_profile_at(size_t index);

/** ike_profile_find - the row of a name, or NULL */
const struct ike_profile *ike_profile_find(const char *name);

/**
 * ike_profile_proposals - the proposals of a profile, parsed
 * @profile: the row
 * @ike: is set to those of the IKE SA
 * @esp: is set to those of child SAs
 *
 * The table is right, so this cannot fail; a unit test says so.
 */
void ike_profile_proposals(const struct ike_profile *profile, struct ike_proposal_list *ike,
			   struct ike_proposal_list *esp);

#endif
