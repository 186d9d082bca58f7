/* SPDX-License-Identifier: BSD-3-Clause */

/* The goodput grid: how much of what a bad link could carry arrives, in virtual time.
 *
 *     goodput                                   the whole grid
 *     goodput RATE_MBIT                         its rows of this rate
 *     goodput RATE_MBIT RTT_MS LOSS REORDER     one cell; chances in percent
 *     options before that: --cc NAME, --seconds N, --trace (what recovery does)
 *
 * A server sends to a client as fast as TCP lets it, from one stack to another, over the
 * link emulator. The queue before the rate holds what the path holds (one bandwidth-delay
 * product, at least 30 packets). Prints for each congestion control goodput in percent of
 * the payload that the rate could carry since the first byte could arrive, and how much of
 * what was sent the client had already. Same arguments, same figures. Uses public headers
 * only. */

#include <event2/buffer.h>
#include <event2/event.h>
#include <evtcp/evtcp.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GRID_MTU = 1500, GRID_PAYLOAD = 1448, GRID_PORT = 80, GRID_CHUNK = 1 << 16 };

static const uint64_t grid_second_us = 1000000;

struct cell {
	double rate_mbit, rtt_ms, loss, reorder;
};

struct figures {
	double goodput;  /* percent of what the link could carry */
	double spurious; /* segments that came for nothing, percent of all that came */
	uint64_t timeouts, undone;
};

/* ---- a cable: what one end sends waits until it is carried to the other ------------------- */

struct parcel {
	struct parcel *next;
	size_t len;
	uint8_t bytes[];
};

struct cable_end {
	struct evtcp_link *link;
	struct parcel *first, **last;
};

static int cable_output(void *ctx, const struct evtcp_packet *packet)
{
	struct cable_end *end = ctx;
	struct parcel *parcel = malloc(sizeof(*parcel) + packet->len);
	size_t at = 0;

	if (parcel == NULL)
		abort();
	parcel->next = NULL;
	parcel->len = packet->len;
	for (int i = 0; i < packet->iovcnt; i++) {
		memcpy(parcel->bytes + at, packet->iov[i].iov_base, packet->iov[i].iov_len);
		at += packet->iov[i].iov_len;
	}
	*end->last = parcel;
	end->last = &parcel->next;
	return 0;
}

static struct evtcp_link *cable_end_open(struct cable_end *end)
{
	static const struct evtcp_link_ops ops = {.output = cable_output};

	end->first = NULL;
	end->last = &end->first;
	end->link = evtcp_link_new(&ops, end, GRID_MTU);
	return end->link;
}

/* Carries everything over; false if there was nothing. */
static bool cable_carry(struct cable_end *from, struct cable_end *to)
{
	struct parcel *parcel = from->first;

	if (parcel == NULL)
		return false;
	from->first = NULL;
	from->last = &from->first;
	while (parcel != NULL) {
		struct parcel *next = parcel->next;
		struct iovec iov = {parcel->bytes, parcel->len};
		struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1, .len = parcel->len};
		evtcp_link_input(to->link, &packet);
		free(parcel);
		parcel = next;
	}
	evtcp_link_batch_end(to->link);
	return true;
}

static void cable_end_drop(struct cable_end *end)
{
	while (end->first != NULL) {
		struct parcel *next = end->first->next;
		free(end->first);
		end->first = next;
	}
}

/* ---- a run ------------------------------------------------------------------------------------
 */

struct run {
	struct evtcp_world world;
	uint64_t now_us, dice;
	struct evtcp_stack *server, *client;
	struct cable_end server_end, client_end;
	struct evtcp_impair *impair;
	struct evtcp_conn *sender;
	uint64_t received, first_us;
};

static uint64_t run_now_us(void *arg)
{
	return ((struct run *)arg)->now_us;
}

static void run_random(void *arg, void *buf, size_t len)
{
	struct run *run = arg;
	uint8_t *bytes = buf;

	for (size_t i = 0; i < len; i++) {
		run->dice = run->dice * 6364136223846793005u + 1442695040888963407u;
		bytes[i] = (uint8_t)(run->dice >> 56);
	}
}

/* The server never runs dry. */
static void run_fill(struct evtcp_conn *conn, void *arg)
{
	static const char chunk[GRID_CHUNK];
	struct evbuffer *output = evtcp_conn_get_output(conn);

	(void)arg;
	while (evbuffer_get_length(output) < 4 * GRID_CHUNK)
		evbuffer_add_reference(output, chunk, sizeof(chunk), NULL, NULL);
}

static void run_accepted(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	struct run *run = arg;

	(void)listener;
	(void)peer;
	(void)peer_len;
	run->sender = conn;
	evtcp_conn_set_cb(conn, NULL, run_fill, NULL, run);
	evtcp_conn_enable(conn, EV_READ | EV_WRITE);
	run_fill(conn, run);
}

