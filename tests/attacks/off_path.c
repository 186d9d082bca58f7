/* SPDX-License-Identifier: BSD-3-Clause */

/* What somebody off the path can learn of a connection by asking the host: nothing (ATTACKS
 * T07, CVE-2016-5696; ATTACKS T08, CVE-2020-25705). Each of his programs, a few hundred packets
 * drawn from a seed, is performed twice on the same stack with the same clock and the same random
 * bytes: once beside a connection of somebody else, once without it. He forges that one's
 * addresses and ports, with numbers that are right, nearly right and wrong, he asks with his
 * own address, and he has a connection of his own. All that he gets must be the same, to the
 * octet and to the microsecond. */

#include "rig.h"

#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum {
	ATTACKER = 0x0a000007,
	OTHERS = 0x0a010000,
	ATTACKER_PORT = 5000,
	CLOSED_PORT = 81,
	ACTS = 300,
	SEEDS = 40,
	LOG_MAX = 1 << 20
};

/* What reaches the attacker, with the time before each packet. */
struct log {
	uint8_t octets[LOG_MAX];
	size_t len, packets;
};

struct attack {
	struct rig rig; /* its peer is the victim */
	bool with_victim;
	uint32_t victim_iss; /* what the host's ISS is, or would be */
	uint64_t dice;
	uint32_t own_iss, own_irs, own_next; /* of his connection; relative to own_irs */
	unsigned talked;                     /* how often the victim's connection was used */
	struct log *log;
};

static uint32_t roll(struct attack *a, uint32_t sides)
{
	a->dice = a->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(a->dice >> 33) % sides;
}

static void note(void *arg, const uint8_t *octets, size_t len)
{
	struct attack *a = arg;
	struct log *log = a->log;
	struct packet sent;

	assert_null(packet_parse(&sent, octets, len));
	if (sent.dst != ATTACKER)
		return;
	if (sent.protocol == PROTOCOL_TCP && sent.flags & SYN)
		a->own_iss = sent.seq;
	assert_true(log->len + sizeof(a->rig.world.now_us) + len <= LOG_MAX);
	memcpy(log->octets + log->len, &a->rig.world.now_us, sizeof(a->rig.world.now_us));
	log->len += sizeof(a->rig.world.now_us);
	memcpy(log->octets + log->len, octets, len);
	log->len += len;
	log->packets++;
}

/* ---- what he sends ----------------------------------------------------------------- */

/* A segment of his own connection. */
static void send_own(struct attack *a, uint8_t flags, uint32_t seq, uint32_t len)
{
	struct packet p = rig_segment(&a->rig, flags, 0, len, 0);

	p.src = ATTACKER;
	p.src_port = ATTACKER_PORT;
	p.seq = a->own_irs + seq;
	p.ack = flags & ACK ? a->own_iss + 1 : 0;
	rig_packet(&a->rig, &p);
}

/* A segment as if of the victim, with a number near what is right, or just any. */
static void send_forged(struct attack *a)
{
	static const uint8_t kinds[] = {
		SYN, RST, ACK, RST | ACK, SYN | ACK, FIN | ACK, PSH | ACK, 0};
	static const int32_t near[] = {0, 1, -1, 100, RIG_WINDOW - 1, RIG_WINDOW, -65535, 1 << 30};
	struct packet p =
		rig_segment(&a->rig, kinds[roll(a, sizeof(kinds))], 0, roll(a, 2) * 50, 0);

	p.seq = a->rig.irs + 1 + (uint32_t)near[roll(a, 8)];
	p.ack = p.flags & ACK ? a->victim_iss + 1 + (uint32_t)near[roll(a, 8)] : 0;
	if (roll(a, 8) == 0)
		p.src_port++;
	rig_packet(&a->rig, &p);
}

/* To a port where nobody is: UDP (false) or a SYN; as himself, as the victim, or as one of
 * many others. */
static void send_probe(struct attack *a, bool syn)
{
	uint32_t sources[] = {ATTACKER, ATTACKER, RIG_PEER, OTHERS + roll(a, 60000)};
	struct packet p = rig_segment(&a->rig, syn ? SYN : 0, 0, 20, 0);

	p.protocol = syn ? PROTOCOL_TCP : PROTOCOL_UDP;
	p.src = sources[roll(a, 4)];
	p.src_port = (uint16_t)(1024 + roll(a, 50000));
	p.dst_port = CLOSED_PORT;
	rig_packet(&a->rig, &p);
}

static void send_echo_request(struct attack *a)
{
	struct packet p = {.ipv6 = a->rig.ipv6,
		.src = roll(a, 3) ? ATTACKER : RIG_PEER,
		.dst = a->rig.us,
		.protocol = PROTOCOL_ICMP,
		.ttl = 64,
		.type = 8};

	rig_packet(&a->rig, &p);
}

