// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "configkey.h"
#include "suggest.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* In seconds. */
#define DAY 86400
#define LIFETIME_MIN 60
#define LIFETIME_MAX (30 * DAY)
/* IPv6 needs links of 1280 octets (RFC 8200 section 5). */
#define MTU_MIN 1280
#define FRAGMENT_MIN 576

static int wrong(struct ike_fault *fault, const char *value, const char *why)
{
	return ike_fault_set(fault, value, strlen(value), "%s", why);
}

/**
 * struct unit - a factor that a letter behind a number stands for
 * @letter: the letter
 * @factor: the factor
 */
struct unit {
	char letter;
	uint64_t factor;
};

static const struct unit seconds_units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 },
					     { 'd', DAY }, { 0, 0 } };
static const struct unit octets_units[] = { { 'K', 1000 }, { 'M', 1000000 },
					    { 'G', 1000000000 }, { 'T', 1000000000000 },
					    { 0, 0 } };
static const struct unit no_units[] = { { 0, 0 } };

/* A number with a unit; false unless it is one from @min to @max, or 0 where @off allows it. */
static bool number(const char *value, const struct unit *unit, uint64_t min, uint64_t max,
		   bool off, uint64_t *to)
{
	char *end;

	if (off && !strcmp(value, "off")) {
		*to = 0;
		return true;
	}
	if (!isdigit((unsigned char)value[0]))
		return false;
	errno = 0;
	*to = strtoull(value, &end, 10);
	if (errno || end == value)
		return false;
	for (; *end && unit->letter; unit++) {
		if (unit->letter != *end || end[1])
			continue;
		if (*to > UINT64_MAX / unit->factor)
			return false;
		*to *= unit->factor;
		end++;
	}
	return !*end && *to >= min && *to <= max;
}

static int words(const char *value, const char *const *names, size_t count, const char *what,
		 struct ike_fault *fault)
{
	const char *nearest;
	size_t i;

	for (i = 0; i < count; i++) {
		if (!strcmp(value, names[i]))
			return i;
	}
	nearest = suggest(value, names, count);
	if (nearest)
		return ike_fault_set(fault, value, strlen(value), "did you mean '%s'?", nearest);
	return ike_fault_set(fault, value, strlen(value), "not %s", what);
}

static bool address_parse(const char *text, struct ike_endpoint *to)
{
	memset(to, 0, sizeof(*to));
	if (inet_pton(AF_INET, text, to->octets) == 1)
		to->len = 4;
	else if (inet_pton(AF_INET6, text, to->octets) == 1)
		to->len = 16;
	return to->len;
}

static int address(const char *value, struct ike_endpoint *to, struct ike_fault *fault)
{
	if (!strcmp(value, "any")) {
		memset(to, 0, sizeof(*to));
		return 0;
	}
	if (address_parse(value, to))
		return 0;
	return wrong(fault, value, "not an IPv4 or IPv6 address, and not 'any'");
}

static int set_local(struct ike_config_target *target, const char *value, struct ike_fault *fault)
{
	return address(value, &target->peer->conf.local, fault);
}

static int set_remote(struct ike_config_target *target, const char *value, struct ike_fault *fault)
{
	return address(value, &target->peer->conf.remote, fault);
}

static int set_local_id(struct ike_config_target *target, const char *value,
			struct ike_fault *fault)
{
	return ike_id_parse(value, &target->peer->local_id, fault);
}

static int set_remote_id(struct ike_config_target *target, const char *value,
			 struct ike_fault *fault)
{
	int err = ike_id_parse(value, &target->peer->remote_id, fault);

	target->peer->anybody = !err && target->peer->remote_id.type == IKE_ID_ANY;
	return err;
}

static int auth(const char *value, unsigned int *to, struct ike_fault *fault)
{
	static const char *const names[] = { "psk", "cert" };
	int i = words(value, names, ARRAY_SIZE(names), "an authentication; psk and cert are",
		      fault);

	if (i >= 0)
		*to = i ? IKE_AUTH_CERT : IKE_AUTH_PSK;
	return i < 0 ? i : 0;
}

