/* SPDX-License-Identifier: MIT */
/*
 * The control socket: who may open it asks in a line of JSON and is answered in lines of JSON.
 *
 *	{"verb": "up", "name": "hq"}
 *	{"done": true}
 *
 * A connection carries one request. The last line has "done", true or false; with false there is
 * "error", a sentence.
 */
#ifndef IKE_CONTROL_H
#define IKE_CONTROL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** IKE_CONTROL_REQUEST_MAX - octets of the longest request: a file with room for its quotes */
#define IKE_CONTROL_REQUEST_MAX 81920
/** IKE_CONTROL_CLIENTS_MAX - connections at a time */
#define IKE_CONTROL_CLIENTS_MAX 32

struct ike_control;
struct json_object;

/**
 * ike_control_open - opens the socket; only root may connect
 * @control: is set to it
 * @path: where
 * @request: is called for every request; its JSON is released after the call. The answer may come
 *	later
 * @arg: passed to it
 *
 * Return: 0 or a negative errno.
 */
int ike_control_open(struct ike_control **control, const char *path,
		     void (*request)(void *arg, uint32_t client, struct json_object *json),
		     void *arg);

/**
 * ike_control_close - closes the socket and every connection
 * @control: the socket, or NULL
 */
void ike_control_close(struct ike_control *control);

/**
 * ike_control_poll - what to wait for
 * @control: the socket
 * @polls: room for IKE_CONTROL_CLIENTS_MAX + 1
 *
 * Return: number that were filled in.
 */
size_t ike_control_poll(const struct ike_control *control, struct pollfd *polls);

/**
 * ike_control_dispatch - reads and writes what can be
 * @control: the socket
 */
void ike_control_dispatch(struct ike_control *control);

/**
 * ike_control_answer - adds to the answer
 * @control: the socket
 * @client: who asked; one that is gone is no error
 * @octets: JSON, or a piece of it
 * @len: octets of it
 * @last: there is nothing more
 */
void ike_control_answer(struct ike_control *control, uint32_t client, const char *octets,
			size_t len, bool last);

/**
 * ike_control_done - ends an answer
 * @control: the socket
 * @client: who asked
 * @error: why it was not done; NULL: it was
 */
void ike_control_done(struct ike_control *control, uint32_t client, const char *error);

#endif
