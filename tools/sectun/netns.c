// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>
#include "netns.h"

/* Where `ip netns` puts them. */
#define NETNS_DIR "/run/netns/"

/**
 * netns_enter - goes into a network namespace
 * @ctx: the run
 * @name: a name that `ip netns` lists, or, if it has a slash, the path of a namespace file
 *
 * Return: EXIT_OK or EXIT_REFUSED.
 */
int netns_enter(struct context *ctx, const char *name)
{
	char path[256];
	int fd, err;

	snprintf(path, sizeof(path), "%s%s", strchr(name, '/') ? "" : NETNS_DIR, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return complain(ctx, EXIT_REFUSED, name, "cannot open the network namespace: %s",
				strerror(errno));
	err = setns(fd, CLONE_NEWNET) ? errno : 0;
	close(fd);
	if (err)
		return complain(ctx, EXIT_REFUSED, name, "cannot enter the network namespace: %s",
				strerror(err));
	return EXIT_OK;
}
