/* SPDX-License-Identifier: MIT */
/* cmocka wants these before itself. */
#ifndef IKE_TEST_H
#define IKE_TEST_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "span.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/**
 * unhex - octets of a text in hexadecimal
 * @text: digits; anything else between them is skipped
 * @to: where
 * @size: octets that fit; more is a failure
 *
 * Return: the octets.
 */
struct ike_span unhex(const char *text, uint8_t *to, size_t size);

/* Compares octets with what a text says. */
void assert_hex(const void *at, size_t len, const char *text);

#endif
