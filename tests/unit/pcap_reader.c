/* SPDX-License-Identifier: BSD-3-Clause */

/* Capture files: both formats in both byte orders, each kind of block, and what is refused, with
 * the offset of what is wrong. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "test_capture.h"

/* A file that is built, and read. */
struct page {
	struct test_capture file;
	struct pcap_reader *reader;
	struct pcap_packet packet;
};

static int page_setup(void **state)
{
	*state = calloc(1, sizeof(struct page));
	return 0;
}

static int page_teardown(void **state)
{
	struct page *page = *state;

	pcap_reader_free(page->reader);
	free(page);
	return 0;
}

static enum pcap_status next(struct page *page)
{
	if (!page->reader)
		page->reader = capture_open(&page->file);
	return pcap_reader_next(page->reader, &page->packet);
}

/* The file ends with this status, at this offset, for a reason that has these words. */
static void assert_ends(struct page *page, enum pcap_status status, uint64_t at, const char *words)
{
	assert_int_equal(next(page), status);
	assert_int_equal(pcap_reader_error_at(page->reader), at);
	if (!strstr(pcap_reader_error(page->reader), words))
		fail_msg("'%s' says nothing of '%s'", pcap_reader_error(page->reader), words);
	assert_int_equal(next(page), status); /* and that remains so */
}

static void restart(struct page *page)
{
	pcap_reader_free(page->reader);
	page->reader = NULL;
	memset(&page->file, 0, sizeof(page->file));
}

/* ---- pcap --------------------------------------------------------------------- */

static void pcap_is_read_in_both_orders_and_units_of_time(void **state)
{
	struct page *page = *state;

	for (unsigned i = 0; i < 8; i++) {
		bool nanoseconds = i & 1;

		restart(page);
		page->file.big_endian = i & 2;
		page->file.piece = i & 4 ? 1 : 0; /* as a slow pipe gives it */
		capture_pcap(&page->file, nanoseconds ? TEST_MAGIC_NS : TEST_MAGIC_US, 101);
		capture_record(&page->file, TEST_AT(1700000000, 5), "packet", 6, 9);
		capture_record(&page->file, TEST_AT(1700000001, 999999), "", 0, 0);
		assert_int_equal(next(page), PCAP_PACKET);
		assert_int_equal(
			page->packet.at_ns, 1700000000000000000u + (nanoseconds ? 5 : 5000));
		assert_int_equal(page->packet.len, 6);
		assert_int_equal(page->packet.whole_len, 9);
		assert_memory_equal(page->packet.bytes, "packet", 6);
		assert_int_equal(page->packet.interface->link_type, 101);
		assert_false(page->packet.cut);
		assert_int_equal(next(page), PCAP_PACKET);
		assert_int_equal(page->packet.len, 0);
		assert_int_equal(next(page), PCAP_END);
	}
}

static void the_length_of_a_check_sequence_is_no_link_type(void **state)
{
	struct page *page = *state;

	capture_pcap(&page->file, TEST_MAGIC_US, 0x44000001);
	capture_record(&page->file, TEST_AT(1, 0), "x", 1, 1);
	assert_int_equal(next(page), PCAP_PACKET);
	assert_int_equal(page->packet.interface->link_type, 1);
}

static void a_pcap_that_ends_within_a_packet_gives_what_there_is(void **state)
{
	struct page *page = *state;

	capture_pcap(&page->file, TEST_MAGIC_US, 101);
	capture_record(&page->file, TEST_AT(1, 0), "whole", 5, 5);
	capture_record(&page->file, TEST_AT(2, 0), "packet", 6, 6);
	page->file.len -= 2;
	assert_int_equal(next(page), PCAP_PACKET);
	assert_int_equal(next(page), PCAP_PACKET);
	assert_int_equal(page->packet.len, 4);
	assert_int_equal(page->packet.whole_len, 6);
	assert_true(page->packet.cut);
	assert_ends(page, PCAP_CUT, 24 + 21, "ends within the packet");
}

static void each_end_within_a_header_is_told(void **state)
{
	struct page *page = *state;

	capture_pcap(&page->file, TEST_MAGIC_US, 101);
	page->file.len = 23;
	assert_ends(page, PCAP_CUT, 0, "file header");
	restart(page);
	capture_pcap(&page->file, TEST_MAGIC_US, 101);
	capture_record(&page->file, TEST_AT(1, 0), "", 0, 0);
	page->file.len -= 1;
	assert_ends(page, PCAP_CUT, 24, "record header");
}

