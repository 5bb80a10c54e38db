// SPDX-License-Identifier: MIT
#include "test.h"
#include "verb.h"

void run_begin(struct run *run)
{
	memset(run, 0, sizeof(*run));
	run->ctx.out = open_memstream(&run->out, &run->out_len);
	run->ctx.err = open_memstream(&run->err, &run->err_len);
	assert_non_null(run->ctx.out);
	assert_non_null(run->ctx.err);
}

void run_flush(struct run *run)
{
	fflush(run->ctx.out);
	fflush(run->ctx.err);
}

/* Splits a line at its spaces, as a shell would, and runs it. */
void run_words(struct run *run, const char *line)
{
	char *copy = strdup(line), *words[64], *save = NULL;
	unsigned int n = 0;

	assert_non_null(copy);
	for (words[0] = strtok_r(copy, " ", &save); words[n];
	     words[n] = strtok_r(NULL, " ", &save)) {
		n++;
		assert_true(n < 64);
	}
	run->code = command_run(&run->ctx, words);
	run_flush(run);
	free(copy);
}

void run_end(struct run *run)
{
	fclose(run->ctx.out);
	fclose(run->ctx.err);
	free(run->out);
	free(run->err);
}

void assert_complaint(const char *line, int code, const char *err)
{
	struct run run;

	run_begin(&run);
	run_words(&run, line);
	assert_string_equal(run.err, err);
	assert_int_equal(run.code, code);
	assert_string_equal(run.out, "");
	run_end(&run);
}
