/* netlink_test.c - what cst_netlink_ask() makes of the kernel's answers: late, in pieces, of another question, damaged. The
 * seam is send() and recv(): the kernel is the list below. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "linux/ask_kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGE = 100, FIXED = 4 };

/* What recv() gives, one row a call. */
static const struct reply {
	int error;           /* instead of a message */
	uint16_t type;
	int status;          /* of NLMSG_ERROR and NLMSG_DONE */
	bool of_another;     /* question */
	bool cut;            /* before the status */
	bool and_next;       /* the next row is in the same datagram */
} *replies;
static uint32_t sequence;
static uint16_t flags;
static int send_error;

ssize_t send(int fd, const void *data, size_t bytes, int how)
{
	const struct nlmsghdr *request = data;

	(void)fd;
	(void)how;
	sequence = request->nlmsg_seq;
	flags = request->nlmsg_flags;
	errno = send_error;
	return send_error ? -1 : (ssize_t)bytes;
}

ssize_t recv(int fd, void *to, size_t room, int how)
{
	uint8_t *at = to;

	(void)fd;
	(void)how;
	assert_true(room >= 4096);
	for (;; replies++) {
		const struct reply *r = replies;
		if (r->error) {
			replies++;
			errno = r->error;
			return -1;
		}
		const struct nlmsghdr h = { .nlmsg_len = r->cut ? NLMSG_HDRLEN : NLMSG_LENGTH(sizeof(r->status)),
					    .nlmsg_type = r->type,
					    .nlmsg_seq = r->of_another ? sequence - 1 : sequence };
		memcpy(at, &h, sizeof(h));
		memcpy(at + NLMSG_HDRLEN, &r->status, h.nlmsg_len - NLMSG_HDRLEN);
		at += h.nlmsg_len;
		if (!r->and_next)
			break;
	}
	replies++;
	return at - (uint8_t *)to;
}

static void count(void *context, const struct nlmsghdr *message)
{
	assert_int_equal(message->nlmsg_type, MESSAGE);
	assert_int_equal(message->nlmsg_seq, sequence);
	++*(int *)context;
}

/* How many messages come of the question; its result has to be this errno value, 0 for none. */
static int ask(uint16_t how, const struct reply *answer, int expected)
{
	struct nlmsghdr request = { .nlmsg_len = NLMSG_HDRLEN, .nlmsg_flags = how };
	int messages = 0;

	replies = answer;
	errno = 0;
	int status = cst_netlink_ask(-1, &request, count, &messages);
	assert_int_equal(status, expected ? -1 : 0);
	assert_int_equal(errno, expected);
	return messages;
}

static void a_question_ends_with_its_acknowledgement(void **state)
{
	static const struct reply answer[] = { { .type = MESSAGE }, { .type = NLMSG_ERROR } };

	(void)state;
	assert_int_equal(ask(0, answer, 0), 1);
	assert_true(flags & NLM_F_ACK);
}

static void a_list_ends_where_the_kernel_says_so(void **state)
{
	static const struct reply answer[] = { { .type = MESSAGE, .and_next = true },
					       { .type = MESSAGE },
					       { .type = MESSAGE, .and_next = true },
					       { .type = NLMSG_DONE } };

	(void)state;
	assert_int_equal(ask(NLM_F_DUMP, answer, 0), 3);
	assert_false(flags & NLM_F_ACK);
}

static void what_the_kernel_refuses_with_is_the_error(void **state)
{
	static const struct reply refused[] = { { .type = NLMSG_ERROR, .status = -EPERM } };
	static const struct reply broken_off[] = { { .type = MESSAGE }, { .type = NLMSG_DONE, .status = -ENODEV } };

	(void)state;
	assert_int_equal(ask(0, refused, EPERM), 0);
	assert_int_equal(ask(NLM_F_DUMP, broken_off, ENODEV), 1);
}

static void an_end_without_a_status_is_an_end(void **state)
{
	static const struct reply answer[] = { { .type = NLMSG_DONE, .cut = true } };

	(void)state;
	assert_int_equal(ask(NLM_F_DUMP, answer, 0), 0);
}

static void answers_to_an_earlier_question_are_passed_over(void **state)
{
	static const struct reply answer[] = { { .type = MESSAGE, .of_another = true },
					       { .type = NLMSG_ERROR, .status = -EIO, .of_another = true },
					       { .type = MESSAGE, .and_next = true },
					       { .type = NLMSG_ERROR } };

	(void)state;
	assert_int_equal(ask(0, answer, 0), 1);
}

static void signals_do_not_end_the_wait_and_its_end_is_a_timeout(void **state)
{
	static const struct reply interrupted[] = { { .error = EINTR }, { .error = EINTR }, { .type = NLMSG_ERROR } };
	static const struct reply silence[] = { { .type = MESSAGE }, { .error = EAGAIN } };
	static const struct reply overrun[] = { { .error = ENOBUFS } };

	(void)state;
	assert_int_equal(ask(0, interrupted, 0), 0);
	assert_int_equal(ask(0, silence, ETIMEDOUT), 1);
	assert_int_equal(ask(0, overrun, ENOBUFS), 0);
}

static void a_question_that_cannot_be_sent_is_not_waited_for(void **state)
{
	(void)state;
	send_error = ECONNREFUSED;
	assert_int_equal(ask(0, NULL, ECONNREFUSED), 0);
	send_error = 0;
}

