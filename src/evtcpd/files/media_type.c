/* SPDX-License-Identifier: BSD-3-Clause */
/* What browsers have to be told, by the ends of names. The system's mime.types is not read: what a
 * daemon answers should not hang on what else is installed. */
#include "evtcpd/files/media_type.h"

#include "http/text.h"

#include <stddef.h>
#include <string.h>

#define UTF_8 "; charset=utf-8"

static const struct {
	const char *extension, *type;
} rows[] = {
	{"avif", "image/avif"},
	{"bmp", "image/bmp"},
	{"css", "text/css" UTF_8},
	{"csv", "text/csv" UTF_8},
	{"gif", "image/gif"},
	{"gz", "application/gzip"},
	{"htm", "text/html" UTF_8},
	{"html", "text/html" UTF_8},
	{"ico", "image/vnd.microsoft.icon"},
	{"jpeg", "image/jpeg"},
	{"jpg", "image/jpeg"},
	{"js", "text/javascript" UTF_8},
	{"json", "application/json"},
	{"md", "text/markdown" UTF_8},
	{"mjs", "text/javascript" UTF_8},
	{"mp3", "audio/mpeg"},
	{"mp4", "video/mp4"},
	{"ogg", "audio/ogg"},
	{"otf", "font/otf"},
	{"pcap", "application/vnd.tcpdump.pcap"},
	{"pdf", "application/pdf"},
	{"png", "image/png"},
	{"svg", "image/svg+xml"},
	{"tar", "application/x-tar"},
	{"ttf", "font/ttf"},
	{"txt", "text/plain" UTF_8},
	{"wasm", "application/wasm"},
	{"wav", "audio/wav"},
	{"webm", "video/webm"},
	{"webp", "image/webp"},
	{"woff", "font/woff"},
	{"woff2", "font/woff2"},
	{"xml", "application/xml"},
	{"zip", "application/zip"},
};

const char *media_type_of(const char *path)
{
	const char *dot = strrchr(path, '.');
	struct http_text extension = {
		dot != NULL ? dot + 1 : "", dot != NULL ? strlen(dot + 1) : 0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (http_text_equal_case(extension, rows[i].extension))
			return rows[i].type;
	}
	return "application/octet-stream";
}
