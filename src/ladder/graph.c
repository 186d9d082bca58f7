/* SPDX-License-Identifier: BSD-3-Clause */

/* Gathering a graph. Input: segments of a file. Output: those of one connection, as numbers. */

#include "ladder/graph.h"

#include "util/memory.h"
#include "util/utf8.h"

void graph_init(struct graph *graph, const struct evtcp_world *world, unsigned wanted)
{
	*graph = (struct graph){.world = world, .wanted = wanted ? wanted : 1, .n_notes = 1};
}

void graph_free(struct graph *graph)
{
	memory_free(graph->world, graph->segments);
	memory_free(graph->world, graph->notes);
}

static struct graph_segment *graph_add(struct graph *graph)
{
	size_t size = graph->size ? 2 * graph->size : 256;
	struct graph_segment *segments;

	if (graph->n < graph->size)
		return &graph->segments[graph->n++];
	segments = memory_realloc(graph->world, graph->segments, size * sizeof(*segments));
	if (!segments) {
		graph->out_of_memory = true;
		return NULL;
	}
	graph->segments = segments;
	graph->size = size;
	return &segments[graph->n++];
}

/* Where text stands among the notes; 0 without memory. */
static uint32_t graph_add_note(struct graph *graph, const char *text)
{
	uint32_t size = graph->size_notes ? 2 * graph->size_notes : 64;
	char(*notes)[GRAPH_NOTE];

	if (graph->n_notes >= graph->size_notes) {
		notes = memory_realloc(graph->world, graph->notes, size * sizeof(*notes));
		if (!notes) {
			graph->out_of_memory = true;
			return 0;
		}
		graph->notes = notes;
		graph->size_notes = size;
	}
	utf8_clean(graph->notes[graph->n_notes], GRAPH_NOTE, text, strlen(text), false);
	return graph->n_notes++;
}

/* What is sent again, late or in vain has a reason. */
static uint32_t graph_note(struct graph *graph, const struct rung *rung)
{
	char text[COMMENT_TEXT + 128] = "";

	if (!rung->comment->is_cause)
		judge_format(LADDER_TEXT_OF(text), &rung->judgement);
	if (rung->comment->text[0])
		ladder_add(LADDER_TEXT_OF(text), "%s%s", text[0] ? "; " : "", rung->comment->text);
	return text[0] ? graph_add_note(graph, text) : 0;
}

static void graph_set_sack(struct graph_segment *segment, const struct ladder_segment *of,
	const struct ladder_flow *acknowledged)
{
	if ((of->options->present & TCP_OPT_SACK) == 0)
		return;
	segment->n_sack = of->options->n_sack;
	for (unsigned i = 0; i < segment->n_sack; i++)
		segment->sack[i] = (struct graph_range){
			ladder_flow_relative(acknowledged, of->options->sack[i].left),
			ladder_flow_relative(acknowledged, of->options->sack[i].right)};
}

void graph_show(void *arg, const struct rung *rung)
{
	struct graph *graph = arg;
	const struct ladder_conn *conn = &rung->connection->conn;
	const struct ladder_segment *of = &rung->segment;
	const struct ladder_flow *flow = of->outbound ? &conn->out : &conn->in;
	const struct ladder_flow *acknowledged = of->outbound ? &conn->in : &conn->out;
	struct graph_segment *segment;

	if (conn->tag != graph->wanted || rung->judgement.verdict == VERDICT_COPY)
		return;
	segment = graph_add(graph);
	if (!segment)
		return;
	graph->tuple = conn->tuple;
	*segment = (struct graph_segment){
		.at_us = of->at_us,
		.begin = ladder_flow_relative(flow, of->seq),
		.payload_len = of->payload_len,
		.flags = of->flags,
		.outbound = of->outbound,
		.acks = (of->flags & (TCP_ACK | TCP_RST)) == TCP_ACK,
		.again = judge_is_again(rung->judgement.verdict),
		.late = rung->judgement.verdict == VERDICT_LATE,
		.lost = rung->fate == LADDER_LOST,
		.refused = rung->fate == LADDER_REFUSED,
	};
	segment->end = segment->begin + of->payload_len + ((of->flags & TCP_SYN) != 0) +
		       ((of->flags & TCP_FIN) != 0);
	segment->acked = ladder_flow_relative(acknowledged, of->ack);
	segment->edge = segment->acked + ladder_conn_window(conn, of);
	graph_set_sack(segment, of, acknowledged);
	if (segment->again || segment->late || segment->lost || segment->refused)
		segment->note = graph_note(graph, rung);
}

bool graph_is_from_client(const struct graph *graph)
{
	uint64_t client = 0, server = 0;

	for (size_t i = 0; i < graph->n; i++)
		*(graph->segments[i].outbound ? &client : &server) +=
			graph->segments[i].payload_len;
	return client > server;
}
