// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <ctype.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "value.h"

/* Protocols that selectors name; others are written as numbers. */
static const struct {
	uint8_t number;
	const char *name;
} protocols[] = {
	{ 1, "icmp" }, { 6, "tcp" }, { 17, "udp" }, { 47, "gre" }, { 58, "icmpv6" }, { 89, "ospf" },
	{ 132, "sctp" },
};

/**
 * fault_set - notes what is wrong
 * @fault: where
 * @word: the offending part of the text
 * @len: octets of it
 * @format: what would be right
 */
void fault_set(struct fault *fault, const char *word, size_t len, const char *format, ...)
{
	va_list args;

	snprintf(fault->word, sizeof(fault->word), "%.*s", (int)len, word);
	va_start(args, format);
	vsnprintf(fault->why, sizeof(fault->why), format, args);
	va_end(args);
}

/**
 * number_parse - reads a number, in decimal or with 0x in hexadecimal; nothing may stand around it
 * @text: the text
 * @max: largest value
 * @to: is set to the number
 *
 * Return: whether it is one.
 */
bool number_parse(const char *text, uint64_t max, uint64_t *to)
{
	static const char digits[] = "0123456789abcdef";
	unsigned int base = 10, digit;
	uint64_t number = 0;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (!*text)
		return false;
	for (; *text; text++) {
		const char *at = memchr(digits, tolower((unsigned char)*text), base);

		if (!at)
			return false;
		digit = at - digits;
		if (digit > max || number > (max - digit) / base)
			return false;
		number = number * base + digit;
	}
	*to = number;
	return true;
}

/**
 * address_parse - reads the outer address of one end
 * @text: the text
 * @to: is set to the address
 * @fault: is set on failure
 *
 * Return: 0 or -1.
 */
int address_parse(const char *text, struct sectun_addr *to, struct fault *fault)
{
	static const uint8_t any[16];

	if (inet_pton(AF_INET, text, to->octets) == 1)
		to->len = 4;
	else if (inet_pton(AF_INET6, text, to->octets) == 1)
		to->len = 16;
	else {
		fault_set(fault, text, strlen(text),
			  "not an IPv4 or IPv6 address, such as 192.0.2.1 or 2001:db8::1");
		return -1;
	}
	if (!memcmp(to->octets, any, to->len) || to->octets[0] == 0xff ||
	    (to->len == 4 && to->octets[0] >= 224)) {
		fault_set(fault, text, strlen(text), "not the address of one host");
		return -1;
	}
	return 0;
}

/**
 * address_format - writes an address
 * @address: the address
 * @to: where
 *
 * Return: @to.
 */
const char *address_format(const struct sectun_addr *address, char to[ADDRESS_TEXT_SIZE])
{
	if (!address->len)
		return strcpy(to, "?");
	inet_ntop(address->len == 4 ? AF_INET : AF_INET6, address->octets, to, ADDRESS_TEXT_SIZE);
	return to;
}

/* Clears the bits after the prefix; says whether any was set. */
static bool mask(struct sectun_addr *address, unsigned int prefixlen)
{
	bool cleared = false;
	unsigned int bit;

	for (bit = prefixlen; bit < 8U * address->len; bit++) {
		uint8_t in_octet = 0x80 >> bit % 8;

		cleared |= address->octets[bit / 8] & in_octet;
		address->octets[bit / 8] &= ~in_octet;
	}
	return cleared;
}

static bool protocol_parse(const char *text, uint8_t *to)
{
	uint64_t number;
	size_t i;

	for (i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (!strcmp(text, protocols[i].name)) {
			*to = protocols[i].number;
			return true;
		}
	}
	if (!number_parse(text, UINT8_MAX, &number) || !number)
		return false;
	*to = number;
	return true;
}

