/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCP_CAPTURE_H
#define EVTCP_CAPTURE_H

/* A pcapng file of what passed a link, with the stack's cause as the comment of
 * each packet. Two interfaces: "wire" for what went out or came in, "dropped"
 * for what a fault took away; each packet stands once. */

#include <evtcp/link.h>

#ifdef __cplusplus
extern "C" {
#endif

struct evtcp_capture;

/* evtcp_capture_new: writes to fd, owned from here on, the section header and
 * interface blocks at once. A file or a pipe; where it is a pipe the program must
 * ignore SIGPIPE. world (copied) gives the clocks and the memory, 128 KiB. NULL
 * with errno ENOMEM or that of the write; fd is then still the caller's. */
struct evtcp_capture *evtcp_capture_new(int fd, const struct evtcp_world *world);

/* evtcp_capture_free: writes what is buffered and closes the file. No tap or link
 * may have its observer any more. NULL is fine. */
void evtcp_capture_free(struct evtcp_capture *capture);

/* evtcp_capture_flush: writes what is buffered: call it when idle. */
void evtcp_capture_flush(struct evtcp_capture *capture);

/* evtcp_capture_observer: the observer to give to taps and fault links. */
void evtcp_capture_observer(struct evtcp_capture *capture, struct evtcp_observer *observer);

/* evtcp_capture_get_error: 0, or the errno of the write that failed (ENOSPC, EFBIG,
 * EPIPE, EAGAIN, ...). The capture has stopped then for good and takes nothing
 * more; its file was cut after the last whole packet; the program goes on. */
int evtcp_capture_get_error(const struct evtcp_capture *capture);

#ifdef __cplusplus
}
#endif

#endif
