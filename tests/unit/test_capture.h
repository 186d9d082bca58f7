/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_CAPTURE_H
#define TEST_CAPTURE_H

/* Capture files in memory, written octet by octet in either byte order, without the code under
 * test. */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "pcap/reader.h"

enum {
	TEST_BLOCK_SECTION = 0x0A0D0D0A,
	TEST_BLOCK_INTERFACE = 1,
	TEST_BLOCK_PACKET = 2,
	TEST_BLOCK_SIMPLE = 3,
	TEST_BLOCK_ENHANCED = 6
};

struct test_capture {
	uint8_t bytes[1 << 16];
	size_t len;
	bool big_endian;
	size_t block; /* where the block being built begins */
	size_t at;    /* read so far */
	size_t piece; /* bytes that a read gives at most; 0: all */
};

static inline void capture_bytes(struct test_capture *capture, const void *bytes, size_t len)
{
	memcpy(capture->bytes + capture->len, bytes, len);
	capture->len += len;
}

static inline void capture_number(struct test_capture *capture, uint64_t value, size_t octets)
{
	for (size_t i = 0; i < octets; i++) {
		size_t shift = capture->big_endian ? octets - 1 - i : i;

		capture->bytes[capture->len++] = (uint8_t)(value >> 8 * shift);
	}
}

static inline void capture_u16(struct test_capture *capture, uint16_t value)
{
	capture_number(capture, value, 2);
}

static inline void capture_u32(struct test_capture *capture, uint32_t value)
{
	capture_number(capture, value, 4);
}

/* ---- pcap --------------------------------------------------------------------- */

#define TEST_MAGIC_US 0xa1b2c3d4u
#define TEST_MAGIC_NS 0xa1b23c4du

static inline void capture_pcap(struct test_capture *capture, uint32_t magic, uint32_t link_type)
{
	capture_u32(capture, magic);
	capture_u16(capture, 2);
	capture_u16(capture, 4);
	capture_number(capture, 0, 8);
	capture_u32(capture, 65535);
	capture_u32(capture, link_type);
}

/* Seconds and what is below one, as a record has them. */
#define TEST_AT(s, fraction) ((uint64_t)(s) << 32 | (fraction))

/* A packet of whole_len bytes, of which len are in the file. */
static inline void capture_record(struct test_capture *capture, uint64_t at, const void *bytes,
	uint32_t len, uint32_t whole_len)
{
	capture_u32(capture, (uint32_t)(at >> 32));
	capture_u32(capture, (uint32_t)at);
	capture_u32(capture, len);
	capture_u32(capture, whole_len);
	capture_bytes(capture, bytes, len);
}

/* ---- pcapng -------------------------------------------------------------------- */

static inline void capture_begin(struct test_capture *capture, uint32_t type)
{
	capture->block = capture->len;
	capture_u32(capture, type);
	capture_u32(capture, 0);
}

static inline void capture_pad(struct test_capture *capture)
{
	while ((capture->len - capture->block) % 4 != 0)
		capture->bytes[capture->len++] = 0;
}

static inline void capture_end(struct test_capture *capture)
{
	uint32_t total = (uint32_t)(capture->len - capture->block + 4);
	size_t end;

	capture_u32(capture, total);
	end = capture->len;
	capture->len = capture->block + 4;
	capture_u32(capture, total);
	capture->len = end;
}

static inline void capture_option(
	struct test_capture *capture, uint16_t code, const void *value, size_t len)
{
	capture_u16(capture, code);
	capture_u16(capture, (uint16_t)len);
	capture_bytes(capture, value, len);
	capture_pad(capture);
}

static inline void capture_section(struct test_capture *capture, const char *application)
{
	capture_begin(capture, TEST_BLOCK_SECTION);
	capture_u32(capture, 0x1A2B3C4D);
	capture_u16(capture, 1);
	capture_u16(capture, 0);
	capture_number(capture, UINT64_MAX, 8);
	if (application)
		capture_option(capture, 4, application, strlen(application));
	capture_option(capture, 0, "", 0);
	capture_end(capture);
}

static inline void capture_interface(
	struct test_capture *capture, uint16_t link_type, const char *name, uint8_t resolution)
{
	capture_begin(capture, TEST_BLOCK_INTERFACE);
	capture_u16(capture, link_type);
	capture_u16(capture, 0);
	capture_u32(capture, 65535);
	capture_option(capture, 2, name, strlen(name));
	capture_option(capture, 9, &resolution, 1);
	capture_option(capture, 0, "", 0);
	capture_end(capture);
}

/* An enhanced packet without options, up to where they would stand. */
static inline void capture_enhanced(struct test_capture *capture, uint32_t interface,
	uint64_t ticks, const void *bytes, uint32_t len)
{
	capture_begin(capture, TEST_BLOCK_ENHANCED);
	capture_u32(capture, interface);
	capture_u32(capture, (uint32_t)(ticks >> 32));
	capture_u32(capture, (uint32_t)ticks);
	capture_u32(capture, len);
	capture_u32(capture, len);
	capture_bytes(capture, bytes, len);
	capture_pad(capture);
}

/* ---- reading --------------------------------------------------------------------- */

static inline ptrdiff_t capture_read(void *arg, void *bytes, size_t len)
{
	struct test_capture *capture = arg;
	size_t n = capture->len - capture->at;

	if (n > len)
		n = len;
	if (capture->piece != 0 && n > capture->piece)
		n = capture->piece;
	memcpy(bytes, capture->bytes + capture->at, n);
	capture->at += n;
	return (ptrdiff_t)n;
}

/* A reader at the beginning of the file; to be freed. */
static inline struct pcap_reader *capture_open(struct test_capture *capture)
{
	const struct pcap_source source = {capture_read, capture};

	capture->at = 0;
	return pcap_reader_new(&source, evtcp_world_system());
}

#endif
