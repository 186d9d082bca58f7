/* SPDX-License-Identifier: BSD-3-Clause */

/* The fault language: what its words mean as structs, and what a mistake is
 * answered with. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "faults/script.h"

static struct evtcp_fault_script *parse(const char *text, struct evtcp_fault_error *error)
{
	/* An exact copy, so that the sanitizer sees a read beyond the end. */
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);

	memcpy(copy, text, len);

	struct evtcp_fault_script *script =
		evtcp_fault_parse(copy, len, evtcp_world_system(), error);

	free(copy);
	return script;
}

static void assert_rule(const char *text, struct script_where where, uint32_t times)
{
	struct evtcp_fault_error error;
	struct evtcp_fault_script *script = parse(text, &error);

	assert_non_null(script);
	assert_int_equal(script->n_rules, 1);
	assert_int_equal(script->rules[0].where.outbound, where.outbound);
	assert_int_equal(script->rules[0].where.kind, where.kind);
	assert_int_equal(script->rules[0].where.nth, where.nth);
	assert_int_equal(script->rules[0].what.verb, SCRIPT_DROP);
	assert_int_equal(script->rules[0].what.times, times);
	evtcp_fault_free(script);
}

static void every_form_of_a_rule_is_understood(void **state)
{
	(void)state;
	assert_rule("out data nth 1: drop 3", (struct script_where){true, SCRIPT_DATA, 1}, 3);
	assert_rule("in syn: drop", (struct script_where){false, SCRIPT_SYN, 0}, 1);
	assert_rule("in segment : drop always\n", (struct script_where){false, SCRIPT_SEGMENT, 0},
		UINT32_MAX);
	assert_rule("\n# a comment\n\n  OUT\tFin NTH 2:Drop 7 # and another\r\n",
		(struct script_where){true, SCRIPT_FIN, 2}, 7);
	assert_rule("in ack nth 1000000000: drop 1000000000",
		(struct script_where){false, SCRIPT_ACK, 1000000000}, 1000000000);
	assert_rule("out rst:drop", (struct script_where){true, SCRIPT_RST, 0}, 1);
}

static void rules_keep_their_order(void **state)
{
	struct evtcp_fault_error error;
	struct evtcp_fault_script *script =
		parse("in syn: drop 1\nin syn: drop 2\n\nin syn: drop 3", &error);

	(void)state;
	assert_non_null(script);
	assert_int_equal(script->n_rules, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(script->rules[i].what.times, i + 1);
	evtcp_fault_free(script);
}

static void a_script_without_rules_is_a_script(void **state)
{
	static const char *const texts[] = {"", "\n", "   \t", "# nothing", "\n\n#\n"};
	struct evtcp_fault_error error;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct evtcp_fault_script *script = parse(texts[i], &error);

		assert_non_null(script);
		assert_int_equal(script->n_rules, 0);
		evtcp_fault_free(script);
	}
}

static void a_mistake_names_line_column_and_what_would_be_right(void **state)
{
	static const struct {
		const char *text;
		unsigned line, column;
		const char *message;
	} cases[] = {
		{"data nth 1: drop", 1, 1,
			"expected 'in' or 'out', as the server sees it, found 'data'"},
		{"out", 1, 4,
			"expected a kind of segment (segment, syn, data, fin, ack or rst), "
			"found the end of the line"},
		{"# one\nout dta nth 1: drop", 2, 5,
			"expected a kind of segment (segment, syn, data, fin, ack or rst), found "
			"'dta'"},
		{"out data nth: drop", 1, 13,
			"expected a number after 'nth' (1 is the first), found ':'"},
		{"out data nth 0: drop", 1, 14,
			"expected a number from 1 to 1000000000, found '0'"},
		{"out data nth 1000000001: drop", 1, 14,
			"expected a number from 1 to 1000000000, found '1000000001'"},
		{"out data nth 99999999999999999999999999: drop", 1, 14,
			"expected a number from 1 to 1000000000, found "
			"'999999999999999999999999...'"},
		{"out data nth -1: drop", 1, 14,
			"expected a number after 'nth' (1 is the first), found '-1'"},
		{"out data drop", 1, 10, "expected ':' or 'nth', found 'drop'"},
		{"out data nth 3 drop", 1, 16, "expected ':', found 'drop'"},
		{"out data:", 1, 10, "expected 'drop', found the end of the line"},
		{"out data: delay 5", 1, 11, "expected 'drop', found 'delay'"},
		{"out data: drop 2x", 1, 16,
			"expected how many times: a number or 'always', found '2x'"},
		{"out data: drop 2 3", 1, 18, "expected the end of the line, found '3'"},
		{"out data: drop always always", 1, 23,
			"expected the end of the line, found 'always'"},
		{"\n\n  ::", 3, 3, "expected 'in' or 'out', as the server sees it, found ':'"},
	};
	struct evtcp_fault_error error;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		errno = 0;
		assert_null(parse(cases[i].text, &error));
		assert_int_equal(errno, EINVAL);
		assert_string_equal(error.text, cases[i].message);
		assert_int_equal(error.line, cases[i].line);
		assert_int_equal(error.column, cases[i].column);
	}
}

