/* SPDX-License-Identifier: BSD-3-Clause */
/* Judges preconditions. Input: the fields of a request, and the tag and the date of what is
 * there; output: what becomes of the request. Does not know where a representation, its tag or
 * its date come from, nor what a Range field says (http/range.h).
 *
 * Tags are compared as they are written: ours is well formed, so what equals it is, and no other
 * has to be understood but for its quotes, in which commas may stand. */
#include "http/conditions.h"

#include "http/date.h"

/* ---- entity-tags (RFC 9110 8.8.3) -------------------------------------------------------- */

enum conditions_comparison { CONDITIONS_STRONG, CONDITIONS_WEAK };

/* Takes the "W/" off a tag. Whether it was there. */
static int conditions_take_weak(struct http_text *tag)
{
	if (tag->len < 2 || tag->at[0] != 'W' || tag->at[1] != '/')
		return 0;
	*tag = (struct http_text){tag->at + 2, tag->len - 2};
	return 1;
}

/* RFC 9110 8.8.3.2: weakly the same are tags that differ in being weak at most, strongly the same
 * those of which none is. */
static int conditions_same_tag(
	struct http_text tag, const char *ours, enum conditions_comparison comparison)
{
	struct http_text other = {ours, strlen(ours)};
	int weak = conditions_take_weak(&tag) | conditions_take_weak(&other);

	return http_text_equal(tag, other.at) && (comparison == CONDITIONS_WEAK || !weak);
}

/* Length of the first member of a list of tags: up to a comma that is not in quotes. (A tag has
 * no escapes.) */
static size_t conditions_member(struct http_text list)
{
	int quoted = 0;
	size_t len = 0;

	for (; len < list.len && (quoted || list.at[len] != ','); len++)
		quoted ^= list.at[len] == '"';
	return len;
}

static int conditions_lists(
	struct http_text list, const char *ours, enum conditions_comparison comparison)
{
	if (http_text_equal(list, "*"))
		return 1;
	while (list.len > 0) {
		size_t len = conditions_member(list), used = len + (len < list.len);
		struct http_text member = http_text_trim((struct http_text){list.at, len});

		if (conditions_same_tag(member, ours, comparison))
			return 1;
		list = (struct http_text){list.at + used, list.len - used};
	}
	return 0;
}

/* ---- fields ------------------------------------------------------------------------------ */

/* How many fields of this name there are; *value is that of the last. */
static unsigned conditions_field(
	const struct http_request *request, const char *name, struct http_text *value)
{
	unsigned n = 0;

	for (unsigned i = 0; i < request->n_fields; i++) {
		if (http_text_equal_case(request->fields[i].name, name)) {
			*value = request->fields[i].value;
			n++;
		}
	}
	return n;
}

enum conditions_match { CONDITIONS_NOT_ASKED, CONDITIONS_DIFFERENT, CONDITIONS_SAME };

/* Whether a list of such a field has our tag, or is "*": there is anything (RFC 9110 13.1.1 and
 * 13.1.2). */
static enum conditions_match conditions_match(const struct http_request *request, const char *name,
	const char *ours, enum conditions_comparison comparison)
{
	enum conditions_match match = CONDITIONS_NOT_ASKED;

	for (unsigned i = 0; i < request->n_fields && match != CONDITIONS_SAME; i++)
		if (http_text_equal_case(request->fields[i].name, name))
			match = conditions_lists(request->fields[i].value, ours, comparison)
					? CONDITIONS_SAME
					: CONDITIONS_DIFFERENT;
	return match;
}

/* Whether there is a date that counts. RFC 9110 13.1.3 and 13.1.4: what is no date, or several,
 * is as if it were not there. */
static int conditions_date(
	const struct http_request *request, const char *name, uint64_t now_s, uint64_t *date_s)
{
	struct http_text value;

	return conditions_field(request, name, &value) == 1 &&
	       http_date_parse(value, now_s, date_s) == 0;
}

/* ---- together --------------------------------------------------------------------------- */

/* RFC 9110 13.2.2, the first two steps: is it what the client means? */
static int conditions_is_meant(
	const struct http_request *request, const struct http_representation *ours)
{
	enum conditions_match match =
		conditions_match(request, "If-Match", ours->etag, CONDITIONS_STRONG);
	uint64_t date_s;

	if (match != CONDITIONS_NOT_ASKED)
		return match == CONDITIONS_SAME;
	return !conditions_date(request, "If-Unmodified-Since", ours->now_s, &date_s) ||
	       ours->modified_s <= date_s;
}

/* RFC 9110 13.2.2, the next two: is it what the client does not have? */
static int conditions_is_new(
	const struct http_request *request, const struct http_representation *ours)
{
	enum conditions_match match =
		conditions_match(request, "If-None-Match", ours->etag, CONDITIONS_WEAK);
	uint64_t date_s;

	if (match != CONDITIONS_NOT_ASKED)
		return match == CONDITIONS_DIFFERENT;
	return !conditions_date(request, "If-Modified-Since", ours->now_s, &date_s) ||
	       ours->modified_s > date_s;
}

enum http_condition http_conditions_check(
	const struct http_request *request, const struct http_representation *representation)
{
	if (!conditions_is_meant(request, representation))
		return HTTP_CONDITION_FAILED;
	return conditions_is_new(request, representation) ? HTTP_CONDITION_HOLDS
							  : HTTP_CONDITION_NOT_MODIFIED;
}

int http_conditions_range_applies(
	const struct http_request *request, const struct http_representation *representation)
{
	uint64_t modified_s = representation->modified_s, date_s;
	struct http_text value;
	unsigned n = conditions_field(request, "If-Range", &value);

	if (n != 1)
		return n == 0;
	if (http_date_parse(value, representation->now_s, &date_s) == 0)
		return date_s == modified_s && modified_s < representation->now_s;
	return conditions_same_tag(value, representation->etag, CONDITIONS_STRONG);
}
