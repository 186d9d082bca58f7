/* SPDX-License-Identifier: BSD-3-Clause */

/* Extension headers (RFC 8200 4, ATTACKS.md P06): each kind walked by its rule, chains of
 * any length, options of any number, every truncation; and what the source is told. Each
 * packet lies in a heap block of its own size. */

#include "wire/ipv6_chain.h"

#include "test_ipv6.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { HEADER = 40, PACKET_MAX = 8192 };

/* A packet under construction: the header at the end names what follows. */
struct writer {
	uint8_t packet[PACKET_MAX];
	size_t len;
	size_t next_at; /* the octet that names what comes next */
};

static void start(struct writer *w)
{
	struct test_ipv6 h = {.hop_limit = 64, .src = TEST_ADDRESS6(1), .dst = TEST_ADDRESS6(2)};

	memset(w, 0, sizeof(*w));
	test_ipv6_header(w->packet, &h);
	w->len = HEADER;
	w->next_at = 6;
}

/* An extension header of 8 * (1 + more) octets, whose content is zeros: padding. */
static uint8_t *add(struct writer *w, uint8_t kind, unsigned more)
{
	uint8_t *header = w->packet + w->len;

	w->packet[w->next_at] = kind;
	w->next_at = w->len;
	header[1] = (uint8_t)more;
	w->len += 8 * (1 + (size_t)more);
	return header;
}

/* Options of six octets, all padding but for the first, of this number, with four octets. */
static uint8_t *add_options(struct writer *w, uint8_t kind, uint8_t option)
{
	uint8_t *header = add(w, kind, 0);

	header[2] = option;
	header[3] = 4;
	return header;
}

static void end(struct writer *w, uint8_t upper, size_t payload_len)
{
	w->packet[w->next_at] = upper;
	w->len += payload_len;
}

static enum evtcp_cause walk(struct ipv6_chain *chain, const struct writer *w)
{
	uint8_t *exact = test_exact_copy(w->packet, w->len);
	enum evtcp_cause cause = ipv6_chain_walk(chain, exact, w->len);

	free(exact);
	assert_true(chain->upper_at <= w->len && chain->next_header_at < w->len);
	assert_true(!chain->problem_due || chain->problem_at < w->len);
	return cause;
}

static void without_extension_headers_the_payload_is_behind_the_header(void **state)
{
	struct ipv6_chain chain;
	struct writer w;

	(void)state;
	start(&w);
	end(&w, 6, 20);
	assert_int_equal(walk(&chain, &w), EVTCP_CAUSE_NONE);
	assert_int_equal(chain.upper, 6);
	assert_int_equal(chain.upper_at, 40);
	assert_int_equal(chain.next_header_at, 6);
	assert_int_equal(chain.fragment_at, 0);
	assert_false(chain.problem_due);
	assert_int_equal(chain.problem_code, 1);
	assert_int_equal(chain.problem_at, 6);
}

/* RFC 8200 4 rule 1, 4.1: in the recommended order, and in any other. */
static void headers_are_walked_in_any_order(void **state)
{
	static const uint8_t kinds[] = {TEST_DESTINATION, TEST_ROUTING, TEST_FRAGMENT};
	struct ipv6_chain chain;
	struct writer w;

	(void)state;
	for (unsigned order = 0; order < 27; order++) {
		size_t last;

		start(&w);
		add(&w, TEST_HOP_BY_HOP, 0);
		add(&w, kinds[order % 3], 0);
		add(&w, kinds[order / 3 % 3], 0);
		last = w.len;
		add(&w, kinds[order / 9], 0);
		end(&w, 17, 8);
		assert_int_equal(walk(&chain, &w), EVTCP_CAUSE_NONE);
		assert_int_equal(chain.upper, 17);
		assert_int_equal(chain.upper_at, 72);
		assert_int_equal(chain.next_header_at, last);
		assert_int_equal(chain.problem_at, last);
	}
}

