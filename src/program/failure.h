/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PROGRAM_FAILURE_H
#define PROGRAM_FAILURE_H

/* Why a program cannot go on, as a value: an exit status of its own table and a message for a
 * person, without the program's name and newline. Made where the reason is known, printed once, by
 * main. */

struct program_failure {
	int status;
	char text[512];
};

/* program_fail: fills failure, with the message as printf would; returns -1, so that a caller can
 * return it in turn. */
__attribute__((format(printf, 3, 4))) int program_fail(
	struct program_failure *failure, int status, const char *format, ...);

#endif
