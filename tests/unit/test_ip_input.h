/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_IP_INPUT_H
#define TEST_IP_INPUT_H

/* An IP that is given packets, each in a heap block of its own size. */

#include "ip/ip.h"
#include "test_world.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

struct fixture {
	struct test_world world;
	struct ip ip;
};

static inline int teardown(void **state)
{
	free(*state);
	return 0;
}

/* ip_input of an exact copy; view's pointers are made relative to packet. */
static inline enum evtcp_cause input(
	struct fixture *f, const uint8_t *packet, size_t len, struct ip_view *view)
{
	uint8_t *exact = test_exact_copy(packet, len);
	enum evtcp_cause cause = ip_input(&f->ip, exact, len, view);

	if (cause == EVTCP_CAUSE_NONE) {
		assert_true(view->packet == exact);
		assert_true(view->packet_len <= len);
		assert_true(view->payload + view->payload_len == exact + view->packet_len);
		view->payload = packet + (view->payload - exact);
		view->packet = packet;
	}
	free(exact);
	return cause;
}

#endif
