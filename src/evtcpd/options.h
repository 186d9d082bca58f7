/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_OPTIONS_H
#define EVTCPD_OPTIONS_H

/* The command line, read and checked. Nothing here asks the system anything. */

#include "evtcpd/exit_status.h"
#include "evtcpd/limits.h"
#include "evtcpd/sandbox.h"
#include "program/failure.h"
#include <evtcp/impair.h>
#include <evtcp/tun.h>

#define OPTIONS_PORTS 16
#define OPTIONS_WORKERS 64

enum options_action {
	OPTIONS_SERVE,
	OPTIONS_HELP,
	OPTIONS_VERSION,
	OPTIONS_LIMIT_HELP,
	OPTIONS_IMPAIR_HELP,
	OPTIONS_FAULT_HELP,
	OPTIONS_FAULT_CHECK /* the script of `fault` */
};

/* What the command line says, defaults filled in. Texts point into argv. */
struct options {
	enum options_action action;
	struct evtcp_tun_config tun; /* name, MTU, both sides' addresses */
	unsigned asked_ipv6 : 1;     /* an -a or -g is IPv6: no doing without it */
	uint16_t ports[OPTIONS_PORTS];
	unsigned n_ports;
	unsigned workers; /* threads that serve, 1 to OPTIONS_WORKERS */
	const char *cc;
	uint64_t msl_us, rto_min_us, rto_max_us;
	uint64_t user_timeout_us;        /* 0: none */
	struct evtcp_impair_spec impair; /* of the link emulator, if has_impair */
	const char *fault;               /* file names; NULL: none */
	const char *pcap, *pcap_stack;
	const char *trace;
	const char *access_log; /* "-" is stderr */
	const char *root;       /* directory of files to serve; NULL: none */
	const char *control;    /* path of a socket; NULL: none */
	const char *user;
	enum sandbox_mode sandbox;
	struct limits limits;
	int verbosity; /* number of -v less number of -q */
	unsigned doctor : 1;
	unsigned ladder : 1;
	unsigned fast_open : 1;
	unsigned ecn : 2; /* enum evtcp_ecn */
	unsigned accurate_ecn : 1;
	unsigned has_impair : 1;
	char **command; /* what follows "--", ended by NULL; NULL without "--" */
};

/* options_parse: reads argv[1] and on. 0, or -1 with *failure filled. --help, --version,
 * --limit help, --impair help, --fault help and --fault-check end the reading: what follows is not
 * looked at. */
int options_parse(struct options *options, char **argv, struct program_failure *failure);

/* options_without_ipv6: takes the IPv6 addresses out, for a system that has no IPv6. 0, or
 * -1 when there are none, or when they were asked for. */
int options_without_ipv6(struct options *options);

#endif
