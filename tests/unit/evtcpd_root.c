/* SPDX-License-Identifier: BSD-3-Clause */

/* What is below a root, and that nothing else is: ATTACKS.md H06, H07, H08. */

#include "test_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

static void make_socket(const struct tree *tree, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%.64s/%.32s", tree->top, name);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static int setup(void **state)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	tree_init(tree);
	tree_directory(tree, "root/swapped");
	tree_file(tree, "root/swapped/secret", "inside");
	tree_file(tree, "root/empty", "");
	tree_link(tree, "root/in", "a.txt");
	tree_link(tree, "root/out", "../outside/secret");
	tree_link(tree, "root/away", "../outside");
	tree_link(tree, "root/up", "..");
	tree_link(tree, "root/loop", "loop");
	assert_int_equal(mkfifo(tree_path(tree, "root/fifo"), 0644), 0);
	make_socket(tree, "root/socket");
	*state = tree;
	return 0;
}

static int teardown(void **state)
{
	tree_free(*state);
	free(*state);
	return 0;
}

static int find_error(const struct tree *tree, const char *path)
{
	struct root_found found;
	int error = root_find(&tree->root, path, &found);

	if (error == 0 && !found.is_directory)
		close(found.fd);
	return error;
}

/* ---- what is there ------------------------------------------------------------------- */

static void a_file_is_opened_and_told_of(void **state)
{
	struct root_found found;
	char text[8] = "";

	assert_int_equal(root_find(&((struct tree *)*state)->root, "/a.txt", &found), 0);
	assert_false(found.is_directory);
	assert_int_equal(found.size, 5);
	assert_int_equal(read(found.fd, text, sizeof(text)), 5);
	assert_string_equal(text, "hello");
	assert_true(found.modified_ns / 1000000000 > 1700000000);
	close(found.fd);
}

static const struct {
	const char *path;
	int is_directory;
} there[] = {
	{"a.txt", 0},
	{"/a.txt", 0},
	{"///a.txt", 0}, /* an absolute path is none */
	{"/empty", 0},
	{"/sub//deep/secret", 0},
	{"/sub/./deep/secret", 0},
	{"/sub/../a.txt", 0}, /* up, but not out */
	{"/", 1},
	{"", 1},
	{"/.", 1},
	{"/sub", 1},
	{"/sub/", 1},
	{"/sub/deep/..", 1},
};

static void what_is_below_is_found(void **state)
{
	struct tree *tree = *state;

	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++) {
		struct root_found found = {0};

		if (root_find(&tree->root, there[i].path, &found) != 0 ||
			found.is_directory != there[i].is_directory)
			fail_msg("%s", there[i].path);
		if (!found.is_directory)
			close(found.fd);
	}
}

/* ---- what is not ---------------------------------------------------------------------- */

static const char *const nowhere[] = {"/secret", "/sub/a.txt", "/a.txt/", "/a.txt/x", "/..",
	"/../root/a.txt", "/../outside/secret", "/sub/../../outside/secret", "/in", "/in/", "/out",
	"/away", "/away/", "/away/secret", "/up/outside/secret", "/up/root/a.txt", "/loop",
	"/loop/x", "/fifo", "/socket", "/fifo/", "/%2e%2e/outside/secret", "/..%2foutside%2fsecret",
	"/..\\outside\\secret", "/\xc0\xae\xc0\xae/outside/secret", "/....//outside/secret",
	"/../proc/self/environ", "/../../../../../../etc/passwd", "/etc/passwd",
	"/proc/self/root/etc/passwd", "/dev/null", "/sub/\n", "/ "};

static void nothing_else_is_there(void **state)
{
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		if (find_error(*state, nowhere[i]) != ENOENT)
			fail_msg("%s", nowhere[i]);
	}
}

/* Each way up with each way down, some 200 of them. */
static void no_number_of_dots_leads_out(void **state)
{
	static const char *const ups[] = {"../", "./../", "..//", "sub/../../",
		"sub/deep/../../../", "up/", "away/../", ".../", "..;/", "sub/..\\",
		"\xe2\x80\xa5/", "..\x01/"};
	static const char *const downs[] = {
		"outside/secret", "root/a.txt", "etc/passwd", "", "root/../outside/secret", "."};

	for (size_t up = 0; up < sizeof(ups) / sizeof(ups[0]); up++) {
		for (size_t down = 0; down < sizeof(downs) / sizeof(downs[0]); down++) {
			char path[256] = "/";

			for (int times = 0; times < 3; times++) {
				strcat(path, ups[up]);
				sprintf(path + strlen(path), "%s", downs[down]);
				if (find_error(*state, path) != ENOENT)
					fail_msg("%s", path);
				path[strlen(path) - strlen(downs[down])] = '\0';
			}
		}
	}
}

