// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/udp.h>
#include "udp.h"

#define MARKER_SIZE 4
/* Handshakes come in bursts: a gateway that restarts has a thousand peers. */
#define BUFFER_SIZE (2 * 1024 * 1024)

static const uint8_t marker[MARKER_SIZE];

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) ? -errno : 0;
}

static int bind_any(int fd, bool six, uint16_t port)
{
	struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in any4 = { .sin_family = AF_INET, .sin_port = htons(port) };

	if (six)
		return bind(fd, (struct sockaddr *)&any6, sizeof(any6)) ? -errno : 0;
	return bind(fd, (struct sockaddr *)&any4, sizeof(any4)) ? -errno : 0;
}

static int configure(int fd, bool six, uint16_t port)
{
	int err;

	if (six) {
		err = set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
		if (!err)
			err = set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
		/* IKE fragments by itself (RFC 7383); the rest may be fragmented by IP. */
	} else {
		err = set(fd, IPPROTO_IP, IP_PKTINFO, 1);
		if (!err)
			err = set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
	}
	if (err)
		return err;
	/* Beyond the system's limit only root may go, and more than it is not needed. */
	set(fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_SIZE);
	err = bind_any(fd, six, port);
	if (!err && port == IKE_PORT_NAT)
		err = set(fd, IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP);
	return err;
}

static int open_one(bool six, uint16_t port)
{
	int fd = socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = configure(fd, six, port);
	if (!err)
		return fd;
	close(fd);
	return err;
}

int ike_udp_open(struct ike_udp sockets[IKE_UDP_SOCKETS], size_t *count, uint16_t *port)
{
	static const uint16_t ports[] = { IKE_PORT, IKE_PORT_NAT };
	size_t i;
	int fd;

	*count = 0;
	for (i = 0; i < IKE_UDP_SOCKETS; i++) {
		*port = ports[i % 2];
		fd = open_one(i >= 2, *port);
		/* A kernel without IPv6. */
		if (fd == -EAFNOSUPPORT && i >= 2)
			return 0;
		if (fd < 0)
			goto fail;
		sockets[(*count)++] = (struct ike_udp){ fd, i >= 2 ? 16 : 4, *port };
	}
	return 0;

fail:
	for (i = 0; i < *count; i++)
		close(sockets[i].fd);
	*count = 0;
	return fd;
}

static void endpoint_of(const struct sockaddr_storage *address, struct ike_endpoint *to)
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
	const struct sockaddr_in *four = (const struct sockaddr_in *)address;

	memset(to, 0, sizeof(*to));
	if (address->ss_family == AF_INET) {
		to->len = 4;
		to->port = ntohs(four->sin_port);
		memcpy(to->octets, &four->sin_addr, 4);
	} else if (address->ss_family == AF_INET6) {
		to->len = 16;
		to->port = ntohs(six->sin6_port);
		memcpy(to->octets, &six->sin6_addr, 16);
	}
}

static bool local_of(struct msghdr *header, const struct ike_udp *udp, struct ike_endpoint *to)
{
	struct in6_pktinfo six;
	struct in_pktinfo four;
	struct cmsghdr *cmsg;

	memset(to, 0, sizeof(*to));
	to->port = udp->port;
	for (cmsg = CMSG_FIRSTHDR(header); cmsg; cmsg = CMSG_NXTHDR(header, cmsg)) {
		if (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_PKTINFO) {
			memcpy(&four, CMSG_DATA(cmsg), sizeof(four));
			memcpy(to->octets, &four.ipi_addr, 4);
			to->len = 4;
		} else if (cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_PKTINFO) {
			memcpy(&six, CMSG_DATA(cmsg), sizeof(six));
			memcpy(to->octets, &six.ipi6_addr, 16);
			to->len = 16;
		}
	}
	return to->len == udp->len;
}

/* Takes the marker off; whether what is left is an IKE message. */
static bool unmark(const struct ike_udp *udp, const uint8_t **data, size_t *len)
{
	if (udp->port != IKE_PORT_NAT)
		return *len;
	if (*len <= MARKER_SIZE || memcmp(*data, marker, MARKER_SIZE))
		return false;
	*data += MARKER_SIZE;
	*len -= MARKER_SIZE;
	return true;
}

