/* SPDX-License-Identifier: BSD-3-Clause */
/* Evbuffers between two uses, a stack of them. In: those that somebody has done with. Out: empty
 * ones. An evbuffer that was emptied holds no memory, unless somebody has made room in it and not
 * used that. */

#include "tcp/spare_buffers.h"

struct evbuffer *spare_buffers_take(struct spare_buffers *spare)
{
	return spare->n > 0 ? spare->kept[--spare->n] : evbuffer_new();
}

void spare_buffers_give(struct spare_buffers *spare, struct evbuffer *buffer)
{
	if (spare->n == SPARE_BUFFERS_MAX) {
		evbuffer_free(buffer);
		return;
	}
	spare->kept[spare->n++] = buffer;
}

void spare_buffers_free(struct spare_buffers *spare)
{
	while (spare->n > 0)
		evbuffer_free(spare->kept[--spare->n]);
}
