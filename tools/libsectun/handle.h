/* SPDX-License-Identifier: MIT */
/*
 * A connection to the kernel: requests and their answers.
 */
#ifndef SECTUN_HANDLE_H
#define SECTUN_HANDLE_H

#include "codec.h"

struct nl_sock;

/**
 * struct sectun - a connection
 * @requests: socket for requests and answers
 * @events: socket for events; NULL until sectun_events_open()
 * @family: number of the generic netlink family
 * @message: what sectun_error() says, or the warning of a request that succeeded
 * @attribute: what sectun_error_attribute() says; "" for none
 * @failed: @message is an error, not a warning
 */
struct sectun {
	struct nl_sock *requests;
	struct nl_sock *events;
	int family;
	char message[256];
	char attribute[64];
	bool failed;
};

int sectun_errno(int nl_error);
void sectun_succeed(struct sectun *handle);
int sectun_fail(struct sectun *handle, int err);
int sectun_fail_because(struct sectun *handle, int err, const char *message);

int sectun_do(struct sectun *handle, unsigned int command, const struct sectun_object *request,
	      const void *from);
int sectun_ask(struct sectun *handle, unsigned int command, const struct sectun_object *request,
	       const void *from, const struct sectun_object *answer, void *to);
int sectun_list(struct sectun *handle, unsigned int command, const struct sectun_object *request,
		const void *from, const struct sectun_object *answer, void **list, size_t *count);

#endif
