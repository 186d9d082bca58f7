/* SPDX-License-Identifier: BSD-3-Clause */

/* pcapng (draft-ietf-opsawg-pcapng): blocks, each with its type, its length before and behind it,
 * and options at its end.
 *
 *     Section Header            byte order; interfaces begin anew
 *     Interface Description     link type, snapshot length, name, unit of time
 *     Enhanced Packet           and the obsolete Packet, and Simple Packet
 *
 * Input: blocks. Output: packets. All others are passed over, whatever their length. Lengths must
 * agree: those of a block with each other, and what is inside with the block. */

#include "pcap/format.h"
#include "pcap/ng_options.h"
#include "pcap/time.h"

#include <inttypes.h>
#include <string.h>

enum {
	NG_SECTION_HEADER = 0x0A0D0D0A, /* reads the same in either order */
	NG_INTERFACE = 1,
	NG_PACKET = 2, /* obsolete */
	NG_SIMPLE_PACKET = 3,
	NG_ENHANCED_PACKET = 6,
	NG_BYTE_ORDER_MAGIC = 0x1A2B3C4D,

	NG_HEADER = 8,         /* type, length */
	NG_TRAILER = 4,        /* the length again */
	NG_SECTION_ORDER = 4,  /* of a section's body, the byte order, which is read first, */
	NG_SECTION_FIXED = 12, /* and what else is fixed: version, length */
	NG_INTERFACE_FIXED = 8,
	NG_PACKET_FIXED = 20, /* of the enhanced and of the obsolete one */
	NG_SIMPLE_FIXED = 4
};

/* A block: its type, where it begins, its body. */
struct ng_block {
	uint32_t type;
	uint64_t at;
	const uint8_t *body;
	size_t len;
	bool cut; /* the file ends within it */
};

static enum pcap_status ng_bad(
	struct pcap_reader *reader, const struct ng_block *block, const char *what)
{
	return pcap_input_fail(&reader->input, PCAP_BAD, block->at,
		"the block of type 0x%08" PRIx32 " that begins here: %s", block->type, what);
}

static enum pcap_status ng_cut(struct pcap_reader *reader, const struct ng_block *block)
{
	return pcap_input_fail(&reader->input, PCAP_CUT, block->at,
		"the file ends within the block of type 0x%08" PRIx32 " that begins here",
		block->type);
}

static uint32_t ng_u32(const struct pcap_reader *reader, const uint8_t *p)
{
	return pcap_get32(reader->big_endian, p);
}

static struct ng_options ng_options_of(
	const struct pcap_reader *reader, const struct ng_block *block, size_t fixed)
{
	return (struct ng_options){block->body + fixed, block->len - fixed, 0, reader->big_endian};
}

/* ---- sections and interfaces ------------------------------------------- */

static enum pcap_status ng_read_section(struct pcap_reader *reader, const struct ng_block *block)
{
	struct ng_options options;
	struct ng_option option;
	uint16_t major;

	if (block->len < NG_SECTION_FIXED)
		return ng_bad(reader, block, "too short for a section header");
	major = pcap_get16(reader->big_endian, block->body);
	if (major != 1)
		return ng_bad(reader, block, "a version of pcapng that is not known");
	reader->n_interfaces = 0;
	reader->is_evtcp = false;
	options = ng_options_of(reader, block, NG_SECTION_FIXED);
	if (!ng_options_are_whole(&options))
		return ng_bad(reader, block, "an option runs out of it");
	while (ng_options_next(&options, &option))
		if (option.code == NG_SHB_USERAPPL)
			reader->is_evtcp = option.len == 5 && memcmp(option.value, "evtcp", 5) == 0;
	return PCAP_PACKET;
}

static void ng_read_interface_option(const struct pcap_reader *reader,
	struct pcap_interface *interface, const struct ng_option *option)
{
	size_t len = option->len < PCAP_NAME - 1 ? option->len : PCAP_NAME - 1;

