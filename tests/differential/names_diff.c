/* names_diff.c - every function of lib/names asked the same as libpcap, over all values and thousands of names.
 * Where the answers are meant to differ, a table below says where and why. */
#include "oracle.h"

#include <pcap.h>
#include <pcap-namedb.h>

#include <ctype.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>
#include <cmocka.h>

enum { FIRST_VALUE = -20, LAST_VALUE = 500 };

/* Every run asks the same. */
static uint32_t pick(uint32_t below)
{
	static uint64_t state = 0x9e3779b97f4a7c15u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % below;
}

static void mix_case(char *text)
{
	for (; *text; text++)
		*text = (char)(pick(2) ? toupper((unsigned char)*text) : tolower((unsigned char)*text));
}

/* snprintf() with a format from a table and six numbers, which the format may leave unused. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void print_numbers(char *text, size_t size, const char *format, const uint32_t n[static 6])
{
	snprintf(text, size, format, n[0], n[1], n[2], n[3], n[4], n[5]);
}
#pragma GCC diagnostic pop

static void pick_numbers(uint32_t n[static 6], uint32_t below)
{
	for (int i = 0; i < 6; i++)
		n[i] = pick(below);
}

/* Both NULL, or the same text. */
#define assert_same_text(ours, theirs) do { \
		const char *ours_ = (ours), *theirs_ = (theirs); \
		assert_int_equal(ours_ == NULL, theirs_ == NULL); \
		if (ours_) \
			assert_string_equal(ours_, theirs_); \
	} while (0)

/* ---- a world of our own: network and mount namespaces, and an /etc with surprises ---- */

static bool isolated;
static char etc[] = "/tmp/names_diff.XXXXXX";

static const struct {
	const char *path;
	const char *text;
} etc_files[] = {
	{ "services",
	  "both 70/tcp\nboth 71/udp\nrev 72/udp\nrev 73/tcp\nsame 74/tcp also\nsame 74/udp also\nosctp 75/sctp\n"
	  "odccp 76/dccp\ntsctp 77/tcp\ntsctp 77/sctp\nuonly 78/udp\na-b 79/tcp\n" },
	{ "ethers", "00:11:22:33:44:55 alpha\n1-2-3-4-5-6 beta\n1:2:3:4:5:6 gamma\n" },
};

static bool write_file(const char *path, const char *text)
{
	FILE *fp = fopen(path, "w");

	if (!fp)
		return false;
	bool written = fputs(text, fp) >= 0;
	return fclose(fp) == 0 && written;
}

static int make_world(void **state)
{
	char path[64];

	(void)state;
	isolated = (unshare(CLONE_NEWNET | CLONE_NEWNS) == 0 ||
		    unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) == 0) &&
		   mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0;
	if (!mkdtemp(etc))
		return -1;
	for (size_t i = 0; i < sizeof(etc_files) / sizeof(etc_files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", etc, etc_files[i].path);
		if (!write_file(path, etc_files[i].text))
			return -1;
	}
	return 0;
}

