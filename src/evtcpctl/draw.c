/* SPDX-License-Identifier: BSD-3-Clause */
/* From lines of JSON to what stands on a terminal. What a line is, its members say: so a command
 * that is new has an answer that can be read here without being known. Connections are drawn in
 * draw_connections.c. */

#include "evtcpctl/draw.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DRAW_TEXT 2048

static struct json draw_object(const char *text)
{
	return (struct json){text, strlen(text)};
}

/* ---- kept lines -------------------------------------------------------------------------- */

static int draw_keep(struct draw *draw, const char *text)
{
	if (draw->n_lines == draw->room) {
		size_t room = draw->room != 0 ? 2 * draw->room : 64;
		char **lines = realloc(draw->lines, room * sizeof(*lines));

		if (lines == NULL)
			return -1;
		draw->lines = lines;
		draw->room = room;
	}
	draw->lines[draw->n_lines] = strdup(text);
	return draw->lines[draw->n_lines] != NULL ? (draw->n_lines++, 0) : -1;
}

void draw_free(struct draw *draw)
{
	for (size_t i = 0; i < draw->n_lines; i++)
		free(draw->lines[i]);
	free(draw->lines);
	*draw = (struct draw){0};
}

/* ---- lines ------------------------------------------------------------------------------- */

/* A heading for each class of causes, since they come in that order. */
static void draw_counter(struct draw *draw, FILE *file, struct json counter)
{
	char class_[sizeof(draw->heading)], cause[64], text[DRAW_TEXT];

	json_find_text(counter, "class", class_, sizeof(class_));
	if (strcmp(class_, draw->heading) != 0) {
		fprintf(file, "%s%s\n", draw->heading[0] != '\0' ? "\n" : "", class_);
		strcpy(draw->heading, class_);
	}
	fprintf(file, "%14" PRIu64 "  %-26s  %s\n", json_find_number(counter, "count"),
		json_find_text(counter, "cause", cause, sizeof(cause)),
		json_find_text(counter, "text", text, sizeof(text)));
}

/* A rule, how often it was applied, and what it does. */
static void draw_fault(FILE *file, struct json fault)
{
	char rule[DRAW_TEXT], text[DRAW_TEXT];
	uint64_t hits = json_find_number(fault, "hits");

	fprintf(file, "%4" PRIu64 "  %s  ", json_find_number(fault, "number"),
		json_find_text(fault, "rule", rule, sizeof(rule)));
	if (hits < 2)
		fputs(hits == 0 ? "(not yet)\n" : "(once)\n", file);
	else
		fprintf(file, "(%" PRIu64 " times)\n", hits);
	fprintf(file, "      %s\n", json_find_text(fault, "text", text, sizeof(text)));
}

int draw_line(struct draw *draw, FILE *file, const char *text)
{
	struct json line = draw_object(text), value;
	char sentence[DRAW_TEXT];

	if (json_find(line, "connection", &value))
		return draw_keep(draw, text);
	if (json_find(line, "counter", &value))
		draw_counter(draw, file, value);
	else if (json_find(line, "fault", &value))
		draw_fault(file, value);
	else if (json_find(line, "now_us", &value))
		draw->now_us = json_find_number(line, "now_us");
	else if (json_find(line, "text", &value))
		fprintf(file, "%s\n", json_find_text(line, "text", sentence, sizeof(sentence)));
	else
		fprintf(file, "%s\n", text);
	return 0;
}

/* ---- the last line ----------------------------------------------------------------------- */

/* Workers that did not answer are no reason to say nothing, but are to be told of. */
static void draw_missing(FILE *file, struct json last)
{
	struct json missing;

	if (json_find(last, "missing", &missing) && missing.len > 2)
		fprintf(file, "without workers %.*s, who did not answer in time\n",
			(int)missing.len - 2, missing.at + 1);
	if (json_find_number(last, "omitted") != 0)
		fprintf(file, "and %" PRIu64 " more connections\n",
			json_find_number(last, "omitted"));
}

/* "cc: bbr" for {"ok":true,"cc":"bbr"}. */
static void draw_members(FILE *file, struct json last)
{
	struct json object = last, name, value;
	char text[DRAW_TEXT], key[64];

	while (json_next(&object, &name, &value) == 1) {
		if (value.at[0] != '"' || name.len >= sizeof(key))
			continue;
		snprintf(key, sizeof(key), "%.*s", (int)name.len, name.at);
		fprintf(file, "%s: %s\n", key, json_find_text(last, key, text, sizeof(text)));
	}
}

void draw_last(struct draw *draw, FILE *file, const char *text)
{
	struct json last = draw_object(text), value;
	char sentence[DRAW_TEXT];

	if (json_find(last, "connections", &value))
		draw_connections(file, draw->lines, draw->n_lines, draw->now_us);
	if (json_find(last, "text", &value))
		fprintf(file, "%s\n", json_find_text(last, "text", sentence, sizeof(sentence)));
	else
		draw_members(file, last);
	if (json_find(last, "rules", &value) && json_find_number(last, "rules") == 0)
		fputs("there are no rules\n", file);
	draw_missing(file, last);
}
