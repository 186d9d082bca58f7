/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TCP_SND_TUNE_H
#define TCP_SND_TUNE_H

/* Send buffer auto-tuning: how much of the application's output the send queue takes. */

#include "tcp/tcb.h"

/* snd_tune_on_ack: cwnd may have grown: so may snd_buf, to a multiple of that, up to
 * limits.send_buffer_max and never while memory is short. It never shrinks. */
void snd_tune_on_ack(struct tcb *tcb);

/* snd_tune_buffer: how many bytes the send queue may hold now: snd_buf, but no more than its
 * first size while memory is short. */
uint32_t snd_tune_buffer(const struct tcb *tcb);

#endif
