/* filter_compile_test.c - expressions to programs: what a caller of the compiler is promised, whatever the expression.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "filter/compile.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASS_C = 0xffffff00 };

static const struct cst_filter_target ethernet = {
	.dlt = DLT_EN10MB, .snaplen = 96, .optimize = true, .netmask = PCAP_NETMASK_UNKNOWN
};

static void compile(const char *expression, const struct cst_filter_target *target, struct bpf_program *program)
{
	char errbuf[PCAP_ERRBUF_SIZE];

	if (cst_filter_compile(expression, target, program, errbuf) != 0)
		fail_msg("'%s' was refused: %s", expression, errbuf);
	assert_true(bpf_validate(program->bf_insns, (int)program->bf_len));
}

/* Returns the sentence, valid until the next call. */
static const char *refusal(const char *expression, const struct cst_filter_target *target)
{
	static char errbuf[PCAP_ERRBUF_SIZE];
	struct bpf_program program = { 7, &(struct bpf_insn){ 0, 0, 0, 0 } };

	errbuf[0] = '\0';
	if (cst_filter_compile(expression, target, &program, errbuf) != PCAP_ERROR)
		fail_msg("'%s' was not refused", expression);
	assert_int_equal(program.bf_len, 0);
	assert_null(program.bf_insns);
	return errbuf;
}

static void expect_refusal(const char *expression, const struct cst_filter_target *target, const char *fragment)
{
	const char *sentence = refusal(expression, target);

	if (!strstr(sentence, fragment))
		fail_msg("'%s' was refused with \"%s\", which lacks \"%s\"", expression, sentence, fragment);
}

static void empty_expressions_keep_snaplen_bytes_of_every_packet(void **state)
{
	static const char *const empty[] = { NULL, "", " ", " \t\r\n" };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(empty) / sizeof(empty[0]); i++) {
		struct cst_filter_target target = ethernet;
		struct bpf_program program;

		target.optimize = i % 2;
		compile(empty[i / 2], &target, &program);
		assert_int_equal(program.bf_len, 1);
		assert_int_equal(program.bf_insns[0].code, BPF_RET | BPF_K);
		assert_int_equal(program.bf_insns[0].k, 96);
		pcap_freecode(&program);
	}
}

static void negative_snaplen_keeps_all(void **state)
{
	struct bpf_program program;

	(void)state;
	compile("", &(struct cst_filter_target){ .dlt = DLT_RAW, .snaplen = -1 }, &program);
	assert_int_equal(program.bf_insns[0].k, 0xffffffff);
	pcap_freecode(&program);
}

static void snaplen_0_is_refused_before_the_expression_is_read(void **state)
{
	struct cst_filter_target target = ethernet;

	(void)state;
	target.snaplen = 0;
	expect_refusal("", &target, "snaplen of 0 rejects all packets");
	expect_refusal("tcp and (", &target, "snaplen of 0 rejects all packets");
}

static void unknown_link_types_are_refused(void **state)
{
	struct cst_filter_target target = ethernet;

	(void)state;
	target.dlt = 103;
	expect_refusal("", &target, "unknown data link type 103");
	target.dlt = -1;
	expect_refusal("tcp", &target, "unknown data link type -1");
}

static void nowhere_to_put_the_sentence_is_no_crash(void **state)
{
	struct bpf_program program;

	(void)state;
	assert_int_equal(cst_filter_compile("tpc", &ethernet, &program, NULL), PCAP_ERROR);
	assert_null(program.bf_insns);
}

/* What is wrong, in the words of the sentence, and where: the column, from 1; 0: it has no place. */
struct wrong {
	const char *expression, *fragment;
	unsigned int column;
};

static void expect_all_wrong(const struct wrong *wrong, size_t count, int dlt)
{
	struct cst_filter_target target = ethernet;

	target.dlt = dlt;
	for (size_t i = 0; i < count; i++) {
		const char *sentence = refusal(wrong[i].expression, &target), *place = strstr(sentence, " at column ");
		char column[32];

		snprintf(column, sizeof(column), " at column %u", wrong[i].column);
		if (!strstr(sentence, wrong[i].fragment) || (wrong[i].column == 0) != (place == NULL) ||
		    (place && strcmp(place, column) != 0))
			fail_msg("'%s' was refused with \"%s\", not with \"%s\"%s", wrong[i].expression, sentence,
				 wrong[i].fragment, column);
	}
}

#define EXPECT_ALL_WRONG(wrong, dlt) expect_all_wrong(wrong, sizeof(wrong) / sizeof((wrong)[0]), dlt)

