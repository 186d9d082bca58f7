/* SPDX-License-Identifier: BSD-3-Clause */

/* Two hosts that each believe in a connection with the other, but in different numbers
 * (ATTACKS T10): what is acceptable to none of them is answered by both, and the answers must
 * come to an end by themselves. Whoever forges a few segments can bring two hosts there; so
 * can a crash.
 *
 * Both are brought into their states by hand, with numbers that lie so far apart; then one
 * packet is thrown in, and the wire is watched. */

#include "rig.h"

#include <stdlib.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum {
	QUIET = 10, /* packets after which they must be silent */
	DELAY_US = 1000,
	WATCHED_US = 120000000,
	GARBAGE = 400,
	WIRE_MAX = 64
};

/* What is on its way. */
struct wire {
	struct {
		uint8_t octets[2048];
		size_t len;
		uint64_t at_us;
		struct rig *to;
	} packets[WIRE_MAX];
	unsigned n;
	unsigned long carried;
	bool open; /* while it is not, what is sent is lost */
};

struct pair {
	struct rig hosts[2];
	struct wire wire;
};

static struct pair *the_pair; /* the taps have one argument, which is the host */

static void carry(void *arg, const uint8_t *octets, size_t len)
{
	struct wire *wire = &the_pair->wire;
	struct rig *from = arg;

	if (!wire->open)
		return;
	if (wire->n == WIRE_MAX)
		fail_msg("more than %d packets are under way", WIRE_MAX);
	memcpy(wire->packets[wire->n].octets, octets, len);
	wire->packets[wire->n].len = len;
	wire->packets[wire->n].at_us = from->world.now_us + DELAY_US;
	wire->packets[wire->n].to =
		from == &the_pair->hosts[0] ? &the_pair->hosts[1] : &the_pair->hosts[0];
	wire->n++;
	wire->carried++;
}

static void deliver_first(struct wire *wire)
{
	uint8_t octets[2048];
	size_t len = wire->packets[0].len;
	struct rig *to = wire->packets[0].to;

	memcpy(octets, wire->packets[0].octets, len);
	memmove(wire->packets, wire->packets + 1, --wire->n * sizeof(wire->packets[0]));
	rig_octets(to, octets, len);
	evtcp_stack_check(to->stack);
}

/* Both clocks go on together, for so long. */
static void watch(struct pair *pair, uint64_t us)
{
	uint64_t end_us = pair->hosts[0].world.now_us + us;

	while (pair->hosts[0].world.now_us < end_us) {
		uint64_t next = end_us;

		for (int i = 0; i < 2; i++) {
			uint64_t due = evtcp_stack_next_deadline(pair->hosts[i].stack);
			next = due < next ? due : next;
		}
		if (pair->wire.n > 0 && pair->wire.packets[0].at_us < next)
			next = pair->wire.packets[0].at_us;
		if (next > pair->hosts[0].world.now_us)
			pair->hosts[0].world.now_us = pair->hosts[1].world.now_us = next;
		for (int i = 0; i < 2; i++)
			evtcp_stack_run_timers(pair->hosts[i].stack);
		while (pair->wire.n > 0 && pair->wire.packets[0].at_us <= next)
			deliver_first(&pair->wire);
	}
}

/* ---- two states that do not fit ------------------------------------------------------- */

static void configure(struct evtcp_stack_config *config)
{
	rig_configure(config);
	config->rto_min_us = 200000;
	config->rto_initial_us = 1000000;
}

/* Host i alone, in this situation, though nobody is at the other end. */
static void bring(struct pair *pair, int i, enum situation in, uint32_t irs)
{
	struct rig *rig = &pair->hosts[i];
	struct evtcp_stack_config config;

	configure(&config);
	rig_init(rig, false);
	if (i == 1) {
		rig->us = RIG_PEER;
		rig->peer = RIG_US;
		rig->our_port = RIG_PEER_PORT;
		rig->peer_port = RIG_OUR_PORT;
	}
	rig->irs = irs;
	rig->tap = carry;
	rig->tap_arg = rig;
	rig_open(rig, &config);
	rig_bring(rig, in);
}

/* The number that host 0 will choose: its ISS does not depend on the peer's. */
static uint32_t iss_of_first(struct pair *pair, enum situation in)
{
	uint32_t iss;

	bring(pair, 0, in, 0);
	iss = pair->hosts[0].iss;
	assert_true(rig_close(&pair->hosts[0]));
	return iss;
}

