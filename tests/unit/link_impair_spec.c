/* SPDX-License-Identifier: BSD-3-Clause */

/* Specifications of the link emulator: what each verb's text means, what is refused and
 * what is said then, and that what is written down is read back. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <evtcp/impair.h>
#include <string.h>

#include "link/impair/spec.h"

static struct evtcp_impair_spec parse(const char *text)
{
	struct evtcp_impair_spec spec;
	struct evtcp_impair_error error;

	if (evtcp_impair_parse(text, &spec, &error) < 0)
		fail_msg("%s: %u: %s", text, error.column, error.text);
	assert_true(spec_is_sound(&spec));
	return spec;
}

static void refuses(const char *text, unsigned column, const char *why)
{
	struct evtcp_impair_spec spec;
	struct evtcp_impair_error error;

	errno = 0;
	if (evtcp_impair_parse(text, &spec, &error) == 0)
		fail_msg("accepted: %s", text);
	assert_int_equal(errno, EINVAL);
	if (error.column != column || !strstr(error.text, why))
		fail_msg("'%s': %u: %s", text, error.column, error.text);
}

/* How parse and format together write it. */
static void becomes(const char *text, const char *wanted)
{
	struct evtcp_impair_spec spec = parse(text);
	char written[EVTCP_IMPAIR_TEXT];

	assert_string_equal(evtcp_impair_format(&spec, written, sizeof(written)), wanted);
	spec = parse(written);
	assert_string_equal(evtcp_impair_format(&spec, written, sizeof(written)), wanted);
}

static void every_verb_is_read(void **state)
{
	struct evtcp_impair_spec spec =
		parse("loss=1%,gemodel=2%/25%/90%/0.5%,delay=20ms~5ms,overtake,reorder=3%/7ms~1ms,"
		      "dup=4%/3,corrupt=5%/8,truncate=6%,rate=10mbit,queue=64kb,ecn,"
		      "mtu=1400/silent,limit=16mb,seed=7");
	const struct evtcp_impair_way *way = &spec.ways[EVTCP_IMPAIR_TX];

	(void)state;
	assert_int_equal(way->loss_ppm, 10000);
	assert_int_equal(way->burst.begin_ppm, 20000);
	assert_int_equal(way->burst.end_ppm, 250000);
	assert_int_equal(way->burst.loss_bad_ppm, 900000);
	assert_int_equal(way->burst.loss_good_ppm, 5000);
	assert_int_equal(way->delay.us, 20000);
	assert_int_equal(way->delay.jitter_us, 5000);
	assert_int_equal(way->overtake, 1);
	assert_int_equal(way->reorder_ppm, 30000);
	assert_int_equal(way->hold.us, 7000);
	assert_int_equal(way->hold.jitter_us, 1000);
	assert_int_equal(way->duplicate_ppm, 40000);
	assert_int_equal(way->duplicate_max, 3);
	assert_int_equal(way->corrupt_ppm, 50000);
	assert_int_equal(way->corrupt_max, 8);
	assert_int_equal(way->truncate_ppm, 60000);
	assert_int_equal(way->rate_bps, 10000000);
	assert_int_equal(way->queue_bytes, 65536);
	assert_int_equal(way->ecn, 1);
	assert_int_equal(way->mtu, 1400);
	assert_int_equal(way->silent, 1);
	assert_int_equal(way->limit_bytes, 16 << 20);
	assert_int_equal(spec.seed, 7);
}