static void a_length_that_lies_costs_nothing(void **state)
{
	struct page *page = *state;

	capture_pcap(&page->file, TEST_MAGIC_US, 101);
	capture_record(&page->file, TEST_AT(1, 0), "", 0, 0);
	memset(page->file.bytes + 32, 0xff, 4); /* 4 GiB are captured */
	assert_ends(page, PCAP_BAD, 24, "4294967295 bytes");
}

static void what_is_no_capture_is_called_by_its_name(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *words;
	} files[] = {{"", 0, "empty"}, {"\x1f\x8b\x08", 3, "gzip"}, {"\x28\xb5\x2f\xfd", 4, "zstd"},
		{"GET / HTTP/1.1", 14, "neither"}, {"\xa1\xb2\xc3", 3, "neither"}};
	struct page *page = *state;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		restart(page);
		capture_bytes(&page->file, files[i].bytes, files[i].len);
		assert_ends(page, PCAP_BAD, 0, files[i].words);
	}
}

static ptrdiff_t read_fails(void *arg, void *bytes, size_t len)
{
	(void)arg;
	(void)bytes;
	(void)len;
	errno = EIO;
	return -1;
}

static void a_file_that_cannot_be_read_says_why(void **state)
{
	const struct pcap_source source = {read_fails, NULL};
	struct page *page = *state;

	page->reader = pcap_reader_new(&source, evtcp_world_system());
	assert_ends(page, PCAP_FAILED, 0, "Input/output error");
}

/* ---- pcapng -------------------------------------------------------------------- */

static void interfaces_differ_in_link_type_and_time(void **state)
{
	struct page *page = *state;

	for (int big_endian = 0; big_endian < 2; big_endian++) {
		restart(page);
		page->file.big_endian = big_endian;
		page->file.piece = 3;
		capture_section(&page->file, "another program");
		capture_interface(&page->file, 1, "eth0", 9);
		capture_interface(&page->file, 101, "tun0", 0x80 | 10);
		capture_enhanced(&page->file, 1, 5 << 10 | 512, "packet", 6);
		capture_end(&page->file);
		capture_enhanced(&page->file, 0, 1700000000000000001, "x", 1);
		capture_end(&page->file);
		assert_int_equal(next(page), PCAP_PACKET);
		assert_string_equal(page->packet.interface->name, "tun0");
		assert_int_equal(page->packet.interface->link_type, 101);
		assert_int_equal(page->packet.at_ns, 5500000000);
		assert_int_equal(page->packet.len, 6);
		assert_false(pcap_reader_is_evtcp(page->reader));
		assert_int_equal(next(page), PCAP_PACKET);
		assert_string_equal(page->packet.interface->name, "eth0");
		assert_int_equal(page->packet.at_ns, 1700000000000000001);
		assert_int_equal(next(page), PCAP_END);
	}
}

/* Everything that a packet of our own captures has. */
static void comments_direction_and_losses_are_found_among_the_options(void **state)
{
	static const uint8_t outbound[] = {2, 0, 0, 0}, lost[] = {7, 0, 0, 0, 0, 0, 0, 0};
	struct page *page = *state;
	size_t at = 0, len;
	const char *text;

	capture_section(&page->file, "evtcp");
	capture_interface(&page->file, 101, "wire", 6);
	capture_enhanced(&page->file, 0, 1, "odd", 3);
	capture_option(&page->file, 1, "first", 5);
	capture_option(&page->file, 2, outbound, 4);
	capture_option(&page->file, 4, lost, 8);
	capture_option(&page->file, 1, "", 0);
	capture_option(&page->file, 0, "", 0);
	capture_end(&page->file);
	assert_int_equal(next(page), PCAP_PACKET);
	assert_true(pcap_reader_is_evtcp(page->reader));
	assert_int_equal(page->packet.direction, PCAP_OUTBOUND);
	assert_int_equal(page->packet.lost, 7);
	assert_true(pcap_packet_comment(&page->packet, &at, &text, &len));
	assert_int_equal(len, 5);
	assert_memory_equal(text, "first", 5);
	assert_true(pcap_packet_comment(&page->packet, &at, &text, &len));
	assert_int_equal(len, 0);
	assert_false(pcap_packet_comment(&page->packet, &at, &text, &len));
}

