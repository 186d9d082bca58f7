/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef REPORT_H
#define REPORT_H

/* What a person needs to see why a performance failed. */

#include "play.h"

/* report_failure: on stdout: the script's line, expected and actual, the trace so
 * far; and in directory a capture of it, named after the script, to open in
 * Wireshark. path is the script's. */
void report_failure(const struct play *play, const char *path, const char *directory);

#endif
