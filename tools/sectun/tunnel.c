// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>
#include "dscp.h"
#include "format.h"
#include "tunnel.h"
#include "verb.h"

#define CHANGES (VERB_ADD | VERB_SET)
#define MEMBER(member) .offset = offsetof(struct sectun_tunnel, member), \
	.size = sizeof(((struct sectun_tunnel *)NULL)->member)
#define ATTRIBUTE(name) .attribute = SECTUN_A_TUNNEL_##name

static const struct symbol dscp_symbols[] = { { "copy", SECTUN_DSCP_COPY }, { 0 } };
static const struct symbol ttl_symbols[] = { { "copy", SECTUN_TTL_COPY }, { 0 } };
static const struct symbol mss_symbols[] = { { "auto", SECTUN_MSS_AUTO }, { "off", 0 }, { 0 } };
static const struct symbol off_symbols[] = { { "off", 0 }, { 0 } };

static const struct range port_range = { .min = 1, .max = UINT16_MAX };
static const struct range dscp_range = { .max = SECTUN_DSCP_COUNT - 1, .symbols = dscp_symbols };
static const struct range ttl_range = { .min = 1, .max = UINT8_MAX, .symbols = ttl_symbols };
static const struct range tfc_range = { .max = UINT16_MAX, .unit = "octets" };
static const struct range dummy_range = { .max = 10000, .unit = "packets a second" };
static const struct range mss_range = {
	.min = 1, .max = SECTUN_MSS_AUTO - 1, .symbols = mss_symbols, .unit = "octets",
};
static const struct range mark_range = { .max = UINT32_MAX, .hex = 1 };
static const struct range keepalive_range = {
	.min = 1, .max = UINT16_MAX, .symbols = off_symbols, .unit = "seconds",
};
static const struct range count_range = { .max = UINT32_MAX };

