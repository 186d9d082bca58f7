/* SPDX-License-Identifier: BSD-3-Clause */
/* Keeps the connections that wait, for their next request or for their client to close,
 * longest first, and knows when there are too many in all. Input: connections that come,
 * change their phase and go; output: the server's timer is made to look at the one that
 * has to give way:
 *
 *   more than the limit are not closing     the one that is idle longest closes in order:
 *                                           a client that was about to send its next
 *                                           request may send it again (RFC 9112 9.3.1)
 *   a thirty-second more, closing or not    who is closing is reset, if its client has
 *                                           everything, and one that would close only now
 *                                           instead of that: a SYN waits for the room. The
 *                                           one that is at it longest is asked at once, each
 *                                           now and then
 *
 * So who ignores our end takes no room from others. A connection that is at work is never closed
 * for others: where nobody waits the stack refuses who comes, at its own limit. */
#include "http/crowd.h"

#include "http/connection.h"

/* ---- those who wait, longest first ------------------------------------------------- */

/* The queue for connections of this phase; NULL: there is none. */
static struct http_crowd_queue *crowd_queue(struct http_server *server, enum http_phase phase)
{
	if (phase == HTTP_PHASE_IDLE)
		return &server->idle;
	return phase == HTTP_PHASE_CLOSING ? &server->closing : NULL;
}

static void crowd_add(struct http_crowd_queue *queue, struct http_connection *conn)
{
	conn->earlier = queue->last;
	conn->later = NULL;
	if (queue->last)
		queue->last->later = conn;
	else
		queue->first = conn;
	queue->last = conn;
	queue->n++;
}

static void crowd_remove(struct http_crowd_queue *queue, struct http_connection *conn)
{
	if (conn->earlier)
		conn->earlier->later = conn->later;
	else
		queue->first = conn->later;
	if (conn->later)
		conn->later->earlier = conn->earlier;
	else
		queue->last = conn->earlier;
	queue->n--;
}

/* ---- too many ---------------------------------------------------------------------- */

/* Whether nobody has to give way, whatever the phases; mostly so. */
static int crowd_is_small(const struct http_server *server)
{
	uint64_t limit = server->config.limits.connections;

	return limit == 0 || server->counters.connections <= limit;
}

/* Whether those in this phase have to give way. */
static int crowd_is_too_large(const struct http_server *server, enum http_phase phase)
{
	uint64_t limit = server->config.limits.connections, n = server->counters.connections;

	if (crowd_is_small(server))
		return 0;
	if (phase == HTTP_PHASE_IDLE)
		return n - server->closing.n > limit;
	return phase == HTTP_PHASE_CLOSING && n > limit + limit / 32;
}

int http_crowd_must_go(const struct http_connection *conn)
{
	if (conn->phase == HTTP_PHASE_IDLE && conn != conn->server->idle.first)
		return 0;
	return crowd_is_too_large(conn->server, conn->phase);
}

void http_crowd_relieve(struct http_server *server)
{
	static const enum http_phase phases[] = {HTTP_PHASE_IDLE, HTTP_PHASE_CLOSING};

	if (crowd_is_small(server))
		return;
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		struct http_connection *first = crowd_queue(server, phases[i])->first;

		if (first && crowd_is_too_large(server, phases[i]))
			http_connection_touch(first);
	}
}

void http_crowd_move(struct http_connection *conn, enum http_phase to)
{
	struct http_crowd_queue *queue = crowd_queue(conn->server, to);

	http_crowd_leave(conn);
	if (queue)
		crowd_add(queue, conn);
	if (to == HTTP_PHASE_IDLE)
		http_crowd_relieve(conn->server);
}

void http_crowd_leave(struct http_connection *conn)
{
	struct http_crowd_queue *queue = crowd_queue(conn->server, conn->phase);

	if (queue)
		crowd_remove(queue, conn);
}
