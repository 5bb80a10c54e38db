// SPDX-License-Identifier: MIT
#include "names.h"

const char *sectun_enum_name(const struct sectun_enum *names, unsigned int value)
{
	return value - names->first < names->count ? names->names[value - names->first] : "?";
}

const char *sectun_event_name(unsigned int command)
{
	const char *name = command <= SECTUN_CMD_MAX ? sectun_commands[command].event : NULL;

	return name ? name : "?";
}
