/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_OUTPUT_H
#define EVTCPD_OUTPUT_H

/* Lines to whoever reads them, who may be slow, stopped or gone: serving never waits for
 * them. The log, the ladder and the access log write through one of these. What does
 * not go out waits, up to 1 MiB; then lines are dropped until half of that is free
 * again, and where they are missing stands how many there were. */

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct evbuffer;
struct event;
struct event_base;

/* Several threads may write to one descriptor, each by an output of its own. Then they take turns,
 * so that a line that is too long for one write(2) is whole all the same: whose turn it is, NULL
 * for nobody's; all zero at first. */
struct output_turn {
	_Atomic(struct output *) whose;
};

struct output {
	const char *mark, *end; /* what the line about dropped lines begins and ends with */
	struct evbuffer
		*waiting;    /* whole lines, but for the rest of one that was cut; NULL: none */
	struct event *timer; /* NULL without a base */
	uint64_t dropped;    /* lines since the last that was kept */
	struct output_turn *turn; /* NULL: nobody else writes there */
	int fd;
	size_t cut; /* bytes of a line that are written, and its rest is not */
	int error;  /* errno of the last write if that failed, 0 if not */
};

/* output_open: path for writing, emptied, with further flags of open(2); '-' is stdout. A descriptor
 * of the caller's own, or -1 with errno. */
int output_open(const char *path, int flags);

/* output_init: writes to fd, which stays the caller's, as does mark; cannot fail. */
void output_init(struct output *output, int fd, const char *mark);

/* output_share: other outputs with the same turn, which stays the caller's, write to the same
 * descriptor. Who does not get a turn tries again soon. Before any line. */
void output_share(struct output *output, struct output_turn *turn);

/* output_attach: from here on base's loop writes what waits, within 50 ms if it can.
 * 0, or -1 with errno ENOMEM. output_detach: no longer; before base is freed. */
int output_attach(struct output *output, struct event_base *base);
void output_detach(struct output *output);

/* output_add: one more line of len bytes; its newline is added here. It is kept, not
 * yet written, or dropped and counted, as it is without memory; NULL is a line that for
 * want of memory was not made. */
void output_add(struct output *output, const char *line, size_t len);

/* output_flush: writes what waits as far as it goes without waiting, whole lines in
 * each write(2) that the kernel does not mix with those of others (PIPE_BUF). After
 * an error the lines stay, and it is tried again. */
void output_flush(struct output *output);

/* output_flush_later: the same soon, so that lines are written together; at once when
 * there are many. Without a base that is all it does. */
void output_flush_later(struct output *output);

/* output_give_up: there is no writing there any more: what waits is dropped, and the piece of a
 * line that was cut is taken back from the end of a file. */
void output_give_up(struct output *output);

/* output_end: the last lines: waits for the reader as long as he takes anything within a
 * second, then gives up what is left. Detaches. More can be added and ended again. Of those that
 * share a turn, no other thread uses any by then; who is in the middle of a line ends first. */
void output_end(struct output *output);

#endif
