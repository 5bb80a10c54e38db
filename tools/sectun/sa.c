// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <json-c/json.h>
#include "alg.h"
#include "format.h"
#include "keyfile.h"
#include "sa.h"
#include "verb.h"

#define MEMBER(member) .offset = offsetof(struct sa_request, member), \
	.size = sizeof(((struct sa_request *)NULL)->member)
#define ATTRIBUTE(name) .attribute = SECTUN_A_SA_##name
#define EVERY (VERB_ADD | VERB_SET | VERB_DEL | VERB_SHOW)

/**
 * struct sa_request - an SA, and what only the command knows of it
 * @sa: the SA; tables made for this structure serve plain SAs as well
 * @key_file: where its key is
 */
struct sa_request {
	struct sectun_sa sa;
	const char *key_file;
};

static const struct range spi_range = {
	.min = 256, .max = UINT32_MAX, .hex = 8, .unit = "(0 to 255 are reserved)",
};
static const struct range replay_range = {
	.max = SECTUN_REPLAY_MAX, .unit = "packets, 0 being off",
};
static const struct range seq_range = { .max = UINT64_MAX };
static const struct range bytes_limit_range = { .min = 1, .max = UINT64_MAX, .unit = "octets" };
static const struct range packets_limit_range = { .min = 1, .max = UINT64_MAX, .unit = "packets" };
static const struct range time_limit_range = { .min = 1, .max = UINT32_MAX, .unit = "seconds" };
static const struct range count_range = { .max = UINT64_MAX };
static const struct range seconds_range = { .max = UINT64_MAX, .unit = "seconds" };

