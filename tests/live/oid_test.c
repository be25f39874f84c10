/* oid_test.c - pcap_oid_get_request() and pcap_oid_set_request(): what they refuse and how, the shape of answers, and what
 * a packet filter and a multicast list do to the packets of a handle. The values are compared by oid_values_test.py. */
#include "capture.h"

#include <capstan/oid.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct opening by_packet = { .timeout_ms = 10, .immediate = true };

static void expect_refusal(pcap_t *p, int status, const char *word, const char *code)
{
	assert_int_equal(status, PCAP_ERROR);
	if (strncmp(pcap_geterr(p), "Error calling PacketRequest: ", 29) != 0)
		fail_msg("\"%s\" begins otherwise", pcap_geterr(p));
	capture_expect_error(p, word);
	char end[32];
	snprintf(end, sizeof(end), "(%s)", code);
	capture_expect_error(p, end);
}

static uint32_t get32(pcap_t *p, bpf_u_int32 oid)
{
	uint32_t value = 0;
	size_t bytes = sizeof(value);

	if (pcap_oid_get_request(p, oid, &value, &bytes) != 0)
		fail_msg("%s", pcap_geterr(p));
	assert_int_equal(bytes, sizeof(value));
	return value;
}

static void set32(pcap_t *p, bpf_u_int32 oid, uint32_t value)
{
	size_t bytes = sizeof(value);

	if (pcap_oid_set_request(p, oid, &value, &bytes) != 0)
		fail_msg("%s", pcap_geterr(p));
	assert_int_equal(bytes, oid == OID_GEN_CURRENT_PACKET_FILTER ? 4 : 0);
}

static void a_number_of_4_bytes_needs_4_and_takes_no_more(void **state)
{
	static const size_t rooms[] = { 4, 5, 7, 8, 100, UINT32_MAX };
	pcap_t *p = capture_open(&by_packet);

	(void)state;
	for (size_t i = 0; i < sizeof(rooms) / sizeof(*rooms); i++) {
		uint8_t data[128];
		size_t bytes = rooms[i];
		uint32_t value;

		memset(data, 0xee, sizeof(data));
		assert_int_equal(pcap_oid_get_request(p, OID_GEN_MAXIMUM_FRAME_SIZE, data, &bytes), 0);
		assert_int_equal(bytes, 4);
		memcpy(&value, data, sizeof(value));
		assert_int_equal(value, 1500);
		assert_int_equal(data[4], 0xee);
	}
	pcap_close(p);
}

static void a_counter_has_8_bytes_or_4_by_the_room_there_is(void **state)
{
	uint8_t data[16];
	pcap_t *p = capture_open(&by_packet);

	(void)state;
	for (size_t room = 0; room <= sizeof(data); room++) {
		size_t bytes = room;

		memset(data, 0xee, sizeof(data));
		int status = pcap_oid_get_request(p, OID_GEN_XMIT_OK, data, &bytes);
		size_t written = room < 4 ? 0 : room < 8 ? 4 : 8;
		if (room < 4) {
			expect_refusal(p, status, "needs 4 bytes", "122");
			assert_int_equal(bytes, 4);
		} else {
			assert_int_equal(status, 0);
			assert_int_equal(bytes, written);
		}
		for (size_t i = written; i < sizeof(data); i++)
			assert_int_equal(data[i], 0xee);
	}
	pcap_close(p);
}

static void what_is_too_small_learns_the_size_and_is_left_alone(void **state)
{
	static const struct {
		bpf_u_int32 oid;
		size_t needed;
	} objects[] = {
		{ OID_GEN_LINK_STATE, 40 },      { OID_GEN_STATISTICS, 152 },       { OID_GEN_INTERFACE_INFO, 216 },
		{ OID_GEN_LINK_SPEED_EX, 16 },   { OID_802_3_CURRENT_ADDRESS, 6 },  { OID_GEN_XMIT_LINK_SPEED, 8 },
		{ OID_GEN_VENDOR_DESCRIPTION, 5 }, { OID_GEN_FRIENDLY_NAME, 2 + 2 * 6 },
	};
	pcap_t *p = capture_open(&by_packet);

	(void)state;
	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++) {
		/* Memory of just that size: what writes behind it is seen by a sanitizer. */
		for (size_t room = 0; room < objects[i].needed; room++) {
			uint8_t *data = malloc(room ? room : 1);
			size_t bytes = room;
			char words[96];

			memset(data, 0xee, room);
			int status = pcap_oid_get_request(p, objects[i].oid, data, &bytes);
			snprintf(words, sizeof(words), "needs %zu bytes, and the buffer has %zu", objects[i].needed, room);
			expect_refusal(p, status, words, room < 4 ? "122" : "3758161942");
			assert_int_equal(bytes, objects[i].needed);
			for (size_t j = 0; j < room; j++)
				assert_int_equal(data[j], 0xee);
			free(data);
		}
		uint8_t *data = malloc(objects[i].needed);
		size_t bytes = objects[i].needed;
		assert_int_equal(pcap_oid_get_request(p, objects[i].oid, data, &bytes), 0);
		assert_int_equal(bytes, objects[i].needed);
		free(data);
	}
	pcap_close(p);
}