/* RFC 8200 4 rule 3: a second one is an upper layer that nobody knows. */
static void hop_by_hop_stands_only_behind_the_ipv6_header(void **state)
{
	static const uint8_t before[] = {
		TEST_HOP_BY_HOP, TEST_DESTINATION, TEST_ROUTING, TEST_FRAGMENT};
	struct ipv6_chain chain;
	struct writer w;

	(void)state;
	for (size_t i = 0; i < sizeof(before); i++) {
		start(&w);
		add(&w, before[i], 0);
		add(&w, TEST_HOP_BY_HOP, 0);
		end(&w, 6, 20);
		assert_int_equal(walk(&chain, &w), EVTCP_CAUSE_NONE);
		assert_int_equal(chain.upper, TEST_HOP_BY_HOP);
		assert_int_equal(chain.upper_at, 48);
		assert_int_equal(chain.problem_code, 1);
		assert_int_equal(chain.problem_at, 40);
	}
}

static void p06_a_chain_of_any_length_is_bounded(void **state)
{
	static const uint8_t kinds[] = {TEST_DESTINATION, TEST_ROUTING, TEST_FRAGMENT};
	struct ipv6_chain chain;
	struct writer w;
	unsigned cases = 0;

	(void)state;
	for (unsigned kind = 0; kind < 3; kind++) {
		for (unsigned n = 0; n <= 200; n++, cases++) {
			start(&w);
			for (unsigned i = 0; i < n; i++)
				add(&w, kinds[kind], 0);
			end(&w, 6, 20);
			assert_int_equal(walk(&chain, &w),
				n <= 8 ? EVTCP_CAUSE_NONE : EVTCP_CAUSE_IP_EXTENSION_LIMIT);
			assert_false(chain.problem_due);
		}
	}
	print_message("P06: %u chains\n", cases);
}

static void p06_a_chain_cut_anywhere_is_dropped_in_silence(void **state)
{
	struct ipv6_chain chain;
	struct writer w, cut;
	unsigned cases = 0;

	(void)state;
	start(&w);
	add(&w, TEST_HOP_BY_HOP, 0);
	add_options(&w, TEST_DESTINATION, 0x1e);
	add(&w, TEST_ROUTING, 30);
	add(&w, TEST_FRAGMENT, 0);
	add(&w, TEST_DESTINATION, 0);
	end(&w, 6, 0);
	for (size_t len = HEADER; len <= w.len; len++, cases++) {
		cut = w;
		cut.len = len;
		assert_int_equal(walk(&chain, &cut),
			len == w.len ? EVTCP_CAUSE_NONE : EVTCP_CAUSE_IP_TRUNCATED);
		assert_false(chain.problem_due);
	}
	print_message("P06: %u truncations\n", cases);
}

/* Fills len octets with options of any number (0x1e is skipped) and at most 255 octets. */
static void fill_with_options(uint8_t *options, size_t len)
{
	while (len > 0) {
		size_t step = len > 257 ? 250 : len;

		options[0] = 0x1e;
		options[1] = (uint8_t)(step - 2);
		options += step;
		len -= step;
	}
}

/* CVE-2020-17442: no length wraps, each is held against the packet. */
static void p06_a_header_is_as_long_as_it_says_or_it_is_refused(void **state)
{
	static const uint8_t kinds[] = {TEST_HOP_BY_HOP, TEST_DESTINATION, TEST_ROUTING};
	struct ipv6_chain chain;
	struct writer w;

	(void)state;
	for (unsigned kind = 0; kind < 3; kind++) {
		for (unsigned more = 0; more < 256; more++) {
			uint8_t *header;
			bool too_many = kind < 2 && 8 * more + 6 > 7 * 250 + 257;

			start(&w);
			header = add(&w, kinds[kind], more);
			if (kind < 2)
				fill_with_options(header + 2, 8 * more + 6);
			end(&w, 6, 20);
			assert_int_equal(walk(&chain, &w),
				too_many ? EVTCP_CAUSE_IP_EXTENSION_LIMIT : EVTCP_CAUSE_NONE);
			if (!too_many)
				assert_int_equal(chain.upper_at, 48 + 8 * more);
			w.len -= 21;
			assert_int_equal(walk(&chain, &w), EVTCP_CAUSE_IP_TRUNCATED);
		}
	}
}

/* ---- options ------------------------------------------------------------------- */

