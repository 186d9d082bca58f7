/* SPDX-License-Identifier: BSD-3-Clause */

/* Comments. Input: strangers' text, or causes as link/capture.c writes them. Output: text for a
 * ladder; causes lose the words that the drawing says already. */

#include "ladder/comment.h"

#include "util/utf8.h"

#include <stdio.h>
#include <string.h>

/* Takes prefix from the beginning of text, if it stands there. */
static bool comment_strip(char *text, const char *prefix)
{
	size_t n = strlen(prefix);

	if (strncmp(text, prefix, n) != 0)
		return false;
	memmove(text, text + n, strlen(text + n) + 1);
	return true;
}

/* The first `from` in text becomes `to`, which is not longer. */
static void comment_replace(char *text, const char *from, const char *to)
{
	char *found = strstr(text, from);

	if (!found)
		return;
	memmove(found + strlen(to), found + strlen(from), strlen(found + strlen(from)) + 1);
	memcpy(found, to, strlen(to));
}

/* How many bytes of text are a span such as "204 ms" or "1.6 s", ended by ";" or the text's end. */
static size_t comment_span(const char *text)
{
	static const char *const units[] = {" us", " ms", " s"};
	size_t digits = strspn(text, "0123456789.");

	for (size_t i = 0; digits > 0 && i < sizeof(units) / sizeof(units[0]); i++) {
		size_t n = digits + strlen(units[i]);

		if (strncmp(text + digits, units[i], strlen(units[i])) == 0 &&
			(text[n] == '\0' || text[n] == ';'))
			return n;
	}
	return 0;
}

/* "RTO #1 after 204 ms" tells of a timer, and how long it ran. */
static void comment_find_timer(struct comment *comment)
{
	static const char after[] = " after ", timer[] = " timer";
	const char *found = strstr(comment->text, after), *end;
	size_t span = found ? comment_span(found + strlen(after)) : 0, n;

	if (span == 0 || span >= sizeof(comment->timer_span))
		return;
	n = (size_t)(found - comment->text);
	if (n + sizeof(timer) > sizeof(comment->timer) || memchr(comment->text, ';', n))
		return;
	memcpy(comment->timer_span, found + strlen(after), span);
	comment->timer_span[span] = '\0';
	memcpy(comment->timer, comment->text, n);
	comment->timer[n] = '\0';
	end = comment->timer + n - (n < strlen(timer) ? n : strlen(timer));
	if (strcmp(end, timer) != 0)
		memcpy(comment->timer + n, timer, sizeof(timer));
}

static void comment_read_cause(struct comment *comment)
{
	comment->is_cause = true;
	if (strcmp(comment->text, "accepted") == 0)
		comment->text[0] = '\0';
	comment_strip(comment->text, "accepted; ");
	comment->refused = strncmp(comment->text, "refused: ", strlen("refused: ")) == 0;
	if (comment_strip(comment->text, "sent: "))
		comment_find_timer(comment);
	comment_replace(comment->text, "lost on the way in: ", "lost: ");
	comment_replace(comment->text, "lost on the way out: ", "lost: ");
}

void comment_read(
	struct comment *comment, const struct pcap_packet *packet, bool is_evtcp, bool ascii_only)
{
	size_t at = 0, len, used = 0;
	const char *text;

	*comment = (struct comment){0};
	while (pcap_packet_comment(packet, &at, &text, &len)) {
		/* Two bytes for what parts them, and room for something behind that. */
		if (used > 0 && used + 8 < sizeof(comment->text)) {
			memcpy(comment->text + used, "; ", 3);
			used += 2;
		}
		utf8_clean(
			comment->text + used, sizeof(comment->text) - used, text, len, ascii_only);
		used += strlen(comment->text + used);
	}
	if (is_evtcp && comment->text[0])
		comment_read_cause(comment);
}
