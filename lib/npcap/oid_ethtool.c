/* oid_ethtool.c - OIDs that the driver answers through ethtool's ioctl: speed, duplex, rings, names, features. */
#include "npcap/oid.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>

/* 0, or the errno value. The handle's own socket knows which network namespace is meant. */
static int ask(const struct oid_subject *s, void *question)
{
	struct ifreq ifr = { .ifr_data = question };

	memcpy(ifr.ifr_name, s->name, sizeof(ifr.ifr_name));
	return ioctl(s->p->fd, SIOCETHTOOL, &ifr) < 0 ? errno : 0;
}

/* Bits of ETHTOOL_LINK_MODE_* by their speed. */
static const struct {
	uint8_t first, last;
	uint32_t mbps;
} link_modes[] = {
	{ 0, 1, 10 },       { 2, 3, 100 },      { 4, 5, 1000 },     { 12, 12, 10000 },  { 15, 15, 2500 },
	{ 17, 17, 1000 },   { 18, 20, 10000 },  { 21, 22, 20000 },  { 23, 26, 40000 },  { 27, 30, 56000 },
	{ 31, 33, 25000 },  { 34, 35, 50000 },  { 36, 39, 100000 }, { 40, 40, 50000 },  { 41, 41, 1000 },
	{ 42, 46, 10000 },  { 47, 47, 2500 },   { 48, 48, 5000 },   { 52, 56, 50000 },  { 57, 61, 100000 },
	{ 62, 66, 200000 }, { 67, 67, 100 },    { 68, 68, 1000 },   { 69, 73, 400000 }, { 75, 79, 100000 },
	{ 80, 84, 200000 }, { 85, 89, 400000 }, { 90, 91, 100 },    { 92, 92, 10 },
};

static uint32_t best_speed(const uint32_t *supported, unsigned int words)
{
	uint32_t best = 0;

	for (size_t i = 0; i < sizeof(link_modes) / sizeof(*link_modes); i++)
		for (unsigned int bit = link_modes[i].first; bit <= link_modes[i].last; bit++)
			if (bit / 32 < words && supported[bit / 32] >> bit % 32 & 1 && link_modes[i].mbps > best)
				best = link_modes[i].mbps;
	return best;
}

#define MOST_MODE_WORDS 16 /* 512 modes; the kernel has about a quarter of that */

/* The first question is how long the answer will be: the kernel says so as a negative number. */
static void read_settings(struct oid_subject *s)
{
	union {
		struct ethtool_link_settings head;
		/* Behind it the modes that are supported, advertised, the peer's. */
		uint32_t words[sizeof(struct ethtool_link_settings) / 4 + 3 * MOST_MODE_WORDS];
	} q;
	struct oid_settings *settings = &s->settings;

	memset(&q, 0, sizeof(q));
	q.head.cmd = ETHTOOL_GLINKSETTINGS;
	if (ask(s, &q) != 0 || q.head.link_mode_masks_nwords >= 0 || q.head.link_mode_masks_nwords < -MOST_MODE_WORDS)
		return;
	int8_t words = (int8_t)-q.head.link_mode_masks_nwords;
	memset(&q, 0, sizeof(q));
	q.head.cmd = ETHTOOL_GLINKSETTINGS;
	q.head.link_mode_masks_nwords = words;
	if (ask(s, &q) != 0)
		return;
	settings->known = true;
	settings->autoneg = q.head.autoneg == AUTONEG_ENABLE;
	if (q.head.speed != (uint32_t)SPEED_UNKNOWN)
		settings->speed_mbps = q.head.speed;
	if (q.head.duplex == DUPLEX_HALF || q.head.duplex == DUPLEX_FULL)
		settings->duplex = q.head.duplex == DUPLEX_HALF ? 1 : 2;
	settings->best_mbps = best_speed(q.words + sizeof(q.head) / 4, (unsigned int)words);
	if (settings->best_mbps < settings->speed_mbps)
		settings->best_mbps = settings->speed_mbps;
}

