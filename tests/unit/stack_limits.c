/* SPDX-License-Identifier: BSD-3-Clause */

/* The limits of include/evtcp/limits.h, each at one below, at, and one above: ATTACKS.md
 * section 2. The server has the limit, the client asks for so many.
 *
 * A row for each field: how to ask, what is held then, and what is counted when it is too
 * much. A limit that is held by another test says by which. */

#include "evtcpd/limits_table.h"
#include "stack_pair.h"
#include "tcp/reass.h"

#include <event2/buffer.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#define SECOND UINT64_C(1000000)

enum { MOST = 6 };

struct rig {
	struct pair pair;
	struct pair_app clients[MOST];
	struct evtcp_conn *accepted[MOST];
	unsigned n_accepted;
	uint64_t limit; /* of the row */
};

static const char bytes[8192];

/* ---- asking ---------------------------------------------------------------- */

static void rig_accept(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	struct rig *rig = arg;

	(void)listener;
	(void)peer;
	(void)peer_len;
	rig->accepted[rig->n_accepted++] = conn;
}

static void rig_open(struct rig *rig, const struct evtcp_stack_config *config)
{
	struct sockaddr_in address = pair_address(2, PAIR_PORT);

	memset(rig, 0, sizeof(*rig));
	pair_world(&rig->pair);
	assert_int_equal(pair_host_open(&rig->pair, &rig->pair.client, 1, NULL), 0);
	assert_int_equal(pair_host_open(&rig->pair, &rig->pair.server, 2, config), 0);
	assert_non_null(evtcp_listener_new(rig->pair.server.stack, rig_accept, rig,
		(struct sockaddr *)&address, sizeof(address)));
}

static void rig_connect(struct rig *rig, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		assert_non_null(pair_connect(&rig->pair, &rig->clients[i]));
}

static void rig_establish(struct rig *rig, unsigned n)
{
	rig_connect(rig, n);
	pair_run(&rig->pair);
	assert_int_equal(rig->n_accepted, n);
}

/* What the client has to send goes into the server, which answers nothing yet. */
static void rig_deliver(struct rig *rig)
{
	evtcp_stack_flush(rig->pair.client.stack);
	memory_link_pump(rig->pair.client.link, rig->pair.server.link);
}

/* The first connection's client sends len bytes, which are lost or not. */
static void rig_send(struct rig *rig, size_t len, bool lost)
{
	struct evtcp_conn *conn = rig->clients[0].conn;

	evtcp_conn_set_nodelay(conn, 1);
	assert_int_equal(evbuffer_add(evtcp_conn_get_output(conn), bytes, len), 0);
	evtcp_stack_flush(rig->pair.client.stack);
	if (lost)
		assert_int_equal(pair_lose(&rig->pair.client), 1);
	else
		rig_deliver(rig);
}

/* Time passes for the server, which nobody hears any more. */
static void rig_wait_alone(struct rig *rig, uint64_t us)
{
	uint64_t end = rig->pair.now_us + us, next;

	evtcp_stack_flush(rig->pair.server.stack);
	while ((next = evtcp_stack_next_deadline(rig->pair.server.stack)) <= end) {
		rig->pair.now_us = next > rig->pair.now_us ? next : rig->pair.now_us;
		evtcp_stack_run_timers(rig->pair.server.stack);
		pair_lose(&rig->pair.server);
	}
	rig->pair.now_us = end;
}

static uint64_t rig_counter(const struct rig *rig, enum evtcp_cause cause)
{
	return evtcp_stack_get_counter(rig->pair.server.stack, cause);
}

static struct evtcp_stack_usage rig_usage(const struct rig *rig)
{
	struct evtcp_stack_usage usage;

	evtcp_stack_get_usage(rig->pair.server.stack, &usage);
	return usage;
}

/* For what is refused whole: n if it was taken, else as much as the limit allows. */
static uint64_t rig_all_or(const struct rig *rig, bool taken, uint64_t n)
{
	return taken ? n : rig->limit;
}

/* ---- how to ask for n, and what is held then --------------------------------- */

static uint64_t ask_connections(struct rig *rig, unsigned n)
{
	rig_connect(rig, n);
	pair_run(&rig->pair);
	return rig_usage(rig).connections;
}

