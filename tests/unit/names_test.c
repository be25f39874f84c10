/* names_test.c - lib/names by examples worked out by hand; tests/differential/names_diff.c asks libpcap the same. */
#include "names/ether.h"
#include "names/linktypes.h"

#include <pcap.h>
#include <pcap-namedb.h>

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void link_type_has_name_value_and_description(void **state)
{
	(void)state;
	assert_string_equal(pcap_datalink_val_to_name(DLT_EN10MB), "EN10MB");
	assert_string_equal(pcap_datalink_val_to_description(DLT_EN10MB), "Ethernet");
	assert_int_equal(pcap_datalink_name_to_val("EN10MB"), DLT_EN10MB);
	assert_string_equal(pcap_datalink_val_to_name(DLT_DECT_NR_TAP), "DECT_NR_TAP");
	assert_string_equal(pcap_datalink_val_to_name(DLT_USER15), "USER15");
}

static void link_type_name_is_known_in_any_case_without_prefix(void **state)
{
	(void)state;
	assert_int_equal(pcap_datalink_name_to_val("en10mb"), DLT_EN10MB);
	assert_int_equal(pcap_datalink_name_to_val("Linux_Sll2"), DLT_LINUX_SLL2);
	assert_int_equal(pcap_datalink_name_to_val("DLT_EN10MB"), PCAP_ERROR);
	assert_int_equal(pcap_datalink_name_to_val("EN10MB "), PCAP_ERROR);
	assert_int_equal(pcap_datalink_name_to_val(""), PCAP_ERROR);
}

static void unknown_link_type_has_a_number_for_description(void **state)
{
	(void)state;
	assert_null(pcap_datalink_val_to_name(9999));
	assert_null(pcap_datalink_val_to_description(-1));
	assert_string_equal(pcap_datalink_val_to_description_or_dlt(9999), "DLT 9999");
	assert_string_equal(pcap_datalink_val_to_description_or_dlt(INT32_MIN), "DLT -2147483648");
}

static void link_types_of_one_system_are_stored_under_another_number(void **state)
{
	(void)state;
	assert_int_equal(cst_linktype_from_dlt(DLT_RAW), 101);
	assert_int_equal(cst_dlt_from_linktype(101), DLT_RAW);
	assert_int_equal(cst_linktype_from_dlt(DLT_EN10MB), 1);
	assert_int_equal(cst_linktype_from_dlt(DLT_LINUX_SLL2), 276);
}

static void link_type_without_linktype_cannot_be_stored(void **state)
{
	(void)state;
	assert_int_equal(cst_linktype_from_dlt(13), -1);
	assert_int_equal(cst_linktype_from_dlt(101), -1);
	assert_int_equal(cst_linktype_from_dlt(-1), -1);
	assert_int_equal(cst_linktype_from_dlt(305), -1);
}

static void unknown_linktype_is_passed_through(void **state)
{
	(void)state;
	assert_int_equal(cst_dlt_from_linktype(12345), 12345);
	assert_int_equal(cst_dlt_from_linktype(147), DLT_USER0);
}

static void some_link_types_carry_larger_packets(void **state)
{
	(void)state;
	assert_int_equal(cst_linktype_max_snaplen(DLT_EN10MB), 262144);
	assert_int_equal(cst_linktype_max_snaplen(DLT_DBUS), 134217728);
	assert_int_equal(cst_linktype_max_snaplen(DLT_EBHSCR), 8388608);
	assert_int_equal(cst_linktype_max_snaplen(DLT_USBPCAP), 1048576);
	assert_int_equal(cst_linktype_max_snaplen(9999), 262144);
}

/* A name that stands in two rows, or a value, would hide one of them. */
static void link_types_name_one_value_each(void **state)
{
	int nr = 0;

	(void)state;
	for (int dlt = 0; dlt < 400; dlt++) {
		const char *name = pcap_datalink_val_to_name(dlt);

		if (!name)
			continue;
		nr++;
		assert_int_equal(pcap_datalink_name_to_val(name), dlt);
		assert_true(strlen(pcap_datalink_val_to_description(dlt)) > 1);
		if (cst_linktype_from_dlt(dlt) >= 0)
			assert_int_equal(cst_dlt_from_linktype(cst_linktype_from_dlt(dlt)), dlt);
	}
	assert_int_equal(nr, 188); /* 152 of libpcap 1.10.3, 36 newer */
}

