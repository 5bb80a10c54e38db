// SPDX-License-Identifier: MIT
#include <string.h>
#include <json-c/json.h>
#include "format.h"
#include "keyword.h"
#include "option.h"
#include "suggest.h"
#include "verb.h"

/* Every object begins with its `has`. */
static uint64_t *has_of(void *object)
{
	return object;
}

/**
 * keyword_given - whether an object has the member of a keyword
 * @keyword: the keyword
 * @object: the object
 *
 * Return: whether it has.
 */
bool keyword_given(const struct keyword *keyword, const void *object)
{
	return *(const uint64_t *)object & SECTUN_HAS(keyword->attribute);
}

/**
 * keyword_public - whether help and completion tell of a keyword
 * @keyword: the keyword
 * @verb: bit of the verb that has to take it
 *
 * Return: whether they do.
 */
bool keyword_public(const struct keyword *keyword, unsigned int verb)
{
	return keyword->takes & verb && keyword->text;
}

/**
 * keyword_find - finds a keyword
 * @table: keywords of the object
 * @verb: bit of the verb that has to take it
 * @word: the word
 *
 * Return: the keyword or NULL.
 */
const struct keyword *keyword_find(const struct keyword_table *table, unsigned int verb,
				   const char *word)
{
	const struct keyword *keyword;

	for (keyword = table->rows; keyword < table->rows + table->count; keyword++) {
		if (keyword->takes & verb && !strcmp(keyword->word, word))
			return keyword;
	}
	return NULL;
}

/**
 * keyword_of_attribute - the keyword that an attribute of the netlink API was sent for
 * @verb: what is being done
 * @attribute: the attribute's name; after a dot, a nested one's
 *
 * Return: the keyword or NULL.
 */
const struct keyword *keyword_of_attribute(const struct verb *verb, const char *attribute)
{
	size_t len = strcspn(attribute, ".");
	const struct keyword *keyword;
	const char *name;

	if (!verb || !verb->table)
		return NULL;
	for (keyword = verb->table->rows; keyword < verb->table->rows + verb->table->count;
	     keyword++) {
		name = keyword->attribute_name ? keyword->attribute_name : keyword->word;
		if (keyword->takes & verb->bit && strlen(name) == len &&
		    !memcmp(name, attribute, len))
			return keyword;
	}
	return NULL;
}

static const char *verb_phrase(const struct verb *verb, char *to, size_t size)
{
	snprintf(to, size, "%s%s%s", verb->object, verb->name ? " " : "",
		 verb->name ? verb->name : "");
	return to;
}

/* An unknown word: the nearest keyword, or else all that the verb takes. */
static int unknown(struct context *ctx, const char *word)
{
	const struct verb *verb = ctx->verb;
	const char *names[64], *nearest;
	char phrase[32], all[400] = "";
	size_t i, count = 0, used = 0;

	verb_phrase(verb, phrase, sizeof(phrase));
	for (i = 0; verb->table && i < verb->table->count; i++) {
		if (keyword_public(&verb->table->rows[i], verb->bit) &&
		    count < sizeof(names) / sizeof(names[0]))
			names[count++] = verb->table->rows[i].word;
	}
	if (!count)
		return complain(ctx, EXIT_USAGE, word, "nothing may follow %s", phrase);
	nearest = suggest(word, names, count);
	if (nearest)
		return complain(ctx, EXIT_USAGE, word, "not a keyword of %s; did you mean '%s'?",
				phrase, nearest);
	for (i = 0; i < count && used < sizeof(all); i++)
		used += snprintf(all + used, sizeof(all) - used, " %s", names[i]);
	return complain(ctx, EXIT_USAGE, word, "not a keyword of %s, which takes%s", phrase, all);
}

static int check_needs(struct context *ctx, const void *object)
{
	const struct verb *verb = ctx->verb;
	const struct keyword *keyword;
	char argument[DESCRIPTION_SIZE];

	for (keyword = verb->table->rows; keyword < verb->table->rows + verb->table->count;
	     keyword++) {
		if (keyword->needs & verb->bit && !keyword_given(keyword, object))
			return complain(ctx, EXIT_USAGE, NULL, "'%s %s' is missing: %s",
					keyword->word, keyword_argument(keyword, argument),
					keyword->text);
	}
	return EXIT_OK;
}

static int parse_value(struct context *ctx, const struct keyword *keyword, const char *value,
		       void *object)
{
	char values[DESCRIPTION_SIZE];
	struct fault fault;

	if (!value)
		return complain(ctx, EXIT_USAGE, keyword->word, "a value has to follow: %s",
				keyword_describe(keyword, values));
	if (keyword->type->parse(keyword, value, object, &fault))
		return complain(ctx, EXIT_USAGE, fault.word, "%s", fault.why);
	return EXIT_OK;
}

