/* SPDX-License-Identifier: BSD-3-Clause */

/* Runs a fuzz target without a fuzzer.
 *
 *      fuzz_wire                tries 200,000 inputs made of the target's seeds
 *      fuzz_wire N [SEED]       tries N, from another random seed
 *      fuzz_wire FILE...        tries what is in the files, such as a crash
 *
 * It knows nothing of coverage: it shows in seconds, in every build, that the target
 * works; finding the rare input is libFuzzer's business. An input that fails is left
 * in the file "crash" of the current directory. */

#include "fuzz/target.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_INPUTS = 200000, INPUT_MAX = 4096 };

/* The input being tried, for the handler of its abort. */
static uint8_t input[INPUT_MAX];
static size_t input_len;

static uint64_t next_random(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Writes the failing input; plain stdio is good enough for a process about to die. */
static void save_crash(int signal_number)
{
	FILE *file = fopen("crash", "wb");

	if (file) {
		fwrite(input, 1, input_len, file);
		fclose(file);
		fprintf(stderr, "the input is in the file \"crash\"\n");
	}
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

/* One change: a byte set, a bit flipped, a cut, or a piece doubled. */
static void mutate(uint64_t *seed)
{
	uint64_t random = next_random(seed);
	size_t at = input_len > 0 ? (size_t)(random >> 16) % input_len : 0;

	if (input_len == 0)
		return;
	switch (random % 8) {
	case 0:
		input_len = at;
		break;
	case 1:
		if (input_len + (input_len - at) <= INPUT_MAX) {
			memmove(input + input_len, input + at, input_len - at);
			input_len += input_len - at;
		}
		break;
	case 2:
	case 3:
		input[at] ^= (uint8_t)(1u << (random >> 8) % 8);
		break;
	default:
		input[at] = (uint8_t)(random >> 8);
		break;
	}
}

static void try_random(unsigned long n, uint64_t seed)
{
	size_t n_seeds = 0;

	while (fuzz_seeds[n_seeds].bytes)
		n_seeds++;
	for (unsigned long i = 0; i < n; i++) {
		const struct fuzz_seed *start = &fuzz_seeds[i % n_seeds];
		unsigned changes = (unsigned)(next_random(&seed) % 6);

		memcpy(input, start->bytes, start->len);
		input_len = start->len;
		while (changes-- > 0)
			mutate(&seed);
		LLVMFuzzerTestOneInput(input, input_len);
	}
	printf("%lu inputs\n", n);
}

static int try_file(const char *path)
{
	FILE *file = fopen(path, "rb");

	if (!file) {
		perror(path);
		return 1;
	}
	input_len = fread(input, 1, sizeof(input), file);
	fclose(file);
	LLVMFuzzerTestOneInput(input, input_len);
	printf("%s: %zu bytes\n", path, input_len);
	return 0;
}

int main(int argc, char **argv)
{
	char *end = NULL;
	unsigned long n = argc > 1 ? strtoul(argv[1], &end, 10) : DEFAULT_INPUTS;
	int failed = 0;

	signal(SIGABRT, save_crash);
	if (argc == 1 || *end == '\0') {
		try_random(n, argc > 2 ? strtoull(argv[2], NULL, 10) : 1);
		return 0;
	}
	for (int i = 1; i < argc; i++)
		failed |= try_file(argv[i]);
	return failed;
}
