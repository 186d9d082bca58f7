/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCP_FAULT_H
#define EVTCP_FAULT_H

/* Fault scripts: rules that drop chosen segments, applied by a link that wraps
 * another. The language is described in src/faults/README.md. */

#include <evtcp/link.h>

#ifdef __cplusplus
extern "C" {
#endif

struct evtcp_fault_script;

/* Where a script is wrong: 1-based, and what would be right. */
struct evtcp_fault_error {
	unsigned line, column;
	char text[160];
};

/* evtcp_fault_parse: reads a script of len bytes. NULL with errno EINVAL and
 * *error filled, or ENOMEM. The memory is of world. */
struct evtcp_fault_script *evtcp_fault_parse(const char *script, size_t len,
	const struct evtcp_world *world, struct evtcp_fault_error *error);
void evtcp_fault_free(struct evtcp_fault_script *script);

/* evtcp_link_fault_new: a link that passes everything between lower (owned from
 * here on) and its receiver but what script (owned, too) takes away; each packet
 * taken is shown to the observers (copied, n of them). A packet it takes on the way
 * out is a success to the stack: the network lost it. NULL with errno ENOMEM;
 * both are then still the caller's. */
struct evtcp_link *evtcp_link_fault_new(struct evtcp_link *lower,
	struct evtcp_fault_script *script, const struct evtcp_observer *observers, size_t n);

#ifdef __cplusplus
}
#endif

#endif
