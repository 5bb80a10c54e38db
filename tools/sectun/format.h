/* SPDX-License-Identifier: MIT */
/*
 * Numbers, times and colours for people, and JSON for programs.
 */
#ifndef SECTUN_FORMAT_H
#define SECTUN_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include "context.h"

#define AGO_SIZE 64
#define BYTES_SIZE 24

struct json_object;

/**
 * enum colour - what a colour means
 * @COLOUR_NONE: nothing
 * @COLOUR_NAME: the name of an object
 * @COLOUR_GOOD: as it should be
 * @COLOUR_BAD: not as it should be
 */
enum colour {
	COLOUR_NONE,
	COLOUR_NAME,
	COLOUR_GOOD,
	COLOUR_BAD,
};

bool colour_wanted(FILE *out);
void print_coloured(struct context *ctx, enum colour colour, const char *text);

const char *duration_format(uint64_t seconds, char to[AGO_SIZE]);
const char *ago_format(uint64_t seconds, char to[AGO_SIZE]);
const char *bytes_format(uint64_t bytes, char to[BYTES_SIZE]);

void stats_print_brief(struct context *ctx, const struct sectun_stats *stats);
void stats_print(struct context *ctx, const struct sectun_stats *stats, const char *indent);
void stats_json(const struct sectun_stats *stats, struct json_object *to);

void json_print(struct context *ctx, struct json_object *value);

#endif
