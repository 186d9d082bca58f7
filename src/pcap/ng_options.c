/* SPDX-License-Identifier: BSD-3-Clause */

/* Walking options. Input: the end of a block. Output: one option after the other, each inside it.
 */

#include "pcap/ng_options.h"

#include "pcap/format.h"

enum { NG_OPTION_HEADER = 4 };

bool ng_options_next(struct ng_options *options, struct ng_option *option)
{
	size_t rest = options->len - options->at, padded;
	const uint8_t *header;

	if (rest < NG_OPTION_HEADER)
		return false;
	header = options->bytes + options->at;
	option->code = pcap_get16(options->big_endian, header);
	option->len = pcap_get16(options->big_endian, header + 2);
	option->value = header + NG_OPTION_HEADER;
	if (option->code == NG_OPT_END || option->len > rest - NG_OPTION_HEADER)
		return false;
	padded = NG_OPTION_HEADER + ((size_t)option->len + 3) / 4 * 4;
	options->at += padded < rest ? padded : rest;
	return true;
}

bool ng_options_are_whole(const struct ng_options *options)
{
	struct ng_options walk = *options;
	struct ng_option option;

	while (ng_options_next(&walk, &option))
		;
	return walk.len - walk.at < NG_OPTION_HEADER ||
	       pcap_get16(walk.big_endian, walk.bytes + walk.at) == NG_OPT_END;
}

bool pcap_packet_comment(
	const struct pcap_packet *packet, size_t *at, const char **text, size_t *len)
{
	struct ng_options options = {packet->options, packet->options_len, *at, packet->big_endian};
	struct ng_option option;

	while (ng_options_next(&options, &option)) {
		*at = options.at;
		if (option.code != NG_OPT_COMMENT)
			continue;
		*text = (const char *)option.value;
		*len = option.len;
		return true;
	}
	return false;
}
