/* oid_parse.c - from netlink's attributes to what OIDs are made of. An attribute of a wrong size is as good as none. */
#include "npcap/oid.h"

#include <linux/ethtool_netlink.h>
#include <linux/gen_stats.h>
#include <linux/if_link.h>
#include <linux/nl80211.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <string.h>

/* Newer than the headers of systems that we build on. */
enum { LINK_ALL_MULTICAST = 61 /* IFLA_ALLMULTI, Linux 6.0 */ };

static bool read_u32(struct nlattr *a, uint32_t *value)
{
	if (!a || nla_len(a) != sizeof(*value))
		return false;
	memcpy(value, nla_data(a), sizeof(*value));
	return true;
}

static bool read_u8(struct nlattr *a, uint8_t *value)
{
	if (!a || nla_len(a) != sizeof(*value))
		return false;
	*value = *(const uint8_t *)nla_data(a);
	return true;
}

/* Texts may come with a zero behind them, or without. */
static void read_text(struct nlattr *a, char *text, size_t room)
{
	if (a)
		nla_strlcpy(text, a, room);
}

/* Look up attributes by number; those of higher numbers than `most` are left out. */
static void look_up(struct nlattr **found, int most, struct nlattr *attributes, int bytes)
{
	if (nla_parse(found, most, attributes, bytes, NULL) < 0)
		memset(found, 0, (size_t)(most + 1) * sizeof(*found));
}

static void look_up_nested(struct nlattr **found, int most, struct nlattr *nest)
{
	if (nest)
		look_up(found, most, nla_data(nest), nla_len(nest));
	else
		memset(found, 0, (size_t)(most + 1) * sizeof(*found));
}

static void parse_kind(struct oid_link *link, struct nlattr *nest)
{
	struct nlattr *info[IFLA_INFO_MAX + 1], *vlan[IFLA_VLAN_MAX + 1];

	look_up_nested(info, IFLA_INFO_MAX, nest);
	read_text(info[IFLA_INFO_KIND], link->kind, sizeof(link->kind));
	if (strcmp(link->kind, "vlan") != 0)
		return;
	look_up_nested(vlan, IFLA_VLAN_MAX, info[IFLA_INFO_DATA]);
	if (vlan[IFLA_VLAN_ID] && nla_len(vlan[IFLA_VLAN_ID]) == sizeof(uint16_t))
		link->vlan = nla_get_u16(vlan[IFLA_VLAN_ID]);
}

void cst_oid_parse_link(struct oid_link *link, struct nlattr *attributes, int bytes)
{
	struct nlattr *a[LINK_ALL_MULTICAST + 1];
	uint8_t carrier = 0;

	look_up(a, LINK_ALL_MULTICAST, attributes, bytes);
	read_u32(a[IFLA_MTU], &link->mtu);
	read_u32(a[IFLA_TXQLEN], &link->tx_queue_length);
	read_u32(a[IFLA_PROMISCUITY], &link->promiscuity);
	link->knows_all_multicast = read_u32(a[LINK_ALL_MULTICAST], &link->all_multicast);
	read_u32(a[IFLA_CARRIER_CHANGES], &link->carrier_changes);
	read_u8(a[IFLA_OPERSTATE], &link->operstate);
	link->carrier = read_u8(a[IFLA_CARRIER], &carrier) && carrier;
	read_text(a[IFLA_IFALIAS], link->alias, sizeof(link->alias));
	parse_kind(link, a[IFLA_LINKINFO]);
	/* Newer kernels count more things, older ones fewer. */
	if (a[IFLA_STATS64]) {
		size_t length = (size_t)nla_len(a[IFLA_STATS64]);
		memcpy(&link->stats, nla_data(a[IFLA_STATS64]), length < sizeof(link->stats) ? length : sizeof(link->stats));
	}
}

uint32_t cst_oid_parse_queue_length(struct nlattr *attributes, int bytes)
{
	struct nlattr *a[TCA_MAX + 1], *stats[TCA_STATS_MAX + 1];
	struct gnet_stats_queue queue = { 0 };

	look_up(a, TCA_MAX, attributes, bytes);
	look_up_nested(stats, TCA_STATS_MAX, a[TCA_STATS2]);
	if (stats[TCA_STATS_QUEUE] && nla_len(stats[TCA_STATS_QUEUE]) >= (int)sizeof(queue))
		memcpy(&queue, nla_data(stats[TCA_STATS_QUEUE]), sizeof(queue));
	return queue.qlen;
}

