/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_ERRAND_H
#define EVTCPD_ERRAND_H

/* Something done once by each worker, in its own thread, and then told of in the main one. */

#include "evtcpd/workers.h"

#define ERRAND_VALUE 32

struct errand;

struct errand_order {
	/* What each worker does; value is a copy of the bytes below, and only read. */
	void (*act)(struct worker *worker, const void *value);
	const void *value;
	size_t len; /* of it, at most ERRAND_VALUE */
	/* Runs when all have, in the main thread. */
	void (*over)(void *arg);
	void *arg;
};

/* errand_begin: the first worker, whose thread this is, acts at once, the others from their loops:
 * one whose inbox is full is asked again until it takes it. *errand is under way until order->over
 * runs from the loop; NULL if that has run already, as where there is one worker. 0, or -1 with
 * errno ENOMEM, and nobody acts. */
int errand_begin(struct errand **errand, struct workers *workers, const struct errand_order *order);

/* errand_cancel: at the end of serving: over does not run; who has not acted yet may act or not.
 * NULL is fine. */
void errand_cancel(struct errand *errand);

#endif
