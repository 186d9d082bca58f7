/* SPDX-License-Identifier: BSD-3-Clause */
/* Formats dates, and parses those of HTTP. Input: seconds since 1970; output: text in UTC,
 * English, without locale or time zone file; and back. Years after 9999 are written as
 * 9999: the format has four digits. What is parsed is believed if it would be written in the
 * same way: so the calendar stands here once. */
#include "http/date.h"

#include <stdio.h>
#include <string.h>

#define SECONDS_PER_DAY 86400u
#define DAYS_PER_ERA 146097u      /* 400 years of the Gregorian calendar */
#define DAYS_0000_TO_1970 719468u /* from 1 March of year 0 */

struct date {
	unsigned year, month, day; /* month 0 to 11, day 1 to 31 */
	unsigned hour, minute, second;
	unsigned weekday; /* 0 is Sunday */
};

static const char months[12][4] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char weekdays[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

/* ---- the calendar ----------------------------------------------------------------------- */

/* Counts from 1 March, so that the leap day is the last of its year and months of
 * 31 and 30 days follow a rule: month m (0 is March) begins on day (153 m + 2) / 5. */
static struct date date_from_seconds(uint64_t seconds)
{
	uint64_t days = seconds / SECONDS_PER_DAY + DAYS_0000_TO_1970;
	unsigned rest = (unsigned)(seconds % SECONDS_PER_DAY);
	unsigned of_era = (unsigned)(days % DAYS_PER_ERA);
	unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	unsigned month = (5 * of_year + 2) / 153; /* 0 is March */
	uint64_t year = days / DAYS_PER_ERA * 400 + year_of_era + (month >= 10);

	return (struct date){
		.year = year > 9999 ? 9999 : (unsigned)year,
		.month = (month + 2) % 12,
		.day = of_year - (153 * month + 2) / 5 + 1,
		.hour = rest / 3600,
		.minute = rest / 60 % 60,
		.second = rest % 60,
		.weekday = (unsigned)((seconds / SECONDS_PER_DAY + 4) % 7), /* a Thursday */
	};
}

/* The way back, for a year from 1970 on; other fields may be too large, and carry over. */
static uint64_t date_to_seconds(const struct date *date)
{
	unsigned month = (date->month + 10) % 12; /* 0 is March */
	uint64_t year = date->year - (month >= 10);
	uint64_t days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 +
			date->day - 1 - DAYS_0000_TO_1970;

	return days * SECONDS_PER_DAY + date->hour * 3600 + date->minute * 60 + date->second;
}

/* ---- formatting ------------------------------------------------------------------------- */

char *http_date_format(uint64_t seconds, char *text)
{
	struct date date = date_from_seconds(seconds);

	snprintf(text, HTTP_DATE_TEXT, "%s, %02u %s %04u %02u:%02u:%02u GMT",
		weekdays[date.weekday], date.day, months[date.month], date.year, date.hour,
		date.minute, date.second);
	return text;
}

char *http_date_format_log(uint64_t seconds, char *text)
{
	struct date date = date_from_seconds(seconds);

	snprintf(text, HTTP_DATE_LOG_TEXT, "%02u/%s/%04u:%02u:%02u:%02u +0000", date.day,
		months[date.month], date.year, date.hour, date.minute, date.second);
	return text;
}

/* ---- parsing ---------------------------------------------------------------------------- */

/* Each takes what it reads off the front of text. 0, or -1 if something else stands there. */

static int date_take_number(struct http_text *text, size_t n_digits, unsigned *number)
{
	uint64_t n;

	if (text->len < n_digits ||
		http_text_number((struct http_text){text->at, n_digits}, 9999, &n) < 0)
		return -1;
	*number = (unsigned)n;
	*text = (struct http_text){text->at + n_digits, text->len - n_digits};
	return 0;
}

static int date_take_literal(struct http_text *text, const char *literal)
{
	size_t len = strlen(literal);

	if (text->len < len || memcmp(text->at, literal, len) != 0)
		return -1;
	*text = (struct http_text){text->at + len, text->len - len};
	return 0;
}

static int date_take_name(
	struct http_text *text, const char (*names)[4], unsigned n_names, unsigned *index)
{
	for (unsigned i = 0; i < n_names; i++) {
		if (date_take_literal(text, names[i]) == 0) {
			*index = i;
			return 0;
		}
	}
	return -1;
}

/* One field of a form, named as strftime names it. */
static int date_take_field(struct http_text *text, char field, struct date *date)
{
	static const char *const tails[7] = {
		"day", "day", "sday", "nesday", "rsday", "day", "urday"};

	switch (field) {
	case 'a':
		return date_take_name(text, weekdays, 7, &date->weekday);
	case 'A':
		return date_take_name(text, weekdays, 7, &date->weekday) < 0
			       ? -1
			       : date_take_literal(text, tails[date->weekday]);
	case 'b':
		return date_take_name(text, months, 12, &date->month);
	case 'e': /* two characters, the first of which may be a space */
		return date_take_number(
			text, date_take_literal(text, " ") == 0 ? 1 : 2, &date->day);
	case 'd':
		return date_take_number(text, 2, &date->day);
	case 'H':
		return date_take_number(text, 2, &date->hour);
	case 'M':
		return date_take_number(text, 2, &date->minute);
	case 'S':
		return date_take_number(text, 2, &date->second);
	case 'y':
		return date_take_number(text, 2, &date->year);
	default: /* 'Y' */
		return date_take_number(text, 4, &date->year);
	}
}

/* Whether all of text is of this form; then *date is what it says, be there such a date or not. */
static int date_is_of_form(struct http_text text, const char *form, struct date *date)
{
	for (; *form != '\0'; form++) {
		char literal[2] = {*form, '\0'};
		int taken = *form == '%' ? date_take_field(&text, *++form, date)
					 : date_take_literal(&text, literal);

		if (taken < 0)
			return 0;
	}
	return text.len == 0;
}

/* How late in its year a date is: a number to compare, no more. */
static unsigned date_of_year(const struct date *date)
{
	return (((date->month * 32 + date->day) * 32 + date->hour) * 64 + date->minute) * 64 +
	       date->second;
}

/* RFC 9110 5.6.7: a date with two digits of a year that seems to be more than 50 years in the
 * future is in the past. */
static unsigned date_full_year(const struct date *date, uint64_t now_s)
{
	struct date now = date_from_seconds(now_s);
	unsigned latest = now.year + 50, year = latest - (latest - date->year) % 100;

	return year == latest && date_of_year(date) > date_of_year(&now) ? year - 100 : year;
}

/* Whether there is such a date: counted and counted back it is the same. */
static int date_is_real(const struct date *date)
{
	struct date same = date_from_seconds(date_to_seconds(date));

	return same.year == date->year && same.month == date->month && same.day == date->day &&
	       same.hour == date->hour && same.minute == date->minute &&
	       same.second == date->second && same.weekday == date->weekday;
}

int http_date_parse(struct http_text text, uint64_t now_s, uint64_t *seconds)
{
	struct date date;
	unsigned leap;

	if (date_is_of_form(text, "%A, %d-%b-%y %H:%M:%S GMT", &date))
		date.year = date_full_year(&date, now_s);
	else if (!date_is_of_form(text, "%a, %d %b %Y %H:%M:%S GMT", &date) &&
		 !date_is_of_form(text, "%a %b %e %H:%M:%S %Y", &date))
		return -1;
	leap = date.hour == 23 && date.minute == 59 && date.second == 60;
	date.second -= leap;
	if (date.year < 1970 || !date_is_real(&date))
		return -1;
	*seconds = date_to_seconds(&date) + leap;
	return 0;
}
