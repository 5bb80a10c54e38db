// SPDX-License-Identifier: MIT
#include <string.h>
#include "option.h"
#include "suggest.h"
#include "verb.h"

const struct option_row options[] = {
	{ 'j', "json", NULL, "answer in JSON" },
	{ 'p', "pretty", NULL, "JSON over several lines" },
	{ 's', "statistics", NULL, "show all counters, and each reason for drops" },
	{ 'd', "details", NULL, "show defaults as well" },
	{ 't', "timestamp", NULL, "monitor: begin each line with the time" },
	{ 'n', "netns", "NETNS", "work in this network namespace" },
	{ 'V', "version", NULL, "show the version" },
	{ 'h', "help", NULL, "show help" },
};

const unsigned int option_count = sizeof(options) / sizeof(options[0]);

static const struct option_row *option_of_letter(char letter)
{
	unsigned int i;

	for (i = 0; i < option_count; i++) {
		if (options[i].letter == letter)
			return &options[i];
	}
	return NULL;
}

static const struct option_row *option_of_name(const char *name)
{
	unsigned int i;

	for (i = 0; i < option_count; i++) {
		if (!strcmp(options[i].name, name))
			return &options[i];
	}
	return NULL;
}

static int unknown(struct context *ctx, const char *word)
{
	const char *names[sizeof(options) / sizeof(options[0])], *nearest;
	unsigned int i;

	for (i = 0; i < option_count; i++)
		names[i] = options[i].name;
	nearest = !strncmp(word, "--", 2) ? suggest(word + 2, names, option_count) : NULL;
	if (nearest)
		return complain(ctx, EXIT_USAGE, word, "not an option; did you mean '--%s'?",
				nearest);
	return complain(ctx, EXIT_USAGE, word, "not an option; sectun help lists them");
}

static void apply(struct context *ctx, const struct option_row *option, const char *argument)
{
	switch (option->letter) {
	case 'j':
		ctx->json = true;
		break;
	case 'p':
		ctx->pretty = true;
		break;
	case 's':
		ctx->statistics = true;
		break;
	case 'd':
		ctx->details = true;
		break;
	case 't':
		ctx->timestamps = true;
		break;
	case 'n':
		ctx->netns = argument;
		break;
	case 'V':
		ctx->instead = RUN_VERSION;
		break;
	case 'h':
		ctx->instead = RUN_HELP;
		break;
	}
}

/* One word of options; its argument, if it takes one, is the next word. */
static int parse(struct context *ctx, const char *word, const char *argument, bool *used_argument)
{
	const struct option_row *option;
	const char *letter;

	*used_argument = false;
	if (word[1] == '-') {
		option = option_of_name(word + 2);
		if (!option)
			return unknown(ctx, word);
		if (option->argument && !argument)
			return complain(ctx, EXIT_USAGE, word,
					"%s has to follow, before the object", option->argument);
		*used_argument = option->argument;
		apply(ctx, option, argument);
		return EXIT_OK;
	}
	for (letter = word + 1; *letter; letter++) {
		option = option_of_letter(*letter);
		if (!option)
			return unknown(ctx, word);
		if (option->argument && (!argument || letter[1]))
			return complain(ctx, EXIT_USAGE, word,
					"%s has to follow, before the object", option->argument);
		*used_argument = option->argument;
		apply(ctx, option, argument);
	}
	return EXIT_OK;
}

/**
 * options_parse - reads the options before the object
 * @ctx: the run, in which they are noted
 * @words: the words, up to NULL; is moved to the first that is not an option
 *
 * Return: EXIT_OK or EXIT_USAGE.
 */
int options_parse(struct context *ctx, char ***words)
{
	bool used_argument;
	int err;

	for (; **words && (**words)[0] == '-' && (**words)[1]; (*words)++) {
		err = parse(ctx, (*words)[0], (*words)[1], &used_argument);
		if (err)
			return err;
		*words += used_argument;
	}
	return EXIT_OK;
}

/**
 * option_parse - reads options in one word behind the verb
 * @ctx: the run, in which they are noted
 * @word: begins with a dash
 *
 * Return: EXIT_OK or EXIT_USAGE.
 */
int option_parse(struct context *ctx, const char *word)
{
	bool used_argument;

	return parse(ctx, word, NULL, &used_argument);
}
