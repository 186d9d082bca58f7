/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTP_FAULTS_H
#define HTTP_FAULTS_H

/* Replies that are wrong on purpose: cut short, with a length that is a lie, slow. Who configures
 * the server says which (http_server_config.fault). */

#include "http/state.h"

/* http_faults_plan: a request was read: asks what is to be wrong about its reply. Without memory
 * nothing is. http_faults_free: forgets it. */
void http_faults_plan(struct http_exchange *x, const struct http_request *request);
void http_faults_free(struct http_exchange *x);

/* For who writes the reply. http_faults_length: what the head is to say, where the body has length
 * bytes. http_faults_cut: how many of len more bytes are still part of the body; less than all: it
 * is over then. http_faults_closes: 1: the connection ends with the reply, without a word of it. */
uint64_t http_faults_length(const struct http_exchange *x, uint64_t length);
size_t http_faults_cut(const struct http_exchange *x, size_t len);
int http_faults_closes(const struct http_exchange *x);

/* http_faults_output: where the body is to be written; NULL without memory. http_faults_waiting:
 * how many bytes of it have not got into the connection's output yet. http_faults_next: when more
 * of them will; UINT64_MAX: there are none. http_faults_run: moves what is due. */
struct evbuffer *http_faults_output(const struct http_exchange *x);
size_t http_faults_waiting(const struct http_exchange *x);
uint64_t http_faults_next(const struct http_exchange *x);
void http_faults_run(struct http_exchange *x, uint64_t now_us);

#endif
