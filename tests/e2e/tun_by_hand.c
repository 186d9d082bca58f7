/* SPDX-License-Identifier: BSD-3-Clause */

/* A stack on a TUN without libevent's loop: one poll(2) drives both.
 *
 *      tun_by_hand NAME HOST OWN
 *
 * Opens the device NAME, gives the kernel HOST/24, takes OWN/24 for the stack, says
 * "ready", and answers each connection to port 80 with what HTTP/1.0 asks for: a head,
 * "by hand" and the end. When the device is gone it says "failed ERRNO" and exits 0. */

#include <evtcp/evtcp.h>

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

static struct sockaddr_in hand_address(const char *text, uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

	inet_pton(AF_INET, text, &address.sin_addr);
	return address;
}

static void hand_on_readable(struct evtcp_conn *conn, void *arg)
{
	static const char answer[] = "HTTP/1.0 200 OK\r\n\r\nby hand\n";
	struct evbuffer *input = evtcp_conn_get_input(conn);

	(void)arg;
	evbuffer_drain(input, evbuffer_get_length(input));
	evbuffer_add(evtcp_conn_get_output(conn), answer, sizeof(answer) - 1);
	evtcp_conn_free(conn); /* what is in the output still goes out, then a FIN */
}

static void hand_on_event(struct evtcp_conn *conn, short what, void *arg)
{
	(void)what;
	(void)arg;
	evtcp_conn_free(conn);
}

static void hand_on_accept(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	(void)listener;
	(void)peer;
	(void)peer_len;
	(void)arg;
	evtcp_conn_set_cb(conn, hand_on_readable, NULL, hand_on_event, NULL);
	evtcp_conn_enable(conn, EV_READ | EV_WRITE);
}

static struct evtcp_tun *hand_open(const char *name, const char *host, const char *own)
{
	struct evtcp_tun_config config = {.name = name, .mtu = 1500, .n_host = 1, .n_own = 1};
	struct sockaddr_in host_address = hand_address(host, 0), own_address = hand_address(own, 0);
	char text[EVTCP_TUN_TEXT];
	enum evtcp_tun_error error;
	struct evtcp_tun *tun;

	memcpy(&config.host[0].address, &host_address, sizeof(host_address));
	memcpy(&config.own[0].address, &own_address, sizeof(own_address));
	config.host[0].prefix_len = config.own[0].prefix_len = 24;
	tun = evtcp_tun_open(&config, &error, text, sizeof(text));
	if (!tun)
		printf("error %s\n", text);
	return tun;
}

/* How long poll may wait, rounded up so that a deadline has come when it returns. */
static int hand_wait_ms(struct evtcp_stack *stack)
{
	const struct evtcp_world *world = evtcp_stack_get_world(stack);
	uint64_t due = evtcp_stack_next_deadline(stack), now = world->now_us(world->arg);

	if (due == UINT64_MAX)
		return -1;
	return due > now ? (int)((due - now + 999) / 1000) : 0;
}

/* Until the device is gone. */
static void hand_drive(struct evtcp_stack *stack, struct evtcp_tun *tun)
{
	struct pollfd pollfd = {.fd = evtcp_tun_get_fd(tun), .events = POLLIN};

	for (;;) {
		poll(&pollfd, 1, hand_wait_ms(stack));
		if (pollfd.revents && evtcp_tun_read(tun) < 0)
			return;
		evtcp_stack_run_timers(stack);
	}
}

int main(int argc, char **argv)
{
	struct evtcp_stack *stack = evtcp_stack_new(NULL, NULL);
	struct sockaddr_in own, any = hand_address("0.0.0.0", 80);
	struct evtcp_tun *tun;

	if (argc != 4 || !stack)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	tun = hand_open(argv[1], argv[2], argv[3]);
	if (!tun)
		return 1;
	own = hand_address(argv[3], 0);
	evtcp_stack_attach(stack, evtcp_tun_link(tun, NULL, evtcp_world_system()));
	evtcp_stack_add_address(stack, (struct sockaddr *)&own, sizeof(own), 24);
	evtcp_listener_new(stack, hand_on_accept, NULL, (struct sockaddr *)&any, sizeof(any));
	printf("ready\n");
	hand_drive(stack, tun);
	printf("failed %s\n", strerrorname_np(errno));
	evtcp_stack_free(stack);
	return 0;
}
