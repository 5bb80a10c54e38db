/* SPDX-License-Identifier: MIT */
/* What is wrong with a text that a person wrote. */
#ifndef IKE_FAULT_H
#define IKE_FAULT_H

#include <stddef.h>

/**
 * struct ike_fault - the offending word, and what would be right
 * @word: the part of the text that is wrong, cut to fit
 * @why: a sentence about it, without a full stop
 */
struct ike_fault {
	char word[96];
	char why[224];
};

/**
 * ike_fault_set - notes what is wrong
 * @fault: where
 * @word: the offending part of the text
 * @len: octets of it
 * @format: what would be right, as for printf(3)
 *
 * Return: -EINVAL, for the caller to pass on.
 */
int ike_fault_set(struct ike_fault *fault, const char *word, size_t len, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