static const struct keyword sa_keywords[] = {
	{ .word = "dev", ATTRIBUTE(IFINDEX), .attribute_name = "ifindex", .type = &device_type,
	  MEMBER(sa.ifindex),
	  .argument = "DEV", .text = "the sectun device",
	  .takes = EVERY | VERB_FLUSH, .needs = (EVERY | VERB_FLUSH) & ~VERB_SHOW, .line = 1 },
	{ .word = "tunnel", ATTRIBUTE(TUNNEL), .type = &tunnel_type, MEMBER(sa.tunnel),
	  .argument = "NAME", .text = "the tunnel that the SA belongs to",
	  .takes = VERB_ADD | VERB_DEL | VERB_SHOW | VERB_FLUSH, .needs = VERB_ADD, .line = 1 },
	{ .word = "dir", ATTRIBUTE(DIR), .type = &enum_type, MEMBER(sa.dir),
	  .names = &sectun_dir_enum,
	  .text = "in receives, out transmits",
	  .takes = EVERY, .needs = EVERY & ~VERB_SHOW, .line = 1 },
	{ .word = "proto", ATTRIBUTE(PROTO), .type = &enum_type, MEMBER(sa.proto),
	  .names = &sectun_proto_enum,
	  .text = "the security protocol; without it, esp",
	  .takes = EVERY, .line = 1 },
	{ .word = "spi", ATTRIBUTE(SPI), .type = &number_type, MEMBER(sa.spi), .range = &spi_range,
	  .argument = "SPI", .text = "security parameters index, in hexadecimal or decimal",
	  .takes = EVERY, .needs = EVERY & ~VERB_SHOW, .line = 1 },
	{ .word = "alg", ATTRIBUTE(ALG), .type = &text_type, MEMBER(sa.alg),
	  .argument = "ALG", .text = "the algorithm; sectun alg list shows all",
	  .takes = VERB_ADD, .needs = VERB_ADD, .line = 1 },
	{ .word = "key-file", ATTRIBUTE(KEY), .attribute_name = "key", .type = &path_type,
	  MEMBER(key_file),
	  .argument = "FILE",
	  .text = "KEYMAT in hexadecimal: encryption key, salt, integrity key; - is standard input",
	  .takes = VERB_ADD, .needs = VERB_ADD },
	{ .word = "key", .attribute = KEYWORD_LOCAL, .type = &secret_type, .takes = VERB_ADD },
	{ .word = "allow-static", ATTRIBUTE(ALLOW_STATIC), .type = &flag_type,
	  MEMBER(sa.allow_static),
	  .text = "dir out: the key is fixed, and will not outlive this SA",
	  .takes = VERB_ADD, .line = 1 },
	{ .word = "legacy", ATTRIBUTE(LEGACY), .type = &consent_type, MEMBER(sa.legacy),
	  .text = "the algorithm may be one that should not be chosen, for a peer that has no other",
	  .takes = VERB_ADD },
	{ .word = "esn", ATTRIBUTE(ESN), .type = &switch_type, MEMBER(sa.esn),
	  .argument = "on|off", .text = "64-bit sequence numbers",
	  .takes = VERB_ADD, .initial = 0, .quiet = true, .line = 1 },
	{ .word = "replay", ATTRIBUTE(REPLAY), .type = &number_type, MEMBER(sa.replay),
	  .range = &replay_range,
	  .argument = "SIZE", .text = "dir in: size of the replay window",
	  .takes = VERB_ADD, .initial = 4096, .quiet = true, .line = 1 },
	{ .word = "follow", ATTRIBUTE(FOLLOW), .type = &switch_type, MEMBER(sa.follow),
	  .argument = "on|off",
	  .text = "dir in: the tunnel goes where the peer is seen, with encap udp",
	  .takes = VERB_ADD, .initial = 0, .quiet = true, .line = 1 },
	{ .word = "state", ATTRIBUTE(STATE), .type = &enum_type, MEMBER(sa.state),
	  .names = &sectun_sa_state_enum,
	  .initial = SECTUN_SA_STATE_ACTIVE, .quiet = true, .line = 1 },
	{ .word = "seq", ATTRIBUTE(SEQ), .type = &number_type, MEMBER(sa.seq), .range = &seq_range,
	  .argument = "NUMBER",
	  .text = "dir out: the last number used; dir in: the top of the replay window",
	  .takes = VERB_ADD | VERB_SET, .needs = VERB_SET, .line = 2 },
	{ .word = "driver", ATTRIBUTE(DRIVER), .type = &text_type, MEMBER(sa.driver), .line = 2 },
	{ .word = "soft-bytes", ATTRIBUTE(SOFT_BYTES), .type = &number_type, MEMBER(sa.soft_bytes),
	  .range = &bytes_limit_range,
	  .argument = "OCTETS", .text = "octets under the cipher after which it is time to rekey",
	  .takes = VERB_ADD, .line = 3 },
	{ .word = "hard-bytes", ATTRIBUTE(HARD_BYTES), .type = &number_type, MEMBER(sa.hard_bytes),
	  .range = &bytes_limit_range,
	  .argument = "OCTETS", .text = "octets under the cipher past which nothing more is carried",
	  .takes = VERB_ADD, .line = 3 },
	{ .word = "soft-packets", ATTRIBUTE(SOFT_PACKETS), .type = &number_type, MEMBER(sa.soft_packets),
	  .range = &packets_limit_range,
	  .argument = "PACKETS", .text = "packets after which it is time to rekey",
	  .takes = VERB_ADD, .line = 3 },
	{ .word = "hard-packets", ATTRIBUTE(HARD_PACKETS), .type = &number_type, MEMBER(sa.hard_packets),
	  .range = &packets_limit_range,
	  .argument = "PACKETS", .text = "packets past which nothing more is carried",
	  .takes = VERB_ADD, .line = 3 },
	{ .word = "soft-time", ATTRIBUTE(SOFT_TIME), .type = &number_type, MEMBER(sa.soft_time),
	  .range = &time_limit_range,
	  .argument = "SECONDS", .text = "seconds after which it is time to rekey",
	  .takes = VERB_ADD, .line = 3 },
	{ .word = "hard-time", ATTRIBUTE(HARD_TIME), .type = &number_type, MEMBER(sa.hard_time),
	  .range = &time_limit_range,
	  .argument = "SECONDS", .text = "seconds after which nothing more is carried",
	  .takes = VERB_ADD, .line = 3 },
	{ .word = "used-bytes", ATTRIBUTE(USED_BYTES), .type = &number_type, MEMBER(sa.used_bytes),
	  .range = &count_range, .line = 3 },
	{ .word = "used-packets", ATTRIBUTE(USED_PACKETS), .type = &number_type, MEMBER(sa.used_packets),
	  .range = &count_range, .line = 3 },
	{ .word = "age", ATTRIBUTE(AGE), .type = &number_type, MEMBER(sa.age),
	  .range = &seconds_range },
	{ .word = "idle", ATTRIBUTE(IDLE), .type = &number_type, MEMBER(sa.idle),
	  .range = &seconds_range },
	{ .word = "lost", ATTRIBUTE(LOST), .type = &number_type, MEMBER(sa.lost),
	  .range = &count_range },
	{ .word = "late", ATTRIBUTE(LATE), .type = &number_type, MEMBER(sa.late),
	  .range = &count_range },
	{ .word = "late-max", ATTRIBUTE(LATE_MAX), .type = &number_type, MEMBER(sa.late_max),
	  .range = &count_range },
};

const struct keyword_table sa_table = { sa_keywords, sizeof(sa_keywords) / sizeof(sa_keywords[0]) };

static bool given(const struct sectun_sa *sa, unsigned int attribute)
{
	return sa->has & SECTUN_HAS(attribute);
}

