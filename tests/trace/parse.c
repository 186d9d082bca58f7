/* SPDX-License-Identifier: BSD-3-Clause */

/* Reading a segment script.
 *
 *     [+SECONDS | &] [@FLOW] VERB ARGUMENTS [; comment]
 *
 * Input: the text of a file. Output: a struct script, or the place of the first
 * mistake. It checks form and names; whether a claim holds is the player's
 * business. */

#include "figure.h"
#include "script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	int error;
} errors[] = {
	{"ECONNRESET", ECONNRESET},
	{"ECONNREFUSED", ECONNREFUSED},
	{"ECONNABORTED", ECONNABORTED},
	{"ETIMEDOUT", ETIMEDOUT},
	{"EHOSTUNREACH", EHOSTUNREACH},
	{"ENETUNREACH", ENETUNREACH},
	{"EPIPE", EPIPE},
	{"EAGAIN", EAGAIN},
	{"ENOTCONN", ENOTCONN},
	{"ENOBUFS", ENOBUFS},
	{"ENOMEM", ENOMEM},
	{"EINVAL", EINVAL},
	{"EADDRINUSE", EADDRINUSE},
	{"EADDRNOTAVAIL", EADDRNOTAVAIL},
	{"ENOPROTOOPT", ENOPROTOOPT},
	{"EMSGSIZE", EMSGSIZE},
	{"EPROTO", EPROTO},
};

int script_errno(const char *name)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (strcmp(errors[i].name, name) == 0)
			return errors[i].error;
	}
	return 0;
}

const char *script_errno_name(int error)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (errors[i].error == error)
			return errors[i].name;
	}
	return "E?";
}

/* ---- arguments ------------------------------------------------------- */

static bool need_count(struct scan *scan, uint64_t *value)
{
	int64_t number;

	if (!scan_need_number(scan, 0, INT64_MAX / 16, &number))
		return false;
	*value = (uint64_t)number;
	return true;
}

static bool need_errno(struct scan *scan, int *error)
{
	char name[SCAN_WORD];

	if (!scan_need_word(scan, name, sizeof(name)))
		return false;
	*error = script_errno(name);
	return *error != 0 || scan_fail_word(scan, "error");
}

/* "= 5", "= eof" or "= EAGAIN", if it is there. */
static bool scan_result(struct scan *scan, struct script_line *line)
{
	if (!scan_text(scan, "="))
		return true;
	line->args.has_result = true;
	if (scan_is_number(scan))
		return scan_need_number(scan, 0, INT32_MAX, &line->args.result);
	if (scan_is(scan, "eof"))
		return true;
	line->args.result = -1;
	return need_errno(scan, &line->args.error);
}

static bool args_none(struct scan *scan, struct script_line *line)
{
	(void)scan;
	(void)line;
	return true;
}

static bool args_count(struct scan *scan, struct script_line *line)
{
	return need_count(scan, &line->args.number[0]) && scan_result(scan, line);
}

static bool args_packet(struct scan *scan, struct script_line *line)
{
	line->packet = calloc(1, sizeof(*line->packet));
	return line->packet && notation_scan(scan, line->packet);
}

/* [active] [rtt SECONDS] [win N] OPTIONS: what the peer's SYN or SYN-ACK says. */
static bool args_established(struct scan *scan, struct script_line *line)
{
	int64_t window = 65535;

	line->packet = calloc(1, sizeof(*line->packet));
	if (!line->packet)
		return false;
	line->packet->packet.protocol = PROTOCOL_TCP;
	line->args.active = scan_is(scan, "active");
	while (!scan_at_end(scan)) {
		if (scan_is(scan, "rtt")) {
			if (!scan_need_seconds(scan, &line->args.number[0]))
				return false;
		} else if (scan_is(scan, "win")) {
			if (!scan_need_number(scan, 0, UINT16_MAX, &window))
				return false;
		} else if (!notation_scan_option(scan, line->packet)) {
			return scan_fail(scan, "\"rtt\", \"win\" or an option of TCP was expected");
		}
	}
	line->packet->packet.window = (uint16_t)window;
	return true;
}

