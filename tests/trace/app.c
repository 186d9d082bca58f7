/* SPDX-License-Identifier: BSD-3-Clause */

/* The application's side.
 *
 * Input: the application's verbs, and callbacks of the stack. Output: calls of the
 * public API, and per flow a list of what was told, with the moment. */

#include "app.h"

#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <evtcp/conn.h>
#include <evtcp/listener.h>
#include <stdlib.h>
#include <string.h>

static struct sockaddr_storage app_address(const struct play *play, uint32_t address, uint16_t port)
{
	struct sockaddr_storage ss;

	packet_sockaddr(play->variant.ipv6, address, port, &ss);
	return ss;
}

/* ---- what the stack tells -------------------------------------------- */

const char *app_event_name(enum event_kind kind)
{
	static const char *const names[] = {"accepted", "connected", "eof", "advisory", "error"};

	return names[kind];
}

bool app_event_matters(const struct event *event)
{
	return event->kind >= EVENT_EOF;
}

void app_take_event(struct flow *flow)
{
	flow->n_events--;
	memmove(flow->events, flow->events + 1, flow->n_events * sizeof(flow->events[0]));
}

static void app_note(struct flow *flow, enum event_kind kind, int error)
{
	if (error)
		play_log(flow->play, "@%u       * %s %s", flow->number, app_event_name(kind),
			script_errno_name(error));
	else
		play_log(flow->play, "@%u       * %s", flow->number, app_event_name(kind));
	if (flow->n_events == FLOW_EVENTS) {
		play_fail(flow->play, "more events than anybody could have caused");
		return;
	}
	flow->events[flow->n_events++] =
		(struct event){.kind = kind, .error = error, .at_us = flow->play->world.now_us};
}

/* Takes len bytes off the input and compares them with the peer's stream. */
static bool app_consume(struct flow *flow, size_t len, bool altered)
{
	struct evbuffer *input = evtcp_conn_get_input(flow->conn);
	uint8_t *bytes = malloc(len + 1);
	bool same = bytes && evbuffer_remove(input, bytes, len) == (int)len;

	for (size_t i = 0; same && i < len; i++)
		same = bytes[i] ==
		       (wire_pattern(false, flow->read_at + (uint32_t)i) ^ (altered ? 0xff : 0));
	flow->read_at += (uint32_t)len;
	free(bytes);
	return same;
}

static void app_readable(struct evtcp_conn *conn, void *arg)
{
	struct flow *flow = arg;
	size_t len = evbuffer_get_length(evtcp_conn_get_input(conn));

	flow->readable = true;
	if (flow->autoread && !app_consume(flow, len, false))
		play_fail(flow->play, "the bytes read are not the peer's");
}

static void app_writable(struct evtcp_conn *conn, void *arg)
{
	struct flow *flow = arg;

	(void)conn;
	flow->writable = true;
}

static void app_event(struct evtcp_conn *conn, short what, void *arg)
{
	struct flow *flow = arg;

	if (what == BEV_EVENT_CONNECTED)
		app_note(flow, EVENT_CONNECTED, 0);
	else if (what == (BEV_EVENT_READING | BEV_EVENT_EOF))
		app_note(flow, EVENT_EOF, 0);
	else if (what & BEV_EVENT_ERROR)
		app_note(flow, EVENT_ERROR, evtcp_conn_get_error(conn));
	else
		play_fail(flow->play, "an event of unknown bits: 0x%x", (unsigned)what);
}

static void app_advisory(struct evtcp_conn *conn, enum evtcp_cause cause, int error, void *arg)
{
	struct flow *flow = arg;

	(void)conn;
	app_note(flow, EVENT_ADVISORY, error);
	if (flow->n_events > 0)
		flow->events[flow->n_events - 1].cause = cause;
}

/* The flow takes conn and starts counting bytes at 1. */
static void app_adopt(struct flow *flow, struct evtcp_conn *conn)
{
	flow->conn = conn;
	flow->write_at = flow->read_at = 1;
	flow->readable = flow->writable = false;
	evtcp_conn_set_cb(conn, app_readable, app_writable, app_event, flow);
	evtcp_conn_enable(conn, EV_READ | EV_WRITE);
}

