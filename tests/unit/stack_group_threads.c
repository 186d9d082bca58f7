/* SPDX-License-Identifier: BSD-3-Clause */

/* A group whose stacks run in threads of their own: what they say to each other arrives, and a
 * sanitizer finds nothing in how. */

#include "test_packet.h"

#include <evtcp/evtcp.h>

#include <event2/event.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

/* ---- posts -------------------------------------------------------------------------- */

enum { ROUNDS = 2000 };

/* A ball between two threads, each with its loop. */
struct player {
	struct evtcp_group *group;
	struct event_base *base;
	struct evtcp_stack *stack;
	unsigned place;
	int *left; /* whoever has the ball has it */
	struct player *other;
};

static void on_ball(struct evtcp_stack *stack, void *arg)
{
	struct player *player = arg;

	if (stack == NULL)
		return;
	assert_ptr_equal(stack, player->stack);
	if (*player->left > 0)
		--*player->left;
	else
		event_base_loopbreak(player->base);
	evtcp_group_post(player->group, player->other->place, on_ball, player->other);
}

static void *play(void *arg)
{
	struct player *player = arg;

	event_base_dispatch(player->base);
	return NULL;
}

static void threads_talk_by_posts(void **state)
{
	struct player players[2];
	struct evtcp_group *group = evtcp_group_new(2, evtcp_world_system());
	int left = ROUNDS;
	pthread_t thread;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct event_base *base = event_base_new();

		players[i] = (struct player){.group = group,
			.base = base,
			.stack = evtcp_stack_new(base, NULL),
			.place = i,
			.left = &left,
			.other = &players[1 - i]};
		assert_int_equal(evtcp_group_join(group, i, players[i].stack), 0);
	}
	assert_int_equal(evtcp_group_post(group, 0, on_ball, &players[0]), 0);
	assert_int_equal(pthread_create(&thread, NULL, play, &players[1]), 0);
	play(&players[0]);
	pthread_join(thread, NULL);
	assert_int_equal(left, 0);
	for (unsigned i = 0; i < 2; i++) {
		evtcp_stack_free(players[i].stack);
		event_base_free(players[i].base);
	}
	evtcp_group_free(group);
}

/* ---- packets ------------------------------------------------------------------------ */

enum { MEMBERS = 3, BATCHES = 400, BATCH = 64, PATIENCE = 30000 /* ms */ };

/* A stack of the group to which the network sends what is nobody's. */
struct member {
	struct event_base *base;
	struct evtcp_stack *stack;
	struct evtcp_link *link;
	struct event *network;
	unsigned batches;          /* still to come */
	unsigned patience;         /* turns to wait for the end */
	uint64_t answered;         /* packets it has sent */
	_Atomic uint64_t *settled; /* of each member: strays of which it knows what became */
	unsigned place;
};

static int member_output(void *ctx, const struct evtcp_packet *packet)
{
	struct member *member = ctx;

	(void)packet;
	member->answered++;
	return 0;
}

static void member_free_link(void *ctx)
{
	(void)ctx;
}

/* Whether all strays have come to an end, here and elsewhere. */
static bool member_is_done(struct member *member)
{
	uint64_t sum = 0;

	atomic_store(&member->settled[member->place],
		member->answered +
			evtcp_stack_get_counter(member->stack, EVTCP_CAUSE_PASS_QUEUE_FULL));
	for (unsigned i = 0; i < MEMBERS; i++)
		sum += atomic_load(&member->settled[i]);
	return sum >= (uint64_t)MEMBERS * BATCHES * BATCH || --member->patience == 0;
}

static void member_send(struct member *member)
{
	struct test_segment ack = {.flags = TEST_ACK, .seq = 1, .ack = 1};
	struct test_packet p;

	for (unsigned i = 0; i < BATCH; i++) {
		ack.client_port = (uint16_t)(1 + i);
		test_packet_build(&p, &ack, 0, EVTCP_CAUSE_NONE);
		test_packet_seal(p.bytes, p.iov.iov_len);
		evtcp_link_input(member->link, &p.packet);
	}
	evtcp_link_batch_end(member->link);
	member->batches--;
}

static void member_on_network(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval soon = {0, 1000};
	struct member *member = arg;

	(void)fd;
	(void)what;
	if (member->batches > 0)
		member_send(member);
	else if (member_is_done(member))
		event_base_loopbreak(member->base);
	event_add(member->network, &soon);
}

static void member_open(struct member *member, struct evtcp_group *group, unsigned place)
{
	static const struct evtcp_link_ops ops = {
		.output = member_output, .free = member_free_link};
	struct sockaddr_in address = {.sin_family = AF_INET};

	address.sin_addr.s_addr = htonl(0x0a000002);
	member->base = event_base_new();
	member->batches = BATCHES;
	member->patience = PATIENCE;
	member->place = place;
	member->stack = evtcp_stack_new(member->base, NULL);
	member->link = evtcp_link_new(&ops, member, 1500);
	member->network = event_new(member->base, -1, 0, member_on_network, member);
	assert_int_equal(evtcp_group_join(group, place, member->stack), 0);
	assert_int_equal(evtcp_stack_attach(member->stack, member->link), 0);
	assert_int_equal(evtcp_stack_add_address(
				 member->stack, (struct sockaddr *)&address, sizeof(address), 24),
		0);
	event_active(member->network, EV_TIMEOUT, 0);
}

static void *member_run(void *arg)
{
	struct member *member = arg;

	event_base_dispatch(member->base);
	return NULL;
}

/* Each is answered once, by who got it, or it is counted why not. */
static void a_storm_of_strays_is_accounted_for(void **state)
{
	struct evtcp_group *group = evtcp_group_new(MEMBERS, evtcp_world_system());
	_Atomic uint64_t settled[MEMBERS] = {0};
	struct member members[MEMBERS] = {0};
	pthread_t threads[MEMBERS];
	uint64_t answered = 0, full = 0;

	(void)state;
	for (unsigned i = 0; i < MEMBERS; i++) {
		members[i].settled = settled;
		member_open(&members[i], group, i);
	}
	for (unsigned i = 0; i < MEMBERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, member_run, &members[i]), 0);
	for (unsigned i = 0; i < MEMBERS; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < MEMBERS; i++) {
		struct evtcp_stack *stack = members[i].stack;

		assert_int_equal(members[i].answered,
			evtcp_stack_get_counter(stack, EVTCP_CAUSE_RST_NO_CONNECTION));
		answered += members[i].answered;
		full += evtcp_stack_get_counter(stack, EVTCP_CAUSE_PASS_QUEUE_FULL);
		event_free(members[i].network);
		evtcp_stack_free(stack);
		event_base_free(members[i].base);
	}
	evtcp_group_free(group);
	assert_int_equal(answered + full, MEMBERS * BATCHES * BATCH);
	assert_true(answered > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_talk_by_posts),
		cmocka_unit_test(a_storm_of_strays_is_accounted_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
