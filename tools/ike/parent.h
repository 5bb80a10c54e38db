/* SPDX-License-Identifier: MIT */
/* The parent, for its own files. */
#ifndef IKE_PARENT_H
#define IKE_PARENT_H

#include <stdbool.h>
#include "config.h"
#include "control.h"
#include "ipc.h"
#include "kernel.h"
#include "link.h"
#include "process.h"
#include "site.h"

struct json_object;

/**
 * struct ike_parent - the process
 * @ends: channels
 * @options: the command line
 * @config: what runs
 * @generation: number of the configuration that was published last
 * @kernel: libsectun
 * @link: rtnetlink
 * @site: devices, addresses and routes
 * @control: the control socket
 * @signals: descriptor of signals
 * @stopping: it is to end as soon as the peers have been told
 * @stopped: they have
 * @in: a message that came
 * @out: a message to send
 */
struct ike_parent {
	struct ike_process_ends *ends;
	const struct ike_options *options;
	struct ike_config *config;
	uint32_t generation;
	struct ike_kernel *kernel;
	struct ike_link *link;
	struct ike_site site;
	struct ike_control *control;
	int signals;
	bool stopping;
	bool stopped;
	struct ike_ipc_message in;
	struct ike_ipc_message out;
};

/**
 * ike_parent_log - a line for the log
 * @arg: the parent
 * @text: the line
 */
void ike_parent_log(void *arg, const char *text);

/**
 * ike_parent_publish - gives a peer to the two other processes
 * @parent: the parent
 * @peer: the peer
 *
 * Return: 0 or a negative errno: a channel has failed.
 */
int ike_parent_publish(struct ike_parent *parent, struct ike_config_peer *peer);

/**
 * ike_parent_start - sets every peer of the configuration up
 * @parent: the parent
 *
 * Return: as ike_parent_publish().
 */
int ike_parent_start(struct ike_parent *parent);

/**
 * ike_parent_change - goes over from what runs to another configuration, and changes nothing else
 * @parent: the parent
 * @next: the configuration; what is taken from it is no longer in it
 * @only: the peer to change, or NULL: all
 * @dry_run: change nothing
 * @changes: JSON array to which every change is added
 *
 * Return: as ike_parent_publish().
 */
int ike_parent_change(struct ike_parent *parent, struct ike_config *next, const char *only,
		      bool dry_run, struct json_object *changes);

#endif
