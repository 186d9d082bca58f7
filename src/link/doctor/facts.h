/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_DOCTOR_FACTS_H
#define LINK_DOCTOR_FACTS_H

/* What is known of a machine, and of what is wanted of it: all that the checks judge. */

#include "link/doctor/trial.h"
#include "link/tun_check.h"
#include "link/tun_node.h"

#include <stdbool.h>

/* What the kernel has that touches a prefix of ours; more than so many are not kept. */
#define DOCTOR_CLAIMS 64

enum doctor_claim_kind { DOCTOR_CLAIM_ADDRESS, DOCTOR_CLAIM_LOCAL, DOCTOR_CLAIM_ROUTE };

struct doctor_claim {
	enum doctor_claim_kind kind;
	int index;             /* of the interface, 0: several or none */
	char device[16];       /* its name, "" for none */
	struct prefix prefix;  /* the address with its length, or where the route leads */
	struct prefix network; /* of an address: what it reaches */
};

/* What the kernel says about the way to one of the server's addresses. */
struct doctor_way {
	int error; /* errno, 0: there is one */
	int index; /* of the interface */
	char device[16];
	uint32_t table;            /* RT_TABLE_... of the route */
	struct prefix destination; /* of the route */
	int back; /* errno of a packet from there that comes by the device, 0: taken, or not asked
		   */
};

struct doctor_facts {
	/* What is wanted. */
	struct tun_check want; /* name and prefixes; index of the device */
	unsigned mtu;
	bool no_offload, multi_queue;
	/* Who asks. */
	char user[32];
	unsigned uid;
	bool net_admin; /* may change this network */
	/* The node. */
	int node_error; /* errno of opening it, 0: it can be */
	bool driver;    /* the kernel has it loaded */
	/* The device; index 0: none of that name. */
	struct rtnetlink_link link;
	char holder[48];     /* who has it open, "curl (123)"; "" if that is unknown */
	unsigned holder_pid; /* 0: unknown */
	bool host_found[EVTCP_TUN_ADDRESSES]; /* which of want.host it has */
	/* The kernel's side. */
	struct doctor_claim claims[DOCTOR_CLAIMS];
	unsigned n_claims;
	struct doctor_way ways[EVTCP_TUN_ADDRESSES]; /* to each of want.own; if the device is up */
	int rp_filter;      /* of the device as it counts (ip-sysctl): 0 off, 1 strict, 2 loose */
	bool has_ipv6;      /* the kernel has it */
	bool ipv6_disabled; /* on the device, or for new ones if there is none */
	/* What else could be had, where something is taken; "" if nothing was found. */
	char free_name[16];
	struct prefix free_ipv4, free_ipv6; /* an address for the server; len 0: none */
	struct doctor_trial trial;
};

/* doctor_gather: fills facts; want is filled already (tun_check_config), the rest of the
 * configuration is read here. Asks the kernel many things and changes nothing. 0, or -1 with errno:
 * the kernel cannot be asked. */
int doctor_gather(struct doctor_facts *facts, const struct evtcp_tun_config *config);

/* doctor_find_holder: the holder of facts->link, if it is in use. */
void doctor_find_holder(struct doctor_facts *facts);

/* doctor_find_free: the free_ fields of facts. */
void doctor_find_free(struct doctor_facts *facts, struct netlink *netlink);

#endif
