/* SPDX-License-Identifier: BSD-3-Clause */

/* Receivers that make a sender work (ATTACKS T21; CVE-2019-11477, -11478, -11479): they take
 * tiny segments, or tell of what they hold octet by octet. The sender's memory for one
 * connection is bounded, so is its work for each ACK, and all of the data arrives.
 *
 * The receiver here holds a bitmap of the octets that it has, loses what it wants to lose,
 * and says what it wants to say. */

#include "rig.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum {
	FILE_LEN = 1 << 20,
	RECORD_64K = 1 << 16,
	SCALE = 7,
	ROUND_US = 20000,
	SEGMENTS_MAX = 1 << 15,
	RECORDS_BYTES = 4096 * 64, /* of a connection, at the most */
	ACK_US = 200               /* of processor time; with sanitizers a tenth */
};

struct range {
	uint32_t seq, end; /* 0 is the first octet of the stream */
};

struct receiver {
	struct rig rig;
	uint8_t has[FILE_LEN + 1];
	uint32_t next;                   /* the first that is missing */
	struct range came[SEGMENTS_MAX]; /* in this round */
	unsigned n_came;
	unsigned long segments, smallest;
	struct range recent[4]; /* what it tells of */
};

static void take(void *arg, const uint8_t *octets, size_t len)
{
	struct receiver *r = arg;
	struct packet p;

	assert_null(packet_parse(&p, octets, len));
	if (p.len == 0 || p.flags & SYN)
		return;
	assert_true(r->n_came < SEGMENTS_MAX);
	r->came[r->n_came].seq = p.seq - r->rig.iss - 1;
	r->came[r->n_came].end = r->came[r->n_came].seq + p.len;
	assert_true(r->came[r->n_came].end <= FILE_LEN);
	r->n_came++;
	r->segments++;
	if (p.len < r->smallest)
		r->smallest = p.len;
}

/* ---- what it says ----------------------------------------------------------------- */