static int set_local_auth(struct ike_config_target *target, const char *value,
			  struct ike_fault *fault)
{
	return auth(value, &target->peer->conf.local_auth, fault);
}

static int set_remote_auth(struct ike_config_target *target, const char *value,
			   struct ike_fault *fault)
{
	return auth(value, &target->peer->conf.remote_auth, fault);
}

static int set_auth(struct ike_config_target *target, const char *value, struct ike_fault *fault)
{
	int err = set_local_auth(target, value, fault);

	return err ? err : set_remote_auth(target, value, fault);
}

static int file(const char *value, char **to, struct ike_fault *fault)
{
	*to = strdup(value);
	return *to ? 0 : wrong(fault, value, "no memory");
}

static int set_psk_file(struct ike_config_target *target, const char *value,
			struct ike_fault *fault)
{
	return file(value, &target->peer->psk_file, fault);
}

static int set_key(struct ike_config_target *target, const char *value, struct ike_fault *fault)
{
	return file(value, &target->peer->key_file, fault);
}

static int files(const char *value, struct ike_config_files *to, struct ike_fault *fault)
{
	int err;

	if (to->count == IKE_CONFIG_FILES_MAX)
		return wrong(fault, value, "too many files; several certificates fit into one");
	err = file(value, &to->names[to->count], fault);
	if (!err)
		to->count++;
	return err;
}

static int set_cert(struct ike_config_target *target, const char *value, struct ike_fault *fault)
{
	return files(value, &target->peer->cert, fault);
}

static int set_ca(struct ike_config_target *target, const char *value, struct ike_fault *fault)
{
	return files(value, &target->peer->ca, fault);
}

static int set_crl(struct ike_config_target *target, const char *value, struct ike_fault *fault)
{
	return files(value, &target->peer->crl, fault);
}

static int set_profile(struct ike_config_target *target, const char *value,
		       struct ike_fault *fault)
{
	const struct ike_profile *profile;
	const char *names[16];
	size_t count = 0;
	int err;

	for (; count < ARRAY_SIZE(names) && (profile = ike_profile_at(count)); count++)
		names[count] = profile->name;
	err = words(value, names, count, "a profile; modern, compat, windows, azure and aws are",
		    fault);
	if (err < 0)
		return err;
	target->peer->profile = ike_profile_at(err);
	return 0;
}

static int proposals(const char *value, enum ike_protocol protocol, struct ike_proposal_list *to,
		     struct ike_fault *fault)
{
	struct ike_proposal_list *more = malloc(sizeof(*more));
	int err;

	if (!more)
		return wrong(fault, value, "no memory");
	err = ike_proposals_parse(value, protocol, more, fault);
	if (!err && more->count > IKE_PROPOSALS_MAX - to->count)
		err = wrong(fault, value, "too many proposals");
	if (!err) {
		memcpy(to->items + to->count, more->items, more->count * sizeof(to->items[0]));
		to->count += more->count;
	}
	free(more);
	return err;
}

static int set_ike(struct ike_config_target *target, const char *value, struct ike_fault *fault)
{
	return proposals(value, IKE_PROTOCOL_IKE, &target->peer->ike, fault);
}

static int set_peer_esp(struct ike_config_target *target, const char *value,
			struct ike_fault *fault)
{
	return proposals(value, IKE_PROTOCOL_ESP, &target->peer->esp, fault);
}

static int set_tunnel_esp(struct ike_config_target *target, const char *value,
			  struct ike_fault *fault)
{
	return proposals(value, IKE_PROTOCOL_ESP, &target->tunnel->esp, fault);
}

static int lifetime(const char *value, uint32_t *to, struct ike_fault *fault)
{
	uint64_t seconds;

	if (!number(value, seconds_units, LIFETIME_MIN, LIFETIME_MAX, false, &seconds))
		return wrong(fault, value, "not a time from 60s to 30d, such as 8h");
	*to = seconds;
	return 0;
}

static int set_ike_lifetime(struct ike_config_target *target, const char *value,
			    struct ike_fault *fault)
{
	return lifetime(value, &target->peer->conf.rekey_seconds, fault);
}

