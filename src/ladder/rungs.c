/* SPDX-License-Identifier: BSD-3-Clause */

/* Segments of a file as rows of a ladder. Input: a segment, judged, with what the file says of it.
 * Output: rows. Beside a segment stand the stack's own reason where the file has one, else our
 * judgement; then what others have remarked, and what the capture lacks. */

#include "ladder/rungs.h"

#include "trace/ladder_label.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { RUNGS_NOTE = 480, RUNGS_HEAD = 96 };

#define RUNGS_US_PER_S 1000000u

bool rungs_is_chosen(const struct rungs *rungs, unsigned number)
{
	bool chosen = rungs->n_choices == 0;

	for (unsigned i = 0; i < rungs->n_choices; i++)
		chosen |= rungs->choices[i] == number;
	return chosen;
}

/* ---- the head -------------------------------------------------------------- */

static const char *rungs_place(const struct connection *connection)
{
	if (connection->captured_local == connection->captured_remote)
		return "";
	return connection->captured_local ? "captured at the client" : "captured at the server";
}

/* When the first segment was, where it was captured, and whether windows can be told in bytes. */
static void rungs_head(struct rungs *rungs, const struct rung *rung)
{
	struct connection *connection = rung->connection;
	time_t s = (time_t)(rung->segment.at_us / RUNGS_US_PER_S);
	const char *place = rungs_place(connection);
	char note[RUNGS_HEAD] = "", when[32];
	struct tm utc;

	if (rung->packet->timed && gmtime_r(&s, &utc) &&
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &utc) > 0)
		ladder_add(LADDER_TEXT_OF(note), "%s", when);
	if (place[0])
		ladder_add(LADDER_TEXT_OF(note), "%s%s", note[0] ? "; " : "", place);
	if ((rung->segment.flags & TCP_SYN) == 0 || rung->sight->header_cut)
		ladder_add(LADDER_TEXT_OF(note), "%swithout %s: windows unscaled",
			note[0] ? "; " : "",
			rung->segment.flags & TCP_SYN ? "all of its options" : "its SYN");
	ladder_page_head(&rungs->page, &connection->conn, note, rung->segment.at_us);
}

/* ---- the note ----------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void rungs_remark(
	struct ladder_text note, const char *format, ...)
{
	va_list args;
	char text[RUNGS_NOTE];

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (text[0])
		ladder_add(note, "%s%s", note.text[0] ? "; " : "", text);
}

static void rungs_note(struct ladder_text note, const struct rung *rung)
{
	/* Of what came the stack says what became of it, not what it was. */
	if (!rung->comment->is_cause || !rung->comment->text[0])
		judge_format(note, &rung->judgement);
	if (rung->fate == LADDER_LOST && !rung->comment->is_cause)
		rungs_remark(note, "lost");
	rungs_remark(note, "%s", rung->comment->text);
	if (rung->sight->marked)
		rungs_remark(note, "marked CE");
	if (rung->sight->fragment)
		rungs_remark(note, "the first fragment of a longer packet");
	if (rung->sight->header_cut && !rung->connection->cut_told)
		rungs_remark(note, "options not all captured, here and below");
	rung->connection->cut_told |= rung->sight->header_cut;
	if (rung->packet->cut)
		rungs_remark(note, "the file ends within this packet");
	if (rung->packet->lost > 0 && !rung->comment->is_cause)
		rungs_remark(note, "%" PRIu64 " packets before this one were not captured",
			rung->packet->lost);
}

/* One SYN alone does not say whether windows are scaled: both must offer it (RFC 7323 2.2). */
static void rungs_note_scale(struct ladder_text note, const struct rung *rung)
{
	const struct ladder_flow *out = &rung->connection->conn.out,
				 *in = &rung->connection->conn.in;

	if (rung->connection->scale_told || rung->segment.flags & (TCP_SYN | TCP_RST) ||
		out->opens == in->opens || !(out->scaled || in->scaled))
		return;
	rung->connection->scale_told = true;
	rungs_remark(note, "the SYN of the %s is not in the file: windows unscaled",
		out->opens ? "server" : "client");
}

