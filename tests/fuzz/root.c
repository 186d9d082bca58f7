/* SPDX-License-Identifier: BSD-3-Clause */

/* Fuzz target F7 of the test plan: paths of files to serve.
 *
 * In: pieces of paths by their number, and characters. Out: nothing, or an abort. Beyond "no
 * crash": what is found is a file or a directory, and the kernel's own name for it begins with the
 * root's. The tree has symbolic links to all sides; it is made once and removed at the end. */

#include "fuzz/target.h"

#include "evtcpd/files/root.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_MOST 4096

static char top[64], *real_root;
static struct root root;

/* Bytes below their number stand for these. */
static const char *const pieces[] = {"/", "../", "..", "./", "sub/", "deep/", "a.txt", "secret",
	"out/", "away/", "up/", "loop/", "in", "root/", "outside/", "//", "fifo", "self/"};
#define N_PIECES (sizeof(pieces) / sizeof(pieces[0]))

static void tree_remove(void)
{
	char command[96];

	root_close(&root);
	free(real_root);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	if (system(command) != 0)
		fprintf(stderr, "%s is left\n", top);
}

/* Enters top for as long as its tree takes to be made. */
static void tree_make(void)
{
	int here = 0;
	char *before = getcwd(NULL, 0);

	snprintf(top, sizeof(top), "/tmp/evtcp_fuzz.XXXXXX");
	require(mkdtemp(top) != NULL && before != NULL);
	atexit(tree_remove);
	here |= chdir(top) | mkdir("outside", 0755) | mkdir("root", 0755);
	here |= mkdir("root/sub", 0755) | mkdir("root/sub/deep", 0755);
	for (size_t i = 0; i < 3; i++) {
		static const char *const names[] = {
			"outside/secret", "root/a.txt", "root/sub/deep/secret"};
		FILE *file = fopen(names[i], "w");

		require(file != NULL && fclose(file) == 0);
	}
	here |= symlink("a.txt", "root/in") | symlink("../outside/secret", "root/out");
	here |= symlink("../outside", "root/away") | symlink("..", "root/up");
	here |= symlink("loop", "root/loop") | symlink("/proc/self/root", "root/self");
	here |= symlink("../..", "root/sub/up") | mkfifo("root/fifo", 0644);
	here |= root_open(&root, "root");
	real_root = realpath("root", NULL);
	require(here == 0 && real_root != NULL && chdir(before) == 0);
	free(before);
}

/* The kernel's name for what is open. */
static void check_is_below(int fd)
{
	char link[64], name[PATH_MOST];
	size_t len = strlen(real_root);
	ssize_t got;
	struct stat stat;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	got = readlink(link, name, sizeof(name));
	require(got > (ssize_t)len && memcmp(name, real_root, len) == 0 && name[len] == '/');
	require(fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode));
}

static void write_path(char *path, const uint8_t *input, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < size && len + 16 < PATH_MOST; i++) {
		if (input[i] < N_PIECES)
			len += (size_t)sprintf(path + len, "%s", pieces[input[i]]);
		else
			path[len++] = (char)input[i];
	}
	path[len] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	char *path = malloc(PATH_MOST);
	struct root_found found;
	int error;

	if (top[0] == '\0')
		tree_make();
	write_path(path, input, size);
	error = root_find(&root, path, &found);
	require(error == 0 || error == ENOENT);
	if (error == 0 && !found.is_directory) {
		check_is_below(found.fd);
		close(found.fd);
	}
	free(path);
	return 0;
}

#define SEED(text) \
	{ \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

const struct fuzz_seed fuzz_seeds[] = {SEED("/\x04\x05\x07"), SEED("/\x01\x0e\x07"),
	SEED("/\x04\x0a\x06"), SEED("/\x0a\x0d\x06"), SEED("\x08"), SEED("/\x09\x07"),
	SEED("/\x11/etc/passwd"), SEED("/\x06"), {NULL, 0}};