static void a_direction_has_its_own_clauses_and_the_last_one_counts(void **state)
{
	struct evtcp_impair_spec spec =
		parse("loss=1%,tx.loss=2%,rx.delay=20ms, TX.Rate = 1.5Mbit ,queue=100");

	(void)state;
	assert_int_equal(spec.ways[EVTCP_IMPAIR_TX].loss_ppm, 20000);
	assert_int_equal(spec.ways[EVTCP_IMPAIR_RX].loss_ppm, 10000);
	assert_int_equal(spec.ways[EVTCP_IMPAIR_TX].delay.us, 0);
	assert_int_equal(spec.ways[EVTCP_IMPAIR_RX].delay.us, 20000);
	assert_int_equal(spec.ways[EVTCP_IMPAIR_TX].rate_bps, 1500000);
	assert_int_equal(spec.ways[EVTCP_IMPAIR_RX].rate_bps, 0);
	assert_int_equal(spec.ways[EVTCP_IMPAIR_RX].queue_packets, 100);
	assert_int_equal(spec.seed, 1);
}

static void numbers_have_units_and_decimals(void **state)
{
	(void)state;
	assert_int_equal(parse("loss=0.0001%").ways[0].loss_ppm, 1);
	assert_int_equal(parse("loss=100%").ways[0].loss_ppm, 1000000);
	assert_int_equal(parse("delay=1.5ms").ways[0].delay.us, 1500);
	assert_int_equal(parse("delay=0.25s").ways[0].delay.us, 250000);
	assert_int_equal(parse("delay=3us").ways[0].delay.us, 3);
	assert_int_equal(parse("rate=9.6kbit").ways[0].rate_bps, 9600);
	assert_int_equal(parse("rate=10gbit").ways[0].rate_bps, 10000000000);
	assert_int_equal(parse("queue=1500b").ways[0].queue_bytes, 1500);
	assert_int_equal(parse("queue=2m").ways[0].queue_bytes, 2 << 20);
	assert_int_equal(parse("queue=1,queue=1k").ways[0].queue_packets, 0);
	assert_true(parse("seed=18446744073709551615").seed == UINT64_MAX);
	assert_int_equal(parse("gemodel=1%/25%").ways[0].burst.loss_bad_ppm, 1000000);
	assert_int_equal(parse("gemodel=1%/25%").ways[0].burst.loss_good_ppm, 0);
}

static void a_mistake_is_told_with_its_place_and_what_would_be_right(void **state)
{
	(void)state;
	refuses("", 1, "expected a verb: loss, gemodel,");
	refuses("lost=1%", 1, "found 'lost=1%'");
	refuses("delay=20ms,,loss=1%", 12, "found ','");
	refuses("delay=20ms,", 12, "found the end");
	refuses("loss", 5, "expected '=' and a value, found the end");
	refuses("loss=1", 6, "a share of the packets, 0% to 100%, such as 0.5%");
	refuses("loss=101%", 6, "found '101%'");
	refuses("loss=0.00001%", 6, "no finer than 0.0001%");
	refuses("delay=20", 7, "a time with its unit, such as 20ms");
	refuses("delay=20ms~30ms", 12, "no more jitter than delay");
	refuses("delay=2h", 7, "found '2h'");
	refuses("delay=3601s", 7, "at most 3600s");
	refuses("rate=10", 6, "bits a second, such as 10mbit");
	refuses("rate=1mbps", 6, "found '1mbps'");
	refuses("rate=0mbit", 6, "bits a second");
	refuses("queue=0", 7, "packets (100, at most 1000000) or bytes");
	refuses("queue=5gb", 7, "found '5gb'");
	refuses("reorder=1%", 11, "'/' and how much later (reorder=1%/5ms)");
	refuses("gemodel=1%", 11, "how likely a burst ends");
	refuses("dup=1%/17", 8, "1 to 16");
	refuses("corrupt=1%/0", 12, "1 to 64");
	refuses("mtu=67", 5, "68 to 65535");
	refuses("mtu=1400/quiet", 10, "'silent'");
	refuses("tx.seed=7", 4, "seed has none");
	refuses("seed=x", 6, "a whole number");
	refuses("seed=18446744073709551616", 6, "below 2^64");
	refuses("ecn=1", 4, "',' or the end");
	refuses("loss=1% delay=2ms", 9, "',' or the end, found 'delay=2ms'");
	refuses("loss=1%\x01\xff", 8, "found '\?\?'");
	refuses("loss=9999999999999999999999999%", 6, "found '999999999999999999999999...'");
}

