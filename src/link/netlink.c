/* SPDX-License-Identifier: BSD-3-Clause */

/* Netlink messages: building a request, sending it, taking its answers apart.
 *
 * In: requests. Out: the messages of the kernel's answer, one call each.
 *
 *      struct nlmsghdr | fixed part | nlattr data pad | nlattr data pad | ...
 *
 * A library for this exists (libmnl); the few lines that a TUN needs are easier to
 * read here than one more package is to have. It knows nothing of links and
 * addresses, and asks one question at a time. */

#include "link/netlink.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel fills at most this much in one go (netlink(7)). */
#define NETLINK_ANSWER_MAX 32768

int netlink_open(struct netlink *netlink, unsigned groups)
{
	struct sockaddr_nl local = {.nl_family = AF_NETLINK, .nl_groups = groups};
	int flags = SOCK_RAW | SOCK_CLOEXEC | (groups ? SOCK_NONBLOCK : 0);

	*netlink = (struct netlink){.fd = socket(AF_NETLINK, flags, NETLINK_ROUTE)};
	if (netlink->fd < 0)
		return -1;
	if (bind(netlink->fd, (struct sockaddr *)&local, sizeof(local)) < 0) {
		netlink_close(netlink);
		return -1;
	}
	return 0;
}

void netlink_close(struct netlink *netlink)
{
	int saved = errno;

	close(netlink->fd);
	netlink->fd = -1;
	errno = saved;
}

/* Room for len bytes at the end of the request, zeroed up to the alignment. */
static void *netlink_request_grow(struct netlink_request *request, size_t len)
{
	size_t at = NLMSG_ALIGN(request->u.header.nlmsg_len);

	assert(at + NLMSG_ALIGN(len) <= sizeof(request->u.bytes) && "a request fits its buffer");
	memset(request->u.bytes + at, 0, NLMSG_ALIGN(len));
	request->u.header.nlmsg_len = (uint32_t)(at + len);
	return request->u.bytes + at;
}

void netlink_request_init(struct netlink_request *request, uint16_t type, uint16_t flags,
	const void *fixed, size_t len)
{
	request->u.header = (struct nlmsghdr){.nlmsg_len = NLMSG_HDRLEN,
		.nlmsg_type = type,
		.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags)};
	memcpy(netlink_request_grow(request, len), fixed, len);
}

void netlink_request_add(
	struct netlink_request *request, uint16_t type, const void *data, size_t len)
{
	struct nlattr *attribute = netlink_request_grow(request, NLA_HDRLEN + len);

	attribute->nla_type = type;
	attribute->nla_len = (uint16_t)(NLA_HDRLEN + len);
	if (len > 0)
		memcpy((uint8_t *)attribute + NLA_HDRLEN, data, len);
}

struct nlattr *netlink_request_nest(struct netlink_request *request, uint16_t type)
{
	struct nlattr *nest = netlink_request_grow(request, NLA_HDRLEN);

	nest->nla_type = type | NLA_F_NESTED;
	return nest;
}

void netlink_request_nest_end(struct netlink_request *request, struct nlattr *nest)
{
	uint8_t *end = request->u.bytes + request->u.header.nlmsg_len;

	nest->nla_len = (uint16_t)(end - (uint8_t *)nest);
}

/* What one message of an answer means for the conversation. */
enum netlink_turn { NETLINK_MORE, NETLINK_DONE, NETLINK_FAILED };

static enum netlink_turn netlink_take(
	const struct nlmsghdr *message, netlink_message_cb each, void *arg)
{
	int error = 0;

	/* Both ends carry an errno value, negative, 0 for success, first. */
	if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) {
		if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(error)))
			memcpy(&error, NLMSG_DATA(message), sizeof(error));
		errno = -error;
		return error == 0 ? NETLINK_DONE : NETLINK_FAILED;
	}
	if (message->nlmsg_type >= NLMSG_MIN_TYPE && each)
		each(message, arg);
	return NETLINK_MORE;
}

/* Receives one datagram. Its length, or -1 with errno; what does not fit (or is
 * not from the kernel) is an error, since half an answer is none. */
