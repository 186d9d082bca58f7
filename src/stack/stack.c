/* SPDX-License-Identifier: BSD-3-Clause */

/* The stack as a whole: made, configured, given addresses and a link, asked how it
 * is, taken down.
 *
 * In: the configuration, the link. Out: a struct evtcp_stack whose parts (ip, tcp,
 * batch, timers) are ready.
 *
 * What runs in it is elsewhere: packets in batch.c, the end of a batch in flush.c,
 * time in timers.c, the application's objects in listener.c and conn.c. */

#include "stack/stack.h"
#include "stack/conn.h"
#include "stack/flush.h"
#include "stack/listener.h"
#include "stack/paths.h"
#include "stack/reassemble.h"
#include "tcp/cc.h"
#include "tcp/user.h"
#include "util/memory.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <string.h>

#define SECOND UINT64_C(1000000)

/* RFC 9293 3.7.1: without a link nothing is known but that 576 bytes pass. */
enum { STACK_DEFAULT_MTU = 576 };

/* Bounds of what can be configured. Buffers: what a window can say (RFC 7323 2.3).
 * Times: what their fields hold, with room to spare. */
#define STACK_BUFFER_MAX (UINT32_C(1) << 30)
#define STACK_RTO_MAX_US (3600 * SECOND)
#define STACK_MSL_MAX_US (86400 * SECOND)
#define STACK_DELAYED_ACK_MAX_US (SECOND / 2) /* RFC 9293 MUST-40 */

void evtcp_stack_config_init(struct evtcp_stack_config *config)
{
	*config = (struct evtcp_stack_config){
		.limits =
			{
				.connections = 16384,
				.half_open = 1024,
				.fast_open_pending = 256,
				.accept_queue = 4096,
				.syn_ack_retries = 5,
				.time_wait = 32768,
				.fin_wait_2_seconds = 60,
				.orphans = 1024,
				.orphan_seconds = 60,
				.retries = 15,
				.user_timeout_min = 100, /* RFC 5482 3.1 rule 5 */
				.user_timeout_max = 3600,
				.receive_buffer = 64 * 1024,
				.receive_buffer_max = 4 * 1024 * 1024,
				.send_buffer = 256 * 1024,
				.send_buffer_max = 4 * 1024 * 1024,
				.quick_acks = 16,
				.out_of_order = 1024,
				.out_of_order_bytes = UINT64_C(64) << 20,
				.buffer_bytes = UINT64_C(256) << 20,
				.records = 4096,
				.mss_floor = 216,
				.fragment_bytes = 256 * 1024,
				.fragmented = 64,
				.fragments = 64,
				.path_mtus = 1024,
				.path_mtu_floor = 552,
				.icmp_per_second = 1000,
				.challenge_ms = 500,
				.batch_timers = 256,
				.awake = 1024,
			},
		.tcp_options = {.window_scale = 1,
			.timestamps = 1,
			.sack = 1,
			.ecn = EVTCP_ECN_ACCEPT},
		.cc = "cubic",
		.msl_us = 30 * SECOND,
		.rto_min_us = SECOND / 5,
		.rto_max_us = 120 * SECOND,
		.rto_initial_us = SECOND, /* RFC 6298 2.1 */
		.delayed_ack_us = 40000,
		.ttl = 64,
	};
}

static bool stack_buffer_is_possible(uint32_t size)
{
	return size > 0 && size <= STACK_BUFFER_MAX;
}

static bool stack_limits_are_possible(const struct evtcp_limits *limits)
{
	return stack_buffer_is_possible(limits->receive_buffer) &&
	       stack_buffer_is_possible(limits->send_buffer) &&
	       limits->receive_buffer_max <= STACK_BUFFER_MAX &&
	       limits->send_buffer_max <= STACK_BUFFER_MAX && limits->quick_acks <= UINT16_MAX &&
	       limits->mss_floor <= UINT16_MAX && limits->path_mtu_floor >= IPV4_MTU_MIN &&
	       limits->path_mtu_floor <= UINT16_MAX && limits->user_timeout_min > 0 &&
	       limits->user_timeout_max > 0;
}

static bool stack_config_is_possible(const struct evtcp_stack_config *config)
{
	return stack_limits_are_possible(&config->limits) && config->cc && cc_find(config->cc) &&
	       config->msl_us > 0 && config->msl_us <= STACK_MSL_MAX_US && config->rto_min_us > 0 &&
	       config->rto_min_us <= config->rto_max_us && config->rto_max_us <= STACK_RTO_MAX_US &&
	       config->rto_initial_us > 0 && config->rto_initial_us <= config->rto_max_us &&
	       config->delayed_ack_us < STACK_DELAYED_ACK_MAX_US && config->ttl > 0;
}

