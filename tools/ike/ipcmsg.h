/* SPDX-License-Identifier: MIT */
/* What the engine asks for and is told, as messages between the processes. */
#ifndef IKE_IPCMSG_H
#define IKE_IPCMSG_H

#include "engine.h"
#include "ipc.h"
#include "ts.h"

/** IKE_IPC_TEXT_SIZE - octets of the longest sentence in a message, its NUL included */
#define IKE_IPC_TEXT_SIZE 1024
/** IKE_IPC_ALG_SIZE - octets of the longest algorithm keyword, its NUL included */
#define IKE_IPC_ALG_SIZE 64
/** IKE_IPC_HASHES_MAX - hash algorithms that are taken of those that a peer announces */
#define IKE_IPC_HASHES_MAX 16
/** IKE_IPC_KEYMAT_MAX - octets of the longest KEYMAT of an SA */
#define IKE_IPC_KEYMAT_MAX 256

/**
 * struct ike_ipc_key_request - a request to the key process as it arrives
 * @request: the request; points into the message and into the rest. Its peer is NULL
 * @peer: name of the peer
 * @hashes: what @request.hashes points to
 */
struct ike_ipc_key_request {
	struct ike_key_request request;
	char peer[IKE_NAME_SIZE];
	uint16_t hashes[IKE_IPC_HASHES_MAX];
};

/**
 * struct ike_ipc_key_reply - an answer of the key process as it arrives
 * @reply: the answer; points into the message and into the rest
 * @fault: what @reply.fault points to
 * @text: what @reply.text points to
 */
struct ike_ipc_key_reply {
	struct ike_key_reply reply;
	char fault[32];
	char text[IKE_IPC_TEXT_SIZE];
};

/**
 * struct ike_ipc_kernel_request - a request to the parent as it arrives
 * @request: the request; points into the message and into the rest. Its peer and child are NULL
 * @child: name of the configured tunnel
 * @tunnel: what @request.tunnel points to
 * @alg: what @request.alg points to
 * @local_ts: what @request.local_ts points to
 * @remote_ts: what @request.remote_ts points to
 */
struct ike_ipc_kernel_request {
	struct ike_kernel_request request;
	char child[IKE_NAME_SIZE];
	char tunnel[IKE_NAME_SIZE];
	char alg[IKE_IPC_ALG_SIZE];
	struct ike_ts local_ts[IKE_TS_MAX];
	struct ike_ts remote_ts[IKE_TS_MAX];
};

/**
 * struct ike_ipc_kernel_reply - an answer of the parent as it arrives
 * @reply: the answer; its message points to the rest
 * @message: what the kernel said
 */
struct ike_ipc_kernel_reply {
	struct ike_kernel_reply reply;
	char message[IKE_IPC_TEXT_SIZE];
};

/**
 * struct ike_ipc_kernel_event - an event as it arrives
 * @event: the event; its tunnel points to the rest
 * @tunnel: name of the tunnel
 */
struct ike_ipc_kernel_event {
	struct ike_kernel_event event;
	char tunnel[IKE_NAME_SIZE];
};

/* Each writes a whole message. */
void ike_ipc_put_key_request(struct ike_ipc_message *message,
			     const struct ike_key_request *request);
void ike_ipc_put_key_reply(struct ike_ipc_message *message, uint32_t id,
			   const struct ike_key_reply *reply);
void ike_ipc_put_kernel_request(struct ike_ipc_message *message,
				const struct ike_kernel_request *request);
void ike_ipc_put_kernel_reply(struct ike_ipc_message *message, uint32_t id,
			      const struct ike_kernel_reply *reply);
void ike_ipc_put_kernel_event(struct ike_ipc_message *message,
			      const struct ike_kernel_event *event);

/* Each reads a whole message: 0 or -EBADMSG. What is in a range is in it. */
int ike_ipc_get_key_request(struct ike_ipc_message *message, struct ike_ipc_key_request *to);
int ike_ipc_get_key_reply(struct ike_ipc_message *message, struct ike_ipc_key_reply *to);
int ike_ipc_get_kernel_request(struct ike_ipc_message *message, struct ike_ipc_kernel_request *to);
int ike_ipc_get_kernel_reply(struct ike_ipc_message *message, struct ike_ipc_kernel_reply *to);
int ike_ipc_get_kernel_event(struct ike_ipc_message *message, struct ike_ipc_kernel_event *to);

/* An endpoint is a field of several messages. */
void ike_ipc_put_endpoint(struct ike_ipc_message *message, const struct ike_endpoint *endpoint);
void ike_ipc_get_endpoint(struct ike_ipc_message *message, struct ike_endpoint *endpoint);

#endif
