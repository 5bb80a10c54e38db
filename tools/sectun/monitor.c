// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <json-c/json.h>
#include "format.h"
#include "keyword.h"
#include "monitor.h"
#include "sa.h"
#include "tunnel.h"

#define TIME_SIZE 40

/* What an event says once, not for the tunnel again. */
#define TUNNEL_IDENTITY (SECTUN_HAS(SECTUN_A_TUNNEL_IFINDEX) | SECTUN_HAS(SECTUN_A_TUNNEL_NAME))
/* Nor does it say how the SA was allowed. */
#define SA_UNTOLD (SA_PLACE | SECTUN_HAS(SECTUN_A_SA_ALLOW_STATIC))

static bool given(const struct sectun_event *event, unsigned int attribute)
{
	return event->has & SECTUN_HAS(attribute);
}

/* RFC 3339, with microseconds */
static const char *time_format(char to[TIME_SIZE])
{
	struct timeval now;
	struct tm local;
	size_t used;
	char zone[8];

	gettimeofday(&now, NULL);
	localtime_r(&now.tv_sec, &local);
	used = strftime(to, TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &local);
	strftime(zone, sizeof(zone), "%z", &local);
	snprintf(to + used, TIME_SIZE - used, ".%06ld%.3s:%s", (long)now.tv_usec, zone, zone + 3);
	return to;
}

static void event_print(struct context *ctx, const struct sectun_event *event)
{
	char text[TS_TEXT_SIZE], name[SECTUN_IFNAME_SIZE];

	print_coloured(ctx, COLOUR_NAME, sectun_event_name(event->command));
	if (event->command == SECTUN_CMD_EXPIRE_NTF)
		fputs(event->hard ? " hard" : " soft", ctx->out);
	if (given(event, SECTUN_A_EVENT_IFINDEX))
		fprintf(ctx->out, " dev %s", ifindex_format(event->ifindex, name));
	if (given(event, SECTUN_A_EVENT_TUNNEL)) {
		fprintf(ctx->out, " tunnel %s", event->tunnel.name);
		keywords_words(ctx, &tunnel_table, &event->tunnel,
			       TUNNEL_IDENTITY | tunnel_silent(ctx, &event->tunnel));
	}
	if (given(event, SECTUN_A_EVENT_SA)) {
		fputs(" sa", ctx->out);
		keywords_words(ctx, &sa_table, &event->sa, SA_PLACE);
	}
	if (given(event, SECTUN_A_EVENT_TS_SRC))
		fprintf(ctx->out, " src %s", ts_format(&event->ts_src, text));
	if (given(event, SECTUN_A_EVENT_TS_DST))
		fprintf(ctx->out, " dst %s", ts_format(&event->ts_dst, text));
	if (given(event, SECTUN_A_EVENT_ADDRESS))
		fprintf(ctx->out, " address %s", address_format(&event->address, text));
	if (given(event, SECTUN_A_EVENT_PORT))
		fprintf(ctx->out, " port %u", event->port);
	if (given(event, SECTUN_A_EVENT_FAILURES))
		fprintf(ctx->out, " failures %" PRIu64, event->failures);
	fputc('\n', ctx->out);
}

static void add_string(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

static struct json_object *event_json(const struct sectun_event *event)
{
	struct json_object *object = json_object_new_object();
	char text[TS_TEXT_SIZE], name[SECTUN_IFNAME_SIZE];

	add_string(object, "event", sectun_event_name(event->command));
	if (event->command == SECTUN_CMD_EXPIRE_NTF)
		json_object_object_add(object, "hard", json_object_new_boolean(event->hard));
	if (given(event, SECTUN_A_EVENT_IFINDEX))
		add_string(object, "dev", ifindex_format(event->ifindex, name));
	if (given(event, SECTUN_A_EVENT_TUNNEL)) {
		add_string(object, "tunnel", event->tunnel.name);
		keywords_json(&tunnel_table, &event->tunnel, TUNNEL_IDENTITY, object);
	}
	if (given(event, SECTUN_A_EVENT_SA))
		json_object_object_add(object, "sa", sa_json(&event->sa, SA_UNTOLD));
	if (given(event, SECTUN_A_EVENT_TS_SRC))
		add_string(object, "src", ts_format(&event->ts_src, text));
	if (given(event, SECTUN_A_EVENT_TS_DST))
		add_string(object, "dst", ts_format(&event->ts_dst, text));
	if (given(event, SECTUN_A_EVENT_ADDRESS))
		add_string(object, "address", address_format(&event->address, text));
	if (given(event, SECTUN_A_EVENT_PORT))
		json_object_object_add(object, "port", json_object_new_uint64(event->port));
	if (given(event, SECTUN_A_EVENT_FAILURES))
		json_object_object_add(object, "failures", json_object_new_uint64(event->failures));
	return object;
}

static void line_show(struct context *ctx, const struct sectun_event *event,
		      struct json_object *object)
{
	char now[TIME_SIZE];

	if (object && ctx->timestamps)
		add_string(object, "time", time_format(now));
	else if (ctx->timestamps)
		fprintf(ctx->out, "%s ", time_format(now));
	if (object)
		json_print(ctx, object);
	else if (event)
		event_print(ctx, event);
	else
		fputs("lost: events came too fast, and some are missing here\n", ctx->out);
	fflush(ctx->out);
}

/**
 * event_show - writes one event on one line, and the line at once
 * @event: the event
 * @ctx: the run, a struct context
 *
 * Return: 0.
 */
int event_show(const struct sectun_event *event, void *ctx)
{
	line_show(ctx, event, ((struct context *)ctx)->json ? event_json(event) : NULL);
	return 0;
}

static void lost_show(struct context *ctx)
{
	struct json_object *object = NULL;

	if (ctx->json) {
		object = json_object_new_object();
		add_string(object, "event", "lost");
	}
	line_show(ctx, NULL, object);
}

int monitor_run(struct context *ctx, char **words)
{
	struct pollfd pollfds[2] = { { .events = POLLIN }, { .events = 0 } };
	uint64_t nothing = 0;
	int err;

	err = keywords_parse(ctx, words, &nothing);
	if (!err)
		err = connect_kernel(ctx);
	if (err)
		return err;
	/* One object a line, always. */
	ctx->pretty = false;
	pollfds[0].fd = sectun_events_open(ctx->handle);
	if (pollfds[0].fd < 0)
		return refused(ctx);
	/* Ends when the reader of a pipe does, not only at the next event. */
	pollfds[1].fd = fileno(ctx->out);

	while (poll(pollfds, 2, -1) >= 0 || errno == EINTR) {
		if (pollfds[1].revents & (POLLERR | POLLNVAL))
			return EXIT_OK;
		err = sectun_events_dispatch(ctx->handle, event_show, ctx);
		if (err == -ENOBUFS)
			lost_show(ctx);
		else if (err)
			return refused(ctx);
	}
	return complain(ctx, EXIT_REFUSED, NULL, "poll: %s", strerror(errno));
}
