/* oid_80211.c - OIDs about Wi-Fi, from what nl80211 says. They are queries all: switching networks, channels and modes is
 * for those who manage the network on Linux. */
#include "npcap/oid.h"

#include <linux/nl80211.h>
#include <string.h>

static uint32_t not_told(struct oid_subject *s)
{
	return cst_oid_fail(s, CODE_NOT_SUPPORTED, "the driver does not tell");
}

static uint32_t need_network(struct oid_subject *s)
{
	uint32_t code = cst_oid_need_wifi(s);

	if (code || s->wifi.has_bss)
		return code;
	return cst_oid_fail(s, CODE_NOT_READY, "the interface is in no network");
}

uint32_t cst_oid_wifi_bssid(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	uint32_t code = need_network(s);

	(void)row;
	if (code == 0)
		cst_oid_put(a, s->wifi.bssid, sizeof(s->wifi.bssid));
	return code;
}

/* In no network there is no name either. */
uint32_t cst_oid_wifi_ssid(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	uint32_t code = cst_oid_need_wifi(s);
	NDIS_802_11_SSID ssid = { .SsidLength = s->wifi.ssid_bytes };

	(void)row;
	memcpy(ssid.Ssid, s->wifi.ssid, sizeof(ssid.Ssid));
	if (code == 0)
		cst_oid_put(a, &ssid, sizeof(ssid));
	return code;
}

/* 10^(mBm/1000), to the nearest milliwatt. */
static uint32_t milliwatts(uint32_t mbm)
{
	const double tenth_of_percent = 1.0023052380778996; /* 10^(1/1000) */
	const uint32_t most = 9000;                         /* a gigawatt */
	double mw = 1;

	if (mbm > INT32_MAX)
		return 0;
	for (uint32_t i = 0; i < mbm && i < most; i++)
		mw *= tenth_of_percent;
	return (uint32_t)(mw + 0.5);
}

/* IEEE 802.11, annex E: 5 MHz a channel, counted from 2407, 5000 or 5950 MHz; channel 14 stands apart. */
static uint32_t channel_of(uint32_t mhz)
{
	if (mhz == 2484)
		return 14;
	if (mhz < 4000)
		return mhz > 2407 ? (mhz - 2407) / 5 : 0;
	return (mhz - (mhz > 5950 ? 5950 : mhz >= 5000 ? 5000 : 4000)) / 5;
}

static uint32_t infrastructure_of(uint32_t iftype)
{
	enum { IBSS = 0, INFRASTRUCTURE = 1, AUTOMATIC = 2 };

	return iftype == NL80211_IFTYPE_ADHOC ? IBSS : iftype == NL80211_IFTYPE_MONITOR ? AUTOMATIC : INFRASTRUCTURE;
}

static uint32_t network_type_of(uint32_t mhz)
{
	enum { OFDM_5GHZ = 2, OFDM_24GHZ = 3 };

	return mhz < 4000 ? OFDM_24GHZ : OFDM_5GHZ;
}