/* A counter is a nest of its own, with one attribute that bears the counter's number. */
static void parse_mac_counter(struct oid_mac_counters *mac, struct nlattr *nest)
{
	struct nlattr *a;
	int left;

	nla_for_each_nested(a, nest, left) {
		unsigned int id = (unsigned int)nla_type(a);
		if (id >= sizeof(mac->value) / sizeof(*mac->value) || nla_len(a) != sizeof(uint64_t))
			continue;
		memcpy(&mac->value[id], nla_data(a), sizeof(uint64_t));
		mac->known |= 1u << id;
	}
}

void cst_oid_parse_mac(struct oid_mac_counters *mac, struct nlattr *attributes, int bytes)
{
	struct nlattr *group, *a;
	int left, left_in_group;

	nla_for_each_attr(group, attributes, bytes, left) {
		struct nlattr *of_group[ETHTOOL_A_STATS_GRP_MAX + 1];
		uint32_t id;

		if (nla_type(group) != ETHTOOL_A_STATS_GRP)
			continue;
		look_up_nested(of_group, ETHTOOL_A_STATS_GRP_MAX, group);
		if (!read_u32(of_group[ETHTOOL_A_STATS_GRP_ID], &id) || id != ETHTOOL_STATS_ETH_MAC)
			continue;
		nla_for_each_nested(a, group, left_in_group)
			if (nla_type(a) == ETHTOOL_A_STATS_GRP_STAT)
				parse_mac_counter(mac, a);
	}
}

static void add_rate(struct oid_wifi *w, uint8_t rate)
{
	for (unsigned int i = 0; i < w->rate_count; i++)
		if (w->rates[i] == rate)
			return;
	if (w->rate_count < sizeof(w->rates))
		w->rates[w->rate_count++] = rate;
}

/* What the hardware can: NL80211_BAND_ATTR_RATES, in units of 100 kbit/s. */
static void parse_band(struct oid_wifi *w, struct nlattr *band)
{
	struct nlattr *a[NL80211_BAND_ATTR_MAX + 1], *rate;
	int left;

	if (nla_type(band) == NL80211_BAND_2GHZ)
		w->bands_2ghz = true;
	if (nla_type(band) == NL80211_BAND_5GHZ)
		w->bands_5ghz = true;
	look_up_nested(a, NL80211_BAND_ATTR_MAX, band);
	if (!a[NL80211_BAND_ATTR_RATES])
		return;
	nla_for_each_nested(rate, a[NL80211_BAND_ATTR_RATES], left) {
		struct nlattr *of_rate[NL80211_BITRATE_ATTR_MAX + 1];
		uint32_t value;

		look_up_nested(of_rate, NL80211_BITRATE_ATTR_MAX, rate);
		if (read_u32(of_rate[NL80211_BITRATE_ATTR_RATE], &value) && value / 5 < 0x80)
			add_rate(w, (uint8_t)(value / 5));
	}
}

static void parse_hardware(struct oid_wifi *w, struct nlattr **a)
{
	struct nlattr *each;
	uint32_t tx, rx;
	int left;

	w->has_fragmentation |= read_u32(a[NL80211_ATTR_WIPHY_FRAG_THRESHOLD], &w->fragmentation);
	w->has_rts |= read_u32(a[NL80211_ATTR_WIPHY_RTS_THRESHOLD], &w->rts);
	if (read_u32(a[NL80211_ATTR_WIPHY_ANTENNA_TX], &tx) && read_u32(a[NL80211_ATTR_WIPHY_ANTENNA_RX], &rx)) {
		w->antennas_tx = tx;
		w->antennas_rx = rx;
		w->has_antennas = true;
	}
	if (a[NL80211_ATTR_SUPPORTED_IFTYPES])
		nla_for_each_nested(each, a[NL80211_ATTR_SUPPORTED_IFTYPES], left)
			if (nla_type(each) < 32)
				w->iftypes |= 1u << nla_type(each);
	if (a[NL80211_ATTR_WIPHY_BANDS])
		nla_for_each_nested(each, a[NL80211_ATTR_WIPHY_BANDS], left)
			parse_band(w, each);
}

/* IEEE 802.11: elements of a byte of number, a byte of length, and so many bytes. */
static void parse_elements(struct oid_wifi *w, const uint8_t *at, size_t bytes)
{
	enum { SSID = 0, RATES = 1, MORE_RATES = 50 };
	bool first_rates = true;

	while (bytes >= 2 && bytes - 2 >= at[1]) {
		if ((at[0] == RATES || at[0] == MORE_RATES) && at[1] > 0) {
			if (first_rates) {
				w->rate_count = 0;
				memset(w->rates, 0, sizeof(w->rates));
			}
			first_rates = false;
			for (unsigned int i = 0; i < at[1]; i++)
				add_rate(w, at[2 + i]);
		}
		if (at[0] == SSID && at[1] <= sizeof(w->ssid) && w->ssid_bytes == 0) {
			memcpy(w->ssid, at + 2, at[1]);
			w->ssid_bytes = at[1];
		}
		bytes -= 2u + at[1];
		at += 2 + at[1];
	}
}

