/* SPDX-License-Identifier: BSD-3-Clause */
/* The private network of `evtcpd -- COMMAND`: nothing on the host's network changes,
 * and nobody else sees the TUN. It lives as long as a process is in it.
 *
 * Root gets a network namespace only: in a user namespace of one uid its files
 * would belong to nobody, and COMMAND could not become another user. An ordinary
 * user needs the user namespace, because only its uid 0 may configure a network. */

#include "evtcpd/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int netns_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t len = (ssize_t)strlen(text);
	int result, saved;

	if (fd < 0)
		return -1;
	result = write(fd, text, (size_t)len) == len ? 0 : -1;
	saved = errno;
	close(fd);
	errno = saved;
	return result;
}

/* Maps the one uid and the one gid to 0. The kernel lets an ordinary user map his
 * gid only after giving up setgroups (user_namespaces(7)). */
static int netns_map_caller(uid_t uid, gid_t gid)
{
	char map[48];

	if (netns_write_file("/proc/self/setgroups", "deny") < 0 && errno != ENOENT)
		return -1;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)uid);
	if (netns_write_file("/proc/self/uid_map", map) < 0)
		return -1;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)gid);
	return netns_write_file("/proc/self/gid_map", map);
}

static int netns_loopback_up(void)
{
	struct ifreq request;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result, saved;

	if (fd < 0)
		return -1;
	memset(&request, 0, sizeof(request));
	memcpy(request.ifr_name, "lo", sizeof("lo"));
	request.ifr_flags = IFF_UP;
	result = ioctl(fd, SIOCSIFFLAGS, &request);
	saved = errno;
	close(fd);
	errno = saved;
	return result;
}

static int netns_refused(struct failure *failure, const char *what, int is_root)
{
	int error = errno;

	if (is_root)
		return failure_set(failure, EXIT_STATUS_NO_PERMISSION,
			"cannot make a private network namespace: %s: %s. Root lacks CAP_SYS_ADMIN "
			"here "
			"(a container?): give it that, or run evtcpd as an ordinary user",
			what, strerror(error));
	return failure_set(failure, EXIT_STATUS_NO_PERMISSION,
		"cannot make a private network namespace: %s: %s. This system does not let "
		"ordinary "
		"users do so: see the sysctls user.max_user_namespaces, "
		"kernel.unprivileged_userns_clone and "
		"kernel.apparmor_restrict_unprivileged_userns, "
		"or run evtcpd as root",
		what, strerror(error));
}

int netns_enter(struct failure *failure)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int is_root = uid == 0;

	if (unshare(is_root ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return netns_refused(failure, "unshare", is_root);
	if (!is_root && netns_map_caller(uid, gid) < 0)
		return netns_refused(failure, "writing the uid map", is_root);
	if (netns_loopback_up() < 0)
		return netns_refused(failure, "setting the loopback device up", is_root);
	return 0;
}
