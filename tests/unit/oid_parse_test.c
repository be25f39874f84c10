/* oid_parse_test.c - messages of the kernel, made up here, and the OIDs that come of them: for what no test machine has, Wi-Fi
 * and drivers that count by IEEE 802.3. And messages that are damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "npcap/oid.h"

#include <linux/ethtool_netlink.h>
#include <linux/gen_stats.h>
#include <linux/if.h>
#include <linux/nl80211.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

/* Attributes under construction. */
static struct nl_msg *begin(void)
{
	struct nl_msg *m = nlmsg_alloc();

	assert_non_null(m);
	assert_non_null(nlmsg_put(m, 0, 0, 0, 0, 0));
	return m;
}

static struct nlattr *attributes(struct nl_msg *m)
{
	return nlmsg_attrdata(nlmsg_hdr(m), 0);
}

static int length(struct nl_msg *m)
{
	return nlmsg_attrlen(nlmsg_hdr(m), 0);
}

static void put_mac_counter(struct nl_msg *m, int id, uint64_t value)
{
	struct nlattr *nest = nla_nest_start(m, ETHTOOL_A_STATS_GRP_STAT);

	nla_put_u64(m, id, value);
	nla_nest_end(m, nest);
}

static struct nl_msg *mac_message(uint32_t group)
{
	struct nl_msg *m = begin();
	struct nlattr *nest = nla_nest_start(m, ETHTOOL_A_STATS_GRP);

	nla_put_u32(m, ETHTOOL_A_STATS_GRP_ID, group);
	put_mac_counter(m, ETHTOOL_A_STATS_ETH_MAC_3_SINGLE_COL, 33);
	put_mac_counter(m, ETHTOOL_A_STATS_ETH_MAC_18_TX_MCAST, 180);
	put_mac_counter(m, ETHTOOL_A_STATS_ETH_MAC_19_TX_BCAST, 19);
	put_mac_counter(m, 1000, 5);
	nla_nest_end(m, nest);
	return m;
}

/* An interface that has been asked everything. */
static struct oid_subject asked(void)
{
	return (struct oid_subject){ .ifindex = 1,
				     .is_wifi = true,
				     .asked_link = ANSWERED,
				     .asked_mac = ANSWERED,
				     .asked_settings = ANSWERED,
				     .asked_wifi = ANSWERED };
}

/* The answer's bytes, the caller's to free; NULL and the code where there is none. */
static uint8_t *answer(struct oid_subject *s, bpf_u_int32 oid, size_t *bytes, uint32_t *code)
{
	const struct oid_row *row = cst_oid_find(oid);
	struct oid_answer a = { 0 };

	assert_non_null(row);
	*code = row->get(s, row, &a);
	*bytes = a.length;
	if (*code == 0)
		return a.bytes;
	assert_true(*s->reason != '\0');
	free(a.bytes);
	return NULL;
}

static void expect_number(struct oid_subject *s, bpf_u_int32 oid, uint64_t expected)
{
	uint64_t value = 0;
	uint32_t code;
	size_t bytes;
	uint8_t *data = answer(s, oid, &bytes, &code);

	if (!data)
		fail_msg("%s", s->reason);
	assert_true(bytes == 4 || bytes == 8);
	memcpy(&value, data, bytes);
	free(data);
	assert_true(value == expected);
}

static void expect_code(struct oid_subject *s, bpf_u_int32 oid, uint32_t expected)
{
	uint32_t code;
	size_t bytes;

	free(answer(s, oid, &bytes, &code));
	assert_int_equal(code, expected);
}