/* A network that was seen; only the one that the station is in matters. */
static void parse_bss(struct oid_wifi *w, struct nlattr *nest)
{
	struct nlattr *a[NL80211_BSS_MAX + 1];
	uint32_t status, frequency;

	look_up_nested(a, NL80211_BSS_MAX, nest);
	if (!read_u32(a[NL80211_BSS_STATUS], &status) ||
	    (status != NL80211_BSS_STATUS_ASSOCIATED && status != NL80211_BSS_STATUS_IBSS_JOINED) ||
	    !a[NL80211_BSS_BSSID] || nla_len(a[NL80211_BSS_BSSID]) != OID_ADDRESS_BYTES)
		return;
	w->has_bss = true;
	memcpy(w->bssid, nla_data(a[NL80211_BSS_BSSID]), OID_ADDRESS_BYTES);
	if (read_u32(a[NL80211_BSS_FREQUENCY], &frequency)) {
		w->frequency_mhz = frequency;
		w->has_frequency = true;
	}
	if (a[NL80211_BSS_BEACON_INTERVAL] && nla_len(a[NL80211_BSS_BEACON_INTERVAL]) == sizeof(uint16_t)) {
		w->beacon_interval = nla_get_u16(a[NL80211_BSS_BEACON_INTERVAL]);
		w->has_beacon_interval = true;
	}
	if (a[NL80211_BSS_INFORMATION_ELEMENTS])
		parse_elements(w, nla_data(a[NL80211_BSS_INFORMATION_ELEMENTS]),
			       (size_t)nla_len(a[NL80211_BSS_INFORMATION_ELEMENTS]));
}

static void parse_station(struct oid_wifi *w, struct nlattr *nest)
{
	struct nlattr *a[NL80211_STA_INFO_MAX + 1], *rate[NL80211_RATE_INFO_MAX + 1];
	uint8_t signal;

	look_up_nested(a, NL80211_STA_INFO_MAX, nest);
	if (read_u8(a[NL80211_STA_INFO_SIGNAL], &signal)) {
		w->signal_dbm = (int8_t)signal;
		w->has_signal = true;
	}
	look_up_nested(rate, NL80211_RATE_INFO_MAX, a[NL80211_STA_INFO_TX_BITRATE]);
	read_u32(rate[NL80211_RATE_INFO_BITRATE32], &w->tx_bitrate);
}

void cst_oid_parse_wifi(struct oid_wifi *w, struct nlattr *attributes, int bytes)
{
	struct nlattr *a[NL80211_ATTR_MAX + 1];
	uint32_t value;

	look_up(a, NL80211_ATTR_MAX, attributes, bytes);
	if (read_u32(a[NL80211_ATTR_IFTYPE], &value))
		w->iftype = value;
	w->has_frequency |= read_u32(a[NL80211_ATTR_WIPHY_FREQ], &w->frequency_mhz);
	w->has_tx_power |= read_u32(a[NL80211_ATTR_WIPHY_TX_POWER_LEVEL], &w->tx_power_mbm);
	if (a[NL80211_ATTR_SSID] && nla_len(a[NL80211_ATTR_SSID]) <= (int)sizeof(w->ssid)) {
		w->ssid_bytes = (uint8_t)nla_len(a[NL80211_ATTR_SSID]);
		memcpy(w->ssid, nla_data(a[NL80211_ATTR_SSID]), w->ssid_bytes);
	}
	if (read_u32(a[NL80211_ATTR_PS_STATE], &value)) {
		w->power_save = value == NL80211_PS_ENABLED;
		w->has_power_save = true;
	}
	if (a[NL80211_ATTR_REG_ALPHA2] && nla_len(a[NL80211_ATTR_REG_ALPHA2]) >= 2)
		memcpy(w->country, nla_data(a[NL80211_ATTR_REG_ALPHA2]), 2);
	parse_hardware(w, a);
	if (a[NL80211_ATTR_BSS])
		parse_bss(w, a[NL80211_ATTR_BSS]);
	if (a[NL80211_ATTR_STA_INFO])
		parse_station(w, a[NL80211_ATTR_STA_INFO]);
}