/* Host 1's numbers of host 0 are off by so many, and those that host 0 has of host 1. */
static void bring_apart(
	struct pair *pair, const enum situation *in, uint32_t off_by, uint32_t other_off_by)
{
	memset(pair, 0, sizeof(*pair));
	the_pair = pair;
	bring(pair, 1, in[1], iss_of_first(pair, in[0]) + off_by);
	bring(pair, 0, in[0], pair->hosts[1].iss + other_off_by);
	pair->hosts[0].world.now_us = pair->hosts[1].world.now_us =
		pair->hosts[0].world.now_us > pair->hosts[1].world.now_us
			? pair->hosts[0].world.now_us
			: pair->hosts[1].world.now_us;
	pair->wire.open = true;
}

static void part(struct pair *pair)
{
	assert_true(rig_close(&pair->hosts[0]));
	assert_true(rig_close(&pair->hosts[1]));
}

/* Somebody says to host i, as if he were the other, what it cannot accept. */
static void throw_in(struct pair *pair, int i)
{
	rig_input(&pair->hosts[i], ACK, 200000, 0, 1);
}

/* ---- tests ------------------------------------------------------------------------- */

/* States in which nothing of ours waits for an answer. */
static const enum situation silent[] = {
	IN_CLOSED, IN_LISTEN, IN_FIN_WAIT_2, IN_CLOSE_WAIT, IN_TIME_WAIT, IN_ZERO_WINDOW};
enum { SILENT = sizeof(silent) / sizeof(silent[0]) };

static unsigned check_quiet(const enum situation *in, uint32_t off_by, uint32_t other_off_by)
{
	static struct pair pair;
	unsigned long most = 0;

	for (int i = 0; i < 2; i++) {
		bring_apart(&pair, in, off_by, other_off_by);
		throw_in(&pair, i);
		watch(&pair, WATCHED_US);
		if (pair.wire.carried > QUIET)
			fail_msg("%s and %s, off by %d and %d: %lu packets", rig_name(in[0]),
				rig_name(in[1]), (int)off_by, (int)other_off_by, pair.wire.carried);
		most = pair.wire.carried > most ? pair.wire.carried : most;
		part(&pair);
	}
	return (unsigned)most;
}

static void two_that_have_nothing_to_say_fall_silent(void **state)
{
	static const int32_t off[] = {1, -1, 100, -100, RIG_WINDOW, 65535, -65535, 1 << 20, 1 << 30,
		INT32_MAX, INT32_MIN};
	unsigned cases = 0, most = 0;

	(void)state;
	for (unsigned s = 0; s < SILENT * SILENT; s++) {
		enum situation in[] = {silent[s / SILENT], silent[s % SILENT]};

		for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++, cases += 6) {
			unsigned n = check_quiet(in, (uint32_t)off[i], (uint32_t)off[i]);
			unsigned one = check_quiet(in, (uint32_t)off[i], 0);
			unsigned other = check_quiet(in, 0, (uint32_t)off[i]);

			n = one > n ? one : n;
			n = other > n ? other : n;
			most = n > most ? n : most;
		}
	}
	print_message("T10: %u cases, at most %u packets\n", cases, most);
}

/* Any two states, any numbers. What has data or a FIN to send says it until it gives up, and
 * each time that costs two packets and an answer; then both are silent. */
static void any_two_come_to_an_end(void **state)
{
	static struct pair pair;
	uint64_t dice = 1;
	unsigned long most = 0;

	(void)state;
	for (int n = 0; n < GARBAGE; n++) {
		enum situation in[2];
		uint32_t off[2];

		for (int i = 0; i < 2; i++) {
			dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			in[i] = (enum situation)((dice >> 33) % N_SITUATIONS);
			off[i] = (uint32_t)(dice >> 20);
		}
		bring_apart(&pair, in, off[0], off[1]);
		throw_in(&pair, n % 2);
		watch(&pair, UINT64_C(1200000000));
		if (pair.wire.carried > 100)
			fail_msg("%s and %s: %lu packets", rig_name(in[0]), rig_name(in[1]),
				pair.wire.carried);
		most = pair.wire.carried > most ? pair.wire.carried : most;
		pair.wire.carried = 0;
		watch(&pair, UINT64_C(1200000000));
		assert_int_equal(pair.wire.carried, 0);
		part(&pair);
	}
	print_message("T10: %d pairs, at most %lu packets\n", GARBAGE, most);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_that_have_nothing_to_say_fall_silent),
		cmocka_unit_test(any_two_come_to_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