/* PROTOCOL, PROTOCOL/PORT or PROTOCOL/FIRST-LAST, as strongSwan writes them */
static bool upper_layer_parse(char *text, struct sectun_ts *to)
{
	char *ports = strchr(text, '/'), *last;
	uint64_t number;

	if (ports)
		*ports++ = '\0';
	if (!protocol_parse(text, &to->protocol))
		return false;
	to->has |= SECTUN_HAS(SECTUN_A_TS_PROTOCOL);
	if (!ports)
		return true;

	last = strchr(ports, '-');
	if (last)
		*last++ = '\0';
	if (!number_parse(ports, UINT16_MAX, &number))
		return false;
	to->port_first = to->port_last = number;
	if (last && (!number_parse(last, UINT16_MAX, &number) || number < to->port_first))
		return false;
	to->port_last = last ? number : to->port_first;
	to->has |= SECTUN_HAS(SECTUN_A_TS_PORT_FIRST) | SECTUN_HAS(SECTUN_A_TS_PORT_LAST);
	return true;
}

/**
 * ts_parse - reads one traffic selector: PREFIX[/LENGTH], then [PROTOCOL[/PORT[-PORT]]] in brackets
 * @text: the text
 * @len: octets of it
 * @to: is set to the selector
 * @fault: is set on failure
 *
 * Return: 0 or -1.
 */
int ts_parse(const char *text, size_t len, struct sectun_ts *to, struct fault *fault)
{
	char copy[TS_TEXT_SIZE], right[ADDRESS_TEXT_SIZE], given[ADDRESS_TEXT_SIZE];
	char *bracket, *slash;
	uint64_t prefixlen;

	memset(to, 0, sizeof(*to));
	if (len >= sizeof(copy))
		goto not_a_prefix;
	memcpy(copy, text, len);
	copy[len] = '\0';

	bracket = strchr(copy, '[');
	if (bracket) {
		if (copy[len - 1] != ']')
			goto not_upper_layer;
		copy[len - 1] = '\0';
		*bracket++ = '\0';
		if (!upper_layer_parse(bracket, to))
			goto not_upper_layer;
	}
	slash = strchr(copy, '/');
	if (slash)
		*slash++ = '\0';
	if (inet_pton(AF_INET, copy, to->address.octets) == 1)
		to->address.len = 4;
	else if (inet_pton(AF_INET6, copy, to->address.octets) == 1)
		to->address.len = 16;
	else
		goto not_a_prefix;
	prefixlen = 8U * to->address.len;
	if (slash && !number_parse(slash, 8U * to->address.len, &prefixlen)) {
		fault_set(fault, text, len, "the prefix length is 0 to %d", 8 * to->address.len);
		return -1;
	}
	to->prefixlen = prefixlen;
	address_format(&to->address, given);
	if (mask(&to->address, prefixlen)) {
		fault_set(fault, text, len,
			  "bits after the prefix are set; the network is %s/%d, the host is %s/%d",
			  address_format(&to->address, right), to->prefixlen, given,
			  8 * to->address.len);
		return -1;
	}
	to->has |= SECTUN_HAS(SECTUN_A_TS_ADDRESS) | SECTUN_HAS(SECTUN_A_TS_PREFIXLEN);
	return 0;

not_upper_layer:
	fault_set(fault, text, len,
		  "after the prefix may come [PROTOCOL], [PROTOCOL/PORT] or [PROTOCOL/FIRST-LAST], "
		  "as in [tcp/443]");
	return -1;
not_a_prefix:
	fault_set(fault, text, len,
		  "not an IPv4 or IPv6 prefix, such as 10.1.0.0/24 or 2001:db8::/48");
	return -1;
}

/**
 * ts_format - writes a traffic selector as ts_parse() reads it
 * @ts: the selector
 * @to: where
 *
 * Return: @to.
 */
