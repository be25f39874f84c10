/* ask_kernel.h - small questions to the kernel over netlink(7), and the attributes of what it answers. */
#ifndef CST_LINUX_ASK_KERNEL_H
#define CST_LINUX_ASK_KERNEL_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A socket for NETLINK_ROUTE, NETLINK_GENERIC, ...; -1 with errno. */
int cst_netlink_open(int protocol);

/* Send `request` (its type, flags but for NLM_F_REQUEST, and what follows are the caller's) and hand each message of
 * the answer to `each`. 0; or -1 with errno: what the kernel says, or ETIMEDOUT. */
int cst_netlink_ask(int fd, struct nlmsghdr *request,
		    void (*each)(void *context, const struct nlmsghdr *message), void *context);

/* What follows the header. */
static inline const void *cst_netlink_body(const struct nlmsghdr *message)
{
	return (const uint8_t *)message + NLMSG_HDRLEN;
}

/* Behind a message's fixed part of `fixed` bytes: the attribute `type`, or NULL. */
const struct nlattr *cst_netlink_attribute(const struct nlmsghdr *message, size_t fixed, uint16_t type);
/* The same inside an attribute. */
const struct nlattr *cst_netlink_nested(const struct nlattr *outer, uint16_t type);

static inline const void *cst_netlink_data(const struct nlattr *attribute)
{
	return (const uint8_t *)attribute + NLA_HDRLEN;
}

static inline size_t cst_netlink_bytes(const struct nlattr *attribute)
{
	return attribute->nla_len - (size_t)NLA_HDRLEN;
}

/* A text that ends within the attribute; NULL otherwise. */
const char *cst_netlink_text(const struct nlattr *attribute);
/* A number of 4 or 8 bytes in the host's order; 0 for what is neither. */
uint64_t cst_netlink_number(const struct nlattr *attribute);

#endif
