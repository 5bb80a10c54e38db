// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ts.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/** TS_IPV4, TS_IPV6 - types of selectors (RFC 7296 section 3.13.1) */
#define TS_IPV4 7
#define TS_IPV6 8
/** ADDRESS_MAX - octets of the longest address as text, its NUL included */
#define ADDRESS_MAX 46

/* Protocols that selectors name, as the command does; others are written as numbers. */
static const struct {
	uint8_t number;
	const char *name;
} protocols[] = {
	{ 1, "icmp" }, { 6, "tcp" }, { 17, "udp" }, { 47, "gre" }, { 58, "icmpv6" }, { 89, "ospf" },
	{ 132, "sctp" },
};

static bool number_parse(const char *text, unsigned long max, unsigned long *to)
{
	char *end;

	if (*text < '0' || *text > '9' || strlen(text) > 5)
		return false;
	*to = strtoul(text, &end, 10);
	return !*end && *to <= max;
}

static size_t address_parse(const char *text, uint8_t to[16])
{
	if (inet_pton(AF_INET, text, to) == 1)
		return 4;
	return inet_pton(AF_INET6, text, to) == 1 ? 16 : 0;
}

static const char *address_format(const uint8_t *octets, size_t len, char to[ADDRESS_MAX])
{
	inet_ntop(len == 4 ? AF_INET : AF_INET6, octets, to, ADDRESS_MAX);
	return to;
}

static bool bit(const uint8_t *octets, size_t index)
{
	return octets[index / 8] >> (7 - index % 8) & 1;
}

/* Sets all bits from @index on to @value; says whether one of them was otherwise. */
static bool set_bits(uint8_t *octets, size_t len, size_t index, bool value)
{
	bool changed = false;

	for (; index < 8 * len; index++) {
		uint8_t mask = (uint8_t)(0x80 >> index % 8);

		changed |= bit(octets, index) != value;
		if (value)
			octets[index / 8] |= mask;
		else
			octets[index / 8] &= (uint8_t)~mask;
	}
	return changed;
}

/* The length of the prefix that a range is; -1 if it is none. */
static int prefixlen_of(const struct ike_ts *ts)
{
	size_t index = 0, bits = 8U * ts->len;
	int prefixlen;

	while (index < bits && bit(ts->first, index) == bit(ts->last, index))
		index++;
	prefixlen = (int)index;
	for (; index < bits; index++) {
		if (bit(ts->first, index) || !bit(ts->last, index))
			return -1;
	}
	return prefixlen;
}

static bool protocol_parse(const char *text, uint8_t *to)
{
	unsigned long number;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (!strcmp(text, protocols[i].name)) {
			*to = protocols[i].number;
			return true;
		}
	}
	if (!number_parse(text, UINT8_MAX, &number) || !number)
		return false;
	*to = (uint8_t)number;
	return true;
}

/* PROTOCOL, PROTOCOL/PORT or PROTOCOL/FIRST-LAST */
static bool upper_layer_parse(char *text, struct ike_ts *to)
{
	char *ports = strchr(text, '/'), *last;
	unsigned long number;

	if (ports)
		*ports++ = '\0';
	if (!protocol_parse(text, &to->protocol))
		return false;
	if (!ports)
		return true;
	last = strchr(ports, '-');
	if (last)
		*last++ = '\0';
	if (!number_parse(ports, UINT16_MAX, &number))
		return false;
	to->port_first = to->port_last = (uint16_t)number;
	if (last && (!number_parse(last, UINT16_MAX, &number) || number < to->port_first))
		return false;
	to->port_last = (uint16_t)number;
	return true;
}

/* PREFIX/LENGTH or ADDRESS */
static int prefix_parse(const char *text, size_t len, char *copy, struct ike_ts *to,
			struct ike_fault *fault)
{
	char network[ADDRESS_MAX], host[ADDRESS_MAX], *slash = strchr(copy, '/');
	unsigned long prefixlen;
	uint8_t given[16];

	if (slash)
		*slash++ = '\0';
	to->len = (uint8_t)address_parse(copy, to->first);
	if (!to->len)
		return ike_fault_set(fault, text, len, "not an IPv4 or IPv6 prefix, such as "
				     "10.1.0.0/24 or 2001:db8::/48");
	prefixlen = 8U * to->len;
	if (slash && !number_parse(slash, 8U * to->len, &prefixlen))
		return ike_fault_set(fault, text, len, "the prefix length is 0 to %d",
				     8 * to->len);
	memcpy(given, to->first, sizeof(given));
	if (set_bits(to->first, to->len, prefixlen, false))
		return ike_fault_set(fault, text, len,
				     "bits after the prefix are set; the network is %s/%lu, the "
				     "host is %s/%d",
				     address_format(to->first, to->len, network), prefixlen,
				     address_format(given, to->len, host), 8 * to->len);
	memcpy(to->last, to->first, sizeof(to->last));
	set_bits(to->last, to->len, prefixlen, true);
	return 0;
}

