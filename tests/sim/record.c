/* SPDX-License-Identifier: BSD-3-Clause */

/* Digest, log and capture of a run.
 *
 * In: packets as they are sent and as they come. Out: 64 bits that two equal runs
 * have in common, lines of text, a pcapng file with each packet once, as it was
 * sent, in the simulation's time.
 *
 * After each packet the capture is written out: a run that ends in an assertion
 * leaves it whole. */

#include "record.h"

#include "packet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

/* Capture times count from 2020-01-01. */
#define EPOCH_US UINT64_C(1577836800000000)

static uint64_t record_now(void *arg)
{
	const struct record *record = arg;

	return *record->time_us;
}

static uint64_t record_wall(void *arg)
{
	return EPOCH_US + record_now(arg);
}

static void *record_alloc(void *arg, size_t size)
{
	(void)arg;
	return malloc(size);
}

static void *record_realloc(void *arg, void *ptr, size_t size)
{
	(void)arg;
	return realloc(ptr, size);
}

static void record_free_block(void *arg, void *ptr)
{
	(void)arg;
	free(ptr);
}

static int record_open_capture(struct record *record, const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		return -1;
	record->world = (struct evtcp_world){.now_us = record_now,
		.wall_us = record_wall,
		.alloc = record_alloc,
		.realloc = record_realloc,
		.free = record_free_block,
		.arg = record};
	record->capture = evtcp_capture_new(fd, &record->world);
	if (!record->capture) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	evtcp_capture_observer(record->capture, &record->observer);
	return 0;
}

int record_init(struct record *record, const uint64_t *time_us, FILE *log, const char *capture)
{
	*record = (struct record){.time_us = time_us, .log = log};
	return capture ? record_open_capture(record, capture) : 0;
}

void record_free(struct record *record)
{
	evtcp_capture_free(record->capture);
	record->capture = NULL;
}

static void record_digest(struct record *record, uint64_t head, const uint8_t *bytes, size_t len)
{
	uint64_t digest = rng_mix(record->digest, head);

	for (size_t i = 0; i < len; i += 8) {
		uint64_t word = 0;

		for (size_t j = i; j < len && j < i + 8; j++)
			word = word << 8 | bytes[j];
		digest = rng_mix(digest, word);
	}
	record->digest = digest;
}

void record_say(struct record *record, const char *format, ...)
{
	va_list arguments;

	if (!record->log)
		return;
	fprintf(record->log, "%14.6f  ", (double)*record->time_us / 1e6);
	va_start(arguments, format);
	vfprintf(record->log, format, arguments);
	va_end(arguments);
	fputc('\n', record->log);
}

static void record_say_packet(struct record *record, const char *what, const uint8_t *bytes,
	size_t len, const char *reason)
{
	struct packet packet;
	char text[PACKET_TEXT];
	const char *wrong = packet_parse(bytes, len, &packet);

	if (wrong && packet.source_port == 0)
		record_say(record, "%s  (%zu bytes, %s)  ; %s", what, len, wrong, reason);
	else
		record_say(record, "%s  %s  ; %s", what, packet_format(&packet, text, sizeof(text)),
			reason);
}

void record_sent(struct record *record, const struct host *host, const struct evtcp_packet *packet,
	const uint8_t *bytes, enum evtcp_cause lost)
{
	char reason[EVTCP_REASON_TEXT], what[24];

	record_digest(record, *record->time_us * 2 + host->index, bytes, packet->len);
	if (record->capture) {
		struct evtcp_packet shown = *packet;

		shown.at_us = *record->time_us;
		shown.fate = lost;
		record->observer.packet(
			record->observer.arg, lost ? EVTCP_DROPPED_OUT : EVTCP_WIRE_OUT, &shown);
		evtcp_capture_flush(record->capture);
	}
	if (!record->log)
		return;
	snprintf(what, sizeof(what), "%u sends%s", host->index, lost ? " (lost)" : "");
	evtcp_reason_format(&packet->reason, reason, sizeof(reason));
	record_say_packet(record, what, bytes, packet->len, reason);
}

void record_came(struct record *record, const struct host *host, const uint8_t *bytes, size_t len,
	const struct evtcp_reason *reason)
{
	char text[EVTCP_REASON_TEXT], what[16];

	if (!record->log)
		return;
	snprintf(what, sizeof(what), "%u gets ", host->index);
	record_say_packet(
		record, what, bytes, len, evtcp_reason_format(reason, text, sizeof(text)));
}