static int leave_world(void **state)
{
	char path[64];

	(void)state;
	for (size_t i = 0; i < sizeof(etc_files) / sizeof(etc_files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", etc, etc_files[i].path);
		unlink(path);
	}
	return rmdir(etc);
}

static void skip_unless_isolated(const char *why)
{
	if (isolated)
		return;
	print_message("skipped: needs a network and a mount namespace, where %s\n", why);
	skip();
}

/* The caller takes it away again: umount2("/etc"). */
static void put_our_etc_in_place(void)
{
	skip_unless_isolated("/etc can be replaced");
	assert_int_equal(mount(etc, "/etc", "none", MS_BIND, NULL), 0);
}

/* ---- numbers to texts ---- */

typedef const char *val_to_text(int);

static void compare_texts(val_to_text *ours, val_to_text *theirs, bool (*differs)(int))
{
	for (int value = FIRST_VALUE; value <= LAST_VALUE; value++) {
		const char *mine = ours(value), *its = theirs(value);

		if (!differs || !differs(value)) {
			if (mine && its && strcmp(mine, its) != 0)
				print_error("value %d:\n", value);
			assert_same_text(mine, its);
		} else if (mine && its && strcmp(mine, its) == 0) {
			fail_msg("value %d: meant to differ, does not: %s", value, mine);
		}
	}
}

/* Link types that 1.10.3 has no names for and its successor has. */
static bool newer_link_type(int dlt)
{
	return (dlt >= 2 && dlt <= 5) || dlt == 32 || (dlt >= 147 && dlt <= 162) || (dlt >= 290 && dlt <= 304);
}

/* 209 has been I2C_LINUX since: IPMB is but one of the protocols on that bus. */
static bool other_link_type_name(int dlt)
{
	return newer_link_type(dlt) || dlt == 209;
}

static void link_type_names(void **state)
{
	(void)state;
	compare_texts(pcap_datalink_val_to_name, oracle_symbol("pcap_datalink_val_to_name"), other_link_type_name);
	assert_string_equal(pcap_datalink_val_to_name(209), "I2C_LINUX");
}

static void link_type_descriptions(void **state)
{
	val_to_text *theirs = oracle_symbol("pcap_datalink_val_to_description");
	val_to_text *theirs_or_dlt = oracle_symbol("pcap_datalink_val_to_description_or_dlt");

	(void)state;
	compare_texts(pcap_datalink_val_to_description, theirs, newer_link_type);
	compare_texts(pcap_datalink_val_to_description_or_dlt, theirs_or_dlt, newer_link_type);
	assert_same_text(pcap_datalink_val_to_description_or_dlt(INT32_MIN), theirs_or_dlt(INT32_MIN));
	assert_same_text(pcap_datalink_val_to_description_or_dlt(INT32_MAX), theirs_or_dlt(INT32_MAX));
}

static void link_type_values_of_names_in_any_case(void **state)
{
	int (*theirs)(const char *) = oracle_symbol("pcap_datalink_name_to_val");
	val_to_text *their_name = oracle_symbol("pcap_datalink_val_to_name");
	static const char *const others[] = {
		"", "EN10MB ", " EN10MB", "DLT_EN10MB", "dlt_en10mb", "EN10M", "EN10MBX", "LINKTYPE_ETHERNET", "1",
		"CHDLC",
	};
	int nr = 0;

	(void)state;
	for (int dlt = FIRST_VALUE; dlt <= LAST_VALUE; dlt++) {
		char name[64];

		if (dlt == 209 || !their_name(dlt))
			continue;
		for (int round = 0; round < 8; round++) {
			snprintf(name, sizeof(name), "%s", their_name(dlt));
			if (round)
				mix_case(name);
			assert_int_equal(theirs(name), dlt);
			assert_int_equal(pcap_datalink_name_to_val(name), dlt);
		}
		nr++;
	}
	assert_true(nr > 100);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(pcap_datalink_name_to_val(others[i]), theirs(others[i]));
	/* Intended: see other_link_type_name(). */
	assert_int_equal(theirs("IPMB_LINUX"), 209);
	assert_int_equal(pcap_datalink_name_to_val("IPMB_LINUX"), PCAP_ERROR);
}

static void time_stamp_types(void **state)
{
	int (*theirs)(const char *) = oracle_symbol("pcap_tstamp_type_name_to_val");
	static const char *const others[] = { "", "hos", "hostx", "Host, low precision", "0", " host" };

	(void)state;
	compare_texts(pcap_tstamp_type_val_to_name, oracle_symbol("pcap_tstamp_type_val_to_name"), NULL);
	compare_texts(pcap_tstamp_type_val_to_description, oracle_symbol("pcap_tstamp_type_val_to_description"), NULL);
	for (int type = 0; pcap_tstamp_type_val_to_name(type); type++) {
		char name[64];

		snprintf(name, sizeof(name), "%s", pcap_tstamp_type_val_to_name(type));
		for (int round = 0; round < 8; round++, mix_case(name))
			assert_int_equal(pcap_tstamp_type_name_to_val(name), theirs(name));
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(pcap_tstamp_type_name_to_val(others[i]), theirs(others[i]));
}

/* PCAP_ERROR_CAPTURE_NOTSUP came after 1.10.3. */
static bool newer_status(int status)
{
	return status == PCAP_ERROR_CAPTURE_NOTSUP;
}

static void statuses_and_errno_values(void **state)
{
	val_to_text *their_status = oracle_symbol("pcap_statustostr"), *their_error = oracle_symbol("pcap_strerror");

	(void)state;
	compare_texts(pcap_statustostr, their_status, newer_status);
	compare_texts(pcap_strerror, their_error, NULL);
	assert_string_equal(pcap_strerror(INT32_MIN), their_error(INT32_MIN));
	assert_string_equal(pcap_strerror(INT32_MAX), their_error(INT32_MAX));
}

/* ---- hosts and networks ---- */

static void free_list(struct addrinfo *list)
{
	if (list)
		freeaddrinfo(list);
}

static void compare_addrinfo(const char *name)
{
	struct addrinfo *(*ask)(const char *) = oracle_symbol("pcap_nametoaddrinfo");
	struct addrinfo *our_list = pcap_nametoaddrinfo(name), *their_list = ask(name);
	struct addrinfo *ours = our_list, *theirs = their_list;

	for (; ours && theirs; ours = ours->ai_next, theirs = theirs->ai_next) {
		assert_int_equal(ours->ai_family, theirs->ai_family);
		assert_int_equal(ours->ai_socktype, theirs->ai_socktype);
		assert_int_equal(ours->ai_protocol, theirs->ai_protocol);
		assert_int_equal(ours->ai_addrlen, theirs->ai_addrlen);
		assert_memory_equal(ours->ai_addr, theirs->ai_addr, ours->ai_addrlen);
	}
	if (ours || theirs)
		fail_msg("nametoaddrinfo(%s): not as many addresses", name);
	free_list(our_list);
	free_list(their_list);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* pcap_nametoaddr() is, and works */
static void compare_host(const char *name)
{
	bpf_u_int32 **(*ask)(const char *) = oracle_symbol("pcap_nametoaddr");
	bpf_u_int32 **ours = pcap_nametoaddr(name), **theirs = ask(name);

	if (!ours != !theirs)
		fail_msg("nametoaddr(%s): known to %s only", name, ours ? "us" : "libpcap");
	for (; ours && *ours && *theirs; ours++, theirs++)
		assert_int_equal(**ours, **theirs);
	if (ours)
		assert_ptr_equal(*ours, *theirs); /* both lists end here */
	compare_addrinfo(name);
}
#pragma GCC diagnostic pop

/* Only what needs no resolver: its answer could change between two questions. */
static void hosts_written_as_numbers(void **state)
{
	static const char *const formats[] = {
		"%u.%u.%u.%u", "%u.%u.%u", "%u.%u", "%u", "0%o.%u.%u.%u", "0x%x.%u.%u.%u", "0x%x", "0%o",
		"%u.%u.%u.%u.%u", "%u.%u.%u.0x%x",
	};
	static const uint32_t limits[] = { 2, 256, 257, 65536, UINT32_MAX };
	struct in_addr addr;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		char name[80];
		uint32_t n[6];

		pick_numbers(n, limits[pick(5)]);
		print_numbers(name, sizeof(name), formats[pick(10)], n);
		if (inet_aton(name, &addr))
			compare_host(name);
	}
}

static void hosts_of_the_hosts_file(void **state)
{
	static const char *const names[] = {
		"localhost", "LOCALHOST", "127.0.0.1", "::1", "fe80::1", "::ffff:1.2.3.4",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		compare_host(names[i]);
}

static void hosts_that_nobody_knows(void **state)
{
	static const char *const names[] = {
		"", " ", "-", ".", "..", "nosuch.invalid", "a b", "1.2.3.4 ", "256.1.1.1", "1.2.3.4.5", ":", ":::",
		"1:2", "fe80::1%nosuch0", "0x", "999999999999", "\x01\xff",
	};

	(void)state;
	skip_unless_isolated("no name server hears the questions");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		compare_host(names[i]);
}

static void networks(void **state)
{
	bpf_u_int32 (*theirs)(const char *) = oracle_symbol("pcap_nametonetaddr");
	static const char *const names[] = {
		"default", "loopback", "LOOPBACK", "link-local", "localhost", "nosuch", "", "127", "10.0.0.0",
		"127.0.0.0",
	};

	(void)state;
	skip_unless_isolated("no name server hears the questions");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(pcap_nametonetaddr(names[i]), theirs(names[i]));
}

/* ---- ports ---- */

static void compare_port(const char *name)
{
	int (*ask)(const char *, int *, int *) = oracle_symbol("pcap_nametoport");
	int port = -7, proto = -7, their_port = -7, their_proto = -7;
	int known = pcap_nametoport(name, &port, &proto);

	if (known != ask(name, &their_port, &their_proto) || port != their_port || proto != their_proto)
		fail_msg("nametoport(%s): %d port %d proto %d, libpcap: port %d proto %d", name, known, port, proto,
			 their_port, their_proto);
}

static void compare_range(const char *name)
{
	int (*ask)(const char *, int *, int *, int *) = oracle_symbol("pcap_nametoportrange");
	int ours[3] = { -7, -7, -7 }, theirs[3] = { -7, -7, -7 };
	int known = pcap_nametoportrange(name, &ours[0], &ours[1], &ours[2]);

	/* What libpcap leaves in the variables when it fails depends on where; we leave them alone. */
	if (known != ask(name, &theirs[0], &theirs[1], &theirs[2]) ||
	    (known && memcmp(ours, theirs, sizeof(ours)) != 0))
		fail_msg("nametoportrange(%s): %d %d-%d proto %d, libpcap: %d-%d proto %d", name, known, ours[0],
			 ours[1], ours[2], theirs[0], theirs[1], theirs[2]);
}

static void ports_written_as_numbers(void **state)
{
	static const char *const names[] = {
		"", "0", "00", "-1", "+80", " 80", "80 ", "80x", "0x50", "010", "08", "65535", "65536",
		"2147483647", "2147483648", "4294967295", "4294967376", "99999999999999999999",
		"0000000000000000000080", "1e3", "0b1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		compare_port(names[i]);
	for (int i = 0; i < 3000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%u", pick(i % 2 ? 70000 : UINT32_MAX));
		compare_port(name);
	}
}

static void ports_of_all_services(void **state)
{
	struct servent *service;
	int nr = 0;

	(void)state;
	setservent(1);
	for (; (service = getservent()) != NULL; nr++) {
		char name[64];

		snprintf(name, sizeof(name), "%s", service->s_name);
		compare_port(name);
		mix_case(name);
		compare_port(name);
		for (char **alias = service->s_aliases; *alias; alias++)
			compare_port(*alias);
	}
	endservent();
	if (nr == 0) {
		print_message("skipped: there is no services file\n");
		skip();
	}
}

static void ranges_of_numbers_and_names(void **state)
{
	static const char *const ends[] = {
		"ssh", "domain", "http", "https", "tftp", "ntp", "who", "nosuch", "SSH", "x", " 5", "+5", "80 ",
		"80",
	};
	static const char *const others[] = {
		"", "80", "http", "nosuch", " 1-2", "1- 2", "1 -2", "+1-+2", "08-09", "ftp-data", "ftp-data-80",
		"a b-c",
	};
	char name[64];

	(void)state;
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "%u-%u", pick(65536), pick(65536));
		compare_range(name);
	}
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "%s-%s", ends[pick(14)], ends[pick(14)]);
		/* Intended: libpcap reads two numbers off the front and ignores what follows them. */
		if (strcmp(name + strlen(name) - 3, "80 ") != 0)
			compare_range(name);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		compare_range(others[i]);
}

/* What libpcap after 1.10.4 makes of ranges; the last row is ours alone. */
static void ranges_that_are_meant_to_differ(void **state)
{
	static const struct {
		const char *name;
		int their_known, known, port1, port2;
		const char *reason;
	} rows[] = {
		{ "80-90x", 1, 0, 0, 0, "leftovers are refused" },
		{ "5-6-7", 1, 0, 0, 0, "one hyphen only" },
		{ "-1--2", 1, 0, 0, 0, "one hyphen only" },
		{ "010-020", 1, 1, 8, 16, "numbers are written as in C" },
		{ "0x10-0x20", 0, 1, 16, 32, "numbers are written as in C" },
		{ "70000-80000", 1, 1, 70000 - 65536, 80000 - 65536, "numbers are cut to 16 bits" },
		{ "80-", 1, 0, 0, 0, "an end that is not there is no port" },
		{ "-80", 1, 0, 0, 0, "an end that is not there is no port" },
		{ "-", 1, 0, 0, 0, "an end that is not there is no port" },
	};
	int (*theirs)(const char *, int *, int *, int *) = oracle_symbol("pcap_nametoportrange");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int port1 = 0, port2 = 0, proto = -7;

		assert_int_equal(theirs(rows[i].name, &port1, &port2, &proto), rows[i].their_known);
		port1 = port2 = 0;
		if (pcap_nametoportrange(rows[i].name, &port1, &port2, &proto) != rows[i].known ||
		    port1 != rows[i].port1 || port2 != rows[i].port2)
			fail_msg("nametoportrange(%s): %d-%d, but %s", rows[i].name, port1, port2, rows[i].reason);
	}
}

