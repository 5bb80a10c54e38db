/* SPDX-License-Identifier: MIT */
/*
 * Traffic selectors (RFC 7296 sections 2.9 and 3.13). Pure functions.
 *
 * As text a selector is PREFIX, ADDRESS or FIRST-LAST, then optionally [PROTOCOL],
 * [PROTOCOL/PORT] or [PROTOCOL/FIRST-LAST]: 10.1.0.0/24[tcp/443].
 */
#ifndef IKE_TS_H
#define IKE_TS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "endpoint.h"
#include "fault.h"
#include "wire.h"

/** IKE_TS_MAX - selectors of one side; of what a peer sends, those behind are not considered */
#define IKE_TS_MAX 32
/** IKE_TS_TEXT_SIZE - octets of the longest selector as text, its NUL included */
#define IKE_TS_TEXT_SIZE 128
/** IKE_TS_LIST_TEXT_SIZE - octets of the longest list as text, its NUL included */
#define IKE_TS_LIST_TEXT_SIZE (IKE_TS_MAX * IKE_TS_TEXT_SIZE)
/** IKE_TS_PREFIXES_MAX - prefixes that the longest range takes: 254 of IPv6, 62 of IPv4 */
#define IKE_TS_PREFIXES_MAX 254

/**
 * struct ike_ts - a range of addresses, a protocol and a range of ports
 * @len: octets of an address: 4 or 16
 * @protocol: IP protocol; 0: any
 * @port_first: first port; for ICMP type and code. All ports: 0 to 65535; OPAQUE: 65535 to 0
 * @port_last: last port
 * @first: first address, in network order
 * @last: last address
 */
struct ike_ts {
	uint8_t len;
	uint8_t protocol;
	uint16_t port_first;
	uint16_t port_last;
	uint8_t first[16];
	uint8_t last[16];
};

/**
 * struct ike_ts_list - the selectors of one side
 * @count: number of them
 * @items: the selectors
 */
struct ike_ts_list {
	uint8_t count;
	struct ike_ts items[IKE_TS_MAX];
};

/**
 * struct ike_ts_prefix - a prefix with the rest of a selector, as the kernel takes it
 * @len: octets of the address: 4 or 16
 * @octets: the prefix in network order; bits after it are 0
 * @prefixlen: its bits
 * @protocol: as in struct ike_ts
 * @port_first: likewise
 * @port_last: likewise
 */
struct ike_ts_prefix {
	uint8_t len;
	uint8_t octets[16];
	uint8_t prefixlen;
	uint8_t protocol;
	uint16_t port_first;
	uint16_t port_last;
};

/**
 * ike_ts_parse - reads one selector
 * @text: the text
 * @len: octets of it
 * @to: is set to the selector
 * @fault: is set on failure
 *
 * Return: 0 or -EINVAL.
 */
int ike_ts_parse(const char *text, size_t len, struct ike_ts *to, struct ike_fault *fault);

/**
 * ike_ts_list_parse - reads selectors with commas between them; spaces around commas are skipped
 * @text: the text; "any" is 0.0.0.0/0, ::/0
 * @to: is set to them
 * @fault: is set on failure
 *
 * Return: 0 or -EINVAL.
 */
int ike_ts_list_parse(const char *text, struct ike_ts_list *to, struct ike_fault *fault);

/** ike_ts_format - writes a selector as ike_ts_parse() reads it, in its shortest form */
const char *ike_ts_format(const struct ike_ts *ts, char to[IKE_TS_TEXT_SIZE]);

/**
 * ike_ts_list_format - writes selectors with commas between them; "none" if there are none
 * @items: the selectors
 * @count: number of them
 * @to: where
 * @size: octets that fit, IKE_TS_LIST_TEXT_SIZE being enough for IKE_TS_MAX; cut to fit, ending
 *       with ... then
 *
 * Return: @to.
 */
const char *ike_ts_list_format(const struct ike_ts *items, size_t count, char *to, size_t size);

/**
 * ike_ts_of_address - the selector of one address, with any protocol and port
 * @endpoint: the address; its port does not count
 *
 * Return: the selector.
 */
struct ike_ts ike_ts_of_address(const struct ike_endpoint *endpoint);

/**
 * ike_ts_read - reads a TSi or TSr payload
 * @payload: the payload
 * @to: is filled in
 *
 * Selectors of unknown types are skipped; @to may end up empty.
 *
 * Return: IKE_WIRE_OK, or what is wrong.
 */
enum ike_wire_status ike_ts_read(const struct ike_payload *payload, struct ike_ts_list *to);

/**
 * ike_put_ts - writes a TSi or TSr payload
 * @writer: the writer
 * @type: IKE_PAYLOAD_TSI or _TSR
 * @items: the selectors, at least one
 * @count: number of them, at most 255
 */
void ike_put_ts(struct ike_writer *writer, uint8_t type, const struct ike_ts *items, size_t count);

/**
 * ike_ts_narrow - what of an offer is allowed (section 2.9)
 * @offered: what the initiator proposed for one side
 * @allowed: what is configured for that side
 * @count: number of @allowed
 * @to: is set to the intersection, without what another selector of it covers; order is that of the
 *       offer, so that what the first selector (of the packet that wanted the tunnel) leads to
 *       is kept if there is not room for all
 *
 * Return: whether anything is left; if not, TS_UNACCEPTABLE is the answer.
 */
bool ike_ts_narrow(const struct ike_ts_list *offered, const struct ike_ts *allowed, size_t count,
		   struct ike_ts_list *to);

/**
 * ike_ts_covers - whether each of some selectors lies inside one of others
 * @outer: the others
 * @outer_count: number of them
 * @inner: the ones
 * @inner_count: number of them
 *
 * An initiator asks this of the answer to its offer.
 *
 * Return: whether they do; true if there are none in @inner.
 */
bool ike_ts_covers(const struct ike_ts *outer, size_t outer_count, const struct ike_ts *inner,
		   size_t inner_count);

bool ike_ts_equal(const struct ike_ts *a, const struct ike_ts *b);

/**
 * ike_ts_prefixes - cuts a selector into prefixes
 * @ts: the selector
 * @to: is set to them
 * @max: number that fits, IKE_TS_PREFIXES_MAX being enough
 *
 * Return: number of them; -ENOSPC if more than @max.
 */
int ike_ts_prefixes(const struct ike_ts *ts, struct ike_ts_prefix *to, size_t max);

#endif
