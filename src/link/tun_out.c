/* SPDX-License-Identifier: BSD-3-Clause */

/* In: packets, in pieces. Out: writes to the device's descriptor, in the order in which the packets
 * came. Nothing is kept beyond the next flush, and nothing is tried twice: TCP sends again what
 * is lost. */

#include "link/tun_out.h"

#include "link/refusal.h"

#include <string.h>
#include <unistd.h>

void tun_out_init(struct tun_out *out, struct evtcp_link *link, int fd)
{
	out->link = link;
	out->fd = fd;
	out->refuses = false;
	out->written = 0;
	out->n = 0;
	out->used = 0;
}

static int tun_out_write(struct tun_out *out, const struct iovec *iov, int iovcnt)
{
	ssize_t written;

	do
		written = iovcnt == 1 ? write(out->fd, iov->iov_base, iov->iov_len)
				      : writev(out->fd, iov, iovcnt);
	while (written < 0 && errno == EINTR);
	out->refuses = written < 0;
	out->written += written < 0 ? 0 : (size_t)written;
	if (written < 0 && errno == EBADFD)
		errno = ENODEV;
	return written < 0 ? -1 : 0;
}

void tun_out_flush(struct tun_out *out)
{
	uint8_t *at = out->bytes;

	for (unsigned i = 0; i < out->n; i++) {
		struct iovec whole = {at, out->len[i]};

		if (tun_out_write(out, &whole, 1) < 0)
			evtcp_link_dropped(out->link, refusal_cause(errno));
		at += out->len[i];
	}
	out->n = 0;
	out->used = 0;
}

int tun_out_now(struct tun_out *out, const struct iovec *iov, int iovcnt)
{
	tun_out_flush(out);
	return tun_out_write(out, iov, iovcnt);
}

static void tun_out_copy(struct tun_out *out, const struct iovec *iov, size_t len)
{
	uint8_t *to = out->bytes + out->used;

	out->len[out->n++] = (uint16_t)len;
	out->used += len;
	for (; len > 0; iov++) {
		size_t take = iov->iov_len < len ? iov->iov_len : len;

		if (take > 0) /* else there may be no memory at all */
			memcpy(to, iov->iov_base, take);
		to += take;
		len -= take;
	}
}

int tun_out_soon(struct tun_out *out, const struct iovec *iov, int iovcnt, size_t len)
{
	if (out->refuses || len > TUN_OUT_SMALL)
		return tun_out_now(out, iov, iovcnt);
	if (out->n == TUN_OUT_HELD || out->used + len > TUN_OUT_ROOM)
		tun_out_flush(out);
	tun_out_copy(out, iov, len);
	return 0;
}
