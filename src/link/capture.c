/* SPDX-License-Identifier: BSD-3-Clause */

/* A pcapng file of what passed a link, each packet with the stack's reason as its
 * comment.
 *
 *     Section Header            magic, version
 *     Interface "wire"          0: what went out or came in
 *     Interface "dropped"       1: what a fault took away
 *     Enhanced Packet, ...      time, bytes, comment, direction
 *
 * Input: sightings from taps and fault links. Output: whole blocks, gathered in
 * one buffer and written when it is full, on flush and at the end. The format is
 * that of draft-ietf-opsawg-pcapng, in this machine's byte order. In front of each packet stands
 * its family, as on a BSD loopback interface: a raw packet would need none, but libpcap (1.10.3)
 * reads no file with two interfaces of LINKTYPE_RAW, as it compares the number in the file with its
 * own for the same type, which for that one differs; and tcpdump is to read this.
 *
 * Nobody waits for who reads a pipe: while it takes nothing and the buffer is full,
 * packets are left out, and the next one in says how many (epb_dropcount, and a
 * comment). A write that fails ends the capture, never the program: the piece of a
 * block that got out is taken back from the file, so that tools can still read it;
 * what others wrote is left alone. It does not look into packets: the comment comes
 * from the reason alone. */

#include <evtcp/capture.h>

#include "link/capture_notes.h"
#include "trace/reason.h"
#include "util/descriptor.h"
#include "util/memory.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BLOCK_SECTION_HEADER = 0x0A0D0D0A,
	BLOCK_INTERFACE = 1,
	BLOCK_ENHANCED_PACKET = 6,
	BYTE_ORDER_MAGIC = 0x1A2B3C4D,
	LINKTYPE_NULL = 0, /* four octets in this machine's order, and then the IP header */

	OPT_END = 0,
	OPT_COMMENT = 1,
	SHB_USERAPPL = 4,
	IF_NAME = 2,
	IF_TSRESOL = 9,
	EPB_FLAGS = 2,
	EPB_DROPCOUNT = 4,

	EPB_INBOUND = 1,
	EPB_OUTBOUND = 2,

	INTERFACE_WIRE = 0,
	INTERFACE_DROPPED = 1,
	N_INTERFACES = 2,

	FAMILY_IPV4 = 2,  /* of each packet, as the link type has it, */
	FAMILY_IPV6 = 30, /* whatever this system calls it */
	CAPTURE_FAMILY = 4,

	CAPTURE_MAX_PACKET = 65535,
	CAPTURE_COMMENT = 3 * EVTCP_REASON_TEXT + 48,
	/* What a block has around its packet: header, family, comments, flags, trailer. */
	CAPTURE_AROUND =
		2 * CAPTURE_COMMENT + CAPTURE_NOTES * CAPTURE_NOTE_TEXT + 160 + CAPTURE_FAMILY,
	CAPTURE_MAX_BLOCK = CAPTURE_MAX_PACKET + CAPTURE_AROUND,
	CAPTURE_BUFFER = 2 * 65536,
	CAPTURE_LAST_WAIT_MS = 1000 /* for a reader, at the end */
};

_Static_assert(
	(int)CAPTURE_MAX_BLOCK <= (int)CAPTURE_BUFFER, "any block fits into an empty buffer");

struct evtcp_capture {
	struct evtcp_world world;
	uint64_t epoch_us; /* wall time at monotonic 0 */
	int fd;
	int error;                      /* errno that stopped the capture, 0 while it runs */
	bool is_file;                   /* a regular file, which takes everything at once */
	uint64_t dropped;               /* packets left out in all */
	uint64_t missing[N_INTERFACES]; /* of them, since the last one in */
	struct capture_notes notes;     /* what belongs to packets that have not come yet */
	size_t len;                     /* bytes in buffer: whole blocks, but while one is built */
	size_t first; /* where the first whole block begins: before it is the rest of one */
	size_t block; /* where the block being built starts */
	uint8_t buffer[CAPTURE_BUFFER];
};

/* ---- the buffer and the file ----------------------------------------- */

/* Where the block that begins at `at` ends. */
static size_t capture_block_end(const struct evtcp_capture *capture, size_t at)
{
	uint32_t total;

	memcpy(&total, capture->buffer + at + sizeof(uint32_t), sizeof(total));
	return at + total;
}

/* The capture is over, `done` bytes of the buffer got out. If they end inside a block,
 * its piece is taken back. */
