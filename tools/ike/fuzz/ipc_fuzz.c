// SPDX-License-Identifier: MIT
/* What a process that was taken over may send to another: which message it is (1), its fields. */
#include <string.h>
#include "fuzz.h"
#include "ipcmsg.h"

/** HEADER_SIZE - octets of a message before its fields */
#define HEADER_SIZE 8

static struct ike_ipc_message message;

static void inside(const void *at, size_t len)
{
	const uint8_t *octets = at;

	must(!len || (octets >= message.octets && octets + len <= message.octets + message.len));
}

static void try_key_request(void)
{
	struct ike_ipc_key_request got;
	size_t i;

	if (ike_ipc_get_key_request(&message, &got))
		return;
	must(memchr(got.peer, '\0', sizeof(got.peer)));
	must(got.request.hash_count <= IKE_IPC_HASHES_MAX);
	must(got.request.cert_count <= IKE_CERT_MAX);
	inside(got.request.octets, got.request.octets_len);
	inside(got.request.auth, got.request.auth_len);
	inside(got.request.id_data, got.request.id_len);
	for (i = 0; i < got.request.cert_count; i++)
		inside(got.request.certs[i].data, got.request.certs[i].len);
}

static void try_key_reply(void)
{
	struct ike_ipc_key_reply got;
	size_t i;

	if (ike_ipc_get_key_reply(&message, &got))
		return;
	must(memchr(got.text, '\0', sizeof(got.text)));
	must(got.reply.cert_count <= IKE_CERT_MAX);
	inside(got.reply.auth, got.reply.auth_len);
	for (i = 0; i < got.reply.cert_count; i++)
		inside(got.reply.certs[i].data, got.reply.certs[i].len);
}

static void try_kernel_request(void)
{
	struct ike_ts_prefix prefixes[IKE_TS_PREFIXES_MAX];
	struct ike_ipc_kernel_request got;
	char text[IKE_TS_TEXT_SIZE];
	size_t i;

	if (ike_ipc_get_kernel_request(&message, &got))
		return;
	must(memchr(got.tunnel, '\0', sizeof(got.tunnel)));
	must(memchr(got.alg, '\0', sizeof(got.alg)));
	must(got.request.local_ts_count <= IKE_TS_MAX && got.request.remote_ts_count <= IKE_TS_MAX);
	must(got.request.in.key_len <= IKE_IPC_KEYMAT_MAX);
	must(got.request.out.key_len <= IKE_IPC_KEYMAT_MAX);
	inside(got.request.in.key, got.request.in.key_len);
	inside(got.request.out.key, got.request.out.key_len);
	for (i = 0; i < got.request.local_ts_count; i++) {
		ike_ts_format(&got.local_ts[i], text);
		ike_ts_prefixes(&got.local_ts[i], prefixes, IKE_TS_PREFIXES_MAX);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ike_ipc_kernel_reply reply;
	struct ike_ipc_kernel_event event;

	if (!size || size > sizeof(message.octets) - HEADER_SIZE)
		return 0;
	/* Both requests to the key process are read by one function, by their kind. */
	message.kind = data[0] & 1 ? IKE_IPC_SIGN : IKE_IPC_VERIFY;
	message.len = HEADER_SIZE + size - 1;
	message.at = HEADER_SIZE;
	message.broken = false;
	message.fd_count = 0;
	memcpy(message.octets + HEADER_SIZE, data + 1, size - 1);
	switch (data[0] >> 1 & 7) {
	case 0:
		try_key_request();
		break;
	case 1:
		try_key_reply();
		break;
	case 2:
		try_kernel_request();
		break;
	case 3:
		ike_ipc_get_kernel_reply(&message, &reply);
		break;
	case 4:
		ike_ipc_get_kernel_event(&message, &event);
		break;
	}
	return 0;
}
