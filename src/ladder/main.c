/* SPDX-License-Identifier: BSD-3-Clause */

/* evtcp-ladder: TCP connections in a capture file, drawn. The order of events:
 *
 *   1. read the command line; 2. open the file; 3. follow it packet by packet, each segment to the
 *   view that was asked for (a ladder, a graph; a list needs none); 4. show what can be shown only
 * at the end; 5. say what was not read, and why, on stderr.
 *
 * A file that is damaged is shown up to there. The exit status says so. */

#include "ladder/follow.h"
#include "ladder/graph.h"
#include "ladder/help.h"
#include "ladder/list.h"
#include "ladder/options.h"
#include "ladder/rungs.h"
#include "ladder/svg.h"
#include "program/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Of a ladder without a note beside it: wide enough for a window on nearly every arrow. */
enum { MAIN_LANE = 56 };

/* Everything that the program holds. */
struct ladder {
	const struct options *options;
	const char *name; /* of the file, for messages */
	int fd;
	struct pcap_reader *reader;
	struct follow follow;
	struct rungs rungs;
	struct graph graph;
};

static void main_say(const char *text)
{
	fprintf(stderr, "evtcp-ladder: %s\n", text);
}

static int main_out_of_memory(struct program_failure *failure)
{
	return program_fail(failure, EXIT_STATUS_FAILED, "out of memory");
}

/* ---- opening ------------------------------------------------------------------- */

static ptrdiff_t main_read(void *arg, void *bytes, size_t len)
{
	const struct ladder *ladder = arg;
	ssize_t n;

	do
		n = read(ladder->fd, bytes, len);
	while (n < 0 && errno == EINTR);
	return n;
}

