/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_DEADLINES_H
#define HTTP_DEADLINES_H

/* Deadlines in order of time: a binary heap of entries that live in their owners.
 * One entry for each connection, always queued, so that ten thousand idle
 * connections cost a pointer each and no libevent timer. Owners are lazy: when
 * their deadline moves later they leave the entry alone, and look again when it
 * has come. */

#include <evtcp/types.h>

struct http_deadline {
	uint64_t at_us; /* UINT64_MAX: never */
	uint32_t slot;  /* place in the heap; its own business */
};

struct http_deadlines {
	struct http_deadline **heap;
	uint32_t len, size;
};

/* http_deadlines_init: an empty heap. http_deadlines_free: frees it, not the
 * entries. */
void http_deadlines_init(struct http_deadlines *deadlines);
void http_deadlines_free(struct http_deadlines *deadlines, const struct evtcp_world *world);

/* http_deadlines_add: queues an entry whose at_us is set. 0, or -1 with errno
 * ENOMEM. */
int http_deadlines_add(struct http_deadlines *deadlines, struct http_deadline *deadline,
	const struct evtcp_world *world);

/* http_deadlines_remove: takes a queued entry out. */
void http_deadlines_remove(struct http_deadlines *deadlines, struct http_deadline *deadline);

/* http_deadlines_move: gives a queued entry another time, earlier or later. */
void http_deadlines_move(
	struct http_deadlines *deadlines, struct http_deadline *deadline, uint64_t at_us);

/* http_deadlines_first: the earliest entry, NULL if there is none. */
struct http_deadline *http_deadlines_first(const struct http_deadlines *deadlines);

#endif