/**
 * keywords_parse - reads the words after a verb into an object
 * @ctx: the run; its verb has the keywords
 * @words: the words, up to NULL
 * @object: begins with `has`, which is set to what was given
 *
 * Return: EXIT_OK or EXIT_USAGE.
 */
int keywords_parse(struct context *ctx, char **words, void *object)
{
	const struct verb *verb = ctx->verb;
	const struct keyword *keyword;
	int err;

	for (; *words; words++) {
		if ((*words)[0] == '-' && (*words)[1]) {
			err = option_parse(ctx, *words);
			if (err)
				return err;
			continue;
		}
		keyword = verb->table ? keyword_find(verb->table, verb->bit, *words) : NULL;
		if (!keyword)
			return unknown(ctx, *words);
		if (keyword_given(keyword, object))
			return complain(ctx, EXIT_USAGE, *words, "given twice");
		*has_of(object) |= SECTUN_HAS(keyword->attribute);
		if (!keyword->type->parse)
			continue;
		err = parse_value(ctx, keyword, words[1], object);
		if (err)
			return err;
		words++;
	}
	return verb->table ? check_needs(ctx, object) : EXIT_OK;
}

static void word_print(const struct keyword *keyword, const void *object, FILE *out)
{
	fputs(keyword->word, out);
	if (keyword->type->parse) {
		fputc(' ', out);
		keyword->type->format(keyword, object, out);
	}
}

static bool is_shown(const struct context *ctx, const struct keyword *keyword, const void *object)
{
	if (!keyword->line || !keyword_given(keyword, object))
		return false;
	/* No device is not something to be told. */
	if (keyword->type == &device_type && !keyword_number(keyword, object))
		return false;
	return !keyword->quiet || ctx->details ||
	       keyword_number(keyword, object) != keyword->initial;
}

/* On one line if @indent is NULL. */
static void words_print(struct context *ctx, const struct keyword_table *table, const void *object,
			uint64_t without, const char *indent)
{
	const struct keyword *keyword;
	unsigned int line = 1;

	for (keyword = table->rows; keyword < table->rows + table->count; keyword++) {
		if (without & SECTUN_HAS(keyword->attribute) || !is_shown(ctx, keyword, object))
			continue;
		if (indent && keyword->line != line)
			fprintf(ctx->out, "\n%s", indent);
		else
			fputc(' ', ctx->out);
		line = keyword->line;
		word_print(keyword, object, ctx->out);
	}
}

/**
 * keywords_words - writes an object's members as words that could be typed, a space before each
 * @ctx: the run
 * @table: keywords of the object
 * @object: the object
 * @without: attributes to leave out, as in `has`
 */
void keywords_words(struct context *ctx, const struct keyword_table *table, const void *object,
		    uint64_t without)
{
	words_print(ctx, table, object, without, NULL);
}

/**
 * keywords_print - writes an object's members as words, on the lines that the table says
 * @ctx: the run
 * @table: keywords of the object
 * @object: the object
 * @without: attributes to leave out, as in `has`
 * @indent: goes before every line but the first, which continues the heading; the last line is
 *       ended
 */
void keywords_print(struct context *ctx, const struct keyword_table *table, const void *object,
		    uint64_t without, const char *indent)
{
	words_print(ctx, table, object, without, indent);
	fputc('\n', ctx->out);
}

/**
 * keyword_key - the JSON key of a keyword
 * @keyword: the keyword
 * @to: where
 * @size: octets of @to
 *
 * Return: @to.
 */
char *keyword_key(const struct keyword *keyword, char *to, size_t size)
{
	char *at;

	snprintf(to, size, "%s", keyword->word);
	for (at = to; *at; at++) {
		if (*at == '-')
			*at = '_';
	}
	return to;
}

/**
 * keywords_json - adds an object's members to JSON
 * @table: keywords of the object
 * @object: the object
 * @without: attributes to leave out, as in `has`
 * @to: the JSON object
 */
void keywords_json(const struct keyword_table *table, const void *object, uint64_t without,
		   struct json_object *to)
{
	const struct keyword *keyword;
	struct json_object *value;
	char key[32];

	for (keyword = table->rows; keyword < table->rows + table->count; keyword++) {
		if (!keyword->type->json || without & SECTUN_HAS(keyword->attribute))
			continue;
		if (!keyword_given(keyword, object) && keyword->type->parse)
			continue;
		value = keyword->type->json(keyword, object);
		if (value)
			json_object_object_add(to, keyword_key(keyword, key, sizeof(key)), value);
	}
}
