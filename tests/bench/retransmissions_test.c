/* SPDX-License-Identifier: BSD-3-Clause */

/* What a sender sent again, and what of that was in vain: sequences of segments made by hand. */

#include "retransmissions.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { LEN = 1000 };

/* Segments start at numbers from which all wraps can be reached; "segment n" is the n-th of
 * LEN octets. */
static const uint32_t starts[] = {0, 1, UINT32_C(0x7fffffff), UINT32_C(0x80000000),
	UINT32_C(0xffffffff), UINT32_C(0xfffff9c0)};

struct story {
	struct retransmissions sender;
	uint32_t start;
};

static void carried(struct story *story, uint32_t n)
{
	retransmissions_note(&story->sender, story->start + n * LEN, LEN, true);
}

static void lost(struct story *story, uint32_t n)
{
	retransmissions_note(&story->sender, story->start + n * LEN, LEN, false);
}

static void expect(const struct story *story, uint64_t segments, uint64_t again, uint64_t vain)
{
	assert_int_equal(story->sender.segments, segments);
	assert_int_equal(story->sender.again_segments, again);
	assert_int_equal(story->sender.vain_segments, vain);
	assert_int_equal(story->sender.again_octets, again * LEN);
	assert_int_equal(story->sender.vain_octets, vain * LEN);
}

static void at_each_start(void (*tell)(struct story *story))
{
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		struct story story = {.start = starts[i]};

		tell(&story);
		retransmissions_free(&story.sender);
	}
}

static void tell_no_loss(struct story *story)
{
	for (uint32_t n = 0; n < 10; n++)
		carried(story, n);
	expect(story, 10, 0, 0);
	assert_int_equal(story->sender.octets, 10 * LEN);
	assert_int_equal(story->sender.lost_segments, 0);
}

static void new_data_is_sent_once(void **state)
{
	(void)state;
	at_each_start(tell_no_loss);
}

static void tell_repair(struct story *story)
{
	carried(story, 0);
	lost(story, 1);
	carried(story, 2);
	lost(story, 1); /* its retransmission as well */
	carried(story, 3);
	carried(story, 1);
	expect(story, 6, 2, 0);
	assert_int_equal(story->sender.lost_segments, 2);
}

static void what_was_lost_is_not_sent_again_in_vain(void **state)
{
	(void)state;
	at_each_start(tell_repair);
}

static void tell_vain(struct story *story)
{
	carried(story, 0);
	carried(story, 1);
	carried(story, 0); /* it was only late */
	lost(story, 1);    /* this copy's fate does not matter */
	lost(story, 2);
	carried(story, 2); /* needed */
	carried(story, 2); /* and once too often */
	expect(story, 7, 4, 3);
}

static void what_was_carried_is_sent_again_in_vain(void **state)
{
	(void)state;
	at_each_start(tell_vain);
}

/* Boundaries of segments may change; octets tell the truth then. */
static void tell_other_cuts(struct story *story)
{
	struct retransmissions *sender = &story->sender;

	carried(story, 0);
	lost(story, 1);
	carried(story, 2);
	retransmissions_note(sender, story->start + LEN - 300, LEN, true);
	assert_int_equal(sender->again_segments, 1);
	assert_int_equal(sender->vain_segments, 0); /* 700 octets were needed */
	assert_int_equal(sender->vain_octets, 300);
	/* From within the last one on, half of it new. */
	retransmissions_note(sender, story->start + 2 * LEN + LEN / 2, LEN, true);
	assert_int_equal(sender->again_octets, LEN + LEN / 2);
	assert_int_equal(sender->vain_octets, 300 + LEN / 2);
	assert_int_equal(sender->vain_segments, 0);
}

static void octets_are_counted_whatever_the_cuts(void **state)
{
	(void)state;
	at_each_start(tell_other_cuts);
}

static void tell_empty(struct story *story)
{
	retransmissions_note(&story->sender, story->start - 1, 0, true); /* SYN-ACK */
	carried(story, 0);
	retransmissions_note(&story->sender, story->start, 0, true);
	retransmissions_note(&story->sender, story->start + LEN, 0, false);
	expect(story, 1, 0, 0);
}

static void segments_without_payload_do_not_count(void **state)
{
	(void)state;
	at_each_start(tell_empty);
}

/* Ten GiB, a segment in a hundred lost: numbers wrap twice. */
static void long_connections_wrap(void **state)
{
	static struct story story;
	const uint32_t n = 164000, len = 65535;

	(void)state;
	for (uint32_t i = 0; i < n; i++) {
		bool is_lost = i % 100 == 99;

		retransmissions_note(&story.sender, i * len, len, !is_lost);
		if (is_lost)
			retransmissions_note(&story.sender, i * len, len, true);
	}
	assert_int_equal(story.sender.octets, (uint64_t)len * (n + n / 100));
	assert_int_equal(story.sender.again_segments, n / 100);
	assert_int_equal(story.sender.vain_octets, 0);
	assert_int_equal(story.sender.carried.len, 1);
	retransmissions_free(&story.sender);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_data_is_sent_once),
		cmocka_unit_test(what_was_lost_is_not_sent_again_in_vain),
		cmocka_unit_test(what_was_carried_is_sent_again_in_vain),
		cmocka_unit_test(octets_are_counted_whatever_the_cuts),
		cmocka_unit_test(segments_without_payload_do_not_count),
		cmocka_unit_test(long_connections_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