static bool args_result(struct scan *scan, struct script_line *line)
{
	return scan_result(scan, line);
}

static bool args_connect(struct scan *scan, struct script_line *line)
{
	line->args.has_address = scan_is(scan, "to");
	if (line->args.has_address && !scan_need_ipv4(scan, &line->args.address))
		return false;
	line->args.any = scan_is(scan, "anyport");
	return scan_result(scan, line);
}

static bool args_read(struct scan *scan, struct script_line *line)
{
	line->args.all = scan_is(scan, "all");
	if (!line->args.all && !need_count(scan, &line->args.number[0]))
		return false;
	line->args.altered = scan_is(scan, "altered");
	return true;
}

static bool args_on_off(struct scan *scan, struct script_line *line)
{
	line->args.on = scan_is(scan, "on");
	return line->args.on || scan_is(scan, "off") ||
	       scan_fail(scan, "\"on\" or \"off\" was expected");
}

/* IDLE INTERVAL PROBES, or off. */
static bool args_keepalive(struct scan *scan, struct script_line *line)
{
	if (scan_is(scan, "off"))
		return true;
	return scan_need_seconds(scan, &line->args.number[0]) &&
	       scan_need_seconds(scan, &line->args.number[1]) &&
	       need_count(scan, &line->args.number[2]);
}

static bool args_seconds(struct scan *scan, struct script_line *line)
{
	return scan_need_seconds(scan, &line->args.number[0]);
}

/* The name of a cause. */
static bool need_cause(struct scan *scan, struct script_line *line)
{
	char name[SCAN_WORD];

	if (!scan_need_word(scan, name, sizeof(name)))
		return false;
	for (int i = 0; i < EVTCP_N_CAUSES; i++) {
		line->args.cause = (enum evtcp_cause)i;
		if (strcmp(evtcp_cause_name(line->args.cause), name) == 0)
			return true;
	}
	return scan_fail_word(scan, "cause");
}

/* One word of a list: "read|write" matches read and write. */
static bool need_one_of(struct scan *scan, struct script_line *line, const char *words)
{
	char *word = line->args.word;
	size_t len;

	if (!scan_need_word(scan, word, SCAN_WORD))
		return false;
	len = strlen(word);
	for (const char *at = words; (at = strstr(at, word)); at++) {
		if ((at == words || at[-1] == '|') && (at[len] == '|' || at[len] == '\0'))
			return true;
	}
	scan->at = scan->word;
	return scan_fail(scan, "one of %s was expected", words);
}

static bool args_direction(struct scan *scan, struct script_line *line)
{
	return need_one_of(scan, line, "read|write");
}

static bool args_on_accepted(struct scan *scan, struct script_line *line)
{
	return need_one_of(scan, line, "close|abort|nothing");
}

static bool args_link(struct scan *scan, struct script_line *line)
{
	return need_one_of(scan, line, "up|down");
}

static bool args_expect(struct scan *scan, struct script_line *line)
{
	if (!need_one_of(scan, line,
		    "accepted|connected|readable|writable|eof|error|urgent|advisory|nothing"))
		return false;
	if (strcmp(line->args.word, "advisory") == 0)
		return need_cause(scan, line) && need_errno(scan, &line->args.error);
	if (strcmp(line->args.word, "readable") == 0 || strcmp(line->args.word, "urgent") == 0)
		return need_count(scan, &line->args.number[0]);
	if (strcmp(line->args.word, "error") == 0)
		return need_errno(scan, &line->args.error);
	return true;
}

static bool args_state(struct scan *scan, struct script_line *line)
{
	if (!scan_need_word(scan, line->args.word, SCAN_WORD))
		return false;
	if (strcmp(line->args.word, "none") == 0)
		return true;
	for (int i = 0; i < EVTCP_N_STATES; i++) {
		if (strcmp(evtcp_state_name((enum evtcp_state)i), line->args.word) == 0)
			return true;
	}
	return scan_fail_word(scan, "state");
}

