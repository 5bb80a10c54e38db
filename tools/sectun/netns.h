/* SPDX-License-Identifier: MIT */
#ifndef SECTUN_NETNS_H
#define SECTUN_NETNS_H

#include "context.h"

int netns_enter(struct context *ctx, const char *name);

#endif