static void ports_of_a_services_file_with_surprises(void **state)
{
	static const char *const names[] = {
		"both", "rev", "same", "also", "osctp", "odccp", "tsctp", "uonly", "a-b", "ssh",
	};
	int (*theirs)(const char *, int *, int *, int *) = oracle_symbol("pcap_nametoportrange");
	char range[64];
	int port1, port2, proto;

	(void)state;
	put_our_etc_in_place();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		compare_port(names[i]);
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			snprintf(range, sizeof(range), "%s-%s", names[i], names[k]);
			if (strcmp(names[k], "a-b") != 0)
				compare_range(range);
		}
	}
	/* Intended: one hyphen only, where 1.10.3 lets the second name have some of its own. */
	assert_int_equal(theirs("90-a-b", &port1, &port2, &proto), 1);
	assert_int_equal(pcap_nametoportrange("90-a-b", &port1, &port2, &proto), 0);
	umount2("/etc", MNT_DETACH);
}

/* ---- protocols ---- */

struct eproto {
	const char *s;
	u_short p;
};
extern const struct eproto eproto_db[];

static void protocol_numbers(void **state)
{
	int (*theirs)(const char *) = oracle_symbol("pcap_nametoproto");
	static const char *const others[] = { "", "6", "nosuch", "carp", "igrp", "icmp6", " tcp", "tcp " };
	struct protoent *protocol;

	(void)state;
	setprotoent(1);
	while ((protocol = getprotoent()) != NULL) {
		char name[64];

		snprintf(name, sizeof(name), "%s", protocol->p_name);
		for (int round = 0; round < 4; round++, mix_case(name))
			assert_int_equal(pcap_nametoproto(name), theirs(name));
		for (char **alias = protocol->p_aliases; *alias; alias++)
			assert_int_equal(pcap_nametoproto(*alias), theirs(*alias));
	}
	endprotoent();
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(pcap_nametoproto(others[i]), theirs(others[i]));
}

