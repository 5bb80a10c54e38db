// SPDX-License-Identifier: MIT
#include <net/if.h>
#include <string.h>
#include "complete.h"
#include "ike.h"
#include "netns.h"
#include "option.h"
#include "verb.h"

/* Completion is silent: what the kernel does not tell is not offered. */
static bool connected(struct context *ctx)
{
	return !connect_kernel(ctx);
}

/**
 * complete_devices - prints names of network devices
 * @ctx: the run
 * @only_sectun: none but sectun's
 */
void complete_devices(struct context *ctx, bool only_sectun)
{
	struct if_nameindex *names = only_sectun ? NULL : if_nameindex(), *name;
	struct sectun_device *list;
	size_t i, count;

	for (name = names; name && name->if_name; name++)
		fprintf(ctx->out, "%s\n", name->if_name);
	if (names)
		if_freenameindex(names);
	if (!only_sectun || !connected(ctx) || sectun_device_list(ctx->handle, &list, &count))
		return;
	for (i = 0; i < count; i++)
		fprintf(ctx->out, "%s\n", list[i].name);
	sectun_device_list_free(list, count);
}

/**
 * complete_tunnels - prints names of tunnels
 * @ctx: the run
 */
void complete_tunnels(struct context *ctx)
{
	struct sectun_tunnel *list;
	size_t i, count;

	if (!connected(ctx) || sectun_tunnel_list(ctx->handle, 0, &list, &count))
		return;
	for (i = 0; i < count; i++)
		fprintf(ctx->out, "%s\n", list[i].name);
	sectun_tunnel_list_free(list, count);
}

/**
 * complete_algorithms - prints keywords of algorithms
 * @ctx: the run
 */
void complete_algorithms(struct context *ctx)
{
	struct sectun_alg *list;
	size_t i, count;

	if (!connected(ctx) || sectun_alg_table(ctx->handle, &list, &count))
		return;
	for (i = 0; i < count; i++)
		fprintf(ctx->out, "%s\n", list[i].name);
	sectun_alg_list_free(list, count);
}

static void complete_objects(struct context *ctx)
{
	const char *before = "";
	unsigned int i;

	for (i = 0; i < verb_count; i++) {
		if (strcmp(verbs[i].object, before))
			fprintf(ctx->out, "%s\n", verbs[i].object);
		before = verbs[i].object;
	}
	fputs("help\n", ctx->out);
	for (i = 0; i < option_count; i++)
		fprintf(ctx->out, "--%s\n", options[i].name);
}

static void complete_verbs(struct context *ctx, const char *object)
{
	unsigned int i;

	for (i = 0; i < verb_count; i++) {
		if (!strcmp(verbs[i].object, object) && verbs[i].name)
			fprintf(ctx->out, "%s\n", verbs[i].name);
	}
	fputs("help\n", ctx->out);
}

/* Keywords that are not there yet, or the value of the one that stands before the last word. */
static void complete_keywords(struct context *ctx, const struct verb *verb, char **words)
{
	const struct keyword *keyword, *end = verb->table->rows + verb->table->count;
	uint64_t given = 0;

	for (; words[0] && words[1]; words++) {
		keyword = keyword_find(verb->table, verb->bit, words[0]);
		if (!keyword)
			return;
		given |= SECTUN_HAS(keyword->attribute);
		if (!keyword->type->parse)
			continue;
		if (!words[2]) {
			keyword->type->complete(keyword, ctx);
			return;
		}
		words++;
	}
	for (keyword = verb->table->rows; keyword < end; keyword++) {
		if (keyword_public(keyword, verb->bit) && !(given & SECTUN_HAS(keyword->attribute)))
			fprintf(ctx->out, "%s\n", keyword->word);
	}
}

static void complete_positional(struct context *ctx, const struct verb *verb)
{
	if (verb->positional == POSITIONAL_MAYBE_DEVICE)
		complete_devices(ctx, true);
	else if (verb->positional == POSITIONAL_PEER || verb->positional == POSITIONAL_MAYBE_PEER)
		ike_peers_complete(ctx);
	else if (verb->bit == VERB_IKE)
		return;
	else if (verb->bit != VERB_ADD)
		complete_tunnels(ctx);
}

static void complete_after_verb(struct context *ctx, const struct verb *verb, char **words)
{
	if (verb->positional != POSITIONAL_NONE) {
		if (!words[1]) {
			complete_positional(ctx, verb);
			return;
		}
		if (verb->positional != POSITIONAL_MAYBE_TUNNEL ||
		    !keyword_find(verb->table, verb->bit, words[0]))
			words++;
	}
	if (verb->table)
		complete_keywords(ctx, verb, words);
}

/**
 * complete_run - prints what may stand in the place of the last word, one a line
 * @ctx: the run
 * @words: the command line without the name of the command, up to NULL; the last word may be empty
 *       or begun
 *
 * Return: EXIT_OK.
 */
int complete_run(struct context *ctx, char **words)
{
	struct context quiet = *ctx;
	const struct verb *verb;

	/* The complaints of an unfinished line are of no use. */
	quiet.err = fopen("/dev/null", "w");
	if (!quiet.err)
		return EXIT_OK;
	while (words[0] && words[1] && words[0][0] == '-') {
		bool has_argument = !strcmp(words[0], "-n") || !strcmp(words[0], "--netns");

		if (has_argument && !words[2])
			goto done;
		if (has_argument && netns_enter(&quiet, words[1]))
			goto done;
		words += 1 + has_argument;
	}
	if (!words[0])
		goto done;
	if (!words[1]) {
		complete_objects(&quiet);
		goto done;
	}
	verb = verb_find(words[0], NULL);
	if (verb && !verb->name) {
		complete_after_verb(&quiet, verb, words + 1);
		goto done;
	}
	if (!words[2]) {
		complete_verbs(&quiet, words[0]);
		goto done;
	}
	verb = verb_find(words[0], words[1]);
	if (verb)
		complete_after_verb(&quiet, verb, words + 2);
done:
	fclose(quiet.err);
	sectun_close(quiet.handle);
	return EXIT_OK;
}
