/* SPDX-License-Identifier: BSD-3-Clause */

/* Which format a file has, and what both have in common. Input: the first bytes of the file.
 * Output: one of the two readers takes over (classic.c, ng.c). */

#include "pcap/format.h"

#include "util/memory.h"

#include <assert.h>

/* The first thing that is asked of a file is what it is. */
static enum pcap_status pcap_reader_begin(struct pcap_reader *reader, struct pcap_packet *packet)
{
	struct pcap_input *input = &reader->input;
	uint8_t magic[4];
	size_t got = pcap_input_read(input, magic, sizeof(magic));

	if (input->status != PCAP_PACKET)
		return input->status;
	if (got == 0)
		return pcap_input_fail(input, PCAP_BAD, 0, "the file is empty");
	if (got >= 2 && magic[0] == 0x1f && magic[1] == 0x8b)
		return pcap_input_fail(input, PCAP_BAD, 0, "compressed by gzip: unpack it first");
	if (got == 4 && bytes_get32(magic) == 0x28b52ffd)
		return pcap_input_fail(input, PCAP_BAD, 0, "compressed by zstd: unpack it first");
	if (got == 4 && (pcap_classic_open(reader, magic) || pcap_ng_open(reader, magic)))
		return input->status == PCAP_PACKET ? reader->next(reader, packet) : input->status;
	return pcap_input_fail(input, PCAP_BAD, 0, "neither pcap nor pcapng");
}

struct pcap_reader *pcap_reader_new(
	const struct pcap_source *source, const struct evtcp_world *world)
{
	struct pcap_reader *reader = memory_zalloc(world, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->input.source = *source;
	reader->input.world = *world;
	reader->input.status = PCAP_PACKET;
	reader->next = pcap_reader_begin;
	return reader;
}

void pcap_reader_free(struct pcap_reader *reader)
{
	struct evtcp_world world;

	if (!reader)
		return;
	world = reader->input.world;
	memory_free(&world, reader->input.block);
	memory_free(&world, reader->interfaces);
	memory_free(&world, reader);
}

enum pcap_status pcap_reader_next(struct pcap_reader *reader, struct pcap_packet *packet)
{
	enum pcap_status status = reader->input.status;

	*packet = (struct pcap_packet){0};
	if (status == PCAP_PACKET)
		status = reader->next(reader, packet);
	assert((status == PCAP_PACKET || status == reader->input.status) &&
		"what ends a file is remembered");
	return status;
}

const char *pcap_reader_error(const struct pcap_reader *reader)
{
	return reader->input.error;
}

uint64_t pcap_reader_error_at(const struct pcap_reader *reader)
{
	return reader->input.error_at;
}

bool pcap_reader_is_evtcp(const struct pcap_reader *reader)
{
	return reader->is_evtcp;
}

struct pcap_interface *pcap_reader_add_interface(struct pcap_reader *reader, uint64_t at)
{
	unsigned size = reader->size_interfaces ? 2 * reader->size_interfaces : 4;
	struct pcap_interface *interfaces = reader->interfaces;

	if (reader->n_interfaces == PCAP_MAX_INTERFACES) {
		pcap_input_fail(&reader->input, PCAP_BAD, at,
			"more than %d interfaces in one section", PCAP_MAX_INTERFACES);
		return NULL;
	}
	if (reader->n_interfaces == reader->size_interfaces) {
		interfaces = memory_realloc(
			&reader->input.world, interfaces, size * sizeof(*interfaces));
		if (!interfaces) {
			pcap_input_fail(&reader->input, PCAP_FAILED, at, "out of memory");
			return NULL;
		}
		reader->interfaces = interfaces;
		reader->size_interfaces = size;
	}
	interfaces += reader->n_interfaces++;
	*interfaces = (struct pcap_interface){.resolution = 6};
	return interfaces;
}
