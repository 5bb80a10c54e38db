// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>
#include "check.h"
#include "config.h"
#include "proposal.h"
#include "suggest.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum { CHECK_OK = 0, CHECK_BAD = 1, CHECK_USAGE = 2 };

/**
 * struct kind - what peers of a kind offer and accept, as they come
 * @name: word for it
 * @ike: proposals of the IKE SA, in keywords
 * @esp: proposals of child SAs
 *
 * Sources: what the makers document and what the clients send.
 */
struct kind {
	const char *name;
	const char *ike;
	const char *esp;
};

static const struct kind kinds[] = {
	{ "windows",
	  "aes256-sha384-modp1024, aes256-sha256-modp1024, aes256-sha1-modp1024, "
	  "3des-sha1-modp1024",
	  "aes256-sha1, 3des-sha1" },
	{ "azure", "aes256-sha256-modp1024, aes256-sha1-modp1024, aes128-sha256-modp1024",
	  "aes256gcm16, aes256-sha1, aes256-sha256, aes128-sha1" },
	{ "aws",
	  "aes256gcm16-aes128gcm16-prfsha256-prfsha384-prfsha512-modp2048-modp3072-modp4096-ecp256-"
	  "ecp384-ecp521, "
	  "aes256-aes128-sha256-sha384-sha512-sha1-modp2048-modp3072-modp4096-ecp256-ecp384-ecp521-"
	  "modp1024",
	  "aes256gcm16-aes128gcm16-modp2048-modp3072-modp4096-ecp256-ecp384-ecp521, "
	  "aes256-aes128-sha256-sha384-sha512-sha1-modp2048-modp3072-modp4096-ecp256-ecp384-"
	  "ecp521" },
	{ "apple", "aes256-sha256-modp2048, aes256gcm16-prfsha384-ecp384",
	  "aes256-sha256, aes256gcm16-ecp384" },
	{ "android",
	  "aes256-aes128-sha512-sha384-sha256-modp4096-x25519-modp3072-modp2048, "
	  "chacha20poly1305-aes256gcm16-aes128gcm16-prfsha512-prfsha384-prfsha256-modp4096-x25519-"
	  "modp3072-modp2048",
	  "aes256-aes128-sha512-sha384-sha256, chacha20poly1305-aes256gcm16-aes128gcm16" },
};

static const struct kind *kind_find(const char *name, FILE *err)
{
	const char *names[ARRAY_SIZE(kinds)], *nearest;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
		names[i] = kinds[i].name;
	}
	nearest = suggest(name, names, ARRAY_SIZE(kinds));
	if (nearest)
		fprintf(err, "sectun-ike: word '%s': did you mean '%s'?\n", name, nearest);
	else
		fprintf(err,
			"sectun-ike: word '%s': not a kind of peer; windows, azure, aws, apple and "
			"android are\n", name);
	return NULL;
}

/**
 * struct finding - one comparison
 * @peer: the peer
 * @what: "ike", or the name of a tunnel
 * @match: the outcome
 * @theirs: what the kind of peer offers
 */
struct finding {
	const char *peer;
	const char *what;
	struct ike_match match;
	struct ike_proposal_list theirs;
};

static void print_finding(const struct finding *finding, const char *against, FILE *out)
{
	char text[IKE_PROPOSAL_TEXT_SIZE], ours[IKE_EDIT_TEXT_SIZE], theirs[IKE_EDIT_TEXT_SIZE];
	const struct ike_match *match = &finding->match;

	if (match->ok) {
		fprintf(out, "%s: %s: %s agrees on %s\n", finding->peer, finding->what, against,
			ike_suite_format(&match->suite, text));
		return;
	}
	fprintf(out, "%s: %s: nothing that %s offers is accepted", finding->peer, finding->what,
		against);
	if (match->theirs >= 0)
		fprintf(out, "; nearest is %s; here: %s; there: %s",
			ike_proposal_format(&finding->theirs.items[match->theirs], text),
			ike_match_edit(match, true, ours), ike_match_edit(match, false, theirs));
	fputc('\n', out);
}

static struct json_object *json_finding(const struct finding *finding, const char *against)
{
	struct json_object *json = json_object_new_object();
	const struct ike_match *match = &finding->match;
	char text[IKE_PROPOSAL_TEXT_SIZE], edit[IKE_EDIT_TEXT_SIZE];

