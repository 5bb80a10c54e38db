/* SPDX-License-Identifier: MIT */
/* The three processes and what they are given when they begin. */
#ifndef IKE_PROCESS_H
#define IKE_PROCESS_H

#include <stdbool.h>
#include "config.h"
#include "confine.h"
#include "ipc.h"

/**
 * struct ike_process_ends - this process's ends of the channels to the two others
 * @parent: to the parent; unused in the parent
 * @protocol: to the protocol process; unused there
 * @key: to the key process; unused there
 */
struct ike_process_ends {
	struct ike_ipc_channel parent;
	struct ike_ipc_channel protocol;
	struct ike_ipc_channel key;
};

/**
 * struct ike_options - the command line
 * @directory: configuration files
 * @socket: control socket
 * @user: user of the confined processes
 */
struct ike_options {
	const char *directory;
	const char *socket;
	const char *user;
};

/**
 * ike_keyproc_run - the key process; returns when a channel ends
 * @ends: its ends
 *
 * Return: exit status.
 */
int ike_keyproc_run(struct ike_process_ends *ends);

/**
 * ike_protocol_run - the protocol process; returns when a channel ends
 * @ends: its ends
 *
 * Return: exit status.
 */
int ike_protocol_run(struct ike_process_ends *ends);

/**
 * ike_parent_run - the parent; returns when it was asked to end, or when another process has ended
 * @ends: its ends
 * @options: the command line
 * @config: configuration; belongs to the parent
 *
 * Return: exit status.
 */
int ike_parent_run(struct ike_process_ends *ends, const struct ike_options *options,
		   struct ike_config *config);

#endif
