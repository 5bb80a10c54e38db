// SPDX-License-Identifier: MIT
/*
 * Writing messages. What goes wrong sticks, so that only the end is checked.
 */
#include <errno.h>
#include <string.h>
#include "wire.h"

/** NEXT_PAYLOAD_AT, LENGTH_AT - offsets in the IKE header */
#define NEXT_PAYLOAD_AT 16
#define LENGTH_AT 24

static void set16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void set32(uint8_t *at, uint32_t value)
{
	set16(at, (uint16_t)(value >> 16));
	set16(at + 2, (uint16_t)value);
}

void ike_put(struct ike_writer *writer, const void *octets, size_t len)
{
	if (writer->failed || len > writer->size - writer->len) {
		writer->failed = true;
		return;
	}
	if (len)
		memcpy(writer->octets + writer->len, octets, len);
	writer->len += len;
}

void ike_put8(struct ike_writer *writer, uint8_t value)
{
	ike_put(writer, &value, 1);
}

void ike_put16(struct ike_writer *writer, uint16_t value)
{
	uint8_t octets[2];

	set16(octets, value);
	ike_put(writer, octets, sizeof(octets));
}

void ike_put32(struct ike_writer *writer, uint32_t value)
{
	uint8_t octets[4];

	set32(octets, value);
	ike_put(writer, octets, sizeof(octets));
}

void ike_put64(struct ike_writer *writer, uint64_t value)
{
	ike_put32(writer, (uint32_t)(value >> 32));
	ike_put32(writer, (uint32_t)value);
}

void ike_chain_begin(struct ike_writer *writer, uint8_t *octets, size_t size)
{
	*writer = (struct ike_writer){ .octets = octets, .size = size };
}

void ike_message_begin(struct ike_writer *writer, uint8_t *octets, size_t size,
		       const struct ike_header *header)
{
	ike_chain_begin(writer, octets, size);
	writer->has_header = true;
	writer->next_at = NEXT_PAYLOAD_AT;
	ike_put64(writer, header->spi_i);
	ike_put64(writer, header->spi_r);
	ike_put8(writer, IKE_PAYLOAD_NONE);
	ike_put8(writer, IKE_VERSION);
	ike_put8(writer, header->exchange);
	ike_put8(writer, header->flags);
	ike_put32(writer, header->message_id);
	ike_put32(writer, 0);
}

ptrdiff_t ike_message_end(struct ike_writer *writer)
{
	if (writer->open || writer->len > IKE_MESSAGE_MAX)
		writer->failed = true;
	if (writer->failed)
		return -EMSGSIZE;
	if (writer->has_header)
		set32(writer->octets + LENGTH_AT, (uint32_t)writer->len);
	return (ptrdiff_t)writer->len;
}

void ike_payload_begin(struct ike_writer *writer, uint8_t type)
{
	size_t at = writer->len;

	if (writer->open)
		writer->failed = true;
	ike_put32(writer, 0);
	if (writer->failed)
		return;
	if (at == 0 || (writer->has_header && at == IKE_HEADER_SIZE))
		writer->first = type;
	if (at != 0)
		writer->octets[writer->next_at] = type;
	writer->next_at = at;
	writer->payload_at = at;
	writer->open = true;
}

void ike_payload_end(struct ike_writer *writer)
{
	size_t len = writer->len - writer->payload_at;

	if (!writer->open || len > UINT16_MAX)
		writer->failed = true;
	if (writer->failed)
		return;
	set16(writer->octets + writer->payload_at + 2, (uint16_t)len);
	writer->open = false;
}

void ike_put_ke(struct ike_writer *writer, uint16_t group, const void *data, size_t len)
{
	ike_payload_begin(writer, IKE_PAYLOAD_KE);
	ike_put16(writer, group);
	ike_put16(writer, 0);
	ike_put(writer, data, len);
	ike_payload_end(writer);
}

void ike_put_nonce(struct ike_writer *writer, const void *nonce, size_t len)
{
	ike_payload_begin(writer, IKE_PAYLOAD_NONCE);
	ike_put(writer, nonce, len);
	ike_payload_end(writer);
}

void ike_put_coded(struct ike_writer *writer, uint8_t type, uint8_t code, const void *data,
		   size_t len)
{
	static const uint8_t reserved[3];

	ike_payload_begin(writer, type);
	ike_put8(writer, code);
	if (type == IKE_PAYLOAD_AUTH)
		ike_put(writer, reserved, sizeof(reserved));
	ike_put(writer, data, len);
	ike_payload_end(writer);
}

void ike_put_notify(struct ike_writer *writer, uint16_t type, const void *data, size_t len)
{
	ike_payload_begin(writer, IKE_PAYLOAD_NOTIFY);
	ike_put8(writer, IKE_PROTOCOL_NONE);
	ike_put8(writer, 0);
	ike_put16(writer, type);
	ike_put(writer, data, len);
	ike_payload_end(writer);
}

void ike_put_notify_child(struct ike_writer *writer, uint16_t type, uint8_t protocol, uint32_t spi)
{
	ike_payload_begin(writer, IKE_PAYLOAD_NOTIFY);
	ike_put8(writer, protocol);
	ike_put8(writer, sizeof(spi));
	ike_put16(writer, type);
	ike_put32(writer, spi);
	ike_payload_end(writer);
}

void ike_put_delete(struct ike_writer *writer, uint8_t protocol, const uint32_t *spis,
		    size_t count)
{
	size_t i;

	if (count > UINT16_MAX)
		writer->failed = true;
	ike_payload_begin(writer, IKE_PAYLOAD_DELETE);
	ike_put8(writer, protocol);
	ike_put8(writer, protocol == IKE_PROTOCOL_IKE ? 0 : sizeof(*spis));
	ike_put16(writer, (uint16_t)count);
	for (i = 0; i < count; i++)
		ike_put32(writer, spis[i]);
	ike_payload_end(writer);
}

void ike_put_vendor(struct ike_writer *writer, const void *id, size_t len)
{
	ike_payload_begin(writer, IKE_PAYLOAD_VENDOR);
	ike_put(writer, id, len);
	ike_payload_end(writer);
}
