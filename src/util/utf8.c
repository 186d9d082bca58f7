/* SPDX-License-Identifier: BSD-3-Clause */

/* UTF-8 for terminals. Input: bytes, of our own or of a stranger's. Output: numbers, and text
 * that cannot do more to a terminal than stand there.
 *
 * The widths are those of whole blocks of Unicode, not of each character: enough to keep columns
 * straight in what people write as remarks. */

#include "util/utf8.h"

#include <assert.h>
#include <string.h>

enum { REPLACEMENT = 0xfffd };

struct utf8_range {
	uint32_t first, last;
};

static bool utf8_is_in(uint32_t code, const struct utf8_range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

#define UTF8_IS_IN(code, ranges) utf8_is_in(code, ranges, sizeof(ranges) / sizeof((ranges)[0]))

/* The length that the first byte announces; 0 for one that can begin nothing. */
static size_t utf8_announced(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first < 0xe0)
		return 2;
	if (first >= 0xe0 && first < 0xf0)
		return 3;
	return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

size_t utf8_decode(const char *text, size_t len, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	size_t n = len > 0 ? utf8_announced((unsigned char)text[0]) : 0;

	if (n == 0 || n > len)
		return 0;
	*code = (unsigned char)text[0] & mask[n];
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | ((unsigned char)text[i] & 0x3f);
	}
	if (*code < least[n] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return n;
}

unsigned utf8_columns(uint32_t code)
{
	static const struct utf8_range combining[] = {{0x300, 0x36f}, {0x483, 0x489},
		{0x591, 0x5bd}, {0x64b, 0x65f}, {0xe31, 0xe31}, {0xe34, 0xe3a}, {0x1ab0, 0x1aff},
		{0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};
	static const struct utf8_range wide[] = {{0x1100, 0x115f}, {0x2e80, 0x303e},
		{0x3041, 0xa4cf}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f},
		{0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
		{0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};

	if (code < 0x300)
		return 1;
	if (UTF8_IS_IN(code, combining))
		return 0;
	return UTF8_IS_IN(code, wide) ? 2 : 1;
}

size_t utf8_width(const char *text, size_t len)
{
	size_t width = 0, n;
	uint32_t code;

	for (size_t at = 0; at < len; at += n) {
		n = utf8_decode(text + at, len - at, &code);
		width += n == 0 ? 1 : utf8_columns(code);
		n += n == 0;
	}
	return width;
}

/* What ends a line, moves the cursor or does worse. */
static bool utf8_is_control(uint32_t code)
{
	return code < ' ' || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029;
}

/* What a reader would not see, or would see elsewhere than it stands. */
static bool utf8_is_deceiving(uint32_t code)
{
	static const struct utf8_range deceiving[] = {{0x00ad, 0x00ad}, {0x061c, 0x061c},
		{0x180e, 0x180e}, {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x206f},
		{0xd800, 0xf8ff}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xfffe, 0xffff},
		{0xe0000, 0x10ffff}};

	return UTF8_IS_IN(code, deceiving);
}

static size_t utf8_encode(uint32_t code, char bytes[4])
{
	size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = n; i-- > 1; code >>= 6)
		bytes[i] = (char)(0x80 | (code & 0x3f));
	bytes[0] = (char)(first[n] | code);
	return n;
}

/* The next character of text as it may be shown: ' ' for what separates; *n bytes were read. */
static uint32_t utf8_next(const char *text, size_t len, bool ascii_only, size_t *n)
{
	uint32_t code;

	*n = utf8_decode(text, len, &code);
	if (*n == 0) {
		*n = 1;
		code = REPLACEMENT;
	}
	if (utf8_is_control(code) || code == ' ')
		return ' ';
	if (utf8_is_deceiving(code))
		code = REPLACEMENT;
	return ascii_only && code > '~' ? '?' : code;
}

char *utf8_clean(char *out, size_t size, const char *text, size_t len, bool ascii_only)
{
	static const char more[] = "...";
	size_t used = 0, fits = 0, n, m; /* fits: used, where there is room for more behind it */
	char bytes[4];

	assert(size > 0 && "there is room for the terminator");
	for (size_t at = 0; at < len; at += n) {
		uint32_t code = utf8_next(text + at, len - at, ascii_only, &n);

		if (code == ' ' && (used == 0 || out[used - 1] == ' '))
			continue;
		m = utf8_encode(code, bytes);
		if (used + m >= size) {
			used = fits;
			memcpy(out + used, more,
				size - used < sizeof(more) ? size - used : sizeof(more));
			out[size - 1] = '\0';
			return out;
		}
		memcpy(out + used, bytes, m);
		used += m;
		if (used + sizeof(more) <= size)
			fits = used;
	}
	used -= used > 0 && out[used - 1] == ' ';
	out[used] = '\0';
	return out;
}
