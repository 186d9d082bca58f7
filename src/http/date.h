/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

/* Dates as HTTP and its logs write them, in UTC. The C library's gmtime and
 * strftime are not used: one reads a file on its first call, which a confined
 * process may not, the other asks the locale. */

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

#endif