const char *ts_format(const struct sectun_ts *ts, char to[TS_TEXT_SIZE])
{
	char address[ADDRESS_TEXT_SIZE], protocol[8];
	const char *name = protocol;
	size_t used, i;

	used = snprintf(to, TS_TEXT_SIZE, "%s/%u", address_format(&ts->address, address),
			ts->prefixlen);
	if (!ts->protocol)
		return to;
	snprintf(protocol, sizeof(protocol), "%u", ts->protocol);
	for (i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (ts->protocol == protocols[i].number)
			name = protocols[i].name;
	}
	used += snprintf(to + used, TS_TEXT_SIZE - used, "[%s", name);
	if (ts->has & SECTUN_HAS(SECTUN_A_TS_PORT_FIRST) &&
	    !(ts->port_first == 0 && ts->port_last == UINT16_MAX)) {
		used += snprintf(to + used, TS_TEXT_SIZE - used, "/%u", ts->port_first);
		if (ts->has & SECTUN_HAS(SECTUN_A_TS_PORT_LAST) && ts->port_last != ts->port_first)
			used += snprintf(to + used, TS_TEXT_SIZE - used, "-%u", ts->port_last);
	}
	snprintf(to + used, TS_TEXT_SIZE - used, "]");
	return to;
}

/**
 * ts_list_parse - reads selectors with commas between them, or the word any
 * @text: the text
 * @to: is set to them; the array is for free(3)
 * @fault: is set on failure
 *
 * Return: 0 or -1.
 */
int ts_list_parse(const char *text, struct sectun_ts_list *to, struct fault *fault)
{
	size_t len;

	if (!strcmp(text, "any"))
		text = "0.0.0.0/0,::/0";
	to->count = 0;
	to->items = calloc(SECTUN_TS_MAX, sizeof(*to->items));
	if (!to->items) {
		fault_set(fault, text, strlen(text), "no memory");
		return -1;
	}
	for (;; text += len + 1) {
		len = strcspn(text, ",");
		if (to->count == SECTUN_TS_MAX) {
			fault_set(fault, text, len, "more than %d selectors", SECTUN_TS_MAX);
			break;
		}
		if (ts_parse(text, len, &to->items[to->count], fault))
			break;
		to->count++;
		if (!text[len])
			return 0;
	}
	free(to->items);
	to->items = NULL;
	to->count = 0;
	return -1;
}

/**
 * tunnel_name_parse - reads the name of a tunnel
 * @text: the text
 * @to: is set to the name
 * @fault: is set on failure
 *
 * Return: 0 or -1.
 */
int tunnel_name_parse(const char *text, char to[SECTUN_NAME_SIZE], struct fault *fault)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-:@+";
	size_t len = strspn(text, allowed);

	if (!*text || text[len]) {
		fault_set(fault, text, strlen(text),
			  "a tunnel's name is made of letters, digits and . _ - : @ +");
		return -1;
	}
	if (len >= SECTUN_NAME_SIZE) {
		fault_set(fault, text, len, "a tunnel's name has at most %d characters",
			  SECTUN_NAME_SIZE - 1);
		return -1;
	}
	memcpy(to, text, len + 1);
	return 0;
}

/**
 * ifindex_parse - reads an interface name, or ifN for the interface of index N
 * @text: the text
 * @to: is set to the interface index
 * @fault: is set on failure
 *
 * Return: 0 or -1.
 */
int ifindex_parse(const char *text, uint32_t *to, struct fault *fault)
{
	uint64_t number;

	*to = if_nametoindex(text);
	if (*to)
		return 0;
	if (!strncmp(text, "if", 2) && text[2] != '0' &&
	    number_parse(text + 2, INT32_MAX, &number)) {
		*to = number;
		return 0;
	}
	fault_set(fault, text, strlen(text), "there is no device of this name");
	return -1;
}

/**
 * ifindex_format - writes an interface's name, or ifN if it has none here
 * @ifindex: interface index
 * @to: where
 *
 * Return: @to.
 */
const char *ifindex_format(uint32_t ifindex, char to[SECTUN_IFNAME_SIZE])
{
	if (!if_indextoname(ifindex, to))
		snprintf(to, SECTUN_IFNAME_SIZE, "if%u", ifindex);
	return to;
}
