/* SPDX-License-Identifier: BSD-3-Clause */

/* A TUN device as a link: packets in and out of its file descriptor.
 *
 * In: the read event of the caller's event base, or his call where he has none;
 * packets of the stack. Out: batches of packets to the receiver, writes to the device.
 *
 * One read or write is one packet. Where the device has offloads there is a header in front
 * of it (vnet.h), a packet may be of many segments, and their checksums may be left out.
 * Should the kernel refuse to cut one up, that is done here from then on.
 *
 * A device that is set down says EIO to writes and nothing to reads; it works again
 * when it comes up, so that is not a failure. A device that is deleted is readable
 * for ever and says EBADFD: then the event must go at once, or the loop spins. Any
 * other error of a read costs the packet that the kernel had in hand, no more; but a
 * device that has nothing else to say for a whole batch would spin, too, and has
 * failed. */

#include "link/segments.h"
#include "link/tun.h"
#include "link/tun_out.h"
#include "link/tun_watch.h"
#include "link/vnet.h"

#include "util/memory.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* Packets that were read are kept in one piece of memory, one behind the other, until the device is
 * dry, or there are enough, or the rest is too small for another of any size: then they are passed
 * on. So the receiver can be told beforehand of what it will get. Many small ones are in few lines
 * of memory, and of the large ones, whose payload is copied soon, there are never more than two.
 *
 * A large one begins with a page, as long as no small one is before it. The kernel copies its
 * payload, mostly from the beginnings of pages, with "rep movsb", and some processors (AMD's of
 * 2020 on) do that at a twentieth of the speed where the destination is up to 31 octets further in
 * its page than the source is in its own. The headers in front are longer than that. */
enum {
	TUN_LINK_READ_MAX = sizeof(struct virtio_net_hdr) + TUN_PACKET_MAX,
	TUN_LINK_HELD = 64,
	TUN_LINK_LINE = 64,
	TUN_LINK_PAGE = 4096,
	TUN_LINK_ROOM = 2 * (TUN_PACKET_MAX + 1 + TUN_LINK_PAGE)
};

/* Octets that take the kernel a while; and those, in and out, after which others than the device
 * have their turn. */
enum { TUN_LINK_MUCH = 16384, TUN_LINK_MOST = 1 << 20 };

/* More pieces than a packet of the stack ever has. */
enum { TUN_LINK_PIECES = SEGMENTS_PIECES_MAX };

struct tun_link {
	struct evtcp_link *link;  /* this link, as its user sees it */
	struct evtcp_tun *tun;    /* owned */
	struct event *readable;   /* persistent read event of tun->fd; owned; NULL: by hand */
	struct tun_watch watch;   /* tells tun->state_cb */
	struct evtcp_world world; /* gives the memory */
	int error;                /* errno that ended it; 0 while it works */
	size_t taken;             /* octets that were read in this turn of the loop */
	/* What was read and not passed on yet. */
	struct evtcp_packet held[TUN_LINK_HELD];
	struct iovec pieces[TUN_LINK_HELD]; /* of each, one */
	unsigned n_held;
	size_t used;    /* of bytes */
	uint8_t *bytes; /* TUN_LINK_ROOM of them, from the first page in memory on */
	struct tun_out out;
	uint8_t memory[TUN_LINK_ROOM + TUN_LINK_PAGE];
};

/* How many octets the device has in front of each packet. */
static size_t tun_link_header_len(const struct tun_link *tun)
{
	return tun->tun->vnet_header ? sizeof(struct virtio_net_hdr) : 0;
}

/* Reads one packet behind those that are held, and the header in front of it if there is one: the
 * packet's length (0 is an empty frame, which a raw socket on the device can send), or -1 with
 * errno. */
static ssize_t tun_link_read(struct tun_link *tun)
{
	size_t header_len = tun_link_header_len(tun);
	ssize_t len = read(tun->tun->fd, tun->bytes + tun->used, header_len + TUN_PACKET_MAX);

	if (len < 0 || (size_t)len >= header_len)
		return len < 0 ? len : len - (ssize_t)header_len;
	errno = EBADMSG;
	return -1;
}

