/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONTROL_LISTENER_H
#define CONTROL_LISTENER_H

/* The socket at a path in the file system, from before privileges are given up until the end. */

#include "util/guard.h"

#include <sys/types.h>
#include <sys/un.h>

#define CONTROL_LISTENER_WHY 256

/* All zero but fd -1, as CONTROL_LISTENER_NONE: there is none. */
struct control_listener {
	int fd;                                                 /* listens, without waiting */
	int directory;                                          /* that it is in */
	char name[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* of it there */
	dev_t device;                                           /* which file it is */
	ino_t inode;
	struct guard guard;
};

#define CONTROL_LISTENER_NONE \
	{ \
		.fd = -1 \
	}

/* control_listener_open: listens at path. Only this user and root may connect, from the moment it
 * exists (mode 0600): no other thread may make files meanwhile, as that takes a umask. A socket
 * that somebody listens at is left alone, as is what is no socket; one that a process has left
 * behind gives way. 0, or -1 with a sentence for a person in why, and nothing has changed. */
int control_listener_open(
	struct control_listener *listener, const char *path, char why[CONTROL_LISTENER_WHY]);

/* control_listener_guard: for a program that is about to give up its privileges: a child process
 * keeps those of this moment, and takes the socket away when this process closes the listener or
 * ends, however it ends. The child has no descriptors but a pipe and the directory, and ignores
 * SIGINT, SIGTERM and SIGHUP. 0, or -1 with errno. Before there are threads. */
int control_listener_guard(struct control_listener *listener);

/* control_listener_close: takes the socket away, if it is still ours, and closes it. Nothing
 * happens where there is none. */
void control_listener_close(struct control_listener *listener);

#endif
