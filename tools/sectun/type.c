// SPDX-License-Identifier: MIT
/*
 * The kinds of values that keywords have.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>
#include "complete.h"
#include "keyword.h"

static void *member_of(const struct keyword *keyword, void *object)
{
	return (char *)object + keyword->offset;
}

static const void *member_in(const struct keyword *keyword, const void *object)
{
	return (const char *)object + keyword->offset;
}

/**
 * keyword_number - the member of a keyword as a number
 * @keyword: a keyword whose type stores a number
 * @object: the object
 *
 * Return: the number.
 */
uint64_t keyword_number(const struct keyword *keyword, const void *object)
{
	const void *member = member_in(keyword, object);

	switch (keyword->size) {
	case 1:
		return *(const uint8_t *)member;
	case 2:
		return *(const uint16_t *)member;
	case 4:
		return *(const uint32_t *)member;
	default:
		return *(const uint64_t *)member;
	}
}

/**
 * keyword_number_set - sets the member of a keyword to a number
 * @keyword: a keyword whose type stores a number
 * @object: the object
 * @number: the number
 */
void keyword_number_set(const struct keyword *keyword, void *object, uint64_t number)
{
	void *member = member_of(keyword, object);

	switch (keyword->size) {
	case 1:
		*(uint8_t *)member = number;
		break;
	case 2:
		*(uint16_t *)member = number;
		break;
	case 4:
		*(uint32_t *)member = number;
		break;
	default:
		*(uint64_t *)member = number;
	}
}

/**
 * keyword_describe - writes what the value of a keyword may be
 * @keyword: the keyword
 * @to: where
 *
 * Return: @to.
 */
const char *keyword_describe(const struct keyword *keyword, char to[DESCRIPTION_SIZE])
{
	FILE *out = fmemopen(to, DESCRIPTION_SIZE, "w");

	to[0] = '\0';
	if (out) {
		keyword->type->describe(keyword, out);
		fclose(out);
	}
	return to;
}

/**
 * keyword_argument - writes how usage calls the value of a keyword: the words that it may be, and a
 * name
 * @keyword: the keyword
 * @to: where
 *
 * Return: @to; "" for a flag.
 */
const char *keyword_argument(const struct keyword *keyword, char to[DESCRIPTION_SIZE])
{
	const struct symbol *symbol = keyword->range ? keyword->range->symbols : NULL;
	unsigned int i, count = keyword->names ? keyword->names->count : 0;
	size_t used = 0;

	to[0] = '\0';
	for (i = 0; i < count; i++)
		used += snprintf(to + used, DESCRIPTION_SIZE - used, "%s%s", used ? "|" : "",
				 keyword->names->names[i]);
	for (; symbol && symbol->word; symbol++)
		used += snprintf(to + used, DESCRIPTION_SIZE - used, "%s|", symbol->word);
	if (keyword->argument)
		snprintf(to + used, DESCRIPTION_SIZE - used, "%s", keyword->argument);
	return to;
}

/* A fault of the value as a whole. */
static int fault_describe(const struct keyword *keyword, const char *text, struct fault *fault)
{
	char values[DESCRIPTION_SIZE];

	fault_set(fault, text, strlen(text), "%s takes %s", keyword->word,
		  keyword_describe(keyword, values));
	return -1;
}

static void complete_nothing(const struct keyword *keyword, struct context *ctx)
{
	(void)keyword;
	(void)ctx;
}

/* Numbers, and words that stand for numbers. */

static const struct symbol *symbol_of(const struct keyword *keyword, uint64_t number)
{
	const struct symbol *symbol;

	for (symbol = keyword->range->symbols; symbol && symbol->word; symbol++) {
		if (symbol->number == number)
			return symbol;
	}
	return NULL;
}

static int number_type_parse(const struct keyword *keyword, const char *text, void *object,
			     struct fault *fault)
{
	const struct range *range = keyword->range;
	const struct symbol *symbol;
	uint64_t number;

