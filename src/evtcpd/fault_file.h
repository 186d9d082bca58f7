/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_FAULT_FILE_H
#define EVTCPD_FAULT_FILE_H

/* The file of --fault. */

#include "evtcpd/exit_status.h"
#include "program/failure.h"
#include <evtcp/fault.h>
#include <stdio.h>

/* fault_file_load: reads and parses the script in the file at path ('-' is stdin), at most
 * FAULT_FILE_BYTES. The caller owns the result. NULL with *failure: what is wrong,
 * with line and column where the script is. */
#define FAULT_FILE_BYTES (1024 * 1024)
struct evtcp_fault_script *fault_file_load(
	const char *path, const struct evtcp_world *world, struct program_failure *failure);

/* fault_file_explain: writes each rule of script to file, and what it does, in plain words. */
void fault_file_explain(const struct evtcp_fault_script *script, FILE *file);

#endif
