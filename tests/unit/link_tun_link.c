/* SPDX-License-Identifier: BSD-3-Clause */

/* The TUN link over a pair of datagram sockets, which read and write whole packets as
 * a TUN does: batches, sizes, and each allocation that can fail. */

#include "link/tun.h"
#include "util/memory.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

/* The link under test, the other end of its device, and what it delivered. */
struct bench {
	struct event_base *base;
	struct evtcp_tun *tun;
	struct evtcp_link *link;
	int wire;
	char text[128];   /* "64 end 3 end failed(19) " */
	unsigned packets; /* since the last batch end */
	size_t last_len;
	unsigned expected; /* of which nothing has come yet */
	unsigned all_expected;
	size_t sum;      /* of all octets that came, as numbers */
	unsigned aslant; /* packets of more than a page whose memory begins with none */
	/* How often a batch is answered, with packets of 1,500 octets; meanwhile another comes, of
	 * three octets, or of so many. */
	unsigned answers, answer_packets;
	size_t next_len;
};

static void bench_write(struct bench *bench, const char *word, int n)
{
	size_t len = strlen(bench->text);

	snprintf(bench->text + len, sizeof(bench->text) - len, word, n);
}

static void bench_expect(void *arg, const struct evtcp_packet *packet)
{
	struct bench *bench = arg;

	assert_int_equal(packet->iovcnt, 1);
	assert_int_equal(packet->iov->iov_len, packet->len);
	bench->expected++;
	bench->all_expected++;
}

static void bench_input(void *arg, struct evtcp_packet *packet)
{
	struct bench *bench = arg;

	bench->packets++;
	bench->last_len = packet->len;
	assert_int_equal(packet->iovcnt, 1);
	assert_int_equal(packet->iov->iov_len, packet->len);
	for (size_t i = 0; i < packet->len; i++)
		bench->sum += ((const uint8_t *)packet->iov->iov_base)[i];
	bench->aslant += packet->len > 4096 && (uintptr_t)packet->iov->iov_base % 4096 != 0;
	if (bench->expected > 0)
		bench->expected--;
}

