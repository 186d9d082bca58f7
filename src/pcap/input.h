/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PCAP_INPUT_H
#define PCAP_INPUT_H

/* The bytes of a file from front to back, and what went wrong with them. */

#include "pcap/reader.h"

struct pcap_input {
	struct pcap_source source;
	struct evtcp_world world;
	uint64_t at;            /* bytes read so far, by who asks for them */
	size_t begin, end;      /* of those that the source has given ahead, */
	uint8_t ahead[1 << 16]; /* in here */
	uint8_t *block;         /* what pcap_input_block has read */
	size_t block_size;
	/* Once something is wrong, PCAP_PACKET before. */
	enum pcap_status status;
	uint64_t error_at;
	char error[PCAP_ERROR];
};

/* pcap_input_fail: status, at an offset, with a message as of printf. Returns status. Only the
 * first counts. */
__attribute__((format(printf, 4, 5))) enum pcap_status pcap_input_fail(
	struct pcap_input *input, enum pcap_status status, uint64_t at, const char *format, ...);

/* pcap_input_read: len bytes. Returns how many there were: fewer at the end of the file, or if it
 * could not be read, and then input->status is PCAP_FAILED. */
size_t pcap_input_read(struct pcap_input *input, void *bytes, size_t len);

/* pcap_input_skip: passes over so many bytes; how many there were. */
uint64_t pcap_input_skip(struct pcap_input *input, uint64_t len);

/* pcap_input_block: len bytes, into input->block, which grows as they come, so that a length that
 * lies costs nothing. Returns how many there were, as pcap_input_read does. */
size_t pcap_input_block(struct pcap_input *input, size_t len);

#endif