static void ethertypes_and_saps(void **state)
{
	int (*their_type)(const char *) = oracle_symbol("pcap_nametoeproto");
	int (*their_sap)(const char *) = oracle_symbol("pcap_nametollc");
	const struct eproto *theirs = oracle_symbol("eproto_db");
	static const char *const names[] = {
		"", "IP", "Ip6", "iso", "ISO", "stp", "ipx", "netbeui", "NetBEUI", "i", "isox", "snap", "nosuch",
		"6", "ipx ", "vlan", "eapol",
	};

	(void)state;
	for (int i = 0; ; i++) {
		assert_same_text(eproto_db[i].s, theirs[i].s);
		assert_int_equal(eproto_db[i].p, theirs[i].p);
		if (!theirs[i].s)
			break;
		assert_int_equal(pcap_nametoeproto(theirs[i].s), their_type(theirs[i].s));
		assert_int_equal(pcap_nametollc(theirs[i].s), their_sap(theirs[i].s));
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(pcap_nametoeproto(names[i]), their_type(names[i]));
		assert_int_equal(pcap_nametollc(names[i]), their_sap(names[i]));
	}
	/* Intended: two names that came after 1.10.3. */
	assert_int_equal(their_type("lldp"), PROTO_UNDEF);
	assert_int_equal(pcap_nametoeproto("lldp"), 0x88cc);
	assert_int_equal(their_type("slow"), PROTO_UNDEF);
	assert_int_equal(pcap_nametoeproto("slow"), 0x8809);
}

