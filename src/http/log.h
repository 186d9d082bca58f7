/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_LOG_H
#define HTTP_LOG_H

/* What a server tells of each request when it is over, for an access log. */

#include "http/text.h"

#include <evtcp/types.h>

struct http_log_entry {
	struct evtcp_endpoint peer;
	uint64_t wall_us;                /* when its head was whole (or refused), since 1970 */
	struct http_text line;           /* the request line as it came: any byte may stand in it */
	struct http_text referer, agent; /* len 0: the request had none */
	int status;                      /* of the reply; 0 if none was begun */
	uint64_t bytes;                  /* of its body, as far as it was written */
};

/* The entry is valid during the call. Must not call into the server. */
typedef void (*http_log_cb)(const struct http_log_entry *entry, void *arg);

#endif