static const struct keyword tunnel_keywords[] = {
	{ .word = "dev", ATTRIBUTE(IFINDEX), .attribute_name = "ifindex", .type = &device_type,
	  MEMBER(ifindex),
	  .argument = "DEV", .text = "the sectun device",
	  .takes = CHANGES | VERB_DEL | VERB_SHOW, .needs = CHANGES | VERB_DEL, .line = 1 },
	{ .word = "name", ATTRIBUTE(NAME), .type = &tunnel_type, MEMBER(name) },
	{ .word = "local", ATTRIBUTE(LOCAL), .type = &address_type, MEMBER(local),
	  .argument = "ADDRESS", .text = "outer address of this end",
	  .takes = CHANGES, .needs = VERB_ADD, .line = 1 },
	{ .word = "remote", ATTRIBUTE(REMOTE), .type = &address_type, MEMBER(remote),
	  .argument = "ADDRESS", .text = "outer address of the peer",
	  .takes = CHANGES, .needs = VERB_ADD, .line = 1 },
	{ .word = "mode", ATTRIBUTE(MODE), .type = &enum_type, MEMBER(mode),
	  .names = &sectun_mode_enum,
	  .text = "whole packets, or the payload of packets between the two ends",
	  .takes = CHANGES, .initial = SECTUN_MODE_TUNNEL, .quiet = true, .line = 1 },
	{ .word = "encap", ATTRIBUTE(ENCAP), .type = &enum_type, MEMBER(encap),
	  .names = &sectun_encap_enum,
	  .text = "what is put before ESP; both are accepted on receive",
	  .takes = CHANGES, .initial = SECTUN_ENCAP_NONE, .quiet = true, .line = 1 },
	{ .word = "sport", ATTRIBUTE(SPORT), .type = &number_type, MEMBER(sport),
	  .range = &port_range,
	  .argument = "PORT", .text = "UDP port of this end",
	  .takes = CHANGES, .initial = 4500, .line = 1 },
	{ .word = "dport", ATTRIBUTE(DPORT), .type = &number_type, MEMBER(dport),
	  .range = &port_range,
	  .argument = "PORT", .text = "UDP port of the peer",
	  .takes = CHANGES, .initial = 4500, .line = 1 },
	{ .word = "local-ts", ATTRIBUTE(LOCAL_TS), .type = &ts_type, MEMBER(local_ts),
	  .argument = "any|PREFIX,...",
	  .text = "networks behind this end; without it, every address",
	  .takes = CHANGES, .line = 2 },
	{ .word = "remote-ts", ATTRIBUTE(REMOTE_TS), .type = &ts_type, MEMBER(remote_ts),
	  .argument = "any|PREFIX,...",
	  .text = "networks behind the peer; without it, every address",
	  .takes = CHANGES, .line = 2 },
	{ .word = "df", ATTRIBUTE(DF), .type = &enum_type, MEMBER(df), .names = &sectun_df_enum,
	  .text = "don't-fragment bit of the outer IPv4 header",
	  .takes = CHANGES, .initial = SECTUN_DF_COPY, .quiet = true, .line = 3 },
	{ .word = "dscp", ATTRIBUTE(DSCP), .type = &dscp_type, MEMBER(dscp), .range = &dscp_range,
	  .argument = "DSCP|FROM:TO,...",
	  .text = "six-bit DSCP of the outer header; a map copies what it does not name",
	  .takes = CHANGES, .initial = SECTUN_DSCP_COPY, .quiet = true, .line = 3 },
	{ .word = "ecn", ATTRIBUTE(ECN), .type = &switch_type, MEMBER(ecn),
	  .argument = "on|off", .text = "ECN by RFC 6040; off: the outer header is not ECN-capable",
	  .takes = CHANGES, .initial = 1, .quiet = true, .line = 3 },
	{ .word = "ttl", ATTRIBUTE(TTL), .type = &number_type, MEMBER(ttl), .range = &ttl_range,
	  .argument = "TTL", .text = "TTL or hop limit of the outer header",
	  .takes = CHANGES, .initial = 64, .quiet = true, .line = 3 },
	{ .word = "flow-label", ATTRIBUTE(FLOW_LABEL), .type = &enum_type, MEMBER(flow_label),
	  .names = &sectun_flow_label_enum,
	  .text = "flow label of an outer IPv6 header; hash: of the inner flow (RFC 6438)",
	  .takes = CHANGES, .initial = SECTUN_FLOW_LABEL_OFF, .quiet = true, .line = 3 },
	{ .word = "tfc", ATTRIBUTE(TFC), .type = &number_type, MEMBER(tfc), .range = &tfc_range,
	  .argument = "SIZE", .text = "shorter inner packets are padded to this size",
	  .takes = CHANGES, .initial = 0, .quiet = true, .line = 3 },
	{ .word = "dummy", ATTRIBUTE(DUMMY), .type = &number_type, MEMBER(dummy),
	  .range = &dummy_range,
	  .argument = "RATE", .text = "dummy packets to send in a second",
	  .takes = CHANGES, .initial = 0, .quiet = true, .line = 3 },
	{ .word = "mss", ATTRIBUTE(MSS), .type = &number_type, MEMBER(mss), .range = &mss_range,
	  .argument = "MSS", .text = "largest TCP MSS let through; auto: what fits the path",
	  .takes = CHANGES, .initial = SECTUN_MSS_AUTO, .quiet = true, .line = 3 },
	{ .word = "link", ATTRIBUTE(LINK), .type = &device_type, MEMBER(link),
	  .argument = "DEV",
	  .text = "device through which outer packets go; without it, where the route leads",
	  .takes = CHANGES, .initial = 0, .quiet = true, .line = 3 },
	{ .word = "mark", ATTRIBUTE(MARK), .type = &number_type, MEMBER(mark), .range = &mark_range,
	  .argument = "MARK", .text = "mark of outer packets, for policy routing",
	  .takes = CHANGES, .initial = 0, .quiet = true, .line = 3 },
	{ .word = "keepalive", ATTRIBUTE(KEEPALIVE), .type = &number_type, MEMBER(keepalive),
	  .range = &keepalive_range,
	  .argument = "TIME",
	  .text = "silence after which a NAT keepalive goes out, with encap udp",
	  .takes = CHANGES, .initial = 20, .quiet = true, .line = 3 },
	{ .word = "path-mtu", ATTRIBUTE(PATH_MTU), .type = &number_type, MEMBER(path_mtu),
	  .range = &count_range,
	  .line = 4 },
	{ .word = "held", ATTRIBUTE(HELD), .type = &number_type, MEMBER(held),
	  .range = &count_range,
	  .initial = 0, .quiet = true, .line = 4 },
};