static int set_lifetime(struct ike_config_target *target, const char *value,
			struct ike_fault *fault)
{
	return lifetime(value, &target->child->rekey_seconds, fault);
}

static int set_bytes(struct ike_config_target *target, const char *value, struct ike_fault *fault)
{
	uint64_t octets;

	if (!number(value, octets_units, 1000000, UINT64_MAX / 2, true, &octets))
		return wrong(fault, value, "not a number of octets from 1M, such as 50G, or off");
	target->child->rekey_bytes = octets;
	return 0;
}

static int set_dpd(struct ike_config_target *target, const char *value, struct ike_fault *fault)
{
	uint64_t seconds;

	if (!number(value, seconds_units, 1, DAY, true, &seconds))
		return wrong(fault, value, "not a time from 1s to 1d, such as 30s, or off");
	target->peer->conf.liveness_seconds = seconds;
	return 0;
}

static int set_keepalive(struct ike_config_target *target, const char *value,
			 struct ike_fault *fault)
{
	uint64_t seconds;

	if (!number(value, seconds_units, 1, UINT16_MAX, true, &seconds))
		return wrong(fault, value, "not a time from 1s to 65535s, such as 20s, or off");
	target->peer->keepalive = seconds;
	return 0;
}

static int set_retry(struct ike_config_target *target, const char *value, struct ike_fault *fault)
{
	uint64_t seconds;

	if (!number(value, seconds_units, 1, DAY, false, &seconds))
		return wrong(fault, value, "not a time from 1s to 1d, such as 5s");
	target->peer->conf.retry_seconds = seconds;
	return 0;
}

static int set_encap(struct ike_config_target *target, const char *value, struct ike_fault *fault)
{
	static const char *const names[] = { "auto", "udp" };
	int i = words(value, names, ARRAY_SIZE(names), "an encapsulation; auto and udp are", fault);

	if (i >= 0)
		target->peer->conf.force_encap = i;
	return i < 0 ? i : 0;
}

static int set_fragment(struct ike_config_target *target, const char *value,
			struct ike_fault *fault)
{
	uint64_t octets;

	if (!number(value, no_units, FRAGMENT_MIN, UINT16_MAX, true, &octets))
		return wrong(fault, value, "not a size of packets from 576 to 65535, or off");
	target->peer->conf.fragmentation = octets;
	target->peer->conf.fragment_size = octets;
	return 0;
}

static int set_dev(struct ike_config_target *target, const char *value, struct ike_fault *fault)
{
	if (strlen(value) >= sizeof(target->tunnel->dev) || strpbrk(value, "/ :") ||
	    !strcmp(value, ".") || !strcmp(value, ".."))
		return wrong(fault, value, "not a name of an interface: up to 15 octets, none of / : space");
	strcpy(target->tunnel->dev, value);
	return 0;
}

static int set_mode(struct ike_config_target *target, const char *value, struct ike_fault *fault)
{
	static const char *const names[] = { "tunnel", "transport" };
	int i = words(value, names, ARRAY_SIZE(names), "a mode; tunnel and transport are", fault);

	if (i >= 0)
		target->child->mode = i ? IKE_MODE_TRANSPORT : IKE_MODE_TUNNEL;
	return i < 0 ? i : 0;
}

static int set_address(struct ike_config_target *target, const char *value,
		       struct ike_fault *fault)
{
	struct ike_config_prefix *prefix;
	const char *slash = strchr(value, '/');
	char text[INET6_ADDRSTRLEN];
	uint64_t bits = 0;

	if (target->tunnel->address_count == IKE_CONFIG_ADDRESSES_MAX)
		return wrong(fault, value, "too many addresses");
	prefix = &target->tunnel->addresses[target->tunnel->address_count];
	snprintf(text, sizeof(text), "%.*s", slash ? (int)(slash - value) : (int)strlen(value),
		 value);
	if (!address_parse(text, &prefix->address))
		return wrong(fault, value, "not ADDRESS or ADDRESS/PREFIXLEN");
	prefix->prefixlen = prefix->address.len * 8;
	if (slash && !number(slash + 1, no_units, 0, prefix->prefixlen, false, &bits))
		return wrong(fault, value, "the prefix is longer than the address, or no number");
	if (slash)
		prefix->prefixlen = bits;
	target->tunnel->address_count++;
	return 0;
}

