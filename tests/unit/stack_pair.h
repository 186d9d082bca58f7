/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STACK_PAIR_H
#define STACK_PAIR_H

/* Two stacks on a cable, for tests of the runtime: a client at 10.0.0.1 and a
 * server at 10.0.0.2, one world with a clock that the test turns and memory that the
 * test can refuse, and an application that writes down what it hears. */

#include "link/memory.h"
#include <evtcp/evtcp.h>
#include <stdbool.h>
#include <stdint.h>

enum { PAIR_PORT = 80, PAIR_MTU = 1500 };

struct pair_host {
	struct evtcp_stack *stack;
	struct memory_link *link; /* where what the stack sent waits */
};

struct pair {
	struct evtcp_world world;
	uint64_t now_us, random;
	long live;             /* pieces of memory that were not freed */
	unsigned long allocs;  /* requests so far */
	unsigned long fail_at; /* this request fails, 1 is the first; 0: none */
	bool fail_on;          /* and all after it */
	struct pair_host client, server;
};

/* What an application hears, as words: "accepted", "connected", "read 5", "write",
 * "eof", "error 104". The callbacks below append to it. */
struct pair_app {
	struct evtcp_conn *conn; /* NULL after an act that freed it */
	struct pair *pair;
	char heard[512];
	char data[4096]; /* what it read, when it reads */
	size_t data_len;
	bool keep_unread; /* leaves its input alone */
	bool toggled;     /* for act */
	/* Runs after each word, if set. */
	void (*act)(struct pair_app *app, const char *word);
	struct pair_app *other; /* for act */
	struct evtcp_listener *listener;
};

/* pair_world: the world alone; pair_open: with both stacks driven by hand.
 * pair_close frees the stacks and asserts that nothing of the world's memory is
 * left. config may be NULL. */
void pair_world(struct pair *pair);
void pair_open(struct pair *pair, const struct evtcp_stack_config *config);
void pair_close(struct pair *pair);

/* pair_take_libevent_memory: from here on libevent asks the world of pair_of_libevent
 * for memory, the C library while that is NULL. Before libevent is used. */
extern struct pair *pair_of_libevent;
void pair_take_libevent_memory(void);

/* pair_host_open: one host at 10.0.0.`last`. -1 if anything was refused; what was
 * made then is freed. */
int pair_host_open(struct pair *pair, struct pair_host *host, unsigned last,
	const struct evtcp_stack_config *config);

/* pair_run: flushes and delivers until both are silent; no time passes. Invariants
 * are asserted at each step. pair_wait: the same for us microseconds, with timers. */
void pair_run(struct pair *pair);
void pair_wait(struct pair *pair, uint64_t us);

/* pair_lose: everything on the cable is lost. Returns how many packets. */
unsigned pair_lose(struct pair_host *host);

/* An address, 10.0.0.`last`:port. */
struct sockaddr_in pair_address(unsigned last, unsigned port);

/* pair_listen: server listens at PAIR_PORT, app gets the connection, enabled for
 * reading and writing. pair_connect: the client connects, likewise. */
struct evtcp_listener *pair_listen(struct pair *pair, struct pair_app *app);
struct evtcp_conn *pair_connect(struct pair *pair, struct pair_app *app);

/* pair_establish: both, and runs until they are connected; forgets what was heard. */
void pair_establish(struct pair *pair, struct pair_app *client, struct pair_app *server);

/* pair_heard: asserts what app has heard since the last time. */
#define pair_heard(app, words) pair_heard_at(app, words, __FILE__, __LINE__)
void pair_heard_at(struct pair_app *app, const char *words, const char *file, int line);

/* The callbacks of an app; arg is the app. */
void pair_app_accept(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg);
void pair_app_adopt(struct pair_app *app, struct evtcp_conn *conn);

/* pair_say: adds text to the output of app. */
void pair_say(struct pair_app *app, const char *text);

#endif
