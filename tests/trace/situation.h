/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SITUATION_H
#define SITUATION_H

/* Where a segment finds us: the eleven states; SYN-RECEIVED is three (MUST-11, RFC 7413), and
 * ESTABLISHED two. */
enum situation {
	IN_CLOSED,
	IN_LISTEN,
	IN_SYN_SENT,
	IN_SYN_RECEIVED,        /* after a passive open */
	IN_SYN_RECEIVED_ACTIVE, /* after both sides sent SYN */
	IN_SYN_RECEIVED_FAST,   /* after a SYN with a Fast Open cookie; an answer is in flight */
	IN_ESTABLISHED,
	IN_FIN_WAIT_1,
	IN_FIN_WAIT_2,
	IN_CLOSE_WAIT,
	IN_CLOSING,
	IN_LAST_ACK,
	IN_TIME_WAIT,
	IN_ZERO_WINDOW, /* ESTABLISHED, and our window is closed */
	N_SITUATIONS
};

#endif
