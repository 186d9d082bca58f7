/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCP_LINK_H
#define EVTCP_LINK_H

/* A link carries whole IP packets between a stack and the world below it: a
 * TUN device, a memory pair, a user's callbacks. Links stack: one that captures
 * or faults another is itself a link whose lower side is that other.
 *
 *      stack
 *        |  output() down, receiver up
 *      fault link          (drops what its script names)
 *        |
 *      tap link            (shows every packet to a capture and a ladder)
 *        |
 *      TUN link
 */

#include <evtcp/causes.h>
#include <evtcp/types.h>
#include <stdbool.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Why a packet exists, or what became of it. */
struct evtcp_reason {
	enum evtcp_cause cause : 16;
	uint16_t count;    /* n of "RTO #n", probe #n; 0 where numbers mean nothing */
	uint32_t delay_us; /* the span of the timer that fired, 0 if none did */
};

/* evtcp_reason_format: "RTO #2 after 400 ms", "delayed ACK timer after 40 ms",
 * "PAWS: timestamp too old (RFC 7323 5)". Always terminated, cut if it does not
 * fit (EVTCP_REASON_TEXT suffices). Returns text. */
#define EVTCP_REASON_TEXT 128
char *evtcp_reason_format(const struct evtcp_reason *reason, char *text, size_t size);

/* One IP packet, as a list of pieces that belong to the caller and are valid
 * only during the call that passes it. */
struct evtcp_packet {
	const struct iovec *iov;
	int iovcnt;
	size_t len; /* sum of the pieces */
	/* Not 0: several TCP segments in a row as one packet, each with so many bytes of
	 * payload, the last with as many or fewer. The header is that of the first, but
	 * that FIN and PSH are the last one's. Only to who takes it: struct evtcp_offload.
	 * Its checksums are left out, and all headers stand in the first piece. */
	uint16_t segment_len;
	/* The TCP checksum is left out. On the way out the field holds the folded sum of
	 * the pseudo-header, as Linux has it, and the link completes it; on the way in it
	 * need not be looked at, for the packet has not been on a wire yet, or whoever took
	 * it from there has. Only to who takes it. */
	bool checksum_left;
	/* Set by the stack: monotonic time of the batch, on the way out before
	 * output() is called, on the way in before the receiver returns. */
	uint64_t at_us;
	/* On the way out: why it was sent. On the way in the receiver writes
	 * here what became of it (a RECEIVED or DROPPED cause). */
	struct evtcp_reason reason;
	/* For observers: what a link on its way did to it, a DROPPED or ALTERED cause;
	 * EVTCP_CAUSE_NONE, nothing, as a rule. */
	enum evtcp_cause fate;
	/* The number of the rule of a fault script that did so; 0: none did. */
	unsigned fate_rule;
	/* What another link had done to it before: an ALTERED cause and its rule, as above. */
	enum evtcp_cause earlier_fate;
	unsigned earlier_fate_rule;
};

/* evtcp_fate_format: what a link on its way did to a packet with this fate and fate_rule: "random
 * loss (link emulator)", "held back (fault script, rule 3)"; "rule 3" for one that a rule sent by
 * itself; "" for most. Always terminated, cut if it does not fit (EVTCP_REASON_TEXT suffices).
 * Returns text. */
char *evtcp_fate_format(enum evtcp_cause fate, unsigned rule, char *text, size_t size);

struct evtcp_link;

/* What somebody takes that packets pass to: a link on their way out, a receiver on their way
 * in. All zero: packets as they are on a wire, one segment each, with checksums. */
struct evtcp_offload {
	bool checksum;         /* packets with checksum_left */
	/* Those with segment_len up to so many bytes; 0: none. Each has checksums of its own
	 * then, so this counts with checksum only. */
	uint32_t segments_len;
};

/* What a link implements. */
struct evtcp_link_ops {
	/* Sends one packet: no other than its offload allows. 0, or -1 with errno: EAGAIN or ENOBUFS (queue full),
	 * EIO or ENETDOWN (link down), else (refused). TCP treats each as a lost
	 * packet; the stack counts which. Must not call the receiver before it
	 * returns. */
	int (*output)(void *ctx, const struct evtcp_packet *packet);
	/* A burst of output() calls is over: what waited leaves. What is refused only now the link
	 * tells by evtcp_link_dropped. NULL if nothing is buffered. */
	void (*flush)(void *ctx);
	/* Releases ctx and what it owns (a lower link included). */
	void (*free)(void *ctx);
};

