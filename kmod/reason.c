// SPDX-License-Identifier: GPL-2.0-only
/*
 * The names and texts of the reasons. There is nothing to edit here: the table is in reason.h.
 */
#include <linux/kernel.h>
#include "reason.h"

static const struct {
	const char *name;
	const char *text;
} sectun_reasons[SECTUN_REASON_COUNT] = {
	[SECTUN_REASON_NONE] = { "none", "the packet was not dropped" },
#define SECTUN_REASON_ROW(constant, name, text) [SECTUN_REASON_##constant] = { name, text },
	SECTUN_REASONS(SECTUN_REASON_ROW)
#undef SECTUN_REASON_ROW
};

/**
 * sectun_reason_name() - the short name of a reason
 * @reason: the reason; what is not in the table gives "unknown"
 *
 * Context: any.
 * Return: a constant string, part of the user API: netlink, the command, ethtool and traces show
 * it.
 */
const char *sectun_reason_name(enum sectun_reason reason)
{
	return (unsigned int)reason < ARRAY_SIZE(sectun_reasons) ? sectun_reasons[reason].name
								 : "unknown";
}

/**
 * sectun_reason_text() - a reason as a sentence for people
 * @reason: the reason; what is not in the table gives "unknown reason"
 *
 * Context: any.
 * Return: a constant string.
 */
const char *sectun_reason_text(enum sectun_reason reason)
{
	return (unsigned int)reason < ARRAY_SIZE(sectun_reasons) ? sectun_reasons[reason].text
								 : "unknown reason";
}
