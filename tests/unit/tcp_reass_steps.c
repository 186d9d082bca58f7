/* SPDX-License-Identifier: BSD-3-Clause */

/* What one segment costs that comes out of order (ATTACKS T22, CVE-2018-5390), in steps and not
 * in time: every comparison of sequence numbers and every move of memory counts as one; to
 * keep it and to tell of it are counted each by itself. The source of the array is compiled
 * into this test, with counters in place of both. */

#include "test_world.h"
#include "wire/seq.h"

#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

static unsigned long steps, moved;

#define seq_lt(a, b) (steps++, seq_lt(a, b))
#define seq_leq(a, b) (steps++, seq_leq(a, b))
#define seq_gt(a, b) (steps++, seq_gt(a, b))
#define seq_geq(a, b) (steps++, seq_geq(a, b))
#define seq_between(seq, first, end) (steps += 2, seq_between(seq, first, end))
#define memmove(to, from, n) (steps++, moved += (n), memmove(to, from, n))

#include "tcp/reass.c"

enum { KEEP_MAX = 64, LIMIT = 1024 /* of limits.out_of_order */ };

/* A search for each range that was touched last, whether it is still there or not. */
enum { TELL_MAX = REASS_RECENT * 12 };

/* The orders of an attacker: from the right, every second octet, from both ends, all over. */
enum { ORDERS = 4 };

static uint32_t place(int order, uint32_t i, uint32_t n)
{
	switch (order) {
	case 0:
		return n - 1 - i;
	case 1:
		return 2 * i < n ? 2 * i : n - 1 - (2 * i - n);
	case 2:
		return i % 2 ? n - 1 - i / 2 : i / 2;
	default:
		return (uint32_t)((uint64_t)i * 40503 % n);
	}
}

struct cost {
	unsigned long keep, tell; /* steps */
	unsigned long moved;      /* bytes */
};

static unsigned long larger(unsigned long a, unsigned long b)
{
	return a > b ? a : b;
}

/* n octets beyond a gap, each in a segment of its own, `apart` from each other; then the gap
 * is filled. The most that one of them costs. */
static struct cost run(const struct evtcp_world *world, uint32_t n, int order, uint32_t apart)
{
	struct reass *r = reass_new(world);
	struct evbuffer *input = evbuffer_new();
	struct cost most = {0};
	struct tcp_sack_block blocks[4];
	uint32_t rcv_nxt = UINT32_MAX - 1000; /* the numbers wrap */
	uint8_t octet[1] = {0};

	for (uint32_t i = 0; i < n; i++) {
		struct reass_piece piece = {
			.seq = rcv_nxt + 1 + apart * place(order, i, n), .len = 1, .data = octet};

		steps = moved = 0;
		reass_add(r, &piece, LIMIT);
		most.keep = larger(most.keep, steps);
		most.moved = larger(most.moved, moved);
		steps = 0;
		reass_blocks(r, blocks, 4);
		most.tell = larger(most.tell, steps);
	}
	struct reass_piece first = {.seq = rcv_nxt, .len = 1, .data = octet};
	reass_add(r, &first, LIMIT);
	reass_take(r, &rcv_nxt, input);
	reass_free(r);
	evbuffer_free(input);
	return most;
}

static void run_all_orders(const struct evtcp_world *world, uint32_t n, struct cost *most)
{
	for (int i = 0; i < 2 * ORDERS; i++) {
		struct cost c = run(world, n, i / 2, 1 + i % 2);

		if (c.keep > KEEP_MAX || c.tell > TELL_MAX)
			fail_msg(
				"order %d, %u octets: %lu and %lu steps", i / 2, n, c.keep, c.tell);
		most->keep = larger(most->keep, c.keep);
		most->tell = larger(most->tell, c.tell);
		most->moved = larger(most->moved, c.moved);
	}
}

static void a_segment_costs_few_steps_however_many_wait(void **state)
{
	static const uint32_t counts[] = {10, 100, 1000, 10000, 65535};
	struct test_world *w = *state;
	struct cost most = {0};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		run_all_orders(&w->world, counts[i], &most);
	assert_true(most.moved <= LIMIT * sizeof(struct reass_range));
	print_message("T22: at most %lu steps to keep one, %lu to tell of it; %lu bytes moved\n",
		most.keep, most.tell, most.moved);
}

static int setup(void **state)
{
	static struct test_world w;

	test_world_init(&w);
	*state = &w;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_segment_costs_few_steps_however_many_wait, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
