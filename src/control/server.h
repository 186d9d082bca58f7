/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONTROL_SERVER_H
#define CONTROL_SERVER_H

/* Serves a control socket from an event loop: takes clients, a few at a time, gets a line from
 * each, hands it to a function, and sends back what that says. What a line means is not known
 * here; the form of answers is (README.md). */

#include <stddef.h>

struct control_call;
struct control_server;
struct evbuffer;
struct event_base;

/* Gets one request: line, without its newline, is good during the call. call is to be ended once,
 * now or later, from the loop. */
typedef void (*control_request_cb)(struct control_call *call, const char *line, void *arg);

/* control_server_new: serves clients of the listening descriptor, which stays the caller's and
 * must outlive the server. NULL with errno ENOMEM. */
struct control_server *control_server_new(
	struct event_base *base, int listener, control_request_cb cb, void *arg);

/* control_server_free: the clients are gone; calls that have not ended are still to be. NULL is
 * fine. */
void control_server_free(struct control_server *server);

/* control_call_take_descriptor: the descriptor that came with the request, the caller's from here
 * on; -1 if none did. */
int control_call_take_descriptor(struct control_call *call);

/* control_call_print: a part of the answer before its last line, as printf would. Lines are
 * complete objects of JSON. control_call_add moves all of lines there. */
__attribute__((format(printf, 2, 3))) void control_call_print(
	struct control_call *call, const char *format, ...);
void control_call_add(struct control_call *call, struct evbuffer *lines);

/* control_call_print_text: a line {"text":"..."}: a sentence for a person, of any bytes. */
__attribute__((format(printf, 2, 3))) void control_call_print_text(
	struct control_call *call, const char *format, ...);

/* control_call_end: the last line, {"ok":true...}, and the call is over. members is what comes
 * behind, as printf would: nothing, or with a comma before it, such as ",\"cc\":\"bbr\"".
 * control_call_end_text: the same with a sentence for a person, {"ok":true,"text":"..."}.
 * control_call_fail: {"ok":false,"error":"..."}, likewise. */
__attribute__((format(printf, 2, 3))) void control_call_end(
	struct control_call *call, const char *members, ...);
__attribute__((format(printf, 2, 3))) void control_call_end_text(
	struct control_call *call, const char *format, ...);
__attribute__((format(printf, 2, 3))) void control_call_fail(
	struct control_call *call, const char *format, ...);

#endif
