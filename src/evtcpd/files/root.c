/* SPDX-License-Identifier: BSD-3-Clause */
/* From a path to a file that is open. Input is a path as a client has written it, escapes resolved;
 * output a descriptor. Nothing in the path is judged here: RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and
 * RESOLVE_NO_MAGICLINKS hold for each name that the kernel passes, at the moment at which it does,
 * so there is nothing between a check and a use (ATTACKS H06, H07). */
#include "evtcpd/files/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROOT_TRIES 8 /* while somebody renames directories on the way */
#define NS_PER_SECOND 1000000000u

/* The descriptor, or -1 with errno. */
static int root_resolve(int directory, const char *path, int flags)
{
	const struct open_how how = {
		.flags = (uint64_t)flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	long fd = -1;

	for (int i = 0; i < ROOT_TRIES && fd < 0; i++) {
		fd = syscall(SYS_openat2, directory, path, &how, sizeof(how));
		if (fd < 0 && errno != EAGAIN && errno != EINTR)
			break;
	}
	return (int)fd;
}

/* Of the descriptors that we may have, which are those we will take (privileges.c). */
static uint64_t root_descriptors(void)
{
	struct rlimit most;

	if (getrlimit(RLIMIT_NOFILE, &most) < 0)
		return INT_MAX;
	return most.rlim_max > 2 * ROOT_LEFT ? most.rlim_max - ROOT_LEFT : most.rlim_max / 2;
}

int root_open(struct root *root, const char *path)
{
	int probe, error;

	root->n_descriptors = root_descriptors();
	root->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root->fd < 0)
		return errno;
	probe = root_resolve(root->fd, ".", O_PATH);
	if (probe >= 0) {
		close(probe);
		return 0;
	}
	error = errno;
	root_close(root);
	return error;
}

void root_close(struct root *root)
{
	if (root->fd >= 0)
		close(root->fd);
	root->fd = -1;
}

/* What a client is told by; names that lead nowhere all look alike. */
static int root_error(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case EXDEV:
	case ELOOP:
	case ENAMETOOLONG:
	case ENXIO:
		return ENOENT;
	case EACCES:
	case EPERM:
		return EACCES;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return EMFILE;
	case EAGAIN:
		return EAGAIN;
	default:
		return EIO;
	}
}

static uint64_t root_modified_ns(const struct stat *stat)
{
	if (stat->st_mtim.tv_sec < 0)
		return 0;
	return (uint64_t)stat->st_mtim.tv_sec * NS_PER_SECOND + (uint64_t)stat->st_mtim.tv_nsec;
}

/* Says what fd is, and is left with nothing to say of what is neither file nor directory. */
static int root_look(int fd, struct root_found *found)
{
	struct stat stat;

	if (fstat(fd, &stat) < 0)
		return root_error(errno);
	if (!S_ISREG(stat.st_mode) && !S_ISDIR(stat.st_mode))
		return ENOENT;
	*found = (struct root_found){.is_directory = S_ISDIR(stat.st_mode),
		.fd = fd,
		.size = (uint64_t)stat.st_size,
		.modified_ns = root_modified_ns(&stat)};
	return 0;
}

/* Opens path with flags and looks at it; -1 for a descriptor where that is of no use. */
static int root_try(const struct root *root, const char *path, int flags, struct root_found *found)
{
	int fd = root_resolve(root->fd, path, flags), error;

	if (fd < 0)
		return root_error(errno);
	error = (uint64_t)fd < root->n_descriptors ? root_look(fd, found) : EMFILE;
	if (error != 0 || found->is_directory || (flags & O_PATH) != 0) {
		close(fd);
		found->fd = -1;
	}
	return error;
}

int root_find(const struct root *root, const char *path, struct root_found *found)
{
	int error;

	while (*path == '/')
		path++;
	if (*path == '\0')
		path = ".";
	error = root_try(root, path, O_PATH, found);
	if (error != 0 || found->is_directory)
		return error;
	/* Should it be a FIFO by now, nobody waits for who writes it. */
	return root_try(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, found);
}
