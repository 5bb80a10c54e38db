/* SPDX-License-Identifier: MIT */
/*
 * The wire format of IKEv2 (RFC 7296 section 3): a message as a view into the octets that arrived,
 * and a writer that cannot leave its buffer.
 *
 * Nothing here allocates or keeps state. A view is valid as long as the octets are. Views of
 * payloads come from their parsers only, which check every length; what they point to is inside the
 * payload. SA payloads are in proposal.h, identities in id.h, traffic selectors in ts.h, encrypted
 * payloads in sk.h.
 */
#ifndef IKE_WIRE_H
#define IKE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "span.h"

/** IKE_HEADER_SIZE - octets of the IKE header */
#define IKE_HEADER_SIZE 28
/** IKE_PAYLOAD_HEADER_SIZE - octets of the generic payload header */
#define IKE_PAYLOAD_HEADER_SIZE 4
/** IKE_MESSAGE_MAX - octets of the longest message that is taken or built, after reassembly too */
#define IKE_MESSAGE_MAX 65000
/** IKE_PAYLOADS_MAX - payloads in one chain; a message with more is refused */
#define IKE_PAYLOADS_MAX 96
/** IKE_VERSION - major version 2, minor version 0 */
#define IKE_VERSION 0x20
/** IKE_NONCE_MIN, IKE_NONCE_MAX - octets of a nonce (section 3.9) */
#define IKE_NONCE_MIN 16
#define IKE_NONCE_MAX 256
/** IKE_NONCE_SIZE - octets of our nonces: no prf that we take has a longer key (section 2.10) */
#define IKE_NONCE_SIZE 32
/** IKE_COOKIE_MAX - octets of the longest cookie (section 2.6) */
#define IKE_COOKIE_MAX 64
/** IKE_SPI_MAX - octets of the longest SPI */
#define IKE_SPI_MAX 8
/** IKE_NON_ESP_MARKER_SIZE - zeros before an IKE message on port 4500 (RFC 3948 section 2.2) */
#define IKE_NON_ESP_MARKER_SIZE 4

/* Exchange types, section 3.1 */
enum ike_exchange {
	IKE_SA_INIT = 34,
	IKE_AUTH = 35,
	IKE_CREATE_CHILD_SA = 36,
	IKE_INFORMATIONAL = 37,
};

/* Flags, section 3.1 */
enum {
	IKE_FLAG_INITIATOR = 0x08, /* the sender is the original initiator of the IKE SA */
	IKE_FLAG_VERSION = 0x10,   /* the sender can speak a higher major version */
	IKE_FLAG_RESPONSE = 0x20,
};

/* Payload types, section 3.2 */
enum ike_payload_type {
	IKE_PAYLOAD_NONE = 0,
	IKE_PAYLOAD_SA = 33,
	IKE_PAYLOAD_KE = 34,
	IKE_PAYLOAD_IDI = 35,
	IKE_PAYLOAD_IDR = 36,
	IKE_PAYLOAD_CERT = 37,
	IKE_PAYLOAD_CERTREQ = 38,
	IKE_PAYLOAD_AUTH = 39,
	IKE_PAYLOAD_NONCE = 40,
	IKE_PAYLOAD_NOTIFY = 41,
	IKE_PAYLOAD_DELETE = 42,
	IKE_PAYLOAD_VENDOR = 43,
	IKE_PAYLOAD_TSI = 44,
	IKE_PAYLOAD_TSR = 45,
	IKE_PAYLOAD_SK = 46,
	IKE_PAYLOAD_CP = 47,
	IKE_PAYLOAD_EAP = 48,
	IKE_PAYLOAD_SKF = 53, /* RFC 7383 */
};

/* Security protocol identifiers, section 3.3.1 */
enum ike_protocol {
	IKE_PROTOCOL_NONE = 0,
	IKE_PROTOCOL_IKE = 1,
	IKE_PROTOCOL_AH = 2,
	IKE_PROTOCOL_ESP = 3,
};