/* Passes on what is held. */
static void tun_link_deliver(struct tun_link *tun)
{
	/* One alone is not worth the telling. */
	for (unsigned i = 0; tun->n_held > 1 && i < tun->n_held; i++)
		evtcp_link_expect(tun->link, &tun->held[i]);
	for (unsigned i = 0; i < tun->n_held; i++)
		evtcp_link_input(tun->link, &tun->held[i]);
	tun->n_held = 0;
	tun->used = 0;
}

static size_t tun_link_round_up(size_t n, size_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/* A packet of this length was read: it is held, and others may be read behind it. */
static void tun_link_hold(struct tun_link *tun, size_t len)
{
	struct evtcp_packet *packet = &tun->held[tun->n_held];
	struct iovec *piece = &tun->pieces[tun->n_held];
	size_t header_len = tun_link_header_len(tun);
	struct virtio_net_hdr header;

	tun->taken += len;
	memcpy(&header, tun->bytes + tun->used, header_len);
	*piece = (struct iovec){tun->bytes + tun->used + header_len, len};
	*packet = (struct evtcp_packet){.iov = piece, .iovcnt = 1, .len = len};
	if (header_len > 0 && !vnet_read(&header, packet)) {
		evtcp_link_dropped(tun->link, EVTCP_CAUSE_LINK_OFFLOAD);
		return;
	}
	tun->n_held++;
	tun->used = tun_link_round_up(
		tun->used + header_len + len, len < TUN_LINK_PAGE ? TUN_LINK_LINE : TUN_LINK_PAGE);
	if (tun->n_held == TUN_LINK_HELD || tun->used > TUN_LINK_ROOM - TUN_LINK_READ_MAX)
		tun_link_deliver(tun);
}

/* Whether a read that failed so will never succeed again. */
static bool tun_link_is_gone(int error)
{
	return error == EBADFD || error == EBADF || error == ENODEV || error == ENXIO;
}

/* Reads until the device is dry or has given a batch, for then what has come is answered. Counted,
 * not timed: a batch is the same in a replay. *n packets came, of which some may still be held. 0,
 * or the errno value that means the end of the device. */
static int tun_link_read_batch(struct tun_link *tun, unsigned *n)
{
	int error = 0;

	*n = 0;
	for (unsigned i = 0; i < tun->tun->batch; i++) {
		ssize_t len = tun_link_read(tun);

		if (len >= 0) {
			tun_link_hold(tun, (size_t)len);
			(*n)++;
			continue;
		}
		if (errno == EAGAIN || errno == EINTR)
			return 0;
		error = errno;
		if (tun_link_is_gone(error))
			return error;
		evtcp_link_dropped(tun->link, EVTCP_CAUSE_LINK_ERROR);
	}
	return *n == 0 ? error : 0;
}

/* One batch, with all that follows from it. How many packets there were. */
static unsigned tun_link_turn(struct tun_link *tun)
{
	unsigned n;
	int error = tun_link_read_batch(tun, &n);

	tun_link_deliver(tun);
	/* "No such device" says more than "bad state". */
	tun->error = error == EBADFD ? ENODEV : error;
	if (error != 0 && tun->readable)
		event_del(tun->readable);
	if (n > 0)
		evtcp_link_batch_end(tun->link);
	if (error != 0)
		evtcp_link_failed(tun->link, tun->error);
	return n;
}

/* While the kernel takes so much, the receivers of it answer: mostly the device has the next packet
 * when the last was written, and to look for it costs a fifth of what it costs to be told of it by
 * the loop. Behind less there is nothing yet, and the event, which is level-triggered, comes back.
 */
static void tun_link_readable(evutil_socket_t fd, short what, void *arg)
{
	struct tun_link *tun = arg;
	size_t written = 0;
	unsigned n;

	(void)fd;
	(void)what;
	tun->taken = 0;
	do {
		tun->out.written = 0;
		n = tun_link_turn(tun);
		written += tun->out.written;
	} while (n > 0 && tun->error == 0 && tun->out.written >= TUN_LINK_MUCH &&
		 written + tun->taken < TUN_LINK_MOST);
}

int evtcp_tun_read(struct evtcp_tun *tun)
{
	unsigned n = 0;

	if (!tun->link) {
		errno = EINVAL;
		return -1;
	}
	if (tun->link->error == 0)
		n = tun_link_turn(tun->link);
	if (tun->link->error == 0)
		return (int)n;
	errno = tun->link->error;
	return -1;
}

/* With the header in front. */
static int tun_link_write_offloaded(struct tun_link *tun, const struct evtcp_packet *packet)
{
	struct virtio_net_hdr header;
	struct iovec iov[1 + TUN_LINK_PIECES];

	if (packet->iovcnt > TUN_LINK_PIECES || !vnet_write(&header, packet)) {
		errno = EINVAL;
		return -1;
	}
	iov[0] = (struct iovec){&header, sizeof(header)};
	memcpy(iov + 1, packet->iov, (size_t)packet->iovcnt * sizeof(iov[0]));
	if (packet->segment_len != 0) /* which may be refused, and then is cut up here */
		return tun_out_now(&tun->out, iov, 1 + packet->iovcnt);
	return tun_out_soon(&tun->out, iov, 1 + packet->iovcnt, sizeof(header) + packet->len);
}

static int tun_link_write_part(void *arg, struct evtcp_packet *part)
{
	return tun_link_write_offloaded(arg, part);
}

static int tun_link_output(void *ctx, const struct evtcp_packet *packet)
{
	static const struct evtcp_offload none;
	struct tun_link *tun = ctx;

	if (!tun->tun->vnet_header)
		return tun_out_soon(&tun->out, packet->iov, packet->iovcnt, packet->len);
	if (tun_link_write_offloaded(tun, packet) == 0)
		return 0;
	if (errno != EINVAL || (packet->segment_len == 0 && !packet->checksum_left))
		return -1;
	/* It said that it could, and cannot. */
	evtcp_link_set_offload(tun->link, &none);
	return segments_each(packet, tun_link_write_part, tun);
}

static void tun_link_flush(void *ctx)
{
	struct tun_link *tun = ctx;

	tun_out_flush(&tun->out);
}

static void tun_link_free(void *ctx)
{
	struct tun_link *tun = ctx;
	struct evtcp_world world = tun->world; /* outlives what it frees */

	tun_watch_end(&tun->watch);
	if (tun->readable)
		event_free(tun->readable);
	evtcp_tun_close(tun->tun);
	memory_free(&world, tun);
}

/* What reads by itself. */
static int tun_link_listen(struct tun_link *tun, struct event_base *base)
{
	tun->readable = event_new(base, tun->tun->fd, EV_READ | EV_PERSIST, tun_link_readable, tun);
	if (!tun->readable || event_add(tun->readable, NULL) < 0) {
		errno = ENOMEM;
		return -1;
	}
	return tun->tun->state_cb ? tun_watch_start(&tun->watch, base, tun->tun) : 0;
}

/* The parts of a link that can be missing for want of memory or descriptors. What
 * was made is in tun then. */
static int tun_link_build(struct tun_link *tun, struct event_base *base)
{
	static const struct evtcp_link_ops ops = {
		.output = tun_link_output, .flush = tun_link_flush, .free = tun_link_free};

	if (base && tun_link_listen(tun, base) < 0)
		return -1;
	tun->link = evtcp_link_new(&ops, tun, tun->tun->mtu);
	if (!tun->link)
		return -1;
	evtcp_link_set_offload(tun->link, &tun->tun->offload);
	tun_out_init(&tun->out, tun->link, tun->tun->fd);
	return 0;
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
	made->error = 0;
	made->taken = 0;
	made->n_held = 0;
	made->used = 0;
	made->bytes = made->memory + tun_link_round_up((uintptr_t)made->memory, TUN_LINK_PAGE) -
		      (uintptr_t)made->memory;
	tun_watch_init(&made->watch);
	if (tun_link_build(made, base) < 0) {
		tun_watch_end(&made->watch);
		if (made->readable)
			event_free(made->readable);
		memory_free(world, made);
		return NULL; /* errno is tun_link_build's */
	}
	tun->link = made;
	return made->link;
}
