/* SPDX-License-Identifier: BSD-3-Clause */

/* Fuzz target of the link that applies fault scripts.
 *
 * In: a number that chooses a script, then packets, each as an octet of direction and time, one of
 * length and as many octets. Out: nothing, or an abort. Beyond "no crash": what comes out is no
 * larger than what went in, or is one of the script's own; at the end everything that was held back
 * has come out or was shown; and no memory is left. */

#include "fuzz/target.h"

#include "faults/forge.h"
#include "link/memory.h"

#include <evtcp/fault.h>
#include <stdlib.h>
#include <string.h>

enum { PACKET_MAX = 255, STEP_US = 10000 };

struct bench {
	uint64_t now_us;
	struct evtcp_world world;
	struct memory_link *memory;
	struct evtcp_link *link;
	struct evtcp_faults *faults;
};

static const char *const scripts[] = {
	"out segment: delay 20ms always\nin segment: delay 10ms always\nin data: duplicate always",
	"out segment: reorder 2 always\nin segment: reorder 3 always\nout data: corrupt payload",
	"out segment: corrupt options always\nin segment: corrupt seq always\nin data: truncate 1",
	"out segment: truncate 0 always\nin syn: mss 300 always\nout syn: mss 9 always",
	"in data nth 2: reset\nout data nth 1: reset in-window\nin ack: reset blind 3",
	"out data nth 1: fin\nout segment: window 100 for 30ms always\nin data: ignore 30ms 5",
	"out data: stall 50ms 9\nout fin: never-close\nin syn nth 2: refuse",
	"out data: stall 30ms 5\nout segment: reorder 2 always\nout ack: zero-window forever 3",
	"in segment state ESTABLISHED: black-hole\nout ack state CLOSE-WAIT: drop 2",
	"in data path /x: drop\nout data tag y after sent 10 after received 5 after 20ms: drop",
};

static uint64_t bench_now(void *arg)
{
	return ((struct bench *)arg)->now_us;
}

static void bench_input(void *arg, struct evtcp_packet *packet)
{
	(void)arg;
	require(packet->len <= PACKET_MAX || packet->len <= FORGE_MAX);
	packet->reason.cause = EVTCP_CAUSE_ACCEPTED;
}

static void bench_batch_end(void *arg)
{
	(void)arg;
}

static void bench_failed(void *arg, int error)
{
	(void)arg;
	(void)error;
}

static void bench_open(struct bench *bench, unsigned choice)
{
	const char *text = scripts[choice % (sizeof(scripts) / sizeof(scripts[0]))];
	struct evtcp_receiver receiver = {
		.input = bench_input, .batch_end = bench_batch_end, .failed = bench_failed};
	struct evtcp_fault_config config = {.world = &bench->world};
	struct evtcp_fault_error error;

	*bench = (struct bench){.now_us = 1000000, .world = *evtcp_world_system()};
	bench->world.now_us = bench_now;
	bench->world.arg = bench;
	config.script = evtcp_fault_parse(text, strlen(text), &bench->world, &error);
	require(config.script != NULL);
	bench->link = evtcp_fault_link_new(
		memory_link_new(evtcp_world_system(), 1500, 1000, &bench->memory), &config,
		&bench->faults);
	evtcp_link_set_receiver(bench->link, &receiver);
}

static void drain(struct bench *bench)
{
	struct memory_packet *packet;

	while ((packet = memory_link_pop(bench->memory)) != NULL) {
		require(packet->len <= PACKET_MAX || packet->len <= FORGE_MAX);
		memory_link_drop(bench->memory, packet);
	}
}

static void pass_time(struct bench *bench, uint64_t us)
{
	bench->now_us += us;
	while (evtcp_fault_next_deadline(bench->faults) <= bench->now_us)
		evtcp_fault_run(bench->faults);
	drain(bench);
}

static void pass(struct bench *bench, uint8_t how, const uint8_t *octets, size_t len)
{
	struct iovec iov = {malloc(len ? len : 1), len};
	struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1, .len = len, .at_us = bench->now_us};

	memcpy(iov.iov_base, octets, len);
	if (how & 1)
		require(evtcp_link_output(bench->link, &packet) == 0);
	else
		memory_link_inject(bench->memory, iov.iov_base, len, bench->now_us);
	free(iov.iov_base);
	drain(bench);
	pass_time(bench, (how >> 1 & 7) * STEP_US);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct bench bench;

	bench_open(&bench, size > 0 ? input[0] : 0);
	input += size > 0;
	size -= size > 0;
	while (size >= 2) {
		size_t len = input[1] < size - 2 ? input[1] : size - 2;

		pass(&bench, input[0], input + 2, len);
		input += 2 + len;
		size -= 2 + len;
	}
	evtcp_link_free(bench.link);
	return 0;
}

// clang-format off
#define IP(from, to, len) 0x45,0,0,len, 0,0,0x40,0, 64,6,0,0, 10,0,0,from, 10,0,0,to
#define TCP(from, to, seq, ack, offset, flags) \
	0,from,0,to, 0,0,0,seq, 0,0,0,ack, (offset) << 4,flags,1,2, 0,0,0,0
#define CONVERSATION(choice) \
	choice, \
	0, 48, IP(1, 2, 48), TCP(99, 80, 1, 0, 7, 0x02), 2,4,5,180, 1,3,3,7, \
	1, 48, IP(2, 1, 48), TCP(80, 99, 7, 2, 7, 0x12), 2,4,5,180, 1,3,3,7, \
	0, 40, IP(1, 2, 40), TCP(99, 80, 2, 8, 5, 0x10), \
	0, 45, IP(1, 2, 45), TCP(99, 80, 2, 8, 5, 0x18), 'h','e','l','l','o', \
	3, 41, IP(2, 1, 41), TCP(80, 99, 8, 7, 5, 0x18), 'x', \
	5, 42, IP(2, 1, 42), TCP(80, 99, 9, 7, 5, 0x19), 'y', 'z', \
	0, 52, IP(1, 2, 52), TCP(99, 80, 7, 9, 8, 0x10), 1,1,5,10, 0,0,0,10, 0,0,0,12, \
	0, 40, IP(1, 2, 40), TCP(99, 80, 7, 12, 5, 0x11), \
	1, 40, IP(2, 1, 40), TCP(80, 99, 12, 8, 5, 0x10)

static const uint8_t stories[][415] = {
	{CONVERSATION(0)}, {CONVERSATION(1)}, {CONVERSATION(2)}, {CONVERSATION(3)},
	{CONVERSATION(4)}, {CONVERSATION(5)}, {CONVERSATION(6)}, {CONVERSATION(7)},
	{CONVERSATION(8)},
};
// clang-format on

const struct fuzz_seed fuzz_seeds[] = {
	{stories[0], sizeof(stories[0])},
	{stories[1], sizeof(stories[1])},
	{stories[2], sizeof(stories[2])},
	{stories[3], sizeof(stories[3])},
	{stories[4], sizeof(stories[4])},
	{stories[5], sizeof(stories[5])},
	{stories[6], sizeof(stories[6])},
	{stories[7], sizeof(stories[7])},
	{stories[8], sizeof(stories[8])},
	{NULL, 0},
};
