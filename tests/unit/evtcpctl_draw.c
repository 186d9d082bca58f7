/* SPDX-License-Identifier: BSD-3-Clause */

/* What evtcpctl makes of answers, to the byte: the table of connections, counters by their class,
 * and sentences of commands that it does not know. */

#include "evtcpctl/draw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The picture of lines, of which the last is the last; NULL ends. */
static void assert_drawn(const char *const *lines, const char *expected)
{
	struct draw draw = {0};
	char *picture = NULL;
	size_t len;
	FILE *file = open_memstream(&picture, &len);

	for (; lines[1] != NULL; lines++)
		assert_int_equal(draw_line(&draw, file, lines[0]), 0);
	draw_last(&draw, file, lines[0]);
	draw_free(&draw);
	fclose(file);
	assert_string_equal(picture, expected);
	free(picture);
}

#define CONNECTION \
	"{\"connection\":{\"local\":\"10.0.0.2:80\",\"remote\":\"10.0.0.1:40000\"," \
	"\"state\":\"ESTABLISHED\",\"cc\":\"cubic\",\"timestamps\":1,\"sack\":1,\"ecn\":0," \
	"\"snd_wscale\":10,\"rcv_wscale\":7,\"snd_mss\":1448,\"rcv_mss\":536,\"srtt_us\":20100," \
	"\"rttvar_us\":350,\"rto_us\":221000,\"backoff\":0,\"cwnd\":28960," \
	"\"ssthresh\":14480,\"in_flight\":2900,\"snd_wnd\":65536,\"rcv_wnd\":65536,\"unread\":7," \
	"\"unsent\":100,\"unacked\":2900,\"bytes_sent\":5000,\"bytes_acked\":2100," \
	"\"bytes_received\":80,\"segments_sent\":6,\"segments_received\":5," \
	"\"cc_state\":\"avoidance\",\"sacked\":1448,\"lost\":1,\"min_rtt_us\":20000," \
	"\"delivery_rate\":125000,\"delivery_rate_limited\":1,\"pacing_rate\":2500000000," \
	"\"retransmits\":3,\"timeouts\":1,\"duplicates\":0,\"undone\":0,\"bytes_retransmitted\":" \
	"1448," \
	"\"busy_us\":500999,\"rwnd_limited_us\":0,\"resting\":0," \
	"\"last_sent_at_us\":1900000,\"last_received_at_us\":1500000}}"

static void a_connection_is_told_as_ss_does(void **state)
{
	static const char *const lines[] = {"{\"now_us\":2000000}", CONNECTION,
		"{\"ok\":true,\"connections\":1,\"omitted\":0,\"workers\":1,\"missing\":[]}", NULL};

	(void)state;
	assert_drawn(lines,
		"State          Recv-Q   Send-Q  Local Address:Port  Peer Address:Port\n"
		"ESTABLISHED         7     3000  10.0.0.2:80         10.0.0.1:40000\n"
		"\t ts sack cubic wscale:10,7 rto:221 rtt:20.1/0.35 mss:1448 rcvmss:536 cwnd:20 "
		"ssthresh:10 cc_state:avoidance bytes_sent:5000 bytes_retrans:1448 "
		"bytes_acked:2100 bytes_received:80 segs_out:6 segs_in:5 send 11.5Mbps lastsnd:100 "
		"lastrcv:500 pacing_rate 20Gbps delivery_rate 1Mbps app_limited busy:500ms "
		"unacked:3 retrans:3 timeouts:1 lost:1 sacked:1 minrtt:20 snd_wnd:65536 "
		"rcv_wnd:65536\n");
}

static void numbers_have_no_exponents(void **state)
{
	static const char *const lines[] = {"{\"now_us\":1}",
		"{\"connection\":{\"local\":\"10.0.0.2:80\",\"remote\":\"10.0.0.1:1\","
		"\"state\":\"ESTABLISHED\",\"cc\":\"cubic\",\"cc_state\":\"avoidance\","
		"\"ssthresh\":4294967295,\"rto_us\":120000000,\"srtt_us\":99960,"
		"\"rttvar_us\":1600400,\"delivery_rate\":124960000,\"min_rtt_us\":9}}",
		"{\"ok\":true,\"connections\":1,\"omitted\":0,\"workers\":1,\"missing\":[]}", NULL};

	(void)state;
	assert_drawn(lines,
		"State          Recv-Q   Send-Q  Local Address:Port  Peer Address:Port\n"
		"ESTABLISHED         0        0  10.0.0.2:80         10.0.0.1:1\n"
		"\t cubic rto:120000 rtt:100/1600 cc_state:avoidance delivery_rate 1Gbps "
		"minrtt:0.009\n");
}

