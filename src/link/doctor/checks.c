/* SPDX-License-Identifier: BSD-3-Clause */

/* The table of checks, and the words that all of them share.
 *
 * In: facts. Out: for each check a finding, for each finding its words.
 *
 * What the words make is in findings.h; how a check judges, in checks_device.c and
 * checks_network.c. */

#include "link/doctor/checks.h"

#include <stdio.h>
#include <string.h>

const struct doctor_check doctor_checks[DOCTOR_CHECKS] = {
	{"node", doctor_judge_node},
	{"rights", doctor_judge_rights},
	{"device", doctor_judge_device},
	{"address", doctor_judge_address},
	{"prefix", doctor_judge_prefix},
	{"ipv6", doctor_judge_ipv6},
	{"host side", doctor_judge_host},
	{"state", doctor_judge_state},
	{"mtu", doctor_judge_mtu},
	{"route", doctor_judge_route},
	{"rp_filter", doctor_judge_rp_filter},
	{"offload", doctor_judge_offload},
};

bool doctor_may_set_up(const struct doctor_facts *facts)
{
	return facts->net_admin && !facts->link.in_use;
}

/* "A, B", cut where there are too many. */
static void doctor_words_add(char *text, size_t size, const struct prefix *prefix)
{
	char one[PREFIX_TEXT];
	size_t at = strlen(text);

	snprintf(text + at, size - at, "%s%s", at > 0 ? ", " : "",
		prefix_format(prefix, one, sizeof(one)));
}

void doctor_words_init(struct doctor_words *words, const struct doctor_facts *facts)
{
	const struct tun_check *want = &facts->want;
	bool exists = facts->link.index != 0;

	memset(words, 0, sizeof(*words));
	snprintf(words->name, sizeof(words->name), "%s", want->name);
	snprintf(words->name_or_default, sizeof(words->name_or_default), "%s",
		exists ? want->name : "default");
	snprintf(words->free_name, sizeof(words->free_name), "%s", facts->free_name);
	snprintf(words->user, sizeof(words->user), "%s", facts->user);
	snprintf(words->queues, sizeof(words->queues), "%s",
		facts->multi_queue ? "multi_queue " : "");
	snprintf(words->mtu, sizeof(words->mtu), "%u", facts->mtu);
	for (unsigned i = 0; i < want->n_own; i++) {
		struct prefix own = prefix_host(&want->own[i]), net = prefix_network(&want->own[i]);

		doctor_words_add(words->owns, sizeof(words->owns), &own);
		doctor_words_add(words->nets, sizeof(words->nets), &net);
	}
	for (unsigned i = 0; i < want->n_host; i++) {
		char host[PREFIX_TEXT];
		size_t at = strlen(words->host_commands);

		doctor_words_add(words->hosts, sizeof(words->hosts), &want->host[i]);
		snprintf(words->host_commands + at, sizeof(words->host_commands) - at,
			" && ip addr add %s dev %s",
			prefix_format(&want->host[i], host, sizeof(host)), want->name);
	}
}
