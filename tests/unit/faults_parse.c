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

/* What the only rule of a script does, in plain words: every word of the language is in there. */
static void assert_means(const char *text, const char *meaning)
{
	struct evtcp_fault_error error;
	struct evtcp_fault_script *script = parse(text, &error);
	struct evtcp_fault_rule rule;

	if (!script)
		fail_msg("%s: %u: %s", text, error.column, error.text);
	assert_int_equal(evtcp_fault_script_rule(script, 0, &rule), 0);
	assert_int_equal(evtcp_fault_script_rule(script, 1, &rule), -1);
	assert_string_equal(rule.explanation, meaning);
	evtcp_fault_free(script);
}

static void a_rule_says_which_segment(void **state)
{
	(void)state;
	assert_means("out data nth 1: drop 3", "On each connection: the 1st data segment that the "
					       "server sends is lost, each of the "
					       "first 3 times that it is sent.");
	assert_means(
		"in syn: drop", "On each connection: the next SYN that the client sends is lost.");
	assert_means("in segment : drop always\n",
		"On each connection: each segment that the client sends is lost.");
	assert_means("\n# a comment\n\n  OUT\tFin NTH 22:Drop 7 # and another\r\n",
		"On each connection: the 22nd segment with FIN that the server sends is lost, each "
		"of "
		"the first 7 times that it is sent.");
	assert_means("in ack: drop 1000000000", "On each connection: each of the next 1000000000 "
						"pure ACKs that the client sends is lost.");
	assert_means("out rst nth 1000000000:drop always",
		"On each connection: the 1000000000th RST that the server sends is lost, each time "
		"that it is sent.");
	assert_means("out syn nth 113: drop",
		"On each connection: the 113th SYN-ACK that the server sends is lost.");
}

static void conditions_narrow_it(void **state)
{
	(void)state;
	assert_means("in fin conn 3: drop",
		"On the 3rd connection: the next segment with FIN that the client sends is lost.");
	assert_means("in fin peer 10.0.0.7: drop",
		"On each connection from 10.0.0.7: the next "
		"segment with FIN that the client sends is lost.");
	assert_means("in fin port 65535 peer 10.0.0.0/24: drop",
		"On each connection from 10.0.0.0/24, port 65535: the next segment with FIN that "
		"the "
		"client sends is lost.");
	assert_means("in rst peer fd00:e7::: drop", "On each connection from [fd00:e7::]: the next "
						    "RST that the client sends is lost.");
	assert_means("in rst peer fd00:e7::/64: drop",
		"On each connection from [fd00:e7::]/64: the "
		"next RST that the client sends is lost.");
	assert_means("out data path /a:b#c* : drop",
		"On each connection whose last request was for /a:b#c*: the next data segment that "
		"the server sends is lost.");
	assert_means("out data tag Broken: drop",
		"On each connection whose last request had 'x-evtcp-fault: Broken': the next data "
		"segment that the server sends is lost.");
	assert_means("out data state close-wait after sent 10 after received 20 after 1.5s: drop",
		"On each connection, in CLOSE-WAIT, after 10 bytes were sent, after 20 bytes were "
		"received, once it is 1.5 s old: the next data segment that the server sends is "
		"lost.");
}

