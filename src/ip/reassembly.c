/* SPDX-License-Identifier: BSD-3-Clause */

/* All datagrams of which only a part has come.
 *
 *      datagrams   by (source, destination, ID, and for IPv4 protocol) under a secret key
 *      ipv4, ipv6  the same, oldest first: who is next to time out or to give way
 *
 * In: fragments that ip_input found sound. Out: whole packets, with the header of their
 * first fragment, lengths and checksum made right.
 *
 * A datagram that was refused leaves its key behind until its time is over, so that what is
 * still under way of it is refused as well (RFC 5722 4 rule 2); that is a table entry without
 * fragments, and gives way like any other.
 *
 * It sends nothing and reads no clock: what is overdue is asked for. The fragments
 * themselves are in fragments.c. */

#include "ip/reassembly.h"

#include "util/memory.h"
#include "wire/address.h"
#include "wire/bytes.h"
#include "wire/checksum.h"

#include <assert.h>

struct datagram_key {
	struct evtcp_addr src, dst;
	uint32_t id;
	uint32_t protocol; /* 0 for IPv6: RFC 8200 4.5 rule 1 */
};

struct reassembly_datagram {
	struct hash_node by_key;
	struct list_node by_age;
	struct datagram_key key;
	struct fragments fragments;
	uint64_t due_us;
	uint32_t arrivals;            /* of its source's counter, when its latest fragment came */
	uint16_t next_header_at;      /* IPv6: of the first fragment */
	uint8_t ecn_seen;             /* a bit for each codepoint (RFC 3168 5.3) */
	enum evtcp_cause refused_for; /* NONE: it is not */
};

/* ECN codepoints, RFC 3168 5. */
enum { NOT_ECT = 0, CE = 3 };

void reassembly_init(struct reassembly *r, const struct evtcp_world *world,
	const struct reassembly_limits *limits)
{
	*r = (struct reassembly){.world = world, .limits = *limits};
	keyed_hash_init(&r->hash, world);
	hash_table_init(&r->datagrams, world);
	list_init(&r->ipv4);
	list_init(&r->ipv6);
}

static struct reassembly_datagram *oldest_of(const struct list *list)
{
	struct list_node *node = list_first(list);

	return node ? container_of(node, struct reassembly_datagram, by_age) : NULL;
}

void reassembly_free(struct reassembly *r)
{
	struct reassembly_datagram *datagram;

	while ((datagram = oldest_of(&r->ipv4)) || (datagram = oldest_of(&r->ipv6)))
		reassembly_drop(r, datagram);
	hash_table_free(&r->datagrams);
}

void reassembly_release(struct reassembly *r, uint8_t *whole)
{
	memory_free(r->world, whole);
}

/* ---- the table ------------------------------------------------------------------ */

static bool is_ipv4(const struct reassembly_datagram *datagram)
{
	return address_is_ipv4(&datagram->key.src);
}

static uint64_t lifetime_us(const struct reassembly_datagram *datagram)
{
	return is_ipv4(datagram) ? REASSEMBLY_IPV4_US : REASSEMBLY_IPV6_US;
}

static void empty(struct reassembly *r, struct reassembly_datagram *datagram)
{
	r->bytes -= datagram->fragments.footprint;
	fragments_clear(&datagram->fragments, r->world);
}

void reassembly_drop(struct reassembly *r, struct reassembly_datagram *datagram)
{
	empty(r, datagram);
	r->bytes -= sizeof(*datagram);
	hash_table_remove(&r->datagrams, &datagram->by_key);
	list_remove(&datagram->by_age);
	memory_free(r->world, datagram);
}

/* Nothing more of it, whatever comes. */
static enum evtcp_cause refuse(
	struct reassembly *r, struct reassembly_datagram *datagram, enum evtcp_cause cause)
{
	empty(r, datagram);
	datagram->refused_for = cause;
	return cause;
}

static void make_key(struct datagram_key *key, const struct ip_view *view)
{
	memset(key, 0, sizeof(*key)); /* it is hashed as bytes */
	key->src = view->src;
	key->dst = view->dst;
	key->id = view->fragment.id;
	key->protocol = address_is_ipv4(&view->src) ? view->protocol : 0;
}

