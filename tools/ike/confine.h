/* SPDX-License-Identifier: MIT */
/*
 * What each of the three processes may still do.
 *
 *	parent		root, CAP_NET_ADMIN and what reading root's files takes; no network input
 *			but netlink and the control socket
 *	protocol	its own user, an empty root directory, no capability, the UDP sockets that
 *			it was given, and the system calls of a list
 *	key		the same, in a network namespace without a network, and without sockets
 */
#ifndef IKE_CONFINE_H
#define IKE_CONFINE_H

#include <sys/types.h>

/** enum ike_role - which process it is */
enum ike_role {
	IKE_ROLE_PARENT,
	IKE_ROLE_PROTOCOL,
	IKE_ROLE_KEY,
};

/**
 * struct ike_confine - what confinement takes
 * @directory: an empty directory that only root may write, the root of the confined processes
 * @uid: user of the confined processes
 * @gid: group of them
 */
struct ike_confine {
	const char *directory;
	uid_t uid;
	gid_t gid;
};

/**
 * ike_confine_prepare - what has to be done while files can be read: the user is looked up, the
 * directory is made, and libcrypto and the C library read theirs
 * @confine: @directory is given; the rest is filled in
 * @user: name of the user
 *
 * Return: 0; -ENOENT: no such user; -EPERM: the user is root; another errno.
 */
int ike_confine_prepare(struct ike_confine *confine, const char *user);

/**
 * ike_confine_enter - gives up what the process does not need; for good
 * @confine: as prepared
 * @role: which process it is
 * @step: is set to what failed
 *
 * Return: 0 or a negative errno: then the process must end.
 */
int ike_confine_enter(const struct ike_confine *confine, enum ike_role role, const char **step);

#endif
