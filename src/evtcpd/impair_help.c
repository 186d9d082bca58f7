/* SPDX-License-Identifier: BSD-3-Clause */
/* The language of --impair on one screen. What it says at length is in
 * src/link/impair/README.md; what it accepts is the library's business. */

#include "evtcpd/impair_help.h"

struct impair_help_row {
	const char *form, *meaning;
};

void impair_help_print(FILE *file)
{
	static const struct impair_help_row rows[] = {
		{"loss=1%", "each packet is lost with this chance"},
		{"gemodel=1%/25%", "bursts of losses (Gilbert-Elliott): one begins with 1%, ends"},
		{"", "with 25%; then /BAD/GOOD: loss while bad [100%] and good [0%]"},
		{"delay=20ms~5ms", "15 to 25 ms each way; without ~5ms always 20"},
		{"overtake", "packets may overtake each other by that jitter"},
		{"reorder=1%/5ms", "so many come another 5 ms later"},
		{"dup=1%", "so many come twice; dup=1%/3: up to 3 times more"},
		{"corrupt=0.1%", "so many have a bit flipped; corrupt=0.1%/8: up to 8 bits"},
		{"truncate=1%", "so many lose their end"},
		{"rate=10mbit", "bits of IP packets a second; bit, kbit, mbit, gbit"},
		{"queue=100", "packets that may wait for the rate [1000], or bytes: 64kb, 2mb"},
		{"ecn", "a full queue marks packets that can be marked, to twice its size"},
		{"mtu=1400", "of the path; ICMP tells the sender, but not with mtu=1400/silent"},
		{"limit=64mb", "memory for packets under way"},
		{"seed=7", "decides what chance decides [1]; the same seed, the same losses"},
	};

	fputs("SPEC is one or more of these, separated by commas. Each means both directions, or "
	      "one\nwith 'tx.' (what the server sends) or 'rx.' (what it receives) before it.\n\n",
		file);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fprintf(file, "  %-16s %s\n", rows[i].form, rows[i].meaning);
	fputs("\nExamples:\n"
	      "  --impair loss=1%,delay=20ms                     a lossy path of 40 ms round trip\n"
	      "  --impair tx.rate=10mbit,tx.queue=64kb,rx.delay=50ms~10ms\n"
	      "  --impair gemodel=0.5%/20%,seed=3                losses in bursts of five\n",
		file);
}
