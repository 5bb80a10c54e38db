// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include "codec.h"

#define FIELDS(type, table) { sizeof(type), table, sizeof(table) / sizeof(table[0]) }
#define PLAIN(type, attr, what, member) \
	{ .attribute = (attr), .kind = (what), .offset = offsetof(type, member), \
	  .size = sizeof(((type *)NULL)->member) }
#define COUNTED(type, attr, what, member, number, of) \
	{ .attribute = (attr), .kind = (what), .offset = offsetof(type, member), \
	  .count_offset = offsetof(type, number), .nest = (of) }
#define NESTED(type, attr, member, of) \
	{ .attribute = (attr), .kind = FIELD_NEST, .offset = offsetof(type, member), .nest = (of) }

static const struct sectun_field drop_fields[] = {
	PLAIN(struct sectun_drop, SECTUN_A_DROP_REASON, FIELD_STRING, reason),
	PLAIN(struct sectun_drop, SECTUN_A_DROP_PACKETS, FIELD_U64, packets),
	PLAIN(struct sectun_drop, SECTUN_A_DROP_TEXT, FIELD_STRING, text),
};
static const struct sectun_object drop_object = FIELDS(struct sectun_drop, drop_fields);

static const struct sectun_field stats_fields[] = {
	PLAIN(struct sectun_stats, SECTUN_A_STATS_RX_PACKETS, FIELD_U64, rx_packets),
	PLAIN(struct sectun_stats, SECTUN_A_STATS_RX_BYTES, FIELD_U64, rx_bytes),
	PLAIN(struct sectun_stats, SECTUN_A_STATS_TX_PACKETS, FIELD_U64, tx_packets),
	PLAIN(struct sectun_stats, SECTUN_A_STATS_TX_BYTES, FIELD_U64, tx_bytes),
	COUNTED(struct sectun_stats, SECTUN_A_STATS_DROP, FIELD_LIST, drops, drop_count,
		&drop_object),
};
static const struct sectun_object stats_object = FIELDS(struct sectun_stats, stats_fields);

static const struct sectun_field ts_fields[] = {
	PLAIN(struct sectun_ts, SECTUN_A_TS_ADDRESS, FIELD_ADDRESS, address),
	PLAIN(struct sectun_ts, SECTUN_A_TS_PREFIXLEN, FIELD_U8, prefixlen),
	PLAIN(struct sectun_ts, SECTUN_A_TS_PROTOCOL, FIELD_U8, protocol),
	PLAIN(struct sectun_ts, SECTUN_A_TS_PORT_FIRST, FIELD_U16, port_first),
	PLAIN(struct sectun_ts, SECTUN_A_TS_PORT_LAST, FIELD_U16, port_last),
};
static const struct sectun_object ts_object = FIELDS(struct sectun_ts, ts_fields);

static const struct sectun_field device_fields[] = {
	PLAIN(struct sectun_device, SECTUN_A_DEVICE_IFINDEX, FIELD_U32, ifindex),
	PLAIN(struct sectun_device, SECTUN_A_DEVICE_NAME, FIELD_STRING, name),
	PLAIN(struct sectun_device, SECTUN_A_DEVICE_TUNNELS, FIELD_U32, tunnels),
	NESTED(struct sectun_device, SECTUN_A_DEVICE_STATS, stats, &stats_object),
};
const struct sectun_object sectun_device_object = FIELDS(struct sectun_device, device_fields);

