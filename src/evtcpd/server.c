/* SPDX-License-Identifier: BSD-3-Clause */
/* From options and an open device to a stack that answers: the links are put on each
 * other, the stack gets its addresses, each port a listener, and what they accept
 * goes to the HTTP server.
 *
 *      stack ── tap (--pcap-stack) ── fault link (--fault) ── tap (--pcap, --ladder) ── TUN link
 *                                       or link emulator (--impair, --control)
 *
 * The fault link stands next to the stack, so that the tap sees what is on the wire;
 * what the fault link takes away it shows to the same watchers itself. The emulator shows
 * what a tap on the stack's side of it would see, and what it does; while it has nothing to do and
 * nobody to show anything to, it is as if it were not there. */

#include "evtcpd/server.h"
#include "evtcpd/access_log.h"
#include "evtcpd/address.h"
#include "evtcpd/pages.h"
#include "http/server.h"
#include "http/stream_conn.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define SERVER_TAG 64 /* bytes of a tag in x-evtcp-fault, with its terminator */

/* ---- links --------------------------------------------------------------------- */

static void server_on_tun_state(int up, void *arg)
{
	const struct server *server = (const struct server *)arg;
	const char *name = server->options->tun.name;

	if (up)
		log_write(server->log, LOG_NOTICE, "%s is up again", name);
	else
		log_write(server->log, LOG_WARNING,
			"%s was set down: no packets pass until it is up again "
			"(ip link set %s up)",
			name, name);
}

/* The link that shows packets to the watchers, if somebody is to see them, above lower;
 * lower itself if there is nothing to do, or NULL with errno. */
static struct evtcp_link *server_build_shown(struct server *server, struct server_parts *parts,
	struct evtcp_link *lower, const struct evtcp_observer *observer)
{
	char text[EVTCP_IMPAIR_TEXT];
	struct evtcp_impair_config config = {
		.base = parts->base,
		.observers = observer,
		.n_observers = 1,
	};
	struct evtcp_link *link;

	/* Who watches the live page sees what a fault script does. */
	if (!server->options->has_impair && server->options->control == NULL)
		return watchers_are_there(parts->watchers) || parts->script != NULL
			       ? evtcp_link_tap_new(lower, observer)
			       : lower;
	evtcp_impair_spec_init(&config.spec);
	if (server->options->has_impair) {
		config.spec = server->options->impair;
		log_write(server->log, LOG_INFO, "link emulator: %s",
			evtcp_impair_format(&config.spec, text, sizeof(text)));
	}
	link = evtcp_impair_link_new(lower, &config, &server->impair);
	if (link != NULL)
		server_set_watched(server, watchers_are_there(parts->watchers));
	return link;
}

void server_set_watched(struct server *server, int on)
{
	evtcp_impair_set_watched(server->impair, on);
}

/* The link that applies rules, if there are any or some may come, above lower; likewise. */
static struct evtcp_link *server_build_faults(struct server *server, struct server_parts *parts,
	struct evtcp_link *lower, const struct evtcp_observer *observer)
{
	struct evtcp_fault_config faults = {
		.script = parts->script,
		.world = server->world,
		.base = parts->base,
		.observers = observer,
		.n_observers = 1,
	};
	struct evtcp_link *link;

	if (parts->script == NULL && server->options->control == NULL)
		return lower;
	link = evtcp_fault_link_new(lower, &faults, &server->faults);
	if (link != NULL)
		parts->script = NULL;
	return link;
}

/* The link that shows what the stack itself sends and gets; likewise. */
static struct evtcp_link *server_build_above(struct server_parts *parts, struct evtcp_link *lower)
{
	struct evtcp_observer observer = watchers_stack_observer(parts->watchers);

	return parts->watchers->stack_capture != NULL ? evtcp_link_tap_new(lower, &observer)
						      : lower;
}

/* The link for the stack, or NULL with errno. */
static struct evtcp_link *server_build_links(struct server *server, struct server_parts *parts)
{
	struct evtcp_observer observer = watchers_observer(parts->watchers);
	struct evtcp_link *lower, *link;

