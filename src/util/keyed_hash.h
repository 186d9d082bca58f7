/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef UTIL_KEYED_HASH_H
#define UTIL_KEYED_HASH_H

/* SipHash-2-4 under a secret key (libsodium's crypto_shorthash): for ISNs (RFC
 * 6528), SYN cookies, timestamp offsets and hash tables. */

#include <evtcp/types.h>

struct keyed_hash {
	uint8_t key[16];
};

/* keyed_hash_init: draws a key from the world's random bytes. */
void keyed_hash_init(struct keyed_hash *hash, const struct evtcp_world *world);

/* keyed_hash_derive: a key for one purpose from a secret for all of them: the same for the same
 * secret and purpose, and no help in guessing the secret or the key of another purpose. */
void keyed_hash_derive(struct keyed_hash *hash, const struct keyed_hash *secret, uint64_t purpose);

/* keyed_hash: of len bytes at data; len small (tens of bytes). */
uint64_t keyed_hash(const struct keyed_hash *hash, const void *data, size_t len);

/* keyed_hash_tuple: of the tuple's addresses and ports, with salt mixed in. */
uint64_t keyed_hash_tuple(const struct keyed_hash *hash, const struct evtcp_tuple *tuple,
	uint64_t salt);

/* keyed_hash_flow: of the same, for tables: of IPv4 it hashes twelve octets, not 44. */
uint64_t keyed_hash_flow(const struct keyed_hash *hash, const struct evtcp_tuple *tuple);

#endif
