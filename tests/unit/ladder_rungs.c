/* SPDX-License-Identifier: BSD-3-Clause */

/* Captures drawn: whole files, compared as a person would read them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ladder/list.h"
#include "test_rungs.h"
#include "util/utf8.h"

/* A lost answer as evtcpd --pcap writes it down. */
static void build_evtcp(struct page *page)
{
	struct test_segment answer = from_server(PA, 1, 75, 159), segment;

	page_begin(page, "evtcp");
	segment = from_client(page, S, 0, 0, 0);
	page_packet(page, 0, &segment, "accepted");
	segment = from_server(SA, 0, 1, 0);
	page_packet(page, 0, &segment, "sent: SYN received");
	segment = from_client(page, PA, 1, 1, 74);
	page_packet(page, 0, &segment, "accepted");
	page_packet(page, 1, &answer, "sent: new data; lost on the way out: fault script");
	segment = from_client(page, PA, 1, 1, 74);
	page_packet(page, 0, &segment, "refused: old duplicate");
	page->at_us += 203800;
	page_packet(page, 0, &answer, "sent: RTO #1 after 204 ms");
	segment = from_client(page, FA, 75, 160, 0);
	page_packet(page, 1, &segment, "lost on the way in: fault script");
	page_packet(page, 0, &segment, "accepted");
}

static void our_own_captures_tell_causes_losses_and_timers(void **state)
{
	struct page *page = *state;

	build_evtcp(page);
	// clang-format off
	assert_page(page,
		"#1               10.0.0.1:40000                       10.0.0.2:80 2023-11-14 22:13:20 UTC; captured at the server\n"
		"#1      0.000000 │── SYN 0  win 502 ───────────────────────────▶│\n"
		"#1      0.000100 │◀────────────────── SYN 0  ACK 1  win 65535 ──│ SYN received\n"
		"#1      0.000200 │── PSH 1:75 (74)  ACK 1  win 502 ────────────▶│\n"
		"#1      0.000300 │            ╳────── PSH 1:160 (159)  ACK 75 ──│ new data; lost: fault script\n"
		"#1               │                                  win 65535   │\n"
		"#1      0.000400 │── PSH 1:75 (74)  ACK 1  win 502 ────────────╳│ refused: old duplicate\n"
		"#1      0.204300 ┊                    204 ms                    ┊ RTO #1 timer\n"
		"#1      0.204300 │◀─────── PSH 1:160 (159)  ACK 75  win 65535 ──│ RTO #1 after 204 ms\n"
		"#1      0.204400 │── FIN 75  ACK 160  win 502 ─────╳            │ lost: fault script\n"
		"#1      0.204500 │── FIN 75  ACK 160  win 502 ─────────────────▶│ retransmission, 100 us after the last\n");
	// clang-format on
}

static void in_ascii_there_is_nothing_else(void **state)
{
	struct page *page = *state;
	struct test_segment segment = from_server(PA, 1, 75, 9);

	build_evtcp(page);
	page_packet(page, 0, &segment, "sent: caf\xc3\xa9\033[31m");
	page->rungs.page.look.ascii = page->follow.ascii_only = true;
	page_draw(page);
	for (size_t i = 0; i < page->len; i++)
		assert_true(
			page->text[i] == '\n' || (page->text[i] >= ' ' && page->text[i] <= '~'));
	assert_non_null(strstr(page->text, "|<------"));
	assert_non_null(strstr(page->text, "caf? [31m"));
}