const struct keyword_table tunnel_table = {
	tunnel_keywords, sizeof(tunnel_keywords) / sizeof(tunnel_keywords[0]),
};

static bool given(const struct sectun_tunnel *tunnel, unsigned int attribute)
{
	return tunnel->has & SECTUN_HAS(attribute);
}

/* The selectors of a tunnel that the command line made. */
static void request_free(struct sectun_tunnel *tunnel)
{
	free(tunnel->local_ts.items);
	free(tunnel->remote_ts.items);
}

static int name_parse(struct context *ctx, const char *word, struct sectun_tunnel *tunnel)
{
	struct fault fault;

	if (!word)
		return complain(ctx, EXIT_USAGE, NULL, "NAME is missing: the name of the tunnel");
	if (tunnel_name_parse(word, tunnel->name, &fault))
		return complain(ctx, EXIT_USAGE, fault.word, "%s", fault.why);
	tunnel->has |= SECTUN_HAS(SECTUN_A_TUNNEL_NAME);
	ctx->name = word;
	return EXIT_OK;
}

static int ends_check(struct context *ctx, const struct sectun_tunnel *tunnel)
{
	char remote[ADDRESS_TEXT_SIZE];

	if (!given(tunnel, SECTUN_A_TUNNEL_LOCAL) || !given(tunnel, SECTUN_A_TUNNEL_REMOTE) ||
	    tunnel->local.len == tunnel->remote.len)
		return EXIT_OK;
	return complain(ctx, EXIT_USAGE, address_format(&tunnel->remote, remote),
			"local is an %s address, so remote has to be one",
			tunnel->local.len == 4 ? "IPv4" : "IPv6");
}

static int ports_check(struct context *ctx, const struct sectun_tunnel *tunnel)
{
	if (tunnel->encap == SECTUN_ENCAP_UDP)
		return EXIT_OK;
	if (given(tunnel, SECTUN_A_TUNNEL_SPORT))
		return complain(ctx, EXIT_USAGE, "sport", "a port needs 'encap udp'");
	if (given(tunnel, SECTUN_A_TUNNEL_DPORT))
		return complain(ctx, EXIT_USAGE, "dport", "a port needs 'encap udp'");
	return EXIT_OK;
}

/* add and set: the words say what the tunnel is to be. */
static int change(struct context *ctx, char **words,
		  int (*check)(struct context *, const struct sectun_tunnel *),
		  int (*request)(struct sectun *, const struct sectun_tunnel *))
{
	struct sectun_tunnel tunnel = { 0 };
	int err;

	err = name_parse(ctx, words[0], &tunnel);
	if (err)
		return err;
	err = keywords_parse(ctx, words + 1, &tunnel);
	if (!err)
		err = ends_check(ctx, &tunnel);
	if (!err && check)
		err = check(ctx, &tunnel);
	if (!err)
		err = connect_kernel(ctx);
	if (!err && request(ctx->handle, &tunnel))
		err = refused(ctx);
	request_free(&tunnel);
	return err;
}

int tunnel_add_run(struct context *ctx, char **words)
{
	return change(ctx, words, ports_check, sectun_tunnel_new);
}

static int something_check(struct context *ctx, const struct sectun_tunnel *tunnel)
{
	if (tunnel->has & ~(SECTUN_HAS(SECTUN_A_TUNNEL_IFINDEX) | SECTUN_HAS(SECTUN_A_TUNNEL_NAME)))
		return EXIT_OK;
	return complain(ctx, EXIT_USAGE, NULL,
			"nothing to change; sectun tunnel set help lists what can be");
}

int tunnel_set_run(struct context *ctx, char **words)
{
	return change(ctx, words, something_check, sectun_tunnel_set);
}

