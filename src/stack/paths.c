/* SPDX-License-Identifier: BSD-3-Clause */

/* A router's complaint on its way from ICMP to TCP.
 *
 *      ICMP ─► was that segment ours, and is it in flight? (tcp, RFC 5927 4.1, RFC 8201 4
 *                                                           rule 4)
 *           ─► is it news, and not below the floor?        (ip, RFC 1191 3, RFC 8201 4)
 *           ─► what was too large goes again, smaller      (tcp)
 *
 * In: errors that IP has read; the time. Out: a smaller path in the table, segments marked
 * to be sent again. It keeps nothing itself. */

#include "stack/paths.h"

#include "stack/stack.h"
#include "tcp/path.h"

void paths_init(struct evtcp_stack *stack, const struct evtcp_limits *limits)
{
	path_mtu_init(
		&stack->paths, &stack->world, limits->path_mtus, (uint16_t)limits->path_mtu_floor);
}

uint16_t paths_mtu(void *arg, const struct evtcp_addr *remote)
{
	const struct evtcp_stack *stack = arg;

	return path_mtu_of(&stack->paths, remote, (uint16_t)stack->mtu);
}

enum evtcp_cause paths_told(
	struct evtcp_stack *stack, const struct ip_icmp_error *told, uint64_t now)
{
	enum evtcp_cause cause;

	if (!path_is_in_flight(&stack->tcp, &told->tuple, told->seq))
		return EVTCP_CAUSE_ICMP_QUOTE;
	cause = path_mtu_told(
		&stack->paths, &told->tuple.remote.addr, told->mtu, (uint16_t)stack->mtu, now);
	if (cause == EVTCP_CAUSE_PATH_MTU) {
		path_changed(&stack->tcp);
		path_too_large(&stack->tcp, &told->tuple, now);
	}
	return cause;
}

void paths_run_timers(struct evtcp_stack *stack, uint64_t now)
{
	if (path_mtu_age(&stack->paths, now) > 0)
		path_changed(&stack->tcp);
}
