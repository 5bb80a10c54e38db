/* SPDX-License-Identifier: MIT */
/*
 * Keywords: the words that may follow a verb, and what they mean.
 *
 * One table per object (tunnel.c, sa.c, alg.c) says how a keyword is read, written and explained.
 * Parsing, text, JSON, help and completion all come from it: to add a keyword, add a row.
 */
#ifndef SECTUN_KEYWORD_H
#define SECTUN_KEYWORD_H

#include "context.h"
#include "value.h"

struct json_object;
struct keyword;

/* A row's attribute if it stands for something that is not sent; higher than every attribute. */
#define KEYWORD_LOCAL 63

/**
 * struct value_type - how a kind of value is read and written
 * @parse: reads @text into the member; returns 0, or -1 with @fault set; NULL: the keyword is a
 *       flag
 * @format: writes the member as @parse reads it
 * @json: the member as JSON
 * @describe: what the value may be, for help and complaints
 * @complete: candidates for completion, one a line; NULL: none
 */
struct value_type {
	int (*parse)(const struct keyword *keyword, const char *text, void *object,
		     struct fault *fault);
	void (*format)(const struct keyword *keyword, const void *object, FILE *out);
	struct json_object *(*json)(const struct keyword *keyword, const void *object);
	void (*describe)(const struct keyword *keyword, FILE *out);
	void (*complete)(const struct keyword *keyword, struct context *ctx);
};

/**
 * struct symbol - a word that stands for a number
 * @word: the word
 * @number: the number
 */
struct symbol {
	const char *word;
	uint64_t number;
};

/**
 * struct range - what numbers a keyword takes
 * @min: smallest
 * @max: largest
 * @symbols: words beside the numbers, up to one without a word; or NULL. They may lie outside of
 *       the range.
 * @unit: what is counted, for help; or NULL
 * @hex: digits to write it with in hexadecimal; 0: it is written in decimal
 */
struct range {
	uint64_t min;
	uint64_t max;
	const struct symbol *symbols;
	const char *unit;
	int hex;
};

/**
 * struct keyword - one keyword of an object
 * @word: the word; in JSON, - is written _
 * @attribute: bit of the object's `has`, and the attribute whose refusal is about this word
 * @attribute_name: name of that attribute, where it is not @word
 * @type: how its value is read and written
 * @offset: of the member in the object
 * @size: octets of the member
 * @range: of number_type
 * @names: of enum_type
 * @argument: the value's name in help, where words do not say it all
 * @text: what it is, in a sentence; NULL: nobody is told of it
 * @takes: the verbs that take it, a set of enum verb_bit
 * @needs: the verbs that need it
 * @initial: the value it has when it is not given
 * @quiet: text does not show it when it has @initial
 * @line: text shows it on this line, from 1; 0: not at all
 */
struct keyword {
	const char *word;
	unsigned int attribute;
	const char *attribute_name;
	const struct value_type *type;
	size_t offset;
	size_t size;
	const struct range *range;
	const struct sectun_enum *names;
	const char *argument;
	const char *text;
	unsigned int takes;
	unsigned int needs;
	uint64_t initial;
	bool quiet;
	unsigned int line;
};

extern const struct value_type number_type;
extern const struct value_type switch_type;
extern const struct value_type enum_type;
extern const struct value_type flag_type;
extern const struct value_type consent_type;
extern const struct value_type secret_type;
extern const struct value_type text_type;
extern const struct value_type path_type;
extern const struct value_type tunnel_type;
extern const struct value_type device_type;
extern const struct value_type address_type;
extern const struct value_type ts_type;

/**
 * struct keyword_table - the keywords of an object
 * @rows: the keywords
 * @count: number of them
 */
struct keyword_table {
	const struct keyword *rows;
	size_t count;
};

/* Room for what a value may be. */
#define DESCRIPTION_SIZE 160

uint64_t keyword_number(const struct keyword *keyword, const void *object);
void keyword_number_set(const struct keyword *keyword, void *object, uint64_t number);
const char *keyword_argument(const struct keyword *keyword, char to[DESCRIPTION_SIZE]);
const char *keyword_describe(const struct keyword *keyword, char to[DESCRIPTION_SIZE]);
bool keyword_public(const struct keyword *keyword, unsigned int verb);
bool keyword_given(const struct keyword *keyword, const void *object);
const struct keyword *keyword_find(const struct keyword_table *table, unsigned int verb,
				   const char *word);
const struct keyword *keyword_of_attribute(const struct verb *verb, const char *attribute);
int keywords_parse(struct context *ctx, char **words, void *object);

void keywords_words(struct context *ctx, const struct keyword_table *table, const void *object,
		    uint64_t without);
void keywords_print(struct context *ctx, const struct keyword_table *table, const void *object,
		    uint64_t without, const char *indent);
void keywords_json(const struct keyword_table *table, const void *object, uint64_t without,
		   struct json_object *to);
char *keyword_key(const struct keyword *keyword, char *to, size_t size);

#endif
