/* SPDX-License-Identifier: BSD-3-Clause */

/* Preconditions, each row a request and what becomes of it: RFC 9110 13. What is there has the
 * tag "a" and is of Sun, 06 Nov 1994 08:49:37 GMT, unless a row says something else. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "http/conditions.h"

#define STRONG "\"a\""
#define WEAK "W/\"a\""
#define MODIFIED 784111777
#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define SAME "Sun, 06 Nov 1994 08:49:37 GMT"
#define AFTER "Sun, 06 Nov 1994 08:49:38 GMT"
#define NOW (MODIFIED + 86400)

struct condition_case {
	const char *etag;
	const char *fields[7]; /* names and values in turn */
	int result;
};

/* A request of such fields, which lie in room. */
static struct http_request make_request(const char *const *fields, struct http_field *room)
{
	struct http_request request = {.fields = room};

	for (; fields[2 * request.n_fields]; request.n_fields++) {
		const char *const *field = &fields[2 * request.n_fields];

		room[request.n_fields] = (struct http_field){
			{field[0], strlen(field[0])}, {field[1], strlen(field[1])}};
	}
	return request;
}

static int check(const struct http_request *request, const struct http_representation *there)
{
	return (int)http_conditions_check(request, there);
}

static void check_cases(const struct condition_case *cases, size_t n,
	int (*judge)(const struct http_request *, const struct http_representation *))
{
	for (size_t i = 0; i < n; i++) {
		struct http_representation there = {cases[i].etag, MODIFIED, NOW};
		struct http_field room[3];
		struct http_request request = make_request(cases[i].fields, room);
		int result = judge(&request, &there);

		if (result != cases[i].result)
			fail_msg("row %zu, %s: %s: %d", i, cases[i].fields[0], cases[i].fields[1],
				result);
	}
}

#define CHECK_CASES(cases, judge) check_cases(cases, sizeof(cases) / sizeof(cases[0]), judge)

/* 200 or 206, 304, 412 */
#define OK HTTP_CONDITION_HOLDS
#define NOT_MODIFIED HTTP_CONDITION_NOT_MODIFIED
#define FAILED HTTP_CONDITION_FAILED

static void without_conditions_a_request_is_served(void **state)
{
	static const struct condition_case cases[] = {
		{STRONG, {NULL}, OK},
		{STRONG, {"Host", "a", "Range", "bytes=0-1"}, OK},
		{STRONG, {"If-Range", "\"b\""}, OK}, /* says something of the range alone */
		{STRONG, {"If-None-Matches", STRONG, "None-Match", STRONG}, OK},
	};

	(void)state;
	CHECK_CASES(cases, check);
}

/* RFC 9110 13.1.1, 8.8.3.2 */
static void if_match_wants_the_same_strong_tag(void **state)
{
	static const struct condition_case cases[] = {
		{STRONG, {"If-Match", STRONG}, OK},
		{STRONG, {"if-match", STRONG}, OK},
		{STRONG, {"If-Match", "\"b\""}, FAILED},
		{STRONG, {"If-Match", "\"A\""}, FAILED},
		{STRONG, {"If-Match", WEAK}, FAILED},
		{WEAK, {"If-Match", STRONG}, FAILED},
		{WEAK, {"If-Match", WEAK}, FAILED},
		{STRONG, {"If-Match", "*"}, OK},
		{WEAK, {"If-Match", "*"}, OK}, /* there is something */
		{STRONG, {"If-Match", "\"b\", \"a\""}, OK},
		{STRONG, {"If-Match", "\"b\"", "If-Match", "\"a\""}, OK},
		{STRONG, {"If-Match", "\"a\"", "If-Match", "\"b\""}, OK},
		{STRONG, {"If-Match", "\"b\"", "If-Match", "\"c\""}, FAILED},
		{STRONG, {"If-Match", ""}, FAILED},
		{STRONG, {"If-Match", "a"}, FAILED},
	};

	(void)state;
	CHECK_CASES(cases, check);
}

