/* filter_link_test.c - what link types mean to a filter where Debian's libpcap, the reference of tests/differential/,
 * cannot show it: numbers that it does not know, and rules that newer ones have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "filter/compile.h"

#include <arpa/inet.h>
#include <pcap/pcap.h>
#include <string.h>
#include <sys/socket.h>

static int compile(const char *expression, int dlt, bool is_savefile, struct bpf_program *program, char *errbuf)
{
	return cst_filter_compile(
		expression,
		&(struct cst_filter_target){
			.dlt = dlt, .snaplen = 65535, .is_savefile = is_savefile, .netmask = PCAP_NETMASK_UNKNOWN },
		program, errbuf);
}

static bool accepts(const char *expression, int dlt, bool is_savefile, const uint8_t *packet, unsigned length)
{
	struct bpf_program program;
	char errbuf[PCAP_ERRBUF_SIZE];

	if (compile(expression, dlt, is_savefile, &program, errbuf) < 0)
		fail_msg("'%s' on %d: %s", expression, dlt, errbuf);
	struct pcap_pkthdr header = { .caplen = length, .len = length };
	bool is_accepted = pcap_offline_filter(&program, &header, packet) != 0;
	pcap_freecode(&program);
	return is_accepted;
}

static void expect(const char *expression, int dlt, const uint8_t *packet, unsigned length, bool wanted)
{
	if (accepts(expression, dlt, false, packet, length) != wanted)
		fail_msg("'%s' on %d: %s", expression, dlt, wanted ? "rejected" : "accepted");
}

static void expect_refusal(const char *expression, int dlt, const char *words)
{
	struct bpf_program program;
	char errbuf[PCAP_ERRBUF_SIZE] = "";

	if (compile(expression, dlt, false, &program, errbuf) == 0) {
		pcap_freecode(&program);
		fail_msg("'%s' on %d was compiled", expression, dlt);
	}
	if (!strstr(errbuf, words))
		fail_msg("'%s' on %d: \"%s\" lacks \"%s\"", expression, dlt, errbuf, words);
}

/* A packet of 64 octets that begins with `word` as it stands in memory. */
static bool family_accepts(const char *expression, int dlt, bool is_savefile, uint32_t word)
{
	uint8_t packet[64] = { 0 };

	memcpy(packet, &word, sizeof(word));
	return accepts(expression, dlt, is_savefile, packet, sizeof(packet));
}

static void loopback_savefiles_have_families_of_any_system_in_either_byte_order(void **state)
{
	static const struct {
		uint32_t family;
		bool ip, ip6;
	} rows[] = { { 2, true, false },  { 24, false, true },	{ 28, false, true },
		     { 30, false, true }, { 10, false, false }, { 26, false, false } };
	static const int dlts[] = { DLT_NULL, DLT_ENC };

	(void)state;
	for (size_t d = 0; d < 2; d++) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			uint32_t swapped = __builtin_bswap32(rows[i].family);
			assert_int_equal(family_accepts("ip", dlts[d], true, rows[i].family), rows[i].ip);
			assert_int_equal(family_accepts("ip", dlts[d], true, swapped), rows[i].ip);
			assert_int_equal(family_accepts("ip6", dlts[d], true, rows[i].family), rows[i].ip6);
			assert_int_equal(family_accepts("ip6", dlts[d], true, swapped), rows[i].ip6);
		}
	}
}

static void loopback_captures_have_the_families_of_this_host(void **state)
{
	(void)state;
	assert_true(family_accepts("ip", DLT_NULL, false, AF_INET));
	assert_true(family_accepts("ip6", DLT_NULL, false, AF_INET6));
	assert_false(family_accepts("ip", DLT_NULL, false, __builtin_bswap32(AF_INET)));
	assert_false(family_accepts("ip6", DLT_NULL, false, 30));
	assert_true(family_accepts("ip6", DLT_LOOP, false, htonl(AF_INET6)));
}

static void openbsd_loopback_savefiles_are_big_endian(void **state)
{
	(void)state;
	assert_true(family_accepts("ip", DLT_LOOP, true, htonl(2)));
	assert_true(family_accepts("ip6", DLT_LOOP, true, htonl(24)));
	assert_false(family_accepts("ip6", DLT_LOOP, true, htonl(10)));
	assert_false(family_accepts("ip", DLT_LOOP, true, htonl(2) >> 8));
}

static void pflog_savefiles_have_families_of_the_bsds(void **state)
{
	static const uint8_t families[] = { 24, 28, 30 };
	uint8_t packet[100] = { 61, 10 };

	(void)state;
	assert_false(accepts("ip6", DLT_PFLOG, true, packet, sizeof(packet)));
	assert_true(accepts("ip6", DLT_PFLOG, false, packet, sizeof(packet)));
	for (size_t i = 0; i < 3; i++) {
		packet[1] = families[i];
		assert_true(accepts("ip6", DLT_PFLOG, true, packet, sizeof(packet)));
		assert_false(accepts("ip6", DLT_PFLOG, false, packet, sizeof(packet)));
	}
}

