/* SPDX-License-Identifier: BSD-3-Clause */

/* Reassembly against a bitmap: every way in which three fragments can lie on a grid
 * (ATTACKS R01), floods (R03), IDs that come again (R04), the ends of what a datagram can be
 * (R02, R05), limits, ECN, and memory that fails. */

#include "ip/reassembly.h"

#include "test_ipv4.h"
#include "wire/address.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#define US TEST_ADDRESS(10, 0, 0, 2)
#define PEER TEST_ADDRESS(10, 0, 0, 1)

enum { CAP = 262144 };

struct fixture {
	struct test_world world;
	struct reassembly r;
	struct reassembly_news news;
	uint32_t src; /* of the next fragments */
	uint8_t tos, fill;
};

static void begin(struct fixture *f, uint64_t bytes, uint32_t datagrams, uint32_t fragments)
{
	struct reassembly_limits limits = {bytes, datagrams, fragments};

	*f = (struct fixture){.src = PEER};
	test_world_init(&f->world);
	reassembly_init(&f->r, &f->world.world, &limits);
}

static void end(struct fixture *f)
{
	reassembly_check(&f->r);
	reassembly_free(&f->r);
	assert_int_equal(f->world.blocks, 0);
}

/* A fragment of a UDP datagram whose octet i is i + fill; *news is the fixture's. */
static enum evtcp_cause add(
	struct fixture *f, uint16_t id, uint32_t offset, uint32_t len, bool more, uint64_t now)
{
	static uint8_t packet[65535];
	struct test_ipv4 h = {.header_words = 5,
		.total_len = 20 + len,
		.fragment = (uint16_t)(offset / 8 | (more ? 0x2000 : 0)),
		.ttl = 64,
		.tos = f->tos,
		.protocol = TEST_UDP,
		.src = f->src,
		.dst = US};
	struct evtcp_addr us;
	struct ip_view view;
	struct ip ip;
	enum evtcp_cause cause;

	address_from_ipv4(&us, US);
	ip_init(&ip, &f->world.world, 64, 1000);
	assert_int_equal(ip_add_address(&ip, &us, 24), 0);
	test_ipv4_header(packet, &h);
	test_ipv4_put(packet + 4, id, 2);
	test_ipv4_seal(packet, 20);
	for (uint32_t i = 0; i < len; i++)
		packet[20 + i] = (uint8_t)(offset + i + f->fill);
	cause = ip_input(&ip, packet, 20 + len, &view);
	f->news = (struct reassembly_news){0};
	if (cause != EVTCP_CAUSE_IP_FRAGMENT)
		return cause;
	return reassembly_add(&f->r, &view, now, &f->news);
}

/* The whole is a sound packet of len octets of payload, as they were sent. */
static void assert_whole(struct fixture *f, size_t len)
{
	struct ipv4_header h = {0};

	assert_non_null(f->news.whole);
	assert_int_equal(f->news.len, 20 + len);
	assert_int_equal(ipv4_header_parse(&h, f->news.whole, f->news.len), EVTCP_CAUSE_NONE);
	assert_true(ipv4_header_is_intact(f->news.whole, h.header_len));
	assert_int_equal(h.fragment_offset, 0);
	assert_false(h.more_fragments);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(f->news.whole[20 + i], (uint8_t)(i + f->fill));
	reassembly_release(&f->r, f->news.whole);
	f->news.whole = NULL;
}

/* ---- R01 ------------------------------------------------------------------------ */

enum { GRID = 6 };

struct piece {
	unsigned from, to; /* in blocks of eight */
	bool more;
};

/* What a bitmap says of three pieces in a row: the third's fate. */
static enum evtcp_cause expect_third(const struct piece *p)
{
	unsigned seen = 0, last_end = 0, highest = 0;

