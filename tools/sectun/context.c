// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include "context.h"
#include "keyword.h"
#include "verb.h"

static void begin_line(struct context *ctx)
{
	fputs("sectun: ", ctx->err);
	if (ctx->batch)
		fprintf(ctx->err, "%s:%u: ", ctx->batch, ctx->batch_line);
	if (!ctx->verb)
		return;
	fputs(ctx->verb->object, ctx->err);
	if (ctx->verb->name)
		fprintf(ctx->err, " %s", ctx->verb->name);
	fputs(": ", ctx->err);
}

/**
 * complain - says in one line what is wrong
 * @ctx: the run
 * @code: what the command is to return
 * @word: the offending word, or NULL if none of them is
 * @format: what would be right
 *
 * Return: @code.
 */
int complain(struct context *ctx, enum exit_code code, const char *word, const char *format, ...)
{
	va_list args;

	begin_line(ctx);
	if (word)
		fprintf(ctx->err, "word '%s': ", word);
	va_start(args, format);
	vfprintf(ctx->err, format, args);
	va_end(args);
	fputc('\n', ctx->err);
	return code;
}

/**
 * remark - warns in one line
 * @ctx: the run
 * @format: of what
 */
void remark(struct context *ctx, const char *format, ...)
{
	va_list args;

	begin_line(ctx);
	fputs("warning: ", ctx->err);
	va_start(args, format);
	vfprintf(ctx->err, format, args);
	va_end(args);
	fputc('\n', ctx->err);
}

/**
 * connect_kernel - opens the connection, unless it is open
 * @ctx: the run
 *
 * Return: EXIT_OK or EXIT_REFUSED.
 */
int connect_kernel(struct context *ctx)
{
	int err;

	if (ctx->handle)
		return EXIT_OK;
	if (!sectun_open(&ctx->handle))
		return EXIT_OK;
	err = complain(ctx, EXIT_REFUSED, NULL, "%s",
		       ctx->handle ? sectun_error(ctx->handle) : strerror(ENOMEM));
	sectun_close(ctx->handle);
	ctx->handle = NULL;
	return err;
}

/**
 * disconnect_kernel - closes the connection, if it is open, and forgets what came over it
 * @ctx: the run
 */
void disconnect_kernel(struct context *ctx)
{
	sectun_alg_list_free(ctx->algs, ctx->alg_count);
	sectun_close(ctx->handle);
}

/**
 * refused - says why the kernel refused the last request, with the word that it refused
 * @ctx: the run
 *
 * Return: EXIT_REFUSED.
 */
int refused(struct context *ctx)
{
	const char *attribute = sectun_error_attribute(ctx->handle);
	const char *error = sectun_error(ctx->handle);
	const struct keyword *keyword;
	bool device = ctx->verb && ctx->verb->positional == POSITIONAL_MAYBE_DEVICE;

	if (!attribute)
		return complain(ctx, EXIT_REFUSED, NULL, "%s", error);
	if (ctx->name && !strcmp(attribute, device ? "ifindex" : "name"))
		return complain(ctx, EXIT_REFUSED, ctx->name, "%s", error);
	keyword = keyword_of_attribute(ctx->verb, attribute);
	if (keyword)
		return complain(ctx, EXIT_REFUSED, keyword->word, "%s", error);
	return complain(ctx, EXIT_REFUSED, NULL, "%s (%s)", error, attribute);
}
