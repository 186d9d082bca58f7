/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of congestion control algorithms (RFC 9293 3.8.2, MAY-18), and what they share. */

#include "tcp/cc.h"
#include <stddef.h>
#include <string.h>

static const struct cc_ops *const cc_table[] = {&cc_cubic, &cc_newreno, &cc_bbr};

const struct cc_ops *cc_at(unsigned index)
{
	return index < sizeof(cc_table) / sizeof(cc_table[0]) ? cc_table[index] : NULL;
}

const struct cc_ops *cc_find(const char *name)
{
	for (unsigned i = 0; cc_at(i) != NULL; i++) {
		if (strcmp(cc_at(i)->name, name) == 0)
			return cc_at(i);
	}
	return NULL;
}

/* No window grows without end: 2^30 is the largest that window scale can name. */
static const uint32_t cc_max_window = UINT32_C(1) << 30;

void cc_grow(struct cc *cc, uint32_t bytes)
{
	cc->cwnd = bytes > cc_max_window - cc->cwnd ? cc_max_window : cc->cwnd + bytes;
}

uint32_t cc_initial_window(uint32_t mss)
{
	/* RFC 6928 2: min (10*MSS, max (2*MSS, 14600)) */
	uint32_t floor = 2 * mss > 14600 ? 2 * mss : 14600;
	return 10 * mss < floor ? 10 * mss : floor;
}
