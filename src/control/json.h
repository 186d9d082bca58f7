/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONTROL_JSON_H
#define CONTROL_JSON_H

/* As much JSON as answers of the control socket need: a string written, objects read. */

#include <stddef.h>
#include <stdint.h>

struct evbuffer;

/* json_add_string: appends text, quoted and escaped, to json. Bytes that are no UTF-8 (RFC 3629)
 * are written as U+FFFD. 0, or -1 without memory. */
int json_add_string(struct evbuffer *json, const char *text);

/* A value in a text, which stays the caller's. */
struct json {
	const char *at;
	size_t len;
};

/* json_next: takes the first member off *object, which is an object or what json_next has left of
 * one: its name, without quotes and as it is written, and its value. 1; 0 when there is none any
 * more; -1 when this is no object. Values are told apart by where they begin and end, not
 * checked. */
int json_next(struct json *object, struct json *name, struct json *value);

/* json_find: the member of object with this name. 1, or 0: there is none. */
int json_find(struct json object, const char *name, struct json *value);

/* json_find_number: the member as a whole number that is not negative; 0 if it is none. */
uint64_t json_find_number(struct json object, const char *name);

/* json_find_text: the member as a text without escapes, cut if it does not fit; "" if it is no
 * string. Returns text. */
char *json_find_text(struct json object, const char *name, char *text, size_t size);

#endif
