/* SPDX-License-Identifier: BSD-3-Clause */

/* The player must be able to fail: scripts whose claims are false in one thing each, and
 * what it says about them. And the six initial sequence numbers are really met. */

#include "play.h"

#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#define OPEN "established mss 1000 win 65535\n"

struct falsehood {
	const char *script, *why; /* what the failure begins with */
};

// clang-format off
static const struct falsehood falsehoods[] = {
	/* silence is asserted */
	{OPEN "write 10", "nobody expected this, at 0.000000"},
	{OPEN "write 10\n+0.1 state ESTABLISHED", "nobody expected this"},
	{OPEN "write 10\nwrite 10", "nobody expected this"},
	{OPEN "write 10\n> P. 1:11(10) ack 1\n+1 state ESTABLISHED", "nobody expected this, at 0.200000"},
	{OPEN "< F. 1:1(0) ack 1\n> . 1:1(0) ack 2\n+1 state CLOSE-WAIT", "nobody expected this: the application was told: eof"},
	{OPEN "< R 1:1(0)\nstate CLOSED", "nobody expected this: the application was told: error"},
	/* nothing came */
	{OPEN "> . 1:1(0) ack 1", "nothing was sent"},
	{OPEN "write 10\n> P. 1:11(10) ack 1\n> P. 1:11(10) ack 1 {rto}", "nothing was sent"},
	{OPEN "< P. 1:11(10) ack 1\n+0.039999 > . 1:1(0) ack 11", "nothing was sent"},
	/* the moment */
	{OPEN "< P. 1:11(10) ack 1\n+0.040001 > . 1:1(0) ack 11", "nobody expected this, at 0.040000"},
	{OPEN "< F. 1:1(0) ack 1\n> . 1:1(0) ack 2\nexpect connected", "the application was told: eof"},
	/* the segment */
	{OPEN "write 10\n> . 1:11(10) ack 1", "flags differ"},
	{OPEN "write 10\n> P. 2:12(10) ack 1", "sequence number differs"},
	{OPEN "write 10\n> P. 1:10(9) ack 1", "flags differ"},
	{OPEN "write 10\n> P. 1:12(11) ack 1", "flags differ"},
	{OPEN "write 10\n> P. 1:11(10) ack 2", "acknowledgment differs"},
	{OPEN "write 10\n> P. 1:11(10) ack 1 win 65534", "window differs"},
	{OPEN "write 10\n> P. 1:11(10) ack 1 <nop, nop, ts>", "options differ"},
	{OPEN "write 10\n> P. 1:11(10) ack 1 ttl 63", "TTL differs"},
	{OPEN "write 10\n> P. 1:11(10) ack 1 dscp 1", "DSCP differs"},
	{OPEN "write 10\n> P. 1:11(10) ack 1 ect0", "ECN field differs"},
	{OPEN "write 10\n> P. 1:11(10) ack 1 {rto}", "cause differs"},
	{OPEN "write 10\n> P. 1:11(10) ack 1\n+0.2 > P. 1:11(10) ack 1 {rto #2}", "number of the cause differs"},
	{OPEN "@2 established mss 1000\n@2 write 10\n> P. 1:11(10) ack 1", "flow differs"},
	{"< icmp 8 0 id 1 (0)\n> . 1:1(0) ack 1", "protocol differs"},
	{"< icmp 8 0 id 1 (5)\n> icmp 0 0 id 2 (5)", "ICMP header differs"},
	{"listen\n< S 0:0(0) <mss 1460>\n> S. 0:0(0) ack 1 <mss 1461>", "options differ"},
	{"established mss 1000 ts\n+1 write 10\n> P. 1:11(10) ack 1 <nop, nop, ts val 999 ecr 0>", "options differ"},
	/* several segments in one line */
	{OPEN "write 2000\n> P. 1:1001(1000) ack 1", "flags differ"},
	{OPEN "write 2000\n> P. 1:2002(2001) ack 1", "flags differ"},
	{OPEN "nodelay on\nwrite 5\n& nodelay on\n> P. 1:11(10) ack 1", "flags differ"},
	/* what the application is told and reads */
	{OPEN "expect readable 1", "the application was not told: readable"},
	{OPEN "< P. 1:11(10) ack 1\nexpect readable 9", "10 bytes are there to be read"},
	{OPEN "< P. 1:11(10) ack 1\nexpect nothing", "the application was told: readable"},
	{OPEN "< P. 1:11(10) ack 1\nread 11", "10 bytes are there to be read"},
	{OPEN "< P. 1:11(10) ack 1 altered\nread 10", "the bytes read are not the peer's"},
	{OPEN "< P. 1:11(10) ack 1\nread 10 altered", "the bytes read are not the peer's"},
	{OPEN "recv 1", "the call returned -1, EAGAIN"},
	{OPEN "recv 1 = ECONNRESET", "the call failed with EAGAIN"},
	{OPEN "send 5 = 6", "the call returned 5"},
	{OPEN "< R 1:1(0)\nexpect error ETIMEDOUT", "the application was told: error ECONNRESET"},
	{OPEN "expect urgent 1", "0 bytes are before the end of urgent data"},
	/* states and figures */
	{OPEN "state CLOSED", "the state is ESTABLISHED"},
	{OPEN "info snd_mss 999", "snd_mss is 1000"},
	{OPEN "counter rto 1", "rto has happened 0 times"},
	{OPEN "usage connections 2", "connections is 1"},
	{OPEN "told opened_passive SYN-RECEIVED ESTABLISHED\n+1 told opened_passive SYN-RECEIVED ESTABLISHED",
		"the stack did not tell: opened_passive SYN-RECEIVED ESTABLISHED"},
	{OPEN "told opened_passive CLOSED OPEN",
		"the stack did not tell: opened_passive CLOSED OPEN; it told: SYN-RECEIVED ESTABLISHED"},
	{OPEN "@2 told opened_passive SYN-RECEIVED ESTABLISHED", "the stack did not tell: opened_passive"},
	{"state CLOSED", "the state is none"},
	/* what cannot be done */
	{"write 10", "the application holds no connection here"},
	{"listen\nlisten", "the call returned -1, EADDRINUSE"},
	{"link down\nlisten\nestablished mss 1000", "the handshake stopped"},
	{"config delayed-ack 0.5\nlisten", "no stack with these settings"},
};
// clang-format on

