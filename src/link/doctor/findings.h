/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_DOCTOR_FINDINGS_H
#define LINK_DOCTOR_FINDINGS_H

/* The one table of what can be found, with its words and with what mends it:
 *
 *   X(ID, VERDICT, "what was found", REMEDY, "what mends it")
 *
 * A name in braces stands for a field of struct doctor_words. Of a remedy COMMAND, what stands
 * behind it is what root types; no two rows that are WRONG read alike. */

#include <evtcp/tun.h>

// clang-format off
#define DOCTOR_RECREATE \
	"ip tuntap add dev {name} mode tun {queues}user {user}{host_commands} && " \
	"ip link set {name} mtu {mtu} up"

#define DOCTOR_FINDINGS(X) \
	X(NODE_FINE, FINE, "/dev/net/tun can be opened", NONE, "") \
	X(NODE_MISSING, WRONG, "/dev/net/tun does not exist, though the kernel has the driver", COMMAND, \
		"mkdir -p /dev/net && mknod -m 0666 /dev/net/tun c 10 200") \
	X(NODE_NO_DRIVER, WRONG, "/dev/net/tun does not exist, and the TUN driver is not loaded", COMMAND, \
		"modprobe tun") \
	X(NODE_EMPTY, WRONG, "there is no driver behind /dev/net/tun", COMMAND, \
		"modprobe tun") \
	X(NODE_STRANGER, WRONG, "/dev/net/tun is not the TUN driver's", COMMAND, \
		"rm -r /dev/net/tun && mknod -m 0666 /dev/net/tun c 10 200") \
	X(NODE_CLOSED, WRONG, "{user} may not open /dev/net/tun", COMMAND, \
		"chmod 0666 /dev/net/tun") \
	X(NODE_FORBIDDEN, WRONG, "this container may not open /dev/net/tun: start it with --device /dev/net/tun", \
		NONE, "") \
	X(NODE_OTHER, WRONG, "/dev/net/tun cannot be opened: {error}", NONE, "") \
	X(RIGHTS_ALL, FINE, "CAP_NET_ADMIN: devices can be made and set up", NONE, "") \
	X(RIGHTS_PREPARED, FINE, "{name} may be used by {user}; no more is needed", NONE, "") \
	X(RIGHTS_NONE, WRONG, "{user} has no CAP_NET_ADMIN to make {name} with (a private network needs none)", \
		COMMAND, DOCTOR_RECREATE) \
	X(RIGHTS_NOWHERE, WRONG, "{user} has no CAP_NET_ADMIN to make {name} with, and no user namespaces " \
		"to make a private network", COMMAND, DOCTOR_RECREATE) \
	X(RIGHTS_CONTAINED, WRONG, "root lacks CAP_NET_ADMIN here: start the container with --cap-add NET_ADMIN", \
		NONE, "") \
	X(RIGHTS_OTHERS, WRONG, "{name} belongs to another user (uid {has})", ROOT, "") \
	X(DEVICE_TO_BE, FINE, "{name} does not exist yet and will be made", NONE, "") \
	X(DEVICE_FINE, FINE, "{name} is a TUN that nobody uses", NONE, "") \
	X(DEVICE_NOT_TUN, WRONG, "{name} is an interface of another kind", NAME, "{free_name}") \
	X(DEVICE_BUSY, WRONG, "{name} is in use by another process", NAME, "{free_name}") \
	X(DEVICE_HELD, WRONG, "{name} is in use by {holder}: no other can serve on it", COMMAND, "kill {holder_pid}") \
	X(DEVICE_ONE_QUEUE, WRONG, "{name} has one queue, and several workers want several", COMMAND, \
		"ip tuntap del dev {name} mode tun && " DOCTOR_RECREATE) \
	X(ADDRESS_FINE, FINE, "the kernel does not have {owns}", NONE, "") \
	X(ADDRESS_ON_TUN, WRONG, "the kernel has the server's address {own} on {name}, and would answer itself", \
		COMMAND, "ip addr del {theirs} dev {name}") \
	X(ADDRESS_TAKEN, WRONG, "the kernel has the server's address {own} on {device}, and would answer itself", \
		ADDRESS, "{free}") \
	X(PREFIX_FINE, FINE, "no other interface has part of {nets}", NONE, "") \
	X(PREFIX_OVERLAP, WRONG, "{net} overlaps {theirs}, an address of {device}", ADDRESS, "{free}") \
	X(PREFIX_ROUTED, WRONG, "{net} overlaps {theirs}, which is routed to {device}", ADDRESS, "{free}") \
	X(IPV6_FINE, FINE, "the kernel has IPv6", NONE, "") \
	X(IPV6_NONE, WRONG, "the kernel has no IPv6: leave {own} out", NONE, "") \
	X(IPV6_DISABLED, WRONG, "IPv6 is turned off where {own} would be", COMMAND, \
		"sysctl -w net/ipv6/conf/{name_or_default}/disable_ipv6=0") \
	X(HOST_FINE, FINE, "{name} has {hosts}", NONE, "") \
	X(HOST_TO_BE, FINE, "{name} lacks {host}, which will be added", NONE, "") \
	X(HOST_MISSING, WRONG, "{name} lacks the kernel's address {host}", COMMAND, \
		"ip addr add {host} dev {name}") \
	X(STATE_FINE, FINE, "{name} is up", NONE, "") \
	X(STATE_TO_BE, FINE, "{name} is down and will be set up", NONE, "") \
	X(STATE_DOWN, WRONG, "{name} is down", COMMAND, "ip link set {name} up") \
	X(MTU_FINE, FINE, "{mtu} bytes", NONE, "") \
	X(MTU_TO_BE, FINE, "{has} bytes, {mtu} while serving", NONE, "") \
	X(MTU_OTHER, WRONG, "{name} has an MTU of {has} bytes, not {mtu}", COMMAND, \
		"ip link set {name} mtu {mtu}") \
	X(ROUTE_FINE, FINE, "{owns}: by {name}", NONE, "") \
	X(ROUTE_MISSING, WRONG, "no route leads to {own}", COMMAND, \
		"ip route add {net} dev {name}") \
	X(ROUTE_SHADOWED, WRONG, "a route to {theirs} by {device} hides that to {own} by {name}", COMMAND, \
		"ip route del {theirs} dev {device}") \
	X(ROUTE_NOWHERE, WRONG, "a route to {theirs} that leads nowhere hides {own}", COMMAND, \
		"ip route del {theirs}") \
	X(ROUTE_RULED, WRONG, "a routing rule sends what is for {own} to {device}", COMMAND, \
		"ip rule add to {net} lookup main priority 1") \
	X(RP_OFF, FINE, "off", NONE, "") \
	X(RP_LOOSE, FINE, "loose", NONE, "") \
	X(RP_STRICT, FINE, "strict, and not in the way", NONE, "") \
	X(RP_IN_THE_WAY, WRONG, "strict, so that what {own} sends is refused: the way back is not by {name}", COMMAND, \
		"sysctl -w net/ipv4/conf/{name}/rp_filter=2") \
	X(OFFLOAD_FINE, FINE, "many segments are one packet, both ways", NONE, "") \
	X(OFFLOAD_UNWANTED, FINE, "not wanted", NONE, "") \
	X(OFFLOAD_UNTRIED, NOTE, "could not be tried, as no private network can be made here: {error}", NONE, "") \
	X(OFFLOAD_UNOPENED, NOTE, "could not be tried: {error}", NONE, "") \
	X(OFFLOAD_REFUSED, WRONG, "the kernel takes each segment by itself, which is slow", NO_OFFLOAD, "") \
	X(OFFLOAD_NOT_GIVEN, WRONG, "the kernel gives each segment by itself, which is slow", NO_OFFLOAD, "")
// clang-format on

#define DOCTOR_FINDING_ID(id, verdict, text, remedy, command) DOCTOR_##id,
enum doctor_finding {
	DOCTOR_NOTHING, /* there is nothing to say */
	DOCTOR_FINDINGS(DOCTOR_FINDING_ID) DOCTOR_N_FINDINGS
};
#undef DOCTOR_FINDING_ID

/* What the names in braces stand for. All of them fit: what could be longer is cut. */
struct doctor_words {
	char name[16], name_or_default[16], free_name[16], device[16];
	char user[32], queues[16], mtu[12], has[12];
	char holder[48], holder_pid[12];
	char own[56], net[56], host[56], theirs[56], free[56];
	char owns[128], nets[128], hosts[128];
	char host_commands[1536]; /* " && ip addr add 10.0.0.1/24 dev tun0" for each */
	char error[160];
};

/* doctor_put: the row of the finding, its words filled in, as verdict, text and remedy of found.
 * The text is printable ASCII, whatever the words are. No command is made with a name that a shell
 * would not take as it is: mend is "" then. */
void doctor_put(struct evtcp_tun_finding *found, enum doctor_finding finding,
	const struct doctor_words *words);

#endif
