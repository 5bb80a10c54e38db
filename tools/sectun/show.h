/* SPDX-License-Identifier: MIT */
#ifndef SECTUN_SHOW_H
#define SECTUN_SHOW_H

#include "context.h"

int show_run(struct context *ctx, char **words);
int device_show_run(struct context *ctx, char **words);

#endif
