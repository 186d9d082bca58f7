/* SPDX-License-Identifier: BSD-3-Clause */

/* Every allocation fails once: the n-th alone, and the n-th and all after it, for n = 1,
 * 2, ... until none is left to fail (ATTACKS.md 3.5). Ours through the world, libevent's
 * through event_set_mem_functions. Whatever fails, nothing crashes or leaks, no reply is
 * cut short without a reset, and once there is memory again requests are answered. */

#include "http_rig.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

#define HOST "Host: a\r\n"
#define GET "GET / HTTP/1.1\r\n" HOST "\r\n"

/* libevent's allocations are counted here: it has room for no argument. */
static struct {
	long blocks, fail_at;
	int fail_all, armed; /* armed: the server is at work, not the rig */
} lib;

static int lib_fails(void)
{
	if (!lib.armed || lib.fail_at == 0 || --lib.fail_at > 0)
		return 0;
	lib.fail_at = lib.fail_all;
	return 1;
}

static void *lib_malloc(size_t size)
{
	void *ptr = lib_fails() ? NULL : malloc(size);

	lib.blocks += ptr != NULL;
	return ptr;
}

static void *lib_realloc(void *ptr, size_t size)
{
	void *new_ptr = lib_fails() ? NULL : realloc(ptr, size);

	lib.blocks += ptr == NULL && new_ptr != NULL;
	return new_ptr;
}

static void lib_free(void *ptr)
{
	lib.blocks -= ptr != NULL;
	free(ptr);
}

/* ---- a handler that uses everything ------------------------------------------------ */

static void on_body(struct http_exchange *x, struct evbuffer *data)
{
	if (!http_reply_has_begun(x))
		http_reply_begin(
			x, &(struct http_reply){.status = 200, .length = HTTP_REPLY_UNKNOWN});
	http_reply_write(x, data);
}

static void on_body_end(struct http_exchange *x)
{
	if (!http_reply_has_begun(x))
		http_reply_text(x, 200, "none\n");
	http_reply_end(x);
}

static void on_room(struct http_exchange *x, struct evbuffer *to, size_t room)
{
	static const char block[20000];
	int *n = http_exchange_state(x);

	if (evbuffer_add_reference(to, block, room < 20000 ? room : 20000, NULL, NULL) < 0)
		http_reply_abort(x);
	if (++*n == 10)
		http_reply_end(x);
}

static const struct http_exchange_ops echo_ops = {.body = on_body, .body_end = on_body_end};
static const struct http_exchange_ops long_ops = {.room = on_room};

static void handle(struct http_exchange *x, const struct http_request *request, void *arg)
{
	static const char big[3000];
	struct http_reply reply = {.status = 200};

	(void)arg;
	if (strcmp(request->path, "/echo") == 0) {
		http_exchange_take(x, &echo_ops);
	} else if (strcmp(request->path, "/long") == 0) {
		http_exchange_take(x, &long_ops);
		reply.length = HTTP_REPLY_UNKNOWN;
		http_reply_begin(x, &reply);
	} else if (strcmp(request->path, "/big") == 0) {
		http_reply_whole(x, &reply, big, sizeof(big));
	} else {
		http_reply_text(x, 200, "ok\n");
	}
}

static void log_nothing(const struct http_log_entry *entry, void *arg)
{
	(void)entry;
	(void)arg;
}

/* ---- the scenario ----------------------------------------------------------------------- */

static const char *const scripts[] = {
	GET GET GET,
	"GET /big HTTP/1.1\r\n" HOST "\r\n",
	"GET /long HTTP/1.1\r\n" HOST "\r\n",
	"GET /long HTTP/1.0\r\n\r\n",
	"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello",
	"POST /echo HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n",
	"POST /echo HTTP/1.1\r\n" HOST
	"Transfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\nA: b\r\n\r\n",
	"GET\r\n\r\n",
	"POST / HTTP/1.1\r\n" HOST "Content-Length: 9999999\r\n\r\n",
};

/* Bytes come in two pieces, so that heads and lines are collected as well. */
static void run_script(struct rig *rig, const char *script)
{
	struct rig_client *client = rig_connect(rig);
	size_t half = strlen(script) / 2;

	rig_send(client, script, half);
	rig_send(client, script + half, strlen(script) - half);
	rig_take(client, 1000);
	rig_pass(rig, SECONDS(1));
	rig_take_all(client);
	rig_end(client, 0);
	rig_take_all(client);
}

/* Runs all scripts while memory fails; returns 1 if an allocation has failed. */
static int run_failing(struct rig *rig, long n, int all, int in_lib)
{
	if (in_lib) {
		lib.fail_at = n;
		lib.fail_all = all;
		rig->inside = &lib.armed;
	} else {
		rig->fail_at = n;
		rig->fail_all = all;
	}
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		run_script(rig, scripts[i]);
	n = in_lib ? lib.fail_at : rig->fail_at;
	rig->inside = NULL;
	lib.armed = 0;
	lib.fail_at = 0;
	rig->fail_at = 0;
	/* What is left of a count that never reached zero: nothing failed. */
	return all ? n == 1 : n == 0;
}

static long sweep(int all, int in_lib)
{
	long n = 0, blocks;
	int failed;

	do {
		struct rig_client *client;
		struct rig rig;

		blocks = lib.blocks;
		rig_init(&rig, handle, NULL);
		rig.config.log = log_nothing;
		rig_start(&rig);
		failed = run_failing(&rig, ++n, all, in_lib);
		client = rig_connect(&rig);
		assert_memory_equal(rig_exchange(client, GET), "HTTP/1.1 200 OK\r\n", 17);
		rig_free(&rig);
		assert_int_equal(lib.blocks, blocks);
	} while (failed);
	return n - 1;
}

static void each_allocation_of_ours_may_fail(void **state)
{
	(void)state;
	assert_true(sweep(0, 0) > 10);
	assert_true(sweep(1, 0) > 10);
}

static void each_allocation_of_libevent_may_fail(void **state)
{
	(void)state;
	assert_true(sweep(0, 1) > 10);
	assert_true(sweep(1, 1) > 10);
}

static void each_allocation_of_a_new_server_may_fail(void **state)
{
	(void)state;
	for (int in_lib = 0; in_lib <= 1; in_lib++) {
		for (long n = 1;; n++) {
			struct rig rig;

			rig_init(&rig, handle, NULL);
			lib.armed = in_lib;
			lib.fail_at = in_lib ? n : 0;
			rig.fail_at = in_lib ? 0 : n;
			rig.server = http_server_new(&rig.config);
			lib.armed = 0;
			rig.fail_at = 0;
			if (rig.server) {
				assert_true(n > 1);
				rig_free(&rig);
				break;
			}
			assert_int_equal(rig.allocated, 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_allocation_of_ours_may_fail),
		cmocka_unit_test(each_allocation_of_libevent_may_fail),
		cmocka_unit_test(each_allocation_of_a_new_server_may_fail),
	};

	event_set_mem_functions(lib_malloc, lib_realloc, lib_free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
