/* SPDX-License-Identifier: BSD-3-Clause */

/* The TCP header: each field at its place, options in the order that a capture is
 * used to, and reading what was written. What strangers may write is in
 * wire_tcp_options.c. */

#include "wire/tcp_header.h"

#include "test_world.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
// clang-format on

/* Builds h and asserts that its options are these bytes. */
static void assert_options(const struct tcp_header *h, const char *bytes, size_t len)
{
	uint8_t out[TCP_HEADER_MAX];
	size_t built = tcp_header_build(h, out);

	assert_int_equal(built, TCP_HEADER_MIN + len);
	assert_int_equal(tcp_header_len(h), built);
	assert_int_equal(out[12], built / 4 << 4);
	assert_memory_equal(out + TCP_HEADER_MIN, bytes, len);
}

#define ASSERT_OPTIONS(h, bytes) assert_options(h, bytes, sizeof(bytes) - 1)

static void each_field_is_at_its_place(void **state)
{
	struct tcp_header h = {.src_port = 0x0102,
		.dst_port = 0x0304,
		.seq = 0x05060708,
		.ack = 0x090a0b0c,
		.flags = TCP_SYN | TCP_ACK | TCP_CWR,
		.window = 0x0d0e,
		.urgent = 0x0f10};
	uint8_t out[TCP_HEADER_MAX];

	(void)state;
	assert_int_equal(tcp_header_build(&h, out), 20);
	assert_memory_equal(out,
		"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x50\x92\x0d\x0e\0\0\x0f\x10", 20);
	tcp_header_set_checksum(out, 0x1112);
	assert_memory_equal(out + 16, "\x11\x12", 2);
	h.flags = TCP_AE | TCP_ECE; /* AE is beside the data offset */
	tcp_header_build(&h, out);
	assert_memory_equal(out + 12, "\x51\x40", 2);
}

static void options_on_syn_stand_as_linux_writes_them(void **state)
{
	struct tcp_header h = {.flags = TCP_SYN,
		.options = {.present = TCP_OPT_MSS | TCP_OPT_SACK_PERMITTED | TCP_OPT_TIMESTAMPS |
				       TCP_OPT_WSCALE,
			.mss = 1460,
			.wscale = 7,
			.tsval = 0x01020304,
			.tsecr = 0x05060708}};

	(void)state;
	ASSERT_OPTIONS(&h,
		"\x02\x04\x05\xb4"                                 /* MSS 1460 */
		"\x04\x02\x08\x0a\x01\x02\x03\x04\x05\x06\x07\x08" /* SACK-permitted, timestamps */
		"\x01\x03\x03\x07" /* NOP, window scale 7 */);
	h.options.present = TCP_OPT_MSS | TCP_OPT_SACK_PERMITTED | TCP_OPT_WSCALE;
	ASSERT_OPTIONS(&h, "\x02\x04\x05\xb4\x01\x01\x04\x02\x01\x03\x03\x07");
	h.options.present = TCP_OPT_MSS | TCP_OPT_TIMESTAMPS;
	ASSERT_OPTIONS(&h, "\x02\x04\x05\xb4\x01\x01\x08\x0a\x01\x02\x03\x04\x05\x06\x07\x08");
	h.options.present = TCP_OPT_MSS;
	ASSERT_OPTIONS(&h, "\x02\x04\x05\xb4");
	h.options.present = 0;
	ASSERT_OPTIONS(&h, "");
}

static void options_of_a_segment_stand_as_linux_writes_them(void **state)
{
	struct tcp_header h = {.flags = TCP_ACK,
		.options = {.present = TCP_OPT_TIMESTAMPS | TCP_OPT_SACK,
			.tsval = 0x01020304,
			.tsecr = 0x05060708,
			.n_sack = 2,
			.sack = {{0x11121314, 0x15161718}, {0x21222324, 0x25262728}}}};

	(void)state;
	ASSERT_OPTIONS(&h,
		"\x01\x01\x08\x0a\x01\x02\x03\x04\x05\x06\x07\x08"
		"\x01\x01\x05\x12\x11\x12\x13\x14\x15\x16\x17\x18\x21\x22\x23\x24\x25\x26\x27\x28");
	h.options.present = TCP_OPT_TIMESTAMPS;
	ASSERT_OPTIONS(&h, "\x01\x01\x08\x0a\x01\x02\x03\x04\x05\x06\x07\x08");
}