static void counters_of_the_mac_are_told_and_split_the_frames(void **state)
{
	struct nl_msg *m = mac_message(ETHTOOL_STATS_ETH_MAC);
	struct oid_subject s = asked();

	(void)state;
	cst_oid_parse_mac(&s.mac, attributes(m), length(m));
	nlmsg_free(m);
	s.link.stats.tx_packets = 1000;
	s.link.stats.collisions = 77;
	s.link.stats.multicast = 5;
	expect_number(&s, OID_802_3_XMIT_ONE_COLLISION, 33);
	expect_number(&s, OID_GEN_MULTICAST_FRAMES_XMIT, 180);
	expect_number(&s, OID_GEN_BROADCAST_FRAMES_XMIT, 19);
	expect_number(&s, OID_GEN_DIRECTED_FRAMES_XMIT, 1000 - 180 - 19);
	/* What the driver does not keep: the kernel's, or none. */
	expect_number(&s, OID_802_3_XMIT_MORE_COLLISIONS, 77);
	expect_number(&s, OID_GEN_MULTICAST_FRAMES_RCV, 5);
	expect_code(&s, OID_802_3_XMIT_DEFERRED, CODE_NOT_SUPPORTED);
	expect_code(&s, OID_GEN_DIRECTED_FRAMES_RCV, CODE_NOT_SUPPORTED);

	NDIS_STATISTICS_INFO info = { 0 };
	uint32_t known = cst_oid_fill_statistics(&s, &info);
	assert_true(known & NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_XMIT);
	assert_false(known & NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_RCV);
	assert_true(info.ifHCOutUcastPkts == 1000 - 180 - 19 && info.ifHCOutMulticastPkts == 180);
	s.link.stats.tx_packets = 100;
	expect_number(&s, OID_GEN_DIRECTED_FRAMES_XMIT, 0);
}

static void counters_of_another_group_are_not_the_macs(void **state)
{
	struct nl_msg *m = mac_message(ETHTOOL_STATS_ETH_PHY);
	struct oid_mac_counters mac = { 0 };

	(void)state;
	cst_oid_parse_mac(&mac, attributes(m), length(m));
	nlmsg_free(m);
	assert_int_equal(mac.known, 0);
}

static void put_band(struct nl_msg *m, int band, const uint32_t *rates, size_t count)
{
	struct nlattr *of_band = nla_nest_start(m, band), *all = nla_nest_start(m, NL80211_BAND_ATTR_RATES);

	for (size_t i = 0; i < count; i++) {
		struct nlattr *rate = nla_nest_start(m, (int)i);
		nla_put_u32(m, NL80211_BITRATE_ATTR_RATE, rates[i]);
		nla_nest_end(m, rate);
	}
	nla_nest_end(m, all);
	nla_nest_end(m, of_band);
}

/* As GET_INTERFACE and GET_WIPHY answer. */
static void know_hardware(struct oid_wifi *w, uint32_t iftype)
{
	static const uint32_t rates[] = { 10, 20, 55, 110, 60, 540, 10 };
	struct nl_msg *m = begin();
	struct nlattr *nest;

	nla_put_u32(m, NL80211_ATTR_IFTYPE, iftype);
	nla_put_u32(m, NL80211_ATTR_WIPHY_FREQ, 2437);
	nla_put_u32(m, NL80211_ATTR_WIPHY_TX_POWER_LEVEL, 2000);
	nla_put(m, NL80211_ATTR_SSID, 4, "home");
	cst_oid_parse_wifi(w, attributes(m), length(m));
	nlmsg_free(m);

	m = begin();
	nla_put_u32(m, NL80211_ATTR_WIPHY_FRAG_THRESHOLD, UINT32_MAX);
	nla_put_u32(m, NL80211_ATTR_WIPHY_RTS_THRESHOLD, 500);
	nla_put_u32(m, NL80211_ATTR_WIPHY_ANTENNA_TX, 1);
	nla_put_u32(m, NL80211_ATTR_WIPHY_ANTENNA_RX, 7);
	nest = nla_nest_start(m, NL80211_ATTR_SUPPORTED_IFTYPES);
	nla_put_flag(m, NL80211_IFTYPE_STATION);
	nla_put_flag(m, NL80211_IFTYPE_MONITOR);
	nla_nest_end(m, nest);
	nest = nla_nest_start(m, NL80211_ATTR_WIPHY_BANDS);
	put_band(m, NL80211_BAND_2GHZ, rates, sizeof(rates) / sizeof(*rates));
	put_band(m, NL80211_BAND_5GHZ, rates + 4, 2);
	nla_nest_end(m, nest);
	nla_put(m, NL80211_ATTR_REG_ALPHA2, 3, "DE");
	nla_put_u32(m, NL80211_ATTR_PS_STATE, NL80211_PS_ENABLED);
	cst_oid_parse_wifi(w, attributes(m), length(m));
	nlmsg_free(m);
}

