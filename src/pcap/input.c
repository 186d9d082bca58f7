/* SPDX-License-Identifier: BSD-3-Clause */

/* From a source that gives bytes in pieces to the bytes that are asked for. Knows no format. */

#include "pcap/input.h"

#include "util/memory.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum { INPUT_PIECE = 65536 };

enum pcap_status pcap_input_fail(
	struct pcap_input *input, enum pcap_status status, uint64_t at, const char *format, ...)
{
	va_list args;

	if (input->status != PCAP_PACKET)
		return input->status;
	input->status = status;
	input->error_at = at;
	va_start(args, format);
	vsnprintf(input->error, sizeof(input->error), format, args);
	va_end(args);
	return status;
}

/* Takes what the source has, as much as it gives at once; false if that is nothing. */
static bool pcap_input_fill(struct pcap_input *input)
{
	ptrdiff_t n = input->source.read(input->source.arg, input->ahead, sizeof(input->ahead));

	if (n < 0)
		pcap_input_fail(input, PCAP_FAILED, input->at, "cannot read: %s", strerror(errno));
	input->begin = 0;
	input->end = n > 0 ? (size_t)n : 0;
	return n > 0;
}

size_t pcap_input_read(struct pcap_input *input, void *bytes, size_t len)
{
	size_t got = 0, n;

	if (input->status != PCAP_PACKET)
		return 0;
	while (got < len && (input->begin < input->end || pcap_input_fill(input))) {
		n = input->end - input->begin;
		if (n > len - got)
			n = len - got;
		memcpy((uint8_t *)bytes + got, input->ahead + input->begin, n);
		input->begin += n;
		got += n;
	}
	input->at += got;
	return got;
}

uint64_t pcap_input_skip(struct pcap_input *input, uint64_t len)
{
	uint8_t bytes[4096];
	uint64_t got = 0;
	size_t n = 1;

	while (got < len && n > 0) {
		uint64_t rest = len - got;

		n = pcap_input_read(
			input, bytes, rest < sizeof(bytes) ? (size_t)rest : sizeof(bytes));
		got += n;
	}
	return got;
}

/* Room for `used` bytes and a piece more, or for all of len. */
static bool pcap_input_grow(struct pcap_input *input, size_t used, size_t len)
{
	size_t size = 2 * used + INPUT_PIECE;
	uint8_t *block;

	if (size > len)
		size = len;
	if (size <= input->block_size)
		return true;
	block = memory_realloc(&input->world, input->block, size);
	if (!block) {
		pcap_input_fail(input, PCAP_FAILED, input->at, "out of memory");
		return false;
	}
	input->block = block;
	input->block_size = size;
	return true;
}

size_t pcap_input_block(struct pcap_input *input, size_t len)
{
	size_t got = 0, n = 1;

	while (got < len && n > 0 && pcap_input_grow(input, got, len)) {
		size_t rest = len - got, room = input->block_size - got;

		n = pcap_input_read(input, input->block + got, rest < room ? rest : room);
		got += n;
	}
	return got;
}