/* Where a link delivers to: the stack, or the link that wraps it. */
struct evtcp_receiver {
	/* One packet came. The receiver fills packet->at_us and ->reason. */
	void (*input)(void *arg, struct evtcp_packet *packet);
	/* No more packets for now: the stack flushes (callbacks run, segments
	 * leave). A link calls it after each batch of inputs. */
	void (*batch_end)(void *arg);
	/* The link failed for good (device deleted) with an errno value. */
	void (*failed)(void *arg, int error);
	/* A link on the way took a packet away, in or out: the receiver counts the
	 * cause and does nothing else. May come inside output(). NULL: nobody counts. */
	void (*dropped)(void *arg, enum evtcp_cause cause);
	void *arg;
	/* It takes packets of several segments, and without checksums. Who does not gets
	 * each segment by itself, with its checksum. */
	bool takes_offload;
	/* A packet that input() will get soon, in this batch, and not before the calls of this one
	 * are over: whoever is told of several in a row can have memory fetched for all of them
	 * at once. Nothing else may come of it, and it may be left out. NULL: nobody wants to
	 * know. */
	void (*expect)(void *arg, const struct evtcp_packet *packet);
};

/* evtcp_link_new: makes a link of ops (copied) and ctx (owned from here on if it
 * succeeds). mtu is the largest IP packet in bytes, 68 to 65535. NULL with errno
 * EINVAL or ENOMEM. May be used before any stack exists. */
struct evtcp_link *evtcp_link_new(const struct evtcp_link_ops *ops, void *ctx, unsigned mtu);

/* evtcp_link_free: calls ops->free. A link attached to a stack is freed by
 * evtcp_stack_free, never by hand; a wrapped one by its wrapper. NULL is fine. */
void evtcp_link_free(struct evtcp_link *link);

/* evtcp_link_set_receiver: names who gets what comes in. Done by
 * evtcp_stack_attach and by wrapping links. Copied. */
void evtcp_link_set_receiver(struct evtcp_link *link, const struct evtcp_receiver *receiver);

/* evtcp_link_set_offload: what the link takes on the way out from now on; nothing before the
 * first call. May change at any time between two packets: a device can lose what it could.
 * evtcp_link_get_offload: what it takes. */
void evtcp_link_set_offload(struct evtcp_link *link, const struct evtcp_offload *offload);
const struct evtcp_offload *evtcp_link_get_offload(const struct evtcp_link *link);

/* For implementations: evtcp_link_expect tells of a packet that evtcp_link_input will pass, if the
 * link has several in hand; its pieces stay where they are until then. evtcp_link_input passes one packet up (whatever its receiver takes: it
 * is cut up and completed as that needs), then
 * evtcp_link_batch_end after the last of a batch, evtcp_link_failed once when
 * the link is dead, evtcp_link_dropped for each packet that the link itself took away
 * (cause is of the class DROPPED), so that the stack's counters know of it. Without a
 * receiver they do nothing. Callbacks of the application may run inside
 * evtcp_link_batch_end, not inside evtcp_link_input. */
void evtcp_link_expect(struct evtcp_link *link, const struct evtcp_packet *packet);
void evtcp_link_input(struct evtcp_link *link, struct evtcp_packet *packet);
void evtcp_link_batch_end(struct evtcp_link *link);
void evtcp_link_failed(struct evtcp_link *link, int error);
void evtcp_link_dropped(struct evtcp_link *link, enum evtcp_cause cause);

/* For users of a link: the calls of its ops, and its MTU in bytes. evtcp_link_output cuts up and
 * completes what the link does not take; each part is sent then, and if one is refused, -1 with
 * the errno of the first. What was taken may wait until evtcp_link_flush, which belongs behind each
 * burst: a stack sees to that. */
int evtcp_link_output(struct evtcp_link *link, const struct evtcp_packet *packet);
void evtcp_link_flush(struct evtcp_link *link);
unsigned evtcp_link_get_mtu(const struct evtcp_link *link);

/* ---- links that show or fault another -------------------------------- */

/* What an observer is told about a packet. IN and OUT are as the stack sees
 * them. */
enum evtcp_sighting {
	EVTCP_WIRE_IN,     /* came in over the link below the tap */
	EVTCP_WIRE_OUT,    /* went out over it */
	EVTCP_DROPPED_IN,  /* came in, was taken away before the stack saw it */
	EVTCP_DROPPED_OUT  /* left the stack, was taken away */
};

/* Someone who watches packets: a capture, a ladder. packet and its pieces are
 * valid during the call; for EVTCP_WIRE_IN the reason is already filled in, so
 * the call comes after the stack has processed it. */
struct evtcp_observer {
	void (*packet)(void *arg, enum evtcp_sighting sighting, const struct evtcp_packet *packet);
	void *arg;
};

/* evtcp_link_tap_new: a link that passes everything between lower (owned from
 * here on) and its receiver and shows each packet to observer (copied; what its
 * arg points to must outlive the link). A packet that lower refuses is not
 * shown, unless it had waited there (evtcp_link_ops.flush). NULL with errno ENOMEM; lower is then
 * still the caller's. */
struct evtcp_link *evtcp_link_tap_new(struct evtcp_link *lower,
	const struct evtcp_observer *observer);

#ifdef __cplusplus
}
#endif

#endif