int tunnel_del_run(struct context *ctx, char **words)
{
	struct sectun_tunnel tunnel = { 0 };
	int err;

	err = name_parse(ctx, words[0], &tunnel);
	if (!err)
		err = keywords_parse(ctx, words + 1, &tunnel);
	if (!err)
		err = connect_kernel(ctx);
	if (!err && sectun_tunnel_del(ctx->handle, tunnel.ifindex, tunnel.name))
		err = refused(ctx);
	return err;
}

/**
 * tunnel_silent - what of a tunnel means nothing to people while it is as it is
 * @ctx: the run
 * @tunnel: the tunnel
 *
 * Return: attributes to leave out, as in `has`.
 */
uint64_t tunnel_silent(const struct context *ctx, const struct sectun_tunnel *tunnel)
{
	if (tunnel->encap != SECTUN_ENCAP_NONE || ctx->details)
		return 0;
	return SECTUN_HAS(SECTUN_A_TUNNEL_SPORT) | SECTUN_HAS(SECTUN_A_TUNNEL_DPORT) |
	       SECTUN_HAS(SECTUN_A_TUNNEL_KEEPALIVE);
}

/**
 * tunnel_print - writes a tunnel for people
 * @ctx: the run
 * @tunnel: the tunnel
 * @with_dev: name its device
 * @indent: goes before each line
 */
void tunnel_print(struct context *ctx, const struct sectun_tunnel *tunnel, bool with_dev,
		  const char *indent)
{
	uint64_t without = with_dev ? 0 : SECTUN_HAS(SECTUN_A_TUNNEL_IFINDEX);
	char deeper[16];

	without |= tunnel_silent(ctx, tunnel);
	snprintf(deeper, sizeof(deeper), "%s    ", indent);
	fprintf(ctx->out, "%stunnel ", indent);
	print_coloured(ctx, COLOUR_NAME, tunnel->name);
	keywords_print(ctx, &tunnel_table, tunnel, without, deeper);

	if (!given(tunnel, SECTUN_A_TUNNEL_STATS))
		return;
	if (ctx->statistics) {
		stats_print(ctx, &tunnel->stats, deeper);
		return;
	}
	fputs(deeper, ctx->out);
	stats_print_brief(ctx, &tunnel->stats);
	fputc('\n', ctx->out);
}

/**
 * tunnel_json - writes a tunnel for programs
 * @tunnel: the tunnel
 *
 * Return: a new JSON object.
 */
struct json_object *tunnel_json(const struct sectun_tunnel *tunnel)
{
	struct json_object *object = json_object_new_object();

	keywords_json(&tunnel_table, tunnel, 0, object);
	if (given(tunnel, SECTUN_A_TUNNEL_STATS))
		stats_json(&tunnel->stats, object);
	return object;
}

static int list_print(struct context *ctx, const struct sectun_tunnel *list, size_t count,
		      const char *name)
{
	struct json_object *array = ctx->json ? json_object_new_array() : NULL;
	size_t i, shown = 0;

	for (i = 0; i < count; i++) {
		if (*name && strcmp(list[i].name, name))
			continue;
		shown++;
		if (array)
			json_object_array_add(array, tunnel_json(&list[i]));
		else
			tunnel_print(ctx, &list[i], true, "");
	}
	if (array)
		json_print(ctx, array);
	if (*name && !shown)
		return complain(ctx, EXIT_REFUSED, name, "there is no tunnel of this name");
	return EXIT_OK;
}

int tunnel_show_run(struct context *ctx, char **words)
{
	struct sectun_tunnel filter = { 0 }, *list;
	size_t count;
	int err;

	/* A tunnel that is called like a keyword is shown with all the others. */
	if (words[0] && words[0][0] != '-' && !keyword_find(&tunnel_table, VERB_SHOW, words[0])) {
		err = name_parse(ctx, *words++, &filter);
		if (err)
			return err;
	}
	err = keywords_parse(ctx, words, &filter);
	if (!err)
		err = connect_kernel(ctx);
	if (err)
		return err;
	if (sectun_tunnel_list(ctx->handle, filter.ifindex, &list, &count))
		return refused(ctx);
	err = list_print(ctx, list, count, filter.name);
	sectun_tunnel_list_free(list, count);
	return err;
}