static void bench_answer(struct bench *bench)
{
	static uint8_t bytes[65535];
	struct iovec iov = {bytes, 1500};
	struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1, .len = 1500};
	size_t next_len = bench->next_len > 0 ? bench->next_len : 3;

	for (unsigned i = 0; i < bench->answer_packets; i++)
		assert_int_equal(evtcp_link_output(bench->link, &packet), 0);
	evtcp_link_flush(bench->link);
	while (recv(bench->wire, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	assert_int_equal(send(bench->wire, bytes, next_len, 0), next_len);
}

static void bench_batch_end(void *arg)
{
	struct bench *bench = arg;

	bench_write(bench, "%d end ", (int)bench->packets);
	bench->packets = 0;
	if (bench->answers > 0) {
		bench->answers--;
		bench_answer(bench);
	}
}

static void bench_failed(void *arg, int error)
{
	bench_write(arg, "failed(%d) ", error);
}

static struct evtcp_tun *new_tun(int *wire)
{
	struct evtcp_tun *tun = memory_zalloc(evtcp_world_system(), sizeof(*tun));
	int ends[2], size = 1 << 20;

	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	tun->fd = ends[0];
	tun->mtu = 1500;
	tun->batch = TUN_BATCH;
	*wire = ends[1];
	return tun;
}

static int bench_open(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct evtcp_receiver receiver = {
		.expect = bench_expect,
		.input = bench_input,
		.batch_end = bench_batch_end,
		.failed = bench_failed,
		.arg = bench,
	};

	bench->base = event_base_new();
	bench->tun = new_tun(&bench->wire);
	bench->link = evtcp_tun_link(bench->tun, bench->base, evtcp_world_system());
	assert_non_null(bench->link);
	evtcp_link_set_receiver(bench->link, &receiver);
	*state = bench;
	return 0;
}

static int bench_close(void **state)
{
	struct bench *bench = *state;

	evtcp_link_free(bench->link);
	event_base_free(bench->base);
	close(bench->wire);
	free(bench);
	return 0;
}

static void bench_turn(struct bench *bench)
{
	event_base_loop(bench->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

static void the_mtu_is_that_of_the_device(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(evtcp_link_get_mtu(bench->link), 1500);
}

static void no_packet_is_no_batch(void **state)
{
	struct bench *bench = *state;

	bench_turn(bench);
	assert_string_equal(bench->text, "");
}

static void a_packet_of_any_size_comes_in_whole(void **state)
{
	static const size_t sizes[] = {0, 1, 1500, 1501, 65535};
	static uint8_t bytes[65535];
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		bench->text[0] = '\0';
		assert_int_equal(send(bench->wire, bytes, sizes[i], 0), sizes[i]);
		bench_turn(bench);
		assert_int_equal(bench->last_len, sizes[i]);
		assert_string_equal(bench->text, "1 end ");
	}
}

static void packets_waiting_together_are_one_batch(void **state)
{
	struct bench *bench = *state;

	for (int i = 0; i < 5; i++)
		assert_int_equal(send(bench->wire, "abc", 3, 0), 3);
	bench_turn(bench);
	bench_turn(bench);
	assert_string_equal(bench->text, "5 end ");
}

/* ATTACKS E10: however many wait, others have their turn after 64. */
static void a_batch_has_64_packets_at_most(void **state)
{
	struct bench *bench = *state;

	for (int i = 0; i < 100; i++)
		assert_int_equal(send(bench->wire, "abc", 3, 0), 3);
	bench_turn(bench);
	assert_string_equal(bench->text, "64 end ");
	bench_turn(bench);
	assert_string_equal(bench->text, "64 end 36 end ");
}

/* Or after as many as were asked for. */
static void a_batch_is_as_large_as_configured(void **state)
{
	struct bench *bench = *state;

	bench->tun->batch = 2;
	for (int i = 0; i < 3; i++)
		assert_int_equal(send(bench->wire, "abc", 3, 0), 3);
	bench_turn(bench);
	assert_string_equal(bench->text, "2 end ");
	bench_turn(bench);
	assert_string_equal(bench->text, "2 end 1 end ");
}

/* What took the kernel a while has been answered meanwhile. */
static void behind_16_kb_the_device_is_read_again_before_the_loop_goes_on(void **state)
{
	struct bench *bench = *state;

	bench->answers = 2;
	bench->answer_packets = 11;
	assert_int_equal(send(bench->wire, "abc", 3, 0), 3);
	bench_turn(bench);
	assert_string_equal(bench->text, "1 end 1 end 1 end ");
}

static void behind_less_it_is_not(void **state)
{
	struct bench *bench = *state;

	bench->answers = 2;
	bench->answer_packets = 10;
	assert_int_equal(send(bench->wire, "abc", 3, 0), 3);
	bench_turn(bench);
	assert_string_equal(bench->text, "1 end ");
}

/* Else what comes of a long answer would be more and more behind. */
static void a_whole_batch_if_there_are_so_many(void **state)
{
	struct bench *bench = *state;

	bench->tun->batch = 3;
	bench->answers = 1;
	bench->answer_packets = 11;
	for (int i = 0; i < 7; i++)
		assert_int_equal(send(bench->wire, "abc", 3, 0), 3);
	bench_turn(bench);
	assert_string_equal(bench->text, "3 end 3 end ");
}

/* ATTACKS E10 again: a window of megabytes would keep all others waiting for milliseconds. */
static void nor_when_a_megabyte_has_left(void **state)
{
	struct bench *bench = *state;

	bench->answers = 1000;
	bench->answer_packets = 11;
	assert_int_equal(send(bench->wire, "abc", 3, 0), 3);
	bench_turn(bench);
	assert_int_equal(bench->answers, 1000 - ((1 << 20) / (11 * 1500) + 1));
}

/* Nor would an upload let them have their turn. */
static void nor_when_a_megabyte_has_come(void **state)
{
	enum { OUT = 11 * 1500, IN = 60000 };
	static uint8_t bytes[IN];
	struct bench *bench = *state;

	bench->answers = 1000;
	bench->answer_packets = 11;
	bench->next_len = IN;
	assert_int_equal(send(bench->wire, bytes, IN, 0), IN);
	bench_turn(bench);
	assert_int_equal(bench->answers, 1000 - ((1 << 20) / (OUT + IN) + 1));
}

static void of_several_packets_each_is_told_of_before_the_first_comes(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(send(bench->wire, "a", 1, 0), 1);
	bench_turn(bench);
	assert_int_equal(bench->all_expected, 0); /* one alone is not worth it */
	for (int i = 0; i < 5; i++)
		assert_int_equal(send(bench->wire, "abc", 3, 0), 3);
	bench_turn(bench);
	assert_int_equal(bench->all_expected, 5);
	assert_int_equal(bench->expected, 0);
	assert_string_equal(bench->text, "1 end 5 end ");
}

/* More than there is room for at once: none is lost, cut or written over. */
static void large_packets_come_in_whole_however_many_there_are(void **state)
{
	static const size_t sizes[] = {65535, 1, 65535, 40000, 30000, 100, 65535, 65472, 64, 65535};
	static uint8_t bytes[65535];
	struct bench *bench = *state;
	size_t sum = 0;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memset(bytes, (int)i + 1, sizeof(bytes));
		sum += sizes[i] * (i + 1);
		assert_int_equal(send(bench->wire, bytes, sizes[i], 0), sizes[i]);
	}
	bench_turn(bench);
	assert_string_equal(bench->text, "10 end ");
	assert_int_equal(bench->sum, sum);
}

/* Where its payload would lie, some processors copy it at a twentieth of the speed. */
static void large_packets_behind_each_other_begin_with_a_page(void **state)
{
	static const uint8_t bytes[65000];
	struct bench *bench = *state;

	for (int i = 0; i < 6; i++)
		assert_int_equal(
			send(bench->wire, bytes, 5000 + 12000 * (size_t)i, 0), 5000 + 12000 * i);
	bench_turn(bench);
	assert_string_equal(bench->text, "6 end ");
	assert_int_equal(bench->aslant, 0);
}

static void what_goes_out_is_one_packet_of_all_pieces(void **state)
{
	struct bench *bench = *state;
	struct iovec iov[3] = {{(char[]){"ab"}, 2}, {(char[]){""}, 0}, {(char[]){"cde"}, 3}};
	struct evtcp_packet packet = {.iov = iov, .iovcnt = 3, .len = 5};
	char got[8];

	assert_int_equal(evtcp_link_output(bench->link, &packet), 0);
	evtcp_link_flush(bench->link);
	assert_int_equal(recv(bench->wire, got, sizeof(got), 0), 5);
	assert_memory_equal(got, "abcde", 5);
}

/* A small packet waits until the burst is over, and no other overtakes it. */
static void small_packets_leave_together_and_in_order(void **state)
{
	static uint8_t bytes[3000];
	static const size_t lens[] = {10, 2048, 2049, 11, 12, 2000};
	struct bench *bench = *state;
	struct iovec iov = {.iov_base = bytes};
	struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1};
	unsigned n = sizeof(lens) / sizeof(lens[0]), got = 0;

	for (unsigned i = 0; i < n; i++) {
		iov.iov_len = packet.len = lens[i];
		assert_int_equal(evtcp_link_output(bench->link, &packet), 0);
		while (recv(bench->wire, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_PEEK) > 0) {
			assert_true(i >= 2); /* the first that is not small */
			assert_int_equal(
				recv(bench->wire, bytes, sizeof(bytes), MSG_DONTWAIT), lens[got]);
			got++;
		}
	}
	assert_int_equal(got, 3);
	evtcp_link_flush(bench->link);
	for (; got < n; got++)
		assert_int_equal(recv(bench->wire, bytes, sizeof(bytes), MSG_DONTWAIT), lens[got]);
}

