/* SPDX-License-Identifier: BSD-3-Clause */

/* The header of TUN in front of a packet: what ours say, and what is believed of others
 * (ATTACKS P13). */

#include "link/vnet.h"
#include "test_packet.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { CWR = 0x80 };

/* A packet, built. */
struct bench {
	struct test_packet p;
	struct evtcp_packet *packet;
};

static void bench_init(struct bench *bench, uint8_t flags, size_t payload_len)
{
	struct test_segment segment = {.flags = flags, .payload_len = payload_len};

	bench->packet = test_packet_build(&bench->p, &segment, 0, EVTCP_CAUSE_NONE);
}

/* ---- ours ------------------------------------------------------------------------------ */

static void a_whole_packet_has_an_empty_header(void **state)
{
	static const struct virtio_net_hdr empty;
	struct virtio_net_hdr header;
	struct bench bench;

	(void)state;
	bench_init(&bench, TEST_ACK, 1400);
	assert_true(vnet_write(&header, bench.packet));
	assert_memory_equal(&header, &empty, sizeof(header));
}

static void a_checksum_is_left_where_it_belongs(void **state)
{
	struct virtio_net_hdr header;
	struct bench bench;

	(void)state;
	bench_init(&bench, TEST_ACK, 100);
	bench.packet->checksum_left = true;
	assert_true(vnet_write(&header, bench.packet));
	assert_int_equal(header.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	assert_int_equal(header.gso_type, VIRTIO_NET_HDR_GSO_NONE);
	assert_int_equal(header.csum_start, 20);
	assert_int_equal(header.csum_offset, 16);
}

static void segments_are_told_with_their_size(void **state)
{
	struct virtio_net_hdr header;
	struct bench bench;

	(void)state;
	bench_init(&bench, TEST_ACK, 1400);
	bench.packet->segment_len = 500;
	bench.packet->checksum_left = true;
	assert_true(vnet_write(&header, bench.packet));
	assert_int_equal(header.gso_type, VIRTIO_NET_HDR_GSO_TCPV4);
	assert_int_equal(header.gso_size, 500);
	assert_in_range(header.hdr_len, 40, 40 + 128); /* by where it lies, see below */
	assert_int_equal(header.csum_start, 20);

	bench.p.bytes[20 + 13] |= CWR; /* so that it is said once: RFC 3168 6.1.2 */
	assert_true(vnet_write(&header, bench.packet));
	assert_int_equal(header.gso_type, VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN);
}

/* hdr_len of 40 octets of headers and two pieces, so far behind the beginnings of pages. */
static int hdr_len_of(size_t first_at, size_t first_len, size_t second_at, size_t second_len)
{
	static _Alignas(4096) uint8_t pages[3][16384];
	struct virtio_net_hdr header;
	struct bench bench;

	bench_init(&bench, TEST_ACK, 1400);
	struct iovec iov[] = {{bench.p.bytes, 40}, {pages[0] + first_at, first_len},
		{pages[1] + second_at, second_len}};
	struct evtcp_packet packet = {.iov = iov,
		.iovcnt = 3,
		.len = 40 + first_len + second_len,
		.segment_len = 500,
		.checksum_left = true};
	assert_true(vnet_write(&header, &packet));
	return header.hdr_len;
}

/* What the kernel puts into pages must not be up to 31 octets further in them than it is in its
 * own: so much is kept out of them that it is not. */
static void hdr_len_is_such_that_the_rest_is_copied_fast(void **state)
{
	(void)state;
	assert_int_equal(hdr_len_of(0, 8192, 0, 4096), 40);
	assert_int_equal(hdr_len_of(4096 - 32, 8192, 4096 - 32, 4096), 40);
	assert_int_equal(hdr_len_of(4096 - 31, 8192, 100, 4096), 40 + 32);
	assert_int_equal(hdr_len_of(4096 - 1, 8192, 100, 4096), 40 + 32);
	/* The second piece goes to the octets behind the first: 8192 of them, or less by what is
	 * kept out. */
	assert_int_equal(hdr_len_of(0, 8192 + 8, 0, 4096), 40 + 32);
	assert_int_equal(hdr_len_of(0, 8192 + 8, 0, 512), 40); /* so few do not matter */
	/* With 32 less it is the first one's turn, then the second's: 64. */
	assert_int_equal(hdr_len_of(4096 - 8, 8192, 4096 - 40, 4096), 40 + 64);
}

static void what_is_no_tcp_cannot_be_left_to_the_kernel(void **state)
{
	struct virtio_net_hdr header;
	struct bench bench;

	(void)state;
	bench_init(&bench, TEST_ACK, 100);
	bench.p.bytes[9] = 1;
	assert_true(vnet_write(&header, bench.packet));
	bench.packet->checksum_left = true;
	assert_false(vnet_write(&header, bench.packet));
}

/* ---- theirs ---------------------------------------------------------------------------- */

/* A header as the kernel writes it before segments of 500 octets, and a packet of 1,200. */
static const struct virtio_net_hdr segments = {.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
	.hdr_len = 40,
	.gso_size = 500,
	.csum_start = 20,
	.csum_offset = 16};

/* What is made of a packet of so many octets with this header: the segments' length, or -1 if
 * it is refused. *left: whether its checksum is not to be looked at. */
static int read_as(const struct virtio_net_hdr *header, size_t payload_len, bool *left)
{
	struct bench bench;
	bool taken;

	bench_init(&bench, TEST_ACK, payload_len);
	bench.packet->segment_len = 999;
	taken = vnet_read(header, bench.packet);
	*left = bench.packet->checksum_left;
	return taken ? bench.packet->segment_len : -1;
}

static void what_the_kernel_says_is_understood(void **state)
{
	struct virtio_net_hdr header = {0};
	bool left;

	(void)state;
	assert_int_equal(read_as(&header, 1200, &left), 0);
	assert_false(left);
	assert_int_equal(read_as(&segments, 1200, &left), 500);
	assert_true(left);
	assert_int_equal(read_as(&segments, 500, &left), 0); /* one segment all the same */
	assert_true(left);
	header = segments;
	header.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
	assert_int_equal(read_as(&header, 1200, &left), 500);
	header = segments;
	header.gso_type = VIRTIO_NET_HDR_GSO_NONE;
	assert_int_equal(read_as(&header, 1200, &left), 0);
	assert_true(left);
	header.flags = VIRTIO_NET_HDR_F_DATA_VALID;
	assert_int_equal(read_as(&header, 1200, &left), 0);
	assert_true(left);
}

/* A field that is changed makes a lie of it. */
static void what_cannot_be_is_refused(void **state)
{
	struct virtio_net_hdr header;
	bool left;

	(void)state;
	header = segments;
	header.gso_type = VIRTIO_NET_HDR_GSO_TCPV6;
	assert_int_equal(read_as(&header, 1200, &left), -1);
	header.gso_type = VIRTIO_NET_HDR_GSO_UDP;
	assert_int_equal(read_as(&header, 1200, &left), -1);
	header.gso_type = 0x7f;
	assert_int_equal(read_as(&header, 1200, &left), -1);
	header = segments;
	header.gso_size = 0;
	assert_int_equal(read_as(&header, 1200, &left), -1);
	header = segments;
	header.flags = 0;
	assert_int_equal(read_as(&header, 1200, &left), -1);
	header = segments;
	header.csum_start = 24;
	assert_int_equal(read_as(&header, 1200, &left), -1);
	header = segments;
	header.csum_offset = 6;
	assert_int_equal(read_as(&header, 1200, &left), -1);
	header.gso_type = VIRTIO_NET_HDR_GSO_NONE;
	header.csum_start = 1239; /* the field would reach beyond the packet */
	header.csum_offset = 0;
	assert_int_equal(read_as(&header, 1200, &left), -1);
	header.csum_start = UINT16_MAX;
	header.csum_offset = UINT16_MAX;
	assert_int_equal(read_as(&header, 1200, &left), -1);
}

static void segments_of_what_is_no_tcp_are_refused(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, TEST_ACK, 1200);
	bench.p.bytes[9] = 17;
	assert_false(vnet_read(&segments, bench.packet));
}

