/* SPDX-License-Identifier: BSD-3-Clause */

/* The checks of the network around the device: who has our addresses, who has part of our
 * prefixes, and which way packets would go.
 *
 * In: facts. Out: findings. Whether an address or route of the kernel is in the way is
 * tun_check's judgement, which the daemon's start has, too; here is only said which it is, and
 * what follows from it. */

#include "link/doctor/checks.h"

#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

/* What tun_check says to a claim. */
static enum evtcp_tun_error doctor_conflict(
	const struct doctor_facts *facts, const struct doctor_claim *claim)
{
	struct rtnetlink_address address = {claim->index, claim->prefix, claim->network};
	struct rtnetlink_route route = {claim->index, claim->prefix};
	struct tun_failure failure = {0};
	struct tun_check check = facts->want;

	check.failure = &failure;
	if (claim->kind == DOCTOR_CLAIM_ADDRESS)
		tun_check_address(&address, &check);
	else if (claim->kind == DOCTOR_CLAIM_LOCAL)
		tun_check_local(&route, &check);
	else
		tun_check_route(&route, &check);
	return failure.error;
}

/* Which of the server's addresses is in prefix, or n_own. */
static unsigned doctor_own_in(const struct doctor_facts *facts, const struct prefix *prefix)
{
	unsigned i = 0;

	for (; i < facts->want.n_own; i++) {
		struct prefix alone = prefix_host(&facts->want.own[i]);

		if (prefix_overlaps(&alone, prefix))
			break;
	}
	return i;
}

/* Which of them has a prefix that overlaps, or n_own. */
static unsigned doctor_net_with(const struct doctor_facts *facts, const struct prefix *prefix)
{
	unsigned i = 0;

	while (i < facts->want.n_own && !prefix_overlaps(&facts->want.own[i], prefix))
		i++;
	return i;
}

/* A more special route than that to our prefix, through which the address goes elsewhere. */
static bool doctor_shadows(const struct doctor_facts *facts, const struct doctor_claim *claim)
{
	unsigned i = doctor_own_in(facts, &claim->prefix);

	return claim->kind == DOCTOR_CLAIM_ROUTE && i < facts->want.n_own &&
	       claim->prefix.len > facts->want.own[i].len;
}

/* The words for own[i], and for what of others is in its way. */
static void doctor_say(struct doctor_words *words, const struct doctor_facts *facts, unsigned i,
	const struct prefix *theirs, const char *device)
{
	struct prefix own = prefix_host(&facts->want.own[i]);
	struct prefix net = prefix_network(&facts->want.own[i]);
	const struct prefix *other =
		prefix_family(&own) == AF_INET ? &facts->free_ipv4 : &facts->free_ipv6;

	prefix_format(&own, words->own, sizeof(words->own));
	prefix_format(&net, words->net, sizeof(words->net));
	if (theirs)
		prefix_format(theirs, words->theirs, sizeof(words->theirs));
	if (other->len > 0)
		prefix_format(other, words->free, sizeof(words->free));
	snprintf(words->device, sizeof(words->device), "%s", device);
}

static const struct doctor_claim *doctor_taken(const struct doctor_facts *facts)
{
	for (unsigned i = 0; i < facts->n_claims; i++) {
		if (doctor_conflict(facts, &facts->claims[i]) == EVTCP_TUN_ADDRESS_TAKEN)
			return &facts->claims[i];
	}
	return NULL;
}

enum doctor_finding doctor_judge_address(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own)
{
	const struct doctor_claim *claim = doctor_taken(facts);
	struct prefix alone;

	if (!claim)
		return DOCTOR_ADDRESS_FINE;
	alone = claim->kind == DOCTOR_CLAIM_ADDRESS ? prefix_host(&claim->prefix) : claim->prefix;
	*own = doctor_own_in(facts, &alone);
	doctor_say(words, facts, *own, &claim->prefix, claim->device);
	return claim->kind == DOCTOR_CLAIM_ADDRESS && claim->index == facts->want.index
		       ? DOCTOR_ADDRESS_ON_TUN
		       : DOCTOR_ADDRESS_TAKEN;
}

