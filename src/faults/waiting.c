/* SPDX-License-Identifier: BSD-3-Clause */

/* Packets that wait in a fault link, and moments at which it has something to say.
 *
 * In: packets and notes with the moments they are for, and time. Out: packets to both sides. Which
 * wait and for how long is decided elsewhere (acts.c, passage.c); the heap of them is held.c. */

#include "faults/waiting.h"

uint64_t evtcp_fault_next_deadline(const struct evtcp_faults *faults)
{
	uint64_t up = held_next(&faults->up), down = held_next(&faults->down);

	return up < down ? up : down;
}

void waiting_arm(struct evtcp_faults *faults, uint64_t now)
{
	lazy_timer_arm(&faults->timer, evtcp_fault_next_deadline(faults), now);
}

void waiting_send_forged(struct evtcp_faults *faults, const struct follow_conn *conn,
	const struct act_forged *forged, uint64_t now)
{
	uint8_t bytes[FORGE_MAX];
	struct iovec iov = {bytes, forge_build(conn, &forged->forge, bytes)};
	struct evtcp_packet packet = {
		.iov = &iov,
		.iovcnt = 1,
		.len = iov.iov_len,
		.at_us = now,
		.reason = {.cause = forged->cause},
		.fate_rule = forged->rule,
	};

	if (forged->forge.outbound)
		(void)evtcp_link_output(faults->lower, &packet);
	else
		(void)held_add(&faults->up, &packet, now);
}

/* One note for each connection. */
void waiting_note_end(struct evtcp_faults *faults, struct follow_conn *conn, uint64_t now)
{
	uint64_t end = acts_end(conn, now);
	struct held_packet *note;

	if (end == 0 || conn->effects.noted)
		return;
	note = held_add(&faults->down, NULL, end);
	if (!note)
		return;
	note->tuple = conn->tuple;
	note->conn = conn->number;
	conn->effects.noted = true;
}

/* The moment of a note has come; it may go on for longer by now. */
static void waiting_tell_over(
	struct evtcp_faults *faults, const struct held_packet *note, uint64_t now)
{
	struct follow_conn *conn = follow_find(&faults->matcher.follow, &note->tuple);
	struct act_forged forged;

	if (!conn || conn->number != note->conn)
		return;
	conn->effects.noted = false;
	if (acts_over(conn, now, &forged))
		waiting_send_forged(faults, conn, &forged, now);
	else
		waiting_note_end(faults, conn, now);
}

unsigned waiting_release_down(struct evtcp_faults *faults, uint64_t now, unsigned most)
{
	struct held_packet *held;
	unsigned n = 0;

	for (; n < most && (held = held_pop(&faults->down, now)) != NULL; n++) {
		struct iovec iov = {held->bytes, held->len};
		struct evtcp_packet packet = {
			.iov = &iov,
			.iovcnt = 1,
			.len = held->len,
			.at_us = now,
			.reason = held->reason,
			.fate = held->fate,
			.fate_rule = held->fate_rule,
		};

		if (held->len == 0)
			waiting_tell_over(faults, held, now);
		else
			(void)evtcp_link_output(faults->lower, &packet);
		held_release(&faults->down, held);
	}
	return n;
}

void waiting_release_up(struct evtcp_faults *faults, uint64_t now, unsigned most)
{
	struct held_packet *held;

	for (unsigned n = 0; n < most && (held = held_pop(&faults->up, now)) != NULL; n++) {
		struct iovec iov = {held->bytes, held->len};
		struct evtcp_packet packet = {.iov = &iov, .iovcnt = 1, .len = held->len};

		faults->batch_open = true;
		evtcp_link_input(faults->upper, &packet);
		held_release(&faults->up, held);
	}
}

void evtcp_fault_run(struct evtcp_faults *faults)
{
	uint64_t now = fault_link_now(faults);

	if (waiting_release_down(faults, now, WAITING_BATCH) > 0)
		evtcp_link_flush(faults->lower);
	waiting_release_up(faults, now, WAITING_BATCH);
	if (faults->batch_open)
		fault_link_end_batch(faults);
	waiting_arm(faults, now);
}
