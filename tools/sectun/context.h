/* SPDX-License-Identifier: MIT */
/*
 * What one run of the command carries along, and how it ends.
 */
#ifndef SECTUN_CONTEXT_H
#define SECTUN_CONTEXT_H

#include <stdbool.h>
#include <stdio.h>
#include "sectun.h"

/**
 * enum exit_code - how the command ends
 * @EXIT_OK: done
 * @EXIT_REFUSED: the kernel, a file or the system refused
 * @EXIT_USAGE: the words on the command line are wrong
 */
enum exit_code {
	EXIT_OK = 0,
	EXIT_REFUSED = 1,
	EXIT_USAGE = 2,
};

struct verb;

/**
 * enum run_instead - what an option asks for instead of a verb
 * @RUN_VERB: nothing
 * @RUN_VERSION: the version
 * @RUN_HELP: help about the words that follow
 */
enum run_instead {
	RUN_VERB,
	RUN_VERSION,
	RUN_HELP,
};

/**
 * struct context - one run
 * @out: where answers go
 * @err: where complaints go
 * @json: answer in JSON
 * @pretty: JSON over several lines
 * @statistics: all counters
 * @details: defaults as well
 * @timestamps: of events
 * @colour: @out is a terminal that wants it
 * @netns: name of the network namespace to enter, or NULL
 * @instead: what an option asks for instead of a verb
 * @verb: what is being done, or NULL
 * @name: the name that stands behind the verb, or NULL
 * @batch: file that the command line is from, or NULL
 * @batch_line: which of its lines, from 1
 * @handle: connection to the kernel, or NULL
 * @algs: the kernel's algorithms, once they have been needed, or NULL
 * @alg_count: how many there are
 */
struct context {
	FILE *out;
	FILE *err;
	bool json;
	bool pretty;
	bool statistics;
	bool details;
	bool timestamps;
	bool colour;
	const char *netns;
	enum run_instead instead;
	const struct verb *verb;
	const char *name;
	const char *batch;
	unsigned int batch_line;
	struct sectun *handle;
	struct sectun_alg *algs;
	size_t alg_count;
};

int complain(struct context *ctx, enum exit_code code, const char *word, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void remark(struct context *ctx, const char *format, ...) __attribute__((format(printf, 2, 3)));
int connect_kernel(struct context *ctx);
void disconnect_kernel(struct context *ctx);
int refused(struct context *ctx);

#endif
