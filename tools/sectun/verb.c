// SPDX-License-Identifier: MIT
#include <string.h>
#include "alg.h"
#include "batch.h"
#include "complete.h"
#include "help.h"
#include "ike.h"
#include "monitor.h"
#include "netns.h"
#include "option.h"
#include "sa.h"
#include "show.h"
#include "suggest.h"
#include "tunnel.h"
#include "verb.h"

const struct verb verbs[] = {
	{ "show", NULL, VERB_SHOW, false, POSITIONAL_MAYBE_DEVICE, NULL, show_run,
	  "shows devices with their tunnels and SAs" },
	{ "device", "show", VERB_SHOW, true, POSITIONAL_MAYBE_DEVICE, NULL, device_show_run,
	  "shows devices" },
	{ "tunnel", "add", VERB_ADD, false, POSITIONAL_TUNNEL, &tunnel_table, tunnel_add_run,
	  "adds a tunnel to a device" },
	{ "tunnel", "set", VERB_SET, false, POSITIONAL_TUNNEL, &tunnel_table, tunnel_set_run,
	  "changes what is given of a tunnel and leaves the rest" },
	{ "tunnel", "del", VERB_DEL, false, POSITIONAL_TUNNEL, &tunnel_table, tunnel_del_run,
	  "removes a tunnel with its SAs" },
	{ "tunnel", "show", VERB_SHOW, true, POSITIONAL_MAYBE_TUNNEL, &tunnel_table,
	  tunnel_show_run, "shows tunnels" },
	{ "sa", "add", VERB_ADD, false, POSITIONAL_NONE, &sa_table, sa_add_run,
	  "installs an SA; the new transmit SA takes the place of the one before it" },
	{ "sa", "set", VERB_SET, false, POSITIONAL_NONE, &sa_table, sa_set_run,
	  "moves the sequence number of an SA forward" },
	{ "sa", "del", VERB_DEL, false, POSITIONAL_NONE, &sa_table, sa_del_run,
	  "removes an SA" },
	{ "sa", "show", VERB_SHOW, true, POSITIONAL_NONE, &sa_table, sa_show_run,
	  "shows SAs, never their keys" },
	{ "sa", "flush", VERB_FLUSH, false, POSITIONAL_NONE, &sa_table, sa_flush_run,
	  "removes all SAs of a tunnel, or of all tunnels of a device" },
	{ "alg", "list", VERB_SHOW, true, POSITIONAL_NONE, NULL, alg_list_run,
	  "shows the algorithms, and the driver that this kernel has for each" },
	{ "monitor", NULL, VERB_SHOW, false, POSITIONAL_NONE, NULL, monitor_run,
	  "shows events as they happen, one a line" },
	{ "batch", NULL, VERB_ADD, false, POSITIONAL_FILE, NULL, batch_run,
	  "does what the lines of a file say, up to the first that fails; - is standard input" },
	{ "up", NULL, VERB_IKE, false, POSITIONAL_PEER, NULL, ike_up_run,
	  "IKE: brings a peer or a tunnel up, and waits until it is" },
	{ "down", NULL, VERB_IKE, false, POSITIONAL_PEER, NULL, ike_down_run,
	  "IKE: takes a peer or a tunnel down" },
	{ "rekey", NULL, VERB_IKE, false, POSITIONAL_PEER, NULL, ike_rekey_run,
	  "IKE: new keys for a tunnel; for the IKE SA with ike behind it" },
	{ "why", NULL, VERB_IKE, false, POSITIONAL_MAYBE_PEER, NULL, ike_why_run,
	  "IKE: what failed last, and what would help" },
	{ "peer", "show", VERB_IKE, true, POSITIONAL_MAYBE_PEER, NULL, ike_peer_show_run,
	  "IKE: who is up, since when and with what" },
	{ "reload", NULL, VERB_IKE, false, POSITIONAL_MAYBE_PEER, NULL, ike_reload_run,
	  "IKE: does what has changed in the configuration; --dry-run tells it" },
	{ "apply", NULL, VERB_IKE, false, POSITIONAL_FILE, NULL, ike_apply_run,
	  "IKE: makes one peer run as a file says; --dry-run only tells" },
	{ "check", NULL, VERB_IKE, false, POSITIONAL_MAYBE_PEER, NULL, ike_check_run,
	  "IKE: is the configuration right; --against windows: would it agree" },
	{ "probe", NULL, VERB_IKE, false, POSITIONAL_ADDRESS, NULL, ike_probe_run,
	  "IKE: asks a gateway what it accepts; --pace MILLISECONDS between questions" },
};

const unsigned int verb_count = sizeof(verbs) / sizeof(verbs[0]);

