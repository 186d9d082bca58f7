/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TWIN_TRACE_H
#define TWIN_TRACE_H

/* One captured TCP connection in a form in which two of them can be compared: what
 * chance and clock decide (initial sequence numbers, ports, times, timestamp values) is
 * gone, what a TCP decides is there. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TWIN_OPTION_MAX 40

struct twin_segment {
	bool from_server;
	uint8_t flags;                  /* the header's byte */
	uint32_t seq;                   /* relative: the SYN has 0 */
	uint32_t ack;                   /* relative, 0 without ACK flag */
	uint32_t len;                   /* bytes of payload */
	uint8_t kinds[TWIN_OPTION_MAX]; /* of the options, in order, NOPs too */
	uint8_t n_kinds;
	uint16_t mss; /* of the MSS option, 0 without */
};

struct twin_trace {
	struct twin_segment *segments;
	size_t n;
	char error[160]; /* empty, or why the capture could not be read */
};

/* twin_trace_read: reads a pcap file that holds IPv4 or IPv6 over Ethernet or raw IP, either
 * byte order. Who sends the first SYN is the client. 0, or -1 with trace->error: not a
 * pcap file, a packet cut short, a second TCP connection, no SYN first. Packets that
 * are not IP and TCP are left out. Free with twin_trace_free either way. */
int twin_trace_read(struct twin_trace *trace, FILE *pcap);
void twin_trace_free(struct twin_trace *trace);

/* twin_trace_drop_idle_acks: takes out the pure ACKs (no payload, no other flag) that
 * acknowledge nothing that the same side has not acknowledged before. */
void twin_trace_drop_idle_acks(struct twin_trace *trace);

/* twin_trace_drop_early_acks: takes out the server's pure ACKs that the very next
 * segment, data of the server, says again. */
void twin_trace_drop_early_acks(struct twin_trace *trace);

/* For an answer of many segments. twin_trace_drop_text_acks: takes out the client's pure
 * ACKs of the server's text, and that of its FIN where the client's own says the same.
 * twin_trace_clear_inner_pushes: takes PSH off each segment of the server's text that more
 * of it follows. */
void twin_trace_drop_text_acks(struct twin_trace *trace);
void twin_trace_clear_inner_pushes(struct twin_trace *trace);

/* twin_segment_equal: equal in everything. */
bool twin_segment_equal(const struct twin_segment *a, const struct twin_segment *b);

/* twin_segment_format: "S > C  P. 1:147(146) ack 79 <nop nop ts>", always terminated
 * (TWIN_TEXT suffices). Returns text. */
#define TWIN_TEXT 320
char *twin_segment_format(const struct twin_segment *segment, char *text, size_t size);

/* twin_trace_compare: prints both, segment by segment, to out; the ones that differ
 * are marked. Returns how many differ. */
size_t twin_trace_compare(const struct twin_trace *left, const struct twin_trace *right, FILE *out);

#endif
