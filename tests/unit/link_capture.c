/* SPDX-License-Identifier: BSD-3-Clause */

/* Captures: whole blocks, true comments, and a program that survives a full disk.
 * The file is read by a few lines of ours and by tshark. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <evtcp/capture.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test_packet.h"

#define NOW_US 5000000u
#define WALL_US 1700000000000000u

static uint64_t world_now(void *arg)
{
	(void)arg;
	return NOW_US;
}

static uint64_t world_wall(void *arg)
{
	(void)arg;
	return WALL_US;
}

static void *world_alloc_fails(void *arg, size_t size)
{
	(void)arg;
	(void)size;
	return NULL;
}

/* The system's memory, a clock that stands still. */
static struct evtcp_world world_at_rest(void)
{
	struct evtcp_world world = *evtcp_world_system();

	world.now_us = world_now;
	world.wall_us = world_wall;
	return world;
}

struct file {
	char path[32];
	struct evtcp_capture *capture;
	struct evtcp_observer observer;
};

static int file_setup(void **state)
{
	static struct file file;
	struct evtcp_world world = world_at_rest();

	strcpy(file.path, "/tmp/evtcp-capture-XXXXXX");

	int fd = mkstemp(file.path);

	assert_true(fd >= 0);
	file.capture = evtcp_capture_new(fd, &world);
	assert_non_null(file.capture);
	evtcp_capture_observer(file.capture, &file.observer);
	*state = &file;
	return 0;
}

static int file_teardown(void **state)
{
	struct file *file = *state;

	evtcp_capture_free(file->capture);
	unlink(file->path);
	return 0;
}

static void file_show(struct file *file, enum evtcp_sighting sighting,
	const struct test_segment *segment, struct evtcp_reason reason)
{
	struct test_packet packet;

	test_packet_build(&packet, segment, NOW_US + 1500, EVTCP_CAUSE_NONE);
	packet.packet.reason = reason;
	if (sighting == EVTCP_DROPPED_OUT || reason.cause == EVTCP_CAUSE_FAULT)
		packet.packet.fate = EVTCP_CAUSE_FAULT;
	file->observer.packet(file->observer.arg, sighting, &packet.packet);
}

