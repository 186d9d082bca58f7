/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVTCPD_OPTIONS_TABLE_H
#define EVTCPD_OPTIONS_TABLE_H

/* The one table of options: the parser, --help and the manual page read it, so that none
 * can know an option the others do not.
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
		"TUN device; created if it does not exist") \
	X(address, 'a', "address", "ADDR/PREFIX", "10.0.0.2/24 and fd00:e7::2/64", \
		"the server's address, IPv4 or IPv6; repeatable, any replaces both defaults") \
	X(host_address, 'g', "host-address", "ADDR", "first free address of each prefix", \
		"the kernel's side of the TUN; repeatable") \
	X(port, 'p', "port", "PORT", "80", \
		"HTTP port; repeatable") \
	X(root, 'r', "root", "DIR", "the built-in pages", \
		"serve the files below DIR; the pages remain below /_/") \
	X(mtu, 0, "mtu", "N", "1500", \
		"MTU of the TUN, 68 to 65535 bytes; below 1280 there is no IPv6") \
	X(no_offload, 0, "no-offload", NULL, NULL, \
		"one packet per segment, with its checksum, instead of many as one, which is faster; " \
		"so it is with what shows or changes packets: impair, fault, pcap, trace, ladder") \
	X(batch, 0, "batch", "N", "64", \
		"packets read before anything is answered, 1 to 1024; with 1 each is acknowledged by " \
		"itself") \
	X(workers, 0, "workers", "N", "1", \
		"threads that serve, 1 to 64, each with a queue of the TUN and connections of its own; " \
		"limits are shared out among them; not with impair, fault and ladder") \
	X(cc, 0, "cc", "NAME", "cubic", \
		"congestion control: cubic, newreno or bbr") \
	X(ecn, 0, "ecn", "KIND", "classic", \
		"ECN to agree to where a client asks: none, classic (RFC 3168), or accurate as well " \
		"(RFC 9768)") \
	X(fast_open, 0, "fast-open", NULL, NULL, \
		"TCP Fast Open (RFC 7413): take requests that come with the SYN; one may then be " \
		"served twice") \
	X(msl, 0, "msl", "SECONDS", "30", \
		"maximum segment lifetime, 0.001 to 3600; TIME-WAIT lasts twice that") \
	X(rto_min, 0, "rto-min", "MS", "200", \
		"shortest retransmission timeout, 1 to 3600000") \
	X(rto_max, 0, "rto-max", "MS", "120000", \
		"longest retransmission timeout, 1 to 3600000") \
	X(user_timeout, 0, "user-timeout", "S", "none", \
		"tell clients for how many seconds sent data may stay unacknowledged, and hear of " \
		"theirs (RFC 5482), 1 to 1966020") \
	X(impair, 0, "impair", "SPEC", NULL, \
		"make the link a bad one: loss, delay, rate, ...; '--impair help' explains SPEC") \
	X(fault, 0, "fault", "FILE", NULL, \
		"fault script: what happens to which segments and replies; '--fault help' explains " \
		"it") \
	X(fault_check, 0, "fault-check", "FILE", NULL, \
		"tell in plain words what the fault script in FILE does, and exit; '-' is stdin, here " \
		"and for --fault") \
	X(pcap, 0, "pcap", "FILE", NULL, \
		"write a pcapng capture, with the stack's reason as a comment on each packet; '-' is " \
		"stdout, where there is no COMMAND, as it is for the next two") \
	X(pcap_stack, 0, "pcap-stack", "FILE", NULL, \
		"the same as --pcap, before fault script and link emulator have done anything: what " \
		"the stack has sent, and what has reached it") \
	X(trace, 0, "trace", "FILE", NULL, \
		"write each event as a line of JSON, in the words of qlog where it has any; with the " \
		"record separators of RFC 7464 if FILE ends with .sqlog") \
	X(ladder, 0, "ladder", NULL, NULL, \
		"draw the segments of each connection as a ladder on stderr, as wide as the " \
		"terminal or COLUMNS") \
	X(user, 0, "user", "NAME", "nobody", \
		"the user to become once everything is open, when started as root") \
	X(sandbox, 0, "sandbox", "WHETHER", "on", \
		"once everything is open, give up all files and system calls that serving does not " \
		"take (Landlock, seccomp): on, off, or require, which does not serve where the " \
		"kernel cannot do that, and ends where another call is made") \
	X(control, 0, "control", "PATH", NULL, \
		"Unix socket by which evtcpctl looks into the daemon and changes it; only its owner " \
		"may connect") \
	X(access_log, 0, "access-log", "FILE", "off", \
		"log each request in Combined Log Format; '-' is stderr") \
	X(limit, 0, "limit", "NAME=VALUE", NULL, \
		"set a limit; repeatable; '--limit help' lists them all") \
	X(doctor, 0, "doctor", NULL, NULL, \
		"serve nobody: say what stands in the way of serving with these options, and the command " \
		"that mends it; changes nothing; status 0 if all is well, 1 if not") \
	X(verbose, 'v', "verbose", NULL, NULL, \
		"log drops and state changes as well; twice: every event") \
	X(quiet, 'q', "quiet", NULL, NULL, \
		"log warnings and errors only; twice: errors only") \
	X(help, 0, "help", NULL, NULL, \
		"print this help and exit") \
	X(version, 0, "version", NULL, NULL, \
		"print the version and exit")
// clang-format on

#endif
