/* SPDX-License-Identifier: MIT */
/* Octets that belong to someone else. */
#ifndef IKE_SPAN_H
#define IKE_SPAN_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct ike_span - octets in memory that another owns
 * @at: the first of them; may be NULL if there are none
 * @len: number of them
 */
struct ike_span {
	const uint8_t *at;
	size_t len;
};

/** IKE_SPAN - a span of an array */
#define IKE_SPAN(array) ((struct ike_span){ (array), sizeof(array) })

#endif
