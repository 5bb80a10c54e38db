// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "configkey.h"

/* What stands where the configuration says nothing. */
#define DPD_SECONDS 30
#define KEEPALIVE_SECONDS 20
#define FRAGMENT_SIZE 1280
/* An SA lives on for a tenth of its time if it cannot be rekeyed, and for a minute at least. */
#define GRACE_MIN 60

/**
 * struct parser - a file that is being read
 * @file: how to call it
 * @at: the text that is left
 * @end: where it ends
 * @line: number of the line that was read last
 * @peer: what the file says
 * @in: section of the line
 * @headings: sections that began so far
 * @begun: sections that had a key so far
 * @heading_line: line of the last heading
 * @seen: keys that the section has had: bits by their place in the table
 * @failed: something is wrong, @fault
 * @fault: the first that is
 */
struct parser {
	const char *file;
	const char *at;
	const char *end;
	unsigned int line;
	struct ike_config_peer *peer;
	enum ike_config_section in;
	unsigned int headings;
	unsigned int begun;
	unsigned int heading_line;
	uint64_t seen;
	bool failed;
	struct ike_config_fault *fault;
};

static void blame(struct parser *parser, unsigned int line, const char *word, const char *text)
{
	struct ike_config_fault *fault = parser->fault;

	if (parser->failed)
		return;
	parser->failed = true;
	fault->line = line;
	snprintf(fault->file, sizeof(fault->file), "%s", parser->file);
	snprintf(fault->word, sizeof(fault->word), "%s", word);
	snprintf(fault->text, sizeof(fault->text), "%s", text);
}

/* A # that begins a comment: at the beginning of a line or behind white space, outside quotes. */
static size_t without_comment(const char *line, size_t len)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < len; i++) {
		if (line[i] == '"')
			quoted = !quoted;
		if (line[i] == '#' && !quoted && (!i || isspace((unsigned char)line[i - 1])))
			return i;
	}
	return len;
}

static void note_heading(struct parser *parser)
{
	if (parser->headings != parser->begun)
		blame(parser, parser->heading_line, "", "a section without keys");
	parser->headings++;
	parser->heading_line = parser->line;
}

/* libinih asks for lines; it takes one that begins with white space for more of the last one. */
static char *next_line(char *to, int size, void *arg)
{
	struct parser *parser = arg;
	const char *line = parser->at, *newline;
	size_t len;

	if (line == parser->end)
		return NULL;
	newline = memchr(line, '\n', parser->end - line);
	len = (newline ? newline : parser->end) - line;
	parser->at = newline ? newline + 1 : parser->end;
	parser->line++;

	len = without_comment(line, len);
	for (; len && isspace((unsigned char)*line); len--)
		line++;
	if (memchr(line, '\0', len)) {
		blame(parser, parser->line, "", "an octet of value 0 in the text");
		len = 0;
	}
	if (len > IKE_CONFIG_LINE_MAX || len + 2 > (size_t)size) {
		blame(parser, parser->line, "",
		      "longer than 197 octets; a list goes on with its key in the next line");
		len = 0;
	}
	if (len && *line == '[')
		note_heading(parser);
	memcpy(to, line, len);
	strcpy(to + len, "\n");
	return to;
}

static bool name_parse(const char *name)
{
	size_t len = 0;

	while (isalnum((unsigned char)name[len]) || (name[len] && strchr("-_.", name[len])))
		len++;
	return len && len < SECTUN_NAME_SIZE && !name[len] && name[0] != '-' && name[0] != '.';
}

static bool tunnel_begin(struct parser *parser, const char *name)
{
	struct ike_config_peer *peer = parser->peer;
	struct ike_config_tunnel *tunnel;
	size_t i;

	for (i = 0; i < peer->tunnel_count; i++) {
		if (!strcmp(peer->tunnels[i].name, name)) {
			blame(parser, parser->heading_line, name, "a tunnel of that name is above");
			return false;
		}
	}
	if (peer->tunnel_count == IKE_CONFIG_TUNNELS_MAX) {
		blame(parser, parser->heading_line, name, "more than 64 tunnels");
		return false;
	}
	tunnel = &peer->tunnels[peer->tunnel_count];
	strcpy(tunnel->name, name);
	tunnel->line = parser->heading_line;
	tunnel->route = true;
	tunnel->mss = SECTUN_MSS_AUTO;
	peer->children[peer->tunnel_count] = (struct ike_child_conf){
		.start = IKE_START_ON_TRAFFIC,
		.rekey_bytes = UINT64_MAX,
	};
	peer->tunnel_count++;
	parser->in = IKE_CONFIG_IN_TUNNEL;
	return true;
}

