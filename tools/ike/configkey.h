/* SPDX-License-Identifier: MIT */
/* The keys of the configuration: one table says what there is and how it is read. */
#ifndef IKE_CONFIGKEY_H
#define IKE_CONFIGKEY_H

#include <stdbool.h>
#include "config.h"

/**
 * enum ike_config_section - where a key belongs
 * @IKE_CONFIG_IN_PEER: [peer NAME]
 * @IKE_CONFIG_IN_TUNNEL: [tunnel NAME]
 */
enum ike_config_section {
	IKE_CONFIG_IN_PEER,
	IKE_CONFIG_IN_TUNNEL,
};

/**
 * struct ike_config_target - what a value goes to
 * @peer: the peer
 * @tunnel: the tunnel, in a tunnel's section
 * @child: what the engine knows of it
 */
struct ike_config_target {
	struct ike_config_peer *peer;
	struct ike_config_tunnel *tunnel;
	struct ike_child_conf *child;
};

/**
 * struct ike_config_key - a row of the table
 * @name: the key
 * @section: where it belongs
 * @list: it may be given again, and adds to what was given
 * @set: reads a value: 0, or -EINVAL with the fault
 */
struct ike_config_key {
	const char *name;
	enum ike_config_section section;
	bool list;
	int (*set)(struct ike_config_target *target, const char *value, struct ike_fault *fault);
};

/** IKE_CONFIG_KEYS_MAX - rows that the table has at most: bits of a set of them */
#define IKE_CONFIG_KEYS_MAX 64

/** ike_config_key_at - goes through the table; NULL behind the last row */
const struct ike_config_key *ike_config_key_at(size_t index);

/**
 * ike_config_key_find - the row of a key
 * @section: where it stands
 * @name: the key
 * @fault: is set if there is none: the nearest key, or where it belongs
 *
 * Return: the row or NULL.
 */
const struct ike_config_key *ike_config_key_find(enum ike_config_section section, const char *name,
						 struct ike_fault *fault);

#endif
