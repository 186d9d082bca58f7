/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_DIALOGUE_H
#define SIM_DIALOGUE_H

/* A connection to be made between two applications: opened at its time, accepted at
 * the other end, over when both have let go. */

#include "oracle.h"
#include "scenario.h"
#include "witness.h"

struct dialogue {
	const struct dialogue_plan *plan;
	struct oracle_pair pair;
	struct app ends[2];
	bool opened;         /* host 0, or the only one who connects, has tried */
	bool second_opened;  /* host 1, when both connect */
	bool connect_failed; /* connect itself said no */
	uint64_t opens_at;   /* UINT64_MAX: when the one before it is over */
	uint64_t second_opens_at;
	unsigned tries;
	uint64_t waits; /* arrivals for which there was a bound */
	uint32_t flow;  /* of the witness; WITNESS_NO_FLOW before it is opened */
};

/* dialogue_init: nothing is opened yet. index makes names and streams its own. */
void dialogue_init(struct dialogue *dialogue, const struct scenario *scenario, unsigned index,
	const struct circumstances *circumstances);

/* dialogue_open: connects at host, who must be one that connects. True if the try is
 * over, with or without a connection; false if the ports were in use and it shall be
 * tried again at the time that is now set. */
bool dialogue_open(struct dialogue *dialogue, struct host *host, uint64_t now);

/* dialogue_accept: conn, of host, is the other end. */
void dialogue_accept(struct dialogue *dialogue, unsigned host, struct evtcp_conn *conn);

/* dialogue_listens: whether host shall accept it. */
bool dialogue_listens(const struct dialogue *dialogue, unsigned host);

/* dialogue_is_over: it was opened and nobody holds an end any more. */
bool dialogue_is_over(const struct dialogue *dialogue);

/* dialogue_next: when host wants to open it, or its application to work. */
uint64_t dialogue_next(const struct dialogue *dialogue, unsigned host);

/* dialogue_lose: host forgets everything; its stack still stands. */
void dialogue_lose(struct dialogue *dialogue, unsigned host);

/* dialogue_hangs_at: the moment from which on dialogue_check_hang would call it a hang; UINT64_MAX
 * while an end waits for something else. */
uint64_t dialogue_hangs_at(
	const struct dialogue *dialogue, const struct circumstances *circumstances);

/* dialogue_check_hang: if its ends wait for longer than patience allows though
 * neither pauses, or nothing will come any more at all, asks the oracle and gives
 * them up. */
void dialogue_check_hang(
	struct dialogue *dialogue, struct circumstances *circumstances, bool nothing_will_come);

#endif
