// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "ipc.h"

/*
 *	 0                   1                   2                   3
 *	+-------------------------------+-------------------------------+
 *	| kind                          | descriptors                   |
 *	+-------------------------------+-------------------------------+
 *	| id                                                            |
 *	+---------------------------------------------------------------+
 */
#define HEADER_SIZE 8

/**
 * struct ike_ipc_waiting - a message that could not be sent yet
 * @next: the one after it
 * @len: octets of it
 * @fds: its descriptors, duplicated
 * @fd_count: number of them
 * @octets: the message
 */
struct ike_ipc_waiting {
	struct ike_ipc_waiting *next;
	size_t len;
	int fds[IKE_IPC_FDS_MAX];
	size_t fd_count;
	uint8_t octets[];
};

void ike_ipc_begin(struct ike_ipc_message *message, enum ike_ipc_kind kind, uint32_t id)
{
	message->kind = kind;
	message->id = id;
	message->len = HEADER_SIZE;
	message->at = HEADER_SIZE;
	message->broken = false;
	message->fd_count = 0;
}

static void put(struct ike_ipc_message *message, const void *octets, size_t len)
{
	if (message->broken || len > sizeof(message->octets) - message->len) {
		message->broken = true;
		return;
	}
	if (len)
		memcpy(message->octets + message->len, octets, len);
	message->len += len;
}

void ike_ipc_put_u8(struct ike_ipc_message *message, uint8_t value)
{
	put(message, &value, sizeof(value));
}

void ike_ipc_put_u16(struct ike_ipc_message *message, uint16_t value)
{
	value = htobe16(value);
	put(message, &value, sizeof(value));
}

void ike_ipc_put_u32(struct ike_ipc_message *message, uint32_t value)
{
	value = htobe32(value);
	put(message, &value, sizeof(value));
}

void ike_ipc_put_u64(struct ike_ipc_message *message, uint64_t value)
{
	value = htobe64(value);
	put(message, &value, sizeof(value));
}

void ike_ipc_put_octets(struct ike_ipc_message *message, const void *octets, size_t len)
{
	if (len > sizeof(message->octets)) {
		message->broken = true;
		return;
	}
	ike_ipc_put_u32(message, len);
	put(message, octets, len);
}

void ike_ipc_put_string(struct ike_ipc_message *message, const char *string)
{
	ike_ipc_put_octets(message, string ? string : "", string ? strlen(string) : 0);
}

void ike_ipc_put_fd(struct ike_ipc_message *message, int fd)
{
	if (message->fd_count == IKE_IPC_FDS_MAX)
		message->broken = true;
	else
		message->fds[message->fd_count++] = fd;
}

/* The octets, or NULL past the end. */
static const uint8_t *get(struct ike_ipc_message *message, size_t len)
{
	const uint8_t *octets = message->octets + message->at;

	if (message->broken || len > message->len - message->at) {
		message->broken = true;
		return NULL;
	}
	message->at += len;
	return octets;
}

uint8_t ike_ipc_get_u8(struct ike_ipc_message *message)
{
	const uint8_t *octets = get(message, sizeof(uint8_t));

	return octets ? *octets : 0;
}

uint16_t ike_ipc_get_u16(struct ike_ipc_message *message)
{
	const uint8_t *octets = get(message, sizeof(uint16_t));
	uint16_t value = 0;

	if (octets)
		memcpy(&value, octets, sizeof(value));
	return be16toh(value);
}

uint32_t ike_ipc_get_u32(struct ike_ipc_message *message)
{
	const uint8_t *octets = get(message, sizeof(uint32_t));
	uint32_t value = 0;

	if (octets)
		memcpy(&value, octets, sizeof(value));
	return be32toh(value);
}

uint64_t ike_ipc_get_u64(struct ike_ipc_message *message)
{
	const uint8_t *octets = get(message, sizeof(uint64_t));
	uint64_t value = 0;

	if (octets)
		memcpy(&value, octets, sizeof(value));
	return be64toh(value);
}

const uint8_t *ike_ipc_get_octets(struct ike_ipc_message *message, size_t *len, size_t max)
{
	const uint8_t *octets;

	*len = ike_ipc_get_u32(message);
	if (*len > max)
		message->broken = true;
	octets = get(message, *len);
	if (octets)
		return octets;
	*len = 0;
	return message->octets;
}

void ike_ipc_get_string(struct ike_ipc_message *message, char *to, size_t size)
{
	const uint8_t *octets;
	size_t len;

	octets = ike_ipc_get_octets(message, &len, size - 1);
	if (memchr(octets, '\0', len)) {
		message->broken = true;
		len = 0;
	}
	memcpy(to, octets, len);
	to[len] = '\0';
}

int ike_ipc_get_fd(struct ike_ipc_message *message)
{
	int fd;

	if (!message->fd_count) {
		message->broken = true;
		return -1;
	}
	fd = message->fds[0];
	message->fd_count--;
	memmove(message->fds, message->fds + 1, message->fd_count * sizeof(fd));
	return fd;
}

static void close_all(const int *fds, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		close(fds[i]);
}

int ike_ipc_end(struct ike_ipc_message *message)
{
	bool whole = !message->broken && message->at == message->len && !message->fd_count;

	close_all(message->fds, message->fd_count);
	message->fd_count = 0;
	return whole ? 0 : -EBADMSG;
}

void ike_ipc_wipe(struct ike_ipc_message *message)
{
	close_all(message->fds, message->fd_count);
	message->fd_count = 0;
	explicit_bzero(message->octets, message->len);
	message->len = 0;
	message->at = 0;
}

