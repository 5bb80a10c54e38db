// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <netlink/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include "exterr.h"
#include "handle.h"

/* Holds a tunnel with SECTUN_TS_MAX selectors on each side. */
#define REQUEST_SIZE 16384

/*
 * What one datagram of a dump may take. The kernel sizes its buffer by what the reader offered
 * last, and one tunnel with all its selectors does not fit into a page.
 */
#define ANSWER_SIZE 32768

/* How often a list that changes while it is told is asked for. */
#define LIST_TRIES 10

/**
 * struct answer_list - where the objects of an answer go
 * @object: what they are
 * @items: the array
 * @count: its length
 * @room: length that there is memory for
 */
struct answer_list {
	const struct sectun_object *object;
	char *items;
	size_t count;
	size_t room;
};

/**
 * struct exchange - one request and what comes back
 * @handle: the connection
 * @request: the request, for naming the attribute that the kernel objects to
 * @answers: where the objects go; NULL: none is expected
 * @err: the first thing that went wrong, a negative errno
 * @ended: the kernel has said that it is done
 */
struct exchange {
	struct sectun *handle;
	struct nlmsghdr *request;
	struct answer_list *answers;
	int err;
	bool ended;
};

/**
 * sectun_errno - the errno for an error of libnl
 * @nl_error: what a function of libnl returned, below 0
 *
 * Return: a negative errno.
 */
int sectun_errno(int nl_error)
{
	switch (-nl_error) {
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_AGAIN:
	case NLE_DUMP_INTR:
		return -EAGAIN;
	case NLE_OBJ_NOTFOUND:
		return -ENOENT;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_AF_NOSUPPORT:
	case NLE_PROTO_MISMATCH:
		return -EPROTONOSUPPORT;
	case NLE_INTR:
		return -EINTR;
	case NLE_MSGSIZE:
	case NLE_MSG_TOOSHORT:
	case NLE_MSG_TRUNC:
		return -EBADMSG;
	default:
		return -EIO;
	}
}

/**
 * sectun_succeed - forgets what an earlier function left
 * @handle: the connection
 */
void sectun_succeed(struct sectun *handle)
{
	handle->message[0] = '\0';
	handle->attribute[0] = '\0';
	handle->failed = false;
}

/**
 * sectun_fail_because - notes why a function fails
 * @handle: the connection
 * @err: negative errno
 * @message: why
 *
 * Return: @err.
 */
int sectun_fail_because(struct sectun *handle, int err, const char *message)
{
	snprintf(handle->message, sizeof(handle->message), "%s", message);
	handle->failed = true;
	return err;
}

/**
 * sectun_fail - notes that a function fails, for what errno says if nothing better is known
 * @handle: the connection
 * @err: negative errno
 *
 * Return: @err.
 */
int sectun_fail(struct sectun *handle, int err)
{
	char text[128];

	if (handle->message[0] && handle->failed)
		return err;
	if (err == -EPERM)
		return sectun_fail_because(handle, err, "not permitted: this needs CAP_NET_ADMIN");
	return sectun_fail_because(handle, err, strerror_r(-err, text, sizeof(text)));
}

const char *sectun_error(const struct sectun *handle)
{
	return handle->failed ? handle->message : "";
}

const char *sectun_error_attribute(const struct sectun *handle)
{
	return handle->failed && handle->attribute[0] ? handle->attribute : NULL;
}

const char *sectun_warning(const struct sectun *handle)
{
	return !handle->failed && handle->message[0] ? handle->message : NULL;
}

static void note_extended_ack(struct exchange *exchange, const struct nlmsghdr *answer)
{
	struct sectun *handle = exchange->handle;

	sectun_exterr_message(answer, handle->message, sizeof(handle->message));
	sectun_exterr_attribute(answer, exchange->request, handle->attribute,
				sizeof(handle->attribute));
}

static int on_sequence_check(struct nl_msg *msg, void *arg)
{
	const struct exchange *exchange = arg;

	/* The rest of an answer whose reading was given up. */
	return nlmsg_hdr(msg)->nlmsg_seq == exchange->request->nlmsg_seq ? NL_OK : NL_SKIP;
}