static struct reassembly_datagram *find(
	const struct reassembly *r, const struct datagram_key *key, uint64_t hash)
{
	struct hash_node *node = hash_table_first(&r->datagrams, hash);

	for (; node; node = hash_table_next(node)) {
		struct reassembly_datagram *datagram =
			container_of(node, struct reassembly_datagram, by_key);

		if (memcmp(&datagram->key, key, sizeof(*key)) == 0)
			return datagram;
	}
	return NULL;
}

static struct reassembly_datagram *create(
	struct reassembly *r, const struct datagram_key *key, uint64_t hash, uint64_t now)
{
	struct reassembly_datagram *datagram = memory_zalloc(r->world, sizeof(*datagram));

	if (!datagram)
		return NULL;
	datagram->key = *key;
	if (hash_table_insert(&r->datagrams, &datagram->by_key, hash) == -1) {
		memory_free(r->world, datagram);
		return NULL;
	}
	datagram->due_us = now + lifetime_us(datagram);
	list_push(is_ipv4(datagram) ? &r->ipv4 : &r->ipv6, &datagram->by_age);
	r->bytes += sizeof(*datagram);
	return datagram;
}

/* ---- limits ---------------------------------------------------------------------- */

static uint64_t began_at(const struct reassembly_datagram *datagram)
{
	return datagram->due_us - lifetime_us(datagram);
}

/* The one that waits longest, but not `except`. */
static struct reassembly_datagram *find_victim(
	const struct reassembly *r, const struct reassembly_datagram *except)
{
	const struct list *lists[] = {&r->ipv4, &r->ipv6};
	struct reassembly_datagram *victim = NULL;

	for (int i = 0; i < 2; i++) {
		struct list_node *node = lists[i]->head.next;
		struct reassembly_datagram *oldest;

		if (except && node == &except->by_age)
			node = node->next;
		if (node == &lists[i]->head)
			continue;
		oldest = container_of(node, struct reassembly_datagram, by_age);
		if (!victim || began_at(oldest) < began_at(victim))
			victim = oldest;
	}
	return victim;
}

static bool is_over(const struct reassembly *r, uint64_t bytes, uint32_t datagrams)
{
	const struct reassembly_limits *limits = &r->limits;

	return (limits->bytes != 0 && r->bytes + bytes > limits->bytes) ||
	       (limits->datagrams != 0 && r->datagrams.len + datagrams > limits->datagrams);
}

/* Makes room for so much more; false if what others hold does not suffice. */
static bool make_room(struct reassembly *r, const struct reassembly_datagram *except,
	uint64_t bytes, struct reassembly_news *news)
{
	while (is_over(r, bytes, except ? 0 : 1)) {
		struct reassembly_datagram *victim = find_victim(r, except);

		if (!victim)
			return false;
		news->gave_way += victim->refused_for == EVTCP_CAUSE_NONE;
		reassembly_drop(r, victim);
	}
	return true;
}

/* The counter of a source's fragments. Others may share it, which only makes a distance
 * seem longer; who they are, only the key knows. */
static uint32_t *arrivals_of(struct reassembly *r, const struct evtcp_addr *src)
{
	uint64_t hash = keyed_hash(&r->hash, src->bytes, sizeof(src->bytes));

	return &r->arrivals[hash % REASSEMBLY_SOURCES];
}

/* The datagram that view belongs to; a new one if there is none, or none that can still
 * be the same. NULL with *cause set if there cannot be one. */
static struct reassembly_datagram *find_or_create(struct reassembly *r, const struct ip_view *view,
	uint64_t now, struct reassembly_news *news, enum evtcp_cause *cause)
{
	struct datagram_key key;
	uint64_t hash;
	struct reassembly_datagram *datagram;
	uint32_t arrivals = ++*arrivals_of(r, &view->src);

	make_key(&key, view);
	hash = keyed_hash(&r->hash, &key, sizeof(key));
	datagram = find(r, &key, hash);
	if (datagram && is_ipv4(datagram) &&
		arrivals - datagram->arrivals > REASSEMBLY_MAX_DISTANCE) {
		news->stale = datagram->refused_for == EVTCP_CAUSE_NONE;
		reassembly_drop(r, datagram);
		datagram = NULL;
	}
	*cause = EVTCP_CAUSE_IP_FRAGMENT_LIMIT;
	if (!datagram && make_room(r, NULL, sizeof(*datagram), news)) {
		*cause = EVTCP_CAUSE_NO_MEMORY;
		datagram = create(r, &key, hash, now);
	}
	if (datagram)
		datagram->arrivals = arrivals;
	return datagram;
}

/* ---- the whole --------------------------------------------------------------------- */

