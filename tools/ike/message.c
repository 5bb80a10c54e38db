// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "child.h"
#include "ike_sa.h"

/* Octets of the largest IP packet of a fragmented message, if the configuration does not say. */
#define FRAGMENT_SIZE 1280
/* Milliseconds until a request is sent again, if the configuration does not say. */
#define RETRANSMIT_MS 1000
/* Repetitions of a request after which it is told that the response does not arrive. */
#define REPEATS_TOLD 3
/* Message id of IKE_AUTH. */
#define AUTH_ID 1
#define UDP_HEADER_SIZE 8
#define IPV4_HEADER_SIZE 20
#define IPV6_HEADER_SIZE 40

void ike_inbound_free(struct ike_inbound **inbound)
{
	if (!*inbound)
		return;
	ike_wipe((*inbound)->text, (*inbound)->len);
	free((*inbound)->text);
	free(*inbound);
	*inbound = NULL;
}

struct ike_header ike_message_header(const struct ike_sa *sa, uint8_t exchange, bool response)
{
	return (struct ike_header){
		.spi_i = sa->initiator ? sa->spi_local : sa->spi_remote,
		.spi_r = sa->initiator ? sa->spi_remote : sa->spi_local,
		.exchange = exchange,
		.flags = (sa->initiator ? IKE_FLAG_INITIATOR : 0) |
			 (response ? IKE_FLAG_RESPONSE : 0),
		.message_id = response ? sa->window.expected : sa->window.next,
	};
}

/* Octets of the longest IKE message that is not to be fragmented. */
static size_t longest(const struct ike_sa *sa)
{
	size_t size = sa->peer ? sa->peer->conf->fragment_size : 0;

	if (!size)
		size = FRAGMENT_SIZE;
	size -= UDP_HEADER_SIZE;
	size -= sa->path.remote.len == 16 ? IPV6_HEADER_SIZE : IPV4_HEADER_SIZE;
	if (sa->path.local.port == IKE_PORT_NAT)
		size -= IKE_NON_ESP_MARKER_SIZE;
	return size;
}

static int protect(struct ike_engine *engine, struct ike_sa *sa, const struct ike_header *header,
		   struct ike_writer *writer, struct ike_flight *flight)
{
	ptrdiff_t len = ike_message_end(writer);
	struct ike_span text;
	int count = 1;
	int error = 0;

	if (len < 0)
		return (int)len;
	text = (struct ike_span){ engine->build, (size_t)len };
	if (sa->fragments)
		count = ike_skf_count(sa->seal.key, text.len, longest(sa));
	if (count < 0)
		return count;
	for (int number = 1; number <= count && !error; number++) {
		if (count == 1)
			len = ike_sk_protect(&sa->seal, header, writer->first, text, engine->packet,
					     sizeof(engine->packet));
		else
			len = ike_skf_protect(&sa->seal, header, writer->first, text,
					      (unsigned int)number, longest(sa), engine->packet,
					      sizeof(engine->packet));
		error = len < 0 ? (int)len : ike_flight_add(flight, engine->packet, (size_t)len);
	}
	ike_wipe(engine->build, text.len);
	if (error)
		ike_flight_clear(flight);
	return error;
}

void ike_message_resend(struct ike_engine *engine, struct ike_sa *sa,
			const struct ike_flight *flight)
{
	const uint8_t *at = flight->data;

	for (size_t i = 0; i < flight->count; i++) {
		engine->ops->send(engine->arg, &sa->path, at, flight->sizes[i]);
		at += flight->sizes[i];
	}
}

int ike_message_ask(struct ike_engine *engine, struct ike_sa *sa, uint8_t exchange,
		    struct ike_writer *writer)
{
	struct ike_header header = ike_message_header(sa, exchange, false);
	struct ike_flight flight = { 0 };
	uint64_t interval = RETRANSMIT_MS;
	int error;

	/* RFC 7296 section 2.2: an IKE SA ends before its message ids do. */
	if (sa->window.next == UINT32_MAX)
		return -EOVERFLOW;
	error = protect(engine, sa, &header, writer, &flight);
	if (error)
		return error;
	if (sa->peer && sa->peer->conf->retransmit_ms)
		interval = sa->peer->conf->retransmit_ms;
	ike_window_sent(&sa->window, &flight, interval, engine->now);
	ike_message_resend(engine, sa, &sa->window.request);
	return 0;
}

int ike_message_answer(struct ike_engine *engine, struct ike_sa *sa, uint8_t exchange,
		       struct ike_writer *writer)
{
	struct ike_header header = ike_message_header(sa, exchange, true);
	struct ike_flight flight = { 0 };
	int error = protect(engine, sa, &header, writer, &flight);

	ike_inbound_free(&sa->asked);
	sa->answer = NULL;
	if (error)
		return error;
	ike_window_answered(&sa->window, &flight);
	ike_message_resend(engine, sa, &sa->window.response);
	return 0;
}

