/* SPDX-License-Identifier: MIT */
/*
 * What the IKE helper says, for people.
 */
#ifndef SECTUN_IKE_SHOW_H
#define SECTUN_IKE_SHOW_H

#include "context.h"

struct json_object;

void ike_peers_print(struct context *ctx, struct json_object *status);
void ike_records_print(struct context *ctx, struct json_object *why);
void ike_record_print(FILE *out, struct json_object *record, const char *indent);
void ike_changes_print(struct context *ctx, struct json_object *answer);

#endif
