/* SPDX-License-Identifier: BSD-3-Clause */

/* The fragments of one datagram, as an array of copies in the order of their offsets.
 *
 *      list   | 0..1480 | 1480..2960 |   missing   | 4440..5920, the last |
 *
 * In: fragments in any order. Out: one run of bytes when nothing is missing, or the word
 * that somebody plays games: fragments that overlap have no honest reason (RFC 5722 4 rule 1,
 * RFC 8200 4.5 rule 6; for IPv4 we are as strict), but for exact copies, which networks make.
 *
 * RFC 815 keeps a list of holes inside the buffer instead. That needs a buffer as large as
 * the datagram may become, before it is known; and a hole that is written twice is not
 * noticed. It knows no time, no addresses and no limit but the one it is given. */

#include "ip/fragments.h"

#include "util/memory.h"

#include <assert.h>

struct fragments_kept {
	uint32_t offset, len, header_len;
	bool more;
	uint8_t bytes[]; /* the header if offset is 0, then the data */
};

enum { FRAGMENTS_FIRST_CAPACITY = 4 };

static uint32_t kept_header(const struct fragments_kept *kept)
{
	return kept->offset == 0 ? kept->header_len : 0;
}

static uint32_t kept_end(const struct fragments_kept *kept)
{
	return kept->offset + kept->len;
}

static uint32_t kept_size(const struct fragments_kept *kept)
{
	return (uint32_t)sizeof(*kept) + kept_header(kept) + kept->len;
}

static uint32_t next_capacity(const struct fragments *f)
{
	if (f->n < f->capacity)
		return f->capacity;
	return f->capacity == 0 ? FRAGMENTS_FIRST_CAPACITY : 2 * f->capacity;
}

uint32_t fragments_cost(const struct fragments *f, const struct fragment *fragment)
{
	uint32_t slots = next_capacity(f) - f->capacity;
	uint32_t header = fragment->offset == 0 ? fragment->header_len : 0;

	return (uint32_t)(sizeof(struct fragments_kept) + slots * sizeof(struct fragments_kept *)) +
	       header + fragment->len;
}

/* Where it belongs: how many of those that are here begin before offset. */
static uint32_t find_place(const struct fragments *f, uint32_t offset)
{
	uint32_t low = 0, high = f->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (f->list[middle]->offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* RFC 8200 4.5 rule 6: an exact copy is no attack, only a network that says things twice. */
static bool is_copy(const struct fragments_kept *kept, const struct fragment *fragment)
{
	return kept->offset == fragment->offset && kept->len == fragment->len &&
	       kept->more == fragment->more &&
	       memcmp(kept->bytes + kept_header(kept), fragment->packet + fragment->header_len,
		       kept->len) == 0;
}

/* What the others say of it; place is where it would go. */
static enum fragments_verdict judge(
	const struct fragments *f, const struct fragment *fragment, uint32_t place)
{
	uint32_t end = fragment->offset + fragment->len;
	const struct fragments_kept *before = place > 0 ? f->list[place - 1] : NULL;
	const struct fragments_kept *after = place < f->n ? f->list[place] : NULL;

	if (after && is_copy(after, fragment))
		return FRAGMENTS_DUPLICATE;
	if ((before && kept_end(before) > fragment->offset) || (after && after->offset < end))
		return FRAGMENTS_OVERLAP;
	/* The last has nothing behind it, and there is one last. */
	if (!fragment->more && (f->end != 0 || after))
		return FRAGMENTS_IMPOSSIBLE;
	if (fragment->more && f->end != 0 && end > f->end)
		return FRAGMENTS_IMPOSSIBLE;
	return FRAGMENTS_KEPT;
}

static struct fragments_kept *copy_of(
	const struct fragment *fragment, const struct evtcp_world *world)
{
	uint32_t skip = fragment->offset == 0 ? 0 : fragment->header_len;
	size_t size = fragment->header_len - skip + fragment->len;
	struct fragments_kept *kept = memory_alloc(world, sizeof(*kept) + size);

	if (!kept)
		return NULL;
	kept->offset = fragment->offset;
	kept->len = fragment->len;
	kept->header_len = fragment->header_len;
	kept->more = fragment->more;
	memcpy(kept->bytes, fragment->packet + skip, size);
	return kept;
}

static bool make_room(struct fragments *f, const struct evtcp_world *world)
{
	uint32_t capacity = next_capacity(f);
	struct fragments_kept **list;

	if (capacity == f->capacity)
		return true;
	list = memory_realloc(world, f->list, capacity * sizeof(*list));
	if (!list)
		return false;
	f->footprint += (uint32_t)((capacity - f->capacity) * sizeof(*list));
	f->list = list;
	f->capacity = capacity;
	return true;
}

enum fragments_verdict fragments_add(struct fragments *f, const struct fragment *fragment,
	uint32_t limit, const struct evtcp_world *world)
{
	uint32_t place = find_place(f, fragment->offset);
	enum fragments_verdict verdict = judge(f, fragment, place);
	struct fragments_kept *kept;

	if (verdict != FRAGMENTS_KEPT)
		return verdict;
	if (f->n >= limit)
		return FRAGMENTS_TOO_MANY;
	if (!make_room(f, world))
		return FRAGMENTS_NO_MEMORY;
	kept = copy_of(fragment, world);
	if (!kept)
		return FRAGMENTS_NO_MEMORY;
	memmove(f->list + place + 1, f->list + place, (f->n - place) * sizeof(*f->list));
	f->list[place] = kept;
	f->n++;
	f->bytes += kept->len;
	f->footprint += kept_size(kept);
	if (!kept->more)
		f->end = kept_end(kept);
	return FRAGMENTS_KEPT;
}

bool fragments_are_complete(const struct fragments *f)
{
	return f->end != 0 && f->bytes == f->end; /* nothing overlaps, so nothing is missing */
}

const uint8_t *fragments_first(const struct fragments *f, uint32_t *header_len, uint32_t *len)
{
	if (f->n == 0 || f->list[0]->offset != 0)
		return NULL;
	*header_len = f->list[0]->header_len;
	*len = f->list[0]->len;
	return f->list[0]->bytes;
}

void fragments_copy(const struct fragments *f, uint8_t *out)
{
	assert(fragments_are_complete(f));
	for (uint32_t i = 0; i < f->n; i++) {
		const struct fragments_kept *kept = f->list[i];

		memcpy(out + kept->offset, kept->bytes + kept_header(kept), kept->len);
	}
}

void fragments_clear(struct fragments *f, const struct evtcp_world *world)
{
	for (uint32_t i = 0; i < f->n; i++)
		memory_free(world, f->list[i]);
	memory_free(world, f->list);
	*f = (struct fragments){0};
}

void fragments_check(const struct fragments *f)
{
	uint32_t bytes = 0, end = 0, footprint = (uint32_t)(f->capacity * sizeof(*f->list));

	for (uint32_t i = 0; i < f->n; i++) {
		assert(f->list[i]->offset >= end && "in order, none over another");
		assert(f->list[i]->len > 0);
		assert((f->list[i]->more || i == f->n - 1) && "nothing behind the last");
		end = kept_end(f->list[i]);
		bytes += f->list[i]->len;
		footprint += kept_size(f->list[i]);
	}
	assert(f->n <= f->capacity);
	assert(bytes == f->bytes && footprint == f->footprint);
	assert((f->end == 0 || f->end == end) && "the end is the last one's");
	(void)bytes;
	(void)footprint;
	(void)end;
}
