/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PCAP_READER_H
#define PCAP_READER_H

/* Capture files, packet by packet: the classic format of tcpdump (draft-ietf-opsawg-pcap), with
 * microseconds or nanoseconds, and pcapng (draft-ietf-opsawg-pcapng), either byte order.
 *
 * It reads from front to back and never goes back, so a pipe will do; it holds one block at a time.
 * What the file says of itself is believed only as far as its bytes go: each length is compared
 * with the one around it, and a file that contradicts itself is refused from there on, with the
 * offset and the reason. */

#include <evtcp/types.h>
#include <stdbool.h>

/* The largest packet, or block with something for us in it, that is read: more than any link
 * carries (libpcap takes a quarter of a mebibyte). */
#define PCAP_MAX_BLOCK (16u << 20)

/* Interfaces of one section. */
#define PCAP_MAX_INTERFACES 4096

#define PCAP_NAME 32
#define PCAP_ERROR 160

/* Where the bytes come from. read: up to len bytes, at least one; 0 at the end; -1 with errno. */
struct pcap_source {
	ptrdiff_t (*read)(void *arg, void *bytes, size_t len);
	void *arg;
};

/* Where packets were captured. */
struct pcap_interface {
	uint16_t link_type; /* LINKTYPE_... (frame.h) */
	uint8_t resolution; /* of times, as in if_tsresol: 10^-n s, or 2^-n s with the upper bit */
	uint32_t snaplen;   /* bytes of a packet that are kept; 0: all */
	int64_t offset_s;   /* to be added to its times */
	char name[PCAP_NAME]; /* as the file has it, a stranger's text, cut; "" without one */
};

enum pcap_direction { PCAP_UNKNOWN, PCAP_INBOUND, PCAP_OUTBOUND };

/* A packet, valid until the next call. */
struct pcap_packet {
	const uint8_t *bytes; /* from its link header on */
	size_t len;           /* of them */
	size_t whole_len;     /* of the packet, as it was on its link: len or more */
	bool cut;             /* the file ends within it */
	bool timed;
	uint64_t at_ns; /* since 1970, if timed */
	const struct pcap_interface *interface;
	unsigned interface_index; /* in its section */
	uint32_t device;          /* which of several, where the link header tells (frame.h) */
	enum pcap_direction direction;
	uint64_t lost; /* packets that the capture lacks before this one; 0 if it does not say */
	const uint8_t *options; /* for pcap_packet_comment */
	size_t options_len;
	bool big_endian; /* numbers in options */
};

enum pcap_status {
	PCAP_PACKET,
	PCAP_END,
	PCAP_CUT,   /* the file ends where it should not */
	PCAP_BAD,   /* it is none that we know, or contradicts itself */
	PCAP_FAILED /* it could not be read, or there is no memory */
};

struct pcap_reader;

/* pcap_reader_new: reads from source (copied), with memory from world (copied). Reads nothing yet.
 * NULL without memory. */
struct pcap_reader *pcap_reader_new(
	const struct pcap_source *source, const struct evtcp_world *world);

/* pcap_reader_free: NULL is fine. */
void pcap_reader_free(struct pcap_reader *reader);

/* pcap_reader_next: the next packet into *packet, or why there is none; that remains so. A packet
 * in which the file ends is given as far as it goes, and then comes PCAP_CUT. */
enum pcap_status pcap_reader_next(struct pcap_reader *reader, struct pcap_packet *packet);

/* pcap_reader_error: what is wrong, after PCAP_CUT, PCAP_BAD and PCAP_FAILED, for a person: ASCII,
 * in our own words. pcap_reader_error_at: where in the file, in bytes: of the block or record. */
const char *pcap_reader_error(const struct pcap_reader *reader);
uint64_t pcap_reader_error_at(const struct pcap_reader *reader);

/* pcap_reader_is_evtcp: the section at hand says that evtcp wrote it. */
bool pcap_reader_is_evtcp(const struct pcap_reader *reader);

/* pcap_packet_comment: the comment that begins at *at of the packet's options, 0 for the first: a
 * stranger's text of *len bytes, not terminated. False if there is no more; else *at is moved on.
 */
bool pcap_packet_comment(
	const struct pcap_packet *packet, size_t *at, const char **text, size_t *len);

#endif
