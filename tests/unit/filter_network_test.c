/* filter_network_test.c - hosts, nets, ports, protocols and arithmetic in filters where Debian's libpcap, the reference
 * of tests/differential/, cannot show it: names, of which each machine has its own, and rules that newer ones have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "filter/compile.h"

#include <fcntl.h>
#include <pcap/pcap.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

enum { FRAME = 128, ETHERTYPE = 12, NET = 14 };

static int compile(const char *expression, int optimize, struct bpf_program *program, char *errbuf)
{
	const struct cst_filter_target target = {
		.dlt = DLT_EN10MB, .snaplen = 65535, .optimize = optimize, .netmask = PCAP_NETMASK_UNKNOWN
	};

	return cst_filter_compile(expression, &target, program, errbuf);
}

static void expect_refusal(const char *expression, const char *words)
{
	struct bpf_program program;
	char errbuf[PCAP_ERRBUF_SIZE] = "";

	if (compile(expression, 1, &program, errbuf) == 0) {
		pcap_freecode(&program);
		fail_msg("'%s' was compiled", expression);
	}
	if (!strstr(errbuf, words))
		fail_msg("'%s': \"%s\" lacks \"%s\"", expression, errbuf, words);
}

/* Both the plain and the optimised program decide so. */
static void expect(const char *expression, const uint8_t frame[FRAME], bool wanted)
{
	for (int optimize = 0; optimize < 2; optimize++) {
		struct bpf_program program;
		char errbuf[PCAP_ERRBUF_SIZE];
		if (compile(expression, optimize, &program, errbuf) < 0)
			fail_msg("'%s': %s", expression, errbuf);
		struct pcap_pkthdr header = { .caplen = FRAME, .len = FRAME };
		bool is_accepted = pcap_offline_filter(&program, &header, frame) != 0;
		pcap_freecode(&program);
		if (is_accepted != wanted)
			fail_msg("'%s', optimised %d: %s", expression, optimize, is_accepted ? "accepted" : "rejected");
	}
}

static void put16(uint8_t *at, uint32_t number)
{
	at[0] = (uint8_t)(number >> 8);
	at[1] = (uint8_t)number;
}

static void put32(uint8_t *at, uint32_t number)
{
	put16(at, number >> 16);
	put16(at + 2, number);
}

static void make_ipv4(uint8_t frame[FRAME], uint32_t source, uint32_t destination, uint8_t protocol, uint32_t port)
{
	memset(frame, 0, FRAME);
	put16(frame + ETHERTYPE, 0x0800);
	frame[NET] = 0x45;
	frame[NET + 9] = protocol;
	put32(frame + NET + 12, source);
	put32(frame + NET + 16, destination);
	put16(frame + NET + 22, port); /* the destination's */
}

static void make_arp(uint8_t frame[FRAME], uint32_t sender, uint32_t target)
{
	memset(frame, 0, FRAME);
	put16(frame + ETHERTYPE, 0x0806);
	put32(frame + NET + 14, sender);
	put32(frame + NET + 24, target);
}

/* From 2001:db8::`last` to ::. */
static void make_ipv6(uint8_t frame[FRAME], uint8_t last)
{
	memset(frame, 0, FRAME);
	put16(frame + ETHERTYPE, 0x86dd);
	frame[NET] = 0x60;
	put32(frame + NET + 8, 0x20010db8);
	frame[NET + 23] = last;
}

static void ip_multicast_ends_at_239(void **state)
{
	static const struct {
		uint32_t first;
		bool is_multicast;
	} rows[] = { { 223, false }, { 224, true }, { 239, true }, { 240, false }, { 255, false } };
	uint8_t frame[FRAME];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make_ipv4(frame, 1, rows[i].first << 24, 17, 0);
		expect("ip multicast", frame, rows[i].is_multicast);
	}
}

static void ends_of_port_ranges_are_numbers_as_c_writes_them(void **state)
{
	static const struct {
		const char *expression;
		uint32_t port;
		bool wanted;
	} rows[] = {
		{ "portrange 010-020", 8, true },    { "portrange 010-020", 16, true },
		{ "portrange 010-020", 17, false },  { "portrange 010-020", 7, false },
		{ "portrange 0x10-0x20", 32, true }, { "portrange 0x10-0x20", 10, false },
		{ "portrange 08-09", 8, true },	     { "portrange 08-09", 10, false },
		{ "portrange 20-10", 15, true },     { "portrange 7", 7, true },
	};
	uint8_t frame[FRAME];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make_ipv4(frame, 1, 2, 6, rows[i].port);
		put16(frame + NET + 20, 50000);
		expect(rows[i].expression, frame, rows[i].wanted);
	}
}