/* ---- Ethernet addresses ---- */

/* libpcap reads and writes past the end of malformed text (CVE-2025-11961), so it is asked the well-formed only;
 * what we answer to the rest stands in tests/unit/names_test.c. */
static void ethernet_addresses(void **state)
{
	u_char *(*ask)(const char *) = oracle_symbol("pcap_ether_aton");
	static const char *const forms[] = {
		"%x:%x:%x:%x:%x:%x", "%02x:%02x:%02x:%02x:%02x:%02x", "%x-%x-%x-%x-%x-%x", "%x.%x.%x.%x.%x.%x",
		"%02x%02x.%02x%02x.%02x%02x", "%02x%02x%02x%02x%02x%02x",
	};

	(void)state;
	for (int i = 0; i < 6000; i++) {
		char text[24];
		uint32_t n[6];

		pick_numbers(n, pick(2) ? 16 : 256);
		print_numbers(text, sizeof(text), forms[pick(6)], n);
		mix_case(text);
		u_char *ours = pcap_ether_aton(text), *theirs = ask(text);
		assert_non_null(ours);
		assert_non_null(theirs);
		assert_memory_equal(ours, theirs, 6);
		free(ours);
		free(theirs);
	}
}

static void ethernet_hosts(void **state)
{
	u_char *(*ask)(const char *) = oracle_symbol("pcap_ether_hostton");
	static const char *const names[] = { "alpha", "ALPHA", "beta", "gamma", "", "nosuch", "1:2:3:4:5:6" };
	int nr = 0;

	(void)state;
	put_our_etc_in_place();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		u_char *ours = pcap_ether_hostton(names[i]), *theirs = ask(names[i]);

		assert_int_equal(ours == NULL, theirs == NULL);
		if (ours) {
			assert_memory_equal(ours, theirs, 6);
			nr++;
		}
		free(ours);
		free(theirs);
	}
	assert_true(nr > 1);
	umount2("/etc", MNT_DETACH);
}

