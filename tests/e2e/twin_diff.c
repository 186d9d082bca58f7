/* SPDX-License-Identifier: BSD-3-Clause */

/* Compares two captured connections.
 *
 *      twin_diff LEFT.pcap RIGHT.pcap
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
 *   response if there is one (RFC 9293 3.8.6.3, MUST-58, MUST-59). */

#include "twin_trace.h"

static int read_file(const char *path, struct twin_trace *trace)
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
	return result;
}

int main(int argc, char **argv)
{
	struct twin_trace left = {0}, right = {0};
	size_t differing;
	int status = 2;

	if (argc != 3) {
		fprintf(stderr, "usage: twin_diff LEFT.pcap RIGHT.pcap\n");
		return status;
	}
	if (read_file(argv[1], &left) == 0 && read_file(argv[2], &right) == 0) {
		differing = twin_trace_compare(&left, &right, stdout);
		printf("%zu segments, %zu differ\n", left.n, differing);
		status = differing > 0;
	}
	twin_trace_free(&left);
	twin_trace_free(&right);
	return status;
}