static void a_full_queue_is_told_and_not_waited_for(void **state)
{
	static uint8_t bytes[1500];
	struct bench *bench = *state;
	struct iovec iov = {bytes, sizeof(bytes)};
	struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1, .len = sizeof(bytes)};
	int result = 0;

	for (int i = 0; i < 100000 && result == 0; i++)
		result = evtcp_link_output(bench->link, &packet);
	assert_int_equal(result, -1);
	assert_int_equal(errno, EAGAIN);
}

/* A socket that is readable for ever, behind a descriptor that cannot be read, stands
 * for a device that was deleted. */
static void a_device_that_fails_is_read_no_more(void **state)
{
	struct bench *bench = *state;
	int ends[2], kept;

	assert_int_equal(send(bench->wire, "abc", 3, 0), 3);
	bench_turn(bench);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(send(bench->wire, "abc", 3, 0), 3);
	/* epoll goes on watching the socket, as it is still open somewhere. */
	kept = dup(bench->tun->fd);
	assert_int_equal(dup2(ends[1], bench->tun->fd), bench->tun->fd);
	for (int i = 0; i < 3; i++)
		bench_turn(bench);
	assert_string_equal(bench->text, "1 end failed(9) ");
	close(kept);
	close(ends[0]);
	close(ends[1]);
}

