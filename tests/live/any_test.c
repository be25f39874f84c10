/* any_test.c - the device "any": packets of all interfaces under a cooked header, SLL or SLL2. */
#include "capture.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <pcap/sll.h>
#include <unistd.h>

static pcap_t *open_any(void **state)
{
	struct opening how = *(struct opening *)*state;

	how.device = "any";
	return capture_open(&how);
}

static void check_payload(const struct pcap_pkthdr *h, const u_char *data, size_t header, uint32_t number, size_t bytes)
{
	static uint8_t frame[NETLAB_LARGEST];

	netlab_fill(frame, bytes, number);
	assert_int_equal(h->len, header + bytes - NETLAB_NUMBER_AT);
	assert_int_equal(h->caplen, h->len);
	assert_memory_equal(data + header, frame + NETLAB_NUMBER_AT, bytes - NETLAB_NUMBER_AT);
}

static void sll_tells_type_sender_and_protocol(void **state)
{
	pcap_t *p = open_any(state);
	int left = netlab_sender("left");

	assert_int_equal(pcap_datalink(p), DLT_LINUX_SLL);
	for (uint32_t number = 0; number < 3; number++) {
		netlab_send_numbered(left, number, 1, 100);
		/* Sent by left, received by right, for right's address. */
		for (int i = 0; i < 2; i++) {
			struct pcap_pkthdr *h;
			const u_char *data;
			struct sll_header sll;

			capture_next(p, &h, &data);
			memcpy(&sll, data, sizeof(sll));
			assert_int_equal(ntohs(sll.sll_pkttype), i == 0 ? LINUX_SLL_OUTGOING : LINUX_SLL_HOST);
			assert_int_equal(ntohs(sll.sll_hatype), 1);
			assert_int_equal(ntohs(sll.sll_halen), 6);
			assert_memory_equal(sll.sll_addr, "\x02\0\0\0\0\x01", 6);
			assert_int_equal(ntohs(sll.sll_protocol), NETLAB_ETHERTYPE);
			check_payload(h, data, sizeof(sll), number, 100);
		}
	}
	close(left);
	pcap_close(p);
}

static void sll2_tells_the_interface_too(void **state)
{
	pcap_t *p = open_any(state);
	int left = netlab_sender("left"), *types;

	assert_int_equal(pcap_list_datalinks(p, &types), 2);
	assert_int_equal(types[0], DLT_LINUX_SLL);
	assert_int_equal(types[1], DLT_LINUX_SLL2);
	pcap_free_datalinks(types);
	assert_int_equal(pcap_set_datalink(p, DLT_EN10MB), PCAP_ERROR);
	assert_int_equal(pcap_set_datalink(p, DLT_LINUX_SLL2), 0);
	assert_int_equal(pcap_datalink(p), DLT_LINUX_SLL2);
	netlab_send_numbered(left, 8, 1, 100);
	for (int i = 0; i < 2; i++) {
		struct pcap_pkthdr *h;
		const u_char *data;
		struct sll2_header sll2;

		capture_next(p, &h, &data);
		memcpy(&sll2, data, sizeof(sll2));
		assert_int_equal(sll2.sll2_pkttype, i == 0 ? LINUX_SLL_OUTGOING : LINUX_SLL_HOST);
		assert_int_equal(ntohl(sll2.sll2_if_index), if_nametoindex(i == 0 ? "left" : "right"));
		assert_int_equal(ntohs(sll2.sll2_hatype), 1);
		assert_int_equal(sll2.sll2_halen, 6);
		assert_memory_equal(sll2.sll2_addr, "\x02\0\0\0\0\x01", 6);
		assert_int_equal(ntohs(sll2.sll2_protocol), NETLAB_ETHERTYPE);
		check_payload(h, data, sizeof(sll2), 8, 100);
	}
	close(left);
	pcap_close(p);
}

/* What the library holds already when the header is changed has the new one, too. */
static void a_change_of_header_holds_for_packets_that_wait(void **state)
{
	pcap_t *p = open_any(state);
	int left = netlab_sender("left");
	struct pcap_pkthdr *h;
	const u_char *data;

	assert_int_equal(pcap_setdirection(p, PCAP_D_IN), 0);
	netlab_send_numbered(left, 0, 6, 100);
	netlab_sleep_ms(100);
	for (uint32_t number = 0; number < 6; number++) {
		const bool sll2 = number % 2;

		assert_int_equal(pcap_set_datalink(p, sll2 ? DLT_LINUX_SLL2 : DLT_LINUX_SLL), 0);
		capture_next(p, &h, &data);
		check_payload(h, data, sll2 ? sizeof(struct sll2_header) : sizeof(struct sll_header), number, 100);
		assert_int_equal(data[sll2 ? 0 : 14] << 8 | data[sll2 ? 1 : 15], NETLAB_ETHERTYPE);
	}
	close(left);
	pcap_close(p);
}

