/* SPDX-License-Identifier: MIT */
/*
 * The DSCP of outer headers as people write it: copy, a number, or a map.
 */
#ifndef SECTUN_DSCP_H
#define SECTUN_DSCP_H

#include "keyword.h"

/* Every inner DSCP with another outer one: 63:63, with a comma after it. */
#define DSCP_MAP_TEXT_SIZE (SECTUN_DSCP_COUNT * 6)

int dscp_map_parse(const char *text, uint8_t to[SECTUN_DSCP_COUNT], struct fault *fault);
const char *dscp_map_format(const uint8_t map[SECTUN_DSCP_COUNT], char to[DSCP_MAP_TEXT_SIZE]);

/* Of struct sectun_tunnel: reads and writes its map as well. */
extern const struct value_type dscp_type;

#endif
