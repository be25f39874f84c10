/* side.c - which side of the capture a packet was seen on: inbound, outbound, ifindex. The link layer's header says it
 * on some link types; on others Linux's metadata does, which no savefile has. */
#include "filter/gen.h"

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>

enum { SLL2_IFINDEX = 4 };

/* Where the header tells the direction: `size` octets at `offset`; what they are under a mask, one for either way. */
static const struct direction {
	int dlt;
	uint8_t offset, size;
	uint16_t in_mask, in, out_mask, out;
	bool others_come_in; /* `inbound` is all that is not outbound, say to another host */
} directions[] = {
	{ DLT_SLIP, 0, 1, 0xff, 0, 0xff, 1, false },
	{ DLT_PPP_PPPD, 0, 1, 0xff, 0, 0xff, 1, false },
	{ DLT_IPNET, 2, 2, 0xffff, 2, 0xffff, 1, false },
	{ DLT_LINUX_SLL, 0, 2, 0xffff, 0, 0xffff, PACKET_OUTGOING, true },
	{ DLT_LINUX_SLL2, 10, 1, 0xff, 0, 0xff, PACKET_OUTGOING, true },
	{ DLT_PFLOG, 60, 1, 0xff, 1, 0xff, 2, false },
	/* Tags of switches behind the MAC addresses: to the host's port, and from it. */
	{ DLT_DSA_TAG_BRCM, 12, 1, 0xe0, 0x00, 0xe0, 0x20, false },
	{ DLT_DSA_TAG_DSA, 12, 1, 0x40, 0x00, 0xc0, 0x40, false },
};

/* All of Juniper's: the lowest bit of the flags says "in". */
static const struct direction juniper = { 0, 3, 1, 0x01, 1, 0x01, 0, false };

static const struct direction *direction_of(const struct cst_frame *frame)
{
	if (frame->naming == NAMING_JUNIPER)
		return &juniper;
	for (size_t i = 0; i < sizeof(directions) / sizeof(directions[0]); i++) {
		if (directions[i].dlt == frame->dlt)
			return &directions[i];
	}
	return NULL;
}

static const struct cst_value *metadata(struct cst_gen *g, int offset, uint8_t size)
{
	return cst_value_load(g->pool, NULL, (uint32_t)(SKF_AD_OFF + offset), size);
}

const struct cst_formula *cst_gen_inbound(struct cst_gen *g, bool inbound)
{
	const struct direction *row = direction_of(&g->frame);
	if (row) {
		const struct cst_value *value = cst_gen_load(g, LAYER_LINK, NULL, row->offset, row->size);
		if (!inbound)
			return cst_masked_eq(g->pool, value, row->out_mask, row->out);
		if (row->others_come_in)
			return cst_not(g->pool, cst_masked_eq(g->pool, value, row->out_mask, row->out));
		return cst_masked_eq(g->pool, value, row->in_mask, row->in);
	}
	if (!g->is_live)
		return cst_gen_fail(
			g,
			"'%s' needs a live capture on Linux, or a link-layer header that tells the direction, "
			"which %s lacks",
			inbound ? "inbound" : "outbound", pcap_datalink_val_to_description_or_dlt(g->frame.dlt));
	const struct cst_formula *out = cst_eq(g->pool, metadata(g, SKF_AD_PKTTYPE, 2), PACKET_OUTGOING);
	return inbound ? cst_not(g->pool, out) : out;
}

const struct cst_formula *cst_gen_ifindex(struct cst_gen *g, uint32_t index)
{
	if (g->frame.dlt == DLT_LINUX_SLL2)
		return cst_gen_eq(g, LAYER_LINK, SLL2_IFINDEX, 4, index);
	if (!g->is_live)
		return cst_gen_fail(g,
				    "'ifindex' needs a live capture on Linux, or a link-layer header that tells the "
				    "interface (LINUX_SLL2), which %s lacks",
				    pcap_datalink_val_to_description_or_dlt(g->frame.dlt));
	return cst_eq(g->pool, metadata(g, SKF_AD_IFINDEX, 4), index);
}