/* 1: sent; 0: the other side has to read first; a negative errno. */
static int transmit(int fd, const uint8_t *octets, size_t len, const int *fds, size_t fd_count)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(IKE_IPC_FDS_MAX * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)octets, .iov_len = len };
	struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;
	ssize_t sent;

	if (fd_count) {
		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&header);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, fd_count * sizeof(int));
	}
	do {
		sent = sendmsg(fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return 1;
	/* ENOBUFS: memory for a large message is short just now. */
	if (errno == EAGAIN || errno == ENOBUFS)
		return 0;
	return errno == ECONNRESET ? -EPIPE : -errno;
}

static void waiting_free(struct ike_ipc_waiting *waiting)
{
	close_all(waiting->fds, waiting->fd_count);
	explicit_bzero(waiting->octets, waiting->len);
	free(waiting);
}

static int keep(struct ike_ipc_channel *channel, const struct ike_ipc_message *message)
{
	struct ike_ipc_waiting *waiting;
	size_t i;

	if (message->len > IKE_IPC_QUEUE_MAX - channel->queued)
		return -ENOBUFS;
	waiting = calloc(1, sizeof(*waiting) + message->len);
	if (!waiting)
		return -ENOMEM;
	waiting->len = message->len;
	memcpy(waiting->octets, message->octets, message->len);
	for (i = 0; i < message->fd_count; i++) {
		waiting->fds[i] = fcntl(message->fds[i], F_DUPFD_CLOEXEC, 0);
		if (waiting->fds[i] < 0) {
			waiting_free(waiting);
			return -errno;
		}
		waiting->fd_count++;
	}
	if (channel->last)
		channel->last->next = waiting;
	else
		channel->first = waiting;
	channel->last = waiting;
	channel->queued += waiting->len;
	return 0;
}

int ike_ipc_flush(struct ike_ipc_channel *channel)
{
	struct ike_ipc_waiting *waiting;
	int sent;

	while ((waiting = channel->first)) {
		sent = transmit(channel->fd, waiting->octets, waiting->len, waiting->fds,
				waiting->fd_count);
		if (sent <= 0)
			return sent;
		channel->first = waiting->next;
		if (!channel->first)
			channel->last = NULL;
		channel->queued -= waiting->len;
		waiting_free(waiting);
	}
	return 0;
}

static int send_or_keep(struct ike_ipc_channel *channel, struct ike_ipc_message *message)
{
	uint16_t kind = htobe16(message->kind), fds = htobe16(message->fd_count);
	uint32_t id = htobe32(message->id);
	int sent;

	if (message->broken)
		return -EMSGSIZE;
	memcpy(message->octets, &kind, sizeof(kind));
	memcpy(message->octets + 2, &fds, sizeof(fds));
	memcpy(message->octets + 4, &id, sizeof(id));
	if (channel->first) {
		sent = ike_ipc_flush(channel);
		if (sent)
			return sent;
	}
	if (channel->first)
		return keep(channel, message);
	sent = transmit(channel->fd, message->octets, message->len, message->fds,
			message->fd_count);
	if (sent)
		return sent < 0 ? sent : 0;
	return keep(channel, message);
}

int ike_ipc_send(struct ike_ipc_channel *channel, struct ike_ipc_message *message)
{
	int err = send_or_keep(channel, message);

	message->fd_count = 0;
	ike_ipc_wipe(message);
	return err;
}

static void take_fds(struct ike_ipc_message *message, struct msghdr *header)
{
	struct cmsghdr *cmsg;
	size_t count, i;
	int fd;

	for (cmsg = CMSG_FIRSTHDR(header); cmsg; cmsg = CMSG_NXTHDR(header, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < count; i++) {
			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(fd), sizeof(fd));
			if (message->fd_count < IKE_IPC_FDS_MAX)
				message->fds[message->fd_count++] = fd;
			else
				close(fd);
		}
	}
}

int ike_ipc_receive(struct ike_ipc_channel *channel, struct ike_ipc_message *message)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(IKE_IPC_FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = message->octets, .iov_len = sizeof(message->octets) };
	struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
				 .msg_controllen = sizeof(control) };
	uint16_t kind, fds;
	ssize_t got;

	do {
		got = recvmsg(channel->fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (got < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	if (!got)
		return -EPIPE;

	ike_ipc_begin(message, 0, 0);
	message->len = got;
	take_fds(message, &header);
	if (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || got < HEADER_SIZE)
		goto bad;
	memcpy(&kind, message->octets, sizeof(kind));
	memcpy(&fds, message->octets + 2, sizeof(fds));
	memcpy(&message->id, message->octets + 4, sizeof(message->id));
	message->kind = be16toh(kind);
	message->id = be32toh(message->id);
	if (be16toh(fds) != message->fd_count)
		goto bad;
	return 1;

bad:
	ike_ipc_wipe(message);
	return -EBADMSG;
}

int ike_ipc_pair(struct ike_ipc_channel *one, struct ike_ipc_channel *other)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	*one = (struct ike_ipc_channel){ .fd = fds[0] };
	*other = (struct ike_ipc_channel){ .fd = fds[1] };
	return 0;
}

void ike_ipc_close(struct ike_ipc_channel *channel)
{
	struct ike_ipc_waiting *waiting;

	while ((waiting = channel->first)) {
		channel->first = waiting->next;
		waiting_free(waiting);
	}
	close(channel->fd);
	*channel = (struct ike_ipc_channel){ .fd = -1 };
}
