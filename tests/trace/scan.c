/* SPDX-License-Identifier: BSD-3-Clause */

/* The letters of a segment script: words, numbers, times, punctuation.
 *
 * Input: one line of text. Output: values, or an error that names line and
 * column. It knows nothing of what the words mean. */

#include "scan.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void scan_init(struct scan *scan, const char *text, unsigned line)
{
	*scan = (struct scan){.start = text, .at = text, .word = text, .line = line};
}

bool scan_fail(struct scan *scan, const char *format, ...)
{
	va_list args;
	int n;

	if (scan->error[0])
		return false;
	n = snprintf(scan->error, sizeof(scan->error), "%u:%d: ", scan->line,
		(int)(scan->at - scan->start) + 1);
	va_start(args, format);
	vsnprintf(scan->error + n, sizeof(scan->error) - (size_t)n, format, args);
	va_end(args);
	return false;
}

static size_t scan_word_len(const char *at)
{
	size_t len = 0;

	if (!isalpha((unsigned char)at[0]))
		return 0;
	while (isalnum((unsigned char)at[len]) || at[len] == '_' || at[len] == '-')
		len++;
	return len;
}

bool scan_fail_word(struct scan *scan, const char *what)
{
	scan->at = scan->word;
	return scan_fail(
		scan, "no %s of this name: \"%.*s\"", what, (int)scan_word_len(scan->at), scan->at);
}

static void scan_blanks(struct scan *scan)
{
	while (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\r')
		scan->at++;
}

bool scan_at_end(struct scan *scan)
{
	scan_blanks(scan);
	return *scan->at == '\0' || *scan->at == ';';
}

bool scan_need_end(struct scan *scan)
{
	return scan_at_end(scan) || scan_fail(scan, "nothing more was expected here");
}

bool scan_text(struct scan *scan, const char *text)
{
	size_t len = strlen(text);

	scan_blanks(scan);
	if (strncmp(scan->at, text, len) != 0)
		return false;
	scan->at += len;
	return true;
}

bool scan_need_text(struct scan *scan, const char *text)
{
	return scan_text(scan, text) || scan_fail(scan, "\"%s\" was expected", text);
}

bool scan_is(struct scan *scan, const char *word)
{
	size_t len = strlen(word);

	scan_blanks(scan);
	if (scan_word_len(scan->at) != len || strncmp(scan->at, word, len) != 0)
		return false;
	scan->at += len;
	return true;
}

bool scan_word(struct scan *scan, char *word, size_t size)
{
	size_t len;

	scan_blanks(scan);
	len = scan_word_len(scan->at);
	if (len == 0)
		return false;
	if (len >= size)
		return scan_fail(scan, "word too long");
	scan->word = scan->at;
	memcpy(word, scan->at, len);
	word[len] = '\0';
	scan->at += len;
	return true;
}

bool scan_need_word(struct scan *scan, char *word, size_t size)
{
	return scan_word(scan, word, size) || scan_fail(scan, "a word was expected");
}

bool scan_rest(struct scan *scan, char *text, size_t size)
{
	size_t len;

	scan_blanks(scan);
	len = strcspn(scan->at, ";");
	while (len > 0 && isspace((unsigned char)scan->at[len - 1]))
		len--;
	if (len >= size)
		return scan_fail(scan, "too much is said here");
	memcpy(text, scan->at, len);
	text[len] = '\0';
	scan->at += len;
	return true;
}

bool scan_is_number(struct scan *scan)
{
	scan_blanks(scan);
	return isdigit((unsigned char)*scan->at);
}

bool scan_need_number(struct scan *scan, int64_t min, int64_t max, int64_t *value)
{
	const char *at;
	bool negative;
	int64_t n = 0;

	scan_blanks(scan);
	at = scan->at;
	negative = *at == '-';
	at += negative;
	if (!isdigit((unsigned char)*at))
		return scan_fail(scan, "a number was expected");
	while (isdigit((unsigned char)*at) && n <= INT64_MAX / 16)
		n = n * 10 + (*at++ - '0');
	if (negative)
		n = -n;
	if (isdigit((unsigned char)*at) || n < min || n > max)
		return scan_fail(
			scan, "number outside %lld to %lld", (long long)min, (long long)max);
	if (isalpha((unsigned char)*at))
		return scan_fail(scan, "a number was expected");
	scan->at = at;
	*value = n;
	return true;
}

bool scan_need_seconds(struct scan *scan, uint64_t *us)
{
	const char *at;
	int64_t seconds;
	uint64_t unit = 1000000;

	if (!scan_need_number(scan, 0, 100000000, &seconds))
		return false;
	*us = (uint64_t)seconds * unit;
	if (*scan->at != '.')
		return true;
	at = scan->at + 1;
	if (!isdigit((unsigned char)*at))
		return scan_fail(scan, "a digit was expected after the point");
	while (isdigit((unsigned char)*at) && unit > 1) {
		unit /= 10;
		*us += (uint64_t)(*at++ - '0') * unit;
	}
	if (isdigit((unsigned char)*at))
		return scan_fail(scan, "time finer than a microsecond");
	scan->at = at;
	return true;
}

bool scan_need_ipv4(struct scan *scan, uint32_t *address)
{
	int64_t octet;

	*address = 0;
	for (int i = 0; i < 4; i++) {
		if (i > 0 && !scan_need_text(scan, "."))
			return false;
		if (!scan_need_number(scan, 0, 255, &octet))
			return false;
		*address = *address << 8 | (uint32_t)octet;
	}
	return true;
}