/* The kernel leaves out the checksum of UDP, too, and nobody behind the link could know. */
static void a_checksum_of_udp_is_completed(void **state)
{
	const struct virtio_net_hdr header = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 20, .csum_offset = 6};
	struct bench bench;
	uint8_t *udp = bench.p.bytes + 20;
	uint32_t pseudo;

	(void)state;
	bench_init(&bench, TEST_ACK, 101);
	bench.p.bytes[9] = 17;
	pseudo = test_packet_sum(121 + 17, bench.p.bytes + 12, 8);
	test_put16(udp + 6, pseudo);
	assert_true(vnet_read(&header, bench.packet));
	assert_false(bench.packet->checksum_left);
	assert_int_equal(test_packet_sum(pseudo, udp, 121), 0xffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_packet_has_an_empty_header),
		cmocka_unit_test(a_checksum_is_left_where_it_belongs),
		cmocka_unit_test(segments_are_told_with_their_size),
		cmocka_unit_test(hdr_len_is_such_that_the_rest_is_copied_fast),
		cmocka_unit_test(what_is_no_tcp_cannot_be_left_to_the_kernel),
		cmocka_unit_test(what_the_kernel_says_is_understood),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(segments_of_what_is_no_tcp_are_refused),
		cmocka_unit_test(a_checksum_of_udp_is_completed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
