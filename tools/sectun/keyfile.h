/* SPDX-License-Identifier: MIT */
/*
 * Key files: an SA's KEYMAT in hexadecimal.
 */
#ifndef SECTUN_KEYFILE_H
#define SECTUN_KEYFILE_H

#include "context.h"

/**
 * struct key - a key in memory
 * @octets: the KEYMAT
 * @len: octets of it
 */
struct key {
	uint8_t octets[SECTUN_KEY_MAX];
	size_t len;
};

/**
 * struct keyfile_fault - where a key file is wrong
 * @line: from 1; 0: the file as a whole
 * @why: what would be right
 */
struct keyfile_fault {
	unsigned int line;
	const char *why;
};

int keyfile_parse(const char *text, size_t len, struct key *key, struct keyfile_fault *fault);
int keyfile_read(struct context *ctx, const char *path, struct key *key);
void keyfile_wipe(struct key *key);
const char *keyfile_name(const char *path, char *to, size_t size);

#endif
