/* SPDX-License-Identifier: MIT */
/*
 * Help, from the tables.
 */
#ifndef SECTUN_HELP_H
#define SECTUN_HELP_H

#include "context.h"

int help_run(struct context *ctx, char **words);

#endif