	switch (option->code) {
	case NG_IF_NAME:
		memcpy(interface->name, option->value, len);
		interface->name[len] = '\0';
		break;
	case NG_IF_TSRESOL:
		if (option->len == 1)
			interface->resolution = option->value[0];
		break;
	case NG_IF_TSOFFSET:
		if (option->len == 8)
			interface->offset_s =
				(int64_t)pcap_get64(reader->big_endian, option->value);
		break;
	default:
		break;
	}
}

static enum pcap_status ng_read_interface(struct pcap_reader *reader, const struct ng_block *block)
{
	struct pcap_interface *interface;
	struct ng_options options;
	struct ng_option option;

	if (block->len < NG_INTERFACE_FIXED)
		return ng_bad(reader, block, "too short for an interface description");
	options = ng_options_of(reader, block, NG_INTERFACE_FIXED);
	if (!ng_options_are_whole(&options))
		return ng_bad(reader, block, "an option runs out of it");
	interface = pcap_reader_add_interface(reader, block->at);
	if (!interface)
		return reader->input.status;
	interface->link_type = pcap_get16(reader->big_endian, block->body);
	interface->snaplen = ng_u32(reader, block->body + 4);
	while (ng_options_next(&options, &option))
		ng_read_interface_option(reader, interface, &option);
	return PCAP_PACKET;
}

/* ---- packets ------------------------------------------------------------- */

static void ng_read_packet_options(
	const struct pcap_reader *reader, const struct ng_block *block, struct pcap_packet *packet)
{
	struct ng_options options = {packet->options, packet->options_len, 0, reader->big_endian};
	struct ng_option option;

	while (ng_options_next(&options, &option)) {
		if (option.code == NG_EPB_FLAGS && option.len == 4) {
			uint32_t direction = ng_u32(reader, option.value) & 3;

			packet->direction =
				direction < 3 ? (enum pcap_direction)direction : PCAP_UNKNOWN;
		}
		if (option.code == NG_EPB_DROPCOUNT && option.len == 8 &&
			block->type == NG_ENHANCED_PACKET)
			packet->lost = pcap_get64(reader->big_endian, option.value);
	}
}

/* The bytes of a packet that stand behind what is fixed, and the options behind those. */
static enum pcap_status ng_read_bytes(struct pcap_reader *reader, const struct ng_block *block,
	size_t fixed, struct pcap_packet *packet)
{
	size_t rest = block->len - fixed, padded = (packet->len + 3) / 4 * 4;
	struct ng_options options;

	if (packet->whole_len < packet->len)
		packet->whole_len = packet->len;
	packet->bytes = block->body + fixed;
	packet->cut = block->cut && packet->len > rest;
	if (packet->len > rest && !block->cut)
		return ng_bad(reader, block, "the packet is longer than the block that it is in");
	if (packet->len > rest)
		packet->len = rest;
	if (padded >= rest || block->cut)
		return PCAP_PACKET;
	packet->options = packet->bytes + padded;
	packet->options_len = rest - padded;
	packet->big_endian = reader->big_endian;
	options = (struct ng_options){packet->options, packet->options_len, 0, reader->big_endian};
	if (!ng_options_are_whole(&options))
		return ng_bad(reader, block, "an option runs out of it");
	ng_read_packet_options(reader, block, packet);
	return PCAP_PACKET;
}

static enum pcap_status ng_find_interface(struct pcap_reader *reader, const struct ng_block *block,
	uint32_t index, struct pcap_packet *packet)
{
	if (index >= reader->n_interfaces)
		return ng_bad(reader, block, "its interface is not described before it");
	packet->interface_index = index;
	packet->interface = &reader->interfaces[index];
	return PCAP_PACKET;
}

/* An Enhanced Packet Block, or the obsolete one, which has a smaller field for the interface and
 * says there how many packets were lost. */
static enum pcap_status ng_read_packet(
	struct pcap_reader *reader, const struct ng_block *block, struct pcap_packet *packet)
{
	const uint8_t *body = block->body;
	uint32_t index;

