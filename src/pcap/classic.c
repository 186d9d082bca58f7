/* SPDX-License-Identifier: BSD-3-Clause */

/* The classic capture file (draft-ietf-opsawg-pcap): a header of 24 bytes, then records, each of 16
 * bytes of time and lengths, and a packet.
 *
 * Not read: the variants of the nineties with other record headers. */

#include "pcap/format.h"

#include <inttypes.h>

enum {
	CLASSIC_HEADER = 24,
	CLASSIC_RECORD = 16,
	CLASSIC_US_PER_S = 1000000,
	CLASSIC_NS_PER_US = 1000
};

#define CLASSIC_NS_PER_S UINT64_C(1000000000)

static enum pcap_status classic_cut(struct pcap_reader *reader, uint64_t at, const char *what)
{
	return pcap_input_fail(
		&reader->input, PCAP_CUT, at, "the file ends within the %s that begins here", what);
}

static void classic_read_times(
	const struct pcap_reader *reader, const uint8_t *record, struct pcap_packet *packet)
{
	uint64_t s = pcap_get32(reader->big_endian, record);
	uint64_t fraction = pcap_get32(reader->big_endian, record + 4);

	packet->timed = true;
	packet->at_ns =
		s * CLASSIC_NS_PER_S + fraction * (reader->nanoseconds ? 1 : CLASSIC_NS_PER_US);
}

static enum pcap_status classic_next(struct pcap_reader *reader, struct pcap_packet *packet)
{
	struct pcap_input *input = &reader->input;
	uint64_t at = input->at;
	uint8_t record[CLASSIC_RECORD] = {0};
	size_t got = pcap_input_read(input, record, sizeof(record));
	uint32_t len = pcap_get32(reader->big_endian, record + 8);
	uint32_t whole_len = pcap_get32(reader->big_endian, record + 12);

	if (input->status != PCAP_PACKET)
		return input->status;
	if (got == 0)
		return pcap_input_fail(input, PCAP_END, at, "%s", "");
	if (got < sizeof(record))
		return classic_cut(reader, at, "record header");
	if (len > PCAP_MAX_BLOCK)
		return pcap_input_fail(input, PCAP_BAD, at,
			"a record of %" PRIu32 " bytes: no packet is longer than %u", len,
			PCAP_MAX_BLOCK);
	packet->len = pcap_input_block(input, len);
	if (input->status != PCAP_PACKET)
		return input->status;
	packet->bytes = input->block;
	packet->whole_len = whole_len > len ? whole_len : len;
	packet->interface = reader->interfaces;
	classic_read_times(reader, record, packet);
	packet->cut = packet->len < len;
	if (packet->cut)
		classic_cut(reader, at, "packet");
	return PCAP_PACKET;
}

static bool classic_read_magic(struct pcap_reader *reader, const uint8_t magic[4])
{
	switch (bytes_get32(magic)) {
	case 0xa1b2c3d4:
		reader->big_endian = true;
		return true;
	case 0xd4c3b2a1:
		return true;
	case 0xa1b23c4d:
		reader->big_endian = reader->nanoseconds = true;
		return true;
	case 0x4d3cb2a1:
		reader->nanoseconds = true;
		return true;
	default:
		return false;
	}
}

bool pcap_classic_open(struct pcap_reader *reader, const uint8_t magic[4])
{
	uint8_t header[CLASSIC_HEADER];
	struct pcap_interface *interface;
	uint16_t version;

	if (!classic_read_magic(reader, magic))
		return false;
	reader->next = classic_next;
	if (pcap_input_read(&reader->input, header + 4, sizeof(header) - 4) < sizeof(header) - 4) {
		classic_cut(reader, 0, "file header");
		return true;
	}
	version = pcap_get16(reader->big_endian, header + 4);
	if (version != 2) {
		pcap_input_fail(&reader->input, PCAP_BAD, 0,
			"pcap of version %u: only version 2 is known", version);
		return true;
	}
	interface = pcap_reader_add_interface(reader, 0);
	if (interface) {
		interface->snaplen = pcap_get32(reader->big_endian, header + 16);
		/* The upper half tells of check sequences behind each frame. */
		interface->link_type = pcap_get32(reader->big_endian, header + 20) & 0xffff;
	}
	return true;
}
