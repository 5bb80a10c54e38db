// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>
#include "protocol.h"
#include "record.h"

/* Octets of an answer that one message takes. */
#define PIECE_MAX 65536
/* How long "up" waits at most, in milliseconds. */
#define UP_WAIT_MAX 600000

static void answer(struct ike_process *protocol, uint32_t client, const char *text, bool last)
{
	size_t len = strlen(text), piece;
	int err;

	do {
		piece = len > PIECE_MAX ? PIECE_MAX : len;
		ike_ipc_begin(&protocol->out, IKE_IPC_CONTROL_REPLY, client);
		ike_ipc_put_u8(&protocol->out, last && piece == len);
		ike_ipc_put_octets(&protocol->out, text, piece);
		err = ike_ipc_send(&protocol->ends->parent, &protocol->out);
		if (err && !protocol->failed)
			protocol->failed = err;
		text += piece;
		len -= piece;
	} while (len && !err);
}

static void answer_json(struct ike_process *protocol, uint32_t client, struct json_object *json)
{
	answer(protocol, client, json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN),
	       false);
	answer(protocol, client, "\n", false);
	json_object_put(json);
}

static void done(struct ike_process *protocol, uint32_t client)
{
	answer(protocol, client, "{\"done\":true}\n", true);
}

/* @record: JSON text of what failed, or NULL */
static void refuse(struct ike_process *protocol, uint32_t client, const char *error,
		   const char *record)
{
	struct json_object *json = json_object_new_object(), *failure;

	json_object_object_add(json, "done", json_object_new_boolean(false));
	json_object_object_add(json, "error", json_object_new_string(error));
	failure = record ? json_tokener_parse(record) : NULL;
	if (failure)
		json_object_object_add(json, "failure", failure);
	answer(protocol, client, json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN),
	       false);
	answer(protocol, client, "\n", true);
	json_object_put(json);
}

static void refuse_name(struct ike_process *protocol, uint32_t client, const char *name)
{
	char text[128];

	snprintf(text, sizeof(text), "no peer and no tunnel of the configuration is %s", name);
	refuse(protocol, client, text, NULL);
}

static const struct ike_config_peer *config_of(const struct ike_process *protocol, const char *name,
					       const struct ike_config_tunnel **tunnel)
{
	const struct ike_protocol_peer *peer;
	size_t i;

	*tunnel = NULL;
	for (peer = protocol->peers; peer; peer = peer->next) {
		if (peer->config && !strcmp(peer->name, name))
			return peer->config;
	}
	for (peer = protocol->peers; peer; peer = peer->next) {
		for (i = 0; peer->config && i < peer->config->tunnel_count; i++) {
			if (strcmp(peer->config->tunnels[i].name, name))
				continue;
			*tunnel = &peer->config->tunnels[i];
			return peer->config;
		}
	}
	return NULL;
}

static bool is_up(struct json_object *object)
{
	const char *state = json_object_get_string(json_object_object_get(object, "state"));

	return state && !strcmp(state, "up");
}

/* Whether a status of one peer has a child of that name that is up. */
static bool child_is_up(struct json_object *status, const char *name)
{
	struct json_object *peers = json_object_object_get(status, "peers");
	struct json_object *peer = json_object_array_get_idx(peers, 0);
	struct json_object *sas = json_object_object_get(peer, "ike-sas"), *children, *child;
	size_t i, j;

	for (i = 0; i < json_object_array_length(sas); i++) {
		children = json_object_object_get(json_object_array_get_idx(sas, i), "children");
		for (j = 0; j < json_object_array_length(children); j++) {
			child = json_object_array_get_idx(children, j);
			if (is_up(child) &&
			    !strcmp(json_object_get_string(json_object_object_get(child, "name")),
				    name))
				return true;
		}
	}
	return false;
}

/* Whether a tunnel, or every tunnel of a peer, is up. */
static bool name_is_up(struct ike_process *protocol, const char *name)
{
	const struct ike_config_tunnel *tunnel;
	const struct ike_config_peer *config = config_of(protocol, name, &tunnel);
	struct json_object *status;
	bool up = true;
	size_t i;

	if (!config)
		return false;
	status = ike_engine_status(protocol->engine, config->name, protocol->now);
	if (!status)
		return false;
	if (tunnel) {
		up = child_is_up(status, tunnel->name);
	} else if (config->tunnel_count) {
		for (i = 0; up && i < config->tunnel_count; i++)
			up = child_is_up(status, config->tunnels[i].name);
	} else {
		up = is_up(json_object_array_get_idx(json_object_object_get(status, "peers"), 0));
	}
	json_object_put(status);
	return up;
}

static void on_up(struct ike_process *protocol, uint32_t client, const char *name, uint32_t wait)
{
	const struct ike_config_tunnel *tunnel;
	const struct ike_config_peer *config = config_of(protocol, name, &tunnel);
	struct ike_waiter *waiter;
	int err;

	if (!config) {
		refuse_name(protocol, client, name);
		return;
	}
	if (name_is_up(protocol, name)) {
		done(protocol, client);
		return;
	}
	err = ike_engine_command(protocol->engine, IKE_COMMAND_UP, name, protocol->now);
	if (err) {
		refuse(protocol, client,
		       err == -EDESTADDRREQ ?
			       "the address of the peer is not known: it has to begin" :
			       strerror(-err), NULL);
		return;
	}
	waiter = wait ? calloc(1, sizeof(*waiter)) : NULL;
	if (!waiter) {
		done(protocol, client);
		return;
	}
	waiter->client = client;
	snprintf(waiter->name, sizeof(waiter->name), "%s", name);
	snprintf(waiter->peer, sizeof(waiter->peer), "%s", config->name);
	waiter->deadline = protocol->now + (wait > UP_WAIT_MAX ? UP_WAIT_MAX : wait);
	waiter->next = protocol->waiters;
	protocol->waiters = waiter;
}

