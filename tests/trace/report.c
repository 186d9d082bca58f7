/* SPDX-License-Identifier: BSD-3-Clause */

/* The report of a failure.
 *
 * Input: a performance that failed. Output: text on stdout and a pcapng file, in
 * which each packet's comment is the stack's reason. */

#include "report.h"

#include <evtcp/capture.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void report_sighting(const struct evtcp_observer *observer, const struct sighting *sighting)
{
	struct iovec iov = {sighting->octets, sighting->len};
	struct evtcp_packet packet = {.iov = &iov,
		.iovcnt = 1,
		.len = sighting->len,
		.at_us = sighting->at_us,
		.reason = sighting->reason};

	observer->packet(observer->arg, sighting->out ? EVTCP_WIRE_OUT : EVTCP_WIRE_IN, &packet);
}

/* Writes everything that passed the link to path; false if that cannot be done. */
static bool report_capture(const struct play *play, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct evtcp_capture *capture;
	struct evtcp_observer observer;
	struct world world;

	if (fd < 0)
		return false;
	world_init(&world, play->start_us);
	capture = evtcp_capture_new(fd, &world.ops);
	if (!capture) {
		close(fd);
		return false;
	}
	evtcp_capture_observer(capture, &observer);
	for (size_t i = 0; i < play->n_sightings; i++)
		report_sighting(&observer, &play->sightings[i]);
	evtcp_capture_free(capture);
	return true;
}

void report_failure(const struct play *play, const char *path, const char *directory)
{
	static const char *const links[VARIANT_LINKS] = {
		"no offload", "offload of checksums", "offload of segments"};
	char capture[4096];

	printf("FAILED %s:%u (IPv%d, %s, our ISN %u, the peer's %u): %s\n", path,
		play->failure.line, play->variant.ipv6 ? 6 : 4, links[play->variant.link],
		(unsigned)play->variant.iss, (unsigned)play->variant.irs, play->failure.why);
	if (play->line)
		printf("    the line  %s\n", play->line->text);
	printf("  the trace so far:\n%s", play->log ? play->log : "");
	snprintf(capture, sizeof(capture), "%s/%s.pcapng", directory, base_name(path));
	if (report_capture(play, capture))
		printf("  the same as a capture: %s\n", capture);
}
