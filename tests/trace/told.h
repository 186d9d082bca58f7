/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TOLD_H
#define TOLD_H

/* What the stack tells of itself: its events, in the words of a script. */

#include "play.h"

/* told_listen: from here on the events of the play's stack are kept, if its script asks for any: a
 * stack to which nobody listens is played as well. */
void told_listen(struct play *play);

/* told_check: whether the present line, of the verb told, is true of this moment. */
bool told_check(struct play *play, const struct flow *flow);

#endif
