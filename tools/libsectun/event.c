// SPDX-License-Identifier: MIT
#include <errno.h>
#include <netlink/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include "handle.h"

/* Events come in bursts: a peer that restarts, a limit that many SAs reach together. */
#define EVENTS_BUFFER (1024 * 1024)

/**
 * struct dispatch - one call of sectun_events_dispatch()
 * @callback: whom to tell
 * @arg: for it
 * @result: what it returned, or a negative errno
 */
struct dispatch {
	int (*callback)(const struct sectun_event *event, void *arg);
	void *arg;
	int result;
};

static int on_event(struct nl_msg *msg, void *arg)
{
	struct genlmsghdr *header = genlmsg_hdr(nlmsg_hdr(msg));
	struct sectun_event event = { .command = header->cmd };
	struct dispatch *dispatch = arg;

	dispatch->result = sectun_decode(genlmsg_attrdata(header, 0), genlmsg_attrlen(header, 0),
					 &sectun_event_object, &event);
	if (!dispatch->result)
		dispatch->result = dispatch->callback(&event, dispatch->arg);
	sectun_object_uninit(&sectun_event_object, &event);
	return dispatch->result ? NL_STOP : NL_OK;
}

static int events_join(struct sectun *handle)
{
	int group, err;

	group = genl_ctrl_resolve_grp(handle->requests, SECTUN_FAMILY_NAME, SECTUN_MCGRP_EVENTS);
	if (group < 0)
		return sectun_errno(group);
	err = genl_connect(handle->events);
	if (err < 0)
		return sectun_errno(err);
	/* The system's limit may be lower; then that is what it is. */
	nl_socket_set_buffer_size(handle->events, EVENTS_BUFFER, 0);
	nl_socket_disable_seq_check(handle->events);
	err = nl_socket_set_nonblocking(handle->events);
	if (!err)
		err = nl_socket_add_membership(handle->events, group);
	return err < 0 ? sectun_errno(err) : 0;
}

int sectun_events_open(struct sectun *handle)
{
	int err;

	sectun_succeed(handle);
	if (handle->events)
		return nl_socket_get_fd(handle->events);

	handle->events = nl_socket_alloc();
	if (!handle->events)
		return sectun_fail(handle, -ENOMEM);
	err = events_join(handle);
	if (err) {
		nl_socket_free(handle->events);
		handle->events = NULL;
		return sectun_fail(handle, err);
	}
	return nl_socket_get_fd(handle->events);
}

int sectun_events_dispatch(struct sectun *handle,
			   int (*callback)(const struct sectun_event *event, void *arg), void *arg)
{
	struct dispatch dispatch = { .callback = callback, .arg = arg };
	struct nl_cb *cb = nl_socket_get_cb(handle->events);
	int err;

	sectun_succeed(handle);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_event, &dispatch);
	do {
		err = nl_recvmsgs(handle->events, cb);
	} while (!dispatch.result && (err >= 0 || err == -NLE_INTR));
	nl_cb_put(cb);

	if (dispatch.result)
		return dispatch.result;
	if (err == -NLE_AGAIN)
		return 0;
	/* libnl tells no difference between ENOBUFS and ENOMEM. */
	if (err == -NLE_NOMEM)
		return sectun_fail_because(handle, -ENOBUFS,
					   "events came too fast and some are lost");
	return sectun_fail(handle, sectun_errno(err));
}
