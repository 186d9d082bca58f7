/* SPDX-License-Identifier: BSD-3-Clause */

/* What strangers may write into a TCP header: every data offset (ATTACKS P02),
 * every option kind and length at every place (ATTACKS P03), every wrong length of an option
 * that we know (ATTACKS P04). Each header lies in a heap block of its own size. The model
 * reads options the plain way: one table, one copy of what it found. */

#include "wire/tcp_header.h"

#include "test_world.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

enum { OPTIONS = 40, FULL = TCP_HEADER_MIN + OPTIONS, KINDS = 175 };

/* ---- the model ---------------------------------------------------------- */

struct found {
	int at[KINDS]; /* index of the first well-formed option of a kind, -1 */
	int steps;
};

static bool length_is_right(uint8_t kind, int len)
{
	switch (kind) {
	case 172: /* RFC 9768 3.2.3: any */
	case 174:
		return true;
	case 2:
		return len == 4;
	case 3:
		return len == 3;
	case 4:
		return len == 2;
	case 5:
		return len == 10 || len == 18 || len == 26 || len == 34;
	case 8:
		return len == 10;
	case 28:
		return len == 4;
	case 34: /* RFC 7413 4.1.1 rules 1 and 2 */
		return len == 2 || (len >= 6 && len <= 18 && len % 2 == 0);
	default:
		return false;
	}
}

/* RFC 5482 3.4: a user timeout of 0 is ignored. */
static bool is_reserved(const uint8_t *option)
{
	return option[0] == 28 && (option[2] & 0x7f) == 0 && option[3] == 0;
}

/* RFC 5482 3.3: seconds, or minutes by the first bit. */
static bool user_timeout_agrees(const struct tcp_options *o, const uint8_t *option)
{
	unsigned unit = option[2] & 0x80 ? 60 : 1;

	return o->user_timeout_s == unit * ((option[2] & 0x7fu) << 8 | option[3]);
}

static void model_options(const uint8_t *options, int len, struct found *found)
{
	int i = 0;

	found->steps = 0;
	for (int kind = 0; kind < KINDS; kind++)
		found->at[kind] = -1;
	while (i < len && options[i] != 0) {
		found->steps++;
		if (options[i] == 1) {
			i++;
			continue;
		}
		if (i + 1 >= len || options[i + 1] < 2 || i + options[i + 1] > len)
			break;
		if (length_is_right(options[i], options[i + 1]) && found->at[options[i]] < 0 &&
			!is_reserved(options + i))
			found->at[options[i]] = i;
		i += options[i + 1];
	}
}

/* What it holds. */
static bool cookie_agrees(const struct tcp_options *o, const uint8_t *option)
{
	return o->cookie_len == option[1] - 2 && memcmp(o->cookie, option + 2, o->cookie_len) == 0;
}

static uint32_t number_at(const uint8_t *p, int bytes)
{
	uint32_t value = 0;

	for (int i = 0; i < bytes; i++)
		value = value << 8 | p[i];
	return value;
}

/* RFC 9768 3.2.3 rules 3 and 4: E0B, CEB, E1B, or the other way round; what is not told is as if it
 * were 0 here. */
static bool accecn_agrees(const struct tcp_options *o, const uint8_t *option)
{
	const struct tcp_accecn *accecn = &o->accecn;
	uint32_t told[3] = {0}, wanted[3] = {accecn->e0b, accecn->ceb, accecn->e1b};
	unsigned fields = 0;

	for (int i = 0; i < 3 && 5 + 3 * i <= option[1]; i++) {
		int field = option[0] == 172 ? i : 2 - i;

		told[field] = number_at(option + 2 + 3 * i, 3);
		fields |= 1u << field;
	}
	return accecn->fields == fields && memcmp(told, wanted, sizeof(told)) == 0;
}

static bool sack_agrees(const struct tcp_options *o, const uint8_t *option)
{
	if (o->n_sack != (option[1] - 2) / 8)
		return false;
	for (int i = 0; i < o->n_sack; i++) {
		if (o->sack[i].left != number_at(option + 2 + 8 * i, 4) ||
			o->sack[i].right != number_at(option + 6 + 8 * i, 4))
			return false;
	}
	return true;
}