static int request_check(struct context *ctx, struct sectun_sa *sa)
{
	sa->legacy = given(sa, SECTUN_A_SA_LEGACY);
	if (sa->dir == SECTUN_DIR_IN) {
		sa->has &= ~SECTUN_HAS(SECTUN_A_SA_ALLOW_STATIC);
		return EXIT_OK;
	}
	if (given(sa, SECTUN_A_SA_REPLAY))
		return complain(ctx, EXIT_USAGE, "replay", "only dir in has a replay window");
	if (given(sa, SECTUN_A_SA_FOLLOW))
		return complain(ctx, EXIT_USAGE, "follow", "only dir in sees where the peer is");
	sa->allow_static = given(sa, SECTUN_A_SA_ALLOW_STATIC);
	return EXIT_OK;
}

/*
 * The kernel knows which algorithms a fixed key breaks and which should not be chosen, and refuses
 * them; why it does is told here.
 */
static int add_refused(struct context *ctx, const struct sectun_sa *sa, int err, bool known)
{
	const char *attribute = sectun_error_attribute(ctx->handle);

	if (attribute && !strcmp(attribute, "allow-static"))
		return complain(ctx, EXIT_REFUSED, NULL,
				"dir out with %s needs 'allow-static': its nonces are counted, and "
				"a key from a file repeats them after a restart, which reveals what "
				"it protects; say allow-static if every start gets a fresh key",
				sa->alg);
	if (attribute && !strcmp(attribute, "legacy"))
		return complain(ctx, EXIT_REFUSED, NULL,
				"%s needs 'legacy': 3DES should not be used, and SHA-1 will go (RFC "
				"8221 sections 5 and 6); say legacy if the peer has nothing better",
				sa->alg);
	if (attribute && !strcmp(attribute, "alg") && err == -ENOENT && !known)
		return alg_unknown(ctx, sa->alg);
	return refused(ctx);
}

/* Between keyfile_read() and keyfile_wipe(). */
static int install(struct context *ctx, struct sa_request *request, const struct key *key)
{
	bool known;
	int err;

	err = connect_kernel(ctx);
	if (!err)
		err = alg_check(ctx, &request->sa, request->key_file, key->len, &known);
	if (err)
		return err;
	request->sa.key = key->octets;
	request->sa.key_len = key->len;
	err = sectun_sa_new(ctx->handle, &request->sa);
	if (err)
		return add_refused(ctx, &request->sa, err, known);
	if (sectun_warning(ctx->handle))
		remark(ctx, "%s", sectun_warning(ctx->handle));
	return EXIT_OK;
}

int sa_add_run(struct context *ctx, char **words)
{
	struct sa_request request = { 0 };
	struct key key;
	int err;

	err = keywords_parse(ctx, words, &request);
	if (!err)
		err = request_check(ctx, &request.sa);
	if (err)
		return err;
	err = keyfile_read(ctx, request.key_file, &key);
	if (!err)
		err = install(ctx, &request, &key);
	keyfile_wipe(&key);
	return err;
}

static int request_run(struct context *ctx, char **words,
		       int (*request)(struct sectun *, const struct sectun_sa *))
{
	struct sa_request sa = { 0 };
	int err;

	err = keywords_parse(ctx, words, &sa);
	if (!err)
		err = connect_kernel(ctx);
	if (!err && request(ctx->handle, &sa.sa))
		err = refused(ctx);
	return err;
}

int sa_set_run(struct context *ctx, char **words)
{
	return request_run(ctx, words, sectun_sa_set);
}

int sa_del_run(struct context *ctx, char **words)
{
	return request_run(ctx, words, sectun_sa_del);
}

static int flush(struct sectun *handle, const struct sectun_sa *sa)
{
	return sectun_flush(handle, sa->ifindex, given(sa, SECTUN_A_SA_TUNNEL) ? sa->tunnel : NULL);
}

int sa_flush_run(struct context *ctx, char **words)
{
	return request_run(ctx, words, flush);
}

/* When it was installed and used, and the traffic unless it follows in full. */
static void summary_print(struct context *ctx, const struct sectun_sa *sa, const char *indent)
{
	const char *separator = indent;
	char ago[AGO_SIZE];

	if (given(sa, SECTUN_A_SA_AGE)) {
		fprintf(ctx->out, "%sinstalled %s", separator, ago_format(sa->age, ago));
		separator = ", ";
	}
	if (given(sa, SECTUN_A_SA_IDLE)) {
		fprintf(ctx->out, "%slast packet %s", separator, ago_format(sa->idle, ago));
		separator = ", ";
	}
	if (!ctx->statistics && given(sa, SECTUN_A_SA_STATS)) {
		fputs(separator, ctx->out);
		stats_print_brief(ctx, &sa->stats);
		separator = ", ";
	}
	if (separator != indent)
		fputc('\n', ctx->out);
}

