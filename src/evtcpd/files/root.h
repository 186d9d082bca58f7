/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_FILES_ROOT_H
#define EVTCPD_FILES_ROOT_H

/* A directory and the files below it. Whatever a path says, and whoever renames what meanwhile,
 * nothing outside of it is reached: the kernel sees to that, name by name (openat2(2)). */

#include <stdint.h>

struct root {
	int fd;                 /* of the directory, for nothing but looking up names */
	uint64_t n_descriptors; /* files are opened as the first so many; the rest is for others */
};

/* What files leave of the descriptors that there may be: for the control socket above all, so that
 * who holds many downloads does not keep out who could do something about it. */
#define ROOT_LEFT 32u

/* Something below a root. */
struct root_found {
	int is_directory;
	int fd;               /* of a file, for reading: whoever has looked closes it */
	uint64_t size;        /* in bytes, when it was opened */
	uint64_t modified_ns; /* since 1970 */
};

/* root_open: path is a directory, which symbolic links may lead to. 0, or an errno value: ENOSYS
 * where Linux is older than 5.6 and cannot keep names below it. root_close: the end; what was found
 * stays open. */
int root_open(struct root *root, const char *path);
void root_close(struct root *root);

/* root_find: what path stands for, whose slashes in front mean nothing. Regular files are opened
 * and directories told, nothing else is touched, as an open may be all that a device waits for. 0,
 * or an errno value:
 *
 *   ENOENT   there is nothing like that, or it is outside, or behind a symbolic link, or neither
 *            file nor directory: who asks does not learn which
 *   EACCES   it may not be read
 *   EMFILE   too many files are open, also in the whole system, or all but ROOT_LEFT; or ENOMEM
 *   EAGAIN   somebody holds it back (a lease, fcntl(2)), or renames all the time
 *   EIO      anything else */
int root_find(const struct root *root, const char *path, struct root_found *found);

#endif
