/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_HEAP_H
#define EVTCPD_HEAP_H

/* The daemon's memory: what is freed is kept for who asks next for as much. A request takes and
 * gives back the same few sizes (pieces of buffers, an exchange), a connection likewise, and
 * in steady state none of them reaches the C library's allocator.
 *
 * Blocks are ones of malloc all the same, any may be given to free(), and each thread has lists
 * of its own. Built with a sanitizer that watches over memory it keeps nothing, so that what is
 * freed stays watched. */

#include <evtcp/types.h>

/* So much is kept in all, by each thread, in blocks of at most so many bytes. */
enum { HEAP_KEPT = 8 << 20, HEAP_BLOCK = 2048 };

/* heap_begin: libevent's memory is of this kind from here on. Before anything of libevent's
 * was allocated; once. */
void heap_begin(void);

/* heap_end: frees what the calling thread keeps. Blocks that are freed later are kept again. */
void heap_end(void);

/* heap_world: fills in the system's world, but with memory of this kind. */
void heap_world(struct evtcp_world *world);

#endif
