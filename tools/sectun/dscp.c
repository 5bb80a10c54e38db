// SPDX-License-Identifier: MIT
#include <string.h>
#include <json-c/json.h>
#include "dscp.h"

#define DSCP_MAX (SECTUN_DSCP_COUNT - 1)

static bool pair_parse(const char *text, size_t len, uint64_t *from, uint64_t *to)
{
	char copy[12], *colon;

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	colon = strchr(copy, ':');
	if (!colon)
		return false;
	*colon++ = '\0';
	return number_parse(copy, DSCP_MAX, from) && number_parse(colon, DSCP_MAX, to);
}

/**
 * dscp_map_parse - reads pairs FROM:TO with commas between them
 * @text: the text
 * @to: is set to the outer DSCP for each inner one; what no pair names is copied
 * @fault: is set on failure
 *
 * Return: 0 or -1.
 */
int dscp_map_parse(const char *text, uint8_t to[SECTUN_DSCP_COUNT], struct fault *fault)
{
	uint64_t given = 0, inner, outer;
	unsigned int i;
	size_t len;

	for (i = 0; i < SECTUN_DSCP_COUNT; i++)
		to[i] = i;
	for (;; text += len + 1) {
		len = strcspn(text, ",");
		if (!pair_parse(text, len, &inner, &outer)) {
			fault_set(fault, text, len,
				  "a map is FROM:TO,... of DSCPs from 0 to %d, as in 46:34,0:8",
				  DSCP_MAX);
			return -1;
		}
		if (given & UINT64_C(1) << inner) {
			fault_set(fault, text, len, "DSCP %u is mapped twice", (unsigned int)inner);
			return -1;
		}
		given |= UINT64_C(1) << inner;
		to[inner] = outer;
		if (!text[len])
			return 0;
	}
}

/**
 * dscp_map_format - writes a map as dscp_map_parse() reads it
 * @map: the outer DSCP for each inner one
 * @to: where
 *
 * Return: @to.
 */
const char *dscp_map_format(const uint8_t map[SECTUN_DSCP_COUNT], char to[DSCP_MAP_TEXT_SIZE])
{
	size_t used = 0;
	unsigned int i;

	to[0] = '\0';
	for (i = 0; i < SECTUN_DSCP_COUNT; i++) {
		if (map[i] != i)
			used += snprintf(to + used, DSCP_MAP_TEXT_SIZE - used, "%s%u:%u",
					 used ? "," : "", i, map[i]);
	}
	return to;
}

static int dscp_type_parse(const struct keyword *keyword, const char *text, void *object,
			   struct fault *fault)
{
	struct sectun_tunnel *tunnel = object;

	if (!strchr(text, ':'))
		return number_type.parse(keyword, text, object, fault);
	tunnel->dscp = SECTUN_DSCP_MAP;
	tunnel->has |= SECTUN_HAS(SECTUN_A_TUNNEL_DSCP_MAP);
	return dscp_map_parse(text, tunnel->dscp_map, fault);
}

static void dscp_type_format(const struct keyword *keyword, const void *object, FILE *out)
{
	const struct sectun_tunnel *tunnel = object;
	char text[DSCP_MAP_TEXT_SIZE];

	if (tunnel->dscp == SECTUN_DSCP_MAP)
		fputs(dscp_map_format(tunnel->dscp_map, text), out);
	else
		number_type.format(keyword, object, out);
}

/* A map is an object with what is not copied. */
static struct json_object *dscp_type_json(const struct keyword *keyword, const void *object)
{
	const struct sectun_tunnel *tunnel = object;
	struct json_object *map;
	unsigned int i;
	char key[4];

	if (tunnel->dscp != SECTUN_DSCP_MAP)
		return number_type.json(keyword, object);
	map = json_object_new_object();
	for (i = 0; i < SECTUN_DSCP_COUNT; i++) {
		if (tunnel->dscp_map[i] == i)
			continue;
		snprintf(key, sizeof(key), "%u", i);
		json_object_object_add(map, key, json_object_new_uint64(tunnel->dscp_map[i]));
	}
	return map;
}

static void dscp_type_describe(const struct keyword *keyword, FILE *out)
{
	(void)keyword;
	fprintf(out, "copy, 0 to %d, or a map FROM:TO,...", DSCP_MAX);
}

static void dscp_type_complete(const struct keyword *keyword, struct context *ctx)
{
	number_type.complete(keyword, ctx);
}

const struct value_type dscp_type = {
	.parse = dscp_type_parse,
	.format = dscp_type_format,
	.json = dscp_type_json,
	.describe = dscp_type_describe,
	.complete = dscp_type_complete,
};
