/* filter_lists_test.c - long lists of alternatives and of exclusions say of each packet what its parts say one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 400, TEXT_BYTES = 64 * MOST, FRAME_BYTES = 54, HOST_BYTES = 4 };

/* A TCP segment over IPv4 in Ethernet. */
static void make_frame(uint8_t frame[static FRAME_BYTES], uint32_t source, uint32_t destination, uint16_t from, uint16_t to)
{
	memset(frame, 0, FRAME_BYTES);
	frame[12] = 0x08;
	frame[14] = 0x45;
	frame[23] = 6;
	for (int i = 0; i < HOST_BYTES; i++) {
		frame[26 + i] = (uint8_t)(source >> 8 * (HOST_BYTES - 1 - i));
		frame[30 + i] = (uint8_t)(destination >> 8 * (HOST_BYTES - 1 - i));
	}
	frame[34] = (uint8_t)(from >> 8);
	frame[35] = (uint8_t)from;
	frame[36] = (uint8_t)(to >> 8);
	frame[37] = (uint8_t)to;
}

struct item {
	uint32_t host;
	uint16_t port;
};

/* Some of their hosts and ports are the same, and some neighbours. */
static void choose(struct item *items, size_t count, unsigned int seed)
{
	for (size_t i = 0; i < count; i++) {
		seed = seed * 1103515245 + 12345;
		items[i].host = 0x0a000000 | (seed >> 16 & 0x3ff);
		items[i].port = (uint16_t)(1000 + (seed >> 8) % (count / 2 + 1));
	}
}

static bool has(const struct item *items, size_t count, const uint32_t hosts[2], const uint16_t ports[2])
{
	for (size_t i = 0; i < count; i++)
		if ((items[i].host == hosts[0] || items[i].host == hosts[1]) &&
		    (items[i].port == ports[0] || items[i].port == ports[1]))
			return true;
	return false;
}

/* "host A and port P" of each item, each behind `before`, with `between` between them. */
static void compile_list(struct bpf_program *program, const struct item *items, size_t count, const char *before,
			 const char *between)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 65535);
	char *text = malloc(TEXT_BYTES);
	size_t length = 0;

	assert_non_null(text);
	for (size_t i = 0; i < count; i++) {
		length += (size_t)snprintf(text + length, TEXT_BYTES - length, "%s%s(host %u.%u.%u.%u and port %u)",
					   i ? between : "", before, items[i].host >> 24, items[i].host >> 16 & 0xff,
					   items[i].host >> 8 & 0xff, items[i].host & 0xff, items[i].port);
		assert_true(length < TEXT_BYTES);
	}
	if (pcap_compile(p, program, text, 1, PCAP_NETMASK_UNKNOWN) != 0)
		fail_msg("%zu items: %s", count, pcap_geterr(p));
	free(text);
	pcap_close(p);
}

static void check(const char *before, const char *between, bool accepts_listed)
{
	static const size_t counts[] = { 2, 9, 40, MOST };
	static struct item items[MOST];
	uint8_t frame[FRAME_BYTES];

	for (size_t c = 0; c < sizeof(counts) / sizeof(*counts); c++) {
		const size_t count = counts[c];
		const struct pcap_pkthdr header = { .caplen = FRAME_BYTES, .len = FRAME_BYTES };
		size_t listed = 0;
		struct bpf_program program;

		choose(items, count, (unsigned int)count);
		compile_list(&program, items, count, before, between);
		for (size_t i = 0; i < 4 * count; i++) {
			const struct item *one = &items[i % count], *other = &items[(i * 7 + 3) % count];
			const uint32_t hosts[2] = { i % 2 ? one->host : 0xc0000201, i % 2 ? 0xc0000202 : one->host };
			const uint16_t ports[2] = { i / 2 % 2 ? other->port : 9, i % 3 ? one->port : other->port };
			const bool is_listed = has(items, count, hosts, ports);

			make_frame(frame, hosts[0], hosts[1], ports[0], ports[1]);
			listed += is_listed;
			if ((pcap_offline_filter(&program, &header, frame) != 0) != (is_listed == accepts_listed))
				fail_msg("%zu items, packet %zu is %slisted", count, i, is_listed ? "" : "not ");
		}
		/* Neither is the rule for want of the other. */
		assert_true(listed > count && (count == 2 || listed < 4 * count));
		pcap_freecode(&program);
	}
}

static void pairs_of_host_and_port(void **state)
{
	(void)state;
	check("", " or ", true);
}

static void exclusions_of_host_and_port(void **state)
{
	(void)state;
	check("not ", " and ", false);
}

enum { GUARDS = 30, CHOICES = 10 };

static bool passes(const uint8_t *frame)
{
	bool is_guarded = false, is_chosen = false;

	for (int i = 0; i < GUARDS; i++)
		is_guarded |= (frame[i] & 1) != 0;
	for (int i = 0; i < CHOICES; i++)
		is_chosen |= frame[GUARDS + i] == i + 1;
	return is_guarded && is_chosen;
}

/* What is behind each guard is the same; where it leads to is not. */
static void one_part_before_many_ways_out(void **state)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 65535);
	const struct pcap_pkthdr header = { .caplen = FRAME_BYTES, .len = FRAME_BYTES };
	char choice[256] = "", text[GUARDS * 300] = "";
	uint8_t frame[FRAME_BYTES] = { 0 };
	struct bpf_program program;
	size_t length = 0;
	int passed = 0;

	(void)state;
	for (int i = 0; i < CHOICES; i++)
		sprintf(choice + strlen(choice), "%sether[%d] = %d", i ? " or " : "", GUARDS + i, i + 1);
	for (int i = 0; i < GUARDS; i++)
		length += (size_t)sprintf(text + length, "%s(ether[%d] & 1 != 0 and (%s))", i ? " or " : "", i, choice);
	if (pcap_compile(p, &program, text, 1, PCAP_NETMASK_UNKNOWN) != 0)
		fail_msg("%s", pcap_geterr(p));
	for (unsigned int i = 0, seed = 1; i < 4000; i++) {
		seed = seed * 1103515245 + 12345;
		frame[(seed >> 8) % (GUARDS + CHOICES)] = seed >> 16 & 1 ? (uint8_t)(seed >> 24 & 15) : 0;
		if (i % 8 == 0)
			memset(frame, 0, GUARDS);
		passed += passes(frame);
		assert_int_equal(pcap_offline_filter(&program, &header, frame) != 0, passes(frame));
	}
	assert_in_range(passed, 100, 3900);
	pcap_freecode(&program);
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_of_host_and_port),
		cmocka_unit_test(exclusions_of_host_and_port),
		cmocka_unit_test(one_part_before_many_ways_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
