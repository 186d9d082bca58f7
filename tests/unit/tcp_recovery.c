/* SPDX-License-Identifier: BSD-3-Clause */

/* Loss recovery over more octets than a trace script can send: the recovery point must not
 * fall so far behind that it seems to be ahead (ATTACKS T01). */

#include "tcp/tcb.h"

#include "test_world.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { MSS = 1000, FLIGHT = 10 * MSS };

struct fixture {
	struct test_world world;
	struct tracer trace;
	struct tcp tcp;
	struct tcb *tcb;
};

static int setup(void **state)
{
	static const struct tcp_config config = {.mtu = MSS + 40,
		.rto_min_us = 200000,
		.rto_initial_us = 1000000,
		.rto_max_us = 120000000};
	struct fixture *f = calloc(1, sizeof(*f));
	struct evtcp_tuple tuple = {0};

	test_world_init(&f->world);
	tracer_init(&f->trace);
	tcp_init(&f->tcp, &config, &f->world.world, &f->trace);
	f->tcp.config.cc = &cc_newreno;
	f->tcb = tcb_new(&f->tcp, &tuple, 0);
	f->tcb->cc.ops = &cc_newreno;
	f->tcb->snd_mss = MSS;
	f->tcb->cc.ops->init(&f->tcb->cc, MSS);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int left;

	tcp_free(&f->tcp);
	left = f->world.blocks;
	free(f);
	return left;
}

static void sent(struct tcb *tcb, uint32_t bytes)
{
	struct transmission tx = {0};

	records_sent(&tcb->records, tcb->snd_nxt, tcb->snd_nxt + bytes, &tx, UINT32_MAX,
		tcb->tcp->world);
	tcb->snd_nxt += bytes;
}

static void acknowledged(struct tcb *tcb, uint32_t bytes)
{
	struct recovery_ack ack = {.acked = bytes, .growth = bytes};

	records_ack(&tcb->records, tcb->snd_una + bytes, &ack.delivered);
	tcb->snd_una += bytes;
	recovery_on_ack(tcb, &ack, 0);
}

static void duplicated(struct tcb *tcb)
{
	struct recovery_ack ack = {.dupack = true};

	recovery_on_ack(tcb, &ack, 0);
}

/* Three duplicates begin a recovery, and its full acknowledgment ends it. */
static void assert_loss_is_recovered_from(struct tcb *tcb)
{
	sent(tcb, FLIGHT);
	for (int i = 0; i < 3; i++)
		duplicated(tcb);
	assert_int_equal(tcb->recovery.phase, RECOVERY_FAST);
	acknowledged(tcb, FLIGHT);
	assert_int_equal(tcb->recovery.phase, RECOVERY_OPEN);
}

/* RFC 6582 3.2 step 2 compares SND.UNA with recover. */
static void recovery_begins_after_any_number_of_bytes_without_loss(void **state)
{
	struct fixture *f = *state;
	const uint32_t starts[] = {0, UINT32_MAX - MSS, (uint32_t)INT32_MAX - MSS};

	for (unsigned i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		struct tcb *tcb = f->tcb;
		tcb->snd_una = tcb->snd_nxt = starts[i] + 1;
		tcb->iss = starts[i];
		recovery_init(tcb);
		assert_loss_is_recovered_from(tcb);
		for (int n = 0; n < 40; n++) { /* 2^26 each: past half the circle */
			sent(tcb, UINT32_C(1) << 26);
			acknowledged(tcb, UINT32_C(1) << 26);
			if (n % 8 == 7)
				assert_loss_is_recovered_from(tcb);
		}
		for (int n = 0; n < 40; n++) { /* and that far without any loss */
			sent(tcb, UINT32_C(1) << 26);
			acknowledged(tcb, UINT32_C(1) << 26);
		}
		assert_loss_is_recovered_from(tcb);
	}
}

/* RFC 6582 3.2 step 4: what a timeout covers is not to begin a recovery, however often it
 * is asked for again. */
static void duplicates_of_what_timed_out_begin_no_recovery(void **state)
{
	struct fixture *f = *state;
	struct tcb *tcb = f->tcb;

	sent(tcb, FLIGHT);
	recovery_on_rto(tcb, 1000000, 0);
	acknowledged(tcb, MSS);
	for (int i = 0; i < 3; i++)
		duplicated(tcb);
	assert_int_equal(tcb->recovery.phase, RECOVERY_TIMEOUT);
	acknowledged(tcb, FLIGHT - MSS);
	assert_loss_is_recovered_from(tcb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			recovery_begins_after_any_number_of_bytes_without_loss, setup, teardown),
		cmocka_unit_test_setup_teardown(
			duplicates_of_what_timed_out_begin_no_recovery, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
