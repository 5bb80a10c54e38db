/* SPDX-License-Identifier: MIT */
/*
 * The word that was probably meant.
 */
#ifndef SECTUN_SUGGEST_H
#define SECTUN_SUGGEST_H

#include <stddef.h>

const char *suggest(const char *word, const char *const *names, size_t count);

#endif
