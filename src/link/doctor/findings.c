/* SPDX-License-Identifier: BSD-3-Clause */

/* From a row of the table and the words of the case to what a person reads.
 *
 * In: "the TUN {name} is down". Out: "the TUN tun0 is down". */

#include "link/doctor/findings.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct doctor_row {
	enum evtcp_tun_verdict verdict;
	enum evtcp_tun_remedy remedy;
	const char *text, *mend;
};

#define DOCTOR_ROW(id, verdict, text, remedy, mend) \
	[DOCTOR_##id] = {EVTCP_TUN_##verdict, EVTCP_TUN_REMEDY_##remedy, text, mend},
static const struct doctor_row doctor_rows[] = {DOCTOR_FINDINGS(DOCTOR_ROW)};

/* X(field of struct doctor_words) */
// clang-format off
#define DOCTOR_WORDS(X) \
	X(name) X(name_or_default) X(free_name) X(device) \
	X(user) X(queues) X(mtu) X(has) \
	X(holder) X(holder_pid) \
	X(own) X(net) X(host) X(theirs) X(free) \
	X(owns) X(nets) X(hosts) X(host_commands) \
	X(error)
// clang-format on

static const char *doctor_word(const struct doctor_words *words, const char *name, size_t len)
{
#define DOCTOR_WORD(field) {#field, offsetof(struct doctor_words, field)},
	static const struct {
		const char *name;
		size_t offset;
	} fields[] = {DOCTOR_WORDS(DOCTOR_WORD)};
#undef DOCTOR_WORD

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strlen(fields[i].name) == len && memcmp(fields[i].name, name, len) == 0)
			return (const char *)words + fields[i].offset;
	}
	assert(!"a name in braces is a word");
	return "";
}

/* Names are anybody's: of interfaces, of processes. One that a shell would not take for a word
 * makes no command, and none may steer a terminal. */
static bool doctor_is_plain(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_.@+-";

	return name[0] != '-' && name[strspn(name, plain)] == '\0';
}

static void doctor_make_printable(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

static void doctor_fill(
	char *text, size_t size, const char *template, const struct doctor_words *words)
{
	size_t at = 0;

	text[0] = '\0';
	while (*template != '\0' && at < size) {
		size_t len = strcspn(template, "{}");

		if (*template == '{') {
			len = strcspn(++template, "}");
			at += (size_t)snprintf(
				text + at, size - at, "%s", doctor_word(words, template, len));
			template += len + 1;
			continue;
		}
		at += (size_t)snprintf(text + at, size - at, "%.*s", (int)len, template);
		template += len;
	}
}

void doctor_put(struct evtcp_tun_finding *found, enum doctor_finding finding,
	const struct doctor_words *words)
{
	const struct doctor_row *row = &doctor_rows[finding];

	found->verdict = row->verdict;
	found->remedy = row->remedy;
	doctor_fill(found->text, sizeof(found->text), row->text, words);
	doctor_make_printable(found->text);
	doctor_fill(found->mend, sizeof(found->mend), row->mend, words);
	if (!doctor_is_plain(words->name) || !doctor_is_plain(words->device) ||
		!doctor_is_plain(words->user))
		found->mend[0] = '\0';
}