/* RFC 9110 13.1.2, 8.8.3.2 */
static void if_none_match_wants_another_tag(void **state)
{
	static const struct condition_case cases[] = {
		{STRONG, {"If-None-Match", STRONG}, NOT_MODIFIED},
		{STRONG, {"IF-NONE-MATCH", STRONG}, NOT_MODIFIED},
		{STRONG, {"If-None-Match", "\"b\""}, OK},
		{STRONG, {"If-None-Match", WEAK}, NOT_MODIFIED},
		{WEAK, {"If-None-Match", STRONG}, NOT_MODIFIED},
		{WEAK, {"If-None-Match", WEAK}, NOT_MODIFIED},
		{STRONG, {"If-None-Match", "*"}, NOT_MODIFIED},
		{STRONG, {"If-None-Match", ""}, OK},
		{STRONG, {"If-None-Match", "\"\""}, OK},
		{"\"\"", {"If-None-Match", "\"\""}, NOT_MODIFIED},
	};

	(void)state;
	CHECK_CASES(cases, check);
}

/* RFC 9110 5.6.1.2, 8.8.3 */
static void tags_are_listed_with_commas_in_and_between_them(void **state)
{
	static const struct condition_case cases[] = {
		{STRONG, {"If-None-Match", "\"b\",\"a\""}, NOT_MODIFIED},
		{STRONG, {"If-None-Match", "\"b\" \t,\t \"a\" , \"c\""}, NOT_MODIFIED},
		{STRONG, {"If-None-Match", "\"b\", W/\"a\""}, NOT_MODIFIED},
		{STRONG, {"If-None-Match", ",, ,\"a\""}, NOT_MODIFIED},
		{STRONG, {"If-None-Match", "\"b\",,"}, OK},
		{STRONG, {"If-None-Match", "\"b\"", "If-None-Match", "\"a\""}, NOT_MODIFIED},
		{STRONG, {"If-None-Match", "\"a\"", "Host", "b", "If-None-Match", "\"c\""},
			NOT_MODIFIED},
		{STRONG, {"If-None-Match", "\"b\"", "If-None-Match", "\"c\""}, OK},
		/* quotes hold commas, blanks and "*" together; there are no escapes */
		{"\"a,b\"", {"If-None-Match", "\"a,b\""}, NOT_MODIFIED},
		{"\"a,b\"", {"If-None-Match", "\"c\", \"a,b\""}, NOT_MODIFIED},
		{STRONG, {"If-None-Match", "\"b,\"a\",c\""}, OK},
		{STRONG, {"If-None-Match", "\"b,\", \"a\""}, NOT_MODIFIED},
		{"\"\\\"", {"If-None-Match", "\"\\\", \"b\""}, NOT_MODIFIED},
		{STRONG, {"If-None-Match", "\"\\\",\"a\""}, NOT_MODIFIED},
		{STRONG, {"If-None-Match", "\"*\""}, OK},
		{"\"\xe4\"", {"If-None-Match", "\"\xe4\""}, NOT_MODIFIED},
	};

	(void)state;
	CHECK_CASES(cases, check);
}

static void what_is_no_tag_matches_none(void **state)
{
	static const struct condition_case cases[] = {
		{STRONG, {"If-None-Match", "a"}, OK},
		{STRONG, {"If-None-Match", "\"a"}, OK},
		{STRONG, {"If-None-Match", "a\""}, OK},
		{STRONG, {"If-None-Match", "'a'"}, OK},
		{STRONG, {"If-None-Match", "\"a\"b"}, OK},
		{STRONG, {"If-None-Match", "b\"a\""}, OK},
		{STRONG, {"If-None-Match", "\"a\"\"b\""}, OK},
		{STRONG, {"If-None-Match", "\"a\" \"b\""}, OK},
		{STRONG, {"If-None-Match", "\"b\";\"a\""}, OK},
		{STRONG, {"If-None-Match", "w/\"a\""}, OK}, /* RFC 9110 8.8.3: a capital */
		{STRONG, {"If-None-Match", "W/ \"a\""}, OK},
		{STRONG, {"If-None-Match", "W/W/\"a\""}, OK},
		{STRONG, {"If-None-Match", "W/"}, OK},
		{STRONG, {"If-None-Match", "W/a"}, OK},
		{STRONG, {"If-None-Match", "\"b\", *"}, OK}, /* stands alone, or for nothing */
		{STRONG, {"If-None-Match", "**"}, OK},
		{STRONG, {"If-None-Match", "\"b, \"a\""}, OK}, /* a quote that is not closed */
		{STRONG, {"If-None-Match", "b, \"a\""}, NOT_MODIFIED},
	};

	(void)state;
	CHECK_CASES(cases, check);
}

