/* SPDX-License-Identifier: BSD-3-Clause */

/* Compares two captured connections.
 *
 *      twin_diff [--long] LEFT.pcap RIGHT.pcap
 *
 * In: two pcap files with one TCP connection each. Out: both, segment by segment: "="
 * where they are equal, "<" and ">" where not. Exit status 0 if all are equal, 1 if not,
 * 2 if a file cannot be read.
 *
 * What may differ, and why:
 * - pure ACKs that acknowledge nothing new: they say nothing;
 * - the server's pure ACK of a request directly before its response, which says the
 *   same again: Linux acknowledges the first segments of a connection one by one as they
 *   arrive, before the server has read them, evtcp when the batch is over, with the
 *   response if there is one (RFC 9293 3.8.6.3, MUST-58, MUST-59).
 * And with --long, for an answer of many segments, of which sizes, numbers, order and
 * options are compared, and who closes when:
 * - the client's pure ACKs of the answer: the client is the kernel both times, and how
 *   many segments it acknowledges at once hangs on when it looks;
 * - PSH on a segment that more of the answer follows: Linux also sets it when half of the
 *   largest window waits to be sent, and when its send buffer is full; the RFC asks for
 *   it on the last of what there is (RFC 9293 3.9.1.2, MUST-61), where it is compared;
 * - the client's pure ACK of that FIN, where the client's own FIN says the same. */

#include "twin_trace.h"

#include <string.h>

static int read_file(const char *path, bool is_long, struct twin_trace *trace)
{
	FILE *pcap = fopen(path, "rb");
	int result;

	if (!pcap) {
		perror(path);
		return -1;
	}
	result = twin_trace_read(trace, pcap);
	fclose(pcap);
	if (result < 0)
		fprintf(stderr, "%s: %s\n", path, trace->error);
	twin_trace_drop_idle_acks(trace);
	twin_trace_drop_early_acks(trace);
	if (is_long) {
		twin_trace_drop_text_acks(trace);
		twin_trace_clear_inner_pushes(trace);
	}
	return result;
}

int main(int argc, char **argv)
{
	struct twin_trace left = {0}, right = {0};
	bool is_long = argc == 4 && strcmp(argv[1], "--long") == 0;
	size_t differing;
	int status = 2;

	if (argc != (is_long ? 4 : 3)) {
		fprintf(stderr, "usage: twin_diff [--long] LEFT.pcap RIGHT.pcap\n");
		return status;
	}
	if (read_file(argv[argc - 2], is_long, &left) == 0 &&
		read_file(argv[argc - 1], is_long, &right) == 0) {
		differing = twin_trace_compare(&left, &right, stdout);
		printf("%zu segments, %zu differ\n", left.n, differing);
		status = differing > 0;
	}
	twin_trace_free(&left);
	twin_trace_free(&right);
	return status;
}
