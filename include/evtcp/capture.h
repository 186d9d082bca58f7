/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCP_CAPTURE_H
#define EVTCP_CAPTURE_H

/* A pcapng file of what passed a link, with the stack's cause as the comment of
 * each packet. Two interfaces: "wire" for what went out or came in, "dropped"
 * for what a fault took away; each packet stands once. Of link type "BSD loopback": four octets
 * with its family in front of each, so that tcpdump can read both interfaces. */

#include <evtcp/link.h>
#include <evtcp/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

struct evtcp_capture;

/* evtcp_capture_new: writes to fd, owned from here on, the section header and
 * interface blocks at once. A regular file, also one opened with O_APPEND, or a pipe;
 * where it is a pipe the program must ignore SIGPIPE. world (copied) gives the clocks
 * and the memory, 128 KiB. NULL with errno ENOMEM or that of the write; fd is then
 * still the caller's. */
struct evtcp_capture *evtcp_capture_new(int fd, const struct evtcp_world *world);

/* evtcp_capture_free: writes what is buffered and closes the file. A reader at the
 * other end of a pipe is waited for as long as he takes anything within a second. No
 * tap or link may have its observer any more. NULL is fine. */
void evtcp_capture_free(struct evtcp_capture *capture);

/* evtcp_capture_flush: writes what is buffered: call it when idle. Does not wait for
 * who reads a pipe: what that does not take stays in the buffer, and while the buffer
 * is full packets are left out. */
void evtcp_capture_flush(struct evtcp_capture *capture);

/* evtcp_capture_observer: the observer to give to taps and fault links. */
void evtcp_capture_observer(struct evtcp_capture *capture, struct evtcp_observer *observer);

/* evtcp_capture_sink: the sink to give to the stack, if what it decides is to stand in further
 * comments, on the packet that made it decide or the one that came of it: changes of congestion
 * windows and of the size of segments, with their numbers; TIME-WAITs whose ports are used again.
 * capture may be NULL, to see which kinds of events that are. */
void evtcp_capture_sink(struct evtcp_capture *capture, struct evtcp_sink *sink);

/* evtcp_capture_get_error: 0, or the errno of the write that failed (ENOSPC, EFBIG,
 * EPIPE, ...). The capture has stopped then for good and takes nothing more; the piece
 * of a packet that was written is cut off the end of its file, but nothing that was
 * there before or that somebody else appended; the program goes on. */
int evtcp_capture_get_error(const struct evtcp_capture *capture);

/* evtcp_capture_get_dropped: how many packets were left out, as the reader of a pipe
 * was too slow. The next packet that is in the capture says so, too, in a comment and as
 * its drop count. */
uint64_t evtcp_capture_get_dropped(const struct evtcp_capture *capture);

#ifdef __cplusplus
}
#endif

#endif
