/* SPDX-License-Identifier: BSD-3-Clause */
/* The time limits of a connection. Input: its phase, since when, and what the stream
 * says about acknowledged bytes; output: the next moment to look, and an end where a
 * limit is passed. A limit of 0 never ends anything.
 *
 * Nothing tells us when a client acknowledges, so while output waits it is sampled,
 * eight times in the span of the limit: a client that takes nothing is found between
 * 1 and 1 1/4 spans later. And over each span of the rate: it fails who took neither
 * all that waited at the start of the span, nor as much as the rate asks. So a reply
 * that is slow by itself (/drip) is not the client's fault. */
#include "http/timeouts.h"

#include "http/closing.h"
#include "http/faults.h"

#include <event2/buffer.h>

#define US_PER_SECOND 1000000u
#define SAMPLES 8
#define LAST_LOOK_US 250000 /* between looks whether a client has everything at last */

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The moment when `limit` has passed since `since`. */
static uint64_t timeouts_after(uint64_t since_us, uint64_t limit_us)
{
	return limit_us ? since_us + limit_us : UINT64_MAX;
}

static void timeouts_count(struct http_connection *conn, enum http_time_limit limit)
{
	conn->server->counters.timed_out[limit]++;
}

/* ---- sending ------------------------------------------------------------------ */

/* How often to look at what was acknowledged; 0: there is no limit on it. */
static uint64_t timeouts_sampling(const struct http_limits *limits)
{
	uint64_t idle = limits->send_idle_us / SAMPLES;
	uint64_t rate = limits->rate ? limits->rate_time_us / SAMPLES : 0;

	return idle && rate ? min(idle, rate) : idle + rate;
}

static void timeouts_watch(struct http_connection *conn)
{
	uint64_t sampling = timeouts_sampling(&conn->server->config.limits);

	if (conn->progress.sample_at_us == 0 && sampling > 0)
		conn->progress.sample_at_us = conn->server->now_us + sampling;
}

static void timeouts_mark(
	struct http_progress *progress, const struct http_stream_info *info, uint64_t now_us)
{
	progress->mark_at_us = now_us;
	progress->mark_acked = info->acked_bytes;
	progress->mark_pending = info->pending_bytes;
}

/* 1 when the client was too slow over a whole span. */
static int timeouts_too_slow(struct http_progress *progress, const struct http_stream_info *info,
	const struct http_limits *limits, uint64_t now_us)
{
	uint64_t taken = info->acked_bytes - progress->mark_acked;

	if (limits->rate == 0 || now_us - progress->mark_at_us < limits->rate_time_us)
		return 0;
	if (taken < progress->mark_pending &&
		taken < limits->rate * (limits->rate_time_us / US_PER_SECOND))
		return 1;
	timeouts_mark(progress, info, now_us);
	return 0;
}

/* Looks at what was acknowledged, if it is time to. 1 when the client was waited for
 * long enough. */
static int timeouts_stalled(struct http_connection *conn)
{
	const struct http_limits *limits = &conn->server->config.limits;
	struct http_progress *progress = &conn->progress;
	uint64_t now = conn->server->now_us;
	struct http_stream_info info;

	if (progress->sample_at_us == 0 || now < progress->sample_at_us)
		return 0;
	conn->stream->ops->info(conn->stream, &info);
	if (info.pending_bytes == 0) {
		*progress = (struct http_progress){0};
		return 0;
	}
	progress->sample_at_us = now + timeouts_sampling(limits);
	if (progress->mark_at_us == 0)
		timeouts_mark(progress, &info, now);
	if (progress->seen_at_us == 0 || info.acked_bytes != progress->seen_acked) {
		progress->seen_at_us = now;
		progress->seen_acked = info.acked_bytes;
	}
	if (now >= timeouts_after(progress->seen_at_us, limits->send_idle_us)) {
		timeouts_count(conn, HTTP_TIME_LIMIT_SEND_IDLE);
		return 1;
	}
	if (!timeouts_too_slow(progress, &info, limits, now))
		return 0;
	timeouts_count(conn, HTTP_TIME_LIMIT_RATE);
	return 1;
}

static int timeouts_has_pending(const struct http_connection *conn)
{
	uint64_t in, out;

	conn->stream->ops->waiting(conn->stream, &in, &out);
	return out > 0;
}

/* 1 while something that we sent waits to be acknowledged; then that is watched. */
static int timeouts_is_sending(struct http_connection *conn)
{
	if (!timeouts_has_pending(conn))
		return 0;
	timeouts_watch(conn);
	return 1;
}

/* ---- receiving ----------------------------------------------------------------- */

/* 1 while the client owes us a part of its body. */
static int timeouts_awaits_body(const struct http_exchange *x)
{
	return x->body.state != HTTP_BODY_DONE && !x->body_blocked && !x->expects;
}

