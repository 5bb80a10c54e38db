/* SPDX-License-Identifier: MIT */
#ifndef SECTUN_ALG_H
#define SECTUN_ALG_H

#include "context.h"

int alg_list_run(struct context *ctx, char **words);
int alg_check(struct context *ctx, const struct sectun_sa *sa, const char *key_file, size_t key_len,
	      bool *known);
int alg_unknown(struct context *ctx, const char *word);
const char *alg_keymat_describe(const struct sectun_alg *alg, char *to, size_t size);

#endif