/* A line of an ethers file, often no entry. Never one on which libpcap errs: an address of fewer than six numbers,
 * which it completes with zeros; one with nothing after it, for which it takes the name from the next line; a last
 * line without an end, which it forgets. Those stand in tests/unit/names_test.c. */
static int make_line(char *line, size_t size)
{
	static const char *const names[] = {
		"host", "a b", "x#y", "h # note", "#note", "\xff\xfe", "", "a\rb", "a\vb",
	};
	static const char *const blanks[] = { " ", "\t", "   ", " \t " };
	static const char *const addresses[] = {
		"%x:%x:%x:%x:%x:%x", "%02x:%02x:%02x:%02x:%02x:%02x", "# %x:%x:%x:%x:%x:%x", "%x-%x-%x-%x-%x-%x",
		"%x:%x:%x:%x:%x:%x:7", "x%x:%x:%x:%x:%x:%x", "%03x:%x:%x:%x:%x:%x", "%x:%x:%x:%x:%x:%xz",
	};
	char addr[64];
	uint32_t n[6];

	pick_numbers(n, 256);
	print_numbers(addr, sizeof(addr), addresses[pick(8)], n);
	mix_case(addr);
	return snprintf(line, size, "%s%s%s%s%s\n", pick(4) ? "" : blanks[pick(4)], addr, blanks[pick(4)],
			names[pick(9)], pick(4) ? "" : "\r");
}

static void entries_of_an_ethers_file(void **state)
{
	struct pcap_etherent *(*ask)(FILE *) = oracle_symbol("pcap_next_etherent");
	static char text[1 << 18];
	struct pcap_etherent *ours, *theirs;
	size_t len = 0;
	int nr = 0;

	(void)state;
	for (int i = 0; i < 3000; i++)
		len += (size_t)make_line(text + len, sizeof(text) - len);
	FILE *our_file = fmemopen(text, len, "r"), *their_file = fmemopen(text, len, "r");
	assert_non_null(our_file);
	assert_non_null(their_file);
	do {
		ours = pcap_next_etherent(our_file);
		theirs = ask(their_file);
		assert_int_equal(ours == NULL, theirs == NULL);
		if (ours) {
			assert_memory_equal(ours->addr, theirs->addr, 6);
			assert_string_equal(ours->name, theirs->name);
			nr++;
		}
	} while (ours);
	assert_true(nr > 100);
	fclose(our_file);
	fclose(their_file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(link_type_names),
		cmocka_unit_test(link_type_descriptions),
		cmocka_unit_test(link_type_values_of_names_in_any_case),
		cmocka_unit_test(time_stamp_types),
		cmocka_unit_test(statuses_and_errno_values),
		cmocka_unit_test(hosts_written_as_numbers),
		cmocka_unit_test(hosts_of_the_hosts_file),
		cmocka_unit_test(hosts_that_nobody_knows),
		cmocka_unit_test(networks),
		cmocka_unit_test(ports_written_as_numbers),
		cmocka_unit_test(ports_of_all_services),
		cmocka_unit_test(ranges_of_numbers_and_names),
		cmocka_unit_test(ranges_that_are_meant_to_differ),
		cmocka_unit_test(ports_of_a_services_file_with_surprises),
		cmocka_unit_test(protocol_numbers),
		cmocka_unit_test(ethertypes_and_saps),
		cmocka_unit_test(ethernet_addresses),
		cmocka_unit_test(ethernet_hosts),
		cmocka_unit_test(entries_of_an_ethers_file),
	};

	oracle_symbol("pcap_lib_version"); /* skips here, before cmocka counts */
	return cmocka_run_group_tests(tests, make_world, leave_world);
}
