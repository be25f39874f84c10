/* oid.h - OID requests from the inside: the interface that is asked, the answer under way, and one row a known OID.
 *
 *   oid.c           requests, and what they are checked for    oid_netlink.c  questions over netlink (oid_netlink_none.c:
 *   oid_table.c     the table                                                 built without libnl)
 *   oid_link.c      state, sizes, names, medium                oid_parse.c    from netlink's messages to the structs below
 *   oid_ethtool.c   speed, duplex, rings, driver               oid_receive.c  packet filter, lookahead, multicast list
 *   oid_counters.c  statistics                                 oid_80211.c    Wi-Fi
 *
 * Functions return 0, or the code that Windows would have shown, and then s->reason is a sentence. */
#ifndef CST_NPCAP_OID_H
#define CST_NPCAP_OID_H

#include "handle/handle.h"

#include <capstan/oid.h>
#include <linux/if_link.h>
#include <net/if.h>

/* System errors of Windows; statuses of NDIS, which reach an application with bit 29 set. */
enum oid_code {
	CODE_INVALID_FUNCTION = 1,
	CODE_ACCESS_DENIED = 5,
	CODE_NO_MEMORY = 8,
	CODE_GENERAL_FAILURE = 31,
	CODE_INVALID_PARAMETER = 87,
	CODE_BUFFER_BELOW_4 = 122,
	CODE_DEVICE_REMOVED = 1617,
};
#define CODE_NOT_SUPPORTED       0xe00000bbu
#define CODE_MULTICAST_FULL      0xe0010009u
#define CODE_MULTICAST_NOT_FOUND 0xe001000bu
#define CODE_NOT_READY           0xe0010011u
#define CODE_INVALID_LENGTH      0xe0010014u
#define CODE_INVALID_DATA        0xe0010015u
#define CODE_TOO_SHORT           0xe0010016u

#define OID_ADDRESS_BYTES 6
#define OID_MOST_GROUPS   256 /* OID_802_3_MAXIMUM_LIST_SIZE; the adapter itself takes all multicast when its list is full */

/* What pcap_oid_set_request() has set on a handle. */
struct cst_oid_settings {
	uint32_t packet_filter; /* NDIS_PACKET_TYPE_*; as given */
	uint32_t lookahead;     /* 0: never set */
	bool filter_is_set;
	unsigned int group_count;
	uint8_t groups[OID_MOST_GROUPS][OID_ADDRESS_BYTES]; /* no two the same */
};

/* What the kernel says of an interface in RTM_NEWLINK (rtnetlink(7)). */
struct oid_link {
	uint32_t flags; /* IFF_* */
	uint32_t mtu, tx_queue_length, promiscuity, all_multicast, carrier_changes;
	bool carrier, knows_all_multicast; /* kernels before 6.0 do not count who wants all multicast */
	uint8_t operstate; /* IF_OPER_* */
	uint32_t vlan;     /* of a vlan device; otherwise 0 */
	char kind[32], alias[256];
	struct rtnl_link_stats64 stats;
};

/* Counters of IEEE 802.3 that a driver may keep: ethtool netlink, group eth-mac. */
struct oid_mac_counters {
	uint32_t known; /* bit n: value[n] */
	uint64_t value[32]; /* by ETHTOOL_A_STATS_ETH_MAC_* */
};

/* What nl80211 says of a Wi-Fi interface and of its network. */
struct oid_wifi {
	uint32_t iftype; /* NL80211_IFTYPE_* */
	uint32_t frequency_mhz, tx_power_mbm, fragmentation, rts;
	uint32_t antennas_tx, antennas_rx; /* masks */
	uint32_t iftypes;                  /* bit n: NL80211_IFTYPE n is possible */
	bool has_frequency, has_tx_power, has_fragmentation, has_rts, has_antennas;
	bool bands_2ghz, bands_5ghz;
	uint8_t ssid_bytes, ssid[32];
	uint8_t rate_count, rates[16]; /* 500 kbit/s each; bit 7: basic */
	/* The station's network; has_bss false: not associated. */
	bool has_bss, has_signal, has_beacon_interval;
	uint8_t bssid[OID_ADDRESS_BYTES];
	int32_t signal_dbm;
	uint16_t beacon_interval; /* units of 1024 us */
	bool power_save, has_power_save;
	uint32_t tx_bitrate; /* 100 kbit/s; 0: not known */
	char country[3];     /* "": not known */
};