	for (symbol = range->symbols; symbol && symbol->word; symbol++) {
		if (!strcmp(symbol->word, text)) {
			keyword_number_set(keyword, object, symbol->number);
			return 0;
		}
	}
	if (!number_parse(text, range->max, &number) || number < range->min)
		return fault_describe(keyword, text, fault);
	keyword_number_set(keyword, object, number);
	return 0;
}

static void number_type_format(const struct keyword *keyword, const void *object, FILE *out)
{
	uint64_t number = keyword_number(keyword, object);
	const struct symbol *symbol = symbol_of(keyword, number);

	if (symbol)
		fputs(symbol->word, out);
	else if (keyword->range->hex)
		fprintf(out, "0x%0*" PRIx64, keyword->range->hex, number);
	else
		fprintf(out, "%" PRIu64, number);
}

static struct json_object *number_type_json(const struct keyword *keyword, const void *object)
{
	uint64_t number = keyword_number(keyword, object);
	const struct symbol *symbol = symbol_of(keyword, number);

	return symbol ? json_object_new_string(symbol->word) : json_object_new_uint64(number);
}

static void number_type_describe(const struct keyword *keyword, FILE *out)
{
	const struct range *range = keyword->range;
	const struct symbol *symbol;

	for (symbol = range->symbols; symbol && symbol->word; symbol++)
		fprintf(out, "%s%s", symbol->word, symbol[1].word ? ", " : " or ");
	fprintf(out, range->hex ? "0x%" PRIx64 " to 0x%" PRIx64 : "%" PRIu64 " to %" PRIu64,
		range->min, range->max);
	if (range->unit)
		fprintf(out, " %s", range->unit);
}

static void number_type_complete(const struct keyword *keyword, struct context *ctx)
{
	const struct symbol *symbol;

	for (symbol = keyword->range->symbols; symbol && symbol->word; symbol++)
		fprintf(ctx->out, "%s\n", symbol->word);
}

const struct value_type number_type = {
	.parse = number_type_parse,
	.format = number_type_format,
	.json = number_type_json,
	.describe = number_type_describe,
	.complete = number_type_complete,
};

/* on and off. */

static int switch_type_parse(const struct keyword *keyword, const char *text, void *object,
			     struct fault *fault)
{
	if (strcmp(text, "on") && strcmp(text, "off"))
		return fault_describe(keyword, text, fault);
	keyword_number_set(keyword, object, !strcmp(text, "on"));
	return 0;
}

static void switch_type_format(const struct keyword *keyword, const void *object, FILE *out)
{
	fputs(keyword_number(keyword, object) ? "on" : "off", out);
}

static struct json_object *switch_type_json(const struct keyword *keyword, const void *object)
{
	return json_object_new_boolean(keyword_number(keyword, object) != 0);
}

static void switch_type_describe(const struct keyword *keyword, FILE *out)
{
	(void)keyword;
	fputs("on or off", out);
}

static void switch_type_complete(const struct keyword *keyword, struct context *ctx)
{
	(void)keyword;
	fputs("on\noff\n", ctx->out);
}

const struct value_type switch_type = {
	.parse = switch_type_parse,
	.format = switch_type_format,
	.json = switch_type_json,
	.describe = switch_type_describe,
	.complete = switch_type_complete,
};

/* The values of an enum, by name. */

static int enum_type_parse(const struct keyword *keyword, const char *text, void *object,
			   struct fault *fault)
{
	unsigned int i;

	for (i = 0; i < keyword->names->count; i++) {
		if (!strcmp(text, keyword->names->names[i])) {
			keyword_number_set(keyword, object, keyword->names->first + i);
			return 0;
		}
	}
	return fault_describe(keyword, text, fault);
}

static void enum_type_format(const struct keyword *keyword, const void *object, FILE *out)
{
	fputs(sectun_enum_name(keyword->names, keyword_number(keyword, object)), out);
}

static struct json_object *enum_type_json(const struct keyword *keyword, const void *object)
{
	return json_object_new_string(
		sectun_enum_name(keyword->names, keyword_number(keyword, object)));
}

static void enum_type_describe(const struct keyword *keyword, FILE *out)
{
	unsigned int i, count = keyword->names->count;

	for (i = 0; i < count; i++) {
		if (i)
			fputs(i + 1 < count ? ", " : " or ", out);
		fputs(keyword->names->names[i], out);
	}
}