static void the_one_of_2_bytes_still_wants_room_for_4(void **state)
{
	uint8_t data[4] = { 0, 0, 0xee, 0xee };
	size_t bytes = 3;
	pcap_t *p = capture_open(&by_packet);

	(void)state;
	expect_refusal(p, pcap_oid_get_request(p, OID_GEN_DRIVER_VERSION, data, &bytes), "needs 4", "122");
	bytes = 4;
	assert_int_equal(pcap_oid_get_request(p, OID_GEN_DRIVER_VERSION, data, &bytes), 0);
	assert_int_equal(bytes, 2);
	assert_memory_equal(data, "\x1e\x06\xee\xee", 4);
	pcap_close(p);
}

static void sizes_and_pointers_that_cannot_be_are_refused(void **state)
{
	uint32_t filter = NDIS_PACKET_TYPE_DIRECTED;
	size_t bytes = (size_t)1 << 32;
	pcap_t *p = capture_open(&by_packet);

	(void)state;
	expect_refusal(p, pcap_oid_get_request(p, OID_GEN_XMIT_OK, &filter, &bytes), "4294967296 bytes", "3758161940");
	expect_refusal(p, pcap_oid_set_request(p, OID_GEN_CURRENT_PACKET_FILTER, &filter, &bytes), "4294967296 bytes",
		       "3758161940");
	assert_true(bytes == (size_t)1 << 32);
	bytes = (size_t)8 << 30;
	expect_refusal(p, pcap_oid_get_request(p, OID_GEN_CURRENT_PACKET_FILTER, &filter, &bytes), "8589934592 bytes",
		       "3758161940");
	expect_refusal(p, pcap_oid_set_request(p, OID_802_3_MULTICAST_LIST, &filter, &bytes), "8589934592 bytes",
		       "3758161940");
	bytes = SIZE_MAX;
	expect_refusal(p, pcap_oid_set_request(p, OID_GEN_CURRENT_LOOKAHEAD, &filter, &bytes), " bytes", "3758161940");
	bytes = (size_t)1 << 32;
	bytes = UINT32_MAX;
	expect_refusal(p, pcap_oid_set_request(p, OID_GEN_CURRENT_PACKET_FILTER, &filter, &bytes), "takes 4 bytes",
		       "3758161940");
	bytes = UINT32_MAX - UINT32_MAX % 6;
	expect_refusal(p, pcap_oid_set_request(p, OID_802_3_MULTICAST_LIST, &filter, &bytes), "room for 256", "3758161929");
	bytes = 4;
	expect_refusal(p, pcap_oid_get_request(p, OID_GEN_XMIT_OK, NULL, &bytes), "data is NULL", "87");
	expect_refusal(p, pcap_oid_set_request(p, OID_GEN_CURRENT_PACKET_FILTER, NULL, &bytes), "data is NULL", "87");
	expect_refusal(p, pcap_oid_get_request(p, OID_GEN_XMIT_OK, &filter, NULL), "lenp is NULL", "87");
	expect_refusal(p, pcap_oid_set_request(p, OID_GEN_CURRENT_PACKET_FILTER, &filter, NULL), "lenp is NULL", "87");
	assert_int_equal(bytes, 4);
	for (bytes = 0; bytes < 4; bytes++) {
		size_t given = bytes;
		expect_refusal(p, pcap_oid_set_request(p, OID_GEN_CURRENT_PACKET_FILTER, &filter, &given), "4 bytes", "122");
		expect_refusal(p, pcap_oid_set_request(p, OID_802_3_MULTICAST_LIST, NULL, &given), "4 bytes", "122");
		expect_refusal(p, pcap_oid_set_request(p, 0x12345678, NULL, &given), "4 bytes", "122");
		expect_refusal(p, pcap_oid_get_request(p, 0x12345678, NULL, &given), "4 bytes", "122");
		assert_int_equal(given, bytes);
	}
	pcap_close(p);
}

static void an_unknown_object_and_the_wrong_way_round_are_not_supported(void **state)
{
	static const bpf_u_int32 not_answered[] = { 0, 0x12345678, UINT32_MAX, OID_GEN_SUPPORTED_GUIDS, OID_802_11_RSSI,
						    OID_802_3_ADD_MULTICAST_ADDRESS, OID_GEN_PROTOCOL_OPTIONS,
						    OID_GEN_DIRECTED_BYTES_RCV };
	static const bpf_u_int32 not_set[] = { 0, UINT32_MAX, OID_GEN_LINK_SPEED, OID_GEN_XMIT_OK, OID_GEN_VLAN_ID,
					       OID_GEN_MACHINE_NAME, OID_802_11_SSID, OID_GEN_SUPPORTED_LIST };
	uint8_t data[64] = { 0 };
	size_t bytes = sizeof(data);
	pcap_t *p = capture_open(&by_packet);

	(void)state;
	for (size_t i = 0; i < sizeof(not_answered) / sizeof(*not_answered); i++)
		expect_refusal(p, pcap_oid_get_request(p, not_answered[i], data, &bytes), "right: ", "3758096571");
	for (size_t i = 0; i < sizeof(not_set) / sizeof(*not_set); i++)
		expect_refusal(p, pcap_oid_set_request(p, not_set[i], data, &bytes), "right: ", "3758096571");
	assert_int_equal(bytes, sizeof(data));
	pcap_close(p);
}

