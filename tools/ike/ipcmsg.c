// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>
#include "auth.h"
#include "cert.h"
#include "id.h"
#include "ipcmsg.h"

/* Certificates come from an IKE message, and all of them are no longer than it. */
#define CERT_MAX IKE_PACKET_MAX

void ike_ipc_put_endpoint(struct ike_ipc_message *message, const struct ike_endpoint *endpoint)
{
	ike_ipc_put_octets(message, endpoint->octets, endpoint->len);
	ike_ipc_put_u16(message, endpoint->port);
}

void ike_ipc_get_endpoint(struct ike_ipc_message *message, struct ike_endpoint *endpoint)
{
	const uint8_t *octets;
	size_t len;

	memset(endpoint, 0, sizeof(*endpoint));
	octets = ike_ipc_get_octets(message, &len, sizeof(endpoint->octets));
	if (len != 0 && len != 4 && len != 16)
		message->broken = true;
	if (!message->broken) {
		endpoint->len = len;
		memcpy(endpoint->octets, octets, len);
	}
	endpoint->port = ike_ipc_get_u16(message);
}

static void put_certs(struct ike_ipc_message *message, const struct ike_cert_blob *certs,
		      size_t count)
{
	size_t i;

	ike_ipc_put_u8(message, count);
	for (i = 0; i < count; i++) {
		ike_ipc_put_u8(message, certs[i].encoding);
		ike_ipc_put_octets(message, certs[i].data, certs[i].len);
	}
}

static size_t get_certs(struct ike_ipc_message *message, struct ike_cert_blob *certs)
{
	size_t i, count = ike_ipc_get_u8(message);

	if (count > IKE_CERT_MAX) {
		message->broken = true;
		return 0;
	}
	for (i = 0; i < count; i++) {
		certs[i].encoding = ike_ipc_get_u8(message);
		certs[i].data = ike_ipc_get_octets(message, &certs[i].len, CERT_MAX);
	}
	return count;
}

/* An enum that is out of its range breaks the message. */
static unsigned int get_enum(struct ike_ipc_message *message, unsigned int last)
{
	unsigned int value = ike_ipc_get_u8(message);

	if (value <= last)
		return value;
	message->broken = true;
	return 0;
}

void ike_ipc_put_key_request(struct ike_ipc_message *message, const struct ike_key_request *request)
{
	size_t i, hashes = request->hash_count;

	if (hashes > IKE_IPC_HASHES_MAX)
		hashes = IKE_IPC_HASHES_MAX;
	ike_ipc_begin(message, request->verb == IKE_KEY_SIGN ? IKE_IPC_SIGN : IKE_IPC_VERIFY,
		      request->id);
	ike_ipc_put_string(message, request->peer->name);
	ike_ipc_put_u16(message, request->prf);
	ike_ipc_put_octets(message, request->octets, request->octets_len);
	ike_ipc_put_u8(message, hashes);
	for (i = 0; i < hashes; i++)
		ike_ipc_put_u16(message, request->hashes[i]);
	ike_ipc_put_u8(message, request->method);
	ike_ipc_put_octets(message, request->auth, request->auth_len);
	ike_ipc_put_u8(message, request->id_type);
	ike_ipc_put_octets(message, request->id_data, request->id_len);
	put_certs(message, request->certs, request->cert_count);
}

int ike_ipc_get_key_request(struct ike_ipc_message *message, struct ike_ipc_key_request *to)
{
	struct ike_key_request *request = &to->request;
	size_t i;

	memset(to, 0, sizeof(*to));
	request->id = message->id;
	request->verb = message->kind == IKE_IPC_SIGN ? IKE_KEY_SIGN : IKE_KEY_VERIFY;
	ike_ipc_get_string(message, to->peer, sizeof(to->peer));
	request->prf = ike_ipc_get_u16(message);
	request->octets = ike_ipc_get_octets(message, &request->octets_len, IKE_AUTH_OCTETS_MAX);
	request->hashes = to->hashes;
	request->hash_count = get_enum(message, IKE_IPC_HASHES_MAX);
	for (i = 0; i < request->hash_count; i++)
		to->hashes[i] = ike_ipc_get_u16(message);
	request->method = ike_ipc_get_u8(message);
	request->auth = ike_ipc_get_octets(message, &request->auth_len, IKE_PACKET_MAX);
	request->id_type = ike_ipc_get_u8(message);
	request->id_data = ike_ipc_get_octets(message, &request->id_len, IKE_ID_MAX);
	request->cert_count = get_certs(message, request->certs);
	return ike_ipc_end(message);
}

