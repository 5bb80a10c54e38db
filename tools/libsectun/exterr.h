/* SPDX-License-Identifier: MIT */
/*
 * Extended acks: what the kernel says about a request beyond its errno.
 */
#ifndef SECTUN_EXTERR_H
#define SECTUN_EXTERR_H

#include <stddef.h>

struct nlmsghdr;

int sectun_exterr_done(const struct nlmsghdr *done);
void sectun_exterr_message(const struct nlmsghdr *answer, char *to, size_t size);
void sectun_exterr_attribute(const struct nlmsghdr *answer, struct nlmsghdr *request, char *to,
			     size_t size);

#endif
