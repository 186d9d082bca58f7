/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_RCV_WINDOW_H
#define TCP_RCV_WINDOW_H

/* The receive window: how far the peer may send. */

#include "tcp/tcb.h"

/* rcv_window_largest: to how many bytes a receive buffer may grow: receive_buffer_max, but
 * at most 1,024 times the first size, and never less than that. */
uint32_t rcv_window_largest(const struct evtcp_limits *limits);

/* rcv_window_scale: the shift we announce, so that the largest buffer we may ever use
 * can be named (RFC 7323 2.3 rule 2). */
uint8_t rcv_window_scale(const struct evtcp_limits *limits);

/* rcv_window_of_syn: the window that a SYN of ours announces, with a buffer of rcv_buf
 * bytes: never scaled (RFC 7323 2.2 rule 4). */
uint16_t rcv_window_of_syn(uint32_t rcv_buf);

/* rcv_window_field: what to write into the window field of the next segment. Moves
 * rcv_adv right if silly-window avoidance lets it (RFC 9293 3.8.6.2.2, MUST-39), never
 * left (SHLD-14). syn: the field of a SYN is not scaled. (RFC 7323 2.3 rule 4, 2.4 (2).) */
uint16_t rcv_window_field(struct tcb *tcb, bool syn);

/* rcv_window_update_due: the application has read so much that the peer should hear of
 * it now, though nothing else is to be sent. */
bool rcv_window_update_due(const struct tcb *tcb);

/* rcv_window_settle: nothing more is to be sent for now: puts the block on its TCP's starved
 * list if want of memory keeps its window closed, else takes it off. */
void rcv_window_settle(struct tcb *tcb);

/* rcv_window_wake_starved: when memory is no longer short: marks starved blocks, those that
 * have waited longest first, so that they send a window update; a limited number.
 * rcv_window_starved_may_go: there is one to be woken. */
void rcv_window_wake_starved(struct tcp *tcp);
bool rcv_window_starved_may_go(const struct tcp *tcp);

#endif
