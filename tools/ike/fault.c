// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include "fault.h"

int ike_fault_set(struct ike_fault *fault, const char *word, size_t len, const char *format, ...)
{
	va_list args;

	if (len >= sizeof(fault->word))
		len = sizeof(fault->word) - 1;
	snprintf(fault->word, sizeof(fault->word), "%.*s", (int)len, word);
	va_start(args, format);
	vsnprintf(fault->why, sizeof(fault->why), format, args);
	va_end(args);
	return -EINVAL;
}
