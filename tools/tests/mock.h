/* SPDX-License-Identifier: MIT */
/*
 * A connection whose kernel is a queue of answers that a test has prepared.
 */
#ifndef SECTUN_MOCK_H
#define SECTUN_MOCK_H

#include <linux/netlink.h>
#include "handle.h"

struct sectun *mock_open(void);
void mock_close(struct sectun *handle);

/* What the kernel is to answer, in this order. */
void mock_object(unsigned int command, const struct sectun_object *object, const void *from,
		 int flags);
void mock_ack(void);
void mock_warning(const char *message);
void mock_refusal(int err, const char *message, unsigned int attribute, unsigned int nested);
void mock_refusal_missing(int err, const char *message, unsigned int attribute);
void mock_done(int err, int flags);

/* A whole dump of one kind of object. */
void mock_list(unsigned int command, const struct sectun_object *object, const void *items,
	       size_t count);

/* What was asked: the requests in their order, from 0. */
unsigned int mock_requests(void);
unsigned int mock_request_command(unsigned int i);
unsigned int mock_request_flags(unsigned int i);
void mock_request_decode(unsigned int i, const struct sectun_object *object, void *to);
const struct nlattr *mock_request_attribute(unsigned int i, unsigned int type);
bool mock_exhausted(void);

#endif
