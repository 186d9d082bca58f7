/* SPDX-License-Identifier: BSD-3-Clause */

/* RFC 9768 3.2.2.1 rules 1 and 3: the SYN-ACK comes again, and in the same batch a probe is due,
 * which leaves first and has the ACK with it: that was the answer. No script can tell that, for
 * there what timers send has left before anything comes. */

#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { RTT_US = 50000, TEXT = 100 };

static unsigned ace_of(const struct packet *packet)
{
	return (packet->flags & ACE) >> ACE_SHIFT;
}

static void open_accurate(struct rig *rig, struct packet *syn_ack)
{
	struct evtcp_stack_config config;

	rig_init(rig, false);
	rig_configure(&config);
	config.tcp_options.ecn = EVTCP_ECN_REQUEST;
	config.tcp_options.accurate_ecn = 1;
	config.tcp_options.sack = 1;
	rig_open(rig, &config);
	rig_connect(rig);
	rig_wait(rig, RTT_US);
	*syn_ack = rig_segment(rig, SYN | ACK, 0, 0, 1);
	syn_ack->flags |= CWR;
	syn_ack->options_len = 4;
	memcpy(syn_ack->options, (uint8_t[]){4, 2, 1, 1}, 4); /* SACK: else there is no probe */
	rig_packet(rig, syn_ack);
	assert_int_equal(ace_of(&rig->sent[1]), 2);
}

/* Like rig_packet, but what leaves by it waits for the timers of now. */
static void input_with_timers(struct rig *rig, const struct packet *packet)
{
	static uint8_t octets[PACKET_MAX];
	struct iovec iov = {octets, packet_build(packet, octets)};
	struct evtcp_packet input = {.iov = &iov, .iovcnt = 1, .len = iov.iov_len};

	rig->world.now_us = evtcp_stack_next_deadline(rig->stack);
	evtcp_stack_input(rig->stack, &input);
	evtcp_stack_run_timers(rig->stack);
	evtcp_stack_flush(rig->stack);
}

static void a_probe_has_answered_a_syn_ack(void **state)
{
	struct rig rig;
	struct packet syn_ack, text;

	(void)state;
	open_accurate(&rig, &syn_ack);
	rig_write(&rig, TEXT);
	rig_forget(&rig);
	input_with_timers(&rig, &syn_ack);
	assert_int_equal(rig.n_sent, 1);
	assert_int_equal(rig.sent[0].len, TEXT);
	assert_int_equal(ace_of(&rig.sent[0]), 5);
	rig_forget(&rig);
	text = rig_segment(&rig, ACK | PSH, 1, TEXT, 1);
	text.ecn = 3; /* CE, which is told at once */
	text.flags |= 5 << ACE_SHIFT;
	rig_packet(&rig, &text);
	assert_int_equal(rig.n_sent, 1);
	assert_int_equal(rig.sent[0].len, 0);
	assert_int_equal(ace_of(&rig.sent[0]), 6);
	rig_free(&rig);
	assert_true(rig_close(&rig));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_probe_has_answered_a_syn_ack)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
