/* SPDX-License-Identifier: BSD-3-Clause */

/* Time-sequence graphs: that each kind of mark stands where its numbers put it, that the picture is
 * well-formed whatever is in the file, and round numbers on the axes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ladder/svg.h"
#include "ladder/svg_marks.h"
#include "test_rungs.h"

/* The file of page as a picture; to be freed. */
static char *draw(struct page *page, bool outbound)
{
	struct graph graph;
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	graph_init(&graph, evtcp_world_system(), 0);
	page->follow.view = (struct view){.show = graph_show, .arg = &graph};
	page_draw(page);
	svg_write(file, &graph, outbound);
	fclose(file);
	graph_free(&graph);
	return text;
}

static unsigned count(const char *text, const char *words)
{
	unsigned n = 0;

	for (; (text = strstr(text, words)) != NULL; text++)
		n++;
	return n;
}

/* Every element that begins ends, in its order, and nothing that means something to XML stands
 * bare. */
static void assert_well_formed(const char *text)
{
	char open[16][16];
	unsigned n = 0;

	for (const char *c = text; *c; c++) {
		assert_true(*c == '\n' || *c == '\t' || (unsigned char)*c >= ' ');
		if (*c == '&')
			assert_true(strncmp(c, "&amp;", 5) == 0 || strncmp(c, "&lt;", 4) == 0 ||
				    strncmp(c, "&gt;", 4) == 0 || strncmp(c, "&quot;", 6) == 0 ||
				    strncmp(c, "&#39;", 5) == 0);
		if (*c != '<')
			continue;

		const char *end = strchr(c, '>');
		size_t name = strcspn(c + 1, " />");

		assert_non_null(end);
		if (c[1] == '/') {
			assert_true(n-- > 0);
			assert_int_equal(strncmp(open[n], c + 2, strlen(open[n])), 0);
		} else if (end[-1] != '/') {
			assert_true(n < 16 && name < 16);
			memcpy(open[n], c + 1, name);
			open[n++][name] = '\0';
		}
		c = end;
	}
	assert_int_equal(n, 0);
}

static void each_kind_of_mark_is_there(void **state)
{
	struct page *page = *state;
	struct test_segment lost = from_server(A, 101, 1, 100);
	uint8_t options[12] = {1, 1, 5, 10};
	struct test_segment ack = from_client(page, A, 1, 101, 0);
	char *svg;

	handshake(page);
	server(page, A, 1, 1, 100);
	page_packet(page, 1, &lost, NULL);
	server(page, A, 201, 1, 100);
	test_put32(options + 4, ISN_SERVER + 201);
	test_put32(options + 8, ISN_SERVER + 301);
	ack.options = options;
	ack.options_len = sizeof(options);
	page_packet(page, 0, &ack, NULL);
	server(page, A, 101, 1, 100);
	client(page, A, 1, 301, 0);
	svg = draw(page, false);
	assert_well_formed(svg);
	assert_non_null(strstr(svg, "10.0.0.2:80 \xe2\x86\x92 10.0.0.1:40000"));
	assert_non_null(strstr(svg, "300 bytes in 5 segments"));
	assert_non_null(strstr(svg, "sent again: 1; lost or refused: 1"));
	assert_int_equal(count(svg, "<g class=\"lost\"><title>lost</title>"), 0);
	assert_int_equal(count(svg, "<g class=\"lost\">"), 1);
	assert_int_equal(count(svg, "<g class=\"again\"><title>retransmission, 300 us after the "
				    "last</title>"),
		1);
	assert_int_equal(count(svg, "SACK block"), 1);
	assert_int_equal(count(svg, "fills a gap"), 0); /* there is none: no key either */
	free(svg);
}

/* A stranger's comment stands in the picture as text, and does nothing else. */
static void comments_are_escaped(void **state)
{
	struct page *page = *state;
	struct test_segment lost = from_server(A, 1, 1, 100);
	char *svg;

	handshake(page);
	page_packet(page, 1, &lost, "</title><script>alert('\"x\"&')</script>\x01\xff\xef\xbf\xbf");
	svg = draw(page, false);
	assert_well_formed(svg);
	assert_null(strstr(svg, "<script"));
	assert_non_null(
		strstr(svg, "&lt;/title&gt;&lt;script&gt;alert(&#39;&quot;x&quot;&amp;&#39;)"));
	free(svg);
}

static void a_picture_of_next_to_nothing_is_whole(void **state)
{
	struct page *page = *state;
	char *svg;

	client(page, R, 0, 0, 0);
	svg = draw(page, true);
	assert_well_formed(svg);
	assert_null(strstr(svg, "nan"));
	assert_null(strstr(svg, "inf"));
	free(svg);
}

/* Places of data: later is further right, higher numbers are further up. */
static void bars_stand_where_their_numbers_put_them(void **state)
{
	struct page *page = *state;
	float x[2], from[2];
	const char *data;
	char *svg;

	handshake(page);
	client(page, A, 1, 1, 1000);
	page->at_us += 1000;
	client(page, A, 1001, 1, 1000);
	svg = draw(page, true);
	data = strstr(svg, "<path class=\"data\" d=\"");
	assert_non_null(data);
	data = strstr(data, "h4M"); /* the SYN is too short for caps */
	assert_int_equal(sscanf(data, "h4M%f %fV", &x[0], &from[0]), 2);
	data = strstr(data + 1, "h4M");
	assert_int_equal(sscanf(data, "h4M%f %fV", &x[1], &from[1]), 2);
	assert_true(x[1] > x[0] + 100 && from[1] < from[0] - 100);
	free(svg);
}

static void ticks_are_round_numbers(void **state)
{
	static const struct {
		double to, step;
		const char *unit, *label; /* of the second tick */
	} axes[] = {{7, 1, "bytes", "1"}, {95, 20, "bytes", "20"}, {4300, 1000, "bytes", "1000"},
		{123456, 20000, "kB", "20"}, {9.9e6, 2e6, "MB", "2"}, {2.1e9, 5e8, "MB", "500"}};
	char label[SVG_LABEL];

	(void)state;
	for (size_t i = 0; i < sizeof(axes) / sizeof(axes[0]); i++) {
		struct svg_scale scale = svg_scale_bytes(0, axes[i].to, 8);

		assert_true(scale.step == axes[i].step);
		assert_string_equal(scale.unit.name, axes[i].unit);
		assert_string_equal(
			svg_scale_label(&scale, svg_scale_tick(&scale, 1), label, sizeof(label)),
			axes[i].label);
	}
	struct svg_scale shifted = svg_scale_bytes(-30, 100, 8);

	assert_true(svg_scale_tick(&shifted, 0) == -20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, page_setup, page_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_kind_of_mark_is_there),
		TEST(comments_are_escaped),
		TEST(a_picture_of_next_to_nothing_is_whole),
		TEST(bars_stand_where_their_numbers_put_them),
		cmocka_unit_test(ticks_are_round_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
