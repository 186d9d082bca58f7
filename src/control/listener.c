/* SPDX-License-Identifier: BSD-3-Clause */
/* A name in a directory, made and taken away.
 *
 * In: a path. Out: a listening socket; a sentence when there cannot be one.
 *
 * A socket stays behind when its process is killed, and bind(2) refuses a name that exists, so that
 * whoever starts next has to tell a socket that is used from one that is not: by connecting.
 * Between that and the removal it must not become another's. Hence whoever makes or takes away such
 * a socket holds a lock on its directory; and who ends takes it away before it stops listening. */

#include "control/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LISTENER_BACKLOG = 8,
	/* For the lock: others hold it for a few system calls. */
	LISTENER_TRIES = 200,
	LISTENER_TRY_US = 5000,
	LISTENER_UMASK = 0177,
};

/* ---- the lock --------------------------------------------------------------------------- */

static int listener_lock(int directory)
{
	for (int i = 0; i < LISTENER_TRIES; i++) {
		if (flock(directory, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -1;
		usleep(LISTENER_TRY_US);
	}
	return -1;
}

static void listener_unlock(int directory)
{
	flock(directory, LOCK_UN);
}

/* ---- who is there ------------------------------------------------------------------------ */

/* Whether somebody listens at address: also who is too busy to be connected to. */
static int listener_is_used(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int used;

	if (fd < 0)
		return 1; /* better no socket than two daemons at one */
	used = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
	       errno != ECONNREFUSED;
	close(fd);
	return used;
}

/* Something has that name: takes it away if it is a socket that nobody uses. 0, or -1 with why. */
static int listener_clear(const struct control_listener *listener,
	const struct sockaddr_un *address, char why[CONTROL_LISTENER_WHY])
{
	struct stat status;

	if (fstatat(listener->directory, listener->name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT) /* it has just gone */
			return 0;
		snprintf(why, CONTROL_LISTENER_WHY, "%s", strerror(errno));
		return -1;
	}
	if (!S_ISSOCK(status.st_mode)) {
		snprintf(why, CONTROL_LISTENER_WHY,
			"there is something that is no socket; choose another path, or take it "
			"away");
		return -1;
	}
	if (listener_is_used(address)) {
		snprintf(why, CONTROL_LISTENER_WHY,
			"another process listens there; choose another path, or end that one");
		return -1;
	}
	if (unlinkat(listener->directory, listener->name, 0) == 0 || errno == ENOENT)
		return 0;
	snprintf(why, CONTROL_LISTENER_WHY, "cannot take away the socket that was left there: %s",
		strerror(errno));
	return -1;
}

/* ---- making ------------------------------------------------------------------------------ */

static int listener_bind(int fd, const struct sockaddr_un *address)
{
	mode_t before = umask(LISTENER_UMASK);
	int result = bind(fd, (const struct sockaddr *)address, sizeof(*address));
	int error = errno;

	umask(before);
	errno = error;
	return result;
}

/* 0, or -1 with why. */
static int listener_listen(struct control_listener *listener, const struct sockaddr_un *address,
	char why[CONTROL_LISTENER_WHY])
{
	struct stat status;
	int result = listener_bind(listener->fd, address);

	if (result < 0 && errno == EADDRINUSE) {
		if (listener_clear(listener, address, why) < 0)
			return -1;
		result = listener_bind(listener->fd, address);
	}
	if (result < 0 || listen(listener->fd, LISTENER_BACKLOG) < 0 ||
		fstatat(listener->directory, listener->name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
		snprintf(why, CONTROL_LISTENER_WHY, "cannot listen there: %s", strerror(errno));
		return -1;
	}
	listener->device = status.st_dev;
	listener->inode = status.st_ino;
	return 0;
}

/* The directory of path, open, and what comes behind it. -1 with errno. */
static int listener_open_directory(struct control_listener *listener, const char *path)
{
	char directory[sizeof(listener->name)];
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;

	if (slash == NULL)
		snprintf(directory, sizeof(directory), ".");
	else
		snprintf(directory, sizeof(directory), "%.*s",
			slash == path ? 1 : (int)(slash - path), path);
	snprintf(listener->name, sizeof(listener->name), "%s", name);
	listener->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return listener->directory < 0 ? -1 : 0;
}

static void listener_release(struct control_listener *listener)
{
	if (listener->fd >= 0)
		close(listener->fd);
	close(listener->directory);
	*listener = (struct control_listener)CONTROL_LISTENER_NONE;
}

int control_listener_open(
	struct control_listener *listener, const char *path, char why[CONTROL_LISTENER_WHY])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int result = -1;

	*listener = (struct control_listener)CONTROL_LISTENER_NONE;
	if (path[0] == '\0' || strlen(path) >= sizeof(address.sun_path)) {
		snprintf(why, CONTROL_LISTENER_WHY, "the path of a socket has 1 to %zu bytes",
			sizeof(address.sun_path) - 1);
		return -1;
	}
	strcpy(address.sun_path, path);
	if (listener_open_directory(listener, path) < 0) {
		snprintf(
			why, CONTROL_LISTENER_WHY, "cannot use its directory: %s", strerror(errno));
		return -1;
	}
	listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->fd < 0 || listener_lock(listener->directory) < 0)
		snprintf(why, CONTROL_LISTENER_WHY,
			"cannot make a socket, or somebody has locked its directory: %s",
			strerror(errno));
	else
		result = listener_listen(listener, &address, why);
	if (result < 0)
		listener_release(listener);
	else
		listener_unlock(listener->directory);
	return result;
}

/* ---- taking away ------------------------------------------------------------------------- */

/* Without the lock it is taken away all the same: who holds it for so long is none of us. */
static void listener_take_away(const struct control_listener *listener)
{
	struct stat status;

	listener_lock(listener->directory);
	if (fstatat(listener->directory, listener->name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		status.st_dev == listener->device && status.st_ino == listener->inode)
		unlinkat(listener->directory, listener->name, 0);
	listener_unlock(listener->directory);
}

/* ---- the end ---------------------------------------------------------------------------- */

static void listener_undo(void *arg)
{
	listener_take_away(arg);
}

int control_listener_guard(struct control_listener *listener)
{
	return guard_start(&listener->guard, listener->directory, listener_undo, listener);
}

void control_listener_close(struct control_listener *listener)
{
	if (listener->fd < 0)
		return;
	if (guard_is_set(&listener->guard))
		guard_end(&listener->guard);
	else
		listener_take_away(listener);
	listener_release(listener);
}