static uint64_t ask_half_open(struct rig *rig, unsigned n)
{
	rig_connect(rig, n);
	rig_deliver(rig);
	return rig_usage(rig).half_open;
}

static uint64_t ask_accept_queue(struct rig *rig, unsigned n)
{
	rig_connect(rig, n);
	rig_deliver(rig);
	memory_link_pump(rig->pair.server.link, rig->pair.client.link);
	rig_deliver(rig);
	return rig->n_accepted;
}

/* The n-th is due after 1 + 2 + 4 + ... seconds. */
static uint64_t ask_syn_ack_retries(struct rig *rig, unsigned n)
{
	rig_connect(rig, 1);
	rig_deliver(rig);
	rig_wait_alone(rig, ((UINT64_C(1) << n) - 1) * SECOND);
	return rig_counter(rig, EVTCP_CAUSE_SYN_ACK_RETRANSMIT);
}

static uint64_t ask_time_wait(struct rig *rig, unsigned n)
{
	rig_establish(rig, n);
	for (unsigned i = 0; i < n; i++)
		evtcp_conn_free(rig->accepted[i]);
	pair_run(&rig->pair);
	for (unsigned i = 0; i < n; i++)
		evtcp_conn_free(rig->clients[i].conn);
	pair_run(&rig->pair);
	return rig_usage(rig).time_wait;
}

static uint64_t ask_fin_wait_2_seconds(struct rig *rig, unsigned n)
{
	rig_establish(rig, 1);
	evtcp_conn_free(rig->accepted[0]);
	pair_run(&rig->pair);
	rig_wait_alone(rig, n * SECOND);
	return rig_all_or(rig, rig_usage(rig).connections == 1, n);
}

static uint64_t ask_orphans(struct rig *rig, unsigned n)
{
	rig_establish(rig, n);
	for (unsigned i = 0; i < n; i++) {
		evbuffer_add(evtcp_conn_get_output(rig->accepted[i]), bytes, 100);
		evtcp_conn_free(rig->accepted[i]);
	}
	evtcp_stack_flush(rig->pair.server.stack); /* the block of one that was reset goes here */
	pair_lose(&rig->pair.server);
	return rig_usage(rig).orphans;
}

static uint64_t ask_orphan_seconds(struct rig *rig, unsigned n)
{
	ask_orphans(rig, 1);
	rig_wait_alone(rig, n * SECOND);
	return rig_all_or(rig, rig_usage(rig).connections == 1, n);
}

static uint64_t ask_receive_buffer(struct rig *rig, unsigned n)
{
	rig_establish(rig, 1);
	evbuffer_add(evtcp_conn_get_output(rig->clients[0].conn), bytes, n);
	pair_wait(&rig->pair, SECOND); /* the last piece is silly, and waits for a timer */
	return rig_usage(rig).receive_bytes;
}

static uint64_t ask_send_buffer(struct rig *rig, unsigned n)
{
	rig_establish(rig, 1);
	return (uint64_t)evtcp_conn_send(rig->accepted[0], bytes, n);
}

/* What the first range of a connection counts beside its bytes: the array begins with four. */
enum {
	FIRST_RANGE_COST = sizeof(struct reass) + 4 * sizeof(struct reass_range) + REASS_RANGE_COST
};

/* Single bytes, with gaps. */
static uint64_t ask_out_of_order(struct rig *rig, unsigned n)
{
	rig_establish(rig, 1);
	for (unsigned i = 0; i < n; i++) {
		rig_send(rig, 1, true);
		rig_send(rig, 1, false);
	}
	return rig_counter(rig, EVTCP_CAUSE_QUEUED_OUT_OF_ORDER);
}

static uint64_t ask_out_of_order_bytes(struct rig *rig, unsigned n)
{
	rig_establish(rig, 1);
	rig_send(rig, 1, true);
	rig_send(rig, n - FIRST_RANGE_COST, false);
	return rig_all_or(rig, rig_counter(rig, EVTCP_CAUSE_QUEUED_OUT_OF_ORDER) == 1, n);
}

static uint64_t ask_buffer_bytes(struct rig *rig, unsigned n)
{
	rig_establish(rig, 1);
	rig_send(rig, n, false);
	return rig_all_or(rig, rig_usage(rig).receive_bytes == n, n);
}

