/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

/* Dates as HTTP and its logs write them, in UTC. The C library's gmtime and
 * strftime are not used: one reads a file on its first call, which a confined
 * process may not, the other asks the locale; strptime and timegm likewise. */

#include "http/text.h"

#include <stddef.h>
#include <stdint.h>

/* http_date_format: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7) for a number of
 * seconds since 1970. text has HTTP_DATE_TEXT bytes. Returns text. */
#define HTTP_DATE_TEXT 30
char *http_date_format(uint64_t seconds, char *text);

/* http_date_format_log: "06/Nov/1994:08:49:37 +0000", as Common Log Format has it. text
 * has HTTP_DATE_LOG_TEXT bytes. Returns text. */
#define HTTP_DATE_LOG_TEXT 27
char *http_date_format_log(uint64_t seconds, char *text);

/* http_date_parse: reads a date in one of the three forms of RFC 9110 5.6.7:
 *
 *      Sun, 06 Nov 1994 08:49:37 GMT       IMF-fixdate
 *      Sunday, 06-Nov-94 08:49:37 GMT      rfc850-date
 *      Sun Nov  6 08:49:37 1994            asctime-date
 *
 * The second has two digits of a year: it is the latest such year in which the date is not more
 * than 50 years after now_s (seconds since 1970).
 *
 * Returns 0, and *seconds is the date in seconds since 1970; or -1, and *seconds is untouched, for
 * anything else: other spaces or capitals, a day that the month does not have, a weekday that is
 * not that day's (RFC 5322 3.3: the text then names two days), a year before 1970 or after 9999.
 * A leap second is 23:59:60, as the grammar has it: a file may have changed in one. It is counted
 * as POSIX counts it, as the first second of the next day. */
int http_date_parse(struct http_text text, uint64_t now_s, uint64_t *seconds);

#endif