static void older_kinds_of_packets_are_read(void **state)
{
	struct page *page = *state;

	capture_section(&page->file, NULL);
	capture_interface(&page->file, 1, "", 6);
	capture_begin(&page->file, TEST_BLOCK_PACKET);
	capture_u16(&page->file, 0);
	capture_u16(&page->file, 3); /* packets lost */
	capture_u32(&page->file, 0);
	capture_u32(&page->file, 2000000);
	capture_u32(&page->file, 5);
	capture_u32(&page->file, 60);
	capture_bytes(&page->file, "older\0\0\0", 8);
	capture_end(&page->file);
	capture_begin(&page->file, TEST_BLOCK_SIMPLE);
	capture_u32(&page->file, 6);
	capture_bytes(&page->file, "simple\0\0", 8);
	capture_end(&page->file);
	assert_int_equal(next(page), PCAP_PACKET);
	assert_memory_equal(page->packet.bytes, "older", 5);
	assert_int_equal(page->packet.whole_len, 60);
	assert_int_equal(page->packet.at_ns, 2000000000);
	assert_int_equal(page->packet.lost, 3);
	assert_int_equal(next(page), PCAP_PACKET);
	assert_false(page->packet.timed);
	assert_int_equal(page->packet.len, 6);
	assert_memory_equal(page->packet.bytes, "simple", 6);
	assert_int_equal(next(page), PCAP_END);
}

static void blocks_that_are_not_ours_are_passed_over_at_any_length(void **state)
{
	struct page *page = *state;

	capture_section(&page->file, NULL);
	for (uint32_t len = 0; len < 20000; len += 4 + len) {
		capture_begin(&page->file, 0x00000BAD);
		page->file.len += len;
		capture_end(&page->file);
	}
	capture_interface(&page->file, 101, "", 6);
	capture_enhanced(&page->file, 0, 1, "x", 1);
	capture_end(&page->file);
	assert_int_equal(next(page), PCAP_PACKET);
	assert_int_equal(next(page), PCAP_END);
}

/* A section may have another byte order, and has interfaces of its own. */
static void sections_follow_each_other(void **state)
{
	struct page *page = *state;

	capture_section(&page->file, "evtcp");
	capture_interface(&page->file, 101, "wire", 6);
	page->file.big_endian = true;
	capture_section(&page->file, "other");
	capture_interface(&page->file, 1, "eth0", 6);
	capture_enhanced(&page->file, 0, 7, "x", 1);
	capture_end(&page->file);
	assert_int_equal(next(page), PCAP_PACKET);
	assert_string_equal(page->packet.interface->name, "eth0");
	assert_int_equal(page->packet.at_ns, 7000);
	assert_false(pcap_reader_is_evtcp(page->reader));
	capture_section(&page->file, NULL);
	capture_enhanced(&page->file, 0, 7, "x", 1);
	capture_end(&page->file);
	assert_ends(page, PCAP_BAD, page->file.block, "not described");
}

/* ---- pcapng that lies ----------------------------------------------------------- */

/* A section, an interface and a packet "packet" with a comment; its block begins at
 * page->file.block. */
static void build_one(struct page *page)
{
	restart(page);
	capture_section(&page->file, NULL);
	capture_interface(&page->file, 101, "wire", 6);
	capture_enhanced(&page->file, 0, 1, "packet", 6);
	capture_option(&page->file, 1, "comment", 7);
	capture_option(&page->file, 0, "", 0);
	capture_end(&page->file);
}

/* Octet i of the packet's block becomes value. */
static void spoil(struct page *page, size_t i, uint8_t value)
{
	build_one(page);
	page->file.bytes[page->file.block + i] = value;
}

static void lengths_that_do_not_agree_are_refused(void **state)
{
	static const struct {
		size_t octet;
		uint8_t value;
		const char *words;
	} lies[] = {
		{4, 8, "cannot have 8 bytes"},       /* shorter than its own lengths */
		{4, 57, "cannot have 57 bytes"},     /* no multiple of four */
		{7, 0x7f, "more than 16777216"},     /* larger than any packet */
		{4, 16, "differ"},                   /* where it says that it ends it does not */
		{8, 1, "not described"},             /* of no interface */
		{20, 61, "longer than the block"},   /* a packet larger than its block */
		{23, 0xff, "longer than the block"}, /* much larger */
		{38, 200, "option runs out"},        /* a comment larger than its block */
	};
	struct page *page = *state;

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		spoil(page, lies[i].octet, lies[i].value);
		assert_ends(page, PCAP_BAD, page->file.block, lies[i].words);
	}
	spoil(page, page->file.len - page->file.block - 1, 1); /* the length behind it */
	assert_ends(page, PCAP_BAD, page->file.block, "differ");
}

