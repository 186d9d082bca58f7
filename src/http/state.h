/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_STATE_H
#define HTTP_STATE_H

/* What the room keeps: the server, its connections, and for each connection that
 * is busy the exchange at hand. Internal: handlers see http/exchange.h.
 *
 *   FRESH ──► HEAD ──► EXCHANGE ──► IDLE ──► HEAD ...      a phase leads only to
 *     │         │          │   └► BLOCKED ──► HEAD         the right, or to CLOSING
 *     └─────────┴──────────┴──► CLOSING ──► over
 *
 * A head that is whole when it is first looked at passes HEAD over.
 *
 * A connection is destroyed only when the call into it returns (http_connection_leave),
 * so that everything above it on the stack may go on looking at it. */

#include "http/body.h"
#include "http/deadlines.h"
#include "http/head.h"
#include "http/request_parse.h"
#include "http/response.h"
#include "http/server.h"

struct event;

enum http_phase {
	HTTP_PHASE_FRESH,    /* accepted; nothing has come */
	HTTP_PHASE_IDLE,     /* between two requests */
	HTTP_PHASE_HEAD,     /* a part of a head is there */
	HTTP_PHASE_EXCHANGE, /* a request is being answered */
	HTTP_PHASE_BLOCKED,  /* so many answers wait that no request is read */
	HTTP_PHASE_CLOSING   /* our end follows the output; what comes is dropped */
};

/* How a connection ends when the call into it returns. */
enum http_over { HTTP_OVER_NOT, HTTP_OVER_FREE, HTTP_OVER_ABORT };

/* Whether the client takes what we send; see http/timeouts.c. */
struct http_progress {
	uint64_t sample_at_us;           /* when to look next; 0: nothing is watched */
	uint64_t seen_at_us, seen_acked; /* the last change of what was acknowledged */
	uint64_t mark_at_us, mark_acked, mark_pending; /* start of the span for the rate */
};

struct http_connection {
	struct http_deadline deadline; /* first: the server's queue holds this */
	struct http_server *server;
	struct http_stream *stream;
	struct http_exchange *exchange;          /* in phase EXCHANGE, else NULL */
	struct http_connection *previous, *next; /* all of the server */
	struct http_connection *earlier, *later; /* in a queue of crowd.c */
	uint64_t since_us;                       /* when the phase began */
	struct http_progress progress;
	struct http_head head;
	uint32_t requests; /* handed to the handler */
	uint32_t waiting;  /* answers put into the output since it was empty */
	uint64_t lingered; /* bytes dropped in phase CLOSING */
	enum http_phase phase;
	enum http_over over;
	unsigned busy : 1; /* a call into it is under way */
	unsigned eof : 1;  /* the client sends no more */
	unsigned dead : 1; /* the stream is dead both ways */
};

/* What an access log wants to know of a request, in one allocation. */
struct http_kept {
	char *text; /* line, referer, agent, one behind the other; NULL without a log */
	uint32_t line_len, referer_len, agent_len;
	uint64_t wall_us;
};

struct http_exchange {
	struct http_connection *connection;
	const struct http_exchange_ops *ops; /* never NULL */
	uint64_t timer_at_us;                /* 0: none */
	/* the request's body */
	struct http_body body;
	uint64_t body_at_us;             /* when a byte of it came last, or could come again */
	uint64_t rate_at_us, rate_total; /* start of the span for the rate, and ->total then */
	/* the reply */
	enum http_framing framing;
	uint64_t reply_left;  /* bytes to come, where the length is known */
	uint64_t reply_bytes; /* of its body, so far */
	uint16_t status;
	unsigned minor : 1; /* of the request's version */
	unsigned is_head : 1;
	unsigned keep_alive : 1;   /* the connection goes on afterwards */
	unsigned expects : 1;      /* the client waits for 100 Continue or an answer */
	unsigned body_blocked : 1; /* the body is not read: the output is full */
	unsigned body_told : 1;    /* body_end was called */
	unsigned bodiless : 1;     /* what is written to the reply is dropped (HEAD, 204) */
	unsigned in_room : 1;      /* `room` is being called: what it adds is not written yet */
	unsigned end_asked : 1;    /* in there, it said that this was all */
	unsigned begun : 1, ended : 1, failed : 1; /* the reply */
	struct http_fault *fault; /* http/faults.h; NULL: nothing is wrong on purpose */
	struct http_kept kept;
	_Alignas(max_align_t) unsigned char state[HTTP_EXCHANGE_STATE];
};

/* Connections of one phase, in the order in which they entered it. */
struct http_crowd_queue {
	struct http_connection *first, *last; /* NULL, NULL: none */
	uint64_t n;
};

struct http_server {
	struct http_server_config config;
	struct http_deadlines deadlines;
	struct http_deadline drain_deadline; /* of the whole server */
	struct http_connection *connections;
	struct http_crowd_queue idle, closing; /* those in phase IDLE, in phase CLOSING */
	struct http_request request;           /* the one at hand; all share the storage */
	struct evbuffer *scratch;              /* data on its way between a handler and a buffer */
	struct event *event;                   /* NULL when driven by hand */
	uint64_t armed_at_us;                  /* when event fires; UINT64_MAX: it does not */
	uint64_t now_us;                       /* moment of the event at hand */
	uint64_t date_until_us;                /* when date is to be made anew, monotonic */
	char date[32];
	uint64_t date_s; /* what it says, since 1970 */
	struct http_server_counters counters;
	unsigned draining : 1;
	void (*drained)(void *arg);
	void *drained_arg;
};

/* http_server_date: the date for a response, at the moment of the event at hand. The clock on the
 * wall is read once a second: somebody who sets it is believed that late. http_server_wall: the
 * same in seconds since 1970. */
const char *http_server_date(struct http_server *server);
uint64_t http_server_wall(struct http_server *server);

/* http_server_count_status: a response with this status begins. */
void http_server_count_status(struct http_server *server, int status);

/* http_server_arm: sees to it that the event fires when the first deadline has come. */
void http_server_arm(struct http_server *server);

#endif
