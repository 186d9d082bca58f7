/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_REST_H
#define TCP_REST_H

/* Connections at rest. Of an established connection on which nothing is going on, only that must
 * be remembered which the next segment depends on: half of its block, of which most is zero and left
 * out, and no buffer. The block is given back when too many others are idle as well (limits.awake),
 * and there again when a segment comes, when the application does something, or for a keepalive
 * probe. The peer cannot tell: what is sent is the same, octet for octet and moment for moment,
 * which the simulator holds.
 *
 * Where there is no memory to wake a connection it stays at rest, what came is dropped, and the
 * peer will send it again. */

#include "util/deadline_queue.h"
#include "util/hash_table.h"
#include "util/list.h"
#include <evtcp/types.h>
#include <stdbool.h>

struct rest;
struct tcb;
struct tcp;

struct rest_table {
	struct hash_table by_tuple;
	struct deadline_queue deadlines; /* keepalive, of those that have it */
	uint64_t bytes;                  /* of all entries */
	struct list idle;                /* blocks that might rest, those longest idle first */
	uint32_t n_idle;
};

void rest_init(struct tcp *tcp);
void rest_free_all(struct tcp *tcp);

/* rest_consider: output has nothing more to send for it: if nothing is going on at all, it is the
 * youngest of the idle ones. rest_stay_awake: it is none of them. rest_next: the oldest, where
 * there are more than stay awake: the owner may call rest_put; NULL: there are not. */
void rest_consider(struct tcb *tcb, uint64_t now);
void rest_stay_awake(struct tcb *tcb);
struct tcb *rest_next(struct tcp *tcp, uint64_t now);

/* rest_is_due: there are more idle ones than stay awake. */
bool rest_is_due(const struct tcp *tcp);

/* rest_put: puts the connection to rest: its block goes, tcb.ref has the entry. False if something
 * is going on after all, or without memory: then it stays as it is. */
bool rest_put(struct tcb *tcb, uint64_t now);

/* rest_wake: the block again, the youngest of the idle ones until something is going on, and the
 * entry goes; NULL without memory, and it stays. */
struct tcb *rest_wake(struct tcp *tcp, struct rest *rest, uint64_t now);

/* rest_wake_all: all for whom there is memory. */
void rest_wake_all(struct tcp *tcp, uint64_t now);

/* rest_forget: the connection is gone, and the peer learns of it when it sends something. */
void rest_forget(struct tcp *tcp, struct rest *rest);

/* rest_find: the entry of this tuple, whose hash is that of demux_hash, or NULL. */
struct rest *rest_find(const struct tcp *tcp, const struct evtcp_tuple *tuple, uint64_t hash);

/* rest_fetch: asks memory for the entry that has this hash, if there is one (util/fetch.h). Returns
 * what the application holds of it, or NULL. */
const struct tcb_ref *rest_fetch(const struct tcp *tcp, uint64_t hash);

/* rest_show: fills in *tcb, which stands nowhere, has no buffers, and is only to be looked at. */
void rest_show(struct tcp *tcp, const struct rest *rest, struct tcb *tcb);

/* rest_foreach: calls fn with each of them, shown; fn may free what tcb.ref is a part of, and the
 * entry is then only good for rest_free_all. It stops when fn returns other
 * than 0, and returns that. */
int rest_foreach(struct tcp *tcp, int (*fn)(const struct tcb *tcb, void *arg), void *arg);

/* rest_run_timers: wakes those whose keepalive is due, and runs that; returns how many. */
unsigned rest_run_timers(struct tcp *tcp, uint64_t now, unsigned budget);

/* rest_check: asserts what holds for all entries; for tests. */
void rest_check(const struct tcp *tcp);

#endif
