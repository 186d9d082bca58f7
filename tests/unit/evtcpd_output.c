/* SPDX-License-Identifier: BSD-3-Clause */

/* Output to a reader who is slow, stopped or gone: nobody waits, nothing grows, and what
 * is missing is told where it is missing. ATTACKS.md E11. */

#include "evtcpd/output.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

#define LINES 60000

/* An output into a pipe in blocking mode, and its reader. */
struct desk {
	struct output output;
	int ends[2];
	char text[1 << 17]; /* what the last read brought */
};

static int desk_open(void **state)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	alarm(20);                /* ends who waits all the same */
	assert_int_equal(pipe(desk->ends), 0);
	fcntl(desk->ends[0], F_SETFL, O_NONBLOCK);
	output_init(&desk->output, desk->ends[1], "test: ");
	*state = desk;
	return 0;
}

static int desk_close(void **state)
{
	struct desk *desk = *state;

	close(desk->ends[0]); /* so that the end is not waited for */
	output_end(&desk->output);
	close(desk->ends[1]);
	alarm(0);
	free(desk);
	return 0;
}

static void desk_say(struct desk *desk, unsigned number)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "line %u, and some words behind it", number);

	output_add(&desk->output, line, (size_t)len);
	output_flush(&desk->output);
}

static const char *desk_read(struct desk *desk, size_t most)
{
	ssize_t n = read(desk->ends[0], desk->text,
		most < sizeof(desk->text) ? most : sizeof(desk->text) - 1);

	desk->text[n > 0 ? n : 0] = '\0';
	return desk->text;
}

static void a_line_is_there_at_once(void **state)
{
	struct desk *desk = *state;

	output_add(&desk->output, "a\nb", 3);
	assert_string_equal(desk_read(desk, 100), "");
	output_flush(&desk->output);
	assert_string_equal(desk_read(desk, 100), "a\nb\n");
}

static void nobody_waits_for_a_reader_and_what_waits_for_him_is_bounded(void **state)
{
	struct desk *desk = *state;

	for (unsigned i = 0; i < LINES; i++)
		desk_say(desk, i);
	assert_in_range(evbuffer_get_length(desk->output.waiting), 1000000, 1 << 20);
	assert_in_range(desk->output.dropped, 1, LINES - 1);
	assert_false(fcntl(desk->ends[1], F_GETFL) & O_NONBLOCK); /* it may be shared */
}

/* Reads everything and counts: numbers ascend, and each gap is as large as the note in it
 * says. */
static void missing_lines_are_told_where_they_are_missing(void **state)
{
	struct desk *desk = *state;
	unsigned next = 0, notes = 0;
	char *all = calloc(1, 4 << 20), *line, *rest = all;
	size_t len = 0;

	for (unsigned i = 0; i < LINES; i++)
		desk_say(desk, i);
	while (*desk_read(desk, sizeof(desk->text) - 1) != '\0') {
		len += (size_t)sprintf(all + len, "%s", desk->text);
		output_flush(&desk->output);
	}
	desk_say(desk, LINES);
	sprintf(all + len, "%s", desk_read(desk, 100));
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		unsigned number;

		if (sscanf(line, "test: %u lines dropped", &number) == 1) {
			next += number;
			notes++;
			continue;
		}
		assert_int_equal(sscanf(line, "line %u, and", &number), 1);
		assert_int_equal(number, next);
		next++;
	}
	assert_int_equal(next, LINES + 1);
	assert_int_equal(notes, 1);
	free(all);
}

/* Also when nobody has anything more to say. */
static void the_loop_writes_what_waits_and_tells_what_is_missing(void **state)
{
	struct event_base *base = event_base_new();
	struct desk *desk = *state;
	int told = 0;

	assert_int_equal(output_attach(&desk->output, base), 0);
	for (unsigned i = 0; i < LINES; i++)
		desk_say(desk, i);
	while (!told) {
		told = strstr(desk_read(desk, sizeof(desk->text) - 1), "lines dropped\n") != NULL;
		event_base_loop(base, EVLOOP_ONCE);
	}
	output_detach(&desk->output);
	event_base_free(base);
}

static void lines_that_are_collected_come_by_themselves(void **state)
{
	struct event_base *base = event_base_new();
	struct desk *desk = *state;

	assert_int_equal(output_attach(&desk->output, base), 0);
	output_add(&desk->output, "a", 1);
	output_flush_later(&desk->output);
	output_add(&desk->output, "b", 1);
	output_flush_later(&desk->output);
	assert_string_equal(desk_read(desk, 100), "");
	event_base_loop(base, EVLOOP_ONCE);
	assert_string_equal(desk_read(desk, 100), "a\nb\n");
	output_detach(&desk->output);
	event_base_free(base);
}