static bool peer_begin(struct parser *parser, const char *name)
{
	if (parser->peer->name[0]) {
		blame(parser, parser->heading_line, name,
		      "a second peer; every peer has a file of its own");
		return false;
	}
	strcpy(parser->peer->name, name);
	parser->peer->line = parser->heading_line;
	parser->in = IKE_CONFIG_IN_PEER;
	return true;
}

/* "peer NAME" or "tunnel NAME", as it stands in brackets. */
static bool section_begin(struct parser *parser, const char *section)
{
	size_t kind = strcspn(section, " \t");
	const char *name = section + kind + strspn(section + kind, " \t");
	bool peer = kind == 4 && !strncmp(section, "peer", kind);
	bool tunnel = kind == 6 && !strncmp(section, "tunnel", kind);

	parser->begun = parser->headings;
	parser->seen = 0;
	if (!peer && !tunnel) {
		blame(parser, parser->heading_line, section,
		      "not a section; [peer NAME] and [tunnel NAME] are");
		return false;
	}
	if (!name_parse(name)) {
		blame(parser, parser->heading_line, name,
		      "not a name: up to 31 letters, digits, - _ and ., not - or . first");
		return false;
	}
	return peer ? peer_begin(parser, name) : tunnel_begin(parser, name);
}

static bool append(char **text, const char *key, const char *value)
{
	char *longer;

	if (asprintf(&longer, "%s%s = %s\n", *text ? *text : "", key, value) < 0)
		return false;
	free(*text);
	*text = longer;
	return true;
}

static bool key_set(struct parser *parser, const char *name, const char *value)
{
	struct ike_config_target target = { .peer = parser->peer };
	const struct ike_config_key *key;
	struct ike_fault fault;
	char **said = &parser->peer->said;
	uint64_t bit;

	if (parser->in == IKE_CONFIG_IN_TUNNEL) {
		target.tunnel = &parser->peer->tunnels[parser->peer->tunnel_count - 1];
		target.child = &parser->peer->children[parser->peer->tunnel_count - 1];
		said = &target.tunnel->said;
	}
	key = ike_config_key_find(parser->in, name, &fault);
	if (!key)
		goto wrong;
	bit = UINT64_C(1) << (key - ike_config_key_at(0));
	if (!key->list && parser->seen & bit) {
		blame(parser, parser->line, name, "given twice");
		return false;
	}
	parser->seen |= bit;
	if (!*value) {
		blame(parser, parser->line, name, "a value has to follow");
		return false;
	}
	if (key->set(&target, value, &fault))
		goto wrong;
	if (append(said, name, value))
		return true;
	blame(parser, parser->line, "", strerror(ENOMEM));
	return false;

wrong:
	blame(parser, parser->line, fault.word, fault.why);
	return false;
}

static int on_key(void *arg, const char *section, const char *name, const char *value)
{
	struct parser *parser = arg;
	char unquoted[IKE_CONFIG_LINE_MAX + 3];
	size_t len;

	if (parser->failed)
		return 0;
	if (!parser->headings) {
		blame(parser, parser->line, name, "stands before the first section, [peer NAME]");
		return 0;
	}
	if (parser->begun != parser->headings && !section_begin(parser, section))
		return 0;
	len = strlen(value);
	if (len >= 2 && value[0] == '"' && value[len - 1] == '"') {
		snprintf(unquoted, sizeof(unquoted), "%.*s", (int)len - 2, value + 1);
		value = unquoted;
	}
	return key_set(parser, name, value);
}

static void need(struct parser *parser, unsigned int line, bool there, const char *key,
		 const char *why)
{
	if (!there)
		blame(parser, line, key, why);
}

static void check_auth(struct parser *parser)
{
	struct ike_config_peer *peer = parser->peer;
	bool psk = (peer->conf.local_auth | peer->conf.remote_auth) & IKE_AUTH_PSK;
	bool own = peer->conf.local_auth == IKE_AUTH_CERT;
	bool theirs = peer->conf.remote_auth == IKE_AUTH_CERT;

	need(parser, peer->line, peer->conf.local_auth && peer->conf.remote_auth, "auth",
	     "is missing: psk or cert");
	need(parser, peer->line, !psk || peer->psk_file, "psk-file",
	     "is missing: a file with the pre-shared key");
	need(parser, peer->line, psk || !peer->psk_file, "psk-file",
	     "is of no use: neither side authenticates by psk");
	need(parser, peer->line, !own || peer->cert.count, "cert",
	     "is missing: a file with the certificate of this side");
	need(parser, peer->line, !own || peer->key_file, "key",
	     "is missing: a file with the private key of cert");
	need(parser, peer->line, own || (!peer->cert.count && !peer->key_file), "cert",
	     "is of no use: this side authenticates by psk");
	need(parser, peer->line, !theirs || peer->ca.count, "ca",
	     "is missing: a file with the certificate of the authority that vouches for the peer");
	need(parser, peer->line, theirs || (!peer->ca.count && !peer->crl.count), "ca",
	     "is of no use: the peer authenticates by psk");
}

