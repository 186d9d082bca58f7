/* SPDX-License-Identifier: BSD-3-Clause */
/* The worker's side of the live page.
 *
 *      events ─► source_hear ─► recorder of each reader ─► source_fill ─► slice
 *      timer ──► source_sample ──┘            list of connections ──┘
 *
 * In: the stack's events, a timer, questions. Out: slices. It sends nothing. As long as one
 * recorder is there the stack tells of all events; what is not of its connection costs a
 * comparison. */
#include "evtcpd/live/source.h"

#include <evtcp/conn.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

struct source_recorder {
	struct source_recorder *next;
	uint64_t reader;
	uint64_t asked_at_us; /* last */
	struct recorder recorder;
};

static uint64_t source_now(const struct source *source)
{
	const struct evtcp_world *world = evtcp_stack_get_world(source->stack);

	return world->now_us(world->arg);
}

/* What is drawn. What each ACK changes is not: that is sampled. What the stack believes lost shows in
 * what it sends again; timers show when they fire. */
#define SOURCE_KINDS \
	(~(1u << EVTCP_EVENT_METRICS | 1u << EVTCP_EVENT_LOST | 1u << EVTCP_EVENT_TIMER_SET | \
		1u << EVTCP_EVENT_TIMER_STOPPED))

/* ---- hearing ------------------------------------------------------------------------ */

static void source_hear(void *arg, const struct evtcp_event *event)
{
	struct source *source = arg;

	for (struct source_recorder *each = source->first; each != NULL; each = each->next)
		recorder_hear(&each->recorder, event);
}

static void source_on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct source *source = arg;

	(void)fd;
	(void)what;
	source_sample(source, source_now(source));
}

/* Without a timer there are no samples. */
static void source_begin_hearing(struct source *source)
{
	static const struct timeval interval = {0, SOURCE_SAMPLE_US};
	const struct evtcp_sink sink = {source_hear, SOURCE_KINDS, source};
	struct event_base *base = evtcp_stack_get_base(source->stack);

	if (base != NULL)
		source->timer = event_new(base, -1, EV_PERSIST, source_on_timer, source);
	if (source->timer != NULL)
		event_add(source->timer, &interval);
	source->set_sink(source->arg, &sink);
}

static void source_end_hearing(struct source *source)
{
	if (source->timer != NULL)
		event_free(source->timer);
	source->timer = NULL;
	source->set_sink(source->arg, NULL);
}

/* ---- recorders ------------------------------------------------------------------------ */

static struct source_recorder *source_new_recorder(
	struct source *source, const struct source_question *question)
{
	struct source_recorder *made = malloc(sizeof(*made));

	if (made == NULL)
		return NULL;
	made->reader = question->reader;
	recorder_init(&made->recorder, &question->remote);
	made->next = source->first;
	source->first = made;
	if (made->next == NULL)
		source_begin_hearing(source);
	return made;
}

/* The one of this reader; NULL: there is none. */
static struct source_recorder *source_find_recorder(const struct source *source, uint64_t reader)
{
	struct source_recorder *each = source->first;

	while (each != NULL && each->reader != reader)
		each = each->next;
	return each;
}

static void source_drop(struct source *source, struct source_recorder **at)
{
	struct source_recorder *dropped = *at;

	*at = dropped->next;
	free(dropped);
	if (source->first == NULL)
		source_end_hearing(source);
}

void source_forget(struct source *source, uint64_t reader)
{
	struct source_recorder **at = &source->first;

	while (*at != NULL && (*at)->reader != reader)
		at = &(*at)->next;
	if (*at != NULL)
		source_drop(source, at);
}

void source_sample(struct source *source, uint64_t now_us)
{
	struct source_recorder **at = &source->first;

	while (*at != NULL) {
		struct recorder *recorder = &(*at)->recorder;
		struct evtcp_conn_info info;

		if (now_us - (*at)->asked_at_us > SOURCE_LEASE_US) {
			source_drop(source, at);
			continue;
		}
		if (recorder->has_tuple &&
			evtcp_stack_find_conn(source->stack, &recorder->tuple, &info) == 0)
			recorder_sample(recorder, &info, now_us);
		at = &(*at)->next;
	}
}

/* ---- the list --------------------------------------------------------------------------- */

struct source_listing {
	const struct source_question *question;
	struct slice *slice;
	struct recorder *recorder; /* of the connection that is asked for; NULL: none is */
	int found;                 /* that one */
};

static struct frame_row source_row(
	const struct source_question *question, const struct evtcp_conn_info *info)
{
	int own = memcmp(&info->tuple, &question->own, sizeof(info->tuple)) == 0;

	return (struct frame_row){.worker = question->worker, .own = own};
}

static void source_choose(struct source_listing *listing, const struct evtcp_conn_info *info)
{
	struct frame_row row = source_row(listing->question, info);

	listing->found = 1;
	frame_add_row(&listing->slice->chosen, info, &row);
	if (listing->recorder != NULL && !listing->recorder->has_tuple)
		recorder_expect(listing->recorder, &info->tuple);
}

