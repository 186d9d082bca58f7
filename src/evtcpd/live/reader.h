/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_LIVE_READER_H
#define EVTCPD_LIVE_READER_H

/* Who reads /_/events: an exchange whose reply has no end.
 *
 * Four times a second it is told what all workers have to tell. What it does not take is never
 * queued without bound: while more than READER_WAITING bytes of what it was told are not
 * acknowledged, it is told nothing, and then how often that was. A connection with a slow reader
 * so holds less than half a megabyte: that, and one more frame. */

#include "evtcpd/live/source.h"
#include "http/exchange.h"

struct pages_host;

enum { READER_SLICE_US = 250000, READER_WAITING = 256 * 1024 };

/* reader_begin: takes exchange and begins its reply; remote: of the connection whose segments it
 * wants to be told, NULL: of none. Replies with 503 when there are SOURCE_READERS already, or
 * without memory. */
void reader_begin(struct http_exchange *exchange, const struct pages_host *host,
	const struct evtcp_endpoint *remote);

#endif
