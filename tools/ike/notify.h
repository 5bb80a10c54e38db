/* SPDX-License-Identifier: MIT */
/* Word to the service manager, as sd_notify(3) has it. */
#ifndef IKE_NOTIFY_H
#define IKE_NOTIFY_H

/**
 * ike_notify - tells the service manager, if there is one
 * @state: such as "READY=1"
 */
void ike_notify(const char *state);

#endif
