/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONTROL_PASSING_H
#define CONTROL_PASSING_H

/* Bytes over a Unix socket, with an open descriptor beside them (unix(7), SCM_RIGHTS). */

#include <stddef.h>
#include <sys/types.h>

/* passing_send: as send(2), without SIGPIPE, and with a copy of descriptor, if it is not -1, which
 * goes with the first byte. */
ssize_t passing_send(int socket, const void *bytes, size_t len, int descriptor);

/* passing_receive: as recv(2); *descriptor, if one came with what was received, is that, closed by
 * execve, and the caller's; else -1. Of several the first is kept and the others are closed. */
ssize_t passing_receive(int socket, void *bytes, size_t len, int *descriptor);

#endif