/* Notify message types, section 3.10.1; below IKE_NOTIFY_STATUS they are errors */
enum ike_notify_type {
	IKE_UNSUPPORTED_CRITICAL_PAYLOAD = 1,
	IKE_INVALID_IKE_SPI = 4,
	IKE_INVALID_MAJOR_VERSION = 5,
	IKE_INVALID_SYNTAX = 7,
	IKE_INVALID_MESSAGE_ID = 9,
	IKE_INVALID_SPI = 11,
	IKE_NO_PROPOSAL_CHOSEN = 14,
	IKE_INVALID_KE_PAYLOAD = 17,
	IKE_AUTHENTICATION_FAILED = 24,
	IKE_SINGLE_PAIR_REQUIRED = 34,
	IKE_NO_ADDITIONAL_SAS = 35,
	IKE_INTERNAL_ADDRESS_FAILURE = 36,
	IKE_FAILED_CP_REQUIRED = 37,
	IKE_TS_UNACCEPTABLE = 38,
	IKE_INVALID_SELECTORS = 39,
	IKE_TEMPORARY_FAILURE = 43,
	IKE_CHILD_SA_NOT_FOUND = 44,
	IKE_NOTIFY_STATUS = 16384,
	IKE_INITIAL_CONTACT = 16384,
	IKE_SET_WINDOW_SIZE = 16385,
	IKE_ADDITIONAL_TS_POSSIBLE = 16386,
	IKE_IPCOMP_SUPPORTED = 16387,
	IKE_NAT_DETECTION_SOURCE_IP = 16388,
	IKE_NAT_DETECTION_DESTINATION_IP = 16389,
	IKE_COOKIE = 16390,
	IKE_USE_TRANSPORT_MODE = 16391,
	IKE_HTTP_CERT_LOOKUP_SUPPORTED = 16392,
	IKE_REKEY_SA = 16393,
	IKE_ESP_TFC_PADDING_NOT_SUPPORTED = 16394,
	IKE_NON_FIRST_FRAGMENTS_ALSO = 16395,
	IKE_MOBIKE_SUPPORTED = 16396,		/* RFC 4555 */
	IKE_CHILDLESS_IKEV2_SUPPORTED = 16418,	/* RFC 6023 */
	IKE_FRAGMENTATION_SUPPORTED = 16430,	/* RFC 7383 */
	IKE_SIGNATURE_HASH_ALGORITHMS = 16431,	/* RFC 7427 */
};

/* Certificate encodings, section 3.6 */
enum ike_encoding {
	IKE_ENCODING_X509 = 4, /* "X.509 Certificate - Signature" */
	IKE_ENCODING_CRL = 7,
};

/**
 * enum ike_wire_status - what is wrong with octets that arrived
 * @IKE_WIRE_OK: nothing
 * @IKE_WIRE_SHORT: they end in the middle of the header or of a payload
 * @IKE_WIRE_LENGTH: a length field says less than its own header, or more than there is
 * @IKE_WIRE_TRAILING: octets follow the last payload
 * @IKE_WIRE_MAJOR: another major version
 * @IKE_WIRE_SPI: the initiator's SPI is 0
 * @IKE_WIRE_TOO_MANY: more payloads than IKE_PAYLOADS_MAX
 * @IKE_WIRE_TOO_LONG: more octets than IKE_MESSAGE_MAX
 * @IKE_WIRE_CRITICAL: a payload that nobody here knows says that it is critical
 * @IKE_WIRE_VALUE: a field has a value that the RFC forbids
 */
enum ike_wire_status {
	IKE_WIRE_OK = 0,
	IKE_WIRE_SHORT,
	IKE_WIRE_LENGTH,
	IKE_WIRE_TRAILING,
	IKE_WIRE_MAJOR,
	IKE_WIRE_SPI,
	IKE_WIRE_TOO_MANY,
	IKE_WIRE_TOO_LONG,
	IKE_WIRE_CRITICAL,
	IKE_WIRE_VALUE,
};