/* Whether o is what the model finds in these options. */
static bool agrees(const struct tcp_options *o, const uint8_t *options, int len)
{
	static const struct {
		int kind;
		uint8_t bit;
	} kinds[] = {{2, TCP_OPT_MSS}, {3, TCP_OPT_WSCALE}, {4, TCP_OPT_SACK_PERMITTED},
		{5, TCP_OPT_SACK}, {8, TCP_OPT_TIMESTAMPS}, {28, TCP_OPT_USER_TIMEOUT},
		{34, TCP_OPT_FAST_OPEN}};
	struct found f;
	bool accecn = (o->present & TCP_OPT_ACCECN) != 0;

	model_options(options, len, &f);
	if (f.steps > OPTIONS)
		return false;
	for (int i = 0; i < 7; i++) {
		if (((o->present & kinds[i].bit) != 0) != (f.at[kinds[i].kind] >= 0))
			return false;
	}
	/* Either kind: the first of both counts. */
	int at = f.at[172] >= 0 && (f.at[174] < 0 || f.at[172] < f.at[174]) ? f.at[172] : f.at[174];
	if (accecn != (at >= 0) || (at >= 0 && !accecn_agrees(o, options + at)))
		return false;
	if (f.at[2] >= 0 && o->mss != number_at(options + f.at[2] + 2, 2))
		return false;
	if (f.at[3] >= 0 && o->wscale != options[f.at[3] + 2])
		return false;
	if (f.at[5] >= 0 && !sack_agrees(o, options + f.at[5]))
		return false;
	if (f.at[28] >= 0 && !user_timeout_agrees(o, options + f.at[28]))
		return false;
	if (f.at[34] >= 0 && !cookie_agrees(o, options + f.at[34]))
		return false;
	return f.at[8] < 0 || (o->tsval == number_at(options + f.at[8] + 2, 4) &&
				      o->tsecr == number_at(options + f.at[8] + 6, 4));
}

/* Parses a full header with these options in a block of exactly its size. */
static void check_options(const uint8_t *options, uint8_t *exact)
{
	struct tcp_header h;
	size_t header_len = 0;

	memcpy(exact + TCP_HEADER_MIN, options, OPTIONS);
	if (tcp_header_parse(&h, exact, FULL, &header_len) != EVTCP_CAUSE_NONE ||
		header_len != FULL)
		fail_msg("a full header was refused");
	if (!agrees(&h.options, options, OPTIONS)) {
		for (int i = 0; i < OPTIONS; i++)
			print_error("%02x ", options[i]);
		fail_msg("the options above were read wrongly");
	}
}

static uint8_t *new_full_header(void)
{
	uint8_t *header = calloc(1, FULL);

	header[12] = FULL / 4 << 4;
	header[13] = TCP_SYN | TCP_ACK; /* else Fast Open does not count, or AccECN */
	return header;
}

/* ---- P02 ---------------------------------------------------------------- */

/* RFC 9293 3.1: the data offset counts words and cannot be below five. */
static void p02_a_data_offset_is_accepted_only_within_the_segment(void **state)
{
	unsigned cases = 0;
	uint8_t bytes[64];

	(void)state;
	memset(bytes, 1, sizeof(bytes)); /* NOPs as options */
	for (unsigned offset = 0; offset < 16; offset++) {
		for (size_t len = 0; len <= 64; len++, cases++) {
			struct tcp_header h;
			size_t header_len = 0;
			enum evtcp_cause cause, expected = EVTCP_CAUSE_NONE;
			uint8_t *exact;

			bytes[12] = (uint8_t)(offset << 4 | 0x0f); /* reserved bits: ignored */
			exact = test_exact_copy(bytes, len);
			if (len < 20)
				expected = EVTCP_CAUSE_TCP_TRUNCATED;
			else if (offset < 5 || offset * 4 > len)
				expected = EVTCP_CAUSE_TCP_DATA_OFFSET;
			cause = tcp_header_parse(&h, exact, len, &header_len);
			free(exact);
			if (cause != expected || (!cause && header_len != offset * 4))
				fail_msg("offset %u, %zu bytes", offset, len);
		}
	}
	print_message("P02: %u cases\n", cases);
}

/* ---- P03 ---------------------------------------------------------------- */

/* What stands around the pair under test. */
static void fill_background(uint8_t *options, int background)
{
	static const uint8_t mixed[OPTIONS] = {2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1,
		3, 3, 7, 5, 18, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 1, 1};

	if (background == 0)
		memset(options, 1, OPTIONS);
	else
		memcpy(options, mixed, OPTIONS);
}

/* RFC 9293 3.1, MUST-7: no length, however wrong, may crash or hang; MUST-64: an
 * option may begin at any octet. */
static void p03_every_kind_and_length_at_every_place_is_survived(void **state)
{
	uint8_t *exact = new_full_header();
	unsigned cases = 0;

	(void)state;
	for (int background = 0; background < 2; background++) {
		for (int at = 0; at < OPTIONS; at++) {
			uint8_t options[OPTIONS + 1];

			fill_background(options, background);
			for (unsigned pair = 0; pair < 65536; pair++, cases++) {
				options[at] = (uint8_t)(pair >> 8);
				options[at + 1] = (uint8_t)pair; /* falls behind when at is 39 */
				check_options(options, exact);
			}
		}
	}
	free(exact);
	print_message("P03: %u cases\n", cases);
}

static void p03_random_options_are_survived(void **state)
{
	enum { CASES = 500000 };
	uint8_t *exact = new_full_header();
	uint64_t seed = 3;

	(void)state;
	for (int n = 0; n < CASES; n++) {
		uint8_t options[OPTIONS];

		/* kinds and lengths that mean something are likely */
		for (int i = 0; i < OPTIONS; i++)
			options[i] = (uint8_t)(test_random(&seed) % (n % 2 ? 12 : 256));
		if (n % 4 == 1)
			options[test_random(&seed) % OPTIONS] = n % 8 == 1 ? 34 : 28;
		if (n % 4 == 3)
			options[test_random(&seed) % OPTIONS] = n % 8 == 3 ? 172 : 174;
		check_options(options, exact);
	}
	free(exact);
	print_message("P03: %d random cases\n", CASES);
}

