/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_BAD_PATH_H
#define TEST_BAD_PATH_H

/* A download over a bad path, in virtual time: a client stack connects to a server stack,
 * which sends as fast as TCP lets it, over the link emulator. Windows are never what limits
 * it. Same arguments, same run. Uses public headers only. */

#include <evtcp/evtcp.h>
#include <stdbool.h>

enum { BAD_PATH_MTU = 1500, BAD_PATH_PAYLOAD = 1448 }; /* of a full-sized segment, in bytes */

/* One end of a cable: what it sends waits until it is carried to the other. */
struct cable_end {
	struct evtcp_link *link;
	struct parcel *first, **last;
};

struct bad_path {
	struct evtcp_world world;
	uint64_t now_us, dice;
	struct evtcp_stack *server, *client;
	struct cable_end server_end, client_end;
	struct evtcp_impair *impair;
	struct evtcp_conn *sender; /* the server's end, once it was accepted */
	uint64_t received;         /* bytes that the client has read */
	uint64_t first_us;         /* when it read the first */
};

/* bad_path_open: spec is what the emulator makes of the server's link (its README); cc names
 * the congestion control of both. The handshake begins at the first bad_path_until. Ends the
 * program where it cannot be done; *path must not move afterwards. */
void bad_path_open(struct bad_path *path, const char *spec, const char *cc);

/* bad_path_change: the emulator obeys spec from now on; what is under way stays. */
void bad_path_change(struct bad_path *path, const char *spec);

/* bad_path_until: everything that happens up to this moment of path->now_us, which it becomes. */
void bad_path_until(struct bad_path *path, uint64_t end_us);

void bad_path_close(struct bad_path *path);

/* bad_path_need: ends the program with a message (of printf's shape) unless condition holds. */
void bad_path_need(bool condition, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
