/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCP_TUN_H
#define EVTCP_TUN_H

/* A Linux TUN device as a link, and what it takes to set one up. */

#include <evtcp/link.h>

#ifdef __cplusplus
extern "C" {
#endif

struct event_base;

#define EVTCP_TUN_ADDRESSES 16

/* An address on the device with its prefix length. */
struct evtcp_tun_address {
	struct sockaddr_storage address; /* AF_INET or AF_INET6 */
	unsigned prefix_len;
};

struct evtcp_tun_config {
	const char *name; /* "tun0" */
	unsigned mtu;     /* bytes, 68 to 65535 */
	/* The kernel's side: assigned to the device if they are not there. */
	struct evtcp_tun_address host[EVTCP_TUN_ADDRESSES];
	unsigned n_host;
	/* The stack's side: only checked (must not be the kernel's). */
	struct evtcp_tun_address own[EVTCP_TUN_ADDRESSES];
	unsigned n_own;
	/* Not 0: each packet is one segment with its checksum, both ways. Else the kernel
	 * cuts up what we send and puts together what it sends, as far as it can. */
	int no_offload;
	/* Not 0: the device is to have several queues, see evtcp_tun_open_queue. */
	int multi_queue;
	/* Packets that are read before the stack answers; 0: 64. More means fewer ACKs and later
	 * answers. With fewer than some 50, and without offload, downloads bring ACKs sooner than
	 * they are read: these wait in the device, and everybody behind them. */
	unsigned batch;
};

/* Why a set-up failed. Each comes with a message of its own that says what, why
 * and what to do. */
enum evtcp_tun_error {
	EVTCP_TUN_OK,
	EVTCP_TUN_NO_DEVICE_NODE,  /* /dev/net/tun does not exist */
	EVTCP_TUN_NO_PERMISSION,   /* it may not be opened, or CAP_NET_ADMIN is missing */
	EVTCP_TUN_BUSY,            /* another process has this TUN open */
	EVTCP_TUN_NOT_TUN,         /* the name belongs to an interface that is no TUN, or to one
				    * of one queue, and several are wanted */
	EVTCP_TUN_BAD_NAME,        /* not a possible interface name */
	EVTCP_TUN_ADDRESS_TAKEN,   /* the kernel already owns the stack's address */
	EVTCP_TUN_PREFIX_OVERLAP,  /* prefix overlaps another interface's address or route */
	EVTCP_TUN_NO_IPV6,         /* an IPv6 address was asked for, and the kernel has no IPv6 */
	EVTCP_TUN_SYSTEM           /* anything else; errno says */
};

/* What evtcp_tun_examine has found about one thing that it looked at. */
enum evtcp_tun_verdict {
	EVTCP_TUN_FINE,
	EVTCP_TUN_NOTE, /* it could not be looked at */
	EVTCP_TUN_WRONG /* evtcp_tun_open would fail, or the server not be reached, or be slow */
};

/* What mends it, and what mend is then. */
enum evtcp_tun_remedy {
	EVTCP_TUN_REMEDY_NONE,       /* nothing that could be typed */
	EVTCP_TUN_REMEDY_COMMAND,    /* a command line for a shell of root */
	EVTCP_TUN_REMEDY_ROOT,       /* to be root; "" */
	EVTCP_TUN_REMEDY_NAME,       /* another config.name, which is free */
	EVTCP_TUN_REMEDY_ADDRESS,    /* another config.own[own], which is free, "10.0.1.2/24" */
	EVTCP_TUN_REMEDY_NO_OFFLOAD, /* config.no_offload; "" */
};

struct evtcp_tun_finding {
	const char *check; /* what was looked at, a word; static storage */
	enum evtcp_tun_verdict verdict;
	enum evtcp_tun_remedy remedy; /* of what is WRONG */
	unsigned own;   /* which of config.own, of EVTCP_TUN_REMEDY_ADDRESS */
	char text[256]; /* what was found, for a person, without newline */
	char mend[2048];/* "" where nobody knows any */
};

/* evtcp_tun_examine: looks at the machine with the eyes of evtcp_tun_open, and of a client after
 * that: the device node, rights, the device, addresses, routes, filters, offloads. Fills findings,
 * one for each thing that was looked at, in the order in which they matter, and returns how many
 * (EVTCP_TUN_FINDINGS at most). Changes nothing: whether offloads are granted is tried on
 * another device, in a network namespace of a process that ends before this returns. Blocks for
 * some milliseconds. */
#define EVTCP_TUN_FINDINGS 16
unsigned evtcp_tun_examine(const struct evtcp_tun_config *config,
	struct evtcp_tun_finding findings[EVTCP_TUN_FINDINGS]);

struct evtcp_tun;

/* evtcp_tun_open: opens or creates the device, gives it the host addresses and
 * MTU, sets it up; one that it creates also gets a queue of 10,000 packets and
 * sends no IPv6 router solicitations, and keeps its IPv6 addresses when it is set down. What is
 * right already is left alone; an existing persistent device that the caller owns needs no
 * capability then. Its offloads are set in any case: a device keeps those of its last owner.
 *
 * First it is checked that the kernel owns none of the stack's addresses and that
 * no prefix overlaps another interface's address or route (main table, default
 * routes aside). On failure nothing was changed, *error says why, text (size bytes;
 * EVTCP_TUN_TEXT suffices) has the message for a person, errno fits, and NULL is
 * returned. On success *error is EVTCP_TUN_OK. Blocks for a few system calls. */
#define EVTCP_TUN_TEXT 512
struct evtcp_tun *evtcp_tun_open(const struct evtcp_tun_config *config,
	enum evtcp_tun_error *error, char *text, size_t size);

/* evtcp_tun_open_queue: another queue of the device of tun, which was opened with multi_queue:
 * another way in and out, for another stack in another thread (group.h). What is returned is a
 * tun of its own, to be made a link or closed by itself; what was set up on the device is taken
 * back by the first tun alone, and the device goes when all are closed. At most 256 in all. It
 * takes the rights that evtcp_tun_open took. NULL with errno, *error and text as there.
 *
 * Open all before packets come. The kernel gives each packet to the queue that its connection,
 * by addresses and ports, was written to last within 3 s; if there is none, or too many
 * connections to know of all (4,096), to one by a hash of the same, which changes with the number
 * of queues. So the packets of a connection come to one queue if only that is written to for
 * it. Not so those that bear no ports: fragments, ICMP. A queue that nobody reads loses what
 * comes to it. */
struct evtcp_tun *evtcp_tun_open_queue(
	const struct evtcp_tun *tun, enum evtcp_tun_error *error, char *text, size_t size);

/* evtcp_tun_set_state_cb: cb will run from the loop whenever the device has been set
 * down (up is 0) or up again (1) while it is a link. Call it before evtcp_tun_link.
 * cb may free the link. */
void evtcp_tun_set_state_cb(struct evtcp_tun *tun, void (*cb)(int up, void *arg), void *arg);

/* evtcp_tun_guard: for a program that is about to give up its privileges. If anything
 * was added to a device that existed, a child process keeps the privileges of this
 * moment and takes it back when this process closes the device or ends, however it
 * ends; else nothing happens. The child has no descriptors but one pipe, ignores
 * SIGINT, SIGTERM and SIGHUP, and is waited for by evtcp_tun_close. 0, or -1 with
 * errno; then closing takes back what it can, as without it. */
int evtcp_tun_guard(struct evtcp_tun *tun);

/* evtcp_tun_link: a link over the device. It owns tun from here on and closes it when
 * freed. NULL with errno; tun is then still the caller's. world as for the stack,
 * copied.
 *
 * With a base it reads when that finds the device readable: a batch of up to config.batch packets,
 * and then the next as long as each is answered with much, up to a megabyte in and out.
 * Without (NULL) nothing is read but by evtcp_tun_read, and the callback of
 * evtcp_tun_set_state_cb does not run.
 *
 * When the device is deleted, or a whole batch of reads fails, the link fails (receiver's
 * failed, once, with ENODEV or the error) and reads no more. A single read that fails
 * costs a packet, counted as LINK_ERROR. When the device is set down, output says EIO
 * until it is up again. */
struct evtcp_link *evtcp_tun_link(struct evtcp_tun *tun, struct event_base *base,
	const struct evtcp_world *world);

/* evtcp_tun_get_fd, evtcp_tun_read: for a stack that is driven by hand:
 *
 *	struct evtcp_link *link = evtcp_tun_link(tun, NULL, world);
 *	struct pollfd pollfd = {.fd = evtcp_tun_get_fd(tun), .events = POLLIN};
 *
 *	evtcp_stack_attach(stack, link);
 *	for (;;) {
 *		poll(&pollfd, 1, milliseconds until evtcp_stack_next_deadline(stack));
 *		if (pollfd.revents && evtcp_tun_read(tun) < 0)
 *			break;
 *		evtcp_stack_run_timers(stack);
 *	}
 *
 * evtcp_tun_get_fd: the descriptor to wait for, as long as tun is open; nobody else
 * reads, writes or closes it.
 *
 * evtcp_tun_read: passes one batch, of up to config.batch packets, to whom the link delivers, then
 * ends the batch: the stack calls the application back and sends. Does not wait.
 * Returns how many packets there were, 0 when none waited; -1 with errno when the
 * device is gone (ENODEV) or fails, which the link's receiver was told then, once: do
 * not poll it any more; or with EINVAL when tun was not made a link. */
int evtcp_tun_get_fd(const struct evtcp_tun *tun);
int evtcp_tun_read(struct evtcp_tun *tun);

/* evtcp_tun_close: closes the device: one that was created goes away, what was
 * added to one that existed (addresses, MTU, being up) is taken back, as far as the
 * process still may. Only for a tun that was not made a link. NULL is fine. */
void evtcp_tun_close(struct evtcp_tun *tun);

#ifdef __cplusplus
}
#endif

#endif
