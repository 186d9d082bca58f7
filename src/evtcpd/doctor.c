/* SPDX-License-Identifier: BSD-3-Clause */
/* --doctor: options in, a page for a person out.
 *
 *     ok  node       /dev/net/tun can be opened
 *     !!  state      tun0 is down → sudo ip link set tun0 up
 *
 * What is looked at, and what is wrong, is the library's to say (evtcp_tun_examine): it has the
 * eyes of the code that would open the device. Here is what only the daemon knows: the private
 * network of a COMMAND, which is made as it would be made for it, and looked at from inside; and
 * that it serves without IPv6 where nobody asked for that. */

#include "evtcpd/doctor.h"
#include "evtcpd/address.h"
#include "evtcpd/netns.h"

#include <string.h>
#include <unistd.h>

/* The page so far. */
struct doctor {
	struct options *options;
	FILE *stream;
	unsigned wrong; /* things */
};

static void doctor_say(struct doctor *doctor, const struct evtcp_tun_finding *finding)
{
	static const char *const marks[] = {
		[EVTCP_TUN_FINE] = "ok", [EVTCP_TUN_NOTE] = "--", [EVTCP_TUN_WRONG] = "!!"};
	char mend[DOCTOR_MEND];

	doctor_mend(doctor->options, finding, geteuid() == 0, mend);
	fprintf(doctor->stream, "%s  %-10s %s%s%s\n", marks[finding->verdict], finding->check,
		finding->text, mend[0] != '\0' ? " → " : "", mend);
	doctor->wrong += finding->verdict == EVTCP_TUN_WRONG;
}

/* ---- the private network of a COMMAND ------------------------------------------ */

/* Makes it, and stays in it: the process is good for nothing else. */
static int doctor_enter_private(struct doctor *doctor)
{
	struct evtcp_tun_finding finding = {.check = "private",
		.text = "a private network for COMMAND can be made: what follows is in it"};
	const char *obstacle = geteuid() == 0 ? NULL : netns_obstacle();
	struct program_failure failure;
	int result = netns_enter(&failure);

	if (result < 0) {
		finding.verdict = EVTCP_TUN_WRONG;
		snprintf(finding.text, sizeof(finding.text), "%.255s", failure.text);
		if (obstacle != NULL) {
			snprintf(finding.text, sizeof(finding.text),
				"this system does not let ordinary users make a private network");
			finding.remedy = EVTCP_TUN_REMEDY_COMMAND;
			snprintf(finding.mend, sizeof(finding.mend), "%s", obstacle);
		}
	}
	doctor_say(doctor, &finding);
	return result;
}

/* ---- without IPv6 ---------------------------------------------------------------- */

/* What main leaves the IPv6 addresses out for, if it may; NULL if there is nothing such. */
static const struct evtcp_tun_finding *doctor_against_ipv6(
	const struct evtcp_tun_finding *findings, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (findings[i].verdict == EVTCP_TUN_WRONG &&
			(strcmp(findings[i].check, "ipv6") == 0 ||
				strcmp(findings[i].check, "host side") == 0))
			return &findings[i];
	}
	return NULL;
}

/* Examines; without the IPv6 addresses where that helps and the daemon does so, too. Then the note
 * says so. */
static unsigned doctor_examine(struct doctor *doctor,
	struct evtcp_tun_finding findings[EVTCP_TUN_FINDINGS], struct evtcp_tun_finding *note)
{
	unsigned n = evtcp_tun_examine(&doctor->options->tun, findings);
	const struct evtcp_tun_finding *against = doctor_against_ipv6(findings, n);
	struct evtcp_tun_finding others[EVTCP_TUN_FINDINGS];
	struct options without = *doctor->options;
	unsigned n_others;

	*note = (struct evtcp_tun_finding){.check = "ipv6", .verdict = EVTCP_TUN_NOTE};
	if (against == NULL || options_without_ipv6(&without) < 0)
		return n;
	n_others = evtcp_tun_examine(&without.tun, others);
	if (doctor_against_ipv6(others, n_others) != NULL)
		return n;
	snprintf(note->text, sizeof(note->text), "not served, as nobody asked for it: %.200s",
		against->text);
	*doctor->options = without;
	memcpy(findings, others, n_others * sizeof(*findings));
	return n_others;
}

/* ---- the page -------------------------------------------------------------------- */

static void doctor_conclude(const struct doctor *doctor)
{
	const struct options *options = doctor->options;
	char url[ADDRESS_TEXT], port[8] = "";

	if (doctor->wrong > 0) {
		fprintf(doctor->stream, "%u %s wrong. Mend %s, and look again.\n", doctor->wrong,
			doctor->wrong == 1 ? "thing is" : "things are",
			doctor->wrong == 1 ? "it" : "the first");
		return;
	}
	if (options->ports[0] != 80)
		snprintf(port, sizeof(port), ":%u", options->ports[0]);
	fprintf(doctor->stream, "All is well: with these options evtcpd serves http://%s%s/%s.\n",
		address_format_url(&options->tun.own[0], url, sizeof(url)), port,
		options->command != NULL ? " to COMMAND" : "");
}

int doctor_run(struct options *options, FILE *stream)
{
	struct evtcp_tun_finding findings[EVTCP_TUN_FINDINGS], note;
	struct doctor doctor = {.options = options, .stream = stream};
	int is_inside = options->command == NULL || doctor_enter_private(&doctor) == 0;
	unsigned n = doctor_examine(&doctor, findings, &note);

	for (unsigned i = 0; i < n; i++) {
		/* Where no private network can be made only the node is what it would be in one. */
		if (is_inside || strcmp(findings[i].check, "node") == 0)
			doctor_say(&doctor, &findings[i]);
	}
	if (is_inside && note.text[0] != '\0')
		doctor_say(&doctor, &note);
	doctor_conclude(&doctor);
	return doctor.wrong > 0 ? EXIT_STATUS_FAILED : EXIT_STATUS_OK;
}