static void sixty_four_rules_fit_and_one_more_does_not(void **state)
{
	struct evtcp_fault_error error;
	char text[65 * 16 + 1] = "";

	(void)state;
	for (int i = 0; i < 64; i++)
		strcat(text, "in syn: drop\n");

	struct evtcp_fault_script *script = parse(text, &error);

	assert_non_null(script);
	assert_int_equal(script->n_rules, 64);
	evtcp_fault_free(script);
	strcat(text, "in syn: drop\n");
	assert_null(parse(text, &error));
	assert_int_equal(error.line, 65);
	assert_string_equal(error.text, "a script can have at most 64 rules");
}

/* ATTACKS.md P14: no byte of a script reaches a terminal through a message. */
static void every_byte_in_a_wrong_script_is_told_in_printable_ascii(void **state)
{
	struct evtcp_fault_error error;

	(void)state;
	for (unsigned byte = 0; byte < 256; byte++) {
		char text[] = "out ?x: drop";

		text[4] = (char)byte;
		assert_null(
			evtcp_fault_parse(text, sizeof(text) - 1, evtcp_world_system(), &error));
		for (const char *c = error.text; *c; c++)
			assert_in_range((unsigned char)*c, ' ', '~');
		assert_int_equal(error.line, 1);
	}
}

/* Random words of the language, and random bytes: never a crash, always an answer. */
static void any_text_is_a_script_or_a_mistake(void **state)
{
	static const char *const words[] = {"in ", "out ", "data ", "syn ", "nth ", "1 ", ": ",
		"drop ", "always ", "\n", "#", "\x80", "9999999999 ", ":"};
	struct evtcp_fault_error error;
	unsigned good = 0, bad = 0;
	uint32_t random = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char text[256] = "";

		for (int j = 0; j < 8; j++) {
			random = random * 1664525 + 1013904223;
			strcat(text, words[(random >> 16) % (sizeof(words) / sizeof(words[0]))]);
		}

		struct evtcp_fault_script *script = parse(text, &error);

		assert_true(script || (error.line > 0 && error.column > 0 && error.text[0]));
		*(script ? &good : &bad) += 1;
		evtcp_fault_free(script);
	}
	assert_true(good > 100 && bad > 100);
}

static void *alloc_fails(void *arg, size_t size)
{
	(void)arg;
	(void)size;
	return NULL;
}

static void without_memory_there_is_no_script(void **state)
{
	struct evtcp_world world = *evtcp_world_system();
	struct evtcp_fault_error error;

	(void)state;
	world.alloc = alloc_fails;
	errno = 0;
	assert_null(evtcp_fault_parse("in syn: drop", 12, &world, &error));
	assert_int_equal(errno, ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_of_a_rule_is_understood),
		cmocka_unit_test(rules_keep_their_order),
		cmocka_unit_test(a_script_without_rules_is_a_script),
		cmocka_unit_test(a_mistake_names_line_column_and_what_would_be_right),
		cmocka_unit_test(sixty_four_rules_fit_and_one_more_does_not),
		cmocka_unit_test(every_byte_in_a_wrong_script_is_told_in_printable_ascii),
		cmocka_unit_test(any_text_is_a_script_or_a_mistake),
		cmocka_unit_test(without_memory_there_is_no_script),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
