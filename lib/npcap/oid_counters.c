/* oid_counters.c - OIDs that count: the kernel's counters of every interface, and those that some drivers keep by IEEE 802.3's
 * definitions. All since the driver was loaded; frames are counted without their check sequence. */
#include "npcap/oid.h"

#include <linux/ethtool_netlink.h>
#include <string.h>

static uint64_t counter_at(const struct oid_subject *s, size_t offset)
{
	uint64_t value;

	memcpy(&value, (const uint8_t *)&s->link.stats + offset, sizeof(value));
	return value;
}

static bool mac_counter(const struct oid_subject *s, unsigned int id, uint64_t *value)
{
	*value = s->mac.value[id];
	return s->mac.known >> id & 1;
}

/* `at`: offset in struct rtnl_link_stats64. */
uint32_t cst_oid_counter(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	uint32_t code = cst_oid_need_link(s);

	return code ? code : cst_oid_put64(a, counter_at(s, row->at));
}

/* What the adapter lost for want of room: pcap_stats(3PCAP) counts the same as ps_ifdrop. */
uint32_t cst_oid_no_buffer(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	uint32_t code = cst_oid_need_link(s);

	(void)row;
	return code ? code : cst_oid_put64(a, s->link.stats.rx_missed_errors + s->link.stats.rx_fifo_errors);
}

/* Drivers count overruns under one name or the other, or the same ones under both. */
uint32_t cst_oid_overrun(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	const struct rtnl_link_stats64 *stats = &s->link.stats;
	uint32_t code = cst_oid_need_link(s);

	(void)row;
	return code ? code :
		      cst_oid_put64(a, stats->rx_over_errors > stats->rx_fifo_errors ? stats->rx_over_errors :
										       stats->rx_fifo_errors);
}

static uint32_t not_counted(struct oid_subject *s)
{
	return cst_oid_fail(s, CODE_NOT_SUPPORTED, "the driver does not count these apart");
}

/* `at`: OID_MAC_COUNTER(). */
uint32_t cst_oid_mac_counter(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	size_t stand_in = row->at & 0xffff;
	uint32_t code = cst_oid_need_link(s);
	uint64_t value;

	if (code)
		return code;
	cst_oid_look_at_mac(s);
	if (mac_counter(s, (unsigned int)(row->at >> 16), &value))
		return cst_oid_put64(a, value);
	return stand_in == OID_NO_STAND_IN ? not_counted(s) : cst_oid_put64(a, counter_at(s, stand_in));
}

/* Neither to a group nor to all. The counters are read one after the other, so that the difference may be short of 0. */
static uint64_t rest(uint64_t all, uint64_t multicast, uint64_t broadcast)
{
	return all > multicast + broadcast ? all - multicast - broadcast : 0;
}

/* `at`: 0 for received, 1 for transmitted. */
uint32_t cst_oid_directed_frames(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	uint64_t multicast, broadcast;
	uint32_t code = cst_oid_need_link(s);

	if (code)
		return code;
	cst_oid_look_at_mac(s);
	if (!mac_counter(s, row->at ? ETHTOOL_A_STATS_ETH_MAC_18_TX_MCAST : ETHTOOL_A_STATS_ETH_MAC_21_RX_MCAST,
			 &multicast) ||
	    !mac_counter(s, row->at ? ETHTOOL_A_STATS_ETH_MAC_19_TX_BCAST : ETHTOOL_A_STATS_ETH_MAC_22_RX_BCAST,
			 &broadcast))
		return not_counted(s);
	return cst_oid_put64(a, rest(row->at ? s->link.stats.tx_packets : s->link.stats.rx_packets, multicast, broadcast));
}

/* One direction's kinds of frames, as far as they are counted; returns `flags` of those. */
static uint32_t fill_kinds(const struct oid_subject *s, unsigned int multicast_id, unsigned int broadcast_id, uint64_t all,
			   uint64_t *unicast, uint64_t *multicast, uint64_t *broadcast, const uint32_t flags[static 3])
{
	uint32_t known = 0;

	if (mac_counter(s, multicast_id, multicast))
		known |= flags[1];
	if (mac_counter(s, broadcast_id, broadcast))
		known |= flags[2];
	if (known == (flags[1] | flags[2])) {
		*unicast = rest(all, *multicast, *broadcast);
		known |= flags[0];
	}
	return known;
}

uint32_t cst_oid_fill_statistics(struct oid_subject *s, NDIS_STATISTICS_INFO *info)
{
	static const uint32_t received[] = { NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_RCV,
					     NDIS_STATISTICS_FLAGS_VALID_MULTICAST_FRAMES_RCV,
					     NDIS_STATISTICS_FLAGS_VALID_BROADCAST_FRAMES_RCV };
	static const uint32_t sent[] = { NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_XMIT,
					 NDIS_STATISTICS_FLAGS_VALID_MULTICAST_FRAMES_XMIT,
					 NDIS_STATISTICS_FLAGS_VALID_BROADCAST_FRAMES_XMIT };
	const struct rtnl_link_stats64 *stats = &s->link.stats;

	cst_oid_look_at_mac(s);
	info->ifInDiscards = stats->rx_dropped;
	info->ifInErrors = stats->rx_errors;
	info->ifHCInOctets = stats->rx_bytes;
	info->ifHCOutOctets = stats->tx_bytes;
	info->ifOutErrors = stats->tx_errors;
	info->ifOutDiscards = stats->tx_dropped;
	return NDIS_STATISTICS_FLAGS_VALID_BYTES_RCV | NDIS_STATISTICS_FLAGS_VALID_RCV_DISCARDS |
	       NDIS_STATISTICS_FLAGS_VALID_RCV_ERROR | NDIS_STATISTICS_FLAGS_VALID_BYTES_XMIT |
	       NDIS_STATISTICS_FLAGS_VALID_XMIT_ERROR | NDIS_STATISTICS_FLAGS_VALID_XMIT_DISCARDS |
	       fill_kinds(s, ETHTOOL_A_STATS_ETH_MAC_21_RX_MCAST, ETHTOOL_A_STATS_ETH_MAC_22_RX_BCAST, stats->rx_packets,
			  &info->ifHCInUcastPkts, &info->ifHCInMulticastPkts, &info->ifHCInBroadcastPkts, received) |
	       fill_kinds(s, ETHTOOL_A_STATS_ETH_MAC_18_TX_MCAST, ETHTOOL_A_STATS_ETH_MAC_19_TX_BCAST, stats->tx_packets,
			  &info->ifHCOutUcastPkts, &info->ifHCOutMulticastPkts, &info->ifHCOutBroadcastPkts, sent);
}

uint32_t cst_oid_statistics(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	NDIS_STATISTICS_INFO info = { .Header = { 0x80, 1, sizeof(info) } };
	uint32_t code = cst_oid_need_link(s);

	(void)row;
	if (code)
		return code;
	info.SupportedStatistics = cst_oid_fill_statistics(s, &info);
	cst_oid_put(a, &info, sizeof(info));
	return 0;
}

uint32_t cst_oid_queue_length(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	uint32_t packets = 0, code = cst_oid_read_queue_length(s, &packets);

	(void)row;
	return code ? code : cst_oid_put32(a, packets);
}