/* FIRST-LAST */
static int range_parse(const char *text, size_t len, char *copy, char *dash, struct ike_ts *to,
		       struct ike_fault *fault)
{
	*dash++ = '\0';
	to->len = (uint8_t)address_parse(copy, to->first);
	if (!to->len || address_parse(dash, to->last) != to->len)
		return ike_fault_set(fault, text, len, "not a range of addresses, such as "
				     "10.1.0.10-10.1.0.20");
	if (memcmp(to->first, to->last, to->len) > 0)
		return ike_fault_set(fault, text, len, "the range ends before it begins");
	return 0;
}

int ike_ts_parse(const char *text, size_t len, struct ike_ts *to, struct ike_fault *fault)
{
	char copy[IKE_TS_TEXT_SIZE], *bracket, *dash;

	memset(to, 0, sizeof(*to));
	to->port_last = UINT16_MAX;
	if (len >= sizeof(copy))
		return ike_fault_set(fault, text, len, "too long for a traffic selector");
	memcpy(copy, text, len);
	copy[len] = '\0';
	bracket = strchr(copy, '[');
	if (bracket) {
		*bracket++ = '\0';
		if (copy[len - 1] != ']')
			goto not_upper_layer;
		copy[len - 1] = '\0';
		if (!upper_layer_parse(bracket, to))
			goto not_upper_layer;
	}
	dash = strchr(copy, '-');
	if (dash)
		return range_parse(text, len, copy, dash, to, fault);
	return prefix_parse(text, len, copy, to, fault);

not_upper_layer:
	return ike_fault_set(fault, text, len, "after the prefix may come [PROTOCOL], "
			     "[PROTOCOL/PORT] or [PROTOCOL/FIRST-LAST], as in [tcp/443]");
}

int ike_ts_list_parse(const char *text, struct ike_ts_list *to, struct ike_fault *fault)
{
	size_t len, trimmed;
	int err;

	if (!strcmp(text, "any"))
		text = "0.0.0.0/0,::/0";
	to->count = 0;
	for (;; text += len + 1) {
		text += strspn(text, " \t");
		len = strcspn(text, ",");
		for (trimmed = len; trimmed && strchr(" \t", text[trimmed - 1]); trimmed--)
			;
		if (to->count == IKE_TS_MAX)
			return ike_fault_set(fault, text, trimmed, "more than %d selectors",
					     IKE_TS_MAX);
		err = ike_ts_parse(text, trimmed, &to->items[to->count], fault);
		if (err)
			return err;
		to->count++;
		if (!text[len])
			return 0;
	}
}

static bool every_port(const struct ike_ts *ts)
{
	return ts->port_first == 0 && ts->port_last == UINT16_MAX;
}

static void format_upper_layer(const struct ike_ts *ts, char *to, size_t size)
{
	char number[4];
	const char *name = number;
	size_t i, used;

	/* Ports without a protocol mean nothing, and yet may come from a peer. */
	snprintf(number, sizeof(number), "%u", ts->protocol);
	for (i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (ts->protocol == protocols[i].number)
			name = protocols[i].name;
	}
	used = (size_t)snprintf(to, size, "[%s", name);
	if (ts->port_first > ts->port_last)
		used += (size_t)snprintf(to + used, size - used, "/opaque");
	else if (!every_port(ts) && ts->port_first == ts->port_last)
		used += (size_t)snprintf(to + used, size - used, "/%u", ts->port_first);
	else if (!every_port(ts))
		used += (size_t)snprintf(to + used, size - used, "/%u-%u", ts->port_first,
					 ts->port_last);
	snprintf(to + used, size - used, "]");
}

const char *ike_ts_format(const struct ike_ts *ts, char to[IKE_TS_TEXT_SIZE])
{
	char first[ADDRESS_MAX], last[ADDRESS_MAX];
	int prefixlen = prefixlen_of(ts);
	size_t used;

	address_format(ts->first, ts->len, first);
	if (prefixlen >= 0)
		used = (size_t)snprintf(to, IKE_TS_TEXT_SIZE, "%s/%d", first, prefixlen);
	else
		used = (size_t)snprintf(to, IKE_TS_TEXT_SIZE, "%s-%s", first,
					address_format(ts->last, ts->len, last));
	if (ts->protocol || !every_port(ts))
		format_upper_layer(ts, to + used, IKE_TS_TEXT_SIZE - used);
	return to;
}