static void run_read(struct evtcp_conn *conn, void *arg)
{
	struct run *run = arg;
	struct evbuffer *input = evtcp_conn_get_input(conn);

	if (run->received == 0)
		run->first_us = run->now_us;
	run->received += evbuffer_get_length(input);
	evbuffer_drain(input, evbuffer_get_length(input));
}

static void need(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "goodput: %s\n", what);
	exit(1);
}

static struct sockaddr_in run_address(unsigned last, unsigned port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	sin.sin_addr.s_addr = htonl(0x0a000000 | last);
	return sin;
}

static struct evtcp_stack *run_stack(
	struct run *run, const char *cc, unsigned last, struct evtcp_link *link)
{
	struct evtcp_stack_config config;
	struct sockaddr_in address = run_address(last, 0);

	evtcp_stack_config_init(&config);
	config.world = &run->world;
	config.cc = cc;
	/* Windows are not what is measured here. */
	config.limits.receive_buffer = config.limits.send_buffer = 256 << 20;
	config.limits.buffer_bytes = config.limits.out_of_order_bytes = UINT64_C(4) << 30;
	config.limits.out_of_order = config.limits.records = 0;
	struct evtcp_stack *stack = evtcp_stack_new(NULL, &config);
	need(stack != NULL, "cannot make a stack");
	need(evtcp_stack_attach(stack, link) == 0, "cannot attach the link");
	need(evtcp_stack_add_address(stack, (struct sockaddr *)&address, sizeof(address), 24) == 0,
		"cannot add the address");
	return stack;
}

static struct evtcp_link *run_bad_link(struct run *run, const struct cell *cell)
{
	double packets = cell->rate_mbit * 1e6 / 8 * cell->rtt_ms / 1e3 / GRID_MTU;
	struct evtcp_impair_config config = {.world = &run->world};
	struct evtcp_impair_error error;
	char text[256];

	snprintf(text, sizeof(text),
		"delay=%.0fus,tx.rate=%.0fkbit,tx.queue=%.0f,tx.loss=%g%%,tx.reorder=%g%%/%.0fus,"
		"limit=512mb",
		cell->rtt_ms * 500, cell->rate_mbit * 1000, packets < 30 ? 30 : packets, cell->loss,
		cell->reorder, cell->rtt_ms * 250);
	if (evtcp_impair_parse(text, &config.spec, &error) < 0)
		need(false, error.text);
	return evtcp_impair_link_new(cable_end_open(&run->server_end), &config, &run->impair);
}

static void run_open(struct run *run, const struct cell *cell, const char *cc)
{
	struct sockaddr_in address = run_address(2, GRID_PORT);
	struct sockaddr *to = (struct sockaddr *)&address;

	memset(run, 0, sizeof(*run));
	run->now_us = 1000000;
	run->dice = 1;
	run->world = *evtcp_world_system();
	run->world.now_us = run->world.wall_us = run_now_us;
	run->world.random = run_random;
	run->world.arg = run;
	run->server = run_stack(run, cc, 2, run_bad_link(run, cell));
	run->client = run_stack(run, cc, 1, cable_end_open(&run->client_end));
	need(evtcp_listener_new(run->server, run_accepted, run, to, sizeof(address)) != NULL,
		"cannot listen");
	struct evtcp_conn *conn = evtcp_conn_connect(run->client, NULL, 0, to, sizeof(address));
	need(conn != NULL, "cannot connect");
	evtcp_conn_set_cb(conn, run_read, NULL, NULL, run);
	evtcp_conn_enable(conn, EV_READ | EV_WRITE);
}

/* For --trace: what loss recovery and congestion control do. */
static void run_tell(void *arg, const struct evtcp_event *event)
{
	char text[EVTCP_EVENT_TEXT];

	printf("# %.6f %s\n", (double)(event->at_us - *(uint64_t *)arg) / 1e6,
		evtcp_event_format(event, text, sizeof(text)));
}

static void run_trace(struct run *run)
{
	static uint64_t began_us;
	struct evtcp_sink sink = {.event = run_tell,
		.kinds = 1u << EVTCP_EVENT_WINDOW | 1u << EVTCP_EVENT_TIMER,
		.arg = &began_us};

	began_us = run->now_us;
	evtcp_stack_set_sink(run->server, &sink);
}

