/* SPDX-License-Identifier: BSD-3-Clause */

/* Changes to a copy of a segment, octet by octet: what is not named stays as it was.
 *
 * In: a packet and what to change. Out: the packet, with a checksum that is right for what it says
 * now, so that its receiver believes it. Nothing is sent here. */

#include "faults/edit.h"

#include "wire/bytes.h"

#include <string.h>

enum {
	/* Where things stand in a TCP header (RFC 9293 3.1). */
	EDIT_SEQ = 4,
	EDIT_ACK = 8,
	EDIT_FLAGS = 13,
	EDIT_WINDOW = 14,
	EDIT_CHECKSUM = 16,
	EDIT_OPTIONS = 20,

	EDIT_KIND_END = 0,
	EDIT_KIND_NOP = 1,
	EDIT_KIND_MSS = 2,
	EDIT_KIND_SACK = 5,

	/* Far enough to matter, near enough to be taken for a slip. */
	EDIT_SLIP = 100000
};

bool edit_begin(
	struct edit *edit, const struct evtcp_packet *packet, const struct packet_view *view)
{
	size_t len = 0;

	if (packet->len > sizeof(edit->bytes))
		return false;
	for (int i = 0; i < packet->iovcnt; i++) {
		if (packet->iov[i].iov_len > 0)
			memcpy(edit->bytes + len, packet->iov[i].iov_base, packet->iov[i].iov_len);
		len += packet->iov[i].iov_len;
	}
	edit->len = len;
	edit->tcp_at = view->tcp_at;
	edit->payload_at = view->payload_at;
	return true;
}

static uint8_t *edit_tcp(struct edit *edit)
{
	return edit->bytes + edit->tcp_at;
}

/* The checksum is right for what the segment says now. */
static void edit_seal(struct edit *edit)
{
	tcp_header_seal(edit->bytes, edit->tcp_at, edit->len - edit->tcp_at);
}

/* The first option of this kind; NULL: there is none. */
static uint8_t *edit_option(struct edit *edit, uint8_t kind)
{
	size_t at = edit->tcp_at + EDIT_OPTIONS;

	while (at < edit->payload_at && edit->bytes[at] != EDIT_KIND_END) {
		size_t len = 1;

		if (edit->bytes[at] != EDIT_KIND_NOP)
			len = at + 1 < edit->payload_at ? edit->bytes[at + 1] : 0;
		if (len == 0 || at + len > edit->payload_at)
			return NULL;
		if (edit->bytes[at] == kind)
			return edit->bytes + at;
		at += len;
	}
	return NULL;
}

/* ---- what a fault changes -------------------------------------------- */

bool edit_corrupt(struct edit *edit, enum script_field field)
{
	uint8_t *tcp = edit_tcp(edit);

	switch (field) {
	case SCRIPT_FIELD_CHECKSUM:
		tcp[EDIT_CHECKSUM] ^= 0xff;
		return true;
	case SCRIPT_FIELD_PAYLOAD:
		if (edit->payload_at == edit->len)
			return false;
		edit->bytes[edit->payload_at + (edit->len - edit->payload_at) / 2] ^= 0x01;
		break;
	case SCRIPT_FIELD_SEQ:
		bytes_put32(tcp + EDIT_SEQ, bytes_get32(tcp + EDIT_SEQ) + EDIT_SLIP);
		break;
	case SCRIPT_FIELD_ACK:
		bytes_put32(tcp + EDIT_ACK, bytes_get32(tcp + EDIT_ACK) + EDIT_SLIP);
		break;
	case SCRIPT_FIELD_WINDOW:
		bytes_put16(tcp + EDIT_WINDOW, (uint16_t)~bytes_get16(tcp + EDIT_WINDOW));
		break;
	case SCRIPT_FIELD_OPTIONS:
		if (edit->payload_at == edit->tcp_at + EDIT_OPTIONS)
			return false;
		tcp[EDIT_OPTIONS] ^= 0xff; /* a kind that nobody knows, and a length that is none */
		break;
	case SCRIPT_N_FIELDS:
		return false;
	}
	edit_seal(edit);
	return true;
}

bool edit_truncate(struct edit *edit, uint32_t payload_len)
{
	size_t len = edit->payload_at + payload_len;

	if (len >= edit->len)
		return false;
	edit->len = len;
	return true;
}

bool edit_mss(struct edit *edit, uint16_t mss)
{
	uint8_t *option = edit_option(edit, EDIT_KIND_MSS);

	if (!option || option[1] != 4)
		return false;
	bytes_put16(option + 2, mss);
	edit_seal(edit);
	return true;
}

bool edit_window(struct edit *edit, uint16_t most)
{
	uint8_t *window = edit_tcp(edit) + EDIT_WINDOW;

	if (bytes_get16(window) <= most)
		return false;
	bytes_put16(window, most);
	edit_seal(edit);
	return true;
}

bool edit_ack(struct edit *edit, uint32_t ack)
{
	uint8_t *option = edit_option(edit, EDIT_KIND_SACK);
	uint8_t *field = edit_tcp(edit) + EDIT_ACK;

	if (bytes_get32(field) == ack && !option)
		return false;
	bytes_put32(field, ack);
	if (option)
		memset(option, EDIT_KIND_NOP, option[1]);
	edit_seal(edit);
	return true;
}

bool edit_fin(struct edit *edit)
{
	uint8_t *flags = edit_tcp(edit) + EDIT_FLAGS;

	if ((*flags & TCP_FIN) == 0)
		return false;
	*flags &= (uint8_t)~TCP_FIN;
	edit_seal(edit);
	return true;
}