const char *ike_ts_list_format(const struct ike_ts *items, size_t count, char *to, size_t size)
{
	char text[IKE_TS_TEXT_SIZE];
	size_t i, used = 0;

	snprintf(to, size, count ? "" : "none");
	for (i = 0; i < count; i++) {
		ike_ts_format(&items[i], text);
		/* Room is left for what says that there is more. */
		if (used + strlen(text) + sizeof(",...") > size) {
			snprintf(to + used, size - used, "%s...", used ? "," : "");
			break;
		}
		used += (size_t)snprintf(to + used, size - used, "%s%s", used ? "," : "", text);
	}
	return to;
}

struct ike_ts ike_ts_of_address(const struct ike_endpoint *endpoint)
{
	struct ike_ts ts = { .len = endpoint->len, .port_last = UINT16_MAX };

	memcpy(ts.first, endpoint->octets, endpoint->len);
	memcpy(ts.last, endpoint->octets, endpoint->len);
	return ts;
}

/*
 *	number of selectors (1) | reserved (3)
 *	type (1) | protocol (1) | length (2) | first port (2) | last port (2) | first, last address
 */
enum ike_wire_status ike_ts_read(const struct ike_payload *payload, struct ike_ts_list *to)
{
	const uint8_t *at = payload->body.at;
	size_t left = payload->body.len, count, len;
	struct ike_ts ts;

	to->count = 0;
	if (left < 4)
		return IKE_WIRE_SHORT;
	count = at[0];
	if (!count)
		return IKE_WIRE_VALUE;
	at += 4;
	left -= 4;
	for (; count; count--, at += len, left -= len) {
		if (left < 8)
			return IKE_WIRE_SHORT;
		len = ike_get16(at + 2);
		if (len < 8 || len > left)
			return IKE_WIRE_LENGTH;
		if (at[0] != TS_IPV4 && at[0] != TS_IPV6)
			continue;
		memset(&ts, 0, sizeof(ts));
		ts.len = at[0] == TS_IPV4 ? 4 : 16;
		if (len != 8U + 2U * ts.len)
			return IKE_WIRE_LENGTH;
		ts.protocol = at[1];
		ts.port_first = ike_get16(at + 4);
		ts.port_last = ike_get16(at + 6);
		memcpy(ts.first, at + 8, ts.len);
		memcpy(ts.last, at + 8 + ts.len, ts.len);
		if (memcmp(ts.first, ts.last, ts.len) > 0)
			return IKE_WIRE_VALUE;
		/* The only range of ports that is turned round is OPAQUE. */
		if (ts.port_first > ts.port_last && (ts.port_first != UINT16_MAX || ts.port_last))
			return IKE_WIRE_VALUE;
		if (to->count < IKE_TS_MAX)
			to->items[to->count++] = ts;
	}
	return left ? IKE_WIRE_TRAILING : IKE_WIRE_OK;
}

void ike_put_ts(struct ike_writer *writer, uint8_t type, const struct ike_ts *items, size_t count)
{
	size_t i;

	if (!count || count > UINT8_MAX)
		writer->failed = true;
	ike_payload_begin(writer, type);
	ike_put32(writer, (uint32_t)count << 24);
	for (i = 0; i < count; i++) {
		ike_put8(writer, items[i].len == 4 ? TS_IPV4 : TS_IPV6);
		ike_put8(writer, items[i].protocol);
		ike_put16(writer, (uint16_t)(8 + 2 * items[i].len));
		ike_put16(writer, items[i].port_first);
		ike_put16(writer, items[i].port_last);
		ike_put(writer, items[i].first, items[i].len);
		ike_put(writer, items[i].last, items[i].len);
	}
	ike_payload_end(writer);
}

bool ike_ts_equal(const struct ike_ts *a, const struct ike_ts *b)
{
	return a->len == b->len && a->protocol == b->protocol && a->port_first == b->port_first &&
	       a->port_last == b->port_last && !memcmp(a->first, b->first, a->len) &&
	       !memcmp(a->last, b->last, a->len);
}

static bool opaque(const struct ike_ts *ts)
{
	return ts->port_first > ts->port_last;
}

