/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_HEAP_H
#define EVTCPD_HEAP_H

/* The daemon's memory: what is freed is kept for who asks next for as much. A request takes and
 * gives back the same few sizes (pieces of buffers, an exchange), a connection likewise, and
 * in steady state none of them reaches the C library's allocator.
 *
 * What is kept stays, so that of each size the process holds what it has needed at most at one
 * time, which limits bound, and for each thread some tens of kilobytes. Threads keep that many free
 * blocks of their own and share the others: one that was allocated by another thread may be freed
 * all the same, and as often as one likes. What a thread keeps is lost when it ends. Built with a
 * sanitizer that watches over memory it keeps nothing, so that what is freed stays watched. */

#include <evtcp/types.h>

/* Blocks of at most so many bytes are kept; larger ones are malloc's. */
enum { HEAP_BLOCK = 2048 };

/* heap_begin: libevent's memory is of this kind from here on. Before anything of libevent's
 * was allocated; once. */
void heap_begin(void);

/* heap_world: fills in the system's world, but with memory of this kind. */
void heap_world(struct evtcp_world *world);

#endif
