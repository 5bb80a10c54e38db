// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "confine.h"
#include "crypt.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* What the confined processes need: messages on sockets that they have, memory, time. */
static const int allowed[] = {
	SCMP_SYS(recvmsg),	  SCMP_SYS(sendmsg),	   SCMP_SYS(recvfrom),
	SCMP_SYS(sendto),	  SCMP_SYS(read),	   SCMP_SYS(write),
	SCMP_SYS(poll),		  SCMP_SYS(ppoll),	   SCMP_SYS(close),
	SCMP_SYS(lseek),	  SCMP_SYS(brk),	   SCMP_SYS(munmap),
	SCMP_SYS(mremap),	  SCMP_SYS(madvise),	   SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(getrandom),	  SCMP_SYS(getpid),	   SCMP_SYS(futex),
	SCMP_SYS(rt_sigreturn),	  SCMP_SYS(rt_sigprocmask), SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),		  SCMP_SYS(exit_group),
#ifdef __SANITIZE_ADDRESS__
	/* The sanitizers report at the end of the process. */
	SCMP_SYS(sigaltstack),	  SCMP_SYS(sched_yield),   SCMP_SYS(gettid),
	SCMP_SYS(readlink),	  SCMP_SYS(openat),	   SCMP_SYS(prctl),
	SCMP_SYS(mmap),		  SCMP_SYS(mprotect),	   SCMP_SYS(clone),
	SCMP_SYS(wait4),	  SCMP_SYS(getuid),	   SCMP_SYS(rt_sigaction),
#endif
};

/* The capabilities of the parent: netlink, and the key files of any owner when it reloads. */
static const cap_value_t parent_caps[] = { CAP_NET_ADMIN, CAP_NET_BIND_SERVICE,
					   CAP_DAC_READ_SEARCH };

int ike_confine_prepare(struct ike_confine *confine, const char *user)
{
	struct passwd *passwd;
	time_t now = 0;
	struct tm tm;
	int err;

	errno = 0;
	passwd = getpwnam(user);
	if (!passwd)
		return errno ? -errno : -ENOENT;
	if (!passwd->pw_uid)
		return -EPERM;
	confine->uid = passwd->pw_uid;
	confine->gid = passwd->pw_gid;
	if (mkdir(confine->directory, 0755) && errno != EEXIST)
		return -errno;
	/* Reads the time zone; from here on it is known. */
	tzset();
	gmtime_r(&now, &tm);
	err = ike_crypt_init();
	return err;
}

static int limit(int resource, rlim_t most)
{
	const struct rlimit rlimit = { most, most };

	return setrlimit(resource, &rlimit) ? -errno : 0;
}

/* No file grows, no process is made, nothing is dumped. */
static int limit_all(void)
{
	int err = limit(RLIMIT_CORE, 0);

	if (!err)
		err = limit(RLIMIT_FSIZE, 0);
#ifndef __SANITIZE_ADDRESS__
	if (!err)
		err = limit(RLIMIT_NPROC, 0);
#endif
	return err;
}

static int become(const struct ike_confine *confine)
{
	if (chroot(confine->directory) || chdir("/"))
		return -errno;
	if (setgroups(0, NULL) || setresgid(confine->gid, confine->gid, confine->gid) ||
	    setresuid(confine->uid, confine->uid, confine->uid))
		return -errno;
	/* Would be a fault of this program or of the kernel. */
	if (!setuid(0) || !getuid() || !geteuid())
		return -EPERM;
	return 0;
}

/* What the process or its descendants could ever get back; @keep is what stays. */
static int drop_bounds(const cap_value_t *keep, size_t count)
{
	cap_value_t cap;
	size_t i;

	for (cap = 0; cap <= CAP_LAST_CAP; cap++) {
		bool kept = false;

		for (i = 0; i < count; i++)
			kept |= keep[i] == cap;
		/* -EINVAL: the kernel does not know it. */
		if (!kept && cap_drop_bound(cap) && errno != EINVAL)
			return -errno;
	}
	return 0;
}

static int keep_caps(const cap_value_t *keep, size_t count)
{
	cap_t caps = cap_init();
	int err = 0;

	if (!caps)
		return -errno;
	if (count && (cap_set_flag(caps, CAP_PERMITTED, count, keep, CAP_SET) ||
		      cap_set_flag(caps, CAP_EFFECTIVE, count, keep, CAP_SET)))
		err = -errno;
	if (!err && cap_set_proc(caps))
		err = -errno;
	cap_free(caps);
	return err;
}

static int filter_syscalls(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	size_t i;
	int err = 0;

	if (!ctx)
		return -ENOMEM;
	for (i = 0; !err && i < ARRAY_SIZE(allowed); i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	/* Memory, never to be executed. */
#ifndef __SANITIZE_ADDRESS__
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				       SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0));
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				       SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0));
#endif
	/* Descriptors are duplicated while a message waits; flags of them are not changed. */
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
				       SCMP_A1(SCMP_CMP_EQ, F_DUPFD_CLOEXEC, 0));
	/* The C library asks what standard error is before it writes to it. */
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EBADF), SCMP_SYS(newfstatat), 0);
	if (!err)
		err = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EBADF), SCMP_SYS(fstat), 0);
	if (!err)
		err = seccomp_load(ctx);
	seccomp_release(ctx);
	return err;
}

/* The end of the parent ends its children. */
static int follow_parent(void)
{
	return prctl(PR_SET_PDEATHSIG, SIGKILL) ? -errno : 0;
}

int ike_confine_enter(const struct ike_confine *confine, enum ike_role role, const char **step)
{
	int err;

	*step = "capabilities";
	if (role == IKE_ROLE_PARENT) {
		err = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
		if (!err)
			err = drop_bounds(parent_caps, ARRAY_SIZE(parent_caps));
		return err ? err : keep_caps(parent_caps, ARRAY_SIZE(parent_caps));
	}
	*step = "network namespace";
	if (role == IKE_ROLE_KEY && unshare(CLONE_NEWNET))
		return -errno;
	*step = "bounding set";
	err = drop_bounds(NULL, 0);
	if (err)
		return err;
	*step = "user and root directory";
	err = become(confine);
	if (err)
		return err;
	*step = "capabilities";
	err = keep_caps(NULL, 0);
	if (err)
		return err;
	*step = "limits";
	err = limit_all();
	if (!err)
		err = follow_parent();
	if (!err && prctl(PR_SET_DUMPABLE, 0))
		err = -errno;
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	if (err)
		return err;
	*step = "system calls";
	return filter_syscalls();
}