/* Who is responsible for the air in a country; the table names those that NDIS numbers. */
static uint32_t regulation_of(const char country[static 3])
{
	enum { OTHER = 0, FCC = 0x10, DOC = 0x20, ETSI = 0x30, SPAIN = 0x31, FRANCE = 0x32, MKK = 0x40 };
	static const struct {
		char country[3];
		uint8_t regulation;
	} table[] = {
		{ "US", FCC },    { "CA", DOC },   { "ES", SPAIN }, { "FR", FRANCE }, { "JP", MKK },  { "AT", ETSI },
		{ "BE", ETSI },   { "BG", ETSI },  { "CH", ETSI },  { "CY", ETSI },   { "CZ", ETSI }, { "DE", ETSI },
		{ "DK", ETSI },   { "EE", ETSI },  { "FI", ETSI },  { "GB", ETSI },   { "GR", ETSI }, { "HR", ETSI },
		{ "HU", ETSI },   { "IE", ETSI },  { "IS", ETSI },  { "IT", ETSI },   { "LI", ETSI }, { "LT", ETSI },
		{ "LU", ETSI },   { "LV", ETSI },  { "MT", ETSI },  { "NL", ETSI },   { "NO", ETSI }, { "PL", ETSI },
		{ "PT", ETSI },   { "RO", ETSI },  { "SE", ETSI },  { "SI", ETSI },   { "SK", ETSI },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (memcmp(table[i].country, country, 2) == 0)
			return table[i].regulation;
	return OTHER;
}

static uint32_t threshold(uint32_t value, uint32_t most)
{
	return value > most ? most : value; /* all ones: never */
}

static uint32_t most_antennas(const struct oid_wifi *w)
{
	int tx = __builtin_popcount(w->antennas_tx), rx = __builtin_popcount(w->antennas_rx);

	return (uint32_t)(tx > rx ? tx : rx);
}

/* `at`: enum oid_wifi_number. */
uint32_t cst_oid_wifi_number(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	const struct oid_wifi *w = &s->wifi;
	const bool about_network = row->at == WIFI_RSSI || row->at == WIFI_BEACON_PERIOD;
	uint32_t code = about_network ? need_network(s) : cst_oid_need_wifi(s);

	if (code)
		return code;
	const struct {
		bool told;
		uint32_t value;
	} numbers[] = {
		[WIFI_INFRASTRUCTURE] = { true, infrastructure_of(w->iftype) },
		[WIFI_NETWORK_TYPE] = { w->has_frequency, network_type_of(w->frequency_mhz) },
		[WIFI_TX_POWER] = { w->has_tx_power, milliwatts(w->tx_power_mbm) },
		[WIFI_RSSI] = { w->has_signal, (uint32_t)w->signal_dbm },
		[WIFI_FRAGMENTATION] = { w->has_fragmentation, threshold(w->fragmentation, 2346) },
		[WIFI_RTS] = { w->has_rts, threshold(w->rts, 2347) },
		[WIFI_ANTENNAS] = { w->has_antennas && most_antennas(w) > 0, most_antennas(w) },
		[WIFI_POWER_MODE] = { w->has_power_save, w->power_save },
		[WIFI_BEACON_PERIOD] = { w->has_beacon_interval, w->beacon_interval },
		[WIFI_CHANNEL] = { w->has_frequency, channel_of(w->frequency_mhz) },
		[WIFI_REGULATION] = { w->country[0] != '\0', regulation_of(w->country) },
	};
	return numbers[row->at].told ? cst_oid_put32(a, numbers[row->at].value) : not_told(s);
}

/* 8 bytes, or 16 where that many rates are known; zeros behind. */
uint32_t cst_oid_wifi_rates(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	const size_t few = 8;
	uint32_t code = cst_oid_need_wifi(s);

	(void)row;
	if (code)
		return code;
	if (s->wifi.rate_count == 0)
		return not_told(s);
	cst_oid_put(a, s->wifi.rates, s->wifi.rate_count <= few ? few : sizeof(s->wifi.rates));
	return 0;
}

/* How many types, and which: direct sequence and OFDM at 2.4 GHz, OFDM at 5 GHz. */
uint32_t cst_oid_wifi_network_types(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	static const uint32_t at_24ghz[] = { 1, 3 }, at_5ghz[] = { 2 };
	uint32_t code = cst_oid_need_wifi(s);

	(void)row;
	if (code)
		return code;
	if (!s->wifi.bands_2ghz && !s->wifi.bands_5ghz)
		return not_told(s);
	cst_oid_put32(a, (s->wifi.bands_2ghz ? 2u : 0u) + (s->wifi.bands_5ghz ? 1u : 0u));
	if (s->wifi.bands_2ghz)
		cst_oid_put(a, at_24ghz, sizeof(at_24ghz));
	if (s->wifi.bands_5ghz)
		cst_oid_put(a, at_5ghz, sizeof(at_5ghz));
	return 0;
}

uint32_t cst_oid_wifi_configuration(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	uint32_t code = cst_oid_need_wifi(s);
	NDIS_802_11_CONFIGURATION configuration = { .Length = sizeof(configuration),
						    .BeaconPeriod = s->wifi.beacon_interval,
						    .DSConfig = s->wifi.frequency_mhz * 1000,
						    .FHLength = 16 };

	(void)row;
	if (code)
		return code;
	if (!s->wifi.has_frequency)
		return not_told(s);
	cst_oid_put(a, &configuration, sizeof(configuration));
	return 0;
}

static uint32_t mode_of(uint32_t iftype)
{
	switch (iftype) {
	case NL80211_IFTYPE_STATION:
	case NL80211_IFTYPE_ADHOC: return DOT11_OPERATION_MODE_EXTENSIBLE_STATION;
	case NL80211_IFTYPE_AP: return DOT11_OPERATION_MODE_EXTENSIBLE_AP;
	case NL80211_IFTYPE_MONITOR: return DOT11_OPERATION_MODE_NETWORK_MONITOR;
	default: return DOT11_OPERATION_MODE_UNKNOWN;
	}
}

uint32_t cst_oid_wifi_mode(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	uint32_t code = cst_oid_need_wifi(s);
	DOT11_CURRENT_OPERATION_MODE mode = { .uCurrentOpMode = mode_of(s->wifi.iftype) };

	(void)row;
	if (code == 0)
		cst_oid_put(a, &mode, sizeof(mode));
	return code;
}

uint32_t cst_oid_wifi_modes(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	const uint32_t version = 2; /* of native Wi-Fi's extensible station */
	uint32_t code = cst_oid_need_wifi(s);
	DOT11_OPERATION_MODE_CAPABILITY modes = { .uMajorVersion = version };

	(void)row;
	if (code)
		return code;
	for (uint32_t iftype = 0; iftype < 32; iftype++)
		if (s->wifi.iftypes >> iftype & 1)
			modes.uOpModeCapability |= mode_of(iftype);
	cst_oid_put(a, &modes, sizeof(modes));
	return 0;
}
