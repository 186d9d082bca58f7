/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PCAP_NG_OPTIONS_H
#define PCAP_NG_OPTIONS_H

/* The options at the end of a pcapng block: a code, a length, a value, and padding to four octets.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NG_OPT_END = 0,
	NG_OPT_COMMENT = 1,
	NG_SHB_USERAPPL = 4,
	NG_IF_NAME = 2,
	NG_IF_TSRESOL = 9,
	NG_IF_TSOFFSET = 14,
	NG_EPB_FLAGS = 2,
	NG_EPB_DROPCOUNT = 4
};

struct ng_options {
	const uint8_t *bytes;
	size_t len;
	size_t at; /* of the next */
	bool big_endian;
};

struct ng_option {
	uint16_t code;
	uint16_t len;
	const uint8_t *value;
};

/* ng_options_next: the next option; false at the end, and where the rest holds no whole one. */
bool ng_options_next(struct ng_options *options, struct ng_option *option);

/* ng_options_are_whole: walks them all: none runs out of the block. */
bool ng_options_are_whole(const struct ng_options *options);

#endif
