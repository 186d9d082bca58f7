/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_EXIT_STATUS_H
#define EVTCPD_EXIT_STATUS_H

/* The one table of exit statuses: the enumeration and what --help and the manual
 * page print come from it. With a COMMAND each of our own failures is 125 instead, so that the
 * others are COMMAND's: see exit_status_with_command in command.h.
 *
 *   X(NAME, number, "meaning") */

// clang-format off
#define EXIT_STATUSES(X) \
	X(OK, 0, "stopped when asked to") \
	X(FAILED, 1, "another failure; the message says which; of --doctor: something is wrong") \
	X(UNKNOWN_OPTION, 2, "unknown option or argument") \
	X(DEVICE_LOST, 3, "the TUN device was deleted while serving") \
	X(BAD_VALUE, 4, "the value of an option is missing or wrong") \
	X(NO_DEVICE_NODE, 5, "/dev/net/tun does not exist") \
	X(NO_PERMISSION, 6, "no permission to open or set up the TUN device") \
	X(DEVICE_BUSY, 7, "another process has the TUN device open") \
	X(NOT_A_TUN, 8, "the name belongs to an interface that is not a TUN device") \
	X(NOT_IN_PREFIX, 9, "the kernel's side has no address in a server address's prefix") \
	X(ADDRESS_TAKEN, 10, "the kernel already owns the server's address") \
	X(PREFIX_OVERLAP, 11, "the prefix overlaps another interface's address or route") \
	X(FILE, 12, "a file named by an option cannot be used") \
	X(NO_IPV6, 13, "an IPv6 address was asked for, and there is no IPv6 here")
// clang-format on

#define EXIT_STATUS_ENUMERATOR(name, number, meaning) EXIT_STATUS_##name = (number),
enum exit_status { EXIT_STATUSES(EXIT_STATUS_ENUMERATOR) };
#undef EXIT_STATUS_ENUMERATOR

/* What env(1) and timeout(1) use with a COMMAND, and so do we. */
#define EXIT_STATUS_OWN_FAILURE 125
#define EXIT_STATUS_CANNOT_RUN 126
#define EXIT_STATUS_NOT_FOUND 127
#define EXIT_STATUS_SIGNAL 128 /* plus the signal's number */

#endif
