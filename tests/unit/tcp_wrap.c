/* SPDX-License-Identifier: BSD-3-Clause */

/* The number of our SYN comes again after 2^32 octets, as that of data: more than a trace script
 * can send (ATTACKS T01). In: a connection which has sent that many, and stands on it. Out: what it
 * sends next. */

#include "tcp/demux.h"
#include "tcp/state.h"
#include "tcp/tcb.h"

#include "test_world.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { MSS = 1000, ISS = 7, NOW = 1000000 };

struct fixture {
	struct test_world world;
	struct tracer trace;
	struct tcp tcp;
	struct tcb *tcb;
};

/* SND.UNA is before the number of the SYN by so many octets, of 2^32 - 1 and more that were
 * acknowledged; the peer takes anything, and as much waits as three segments hold. */
static void stand_before_iss(struct fixture *f, uint32_t before)
{
	static const char data[3 * MSS];
	struct tcb *tcb = f->tcb;
	struct evbuffer *buf = evbuffer_new();

	tcb->state = EVTCP_ESTABLISHED;
	tcb->iss = ISS;
	tcb->snd_una = tcb->snd_nxt = ISS - before;
	tcb->snd_wl2 = tcb->snd_una;
	tcb->snd_wnd = tcb->max_snd_wnd = UINT16_MAX;
	tcb->stats.bytes_acked = UINT32_MAX - before;
	tcb->stats.segments_sent = UINT32_MAX / MSS;
	tcb->nodelay = 1;
	recovery_init(tcb);
	sendq_init(&tcb->sendq, tcb->snd_una);
	evbuffer_add(buf, data, sizeof(data));
	assert_int_equal(
		sendq_append(&tcb->sendq, buf, sizeof(data), tcb->snd_mss, &tcb->tcp->spare),
		sizeof(data));
	f->tcp.send_bytes += sizeof(data);
	evbuffer_free(buf);
	tcb_mark_output(tcb);
}

static int setup(void **state)
{
	static const struct tcp_config config = {.mtu = MSS + 60,
		.rto_min_us = 200000,
		.rto_initial_us = 1000000,
		.rto_max_us = 120000000,
		.limits = {.receive_buffer = 65536, .send_buffer = 65536}};
	struct fixture *f = calloc(1, sizeof(*f));
	struct evtcp_tuple tuple = {0};
	struct rtt_bounds bounds = {config.rto_min_us, config.rto_max_us, config.rto_initial_us};

	test_world_init(&f->world);
	tracer_init(&f->trace);
	tcp_init(&f->tcp, &config, &f->world.world, &f->trace);
	f->tcp.config.cc = &cc_newreno;
	f->tcb = tcb_new(&f->tcp, &tuple, NOW);
	assert_int_equal(demux_insert(&f->tcp, f->tcb, demux_hash(&f->tcp, &tuple)), 0);
	tcb_start_receiving(f->tcb, 0);
	tcb_negotiate(f->tcb, &(struct tcp_options){.present = TCP_OPT_MSS, .mss = MSS}, NOW);
	rtt_init(&f->tcb->rtt, &bounds);
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

static void assert_sends_data(struct fixture *f, uint32_t seq)
{
	struct segment_out out;

	assert_true(tcp_output(&f->tcp, NOW, &out));
	assert_int_equal(out.h.flags & (TCP_SYN | TCP_ACK), TCP_ACK);
	assert_int_equal(out.h.seq, seq);
	assert_int_equal(out.payload_len, MSS);
}

static void data_that_has_the_number_of_the_syn_is_data(void **state)
{
	struct fixture *f = *state;

	stand_before_iss(f, 0);
	for (uint32_t n = 0; n < 3; n++)
		assert_sends_data(f, ISS + n * MSS);
	tcp_check(&f->tcp);
}

static void it_is_data_before_all_else_is_acknowledged_too(void **state)
{
	struct fixture *f = *state;

	stand_before_iss(f, MSS);
	for (uint32_t n = 0; n < 3; n++)
		assert_sends_data(f, ISS - MSS + n * MSS);
}

static void it_is_data_when_it_is_sent_again(void **state)
{
	struct fixture *f = *state;

	stand_before_iss(f, 0);
	assert_sends_data(f, ISS);
	recovery_on_rto(f->tcb, 1000000, NOW);
	assert_int_equal(f->tcb->recovery.frto, FRTO_FIRST);
	tcb_mark_output(f->tcb);
	assert_sends_data(f, ISS);
}

/* RFC 9293 3.10.5: SEQ=SND.NXT. */
static void a_reset_has_its_number(void **state)
{
	struct fixture *f = *state;
	struct segment_out out;

	stand_before_iss(f, 0);
	state_reset(f->tcb, EVTCP_CAUSE_RST_ABORT, 0, EVTCP_CAUSE_ABORTED_BY_USER, NOW);
	assert_true(tcp_output(&f->tcp, NOW, &out));
	assert_int_equal(out.h.flags & TCP_RST, TCP_RST);
	assert_int_equal(out.h.seq, ISS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			data_that_has_the_number_of_the_syn_is_data, setup, teardown),
		cmocka_unit_test_setup_teardown(
			it_is_data_before_all_else_is_acknowledged_too, setup, teardown),
		cmocka_unit_test_setup_teardown(it_is_data_when_it_is_sent_again, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reset_has_its_number, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