/* RFC 9110 13.1.4 */
static void if_unmodified_since_wants_nothing_newer(void **state)
{
	static const struct condition_case cases[] = {
		{STRONG, {"If-Unmodified-Since", BEFORE}, FAILED},
		{STRONG, {"If-Unmodified-Since", SAME}, OK},
		{STRONG, {"If-Unmodified-Since", AFTER}, OK},
		{STRONG, {"If-Unmodified-Since", "Sunday, 06-Nov-94 08:49:36 GMT"}, FAILED},
		{STRONG, {"If-Unmodified-Since", "Sun Nov  6 08:49:36 1994"}, FAILED},
		{STRONG, {"If-Unmodified-Since", ""}, OK},
		{STRONG, {"If-Unmodified-Since", "yesterday"}, OK},
		{STRONG, {"If-Unmodified-Since", "Mon, 06 Nov 1994 08:49:36 GMT"}, OK},
		{STRONG, {"If-Unmodified-Since", BEFORE ", " BEFORE}, OK},
		{STRONG, {"If-Unmodified-Since", BEFORE, "If-Unmodified-Since", BEFORE}, OK},
	};

	(void)state;
	CHECK_CASES(cases, check);
}

/* RFC 9110 13.1.3 */
static void if_modified_since_wants_something_newer(void **state)
{
	static const struct condition_case cases[] = {
		{STRONG, {"If-Modified-Since", BEFORE}, OK},
		{STRONG, {"If-Modified-Since", SAME}, NOT_MODIFIED},
		{STRONG, {"If-Modified-Since", AFTER}, NOT_MODIFIED},
		{STRONG, {"If-Modified-Since", "Sunday, 06-Nov-94 08:49:37 GMT"}, NOT_MODIFIED},
		{STRONG, {"If-Modified-Since", "Sun Nov  6 08:49:37 1994"}, NOT_MODIFIED},
		{STRONG, {"If-Modified-Since", "Fri, 31 Dec 9999 23:59:59 GMT"}, NOT_MODIFIED},
		{STRONG, {"If-Modified-Since", ""}, OK},
		{STRONG, {"If-Modified-Since", "0"}, OK},
		{STRONG, {"If-Modified-Since", "*"}, OK},
		{STRONG, {"If-Modified-Since", "Mon, 06 Nov 1994 08:49:37 GMT"}, OK},
		{STRONG, {"If-Modified-Since", SAME "; length=4"}, OK},
		{STRONG, {"If-Modified-Since", SAME, "If-Modified-Since", SAME}, OK},
	};

	(void)state;
	CHECK_CASES(cases, check);
}

/* RFC 9110 13.2.2: tags come before dates, and what is to be the same before what is to differ. */
static void conditions_are_asked_in_the_order_of_the_rfc(void **state)
{
	static const struct condition_case cases[] = {
		/* a tag is there: the date says nothing */
		{STRONG, {"If-Match", STRONG, "If-Unmodified-Since", BEFORE}, OK},
		{STRONG, {"If-Unmodified-Since", BEFORE, "If-Match", STRONG}, OK},
		{STRONG, {"If-Match", "\"b\"", "If-Unmodified-Since", AFTER}, FAILED},
		{STRONG, {"If-None-Match", "\"b\"", "If-Modified-Since", SAME}, OK},
		{STRONG, {"If-Modified-Since", SAME, "If-None-Match", "\"b\""}, OK},
		{STRONG, {"If-None-Match", STRONG, "If-Modified-Since", BEFORE}, NOT_MODIFIED},
		{STRONG, {"If-None-Match", "", "If-Modified-Since", SAME}, OK},
		{STRONG, {"If-None-Match", "a", "If-Modified-Since", SAME}, OK},
		/* 412 before 304 */
		{STRONG, {"If-None-Match", STRONG, "If-Match", "\"b\""}, FAILED},
		{STRONG, {"If-None-Match", STRONG, "If-Unmodified-Since", BEFORE}, FAILED},
		{STRONG, {"If-Modified-Since", SAME, "If-Match", "\"b\""}, FAILED},
		{STRONG, {"If-Modified-Since", SAME, "If-Unmodified-Since", BEFORE}, FAILED},
		/* who holds the first still has the second before it */
		{STRONG, {"If-Match", STRONG, "If-None-Match", STRONG}, NOT_MODIFIED},
		{STRONG, {"If-Match", STRONG, "If-None-Match", "\"b\""}, OK},
		{STRONG, {"If-Match", "*", "If-Modified-Since", SAME}, NOT_MODIFIED},
		{STRONG, {"If-Unmodified-Since", SAME, "If-None-Match", WEAK}, NOT_MODIFIED},
		{STRONG, {"If-Unmodified-Since", SAME, "If-Modified-Since", SAME}, NOT_MODIFIED},
		{STRONG, {"If-Unmodified-Since", "x", "If-Modified-Since", "x"}, OK},
	};

	(void)state;
	CHECK_CASES(cases, check);
}

