/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_RUNGS_H
#define TEST_RUNGS_H

/* A capture file in memory, drawn: segments of one connection, with numbers relative to its SYNs,
 * go in, and the page comes out. */

#include <stdio.h>
#include <stdlib.h>

#include "ladder/rungs.h"
#include "test_capture.h"
#include "test_packet.h"

#define ISN_CLIENT 4294967290u
#define ISN_SERVER 70000u
#define PAGE_BEGIN_US 1700000000000000u /* 2023-11-14 22:13:20 UTC */

enum {
	S = TEST_SYN,
	A = TEST_ACK,
	SA = TEST_SYN | TEST_ACK,
	PA = TEST_PSH | TEST_ACK,
	FA = TEST_FIN | TEST_ACK,
	R = TEST_RST
};

struct page {
	struct test_capture file; /* pcapng: interface 0 is "wire", 1 is "dropped" */
	struct rungs rungs;
	struct follow follow;
	uint64_t at_us;
	uint16_t id;     /* of the next packet; 0: of none */
	uint16_t window; /* of what the client sends */
	char text[65536];
	size_t len;
};

static inline void page_write(void *arg, const char *line)
{
	struct page *page = arg;

	page->len += (size_t)snprintf(
		page->text + page->len, sizeof(page->text) - page->len, "%s\n", line);
	assert_true(page->len < sizeof(page->text));
}

static inline int page_setup(void **state)
{
	struct page *page = calloc(1, sizeof(*page));
	const struct view view = {rungs_show, rungs_show_error, &page->rungs};

	page->at_us = PAGE_BEGIN_US;
	page->window = 502;
	ladder_page_init(&page->rungs.page, page_write, page);
	follow_init(&page->follow, &view, evtcp_world_system());
	*state = page;
	return 0;
}

static inline int page_teardown(void **state)
{
	struct page *page = *state;

	follow_free(&page->follow);
	free(page);
	return 0;
}

/* The file begins, written by this program. */
static inline void page_begin(struct page *page, const char *application)
{
	capture_section(&page->file, application);
	capture_interface(&page->file, 101, "wire", 6);
	capture_interface(&page->file, 101, "dropped", 6);
}

/* One packet, 100 us after the one before it, with a comment or NULL. */
static inline void page_packet(struct page *page, uint32_t interface,
	const struct test_segment *segment, const char *comment)
{
	struct test_packet packet;
	const uint32_t direction = segment->out ? 2 : 1;

	if (page->file.len == 0)
		page_begin(page, "tcpdump");
	test_packet_build(&packet, segment, 0, EVTCP_CAUSE_NONE);
	test_put16(packet.bytes + 4, page->id);
	page->id += page->id != 0;
	capture_enhanced(
		&page->file, interface, page->at_us, packet.bytes, (uint32_t)packet.iov.iov_len);
	if (comment)
		capture_option(&page->file, 1, comment, strlen(comment));
	capture_option(&page->file, 2, &direction, 4);
	capture_option(&page->file, 0, "", 0);
	capture_end(&page->file);
	page->at_us += 100;
}

static inline struct test_segment from_client(
	struct page *page, uint16_t flags, uint32_t seq, uint32_t ack, size_t len)
{
	return (struct test_segment){.flags = flags,
		.seq = ISN_CLIENT + seq,
		.ack = flags & A ? ISN_SERVER + ack : 0,
		.window = page->window,
		.payload_len = len};
}

static inline struct test_segment from_server(
	uint16_t flags, uint32_t seq, uint32_t ack, size_t len)
{
	return (struct test_segment){.out = true,
		.flags = flags,
		.seq = ISN_SERVER + seq,
		.ack = flags & A ? ISN_CLIENT + ack : 0,
		.window = 65535,
		.payload_len = len};
}

/* Segments without a comment, on the wire. */
static inline void client(struct page *page, uint16_t flags, uint32_t seq, uint32_t ack, size_t len)
{
	struct test_segment segment = from_client(page, flags, seq, ack, len);

	page_packet(page, 0, &segment, NULL);
}

static inline void server(struct page *page, uint16_t flags, uint32_t seq, uint32_t ack, size_t len)
{
	struct test_segment segment = from_server(flags, seq, ack, len);

	page_packet(page, 0, &segment, NULL);
}

static inline void handshake(struct page *page)
{
	client(page, S, 0, 0, 0);
	server(page, SA, 0, 1, 0);
	client(page, A, 1, 1, 0);
}

/* Reads the file to its end, or to where it has none, onto the page. */
static inline enum pcap_status page_draw(struct page *page)
{
	struct pcap_reader *reader = capture_open(&page->file);
	struct pcap_packet packet;
	enum pcap_status status;

	while ((status = pcap_reader_next(reader, &packet)) == PCAP_PACKET)
		follow_packet(&page->follow, &packet, pcap_reader_is_evtcp(reader));
	pcap_reader_free(reader);
	return status;
}

/* The page is `expected`, but for the lines of the handshake and of the head if it does not have
 * them. */
static inline void assert_page(struct page *page, const char *expected)
{
	size_t len = strlen(expected);

	page_draw(page);
	if (page->len < len || strcmp(page->text + page->len - len, expected) != 0) {
		printf("drawn:\n%s\nexpected:\n%s", page->text, expected);
		fail_msg("another ladder");
	}
}

#endif
