/* SPDX-License-Identifier: BSD-3-Clause */
/* From the lines of a trace to a file. Input: lines of JSON; output: writes of whole lines, through
 * an output of each worker, which knows how to share a descriptor and to wait for nobody. Where
 * lines had to be dropped a line says so, as JSON, too. Knows nothing of what events mean. */

#include "evtcpd/trace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct trace_file {
	struct trace_shared *shared;
	struct evtcp_qlog *qlog;
	struct output output;
	unsigned index;
	char mark[128]; /* what a line about dropped lines begins with */
};

int trace_file_open(const char *path, struct trace_shared *shared)
{
	const struct evtcp_world *world = evtcp_world_system();
	size_t len = strlen(path);

	*shared = (struct trace_shared){
		.config = {
			.vantage_point = "server",
			.separators = len >= 6 && strcmp(path + len - 6, ".sqlog") == 0,
			.began_us = world->now_us(world->arg),
			.wall_us = world->wall_us(world->arg),
		}};
	return output_open(path, O_APPEND);
}

/* ---- lines ----------------------------------------------------------------------- */

/* The line that is dropped lends its time to the one that says so. */
static void trace_file_mark(struct trace_file *file, const char *line, size_t len)
{
	const char *comma = memchr(line, ',', len);

	snprintf(file->mark, sizeof(file->mark),
		"%.*s,\"name\":\"loglevel:warning\",\"worker\":%u,\"data\":{\"message\":\"",
		comma != NULL ? (int)(comma - line) : 0, line, file->index);
}

/* The trace is over, for all: what waits is dropped, and no line is left cut. */
static void trace_file_end(struct trace_file *file, int error)
{
	int none = 0;

	atomic_compare_exchange_strong(&file->shared->error, &none, error);
	output_give_up(&file->output);
}

/* Whether it has ended, here or for another worker. */
static int trace_file_is_over(struct trace_file *file)
{
	int error = atomic_load(&file->shared->error);

	if (error != 0)
		trace_file_end(file, error);
	return error != 0;
}

static void trace_file_write(void *arg, const char *line, size_t len)
{
	struct trace_file *file = (struct trace_file *)arg;

	if (trace_file_is_over(file))
		return;
	if (file->output.dropped == 0)
		trace_file_mark(file, line, len);
	output_add(&file->output, line, len);
	output_flush_later(&file->output);
	if (file->output.error != 0)
		trace_file_end(file, file->output.error);
}

void trace_file_flush(struct trace_file *file)
{
	output_flush(&file->output);
}

int trace_file_ended(struct trace_file *file)
{
	int error = atomic_load(&file->shared->error), untold = 0;

	if (error == 0 && file->output.error != 0) { /* the loop wrote it, and no line came since */
		error = file->output.error;
		trace_file_end(file, error);
	}
	return error != 0 && atomic_compare_exchange_strong(&file->shared->is_told, &untold, 1)
		       ? error
		       : 0;
}

/* ---- the object -------------------------------------------------------------------- */

struct trace_file *trace_file_new(
	struct trace_shared *shared, int fd, unsigned index, struct event_base *base)
{
	const struct evtcp_world *world = evtcp_world_system();
	struct evtcp_qlog_config config = shared->config;
	struct trace_file *file = world->alloc(world->arg, sizeof(*file));

	if (file == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	config.worker = index;
	*file = (struct trace_file){.shared = shared, .index = index};
	output_init(&file->output, fd, file->mark);
	file->output.end = "\"}}";
	output_share(&file->output, &shared->turn);
	file->qlog = evtcp_qlog_new(world, &config, trace_file_write, file);
	if (file->qlog == NULL || output_attach(&file->output, base) < 0) {
		trace_file_free(file);
		errno = ENOMEM;
		return NULL;
	}
	if (index == 0) {
		evtcp_qlog_header(file->qlog);
		output_flush(&file->output); /* before any other worker writes */
	}
	return file;
}

void trace_file_free(struct trace_file *file)
{
	const struct evtcp_world *world = evtcp_world_system();

	if (file == NULL)
		return;
	evtcp_qlog_free(file->qlog);
	(void)trace_file_is_over(file);
	output_end(&file->output);
	world->free(world->arg, file);
}

void trace_file_observer(struct trace_file *file, struct evtcp_observer *observer)
{
	evtcp_qlog_observer(file->qlog, observer);
}

void trace_file_sink(struct trace_file *file, struct evtcp_sink *sink)
{
	evtcp_qlog_sink(file->qlog, sink);
}
