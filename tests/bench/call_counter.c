/* SPDX-License-Identifier: BSD-3-Clause */

/* Counts what a program asks of the C library: memory, the clock, and system calls. For
 * LD_PRELOAD, so that the program runs at its speed, which a tracer would take from it.
 *
 * CALL_COUNTER names the file where the counts stand while the program runs, an array of struct
 * counter_row; it is made if need be, and what it holds is added to. All that the program starts
 * counts there, too. Calls that the library makes itself do not pass here (brk, or what stdio
 * reads), nor does who calls the kernel without it. Without CALL_COUNTER nothing is counted. */

#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What is counted: a kind and a name. The clock is no system call where the kernel lets it be
 * read without one, as it does nearly everywhere. */
#define COUNTER_CALLS(X) \
	X(memory, malloc) \
	X(memory, calloc) \
	X(memory, realloc) \
	X(memory, memalign) \
	X(memory, free) \
	X(clock, clock_gettime) \
	X(clock, gettimeofday) \
	X(clock, time) \
	X(read, read) \
	X(read, readv) \
	X(read, recv) \
	X(read, recvfrom) \
	X(read, recvmsg) \
	X(write, write) \
	X(write, writev) \
	X(write, send) \
	X(write, sendto) \
	X(write, sendmsg) \
	X(write, sendfile) \
	X(wait, epoll_wait) \
	X(wait, epoll_pwait2) \
	X(wait, poll) \
	X(wait, ppoll) \
	X(other, epoll_ctl) \
	X(other, timerfd_settime) \
	X(other, accept4) \
	X(other, close) \
	X(other, shutdown) \
	X(other, setsockopt) \
	X(other, getsockopt) \
	X(other, nanosleep)

struct counter_row {
	char kind[8], name[24];
	_Atomic uint64_t n;
};

enum {
#define COUNTER_NUMBER(kind, name) COUNTER_##name,
	COUNTER_CALLS(COUNTER_NUMBER)
#undef COUNTER_NUMBER
		COUNTER_ROWS
};

static const struct {
	char kind[8], name[24];
} counter_names[] = {
#define COUNTER_NAME(kind, name) {#kind, #name},
	COUNTER_CALLS(COUNTER_NAME)
#undef COUNTER_NAME
};

static struct counter_row counter_nowhere[COUNTER_ROWS];
static struct counter_row *counter_rows = counter_nowhere;

static void counter_count(int row)
{
	atomic_fetch_add_explicit(&counter_rows[row].n, 1, memory_order_relaxed);
}

__attribute__((constructor)) static void counter_start(void)
{
	const char *path = getenv("CALL_COUNTER");
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666) : -1;
	void *rows = MAP_FAILED;

	if (fd < 0)
		return;
	if (ftruncate(fd, sizeof(counter_nowhere)) == 0)
		rows = mmap(
			NULL, sizeof(counter_nowhere), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (rows == MAP_FAILED)
		return;
	counter_rows = rows;
	for (int i = 0; i < COUNTER_ROWS; i++) {
		memcpy(counter_rows[i].kind, counter_names[i].kind, sizeof(counter_rows[i].kind));
		memcpy(counter_rows[i].name, counter_names[i].name, sizeof(counter_rows[i].name));
	}
}

/* ---- memory ------------------------------------------------------------------------- */

/* glibc's own, under the names that it has for this: to look them up would need memory. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

void *malloc(size_t size)
{
	counter_count(COUNTER_malloc);
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	counter_count(COUNTER_calloc);
	return __libc_calloc(n, size);
}

void *realloc(void *block, size_t size)
{
	counter_count(COUNTER_realloc);
	return __libc_realloc(block, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	counter_count(COUNTER_memalign);
	return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
	counter_count(COUNTER_memalign);
	*block = __libc_memalign(alignment, size);
	return *block ? 0 : 12; /* ENOMEM; errno stays as it is */
}

void free(void *block)
{
	if (block)
		counter_count(COUNTER_free);
	__libc_free(block);
}

/* ---- calls -------------------------------------------------------------------------- */

/* One that is passed on as it is. Two threads may both look the next one up, and find the same.
 * The headers that declare most of them are not included: a pointer is a pointer here, whatever
 * it points to. */
#define COUNTER_PASS(row, type, name, parameters, arguments) \
	type name parameters; \
