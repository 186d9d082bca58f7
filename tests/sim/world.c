/* SPDX-License-Identifier: BSD-3-Clause */

/* Made and taken down: two hosts with their listeners, the links, the watchers.
 *
 * In: a scenario. Out: a world in which nothing has happened yet; at the end, what
 * the stacks have counted, and whether everything was given back.
 *
 * What happens in it is run.c's business, what passes between the hosts passage.c's. */

#include "world.h"

#include "passage.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define SECOND UINT64_C(1000000)

static int world_cannot(struct world *world, const char *what)
{
	if (!world->shortage || world->shortage->failures == 0 || errno != ENOMEM)
		verdict_fail(&world->verdict, "%s: %s", what, strerror(errno));
	world->coverage.counters[SIM_SHORT_STARTS]++;
	return -1;
}

/* ---- listeners ------------------------------------------------------------ */

/* The dialogue whose other end has come: the newest between these ports in which
 * this host has answered a SYN and has no connection yet. */
static struct dialogue *world_find_dialogue(
	struct world *world, unsigned host, uint16_t local, uint16_t remote)
{
	for (unsigned i = world->scenario->n_dialogues; i-- > 0;) {
		struct dialogue *d = &world->dialogues[i];

		if (d->plan->ports[host] == local && d->plan->ports[1 - host] == remote &&
			d->flow != WITNESS_NO_FLOW && !d->ends[host].existed &&
			world->witness.flows[d->flow].sides[host].syn_sent)
			return d;
	}
	return NULL;
}

/* A connection that nobody has opened: old packets may do that where the server
 * keeps nothing of a SYN (a cookie that is still good), and where a host forgets. */
static void world_ghost(struct world *world, unsigned host, struct evtcp_conn *conn)
{
	const struct circumstances *now = &world->circumstances;

	world->coverage.counters[SIM_GHOSTS]++;
	record_say(&world->record, "%u accepts a ghost", host);
	if (!now->cookies && !now->undefined && !now->forgetful)
		verdict_fail(&world->verdict, "host %u accepts what nobody has opened", host);
	evtcp_conn_abort(conn);
}

static void world_on_accept(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	struct world *world = arg;
	struct evtcp_conn_info info;
	struct dialogue *dialogue;
	unsigned host = evtcp_listener_get_stack(listener) == world->hosts[1].stack;
	struct evtcp_endpoint remote = {.port = 0};

	evtcp_conn_get_info(conn, &info);
	if (evtcp_endpoint_from_sockaddr(&remote, peer, (socklen_t)peer_len) < 0 ||
		memcmp(&remote.addr, &info.tuple.remote.addr, sizeof(remote.addr)) != 0 ||
		remote.port != info.tuple.remote.port)
		verdict_fail(
			&world->verdict, "host %u: the peer's address is not the tuple's", host);
	dialogue = world_find_dialogue(world, host, info.tuple.local.port, remote.port);
	if (dialogue)
		dialogue_accept(dialogue, host, conn);
	else
		world_ghost(world, host, conn);
}

/* Listens once on each port of a host that a dialogue wants. */
static int world_listen(struct world *world, unsigned host)
{
	bool seen[UINT16_MAX + 1] = {false};

	for (unsigned i = 0; i < world->scenario->n_dialogues; i++) {
		const struct dialogue *d = &world->dialogues[i];
		uint16_t port = d->plan->ports[host];
		struct sockaddr_storage address;
		socklen_t len;

		if (!dialogue_listens(d, host) || seen[port])
			continue;
		seen[port] = true;
		len = host_address(&world->hosts[host], host, port, &address);
		if (!evtcp_listener_new(world->hosts[host].stack, world_on_accept, world,
			    (struct sockaddr *)&address, len))
			return world_cannot(world, "listen");
	}
	return 0;
}

/* ---- hosts ---------------------------------------------------------------- */

