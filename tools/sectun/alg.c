// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>
#include "alg.h"
#include "format.h"
#include "keyfile.h"
#include "keyword.h"
#include "suggest.h"

#define MEMBER(member) .offset = offsetof(struct sectun_alg, member), \
	.size = sizeof(((struct sectun_alg *)NULL)->member)
#define ATTRIBUTE(name) .attribute = SECTUN_A_ALG_##name

static const struct range number_range = { .max = UINT16_MAX };

#define NUMBER(name, ATTR, member) \
	{ .word = (name), ATTRIBUTE(ATTR), .type = &number_type, MEMBER(member), \
	  .range = &number_range }
#define TEXT(name, ATTR, member) \
	{ .word = (name), ATTRIBUTE(ATTR), .type = &text_type, MEMBER(member) }

/* Nothing here is taken by a verb: the rows are the keys of `alg list`. */
static const struct keyword alg_keywords[] = {
	TEXT("name", NAME, name),
	{ .word = "proto", ATTRIBUTE(PROTO), .type = &enum_type, MEMBER(proto),
	  .names = &sectun_proto_enum },
	NUMBER("keymat", KEYMAT, keymat),
	NUMBER("key", KEY, key),
	NUMBER("salt", SALT, salt),
	NUMBER("iv", IV, iv),
	NUMBER("icv", ICV, icv),
	NUMBER("block", BLOCK, block),
	NUMBER("id", ID, id),
	NUMBER("integ-id", INTEG_ID, integ_id),
	TEXT("crypto-name", CRYPTO_NAME, crypto_name),
	TEXT("driver", DRIVER, driver),
	{ .word = "legacy", ATTRIBUTE(LEGACY), .type = &flag_type, MEMBER(legacy) },
};

static const struct keyword_table alg_table = {
	alg_keywords, sizeof(alg_keywords) / sizeof(alg_keywords[0]),
};

static uint8_t proto_of(const struct sectun_sa *sa)
{
	return sa->has & SECTUN_HAS(SECTUN_A_SA_PROTO) ? sa->proto : SECTUN_PROTO_ESP;
}

/**
 * alg_keymat_describe - writes of what an algorithm's KEYMAT consists
 * @alg: the algorithm
 * @to: is set to such as "36 (key 32 and salt 4)", or to the sum alone
 * @size: octets of @to
 *
 * Return: @to.
 */
const char *alg_keymat_describe(const struct sectun_alg *alg, char *to, size_t size)
{
	const struct {
		const char *name;
		unsigned int octets;
	} parts[] = {
		{ "key", alg->key },
		{ "salt", alg->salt },
		{ "integrity key", alg->keymat - alg->key - alg->salt },
	};
	size_t i, used = snprintf(to, size, "%u", alg->keymat);
	const char *before = " (";

	if (!(alg->has & SECTUN_HAS(SECTUN_A_ALG_KEY)) || alg->key + alg->salt > alg->keymat)
		return to;
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!parts[i].octets || used >= size)
			continue;
		used += snprintf(to + used, size - used, "%s%s %u", before, parts[i].name,
				 parts[i].octets);
		before = " and ";
	}
	if (before[0] == ' ' && before[1] == 'a' && used < size)
		snprintf(to + used, size - used, ")");
	return to;
}

/* Asks the kernel for its table, unless it is there. */
static int table_get(struct context *ctx)
{
	if (!ctx->algs && sectun_alg_table(ctx->handle, &ctx->algs, &ctx->alg_count))
		return refused(ctx);
	return EXIT_OK;
}

static const struct sectun_alg *find(const struct context *ctx, const struct sectun_sa *sa)
{
	const struct sectun_alg *other = NULL;
	size_t i;

	for (i = 0; i < ctx->alg_count; i++) {
		if (strcmp(ctx->algs[i].name, sa->alg))
			continue;
		if (ctx->algs[i].proto == proto_of(sa))
			return &ctx->algs[i];
		other = &ctx->algs[i];
	}
	return other;
}

static int check(struct context *ctx, const struct sectun_alg *alg, const struct sectun_sa *sa,
		 const char *key_file, size_t key_len)
{
	char file[128], keymat[80];

	/* An algorithm of the other protocol is the kernel's to refuse: it knows why. */
	if (alg->proto != proto_of(sa) || alg->keymat == key_len)
		return EXIT_OK;
	return complain(ctx, EXIT_REFUSED, NULL, "%s: %zu octets, %s takes %s",
			keyfile_name(key_file, file, sizeof(file)), key_len, alg->name,
			alg_keymat_describe(alg, keymat, sizeof(keymat)));
}