static void stack_init_tcp(struct evtcp_stack *stack, const struct evtcp_stack_config *config)
{
	struct tcp_config tcp_config = {
		.limits = config->limits,
		.options = config->tcp_options,
		.msl_us = config->msl_us,
		.rto_min_us = config->rto_min_us,
		.rto_max_us = config->rto_max_us,
		.rto_initial_us = config->rto_initial_us,
		.delayed_ack_us = config->delayed_ack_us,
		.user_timeout_s = user_timeout_seconds(config->advertised_user_timeout_us),
		.ttl = config->ttl,
		.mtu = STACK_DEFAULT_MTU,
		.path_mtu = paths_mtu,
		.path_arg = stack,
		.cc = cc_find(config->cc),
	};

	tcp_init(&stack->tcp, &tcp_config, &stack->world, &stack->trace);
}

struct evtcp_stack *evtcp_stack_new(
	struct event_base *base, const struct evtcp_stack_config *config)
{
	struct evtcp_stack_config defaults;
	const struct evtcp_world *world;
	struct evtcp_stack *stack;

	evtcp_stack_config_init(&defaults);
	config = config ? config : &defaults;
	if (!stack_config_is_possible(config)) {
		errno = EINVAL;
		return NULL;
	}
	world = config->world ? config->world : evtcp_world_system();
	stack = memory_zalloc(world, sizeof(*stack));
	if (!stack) {
		errno = ENOMEM;
		return NULL;
	}
	stack->base = base;
	stack->world = *world;
	stack->mtu = STACK_DEFAULT_MTU;
	list_init(&stack->listeners);
	list_init(&stack->touched);
	list_init(&stack->starved);
	list_init(&stack->lost);
	list_init(&stack->gone);
	if (timers_init(stack) < 0) {
		memory_free(world, stack);
		errno = ENOMEM;
		return NULL;
	}
	tracer_init(&stack->trace);
	ip_init(&stack->ip, &stack->world, config->ttl, config->limits.icmp_per_second);
	expect_init(stack);
	reassemble_init(stack, &config->limits);
	paths_init(stack, &config->limits);
	stack_init_tcp(stack, config);
	return stack;
}

static int stack_drop_at_rest(const struct tcb *tcb, void *arg)
{
	(void)arg;
	conn_drop(conn_of(tcb));
	return 0;
}

static void stack_drop_list(struct list *list)
{
	struct list_node *node;

	while ((node = list_first(list)))
		conn_drop(container_of(node, struct evtcp_conn, in_touched));
}

/* One RST for each connection that has a peer to tell, orphans too; those that cannot be woken for
 * that are just gone. The objects go; the blocks go with tcp_free. */
static void stack_abort_connections(struct evtcp_stack *stack)
{
	struct list_node *head = &stack->tcp.connections.head;
	uint64_t now = batch_begin(stack);

	rest_wake_all(&stack->tcp, now);
	rest_foreach(&stack->tcp, stack_drop_at_rest, NULL);
	stack_drop_list(&stack->lost);
	stack_drop_list(&stack->gone);

	for (struct list_node *node = head->next; node != head; node = node->next) {
		struct tcb *tcb = container_of(node, struct tcb, in_connections);

		if (tcb->ref)
			conn_drop(conn_of(tcb));
		user_abort(tcb, EVTCP_CAUSE_RST_ABORT, now);
	}
	flush_send(stack);
	if (stack->link)
		evtcp_link_flush(stack->link);
}

void evtcp_stack_free(struct evtcp_stack *stack)
{
	struct list_node *node;
	struct evtcp_world world;

	if (!stack)
		return;
	assert(!stack->flushing && "a stack is not freed in its own callback");
	evtcp_group_leave(stack);
	stack->flushing = true; /* nobody hears or wakes any more */
	stack_abort_connections(stack);
	while ((node = list_first(&stack->listeners)))
		evtcp_listener_free(container_of(node, struct evtcp_listener, in_listeners));
	tcp_free(&stack->tcp);
	batch_free(stack);
	reassembly_free(&stack->reassembly);
	path_mtu_free(&stack->paths);
	timers_free(stack);
	evtcp_link_free(stack->link);
	world = stack->world;
	memory_free(&world, stack);
}

/* ---- the link -------------------------------------------------------------- */

static void stack_on_expect(void *arg, const struct evtcp_packet *packet)
{
	expect_packet(arg, packet);
}

static void stack_on_input(void *arg, struct evtcp_packet *packet)
{
	batch_link_input(arg, packet);
}

