// SPDX-License-Identifier: MIT
#include <string.h>
#include <json-c/json.h>
#include "format.h"
#include "ike_show.h"

static struct json_object *member(struct json_object *object, const char *key)
{
	return json_object_is_type(object, json_type_object) ?
		       json_object_object_get(object, key) : NULL;
}

/* "" for what is not there; what a peer sent in it was made printable by the helper. */
static const char *text(struct json_object *object, const char *key)
{
	struct json_object *value = member(object, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

static uint64_t seconds(struct json_object *object, const char *key)
{
	int64_t ms = json_object_get_int64(member(object, key));

	return ms > 0 ? ms / 1000 : 0;
}

static size_t length(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

static void field(FILE *out, struct json_object *object, const char *key, const char *before)
{
	if (*text(object, key))
		fprintf(out, "%s%s", before, text(object, key));
}

static void state_print(struct context *ctx, struct json_object *object)
{
	const char *state = text(object, "state");

	print_coloured(ctx, strcmp(state, "up") ? COLOUR_BAD : COLOUR_GOOD, state);
}

static void child_print(struct context *ctx, struct json_object *child)
{
	char ago[AGO_SIZE];

	fputs("    tunnel ", ctx->out);
	print_coloured(ctx, COLOUR_NAME, text(child, "name"));
	fputc(' ', ctx->out);
	state_print(ctx, child);
	fprintf(ctx->out, " %s", duration_format(seconds(child, "since-ms"), ago));
	field(ctx->out, child, "algorithms", " ");
	field(ctx->out, child, "mode", " ");
	field(ctx->out, child, "local-ts", " ");
	field(ctx->out, child, "remote-ts", " to ");
	if (ctx->details) {
		field(ctx->out, child, "spi-in", " in ");
		field(ctx->out, child, "spi-out", " out ");
		if (member(child, "rekey-in-ms"))
			fprintf(ctx->out, " rekey in %s",
				duration_format(seconds(child, "rekey-in-ms"), ago));
	}
	fputc('\n', ctx->out);
}

static void sa_print(struct context *ctx, struct json_object *sa)
{
	struct json_object *children = member(sa, "children");
	char ago[AGO_SIZE];
	size_t i;

	fputs("  ike ", ctx->out);
	state_print(ctx, sa);
	fprintf(ctx->out, " %s", duration_format(seconds(sa, "since-ms"), ago));
	field(ctx->out, sa, "role", " ");
	field(ctx->out, sa, "local", " ");
	field(ctx->out, sa, "remote", " to ");
	field(ctx->out, sa, "remote-id", " id ");
	field(ctx->out, sa, "algorithms", " ");
	field(ctx->out, sa, "nat", " nat ");
	if (ctx->details && member(sa, "rekey-in-ms"))
		fprintf(ctx->out, " rekey in %s",
			duration_format(seconds(sa, "rekey-in-ms"), ago));
	fputc('\n', ctx->out);
	for (i = 0; i < length(children); i++)
		child_print(ctx, json_object_array_get_idx(children, i));
}

/**
 * ike_record_print - writes why something failed
 * @out: where to
 * @record: the record
 * @indent: what its further lines begin with
 */
void ike_record_print(FILE *out, struct json_object *record, const char *indent)
{
	static const char *const keys[] = { "ours", "theirs", "nearest", "edit" };
	char ago[AGO_SIZE];
	int64_t times = json_object_get_int64(member(record, "times"));
	size_t i;

	fprintf(out, "%s", ago_format(seconds(record, "age-ms"), ago));
	if (times > 1)
		fprintf(out, ", %lld times", (long long)times);
	fprintf(out, ": %s", text(record, "stage"));
	field(out, record, "child", " tunnel ");
	field(out, record, "refused-by", " refused by ");
	fprintf(out, " (%s): %s\n", text(record, "code"), text(record, "text"));
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (*text(record, keys[i]))
			fprintf(out, "%s%-8s %s\n", indent, keys[i], text(record, keys[i]));
	}
}

/**
 * ike_peers_print - writes who is up, since when and with what
 * @ctx: the run
 * @status: what the helper says
 */
void ike_peers_print(struct context *ctx, struct json_object *status)
{
	struct json_object *peers = member(status, "peers"), *peer, *sas;
	size_t i, j;

	for (i = 0; i < length(peers); i++) {
		peer = json_object_array_get_idx(peers, i);
		sas = member(peer, "ike-sas");
		fputs("peer ", ctx->out);
		print_coloured(ctx, COLOUR_NAME, text(peer, "name"));
		fputc(' ', ctx->out);
		state_print(ctx, peer);
		fputc('\n', ctx->out);
		for (j = 0; j < length(sas); j++)
			sa_print(ctx, json_object_array_get_idx(sas, j));
		if (member(peer, "last-failure")) {
			fputs("  last failure ", ctx->out);
			ike_record_print(ctx->out, member(peer, "last-failure"), "    ");
		}
	}
}

/**
 * ike_records_print - writes what failed last
 * @ctx: the run
 * @why: what the helper says
 */
void ike_records_print(struct context *ctx, struct json_object *why)
{
	struct json_object *records = member(why, "records");
	size_t i;

	if (!length(records))
		fputs("nothing has failed\n", ctx->out);
	for (i = 0; i < length(records); i++)
		ike_record_print(ctx->out, json_object_array_get_idx(records, i), "    ");
}

/**
 * ike_changes_print - writes what a configuration changes, or would
 * @ctx: the run
 * @answer: what the helper says
 */
void ike_changes_print(struct context *ctx, struct json_object *answer)
{
	struct json_object *changes = member(answer, "changes"), *change;
	size_t i;

	for (i = 0; i < length(changes); i++) {
		change = json_object_array_get_idx(changes, i);
		fprintf(ctx->out, "%c %s %s", strcmp(text(change, "change"), "added") ? '-' : '+',
			text(change, "kind"), text(change, "name"));
		field(ctx->out, change, "setting", ": ");
		fputc('\n', ctx->out);
	}
}
