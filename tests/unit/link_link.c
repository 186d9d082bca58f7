/* SPDX-License-Identifier: BSD-3-Clause */

/* Links: what every one has in common, the tap, the memory link. */

#include "link/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

/* A receiver that writes down what it was told. */
struct diary {
	char text[256]; /* "input(3) end failed(5) " */
};

static void diary_add(struct diary *diary, const char *word, int n)
{
	size_t len = strlen(diary->text);

	snprintf(diary->text + len, sizeof(diary->text) - len, "%s(%d) ", word, n);
}

static void diary_input(void *arg, struct evtcp_packet *packet)
{
	diary_add(arg, "input", (int)packet->len);
	packet->reason.cause = EVTCP_CAUSE_ACCEPTED;
}

static void diary_batch_end(void *arg)
{
	diary_add(arg, "end", 0);
}

static void diary_failed(void *arg, int error)
{
	diary_add(arg, "failed", error);
}

static void diary_dropped(void *arg, enum evtcp_cause cause)
{
	diary_add(arg, evtcp_cause_name(cause), 0);
}

static void diary_receive_from(struct diary *diary, struct evtcp_link *link)
{
	struct evtcp_receiver receiver = {
		.input = diary_input,
		.batch_end = diary_batch_end,
		.failed = diary_failed,
		.dropped = diary_dropped,
		.arg = diary,
	};

	evtcp_link_set_receiver(link, &receiver);
}

/* An observer that writes into the same diary. */
static void diary_observe(
	void *arg, enum evtcp_sighting sighting, const struct evtcp_packet *packet)
{
	static const char *const words[] = {"saw-in", "saw-out", "lost-in", "lost-out"};

	diary_add(arg, words[sighting], (int)packet->len);
	if (sighting == EVTCP_WIRE_IN)
		assert_int_equal(packet->reason.cause, EVTCP_CAUSE_ACCEPTED);
}

static struct evtcp_link *new_memory_link(struct memory_link **memory)
{
	struct evtcp_link *link = memory_link_new(evtcp_world_system(), 1500, 2, memory);

	assert_non_null(link);
	return link;
}

static int send_bytes(struct evtcp_link *link, const char *first, const char *second)
{
	struct iovec iov[2] = {{(void *)(uintptr_t)first, strlen(first)},
		{(void *)(uintptr_t)second, strlen(second)}};
	struct evtcp_packet packet = {.iov = iov,
		.iovcnt = 2,
		.len = iov[0].iov_len + iov[1].iov_len,
		.at_us = 7,
		.reason = {.cause = EVTCP_CAUSE_DATA}};

	return evtcp_link_output(link, &packet);
}

/* RFC 791 3.2 rule 1: 68 octets pass any link. */
static void an_mtu_outside_68_to_65535_is_refused(void **state)
{
	static const struct {
		unsigned mtu;
		int error;
	} cases[] = {{0, EINVAL}, {67, EINVAL}, {68, 0}, {65535, 0}, {65536, EINVAL}};
	struct memory_link *memory;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct evtcp_link *link =
			memory_link_new(evtcp_world_system(), cases[i].mtu, 1, &memory);

		if (cases[i].error) {
			assert_null(link);
			assert_int_equal(errno, cases[i].error);
			continue;
		}
		assert_int_equal(evtcp_link_get_mtu(link), cases[i].mtu);
		evtcp_link_free(link);
	}
	evtcp_link_free(NULL);
}

static void a_link_without_receiver_swallows_what_comes_in(void **state)
{
	struct memory_link *memory;
	struct evtcp_link *link = new_memory_link(&memory);
	struct evtcp_reason reason = memory_link_inject(memory, "abc", 3, 1);

	(void)state;
	memory_link_end_batch(memory);
	memory_link_fail(memory, EIO);
	assert_int_equal(reason.cause, EVTCP_CAUSE_NONE);
	evtcp_link_free(link);
}

static void a_receiver_hears_input_then_batch_end_then_failure(void **state)
{
	struct diary diary = {""};
	struct memory_link *memory;
	struct evtcp_link *link = new_memory_link(&memory);
	struct evtcp_reason reason;

	(void)state;
	diary_receive_from(&diary, link);
	reason = memory_link_inject(memory, "abc", 3, 1);
	memory_link_inject(memory, "", 0, 1);
	memory_link_end_batch(memory);
	memory_link_fail(memory, 5);
	assert_int_equal(reason.cause, EVTCP_CAUSE_ACCEPTED);
	assert_string_equal(diary.text, "input(3) input(0) end(0) failed(5) ");

	evtcp_link_set_receiver(link, NULL);
	memory_link_end_batch(memory);
	assert_string_equal(diary.text, "input(3) input(0) end(0) failed(5) ");
	evtcp_link_free(link);
}

