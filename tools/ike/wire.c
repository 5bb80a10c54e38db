// SPDX-License-Identifier: MIT
/*
 * Reading messages. Every length is compared with what is left before anything is looked at.
 */
#include <string.h>
#include "wire.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
/** CRITICAL - the bit of the generic payload header (RFC 7296 section 3.2) */
#define CRITICAL 0x80
/** CERTREQ_HASH_SIZE - SHA-1 of an authority's public key (section 3.7) */
#define CERTREQ_HASH_SIZE 20

struct name {
	uint16_t number;
	const char *name;
};

static const char *name_of(const struct name *names, size_t count, uint16_t number)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (names[i].number == number)
			return names[i].name;
	}
	return "?";
}

const char *ike_wire_text(enum ike_wire_status status)
{
	static const char *const texts[] = {
		[IKE_WIRE_OK] = "nothing is wrong",
		[IKE_WIRE_SHORT] = "it ends too early",
		[IKE_WIRE_LENGTH] = "a length field is wrong",
		[IKE_WIRE_TRAILING] = "octets follow the last payload",
		[IKE_WIRE_MAJOR] = "it is of another major version",
		[IKE_WIRE_SPI] = "the initiator's SPI is 0",
		[IKE_WIRE_TOO_MANY] = "it has too many payloads",
		[IKE_WIRE_TOO_LONG] = "it is too long",
		[IKE_WIRE_CRITICAL] = "an unknown payload is critical",
		[IKE_WIRE_VALUE] = "a field has a value that is not allowed",
	};

	return (size_t)status < ARRAY_SIZE(texts) ? texts[status] : "?";
}

const char *ike_exchange_name(uint8_t exchange)
{
	static const struct name names[] = {
		{ IKE_SA_INIT, "IKE_SA_INIT" },
		{ IKE_AUTH, "IKE_AUTH" },
		{ IKE_CREATE_CHILD_SA, "CREATE_CHILD_SA" },
		{ IKE_INFORMATIONAL, "INFORMATIONAL" },
	};

	return name_of(names, ARRAY_SIZE(names), exchange);
}

/* Payload types that are known: critical or not, they are read (RFC 7296 section 2.5). */
static const struct name payload_names[] = {
	{ IKE_PAYLOAD_SA, "SA" },
	{ IKE_PAYLOAD_KE, "KE" },
	{ IKE_PAYLOAD_IDI, "IDi" },
	{ IKE_PAYLOAD_IDR, "IDr" },
	{ IKE_PAYLOAD_CERT, "CERT" },
	{ IKE_PAYLOAD_CERTREQ, "CERTREQ" },
	{ IKE_PAYLOAD_AUTH, "AUTH" },
	{ IKE_PAYLOAD_NONCE, "Nonce" },
	{ IKE_PAYLOAD_NOTIFY, "N" },
	{ IKE_PAYLOAD_DELETE, "D" },
	{ IKE_PAYLOAD_VENDOR, "V" },
	{ IKE_PAYLOAD_TSI, "TSi" },
	{ IKE_PAYLOAD_TSR, "TSr" },
	{ IKE_PAYLOAD_SK, "SK" },
	{ IKE_PAYLOAD_CP, "CP" },
	{ IKE_PAYLOAD_EAP, "EAP" },
	{ IKE_PAYLOAD_SKF, "SKF" },
};

const char *ike_payload_name(uint8_t type)
{
	return name_of(payload_names, ARRAY_SIZE(payload_names), type);
}

static bool payload_known(uint8_t type)
{
	return ike_payload_name(type)[0] != '?';
}

const char *ike_protocol_name(uint8_t protocol)
{
	static const struct name names[] = {
		{ IKE_PROTOCOL_NONE, "none" },
		{ IKE_PROTOCOL_IKE, "IKE" },
		{ IKE_PROTOCOL_AH, "AH" },
		{ IKE_PROTOCOL_ESP, "ESP" },
	};

	return name_of(names, ARRAY_SIZE(names), protocol);
}