static void know_network(struct oid_wifi *w, uint32_t bss_status, const char *bssid)
{
	static const uint8_t elements[] = { 0, 4, 'h', 'o', 'm', 'e', 1, 3, 0x82, 0x84, 0x8b, 50, 2, 0x0c, 0x12, 99, 200, 1 };
	struct nl_msg *m = begin();
	struct nlattr *nest = nla_nest_start(m, NL80211_ATTR_BSS);

	nla_put(m, NL80211_BSS_BSSID, 6, bssid);
	nla_put_u32(m, NL80211_BSS_FREQUENCY, 5180);
	nla_put_u16(m, NL80211_BSS_BEACON_INTERVAL, 100);
	nla_put_u32(m, NL80211_BSS_STATUS, bss_status);
	nla_put(m, NL80211_BSS_INFORMATION_ELEMENTS, sizeof(elements), elements);
	nla_nest_end(m, nest);
	cst_oid_parse_wifi(w, attributes(m), length(m));
	nlmsg_free(m);
}

static void know_station(struct oid_wifi *w)
{
	struct nl_msg *m = begin();
	struct nlattr *nest = nla_nest_start(m, NL80211_ATTR_STA_INFO), *rate;

	nla_put_u8(m, NL80211_STA_INFO_SIGNAL, (uint8_t)-61);
	rate = nla_nest_start(m, NL80211_STA_INFO_TX_BITRATE);
	nla_put_u32(m, NL80211_RATE_INFO_BITRATE32, 8667);
	nla_nest_end(m, rate);
	nla_nest_end(m, nest);
	cst_oid_parse_wifi(w, attributes(m), length(m));
	nlmsg_free(m);
}

static void expect_bytes(struct oid_subject *s, bpf_u_int32 oid, const void *expected, size_t count)
{
	uint32_t code;
	size_t bytes;
	uint8_t *data = answer(s, oid, &bytes, &code);

	assert_non_null(data);
	assert_int_equal(bytes, count);
	assert_memory_equal(data, expected, count);
	free(data);
}

static void wifi_in_no_network_knows_its_hardware(void **state)
{
	static const uint32_t types[] = { 3, 1, 3, 2 };
	static const uint8_t rates[8] = { 2, 4, 11, 22, 12, 108 };
	DOT11_OPERATION_MODE_CAPABILITY modes = { .uMajorVersion = 2,
						  .uOpModeCapability = DOT11_OPERATION_MODE_EXTENSIBLE_STATION |
								       DOT11_OPERATION_MODE_NETWORK_MONITOR };
	struct oid_subject s = asked();

	(void)state;
	know_hardware(&s.wifi, NL80211_IFTYPE_STATION);
	know_network(&s.wifi, NL80211_BSS_STATUS_AUTHENTICATED, "\x02\x11\x22\x33\x44\x55");
	expect_code(&s, OID_802_11_BSSID, CODE_NOT_READY);
	expect_code(&s, OID_802_11_RSSI, CODE_NOT_READY);
	expect_code(&s, OID_DOT11_BEACON_PERIOD, CODE_NOT_READY);
	expect_number(&s, OID_802_11_INFRASTRUCTURE_MODE, 1);
	expect_number(&s, OID_802_11_NETWORK_TYPE_IN_USE, 3);
	expect_number(&s, OID_802_11_TX_POWER_LEVEL, 100);
	expect_number(&s, OID_802_11_FRAGMENTATION_THRESHOLD, 2346);
	expect_number(&s, OID_802_11_RTS_THRESHOLD, 500);
	expect_number(&s, OID_802_11_NUMBER_OF_ANTENNAS, 3);
	expect_number(&s, OID_802_11_POWER_MODE, 1);
	expect_number(&s, OID_DOT11_CURRENT_CHANNEL, 6);
	expect_number(&s, OID_DOT11_CURRENT_REG_DOMAIN, 0x30);
	expect_bytes(&s, OID_802_11_NETWORK_TYPES_SUPPORTED, types, sizeof(types));
	expect_bytes(&s, OID_802_11_SUPPORTED_RATES, rates, sizeof(rates));
	expect_bytes(&s, OID_DOT11_OPERATION_MODE_CAPABILITY, &modes, sizeof(modes));
}