/* In each width a line may be no wider than that, in columns, but where a label is. */
static void lines_fit_the_width(void **state)
{
	struct page *page = *state;

	build_evtcp(page);
	page->rungs.page.look = ladder_look_fit(80, 56);
	// clang-format off
	assert_page(page,
		"#1            10.0.0.1:40000           10.0.0.2:80 2023-11-14 22:13:20 UTC;\n"
		"#1                                                 captured at the server\n"
		"#1   0.000000 │── SYN 0  win 502 ───────────────▶│\n"
		"#1   0.000100 │◀────── SYN 0  ACK 1  win 65535 ──│ SYN received\n"
		"#1   0.000200 │── PSH 1:75 (74)  ACK 1 ─────────▶│\n"
		"#1            │   win 502                        │\n"
		"#1   0.000300 │    ╳── PSH 1:160 (159)  ACK 75 ──│ new data; lost: fault script\n"
		"#1            │                      win 65535   │\n"
		"#1   0.000400 │── PSH 1:75 (74)  ACK 1 ─────────╳│ refused: old duplicate\n"
		"#1            │   win 502                        │\n"
		"#1   0.204300 ┊              204 ms              ┊ RTO #1 timer\n"
		"#1   0.204300 │◀────── PSH 1:160 (159)  ACK 75 ──│ RTO #1 after 204 ms\n"
		"#1            │                      win 65535   │\n"
		"#1   0.204400 │── FIN 75  ACK 160 ─────╳         │ lost: fault script\n"
		"#1            │   win 502                        │\n"
		"#1   0.204500 │── FIN 75  ACK 160  win 502 ─────▶│ retransmission, 100 us after\n"
		"#1            │                                  │ the last\n");
	// clang-format on
}

static void colours_surround_what_is_between_the_lifelines_and_beside(void **state)
{
	struct page *page = *state;

	handshake(page);
	client(page, A, 1, 1, 5);
	client(page, A, 1, 1, 5);
	page->rungs.page.look.colour = true;
	// clang-format off
	assert_page(page,
		"#1      0.000000 │\033[32m── SYN 0  win 502 ───────────────────────────▶\033[0m│\n"
		"#1      0.000100 │\033[32m◀────────────────── SYN 0  ACK 1  win 65535 ──\033[0m│\n"
		"#1      0.000200 │── ACK 1  win 502 ───────────────────────────▶│\n"
		"#1      0.000300 │── 1:6 (5)  ACK 1  win 502 ──────────────────▶│\n"
		"#1      0.000400 │\033[33m── 1:6 (5)  ACK 1  win 502 ──────────────────▶\033[0m│\033[33m retransmission, 100 us after the last\033[0m\n");
	// clang-format on
}

static void one_connection_may_be_drawn_alone_and_times_count_from_it(void **state)
{
	struct page *page = *state;
	struct test_segment other = {.flags = S, .client_port = 1001, .window = 1};

	handshake(page);
	page_packet(page, 0, &other, NULL);
	page->at_us += 900;
	other = (struct test_segment){
		.flags = R, .client_port = 1001, .seq = 1, .out = false, .window = 1};
	page_packet(page, 0, &other, NULL);
	page->rungs.choices[0] = 2;
	page->rungs.n_choices = 1;
	// clang-format off
	assert_page(page,
		"#2               10.0.0.1:1001                        10.0.0.2:80 2023-11-14 22:13:20 UTC; captured at the server\n"
		"#2      0.000000 │── SYN 0  win 1 ─────────────────────────────▶│\n"
		"#2      0.001000 │── RST 1 ────────────────────────────────────▶│\n");
	// clang-format on
	assert_int_equal(page->text[0], '#'); /* nothing before it */
}

static void times_may_count_from_the_line_before(void **state)
{
	struct page *page = *state;

	handshake(page);
	page->rungs.page.time = LADDER_SINCE_PREVIOUS;
	// clang-format off
	assert_page(page,
		"#1      0.000000 │── SYN 0  win 502 ───────────────────────────▶│\n"
		"#1      0.000100 │◀────────────────── SYN 0  ACK 1  win 65535 ──│\n"
		"#1      0.000100 │── ACK 1  win 502 ───────────────────────────▶│\n");
	// clang-format on
}