	for (int i = 0; i < 3; i++) {
		unsigned bits = (1u << p[i].to) - (1u << p[i].from);
		bool copy = false;

		for (int k = 0; k < i; k++)
			copy = copy || memcmp(&p[k], &p[i], sizeof(*p)) == 0;
		if (copy && i == 2)
			return EVTCP_CAUSE_IP_FRAGMENT_DUPLICATE;
		if (copy)
			continue;
		if (seen & bits)
			return EVTCP_CAUSE_IP_FRAGMENT_OVERLAP;
		if (!p[i].more ? last_end != 0 || highest > p[i].to
			       : last_end != 0 && p[i].to > last_end)
			return EVTCP_CAUSE_IP_FRAGMENT_MALFORMED;
		seen |= bits;
		highest = p[i].to > highest ? p[i].to : highest;
		if (!p[i].more)
			last_end = p[i].to;
		if (last_end != 0 && seen == (1u << last_end) - 1)
			return i == 2 ? EVTCP_CAUSE_NONE : EVTCP_CAUSE_ICMP_ERROR; /* too soon */
	}
	return EVTCP_CAUSE_IP_FRAGMENT;
}

static void try_three(struct fixture *f, const struct piece *p, uint16_t id)
{
	enum evtcp_cause wanted = expect_third(p), got = EVTCP_CAUSE_NONE;

	if (wanted == EVTCP_CAUSE_ICMP_ERROR)
		return;
	for (int i = 0; i < 3; i++)
		got = add(f, id, p[i].from * 8, (p[i].to - p[i].from) * 8, p[i].more, 1);
	assert_int_equal(got, wanted);
	if (got == EVTCP_CAUSE_NONE) {
		size_t len = 0;

		for (int i = 0; i < 3; i++)
			len = p[i].to * 8 > len ? p[i].to * 8 : len;
		assert_whole(f, len);
	}
}

/* All pieces of a grid of six blocks: 21, with and without more to come. */
static int make_pieces(struct piece *pieces)
{
	int n = 0;

	memset(pieces, 0, sizeof(*pieces) * 2 * 21);
	for (unsigned i = 0; i < GRID * GRID * 2; i++) {
		unsigned from = i / 2 / GRID, to = i / 2 % GRID + 1;
		bool more = i % 2 != 0;

		if (to <= from || (from == 0 && !more))
			continue; /* the second is a whole datagram */
		pieces[n].from = from;
		pieces[n].to = to;
		pieces[n++].more = more;
	}
	return n;
}

static void r01_any_overlap_drops_the_whole_datagram(void **state)
{
	struct piece pieces[2 * 21];
	int n = make_pieces(pieces);
	struct fixture f;
	uint16_t id = 0;

	(void)state;
	begin(&f, CAP, 64, 64);
	for (int i = 0; i < n * n * n; i++) {
		struct piece three[3];

		memset(three, 0, sizeof(three)); /* they are compared as bytes */
		three[0] = pieces[i / (n * n)];
		three[1] = pieces[i / n % n];
		three[2] = pieces[i % n];
		try_three(&f, three, id++);
	}
	end(&f);
}

/* RFC 5722 4 rule 2: those, too, that come later, and even if all of them do. */
static void r01_nothing_more_is_taken_of_it(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, CAP, 64, 64);
	assert_int_equal(add(&f, 1, 0, 16, true, 1), EVTCP_CAUSE_IP_FRAGMENT);
	f.fill = 9; /* the same place, other octets */
	assert_int_equal(add(&f, 1, 0, 16, true, 1), EVTCP_CAUSE_IP_FRAGMENT_OVERLAP);
	assert_int_equal(add(&f, 1, 16, 8, false, 1), EVTCP_CAUSE_IP_FRAGMENT_OVERLAP);
	assert_int_equal(add(&f, 2, 16, 8, false, 1), EVTCP_CAUSE_IP_FRAGMENT);
	assert_true(reassembly_is_refused(reassembly_overdue(&f.r, 1 + REASSEMBLY_IPV4_US)));
	end(&f);
}

/* ---- R02, R05 --------------------------------------------------------------------- */