static const struct sectun_field tunnel_fields[] = {
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_IFINDEX, FIELD_U32, ifindex),
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_NAME, FIELD_STRING, name),
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_LOCAL, FIELD_ADDRESS, local),
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_REMOTE, FIELD_ADDRESS, remote),
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_MODE, FIELD_U8, mode),
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_ENCAP, FIELD_U8, encap),
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_SPORT, FIELD_U16, sport),
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_DPORT, FIELD_U16, dport),
	COUNTED(struct sectun_tunnel, SECTUN_A_TUNNEL_LOCAL_TS, FIELD_LIST, local_ts.items,
		local_ts.count, &ts_object),
	COUNTED(struct sectun_tunnel, SECTUN_A_TUNNEL_REMOTE_TS, FIELD_LIST, remote_ts.items,
		remote_ts.count, &ts_object),
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_DF, FIELD_U8, df),
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_DSCP, FIELD_U8, dscp),
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_ECN, FIELD_U8, ecn),
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_TTL, FIELD_U8, ttl),
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_TFC, FIELD_U16, tfc),
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_DUMMY, FIELD_U16, dummy),
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_MSS, FIELD_U16, mss),
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_LINK, FIELD_U32, link),
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_MARK, FIELD_U32, mark),
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_KEEPALIVE, FIELD_U16, keepalive),
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_PATH_MTU, FIELD_U32, path_mtu),
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_HELD, FIELD_U32, held),
	NESTED(struct sectun_tunnel, SECTUN_A_TUNNEL_STATS, stats, &stats_object),
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_DSCP_MAP, FIELD_TABLE, dscp_map),
	PLAIN(struct sectun_tunnel, SECTUN_A_TUNNEL_FLOW_LABEL, FIELD_U8, flow_label),
};
const struct sectun_object sectun_tunnel_object = FIELDS(struct sectun_tunnel, tunnel_fields);

static const struct sectun_field late_fields[] = {
	PLAIN(struct sectun_late, SECTUN_A_LATE_BEHIND, FIELD_U32, behind),
	PLAIN(struct sectun_late, SECTUN_A_LATE_PACKETS, FIELD_U64, packets),
};
static const struct sectun_object late_object = FIELDS(struct sectun_late, late_fields);

static const struct sectun_field sa_fields[] = {
	PLAIN(struct sectun_sa, SECTUN_A_SA_IFINDEX, FIELD_U32, ifindex),
	PLAIN(struct sectun_sa, SECTUN_A_SA_TUNNEL, FIELD_STRING, tunnel),
	PLAIN(struct sectun_sa, SECTUN_A_SA_DIR, FIELD_U8, dir),
	PLAIN(struct sectun_sa, SECTUN_A_SA_PROTO, FIELD_U8, proto),
	PLAIN(struct sectun_sa, SECTUN_A_SA_SPI, FIELD_U32, spi),
	PLAIN(struct sectun_sa, SECTUN_A_SA_ALG, FIELD_STRING, alg),
	COUNTED(struct sectun_sa, SECTUN_A_SA_KEY, FIELD_OCTETS, key, key_len, NULL),
	PLAIN(struct sectun_sa, SECTUN_A_SA_ESN, FIELD_U8, esn),
	PLAIN(struct sectun_sa, SECTUN_A_SA_REPLAY, FIELD_U32, replay),
	PLAIN(struct sectun_sa, SECTUN_A_SA_SEQ, FIELD_U64, seq),
	PLAIN(struct sectun_sa, SECTUN_A_SA_ALLOW_STATIC, FIELD_FLAG, allow_static),
	PLAIN(struct sectun_sa, SECTUN_A_SA_STATE, FIELD_U8, state),
	PLAIN(struct sectun_sa, SECTUN_A_SA_DRIVER, FIELD_STRING, driver),
	PLAIN(struct sectun_sa, SECTUN_A_SA_AGE, FIELD_U64, age),
	PLAIN(struct sectun_sa, SECTUN_A_SA_IDLE, FIELD_U64, idle),
	NESTED(struct sectun_sa, SECTUN_A_SA_STATS, stats, &stats_object),
	PLAIN(struct sectun_sa, SECTUN_A_SA_SPI_MIN, FIELD_U32, spi_min),
	PLAIN(struct sectun_sa, SECTUN_A_SA_SPI_MAX, FIELD_U32, spi_max),
	PLAIN(struct sectun_sa, SECTUN_A_SA_LARVAL_TIMEOUT, FIELD_U32, larval_timeout),
	PLAIN(struct sectun_sa, SECTUN_A_SA_SOFT_BYTES, FIELD_U64, soft_bytes),
	PLAIN(struct sectun_sa, SECTUN_A_SA_HARD_BYTES, FIELD_U64, hard_bytes),
	PLAIN(struct sectun_sa, SECTUN_A_SA_SOFT_PACKETS, FIELD_U64, soft_packets),
	PLAIN(struct sectun_sa, SECTUN_A_SA_HARD_PACKETS, FIELD_U64, hard_packets),
	PLAIN(struct sectun_sa, SECTUN_A_SA_SOFT_TIME, FIELD_U64, soft_time),
	PLAIN(struct sectun_sa, SECTUN_A_SA_HARD_TIME, FIELD_U64, hard_time),
	PLAIN(struct sectun_sa, SECTUN_A_SA_USED_BYTES, FIELD_U64, used_bytes),
	PLAIN(struct sectun_sa, SECTUN_A_SA_USED_PACKETS, FIELD_U64, used_packets),
	PLAIN(struct sectun_sa, SECTUN_A_SA_FOLLOW, FIELD_U8, follow),
	PLAIN(struct sectun_sa, SECTUN_A_SA_LOST, FIELD_U64, lost),
	PLAIN(struct sectun_sa, SECTUN_A_SA_LATE, FIELD_U64, late),
	PLAIN(struct sectun_sa, SECTUN_A_SA_LATE_MAX, FIELD_U32, late_max),
	COUNTED(struct sectun_sa, SECTUN_A_SA_LATE_BY, FIELD_LIST, late_by, late_by_count,
		&late_object),
	PLAIN(struct sectun_sa, SECTUN_A_SA_LEGACY, FIELD_FLAG, legacy),
};
const struct sectun_object sectun_sa_object = FIELDS(struct sectun_sa, sa_fields);