static void stack_on_batch_end(void *arg)
{
	evtcp_stack_flush(arg);
}

static void stack_on_failed(void *arg, int error)
{
	struct evtcp_stack *stack = arg;

	if (stack->failure.error)
		return;
	stack->failure.error = error ? error : EIO;
	timers_wake(stack);
}

/* Counted only: an output that was taken is in the middle of being told as sent. */
static void stack_on_dropped(void *arg, enum evtcp_cause cause)
{
	struct evtcp_stack *stack = arg;

	tracer_count(&stack->trace, cause);
}

int evtcp_stack_attach(struct evtcp_stack *stack, struct evtcp_link *link)
{
	struct evtcp_receiver receiver = {
		.input = stack_on_input,
		.batch_end = stack_on_batch_end,
		.failed = stack_on_failed,
		.dropped = stack_on_dropped,
		.takes_offload = true,
		.expect = stack_on_expect,
		.arg = stack,
	};

	if (stack->link) {
		errno = EEXIST;
		return -1;
	}
	if (evtcp_link_get_mtu(link) < IPV6_MTU_MIN && ip_has_ipv6(&stack->ip)) {
		errno = EMSGSIZE;
		return -1;
	}
	stack->link = link;
	stack->mtu = evtcp_link_get_mtu(link);
	stack->tcp.config.mtu = (uint16_t)stack->mtu;
	evtcp_link_set_receiver(link, &receiver);
	return 0;
}

void evtcp_stack_set_failed_cb(struct evtcp_stack *stack,
	void (*cb)(struct evtcp_stack *stack, int error, void *arg), void *arg)
{
	stack->failure.cb = cb;
	stack->failure.arg = arg;
	if (stack->failure.error)
		timers_wake(stack);
}

void evtcp_stack_set_fetch_cb(struct evtcp_stack *stack, evtcp_fetch_cb cb)
{
	stack->expect.fetch_cb = cb;
}

/* ---- the rest -------------------------------------------------------------- */

int evtcp_stack_add_address(struct evtcp_stack *stack, const struct sockaddr *address,
	socklen_t len, unsigned prefix_len)
{
	struct evtcp_endpoint endpoint;
	int error;

	if (evtcp_endpoint_from_sockaddr(&endpoint, address, len) < 0)
		return -1;
	/* RFC 8200 5 rule 1: no link below that carries IPv6. */
	if (stack->link && stack->mtu < IPV6_MTU_MIN && !evtcp_addr_is_ipv4(&endpoint.addr))
		error = EMSGSIZE;
	else
		error = ip_add_address(&stack->ip, &endpoint.addr, prefix_len);
	if (error == 0)
		return 0;
	errno = error;
	return -1;
}

void evtcp_stack_set_sink(struct evtcp_stack *stack, const struct evtcp_sink *sink)
{
	tracer_set_sink(&stack->trace, sink);
}

void evtcp_stack_drain(struct evtcp_stack *stack)
{
	stack->tcp.draining = true;
}

void evtcp_stack_get_usage(const struct evtcp_stack *stack, struct evtcp_stack_usage *usage)
{
	const struct tcp *tcp = &stack->tcp;

	tcp_usage(tcp, usage);
	usage->memory_bytes += (tcp->n_connections - tcp->n_orphans - tcp->n_unannounced) *
			       (uint64_t)sizeof(struct evtcp_conn);
}

uint64_t evtcp_stack_get_counter(const struct evtcp_stack *stack, enum evtcp_cause cause)
{
	return stack->trace.counters[cause];
}

const struct evtcp_world *evtcp_stack_get_world(const struct evtcp_stack *stack)
{
	return &stack->world;
}

uint64_t evtcp_stack_get_now(const struct evtcp_stack *stack)
{
	return batch_now(stack);
}

const char *evtcp_cc_name(unsigned index)
{
	const struct cc_ops *ops = cc_at(index);

	return ops != NULL ? ops->name : NULL;
}

int evtcp_stack_set_cc(struct evtcp_stack *stack, const char *name)
{
	const struct cc_ops *ops = cc_find(name);

	if (!ops) {
		errno = EINVAL;
		return -1;
	}
	stack->tcp.config.cc = ops;
	return 0;
}

const char *evtcp_stack_get_cc(const struct evtcp_stack *stack)
{
	return stack->tcp.config.cc->name;
}

void evtcp_stack_get_rtts(const struct evtcp_stack *stack, struct evtcp_rtt_histogram *rtts)
{
	*rtts = stack->tcp.rtts;
}

struct event_base *evtcp_stack_get_base(const struct evtcp_stack *stack)
{
	return stack->base;
}
