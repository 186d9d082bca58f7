/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPCTL_ARGUMENTS_H
#define EVTCPCTL_ARGUMENTS_H

/* The command line of evtcpctl, read and checked. */

#include "control/commands.h"
#include "program/failure.h"

enum arguments_action { ARGUMENTS_ASK, ARGUMENTS_WATCH, ARGUMENTS_HELP, ARGUMENTS_VERSION };

struct arguments {
	enum arguments_action action;
	const char *socket;         /* its path */
	const char *file;           /* to be opened and handed over; NULL: none */
	char request[CONTROL_LINE]; /* the line to send, without its newline */
	int json;
};

/* arguments_parse: reads argv; variable is the socket where no option names one, NULL: none. 0, or
 * -1 with *failure. Texts point into argv. */
int arguments_parse(struct arguments *arguments, char **argv, const char *variable,
	struct program_failure *failure);

#endif