/**
 * struct ike_header - the IKE header; numbers are in host order
 * @spi_i: SPI of the original initiator
 * @spi_r: SPI of the responder; 0 in the first request
 * @next_payload: type of the first payload; 0: none
 * @version: major version times 16 plus minor version
 * @exchange: enum ike_exchange
 * @flags: IKE_FLAG_...
 * @message_id: message ID
 * @length: octets of the message, the header included
 */
struct ike_header {
	uint64_t spi_i;
	uint64_t spi_r;
	uint8_t next_payload;
	uint8_t version;
	uint8_t exchange;
	uint8_t flags;
	uint32_t message_id;
	uint32_t length;
};

/**
 * struct ike_payload - one payload of a chain
 * @type: enum ike_payload_type, or one that nobody here knows
 * @next: type that its header says comes next; for SK and SKF, the first one inside
 * @critical: its critical bit
 * @body: what follows the generic payload header
 */
struct ike_payload {
	uint8_t type;
	uint8_t next;
	bool critical;
	struct ike_span body;
};

/**
 * struct ike_chain - a chain of payloads
 * @count: number of them
 * @critical: with IKE_WIRE_CRITICAL, the type of the payload that is not known
 * @payloads: the payloads in order
 */
struct ike_chain {
	size_t count;
	uint8_t critical;
	struct ike_payload payloads[IKE_PAYLOADS_MAX];
};

/**
 * struct ike_view - a message
 * @octets: all of it, as long as its header says
 * @header: its header
 * @chain: its payloads; ends with an SK or SKF payload if there is one
 */
struct ike_view {
	struct ike_span octets;
	struct ike_header header;
	struct ike_chain chain;
};

/**
 * struct ike_ke - Key Exchange payload, section 3.4
 * @group: IANA number of the group
 * @data: public value
 */
struct ike_ke {
	uint16_t group;
	struct ike_span data;
};

/**
 * struct ike_notify - Notify payload, section 3.10
 * @type: enum ike_notify_type, or one that nobody here knows
 * @protocol: enum ike_protocol; NONE where the notification concerns no SA
 * @spi: SPI of the SA it is about; 0, 4 or 8 octets
 * @data: what the type says
 */
struct ike_notify {
	uint16_t type;
	uint8_t protocol;
	struct ike_span spi;
	struct ike_span data;
};

/**
 * struct ike_delete - Delete payload, section 3.11
 * @protocol: IKE_PROTOCOL_IKE without SPIs, or IKE_PROTOCOL_AH or _ESP with them
 * @count: number of SPIs
 * @spis: the SPIs, 4 octets each; ike_delete_spi() reads them
 */
struct ike_delete {
	uint8_t protocol;
	uint16_t count;
	struct ike_span spis;
};

/**
 * struct ike_coded - a payload that begins with one octet: CERT (encoding), CERTREQ (encoding; the
 * data are SHA-1 hashes of 20 octets for X.509) or AUTH (method)
 * @code: that octet
 * @data: what follows; for AUTH after three reserved octets
 */
struct ike_coded {
	uint8_t code;
	struct ike_span data;
};

/**
 * ike_wire_text - what a status says
 * @status: the status
 *
 * Return: a phrase for the log, such as "octets follow the last payload".
 */
const char *ike_wire_text(enum ike_wire_status status);

const char *ike_exchange_name(uint8_t exchange);
const char *ike_payload_name(uint8_t type);
const char *ike_protocol_name(uint8_t protocol);

/**
 * ike_notify_name - the RFC's name of a notification
 * @type: its type
 *
 * Return: the name, such as "NO_PROPOSAL_CHOSEN", or "?" for one that nobody here knows.
 */
const char *ike_notify_name(uint16_t type);

/**
 * ike_header_parse - reads the header of a message without its payloads
 * @octets: what arrived, without a non-ESP marker
 * @header: is set to the header
 *
 * For telling cheaply whose message it is. Nothing but the length is checked, and that it is not
 * beyond what arrived: with IKE_WIRE_MAJOR, _SPI, _LENGTH and _TOO_LONG too, @header is filled in.
 *
 * Return: IKE_WIRE_OK, _SHORT, _LENGTH, _TOO_LONG, _MAJOR or _SPI.
 */