static void the_memory_link_keeps_copies_in_order_with_their_reasons(void **state)
{
	struct memory_link *memory;
	struct evtcp_link *link = new_memory_link(&memory);
	struct memory_packet *packet;

	(void)state;
	assert_int_equal(send_bytes(link, "ab", "c"), 0);
	assert_int_equal(send_bytes(link, "", "d"), 0);
	assert_int_equal(memory_link_len(memory), 2);
	packet = memory_link_pop(memory);
	assert_int_equal(packet->len, 3);
	assert_memory_equal(packet->bytes, "abc", 3);
	assert_int_equal(packet->reason.cause, EVTCP_CAUSE_DATA);
	assert_int_equal(packet->at_us, 7);
	memory_link_drop(memory, packet);
	packet = memory_link_pop(memory);
	assert_memory_equal(packet->bytes, "d", 1);
	memory_link_drop(memory, packet);
	assert_null(memory_link_pop(memory));
	assert_int_equal(send_bytes(link, "left", "over"), 0); /* freed with the link */
	evtcp_link_free(link);
}

static void a_full_or_refusing_memory_link_says_so(void **state)
{
	struct memory_link *memory;
	struct evtcp_link *link = new_memory_link(&memory);

	(void)state;
	memory_link_refuse(memory, EIO);
	assert_int_equal(send_bytes(link, "a", ""), -1);
	assert_int_equal(errno, EIO);
	memory_link_refuse(memory, 0);
	assert_int_equal(send_bytes(link, "a", ""), 0);
	assert_int_equal(send_bytes(link, "b", ""), 0);
	assert_int_equal(send_bytes(link, "c", ""), -1);
	assert_int_equal(errno, ENOBUFS);
	assert_int_equal(memory_link_len(memory), 2);
	evtcp_link_free(link);
}

static void pumping_delivers_what_waited_as_one_batch(void **state)
{
	struct diary diary = {""};
	struct memory_link *left, *right;
	struct evtcp_link *left_link = new_memory_link(&left);
	struct evtcp_link *right_link = new_memory_link(&right);

	(void)state;
	diary_receive_from(&diary, right_link);
	assert_int_equal(memory_link_pump(left, right), 0);
	assert_string_equal(diary.text, "");
	send_bytes(left_link, "ab", "");
	send_bytes(left_link, "c", "");
	assert_int_equal(memory_link_pump(left, right), 2);
	assert_string_equal(diary.text, "input(2) input(1) end(0) ");
	evtcp_link_free(left_link);
	evtcp_link_free(right_link);
}

static void a_tap_shows_a_packet_after_it_was_taken(void **state)
{
	struct diary diary = {""};
	struct evtcp_observer observer = {diary_observe, &diary};
	struct memory_link *memory;
	struct evtcp_link *tap = evtcp_link_tap_new(new_memory_link(&memory), &observer);

	(void)state;
	assert_int_equal(evtcp_link_get_mtu(tap), 1500);
	diary_receive_from(&diary, tap);
	memory_link_inject(memory, "abc", 3, 1);
	memory_link_end_batch(memory);
	assert_int_equal(send_bytes(tap, "ab", ""), 0);
	evtcp_link_flush(tap);
	memory_link_fail(memory, 19);
	assert_string_equal(diary.text, "input(3) saw-in(3) end(0) saw-out(2) failed(19) ");
	evtcp_link_free(tap); /* frees the memory link, too */
}

static void what_a_link_below_took_away_is_told_through_a_tap(void **state)
{
	struct diary diary = {""};
	struct evtcp_observer observer = {diary_observe, &diary};
	struct memory_link *memory;
	struct evtcp_link *lower = new_memory_link(&memory);
	struct evtcp_link *tap = evtcp_link_tap_new(lower, &observer);

	(void)state;
	evtcp_link_dropped(tap, EVTCP_CAUSE_FAULT); /* nobody listens yet */
	diary_receive_from(&diary, tap);
	evtcp_link_dropped(lower, EVTCP_CAUSE_FAULT);
	assert_string_equal(diary.text, "fault(0) ");
	evtcp_link_free(tap);
}

static void a_tap_does_not_show_what_the_lower_link_refuses(void **state)
{
	struct diary diary = {""};
	struct evtcp_observer observer = {diary_observe, &diary};
	struct memory_link *memory;
	struct evtcp_link *tap = evtcp_link_tap_new(new_memory_link(&memory), &observer);

	(void)state;
	memory_link_refuse(memory, EIO);
	assert_int_equal(send_bytes(tap, "ab", ""), -1);
	assert_int_equal(errno, EIO);
	assert_string_equal(diary.text, "");
	evtcp_link_free(tap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_mtu_outside_68_to_65535_is_refused),
		cmocka_unit_test(a_link_without_receiver_swallows_what_comes_in),
		cmocka_unit_test(a_receiver_hears_input_then_batch_end_then_failure),
		cmocka_unit_test(the_memory_link_keeps_copies_in_order_with_their_reasons),
		cmocka_unit_test(a_full_or_refusing_memory_link_says_so),
		cmocka_unit_test(pumping_delivers_what_waited_as_one_batch),
		cmocka_unit_test(a_tap_shows_a_packet_after_it_was_taken),
		cmocka_unit_test(what_a_link_below_took_away_is_told_through_a_tap),
		cmocka_unit_test(a_tap_does_not_show_what_the_lower_link_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