static int world_make_host(struct world *world, unsigned index)
{
	struct host *host = &world->hosts[index];
	uint64_t seed = rng_mix(world->scenario->seed, world->restarts);

	host->time_us = &world->time_us;
	host->transmit = passage_transmit;
	host->arg = world;
	if (host_init(host, &world->scenario->hosts[index],
		    world->restarts ? seed : world->scenario->seed, index, world->shortage) < 0)
		return world_cannot(world, "a stack");
	return world_listen(world, index);
}

static void world_unmake_host(struct world *world, unsigned index)
{
	struct host *host = &world->hosts[index];

	if (!host->stack)
		return;
	for (int i = 0; i < EVTCP_N_CAUSES; i++)
		world->coverage.causes[i] += evtcp_stack_get_counter(host->stack, i);
	host_free(host);
	if (host->memory.blocks)
		verdict_fail(&world->verdict, "host %u leaks %" PRIu64 " blocks, %" PRIu64 " bytes",
			index, host->memory.blocks, host->memory.bytes);
}

void world_restart_host(struct world *world, unsigned index)
{
	record_say(&world->record, "host %u restarts", index);
	for (unsigned i = 0; i < world->scenario->n_dialogues; i++)
		dialogue_lose(&world->dialogues[i], index);
	world->silenced = true;
	world_unmake_host(world, index);
	world->silenced = false;
	world->restarts++;
	world->coverage.counters[SIM_RESTARTS]++;
	witness_forget(&world->witness);
	world_make_host(world, index);
}

/* ---- everything ------------------------------------------------------------ */

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How long nothing may happen while something could: every wait that TCP knows, and
 * once more for good measure. */
static uint64_t world_patience(const struct world *world)
{
	const struct scenario *s = world->scenario;
	const struct evtcp_stack_config *a = &s->hosts[0].config, *b = &s->hosts[1].config;
	uint64_t rto = larger(a->rto_max_us, b->rto_max_us);
	uint64_t patience = 4 * rto + 8 * scenario_rtt_us(s) + 4 * larger(a->msl_us, b->msl_us);
	uint64_t keepalive = 0;

	for (unsigned i = 0; i < s->n_dialogues; i++) {
		for (int end = 0; end < 2; end++) {
			const struct app_plan *app = &s->dialogues[i].ends[end];

			keepalive =
				larger(keepalive, app->keepalive_us * (app->keepalive_probes + 2));
		}
	}
	/* A host without memory is as good as a dead link. */
	if (s->heals_at_us == UINT64_MAX || world->shortage)
		patience += rto * (larger(a->limits.retries, b->limits.retries) + 2);
	patience += larger(a->advertised_user_timeout_us, b->advertised_user_timeout_us);
	return patience + keepalive + 180 * SECOND;
}

static bool world_reorders(const struct evtcp_impair_way *way)
{
	return way->overtake || way->reorder_ppm;
}

/* How often a host sends something again while it hears nothing: its RTO is the least one,
 * and doubles. A leap of its clock is as good as one RTO. */
static uint64_t world_silent_retries(const struct scenario *s, unsigned host)
{
	uint64_t silence = scenario_silence_us(s), rto = s->hosts[host].config.rto_min_us;
	uint64_t retries = s->leaps[host].by_us > 0;

	for (; silence >= rto && retries < UINT8_MAX; retries++) {
		silence -= rto;
		rto *= 2;
	}
	return retries;
}

/* The shortest time in which a server gives up a handshake. */
static uint64_t world_syn_ack_us(const struct scenario *s, unsigned host)
{
	const struct evtcp_stack_config *config = &s->hosts[host].config;
	uint32_t retries = config->limits.syn_ack_retries - (s->leaps[host].by_us > 0);

	return config->rto_initial_us * ((UINT64_C(1) << retries) - 1);
}

/* On a perfect link a few round trips pass, and no ACK is waited for unless by Nagle's
 * algorithm, or for room in a small buffer. */
static uint64_t world_brisk_us(const struct scenario *s)
{
	uint32_t room = UINT32_MAX;

	for (int i = 0; i < 2; i++) {
		const struct evtcp_limits *limits = &s->hosts[i].config.limits;

		room = room < limits->send_buffer ? room : limits->send_buffer;
		room = room < limits->receive_buffer ? room : limits->receive_buffer;
	}
	return s->perfect && room >= 4 * s->hosts[0].mtu && room >= 4 * s->hosts[1].mtu
		       ? 4 * scenario_rtt_us(s)
		       : 0;
}