static enum ladder_tone rungs_tone(const struct rung *rung)
{
	if (rung->fate != LADDER_ARRIVES || rung->segment.flags & TCP_RST)
		return LADDER_GONE;
	switch (rung->judgement.verdict) {
	case VERDICT_COPY:
		return LADDER_FAINT;
	case VERDICT_AGAIN:
	case VERDICT_AGAIN_ACKED:
	case VERDICT_AGAIN_PARTLY:
	case VERDICT_LATE:
	case VERDICT_BEFORE:
	case VERDICT_GAP:
	case VERDICT_PROBE:
	case VERDICT_DUPLICATE:
	case VERDICT_UNSEEN:
		return LADDER_AGAIN;
	case VERDICT_NONE:
	case VERDICT_KEEPALIVE:
	case VERDICT_WINDOW_OPENS:
		break;
	}
	return rung->segment.flags & (TCP_SYN | TCP_FIN) ? LADDER_TURN : LADDER_PLAIN;
}

/* ---- the row ------------------------------------------------------------------- */

/* The timer that made evtcp send is drawn as the time that it ran, as in a live ladder. */
static void rungs_timer(struct rungs *rungs, const struct rung *rung)
{
	struct ladder_row row = {.shape = LADDER_WAIT,
		.tone = LADDER_FAINT,
		.text = rung->comment->timer_span,
		.note = rung->comment->timer};

	if (rung->comment->timer[0])
		ladder_page_line(
			&rungs->page, &rung->connection->conn, &row, "", rung->segment.at_us);
}

/* The window stands on the arrow if there is room, else below it. */
static void rungs_window(const struct rungs *rungs, const struct rung *rung,
	struct ladder_text label, struct ladder_text detail)
{
	char window[LADDER_LABEL] = "";
	size_t room = ladder_look_label(&rungs->page.look);

	if (rung->fate == LADDER_LOST)
		room -= room / 4; /* it is to be seen that it ends on its way */
	ladder_label_window(LADDER_TEXT_OF(window), &rung->connection->conn, &rung->segment, true);
	if (strlen(label.text) + strlen(window) <= room)
		ladder_add(label, "%s", window);
	else
		ladder_add(detail, "%s", window + strspn(window, " "));
}

void rungs_show(void *arg, const struct rung *rung)
{
	struct rungs *rungs = arg;
	struct ladder_conn *conn = &rung->connection->conn;
	char label[LADDER_LABEL] = "", detail[LADDER_LABEL] = "", note[RUNGS_NOTE] = "";
	char options[LADDER_LABEL] = "";
	struct ladder_row row = {.shape = LADDER_ARROW,
		.fate = rung->fate,
		.tone = rungs_tone(rung),
		.to_right = rung->segment.outbound == conn->local_left,
		.text = label,
		.note = note};

	if (!rungs_is_chosen(rungs, conn->tag))
		return;
	if (!conn->drawn)
		rungs_head(rungs, rung);
	rungs_timer(rungs, rung);
	ladder_label(LADDER_TEXT_OF(label), conn, &rung->segment);
	rungs_window(rungs, rung, LADDER_TEXT_OF(label), LADDER_TEXT_OF(detail));
	ladder_label_news(LADDER_TEXT_OF(label), conn, &rung->segment);
	ladder_label_detail(LADDER_TEXT_OF(options), conn, &rung->segment);
	if (options[0])
		ladder_add(LADDER_TEXT_OF(detail), "%s%s", detail[0] ? ", " : "", options);
	rungs_note(LADDER_TEXT_OF(note), rung);
	rungs_note_scale(LADDER_TEXT_OF(note), rung);
	ladder_page_line(&rungs->page, conn, &row, detail, rung->segment.at_us);
}

/* "ICMP from 10.0.0.9: fragmentation needed, MTU 1280 (about the server's 1)", between two
 * segments. */
void rungs_show_error(void *arg, struct connection *connection, const struct icmp_error *error,
	bool outbound, uint64_t at_us)
{
	struct rungs *rungs = arg;
	struct ladder_conn *conn = &connection->conn;
	struct evtcp_endpoint from = {.addr = error->from};
	char note[RUNGS_NOTE] = "", address[EVTCP_ENDPOINT_TEXT];

	if (!rungs_is_chosen(rungs, conn->tag) || !conn->drawn)
		return;
	evtcp_endpoint_format(&from, address, sizeof(address));
	*strrchr(address, ':') = '\0'; /* it has no port */
	ladder_add(LADDER_TEXT_OF(note), "ICMP from %s: %s", address, icmp_error_name(error));
	if (error->mtu != 0)
		ladder_add(LADDER_TEXT_OF(note), ", MTU %u", (unsigned)error->mtu);
	ladder_add(LADDER_TEXT_OF(note), " (about the %s's %" PRId64 ")",
		outbound == conn->local_left ? "client" : "server",
		ladder_flow_relative(outbound ? &conn->out : &conn->in, error->seq));
	ladder_page_remark(&rungs->page, conn, note, at_us);
}