/**
 * alg_check - compares a key with what its algorithm takes
 * @ctx: the run, connected
 * @sa: has the algorithm; one that the kernel does not have is left for it to refuse
 * @key_file: where the key is from
 * @key_len: octets of the key
 * @known: is set to whether the kernel's table has the algorithm
 *
 * Return: EXIT_OK or EXIT_REFUSED.
 */
int alg_check(struct context *ctx, const struct sectun_sa *sa, const char *key_file, size_t key_len,
	      bool *known)
{
	const struct sectun_alg *alg;
	int err = table_get(ctx);

	if (err)
		return err;
	alg = find(ctx, sa);
	*known = alg;
	return alg ? check(ctx, alg, sa, key_file, key_len) : EXIT_OK;
}

/**
 * alg_unknown - says that there is no such algorithm, and which may have been meant
 * @ctx: the run, connected
 * @word: the algorithm
 *
 * Return: EXIT_REFUSED.
 */
int alg_unknown(struct context *ctx, const char *word)
{
	const char **names, *nearest = NULL;
	size_t i;

	if (table_get(ctx))
		return EXIT_REFUSED;
	names = calloc(ctx->alg_count + 1, sizeof(*names));
	for (i = 0; names && i < ctx->alg_count; i++)
		names[i] = ctx->algs[i].name;
	if (names)
		nearest = suggest(word, names, ctx->alg_count);
	free(names);
	if (nearest)
		return complain(ctx, EXIT_REFUSED, word, "no such algorithm; did you mean '%s'?",
				nearest);
	return complain(ctx, EXIT_REFUSED, word, "no such algorithm; sectun alg list shows all");
}

/* Columns are as wide as the widest entry. */
struct widths {
	int name;
	int keymat;
};

static struct widths widths_of(const struct sectun_alg *list, size_t count)
{
	struct widths widths = { 0 };
	char keymat[80];
	size_t i;
	int len;

	for (i = 0; i < count; i++) {
		len = strlen(list[i].name);
		widths.name = len > widths.name ? len : widths.name;
		len = strlen(alg_keymat_describe(&list[i], keymat, sizeof(keymat)));
		widths.keymat = len > widths.keymat ? len : widths.keymat;
	}
	return widths;
}

/* One of IANA's numbers in its column; 0: blank. */
static void number_print(struct context *ctx, const char *what, uint16_t number)
{
	int width = strlen(what) + 3;

	if (number)
		fprintf(ctx->out, "  %s %-2u", what, number);
	else
		fprintf(ctx->out, "  %*s", width, "");
}

static void print(struct context *ctx, const struct sectun_alg *alg, struct widths widths)
{
	char keymat[80];

	fprintf(ctx->out, "%-*s  %-3s", widths.name, alg->name,
		sectun_enum_name(&sectun_proto_enum, alg->proto));
	number_print(ctx, "encr", alg->id);
	number_print(ctx, "integ", alg->integ_id);
	fprintf(ctx->out, "  iv %-2u  icv %-2u  keymat %-*s  ", alg->iv, alg->icv, widths.keymat,
		alg_keymat_describe(alg, keymat, sizeof(keymat)));
	if (alg->driver[0])
		print_coloured(ctx, COLOUR_GOOD, alg->driver);
	else
		print_coloured(ctx, COLOUR_BAD, "no driver");
	if (!alg->driver[0] && alg->crypto_name[0])
		fprintf(ctx->out, " for %s", alg->crypto_name);
	if (alg->legacy)
		print_coloured(ctx, COLOUR_BAD, " legacy");
	fputc('\n', ctx->out);
}

static void list_print(struct context *ctx, const struct sectun_alg *list, size_t count)
{
	struct widths widths = widths_of(list, count);
	size_t i;

	for (i = 0; i < count; i++)
		print(ctx, &list[i], widths);
}

static void list_json(struct context *ctx, const struct sectun_alg *list, size_t count)
{
	struct json_object *array = json_object_new_array(), *object;
	size_t i;

	for (i = 0; i < count; i++) {
		object = json_object_new_object();
		keywords_json(&alg_table, &list[i], 0, object);
		json_object_array_add(array, object);
	}
	json_print(ctx, array);
}

int alg_list_run(struct context *ctx, char **words)
{
	struct sectun_alg *list;
	size_t count;
	uint64_t nothing = 0;
	int err;

	err = keywords_parse(ctx, words, &nothing);
	if (!err)
		err = connect_kernel(ctx);
	if (err)
		return err;
	if (sectun_alg_list(ctx->handle, &list, &count))
		return refused(ctx);
	if (ctx->json)
		list_json(ctx, list, count);
	else
		list_print(ctx, list, count);
	sectun_alg_list_free(list, count);
	return EXIT_OK;
}
