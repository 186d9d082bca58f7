/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_TREE_H
#define TEST_TREE_H

/* A directory of a test's own, with a root in it from which files are served, and a secret beside
 * that:
 *
 *   top/outside/secret                 "outside"
 *   top/root/a.txt                     "hello"
 *   top/root/sub/deep/secret           "inside" */

#include "evtcpd/files/root.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct tree {
	char top[64];
	struct root root;
};

/* The path of a name below top, until the next call. */
static inline char *tree_path(const struct tree *tree, const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", tree->top, name);
	return path;
}

static inline void tree_directory(const struct tree *tree, const char *name)
{
	assert_int_equal(mkdir(tree_path(tree, name), 0755), 0);
}

static inline void tree_file(const struct tree *tree, const char *name, const char *text)
{
	FILE *file = fopen(tree_path(tree, name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static inline void tree_link(const struct tree *tree, const char *name, const char *to)
{
	assert_int_equal(symlink(to, tree_path(tree, name)), 0);
}

static inline void tree_init(struct tree *tree)
{
	snprintf(tree->top, sizeof(tree->top), "/tmp/evtcp_tree.XXXXXX");
	assert_non_null(mkdtemp(tree->top));
	tree_directory(tree, "outside");
	tree_directory(tree, "root");
	tree_directory(tree, "root/sub");
	tree_directory(tree, "root/sub/deep");
	tree_file(tree, "outside/secret", "outside");
	tree_file(tree, "root/a.txt", "hello");
	tree_file(tree, "root/sub/deep/secret", "inside");
	assert_int_equal(root_open(&tree->root, tree_path(tree, "root")), 0);
}

static inline void tree_free(struct tree *tree)
{
	char command[96];

	root_close(&tree->root);
	snprintf(command, sizeof(command), "rm -rf %s", tree->top);
	assert_int_equal(system(command), 0);
}

#endif