	if (parts->tells_state)
		evtcp_tun_set_state_cb(parts->tun, server_on_tun_state, server);
	lower = evtcp_tun_link(parts->tun, parts->base, server->world);
	if (lower == NULL)
		return NULL;
	parts->tun = NULL;
	link = server_build_shown(server, parts, lower, &observer);
	if (link != NULL) {
		lower = link;
		link = server_build_faults(server, parts, lower, &observer);
	}
	if (link != NULL) {
		lower = link;
		link = server_build_above(parts, lower);
	}
	if (link == NULL)
		evtcp_link_free(lower);
	return link;
}

/* ---- stack ----------------------------------------------------------------------- */

static void server_on_link_failed(struct evtcp_stack *stack, int error, void *arg)
{
	struct server *server = (struct server *)arg;

	(void)stack;
	server->failed(error, server->failed_arg);
}

/* At its limit of connections the stack refuses who comes. So that it does not come to
 * that while there are idle ones, there is an order to it: an eighth of them is kept free
 * by the HTTP server, and orphans, whose clients ignore our end, take half of that. */
static struct evtcp_limits server_stack_limits(const struct server *server)
{
	struct evtcp_limits limits = server->limits->stack;
	uint32_t most = limits.connections >= 32 ? limits.connections / 16 : 1;

	if (limits.connections != 0 && (limits.orphans == 0 || limits.orphans > most))
		limits.orphans = most;
	return limits;
}

void server_renew_sink(struct server *server)
{
	struct evtcp_sink sink = watchers_sink(server->watchers);

	evtcp_stack_set_sink(server->stack, sink.kinds != 0 ? &sink : NULL);
}

/* The live page has begun or ceased to be watched. */
static void server_on_live(void *arg, const struct evtcp_sink *live)
{
	struct server *server = (struct server *)arg;

	watchers_set_live(server->watchers, live);
	server_renew_sink(server);
}

static int server_open_stack(
	struct server *server, struct server_parts *parts, struct program_failure *failure)
{
	const struct options *options = server->options;
	struct evtcp_stack_config config;
	struct evtcp_link *link = server_build_links(server, parts);

	evtcp_stack_config_init(&config);
	config.limits = server_stack_limits(server);
	config.world = server->world;
	config.cc = options->cc;
	config.tcp_options.ecn = options->ecn;
	config.tcp_options.accurate_ecn = options->accurate_ecn;
	config.msl_us = options->msl_us;
	config.rto_min_us = options->rto_min_us;
	config.rto_max_us = options->rto_max_us;
	config.advertised_user_timeout_us = options->user_timeout_us;
	server->stack = link != NULL ? evtcp_stack_new(parts->base, &config) : NULL;
	if (server->stack == NULL) {
		program_fail(failure, EXIT_STATUS_FAILED, "cannot create the stack: %s",
			strerror(errno));
		evtcp_link_free(link);
		return -1;
	}
	evtcp_stack_attach(server->stack, link);
	evtcp_stack_set_failed_cb(server->stack, server_on_link_failed, server);
	evtcp_stack_set_fetch_cb(server->stack, http_stream_conn_fetch);
	server_renew_sink(server);
	source_init(&server->live, server->stack, server_on_live, server);
	for (unsigned i = 0; i < options->tun.n_own; i++) {
		const struct evtcp_tun_address *own = &options->tun.own[i];

		if (evtcp_stack_add_address(server->stack, (const struct sockaddr *)&own->address,
			    sizeof(own->address), own->prefix_len) < 0)
			return program_fail(failure, EXIT_STATUS_FAILED,
				"the stack refuses one of its addresses: %s", strerror(errno));
	}
	return 0;
}

/* ---- listeners ------------------------------------------------------------------- */

