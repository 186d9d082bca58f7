/* SPDX-License-Identifier: BSD-3-Clause */
/* The processor's counters by perf_event_open(2). */

#include "micro_counters.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

void counters_open(struct counters *counters)
{
	static const uint64_t what[N_COUNTERS] = {
		[COUNTER_INSTRUCTIONS] = PERF_COUNT_HW_INSTRUCTIONS,
		[COUNTER_CACHE_MISSES] = PERF_COUNT_HW_CACHE_MISSES,
	};

	for (unsigned i = 0; i < N_COUNTERS; i++) {
		struct perf_event_attr attr = {
			.type = PERF_TYPE_HARDWARE,
			.size = sizeof(attr),
			.config = what[i],
			.disabled = 1,
			.exclude_kernel = 1,
			.exclude_hv = 1,
		};

		counters->fd[i] =
			(int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	}
}

void counters_close(struct counters *counters)
{
	for (unsigned i = 0; i < N_COUNTERS; i++) {
		if (counters->fd[i] >= 0)
			close(counters->fd[i]);
	}
}

void counters_run(const struct counters *counters, bool on)
{
	for (unsigned i = 0; i < N_COUNTERS; i++) {
		if (counters->fd[i] >= 0)
			ioctl(counters->fd[i], on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE,
				0);
	}
}

bool counters_read(const struct counters *counters, unsigned which, uint64_t *count)
{
	return counters->fd[which] >= 0 &&
	       read(counters->fd[which], count, sizeof(*count)) == sizeof(*count);
}