/* SYNs that are lost, all due at once. */
static uint64_t ask_batch_timers(struct rig *rig, unsigned n)
{
	struct evtcp_stack *stack = rig->pair.server.stack;
	struct sockaddr_in address = pair_address(1, PAIR_PORT);

	for (unsigned i = 0; i < n; i++)
		assert_non_null(evtcp_conn_connect(
			stack, NULL, 0, (struct sockaddr *)&address, sizeof(address)));
	evtcp_stack_flush(stack);
	assert_int_equal(pair_lose(&rig->pair.server), n);
	rig->pair.now_us = evtcp_stack_next_deadline(stack);
	evtcp_stack_run_timers(stack);
	return rig_counter(rig, EVTCP_CAUSE_SYN_RETRANSMIT);
}

/* ---- the table ------------------------------------------------------------------ */

#define ROW_ENUMERATOR(field, ...) ROW_##field,
enum { LIMITS_OF_STACK(ROW_ENUMERATOR) N_ROWS };

struct row {
	const char *name;
	size_t offset, size;
	unsigned limit;
	uint64_t (*ask)(struct rig *rig, unsigned n);
	enum evtcp_cause cause; /* counted when it is too much; NONE: nothing is */
	bool at;                /* a time: it is over when the limit is reached */
	const char *elsewhere;  /* the test that holds it, without ask */
};