/* What the SPI of a notification is (section 3.10) */
enum spi_rule {
	SPI_ANY,   /* none, or one that fits the protocol; receivers need not care */
	SPI_CHILD, /* that of an ESP or AH SA */
};

/**
 * struct notify_rule - a notification that is known
 * @type: its type
 * @name: the RFC's name
 * @min: octets of data, at least
 * @max: octets of data, at most
 * @spi: what its SPI is
 */
struct notify_rule {
	uint16_t type;
	const char *name;
	uint16_t min;
	uint16_t max;
	enum spi_rule spi;
};

#define ANY_DATA 0, UINT16_MAX
#define NO_DATA 0, 0

/* Section 3.10.1, in which errors may carry more than is asked for. */
static const struct notify_rule notify_rules[] = {
	{ IKE_UNSUPPORTED_CRITICAL_PAYLOAD, "UNSUPPORTED_CRITICAL_PAYLOAD", 1, 1, SPI_ANY },
	{ IKE_INVALID_IKE_SPI, "INVALID_IKE_SPI", ANY_DATA, SPI_ANY },
	{ IKE_INVALID_MAJOR_VERSION, "INVALID_MAJOR_VERSION", ANY_DATA, SPI_ANY },
	{ IKE_INVALID_SYNTAX, "INVALID_SYNTAX", ANY_DATA, SPI_ANY },
	{ IKE_INVALID_MESSAGE_ID, "INVALID_MESSAGE_ID", ANY_DATA, SPI_ANY },
	{ IKE_INVALID_SPI, "INVALID_SPI", ANY_DATA, SPI_ANY },
	{ IKE_NO_PROPOSAL_CHOSEN, "NO_PROPOSAL_CHOSEN", ANY_DATA, SPI_ANY },
	{ IKE_INVALID_KE_PAYLOAD, "INVALID_KE_PAYLOAD", 2, 2, SPI_ANY },
	{ IKE_AUTHENTICATION_FAILED, "AUTHENTICATION_FAILED", ANY_DATA, SPI_ANY },
	{ IKE_SINGLE_PAIR_REQUIRED, "SINGLE_PAIR_REQUIRED", ANY_DATA, SPI_ANY },
	{ IKE_NO_ADDITIONAL_SAS, "NO_ADDITIONAL_SAS", ANY_DATA, SPI_ANY },
	{ IKE_INTERNAL_ADDRESS_FAILURE, "INTERNAL_ADDRESS_FAILURE", ANY_DATA, SPI_ANY },
	{ IKE_FAILED_CP_REQUIRED, "FAILED_CP_REQUIRED", ANY_DATA, SPI_ANY },
	{ IKE_TS_UNACCEPTABLE, "TS_UNACCEPTABLE", ANY_DATA, SPI_ANY },
	{ IKE_INVALID_SELECTORS, "INVALID_SELECTORS", ANY_DATA, SPI_ANY },
	{ IKE_TEMPORARY_FAILURE, "TEMPORARY_FAILURE", ANY_DATA, SPI_ANY },
	{ IKE_CHILD_SA_NOT_FOUND, "CHILD_SA_NOT_FOUND", ANY_DATA, SPI_CHILD },
	{ IKE_INITIAL_CONTACT, "INITIAL_CONTACT", NO_DATA, SPI_ANY },
	{ IKE_SET_WINDOW_SIZE, "SET_WINDOW_SIZE", 4, 4, SPI_ANY },
	{ IKE_ADDITIONAL_TS_POSSIBLE, "ADDITIONAL_TS_POSSIBLE", NO_DATA, SPI_ANY },
	{ IKE_IPCOMP_SUPPORTED, "IPCOMP_SUPPORTED", 3, UINT16_MAX, SPI_ANY },
	{ IKE_NAT_DETECTION_SOURCE_IP, "NAT_DETECTION_SOURCE_IP", 20, 20, SPI_ANY },
	{ IKE_NAT_DETECTION_DESTINATION_IP, "NAT_DETECTION_DESTINATION_IP", 20, 20, SPI_ANY },
	{ IKE_COOKIE, "COOKIE", 1, IKE_COOKIE_MAX, SPI_ANY },
	{ IKE_USE_TRANSPORT_MODE, "USE_TRANSPORT_MODE", NO_DATA, SPI_ANY },
	{ IKE_HTTP_CERT_LOOKUP_SUPPORTED, "HTTP_CERT_LOOKUP_SUPPORTED", NO_DATA, SPI_ANY },
	{ IKE_REKEY_SA, "REKEY_SA", NO_DATA, SPI_CHILD },
	{ IKE_ESP_TFC_PADDING_NOT_SUPPORTED, "ESP_TFC_PADDING_NOT_SUPPORTED", NO_DATA, SPI_ANY },
	{ IKE_NON_FIRST_FRAGMENTS_ALSO, "NON_FIRST_FRAGMENTS_ALSO", NO_DATA, SPI_ANY },
	{ IKE_MOBIKE_SUPPORTED, "MOBIKE_SUPPORTED", ANY_DATA, SPI_ANY },
	{ IKE_CHILDLESS_IKEV2_SUPPORTED, "CHILDLESS_IKEV2_SUPPORTED", ANY_DATA, SPI_ANY },
	{ IKE_FRAGMENTATION_SUPPORTED, "IKEV2_FRAGMENTATION_SUPPORTED", ANY_DATA, SPI_ANY },
	{ IKE_SIGNATURE_HASH_ALGORITHMS, "SIGNATURE_HASH_ALGORITHMS", 2, UINT16_MAX, SPI_ANY },
};

