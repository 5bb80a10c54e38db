/* SPDX-License-Identifier: MIT */
#ifndef SECTUN_BATCH_H
#define SECTUN_BATCH_H

#include "context.h"

int batch_run(struct context *ctx, char **words);

#endif
