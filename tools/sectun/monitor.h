/* SPDX-License-Identifier: MIT */
#ifndef SECTUN_MONITOR_H
#define SECTUN_MONITOR_H

#include "context.h"

int monitor_run(struct context *ctx, char **words);
int event_show(const struct sectun_event *event, void *ctx);

#endif