	json_object_object_add(json, "peer", json_object_new_string(finding->peer));
	json_object_object_add(json, "what", json_object_new_string(finding->what));
	json_object_object_add(json, "against", json_object_new_string(against));
	json_object_object_add(json, "agrees", json_object_new_boolean(match->ok));
	if (match->ok)
		json_object_object_add(json, "suite", json_object_new_string(
						ike_suite_format(&match->suite, text)));
	if (match->ok || match->theirs < 0)
		return json;
	json_object_object_add(json, "nearest",
			       json_object_new_string(ike_proposal_format(
				       &finding->theirs.items[match->theirs], text)));
	json_object_object_add(json, "edit-here",
			       json_object_new_string(ike_match_edit(match, true, edit)));
	json_object_object_add(json, "edit-there",
			       json_object_new_string(ike_match_edit(match, false, edit)));
	return json;
}

/**
 * struct run - one run
 * @check: what to check
 * @kind: against which kind of peer, or NULL
 * @out: where answers go
 * @json: answers in JSON, or NULL
 * @code: what it will return
 */
struct run {
	const struct ike_check *check;
	const struct kind *kind;
	FILE *out;
	struct json_object *json;
	int code;
};

static void compare(struct run *run, const char *peer, const char *what,
		    const struct ike_proposal_list *ours, const char *theirs, uint8_t protocol,
		    unsigned int flags)
{
	struct finding *finding = calloc(1, sizeof(*finding));
	struct ike_fault fault;

	if (!finding)
		return;
	finding->peer = peer;
	finding->what = what;
	if (ike_proposals_parse(theirs, protocol, &finding->theirs, &fault))
		abort();
	if (!ike_match(ours, &finding->theirs, 0, flags, &finding->match))
		run->code = CHECK_BAD;
	if (run->json)
		json_object_array_add(run->json, json_finding(finding, run->kind->name));
	else
		print_finding(finding, run->kind->name, run->out);
	free(finding);
}

static void check_peer(struct run *run, const struct ike_config_peer *peer)
{
	size_t i;

	if (!run->kind) {
		if (!run->json)
			fprintf(run->out, "%s: %s, %zu tunnel%s\n", peer->file, peer->name,
				peer->tunnel_count, peer->tunnel_count == 1 ? "" : "s");
		return;
	}
	compare(run, peer->name, "ike", &peer->ike, run->kind->ike, IKE_PROTOCOL_IKE, 0);
	for (i = 0; i < peer->tunnel_count; i++)
		compare(run, peer->name, peer->tunnels[i].name, peer->children[i].esp,
			run->kind->esp, IKE_PROTOCOL_ESP, IKE_MATCH_NO_KE);
}

static int complain(const struct ike_config_fault *fault, FILE *err)
{
	char text[640];

	fprintf(err, "sectun-ike: %s\n", ike_config_fault_text(fault, text, sizeof(text)));
	return CHECK_BAD;
}

static int check_file(struct run *run, FILE *err)
{
	struct ike_config_peer *peer = NULL;
	struct ike_config_fault fault;

	if (ike_config_read(run->check->name, &peer, &fault))
		return complain(&fault, err);
	check_peer(run, peer);
	ike_config_peer_free(peer);
	return run->code;
}

static int check_directory(struct run *run, FILE *err)
{
	const struct ike_config_peer *peer;
	struct ike_config_fault fault;
	struct ike_config config;
	size_t i;

	if (ike_config_load(run->check->directory, &config, &fault))
		return complain(&fault, err);
	if (run->check->name) {
		peer = ike_config_find(&config, run->check->name);
		if (!peer)
			ike_config_find_tunnel(&config, run->check->name, &peer);
		if (peer) {
			check_peer(run, peer);
		} else {
			fprintf(err, "sectun-ike: word '%s': no peer and no tunnel of %s\n",
				run->check->name, run->check->directory);
			run->code = CHECK_BAD;
		}
	} else {
		for (i = 0; i < config.peer_count; i++)
			check_peer(run, config.peers[i]);
	}
	ike_config_uninit(&config);
	return run->code;
}

int ike_check_run(const struct ike_check *check, FILE *out, FILE *err)
{
	struct run run = { .check = check, .out = out };
	int code;

	if (check->against) {
		run.kind = kind_find(check->against, err);
		if (!run.kind)
			return CHECK_USAGE;
	}
	if (check->json)
		run.json = json_object_new_array();
	code = check->name && strchr(check->name, '/') ? check_file(&run, err) :
							 check_directory(&run, err);
	if (run.json)
		fprintf(out, "%s\n", json_object_to_json_string_ext(run.json,
								    JSON_C_TO_STRING_PLAIN));
	json_object_put(run.json);
	return code;
}