static void handles_that_are_not_live_say_so(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	uint32_t value = 0;
	size_t bytes = sizeof(value);
	pcap_t *created = pcap_create("right", errbuf), *dead = pcap_open_dead(DLT_EN10MB, 100);

	(void)state;
	assert_int_equal(pcap_oid_get_request(created, OID_GEN_LINK_SPEED, &value, &bytes), PCAP_ERROR_NOT_ACTIVATED);
	assert_int_equal(pcap_oid_set_request(created, OID_GEN_CURRENT_LOOKAHEAD, &value, &bytes),
			 PCAP_ERROR_NOT_ACTIVATED);
	capture_expect_error(created, "pcap_activate");
	assert_int_equal(pcap_oid_get_request(dead, OID_GEN_LINK_SPEED, &value, &bytes), PCAP_ERROR);
	assert_int_equal(pcap_oid_set_request(dead, OID_GEN_CURRENT_LOOKAHEAD, &value, &bytes), PCAP_ERROR);
	capture_expect_error(dead, "pcap_open_dead");

	pcap_dumper_t *dumper = pcap_dump_open(dead, "/dev/null");
	assert_non_null(dumper);
	pcap_dump_close(dumper);
	char path[] = "/tmp/oid_testXXXXXX";
	close(mkstemp(path));
	dumper = pcap_dump_open(dead, path);
	pcap_dump_close(dumper);
	pcap_t *file = pcap_open_offline(path, errbuf);
	unlink(path);
	assert_non_null(file);
	assert_int_equal(pcap_oid_get_request(file, OID_GEN_LINK_SPEED, &value, &bytes), PCAP_ERROR);
	capture_expect_error(file, "savefile");
	assert_int_equal(pcap_oid_set_request(file, OID_GEN_CURRENT_LOOKAHEAD, &value, &bytes), PCAP_ERROR);
	assert_int_equal(bytes, sizeof(value));
	pcap_close(file);
	pcap_close(dead);
	pcap_close(created);
}

static void any_answers_what_is_not_about_one_interface(void **state)
{
	uint8_t data[256];
	size_t bytes = sizeof(data);
	pcap_t *p = capture_open(&(struct opening){ .device = "any", .timeout_ms = 10 });

	(void)state;
	assert_int_equal(pcap_oid_get_request(p, OID_GEN_DRIVER_VERSION, data, &bytes), 0);
	bytes = sizeof(data);
	expect_refusal(p, pcap_oid_get_request(p, OID_GEN_MAXIMUM_FRAME_SIZE, data, &bytes), "one interface", "1");
	expect_refusal(p, pcap_oid_get_request(p, OID_802_3_CURRENT_ADDRESS, data, &bytes), "one interface", "1");
	uint32_t filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	bytes = sizeof(filter);
	expect_refusal(p, pcap_oid_set_request(p, OID_GEN_CURRENT_PACKET_FILTER, &filter, &bytes), "any", "1");
	set32(p, OID_GEN_CURRENT_PACKET_FILTER, NDIS_PACKET_TYPE_BROADCAST);
	assert_int_equal(get32(p, OID_GEN_CURRENT_PACKET_FILTER), NDIS_PACKET_TYPE_BROADCAST);
	pcap_close(p);
}

static void an_interface_that_went_is_told_as_removed_and_a_new_name_is_found(void **state)
{
	netlab_add_pair("short", "lived");
	pcap_t *p = capture_open(&(struct opening){ .device = "short", .timeout_ms = 10 });
	uint32_t value;
	size_t bytes = sizeof(value);

	(void)state;
	if (netlab_try("ip link set short down && ip link set short name other && ip link set other mtu 1234")) {
		assert_int_equal(get32(p, OID_GEN_MAXIMUM_FRAME_SIZE), 1234);
		assert_int_equal(get32(p, OID_GEN_ADMIN_STATUS), 2);
		assert_int_equal(get32(p, OID_GEN_HARDWARE_STATUS), 4);
		assert_int_equal(get32(p, OID_GEN_MEDIA_CONNECT_STATUS), 1);
		assert_int_equal(get32(p, OID_GEN_TRANSMIT_QUEUE_LENGTH), 0);
	}
	netlab_run("ip link del lived");
	expect_refusal(p, pcap_oid_get_request(p, OID_GEN_MAXIMUM_FRAME_SIZE, &value, &bytes), "disappeared", "1617");
	value = NDIS_PACKET_TYPE_PROMISCUOUS;
	expect_refusal(p, pcap_oid_set_request(p, OID_GEN_CURRENT_PACKET_FILTER, &value, &bytes), "disappeared", "1617");
	assert_int_equal(bytes, sizeof(value));
	pcap_close(p);
}

