/* SPDX-License-Identifier: BSD-3-Clause */

/* The table of causes and the names of the states: every entry has the strings
 * that logs, counters and pictures are made of, and no two are alike. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <evtcp/causes.h>
#include <evtcp/info.h>
#include <evtcp/types.h>
#include <string.h>

static void every_cause_has_a_text_in_printable_ascii(void **state)
{
	(void)state;
	for (unsigned i = 0; i < EVTCP_N_CAUSES; i++) {
		const char *text = evtcp_cause_text((enum evtcp_cause)i);

		assert_true(strlen(text) >= 3);
		for (; *text; text++)
			assert_true((unsigned char)*text < 0x80 && isprint((unsigned char)*text));
	}
}

static void every_counter_name_is_lower_case_and_unique(void **state)
{
	(void)state;
	for (unsigned i = 0; i < EVTCP_N_CAUSES; i++) {
		const char *name = evtcp_cause_name((enum evtcp_cause)i);

		assert_int_equal(
			strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(name));
		assert_true(strlen(name) >= 3);
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(name, evtcp_cause_name((enum evtcp_cause)j));
	}
}

static void names_and_classes_are_those_of_the_table(void **state)
{
	(void)state;
	assert_string_equal(evtcp_cause_name(EVTCP_CAUSE_RTO), "rto");
	assert_string_equal(evtcp_cause_name(EVTCP_CAUSE_FIN_WAIT_2_TIMEOUT), "fin_wait_2_timeout");
	assert_string_equal(evtcp_cause_name(EVTCP_CAUSE_ICMP_PROTOCOL_UNREACHABLE),
		"icmp_protocol_unreachable");
	assert_string_equal(evtcp_cause_text(EVTCP_CAUSE_WINDOW_UPDATE), "window update");
	assert_int_equal(evtcp_cause_class(EVTCP_CAUSE_RTO), EVTCP_CLASS_SENT);
	assert_int_equal(evtcp_cause_class(EVTCP_CAUSE_ACCEPTED), EVTCP_CLASS_RECEIVED);
	assert_int_equal(evtcp_cause_class(EVTCP_CAUSE_PAWS), EVTCP_CLASS_DROPPED);
	assert_int_equal(evtcp_cause_class(EVTCP_CAUSE_FIN_ACKED), EVTCP_CLASS_STATE);
	assert_int_equal(evtcp_cause_class(EVTCP_CAUSE_TIMER_PERSIST), EVTCP_CLASS_TIMER);
	assert_int_equal(evtcp_cause_class(EVTCP_CAUSE_MSS_FLOOR), EVTCP_CLASS_CONTROL);
}

static void states_have_the_names_of_the_rfc(void **state)
{
	(void)state;
	assert_string_equal(evtcp_state_name(EVTCP_CLOSED), "CLOSED");
	assert_string_equal(evtcp_state_name(EVTCP_SYN_RECEIVED), "SYN-RECEIVED");
	assert_string_equal(evtcp_state_name(EVTCP_FIN_WAIT_1), "FIN-WAIT-1");
	assert_string_equal(evtcp_state_name(EVTCP_TIME_WAIT), "TIME-WAIT");
	for (unsigned i = 0; i < EVTCP_N_STATES; i++)
		assert_string_not_equal(evtcp_state_name((enum evtcp_state)i), "?");
	assert_string_equal(evtcp_state_name(EVTCP_N_STATES), "?");
	assert_string_equal(evtcp_state_name((enum evtcp_state) - 1), "?");
}

static void every_state_of_congestion_control_has_a_name_of_its_own(void **state)
{
	(void)state;
	assert_string_equal(evtcp_cc_state_name(EVTCP_CC_SLOW_START), "slow_start");
	assert_string_equal(evtcp_cc_state_name(EVTCP_CC_TIMEOUT), "timeout");
	assert_string_equal(evtcp_cc_state_name(EVTCP_CC_PROBE_RTT), "probe_rtt");
	for (int i = 0; i < EVTCP_N_CC_STATES; i++) {
		const char *name = evtcp_cc_state_name((enum evtcp_cc_state)i);

		for (int j = 0; j < i; j++)
			assert_string_not_equal(name, evtcp_cc_state_name((enum evtcp_cc_state)j));
	}
	assert_string_equal(evtcp_cc_state_name(EVTCP_N_CC_STATES), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cause_has_a_text_in_printable_ascii),
		cmocka_unit_test(every_counter_name_is_lower_case_and_unique),
		cmocka_unit_test(names_and_classes_are_those_of_the_table),
		cmocka_unit_test(states_have_the_names_of_the_rfc),
		cmocka_unit_test(every_state_of_congestion_control_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