static void wifi_in_a_network_tells_of_it(void **state)
{
	static const uint8_t rates[8] = { 0x82, 0x84, 0x8b, 0x0c, 0x12 };
	NDIS_802_11_SSID ssid = { 4, "home" };
	NDIS_802_11_CONFIGURATION configuration = { 32, 100, 0, 5180000, 16, 0, 0, 0 };
	DOT11_CURRENT_OPERATION_MODE mode = { 0, DOT11_OPERATION_MODE_EXTENSIBLE_STATION };
	struct oid_subject s = asked();

	(void)state;
	know_hardware(&s.wifi, NL80211_IFTYPE_STATION);
	know_network(&s.wifi, NL80211_BSS_STATUS_ASSOCIATED, "\x02\x11\x22\x33\x44\x55");
	know_station(&s.wifi);
	expect_bytes(&s, OID_802_11_BSSID, "\x02\x11\x22\x33\x44\x55", 6);
	expect_bytes(&s, OID_802_11_SSID, &ssid, sizeof(ssid));
	expect_bytes(&s, OID_802_11_CONFIGURATION, &configuration, sizeof(configuration));
	expect_bytes(&s, OID_802_11_SUPPORTED_RATES, rates, sizeof(rates));
	expect_bytes(&s, OID_DOT11_CURRENT_OPERATION_MODE, &mode, sizeof(mode));
	expect_number(&s, OID_802_11_RSSI, (uint32_t)-61);
	expect_number(&s, OID_802_11_NETWORK_TYPE_IN_USE, 2);
	expect_number(&s, OID_DOT11_CURRENT_CHANNEL, 36);
	expect_number(&s, OID_DOT11_BEACON_PERIOD, 100);
	assert_int_equal(s.wifi.tx_bitrate, 8667);
}

static void channels_have_their_numbers(void **state)
{
	static const uint32_t channels[][2] = { { 2412, 1 },  { 2472, 13 }, { 2484, 14 }, { 5955, 1 }, { 5825, 165 },
						{ 4920, 184 } };
	struct oid_subject s = asked();

	(void)state;
	s.wifi.has_frequency = true;
	for (size_t i = 0; i < sizeof(channels) / sizeof(*channels); i++) {
		s.wifi.frequency_mhz = channels[i][0];
		expect_number(&s, OID_DOT11_CURRENT_CHANNEL, channels[i][1]);
	}
}

static struct nl_msg *link_message(void)
{
	struct rtnl_link_stats64 stats = { .rx_packets = 3, .tx_bytes = UINT64_C(1) << 40, .rx_nohandler = 9 };
	struct nl_msg *m = begin();
	struct nlattr *info, *data;

	nla_put_u32(m, IFLA_MTU, 9000);
	nla_put_u8(m, IFLA_OPERSTATE, IF_OPER_DORMANT);
	nla_put_u8(m, IFLA_CARRIER, 1);
	nla_put_u32(m, IFLA_CARRIER_CHANGES, 12);
	nla_put_string(m, IFLA_IFALIAS, "Grüße \xf0\x9f\x98\x80 \xff");
	nla_put(m, IFLA_STATS64, sizeof(stats), &stats);
	info = nla_nest_start(m, IFLA_LINKINFO);
	nla_put_string(m, IFLA_INFO_KIND, "vlan");
	data = nla_nest_start(m, IFLA_INFO_DATA);
	nla_put_u16(m, IFLA_VLAN_ID, 42);
	nla_nest_end(m, data);
	nla_nest_end(m, info);
	return m;
}

static void a_link_is_read_whole(void **state)
{
	static const uint16_t alias[] = { 20, 'G', 'r', 0xfc, 0xdf, 'e', ' ', 0xd83d, 0xde00, ' ', 0xfffd, 0 };
	struct nl_msg *m = link_message();
	struct oid_subject s = asked();

	(void)state;
	cst_oid_parse_link(&s.link, attributes(m), length(m));
	nlmsg_free(m);
	s.link.flags = 1; /* IFF_UP */
	expect_number(&s, OID_GEN_MAXIMUM_FRAME_SIZE, 9000);
	expect_number(&s, OID_GEN_OPERATIONAL_STATUS, 5);
	expect_number(&s, OID_GEN_HARDWARE_STATUS, 1);
	expect_number(&s, OID_GEN_MEDIA_CONNECT_STATUS_EX, 1);
	expect_number(&s, OID_GEN_MEDIA_SENSE_COUNTS, 12);
	expect_number(&s, OID_GEN_VLAN_ID, 42);
	expect_number(&s, OID_GEN_BYTES_XMIT, UINT64_C(1) << 40);
	expect_number(&s, OID_GEN_UNKNOWN_PROTOS, 9);
	expect_bytes(&s, OID_GEN_ALIAS, alias, sizeof(alias));
	assert_false(s.link.knows_all_multicast);
}

