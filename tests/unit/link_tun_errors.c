/* SPDX-License-Identifier: BSD-3-Clause */

/* Every error that the kernel can give to a read or write of a TUN: nothing spins, no
 * more is lost than the packet at hand, and an end is told once. The device is a pair of
 * datagram sockets; the linker puts the read and the writes below between it and the link
 * (-Wl,--wrap), so the link knows of nothing. */

#include "link/tun.h"
#include "util/memory.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { BATCH = 64, FOR_EVER = 1000000 };

/* ---- the kernel ------------------------------------------------------------------- */

/* What the next calls on the device meet, and how many there were. */
struct meddler {
	int fd;    /* of the device; others are left alone */
	int error; /* of the next calls */
	int times; /* so many of them; then they go through */
	int reads, writes;
} meddler;

static int meddler_fails(int fd)
{
	if (fd != meddler.fd || meddler.times == 0)
		return 0;
	meddler.times--;
	errno = meddler.error;
	return 1;
}

ssize_t __real_read(int fd, void *bytes, size_t len);
ssize_t __wrap_read(int fd, void *bytes, size_t len);
ssize_t __wrap_read(int fd, void *bytes, size_t len)
{
	meddler.reads += fd == meddler.fd;
	if (!meddler_fails(fd))
		return __real_read(fd, bytes, len);
	if (errno != EAGAIN && errno != EINTR) {
		int error = errno;

		__real_read(fd, bytes, len); /* the kernel has thrown the packet away */
		errno = error;
	}
	return -1;
}

ssize_t __real_writev(int fd, const struct iovec *iov, int n);
ssize_t __wrap_writev(int fd, const struct iovec *iov, int n);
ssize_t __wrap_writev(int fd, const struct iovec *iov, int n)
{
	meddler.writes += fd == meddler.fd;
	return meddler_fails(fd) ? -1 : __real_writev(fd, iov, n);
}

ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
	meddler.writes += fd == meddler.fd;
	return meddler_fails(fd) ? -1 : __real_write(fd, bytes, len);
}

/* ---- the bench -------------------------------------------------------------------- */

struct bench {
	struct event_base *base;
	struct evtcp_tun *tun;
	struct evtcp_link *link;
	int wire;
	unsigned packets, batches, lost, failures;
	enum evtcp_cause cause; /* of the last that was lost */
	int error;              /* of the failure */
};

static void bench_input(void *arg, struct evtcp_packet *packet)
{
	struct bench *bench = arg;

	(void)packet;
	bench->packets++;
}

static void bench_batch_end(void *arg)
{
	struct bench *bench = arg;

	bench->batches++;
}

static void bench_failed(void *arg, int error)
{
	struct bench *bench = arg;

	bench->failures++;
	bench->error = error;
}

static void bench_dropped(void *arg, enum evtcp_cause cause)
{
	struct bench *bench = arg;

	bench->lost++;
	bench->cause = cause;
}

static void bench_open(struct bench *bench, bool by_hand)
{
	struct evtcp_receiver receiver = {
		.input = bench_input,
		.batch_end = bench_batch_end,
		.failed = bench_failed,
		.dropped = bench_dropped,
		.arg = bench,
	};
	int ends[2];

	*bench = (struct bench){.base = by_hand ? NULL : event_base_new()};
	bench->tun = memory_zalloc(evtcp_world_system(), sizeof(*bench->tun));
	bench->tun->batch = TUN_BATCH;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
	bench->tun->fd = ends[0];
	bench->tun->mtu = 1500;
	bench->wire = ends[1];
	bench->link = evtcp_tun_link(bench->tun, bench->base, evtcp_world_system());
	assert_non_null(bench->link);
	evtcp_link_set_receiver(bench->link, &receiver);
	meddler = (struct meddler){.fd = ends[0]};
}

static void bench_close(struct bench *bench)
{
	meddler = (struct meddler){.fd = -1};
	evtcp_link_free(bench->link);
	if (bench->base)
		event_base_free(bench->base);
	close(bench->wire);
}

