/* llc.c - `llc` and its kinds: 802.2 headers by their control field. */
#include "filter/gen.h"

#include <strings.h>

enum {
	LARGEST_LENGTH = 1500, /* greater numbers in Ethernet's type field are EtherTypes */
	RAW_IPX = 0xffff,      /* NetWare's frames without an LLC header begin with an IPX checksum of ones */
	CONTROL_OFFSET = 2,    /* behind DSAP and SSAP */
	SUNATM_LLC = 2,
};

/* `control` under `mask`. The poll/final bit, 0x10, is out of every mask of unnumbered PDUs. */
static const struct llc_kind {
	const char *name;
	uint8_t mask, control;
} llc_kinds[] = {
	{ "i", 0x01, 0x00 },	{ "s", 0x03, 0x01 },	{ "u", 0x03, 0x03 },	 { "rr", 0x0f, 0x01 },
	{ "rnr", 0x0f, 0x05 },	{ "rej", 0x0f, 0x09 },	{ "ui", 0xef, 0x03 },	 { "ua", 0xef, 0x63 },
	{ "disc", 0xef, 0x43 }, { "dm", 0xef, 0x0f },	{ "sabme", 0xef, 0x6f }, { "test", 0xef, 0xe3 },
	{ "xid", 0xef, 0xaf },	{ "frmr", 0xef, 0x87 },
};

static const struct cst_formula *on_ethernet(struct cst_gen *g)
{
	const struct cst_formula *is_length =
		cst_not(g->pool, cst_gt(g->pool, cst_gen_load(g, LAYER_TYPE, NULL, 0, 2), LARGEST_LENGTH));
	return cst_and(g->pool, is_length, cst_not(g->pool, cst_gen_eq(g, LAYER_PAYLOAD, 0, 2, RAW_IPX)));
}

/* The traffic type in the pseudo-header's first octet. */
static const struct cst_formula *on_sunatm(struct cst_gen *g)
{
	return cst_gen_masked_eq(g, LAYER_LINK, 0, 1, 0x0f, SUNATM_LLC);
}

static const struct cst_formula *always(struct cst_gen *g)
{
	return cst_true(g->pool);
}

/* The link types that have LLC headers, and how a frame with one is told from the others. */
static const struct {
	int dlt;
	const struct cst_formula *(*has_header)(struct cst_gen *g);
} llc_links[] = {
	{ DLT_EN10MB, on_ethernet },
	{ DLT_DSA_TAG_BRCM, on_ethernet },
	{ DLT_DSA_TAG_DSA, on_ethernet },
	{ DLT_SUNATM, on_sunatm },
	{ DLT_ATM_RFC1483, always },
	{ DLT_FDDI, always },
	{ DLT_IEEE802, always },
	{ DLT_IEEE802_11, cst_gen_wlan_data },
	{ DLT_IEEE802_11_RADIO, cst_gen_wlan_data },
	{ DLT_IEEE802_11_RADIO_AVS, cst_gen_wlan_data },
	{ DLT_PRISM_HEADER, cst_gen_wlan_data },
	{ DLT_PPI, cst_gen_wlan_data },
};

static const struct cst_formula *has_header(struct cst_gen *g)
{
	for (size_t i = 0; i < sizeof(llc_links) / sizeof(llc_links[0]); i++) {
		if (llc_links[i].dlt == g->frame.dlt)
			return llc_links[i].has_header(g);
	}
	return cst_gen_fail(g, "'llc' needs a link layer with 802.2 headers, which %s has not",
			    pcap_datalink_val_to_description_or_dlt(g->frame.dlt));
}

const struct cst_formula *cst_gen_llc(struct cst_gen *g, const struct ast *word)
{
	const struct ast_argument *kind = &word->word.args[0];
	const struct cst_formula *header = has_header(g);
	if (!header || kind->kind == ARG_NONE)
		return header;
	for (size_t i = 0; i < sizeof(llc_kinds) / sizeof(llc_kinds[0]); i++) {
		const struct llc_kind *row = &llc_kinds[i];
		if (kind->kind == ARG_TEXT && strcasecmp(row->name, kind->text) == 0)
			return cst_and(g->pool, header,
				       cst_gen_masked_eq(g, LAYER_PAYLOAD, CONTROL_OFFSET, 1, row->mask, row->control));
	}
	return cst_diagnose(g->diagnosis, kind->at,
			    "unknown kind of LLC frame '%s'; there are i, s, u, rr, rnr, rej, ui, ua, disc, dm, sabme, "
			    "test, xid and frmr",
			    kind->kind == ARG_TEXT ? kind->text : "");
}