static void enum_type_complete(const struct keyword *keyword, struct context *ctx)
{
	unsigned int i;

	for (i = 0; i < keyword->names->count; i++)
		fprintf(ctx->out, "%s\n", keyword->names->names[i]);
}

const struct value_type enum_type = {
	.parse = enum_type_parse,
	.format = enum_type_format,
	.json = enum_type_json,
	.describe = enum_type_describe,
	.complete = enum_type_complete,
};

/* A word that has no value: it is there or not. */

static void flag_type_format(const struct keyword *keyword, const void *object, FILE *out)
{
	(void)keyword;
	(void)object;
	(void)out;
}

static struct json_object *flag_type_json(const struct keyword *keyword, const void *object)
{
	return json_object_new_boolean(keyword_given(keyword, object));
}

static void flag_type_describe(const struct keyword *keyword, FILE *out)
{
	(void)keyword;
	fputs("no value", out);
}

const struct value_type flag_type = {
	.parse = NULL,
	.format = flag_type_format,
	.json = flag_type_json,
	.describe = flag_type_describe,
	.complete = complete_nothing,
};

/* A flag that the command itself heeds. */

const struct value_type consent_type = {
	.parse = NULL,
	.format = flag_type_format,
	.describe = flag_type_describe,
	.complete = complete_nothing,
};

/* What must not be on a command line. */

static int secret_type_parse(const struct keyword *keyword, const char *text, void *object,
			     struct fault *fault)
{
	char why[DESCRIPTION_SIZE];

	(void)text;
	(void)object;
	fault_set(fault, keyword->word, strlen(keyword->word), "%s",
		  keyword_describe(keyword, why));
	return -1;
}

static void secret_type_describe(const struct keyword *keyword, FILE *out)
{
	(void)keyword;
	fputs("every user of the machine can read a command line; write key-file FILE, or "
	      "key-file - for standard input", out);
}

const struct value_type secret_type = {
	.parse = secret_type_parse,
	.describe = secret_type_describe,
	.complete = complete_nothing,
};

/* A string in an array of char: the kernel or a later check knows what it may be. */

static int text_type_parse(const struct keyword *keyword, const char *text, void *object,
			   struct fault *fault)
{
	if (!*text || strlen(text) >= keyword->size)
		return fault_describe(keyword, text, fault);
	strcpy(member_of(keyword, object), text);
	return 0;
}

static void text_type_format(const struct keyword *keyword, const void *object, FILE *out)
{
	fputs(member_in(keyword, object), out);
}

static struct json_object *text_type_json(const struct keyword *keyword, const void *object)
{
	return json_object_new_string(member_in(keyword, object));
}

static void text_type_describe(const struct keyword *keyword, FILE *out)
{
	fprintf(out, "1 to %zu characters", keyword->size - 1);
}

static void text_type_complete(const struct keyword *keyword, struct context *ctx)
{
	(void)keyword;
	complete_algorithms(ctx);
}

const struct value_type text_type = {
	.parse = text_type_parse,
	.format = text_type_format,
	.json = text_type_json,
	.describe = text_type_describe,
	.complete = text_type_complete,
};

/* The name of a file, as it stands on the command line. */

static int path_type_parse(const struct keyword *keyword, const char *text, void *object,
			   struct fault *fault)
{
	const char **path = member_of(keyword, object);

	if (!*text)
		return fault_describe(keyword, text, fault);
	*path = text;
	return 0;
}

static void path_type_describe(const struct keyword *keyword, FILE *out)
{
	(void)keyword;
	fputs("the name of a file, or - for standard input", out);
}

const struct value_type path_type = {
	.parse = path_type_parse,
	.describe = path_type_describe,
	.complete = complete_nothing,
};

/* The name of a tunnel. */

static int tunnel_type_parse(const struct keyword *keyword, const char *text, void *object,
			     struct fault *fault)
{
	return tunnel_name_parse(text, member_of(keyword, object), fault);
}

