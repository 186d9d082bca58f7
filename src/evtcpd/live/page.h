/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_LIVE_PAGE_H
#define EVTCPD_LIVE_PAGE_H

/* The live page, made of the files in live/page/ when evtcpd is built (live/embed.py). */

#include <stddef.h>

extern const unsigned char live_page[]; /* HTML, live_page_len bytes */
extern const size_t live_page_len;

/* The value of Content-Security-Policy that lets it run its own script and style, known by their
 * hashes, and talk to its own server, and nothing else. */
extern const char live_page_policy[];

#endif
