/* SPDX-License-Identifier: BSD-3-Clause */
/* Formats dates. Input: seconds since 1970; output: text in UTC, English, without
 * locale or time zone file. Does not parse dates. Years after 9999 are written as
 * 9999: the format has four digits. */
#include "http/date.h"

#include <stdio.h>

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