/* Else an ACK may be delayed, and hosts may do nothing, or links take their time. */
static uint64_t world_slack_us(const struct scenario *s)
{
	return larger(s->hosts[0].config.delayed_ack_us, s->hosts[1].config.delayed_ack_us) +
	       4 * scenario_rtt_us(s) + 2 * scenario_silence_us(s);
}

static void world_init_circumstances(struct world *world)
{
	const struct scenario *s = world->scenario;
	const struct evtcp_limits *a = &s->hosts[0].config.limits, *b = &s->hosts[1].config.limits;
	uint32_t retries = a->retries < b->retries ? a->retries : b->retries;

	world->circumstances = (struct circumstances){
		.time_us = &world->time_us,
		.verdict = &world->verdict,
		.losses_excused = retries < a->syn_ack_retries ? retries : a->syn_ack_retries,
		.orphan_us = SECOND * (a->orphan_seconds < b->orphan_seconds ? a->orphan_seconds
									     : b->orphan_seconds),
		.dead = s->heals_at_us == UINT64_MAX,
		.forgetful = s->restart_at_us != 0,
		.told_timeouts = s->hosts[0].config.advertised_user_timeout_us ||
				 s->hosts[1].config.advertised_user_timeout_us,
		.shortage = world->shortage != NULL,
		.cookies = a->half_open < s->n_dialogues || b->half_open < s->n_dialogues,
		.disorder = world_reorders(&s->ways[0].way) || world_reorders(&s->ways[1].way),
		.silence_us = scenario_silence_us(s),
		.leap_us = larger(s->leaps[0].by_us, s->leaps[1].by_us),
		.silent_retries = larger(world_silent_retries(s, 0), world_silent_retries(s, 1)),
		.syn_ack_us = smaller(world_syn_ack_us(s, 0), world_syn_ack_us(s, 1)),
		.patience_us = world_patience(world),
		.heals_at_us = s->heals_at_us,
		.prompt_us = s->perfect ? world_slack_us(s) : 0,
		.brisk_us = world_brisk_us(s),
		.slack_us = world_slack_us(s),
		.rto_max_us = smaller(s->hosts[0].config.rto_max_us, s->hosts[1].config.rto_max_us),
	};
	world->circumstances.quiet_us =
		2 * larger(s->hosts[0].config.rto_max_us, s->hosts[1].config.rto_max_us) +
		4 * scenario_rtt_us(s) + SECOND;
}

/* How many ranges beyond gaps the host keeps for sure: none where memory for them may be
 * short. */
static uint32_t world_witnessed_ranges(const struct evtcp_limits *limits)
{
	struct evtcp_stack_config usual;

	evtcp_stack_config_init(&usual);
	return limits->buffer_bytes == usual.limits.buffer_bytes &&
			       limits->out_of_order_bytes == usual.limits.out_of_order_bytes
		       ? limits->out_of_order
		       : 0;
}

static void world_init_witness(struct world *world)
{
	struct witness_host hosts[2];

	for (unsigned i = 0; i < 2; i++) {
		const struct host_plan *plan = &world->scenario->hosts[i];

		hosts[i] = (struct witness_host){
			.address = UINT32_C(0x0a000001) + i,
			.mtu = plan->mtu,
			.ipv6 = plan->ipv6,
			.mss_floor = plan->config.limits.mss_floor,
			.ranges = world_witnessed_ranges(&plan->config.limits),
			.receive_buffer = scenario_window_max(&plan->config.limits),
			.window_scale = plan->config.tcp_options.window_scale,
			.timestamps = plan->config.tcp_options.timestamps,
			.sack = plan->config.tcp_options.sack,
			.user_timeout = plan->config.advertised_user_timeout_us != 0,
			.ecn = plan->config.tcp_options.ecn != EVTCP_ECN_OFF,
			.asks_ecn = plan->config.tcp_options.ecn == EVTCP_ECN_REQUEST,
			.accurate_ecn = plan->config.tcp_options.accurate_ecn &&
					plan->config.tcp_options.ecn != EVTCP_ECN_OFF,
			.heeds_marks = strcmp(plan->config.cc, "bbr") != 0,
		};
	}
	witness_init(&world->witness, hosts, &world->verdict);
}