static void syntax_errors_say_what_was_expected_and_found(void **state)
{
	static const struct wrong wrong[] = {
		{ "tpc port 80", "unknown word 'tpc' (did you mean 'tcp'?)", 1 },
		{ "  tcp prot 80", "found 'prot' (did you mean 'port'?)", 7 },
		{ "udp or TCP", "unknown word 'TCP' (did you mean 'tcp'?)", 8 },
		{ "foo", "nothing says what 'foo' is: expected 'host', 'net', 'port'", 1 },
		{ "vlan 100 or 200", "nothing says what '200' is", 13 },
		{ "host", "expected a name, a number or an address after 'host', found the end of the expression", 5 },
		{ "host and", "expected a name, a number or an address after 'host', found 'and'", 6 },
		{ "not", "expected a filter primitive after 'not', found the end of the expression", 4 },
		{ "()", "expected a filter primitive after '(', found ')'", 2 },
		{ "(tcp", "expected 'and', 'or' or ')' after 'tcp', found the end of the expression", 5 },
		{ "tcp)", "expected 'and', 'or' or the end after 'tcp', found ')'", 4 },
		{ "tcp udp", "expected 'and', 'or' or the end after 'tcp', found 'udp'", 5 },
		{ "ip proto tcp", "as a name it is written '\\tcp'", 10 },
		{ "port 80,443", "',' means nothing in a filter expression", 8 },
		{ "tcp # http", "'#' means nothing in a filter expression", 5 },
		{ "less foo", "expected a length in bytes after 'less', found 'foo'", 6 },
		{ "len > foo", "expected a number, 'len', or packet data such as ip[0] after '>', found 'foo'", 7 },
		{ "ether[0]", "expected a relation such as '=' or '>' after ']'", 9 },
		{ "tcp[0:3] = 1", "expected a size of 1, 2 or 4 bytes, found 3", 7 },
		{ "ah[0] = 1", "'ah' has no bytes to index: expected a protocol such as", 1 },
		{ "tcp[0] = 08", "'08' is no number", 10 },
		{ "byte 5", "expected '=', '<', '>', '&' or '|' after '5'", 7 },
	};

	(void)state;
	EXPECT_ALL_WRONG(wrong, DLT_EN10MB);
}

static void names_that_nobody_knows_are_quoted(void **state)
{
	static const struct wrong wrong[] = {
		{ "tcp port foo", "unknown port 'foo': no entry in /etc/services", 10 },
		{ "net foo", "unknown network 'foo': no entry in /etc/networks", 5 },
		{ "ip proto foo", "unknown IP protocol 'foo'", 10 },
		{ "ether proto foo", "unknown link-layer protocol 'foo'", 13 },
		{ "ether host foo", "unknown Ethernet host 'foo'", 12 },
		{ "llc foo", "unknown kind of LLC frame 'foo'; there are i, s, u", 5 },
		{ "port 80-90", "unknown port '80-90': a range is written 'portrange 80-90'", 6 },
		{ "portrange 1-2-3", "'1-2-3' is no range of ports", 11 },
		/* No address, and nothing that a resolver is asked about outside this machine. */
		{ "host 1..2", "unknown host '1..2'", 6 },
	};

	(void)state;
	EXPECT_ALL_WRONG(wrong, DLT_EN10MB);
}

static void numbers_out_of_range_are_quoted_with_the_range(void **state)
{
	static const struct wrong wrong[] = {
		{ "port 65536", "port '65536' is above the greatest port, 65535", 6 },
		{ "portrange 80-65536", "'80-65536' is above the greatest port, 65535", 11 },
		{ "host 1.2.3.256", "'1.2.3.256' is no IPv4 address: 256 is greater than 255", 6 },
		{ "net 10.0.0.1/8", "'10.0.0.1' has host bits set: 10.0.0.0 would be", 5 },
		{ "net 10.0.0.1 mask 255.0.0.0", "'10.0.0.1' has host bits set: 10.0.0.0 would be", 5 },
		{ "net 2001:db8::1/64", "'2001:db8::1' has host bits set", 5 },
		{ "net 10.0.0.0/33", "prefix length 33 is above 32", 5 },
		{ "net 2001:db8::/129", "prefix length 129 is above 128", 5 },
		{ "ether proto 65536", "an EtherType, a number up to 65535, found '65536'", 13 },
		{ "ether proto 0x3e8", "an EtherType above 1500 or an LLC SAP up to 255, found '0x3e8'", 13 },
		{ "proto 256", "'proto' ends at 255, and 256 is more", 7 },
		{ "ip proto 256", "'ip proto' ends at 255, and 256 is more", 10 },
		{ "vlan 4096", "the VLAN ID '4096' is greater than 4095", 6 },
		{ "mpls 1048576", "the MPLS label '1048576' is greater than 1048575", 6 },
		{ "pppoes 65536", "the PPPoE session '65536' is greater than 65535", 8 },
		{ "geneve 16777216", "'16777216' is greater than 16777215", 8 },
		{ "vxlan 16777216", "'16777216' is greater than 16777215", 7 },
		{ "byte 5 = 300", "a number up to 255", 10 },
		{ "len = 4294967296", "the number '4294967296' does not fit in 32 bits", 7 },
		{ "less 99999999999999999999", "'99999999999999999999' does not fit in 32 bits", 6 },
		{ "decnet host 64.1", "'64.1' is too big: the area ends at 63", 13 },
		{ "ip[0] / 0 = 1", "division by zero", 9 },
		{ "ip[0] % (1 - 1) = 1", "modulus by zero", 10 },
		{ "ip[0] << 32 = 1", "shift by 32 bits: expected 0 to 31", 10 },
	};

	(void)state;
	EXPECT_ALL_WRONG(wrong, DLT_EN10MB);
}