static void switch_tags_stand_before_the_ethertype(void **state)
{
	static const uint8_t packet[60] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x40, 0, 0, 3, 0x08, 0x00, 0x45 };
	static const uint8_t bpdu[60] = { 1, 0x80, 0xc2, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 3, 0, 38, 0x42, 0x42, 3 };
	static const int dlts[] = { DLT_DSA_TAG_BRCM, DLT_DSA_TAG_DSA };

	(void)state;
	for (size_t d = 0; d < 2; d++) {
		expect("ip", dlts[d], packet, sizeof(packet), true);
		expect("ip[0] = 0x45", dlts[d], packet, sizeof(packet), true);
		expect("ether src 2:0:0:0:0:2", dlts[d], packet, sizeof(packet), true);
		expect("ether dst 2:0:0:0:0:2", dlts[d], packet, sizeof(packet), false);
		expect("stp", dlts[d], packet, sizeof(packet), false);
		expect("stp and ether multicast", dlts[d], bpdu, sizeof(bpdu), true);
	}
	expect_refusal("ip", DLT_DSA_TAG_EDSA, "which protocol");
}

static void bacnet_has_addresses_and_no_protocols(void **state)
{
	static const uint8_t token[] = { 0x55, 0xff, 0x00, 0x12, 0x34, 0, 0, 0 };
	static const uint8_t to_all[] = { 0x55, 0xff, 0x06, 0xff, 0x34, 0, 0, 0 };

	(void)state;
	expect("link dst $12", DLT_BACNET_MS_TP, token, sizeof(token), true);
	expect("link src $34", DLT_BACNET_MS_TP, token, sizeof(token), true);
	expect("link src $12", DLT_BACNET_MS_TP, token, sizeof(token), false);
	expect("link host $12", DLT_BACNET_MS_TP, token, sizeof(token), true);
	expect("link broadcast", DLT_BACNET_MS_TP, token, sizeof(token), false);
	expect("link broadcast", DLT_BACNET_MS_TP, to_all, sizeof(to_all), true);
	expect_refusal("link multicast", DLT_BACNET_MS_TP, "'multicast'");
	expect_refusal("ip", DLT_BACNET_MS_TP, "which protocol");
	expect_refusal("port 80", DLT_BACNET_MS_TP, "which protocol");
}

static void arcnet_addresses_are_read_as_written(void **state)
{
	static const uint8_t ip[40] = { 0x12, 0x34, 212 };
	static const uint8_t old_ip[40] = { 0x12, 0x34, 240 };

	(void)state;
	expect("link src $12", DLT_ARCNET, ip, sizeof(ip), true);
	expect("link dst $34", DLT_ARCNET, ip, sizeof(ip), true);
	expect("link dst $12", DLT_ARCNET, ip, sizeof(ip), false);
	expect("ip", DLT_ARCNET, ip, sizeof(ip), true);
	expect("ip", DLT_ARCNET, old_ip, sizeof(old_ip), false);
}

static void numbers_without_a_layout_give_raw_octets(void **state)
{
	static const int dlts[] = { 2, 3, 4, 5, 32, 139, 290, 304 };
	static const uint8_t packet[] = { 7, 8, 9 };

	(void)state;
	for (size_t d = 0; d < sizeof(dlts) / sizeof(dlts[0]); d++) {
		expect("link[1] = 8 and len = 3", dlts[d], packet, sizeof(packet), true);
		expect("byte 1 & 7", dlts[d], packet, sizeof(packet), false);
		expect("byte 1 | 0", dlts[d], packet, sizeof(packet), true);
		expect_refusal("ip", dlts[d], "which protocol");
		expect_refusal("ether host 1:2:3:4:5:6", dlts[d], "no MAC addresses");
		expect_refusal("ether broadcast", dlts[d], "'broadcast'");
	}
}

static void numbers_of_nobody_are_refused_even_for_every_packet(void **state)
{
	static const int dlts[] = { -1, 13, 14, 17, 20, 33, 98, 103, 305, 100000 };

	(void)state;
	for (size_t d = 0; d < sizeof(dlts) / sizeof(dlts[0]); d++)
		expect_refusal("", dlts[d], "unknown data link type");
}

static void ether_proto_takes_what_the_field_can_hold(void **state)
{
	static const uint8_t packet[64] = { 0 };

	(void)state;
	expect_refusal("ether proto 65536", DLT_EN10MB, "'65536'");
	expect_refusal("ether proto 256", DLT_EN10MB, "'256'");
	expect_refusal("ether proto 1500", DLT_LINUX_SLL, "'1500'");
	expect_refusal("ether proto 65536", DLT_PPP, "'65536'");
	expect_refusal("ether proto 65536", DLT_LINUX_SLL2, "'65536'");
	expect("ether proto 1501", DLT_EN10MB, packet, sizeof(packet), false);
	expect("ether proto 300", DLT_LINUX_SLL2, packet, sizeof(packet), false);
	expect("ether proto 300", DLT_C_HDLC, packet, sizeof(packet), false);
	expect("ether proto 65536", DLT_RAW, packet, sizeof(packet), false);
}

static void byte_compares_with_an_octet(void **state)
{
	(void)state;
	expect_refusal("byte 0 = 256", DLT_EN10MB, "'256'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loopback_savefiles_have_families_of_any_system_in_either_byte_order),
		cmocka_unit_test(loopback_captures_have_the_families_of_this_host),
		cmocka_unit_test(openbsd_loopback_savefiles_are_big_endian),
		cmocka_unit_test(pflog_savefiles_have_families_of_the_bsds),
		cmocka_unit_test(switch_tags_stand_before_the_ethertype),
		cmocka_unit_test(bacnet_has_addresses_and_no_protocols),
		cmocka_unit_test(arcnet_addresses_are_read_as_written),
		cmocka_unit_test(numbers_without_a_layout_give_raw_octets),
		cmocka_unit_test(numbers_of_nobody_are_refused_even_for_every_packet),
		cmocka_unit_test(ether_proto_takes_what_the_field_can_hold),
		cmocka_unit_test(byte_compares_with_an_octet),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
