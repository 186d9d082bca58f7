/* SPDX-License-Identifier: BSD-3-Clause */

/* The checks of the device: its node, who may use it, and whether it is as it is wanted.
 *
 * In: facts. Out: findings. What the kernel's other interfaces have is checks_network's. */

#include "link/doctor/checks.h"

#include <linux/if.h>
#include <stdio.h>
#include <string.h>

enum doctor_finding doctor_judge_node(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own)
{
	(void)own;
	switch (tun_node_fault(facts->node_error)) {
	case TUN_NODE_OK:
		return DOCTOR_NODE_FINE;
	case TUN_NODE_MISSING:
		return facts->driver ? DOCTOR_NODE_MISSING : DOCTOR_NODE_NO_DRIVER;
	case TUN_NODE_NO_DRIVER:
		return DOCTOR_NODE_EMPTY;
	case TUN_NODE_STRANGER:
		return DOCTOR_NODE_STRANGER;
	case TUN_NODE_CLOSED:
		return DOCTOR_NODE_CLOSED;
	case TUN_NODE_FORBIDDEN:
		return DOCTOR_NODE_FORBIDDEN;
	default:
		snprintf(words->error, sizeof(words->error), "%s", strerror(facts->node_error));
		return DOCTOR_NODE_OTHER;
	}
}

enum doctor_finding doctor_judge_rights(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own)
{
	(void)own;
	if (facts->net_admin)
		return DOCTOR_RIGHTS_ALL;
	if (facts->link.index == 0 && facts->uid == 0)
		return DOCTOR_RIGHTS_CONTAINED;
	if (facts->link.index == 0)
		return facts->trial.refused ? DOCTOR_RIGHTS_NOWHERE : DOCTOR_RIGHTS_NONE;
	if (!facts->link.is_tun)
		return DOCTOR_NOTHING;
	if (!facts->link.has_owner || facts->link.owner == facts->uid)
		return DOCTOR_RIGHTS_PREPARED;
	snprintf(words->has, sizeof(words->has), "%u", (unsigned)facts->link.owner);
	return DOCTOR_RIGHTS_OTHERS;
}

enum doctor_finding doctor_judge_device(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own)
{
	const struct rtnetlink_link *link = &facts->link;

	(void)own;
	if (link->index == 0)
		return facts->net_admin ? DOCTOR_DEVICE_TO_BE : DOCTOR_NOTHING;
	if (!link->is_tun)
		return DOCTOR_DEVICE_NOT_TUN;
	if (link->in_use || link->queues > 0) {
		snprintf(words->holder, sizeof(words->holder), "%s", facts->holder);
		snprintf(words->holder_pid, sizeof(words->holder_pid), "%u", facts->holder_pid);
		return facts->holder_pid ? DOCTOR_DEVICE_HELD : DOCTOR_DEVICE_BUSY;
	}
	if (facts->multi_queue && !link->multi_queue)
		return DOCTOR_DEVICE_ONE_QUEUE;
	return DOCTOR_DEVICE_FINE;
}

/* Of a device that is none of ours, or will be made, there is nothing to say. */
static bool doctor_has_device(const struct doctor_facts *facts)
{
	return facts->link.index != 0 && facts->link.is_tun;
}

enum doctor_finding doctor_judge_host(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own)
{
	(void)own;
	if (!doctor_has_device(facts))
		return DOCTOR_NOTHING;
	for (unsigned i = 0; i < facts->want.n_host; i++) {
		if (facts->host_found[i])
			continue;
		prefix_format(&facts->want.host[i], words->host, sizeof(words->host));
		return doctor_may_set_up(facts) ? DOCTOR_HOST_TO_BE : DOCTOR_HOST_MISSING;
	}
	return DOCTOR_HOST_FINE;
}

enum doctor_finding doctor_judge_state(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own)
{
	(void)own;
	(void)words;
	if (!doctor_has_device(facts))
		return DOCTOR_NOTHING;
	if (facts->link.up)
		return DOCTOR_STATE_FINE;
	return doctor_may_set_up(facts) ? DOCTOR_STATE_TO_BE : DOCTOR_STATE_DOWN;
}

enum doctor_finding doctor_judge_mtu(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own)
{
	(void)own;
	if (!doctor_has_device(facts))
		return DOCTOR_NOTHING;
	if (facts->link.mtu == facts->mtu)
		return DOCTOR_MTU_FINE;
	snprintf(words->has, sizeof(words->has), "%u", facts->link.mtu);
	return doctor_may_set_up(facts) ? DOCTOR_MTU_TO_BE : DOCTOR_MTU_OTHER;
}

enum doctor_finding doctor_judge_offload(
	const struct doctor_facts *facts, struct doctor_words *words, unsigned *own)
{
	const struct doctor_trial *trial = &facts->trial;

	(void)own;
	if (facts->no_offload)
		return DOCTOR_OFFLOAD_UNWANTED;
	if (facts->node_error != 0)
		return DOCTOR_NOTHING;
	snprintf(words->error, sizeof(words->error), "%s",
		trial->refused ? strerror(trial->refused) : trial->why);
	if (trial->refused != 0)
		return DOCTOR_OFFLOAD_UNTRIED;
	if (!trial->opened)
		return DOCTOR_OFFLOAD_UNOPENED;
	if (!trial->segments)
		return DOCTOR_OFFLOAD_REFUSED;
	return trial->given ? DOCTOR_OFFLOAD_FINE : DOCTOR_OFFLOAD_NOT_GIVEN;
}
