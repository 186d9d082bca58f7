/* SPDX-License-Identifier: BSD-3-Clause */

/* A TUN with a header in front of each packet: many segments in one, both ways, and a kernel
 * that refuses to cut one up after all. The device is a pair of datagram sockets; the linker
 * puts the writes below between it and the link (-Wl,--wrap). */

#include "link/tun.h"
#include "test_packet.h"
#include "util/memory.h"

#include <errno.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { HEADER = sizeof(struct virtio_net_hdr), ROOM = 4096 };

/* ---- the kernel ------------------------------------------------------------------- */

static int refuse_with; /* errno of the next write; 0: it goes through */

static bool is_refused(void)
{
	if (refuse_with == 0)
		return false;
	errno = refuse_with;
	refuse_with = 0;
	return true;
}

ssize_t __real_writev(int fd, const struct iovec *iov, int n);
ssize_t __wrap_writev(int fd, const struct iovec *iov, int n);
ssize_t __wrap_writev(int fd, const struct iovec *iov, int n)
{
	return is_refused() ? -1 : __real_writev(fd, iov, n);
}

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
	return is_refused() ? -1 : __real_write(fd, bytes, len);
}

/* ---- the bench -------------------------------------------------------------------- */

struct bench {
	struct evtcp_tun *tun;
	struct evtcp_link *link;
	int wire;
	char text[160]; /* "1240/500 left end dropped(link_offload) " */
};

static void bench_write(struct bench *bench, const char *format, int a, int b)
{
	size_t len = strlen(bench->text);

	snprintf(bench->text + len, sizeof(bench->text) - len, format, a, b);
}

static void bench_input(void *arg, struct evtcp_packet *packet)
{
	bench_write(arg, packet->segment_len != 0 ? "%d/%d " : "%d ", (int)packet->len,
		packet->segment_len);
	bench_write(arg, packet->checksum_left ? "left " : "", 0, 0);
}

static void bench_batch_end(void *arg)
{
	bench_write(arg, "end ", 0, 0);
}

static void bench_dropped(void *arg, enum evtcp_cause cause)
{
	bench_write(arg, cause == EVTCP_CAUSE_LINK_OFFLOAD ? "offload " : "error ", 0, 0);
}

static void bench_open(struct bench *bench, bool takes_offload)
{
	struct evtcp_receiver receiver = {.input = bench_input,
		.batch_end = bench_batch_end,
		.dropped = bench_dropped,
		.takes_offload = takes_offload,
		.arg = bench};
	int ends[2];

	*bench = (struct bench){.tun = memory_zalloc(evtcp_world_system(), sizeof(*bench->tun))};
	bench->tun->batch = TUN_BATCH;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
	bench->tun->fd = ends[0];
	bench->tun->mtu = 1500;
	bench->tun->vnet_header = true;
	bench->tun->offload = (struct evtcp_offload){.checksum = true, .segments_len = 65535};
	bench->wire = ends[1];
	bench->link = evtcp_tun_link(bench->tun, NULL, evtcp_world_system());
	assert_non_null(bench->link);
	evtcp_link_set_receiver(bench->link, &receiver);
}

static void bench_close(struct bench *bench)
{
	evtcp_link_free(bench->link);
	close(bench->wire);
}

static struct evtcp_packet *segments(struct test_packet *p, size_t payload_len, uint16_t each)
{
	struct test_segment segment = {.out = true, .flags = TEST_ACK, .payload_len = payload_len};
	struct evtcp_packet *packet = test_packet_build(p, &segment, 0, EVTCP_CAUSE_DATA);

	packet->segment_len = each;
	packet->checksum_left = true;
	return packet;
}

/* The kernel gives a packet of so much payload, which it says to be segments of each octets. */
static void bench_give(struct bench *bench, size_t payload_len, uint16_t each)
{
	struct virtio_net_hdr header = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.gso_size = each,
		.csum_start = 20,
		.csum_offset = 16};
	struct test_packet p;
	struct evtcp_packet *packet = segments(&p, payload_len, 0);
	uint8_t frame[ROOM];

	memcpy(frame, &header, HEADER);
	memcpy(frame + HEADER, p.bytes, packet->len);
	assert_int_equal(send(bench->wire, frame, HEADER + packet->len, 0), HEADER + packet->len);
}

/* What the kernel got: its length without the header, which is in *header; 0 for nothing. */
static size_t bench_got(struct bench *bench, struct virtio_net_hdr *header, uint8_t *packet)
{
	uint8_t frame[ROOM];
	ssize_t len = recv(bench->wire, frame, sizeof(frame), 0);

	if (len < 0)
		return 0;
	assert_true(len >= HEADER);
	memcpy(header, frame, HEADER);
	memcpy(packet, frame + HEADER, (size_t)len - HEADER);
	return (size_t)len - HEADER;
}

/* ---- in -------------------------------------------------------------------------------- */

static void segments_come_as_their_receiver_takes_them(void **state)
{
	static const char *const heard[] = {"540 540 240 140 end ", "1240/500 left 140 left end "};
	struct bench bench;

	(void)state;
	for (int takes = 0; takes < 2; takes++) {
		bench_open(&bench, takes == 1);
		bench_give(&bench, 1200, 500);
		bench_give(&bench, 100, 500);
		assert_int_equal(evtcp_tun_read(bench.tun), 2);
		assert_string_equal(bench.text, heard[takes]);
		bench_close(&bench);
	}
}

