/* SPDX-License-Identifier: BSD-3-Clause */

/* What one connection tells of the next (ATTACKS T05, T06): ports, initial sequence numbers and
 * timestamps of ten thousand connections, as they stand on the wire, to one peer and to many;
 * and the fields that tell nothing because they are always the same. */

#include "rig.h"

#include <math.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { CONNECTIONS = 10000, BUCKETS = 64, FIRST_PORT = 49152 };

/* Pearson's chi-square with 63 degrees of freedom is above this in one of a million honest
 * draws. */
static const double chi_square_most = 130;

/* Five standard deviations of what independent draws show. */
static const double correlation_most = 5 / 100.0; /* 5 / sqrt(10000) */

struct wire {
	uint32_t ports[CONNECTIONS], isns[CONNECTIONS], stamps[CONNECTIONS];
	unsigned n;
};

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* A SYN: its fields are noted, and those that have one value only are examined. */
static void note(void *arg, const uint8_t *octets, size_t len)
{
	struct wire *wire = arg;
	struct packet p;
	uint8_t *option;
	unsigned at = 0, option_len;

	assert_null(packet_parse(&p, octets, len));
	if (p.ipv6)
		assert_int_equal(get32(octets) & 0xfffff, 0); /* the flow label */
	else
		assert_int_equal(get32(octets + 4), 0x4000); /* ID 0, Don't Fragment */
	if (p.flags != SYN)
		return;
	assert_true(wire->n < CONNECTIONS);
	wire->ports[wire->n] = p.src_port;
	wire->isns[wire->n] = p.seq;
	while ((option = packet_next_option(&p, &at, &option_len))) {
		if (option[0] == 8)
			wire->stamps[wire->n] = get32(option + 2);
	}
	wire->n++;
}

/* ---- what is to be seen in a row of numbers --------------------------------------------- */

/* Whether they fill their range evenly; `shift` leaves six bits. */
static void check_even(const char *what, const uint32_t *x, unsigned shift)
{
	double expected = (double)CONNECTIONS / BUCKETS, chi_square = 0;
	unsigned count[BUCKETS] = {0};

	for (int i = 0; i < CONNECTIONS; i++)
		count[x[i] >> shift & (BUCKETS - 1)]++;
	for (int i = 0; i < BUCKETS; i++)
		chi_square += (count[i] - expected) * (count[i] - expected) / expected;
	if (chi_square > chi_square_most)
		fail_msg("%s, bits from %u on: chi-square is %.1f", what, shift, chi_square);
}

/* Whether one says something of the next, or of the one behind that. */
static void check_unrelated(const char *what, const uint32_t *x)
{
	for (int lag = 1; lag <= 3; lag++) {
		double mean = 0, together = 0, alone = 0;

		for (int i = 0; i < CONNECTIONS; i++)
			mean += x[i] / (double)CONNECTIONS;
		for (int i = 0; i < CONNECTIONS; i++) {
			int next = (i + lag) % CONNECTIONS;

			together += (x[i] - mean) * (x[next] - mean);
			alone += (x[i] - mean) * (x[i] - mean);
		}
		if (fabs(together / alone) > correlation_most)
			fail_msg("%s: correlation with number %d after it is %.3f", what, lag,
				together / alone);
	}
}

/* How often a step comes twice in a row: with a counter, always. */
static void check_no_step(const char *what, const uint32_t *x)
{
	unsigned repeats = 0;

	for (int i = 2; i < CONNECTIONS; i++)
		repeats += x[i] - x[i - 1] == x[i - 1] - x[i - 2];
	if (repeats > 5)
		fail_msg("%s: %u steps are like the one before", what, repeats);
}

static void check_all(const char *what, const uint32_t *x, unsigned lowest, unsigned bits)
{
	for (unsigned shift = lowest; shift + 6 <= lowest + bits; shift++)
		check_even(what, x, shift);
	check_unrelated(what, x);
	check_no_step(what, x);
}

/* ---- tests -------------------------------------------------------------------------- */

/* Connections to one peer, or each to another one, opened `every_us`. */
static void open_many(struct wire *wire, bool ipv6, bool one_peer, uint64_t every_us)
{
	struct evtcp_stack_config config;
	struct rig rig;

	wire->n = 0;
	rig_configure(&config);
	rig_init(&rig, ipv6);
	rig.our_port = 0; /* any */
	rig.tap = note;
	rig.tap_arg = wire;
	rig_open(&rig, &config);
	for (int i = 0; i < CONNECTIONS; i++) {
		if (!one_peer)
			rig.peer = UINT32_C(0x0b000002) + 2 * (uint32_t)i;
		rig_connect(&rig);
		rig_free(&rig);
		rig.world.now_us += every_us;
	}
	assert_int_equal(wire->n, CONNECTIONS);
	assert_true(rig_close(&rig));
}

static void nothing_foretells_the_next_connection(void **state)
{
	static struct wire wire;

	(void)state;
	for (unsigned n = 0; n < 6; n++) {
		/* To many at once; to many, and to one, so slowly that the 4-us clock goes around
		 * meanwhile. (At one moment the same ports have the same numbers: MUST-8.) */
		open_many(&wire, n & 1, n / 2 == 2, n / 2 == 0 ? 0 : 10000000);
		for (int i = 0; i < CONNECTIONS; i++)
			assert_true(wire.ports[i] >= FIRST_PORT);
		check_all("ports", wire.ports, 0, 14);
		check_all("sequence numbers", wire.isns, 0, 32);
		check_all("timestamps", wire.stamps, 0, 32);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_foretells_the_next_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
