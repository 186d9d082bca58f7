/* SPDX-License-Identifier: BSD-3-Clause */

/* Calls about file descriptors with what replaces them on kernels that lack them.
 *
 * In: descriptors of the caller. Out: the same closed, or written to as far as nobody
 * has to wait, or that taken back.
 *
 * It opens nothing, changes no flag of a descriptor (others may share it) and keeps
 * nothing: what could not be written is the caller's to keep. */

#include "util/descriptor.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define DESCRIPTOR_MOST (1u << 20) /* Linux's own default for the highest limit */

void descriptor_close_range(unsigned first, unsigned last)
{
	struct rlimit limit;

	if (first > last || syscall(SYS_close_range, first, last, 0u) == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > DESCRIPTOR_MOST)
		limit.rlim_cur = DESCRIPTOR_MOST;
	if (last > limit.rlim_cur)
		last = (unsigned)limit.rlim_cur;
	for (unsigned fd = first; fd <= last; fd++)
		close((int)fd);
}

/* For regular files the kernel's answer to "without waiting" can be "never". */
static int descriptor_is_file(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

/* A write of PIPE_BUF bytes to what says that it is writable does not wait. */
static ssize_t descriptor_write_if_writable(int fd, const void *data, size_t len)
{
	struct pollfd pollfd = {.fd = fd, .events = POLLOUT};

	if (poll(&pollfd, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(fd, data, len < PIPE_BUF ? len : PIPE_BUF);
}

static ssize_t descriptor_write_once(int fd, const void *data, size_t len)
{
	union { /* an iovec is for reading, too, and so knows no const */
		const void *from;
		void *base;
	} bytes = {data};
	struct iovec iov = {bytes.base, len};
	ssize_t n;

	if (descriptor_is_file(fd))
		return write(fd, data, len);
	n = pwritev2(fd, &iov, 1, -1, RWF_NOWAIT);
	if (n >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL))
		return n;
	return descriptor_write_if_writable(fd, data, len);
}

void descriptor_take_back(int fd, size_t len)
{
	off_t end = lseek(fd, 0, SEEK_CUR);
	struct stat status;

	if (end < (off_t)len || fstat(fd, &status) < 0 || status.st_size != end)
		return;
	end -= (off_t)len;
	if (ftruncate(fd, end) == 0)
		(void)lseek(fd, end, SEEK_SET);
}

ssize_t descriptor_write_now(int fd, const void *data, size_t len)
{
	ssize_t n;

	do
		n = descriptor_write_once(fd, data, len);
	while (n < 0 && errno == EINTR);
	return n;
}
