/* SPDX-License-Identifier: BSD-3-Clause */
/* --limit NAME=VALUE over two tables seen as one: the stack's here, the HTTP server's
 * by its own functions. Finds the row, reads the value in the row's unit, stores
 * it. What a limit does is the business of the part that has it. */

#include "evtcpd/limits.h"
#include "evtcpd/limits_table.h"
#include "evtcpd/quantity.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

enum limits_unit { LIMITS_COUNT, LIMITS_BYTES, LIMITS_SECONDS, LIMITS_MS };

struct limits_row {
	const char *name;
	size_t offset, width; /* of the field in struct evtcp_limits, in bytes */
	enum limits_unit unit;
	uint64_t least;
	const char *text;
};

#define LIMITS_ROW(field, unit, least, text) \
	{#field, offsetof(struct evtcp_limits, field), sizeof(((struct evtcp_limits *)0)->field), \
		LIMITS_##unit, least, text},

static const struct limits_row limits_rows[] = {LIMITS_OF_STACK(LIMITS_ROW)};

#define LIMITS_N (sizeof(limits_rows) / sizeof(limits_rows[0]))

/* The longest name and value; more cannot be right. */
#define LIMITS_TEXT 64

static void limits_store(struct evtcp_limits *limits, const struct limits_row *row, uint64_t value)
{
	char *field = (char *)limits + row->offset;
	uint32_t narrow = (uint32_t)value;

	if (row->width == sizeof(narrow))
		memcpy(field, &narrow, sizeof(narrow));
	else
		memcpy(field, &value, sizeof(value));
}

static uint64_t limits_load(const struct evtcp_limits *limits, const struct limits_row *row)
{
	const char *field = (const char *)limits + row->offset;
	uint32_t narrow;
	uint64_t value;

	if (row->width == sizeof(narrow)) {
		memcpy(&narrow, field, sizeof(narrow));
		return narrow;
	}
	memcpy(&value, field, sizeof(value));
	return value;
}

static const struct limits_row *limits_find(const char *name)
{
	for (size_t i = 0; i < LIMITS_N; i++) {
		if (strcmp(limits_rows[i].name, name) == 0)
			return &limits_rows[i];
	}
	return NULL;
}

/* The unit of an HTTP limit, NULL if there is none of this name. */
static const char *limits_find_http(const char *name)
{
	struct http_limit row;

	for (unsigned i = 0; http_limits_row(i, &row) == 0; i++) {
		if (strcmp(row.name, name) == 0)
			return row.unit;
	}
	return NULL;
}

void limits_init(struct limits *limits)
{
	struct evtcp_stack_config config;

	evtcp_stack_config_init(&config);
	limits->stack = config.limits;
	http_limits_init(&limits->http);
}

static int limits_set_stack(struct evtcp_limits *limits, const struct limits_row *row,
	const char *text, const char **fault)
{
	uint64_t value;
	int read = row->unit == LIMITS_BYTES ? quantity_parse_size(text, &value)
					     : quantity_parse_count(text, &value);

	if (read < 0) {
		*fault = row->unit == LIMITS_BYTES ? "the value is no size such as 65536, 64k or 1M"
						   : "the value is no whole number";
		return -1;
	}
	if (value < row->least || (row->width == sizeof(uint32_t) && value > UINT32_MAX)) {
		*fault = "the value is outside what this limit can be";
		return -1;
	}
	limits_store(limits, row, value);
	return 0;
}

static int limits_set_http(
	struct limits *limits, const char *name, const char *text, const char **fault)
{
	const char *unit = limits_find_http(name);
	char decimal[QUANTITY_TEXT];
	uint64_t bytes;

	/* The HTTP server's own function knows no suffixes. */
	if (unit != NULL && strcmp(unit, "bytes") == 0 && quantity_parse_size(text, &bytes) == 0) {
		snprintf(decimal, sizeof(decimal), "%" PRIu64, bytes);
		text = decimal;
	}
	if (http_limits_set(&limits->http, name, text) == 0)
		return 0;
	*fault = errno == ENOENT   ? "no limit has this name: '--limit help' lists them"
		 : errno == ERANGE ? "the value is outside what this limit can be"
				   : "the value is no number";
	return -1;
}

int limits_set(struct limits *limits, const char *assignment, const char **fault)
{
	size_t len = strcspn(assignment, "=");
	const struct limits_row *row;
	char name[LIMITS_TEXT];

	if (assignment[len] != '=' || len >= sizeof(name)) {
		*fault = "write NAME=VALUE; '--limit help' lists the names";
		return -1;
	}
	snprintf(name, sizeof(name), "%.*s", (int)len, assignment);
	row = limits_find(name);
	if (row != NULL)
		return limits_set_stack(&limits->stack, row, assignment + len + 1, fault);
	return limits_set_http(limits, name, assignment + len + 1, fault);
}

static void limits_print_row(
	FILE *file, const char *name, uint64_t value, const char *unit, const char *text)
{
	char number[QUANTITY_TEXT];

	if (strcmp(unit, "bytes") == 0)
		quantity_format_size(value, number, sizeof(number));
	else
		snprintf(number, sizeof(number), "%" PRIu64, value);
	fprintf(file, "  %-21s %7s %-8s %s\n", name, number, unit, text);
}

void limits_print_help(FILE *file)
{
	static const char *const units[] = {"", "bytes", "s", "ms"};
	struct evtcp_stack_config config;
	struct http_limit http;

	evtcp_stack_config_init(&config);
	fputs("Limits, with their defaults. Bytes may be written as 64k or 1M; 0 is no limit "
	      "where\n"
	      "that makes sense.\n\n",
		file);
	for (size_t i = 0; i < LIMITS_N; i++) {
		const struct limits_row *row = &limits_rows[i];

		limits_print_row(file, row->name, limits_load(&config.limits, row),
			units[row->unit], row->text);
	}
	for (unsigned i = 0; http_limits_row(i, &http) == 0; i++)
		limits_print_row(file, http.name, http.initial, http.unit, http.text);
}
