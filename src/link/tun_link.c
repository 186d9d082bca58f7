/* SPDX-License-Identifier: BSD-3-Clause */

/* A TUN device as a link: packets in and out of its file descriptor.
 *
 * In: the read event of the caller's event base, packets of the stack. Out: batches
 * of packets to the receiver, writes to the device.
 *
 * One read or write is one packet, without any header before it (see tun_attach):
 * where offload is added, tun_link_read and tun_link_output are the two places that
 * strip and prepend the vnet header.
 *
 * A device that is set down says EIO to writes and nothing to reads; it works again
 * when it comes up, so that is not a failure. A device that is deleted is readable
 * for ever and says EBADFD: then the event must go at once, or the loop spins. */

#include "link/tun.h"
#include "link/tun_watch.h"

#include "util/memory.h"

#include <errno.h>
#include <event2/event.h>
#include <sys/uio.h>
#include <unistd.h>

/* So many packets, then everybody else gets a turn: the event is level-triggered and
 * comes back. Counted, not timed: a batch is the same in a replay. */
#define TUN_LINK_BATCH 64

/* The largest IP packet, whatever the MTU is: somebody may raise it meanwhile. */
#define TUN_LINK_PACKET_MAX 65535

struct tun_link {
	struct evtcp_link *link;  /* this link, as its user sees it */
	struct evtcp_tun *tun;    /* owned */
	struct event *readable;   /* persistent read event of tun->fd; owned */
	struct tun_watch watch;   /* tells tun->state_cb */
	struct evtcp_world world; /* gives the memory */
	uint8_t bytes[TUN_LINK_PACKET_MAX];
};

/* Reads one packet into tun->bytes: its length (0 is an empty frame, which a raw
 * socket on the device can send), or -1 with errno. */
static ssize_t tun_link_read(struct tun_link *tun)
{
	return read(tun->tun->fd, tun->bytes, sizeof(tun->bytes));
}

static void tun_link_deliver(struct tun_link *tun, size_t len)
{
	struct iovec iov = {tun->bytes, len};
	struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1, .len = len};

	evtcp_link_input(tun->link, &packet);
}

/* Reads until the device is dry or the batch is full. 0, or the errno value that
 * means the end of the device. */
static int tun_link_read_batch(struct tun_link *tun, unsigned *n)
{
	for (*n = 0; *n < TUN_LINK_BATCH; (*n)++) {
		ssize_t len = tun_link_read(tun);

		if (len < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : errno;
		tun_link_deliver(tun, (size_t)len);
	}
	return 0;
}

static void tun_link_readable(evutil_socket_t fd, short what, void *arg)
{
	struct tun_link *tun = arg;
	unsigned n;
	int error = tun_link_read_batch(tun, &n);

	(void)fd;
	(void)what;
	if (error != 0)
		event_del(tun->readable);
	if (n > 0)
		evtcp_link_batch_end(tun->link);
	if (error != 0) /* "no such device" says more than "bad state" */
		evtcp_link_failed(tun->link, error == EBADFD ? ENODEV : error);
}

static int tun_link_output(void *ctx, const struct evtcp_packet *packet)
{
	struct tun_link *tun = ctx;
	ssize_t written;

	do
		written = writev(tun->tun->fd, packet->iov, packet->iovcnt);
	while (written < 0 && errno == EINTR);
	if (written < 0 && errno == EBADFD)
		errno = ENODEV;
	return written < 0 ? -1 : 0;
}

static void tun_link_free(void *ctx)
{
	struct tun_link *tun = ctx;
	struct evtcp_world world = tun->world; /* outlives what it frees */

	tun_watch_end(&tun->watch);
	event_free(tun->readable);
	evtcp_tun_close(tun->tun);
	memory_free(&world, tun);
}

/* The parts of a link that can be missing for want of memory or descriptors. What
 * was made is in tun then. */
static int tun_link_build(struct tun_link *tun, struct event_base *base)
{
	static const struct evtcp_link_ops ops = {.output = tun_link_output, .free = tun_link_free};

	tun->readable = event_new(base, tun->tun->fd, EV_READ | EV_PERSIST, tun_link_readable, tun);
	if (!tun->readable || event_add(tun->readable, NULL) < 0) {
		errno = ENOMEM;
		return -1;
	}
	if (tun->tun->state_cb && tun_watch_start(&tun->watch, base, tun->tun) < 0)
		return -1;
	tun->link = evtcp_link_new(&ops, tun, tun->tun->mtu);
	return tun->link ? 0 : -1;
}

struct evtcp_link *evtcp_tun_link(
	struct evtcp_tun *tun, struct event_base *base, const struct evtcp_world *world)
{
	struct tun_link *made = memory_alloc(world, sizeof(*made));

	if (!made) {
		errno = ENOMEM;
		return NULL;
	}
	made->tun = tun;
	made->world = *world;
	made->readable = NULL;
	tun_watch_init(&made->watch);
	if (tun_link_build(made, base) < 0) {
		tun_watch_end(&made->watch);
		if (made->readable)
			event_free(made->readable);
		memory_free(world, made);
		return NULL; /* errno is tun_link_build's */
	}
	return made->link;
}
