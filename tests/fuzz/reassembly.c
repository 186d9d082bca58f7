/* SPDX-License-Identifier: BSD-3-Clause */

/* Fuzz target F2 of the test plan: fragments of a few datagrams in any order.
 *
 * In: five bytes for each fragment: which datagram and whether it is the last; its offset
 * and its length in blocks; octets that differ; how much time passes. Out: nothing, or an
 * abort.
 *
 * Beyond "no crash": what becomes whole equals what a plain bitmap has collected; memory
 * stays within the limit; sums are right after each step; all of it is freed. */

#include "fuzz/memory.h"
#include "fuzz/target.h"

#include "ip/reassembly.h"
#include "wire/bytes.h"
#include "wire/checksum.h"

#include <stdlib.h>
#include <string.h>

enum { STEP = 5, IDS = 4, BLOCKS = 64, LIMIT_BYTES = 4000, LIMIT_FRAGMENTS = 8 };

struct model {
	uint8_t octets[BLOCKS * 8];
	uint64_t seen; /* a bit for each block */
	unsigned end;  /* in blocks, 0: unknown */
};

static void zeros(void *arg, void *buf, size_t len)
{
	(void)arg;
	memset(buf, 0, len);
}

static const struct evtcp_world world = {
	.random = zeros, .alloc = fuzz_alloc, .realloc = fuzz_realloc, .free = fuzz_free};

static size_t build_ipv4(uint8_t *out, const uint8_t *step, unsigned from, unsigned blocks)
{
	struct ipv4_header h = {.src = {{[10] = 0xff, 0xff, 10, 0, 0, 1}},
		.dst = {{[10] = 0xff, 0xff, 10, 0, 0, 2}},
		.total_len = (uint16_t)(20 + blocks * 8),
		.id = step[0] % IDS,
		.fragment_offset = (uint16_t)(from * 8),
		.more_fragments = step[0] < 128,
		.ttl = 64,
		.protocol = IP_PROTOCOL_UDP};

	ipv4_header_build(&h, out);
	memset(out + 20, step[3], blocks * 8);
	return h.total_len;
}

/* The model takes what was kept. */
static void collect(struct model *m, const uint8_t *step, unsigned from, unsigned blocks)
{
	for (unsigned i = from; i < from + blocks; i++)
		m->seen |= UINT64_C(1) << i;
	memset(m->octets + (size_t)from * 8, step[3], (size_t)blocks * 8);
	if (step[0] >= 128)
		m->end = from + blocks;
}

static void compare(const struct model *m, const struct reassembly_news *news)
{
	uint64_t all = m->end == BLOCKS ? UINT64_MAX : (UINT64_C(1) << m->end) - 1;

	require((m->seen & all) == all);
	require(memcmp(news->whole + 20, m->octets, (size_t)m->end * 8) == 0);
}

struct run {
	struct ip ip;
	struct reassembly r;
	struct model models[IDS];
	uint64_t now;
};

static void expire(struct run *run)
{
	struct reassembly_datagram *datagram;

	while ((datagram = reassembly_overdue(&run->r, run->now)))
		reassembly_drop(&run->r, datagram);
	if (reassembly_next_deadline(&run->r) == UINT64_MAX)
		memset(run->models, 0, sizeof(run->models));
}

static void try_step(struct run *run, const uint8_t *step)
{
	unsigned from = step[1] % BLOCKS, blocks = 1 + step[2] % (BLOCKS - from);
	struct model *m = &run->models[step[0] % IDS];
	uint8_t packet[20 + BLOCKS * 8];
	struct reassembly_news news = {0};
	struct ip_view view;
	size_t len = build_ipv4(packet, step, from, blocks);
	enum evtcp_cause cause = ip_input(&run->ip, packet, len, &view);

	run->now += (uint64_t)step[4] * 10000;
	expire(run);
	if (cause != EVTCP_CAUSE_IP_FRAGMENT)
		return;
	cause = reassembly_add(&run->r, &view, run->now, &news);
	reassembly_check(&run->r);
	require(run->r.bytes <= LIMIT_BYTES);
	/* Who gave way, or timed out while others wait, the model does not know: it only
	 * judges what it has seen from the beginning. */
	if (cause == EVTCP_CAUSE_NONE || cause == EVTCP_CAUSE_IP_FRAGMENT)
		collect(m, step, from, blocks);
	if (cause == EVTCP_CAUSE_NONE) {
		require(news.len <= sizeof(packet));
		for (unsigned i = from * 8; i < (from + blocks) * 8; i++)
			require(news.whole[20 + i] == step[3]);
		if (m->end * 8 + 20 == news.len)
			compare(m, &news);
		memset(m, 0, sizeof(*m));
	}
	reassembly_release(&run->r, news.whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	static const struct evtcp_addr us = {{[10] = 0xff, 0xff, 10, 0, 0, 2}};
	struct reassembly_limits limits = {LIMIT_BYTES, IDS, LIMIT_FRAGMENTS};
	struct run *run = calloc(1, sizeof(*run));

	require(run != NULL);
	ip_init(&run->ip, &world, 64, 1000);
	require(ip_add_address(&run->ip, &us, 24) == 0);
	reassembly_init(&run->r, &world, &limits);
	for (size_t i = 0; i + STEP <= size; i += STEP)
		try_step(run, input + i);
	reassembly_free(&run->r);
	free(run);
	return 0;
}

/* ---- where the driver starts from ------------------------------------------------ */

// clang-format off
static const uint8_t in_order[] = {1, 0, 3, 7, 0, 1, 4, 3, 8, 1, 129, 8, 2, 9, 0};
static const uint8_t backwards[] = {130, 8, 2, 9, 1, 2, 4, 3, 8, 1, 2, 0, 3, 7, 0};
static const uint8_t overlap[] = {0, 0, 9, 1, 0, 0, 5, 9, 2, 0, 128, 20, 3, 3, 0, 0, 0, 9, 1, 0};
// clang-format on

const struct fuzz_seed fuzz_seeds[] = {
	{in_order, sizeof(in_order)},
	{backwards, sizeof(backwards)},
	{overlap, sizeof(overlap)},
	{NULL, 0},
};
