/* SPDX-License-Identifier: BSD-3-Clause */

/* Fuzz target F8 of the test plan: what a stranger says in the values of fields and queries:
 * ranges, dates, numbers and entity-tags.
 *
 * In: one byte that chooses, a number of eight bytes, then bytes. Out: nothing, or an abort.
 *      bits 0-1  what the bytes are: a Range field, a date, a number, a list of tags
 *      bit 2     the list of tags is of If-Match, not of If-None-Match
 *      bit 3     the bytes choose what makes sense there, instead of being it
 *
 * Beyond "no crash": the answer is that of a second opinion. Its grammars are regular expressions,
 * its numbers strings of digits, and its calendar counts the months one by one. */

#include "fuzz/target.h"

#include "http/conditions.h"
#include "http/date.h"
#include "http/range.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { AS_RANGE, AS_DATE, AS_NUMBER, AS_TAGS, IF_MATCH = 4, CHOOSING = 8 };
enum { HEAD = 9, GROUPS = 10 };

/* What an expression has found of a text: its groups as strings, which lie in room. */
struct found {
	char *room;
	char *group[GROUPS];
};

/* Whether pattern, compiled at the first call, is all of the text; no text with NUL is anything.
 * If so, found->room is to be freed. */
static bool matches(regex_t *regex, const char *pattern, struct http_text text, struct found *found)
{
	regmatch_t at[GROUPS];
	char *whole = calloc(GROUPS, text.len + 1);

	if (regex->re_nsub == 0)
		require(regcomp(regex, pattern, REG_EXTENDED) == 0);
	if (text.len > 0)
		memcpy(whole, text.at, text.len);
	if (strlen(whole) < text.len || regexec(regex, whole, GROUPS, at, 0) != 0) {
		free(whole);
		return false;
	}
	found->room = found->group[0] = whole;
	for (int i = 1; i < GROUPS; i++) {
		found->group[i] = whole + (size_t)i * (text.len + 1);
		if (at[i].rm_so >= 0)
			memcpy(found->group[i], whole + at[i].rm_so,
				(size_t)(at[i].rm_eo - at[i].rm_so));
	}
	return true;
}

/* ---- numbers of any size -------------------------------------------------------------------- */

/* Below, equal or above 0 as a is below, equal to or above b; both are strings of digits. */
static int compare(const char *a, const char *b)
{
	a += strspn(a, "0");
	b += strspn(b, "0");
	if (strlen(a) != strlen(b))
		return strlen(a) < strlen(b) ? -1 : 1;
	return strcmp(a, b);
}

static int compare_with(const char *a, uint64_t b)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)b);
	return compare(a, digits);
}

static void fuzz_number(struct http_text text, uint64_t most)
{
	static regex_t regex;
	uint64_t number = ~most;
	struct found found;
	int result = http_text_number(text, most, &number);

	if (!matches(&regex, "^([0-9]+)$", text, &found)) {
		require(result < 0);
		return;
	}
	require(result == (compare_with(found.group[1], most) > 0 ? -1 : 0));
	require(compare_with(found.group[1], number) == 0 || (result < 0 && number == ~most));
	free(found.room);
}

/* ---- ranges ---------------------------------------------------------------------------------- */

#define BLANKS "[ \t]*"
#define ONE_RANGE \
	"^[Bb][Yy][Tt][Ee][Ss]=((" BLANKS ",)+" BLANKS ")?([0-9]*)-([0-9]*)(" BLANKS ",)*" BLANKS \
	"$"

/* Of "A-B", "A-" and "-N", given A and B. */
static enum http_range_verdict expect_range(
	const char *a, const char *b, uint64_t length, struct http_range *range)
{
	if (*a == '\0' && *b == '\0')
		return HTTP_RANGE_WHOLE;
	if (*a == '\0') {
		if (compare(b, "0") == 0)
			return HTTP_RANGE_UNSATISFIABLE;
		range->len = compare_with(b, length) > 0 ? length : strtoull(b, NULL, 10);
		range->first = length - range->len;
		return length > 0 ? HTTP_RANGE_PART : HTTP_RANGE_WHOLE;
	}
	/* Of two numbers too large for 64 bits we do not ask which is larger. */
	if (*b != '\0' && compare(a, b) > 0 && compare_with(b, UINT64_MAX) < 0)
		return HTTP_RANGE_WHOLE;
	if (compare_with(a, length) >= 0)
		return HTTP_RANGE_UNSATISFIABLE;
	range->first = strtoull(a, NULL, 10);
	range->len = length - range->first;
	if (*b != '\0' && compare_with(b, length) < 0)
		range->len = strtoull(b, NULL, 10) - range->first + 1;
	return HTTP_RANGE_PART;
}

