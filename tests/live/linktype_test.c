/* linktype_test.c - which link type the hardware types of Linux give, on a tun device that takes on each of them. */
#include "capture.h"

#include <arpa/inet.h>
#include <linux/if_arp.h>
#include <pcap/sll.h>
#include <unistd.h>

static const struct {
	int arphrd, dlt;
} expected[] = {
	{ ARPHRD_ETHER, DLT_EN10MB },
	{ ARPHRD_LOOPBACK, DLT_EN10MB },
	{ ARPHRD_METRICOM, DLT_EN10MB },
	{ ARPHRD_EETHER, DLT_EN3MB },
	{ ARPHRD_AX25, DLT_AX25_KISS },
	{ ARPHRD_PRONET, DLT_PRONET },
	{ ARPHRD_CHAOS, DLT_CHAOS },
	{ ARPHRD_IEEE802, DLT_IEEE802 },
	{ ARPHRD_IEEE802_TR, DLT_IEEE802 },
	{ ARPHRD_ARCNET, DLT_ARCNET_LINUX },
	{ ARPHRD_FDDI, DLT_FDDI },
	{ ARPHRD_LOCALTLK, DLT_LTALK },
	{ ARPHRD_DLCI, DLT_RAW },
	{ ARPHRD_FRAD, DLT_FRELAY },
	{ ARPHRD_CISCO, DLT_C_HDLC },
	{ ARPHRD_RAWHDLC, DLT_RAW },
	{ ARPHRD_SLIP, DLT_RAW },
	{ ARPHRD_CSLIP6, DLT_RAW },
	{ ARPHRD_ADAPT, DLT_RAW },
	{ ARPHRD_TUNNEL, DLT_RAW },
	{ ARPHRD_SIT, DLT_RAW },
	{ ARPHRD_NONE, DLT_RAW },
	{ 18, DLT_IP_OVER_FC },
	{ ARPHRD_FCPP, DLT_FC_2 },
	{ ARPHRD_FCFABRIC, DLT_FC_2 },
	{ ARPHRD_CAN, DLT_CAN_SOCKETCAN },
	{ ARPHRD_IEEE80211, DLT_IEEE802_11 },
	{ ARPHRD_IEEE80211_PRISM, DLT_PRISM_HEADER },
	{ ARPHRD_IEEE80211_RADIOTAP, DLT_IEEE802_11_RADIO },
	{ ARPHRD_IEEE802154, DLT_IEEE802_15_4_NOFCS },
	{ ARPHRD_PPP, DLT_LINUX_SLL },
	{ ARPHRD_ATM, DLT_LINUX_SLL },
	{ ARPHRD_IRDA, DLT_LINUX_IRDA },
	{ ARPHRD_NETLINK, DLT_NETLINK },
};

static int tun(int arphrd)
{
	int fd = netlab_tun("tunnel", arphrd);

	if (fd < 0) {
		print_message("needs /dev/net/tun\n");
		skip();
	}
	return fd;
}

static void every_known_hardware_type_has_its_link_type(void **state)
{
	struct opening how = *(struct opening *)*state;

	how.device = "tunnel";
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		int fd = tun(expected[i].arphrd), *types;
		pcap_t *p = capture_open(&how);

		if (pcap_datalink(p) != expected[i].dlt)
			fail_msg("hardware type %d gives %s", expected[i].arphrd,
				 pcap_datalink_val_to_description_or_dlt(pcap_datalink(p)));
		int count = pcap_list_datalinks(p, &types);
		assert_in_range(count, 1, 4);
		assert_int_equal(types[0], expected[i].dlt);
		for (int t = 0; t < count; t++) {
			assert_int_equal(pcap_set_datalink(p, types[t]), 0);
			assert_int_equal(pcap_datalink(p), types[t]);
		}
		pcap_free_datalinks(types);
		pcap_close(p);
		close(fd);
	}
}

static const uint8_t ipv4[28] = { 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0,
				  192, 0, 2, 1, 192, 0, 2, 2, 0, 7, 0, 7, 0, 8 };

static void raw_packets_come_as_they_are(void **state)
{
	struct opening how = *(struct opening *)*state;
	int fd = tun(ARPHRD_NONE);
	struct pcap_pkthdr *h;
	const u_char *data;

	how.device = "tunnel";
	pcap_t *p = capture_open(&how);
	assert_int_equal(write(fd, ipv4, sizeof(ipv4)), sizeof(ipv4));
	capture_next(p, &h, &data);
	assert_int_equal(h->len, sizeof(ipv4));
	assert_int_equal(h->caplen, sizeof(ipv4));
	assert_memory_equal(data, ipv4, sizeof(ipv4));
	pcap_close(p);
	close(fd);
}

static void check_cooked(pcap_t *p, int fd, int arphrd)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	struct sll_header sll;

	assert_int_equal(pcap_datalink(p), DLT_LINUX_SLL);
	assert_int_equal(write(fd, ipv4, sizeof(ipv4)), sizeof(ipv4));
	capture_next(p, &h, &data);
	assert_int_equal(h->caplen, sizeof(sll) + sizeof(ipv4));
	memcpy(&sll, data, sizeof(sll));
	assert_int_equal(ntohs(sll.sll_hatype), arphrd);
	assert_int_equal(ntohs(sll.sll_protocol), 0x0800);
	assert_memory_equal(data + sizeof(sll), ipv4, sizeof(ipv4));
	assert_int_equal(pcap_inject(p, ipv4, sizeof(ipv4)), PCAP_ERROR);
	capture_expect_error(p, "tunnel");
}

static void ppp_is_captured_cooked(void **state)
{
	struct opening how = *(struct opening *)*state;
	int fd = tun(ARPHRD_PPP);

	how.device = "tunnel";
	pcap_t *p = capture_open(&how);
	check_cooked(p, fd, ARPHRD_PPP);
	pcap_close(p);
	close(fd);
}

static void unknown_hardware_is_captured_cooked_and_said_to_be_unknown(void **state)
{
	const struct opening *how = *state;
	char errbuf[PCAP_ERRBUF_SIZE];
	int fd = tun(4321);
	pcap_t *p = pcap_create("tunnel", errbuf);

	assert_int_equal(pcap_set_immediate_mode(p, how->immediate), 0);
	assert_int_equal(pcap_set_timeout(p, how->timeout_ms), 0);
	assert_true(pcap_activate(p) >= 0);
	capture_expect_error(p, "4321");
	check_cooked(p, fd, 4321);
	pcap_close(p);
	close(fd);
}

static void a_veth_is_ethernet_or_docsis(void **state)
{
	pcap_t *p = capture_open(*state);
	int *types;

	assert_int_equal(pcap_list_datalinks(p, &types), 2);
	assert_int_equal(types[0], DLT_EN10MB);
	assert_int_equal(types[1], DLT_DOCSIS);
	pcap_free_datalinks(types);
	assert_int_equal(pcap_set_datalink(p, DLT_LINUX_SLL), PCAP_ERROR);
	assert_int_equal(pcap_datalink(p), DLT_EN10MB);
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(every_known_hardware_type_has_its_link_type),
		BOTH_RINGS(raw_packets_come_as_they_are),
		BOTH_RINGS(ppp_is_captured_cooked),
		BOTH_RINGS(unknown_hardware_is_captured_cooked_and_said_to_be_unknown),
		BOTH_RINGS(a_veth_is_ethernet_or_docsis),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
