/* link.c - the frame as its link type lays it out: where the walk begins, and where an inner Ethernet begins. */
#include "filter/gen.h"

#include <pcap/dlt.h>

/* OpenBSD's and its kin's pflog header: the first octet is its length, to be rounded up to words. */
static bool place_behind_pflog(struct cst_gen *g)
{
	const struct cst_value *length = cst_value_load(g->pool, NULL, 0, 1);
	length = cst_value_alu_k(g->pool, BPF_ADD, length, 3);
	g->frame.payload.base = cst_value_alu_k(g->pool, BPF_AND, length, ~3u);
	return g->frame.payload.base != NULL;
}

static struct cst_place at(uint32_t offset)
{
	return (struct cst_place){ NULL, offset };
}

bool cst_gen_link_init(struct cst_gen *g)
{
	const struct cst_layout *row = cst_layout_find(g->dlt);
	if (!row) {
		cst_diagnose(g->diagnosis, (struct ast_span){ 0, 0 },
			     "unknown data link type %d: no filter can be compiled for it", g->dlt);
		return false;
	}
	/* Field by field: clearing the whole first takes longer. */
	struct cst_frame *frame = &g->frame;
	frame->dlt = g->dlt;
	frame->naming = row->naming;
	frame->link = at((uint32_t)row->link);
	frame->type = at((uint32_t)row->type);
	frame->payload = at((uint32_t)row->payload);
	frame->net = (uint32_t)row->net;
	frame->net_nosnap = (uint32_t)row->net_nosnap;
	frame->llc_possible = row->llc;
	frame->is_encapsulated = frame->is_lane = false;
	frame->vlan_depth = frame->mpls_depth = 0;
	frame->has_link = NULL;
	if (row->is_wlan)
		return cst_gen_wlan_init(g);
	if (row->naming == NAMING_PFLOG)
		return place_behind_pflog(g);
	return true;
}

static struct cst_place behind(struct cst_place place, uint32_t bytes)
{
	place.offset += bytes;
	return place;
}

void cst_gen_ethernet_at(struct cst_gen *g, struct cst_place place)
{
	g->frame = (struct cst_frame){
		.dlt = DLT_EN10MB,
		.naming = NAMING_ETHERNET,
		.link = place,
		.type = behind(place, 12),
		.payload = behind(place, 14),
		.net_nosnap = 3,
		.llc_possible = true,
		.is_encapsulated = true,
	};
}