static void fuzz_range(struct http_text text, uint64_t length)
{
	static regex_t regex;
	struct http_range range = {0, 0}, expected = {0, 0};
	enum http_range_verdict verdict = http_range_parse(text, length, &range);
	struct found found;

	if (!matches(&regex, ONE_RANGE, text, &found)) {
		require(verdict == HTTP_RANGE_WHOLE);
		return;
	}
	require(verdict == expect_range(found.group[3], found.group[4], length, &expected));
	if (verdict == HTTP_RANGE_PART) {
		require(range.first == expected.first && range.len == expected.len);
		require(range.len > 0 && range.len <= length && range.first <= length - range.len);
	}
	free(found.room);
}

/* ---- dates ------------------------------------------------------------------------------------
 */

static const char *const days[] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
static const char *const months[] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

#define MONTH "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
#define DAY "(Sun|Mon|Tue|Wed|Thu|Fri|Sat)"
#define LONG_DAY "(Sunday|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday)"
#define TWO "([0-9][0-9])"
#define FOUR "([0-9][0-9][0-9][0-9])"
#define TIME TWO ":" TWO ":" TWO

/* What stands in a date, and the order to compare dates by. */
struct said {
	int weekday, year, month, day, hour, minute, second;
};

static long long order(const struct said *said)
{
	return ((((said->year * 100LL + said->month) * 100 + said->day) * 100 + said->hour) * 100 +
		       said->minute) *
		       100 +
	       said->second;
}

/* places: which group holds weekday, year, month, day and the hour. */
static void read_said(struct said *said, const struct found *found, const int places[5])
{
	*said = (struct said){.year = atoi(found->group[places[1]]),
		.day = atoi(found->group[places[3]]),
		.hour = atoi(found->group[places[4]]),
		.minute = atoi(found->group[places[4] + 1]),
		.second = atoi(found->group[places[4] + 2])};
	while (strncmp(days[said->weekday], found->group[places[0]], 3) != 0)
		said->weekday++;
	while (strcmp(months[said->month], found->group[places[2]]) != 0)
		said->month++;
	free(found->room);
}

/* The latest year that is at most 50 years ahead, tried one by one. */
static void fill_century(struct said *said, uint64_t now_s)
{
	time_t t = (time_t)now_s;
	struct said limit;
	struct tm tm;

	gmtime_r(&t, &tm);
	limit = (struct said){
		0, tm.tm_year + 1900 + 50, tm.tm_mon, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec};
	while (said->year + 100 <= limit.year)
		said->year += 100;
	if (order(said) > order(&limit))
		said->year -= 100;
}

static bool expect_said(struct said *said, struct http_text text, uint64_t now_s)
{
	static regex_t fixdate, rfc850, asctime_date;
	struct found found;

	if (matches(&fixdate, "^" DAY ", " TWO " " MONTH " " FOUR " " TIME " GMT$", text, &found)) {
		read_said(said, &found, (const int[]){1, 4, 3, 2, 5});
		return true;
	}
	if (matches(&asctime_date, "^" DAY " " MONTH " ([0-9 ][0-9]) " TIME " " FOUR "$", text,
		    &found)) {
		read_said(said, &found, (const int[]){1, 7, 2, 3, 4});
		return true;
	}
	if (!matches(&rfc850, "^" LONG_DAY ", " TWO "-" MONTH "-" TWO " " TIME " GMT$", text,
		    &found))
		return false;
	read_said(said, &found, (const int[]){1, 4, 3, 2, 5});
	fill_century(said, now_s);
	return true;
}

static int month_days(int year, int month)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return lengths[month] + (month == 1 && leap);
}

static bool expect_seconds(const struct said *said, uint64_t *seconds)
{
	int in_leap = said->hour == 23 && said->minute == 59;
	uint64_t n_days = 0;

	if (said->year < 1970 || said->year > 9999)
		return false;
	if (said->day < 1 || said->day > month_days(said->year, said->month))
		return false;
	if (said->hour > 23 || said->minute > 59 || said->second > 59 + in_leap)
		return false;
	for (int year = 1970; year <= said->year; year++)
		for (int month = 0; month < (year < said->year ? 12 : said->month); month++)
			n_days += (uint64_t)month_days(year, month);
	n_days += (uint64_t)said->day - 1;
	*seconds = ((n_days * 24 + (uint64_t)said->hour) * 60 + (uint64_t)said->minute) * 60 +
		   (uint64_t)said->second;
	return (n_days + 4) % 7 == (uint64_t)said->weekday; /* it began on a Thursday */
}