static const struct sectun_field rekey_fields[] = {
	PLAIN(struct sectun_rekey, SECTUN_A_REKEY_IFINDEX, FIELD_U32, ifindex),
	PLAIN(struct sectun_rekey, SECTUN_A_REKEY_TUNNEL, FIELD_STRING, tunnel),
	NESTED(struct sectun_rekey, SECTUN_A_REKEY_IN, in, &sectun_sa_object),
	NESTED(struct sectun_rekey, SECTUN_A_REKEY_OUT, out, &sectun_sa_object),
	PLAIN(struct sectun_rekey, SECTUN_A_REKEY_RETIRE_AFTER, FIELD_U32, retire_after),
};
const struct sectun_object sectun_rekey_object = FIELDS(struct sectun_rekey, rekey_fields);

static const struct sectun_field alg_fields[] = {
	PLAIN(struct sectun_alg, SECTUN_A_ALG_NAME, FIELD_STRING, name),
	PLAIN(struct sectun_alg, SECTUN_A_ALG_PROTO, FIELD_U8, proto),
	PLAIN(struct sectun_alg, SECTUN_A_ALG_ID, FIELD_U16, id),
	PLAIN(struct sectun_alg, SECTUN_A_ALG_CRYPTO_NAME, FIELD_STRING, crypto_name),
	PLAIN(struct sectun_alg, SECTUN_A_ALG_DRIVER, FIELD_STRING, driver),
	PLAIN(struct sectun_alg, SECTUN_A_ALG_KEYMAT, FIELD_U16, keymat),
	PLAIN(struct sectun_alg, SECTUN_A_ALG_IV, FIELD_U16, iv),
	PLAIN(struct sectun_alg, SECTUN_A_ALG_ICV, FIELD_U16, icv),
	PLAIN(struct sectun_alg, SECTUN_A_ALG_BLOCK, FIELD_U16, block),
	PLAIN(struct sectun_alg, SECTUN_A_ALG_LEGACY, FIELD_FLAG, legacy),
	PLAIN(struct sectun_alg, SECTUN_A_ALG_KEY, FIELD_U16, key),
	PLAIN(struct sectun_alg, SECTUN_A_ALG_SALT, FIELD_U16, salt),
	PLAIN(struct sectun_alg, SECTUN_A_ALG_INTEG_ID, FIELD_U16, integ_id),
	PLAIN(struct sectun_alg, SECTUN_A_ALG_NO_DRIVER, FIELD_FLAG, no_driver),
};
const struct sectun_object sectun_alg_object = FIELDS(struct sectun_alg, alg_fields);