/* NAME VALUE: a number, "unset" or the name of an error. */
static bool args_field(struct scan *scan, struct script_line *line)
{
	if (!scan_need_word(scan, line->args.word, SCAN_WORD))
		return false;
	if (line->verb != VERB_COUNTER && !figure_is_known(line->verb, line->args.word))
		return scan_fail_word(scan, "figure");
	if (scan_is(scan, "unset")) {
		line->args.number[0] = UINT32_MAX;
		return true;
	}
	if (scan_is_number(scan))
		return need_count(scan, &line->args.number[0]);
	if (!need_errno(scan, &line->args.error))
		return false;
	line->args.number[0] = (uint64_t)line->args.error;
	return true;
}

static bool args_counter(struct scan *scan, struct script_line *line)
{
	if (!args_field(scan, line))
		return false;
	for (int i = 0; i < EVTCP_N_CAUSES; i++) {
		if (strcmp(evtcp_cause_name((enum evtcp_cause)i), line->args.word) == 0)
			return true;
	}
	return scan_fail_word(scan, "counter");
}

/* CAUSE, and what else an event says, as it is. */
static bool args_told(struct scan *scan, struct script_line *line)
{
	return need_cause(scan, line) && scan_rest(scan, line->args.text, SCAN_TEXT);
}

/* ---- lines ----------------------------------------------------------- */

static const struct verb {
	const char *name;
	enum script_verb verb;
	bool (*args)(struct scan *scan, struct script_line *line);
} verbs[] = {
	{"established", VERB_ESTABLISHED, args_established},
	{"listen", VERB_LISTEN, args_result},
	{"unlisten", VERB_UNLISTEN, args_none},
	{"fast-open", VERB_FAST_OPEN, args_on_off},
	{"connect", VERB_CONNECT, args_connect},
	{"write", VERB_WRITE, args_count},
	{"send", VERB_SEND, args_count},
	{"read", VERB_READ, args_read},
	{"recv", VERB_RECV, args_count},
	{"shutdown", VERB_SHUTDOWN, args_none},
	{"close", VERB_CLOSE, args_none},
	{"abort", VERB_ABORT, args_none},
	{"nodelay", VERB_NODELAY, args_on_off},
	{"cork", VERB_CORK, args_on_off},
	{"keepalive", VERB_KEEPALIVE, args_keepalive},
	{"user-timeout", VERB_USER_TIMEOUT, args_seconds},
	{"advertise-user-timeout", VERB_ADVERTISE_USER_TIMEOUT, args_seconds},
	{"dscp", VERB_DSCP, args_count},
	{"ttl", VERB_TTL, args_count},
	{"enable", VERB_ENABLE, args_direction},
	{"disable", VERB_DISABLE, args_direction},
	{"autoread", VERB_AUTOREAD, args_on_off},
	{"advisory", VERB_ADVISORY, args_on_off},
	{"on-accepted", VERB_ON_ACCEPTED, args_on_accepted},
	{"drain", VERB_DRAIN, args_none},
	{"link", VERB_LINK, args_link},
	{"memory", VERB_MEMORY, args_on_off},
	{"renumber", VERB_RENUMBER, args_none},
	{"window", VERB_WINDOW, args_count},
	{"expect", VERB_EXPECT, args_expect},
	{"state", VERB_STATE, args_state},
	{"info", VERB_INFO, args_field},
	{"counter", VERB_COUNTER, args_counter},
	{"usage", VERB_USAGE, args_field},
	{"told", VERB_TOLD, args_told},
};