/* ---- without memory ------------------------------------------------------------- */

/* Who wants several queues says so when he opens the first. */
static void a_device_opened_with_one_queue_has_no_other(void **state)
{
	char text[EVTCP_TUN_TEXT];
	enum evtcp_tun_error error;
	struct evtcp_tun *tun;
	int wire;

	(void)state;
	tun = new_tun(&wire);
	memcpy(tun->setup.name, "tun7", 5);
	assert_null(evtcp_tun_open_queue(tun, &error, text, sizeof(text)));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(error, EVTCP_TUN_SYSTEM);
	assert_string_equal(text, "tun7 was opened with one queue");
	evtcp_tun_close(tun);
	close(wire);
}

static void *no_memory(void *arg, size_t size)
{
	(void)arg;
	(void)size;
	return NULL;
}

static void without_memory_the_device_stays_the_callers(void **state)
{
	struct evtcp_world poor = *evtcp_world_system();
	struct event_base *base = event_base_new();
	struct evtcp_tun *tun;
	int wire;

	(void)state;
	poor.alloc = no_memory;
	tun = new_tun(&wire);
	assert_null(evtcp_tun_link(tun, base, &poor));
	assert_int_equal(errno, ENOMEM);
	assert_int_not_equal(fcntl(tun->fd, F_GETFD), -1);
	evtcp_tun_close(tun);
	evtcp_tun_close(NULL);
	event_base_free(base);
	close(wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_mtu_is_that_of_the_device, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(no_packet_is_no_batch, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(
			a_packet_of_any_size_comes_in_whole, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(
			packets_waiting_together_are_one_batch, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(
			a_batch_has_64_packets_at_most, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(
			a_batch_is_as_large_as_configured, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(
			of_several_packets_each_is_told_of_before_the_first_comes, bench_open,
			bench_close),
		cmocka_unit_test_setup_teardown(
			behind_16_kb_the_device_is_read_again_before_the_loop_goes_on, bench_open,
			bench_close),
		cmocka_unit_test_setup_teardown(behind_less_it_is_not, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(
			a_whole_batch_if_there_are_so_many, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(
			nor_when_a_megabyte_has_left, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(
			nor_when_a_megabyte_has_come, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(large_packets_come_in_whole_however_many_there_are,
			bench_open, bench_close),
		cmocka_unit_test_setup_teardown(
			large_packets_behind_each_other_begin_with_a_page, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(
			what_goes_out_is_one_packet_of_all_pieces, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(
			small_packets_leave_together_and_in_order, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(
			a_full_queue_is_told_and_not_waited_for, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(
			a_device_that_fails_is_read_no_more, bench_open, bench_close),
		cmocka_unit_test(a_device_opened_with_one_queue_has_no_other),
		cmocka_unit_test(without_memory_the_device_stays_the_callers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
