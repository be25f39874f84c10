/* oid_table.c - one row an OID, in the order of their numbers: its name, what may be done with it, what its bytes are, who
 * answers. Requests are dispatched from it, and programs show values by it. */
#include "npcap/oid.h"

#include <linux/ethtool_netlink.h>
#include <stddef.h>
#include <strings.h>

#define QUERY(oid, bytes) NAMED(oid, #oid, bytes, CAPSTAN_OID_QUERY)
#define SET(oid, bytes)   NAMED(oid, #oid, bytes, CAPSTAN_OID_SET)
#define BOTH(oid, bytes)  NAMED(oid, #oid, bytes, CAPSTAN_OID_QUERY | CAPSTAN_OID_SET)
#define NAMED(number, text, bytes, may) \
	.facts.value = number, .facts.name = text, .facts.form = CAPSTAN_OID_##bytes, .facts.access = may
#define UNIT(text)        .facts.unit = text
#define CHOICES(texts)    .facts.choices = texts

#define COUNTER(member) offsetof(struct rtnl_link_stats64, member)
#define LINK(member)    offsetof(struct oid_link, member)
#define SETTING(member) offsetof(struct oid_settings, member)
#define MAC(id, other)  OID_MAC_COUNTER(ETHTOOL_A_STATS_ETH_MAC_##id, other)
#define NOT_OURS        "the network is for those to choose who manage it on Linux"

static const char *const hardware_status[] = { "ready", "initializing", "reset", "closing", "not ready", NULL };
static const char *const connected[] = { "connected", "disconnected", NULL };
static const char *const connect_state[] = { "unknown", "connected", "disconnected", NULL };
static const char *const duplex[] = { "unknown", "half", "full", NULL };
static const char *const off_on[] = { "off", "on", NULL };
static const char *const admin_status[] = { "", "up", "down", "testing", NULL };
static const char *const oper_status[] = { "", "up", "down", "testing", "unknown", "dormant", "not present",
					   "lower layer down", NULL };
static const char *const physical_media[] = { "unspecified", "wireless LAN", "cable modem", "phone line", "power line", "DSL",
					      "fibre channel", "1394", "wireless WAN", "native 802.11", "Bluetooth",
					      "InfiniBand", "WiMAX", "UWB", "802.3", "802.5", "IrDA", "wired WAN",
					      "wired CO WAN", "other", NULL };
static const char *const infrastructure[] = { "IBSS", "infrastructure", "automatic", NULL };
static const char *const network_types[] = { "frequency hopping", "direct sequence", "OFDM at 5 GHz", "OFDM at 2.4 GHz",
					     "automatic", NULL };
static const char *const power_modes[] = { "always on", "saves power", "saves power fast", NULL };

