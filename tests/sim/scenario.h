/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

/* Everything that a seed decides before the first packet: two hosts, the links
 * between them, and what their applications do. */

#include "app.h"
#include "emulator.h"
#include "host.h"

/* What a seed is about. All draw from the same ranges; a profile then bends them
 * so that one corner of TCP is reached often. */
// clang-format off
#define PROFILES(X) \
	X(ANYTHING, "anything") \
	X(CLEAN, "clean")               /* a perfect link: nothing may be retransmitted */ \
	X(BULK, "bulk")                 /* more data, enough for fast recovery */ \
	X(TINY_BUFFERS, "tiny-buffers") /* buffers from one byte on */ \
	X(SLOW_READER, "slow-reader")   /* zero windows and probes */ \
	X(TUPLE_REUSE, "tuple-reuse")   /* the same ports again: TIME-WAIT, RFC 6191 */ \
	X(SIMULTANEOUS, "simultaneous") /* both ends connect */ \
	X(COOKIES, "cookies")           /* a backlog of one or two */ \
	X(DAMAGE, "damage")             /* flipped bits, truncation */ \
	X(OLD_PACKETS, "old-packets")   /* copies that come very late: PAWS */ \
	X(KEEPALIVE, "keepalive")       /* long silence, sometimes a link that dies */ \
	X(DEAD_LINK, "dead-link")       /* from some moment on nothing passes */ \
	X(RESTART, "restart")           /* a host forgets everything */ \
	X(UNDEFINED, "undefined")       /* damage that no checksum sees is let through */ \
	X(STRANGER, "stranger")         /* someone off the path injects segments */ \
	X(LONG_IDLE, "long-idle")       /* pauses of days */ \
	X(IMPOLITE, "impolite")         /* frees and aborts everywhere */ \
	X(SMALL_MTU, "small-mtu")       /* from the smallest on: 68, RFC 791 3.2 */ \
	X(SILLY_PEER, "silly-peer")     /* windows that open in silly steps */ \
	X(PAUSES, "pauses")             /* hosts that stop, sleep, and leap in time */ \
	X(NEAR, "near")                 /* round trips below 100 us, applications that do not wait */
// clang-format on

#define PROFILE_ENUMERATOR(name, text) PROFILE_##name,
enum profile { PROFILES(PROFILE_ENUMERATOR) N_PROFILES };
#undef PROFILE_ENUMERATOR

enum { SCENARIO_DIALOGUES = 24 };

enum dialogue_opener { OPENER_0, OPENER_1, OPENER_BOTH };

/* One connection to be made. Index 0 is the end at host 0. */
struct dialogue_plan {
	int after;                /* opens after that one is over; -1: at a time */
	uint64_t opens_at_us;     /* or so long after the other was over */
	uint64_t second_opens_us; /* OPENER_BOTH: host 1 connects so much later */
	enum dialogue_opener opener;
	uint16_t ports[2];
	bool refused;    /* nobody listens */
	unsigned stream; /* names what its applications write, and their dice */
	struct app_plan ends[2];
};

enum { SCENARIO_PAUSES = 2 };

/* A time in which a host does nothing: its program is stopped, or it is asleep. What comes
 * to it waits. */
struct pause_plan {
	uint64_t from_us, until_us; /* until 0: there is none */
	unsigned hosts;             /* bit 0: host 0, bit 1: host 1 */
	bool asleep;                /* its clock stands still meanwhile */
	bool timers_first;          /* when it goes on, they run before what came is read */
};

/* A host's clock jumps ahead, as that of a machine which was moved. */
struct leap_plan {
	uint64_t at_us, by_us; /* by 0: it does not */
};

struct scenario {
	uint64_t seed;
	enum profile profile;
	struct host_plan hosts[2];
	struct emulator_config ways[2]; /* from host 0 to 1, from 1 to 0 */
	struct dialogue_plan dialogues[SCENARIO_DIALOGUES];
	unsigned n_dialogues;
	uint64_t heals_at_us;   /* UINT64_MAX for a dead link */
	bool perfect;           /* nothing is lost, late or out of order, ever */
	unsigned path_mtu;      /* larger packets get nowhere; 0: there is no such router */
	bool path_silent;       /* and nobody is told, until the link heals: a black hole */
	unsigned batch_max;     /* packets before callbacks run */
	unsigned check_every;   /* steps between two checks of the stacks */
	uint64_t restart_at_us; /* of host 1; 0: never */
	struct pause_plan pauses[SCENARIO_PAUSES];
	struct leap_plan leaps[2]; /* of host 0, of host 1 */
	uint32_t stranger_ppm;     /* of packets that a segment of a stranger follows */
	uint32_t silly_ppm;        /* of packets whose window is made smaller on the way */
	bool pass_collisions;      /* damage that no checksum sees is let through */
	/* Where the first connection's ISS shall stand before 2^32, bytes; 0: anywhere */
	uint64_t wraps_after[2];
};

/* scenario_draw: fills *scenario from seed. profile below N_PROFILES asks for that
 * one, else the seed chooses. */
void scenario_draw(struct scenario *scenario, uint64_t seed, enum profile profile);

/* scenario_plain: fills *scenario with one in which nothing is remarkable: a good link of
 * 5 ms, hosts as they come, one connection that carries nothing. */
void scenario_plain(struct scenario *scenario);

/* scenario_unsound: why the simulator cannot play it, or would judge it wrongly: a text in
 * static storage; NULL if it can. What is drawn can be played. */
const char *scenario_unsound(const struct scenario *scenario);

/* scenario_span: from least_us to so much more, evenly. */
struct evtcp_impair_span scenario_span(uint64_t least_us, uint64_t more_us);

/* scenario_window_max: the largest window that a host with these limits may offer. */
uint32_t scenario_window_max(const struct evtcp_limits *limits);

/* scenario_sleep_outwits_timestamps: whether one host sleeps in this pause for so long that the
 * timestamps of the other, which go on, seem old to it: by 2^31 to 2^32 ms. It cannot know how long
 * it slept, and RFC 7323 5.5 has it measure by its own clock how long TS.Recent is valid. */
bool scenario_sleep_outwits_timestamps(
	const struct scenario *scenario, const struct pause_plan *pause);

/* scenario_silence_us: the longest time in which a host may hear nothing of the other though
 * nothing is lost: pauses and spikes. */
uint64_t scenario_silence_us(const struct scenario *scenario);

/* scenario_rtt_us: the longest time from a packet to its answer once the link is
 * healed, queues included. */
uint64_t scenario_rtt_us(const struct scenario *scenario);

/* profile_name: its name. Static storage. profile_find: the profile of that name,
 * N_PROFILES if there is none. */
const char *profile_name(enum profile profile);
enum profile profile_find(const char *name);

/* profile_bend: changes what was drawn so that the scenario's profile is reached. */
void profile_bend(struct scenario *scenario, struct rng *rng);

#endif
