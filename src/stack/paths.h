/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef STACK_PATHS_H
#define STACK_PATHS_H

/* Path MTU discovery, where IP, which keeps what routers say (ip/path_mtu.h), and TCP, which
 * follows it (tcp/path.h), meet: they do not know each other. */

#include "ip/icmp.h"
#include "ip/path_mtu.h"
#include <evtcp/limits.h>

struct evtcp_stack;

/* paths_init: nothing is known; path_mtu_free takes it down. */
void paths_init(struct evtcp_stack *stack, const struct evtcp_limits *limits);

/* paths_mtu: the largest packet to remote; arg is the stack (struct tcp_config). */
uint16_t paths_mtu(void *arg, const struct evtcp_addr *remote);

/* paths_told: a router says that one of our segments was too large. Returns what became of
 * its message. */
enum evtcp_cause paths_told(
	struct evtcp_stack *stack, const struct ip_icmp_error *told, uint64_t now);

/* paths_run_timers: what was said long ago is forgotten. */
void paths_run_timers(struct evtcp_stack *stack, uint64_t now);

#endif