/**
 * verb_find - finds what is to be done
 * @object: the object
 * @name: the verb; NULL: what is usual
 *
 * Return: the verb or NULL.
 */
const struct verb *verb_find(const char *object, const char *name)
{
	unsigned int i;

	for (i = 0; i < verb_count; i++) {
		if (strcmp(verbs[i].object, object))
			continue;
		if (!verbs[i].name && !name)
			return &verbs[i];
		if (name ? verbs[i].name && !strcmp(verbs[i].name, name) : verbs[i].usual)
			return &verbs[i];
	}
	return NULL;
}

/**
 * object_exists - whether a word is an object
 * @object: the word
 *
 * Return: whether it is.
 */
bool object_exists(const char *object)
{
	unsigned int i;

	for (i = 0; i < verb_count; i++) {
		if (!strcmp(verbs[i].object, object))
			return true;
	}
	return false;
}

/**
 * object_unknown - complains of a word that should be an object
 * @ctx: the run
 * @object: the word
 *
 * Return: EXIT_USAGE.
 */
int object_unknown(struct context *ctx, const char *object)
{
	const char *names[sizeof(verbs) / sizeof(verbs[0]) + 1], *nearest;
	unsigned int i;

	for (i = 0; i < verb_count; i++)
		names[i] = verbs[i].object;
	names[i++] = "help";
	nearest = suggest(object, names, i);
	if (nearest)
		return complain(ctx, EXIT_USAGE, object, "not an object; did you mean '%s'?",
				nearest);
	return complain(ctx, EXIT_USAGE, object, "not an object; sectun help lists them");
}

/**
 * verb_unknown - complains of a word that should be a verb
 * @ctx: the run
 * @object: the object before it
 * @name: the word
 *
 * Return: EXIT_USAGE.
 */
int verb_unknown(struct context *ctx, const char *object, const char *name)
{
	const char *names[sizeof(verbs) / sizeof(verbs[0]) + 1], *nearest;
	unsigned int i, count = 0;

	for (i = 0; i < verb_count; i++) {
		if (!strcmp(verbs[i].object, object) && verbs[i].name)
			names[count++] = verbs[i].name;
	}
	names[count++] = "help";
	nearest = suggest(name, names, count);
	if (nearest)
		return complain(ctx, EXIT_USAGE, name, "not a verb of %s; did you mean '%s'?",
				object, nearest);
	return complain(ctx, EXIT_USAGE, name, "not a verb of %s; sectun %s help lists them",
			object, object);
}

static bool is_help(char **words)
{
	return words[0] && !strcmp(words[0], "help") && !words[1];
}

/**
 * object_run - does what a command line says that has no options in front
 * @ctx: the run
 * @words: OBJECT VERB ..., OBJECT ... where the object is the verb, or OBJECT alone; up to NULL
 *
 * Return: enum exit_code.
 */
int object_run(struct context *ctx, char **words)
{
	char *object[] = { words[0], NULL, NULL };
	const struct verb *verb;

	if (!object_exists(words[0]))
		return object_unknown(ctx, words[0]);
	if (is_help(words + 1))
		return help_run(ctx, object);

	verb = verb_find(words[0], NULL);
	words++;
	if (*words && **words != '-' && (!verb || verb->name)) {
		verb = verb_find(object[0], *words);
		if (!verb)
			return verb_unknown(ctx, object[0], *words);
		object[1] = *words++;
		if (is_help(words))
			return help_run(ctx, object);
	}
	if (!verb)
		return complain(ctx, EXIT_USAGE, object[0], "a verb has to follow");
	ctx->verb = verb;
	return verb->run(ctx, words);
}

/**
 * command_run - does what the command line says
 * @ctx: the run
 * @words: the command line without the name of the command, up to NULL
 *
 * Return: enum exit_code.
 */
int command_run(struct context *ctx, char **words)
{
	char *everything[] = { (char *)"show", NULL };
	int err;

	if (words[0] && !strcmp(words[0], COMPLETE_WORD))
		return complete_run(ctx, words + 1);
	err = options_parse(ctx, &words);
	if (err)
		return err;
	if (ctx->instead == RUN_VERSION) {
		fputs("sectun " SECTUN_VERSION "\n", ctx->out);
		return EXIT_OK;
	}
	if (ctx->instead == RUN_HELP)
		return help_run(ctx, words);
	if (words[0] && !strcmp(words[0], "help"))
		return help_run(ctx, words + 1);
	if (ctx->netns) {
		err = netns_enter(ctx, ctx->netns);
		if (err)
			return err;
	}
	return object_run(ctx, words[0] ? words : everything);
}
