// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>
#include "record.h"

static const char *const stage_names[IKE_STAGE_COUNT] = {
	[IKE_STAGE_INIT] = "ike-sa-init",
	[IKE_STAGE_AUTH] = "ike-auth",
	[IKE_STAGE_CHILD] = "child",
	[IKE_STAGE_REKEY_IKE] = "rekey-ike",
	[IKE_STAGE_REKEY_CHILD] = "rekey-child",
	[IKE_STAGE_LIVENESS] = "liveness",
	[IKE_STAGE_KERNEL] = "kernel",
};

static const char *const refuser_names[IKE_REFUSER_COUNT] = {
	[IKE_REFUSER_US] = "us",
	[IKE_REFUSER_PEER] = "peer",
	[IKE_REFUSER_NOBODY] = "nobody",
	[IKE_REFUSER_KERNEL] = "kernel",
};

const char *ike_stage_name(enum ike_stage stage)
{
	return stage_names[stage];
}

const char *ike_refuser_name(enum ike_refuser refuser)
{
	return refuser_names[refuser];
}

static bool same_cause(const struct ike_record *a, const struct ike_record *b)
{
	return a->stage == b->stage && a->refuser == b->refuser && !strcmp(a->code, b->code) &&
	       !strcmp(a->child, b->child) &&
	       ike_endpoint_same_address(&a->path.remote, &b->path.remote);
}

const struct ike_record *ike_record_get(const struct ike_record_log *log, size_t index)
{
	if (index >= log->count)
		return NULL;
	return log->slots[(log->next + IKE_RECORD_COUNT - 1 - index) % IKE_RECORD_COUNT];
}

const struct ike_record *ike_record_add(struct ike_record_log *log, const struct ike_record *record)
{
	struct ike_record **slot = &log->slots[log->next];
	struct ike_record *kept = NULL;
	uint32_t times = 1;

	if (log->count) {
		kept = log->slots[(log->next + IKE_RECORD_COUNT - 1) % IKE_RECORD_COUNT];
		if (same_cause(kept, record))
			times = kept->times + 1;
		else
			kept = NULL;
	}
	if (!kept) {
		if (!*slot)
			*slot = malloc(sizeof(**slot));
		if (!*slot)
			return NULL;
		kept = *slot;
		log->next = (log->next + 1) % IKE_RECORD_COUNT;
		if (log->count < IKE_RECORD_COUNT)
			log->count++;
	}
	*kept = *record;
	kept->times = times;
	return kept;
}

void ike_record_log_free(struct ike_record_log *log)
{
	for (size_t i = 0; i < IKE_RECORD_COUNT; i++)
		free(log->slots[i]);
	memset(log, 0, sizeof(*log));
}

static void add_string(struct json_object *object, const char *key, const char *value)
{
	if (value[0])
		json_object_object_add(object, key, json_object_new_string(value));
}

struct json_object *ike_record_json(const struct ike_record *record, uint64_t now)
{
	struct json_object *object = json_object_new_object();
	char text[IKE_ENDPOINT_TEXT_SIZE];

	if (!object)
		return NULL;
	add_string(object, "stage", stage_names[record->stage]);
	add_string(object, "refused-by", refuser_names[record->refuser]);
	add_string(object, "code", record->code);
	add_string(object, "child", record->child);
	if (record->path.local.len)
		add_string(object, "local", ike_endpoint_format(&record->path.local, text));
	if (record->path.remote.len)
		add_string(object, "remote", ike_endpoint_format(&record->path.remote, text));
	add_string(object, "ours", record->ours);
	add_string(object, "theirs", record->theirs);
	add_string(object, "nearest", record->nearest);
	add_string(object, "edit", record->edit);
	add_string(object, "text", record->text);
	json_object_object_add(object, "age-ms",
			       json_object_new_int64((int64_t)(now - record->at)));
	json_object_object_add(object, "times", json_object_new_int64(record->times));
	return object;
}

struct json_object *ike_record_log_json(const struct ike_record_log *log, uint64_t now)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; array && i < log->count; i++)
		json_object_array_add(array, ike_record_json(ike_record_get(log, i), now));
	return array;
}