/* Asked once a request, when first needed. */
enum oid_asked { NOT_ASKED, ANSWERED, REFUSED };

/* ETHTOOL_GLINKSETTINGS */
struct oid_settings {
	bool known, autoneg;
	uint32_t speed_mbps, best_mbps; /* 0: not known */
	uint8_t duplex;                 /* 0 unknown, 1 half, 2 full: NDIS's numbers */
};

struct oid_subject {
	pcap_t *p;
	unsigned int ifindex; /* 0: "any" */
	uint16_t arphrd;
	char name[IF_NAMESIZE]; /* now: an interface may have been renamed */
	bool is_wifi;
	uint8_t address[OID_ADDRESS_BYTES];
	unsigned int address_bytes; /* of hardware addresses; `address` holds one of 6 only */
	struct oid_link link;
	struct oid_settings settings;
	struct oid_mac_counters mac;
	struct oid_wifi wifi;
	enum oid_asked asked_link, asked_settings, asked_mac, asked_wifi;
	uint32_t link_code, wifi_code; /* why REFUSED; the reason is told anew */
	char link_reason[160], wifi_reason[160];
	char reason[160];
};

struct oid_answer {
	uint8_t *bytes; /* owned */
	size_t length, capacity;
	bool no_memory;
};

struct oid_row;
typedef uint32_t oid_get(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a);
/* `data` may lie at any address. */
typedef uint32_t oid_set(struct oid_subject *s, const uint8_t *data, size_t length, size_t *used);

enum oid_medium { MEDIUM_WHATEVER, MEDIUM_ANY_TOO, MEDIUM_ETHERNET, MEDIUM_WIFI };

struct oid_row {
	struct capstan_oid facts;
	oid_get *get;           /* NULL: not answered */
	oid_set *set;           /* NULL: cannot be set */
	size_t at;              /* for `get`: which of a family */
	bool counter;           /* the answer has 8 bytes, or 4 where there is no room for more */
	enum oid_medium medium; /* where it means something; MEDIUM_ANY_TOO: even for all interfaces together */
	const char *missing;    /* why not, if it is not answered or set */
};

/* oid_table.c */
extern const struct oid_row cst_oid_rows[];
extern const size_t cst_oid_row_count;
const struct oid_row *cst_oid_find(bpf_u_int32 value);

