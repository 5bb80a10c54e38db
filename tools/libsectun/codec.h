/* SPDX-License-Identifier: MIT */
/*
 * Between the structures of sectun.h and netlink attributes.
 *
 * One table per structure says which member carries which attribute; both directions read it. To
 * add an attribute, add a row. What the kernel sends is checked as what a stranger sends: lengths,
 * nesting, and the NUL of strings; attributes that the table does not know are left out.
 */
#ifndef SECTUN_CODEC_H
#define SECTUN_CODEC_H

#include "sectun.h"

struct nl_msg;
struct nlattr;

/**
 * enum sectun_field_kind - how a member is stored
 * @FIELD_U8: uint8_t
 * @FIELD_U16: uint16_t
 * @FIELD_U32: uint32_t
 * @FIELD_U64: uint64_t
 * @FIELD_STRING: array of char, NUL-terminated
 * @FIELD_FLAG: bool; a false one is not sent
 * @FIELD_ADDRESS: struct sectun_addr
 * @FIELD_TABLE: array of uint8_t, always whole
 * @FIELD_OCTETS: pointer to octets and, beside it, their number as size_t; only sent, never
 *       received
 * @FIELD_NEST: the nested structure itself
 * @FIELD_LIST: pointer to an array of nested structures and, beside it, their number as size_t
 */
enum sectun_field_kind {
	FIELD_U8,
	FIELD_U16,
	FIELD_U32,
	FIELD_U64,
	FIELD_STRING,
	FIELD_FLAG,
	FIELD_ADDRESS,
	FIELD_TABLE,
	FIELD_OCTETS,
	FIELD_NEST,
	FIELD_LIST,
};

struct sectun_object;

/**
 * struct sectun_field - one member
 * @attribute: attribute number
 * @kind: how it is stored
 * @offset: octets from the start of the structure
 * @size: FIELD_STRING, FIELD_TABLE: octets of the array
 * @count_offset: FIELD_OCTETS, FIELD_LIST: octets from the start of the structure to the number
 * @nest: FIELD_NEST, FIELD_LIST: the nested structure
 */
struct sectun_field {
	uint16_t attribute;
	enum sectun_field_kind kind;
	size_t offset;
	size_t size;
	size_t count_offset;
	const struct sectun_object *nest;
};

/**
 * struct sectun_object - one structure of sectun.h; its first member is `has`
 * @size: octets of it
 * @fields: its members
 * @count: number of them
 */
struct sectun_object {
	size_t size;
	const struct sectun_field *fields;
	size_t count;
};

extern const struct sectun_object sectun_device_object;
extern const struct sectun_object sectun_tunnel_object;
extern const struct sectun_object sectun_sa_object;
extern const struct sectun_object sectun_rekey_object;
extern const struct sectun_object sectun_alg_object;
extern const struct sectun_object sectun_event_object;

int sectun_encode(struct nl_msg *msg, const struct sectun_object *object, const void *from);
int sectun_decode(struct nlattr *head, int len, const struct sectun_object *object, void *to);
void sectun_object_uninit(const struct sectun_object *object, void *of);
void sectun_object_list_free(const struct sectun_object *object, void *list, size_t count);

#endif