static void app_accepted(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	struct play *play = arg;
	struct evtcp_endpoint remote = {0};
	unsigned number;

	(void)listener;
	evtcp_endpoint_from_sockaddr(&remote, peer, (socklen_t)peer_len);
	number = (unsigned)remote.port - WIRE_PEER_PORT;
	if (number == 0 || number >= SCRIPT_FLOWS || play->flows[number].conn) {
		play_fail(play, "a connection was accepted that nobody made");
		evtcp_conn_abort(conn);
		return;
	}
	app_note(&play->flows[number], EVENT_ACCEPTED, 0);
	if (play->on_accepted == ON_ACCEPTED_CLOSE)
		evtcp_conn_free(conn);
	else if (play->on_accepted == ON_ACCEPTED_ABORT)
		evtcp_conn_abort(conn);
	else
		app_adopt(&play->flows[number], conn);
}

/* ---- what the script asks for ---------------------------------------- */

int app_listen(struct play *play)
{
	struct sockaddr_storage any = app_address(play, INADDR_ANY, WIRE_PORT);
	struct evtcp_listener *listener = evtcp_listener_new(
		play->stack, app_accepted, play, (const struct sockaddr *)&any, sizeof(any));

	if (!listener)
		return -1;
	play->listener = listener;
	return 0;
}

int app_connect(struct play *play, struct flow *flow, uint32_t remote, bool any_port)
{
	struct sockaddr_storage from, to = app_address(play, remote, WIRE_PORT);
	struct evtcp_conn *conn;

	flow->local_port = any_port ? 0 : (uint16_t)(WIRE_OUR_PORT + flow->number);
	flow->remote_port = WIRE_PORT;
	flow->remote = remote;
	from = app_address(play, WIRE_US, flow->local_port);
	conn = evtcp_conn_connect(play->stack, any_port ? NULL : (const struct sockaddr *)&from,
		any_port ? 0 : sizeof(from), (const struct sockaddr *)&to, sizeof(to));
	if (!conn)
		return -1;
	app_adopt(flow, conn);
	return 0;
}

/* Compares what a call returned with what the line claims; where it says nothing,
 * with success: 0, or all the bytes. */
static bool app_result(struct play *play, int64_t result)
{
	const struct script_args *args = &play->line->args;
	int64_t wanted = args->has_result ? args->result : (int64_t)args->number[0];
	int error = errno;

	if (result != wanted)
		return play_fail(play, "the call returned %lld%s%s", (long long)result,
			result < 0 ? ", " : "", result < 0 ? script_errno_name(error) : "");
	if (result < 0 && error != args->error)
		return play_fail(play, "the call failed with %s", script_errno_name(error));
	return true;
}

static void app_pattern(struct flow *flow, uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = wire_pattern(true, flow->write_at + (uint32_t)i);
}

static bool app_write(struct flow *flow, size_t len)
{
	uint8_t *bytes = malloc(len + 1);
	bool fine = bytes != NULL;

	if (fine) {
		app_pattern(flow, bytes, len);
		fine = evbuffer_add(evtcp_conn_get_output(flow->conn), bytes, len) == 0;
		flow->write_at += (uint32_t)len;
	}
	free(bytes);
	return fine || play_fail(flow->play, "no memory to write");
}

static bool app_send(struct flow *flow, size_t len)
{
	uint8_t *bytes = malloc(len + 1);
	ssize_t sent;

	if (!bytes)
		return play_fail(flow->play, "no memory to send");
	app_pattern(flow, bytes, len);
	sent = evtcp_conn_send(flow->conn, bytes, len);
	free(bytes);
	if (sent > 0)
		flow->write_at += (uint32_t)sent;
	return app_result(flow->play, sent);
}

static bool app_read(struct flow *flow, const struct script_args *args)
{
	size_t there = evbuffer_get_length(evtcp_conn_get_input(flow->conn));
	size_t len = args->all ? there : args->number[0];

	if (len > there)
		return play_fail(flow->play, "%zu bytes are there to be read", there);
	return app_consume(flow, len, args->altered) ||
	       play_fail(flow->play, "the bytes read are not the peer's");
}

