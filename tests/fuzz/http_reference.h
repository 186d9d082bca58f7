/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FUZZ_HTTP_REFERENCE_H
#define FUZZ_HTTP_REFERENCE_H

/* A second opinion about requests: a parser of RFC 9112 at its strictest that has all
 * bytes before it at once and shares no line with src/http. It knows no limit but the
 * number of fields and the length of a body. */

#include <stddef.h>

struct reference {
	const char *at, *end; /* what is left to be read */
	char *seen;           /* requests in order: line, newline, body, newline */
	size_t seen_len;
	int refused; /* the last one was refused, or incomplete */
};

/* reference_read: reads all requests in bytes. seen is to be freed with free(). */
void reference_read(struct reference *reference, const char *bytes, size_t len);

#endif