/* RFC 3168 5.3 rules 1 to 3: congestion that one fragment has met, the datagram has met. */
static uint8_t whole_tos(const struct reassembly_datagram *datagram, uint8_t tos)
{
	return datagram->ecn_seen & 1u << CE ? tos | CE : tos;
}

static void finish_ipv4(
	const struct reassembly_datagram *datagram, uint8_t *whole, size_t header_len, size_t len)
{
	struct checksum sum;

	whole[1] = whole_tos(datagram, whole[1]);
	bytes_put16(whole + 2, (uint16_t)len);
	bytes_put16(whole + 6, 0);
	bytes_put16(whole + 10, 0);
	checksum_init(&sum);
	checksum_add(&sum, whole, header_len);
	bytes_put16(whole + 10, checksum_finish(&sum));
}

/* The fragment header is gone: what named it names what it named (RFC 8200 4.5 rule 2). */
static void finish_ipv6(const struct reassembly_datagram *datagram, uint8_t *whole,
	const uint8_t *fragment_header, size_t len)
{
	uint8_t class_ = (uint8_t)(whole[0] << 4 | whole[1] >> 4);

	class_ = whole_tos(datagram, class_);
	whole[0] = (uint8_t)(0x60 | class_ >> 4);
	whole[1] = (uint8_t)(class_ << 4 | (whole[1] & 15));
	bytes_put16(whole + 4, (uint16_t)(len - IPV6_HEADER));
	whole[datagram->next_header_at] = fragment_header[0];
}

/* Builds the whole packet and forgets its fragments. */
static enum evtcp_cause assemble(
	struct reassembly *r, struct reassembly_datagram *datagram, struct reassembly_news *news)
{
	uint32_t header_len, first_len;
	const uint8_t *first = fragments_first(&datagram->fragments, &header_len, &first_len);
	bool ipv4 = is_ipv4(datagram);
	size_t kept = ipv4 ? header_len : header_len - 8, len = kept + datagram->fragments.end;
	size_t most = ipv4 ? IPV4_PACKET_MAX : IPV6_HEADER + IPV6_PAYLOAD_MAX;

	if (len > most) /* the first has more headers than the last, ATTACKS R02 */
		return refuse(r, datagram, EVTCP_CAUSE_IP_FRAGMENT_MALFORMED);
	news->whole = memory_alloc(r->world, len);
	if (!news->whole) {
		reassembly_drop(r, datagram);
		return EVTCP_CAUSE_NO_MEMORY;
	}
	news->len = len;
	memcpy(news->whole, first, kept);
	fragments_copy(&datagram->fragments, news->whole + kept);
	if (ipv4)
		finish_ipv4(datagram, news->whole, header_len, len);
	else
		finish_ipv6(datagram, news->whole, first + kept, len);
	reassembly_drop(r, datagram);
	return EVTCP_CAUSE_NONE;
}

/* ---- a fragment ---------------------------------------------------------------------- */

static enum evtcp_cause cause_of(enum fragments_verdict verdict)
{
	switch (verdict) {
	case FRAGMENTS_KEPT:
		return EVTCP_CAUSE_IP_FRAGMENT;
	case FRAGMENTS_DUPLICATE:
		return EVTCP_CAUSE_IP_FRAGMENT_DUPLICATE;
	case FRAGMENTS_OVERLAP:
		return EVTCP_CAUSE_IP_FRAGMENT_OVERLAP;
	case FRAGMENTS_IMPOSSIBLE:
		return EVTCP_CAUSE_IP_FRAGMENT_MALFORMED;
	case FRAGMENTS_TOO_MANY:
		return EVTCP_CAUSE_IP_FRAGMENT_LIMIT;
	case FRAGMENTS_NO_MEMORY:
		break;
	}
	return EVTCP_CAUSE_NO_MEMORY;
}

static bool is_fatal(enum fragments_verdict verdict)
{
	return verdict == FRAGMENTS_OVERLAP || verdict == FRAGMENTS_IMPOSSIBLE ||
	       verdict == FRAGMENTS_TOO_MANY;
}