/* ATTACKS R02, RFC 791 3.2 rule 4. */
static void r02_nothing_reaches_beyond_65535(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, CAP, 64, 64);
	for (int by = -8; by <= 8; by++) {
		uint32_t len = (uint32_t)(65515 - 65504 + by);

		if (by <= -11 || len == 0)
			continue;
		assert_int_equal(add(&f, (uint16_t)(100 + by), 65504, len, false, 1),
			by <= 0 ? EVTCP_CAUSE_IP_FRAGMENT : EVTCP_CAUSE_IP_FRAGMENT_MALFORMED);
	}
	assert_int_equal(add(&f, 7, 32752, 32752, true, 1), EVTCP_CAUSE_IP_FRAGMENT);
	assert_int_equal(add(&f, 7, 65504, 11, false, 1), EVTCP_CAUSE_IP_FRAGMENT);
	assert_int_equal(add(&f, 7, 0, 32752, true, 1), EVTCP_CAUSE_NONE);
	assert_whole(&f, 65515);
	end(&f);
}

static void r05_what_cannot_be_a_fragment_is_dropped(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, CAP, 64, 64);
	assert_int_equal(add(&f, 1, 8, 0, false, 1), EVTCP_CAUSE_IP_FRAGMENT_MALFORMED);
	assert_int_equal(add(&f, 1, 8, 0, true, 1), EVTCP_CAUSE_IP_FRAGMENT_MALFORMED);
	for (uint32_t len = 1; len < 8; len++)
		assert_int_equal(
			add(&f, 1, 0, 8 + len, true, 1), EVTCP_CAUSE_IP_FRAGMENT_MALFORMED);
	assert_int_equal(reassembly_next_deadline(&f.r), UINT64_MAX);
	/* There is more behind the last. */
	assert_int_equal(add(&f, 2, 16, 8, false, 1), EVTCP_CAUSE_IP_FRAGMENT);
	assert_int_equal(add(&f, 2, 24, 8, true, 1), EVTCP_CAUSE_IP_FRAGMENT_MALFORMED);
	/* Two ends. */
	assert_int_equal(add(&f, 3, 16, 8, false, 1), EVTCP_CAUSE_IP_FRAGMENT);
	assert_int_equal(add(&f, 3, 8, 8, false, 1), EVTCP_CAUSE_IP_FRAGMENT_MALFORMED);
	end(&f);
}

/* ---- R03 ------------------------------------------------------------------------ */

/* ATTACKS R03. */
static void r03_a_flood_of_first_fragments_is_bounded(void **state)
{
	struct fixture f;
	uint32_t gave_way = 0;

	(void)state;
	begin(&f, CAP, 64, 64);
	for (uint32_t i = 0; i < 100000; i++) {
		f.src = TEST_ADDRESS(10, 1, 0, 0) + i / 65536;
		assert_int_equal(
			add(&f, (uint16_t)i, 0, 1480, true, 1 + i), EVTCP_CAUSE_IP_FRAGMENT);
		gave_way += f.news.gave_way;
		assert_true(f.r.bytes <= CAP && f.r.datagrams.len <= 64);
	}
	assert_int_equal(gave_way, 100000 - 64);
	/* Who sends all of his at once is served all the same. */
	f.src = PEER;
	assert_int_equal(add(&f, 1, 0, 1480, true, 200000), EVTCP_CAUSE_IP_FRAGMENT);
	assert_int_equal(add(&f, 1, 1480, 100, false, 200001), EVTCP_CAUSE_NONE);
	assert_whole(&f, 1580);
	end(&f);
}

/* A million (with EVTCP_EXHAUSTIVE set in the environment, else a tenth of it) of eight octets
 * each, of datagrams that are never whole, also by their first and last fragment alone. */