/* A router's complaint about a segment to the victim, or about one of his own. */
static void send_complaint(struct attack *a)
{
	static const uint8_t codes[] = {0, 1, 3, 4, 4, 4, 13};
	static const uint32_t mtus[] = {0, 68, 552, 576, 1280, 1400, 1500, 9000};
	uint8_t quote[100];
	bool own = roll(a, 4) == 0;
	struct packet ours = rig_segment(&a->rig, ACK, 0, 20, 0);
	struct packet p = {.ipv6 = a->rig.ipv6,
		.src = ATTACKER,
		.dst = a->rig.us,
		.protocol = PROTOCOL_ICMP,
		.ttl = 64,
		.type = 3,
		.code = codes[roll(a, sizeof(codes))],
		.payload = quote};

	ours.src = a->rig.us;
	ours.dst = own ? ATTACKER : a->rig.peer;
	ours.src_port = a->rig.our_port;
	ours.dst_port = own ? ATTACKER_PORT : a->rig.peer_port;
	ours.seq = (own ? a->own_iss : a->victim_iss) + 1 + roll(a, 3) * 10;
	p.rest = p.code == 4 ? mtus[roll(a, 8)] : 0;
	p.len = (uint32_t)packet_build(&ours, quote);
	rig_packet(&a->rig, &p);
}

/* He counts what comes back: challenges on his own connection, errors, resets. */
static void count_answers(struct attack *a)
{
	uint32_t n = 20 + roll(a, 100), what = roll(a, 3);

	for (uint32_t i = 0; i < n; i++) {
		if (what == 0)
			send_own(a, RST, a->own_next + 1 + i, 0);
		else
			send_probe(a, what == 1);
	}
}

static void act(struct attack *a)
{
	switch (roll(a, 10)) {
	case 0:
		send_own(a, SYN, a->own_next, 0);
		break;
	case 1:
		send_own(a, PSH | ACK, a->own_next, 5);
		a->own_next += 5;
		break;
	case 2:
		send_own(a, ACK, a->own_next + 100000, 0);
		break;
	case 3:
		send_echo_request(a);
		break;
	case 4:
		send_complaint(a);
		break;
	case 5:
		send_probe(a, roll(a, 2));
		break;
	case 6:
		count_answers(a);
		break;
	default:
		send_forged(a);
		break;
	}
	rig_wait(&a->rig, roll(a, 3) ? 0 : roll(a, 400000));
}

/* ---- two runs -------------------------------------------------------------------- */

/* The two who have nothing to do with him talk. */
static void talk(struct attack *a, int i)
{
	struct evtcp_conn_info info = {0};
	struct packet ack = rig_segment(&a->rig, ACK, 1, 0, 0);

	if (!a->with_victim || i % 7 != 0)
		return;
	evtcp_conn_get_info(a->rig.conn, &info);
	if (info.state != EVTCP_ESTABLISHED)
		return;
	rig_write(&a->rig, 10);
	ack.ack = a->victim_iss + 1 + (uint32_t)info.bytes_sent + 10;
	rig_packet(&a->rig, &ack);
	a->talked++;
}

/* His own connection: a handshake like any other. */
static void open_own(struct attack *a)
{
	struct packet syn = rig_segment(&a->rig, SYN, 0, 0, 0);
	struct evtcp_conn *victims = a->rig.conn;

	syn.src = ATTACKER;
	syn.src_port = ATTACKER_PORT;
	syn.seq = a->own_irs = 1000;
	rig_packet(&a->rig, &syn);
	a->own_next = 1;
	send_own(a, ACK, 1, 0);
	a->rig.conn = victims;
}

static void run(struct attack *a, uint64_t seed, bool ipv6)
{
	struct evtcp_stack_config config;

	rig_configure(&config);
	config.rto_min_us = 200000;
	config.rto_initial_us = 1000000;
	rig_init(&a->rig, ipv6);
	rig_open(&a->rig, &config);
	a->dice = seed;
	a->log->len = a->log->packets = 0;
	a->rig.tap = note;
	a->rig.tap_arg = a;
	rig_listen(&a->rig);
	if (a->with_victim) {
		rig_input(&a->rig, SYN, 0, 0, 0);
		rig_input(&a->rig, ACK, 1, 0, 1);
		a->victim_iss = a->rig.iss;
	}
	open_own(a);
	for (int i = 0; i < ACTS; i++) {
		act(a);
		talk(a, i);
	}
	rig_wait(&a->rig, UINT64_C(5000000));
	evtcp_stack_check(a->rig.stack);
	assert_true(rig_close(&a->rig));
}

static void he_gets_the_same_with_and_without_a_victim(void **state)
{
	static struct log logs[2];
	struct log *with = &logs[0], *without = &logs[1];
	size_t packets = 0;
	unsigned talked = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct attack a = {.with_victim = true, .log = with};
		bool ipv6 = seed % 2 == 0;

		run(&a, seed, ipv6);
		a.with_victim = false;
		a.log = without;
		run(&a, seed, ipv6);
		if (with->len != without->len ||
			memcmp(with->octets, without->octets, with->len) != 0)
			fail_msg("seed %d: %zu packets beside a victim, %zu without", (int)seed,
				with->packets, without->packets);
		packets += with->packets;
		talked += a.talked;
	}
	assert_true(
		packets > 1000 && talked > SEEDS); /* he does get answers, and there was a victim */
	print_message("T07, T08: %d programs, %zu answers\n", SEEDS, packets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(he_gets_the_same_with_and_without_a_victim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