static bool scan_verb(struct scan *scan, struct script_line *line)
{
	char name[SCAN_WORD];

	if (scan_text(scan, "<")) {
		line->verb = VERB_INPUT;
		return args_packet(scan, line);
	}
	if (scan_text(scan, ">")) {
		line->verb = VERB_OUTPUT;
		return args_packet(scan, line);
	}
	if (!scan_word(scan, name, sizeof(name)))
		return scan_fail(scan, "\"<\", \">\" or a verb was expected");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].name, name) == 0) {
			line->verb = verbs[i].verb;
			return verbs[i].args(scan, line);
		}
	}
	return scan_fail_word(scan, "verb");
}

static bool scan_flow(struct scan *scan, struct script_line *line)
{
	int64_t flow = 1;

	if (scan_text(scan, "@") && !scan_need_number(scan, 1, SCRIPT_FLOWS - 1, &flow))
		return false;
	line->flow = (unsigned)flow;
	return true;
}

static bool scan_line(struct scan *scan, struct script_line *line)
{
	if (scan_text(scan, "+")) {
		if (!scan_need_seconds(scan, &line->delay_us))
			return false;
	} else {
		line->same_batch = scan_text(scan, "&");
	}
	if (!scan_flow(scan, line) || !scan_verb(scan, line) || !scan_need_end(scan))
		return false;
	if (line->same_batch && !script_is_act(line->verb))
		return scan_fail(scan, "\"&\" joins acts to a batch: this is a claim");
	return true;
}

/* The sixth ISN of ATTACKS T01 is 2^32 - MSS: of the first MSS option seen. */
static void note_mss(struct script *script, const struct script_line *line)
{
	struct packet packet;
	unsigned at = 0, len;
	uint8_t *option;

	if (script->mss != 0 || !line->packet || line->verb == VERB_OUTPUT)
		return;
	packet = line->packet->packet;
	while ((option = packet_next_option(&packet, &at, &len))) {
		if (option[0] == 2 && len == 4)
			script->mss = (unsigned)option[2] << 8 | option[3];
	}
}

static struct script_line *add_line(struct script *script)
{
	if (script->len == script->capacity) {
		size_t capacity = script->capacity ? 2 * script->capacity : 32;
		struct script_line *lines = realloc(script->lines, capacity * sizeof(*lines));

		if (!lines)
			return NULL;
		script->lines = lines;
		script->capacity = capacity;
	}
	script->lines[script->len] = (struct script_line){0};
	return &script->lines[script->len++];
}

static bool parse_line(struct script *script, const char *text, unsigned number)
{
	struct scan scan;
	struct script_line *line;
	bool fine;

	scan_init(&scan, text, number);
	if (scan_at_end(&scan) || *scan.at == '#')
		return true;
	if (scan_is(&scan, "config")) {
		fine = script->len == 0 ? settings_scan(&scan, script)
					: scan_fail(&scan, "config lines come first");
	} else {
		line = add_line(script);
		if (!line)
			return false;
		line->number = number;
		line->text = text;
		fine = scan_line(&scan, line);
		if (fine && script->len == 1 && line->same_batch)
			fine = scan_fail(&scan, "\"&\" has no line before it to join");
		if (fine)
			note_mss(script, line);
	}
	if (!fine)
		memcpy(script->error, scan.error, sizeof(script->error));
	return fine;
}

bool script_parse(struct script *script, const char *text)
{
	unsigned number = 0;

	*script = (struct script){.mtu = 1500};
	evtcp_stack_config_init(&script->config);
	script->config.limits.quick_acks = 0; /* a script asks for them where it means them */
	script->text = strdup(text);
	for (char *at = script->text; at;) {
		char *end = strchr(at, '\n');

		if (end)
			*end = '\0';
		if (!parse_line(script, at, ++number))
			return false;
		at = end ? end + 1 : NULL;
	}
	if (script->mss == 0)
		script->mss = 536; /* RFC 9293 MUST-15 */
	return true;
}

void script_free(struct script *script)
{
	for (size_t i = 0; i < script->len; i++)
		free(script->lines[i].packet);
	free(script->lines);
	free(script->text);
}
