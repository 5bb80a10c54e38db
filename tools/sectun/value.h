/* SPDX-License-Identifier: MIT */
/*
 * Values as people write them: pure functions between text and data.
 */
#ifndef SECTUN_VALUE_H
#define SECTUN_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sectun.h"

/*
 * An address with prefix, protocol and ports fits: ffff:...:255.255.255.255/128[255/65535-65535].
 */
#define TS_TEXT_SIZE 96
#define ADDRESS_TEXT_SIZE 46

/**
 * struct fault - what is wrong with a value
 * @word: the part of it that is wrong
 * @why: what would be right
 */
struct fault {
	char word[80];
	char why[176];
};

void fault_set(struct fault *fault, const char *word, size_t len, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

bool number_parse(const char *text, uint64_t max, uint64_t *to);

int address_parse(const char *text, struct sectun_addr *to, struct fault *fault);
const char *address_format(const struct sectun_addr *address, char to[ADDRESS_TEXT_SIZE]);

int ts_parse(const char *text, size_t len, struct sectun_ts *to, struct fault *fault);
const char *ts_format(const struct sectun_ts *ts, char to[TS_TEXT_SIZE]);
int ts_list_parse(const char *text, struct sectun_ts_list *to, struct fault *fault);

int tunnel_name_parse(const char *text, char to[SECTUN_NAME_SIZE], struct fault *fault);
int ifindex_parse(const char *text, uint32_t *to, struct fault *fault);
const char *ifindex_format(uint32_t ifindex, char to[SECTUN_IFNAME_SIZE]);

#endif