	if (block->len < NG_PACKET_FIXED)
		return block->cut ? ng_cut(reader, block)
				  : ng_bad(reader, block, "too short for a packet");
	index = ng_u32(reader, body);
	if (block->type == NG_PACKET) {
		uint16_t lost = pcap_get16(reader->big_endian, body + 2);

		index = pcap_get16(reader->big_endian, body);
		packet->lost = lost == UINT16_MAX ? 0 : lost; /* all ones: not known */
	}
	if (ng_find_interface(reader, block, index, packet) != PCAP_PACKET)
		return reader->input.status;
	packet->timed = true;
	packet->at_ns =
		pcap_time_ns((uint64_t)ng_u32(reader, body + 4) << 32 | ng_u32(reader, body + 8),
			packet->interface->resolution, packet->interface->offset_s);
	packet->len = ng_u32(reader, body + 12);
	packet->whole_len = ng_u32(reader, body + 16);
	return ng_read_bytes(reader, block, NG_PACKET_FIXED, packet);
}

/* A Simple Packet Block: of the first interface, without a time, and without a length of its own:
 * as much is there as the snapshot length allows. */
static enum pcap_status ng_read_simple(
	struct pcap_reader *reader, const struct ng_block *block, struct pcap_packet *packet)
{
	uint32_t snaplen;
	size_t rest;

	if (block->len < NG_SIMPLE_FIXED)
		return block->cut ? ng_cut(reader, block)
				  : ng_bad(reader, block, "too short for a packet");
	if (ng_find_interface(reader, block, 0, packet) != PCAP_PACKET)
		return reader->input.status;
	snaplen = packet->interface->snaplen;
	packet->whole_len = packet->len = ng_u32(reader, block->body);
	if (snaplen != 0 && packet->len > snaplen)
		packet->len = snaplen;
	rest = block->len - NG_SIMPLE_FIXED;
	if (rest < packet->len)
		packet->len = rest;
	return ng_read_bytes(reader, block, NG_SIMPLE_FIXED, packet);
}

/* ---- blocks --------------------------------------------------------------- */

static bool ng_matters(uint32_t type)
{
	return type == NG_SECTION_HEADER || type == NG_INTERFACE || type == NG_PACKET ||
	       type == NG_SIMPLE_PACKET || type == NG_ENHANCED_PACKET;
}

/* The byte order of the section that begins: its first field says it, before the length of the
 * block can be read. */
static bool ng_read_byte_order(struct pcap_reader *reader, const uint8_t *body)
{
	reader->big_endian = bytes_get32(body) == NG_BYTE_ORDER_MAGIC;
	return reader->big_endian || pcap_get32(false, body) == NG_BYTE_ORDER_MAGIC;
}

/* Reads the rest of the block, which has total bytes, and compares the lengths before and behind
 * it. */
static enum pcap_status ng_read_body(
	struct pcap_reader *reader, struct ng_block *block, uint32_t total)
{
	struct pcap_input *input = &reader->input;
	size_t wanted = total - (size_t)(input->at - block->at);
	size_t got = pcap_input_block(input, wanted);

	if (input->status != PCAP_PACKET)
		return input->status;
	block->body = input->block;
	block->len = got;
	block->cut = got < wanted;
	if (block->cut)
		return PCAP_PACKET;
	block->len = wanted - NG_TRAILER;
	if (ng_u32(reader, input->block + block->len) != total)
		return ng_bad(reader, block, "the lengths before and behind it differ");
	return PCAP_PACKET;
}

static enum pcap_status ng_check_total(
	struct pcap_reader *reader, const struct ng_block *block, uint32_t total)
{
	if (total < NG_HEADER + NG_TRAILER || total % 4 != 0)
		return pcap_input_fail(&reader->input, PCAP_BAD, block->at,
			"the block of type 0x%08" PRIx32 " that begins here cannot have %" PRIu32
			" bytes",
			block->type, total);
	if (ng_matters(block->type) && total > PCAP_MAX_BLOCK)
		return pcap_input_fail(&reader->input, PCAP_BAD, block->at,
			"the block of type 0x%08" PRIx32 " that begins here has %" PRIu32
			" bytes, more than %u",
			block->type, total, PCAP_MAX_BLOCK);
	return PCAP_PACKET;
}

