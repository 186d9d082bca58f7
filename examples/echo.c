/* SPDX-License-Identifier: BSD-3-Clause */

/* A whole program with a TCP of its own: it sends back what it gets.
 *
 *     cc echo.c -o echo $(pkg-config --cflags --libs evtcp)
 *     sudo ./echo & nc 10.0.0.2 7
 *
 * The device is what `ip` shows as tun0: the kernel is 10.0.0.1 there, and this program 10.0.0.2.
 */

#define _DEFAULT_SOURCE
#include <evtcp/evtcp.h>

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static void on_readable(struct evtcp_conn *conn, void *arg)
{
	(void)arg;
	evbuffer_add_buffer(evtcp_conn_get_output(conn), evtcp_conn_get_input(conn));
}

/* The peer has ended, or the connection is broken: what waits is still sent, then FIN. */
static void on_event(struct evtcp_conn *conn, short what, void *arg)
{
	(void)arg;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		evtcp_conn_free(conn);
}

static void on_accepted(struct evtcp_listener *listener, struct evtcp_conn *conn,
	const struct sockaddr *peer, int peer_len, void *arg)
{
	(void)listener, (void)peer, (void)peer_len;
	evtcp_conn_set_cb(conn, on_readable, NULL, on_event, arg);
	evtcp_conn_enable(conn, EV_READ);
}

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	event_base_loopbreak(arg);
}

static struct sockaddr_in address(const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(7)};

	inet_pton(AF_INET, text, &in.sin_addr);
	return in;
}

int main(void)
{
	struct sockaddr_in host = address("10.0.0.1"), own = address("10.0.0.2");
	struct evtcp_tun_config config = {.name = "tun0", .mtu = 1500, .n_host = 1, .n_own = 1};
	enum evtcp_tun_error error;
	char why[EVTCP_TUN_TEXT];

	config.host[0].prefix_len = config.own[0].prefix_len = 24;
	memcpy(&config.host[0].address, &host, sizeof(host));
	memcpy(&config.own[0].address, &own, sizeof(own));
	struct evtcp_tun *tun = evtcp_tun_open(&config, &error, why, sizeof(why));
	if (tun == NULL) {
		fprintf(stderr, "echo: %s\n", why);
		return 1;
	}

	struct event_base *base = event_base_new();
	struct event *stop = evsignal_new(base, SIGTERM, on_signal, base);
	struct evtcp_stack *stack = evtcp_stack_new(base, NULL);
	struct evtcp_link *link = evtcp_tun_link(tun, base, evtcp_world_system());
	const struct sockaddr *here = (const struct sockaddr *)&own;

	/* The link belongs to the stack from here on, and the device to the link. */
	if (evtcp_stack_attach(stack, link) < 0 ||
		evtcp_stack_add_address(stack, here, sizeof(own), 24) < 0 ||
		evtcp_listener_new(stack, on_accepted, NULL, here, sizeof(own)) == NULL) {
		perror("echo");
		return 1;
	}
	evsignal_add(stop, NULL);
	event_base_dispatch(base);
	evtcp_stack_free(stack);
	event_free(stop);
	event_base_free(base);
	return 0;
}
