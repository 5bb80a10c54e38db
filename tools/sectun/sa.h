/* SPDX-License-Identifier: MIT */
#ifndef SECTUN_SA_H
#define SECTUN_SA_H

#include "keyword.h"

struct json_object;

extern const struct keyword_table sa_table;

int sa_add_run(struct context *ctx, char **words);
int sa_set_run(struct context *ctx, char **words);
int sa_del_run(struct context *ctx, char **words);
int sa_show_run(struct context *ctx, char **words);
int sa_flush_run(struct context *ctx, char **words);

/* Attributes that say where an SA is. */
#define SA_PLACE (SECTUN_HAS(SECTUN_A_SA_IFINDEX) | SECTUN_HAS(SECTUN_A_SA_TUNNEL))

void sa_print(struct context *ctx, const struct sectun_sa *sa, uint64_t without,
	      const char *indent);
struct json_object *sa_json(const struct sectun_sa *sa, uint64_t without);

#endif