/* What the replay window tells of the path; all was well where nothing is written. */
static void loss_print(struct context *ctx, const struct sectun_sa *sa, const char *indent)
{
	size_t i;

	if (sa->lost)
		fprintf(ctx->out, "%slost %" PRIu64 " packet%s on the way\n", indent, sa->lost,
			sa->lost == 1 ? "" : "s");
	if (!sa->late)
		return;
	fprintf(ctx->out, "%slate %" PRIu64 " packet%s, behind by", indent, sa->late,
		sa->late == 1 ? "" : "s");
	for (i = 0; i < sa->late_by_count; i++)
		fprintf(ctx->out, " %" PRIu32 "+: %" PRIu64 ",", sa->late_by[i].behind,
			sa->late_by[i].packets);
	fprintf(ctx->out, " at most %" PRIu32 "\n", sa->late_max);
}

static struct json_object *late_by_json(const struct sectun_sa *sa)
{
	struct json_object *array = json_object_new_array(), *entry;
	size_t i;

	for (i = 0; i < sa->late_by_count; i++) {
		entry = json_object_new_object();
		json_object_object_add(entry, "behind",
				       json_object_new_uint64(sa->late_by[i].behind));
		json_object_object_add(entry, "packets",
				       json_object_new_uint64(sa->late_by[i].packets));
		json_object_array_add(array, entry);
	}
	return array;
}

/**
 * sa_print - writes an SA for people
 * @ctx: the run
 * @sa: the SA
 * @without: attributes to leave out, as in `has`
 * @indent: goes before each line
 */
void sa_print(struct context *ctx, const struct sectun_sa *sa, uint64_t without, const char *indent)
{
	char deeper[16];

	snprintf(deeper, sizeof(deeper), "%s    ", indent);
	fputs(indent, ctx->out);
	print_coloured(ctx, COLOUR_NAME, "sa");
	keywords_print(ctx, &sa_table, sa, without, deeper);

	summary_print(ctx, sa, deeper);
	if (ctx->statistics) {
		stats_print(ctx, &sa->stats, deeper);
		loss_print(ctx, sa, deeper);
	}
}

/**
 * sa_json - writes an SA for programs
 * @sa: the SA
 * @without: attributes to leave out, as in `has`
 *
 * Return: a new JSON object.
 */
struct json_object *sa_json(const struct sectun_sa *sa, uint64_t without)
{
	struct json_object *object = json_object_new_object();

	keywords_json(&sa_table, sa, without, object);
	if (given(sa, SECTUN_A_SA_LATE_BY))
		json_object_object_add(object, "late_by", late_by_json(sa));
	if (given(sa, SECTUN_A_SA_STATS))
		stats_json(&sa->stats, object);
	return object;
}

static bool matches(const struct sectun_sa *sa, const struct sectun_sa *filter)
{
	return (!given(filter, SECTUN_A_SA_TUNNEL) || !strcmp(sa->tunnel, filter->tunnel)) &&
	       (!given(filter, SECTUN_A_SA_DIR) || sa->dir == filter->dir) &&
	       (!given(filter, SECTUN_A_SA_PROTO) || sa->proto == filter->proto) &&
	       (!given(filter, SECTUN_A_SA_SPI) || sa->spi == filter->spi);
}

static int list_print(struct context *ctx, const struct sectun_sa *list, size_t count,
		      const struct sectun_sa *filter)
{
	struct json_object *array = ctx->json ? json_object_new_array() : NULL;
	size_t i, shown = 0;
	char spi[16];

	for (i = 0; i < count; i++) {
		if (!matches(&list[i], filter))
			continue;
		shown++;
		if (array)
			json_object_array_add(array, sa_json(&list[i], 0));
		else
			sa_print(ctx, &list[i], 0, "");
	}
	if (array)
		json_print(ctx, array);
	if (shown || !given(filter, SECTUN_A_SA_SPI))
		return EXIT_OK;
	snprintf(spi, sizeof(spi), "0x%08x", filter->spi);
	return complain(ctx, EXIT_REFUSED, spi, "there is no SA of this SPI");
}

int sa_show_run(struct context *ctx, char **words)
{
	struct sa_request filter = { 0 };
	struct sectun_sa *list;
	size_t count;
	int err;

	err = keywords_parse(ctx, words, &filter);
	if (!err)
		err = connect_kernel(ctx);
	if (err)
		return err;
	if (sectun_sa_list(ctx->handle, filter.sa.ifindex, &list, &count))
		return refused(ctx);
	err = list_print(ctx, list, count, &filter.sa);
	sectun_sa_list_free(list, count);
	return err;
}