static void check_addresses(struct parser *parser)
{
	struct ike_config_peer *peer = parser->peer;

	need(parser, peer->line, !peer->conf.local.len || !peer->conf.remote.len ||
				 peer->conf.local.len == peer->conf.remote.len,
	     "remote", "is of another address family than local");
	need(parser, peer->line,
	     peer->local_id.type || peer->conf.local.len || peer->conf.local_auth == IKE_AUTH_CERT,
	     "local-id", "is missing: local is any address, so it cannot be the identity");
}

static void check_tunnel(struct parser *parser, struct ike_config_tunnel *tunnel,
			 struct ike_child_conf *child)
{
	need(parser, tunnel->line, tunnel->dev[0], "dev",
	     "is missing: the sectun device of the tunnel");
	if (parser->peer->conf.remote.len)
		return;
	/* Nobody knows whom to call. */
	if (child->start == IKE_START_ON_TRAFFIC)
		child->start = IKE_START_NONE;
	need(parser, tunnel->line, child->start == IKE_START_NONE, "start",
	     "cannot be now: remote is any address, so the peer has to begin");
}

static uint32_t grace(uint32_t seconds)
{
	return seconds + (seconds / 10 > GRACE_MIN ? seconds / 10 : GRACE_MIN);
}

/* What the profile says, where the file does not. */
static void fill_from_profile(struct ike_config_peer *peer)
{
	struct ike_proposal_list ike, esp;

	ike_profile_proposals(peer->profile, &ike, &esp);
	if (!peer->ike.count)
		peer->ike = ike;
	if (!peer->esp.count)
		peer->esp = esp;
	if (!peer->conf.rekey_seconds)
		peer->conf.rekey_seconds = peer->profile->ike_lifetime;
	peer->conf.life_seconds = grace(peer->conf.rekey_seconds);
}

static void fill_selectors(struct ike_ts_list *list, enum ike_mode mode,
			   const struct ike_endpoint *end)
{
	struct ike_fault fault;

	if (list->count)
		return;
	if (mode == IKE_MODE_TUNNEL || !end->len) {
		ike_ts_list_parse("any", list, &fault);
		return;
	}
	list->items[0] = ike_ts_of_address(end);
	list->count = 1;
}

static void fill_tunnel(struct ike_config_peer *peer, struct ike_config_tunnel *tunnel,
			struct ike_child_conf *child)
{
	fill_selectors(&tunnel->local_ts, child->mode, &peer->conf.local);
	fill_selectors(&tunnel->remote_ts, child->mode, &peer->conf.remote);
	child->name = tunnel->name;
	child->dev = tunnel->dev;
	child->local_ts = tunnel->local_ts.items;
	child->local_ts_count = tunnel->local_ts.count;
	child->remote_ts = tunnel->remote_ts.items;
	child->remote_ts_count = tunnel->remote_ts.count;
	child->esp = tunnel->esp.count ? &tunnel->esp : &peer->esp;
	if (!child->rekey_seconds)
		child->rekey_seconds = peer->profile->child_lifetime;
	child->life_seconds = grace(child->rekey_seconds);
	if (child->rekey_bytes == UINT64_MAX)
		child->rekey_bytes = peer->profile->child_bytes;
	child->life_bytes = child->rekey_bytes + child->rekey_bytes / 10;
	child->user = tunnel;
}

static void fill(struct ike_config_peer *peer)
{
	struct ike_peer_conf *conf = &peer->conf;
	size_t i;

	fill_from_profile(peer);
	if (!peer->local_id.type && conf->local.len &&
	    (conf->local_auth == IKE_AUTH_PSK || !peer->cert.count))
		ike_id_of_address(&conf->local, &peer->local_id);
	if (!peer->remote_id.type && conf->remote.len && !peer->anybody)
		ike_id_of_address(&conf->remote, &peer->remote_id);
	conf->name = peer->name;
	conf->local_id = &peer->local_id;
	conf->remote_id = peer->remote_id.type == IKE_ID_ANY ? NULL : &peer->remote_id;
	conf->ike = &peer->ike;
	conf->initial_contact = true;
	conf->unique = true;
	conf->children = peer->children;
	conf->child_count = peer->tunnel_count;
	conf->user = peer;
	for (i = 0; i < peer->tunnel_count; i++)
		fill_tunnel(peer, &peer->tunnels[i], &peer->children[i]);
}