static const struct notify_rule *notify_rule(uint16_t type)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(notify_rules); i++) {
		if (notify_rules[i].type == type)
			return &notify_rules[i];
	}
	return NULL;
}

const char *ike_notify_name(uint16_t type)
{
	const struct notify_rule *rule = notify_rule(type);

	return rule ? rule->name : "?";
}

uint16_t ike_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

uint32_t ike_get32(const uint8_t *at)
{
	return (uint32_t)ike_get16(at) << 16 | ike_get16(at + 2);
}

uint64_t ike_get64(const uint8_t *at)
{
	return (uint64_t)ike_get32(at) << 32 | ike_get32(at + 4);
}

/*
 *	IKE SA initiator's SPI (8)
 *	IKE SA responder's SPI (8)
 *	next payload (1) | major, minor version (1) | exchange type (1) | flags (1)
 *	message ID (4)
 *	length (4)
 */
enum ike_wire_status ike_header_parse(struct ike_span octets, struct ike_header *header)
{
	const uint8_t *at = octets.at;

	if (octets.len < IKE_HEADER_SIZE)
		return IKE_WIRE_SHORT;
	header->spi_i = ike_get64(at);
	header->spi_r = ike_get64(at + 8);
	header->next_payload = at[16];
	header->version = at[17];
	header->exchange = at[18];
	header->flags = at[19];
	header->message_id = ike_get32(at + 20);
	header->length = ike_get32(at + 24);
	/* Minor versions are no reason to refuse (section 2.5). */
	if (header->version >> 4 != IKE_VERSION >> 4)
		return IKE_WIRE_MAJOR;
	if (header->length < IKE_HEADER_SIZE || header->length > octets.len)
		return IKE_WIRE_LENGTH;
	if (header->length > IKE_MESSAGE_MAX)
		return IKE_WIRE_TOO_LONG;
	if (!header->spi_i)
		return IKE_WIRE_SPI;
	return IKE_WIRE_OK;
}

enum ike_wire_status ike_message_parse(struct ike_span octets, struct ike_view *view)
{
	struct ike_header *header = &view->header;
	enum ike_wire_status status = ike_header_parse(octets, header);

	view->chain.count = 0;
	view->octets = octets;
	if (status)
		return status;
	if (header->length < octets.len)
		return IKE_WIRE_TRAILING;
	return ike_chain_parse(header->next_payload,
			       (struct ike_span){ octets.at + IKE_HEADER_SIZE,
						  octets.len - IKE_HEADER_SIZE },
			       false, &view->chain);
}