static void server_on_accept(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	struct server *server = (struct server *)arg;
	struct http_stream *stream = http_stream_conn_new(conn, server->world);

	(void)listener;
	(void)peer;
	(void)peer_len;
	if (stream == NULL)
		evtcp_conn_abort(conn);
	else
		http_server_accept(server->http, stream, evtcp_stack_get_now(server->stack));
}

static int server_listen_at(
	struct server *server, const struct evtcp_endpoint *any, struct program_failure *failure)
{
	struct sockaddr_storage address;
	socklen_t len = evtcp_endpoint_to_sockaddr(any, &address);
	struct evtcp_listener *listener = evtcp_listener_new(
		server->stack, server_on_accept, server, (struct sockaddr *)&address, len);

	if (listener == NULL)
		return program_fail(failure, EXIT_STATUS_FAILED, "cannot listen on port %u: %s",
			any->port, strerror(errno));
	evtcp_listener_set_fast_open(listener, server->options->fast_open);
	evtcp_listener_let_rest(listener, 1); /* as http_stream_conn would have it later */
	server->listeners[server->n_listeners++] = listener;
	return 0;
}

/* On all addresses of both families: a listener has one. */
static int server_listen(struct server *server, uint16_t port, struct program_failure *failure)
{
	const struct evtcp_endpoint ipv4 = {.addr = {{[10] = 0xff, 0xff}}, .port = port};
	const struct evtcp_endpoint ipv6 = {.port = port};

	if (server_listen_at(server, &ipv4, failure) < 0)
		return -1;
	return server_listen_at(server, &ipv6, failure);
}

/* An eighth before the stack's limit idle connections begin to give way. How long to finish those
 * that are open when all ends is stop.c's to say, which tells how many were not. */
static struct http_limits server_http_limits(const struct limits *all)
{
	struct http_limits limits = all->http;
	uint64_t most = all->stack.connections;

	most -= most >= 8 ? most / 8 : most > 1;
	if (most != 0 && (limits.connections == 0 || limits.connections > most))
		limits.connections = most;
	limits.drain_us = 0;
	return limits;
}

/* What the fault script wants to be wrong about the reply to a request. */
static void server_on_request(struct evtcp_fault_reply *reply, const struct http_request *request,
	const struct http_stream *stream, void *arg)
{
	const struct server *server = (const struct server *)arg;
	struct http_text tag = http_request_field(request, "x-evtcp-fault");
	char tag_text[SERVER_TAG];
	struct evtcp_fault_request asked = {.path = request->path};
	struct http_stream_info info;
	struct evtcp_tuple tuple;

	if (tag.len > 0 && tag.len < sizeof(tag_text)) {
		memcpy(tag_text, tag.at, tag.len);
		tag_text[tag.len] = '\0';
		asked.tag = tag_text;
	}
	stream->ops->info(stream, &info);
	tuple = (struct evtcp_tuple){.local = info.local, .remote = info.peer};
	evtcp_fault_request(server->faults, &tuple, &asked, reply);
}

static int server_open_http(
	struct server *server, struct server_parts *parts, struct program_failure *failure)
{
	struct http_server_config config = {
		.world = server->world,
		.base = parts->base,
		.limits = server_http_limits(server->limits),
		.handler = pages_handle,
		.handler_arg = parts->host,
		.log = parts->access_log != NULL ? access_log_write : NULL,
		.log_arg = parts->access_log,
		.fault = server->faults != NULL ? server_on_request : NULL,
		.fault_arg = server,
	};

	server->http = http_server_new(&config);
	if (server->http == NULL)
		return program_fail(failure, EXIT_STATUS_FAILED,
			"cannot create the HTTP server: %s", strerror(errno));
	parts->host->stack = server->stack;
	parts->host->impair = server->impair;
	parts->host->faults = server->faults;
	parts->host->http = http_server_get_counters(server->http);
	parts->host->live = &server->live;
	return 0;
}

/* ---- the whole --------------------------------------------------------------------- */

