/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_DOCTOR_TRIAL_H
#define LINK_DOCTOR_TRIAL_H

/* A device on trial, in a private network that nobody else sees. */

#include <evtcp/tun.h>
#include <stdbool.h>

struct doctor_trial {
	int refused;   /* errno of making a private network, 0: it was made */
	bool opened;   /* a device could be made in it */
	bool segments; /* the kernel takes many segments as one packet */
	bool given;    /* it may leave as much to us */
	char why[160]; /* why it was not opened */
};

/* doctor_trial_run: makes a process, and in it a network and a device as evtcp_tun_open would, and
 * ends it, and by that them. Waits for it. */
void doctor_trial_run(struct doctor_trial *trial);

#endif