/* An attribute with `bytes` bytes that count up; returns where the next one goes. */
static uint8_t *put_attribute(uint8_t *at, uint16_t type, uint16_t bytes)
{
	const struct nlattr a = { .nla_len = (uint16_t)(NLA_HDRLEN + bytes), .nla_type = type };

	memcpy(at, &a, sizeof(a));
	for (uint8_t i = 0; i < bytes; i++)
		at[NLA_HDRLEN + i] = i;
	return at + NLA_ALIGN(a.nla_len);
}

/* Attributes of 5, 8, 4 bytes, and a nest with one of 4 in it; in memory that ends where they end. */
static struct nlmsghdr *make_message(size_t *bytes)
{
	_Alignas(struct nlmsghdr) uint8_t room[256] = { 0 };
	uint8_t *at = room + NLMSG_SPACE(FIXED);

	at = put_attribute(at, 1, 5);
	at = put_attribute(at, 2, 8);
	uint8_t *const nest = put_attribute(at, 3, 4);
	at = put_attribute(nest, 4 | NLA_F_NESTED, NLA_HDRLEN + 4);
	put_attribute(nest + NLA_HDRLEN, 7, 4);
	*bytes = (size_t)(at - room);
	((struct nlmsghdr *)(void *)room)->nlmsg_len = (uint32_t)*bytes;
	struct nlmsghdr *m = malloc(*bytes);
	assert_non_null(m);
	return memcpy(m, room, *bytes);
}

static void attributes_are_found_by_type(void **state)
{
	size_t bytes;
	struct nlmsghdr *m = make_message(&bytes);

	(void)state;
	for (uint16_t type = 1; type <= 4; type++)
		assert_non_null(cst_netlink_attribute(m, FIXED, type));
	assert_null(cst_netlink_attribute(m, FIXED, 5));
	assert_null(cst_netlink_attribute(m, FIXED, 7));
	const struct nlattr *nest = cst_netlink_attribute(m, FIXED, 4);
	assert_non_null(cst_netlink_nested(nest, 7));
	assert_null(cst_netlink_nested(nest, 4));
	free(m);
}

static void numbers_have_4_or_8_bytes_and_texts_an_end(void **state)
{
	const uint8_t eight[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	uint64_t expected;
	uint32_t half;
	size_t bytes;
	struct nlmsghdr *m = make_message(&bytes);

	(void)state;
	memcpy(&expected, eight, sizeof(expected));
	memcpy(&half, eight, sizeof(half));
	assert_true(cst_netlink_number(cst_netlink_attribute(m, FIXED, 2)) == expected);
	assert_true(cst_netlink_number(cst_netlink_attribute(m, FIXED, 3)) == half);
	assert_true(cst_netlink_number(cst_netlink_attribute(m, FIXED, 1)) == 0);
	struct nlattr *text = (struct nlattr *)(uintptr_t)cst_netlink_attribute(m, FIXED, 1);
	assert_string_equal(cst_netlink_text(text), "");
	memcpy((uint8_t *)text + NLA_HDRLEN, "noend", 5);
	assert_null(cst_netlink_text(text));
	free(m);
}

/* Every length in front of the whole, and each byte of the lengths wrong: within bounds (a sanitizer looks), and what is
 * found is whole. */
static void damaged_messages_are_read_within_their_bounds(void **state)
{
	size_t bytes;
	struct nlmsghdr *whole = make_message(&bytes);

	(void)state;
	for (size_t cut = NLMSG_HDRLEN; cut <= bytes; cut++)
		for (size_t wrong = NLMSG_SPACE(FIXED); wrong <= cut; wrong++) {
			uint8_t *copy = malloc(cut);
			assert_non_null(copy);
			memcpy(copy, whole, cut);
			struct nlmsghdr *m = (struct nlmsghdr *)(void *)copy;
			m->nlmsg_len = (uint32_t)cut;
			if (wrong < cut)
				copy[wrong] ^= 0xff;
			for (uint16_t type = 0; type < 9; type++) {
				const struct nlattr *a = cst_netlink_attribute(m, FIXED, type);
				if (!a)
					continue;
				assert_true(a->nla_len >= NLA_HDRLEN &&
					    (const uint8_t *)a + a->nla_len <= copy + cut);
				cst_netlink_number(a);
				cst_netlink_text(a);
				cst_netlink_nested(a, 7);
			}
			free(copy);
		}
	free(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_ends_with_its_acknowledgement),
		cmocka_unit_test(a_list_ends_where_the_kernel_says_so),
		cmocka_unit_test(what_the_kernel_refuses_with_is_the_error),
		cmocka_unit_test(an_end_without_a_status_is_an_end),
		cmocka_unit_test(answers_to_an_earlier_question_are_passed_over),
		cmocka_unit_test(signals_do_not_end_the_wait_and_its_end_is_a_timeout),
		cmocka_unit_test(a_question_that_cannot_be_sent_is_not_waited_for),
		cmocka_unit_test(attributes_are_found_by_type),
		cmocka_unit_test(numbers_have_4_or_8_bytes_and_texts_an_end),
		cmocka_unit_test(damaged_messages_are_read_within_their_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
