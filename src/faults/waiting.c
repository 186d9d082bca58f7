/* SPDX-License-Identifier: BSD-3-Clause */

/* Packets that wait in a fault link, and moments at which it has something to say.
 *
 * In: time. Out: packets to both sides: those whose moment has come, and the script's own. Which
 * wait and for how long is decided elsewhere (acts.c, passage.c); the heap of them is held.c, that
 * of connections to look at follow.c. */

#include "faults/waiting.h"

uint64_t evtcp_fault_next_deadline(const struct evtcp_faults *faults)
{
	uint64_t up = held_next(&faults->up), down = held_next(&faults->down);
	uint64_t look = follow_next_look(&faults->matcher.follow);
	uint64_t packet = up < down ? up : down;

	return packet < look ? packet : look;
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

	faults->counters[forged->cause]++;
	if (forged->forge.outbound)
		(void)evtcp_link_output(faults->lower, &packet);
	else
		(void)held_add(&faults->up, &packet, now);
}

void waiting_note_end(struct evtcp_faults *faults, struct follow_conn *conn, uint64_t now)
{
	uint64_t end = acts_end(conn, now);

	if (end != 0)
		follow_look_at(&faults->matcher.follow, conn, end);
}

/* Clients are told how things are where it is over; it may go on for longer by now. */
static void waiting_tell_over(struct evtcp_faults *faults, uint64_t now)
{
	struct follow_conn *conn;

	for (unsigned n = 0;
		n < WAITING_BATCH && (conn = follow_pop_look(&faults->matcher.follow, now)) != NULL;
		n++) {
		struct act_forged forged;

		if (acts_over(conn, now, &forged))
			waiting_send_forged(faults, conn, &forged, now);
		else
			waiting_note_end(faults, conn, now);
	}
}

void waiting_release_down(struct evtcp_faults *faults, uint64_t now, uint64_t at_us, unsigned most)
{
	struct held_packet *held;

	for (unsigned n = 0; n < most && (held = held_pop(&faults->down, now)) != NULL; n++) {
		struct iovec iov = {held->bytes, held->len};
		struct evtcp_packet packet = {
			.iov = &iov,
			.iovcnt = 1,
			.len = held->len,
			.at_us = at_us,
			.reason = held->reason,
			.fate = held->fate,
			.fate_rule = held->fate_rule,
			.earlier_fate = held->earlier_fate,
			.earlier_fate_rule = held->earlier_fate_rule,
		};

		(void)evtcp_link_output(faults->lower, &packet);
		held_release(&faults->down, held);
	}
	waiting_tell_over(faults, now);
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

	waiting_release_down(faults, now, now, WAITING_BATCH);
	evtcp_link_flush(faults->lower);
	waiting_release_up(faults, now, WAITING_BATCH);
	if (faults->batch_open)
		fault_link_end_batch(faults);
	waiting_arm(faults, now);
}