static void buffers_may_lie_anywhere(void **state)
{
	uint8_t data[256 + 8];
	uint32_t filter = NDIS_PACKET_TYPE_DIRECTED;
	pcap_t *p = capture_open(&by_packet);

	(void)state;
	for (size_t shift = 0; shift < 8; shift++) {
		NDIS_LINK_STATE state_of_link;
		size_t bytes = sizeof(state_of_link);

		assert_int_equal(pcap_oid_get_request(p, OID_GEN_LINK_STATE, data + shift, &bytes), 0);
		memcpy(&state_of_link, data + shift, sizeof(state_of_link));
		assert_int_equal(state_of_link.Header.Type, 0x80);
		assert_int_equal(state_of_link.Header.Size, 40);
		assert_int_equal(state_of_link.MediaConnectState, 1);
		bytes = sizeof(filter);
		memcpy(data + shift, &filter, sizeof(filter));
		assert_int_equal(pcap_oid_set_request(p, OID_GEN_CURRENT_PACKET_FILTER, data + shift, &bytes), 0);
	}
	pcap_close(p);
}

static void structures_have_the_sizes_of_ndis(void **state)
{
	(void)state;
	assert_int_equal(sizeof(NDIS_OBJECT_HEADER), 4);
	assert_int_equal(sizeof(NDIS_LINK_STATE), 40);
	assert_int_equal(offsetof(NDIS_LINK_STATE, PauseFunctions), 32);
	assert_int_equal(sizeof(NDIS_LINK_SPEED), 16);
	assert_int_equal(sizeof(NDIS_STATISTICS_INFO), 152);
	assert_int_equal(offsetof(NDIS_STATISTICS_INFO, ifOutErrors), 88);
	assert_int_equal(offsetof(NDIS_STATISTICS_INFO, ifHCOutBroadcastOctets), 144);
	assert_int_equal(sizeof(NDIS_INTERFACE_INFORMATION), 216);
	assert_int_equal(offsetof(NDIS_INTERFACE_INFORMATION, XmitLinkSpeed), 24);
	assert_int_equal(offsetof(NDIS_INTERFACE_INFORMATION, ifHCInMulticastPkts), 96);
	assert_int_equal(offsetof(NDIS_INTERFACE_INFORMATION, ifOutDiscards), 152);
	assert_int_equal(offsetof(NDIS_INTERFACE_INFORMATION, SupportedStatistics), 212);
	assert_int_equal(sizeof(NDIS_802_11_SSID), 36);
	assert_int_equal(sizeof(NDIS_802_11_CONFIGURATION), 32);
	assert_int_equal(sizeof(DOT11_OPERATION_MODE_CAPABILITY), 24);
	assert_int_equal(sizeof(DOT11_CURRENT_OPERATION_MODE), 8);
}

static void the_list_names_what_is_answered_and_nothing_else(void **state)
{
	static uint32_t oids[512];
	static uint8_t data[4096];
	size_t bytes = sizeof(oids), count;
	pcap_t *p = capture_open(&by_packet);

	(void)state;
	assert_int_equal(pcap_oid_get_request(p, OID_GEN_SUPPORTED_LIST, oids, &bytes), 0);
	count = bytes / sizeof(*oids);
	assert_in_range(count, 40, 200);
	for (size_t i = 0; i < count; i++) {
		const struct capstan_oid *facts = capstan_oid_by_value(oids[i]);
		assert_non_null(facts);
		assert_ptr_equal(capstan_oid_by_name(facts->name), facts);
		bytes = sizeof(data);
		int status = pcap_oid_get_request(p, oids[i], data, &bytes);
		assert_int_equal(status, facts->access & CAPSTAN_OID_QUERY ? 0 : PCAP_ERROR);
	}
	for (uint32_t oid = 0x10100; oid < 0x20300; oid++) {
		bool is_listed = false;
		for (size_t i = 0; i < count; i++)
			is_listed |= oids[i] == oid;
		bytes = sizeof(data);
		if (!is_listed && (capstan_oid_by_value(oid) || oid % 97 == 0))
			assert_int_equal(pcap_oid_get_request(p, oid, data, &bytes), PCAP_ERROR);
	}
	assert_null(capstan_oid_by_value(0x12345678));
	assert_null(capstan_oid_by_name("OID_GEN_NONSENSE"));
	assert_ptr_equal(capstan_oid_by_name("oid_gen_xmit_ok"), capstan_oid_by_value(OID_GEN_XMIT_OK));
	pcap_close(p);
}

