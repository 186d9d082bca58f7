/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_OPTIONS_TABLE_H
#define EVTCPD_OPTIONS_TABLE_H

/* The one table of options: the parser and --help read it, so that neither can know
 * an option the other does not.
 *
 *   X(ID, LETTER, "long-name", ARGUMENT, DEFAULT, "meaning")
 *
 * ID        options_set_ID in options.c stores it
 * LETTER    of the short form, 0 if there is none
 * ARGUMENT  its name in --help, NULL for an option that takes none
 * DEFAULT   as --help shows it, NULL where there is nothing to say */

// clang-format off
#define OPTIONS(X) \
	X(tun, 'i', "tun", "NAME", "tun0", \
		"TUN device; made if it does not exist") \
	X(address, 'a', "address", "ADDR/PREFIX", "10.0.0.2/24", \
		"the server's address; repeatable") \
	X(host_address, 'g', "host-address", "ADDR", "first free host of each prefix", \
		"the kernel's side of the TUN; repeatable") \
	X(port, 'p', "port", "PORT", "80", \
		"HTTP port; repeatable") \
	X(mtu, 0, "mtu", "N", "1500", \
		"MTU of the TUN, 68 to 65535 bytes") \
	X(no_offload, 0, "no-offload", NULL, NULL, \
		"one packet per segment, checksums in software (always so yet)") \
	X(cc, 0, "cc", "NAME", "newreno", \
		"congestion control: newreno") \
	X(msl, 0, "msl", "SECONDS", "30", \
		"maximum segment lifetime, decimals allowed; TIME-WAIT is twice that") \
	X(rto_min, 0, "rto-min", "MS", "200", \
		"smallest retransmission timeout") \
	X(rto_max, 0, "rto-max", "MS", "120000", \
		"largest retransmission timeout") \
	X(fault, 0, "fault", "FILE", NULL, \
		"fault script: which segments the link loses") \
	X(pcap, 0, "pcap", "FILE", NULL, \
		"pcapng capture, the stack's cause as comment on each packet") \
	X(ladder, 0, "ladder", NULL, NULL, \
		"draw each connection's segments as a ladder on stderr") \
	X(user, 0, "user", "NAME", "nobody", \
		"who to become once everything is open, when started by root") \
	X(access_log, 0, "access-log", "FILE", "off", \
		"one line per request in Combined Log Format; '-' is stderr") \
	X(limit, 0, "limit", "NAME=VALUE", NULL, \
		"set a limit; repeatable; '--limit help' lists them") \
	X(verbose, 'v', "verbose", NULL, NULL, \
		"log more: drops and states; twice: every event") \
	X(quiet, 'q', "quiet", NULL, NULL, \
		"log less: warnings and errors; twice: errors only") \
	X(help, 0, "help", NULL, NULL, \
		"print this and exit") \
	X(version, 0, "version", NULL, NULL, \
		"print the version and exit")
// clang-format on

#endif