static void qualifiers_that_do_not_go_together_are_named(void **state)
{
	static const struct wrong wrong[] = {
		{ "icmp host 1.2.3.4", "'icmp' does not go with 'host': expected ether, ip,", 1 },
		{ "icmp port 80", "'icmp' does not go with 'port': expected tcp, udp or sctp", 1 },
		{ "ip host ::1", "expected an IPv4 address or a host's name after 'ip host', found '::1'", 9 },
		{ "ip6 host 1.2.3.4", "expected an IPv6 address or a host's name after 'ip6 host', found '1.2.3.4'",
		  10 },
		{ "ether host 1.2.3.4", "expected a MAC address", 12 },
		{ "host 1.2.3.4/24", "a mask or a prefix length goes with 'net', not with 'host'", 6 },
		{ "tcp broadcast", "'tcp' knows no broadcast: expected 'ether' or 'ip'", 1 },
		{ "arp multicast", "'arp' knows no multicast: expected 'ether', 'ip' or 'ip6'", 1 },
		{ "mpls and vlan", "'vlan' cannot follow 'mpls'", 10 },
	};

	(void)state;
	EXPECT_ALL_WRONG(wrong, DLT_EN10MB);
}

static void what_a_link_type_lacks_is_said_with_its_name(void **state)
{
	static const struct wrong on_ethernet[] = {
		{ "tcp and type mgt", "'type', 'subtype' and 'dir' ask for the header of an 802.11 frame", 9 },
		{ "vpi 0", "'vpi' needs DLT_SUNATM: the frames are Ethernet", 1 },
		{ "fisu", "need DLT_MTP2", 1 },
		{ "on em0", "in DLT_PFLOG headers only: the frames are Ethernet", 1 },
		{ "inbound", "'inbound' needs a live capture on Linux", 1 },
	};
	static const struct wrong on_raw[] = {
		{ "ether host 1:2:3:4:5:6", "no MAC addresses to compare with: the frames are Raw IP", 1 },
		{ "tcp or vlan", "'vlan' needs frames that can be tagged, which Raw IP's cannot", 8 },
		{ "broadcast", "'broadcast' needs link-layer addresses: the frames are Raw IP", 1 },
		{ "llc", "'llc' needs a link layer with 802.2 headers", 1 },
	};

	(void)state;
	EXPECT_ALL_WRONG(on_ethernet, DLT_EN10MB);
	EXPECT_ALL_WRONG(on_raw, DLT_RAW);
}

static void sentences_quote_no_control_characters(void **state)
{
	(void)state;
	expect_refusal("ip proto \\a\x1b[2J", &ethernet, "unknown IP protocol 'a?[2J'");
	expect_refusal("tcp port \\\x01\x7f", &ethernet, "unknown port '?\?'");
	/* A letter of UTF-8 as it is; half of one, a control character of two bytes, and one that is too long. */
	expect_refusal("tcp port \\\xc3\xa9", &ethernet, "unknown port '\xc3\xa9'");
	expect_refusal("tcp port \\\xe2\x82", &ethernet, "unknown port '?\?'");
	expect_refusal("tcp port \\\xc2\x9b", &ethernet, "unknown port '?\?'");
	expect_refusal("tcp port \\\xc0\xaf", &ethernet, "unknown port '?\?'");
	expect_refusal("tcp port \\%s%n%s", &ethernet, "unknown port '%s%n%s'");
}