enum ike_wire_status ike_header_parse(struct ike_span octets, struct ike_header *header);

/**
 * ike_message_parse - reads a message
 * @octets: what arrived, without a non-ESP marker
 * @view: is filled in; points into @octets; @view->header is valid unless IKE_WIRE_SHORT
 *
 * The length of the header has to be that of what arrived (IKE_WIRE_TRAILING if it is less).
 * Payloads of unknown types are in the chain unless they are critical (section 2.5).
 *
 * Return: IKE_WIRE_OK, or what is wrong.
 */
enum ike_wire_status ike_message_parse(struct ike_span octets, struct ike_view *view);

/**
 * ike_chain_parse - reads a chain of payloads, such as what was encrypted
 * @first: type of the first payload
 * @octets: the payloads
 * @inside: they were encrypted, so that no SK or SKF payload may be among them
 * @chain: is filled in; points into @octets
 *
 * An SK or SKF payload ends a chain, and must be last (section 3.14).
 *
 * Return: IKE_WIRE_OK, or what is wrong.
 */
enum ike_wire_status ike_chain_parse(uint8_t first, struct ike_span octets, bool inside,
				     struct ike_chain *chain);

/**
 * ike_chain_find - the first payload of a type
 * @chain: a chain
 * @type: enum ike_payload_type
 *
 * Return: the payload, or NULL.
 */
const struct ike_payload *ike_chain_find(const struct ike_chain *chain, uint8_t type);

/**
 * ike_chain_count - how many payloads of a type there are
 * @chain: a chain
 * @type: enum ike_payload_type
 *
 * Return: number of them.
 */
size_t ike_chain_count(const struct ike_chain *chain, uint8_t type);

/**
 * ike_chain_notify - finds a notification
 * @chain: a chain
 * @type: enum ike_notify_type
 * @notify: is filled in if there is one that ike_notify_parse() takes
 *
 * Return: whether there is one.
 */
bool ike_chain_notify(const struct ike_chain *chain, uint16_t type, struct ike_notify *notify);

/**
 * ike_chain_error - the first error notification (type below IKE_NOTIFY_STATUS)
 * @chain: a chain
 * @notify: is filled in if there is one that ike_notify_parse() takes
 *
 * Return: whether there is one.
 */
bool ike_chain_error(const struct ike_chain *chain, struct ike_notify *notify);

enum ike_wire_status ike_ke_parse(const struct ike_payload *payload, struct ike_ke *ke);
enum ike_wire_status ike_nonce_parse(const struct ike_payload *payload, struct ike_span *nonce);

/**
 * ike_notify_parse - reads a Notify payload
 * @payload: the payload
 * @notify: is filled in
 *
 * The length of the SPI has to fit the protocol, and that of the data what the type prescribes;
 * for a notification where this does not hold it is IKE_WIRE_VALUE or IKE_WIRE_LENGTH.
 * @notify->type is valid unless IKE_WIRE_SHORT.
 *
 * Return: IKE_WIRE_OK, or what is wrong.
 */
enum ike_wire_status ike_notify_parse(const struct ike_payload *payload, struct ike_notify *notify);

enum ike_wire_status ike_delete_parse(const struct ike_payload *payload, struct ike_delete *del);

/**
 * ike_delete_spi - one SPI of a Delete payload
 * @del: the payload
 * @index: from 0 to @del->count - 1
 *
 * Return: the SPI in host order.
 */
uint32_t ike_delete_spi(const struct ike_delete *del, size_t index);

/** ike_coded_parse - reads a CERT, CERTREQ or AUTH payload */
enum ike_wire_status ike_coded_parse(const struct ike_payload *payload, struct ike_coded *coded);

uint16_t ike_get16(const uint8_t *at);
uint32_t ike_get32(const uint8_t *at);
uint64_t ike_get64(const uint8_t *at);