void ike_ipc_put_key_reply(struct ike_ipc_message *message, uint32_t id,
			   const struct ike_key_reply *reply)
{
	ike_ipc_begin(message, IKE_IPC_KEY_REPLY, id);
	ike_ipc_put_u32(message, -reply->error);
	ike_ipc_put_string(message, reply->fault);
	ike_ipc_put_string(message, reply->text);
	ike_ipc_put_u8(message, reply->method);
	ike_ipc_put_octets(message, reply->auth, reply->auth_len);
	put_certs(message, reply->certs, reply->cert_count);
}

int ike_ipc_get_key_reply(struct ike_ipc_message *message, struct ike_ipc_key_reply *to)
{
	struct ike_key_reply *reply = &to->reply;

	memset(to, 0, sizeof(*to));
	reply->error = -(int)(ike_ipc_get_u32(message) & INT16_MAX);
	ike_ipc_get_string(message, to->fault, sizeof(to->fault));
	ike_ipc_get_string(message, to->text, sizeof(to->text));
	reply->fault = to->fault;
	reply->text = to->text;
	reply->method = ike_ipc_get_u8(message);
	reply->auth = ike_ipc_get_octets(message, &reply->auth_len, IKE_AUTH_MAX);
	reply->cert_count = get_certs(message, reply->certs);
	return ike_ipc_end(message);
}

static void put_selectors(struct ike_ipc_message *message, const struct ike_ts *items, size_t count)
{
	size_t i;

	if (count > IKE_TS_MAX)
		count = IKE_TS_MAX;
	ike_ipc_put_u8(message, count);
	for (i = 0; i < count; i++) {
		ike_ipc_put_u8(message, items[i].protocol);
		ike_ipc_put_u16(message, items[i].port_first);
		ike_ipc_put_u16(message, items[i].port_last);
		ike_ipc_put_octets(message, items[i].first, items[i].len);
		ike_ipc_put_octets(message, items[i].last, items[i].len);
	}
}

static size_t get_selectors(struct ike_ipc_message *message, struct ike_ts *items)
{
	size_t i, first_len, last_len, count = get_enum(message, IKE_TS_MAX);
	const uint8_t *first, *last;

	for (i = 0; i < count; i++) {
		memset(&items[i], 0, sizeof(items[i]));
		items[i].protocol = ike_ipc_get_u8(message);
		items[i].port_first = ike_ipc_get_u16(message);
		items[i].port_last = ike_ipc_get_u16(message);
		first = ike_ipc_get_octets(message, &first_len, sizeof(items[i].first));
		last = ike_ipc_get_octets(message, &last_len, sizeof(items[i].last));
		if ((first_len != 4 && first_len != 16) || first_len != last_len)
			message->broken = true;
		if (message->broken)
			return 0;
		items[i].len = first_len;
		memcpy(items[i].first, first, first_len);
		memcpy(items[i].last, last, last_len);
	}
	return count;
}

static void put_sa(struct ike_ipc_message *message, const struct ike_kernel_sa *sa)
{
	ike_ipc_put_u32(message, sa->spi);
	ike_ipc_put_octets(message, sa->key, sa->key_len);
}

static void get_sa(struct ike_ipc_message *message, struct ike_kernel_sa *sa)
{
	sa->spi = ike_ipc_get_u32(message);
	sa->key = ike_ipc_get_octets(message, &sa->key_len, IKE_IPC_KEYMAT_MAX);
}