static int selectors(const char *value, struct ike_ts_list *to, struct ike_fault *fault)
{
	struct ike_ts_list more;
	int err = ike_ts_list_parse(value, &more, fault);

	if (!err && more.count > IKE_TS_MAX - to->count)
		err = wrong(fault, value, "too many traffic selectors");
	if (!err) {
		memcpy(to->items + to->count, more.items, more.count * sizeof(to->items[0]));
		to->count += more.count;
	}
	return err;
}

static int set_local_ts(struct ike_config_target *target, const char *value,
			struct ike_fault *fault)
{
	return selectors(value, &target->tunnel->local_ts, fault);
}

static int set_remote_ts(struct ike_config_target *target, const char *value,
			 struct ike_fault *fault)
{
	return selectors(value, &target->tunnel->remote_ts, fault);
}

static int set_route(struct ike_config_target *target, const char *value, struct ike_fault *fault)
{
	static const char *const names[] = { "off", "on" };
	int i = words(value, names, ARRAY_SIZE(names), "on or off", fault);

	if (i >= 0)
		target->tunnel->route = i;
	return i < 0 ? i : 0;
}

static int whole(const char *value, uint64_t max, uint32_t *to, struct ike_fault *fault)
{
	uint64_t n;

	if (!number(value, no_units, 1, max, false, &n))
		return wrong(fault, value, "not a number from 1 to 4294967295");
	*to = n;
	return 0;
}

static int set_table(struct ike_config_target *target, const char *value, struct ike_fault *fault)
{
	return whole(value, UINT32_MAX, &target->tunnel->table, fault);
}

static int set_metric(struct ike_config_target *target, const char *value,
		      struct ike_fault *fault)
{
	return whole(value, UINT32_MAX, &target->tunnel->metric, fault);
}

static int set_start(struct ike_config_target *target, const char *value, struct ike_fault *fault)
{
	static const char *const names[] = { "wait", "on-traffic", "now" };
	static const enum ike_start starts[] = { IKE_START_NONE, IKE_START_ON_TRAFFIC,
						 IKE_START_ALWAYS };
	int i = words(value, names, ARRAY_SIZE(names), "a start; on-traffic, now and wait are",
		      fault);

	if (i >= 0)
		target->child->start = starts[i];
	return i < 0 ? i : 0;
}

static int set_mtu(struct ike_config_target *target, const char *value, struct ike_fault *fault)
{
	uint64_t octets;

	if (!number(value, no_units, MTU_MIN, UINT16_MAX, false, &octets))
		return wrong(fault, value, "not an MTU from 1280 to 65535");
	target->tunnel->mtu = octets;
	return 0;
}

static int set_mss(struct ike_config_target *target, const char *value, struct ike_fault *fault)
{
	uint64_t octets = SECTUN_MSS_AUTO;

	if (strcmp(value, "auto") &&
	    !number(value, no_units, 64, SECTUN_MSS_AUTO - 1, true, &octets))
		return wrong(fault, value, "not a number of octets from 64, auto or off");
	target->tunnel->mss = octets;
	return 0;
}

static int set_tfc(struct ike_config_target *target, const char *value, struct ike_fault *fault)
{
	uint64_t octets;

	if (!number(value, no_units, 1, UINT16_MAX, true, &octets))
		return wrong(fault, value, "not a number of octets from 1 to 65535, or off");
	target->tunnel->tfc = octets;
	return 0;
}