static void check(struct parser *parser)
{
	struct ike_config_peer *peer = parser->peer;
	size_t i;

	if (parser->headings != parser->begun)
		blame(parser, parser->heading_line, "", "a section without keys");
	need(parser, 0, peer->name[0], "", "has no [peer NAME] section");
	check_auth(parser);
	check_addresses(parser);
	for (i = 0; i < peer->tunnel_count; i++)
		check_tunnel(parser, &peer->tunnels[i], &peer->children[i]);
}

static struct ike_config_peer *peer_new(const char *file, const char *text, size_t len)
{
	struct ike_config_peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return NULL;
	peer->file = strdup(file);
	peer->text = malloc(len + 1);
	if (peer->text)
		memcpy(peer->text, text, len);
	peer->text_len = len;
	peer->tunnels = calloc(IKE_CONFIG_TUNNELS_MAX, sizeof(*peer->tunnels));
	peer->children = calloc(IKE_CONFIG_TUNNELS_MAX, sizeof(*peer->children));
	peer->profile = ike_profile_at(0);
	peer->keepalive = KEEPALIVE_SECONDS;
	peer->conf.liveness_seconds = DPD_SECONDS;
	peer->conf.fragmentation = true;
	peer->conf.fragment_size = FRAGMENT_SIZE;
	if (peer->file && peer->text && peer->tunnels && peer->children)
		return peer;
	ike_config_peer_free(peer);
	return NULL;
}

/* Most peers have one tunnel; the room for the rest is given back. */
static void trim(struct ike_config_peer *peer)
{
	size_t count = peer->tunnel_count ? peer->tunnel_count : 1;
	void *smaller;

	smaller = realloc(peer->tunnels, count * sizeof(*peer->tunnels));
	if (smaller)
		peer->tunnels = smaller;
	smaller = realloc(peer->children, count * sizeof(*peer->children));
	if (smaller)
		peer->children = smaller;
}

int ike_config_parse(const char *file, const char *text, size_t len, struct ike_config_peer **peer,
		     struct ike_config_fault *fault)
{
	struct parser parser = { .file = file, .at = text, .end = text + len, .fault = fault };
	int bad_line;

	memset(fault, 0, sizeof(*fault));
	parser.peer = peer_new(file, text, len);
	if (!parser.peer)
		return -ENOMEM;
	bad_line = ini_parse_stream(next_line, &parser, on_key, &parser);
	if (bad_line > 0)
		blame(&parser, bad_line, "", "neither [section] nor key = value");
	check(&parser);
	if (parser.failed) {
		ike_config_peer_free(parser.peer);
		return -EINVAL;
	}
	trim(parser.peer);
	fill(parser.peer);
	*peer = parser.peer;
	return 0;
}

void ike_config_peer_identify(struct ike_config_peer *peer, const struct ike_id *subject)
{
	if (peer->local_id.type == IKE_ID_ANY)
		peer->local_id = *subject;
}

static void files_free(struct ike_config_files *files)
{
	size_t i;

	for (i = 0; i < files->count; i++)
		free(files->names[i]);
}

void ike_config_peer_free(struct ike_config_peer *peer)
{
	size_t i;

	if (!peer)
		return;
	for (i = 0; i < peer->tunnel_count; i++)
		free(peer->tunnels[i].said);
	files_free(&peer->cert);
	files_free(&peer->ca);
	files_free(&peer->crl);
	free(peer->psk_file);
	free(peer->key_file);
	free(peer->tunnels);
	free(peer->children);
	free(peer->file);
	free(peer->said);
	free(peer->text);
	free(peer);
}

const char *ike_config_fault_text(const struct ike_config_fault *fault, char *to, size_t size)
{
	char line[16] = "", word[sizeof(fault->word) + 16] = "";

	if (fault->line)
		snprintf(line, sizeof(line), ":%u", fault->line);
	if (fault->word[0])
		snprintf(word, sizeof(word), "word '%s': ", fault->word);
	snprintf(to, size, "%s%s: %s%s", fault->file, line, word, fault->text);
	return to;
}