enum doctor_finding doctor_judge_prefix(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own)
{
	for (unsigned i = 0; i < facts->n_claims; i++) {
		const struct doctor_claim *claim = &facts->claims[i];
		bool address = claim->kind == DOCTOR_CLAIM_ADDRESS;

		if (doctor_conflict(facts, claim) != EVTCP_TUN_PREFIX_OVERLAP ||
			doctor_shadows(facts, claim))
			continue;
		*own = doctor_net_with(facts, &claim->prefix);
		if (*own == facts->want.n_own)
			*own = doctor_net_with(facts, &claim->network);
		if (*own == facts->want.n_own)
			*own = 0; /* only the kernel's side is concerned */
		doctor_say(words, facts, *own, &claim->prefix,
			claim->device[0] ? claim->device : "nowhere");
		return address ? DOCTOR_PREFIX_OVERLAP : DOCTOR_PREFIX_ROUTED;
	}
	return doctor_taken(facts) ? DOCTOR_NOTHING : DOCTOR_PREFIX_FINE;
}

enum doctor_finding doctor_judge_ipv6(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own)
{
	for (unsigned i = 0; i < facts->want.n_own; i++) {
		if (prefix_family(&facts->want.own[i]) == AF_INET)
			continue;
		*own = i;
		doctor_say(words, facts, i, NULL, "");
		if (!facts->has_ipv6)
			return DOCTOR_IPV6_NONE;
		return facts->ipv6_disabled ? DOCTOR_IPV6_DISABLED : DOCTOR_IPV6_FINE;
	}
	return DOCTOR_NOTHING;
}

/* The way that the kernel itself names, to own[i]. */
static enum doctor_finding doctor_judge_way(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned i)
{
	const struct doctor_way *way = &facts->ways[i];

	if (way->error == 0 && way->index == facts->link.index)
		return DOCTOR_ROUTE_FINE;
	doctor_say(words, facts, i, &way->destination, way->device);
	if (way->error != 0)
		return DOCTOR_ROUTE_MISSING;
	if (way->table != RT_TABLE_MAIN && way->table != RT_TABLE_UNSPEC)
		return DOCTOR_ROUTE_RULED;
	/* A wider one, as the default route, does not hide ours but shows that there is none. */
	return way->destination.len < facts->want.own[i].len ? DOCTOR_ROUTE_MISSING
							     : DOCTOR_ROUTE_SHADOWED;
}

/* The kernel's side has an address in the prefix of own[i], and by that a route; else that is what
 * is wrong. */
static bool doctor_has_route(const struct doctor_facts *facts, unsigned i)
{
	for (unsigned h = 0; h < facts->want.n_host; h++) {
		if (facts->host_found[h] &&
			prefix_overlaps(&facts->want.host[h], &facts->want.own[i]))
			return true;
	}
	return false;
}

enum doctor_finding doctor_judge_route(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own)
{
	for (unsigned i = 0; i < facts->n_claims; i++) {
		const struct doctor_claim *claim = &facts->claims[i];

		if (doctor_conflict(facts, claim) != EVTCP_TUN_PREFIX_OVERLAP ||
			!doctor_shadows(facts, claim))
			continue;
		*own = doctor_own_in(facts, &claim->prefix);
		doctor_say(words, facts, *own, &claim->prefix, claim->device);
		return claim->device[0] ? DOCTOR_ROUTE_SHADOWED : DOCTOR_ROUTE_NOWHERE;
	}
	if (!facts->link.is_tun || !facts->link.up || doctor_taken(facts))
		return DOCTOR_NOTHING;
	for (unsigned i = 0; i < facts->want.n_own; i++) {
		enum doctor_finding finding = doctor_has_route(facts, i)
						      ? doctor_judge_way(facts, words, i)
						      : DOCTOR_NOTHING;

		*own = i;
		if (finding != DOCTOR_ROUTE_FINE)
			return finding;
	}
	return DOCTOR_ROUTE_FINE;
}

/* Only of IPv4. What comes from the server is refused if what goes there would leave by another
 * interface (RFC 3704 2.2); that can be although clients' packets take the right way, where rules
 * look at more than the address. Where they do not, the route is what is to be mended. */
enum doctor_finding doctor_judge_rp_filter(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own)
{
	if (!facts->link.is_tun || !facts->link.up)
		return DOCTOR_NOTHING;
	if (facts->rp_filter != 1)
		return facts->rp_filter == 0 ? DOCTOR_RP_OFF : DOCTOR_RP_LOOSE;
	for (unsigned i = 0; i < facts->want.n_own; i++) {
		if (facts->ways[i].back == 0 || facts->ways[i].error != 0 ||
			facts->ways[i].index != facts->link.index)
			continue;
		*own = i;
		doctor_say(words, facts, i, NULL, "");
		return DOCTOR_RP_IN_THE_WAY;
	}
	return DOCTOR_RP_STRICT;
}