static void windows_are_scaled_if_both_syns_say_so_and_else_it_is_told(void **state)
{
	static const uint8_t scale[] = {1, 3, 3, 7};
	struct page *page = *state;

	for (int both = 0; both < 2; both++) {
		struct test_segment syn = from_client(page, S, both ? 500 : 0, 0, 0);
		struct test_segment syn_ack = from_server(SA, 0, 1, 0);

		syn.options = syn_ack.options = scale;
		syn.options_len = syn_ack.options_len = sizeof(scale);
		page_packet(page, 0, &syn, NULL);
		if (both)
			page_packet(page, 0, &syn_ack, NULL);
		client(page, A, both ? 501 : 1, 1, 0);
		client(page, A, both ? 501 : 1, 1, 10);
	}
	page_draw(page);
	// clang-format off
	assert_non_null(strstr(page->text,
		"#1      0.000100 │── ACK 1  win 502 ───────────────────────────▶│ the SYN of the server is not in the file: windows unscaled\n"
		"#1      0.000200 │── 1:11 (10)  ACK 1  win 502 ────────────────▶│\n"));
	assert_non_null(strstr(page->text,
		"#2      0.000500 │── ACK 1  win 64256 ─────────────────────────▶│\n"
		"#2      0.000600 │── 1:11 (10)  ACK 1  win 64256 ──────────────▶│\n"));
	// clang-format on
}

/* Clocks are set back while a capture runs. */
static void time_may_go_back(void **state)
{
	struct page *page = *state;

	client(page, S, 0, 0, 0);
	page->at_us -= 1500100;
	server(page, SA, 0, 1, 0);
	// clang-format off
	assert_page(page,
		"#1      0.000000 │── SYN 0  win 502 ───────────────────────────▶│\n"
		"#1     -1.500000 │◀────────────────── SYN 0  ACK 1  win 65535 ──│\n");
	// clang-format on
}

/* The same ends meet again: another connection, whether the first has ended or not. */
static void a_new_syn_between_the_same_ends_begins_another(void **state)
{
	struct page *page = *state;
	struct test_segment again = {.flags = S, .seq = 123456, .window = 9};

	handshake(page);
	page_packet(page, 0, &again, NULL);
	// clang-format off
	assert_page(page,
		"#1      0.000200 │── ACK 1  win 502 ───────────────────────────▶│\n"
		"\n"
		"#2               10.0.0.1:40000                       10.0.0.2:80 2023-11-14 22:13:20 UTC; captured at the server\n"
		"#2      0.000300 │── SYN 0  win 9 ─────────────────────────────▶│\n");
	// clang-format on
}

/* What others have remarked stands there, made harmless. */
static void comments_of_others_are_shown_beside_our_judgement(void **state)
{
	struct page *page = *state;
	struct test_segment segment = from_server(PA, 1, 1, 100);

	handshake(page);
	page_packet(page, 0, &segment, "look\r\nhere: \xe6\xbc\xa2\033]0;title\007");
	page_packet(page, 0, &segment, "sent: and here");
	// clang-format off
	assert_page(page,
		"#1      0.000300 │◀──────── PSH 1:101 (100)  ACK 1  win 65535 ──│ look here: 漢 ]0;title\n"
		"#1      0.000400 │◀──────── PSH 1:101 (100)  ACK 1  win 65535 ──│ retransmission, 100 us after the last; sent: and here\n");
	// clang-format on
}

/* A word may be wider than its column, and a character wider than one. */
static void a_long_word_goes_on_in_the_next_line(void **state)
{
	struct page *page = *state;
	struct test_segment segment = from_server(PA, 1, 1, 100);
	char comment[301] = "";
	unsigned n = 0;

	for (int i = 0; i < 100; i++)
		strcat(comment, "\xe6\xbc\xa2");
	handshake(page);
	page_packet(page, 0, &segment, comment);
	page->rungs.page.look = ladder_look_fit(80, 56);
	page_draw(page);
	for (char *line = strtok(page->text, "\n"); line; line = strtok(NULL, "\n")) {
		assert_true(utf8_width(line, strlen(line)) <= 80);
		for (const char *c = line; (c = strstr(c, "\xe6\xbc\xa2")) != NULL; c++)
			n++;
	}
	assert_int_equal(n, 100);
}

static void a_file_that_ends_within_a_packet_is_drawn_as_far_as_it_goes(void **state)
{
	struct page *page = *state;

	handshake(page);
	server(page, PA, 1, 1, 100);
	page->file.len -= 80;
	assert_int_equal(page_draw(page), PCAP_CUT);
	assert_non_null(strstr(page->text, "PSH 1:101 (100)  ACK 1  win 65535 ──│ the file ends "
					   "within this packet\n"));
}

