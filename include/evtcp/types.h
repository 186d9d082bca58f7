/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCP_TYPES_H
#define EVTCP_TYPES_H

/* The vocabulary that every room shares: connection states, addresses, the
 * injected world. Nothing here has behaviour; every room may include it. */

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The eleven states of RFC 9293 3.3.2. The names are prefixed because
 * <netinet/tcp.h> owns TCP_LISTEN and its kin. */
enum evtcp_state {
	EVTCP_CLOSED,       /* no connection at all */
	EVTCP_LISTEN,       /* waiting for a SYN from anybody */
	EVTCP_SYN_SENT,     /* our SYN is out, theirs has not come */
	EVTCP_SYN_RECEIVED, /* both SYNs seen, ours not yet acknowledged */
	EVTCP_ESTABLISHED,  /* data flows both ways */
	EVTCP_FIN_WAIT_1,   /* our FIN is out, not acknowledged; theirs has not come */
	EVTCP_FIN_WAIT_2,   /* our FIN is acknowledged; theirs has not come */
	EVTCP_CLOSE_WAIT,   /* their FIN came; the application may still send */
	EVTCP_CLOSING,      /* both FINs are out, ours not yet acknowledged */
	EVTCP_LAST_ACK,     /* they closed first; our FIN awaits its ACK */
	EVTCP_TIME_WAIT,    /* both FINs acknowledged; waiting 2 MSL */
	EVTCP_N_STATES
};

/* evtcp_state_name: the RFC's name, "SYN-RECEIVED" with a hyphen; "?" for a
 * value that is no state. Static storage. */
const char *evtcp_state_name(enum evtcp_state state);

/* ssthresh before the first congestion, when it is "arbitrarily high" (RFC 5681 3.1): whoever writes
 * for people leaves it out, as ss does. */
#define EVTCP_NO_SSTHRESH UINT32_MAX

/* An IPv6 address in network byte order, or an IPv4 one mapped into it
 * (::ffff:a.b.c.d, RFC 4291 2.5.5.2), so that every table has one key width. */
struct evtcp_addr {
	uint8_t bytes[16];
};

/* One end of a connection; the port is in host byte order. */
struct evtcp_endpoint {
	struct evtcp_addr addr;
	uint16_t port;
};

/* Both ends, as this stack sees them. */
struct evtcp_tuple {
	struct evtcp_endpoint local, remote;
};

/* evtcp_endpoint_from_sockaddr: reads an AF_INET or AF_INET6 address. A v6
 * address that is v4-mapped becomes the v4 one. 0, or -1 with errno
 * EAFNOSUPPORT or EINVAL (len too small). */
int evtcp_endpoint_from_sockaddr(struct evtcp_endpoint *endpoint,
	const struct sockaddr *sa, socklen_t len);

/* evtcp_endpoint_to_sockaddr: the reverse; writes AF_INET for mapped
 * addresses. Returns the length written. */
socklen_t evtcp_endpoint_to_sockaddr(const struct evtcp_endpoint *endpoint,
	struct sockaddr_storage *ss);

/* evtcp_addr_is_ipv4: 1 when the address is v4-mapped. */
int evtcp_addr_is_ipv4(const struct evtcp_addr *addr);

/* evtcp_endpoint_format: "10.0.0.2:80" or "[fd00::2]:80", always terminated,
 * cut if it does not fit (EVTCP_ENDPOINT_TEXT suffices). Returns text. */
#define EVTCP_ENDPOINT_TEXT 56
char *evtcp_endpoint_format(const struct evtcp_endpoint *endpoint, char *text, size_t size);

/* Everything that is not deterministic enters a stack through this struct. The
 * functions are called from the stack's thread only. Copied by evtcp_stack_new;
 * what arg points to must outlive the stack. With equal inputs from an equal
 * world, a stack behaves equally to the byte. */
struct evtcp_world {
	/* Monotonic microseconds; never goes back. Read once per batch. The
	 * origin is arbitrary, but not 0: a deadline of 0 means "none". */
	uint64_t (*now_us)(void *arg);
	/* Microseconds since 1970 (UTC), for logs and captures only. */
	uint64_t (*wall_us)(void *arg);
	/* Fills buf with len random bytes; for keys, so cryptographic ones in
	 * any program that faces a network. Cannot fail. */
	void (*random)(void *arg, void *buf, size_t len);
	/* The malloc family. alloc and realloc may return NULL: the request
	 * then fails cleanly with ENOMEM or a counted drop. */
	void *(*alloc)(void *arg, size_t size);
	void *(*realloc)(void *arg, void *ptr, size_t size);
	void (*free)(void *arg, void *ptr);
	void *arg;
};

/* evtcp_world_system: CLOCK_MONOTONIC, CLOCK_REALTIME, libsodium's random
 * bytes and the C library's malloc. Static storage. Exits the process if the
 * system has no randomness (libsodium cannot be initialised). */
const struct evtcp_world *evtcp_world_system(void);

#ifdef __cplusplus
}
#endif

#endif
