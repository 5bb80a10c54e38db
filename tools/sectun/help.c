// SPDX-License-Identifier: MIT
#include <string.h>
#include "help.h"
#include "option.h"
#include "verb.h"

#define COLUMNS 96
#define INDENT 8
#define TEXT_COLUMN 28

static const char *const positional_names[] = {
	[POSITIONAL_NONE] = "",
	[POSITIONAL_TUNNEL] = " NAME",
	[POSITIONAL_MAYBE_TUNNEL] = " [NAME]",
	[POSITIONAL_MAYBE_DEVICE] = " [DEV]",
	[POSITIONAL_PEER] = " NAME",
	[POSITIONAL_MAYBE_PEER] = " [NAME]",
	[POSITIONAL_FILE] = " FILE",
	[POSITIONAL_ADDRESS] = " ADDRESS",
};

static void usage_word(struct context *ctx, int *column, const char *text)
{
	int len = strlen(text);

	if (*column + 1 + len > COLUMNS) {
		fprintf(ctx->out, "\n%*s", INDENT, "");
		*column = INDENT;
	}
	*column += fprintf(ctx->out, " %s", text);
}

/* Text in the right column. The cursor is at its left edge. */
static void text_print(struct context *ctx, const char *text)
{
	int column = TEXT_COLUMN, len;

	for (; *text; text += len + (text[len] == ' ')) {
		len = strcspn(text, " ");
		if (column + 1 + len > COLUMNS) {
			fprintf(ctx->out, "\n%*s", TEXT_COLUMN, "");
			column = TEXT_COLUMN;
		}
		column += fprintf(ctx->out, "%s%.*s", column > TEXT_COLUMN ? " " : "", len, text);
	}
	fputc('\n', ctx->out);
}

/* The usage of a verb: what it needs, then what it takes. */
static void usage_print(struct context *ctx, const struct verb *verb)
{
	char argument[DESCRIPTION_SIZE], text[DESCRIPTION_SIZE + 32];
	const struct keyword *keyword, *end;
	int column, needed;

	column = fprintf(ctx->out, "sectun %s%s%s%s", verb->object, verb->name ? " " : "",
			 verb->name ? verb->name : "", positional_names[verb->positional]);
	for (needed = 1; verb->table && needed >= 0; needed--) {
		end = verb->table->rows + verb->table->count;
		for (keyword = verb->table->rows; keyword < end; keyword++) {
			if (!keyword_public(keyword, verb->bit) ||
			    !!(keyword->needs & verb->bit) != needed)
				continue;
			keyword_argument(keyword, argument);
			snprintf(text, sizeof(text), "%s%s%s%s%s", needed ? "" : "[", keyword->word,
				 *argument ? " " : "", argument, needed ? "" : "]");
			usage_word(ctx, &column, text);
		}
	}
	fputc('\n', ctx->out);
}

static void options_print(struct context *ctx)
{
	const struct option_row *option;
	char names[40];

	fputs("\nOptions:\n", ctx->out);
	for (option = options; option < options + option_count; option++) {
		snprintf(names, sizeof(names), "-%c, --%s%s%s", option->letter, option->name,
			 option->argument ? " " : "", option->argument ? option->argument : "");
		fprintf(ctx->out, "  %-20s  %s\n", names, option->text);
	}
}

static void overview_print(struct context *ctx)
{
	unsigned int i;

	fputs("sectun: IPsec as a network interface\n\n"
	      "sectun [OPTIONS]                    shows everything\n"
	      "sectun [OPTIONS] OBJECT VERB ...\n\n", ctx->out);
	for (i = 0; i < verb_count; i++) {
		char words[40];

		snprintf(words, sizeof(words), "%s%s%s%s", verbs[i].object,
			 verbs[i].name ? " " : "", verbs[i].name ? verbs[i].name : "",
			 positional_names[verbs[i].positional]);
		fprintf(ctx->out, "  %-20s  %s\n", words, verbs[i].text);
	}
	fputs("\n'help' after an object or a verb tells more: sectun tunnel add help\n", ctx->out);
	options_print(ctx);
}

static void object_print(struct context *ctx, const char *object)
{
	unsigned int i;

	for (i = 0; i < verb_count; i++) {
		if (strcmp(verbs[i].object, object))
			continue;
		usage_print(ctx, &verbs[i]);
		fprintf(ctx->out, "%*s%s\n", INDENT, "", verbs[i].text);
	}
}

/* The default as the keyword's own type writes it. */
static void initial_print(const struct keyword *keyword, FILE *out)
{
	char object[1024] = "";

	if (!keyword->quiet || keyword->type == &device_type ||
	    keyword->offset + keyword->size > sizeof(object))
		return;
	keyword_number_set(keyword, object, keyword->initial);
	fputs("; default ", out);
	keyword->type->format(keyword, object, out);
}

static void keyword_print(struct context *ctx, const struct verb *verb,
			  const struct keyword *keyword)
{
	char words[DESCRIPTION_SIZE + 32], argument[DESCRIPTION_SIZE], text[512];
	FILE *out = fmemopen(text, sizeof(text), "w");
	int width;

	if (!out)
		return;
	fputs(keyword->text, out);
	if (keyword->type == &number_type) {
		fputs("; ", out);
		keyword->type->describe(keyword, out);
	}
	if (verb->bit == VERB_ADD)
		initial_print(keyword, out);
	fclose(out);

	snprintf(words, sizeof(words), "%s %s", keyword->word, keyword_argument(keyword, argument));
	width = fprintf(ctx->out, "  %-*s", TEXT_COLUMN - 3, words);
	if (width >= TEXT_COLUMN)
		fprintf(ctx->out, "\n%*s", TEXT_COLUMN, "");
	else
		fputc(' ', ctx->out);
	text_print(ctx, text);
}

static void verb_print(struct context *ctx, const struct verb *verb)
{
	const struct keyword *keyword;

	usage_print(ctx, verb);
	fprintf(ctx->out, "%*s%s\n", INDENT, "", verb->text);
	if (!verb->table)
		return;
	fputc('\n', ctx->out);
	for (keyword = verb->table->rows; keyword < verb->table->rows + verb->table->count;
	     keyword++) {
		if (keyword_public(keyword, verb->bit))
			keyword_print(ctx, verb, keyword);
	}
}

/**
 * help_run - tells about some words
 * @ctx: the run
 * @words: nothing, an object, or an object and a verb; up to NULL
 *
 * Return: EXIT_OK or EXIT_USAGE.
 */
int help_run(struct context *ctx, char **words)
{
	const struct verb *verb;

	if (!words[0]) {
		overview_print(ctx);
		return EXIT_OK;
	}
	if (!object_exists(words[0]))
		return object_unknown(ctx, words[0]);
	verb = verb_find(words[0], words[1]);
	if (words[1] && !verb)
		return verb_unknown(ctx, words[0], words[1]);
	if (words[1] && words[2])
		return complain(ctx, EXIT_USAGE, words[2], "help is about an object and a verb");
	if (verb && (words[1] || !verb->name))
		verb_print(ctx, verb);
	else
		object_print(ctx, words[0]);
	return EXIT_OK;
}