/* RFC 8200 4.2 rule 1: the two highest bits say what is done with an option that is unknown. */
static void every_option_is_treated_as_its_number_says(void **state)
{
	static const uint8_t kinds[] = {TEST_HOP_BY_HOP, TEST_DESTINATION};
	struct ipv6_chain chain;
	struct writer w;

	(void)state;
	for (unsigned option = 0; option < 512; option++) {
		uint8_t number = (uint8_t)option;
		bool known = number <= 1, skipped = number >> 6 == 0;

		start(&w);
		add_options(&w, kinds[option / 256], number);
		if (number == 0)
			w.packet[43] = 0; /* Pad1 has no length */
		end(&w, 6, 20);
		assert_int_equal(walk(&chain, &w),
			known || skipped ? EVTCP_CAUSE_NONE : EVTCP_CAUSE_IP_OPTION_UNKNOWN);
		assert_int_equal(chain.problem_due, number >> 7);
		if (chain.problem_due) {
			assert_int_equal(chain.problem_code, 2);
			assert_int_equal(chain.problem_at, 42);
		}
	}
}

static void an_option_that_runs_out_of_its_header_is_malformed(void **state)
{
	struct ipv6_chain chain;
	struct writer w;

	(void)state;
	for (unsigned at = 2; at < 8; at++) {
		for (unsigned len = 0; len < 256; len++) {
			uint8_t *header;
			bool fits = at < 7 && at + 2 + len <= 8;

			start(&w);
			header = add(&w, TEST_DESTINATION, 0);
			header[at] = 0x1e;
			if (at < 7)
				header[at + 1] = (uint8_t)len;
			end(&w, 6, 20);
			assert_int_equal(
				walk(&chain, &w), fits ? EVTCP_CAUSE_NONE : EVTCP_CAUSE_IP_OPTION);
			assert_false(chain.problem_due);
		}
	}
}

/* RFC 8200 4.2 rule 2, RFC 8504 5.3. */
static void p06_options_and_padding_are_bounded(void **state)
{
	struct ipv6_chain chain;
	struct writer w;

	(void)state;
	for (unsigned n = 0; n <= 40; n++) { /* n options of no content */
		uint8_t *header;

		start(&w);
		header = add(&w, TEST_DESTINATION, (2 * n + 2 + 7) / 8 - 1);
		for (unsigned i = 0; i < n; i++)
			header[2 + 2 * i] = 0x1e;
		end(&w, 6, 20);
		assert_int_equal(walk(&chain, &w),
			n <= 8 ? EVTCP_CAUSE_NONE : EVTCP_CAUSE_IP_EXTENSION_LIMIT);
	}
	for (unsigned more = 0; more < 256; more++) { /* nothing but Pad1 */
		start(&w);
		add(&w, TEST_HOP_BY_HOP, more);
		end(&w, 6, 20);
		assert_int_equal(walk(&chain, &w),
			more == 0 ? EVTCP_CAUSE_NONE : EVTCP_CAUSE_IP_EXTENSION_LIMIT);
	}
	for (unsigned len = 0; len <= 10; len++) { /* one PadN of 2 + len octets */
		uint8_t *header;

		start(&w);
		header = add(&w, TEST_DESTINATION, 1);
		header[2] = 1;
		header[3] = (uint8_t)len;
		fill_with_options(header + 4 + len, 12 - len);
		end(&w, 6, 20);
		assert_int_equal(walk(&chain, &w),
			len <= 5 ? EVTCP_CAUSE_NONE : EVTCP_CAUSE_IP_EXTENSION_LIMIT);
	}
}

/* ---- routing and fragments ------------------------------------------------------- */

/* RFC 8200 4.4 rules 1, 2, RFC 5095: no type is known; without segments left it has done its work.
 */
static void a_routing_header_with_segments_left_is_refused_whatever_its_type(void **state)
{
	struct ipv6_chain chain;
	struct writer w;

	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		for (unsigned left = 0; left < 256; left++) {
			uint8_t *header;

			start(&w);
			header = add(&w, TEST_ROUTING, 2);
			header[2] = (uint8_t)type;
			header[3] = (uint8_t)left;
			end(&w, 6, 20);
			assert_int_equal(walk(&chain, &w),
				left == 0 ? EVTCP_CAUSE_NONE : EVTCP_CAUSE_IP_SOURCE_ROUTE);
			assert_int_equal(chain.problem_due, left != 0);
			assert_int_equal(chain.problem_code, left == 0);
			assert_int_equal(chain.problem_at, left == 0 ? 40 : 42);
		}
	}
}

