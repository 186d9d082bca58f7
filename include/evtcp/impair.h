/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCP_IMPAIR_H
#define EVTCP_IMPAIR_H

/* The link emulator: a link that wraps another and makes of it the bad one that a
 * specification describes: lossy, slow, far away. A seed decides everything that
 * is left to chance. The language of specifications, and what each verb does to a
 * packet, is described in src/link/impair/README.md. */

#include <evtcp/link.h>

#ifdef __cplusplus
extern "C" {
#endif

struct event_base;
struct evtcp_impair;

/* The two directions, as the stack sees them. */
enum evtcp_impair_direction {
	EVTCP_IMPAIR_TX, /* what the stack sends */
	EVTCP_IMPAIR_RX, /* what it receives */
	EVTCP_IMPAIR_N_DIRECTIONS
};

/* A span of time: from us - jitter_us to us + jitter_us, each as likely.
 * jitter_us <= us <= one hour. */
struct evtcp_impair_span {
	uint64_t us, jitter_us;
};

/* What happens to packets in one direction. Chances are parts per million of
 * packets, at most 1,000,000. All zero is a perfect link. */
struct evtcp_impair_way {
	uint32_t loss_ppm; /* each packet by itself */
	/* Bursts of losses, by the model of Gilbert and Elliott: before each packet
	 * the link may turn bad or good; what it then is decides how it loses. */
	struct {
		uint32_t begin_ppm;     /* a good link turns bad */
		uint32_t end_ppm;       /* a bad one turns good */
		uint32_t loss_bad_ppm;  /* lost while bad, */
		uint32_t loss_good_ppm; /* and while good */
	} burst;
	uint64_t rate_bps;              /* bits of IP packets a second, to 10^12; 0: no limit */
	uint32_t queue_packets;         /* that may wait for the rate; 0: any number, but */
	uint64_t queue_bytes;           /* if this is 0, too: 1,000 packets */
	uint8_t ecn;                    /* what the queue would drop is marked if it can be */
	uint8_t overtake;               /* jitter lets packets overtake each other */
	struct evtcp_impair_span delay; /* of each packet */
	uint32_t reorder_ppm;           /* so many come later still, */
	struct evtcp_impair_span hold;  /* by this */
	uint32_t duplicate_ppm;         /* so many arrive more than once */
	uint32_t duplicate_max;         /* 1 to so many additional times; to 16; 0 is 1 */
	uint32_t corrupt_ppm;           /* so many arrive with bits flipped */
	uint32_t corrupt_max;           /* 1 to so many bits; to 64; 0 is 1 */
	uint32_t truncate_ppm;          /* so many arrive with their end cut off */
	uint16_t mtu;                   /* of the path, bytes, 68 and up; 0: no limit */
	uint8_t silent;                 /* no ICMP tells the sender of that MTU */
	uint64_t limit_bytes;           /* of memory, for all that is under way; 0: 64 MiB */
};

struct evtcp_impair_spec {
	struct evtcp_impair_way ways[EVTCP_IMPAIR_N_DIRECTIONS];
	uint64_t seed;
};

/* evtcp_impair_spec_init: a perfect link, seed 1. */
void evtcp_impair_spec_init(struct evtcp_impair_spec *spec);

/* Where a specification is wrong (in bytes, the first is 1), and what would be right. */
struct evtcp_impair_error {
	unsigned column;
	char text[240];
};

/* evtcp_impair_parse: reads text into *spec. 0, or -1 with errno EINVAL and *error
 * filled; *spec is then not to be used. */
int evtcp_impair_parse(
	const char *text, struct evtcp_impair_spec *spec, struct evtcp_impair_error *error);

/* evtcp_impair_format: a text that evtcp_impair_parse reads back as a spec that does the
 * same. *spec must be one that evtcp_impair_link_new accepts. Always terminated, cut if it
 * does not fit (EVTCP_IMPAIR_TEXT suffices). Returns text. */
#define EVTCP_IMPAIR_TEXT 1024
char *evtcp_impair_format(const struct evtcp_impair_spec *spec, char *text, size_t size);

/* What an emulator is made with. */
struct evtcp_impair_config {
	struct evtcp_impair_spec spec;
	const struct evtcp_world *world; /* copied; NULL is evtcp_world_system() */
	struct event_base *base;         /* drives it; must outlive it; NULL: driven by hand */
	const struct evtcp_observer *observers; /* copied, n_observers of them */
	size_t n_observers;
};

/* evtcp_impair_link_new: a link that passes packets between lower (owned from here on) and
 * its receiver as config->spec says. *impair, if impair is not NULL, is the handle for
 * the calls below, valid until the link is freed. What is under way then is lost.
 *
 * The observers see what a tap above it would see, so there is no need of one: each
 * packet once when it leaves the stack and once when it reaches it. What is lost is
 * shown as EVTCP_DROPPED_OUT or _IN at the moment it enters; what is changed, and each
 * additional copy, as it is after that; packet->fate tells both.
 *
 * A packet that is lost on the way out is a success to the stack. Packets arrive in
 * batches of at most 64.
 *
 * While the specification asks for nothing and nothing is under way, it is as if there were no
 * link here: packets pass at once, what lower refuses is refused, no dice are rolled and nothing is
 * counted; and while it has no observers, or they are not to watch, with the offloads of lower. So
 * a program can put one in and ask for something later.
 * NULL with errno ENOMEM or EINVAL (a value outside its range);
 * lower is then still the caller's. */
struct evtcp_link *evtcp_impair_link_new(struct evtcp_link *lower,
	const struct evtcp_impair_config *config, struct evtcp_impair **impair);

/* evtcp_impair_set_spec: from here on it does what *spec says, with the dice it has: the
 * seed in *spec is not looked at. What is under way arrives when it would have. 0, or -1
 * with errno EINVAL, and nothing has changed. Not from an observer.
 *
 * evtcp_impair_set_seed: the next packet in each direction is the first that these dice are rolled
 * for. With both calls it is as a new one with this specification, but for what is under way. */
int evtcp_impair_set_spec(struct evtcp_impair *impair, const struct evtcp_impair_spec *spec);
void evtcp_impair_set_seed(struct evtcp_impair *impair, uint64_t seed);

/* evtcp_impair_get_spec: what it does at present, with the seed that was set last. */
void evtcp_impair_get_spec(const struct evtcp_impair *impair, struct evtcp_impair_spec *spec);

/* evtcp_impair_set_watched: whether the observers are told of each packet from here on, as they are at
 * first, or only of those to which a link did something. Not from an observer. */
void evtcp_impair_set_watched(struct evtcp_impair *impair, int on);

/* evtcp_impair_next_deadline: the moment, by world->now_us, at which evtcp_impair_run has
 * something to do; UINT64_MAX when nothing is under way. */
uint64_t evtcp_impair_next_deadline(const struct evtcp_impair *impair);

/* evtcp_impair_run: delivers what has arrived by now, up and down, at most 64 packets each,
 * and ends the batch: callbacks of the application may run. What is left is due at once.
 * With a base it is called by itself. */
void evtcp_impair_run(struct evtcp_impair *impair);

/* evtcp_impair_get_counter: how many packets in this direction met cause: lost, changed,
 * duplicated. */
uint64_t evtcp_impair_get_counter(const struct evtcp_impair *impair,
	enum evtcp_impair_direction direction, enum evtcp_cause cause);

/* What has gone through in one direction. */
struct evtcp_impair_usage {
	uint64_t entered, entered_bytes;      /* packets, bytes */
	uint64_t delivered, delivered_bytes;  /* additional copies included */
	uint64_t under_way, under_way_memory; /* now; bytes of memory */
};

void evtcp_impair_get_usage(const struct evtcp_impair *impair,
	enum evtcp_impair_direction direction, struct evtcp_impair_usage *usage);

#ifdef __cplusplus
}
#endif

#endif
