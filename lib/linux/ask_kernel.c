/* ask_kernel.c - small questions to the kernel over netlink(7). */
#include "linux/ask_kernel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ANSWER_BYTES 32768 /* what the kernel fills at most in one go */

int cst_netlink_open(int protocol)
{
	const struct timeval patience = { .tv_sec = 1 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

static int receive(int fd, void *buffer)
{
	ssize_t bytes;

	do
		bytes = recv(fd, buffer, ANSWER_BYTES, 0);
	while (bytes < 0 && errno == EINTR);
	if (bytes < 0 && errno == EAGAIN)
		errno = ETIMEDOUT;
	return (int)bytes;
}

static int error_of(const struct nlmsghdr *message)
{
	int error = 0;

	if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(error)))
		memcpy(&error, cst_netlink_body(message), sizeof(error));
	return -error;
}

int cst_netlink_ask(int fd, struct nlmsghdr *request,
		    void (*each)(void *context, const struct nlmsghdr *message), void *context)
{
	/* A list ends with a message that says so, and whether it is whole. Everything else is acknowledged. */
	const bool list = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	_Alignas(struct nlmsghdr) uint8_t buffer[ANSWER_BYTES];
	static _Thread_local uint32_t sequence;

	request->nlmsg_flags |= (uint16_t)(NLM_F_REQUEST | (list ? 0 : NLM_F_ACK));
	request->nlmsg_seq = ++sequence;
	request->nlmsg_pid = 0;
	if (send(fd, request, request->nlmsg_len, 0) < 0)
		return -1;
	for (;;) {
		int bytes = receive(fd, buffer);
		if (bytes < 0)
			return -1;
		for (struct nlmsghdr *m = (struct nlmsghdr *)buffer; NLMSG_OK(m, (unsigned int)bytes);
		     m = NLMSG_NEXT(m, bytes)) {
			if (m->nlmsg_seq != request->nlmsg_seq)
				continue; /* of a question that was given up */
			if (m->nlmsg_type == NLMSG_ERROR || m->nlmsg_type == NLMSG_DONE) {
				errno = error_of(m);
				return errno == 0 ? 0 : -1;
			}
			each(context, m);
		}
	}
}

static const struct nlattr *find(const uint8_t *at, size_t bytes, uint16_t type)
{
	while (bytes >= NLA_HDRLEN) {
		const struct nlattr *attribute = (const struct nlattr *)(const void *)at;
		if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > bytes)
			return NULL;
		if ((attribute->nla_type & NLA_TYPE_MASK) == type)
			return attribute;
		const size_t step = NLA_ALIGN(attribute->nla_len);
		if (step >= bytes)
			return NULL;
		at += step;
		bytes -= step;
	}
	return NULL;
}

const struct nlattr *cst_netlink_attribute(const struct nlmsghdr *message, size_t fixed, uint16_t type)
{
	const size_t front = NLMSG_SPACE(fixed);

	if (message->nlmsg_len < front)
		return NULL;
	return find((const uint8_t *)message + front, message->nlmsg_len - front, type);
}

const struct nlattr *cst_netlink_nested(const struct nlattr *outer, uint16_t type)
{
	return find(cst_netlink_data(outer), cst_netlink_bytes(outer), type);
}

const char *cst_netlink_text(const struct nlattr *attribute)
{
	const char *text = cst_netlink_data(attribute);

	return memchr(text, '\0', cst_netlink_bytes(attribute)) ? text : NULL;
}

uint64_t cst_netlink_number(const struct nlattr *attribute)
{
	uint32_t word = 0;
	uint64_t number = 0;

	if (cst_netlink_bytes(attribute) == sizeof(number)) {
		memcpy(&number, cst_netlink_data(attribute), sizeof(number));
		return number;
	}
	if (cst_netlink_bytes(attribute) == sizeof(word))
		memcpy(&word, cst_netlink_data(attribute), sizeof(word));
	return word;
}