/* ---- P04 ---------------------------------------------------------------- */

/* MUST-6, MUST-7, MUST-68: an option of a wrong length is ignored, and stepped over by that
 * length; those around it count. */
static void p04_a_known_option_of_a_wrong_length_costs_only_itself(void **state)
{
	static const uint8_t kinds[] = {3, 4, 5, 8, 28, 34, 172, 174};
	uint8_t *exact = new_full_header();
	unsigned cases = 0;

	(void)state;
	for (unsigned k = 0; k < sizeof(kinds); k++) {
		for (uint8_t len = 2; len <= 32; len++, cases++) {
			uint8_t options[OPTIONS] = {2, 4, 5, 180, kinds[k], len, 0, 1};
			struct tcp_header h;
			size_t header_len;

			/* MSS before; a second MSS, which does not count, behind */
			memcpy(options + 4 + len, (const uint8_t[]){2, 4, 1, 1}, 4);
			check_options(options, exact);
			tcp_header_parse(&h, exact, FULL, &header_len);
			assert_true((h.options.present & TCP_OPT_MSS) != 0);
			assert_int_equal(h.options.mss, 1460);
			assert_int_equal(
				h.options.present != TCP_OPT_MSS, length_is_right(kinds[k], len));
		}
	}
	free(exact);
	print_message("P04: %u cases\n", cases);
}

static void p04_an_mss_of_a_wrong_length_is_ignored_and_the_next_counts(void **state)
{
	uint8_t *exact = new_full_header();

	(void)state;
	for (uint8_t len = 2; len <= 36; len++) {
		uint8_t options[OPTIONS] = {2, len, 9, 9};
		struct tcp_header h;
		size_t header_len;

		memcpy(options + len, (const uint8_t[]){2, 4, 5, 180}, 4);
		check_options(options, exact);
		tcp_header_parse(&h, exact, FULL, &header_len);
		assert_int_equal(h.options.mss, len == 4 ? 0x0909 : 1460);
	}
	free(exact);
}

static void nothing_behind_the_end_of_options_counts(void **state)
{
	uint8_t options[OPTIONS] = {1, 1, 0, 2, 4, 5, 180};
	uint8_t *exact = new_full_header();
	struct tcp_header h;
	size_t header_len;

	(void)state;
	check_options(options, exact);
	tcp_header_parse(&h, exact, FULL, &header_len);
	assert_int_equal(h.options.present, 0);
	free(exact);
}

/* RFC 9768 3.2.3.2.1 rule 2: AccECN on a SYN is ignored, on a SYN-ACK and elsewhere it is not. */
static void marks_are_counted_on_anything_but_a_syn(void **state)
{
	uint8_t options[OPTIONS] = {172, 5, 0, 0, 1, 2, 4, 5, 180};
	uint8_t *exact = new_full_header();
	struct tcp_header h;
	size_t header_len;

	(void)state;
	memcpy(exact + TCP_HEADER_MIN, options, OPTIONS);
	tcp_header_parse(&h, exact, FULL, &header_len);
	assert_int_equal(h.options.present, TCP_OPT_MSS | TCP_OPT_ACCECN);
	exact[13] = TCP_ACK;
	tcp_header_parse(&h, exact, FULL, &header_len);
	assert_int_equal(h.options.present, TCP_OPT_MSS | TCP_OPT_ACCECN);
	exact[13] = TCP_SYN;
	tcp_header_parse(&h, exact, FULL, &header_len);
	assert_int_equal(h.options.present, TCP_OPT_MSS);
	free(exact);
}

/* RFC 7413 4.1.1 rule 3: Fast Open without SYN is ignored. */
static void a_cookie_counts_on_a_syn_only(void **state)
{
	uint8_t options[OPTIONS] = {34, 6, 1, 2, 3, 4, 2, 4, 5, 180};
	uint8_t *exact = new_full_header();
	struct tcp_header h;
	size_t header_len;

	(void)state;
	check_options(options, exact);
	tcp_header_parse(&h, exact, FULL, &header_len);
	assert_int_equal(h.options.present, TCP_OPT_FAST_OPEN | TCP_OPT_MSS);
	exact[13] = TCP_ACK;
	tcp_header_parse(&h, exact, FULL, &header_len);
	assert_int_equal(h.options.present, TCP_OPT_MSS);
	free(exact);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(p02_a_data_offset_is_accepted_only_within_the_segment),
		cmocka_unit_test(p03_every_kind_and_length_at_every_place_is_survived),
		cmocka_unit_test(p03_random_options_are_survived),
		cmocka_unit_test(p04_a_known_option_of_a_wrong_length_costs_only_itself),
		cmocka_unit_test(p04_an_mss_of_a_wrong_length_is_ignored_and_the_next_counts),
		cmocka_unit_test(nothing_behind_the_end_of_options_counts),
		cmocka_unit_test(marks_are_counted_on_anything_but_a_syn),
		cmocka_unit_test(a_cookie_counts_on_a_syn_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
