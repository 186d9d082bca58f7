/* SPDX-License-Identifier: BSD-3-Clause */
/* --limit NAME=VALUE over two tables seen as one: the stack's here, the HTTP server's
 * by its own functions. Finds the row, reads the value in the row's unit, stores
 * it. What a limit does is the business of the part that has it. */

#include "evtcpd/limits.h"
#include "evtcpd/limits_table.h"
#include "evtcpd/quantity.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

/* The unit of a value, as http_limits_row names it. */
#define LIMITS_COUNT ""
#define LIMITS_BYTES "bytes"
#define LIMITS_SECONDS "s"
#define LIMITS_MS "ms"

/* A limit of either part, as a person is told of it. */
struct limits_view {
	const char *name, *unit;
	uint64_t least, most;
	const char *zero; /* what 0 means, NULL where it cannot be set */
	const char *text;
};

struct limits_row {
	struct limits_view view;
	size_t offset, width; /* of the field in struct evtcp_limits, in bytes */
};

#define LIMITS_ROW(field, unit, least, most, zero, text) \
	{{#field, LIMITS_##unit, least, most, zero, text}, offsetof(struct evtcp_limits, field), \
		sizeof(((struct evtcp_limits *)0)->field)},

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
		if (strcmp(limits_rows[i].view.name, name) == 0)
			return &limits_rows[i];
	}
	return NULL;
}

/* Row i of the HTTP server's limits; 0, or -1 behind the last. */
static int limits_http_view(unsigned i, struct limits_view *view, uint64_t *initial)
{
	struct http_limit row;

	if (http_limits_row(i, &row) < 0)
		return -1;
	*view = (struct limits_view){row.name, row.unit, row.least, row.most,
		row.least == 0 ? "no limit" : NULL, row.text};
	*initial = row.initial;
	return 0;
}

static int limits_find_http(const char *name, struct limits_view *view)
{
	uint64_t initial;

	for (unsigned i = 0; limits_http_view(i, view, &initial) == 0; i++) {
		if (strcmp(view->name, name) == 0)
			return 0;
	}
	return -1;
}

void limits_init(struct limits *limits)
{
	struct evtcp_stack_config config;

	evtcp_stack_config_init(&config);
	limits->stack = config.limits;
	http_limits_init(&limits->http);
}

/* ---- values as texts ------------------------------------------------------------- */

static int limits_is_size(const struct limits_view *view)
{
	return strcmp(view->unit, LIMITS_BYTES) == 0;
}

static const char *limits_number(
	const struct limits_view *view, uint64_t value, char text[QUANTITY_TEXT])
{
	if (limits_is_size(view))
		return quantity_format_size(value, text, QUANTITY_TEXT);
	snprintf(text, QUANTITY_TEXT, "%" PRIu64, value);
	return text;
}

/* "2k to 1G"; "0 up" where the largest is not below end. */
#define LIMITS_RANGE (2 * QUANTITY_TEXT + 8)
static void limits_range(const struct limits_view *view, uint64_t end, char text[LIMITS_RANGE])
{
	char least[QUANTITY_TEXT], most[QUANTITY_TEXT];

	limits_number(view, view->least, least);
	limits_number(view, view->most, most);
	if (view->most >= end)
		snprintf(text, LIMITS_RANGE, "%s up", least);
	else
		snprintf(text, LIMITS_RANGE, "%s to %s", least, most);
}

/* Says what the value must be. is_whole: no decimals. Returns -1. */
static int limits_refuse(const struct limits_view *view, int is_whole, char *why, size_t size)
{
	const char *of = view->unit[0] != '\0' ? " of " : "";
	char range[LIMITS_RANGE];

	limits_range(view, UINT64_MAX, range);
	if (limits_is_size(view))
		snprintf(why, size, "the value must be a size from %s, written as 65536, 64k or 1M",
			range);
	else
		snprintf(why, size, "the value must be a %snumber%s%s from %s",
			is_whole ? "whole " : "", of,
			strcmp(view->unit, LIMITS_SECONDS) == 0 ? "seconds" : view->unit, range);
	return -1;
}

/* ---- setting --------------------------------------------------------------------- */

