/* SPDX-License-Identifier: BSD-3-Clause */
/* Demultiplexing by 4-tuple. */

#include "tcp/demux.h"
#include "tcp/rest.h"
#include "util/fetch.h"
#include "wire/address.h"

uint64_t demux_hash(const struct tcp *tcp, const struct evtcp_tuple *tuple)
{
	return keyed_hash_flow(&tcp->hash_key, tuple);
}

struct tcb *demux_find_hashed(const struct tcp *tcp, const struct evtcp_tuple *tuple, uint64_t hash)
{
	struct hash_node *node = hash_table_first(&tcp->by_tuple, hash);

	for (; node != NULL; node = hash_table_next(node)) {
		struct tcb *tcb = container_of(node, struct tcb, by_tuple);
		if (endpoint_equal(&tcb->tuple.remote, &tuple->remote) &&
			endpoint_equal(&tcb->tuple.local, &tuple->local))
			return tcb;
	}
	return NULL;
}

struct tcb *demux_find(const struct tcp *tcp, const struct evtcp_tuple *tuple)
{
	return demux_find_hashed(tcp, tuple, demux_hash(tcp, tuple));
}

void demux_fetch_buckets(const struct tcp *tcp, uint64_t hash)
{
	hash_table_fetch_bucket(&tcp->by_tuple, hash);
	hash_table_fetch_bucket(&tcp->rest.by_tuple, hash);
}

void demux_fetch_nodes(const struct tcp *tcp, uint64_t hash)
{
	hash_table_fetch_node(&tcp->by_tuple, hash);
	hash_table_fetch_node(&tcp->rest.by_tuple, hash);
}

const struct tcb *demux_fetch_block(const struct tcp *tcp, uint64_t hash)
{
	struct hash_node *node = hash_table_first(&tcp->by_tuple, hash);

	if (node == NULL)
		return NULL;
	const struct tcb *tcb = container_of(node, struct tcb, by_tuple);
	fetch((const char *)tcb + TCB_OFTEN, TCB_OFTEN_END - TCB_OFTEN);
	return tcb;
}

int demux_insert(struct tcp *tcp, struct tcb *tcb, uint64_t hash)
{
	if (hash_table_insert(&tcp->by_tuple, &tcb->by_tuple, hash) == -1)
		return -1;
	tcb->reachable = 1;
	return 0;
}
