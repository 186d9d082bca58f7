/* SPDX-License-Identifier: BSD-3-Clause */
/* The private network of `evtcpd -- COMMAND`: nothing on the host's network changes,
 * and nobody else sees the TUN. It lives as long as a process is in it.
 *
 * Root gets a network namespace only: in a user namespace of one uid its files
 * would belong to nobody, and COMMAND could not become another user. An ordinary
 * user needs the user namespace, since who makes one has every capability in it,
 * and the network belongs to it. Users stay who they are there: programs that, started
 * by root, become another user (tcpdump) find no other, and whoami tells the truth. */

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

/* Maps the one uid and the one gid to themselves. The kernel lets an ordinary user map their
 * gid only after giving up setgroups (user_namespaces(7)). */
static int netns_map_caller(uid_t uid, gid_t gid)
{
	char map[48];

	if (netns_write_file("/proc/self/setgroups", "deny") < 0 && errno != ENOENT)
		return -1;
	snprintf(map, sizeof(map), "%u %u 1", (unsigned)uid, (unsigned)uid);
	if (netns_write_file("/proc/self/uid_map", map) < 0)
		return -1;
	snprintf(map, sizeof(map), "%u %u 1", (unsigned)gid, (unsigned)gid);
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

const char *netns_obstacle(void)
{
	static const struct {
		const char *path;
		char closed; /* the first character, if this is what forbids it */
		const char *cure;
	} settings[] = {
		{"/proc/sys/user/max_user_namespaces", '0',
			"sysctl user.max_user_namespaces=10000"},
		{"/proc/sys/kernel/unprivileged_userns_clone", '0',
			"sysctl kernel.unprivileged_userns_clone=1"},
		{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1',
			"sysctl kernel.apparmor_restrict_unprivileged_userns=0"},
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		int fd = open(settings[i].path, O_RDONLY | O_CLOEXEC);
		char value = '\0';

		if (fd < 0)
			continue;
		if (read(fd, &value, 1) == 1 && value == settings[i].closed) {
			close(fd);
			return settings[i].cure;
		}
		close(fd);
	}
	return NULL;
}

static int netns_refused(struct program_failure *failure, const char *what, int is_root)
{
	const char *why = strerror(errno), *cure = is_root ? NULL : netns_obstacle();

	if (is_root)
		return program_fail(failure, EXIT_STATUS_NO_PERMISSION,
			"cannot create a private network: %s: %s. Root lacks CAP_SYS_ADMIN here (a "
			"container?): grant it, or run evtcpd as an ordinary user",
			what, why);
	if (cure != NULL)
		return program_fail(failure, EXIT_STATUS_NO_PERMISSION,
			"cannot create a private network: %s: %s. This system does not let "
			"ordinary users do so: run evtcpd as root, or have root allow it: %s",
			what, why, cure);
	return program_fail(failure, EXIT_STATUS_NO_PERMISSION,
		"cannot create a private network: %s: %s. A container or a security module may "
		"forbid it to ordinary users: run evtcpd as root, or elsewhere",
		what, why);
}

int netns_enter(struct program_failure *failure)
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