static void a_section_must_be_one_that_is_known(void **state)
{
	struct page *page = *state;

	build_one(page);
	page->file.bytes[8] = 0; /* byte order */
	assert_ends(page, PCAP_BAD, 0, "byte order");
	build_one(page);
	page->file.bytes[12] = 2; /* version */
	assert_ends(page, PCAP_BAD, 0, "version");
	build_one(page);
	page->file.bytes[4] = 24;
	assert_ends(page, PCAP_BAD, 0, "too short");
}

static void at_whatever_octet_it_ends_that_is_told(void **state)
{
	struct page *page = *state;
	size_t block, whole;

	build_one(page);
	block = page->file.block;
	whole = page->file.len;
	for (size_t len = 1; len < whole; len++) {
		enum pcap_status status;

		build_one(page);
		page->file.len = len;
		status = next(page);
		if (status == PCAP_PACKET) { /* as far as it goes */
			assert_true(len >= block + 28);
			assert_int_equal(page->packet.len, len < block + 34 ? len - block - 28 : 6);
			assert_int_equal(page->packet.cut, len < block + 34);
			status = next(page);
		}
		/* A file of three octets is none, one that ends between two blocks is whole. */
		if (len < 4)
			assert_int_equal(status, PCAP_BAD);
		else if (len == 32 || len == block) /* behind the section, the interface */
			assert_int_equal(status, PCAP_END);
		else
			assert_int_equal(status, PCAP_CUT);
	}
}

/* Gives a section, and then the same description of an interface for ever. */
struct endless {
	struct test_capture section, block;
};

static ptrdiff_t endless_read(void *arg, void *bytes, size_t len)
{
	struct endless *endless = arg;

	if (endless->section.at < endless->section.len)
		return capture_read(&endless->section, bytes, len);
	if (endless->block.at == endless->block.len)
		endless->block.at = 0;
	return capture_read(&endless->block, bytes, len);
}

static void there_is_an_end_to_interfaces(void **state)
{
	struct page *page = *state;
	struct endless *endless = calloc(1, sizeof(*endless));
	const struct pcap_source source = {endless_read, endless};

	capture_section(&endless->section, NULL);
	capture_interface(&endless->block, 101, "", 6);
	page->reader = pcap_reader_new(&source, evtcp_world_system());
	assert_ends(page, PCAP_BAD, endless->section.len + 4096 * endless->block.len,
		"more than 4096 interfaces");
	free(endless);
}

/* ---- memory ------------------------------------------------------------------------ */

static void *alloc_never(void *arg, size_t size)
{
	(void)arg;
	(void)size;
	return NULL;
}

static void *realloc_never(void *arg, void *ptr, size_t size)
{
	(void)ptr;
	return alloc_never(arg, size);
}

static void without_memory_it_says_so(void **state)
{
	struct evtcp_world world = *evtcp_world_system();
	struct page *page = *state;
	const struct pcap_source source = {capture_read, &page->file};

	build_one(page);
	world.realloc = realloc_never;
	page->reader = pcap_reader_new(&source, &world);
	assert_int_equal(next(page), PCAP_FAILED);
	assert_string_equal(pcap_reader_error(page->reader), "out of memory");
	world.alloc = alloc_never;
	assert_null(pcap_reader_new(&source, &world));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, page_setup, page_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pcap_is_read_in_both_orders_and_units_of_time),
		TEST(the_length_of_a_check_sequence_is_no_link_type),
		TEST(a_pcap_that_ends_within_a_packet_gives_what_there_is),
		TEST(each_end_within_a_header_is_told),
		TEST(a_length_that_lies_costs_nothing),
		TEST(what_is_no_capture_is_called_by_its_name),
		TEST(a_file_that_cannot_be_read_says_why),
		TEST(interfaces_differ_in_link_type_and_time),
		TEST(comments_direction_and_losses_are_found_among_the_options),
		TEST(older_kinds_of_packets_are_read),
		TEST(blocks_that_are_not_ours_are_passed_over_at_any_length),
		TEST(sections_follow_each_other),
		TEST(lengths_that_do_not_agree_are_refused),
		TEST(a_section_must_be_one_that_is_known),
		TEST(at_whatever_octet_it_ends_that_is_told),
		TEST(there_is_an_end_to_interfaces),
		TEST(without_memory_it_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
