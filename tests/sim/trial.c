/* SPDX-License-Identifier: BSD-3-Clause */

/* One scenario, one process, one verdict.
 *
 * In: a scenario. Out: a verdict, by a pipe; if the process dies before, made of what it
 * has said on stderr, and of how it died.
 *
 * The kind of a death is that text without its numbers, so that a smaller scenario that
 * dies of the same assertion has died of the same. */

#include "trial.h"

#include "aim.h"

#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* A run takes a fraction of a second; one that takes so many hangs inside a stack. */
enum { TRIAL_SECONDS_MAX = 60 };

static const char hang[] = "it hangs";

_Static_assert(sizeof(struct verdict) <= PIPE_BUF, "a verdict passes a pipe in one piece");

/* A clock that leaps, or stands still: many deadlines are overdue at once then, and in which order
 * they run is decided by where lazy ones stand in the queue. */
static bool trial_has_even_clocks(const struct scenario *s)
{
	for (int i = 0; i < SCENARIO_PAUSES; i++) {
		if (s->pauses[i].until_us > s->pauses[i].from_us)
			return false;
	}
	return s->leaps[0].by_us == 0 && s->leaps[1].by_us == 0;
}

/* What makes no difference to anybody: who cuts up what is sent, and whether idle connections are
 * put to rest. */
static void trial_turn_over(struct scenario *s)
{
	bool even = trial_has_even_clocks(s);

	for (int i = 0; i < 2; i++) {
		uint32_t *awake = &s->hosts[i].config.limits.awake;

		s->hosts[i].offload = !s->hosts[i].offload;
		if (even)
			*awake = *awake == 0;
	}
}

void trial_play(const struct scenario *scenario, const struct trial_options *options,
	struct run_result *result)
{
	struct scenario *aimed = malloc(sizeof(*aimed)); /* large */

	*aimed = *scenario;
	aim_clocks(aimed);
	run_scenario(aimed, &options->run, result);
	if (options->twice && !result->verdict.failed) {
		struct run_options plain = {.forbidden = options->run.forbidden};
		struct run_result again;

		trial_turn_over(aimed);
		run_scenario(aimed, &plain, &again);
		if (again.digest != result->digest)
			verdict_fail(&result->verdict,
				"two runs differ: %016" PRIx64 ", %016" PRIx64, result->digest,
				again.digest);
	}
	free(aimed);
}

/* ---- the other process ----------------------------------------------------------- */

static void trial_child(const struct scenario *scenario, const struct trial_options *options,
	int verdict_fd, FILE *words)
{
	struct run_result result;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(fileno(words), STDERR_FILENO);
	alarm(TRIAL_SECONDS_MAX);
	trial_play(scenario, options, &result);
	if (write(verdict_fd, &result.verdict, sizeof(result.verdict)) < 0)
		_exit(2);
	_exit(0);
}

/* The line of its last words that says most: a sanitizer's summary, else an assertion or
 * an error, else the first. */
static void trial_last_words(FILE *words, char text[VERDICT_TEXT])
{
	char line[VERDICT_TEXT];
	int best = 0;

	text[0] = '\0';
	rewind(words);
	while (fgets(line, sizeof(line), words)) {
		int weight = strstr(line, "SUMMARY:")                                     ? 3
			     : strstr(line, "Assertion") || strstr(line, "runtime error") ? 2
											  : 1;

		if (weight <= best || strspn(line, "=\n") == strlen(line))
			continue;
		best = weight;
		line[strcspn(line, "\n")] = '\0';
		memcpy(text, line, VERDICT_TEXT);
	}
}

/* text without numbers and addresses. */
static void trial_kind(char kind[VERDICT_KIND], const char *text)
{
	size_t n = 0;

	while (*text && n + 1 < VERDICT_KIND) {
		if (text[0] == '0' && text[1] == 'x')
			text += 2 + strspn(text + 2, "0123456789abcdef");
		else if (isdigit((unsigned char)*text))
			text++;
		else
			kind[n++] = *text++;
	}
	kind[n] = '\0';
}

static void trial_died(struct verdict *verdict, int status, FILE *words)
{
	char said[VERDICT_TEXT], kind[VERDICT_KIND];

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
		verdict_fail_as(verdict, hang, "%s: more than %d s", hang, TRIAL_SECONDS_MAX);
		return;
	}
	trial_last_words(words, said);
	trial_kind(kind, said);
	verdict_fail_as(verdict, kind, "its process died (%s %d)%s%.300s",
		WIFSIGNALED(status) ? "signal" : "status",
		WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), *said ? ": " : "",
		said);
}

static void trial_cannot(const char *what)
{
	perror(what);
	exit(2);
}

void trial_run(const struct scenario *scenario, const struct trial_options *options,
	struct verdict *verdict)
{
	FILE *words = tmpfile();
	int ends[2], status;
	ssize_t got;
	pid_t pid;

	if (!words || pipe(ends) < 0)
		trial_cannot("a process for a run");
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		trial_cannot("fork");
	if (pid == 0) {
		close(ends[0]);
		trial_child(scenario, options, ends[1], words);
	}
	close(ends[1]);
	got = read(ends[0], verdict, sizeof(*verdict));
	close(ends[0]);
	waitpid(pid, &status, 0);
	if (got != (ssize_t)sizeof(*verdict)) {
		*verdict = (struct verdict){.failed = false};
		trial_died(verdict, status, words);
	}
	fclose(words);
}

bool trial_hangs(const struct verdict *verdict)
{
	return verdict->failed && strcmp(verdict->kind, hang) == 0;
}
