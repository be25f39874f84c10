/* link_address.c - addresses of the link layer: `ether host`, `link host $xx`, `broadcast`, `multicast`. */
#include "filter/gen.h"

#include <pcap/pcap.h>

/* Behind `pppoes` the frame is PPP's, which has none, and frame.dlt says so. */
static const struct cst_layout *frame_layout(const struct cst_gen *g)
{
	return cst_layout_find(g->frame.dlt);
}

/* What must be true before an address is looked at. */
static const struct cst_formula *has_addresses(struct cst_gen *g)
{
	const struct cst_formula *is_data = cst_gen_lane_data(g);
	return g->frame.has_link ? cst_and(g->pool, g->frame.has_link, is_data) : is_data;
}

/* What `dir` asks for, of a test for the source address and one for the destination. */
static const struct cst_formula *by_direction(struct cst_gen *g, enum ast_dir dir, const struct cst_formula *source,
					      const struct cst_formula *destination)
{
	static const char *const wlan_directions[] = {
		[DIR_ADDR1] = "addr1", [DIR_ADDR2] = "addr2", [DIR_ADDR3] = "addr3",
		[DIR_ADDR4] = "addr4", [DIR_RA] = "ra",	      [DIR_TA] = "ta",
	};
	if (dir >= DIR_ADDR1)
		return cst_gen_fail(g, "'%s' is an address of 802.11 frames, but these are %s", wlan_directions[dir],
				    pcap_datalink_val_to_description_or_dlt(g->frame.dlt));
	return cst_gen_directed(g, dir, source, destination);
}

const struct cst_formula *cst_gen_ether_host(struct cst_gen *g, enum ast_dir dir, const uint8_t mac[6])
{
	const struct cst_layout *row = frame_layout(g);
	if (row->is_wlan)
		return cst_gen_wlan_host(g, dir, mac);
	if (row->address != ADDRESS_MAC)
		return cst_gen_fail(g, "no MAC addresses to compare with: the frames are %s, which has none",
				    pcap_datalink_val_to_description_or_dlt(g->frame.dlt));
	const struct cst_formula *source = cst_gen_bytes(g, LAYER_LINK, row->source, mac, 6);
	const struct cst_formula *destination = cst_gen_bytes(g, LAYER_LINK, row->destination, mac, 6);
	return cst_and(g->pool, has_addresses(g), by_direction(g, dir, source, destination));
}

const struct cst_formula *cst_gen_arcnet_host(struct cst_gen *g, enum ast_dir dir, uint8_t address)
{
	const struct cst_layout *row = frame_layout(g);
	if (row->address != ADDRESS_OCTET)
		return cst_gen_fail(g, "'$%02x' is an address of ARCnet or BACnet MS/TP, but the frames are %s",
				    address, pcap_datalink_val_to_description_or_dlt(g->frame.dlt));
	return by_direction(g, dir, cst_gen_eq(g, LAYER_LINK, row->source, 1, address),
			    cst_gen_eq(g, LAYER_LINK, row->destination, 1, address));
}

const struct cst_formula *cst_gen_link_broadcast(struct cst_gen *g)
{
	static const uint8_t everyone[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	const struct cst_layout *row = frame_layout(g);
	if (row->is_wlan || row->address == ADDRESS_MAC)
		return cst_gen_ether_host(g, DIR_DST, everyone);
	if (row->address == ADDRESS_OCTET)
		return cst_gen_arcnet_host(g, DIR_DST, row->broadcast);
	return cst_gen_fail(g, "'broadcast' needs link-layer addresses: the frames are %s, which has none",
			    pcap_datalink_val_to_description_or_dlt(g->frame.dlt));
}

const struct cst_formula *cst_gen_link_multicast(struct cst_gen *g)
{
	const struct cst_layout *row = frame_layout(g);
	if (row->is_wlan)
		return cst_gen_wlan_multicast(g);
	if (row->address == ADDRESS_MAC) {
		const struct cst_value *first = cst_gen_load(g, LAYER_LINK, NULL, row->destination, 1);
		return cst_and(g->pool, has_addresses(g), cst_any_bit(g->pool, first, 1));
	}
	if (row->address == ADDRESS_OCTET && row->has_multicast)
		return cst_gen_arcnet_host(g, DIR_DST, row->broadcast);
	return cst_gen_fail(g, "'multicast' needs link-layer addresses for groups: the frames are %s, which has none",
			    pcap_datalink_val_to_description_or_dlt(g->frame.dlt));
}
