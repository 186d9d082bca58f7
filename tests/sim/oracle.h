/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

/* The specification of a connection, as far as two applications and the link's
 * deeds can tell it: whatever ends must end for a reason that is known, and
 * whatever waits must wait for something that can still come. */

#include "app.h"

/* What is true of a whole run, kept up to date by it. */
struct circumstances {
	const uint64_t *time_us;
	struct verdict *verdict;
	uint64_t losses;         /* packets that a link has not delivered whole, both ways */
	uint64_t losses_excused; /* so many in a row may end a connection */
	uint64_t orphan_us;      /* a connection without owner lasts that long */
	bool dead;               /* from some moment on nothing passes any more */
	bool forgetful;          /* a host restarts in the middle */
	bool told_timeouts;      /* user timeouts follow what the other end tells (RFC 5482) */
	bool libelled;           /* forged ICMP has told of trouble that there is not */
	bool undefined;          /* damage that no checksum sees was let through */
	bool shortage;           /* allocations fail */
	bool cookies;            /* a full backlog: the server keeps nothing of a SYN */
	bool disorder;           /* packets may overtake each other */
	uint64_t silence_us;     /* so long one may hear nothing though nothing is lost */
	uint64_t leap_us;        /* so far a clock may leap */
	uint64_t silent_retries; /* so often one may send again in that time */
	uint64_t syn_ack_us;     /* sooner no server gives up a handshake */
	uint64_t patience_us;    /* longest time in which nothing happens though it could */
	uint64_t heals_at_us;    /* from here on nothing is lost; UINT64_MAX: never */
	uint64_t quiet_us;       /* after the last act all packets have come by then */
	/* On a perfect link nothing that was written waits for longer; 0: there is no such bound.
	 * And if Nagle's algorithm is off, and buffers hold some segments: */
	uint64_t prompt_us, brisk_us;
	/* On any other link: beside what timers take for what was lost; and their bound. */
	uint64_t slack_us, rto_max_us;
	uint64_t excused_hangs;
};

/* One connection between two applications, as the oracle sees it. */
struct oracle_pair {
	const struct circumstances *circumstances;
	const struct app *ends[2];
	bool refused;      /* nobody listens there */
	bool simultaneous; /* both connect */
	bool reused;       /* its ports were in use before */
	uint64_t losses;   /* circumstances' when bytes last came to either */
};

/* oracle_error: judges that app was told of this error. */
void oracle_error(const struct oracle_pair *pair, const struct app *app, int error);

/* oracle_eof: judges that app was told of the end of the stream while unread bytes
 * wait in its input. */
void oracle_eof(const struct oracle_pair *pair, const struct app *app, uint64_t unread);

/* oracle_wrong_byte: judges that app has read a byte which was not written, or not
 * there. */
void oracle_wrong_byte(const struct oracle_pair *pair, const struct app *app, uint64_t position);

/* oracle_waited: judges that app has got bytes, or the end of them, after both ends had waited
 * for so long. True if there is a bound for that. */
bool oracle_waited(const struct oracle_pair *pair, const struct app *app, uint64_t wait_us);

/* oracle_excuses_hang: app waits longer than patience allows. Whether that is as it
 * must be: it has nothing to send, and the other end is gone without a trace. If
 * not, that is the verdict. */
bool oracle_excuses_hang(const struct oracle_pair *pair, const struct app *app);

/* oracle_is_quiet: whether neither application has done, or been told, anything for
 * so long that no packet of theirs may be seen. */
bool oracle_is_quiet(const struct oracle_pair *pair);

#endif