static void time_stamp_type_names(void **state)
{
	(void)state;
	assert_int_equal(pcap_tstamp_type_name_to_val("Adapter_Unsynced"), PCAP_TSTAMP_ADAPTER_UNSYNCED);
	assert_int_equal(pcap_tstamp_type_name_to_val("adapter_"), PCAP_ERROR);
	assert_string_equal(pcap_tstamp_type_val_to_name(PCAP_TSTAMP_HOST_HIPREC), "host_hiprec");
	assert_string_equal(pcap_tstamp_type_val_to_description(PCAP_TSTAMP_HOST), "Host");
	assert_null(pcap_tstamp_type_val_to_name(6));
	assert_null(pcap_tstamp_type_val_to_description(-1));
}

static void every_status_has_a_sentence(void **state)
{
	(void)state;
	for (int status = PCAP_ERROR_CAPTURE_NOTSUP; status <= PCAP_WARNING_TSTAMP_TYPE_NOTSUP; status++)
		if (status != 0)
			assert_null(strstr(pcap_statustostr(status), "Unknown"));
	assert_string_equal(pcap_statustostr(PCAP_ERROR_NO_SUCH_DEVICE), "No such device exists");
	assert_string_equal(pcap_statustostr(-14), "Unknown error: -14");
	assert_string_equal(pcap_statustostr(INT32_MIN), "Unknown error: -2147483648");
}

static void errno_values_have_the_texts_of_libc(void **state)
{
	(void)state;
	assert_string_equal(pcap_strerror(ENOENT), "No such file or directory");
	assert_string_equal(pcap_strerror(-1), "Unknown error -1");
	assert_string_equal(pcap_strerror(99999), "Unknown error 99999");
}

static void *overwrite_texts(void *unused)
{
	pcap_statustostr(-1000);
	pcap_strerror(100000);
	pcap_datalink_val_to_description_or_dlt(1000);
	return unused;
}

static void texts_belong_to_the_thread_that_asked(void **state)
{
	const char *status = pcap_statustostr(-99), *error = pcap_strerror(99999);
	const char *link_type = pcap_datalink_val_to_description_or_dlt(999);
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, overwrite_texts, NULL), 0);
	pthread_join(thread, NULL);
	assert_string_equal(status, "Unknown error: -99");
	assert_string_equal(error, "Unknown error 99999");
	assert_string_equal(link_type, "DLT 999");
}

static void ethernet_address_in_each_form(void **state)
{
	static const char *const texts[] = {
		"00:01:0a:ff:1f:9", "0:1:A:FF:1f:09", "0-1-a-ff-1F-9", "0.1.a.ff.1f.9", "0001.0aff.1F09",
		"00010AFF1f09",
	};
	static const uint8_t want[6] = { 0x00, 0x01, 0x0a, 0xff, 0x1f, 0x09 };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		u_char *addr = pcap_ether_aton(texts[i]);

		assert_non_null(addr);
		assert_memory_equal(addr, want, 6);
		free(addr);
	}
}

static void ethernet_address_malformed(void **state)
{
	static const char *const texts[] = {
		"", ":", "0", "00:11:22:33:44", "00:11:22:33:44:", ":00:11:22:33:44:55", "00:11:22:33:44:55:",
		"00:11:22:33:44:55:66", "00:11:22-33:44:55", "00-11-22-33-44:55", "001:11:22:33:44:55",
		"00:11:22:33:44:555", "00::22:33:44:55", "0g:11:22:33:44:55", " 00:11:22:33:44:55",
		"00:11:22:33:44:55 ", "0011.2233", "0011.2233.445", "0011.2233.44556", "0011:2233:4455",
		"0011-2233-4455", "011.2233.4455", "00112233445", "0011223344556", "00112233445g",
		"+0:11:22:33:44:55", "0x0:11:22:33:44:55",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (pcap_ether_aton(texts[i]))
			fail_msg("\"%s\" is an Ethernet address", texts[i]);
}

/* The sanitizers watch what is read behind texts that have just their length. */
static void ethernet_address_of_every_length(void **state)
{
	static const char *const whole[] = { "00:11:22:33:44:55", "0011.2233.4455", "001122334455" };

	(void)state;
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		for (size_t len = 0; len < strlen(whole[i]); len++) {
			uint8_t addr[6];
			char *text = strndup(whole[i], len);

			assert_int_equal(cst_ether_parse(text, addr), strcmp(text, "00:11:22:33:44:5") == 0);
			free(text);
		}
	}
}

