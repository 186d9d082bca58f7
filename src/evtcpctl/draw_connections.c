/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections as ss -ti draws those of Linux: state, queues, addresses; below them, indented, what
 * else is known, in the order and under the names that ss has. Windows and what is in flight are in
 * segments there, so they are here; the daemon tells them in bytes. Names that are not ss's are
 * those of the JSON (cc_state, resting, worker). */

#include "evtcpctl/draw.h"

#include <inttypes.h>
#include <string.h>

#define DRAW_ADDRESS 64
#define DRAW_NO_THRESHOLD UINT32_MAX

/* A connection on its way to the terminal. */
struct drawing {
	FILE *file;
	struct json info;
	uint64_t mss, now_us;
};

static uint64_t draw_number(const struct drawing *drawing, const char *name)
{
	return json_find_number(drawing->info, name);
}

/* ---- one thing each ---------------------------------------------------------------------- */

/* " word" if the member is not 0. */
static void draw_flag(const struct drawing *drawing, const char *name, const char *word)
{
	if (draw_number(drawing, name) != 0)
		fprintf(drawing->file, " %s", word);
}

/* " word:N" if it is not 0. */
static void draw_count(const struct drawing *drawing, const char *name, const char *word)
{
	uint64_t n = draw_number(drawing, name);

	if (n != 0)
		fprintf(drawing->file, " %s:%" PRIu64, word, n);
}

/* Bytes as segments of the connection's MSS, a part of one counting as one. */
static void draw_segments(const struct drawing *drawing, const char *name, const char *word)
{
	uint64_t bytes = draw_number(drawing, name);

	if (bytes != 0 && drawing->mss != 0)
		fprintf(drawing->file, " %s:%" PRIu64, word,
			(bytes + drawing->mss - 1) / drawing->mss);
}

/* As many digits as say something, three, and all of those before the point: %.3g alone makes
 * "1.6e+03" of 1600. */
static void draw_rounded(const struct drawing *drawing, double number)
{
	fprintf(drawing->file, number < 99.95 ? "%.3g" : "%.0f", number);
}

/* Microseconds as milliseconds. */
static void draw_ms(const struct drawing *drawing, const char *name, const char *word)
{
	uint64_t us = draw_number(drawing, name);

	if (us == 0)
		return;
	fprintf(drawing->file, " %s:", word);
	draw_rounded(drawing, (double)us / 1000);
}

/* Whole ones, since a moment. */
static void draw_since(const struct drawing *drawing, const char *name, const char *word)
{
	uint64_t at_us = draw_number(drawing, name);

	if (at_us != 0 && at_us <= drawing->now_us)
		fprintf(drawing->file, " %s:%" PRIu64, word, (drawing->now_us - at_us) / 1000);
}

/* Bytes a second as bits. */
static void draw_rate(const struct drawing *drawing, double bytes, const char *word)
{
	static const char *const units[] = {"bps", "Kbps", "Mbps", "Gbps", "Tbps"};
	double bits = bytes * 8;
	size_t unit = 0;

	if (bytes <= 0)
		return;
	for (; bits >= 999.5 && unit < sizeof(units) / sizeof(units[0]) - 1; unit++)
		bits /= 1000;
	fprintf(drawing->file, " %s ", word);
	draw_rounded(drawing, bits);
	fputs(units[unit], drawing->file);
}

/* ---- groups ------------------------------------------------------------------------------ */

static void draw_options(const struct drawing *drawing)
{
	char cc[32];

	draw_flag(drawing, "timestamps", "ts");
	draw_flag(drawing, "sack", "sack");
	draw_flag(drawing, "ecn", "ecn");
	draw_flag(drawing, "accurate_ecn", "accecn");
	draw_flag(drawing, "syn_data", "fastopen");
	fprintf(drawing->file, " %s", json_find_text(drawing->info, "cc", cc, sizeof(cc)));
	if (draw_number(drawing, "snd_wscale") + draw_number(drawing, "rcv_wscale") != 0)
		fprintf(drawing->file, " wscale:%" PRIu64 ",%" PRIu64,
			draw_number(drawing, "snd_wscale"), draw_number(drawing, "rcv_wscale"));
}

static void draw_times(const struct drawing *drawing)
{
	draw_ms(drawing, "rto_us", "rto");
	draw_count(drawing, "backoff", "backoff");
	draw_ms(drawing, "srtt_us", "rtt");
	if (draw_number(drawing, "srtt_us") == 0)
		return;
	fputc('/', drawing->file);
	draw_rounded(drawing, (double)draw_number(drawing, "rttvar_us") / 1000);
}