/* ATTACKS P13 */
static void what_cannot_be_costs_that_packet_and_no_more(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, true);
	bench_give(&bench, 1200, 0);
	assert_int_equal(send(bench.wire, "too short", HEADER - 1, 0), HEADER - 1);
	assert_int_equal(send(bench.wire, "0123456789", 0, 0), 0);
	bench_give(&bench, 100, 500);
	evtcp_tun_read(bench.tun);
	assert_string_equal(bench.text, "offload error error 140 left end ");
	bench_close(&bench);
}

/* ---- out ------------------------------------------------------------------------------- */

static void many_segments_leave_as_one(void **state)
{
	struct virtio_net_hdr header;
	struct test_packet p;
	struct bench bench;
	uint8_t got[ROOM];

	(void)state;
	bench_open(&bench, true);
	assert_int_equal(evtcp_link_output(bench.link, segments(&p, 1200, 500)), 0);
	assert_int_equal(bench_got(&bench, &header, got), 1240);
	assert_memory_equal(got, p.bytes, 1240);
	assert_int_equal(header.gso_size, 500);
	bench_close(&bench);
}

/* A small packet goes as a copy, a large one as a list. */
static void pieces_leave_as_one(void **state)
{
	static const size_t lens[] = {1, 100, 1998, 1999, 3000};
	struct virtio_net_hdr header;
	struct test_packet p;
	struct bench bench;
	uint8_t text[ROOM], got[ROOM];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7 + i / 251);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		size_t len = lens[i], half = len / 2;
		struct iovec pieces[] = {
			{p.bytes, 40}, {text, half}, {NULL, 0}, {text + half, len - half}};
		struct evtcp_packet *packet = segments(&p, 0, 0);

		bench_open(&bench, true);
		packet->iov = pieces;
		packet->iovcnt = 4;
		packet->len = 40 + len;
		assert_int_equal(evtcp_link_output(bench.link, packet), 0);
		evtcp_link_flush(bench.link);
		assert_int_equal(bench_got(&bench, &header, got), 40 + len);
		assert_memory_equal(got, p.bytes, 40);
		assert_memory_equal(got + 40, text, len);
		assert_int_equal(header.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
		bench_close(&bench);
	}
}

/* Nothing is lost by it, and from then on nobody asks the kernel again. */
static void a_kernel_that_refuses_gets_each_by_itself(void **state)
{
	static const struct virtio_net_hdr plain;
	struct virtio_net_hdr header;
	struct test_packet p;
	struct bench bench;
	uint8_t got[ROOM];

	(void)state;
	bench_open(&bench, true);
	for (int turn = 0; turn < 2; turn++) {
		refuse_with = turn == 0 ? EINVAL : 0;
		assert_int_equal(evtcp_link_output(bench.link, segments(&p, 1200, 500)), 0);
		evtcp_link_flush(bench.link);
		for (int i = 0; i < 3; i++) {
			size_t len = bench_got(&bench, &header, got);

			assert_int_equal(len, i < 2 ? 540 : 240);
			assert_memory_equal(&header, &plain, HEADER);
			assert_int_equal(
				test_packet_sum((uint32_t)(len - 20) + 6, got + 12, len - 12),
				0xffff);
		}
		assert_int_equal(bench_got(&bench, &header, got), 0);
		assert_int_equal(evtcp_link_get_offload(bench.link)->segments_len, 0);
		assert_false(evtcp_link_get_offload(bench.link)->checksum);
	}
	bench_close(&bench);
}

static void a_full_queue_is_no_refusal(void **state)
{
	struct virtio_net_hdr header;
	struct test_packet p;
	struct bench bench;
	uint8_t got[ROOM];

	(void)state;
	bench_open(&bench, true);
	refuse_with = ENOBUFS;
	assert_int_equal(evtcp_link_output(bench.link, segments(&p, 1200, 500)), -1);
	assert_int_equal(errno, ENOBUFS);
	assert_int_equal(bench_got(&bench, &header, got), 0);
	assert_int_equal(evtcp_link_get_offload(bench.link)->segments_len, 65535);
	bench_close(&bench);
}

/* A packet that is refused for itself is no reason to do without. */
static void a_plain_packet_that_is_refused_changes_nothing(void **state)
{
	struct test_packet p;
	struct bench bench;
	struct evtcp_packet *packet = segments(&p, 100, 0);

	(void)state;
	bench_open(&bench, true);
	packet->checksum_left = false;
	refuse_with = EINVAL;
	assert_int_equal(evtcp_link_output(bench.link, packet), 0);
	evtcp_link_flush(bench.link);
	assert_string_equal(bench.text, "error ");
	assert_int_equal(evtcp_link_get_offload(bench.link)->segments_len, 65535);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(segments_come_as_their_receiver_takes_them),
		cmocka_unit_test(what_cannot_be_costs_that_packet_and_no_more),
		cmocka_unit_test(many_segments_leave_as_one),
		cmocka_unit_test(pieces_leave_as_one),
		cmocka_unit_test(a_kernel_that_refuses_gets_each_by_itself),
		cmocka_unit_test(a_full_queue_is_no_refusal),
		cmocka_unit_test(a_plain_packet_that_is_refused_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
