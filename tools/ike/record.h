/* SPDX-License-Identifier: MIT */
/*
 * Records of failure: what did not work, at which stage, who refused, and what would help.
 *
 * Each peer keeps its last ones; strangers share a log. They are told to the operator by
 * `sectun why` and never to the other end.
 */
#ifndef IKE_RECORD_H
#define IKE_RECORD_H

#include <stddef.h>
#include <stdint.h>
#include "endpoint.h"

struct json_object;

/** IKE_RECORD_COUNT - records that a log keeps */
#define IKE_RECORD_COUNT 8
/** IKE_RECORD_LIST_SIZE - octets of a list of proposals or selectors as text, its NUL included */
#define IKE_RECORD_LIST_SIZE 512
/** IKE_RECORD_TEXT_SIZE - octets of the longest sentence, its NUL included */
#define IKE_RECORD_TEXT_SIZE 320
/** IKE_RECORD_CODE_SIZE - octets of the longest code, its NUL included */
#define IKE_RECORD_CODE_SIZE 32

/** enum ike_stage - how far it had come */
enum ike_stage {
	IKE_STAGE_INIT,
	IKE_STAGE_AUTH,
	IKE_STAGE_CHILD,
	IKE_STAGE_REKEY_IKE,
	IKE_STAGE_REKEY_CHILD,
	IKE_STAGE_LIVENESS,
	IKE_STAGE_KERNEL,
	IKE_STAGE_COUNT,
};

/** enum ike_refuser - who said no */
enum ike_refuser {
	/** this end */
	IKE_REFUSER_US,
	/** the peer, by a notification */
	IKE_REFUSER_PEER,
	/** nobody: there was no answer */
	IKE_REFUSER_NOBODY,
	/** the kernel of this host */
	IKE_REFUSER_KERNEL,
	IKE_REFUSER_COUNT,
};

/**
 * struct ike_record - one failure
 * @at: when it happened last
 * @times: how often in a row
 * @stage: how far it had come
 * @refuser: who said no
 * @code: word for the cause that stays the same between versions, such as no-proposal-chosen,
 *	ts-unacceptable, wrong-psk, no-answer, no-answer-4500
 * @child: name of the child; "": none
 * @path: between which ends
 * @ours: our proposals, selectors or identity
 * @theirs: theirs, where they are known
 * @nearest: the proposal of theirs that is nearest to one of ours
 * @edit: the smallest change that would have made it work, in words of the configuration
 * @text: the failure in a sentence
 */
struct ike_record {
	uint64_t at;
	uint32_t times;
	enum ike_stage stage;
	enum ike_refuser refuser;
	char code[IKE_RECORD_CODE_SIZE];
	char child[32];
	struct ike_path path;
	char ours[IKE_RECORD_LIST_SIZE];
	char theirs[IKE_RECORD_LIST_SIZE];
	char nearest[IKE_RECORD_LIST_SIZE];
	char edit[IKE_RECORD_TEXT_SIZE];
	char text[IKE_RECORD_TEXT_SIZE];
};

/**
 * struct ike_record_log - the last records
 * @count: number of them
 * @next: slot of the next one
 * @slots: the records, NULL where there is none yet
 */
struct ike_record_log {
	size_t count;
	size_t next;
	struct ike_record *slots[IKE_RECORD_COUNT];
};

/**
 * ike_record_add - keeps a record
 * @log: where
 * @record: the record; is copied; @times is set here
 *
 * The same cause at the same stage as the record before it counts that one up instead.
 *
 * Return: the record as it is kept; NULL: no memory, then it is lost.
 */
const struct ike_record *ike_record_add(struct ike_record_log *log,
					const struct ike_record *record);

/**
 * ike_record_get - a record
 * @log: of this log
 * @index: 0 is the last, 1 the one before it
 *
 * Return: the record; NULL: there are not so many.
 */
const struct ike_record *ike_record_get(const struct ike_record_log *log, size_t index);

/**
 * ike_record_json - a record as `sectun why -j` prints it
 * @record: the record
 * @now: the time; the record tells its age
 *
 * {"stage", "refused-by", "code", "child", "local", "remote", "ours", "theirs", "nearest", "edit",
 * "text", "age-ms", "times"}; what is empty is absent.
 *
 * Return: an object that the caller puts; NULL: no memory.
 */
struct json_object *ike_record_json(const struct ike_record *record, uint64_t now);

/** ike_record_log_json - every record of a log, the last first: an array */
struct json_object *ike_record_log_json(const struct ike_record_log *log, uint64_t now);

void ike_record_log_free(struct ike_record_log *log);

const char *ike_stage_name(enum ike_stage stage);
const char *ike_refuser_name(enum ike_refuser refuser);

#endif
