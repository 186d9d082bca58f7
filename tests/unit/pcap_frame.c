/* SPDX-License-Identifier: BSD-3-Clause */

/* Link headers: where IP begins behind each, and what is said of those that hold something else or
 * are cut. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "pcap/frame.h"

/* What is found in len bytes of a frame, in a heap block of just that size; *at and *packet as the
 * function leaves them. */
static enum pcap_frame find(struct pcap_packet *packet, uint16_t link_type, const uint8_t *frame,
	size_t len, size_t *at)
{
	const struct pcap_interface interface = {.link_type = link_type};
	uint8_t *bytes = malloc(len ? len : 1);
	enum pcap_frame result;

	memcpy(bytes, frame, len);
	*packet = (struct pcap_packet){
		.bytes = bytes, .len = len, .whole_len = len, .interface = &interface};
	result = pcap_frame_find_ip(packet, at);
	free(bytes);
	return result;
}

/* The frame has IP at ip_at; every piece of it that ends before that is too short to tell. */
static void assert_ip(uint16_t link_type, const uint8_t *frame, size_t len, size_t ip_at)
{
	struct pcap_packet packet;
	size_t at;

	assert_int_equal(find(&packet, link_type, frame, len, &at), PCAP_FRAME_IP);
	assert_int_equal(at, ip_at);
	for (size_t piece = 0; piece < ip_at; piece++)
		assert_int_equal(find(&packet, link_type, frame, piece, &at), PCAP_FRAME_SHORT);
}

static void assert_other(uint16_t link_type, const uint8_t *frame, size_t len)
{
	struct pcap_packet packet;
	size_t at;

	assert_int_equal(find(&packet, link_type, frame, len, &at), PCAP_FRAME_OTHER);
}

#define MACS 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12

static void ethernet_is_read_through_its_tags(void **state)
{
	static const uint8_t ipv4[] = {MACS, 8, 0}, ipv6[] = {MACS, 0x86, 0xdd};
	static const uint8_t tagged[] = {MACS, 0x81, 0, 0, 7, 8, 0};
	static const uint8_t twice[] = {MACS, 0x88, 0xa8, 0, 9, 0x81, 0, 0, 7, 0x86, 0xdd};
	static const uint8_t arp[] = {MACS, 8, 6}, length[] = {MACS, 0, 100};
	uint8_t many[12 + 4 * 12] = {MACS};

	(void)state;
	assert_ip(LINKTYPE_ETHERNET, ipv4, sizeof(ipv4), 14);
	assert_ip(LINKTYPE_ETHERNET, ipv6, sizeof(ipv6), 14);
	assert_ip(LINKTYPE_ETHERNET, tagged, sizeof(tagged), 18);
	assert_ip(LINKTYPE_ETHERNET, twice, sizeof(twice), 22);
	assert_other(LINKTYPE_ETHERNET, arp, sizeof(arp));
	assert_other(LINKTYPE_ETHERNET, length, sizeof(length));
	for (size_t i = 12; i < sizeof(many); i += 4)
		many[i] = 0x81; /* no end of tags */
	assert_other(LINKTYPE_ETHERNET, many, sizeof(many));
}

static void raw_ip_begins_at_once(void **state)
{
	static const uint16_t types[] = {
		LINKTYPE_RAW, LINKTYPE_RAW_BSD, LINKTYPE_RAW_OPENBSD, LINKTYPE_IPV4, LINKTYPE_IPV6};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_ip(types[i], (const uint8_t *)"E", 1, 0);
}

static void loopback_has_a_family_in_either_byte_order(void **state)
{
	static const uint8_t families[] = {2, 10, 24, 28, 30};

	(void)state;
	for (size_t i = 0; i < sizeof(families); i++) {
		const uint8_t little[] = {families[i], 0, 0, 0}, big[] = {0, 0, 0, families[i]};

		assert_ip(LINKTYPE_NULL, little, 4, 4);
		assert_ip(LINKTYPE_NULL, big, 4, 4);
		assert_ip(LINKTYPE_LOOP, big, 4, 4);
	}
	assert_other(LINKTYPE_NULL, (const uint8_t *)"\7\0\0\0", 4);
}

static void linux_cooked_tells_direction_and_device(void **state)
{
	uint8_t sll[20] = {0, 4, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6},
		sll2[24] = {0x86, 0xdd, 0, 0, 0, 0, 0, 3, 0, 1, 0};
	struct pcap_packet packet;
	size_t at;

	(void)state;
	sll[14] = 8;
	sll[15] = 0;
	assert_ip(LINKTYPE_LINUX_SLL, sll, 16, 16);
	assert_ip(LINKTYPE_LINUX_SLL2, sll2, 20, 20);
	find(&packet, LINKTYPE_LINUX_SLL, sll, 16, &at);
	assert_int_equal(packet.direction, PCAP_OUTBOUND);
	find(&packet, LINKTYPE_LINUX_SLL2, sll2, 20, &at);
	assert_int_equal(packet.direction, PCAP_INBOUND);
	assert_int_equal(packet.device, 3);
	sll2[10] = 3; /* from one host to another: it only passed by */
	find(&packet, LINKTYPE_LINUX_SLL2, sll2, 20, &at);
	assert_int_equal(packet.direction, PCAP_UNKNOWN);
	sll[14] = 8;
	sll[15] = 6;
	assert_other(LINKTYPE_LINUX_SLL, sll, 16);
	sll[14] = 0x81; /* a tag behind the header */
	sll[15] = 0;
	sll[18] = 8;
	assert_ip(LINKTYPE_LINUX_SLL, sll, 20, 20);
}

static void what_is_not_read_is_said(void **state)
{
	struct pcap_packet packet;
	size_t at;

	(void)state;
	assert_int_equal(find(&packet, 127, (const uint8_t *)"x", 1, &at), PCAP_FRAME_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ethernet_is_read_through_its_tags),
		cmocka_unit_test(raw_ip_begins_at_once),
		cmocka_unit_test(loopback_has_a_family_in_either_byte_order),
		cmocka_unit_test(linux_cooked_tells_direction_and_device),
		cmocka_unit_test(what_is_not_read_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