static void lookahead_is_remembered_and_changes_no_packet(void **state)
{
	int left = netlab_sender("left");
	pcap_t *p = capture_open(&by_packet);

	(void)state;
	assert_int_equal(get32(p, OID_GEN_CURRENT_LOOKAHEAD), 1500);
	set32(p, OID_GEN_CURRENT_LOOKAHEAD, 20);
	assert_int_equal(get32(p, OID_GEN_CURRENT_LOOKAHEAD), 20);
	netlab_send_numbered(left, 1, 3, 500);
	capture_expect(p, 1, 3, 500);
	set32(p, OID_GEN_CURRENT_LOOKAHEAD, 100000);
	assert_int_equal(get32(p, OID_GEN_CURRENT_LOOKAHEAD), 1500);
	set32(p, OID_GEN_PROTOCOL_OPTIONS, 7);
	close(left);
	pcap_close(p);
}

/* One frame of each kind, numbered by its bit. */
enum kind { TO_US = 0, TO_GROUP, TO_ALL, TO_OTHERS, OUT, KINDS };

static void send_each(int left, int right)
{
	static const char to[KINDS][7] = { [TO_US] = "\x02\0\0\0\0\x02", [TO_GROUP] = "\x01\0\x5e\x01\x02\x03",
					   [TO_ALL] = "\xff\xff\xff\xff\xff\xff", [TO_OTHERS] = "\x02\xaa\xbb\xcc\xdd\xee",
					   [OUT] = "\x02\0\0\0\0\x01" };
	uint8_t frame[60];

	for (uint32_t kind = 0; kind < KINDS; kind++) {
		netlab_fill(frame, sizeof(frame), kind);
		memcpy(frame, to[kind], 6);
		netlab_send(kind == OUT ? right : left, frame, sizeof(frame));
	}
}

/* Bits of the kinds that come within a moment. */
static unsigned int kinds_that_come(pcap_t *p)
{
	unsigned int kinds = 0;
	struct pcap_pkthdr *h;
	const u_char *data;

	for (int64_t end = netlab_now_ms() + 60; netlab_now_ms() < end;) {
		int status = pcap_next_ex(p, &h, &data);
		assert_in_range(status, 0, 1);
		if (status == 0)
			continue;
		unsigned int kind = netlab_number(data);
		assert_in_range(kind, 0, KINDS - 1);
		assert_false(kinds & 1u << kind);
		kinds |= 1u << kind;
	}
	return kinds;
}

enum { B_US = 1 << TO_US, B_GROUP = 1 << TO_GROUP, B_ALL = 1 << TO_ALL, B_OTHERS = 1 << TO_OTHERS, B_OUT = 1 << OUT };

static const struct {
	uint32_t filter;
	unsigned int kinds;
	int promiscuity;
} filters[] = {
	{ NDIS_PACKET_TYPE_PROMISCUOUS, B_US | B_GROUP | B_ALL | B_OTHERS | B_OUT, 1 },
	{ NDIS_PACKET_TYPE_DIRECTED, B_US | B_OUT, 0 },
	{ NDIS_PACKET_TYPE_BROADCAST, B_ALL | B_OUT, 0 },
	{ NDIS_PACKET_TYPE_MULTICAST, B_GROUP | B_OUT, 0 },
	{ NDIS_PACKET_TYPE_ALL_MULTICAST, B_GROUP | B_OUT, 0 },
	{ NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST, B_US | B_ALL | B_OUT, 0 },
	{ NDIS_PACKET_TYPE_ALL_LOCAL, B_US | B_GROUP | B_ALL | B_OUT, 0 },
	{ NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_NO_LOCAL, B_US | B_GROUP | B_ALL | B_OTHERS, 1 },
	{ NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_NO_LOCAL, B_US, 0 },
	{ 0, 0, 0 },
	{ NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_DIRECTED, B_US | B_GROUP | B_ALL | B_OTHERS | B_OUT, 1 },
};
#define FILTERS (sizeof(filters) / sizeof(*filters))

/* "allmulti" of `ip -d link`; -1 where kernel or ip do not tell. */
static int all_multicast(const char *device)
{
	char command[128], text[4096] = "";

	snprintf(command, sizeof(command), "ip -d link show dev %s", device);
	FILE *pipe = popen(command, "re");
	assert_non_null(pipe);
	size_t bytes = fread(text, 1, sizeof(text) - 1, pipe);
	text[bytes] = '\0';
	pclose(pipe);
	const char *at = strstr(text, "allmulti ");
	return at ? atoi(at + strlen("allmulti ")) : -1;
}