static void fuzz_date(struct http_text text, uint64_t number)
{
	uint64_t now_s = number % 253402300800, seconds = number, expected, again;
	char written[HTTP_DATE_TEXT];
	struct said said;
	int result = http_date_parse(text, now_s, &seconds);

	if (!expect_said(&said, text, now_s) || !expect_seconds(&said, &expected)) {
		require(result < 0 && seconds == number);
		return;
	}
	require(result == 0 && seconds == expected);
	if (seconds >= 253402300800) /* the year 10000 cannot be written */
		return;
	http_date_format(seconds, written);
	require(http_date_parse((struct http_text){written, HTTP_DATE_TEXT - 1}, 0, &again) == 0);
	require(again == seconds);
}

/* ---- tags -------------------------------------------------------------------------------------
 */

#define TAG "(W/)?\"[\x21\x23-\x7e\x80-\xff]*\""

/* Whether a list that is well formed, NUL behind it, has the tag; weak tags have nothing strong. */
static bool lists(const char *list, const char *tag, bool strong)
{
	while (*(list += strspn(list, " \t,")) != '\0') {
		bool weak = *list == 'W';
		const char *opaque = list + (weak ? 2 : 0), *end = strchr(opaque + 1, '"') + 1;
		size_t len = (size_t)(end - opaque);

		if (strlen(tag) == len && memcmp(opaque, tag, len) == 0 && !(strong && weak))
			return true;
		list = end;
	}
	return false;
}

static void fuzz_tags(struct http_text text, uint64_t number, bool strong)
{
	static const char *const tags[] = {"\"a\"", "\"\"", "\"a,b\"", "\"W/\"", "\",\""};
	static regex_t list, star;
	const char *tag = tags[number % 5];
	struct http_field field = {{"If-Match", 8}, http_text_trim(text)};
	struct http_request request = {.fields = &field, .n_fields = 1};
	struct http_representation there = {tag, 1, 2};
	enum http_condition condition;
	struct found found;
	bool same;

	if (!strong)
		field.name = (struct http_text){"If-None-Match", 13};
	condition = http_conditions_check(&request, &there);
	same = condition == (strong ? HTTP_CONDITION_HOLDS : HTTP_CONDITION_NOT_MODIFIED);
	require(same || condition == (strong ? HTTP_CONDITION_FAILED : HTTP_CONDITION_HOLDS));
	if (matches(&star, "^([*])$", field.value, &found)) {
		require(same);
		free(found.room);
	} else if (matches(&list,
			   "^" BLANKS "(" TAG ")?(" BLANKS "," BLANKS "(" TAG ")?)*" BLANKS "$",
			   field.value, &found)) {
		require(same == lists(found.group[0], tag, strong));
		free(found.room);
	} else {
		require(!same || memmem(text.at, text.len, tag, strlen(tag)) != NULL);
	}
}

/* ---- what makes sense -------------------------------------------------------------------------
 */

/* Bytes as letters of an alphabet. */
static size_t choose_letters(char *to, const uint8_t *data, size_t len, const char *alphabet)
{
	for (size_t i = 0; i < len; i++)
		to[i] = alphabet[data[i] % strlen(alphabet)];
	return len;
}

/* A date, its parts a little beyond what they can be. */
static size_t choose_date(char *to, size_t size, const uint8_t *data, size_t len)
{
	uint8_t d[9] = {0};
	const char *day, *month;
	unsigned year;

	memcpy(d, data, len < sizeof(d) ? len : sizeof(d));
	day = days[d[1] % 7];
	month = months[d[2] % 12];
	year = 1968 + (d[3] + 256u * d[4]) % 8400;
	switch (d[0] % 3) {
	case 0:
		return (size_t)snprintf(to, size, "%.3s, %02u %s %04u %02u:%02u:%02u GMT", day,
			d[5] % 33, month, year, d[6] % 25, d[7] % 61, d[8] % 62);
	case 1:
		return (size_t)snprintf(to, size, "%s, %02u-%s-%02u %02u:%02u:%02u GMT", day,
			d[5] % 33, month, year % 100, d[6] % 25, d[7] % 61, d[8] % 62);
	default:
		return (size_t)snprintf(to, size, "%.3s %s %2u %02u:%02u:%02u %04u", day, month,
			d[5] % 33, d[6] % 25, d[7] % 61, d[8] % 62, year);
	}
}