static bool app_recv(struct flow *flow, size_t len)
{
	uint8_t *bytes = malloc(len + 1);
	bool same = true;
	ssize_t got;

	if (!bytes)
		return play_fail(flow->play, "no memory to receive");
	got = evtcp_conn_recv(flow->conn, bytes, len);
	for (ssize_t i = 0; i < got; i++)
		same &= bytes[i] == wire_pattern(false, flow->read_at + (uint32_t)i);
	free(bytes);
	if (got > 0)
		flow->read_at += (uint32_t)got;
	return app_result(flow->play, got) &&
	       (same || play_fail(flow->play, "the bytes read are not the peer's"));
}

static void app_switch(struct flow *flow, enum script_verb verb, const struct script_args *args)
{
	short direction = args->word[0] == 'r' ? EV_READ : EV_WRITE;

	switch (verb) {
	case VERB_NODELAY:
		evtcp_conn_set_nodelay(flow->conn, args->on);
		break;
	case VERB_CORK:
		evtcp_conn_set_cork(flow->conn, args->on);
		break;
	case VERB_KEEPALIVE:
		evtcp_conn_set_keepalive(
			flow->conn, args->number[0], args->number[1], (unsigned)args->number[2]);
		break;
	case VERB_USER_TIMEOUT:
		evtcp_conn_set_user_timeout(flow->conn, args->number[0]);
		break;
	case VERB_ADVERTISE_USER_TIMEOUT:
		evtcp_conn_advertise_user_timeout(flow->conn, args->number[0]);
		break;
	case VERB_DSCP:
		evtcp_conn_set_dscp(flow->conn, (unsigned)args->number[0]);
		break;
	case VERB_TTL:
		evtcp_conn_set_ttl(flow->conn, (unsigned)args->number[0]);
		break;
	case VERB_ENABLE:
		evtcp_conn_enable(flow->conn, direction);
		break;
	case VERB_DISABLE:
		evtcp_conn_disable(flow->conn, direction);
		break;
	case VERB_ADVISORY:
		evtcp_conn_set_advisory_cb(flow->conn, args->on ? app_advisory : NULL);
		break;
	default:
		flow->autoread = args->on;
	}
}

/* Acts that end the application's hold on the connection, and half of them. */
static bool app_end(struct flow *flow, enum script_verb verb)
{
	struct evtcp_conn *conn = flow->conn;

	if (verb == VERB_SHUTDOWN) {
		evtcp_conn_shutdown(conn);
		return true;
	}
	flow->conn = NULL;
	flow->n_events = 0; /* nobody is left to be told */
	if (verb == VERB_CLOSE)
		evtcp_conn_free(conn);
	else
		evtcp_conn_abort(conn);
	return true;
}

static bool app_open(struct play *play, struct flow *flow)
{
	const struct script_args *args = &play->line->args;
	uint32_t remote = args->has_address ? args->address : WIRE_PEER;

	if (play->line->verb == VERB_LISTEN)
		return app_result(play, app_listen(play));
	if (flow->conn)
		return play_fail(play, "this flow has a connection already");
	return app_result(play, app_connect(play, flow, remote, args->any));
}

bool app_act(struct play *play, struct flow *flow)
{
	const struct script_args *args = &play->line->args;

	switch (play->line->verb) {
	case VERB_LISTEN:
	case VERB_CONNECT:
		return app_open(play, flow);
	case VERB_UNLISTEN:
		evtcp_listener_free(play->listener);
		play->listener = NULL;
		return true;
	default:
		break;
	}
	if (!flow->conn)
		return play_fail(play, "the application holds no connection here");
	switch (play->line->verb) {
	case VERB_WRITE:
		return app_write(flow, args->number[0]);
	case VERB_SEND:
		return app_send(flow, args->number[0]);
	case VERB_READ:
		return app_read(flow, args);
	case VERB_RECV:
		return app_recv(flow, args->number[0]);
	case VERB_SHUTDOWN:
	case VERB_CLOSE:
	case VERB_ABORT:
		return app_end(flow, play->line->verb);
	default:
		app_switch(flow, play->line->verb, args);
		return true;
	}
}
