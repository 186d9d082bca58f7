/* SPDX-License-Identifier: BSD-3-Clause */
/* The loads of the micro-benchmark that are packets.
 *
 * In: the rig, its clients. Out: turns, and how much was done in each. */

#include "micro_loads.h"

#include "wire/tcp_header.h"

#include <stdlib.h>
#include <string.h>

#define LOADS_MS UINT64_C(1000000) /* nanoseconds */

enum {
	LOADS_MSS = RIG_MTU - 40 - 12,                      /* beside timestamps */
	LOADS_SUPER = (65535 - 52) / LOADS_MSS * LOADS_MSS, /* as many as one packet holds */
	LOADS_SUPERS = 16                                   /* of those in flight */
};

static const char loads_request[] = "GET / HTTP/1.1\r\n"
				    "Host: 10.0.0.1\r\n"
				    "\r\n";
static const char loads_large_request[] = "GET /bytes/1099511627776 HTTP/1.1\r\n"
					  "Host: 10.0.0.1\r\n"
					  "\r\n";
static const char loads_last_request[] = "GET / HTTP/1.0\r\n"
					 "Host: 10.0.0.1\r\n"
					 "User-Agent: ApacheBench/2.3\r\n"
					 "Accept: */*\r\n"
					 "\r\n";
/* As long as the HTTP server's. */
static const char loads_answer[] = "HTTP/1.1 200 OK\r\n"
				   "Date: Sun, 01 Nov 2026 00:00:00 GMT\r\n"
				   "Content-Type: text/plain; charset=utf-8\r\n"
				   "Content-Length: 13\r\n"
				   "\r\n"
				   "Hello World!\n";

void load_draw(struct load_run *run, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t left = run->options.connections - i;
		uint32_t from = i + (uint32_t)(rig_random(&run->seed) % left);
		uint32_t drawn = run->order[from];

		run->order[from] = run->order[i];
		run->order[i] = drawn;
	}
}

static uint64_t loads_turn(struct load_run *run)
{
	uint64_t ns = rig_turn(&run->rig);

	clients_hear(&run->clients);
	rig_wait(&run->rig, run->gap_ns);
	return ns;
}

/* Everybody is connected. Who has said nothing for long is a cold connection, and so is who has
 * been told nothing: that is what a crowd is made of. */
static void loads_open_crowd(struct load_run *run)
{
	clients_connect(&run->clients, 0, run->options.connections, LOADS_MS / 100);
}

/* ---- one flow --------------------------------------------------------------------------- */

static void loads_configure_flow(struct rig_config *config, const struct load_options *options)
{
	config->offload = options->offload;
	config->limits.receive_buffer = config->limits.receive_buffer_max;
}

/* Packets of many segments in a turn. */
static unsigned loads_supers(const struct load_run *run)
{
	return run->options.batch < LOADS_SUPERS ? run->options.batch : LOADS_SUPERS;
}

static uint64_t loads_upload(struct load_run *run, uint64_t *ns)
{
	static const char text[LOADS_SUPER];
	struct client_words words = {.flags = TCP_ACK, .text = text, .len = LOADS_MSS};
	unsigned n = run->options.batch;

	if (run->options.offload) {
		n = loads_supers(run);
		words.len = LOADS_SUPER;
		words.segment_len = LOADS_MSS;
	}
	for (unsigned i = 0; i < n; i++)
		clients_say(&run->clients, 0, &words);
	*ns = loads_turn(run);
	return n * (words.len / LOADS_MSS);
}

static void loads_configure_download(struct rig_config *config, const struct load_options *options)
{
	loads_configure_flow(config, options);
	config->app.pours = true;
}

/* As much in flight as makes one turn: the client's window is what limits it. Without offload
 * every second segment is acknowledged, as by Linux; with it, every packet. */
static uint64_t loads_download(struct load_run *run, uint64_t *ns)
{
	static const struct client_words ack = {.flags = TCP_ACK};
	struct clients *clients = &run->clients;
	uint32_t in_flight = run->options.batch * LOADS_MSS, end = clients->client[0].ack;
	uint32_t each = 2 * LOADS_MSS;

	if (run->options.offload) {
		in_flight = loads_supers(run) * LOADS_SUPER;
		each = LOADS_SUPER;
	}
	clients->window = (uint16_t)(in_flight >> 7);
	for (uint32_t left = (uint32_t)clients->octets;; left -= each) {
		clients->client[0].ack = left > each ? end - left + each : end;
		clients_say(clients, 0, &ack);
		if (left <= each)
			break;
	}
	clients->octets = clients->segments = 0;
	*ns = loads_turn(run);
	return clients->segments;
}

/* ---- requests ----------------------------------------------------------------------------- */

static void loads_configure_requests(struct rig_config *config, const struct load_options *options)
{
	config->offload = options->offload;
	config->app.answer = loads_answer;
}

static void loads_configure_http(struct rig_config *config, const struct load_options *options)
{
	config->offload = options->offload;
	config->app.http = true;
}

/* n clients, named by order, ask. */
static uint64_t loads_ask_of(struct load_run *run, const uint32_t *order, unsigned n)
{
	const struct client_words words = {.flags = TCP_ACK | TCP_PSH,
		.text = loads_request,
		.len = sizeof(loads_request) - 1};
	uint64_t ns;

	for (unsigned i = 0; i < n; i++)
		clients_say(&run->clients, order[i], &words);
	ns = loads_turn(run);
	for (unsigned i = 0; i < n; i++) {
		if (!run->clients.client[order[i]].answered)
			rig_die("a request is not answered");
	}
	return ns;
}