void ike_ipc_put_kernel_request(struct ike_ipc_message *message,
				const struct ike_kernel_request *request)
{
	ike_ipc_begin(message, IKE_IPC_KERNEL, request->id);
	ike_ipc_put_u8(message, request->verb);
	ike_ipc_put_string(message, request->child->name);
	ike_ipc_put_string(message, request->tunnel);
	ike_ipc_put_endpoint(message, &request->path.local);
	ike_ipc_put_endpoint(message, &request->path.remote);
	ike_ipc_put_u8(message, request->encap);
	ike_ipc_put_u8(message, request->mode);
	ike_ipc_put_string(message, request->alg);
	ike_ipc_put_u8(message, request->esn);
	put_selectors(message, request->local_ts, request->local_ts_count);
	put_selectors(message, request->remote_ts, request->remote_ts_count);
	put_sa(message, &request->in);
	put_sa(message, &request->out);
}

int ike_ipc_get_kernel_request(struct ike_ipc_message *message, struct ike_ipc_kernel_request *to)
{
	struct ike_kernel_request *request = &to->request;

	memset(to, 0, sizeof(*to));
	request->id = message->id;
	request->verb = get_enum(message, IKE_KERNEL_QUERY);
	ike_ipc_get_string(message, to->child, sizeof(to->child));
	ike_ipc_get_string(message, to->tunnel, sizeof(to->tunnel));
	request->tunnel = to->tunnel;
	ike_ipc_get_endpoint(message, &request->path.local);
	ike_ipc_get_endpoint(message, &request->path.remote);
	request->encap = get_enum(message, 1);
	request->mode = get_enum(message, IKE_MODE_TRANSPORT);
	ike_ipc_get_string(message, to->alg, sizeof(to->alg));
	request->alg = to->alg;
	request->esn = get_enum(message, 1);
	request->local_ts = to->local_ts;
	request->local_ts_count = get_selectors(message, to->local_ts);
	request->remote_ts = to->remote_ts;
	request->remote_ts_count = get_selectors(message, to->remote_ts);
	get_sa(message, &request->in);
	get_sa(message, &request->out);
	return ike_ipc_end(message);
}

void ike_ipc_put_kernel_reply(struct ike_ipc_message *message, uint32_t id,
			      const struct ike_kernel_reply *reply)
{
	ike_ipc_begin(message, IKE_IPC_KERNEL_REPLY, id);
	ike_ipc_put_u32(message, -reply->error);
	ike_ipc_put_string(message, reply->message);
	ike_ipc_put_u32(message, reply->spi);
	ike_ipc_put_u64(message, reply->rx_idle);
	ike_ipc_put_u64(message, reply->tx_idle);
}

int ike_ipc_get_kernel_reply(struct ike_ipc_message *message, struct ike_ipc_kernel_reply *to)
{
	struct ike_kernel_reply *reply = &to->reply;

	memset(to, 0, sizeof(*to));
	reply->error = -(int)(ike_ipc_get_u32(message) & INT16_MAX);
	ike_ipc_get_string(message, to->message, sizeof(to->message));
	reply->message = to->message[0] ? to->message : NULL;
	reply->spi = ike_ipc_get_u32(message);
	reply->rx_idle = ike_ipc_get_u64(message);
	reply->tx_idle = ike_ipc_get_u64(message);
	return ike_ipc_end(message);
}

void ike_ipc_put_kernel_event(struct ike_ipc_message *message, const struct ike_kernel_event *event)
{
	ike_ipc_begin(message, IKE_IPC_KERNEL_EVENT, 0);
	ike_ipc_put_u8(message, event->kind);
	ike_ipc_put_string(message, event->tunnel);
	ike_ipc_put_u32(message, event->spi);
	ike_ipc_put_u8(message, event->inbound);
	ike_ipc_put_u8(message, event->hard);
	ike_ipc_put_endpoint(message, &event->endpoint);
}

int ike_ipc_get_kernel_event(struct ike_ipc_message *message, struct ike_ipc_kernel_event *to)
{
	struct ike_kernel_event *event = &to->event;

	memset(to, 0, sizeof(*to));
	event->kind = get_enum(message, IKE_KERNEL_GONE);
	ike_ipc_get_string(message, to->tunnel, sizeof(to->tunnel));
	event->tunnel = to->tunnel;
	event->spi = ike_ipc_get_u32(message);
	event->inbound = get_enum(message, 1);
	event->hard = get_enum(message, 1);
	ike_ipc_get_endpoint(message, &event->endpoint);
	return ike_ipc_end(message);
}
