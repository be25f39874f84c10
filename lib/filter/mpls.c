/* mpls.c - `mpls [N]`: label stacks (RFC 3032). */
#include "filter/encapsulation.h"

enum {
	LABEL_BYTES = 4,
	LABEL_SHIFT = 12,  /* the label is the upper 20 bits of the entry */
	PPP_MPLS = 0x0281, /* RFC 3032, section 4.3 */
	ETHERTYPE_MPLS = 0x8847,
};

/* The link types that carry labels, and how they announce them. */
static const struct {
	int dlt;
	uint32_t protocol;
} labelled[] = {
	{ DLT_EN10MB, ETHERTYPE_MPLS },
	{ DLT_NETANALYZER, ETHERTYPE_MPLS },
	{ DLT_NETANALYZER_TRANSPARENT, ETHERTYPE_MPLS },
	{ DLT_DSA_TAG_BRCM, ETHERTYPE_MPLS },
	{ DLT_DSA_TAG_DSA, ETHERTYPE_MPLS },
	{ DLT_C_HDLC, ETHERTYPE_MPLS },
	{ DLT_HDLC, ETHERTYPE_MPLS },
	{ DLT_PPP, PPP_MPLS },
};

/* The bottom-of-stack bit of the entry just passed, which ends where the network header begins. */
static const struct cst_formula *is_bottom(struct cst_gen *g)
{
	return cst_any_bit(g->pool, cst_gen_load(g, LAYER_NET, NULL, (uint32_t)-2, 1), 0x01);
}

static const struct cst_formula *has_labels(struct cst_gen *g)
{
	/* A second label is there when the first one is not the last. */
	if (g->frame.mpls_depth > 0)
		return cst_not(g->pool, is_bottom(g));
	for (size_t i = 0; i < sizeof(labelled) / sizeof(labelled[0]); i++) {
		if (labelled[i].dlt == g->frame.dlt)
			return cst_gen_protocol(g, labelled[i].protocol);
	}
	return cst_gen_fail(g, "'mpls' needs a link layer that carries labels, which %s does not",
			    pcap_datalink_val_to_description_or_dlt(g->frame.dlt));
}

const struct cst_formula *cst_gen_mpls(struct cst_gen *g, struct cst_wanted label)
{
	const struct cst_formula *found = has_labels(g);
	if (found && label.is_given)
		found = cst_and(
			g->pool, found,
			cst_gen_masked_eq(g, LAYER_NET, 0, 4, UINT32_MAX << LABEL_SHIFT, label.number << LABEL_SHIFT));
	g->frame.net += LABEL_BYTES;
	g->frame.net_nosnap += LABEL_BYTES;
	g->frame.naming = NAMING_MPLS;
	g->frame.mpls_depth++;
	g->frame.is_encapsulated = true;
	return found;
}