static ssize_t netlink_receive(struct netlink *netlink, void *answer, size_t size)
{
	struct sockaddr_nl from = {0};
	struct iovec iov = {answer, size};
	struct msghdr message = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1};
	ssize_t len;

	do
		len = recvmsg(netlink->fd, &message, 0);
	while (len < 0 && errno == EINTR);
	if (len >= 0 && ((message.msg_flags & MSG_TRUNC) || from.nl_pid != 0)) {
		errno = EBADMSG;
		return -1;
	}
	return len;
}

/* Takes the messages of one datagram; notes in *interrupted that a dump was not
 * consistent. */
static enum netlink_turn netlink_take_all(const struct nlmsghdr *message, size_t len,
	uint32_t sequence, netlink_message_cb each, void *arg)
{
	enum netlink_turn turn = NETLINK_MORE;
	bool interrupted = false;

	for (; turn == NETLINK_MORE && NLMSG_OK(message, len); message = NLMSG_NEXT(message, len)) {
		if (message->nlmsg_seq != sequence)
			continue; /* of an earlier request that failed half-way */
		interrupted |= (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
		turn = netlink_take(message, each, arg);
	}
	if (interrupted) {
		errno = EINTR;
		return NETLINK_FAILED;
	}
	return turn;
}

int netlink_talk(struct netlink *netlink, struct netlink_request *request, netlink_message_cb each,
	void *arg)
{
	union {
		struct nlmsghdr header;
		uint8_t bytes[NETLINK_ANSWER_MAX];
	} answer;
	enum netlink_turn turn = NETLINK_MORE;

	request->u.header.nlmsg_seq = ++netlink->sequence;
	if (send(netlink->fd, request, request->u.header.nlmsg_len, 0) < 0)
		return -1;
	while (turn == NETLINK_MORE) {
		ssize_t len = netlink_receive(netlink, &answer, sizeof(answer));

		if (len < 0)
			return -1;
		turn = netlink_take_all(&answer.header, (size_t)len, netlink->sequence, each, arg);
	}
	return turn == NETLINK_DONE ? 0 : -1;
}

int netlink_listen(struct netlink *netlink, netlink_message_cb each, void *arg)
{
	union {
		struct nlmsghdr header;
		uint8_t bytes[NETLINK_ANSWER_MAX];
	} answer;
	ssize_t len;

	/* What the kernel tells unasked has the sequence number 0. */
	while ((len = netlink_receive(netlink, &answer, sizeof(answer))) >= 0)
		netlink_take_all(&answer.header, (size_t)len, 0, each, arg);
	return errno == EAGAIN ? 0 : -1;
}

static void netlink_index(const uint8_t *at, size_t len, const struct nlattr *table[], unsigned max)
{
	memset(table, 0, (max + 1) * sizeof(table[0]));
	while (len >= NLA_HDRLEN) {
		const struct nlattr *attribute = (const struct nlattr *)(const void *)at;
		size_t step = NLA_ALIGN(attribute->nla_len);

		if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > len)
			return;
		if ((attribute->nla_type & NLA_TYPE_MASK) <= max)
			table[attribute->nla_type & NLA_TYPE_MASK] = attribute;
		if (step >= len)
			return;
		at += step;
		len -= step;
	}
}

void netlink_attributes(const struct nlmsghdr *message, size_t fixed_len,
	const struct nlattr *table[], unsigned max)
{
	size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(fixed_len);
	size_t len = message->nlmsg_len > skip ? message->nlmsg_len - skip : 0;

	netlink_index((const uint8_t *)message + skip, len, table, max);
}

void netlink_nested(const struct nlattr *nest, const struct nlattr *table[], unsigned max)
{
	netlink_index(nest ? netlink_data(nest) : NULL, nest ? netlink_len(nest) : 0, table, max);
}

const void *netlink_data(const struct nlattr *attribute)
{
	return (const uint8_t *)attribute + NLA_HDRLEN;
}

size_t netlink_len(const struct nlattr *attribute)
{
	return attribute->nla_len - (size_t)NLA_HDRLEN;
}

uint32_t netlink_u32(const struct nlattr *attribute, uint32_t otherwise)
{
	if (attribute && netlink_len(attribute) >= sizeof(otherwise))
		memcpy(&otherwise, netlink_data(attribute), sizeof(otherwise));
	return otherwise;
}

uint8_t netlink_u8(const struct nlattr *attribute, uint8_t otherwise)
{
	if (attribute && netlink_len(attribute) >= sizeof(otherwise))
		memcpy(&otherwise, netlink_data(attribute), sizeof(otherwise));
	return otherwise;
}
