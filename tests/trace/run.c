/* SPDX-License-Identifier: BSD-3-Clause */

/* trace-run: performs segment scripts.
 *
 *     trace-run [-v] [-o DIRECTORY] SCRIPT...
 *
 * Each script is performed at every pair of the initial sequence numbers of ATTACKS
 * T01, half of them over IPv6. -v prints the trace of the first performance; a capture of a failure
 * goes to DIRECTORY, by default the current one. Exit status 0 if all held, 1 if one did not, 2 if
 * a script cannot be read. */

#include "play.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N_ISNS = 6 };

/* What is to be performed, and how. */
struct run {
	const char *path, *directory;
	bool verbose;
};

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!file)
		return NULL;
	if (getdelim(&text, &size, '\0', file) < 0) {
		free(text);
		text = NULL;
	}
	fclose(file);
	return text;
}

static bool run_variant(const struct run *run, const struct script *script,
	const struct variant *variant, bool show)
{
	struct play play;
	bool fine = play_script(&play, script, variant);

	if (!fine)
		report_failure(&play, run->path, run->directory);
	else if (show)
		printf("%s\n%s", run->path, play.log);
	play_free(&play);
	return fine;
}

/* Every pair of first numbers; where ours cannot be chosen, one is enough. How many
 * performances held, -1 after one that did not. */
static int run_script(const struct run *run, const struct script *script)
{
	const uint32_t isns[N_ISNS] = {
		0, 1, INT32_MAX, UINT32_C(0x80000000), UINT32_MAX, (uint32_t)-script->mss};
	int ours = script->any_iss ? 1 : N_ISNS, performed = 0;
	bool can_ipv6 = !script->ipv4_only && script->mtu + SCRIPT_IPV6_EXTRA >= SCRIPT_IPV6_MTU;
	bool can_ipv4 = !script->ipv6_only;

	for (int i = 0; i < ours; i++) {
		for (int k = 0; k < N_ISNS; k++) {
			/* As on a chessboard: each number of each side meets both families, and on
			 * one of coarser squares all kinds of link. */
			bool ipv6 = can_ipv6 && (!can_ipv4 || (i + k) % 2 == 1);
			enum variant_link link =
				(enum variant_link)((i / 2 + k / 2) % VARIANT_LINKS);
			struct variant variant = {isns[i], isns[k], ipv6, link};

			if (!run_variant(run, script, &variant, run->verbose && performed == 0))
				return -1;
			performed++;
		}
	}
	return performed;
}

static int run_file(const struct run *run)
{
	char *text = read_file(run->path);
	struct script script;
	int performed, status = 0;

	if (!text) {
		perror(run->path);
		return 2;
	}
	if (!script_parse(&script, text)) {
		printf("%s:%s\n", run->path, script.error);
		status = 2;
	} else {
		performed = run_script(run, &script);
		if (performed > 0)
			printf("%s: held %d times\n", run->path, performed);
		status = performed > 0 ? 0 : 1;
	}
	script_free(&script);
	free(text);
	return status;
}

int main(int argc, char **argv)
{
	struct run run = {.directory = "."};
	int option, status = 0;

	while ((option = getopt(argc, argv, "vo:")) != -1) {
		if (option == 'v')
			run.verbose = true;
		else if (option == 'o')
			run.directory = optarg;
		else
			return 2;
	}
	if (optind == argc) {
		fprintf(stderr, "usage: trace-run [-v] [-o DIRECTORY] SCRIPT...\n");
		return 2;
	}
	for (; optind < argc; optind++) {
		int result;

		run.path = argv[optind];
		result = run_file(&run);
		status = result > status ? result : status;
	}
	return status;
}
