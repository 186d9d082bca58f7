/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzz target: what evtcpctl reads of an answer.
 *
 * In: a line of any bytes. Out: nothing, or an abort. Beyond "no crash": nothing is read beyond its
 * end, members stand in it, one after the other, and a string that was written is read back the
 * same. */

#include "control/json.h"
#include "fuzz/target.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

static void walk(struct json object, unsigned depth)
{
	struct json name, value;
	const char *at = object.at;
	size_t len = object.len;

	while (json_next(&object, &name, &value) == 1) {
		require(name.at > at && value.at > name.at && value.len > 0);
		require(value.at + value.len <= object.at && object.at <= at + len);
		require(object.at + object.len == at + len);
		if (depth < 4)
			walk(value, depth + 1);
	}
}

static void find(struct json object)
{
	char text[16];
	struct json value;

	json_find_number(object, "a");
	require(strlen(json_find_text(object, "a", text, sizeof(text))) < sizeof(text));
	if (json_find(object, "a", &value))
		require(value.at >= object.at && value.at + value.len <= object.at + object.len);
}

/* The bytes as a string, written, and read back if they are ASCII. */
static void write_and_read(const uint8_t *data, size_t size)
{
	struct evbuffer *json = evbuffer_new();
	char *text = calloc(1, size + 1), *read = calloc(1, size + 1);
	int is_ascii = 1;

	if (size > 0)
		memcpy(text, data, size);
	for (const char *c = text; *c != '\0'; c++)
		is_ascii &= (unsigned char)*c < 0x80;
	evbuffer_add(json, "{\"a\":", 5);
	require(json_add_string(json, text) == 0);
	evbuffer_add(json, "}", 1);
	json_find_text(
		(struct json){(const char *)evbuffer_pullup(json, -1), evbuffer_get_length(json)},
		"a", read, size + 1);
	require(!is_ascii || strcmp(read, text) == 0);
	evbuffer_free(json);
	free(text);
	free(read);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = malloc(size + (size == 0)); /* exactly as long */
	struct json object = {line, size};

	if (size > 0)
		memcpy(line, data, size);
	walk(object, 0);
	find(object);
	write_and_read(data, size);
	free(line);
	return 0;
}

#define SEED(text) \
	{ \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

const struct fuzz_seed fuzz_seeds[] = {
	SEED("{\"ok\":true,\"a\":12,\"missing\":[0,3]}"),
	SEED("{\"connection\":{\"a\":\"10.0.0.2:80\",\"b\":{\"a\":[1,{\"c\":2}]}}}"),
	SEED("{\"a\":\"x\\u0009\\\"\\\\\\n\\u00ff\",\"b\":-1.5e3 , \"c\" : null }"),
	SEED("{\"a\":18446744073709551616}"),
	SEED("say \"no\" \x01\x7f\xc3\xa9\xff"),
	{NULL, 0},
};