static void a_long_name_is_none(void **state)
{
	char path[6000];

	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[301] = '\0';
	assert_int_equal(find_error(*state, path), ENOENT);
	path[301] = 'a';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(find_error(*state, path), ENOENT);
}

/* Root may read everything: it is nobody for a while. */
static void what_may_not_be_read_is_told_apart(void **state)
{
	int was_root = geteuid() == 0, error;

	assert_int_equal(chmod(tree_path(*state, "root/a.txt"), 0), 0);
	assert_int_equal(chmod(tree_path(*state, "root/sub"), 0), 0);
	if (was_root)
		assert_int_equal(seteuid(65534), 0);
	error = find_error(*state, "/a.txt");
	assert_int_equal(find_error(*state, "/sub/deep/secret"), EACCES);
	if (was_root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(error, EACCES);
	assert_int_equal(chmod(tree_path(*state, "root/sub"), 0755), 0);
}

static void without_descriptors_there_is_nothing_to_open_it_with(void **state)
{
	struct rlimit limit, none;
	int error;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){0, limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	error = find_error(*state, "/a.txt");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(error, EMFILE);
	assert_int_equal(find_error(*state, "/a.txt"), 0);
}

/* ATTACKS.md: strangers hold as many files as they like, and whoever operates comes in all the
 * same. */
static void some_descriptors_are_for_others_than_files(void **state)
{
	struct tree *tree = *state;
	struct rlimit limit;
	int next = dup(tree->root.fd);

	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(tree->root.n_descriptors + ROOT_LEFT <= limit.rlim_max);
	tree->root.n_descriptors = (uint64_t)next;
	assert_int_equal(find_error(tree, "/a.txt"), EMFILE);
	tree->root.n_descriptors = (uint64_t)next + 1;
	assert_int_equal(find_error(tree, "/a.txt"), 0);
}

/* Whoever has a lease (fcntl(2)) is told to let go of it, and an open that does not wait fails. */
static void what_another_process_holds_back_may_be_asked_for_again(void **state)
{
	int fd = open(tree_path(*state, "root/a.txt"), O_RDWR | O_CLOEXEC);

	signal(SIGIO, SIG_IGN);
	if (fcntl(fd, F_SETLEASE, F_WRLCK) == 0) /* there are file systems without leases */
		assert_int_equal(find_error(*state, "/a.txt"), EAGAIN);
	close(fd);
	assert_int_equal(find_error(*state, "/a.txt"), 0);
}

/* ---- while it changes ------------------------------------------------------------------ */

#define SWAPS 100000

struct swapper {
	const struct tree *tree;
	atomic_int is_over;
};

/* A directory and a symbolic link that leads out change places. */
static void *swap(void *arg)
{
	struct swapper *swapper = arg;
	char one[128], other[128];

	strcpy(one, tree_path(swapper->tree, "root/swapped"));
	strcpy(other, tree_path(swapper->tree, "root/away"));
	for (int i = 0; i < SWAPS; i++)
		syscall(SYS_renameat2, AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE);
	atomic_store(&swapper->is_over, 1);
	return NULL;
}

static void a_link_in_the_place_of_a_directory_leads_nowhere(void **state)
{
	struct tree *tree = *state;
	struct swapper swapper = {.tree = tree};
	pthread_t thread;
	unsigned inside = 0, nowhere_seen = 0;

	assert_int_equal(pthread_create(&thread, NULL, swap, &swapper), 0);
	while (!atomic_load(&swapper.is_over)) {
		struct root_found found;
		char text[8] = "";
		int error = root_find(&tree->root, "/swapped/secret", &found);

		nowhere_seen += error == ENOENT;
		if (error != 0)
			continue;
		assert_int_equal(read(found.fd, text, 7), 6);
		assert_string_equal(text, "inside");
		close(found.fd);
		inside++;
	}
	pthread_join(thread, NULL);
	assert_true(inside > 0);
	assert_true(nowhere_seen > 0);
}

/* ---- opening --------------------------------------------------------------------------- */

static void a_root_is_a_directory(void **state)
{
	struct root root;

	assert_int_equal(root_open(&root, tree_path(*state, "root/a.txt")), ENOTDIR);
	assert_int_equal(root_open(&root, tree_path(*state, "root/none")), ENOENT);
	assert_int_equal(root_open(&root, tree_path(*state, "root/up")), 0);
	root_close(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(a_file_is_opened_and_told_of),
		TEST(what_is_below_is_found),
		TEST(nothing_else_is_there),
		TEST(no_number_of_dots_leads_out),
		TEST(a_long_name_is_none),
		TEST(what_may_not_be_read_is_told_apart),
		TEST(without_descriptors_there_is_nothing_to_open_it_with),
		TEST(some_descriptors_are_for_others_than_files),
		TEST(what_another_process_holds_back_may_be_asked_for_again),
		TEST(a_link_in_the_place_of_a_directory_leads_nowhere),
		TEST(a_root_is_a_directory),
#undef TEST
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