/* All ports have OPAQUE in them; a range that is told has not (RFC 4301 section 4.4.1.1). */
static bool intersect_ports(const struct ike_ts *a, const struct ike_ts *b, struct ike_ts *to)
{
	if (opaque(a) || opaque(b)) {
		if (!(opaque(a) || every_port(a)) || !(opaque(b) || every_port(b)))
			return false;
		to->port_first = UINT16_MAX;
		to->port_last = 0;
		return true;
	}
	to->port_first = a->port_first > b->port_first ? a->port_first : b->port_first;
	to->port_last = a->port_last < b->port_last ? a->port_last : b->port_last;
	return to->port_first <= to->port_last;
}

static bool intersect(const struct ike_ts *a, const struct ike_ts *b, struct ike_ts *to)
{
	if (a->len != b->len || (a->protocol && b->protocol && a->protocol != b->protocol))
		return false;
	memset(to, 0, sizeof(*to));
	to->len = a->len;
	to->protocol = a->protocol ? a->protocol : b->protocol;
	memcpy(to->first, memcmp(a->first, b->first, a->len) > 0 ? a->first : b->first, a->len);
	memcpy(to->last, memcmp(a->last, b->last, a->len) < 0 ? a->last : b->last, a->len);
	return memcmp(to->first, to->last, to->len) <= 0 && intersect_ports(a, b, to);
}

static bool inside(const struct ike_ts *inner, const struct ike_ts *outer)
{
	struct ike_ts both;

	return intersect(inner, outer, &both) && ike_ts_equal(&both, inner);
}

/* Adds a selector, unless one of the list covers it; those that it covers itself go. */
static void add(struct ike_ts_list *list, const struct ike_ts *ts)
{
	size_t i, kept = 0;

	for (i = 0; i < list->count; i++) {
		if (inside(ts, &list->items[i]))
			return;
	}
	for (i = 0; i < list->count; i++) {
		if (!inside(&list->items[i], ts))
			list->items[kept++] = list->items[i];
	}
	list->count = (uint8_t)kept;
	if (list->count < IKE_TS_MAX)
		list->items[list->count++] = *ts;
}

bool ike_ts_narrow(const struct ike_ts_list *offered, const struct ike_ts *allowed, size_t count,
		   struct ike_ts_list *to)
{
	struct ike_ts both;
	size_t i, j;

	to->count = 0;
	for (i = 0; i < offered->count; i++) {
		for (j = 0; j < count; j++) {
			if (intersect(&offered->items[i], &allowed[j], &both))
				add(to, &both);
		}
	}
	return to->count;
}

bool ike_ts_covers(const struct ike_ts *outer, size_t outer_count, const struct ike_ts *inner,
		   size_t inner_count)
{
	size_t i, j;

	for (i = 0; i < inner_count; i++) {
		for (j = 0; j < outer_count && !inside(&inner[i], &outer[j]); j++)
			;
		if (j == outer_count)
			return false;
	}
	return true;
}

/* Adds 1 to an address; false where it runs over. */
static bool increment(uint8_t *octets, size_t len)
{
	while (len--) {
		if (++octets[len])
			return true;
	}
	return false;
}

/*
 * The largest prefix that begins where the range begins and does not reach beyond its end; then
 * what is behind it, until nothing is.
 */
int ike_ts_prefixes(const struct ike_ts *ts, struct ike_ts_prefix *to, size_t max)
{
	size_t bits = 8U * ts->len, prefixlen, count = 0;
	uint8_t at[16] = { 0 }, end[16];

	memcpy(at, ts->first, ts->len);
	do {
		for (prefixlen = 0; prefixlen < bits; prefixlen++) {
			memcpy(end, at, sizeof(end));
			if (!set_bits(end, ts->len, prefixlen, false)) {
				set_bits(end, ts->len, prefixlen, true);
				if (memcmp(end, ts->last, ts->len) <= 0)
					break;
			}
		}
		if (prefixlen == bits)
			memcpy(end, at, sizeof(end));
		if (count == max)
			return -ENOSPC;
		to[count] = (struct ike_ts_prefix){
			.len = ts->len, .prefixlen = (uint8_t)prefixlen, .protocol = ts->protocol,
			.port_first = ts->port_first, .port_last = ts->port_last,
		};
		memcpy(to[count++].octets, at, ts->len);
		memcpy(at, end, sizeof(at));
	} while (increment(at, ts->len) && memcmp(at, ts->last, ts->len) <= 0);
	return (int)count;
}
