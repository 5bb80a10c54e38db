// SPDX-License-Identifier: MIT
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "crypt.h"
#include "ipcmsg.h"
#include "keystore.h"
#include "process.h"

/**
 * struct keyproc - the key process
 * @ends: channels
 * @peers: keys of the peers
 * @count: number of them
 * @pending: keys of a peer whose files are arriving, or NULL
 * @fault: what is wrong with one of them; "" if nothing
 * @in: a message that came
 * @out: a message to send
 * @text: content of a file
 */
struct keyproc {
	struct ike_process_ends *ends;
	struct ike_keys **peers;
	size_t count;
	struct ike_keys *pending;
	char fault[512];
	struct ike_ipc_message in;
	struct ike_ipc_message out;
	uint8_t text[IKE_KEYFILE_MAX];
};

static struct ike_keys **find(struct keyproc *proc, const char *name)
{
	size_t i;

	for (i = 0; i < proc->count; i++) {
		if (!strcmp(proc->peers[i]->name, name))
			return &proc->peers[i];
	}
	return NULL;
}

static void blame(struct keyproc *proc, const char *file, const char *why)
{
	if (!proc->fault[0])
		snprintf(proc->fault, sizeof(proc->fault), "%s: %s", file, why);
}

static ssize_t read_all(int fd, uint8_t *to, size_t size)
{
	size_t used = 0;
	ssize_t got;

	do {
		got = read(fd, to + used, size - used);
		if (got > 0)
			used += got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	return got < 0 ? -errno : (ssize_t)used;
}

static int pend(struct keyproc *proc, const char *name)
{
	if (proc->pending && !strcmp(proc->pending->name, name))
		return 0;
	ike_keys_free(proc->pending);
	proc->fault[0] = '\0';
	proc->pending = ike_keys_new(name);
	return proc->pending ? 0 : -ENOMEM;
}

static int on_file(struct keyproc *proc)
{
	char name[IKE_NAME_SIZE], file[256];
	const char *wrong;
	unsigned int kind;
	ssize_t len;
	int fd, err;

	ike_ipc_get_string(&proc->in, name, sizeof(name));
	kind = ike_ipc_get_u8(&proc->in);
	ike_ipc_get_string(&proc->in, file, sizeof(file));
	fd = ike_ipc_get_fd(&proc->in);
	err = ike_ipc_end(&proc->in);
	if (!err && kind > IKE_KEYFILE_LAST)
		err = -EBADMSG;
	if (!err)
		err = pend(proc, name);
	if (!err) {
		len = read_all(fd, proc->text, sizeof(proc->text));
		if (len < 0)
			wrong = strerror(-len);
		else if (len == sizeof(proc->text))
			wrong = "too long";
		else
			wrong = ike_keys_add(proc->pending, kind, proc->text, len);
		if (wrong)
			blame(proc, file, wrong);
		if (len > 0)
			ike_wipe(proc->text, len);
	}
	if (fd >= 0)
		close(fd);
	return err;
}

static int keep(struct keyproc *proc, struct ike_keys *keys)
{
	struct ike_keys **slot = find(proc, keys->name), **peers;

	if (slot) {
		ike_keys_free(*slot);
		*slot = keys;
		return 0;
	}
	peers = reallocarray(proc->peers, proc->count + 1, sizeof(peers[0]));
	if (!peers) {
		ike_keys_free(keys);
		return -ENOMEM;
	}
	proc->peers = peers;
	peers[proc->count++] = keys;
	return 0;
}

/* Says to the protocol process that a peer's keys are there, or to both that they are not. */
static int tell(struct keyproc *proc, const struct ike_keys *keys, uint32_t generation)
{
	uint8_t ids[IKE_CONFIG_FILES_MAX * IKE_CERT_KEYID_SIZE];
	struct ike_id subject = { 0 };
	bool good = !proc->fault[0];
	int err;

	if (!good) {
		ike_ipc_begin(&proc->out, IKE_IPC_KEYS_FAULT, 0);
		ike_ipc_put_string(&proc->out, keys->name);
		ike_ipc_put_string(&proc->out, proc->fault);
		err = ike_ipc_send(&proc->ends->parent, &proc->out);
		if (err)
			return err;
	}
	ike_cert_own_subject(&keys->own, &subject);
	ike_ipc_begin(&proc->out, IKE_IPC_KEYS_READY, 0);
	ike_ipc_put_string(&proc->out, keys->name);
	ike_ipc_put_u32(&proc->out, generation);
	ike_ipc_put_u8(&proc->out, good);
	ike_ipc_put_u8(&proc->out, subject.type);
	ike_ipc_put_octets(&proc->out, subject.data, subject.len);
	ike_ipc_put_octets(&proc->out, ids,
			   ike_cert_store_keyids(keys->trusted, ids, sizeof(ids)));
	return ike_ipc_send(&proc->ends->protocol, &proc->out);
}

static int on_files_done(struct keyproc *proc)
{
	char name[IKE_NAME_SIZE], text[IKE_ID_TEXT_SIZE], why[256];
	struct ike_id id = { 0 };
	struct ike_keys *keys;
	uint32_t generation;
	unsigned int local_auth, remote_auth;
	const uint8_t *octets;
	size_t len;
	bool legacy;
	int err;

	ike_ipc_get_string(&proc->in, name, sizeof(name));
	generation = ike_ipc_get_u32(&proc->in);
	local_auth = ike_ipc_get_u8(&proc->in);
	remote_auth = ike_ipc_get_u8(&proc->in);
	legacy = ike_ipc_get_u8(&proc->in);
	id.type = ike_ipc_get_u8(&proc->in);
	octets = ike_ipc_get_octets(&proc->in, &len, sizeof(id.data));
	id.len = len;
	memcpy(id.data, octets, len);
	err = ike_ipc_end(&proc->in);
	if (!err)
		err = pend(proc, name);
	if (err)
		return err;
	keys = proc->pending;
	keys->local_auth = local_auth;
	keys->remote_auth = remote_auth;
	keys->legacy = legacy;
	if (id.type != IKE_ID_ANY && keys->own.count && !ike_cert_own_names(&keys->own, &id)) {
		snprintf(why, sizeof(why), "does not name local-id, %.200s",
			 ike_id_format(&id, text));
		blame(proc, "cert", why);
	}
	err = tell(proc, keys, generation);
	proc->pending = NULL;
	if (proc->fault[0])
		ike_keys_free(keys);
	else if (!err)
		err = keep(proc, keys);
	return err;
}

static int on_gone(struct keyproc *proc)
{
	char name[IKE_NAME_SIZE];
	struct ike_keys **slot;

	ike_ipc_get_string(&proc->in, name, sizeof(name));
	if (ike_ipc_end(&proc->in))
		return -EBADMSG;
	slot = find(proc, name);
	if (slot) {
		ike_keys_free(*slot);
		*slot = proc->peers[--proc->count];
	}
	return 0;
}

static int on_parent(struct keyproc *proc)
{
	switch (proc->in.kind) {
	case IKE_IPC_KEYS:
		return on_file(proc);
	case IKE_IPC_KEYS_DONE:
		return on_files_done(proc);
	case IKE_IPC_CONFIG_GONE:
		return on_gone(proc);
	default:
		return -EBADMSG;
	}
}

static int on_protocol(struct keyproc *proc)
{
	struct ike_ipc_key_request request;
	struct ike_keys_answer answer;
	struct ike_keys **slot;
	int err;

	if (proc->in.kind != IKE_IPC_SIGN && proc->in.kind != IKE_IPC_VERIFY)
		return -EBADMSG;
	err = ike_ipc_get_key_request(&proc->in, &request);
	if (err)
		return err;
	slot = find(proc, request.peer);
	ike_keys_answer(slot ? *slot : NULL, &request.request, time(NULL), &answer);
	ike_ipc_put_key_reply(&proc->out, request.request.id, &answer.reply);
	ike_wipe(&answer, sizeof(answer));
	return ike_ipc_send(&proc->ends->protocol, &proc->out);
}

static int drain(struct keyproc *proc, struct ike_ipc_channel *channel,
		 int (*on_message)(struct keyproc *proc))
{
	int err;

	while ((err = ike_ipc_receive(channel, &proc->in)) == 1) {
		err = on_message(proc);
		ike_ipc_wipe(&proc->in);
		if (err)
			return err;
	}
	return err;
}

int ike_keyproc_run(struct ike_process_ends *ends)
{
	struct keyproc *proc = calloc(1, sizeof(*proc));
	struct pollfd polls[2] = { { .fd = ends->parent.fd }, { .fd = ends->protocol.fd } };
	int err = 0;
	size_t i;

	if (!proc)
		return EXIT_FAILURE;
	proc->ends = ends;
	while (!err) {
		polls[0].events = POLLIN | (ends->parent.first ? POLLOUT : 0);
		polls[1].events = POLLIN | (ends->protocol.first ? POLLOUT : 0);
		if (poll(polls, 2, -1) < 0 && errno != EINTR)
			err = -errno;
		if (!err)
			err = ike_ipc_flush(&ends->parent);
		if (!err)
			err = ike_ipc_flush(&ends->protocol);
		if (!err)
			err = drain(proc, &ends->parent, on_parent);
		if (!err)
			err = drain(proc, &ends->protocol, on_protocol);
	}
	for (i = 0; i < proc->count; i++)
		ike_keys_free(proc->peers[i]);
	free(proc->peers);
	ike_keys_free(proc->pending);
	free(proc);
	return err == -EPIPE ? EXIT_SUCCESS : EXIT_FAILURE;
}