/* The entries of `text` as "aabbccddeeff name;", one after the other. */
static void read_ethers(const void *text, size_t len, char *out, size_t size)
{
	FILE *fp = tmpfile();
	struct pcap_etherent *entry;

	assert_non_null(fp);
	assert_int_equal(fwrite(text, 1, len, fp), len);
	rewind(fp);
	*out = '\0';
	while ((entry = pcap_next_etherent(fp)) != NULL) {
		const u_char *a = entry->addr;
		size_t used = strlen(out);

		snprintf(out + used, size - used, "%02x%02x%02x%02x%02x%02x %s;", a[0], a[1], a[2], a[3], a[4], a[5],
			 entry->name);
	}
	assert_null(pcap_next_etherent(fp));
	fclose(fp);
}

static void check_ethers(const char *text, const char *want)
{
	char out[1024];

	read_ethers(text, strlen(text), out, sizeof(out));
	assert_string_equal(out, want);
}

static void ethers_entries_and_comments(void **state)
{
	(void)state;
	check_ethers("", "");
	check_ethers("# a\n\n0:1:2:3:4:5 host alias # note\r\n\t0a:0B:c:d:e:f\tx#y\n",
		     "000102030405 host;0a0b0c0d0e0f x#y;");
	check_ethers("0:1:2:3:4:5 last line without an end", "000102030405 last;");
}

static void ethers_lines_that_are_no_entries(void **state)
{
	static const char *const lines[] = {
		"0:1:2:3:4:5", "0:1:2:3:4:5 ", "0:1:2:3:4:5 # name", "0:1:2:3:4:5#name", "0:1:2:3:4 name",
		"0:1:2:3:4:5:6 name", "0::2:3:4:5 name", "0:1:2:3:4: name", ":1:2:3:4:5 name",
		"000:1:2:3:4:5 name", "0:1:2:3:4:5z name", "0-1-2-3-4-5 name", "001122334455 name",
		"name 0:1:2:3:4:5", "dead beef", "\r", "g:1:2:3:4:5 name",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char text[64];

		snprintf(text, sizeof(text), "%s\n6:7:8:9:a:b next\n", lines[i]);
		check_ethers(text, "060708090a0b next;");
	}
}

static void ethers_line_longer_than_any_buffer(void **state)
{
	enum { LONG = 200000 };
	static const char before[] = "0:1:2:3:4:5 ", after[] = "\n6:7:8:9:a:b next\n";
	static char text[LONG + sizeof(before) + sizeof(after)];
	char out[1024], want[1024];

	(void)state;
	memcpy(text, before, strlen(before));
	memset(text + strlen(before), 'n', LONG);
	memcpy(text + strlen(before) + LONG, after, strlen(after));
	read_ethers(text, strlen(before) + LONG + strlen(after), out, sizeof(out));
	snprintf(want, sizeof(want), "000102030405 %.121s;060708090a0b next;", text + strlen(before));
	assert_string_equal(out, want);

	memset(text, '0', strlen(before) + LONG); /* all one number */
	read_ethers(text, strlen(before) + LONG + strlen(after), out, sizeof(out));
	assert_string_equal(out, "060708090a0b next;");
}

static void ethers_of_random_bytes(void **state)
{
	static uint8_t bytes[100000];
	static char out[sizeof(bytes)];
	static const char end[] = "\n6:7:8:9:a:b next\n";
	uint32_t x = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		x = x * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(x >> 24);
	}
	memcpy(bytes + sizeof(bytes) - strlen(end), end, strlen(end));
	read_ethers(bytes, sizeof(bytes), out, sizeof(out));
	assert_string_equal(out + strlen(out) - strlen("060708090a0b next;"), "060708090a0b next;");
}

static void port_as_a_number(void **state)
{
	int port = -7, proto = -7;

	(void)state;
	assert_int_equal(pcap_nametoport("443", &port, &proto), 1);
	assert_int_equal(port, 443);
	assert_int_equal(proto, PROTO_UNDEF);
}

static void port_unknown_leaves_the_variables_alone(void **state)
{
	int port = -7, proto = -7;

	(void)state;
	assert_int_equal(pcap_nametoport("no-such-service", &port, &proto), 0);
	assert_int_equal(pcap_nametoport("80x", &port, &proto), 0);
	assert_int_equal(port, -7);
	assert_int_equal(proto, -7);
}

