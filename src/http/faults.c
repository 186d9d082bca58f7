/* SPDX-License-Identifier: BSD-3-Clause */
/* What is wrong with a reply on purpose. Input: the plan that whoever configured the server makes
 * for a request; output: answers to who writes the reply (http/reply.c), and a buffer from which
 * the body drips into the connection's output. An exchange without a plan has nothing here, and
 * costs a test of a pointer. */
#include "http/faults.h"

#include "http/connection.h"

#include <event2/buffer.h>

/* One plan under way; exists only for replies that have one. */
struct http_fault {
	struct evtcp_fault_reply plan;
	struct evbuffer *waiting; /* body that is to drip; NULL: none is */
	uint64_t at_us;           /* when the next piece leaves */
};

void http_faults_plan(struct http_exchange *x, const struct http_request *request)
{
	struct http_connection *conn = x->connection;
	const struct http_server_config *config = &conn->server->config;
	const struct evtcp_world *world = config->world;
	struct evtcp_fault_reply plan;
	struct http_fault *fault;

	if (config->fault == NULL)
		return;
	config->fault(&plan, request, conn->stream, config->fault_arg);
	if (plan.rule == 0)
		return;
	fault = world->alloc(world->arg, sizeof(*fault));
	if (fault == NULL)
		return;
	*fault = (struct http_fault){.plan = plan};
	if (plan.drip_bytes != 0)
		fault->waiting = evbuffer_new();
	x->fault = fault;
}

void http_faults_free(struct http_exchange *x)
{
	const struct evtcp_world *world = x->connection->server->config.world;

	if (x->fault == NULL)
		return;
	if (x->fault->waiting)
		evbuffer_free(x->fault->waiting);
	world->free(world->arg, x->fault);
	x->fault = NULL;
}

uint64_t http_faults_length(const struct http_exchange *x, uint64_t length)
{
	int64_t offset = x->fault ? x->fault->plan.length_offset : 0;

	if (offset < 0 && (uint64_t)-offset > length)
		return 0;
	return length + (uint64_t)offset;
}

size_t http_faults_cut(const struct http_exchange *x, size_t len)
{
	uint64_t left;

	if (x->fault == NULL || !x->fault->plan.cut)
		return len;
	left = x->fault->plan.cut_at - x->reply_bytes;
	return left < len ? (size_t)left : len;
}

int http_faults_closes(const struct http_exchange *x)
{
	return x->fault && (x->fault->plan.cut || x->fault->plan.length_offset != 0);
}

/* ---- dripping ---------------------------------------------------------------------------- */

struct evbuffer *http_faults_output(const struct http_exchange *x)
{
	return x->fault && x->fault->waiting ? x->fault->waiting
					     : http_connection_output(x->connection);
}

size_t http_faults_waiting(const struct http_exchange *x)
{
	return x->fault && x->fault->waiting ? evbuffer_get_length(x->fault->waiting) : 0;
}

uint64_t http_faults_next(const struct http_exchange *x)
{
	return http_faults_waiting(x) > 0 ? x->fault->at_us : UINT64_MAX;
}

void http_faults_run(struct http_exchange *x, uint64_t now_us)
{
	struct http_fault *fault = x->fault;

	if (http_faults_waiting(x) == 0 || now_us < fault->at_us)
		return;
	if (evbuffer_remove_buffer(
		    fault->waiting, x->connection->stream->output, fault->plan.drip_bytes) < 0)
		x->failed = 1;
	fault->at_us = now_us + fault->plan.drip_us;
}