static void numbers_that_no_field_can_hold_are_refused(void **state)
{
	static const char *const expressions[] = {
		"ip proto 256",	  "ip6 proto 256",	   "proto 256",
		"protochain 256", "ip protochain 256",	   "iso proto 256",
		"isis proto 32",  "decnet host 64.1",	   "decnet host 1.1024",
		"decnet host 5",  "decnet host 1.2.3",	   "decnet net 1.2",
		"port 65536",	  "portrange 0-65536",	   "portrange 5-6-7",
		"portrange 5-6x", "portrange 70000-80000", "net 10.0.0.0/33",
		"net ::/129",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++)
		expect_refusal(expressions[i], " at column ");
}

static void errors_say_what_was_expected(void **state)
{
	(void)state;
	expect_refusal("icmp host 10.0.0.1", "'icmp' does not go with 'host'");
	expect_refusal("tcp src 10.0.0.1", "'tcp' has no addresses: expected 'tcp and src host 10.0.0.1' at column 1");
	expect_refusal("udp net 10.0.0.0/8", "expected 'udp and net 10.0.0.0...'");
	expect_refusal("udp dst 53", "nothing says what '53' is: expected 'udp dst port 53' at column 1");
	expect_refusal("port steram", "unknown port 'steram' (did you mean 'stream'?) at column 6");
	expect_refusal("host 00:00:5e:00:53:01", "needs 'ether' before it");
	expect_refusal("net 10.1.2.3/8", "10.0.0.0 would be the network");
	expect_refusal("src 10.0.0.0/8", "goes with 'net'");
	expect_refusal("ip broadcast", "netmask");
	expect_refusal("ip[0] / 0 = 1", "division by zero at column 9");
	expect_refusal("len << 32 = 1", "shift by 32 bits");
	expect_refusal("ah[0] = 1", "'ah' has no bytes to index");
}

/* An Authentication header that is its own next header: Debian's libpcap never comes back from it. */
static void protochain_leaves_chains_that_never_end(void **state)
{
	uint8_t frame[FRAME];

	(void)state;
	make_ipv4(frame, 1, 2, 51, 0);
	frame[NET + 20] = 51;
	frame[NET + 21] = 3; /* (3 + 2) * 4 = 20 */
	expect("ip protochain 6", frame, false);

	make_ipv6(frame, 1);
	frame[NET + 6] = 51;
	frame[NET + 40] = 51;
	frame[NET + 41] = 8;
	expect("protochain 6", frame, false);
	expect("protochain 51", frame, true);
}

/* ---- names ---- */

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static bool have_names;

/* An /etc of our own, without a resolver that asks the network. */
static int make_etc(void **state)
{
	static const char *const files[][2] = {
		{ "/etc/nsswitch.conf",
		  "hosts: files\nnetworks: files\nservices: files\nprotocols: files\nethers: files\n" },
		{ "/etc/host.conf", "multi on\n" },
		{ "/etc/hosts", "10.1.2.3 many\n2001:db8::9 many\n10.0.2.3 many\n2001:db8::1 many\n"
				"10.9.9.9 router\n2001:db8::2 router\n2001:db8::3 only6\n" },
		{ "/etc/ethers", "00:00:5e:00:53:01 router\n00:00:5e:00:53:02 only6\n" },
		{ "/etc/networks", "campus 10.5.0.0\n" },
		{ "/etc/services", "stream 7001/tcp\ndgram 7002/udp\nboth 7003/tcp\nboth 7003/udp\n" },
		{ "/etc/protocols", "ip 0 IP\ntcp 6 TCP\nudp 17 UDP\n" },
	};

	(void)state;
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/etc", "tmpfs", 0, NULL) < 0)
		return 0;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		write_file(files[i][0], files[i][1]);
	have_names = true;
	return 0;
}

static void need_names(void)
{
	if (!have_names) {
		print_message("needs CAP_SYS_ADMIN for an /etc of its own\n");
		skip();
	}
}

static void host_names_stand_for_all_their_addresses(void **state)
{
	uint8_t frame[FRAME];

	(void)state;
	need_names();
	make_ipv4(frame, 0x0a010203, 1, 6, 0);
	expect("host many", frame, true);
	expect("src host many", frame, true);
	expect("dst host many", frame, false);
	expect("ip6 host many", frame, false);
	make_ipv4(frame, 1, 0x0a000203, 6, 0);
	expect("ip host many", frame, true);
	expect("src and dst host many", frame, false);
	make_arp(frame, 1, 0x0a000203);
	expect("host many", frame, true);
	expect("arp dst host many", frame, true); /* the IPv6 addresses are no error, as they were */
	make_ipv6(frame, 9);
	expect("host many", frame, true);
	expect("ip host many", frame, false);
	make_ipv6(frame, 2);
	expect("host many", frame, false);
	expect_refusal("ip host only6", "no IPv4 address");
	expect_refusal("arp host only6", "no IPv4 address");
	expect_refusal("host nobody", "unknown host 'nobody'");
}

/* Where the constant stands first among the comparisons. */
static unsigned place_of(const struct bpf_program *program, uint32_t k)
{
	unsigned i = 0;

	while (i < program->bf_len && (program->bf_insns[i].code != (BPF_JMP | BPF_JEQ) || program->bf_insns[i].k != k))
		i++;
	assert_true(i < program->bf_len);
	return i;
}

