/* SPDX-License-Identifier: BSD-3-Clause */
/* Sends a line, reads lines. In: requests; out: answers, as the daemon wrote them. Which line is
 * the last of an answer is all that it knows of them: the one whose first member is "ok". */

#include "evtcpctl/client.h"

#include "control/passing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENT_PATIENCE_S 10

static int client_connect(const char *path)
{
	static const struct timeval patience = {CLIENT_PATIENCE_S, 0};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0 &&
		connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

int client_open(struct client *client, const char *path)
{
	*client = (struct client){.fd = client_connect(path)};
	if (client->fd < 0)
		return -1;
	client->answers = fdopen(client->fd, "r");
	if (client->answers != NULL)
		return 0;
	close(client->fd);
	return -1;
}

void client_close(struct client *client)
{
	fclose(client->answers);
	free(client->line);
}

int client_ask(struct client *client, const char *request, int descriptor)
{
	char line[4096 + 1];
	size_t len = (size_t)snprintf(line, sizeof(line), "%s\n", request), done = 0;

	while (done < len) {
		ssize_t n = passing_send(client->fd, line + done, len - done, descriptor);

		if (n < 0)
			return -1;
		done += (size_t)n;
		descriptor = -1;
	}
	return 0;
}

const char *client_hear(struct client *client, int *is_last)
{
	ssize_t len = getline(&client->line, &client->room, client->answers);
	struct json line, name, value;

	if (len <= 0 || client->line[len - 1] != '\n')
		return NULL;
	client->line[len - 1] = '\0';
	line = (struct json){client->line, (size_t)len - 1};
	*is_last = json_next(&line, &name, &value) == 1 && name.len == 2 &&
		   memcmp(name.at, "ok", 2) == 0;
	return client->line;
}
