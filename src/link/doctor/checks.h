/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_DOCTOR_CHECKS_H
#define LINK_DOCTOR_CHECKS_H

/* The checks: facts in, a finding out. Each is a row of one table. None asks anybody anything. */

#include "link/doctor/facts.h"
#include "link/doctor/findings.h"

/* A check: what it finds, with the words that are its own in *words (those of the wanted
 * set-up are there already); DOCTOR_NOTHING: there is nothing to say, as what another check says
 * comes first. *own: which of the server's addresses it is about. */
typedef enum doctor_finding (*doctor_judge)(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own);

struct doctor_check {
	const char *name;
	doctor_judge judge;
};

/* doctor_checks: the table, in the order in which what is wrong is to be mended. */
#define DOCTOR_CHECKS 12
extern const struct doctor_check doctor_checks[DOCTOR_CHECKS];

/* doctor_words_init: the words of the wanted set-up. */
void doctor_words_init(struct doctor_words *words, const struct doctor_facts *facts);

/* doctor_may_set_up: what the device lacks is added by whoever opens it; not where somebody has it
 * open, who has set it up. */
bool doctor_may_set_up(const struct doctor_facts *facts);

enum doctor_finding doctor_judge_node(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own);
enum doctor_finding doctor_judge_rights(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own);
enum doctor_finding doctor_judge_device(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own);
enum doctor_finding doctor_judge_host(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own);
enum doctor_finding doctor_judge_state(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own);
enum doctor_finding doctor_judge_mtu(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own);
enum doctor_finding doctor_judge_offload(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own);
enum doctor_finding doctor_judge_address(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own);
enum doctor_finding doctor_judge_prefix(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own);
enum doctor_finding doctor_judge_ipv6(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own);
enum doctor_finding doctor_judge_route(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own);
enum doctor_finding doctor_judge_rp_filter(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own);

#endif
