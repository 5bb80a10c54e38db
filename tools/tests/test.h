/* SPDX-License-Identifier: MIT */
/* cmocka wants these before itself. */
#ifndef SECTUN_TEST_H
#define SECTUN_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "context.h"

/**
 * struct run - one run of the command, with what it wrote
 * @ctx: the run
 * @out: what it wrote to standard output
 * @out_len: octets of it
 * @err: what it wrote to standard error
 * @err_len: octets of it
 * @code: what it returned
 */
struct run {
	struct context ctx;
	char *out;
	size_t out_len;
	char *err;
	size_t err_len;
	int code;
};

void run_begin(struct run *run);
void run_words(struct run *run, const char *line);
void run_flush(struct run *run);
void run_end(struct run *run);

/* Runs a line in a connection that is not there, and compares all that comes of it. */
void assert_complaint(const char *line, int code, const char *err);

#endif