static int main_open(struct ladder *ladder, struct program_failure *failure)
{
	const struct pcap_source source = {main_read, ladder};

	ladder->name = ladder->options->file;
	ladder->fd = STDIN_FILENO;
	if (strcmp(ladder->name, "-") == 0)
		ladder->name = "stdin";
	else
		ladder->fd = open(ladder->name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (ladder->fd < 0)
		return program_fail(failure, EXIT_STATUS_FILE, "cannot open %s: %s", ladder->name,
			strerror(errno));
	ladder->reader = pcap_reader_new(&source, evtcp_world_system());
	return ladder->reader ? 0 : main_out_of_memory(failure);
}

static void main_write_line(void *arg, const char *line)
{
	(void)arg;
	puts(line);
}

static void main_show_nothing(void *arg, const struct rung *rung)
{
	(void)arg;
	(void)rung;
}

static void main_init_rungs(struct rungs *rungs, const struct options *options)
{
	unsigned columns = options->has_width ? options->width : terminal_columns(STDOUT_FILENO);

	*rungs = (struct rungs){.n_choices = options->n_connections};
	memcpy(rungs->choices, options->connections, sizeof(rungs->choices));
	ladder_page_init(&rungs->page, main_write_line, NULL);
	rungs->page.time = options->time;
	rungs->page.look = ladder_look_fit(columns, MAIN_LANE);
	rungs->page.look.ascii = options->ascii;
	rungs->page.look.colour =
		options->colour == OPTIONS_COLOUR_ALWAYS ||
		(options->colour == OPTIONS_COLOUR_AUTO && terminal_has_colours(STDOUT_FILENO));
}

static void main_init_view(struct ladder *ladder)
{
	const struct options *options = ladder->options;
	struct view view = {.show = main_show_nothing};

	main_init_rungs(&ladder->rungs, options);
	graph_init(&ladder->graph, evtcp_world_system(),
		options->n_connections > 0 ? options->connections[0] : 0);
	if (options->action == OPTIONS_DRAW)
		view = (struct view){rungs_show, rungs_show_error, &ladder->rungs};
	else if (options->action == OPTIONS_SVG)
		view = (struct view){.show = graph_show, .arg = &ladder->graph};
	follow_init(&ladder->follow, &view, evtcp_world_system());
	ladder->follow.ascii_only = options->ascii && options->action == OPTIONS_DRAW;
}

/* ---- reading -------------------------------------------------------------------- */

/* Why reading ended, if not at the end of the file. */
static int main_check_reader(
	const struct ladder *ladder, enum pcap_status status, struct program_failure *failure)
{
	static const int statuses[] = {[PCAP_CUT] = EXIT_STATUS_CUT,
		[PCAP_BAD] = EXIT_STATUS_BAD_FILE,
		[PCAP_FAILED] = EXIT_STATUS_FILE};

	if (status == PCAP_END)
		return 0;
	return program_fail(failure, statuses[status], "%s, offset %" PRIu64 ": %s", ladder->name,
		pcap_reader_error_at(ladder->reader), pcap_reader_error(ladder->reader));
}

/* Reads to the end; a ladder that is read from a pipe is drawn as packets come. */
static int main_follow(struct ladder *ladder, struct program_failure *failure)
{
	bool live = isatty(STDOUT_FILENO) || ladder->fd == STDIN_FILENO;
	struct pcap_packet packet;
	enum pcap_status status;

	while ((status = pcap_reader_next(ladder->reader, &packet)) == PCAP_PACKET) {
		follow_packet(&ladder->follow, &packet, pcap_reader_is_evtcp(ladder->reader));
		if (ladder->follow.out_of_memory || ladder->graph.out_of_memory)
			return main_out_of_memory(failure);
		if (live)
			fflush(stdout);
	}
	return main_check_reader(ladder, status, failure);
}

/* ---- what is shown at the end ------------------------------------------------------ */

/* The file has each connection that was asked for, and one at least. */
static int main_check_connections(const struct ladder *ladder, struct program_failure *failure)
{
	size_t n = ladder->follow.connections.n;

	if (n == 0)
		return program_fail(failure, EXIT_STATUS_NO_CONNECTION,
			"%s has no TCP segment among its packets, of which there are %" PRIu64,
			ladder->name, ladder->follow.counts.packets);
	for (unsigned i = 0; i < ladder->options->n_connections; i++)
		if (ladder->options->connections[i] > n)
			return program_fail(failure, EXIT_STATUS_NO_CONNECTION,
				"there is no connection %u in %s: it has %zu; --list shows them",
				ladder->options->connections[i], ladder->name, n);
	if (ladder->options->action == OPTIONS_SVG && ladder->options->n_connections == 0 && n > 1)
		return program_fail(failure, EXIT_STATUS_NO_CONNECTION,
			"%s has %zu connections: choose one with --connection; --list shows them",
			ladder->name, n);
	return 0;
}

static int main_write_svg(const struct ladder *ladder, struct program_failure *failure)
{
	const char *path = ladder->options->svg;
	bool to_stdout = strcmp(path, "-") == 0;
	FILE *file = to_stdout ? stdout : fopen(path, "we");
	bool outbound = graph_is_from_client(&ladder->graph);
	int error;

	if (!file)
		return program_fail(
			failure, EXIT_STATUS_FILE, "cannot write %s: %s", path, strerror(errno));
	if (ladder->options->from != OPTIONS_FROM_EITHER)
		outbound = ladder->options->from == OPTIONS_FROM_CLIENT;
	svg_write(file, &ladder->graph, outbound);
	error = fflush(file) != 0 || ferror(file) ? errno : 0;
	if (!to_stdout && fclose(file) != 0 && error == 0)
		error = errno;
	if (error)
		return program_fail(
			failure, EXIT_STATUS_FILE, "cannot write %s: %s", path, strerror(error));
	return 0;
}

static int main_finish(const struct ladder *ladder, struct program_failure *failure)
{
	if (main_check_connections(ladder, failure) < 0)
		return -1;
	if (ladder->options->action == OPTIONS_SVG)
		return main_write_svg(ladder, failure);
	if (ladder->options->action == OPTIONS_LIST)
		list_print(stdout, &ladder->follow.connections);
	return 0;
}

/* ---- what is said ------------------------------------------------------------------- */

static void main_tell_count(uint64_t n, const char *what)
{
	if (n > 0)
		fprintf(stderr, "evtcp-ladder: %s: %" PRIu64 "\n", what, n);
}

/* What has not been shown, though it may have been TCP. */
static void main_tell_counts(const struct follow_counts *counts)
{
	char link[80];

	snprintf(link, sizeof(link), "packets of a link type that is not read, number %u",
		(unsigned)counts->unknown_link_type);
	main_tell_count(counts->unknown_link, link);
	main_tell_count(counts->fragments, "IP fragments without a TCP header, not shown");
	main_tell_count(counts->cut_short, "packets captured too short to tell what they are");
	main_tell_count(counts->malformed, "packets whose lengths cannot be, not shown");
}

/* The exit status of a run that went so; the first thing that went wrong decides. */
static int main_tell(int failed, const struct program_failure *failure)
{
	if (failed < 0)
		main_say(failure->text);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "evtcp-ladder: cannot write to stdout: %s\n", strerror(errno));
		return failed < 0 ? failure->status : EXIT_STATUS_FILE;
	}
	return failed < 0 ? failure->status : EXIT_STATUS_OK;
}

static void main_close(struct ladder *ladder)
{
	pcap_reader_free(ladder->reader);
	if (ladder->fd > STDERR_FILENO)
		close(ladder->fd);
}

static int main_run(const struct options *options)
{
	struct ladder ladder = {.options = options};
	struct program_failure failure, at_end;
	int failed = main_open(&ladder, &failure), status;

	if (failed == 0) {
		main_init_view(&ladder);
		failed = main_follow(&ladder, &failure);
		/* Of a damaged file the rest is shown, too; what is wrong with it is told last. */
		if (main_finish(&ladder, &at_end) < 0 && failed == 0) {
			failure = at_end;
			failed = -1;
		}
		fflush(stdout);
		main_tell_counts(&ladder.follow.counts);
		graph_free(&ladder.graph);
		follow_free(&ladder.follow);
	}
	status = main_tell(failed, &failure);
	main_close(&ladder);
	return status;
}

int main(int argc, char **argv)
{
	struct program_failure failure = {0};
	struct options options;

	(void)argc;
	if (options_parse(&options, argv, &failure) < 0)
		return main_tell(-1, &failure);
	switch (options.action) {
	case OPTIONS_HELP:
		help_print(stdout);
		return main_tell(0, &failure);
	case OPTIONS_VERSION:
		puts("evtcp-ladder " EVTCP_LADDER_VERSION);
		return main_tell(0, &failure);
	default:
		return main_run(&options);
	}
}