static enum pcap_status ng_skip(struct pcap_reader *reader, struct ng_block *block, uint32_t total)
{
	struct pcap_input *input = &reader->input;
	uint8_t trailer[NG_TRAILER];
	uint64_t wanted = total - NG_HEADER - NG_TRAILER;

	if (pcap_input_skip(input, wanted) < wanted ||
		pcap_input_read(input, trailer, sizeof(trailer)) < sizeof(trailer))
		return ng_cut(reader, block);
	if (ng_u32(reader, trailer) != total)
		return ng_bad(reader, block, "the lengths before and behind it differ");
	return PCAP_PACKET;
}

/* A section's header. Without its byte order its length cannot be read. */
static enum pcap_status ng_next_section(
	struct pcap_reader *reader, struct ng_block *block, const uint8_t *total_bytes)
{
	struct pcap_input *input = &reader->input;
	uint8_t order[NG_SECTION_ORDER];
	uint32_t total;

	if (pcap_input_read(input, order, sizeof(order)) < sizeof(order))
		return ng_cut(reader, block);
	if (!ng_read_byte_order(reader, order))
		return ng_bad(reader, block, "its byte order is not known");
	total = ng_u32(reader, total_bytes);
	if (ng_check_total(reader, block, total) != PCAP_PACKET)
		return input->status;
	if (total < NG_HEADER + NG_SECTION_ORDER + NG_SECTION_FIXED + NG_TRAILER)
		return ng_bad(reader, block, "too short for a section header");
	if (ng_read_body(reader, block, total) != PCAP_PACKET)
		return input->status;
	return block->cut ? ng_cut(reader, block) : ng_read_section(reader, block);
}

/* What is in the block goes to *packet, if it holds one, or to the reader. */
static enum pcap_status ng_read_block(
	struct pcap_reader *reader, const struct ng_block *block, struct pcap_packet *packet)
{
	enum pcap_status status;

	if (block->type == NG_INTERFACE)
		return block->cut ? ng_cut(reader, block) : ng_read_interface(reader, block);
	status = block->type == NG_SIMPLE_PACKET ? ng_read_simple(reader, block, packet)
						 : ng_read_packet(reader, block, packet);
	if (status == PCAP_PACKET && block->cut)
		ng_cut(reader, block); /* for the next call */
	return status;
}

static enum pcap_status ng_next_block(
	struct pcap_reader *reader, struct ng_block *block, struct pcap_packet *packet)
{
	struct pcap_input *input = &reader->input;
	uint8_t header[NG_HEADER];
	size_t got = pcap_input_read(input, header, sizeof(header));
	uint32_t total;

	if (got == 0)
		return pcap_input_fail(input, PCAP_END, block->at, "%s", "");
	if (got < sizeof(header))
		return pcap_input_fail(input, PCAP_CUT, block->at,
			"the file ends within the head of the block that begins here");
	block->type = ng_u32(reader, header);
	if (block->type == NG_SECTION_HEADER)
		return ng_next_section(reader, block, header + 4);
	total = ng_u32(reader, header + 4);
	if (ng_check_total(reader, block, total) != PCAP_PACKET)
		return input->status;
	if (!ng_matters(block->type))
		return ng_skip(reader, block, total);
	if (ng_read_body(reader, block, total) != PCAP_PACKET)
		return input->status;
	return ng_read_block(reader, block, packet);
}

static enum pcap_status ng_next(struct pcap_reader *reader, struct pcap_packet *packet)
{
	struct ng_block block = {0};
	enum pcap_status status;

	do {
		block = (struct ng_block){.at = reader->input.at};
		status = ng_next_block(reader, &block, packet);
	} while (status == PCAP_PACKET && packet->interface == NULL);
	return status;
}

bool pcap_ng_open(struct pcap_reader *reader, const uint8_t magic[4])
{
	struct ng_block block = {.type = NG_SECTION_HEADER};
	uint8_t total[4];

	if (bytes_get32(magic) != NG_SECTION_HEADER)
		return false;
	reader->next = ng_next;
	if (pcap_input_read(&reader->input, total, sizeof(total)) < sizeof(total))
		ng_cut(reader, &block);
	else
		ng_next_section(reader, &block, total);
	return true;
}