static void port_range_with_numbers_as_in_c(void **state)
{
	static const struct {
		const char *text;
		int port1, port2;
	} rows[] = { { "80-90", 80, 90 }, { "90-80", 90, 80 }, { "7-7", 7, 7 }, { "0-65535", 0, 65535 },
		     { "010-020", 8, 16 }, { "0x10-0X20", 16, 32 }, { "08-9", 8, 9 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int port1 = -7, port2 = -7, proto = -7;

		assert_int_equal(pcap_nametoportrange(rows[i].text, &port1, &port2, &proto), 1);
		assert_int_equal(port1, rows[i].port1);
		assert_int_equal(port2, rows[i].port2);
		assert_int_equal(proto, PROTO_UNDEF);
	}
}

static void port_range_malformed(void **state)
{
	static const char *const texts[] = {
		"", "-", "80", "80-", "-80", "80-90x", "80x-90", "5-6-7", "-1--2", "1--2", "80-no-such-service",
		"nosuchservice-80", "0x-1", "0x11000-0x11001",
	};
	int port1 = -7, port2 = -7, proto = -7;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (pcap_nametoportrange(texts[i], &port1, &port2, &proto))
			fail_msg("\"%s\" is a port range", texts[i]);
	assert_true(port1 == -7 && port2 == -7 && proto == -7);
}

static void ethertype_and_sap_names(void **state)
{
	(void)state;
	assert_int_equal(pcap_nametoeproto("ip"), 0x0800);
	assert_int_equal(pcap_nametoeproto("lldp"), 0x88cc);
	assert_int_equal(pcap_nametoeproto("slow"), 0x8809);
	assert_int_equal(pcap_nametoeproto("IP"), PROTO_UNDEF);
	assert_int_equal(pcap_nametollc("stp"), 0x42);
	assert_int_equal(pcap_nametollc("nosuch"), PROTO_UNDEF);
	assert_int_equal(pcap_nametoproto("no-such-protocol"), PROTO_UNDEF);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* pcap_nametoaddr() is, and works */
static void host_address_is_in_host_order(void **state)
{
	bpf_u_int32 **list = pcap_nametoaddr("10.1.2.3");

	(void)state;
	assert_non_null(list);
	assert_int_equal(*list[0], 0x0a010203);
	assert_null(list[1]);
}
#pragma GCC diagnostic pop

static void host_addresses_come_once_each(void **state)
{
	struct addrinfo *list = pcap_nametoaddrinfo("10.1.2.3");

	(void)state;
	assert_non_null(list);
	assert_int_equal(list->ai_family, AF_INET);
	assert_null(list->ai_next);
	freeaddrinfo(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(link_type_has_name_value_and_description),
		cmocka_unit_test(link_type_name_is_known_in_any_case_without_prefix),
		cmocka_unit_test(unknown_link_type_has_a_number_for_description),
		cmocka_unit_test(link_types_of_one_system_are_stored_under_another_number),
		cmocka_unit_test(link_type_without_linktype_cannot_be_stored),
		cmocka_unit_test(unknown_linktype_is_passed_through),
		cmocka_unit_test(some_link_types_carry_larger_packets),
		cmocka_unit_test(link_types_name_one_value_each),
		cmocka_unit_test(time_stamp_type_names),
		cmocka_unit_test(every_status_has_a_sentence),
		cmocka_unit_test(errno_values_have_the_texts_of_libc),
		cmocka_unit_test(texts_belong_to_the_thread_that_asked),
		cmocka_unit_test(ethernet_address_in_each_form),
		cmocka_unit_test(ethernet_address_malformed),
		cmocka_unit_test(ethernet_address_of_every_length),
		cmocka_unit_test(ethers_entries_and_comments),
		cmocka_unit_test(ethers_lines_that_are_no_entries),
		cmocka_unit_test(ethers_line_longer_than_any_buffer),
		cmocka_unit_test(ethers_of_random_bytes),
		cmocka_unit_test(port_as_a_number),
		cmocka_unit_test(port_unknown_leaves_the_variables_alone),
		cmocka_unit_test(port_range_with_numbers_as_in_c),
		cmocka_unit_test(port_range_malformed),
		cmocka_unit_test(ethertype_and_sap_names),
		cmocka_unit_test(host_address_is_in_host_order),
		cmocka_unit_test(host_addresses_come_once_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
