/* SPDX-License-Identifier: BSD-3-Clause */
/* A reader's turn, each READER_SLICE_US:
 *
 *      timer ─► collect ─┬─ its own worker's slice ────────────► tell ─► the reply
 *                        └─ ask 1 ─► worker 1 fills it ─► back ──┘
 *
 * With one worker a turn is over at once. With several it is over when all have answered, or when
 * the next is due; who has not answered is missing in it. Each worker is asked anew only when it
 * has answered, so that no more than one question for each is ever under way. What an answer that
 * comes too late has to tell is told in the turn that it comes in; between two turns that is what
 * has happened, for of what there is the next one asks.
 *
 * The reader belongs to the thread of its exchange, but for an ask, which belongs to who has it,
 * and the count of who holds the reader: its exchange, until that is over, and each ask that is
 * under way. */
#include "evtcpd/live/reader.h"

#include "evtcpd/pages.h"
#include "http/reply.h"

#include <evtcp/group.h>

#include <event2/buffer.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A question to another worker. */
struct reader_ask {
	struct reader *reader;
	unsigned place;
	uint64_t turn;    /* in which it was asked */
	atomic_int asked; /* it is under way */
	struct source_question question;
	struct slice slice;
};

struct reader {
	atomic_uint holders;
	struct http_exchange *exchange; /* NULL: it is over */
	const struct pages_host *host;
	struct source_question question;
	struct slice sum;
	int has_sum;      /* sum is there */
	int collecting;   /* a turn has begun and was not told */
	unsigned waiting; /* answers of this turn that may still come */
	uint64_t turn, next_at_us;
	uint64_t skipped; /* turns in which it was told nothing */
	unsigned n;
	struct reader_ask asks[]; /* n, one for each place; its own is not used */
};

struct reader_state {
	struct reader *reader;
};

_Static_assert(sizeof(struct reader_state) <= HTTP_EXCHANGE_STATE, "the state fits");

/* ---- who holds what ---------------------------------------------------------------------- */

static unsigned reader_workers(const struct pages_host *host)
{
	return host->group != NULL ? host->n : 1;
}

/* Where all readers of the daemon are counted. */
static atomic_uint *reader_count(const struct pages_host *host)
{
	return host->group != NULL ? &host->all[0].live->readers : &host->live->readers;
}

static struct reader *reader_new(const struct pages_host *host)
{
	unsigned n = reader_workers(host);
	struct reader *reader = calloc(1, sizeof(*reader) + n * sizeof(reader->asks[0]));

	if (reader == NULL)
		return NULL;
	atomic_init(&reader->holders, 1);
	reader->host = host;
	reader->n = n;
	for (unsigned place = 0; place < n; place++) {
		reader->asks[place].reader = reader;
		reader->asks[place].place = place;
		atomic_init(&reader->asks[place].asked, 0);
	}
	return reader;
}

static void reader_drop(struct reader *reader)
{
	if (atomic_fetch_sub(&reader->holders, 1) != 1)
		return;
	if (reader->has_sum)
		slice_free(&reader->sum);
	free(reader);
}

/* 0, or -1 without memory. */
static int reader_need_sum(struct reader *reader)
{
	if (!reader->has_sum)
		reader->has_sum = slice_init(&reader->sum) == 0;
	return reader->has_sum ? 0 : -1;
}

/* ---- asking and answering ---------------------------------------------------------------- */

static void reader_end_ask(struct reader_ask *ask)
{
	struct reader *reader = ask->reader;

	slice_free(&ask->slice);
	atomic_store(&ask->asked, 0);
	reader_drop(reader);
}

/* At home: an answer. The reader goes on from its timer, which is due at once. */
static void reader_on_answer(struct evtcp_stack *stack, void *arg)
{
	struct reader_ask *ask = arg;
	struct reader *reader = ask->reader;

	if (stack != NULL && reader->exchange != NULL && reader_need_sum(reader) == 0) {
		if (!reader->collecting)
			slice_forget_state(&ask->slice);
		slice_add(&reader->sum, &ask->slice);
		if (reader->collecting && ask->turn == reader->turn && --reader->waiting == 0)
			http_exchange_set_timer(
				reader->exchange, http_exchange_now(reader->exchange));
	}
	reader_end_ask(ask);
}

/* In the thread of who is asked. */
static void reader_on_ask(struct evtcp_stack *stack, void *arg)
{
	struct reader_ask *ask = arg;
	const struct pages_host *host = ask->reader->host;
	unsigned home = (unsigned)host->place;

	if (stack == NULL) {
		reader_end_ask(ask);
		return;
	}
	source_fill(host->all[ask->place].live, &ask->question, &ask->slice);
	if (evtcp_group_post(host->group, home, reader_on_answer, ask) < 0)
		reader_end_ask(ask);
}