static void on_command(struct ike_process *protocol, uint32_t client, enum ike_command command,
		       const char *name)
{
	int err = ike_engine_command(protocol->engine, command, name, protocol->now);

	if (!err)
		done(protocol, client);
	else if (err == -ENOENT)
		refuse_name(protocol, client, name);
	else if (err == -ENOTCONN)
		refuse(protocol, client, "it is not up", NULL);
	else
		refuse(protocol, client, strerror(-err), NULL);
}

static void on_report(struct ike_process *protocol, uint32_t client, const char *name,
		      struct json_object *json)
{
	if (!json) {
		refuse_name(protocol, client, name);
		return;
	}
	answer_json(protocol, client, json);
	done(protocol, client);
}

/**
 * struct order - a verb that is a command of the engine
 * @verb: the verb
 * @command: the command
 */
struct order {
	const char *verb;
	enum ike_command command;
};

static const struct order orders[] = {
	{ "down", IKE_COMMAND_DOWN },
	{ "rekey", IKE_COMMAND_REKEY_CHILD },
	{ "rekey-ike", IKE_COMMAND_REKEY_IKE },
	{ "liveness", IKE_COMMAND_LIVENESS },
};

int ike_protocol_control(struct ike_process *protocol)
{
	uint32_t client = protocol->in.id, wait;
	const struct ike_config_tunnel *tunnel;
	const struct ike_config_peer *config;
	char verb[32], name[IKE_NAME_SIZE];
	size_t i;

	ike_ipc_get_string(&protocol->in, verb, sizeof(verb));
	ike_ipc_get_string(&protocol->in, name, sizeof(name));
	wait = ike_ipc_get_u32(&protocol->in);
	if (ike_ipc_end(&protocol->in))
		return -EBADMSG;
	/* Reports are of peers; who names a tunnel means its peer. */
	config = config_of(protocol, name, &tunnel);
	if (!strcmp(verb, "status")) {
		on_report(protocol, client, name,
			  ike_engine_status(protocol->engine,
					    config ? config->name : *name ? name : NULL,
					    protocol->now));
		return 0;
	}
	if (!strcmp(verb, "why")) {
		on_report(protocol, client, name,
			  ike_engine_why(protocol->engine,
					 config ? config->name : *name ? name : NULL,
					 protocol->now));
		return 0;
	}
	if (!strcmp(verb, "up")) {
		on_up(protocol, client, name, wait);
		return 0;
	}
	for (i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		if (strcmp(orders[i].verb, verb))
			continue;
		on_command(protocol, client, orders[i].command, name);
		return 0;
	}
	refuse(protocol, client, "not a verb", NULL);
	return 0;
}

void ike_protocol_notice(struct ike_process *protocol, const struct ike_event *event)
{
	struct json_object *json;
	struct ike_waiter *waiter;

	for (waiter = protocol->waiters; waiter; waiter = waiter->next) {
		if (!event->peer || strcmp(event->peer, waiter->peer))
			continue;
		waiter->look = true;
		if (event->kind != IKE_EVENT_FAILED || !event->record || waiter->failure)
			continue;
		/* A failure of another tunnel is none of this one. */
		if (event->child && strcmp(waiter->name, waiter->peer) &&
		    strcmp(event->child, waiter->name))
			continue;
		json = ike_record_json(event->record, protocol->now);
		if (!json)
			continue;
		waiter->failure = strdup(json_object_to_json_string_ext(json,
									JSON_C_TO_STRING_PLAIN));
		json_object_put(json);
	}
}

/* Answers a waiter if it has waited enough; whether it has. */
static bool settle(struct ike_process *protocol, struct ike_waiter *waiter)
{
	if (waiter->look && name_is_up(protocol, waiter->name))
		done(protocol, waiter->client);
	else if (waiter->failure)
		refuse(protocol, waiter->client, "it did not come up", waiter->failure);
	else if (protocol->now >= waiter->deadline)
		refuse(protocol, waiter->client, "it is not up yet", NULL);
	else
		return false;
	return true;
}

void ike_protocol_wake(struct ike_process *protocol)
{
	struct ike_waiter **at = &protocol->waiters, *waiter;

	while ((waiter = *at)) {
		if (!settle(protocol, waiter)) {
			waiter->look = false;
			at = &waiter->next;
			continue;
		}
		*at = waiter->next;
		free(waiter->failure);
		free(waiter);
	}
}

uint64_t ike_protocol_wake_at(const struct ike_process *protocol)
{
	const struct ike_waiter *waiter;
	uint64_t at = UINT64_MAX;

	for (waiter = protocol->waiters; waiter; waiter = waiter->next) {
		if (waiter->deadline < at)
			at = waiter->deadline;
	}
	return at;
}
