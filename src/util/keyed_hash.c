/* SPDX-License-Identifier: BSD-3-Clause */

/* SipHash-2-4 under a secret key, by libsodium.
 *
 * In: a key from the world's random bytes, and what to hash. Out: 64 bits that
 * nobody without the key can predict or make collide.
 *
 * What is hashed is laid out byte by byte, so that a run replays equally on a
 * machine of the other byte order. The key never leaves this struct. */

#include "util/keyed_hash.h"

#include <endian.h>
#include <sodium/crypto_shorthash.h>
#include <stdbool.h>
#include <string.h>

_Static_assert(
	crypto_shorthash_KEYBYTES == sizeof(((struct keyed_hash *)0)->key), "the key is SipHash's");

/* Two endpoints of address and port, then the salt. */
enum { ENDPOINT_BYTES = 18, IPV4_ENDPOINT_BYTES = 6, TUPLE_BYTES = 2 * ENDPOINT_BYTES + 8 };

void keyed_hash_init(struct keyed_hash *hash, const struct evtcp_world *world)
{
	world->random(world->arg, hash->key, sizeof(hash->key));
}

/* SipHash is a pseudorandom function: what it makes of two inputs that nobody else gives it is as
 * good as a key that was drawn. */
void keyed_hash_derive(struct keyed_hash *hash, const struct keyed_hash *secret, uint64_t purpose)
{
	uint8_t in[9];

	_Static_assert(sizeof(hash->key) == 2 * crypto_shorthash_BYTES, "two results are a key");
	for (int i = 0; i < 8; i++)
		in[i] = (uint8_t)(purpose >> (8 * i));
	for (uint8_t half = 0; half < 2; half++) {
		in[8] = half;
		crypto_shorthash(
			hash->key + half * crypto_shorthash_BYTES, in, sizeof(in), secret->key);
	}
}

/* The result's bytes are a little-endian number, as SipHash defines it. */
uint64_t keyed_hash(const struct keyed_hash *hash, const void *data, size_t len)
{
	uint8_t out[crypto_shorthash_BYTES];
	uint64_t value;

	_Static_assert(sizeof(value) == sizeof(out), "a hash is one number");
	crypto_shorthash(out, data, len, hash->key);
	memcpy(&value, out, sizeof(value));
	return le64toh(value);
}

static void put_endpoint(uint8_t *out, const struct evtcp_endpoint *endpoint)
{
	memcpy(out, endpoint->addr.bytes, sizeof(endpoint->addr.bytes));
	out[16] = (uint8_t)(endpoint->port >> 8);
	out[17] = (uint8_t)endpoint->port;
}

uint64_t keyed_hash_tuple(
	const struct keyed_hash *hash, const struct evtcp_tuple *tuple, uint64_t salt)
{
	uint8_t bytes[TUPLE_BYTES];

	put_endpoint(bytes, &tuple->local);
	put_endpoint(bytes + ENDPOINT_BYTES, &tuple->remote);
	for (int i = 0; i < 8; i++)
		bytes[2 * ENDPOINT_BYTES + i] = (uint8_t)(salt >> (8 * i));
	return keyed_hash(hash, bytes, sizeof(bytes));
}

/* What all IPv4 addresses begin with. */
static bool is_ipv4(const struct evtcp_endpoint *endpoint)
{
	static const uint8_t mapped[12] = {[10] = 0xff, 0xff};

	return memcmp(endpoint->addr.bytes, mapped, sizeof(mapped)) == 0;
}

static void put_ipv4_endpoint(uint8_t *out, const struct evtcp_endpoint *endpoint)
{
	memcpy(out, endpoint->addr.bytes + 12, 4);
	out[4] = (uint8_t)(endpoint->port >> 8);
	out[5] = (uint8_t)endpoint->port;
}

/* SipHash tells inputs of different lengths apart, so no flow of one family can be made to look
 * like one of the other. */
uint64_t keyed_hash_flow(const struct keyed_hash *hash, const struct evtcp_tuple *tuple)
{
	uint8_t bytes[2 * ENDPOINT_BYTES];

	if (is_ipv4(&tuple->local) && is_ipv4(&tuple->remote)) {
		put_ipv4_endpoint(bytes, &tuple->local);
		put_ipv4_endpoint(bytes + IPV4_ENDPOINT_BYTES, &tuple->remote);
		return keyed_hash(hash, bytes, 2 * IPV4_ENDPOINT_BYTES);
	}
	put_endpoint(bytes, &tuple->local);
	put_endpoint(bytes + ENDPOINT_BYTES, &tuple->remote);
	return keyed_hash(hash, bytes, sizeof(bytes));
}
