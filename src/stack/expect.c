/* SPDX-License-Identifier: BSD-3-Clause */

/* Connections fetched before their segments are looked at.
 *
 *   packet ─► tuple, hash                   when it is told of
 *   hash ─► buckets ─► nodes ─► block ─► buffers, answer, object ─► what the application has
 *           pass 1     2        3        4                          5, 6   when the first one comes
 *
 * In: packets that a link has read and will pass on. Out: lines of memory on their way to the
 * cache; the hash of each segment, which is not computed again.
 *
 * Each pass is for all segments, and reads what the one before has asked for. It does little else:
 * the processor has as many lines on their way as it finds in the next few hundred instructions,
 * and waits for the first of them. So what a pass would have to wait for is left to the next.
 *
 * It changes nothing and judges nothing: a packet that is no plain segment is not expected, and
 * costs what it did. */

#include "stack/expect.h"
#include "stack/conn.h"
#include "stack/stack.h"
#include "tcp/demux.h"
#include "util/fetch.h"
#include "util/number.h"
#include "wire/address.h"
#include "wire/bytes.h"

#include <string.h>

enum {
	/* With so few connections all of them are in the second-level cache, which is soon
	 * enough. */
	EXPECT_FEW = 256,
	EXPECT_EVBUFFER = 128,   /* octets of libevent's struct that are looked at */
	EXPECT_ANSWER = 256,     /* of an answer: a small one as a whole */
	EXPECT_APPLICATION = 128 /* of an application that does not say what it has */
};

/* ---- from bytes to a tuple ------------------------------------------------------------- */

static bool expect_read_ipv4(const uint8_t *packet, size_t len, struct evtcp_tuple *tuple)
{
	size_t header_len = (size_t)(packet[0] & 15) * 4;

	if (header_len < IPV4_HEADER_MIN || len < header_len + 4 ||
		packet[9] != IP_PROTOCOL_TCP || (bytes_get16(packet + 6) & 0x3fff) != 0)
		return false;
	address_from_ipv4(&tuple->remote.addr, bytes_get32(packet + 12));
	address_from_ipv4(&tuple->local.addr, bytes_get32(packet + 16));
	tuple->remote.port = bytes_get16(packet + header_len);
	tuple->local.port = bytes_get16(packet + header_len + 2);
	return true;
}

static bool expect_read_ipv6(const uint8_t *packet, size_t len, struct evtcp_tuple *tuple)
{
	if (len < IPV6_HEADER + 4 || packet[6] != IP_PROTOCOL_TCP)
		return false;
	memcpy(tuple->remote.addr.bytes, packet + 8, sizeof(tuple->remote.addr.bytes));
	memcpy(tuple->local.addr.bytes, packet + 24, sizeof(tuple->local.addr.bytes));
	tuple->remote.port = bytes_get16(packet + IPV6_HEADER);
	tuple->local.port = bytes_get16(packet + IPV6_HEADER + 2);
	return true;
}

/* The tuple of a segment that is a packet without extensions; false for anything else. */
static bool expect_read(const uint8_t *packet, size_t len, struct evtcp_tuple *tuple)
{
	if (len < IPV4_HEADER_MIN)
		return false;
	if (packet[0] >> 4 == 4)
		return expect_read_ipv4(packet, len, tuple);
	return packet[0] >> 4 == 6 && expect_read_ipv6(packet, len, tuple);
}

/* ---- fetching ---------------------------------------------------------------------------- */

static void expect_fetch_evbuffer(const struct evbuffer *buffer)
{
	if (buffer)
		fetch(buffer, EXPECT_EVBUFFER);
}

static void expect_fetch_buffers(const struct tcb *tcb)
{
	expect_fetch_evbuffer(tcb->input);
	expect_fetch_evbuffer(tcb->sendq.buf);
	/* The last answer, which the segment acknowledges, and whose memory the next one will have;
	 * libevent's head of it is in front, mostly in the same line. */
	if (tcb->sendq.first)
		fetch(tcb->sendq.first, number_min(tcb->sendq.first_len, EXPECT_ANSWER));
}

/* Whom a segment is for, as far as that has been found. */
struct expect_found {
	const struct tcb *tcb; /* NULL: nobody who is awake */
	const struct evtcp_conn *conn;
};