static int source_list(const struct evtcp_conn *conn, void *arg)
{
	struct source_listing *listing = arg;
	const struct source_question *question = listing->question;
	struct slice *slice = listing->slice;
	struct evtcp_conn_info info;
	struct frame_row row;

	if (slice->listed == question->most)
		return 1;
	evtcp_conn_get_info(conn, &info);
	row = source_row(question, &info);
	if (slice->listed++ != 0)
		frame_print(&slice->rows, ",");
	frame_add_row(&slice->rows, &info, &row);
	if (question->has_remote && !listing->found &&
		memcmp(&info.tuple.remote, &question->remote, sizeof(question->remote)) == 0)
		source_choose(listing, &info);
	return 0;
}

/* The one that is asked for, without a walk: by its tuple where an event has told it, else by what
 * that is as a rule, for it will have come to where the reader came to. */
static void source_find(struct source *source, struct source_listing *listing)
{
	const struct source_question *question = listing->question;
	struct evtcp_tuple tuple = {.local = question->own.local, .remote = question->remote};
	const struct recorder *recorder = listing->recorder;
	struct evtcp_conn_info info;

	if (!question->has_remote)
		return;
	if (recorder != NULL && recorder->has_tuple)
		tuple = recorder->tuple;
	if (evtcp_stack_find_conn(source->stack, &tuple, &info) == 0)
		source_choose(listing, &info);
}

/* ---- a slice ------------------------------------------------------------------------------ */

static struct recorder *source_recorder(
	struct source *source, const struct source_question *question)
{
	struct source_recorder *found;

	if (!question->has_remote ||
		memcmp(&question->remote, &question->own.remote, sizeof(question->remote)) == 0)
		return NULL;
	found = source_find_recorder(source, question->reader);
	if (found == NULL)
		found = source_new_recorder(source, question);
	if (found == NULL)
		return NULL;
	found->asked_at_us = source_now(source);
	return &found->recorder;
}

void source_fill(struct source *source, const struct source_question *question, struct slice *slice)
{
	struct recorder *recorder = source_recorder(source, question);
	struct source_listing listing = {
		.question = question, .slice = slice, .recorder = recorder};

	evtcp_stack_get_usage(source->stack, &slice->usage);
	source_find(source, &listing);
	evtcp_stack_foreach_conn(source->stack, source_list, &listing);
	if (recorder == NULL)
		return;
	frame_add_marks(&slice->marks, recorder);
	frame_add_samples(&slice->samples, recorder);
	slice->sent = recorder->sent.place;
	slice->received = recorder->received.place;
	slice->missed = recorder->missed;
	recorder_empty(recorder);
}

int slice_init(struct slice *slice)
{
	*slice = (struct slice){.rows.text = evbuffer_new(),
		.marks.text = evbuffer_new(),
		.samples.text = evbuffer_new(),
		.chosen.text = evbuffer_new()};
	if (slice->rows.text != NULL && slice->marks.text != NULL && slice->samples.text != NULL &&
		slice->chosen.text != NULL)
		return 0;
	slice_free(slice);
	return -1;
}

void slice_free(struct slice *slice)
{
	struct frame *frames[] = {&slice->rows, &slice->marks, &slice->samples, &slice->chosen};

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		if (frames[i]->text != NULL)
			evbuffer_free(frames[i]->text);
		frames[i]->text = NULL;
	}
}

static void slice_add_text(struct frame *sum, struct frame *part)
{
	int not_first = evbuffer_get_length(sum->text) != 0;

	frame_move(sum, part, &not_first);
}

void slice_add(struct slice *sum, struct slice *part)
{
	sum->usage.connections += part->usage.connections;
	sum->usage.half_open += part->usage.half_open;
	sum->usage.time_wait += part->usage.time_wait;
	sum->usage.orphans += part->usage.orphans;
	sum->usage.resting += part->usage.resting;
	sum->usage.memory_bytes += part->usage.memory_bytes;
	sum->listed += part->listed;
	sum->missed += part->missed;
	if (part->sent.known)
		sum->sent = part->sent;
	if (part->received.known)
		sum->received = part->received;
	slice_add_text(&sum->rows, &part->rows);
	slice_add_text(&sum->marks, &part->marks);
	slice_add_text(&sum->samples, &part->samples);
	if (evbuffer_get_length(sum->chosen.text) == 0)
		slice_add_text(&sum->chosen, &part->chosen);
}

static void slice_forget_text(struct frame *frame)
{
	evbuffer_drain(frame->text, evbuffer_get_length(frame->text));
}

void slice_forget_state(struct slice *slice)
{
	slice->usage = (struct evtcp_stack_usage){0};
	slice->listed = 0;
	slice_forget_text(&slice->rows);
	slice_forget_text(&slice->chosen);
}

/* ---- the source itself -------------------------------------------------------------------- */

void source_init(struct source *source, struct evtcp_stack *stack,
	void (*set_sink)(void *arg, const struct evtcp_sink *sink), void *arg)
{
	*source = (struct source){.stack = stack, .set_sink = set_sink, .arg = arg};
	atomic_init(&source->readers, 0);
}

void source_end(struct source *source)
{
	while (source->first != NULL)
		source_drop(source, &source->first);
}
