// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <json-c/json.h>
#include "child.h"

static const char *const state_names[] = {
	[IKE_STATE_STARTING] = "ike-sa-init",
	[IKE_STATE_AUTHENTICATING] = "ike-auth",
	[IKE_STATE_HALF_OPEN] = "half-open",
	[IKE_STATE_RIVAL] = "rekeying",
	[IKE_STATE_UP] = "up",
	[IKE_STATE_REPLACED] = "replaced",
	[IKE_STATE_CLOSING] = "closing",
	[IKE_STATE_GONE] = "gone",
	[IKE_STATE_DEAD] = "gone",
};

static const char *const child_state_names[] = {
	[IKE_CHILD_MAKING] = "making",	   [IKE_CHILD_UP] = "up",
	[IKE_CHILD_REPLACED] = "replaced", [IKE_CHILD_REDUNDANT] = "redundant",
	[IKE_CHILD_CLOSING] = "closing",   [IKE_CHILD_LINGERING] = "lingering",
	[IKE_CHILD_DEAD] = "gone",
};

static void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

static void add_number(struct json_object *object, const char *key, uint64_t number)
{
	json_object_object_add(object, key, json_object_new_int64((int64_t)number));
}

static void add_spi(struct json_object *object, const char *key, uint32_t spi)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%08" PRIx32, spi);
	add_text(object, key, text);
}

static struct json_object *child_json(const struct ike_child *child, uint64_t now)
{
	struct json_object *object = json_object_new_object();
	char text[IKE_TS_LIST_TEXT_SIZE];
	char alg[2 * IKE_ALG_TEXT_SIZE];

	add_text(object, "name", child->conf ? child->conf->name : child->tunnel);
	add_text(object, "tunnel", child->tunnel);
	add_text(object, "state", child_state_names[child->state]);
	add_number(object, "since-ms", now - child->since);
	if (child->state == IKE_CHILD_MAKING)
		return object;
	add_spi(object, "spi-in", child->spi_in);
	add_spi(object, "spi-out", child->spi_out);
	add_text(object, "algorithms", ike_suite_alg(&child->suite, alg));
	add_text(object, "mode", child->mode == IKE_MODE_TRANSPORT ? "transport" : "tunnel");
	add_text(object, "local-ts",
		 ike_ts_list_format(child->local_ts.items, child->local_ts.count, text,
				    sizeof(text)));
	add_text(object, "remote-ts",
		 ike_ts_list_format(child->remote_ts.items, child->remote_ts.count, text,
				    sizeof(text)));
	if (child->rekey_at != IKE_NEVER && child->rekey_at > now)
		add_number(object, "rekey-in-ms", child->rekey_at - now);
	return object;
}

static struct json_object *sa_json(const struct ike_sa *sa, uint64_t now)
{
	struct json_object *object = json_object_new_object();
	struct json_object *children = json_object_new_array();
	char text[IKE_ID_TEXT_SIZE];
	char endpoint[IKE_ENDPOINT_TEXT_SIZE];
	char suite[IKE_PROPOSAL_TEXT_SIZE];

	add_text(object, "state", state_names[sa->state]);
	add_number(object, "since-ms", now - sa->since);
	add_text(object, "role", sa->initiator ? "initiator" : "responder");
	add_text(object, "local", ike_endpoint_format(&sa->path.local, endpoint));
	add_text(object, "remote", ike_endpoint_format(&sa->path.remote, endpoint));
	snprintf(text, sizeof(text), "%016" PRIx64, sa->spi_local);
	add_text(object, "spi-local", text);
	snprintf(text, sizeof(text), "%016" PRIx64, sa->spi_remote);
	add_text(object, "spi-remote", text);
	if (sa->remote_id)
		add_text(object, "remote-id", ike_id_format(sa->remote_id, text));
	if (sa->nat_local || sa->nat_remote)
		add_text(object, "nat", sa->nat_local ? sa->nat_remote ? "both" : "here" : "there");
	if (sa->keys.prf)
		add_text(object, "algorithms", ike_suite_format(&sa->suite, suite));
	if (sa->state == IKE_STATE_UP && sa->rekey_at != IKE_NEVER && sa->rekey_at > now)
		add_number(object, "rekey-in-ms", sa->rekey_at - now);
	for (const struct ike_child *child = sa->children; child; child = child->next)
		if (child->state != IKE_CHILD_DEAD)
			json_object_array_add(children, child_json(child, now));
	json_object_object_add(object, "children", children);
	return object;
}

static struct json_object *peer_json(const struct ike_engine *engine, const struct ike_peer *peer,
				     uint64_t now)
{
	struct json_object *object = json_object_new_object();
	struct json_object *sas = json_object_new_array();
	const struct ike_record *record = ike_record_get(&peer->log, 0);
	bool up = false, starting = false;

	add_text(object, "name", peer->conf->name);
	for (const struct ike_sa *sa = engine->sas; sa; sa = sa->next) {
		if (sa->peer != peer || sa->state >= IKE_STATE_GONE)
			continue;
		up |= sa->state == IKE_STATE_UP;
		starting |= sa->state < IKE_STATE_UP;
		json_object_array_add(sas, sa_json(sa, now));
	}
	add_text(object, "state", up ? "up" : starting ? "starting" : "down");
	json_object_object_add(object, "ike-sas", sas);
	if (record)
		json_object_object_add(object, "last-failure", ike_record_json(record, now));
	return object;
}

struct json_object *ike_engine_status(struct ike_engine *engine, const char *name, uint64_t now)
{
	struct json_object *object;
	struct json_object *peers;

	if (name && !ike_peer_find(engine, name))
		return NULL;
	object = json_object_new_object();
	peers = json_object_new_array();
	for (const struct ike_peer *peer = engine->peers; peer; peer = peer->next)
		if (!name || peer == ike_peer_find(engine, name))
			json_object_array_add(peers, peer_json(engine, peer, now));
	json_object_object_add(object, "peers", peers);
	add_number(object, "half-open", engine->half_open);
	add_number(object, "cookies", engine->cookies);
	return object;
}

struct json_object *ike_engine_why(struct ike_engine *engine, const char *name, uint64_t now)
{
	struct ike_peer *peer = name ? ike_peer_find(engine, name) : NULL;
	struct json_object *object;

	if (name && !peer)
		return NULL;
	object = json_object_new_object();
	if (peer)
		add_text(object, "peer", peer->conf->name);
	json_object_object_add(object, "records",
			       ike_record_log_json(peer ? &peer->log : &engine->strangers, now));
	return object;
}