static void broadcast_multicast_and_foreign_packets_are_told_apart(void **state)
{
	static const struct {
		uint8_t destination[6];
		int type;
	} examples[] = {
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, LINUX_SLL_BROADCAST },
		{ { 1, 0, 0x5e, 0, 0, 1 }, LINUX_SLL_MULTICAST },
		{ { 2, 0, 0, 0, 0, 2 }, LINUX_SLL_HOST },
		{ { 2, 0, 0, 0, 0, 9 }, LINUX_SLL_OTHERHOST },
	};
	pcap_t *p = open_any(state);
	int left = netlab_sender("left");

	assert_int_equal(pcap_setdirection(p, PCAP_D_IN), 0);
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		uint8_t frame[100];
		struct pcap_pkthdr *h;
		const u_char *data;

		netlab_fill(frame, sizeof(frame), 1);
		memcpy(frame, examples[i].destination, 6);
		netlab_send(left, frame, sizeof(frame));
		capture_next(p, &h, &data);
		assert_int_equal(data[0] << 8 | data[1], examples[i].type);
	}
	close(left);
	pcap_close(p);
}

/* ... and is never below the longer header and a byte, as with libpcap. */
static void snaplen_counts_the_cooked_header(void **state)
{
	const int least = 21;
	static const int snaplens[] = { 1, 15, 16, 17, 40, 101, 102, 103 };
	int left = netlab_sender("left");

	for (size_t i = 0; i < sizeof(snaplens) / sizeof(*snaplens); i++) {
		struct opening how = *(struct opening *)*state;
		struct pcap_pkthdr *h;
		const u_char *data;

		how.device = "any";
		how.snaplen = snaplens[i];
		pcap_t *p = capture_open(&how);
		netlab_send_numbered(left, 0, 1, 100);
		capture_next(p, &h, &data);
		assert_int_equal(h->len, 16 + 86);
		int expected = snaplens[i] < least ? least : snaplens[i] < 102 ? snaplens[i] : 102;
		assert_int_equal(h->caplen, expected);
		assert_int_equal(pcap_snapshot(p), snaplens[i] < least ? least : snaplens[i]);
		pcap_close(p);
	}
	close(left);
}

static void giant_packets_come_whole(void **state)
{
	netlab_add_pair("giant", "giant2");
	netlab_run("ip link set giant mtu 65535 && ip link set giant2 mtu 65535");
	pcap_t *p = open_any(state);
	int sender = netlab_sender("giant");

	assert_int_equal(pcap_setdirection(p, PCAP_D_IN), 0);
	for (uint32_t number = 0; number < 20; number++) {
		size_t bytes = number % 2 ? 60000 : 100;
		struct pcap_pkthdr *h;
		const u_char *data;

		netlab_send_numbered(sender, number, 1, bytes);
		capture_next(p, &h, &data);
		check_payload(h, data, sizeof(struct sll_header), number, bytes);
	}
	close(sender);
	pcap_close(p);
	netlab_run("ip link del giant");
}

static void an_interface_that_comes_later_is_captured_too(void **state)
{
	pcap_t *p = open_any(state);

	assert_int_equal(pcap_setdirection(p, PCAP_D_IN), 0);
	netlab_add_pair("late", "late2");
	int sender = netlab_sender("late");
	struct pcap_pkthdr *h;
	const u_char *data;
	netlab_send_numbered(sender, 77, 1, 100);
	capture_next(p, &h, &data);
	check_payload(h, data, sizeof(struct sll_header), 77, 100);
	/* And its end does not end the capture. */
	netlab_run("ip link del late");
	capture_expect_none(p);
	close(sender);
	sender = netlab_sender("left");
	netlab_send_numbered(sender, 78, 1, 100);
	capture_next(p, &h, &data);
	check_payload(h, data, sizeof(struct sll_header), 78, 100);
	close(sender);
	pcap_close(p);
}

static void a_null_device_is_any(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create(NULL, errbuf);

	(void)state;
	assert_non_null(p);
	assert_int_equal(pcap_activate(p), 0);
	assert_int_equal(pcap_datalink(p), DLT_LINUX_SLL);
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(sll_tells_type_sender_and_protocol),
		BOTH_RINGS(sll2_tells_the_interface_too),
		BOTH_RINGS(a_change_of_header_holds_for_packets_that_wait),
		BOTH_RINGS(broadcast_multicast_and_foreign_packets_are_told_apart),
		BOTH_RINGS(snaplen_counts_the_cooked_header),
		BOTH_RINGS(giant_packets_come_whole),
		BOTH_RINGS(an_interface_that_comes_later_is_captured_too),
		cmocka_unit_test(a_null_device_is_any),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
