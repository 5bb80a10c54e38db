/* SPDX-License-Identifier: MIT */
/*
 * Options, which come before the object; those that take no argument may also stand behind the
 * verb.
 */
#ifndef SECTUN_OPTION_H
#define SECTUN_OPTION_H

#include "context.h"

/**
 * struct option_row - one option
 * @letter: after one dash
 * @name: after two dashes
 * @argument: name of its argument in help, or NULL
 * @text: what it does
 */
struct option_row {
	char letter;
	const char *name;
	const char *argument;
	const char *text;
};

extern const struct option_row options[];
extern const unsigned int option_count;

int options_parse(struct context *ctx, char ***words);
int option_parse(struct context *ctx, const char *word);

#endif
