/* SPDX-License-Identifier: BSD-3-Clause */

/* A rule in plain words, for who wrote it and wants to know what it will do:
 *
 *     out data nth 2 path /x*: drop 3
 *     On each connection whose last request was for /x*: the 2nd data segment that the server sends
 *     is lost, each of the first 3 times that it is sent.
 *
 * In: a rule. Out: one sentence. The words for verbs are in the table (verbs.h). */

#include "faults/script.h"

#include "trace/duration.h"
#include "wire/address.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* A text that grows; what does not fit is cut. */
struct explain {
	char *text;
	size_t size, len;
};

static void explain_add(struct explain *e, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void explain_add(struct explain *e, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(e->text + e->len, e->size - e->len, format, arguments);
	va_end(arguments);
	e->len += (size_t)n;
	if (e->len >= e->size)
		e->len = e->size - 1;
}

static void explain_span(struct explain *e, uint64_t us)
{
	char text[DURATION_TEXT];

	if (us == SCRIPT_FOREVER)
		explain_add(e, "good");
	else
		explain_add(e, "%s", duration_format(us, text, sizeof(text)));
}

/* 1st, 2nd, 3rd, 4th, 11th, 21st. */
static void explain_ordinal(struct explain *e, uint32_t n)
{
	static const char *const endings[] = {"th", "st", "nd", "rd"};
	uint32_t last = n % 10;
	bool teen = n / 10 % 10 == 1;

	explain_add(e, "%" PRIu32 "%s", n, endings[!teen && last <= 3 ? last : 0]);
}

/* ---- which ----------------------------------------------------------- */

static const char *explain_kind(const struct script_where *where, bool many)
{
	static const char *const one[] = {
		"segment", "SYN", "data segment", "segment with FIN", "pure ACK", "RST", "reply"};
	static const char *const several[] = {"segments", "SYNs", "data segments",
		"segments with FIN", "pure ACKs", "RSTs", "replies"};

	if (where->kind == SCRIPT_SYN && where->outbound)
		return many ? "SYN-ACKs" : "SYN-ACK";
	return many ? several[where->kind] : one[where->kind];
}

static void explain_subject(struct explain *e, const struct script_rule *rule)
{
	const struct script_where *where = &rule->where;
	uint32_t times = rule->what.times;
	bool many = where->nth == 0 && times != 1 && times != UINT32_MAX;

	if (where->nth != 0) {
		explain_add(e, "the ");
		explain_ordinal(e, where->nth);
	} else if (many) {
		explain_add(e, "each of the next %" PRIu32, times);
	} else {
		explain_add(e, times == 1 ? "the next" : "each");
	}
	explain_add(e, " %s", explain_kind(where, many));
	if (where->kind != SCRIPT_REPLY)
		explain_add(e, " that the %s sends", where->outbound ? "server" : "client");
}

static void explain_peer(struct explain *e, const struct script_where *where)
{
	struct evtcp_endpoint peer = {.addr = where->peer};
	char text[EVTCP_ENDPOINT_TEXT];
	size_t len;

	evtcp_endpoint_format(&peer, text, sizeof(text));
	len = strlen(text) - strlen(":0"); /* the port is another condition */
	explain_add(e, " from %.*s", (int)len, text);
	if (evtcp_addr_is_ipv4(&where->peer) && where->peer_prefix < 128)
		explain_add(e, "/%u", where->peer_prefix - 96u);
	else if (where->peer_prefix < 128)
		explain_add(e, "/%u", where->peer_prefix);
}

static void explain_connections(struct explain *e, const struct script_where *where)
{
	if (where->conn != 0) {
		explain_add(e, "On the ");
		explain_ordinal(e, where->conn);
		explain_add(e, " connection");
	} else {
		explain_add(e, "On each connection");
	}
	if (where->has_peer)
		explain_peer(e, where);
	if (where->peer_port != 0)
		explain_add(e, "%s port %u", where->has_peer ? "," : " from", where->peer_port);
	if (where->path[0])
		explain_add(e, " whose last request was for %s", where->path);
	if (where->tag[0])
		explain_add(e, " %s had 'x-evtcp-fault: %s'",
			where->path[0] ? "and" : "whose last request", where->tag);
}

static void explain_moment(struct explain *e, const struct script_where *where)
{
	if (where->has_state)
		explain_add(e, ", in %s", evtcp_state_name(where->state));
	if (where->after_sent != 0)
		explain_add(e, ", after %" PRIu32 " bytes were sent", where->after_sent);
	if (where->after_received != 0)
		explain_add(e, ", after %" PRIu32 " bytes were received", where->after_received);
	if (where->after_us != 0) {
		explain_add(e, ", once it is ");
		explain_span(e, where->after_us);
		explain_add(e, " old");
	}
}

/* ---- what ------------------------------------------------------------ */

static const char *explain_selector(const struct script_what *what)
{
	static const char *const aims[] = {
		"is not passed on: both ends get an RST that is exactly right",
		"is followed by an RST in the window, which the client must ask about (RFC 5961)",
		"is followed by an RST far outside the window, which the client must ignore"};

	return what->verb == SCRIPT_VERB_RESET ? aims[what->selector]
					       : script_field_words[what->selector];
}

/* The table's words, with what stands for %n, %t and %w. */
static void explain_verb(struct explain *e, const struct script_what *what)
{
	if (*verb_rows[what->verb].explanation != ',')
		explain_add(e, " ");
	for (const char *c = verb_rows[what->verb].explanation; *c; c++) {
		if (*c != '%') {
			explain_add(e, "%c", *c);
			continue;
		}
		c++;
		if (*c == 't')
			explain_span(e, what->span_us);
		else if (*c == 'w')
			explain_add(e, "%s", explain_selector(what));
		else if (what->verb == SCRIPT_VERB_LENGTH)
			explain_add(e, "%+" PRId32, what->offset);
		else
			explain_add(e, "%" PRIu32, what->number);
	}
}

/* What is named by its number may come again, and is the same then. */
static void explain_times(struct explain *e, const struct script_rule *rule)
{
	if (rule->where.nth == 0 || rule->what.times == 1 || rule->where.kind == SCRIPT_REPLY)
		return;
	if (rule->what.times == UINT32_MAX)
		explain_add(e, ", each time that it is sent");
	else
		explain_add(e, ", each of the first %" PRIu32 " times that it is sent",
			rule->what.times);
}

char *script_explain_rule(const struct script_rule *rule, char *text, size_t size)
{
	struct explain e = {text, size, 0};

	explain_connections(&e, &rule->where);
	explain_moment(&e, &rule->where);
	explain_add(&e, ": ");
	explain_subject(&e, rule);
	explain_verb(&e, &rule->what);
	explain_times(&e, rule);
	explain_add(&e, ".");
	return text;
}
