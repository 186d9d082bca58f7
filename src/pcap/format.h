/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PCAP_FORMAT_H
#define PCAP_FORMAT_H

/* What the readers of both formats share. */

#include "pcap/input.h"
#include "wire/bytes.h"

struct pcap_reader {
	struct pcap_input input;
	enum pcap_status (*next)(struct pcap_reader *reader, struct pcap_packet *packet);
	bool big_endian;  /* of the section */
	bool nanoseconds; /* of a classic file */
	bool is_evtcp;    /* of the section */
	struct pcap_interface *interfaces;
	unsigned n_interfaces, size_interfaces;
};

static inline uint16_t pcap_get16(bool big_endian, const uint8_t *p)
{
	return big_endian ? bytes_get16(p) : (uint16_t)(p[1] << 8 | p[0]);
}

static inline uint32_t pcap_get32(bool big_endian, const uint8_t *p)
{
	return big_endian
		       ? bytes_get32(p)
		       : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* pcap_get64: eight octets in the byte order of the file. */
static inline uint64_t pcap_get64(bool big_endian, const uint8_t *p)
{
	uint64_t first = pcap_get32(big_endian, p), second = pcap_get32(big_endian, p + 4);

	return big_endian ? first << 32 | second : second << 32 | first;
}

/* pcap_reader_add_interface: one more; NULL, with the reader failed, if there are too many or there
 * is no memory. */
struct pcap_interface *pcap_reader_add_interface(struct pcap_reader *reader, uint64_t at);

/* pcap_classic_open: reads the rest of the file header, whose first four bytes are given, and takes
 * over if they begin one; false if not. */
bool pcap_classic_open(struct pcap_reader *reader, const uint8_t magic[4]);

/* pcap_ng_open: the same, for a Section Header Block. */
bool pcap_ng_open(struct pcap_reader *reader, const uint8_t magic[4]);

#endif
