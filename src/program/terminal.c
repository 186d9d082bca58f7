/* SPDX-License-Identifier: BSD-3-Clause */

/* What is known of whoever looks at our lines. */

#include "program/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { TERMINAL_COLUMNS_MAX = 1000 };

unsigned terminal_columns(int fd)
{
	const char *variable = getenv("COLUMNS");
	struct winsize window;

	if (variable != NULL && variable[0] != '\0' &&
		strspn(variable, "0123456789") == strlen(variable) && strlen(variable) <= 4 &&
		atoi(variable) <= TERMINAL_COLUMNS_MAX)
		return (unsigned)atoi(variable);
	return ioctl(fd, TIOCGWINSZ, &window) == 0 ? window.ws_col : 0;
}

bool terminal_has_colours(int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (no != NULL && no[0] != '\0')
		return false;
	return isatty(fd) && term != NULL && strcmp(term, "dumb") != 0;
}
