/* SPDX-License-Identifier: MIT */
#ifndef SECTUN_TUNNEL_H
#define SECTUN_TUNNEL_H

#include "keyword.h"

struct json_object;

extern const struct keyword_table tunnel_table;

int tunnel_add_run(struct context *ctx, char **words);
int tunnel_set_run(struct context *ctx, char **words);
int tunnel_del_run(struct context *ctx, char **words);
int tunnel_show_run(struct context *ctx, char **words);

uint64_t tunnel_silent(const struct context *ctx, const struct sectun_tunnel *tunnel);
void tunnel_print(struct context *ctx, const struct sectun_tunnel *tunnel, bool with_dev,
		  const char *indent);
struct json_object *tunnel_json(const struct sectun_tunnel *tunnel);

#endif