/* RFC 2018 3: four blocks fill the option space, three go with timestamps. */
static void as_many_sack_blocks_as_fit_are_written(void **state)
{
	struct tcp_header h = {.flags = TCP_ACK, .options = {.present = TCP_OPT_SACK, .n_sack = 4}};

	(void)state;
	assert_int_equal(tcp_header_len(&h), 20 + 36);
	h.options.present |= TCP_OPT_TIMESTAMPS;
	assert_int_equal(tcp_header_len(&h), 20 + 12 + 28);
	h.options.n_sack = 3;
	assert_int_equal(tcp_header_len(&h), 20 + 12 + 28);
	h.options.n_sack = 0;
	assert_int_equal(tcp_header_len(&h), 20 + 12);
}

/* RFC 7413 4.1.1 rule 1, 9; the NOPs behind it are Linux's. */
static void a_cookie_stands_behind_the_other_options(void **state)
{
	struct tcp_header h = {.flags = TCP_SYN | TCP_ACK,
		.options = {.present = TCP_OPT_MSS | TCP_OPT_WSCALE | TCP_OPT_FAST_OPEN,
			.mss = 1460,
			.wscale = 7,
			.cookie_len = 8,
			.cookie = {1, 2, 3, 4, 5, 6, 7, 8}}};

	(void)state;
	ASSERT_OPTIONS(&h, "\x02\x04\x05\xb4\x01\x03\x03\x07"
			   "\x22\x0a\x01\x02\x03\x04\x05\x06\x07\x08\x01\x01");
	h.options.cookie_len = 0;
	ASSERT_OPTIONS(&h, "\x02\x04\x05\xb4\x01\x03\x03\x07\x22\x02\x01\x01");
	h.options.present |= TCP_OPT_TIMESTAMPS;
	h.options.cookie_len = 16;
	assert_int_equal(tcp_header_len(&h), 20 + 4 + 12 + 4 + 20);
	h.options.present |= TCP_OPT_SACK; /* nothing is left for it */
	h.options.n_sack = 1;
	assert_int_equal(tcp_header_len(&h), 20 + 4 + 12 + 4 + 20);
}

/* RFC 5482 3.3. */
static void a_user_timeout_is_told_in_seconds_as_long_as_they_fit(void **state)
{
	struct tcp_header h = {.flags = TCP_ACK, .options = {.present = TCP_OPT_USER_TIMEOUT}};

	(void)state;
	h.options.user_timeout_s = 1;
	ASSERT_OPTIONS(&h, "\x1c\x04\x00\x01");
	h.options.user_timeout_s = 32767;
	ASSERT_OPTIONS(&h, "\x1c\x04\x7f\xff");
	h.options.user_timeout_s = 32768; /* 546.13 minutes */
	ASSERT_OPTIONS(&h, "\x1c\x04\x82\x23");
	h.options.user_timeout_s = TCP_MAX_USER_TIMEOUT_S;
	ASSERT_OPTIONS(&h, "\x1c\x04\xff\xff");
	h.options.present |= TCP_OPT_TIMESTAMPS | TCP_OPT_SACK;
	h.options.n_sack = 4;
	assert_int_equal(tcp_header_len(&h), 20 + 12 + 4 + 20); /* two blocks */
}

/* RFC 9768 3.2.3 rules 1 and 2, 3.2.3.1 rule 1: as few fields as tell what there is. */
static void marks_are_told_in_the_shorter_order(void **state)
{
	struct tcp_header h = {.flags = TCP_ACK,
		.options = {.present = TCP_OPT_ACCECN,
			.accecn = {.e0b = 0x01010203, .ceb = 0x040506, .e1b = 0x070809}}};

	(void)state;
	h.options.accecn.fields = 0;
	ASSERT_OPTIONS(&h, "\x01\x01\xac\x02");
	h.options.accecn.fields = TCP_ACCECN_E0B; /* the lowest 24 bits */
	ASSERT_OPTIONS(&h, "\x01\x01\x01\xac\x05\x01\x02\x03");
	h.options.accecn.fields = TCP_ACCECN_E1B;
	ASSERT_OPTIONS(&h, "\x01\x01\x01\xae\x05\x07\x08\x09");
	h.options.accecn.fields = TCP_ACCECN_CEB;
	ASSERT_OPTIONS(&h, "\xac\x08\x01\x02\x03\x04\x05\x06");
	h.options.accecn.fields = TCP_ACCECN_CEB | TCP_ACCECN_E0B;
	ASSERT_OPTIONS(&h, "\xac\x08\x01\x02\x03\x04\x05\x06");
	h.options.accecn.fields = TCP_ACCECN_CEB | TCP_ACCECN_E1B;
	ASSERT_OPTIONS(&h, "\xae\x08\x07\x08\x09\x04\x05\x06");
	h.options.accecn.fields = TCP_ACCECN_E0B | TCP_ACCECN_E1B;
	ASSERT_OPTIONS(&h, "\x01\xac\x0b\x01\x02\x03\x04\x05\x06\x07\x08\x09");
	h.options.present |= TCP_OPT_TIMESTAMPS | TCP_OPT_SACK;
	h.options.n_sack = 2;
	assert_int_equal(tcp_header_len(&h), 20 + 12 + 20); /* it has no room */
	h.options.accecn.fields = TCP_ACCECN_CEB;
	assert_int_equal(tcp_header_len(&h), 60);
}