static void tunnel_type_describe(const struct keyword *keyword, FILE *out)
{
	(void)keyword;
	fputs("the name of a tunnel", out);
}

static void tunnel_type_complete(const struct keyword *keyword, struct context *ctx)
{
	(void)keyword;
	complete_tunnels(ctx);
}

const struct value_type tunnel_type = {
	.parse = tunnel_type_parse,
	.format = text_type_format,
	.json = text_type_json,
	.describe = tunnel_type_describe,
	.complete = tunnel_type_complete,
};

/* A network device, by name. */

static int device_type_parse(const struct keyword *keyword, const char *text, void *object,
			     struct fault *fault)
{
	return ifindex_parse(text, member_of(keyword, object), fault);
}

static void device_type_format(const struct keyword *keyword, const void *object, FILE *out)
{
	char name[SECTUN_IFNAME_SIZE];

	fputs(ifindex_format(keyword_number(keyword, object), name), out);
}

static struct json_object *device_type_json(const struct keyword *keyword, const void *object)
{
	uint32_t ifindex = keyword_number(keyword, object);
	char name[SECTUN_IFNAME_SIZE];

	return ifindex ? json_object_new_string(ifindex_format(ifindex, name)) : NULL;
}

static void device_type_describe(const struct keyword *keyword, FILE *out)
{
	(void)keyword;
	fputs("the name of a network device", out);
}

static void device_type_complete(const struct keyword *keyword, struct context *ctx)
{
	complete_devices(ctx, !strcmp(keyword->word, "dev"));
}

const struct value_type device_type = {
	.parse = device_type_parse,
	.format = device_type_format,
	.json = device_type_json,
	.describe = device_type_describe,
	.complete = device_type_complete,
};

/* An IPv4 or IPv6 address. */

static int address_type_parse(const struct keyword *keyword, const char *text, void *object,
			      struct fault *fault)
{
	return address_parse(text, member_of(keyword, object), fault);
}

static void address_type_format(const struct keyword *keyword, const void *object, FILE *out)
{
	char text[ADDRESS_TEXT_SIZE];

	fputs(address_format(member_in(keyword, object), text), out);
}

static struct json_object *address_type_json(const struct keyword *keyword, const void *object)
{
	char text[ADDRESS_TEXT_SIZE];

	return json_object_new_string(address_format(member_in(keyword, object), text));
}

static void address_type_describe(const struct keyword *keyword, FILE *out)
{
	(void)keyword;
	fputs("an IPv4 or IPv6 address", out);
}

const struct value_type address_type = {
	.parse = address_type_parse,
	.format = address_type_format,
	.json = address_type_json,
	.describe = address_type_describe,
	.complete = complete_nothing,
};

/* Traffic selectors with commas between them. */

static int ts_type_parse(const struct keyword *keyword, const char *text, void *object,
			 struct fault *fault)
{
	struct sectun_ts_list *ts = member_of(keyword, object);

	return ts_list_parse(text, ts, fault);
}

static void ts_type_format(const struct keyword *keyword, const void *object, FILE *out)
{
	const struct sectun_ts_list *ts = member_in(keyword, object);
	char text[TS_TEXT_SIZE];
	size_t i;

	for (i = 0; i < ts->count; i++)
		fprintf(out, "%s%s", i ? "," : "", ts_format(&ts->items[i], text));
}

static struct json_object *ts_type_json(const struct keyword *keyword, const void *object)
{
	const struct sectun_ts_list *ts = member_in(keyword, object);
	struct json_object *array = json_object_new_array();
	char text[TS_TEXT_SIZE];
	size_t i;

	for (i = 0; i < ts->count; i++)
		json_object_array_add(array,
				      json_object_new_string(ts_format(&ts->items[i], text)));
	return array;
}

static void ts_type_describe(const struct keyword *keyword, FILE *out)
{
	(void)keyword;
	fputs("prefixes with commas between them, or any", out);
}

const struct value_type ts_type = {
	.parse = ts_type_parse,
	.format = ts_type_format,
	.json = ts_type_json,
	.describe = ts_type_describe,
	.complete = complete_nothing,
};