const struct oid_row cst_oid_rows[] = {
	{ QUERY(OID_GEN_SUPPORTED_LIST, OIDS), .get = cst_oid_supported_list, .medium = MEDIUM_ANY_TOO },
	{ QUERY(OID_GEN_HARDWARE_STATUS, CHOICE), .get = cst_oid_hardware_status, CHOICES(hardware_status) },
	{ QUERY(OID_GEN_MEDIA_SUPPORTED, MEDIA), .get = cst_oid_media },
	{ QUERY(OID_GEN_MEDIA_IN_USE, MEDIA), .get = cst_oid_media },
	{ QUERY(OID_GEN_MAXIMUM_LOOKAHEAD, NUMBER), .get = cst_oid_link_number, .at = LINK(mtu), UNIT("bytes") },
	{ QUERY(OID_GEN_MAXIMUM_FRAME_SIZE, NUMBER), .get = cst_oid_link_number, .at = LINK(mtu), UNIT("bytes") },
	{ QUERY(OID_GEN_LINK_SPEED, NUMBER), .get = cst_oid_speed, UNIT("100 bit/s") },
	{ QUERY(OID_GEN_TRANSMIT_BUFFER_SPACE, NUMBER), .get = cst_oid_buffer_space, .at = 1, UNIT("bytes") },
	{ QUERY(OID_GEN_RECEIVE_BUFFER_SPACE, NUMBER), .get = cst_oid_buffer_space, UNIT("bytes") },
	{ QUERY(OID_GEN_TRANSMIT_BLOCK_SIZE, NUMBER), .get = cst_oid_constant, .at = 1, UNIT("bytes") },
	{ QUERY(OID_GEN_RECEIVE_BLOCK_SIZE, NUMBER), .get = cst_oid_constant, .at = 1, UNIT("bytes") },
	{ QUERY(OID_GEN_VENDOR_ID, FLAGS), .get = cst_oid_vendor_id },
	{ QUERY(OID_GEN_VENDOR_DESCRIPTION, TEXT), .get = cst_oid_vendor_description },
	{ BOTH(OID_GEN_CURRENT_PACKET_FILTER, FLAGS), .get = cst_oid_packet_filter, .set = cst_oid_set_packet_filter,
	  .medium = MEDIUM_ANY_TOO },
	{ BOTH(OID_GEN_CURRENT_LOOKAHEAD, NUMBER), .get = cst_oid_lookahead, .set = cst_oid_set_lookahead,
	  UNIT("bytes") },
	{ QUERY(OID_GEN_DRIVER_VERSION, VERSION), .get = cst_oid_ndis_version, .medium = MEDIUM_ANY_TOO },
	{ QUERY(OID_GEN_MAXIMUM_TOTAL_SIZE, NUMBER), .get = cst_oid_total_size_now, UNIT("bytes") },
	{ SET(OID_GEN_PROTOCOL_OPTIONS, FLAGS), .set = cst_oid_set_protocol_options, .medium = MEDIUM_ANY_TOO },
	{ QUERY(OID_GEN_MAC_OPTIONS, FLAGS), .get = cst_oid_mac_options },
	{ QUERY(OID_GEN_MEDIA_CONNECT_STATUS, CHOICE), .get = cst_oid_connect_status, .at = 1, CHOICES(connected) },
	{ QUERY(OID_GEN_MAXIMUM_SEND_PACKETS, NUMBER), .get = cst_oid_constant, .at = 1, .medium = MEDIUM_ANY_TOO,
	  UNIT("packets") },
	{ QUERY(OID_GEN_VENDOR_DRIVER_VERSION, VERSION), .get = cst_oid_driver_version },
	{ QUERY(OID_GEN_SUPPORTED_GUIDS, OTHER), .missing = "WMI, which numbers these, is a part of Windows" },
	{ SET(OID_GEN_NETWORK_LAYER_ADDRESSES, OTHER), .missing = "Linux drivers are not told of network addresses" },
	{ SET(OID_GEN_TRANSPORT_HEADER_OFFSET, OTHER),
	  .missing = "Linux drivers find the transport header themselves" },
	{ QUERY(OID_GEN_MEDIA_CAPABILITIES, FLAGS), .get = cst_oid_constant },
	{ QUERY(OID_GEN_PHYSICAL_MEDIUM, CHOICE), .get = cst_oid_physical_medium, CHOICES(physical_media) },
	{ QUERY(OID_GEN_MAC_ADDRESS, OTHER), .missing = "obsolete; OID_802_3_CURRENT_ADDRESS has the address" },
	{ QUERY(OID_GEN_MAX_LINK_SPEED, LINK_SPEED), .get = cst_oid_speed_pair, .at = SETTING(best_mbps) },
	{ QUERY(OID_GEN_LINK_STATE, LINK_STATE), .get = cst_oid_link_state },
	{ SET(OID_GEN_LINK_PARAMETERS, OTHER),
	  .missing = "use ethtool -s: speed and duplex are not for a capture to change" },
	{ BOTH(OID_GEN_INTERRUPT_MODERATION, OTHER), .missing = "use ethtool -c" },
	{ QUERY(OID_GEN_ENUMERATE_PORTS, OTHER), .missing = "NDIS ports have no counterpart on Linux" },
	{ QUERY(OID_GEN_PORT_STATE, OTHER), .missing = "NDIS ports have no counterpart on Linux" },
	{ QUERY(OID_GEN_PHYSICAL_MEDIUM_EX, CHOICE), .get = cst_oid_physical_medium, CHOICES(physical_media) },
	{ SET(OID_GEN_MACHINE_NAME, OTHER), .missing = "Linux drivers are not told the name of the host" },
	{ BOTH(OID_GEN_VLAN_ID, NUMBER), .get = cst_oid_link_number, .at = LINK(vlan),
	  .missing = "use ip link: the VLAN of an interface is chosen when it is made" },
	{ QUERY(OID_GEN_PROMISCUOUS_MODE, CHOICE), .get = cst_oid_promiscuous_mode, CHOICES(off_on) },
	{ QUERY(OID_GEN_LAST_CHANGE, NUMBER), .missing = "the kernel does not note when the state changed",
	  UNIT("ms") },
	{ QUERY(OID_GEN_DISCONTINUITY_TIME, NUMBER), .get = cst_oid_constant, .counter = true, UNIT("ms") },
	{ QUERY(OID_GEN_OPERATIONAL_STATUS, CHOICE), .get = cst_oid_operational_status, CHOICES(oper_status) },
	{ QUERY(OID_GEN_XMIT_LINK_SPEED, NUMBER), .get = cst_oid_speed, .at = 1, UNIT("bit/s") },
	{ QUERY(OID_GEN_RCV_LINK_SPEED, NUMBER), .get = cst_oid_speed, .at = 1, UNIT("bit/s") },
	{ QUERY(OID_GEN_UNKNOWN_PROTOS, NUMBER), .get = cst_oid_counter, .at = COUNTER(rx_nohandler), .counter = true,
	  UNIT("packets") },
	{ QUERY(OID_GEN_INTERFACE_INFO, INTERFACE_INFO), .get = cst_oid_interface_info },
	{ QUERY(OID_GEN_ADMIN_STATUS, CHOICE), .get = cst_oid_admin_status, CHOICES(admin_status) },
	{ QUERY(OID_GEN_ALIAS, COUNTED), .get = cst_oid_alias },
	{ QUERY(OID_GEN_MEDIA_CONNECT_STATUS_EX, CHOICE), .get = cst_oid_connect_status, CHOICES(connect_state) },
	{ QUERY(OID_GEN_LINK_SPEED_EX, LINK_SPEED), .get = cst_oid_speed_pair, .at = SETTING(speed_mbps) },
	{ QUERY(OID_GEN_MEDIA_DUPLEX_STATE, CHOICE), .get = cst_oid_duplex, CHOICES(duplex) },
	{ QUERY(OID_GEN_IP_OPER_STATUS, OTHER), .missing = "Linux has no state of an interface for each IP version" },
	{ QUERY(OID_GEN_XMIT_OK, NUMBER), .get = cst_oid_counter, .at = COUNTER(tx_packets), .counter = true,
	  UNIT("frames") },
	{ QUERY(OID_GEN_RCV_OK, NUMBER), .get = cst_oid_counter, .at = COUNTER(rx_packets), .counter = true,
	  UNIT("frames") },
	{ QUERY(OID_GEN_XMIT_ERROR, NUMBER), .get = cst_oid_counter, .at = COUNTER(tx_errors), .counter = true,
	  UNIT("frames") },
	{ QUERY(OID_GEN_RCV_ERROR, NUMBER), .get = cst_oid_counter, .at = COUNTER(rx_errors), .counter = true,
	  UNIT("frames") },
	{ QUERY(OID_GEN_RCV_NO_BUFFER, NUMBER), .get = cst_oid_no_buffer, .counter = true, UNIT("frames") },
	{ QUERY(OID_GEN_STATISTICS, STATISTICS), .get = cst_oid_statistics },
	{ QUERY(OID_GEN_DIRECTED_BYTES_XMIT, NUMBER), .missing = "Linux does not count bytes by whom they are for",
	  UNIT("bytes") },
	{ QUERY(OID_GEN_DIRECTED_FRAMES_XMIT, NUMBER), .get = cst_oid_directed_frames, .at = 1, .counter = true,
	  UNIT("frames") },
	{ QUERY(OID_GEN_MULTICAST_BYTES_XMIT, NUMBER), .missing = "Linux does not count bytes by whom they are for",
	  UNIT("bytes") },
	{ QUERY(OID_GEN_MULTICAST_FRAMES_XMIT, NUMBER), .get = cst_oid_mac_counter,
	  .at = MAC(18_TX_MCAST, OID_NO_STAND_IN), .counter = true, UNIT("frames") },
	{ QUERY(OID_GEN_BROADCAST_BYTES_XMIT, NUMBER), .missing = "Linux does not count bytes by whom they are for",
	  UNIT("bytes") },
	{ QUERY(OID_GEN_BROADCAST_FRAMES_XMIT, NUMBER), .get = cst_oid_mac_counter,
	  .at = MAC(19_TX_BCAST, OID_NO_STAND_IN), .counter = true, UNIT("frames") },
	{ QUERY(OID_GEN_DIRECTED_BYTES_RCV, NUMBER), .missing = "Linux does not count bytes by whom they are for",
	  UNIT("bytes") },
	{ QUERY(OID_GEN_DIRECTED_FRAMES_RCV, NUMBER), .get = cst_oid_directed_frames, .counter = true,
	  UNIT("frames") },
	{ QUERY(OID_GEN_MULTICAST_BYTES_RCV, NUMBER), .missing = "Linux does not count bytes by whom they are for",
	  UNIT("bytes") },
	{ QUERY(OID_GEN_MULTICAST_FRAMES_RCV, NUMBER), .get = cst_oid_mac_counter,
	  .at = MAC(21_RX_MCAST, COUNTER(multicast)), .counter = true, UNIT("frames") },
	{ QUERY(OID_GEN_BROADCAST_BYTES_RCV, NUMBER), .missing = "Linux does not count bytes by whom they are for",
	  UNIT("bytes") },
	{ QUERY(OID_GEN_BROADCAST_FRAMES_RCV, NUMBER), .get = cst_oid_mac_counter,
	  .at = MAC(22_RX_BCAST, OID_NO_STAND_IN), .counter = true, UNIT("frames") },
	{ QUERY(OID_GEN_RCV_CRC_ERROR, NUMBER), .get = cst_oid_counter, .at = COUNTER(rx_crc_errors), .counter = true,
	  UNIT("frames") },
	{ QUERY(OID_GEN_TRANSMIT_QUEUE_LENGTH, NUMBER), .get = cst_oid_queue_length, UNIT("packets") },
	{ QUERY(OID_GEN_GET_TIME_CAPS, OTHER), .missing = "clocks of adapters are told by pcap_list_tstamp_types()" },
	{ QUERY(OID_GEN_GET_NETCARD_TIME, OTHER), .missing = "clocks of adapters are read as /dev/ptp*" },
	{ QUERY(OID_GEN_INIT_TIME_MS, NUMBER), .missing = "the kernel does not note how long a driver took to start",
	  UNIT("ms") },
	{ QUERY(OID_GEN_RESET_COUNTS, NUMBER), .missing = "the kernel does not count resets" },
	{ QUERY(OID_GEN_MEDIA_SENSE_COUNTS, NUMBER), .get = cst_oid_link_number, .at = LINK(carrier_changes),
	  UNIT("changes") },
	{ QUERY(OID_GEN_FRIENDLY_NAME, COUNTED), .get = cst_oid_friendly_name },
	{ QUERY(OID_GEN_BYTES_RCV, NUMBER), .get = cst_oid_counter, .at = COUNTER(rx_bytes), .counter = true,
	  UNIT("bytes") },
	{ QUERY(OID_GEN_BYTES_XMIT, NUMBER), .get = cst_oid_counter, .at = COUNTER(tx_bytes), .counter = true,
	  UNIT("bytes") },
	{ QUERY(OID_GEN_RCV_DISCARDS, NUMBER), .get = cst_oid_counter, .at = COUNTER(rx_dropped), .counter = true,
	  UNIT("frames") },
	{ QUERY(OID_GEN_XMIT_DISCARDS, NUMBER), .get = cst_oid_counter, .at = COUNTER(tx_dropped), .counter = true,
	  UNIT("frames") },
	{ QUERY(OID_802_3_PERMANENT_ADDRESS, ADDRESSES), .get = cst_oid_address, .at = 1, .medium = MEDIUM_ETHERNET },
	{ QUERY(OID_802_3_CURRENT_ADDRESS, ADDRESSES), .get = cst_oid_address, .medium = MEDIUM_ETHERNET },
	{ BOTH(OID_802_3_MULTICAST_LIST, ADDRESSES), .get = cst_oid_multicast_list, .set = cst_oid_set_multicast_list,
	  .medium = MEDIUM_ETHERNET },
	{ QUERY(OID_802_3_MAXIMUM_LIST_SIZE, NUMBER), .get = cst_oid_constant, .at = OID_MOST_GROUPS,
	  .medium = MEDIUM_ETHERNET, UNIT("addresses") },
	{ QUERY(OID_802_3_MAC_OPTIONS, FLAGS), .get = cst_oid_constant, .medium = MEDIUM_ETHERNET },
	{ SET(OID_802_3_ADD_MULTICAST_ADDRESS, ADDRESSES), .set = cst_oid_add_multicast, .medium = MEDIUM_ETHERNET },
	{ SET(OID_802_3_DELETE_MULTICAST_ADDRESS, ADDRESSES), .set = cst_oid_delete_multicast,
	  .medium = MEDIUM_ETHERNET },
	{ QUERY(OID_802_3_RCV_ERROR_ALIGNMENT, NUMBER), .get = cst_oid_mac_counter,
	  .at = MAC(7_ALIGN_ERR, COUNTER(rx_frame_errors)), .counter = true, .medium = MEDIUM_ETHERNET,
	  UNIT("frames") },
	{ QUERY(OID_802_3_XMIT_ONE_COLLISION, NUMBER), .get = cst_oid_mac_counter,
	  .at = MAC(3_SINGLE_COL, OID_NO_STAND_IN), .counter = true, .medium = MEDIUM_ETHERNET, UNIT("frames") },
	{ QUERY(OID_802_3_XMIT_MORE_COLLISIONS, NUMBER), .get = cst_oid_mac_counter,
	  .at = MAC(4_MULTI_COL, COUNTER(collisions)), .counter = true, .medium = MEDIUM_ETHERNET, UNIT("frames") },
	{ QUERY(OID_802_3_XMIT_DEFERRED, NUMBER), .get = cst_oid_mac_counter, .at = MAC(9_TX_DEFER, OID_NO_STAND_IN),
	  .counter = true, .medium = MEDIUM_ETHERNET, UNIT("frames") },
	{ QUERY(OID_802_3_XMIT_MAX_COLLISIONS, NUMBER), .get = cst_oid_mac_counter,
	  .at = MAC(11_XS_COL, COUNTER(tx_aborted_errors)), .counter = true, .medium = MEDIUM_ETHERNET,
	  UNIT("frames") },
	{ QUERY(OID_802_3_RCV_OVERRUN, NUMBER), .get = cst_oid_overrun, .counter = true, .medium = MEDIUM_ETHERNET,
	  UNIT("frames") },
	{ QUERY(OID_802_3_XMIT_UNDERRUN, NUMBER), .get = cst_oid_counter, .at = COUNTER(tx_fifo_errors),
	  .counter = true, .medium = MEDIUM_ETHERNET, UNIT("frames") },
	{ QUERY(OID_802_3_XMIT_HEARTBEAT_FAILURE, NUMBER), .get = cst_oid_counter, .at = COUNTER(tx_heartbeat_errors),
	  .counter = true, .medium = MEDIUM_ETHERNET, UNIT("frames") },
	{ QUERY(OID_802_3_XMIT_TIMES_CRS_LOST, NUMBER), .get = cst_oid_mac_counter,
	  .at = MAC(13_CS_ERR, COUNTER(tx_carrier_errors)), .counter = true, .medium = MEDIUM_ETHERNET,
	  UNIT("frames") },
	{ QUERY(OID_802_3_XMIT_LATE_COLLISIONS, NUMBER), .get = cst_oid_mac_counter,
	  .at = MAC(10_LATE_COL, COUNTER(tx_window_errors)), .counter = true, .medium = MEDIUM_ETHERNET,
	  UNIT("frames") },
	{ BOTH(OID_802_11_BSSID, ADDRESSES), .get = cst_oid_wifi_bssid, .medium = MEDIUM_WIFI, .missing = NOT_OURS },
	{ BOTH(OID_802_11_SSID, SSID), .get = cst_oid_wifi_ssid, .medium = MEDIUM_WIFI, .missing = NOT_OURS },
	{ BOTH(OID_802_11_INFRASTRUCTURE_MODE, CHOICE), .get = cst_oid_wifi_number, .at = WIFI_INFRASTRUCTURE,
	  .medium = MEDIUM_WIFI, .missing = NOT_OURS, CHOICES(infrastructure) },
	{ BOTH(OID_802_11_AUTHENTICATION_MODE, NUMBER), .medium = MEDIUM_WIFI,
	  .missing = "nl80211 does not tell; ask the supplicant" },
	{ SET(OID_802_11_BSSID_LIST_SCAN, OTHER), .medium = MEDIUM_WIFI, .missing = "use iw dev INTERFACE scan" },
	{ BOTH(OID_802_11_ENCRYPTION_STATUS, NUMBER), .medium = MEDIUM_WIFI,
	  .missing = "nl80211 does not tell; ask the supplicant" },
	{ QUERY(OID_802_11_ASSOCIATION_INFORMATION, OTHER), .medium = MEDIUM_WIFI,
	  .missing = "nl80211 does not tell; ask the supplicant" },
	{ QUERY(OID_802_11_CAPABILITY, OTHER), .medium = MEDIUM_WIFI,
	  .missing = "nl80211 does not tell; ask the supplicant" },
	{ QUERY(OID_802_11_NETWORK_TYPES_SUPPORTED, OTHER), .get = cst_oid_wifi_network_types,
	  .medium = MEDIUM_WIFI },
	{ BOTH(OID_802_11_NETWORK_TYPE_IN_USE, CHOICE), .get = cst_oid_wifi_number, .at = WIFI_NETWORK_TYPE,
	  .medium = MEDIUM_WIFI, .missing = NOT_OURS, CHOICES(network_types) },
	{ BOTH(OID_802_11_TX_POWER_LEVEL, NUMBER), .get = cst_oid_wifi_number, .at = WIFI_TX_POWER,
	  .medium = MEDIUM_WIFI, .missing = NOT_OURS, UNIT("mW") },
	{ QUERY(OID_802_11_RSSI, SIGNED), .get = cst_oid_wifi_number, .at = WIFI_RSSI, .medium = MEDIUM_WIFI,
	  UNIT("dBm") },
	{ BOTH(OID_802_11_RSSI_TRIGGER, SIGNED), .medium = MEDIUM_WIFI,
	  .missing = "the kernel has no such trigger for a capture", UNIT("dBm") },
	{ BOTH(OID_802_11_FRAGMENTATION_THRESHOLD, NUMBER), .get = cst_oid_wifi_number, .at = WIFI_FRAGMENTATION,
	  .medium = MEDIUM_WIFI, .missing = NOT_OURS, UNIT("bytes") },
	{ BOTH(OID_802_11_RTS_THRESHOLD, NUMBER), .get = cst_oid_wifi_number, .at = WIFI_RTS, .medium = MEDIUM_WIFI,
	  .missing = NOT_OURS, UNIT("bytes") },
	{ QUERY(OID_802_11_NUMBER_OF_ANTENNAS, NUMBER), .get = cst_oid_wifi_number, .at = WIFI_ANTENNAS,
	  .medium = MEDIUM_WIFI },
	{ QUERY(OID_802_11_SUPPORTED_RATES, RATES), .get = cst_oid_wifi_rates, .medium = MEDIUM_WIFI },
	{ BOTH(OID_802_11_DESIRED_RATES, RATES), .medium = MEDIUM_WIFI,
	  .missing = "nl80211 does not tell; ask the supplicant" },
	{ BOTH(OID_802_11_CONFIGURATION, OTHER), .get = cst_oid_wifi_configuration, .medium = MEDIUM_WIFI,
	  .missing = NOT_OURS },
	{ BOTH(OID_802_11_POWER_MODE, CHOICE), .get = cst_oid_wifi_number, .at = WIFI_POWER_MODE,
	  .medium = MEDIUM_WIFI, .missing = NOT_OURS, CHOICES(power_modes) },
	{ QUERY(OID_802_11_BSSID_LIST, OTHER), .medium = MEDIUM_WIFI, .missing = "use iw dev INTERFACE scan dump" },
	{ QUERY(OID_DOT11_OPERATION_MODE_CAPABILITY, OTHER), .get = cst_oid_wifi_modes, .medium = MEDIUM_WIFI },
	{ BOTH(OID_DOT11_CURRENT_OPERATION_MODE, OTHER), .get = cst_oid_wifi_mode, .medium = MEDIUM_WIFI,
	  .missing = NOT_OURS },
	{ QUERY(OID_DOT11_CURRENT_PHY_TYPE, NUMBER), .medium = MEDIUM_WIFI,
	  .missing = "use iw phy: NDIS has no numbers for most of what there is" },
	{ BOTH(OID_DOT11_NIC_POWER_STATE, NUMBER), .medium = MEDIUM_WIFI, .missing = "use rfkill" },
	{ BOTH(OID_DOT11_STATION_ID, ADDRESSES), .get = cst_oid_address, .medium = MEDIUM_WIFI, .missing = NOT_OURS },
	{ BOTH(OID_DOT11_BEACON_PERIOD, NUMBER), .get = cst_oid_wifi_number, .at = WIFI_BEACON_PERIOD,
	  .medium = MEDIUM_WIFI, .missing = NOT_OURS, UNIT("units of 1024 us") },
	{ QUERY(OID_DOT11_MAC_ADDRESS, ADDRESSES), .get = cst_oid_address, .medium = MEDIUM_WIFI },
	{ QUERY(OID_DOT11_SUPPORTED_PHY_TYPES, OTHER), .medium = MEDIUM_WIFI,
	  .missing = "use iw phy: NDIS has no numbers for most of what there is" },
	{ QUERY(OID_DOT11_CURRENT_REG_DOMAIN, FLAGS), .get = cst_oid_wifi_number, .at = WIFI_REGULATION,
	  .medium = MEDIUM_WIFI },
	{ BOTH(OID_DOT11_CURRENT_TX_POWER_LEVEL, NUMBER), .medium = MEDIUM_WIFI,
	  .missing = "levels are the driver's own; OID_802_11_TX_POWER_LEVEL has the power" },
	{ BOTH(OID_DOT11_CURRENT_CHANNEL, NUMBER), .get = cst_oid_wifi_number, .at = WIFI_CHANNEL,
	  .medium = MEDIUM_WIFI, .missing = NOT_OURS },
	{ BOTH(OID_DOT11_CURRENT_FREQUENCY, NUMBER), .medium = MEDIUM_WIFI,
	  .missing = "its unit is not documented; OID_802_11_CONFIGURATION has the frequency" },
	{ QUERY(OID_DOT11_RSSI_RANGE, OTHER), .medium = MEDIUM_WIFI, .missing = "nl80211 does not tell a range" },
	{ QUERY(OID_DOT11_CURRENT_ADDRESS, ADDRESSES), .get = cst_oid_address, .medium = MEDIUM_WIFI },
	{ QUERY(OID_DOT11_PERMANENT_ADDRESS, ADDRESSES), .get = cst_oid_address, .at = 1, .medium = MEDIUM_WIFI },
	{ BOTH(OID_DOT11_MULTICAST_LIST, ADDRESSES), .get = cst_oid_multicast_list, .set = cst_oid_set_multicast_list,
	  .medium = MEDIUM_WIFI },
	{ QUERY(OID_802_11_STATISTICS, OTHER), .medium = MEDIUM_WIFI, .missing = "nl80211 counts other things" },
	{ QUERY(OID_DOT11_ENUM_BSS_LIST, OTHER), .medium = MEDIUM_WIFI, .missing = "use iw dev INTERFACE scan dump" },
	{ BOTH(OID_DOT11_DESIRED_SSID_LIST, OTHER), .medium = MEDIUM_WIFI,
	  .missing = "OID_802_11_SSID has the name of the network" },
	{ BOTH(OID_DOT11_DESIRED_BSSID_LIST, OTHER), .medium = MEDIUM_WIFI,
	  .missing = "OID_802_11_BSSID has the address of the network" },
	{ QUERY(OID_DOT11_ENUM_ASSOCIATION_INFO, OTHER), .medium = MEDIUM_WIFI,
	  .missing = "use iw dev INTERFACE station dump" },
	{ QUERY(OID_DOT11_HARDWARE_PHY_STATE, NUMBER), .medium = MEDIUM_WIFI, .missing = "use rfkill" },
	{ QUERY(OID_DOT11_DATA_RATE_MAPPING_TABLE, OTHER), .medium = MEDIUM_WIFI,
	  .missing = "use iw phy: NDIS has no numbers for most of what there is" },
	{ QUERY(OID_DOT11_STATISTICS, OTHER), .medium = MEDIUM_WIFI, .missing = "nl80211 counts other things" },
};
const size_t cst_oid_row_count = sizeof(cst_oid_rows) / sizeof(*cst_oid_rows);

const struct oid_row *cst_oid_find(bpf_u_int32 value)
{
	size_t first = 0, behind = cst_oid_row_count;

	while (first < behind) {
		size_t middle = (first + behind) / 2;

		if (cst_oid_rows[middle].facts.value == value)
			return &cst_oid_rows[middle];
		if (cst_oid_rows[middle].facts.value < value)
			first = middle + 1;
		else
			behind = middle;
	}
	return NULL;
}

const struct capstan_oid *capstan_oid_by_value(bpf_u_int32 value)
{
	const struct oid_row *row = cst_oid_find(value);

	return row ? &row->facts : NULL;
}

const struct capstan_oid *capstan_oid_by_name(const char *name)
{
	for (size_t i = 0; i < cst_oid_row_count; i++)
		if (strcasecmp(cst_oid_rows[i].facts.name, name) == 0)
			return &cst_oid_rows[i].facts;
	return NULL;
}