/**
 * struct ike_writer - builds a message, or a chain of payloads that is to be encrypted
 * @octets: buffer of the caller
 * @size: octets that fit
 * @len: octets written
 * @failed: something did not fit, or was not possible; nothing more gets written
 * @has_header: it began with an IKE header
 * @first: type of the first payload
 * @next_at: offset of the next-payload octet to fill in; 0: none yet, @first takes it
 * @payload_at: offset of the payload being written; 0 with @open false: none
 * @open: a payload is being written
 *
 * Functions that write do nothing once @failed, so only the end needs to be checked.
 */
struct ike_writer {
	uint8_t *octets;
	size_t size;
	size_t len;
	bool failed;
	bool has_header;
	uint8_t first;
	size_t next_at;
	size_t payload_at;
	bool open;
};

/**
 * ike_message_begin - begins a message with its header
 * @writer: is initialised
 * @octets: buffer
 * @size: octets of it
 * @header: what the header says; @header->next_payload, ->version and ->length are filled in by
 *       the writer
 */
void ike_message_begin(struct ike_writer *writer, uint8_t *octets, size_t size,
		       const struct ike_header *header);

/**
 * ike_chain_begin - begins a chain without a header, for what is to be encrypted
 * @writer: is initialised; its first payload type is @writer->first afterwards
 * @octets: buffer
 * @size: octets of it
 */
void ike_chain_begin(struct ike_writer *writer, uint8_t *octets, size_t size);

/**
 * ike_message_end - completes a message or a chain
 * @writer: the writer, with no payload open
 *
 * Return: its octets, 0 being right for an empty chain; -EMSGSIZE if it did not fit.
 */
ptrdiff_t ike_message_end(struct ike_writer *writer);

/**
 * ike_payload_begin - begins a payload
 * @writer: the writer, with no payload open
 * @type: enum ike_payload_type
 *
 * Between begin and end come ike_put...(). Nothing that we send is critical (section 2.5 leaves the
 * bit 0 for payloads of RFC 7296).
 */
void ike_payload_begin(struct ike_writer *writer, uint8_t type);
void ike_payload_end(struct ike_writer *writer);

void ike_put8(struct ike_writer *writer, uint8_t value);
void ike_put16(struct ike_writer *writer, uint16_t value);
void ike_put32(struct ike_writer *writer, uint32_t value);
void ike_put64(struct ike_writer *writer, uint64_t value);
void ike_put(struct ike_writer *writer, const void *octets, size_t len);

/* Whole payloads */
void ike_put_ke(struct ike_writer *writer, uint16_t group, const void *data, size_t len);
void ike_put_nonce(struct ike_writer *writer, const void *nonce, size_t len);

/**
 * ike_put_coded - writes a CERT, CERTREQ or AUTH payload
 * @writer: the writer
 * @type: IKE_PAYLOAD_CERT, _CERTREQ or _AUTH
 * @code: encoding or method
 * @data: what follows
 * @len: octets of it
 */
void ike_put_coded(struct ike_writer *writer, uint8_t type, uint8_t code, const void *data,
		   size_t len);

/**
 * ike_put_notify - writes a Notify payload that concerns no SA
 * @writer: the writer
 * @type: enum ike_notify_type
 * @data: what the type prescribes, or NULL
 * @len: octets of it
 */
void ike_put_notify(struct ike_writer *writer, uint16_t type, const void *data, size_t len);

/**
 * ike_put_notify_child - writes a Notify payload about a child SA: REKEY_SA, CHILD_SA_NOT_FOUND
 * @writer: the writer
 * @type: enum ike_notify_type
 * @protocol: IKE_PROTOCOL_ESP or _AH
 * @spi: SPI, in host order
 */
void ike_put_notify_child(struct ike_writer *writer, uint16_t type, uint8_t protocol, uint32_t spi);

/**
 * ike_put_delete - writes a Delete payload
 * @writer: the writer
 * @protocol: IKE_PROTOCOL_IKE, with no SPIs, or IKE_PROTOCOL_ESP or _AH
 * @spis: SPIs under which the sender receives, in host order
 * @count: number of them
 */
void ike_put_delete(struct ike_writer *writer, uint8_t protocol, const uint32_t *spis,
		    size_t count);

void ike_put_vendor(struct ike_writer *writer, const void *id, size_t len);

#endif