/* RFC 9110 13.1.5 */
static void if_range_wants_our_very_tag_or_date(void **state)
{
	static const struct condition_case cases[] = {
		{STRONG, {NULL}, 1},
		{STRONG, {"Range", "bytes=0-1"}, 1},
		{STRONG, {"If-Range", STRONG}, 1},
		{STRONG, {"if-range", STRONG}, 1},
		{STRONG, {"If-Range", "\"b\""}, 0},
		{STRONG, {"If-Range", WEAK}, 0},
		{WEAK, {"If-Range", STRONG}, 0},
		{WEAK, {"If-Range", WEAK}, 0},
		{STRONG, {"If-Range", "*"}, 0},
		{STRONG, {"If-Range", ""}, 0},
		{STRONG, {"If-Range", "a"}, 0},
		{STRONG, {"If-Range", "\"b\", \"a\""}, 0}, /* one tag, no list */
		{STRONG, {"If-Range", "\"a\","}, 0},
		{STRONG, {"If-Range", STRONG, "If-Range", STRONG}, 0},
		{STRONG, {"If-Range", SAME}, 1},
		{WEAK, {"If-Range", SAME}, 1},
		{STRONG, {"If-Range", "Sunday, 06-Nov-94 08:49:37 GMT"}, 1},
		{STRONG, {"If-Range", BEFORE}, 0},
		{STRONG, {"If-Range", AFTER}, 0}, /* the same, not at least as new */
		{STRONG, {"If-Range", "Mon, 06 Nov 1994 08:49:37 GMT"}, 0},
		{STRONG, {"If-Range", SAME, "If-Range", SAME}, 0},
	};

	(void)state;
	CHECK_CASES(cases, http_conditions_range_applies);
}

/* RFC 9110 8.8.2.2: in a second that goes on, what is there may change once more. */
static void a_date_is_strong_when_its_second_is_over(void **state)
{
	static const char *const fields[] = {"If-Range", SAME, NULL};
	struct http_representation there = {STRONG, MODIFIED, MODIFIED};
	struct http_field room[3];
	struct http_request request = make_request(fields, room);

	(void)state;
	assert_int_equal(http_conditions_range_applies(&request, &there), 0);
	there.now_s = MODIFIED + 1;
	assert_int_equal(http_conditions_range_applies(&request, &there), 1);
	there.now_s = MODIFIED - 1; /* a clock that was set back */
	assert_int_equal(http_conditions_range_applies(&request, &there), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_conditions_a_request_is_served),
		cmocka_unit_test(if_match_wants_the_same_strong_tag),
		cmocka_unit_test(if_none_match_wants_another_tag),
		cmocka_unit_test(tags_are_listed_with_commas_in_and_between_them),
		cmocka_unit_test(what_is_no_tag_matches_none),
		cmocka_unit_test(if_unmodified_since_wants_nothing_newer),
		cmocka_unit_test(if_modified_since_wants_something_newer),
		cmocka_unit_test(conditions_are_asked_in_the_order_of_the_rfc),
		cmocka_unit_test(if_range_wants_our_very_tag_or_date),
		cmocka_unit_test(a_date_is_strong_when_its_second_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
