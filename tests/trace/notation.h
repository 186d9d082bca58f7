/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NOTATION_H
#define NOTATION_H

/* A packet as a line of text, in the notation of tcpdump and packetdrill:
 *
 *     P. 1:1001(1000) ack 1 win 65535 <nop, nop, ts val 200 ecr 100> {data}
 *     icmp 3 1 about 1
 *
 * Numbers are relative to the ISN of their side. */

#include "fragment.h"
#include "packet.h"
#include "scan.h"
#include <evtcp/link.h>

/* Bits of notation.given: what a line says beyond flags and numbers. */
enum {
	GIVEN_ACK = 1u << 0,
	GIVEN_WINDOW = 1u << 1,
	GIVEN_URGENT = 1u << 2,
	GIVEN_OPTIONS = 1u << 3,
	GIVEN_TS_VALUES = 1u << 4, /* "ts val N ecr N", not just "ts" */
	GIVEN_CAUSE = 1u << 5,
	GIVEN_COUNT = 1u << 6, /* of the cause: "{rto #2}" */
	GIVEN_TTL = 1u << 7,
	GIVEN_DSCP = 1u << 8,
	GIVEN_ABSOLUTE = 1u << 9, /* "=0:0(0)": the sequence number is not relative */
	GIVEN_ALTERED = 1u << 10, /* the payload is not the stream's */
	GIVEN_ABOUT = 1u << 11,   /* an ICMP error quotes our segment at `about` */
	GIVEN_LENGTH = 1u << 12,  /* "(56)" behind ICMP */
	GIVEN_SOURCE = 1u << 13,  /* "from A.B.C.D" */
	GIVEN_DESTINATION = 1u << 14,
	GIVEN_ECN = 1u << 15,       /* "ce" */
	GIVEN_COOKIE = 1u << 16,    /* "FO cookie", "FO new": one that the stack has made, */
	GIVEN_NEW_COOKIE = 1u << 17 /* "FO new": another than before */
};

struct notation {
	struct packet packet; /* numbers relative; src and dst 0 unless given */
	unsigned given;
	uint32_t about;
	struct fragment fragment; /* "frag ID:SIZE@OFFSET+": only this part of it is sent */
	struct evtcp_reason reason;
};

/* The words for the four values of the ECN field (RFC 3168 5). */
extern const char *const notation_ecn_names[4];

/* notation_scan: reads one packet, up to the end of the line. False with
 * scan->error set when it is not one. */
bool notation_scan(struct scan *scan, struct notation *notation);

/* notation_format: the reverse, all that is given. Always terminated, cut if it
 * does not fit (NOTATION_TEXT suffices). Returns text. */
enum { NOTATION_TEXT = 512 };
char *notation_format(const struct notation *notation, char *text, size_t size);

/* notation_scan_options: reads "<mss 1000, nop, wscale 7>", commas optional. */
bool notation_scan_options(struct scan *scan, struct notation *notation);

/* notation_scan_option: reads one of them, without the brackets; false without an
 * error when the next word is no option. */
bool notation_scan_option(struct scan *scan, struct notation *notation);

#endif