void ike_message_refuse(struct ike_engine *engine, struct ike_sa *sa, uint16_t notify,
			const void *data, size_t len)
{
	struct ike_writer writer;
	uint8_t exchange = sa->asked->exchange;

	ike_chain_begin(&writer, engine->build, sizeof(engine->build));
	ike_put_notify(&writer, notify, data, len);
	if (ike_message_answer(engine, sa, exchange, &writer))
		ike_sa_close(engine, sa, false);
}

/* RFC 7296 section 2.23: an end without a NAT before it follows the one with it. */
static void follow(struct ike_engine *engine, struct ike_sa *sa, const struct ike_path *path)
{
	if (sa->state == IKE_STATE_HALF_OPEN)
		sa->path = *path;
	else if (sa->nat_remote && !sa->nat_local)
		ike_sa_moved(engine, sa, path);
}

static void request(struct ike_engine *engine, struct ike_sa *sa)
{
	switch (sa->state) {
	case IKE_STATE_HALF_OPEN:
		ike_auth_request(engine, sa);
		return;
	case IKE_STATE_RIVAL:
		if (!ike_chain_find(&sa->asked->chain, IKE_PAYLOAD_DELETE))
			ike_rekey_rival_used(engine, sa);
		break;
	case IKE_STATE_UP:
	case IKE_STATE_REPLACED:
	case IKE_STATE_CLOSING:
		break;
	default:
		ike_inbound_free(&sa->asked);
		sa->window.answering = false;
		return;
	}
	if (sa->asked->exchange == IKE_CREATE_CHILD_SA)
		ike_create_request(engine, sa);
	else
		ike_info_request(engine, sa);
}

static void response(struct ike_engine *engine, struct ike_sa *sa)
{
	if (sa->state == IKE_STATE_AUTHENTICATING) {
		ike_auth_response(engine, sa);
		return;
	}
	switch (sa->task->kind) {
	case IKE_TASK_CHILD_NEW:
	case IKE_TASK_CHILD_REKEY:
		ike_create_response(engine, sa);
		break;
	case IKE_TASK_IKE_REKEY:
		ike_rekey_response(engine, sa);
		break;
	default:
		ike_info_response(engine, sa);
		break;
	}
}

/* Which exchanges make sense, by state; others are not even answered. */
static bool exchange_fits(const struct ike_sa *sa, const struct ike_header *header)
{
	if (header->flags & IKE_FLAG_RESPONSE) {
		if (sa->state == IKE_STATE_AUTHENTICATING)
			return header->exchange == IKE_AUTH;
		if (!sa->task || !sa->task->sent)
			return false;
		if (sa->task->kind == IKE_TASK_CHILD_NEW ||
		    sa->task->kind == IKE_TASK_CHILD_REKEY || sa->task->kind == IKE_TASK_IKE_REKEY)
			return header->exchange == IKE_CREATE_CHILD_SA;
		return header->exchange == IKE_INFORMATIONAL;
	}
	if (sa->state == IKE_STATE_HALF_OPEN)
		return header->exchange == IKE_AUTH;
	if (sa->state < IKE_STATE_RIVAL)
		return false;
	return header->exchange == IKE_CREATE_CHILD_SA || header->exchange == IKE_INFORMATIONAL;
}

/*
 * Decrypts; true: all of the message is in engine->plain, as @opened says. Fragments of requests
 * and of responses are kept apart, since both may be arriving.
 */
static bool open_message(struct ike_engine *engine, struct ike_sa *sa, const struct ike_view *view,
			 struct ike_opened *opened)
{
	const struct ike_crypt_key *key = sa->initiator ? &sa->keys.r : &sa->keys.i;
	struct ike_reassembly **parts = &sa->parts[!!(view->header.flags & IKE_FLAG_RESPONSE)];

	if (ike_sk_open(key, view, engine->plain, sizeof(engine->plain), opened))
		return false;
	if (!opened->total)
		return true;
	if (!sa->fragments)
		return false;
	if (!*parts)
		*parts = calloc(1, sizeof(**parts));
	if (!*parts || ike_reassembly_add(*parts, view->header.message_id, opened) != 1)
		return false;
	return !ike_reassembly_finish(*parts, engine->plain, sizeof(engine->plain), opened);
}

static struct ike_inbound *inbound_new(const struct ike_view *view, const struct ike_opened *opened)
{
	struct ike_inbound *inbound = calloc(1, sizeof(*inbound));

	if (!inbound)
		return NULL;
	inbound->text = malloc(opened->text.len + 1);
	if (!inbound->text) {
		free(inbound);
		return NULL;
	}
	if (opened->text.len)
		memcpy(inbound->text, opened->text.at, opened->text.len);
	inbound->len = opened->text.len;
	inbound->exchange = view->header.exchange;
	inbound->message_id = view->header.message_id;
	return inbound;
}