static void *answer_list_extend(struct answer_list *list)
{
	size_t room = list->room ? 2 * list->room : 1;
	char *items;

	if (list->count == list->room) {
		items = reallocarray(list->items, room, list->object->size);
		if (!items)
			return NULL;
		list->items = items;
		list->room = room;
	}
	items = list->items + list->count++ * list->object->size;
	return memset(items, 0, list->object->size);
}

static int on_answer(struct nl_msg *msg, void *arg)
{
	struct genlmsghdr *header = genlmsg_hdr(nlmsg_hdr(msg));
	struct exchange *exchange = arg;
	void *item;

	if (!exchange->answers || exchange->err)
		return NL_OK;
	item = answer_list_extend(exchange->answers);
	if (item)
		exchange->err =
			sectun_decode(genlmsg_attrdata(header, 0), genlmsg_attrlen(header, 0),
				      exchange->answers->object, item);
	else
		exchange->err = -ENOMEM;
	return NL_OK;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct exchange *exchange = arg;

	note_extended_ack(exchange, nlmsg_hdr(msg));
	exchange->ended = true;
	return NL_STOP;
}

static int on_dump_done(struct nl_msg *msg, void *arg)
{
	struct exchange *exchange = arg;
	int err = sectun_exterr_done(nlmsg_hdr(msg));

	if (err && !exchange->err) {
		exchange->err = err;
		exchange->handle->failed = true;
		note_extended_ack(exchange, nlmsg_hdr(msg));
	}
	exchange->ended = true;
	return NL_OK;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *arg)
{
	/* libnl hands out the payload of a message that it holds whole. */
	const struct nlmsghdr *answer =
		(const struct nlmsghdr *)((const char *)error - NLMSG_HDRLEN);
	struct exchange *exchange = arg;

	(void)from;
	exchange->err = error->error;
	exchange->ended = true;
	exchange->handle->failed = true;
	note_extended_ack(exchange, answer);
	return NL_STOP;
}

static int exchange_run(struct exchange *exchange, struct nl_msg *msg)
{
	struct nl_sock *sock = exchange->handle->requests;
	struct nl_cb *cb;
	int err;

	err = nl_send_auto(sock, msg);
	if (err < 0)
		return sectun_errno(err);

	cb = nl_socket_get_cb(sock);
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_sequence_check, exchange);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_answer, exchange);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, exchange);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_dump_done, exchange);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, exchange);

	/*
	 * An error beside the end of the answer is -NLE_DUMP_INTR: all was told, and it does not
	 * fit together.
	 */
	do {
		err = nl_recvmsgs(sock, cb);
	} while (!exchange->ended && (err >= 0 || err == -NLE_INTR));
	nl_cb_put(cb);

	if (exchange->err)
		return exchange->err;
	return err < 0 ? sectun_errno(err) : 0;
}

/* The message holds keys: no copy of it may stay behind. libnl sends it from where it was built. */
static void message_free(struct nl_msg *msg)
{
	explicit_bzero(nlmsg_hdr(msg), nlmsg_get_max_size(msg));
	nlmsg_free(msg);
}

static int exchange(struct sectun *handle, unsigned int command, int flags,
		    const struct sectun_object *request, const void *from,
		    struct answer_list *answers)
{
	struct exchange exchange = { .handle = handle, .answers = answers };
	struct nl_msg *msg;
	int err;

	sectun_succeed(handle);
	msg = nlmsg_alloc_size(REQUEST_SIZE);
	if (!msg)
		return sectun_fail(handle, -ENOMEM);

	exchange.request = nlmsg_hdr(msg);
	genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, handle->family, 0, flags, command,
		    SECTUN_FAMILY_VERSION);
	err = request ? sectun_encode(msg, request, from) : 0;
	if (!err)
		err = exchange_run(&exchange, msg);
	message_free(msg);
	return err ? sectun_fail(handle, err) : 0;
}

