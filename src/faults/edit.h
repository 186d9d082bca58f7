/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAULTS_EDIT_H
#define FAULTS_EDIT_H

/* A copy of a TCP segment in which something is changed. Checksums are made right again unless one
 * is what is to be wrong. */

#include "faults/script.h"
#include "trace/packet_view.h"

enum { EDIT_MAX = 65535 };

struct edit {
	size_t len; /* bytes; 0: there is no copy yet */
	size_t tcp_at, payload_at;
	uint8_t bytes[EDIT_MAX];
};

/* edit_begin: copies packet, of which view is the view. false: it is too large. */
bool edit_begin(
	struct edit *edit, const struct evtcp_packet *packet, const struct packet_view *view);

/* Each changes one thing; what the segment does not have is left alone, and false is returned. */
bool edit_corrupt(struct edit *edit, enum script_field field);
bool edit_truncate(struct edit *edit, uint32_t payload_len); /* headers still tell the old length */
bool edit_mss(struct edit *edit, uint16_t mss);
bool edit_window(struct edit *edit, uint16_t most); /* as in the header: not scaled */
bool edit_ack(struct edit *edit, uint32_t ack);     /* SACK blocks go, too */
bool edit_fin(struct edit *edit);                   /* takes it off */

#endif
