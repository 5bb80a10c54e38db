/* SPDX-License-Identifier: MIT */
/*
 * What a gateway accepts: `sectun probe`. It is asked with requests of IKE_SA_INIT (RFC 7296 section
 * 1.2), each of which leaves one transform the only one of its type. Nothing is established: the
 * gateway forgets what it has begun, as it forgets others that do not go on.
 *
 * What a child SA may have is told to nobody who has not said who he is, and is not asked for.
 */
#ifndef IKE_PROBE_H
#define IKE_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "endpoint.h"
#include "wire.h"

/** IKE_PROBE_PACE - milliseconds between two questions, unless told otherwise */
#define IKE_PROBE_PACE 500

/**
 * struct ike_probe - what is to be asked
 * @address: address or name of the gateway
 * @pace: milliseconds from one question to the next
 * @json: print JSON
 */
struct ike_probe {
	const char *address;
	unsigned int pace;
	bool json;
};

/** enum ike_probe_verdict - what an answer says */
enum ike_probe_verdict {
	/** there was none */
	IKE_PROBE_SILENT,
	/** the offer is accepted, or would be with another group */
	IKE_PROBE_ACCEPTED,
	/** NO_PROPOSAL_CHOSEN */
	IKE_PROBE_REFUSED,
	/** the same is to be asked with this cookie */
	IKE_PROBE_COOKIE,
	/** something else: @notify of struct ike_probe_answer */
	IKE_PROBE_OTHER,
};

/** IKE_PROBE_COOKIE_MAX - octets of a cookie (RFC 7296 section 2.6) */
#define IKE_PROBE_COOKIE_MAX 64
/** IKE_PROBE_CHOICE_SIZE - octets of a suite as text */
#define IKE_PROBE_CHOICE_SIZE 800

/**
 * struct ike_probe_answer - one answer
 * @verdict: what it says
 * @group: with INVALID_KE_PAYLOAD: the group that is wanted; else 0
 * @notify: with IKE_PROBE_OTHER: type of the notification
 * @cookie: with IKE_PROBE_COOKIE
 * @cookie_len: octets of it
 * @choice: the proposal that was chosen, as text; "" if there is none
 * @nat: the address of one of both ends is changed on the way
 */
struct ike_probe_answer {
	enum ike_probe_verdict verdict;
	uint16_t group;
	uint16_t notify;
	uint8_t cookie[IKE_PROBE_COOKIE_MAX];
	size_t cookie_len;
	char choice[IKE_PROBE_CHOICE_SIZE];
	bool nat;
};

/**
 * ike_probe_read - what a message says
 * @octets: what arrived
 * @spi: SPI of the question
 * @path: the ends
 * @answer: is filled in
 *
 * Return: false for what is no answer to the question.
 */
bool ike_probe_read(struct ike_span octets, uint64_t spi, const struct ike_path *path,
		    struct ike_probe_answer *answer);

/**
 * ike_probe_offer - the proposals of a question
 * @type: enum ike_transform_type
 * @word: keyword of the only transform of that type; NULL: all of each type
 * @to: where; as ike_proposals_parse() takes it
 * @size: octets of @to
 */
void ike_probe_offer(uint8_t type, const char *word, char *to, size_t size);

/**
 * ike_probe_run - asks, and prints what was answered
 * @probe: what
 * @out: for the result
 * @err: for what went wrong
 *
 * Return: exit status: 0; 1 if there was no answer at all; 2: the address is none.
 */
int ike_probe_run(const struct ike_probe *probe, FILE *out, FILE *err);

#endif