static uint8_t *put_option32(uint8_t *at, uint32_t value)
{
	value = htonl(value);
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

/* An ACK of `next` with n blocks. */
static void say(struct receiver *r, const struct range *blocks, unsigned n)
{
	struct packet p = rig_segment(&r->rig, ACK, 1, 0, 1 + r->next);

	p.window = 65535;
	if (n > 0) {
		uint8_t *at = p.options;

		*at++ = 1;
		*at++ = 1;
		*at++ = 5;
		*at++ = (uint8_t)(2 + 8 * n);
		for (unsigned i = 0; i < n; i++) {
			at = put_option32(at, r->rig.iss + 1 + blocks[i].seq);
			at = put_option32(at, r->rig.iss + 1 + blocks[i].end);
		}
		p.options_len = (uint8_t)(at - p.options);
	}
	rig_packet(&r->rig, &p);
}

static void hold(struct receiver *r, const struct range *range)
{
	memset(r->has + range->seq, 1, range->end - range->seq);
	while (r->has[r->next])
		r->next++;
}

/* The latest that it holds beyond a gap, most recent first. */
static void say_what_came(struct receiver *r, const struct range *range)
{
	struct range blocks[4];
	unsigned n = 0;

	if (range->seq > r->next) {
		memmove(r->recent + 1, r->recent, sizeof(r->recent) - sizeof(r->recent[0]));
		r->recent[0] = *range;
	}
	for (unsigned i = 0; i < 4; i++) {
		if (r->recent[i].seq > r->next)
			blocks[n++] = r->recent[i];
	}
	say(r, blocks, n);
}

/* ---- a transfer --------------------------------------------------------------------- */

/* A client with this MSS, that asks for a file. */
static void ask(struct receiver *r, uint16_t mss, uint32_t len)
{
	struct evtcp_stack_config config;
	struct packet p;

	memset(r, 0, sizeof(*r));
	rig_configure(&config);
	config.limits.send_buffer = config.limits.send_buffer_max = 2 * FILE_LEN;
	config.rto_min_us = 200000;
	config.rto_initial_us = 1000000;
	rig_init(&r->rig, false);
	rig_open(&r->rig, &config);
	r->rig.tap = take;
	r->rig.tap_arg = r;
	r->smallest = UINT32_MAX;
	rig_listen(&r->rig);
	p = rig_segment(&r->rig, SYN, 0, 0, 0);
	const uint8_t options[] = {2, 4, (uint8_t)(mss >> 8), (uint8_t)mss, 4, 2, 3, 3, SCALE};
	memcpy(p.options, options, sizeof(options));
	p.options_len = sizeof(options);
	rig_packet(&r->rig, &p);
	rig_input(&r->rig, ACK, 1, 0, 1);
	rig_write(&r->rig, len);
}

static uint64_t cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void check_bounds(const struct receiver *r, size_t before)
{
	if (r->rig.world.bytes > before + RECORDS_BYTES)
		fail_msg("%zu bytes more than before", r->rig.world.bytes - before);
}

/* Takes all of it, and loses every other segment when it comes first. */
static void receive_with_losses(struct receiver *r, uint32_t len)
{
	static uint8_t seen[FILE_LEN];
	size_t before = r->rig.world.bytes;
	static struct range came[SEGMENTS_MAX];
	unsigned rounds = 0;

	memset(seen, 0, sizeof(seen));
	for (; r->next < len; rounds++) {
		unsigned n = r->n_came;

		memcpy(came, r->came, n * sizeof(came[0]));
		r->n_came = 0;
		for (unsigned i = 0; i < n; i++) {
			if (i % 2 != 0 && !seen[came[i].seq]) {
				seen[came[i].seq] = 1;
				continue;
			}
			hold(r, &came[i]);
			say_what_came(r, &came[i]);
			check_bounds(r, before);
		}
		rig_wait(&r->rig, ROUND_US);
		assert_true(rounds < 20000);
	}
	evtcp_stack_check(r->rig.stack);
}

static void an_mss_of_nothing_carries_a_mebibyte(void **state)
{
	static const uint16_t announced[] = {0, 1, 40, 48, 215, 216};
	static struct receiver r;

	(void)state;
	for (size_t i = 0; i < sizeof(announced) / sizeof(announced[0]); i++) {
		struct evtcp_conn_info info;

		ask(&r, announced[i], FILE_LEN);
		evtcp_conn_get_info(r.rig.conn, &info);
		assert_int_equal(info.snd_mss, 216);
		receive_with_losses(&r, FILE_LEN);
		assert_true(r.segments < 3 * FILE_LEN / 216);
		print_message("T21: MSS %u: %lu segments\n", announced[i], r.segments);
		assert_true(rig_close(&r.rig));
	}
}

/* Everything is acknowledged until the window holds a record of 64 KiB. */
static void open_window(struct receiver *r)
{
	struct evtcp_conn_info info;

	do {
		struct range all = {0, 0};

		for (unsigned i = 0; i < r->n_came; i++)
			all.end = r->came[i].end > all.end ? r->came[i].end : all.end;
		r->n_came = 0;
		hold(r, &all);
		say(r, NULL, 0);
		rig_wait(&r->rig, ROUND_US);
		evtcp_conn_get_info(r->rig.conn, &info);
	} while (info.unacked_bytes < RECORD_64K);
}

/* The order in which it names octets: ascending, descending, from both ends, or all over. */
static uint32_t place(unsigned order, uint32_t i, uint32_t n)
{
	switch (order) {
	case 0:
		return i;
	case 1:
		return n - 1 - i;
	case 2:
		return i % 2 ? n - 1 - i / 2 : i / 2;
	default:
		return (uint32_t)((uint64_t)i * 12347 % n);
	}
}

/* It names every second octet, four in an ACK; the sender then repairs what is in between. */
static void every_second_octet_is_named(void **state)
{
	static struct receiver r;

	(void)state;
	for (unsigned order = 0; order < 4; order++) {
		struct range blocks[4];
		const uint32_t n = RECORD_64K / 2;
		uint64_t began_us;
		size_t before;

		ask(&r, 1460, FILE_LEN);
		open_window(&r);
		before = r.rig.world.bytes;
		began_us = cpu_us();
		for (uint32_t i = 0; i < n; i++) {
			uint32_t seq = r.next + 1 + 2 * place(order, i, n);

			blocks[i % 4] = (struct range){seq, seq + 1};
			if (i % 4 == 3)
				say(&r, blocks, 4);
			check_bounds(&r, before);
		}
		uint64_t took_us = cpu_us() - began_us;
		evtcp_stack_check(r.rig.stack);
		print_message("T21: order %u: %u ACKs, %u us each\n", order, n / 4,
			(unsigned)(took_us / (n / 4)));
		assert_true(took_us < (uint64_t)ACK_US * (n / 4));
		receive_with_losses(&r, FILE_LEN);
		assert_true(rig_close(&r.rig));
	}
}

/* Of forty segments it holds every second one, which takes five ACKs to tell. No block is
 * forgotten: what goes again is what it has not, and that once. */
static void more_than_seventeen_blocks_are_remembered(void **state)
{
	static struct receiver r;
	struct range lost[20];
	unsigned n = 0;

	(void)state;
	ask(&r, 1000, FILE_LEN);
	open_window(&r);
	uint32_t base = r.next;
	r.n_came = 0; /* the forty are under way */
	for (unsigned i = 0; i < 20; i++) {
		struct range held = {base + 2000 * i + 1000, base + 2000 * i + 2000};

		lost[i] = (struct range){base + 2000 * i, base + 2000 * i + 1000};
		hold(&r, &held);
		r.recent[i % 4] = held;
		if (i % 4 == 3)
			say(&r, r.recent, 4);
	}
	for (unsigned rounds = 0; rounds < 50 && n < 20; rounds++) {
		unsigned n_came = r.n_came;

		r.n_came = 0;
		for (unsigned i = 0; i < n_came; i++) {
			const struct range *c = &r.came[i];

			if (c->seq >= base + 40000)
				continue; /* new, or what was sent behind them */
			assert_int_equal(c->seq, lost[n].seq);
			assert_int_equal(c->end, lost[n].end);
			n++;
		}
		for (unsigned i = 0; i < n; i++)
			hold(&r, &lost[i]);
		say_what_came(&r, &r.recent[3]);
		rig_wait(&r.rig, ROUND_US);
	}
	assert_int_equal(n, 20);
	assert_true(rig_close(&r.rig));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_mss_of_nothing_carries_a_mebibyte),
		cmocka_unit_test(every_second_octet_is_named),
		cmocka_unit_test(more_than_seventeen_blocks_are_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