/**
 * sectun_do - makes a request that has no answer but success
 * @handle: the connection
 * @command: SECTUN_CMD_...
 * @request: which structure @from is
 * @from: what is sent
 *
 * Return: 0 or a negative errno.
 */
int sectun_do(struct sectun *handle, unsigned int command, const struct sectun_object *request,
	      const void *from)
{
	return exchange(handle, command, NLM_F_REQUEST, request, from, NULL);
}

/**
 * sectun_ask - makes a request that is answered by one object
 * @handle: the connection
 * @command: SECTUN_CMD_...
 * @request: which structure @from is
 * @from: what is sent
 * @answer: which structure @to is
 * @to: is filled in on success only; may be @from
 *
 * Return: 0 or a negative errno.
 */
int sectun_ask(struct sectun *handle, unsigned int command, const struct sectun_object *request,
	       const void *from, const struct sectun_object *answer, void *to)
{
	struct answer_list answers = { .object = answer };
	int err = exchange(handle, command, NLM_F_REQUEST, request, from, &answers);

	if (!err && answers.count != 1)
		err = sectun_fail_because(handle, -EBADMSG,
					  "the kernel did not answer with one object");
	if (err) {
		sectun_object_list_free(answer, answers.items, answers.count);
		return err;
	}
	memcpy(to, answers.items, answer->size);
	free(answers.items);
	return 0;
}

/**
 * sectun_list - makes a request that is answered by any number of objects
 * @handle: the connection
 * @command: SECTUN_CMD_...
 * @request: which structure @from is, or NULL: nothing is sent
 * @from: what is sent
 * @answer: which structures the array contains
 * @list: is set to the array; NULL on failure
 * @count: is set to its length; 0 on failure
 *
 * Return: 0; -EAGAIN: the list changes faster than it can be read; or another negative errno.
 */
int sectun_list(struct sectun *handle, unsigned int command, const struct sectun_object *request,
		const void *from, const struct sectun_object *answer, void **list, size_t *count)
{
	struct answer_list answers;
	int err, tries = LIST_TRIES;

	*list = NULL;
	*count = 0;
	do {
		answers = (struct answer_list){ .object = answer };
		err = exchange(handle, command, NLM_F_REQUEST | NLM_F_DUMP, request, from,
			       &answers);
		if (!err) {
			*list = answers.items;
			*count = answers.count;
			return 0;
		}
		sectun_object_list_free(answer, answers.items, answers.count);
	} while (err == -EAGAIN && --tries);
	return err;
}

static int requests_open(struct sectun *handle)
{
	static const int on = 1;
	int fd, err;

	handle->requests = nl_socket_alloc();
	if (!handle->requests)
		return -ENOMEM;
	err = genl_connect(handle->requests);
	if (err < 0)
		return sectun_errno(err);
	nl_socket_set_msg_buf_size(handle->requests, ANSWER_SIZE);

	/* Without NETLINK_CAP_ACK a refusal would carry the request back, key and all. */
	fd = nl_socket_get_fd(handle->requests);
	if (setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)))
		return -errno;
	return 0;
}

int sectun_open(struct sectun **handle)
{
	int err;

	*handle = calloc(1, sizeof(**handle));
	if (!*handle)
		return -ENOMEM;
	err = requests_open(*handle);
	if (err)
		return sectun_fail(*handle, err);

	/* The kernel loads a module that says it has the family. */
	err = genl_ctrl_resolve((*handle)->requests, SECTUN_FAMILY_NAME);
	if (err == -NLE_OBJ_NOTFOUND)
		return sectun_fail_because(*handle, -ENOENT, "the sectun module is not loaded");
	if (err < 0)
		return sectun_fail(*handle, sectun_errno(err));
	(*handle)->family = err;
	return 0;
}

void sectun_close(struct sectun *handle)
{
	if (!handle)
		return;
	nl_socket_free(handle->requests);
	nl_socket_free(handle->events);
	free(handle);
}
