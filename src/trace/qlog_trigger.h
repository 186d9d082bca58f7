/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TRACE_QLOG_TRIGGER_H
#define TRACE_QLOG_TRIGGER_H

/* Causes in the words that qlog has for the reasons of its events. */

#include <evtcp/trace.h>

/* qlog_trigger: the value of the field "trigger" of an event of that kind and cause, NULL where
 * qlog has no word. Static storage. */
const char *qlog_trigger(enum evtcp_event_kind kind, enum evtcp_cause cause);

#endif