int world_init(
	struct world *world, const struct scenario *scenario, const struct run_options *options)
{
	*world = (struct world){.scenario = scenario,
		.shortage = options->shortage,
		.forbidden = options->forbidden};
	world->libevent_memory.shortage = options->shortage;
	memory_adopt_libevent(&world->libevent_memory);
	rng_init(&world->rng, scenario->seed, 0x776f726c64);
	world->restart_at = scenario->restart_at_us ? scenario->restart_at_us : UINT64_MAX;
	world_init_circumstances(world);
	world_init_witness(world);
	for (unsigned i = 0; i < 2; i++) {
		struct emulator_config config = scenario->ways[i];

		config.heals_at_us = scenario->heals_at_us;
		emulator_init(&world->ways[i], &config, evtcp_world_system(), scenario->seed,
			0x776179 + i);
	}
	for (unsigned i = 0; i < scenario->n_dialogues; i++)
		dialogue_init(&world->dialogues[i], scenario, i, &world->circumstances);
	if (record_init(&world->record, &world->time_us, options->log, options->capture) < 0)
		return world_cannot(world, options->capture);
	return world_make_host(world, 0) < 0 || world_make_host(world, 1) < 0 ? -1 : 0;
}

/* What a lack of memory has done to the run. */
static void world_count_shortage(struct world *world)
{
	uint64_t *counters = world->coverage.counters;
	bool whole = true;

	if (!world->shortage || world->shortage->failures == 0)
		return;
	for (unsigned i = 0; i < world->scenario->n_dialogues; i++) {
		const struct dialogue *d = &world->dialogues[i];

		whole = whole && !d->connect_failed &&
			d->ends[0].delivered == d->ends[1].plan->total &&
			d->ends[1].delivered == d->ends[0].plan->total;
		counters[SIM_SHORT_CONNECTS] += d->connect_failed;
		for (int end = 0; end < 2; end++)
			counters[SIM_SHORT_ERRORS] += d->ends[end].error == ENOMEM;
	}
	counters[SIM_SHORT_RUNS]++;
	counters[SIM_SHORT_WHOLE] += whole;
	counters[SIM_SHORT_ALLOCATIONS] += world->shortage->failures;
}

/* What one application has done. */
static void world_count_app(uint64_t counters[N_SIM_COUNTERS], const struct app *app)
{
	const struct app_deeds *deeds = &app->deeds;

	counters[SIM_DELIVERED_BYTES] += app->delivered;
	counters[SIM_HALF_CLOSED_BYTES] += deeds->read_half_closed;
	counters[SIM_WRITES_OF_ONE] += deeds->writes_of_one;
	counters[SIM_WRITES_IN_PART] += deeds->writes_in_part;
	counters[SIM_CORKED_PAUSES] += deeds->corked_pauses;
	counters[SIM_ADVISORIES] += deeds->advisories;
	if (!app->let_go)
		return;
	counters[SIM_LET_GO_IN_READ] += app->let_go_in == APP_IN_READ;
	counters[SIM_LET_GO_IN_WRITE] += app->let_go_in == APP_IN_WRITE;
	counters[SIM_LET_GO_IN_EVENT] += app->let_go_in == APP_IN_EVENT;
}

static void world_count_waits(struct world *world, const struct dialogue *dialogue)
{
	const struct scenario *s = world->scenario;
	uint64_t *counters = world->coverage.counters;
	bool near = s->perfect && scenario_rtt_us(s) < 100;

	counters[SIM_WAITS] += dialogue->waits;
	counters[SIM_WAITS_PERFECT] += s->perfect ? dialogue->waits : 0;
	counters[SIM_WAITS_NEAR] += near ? dialogue->waits : 0;
}