static uint32_t u32_at(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/* Walks the file block by block; returns how many of type it has, and fails the
 * test if the blocks do not tile it. */
static unsigned file_count(const struct file *file, uint32_t type)
{
	static uint8_t bytes[1 << 20];
	FILE *stream = fopen(file->path, "rb");
	size_t len = fread(bytes, 1, sizeof(bytes), stream), at = 0;
	unsigned n = 0;

	fclose(stream);
	while (at < len) {
		uint32_t total = u32_at(bytes + at + 4);

		assert_true(total >= 12 && total % 4 == 0 && total <= len - at);
		assert_int_equal(u32_at(bytes + at + total - 4), total);
		n += u32_at(bytes + at) == type;
		at += total;
	}
	return n;
}

static void the_headers_are_in_the_file_at_once(void **state)
{
	struct file *file = *state;

	assert_int_equal(file_count(file, 0x0A0D0D0A), 1);
	assert_int_equal(file_count(file, 1), 2);
	assert_int_equal(file_count(file, 6), 0);
}

static void packets_wait_in_the_buffer_until_flush(void **state)
{
	struct file *file = *state;
	struct test_segment segment = {.flags = TEST_SYN};

	file_show(file, EVTCP_WIRE_IN, &segment, (struct evtcp_reason){EVTCP_CAUSE_ACCEPTED, 0, 0});
	assert_int_equal(file_count(file, 6), 0);
	evtcp_capture_flush(file->capture);
	assert_int_equal(file_count(file, 6), 1);
}

static void a_full_buffer_is_written_and_every_length_is_padded(void **state)
{
	struct file *file = *state;

	for (size_t i = 0; i < 600; i++) {
		struct test_segment segment = {.flags = TEST_ACK, .payload_len = i};

		file_show(file, EVTCP_WIRE_OUT, &segment,
			(struct evtcp_reason){EVTCP_CAUSE_DATA, 0, 0});
	}
	assert_true(file_count(file, 6) > 0);
	evtcp_capture_flush(file->capture);
	assert_int_equal(file_count(file, 6), 600);
}

static void the_largest_packet_and_the_empty_one_fit(void **state)
{
	struct file *file = *state;
	static uint8_t bytes[65536];
	struct iovec iov[2] = {{bytes, 30000}, {bytes + 30000, 35535}};
	struct evtcp_packet packet = {.iov = iov, .iovcnt = 2, .len = 65535, .at_us = NOW_US};
	struct evtcp_packet empty = {.at_us = NOW_US}, oversized = packet;

	for (int i = 0; i < 3; i++)
		file->observer.packet(file->observer.arg, EVTCP_WIRE_OUT, &packet);
	file->observer.packet(file->observer.arg, EVTCP_WIRE_IN, &empty);
	iov[1].iov_len = 35536;
	oversized.len = 65536;
	file->observer.packet(file->observer.arg, EVTCP_WIRE_OUT, &oversized); /* no IP packet */
	evtcp_capture_flush(file->capture);
	assert_int_equal(file_count(file, 6), 4);
}

static void what_a_fault_took_on_the_way_in_stands_once(void **state)
{
	struct file *file = *state;
	struct test_segment segment = {.flags = TEST_ACK};
	struct evtcp_reason fault = {EVTCP_CAUSE_FAULT, 0, 0};

	file_show(file, EVTCP_DROPPED_IN, &segment, fault); /* the fault link shows it, */
	file_show(file, EVTCP_WIRE_IN, &segment, fault);    /* then the tap below it */
	evtcp_capture_flush(file->capture);
	assert_int_equal(file_count(file, 6), 1);
}

static void a_full_disk_is_an_error_and_the_file_descriptor_stays_ours(void **state)
{
	struct evtcp_world world = world_at_rest();
	int fd = open("/dev/full", O_WRONLY);

	(void)state;
	assert_null(evtcp_capture_new(fd, &world));
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(close(fd), 0);
}

static void a_write_that_fails_stops_the_capture_once_and_leaves_whole_blocks(void **state)
{
	struct file *file = *state;
	struct test_segment segment = {.flags = TEST_ACK, .payload_len = 1000};
	struct evtcp_reason reason = {EVTCP_CAUSE_DATA, 0, 0};
	struct rlimit whole, small;

	getrlimit(RLIMIT_FSIZE, &whole);
	small = whole;
	small.rlim_cur = 10001; /* in the middle of a block */
	signal(SIGXFSZ, SIG_IGN);
	file_show(file, EVTCP_WIRE_OUT, &segment, reason);
	evtcp_capture_flush(file->capture);
	setrlimit(RLIMIT_FSIZE, &small);
	for (int i = 0; i < 20; i++)
		file_show(file, EVTCP_WIRE_OUT, &segment, reason);
	evtcp_capture_flush(file->capture);
	setrlimit(RLIMIT_FSIZE, &whole);
	assert_int_equal(evtcp_capture_get_error(file->capture), EFBIG);

	file_show(file, EVTCP_WIRE_OUT, &segment, reason); /* taken no more */
	evtcp_capture_flush(file->capture);
	assert_int_equal(file_count(file, 6), 8); /* all that fit into 10,001 bytes */
}

/* ---- a file that others write to as well --------------------------------------------- */

/* A capture of a few packets on a file that is opened with O_APPEND and has been written
 * to before, up to a disk that is full in the middle of a block. */
static struct evtcp_capture *append_until_full(const char *path, rlim_t full_at)
{
	struct evtcp_world world = world_at_rest();
	struct evtcp_capture *capture = evtcp_capture_new(open(path, O_WRONLY | O_APPEND), &world);
	struct evtcp_reason reason = {EVTCP_CAUSE_DATA, 0, 0};
	struct test_segment segment = {.flags = TEST_ACK, .payload_len = 1000};
	struct file file = {.capture = capture};
	struct rlimit whole, small;

	assert_non_null(capture);
	evtcp_capture_observer(capture, &file.observer);
	for (int i = 0; i < 10; i++)
		file_show(&file, EVTCP_WIRE_OUT, &segment, reason);
	getrlimit(RLIMIT_FSIZE, &whole);
	small = whole;
	small.rlim_cur = full_at;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	evtcp_capture_flush(capture);
	setrlimit(RLIMIT_FSIZE, &whole);
	assert_int_equal(evtcp_capture_get_error(capture), EFBIG);
	return capture;
}

static void what_was_in_the_file_before_is_not_cut(void **state)
{
	char path[] = "/tmp/evtcp-capture-XXXXXX", bytes[5000];
	struct stat status;
	int fd = mkstemp(path);

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	evtcp_capture_free(append_until_full(path, 9001));
	assert_int_equal(fstat(fd, &status), 0);
	/* Headers and three packets of about 1,130 bytes fit, and no piece of a fourth. */
	assert_in_range(status.st_size, 5000 + 3 * 1000, 9000);
	assert_int_equal(status.st_size % 4, 0);
	assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		assert_int_equal(bytes[i], 'x');
	close(fd);
	unlink(path);
}

/* A write that is cut short leaves a hole in time in which somebody else may append. A
 * file with more behind our piece looks the same. */
static void what_stands_behind_our_piece_is_not_cut(void **state)
{
	char path[] = "/tmp/evtcp-capture-XXXXXX", bytes[12000] = {0};
	struct evtcp_world world = world_at_rest();
	struct stat status;
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	lseek(fd, 0, SEEK_SET); /* no O_APPEND: we overwrite its beginning */
	{
		struct file file = {.capture = evtcp_capture_new(fd, &world)};
		struct test_segment segment = {.flags = TEST_ACK, .payload_len = 1000};
		struct rlimit whole, small;

		evtcp_capture_observer(file.capture, &file.observer);
		for (int i = 0; i < 10; i++)
			file_show(&file, EVTCP_WIRE_OUT, &segment,
				(struct evtcp_reason){EVTCP_CAUSE_DATA, 0, 0});
		getrlimit(RLIMIT_FSIZE, &whole);
		small = whole;
		small.rlim_cur = 5001;
		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &small);
		evtcp_capture_flush(file.capture);
		setrlimit(RLIMIT_FSIZE, &whole);
		assert_int_equal(evtcp_capture_get_error(file.capture), EFBIG);
		evtcp_capture_free(file.capture);
	}
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size, sizeof(bytes));
	unlink(path);
}

