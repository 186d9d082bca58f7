/* SPDX-License-Identifier: BSD-3-Clause */

/* An application that behaves as its plan says, with public calls only.
 *
 * In: callbacks of the connection, and the time. Out: bytes of its stream; each
 * byte that it reads is compared with the other's stream on the spot.
 *
 * It judges what can be judged from one end: the bytes, and that nothing is heard
 * after the end. Errors and ends of stream go to the oracle, who knows both ends. */

#include "app.h"

#include "stream.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>

enum { PIECE_MAX = 65536, PIECES_AT_ONCE = 16 };

/* After that time it tries again what failed for want of memory, so many times. */
#define MEMORY_PAUSE_US UINT64_C(20000)
enum { MEMORY_TRIES = 50 };

static uint64_t app_now(const struct app *app)
{
	return *app->time_us;
}

static void app_wake_at(struct app *app, uint64_t at)
{
	if (at < app->wake_at)
		app->wake_at = at;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* A timer that was set when it was longer still stands until something new is acknowledged. */
static void app_note_rto(struct app *app)
{
	struct evtcp_conn_info info;

	if (!app->conn)
		return;
	evtcp_conn_get_info(app->conn, &info);
	app->rto_us = later(info.rto_us, (7 * app->rto_us + info.rto_us) / 8);
}

static void app_moves(struct app *app)
{
	app->progress_at = app_now(app);
	app_note_rto(app);
	app_note_rto(app->other);
}

/* Of its own will it does nothing until then. */
static uint64_t app_rests(struct app *app, uint64_t until)
{
	app->rests_until = later(app->rests_until, until);
	return until;
}

/* How long nobody at either end has done anything, or wanted to do nothing. */
static uint64_t app_waited(const struct app *app)
{
	const struct app *other = app->other;
	uint64_t since = later(app->progress_at, other->progress_at);

	since = later(since, later(app->rests_until, other->rests_until));
	return since < app_now(app) ? app_now(app) - since : 0;
}

bool app_is_done(const struct app *app)
{
	return app->existed && !app->conn;
}

/* ---- the end ----------------------------------------------------------- */

static void app_let_go(struct app *app, bool abort)
{
	struct evtcp_conn *conn = app->conn;
	struct evtcp_conn_info info;

	evtcp_conn_get_info(conn, &info);
	app->unacked_at_end = (uint64_t)info.unsent_bytes + info.unacked_bytes;
	app->let_go_early = !app->error && (!app->shut_down || !app->eof || info.unread_bytes);
	app->let_go = true;
	app->aborted = abort;
	app->let_go_at = app_now(app);
	app->let_go_in = app->place;
	app->conn = NULL;
	app->wake_at = UINT64_MAX;
	app_moves(app);
	if (abort)
		evtcp_conn_abort(conn);
	else
		evtcp_conn_free(conn);
}

void app_give_up(struct app *app)
{
	app_let_go(app, true);
}

static void app_cork(struct app *app, bool on)
{
	if (!app->plan->corks || app->corked == on)
		return;
	app->corked = on;
	evtcp_conn_set_cork(app->conn, on);
}

static void app_shut_down(struct app *app)
{
	app->shut_down = true;
	app_moves(app);
	evtcp_conn_shutdown(app->conn);
}

static size_t app_unread(struct evtcp_conn *conn)
{
	struct evbuffer *input = evtcp_conn_get_input(conn);

	return input ? evbuffer_get_length(input) : 0;
}

/* When all is written: waits for what the plan wants to wait for, then closes. */
static void app_close_in_order(struct app *app)
{
	const struct app_plan *plan = app->plan;

	if (app->written < plan->total || !app->connected)
		return;
	if (!app->shut_down && (plan->ending != APP_CLOSES_LAST || app->eof)) {
		if (app->end_at == 0)
			app->end_at = app_rests(app, app_now(app) + plan->hold_us);
		if (app->end_at > app_now(app)) {
			app_wake_at(app, app->end_at);
			return;
		}
		app_shut_down(app);
	}
	if (app->shut_down && app->eof && app_unread(app->conn) == 0)
		app_let_go(app, false);
}

static void app_end(struct app *app)
{
	const struct app_plan *plan = app->plan;

	switch (plan->ending) {
	case APP_CLOSES:
	case APP_CLOSES_LAST:
		app_close_in_order(app);
		return;
	case APP_FREES_AT_ONCE:
		if (app->connected && app->written == plan->total)
			app_let_go(app, false);
		return;
	case APP_FREES_EARLY:
	case APP_ABORTS:
		if (app->written + app->delivered >= plan->ending_after)
			app_let_go(app, plan->ending == APP_ABORTS);
		else
			app_close_in_order(app);
		return;
	}
}

/* ---- writing ----------------------------------------------------------- */

static void app_release_reference(const void *data, size_t len, void *arg)
{
	(void)data;
	(void)len;
	free(arg);
}

/* Nothing was taken for want of memory: no callback will come of that. */
static size_t app_lacks_memory(struct app *app)
{
	app->memory_failures++;
	app_wake_at(app, app_now(app) + MEMORY_PAUSE_US);
	return 0;
}

static size_t app_add(struct app *app, const void *piece, size_t len)
{
	struct evbuffer *output = evtcp_conn_get_output(app->conn);

	if (!output) /* it was at rest */
		return app_lacks_memory(app);
	if (evbuffer_get_length(output) >= app->plan->output_max)
		return 0;
	if (app->plan->by_reference) {
		void *copy = malloc(len);

		stream_fill(app->own_key, app->written, copy, len);
		if (evbuffer_add_reference(output, copy, len, app_release_reference, copy) == 0)
			return len;
		free(copy);
		return app_lacks_memory(app);
	}
	return evbuffer_add(output, piece, len) == 0 ? len : app_lacks_memory(app);
}

static size_t app_send(struct app *app, const void *piece, size_t len)
{
	ssize_t sent = evtcp_conn_send(app->conn, piece, len);

	if (sent > 0) {
		app->deeds.writes_in_part += (size_t)sent < len;
		return (size_t)sent;
	}
	if (sent == 0)
		verdict_fail(app->verdict, "%s: send took nothing and did not say why", app->name);
	else if (errno == ENOMEM && evtcp_conn_get_error(app->conn) == 0)
		return app_lacks_memory(app);
	else if (errno != EAGAIN && errno != ENOTCONN && !app->error &&
		 evtcp_conn_get_error(app->conn) == 0)
		verdict_fail(app->verdict, "%s: send: errno %d", app->name, errno);
	return 0;
}

/* Writes one piece. False when nothing was taken. */
static bool app_write_piece(struct app *app)
{
	const struct app_plan *plan = app->plan;
	uint64_t left = plan->total - app->written;
	size_t len = rng_log_range(&app->rng, 1, plan->write_max), taken;
	uint8_t *piece;

	if (len > left)
		len = left;
	if (len > PIECE_MAX)
		len = PIECE_MAX;
	piece = malloc(len);
	stream_fill(app->own_key, app->written, piece, len);
	taken = plan->by_socket_calls ? app_send(app, piece, len) : app_add(app, piece, len);
	free(piece);
	app->written += taken;
	app->deeds.writes_of_one += taken == 1 && len == 1;
	if (taken)
		app_moves(app);
	if (taken && rng_percent(&app->rng, plan->write_pause_percent))
		app->write_at = app_rests(
			app, app_now(app) + rng_range(&app->rng, 0, plan->write_pause_us));
	return taken > 0;
}

static bool app_pauses_writing(const struct app *app)
{
	return app->write_at > app_now(app);
}

/* A pause of writing has begun, or is over. In every other one it stays corked: what waits
 * then leaves after an RTO (conn.h). */
static void app_mark_pause(struct app *app, bool begins)
{
	if (app->plan->gates)
		(begins ? evtcp_conn_disable : evtcp_conn_enable)(app->conn, EV_WRITE);
	if (!begins || app->write_at % 2 == 0)
		app_cork(app, !begins);
	app->deeds.corked_pauses += begins && app->corked;
}

static void app_write(struct app *app)
{
	if (app->written >= app->plan->total || app->shut_down)
		return;
	if (!app_pauses_writing(app))
		app_mark_pause(app, false);
	for (int i = 0; i < PIECES_AT_ONCE && !app_pauses_writing(app); i++) {
		if (!app_write_piece(app))
			return; /* the write callback will come */
		if (app->written >= app->plan->total) {
			app_cork(app, false);
			return;
		}
	}
	if (app_pauses_writing(app))
		app_mark_pause(app, true);
	app_wake_at(app, app_pauses_writing(app) ? app->write_at : app_now(app));
}

/* ---- reading ----------------------------------------------------------- */

static void app_sees_eof(struct app *app, uint64_t unread)
{
	if (app->eof)
		return;
	app->eof = true;
	app->oracle.waited(app->oracle.arg, app, app_waited(app));
	app_moves(app);
	app->oracle.eof(app->oracle.arg, app, unread);
}

/* Compares len bytes with the other's stream. */
static void app_checks(struct app *app, const uint8_t *bytes, size_t len)
{
	size_t same = stream_match(app->other_key, app->delivered, bytes, len);

	/* Also a byte that was never written, which looks like one that was. */
	if (same == len && app->delivered + len > app->other->written)
		same = app->other->written > app->delivered ? app->other->written - app->delivered
							    : 0;
	if (same != len)
		app->oracle.wrong_byte(app->oracle.arg, app, app->delivered + same);
	app->oracle.waited(app->oracle.arg, app, app_waited(app));
	app->delivered += len;
	app->deeds.read_half_closed += app->shut_down ? len : 0;
	app_moves(app);
}

/* One recv. False when there is nothing more. */
static bool app_receives(struct app *app, uint8_t *bytes, size_t len)
{
	ssize_t n = evtcp_conn_recv(app->conn, bytes, len);

	if (n > 0) {
		app_checks(app, bytes, (size_t)n);
		return true;
	}
	if (n == 0)
		app_sees_eof(app, 0);
	else if (errno != EAGAIN && errno != ENOTCONN && evtcp_conn_get_error(app->conn) == 0)
		verdict_fail(app->verdict, "%s: recv: errno %d", app->name, errno);
	return false;
}

static bool app_drains(struct app *app, uint8_t *bytes, size_t len)
{
	struct evbuffer *input = evtcp_conn_get_input(app->conn);
	int n = input ? evbuffer_remove(input, bytes, len) : 0;

	if (n <= 0)
		return false;
	app_checks(app, bytes, (size_t)n);
	return true;
}

static bool app_read_piece(struct app *app)
{
	const struct app_plan *plan = app->plan;
	size_t len = rng_log_range(&app->rng, 1, plan->read_max);
	uint8_t *bytes = malloc(len);
	bool more =
		plan->by_socket_calls ? app_receives(app, bytes, len) : app_drains(app, bytes, len);

	free(bytes);
	if (more && rng_percent(&app->rng, plan->read_pause_percent))
		app->read_at =
			app_rests(app, app_now(app) + rng_range(&app->rng, 0, plan->read_pause_us));
	return more;
}

static void app_read(struct app *app)
{
	if (app->read_at && app->read_at <= app_now(app)) {
		app->read_at = 0;
		if (app->plan->gates)
			evtcp_conn_enable(app->conn, EV_READ);
	}
	for (int i = 0; i < PIECES_AT_ONCE && app->read_at <= app_now(app); i++) {
		if (!app_read_piece(app))
			return; /* the read callback will come */
	}
	if (app->read_at > app_now(app) && app->plan->gates)
		evtcp_conn_disable(app->conn, EV_READ);
	app_wake_at(app, app->read_at > app_now(app) ? app->read_at : app_now(app));
}

/* ---- the whole ---------------------------------------------------------- */

void app_work(struct app *app)
{
	app->wake_at = UINT64_MAX;
	if (!app->conn)
		return;
	if (app->error) {
		if (app->end_at <= app_now(app))
			app_let_go(app, false);
		else
			app->wake_at = app->end_at;
		return;
	}
	app_write(app);
	app_read(app);
	if (app->memory_failures > MEMORY_TRIES)
		app_let_go(app, true);
	else
		app_end(app);
}

/* A callback came: may it have? */
static bool app_is_told(struct app *app, const struct evtcp_conn *conn, const char *what)
{
	if (app->let_go || conn != app->conn)
		verdict_fail(app->verdict, "%s: %s after it had let go", app->name, what);
	else if (app->error)
		verdict_fail(app->verdict, "%s: %s after an error", app->name, what);
	return !app->verdict->failed;
}

static void app_react(struct app *app, enum app_place place)
{
	if (!app->plan->works_in_callbacks) {
		app_wake_at(app, app_now(app));
		return;
	}
	app->place = place;
	app_work(app);
	app->place = APP_OUTSIDE;
}

static void app_on_read(struct evtcp_conn *conn, void *arg)
{
	struct app *app = arg;

	if (app_is_told(app, conn, "a read callback"))
		app_react(app, APP_IN_READ);
}

static void app_on_write(struct evtcp_conn *conn, void *arg)
{
	struct app *app = arg;

	if (app_is_told(app, conn, "a write callback"))
		app_react(app, APP_IN_WRITE);
}

static void app_on_advisory(struct evtcp_conn *conn, enum evtcp_cause cause, int error, void *arg)
{
	struct app *app = arg;

	if (!app_is_told(app, conn, "an advisory"))
		return;
	app->deeds.advisories++;
	if (error == 0 || (cause != EVTCP_CAUSE_ICMP_ERROR && cause != EVTCP_CAUSE_R1_REACHED))
		verdict_fail(app->verdict, "%s: an advisory of errno %d for %s", app->name, error,
			evtcp_cause_text(cause));
}

static void app_fails(struct app *app, int error)
{
	app->error = error ? error : EIO;
	app->end_at = app_now(app) + app->plan->linger_dead_us;
	app->oracle.error(app->oracle.arg, app, error);
}

static void app_on_event(struct evtcp_conn *conn, short what, void *arg)
{
	struct app *app = arg;

	if (!app_is_told(app, conn, "an event"))
		return;
	app_moves(app);
	if (what & BEV_EVENT_CONNECTED) {
		if (app->connected)
			verdict_fail(app->verdict, "%s: connected twice", app->name);
		app->connected = true;
	}
	if (what & BEV_EVENT_EOF)
		app_sees_eof(app, app_unread(conn));
	if (what & BEV_EVENT_ERROR)
		app_fails(app, evtcp_conn_get_error(conn));
	if (!(what & (BEV_EVENT_CONNECTED | BEV_EVENT_EOF | BEV_EVENT_ERROR)))
		verdict_fail(
			app->verdict, "%s: event 0x%x means nothing", app->name, (unsigned)what);
	app_react(app, APP_IN_EVENT);
}

void app_attach(struct app *app, struct evtcp_conn *conn, bool active)
{
	const struct app_plan *plan = app->plan;

	app->conn = conn;
	app->existed = true;
	app->connected = !active;
	app->wake_at = app_now(app);
	app_moves(app);
	evtcp_conn_set_cb(conn, app_on_read, app_on_write, app_on_event, app);
	if (plan->listens)
		evtcp_conn_set_advisory_cb(conn, app_on_advisory);
	evtcp_conn_enable(conn, EV_READ | EV_WRITE);
	evtcp_conn_set_nodelay(conn, plan->nodelay);
	evtcp_conn_let_rest(conn, 1);
	if (plan->keepalive_us)
		evtcp_conn_set_keepalive(
			conn, plan->keepalive_us, plan->keepalive_us, plan->keepalive_probes);
	if (plan->user_timeout_us)
		evtcp_conn_set_user_timeout(conn, plan->user_timeout_us);
}