static void what_is_written_down_is_read_back(void **state)
{
	(void)state;
	becomes("seed=3", "seed=3");
	becomes("loss=0%,delay=0ms", "seed=1");
	becomes("tx.loss=1%,rx.loss=1.0%", "loss=1%,seed=1");
	becomes("tx.loss=0.5%,rx.loss=12.3456%", "tx.loss=0.5%,rx.loss=12.3456%,seed=1");
	becomes("delay=1500us~0.5ms,rx.overtake", "delay=1500us~500us,rx.overtake,seed=1");
	becomes("gemodel=1%/25%", "gemodel=1%/25%/100%/0%,seed=1");
	becomes("dup=1%/1,corrupt=10%/2,truncate=100%",
		"dup=1%,corrupt=10%/2,truncate=100%,seed=1");
	becomes("reorder=25%/1s~1ms", "reorder=25%/1s~1ms,seed=1");
	becomes("rate=1500kbit,queue=1024b,ecn", "rate=1500kbit,queue=1kb,ecn,seed=1");
	becomes("rx.mtu=576,tx.mtu=1280/silent,limit=3k",
		"tx.mtu=1280/silent,rx.mtu=576,limit=3kb,seed=1");
}

static void all_of_it_fits_on_a_line(void **state)
{
	(void)state;
	becomes("tx.loss=1%,rx.delay=20ms~5ms,reorder=1%/5ms,dup=1%,corrupt=0.1%,rate=10mbit,"
		"queue=100,seed=7",
		"tx.loss=1%,rx.delay=20ms~5ms,reorder=1%/5ms,dup=1%,corrupt=0.1%,rate=10mbit,"
		"queue=100,seed=7");
}

static void a_text_that_is_too_short_is_cut(void **state)
{
	struct evtcp_impair_spec spec = parse("loss=1%,seed=77");
	char text[9];

	(void)state;
	for (size_t size = 1; size <= sizeof(text); size++) {
		memset(text, 'x', sizeof(text));
		assert_int_equal(strlen(evtcp_impair_format(&spec, text, size)), size - 1);
		assert_int_equal(strncmp(text, "loss=1%,seed=77", size - 1), 0);
	}
}

static void a_struct_outside_its_bounds_is_not_sound(void **state)
{
	static const struct evtcp_impair_way ways[] = {
		{.loss_ppm = 1000001},
		{.burst.begin_ppm = 1000001},
		{.burst.loss_good_ppm = 1000001},
		{.delay = {1000, 1001}},
		{.hold = {SPEC_SPAN_MAX_US + 1, 0}},
		{.rate_bps = SPEC_RATE_MAX_BPS + 1},
		{.queue_bytes = SPEC_BYTES_MAX + 1},
		{.duplicate_max = 17},
		{.corrupt_max = 65},
		{.mtu = 67},
		{.limit_bytes = SPEC_BYTES_MAX + 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct evtcp_impair_spec spec;

		for (unsigned direction = 0; direction < 2; direction++) {
			evtcp_impair_spec_init(&spec);
			assert_true(spec_is_sound(&spec));
			spec.ways[direction] = ways[i];
			assert_false(spec_is_sound(&spec));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verb_is_read),
		cmocka_unit_test(a_direction_has_its_own_clauses_and_the_last_one_counts),
		cmocka_unit_test(numbers_have_units_and_decimals),
		cmocka_unit_test(a_mistake_is_told_with_its_place_and_what_would_be_right),
		cmocka_unit_test(what_is_written_down_is_read_back),
		cmocka_unit_test(all_of_it_fits_on_a_line),
		cmocka_unit_test(a_text_that_is_too_short_is_cut),
		cmocka_unit_test(a_struct_outside_its_bounds_is_not_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
