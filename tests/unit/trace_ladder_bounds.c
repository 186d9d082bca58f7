/* SPDX-License-Identifier: BSD-3-Clause */

/* What a ladder never does: remember without bound, break without memory, or let a
 * byte of a stranger's through to the terminal. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <evtcp/ladder.h>
#include <stdio.h>
#include <stdlib.h>

#include "test_packet.h"

/* A ladder, its first line since the last segment, and an allocator that counts. */
struct page {
	struct evtcp_ladder *ladder;
	struct evtcp_observer observer;
	char line[256];
	int live, peak, left; /* blocks; left until allocations fail */
};

static void page_write(void *arg, const char *line)
{
	struct page *page = arg;

	if (page->line[0] == '\0')
		snprintf(page->line, sizeof(page->line), "%s", line);
}

static void *page_alloc(void *arg, size_t size)
{
	struct page *page = arg;

	if (page->left-- <= 0)
		return NULL;
	page->live++;
	if (page->live > page->peak)
		page->peak = page->live;
	return malloc(size);
}

static void page_free(void *arg, void *ptr)
{
	struct page *page = arg;

	page->live -= ptr != NULL;
	free(ptr);
}

/* A ladder that may allocate left times. */
static void page_open(struct page *page, int left)
{
	struct evtcp_world world = *evtcp_world_system();

	*page = (struct page){.left = left};
	world.alloc = page_alloc;
	world.free = page_free;
	world.arg = page;
	page->ladder = evtcp_ladder_new(&world, page_write, page);
	if (page->ladder)
		evtcp_ladder_observer(page->ladder, &page->observer);
}

/* A segment from this port; the first line that is drawn for it stays on the page. */
static void page_show(struct page *page, uint16_t client_port, uint8_t flags)
{
	struct test_segment segment = {.flags = flags, .client_port = client_port};
	struct test_packet packet;

	page->line[0] = '\0';
	test_packet_build(&packet, &segment, 1, EVTCP_CAUSE_ACCEPTED);
	page->observer.packet(page->observer.arg, EVTCP_WIRE_IN, &packet.packet);
}

static void a_ladder_remembers_256_connections_and_no_more(void **state)
{
	struct page page;

	(void)state;
	page_open(&page, 1000000);
	for (uint16_t i = 0; i < 1000; i++)
		page_show(&page, (uint16_t)(1000 + i), TEST_SYN);
	assert_int_equal(page.peak, 257); /* the ladder itself is one */
	page_show(&page, 1999, TEST_ACK);
	assert_memory_equal(page.line, "#1000 ", 6); /* the newest is known */
	page_show(&page, 1000, TEST_ACK);
	assert_memory_equal(page.line, "#1001 ", 6); /* the oldest is not */
	evtcp_ladder_free(page.ladder);
	assert_int_equal(page.live, 0);
}

static void without_memory_nothing_is_drawn_and_nothing_breaks(void **state)
{
	struct page page;

	(void)state;
	page_open(&page, 0);
	assert_null(page.ladder);
	assert_int_equal(errno, ENOMEM);

	page_open(&page, 1);
	page_show(&page, 1000, TEST_SYN);
	assert_string_equal(page.line, "");
	evtcp_ladder_free(page.ladder);

	page_open(&page, 2); /* room for one: it gives way to the next */
	page_show(&page, 1000, TEST_SYN);
	page_show(&page, 1001, TEST_SYN);
	page_show(&page, 1000, TEST_ACK);
	assert_int_equal(page.live, 2);
	evtcp_ladder_free(page.ladder);
	assert_int_equal(page.live, 0);
}

/* One line of UTF-8 without control characters, as ATTACKS.md P14 asks. */
static void check_line(void *arg, const char *line)
{
	const unsigned char *c = (const unsigned char *)line;
	unsigned *lines = arg;

	(*lines)++;
	assert_true(strlen(line) < 800);
	while (*c) {
		if (*c < 0x80) {
			assert_in_range(*c, ' ', '~');
			c += 1;
		} else { /* box drawing, arrows: three bytes each */
			assert_int_equal(c[0] & 0xf0, 0xe0);
			assert_int_equal(c[1] & 0xc0, 0x80);
			assert_int_equal(c[2] & 0xc0, 0x80);
			c += 3;
		}
	}
}

static uint32_t next_random(uint32_t *random)
{
	*random = *random * 1664525 + 1013904223;
	return *random >> 8;
}

static void random_event(struct evtcp_event *e, uint32_t *random)
{
	for (size_t i = 0; i < sizeof(*e); i++)
		((uint8_t *)e)[i] = (uint8_t)next_random(random);
	e->kind = (enum evtcp_event_kind)(next_random(random) % EVTCP_N_EVENT_KINDS);
	e->reason.cause = (enum evtcp_cause)(next_random(random) % EVTCP_N_CAUSES);
}

static void any_packet_and_any_event_give_clean_lines(void **state)
{
	struct evtcp_ladder *ladder;
	struct evtcp_observer observer;
	struct evtcp_sink sink;
	unsigned lines = 0;
	uint32_t random = 4711;

	(void)state;
	ladder = evtcp_ladder_new(evtcp_world_system(), check_line, &lines);
	evtcp_ladder_observer(ladder, &observer);
	evtcp_ladder_sink(ladder, &sink);
	for (int i = 0; i < 20000; i++) {
		static const struct test_segment segment = {.payload_len = 40};
		struct test_packet p;
		struct evtcp_event e;

		if (i % 100 == 0)
			evtcp_ladder_set_columns(ladder, next_random(&random) % 200);
		test_packet_build(&p, &segment, next_random(&random),
			(enum evtcp_cause)(next_random(&random) % EVTCP_N_CAUSES));
		for (size_t at = i % 2 ? 0 : 20; at < 80; at++)
			p.bytes[at] = (uint8_t)next_random(&random);
		p.packet.reason.count = (uint16_t)next_random(&random);
		observer.packet(observer.arg, (enum evtcp_sighting)(i % 4), &p.packet);
		random_event(&e, &random);
		sink.event(sink.arg, &e);
	}
	assert_true(lines > 20000);
	evtcp_ladder_free(ladder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ladder_remembers_256_connections_and_no_more),
		cmocka_unit_test(without_memory_nothing_is_drawn_and_nothing_breaks),
		cmocka_unit_test(any_packet_and_any_event_give_clean_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
