// SPDX-License-Identifier: MIT
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <netlink/netlink.h>
#include <netlink/genl/genl.h>
#include "mock.h"

#define MOCK_FAMILY 0x1d
#define MOCK_MAX 64

/* An answer that is made when its request has come: offsets point into that. */
struct answer {
	struct nl_msg *msg;
	unsigned int offset_of, nested;
};

static struct answer answers[MOCK_MAX];
static unsigned int answers_queued, answers_given;
static struct nlmsghdr *requests[MOCK_MAX];
static unsigned int request_count;

static int on_send(struct nl_sock *sock, struct nl_msg *msg)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);

	(void)sock;
	assert(request_count < MOCK_MAX);
	requests[request_count] = malloc(header->nlmsg_len);
	assert(requests[request_count]);
	memcpy(requests[request_count++], header, header->nlmsg_len);
	return header->nlmsg_len;
}

/*
 * The offset of an attribute of the last request, or of one nested in the last attribute of its
 * kind.
 */
static uint32_t offset_of(unsigned int type, unsigned int nested)
{
	struct nlmsghdr *request = requests[request_count - 1];
	struct nlattr *attr, *found = NULL;
	int left;

	nla_for_each_attr(attr, genlmsg_attrdata(genlmsg_hdr(request), 0),
			  genlmsg_attrlen(genlmsg_hdr(request), 0), left)
		if ((unsigned int)nla_type(attr) == type)
			found = attr;
	assert(found);
	if (nested)
		found = nla_find(nla_data(found), nla_len(found), nested);
	assert(found);
	return (char *)found - (char *)request;
}

static int on_receive(struct nl_sock *sock, struct sockaddr_nl *from, unsigned char **buffer,
		      struct ucred **creds)
{
	struct nlmsghdr *header;
	struct answer *answer;
	int len;

	(void)sock;
	(void)creds;
	if (answers_given == answers_queued)
		return -NLE_AGAIN;
	answer = &answers[answers_given++];
	if (answer->offset_of)
		nla_put_u32(answer->msg, NLMSGERR_ATTR_OFFS,
			    offset_of(answer->offset_of, answer->nested));
	header = nlmsg_hdr(answer->msg);
	if (request_count)
		header->nlmsg_seq = requests[request_count - 1]->nlmsg_seq;
	len = header->nlmsg_len;
	*buffer = malloc(len);
	assert(*buffer);
	memcpy(*buffer, header, len);
	memset(from, 0, sizeof(*from));
	from->nl_family = AF_NETLINK;
	nlmsg_free(answer->msg);
	return len;
}

struct sectun *mock_open(void)
{
	struct sectun *handle = calloc(1, sizeof(*handle));
	struct nl_cb *cb;

	assert(handle);
	handle->family = MOCK_FAMILY;
	handle->requests = nl_socket_alloc();
	assert(handle->requests);
	cb = nl_socket_get_cb(handle->requests);
	nl_cb_overwrite_send(cb, on_send);
	nl_cb_overwrite_recv(cb, on_receive);
	nl_cb_put(cb);
	return handle;
}

void mock_close(struct sectun *handle)
{
	while (answers_given < answers_queued)
		nlmsg_free(answers[answers_given++].msg);
	answers_given = answers_queued = 0;
	while (request_count)
		free(requests[--request_count]);
	sectun_close(handle);
}

static struct nl_msg *queue(unsigned int offset_of_attribute, unsigned int nested)
{
	struct nl_msg *msg = nlmsg_alloc_size(16384);

	assert(msg && answers_queued < MOCK_MAX);
	answers[answers_queued++] = (struct answer){ msg, offset_of_attribute, nested };
	return msg;
}

void mock_object(unsigned int command, const struct sectun_object *object, const void *from,
		 int flags)
{
	struct nl_msg *msg = queue(0, 0);
	int err;

	genlmsg_put(msg, 0, 0, MOCK_FAMILY, 0, flags, command, SECTUN_FAMILY_VERSION);
	err = sectun_encode(msg, object, from);
	assert(!err);
}

static struct nl_msg *error(int err, const char *message, unsigned int attribute,
			    unsigned int nested)
{
	struct nl_msg *msg = queue(attribute, nested);
	struct nlmsgerr payload = { .error = err };

	nlmsg_put(msg, 0, 0, NLMSG_ERROR, 0,
		  NLM_F_CAPPED | (message || attribute ? NLM_F_ACK_TLVS : 0));
	nlmsg_append(msg, &payload, sizeof(payload), NLMSG_ALIGNTO);
	if (message)
		nla_put_string(msg, NLMSGERR_ATTR_MSG, message);
	return msg;
}

void mock_ack(void)
{
	error(0, NULL, 0, 0);
}

void mock_warning(const char *message)
{
	error(0, message, 0, 0);
}

void mock_refusal(int err, const char *message, unsigned int attribute, unsigned int nested)
{
	error(err, message, attribute, nested);
}

void mock_refusal_missing(int err, const char *message, unsigned int attribute)
{
	nla_put_u32(error(err, message, 0, 0), NLMSGERR_ATTR_MISS_TYPE, attribute);
}

void mock_done(int err, int flags)
{
	struct nl_msg *msg = queue(0, 0);

	nlmsg_put(msg, 0, 0, NLMSG_DONE, 0, NLM_F_MULTI | flags);
	nlmsg_append(msg, &err, sizeof(err), NLMSG_ALIGNTO);
}

void mock_list(unsigned int command, const struct sectun_object *object, const void *items,
	       size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		mock_object(command, object, (const char *)items + i * object->size, NLM_F_MULTI);
	mock_done(0, 0);
}

unsigned int mock_requests(void)
{
	return request_count;
}

unsigned int mock_request_command(unsigned int i)
{
	assert(i < request_count);
	return genlmsg_hdr(requests[i])->cmd;
}

unsigned int mock_request_flags(unsigned int i)
{
	assert(i < request_count);
	return requests[i]->nlmsg_flags;
}

void mock_request_decode(unsigned int i, const struct sectun_object *object, void *to)
{
	int err;

	assert(i < request_count);
	memset(to, 0, object->size);
	err = sectun_decode(genlmsg_attrdata(genlmsg_hdr(requests[i]), 0),
			    genlmsg_attrlen(genlmsg_hdr(requests[i]), 0), object, to);
	assert(!err);
}

const struct nlattr *mock_request_attribute(unsigned int i, unsigned int type)
{
	assert(i < request_count);
	return nla_find(genlmsg_attrdata(genlmsg_hdr(requests[i]), 0),
			genlmsg_attrlen(genlmsg_hdr(requests[i]), 0), type);
}

bool mock_exhausted(void)
{
	return answers_given == answers_queued;
}
