/* SPDX-License-Identifier: MIT */
/*
 * Verbs: what the command can do. One table in verb.c drives running, help and completion.
 */
#ifndef SECTUN_VERB_H
#define SECTUN_VERB_H

#include "context.h"
#include "keyword.h"

/* The verbs of an object, as sets. */
enum verb_bit {
	VERB_ADD = 1,
	VERB_SET = 2,
	VERB_DEL = 4,
	VERB_SHOW = 8,
	VERB_FLUSH = 16,
	VERB_IKE = 32,
};

/**
 * enum positional - what may stand right behind a verb, without a keyword
 * @POSITIONAL_NONE: nothing
 * @POSITIONAL_TUNNEL: the name of a tunnel, which must be there
 * @POSITIONAL_MAYBE_TUNNEL: the name of a tunnel
 * @POSITIONAL_MAYBE_DEVICE: the name of a device
 * @POSITIONAL_PEER: the name of a peer of the IKE helper or of one of its tunnels, which must be
 *       there
 * @POSITIONAL_MAYBE_PEER: likewise, if it is there
 * @POSITIONAL_FILE: the name of a file, which must be there
 * @POSITIONAL_ADDRESS: a host's address or name, which must be there
 */
enum positional {
	POSITIONAL_NONE,
	POSITIONAL_TUNNEL,
	POSITIONAL_MAYBE_TUNNEL,
	POSITIONAL_MAYBE_DEVICE,
	POSITIONAL_PEER,
	POSITIONAL_MAYBE_PEER,
	POSITIONAL_FILE,
	POSITIONAL_ADDRESS,
};

/**
 * struct verb - one thing that can be done
 * @object: first word
 * @name: second word; NULL: there is none
 * @bit: the verb as a set
 * @usual: what is done to the object if no verb is given
 * @positional: what stands behind the verb
 * @table: keywords of the object, or NULL
 * @run: does it, with the words behind the verb, up to NULL; returns enum exit_code
 * @text: what it does, in a sentence
 */
struct verb {
	const char *object;
	const char *name;
	unsigned int bit;
	bool usual;
	enum positional positional;
	const struct keyword_table *table;
	int (*run)(struct context *ctx, char **words);
	const char *text;
};

extern const struct verb verbs[];
extern const unsigned int verb_count;

const struct verb *verb_find(const char *object, const char *name);
bool object_exists(const char *object);
int object_unknown(struct context *ctx, const char *object);
int verb_unknown(struct context *ctx, const char *object, const char *name);
int object_run(struct context *ctx, char **words);
int command_run(struct context *ctx, char **words);

#endif