static void r03_a_flood_of_tiny_fragments_is_bounded(void **state)
{
	struct fixture f;
	uint32_t n = getenv("EVTCP_EXHAUSTIVE") ? 1000000 : 100000, dice = 1;

	(void)state;
	begin(&f, CAP, 64, 64);
	for (uint32_t i = 0; i < n; i++) {
		bool first_or_last = i % 4 < 2;
		uint32_t offset = first_or_last ? (i % 4) * 65000 : (dice >> 8) % 8000 * 8;

		dice = dice * 1664525 + 1013904223;
		f.src = TEST_ADDRESS(10, 1, 0, 0) + (dice >> 24) % 64;
		add(&f, (uint16_t)(dice >> 28), offset, 8, !first_or_last || offset == 0, 1 + i);
		assert_true(f.r.bytes <= CAP && f.r.datagrams.len <= 64);
		assert_null(f.news.whole);
		if (i % 1000 == 0)
			reassembly_check(&f.r);
	}
	end(&f);
}

static void r03_a_datagram_of_too_many_fragments_is_dropped(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, CAP, 64, 64);
	for (uint32_t i = 0; i < 64; i++)
		assert_int_equal(add(&f, 1, 8 * (2 * i + 1), 8, true, 1), EVTCP_CAUSE_IP_FRAGMENT);
	for (uint32_t i = 64; i < 4000; i++)
		assert_int_equal(
			add(&f, 1, 8 * (2 * i + 1), 8, true, 1), EVTCP_CAUSE_IP_FRAGMENT_LIMIT);
	assert_true(f.r.bytes < 1000); /* its name is all that is left */
	end(&f);
}

static void r03_the_oldest_gives_way_to_memory(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 10000, 0, 0);
	assert_int_equal(add(&f, 1, 0, 4000, true, 1), EVTCP_CAUSE_IP_FRAGMENT);
	assert_int_equal(add(&f, 2, 0, 4000, true, 2), EVTCP_CAUSE_IP_FRAGMENT);
	assert_int_equal(f.news.gave_way, 0);
	assert_int_equal(add(&f, 2, 4000, 4000, true, 3), EVTCP_CAUSE_IP_FRAGMENT);
	assert_int_equal(f.news.gave_way, 1);
	assert_int_equal(add(&f, 1, 4000, 8, false, 3), EVTCP_CAUSE_IP_FRAGMENT); /* a new one */
	/* Alone it is larger than the limit. */
	assert_int_equal(add(&f, 2, 8000, 4000, true, 4), EVTCP_CAUSE_IP_FRAGMENT_LIMIT);
	assert_int_equal(add(&f, 2, 12000, 8, false, 4), EVTCP_CAUSE_IP_FRAGMENT_LIMIT);
	end(&f);
}

/* ---- R04 ------------------------------------------------------------------------ */

/* ATTACKS R04. */
static void r04_an_id_that_comes_again_begins_anew(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, 0, 0, 0);
	assert_int_equal(add(&f, 1, 8, 8, false, 1), EVTCP_CAUSE_IP_FRAGMENT);
	for (uint16_t id = 2; id < 2 + REASSEMBLY_MAX_DISTANCE; id++)
		add(&f, id, 0, 8, true, 1);
	assert_int_equal(add(&f, 1, 0, 8, true, 1), EVTCP_CAUSE_IP_FRAGMENT);
	assert_true(f.news.stale); /* the half was of another datagram */
	assert_int_equal(add(&f, 1, 8, 8, false, 1), EVTCP_CAUSE_NONE);
	assert_whole(&f, 16);
	/* As many from others change nothing. */
	assert_int_equal(add(&f, 1, 8, 8, false, 1), EVTCP_CAUSE_IP_FRAGMENT);
	f.src = TEST_ADDRESS(10, 0, 0, 77);
	for (uint16_t id = 2; id < 200; id++)
		add(&f, id, 0, 8, true, 1);
	f.src = PEER;
	assert_int_equal(add(&f, 1, 0, 8, true, 1), EVTCP_CAUSE_NONE);
	assert_whole(&f, 16);
	end(&f);
}