const struct oid_settings *cst_oid_look_at_settings(struct oid_subject *s)
{
	const uint8_t full_duplex = 2;

	if (s->asked_settings == NOT_ASKED) {
		read_settings(s);
		/* A driver of Wi-Fi tells nl80211, in units of 100 kbit/s. */
		if (s->is_wifi && s->settings.speed_mbps == 0 && cst_oid_need_wifi(s) == 0)
			s->settings.speed_mbps = s->settings.best_mbps = s->wifi.tx_bitrate / 10;
		if (s->arphrd == ARPHRD_LOOPBACK)
			s->settings.duplex = full_duplex;
		s->asked_settings = ANSWERED;
	}
	return &s->settings;
}

uint64_t cst_oid_bits_per_second(uint32_t mbps)
{
	return mbps ? mbps * UINT64_C(1000000) : NDIS_LINK_SPEED_UNKNOWN;
}

bool cst_oid_driver(struct oid_subject *s, char name[static 32], char version[static 32], char bus[static 32])
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	bool told = ask(s, &info) == 0;

	snprintf(name, 32, "%.31s", info.driver);
	snprintf(version, 32, "%.31s", info.version);
	/* Drivers without a bus leave it empty or write so. */
	snprintf(bus, 32, "%.31s", strcmp(info.bus_info, "N/A") == 0 ? "" : info.bus_info);
	return told && *name;
}

/* Virtual interfaces have none, which is told as zeros or not at all. */
bool cst_oid_permanent_address(struct oid_subject *s, uint8_t address[static OID_ADDRESS_BYTES])
{
	static const uint8_t none[OID_ADDRESS_BYTES];
	enum { MOST = 32 }; /* MAX_ADDR_LEN of the kernel */
	union {
		struct ethtool_perm_addr head;
		uint8_t bytes[sizeof(struct ethtool_perm_addr) + MOST];
	} q;

	memset(&q, 0, sizeof(q));
	q.head.cmd = ETHTOOL_GPERMADDR;
	q.head.size = MOST;
	if (ask(s, &q) != 0 || q.head.size != OID_ADDRESS_BYTES ||
	    memcmp(q.bytes + sizeof(q.head), none, sizeof(none)) == 0)
		return false;
	memcpy(address, q.bytes + sizeof(q.head), OID_ADDRESS_BYTES);
	return true;
}

static uint32_t no_speed(struct oid_subject *s)
{
	return cst_oid_fail(s, CODE_NOT_SUPPORTED, "the driver tells no speed");
}

enum speed_form { IN_100_BITS = 0, IN_BITS = 1 };

/* `at`: 0 for 32 bits of 100 bit/s, which end at 429 Gbit/s, 1 for 64 bits of bit/s. */
uint32_t cst_oid_speed(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	uint64_t bits = cst_oid_bits_per_second(cst_oid_look_at_settings(s)->speed_mbps);

	if (row->at == IN_BITS)
		return cst_oid_put64(a, bits);
	if (bits == NDIS_LINK_SPEED_UNKNOWN)
		return no_speed(s);
	return cst_oid_put32(a, bits / 100 > UINT32_MAX ? UINT32_MAX : (uint32_t)(bits / 100));
}

/* `at`: offset of a speed in struct oid_settings. */
uint32_t cst_oid_speed_pair(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	uint32_t mbps;

	memcpy(&mbps, (const uint8_t *)cst_oid_look_at_settings(s) + row->at, sizeof(mbps));
	cst_oid_put64(a, cst_oid_bits_per_second(mbps));
	return cst_oid_put64(a, cst_oid_bits_per_second(mbps));
}

uint32_t cst_oid_duplex(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	(void)row;
	return cst_oid_put32(a, cst_oid_look_at_settings(s)->duplex);
}

uint32_t cst_oid_link_state(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	enum { SPEEDS_AND_DUPLEX = 7, PAUSE = 8, UNKNOWN_PAUSE = 4 };
	const struct oid_settings *settings = cst_oid_look_at_settings(s);
	struct ethtool_pauseparam pause = { .cmd = ETHTOOL_GPAUSEPARAM };
	uint32_t code = cst_oid_need_link(s);

	(void)row;
	if (code)
		return code;
	NDIS_LINK_STATE state = { .Header = { 0x80, 1, sizeof(state) },
				  .MediaConnectState = cst_oid_connect_state(&s->link),
				  .MediaDuplexState = settings->duplex,
				  .XmitLinkSpeed = cst_oid_bits_per_second(settings->speed_mbps),
				  .RcvLinkSpeed = cst_oid_bits_per_second(settings->speed_mbps) };
	int error = ask(s, &pause);
	if (error == 0)
		state.PauseFunctions = (pause.tx_pause != 0) + 2u * (pause.rx_pause != 0);
	else if (error != EOPNOTSUPP)
		state.PauseFunctions = UNKNOWN_PAUSE;
	state.AutoNegotiationFlags = (settings->autoneg ? SPEEDS_AND_DUPLEX : 0u) |
				     (error == 0 && settings->autoneg && pause.autoneg ? PAUSE : 0u);
	cst_oid_put(a, &state, sizeof(state));
	return 0;
}

