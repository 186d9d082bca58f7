/* SPDX-License-Identifier: BSD-3-Clause */

/* A table of connections. Input: what was counted. Output: lines, numbers at the right of their
 * columns. */

#include "ladder/list.h"

#include "trace/duration.h"

#include <inttypes.h>
#include <string.h>

#define LIST_US_PER_S 1000000u

/* How it began, as far as the file has it. */
static const char *list_beginning(const struct connection *connection)
{
	if (connection->conn.out.opens && connection->conn.in.opens)
		return "";
	return connection->conn.out.opens ? "no answer to the SYN, " : "began before the file, ";
}

static const char *list_end(const struct connection *connection)
{
	if (connection->out.rst || connection->in.rst)
		return connection->in.rst ? "reset by the server" : "reset by the client";
	if (connection->out.fin && connection->in.fin)
		return "closed";
	if (connection->out.fin || connection->in.fin)
		return connection->in.fin ? "half closed, by the server"
					  : "half closed, by the client";
	return "open";
}

static int list_width(const struct connections *connections, bool client)
{
	char text[EVTCP_ENDPOINT_TEXT];
	int width = 6; /* of the title */

	for (size_t i = 0; i < connections->n; i++) {
		const struct evtcp_tuple *tuple = &connections->all[i]->conn.tuple;
		int n = (int)strlen(evtcp_endpoint_format(
			client ? &tuple->local : &tuple->remote, text, sizeof(text)));

		width = n > width ? n : width;
	}
	return width;
}

static void list_line(FILE *file, const struct connection *connection, uint64_t first_at_us,
	int client_width, int server_width)
{
	char client[EVTCP_ENDPOINT_TEXT], server[EVTCP_ENDPOINT_TEXT], lasts[DURATION_TEXT];
	uint64_t begins = connection->began_at_us - first_at_us;

	evtcp_endpoint_format(&connection->conn.tuple.local, client, sizeof(client));
	evtcp_endpoint_format(&connection->conn.tuple.remote, server, sizeof(server));
	duration_format(connection->last_at_us - connection->began_at_us, lasts, sizeof(lasts));
	fprintf(file, "%5u  %-*s  %-*s %6" PRIu64 ".%06" PRIu64 "  %8s", connection->conn.tag,
		client_width, client, server_width, server, begins / LIST_US_PER_S,
		begins % LIST_US_PER_S, lasts);
	fprintf(file, " %9" PRIu64 " %12" PRIu64 " %12" PRIu64 " %6" PRIu64 " %5" PRIu64 "  %s%s\n",
		connection->out.segments + connection->in.segments, connection->out.bytes,
		connection->in.bytes, connection->out.again + connection->in.again,
		connection->out.lost + connection->in.lost, list_beginning(connection),
		list_end(connection));
}

void list_print(FILE *file, const struct connections *connections)
{
	int client_width = list_width(connections, true);
	int server_width = list_width(connections, false);
	uint64_t first_at_us = connections->n > 0 ? connections->all[0]->began_at_us : 0;

	fprintf(file, "%5s  %-*s  %-*s %13s  %8s %9s %12s %12s %6s %5s  %s\n", "#", client_width,
		"client", server_width, "server", "begins, s", "lasts", "segments", "from client",
		"from server", "again", "lost", "end");
	for (size_t i = 0; i < connections->n; i++)
		if (connections->all[i]->began_at_us < first_at_us)
			first_at_us = connections->all[i]->began_at_us;
	for (size_t i = 0; i < connections->n; i++)
		list_line(file, connections->all[i], first_at_us, client_width, server_width);
}
