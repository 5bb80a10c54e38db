// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include "child.h"
#include "ike_sa.h"

void ike_task_free(struct ike_task *task)
{
	ike_dh_free(task->dh);
	free(task);
}

struct ike_task *ike_task_add(struct ike_engine *engine, struct ike_sa *sa, enum ike_task_kind kind,
			      struct ike_child *child)
{
	struct ike_task *task = calloc(1, sizeof(*task));
	struct ike_task **end = &sa->tasks;

	if (!task)
		return NULL;
	task->kind = kind;
	task->child = child;
	task->not_before = engine->now;
	while (*end)
		end = &(*end)->next;
	*end = task;
	ike_sa_touch(engine, sa);
	return task;
}

struct ike_task *ike_task_find(const struct ike_sa *sa, enum ike_task_kind kind,
			       const struct ike_child *child)
{
	if (sa->task && sa->task->kind == kind && (!child || sa->task->child == child))
		return sa->task;
	for (struct ike_task *task = sa->tasks; task; task = task->next)
		if (task->kind == kind && (!child || task->child == child))
			return task;
	return NULL;
}

bool ike_task_making(const struct ike_sa *sa)
{
	return sa->task && sa->task->sent &&
	       (sa->task->kind == IKE_TASK_CHILD_NEW || sa->task->kind == IKE_TASK_CHILD_REKEY);
}

/* What has become pointless while it waited. */
static bool stale(const struct ike_task *task)
{
	switch (task->kind) {
	case IKE_TASK_CHILD_NEW:
		return !task->conf;
	case IKE_TASK_CHILD_REKEY:
		return !task->child || !task->child->conf || task->child->state != IKE_CHILD_UP;
	case IKE_TASK_CHILD_DELETE:
		return !task->child || task->child->state != IKE_CHILD_CLOSING;
	default:
		return false;
	}
}

static bool allowed(const struct ike_sa *sa, const struct ike_task *task)
{
	switch (sa->state) {
	case IKE_STATE_UP:
		/* The peer's request may yet make a child, which would be left behind. */
		if (task->kind == IKE_TASK_IKE_REKEY)
			return !sa->window.answering;
		/* It may be about to replace the same one. */
		return task->kind != IKE_TASK_CHILD_REKEY || !sa->answer ||
		       sa->answer->replaces != task->child;
	case IKE_STATE_REPLACED:
	case IKE_STATE_CLOSING:
		return task->kind == IKE_TASK_IKE_DELETE;
	default:
		return false;
	}
}

/* The end of the IKE SA goes before everything else; the rest is in order. */
static struct ike_task **choose(struct ike_engine *engine, struct ike_sa *sa)
{
	struct ike_task **at;

	for (at = &sa->tasks; *at; at = &(*at)->next)
		if ((*at)->kind == IKE_TASK_IKE_DELETE && allowed(sa, *at))
			return at;
	for (at = &sa->tasks; *at; at = &(*at)->next)
		if ((*at)->not_before <= engine->now && allowed(sa, *at))
			return at;
	return NULL;
}

/* The child that was to be made is gone, and nobody is going to answer. */
static bool stuck(const struct ike_sa *sa)
{
	return sa->task && !sa->window.waiting && !sa->task->made &&
	       (sa->task->kind == IKE_TASK_CHILD_NEW || sa->task->kind == IKE_TASK_CHILD_REKEY);
}

void ike_task_next(struct ike_engine *engine, struct ike_sa *sa)
{
	struct ike_task **at;
	struct ike_task *task;

	if (stuck(sa))
		ike_task_done(engine, sa);
	while (!sa->task && !sa->window.waiting && !sa->told && (at = choose(engine, sa))) {
		task = *at;
		*at = task->next;
		task->next = NULL;
		if (stale(task)) {
			ike_task_free(task);
			continue;
		}
		sa->task = task;
		task->tries++;
		switch (task->kind) {
		case IKE_TASK_CHILD_NEW:
		case IKE_TASK_CHILD_REKEY:
			ike_create_start(engine, sa);
			break;
		case IKE_TASK_IKE_REKEY:
			ike_rekey_start(engine, sa);
			break;
		case IKE_TASK_CHILD_DELETE:
		case IKE_TASK_IKE_DELETE:
		case IKE_TASK_LIVENESS:
			ike_info_start(engine, sa);
			break;
		}
	}
}

void ike_task_done(struct ike_engine *engine, struct ike_sa *sa)
{
	ike_sa_touch(engine, sa);
	if (sa->task)
		ike_task_free(sa->task);
	sa->task = NULL;
	ike_inbound_free(&sa->told);
}

void ike_task_again(struct ike_engine *engine, struct ike_sa *sa, uint64_t delay)
{
	struct ike_task *task = sa->task;

	ike_sa_touch(engine, sa);
	ike_dh_free(task->dh);
	task->dh = NULL;
	task->sent = false;
	task->made = NULL;
	task->made_sa = NULL;
	task->rival = NULL;
	task->rival_low.len = 0;
	task->rival_sa = NULL;
	task->gone_count = 0;
	task->not_before = engine->now + delay;
	task->next = sa->tasks;
	sa->tasks = task;
	sa->task = NULL;
	ike_inbound_free(&sa->told);
}

static void forget(struct ike_task *task, const struct ike_child *child)
{
	if (task->child == child)
		task->child = NULL;
	if (task->made == child)
		task->made = NULL;
	if (task->rival == child)
		task->rival = NULL;
}

void ike_task_forget(struct ike_sa *sa, const struct ike_child *child)
{
	if (sa->task)
		forget(sa->task, child);
	for (struct ike_task *task = sa->tasks; task; task = task->next)
		forget(task, child);
}
