/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_FILES_FILES_H
#define EVTCPD_FILES_FILES_H

/* Files as answers. */

#include "http/exchange.h"

struct root;

/* files_answer: answers a GET or HEAD of request->path with the file of that name below root: with
 * a part of it where one is asked for (RFC 9110 14), with 304 or 412 where a condition does not
 * hold (RFC 9110 13). A directory is its index.html; without a slash behind it, it is a redirection
 * to the path that has one. root must outlive the exchange's handler, not the exchange.
 *
 * What the client has not taken is not read, and no more than the limit `output` is held; the file
 * stays open meanwhile. It is sent with the length that it had when it was opened: if it is cut
 * short, or cannot be read to the end, the connection is aborted, as nothing else tells the client
 * (ATTACKS H09). Reads are the kernel's to make quick: this thread waits for the disk. */
void files_answer(struct http_exchange *exchange, const struct http_request *request,
	const struct root *root);

#endif