/* ---- parse, build, parse ------------------------------------------------ */

/* Those that can be told: CE's never alone, the others never without CE's. */
static void make_random_marks(struct tcp_accecn *accecn, uint64_t *seed)
{
	static const uint8_t told[] = {0, TCP_ACCECN_E0B, TCP_ACCECN_E1B,
		TCP_ACCECN_E0B | TCP_ACCECN_CEB, TCP_ACCECN_E1B | TCP_ACCECN_CEB, TCP_ACCECN_ALL};

	accecn->fields = told[test_random(seed) % sizeof(told)];
	if (accecn->fields & TCP_ACCECN_E0B)
		accecn->e0b = (uint32_t)(test_random(seed) % (1u << 24));
	if (accecn->fields & TCP_ACCECN_CEB)
		accecn->ceb = (uint32_t)(test_random(seed) % (1u << 24));
	if (accecn->fields & TCP_ACCECN_E1B)
		accecn->e1b = (uint32_t)(test_random(seed) % (1u << 24));
}

static void make_random_header(struct tcp_header *h, uint64_t *seed)
{
	*h = (struct tcp_header){
		.src_port = (uint16_t)test_random(seed),
		.dst_port = (uint16_t)test_random(seed),
		.seq = (uint32_t)test_random(seed),
		.ack = (uint32_t)test_random(seed),
		.flags = (uint16_t)(test_random(seed) % 512),
		.window = (uint16_t)test_random(seed),
		.urgent = (uint16_t)test_random(seed),
	};
	h->options.present = (uint8_t)test_random(seed);
	if ((h->flags & TCP_SYN) == 0)
		h->options.present &= (uint8_t)~TCP_OPT_FAST_OPEN;
	if ((h->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		h->options.present &= (uint8_t)~TCP_OPT_ACCECN;
	if (h->options.present & TCP_OPT_MSS)
		h->options.mss = (uint16_t)test_random(seed);
	if (h->options.present & TCP_OPT_WSCALE)
		h->options.wscale = (uint8_t)test_random(seed);
	if (h->options.present & TCP_OPT_TIMESTAMPS) {
		h->options.tsval = (uint32_t)test_random(seed);
		h->options.tsecr = (uint32_t)test_random(seed);
	}
	if (h->options.present & TCP_OPT_USER_TIMEOUT) {
		h->options.user_timeout_s = (uint32_t)(1 + test_random(seed) % 32767);
		if (test_random(seed) % 2)
			h->options.user_timeout_s = 60 * (547 + h->options.user_timeout_s % 32221);
	}
	if (h->options.present & TCP_OPT_FAST_OPEN) {
		h->options.cookie_len = (uint8_t)(2 * (test_random(seed) % 9));
		if (h->options.cookie_len == 2)
			h->options.cookie_len = 0;
		for (int i = 0; i < h->options.cookie_len; i++)
			h->options.cookie[i] = (uint8_t)test_random(seed);
	}
	if (h->options.present & TCP_OPT_ACCECN)
		make_random_marks(&h->options.accecn, seed);
	if (h->options.present & TCP_OPT_SACK) {
		h->options.n_sack = (uint8_t)(1 + test_random(seed) % 4);
		for (int i = 0; i < h->options.n_sack; i++) {
			h->options.sack[i].left = (uint32_t)test_random(seed);
			h->options.sack[i].right = (uint32_t)test_random(seed);
		}
	}
}

static bool headers_are_equal(const struct tcp_header *a, const struct tcp_header *b)
{
	const struct tcp_options *x = &a->options, *y = &b->options;

	if (x->present != y->present || x->n_sack != y->n_sack || x->mss != y->mss ||
		x->wscale != y->wscale || x->tsval != y->tsval || x->tsecr != y->tsecr ||
		x->user_timeout_s != y->user_timeout_s || x->cookie_len != y->cookie_len ||
		memcmp(x->cookie, y->cookie, x->cookie_len) != 0 ||
		((x->present & TCP_OPT_ACCECN) != 0 &&
			memcmp(&x->accecn, &y->accecn, sizeof(x->accecn)) != 0))
		return false;
	for (int i = 0; i < x->n_sack; i++) {
		if (x->sack[i].left != y->sack[i].left || x->sack[i].right != y->sack[i].right)
			return false;
	}
	return a->src_port == b->src_port && a->dst_port == b->dst_port && a->seq == b->seq &&
	       a->ack == b->ack && a->flags == b->flags && a->window == b->window &&
	       a->urgent == b->urgent;
}

/* What of h did not fit is forgotten: SACK blocks, a cookie, marks. */
static void forget_what_did_not_fit(struct tcp_header *h, const struct tcp_header *parsed)
{
	assert_in_range(parsed->options.n_sack, 0, h->options.n_sack);
	h->options.n_sack = parsed->options.n_sack;
	if (h->options.n_sack == 0)
		h->options.present &= (uint8_t)~TCP_OPT_SACK;
	if (h->options.present & TCP_OPT_FAST_OPEN & ~parsed->options.present) {
		assert_true(h->options.cookie_len > 12);
		h->options.present &= (uint8_t)~TCP_OPT_FAST_OPEN;
		h->options.cookie_len = 0;
	}
	if (h->options.present & TCP_OPT_ACCECN & ~parsed->options.present) {
		h->options.present &= (uint8_t)~TCP_OPT_ACCECN;
		assert_true(tcp_header_len(h) + tcp_accecn_len(h->options.accecn.fields) >
			    TCP_HEADER_MAX);
		memset(&h->options.accecn, 0, sizeof(h->options.accecn));
	}
}

static void what_is_built_is_parsed_again_and_built_the_same(void **state)
{
	enum { CASES = 100000 };
	uint64_t seed = 5;

	(void)state;
	for (int n = 0; n < CASES; n++) {
		struct tcp_header h, parsed;
		uint8_t first[TCP_HEADER_MAX], second[TCP_HEADER_MAX];
		size_t len, parsed_len, predicted;

		make_random_header(&h, &seed);
		predicted = tcp_header_len(&h);
		len = tcp_header_build(&h, first);
		if (len != predicted || len % 4 != 0 || len > TCP_HEADER_MAX)
			fail_msg("case %d: %zu bytes, %zu predicted", n, len, predicted);
		if (tcp_header_parse(&parsed, first, len, &parsed_len) != EVTCP_CAUSE_NONE ||
			parsed_len != len)
			fail_msg("case %d: not parsed", n);
		forget_what_did_not_fit(&h, &parsed);
		if (!headers_are_equal(&h, &parsed))
			fail_msg("case %d: parsed is not what was built", n);
		if (tcp_header_build(&parsed, second) != len || memcmp(first, second, len) != 0)
			fail_msg("case %d: built again it differs", n);
	}
	print_message("%d headers\n", CASES);
}

/* The sum of everything with a right checksum is 0: judged by the tests' own sum. */
static void a_sealed_segment_has_a_right_checksum(void **state)
{
	enum { IP_LEN = 20, TCP_LEN = 33 };
	uint8_t packet[IP_LEN + TCP_LEN], judged[12 + TCP_LEN];

	(void)state;
	for (unsigned i = 0; i < sizeof(packet); i++)
		packet[i] = (uint8_t)(i * 37 + 5);
	packet[0] = 0x45;
	tcp_header_seal(packet, IP_LEN, TCP_LEN);
	memcpy(judged, packet + 12, 8); /* RFC 9293 3.1: addresses, zero, protocol, length */
	memcpy(judged + 8, (const uint8_t[]){0, 6, 0, TCP_LEN}, 4);
	memcpy(judged + 12, packet + IP_LEN, TCP_LEN);
	assert_int_equal(test_checksum(judged, sizeof(judged)), 0);
	assert_int_equal(packet[IP_LEN + 15], (uint8_t)((IP_LEN + 15) * 37 + 5));
	assert_int_equal(packet[IP_LEN + 18], (uint8_t)((IP_LEN + 18) * 37 + 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_field_is_at_its_place),
		cmocka_unit_test(options_on_syn_stand_as_linux_writes_them),
		cmocka_unit_test(options_of_a_segment_stand_as_linux_writes_them),
		cmocka_unit_test(as_many_sack_blocks_as_fit_are_written),
		cmocka_unit_test(a_cookie_stands_behind_the_other_options),
		cmocka_unit_test(a_user_timeout_is_told_in_seconds_as_long_as_they_fit),
		cmocka_unit_test(marks_are_told_in_the_shorter_order),
		cmocka_unit_test(a_sealed_segment_has_a_right_checksum),
		cmocka_unit_test(what_is_built_is_parsed_again_and_built_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
