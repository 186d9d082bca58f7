/* SPDX-License-Identifier: BSD-3-Clause */

/* Every ICMP message in every state (ATTACKS T09): all types, sixteen codes, about a number
 * that is in flight and about others, over IPv4 and IPv6. A hard error ends what is in
 * SYN-SENT, if the number is that of the SYN; nothing else ends anything, or makes us send
 * (RFC 5927 4.1, 5.2; RFC 9293 3.9.2.2, MUST-56, SHLD-26). */

#include "rig.h"

#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { ROUTER = 0x0a0000fe, CODES = 16, ECHO_REQUEST = 8, ECHO_REQUEST_6 = 128 };

/* One message. */
struct message {
	bool ipv6;
	uint8_t type, code;
	uint32_t seq; /* that the quoted segment has, relative to the ISS */
};

static bool is_hard(const struct message *m)
{
	static const bool of_ipv4[CODES] = {
		[2] = true, [3] = true, [9] = true, [10] = true, [13] = true};
	static const bool of_ipv6[CODES] = {[1] = true, [4] = true, [5] = true, [6] = true};

	if (m->ipv6)
		return m->type == 1 && of_ipv6[m->code];
	return m->type == 3 && of_ipv4[m->code];
}

static bool is_echo_request(const struct message *m)
{
	return m->type == (m->ipv6 ? ECHO_REQUEST_6 : ECHO_REQUEST);
}

/* Puts type and code into a message that was built with others, and its checksum right: the
 * difference of one word (RFC 1624). */
static void put_type(uint8_t *icmp, uint8_t type, uint8_t code)
{
	uint32_t before = (uint32_t)icmp[0] << 8 | icmp[1], after = (uint32_t)type << 8 | code;
	uint32_t sum = (uint32_t)icmp[2] << 8 | icmp[3];

	sum = (~sum & 0xffff) + (~before & 0xffff) + after;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
	icmp[0] = type;
	icmp[1] = code;
	icmp[2] = (uint8_t)(sum >> 8);
	icmp[3] = (uint8_t)sum;
}

/* A router says m, with an MTU that is no news. */
static void say(struct rig *rig, const struct message *m)
{
	uint8_t quote[100], octets[200];
	struct packet ours = rig_segment(rig, ACK, 0, 10, 0);
	struct packet icmp = {.ipv6 = rig->ipv6,
		.src = ROUTER,
		.dst = rig->us,
		.protocol = PROTOCOL_ICMP,
		.ttl = 64,
		.type = ECHO_REQUEST,
		.rest = 1500,
		.payload = quote};
	size_t len;

	ours.src = rig->us;
	ours.dst = rig->peer;
	ours.src_port = rig->our_port;
	ours.dst_port = rig->peer_port;
	ours.seq = rig->iss + m->seq;
	icmp.len = (uint32_t)packet_build(&ours, quote);
	len = packet_build(&icmp, octets);
	put_type(octets + len - icmp.len - 8, m->type, m->code);
	rig_octets(rig, octets, len);
}

static void bring(struct rig *rig, enum situation in, bool ipv6)
{
	struct evtcp_stack_config config;

	rig_configure(&config);
	config.limits.icmp_per_second = 0; /* each answer is seen */
	rig_init(rig, ipv6);
	rig_open(rig, &config);
	rig_bring(rig, in);
}

/* The state is what it was, and nobody heard anything. */
static void check_unchanged(struct rig *rig, enum situation before, const struct message *m)
{
	unsigned answers = is_echo_request(m) ? 1 : 0;

	if (rig_where(rig, true) != before || rig->error != 0 || rig->eof || rig->n_sent != answers)
		fail_msg("%s: type %u, code %u, seq %d: %u packets, error %d, then %s",
			rig_name(before), m->type, m->code, (int)m->seq, rig->n_sent, rig->error,
			rig_name(rig_where(rig, true)));
}

/* In SYN-SENT; in_flight tells whether the number is that of the SYN. */
static void check_open(struct rig *rig, const struct message *m, bool in_flight)
{
	if (!is_hard(m) || !in_flight) {
		check_unchanged(rig, IN_SYN_SENT, m);
		return;
	}
	if (rig_where(rig, false) != IN_CLOSED || rig->error == 0)
		fail_msg("a hard error, code %u, does not end the attempt", m->code);
	assert_true(rig_close(rig));
	bring(rig, IN_SYN_SENT, m->ipv6);
}

/* All messages about one number. */
static unsigned run_messages(enum situation in, bool ipv6, uint32_t seq)
{
	struct rig rig;
	unsigned cases = 0;

	bring(&rig, in, ipv6);
	enum situation before = rig_where(&rig, true);
	for (unsigned type = 0; type < 256; type++) {
		for (unsigned code = 0; code < CODES; code++, cases++) {
			struct message m = {ipv6, (uint8_t)type, (uint8_t)code, seq};

			rig_forget(&rig);
			say(&rig, &m);
			if (in == IN_SYN_SENT)
				check_open(&rig, &m, seq == 0);
			else
				check_unchanged(&rig, before, &m);
		}
	}
	evtcp_stack_check(rig.stack);
	assert_true(rig_close(&rig));
	return cases;
}

/* 0 is in flight where a SYN is, 1 where data or a FIN is. */
static void no_message_ends_what_is_open(void **state)
{
	static const uint32_t numbers[] = {0, 1, UINT32_MAX, 1000000, UINT32_C(0x80000000)};
	unsigned cases = 0;

	(void)state;
	for (int in = 0; in < N_SITUATIONS; in++) {
		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
			cases += run_messages((enum situation)in, false, numbers[i]);
			cases += run_messages((enum situation)in, true, numbers[i]);
		}
	}
	print_message("T09: %u messages\n", cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_message_ends_what_is_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