static void a_script_that_is_not_true_fails(void **state)
{
	static const struct variant variant = {UINT32_MAX, 0, false, VARIANT_PLAIN};

	(void)state;
	for (size_t i = 0; i < sizeof(falsehoods) / sizeof(falsehoods[0]); i++) {
		struct script script;
		struct play play;

		if (!script_parse(&script, falsehoods[i].script))
			fail_msg("%s: %s", falsehoods[i].script, script.error);
		if (play_script(&play, &script, &variant))
			fail_msg("this holds, but must not: %s", falsehoods[i].script);
		if (strncmp(play.failure.why, falsehoods[i].why, strlen(falsehoods[i].why)) != 0)
			fail_msg("%s: %s", falsehoods[i].script, play.failure.why);
		play_free(&play);
		script_free(&script);
	}
}

static void both_initial_sequence_numbers_are_met(void **state)
{
	static const uint32_t isns[] = {0, 1, INT32_MAX, UINT32_C(0x80000000), UINT32_MAX, -1000u};
	struct script script;

	(void)state;
	assert_true(script_parse(&script, "established mss 1000\nwrite 10\n> P. 1:11(10) ack 1"));
	for (size_t i = 0; i < 36; i++) {
		struct variant variant = {isns[i / 6], isns[i % 6], i % 2 == 1,
			(enum variant_link)(i % VARIANT_LINKS)};
		size_t seq_at = (variant.ipv6 ? 40 : 20) + 4;
		struct play play;

		assert_true(play_script(&play, &script, &variant));
		/* SYN, SYN-ACK, ACK, data: as octets */
		assert_int_equal(play.n_sightings, 4);
		assert_int_equal(packet_get32(play.sightings[0].octets + seq_at), variant.irs);
		assert_int_equal(packet_get32(play.sightings[1].octets + seq_at), variant.iss);
		assert_int_equal(packet_get32(play.sightings[3].octets + seq_at), variant.iss + 1);
		play_free(&play);
	}
	script_free(&script);
}

static void a_performance_is_the_same_every_time(void **state)
{
	static const struct variant variant = {7, 8, false, false};
	struct script script;
	struct play first, second;

	(void)state;
	assert_true(script_parse(&script, "established mss 1000 ts\n"
					  "write 3000\n> . 1:2965(2964) ack 1\n"
					  "+0.2 > . 1:989(988) ack 1"));
	(void)play_script(&first, &script, &variant);
	(void)play_script(&second, &script, &variant);
	assert_string_equal(first.log, second.log);
	assert_int_equal(first.n_sightings, second.n_sightings);
	for (size_t i = 0; i < first.n_sightings; i++)
		assert_memory_equal(first.sightings[i].octets, second.sightings[i].octets,
			first.sightings[i].len);
	play_free(&first);
	play_free(&second);
	script_free(&script);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_script_that_is_not_true_fails),
		cmocka_unit_test(both_initial_sequence_numbers_are_met),
		cmocka_unit_test(a_performance_is_the_same_every_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
