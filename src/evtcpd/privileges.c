/* SPDX-License-Identifier: BSD-3-Clause */
/* From what the daemon was started with to what serving needs, which is nothing:
 * no file but those open already, no uid but nobody's, no capability.
 *
 * COMMAND's process takes another way: it keeps what it was started with, and an
 * ordinary user's gets what the private network needs.
 *
 * Whoever is uid 0 in a user namespace that maps no one else cannot become
 * nobody: setgroups is EPERM and setresuid EINVAL there. Such a root is an ordinary
 * user outside, so giving up the capabilities is enough. */

#include "evtcpd/privileges.h"
#include "util/descriptor.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- who to become ----------------------------------------------------------- */

/* Whether id stands in /proc/self/uid_map or gid_map, lines of "first outside n".
 * Without that file there are no user namespaces, and every id exists. */
static int privileges_is_mapped(const char *path, unsigned id)
{
	FILE *map = fopen(path, "re");
	unsigned long first, n;
	int found = 0;

	if (map == NULL)
		return 1;
	while (!found && fscanf(map, "%lu %*u %lu", &first, &n) == 2)
		found = id >= first && id - first < n;
	fclose(map);
	return found;
}

int privileges_find_user(
	struct privileges_user *user, const char *name, struct program_failure *failure)
{
	struct passwd *entry;

	memset(user, 0, sizeof(*user));
	if (geteuid() != 0)
		return 0;
	errno = 0;
	entry = getpwnam(name);
	if (entry == NULL)
		return program_fail(failure, EXIT_STATUS_BAD_VALUE,
			"--user %s: there is no such user. Started as root, evtcpd becomes that "
			"user once everything is open: name one that exists",
			name);
	if (!privileges_is_mapped("/proc/self/uid_map", entry->pw_uid) ||
		!privileges_is_mapped("/proc/self/gid_map", entry->pw_gid))
		return 0;
	user->name = name;
	user->uid = entry->pw_uid;
	user->gid = entry->pw_gid;
	return 0;
}

/* ---- passing on ------------------------------------------------------------------ */

/* Ambient capabilities (capabilities(7)) are what execve leaves to who is not root. They
 * must be inheritable first. */
void privileges_pass_on(void)
{
	static const int passed[] = {CAP_NET_ADMIN, CAP_NET_RAW, CAP_NET_BIND_SERVICE};
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	if (geteuid() == 0 || syscall(SYS_capget, &header, sets) < 0)
		return;
	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		sets[CAP_TO_INDEX(passed[i])].inheritable |= CAP_TO_MASK(passed[i]);
	if (syscall(SYS_capset, &header, sets) < 0)
		return;
	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, passed[i], 0, 0);
}

/* ---- containing ---------------------------------------------------------------- */

static int privileges_compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* As many as we may have: each download of a file holds one. */
static void privileges_take_descriptors(void)
{
	struct rlimit most;

	if (getrlimit(RLIMIT_NOFILE, &most) < 0)
		return;
	most.rlim_cur = most.rlim_max;
	setrlimit(RLIMIT_NOFILE, &most);
}

void privileges_contain(int *keep, size_t n)
{
	static const struct rlimit none = {0, 0};
	unsigned first = 3;

	qsort(keep, n, sizeof(*keep), privileges_compare);
	for (size_t i = 0; i < n; i++) {
		if (keep[i] < (int)first)
			continue; /* closed already, -1, or given twice */
		descriptor_close_range(first, (unsigned)keep[i] - 1);
		first = (unsigned)keep[i] + 1;
	}
	descriptor_close_range(first, ~0u);
	umask(077);
	setrlimit(RLIMIT_CORE, &none);
	privileges_take_descriptors();
}

/* ---- dropping ------------------------------------------------------------------ */

/* Nothing that is executed later, and nothing below, can gain a capability. Fails
 * without CAP_SETPCAP: then there is little to lose, and what there is goes below. */
static void privileges_empty_bounding_set(void)
{
	for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++)
		prctl(PR_CAPBSET_DROP, capability);
}

static int privileges_become(const struct privileges_user *user, struct program_failure *failure)
{
	if (setgroups(0, NULL) < 0 || setresgid(user->gid, user->gid, user->gid) < 0 ||
		setresuid(user->uid, user->uid, user->uid) < 0)
		return program_fail(failure, EXIT_STATUS_FAILED,
			"cannot become user %s: %s. Root lacks CAP_SETUID or CAP_SETGID here: "
			"grant them, or start evtcpd as an ordinary user",
			user->name, strerror(errno));
	if (user->uid != 0 && setuid(0) == 0)
		return program_fail(failure, EXIT_STATUS_FAILED,
			"as user %s it could still become root again, so it stops here",
			user->name);
	return 0;
}

static int privileges_empty_sets(struct program_failure *failure)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	memset(sets, 0, sizeof(sets));
	if (syscall(SYS_capset, &header, sets) < 0 || syscall(SYS_capget, &header, sets) < 0)
		return program_fail(failure, EXIT_STATUS_FAILED,
			"cannot give up capabilities, so it stops here: %s", strerror(errno));
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		if (sets[i].effective | sets[i].permitted | sets[i].inheritable)
			return program_fail(failure, EXIT_STATUS_FAILED,
				"some capabilities are left after giving them up, so it stops "
				"here");
	}
	return 0;
}

int privileges_drop(const struct privileges_user *user, struct program_failure *failure)
{
	privileges_empty_bounding_set();
	if (user->name != NULL && privileges_become(user, failure) < 0)
		return -1;
	if (privileges_empty_sets(failure) < 0)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return program_fail(failure, EXIT_STATUS_FAILED,
			"cannot set no_new_privs, so it stops here: %s", strerror(errno));
	return 0;
}