int ike_udp_receive(const struct ike_udp *udp, struct ike_path *path, const uint8_t **data,
		    size_t *len, uint8_t *buffer, size_t size)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(struct in6_pktinfo)) +
			   CMSG_SPACE(sizeof(struct in_pktinfo))];
	} control;
	struct sockaddr_storage from;
	struct iovec iov = { .iov_base = buffer, .iov_len = size };
	struct msghdr header = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov,
				 .msg_iovlen = 1, .msg_control = &control,
				 .msg_controllen = sizeof(control) };
	ssize_t got = recvmsg(udp->fd, &header, MSG_DONTWAIT);

	/* An ICMP error of an earlier message is no reason to stop. */
	if (got < 0)
		return errno == EAGAIN ? -EAGAIN : errno == EINTR || errno == ECONNREFUSED ||
				errno == EHOSTUNREACH || errno == ENETUNREACH ? 0 : -errno;
	if (header.msg_flags & MSG_TRUNC || !local_of(&header, udp, &path->local))
		return 0;
	endpoint_of(&from, &path->remote);
	*data = buffer;
	*len = got;
	return path->remote.len == udp->len && path->remote.port && unmark(udp, data, len);
}

static const struct ike_udp *find(const struct ike_udp *sockets, size_t count,
				  const struct ike_path *path)
{
	uint16_t port = path->local.port ? path->local.port : IKE_PORT;
	size_t i;

	for (i = 0; i < count; i++) {
		if (sockets[i].port == port && sockets[i].len == path->remote.len)
			return &sockets[i];
	}
	return NULL;
}

static void set_source(struct msghdr *header, const struct ike_endpoint *local)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(header);
	struct in6_pktinfo six = { 0 };
	struct in_pktinfo four = { 0 };

	if (local->len == 4) {
		memcpy(&four.ipi_spec_dst, local->octets, 4);
		cmsg->cmsg_level = IPPROTO_IP;
		cmsg->cmsg_type = IP_PKTINFO;
		cmsg->cmsg_len = CMSG_LEN(sizeof(four));
		memcpy(CMSG_DATA(cmsg), &four, sizeof(four));
		header->msg_controllen = CMSG_SPACE(sizeof(four));
	} else {
		memcpy(&six.ipi6_addr, local->octets, 16);
		cmsg->cmsg_level = IPPROTO_IPV6;
		cmsg->cmsg_type = IPV6_PKTINFO;
		cmsg->cmsg_len = CMSG_LEN(sizeof(six));
		memcpy(CMSG_DATA(cmsg), &six, sizeof(six));
		header->msg_controllen = CMSG_SPACE(sizeof(six));
	}
}

static socklen_t sockaddr_of(const struct ike_endpoint *endpoint, struct sockaddr_storage *to)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)to;
	struct sockaddr_in *four = (struct sockaddr_in *)to;

	memset(to, 0, sizeof(*to));
	if (endpoint->len == 4) {
		four->sin_family = AF_INET;
		four->sin_port = htons(endpoint->port ? endpoint->port : IKE_PORT);
		memcpy(&four->sin_addr, endpoint->octets, 4);
		return sizeof(*four);
	}
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(endpoint->port ? endpoint->port : IKE_PORT);
	memcpy(&six->sin6_addr, endpoint->octets, 16);
	return sizeof(*six);
}

int ike_udp_send(const struct ike_udp *sockets, size_t count, const struct ike_path *path,
		 const uint8_t *data, size_t len)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control = { 0 };
	const struct ike_udp *udp = find(sockets, count, path);
	struct sockaddr_storage to;
	struct iovec iov[2] = { { (void *)marker, MARKER_SIZE }, { (void *)data, len } };
	struct msghdr header = { .msg_name = &to, .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t sent;

	if (!udp)
		return -EADDRNOTAVAIL;
	header.msg_namelen = sockaddr_of(&path->remote, &to);
	if (udp->port != IKE_PORT_NAT) {
		header.msg_iov++;
		header.msg_iovlen--;
	}
	if (path->local.len == udp->len) {
		header.msg_control = &control;
		header.msg_controllen = sizeof(control);
		set_source(&header, &path->local);
	}
	do {
		sent = sendmsg(udp->fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}