static void a_packet_filter_decides_what_comes_and_what_the_interface_receives(void **state)
{
	struct opening how = *(struct opening *)*state;
	int left = netlab_sender("left"), right = netlab_sender("right");
	struct pcap_stat stat, before = { 0 };

	for (int promisc = 0; promisc < 2; promisc++) {
		how.promisc = promisc;
		pcap_t *p = capture_open(&how), *other = capture_open(&by_packet);

		for (size_t i = 0; i < FILTERS; i++) {
			set32(p, OID_GEN_CURRENT_PACKET_FILTER, filters[i].filter);
			assert_int_equal(netlab_promiscuity("right"), filters[i].promiscuity);
			assert_int_equal(get32(p, OID_GEN_PROMISCUOUS_MODE), filters[i].promiscuity);
			bool all = filters[i].filter & NDIS_PACKET_TYPE_ALL_MULTICAST;
			if (all_multicast("right") >= 0)
				assert_int_equal(all_multicast("right"), all);
			/* The interface's value, which another handle sees, too. */
			uint32_t expected = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST |
					    NDIS_PACKET_TYPE_BROADCAST |
					    (filters[i].promiscuity ? NDIS_PACKET_TYPE_PROMISCUOUS : 0) |
					    (all ? NDIS_PACKET_TYPE_ALL_MULTICAST : 0);
			assert_int_equal(get32(other, OID_GEN_CURRENT_PACKET_FILTER), expected);
			assert_int_equal(pcap_stats(p, &before), 0);
			send_each(left, right);
			assert_int_equal(kinds_that_come(p), filters[i].kinds);
			assert_int_equal(pcap_stats(p, &stat), 0);
			assert_int_equal(stat.ps_recv - before.ps_recv, __builtin_popcount(filters[i].kinds));
		}
		/* The other one's packets are what they were: all of each round. */
		assert_int_equal(pcap_stats(other, &stat), 0);
		assert_int_equal(stat.ps_recv, FILTERS * KINDS);
		pcap_close(other);
		pcap_close(p);
		for (int64_t end = netlab_now_ms() + 5000; netlab_promiscuity("right") && netlab_now_ms() < end;)
			netlab_sleep_ms(5);
		assert_int_equal(netlab_promiscuity("right"), 0);
	}
	close(left);
	close(right);
}

static void packets_that_wait_obey_a_new_filter(void **state)
{
	int left = netlab_sender("left"), right = netlab_sender("right");
	struct pcap_pkthdr *h;
	const u_char *data;
	pcap_t *p = capture_open(*state);

	send_each(left, right);
	netlab_sleep_ms(100);
	capture_next(p, &h, &data); /* the others are in the batch, or in the ring */
	assert_int_equal(netlab_number(data), TO_US);
	set32(p, OID_GEN_CURRENT_PACKET_FILTER, NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_NO_LOCAL);
	assert_int_equal(kinds_that_come(p), B_ALL);
	send_each(left, right);
	netlab_sleep_ms(100);
	set32(p, OID_GEN_CURRENT_PACKET_FILTER, 0);
	assert_int_equal(kinds_that_come(p), 0);
	close(left);
	close(right);
	pcap_close(p);
}

/* Wherever they are: in the batch, or aside, of the one ring and of the other. */
static void packets_that_left_the_ring_obey_a_new_filter(void **state)
{
	static const int amounts[][2] = { { 1 << 20, 0 }, { 0, 1 << 20 } };
	int left = netlab_sender("left"), right = netlab_sender("right");
	struct opening how = *(struct opening *)*state;
	struct pcap_pkthdr *h;
	const u_char *data;

	how.nonblock = true;
	for (size_t i = 0; i < sizeof(amounts) / sizeof(*amounts); i++) {
		pcap_t *p = capture_open(&how);
		send_each(left, right);
		netlab_sleep_ms(100);
		capture_next(p, &h, &data);
		assert_int_equal(netlab_number(data), TO_US);
		assert_int_equal(pcap_setmintocopy(p, amounts[i][0]), 0);
		assert_int_equal(pcap_setmintocopy(p, amounts[i][1]), 0);
		set32(p, OID_GEN_CURRENT_PACKET_FILTER, NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_NO_LOCAL);
		assert_int_equal(kinds_that_come(p), B_ALL);
		pcap_close(p);
	}
	close(left);
	close(right);
}

static void bits_that_mean_nothing_leave_the_filter_as_it_was(void **state)
{
	uint32_t filter = NDIS_PACKET_TYPE_DIRECTED | 0x4000;
	size_t bytes = sizeof(filter);
	pcap_t *p = capture_open(&(struct opening){ .timeout_ms = 10, .promisc = true });

	(void)state;
	assert_int_equal(netlab_promiscuity("right"), 1);
	expect_refusal(p, pcap_oid_set_request(p, OID_GEN_CURRENT_PACKET_FILTER, &filter, &bytes), "0x4000", "3758096571");
	assert_int_equal(netlab_promiscuity("right"), 1);
	pcap_close(p);
	while (netlab_promiscuity("right"))
		netlab_sleep_ms(5);
}

