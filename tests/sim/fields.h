/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_FIELDS_H
#define SIM_FIELDS_H

/* A scenario as a list of named numbers: what is written to a file, read from one, and
 * made smaller one by one, without anybody knowing what a number means. */

#include "scenario.h"

enum { FIELD_NAME = 56, FIELDS_MAX = 2048 };

enum field_type {
	FIELD_BOOL,
	FIELD_U8,
	FIELD_U16,
	FIELD_U32,
	FIELD_U64,
	FIELD_INT,    /* -1 and up */
	FIELD_CC,     /* a congestion control's name; the number is its place in the table */
	FIELD_OPTION, /* one of struct evtcp_tcp_options, by its place there */
};

/* What a smaller scenario does with it. */
enum field_use {
	FIELD_KEPT,   /* it names something: a seed, a port */
	FIELD_CHOICE, /* only the plain value is simpler than another */
	FIELD_AMOUNT  /* the nearer to the plain value, the simpler */
};

struct field {
	char name[FIELD_NAME]; /* "connection.2.end.0.total" */
	enum field_type type;
	enum field_use use;
	const char *const *words; /* the values' names, up to a NULL; NULL: numbers */
	void *at;                 /* in the scenario */
	size_t place;             /* of FIELD_OPTION */
};

struct fields {
	unsigned n;
	struct field field[FIELDS_MAX];
};

/* fields_list: all fields of *scenario, of connections only those that it has; valid as
 * long as it does not move. Equal places in the lists of two scenarios with as many
 * connections are the same field. */
void fields_list(struct scenario *scenario, struct fields *fields);

/* field_get, field_set: its value; FIELD_INT as two's complement. A value that its type
 * does not hold is cut. */
uint64_t field_get(const struct field *field);
void field_set(const struct field *field, uint64_t value);

/* field_format: the value as text: a word, "never" for UINT64_MAX, a number. Always
 * terminated. Returns text. field_parse: the reverse. False if the text is no value of
 * this field. */
enum { FIELD_TEXT = 32 };
char *field_format(const struct field *field, char text[FIELD_TEXT]);
bool field_parse(const struct field *field, const char *text);

#endif