static void statistics_of_an_older_kernel_are_shorter(void **state)
{
	struct rtnl_link_stats64 stats = { .rx_packets = 3, .rx_nohandler = 9 };
	struct nl_msg *m = begin();
	struct oid_link link = { 0 };

	(void)state;
	nla_put(m, IFLA_STATS64, offsetof(struct rtnl_link_stats64, rx_compressed), &stats);
	cst_oid_parse_link(&link, attributes(m), length(m));
	nlmsg_free(m);
	assert_true(link.stats.rx_packets == 3 && link.stats.rx_nohandler == 0);
}

static void the_queue_tells_how_many_wait(void **state)
{
	struct gnet_stats_queue queue = { .qlen = 321, .backlog = 5 };
	struct nl_msg *m = begin();
	struct nlattr *nest = nla_nest_start(m, TCA_STATS2);

	(void)state;
	nla_put(m, TCA_STATS_QUEUE, sizeof(queue), &queue);
	nla_nest_end(m, nest);
	assert_int_equal(cst_oid_parse_queue_length(attributes(m), length(m)), 321);
	assert_int_equal(cst_oid_parse_queue_length(attributes(m), 0), 0);
	nlmsg_free(m);
}

/* Every prefix of each message, and each with a byte changed, in memory that ends where they end. */
static void parse_all(const uint8_t *bytes, size_t count)
{
	uint8_t *copy = malloc(count ? count : 1);
	struct nlattr *first = (struct nlattr *)(void *)copy;
	struct oid_link link = { 0 };
	struct oid_mac_counters mac = { 0 };
	struct oid_wifi wifi = { 0 };

	assert_non_null(copy);
	memcpy(copy, bytes, count);
	cst_oid_parse_link(&link, first, (int)count);
	cst_oid_parse_mac(&mac, first, (int)count);
	cst_oid_parse_wifi(&wifi, first, (int)count);
	cst_oid_parse_queue_length(first, (int)count);
	free(copy);
	assert_true(memchr(link.kind, '\0', sizeof(link.kind)) && memchr(link.alias, '\0', sizeof(link.alias)));
	assert_true(wifi.ssid_bytes <= sizeof(wifi.ssid) && wifi.rate_count <= sizeof(wifi.rates));
}

static void damage(struct nl_msg *m)
{
	uint8_t *bytes = (uint8_t *)attributes(m);
	size_t count = (size_t)length(m);

	for (size_t cut = 0; cut <= count; cut++)
		parse_all(bytes, cut);
	for (size_t at = 0; at < count; at++)
		for (unsigned int bit = 0; bit < 8; bit++) {
			bytes[at] ^= (uint8_t)(1u << bit);
			parse_all(bytes, count);
			bytes[at] ^= (uint8_t)(1u << bit);
		}
	nlmsg_free(m);
}

static void damaged_messages_are_read_within_their_bounds(void **state)
{
	static const uint8_t elements[] = { 0, 33, 1, 255, 3 };
	struct nl_msg *m = begin();
	struct nlattr *nest;

	(void)state;
	damage(link_message());
	damage(mac_message(ETHTOOL_STATS_ETH_MAC));
	nla_put(m, NL80211_ATTR_SSID, 33, "123456789012345678901234567890123");
	nest = nla_nest_start(m, NL80211_ATTR_BSS);
	nla_put(m, NL80211_BSS_BSSID, 6, "\2\2\2\2\2\2");
	nla_put_u32(m, NL80211_BSS_STATUS, NL80211_BSS_STATUS_ASSOCIATED);
	nla_put(m, NL80211_BSS_INFORMATION_ELEMENTS, sizeof(elements), elements);
	nla_nest_end(m, nest);
	nest = nla_nest_start(m, NL80211_ATTR_WIPHY_BANDS);
	put_band(m, NL80211_BAND_2GHZ, &(uint32_t){ 10 }, 1);
	nla_nest_end(m, nest);
	damage(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_of_the_mac_are_told_and_split_the_frames),
		cmocka_unit_test(counters_of_another_group_are_not_the_macs),
		cmocka_unit_test(wifi_in_no_network_knows_its_hardware),
		cmocka_unit_test(wifi_in_a_network_tells_of_it),
		cmocka_unit_test(channels_have_their_numbers),
		cmocka_unit_test(a_link_is_read_whole),
		cmocka_unit_test(statistics_of_an_older_kernel_are_shorter),
		cmocka_unit_test(the_queue_tells_how_many_wait),
		cmocka_unit_test(damaged_messages_are_read_within_their_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
