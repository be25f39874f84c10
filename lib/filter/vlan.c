/* vlan.c - `vlan [N]`: IEEE 802.1Q and 802.1ad tags, in the frame or, on live captures, in the kernel's metadata. */
#include "filter/encapsulation.h"

#include <linux/filter.h>

enum {
	TAG_BYTES = 4,
	VID_MASK = 0xfff,
};

/* The EtherTypes that announce a tag: 802.1Q, 802.1ad, and what was used for stacked tags before 802.1ad. */
static const uint32_t tag_types[] = { 0x8100, 0x88a8, 0x9100 };

/* The link types whose frames can be tagged. */
static const int tagged_dlts[] = {
	DLT_EN10MB,	DLT_NETANALYZER,      DLT_NETANALYZER_TRANSPARENT, DLT_DSA_TAG_BRCM, DLT_DSA_TAG_DSA,
	DLT_IEEE802_11, DLT_IEEE802_11_RADIO, DLT_IEEE802_11_RADIO_AVS,	   DLT_PRISM_HEADER,
};

static bool can_be_tagged(int dlt)
{
	for (size_t i = 0; i < sizeof(tagged_dlts) / sizeof(tagged_dlts[0]); i++) {
		if (tagged_dlts[i] == dlt)
			return true;
	}
	return false;
}

static const struct cst_formula *is_tag_of(struct cst_gen *g, const struct cst_value *tag, struct cst_wanted wanted)
{
	return wanted.is_given ? cst_masked_eq(g->pool, tag, VID_MASK, wanted.number) : cst_true(g->pool);
}

/* A tag begins where the network header would. */
static const struct cst_formula *in_frame(struct cst_gen *g, struct cst_wanted wanted)
{
	const struct cst_formula *is_tagged = cst_false(g->pool);
	for (size_t i = 0; i < sizeof(tag_types) / sizeof(tag_types[0]); i++)
		is_tagged = cst_or(g->pool, is_tagged, cst_gen_protocol(g, tag_types[i]));
	if (!wanted.is_given)
		return is_tagged;
	return cst_and(g->pool, is_tagged, is_tag_of(g, cst_gen_load(g, LAYER_NET, NULL, 0, 2), wanted));
}

static const struct cst_value *metadata(struct cst_gen *g, uint32_t which, uint8_t size)
{
	return cst_value_load(g->pool, NULL, (uint32_t)SKF_AD_OFF + which, size);
}

static void move(struct cst_gen *g, struct cst_place *place, const struct cst_value *distance)
{
	place->base = place->base ? cst_value_alu(g->pool, BPF_ADD, place->base, distance) : distance;
}

/* The kernel takes the outermost tag out of the frame, mostly, and keeps it aside; it may also have left it inside. How
 * far the rest has moved is then the packet's own affair. The distance depends on the packet alone, not on the tests
 * that were made before, so it is right after every `or` and `not`. */
static const struct cst_formula *in_metadata_or_frame(struct cst_gen *g, struct cst_wanted wanted)
{
	const struct cst_value *present = metadata(g, SKF_AD_VLAN_TAG_PRESENT, 1); /* 0 or 1 */
	const struct cst_formula *aside = cst_any_bit(g->pool, present, 1);
	const struct cst_formula *tagged;
	if (wanted.is_given)
		tagged = cst_or(g->pool, cst_and(g->pool, aside, is_tag_of(g, metadata(g, SKF_AD_VLAN_TAG, 2), wanted)),
				cst_and(g->pool, cst_not(g->pool, aside), in_frame(g, wanted)));
	else
		tagged = cst_or(g->pool, aside, in_frame(g, wanted));
	/* 4 bytes when no tag is kept aside. */
	const struct cst_value *distance =
		cst_value_alu_k(g->pool, BPF_LSH, cst_value_alu_k(g->pool, BPF_XOR, present, 1), 2);
	move(g, &g->frame.type, distance);
	move(g, &g->frame.payload, distance);
	return tagged;
}

const struct cst_formula *cst_gen_vlan(struct cst_gen *g, struct cst_wanted wanted)
{
	struct cst_frame *frame = &g->frame;
	if (frame->mpls_depth > 0)
		return cst_gen_fail(g, "'vlan' cannot follow 'mpls': a label is followed by IP, not by a tag");
	if (!can_be_tagged(frame->dlt))
		return cst_gen_fail(g, "'vlan' needs frames that can be tagged, which %s's cannot",
				    pcap_datalink_val_to_description_or_dlt(frame->dlt));
	const struct cst_formula *tagged;
	if (g->is_live && g->dlt == DLT_EN10MB && !frame->is_encapsulated && frame->vlan_depth == 0) {
		tagged = in_metadata_or_frame(g, wanted);
	} else {
		tagged = in_frame(g, wanted);
		frame->type.offset += TAG_BYTES;
		frame->payload.offset += TAG_BYTES;
	}
	frame->vlan_depth++;
	return tagged;
}