/* Some turns of the loop, or as many calls by hand as poll would ask for. */
static void bench_turn(struct bench *bench)
{
	for (int i = 0; i < 5; i++) {
		if (bench->base)
			event_base_loop(bench->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		else
			evtcp_tun_read(bench->tun);
	}
}

static void bench_send(struct bench *bench, int n)
{
	while (n-- > 0)
		assert_int_equal(send(bench->wire, "abc", 3, 0), 3);
}

static void meet(int error, int times)
{
	meddler.error = error;
	meddler.times = times;
	meddler.reads = meddler.writes = 0;
}

/* ---- reading ---------------------------------------------------------------------- */

static void read_meets_once(bool by_hand, int error, unsigned lost)
{
	struct bench bench;

	bench_open(&bench, by_hand);
	bench_send(&bench, 3);
	meet(error, 1);
	bench_turn(&bench);
	assert_int_equal(bench.packets, 3 - lost);
	assert_int_equal(bench.lost, lost);
	assert_int_equal(bench.failures, 0);
	assert_in_range(meddler.reads, 4, 4 + 5); /* a dry one in each call by hand */
	bench_send(&bench, 2);
	bench_turn(&bench);
	assert_int_equal(bench.packets, 5 - lost);
	bench_close(&bench);
}

static void a_read_that_fails_costs_that_packet_and_no_more(void **state)
{
	static const int errors[] = {EIO, EINVAL, EFAULT, ENOBUFS, ENOMEM, ENETDOWN, EMSGSIZE};

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		read_meets_once(false, errors[i], 1);
		read_meets_once(true, errors[i], 1);
	}
}

static void a_read_that_is_interrupted_or_early_costs_nothing(void **state)
{
	(void)state;
	read_meets_once(false, EAGAIN, 0);
	read_meets_once(true, EAGAIN, 0);
	read_meets_once(false, EINTR, 0);
	read_meets_once(true, EINTR, 0);
}

static void read_meets_for_ever(bool by_hand, int error, int told, int reads)
{
	struct bench bench;

	bench_open(&bench, by_hand);
	bench_send(&bench, 1);
	bench_turn(&bench);
	assert_int_equal(bench.batches, 1);
	for (int i = 0; i < 200; i++) /* as many as the wire takes: it stays readable */
		(void)send(bench.wire, "abc", 3, 0);
	meet(error, FOR_EVER);
	bench_turn(&bench);
	bench_turn(&bench);
	assert_int_equal(bench.failures, 1);
	assert_int_equal(bench.error, told);
	assert_int_equal(meddler.reads, reads);
	assert_int_equal(bench.batches, 1); /* nothing came: no batch */
	if (by_hand) {
		assert_int_equal(evtcp_tun_read(bench.tun), -1);
		assert_int_equal(errno, told);
	}
	bench_close(&bench);
}

static void a_device_that_is_gone_is_told_once_and_read_no_more(void **state)
{
	static const struct {
		int error, told;
	} ends[] = {{EBADFD, ENODEV}, {EBADF, EBADF}, {ENODEV, ENODEV}, {ENXIO, ENXIO}};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		read_meets_for_ever(false, ends[i].error, ends[i].told, 1);
		read_meets_for_ever(true, ends[i].error, ends[i].told, 1);
	}
}

static void a_device_that_says_nothing_but_errors_has_failed_after_a_batch(void **state)
{
	static const int errors[] = {EIO, EINVAL, EFAULT, ENOBUFS, ENOMEM, ENETDOWN};

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		read_meets_for_ever(false, errors[i], errors[i], BATCH);
		read_meets_for_ever(true, errors[i], errors[i], BATCH);
	}
}

/* ---- writing ---------------------------------------------------------------------- */

static int bench_output(struct bench *bench, const char *text)
{
	struct iovec iov = {(void *)(uintptr_t)text, strlen(text)};
	struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1, .len = iov.iov_len};

	errno = 0;
	return evtcp_link_output(bench->link, &packet);
}

/* The first to be refused has waited until the burst was over; from then on each is written at
 * once, until one is taken. */