static uint64_t timeouts_exchange_next(const struct http_exchange *x)
{
	const struct http_limits *limits = &x->connection->server->config.limits;
	uint64_t at = min(x->timer_at_us ? x->timer_at_us : UINT64_MAX, http_faults_next(x));

	if (!timeouts_awaits_body(x))
		return at;
	at = min(at, timeouts_after(x->body_at_us, limits->body_idle_us));
	return limits->rate ? min(at, x->rate_at_us + limits->rate_time_us) : at;
}

/* 1 when the body came too slowly over a whole span. */
static int timeouts_body_too_slow(
	struct http_exchange *x, const struct http_limits *limits, uint64_t now_us)
{
	uint64_t came = x->body.total - x->rate_total;

	if (limits->rate == 0 || now_us < x->rate_at_us + limits->rate_time_us)
		return 0;
	x->rate_at_us = now_us;
	x->rate_total = x->body.total;
	return came < limits->rate * (limits->rate_time_us / US_PER_SECOND);
}

static void timeouts_exchange(struct http_connection *conn)
{
	const struct http_limits *limits = &conn->server->config.limits;
	struct http_exchange *x = conn->exchange;
	uint64_t now = conn->server->now_us;

	http_faults_run(x, now);
	if (x->timer_at_us && now >= x->timer_at_us) {
		x->timer_at_us = 0;
		if (x->ops->timer && !x->ended)
			x->ops->timer(x, now);
	}
	if (!timeouts_awaits_body(x))
		return;
	if (now >= timeouts_after(x->body_at_us, limits->body_idle_us))
		timeouts_count(conn, HTTP_TIME_LIMIT_BODY_IDLE);
	else if (timeouts_body_too_slow(x, limits, now))
		timeouts_count(conn, HTTP_TIME_LIMIT_RATE);
	else
		return;
	http_closing_refuse(conn, HTTP_REFUSAL_BODY_SLOW);
}

/* ---- all of them ----------------------------------------------------------------- */

/* When the phase itself is due; UINT64_MAX: never. */
static uint64_t timeouts_phase_next(const struct http_connection *conn)
{
	const struct http_limits *limits = &conn->server->config.limits;

	switch (conn->phase) {
	case HTTP_PHASE_FRESH:
	case HTTP_PHASE_HEAD:
		return timeouts_after(conn->since_us, limits->header_time_us);
	case HTTP_PHASE_IDLE:
		return timeouts_after(conn->since_us, limits->keepalive_us);
	case HTTP_PHASE_CLOSING:
		return timeouts_after(conn->since_us, limits->linger_us);
	case HTTP_PHASE_EXCHANGE:
	case HTTP_PHASE_BLOCKED:
		break;
	}
	return UINT64_MAX;
}

/* Whether there is something to send, in phases that may do without buffers, too. */
static int timeouts_has_output(const struct http_connection *conn)
{
	if (conn->phase == HTTP_PHASE_FRESH)
		return 0;
	return conn->phase == HTTP_PHASE_CLOSING ? timeouts_has_pending(conn)
						 : evbuffer_get_length(conn->stream->output) > 0;
}

uint64_t http_timeouts_next(struct http_connection *conn)
{
	uint64_t at = timeouts_phase_next(conn);

	if (conn->phase == HTTP_PHASE_EXCHANGE)
		at = min(at, timeouts_exchange_next(conn->exchange));
	if (conn->phase == HTTP_PHASE_CLOSING)
		at = min(at, conn->server->now_us + LAST_LOOK_US);
	if (timeouts_has_output(conn))
		timeouts_watch(conn);
	return conn->progress.sample_at_us ? min(at, conn->progress.sample_at_us) : at;
}

uint64_t http_timeouts_glance(struct http_connection *conn)
{
	uint64_t at = timeouts_phase_next(conn);

	if (conn->phase != HTTP_PHASE_IDLE || conn->server->now_us >= at ||
		timeouts_has_pending(conn))
		return 0;
	conn->progress = (struct http_progress){0};
	return at;
}

void http_timeouts_run(struct http_connection *conn)
{
	uint64_t now = conn->server->now_us;

	if (timeouts_stalled(conn)) {
		http_closing_abort(conn);
		return;
	}
	if (conn->phase == HTTP_PHASE_EXCHANGE)
		timeouts_exchange(conn);
	if (now < timeouts_phase_next(conn))
		return;
	if (conn->phase == HTTP_PHASE_HEAD) {
		timeouts_count(conn, HTTP_TIME_LIMIT_HEADER_TIME);
		http_closing_refuse(conn, HTTP_REFUSAL_HEAD_SLOW);
	} else if (timeouts_is_sending(conn)) {
		conn->since_us = now; /* the clock starts when the client has everything */
	} else if (conn->phase == HTTP_PHASE_CLOSING) {
		timeouts_count(conn, HTTP_TIME_LIMIT_LINGER_TIME);
		conn->over = HTTP_OVER_FREE;
	} else {
		timeouts_count(conn, conn->phase == HTTP_PHASE_IDLE ? HTTP_TIME_LIMIT_KEEPALIVE
								    : HTTP_TIME_LIMIT_HEADER_TIME);
		http_closing_begin(conn);
	}
}
