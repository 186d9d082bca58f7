/* SPDX-License-Identifier: BSD-3-Clause */
/* From the name after --fault to a parsed script, or a message that names file, line
 * and column. What a script may say is the library's business. */

#include "evtcpd/fault_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The whole file in memory of malloc, or NULL with errno; EFBIG when it is more. */
static char *fault_file_read(const char *path, size_t *len)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	char *script;

	if (file == NULL)
		return NULL;
	script = malloc(FAULT_FILE_BYTES + 1);
	*len = script ? fread(script, 1, FAULT_FILE_BYTES + 1, file) : 0;
	if (script && (ferror(file) || *len > FAULT_FILE_BYTES)) {
		errno = *len > FAULT_FILE_BYTES ? EFBIG : errno;
		free(script);
		script = NULL;
	}
	if (file != stdin)
		fclose(file);
	return script;
}

struct evtcp_fault_script *fault_file_load(
	const char *path, const struct evtcp_world *world, struct program_failure *failure)
{
	struct evtcp_fault_script *script;
	struct evtcp_fault_error error;
	size_t len;
	char *text = fault_file_read(path, &len);

	if (text == NULL) {
		program_fail(failure, EXIT_STATUS_FILE,
			"--fault %s: cannot read the fault script: %s", path, strerror(errno));
		return NULL;
	}
	script = evtcp_fault_parse(text, len, world, &error);
	if (script == NULL && errno == EINVAL)
		program_fail(failure, EXIT_STATUS_FILE, "--fault: %s:%u:%u: %s",
			strcmp(path, "-") == 0 ? "stdin" : path, error.line, error.column,
			error.text);
	else if (script == NULL)
		program_fail(failure, EXIT_STATUS_FAILED, "--fault %s: %s", path, strerror(errno));
	free(text);
	return script;
}

/* ---- in plain words -------------------------------------------------------------- */

/* Writes text in lines, each with as much space in front of it. */
static void fault_file_wrap(const char *text, FILE *file)
{
	static const int indent = 6;
	static const size_t width = 74;

	while (*text) {
		size_t len = strlen(text), end = len;

		if (len > width) {
			end = width;
			while (end > 0 && text[end] != ' ')
				end--;
			end = end ? end : width;
		}
		fprintf(file, "%*s%.*s\n", indent, "", (int)end, text);
		text += end;
		text += *text == ' ';
	}
}

void fault_file_explain(const struct evtcp_fault_script *script, FILE *file)
{
	struct evtcp_fault_rule rule;
	unsigned n = 0;

	for (; evtcp_fault_script_rule(script, n, &rule) == 0; n++) {
		fprintf(file, "%4u  %s\n", rule.number, rule.text);
		fault_file_wrap(rule.explanation, file);
	}
	if (n == 0)
		fputs("There is no rule in it: nothing happens.\n", file);
}
