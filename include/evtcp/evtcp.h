/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCP_EVTCP_H
#define EVTCP_EVTCP_H

/* Everything: a user-space TCP/IP stack for libevent programs. */

#include <evtcp/capture.h>
#include <evtcp/causes.h>
#include <evtcp/conn.h>
#include <evtcp/fault.h>
#include <evtcp/group.h>
#include <evtcp/impair.h>
#include <evtcp/ladder.h>
#include <evtcp/info.h>
#include <evtcp/limits.h>
#include <evtcp/link.h>
#include <evtcp/listener.h>
#include <evtcp/qlog.h>
#include <evtcp/stack.h>
#include <evtcp/trace.h>
#include <evtcp/tun.h>
#include <evtcp/types.h>

#endif