#define ROW(field, limit, cause, at) \
	[ROW_##field] = {#field, offsetof(struct evtcp_limits, field), \
		sizeof(((struct evtcp_limits *)0)->field), limit, ask_##field, cause, at, NULL}
#define ELSEWHERE(field, test) [ROW_##field] = {#field, 0, 0, 0, NULL, 0, false, test}

// clang-format off
static const struct row rows[N_ROWS] = {
	ROW(connections, 3, EVTCP_CAUSE_CONNECTION_LIMIT, false),
	ROW(half_open, 3, EVTCP_CAUSE_SYN_BACKLOG, false),
	ELSEWHERE(fast_open_pending, "trace fast-open/pending-limit, unit stack_fast_open"),
	ROW(accept_queue, 3, EVTCP_CAUSE_ACCEPT_QUEUE, false),
	ROW(syn_ack_retries, 3, EVTCP_CAUSE_HALF_OPEN_TIMEOUT, false),
	ROW(time_wait, 3, EVTCP_CAUSE_TIME_WAIT_RECYCLED, false),
	ROW(fin_wait_2_seconds, 3, EVTCP_CAUSE_FIN_WAIT_2_TIMEOUT, true),
	ROW(orphans, 3, EVTCP_CAUSE_ORPHAN_LIMIT, false),
	ROW(orphan_seconds, 3, EVTCP_CAUSE_ORPHAN_TIMEOUT, true),
	ELSEWHERE(retries, "trace retransmit/r2, retransmit/r2-is-a-time-too"),
	ELSEWHERE(user_timeout_min, "trace user-timeout/at-least-the-lower-limit"),
	ELSEWHERE(user_timeout_max, "trace user-timeout/at-most-the-upper-limit"),
	ROW(receive_buffer, 3000, EVTCP_CAUSE_NONE, false),
	ELSEWHERE(receive_buffer_max, "trace window/receive-buffer-grows"),
	ROW(send_buffer, 3000, EVTCP_CAUSE_NONE, false),
	ELSEWHERE(send_buffer_max, "trace window/send-buffer-grows"),
	ELSEWHERE(quick_acks, "trace data/ack-quick-at-start"),
	ROW(out_of_order, 3, EVTCP_CAUSE_OUT_OF_ORDER_LIMIT, false),
	ROW(out_of_order_bytes, FIRST_RANGE_COST + 700, EVTCP_CAUSE_OUT_OF_ORDER_LIMIT, false),
	ROW(buffer_bytes, 1000, EVTCP_CAUSE_RECEIVE_BUFFER, false),
	ELSEWHERE(records, "unit tcp_records: at_the_limit_a_record_grows_instead"),
	ELSEWHERE(mss_floor, "trace handshake/mss-at-the-floor"),
	ELSEWHERE(fragment_bytes, "unit ip_reassembly"),
	ELSEWHERE(fragmented, "unit ip_reassembly"),
	ELSEWHERE(fragments, "unit ip_reassembly"),
	ELSEWHERE(path_mtus, "unit ip_path_mtu"),
	ELSEWHERE(path_mtu_floor, "unit ip_path_mtu"),
	ELSEWHERE(icmp_per_second, "unit ip_icmp_limit"),
	ELSEWHERE(challenge_ms, "trace reset/challenges-are-limited"),
	ROW(batch_timers, 3, EVTCP_CAUSE_NONE, false),
	ELSEWHERE(awake, "unit stack_rest"),
};
// clang-format on

static void set_limit(struct evtcp_limits *limits, const struct row *row)
{
	uint32_t narrow = row->limit;
	uint64_t wide = row->limit;

	memcpy((char *)limits + row->offset,
		row->size == sizeof(wide) ? (const void *)&wide : (const void *)&narrow, row->size);
}

static void try(const struct row *row, unsigned n)
{
	struct evtcp_stack_config config;
	struct rig rig;
	bool over = row->at ? n >= row->limit : n > row->limit;
	uint64_t held;

	evtcp_stack_config_init(&config);
	config.limits.receive_buffer_max = 0; /* a scaled window is told in whole units */
	config.limits.send_buffer_max = 0;
	set_limit(&config.limits, row);
	rig_open(&rig, &config);
	rig.limit = row->limit;
	held = row->ask(&rig, n);
	if (held != (n < row->limit ? n : row->limit))
		fail_msg("%s %u: of %u, %u are held", row->name, row->limit, n, (unsigned)held);
	if (row->cause != EVTCP_CAUSE_NONE && (rig_counter(&rig, row->cause) > 0) != over)
		fail_msg("%s %u: %u count as %s", row->name, row->limit, n,
			over ? "little" : "too many");
	evtcp_stack_check(rig.pair.server.stack);
	pair_close(&rig.pair);
}

static void every_limit_holds_at_one_below_at_and_one_above(void **state)
{
	(void)state;
	for (unsigned i = 0; i < N_ROWS; i++) {
		assert_non_null(rows[i].name); /* each field has a row */
		if (!rows[i].ask) {
			printf("%s: %s\n", rows[i].name, rows[i].elsewhere);
			continue;
		}
		for (unsigned n = rows[i].limit - 1; n <= rows[i].limit + 1; n++)
			try(&rows[i], n);
	}
}

/* ---- all of them together ------------------------------------------------------------- */

/* Each limit on memory moves the ceiling by at least what it is, and without it there is none. */
static void the_ceiling_is_the_sum_of_what_bounds_memory(void **state)
{
#define MEMORY(field, bytes) \
	{ \
		{.offset = offsetof(struct evtcp_limits, field), \
			.size = sizeof(((struct evtcp_limits *)0)->field)}, \
			bytes \
	}
	static const struct {
		struct row row;
		uint64_t least; /* bytes for each */
	} of_memory[] = {MEMORY(connections, 1300), MEMORY(half_open, 128), MEMORY(time_wait, 60),
		MEMORY(buffer_bytes, 1), MEMORY(out_of_order_bytes, 2), MEMORY(fragment_bytes, 1),
		MEMORY(path_mtus, 32)};
#undef MEMORY
	struct evtcp_stack_config config;
	uint64_t ceiling;

	(void)state;
	evtcp_stack_config_init(&config);
	ceiling = evtcp_stack_ceiling(&config.limits);
	assert_in_range(ceiling, config.limits.buffer_bytes, 2 * config.limits.buffer_bytes);
	for (size_t i = 0; i < sizeof(of_memory) / sizeof(of_memory[0]); i++) {
		struct row row = of_memory[i].row;
		struct evtcp_limits limits = config.limits;

		set_limit(&limits, &row);
		assert_true(evtcp_stack_ceiling(&limits) == UINT64_MAX);
		row.limit = 1u << 30;
		set_limit(&limits, &row);
		assert_true(evtcp_stack_ceiling(&limits) - ceiling >=
			    (UINT64_C(1) << 29) * of_memory[i].least);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_limit_holds_at_one_below_at_and_one_above),
		cmocka_unit_test(the_ceiling_is_the_sum_of_what_bounds_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
