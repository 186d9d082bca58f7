/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPCTL_CLIENT_H
#define EVTCPCTL_CLIENT_H

/* A connection to the control socket of an evtcpd. Calls wait, at most 10 s each. */

#include "control/json.h"

#include <stdio.h>

struct client {
	int fd;
	FILE *answers;
	char *line; /* the last that was read */
	size_t room;
};

/* client_open: connects to the socket at path. 0, or -1 with errno. */
int client_open(struct client *client, const char *path);
void client_close(struct client *client);

/* client_ask: sends a request, and a copy of descriptor with it if that is not -1. 0, or -1 with
 * errno. */
int client_ask(struct client *client, const char *request, int descriptor);

/* client_hear: the next line of the answer, without its newline, terminated, good until the next
 * call. NULL when the connection has ended, or for too long nothing came. *is_last: it is the last
 * of this answer. */
const char *client_hear(struct client *client, int *is_last);

#endif