static enum evtcp_cause keep(struct reassembly *r, struct reassembly_datagram *datagram,
	const struct ip_view *view, struct reassembly_news *news)
{
	uint32_t limit = r->limits.fragments == 0 ? UINT32_MAX : r->limits.fragments;
	struct fragment fragment = {.offset = view->fragment.offset,
		.len = (uint32_t)view->packet_len - view->fragment.header_len,
		.more = view->fragment.more,
		.header_len = view->fragment.header_len,
		.packet = view->packet};
	uint32_t before = datagram->fragments.footprint;
	enum fragments_verdict verdict;

	if (!make_room(r, datagram, fragments_cost(&datagram->fragments, &fragment), news))
		return refuse(r, datagram, EVTCP_CAUSE_IP_FRAGMENT_LIMIT);
	verdict = fragments_add(&datagram->fragments, &fragment, limit, r->world);
	r->bytes += datagram->fragments.footprint - before;
	if (verdict == FRAGMENTS_KEPT && fragment.offset == 0)
		datagram->next_header_at = view->fragment.next_header_at;
	return is_fatal(verdict) ? refuse(r, datagram, cause_of(verdict)) : cause_of(verdict);
}

enum evtcp_cause reassembly_add(struct reassembly *r, const struct ip_view *view, uint64_t now,
	struct reassembly_news *news)
{
	struct reassembly_datagram *datagram;
	enum evtcp_cause cause;

	*news = (struct reassembly_news){0};
	datagram = find_or_create(r, view, now, news, &cause);
	if (!datagram)
		return cause;
	if (datagram->refused_for != EVTCP_CAUSE_NONE)
		return datagram->refused_for;
	datagram->ecn_seen |= (uint8_t)(1u << (view->tos & 3));
	if ((datagram->ecn_seen & (1u << NOT_ECT | 1u << CE)) == (1u << NOT_ECT | 1u << CE))
		return refuse(r, datagram, EVTCP_CAUSE_IP_FRAGMENT_ECN);
	cause = keep(r, datagram, view, news);
	if (cause != EVTCP_CAUSE_IP_FRAGMENT || !fragments_are_complete(&datagram->fragments))
		return cause;
	return assemble(r, datagram, news);
}

/* ---- time -------------------------------------------------------------------------- */

uint64_t reassembly_next_deadline(const struct reassembly *r)
{
	const struct reassembly_datagram *ipv4 = oldest_of(&r->ipv4), *ipv6 = oldest_of(&r->ipv6);
	uint64_t due = ipv4 ? ipv4->due_us : UINT64_MAX;

	return ipv6 && ipv6->due_us < due ? ipv6->due_us : due;
}

struct reassembly_datagram *reassembly_overdue(const struct reassembly *r, uint64_t now)
{
	struct reassembly_datagram *ipv4 = oldest_of(&r->ipv4), *ipv6 = oldest_of(&r->ipv6);

	if (ipv4 && ipv4->due_us <= now)
		return ipv4;
	return ipv6 && ipv6->due_us <= now ? ipv6 : NULL;
}

bool reassembly_is_refused(const struct reassembly_datagram *datagram)
{
	return datagram->refused_for != EVTCP_CAUSE_NONE;
}

const uint8_t *reassembly_first_packet(const struct reassembly_datagram *datagram, size_t *len)
{
	uint32_t header_len, data_len;
	const uint8_t *first = fragments_first(&datagram->fragments, &header_len, &data_len);

	if (first)
		*len = (size_t)header_len + data_len;
	return first;
}

/* ---- invariants ---------------------------------------------------------------------- */

static uint64_t check_list(const struct list *list, uint32_t *n)
{
	uint64_t bytes = 0, due = 0;
	const struct list_node *node = list->head.next;

	for (; node != &list->head; node = node->next) {
		const struct reassembly_datagram *datagram =
			(const void *)((const char *)node -
				       offsetof(struct reassembly_datagram, by_age));

		fragments_check(&datagram->fragments);
		assert(datagram->due_us >= due && "oldest first");
		assert((!reassembly_is_refused(datagram) || datagram->fragments.n == 0) &&
			"nothing is kept of what was refused");
		assert(!fragments_are_complete(&datagram->fragments) && "complete ones have left");
		due = datagram->due_us;
		bytes += sizeof(*datagram) + datagram->fragments.footprint;
		++*n;
	}
	(void)due;
	return bytes;
}

void reassembly_check(const struct reassembly *r)
{
	uint32_t n = 0;
	uint64_t bytes = check_list(&r->ipv4, &n) + check_list(&r->ipv6, &n);

	assert(bytes == r->bytes && n == r->datagrams.len);
	assert(!is_over(r, 0, 0) && "within the limits");
	(void)bytes;
}
