/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_APP_H
#define SIM_APP_H

/* One application at one end of a connection: writes a stream in pieces, reads the
 * other's in pieces, pauses, and ends in one of several ways. What it sees it shows
 * to the oracle. */

#include "rng.h"
#include "verdict.h"

#include <evtcp/evtcp.h>
#include <stdbool.h>

enum app_ending {
	APP_CLOSES,        /* shuts down when all is written, frees after the other's end */
	APP_CLOSES_LAST,   /* shuts down only after the other has */
	APP_FREES_AT_ONCE, /* frees when all is written, whatever the other has to say */
	APP_FREES_EARLY,   /* frees after ending_after bytes, written and read together */
	APP_ABORTS         /* the same with a reset */
};

struct app_plan {
	uint64_t total;               /* bytes to write */
	uint32_t write_max;           /* bytes a piece, 1 to this */
	unsigned write_pause_percent; /* after a piece, for 0 to write_pause_us */
	uint64_t write_pause_us;
	uint32_t read_max;
	unsigned read_pause_percent;
	uint64_t read_pause_us;
	uint32_t output_max;     /* bytes it lets wait in the output buffer */
	bool by_socket_calls;    /* send and recv, not the evbuffers */
	bool by_reference;       /* adds memory of its own to the output buffer */
	bool gates;              /* while it pauses EV_READ, or EV_WRITE, is off */
	bool corks;              /* while it writes, and in every other pause of that */
	bool listens;            /* it wants to hear of trouble that ends nothing */
	bool works_in_callbacks; /* else it notes what is told and works later */
	enum app_ending ending;
	uint64_t ending_after;
	uint64_t hold_us;        /* between the last write and the shutdown */
	uint64_t linger_dead_us; /* keeps a failed connection that long */
	bool nodelay;
	uint64_t keepalive_us; /* idle time and interval; 0 is off */
	unsigned keepalive_probes;
	uint64_t user_timeout_us; /* 0 is off */
};

struct app;

/* Where it is when it acts: a callback of its connection, or none. */
enum app_place { APP_OUTSIDE, APP_IN_READ, APP_IN_WRITE, APP_IN_EVENT, APP_N_PLACES };

/* What it has done that not every application does. */
struct app_deeds {
	uint64_t writes_of_one;    /* byte */
	uint64_t writes_in_part;   /* send took less than it was given */
	uint64_t read_half_closed; /* bytes that came after its own end */
	uint64_t corked_pauses;
	uint64_t advisories; /* it was told */
};

/* What the oracle is asked. */
struct app_oracle {
	void (*error)(void *arg, const struct app *app, int error);
	void (*eof)(void *arg, const struct app *app, uint64_t unread);
	void (*wrong_byte)(void *arg, const struct app *app, uint64_t position);
	/* Bytes came, or their end, and since the last moment at which either application did or
	 * heard something, or had a pause to make, so much time has passed. */
	void (*waited)(void *arg, const struct app *app, uint64_t wait_us);
	void *arg;
};

struct app {
	/* set by who makes it */
	const struct app_plan *plan;
	char name[12];
	const uint64_t *time_us;
	struct verdict *verdict;
	struct app_oracle oracle;
	uint64_t own_key, other_key; /* of the streams */
	struct app *other;           /* at the other end */
	struct rng rng;
	/* its life */
	struct evtcp_conn *conn; /* NULL before it has one and after it has let go */
	bool existed;            /* it had one */
	bool connected, shut_down, eof;
	bool let_go;       /* freed or aborted */
	bool let_go_early; /* before both directions had ended */
	bool aborted;
	int error;
	uint64_t written, delivered;
	uint64_t write_at, read_at, end_at; /* it pauses until then */
	uint64_t wake_at;     /* when app_work is due; UINT64_MAX: only on a callback */
	uint64_t progress_at; /* when it last did or heard something, */
	uint64_t rests_until; /* and when the last pause that it wanted is over */
	uint64_t rto_us;      /* of its connection when the ends last did or heard something */
	uint64_t let_go_at;
	unsigned memory_failures; /* calls that failed for want of memory */
	uint64_t unacked_at_end;  /* bytes that waited when it let go */
	bool corked;
	enum app_place place, let_go_in;
	struct app_deeds deeds;
};

/* app_attach: the connection is the application's from here on; active: it called
 * connect. Sets callbacks and options. */
void app_attach(struct app *app, struct evtcp_conn *conn, bool active);

/* app_work: reads, writes, ends, as far as it is time. The stack must be flushed
 * afterwards. */
void app_work(struct app *app);

/* app_give_up: lets go of a connection about which nothing will ever be heard. */
void app_give_up(struct app *app);

/* app_is_done: it has had a connection and let go of it. */
bool app_is_done(const struct app *app);

#endif