static void reader_ask(struct reader *reader, struct reader_ask *ask)
{
	if (atomic_load(&ask->asked) || slice_init(&ask->slice) < 0)
		return;
	ask->turn = reader->turn;
	ask->question = reader->question;
	ask->question.worker = (int)ask->place;
	atomic_store(&ask->asked, 1);
	atomic_fetch_add(&reader->holders, 1);
	if (evtcp_group_post(reader->host->group, ask->place, reader_on_ask, ask) < 0)
		reader_end_ask(ask);
	else
		reader->waiting++;
}

/* ---- telling ----------------------------------------------------------------------------- */

/* A list of those that are still asked. */
static void reader_add_missing(struct frame *frame, const struct reader *reader)
{
	const char *comma = "";

	if (reader->n < 2)
		return;
	frame_print(frame, ",\"workers\":%u,\"missing\":[", reader->n);
	for (unsigned place = 0; place < reader->n; place++) {
		if (atomic_load(&reader->asks[place].asked)) {
			frame_print(frame, "%s%u", comma, place);
			comma = ",";
		}
	}
	frame_print(frame, "]");
}

static void reader_add_connections(struct frame *frame, struct reader *reader, uint64_t now_us)
{
	struct slice *sum = &reader->sum;
	unsigned all = sum->usage.connections;
	int not_first = 0;

	frame_print(frame, "event: connections\ndata: {\"now\":%" PRIu64 ",\"skipped\":%" PRIu64,
		now_us, reader->skipped);
	reader_add_missing(frame, reader);
	frame_print(frame, ",\"usage\":");
	frame_add_usage(frame, &sum->usage);
	frame_print(frame, ",\"connections\":[");
	frame_move(frame, &sum->rows, &not_first);
	frame_print(frame, "],\"omitted\":%u}\n\n", all > sum->listed ? all - sum->listed : 0);
}

static void reader_add_segments(struct frame *frame, struct reader *reader, uint64_t now_us)
{
	const struct source_question *question = &reader->question;
	struct slice *sum = &reader->sum;
	char remote[EVTCP_ENDPOINT_TEXT];
	int own = memcmp(&question->remote, &question->own.remote, sizeof(question->remote)) == 0;
	int no_comma[3] = {0, 0, 0};

	frame_print(frame, "event: segments\ndata: {\"now\":%" PRIu64 ",\"remote\":\"%s\"%s",
		now_us, evtcp_endpoint_format(&question->remote, remote, sizeof(remote)),
		own ? ",\"own\":1" : "");
	if (evbuffer_get_length(sum->chosen.text) != 0) {
		frame_print(frame, ",\"connection\":");
		frame_move(frame, &sum->chosen, &no_comma[0]);
	}
	frame_print(frame, ",\"sent\":");
	frame_add_place(frame, &sum->sent);
	frame_print(frame, ",\"received\":");
	frame_add_place(frame, &sum->received);
	frame_print(frame, ",\"missed\":%" PRIu64 ",\"marks\":[", sum->missed);
	frame_move(frame, &sum->marks, &no_comma[1]);
	frame_print(frame, "],\"samples\":[");
	frame_move(frame, &sum->samples, &no_comma[2]);
	frame_print(frame, "]}\n\n");
}

/* The text goes as it is; without memory for all of it the reply is aborted. */
static void reader_write(struct http_exchange *exchange, struct frame *frame)
{
	if (frame->failed)
		http_reply_abort(exchange);
	else
		http_reply_write(exchange, frame->text);
}

static void reader_tell(struct reader *reader, uint64_t now_us)
{
	struct frame frame = {.text = evbuffer_new()};

	reader->collecting = 0;
	if (frame.text == NULL) {
		http_reply_abort(reader->exchange);
		return;
	}
	reader_add_connections(&frame, reader, now_us);
	if (reader->question.has_remote)
		reader_add_segments(&frame, reader, now_us);
	slice_free(&reader->sum);
	reader->has_sum = 0;
	reader->skipped = 0;
	reader_write(reader->exchange, &frame);
	evbuffer_free(frame.text);
	http_exchange_set_timer(
		reader->exchange, reader->next_at_us > now_us ? reader->next_at_us : now_us + 1);
}

/* ---- a turn ------------------------------------------------------------------------------ */

/* What its own worker has to tell. 0, or -1 without memory. */
static int reader_add_own(struct reader *reader)
{
	struct slice own;

	if (reader_need_sum(reader) < 0 || slice_init(&own) < 0)
		return -1;
	source_fill(reader->host->live, &reader->question, &own);
	slice_add(&reader->sum, &own);
	slice_free(&own);
	return 0;
}

