/* SPDX-License-Identifier: MIT */
/*
 * The names of the specification; spec.c, which has them, is generated from it.
 */
#ifndef SECTUN_NAMES_H
#define SECTUN_NAMES_H

#include "sectun.h"

struct sectun_set;

/**
 * struct sectun_attribute - one attribute of a set
 * @name: its name; NULL for a number that is not in use
 * @nest: the set that it contains, or NULL
 */
struct sectun_attribute {
	const char *name;
	const struct sectun_set *nest;
};

/**
 * struct sectun_set - an attribute set
 * @max: the highest attribute number
 * @attributes: by number
 */
struct sectun_set {
	unsigned int max;
	const struct sectun_attribute *attributes;
};

/**
 * struct sectun_command - a request or event
 * @event: name of the event, such as acquire; NULL for a request
 * @set: the set of its attributes
 */
struct sectun_command {
	const char *event;
	const struct sectun_set *set;
};

/* By command number. */
extern const struct sectun_command sectun_commands[SECTUN_CMD_MAX + 1];

#endif