static void what_fails_first_is_what_the_column_points_at(void **state)
{
	struct cst_filter_target target = ethernet;

	(void)state;
	target.dlt = DLT_AX25;
	for (int optimize = 0; optimize <= 1; optimize++) {
		target.optimize = optimize;
		expect_refusal("port 1 or port 2", &target, "link[n]) and lengths at column 1");
		expect_refusal("portrange 10-19 or 2", &target, "link[n]) and lengths at column 1");
		expect_refusal("port 1 or port 99999", &target, "link[n]) and lengths at column 1");
		expect_refusal("less 9 and (port 1 or port 2)", &target, "link[n]) and lengths at column 13");
	}
}

static void ip_broadcast_needs_the_netmask(void **state)
{
	static const uint32_t broadcast = 0xff;
	struct cst_filter_target target = ethernet;
	struct bpf_program program;
	bool is_compared = false;

	(void)state;
	expect_refusal("ip broadcast", &target, "needs the netmask of the network, which is not known at column 1");
	target.netmask = CLASS_C;
	compile("ip broadcast", &target, &program);
	for (u_int i = 0; i < program.bf_len; i++)
		is_compared |= BPF_CLASS(program.bf_insns[i].code) == BPF_JMP && program.bf_insns[i].k == broadcast;
	assert_true(is_compared);
	pcap_freecode(&program);
	/* Nothing else asks for it. */
	target.netmask = PCAP_NETMASK_UNKNOWN;
	compile("ether broadcast or ip multicast or net 10.0.0.0/8", &target, &program);
	pcap_freecode(&program);
}

/* The optimiser sees them, and says so; without it they are programs that reject. */
static void contradictions_are_errors_of_the_optimiser(void **state)
{
	static const char *const contradictions[] = { "ip and arp", "tcp and udp", "tcp and not ip and not ip6",
						      "len = 1 and len = 2", "1 = 2" };

	(void)state;
	for (size_t i = 0; i < sizeof(contradictions) / sizeof(contradictions[0]); i++) {
		static const uint8_t zeros[64];
		struct cst_filter_target target = ethernet;
		struct bpf_program program;

		assert_string_equal(refusal(contradictions[i], &target), "expression rejects all packets");
		target.optimize = false;
		compile(contradictions[i], &target, &program);
		assert_int_equal(bpf_filter(program.bf_insns, zeros, sizeof(zeros), sizeof(zeros)), 0);
		pcap_freecode(&program);
	}
}

static void optimised_programs_are_shorter_and_say_the_same(void **state)
{
	/* Ethernet, IPv4, TCP from port 4096 to port 80 */
	static const uint8_t web[64] = { [12] = 0x08, 0x00, 0x45, [23] = 6, [34] = 0x10, 0x00, 0x00, 80 };
	static const uint8_t other[64] = { [12] = 0x08, 0x00, 0x45, [23] = 6, [34] = 0x10, 0x00, 0x00, 81 };
	struct bpf_program programs[2];

	(void)state;
	for (int optimize = 0; optimize <= 1; optimize++) {
		struct cst_filter_target target = ethernet;

		target.optimize = optimize;
		compile("tcp port 80 or tcp port 443 or tcp port 8080", &target, &programs[optimize]);
		const struct bpf_insn *insns = programs[optimize].bf_insns;
		assert_int_equal(bpf_filter(insns, web, sizeof(web), sizeof(web)), 96);
		assert_int_equal(bpf_filter(insns, other, sizeof(other), sizeof(other)), 0);
	}
	assert_true(programs[1].bf_len < programs[0].bf_len);
	pcap_freecode(&programs[0]);
	pcap_freecode(&programs[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_expressions_keep_snaplen_bytes_of_every_packet),
		cmocka_unit_test(negative_snaplen_keeps_all),
		cmocka_unit_test(snaplen_0_is_refused_before_the_expression_is_read),
		cmocka_unit_test(unknown_link_types_are_refused),
		cmocka_unit_test(nowhere_to_put_the_sentence_is_no_crash),
		cmocka_unit_test(syntax_errors_say_what_was_expected_and_found),
		cmocka_unit_test(names_that_nobody_knows_are_quoted),
		cmocka_unit_test(numbers_out_of_range_are_quoted_with_the_range),
		cmocka_unit_test(qualifiers_that_do_not_go_together_are_named),
		cmocka_unit_test(what_a_link_type_lacks_is_said_with_its_name),
		cmocka_unit_test(sentences_quote_no_control_characters),
		cmocka_unit_test(what_fails_first_is_what_the_column_points_at),
		cmocka_unit_test(ip_broadcast_needs_the_netmask),
		cmocka_unit_test(contradictions_are_errors_of_the_optimiser),
		cmocka_unit_test(optimised_programs_are_shorter_and_say_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