/* ---- the rest ---------------------------------------------------------------------- */

static void r06_what_is_overdue_is_told_oldest_first(void **state)
{
	struct fixture f;
	struct reassembly_datagram *datagram;
	size_t len;

	(void)state;
	begin(&f, CAP, 64, 64);
	add(&f, 1, 0, 16, true, 1);
	add(&f, 2, 8, 16, true, 5);
	assert_int_equal(reassembly_next_deadline(&f.r), 1 + REASSEMBLY_IPV4_US);
	assert_null(reassembly_overdue(&f.r, REASSEMBLY_IPV4_US));
	datagram = reassembly_overdue(&f.r, 5 + REASSEMBLY_IPV4_US);
	assert_non_null(reassembly_first_packet(datagram, &len));
	assert_int_equal(len, 36);
	reassembly_drop(&f.r, datagram);
	datagram = reassembly_overdue(&f.r, 5 + REASSEMBLY_IPV4_US);
	assert_null(reassembly_first_packet(datagram, &len));
	reassembly_drop(&f.r, datagram);
	assert_int_equal(reassembly_next_deadline(&f.r), UINT64_MAX);
	end(&f);
}

/* RFC 3168 5.3 rules 1 to 3: all 16 pairs of codepoints. */
static void congestion_of_one_fragment_is_congestion_of_all(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, CAP, 64, 64);
	for (uint8_t pair = 0; pair < 16; pair++) {
		uint8_t a = pair & 3, b = pair >> 2;
		bool clash = (a == 0 && b == 3) || (a == 3 && b == 0);

		f.tos = a;
		add(&f, pair, 0, 8, true, 1);
		f.tos = b;
		assert_int_equal(add(&f, pair, 8, 8, false, 1),
			clash ? EVTCP_CAUSE_IP_FRAGMENT_ECN : EVTCP_CAUSE_NONE);
		if (clash)
			continue;
		assert_int_equal(f.news.whole[1] & 3, b == 3 ? 3 : a);
		assert_whole(&f, 16);
	}
	end(&f);
}

/* Each allocation fails once; the same fragment, sent again, then completes it. */
static void without_memory_a_fragment_is_lost(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, CAP, 64, 64);
	f.world.out_of_memory = true;
	assert_int_equal(add(&f, 1, 0, 8, true, 1), EVTCP_CAUSE_NO_MEMORY);
	reassembly_check(&f.r);
	f.world.out_of_memory = false;
	assert_int_equal(add(&f, 1, 0, 8, true, 1), EVTCP_CAUSE_IP_FRAGMENT);
	f.world.out_of_memory = true;
	assert_int_equal(add(&f, 1, 8, 8, false, 1), EVTCP_CAUSE_NO_MEMORY);
	reassembly_check(&f.r);
	f.world.out_of_memory = false;
	assert_int_equal(add(&f, 1, 8, 8, false, 1), EVTCP_CAUSE_NONE);
	assert_whole(&f, 16);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(r01_any_overlap_drops_the_whole_datagram),
		cmocka_unit_test(r01_nothing_more_is_taken_of_it),
		cmocka_unit_test(r02_nothing_reaches_beyond_65535),
		cmocka_unit_test(r03_a_flood_of_first_fragments_is_bounded),
		cmocka_unit_test(r03_a_flood_of_tiny_fragments_is_bounded),
		cmocka_unit_test(r03_a_datagram_of_too_many_fragments_is_dropped),
		cmocka_unit_test(r03_the_oldest_gives_way_to_memory),
		cmocka_unit_test(r04_an_id_that_comes_again_begins_anew),
		cmocka_unit_test(r05_what_cannot_be_a_fragment_is_dropped),
		cmocka_unit_test(r06_what_is_overdue_is_told_oldest_first),
		cmocka_unit_test(congestion_of_one_fragment_is_congestion_of_all),
		cmocka_unit_test(without_memory_a_fragment_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