static void addresses_of_a_name_are_tested_in_ascending_order_ipv4_first(void **state)
{
	struct bpf_program program;
	char errbuf[PCAP_ERRBUF_SIZE];

	(void)state;
	need_names();
	assert_int_equal(compile("src host many", 0, &program, errbuf), 0);
	assert_true(place_of(&program, 0x0a000203) < place_of(&program, 0x0a010203));
	assert_true(place_of(&program, 0x0a010203) < place_of(&program, 1));
	assert_true(place_of(&program, 1) < place_of(&program, 9));
	pcap_freecode(&program);
}

static void gateway_is_a_frame_of_the_host_whose_packet_is_not(void **state)
{
	static const uint8_t router[6] = { 0x00, 0x00, 0x5e, 0x00, 0x53, 0x01 };
	uint8_t frame[FRAME];

	(void)state;
	need_names();
	make_ipv4(frame, 1, 2, 6, 0);
	expect("gateway router", frame, false);
	memcpy(frame, router, 6);
	expect("gateway router", frame, true);
	expect("ip gateway router", frame, true);
	expect("arp gateway router", frame, false);
	expect("not gateway router", frame, false);
	make_ipv4(frame, 1, 0x0a090909, 6, 0);
	memcpy(frame + 6, router, 6);
	expect("gateway router", frame, false);
	make_arp(frame, 0x0a090909, 2);
	memcpy(frame + 6, router, 6);
	expect("gateway router", frame, false);
	make_ipv6(frame, 7); /* no IPv4, so no test of addresses; and no gateway's packet */
	memcpy(frame, router, 6);
	expect("gateway router", frame, false);

	expect_refusal("gateway only6", "no IPv4 address");
	expect_refusal("gateway many", "/etc/ethers");
	expect_refusal("gateway 10.9.9.9", "expected a name");
	expect_refusal("src gateway router", "src");
	expect_refusal("ip6 gateway router", "'ip6' does not go with 'gateway'");
	expect_refusal("mpls and gateway router", "'gateway'");
}

static void services_of_one_protocol_are_ports_of_that_one(void **state)
{
	uint8_t frame[FRAME];

	(void)state;
	need_names();
	make_ipv4(frame, 1, 2, 6, 7001);
	expect("port stream", frame, true);
	expect("dst port stream", frame, true);
	make_ipv4(frame, 1, 2, 17, 7001);
	expect("port stream", frame, false);
	make_ipv4(frame, 1, 2, 17, 7003);
	expect("port both", frame, true);
	expect("tcp port both", frame, false);
	make_ipv4(frame, 1, 2, 17, 7001); /* two protocols in one range: any */
	expect("portrange stream-dgram", frame, true);
	expect("portrange stream-stream", frame, false);
	expect_refusal("udp port stream", "'stream' is a port of tcp, not of udp");
	expect_refusal("port nothing", "unknown port 'nothing'");
}

static void network_names_are_numbers_of_networks(void **state)
{
	uint8_t frame[FRAME];

	(void)state;
	need_names();
	make_ipv4(frame, 1, 0x0a050000, 6, 0);
	expect("net campus", frame, true);
	make_ipv4(frame, 1, 0x0a050001, 6, 0); /* without a mask, all of the number counts */
	expect("net campus", frame, false);
	expect_refusal("net nowhere", "unknown network 'nowhere'");
	expect_refusal("ip6 net campus", "expected an IPv6 network");
}

static void protocol_names_are_the_systems(void **state)
{
	uint8_t frame[FRAME];

	(void)state;
	need_names();
	make_ipv4(frame, 1, 2, 6, 0);
	expect("ip proto \\tcp", frame, true);
	expect("proto TCP", frame, true);
	expect("proto \\udp", frame, false);
	expect_refusal("proto nothing", "unknown IP protocol 'nothing'");
	expect_refusal("proto udpp", "did you mean '\\udp'?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ip_multicast_ends_at_239),
		cmocka_unit_test(ends_of_port_ranges_are_numbers_as_c_writes_them),
		cmocka_unit_test(numbers_that_no_field_can_hold_are_refused),
		cmocka_unit_test(errors_say_what_was_expected),
		cmocka_unit_test(protochain_leaves_chains_that_never_end),
		cmocka_unit_test(host_names_stand_for_all_their_addresses),
		cmocka_unit_test(addresses_of_a_name_are_tested_in_ascending_order_ipv4_first),
		cmocka_unit_test(gateway_is_a_frame_of_the_host_whose_packet_is_not),
		cmocka_unit_test(services_of_one_protocol_are_ports_of_that_one),
		cmocka_unit_test(network_names_are_numbers_of_networks),
		cmocka_unit_test(protocol_names_are_the_systems),
	};

	return cmocka_run_group_tests(tests, make_etc, NULL);
}
