// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include "link.h"

/**
 * struct ike_link - a connection
 * @socket: libnl's socket
 */
struct ike_link {
	struct nl_sock *socket;
};

/* libnl has errors of its own; these are the ones that make a difference. */
static int errno_of(int nl_error)
{
	switch (-nl_error) {
	case 0:
		return 0;
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_EXIST:
		return -EEXIST;
	case NLE_OBJ_NOTFOUND:
		return -ESRCH;
	case NLE_NODEV:
		return -ENODEV;
	case NLE_NOADDR:
		return -EADDRNOTAVAIL;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_OPNOTSUPP:
		return -EOPNOTSUPP;
	case NLE_INVAL:
		return -EINVAL;
	default:
		return nl_error < 0 ? -EIO : 0;
	}
}

int ike_link_open(struct ike_link **link)
{
	struct ike_link *made = calloc(1, sizeof(*made));
	int err;

	if (!made)
		return -ENOMEM;
	made->socket = nl_socket_alloc();
	err = made->socket ? nl_connect(made->socket, NETLINK_ROUTE) : -NLE_NOMEM;
	if (err < 0) {
		ike_link_close(made);
		return errno_of(err);
	}
	*link = made;
	return 0;
}

void ike_link_close(struct ike_link *link)
{
	if (!link)
		return;
	nl_socket_free(link->socket);
	free(link);
}

/* Sends a message, which is released, and waits for the answer. */
static int request(struct ike_link *link, struct nl_msg *msg)
{
	int err = nl_send_auto(link->socket, msg);

	nlmsg_free(msg);
	if (err >= 0)
		err = nl_wait_for_ack(link->socket);
	return errno_of(err);
}

static struct nl_msg *message(int type, int flags, void *header, size_t size)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, NLM_F_REQUEST | NLM_F_ACK | flags);

	if (msg && nlmsg_append(msg, header, size, NLMSG_ALIGNTO) < 0) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int ike_link_add(struct ike_link *link, const char *name)
{
	struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	struct nl_msg *msg = message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header,
				     sizeof(header));
	struct nlattr *info;

	if (!msg)
		return -ENOMEM;
	if (nla_put_string(msg, IFLA_IFNAME, name) < 0)
		goto no_room;
	info = nla_nest_start(msg, IFLA_LINKINFO);
	if (!info || nla_put_string(msg, IFLA_INFO_KIND, "sectun") < 0)
		goto no_room;
	nla_nest_end(msg, info);
	return request(link, msg);

no_room:
	nlmsg_free(msg);
	return -EMSGSIZE;
}

int ike_link_up(struct ike_link *link, uint32_t ifindex, uint32_t mtu)
{
	struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex,
				    .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct nl_msg *msg = message(RTM_NEWLINK, 0, &header, sizeof(header));

	if (!msg)
		return -ENOMEM;
	if (mtu && nla_put_u32(msg, IFLA_MTU, mtu) < 0) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	return request(link, msg);
}

int ike_link_del(struct ike_link *link, uint32_t ifindex)
{
	struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
	struct nl_msg *msg = message(RTM_DELLINK, 0, &header, sizeof(header));
	int err = msg ? request(link, msg) : -ENOMEM;

	return err == -ENODEV ? 0 : err;
}

static int family(const struct ike_config_prefix *prefix)
{
	return prefix->address.len == 4 ? AF_INET : AF_INET6;
}

int ike_link_address(struct ike_link *link, uint32_t ifindex,
		     const struct ike_config_prefix *prefix, bool add)
{
	struct ifaddrmsg header = { .ifa_family = family(prefix),
				    .ifa_prefixlen = prefix->prefixlen, .ifa_index = ifindex };
	struct nl_msg *msg;
	int err;

	/* A tunnel has no neighbours that could have the same address. */
	if (header.ifa_family == AF_INET6)
		header.ifa_flags = IFA_F_NODAD;
	msg = message(add ? RTM_NEWADDR : RTM_DELADDR, add ? NLM_F_CREATE | NLM_F_REPLACE : 0,
		      &header, sizeof(header));
	if (!msg)
		return -ENOMEM;
	if (nla_put(msg, IFA_LOCAL, prefix->address.len, prefix->address.octets) < 0 ||
	    nla_put(msg, IFA_ADDRESS, prefix->address.len, prefix->address.octets) < 0) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	err = request(link, msg);
	if (add ? err == -EEXIST : err == -EADDRNOTAVAIL || err == -ENODEV)
		err = 0;
	return err;
}

int ike_link_route(struct ike_link *link, uint32_t ifindex, const struct ike_config_prefix *prefix,
		   uint32_t table, uint32_t metric, bool add)
{
	struct rtmsg header = { .rtm_family = family(prefix), .rtm_dst_len = prefix->prefixlen,
				.rtm_table = RT_TABLE_UNSPEC, .rtm_protocol = RTPROT_STATIC,
				.rtm_scope = RT_SCOPE_LINK, .rtm_type = RTN_UNICAST };
	struct nl_msg *msg;
	int err;

	if (!add)
		header.rtm_scope = RT_SCOPE_NOWHERE;
	msg = message(add ? RTM_NEWROUTE : RTM_DELROUTE, add ? NLM_F_CREATE | NLM_F_REPLACE : 0,
		      &header, sizeof(header));
	if (!msg)
		return -ENOMEM;
	if (nla_put_u32(msg, RTA_TABLE, table ? table : RT_TABLE_MAIN) < 0 ||
	    nla_put_u32(msg, RTA_OIF, ifindex) < 0 ||
	    (metric && nla_put_u32(msg, RTA_PRIORITY, metric) < 0) ||
	    (prefix->prefixlen &&
	     nla_put(msg, RTA_DST, prefix->address.len, prefix->address.octets) < 0)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	err = request(link, msg);
	return !add && (err == -ESRCH || err == -ENODEV) ? 0 : err;
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

int ike_link_source(const struct ike_endpoint *remote, struct ike_endpoint *local)
{
	struct sockaddr_storage address;
	socklen_t len = sockaddr_of(remote, &address);
	int fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, len) ||
	    getsockname(fd, (struct sockaddr *)&address, &len))
		err = -errno;
	close(fd);
	if (err)
		return err;
	local->len = remote->len;
	if (remote->len == 4)
		memcpy(local->octets, &((struct sockaddr_in *)&address)->sin_addr, 4);
	else
		memcpy(local->octets, &((struct sockaddr_in6 *)&address)->sin6_addr, 16);
	return 0;
}
