/* SPDX-License-Identifier: BSD-3-Clause */

/* What may end a connection, and what may keep it waiting.
 *
 * In: what an application was told, or that it was told nothing. Out: a verdict
 * when there is no good reason for it.
 *
 * The bytes themselves are compared by the applications, the packets by the
 * witness. The oracle knows no sequence numbers. */

#include "oracle.h"

#include <errno.h>
#include <inttypes.h>

static const struct app *oracle_other(const struct oracle_pair *pair, const struct app *app)
{
	return pair->ends[0] == app ? pair->ends[1] : pair->ends[0];
}

/* Whether one may give up, for it has sent the same again too often. */
static bool oracle_gives_up(const struct circumstances *now)
{
	if (now->told_timeouts && (now->losses > 0 || now->silence_us > 0 || now->leap_us > 0))
		return true;
	return now->losses + now->silent_retries >= now->losses_excused;
}

/* Whether app's connection may have ended without owner, before all was delivered. */
static bool oracle_orphan_ended(const struct circumstances *now, const struct app *app)
{
	return app->let_go && (*now->time_us + now->leap_us >= app->let_go_at + now->orphan_us ||
				      app->plan->user_timeout_us || oracle_gives_up(now));
}

/* Whether this end may be gone without the other having got a FIN. */
static bool oracle_is_gone(const struct circumstances *now, const struct app *app)
{
	/* To a server that sent a cookie, any segment but the one right behind the SYN is
	 * an ACK of nothing: when that one is lost or late, it resets. */
	if (now->cookies &&
		(now->losses > 0 || now->disorder || now->silence_us > 0 || now->leap_us > 0))
		return true;
	if (!app->existed)
		return now->losses > 0 || now->silence_us + now->leap_us >= now->syn_ack_us;
	return app->aborted || app->let_go_early || app->error || oracle_orphan_ended(now, app);
}

static bool oracle_anything_goes(const struct circumstances *now)
{
	return now->undefined || now->forgetful || now->shortage;
}

static bool oracle_may_time_out(const struct oracle_pair *pair, const struct app *app)
{
	const struct circumstances *now = pair->circumstances;

	if (now->dead || app->plan->user_timeout_us || oracle_gives_up(now))
		return true;
	if (app->plan->keepalive_us &&
		(now->losses > 0 || now->silence_us + now->leap_us >= app->plan->keepalive_us))
		return true;
	/* A SYN for a tuple that is in TIME-WAIT and that may not be reused. */
	return pair->reused && !app->connected;
}

static bool oracle_may_be_refused(const struct oracle_pair *pair, const struct app *app)
{
	const struct circumstances *now = pair->circumstances;

	if (app->connected)
		return false;
	return pair->refused || pair->simultaneous || oracle_gives_up(now);
}

void oracle_error(const struct oracle_pair *pair, const struct app *app, int error)
{
	const struct circumstances *now = pair->circumstances;
	const struct app *other = oracle_other(pair, app);
	bool excused = oracle_anything_goes(now);

	switch (error) {
	case ECONNRESET:
		excused = excused || oracle_is_gone(now, other);
		break;
	case ECONNREFUSED:
		excused = excused || oracle_may_be_refused(pair, app) ||
			  (now->libelled && app->connected && oracle_may_time_out(pair, app));
		break;
	case ETIMEDOUT:
		excused = excused || oracle_may_time_out(pair, app);
		break;
	case ENOMEM:
		excused = now->shortage;
		break;
	/* What ICMP has said of retransmissions in vain (RFC 9293 3.9.2.2, MUST-56). */
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ENOPROTOOPT:
	case EPROTO:
		excused = excused ||
			  (now->libelled && app->connected && oracle_may_time_out(pair, app));
		break;
	default:
		excused = false;
	}
	if (!excused)
		verdict_fail(now->verdict,
			"%s: errno %d (%s) without a reason, after %" PRIu64 " losses", app->name,
			error, error == ECONNRESET ? "reset" : "not reset", now->losses);
}