/* RFC 6946: a fragment that is the whole is no fragment. */
/* RFC 8200 4.5 rule 7. */
static void every_fragment_but_an_atomic_one_is_told_apart(void **state)
{
	struct ipv6_chain chain;
	struct writer w;

	(void)state;
	for (unsigned field = 0; field <= 0xffff; field++) {
		bool whole = (field & 0xfff9) == 0; /* two bits are reserved */

		start(&w);
		test_ipv6_put(add(&w, TEST_FRAGMENT, 0) + 2, field, 2);
		end(&w, 6, 20);
		assert_int_equal(
			walk(&chain, &w), whole ? EVTCP_CAUSE_NONE : EVTCP_CAUSE_IP_FRAGMENT);
		assert_int_equal(chain.fragment_at, 40);
		assert_false(chain.problem_due);
		if (whole)
			assert_int_equal(chain.upper_at, 48);
	}
}

/* RFC 8200 4.7. */
static void behind_no_next_header_there_is_nothing(void **state)
{
	struct ipv6_chain chain;
	struct writer w;

	(void)state;
	start(&w);
	add(&w, TEST_DESTINATION, 0);
	end(&w, TEST_NO_NEXT_HEADER, 30);
	assert_int_equal(walk(&chain, &w), EVTCP_CAUSE_IP_NO_NEXT_HEADER);
	assert_false(chain.problem_due);
}

/* ---- RFC 4443 2.4 (e) -------------------------------------------------------------- */

/* An unknown option, then `between` more headers, then ICMPv6 of this type. */
static bool is_told(unsigned between, uint8_t upper, unsigned type)
{
	struct ipv6_chain chain;
	struct writer w;

	start(&w);
	add_options(&w, TEST_DESTINATION, 0x80);
	for (unsigned i = 0; i < between; i++)
		add(&w, TEST_DESTINATION, 0);
	end(&w, upper, 8);
	w.packet[w.len - 8] = (uint8_t)type;
	assert_int_equal(walk(&chain, &w), EVTCP_CAUSE_IP_OPTION_UNKNOWN);
	return chain.problem_due;
}

static void nothing_is_said_about_icmpv6_errors_and_redirects(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		bool told = type >= 128 && type != 137;

		assert_int_equal(is_told(0, TEST_ICMPV6, type), told);
		assert_int_equal(is_told(7, TEST_ICMPV6, type), told);
		assert_true(is_told(3, 6, type));
		assert_false(is_told(8, TEST_ICMPV6, type)); /* not found out: silence */
		assert_false(is_told(8, 6, type));
	}
}

static void nothing_is_said_where_the_upper_layer_is_not_in_the_packet(void **state)
{
	struct ipv6_chain chain;
	struct writer w;

	(void)state;
	start(&w);
	add_options(&w, TEST_DESTINATION, 0x80);
	end(&w, TEST_ICMPV6, 0); /* without a type */
	assert_int_equal(walk(&chain, &w), EVTCP_CAUSE_IP_OPTION_UNKNOWN);
	assert_false(chain.problem_due);
	start(&w);
	add_options(&w, TEST_DESTINATION, 0x80);
	test_ipv6_put(add(&w, TEST_FRAGMENT, 0) + 2, 8, 2); /* a later fragment */
	end(&w, 6, 20);
	assert_int_equal(walk(&chain, &w), EVTCP_CAUSE_IP_OPTION_UNKNOWN);
	assert_false(chain.problem_due);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_extension_headers_the_payload_is_behind_the_header),
		cmocka_unit_test(headers_are_walked_in_any_order),
		cmocka_unit_test(hop_by_hop_stands_only_behind_the_ipv6_header),
		cmocka_unit_test(p06_a_chain_of_any_length_is_bounded),
		cmocka_unit_test(p06_a_chain_cut_anywhere_is_dropped_in_silence),
		cmocka_unit_test(p06_a_header_is_as_long_as_it_says_or_it_is_refused),
		cmocka_unit_test(every_option_is_treated_as_its_number_says),
		cmocka_unit_test(an_option_that_runs_out_of_its_header_is_malformed),
		cmocka_unit_test(p06_options_and_padding_are_bounded),
		cmocka_unit_test(a_routing_header_with_segments_left_is_refused_whatever_its_type),
		cmocka_unit_test(every_fragment_but_an_atomic_one_is_told_apart),
		cmocka_unit_test(behind_no_next_header_there_is_nothing),
		cmocka_unit_test(nothing_is_said_about_icmpv6_errors_and_redirects),
		cmocka_unit_test(nothing_is_said_where_the_upper_layer_is_not_in_the_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