/* Somebody else writes to the same pipe: no line of ours is torn. */
static void each_write_is_of_whole_lines(void **state)
{
	struct desk *desk = *state;

	for (unsigned i = 0; i < 4000; i++)
		desk_say(desk, i);
	assert_int_equal(read(desk->ends[0], desk->text, PIPE_BUF), PIPE_BUF);
	assert_int_equal(write(desk->ends[1], "other\n", 6), 6);
	while (*desk_read(desk, sizeof(desk->text) - 1) != '\0') {
		char *other = strstr(desk->text, "other");

		output_flush(&desk->output);
		if (other == NULL)
			continue;
		assert_int_equal(other[-1], '\n');
		return;
	}
	fail();
}

static void a_line_longer_than_a_write_comes_in_whole(void **state)
{
	static char line[20000];
	struct desk *desk = *state;

	memset(line, 'x', sizeof(line));
	output_add(&desk->output, line, sizeof(line));
	output_flush(&desk->output);
	assert_int_equal(strlen(desk_read(desk, sizeof(desk->text) - 1)), sizeof(line) + 1);
}

static void the_end_waits_for_a_reader_who_reads(void **state)
{
	struct desk *desk = *state;
	int status[2];
	pid_t pid;

	for (unsigned i = 0; i < 5000; i++) /* more than a pipe holds */
		desk_say(desk, i);
	assert_int_equal(pipe(status), 0);
	pid = fork();
	if (pid == 0) {
		size_t n = 0;

		close(desk->ends[1]);
		fcntl(desk->ends[0], F_SETFL, 0);
		while (read(desk->ends[0], desk->text, 1) == 1)
			n += desk->text[0] == '\n';
		_exit(write(status[1], &n, sizeof(n)) < 0);
	}
	output_end(&desk->output);
	close(desk->ends[1]);
	size_t n = 0;
	assert_int_equal(read(status[0], &n, sizeof(n)), sizeof(n));
	assert_int_equal(n, 5000);
	close(status[0]);
	close(status[1]);
}

static void the_end_does_not_wait_for_ever(void **state)
{
	struct desk *desk = *state;

	for (unsigned i = 0; i < LINES; i++)
		desk_say(desk, i);
	output_end(&desk->output); /* the alarm does not go off */
	assert_null(desk->output.waiting);
}

static void why_the_last_write_failed_is_kept_until_one_succeeds(void **state)
{
	struct desk *desk = *state;
	int full = open("/dev/full", O_WRONLY);

	for (unsigned i = 0; i < LINES; i++)
		desk_say(desk, i); /* that there is no room is no failure */
	assert_int_equal(desk->output.error, 0);
	desk->output.fd = full;
	output_flush(&desk->output);
	assert_int_equal(desk->output.error, ENOSPC);
	desk->output.fd = desk->ends[1];
	desk_read(desk, sizeof(desk->text) - 1);
	output_flush(&desk->output);
	assert_int_equal(desk->output.error, 0);
	close(full);
}

static void what_a_note_ends_with_can_be_chosen(void **state)
{
	struct desk *desk = *state;

	desk->output.mark = "{\"message\":\"";
	desk->output.end = "\"}";
	output_add(&desk->output, NULL, 0); /* for want of memory it was not made */
	output_add(&desk->output, "next", 4);
	output_flush(&desk->output);
	assert_string_equal(desk_read(desk, 100), "{\"message\":\"1 lines dropped\"}\nnext\n");
}

static void a_reader_who_has_gone_is_no_trouble(void **state)
{
	struct desk *desk = *state;

	close(desk->ends[0]);
	for (unsigned i = 0; i < LINES; i++)
		desk_say(desk, i);
	assert_in_range(evbuffer_get_length(desk->output.waiting), 1, 1 << 20);
	desk->ends[0] = -1;
}

/* ---- several writers ---------------------------------------------------------------- */