int server_open(struct server *server, const struct options *options, struct server_parts *parts,
	struct program_failure *failure)
{
	memset(server, 0, sizeof(*server));
	server->limits = parts->limits;
	server->failed = parts->failed;
	server->failed_arg = parts->failed_arg;
	server->world = parts->world;
	server->options = options;
	server->watchers = parts->watchers;
	server->log = parts->watchers->log;
	if (server_open_stack(server, parts, failure) < 0)
		goto fail;
	if (server_open_http(server, parts, failure) < 0)
		goto fail;
	for (unsigned i = 0; i < options->n_ports; i++) {
		if (server_listen(server, options->ports[i], failure) < 0)
			goto fail;
	}
	return 0;
fail:
	server_close(server);
	return -1;
}

static void server_stop_listening(struct server *server)
{
	while (server->n_listeners > 0)
		evtcp_listener_free(server->listeners[--server->n_listeners]);
}

void server_drain(struct server *server)
{
	server_stop_listening(server);
	evtcp_stack_drain(server->stack);
	http_server_drain(server->http, NULL, NULL);
}

unsigned server_count_connections(const struct server *server)
{
	struct evtcp_stack_usage usage;

	evtcp_stack_get_usage(server->stack, &usage);
	return usage.connections;
}

/* What the link emulator has done in one direction. */
static void server_tell_impair(const struct server *server, enum evtcp_impair_direction direction)
{
	struct evtcp_impair_usage usage;
	char text[512];
	size_t len = 0;

	evtcp_impair_get_usage(server->impair, direction, &usage);
	if (usage.entered == 0 && !server->options->has_impair)
		return;
	for (int i = 0; i < EVTCP_N_CAUSES && len < sizeof(text); i++) {
		enum evtcp_cause cause = (enum evtcp_cause)i;
		uint64_t n = evtcp_impair_get_counter(server->impair, direction, cause);

		if (n != 0)
			len += (size_t)snprintf(text + len, sizeof(text) - len, ", %s %" PRIu64,
				evtcp_cause_name(cause), n);
	}
	log_write(server->log, LOG_INFO,
		"link emulator, %s: entered %" PRIu64 ", delivered %" PRIu64 "%s",
		direction == EVTCP_IMPAIR_TX ? "tx" : "rx", usage.entered, usage.delivered,
		len != 0 ? text : "");
}

unsigned server_close(struct server *server)
{
	unsigned n = server->stack != NULL ? server_count_connections(server) : 0;

	server_stop_listening(server);
	http_server_free(server->http);
	source_end(&server->live);
	if (server->impair != NULL && server->stack != NULL) {
		server_tell_impair(server, EVTCP_IMPAIR_TX);
		server_tell_impair(server, EVTCP_IMPAIR_RX);
	}
	evtcp_stack_free(server->stack);
	memset(server, 0, sizeof(*server));
	return n;
}

/* What the limits allow at once, of all workers together. */
static void server_announce_memory(
	const struct options *options, const struct log *log, enum log_level level)
{
	struct http_limits http = server_http_limits(&options->limits);
	uint64_t of_stack = evtcp_stack_ceiling(&options->limits.stack);
	uint64_t of_http = http_server_ceiling(&http);

	if (of_stack > UINT64_MAX - of_http)
		log_write(log, level, "memory: no ceiling, for a limit is 0 (--limit help)");
	else
		log_write(log, level,
			"memory: at most %" PRIu64 " MiB by its limits (--limit help)",
			(of_stack + of_http) >> 20);
}

void server_announce(const struct options *options, const struct log *log)
{
	enum log_level level = options->command != NULL ? LOG_INFO : LOG_NOTICE;

	for (unsigned i = 0; i < options->tun.n_own; i++) {
		for (unsigned p = 0; p < options->n_ports; p++) {
			char address[ADDRESS_TEXT];

			log_write(log, level, "serving http://%s:%u/ on %s",
				address_format_url(&options->tun.own[i], address, sizeof(address)),
				options->ports[p], options->tun.name);
		}
	}
	server_announce_memory(options, log, level);
}