static void capture_stop(struct evtcp_capture *capture, int error, size_t done)
{
	size_t whole = capture->first;

	while (whole < done && capture_block_end(capture, whole) <= done)
		whole = capture_block_end(capture, whole);
	capture->error = error;
	capture->len = capture->first = 0;
	if (whole < done)
		descriptor_take_back(capture->fd, done - whole);
}

/* How much to write at once from `from` on: to a file all; else the rest of a block, or
 * so many blocks as a pipe takes whole or not at all, and at least one. */
static size_t capture_piece(const struct evtcp_capture *capture, size_t from)
{
	size_t end = capture->first;

	if (capture->is_file)
		return capture->len - from;
	while (end <= from)
		end = capture_block_end(capture, end);
	while (end < capture->len && capture_block_end(capture, end) - from <= PIPE_BUF)
		end = capture_block_end(capture, end);
	return end - from;
}

/* `done` bytes got out: what is left moves to the front. */
static void capture_take_out(struct evtcp_capture *capture, size_t done)
{
	size_t first = capture->first;

	while (first < done)
		first = capture_block_end(capture, first);
	memmove(capture->buffer, capture->buffer + done, capture->len - done);
	capture->len -= done;
	capture->first = first - done;
}

void evtcp_capture_flush(struct evtcp_capture *capture)
{
	size_t done = 0;
	ssize_t n = 1;

	while (!capture->error && done < capture->len) {
		n = descriptor_write_now(
			capture->fd, capture->buffer + done, capture_piece(capture, done));
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (n == 0)
		capture_stop(capture, EIO, done);
	else if (n < 0 && errno != EAGAIN)
		capture_stop(capture, errno, done);
	else if (done > 0)
		capture_take_out(capture, done);
}

static void capture_put(struct evtcp_capture *capture, const void *data, size_t len)
{
	assert(capture->len + len <= sizeof(capture->buffer) && "room was made for the block");
	memcpy(capture->buffer + capture->len, data, len);
	capture->len += len;
}

static void capture_put_u16(struct evtcp_capture *capture, uint16_t value)
{
	capture_put(capture, &value, sizeof(value));
}

static void capture_put_u32(struct evtcp_capture *capture, uint32_t value)
{
	capture_put(capture, &value, sizeof(value));
}

/* Everything in a block starts at a multiple of four bytes from its beginning. */
static void capture_pad(struct evtcp_capture *capture)
{
	static const uint8_t zeros[3];

	capture_put(capture, zeros, (capture->block - capture->len) & 3);
}

/* ---- blocks and options ---------------------------------------------- */

/* Sees to it that a block of max bytes fits. false: not now, or never again. */
static bool capture_has_room(struct evtcp_capture *capture, size_t max)
{
	if (max > sizeof(capture->buffer) - capture->len)
		evtcp_capture_flush(capture);
	return !capture->error && max <= sizeof(capture->buffer) - capture->len;
}

/* Begins a block, for which there is room. */
static void capture_begin(struct evtcp_capture *capture, uint32_t type)
{
	capture->block = capture->len;
	capture_put_u32(capture, type);
	capture_put_u32(capture, 0); /* the length: capture_end knows it */
}

static void capture_end(struct evtcp_capture *capture)
{
	uint32_t total = (uint32_t)(capture->len + sizeof(uint32_t) - capture->block);

	capture_put_u32(capture, total);
	memcpy(capture->buffer + capture->block + sizeof(uint32_t), &total, sizeof(total));
}

static void capture_option(
	struct evtcp_capture *capture, uint16_t code, const void *value, uint16_t len)
{
	capture_put_u16(capture, code);
	capture_put_u16(capture, len);
	capture_put(capture, value, len);
	capture_pad(capture);
}

static void capture_option_text(struct evtcp_capture *capture, uint16_t code, const char *text)
{
	capture_option(capture, code, text, (uint16_t)strlen(text));
}

static void capture_options_end(struct evtcp_capture *capture)
{
	capture_option(capture, OPT_END, "", 0);
}

static void capture_put_section(struct evtcp_capture *capture)
{
	capture_begin(capture, BLOCK_SECTION_HEADER);
	capture_put_u32(capture, BYTE_ORDER_MAGIC);
	capture_put_u16(capture, 1); /* version 1.0 */
	capture_put_u16(capture, 0);
	capture_put_u32(capture, UINT32_MAX); /* section length: unknown */
	capture_put_u32(capture, UINT32_MAX);
	capture_option_text(capture, SHB_USERAPPL, "evtcp");
	capture_options_end(capture);
	capture_end(capture);
}

static void capture_put_interface(struct evtcp_capture *capture, const char *name)
{
	static const uint8_t microseconds = 6; /* a time unit is 10^-6 s */

	capture_begin(capture, BLOCK_INTERFACE);
	capture_put_u16(capture, LINKTYPE_NULL);
	capture_put_u16(capture, 0);
	capture_put_u32(capture, CAPTURE_FAMILY + CAPTURE_MAX_PACKET);
	capture_option_text(capture, IF_NAME, name);
	capture_option(capture, IF_TSRESOL, &microseconds, sizeof(microseconds));
	capture_options_end(capture);
	capture_end(capture);
}

/* ---- packets --------------------------------------------------------- */

/* What happened to the packet, as words before and after its reason; as in a ladder. What
 * was used as it should be is told by the reason alone. */
static const char *capture_before(enum evtcp_sighting sighting, enum evtcp_cause cause)
{
	switch (sighting) {
	case EVTCP_WIRE_IN:
		return evtcp_cause_class(cause) == EVTCP_CLASS_DROPPED ? "refused: " : "";
	case EVTCP_WIRE_OUT:
	case EVTCP_DROPPED_OUT:
		return "sent: ";
	case EVTCP_DROPPED_IN:
		return "lost on the way in: ";
	}
	return "";
}

static void capture_comment(
	enum evtcp_sighting sighting, const struct evtcp_packet *packet, char text[CAPTURE_COMMENT])
{
	const char *before = capture_before(sighting, packet->reason.cause);
	const char *lost = sighting == EVTCP_DROPPED_OUT ? "lost on the way out: " : "";
	char why[EVTCP_REASON_TEXT], fate[EVTCP_REASON_TEXT], earlier[EVTCP_REASON_TEXT];

	evtcp_reason_format(&packet->reason, why, sizeof(why));
	evtcp_fate_format(packet->fate, packet->fate_rule, fate, sizeof(fate));
	evtcp_fate_format(
		packet->earlier_fate, packet->earlier_fate_rule, earlier, sizeof(earlier));
	/* Whoever took it is all the reason there is. */
	if (fate[0] && (sighting == EVTCP_DROPPED_IN || reason_is_a_links(&packet->reason)))
		why[0] = '\0';
	snprintf(text, CAPTURE_COMMENT, "%s%s%s%s%s%s%s", before, why,
		why[0] && earlier[0] ? "; " : "", earlier,
		(why[0] || earlier[0]) && fate[0] ? "; " : "", fate[0] ? lost : "", fate);
}

/* The family of a packet whose first piece may be empty. */
static uint32_t capture_family(const struct evtcp_packet *packet)
{
	for (int i = 0; i < packet->iovcnt; i++)
		if (packet->iov[i].iov_len > 0)
			return *(const uint8_t *)packet->iov[i].iov_base >> 4 == 6 ? FAMILY_IPV6
										   : FAMILY_IPV4;
	return FAMILY_IPV4;
}

/* Copies the pieces; a packet whose pieces are shorter than it says is an error
 * of the caller and asserts. */
static void capture_put_packet(struct evtcp_capture *capture, const struct evtcp_packet *packet)
{
	size_t rest = packet->len;

	capture_put_u32(capture, capture_family(packet));
	for (int i = 0; i < packet->iovcnt && rest > 0; i++) {
		size_t n = packet->iov[i].iov_len < rest ? packet->iov[i].iov_len : rest;

		if (n > 0) /* an empty piece may have no address */
			capture_put(capture, packet->iov[i].iov_base, n);
		rest -= n;
	}
	assert(rest == 0 && "the pieces of a packet sum up to its length");
	capture_pad(capture);
}

/* Says what is missing before the packet at hand, in a field for programs and in words. */
static void capture_put_missing(struct evtcp_capture *capture, unsigned interface)
{
	uint64_t missing = capture->missing[interface];
	char text[CAPTURE_COMMENT];

	if (missing == 0)
		return;
	snprintf(text, sizeof(text),
		"%" PRIu64 " packets before this one are missing here: whoever reads this "
		"capture was too slow",
		missing);
	capture_option_text(capture, OPT_COMMENT, text);
	capture_option(capture, EPB_DROPCOUNT, &missing, sizeof(missing));
	capture->missing[interface] = 0;
}

static void capture_packet(
	void *arg, enum evtcp_sighting sighting, const struct evtcp_packet *packet)
{
	struct evtcp_capture *capture = arg;
	int dropped = sighting == EVTCP_DROPPED_IN || sighting == EVTCP_DROPPED_OUT;
	int outbound = sighting == EVTCP_WIRE_OUT || sighting == EVTCP_DROPPED_OUT;
	unsigned interface = dropped ? INTERFACE_DROPPED : INTERFACE_WIRE;
	uint64_t at_us = capture->epoch_us + packet->at_us;
	uint32_t flags = outbound ? EPB_OUTBOUND : EPB_INBOUND;
	uint32_t len = (uint32_t)(CAPTURE_FAMILY + packet->len);
	char comment[CAPTURE_COMMENT];
	const char *note;

	if (capture->error || packet->len > CAPTURE_MAX_PACKET)
		return;
	/* A tap below a link that takes packets away sees them, too: such a packet
	 * stands in the file already, as dropped. */
	if (sighting == EVTCP_WIRE_IN && evtcp_cause_class(packet->fate) == EVTCP_CLASS_DROPPED)
		return;
	if (!capture_has_room(capture, packet->len + CAPTURE_AROUND)) {
		capture->dropped++;
		capture->missing[interface]++;
		return;
	}
	capture_comment(sighting, packet, comment);

	capture_begin(capture, BLOCK_ENHANCED_PACKET);
	capture_put_u32(capture, interface);
	capture_put_u32(capture, (uint32_t)(at_us >> 32));
	capture_put_u32(capture, (uint32_t)at_us);
	capture_put_u32(capture, len); /* captured and original */
	capture_put_u32(capture, len);
	capture_put_packet(capture, packet);
	capture_option_text(capture, OPT_COMMENT, comment);
	while ((note = capture_notes_take(&capture->notes, packet, outbound)) != NULL)
		capture_option_text(capture, OPT_COMMENT, note);
	capture_option(capture, EPB_FLAGS, &flags, sizeof(flags));
	capture_put_missing(capture, interface);
	capture_options_end(capture);
	capture_end(capture);
}

/* ---- the object ------------------------------------------------------ */

struct evtcp_capture *evtcp_capture_new(int fd, const struct evtcp_world *world)
{
	struct evtcp_capture *capture = memory_alloc(world, sizeof(*capture));
	struct stat status;

	if (!capture) {
		errno = ENOMEM;
		return NULL;
	}
	*capture = (struct evtcp_capture){.world = *world, .fd = fd};
	capture->epoch_us = world->wall_us(world->arg) - world->now_us(world->arg);
	capture->is_file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
	capture_put_section(capture);
	capture_put_interface(capture, "wire");
	capture_put_interface(capture, "dropped");
	evtcp_capture_flush(capture);
	if (capture->error) {
		errno = capture->error;
		memory_free(world, capture);
		return NULL; /* fd is still the caller's */
	}
	return capture;
}

/* The last blocks: waits for a reader as long as he takes any. */
static void capture_finish(struct evtcp_capture *capture)
{
	struct pollfd pollfd = {.fd = capture->fd, .events = POLLOUT};
	size_t before = SIZE_MAX;

	evtcp_capture_flush(capture);
	while (capture->len > 0 && capture->len < before &&
		poll(&pollfd, 1, CAPTURE_LAST_WAIT_MS) == 1) {
		before = capture->len;
		evtcp_capture_flush(capture);
	}
}

void evtcp_capture_free(struct evtcp_capture *capture)
{
	struct evtcp_world world;

	if (!capture)
		return;
	world = capture->world;
	capture_finish(capture);
	close(capture->fd);
	memory_free(&world, capture);
}

void evtcp_capture_observer(struct evtcp_capture *capture, struct evtcp_observer *observer)
{
	*observer = (struct evtcp_observer){.packet = capture_packet, .arg = capture};
}

static void capture_event(void *arg, const struct evtcp_event *event)
{
	struct evtcp_capture *capture = arg;

	capture_notes_add(&capture->notes, event);
}

void evtcp_capture_sink(struct evtcp_capture *capture, struct evtcp_sink *sink)
{
	*sink = (struct evtcp_sink){
		.event = capture_event, .kinds = CAPTURE_NOTES_KINDS, .arg = capture};
}

int evtcp_capture_get_error(const struct evtcp_capture *capture)
{
	return capture->error;
}

uint64_t evtcp_capture_get_dropped(const struct evtcp_capture *capture)
{
	return capture->dropped;
}