static const struct sectun_field event_fields[] = {
	NESTED(struct sectun_event, SECTUN_A_EVENT_TUNNEL, tunnel, &sectun_tunnel_object),
	NESTED(struct sectun_event, SECTUN_A_EVENT_SA, sa, &sectun_sa_object),
	PLAIN(struct sectun_event, SECTUN_A_EVENT_HARD, FIELD_FLAG, hard),
	NESTED(struct sectun_event, SECTUN_A_EVENT_TS_SRC, ts_src, &ts_object),
	NESTED(struct sectun_event, SECTUN_A_EVENT_TS_DST, ts_dst, &ts_object),
	PLAIN(struct sectun_event, SECTUN_A_EVENT_ADDRESS, FIELD_ADDRESS, address),
	PLAIN(struct sectun_event, SECTUN_A_EVENT_PORT, FIELD_U16, port),
	PLAIN(struct sectun_event, SECTUN_A_EVENT_FAILURES, FIELD_U64, failures),
	PLAIN(struct sectun_event, SECTUN_A_EVENT_IFINDEX, FIELD_U32, ifindex),
};
const struct sectun_object sectun_event_object = FIELDS(struct sectun_event, event_fields);

/* Every structure begins with its `has`. */
static uint64_t *has_of(void *object)
{
	return object;
}

static uint64_t has_in(const void *object)
{
	return *(const uint64_t *)object;
}

static size_t count_of(const struct sectun_field *field, const void *object)
{
	return *(const size_t *)((const char *)object + field->count_offset);
}

static int encode_nest(struct nl_msg *msg, const struct sectun_field *field, const void *from)
{
	struct nlattr *nest = nla_nest_start(msg, field->attribute | NLA_F_NESTED);
	int err;

	if (!nest)
		return -EMSGSIZE;
	err = sectun_encode(msg, field->nest, from);
	if (err)
		return err;
	nla_nest_end_keep_empty(msg, nest);
	return 0;
}

static int encode_list(struct nl_msg *msg, const struct sectun_field *field, const void *object)
{
	const char *item = *(const char *const *)((const char *)object + field->offset);
	size_t i;
	int err;

	for (i = 0; i < count_of(field, object); i++) {
		err = encode_nest(msg, field, item + i * field->nest->size);
		if (err)
			return err;
	}
	return 0;
}

static int encode_field(struct nl_msg *msg, const struct sectun_field *field, const void *object)
{
	const void *member = (const char *)object + field->offset;
	const struct sectun_addr *address = member;
	int err = 0;

	switch (field->kind) {
	case FIELD_U8:
	case FIELD_U16:
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_TABLE:
		err = nla_put(msg, field->attribute, field->size, member);
		break;
	case FIELD_STRING:
		err = nla_put_string(msg, field->attribute, member);
		break;
	case FIELD_FLAG:
		err = *(const bool *)member ? nla_put_flag(msg, field->attribute) : 0;
		break;
	case FIELD_ADDRESS:
		err = nla_put(msg, field->attribute, address->len, address->octets);
		break;
	case FIELD_OCTETS:
		err = nla_put(msg, field->attribute, count_of(field, object),
			      *(const void *const *)member);
		break;
	case FIELD_NEST:
		return encode_nest(msg, field, member);
	case FIELD_LIST:
		return encode_list(msg, field, object);
	}
	return err ? -EMSGSIZE : 0;
}

/**
 * sectun_encode - appends what is present in a structure to a message
 * @msg: the message
 * @object: which structure it is
 * @from: the structure
 *
 * Return: 0, or -EMSGSIZE: the message has no room for it.
 */
int sectun_encode(struct nl_msg *msg, const struct sectun_object *object, const void *from)
{
	size_t i;
	int err;

	for (i = 0; i < object->count; i++) {
		if (!(has_in(from) & SECTUN_HAS(object->fields[i].attribute)))
			continue;
		err = encode_field(msg, &object->fields[i], from);
		if (err)
			return err;
	}
	return 0;
}