/* A request that is authentic and cannot be read (RFC 7296 sections 2.5 and 2.21.3). */
static void refuse_unreadable(struct ike_engine *engine, struct ike_sa *sa,
			      enum ike_wire_status status)
{
	bool up = sa->state >= IKE_STATE_UP;

	if (status == IKE_WIRE_CRITICAL) {
		uint8_t type = sa->asked->chain.critical;

		ike_message_refuse(engine, sa, IKE_UNSUPPORTED_CRITICAL_PAYLOAD, &type, 1);
		if (!up)
			ike_sa_close(engine, sa, true);
		return;
	}
	ike_report_simple(engine, sa, up ? IKE_STAGE_CHILD : IKE_STAGE_AUTH, IKE_REFUSER_US,
			  "invalid-syntax", "a message of the peer cannot be read: %s",
			  ike_wire_text(status));
	ike_message_refuse(engine, sa, IKE_INVALID_SYNTAX, NULL, 0);
	ike_sa_close(engine, sa, true);
}

static void take_request(struct ike_engine *engine, struct ike_sa *sa, const struct ike_path *path,
			 const struct ike_opened *opened, struct ike_inbound *inbound)
{
	enum ike_wire_status status;

	follow(engine, sa, path);
	sa->asked = inbound;
	sa->window.answering = true;
	status = ike_chain_parse(opened->first, (struct ike_span){ inbound->text, inbound->len },
				 true, &inbound->chain);
	if (status)
		refuse_unreadable(engine, sa, status);
	else
		request(engine, sa);
}

static void take_response(struct ike_engine *engine, struct ike_sa *sa, const struct ike_path *path,
			  const struct ike_opened *opened, struct ike_inbound *inbound)
{
	enum ike_wire_status status;

	follow(engine, sa, path);
	ike_window_done(&sa->window);
	sa->told = inbound;
	status = ike_chain_parse(opened->first, (struct ike_span){ inbound->text, inbound->len },
				 true, &inbound->chain);
	if (!status) {
		response(engine, sa);
		return;
	}
	ike_report_simple(engine, sa,
			  sa->state == IKE_STATE_AUTHENTICATING ? IKE_STAGE_AUTH : IKE_STAGE_CHILD,
			  IKE_REFUSER_US, "invalid-syntax",
			  "the peer's response cannot be read: %s", ike_wire_text(status));
	if (sa->init && sa->peer)
		ike_peer_failed(engine, sa->peer, sa->init->conf);
	ike_sa_close(engine, sa, false);
}

/* The peer asks again and again: it does not hear what we say. */
static void report_repeats(struct ike_engine *engine, const struct ike_sa *sa)
{
	size_t largest = ike_flight_largest(&sa->window.response);
	bool auth = !sa->initiator && sa->window.expected == AUTH_ID + 1;

	ike_report_simple(engine, sa, auth ? IKE_STAGE_AUTH : IKE_STAGE_LIVENESS,
			  IKE_REFUSER_NOBODY,
			  largest > IKE_LARGE_MIN ? "response-lost-large" : "response-lost",
			  "the peer repeats its request: our response of %zu octets does not arrive%s",
			  largest,
			  largest > IKE_LARGE_MIN ?
				  "; fragments of large packets may be dropped on the way" :
				  "");
}

void ike_message_receive(struct ike_engine *engine, struct ike_sa *sa, const struct ike_path *path,
			 const struct ike_view *view)
{
	bool is_response = view->header.flags & IKE_FLAG_RESPONSE;
	enum ike_window_verdict verdict = IKE_WINDOW_NEW;
	struct ike_inbound *inbound;
	struct ike_opened opened;

	if (!sa->keys.prf)
		return;
	ike_sa_touch(engine, sa);
	if (is_response && !ike_window_response(&sa->window, view->header.message_id))
		return;
	if (!is_response)
		verdict = ike_window_request(&sa->window, view->header.message_id);
	if (verdict == IKE_WINDOW_IGNORE)
		return;
	if (verdict == IKE_WINDOW_NEW &&
	    (sa->state == IKE_STATE_GONE || !exchange_fits(sa, &view->header)))
		return;
	if (verdict == IKE_WINDOW_AGAIN) {
		const struct ike_crypt_key *key = sa->initiator ? &sa->keys.r : &sa->keys.i;

		/* The first fragment stands for all (RFC 7383 section 2.6.1). */
		if (ike_sk_open(key, view, engine->plain, sizeof(engine->plain), &opened) ||
		    opened.number > 1)
			return;
		ike_message_resend(engine, sa, &sa->window.response);
		if (++sa->window.repeats == REPEATS_TOLD)
			report_repeats(engine, sa);
		return;
	}
	if (!open_message(engine, sa, view, &opened))
		return;
	inbound = inbound_new(view, &opened);
	ike_wipe(engine->plain, opened.text.len);
	if (!inbound)
		return;
	ike_liveness_heard(engine, sa);
	if (is_response)
		take_response(engine, sa, path, &opened, inbound);
	else
		take_request(engine, sa, path, &opened, inbound);
}
