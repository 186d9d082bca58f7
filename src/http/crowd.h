/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_CROWD_H
#define HTTP_CROWD_H

/* Which connection gives way when there are more than the limit `connections`: the one
 * that has waited longest. Internal to the room. */

#include "http/state.h"

/* http_crowd_move: conn is about to enter phase `to`. http_crowd_leave: it is about to
 * be destroyed. */
void http_crowd_move(struct http_connection *conn, enum http_phase to);
void http_crowd_leave(struct http_connection *conn);

/* http_crowd_relieve: one has come. Where there are too many, who has to give way shall
 * look at itself, from the server's timer; nothing is called back. */
void http_crowd_relieve(struct http_server *server);

/* http_crowd_must_go: 1 when conn, idle or closing, has to give way now. */
int http_crowd_must_go(const struct http_connection *conn);

#endif
