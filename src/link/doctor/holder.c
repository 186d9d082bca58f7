/* SPDX-License-Identifier: BSD-3-Clause */

/* Who has a device open: the kernel says so of each descriptor, in /proc/PID/fdinfo.
 *
 * In: the name of a device. Out: a process, if this user may look at it. A device of the same name
 * in another network looks the same, so only processes of this network are asked. */

#include "link/doctor/facts.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* "iff:	tun0" in an fdinfo. */
static bool doctor_is_open_there(const char *path, const char *name)
{
	FILE *file = fopen(path, "re");
	char line[128], device[17];
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "iff: %16s", device) == 1 && strcmp(device, name) == 0;
	fclose(file);
	return found;
}

static bool doctor_holds(const char *pid, const char *name)
{
	char path[320];
	const struct dirent *entry;
	bool found = false;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%.16s/fdinfo", pid);
	directory = opendir(path);
	if (!directory)
		return false;
	while (!found && (entry = readdir(directory))) {
		snprintf(path, sizeof(path), "/proc/%.16s/fdinfo/%.255s", pid, entry->d_name);
		found = entry->d_name[0] != '.' && doctor_is_open_there(path, name);
	}
	closedir(directory);
	return found;
}

static bool doctor_same_network(const char *pid)
{
	struct stat mine, theirs;
	char path[48];

	snprintf(path, sizeof(path), "/proc/%.16s/ns/net", pid);
	return stat("/proc/self/ns/net", &mine) == 0 && stat(path, &theirs) == 0 &&
	       mine.st_ino == theirs.st_ino;
}

static void doctor_name_holder(struct doctor_facts *facts, const char *pid)
{
	char path[48], name[17] = "?";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	file = fopen(path, "re");
	if (file && !fgets(name, sizeof(name), file))
		name[0] = '\0';
	if (file)
		fclose(file);
	name[strcspn(name, "\n")] = '\0';
	facts->holder_pid = (unsigned)strtoul(pid, NULL, 10);
	snprintf(facts->holder, sizeof(facts->holder), "%s, process %u", name, facts->holder_pid);
}

void doctor_find_holder(struct doctor_facts *facts)
{
	const struct dirent *entry;
	DIR *proc;

	if (!facts->link.in_use && facts->link.queues == 0)
		return;
	proc = opendir("/proc");
	if (!proc)
		return;
	while (facts->holder_pid == 0 && (entry = readdir(proc))) {
		const char *pid = entry->d_name;

		if (pid[0] >= '1' && pid[0] <= '9' && doctor_same_network(pid) &&
			doctor_holds(pid, facts->want.name))
			doctor_name_holder(facts, pid);
	}
	closedir(proc);
}