static void draw_windows(const struct drawing *drawing)
{
	uint64_t threshold = draw_number(drawing, "ssthresh");
	uint64_t srtt_us = draw_number(drawing, "srtt_us");
	char state[32];

	draw_count(drawing, "snd_mss", "mss");
	draw_count(drawing, "rcv_mss", "rcvmss");
	if (drawing->mss != 0)
		fprintf(drawing->file, " cwnd:%" PRIu64,
			draw_number(drawing, "cwnd") / drawing->mss);
	if (threshold != DRAW_NO_THRESHOLD && drawing->mss != 0)
		fprintf(drawing->file, " ssthresh:%" PRIu64, threshold / drawing->mss);
	fprintf(drawing->file, " cc_state:%s",
		json_find_text(drawing->info, "cc_state", state, sizeof(state)));
	draw_count(drawing, "bytes_sent", "bytes_sent");
	draw_count(drawing, "bytes_retransmitted", "bytes_retrans");
	draw_count(drawing, "bytes_acked", "bytes_acked");
	draw_count(drawing, "bytes_received", "bytes_received");
	draw_count(drawing, "segments_sent", "segs_out");
	draw_count(drawing, "segments_received", "segs_in");
	if (srtt_us != 0)
		draw_rate(drawing, (double)draw_number(drawing, "cwnd") * 1e6 / (double)srtt_us,
			"send");
}

static void draw_rates(const struct drawing *drawing)
{
	draw_since(drawing, "last_sent_at_us", "lastsnd");
	draw_since(drawing, "last_received_at_us", "lastrcv");
	draw_rate(drawing, (double)draw_number(drawing, "pacing_rate"), "pacing_rate");
	draw_rate(drawing, (double)draw_number(drawing, "delivery_rate"), "delivery_rate");
	draw_flag(drawing, "delivery_rate_limited", "app_limited");
	if (draw_number(drawing, "busy_us") != 0)
		fprintf(drawing->file, " busy:%" PRIu64 "ms",
			draw_number(drawing, "busy_us") / 1000);
	if (draw_number(drawing, "rwnd_limited_us") != 0)
		fprintf(drawing->file, " rwnd_limited:%" PRIu64 "ms",
			draw_number(drawing, "rwnd_limited_us") / 1000);
	if (draw_number(drawing, "sndbuf_limited_us") != 0)
		fprintf(drawing->file, " sndbuf_limited:%" PRIu64 "ms",
			draw_number(drawing, "sndbuf_limited_us") / 1000);
}

static void draw_losses(const struct drawing *drawing)
{
	draw_segments(drawing, "unacked", "unacked");
	draw_count(drawing, "retransmits", "retrans");
	draw_count(drawing, "timeouts", "timeouts");
	draw_segments(drawing, "lost", "lost");
	draw_segments(drawing, "sacked", "sacked");
	draw_count(drawing, "duplicates", "dsack_dups");
	draw_count(drawing, "undone", "undone");
	draw_flag(drawing, "reordering_seen", "reord_seen");
	draw_ms(drawing, "rcv_rtt_us", "rcv_rtt");
	draw_count(drawing, "rcv_space", "rcv_space");
	draw_ms(drawing, "min_rtt_us", "minrtt");
	draw_count(drawing, "snd_wnd", "snd_wnd");
	draw_count(drawing, "rcv_wnd", "rcv_wnd");
	draw_flag(drawing, "resting", "resting");
}

static void draw_details(const struct drawing *drawing)
{
	struct json worker;

	fputs("\t", drawing->file);
	draw_options(drawing);
	draw_times(drawing);
	draw_windows(drawing);
	draw_rates(drawing);
	draw_losses(drawing);
	if (json_find(drawing->info, "worker", &worker))
		fprintf(drawing->file, " worker:%.*s", (int)worker.len, worker.at);
	fputc('\n', drawing->file);
}

/* ---- the table --------------------------------------------------------------------------- */

/* The connection of a line. */
static struct json draw_info(const char *line)
{
	struct json info = {"", 0};

	json_find((struct json){line, strlen(line)}, "connection", &info);
	return info;
}

/* How wide the column of a member is: as its longest, and the heading. */
static int draw_width(char *const *lines, size_t n, const char *name, const char *heading)
{
	size_t width = strlen(heading);
	char text[DRAW_ADDRESS];

	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(json_find_text(draw_info(lines[i]), name, text, sizeof(text)));

		width = len > width ? len : width;
	}
	return (int)width;
}

void draw_connections(FILE *file, char *const *lines, size_t n, uint64_t now_us)
{
	static const char local_heading[] = "Local Address:Port";
	int local_width = draw_width(lines, n, "local", local_heading);
	char state[16], local[DRAW_ADDRESS], remote[DRAW_ADDRESS];

	fprintf(file, "%-12s %8s %8s  %-*s  %s\n", "State", "Recv-Q", "Send-Q", local_width,
		local_heading, "Peer Address:Port");
	for (size_t i = 0; i < n; i++) {
		struct drawing drawing = {
			.file = file, .info = draw_info(lines[i]), .now_us = now_us};

		drawing.mss = draw_number(&drawing, "snd_mss");
		fprintf(file, "%-12s %8" PRIu64 " %8" PRIu64 "  %-*s  %s\n",
			json_find_text(drawing.info, "state", state, sizeof(state)),
			draw_number(&drawing, "unread"),
			draw_number(&drawing, "unsent") + draw_number(&drawing, "unacked"),
			local_width, json_find_text(drawing.info, "local", local, sizeof(local)),
			json_find_text(drawing.info, "remote", remote, sizeof(remote)));
		draw_details(&drawing);
	}
}