static size_t choose(char *to, size_t size, unsigned kind, struct http_text bytes)
{
	const uint8_t *data = (const uint8_t *)bytes.at;

	switch (kind) {
	case AS_RANGE:
		memcpy(to, "bytes=", 6);
		return 6 + choose_letters(to + 6, data, bytes.len, "0123456789-01-, \t");
	case AS_DATE:
		return choose_date(to, size, data, bytes.len);
	case AS_NUMBER:
		return choose_letters(to, data, bytes.len, "0123456789");
	default:
		return choose_letters(to, data, bytes.len, "\"\"a,,W/ b*");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	unsigned kind = size > 0 ? input[0] & 3 : 0;
	struct http_text text;
	uint64_t number = 0;
	char *bytes;

	if (size < HEAD)
		return 0;
	for (int i = 1; i < HEAD; i++)
		number = number << 8 | input[i];
	text = (struct http_text){(const char *)input + HEAD, size - HEAD};
	bytes = malloc(text.len + 64);
	if (input[0] & CHOOSING)
		text.len = choose(bytes, text.len + 64, kind, text);
	else if (text.len > 0)
		memcpy(bytes, text.at, text.len);
	bytes = realloc(bytes, text.len + (text.len == 0)); /* exactly as long */
	text.at = bytes;
	if (kind == AS_RANGE)
		fuzz_range(text, number);
	else if (kind == AS_DATE)
		fuzz_date(text, number);
	else if (kind == AS_NUMBER)
		fuzz_number(text, number);
	else
		fuzz_tags(text, number, (input[0] & IF_MATCH) != 0);
	free(bytes);
	return 0;
}

/* ---- where the driver starts from ---------------------------------------------------------------
 */

#define SEED(head, text) \
	{ \
		(const uint8_t *)(head text), sizeof(head text) - 1 \
	}

/* The byte that chooses, and the number, from its most significant byte on. */
#define RANGE_OF_10 "\0\0\0\0\0\0\0\0\12"
#define RANGE_OF_MOST "\0\xff\xff\xff\xff\xff\xff\xff\xff"
#define DATE_IN_2026 "\1\0\0\0\0\x6b\x0b\x80\x80"
#define NUMBER_TO_MOST "\2\xff\xff\xff\xff\xff\xff\xff\xff"
#define NONE_MATCH "\3\0\0\0\0\0\0\0\0"
#define NONE_MATCH_COMMA "\3\0\0\0\0\0\0\0\2"
#define MATCH "\7\0\0\0\0\0\0\0\0"

const struct fuzz_seed fuzz_seeds[] = {
	SEED(RANGE_OF_10, "bytes=0-4"),
	SEED(RANGE_OF_10, "bytes=5-"),
	SEED(RANGE_OF_10, "bytes=, -3"),
	SEED(RANGE_OF_10, "bytes=0-1, 3-4"),
	SEED(RANGE_OF_MOST, "bytes=18446744073709551614-18446744073709551616"),
	SEED("\10\0\0\0\0\0\0\1\0", "\1\2\12\3\4\16\17"),
	SEED("\10\0\0\0\0\0\0\0\144", "\12\3\4"),
	SEED(DATE_IN_2026, "Sun, 06 Nov 1994 08:49:37 GMT"),
	SEED(DATE_IN_2026, "Sunday, 06-Nov-94 08:49:37 GMT"),
	SEED(DATE_IN_2026, "Sun Nov  6 08:49:37 1994"),
	SEED(DATE_IN_2026, "Sat, 31 Dec 2016 23:59:60 GMT"),
	SEED("\11\0\0\0\0\x6b\x0b\x80\x80", "\0\0\12\32\0\6\10\61\45"),
	SEED("\11\0\0\0\0\x6b\x0b\x80\x80", "\1\0\12\32\0\6\10\61\45"),
	SEED("\11\0\0\0\0\x6b\x0b\x80\x80", "\2\0\12\32\0\6\10\61\45"),
	SEED(NUMBER_TO_MOST, "18446744073709551615"),
	SEED("\12\0\0\0\0\0\0\1\0", "\2\5\6"),
	SEED(NONE_MATCH, "\"b\", W/\"a\""),
	SEED(NONE_MATCH_COMMA, "\"a\", \"a,b\" , \"c\""),
	SEED(MATCH, "\"b\",,\"a\""),
	SEED("\13\0\0\0\0\0\0\0\0", "\0\2\0\3\5\6\0\2\1"),
	SEED("\17\0\0\0\0\0\0\0\4", "\0\3\0\4\0\2\1"),
	{NULL, 0},
};