static int limits_set_stack(struct evtcp_limits *limits, const struct limits_row *row,
	const char *text, char *why, size_t size)
{
	const struct limits_view *view = &row->view;
	uint64_t value;
	int read = limits_is_size(view) ? quantity_parse_size(text, &value)
					: quantity_parse_count(text, &value);

	if (read < 0 || value < view->least || value > view->most)
		return limits_refuse(view, 1, why, size);
	limits_store(limits, row, value);
	return 0;
}

static int limits_set_http(
	struct limits *limits, const char *name, const char *text, char *why, size_t size)
{
	struct limits_view view;
	char decimal[QUANTITY_TEXT];
	uint64_t bytes;

	if (limits_find_http(name, &view) < 0) {
		snprintf(why, size, "there is no limit of this name; '--limit help' lists them");
		return -1;
	}
	/* The HTTP server's own function knows no suffixes. */
	if (limits_is_size(&view) && quantity_parse_size(text, &bytes) == 0) {
		snprintf(decimal, sizeof(decimal), "%" PRIu64, bytes);
		text = decimal;
	}
	if (http_limits_set(&limits->http, name, text) == 0)
		return 0;
	return limits_refuse(&view, strcmp(view.unit, LIMITS_SECONDS) != 0, why, size);
}

int limits_set(struct limits *limits, const char *assignment, char *why, size_t size)
{
	size_t len = strcspn(assignment, "=");
	const char *value = assignment + len + 1;
	const struct limits_row *row;
	char name[LIMITS_TEXT];

	if (assignment[len] != '=' || len >= sizeof(name)) {
		snprintf(why, size, "write NAME=VALUE; '--limit help' lists the names");
		return -1;
	}
	snprintf(name, sizeof(name), "%.*s", (int)len, assignment);
	row = limits_find(name);
	if (row != NULL)
		return limits_set_stack(&limits->stack, row, value, why, size);
	return limits_set_http(limits, name, value, why, size);
}

/* ---- sharing --------------------------------------------------------------------- */

void limits_share(struct limits *share, const struct limits *whole, unsigned n)
{
	*share = *whole;
#define LIMITS_DIVIDE(value) (value) = (value) / n + ((value) % n != 0);
#define LIMITS_DIVIDE_FIELD(field) LIMITS_DIVIDE(share->stack.field)
	LIMITS_OF_ALL(LIMITS_DIVIDE_FIELD)
	LIMITS_DIVIDE(share->http.connections)
#undef LIMITS_DIVIDE_FIELD
#undef LIMITS_DIVIDE
}

/* ---- help ------------------------------------------------------------------------ */

static void limits_print_row(FILE *file, const struct limits_view *view, uint64_t initial)
{
	char number[QUANTITY_TEXT], range[LIMITS_RANGE];

	limits_range(view, UINT32_MAX, range);
	fprintf(file, "%-21s %7s %-7s  %-12s  %-8s  %s\n", view->name,
		limits_number(view, initial, number), view->unit, range,
		view->zero != NULL ? view->zero : "-", view->text);
}

static void limits_print_shared(FILE *file)
{
#define LIMITS_NAME(field) #field,
	static const char *const names[] = {LIMITS_OF_ALL(LIMITS_NAME) "http_connections"};
#undef LIMITS_NAME
	size_t n = sizeof(names) / sizeof(names[0]);

	fputs("\nWith --workers N each worker has an Nth, rounded up, of these:\n", file);
	for (size_t i = 0; i < n; i++)
		fprintf(file, "%s%s", names[i], i + 1 == n ? ".\n" : i % 6 == 5 ? ",\n" : ", ");
}

void limits_print_help(FILE *file)
{
	struct evtcp_stack_config config;
	struct limits_view view;
	uint64_t initial;

	evtcp_stack_config_init(&config);
	fputs("What strangers can make evtcpd hold, do or wait for. Set a limit with --limit "
	      "NAME=VALUE;\n"
	      "write sizes as 65536, 64k, 1M or 2G.\n\n",
		file);
	fprintf(file, "%-21s %7s %-7s  %-12s  %-8s  %s\n", "NAME", "DEFAULT", "UNIT", "RANGE",
		"0 MEANS", "WHAT IT BOUNDS");
	for (size_t i = 0; i < LIMITS_N; i++)
		limits_print_row(
			file, &limits_rows[i].view, limits_load(&config.limits, &limits_rows[i]));
	for (unsigned i = 0; limits_http_view(i, &view, &initial) == 0; i++)
		limits_print_row(file, &view, initial);
	limits_print_shared(file);
}