static int decode_string(const struct nlattr *attr, char *to, size_t size)
{
	size_t len = strnlen(nla_data(attr), nla_len(attr));

	if (len >= size)
		return -EBADMSG;
	memcpy(to, nla_data(attr), len);
	to[len] = '\0';
	return 0;
}

static int decode_address(const struct nlattr *attr, struct sectun_addr *to)
{
	if (nla_len(attr) != 4 && nla_len(attr) != 16)
		return -EBADMSG;
	to->len = nla_len(attr);
	memcpy(to->octets, nla_data(attr), to->len);
	return 0;
}

static int decode_list_item(struct nlattr *attr, const struct sectun_field *field, void *object)
{
	char **list = (char **)((char *)object + field->offset);
	size_t *count = (size_t *)((char *)object + field->count_offset);
	size_t size = field->nest->size;
	char *longer;

	longer = reallocarray(*list, *count + 1, size);
	if (!longer)
		return -ENOMEM;
	*list = longer;
	memset(longer + *count * size, 0, size);
	(*count)++;
	return sectun_decode(nla_data(attr), nla_len(attr), field->nest,
			     longer + (*count - 1) * size);
}

static int decode_field(struct nlattr *attr, const struct sectun_field *field, void *object)
{
	void *member = (char *)object + field->offset;

	switch (field->kind) {
	case FIELD_U8:
	case FIELD_U16:
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_TABLE:
		if ((size_t)nla_len(attr) != field->size)
			return -EBADMSG;
		memcpy(member, nla_data(attr), field->size);
		return 0;
	case FIELD_STRING:
		return decode_string(attr, member, field->size);
	case FIELD_FLAG:
		*(bool *)member = true;
		return 0;
	case FIELD_ADDRESS:
		return decode_address(attr, member);
	case FIELD_OCTETS:
		return -EBADMSG;
	case FIELD_NEST:
		return sectun_decode(nla_data(attr), nla_len(attr), field->nest, member);
	case FIELD_LIST:
		return decode_list_item(attr, field, object);
	}
	return -EBADMSG;
}

/* A second one of what is not a list would leak the first one's lists: it is malformed. */
static bool repeated(const struct sectun_field *field, const void *object)
{
	return field->kind != FIELD_LIST && (has_in(object) & SECTUN_HAS(field->attribute));
}

/**
 * sectun_decode - fills a structure from attributes
 * @head: first attribute
 * @len: octets of all of them
 * @object: which structure it is
 * @to: the structure, zeroed; to be given to sectun_object_uninit() whatever is returned
 *
 * Return: 0; -EBADMSG: malformed; -ENOMEM.
 */
int sectun_decode(struct nlattr *head, int len, const struct sectun_object *object, void *to)
{
	struct nlattr *attr;
	int left, err;
	size_t i;

	nla_for_each_attr(attr, head, len, left) {
		for (i = 0; i < object->count; i++) {
			if (object->fields[i].attribute == nla_type(attr))
				break;
		}
		if (i == object->count)
			continue;
		if (repeated(&object->fields[i], to))
			return -EBADMSG;
		*has_of(to) |= SECTUN_HAS(nla_type(attr));
		err = decode_field(attr, &object->fields[i], to);
		if (err)
			return err;
	}
	return left > 0 ? -EBADMSG : 0;
}

/**
 * sectun_object_uninit - releases what a decoded structure owns and zeroes it
 * @object: which structure it is
 * @of: the structure
 */
void sectun_object_uninit(const struct sectun_object *object, void *of)
{
	const struct sectun_field *field;
	void *member;

	for (field = object->fields; field < object->fields + object->count; field++) {
		member = (char *)of + field->offset;
		if (field->kind == FIELD_NEST)
			sectun_object_uninit(field->nest, member);
		else if (field->kind == FIELD_LIST)
			sectun_object_list_free(field->nest, *(void **)member, count_of(field, of));
	}
	memset(of, 0, object->size);
}

/**
 * sectun_object_list_free - releases an array of decoded structures
 * @object: which structure they are
 * @list: the array, or NULL
 * @count: its length
 */
void sectun_object_list_free(const struct sectun_object *object, void *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		sectun_object_uninit(object, (char *)list + i * object->size);
	free(list);
}