void oracle_eof(const struct oracle_pair *pair, const struct app *app, uint64_t unread)
{
	const struct circumstances *now = pair->circumstances;
	const struct app *other = oracle_other(pair, app);

	if (now->undefined)
		return;
	if (!other->shut_down && (!other->let_go || other->aborted))
		verdict_fail(
			now->verdict, "%s: end of stream, but the other has not closed", app->name);
	else if (app->delivered + unread != other->written)
		verdict_fail(now->verdict,
			"%s: end of stream after %" PRIu64 " bytes, %" PRIu64 " were written",
			app->name, app->delivered + unread, other->written);
}

void oracle_wrong_byte(const struct oracle_pair *pair, const struct app *app, uint64_t position)
{
	const struct circumstances *now = pair->circumstances;

	if (!now->undefined)
		verdict_fail(now->verdict,
			"%s: byte %" PRIu64 " of the stream is wrong (%" PRIu64 " were written)",
			app->name, position, oracle_other(pair, app)->written);
}

/* How long who waits for bytes may have waited; UINT64_MAX: nobody knows. For its sender's RTO,
 * the larger of now and then; each packet lost since then may have doubled it (RFC 6298 5.5; the
 * persist timer does the same), and all waits before one are together no longer than it. */
static uint64_t oracle_enough(const struct oracle_pair *pair, const struct app *writer)
{
	const struct circumstances *now = pair->circumstances;
	uint64_t losses = now->losses - pair->losses;
	struct evtcp_conn_info info;
	uint64_t rto;

	if (now->prompt_us) {
		bool brisk = now->brisk_us && writer->plan->nodelay && !writer->plan->corks;

		return brisk ? now->brisk_us : now->prompt_us;
	}
	if (!writer->conn || now->dead)
		return UINT64_MAX;
	evtcp_conn_get_info(writer->conn, &info);
	rto = info.rto_us > writer->rto_us ? info.rto_us : writer->rto_us;
	return losses < 20 && rto << losses < now->rto_max_us ? (rto << losses) * 2 + now->slack_us
							      : UINT64_MAX;
}

bool oracle_waited(const struct oracle_pair *pair, const struct app *app, uint64_t wait_us)
{
	const struct circumstances *now = pair->circumstances;
	uint64_t enough = oracle_enough(pair, oracle_other(pair, app));

	if (oracle_anything_goes(now) || enough == UINT64_MAX)
		return false;
	if (wait_us > enough)
		verdict_fail(now->verdict,
			"%s: waited for %" PRIu64 " us, where %" PRIu64 " are enough", app->name,
			wait_us, enough);
	return true;
}

bool oracle_excuses_hang(const struct oracle_pair *pair, const struct app *app)
{
	const struct circumstances *now = pair->circumstances;
	const struct app *other = oracle_other(pair, app);
	struct evtcp_conn_info info;
	bool waits_to_send;

	evtcp_conn_get_info(app->conn, &info);
	waits_to_send = info.unsent_bytes + info.unacked_bytes > 0 ||
			info.state == EVTCP_SYN_SENT || info.state == EVTCP_FIN_WAIT_1 ||
			info.state == EVTCP_CLOSING || info.state == EVTCP_LAST_ACK;
	if (now->undefined)
		return true;
	if (!waits_to_send && !app->plan->keepalive_us &&
		(now->dead || oracle_anything_goes(now) || oracle_is_gone(now, other)))
		return true;
	verdict_fail(now->verdict,
		"%s: waits for ever in %s: %" PRIu64 " of %" PRIu64 " bytes written, %" PRIu64
		" of %" PRIu64 " read; unsent %u, unacked %u, unread %u",
		app->name, evtcp_state_name(info.state), app->written, app->plan->total,
		app->delivered, other->plan->total, info.unsent_bytes, info.unacked_bytes,
		info.unread_bytes);
	return false;
}

bool oracle_is_quiet(const struct oracle_pair *pair)
{
	const struct circumstances *now = pair->circumstances;

	if (oracle_anything_goes(now) || now->heals_at_us >= *now->time_us ||
		*now->time_us - now->heals_at_us < now->quiet_us)
		return false;
	for (int i = 0; i < 2; i++) {
		const struct app *app = pair->ends[i];

		if (!app->conn || app->error || app->shut_down || app->plan->keepalive_us ||
			app->written < app->plan->total ||
			app->delivered < pair->ends[1 - i]->written ||
			app->progress_at + now->quiet_us > *now->time_us)
			return false;
	}
	return true;
}