static void a_write_that_fails_costs_that_packet_and_says_why(void **state)
{
	static const struct {
		int error, told;
		enum evtcp_cause cause;
	} errors[] = {{EAGAIN, EAGAIN, EVTCP_CAUSE_LINK_QUEUE_FULL},
		{EIO, EIO, EVTCP_CAUSE_LINK_DOWN}, {EBADFD, ENODEV, EVTCP_CAUSE_LINK_ERROR},
		{ENOBUFS, ENOBUFS, EVTCP_CAUSE_LINK_QUEUE_FULL},
		{ENOMEM, ENOMEM, EVTCP_CAUSE_LINK_ERROR}, {EINVAL, EINVAL, EVTCP_CAUSE_LINK_ERROR},
		{EFAULT, EFAULT, EVTCP_CAUSE_LINK_ERROR},
		{ENETDOWN, ENETDOWN, EVTCP_CAUSE_LINK_DOWN},
		{EMSGSIZE, EMSGSIZE, EVTCP_CAUSE_LINK_ERROR},
		{EPERM, EPERM, EVTCP_CAUSE_LINK_ERROR}};
	char got[8];

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct bench bench;

		bench_open(&bench, false);
		meet(errors[i].error, 2);
		assert_int_equal(bench_output(&bench, "ab"), 0);
		evtcp_link_flush(bench.link);
		assert_int_equal(bench.lost, 1);
		assert_int_equal(bench.cause, errors[i].cause);
		assert_int_equal(meddler.writes, 1); /* not tried again: TCP does */
		assert_int_equal(bench_output(&bench, "cd"), -1);
		assert_int_equal(errno, errors[i].told);
		assert_int_equal(meddler.writes, 2);
		assert_int_equal(bench_output(&bench, "ef"), 0);
		assert_int_equal(recv(bench.wire, got, sizeof(got), 0), 2);
		assert_memory_equal(got, "ef", 2);
		assert_int_equal(bench_output(&bench, "gh"), 0);
		assert_int_equal(meddler.writes, 3);
		evtcp_link_flush(bench.link);
		assert_int_equal(recv(bench.wire, got, sizeof(got), 0), 2);
		assert_int_equal(bench.lost, 1);
		bench_turn(&bench);
		assert_int_equal(bench.failures, 0); /* an end is told by a read */
		bench_close(&bench);
	}
}

static void a_write_that_is_interrupted_is_done_again(void **state)
{
	struct bench bench;
	char got[8];

	(void)state;
	bench_open(&bench, false);
	meet(EINTR, 3);
	assert_int_equal(bench_output(&bench, "ab"), 0);
	evtcp_link_flush(bench.link);
	assert_int_equal(meddler.writes, 4);
	assert_int_equal(recv(bench.wire, got, sizeof(got), 0), 2);
	bench_close(&bench);
}

/* ---- by hand ---------------------------------------------------------------------- */

static void a_batch_by_hand_is_what_waits_and_then_it_ends(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, true);
	assert_int_equal(evtcp_tun_get_fd(bench.tun), bench.tun->fd);
	assert_int_equal(evtcp_tun_read(bench.tun), 0);
	assert_int_equal(bench.batches, 0);
	bench_send(&bench, 8);
	assert_int_equal(evtcp_tun_read(bench.tun), 8);
	assert_int_equal(bench.batches, 1);
	bench_close(&bench);
}

static void what_is_no_link_cannot_be_read(void **state)
{
	struct evtcp_tun tun = {.fd = -1};

	(void)state;
	assert_int_equal(evtcp_tun_read(&tun), -1);
	assert_int_equal(errno, EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_read_that_fails_costs_that_packet_and_no_more),
		cmocka_unit_test(a_read_that_is_interrupted_or_early_costs_nothing),
		cmocka_unit_test(a_device_that_is_gone_is_told_once_and_read_no_more),
		cmocka_unit_test(a_device_that_says_nothing_but_errors_has_failed_after_a_batch),
		cmocka_unit_test(a_write_that_fails_costs_that_packet_and_says_why),
		cmocka_unit_test(a_write_that_is_interrupted_is_done_again),
		cmocka_unit_test(a_batch_by_hand_is_what_waits_and_then_it_ends),
		cmocka_unit_test(what_is_no_link_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
