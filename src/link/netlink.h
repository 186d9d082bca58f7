/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LINK_NETLINK_H
#define LINK_NETLINK_H

/* Talking rtnetlink with the kernel: one message out, its answers in. Only what
 * setting up a TUN needs; what the messages mean is rtnetlink.h's business. */

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

/* An open socket of the family NETLINK_ROUTE. */
struct netlink {
	int fd;
	uint32_t sequence; /* of the last request */
};

/* netlink_open: groups are the multicast groups to listen to (RTMGRP_...), 0 for
 * none; with groups the socket does not block. 0, or -1 with errno. */
int netlink_open(struct netlink *netlink, unsigned groups);
void netlink_close(struct netlink *netlink);

/* A request under construction: header, the family's fixed part, attributes. */
#define NETLINK_REQUEST_MAX 512
struct netlink_request {
	union {
		struct nlmsghdr header;
		uint8_t bytes[NETLINK_REQUEST_MAX];
	} u;
};

/* netlink_request_init: type is RTM_..., flags NLM_F_... beside NLM_F_REQUEST;
 * fixed is the family's struct (struct ifinfomsg, ...) of len bytes. */
void netlink_request_init(struct netlink_request *request, uint16_t type, uint16_t flags,
	const void *fixed, size_t len);

/* netlink_request_add: one attribute with len bytes of data. More than the request
 * holds is a bug of the caller and asserts. */
void netlink_request_add(
	struct netlink_request *request, uint16_t type, const void *data, size_t len);

/* netlink_request_nest: what is added until netlink_request_nest_end becomes the
 * content of this attribute. */
struct nlattr *netlink_request_nest(struct netlink_request *request, uint16_t type);
void netlink_request_nest_end(struct netlink_request *request, struct nlattr *nest);

/* One message of an answer. arg is the caller's. */
typedef void (*netlink_message_cb)(const struct nlmsghdr *message, void *arg);

/* netlink_talk: sends the request and waits until the kernel has answered it: each
 * message of the answer goes to each (NULL: none is expected), then comes the
 * acknowledgement or the end of the dump. 0, or -1 with errno as the kernel gave
 * it; EINTR: a dump that changed under our eyes, ask again. */
int netlink_talk(struct netlink *netlink, struct netlink_request *request, netlink_message_cb each,
	void *arg);

/* netlink_listen: hands over the messages of the multicast groups that wait.
 * Returns when none is left; -1 with errno ENOBUFS when the kernel had to drop
 * some. */
int netlink_listen(struct netlink *netlink, netlink_message_cb each, void *arg);

/* netlink_attributes: fills table[0..max] with the attributes that follow the fixed
 * part of fixed_len bytes of a message, NULL where there is none; the last of a
 * type wins, types above max are left out. */
void netlink_attributes(const struct nlmsghdr *message, size_t fixed_len,
	const struct nlattr *table[], unsigned max);

/* netlink_nested: the same for the attributes inside nest; all NULL if nest is. */
void netlink_nested(const struct nlattr *nest, const struct nlattr *table[], unsigned max);

/* netlink_data, netlink_len: the content of an attribute. netlink_u32, netlink_u8:
 * its value as a number, otherwise if it is missing or too short. */
const void *netlink_data(const struct nlattr *attribute);
size_t netlink_len(const struct nlattr *attribute);
uint32_t netlink_u32(const struct nlattr *attribute, uint32_t otherwise);
uint8_t netlink_u8(const struct nlattr *attribute, uint8_t otherwise);

#endif