static void world_count_reach(struct world *world)
{
	struct reach *reach = &world->coverage.reach;
	uint64_t made = 0;

	for (unsigned i = 0; i < world->scenario->n_dialogues; i++) {
		const struct dialogue *d = &world->dialogues[i];

		if (!d->ends[0].existed || !d->ends[1].existed)
			continue;
		made++;
		for (int side = 0; side < 2; side++)
			reach_note_iss(reach, world->witness.flows[d->flow].sides[side].iss);
	}
	reach_note(reach, world->scenario, made);
}

static void world_count(struct world *world)
{
	uint64_t *counters = world->coverage.counters;
	const struct witness_stats *seen = &world->witness.stats;

	for (int i = 0; i < 2; i++) {
		const struct emulator *way = &world->ways[i];

		counters[SIM_BURSTS] += world->hosts[i].bursts;
		counters[SIM_LOST] += emulator_count_lost(way);
		counters[SIM_OUTAGES] += emulator_count(way, EVTCP_CAUSE_LINK_DOWN);
		counters[SIM_SPIKED] += way->spiked;
		counters[SIM_QUEUE_FULL] += emulator_count_overflows(way);
		counters[SIM_DUPLICATED] += emulator_count(way, EVTCP_CAUSE_IMPAIR_DUPLICATED);
		counters[SIM_REORDERED] += emulator_count(way, EVTCP_CAUSE_IMPAIR_HELD_BACK);
		counters[SIM_DAMAGED] += emulator_count(way, EVTCP_CAUSE_IMPAIR_CORRUPTED) +
					 emulator_count(way, EVTCP_CAUSE_IMPAIR_TRUNCATED);
	}
	counters[SIM_TOO_BIG] += world->too_big;
	for (unsigned i = 0; i < world->scenario->n_dialogues; i++) {
		const struct app *a = &world->dialogues[i].ends[0], *b = a->other;

		counters[SIM_CONNECTIONS] += a->existed && b->existed;
		counters[SIM_CONNECTIONS_WHOLE] += a->existed && b->existed && a->eof && b->eof &&
						   a->delivered == b->written &&
						   b->delivered == a->written;
		counters[SIM_CONNECTIONS_FAILED] += a->error || b->error;
		world_count_waits(world, &world->dialogues[i]);
		world_count_app(counters, a);
		world_count_app(counters, b);
	}
	world_count_reach(world);
	counters[SIM_RUNS]++;
	counters[SIM_RUNS_IPV6] += world->scenario->hosts[0].ipv6;
	counters[SIM_RUNS_IPV4] += !world->scenario->hosts[0].ipv6;
	counters[SIM_STEPS] += world->steps;
	counters[SIM_PACKETS] += seen->packets;
	counters[SIM_PAYLOAD_BYTES] += seen->payload_bytes;
	counters[SIM_SEQUENCE_WRAPS] += seen->sequence_wraps;
	counters[SIM_SIMULTANEOUS_OPENS] += seen->simultaneous_opens;
	counters[SIM_ZERO_WINDOWS] += seen->zero_windows;
	counters[SIM_SACK_BLOCKS] += seen->sack_blocks;
	counters[SIM_DSACKS] += seen->dsacks;
	counters[SIM_MARKS_TOLD] += seen->marks_told;
	counters[SIM_RECENT_BLOCKS] += seen->recent_blocks;
	counters[SIM_MUDDLED] += seen->muddled;
	counters[SIM_EXCUSED_HANGS] += world->circumstances.excused_hangs;
	world_count_shortage(world);
}

void world_free(struct world *world)
{
	world->silenced = true;
	for (unsigned i = 0; i < 2; i++)
		world_unmake_host(world, i);
	if (world->libevent_memory.blocks)
		verdict_fail(&world->verdict, "%" PRIu64 " blocks of evbuffers leak",
			world->libevent_memory.blocks);
	else
		memory_adopt_libevent(NULL);
	world_count(world);
	for (unsigned i = 0; i < 2; i++)
		emulator_free(&world->ways[i]);
	witness_free(&world->witness);
	record_free(&world->record);
}