/* ---- a pipe --------------------------------------------------------------------------- */

/* Copies what waits in the pipe to the file behind path. */
static void pour(int pipe, const char *path)
{
	int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	char bytes[65536];
	ssize_t n;

	while ((n = read(pipe, bytes, sizeof(bytes))) > 0)
		assert_int_equal(write(file, bytes, (size_t)n), n);
	close(file);
}

static void show_many(struct file *file, unsigned n)
{
	struct evtcp_reason reason = {EVTCP_CAUSE_DATA, 0, 0};

	for (size_t i = 0; i < n; i++) {
		struct test_segment segment = {.flags = TEST_ACK, .payload_len = i % 1400};

		file_show(file, EVTCP_WIRE_OUT, &segment, reason);
		evtcp_capture_flush(file->capture);
	}
}

/* Nobody waits for the reader; what he reads in the end is whole blocks, and says what
 * it lacks. */
static void a_pipe_that_is_not_read_loses_whole_packets_and_counts_them(void **state)
{
	struct evtcp_world world = world_at_rest();
	struct file file = {.path = "/tmp/evtcp-capture-XXXXXX"};
	unsigned in_pipe;
	int ends[2];

	(void)state;
	close(mkstemp(file.path));
	assert_int_equal(pipe(ends), 0);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	alarm(20); /* ends who waits all the same */
	file.capture = evtcp_capture_new(ends[1], &world);
	assert_non_null(file.capture);
	evtcp_capture_observer(file.capture, &file.observer);

	show_many(&file, 5000);
	assert_int_equal(evtcp_capture_get_error(file.capture), 0);
	assert_in_range(evtcp_capture_get_dropped(file.capture), 4000, 4999);
	pour(ends[0], file.path);
	in_pipe = file_count(&file, 6); /* whole blocks so far, too */
	assert_in_range(in_pipe, 50, 1000);
	for (int i = 0; i < 5; i++) {
		show_many(&file, 1);
		pour(ends[0], file.path);
	}
	assert_int_equal(file_count(&file, 6), 5000 + 5 - evtcp_capture_get_dropped(file.capture));
	evtcp_capture_free(file.capture);
	alarm(0);
	close(ends[0]);
	if (system("command -v tshark >/dev/null") == 0) {
		char command[256];

		snprintf(command, sizeof(command),
			"tshark -r %s -T fields -e frame.comment 2>/dev/null |"
			" grep -q '[0-9] packets before this one are missing here'",
			file.path);
		assert_int_equal(system(command), 0);
	}
	unlink(file.path);
}

static void without_memory_there_is_no_capture(void **state)
{
	struct evtcp_world world = world_at_rest();

	(void)state;
	world.alloc = world_alloc_fails;
	errno = 0;
	assert_null(evtcp_capture_new(-1, &world));
	assert_int_equal(errno, ENOMEM);
}

/* Everything a capture can say, read back by tshark: interface, direction, time
 * and the comment. */