/*
 *	next payload (1) | critical (1 bit), reserved | length, this header included (2) | body
 *
 * Of SK and SKF, next payload is the type of what is inside (section 3.14).
 */
enum ike_wire_status ike_chain_parse(uint8_t first, struct ike_span octets, bool inside,
				     struct ike_chain *chain)
{
	const uint8_t *at = octets.at;
	size_t left = octets.len, len;
	struct ike_payload *payload;
	uint8_t type = first;

	chain->count = 0;
	chain->critical = 0;
	while (type != IKE_PAYLOAD_NONE) {
		if (left < IKE_PAYLOAD_HEADER_SIZE)
			return IKE_WIRE_SHORT;
		len = ike_get16(at + 2);
		if (len < IKE_PAYLOAD_HEADER_SIZE || len > left)
			return IKE_WIRE_LENGTH;
		if (chain->count == IKE_PAYLOADS_MAX)
			return IKE_WIRE_TOO_MANY;
		payload = &chain->payloads[chain->count++];
		payload->type = type;
		payload->next = at[0];
		payload->critical = at[1] & CRITICAL;
		payload->body.at = at + IKE_PAYLOAD_HEADER_SIZE;
		payload->body.len = len - IKE_PAYLOAD_HEADER_SIZE;
		at += len;
		left -= len;
		if (payload->critical && !payload_known(type)) {
			chain->critical = type;
			return IKE_WIRE_CRITICAL;
		}
		if (type == IKE_PAYLOAD_SK || type == IKE_PAYLOAD_SKF) {
			if (inside)
				return IKE_WIRE_VALUE;
			break;
		}
		type = payload->next;
	}
	return left ? IKE_WIRE_TRAILING : IKE_WIRE_OK;
}

const struct ike_payload *ike_chain_find(const struct ike_chain *chain, uint8_t type)
{
	size_t i;

	for (i = 0; i < chain->count; i++) {
		if (chain->payloads[i].type == type)
			return &chain->payloads[i];
	}
	return NULL;
}

size_t ike_chain_count(const struct ike_chain *chain, uint8_t type)
{
	size_t i, count = 0;

	for (i = 0; i < chain->count; i++)
		count += chain->payloads[i].type == type;
	return count;
}

bool ike_chain_notify(const struct ike_chain *chain, uint16_t type, struct ike_notify *notify)
{
	size_t i;

	for (i = 0; i < chain->count; i++) {
		if (chain->payloads[i].type == IKE_PAYLOAD_NOTIFY &&
		    ike_notify_parse(&chain->payloads[i], notify) == IKE_WIRE_OK &&
		    notify->type == type)
			return true;
	}
	return false;
}

bool ike_chain_error(const struct ike_chain *chain, struct ike_notify *notify)
{
	size_t i;

	for (i = 0; i < chain->count; i++) {
		if (chain->payloads[i].type == IKE_PAYLOAD_NOTIFY &&
		    ike_notify_parse(&chain->payloads[i], notify) == IKE_WIRE_OK &&
		    notify->type < IKE_NOTIFY_STATUS)
			return true;
	}
	return false;
}

/*	group (2) | reserved (2) | public value */
enum ike_wire_status ike_ke_parse(const struct ike_payload *payload, struct ike_ke *ke)
{
	struct ike_span body = payload->body;

	if (body.len < 4)
		return IKE_WIRE_SHORT;
	ke->group = ike_get16(body.at);
	ke->data.at = body.at + 4;
	ke->data.len = body.len - 4;
	return ke->data.len ? IKE_WIRE_OK : IKE_WIRE_SHORT;
}

enum ike_wire_status ike_nonce_parse(const struct ike_payload *payload, struct ike_span *nonce)
{
	*nonce = payload->body;
	if (nonce->len < IKE_NONCE_MIN || nonce->len > IKE_NONCE_MAX)
		return IKE_WIRE_LENGTH;
	return IKE_WIRE_OK;
}

/*
 *	protocol (1) | octets of the SPI (1) | type (2) | SPI | data
 */
