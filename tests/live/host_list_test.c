/* host_list_test.c - filters of thousands of hosts on live captures take the right packets, wherever they run: in the
 * kernel as classic BPF or as eBPF, or in user space, where the kernel takes no program with a loop. */
#include "capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FRAME_BYTES = 60, TYPE_AT = 12, SOURCE_AT = 26, TARGET_AT = 30, SENT = 120, ADDRESS_TEXT = 24 };

/* Spread over all of IPv4, without order, no two equal: an odd factor permutes the 32-bit numbers. */
static uint32_t address(uint32_t number)
{
	return number * 2654435761u + 12345;
}

/* "prefix(host A or B ...)suffix" of the first `count` addresses. */
static char *host_list(const char *prefix, uint32_t count, const char *suffix)
{
	const size_t size = strlen(prefix) + strlen(suffix) + 16 + (size_t)count * ADDRESS_TEXT;
	char *text = malloc(size), *at = text;

	/* abort(), for the compiler does not know that an assertion does not return. */
	if (!text)
		abort();
	at += sprintf(at, "%s(host ", prefix);
	for (uint32_t i = 0; i < count; i++) {
		const uint32_t a = address(i);
		at += sprintf(at, "%s%u.%u.%u.%u", i ? " or " : "", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
	}
	sprintf(at, ")%s", suffix);
	return text;
}

static void put_address(uint8_t *at, uint32_t number)
{
	const uint32_t a = address(number);

	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(a >> (24 - 8 * i));
}

/* The frame `number` of SENT comes from or goes to a host of the list, from one end of it to the other, if it is even.
 */
static void build(uint8_t frame[static FRAME_BYTES], uint32_t number, uint32_t count)
{
	const uint32_t listed = number % 2 ? count + number : (uint32_t)((uint64_t)number * (count - 1) / (SENT - 2));
	const bool to = number % 4 < 2;

	netlab_fill(frame, FRAME_BYTES, 0);
	memset(frame + TYPE_AT, 0, FRAME_BYTES - TYPE_AT);
	frame[TYPE_AT] = 0x08;
	frame[14] = 0x45;
	put_address(frame + (to ? TARGET_AT : SOURCE_AT), listed);
	put_address(frame + (to ? SOURCE_AT : TARGET_AT), count + SENT + number);
	frame[FRAME_BYTES - 1] = (uint8_t)number;
}

/* Returns how many the kernel let through. */
static u_int check(const struct opening *how, char *expression, uint32_t count)
{
	uint8_t frame[FRAME_BYTES];
	pcap_t *p = capture_open(how);
	int left = netlab_sender("left");
	struct bpf_program program;
	struct pcap_pkthdr *h;
	const u_char *data;
	struct pcap_stat stat;

	if (pcap_compile(p, &program, expression, 1, PCAP_NETMASK_UNKNOWN) < 0)
		fail_msg("%u hosts: %s", count, pcap_geterr(p));
	if (pcap_setfilter(p, &program) != 0)
		fail_msg("%u hosts, %u instructions: %s", count, program.bf_len, pcap_geterr(p));
	for (uint32_t i = 0; i < SENT; i++) {
		build(frame, i, count);
		netlab_send(left, frame, FRAME_BYTES);
	}
	for (uint32_t i = 0; i < SENT; i += 2) {
		build(frame, i, count);
		capture_next(p, &h, &data);
		if (h->caplen != FRAME_BYTES || memcmp(data, frame, FRAME_BYTES) != 0)
			fail_msg("%u hosts: frame %u came instead of %u", count, data[FRAME_BYTES - 1], i);
	}
	capture_expect_none(p);
	assert_int_equal(pcap_stats(p, &stat), 0);
	pcap_freecode(&program);
	close(left);
	pcap_close(p);
	free(expression);
	return stat.ps_recv;
}

static void hundreds_fit_the_kernels_classic_programs(void **state)
{
	assert_int_equal(check(*state, host_list("", 500, ""), 500), SENT / 2);
}

/* As eBPF where that is permitted, else in user space. */
static void thousands_are_taken(void **state)
{
	check(*state, host_list("ip and ", 3000, ""), 3000);
	check(*state, host_list("", 20000, ""), 20000);
}

static void lists_in_programs_with_a_loop_are_taken_in_user_space(void **state)
{
	assert_int_equal(check(*state, host_list("", 400, " and not ip protochain 99"), 400), SENT);
	assert_int_equal(check(*state, host_list("", 5000, " and not ip protochain 99"), 5000), SENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(hundreds_fit_the_kernels_classic_programs),
		BOTH_RINGS(thousands_are_taken),
		BOTH_RINGS(lists_in_programs_with_a_loop_are_taken_in_user_space),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