\
	type name parameters \
	{ \
		static type(*next) parameters; \
\
		if (!next) \
			*(void **)&next = dlsym(RTLD_NEXT, #name); \
		counter_count(COUNTER_##row); \
		return next arguments; \
	}

// clang-format off
COUNTER_PASS(clock_gettime, int, clock_gettime, (int clock, void *now), (clock, now))
COUNTER_PASS(gettimeofday, int, gettimeofday, (void *now, void *zone), (now, zone))
COUNTER_PASS(time, long, time, (long *now), (now))
COUNTER_PASS(read, ssize_t, read, (int fd, void *to, size_t len), (fd, to, len))
COUNTER_PASS(readv, ssize_t, readv, (int fd, const void *to, int n), (fd, to, n))
COUNTER_PASS(recv, ssize_t, recv, (int fd, void *to, size_t len, int flags), (fd, to, len, flags))
COUNTER_PASS(recvfrom, ssize_t, recvfrom, (int fd, void *to, size_t len, int flags, void *from, void *from_len), (fd, to, len, flags, from, from_len))
COUNTER_PASS(recvmsg, ssize_t, recvmsg, (int fd, void *message, int flags), (fd, message, flags))
COUNTER_PASS(write, ssize_t, write, (int fd, const void *from, size_t len), (fd, from, len))
COUNTER_PASS(writev, ssize_t, writev, (int fd, const void *from, int n), (fd, from, n))
COUNTER_PASS(send, ssize_t, send, (int fd, const void *from, size_t len, int flags), (fd, from, len, flags))
COUNTER_PASS(sendto, ssize_t, sendto, (int fd, const void *from, size_t len, int flags, const void *to, unsigned to_len), (fd, from, len, flags, to, to_len))
COUNTER_PASS(sendmsg, ssize_t, sendmsg, (int fd, const void *message, int flags), (fd, message, flags))
COUNTER_PASS(sendfile, ssize_t, sendfile, (int to, int from, void *at, size_t len), (to, from, at, len))
COUNTER_PASS(sendfile, ssize_t, sendfile64, (int to, int from, void *at, size_t len), (to, from, at, len))
COUNTER_PASS(epoll_wait, int, epoll_wait, (int fd, void *events, int n, int ms), (fd, events, n, ms))
COUNTER_PASS(epoll_pwait2, int, epoll_pwait2, (int fd, void *events, int n, const void *time, const void *mask), (fd, events, n, time, mask))
COUNTER_PASS(poll, int, poll, (void *fds, unsigned long n, int ms), (fds, n, ms))
COUNTER_PASS(ppoll, int, ppoll, (void *fds, unsigned long n, const void *time, const void *mask), (fds, n, time, mask))
COUNTER_PASS(epoll_ctl, int, epoll_ctl, (int epoll, int what, int fd, void *event), (epoll, what, fd, event))
COUNTER_PASS(timerfd_settime, int, timerfd_settime, (int fd, int flags, const void *new, void *old), (fd, flags, new, old))
COUNTER_PASS(accept4, int, accept4, (int fd, void *from, void *len, int flags), (fd, from, len, flags))
COUNTER_PASS(close, int, close, (int fd), (fd))
COUNTER_PASS(shutdown, int, shutdown, (int fd, int how), (fd, how))
COUNTER_PASS(setsockopt, int, setsockopt, (int fd, int level, int name, const void *value, unsigned len), (fd, level, name, value, len))
COUNTER_PASS(getsockopt, int, getsockopt, (int fd, int level, int name, void *value, void *len), (fd, level, name, value, len))
COUNTER_PASS(nanosleep, int, nanosleep, (const void *time, void *left), (time, left))
// clang-format on

/* What they are called where the compiler checks the length of a buffer (_FORTIFY_SOURCE). */
ssize_t __read_chk(int fd, void *to, size_t len, size_t room);
ssize_t __recv_chk(int fd, void *to, size_t len, size_t room, int flags);
int __poll_chk(void *fds, unsigned long n, int ms, size_t room);

ssize_t __read_chk(int fd, void *to, size_t len, size_t room)
{
	return read(fd, to, len < room ? len : room);
}

ssize_t __recv_chk(int fd, void *to, size_t len, size_t room, int flags)
{
	return recv(fd, to, len < room ? len : room, flags);
}

int __poll_chk(void *fds, unsigned long n, int ms, size_t room)
{
	(void)room;
	return poll(fds, n, ms);
}
