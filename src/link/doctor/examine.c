/* SPDX-License-Identifier: BSD-3-Clause */

/* The whole examination: facts, then every check on them.
 *
 *      configuration ─► gather ─► facts ─► checks ─► findings
 *          asks the machine ──┘              └── asks nobody */

#include "link/doctor/checks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

_Static_assert(DOCTOR_CHECKS <= EVTCP_TUN_FINDINGS, "there is room for a finding of each check");

static unsigned doctor_fail(struct evtcp_tun_finding *found, const char *text)
{
	*found = (struct evtcp_tun_finding){.check = "set-up", .verdict = EVTCP_TUN_WRONG};
	snprintf(found->text, sizeof(found->text), "%.*s", (int)sizeof(found->text) - 1, text);
	return 1;
}

unsigned evtcp_tun_examine(const struct evtcp_tun_config *config,
	struct evtcp_tun_finding findings[EVTCP_TUN_FINDINGS])
{
	char text[EVTCP_TUN_TEXT];
	struct tun_failure failure = {.text = text, .size = sizeof(text)};
	struct doctor_facts facts = {0};
	unsigned n = 0;

	if (tun_check_config(&facts.want, config, &failure) < 0)
		return doctor_fail(findings, text);
	if (doctor_gather(&facts, config) < 0)
		return doctor_fail(findings, strerror(errno));
	for (unsigned i = 0; i < DOCTOR_CHECKS; i++) {
		struct evtcp_tun_finding *found = &findings[n];
		enum doctor_finding finding;
		struct doctor_words words;

		doctor_words_init(&words, &facts);
		*found = (struct evtcp_tun_finding){.check = doctor_checks[i].name};
		finding = doctor_checks[i].judge(&facts, &words, &found->own);
		if (finding == DOCTOR_NOTHING)
			continue;
		doctor_put(found, finding, &words);
		n++;
	}
	return n;
}