static void verbs_have_arguments(void **state)
{
	(void)state;
	assert_means("in syn: delay 250us 2",
		"On each connection: each of the next 2 SYNs that the "
		"client sends arrives 250 us later; what follows may "
		"overtake it.");
	assert_means("out ack: reorder 3 always",
		"On each connection: each pure ACK that the server sends arrives behind the next 3 "
		"segments of its direction, or a second later.");
	assert_means("out data: corrupt options", "On each connection: the next data segment that "
						  "the server sends arrives with another "
						  "options.");
	assert_means("out data: truncate 0", "On each connection: the next data segment that the "
					     "server sends arrives cut off after 0 bytes of its "
					     "payload.");
	assert_means("in data: reset in-window",
		"On each connection: the next data segment that the client sends is followed by an "
		"RST in the window, which the client must ask about (RFC 5961).");
	assert_means("in data: reset 2",
		"On each connection: each of the next 2 data segments that the client sends is not "
		"passed on: both ends get an RST that is exactly right.");
	assert_means("out ack: window 100 for 1m",
		"On each connection: the next pure ACK that the server sends, with all that is "
		"sent "
		"for 60 s, offers a window of at most 100 bytes.");
	assert_means("in data after 2s after sent 9 after 1s after sent 5: drop",
		"On each connection, after 9 bytes were sent, once it is 2 s old: the next data "
		"segment that the client sends is lost.");
	assert_means("reply path /a tag b: cut 0",
		"On each connection whose last request was for /a and had 'x-evtcp-fault: b': the "
		"next reply ends after 0 bytes of its body, with the connection.");
	assert_means("out data: stall forever",
		"On each connection: the next data segment that the server sends, with all data "
		"behind it, waits for good.");
	assert_means("out data: ignore 3s",
		"On each connection: the next data segment that the server sends is where it "
		"begins: for 3 s nothing that comes is acknowledged.");
	assert_means("in fin: ignore forever",
		"On each connection: the next segment with FIN that the client sends is where it "
		"begins: for good nothing that comes is acknowledged.");
	assert_means("reply nth 2: length -12",
		"On each connection: the 2nd reply says a Content-Length that is wrong by -12, and "
		"ends with the connection.");
	assert_means("reply: drip 100 every 50ms always",
		"On each connection: each reply leaves 100 bytes at a time, one every 50 ms.");
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

/* A script, and what is said of it. */
struct mistake {
	const char *text;
	unsigned line, column;
	const char *message;
};

static void assert_mistakes(const struct mistake *cases, size_t n)
{
	struct evtcp_fault_error error;

	for (size_t i = 0; i < n; i++) {
		errno = 0;
		assert_null(parse(cases[i].text, &error));
		assert_int_equal(errno, EINVAL);
		assert_string_equal(error.text, cases[i].message);
		assert_int_equal(error.line, cases[i].line);
		assert_int_equal(error.column, cases[i].column);
	}
}

static void a_mistake_names_line_column_and_what_would_be_right(void **state)
{
	static const struct mistake cases[] = {
		{"data nth 1: drop", 1, 1,
			"expected 'in' or 'out', as the server sees it, or 'reply', found 'data'"},
		{"out", 1, 4,
			"expected a kind of segment (segment, syn, data, fin, ack or rst), found "
			"the end of the line"},
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
		{"out data drop", 1, 10,
			"expected ':' or a condition (nth, conn, peer, port, path, tag, state or "
			"after), found 'drop'"},
		{"out data nth 3 drop", 1, 16,
			"expected ':' or a condition (nth, conn, peer, port, path, tag, state or "
			"after), found 'drop'"},
		{"out data:", 1, 10,
			"expected a verb (drop, delay, duplicate, reorder, corrupt, truncate, "
			"reset, fin, stall, window, zero-window, ignore, mss, refuse, black-hole, "
			"never-close, cut, length or drip), found the end of the line"},
		{"out data: drpo 5", 1, 11,
			"expected a verb (drop, delay, duplicate, reorder, corrupt, truncate, "
			"reset, fin, stall, window, zero-window, ignore, mss, refuse, black-hole, "
			"never-close, cut, length or drip), found 'drpo'"},
		{"out data: drop 2x", 1, 16,
			"expected how many times: a number or 'always', found '2x'"},
		{"out data: drop 2 3", 1, 18, "expected the end of the line, found '3'"},
		{"out data: drop always always", 1, 23,
			"expected the end of the line, found 'always'"},
		{"\n\n  ::", 3, 3,
			"expected 'in' or 'out', as the server sees it, or 'reply', found ':'"},
	};

	(void)state;
	assert_mistakes(cases, sizeof(cases) / sizeof(cases[0]));
}

static void so_do_mistakes_in_addresses_times_and_verbs(void **state)
{
	static const struct mistake cases[] = {
		{"in syn peer 10.0.0.256: drop", 1, 13,
			"expected an address, or a prefix such as 10.0.0.0/24, found '10.0.0.256'"},
		{"in syn peer 10.0.0.0/33: drop", 1, 13,
			"expected an address, or a prefix such as 10.0.0.0/24, found "
			"'10.0.0.0/33'"},
		{"in syn peer ::ffff:10.0.0.1/95: drop", 1, 13,
			"expected an address, or a prefix such as 10.0.0.0/24, found "
			"'::ffff:10.0.0.1/95'"},
		{"in syn peer 10.0.0.0/24x: drop", 1, 13,
			"expected an address, or a prefix such as 10.0.0.0/24, found "
			"'10.0.0.0/24x'"},
		{"in syn peer 10.0.0.0/0024: drop", 1, 13,
			"expected an address, or a prefix such as 10.0.0.0/24, found "
			"'10.0.0.0/0024'"},
		{"in syn peer 10.0.0.0/: drop", 1, 13,
			"expected an address, or a prefix such as 10.0.0.0/24, found '10.0.0.0/'"},
		{"in syn port 65536: drop", 1, 13,
			"expected the client's port, 1 to 65535, found '65536'"},
		{"in syn state LISTEN: drop", 1, 14,
			"expected a state of the server (SYN-RECEIVED, ESTABLISHED, FIN-WAIT-1, "
			"FIN-WAIT-2, CLOSE-WAIT, CLOSING, LAST-ACK or TIME-WAIT), found 'LISTEN'"},
		{"out data nth 1 conn 2 nth 3: drop", 1, 23, "the rule has this condition already"},
		{"out data peer 10.0.0.1 peer 10.0.0.2: drop", 1, 24,
			"the rule has this condition already"},
		{"in syn after 5: drop", 1, 14,
			"expected 'sent', 'received' or a time such as 500ms, found '5'"},
		{"in syn: delay 5", 1, 15,
			"expected a time: a number with us, ms, s or m behind it, found '5'"},
		{"in syn: delay 61m", 1, 15, "expected a time from 1us to 60m, found '61m'"},
		{"in syn: delay 0s", 1, 15, "expected a time from 1us to 60m, found '0s'"},
		{"in syn: delay forever", 1, 15,
			"expected a time: a number with us, ms, s or m behind it, found 'forever'"},
		{"reply: drip 3 every forever", 1, 21,
			"expected a time: a number with us, ms, s or m behind it, found 'forever'"},
		{"in syn after forever: drop", 1, 14,
			"expected 'sent', 'received' or a time such as 500ms, found 'forever'"},
		{"out data: stall 5", 1, 17,
			"expected a time: a number with us, ms, s or m behind it, or 'forever', "
			"found '5'"},
		{"in syn: stall 5s", 1, 9,
			"expected a verb for 'in': this one goes with 'out', found 'stall'"},
		{"out syn: refuse", 1, 10,
			"expected a verb for 'out': this one goes with 'in', found 'refuse'"},
		{"in data: mss 500", 1, 10,
			"expected a verb for this kind of segment: this one goes with 'syn', found "
			"'mss'"},
		{"in data: cut 5", 1, 10,
			"expected a verb for segments: this one goes with 'reply', found 'cut'"},
		{"reply: drop", 1, 8,
			"expected a verb for replies (cut, length or drip), found 'drop'"},
		{"reply: length 5", 1, 15,
			"expected by how many bytes it is wrong, as +10 or -10, found '5'"},
		{"reply: drip 5 each 5ms", 1, 15, "expected 'every' and a time, found 'each'"},
		{"out data: corrupt", 1, 18,
			"expected what to corrupt (payload, checksum, seq, ack, window or "
			"options), found the end of the line"},
		{"out data: reset exakt", 1, 17,
			"expected where the RST is aimed (exact, in-window or blind), or how many "
			"times, found 'exakt'"},
		{"out syn: mss 65536", 1, 14, "expected an MSS, 1 to 65535, found '65536'"},
		{"out syn: mss", 1, 13, "expected an MSS, 1 to 65535, found the end of the line"},
	};

	(void)state;
	assert_mistakes(cases, sizeof(cases) / sizeof(cases[0]));
}

/* No request is for these, so the rule would never be applied, and its writer never be told. */
static void a_path_or_tag_that_no_request_has_is_a_mistake(void **state)
{
	static const struct mistake cases[] = {
		{"out data path bytes/1: drop", 1, 15,
			"expected a path from its first '/', as /bytes/1000 or /bytes/*, found "
			"'bytes/1'"},
		{"out data path: drop", 1, 14,
			"expected a path from its first '/', as /bytes/1000 or /bytes/*, found "
			"':'"},
		{"out data path /drip?bytes=20: drop", 1, 15,
			"expected a path without its query, which is not looked at, found "
			"'/drip?bytes=20'"},
		{"out data tag: drop", 1, 13,
			"expected the tag that a request gives in x-evtcp-fault, found ':'"},
		{"in syn path /: refuse", 1, 8,
			"a SYN comes before any request: it has no path and no tag"},
		{"out syn conn 2 tag a: drop", 1, 16,
			"a SYN comes before any request: it has no path and no tag"},
	};

	(void)state;
	assert_mistakes(cases, sizeof(cases) / sizeof(cases[0]));
}

/* RFC 3629 6. */
static void a_byte_order_mark_is_no_word(void **state)
{
	struct evtcp_fault_error error;
	struct evtcp_fault_script *script = parse("\xef\xbb\xbfout data: drop\r\n", &error);

	(void)state;
	assert_non_null(script);
	assert_int_equal(script->n_rules, 1);
	assert_string_equal(script->rules[0].text, "out data: drop");
	evtcp_fault_free(script);
	assert_null(parse("\xef\xbb", &error));
	assert_null(parse("out data: drop\n\xef\xbb\xbfout data: drop", &error));
	assert_int_equal(error.line, 2);
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
		"drop ", "always ", "\n", "#", "\x80", "9999999999 ", ":", "peer ", "path ", "5ms ",
		"delay ", "after ", "reply ", "cut "};
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
	assert_true(good > 50 && bad > 50);
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
		cmocka_unit_test(a_rule_says_which_segment),
		cmocka_unit_test(conditions_narrow_it),
		cmocka_unit_test(verbs_have_arguments),
		cmocka_unit_test(rules_keep_their_order),
		cmocka_unit_test(a_script_without_rules_is_a_script),
		cmocka_unit_test(a_mistake_names_line_column_and_what_would_be_right),
		cmocka_unit_test(so_do_mistakes_in_addresses_times_and_verbs),
		cmocka_unit_test(a_path_or_tag_that_no_request_has_is_a_mistake),
		cmocka_unit_test(a_byte_order_mark_is_no_word),
		cmocka_unit_test(sixty_four_rules_fit_and_one_more_does_not),
		cmocka_unit_test(every_byte_in_a_wrong_script_is_told_in_printable_ascii),
		cmocka_unit_test(any_text_is_a_script_or_a_mistake),
		cmocka_unit_test(without_memory_there_is_no_script),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