/* A line that does not go in one piece is whole all the same: the other's waits for its rest. */
static void a_long_line_is_not_mixed_with_those_of_others(void **state)
{
	struct desk *desk = *state;
	struct output other;
	struct output_turn turn = {NULL};
	static char line[1 << 17];
	size_t got = 0;

	memset(line, 'x', sizeof(line));
	output_init(&other, desk->ends[1], "other: ");
	output_share(&desk->output, &turn);
	output_share(&other, &turn);
	output_add(&desk->output, line, sizeof(line)); /* twice what a pipe holds */
	output_flush(&desk->output);
	output_add(&other, "short", 5);
	output_flush(&other);
	while (desk->output.cut != 0) {
		got += strlen(desk_read(desk, sizeof(desk->text)));
		output_flush(&other); /* not yet */
		output_flush(&desk->output);
	}
	output_flush(&other);
	got += strlen(desk_read(desk, sizeof(desk->text)));
	assert_int_equal(got, sizeof(line) + strlen("\nshort\n"));
	assert_string_equal(strchr(desk->text, '\n'), "\nshort\n");
	output_end(&other);
	output_share(&desk->output, NULL);
}

/* A reader who stays away does not keep the others for ever, nor who has a turn. */
static void at_the_end_who_has_the_turn_ends_first(void **state)
{
	struct desk *desk = *state;
	struct output other;
	struct output_turn turn = {NULL};
	static char line[1 << 17];

	memset(line, 'x', sizeof(line));
	output_init(&other, desk->ends[1], "other: ");
	output_share(&desk->output, &turn);
	output_share(&other, &turn);
	output_add(&desk->output, line, sizeof(line));
	output_flush(&desk->output);
	output_add(&other, "short", 5);
	assert_ptr_equal(turn.whose, &desk->output);
	output_end(&other);
	assert_null(turn.whose);
	assert_null(desk->output.waiting);
	assert_null(other.waiting);
	output_share(&desk->output, NULL);
}

/* ---- a disk that is full --------------------------------------------------------------- */

enum { FULL_AT = 5000 };

/* Lines of 1,000 bytes into an empty file on such a disk: the fifth finds no room for its end. */
static int write_until_full(struct output *output)
{
	char path[] = "/tmp/evtcp-output-XXXXXX";
	char line[999];
	struct rlimit whole, small;
	int fd = mkstemp(path);

	unlink(path);
	memset(line, 'x', sizeof(line));
	output_init(output, fd, "test: ");
	output_add(output, "begin", 5);
	for (int i = 0; i < 9; i++)
		output_add(output, line, sizeof(line));
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &whole);
	small = whole;
	small.rlim_cur = FULL_AT;
	setrlimit(RLIMIT_FSIZE, &small);
	output_flush(output);
	setrlimit(RLIMIT_FSIZE, &whole);
	assert_int_equal(output->error, EFBIG);
	return fd;
}

static off_t size_of(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	return status.st_size;
}

static void who_gives_up_leaves_no_line_that_is_cut(void **state)
{
	struct output output;
	int fd = write_until_full(&output);

	(void)state;
	assert_int_equal(size_of(fd), FULL_AT); /* it could go on yet */
	output_give_up(&output);
	assert_int_equal(size_of(fd), 6 + 4 * 1000);
	assert_null(output.waiting);
	output_add(&output, "again", 5);
	output_end(&output);
	assert_int_equal(size_of(fd), 6 + 4 * 1000 + 6);
	close(fd);
}

static void nor_does_who_ends(void **state)
{
	struct output output;
	struct rlimit whole, small;
	int fd = write_until_full(&output);

	(void)state;
	getrlimit(RLIMIT_FSIZE, &whole);
	small = whole;
	small.rlim_cur = FULL_AT;
	setrlimit(RLIMIT_FSIZE, &small);
	output_end(&output);
	setrlimit(RLIMIT_FSIZE, &whole);
	assert_int_equal(size_of(fd), 6 + 4 * 1000);
	close(fd);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_open, desk_close)
	const struct CMUnitTest tests[] = {
		TEST(a_line_is_there_at_once),
		TEST(nobody_waits_for_a_reader_and_what_waits_for_him_is_bounded),
		TEST(missing_lines_are_told_where_they_are_missing),
		TEST(the_loop_writes_what_waits_and_tells_what_is_missing),
		TEST(lines_that_are_collected_come_by_themselves),
		TEST(each_write_is_of_whole_lines),
		TEST(a_line_longer_than_a_write_comes_in_whole),
		TEST(the_end_waits_for_a_reader_who_reads),
		TEST(the_end_does_not_wait_for_ever),
		TEST(why_the_last_write_failed_is_kept_until_one_succeeds),
		TEST(what_a_note_ends_with_can_be_chosen),
		TEST(a_reader_who_has_gone_is_no_trouble),
		TEST(a_long_line_is_not_mixed_with_those_of_others),
		TEST(at_the_end_who_has_the_turn_ends_first),
		TEST(who_gives_up_leaves_no_line_that_is_cut),
		TEST(nor_does_who_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