enum ike_wire_status ike_notify_parse(const struct ike_payload *payload, struct ike_notify *notify)
{
	const struct notify_rule *rule;
	struct ike_span body = payload->body;
	size_t spi_len;

	if (body.len < 4)
		return IKE_WIRE_SHORT;
	notify->protocol = body.at[0];
	spi_len = body.at[1];
	notify->type = ike_get16(body.at + 2);
	if (spi_len > body.len - 4)
		return IKE_WIRE_LENGTH;
	notify->spi.at = body.at + 4;
	notify->spi.len = spi_len;
	notify->data.at = body.at + 4 + spi_len;
	notify->data.len = body.len - 4 - spi_len;

	/* Protocol 0 without SPI is the rule; some peers name IKE where no SA is meant. */
	switch (notify->protocol) {
	case IKE_PROTOCOL_NONE:
		if (spi_len)
			return IKE_WIRE_VALUE;
		break;
	case IKE_PROTOCOL_IKE:
		if (spi_len && spi_len != 8)
			return IKE_WIRE_VALUE;
		break;
	case IKE_PROTOCOL_AH:
	case IKE_PROTOCOL_ESP:
		if (spi_len && spi_len != 4)
			return IKE_WIRE_VALUE;
		break;
	default:
		return IKE_WIRE_VALUE;
	}
	rule = notify_rule(notify->type);
	if (!rule)
		return IKE_WIRE_OK;
	if (notify->data.len < rule->min || notify->data.len > rule->max)
		return IKE_WIRE_LENGTH;
	if (rule->spi == SPI_CHILD && spi_len != 4)
		return IKE_WIRE_VALUE;
	/* A list of 16-bit numbers (RFC 7427 section 4) */
	if (notify->type == IKE_SIGNATURE_HASH_ALGORITHMS && notify->data.len % 2)
		return IKE_WIRE_LENGTH;
	return IKE_WIRE_OK;
}

/*
 *	protocol (1) | octets of an SPI (1) | number of SPIs (2) | SPIs
 */
enum ike_wire_status ike_delete_parse(const struct ike_payload *payload, struct ike_delete *del)
{
	struct ike_span body = payload->body;
	size_t spi_len;

	if (body.len < 4)
		return IKE_WIRE_SHORT;
	del->protocol = body.at[0];
	spi_len = body.at[1];
	del->count = ike_get16(body.at + 2);
	del->spis.at = body.at + 4;
	del->spis.len = body.len - 4;

	switch (del->protocol) {
	case IKE_PROTOCOL_IKE:
		if (spi_len || del->count)
			return IKE_WIRE_VALUE;
		break;
	case IKE_PROTOCOL_AH:
	case IKE_PROTOCOL_ESP:
		if (spi_len != 4)
			return IKE_WIRE_VALUE;
		break;
	default:
		return IKE_WIRE_VALUE;
	}
	return del->spis.len == spi_len * del->count ? IKE_WIRE_OK : IKE_WIRE_LENGTH;
}

uint32_t ike_delete_spi(const struct ike_delete *del, size_t index)
{
	return ike_get32(del->spis.at + 4 * index);
}

/*
 *	CERT, CERTREQ:	encoding (1) | data
 *	AUTH:		method (1) | reserved (3) | data
 */
enum ike_wire_status ike_coded_parse(const struct ike_payload *payload, struct ike_coded *coded)
{
	size_t head = payload->type == IKE_PAYLOAD_AUTH ? 4 : 1;
	struct ike_span body = payload->body;

	if (body.len < head)
		return IKE_WIRE_SHORT;
	coded->code = body.at[0];
	coded->data.at = body.at + head;
	coded->data.len = body.len - head;
	/* An empty CERTREQ asks for any certificate. */
	if (payload->type == IKE_PAYLOAD_CERTREQ)
		return coded->code == IKE_ENCODING_X509 && coded->data.len % CERTREQ_HASH_SIZE ?
			       IKE_WIRE_LENGTH : IKE_WIRE_OK;
	return coded->data.len ? IKE_WIRE_OK : IKE_WIRE_SHORT;
}