/* Each asks every ten milliseconds of the stack's clock, however many they are: so timers cost
 * the same share. And each has asked once before it counts: the first answer of a connection needs
 * memory that the others find. */
static void loads_open_requests(struct load_run *run)
{
	uint32_t n = run->options.connections;

	loads_open_crowd(run);
	run->gap_ns = 10 * LOADS_MS * run->options.batch / n;
	for (uint32_t i = 0; i < n; i += RIG_IN)
		loads_ask_of(run, run->order + i, n - i < RIG_IN ? n - i : RIG_IN);
}

static uint64_t loads_ask(struct load_run *run, uint64_t *ns)
{
	load_draw(run, run->options.batch);
	*ns = loads_ask_of(run, run->order, run->options.batch);
	return run->options.batch;
}

/* One flow that the HTTP server sends: what a turn does is loads_download's. */
static void loads_open_http_out(struct load_run *run)
{
	const struct client_words words = {.flags = TCP_ACK | TCP_PSH,
		.text = loads_large_request,
		.len = sizeof(loads_large_request) - 1};

	loads_open_crowd(run);
	clients_say(&run->clients, 0, &words);
	loads_turn(run);
}

/* ---- connections ---------------------------------------------------------------------------- */

static void loads_configure_connect(struct rig_config *config, const struct load_options *options)
{
	loads_configure_requests(config, options);
	config->app.closes = true;
}

static void loads_open_connect(struct load_run *run)
{
	run->gap_ns = LOADS_MS;
}

/* A turn of SYNs, one of requests behind the third segment of the handshake, which the server
 * answers and closes, and one of FINs: to each the same third of a connection is ascribed. */
static uint64_t loads_connect(struct load_run *run, uint64_t *ns)
{
	static const struct client_words stages[] = {
		{.flags = TCP_SYN},
		{.flags = TCP_ACK | TCP_PSH,
			.text = loads_last_request,
			.len = sizeof(loads_last_request) - 1},
		{.flags = TCP_ACK | TCP_FIN},
	};
	unsigned n = run->options.batch, last = sizeof(stages) / sizeof(stages[0]) - 1;

	for (unsigned i = 0; i < n; i++) {
		uint32_t client = (run->next + i) % run->options.connections;

		if (run->stage == last && !run->clients.client[client].ended)
			rig_die("the server does not close");
		clients_say(&run->clients, client, &stages[run->stage]);
	}
	*ns = loads_turn(run);
	if (run->stage++ < last)
		return 0;
	run->stage = 0;
	run->next = (run->next + n) % run->options.connections;
	return n;
}

/* ---- the table --------------------------------------------------------------------------------
 */

static const struct load loads_table[] = {
	{"in", "segment", "one flow comes in, and is read", {1, RIG_IN, false},
		loads_configure_flow, loads_open_crowd, NULL, loads_upload},
	{"out", "segment", "one flow goes out", {1, RIG_IN, false}, loads_configure_download,
		loads_open_crowd, NULL, loads_download},
	{"http-out", "segment", "the same, from the HTTP server, two packets at a time",
		{1, 2, true}, loads_configure_http, loads_open_http_out, NULL, loads_download},
	{"requests", "request", "small requests, answered by the application's callback",
		{64, RIG_IN, true}, loads_configure_requests, loads_open_requests, NULL, loads_ask},
	{"http", "request", "the same, answered by the HTTP server", {64, RIG_IN, true},
		loads_configure_http, loads_open_requests, NULL, loads_ask},
	{"connect", "connection", "SYN to TIME-WAIT, with a request in between",
		{60000, RIG_IN, true}, loads_configure_connect, loads_open_connect, NULL,
		loads_connect},
	{"http-connect", "connection", "the same, through the HTTP server", {60000, RIG_IN, true},
		loads_configure_http, loads_open_connect, NULL, loads_connect},
};

static const struct load *const loads_parts[] = {
	&load_timers, &load_timers_due, &load_lookup, &load_lookup_miss};

const struct load *load_at(unsigned index)
{
	const unsigned n = sizeof(loads_table) / sizeof(loads_table[0]);
	const unsigned n_parts = sizeof(loads_parts) / sizeof(loads_parts[0]);

	if (index < n)
		return &loads_table[index];
	return index - n < n_parts ? loads_parts[index - n] : NULL;
}

const struct load *load_find(const char *name)
{
	const struct load *load;

	for (unsigned i = 0; (load = load_at(i)) != NULL; i++) {
		if (strcmp(load->name, name) == 0)
			return load;
	}
	return NULL;
}

void load_open(struct load_run *run, const struct load *load, const struct load_options *options)
{
	struct rig_config config;

	*run = (struct load_run){.options = *options, .seed = 1, .gap_ns = LOADS_MS};
	run->order = malloc(options->connections * sizeof(run->order[0]));
	if (!run->order)
		rig_die("no memory for an order of %u", options->connections);
	for (uint32_t i = 0; i < options->connections; i++)
		run->order[i] = i;
	if (load->configure) {
		rig_config_init(&config);
		load->configure(&config, options);
		rig_open(&run->rig, &config);
		clients_init(&run->clients, &run->rig, options->connections);
		run->clients.checksums_left = options->offload;
	}
	load->open(run);
}

void load_close(struct load_run *run, const struct load *load)
{
	if (load->close)
		load->close(run);
	if (load->configure) {
		rig_close(&run->rig);
		clients_free(&run->clients);
	}
	free(run->order);
}
