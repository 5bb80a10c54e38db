/* SPDX-License-Identifier: MIT */
/*
 * Completion: `sectun __complete WORD...` prints what may stand in the place of the last word, one
 * a line.
 */
#ifndef SECTUN_COMPLETE_H
#define SECTUN_COMPLETE_H

#include "context.h"

#define COMPLETE_WORD "__complete"

int complete_run(struct context *ctx, char **words);
void complete_devices(struct context *ctx, bool only_sectun);
void complete_tunnels(struct context *ctx);
void complete_algorithms(struct context *ctx);

#endif