static void tshark_reads_interface_direction_time_and_comment(void **state)
{
	static const char *const lines[] = {
		"wire|0x00000001|1700000000.001500000|accepted\n",
		"wire|0x00000001|1700000000.001500000|refused: PAWS: timestamp too old (RFC 7323 "
		"5)\n",
		"wire|0x00000002|1700000000.001500000|sent: RTO #2 after 400 ms\n",
		"dropped|0x00000001|1700000000.001500000|lost on the way in: fault script\n",
		"dropped|0x00000002|1700000000.001500000|sent: new data; lost on the way out: "
		"fault "
		"script\n",
	};
	struct file *file = *state;
	struct test_segment in = {.flags = TEST_ACK}, out = {.out = true, .flags = TEST_ACK};
	char line[512], command[256];

	file_show(file, EVTCP_WIRE_IN, &in, (struct evtcp_reason){EVTCP_CAUSE_ACCEPTED, 0, 0});
	file_show(file, EVTCP_WIRE_IN, &in, (struct evtcp_reason){EVTCP_CAUSE_PAWS, 0, 0});
	file_show(file, EVTCP_WIRE_OUT, &out, (struct evtcp_reason){EVTCP_CAUSE_RTO, 2, 400000});
	file_show(file, EVTCP_DROPPED_IN, &in, (struct evtcp_reason){EVTCP_CAUSE_FAULT, 0, 0});
	file_show(file, EVTCP_DROPPED_OUT, &out, (struct evtcp_reason){EVTCP_CAUSE_DATA, 0, 0});
	evtcp_capture_flush(file->capture);

	if (system("command -v tshark >/dev/null") != 0)
		skip();
	snprintf(command, sizeof(command),
		"tshark -r %s -T fields -E separator='|' -e frame.interface_name"
		" -e frame.packet_flags -e frame.time_epoch -e frame.comment 2>/dev/null",
		file->path);

	FILE *tshark = popen(command, "r");

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_non_null(fgets(line, sizeof(line), tshark));
		assert_string_equal(line, lines[i]);
	}
	assert_null(fgets(line, sizeof(line), tshark));
	assert_int_equal(pclose(tshark), 0);
}

/* All of it, with the addresses of either family. */
static void tcpdump_reads_both_interfaces(void **state)
{
	static const uint8_t ipv6[40] = {
		0x60, [6] = 59, [7] = 64, [8] = 0xfd, [23] = 1, [24] = 0xfd, [39] = 2};
	struct iovec pieces[] = {{NULL, 0}, {(void *)(uintptr_t)ipv6, sizeof(ipv6)}};
	struct evtcp_packet packet = {
		.iov = pieces, .iovcnt = 2, .len = sizeof(ipv6), .at_us = NOW_US};
	struct file *file = *state;
	struct test_segment out = {.out = true, .flags = TEST_ACK};
	char command[256];

	file_show(file, EVTCP_WIRE_OUT, &out, (struct evtcp_reason){EVTCP_CAUSE_DATA, 0, 0});
	file_show(file, EVTCP_DROPPED_OUT, &out, (struct evtcp_reason){EVTCP_CAUSE_DATA, 0, 0});
	file->observer.packet(file->observer.arg, EVTCP_WIRE_IN, &packet);
	evtcp_capture_flush(file->capture);
	if (system("PATH=$PATH:/usr/sbin command -v tcpdump >/dev/null") != 0)
		skip();
	snprintf(command, sizeof(command),
		"test $(PATH=$PATH:/usr/sbin tcpdump -nr %s 2>/dev/null |"
		" grep -cE 'IP 10.0.0.2.80 > 10.0.0.1.40000: |IP6 fd00::1 > fd00::2: ') = 3",
		file->path);
	assert_int_equal(system(command), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, file_setup, file_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_headers_are_in_the_file_at_once),
		TEST(packets_wait_in_the_buffer_until_flush),
		TEST(a_full_buffer_is_written_and_every_length_is_padded),
		TEST(the_largest_packet_and_the_empty_one_fit),
		TEST(what_a_fault_took_on_the_way_in_stands_once),
		TEST(a_write_that_fails_stops_the_capture_once_and_leaves_whole_blocks),
		TEST(tshark_reads_interface_direction_time_and_comment),
		TEST(tcpdump_reads_both_interfaces),
		cmocka_unit_test(a_full_disk_is_an_error_and_the_file_descriptor_stays_ours),
		cmocka_unit_test(what_was_in_the_file_before_is_not_cut),
		cmocka_unit_test(what_stands_behind_our_piece_is_not_cut),
		cmocka_unit_test(a_pipe_that_is_not_read_loses_whole_packets_and_counts_them),
		cmocka_unit_test(without_memory_there_is_no_capture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