/* `at`: 0 for receiving, 1 for transmitting. The frames that the rings hold, each as long as they get; an interface
 * without rings transmits from a queue, and the loopback needs room for one. */
uint32_t cst_oid_buffer_space(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	struct ethtool_ringparam rings = { .cmd = ETHTOOL_GRINGPARAM };
	uint32_t bytes, frames, code = cst_oid_total_size(s, &bytes);

	if (code)
		return code;
	int error = ask(s, &rings);
	frames = error ? 0 : row->at ? rings.tx_pending : rings.rx_pending;
	if (s->arphrd == ARPHRD_LOOPBACK)
		frames = 1;
	else if (frames == 0 && row->at)
		frames = s->link.tx_queue_length;
	if (frames == 0)
		return cst_oid_fail(s, CODE_NOT_SUPPORTED, row->at ? "the interface has no rings, and no queue" :
								      "the interface has no rings");
	uint64_t space = (uint64_t)frames * bytes;
	return cst_oid_put32(a, space > UINT32_MAX ? UINT32_MAX : (uint32_t)space);
}

/* "virtio_net, 0000:00:03.0"; an interface without a driver's name is called by its kind. */
uint32_t cst_oid_vendor_description(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	char name[32], version[32], bus[32], text[80];

	(void)row;
	if (cst_oid_driver(s, name, version, bus)) {
		snprintf(text, sizeof(text), "%s%s%s", name, *bus ? ", " : "", bus);
	} else if (s->arphrd == ARPHRD_LOOPBACK) {
		strcpy(text, "loopback");
	} else {
		uint32_t code = cst_oid_need_link(s);
		if (code)
			return code;
		if (!*s->link.kind)
			return cst_oid_fail(s, CODE_NOT_SUPPORTED, "the driver does not name itself");
		strcpy(text, s->link.kind);
	}
	cst_oid_put(a, text, strlen(text) + 1);
	return 0;
}

/* "2.3" as 0x00020003. What a part exceeds 16 bits by is lost, as on Windows. */
static bool parse_version(const char *text, uint32_t *version)
{
	char *end;
	unsigned long major = strtoul(text, &end, 10);

	if (end == text)
		return false;
	unsigned long minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	*version = (uint32_t)(major & 0xffff) << 16 | (uint32_t)(minor & 0xffff);
	return true;
}

/* The drivers of today's kernels have the kernel's version. */
uint32_t cst_oid_driver_version(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	char name[32], text[32], bus[32];
	struct utsname kernel;
	uint32_t version = 0;

	(void)row;
	if (!(cst_oid_driver(s, name, text, bus) && parse_version(text, &version)) && uname(&kernel) == 0)
		parse_version(kernel.release, &version);
	return cst_oid_put32(a, version);
}

/* The only object of 2 bytes: major and minor number of the NDIS whose objects these are. */
uint32_t cst_oid_ndis_version(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	const uint16_t ndis_6_30 = 0x061e;

	(void)s;
	(void)row;
	cst_oid_put(a, &ndis_6_30, sizeof(ndis_6_30));
	return 0;
}

uint32_t cst_oid_mac_options(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	struct ethtool_value flags = { .cmd = ETHTOOL_GFLAGS };
	uint32_t options = NDIS_MAC_OPTION_NO_LOOPBACK;

	(void)row;
	if (cst_oid_look_at_settings(s)->duplex == 2)
		options |= NDIS_MAC_OPTION_FULL_DUPLEX;
	if (ask(s, &flags) == 0 && flags.data & (ETH_FLAG_TXVLAN | ETH_FLAG_RXVLAN))
		options |= NDIS_MAC_OPTION_8021P_PRIORITY | NDIS_MAC_OPTION_8021Q_VLAN;
	return cst_oid_put32(a, options);
}
