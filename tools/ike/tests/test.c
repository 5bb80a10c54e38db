// SPDX-License-Identifier: MIT
#include <ctype.h>
#include "test.h"

struct ike_span unhex(const char *text, uint8_t *to, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	size_t count = 0;

	for (; *text; text++) {
		const char *digit = strchr(digits, tolower((unsigned char)*text));

		if (!digit)
			continue;
		assert_true(count < 2 * size);
		if (count % 2)
			to[count / 2] = (uint8_t)(to[count / 2] << 4 | (digit - digits));
		else
			to[count / 2] = (uint8_t)(digit - digits);
		count++;
	}
	assert_int_equal(count % 2, 0);
	return (struct ike_span){ to, count / 2 };
}

void assert_hex(const void *at, size_t len, const char *text)
{
	static uint8_t octets[8192];
	struct ike_span right = unhex(text, octets, sizeof(octets));

	assert_int_equal(len, right.len);
	assert_memory_equal(at, right.at, len);
}