/* oid.c */
uint32_t cst_oid_fail(struct oid_subject *s, uint32_t code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* By the errno value `error`, which came of `what` ("asking for the link's state"). */
uint32_t cst_oid_fail_errno(struct oid_subject *s, int error, const char *what);
/* Does the row's object mean anything for this interface? */
uint32_t cst_oid_check_medium(struct oid_subject *s, const struct oid_row *row);
void cst_oid_put(struct oid_answer *a, const void *bytes, size_t count);
uint32_t cst_oid_put32(struct oid_answer *a, uint32_t value); /* returns 0 */
uint32_t cst_oid_put64(struct oid_answer *a, uint64_t value); /* returns 0 */
uint32_t cst_oid_supported_list(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a);

/* Ask once: s->link, s->wifi. */
uint32_t cst_oid_need_link(struct oid_subject *s);
uint32_t cst_oid_need_wifi(struct oid_subject *s);
/* s->mac, which may well stay without anything known. */
void cst_oid_look_at_mac(struct oid_subject *s);

/* oid_netlink.c, or oid_netlink_none.c */
uint32_t cst_oid_read_link(struct oid_subject *s);
uint32_t cst_oid_read_mac(struct oid_subject *s);
uint32_t cst_oid_read_wifi(struct oid_subject *s);
uint32_t cst_oid_read_queue_length(struct oid_subject *s, uint32_t *packets);

/* oid_parse.c: what stands in a message, as far as it is of the size it has to be. Nothing is taken for granted. */
struct nlattr;
/* `bytes` of attributes of RTM_NEWLINK, after its header. */
void cst_oid_parse_link(struct oid_link *link, struct nlattr *attributes, int bytes);
/* Of RTM_NEWQDISC: packets that wait. */
uint32_t cst_oid_parse_queue_length(struct nlattr *attributes, int bytes);
/* Of ethtool's STATS_GET_REPLY. */
void cst_oid_parse_mac(struct oid_mac_counters *mac, struct nlattr *attributes, int bytes);
/* Of any message of nl80211 about the interface, its hardware, its network: each adds what it has. */
void cst_oid_parse_wifi(struct oid_wifi *wifi, struct nlattr *attributes, int bytes);

/* oid_ethtool.c */
const struct oid_settings *cst_oid_look_at_settings(struct oid_subject *s);
uint64_t cst_oid_bits_per_second(uint32_t mbps); /* NDIS_LINK_SPEED_UNKNOWN for 0 */
/* The driver's name into `name`, its version and its place on a bus; false if it tells none. */
bool cst_oid_driver(struct oid_subject *s, char name[static 32], char version[static 32], char bus[static 32]);
bool cst_oid_permanent_address(struct oid_subject *s, uint8_t address[static OID_ADDRESS_BYTES]);

/* oid_link.c */
uint32_t cst_oid_connect_state(const struct oid_link *link); /* 1 connected, 2 disconnected */
uint32_t cst_oid_oper_status(const struct oid_link *link);
uint32_t cst_oid_total_size(struct oid_subject *s, uint32_t *bytes);
bool cst_oid_is_ethernet(const struct oid_subject *s);

/* `at` of cst_oid_mac_counter: ETHTOOL_A_STATS_ETH_MAC_*, and the offset in struct rtnl_link_stats64 of what stands in for
 * a counter that the driver does not keep. */
#define OID_NO_STAND_IN               0xffffu
#define OID_MAC_COUNTER(id, stand_in) ((size_t)(id) << 16 | (stand_in))

/* Families: what `at` means stands with the function. */
oid_get cst_oid_link_number, cst_oid_hardware_status, cst_oid_media, cst_oid_physical_medium, cst_oid_constant,
	cst_oid_connect_status, cst_oid_promiscuous_mode, cst_oid_admin_status, cst_oid_operational_status, cst_oid_alias,
	cst_oid_friendly_name, cst_oid_total_size_now, cst_oid_interface_info, cst_oid_vendor_id, cst_oid_address;
oid_get cst_oid_speed, cst_oid_speed_pair, cst_oid_buffer_space, cst_oid_vendor_description, cst_oid_driver_version,
	cst_oid_ndis_version, cst_oid_mac_options, cst_oid_duplex, cst_oid_link_state;
oid_get cst_oid_counter, cst_oid_mac_counter, cst_oid_no_buffer, cst_oid_overrun, cst_oid_directed_frames, cst_oid_statistics,
	cst_oid_queue_length;
oid_get cst_oid_packet_filter, cst_oid_lookahead, cst_oid_multicast_list;
oid_set cst_oid_set_packet_filter, cst_oid_set_lookahead, cst_oid_set_protocol_options, cst_oid_set_multicast_list,
	cst_oid_add_multicast, cst_oid_delete_multicast;
oid_get cst_oid_wifi_bssid, cst_oid_wifi_ssid, cst_oid_wifi_number, cst_oid_wifi_rates, cst_oid_wifi_network_types,
	cst_oid_wifi_configuration, cst_oid_wifi_mode, cst_oid_wifi_modes;

/* `at` of cst_oid_wifi_number */
enum oid_wifi_number {
	WIFI_INFRASTRUCTURE,
	WIFI_NETWORK_TYPE,
	WIFI_TX_POWER,
	WIFI_RSSI,
	WIFI_FRAGMENTATION,
	WIFI_RTS,
	WIFI_ANTENNAS,
	WIFI_POWER_MODE,
	WIFI_BEACON_PERIOD,
	WIFI_CHANNEL,
	WIFI_REGULATION,
};

/* oid_counters.c: totals, and what is known of the kinds of frames; returns NDIS_STATISTICS_FLAGS_VALID_*. */
uint32_t cst_oid_fill_statistics(struct oid_subject *s, NDIS_STATISTICS_INFO *info);

#endif