/* A router's word about a segment stands where it came; one about strangers does not. */
static void icmp_errors_stand_between_the_segments(void **state)
{
	struct page *page = *state;
	struct test_segment big = from_server(A, 1, 1, 1400);
	struct test_packet quoted;
	uint8_t error[28 + 28] = {0x45, [3] = 56, [9] = 1, [12] = 10, 0, 0, 9, 10, 0, 0,
		2, [20] = 3, [21] = 4, [26] = 5, [27] = 0};

	handshake(page);
	page_packet(page, 0, &big, NULL);
	test_packet_build(&quoted, &big, 0, EVTCP_CAUSE_NONE);
	memcpy(error + 28, quoted.bytes, 28);
	capture_enhanced(&page->file, 0, page->at_us, error, sizeof(error));
	capture_end(&page->file);
	error[28 + 21] ^= 1; /* another port */
	capture_enhanced(&page->file, 0, page->at_us, error, sizeof(error));
	capture_end(&page->file);
	// clang-format off
	assert_page(page,
		"#1      0.000300 │◀────────── 1:1401 (1400)  ACK 1  win 65535 ──│\n"
		"#1      0.000400 │                                              │ ICMP from 10.0.0.9: fragmentation needed, MTU 1280 (about the server's 1)\n");
	// clang-format on
}

static void what_is_no_tcp_is_counted(void **state)
{
	struct page *page = *state;
	uint8_t udp[28] = {0x45, [3] = 28, [9] = 17}, odd[28] = {0x45, [3] = 28, [9] = 6};

	handshake(page);
	capture_enhanced(&page->file, 0, page->at_us, udp, sizeof(udp));
	capture_end(&page->file);
	capture_enhanced(&page->file, 0, page->at_us, odd, sizeof(odd));
	capture_end(&page->file);
	capture_interface(&page->file, 127, "wlan0", 6);
	capture_enhanced(&page->file, 2, page->at_us, udp, sizeof(udp));
	capture_end(&page->file);
	page_draw(page);
	assert_int_equal(page->follow.counts.packets, 6);
	assert_int_equal(page->follow.counts.segments, 3);
	assert_int_equal(page->follow.counts.other, 1);
	assert_int_equal(page->follow.counts.malformed, 1);
	assert_int_equal(page->follow.counts.unknown_link, 1);
	assert_int_equal(page->follow.counts.unknown_link_type, 127);
}

static void the_list_has_a_line_for_each_connection(void **state)
{
	struct page *page = *state;
	struct test_segment other = {.flags = S, .client_port = 1001, .window = 1};
	char *text = NULL;
	size_t size;
	FILE *file;

	build_evtcp(page);
	page_packet(page, 0, &other, "accepted");
	page_draw(page);
	file = open_memstream(&text, &size);
	list_print(file, &page->follow.connections);
	fclose(file);
	// clang-format off
	assert_string_equal(text,
		"    #  client          server          begins, s     lasts  segments  from client  from server  again  lost  end\n"
		"    1  10.0.0.1:40000  10.0.0.2:80      0.000000    204 ms         8           74          159      3     2  half closed, by the client\n"
		"    2  10.0.0.1:1001   10.0.0.2:80      0.204600      0 us         1            0            0      0     0  no answer to the SYN, open\n");
	// clang-format on
	free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, page_setup, page_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(our_own_captures_tell_causes_losses_and_timers),
		TEST(in_ascii_there_is_nothing_else),
		TEST(lines_fit_the_width),
		TEST(colours_surround_what_is_between_the_lifelines_and_beside),
		TEST(one_connection_may_be_drawn_alone_and_times_count_from_it),
		TEST(times_may_count_from_the_line_before),
		TEST(windows_are_scaled_if_both_syns_say_so_and_else_it_is_told),
		TEST(time_may_go_back),
		TEST(a_new_syn_between_the_same_ends_begins_another),
		TEST(comments_of_others_are_shown_beside_our_judgement),
		TEST(a_long_word_goes_on_in_the_next_line),
		TEST(a_file_that_ends_within_a_packet_is_drawn_as_far_as_it_goes),
		TEST(icmp_errors_stand_between_the_segments),
		TEST(what_is_no_tcp_is_counted),
		TEST(the_list_has_a_line_for_each_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
