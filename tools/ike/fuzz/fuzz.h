/* SPDX-License-Identifier: MIT */
/*
 * What fuzz targets share. A target is one function that gets octets, as libFuzzer calls it; what
 * must hold is asserted, and the sanitizers watch the rest.
 */
#ifndef IKE_FUZZ_H
#define IKE_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/** must - what has to hold whatever the input */
#define must(condition)                                                                \
	do {                                                                           \
		if (!(condition)) {                                                    \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                       \
		}                                                                      \
	} while (0)

/**
 * LLVMFuzzerTestOneInput - tries one input
 * @data: the input
 * @size: octets of it
 *
 * Return: 0.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
