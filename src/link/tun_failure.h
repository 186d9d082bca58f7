/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_TUN_FAILURE_H
#define LINK_TUN_FAILURE_H

/* Why a set-up failed, on its way to a person. */

#include <evtcp/tun.h>

/* Where the first failure is written down; text may be NULL if size is 0. */
struct tun_failure {
	enum evtcp_tun_error error; /* EVTCP_TUN_OK until something failed */
	int saved_errno;            /* errno at that moment */
	char *text;
	size_t size;
};

/* tun_fail: notes error, errno as it is, and the message that format makes. Only
 * the first failure counts: what fails afterwards is a consequence. Always -1. */
int tun_fail(struct tun_failure *failure, enum evtcp_tun_error error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
