// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <json-c/json.h>
#include "format.h"

/**
 * colour_wanted - whether a stream is a terminal that wants colours (no-color.org)
 * @out: the stream
 *
 * Return: whether it is.
 */
bool colour_wanted(FILE *out)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(out)) && !(no && *no) && term && strcmp(term, "dumb");
}

/**
 * print_coloured - writes text, in colour if that is wanted
 * @ctx: the run
 * @colour: what the colour means
 * @text: the text
 */
void print_coloured(struct context *ctx, enum colour colour, const char *text)
{
	static const char *const codes[] = {
		[COLOUR_NONE] = "",
		[COLOUR_NAME] = "\033[1m",
		[COLOUR_GOOD] = "\033[32m",
		[COLOUR_BAD] = "\033[33m",
	};

	if (ctx->colour && colour != COLOUR_NONE)
		fprintf(ctx->out, "%s%s\033[0m", codes[colour], text);
	else
		fputs(text, ctx->out);
}

/**
 * duration_format - writes a time in its two largest units
 * @seconds: the time
 * @to: where
 *
 * Return: @to.
 */
const char *duration_format(uint64_t seconds, char to[AGO_SIZE])
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" } };
	size_t i, used = 0, shown = 0;
	uint64_t number;

	to[0] = '\0';
	for (i = 0; i < sizeof(units) / sizeof(units[0]) && shown < 2; i++) {
		number = seconds / units[i].seconds;
		seconds %= units[i].seconds;
		if (!number && (shown == 0 && i + 1 < sizeof(units) / sizeof(units[0])))
			continue;
		shown++;
		if (!number && used)
			continue;
		used += snprintf(to + used, AGO_SIZE - used, "%s%" PRIu64 " %s%s", used ? ", " : "",
				 number, units[i].name, number == 1 ? "" : "s");
	}
	return to;
}

/**
 * ago_format - writes how long ago something was
 * @seconds: since then
 * @to: where
 *
 * Return: @to.
 */
const char *ago_format(uint64_t seconds, char to[AGO_SIZE])
{
	if (!seconds)
		return strcpy(to, "now");
	duration_format(seconds, to);
	return strcat(to, " ago");
}

/**
 * bytes_format - writes a number of octets in the unit that leaves it above 1
 * @bytes: the number
 * @to: where
 *
 * Return: @to.
 */
const char *bytes_format(uint64_t bytes, char to[BYTES_SIZE])
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double number = bytes;
	int unit = -1;

	if (bytes < 1024) {
		snprintf(to, BYTES_SIZE, "%" PRIu64 " B", bytes);
		return to;
	}
	/* What would be written as 1024.00 is written in the next unit. */
	while (number >= 1023.995) {
		number /= 1024;
		unit++;
	}
	snprintf(to, BYTES_SIZE, "%.2f %s", number, units[unit]);
	return to;
}

static uint64_t drops_total(const struct sectun_stats *stats)
{
	uint64_t total = 0;
	size_t i;

	for (i = 0; i < stats->drop_count; i++)
		total += stats->drops[i].packets;
	return total;
}

/**
 * stats_print_brief - writes the traffic and the number of drops on the line that has been begun
 * @ctx: the run
 * @stats: counters; what never counted is left out
 */
void stats_print_brief(struct context *ctx, const struct sectun_stats *stats)
{
	char received[BYTES_SIZE], sent[BYTES_SIZE], dropped[40];
	uint64_t drops = drops_total(stats);
	const char *separator = "";

	if (stats->rx_packets) {
		fprintf(ctx->out, "%s received", bytes_format(stats->rx_bytes, received));
		separator = ", ";
	}
	if (stats->tx_packets) {
		fprintf(ctx->out, "%s%s sent", separator, bytes_format(stats->tx_bytes, sent));
		separator = ", ";
	}
	if (drops) {
		snprintf(dropped, sizeof(dropped), "%" PRIu64 " dropped", drops);
		fputs(separator, ctx->out);
		print_coloured(ctx, COLOUR_BAD, dropped);
	}
	if (!stats->rx_packets && !stats->tx_packets && !drops)
		fputs("no traffic", ctx->out);
}

static void traffic_print(struct context *ctx, const char *verb, uint64_t packets, uint64_t bytes)
{
	char text[BYTES_SIZE];

	fprintf(ctx->out, "%s %" PRIu64 " packet%s, %" PRIu64 " bytes", verb, packets,
		packets == 1 ? "" : "s", bytes);
	if (bytes >= 1024)
		fprintf(ctx->out, " (%s)", bytes_format(bytes, text));
	fputc('\n', ctx->out);
}

/**
 * stats_print - writes all counters, with each reason for drops
 * @ctx: the run
 * @stats: counters
 * @indent: goes before each line
 */
void stats_print(struct context *ctx, const struct sectun_stats *stats, const char *indent)
{
	size_t i;

	if (stats->has & SECTUN_HAS(SECTUN_A_STATS_RX_PACKETS)) {
		fputs(indent, ctx->out);
		traffic_print(ctx, "received", stats->rx_packets, stats->rx_bytes);
	}
	if (stats->has & SECTUN_HAS(SECTUN_A_STATS_TX_PACKETS)) {
		fputs(indent, ctx->out);
		traffic_print(ctx, "sent", stats->tx_packets, stats->tx_bytes);
	}
	for (i = 0; i < stats->drop_count; i++) {
		fprintf(ctx->out, "%sdropped %" PRIu64 " ", indent, stats->drops[i].packets);
		print_coloured(ctx, COLOUR_BAD, stats->drops[i].reason);
		fprintf(ctx->out, "%s%s\n", stats->drops[i].text[0] ? ": " : "",
			stats->drops[i].text);
	}
}

/**
 * stats_json - adds all counters as the member stats
 * @stats: counters
 * @to: the JSON object
 */
void stats_json(const struct sectun_stats *stats, struct json_object *to)
{
	struct json_object *counters = json_object_new_object(), *drops = json_object_new_object();
	size_t i;

	json_object_object_add(counters, "rx_packets", json_object_new_uint64(stats->rx_packets));
	json_object_object_add(counters, "rx_bytes", json_object_new_uint64(stats->rx_bytes));
	json_object_object_add(counters, "tx_packets", json_object_new_uint64(stats->tx_packets));
	json_object_object_add(counters, "tx_bytes", json_object_new_uint64(stats->tx_bytes));
	json_object_object_add(counters, "dropped", json_object_new_uint64(drops_total(stats)));
	for (i = 0; i < stats->drop_count; i++)
		json_object_object_add(drops, stats->drops[i].reason,
				       json_object_new_uint64(stats->drops[i].packets));
	json_object_object_add(counters, "drops", drops);
	json_object_object_add(to, "stats", counters);
}

/**
 * json_print - writes a JSON value and ends the line
 * @ctx: the run
 * @value: the value, whose reference is dropped
 */
void json_print(struct context *ctx, struct json_object *value)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	flags |= ctx->pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED :
			       JSON_C_TO_STRING_PLAIN;
	fprintf(ctx->out, "%s\n", json_object_to_json_string_ext(value, flags));
	json_object_put(value);
}
