/* SPDX-License-Identifier: BSD-3-Clause */

/* Calls the C library as often as it is told to, for the test of call_counter.
 *
 *      call_counter_test TIMES
 *
 * TIMES times: malloc, calloc, realloc of the second block, posix_memalign, free of all three,
 * two writes and one read of a byte, a poll, a look at the clock. */

#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void *volatile test_sink; /* so that no call is found to be needless */

int main(int argc, char **argv)
{
	int times = argc == 2 ? atoi(argv[1]) : -1, ends[2];

	if (times < 0 || pipe(ends) < 0)
		return 2;
	for (int i = 0; i < times; i++) {
		struct pollfd pollfd = {.fd = ends[0], .events = POLLIN};
		void *one = test_sink = malloc(10), *two = test_sink = calloc(2, 10), *three;
		struct timespec now;
		char byte = 0;

		two = test_sink = realloc(two, 4000);
		if (posix_memalign(&three, 64, 100) != 0)
			return 1;
		test_sink = three;
		free(one);
		free(two);
		free(three);
		if (write(ends[1], &byte, 1) != 1 || write(ends[1], &byte, 0) != 0 ||
			poll(&pollfd, 1, -1) != 1 || read(ends[0], &byte, 1) != 1)
			return 1;
		clock_gettime(CLOCK_MONOTONIC, &now);
	}
	return 0;
}
