/* SPDX-License-Identifier: MIT */
/*
 * Verbs that ask the IKE helper, over its control socket.
 */
#ifndef SECTUN_IKE_H
#define SECTUN_IKE_H

#include "context.h"

struct json_object;

/* Where the helper listens, unless the environment says otherwise. */
#define IKE_SOCKET "/run/sectun/ike.sock"
#define IKE_SOCKET_VARIABLE "SECTUN_IKE_SOCKET"

/* A configuration file, at most; as the helper has it. */
#define IKE_FILE_MAX 32768

int ike_up_run(struct context *ctx, char **words);
int ike_down_run(struct context *ctx, char **words);
int ike_rekey_run(struct context *ctx, char **words);
int ike_reload_run(struct context *ctx, char **words);
int ike_apply_run(struct context *ctx, char **words);
int ike_check_run(struct context *ctx, char **words);
int ike_probe_run(struct context *ctx, char **words);
int ike_why_run(struct context *ctx, char **words);
int ike_peer_show_run(struct context *ctx, char **words);

int ike_ask(struct context *ctx, struct json_object *request, struct json_object **answer,
	    struct json_object **end);
void ike_peers_append(struct context *ctx);
void ike_peers_complete(struct context *ctx);

#endif