static void columns_are_as_wide_as_they_need(void **state)
{
	static const char *const lines[] = {"{\"now_us\":1}",
		"{\"connection\":{\"worker\":1,\"local\":\"[fd00:e7:1:2:3:4:5:2]:80\","
		"\"remote\":\"[fd00:e7:1:2:3:4:5:1]:40000\",\"state\":\"LAST-ACK\",\"cc\":\"bbr\","
		"\"ssthresh\":4294967295,\"cc_state\":\"startup\"}}",
		"{\"ok\":true,\"connections\":1,\"omitted\":12,\"workers\":4,\"missing\":[0,3]}",
		NULL};

	(void)state;
	assert_drawn(lines,
		"State          Recv-Q   Send-Q  Local Address:Port        Peer Address:Port\n"
		"LAST-ACK            0        0  [fd00:e7:1:2:3:4:5:2]:80  "
		"[fd00:e7:1:2:3:4:5:1]:40000\n"
		"\t bbr cc_state:startup worker:1\n"
		"without workers 0,3, who did not answer in time\n"
		"and 12 more connections\n");
}

static void without_connections_there_is_a_heading(void **state)
{
	static const char *const lines[] = {"{\"now_us\":1}",
		"{\"ok\":true,\"connections\":0,\"omitted\":0,\"workers\":1,\"missing\":[]}", NULL};

	(void)state;
	assert_drawn(
		lines, "State          Recv-Q   Send-Q  Local Address:Port  Peer Address:Port\n");
}

static void counters_stand_below_their_class(void **state)
{
	static const char *const lines[] = {"{\"counter\":{\"cause\":\"data\",\"class\":\"sent\","
					    "\"count\":12,\"text\":\"new data\"}}",
		"{\"counter\":{\"cause\":\"rto\",\"class\":\"sent\",\"count\":1,\"text\":\"RTO\"}}",
		"{\"counter\":{\"cause\":\"paws\",\"class\":\"dropped\",\"count\":"
		"18446744073709551615,"
		"\"text\":\"old\"}}",
		"{\"ok\":true,\"workers\":1,\"missing\":[]}", NULL};

	(void)state;
	assert_drawn(lines, "sent\n"
			    "            12  data                        new data\n"
			    "             1  rto                         RTO\n"
			    "\n"
			    "dropped\n"
			    "18446744073709551615  paws                        old\n");
}

static void rules_say_how_often_they_were_applied(void **state)
{
#define RULE(number, hits) \
	"{\"fault\":{\"number\":" #number ",\"hits\":" #hits \
	",\"rule\":\"in syn: drop\",\"text\":\"A SYN is lost.\"}}"
	static const char *const rules[] = {
		RULE(1, 0), RULE(2, 1), RULE(11, 2), "{\"ok\":true,\"rules\":3}", NULL};
	static const char *const none[] = {"{\"ok\":true,\"rules\":0}", NULL};

	(void)state;
	assert_drawn(rules, "   1  in syn: drop  (not yet)\n      A SYN is lost.\n"
			    "   2  in syn: drop  (once)\n      A SYN is lost.\n"
			    "  11  in syn: drop  (2 times)\n      A SYN is lost.\n");
	assert_drawn(none, "there are no rules\n");
}

static void what_is_not_known_is_told_by_its_sentences(void **state)
{
	static const char *const rules[] = {"{\"text\":\"1: out data nth 1: drop 1\"}",
		"{\"text\":\"2: \\\"quoted\\\"\"}", "{\"ok\":true,\"text\":\"two rules\"}", NULL};
	static const char *const value[] = {"{\"ok\":true,\"cc\":\"bbr\",\"n\":3}", NULL};

	(void)state;
	assert_drawn(rules, "1: out data nth 1: drop 1\n2: \"quoted\"\ntwo rules\n");
	assert_drawn(value, "cc: bbr\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_is_told_as_ss_does),
		cmocka_unit_test(numbers_have_no_exponents),
		cmocka_unit_test(columns_are_as_wide_as_they_need),
		cmocka_unit_test(without_connections_there_is_a_heading),
		cmocka_unit_test(counters_stand_below_their_class),
		cmocka_unit_test(rules_say_how_often_they_were_applied),
		cmocka_unit_test(what_is_not_known_is_told_by_its_sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