static const struct ike_config_key keys[] = {
	{ "local", IKE_CONFIG_IN_PEER, false, set_local },
	{ "remote", IKE_CONFIG_IN_PEER, false, set_remote },
	{ "local-id", IKE_CONFIG_IN_PEER, false, set_local_id },
	{ "remote-id", IKE_CONFIG_IN_PEER, false, set_remote_id },
	{ "auth", IKE_CONFIG_IN_PEER, false, set_auth },
	{ "local-auth", IKE_CONFIG_IN_PEER, false, set_local_auth },
	{ "remote-auth", IKE_CONFIG_IN_PEER, false, set_remote_auth },
	{ "psk-file", IKE_CONFIG_IN_PEER, false, set_psk_file },
	{ "cert", IKE_CONFIG_IN_PEER, true, set_cert },
	{ "key", IKE_CONFIG_IN_PEER, false, set_key },
	{ "ca", IKE_CONFIG_IN_PEER, true, set_ca },
	{ "crl", IKE_CONFIG_IN_PEER, true, set_crl },
	{ "profile", IKE_CONFIG_IN_PEER, false, set_profile },
	{ "ike", IKE_CONFIG_IN_PEER, true, set_ike },
	{ "esp", IKE_CONFIG_IN_PEER, true, set_peer_esp },
	{ "ike-lifetime", IKE_CONFIG_IN_PEER, false, set_ike_lifetime },
	{ "dpd", IKE_CONFIG_IN_PEER, false, set_dpd },
	{ "keepalive", IKE_CONFIG_IN_PEER, false, set_keepalive },
	{ "retry", IKE_CONFIG_IN_PEER, false, set_retry },
	{ "encap", IKE_CONFIG_IN_PEER, false, set_encap },
	{ "fragment", IKE_CONFIG_IN_PEER, false, set_fragment },
	{ "dev", IKE_CONFIG_IN_TUNNEL, false, set_dev },
	{ "mode", IKE_CONFIG_IN_TUNNEL, false, set_mode },
	{ "address", IKE_CONFIG_IN_TUNNEL, true, set_address },
	{ "local-ts", IKE_CONFIG_IN_TUNNEL, true, set_local_ts },
	{ "remote-ts", IKE_CONFIG_IN_TUNNEL, true, set_remote_ts },
	{ "esp", IKE_CONFIG_IN_TUNNEL, true, set_tunnel_esp },
	{ "route", IKE_CONFIG_IN_TUNNEL, false, set_route },
	{ "table", IKE_CONFIG_IN_TUNNEL, false, set_table },
	{ "metric", IKE_CONFIG_IN_TUNNEL, false, set_metric },
	{ "start", IKE_CONFIG_IN_TUNNEL, false, set_start },
	{ "mtu", IKE_CONFIG_IN_TUNNEL, false, set_mtu },
	{ "mss", IKE_CONFIG_IN_TUNNEL, false, set_mss },
	{ "tfc", IKE_CONFIG_IN_TUNNEL, false, set_tfc },
	{ "lifetime", IKE_CONFIG_IN_TUNNEL, false, set_lifetime },
	{ "bytes", IKE_CONFIG_IN_TUNNEL, false, set_bytes },
};

_Static_assert(ARRAY_SIZE(keys) <= IKE_CONFIG_KEYS_MAX, "a set of keys is 64 bits");

const struct ike_config_key *ike_config_key_at(size_t index)
{
	return index < ARRAY_SIZE(keys) ? &keys[index] : NULL;
}

const struct ike_config_key *ike_config_key_find(enum ike_config_section section, const char *name,
						 struct ike_fault *fault)
{
	const char *names[ARRAY_SIZE(keys)], *nearest;
	bool elsewhere = false;
	size_t i, count = 0;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].section != section) {
			elsewhere |= !strcmp(keys[i].name, name);
			continue;
		}
		if (!strcmp(keys[i].name, name))
			return &keys[i];
		names[count++] = keys[i].name;
	}
	nearest = suggest(name, names, count);
	if (elsewhere)
		ike_fault_set(fault, name, strlen(name), "belongs into the %s section",
			      section == IKE_CONFIG_IN_PEER ? "[tunnel NAME]" : "[peer NAME]");
	else if (nearest)
		ike_fault_set(fault, name, strlen(name), "not a key; did you mean '%s'?", nearest);
	else
		ike_fault_set(fault, name, strlen(name), "not a key; see sectun.conf(5)");
	return NULL;
}