static void reader_collect(struct reader *reader, uint64_t now_us)
{
	struct http_stream_info stream;

	reader->next_at_us = now_us + READER_SLICE_US;
	http_exchange_get_stream(reader->exchange, &stream);
	if (stream.pending_bytes > READER_WAITING) {
		reader->skipped++;
		http_exchange_set_timer(reader->exchange, reader->next_at_us);
		return;
	}
	if (reader_add_own(reader) < 0) {
		http_reply_abort(reader->exchange);
		return;
	}
	reader->turn++;
	reader->waiting = 0;
	for (unsigned place = 0; place < reader->n; place++) {
		if (reader->n > 1 && place != reader->host->place)
			reader_ask(reader, &reader->asks[place]);
	}
	reader->collecting = reader->waiting != 0;
	if (reader->collecting)
		http_exchange_set_timer(reader->exchange, reader->next_at_us);
	else
		reader_tell(reader, now_us);
}

static void reader_say_goodbye(struct http_exchange *exchange)
{
	struct frame frame = {.text = evbuffer_new()};

	if (frame.text == NULL) {
		http_reply_abort(exchange);
		return;
	}
	frame_print(&frame, "event: end\ndata: {}\n\n");
	reader_write(exchange, &frame);
	http_reply_end(exchange);
	evbuffer_free(frame.text);
}

static void reader_on_timer(struct http_exchange *exchange, uint64_t now_us)
{
	const struct reader_state *state = http_exchange_state(exchange);

	if (http_exchange_is_last(exchange))
		reader_say_goodbye(exchange);
	else if (state->reader->collecting)
		reader_tell(state->reader, now_us);
	else
		reader_collect(state->reader, now_us);
}

static void reader_on_gone(struct http_exchange *exchange)
{
	const struct reader_state *state = http_exchange_state(exchange);
	struct reader *reader = state->reader;

	reader->exchange = NULL;
	source_forget(reader->host->live, reader->question.reader);
	atomic_fetch_sub(reader_count(reader->host), 1);
	reader_drop(reader);
}

static const struct http_exchange_ops reader_ops = {
	.timer = reader_on_timer, .gone = reader_on_gone};

/* ---- the beginning ----------------------------------------------------------------------- */

static void reader_set_question(struct reader *reader, const struct evtcp_endpoint *remote)
{
	const struct pages_host *host = reader->host;
	struct source_question *question = &reader->question;
	struct http_stream_info stream;

	http_exchange_get_stream(reader->exchange, &stream);
	question->own = (struct evtcp_tuple){.local = stream.local, .remote = stream.peer};
	question->reader = ++host->live->serial << 16 | host->place;
	question->worker = host->group != NULL ? (int)host->place : -1;
	question->most = (SOURCE_LISTED + reader->n - 1) / reader->n;
	question->has_remote = remote != NULL;
	if (remote != NULL)
		question->remote = *remote;
}

static void reader_begin_reply(struct http_exchange *exchange)
{
	struct frame frame = {.text = evbuffer_new()};

	http_reply_begin(exchange, &(struct http_reply){.status = 200,
					   .type = "text/event-stream",
					   .length = HTTP_REPLY_UNKNOWN,
					   .fields = "Cache-Control: no-store\r\n"});
	if (frame.text == NULL) {
		http_reply_abort(exchange);
		return;
	}
	frame_print(&frame, "retry: 1000\n");
	frame_causes(&frame);
	reader_write(exchange, &frame);
	evbuffer_free(frame.text);
	http_exchange_set_timer(exchange, http_exchange_now(exchange));
}

void reader_begin(struct http_exchange *exchange, const struct pages_host *host,
	const struct evtcp_endpoint *remote)
{
	struct reader_state *state = http_exchange_state(exchange);
	atomic_uint *count = reader_count(host);
	struct reader *reader;

	if (atomic_fetch_add(count, 1) >= SOURCE_READERS) {
		atomic_fetch_sub(count, 1);
		http_reply_text(exchange, 503,
			"503 Service Unavailable: sixteen readers of /_/events are there "
			"already\n");
		return;
	}
	reader = reader_new(host);
	if (reader == NULL) {
		atomic_fetch_sub(count, 1);
		http_reply_text(exchange, 503, "503 Service Unavailable: out of memory\n");
		return;
	}
	state->reader = reader;
	reader->exchange = exchange;
	reader_set_question(reader, remote);
	http_exchange_take(exchange, &reader_ops);
	reader_begin_reply(exchange);
}
