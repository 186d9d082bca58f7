/* SPDX-License-Identifier: BSD-3-Clause */
/* One sendmsg, one recvmsg. In: a socket, bytes, a descriptor. Out: the same on the other side.
 * Looks at nothing that it passes. */

#include "control/passing.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* As many as there is room for; the kernel closes those beyond. */
enum { PASSING_MOST = 4 };

union passing_space {
	struct cmsghdr header; /* for its alignment */
	char bytes[CMSG_SPACE(PASSING_MOST * sizeof(int))];
};

ssize_t passing_send(int socket, const void *bytes, size_t len, int descriptor)
{
	union { /* an iovec is for reading, too, and so knows no const */
		const void *from;
		void *base;
	} data = {bytes};
	struct iovec iov = {data.base, len};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	union passing_space space;
	struct cmsghdr *header;
	ssize_t n;

	if (descriptor >= 0) {
		memset(&space, 0, sizeof(space));
		message.msg_control = space.bytes;
		message.msg_controllen = CMSG_SPACE(sizeof(int));
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
	}
	do
		n = sendmsg(socket, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n;
}

/* Keeps the first and closes the others. */
static void passing_take(struct msghdr *message, int *descriptor)
{
	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
		header = CMSG_NXTHDR(message, header)) {
		size_t n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
			if (*descriptor < 0)
				*descriptor = fd;
			else
				close(fd);
		}
	}
}

ssize_t passing_receive(int socket, void *bytes, size_t len, int *descriptor)
{
	struct iovec iov = {bytes, len};
	union passing_space space;
	struct msghdr message = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = space.bytes,
		.msg_controllen = sizeof(space.bytes)};
	ssize_t n;

	*descriptor = -1;
	do
		n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		passing_take(&message, descriptor);
	return n;
}