static void expect_fetch_block(struct expect_found *found, const struct tcp *tcp, uint64_t hash)
{
	const struct tcb_ref *ref = NULL;

	found->tcb = demux_fetch_block(tcp, hash);
	if (!found->tcb)
		ref = rest_fetch(tcp, hash);
	found->conn = (const struct evtcp_conn *)(const void *)ref;
}

static void expect_fetch_object(struct expect_found *found)
{
	if (found->tcb) {
		expect_fetch_buffers(found->tcb);
		found->conn = conn_of(found->tcb);
	}
	if (found->conn)
		fetch(found->conn, sizeof(*found->conn));
}

static void expect_fetch_application(
	const struct expect *expect, const struct evtcp_conn *conn, unsigned step)
{
	struct iovec piece;

	if (step == 0)
		expect_fetch_evbuffer(conn->output);
	if (!expect->fetch_cb || !conn->arg) {
		fetch_hint(conn->arg, EXPECT_APPLICATION);
		return;
	}
	piece = expect->fetch_cb(conn->arg, step);
	if (piece.iov_base && piece.iov_len > 0)
		fetch(piece.iov_base, piece.iov_len);
}

/* With few connections it does not run, and is kept out of the code that does. */
__attribute__((noinline)) static void expect_fetch(
	const struct expect *expect, const struct tcp *tcp)
{
	struct expect_found found[EXPECT_MOST];
	uint32_t n = expect->n;

	for (uint32_t i = 0; i < n; i++)
		demux_fetch_buckets(tcp, expect->segment[i].hash);
	for (uint32_t i = 0; i < n; i++)
		demux_fetch_nodes(tcp, expect->segment[i].hash);
	for (uint32_t i = 0; i < n; i++)
		expect_fetch_block(&found[i], tcp, expect->segment[i].hash);
	for (uint32_t i = 0; i < n; i++)
		expect_fetch_object(&found[i]);
	for (unsigned step = 0; step < (expect->fetch_cb ? 2 : 1); step++) {
		for (uint32_t i = 0; i < n; i++) {
			if (found[i].conn)
				expect_fetch_application(expect, found[i].conn, step);
		}
	}
}

/* ---- what is expected ---------------------------------------------------------------------- */

void expect_init(struct evtcp_stack *stack)
{
	stack->expect.few = EXPECT_FEW;
	expect_end(stack);
}

void expect_end(struct evtcp_stack *stack)
{
	struct expect *expect = &stack->expect;

	expect->n = expect->used = 0;
	expect->is_fetched = false;
}

void expect_packet(struct evtcp_stack *stack, const struct evtcp_packet *packet)
{
	struct expect *expect = &stack->expect;
	struct expected *segment = &expect->segment[expect->n];

	if (stack->tcp.n_connections <= expect->few)
		return;
	if (expect->is_fetched && expect->used == expect->n)
		expect_end(stack);
	if (expect->is_fetched || expect->n == EXPECT_MOST || packet->iovcnt != 1)
		return;
	segment->bytes = packet->iov[0].iov_base;
	if (!expect_read(segment->bytes, packet->iov[0].iov_len, &segment->tuple))
		return;
	segment->hash = demux_hash(&stack->tcp, &segment->tuple);
	expect->n++;
}

void expect_come(struct evtcp_stack *stack)
{
	if (!stack->expect.is_fetched && stack->expect.n > 0)
		expect_fetch(&stack->expect, &stack->tcp);
	stack->expect.is_fetched = true;
}

uint64_t expect_hash(
	struct evtcp_stack *stack, const uint8_t *bytes, const struct evtcp_tuple *tuple)
{
	struct expect *expect = &stack->expect;

	for (uint32_t i = expect->used; i < expect->n; i++) {
		const struct expected *segment = &expect->segment[i];

		if (segment->bytes != bytes)
			continue; /* refused before it came to this */
		expect->used = i + 1;
		if (endpoint_equal(&segment->tuple.remote, &tuple->remote) &&
			endpoint_equal(&segment->tuple.local, &tuple->local))
			return segment->hash;
		break;
	}
	return demux_hash(&stack->tcp, tuple);
}
