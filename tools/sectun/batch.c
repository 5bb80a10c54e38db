// SPDX-License-Identifier: MIT
/*
 * Many commands from one file, over one connection to the kernel: as `ip -batch`. A line is a
 * command line without `sectun` in front; `#` at the beginning of a word ends it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "batch.h"
#include "verb.h"

#define BLANKS " \t\r\n"
#define WORDS_MAX 128 /* more than any verb has keywords and values */

/* Divides a line where it is. Returns how many words it has, or -1: too many. */
static int line_divide(char *line, char *words[WORDS_MAX + 1])
{
	char *rest, *word = strtok_r(line, BLANKS, &rest);
	int count = 0;

	for (; word && *word != '#'; word = strtok_r(NULL, BLANKS, &rest)) {
		if (count == WORDS_MAX)
			return -1;
		words[count++] = word;
	}
	words[count] = NULL;
	return count;
}

static int line_run(struct context *ctx, char *line)
{
	struct context run = *ctx;
	char *words[WORDS_MAX + 1];
	int count = line_divide(line, words), code;

	run.verb = NULL;
	if (count < 0)
		return complain(&run, EXIT_USAGE, NULL, "more than %d words", WORDS_MAX);
	if (!count)
		return EXIT_OK;
	if (!strcmp(words[0], ctx->verb->object))
		return complain(&run, EXIT_USAGE, words[0], "not in a batch");
	code = object_run(&run, words);
	/* once it is open it stays so, and what has been learnt need not be asked for again */
	ctx->handle = run.handle;
	ctx->algs = run.algs;
	ctx->alg_count = run.alg_count;
	return code;
}

static int lines_run(struct context *ctx, FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	int code = EXIT_OK;

	while (!code && getline(&line, &size, file) >= 0) {
		ctx->batch_line++;
		code = line_run(ctx, line);
	}
	free(line);
	if (!code && ferror(file))
		code = complain(ctx, EXIT_REFUSED, ctx->batch, "cannot read: %s", strerror(errno));
	return code;
}

/**
 * batch_run - does what the lines of a file say, up to the first that fails
 * @ctx: the run
 * @words: name of the file; - for standard input
 *
 * Return: enum exit_code, that of the line that failed.
 */
int batch_run(struct context *ctx, char **words)
{
	FILE *file;
	int code;

	if (!words[0] || words[1])
		return complain(ctx, EXIT_USAGE, words[0] ? words[1] : NULL,
				"one file has to follow, or - for standard input");
	file = strcmp(words[0], "-") ? fopen(words[0], "re") : stdin;
	if (!file)
		return complain(ctx, EXIT_REFUSED, words[0], "%s", strerror(errno));
	ctx->batch = words[0];
	code = lines_run(ctx, file);
	if (file != stdin)
		fclose(file);
	return code;
}
