/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef UTIL_DESCRIPTOR_H
#define UTIL_DESCRIPTOR_H

/* What the library and the daemon both ask of file descriptors, and what not every
 * kernel grants. */

#include <sys/types.h>

/* descriptor_close_range: closes every descriptor from first to last, those that are
 * open. Fine in a child of a process with threads. On kernels before 5.9 one by one, up
 * to the limit of descriptors, or to 2^20 where there is none. */
void descriptor_close_range(unsigned first, unsigned last);

/* descriptor_write_now: writes as much of data as fd takes without waiting, though fd
 * may be in blocking mode, as one that is shared with others has to be. Returns how
 * much that was, 1 to len, or -1 with errno: EAGAIN when it takes nothing now. A regular
 * file takes everything. What is not larger than PIPE_BUF goes into a pipe whole or
 * not at all.
 *
 * Where the kernel cannot be asked for one write without waiting (a pipe before 6.4, a
 * terminal), fd is asked first and gets at most PIPE_BUF bytes. Then it could wait after
 * all: if somebody else fills the pipe in between, or a terminal has less room. */
ssize_t descriptor_write_now(int fd, const void *data, size_t len);

/* descriptor_take_back: the last len bytes that were written to fd are no more, if a file ends with
 * them: not where somebody else has appended since, nor on a pipe. For what was to be written whole
 * and got only so far. */
void descriptor_take_back(int fd, size_t len);

#endif
