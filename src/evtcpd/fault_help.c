/* SPDX-License-Identifier: BSD-3-Clause */
/* The language of --fault on one screen. What it says at length is in
 * src/faults/README.md; what it accepts is the library's business. */

#include "evtcpd/fault_help.h"

struct fault_help_row {
	const char *form, *meaning;
};

static void fault_help_rows(FILE *file, const struct fault_help_row *rows)
{
	for (; rows->form; rows++)
		fprintf(file, "  %-26s %s\n", rows->form, rows->meaning);
}

void fault_help_print(FILE *file)
{
	static const struct fault_help_row wheres[] = {
		{"out KIND, in KIND", "a segment that the server sends, that the client sends:"},
		{"", "segment, syn, data, fin, ack or rst"},
		{"reply", "the reply to an HTTP request"},
		{"nth N", "the N-th new one, also when it is sent again; else: the next"},
		{"conn N, peer ADDR, port N",
			"on this connection only (10.0.0.0/24 is a peer, too)"},
		{"path TEXT, tag TEXT",
			"whose last request was for it (/a* is all that begins so),"},
		{"", "or named it in a field x-evtcp-fault"},
		{"after sent N, received N", "once so many bytes have passed"},
		{"after 500ms, state STATE", "so long after its beginning; in a state of RFC 9293"},
		{NULL, NULL},
	};
	static const struct fault_help_row verbs[] = {
		{"drop", "lost"},
		{"delay TIME, reorder N", "comes later, or N segments later"},
		{"duplicate, truncate N", "comes twice; loses its end after N bytes of payload"},
		{"corrupt FIELD", "payload, checksum, seq, ack, window or options"},
		{"reset [AIM]", "RST instead: exact, or behind it in-window or blind"},
		{"fin", "FIN instead, and nothing more"},
		{"stall TIME", "data waits"},
		{"window N for TIME", "the server offers at most N bytes; zero-window TIME: none"},
		{"ignore TIME", "the server acknowledges nothing"},
		{"mss N, refuse", "of a SYN: another MSS; RST in answer"},
		{"black-hole, never-close", "nothing passes any more; no FIN of the server's does"},
		{"cut N, length +N", "of a reply: ends after N bytes; a Content-Length that lies"},
		{"drip N every TIME", "of a reply: its body leaves N bytes at a time"},
		{NULL, NULL},
	};

	fputs("A rule a line, WHERE: WHAT, each happens once on each connection. '#' begins a\n"
	      "comment.\n\nWHERE\n",
		file);
	fault_help_rows(file, wheres);
	fputs("\nWHAT, and behind it how often: a number, or 'always'\n", file);
	fault_help_rows(file, verbs);
	fputs("\nExamples:\n"
	      "  out data nth 3: drop 2                 the third, as it is sent first and again\n"
	      "  in syn conn 2: refuse                  the second connection\n"
	      "  out data path /a* after sent 5000: stall 2s\n"
	      "  reply tag broken: cut 100              for 'curl -H \"x-evtcp-fault: broken\"'\n"
	      "\nevtcpd --fault-check FILE tells what a script does.\n",
		file);
}
