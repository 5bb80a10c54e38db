/* SPDX-License-Identifier: MIT */
/*
 * Message ids and retransmission (RFC 7296 sections 2.1 to 2.3).
 *
 * The window is one request in each direction. A request is sent again, octet for octet, until its
 * response comes; a response is kept, and sent again when its request comes again.
 */
#ifndef IKE_WINDOW_H
#define IKE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sk.h"

/** IKE_FLIGHT_MAX - packets of one message, at most */
#define IKE_FLIGHT_MAX IKE_FRAGMENTS_MAX

/**
 * struct ike_flight - one message as it travels: a packet, or the fragments of it (RFC 7383)
 * @data: the packets one after another
 * @len: octets of all
 * @count: packets
 * @sizes: octets of each
 */
struct ike_flight {
	uint8_t *data;
	size_t len;
	uint16_t count;
	uint16_t sizes[IKE_FLIGHT_MAX];
};

/**
 * ike_flight_add - puts a packet at the end
 * @flight: the message
 * @data: the packet
 * @len: octets of it
 *
 * Return: 0; -ENOMEM; -EMSGSIZE: too many packets, or too large a one.
 */
int ike_flight_add(struct ike_flight *flight, const uint8_t *data, size_t len);

void ike_flight_clear(struct ike_flight *flight);

/** ike_flight_largest - octets of its largest packet */
size_t ike_flight_largest(const struct ike_flight *flight);

/**
 * struct ike_window - the message ids of an IKE SA
 * @next: id of our next request
 * @waiting: our last request, id @next - 1, has no response yet
 * @tries: times it was sent
 * @interval: milliseconds from its last transmission to the next
 * @interval_max: milliseconds beyond which it does not grow; 0: none
 * @due: time of the next transmission
 * @request: the request
 * @expected: id of the peer's next request
 * @answering: the peer's request of that id is being worked on
 * @response: our response to the peer's last request, id @expected - 1
 * @repeats: times it was sent again
 */
struct ike_window {
	uint32_t next;
	bool waiting;
	uint32_t tries;
	uint64_t interval;
	uint64_t interval_max;
	uint64_t due;
	struct ike_flight request;
	uint32_t expected;
	bool answering;
	struct ike_flight response;
	uint32_t repeats;
};

/** enum ike_window_verdict - what to do with a message */
enum ike_window_verdict {
	/** work on it */
	IKE_WINDOW_NEW,
	/** send the response again */
	IKE_WINDOW_AGAIN,
	/** nothing: too old, too early, or being worked on */
	IKE_WINDOW_IGNORE,
};

/**
 * ike_window_request - what to do with a request of the peer
 * @window: the window
 * @id: its message id
 */
enum ike_window_verdict ike_window_request(const struct ike_window *window, uint32_t id);

/**
 * ike_window_response - is this the response that is waited for?
 * @window: the window
 * @id: its message id
 */
bool ike_window_response(const struct ike_window *window, uint32_t id);

/**
 * ike_window_sent - a request has been sent
 * @window: the window; nothing is waited for
 * @flight: the request, with the id @window->next; belongs to the window from now on
 * @interval: milliseconds until it is sent again
 * @now: the time
 */
void ike_window_sent(struct ike_window *window, struct ike_flight *flight, uint64_t interval,
		     uint64_t now);

/**
 * ike_window_done - the response has been accepted
 * @window: the window; something is waited for
 */
void ike_window_done(struct ike_window *window);

/**
 * ike_window_answered - the peer's request has been answered
 * @window: the window
 * @flight: the response; belongs to the window from now on
 */
void ike_window_answered(struct ike_window *window, struct ike_flight *flight);

/** enum ike_window_timer - what time brings */
enum ike_window_timer {
	/** nothing to do before @due */
	IKE_WINDOW_WAIT,
	/** send the request again */
	IKE_WINDOW_RESEND,
	/** the peer does not answer */
	IKE_WINDOW_GIVE_UP,
};

/**
 * ike_window_tick - time has passed
 * @window: the window
 * @tries: times a request is sent
 * @now: the time
 *
 * RESEND counts as sent.
 */
enum ike_window_timer ike_window_tick(struct ike_window *window, uint32_t tries, uint64_t now);

void ike_window_clear(struct ike_window *window);

#endif
