/* SPDX-License-Identifier: MIT */
/*
 * Identities (RFC 7296 section 3.5).
 *
 * As text: an address; a domain name; user@domain; a distinguished name with = in it, such as
 * "C=DE, O=Example, CN=gw"; "%any". A type may be forced: "fqdn:" or "email:" and any name without
 * a space, "ipv4:", "ipv6:", "dn:", "keyid:" and any text, or hexadecimal after 0x.
 */
#ifndef IKE_ID_H
#define IKE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "endpoint.h"
#include "fault.h"
#include "wire.h"

/** IKE_ID_MAX - octets of the longest identity; a longer one is refused */
#define IKE_ID_MAX 1024
/** IKE_ID_TEXT_SIZE - octets of the longest text of an identity, its NUL included */
#define IKE_ID_TEXT_SIZE 1536

/* Identification types */
enum ike_id_type {
	IKE_ID_ANY = 0, /* configuration only: whoever is authentic */
	IKE_ID_IPV4 = 1,
	IKE_ID_FQDN = 2,
	IKE_ID_RFC822 = 3,
	IKE_ID_IPV6 = 5,
	IKE_ID_DN = 9,
	IKE_ID_KEY_ID = 11,
};

/**
 * struct ike_id - an identity
 * @type: enum ike_id_type
 * @len: octets of @data
 * @data: as the wire has them: an address in network order, a name, DER of a distinguished name
 */
struct ike_id {
	uint8_t type;
	uint16_t len;
	uint8_t data[IKE_ID_MAX];
};

/**
 * ike_id_parse - reads an identity
 * @text: the text
 * @to: is set to it
 * @fault: is set on failure
 *
 * Return: 0 or -EINVAL.
 */
int ike_id_parse(const char *text, struct ike_id *to, struct ike_fault *fault);

/** ike_id_of_address - the identity that an address is; the port does not count */
void ike_id_of_address(const struct ike_endpoint *endpoint, struct ike_id *to);

/**
 * ike_id_format - writes an identity as ike_id_parse() reads it; octets that are not printable are
 * escaped, as a peer may send any
 * @id: the identity
 * @to: where; cut to fit
 *
 * Return: @to.
 */
const char *ike_id_format(const struct ike_id *id, char to[IKE_ID_TEXT_SIZE]);

/** ike_id_type_name - "fqdn", "email", "ipv4", "ipv6", "dn", "keyid", "any", or "?" */
const char *ike_id_type_name(uint8_t type);

/**
 * ike_id_equal - whether two identities are the same
 * @a: one
 * @b: the other
 *
 * Domain names are compared without regard to case, also behind @; distinguished names
 * attribute by attribute as RFC 5280 section 7.1 says; everything else octet by octet.
 *
 * Return: whether they are.
 */
bool ike_id_equal(const struct ike_id *a, const struct ike_id *b);

/** ike_id_match - whether an identity is the configured one; %any is everybody */
bool ike_id_match(const struct ike_id *configured, const struct ike_id *id);

/**
 * ike_id_read - reads an IDi or IDr payload
 * @payload: the payload
 * @to: is filled in
 *
 * An unknown type is taken; it equals nothing but itself.
 *
 * Return: IKE_WIRE_OK, or what is wrong: an address of a wrong length, an empty name, a name with
 * NUL in it, one that is too long, or what is not DER of a name.
 */
enum ike_wire_status ike_id_read(const struct ike_payload *payload, struct ike_id *to);

/**
 * ike_put_id - writes an IDi or IDr payload
 * @writer: the writer
 * @type: IKE_PAYLOAD_IDI or _IDR
 * @id: the identity
 *
 * What AUTH is computed over (section 2.15) is ike_id_body().
 */
void ike_put_id(struct ike_writer *writer, uint8_t type, const struct ike_id *id);

/**
 * ike_id_body - the payload's body, as it enters prf(SK_p, RestOfID)
 * @id: the identity
 * @to: gets 4 octets and the data
 *
 * For the peer's, take the body of the payload that arrived.
 *
 * Return: octets of it.
 */
size_t ike_id_body(const struct ike_id *id, uint8_t to[IKE_ID_MAX + 4]);

#endif