/* Is the address among those that `right` listens to, as the kernel says? */
static bool listens_to(const char *address)
{
	return netlab_try("ip maddr show dev right | grep -q 'link  *%s'", address);
}

static int change_groups(pcap_t *p, bpf_u_int32 oid, const void *addresses, size_t bytes)
{
	size_t length = bytes;
	int status = pcap_oid_set_request(p, oid, addresses, &length);

	assert_int_equal(length, status == 0 ? 0 : bytes);
	return status;
}

static void multicast_addresses_are_added_deleted_and_replaced(void **state)
{
	static const char list[] = "\x01\0\x5e\x01\x02\x03\x01\0\x5e\x01\x02\x04\x01\0\x5e\x01\x02\x03";
	uint8_t answer[6 * 64];
	size_t bytes = sizeof(answer);
	pcap_t *p = capture_open(&by_packet), *other = capture_open(&by_packet);

	(void)state;
	assert_int_equal(change_groups(p, OID_802_3_ADD_MULTICAST_ADDRESS, "\x01\0\x5e\x01\x02\x09", 6), 0);
	assert_int_equal(change_groups(p, OID_802_3_ADD_MULTICAST_ADDRESS, "\x01\0\x5e\x01\x02\x09", 6), 0);
	assert_int_equal(change_groups(other, OID_802_3_ADD_MULTICAST_ADDRESS, "\x01\0\x5e\x01\x02\x08", 6), 0);
	assert_true(listens_to("01:00:5e:01:02:09"));
	assert_int_equal(change_groups(p, OID_802_3_MULTICAST_LIST, list, 18), 0);
	assert_false(listens_to("01:00:5e:01:02:09"));
	assert_true(listens_to("01:00:5e:01:02:03"));
	assert_true(listens_to("01:00:5e:01:02:04"));
	assert_int_equal(pcap_oid_get_request(p, OID_802_3_MULTICAST_LIST, answer, &bytes), 0);
	assert_int_equal(bytes % 6, 0);
	int found = 0;
	for (size_t at = 0; at < bytes; at += 6)
		found += memcmp(answer + at, list, 6) == 0 || memcmp(answer + at, list + 6, 6) == 0 ||
			 memcmp(answer + at, "\x01\0\x5e\x01\x02\x08", 6) == 0;
	assert_int_equal(found, 3);
	assert_int_equal(change_groups(p, OID_802_3_DELETE_MULTICAST_ADDRESS, list, 6), 0);
	assert_false(listens_to("01:00:5e:01:02:03"));
	/* Another handle's is not for this one to delete. */
	expect_refusal(p, change_groups(p, OID_802_3_DELETE_MULTICAST_ADDRESS, "\x01\0\x5e\x01\x02\x08", 6), "not in",
		       "3758161931");
	expect_refusal(p, change_groups(p, OID_802_3_DELETE_MULTICAST_ADDRESS, list, 6), "not in", "3758161931");
	pcap_close(other);
	for (int64_t end = netlab_now_ms() + 5000; listens_to("01:00:5e:01:02:08") && netlab_now_ms() < end;)
		netlab_sleep_ms(5);
	assert_false(listens_to("01:00:5e:01:02:08"));
	pcap_close(p);
}

static void a_bad_multicast_list_changes_nothing(void **state)
{
	static uint8_t many[257 * 6];
	pcap_t *p = capture_open(&by_packet);

	(void)state;
	assert_int_equal(change_groups(p, OID_802_3_ADD_MULTICAST_ADDRESS, "\x01\0\x5e\x01\x02\x07", 6), 0);
	expect_refusal(p, change_groups(p, OID_802_3_MULTICAST_LIST, many, 7), "6 bytes", "3758161940");
	expect_refusal(p, change_groups(p, OID_802_3_MULTICAST_LIST, "\x01\0\x5e\1\1\1\x02\0\0\0\0\1", 12),
		       "02:00:00:00:00:01 is not a multicast", "3758161941");
	expect_refusal(p, change_groups(p, OID_802_3_MULTICAST_LIST, "\xff\xff\xff\xff\xff\xff", 6), "not a multicast",
		       "3758161941");
	expect_refusal(p, change_groups(p, OID_802_3_ADD_MULTICAST_ADDRESS, many, 12), "6 bytes", "3758161940");
	for (size_t i = 0; i < 257; i++) {
		many[6 * i] = 1;
		many[6 * i + 4] = (uint8_t)(i >> 8);
		many[6 * i + 5] = (uint8_t)i;
	}
	expect_refusal(p, change_groups(p, OID_802_3_MULTICAST_LIST, many, sizeof(many)), "257", "3758161929");
	assert_true(listens_to("01:00:5e:01:02:07"));
	assert_false(listens_to("01:00:5e:01:01:01"));
	assert_int_equal(change_groups(p, OID_802_3_MULTICAST_LIST, many, 256 * 6), 0);
	assert_int_equal(get32(p, OID_802_3_MAXIMUM_LIST_SIZE), 256);
	assert_true(listens_to("01:00:00:00:00:ff"));
	expect_refusal(p, change_groups(p, OID_802_3_ADD_MULTICAST_ADDRESS, "\x01\0\x5e\x01\x02\x07", 6), "room for 256",
		       "3758161929");
	pcap_close(p);
}

