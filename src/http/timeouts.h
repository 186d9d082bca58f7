/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_TIMEOUTS_H
#define HTTP_TIMEOUTS_H

/* When a client has been waited for long enough. Internal to the room. */

#include "http/state.h"

/* http_timeouts_next: the moment at which http_timeouts_run has something to look at;
 * UINT64_MAX if never. */
uint64_t http_timeouts_next(struct http_connection *conn);

/* http_timeouts_glance: of an idle connection of which the client has everything: the moment to
 * look again; 0 if it is none, or its time is over. Touches no buffer, so that it stays at rest. */
uint64_t http_timeouts_glance(struct http_connection *conn);

/* http_timeouts_run: applies every time limit that is reached, and calls the timer of
 * the exchange if it is due. */
void http_timeouts_run(struct http_connection *conn);

#endif
