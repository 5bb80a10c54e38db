// SPDX-License-Identifier: MIT
/*
 * INFORMATIONAL (RFC 7296 section 1.4): deletion, error notifications, and nothing, which asks
 * whether the other end lives.
 */
#include <string.h>
#include "child.h"

/* SPIs of one Delete payload that are worked on. */
#define DELETE_MAX 64

void ike_info_start(struct ike_engine *engine, struct ike_sa *sa)
{
	struct ike_task *task = sa->task;
	struct ike_writer writer;

	ike_chain_begin(&writer, engine->build, sizeof(engine->build));
	switch (task->kind) {
	case IKE_TASK_CHILD_DELETE:
		ike_put_delete(&writer, IKE_PROTOCOL_ESP, &task->child->spi_in, 1);
		break;
	case IKE_TASK_IKE_DELETE:
		if (task->notify)
			ike_put_notify(&writer, task->notify, NULL, 0);
		else
			ike_put_delete(&writer, IKE_PROTOCOL_IKE, NULL, 0);
		/* Its children go with it (section 1.4.1). */
		ike_sa_close_children(engine, sa, "its IKE SA is deleted");
		if (sa->state == IKE_STATE_UP)
			ike_sa_set_state(engine, sa, IKE_STATE_CLOSING);
		break;
	default:
		break;
	}
	task->sent = true;
	if (ike_message_ask(engine, sa, IKE_INFORMATIONAL, &writer))
		ike_sa_close(engine, sa, false);
}

void ike_info_response(struct ike_engine *engine, struct ike_sa *sa)
{
	struct ike_task *task = sa->task;
	struct ike_child *child = task->kind == IKE_TASK_CHILD_DELETE ? task->child : NULL;
	bool over = task->kind == IKE_TASK_IKE_DELETE;

	ike_task_done(engine, sa);
	if (child)
		ike_child_close(engine, child, "deleted here");
	if (over)
		ike_sa_close(engine, sa, false);
}

/* One SPI under which the peer does not receive any more; ours goes into the response, unless... */
static void delete_child(struct ike_engine *engine, struct ike_sa *sa, uint32_t spi, uint32_t *spis,
			 size_t *count)
{
	struct ike_child *child = ike_child_by_spi_out(sa, spi);
	enum ike_busy busy = IKE_BUSY_NOT;
	struct ike_task *task = sa->task;
	struct ike_child *heir;

	if (!child)
		busy = IKE_BUSY_GONE;
	else if (child->state == IKE_CHILD_CLOSING &&
		 ike_task_find(sa, IKE_TASK_CHILD_DELETE, child) == task)
		busy = IKE_BUSY_CLOSING;
	else if (task && task->kind == IKE_TASK_CHILD_REKEY && task->child == child)
		busy = IKE_BUSY_REKEYING;
	if (ike_collision_answer(IKE_WISH_CHILD_DELETE, busy, IKE_BUSY_NOT) == IKE_ANSWER_EMPTY) {
		if (!child && ike_task_making(sa) && task->gone_count < IKE_GONE_MAX)
			task->gone[task->gone_count++] = spi;
		if (child)
			/* Both delete it: either drops it when the other's request is there. */
			ike_child_close(engine, child, "deleted by both ends");
		return;
	}
	heir = child->successor;
	if (!heir && busy == IKE_BUSY_REKEYING)
		heir = task->rival;
	if (heir && ike_child_active(heir))
		ike_child_use(engine, heir);
	else if (child->state == IKE_CHILD_UP && child->conf && sa->peer &&
		 busy != IKE_BUSY_REKEYING)
		ike_peer_failed(engine, sa->peer, child->conf);
	if (heir)
		child->successor = heir;
	if (*count < DELETE_MAX)
		spis[(*count)++] = child->spi_in;
	ike_child_close(engine, child, "deleted by the peer");
}

static void delete_ike(struct ike_engine *engine, struct ike_sa *sa)
{
	struct ike_task *task = sa->task;
	struct ike_writer writer;
	bool up = sa->state == IKE_STATE_UP;

	ike_chain_begin(&writer, engine->build, sizeof(engine->build));
	if (ike_message_answer(engine, sa, IKE_INFORMATIONAL, &writer)) {
		ike_sa_close(engine, sa, false);
		return;
	}
	/* Both rekeyed it, and the peer knows already that its own stays. */
	if (up && task && task->kind == IKE_TASK_IKE_REKEY && task->rival_sa &&
	    task->rival_sa->state == IKE_STATE_RIVAL)
		ike_sa_adopt(engine, sa, task->rival_sa);
	else if (up && sa->peer)
		ike_peer_failed(engine, sa->peer, NULL);
	ike_sa_close(engine, sa, true);
}

/* The initiator does not believe us (section 2.21.2). */
static bool take_notify(struct ike_engine *engine, struct ike_sa *sa,
			const struct ike_payload *payload)
{
	struct ike_notify notify;

	if (ike_notify_parse(payload, &notify) || notify.type != IKE_AUTHENTICATION_FAILED)
		return false;
	ike_report_refused(engine, sa, IKE_STAGE_AUTH, NULL, notify.type);
	return true;
}

void ike_info_request(struct ike_engine *engine, struct ike_sa *sa)
{
	const struct ike_chain *chain = &sa->asked->chain;
	struct ike_writer writer;
	struct ike_delete gone;
	uint32_t spis[DELETE_MAX];
	size_t count = 0;

	for (size_t i = 0; i < chain->count; i++) {
		const struct ike_payload *payload = &chain->payloads[i];

		if (payload->type == IKE_PAYLOAD_NOTIFY && take_notify(engine, sa, payload)) {
			delete_ike(engine, sa);
			return;
		}
		if (payload->type != IKE_PAYLOAD_DELETE || ike_delete_parse(payload, &gone))
			continue;
		if (gone.protocol == IKE_PROTOCOL_IKE) {
			delete_ike(engine, sa);
			return;
		}
		for (size_t j = 0; gone.protocol == IKE_PROTOCOL_ESP && j < gone.count; j++)
			delete_child(engine, sa, ike_delete_spi(&gone, j), spis, &count);
	}
	ike_chain_begin(&writer, engine->build, sizeof(engine->build));
	if (count)
		ike_put_delete(&writer, IKE_PROTOCOL_ESP, spis, count);
	if (ike_message_answer(engine, sa, IKE_INFORMATIONAL, &writer))
		ike_sa_close(engine, sa, false);
}