static void run_close(struct run *run)
{
	evtcp_stack_free(run->server);
	evtcp_stack_free(run->client);
	cable_end_drop(&run->server_end);
	cable_end_drop(&run->client_end);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Everything that happens at this moment. */
static void run_settle(struct run *run)
{
	do {
		evtcp_stack_flush(run->client);
		evtcp_stack_flush(run->server);
		while (evtcp_impair_next_deadline(run->impair) <= run->now_us)
			evtcp_impair_run(run->impair);
	} while (cable_carry(&run->server_end, &run->client_end) |
		 cable_carry(&run->client_end, &run->server_end));
}

static void run_until(struct run *run, uint64_t end_us)
{
	run_settle(run);
	for (;;) {
		uint64_t next = earlier(evtcp_stack_next_deadline(run->client),
			earlier(evtcp_stack_next_deadline(run->server),
				evtcp_impair_next_deadline(run->impair)));
		if (next > end_us)
			break;
		if (next > run->now_us)
			run->now_us = next;
		evtcp_stack_run_timers(run->client);
		evtcp_stack_run_timers(run->server);
		run_settle(run);
	}
	run->now_us = end_us;
}

static bool grid_trace;

static struct figures run_cell(const struct cell *cell, const char *cc, double seconds)
{
	static struct run run;
	struct figures figures;
	uint64_t length_us = (uint64_t)(seconds * (double)grid_second_us);

	run_open(&run, cell, cc);
	if (grid_trace)
		run_trace(&run);
	run_until(&run, run.now_us + length_us);
	need(run.received > 0, "nothing arrived");
	double could = cell->rate_mbit * 1e6 / 8 * (double)(run.now_us - run.first_us) / 1e6 *
		       GRID_PAYLOAD / GRID_MTU;
	double came = (double)evtcp_stack_get_counter(run.client, EVTCP_CAUSE_ACCEPTED);
	double old = (double)evtcp_stack_get_counter(run.client, EVTCP_CAUSE_OLD_DUPLICATE);
	figures.goodput = 100 * (double)run.received / could;
	figures.spurious = 100 * old / (came + old);
	figures.timeouts = evtcp_stack_get_counter(run.server, EVTCP_CAUSE_RTO);
	figures.undone = evtcp_stack_get_counter(run.server, EVTCP_CAUSE_CC_UNDO);
	run_close(&run);
	return figures;
}

/* ---- the grid -------------------------------------------------------------------------------- */

static const char *const grid_algorithms[] = {"newreno", "cubic"};

enum { GRID_N_ALGORITHMS = sizeof(grid_algorithms) / sizeof(grid_algorithms[0]) };

static void grid_print_cell(const struct cell *cell, const char *only, double seconds)
{
	printf("%5g %4g %4g %3g", cell->rate_mbit, cell->rtt_ms, cell->loss, cell->reorder);
	for (int i = 0; i < GRID_N_ALGORITHMS; i++) {
		if (only != NULL && strcmp(only, grid_algorithms[i]) != 0)
			continue;
		struct figures f = run_cell(cell, grid_algorithms[i], seconds);
		printf("  %-7s %6.1f %6.2f %4llu %5llu", grid_algorithms[i], f.goodput, f.spurious,
			(unsigned long long)f.timeouts, (unsigned long long)f.undone);
	}
	printf("\n");
	fflush(stdout);
}

/* rate_mbit 0: all. */
static void grid_print(const char *only, double seconds, double rate_mbit)
{
	static const double rates[] = {10, 100, 1000}, rtts[] = {1, 20, 100, 300};
	static const double losses[] = {0, 0.1, 1, 3, 10}, reorders[] = {0, 1, 10};

	for (int rate = 0; rate < 3; rate++)
		for (int rtt = 0; rtt < 4; rtt++)
			for (int n = 0; n < 15; n++) {
				struct cell cell = {
					rates[rate], rtts[rtt], losses[n / 3], reorders[n % 3]};
				if (rate_mbit == 0 || rate_mbit == cell.rate_mbit)
					grid_print_cell(&cell, only, seconds);
			}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"cc", required_argument, NULL, 'c'},
		{"seconds", required_argument, NULL, 's'}, {"trace", no_argument, NULL, 't'}, {0}};
	const char *only = NULL;
	double seconds = 10;

	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c == 'c')
			only = optarg;
		else if (c == 's')
			seconds = atof(optarg);
		else if (c == 't')
			grid_trace = true;
		else
			return 2;
	}
	printf("# Mbit/s, RTT ms, loss %%, reordered %%; for each: goodput %%, for nothing %%, "
	       "RTOs, "
	       "undone\n");
	if (argc - optind == 4) {
		struct cell cell = {atof(argv[optind]), atof(argv[optind + 1]),
			atof(argv[optind + 2]), atof(argv[optind + 3])};
		grid_print_cell(&cell, only, seconds);
	} else {
		grid_print(only, seconds, argc - optind == 1 ? atof(argv[optind]) : 0);
	}
	return 0;
}