/* In a child that has nothing but CAP_NET_RAW: as many objects are answered, and all can be set. Number of the check that
 * failed. */
static int ask_with_one_capability(size_t expected)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct capabilities[2] = { { .effective = 1u << CAP_NET_RAW, .permitted = 1u << CAP_NET_RAW } };
	static uint32_t oids[512];
	size_t bytes = sizeof(oids);
	uint32_t filter = NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_ALL_MULTICAST;

	if (syscall(SYS_capset, &header, capabilities) != 0)
		return 1;
	pcap_t *p = capture_open(&by_packet);
	if (pcap_oid_get_request(p, OID_GEN_SUPPORTED_LIST, oids, &bytes) != 0 || bytes != expected)
		return 2;
	bytes = sizeof(filter);
	if (pcap_oid_set_request(p, OID_GEN_CURRENT_PACKET_FILTER, &filter, &bytes) != 0)
		return 3;
	bytes = 6;
	if (pcap_oid_set_request(p, OID_802_3_MULTICAST_LIST, "\x01\0\x5e\0\0\x09", &bytes) != 0)
		return 4;
	if (!(get32(p, OID_GEN_CURRENT_PACKET_FILTER) & filter))
		return 5;
	pcap_close(p);
	return 0;
}

static void cap_net_raw_alone_will_do(void **state)
{
	static uint32_t oids[512];
	size_t bytes = sizeof(oids);
	pcap_t *p = capture_open(&by_packet);
	int status;

	(void)state;
	assert_int_equal(pcap_oid_get_request(p, OID_GEN_SUPPORTED_LIST, oids, &bytes), 0);
	pcap_close(p);
	pid_t child = fork();
	if (child == 0)
		_exit(ask_with_one_capability(bytes));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Where the same index may be another interface's, or nobody's. */
static int ask_from_elsewhere(void)
{
	static const bpf_u_int32 oids[] = { OID_GEN_MAXIMUM_FRAME_SIZE, OID_802_3_MULTICAST_LIST };
	uint8_t answer[1536];
	pcap_t *p = capture_open(&by_packet);

	if (unshare(CLONE_NEWNET) != 0)
		return 1;
	for (size_t i = 0; i < sizeof(oids) / sizeof(*oids); i++) {
		size_t bytes = sizeof(answer);

		if (pcap_oid_get_request(p, oids[i], answer, &bytes) != PCAP_ERROR)
			return 2;
		/* Before Linux 5.14 a socket cannot tell where it belongs, and there is no interface of this index. */
		if (!strstr(pcap_geterr(p), "network namespace") && !strstr(pcap_geterr(p), "disappeared"))
			return 3;
	}
	return 0;
}

static void a_thread_in_another_network_namespace_is_not_told_of_a_stranger(void **state)
{
	int status;

	(void)state;
	pid_t child = fork();
	if (child == 0)
		_exit(ask_from_elsewhere());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_of_4_bytes_needs_4_and_takes_no_more),
		cmocka_unit_test(a_counter_has_8_bytes_or_4_by_the_room_there_is),
		cmocka_unit_test(what_is_too_small_learns_the_size_and_is_left_alone),
		cmocka_unit_test(the_one_of_2_bytes_still_wants_room_for_4),
		cmocka_unit_test(sizes_and_pointers_that_cannot_be_are_refused),
		cmocka_unit_test(an_unknown_object_and_the_wrong_way_round_are_not_supported),
		cmocka_unit_test(handles_that_are_not_live_say_so),
		cmocka_unit_test(any_answers_what_is_not_about_one_interface),
		cmocka_unit_test(an_interface_that_went_is_told_as_removed_and_a_new_name_is_found),
		cmocka_unit_test(buffers_may_lie_anywhere),
		cmocka_unit_test(structures_have_the_sizes_of_ndis),
		cmocka_unit_test(the_list_names_what_is_answered_and_nothing_else),
		cmocka_unit_test(lookahead_is_remembered_and_changes_no_packet),
		BOTH_RINGS(a_packet_filter_decides_what_comes_and_what_the_interface_receives),
		BOTH_RINGS(packets_that_wait_obey_a_new_filter),
		BOTH_RINGS(packets_that_left_the_ring_obey_a_new_filter),
		cmocka_unit_test(bits_that_mean_nothing_leave_the_filter_as_it_was),
		cmocka_unit_test(multicast_addresses_are_added_deleted_and_replaced),
		cmocka_unit_test(a_bad_multicast_list_changes_nothing),
		cmocka_unit_test(cap_net_raw_alone_will_do),
		cmocka_unit_test(a_thread_in_another_network_namespace_is_not_told_of_a_stranger),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
